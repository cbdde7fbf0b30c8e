"""The zone data/huangpi: its files meet the published totals, hold the planted defects and no others."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from demo_folders import assert_planted_and_no_other, assert_rerun_writes_the_same, size

import govkit
from data.synthetic.huangpi.register import DEVELOPMENT_ZONE, QIANCHUAN, REGISTER, WUHU
from govkit.analysis.measures import funds
from govkit.analysis.measures import measure as measures
from govkit.analysis.standards import attainment as standards
from govkit.analysis.standards import fund_norms, plan, standard_grades
from govkit.periods import Period
from govkit.zone.opening import Zone

FOLDER = Path(__file__).parents[1] / "data" / "huangpi"


@pytest.fixture(scope="module")
def zone() -> Zone:
    return govkit.open_zone(FOLDER)


@pytest.fixture(scope="module")
def published() -> dict[str, float]:
    return REGISTER.calibration()


@pytest.fixture
def last(zone: Zone) -> Period:
    return zone.settings.periods[-1]


def _below(zone: Zone, street: str) -> list[str]:
    units = zone.tables["units"]
    return list(units.loc[units["parent"] == street, "unit_code"])


def _reached(zone: Zone, item: str, period: Period) -> pd.DataFrame:
    rows = zone.tables["checklist"]
    mine = (rows["list"] == "社区创建") & (rows["item"] == item) & (rows["period"] == period.id) & rows["met"]
    return rows.loc[mine]


def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    assert_rerun_writes_the_same("huangpi", tmp_path)


def test_the_folder_stays_below_three_megabytes() -> None:
    assert size("huangpi") < 3e6


def test_check_finds_every_planted_row_and_no_other(zone: Zone) -> None:
    assert_planted_and_no_other(zone, "huangpi")


def test_communities_hold_the_published_households_and_people(zone: Zone, published: dict[str, float]) -> None:
    units = zone.tables["units"]
    communities = units.loc[units["level"] == "community"]
    assert len(communities) == published["communities"]
    assert communities["households"].sum() == published["households"]
    assert communities["population"].sum() == published["population"]


def test_units_above_sum_up_those_below(zone: Zone) -> None:
    units = zone.tables["units"].set_index("unit_code")
    for column in ("households", "population"):
        sums = units.groupby("parent")[column].sum().drop("420100000000", errors="ignore")
        assert (sums == units.loc[sums.index, column]).all()


@pytest.mark.parametrize(
    ("street", "name"),
    [
        (QIANCHUAN, "qianchuan_communities"),
        (WUHU, "wuhu_communities"),
        (DEVELOPMENT_ZONE, "zone_communities"),
    ],
    ids=["qianchuan", "wuhu", "development zone"],
)
def test_streets_of_the_third_step_have_their_communities(
    zone: Zone, published: dict[str, float], street: str, name: str
) -> None:
    assert len(_below(zone, street)) == published[name]


@pytest.mark.parametrize(
    ("item", "name"), [("市一级社区", "city_grade_one"), ("883社区", "reached_883"), ("文明社区", "civilised")]
)
def test_grades_of_the_last_year_are_the_published_ones(
    zone: Zone, published: dict[str, float], last: Period, item: str, name: str
) -> None:
    assert len(_reached(zone, item, last)) == published[name]


def test_nine_of_ten_communities_are_graded_in_the_last_year(
    zone: Zone, published: dict[str, float], last: Period
) -> None:
    assert len(_reached(zone, "等级社区", last)) / published["communities"] >= published["graded_share"]


def test_no_grade_is_lost_from_year_to_year(zone: Zone) -> None:
    for earlier, later in zip(zone.settings.periods, zone.settings.periods[1:], strict=False):
        for item in ("等级社区", "市一级社区", "883社区", "文明社区"):
            before, after = (set(_reached(zone, item, period)["unit_code"]) for period in (earlier, later))
            assert before <= after


def test_the_standards_grades_agree_with_the_checklist(zone: Zone) -> None:
    standard = standards.load_standard("huangpi_five_rooms")
    for period in zone.settings.periods:
        found = standard_grades.grades(zone.tables, standard, period)
        for step, item in enumerate(("等级社区", "市一级社区", "883社区"), start=1):
            assert set(found.index[found["step"] >= step]) == set(_reached(zone, item, period)["unit_code"])


def test_premises_are_the_published_ones(zone: Zone, published: dict[str, float]) -> None:
    rows = zone.tables["facilities"]
    centres = rows.loc[rows["kind"] == "service_centre"]
    areas = centres["floor_area_m2"]
    assert centres["unit_code"].is_unique
    assert len(centres) == published["communities"]
    assert areas.sum() == published["premises_m2"]
    assert (areas.min(), areas.max()) == (published["premises_least_m2"], published["premises_most_m2"])
    assert (areas >= 100).sum() == published["premises_large"]


def test_subsidies_meet_their_norms_to_the_yuan(zone: Zone, published: dict[str, float]) -> None:
    norms = fund_norms.load_fund_norms("huangpi_subsidies")
    for period in zone.settings.periods:
        found = fund_norms.against_norms(zone.tables, norms, period).groupby("norm")
        assert found["met"].all().all()
        amount, heads = found["amount_yuan"].sum(), found["number"].sum()
        for norm in ("subsidy_qianchuan", "subsidy_elsewhere"):
            assert amount[norm] == heads[norm] * published["worker_subsidy"]
        assert heads["subsidy_elsewhere"] == published["communities"] - published["qianchuan_communities"]
        assert amount["office_qianchuan"] == published["qianchuan_communities"] * published["office_qianchuan"]
        others = published["communities"] - published["qianchuan_communities"]
        assert amount["office_elsewhere"] == others * published["office_elsewhere"]


@pytest.mark.parametrize("direction", ["income", "expense"])
def test_the_investment_is_the_published_one(zone: Zone, published: dict[str, float], direction: str) -> None:
    rows = zone.tables["funds"]
    rows = rows.loc[(rows["programme"] == "883投入") & (rows["direction"] == direction)]
    assert rows["amount_yuan"].sum() == pytest.approx(published["investment"], abs=0.01)
    members = rows.loc[(rows["source"] == "成员单位") & (rows["date"].dt.year == 2005), "amount_yuan"].sum()
    assert members == pytest.approx(published["from_departments"], abs=0.01)


def test_files_and_systems_were_built_up_in_eight_communities(zone: Zone, published: dict[str, float]) -> None:
    rows = zone.tables["funds"]
    rows = rows.loc[rows["purpose"] == "软件建设"]
    assert rows["amount_yuan"].sum() == pytest.approx(published["software"])
    assert rows["unit_code"].nunique() == published["software_communities"]


def test_six_departments_pay_for_the_work_they_pass_on(zone: Zone, published: dict[str, float]) -> None:
    rows = zone.tables["funds"].query("programme == '费随事转'")
    assert rows["source"].nunique() == published["paying_departments"]


def test_communities_came_to_be_as_published(zone: Zone, published: dict[str, float]) -> None:
    formed = zone.tables["units"]["formed"].value_counts()
    assert (formed["新建"], formed["村改居"]) == (published["newly_built"], published["from_villages"])


def test_four_and_twenty_rules_hang_on_the_wall(zone: Zone, published: dict[str, float]) -> None:
    assert zone.tables["checklist"].query("list == '上墙制度'")["item"].nunique() == published["duty_rules"]


def test_the_plan_goes_on_where_the_account_says(published: dict[str, float]) -> None:
    steps = {step.id: step for step in plan.load_plan("huangpi_883_plan").steps}
    assert steps["civilised_next"].least == published["civilised"] + published["more_civilised"]
    assert steps["reach_883_next"].least == published["reached_883"] + published["more_at_883"]


def test_nothing_is_spent_outside_the_allowed_purposes(zone: Zone) -> None:
    for period in zone.settings.periods:
        assert funds.spent_outside(zone.tables, period).empty


def test_greening_reaches_the_published_share_in_the_last_year(
    zone: Zone, published: dict[str, float], last: Period
) -> None:
    found = measures.measure("statistic:绿化面积", zone.tables, last, by="zone")
    assert found.at["zone", "value"] >= published["greening_share"]


def test_every_type_has_communities_and_one_model(zone: Zone) -> None:
    types = zone.tables["units"]["type"].dropna()
    assert set(types) == {"街道型", "集镇型", "农民新村型", "开发小区型"}
    assert sorted(zone.tables["projects"]["kind"]) == sorted(set(types))


def test_the_plan_is_met_in_part(zone: Zone, last: Period) -> None:
    steps = plan.plan_steps(zone.tables, plan.load_plan("huangpi_883_plan"), last).set_index("step")
    assert steps.at["graded", "actual"] == 40
    assert steps.at["city_grade_one", "actual"] == 27
    assert steps.loc[["reach_883_qianchuan", "reach_883_wuhu", "reach_883_zone"], "actual"].to_list() == [4, 1, 1]


def test_full_width_digits_are_read_as_numbers(zone: Zone) -> None:
    text = (FOLDER / "统计指标.csv").read_text(encoding="gb18030")
    written = [int(row["指标值"]) for row in csv.DictReader(text.splitlines()) if row["统计指标"] == "低保应保尽保"]
    rows = zone.tables["statistics"]
    # small numbers stand in the row of the unit above: the sum holds them
    assert rows.loc[rows["item"] == "低保应保尽保", "value"].sum() == sum(written)
    assert "９" in text
