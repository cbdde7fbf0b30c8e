"""The effect on the treated: what happened less what would have, from unit and period effects of untreated times.

Method: imputation (Borusyak, Jaravel and Spiess, Review of Economic Studies 91 (2024) 3253-3285). With one start and a
full panel it is the difference in differences of means; with staggered starts it never compares with units already
treated, as two-way fixed effects do.
"""

from __future__ import annotations

import numpy as np

from govkit.analysis.effect.panel import Panel


def period_and_unit(values: np.ndarray, untreated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the period and unit effects that fit the untreated values best; missing for a unit without any."""
    weights = (untreated & ~np.isnan(values)).astype(float)
    known = np.where(np.isnan(values), 0.0, values)
    own, shared = weights.sum(axis=1), weights.sum(axis=0)
    share = weights / np.where(own > 0, own, 1.0)[:, None]
    left = np.diag(shared) - weights.T @ share
    right = (weights * known).sum(axis=0) - share.T @ (weights * known).sum(axis=1)
    period = np.linalg.lstsq(left, right, rcond=None)[0]
    unit = (weights * (known - period)).sum(axis=1) / np.where(own > 0, own, np.nan)
    return np.where(shared > 0, period, np.nan), unit


def gaps(values: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return units × times: value less what unit and period effects of untreated times give; missing if unknown.

    ``start``: the place of each unit's first treated time. Units without an untreated value, and times at which nobody
    untreated was seen, have no counterfactual.
    """
    period, unit = period_and_unit(values, np.arange(values.shape[1]) < start[:, None])
    return values - unit[:, None] - period


def effect_of(values: np.ndarray, start: np.ndarray) -> float:
    """Return the mean gap of treated units at treated times."""
    treated = np.arange(values.shape[1]) >= start[:, None]
    found = gaps(values, start)[treated]
    return float(np.nanmean(found)) if (~np.isnan(found)).any() else float("nan")


def effects_of(panel: Panel, starts: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the effect for each of many ways to give the pilot out (ways × units, as ``Panel.start``)."""
    if len(panel.starts) == 1 and panel.complete and not np.isnan(values).any():
        first = int(panel.starts[0])
        change = values[:, first:].mean(axis=1) - values[:, :first].mean(axis=1)
        inside = starts < len(panel.times)
        sizes = inside.sum(axis=1)
        total = inside @ change
        return total / sizes - (change.sum() - total) / (len(change) - sizes)
    return np.array([effect_of(values, start) for start in starts])


def by_event_time(values: np.ndarray, start: np.ndarray) -> dict[int, tuple[float, int]]:
    """Return the mean gap of treated units at each time since their start, with how many units it rests on.

    Times before the start are told against the units' mean before it, with period effects of units that began at
    another time or never: their own would take part of the gap away.
    """
    treated = start < values.shape[1]
    every = gaps(values, start)
    untreated = np.arange(values.shape[1]) < start[:, None]
    for begun in np.unique(start[treated]):
        mine = start == begun
        period, _ = period_and_unit(values[~mine], untreated[~mine])
        apart = values[mine][:, :begun] - period[:begun]
        known = ~np.isnan(apart)
        mean = np.where(known, apart, 0.0).sum(axis=1) / np.where(known.any(axis=1), known.sum(axis=1), np.nan)
        every[mine, :begun] = apart - mean[:, None]
    found = every[treated]
    since = np.arange(values.shape[1]) - start[treated][:, None]
    seen = ~np.isnan(found)
    return {
        int(one): (float(found[seen & (since == one)].mean()), int((seen & (since == one)).sum()))
        for one in np.unique(since[seen])
    }
