"""Normalising, weighting and aggregating: each against a book, a paper, another program, or the hand."""

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from pymcdm import weights as other_weights
from pymcdm.methods import TOPSIS

from govkit.analysis.score.aggregation import AGGREGATIONS, geometric, topsis
from govkit.analysis.score.normalisation import NORMALISATIONS, Goalposts, mean_ranks, target_attainment
from govkit.analysis.score.weighting import (
    ahp_weights,
    as_matrix,
    consistency_ratio,
    critic_weights,
    entropy_weights,
    not_reciprocal,
    pca_weights,
)

# Hwang and Yoon, Multiple Attribute Decision Making (1981): four fighter aircraft, six attributes (the fourth a cost).
FIGHTERS = np.array(
    [
        [2.0, 1500, 20000, 5.5, 5, 9],
        [2.5, 2700, 18000, 6.5, 3, 5],
        [1.8, 2000, 21000, 4.5, 7, 7],
        [2.2, 1800, 20000, 5.0, 5, 5],
    ]
)
FIGHTER_SIGNS = np.array([1, 1, 1, -1, 1, 1])
FIGHTER_WEIGHTS = np.array([0.2, 0.1, 0.1, 0.1, 0.2, 0.3])

# Diakoulaki, Mavrotas and Papayannakis (1995), table 1: eight firms, three criteria.
FIRMS = np.array(
    [
        [61.0, 1.08, 4.33],
        [20.7, 0.26, 4.34],
        [16.3, 1.98, 2.53],
        [9.0, 3.29, 1.65],
        [5.4, 2.77, 2.33],
        [4.0, 4.12, 1.21],
        [-6.1, 3.52, 2.10],
        [-34.6, 3.31, 0.98],
    ]
)


def posts(worst: float, best: float) -> Goalposts:
    return Goalposts(np.array([[worst]]), np.array([[best]]), np.array([[1.0 if best > worst else -1.0]]))


def scored(way: str, values: list[float], *, sign: int = 1, base: list[float] | None = None) -> list[float]:
    """Return scores of one leaf's values."""
    cells = np.array([values], dtype="float64")
    against = cells if base is None else np.array([base], dtype="float64")
    goalposts = Goalposts(np.array([[np.nan]]), np.array([[np.nan]]), np.array([[sign]]))
    return NORMALISATIONS[way](cells, against, goalposts)[0].tolist()


# -- normalisation


@pytest.mark.parametrize(
    ("way", "sign", "values", "expected"),
    [
        ("min_max", 1, [2, 4, 6], [0, 50, 100]),
        ("min_max", -1, [2, 4, 6], [100, 50, 0]),
        ("z", 1, [1, 3], [40, 60]),
        ("z", -1, [1, 3], [60, 40]),
        ("rank", 1, [5, 9, 9, 1], [100 / 3, 250 / 3, 250 / 3, 0]),
        ("rank", -1, [5, 9, 1], [50, 0, 100]),
        ("percentile", 1, [5, 9, 1, 7], [37.5, 87.5, 12.5, 62.5]),
        ("distance_to_best", 1, [5, 10], [50, 100]),
        ("distance_to_best", -1, [5, 10], [100, 50]),
        ("distance_to_best", -1, [0, 10], [100, 0]),
    ],
)
def test_a_normalisation_gives_what_the_hand_reckons(
    way: str, sign: int, values: list[float], expected: list[float]
) -> None:
    assert scored(way, values, sign=sign) == pytest.approx(expected)


@pytest.mark.parametrize("way", ["min_max", "z"])
def test_values_all_equal_have_no_score_where_a_spread_is_needed(way: str) -> None:
    assert np.isnan(scored(way, [0.7, 0.7, 0.7])).all()


def test_a_later_period_is_measured_by_the_base_period() -> None:
    assert scored("min_max", [6, 12], base=[2, 10]) == [50, 100]
    assert scored("rank", [6, 12, 0], base=[2, 10]) == [50, 100, 0]
    assert scored("percentile", [6], base=[2, 10]) == [50]


@pytest.mark.parametrize("way", list(NORMALISATIONS))
def test_missing_values_stay_missing(way: str) -> None:
    goalposts = posts(0, 10)
    found = NORMALISATIONS[way](np.array([[1.0, np.nan, 3.0]]), np.array([[1.0, np.nan, 3.0]]), goalposts)[0]
    assert np.isnan(found).tolist() == [False, True, False]


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(sorted(set(NORMALISATIONS) - {"target"})),
    st.lists(st.integers(0, 1000), min_size=3, max_size=8),
    st.sampled_from([0.001, 0.01, 100, 10_000]),
)
def test_units_of_measure_never_change_a_score(way: str, values: list[int], factor: float) -> None:
    there = scored(way, [float(one) for one in values])
    assert scored(way, [one * factor for one in values]) == pytest.approx(there, nan_ok=True, abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(sorted(set(NORMALISATIONS) - {"target"})),
    st.lists(st.integers(0, 50), min_size=3, max_size=8),
    st.integers(1, 20),
    st.sampled_from([1, -1]),
)
def test_a_better_value_never_lowers_its_score(way: str, values: list[int], step: int, sign: int) -> None:
    better = [values[0] + sign * step, *values[1:]]
    before, after = (scored(way, [one + 50.0 for one in each], sign=sign)[0] for each in (values, better))
    assert np.isnan(before) or np.isnan(after) or after >= before - 1e-9


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-3, 3) | st.just(None), min_size=1, max_size=12))
def test_mean_ranks_are_those_of_pandas(values: list[int | None]) -> None:
    cells = pd.Series(values, dtype="float64")
    known = cells.notna().to_numpy()
    assert mean_ranks(cells.to_numpy())[known].tolist() == cells.rank().to_numpy()[known].tolist()


# -- aggregation


def test_the_human_development_index_of_norway_comes_out_as_published() -> None:
    # UNDP, Human Development Report 2021/22, table 1: Norway 2021; goalposts of its technical note 1.
    life = target_attainment(np.array([[83.2339]]), np.empty((1, 0)), posts(20, 85))
    expected = target_attainment(np.array([[18.1852]]), np.empty((1, 0)), posts(0, 18))
    mean_years = target_attainment(np.array([[13.00363]]), np.empty((1, 0)), posts(0, 15))
    income = target_attainment(np.log([[64660.1]]), np.empty((1, 0)), posts(np.log(100), np.log(75_000)))
    schooling = (expected + mean_years) / 2
    index = geometric(np.concatenate([life, schooling, income]), np.full((3, 1), 1 / 3))
    assert index[0] / 100 == pytest.approx(0.961, abs=0.0005)


def test_topsis_gives_hwang_and_yoons_closeness() -> None:
    # Multiple Attribute Decision Making, section 3.2: 0.643, 0.268, 0.613, 0.312. Their vector normalisation turns into
    # weights on min–max scores: both measure the same distances.
    least, most = FIGHTERS.min(axis=0), FIGHTERS.max(axis=0)
    away = np.where(FIGHTER_SIGNS > 0, FIGHTERS - least, most - FIGHTERS) / (most - least)
    weights = FIGHTER_WEIGHTS * (most - least) / np.sqrt((FIGHTERS**2).sum(axis=0))
    found = topsis(away.T * 100, np.broadcast_to(weights[:, None], (6, 4)))
    assert (found / 100).tolist() == pytest.approx([0.643, 0.268, 0.613, 0.312], abs=0.001)


def test_topsis_on_min_max_scores_agrees_with_pymcdm() -> None:
    from pymcdm.normalizations import minmax_normalization

    least, most = FIRMS.min(axis=0), FIRMS.max(axis=0)
    scores = (FIRMS - least) / (most - least) * 100
    weights = np.array([0.5, 0.3, 0.2])
    expected = TOPSIS(minmax_normalization)(FIRMS, weights, np.ones(3))
    assert (topsis(scores.T, np.broadcast_to(weights[:, None], (3, 8))) / 100).tolist() == pytest.approx(expected)


@settings(deadline=None, max_examples=60)
@given(arrays(np.float64, (3, 4), elements=st.floats(0.5, 100)), st.permutations([0, 1, 2]))
def test_means_keep_their_order_and_the_order_of_children_is_irrelevant(scores: np.ndarray, order: list[int]) -> None:
    weights = np.array([[0.5], [0.3], [0.2]]) * np.ones((3, 4))
    means = [AGGREGATIONS[way](scores, weights) for way in ("harmonic", "geometric", "arithmetic")]
    assert (means[0] <= means[1] + 1e-9).all()
    assert (means[1] <= means[2] + 1e-9).all()
    for way, combine in AGGREGATIONS.items():
        assert combine(scores[order], weights[order]) == pytest.approx(combine(scores, weights)), way


@pytest.mark.parametrize("way", list(AGGREGATIONS))
def test_equal_children_give_their_group_the_same_score(way: str) -> None:
    scores = np.array([[70.0, 0.0, 100.0], [70.0, 0.0, 100.0]])
    weights = np.full((2, 3), 0.5)
    assert AGGREGATIONS[way](scores, weights) == pytest.approx([70, 0, 100])


def test_a_negative_zero_is_a_zero() -> None:
    assert AGGREGATIONS["harmonic"](np.array([[-0.0], [0.0]]), np.array([[0.5], [0.5]])).tolist() == [0]


@pytest.mark.parametrize("way", list(AGGREGATIONS))
def test_a_child_without_score_plays_no_part_and_a_group_without_children_is_missing(way: str) -> None:
    scores = np.array([[70.0, np.nan], [np.nan, np.nan]])
    weights = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert AGGREGATIONS[way](scores, weights).tolist() == pytest.approx([70, np.nan], nan_ok=True)


# -- weights from comparisons


# Saaty, Decision making with the analytic hierarchy process, Int. J. Services Sciences 1 (2008) 83-98, table 2: what
# Americans drink; published weights and CR.
DRINKS = [
    [1, 9, 5, 2, 1, 1, "1/2"],
    ["1/9", 1, "1/3", "1/9", "1/9", "1/9", "1/9"],
    ["1/5", 3, 1, "1/3", "1/4", "1/3", "1/9"],
    ["1/2", 9, 3, 1, "1/2", 1, "1/3"],
    [1, 9, 4, 2, 1, 2, "1/2"],
    [1, 9, 3, 1, "1/2", 1, "1/3"],
    [2, 9, 9, 3, 2, 3, 1],
]


def test_ahp_gives_saatys_weights_and_consistency() -> None:
    matrix = as_matrix(DRINKS)
    assert ahp_weights(matrix) == pytest.approx([0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327], abs=0.0006)
    assert consistency_ratio(matrix) == pytest.approx(0.022, abs=0.001)


def test_a_matrix_that_contradicts_itself_has_a_large_ratio() -> None:
    assert consistency_ratio(as_matrix([[1, 9, "1/9"], ["1/9", 1, 9], [9, "1/9", 1]])) > 1


def test_two_things_are_always_compared_consistently() -> None:
    assert consistency_ratio(as_matrix([[1, 7], ["1/7", 1]])) == 0


def test_the_cells_that_are_not_reciprocal_are_named() -> None:
    assert not_reciprocal(as_matrix([[1, 2, 3], [2, 1, 1], ["1/3", 1, 1]]), tolerance=0.03) == [(0, 1)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [([[1, 2]], "行数与列数不等"), ([[1, "x"], [1, 1]], "'x' 不是数"), ([[1, -2], [1, 1]], "-2 应大于 0")],
)
def test_a_matrix_that_is_none_is_refused(rows: list[list[object]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        as_matrix(rows)


# -- weights from data


def min_max_scores(table: np.ndarray) -> np.ndarray:
    return ((table - table.min(axis=0)) / (table.max(axis=0) - table.min(axis=0)) * 100).T


def test_critic_gives_the_weights_its_authors_published() -> None:
    # Computers & Operations Research 22 (1995) 763-770: 0.202, 0.481, 0.317.
    assert critic_weights(min_max_scores(FIRMS)).round(3).tolist() == [0.202, 0.481, 0.317]


def test_critic_agrees_with_pymcdm() -> None:
    expected = other_weights.critic_weights(FIRMS)
    assert critic_weights(min_max_scores(FIRMS)).tolist() == pytest.approx(expected.tolist())


# Ulutaş, OPUS 13 (2019) 1552-1573 (personnel selection: six people, eight criteria), the worked example in the manual
# of the Julia package JMcDM; weights as that manual gives them.
PEOPLE = np.array(
    [
        [2.0, 1, 4, 7, 6, 6, 7, 3000],
        [4.0, 1, 5, 6, 7, 7, 6, 3500],
        [3.0, 2, 6, 6, 5, 6, 8, 4000],
        [5.0, 1, 5, 7, 6, 7, 7, 3000],
        [4.0, 2, 5, 6, 7, 7, 6, 3000],
        [3.0, 2, 6, 6, 6, 6, 6, 3500],
    ]
)


def test_entropy_gives_the_weights_published_for_a_personnel_selection() -> None:
    published = [0.29967, 0.44137, 0.07009, 0.02124, 0.04902, 0.02308, 0.04776, 0.04776]
    assert entropy_weights(PEOPLE.T).tolist() == pytest.approx(published, abs=0.00001)


def test_entropy_agrees_with_pymcdm() -> None:
    expected = other_weights.entropy_weights(FIGHTERS)
    assert entropy_weights(FIGHTERS.T).tolist() == pytest.approx(expected.tolist())


def test_principal_components_weigh_leaves_that_move_together() -> None:
    # Two leaves the same, a third against them: one component holds all three, λ = 3, each communality 1.
    together = np.array([[1.0, 2, 3, 4], [2.0, 4, 6, 8], [4.0, 3, 2, 1]])
    assert pca_weights(together) == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("way", [entropy_weights, critic_weights, pca_weights])
def test_a_leaf_that_is_all_equal_gets_no_weight(way: object) -> None:
    scores = np.array([[10.0, 50, 90, 20], [70.0, 70, 70, 70], [30.0, 10, 60, np.nan], [np.nan] * 4])
    found = way(scores)  # type: ignore[operator]
    assert found[[1, 3]].tolist() == [0, 0]
    assert found.sum() == pytest.approx(1)


@settings(deadline=None, max_examples=40)
@given(arrays(np.float64, (3, 6), elements=st.integers(0, 100).map(float)), st.permutations(range(6)))
def test_the_order_of_units_never_changes_weights(scores: np.ndarray, order: list[int]) -> None:
    for way in (entropy_weights, critic_weights, pca_weights):
        assert way(scores[:, order]) == pytest.approx(way(scores), abs=1e-6)
