"""A scheme's leaves scored in arrays: outliers tamed, logarithms taken, each leaf by its own normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit.analysis.score.normalisation import NORMALISATIONS, Goalposts
from govkit.analysis.score.scheme import Scheme


@dataclass(frozen=True)
class LeafScales:
    """What turns a scheme's values into scores: goalposts, outlier limits and logarithms by leaf (leaves × 1)."""

    scheme: Scheme
    goalposts: Goalposts
    least: np.ndarray
    most: np.ndarray
    logs: np.ndarray

    def scores(self, values: np.ndarray, base: np.ndarray | None = None, *, normalisation: str = "") -> np.ndarray:
        """Return scores 0–100 of values (… × leaves × units); missing stays missing.

        ``base`` are the values relative ways measure themselves by (default: ``values``); ``normalisation`` overrules
        the scheme's ways.
        """
        tamed = self._tamed(values)
        against = tamed if base is None or base is values else self._tamed(base)
        ways = [normalisation or self.scheme.normalisation_of(leaf) for leaf in self.scheme.leaves]
        if len(set(ways)) == 1:
            return NORMALISATIONS[ways[0]](tamed, against, self.goalposts)
        scored = np.full(tamed.shape, np.nan)
        for way in set(ways):
            rows = np.array([one == way for one in ways])
            part = tamed[..., rows, :]
            same = part if against is tamed else against[..., rows, :]
            scored[..., rows, :] = NORMALISATIONS[way](part, same, _rows(self.goalposts, rows))
        return scored

    def _tamed(self, values: np.ndarray) -> np.ndarray:
        limited = np.clip(values, self.least, self.most) if np.isfinite(self.least).any() else values
        if not self.logs.any():
            return limited
        positive = np.where(limited > 0, limited, np.nan)
        return np.where(self.logs, np.log(np.where(self.logs, positive, 1.0)), limited)


def leaf_scales(scheme: Scheme, base: np.ndarray) -> LeafScales:
    """Return the scales of a scheme; outlier limits are quantiles of the base (leaves × units)."""

    def column(values: list[float]) -> np.ndarray:
        return np.array(values, dtype="float64").reshape(-1, 1)

    leaves = scheme.leaves
    cut = [leaf.winsorise for leaf in leaves]
    least = [_quantile(row, share, -np.inf) for row, share in zip(base, cut, strict=True)]
    most = [_quantile(row, 1 - share, np.inf) if share else np.inf for row, share in zip(base, cut, strict=True)]
    logs = column([leaf.log for leaf in leaves]) > 0
    worst, best = (
        _logged(column(posts), logs) for posts in ([one.worst for one in leaves], [one.best for one in leaves])
    )
    signs = column([leaf.info.sign for leaf in leaves])
    return LeafScales(scheme, Goalposts(worst, best, signs), column(least), column(most), logs)


def measured_values(scheme: Scheme, values: Mapping[str, pd.DataFrame], concerns: pd.DataFrame) -> pd.DataFrame:
    """Return units × leaves, the measured values of the leaves where they apply."""
    columns = {leaf.id: values[leaf.id]["value"].reindex(concerns.index).astype("float64") for leaf in scheme.leaves}
    return pd.DataFrame(columns, index=concerns.index).where(concerns)


def score_leaves(
    scales: LeafScales, values: np.ndarray, base: np.ndarray, concerns: np.ndarray, *, normalisation: str = ""
) -> np.ndarray:
    """Return leaf scores (… × leaves × units): missing ones by their own rule, none where the leaf does not apply."""
    scores = scales.scores(values, base, normalisation=normalisation)
    zero = np.array([[leaf.missing == "zero"] for leaf in scales.scheme.leaves])
    if zero.any():
        scores = np.where(np.isnan(values) & zero & concerns, 0.0, scores)
    return scores if concerns.all() else np.where(concerns, scores, np.nan)


def _quantile(row: np.ndarray, share: float, otherwise: float) -> float:
    known = row[~np.isnan(row)]
    return float(np.quantile(known, share)) if share and len(known) else otherwise


def _logged(posts: np.ndarray, logs: np.ndarray) -> np.ndarray:
    return np.where(logs, np.log(np.where(logs & (posts > 0), posts, 1.0)), posts)


def _rows(posts: Goalposts, rows: np.ndarray) -> Goalposts:
    return Goalposts(posts.worst[rows], posts.best[rows], posts.sign[rows])
