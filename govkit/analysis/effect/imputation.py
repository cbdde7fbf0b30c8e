"""The effect on the treated: what happened less what would have, from unit and period effects of untreated times.

Method: imputation (Borusyak, Jaravel and Spiess, Review of Economic Studies 91 (2024) 3253-3285). With one start and a
full panel it is the difference in differences of means; with staggered starts it never compares with units already
treated, as two-way fixed effects do.
"""

from __future__ import annotations

from itertools import product

import numpy as np

# Units are taken in groups where there are no more kinds than this; so many of ways × units at a time.
_MOST_GROUPS, _MOST_CELLS = 64, 4_000_000


def period_and_unit(
    values: np.ndarray, untreated: np.ndarray, many: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the period and unit effects that fit the untreated values best; missing for a unit without any.

    ``many``: how many units each row stands for, one if not given (as in all of this module).
    """
    weights = (untreated & ~np.isnan(values)) * (1.0 if many is None else many[:, None])
    known = np.where(np.isnan(values), 0.0, values)
    own, shared = weights.sum(axis=1), weights.sum(axis=0)
    share = weights / np.where(own > 0, own, 1.0)[:, None]
    left = np.diag(shared) - weights.T @ share
    right = (weights * known).sum(axis=0) - share.T @ (weights * known).sum(axis=1)
    period = np.linalg.lstsq(left, right, rcond=None)[0]
    unit = (weights * (known - period)).sum(axis=1) / np.where(own > 0, own, np.nan)
    return np.where(shared > 0, period, np.nan), unit


def together(values: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return units that begin together and are seen at the same times as one row: means of values, start, how many.

    Effects are sums over units, so that they need not be told apart.
    """
    seen = np.packbits(~np.isnan(values), axis=1)
    alike = np.unique(seen, axis=0, return_inverse=True)[1].ravel() if (seen != seen[:1]).any() else 0
    _, first, row, many = np.unique(
        start * (len(start) + 1) + alike, return_index=True, return_inverse=True, return_counts=True
    )
    sums = (row.ravel() == np.arange(len(first))[:, None]) @ np.nan_to_num(values)
    return np.where(np.isnan(values[first]), np.nan, sums / many[:, None]), start[first], many


def gaps(values: np.ndarray, start: np.ndarray, many: np.ndarray | None = None) -> np.ndarray:
    """Return units × times: value less what unit and period effects of untreated times give; missing if unknown.

    ``start``: the place of each unit's first treated time. Units without an untreated value, and times at which nobody
    untreated was seen, have no counterfactual.
    """
    period, unit = period_and_unit(values, np.arange(values.shape[1]) < start[:, None], many)
    return values - unit[:, None] - period


def effect_of(values: np.ndarray, start: np.ndarray) -> float:
    """Return the mean gap of treated units at treated times."""
    treated = np.arange(values.shape[1]) >= start[:, None]
    found = gaps(values, start)[treated]
    return float(np.nanmean(found)) if (~np.isnan(found)).any() else float("nan")


def effects_of(starts: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return ``effect_of`` for each of many ways to give the pilot out (ways × units; below 0: a unit is left out)."""
    seen, alike = np.unique(~np.isnan(values), axis=0, return_inverse=True)
    begun = np.unique(starts[starts >= 0])
    if len(seen) * len(begun) > _MOST_GROUPS:
        return np.array([effect_of(values[start >= 0], start[start >= 0]) for start in starts])
    step = max(1, _MOST_CELLS // len(values))
    parts = [starts[first : first + step] for first in range(0, max(1, len(starts)), step)]
    return np.concatenate([_by_groups(part, values, seen, alike.ravel(), begun) for part in parts])


def _by_groups(
    starts: np.ndarray, values: np.ndarray, seen: np.ndarray, alike: np.ndarray, begun: np.ndarray
) -> np.ndarray:
    """Return ``effect_of`` for each way from sums over units that begin together (``begun``) and are seen at the same
    times (``seen[alike]``), and over times at which the same groups are untreated: these need not be told apart.
    """
    untreated = np.arange(values.shape[1]) < begun[:, None]
    times, stretch, length = np.unique(np.vstack([seen, untreated]), axis=1, return_inverse=True, return_counts=True)
    known = np.where(np.isnan(values), 0.0, values) @ (stretch.ravel()[:, None] == np.arange(len(length)))
    groups = []
    for pattern, start in product(range(len(seen)), range(len(begun))):
        inside = ((starts == begun[start]) & (alike == pattern)).astype(float)
        at = times[pattern] * length
        groups.append((at, at * times[len(seen) + start], inside.sum(axis=1), inside @ known))
    left = np.zeros((len(starts), len(length), len(length)))
    right, shared = (np.zeros((len(starts), len(length))) for _ in range(2))
    for _, before, units, sums in groups:
        share = before / max(before.sum(), 1)
        left += units[:, None, None] * (np.diag(before) - np.outer(before, share))
        right += (before > 0) * sums - np.outer(sums @ (before > 0), share)
        shared += units[:, None] * before
    inverse = np.linalg.pinv(left, rcond=len(length) * np.finfo(float).eps, hermitian=True)
    period = (inverse @ np.expand_dims(right, -1))[..., 0]
    total, cells = np.zeros(len(starts)), np.zeros(len(starts))
    for at, before, units, sums in groups:
        if before.any():
            after = (at - before) * (shared > 0)
            own = (sums @ (before > 0) - units * (period @ before)) / before.sum()
            total += ((after > 0) * sums - after * (own[:, None] + units[:, None] * period)).sum(axis=1)
            cells += units * after.sum(axis=1)
    return total / np.where(cells > 0, cells, np.nan)


def by_event_time(values: np.ndarray, start: np.ndarray) -> dict[int, tuple[float, int]]:
    """Return the mean gap of treated units at each time since their start, with how many units it rests on.

    Times before the start are told against the units' mean before it, with period effects of units that began at
    another time or never: their own would take part of the gap away.
    """
    values, start, many = together(values, start)
    treated = start < values.shape[1]
    every = gaps(values, start, many)
    untreated = np.arange(values.shape[1]) < start[:, None]
    for begun in np.unique(start[treated]):
        mine = start == begun
        period, _ = period_and_unit(values[~mine], untreated[~mine], many[~mine])
        apart = values[mine][:, :begun] - period[:begun]
        known = ~np.isnan(apart)
        mean = np.where(known, apart, 0.0).sum(axis=1) / np.where(known.any(axis=1), known.sum(axis=1), np.nan)
        every[mine, :begun] = apart - mean[:, None]
    found = every[treated]
    seen = ~np.isnan(found)
    since = (np.arange(values.shape[1]) - start[treated][:, None])[seen]
    units = np.broadcast_to(many[treated][:, None], found.shape)[seen]
    times, place = np.unique(since, return_inverse=True)
    count = np.bincount(place, weights=units)
    mean = np.bincount(place, weights=units * found[seen]) / count
    return {int(one): (float(effect), int(n)) for one, effect, n in zip(times, mean, count, strict=True)}
