"""What if it had been weighed otherwise: how far ranks hold when the choices behind a score are drawn again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.normalisation import mean_ranks
from govkit.analysis.score.scheme import Scheme
from govkit.analysis.score.simulation import FACTORS, STATED, Simulation, Uncertainty, usual_uncertainty

_SAME_SCORE_DIGITS = 9


@dataclass(frozen=True)
class Robustness:
    """The outcome of drawing a score again.

    ``ranks``: units × ``rank`` (as assessed), ``median``, ``low`` and ``high`` (the interval of ``confidence``),
    ``first``, ``top_quarter`` and ``passed`` (probabilities 0–1; ``passed`` among the draws that keep the stated
    normalisation, the only ones on the scale of the pass mark), ``score_low`` and ``score_high`` (of the same draws).
    Units without a score are missing. ``drawn``: draws × units, the ranks themselves.
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
    simulation = Simulation(assessment, uncertainty)
    choices = simulation.choices(draws, np.random.default_rng(seed))
    scores = simulation.scores(choices)
    ranks = ranks_of(scores)
    kept = np.isin(
        choices.normalisation, [place for place, one in enumerate(uncertainty.normalisations) if one == STATED]
    )
    mark = pass_mark(assessment.scheme)
    index = assessment.scores.index
    frame = _rank_frame(assessment, ranks, confidence).join(_score_frame(scores[kept], index, confidence, mark))
    return Robustness(frame, pd.DataFrame(ranks, columns=index), draws, confidence, mark, seed)


def rank_moves(now: Robustness, before: Robustness) -> pd.DataFrame:
    """Return how ranks moved between two periods, indexed by unit of ``now``.

    Columns: ``rank``, ``previous``, ``move`` (places gained), ``clear`` (boolean: the two rank intervals do not meet,
    so the move is more than a matter of choices and chance; missing without both).
    """
    earlier = before.ranks.reindex(now.ranks.index)
    apart = (now.ranks["low"] > earlier["high"]) | (now.ranks["high"] < earlier["low"])
    unknown = now.ranks["low"].isna() | earlier["low"].isna()
    previous = earlier["rank"]
    return pd.DataFrame(
        {
            "rank": now.ranks["rank"],
            "previous": previous,
            "move": previous - now.ranks["rank"],
            "clear": apart.astype("boolean").mask(unknown),
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
    shares = {"first": (ranks == 1).mean(axis=0), "top_quarter": (ranks <= np.ceil(units / 4)).mean(axis=0)}
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

    ``overall``: factors × ``first`` (by itself), ``total`` (with all it does together with others); ``units``: units ×
    factors, the total shares of each unit's own rank, missing where it never moves.
    """

    overall: pd.DataFrame
    units: pd.DataFrame


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
    mixed = [ranks_of(simulation.scores(one.replaced(factor, other))) for factor in FACTORS]
    first, total, variance = sobol_variances(answers[0], answers[1], np.stack(mixed))
    index = assessment.scores.index
    whole = np.nansum(variance)
    shares = np.stack([np.nansum(first, axis=1), np.nansum(total, axis=1)], axis=1) / (whole if whole > 0 else np.nan)
    units = (total / np.where(variance > 0, variance, np.nan)).T
    return RankShares(
        overall=pd.DataFrame(shares.clip(0, 1), index=list(FACTORS), columns=["first", "total"]),
        units=pd.DataFrame(units.clip(0, 1), index=index, columns=list(FACTORS)),
    )


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
