"""Standard errors for many clusters: CR2 where the panel is full and clusters are whole, else the cluster jackknife."""

from __future__ import annotations

import numpy as np

from govkit.analysis.effect.imputation import effects_of
from govkit.analysis.effect.panel import Panel


def standard_error(panel: Panel, without: np.ndarray) -> tuple[float, float, str]:
    """Return the effect's standard error, its degrees of freedom and its kind (``cluster_t`` or ``jackknife_t``).

    ``without``: the effect without each cluster. For one start, a full panel and whole clusters: CR2, Satterthwaite's
    degrees of freedom, which is Welch's for cluster sums (Pustejovsky and Tipton, Journal of Business and Economic
    Statistics 36 (2018) 672-683); otherwise CR3 as the jackknife, with one degree less than there are clusters.
    """
    first = panel.starts
    whole = len(np.unique(np.column_stack([panel.cluster, panel.start]), axis=0)) == len(panel.clusters)
    if len(first) == 1 and panel.complete and whole:
        change = panel.values[:, first[0] :].mean(axis=1) - panel.values[:, : first[0]].mean(axis=1)
        sides = [_side(change[side], panel.cluster[side]) for side in (panel.treated, ~panel.treated)]
        total = sum(part for part, _ in sides)
        spread = sum(part**2 / free for part, free in sides if free > 0)
        return float(np.sqrt(total)), float(total**2 / spread) if spread > 0 else 0.0, "cluster_t"
    known = without[~np.isnan(without)]
    count = len(known)
    variance = (count - 1) / count * ((known - known.mean()) ** 2).sum() if count > 1 else np.nan
    return float(np.sqrt(variance)), float(count - 1), "jackknife_t"


def _side(change: np.ndarray, cluster: np.ndarray) -> tuple[float, int]:
    """Return the CR2 variance of the mean change of one side and its degrees of freedom."""
    _, place = np.unique(cluster, return_inverse=True)
    sizes, residual = np.bincount(place), np.bincount(place, weights=change - change.mean())
    if len(sizes) < 2:
        return np.nan, 0
    share = sizes / sizes.sum()
    return float((residual**2 / (1 - share)).sum() / sizes.sum() ** 2), len(sizes) - 1


def without_each(panel: Panel) -> np.ndarray:
    """Return the effect without each cluster in turn; missing where nothing is left to compare."""
    starts = np.where(panel.cluster == np.arange(len(panel.clusters))[:, None], -1, panel.start)
    inside = ((starts >= 0) & (starts < len(panel.times))).any(axis=1)
    apart = np.array([len(np.unique(one[one >= 0])) > 1 for one in starts])
    found = np.full(len(starts), np.nan)
    found[inside & apart] = effects_of(starts[inside & apart], panel.values)
    return found
