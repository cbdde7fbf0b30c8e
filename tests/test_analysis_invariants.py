"""What must never change a score, a grade or a total: order, names, units of measure; and what may only raise it."""

import copy
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from analysis_frames import ELM, FIRST, MARKET, OAK, RIVER, SECOND, frame, units, zone
from hypothesis import given, settings
from test_analysis_scheme import SMALL, values
from test_analysis_scheme_methods import CELLS, WAYS
from test_analysis_standard_grades import CLINIC, LADDER, PATROL, ROOMS, standard

from govkit.analysis.measures.measure import measure
from govkit.analysis.score.assess import assess, assess_tables
from govkit.analysis.score.scheme import Scheme, read_scheme
from govkit.analysis.standards.attainment import attainment, item_costs, load_standard, summary
from govkit.analysis.standards.fund_norms import against_norms, read_fund_norms
from govkit.analysis.standards.ladder import ladder_counts, read_ladder
from govkit.analysis.standards.standard_grades import grades
from govkit.periods import Period

ZONE = zone()
PRICES = {"clinic": 50_000, "rooms": 2_000, "patrol": 300}
GRADED = standard(*({**item, "unit_cost_yuan": PRICES[item["id"]]} for item in (CLINIC, ROOMS, PATROL)), grades=LADDER)
EVERYWHERE = [OAK, ELM, MARKET, RIVER]


def scheme(**top: Any) -> Scheme:
    return read_scheme("small", copy.deepcopy(SMALL) | top, where="small.toml")


def by_tables() -> Scheme:
    """Return the small scheme with a standard of the catalogue in place of the median hours."""
    raw = copy.deepcopy(SMALL)
    raw["leaves"][1] |= {"measure": "standard_items:daoli_village_centre", "worst": 0.5, "best": 1.0}
    return read_scheme("small", raw, where="small.toml")


def shuffled(tables: dict[str, pd.DataFrame], seed: int) -> dict[str, pd.DataFrame]:
    """Return the tables with their rows in another order."""
    order = np.random.default_rng(seed)
    return {name: table.iloc[order.permutation(len(table))].reset_index(drop=True) for name, table in tables.items()}


SOON = settings(deadline=None, max_examples=5)


# -- scores


@settings(deadline=None, max_examples=30)
@given(WAYS, st.sampled_from([0.001, 1 / 60, 24, 10_000]))
def test_units_of_measure_never_change_a_score(ways: dict[str, str], factor: float) -> None:
    """Hours told in minutes or days, with goalposts in the same unit."""
    raw = copy.deepcopy(SMALL)
    raw["leaves"][1]["worst"] *= factor
    there = assess(scheme(**ways), values(**CELLS)).scores["score"]
    other = CELLS | {"hours": {unit: value * factor for unit, value in CELLS["hours"].items()}}
    again = assess(scheme(leaves=raw["leaves"], **ways), values(**other)).scores["score"]
    assert again.tolist() == pytest.approx(there.tolist())


@SOON
@given(st.integers(0, 2**32 - 1))
def test_neither_the_order_of_rows_nor_names_change_a_score_by_tables(seed: int) -> None:
    tables = {name: table for name, table in ZONE.items() if name != "grids"}
    other = shuffled(tables, seed)
    other["units"] = other["units"].assign(name=[f"{seed % 97}号单元{row}" for row in range(len(other["units"]))])
    there, again = (assess_tables(by_tables(), one, FIRST).scores for one in (tables, other))
    pd.testing.assert_frame_equal(there, again)


@SOON
@given(st.integers(0, 2**32 - 1), st.sampled_from(["rate", "hours", "happy"]))
def test_the_order_of_leaves_and_groups_never_changes_a_score(seed: int, first: str) -> None:
    order = np.random.default_rng(seed)
    groups = [SMALL["groups"][place] for place in order.permutation(len(SMALL["groups"]))]
    leaves = sorted(SMALL["leaves"], key=lambda leaf: leaf["id"] != first)
    there = assess(scheme(), values(**CELLS)).scores["score"]
    again = assess(scheme(groups=groups, leaves=leaves), values(**CELLS)).scores["score"]
    assert again.tolist() == pytest.approx(there.tolist())


# -- standards


@SOON
@given(st.integers(0, 2**32 - 1))
def test_neither_the_order_of_rows_nor_names_change_a_grade_or_a_cost(seed: int) -> None:
    other = shuffled(ZONE, seed)
    other["units"] = other["units"].assign(name="某村")
    there, again = (grades(one, GRADED, SECOND).drop(columns=["name"]) for one in (ZONE, other))
    pd.testing.assert_frame_equal(there, again)
    pd.testing.assert_frame_equal(_costs(ZONE, FIRST), _costs(other, FIRST))


def _costs(tables: dict[str, pd.DataFrame], period: Period) -> pd.DataFrame:
    return item_costs(attainment(tables, GRADED, period), GRADED)


def with_facility(unit: str, kind: str, area: float) -> dict[str, pd.DataFrame]:
    columns = "facility_id name kind unit_code floor_area_m2 activity_area_m2 opened"
    more = frame(columns, ("new", "新设施", kind, unit, area, area, None))
    return ZONE | {"facilities": pd.concat([ZONE["facilities"], more], ignore_index=True)}


@SOON
@given(st.sampled_from([OAK, ELM]), st.sampled_from(["clinic", "service_centre", "printer"]), st.floats(1, 500))
def test_a_facility_more_never_lowers_a_grade_nor_raises_what_is_missing(unit: str, kind: str, area: float) -> None:
    more = with_facility(unit, kind, area)
    before, after = (grades(tables, GRADED, FIRST).loc[unit] for tables in (ZONE, more))
    assert after["step"] >= before["step"]
    assert after["items_met"] >= before["items_met"]
    costs = [summary(one, GRADED, FIRST).at[unit, "cost_yuan"] for one in (ZONE, more)]
    assert costs[1] <= costs[0]


@SOON
@given(st.sets(st.integers(0, 30)), st.sampled_from(["district_code", "zone"]))
def test_items_met_by_communities_add_up_to_districts_and_zone(gone: set[int], by: str) -> None:
    tables = ZONE | {"facilities": ZONE["facilities"].loc[lambda table: ~table.index.isin(gone)]}
    rows = attainment(tables, load_standard("daoli_village_centre"), SECOND)
    found = measure("standard_items:daoli_village_centre", tables, SECOND, by=by)
    assert found["numerator"].sum() == rows["met"].sum()
    assert found["denominator"].sum() == len(rows)


@SOON
@given(st.sets(st.integers(0, 30)))
def test_costs_of_items_add_up_to_the_costs_of_communities(gone: set[int]) -> None:
    tables = ZONE | {"facilities": ZONE["facilities"].loc[lambda table: ~table.index.isin(gone)]}
    by_item, by_unit = _costs(tables, SECOND)["cost_yuan"], summary(tables, GRADED, SECOND)["cost_yuan"]
    assert by_item.sum() == pytest.approx(by_unit.sum())


# -- ledgers

AMOUNTS = st.lists(st.tuples(st.sampled_from(EVERYWHERE), st.integers(0, 10**6)), min_size=1, max_size=8)


@SOON
@given(AMOUNTS, st.randoms(use_true_random=False))
def test_a_ledger_in_any_order_and_in_any_slices_gives_the_same_sums(lines: list[tuple[str, int]], random: Any) -> None:
    norms = read_fund_norms(
        "n",
        {"type": "fund_norms", "title": "t", "source": "s", "norms": [{"id": "a", "label": "甲", "least": 1}]},
        where="n",
    )
    columns = "entry_id unit_code date direction programme source purpose amount_yuan period"

    def summed(order: list[tuple[str, int]]) -> pd.Series:
        rows = [
            (f"f{n}", unit, "2018-05-01", "income", None, None, "x", float(yuan), "2018H1")
            for n, (unit, yuan) in enumerate(order)
        ]
        # Every line once more, cut in two.
        halves = [(f"h{n}", *row[1:7], row[7] / 2, row[8]) for n, row in enumerate([*rows, *rows])]
        whole, cut = ({"units": units(), "funds": frame(columns, *one)} for one in (rows, halves))
        sums = [against_norms(one, norms, FIRST).set_index("unit_code")["amount_yuan"] for one in (whole, cut)]
        assert sums[0].tolist() == pytest.approx(sums[1].tolist())
        return sums[0]

    mixed = lines.copy()
    random.shuffle(mixed)
    assert summed(lines).to_dict() == summed(mixed).to_dict()
    assert summed(lines).sum() == sum(yuan for _, yuan in lines)


@SOON
@given(st.lists(st.tuples(st.sampled_from(EVERYWHERE), st.integers(1, 4), st.integers(0, 9)), min_size=1, max_size=8))
def test_people_on_the_ladder_of_districts_add_up_to_the_zone(held: list[tuple[str, int, int]]) -> None:
    raw = {
        "type": "ladder", "title": "t", "source": "s", "grades": 4,
        "posts": [{"post": "正职", "lowest": 1, "highest": 4}],
    }  # fmt: skip
    ladder = read_ladder("l", raw, where="l")
    columns = "unit_code period post grade people pay_yuan"
    staff = frame(columns, *[(unit, "2018H1", "正职", f"{grade}级", n, None) for unit, grade, n in held])
    whole = ladder_counts({"units": units(), "staff": staff}, ladder, FIRST)["people"]
    parts = [
        ladder_counts({"units": units(), "staff": staff.loc[staff["district_code"] == one]}, ladder, FIRST)["people"]
        for one in staff["district_code"].unique()
    ]
    assert sum(parts).tolist() == whole.tolist()  # type: ignore[union-attr]
    assert whole.sum() == sum(n for _, _, n in held)
