"""What if it had been weighed otherwise: how far ranks hold when the choices behind a score are drawn again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.normalisation import mean_ranks
from govkit.analysis.score.scheme import Scheme
from govkit.analysis.score.simulation import FACTORS, Simulation, Uncertainty, usual_uncertainty
from govkit.digests import digest

_SAME_SCORE_DIGITS = 9
# Fewer units have neither quarters nor thirds.
LEAST_FOR_QUARTERS = 5
# A move of rank is told where so many of the paired draws make it too.
_SURE = 0.95
_RESAMPLES = 200


@dataclass(frozen=True)
class Robustness:
    """The outcome of drawing a score again.

    ``ranks``: units × ``rank`` (as assessed); by the recipe as stated, had the data erred otherwise: ``low`` and
    ``high`` (the interval of ``confidence``: 误差区间), ``median``, ``first``, ``top_quarter`` (missing for fewer than
    five units) and ``passed`` (probabilities 0–1), ``score_low`` and ``score_high``; from the data as they are, had the
    recipe been another: ``method_low`` and ``method_high`` (方法区间). Units without a score are missing. ``drawn``:
    draws × units, the ranks under both, for ``rank_moves``.
    """

    ranks: pd.DataFrame
    drawn: pd.DataFrame
    draws: int
    confidence: float
    pass_mark: float
    seed: int


def robustness(
    assessment: Assessment,
    *,
    uncertainty: Uncertainty | None = None,
    draws: int | None = None,
    confidence: float | None = None,
    seed: int | None = None,
) -> Robustness:
    """Draw an assessment's scores again and again, and tell where every unit's rank falls.

    Choices and numbers not given stand in catalogue/analysis.toml. The same seed gives the same answer.
    """
    stated = catalogue.load("analysis")["robustness"]
    draws = draws or int(stated["draws"])
    confidence = confidence or float(stated["confidence"])
    seed = int(stated["seed"]) if seed is None else seed
    uncertainty = uncertainty or usual_uncertainty()
    method, data, both = (
        _scores(assessment, one, draws, seed) for one in (uncertainty.of_method, uncertainty.of_data, uncertainty)
    )
    mark = pass_mark(assessment.scheme)
    index = assessment.scores.index
    low, _, high = _quantiles(ranks_of(method), confidence)
    frame = _rank_frame(assessment, ranks_of(data), confidence).join(_score_frame(data, index, confidence, mark))
    frame = frame.assign(method_low=low, method_high=high)
    return Robustness(frame, pd.DataFrame(ranks_of(both), columns=index), draws, confidence, mark, seed)


def _scores(assessment: Assessment, uncertainty: Uncertainty, draws: int, seed: int) -> np.ndarray:
    """Return scores drawn again; the same seed draws the same recipes for every period, and errors of its own."""
    own = int(digest(assessment.base)[:8], 16)
    simulation = Simulation(assessment, uncertainty)
    recipes, errors = np.random.default_rng(seed), np.random.default_rng([seed, own])
    return simulation.scores(simulation.choices(draws, recipes, errors_by=errors))


def rank_moves(now: Robustness, before: Robustness) -> pd.DataFrame:
    """Return how ranks moved between two periods, indexed by unit of ``now``.

    Columns: ``rank``, ``previous``, ``move`` (places gained), ``chance`` (share of the paired draws that move the same
    way: one recipe for both periods, errors of its own for each), ``clear`` (boolean: that is at least 0.95, so the
    move is more than a matter of choices and chance; missing without both). Both are drawn by the same seed.
    """
    earlier = before.ranks.reindex(now.ranks.index)
    unknown = now.ranks["low"].isna() | earlier["low"].isna()
    previous = earlier["rank"]
    move = previous - now.ranks["rank"]
    moved = before.drawn.reindex(columns=now.drawn.columns) - now.drawn
    chance = (np.sign(moved) == np.sign(move.reindex(moved.columns).astype("float64"))).mean()
    chance = chance.reindex(now.ranks.index).where(~unknown)
    clear = (chance >= _SURE) & move.ne(0)
    return pd.DataFrame(
        {
            "rank": now.ranks["rank"],
            "previous": previous,
            "move": move,
            "chance": chance,
            "clear": clear.astype("boolean").mask(unknown),
        }
    )


def ranks_of(scores: np.ndarray) -> np.ndarray:
    """Return ranks along the last axis, 1 for the highest score, ties sharing the better one."""
    return np.where(np.isnan(scores), np.nan, mean_ranks(-scores.round(_SAME_SCORE_DIGITS), ties="best"))


def pass_mark(scheme: Scheme) -> float:
    """Return the lowest score that is not in the last grade."""
    return min((lowest for _, lowest in scheme.grades if lowest > 0), default=0.0)


def _rank_frame(assessment: Assessment, ranks: np.ndarray, confidence: float) -> pd.DataFrame:
    units = int(assessment.scores["score"].notna().sum())
    known = ~np.isnan(ranks).all(axis=0)
    low, median, high = _quantiles(ranks, confidence)
    quarter = (ranks <= np.ceil(units / 4)).mean(axis=0) if units >= LEAST_FOR_QUARTERS else np.nan
    shares = {"first": (ranks == 1).mean(axis=0), "top_quarter": quarter}
    found = pd.DataFrame(
        {"rank": assessment.scores["rank"], "median": median, "low": low, "high": high, **shares},
        index=assessment.scores.index,
    )
    return found.where(pd.Series(known, index=found.index), axis="index")


def _score_frame(scores: np.ndarray, index: pd.Index, confidence: float, mark: float) -> pd.DataFrame:
    if not len(scores):
        return pd.DataFrame(np.nan, index=index, columns=["passed", "score_low", "score_high"])
    low, _, high = _quantiles(scores, confidence)
    passed = np.where(np.isnan(scores).all(axis=0), np.nan, (scores >= mark - 1e-9).mean(axis=0))
    return pd.DataFrame({"passed": passed, "score_low": low, "score_high": high}, index=index)


def _quantiles(values: np.ndarray, confidence: float) -> np.ndarray:
    """Return the ends of the middle ``confidence`` and the median, of values that occurred."""
    tail = (1 - confidence) / 2
    return np.quantile(values, [tail, 0.5, 1 - tail], axis=0, method="inverted_cdf")


@dataclass(frozen=True)
class RankShares:
    """What moves ranks: shares of their variance by factor (see ``simulation.FACTORS``).

    ``overall``: factors × ``first`` (by itself), ``total`` (with all it does together with others), each with the ends
    of its 95 % interval (``first_low`` …, by resampling the samples); ``units``: units ×
    factors, the total shares of each unit's own rank, missing where it never moves.
    """

    overall: pd.DataFrame
    units: pd.DataFrame

    @property
    def enough(self) -> bool:
        """Whether the samples tell the shares apart: no interval is wider than ``sobol_width`` in analysis.toml."""
        width = self.overall["total_high"] - self.overall["total_low"]
        return bool(width.notna().all() and width.max() <= catalogue.load("analysis")["robustness"]["sobol_width"])


def rank_shares(
    assessment: Assessment,
    *,
    uncertainty: Uncertainty | None = None,
    samples: int | None = None,
    seed: int | None = None,
) -> RankShares:
    """Share out the variance of the ranks over what was drawn.

    The whole field is taken at once: variances are summed over the units (Lamboni, Monod and Makowski, Reliability
    Engineering & System Safety 96 (2011) 450-459). The same seed gives the same answer.
    """
    stated = catalogue.load("analysis")["robustness"]
    random = np.random.default_rng(int(stated["seed"]) if seed is None else seed)
    samples = samples or int(stated["sobol_samples"])
    simulation = Simulation(assessment, uncertainty or usual_uncertainty())
    one, other = simulation.choices(samples, random), simulation.choices(samples, random)
    answers = [ranks_of(simulation.scores(choice)) for choice in (one, other)]
    mixed = np.stack([ranks_of(simulation.scores(one.replaced(factor, other))) for factor in FACTORS])
    first, total, variance = sobol_variances(answers[0], answers[1], mixed)
    index = assessment.scores.index
    shares = _overall(first, total, variance)
    picks = random.integers(samples, size=(_RESAMPLES, samples))
    again = [_overall(*sobol_variances(answers[0][at], answers[1][at], mixed[:, at])) for at in picks]
    low, high = np.quantile(np.stack(again), [0.025, 0.975], axis=0)
    ends = {"first_low": low[:, 0], "first_high": high[:, 0], "total_low": low[:, 1], "total_high": high[:, 1]}
    units = (total / np.where(variance > 0, variance, np.nan)).T
    return RankShares(
        overall=pd.DataFrame(shares, index=list(FACTORS), columns=["first", "total"]).assign(**ends),
        units=pd.DataFrame(units.clip(0, 1), index=index, columns=list(FACTORS)),
    )


def _overall(first: np.ndarray, total: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return the shares of the whole field's variance, factors × (first, total)."""
    whole = np.nansum(variance)
    sums = np.stack([np.nansum(first, axis=1), np.nansum(total, axis=1)], axis=1)
    return (sums / (whole if whole > 0 else np.nan)).clip(0, 1)


def sobol_variances(one: np.ndarray, other: np.ndarray, mixed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each factor's first-order and total variance (factors × …) and the whole variance (…).

    ``one`` and ``other`` are answers (samples × …) to two independent samples, ``mixed`` (factors × samples × …) those
    to the first with one factor taken from the second. Method: Saltelli et al., Computer Physics Communications 181
    (2010) 259-270, table 2, rows (b) and (f).
    """
    variance = np.concatenate([one, other]).var(axis=0)
    middle = (one.mean(axis=0) + other.mean(axis=0)) / 2
    first = ((other - middle) * (mixed - one)).mean(axis=1)
    total = ((one - mixed) ** 2).mean(axis=1) / 2
    return first, total, variance
