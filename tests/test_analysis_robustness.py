"""The defence of a score: ranks when choices are drawn again, leaves together, the score without one of them."""

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from test_analysis_scheme_methods import CELLS, PENALTY, VETO, scheme, scored, values

import govkit
from govkit.analysis.score.assess import Assessment, assess, assess_tables
from govkit.analysis.score.attribution import leave_out
from govkit.analysis.score.coherence import alpha_of_variances, coherence, cronbach_alpha
from govkit.analysis.score.robustness import pass_mark, rank_shares, ranks_of, robustness, sobol_variances
from govkit.analysis.score.scheme import load_scheme
from govkit.analysis.score.simulation import Simulation, Uncertainty, usual_uncertainty

NOTHING = Uncertainty(normalisations=("stated",), aggregations=("stated",), weight_spread=0.0, sampling=False)
NAN = float("nan")


def with_counts(n: int, **cells: dict[str, float]) -> Assessment:
    """Score units whose rates come from ``n`` answers each."""
    measured = values(**CELLS | cells)
    for frame in measured.values():
        frame["numerator"], frame["denominator"] = frame["value"] * n, float(n)
    return assess(scheme(), measured)


# -- drawing again


def test_where_nothing_is_uncertain_ranks_stay_and_probabilities_are_0_or_1() -> None:
    found = robustness(scored(), uncertainty=NOTHING, draws=20).ranks
    assert found["low"].tolist() == found["high"].tolist() == found["rank"].tolist()
    assert set(found["first"]) == {0.0, 1.0}
    assert found["passed"].tolist() == (scored().scores["score"] >= 60).astype(float).tolist()


@pytest.mark.parametrize("way", ["min_max", "rank", "percentile", "z"])
def test_drawing_without_uncertainty_gives_the_score_itself_for_every_way(way: str) -> None:
    found = scored(normalisation=way, aggregation="topsis", weighting="critic")
    simulation = Simulation(found, NOTHING)
    drawn = simulation.scores(simulation.choices(2, np.random.default_rng(1)))
    assert drawn[0] == pytest.approx(found.scores["score"].to_numpy())


def test_items_beside_the_tree_count_in_every_draw() -> None:
    tree = scheme(vetoes=[VETO], adjustments=[PENALTY])
    extra = {"red": dict.fromkeys("abcd", 1.0), "fine": dict.fromkeys("abcd", 0.5)}
    found = assess(tree, values(**CELLS, **extra))
    assert robustness(found, uncertainty=NOTHING, draws=3).ranks["score_high"].max() <= 59


def test_the_same_seed_gives_the_same_answer_and_another_another() -> None:
    one, same, other = (robustness(with_counts(30), draws=100, seed=seed).drawn for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)


def test_few_answers_leave_a_rank_less_certain_than_many() -> None:
    sampling = Uncertainty(("stated",), ("stated",), weight_spread=0.0)

    def width(n: int) -> float:
        found = robustness(with_counts(n), uncertainty=sampling, draws=400).ranks
        return float((found["score_high"] - found["score_low"]).mean())

    assert width(10) > 2 * width(1000)


def test_a_rate_is_drawn_around_itself_with_its_own_error() -> None:
    simulation = Simulation(with_counts(400), Uncertainty(("stated",), ("stated",), weight_spread=0.0))
    choices = simulation.choices(4000, np.random.default_rng(3))
    leaf = simulation.sampled[0]
    drawn, value = simulation._with_errors(choices.errors)[:, leaf, 0], simulation.values[leaf, 0]
    assert drawn.mean() == pytest.approx(value, abs=0.002)
    assert drawn.std() == pytest.approx((value * (1 - value) / 400) ** 0.5, rel=0.05)


def test_a_unit_far_ahead_of_all_is_first_in_every_draw() -> None:
    best = {"rate": {"a": 1.0}, "hours": {"a": 0.0}, "happy": {"a": 1.0}}
    cells = {leaf: CELLS[leaf] | best[leaf] for leaf in CELLS}
    found = robustness(with_counts(100_000, **cells), draws=200).ranks
    assert found.at["a", "first"] == 1
    assert found.loc["a", ["low", "high"]].tolist() == [1, 1]


def test_a_unit_without_a_score_has_no_interval() -> None:
    cells = {leaf: {**CELLS[leaf], "e": NAN} for leaf in CELLS}
    found = robustness(assess(scheme(), values(**cells)), draws=20).ranks
    assert found.loc["e"].isna().all()
    assert found.loc["a"].drop("top_quarter").notna().all()


def test_fewer_than_five_units_have_no_quarters() -> None:
    assert robustness(scored(), draws=10).ranks["top_quarter"].isna().all()


def test_chances_are_those_of_the_recipe_as_stated() -> None:
    # Counted in full, far above the mark and clearly apart: another recipe may turn the ranks, no error of the data.
    found = robustness(scored(), uncertainty=Uncertainty(("rank", "z"), ("geometric",), 0.9, sampling=False), draws=99)
    passes = scored().scores["score"] >= found.pass_mark
    assert found.ranks["passed"].tolist() == passes.astype(float).tolist()
    assert (found.ranks["low"] == found.ranks["rank"]).all()
    assert (found.ranks["method_high"] > found.ranks["method_low"]).any()


def test_missing_values_filled_another_way_are_part_of_the_method() -> None:
    cells = {**CELLS, "rate": {**CELLS["rate"], "b": NAN}}
    ways = Uncertainty(("stated",), ("stated",), 0.0, sampling=False, missing=("reweight", "worst"))
    found = robustness(assess(scheme(), values(**cells)), uncertainty=ways, draws=50).ranks
    assert (found["low"] == found["high"]).all()
    assert found.at["b", "method_low"] < found.at["b", "method_high"]
    full = robustness(scored(), uncertainty=ways, draws=50).ranks
    assert (full["method_low"] == full["method_high"]).all()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.floats(0.5, 0.99))
def test_probabilities_add_up_and_intervals_hold_the_median(seed: int, confidence: float) -> None:
    found = robustness(with_counts(20), draws=50, seed=seed, confidence=confidence).ranks
    assert found["first"].sum() >= 1 - 1e-9  # ties share the first place
    assert ((found["low"] <= found["median"]) & (found["median"] <= found["high"])).all()


@pytest.mark.parametrize(
    ("scores", "ranks"),
    [([3.0, 9.0, 9.0, NAN], [3, 1, 1, NAN]), ([1.0, 1.0 + 1e-12], [1, 1])],
    ids=["ties", "rounding"],
)
def test_ranks_share_the_better_place(scores: list[float], ranks: list[float]) -> None:
    assert ranks_of(np.array(scores)).tolist() == pytest.approx(ranks, nan_ok=True)


def test_the_pass_mark_is_where_the_last_grade_ends() -> None:
    assert pass_mark(load_scheme("daoli_333")) == 60


# -- what moves ranks


def test_shares_of_variance_are_those_of_the_ishigami_function() -> None:
    # Ishigami and Homma (1990), a = 7, b = 0.1: analytic indices as in Saltelli et al., Global Sensitivity Analysis
    # (2008).
    def ishigami(x: np.ndarray) -> np.ndarray:
        return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    random = np.random.default_rng(5)
    one, other = (random.uniform(-np.pi, np.pi, (60_000, 3)) for _ in range(2))
    mixed = np.stack([ishigami(np.where(np.arange(3) == factor, other, one)) for factor in range(3)])
    first, total, variance = sobol_variances(ishigami(one), ishigami(other), mixed)
    assert (first / variance).tolist() == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert (total / variance).tolist() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)


def test_what_is_not_drawn_moves_nothing() -> None:
    only_weights = Uncertainty(("stated",), ("stated",), weight_spread=0.8, sampling=False)
    found = rank_shares(scored(), uncertainty=only_weights, samples=128).overall
    assert found.loc["weights", ["first", "total"]].tolist() == pytest.approx([1, 1], abs=0.1)
    assert found.at["weights", "total_low"] <= 1 <= found.at["weights", "total_high"] + 1e-9
    assert (found.drop("weights") == 0).all(axis=None)


def test_shares_from_few_samples_are_not_enough_to_print() -> None:
    assert not rank_shares(with_counts(20), samples=8, seed=1).enough
    assert rank_shares(with_counts(20), seed=1).enough


def test_ranks_that_never_move_have_no_shares() -> None:
    found = rank_shares(scored(), uncertainty=NOTHING, samples=8)
    assert found.overall.isna().all(axis=None)
    assert found.units.isna().all(axis=None)


def test_first_shares_never_exceed_total_ones_by_more_than_chance() -> None:
    found = rank_shares(with_counts(20), uncertainty=usual_uncertainty(), samples=512, seed=1).overall
    assert (found["first"] <= found["total"] + 0.1).all()
    assert found["first"].sum() <= 1.1


# -- one leaf less


def test_without_a_leaf_its_siblings_take_its_weight() -> None:
    # a: rate 80, hours 60, happy 50; without the rate, hours weigh 0.6.
    found = leave_out(scored())
    assert found.scores.loc["a"].tolist() == pytest.approx([0.6 * 60 + 20, 0.6 * 80 + 20, 70])


def test_the_leaves_that_change_the_order_are_counted() -> None:
    found = leave_out(scored())
    before = scored().scores["rank"]
    after = found.scores["happy"].rank(ascending=False, method="min")
    assert found.rank_moves["happy"].tolist() == (before - after).tolist()
    assert found.leaves.at["happy", "moved"] == (before != after).sum()


def test_agreement_is_spearmans_correlation() -> None:
    found = leave_out(scored())
    expected = scored().scores["score"].rank().corr(found.scores["happy"].rank())
    assert found.leaves.at["happy", "agreement"] == pytest.approx(expected)


# -- coherence


def test_alpha_is_the_one_bland_and_altman_published() -> None:
    # BMJ 314 (1997) 572: ten items of the mini-HAQ; their variances sum to 11.16, that of the total is 77.44.
    assert alpha_of_variances(np.full(10, 1.116), 77.44) == pytest.approx(0.951, abs=0.0005)


def test_items_that_say_the_same_have_alpha_one_and_strangers_none() -> None:
    same = np.array([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])
    assert cronbach_alpha(same) == pytest.approx(1)
    strangers = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert cronbach_alpha(strangers) == pytest.approx(0)


@pytest.mark.parametrize(
    "items",
    [[[1.0], [2.0], [3.0]], [[1.0, 2.0], [2.0, 1.0]], [[1.0, 1.0]] * 3],
    ids=["one item", "two units", "no spread"],
)
def test_alpha_is_missing_where_it_says_nothing(items: list[list[float]]) -> None:
    assert np.isnan(cronbach_alpha(np.array(items)))


def many(units: int) -> Assessment:
    """Score units whose hours follow from their rates."""
    rates = {f"u{n}": 0.5 + 0.05 * n for n in range(units)}
    hours = {unit: 100 - 100 * value for unit, value in rates.items()}
    happy = {unit: 0.8 + 0.02 * (n * 7 % 5) for n, unit in enumerate(rates)}
    return assess(scheme(), values(rate=rates, hours=hours, happy=happy))


def test_leaves_that_repeat_each_other_are_named_and_belong_together() -> None:
    found = coherence(many(9))
    assert found.redundant[["one", "other", "units"]].to_numpy().tolist() == [["rate", "hours", 9]]
    assert found.groups.at["speed", "alpha"] > 0.7
    assert found.groups.at["speed", "enough"]


def test_a_few_units_prove_no_repetition() -> None:
    assert coherence(many(5)).redundant.empty


def test_a_leaf_that_never_varies_is_silent() -> None:
    found = coherence(assess(scheme(), values(**CELLS | {"happy": dict.fromkeys("abcd", 0.9)})))
    assert found.leaves.at["happy", "verdict"] == "silent"


@pytest.mark.parametrize(("units", "verdict"), [(9, "against"), (5, "")], ids=["many units", "few prove nothing"])
def test_a_leaf_that_runs_against_the_score_is_named(units: int, verdict: str) -> None:
    cells = {
        "rate": {f"u{n}": 0.5 + 0.05 * n for n in range(units)},
        "hours": {f"u{n}": 90.0 - 10 * n for n in range(units)},
        "happy": {f"u{n}": 0.9 - 0.01 * n for n in range(units)},
    }
    assert coherence(assess(scheme(), values(**cells))).leaves.at["happy", "verdict"] == verdict


# -- the demo zone


@pytest.fixture(scope="module")
def daoli() -> Assessment:
    zone = govkit.open_zone(Path(__file__).parents[1] / "data" / "daoli")
    return assess_tables(load_scheme("daoli_333"), zone.tables, zone.period("2018H2"), crs=zone.metric_crs)


def test_every_district_of_daoli_has_a_rank_interval_that_is_no_certainty(daoli: Assessment) -> None:
    found = robustness(daoli, draws=300).ranks
    assert found.notna().all(axis=None)
    assert (found["high"] - found["low"]).median() >= 1
    assert found["first"].sum() == pytest.approx(1, abs=0.05)


def test_everything_of_the_defence_is_found_for_daoli(daoli: Assessment) -> None:
    shares: Any = rank_shares(daoli, samples=64).overall
    assert shares["total"].between(0, 1).all()
    assert len(leave_out(daoli).leaves) == len(daoli.scheme.leaves)
    assert coherence(daoli).groups.loc["", "leaves"] == len(daoli.scheme.leaves)
