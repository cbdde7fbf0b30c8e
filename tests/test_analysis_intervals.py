"""Intervals of rates against published values and another program."""

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from statsmodels.stats.proportion import proportion_confint

from govkit.analysis.measures.intervals import rate_difference, wilson

COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_values_newcombe_published(successes: int, n: int, low: float, high: float) -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    assert wilson([successes], [n]).round(4).values.tolist() == [[low, high]]


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [((56, 70, 48, 80), 0.0524, 0.3339), ((9, 10, 3, 10), 0.1705, 0.8090), ((10, 10, 0, 10), 0.6075, 1.0)],
)
def test_a_difference_gives_the_values_newcombe_published(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
    found = rate_difference(*([count] for count in counts))
    assert found[["low", "high"]].round(4).values.tolist() == [[low, high]]


@settings(deadline=None)
@given(COUNTS, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_agrees_with_statsmodels(counts: tuple[int, int], confidence: float) -> None:
    expected = proportion_confint(*counts, alpha=1 - confidence, method="wilson")
    found = wilson([counts[0]], [counts[1]], confidence=confidence).iloc[0]
    assert found.tolist() == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(COUNTS)
def test_an_interval_holds_its_rate_and_stays_inside_0_and_1(counts: tuple[int, int]) -> None:
    low, high = wilson([counts[0]], [counts[1]]).iloc[0]
    assert 0 <= low <= counts[0] / counts[1] <= high <= 1


@settings(deadline=None)
@given(COUNTS, COUNTS)
def test_a_difference_turned_round_changes_its_sign(one: tuple[int, int], other: tuple[int, int]) -> None:
    there = rate_difference([one[0]], [one[1]], [other[0]], [other[1]]).iloc[0]
    back = rate_difference([other[0]], [other[1]], [one[0]], [one[1]]).iloc[0]
    assert [there["low"], there["high"]] == pytest.approx([-back["high"], -back["low"]])


def test_no_answers_give_no_interval() -> None:
    counts = pd.Series([0, pd.NA, 3], index=["甲", "乙", "丙"], dtype="Int64")
    found = wilson(counts, pd.Series([0, 5, 4], dtype="Int64"))
    assert found.index.tolist() == ["甲", "乙", "丙"]
    assert np.isnan(found.loc[["甲", "乙"]]).all(axis=None)
    assert found.loc["丙"].notna().all()
