"""Measures: each recomputed by hand on the small zone, and what a missing table does."""

import math

import hypothesis.strategies as st
import pandas as pd
import pytest
from analysis_frames import CRS, ELM, FIRST, MARKET, OAK, RIVER, SECOND, STREET, TOWN, frame, units, zone
from hypothesis import given, settings

from govkit import catalogue
from govkit.analysis.measures.functions import MEASURES
from govkit.analysis.measures.measure import check_measure, measure, measure_info, measures
from govkit.errors import UnknownNameError

CENTRE = "daoli_village_centre"
HAND = [
    # name, area, group, numerator, denominator
    (f"standard_attainment:{CENTRE}", "all", "zone", 0, 2),
    (f"standard_items:{CENTRE}", "all", "zone", 32, 34),
    ("premises_coverage", "rural", "zone", 2, 2),
    ("premises_coverage", "urban", "zone", 0, 2),
    ("premises_per_100_households", "all", TOWN, 240, 24),
    ("premises_per_100_households", "all", STREET, 0, 16),
    ("activity_share", "all", TOWN, 120, 240),
    ("workers_per_10000", "urban", "zone", 12, 0.7),
    ("households_per_grid", "all", "zone", 1200, 3),
    ("grids_in_range", "urban", "zone", 1, 1),
    ("managed_grids", "all", TOWN, 2, 2),
    ("sound_grids", "all", "zone", 3, 3),
    ("uncovered_share", "all", "zone", 0, 30_000),
    ("settled_in_grid", "all", TOWN, 2, 3),
    ("settled_at_or_below_village", "all", TOWN, 3, 3),
    ("settled_at_or_below_village", "all", STREET, 0, 1),
    ("settled_rate", "all", TOWN, 3, 5),
    ("overdue_matters", "all", TOWN, 1, 5),
    ("needs_met_inside", "rural", "zone", 80, 100),
    ("needs_met_inside", "all", "zone", 180, 200),
    ("service_settled", "rural", "zone", 96, 100),
    ("service_settled:employment_surplus", "rural", "zone", 8, 10),
    ("handling_hours", "rural", "zone", 192, 96),
    ("satisfaction", "rural", "zone", 94, 100),
    ("fund_compliance", "all", TOWN, 60_000, 80_000),
    ("fund_execution", "all", TOWN, 80_000, 100_000),
    ("tasks_on_time", "all", TOWN, 1, 3),
    ("tasks_inspected", "all", TOWN, 2, 4),
    ("checklist_rate:五个覆盖", "rural", "zone", 3, 4),
    ("checklist_rate", "rural", "zone", 3, 5),
]


@pytest.mark.parametrize(
    ("name", "area", "group", "numerator", "denominator"), HAND, ids=[f"{h[0]}-{h[1]}-{h[2]}" for h in HAND]
)
def test_a_measure_is_what_the_hand_reckons(
    name: str, area: str, group: str, numerator: float, denominator: float
) -> None:
    by = "zone" if group == "zone" else "district_code"
    row = measure(name, zone(), FIRST, by=by, area=area, crs=CRS).loc[group]
    assert row["numerator"] == pytest.approx(numerator)
    assert row["denominator"] == pytest.approx(denominator, rel=1e-5)
    assert row["value"] == pytest.approx(numerator / denominator, rel=1e-5)


def test_hours_to_settle_is_the_median_of_the_settled_ones() -> None:
    found = measure("hours_to_settle", zone(), FIRST)
    assert found["value"].to_dict() == {STREET: 1.0, TOWN: 4.0}
    assert found["denominator"].isna().all()


def test_meetings_are_counted_per_community() -> None:
    bodies = frame(
        "organisation_id unit_code kind name founded meetings period",
        ("o1", OAK, "deliberation_council", "议事会", None, 4, "2018H1"),
        ("o2", ELM, "executive_council", "理事会", None, 2, "2018H1"),
        ("o3", ELM, "culture_team", "文艺队", None, 9, "2018H1"),
        ("o4", ELM, "executive_council", "理事会", None, 7, "2018H2"),
    )
    found = measure("meetings_per_unit", zone() | {"organisations": bodies}, FIRST, area="rural")
    assert found["value"].to_dict() == pytest.approx({STREET: math.nan, TOWN: 3.0}, nan_ok=True)


def test_every_measure_of_the_catalogue_is_computed_and_every_one_computed_is_in_it() -> None:
    assert list(catalogue.load("measures")) == list(MEASURES)


@pytest.mark.parametrize("name", list(MEASURES))
def test_the_catalogue_says_all_of_a_measure(name: str) -> None:
    info = measure_info(name)
    assert all([info.label, info.unit, info.definition, info.source, info.tables])
    assert info.kind in {"rate", "share", "ratio", "mean", "median"}
    assert info.direction in {"higher", "lower"}
    assert set(info.tables) <= set(catalogue.load("tables"))


def argued(name: str) -> str:
    return f"{name}:{CENTRE}" if name.startswith("standard_") else name


@pytest.mark.parametrize("name", list(MEASURES))
def test_a_missing_table_makes_missing_values_for_every_unit(name: str) -> None:
    found = measure(argued(name), {"units": units()}, FIRST, crs=CRS)
    assert found.index.tolist() == [STREET, TOWN]
    assert found.isna().all(axis=None)


@pytest.mark.parametrize("name", list(MEASURES))
def test_empty_tables_make_no_rates(name: str) -> None:
    tables = zone()
    tables = {key: table if key == "units" else table.iloc[:0] for key, table in tables.items()}
    found = measure(argued(name), tables, FIRST, crs=CRS)
    assert found.index.tolist() == [STREET, TOWN]
    assert found["value"].fillna(0).eq(0).all()


@pytest.mark.parametrize("name", list(MEASURES))
def test_a_measure_keeps_units_in_code_order_whatever_the_order_of_rows(name: str) -> None:
    tables = zone()
    turned = {key: table.iloc[::-1].reset_index(drop=True) for key, table in tables.items()}
    there = measure(argued(name), tables, FIRST, by="unit_code", crs=CRS)
    pd.testing.assert_frame_equal(there, measure(argued(name), turned, FIRST, by="unit_code", crs=CRS))
    assert there.index.tolist() == sorted([OAK, ELM, MARKET, RIVER])


@pytest.mark.parametrize("name", list(MEASURES))
def test_a_measure_leaves_its_tables_alone(name: str) -> None:
    tables, untouched = zone(), zone()
    measure(argued(name), tables, FIRST, crs=CRS)
    for key, table in tables.items():
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(untouched[key]))


@settings(deadline=None, max_examples=20)
@given(st.lists(st.sampled_from([OAK, ELM, MARKET, RIVER]), min_size=1, max_size=30), st.data())
def test_counts_of_districts_add_up_to_the_zone(places: list[str], data: st.DataObject) -> None:
    settled = [data.draw(st.booleans()) for _ in places]
    rows = [
        (f"e{n}", unit, "2018-02-01", "2018-02-02" if done else None, "grid" if done else None,
         "settled" if done else "open", "2018H1")
        for n, (unit, done) in enumerate(zip(places, settled, strict=True))
    ]  # fmt: skip
    events = frame("event_id unit_code reported_at settled_at settled_level state period", *rows)
    tables = {"units": units(), "events": events}
    whole = measure("settled_rate", tables, FIRST, by="zone")
    for by in ("district_code", "unit_code"):
        parts = measure("settled_rate", tables, FIRST, by=by)
        assert parts["numerator"].sum() == whole["numerator"]["zone"] == sum(settled)
        assert parts["denominator"].sum() == whole["denominator"]["zone"] == len(places)


def test_only_the_period_counts() -> None:
    assert measure("settled_rate", zone(), SECOND)["denominator"].fillna(0).to_dict() == {STREET: 1, TOWN: 0}


def test_one_unknown_household_count_leaves_the_ratio_unknown() -> None:
    people = units().assign(households=lambda table: table["households"].mask(table["unit_code"].eq(ELM)))
    found = measure("premises_per_100_households", zone() | {"units": people}, FIRST, by="unit_code")
    assert pd.isna(found.at[ELM, "value"])
    assert found.at[OAK, "value"] == 30.0


def test_several_measures_come_by_name() -> None:
    found = measures(["settled_rate", "sound_grids"], zone(), FIRST, crs=CRS)
    assert list(found) == ["settled_rate", "sound_grids"]
    assert found["sound_grids"].at[TOWN, "value"] == 1.0


def test_grid_audit_measures_are_unknown_without_a_metric_crs() -> None:
    assert measure("sound_grids", zone(), FIRST)["value"].isna().all()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("settled_rat", "settled_rate"),
        ("standard_items:daoli_village_center", "daoli_village_centre"),
        ("needs_met_inside:erands", "errands"),
    ],
)
def test_a_misspelt_measure_names_the_nearest(name: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=near):
        check_measure(name)


@pytest.mark.parametrize(("option", "value"), [("by", "town"), ("area", "village")])
def test_a_misspelt_level_or_area_is_refused(option: str, value: str) -> None:
    with pytest.raises(UnknownNameError, match=value):
        measure("settled_rate", zone(), FIRST, **{option: value})


def test_a_statistic_is_its_values_over_their_bases_and_its_sum_without_bases() -> None:
    rows = frame(
        "unit_code period item value base",
        (ELM, FIRST.id, "绿化", 30.0, 100.0),
        (OAK, FIRST.id, "绿化", 50.0, 100.0),
        (RIVER, FIRST.id, "绿化", 9.0, math.nan),
        (ELM, FIRST.id, "活动", 3.0, math.nan),
        (OAK, FIRST.id, "活动", 4.0, math.nan),
    )
    tables = {**zone(), "statistics": rows}
    green = measure("statistic:绿化", tables, FIRST, by="zone").loc["zone"]
    assert (green["value"], green["numerator"], green["denominator"]) == (0.4, 80.0, 200.0)
    assert measure("statistic:活动", tables, FIRST, by="zone").loc["zone", "value"] == 7.0
    assert measure_info("statistic:绿化").label == "绿化"
    assert measure("statistic:活动|场", tables, FIRST, by="zone").loc["zone", "value"] == 7.0
    assert (measure_info("statistic:活动|场").label, measure_info("statistic:活动|场").unit) == ("活动", "场")


def test_ratings_are_labelled_by_who_gave_them() -> None:
    labels = [measure_info(name).label for name in ("rating:expert", "rating:resident")]
    assert labels == ["专家：评价得分率", "居民：评价得分率"]
