"""Points are shared out to the leaves without a remainder, whatever the aggregation."""

import copy

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from test_analysis_scheme_methods import CELLS, PENALTY, scheme, scored, values

from govkit.analysis.score.assess import assess
from govkit.analysis.score.attribution import change_parts

WAYS = ["arithmetic", "geometric", "harmonic", "topsis"]


@settings(deadline=None, max_examples=15)
@given(st.sampled_from(WAYS), st.floats(-0.05, 0.05), st.floats(-5, 5))
def test_the_parts_of_a_change_leave_nearly_no_rest(way: str, rate: float, hours: float) -> None:
    later = copy.deepcopy(CELLS)
    later["rate"]["a"] += rate
    later["hours"]["b"] += hours
    before = scored(aggregation=way)
    now = assess(before.stated, values(**later))
    parts = change_parts(now, before)
    assert parts["rest"].abs().max() < 0.02
    assert parts.sum(axis=1).tolist() == pytest.approx((now.scores["score"] - before.scores["score"]).tolist())


def test_points_taken_beside_the_tree_stand_in_the_rest() -> None:
    tree = scheme(adjustments=[PENALTY])
    clean = assess(tree, values(**CELLS, fine=dict.fromkeys("abcd", 1.0)))
    fined = assess(tree, values(**CELLS, fine=dict.fromkeys("abcd", 0.5)))
    assert change_parts(fined, clean)["rest"].tolist() == pytest.approx([-5] * 4)


def test_a_leaf_known_in_one_period_only_stands_in_the_rest() -> None:
    gone = copy.deepcopy(CELLS)
    gone["happy"]["a"] = float("nan")
    parts = change_parts(assess(scheme(), values(**gone)), scored())
    assert parts.at["a", "rest"] == pytest.approx(70 - 62)
    assert parts.at["b", "rest"] == pytest.approx(0)


def test_a_unit_without_an_earlier_score_has_no_parts() -> None:
    fewer = assess(scheme(), values(**{leaf: {u: v for u, v in c.items() if u != "d"} for leaf, c in CELLS.items()}))
    assert change_parts(scored(), fewer).loc["d"].isna().all()
