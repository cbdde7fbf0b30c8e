"""Was the gap moving before the pilot: its slope, the chance of one as steep, and the slope one would have noticed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from govkit.analysis.effect.imputation import period_and_unit, together
from govkit.analysis.effect.panel import Panel
from govkit.analysis.effect.randomisation import ways_to_give

_LEAST_PERIODS = 3


@dataclass(frozen=True)
class Trend:
    """``slope`` of the gap a period before the start, ``p`` (randomisation), ``joint_p`` of all leads together,
    ``noticeable``: the slope found with chance 80 %, ``bias``: the effect such a slope would feign, and ``reach``: how
    many periods lie between the middles of before and after.
    """

    slope: float
    p: float
    joint_p: float
    noticeable: float
    reach: float

    @property
    def bias(self) -> float:
        """The effect that a slope just noticeable would feign."""
        return self.noticeable * self.reach


def trend_before(panel: Panel, *, most: int, seed: int, confidence: float) -> Trend | None:
    """Return how the gap moved before the pilot, None where fewer than three periods before it were seen.

    ``most``: so many ways to give the pilot out are tried. A failure to see a trend is none: ``noticeable`` says what
    could have been seen (Roth, American Economic Review: Insights 4 (2022) 305-322).
    """
    if panel.starts.min() < _LEAST_PERIODS:
        return None
    starts = ways_to_give(panel, most=most, seed=seed)
    found = np.array([_slope_and_leads(panel.values, start) for start in starts])
    found = found[~np.isnan(found).any(axis=1)]
    if not len(found):
        return None
    slopes, leads = np.abs(found[:, 0]), found[:, 1]
    p, joint = (float((one >= one[0] - 1e-9 * max(1.0, one[0])).mean()) for one in (slopes, leads))
    limit = np.quantile(slopes, confidence, method="higher")
    noticeable = float(limit + np.quantile(slopes, 0.6)) if len(slopes) > 1 / (1 - confidence) else float("inf")
    time = np.arange(len(panel.times))
    inside = panel.start[panel.treated]
    reach = float(np.mean([time[start:].mean() - time[:start].mean() for start in inside]))
    return Trend(float(found[0, 0]), p, joint, noticeable, reach)


def _slope_and_leads(values: np.ndarray, start: np.ndarray) -> tuple[float, float]:
    """Return the treated units' own slope among untreated times, and the weight of their leads' squares."""
    values, start, many = together(values, start)
    times = np.arange(values.shape[1])
    untreated = times < start[:, None]
    treated = start < values.shape[1]
    line = np.where(treated[:, None], times - times.mean(), 0.0)
    line = np.where(np.isnan(values), np.nan, line)
    rest = [_residual(one, untreated, many) for one in (line, values)]
    weight = float((rest[0] ** 2).sum(axis=1) @ many)
    slope = float(((rest[0] * rest[1]).sum(axis=1) @ many) / weight) if weight > 1e-12 else float("nan")
    since = times - start[:, None]
    before = treated[:, None] & untreated
    lead, weights = since[before] - since[before].min(), np.broadcast_to(many[:, None], since.shape)[before]
    sums, counts = np.bincount(lead, weights=weights * rest[1][before]), np.bincount(lead, weights=weights)
    return slope, float((sums**2 / np.maximum(counts, 1)).sum())


def _residual(values: np.ndarray, untreated: np.ndarray, many: np.ndarray) -> np.ndarray:
    period, unit = period_and_unit(values, untreated, many)
    found = values - unit[:, None] - period
    return np.where(untreated & ~np.isnan(found), found, 0.0)
