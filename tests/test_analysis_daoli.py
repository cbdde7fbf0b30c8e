"""The published figures of Daoli (system D) come back from the zone's own files through the analysis."""

from pathlib import Path

import pandas as pd
import pytest

import govkit
from govkit.analysis.measures import coverage
from govkit.analysis.measures import measure as measures
from govkit.analysis.score import assess, scheme
from govkit.analysis.standards import attainment as standards
from govkit.analysis.standards import yardsticks
from govkit.zone.opening import Zone


@pytest.fixture(scope="module")
def daoli() -> Zone:
    return govkit.open_zone(Path(__file__).parents[1] / "data" / "daoli")


def whole(zone: Zone, name: str, period: str, area: str = "rural") -> float:
    """Return a measure of the whole zone."""
    found = measures.measure(name, zone.tables, zone.period(period), by="zone", area=area, crs=zone.metric_crs)
    return float(found.at["zone", "value"])


def test_85_percent_of_service_needs_are_met_inside_the_village(daoli: Zone) -> None:
    assert whole(daoli, "needs_met_inside", "2018H2") == pytest.approx(0.85, abs=0.0005)


def test_satisfaction_in_the_villages_is_98_percent_or_more(daoli: Zone) -> None:
    assert whole(daoli, "satisfaction", "2018H2") >= 0.98


@pytest.mark.parametrize(("line", "least"), [("employment_surplus", 0.8), ("employment_older", 0.9)])
def test_employment_support_reaches_its_targets(daoli: Zone, line: str, least: float) -> None:
    assert whole(daoli, f"service_settled:{line}", "2018H2", area="all") >= least


def test_six_centres_are_large_and_every_village_meets_the_standard(daoli: Zone) -> None:
    centre = standards.load_standard("daoli_village_centre")
    found = standards.summary(daoli.tables, centre, daoli.period("2018H2"))
    assert (len(found), found["met"].sum(), found["large_centres"].sum()) == (44, 44, 6)
    assert not standards.summary(daoli.tables, centre, daoli.period("2018H1"))["met"].all()


def test_the_five_coverages_reach_every_village(daoli: Zone) -> None:
    assert whole(daoli, "checklist_rate:五个覆盖", "2018H2") == 1.0


def test_146_committee_members_and_17_graduate_officials(daoli: Zone) -> None:
    staff = daoli.tables["staff"]
    posts = staff.loc[staff["period"] == "2018H2"].groupby("post")["people"].sum()
    assert (posts["村委会成员"], posts["大学生村官"]) == (146, 17)


def test_the_audit_finds_the_one_gap_and_the_one_overlap_drawn_on_purpose(daoli: Zone) -> None:
    audit = coverage.audit_grids(daoli.tables["grids"], crs=daoli.metric_crs, outline=daoli.outline)
    assert audit.gaps["area_m2"].round(-1).tolist() == [1500]
    assert audit.overlaps["area_m2"].round(-1).tolist() == [2000]


def test_1532_rural_grids_cover_440_square_kilometres(daoli: Zone) -> None:
    audit = coverage.audit_grids(daoli.tables["grids"], crs=daoli.metric_crs)
    found = coverage.coverage_summary(
        daoli.tables, daoli.period("2018H2"), audit, by="zone", area="rural", crs=daoli.metric_crs
    ).loc["zone"]
    assert found["grids"] == 1532
    assert found["area_km2"] == pytest.approx(440.6, abs=0.05)


def test_every_district_is_scored_and_scores_tell_them_apart(daoli: Zone) -> None:
    tree = scheme.load_scheme("daoli_333")
    found = assess.assess_tables(tree, daoli.tables, daoli.period("2018H2"), crs=daoli.metric_crs).scores
    assert len(found) == 23
    assert found["score"].notna().all()
    assert found["score"].max() - found["score"].min() > 20
    assert set(found["grade"]) == {label for label, _ in tree.grades}


def test_every_yardstick_has_a_value_for_the_zone(daoli: Zone) -> None:
    sets = [yardsticks.load_yardsticks("community_service_plan_14th")]
    found = yardsticks.against_yardsticks(daoli.tables, sets, daoli.period("2018H2"), by="zone", crs=daoli.metric_crs)
    assert found["value"].notna().all()


def test_a_district_measured_alone_gives_what_the_zone_gives_for_it(daoli: Zone) -> None:
    town = daoli.district("太平镇")
    for name in ("needs_met_inside", "settled_rate", "fund_compliance", "premises_per_100_households"):
        alone = measures.measure(name, town.tables, daoli.period("2018H2"))
        among = measures.measure(name, daoli.tables, daoli.period("2018H2"))
        pd.testing.assert_series_equal(alone.loc[town.unit_code], among.loc[town.unit_code])
