"""The zone data/xianning: its files meet the published totals, hold the planted defects and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from demo_folders import assert_planted_and_no_other, assert_rerun_writes_the_same, size

import govkit
from data.synthetic.xianning.register import OWN_DISTRICT, REGISTER
from govkit.analysis.access import life_circle
from govkit.analysis.ledgers import ratings
from govkit.analysis.measures import coverage
from govkit.analysis.standards import attainment as standards
from govkit.analysis.standards import fund_norms, ladder
from govkit.periods import Period
from govkit.zone.opening import Zone

FOLDER = Path(__file__).parents[1] / "data" / "xianning"
LATE = "421224000000"
WEIGHTS = {"city": 0.3, "county": 0.4, "street": 0.3}
KINDS = {"党建引领", "智慧社区", "六统一", "减负增效", "三轮驱动", "网格治理", "公共空间", "全科社工"}


@pytest.fixture(scope="module")
def zone() -> Zone:
    return govkit.open_zone(FOLDER)


@pytest.fixture(scope="module")
def published() -> dict[str, float]:
    return REGISTER.calibration()


@pytest.fixture
def last(zone: Zone) -> Period:
    return zone.settings.periods[-1]


@pytest.mark.long
def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    assert_rerun_writes_the_same("xianning", tmp_path)


def test_the_folder_stays_below_eight_megabytes() -> None:
    assert size("xianning") < 8e6


def test_check_finds_every_planted_row_and_no_other(zone: Zone) -> None:
    assert_planted_and_no_other(zone, "xianning", "sheet")


def test_the_hierarchy_has_five_levels_and_every_unit_its_parent(zone: Zone, published: dict[str, float]) -> None:
    units = zone.tables["units"]
    assert units["level"].nunique() == published["levels"]
    assert units.loc[units["level"] != "city", "parent"].isin(units["unit_code"]).all()
    assert len(zone.districts) == published["counties"]


def test_tasks_cascade_from_the_city_to_the_compound(zone: Zone) -> None:
    tasks = zone.tables["tasks"]
    work = tasks.loc[tasks["list"] == "工作事项清单"]
    assert set(work["owner_level"]) == {"city", "county", "town", "village", "compound"}
    assert work.loc[work["owner_level"] != "city", "parent_task"].isin(work["task_id"]).all()
    parent = zone.tables["units"].set_index("unit_code")["parent"]
    below = work.dropna(subset=["parent_task"])
    assert (below["unit_code"].map(parent) == below["parent_task"].map(work.set_index("task_id")["unit_code"])).all()


def test_every_county_has_problems_to_fix_some_done_and_some_late(zone: Zone) -> None:
    tasks = zone.tables["tasks"]
    fixing = tasks.loc[tasks["list"] == "整改问题"]
    assert set(fixing["unit_code"]) == set(zone.districts["unit_code"])
    assert set(fixing["raised_in"]) == {"2021年上半年", "2021年下半年"}
    assert {"done", "doing"} == set(fixing["state"])
    assert (fixing["closed_at"] > fixing["due"]).any()


def test_grids_cover_the_city_without_gap_or_overlap(zone: Zone) -> None:
    audit = coverage.audit_grids(zone.tables["grids"], crs=zone.metric_crs)
    assert audit.gaps.empty
    assert audit.overlaps.empty


def test_every_community_gets_what_the_norms_ask(zone: Zone, published: dict[str, float], last: Period) -> None:
    found = fund_norms.against_norms(zone.tables, fund_norms.load_fund_norms("xianning_funds"), last)
    assert found["met"].all()
    least = found.groupby("norm")["least"].first()
    assert least["work_funds"] == published["work_funds"]
    assert least["people_funds_own_district"] == published["people_funds_own_district"]
    assert least["people_funds_elsewhere"] == published["people_funds_elsewhere"]
    own = found.loc[found["norm"] == "people_funds_own_district", "district_code"]
    assert set(own) == {OWN_DISTRICT}


def test_funds_come_from_three_sources(zone: Zone, published: dict[str, float]) -> None:
    sources = set(zone.tables["funds"]["source"])
    assert sources == {"财政拨款", "社区自筹", "社会资金"}
    assert len(sources) == published["fund_sources"]


def test_premises_handed_over_are_the_published_area(zone: Zone, published: dict[str, float]) -> None:
    rows = zone.tables["facilities"]
    handed = rows.loc[rows["origin"] == "移交"]
    assert handed["floor_area_m2"].sum() == published["premises_handed_over_m2"]
    assert (handed["open_area_m2"] == handed["floor_area_m2"]).all()


def test_every_complex_is_judged_by_ten_elements(zone: Zone, published: dict[str, float], last: Period) -> None:
    found = standards.summary(zone.tables, standards.load_standard("xianning_complex"), last)
    rows = zone.tables["facilities"]
    assert set(found.index) == set(rows.loc[rows["kind"] == "service_complex", "unit_code"])
    assert (found["items"] == published["complex_elements"]).all()


def test_five_smart_lines_and_three_forms_of_elderly_service(zone: Zone, published: dict[str, float]) -> None:
    services = zone.tables["services"]
    assert services["line"].nunique() == published["smart_lines"]
    elderly = services["line"] == "慧养老"
    assert set(services.loc[elderly, "payment"]) == {"free", "low_fee", "paid"}
    assert services.loc[~elderly, "payment"].isna().all()


def test_the_life_circle_can_be_told_for_every_kind_of_facility(zone: Zone, last: Period) -> None:
    found = life_circle.reach_by_kind(zone.tables, last, crs=zone.metric_crs)
    assert found["kind"].nunique() == zone.tables["facilities"]["kind"].nunique()
    assert found[1000].between(0.05, 0.95).all()


def test_points_are_earned_and_redeemed_and_full_width_digits_read(zone: Zone) -> None:
    points = zone.tables["points"]
    assert set(points["kind"]) == {"earned", "redeemed"}
    assert points.loc[points["unit_code"].str.startswith("421222"), "people"].notna().all()


def test_workers_stand_on_the_ladder_and_earn_the_local_wage(
    zone: Zone, published: dict[str, float], last: Period
) -> None:
    rungs = ladder.load_ladder("xianning_worker_ladder")
    assert (len(rungs.posts), rungs.grades) == (published["posts"], published["grades"])
    assert ladder.off_ladder(zone.tables, rungs, last).empty
    pay = ladder.pay_floor(zone.tables, rungs, last)
    assert pay["floor_yuan"].notna().all()
    assert not pay["below"].any()


def test_every_county_takes_one_or_two_pilots_of_the_eight_kinds(zone: Zone, published: dict[str, float]) -> None:
    projects = zone.tables["projects"]
    pilots = projects.loc[projects["list"] == "试点任务"]
    counts = pilots["unit_code"].value_counts()
    assert set(counts.index) == set(zone.districts["unit_code"])
    assert counts.between(published["pilots_least"], published["pilots_most"]).all()
    assert set(pilots["kind"]) == KINDS
    assert len(KINDS) == published["pilot_kinds"]


def test_demonstration_communities_share_the_published_award(zone: Zone, published: dict[str, float]) -> None:
    projects = zone.tables["projects"]
    awards = projects.loc[projects["list"] == "示范奖补"]
    assert awards["unit_code"].nunique() == len(awards) == published["demonstration_communities"]
    assert awards["amount_yuan"].sum() == pytest.approx(published["demonstration_yuan"])


def test_three_levels_assess_every_county(zone: Zone) -> None:
    for period in zone.settings.periods:
        assert (ratings.three_levels(zone.tables, period, weights=WEIGHTS)["levels"] == 3).all()


def test_streets_and_communities_rate_each_other(zone: Zone, last: Period) -> None:
    assert ratings.two_way(zone.tables, last)[["down", "up"]].notna().all().all()
    departments = ratings.rated_departments(zone.tables, last)
    assert set(departments.columns) - {"score", "n"} == {"指导", "服务", "支付", "行政干预"}
    assert len(departments) == 6 * 6


def test_the_mix_of_raters_changed_in_one_county_alone(zone: Zone) -> None:
    before, now = zone.settings.periods
    mix = ratings.rater_mix(zone.tables, now, before)
    assert list(mix.index[~mix["comparable"].astype(bool)]) == [LATE]


def test_experts_agree_at_the_years_end(zone: Zone, last: Period) -> None:
    found = ratings.expert_agreement(zone.tables, last)
    assert (found.raters, found.units) == (5, 6)
    assert found.enough
