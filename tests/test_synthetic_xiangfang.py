"""The urban reform pilot's zone: its files meet the published totals, hold the planted defects and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from demo_folders import assert_planted_and_no_other, assert_rerun_writes_the_same, size

import govkit
from data.synthetic.xiangfang.register import REGISTER
from govkit.analysis.measures import coverage
from govkit.analysis.score.scheme import load_scheme
from govkit.analysis.standards import attainment as standards
from govkit.zone.opening import Zone

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "xiangfang"


@pytest.fixture(scope="module")
def zone() -> Zone:
    return govkit.open_zone(FOLDER)


@pytest.fixture(scope="module")
def published() -> dict[str, float]:
    return REGISTER.calibration()


@pytest.mark.long
def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    assert_rerun_writes_the_same("xiangfang", tmp_path)


def test_the_folder_stays_below_four_megabytes() -> None:
    assert size("xiangfang") < 4e6


def test_check_finds_every_planted_row_and_no_other(zone: Zone) -> None:
    assert_planted_and_no_other(zone, "xiangfang", "column", told_twice=1)


def test_the_grids_leave_no_gap_and_no_overlap(zone: Zone) -> None:
    audit = coverage.audit_grids(zone.tables["grids"], crs=zone.metric_crs)
    assert (len(audit.gaps), len(audit.overlaps)) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("street", "street_offices"), ("town", "towns"), ("urban_community", "communities")],
    ids=["streets", "towns", "communities"],
)
def test_units_are_as_many_as_published(zone: Zone, published: dict[str, float], kind: str, name: str) -> None:
    assert (zone.tables["units"]["kind"] == kind).sum() == published[name]


def test_people_of_grids_and_communities_are_those_of_the_district(zone: Zone, published: dict[str, float]) -> None:
    units = zone.tables["units"].set_index("unit_code")
    assert units.at["230110000000", "population"] == published["population"]
    assert zone.tables["grids"]["population"].sum() == published["population"]


def test_the_pilot_is_three_streets_with_all_their_communities_since_may_2017(
    zone: Zone, published: dict[str, float]
) -> None:
    units = zone.tables["units"]
    pilot = units.loc[units["pilot_since"].notna()]
    streets = pilot.loc[pilot["level"] == "street", "unit_code"]
    communities = pilot.loc[pilot["level"] == "community", "unit_code"]
    assert len(streets) == published["pilot_streets"]
    assert len(communities) == published["pilot_communities"]
    assert set(communities) == set(units.loc[units["parent"].isin(streets), "unit_code"])
    assert set(pilot["pilot_since"]) == {pd.Timestamp(2017, 5, 1)}


def test_items_on_the_lists_are_as_many_as_published(zone: Zone, published: dict[str, float]) -> None:
    counts = zone.tables["items"]["list"].value_counts()
    assert counts["自治事项"] == published["self_governance_items"]
    assert counts["协助政府事项"] == published["assist_items"]
    assert counts["上收事项"] == published["items_raised"]


def test_a_quarter_of_what_communities_handled_went_up_to_the_streets(zone: Zone, published: dict[str, float]) -> None:
    before = zone.tables["items"].query("level_before == 'community'")
    raised = before.query("action == 'raised' and level_now == 'street'")
    assert len(before) == published["items_handled_before"]
    assert len(raised) == published["items_raised"]
    assert len(raised) / len(before) == pytest.approx(published["share_recovered"], abs=0.005)


def test_items_were_added_withdrawn_and_adjusted_since_the_pilot_began(zone: Zone) -> None:
    moved = zone.tables["items"].query("action in ['added', 'withdrawn', 'adjusted']")
    assert set(moved["action"]) == {"added", "withdrawn", "adjusted"}
    assert (moved["since"] >= pd.Timestamp(2017, 5, 1)).all()


def test_neighbourhood_centres_stand_in_the_pilot_and_open_the_published_share(
    zone: Zone, published: dict[str, float]
) -> None:
    centres = zone.tables["facilities"].query("kind == 'neighbourhood_centre'")
    units = zone.tables["units"].set_index("unit_code")
    assert len(centres) == published["neighbourhood_centres"]
    assert units.loc[centres["unit_code"], "pilot_since"].notna().all()
    share = centres["open_area_m2"].sum() / centres["floor_area_m2"].sum()
    assert share == pytest.approx(published["open_share"], abs=0.0005)


def test_social_organisations_are_as_many_as_published(zone: Zone, published: dict[str, float]) -> None:
    mine = zone.tables["organisations"].query("kind == 'social_organisation'")
    assert len(mine) == published["social_organisations"]
    assert mine["name"].is_unique


def test_projects_come_in_the_three_published_ways(zone: Zone) -> None:
    projects = zone.tables["projects"]
    assert set(projects["list"]) == {"服务项目"}
    assert set(projects["kind"]) == {"公益创投", "定向购买", "公开招标"}


def test_the_panel_holds_every_community_month_and_outcome_once(zone: Zone, published: dict[str, float]) -> None:
    panel = zone.tables["panel"]
    assert len(panel) == published["communities"] * 36 * 3
    assert not panel.duplicated(["unit_code", "month", "outcome"]).any()
    assert (panel["month"].min(), panel["month"].max()) == (pd.Timestamp(2016, 1, 1), pd.Timestamp(2018, 12, 1))


@pytest.mark.parametrize("spec", REGISTER.rows("effects.csv"), ids=["hours", "share", "cost"])
def test_the_planted_effect_comes_back_as_a_difference_of_differences(zone: Zone, spec: dict[str, str]) -> None:
    panel = zone.tables["panel"].query("outcome == @spec['outcome']")
    units = zone.tables["units"].set_index("unit_code")
    pilot = panel["unit_code"].map(units["pilot_since"]).notna().to_numpy()
    value = panel["value"] if spec["scale"] == "share" else np.log(panel["value"])
    # the three months in which the pilot was being learned are left out
    before, after = panel["month"] < "2017-05-01", panel["month"] >= "2017-07-01"
    means = {
        (p, a): value[(pilot == p) & which].mean() for p in (True, False) for a, which in ((0, before), (1, after))
    }
    found = means[True, 1] - means[True, 0] - means[False, 1] + means[False, 0]
    effect = float(spec["effect"])
    assert found == pytest.approx(effect if spec["scale"] == "share" else np.log1p(effect), abs=0.02)


def test_counts_behind_the_handling_time_are_the_cases_settled(zone: Zone) -> None:
    panel = zone.tables["panel"].query("outcome == '平均办理时长'").set_index(["unit_code", "month"])["n"]
    settled = zone.tables["services"].groupby(["unit_code", "month"])["settled"].sum()
    # one of the settled counts was planted wrong
    assert (panel - settled).abs().gt(0).sum() == 1


def test_only_pilot_communities_are_bound_by_the_standard_of_centres(zone: Zone, published: dict[str, float]) -> None:
    standard = standards.load_standard("xiangfang_centres")
    first, *_, last = (standards.summary(zone.tables, standard, p) for p in zone.settings.periods)
    assert len(last) == published["pilot_communities"]
    assert first["met"].sum() == 0 < last["met"].sum()


def test_the_scheme_has_three_levels() -> None:
    scheme = load_scheme("xiangfang_pilot")
    parents = {group.id: group.parent for group in scheme.groups}
    assert all(parents[parents[leaf.parent]] == "" for leaf in scheme.leaves)
