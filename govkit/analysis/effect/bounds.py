"""What the effect would be if trends were not parallel: bounds from how much the gap moved before the pilot.

Method: relative magnitudes (Rambachan and Roth, Review of Economic Studies 90 (2023) 2555-2591): after the start the
gap may move from one stretch to the next by up to ``m`` times as much as it ever did before.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import pandas as pd

from govkit.analysis.effect.imputation import by_event_time
from govkit.analysis.effect.panel import Panel

# Single months move by chance more than trends do: periods are taken together until so many stretches are left.
_MOST_STRETCHES = 6


def bounds(
    panel: Panel, starts: np.ndarray, effect: float, *, confidence: float, sizes: Sequence[float]
) -> pd.DataFrame:
    """Return what the effect may be, a row a size of departure from parallel trends.

    ``starts``: ways to give the pilot out, the real one first, for the band of chance; ``sizes``: values of ``m``.
    Columns: ``m``, ``low``, ``high`` (all effects that such departures allow, measured from the last stretch before the
    start), ``low_95``, ``high_95`` (with chance, that of the steps before the start too; infinite where the design
    cannot bound it). ``attrs["periods"]``: how many periods a stretch holds. Empty with fewer than two stretches
    before the start.
    """
    first = int(panel.starts.min())
    length = max(1, ceil(max(first, len(panel.times) - first) / _MOST_STRETCHES))
    columns = ["m", "low", "high", "low_95", "high_95"]
    found = _centre(panel.values, panel.start, length)
    if found is None:
        return pd.DataFrame(columns=columns)
    centre, steps, weight = found
    quiet = panel.values - np.where(panel.after, effect, 0.0)
    drawn = [_centre(quiet, start, length) for start in starts]
    noise = [one for one in drawn if one is not None and len(one[1]) == len(steps)]
    enough = len(noise) >= 1 / (1 - confidence)
    rows = []
    for m in sizes:
        # the largest step before may have been any of them, up or down: each moves what is found, by chance too
        ends, reach = [], []
        for sign in (-m * weight, m * weight):
            ends.append(centre + sign * steps)
            spread = np.abs([one[0] + sign * one[1] for one in noise])
            reach.append(np.quantile(spread, confidence, axis=0, method="higher") if enough else steps + np.inf)
        ends_, reach_ = np.array(ends), np.array(reach)
        ends_95 = (ends_ - reach_).min(), (ends_ + reach_).max()
        rows.append((m, ends_.min(), ends_.max(), *ends_95))
    frame = pd.DataFrame(rows, columns=columns)
    frame.attrs["periods"] = length
    return frame


def breakdown(frame: pd.DataFrame) -> float:
    """Return the largest ``m`` at which the 95 % bounds leave 0 out, between the rows; missing where none does."""
    if frame.empty or not np.isfinite(frame["low_95"]).all():
        return float("nan")
    near, m = frame["low_95"].where(frame["low_95"] > 0, -frame["high_95"]).to_numpy(), frame["m"].to_numpy()
    if near[0] <= 0:  # how far 0 lies outside
        return float("nan")
    last = min(int((near > 0).sum()), len(near) - 1)
    slope = (near[last - 1] - near[last]) / (m[last] - m[last - 1])
    return float(m[last] + near[last] / slope) if slope > 0 else float("inf")


def _centre(values: np.ndarray, start: np.ndarray, length: int) -> tuple[float, np.ndarray, float] | None:
    """Return the mean effect from the last stretch before the start on, the steps before, and the mean distance (in
    stretches) of treated times from it.
    """
    if not (start < values.shape[1]).any():
        return None
    found = by_event_time(values, start)
    since = np.array(list(found))
    effect, units = np.array(list(found.values())).reshape(-1, 2).T
    stretch = np.floor_divide(since, length)
    places, at = np.unique(stretch, return_inverse=True)
    weights = np.bincount(at, weights=units)
    means = np.bincount(at, weights=effect * units) / weights
    first = int(since.min() > -length * abs(stretch.min()) and (places < 0).sum() > 1)  # not whole: moves by chance
    before, after = means[first:][places[first:] < 0], places >= 0
    if len(before) < 2 or not after.any() or -1 not in places:
        return None
    centre = float(np.average(means[after], weights=weights[after]) - before[-1])
    distance = float(np.average(places[after] + 1, weights=weights[after]))
    return centre, np.diff(before), distance
