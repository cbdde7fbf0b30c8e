"""From measured values to scores of 0–100; each way is a function of (values, base, goalposts), all by leaf.

``values`` are leaves × units, with any number of axes before; ``base`` are the values a way measures itself by (those
of the base period, so that scores of later periods compare), leaves × units too. Missing stays missing; a leaf that the
base cannot spread (all values equal) is missing where the way needs a spread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# A z-score's standard deviation is worth 10 points around 50 (McCall's T-score).
_Z_MIDDLE, _Z_POINTS = 50.0, 10.0


@dataclass(frozen=True)
class Goalposts:
    """What scores 0 and 100, and which way is better (1 or -1), by leaf; arrays leaves × 1."""

    worst: np.ndarray
    best: np.ndarray
    sign: np.ndarray


Normalisation = Callable[[np.ndarray, np.ndarray, Goalposts], np.ndarray]


def target_attainment(values: np.ndarray, _base: np.ndarray, goalposts: Goalposts) -> np.ndarray:
    """Return the way gone from ``worst`` (0) to ``best`` (100), held inside 0–100; the base plays no part.

    >>> posts = Goalposts(np.array([[0.6]]), np.array([[0.9]]), np.array([[1]]))
    >>> target_attainment(np.array([[0.6, 0.75, 0.95]]), np.empty((1, 0)), posts).round(6).tolist()
    [[0.0, 50.0, 100.0]]
    """
    return _way_gone(values, goalposts.worst, goalposts.best)


def min_max(values: np.ndarray, base: np.ndarray, goalposts: Goalposts) -> np.ndarray:
    """Return the way gone from the base's worst value to its best, held inside 0–100."""
    least, most = _extremes(base)
    up = goalposts.sign > 0
    return _way_gone(values, np.where(up, least, most), np.where(up, most, least))


def z_score(values: np.ndarray, base: np.ndarray, goalposts: Goalposts) -> np.ndarray:
    """Return 50 plus 10 points a standard deviation (of the population) above the base's mean, held inside 0–100."""
    mean, deviation = _moments(base)
    z = (values - mean) / np.where(deviation > 0, deviation, np.nan)
    return np.clip(_Z_MIDDLE + _Z_POINTS * goalposts.sign * z, 0.0, 100.0)


def rank_score(values: np.ndarray, base: np.ndarray, goalposts: Goalposts) -> np.ndarray:
    """Return 100 for the first of the base, 0 for the last, in equal steps; ties share their mean place."""
    count = _counted(base)
    steps = np.where(count > 1, count - 1.0, np.nan)
    return np.clip((_standing(values, base, goalposts) - 0.5) / steps, 0.0, 1.0) * 100


def percentile(values: np.ndarray, base: np.ndarray, goalposts: Goalposts) -> np.ndarray:
    """Return the share of the base that is worse, ties counted half, in percent."""
    count = _counted(base)
    return _standing(values, base, goalposts) / np.where(count > 0, count, np.nan) * 100


def distance_to_best(values: np.ndarray, base: np.ndarray, goalposts: Goalposts) -> np.ndarray:
    """Return the value in percent of the base's best (the best in percent of the value where less is better).

    For values of 0 or more. Method: distance to a reference, OECD/JRC, Handbook on Constructing Composite Indicators
    (2008), 5.5.
    """
    least, most = _extremes(base)
    up = goalposts.sign > 0
    top, bottom = np.where(up, values, least), np.where(up, most, values)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where((top == 0) & (bottom == 0), 1.0, top / bottom)
    return np.clip(np.where(np.isnan(values), np.nan, share), 0.0, 1.0) * 100


NORMALISATIONS: dict[str, Normalisation] = {
    "target": target_attainment,
    "min_max": min_max,
    "z": z_score,
    "rank": rank_score,
    "percentile": percentile,
    "distance_to_best": distance_to_best,
}


def mean_ranks(values: np.ndarray, *, ties: str = "mean") -> np.ndarray:
    """Return ranks along the last axis, 1 for the smallest; missing values rank last.

    Ties share their ``mean`` or their ``best`` rank.

    >>> mean_ranks(np.array([3.0, 1.0, 3.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    filled = np.where(np.isnan(values), np.inf, values)
    order = np.argsort(filled, axis=-1, kind="stable")
    ordered = np.take_along_axis(filled, order, axis=-1)
    places = np.broadcast_to(np.arange(ordered.shape[-1]), ordered.shape)
    new = np.ones(ordered.shape, dtype=bool)
    new[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    first = np.maximum.accumulate(np.where(new, places, 0), axis=-1)
    ranks = np.empty(ordered.shape)
    if ties == "best":
        np.put_along_axis(ranks, order, first + 1.0, axis=-1)
        return ranks
    ends = np.ones(ordered.shape, dtype=bool)
    ends[..., :-1] = new[..., 1:]
    back = np.where(ends, places, places.shape[-1])[..., ::-1]
    last = np.minimum.accumulate(back, axis=-1)[..., ::-1]
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=-1)
    return ranks


def _standing(values: np.ndarray, base: np.ndarray, goalposts: Goalposts) -> np.ndarray:
    """Return how many of the base are worse than each value, equals counted half."""
    if base is values:
        counts = mean_ranks(values * goalposts.sign) - 0.5
    else:
        signed, against = values * goalposts.sign, base * goalposts.sign
        rows = [np.sort(row[~np.isnan(row)]) for row in against]
        counts = np.stack([_mid_count(signed[..., place, :], row) for place, row in enumerate(rows)], axis=-2)
    return np.where(np.isnan(values), np.nan, counts)


def _mid_count(values: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2


def _way_gone(values: np.ndarray, worst: np.ndarray, best: np.ndarray) -> np.ndarray:
    way = np.where(best == worst, np.nan, best - worst)
    return np.clip((values - worst) / way, 0.0, 1.0) * 100


def _extremes(base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.fmin.reduce(base, axis=-1, keepdims=True), np.fmax.reduce(base, axis=-1, keepdims=True)


def _counted(base: np.ndarray) -> np.ndarray:
    return (~np.isnan(base)).sum(axis=-1, keepdims=True).astype("float64")


def _moments(base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and population standard deviation; a spread that is only rounding is none."""
    count = np.maximum(_counted(base), 1.0)
    mean = np.nansum(base, axis=-1, keepdims=True) / count
    deviation = np.sqrt(np.nansum((base - mean) ** 2, axis=-1, keepdims=True) / count)
    return mean, np.where(deviation > 1e-12 * np.maximum(np.abs(mean), 1e-300), deviation, 0.0)
