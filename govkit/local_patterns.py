"""Local Moran's I of units (Anselin 1995), its chances by permutation, and rates of few people, steadied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from govkit.errors import ReportError

QUADRANTS = ("high_high", "low_low", "high_low", "low_high")  # own value, then the neighbours'
_PERMUTATIONS, _MOST_PERMUTATIONS = 999, 9_999
_TOUCHING = 1e-6  # degrees: a tenth of a metre, for borders drawn twice
_LEAST = 8


@dataclass(frozen=True, eq=False)
class LocalMoran:
    """``i`` (deviation times the neighbours' mean deviation over the variance with n − 1, as esda and GeoDa have it),
    ``p`` (two-sided) and ``quadrant`` (place in QUADRANTS) a unit, NaN where not judged; ``global_i`` of the judged."""

    i: np.ndarray
    p: np.ndarray
    quadrant: np.ndarray
    global_i: float


def neighbours(shapes: np.ndarray, *, there: np.ndarray) -> list[np.ndarray]:
    """Return for each polygon the positions of those that touch it, corners too; only those ``there`` count."""
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="dwithin", distance=_TOUCHING)
    kept = (one != other) & there[one] & there[other]
    one, other = one[kept], other[kept]
    return [np.sort(other[one == at]) for at in range(len(shapes))]


def local_moran(
    values: np.ndarray, near: list[np.ndarray], *, what: str = "", permutations: int = 0, seed: int = 12345
) -> LocalMoran:
    """Return local Moran's I of ``values`` (missing: NaN), neighbours of equal weight that add up to one.

    ``near``: positions of each unit's neighbours; a unit without any, or without value, is not judged.
    ``permutations``: 0 takes as many as the number of units asks for. Raises ReportError for fewer than 8 units to
    judge, or equal values: ``what`` names the measure.
    """
    judged = np.flatnonzero([len(one) > 0 for one in near])
    if len(judged) < _LEAST:
        raise ReportError(f"「{what}」只有 {len(judged)} 个单元有值且有邻居，看不出聚集。", allowed=f"至少 {_LEAST} 个")
    centred = np.full(len(values), np.nan)
    centred[judged] = values[judged] - values[judged].mean()
    spread = float(values[judged].var(ddof=1))
    if spread <= 1e-12 * max(1.0, float(np.abs(values[judged]).max()) ** 2):
        raise ReportError(f"「{what}」各单元的值全部相同，看不出聚集。")
    permutations = permutations or draws_for(len(judged))
    lag, p = np.full(len(values), np.nan), np.full(len(values), np.nan)
    lag[judged] = [centred[near[at]].mean() for at in judged]
    place = np.full(len(values), -1)
    place[judged] = range(len(judged))
    p[judged] = permutation_p(centred[judged], [place[near[at]] for at in judged], permutations, seed=seed)
    i = centred * lag / spread
    quadrant = np.where(centred > 0, np.where(lag > 0, 0, 2), np.where(lag > 0, 3, 1))
    return LocalMoran(i, p, quadrant, float(np.nansum(i)) / (len(judged) - 1))


def draws_for(places: int, *, rate: float = 0.05) -> int:
    """Return how many permutations it takes for one of so many places to pass alone, 2 / (draws + 1) ≤ rate / places,
    within what an answer may take.
    """
    return min(max(_PERMUTATIONS, int(np.ceil(2 * places / rate))), _MOST_PERMUTATIONS)


def permutation_p(values: np.ndarray, near: list[np.ndarray], draws: int, *, seed: int) -> np.ndarray:
    """Return for each place how often chance has the mean of its neighbours' values as far up or down: two-sided.

    ``near``: positions of each place's neighbours, one at least. The values of all other places are drawn anew
    (conditional permutation, Anselin 1995). Any statistic that rises or falls with the neighbours' mean has this p:
    Ii, its bivariate kind (``values`` of the second variable) and Gi*.
    """
    found = np.empty(len(values))
    shuffled = _shuffles(len(values) - 1, max(map(len, near)), draws, seed)
    nearly = 1e-9 * float(np.ptp(values))  # equal sums differ in their last digit
    for at, beside in enumerate(near):
        drawn = np.delete(values, at)[shuffled[:, : len(beside)]].mean(axis=1)
        over = drawn - values[beside].mean()
        as_far = min(int((over >= -nearly).sum()), int((over <= nearly).sum()))
        found[at] = min(2 * (as_far + 1) / (draws + 1), 1.0)
    return found


def discoveries(p: np.ndarray, *, rate: float = 0.05) -> np.ndarray:
    """Return which p values (missing: NaN) are discoveries of which at most ``rate`` are false, by Benjamini-Hochberg.

    Method: Benjamini and Hochberg (1995); for local statistics Caldas de Castro and Singer, Geographical Analysis 38
    (2006) 180-208. Where there is no pattern at all, at most that share of maps shows one.
    """
    known = np.sort(p[~np.isnan(p)])
    passed = np.flatnonzero(known <= rate * np.arange(1, len(known) + 1) / max(len(known), 1))
    return p <= (known[passed[-1]] if len(passed) else -1.0)


def smoothed_rates(events: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return rates drawn towards the rate of all the more, the fewer people stand behind them (empirical Bayes).

    Method: Marshall, Applied Statistics 40 (1991) 283-294. Missing where either is, or nobody is there.
    """
    there = ~np.isnan(events) & (people > 0)
    if not events[there].sum() > 0:
        return np.where(there, 0.0, np.nan)
    rate = np.divide(events, people, where=there, out=np.full(len(events), np.nan))
    whole = events[there].sum() / people[there].sum()
    spread = (people[there] * (rate[there] - whole) ** 2).sum() / people[there].sum()
    between = max(spread - whole / people[there].mean(), 0.0)
    weight = between / (between + np.divide(whole, people, where=there, out=np.ones(len(events))))
    return np.where(there, weight * rate + (1 - weight) * whole, np.nan)


def _shuffles(count: int, wanted: int, permutations: int, seed: int) -> np.ndarray:
    """Return ``permutations`` draws of ``wanted`` different positions out of ``count``, the same on every machine."""
    chance = np.random.default_rng(seed)
    parts = [min(500, permutations - done) for done in range(0, permutations, 500)]  # bounds memory
    return np.vstack([np.argsort(chance.random((rows, count)), axis=1)[:, :wanted] for rows in parts])
