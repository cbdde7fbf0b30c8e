"""The zone of eight counties: its files meet the published totals, hold the planted defects and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from demo_folders import assert_planted_and_no_other, assert_rerun_writes_the_same, size

import govkit
from data.synthetic import partition
from data.synthetic.qingyang.people import MODELS
from data.synthetic.qingyang.register import REGISTER
from govkit.analysis.measures import coverage
from govkit.analysis.measures.measure import measure
from govkit.analysis.score.scheme import load_scheme
from govkit.analysis.standards import attainment as standards
from govkit.analysis.standards import fund_norms
from govkit.zone.opening import Zone

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "qingyang"


@pytest.fixture(scope="module")
def zone() -> Zone:
    return govkit.open_zone(FOLDER)


@pytest.fixture(scope="module")
def published() -> dict[str, float]:
    return REGISTER.calibration()


@pytest.mark.long
def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    assert_rerun_writes_the_same("qingyang", tmp_path)


def test_the_folder_stays_below_eleven_megabytes() -> None:
    assert size("qingyang") < 11e6


def test_check_finds_every_planted_row_and_no_other(zone: Zone) -> None:
    assert_planted_and_no_other(zone, "qingyang", "column", told_twice=1)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("county", "counties"), ("urban_community", "urban_communities"), ("village", "villages")],
    ids=["counties", "communities", "villages"],
)
def test_units_are_as_many_as_published(zone: Zone, published: dict[str, float], kind: str, name: str) -> None:
    assert (zone.tables["units"]["kind"] == kind).sum() == published[name]


def test_every_unit_hangs_on_the_level_above(zone: Zone) -> None:
    units = zone.tables["units"].set_index("unit_code")
    above = {"county": "city", "street": "county", "community": "street"}
    for level, parent_level in above.items():
        mine = units.loc[units["level"] == level]
        assert set(units.loc[mine["parent"], "level"]) == {parent_level}


def test_people_of_grids_communities_and_counties_are_those_of_the_city(zone: Zone) -> None:
    units, total = zone.tables["units"], sum(int(row["people"]) for row in REGISTER.rows("counties.csv"))
    sums = units.groupby("level")["population"].sum()
    assert set(sums) == {total}
    assert zone.tables["grids"]["population"].sum() == total


def test_grids_are_as_many_as_published_and_led_by_group_heads(zone: Zone, published: dict[str, float]) -> None:
    grids = zone.tables["grids"]
    assert len(grids) == published["grids"]
    assert set(grids["manager"]) == {"group_head"}
    assert set(grids["kind"]) == {"urban", "rural"}
    assert set(grids["unit_code"]) == set(zone.tables["units"].query("level == 'community'")["unit_code"])


def test_the_grids_leave_no_gap_and_no_overlap(zone: Zone) -> None:
    audit = coverage.audit_grids(zone.tables["grids"], crs=zone.metric_crs)
    assert (len(audit.gaps), len(audit.overlaps)) == (0, 0)


def test_every_community_has_its_centre_and_every_village_its_station(zone: Zone, published: dict[str, float]) -> None:
    facilities, units = zone.tables["facilities"], zone.tables["units"].set_index("unit_code")["kind"]
    for kind, of, name in (
        ("service_centre", "urban_community", "urban_communities"),
        ("service_station", "village", "villages"),
    ):
        codes = facilities.loc[facilities["kind"] == kind, "unit_code"]
        assert codes.is_unique
        assert len(codes) == published[name]
        assert set(units[codes]) == {of}


def test_construction_took_in_the_published_sum(zone: Zone, published: dict[str, float]) -> None:
    funds = zone.tables["funds"].query("programme == '服务设施建设'")
    income = funds.loc[funds["direction"] == "income", "amount_yuan"].sum()
    assert income == pytest.approx(published["construction_yuan"], abs=0.5)
    # one more line, below zero, was planted and set aside
    assert 0 < funds.loc[funds["direction"] == "expense", "amount_yuan"].sum() <= income


def test_every_village_of_the_pilot_county_has_its_shared_fund_within_the_norm(
    zone: Zone, published: dict[str, float]
) -> None:
    income = zone.tables["funds"].query("programme == '公益性设施共管共享基金' and direction == 'income'")
    units = zone.tables["units"]
    pilot = units.loc[units["kind"].eq("village") & units["unit_code"].str.startswith("621002"), "unit_code"]
    year = income.groupby("unit_code")["amount_yuan"].sum().round(2)
    assert set(year.index) == set(pilot)
    assert set(income["source"]) == {"县级财政", "社会捐赠"}
    assert year.between(published["shared_fund_least"], published["shared_fund_most"]).all()


def test_the_norm_of_the_shared_fund_states_the_published_bounds(published: dict[str, float]) -> None:
    (norm,) = fund_norms.load_fund_norms("qingyang_shared_fund").norms
    assert (norm.least, norm.most) == (published["shared_fund_least"], published["shared_fund_most"])


def test_the_named_villages_have_their_modes(zone: Zone) -> None:
    units = zone.tables["units"]
    xifeng = units.loc[units["unit_code"].str.startswith("621002") & (units["kind"] == "village")]
    found = xifeng.loc[xifeng["name"].isin(MODELS)].set_index("name")["type"]
    assert found.to_dict() == MODELS


def test_more_villages_meet_the_standard_in_the_second_half(zone: Zone, published: dict[str, float]) -> None:
    standard = standards.load_standard("qingyang_six_rooms")
    first, second = (standards.summary(zone.tables, standard, p) for p in zone.settings.periods)
    assert len(first) == len(second) == published["villages"]
    assert 0 < first["met"].sum() < second["met"].sum() < published["villages"]


def test_points_are_earned_and_redeemed_and_both_lists_kept(zone: Zone) -> None:
    points = zone.tables["points"]
    assert set(points["kind"]) == {"earned", "redeemed", "red_list", "black_list"}
    sums = points.groupby("kind")["points"].sum()
    assert 0 < sums["redeemed"] < sums["earned"]


def test_mediation_goes_through_three_channels_and_mostly_succeeds(zone: Zone) -> None:
    cases = zone.tables["services"].query("line == '矛盾调解'").groupby("item")[["requested", "settled"]].sum()
    assert set(cases.index) == {"人民调解", "行政调解", "司法调解"}
    assert (cases["settled"] / cases["requested"]).between(0.85, 1).all()


def test_civility_activities_are_at_least_as_many_as_published(zone: Zone, published: dict[str, float]) -> None:
    assert (zone.tables["projects"]["list"] == "文明活动").sum() >= published["activities"]


def test_community_organisation_social_worker_and_volunteer_are_all_on_file(zone: Zone) -> None:
    kinds = set(zone.tables["organisations"]["kind"])
    assert {"social_organisation", "social_work_agency", "volunteer_organisation", "volunteer_team"} <= kinds
    assert zone.tables["staff"].query("post == '社会工作者'")["people"].sum() > 0


@pytest.mark.parametrize("item", [row["item"] for row in REGISTER.rows("statistics.csv")])
def test_care_rates_are_measured_in_every_county(zone: Zone, item: str) -> None:
    rates = measure(f"statistic:{item}", zone.tables, zone.settings.periods[1])["value"]
    assert len(rates.dropna()) == 8
    assert rates.dropna().between(0.3, 1).all()


def test_every_task_but_the_city_s_comes_from_one_above(zone: Zone) -> None:
    tasks = zone.tables["tasks"]
    assert set(tasks.loc[tasks["parent_task"].isna(), "owner_level"]) == {"city"}
    assert set(tasks["parent_task"].dropna()) <= set(tasks["task_id"])
    assert set(tasks["owner_level"]) == {"city", "county", "town", "village"}


def test_the_scheme_has_three_levels() -> None:
    scheme = load_scheme("qingyang_four_links")
    parents = {group.id: group.parent for group in scheme.groups}
    assert all(parents[parents[leaf.parent]] == "" for leaf in scheme.leaves)


def test_a_large_mesh_covers_adjoining_outlines_and_never_crosses_their_border() -> None:
    west, east = shapely.box(0, 0, 500, 1_000), shapely.box(500, 0, 1_000, 1_000)
    points = partition.scattered(shapely.box(0, 0, 1_000, 1_000), 60, np.random.default_rng(1))
    mesh = partition.build_large_mesh([west, east], points)
    assert shapely.coverage_is_valid(mesh.shapes)
    assert mesh.area.sum() == pytest.approx(1e6, abs=1)
    assert (shapely.covers(west.buffer(0.01), mesh.shapes) ^ shapely.covers(east.buffer(0.01), mesh.shapes)).all()
