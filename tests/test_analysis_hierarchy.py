"""Totals survive aggregation up the hierarchy: communities, districts and the whole zone count the same things."""

import hypothesis.strategies as st
import pytest
from analysis_frames import ELM, FIRST, MARKET, OAK, RIVER, STREET, TOWN, frame, units
from hypothesis import given, settings

from govkit.analysis.measures.measure import measure

COMMUNITIES = [OAK, ELM, MARKET, RIVER]
COUNTS = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (max(pair), min(pair)))
LEVELS = ("unit_code", "district_code", "zone")


def totals(name: str, tables: dict[str, object], by: str) -> tuple[float, float]:
    found = measure(name, tables, FIRST, by=by)  # type: ignore[arg-type]
    return found["numerator"].sum(), found["denominator"].sum()


@settings(deadline=None, max_examples=15)
@given(st.lists(COUNTS, min_size=4, max_size=4), st.sampled_from(["service_settled", "satisfaction"]))
def test_counts_of_communities_add_up_to_districts_and_zone(counts: list[tuple[int, int]], name: str) -> None:
    rows = [
        (unit, "2018H1", "代缴费用", n, part, part, 1.0, n, part)
        for unit, (n, part) in zip(COMMUNITIES, counts, strict=True)
    ]
    columns = "unit_code period item requested settled settled_in_unit hours responses satisfied"
    tables = {"units": units(), "services": frame(columns, *rows)}
    whole = (float(sum(part for _, part in counts)), float(sum(n for n, _ in counts)))
    for by in LEVELS:
        assert totals(name, tables, by) == pytest.approx(whole)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 500)), min_size=4, max_size=4))
def test_answers_of_communities_add_up_to_districts_and_zone(answers: list[tuple[int, int]]) -> None:
    columns = "unit_code period rater_kind rater level item score n"
    rows = [
        (unit, "2018H1", "resident", None, None, "线上评价", float(score), n)
        for unit, (score, n) in zip(COMMUNITIES, answers, strict=True)
    ]
    tables = {"units": units(), "ratings": frame(columns, *rows)}
    whole = (sum(score * n for score, n in answers) / 100, float(sum(n for _, n in answers)))
    for by in LEVELS:
        assert totals("rating", tables, by) == pytest.approx(whole)
    assert measure("rating", tables, FIRST).index.tolist() == sorted([TOWN, STREET])  # type: ignore[arg-type]
