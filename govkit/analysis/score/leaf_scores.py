"""A scheme's leaves scored in arrays: outliers tamed, logarithms taken, each leaf by its own normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.measure import enough
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
    """Return units × leaves, the measured values of the leaves where they apply and rest on enough rows."""
    columns = {}
    for leaf in scheme.leaves:
        found = values[leaf.id]
        columns[leaf.id] = found["value"].where(enough(leaf.info, found)).reindex(concerns.index).astype("float64")
    return pd.DataFrame(columns, index=concerns.index).where(concerns)


def score_leaves(
    scales: LeafScales,
    values: np.ndarray,
    base: np.ndarray,
    concerns: np.ndarray,
    *,
    kinds: np.ndarray | None = None,
    normalisation: str = "",
    missing: str = "",
) -> np.ndarray:
    """Return leaf scores (… × leaves × units): missing ones by their own rule, none where the leaf does not apply.

    ``kinds`` (units) says which units are alike, for the group mean; ``missing`` overrules the scheme's rules.
    """
    scores = scales.scores(values, base, normalisation=normalisation)
    scores = scores if concerns.all() else np.where(concerns, scores, np.nan)
    lost = np.isnan(values) & concerns
    if not lost.any():
        return scores
    rules = np.array([[missing or scales.scheme.missing_of(leaf)] for leaf in scales.scheme.leaves])
    for rule, filled in IMPUTATIONS.items():
        chosen = lost & (rules == rule)
        if chosen.any():
            scores = np.where(chosen, filled(scores, kinds), scores)
    return scores


def _worst(scores: np.ndarray, _kinds: np.ndarray | None) -> np.ndarray:
    return np.zeros(scores.shape)


def group_mean(scores: np.ndarray, kinds: np.ndarray | None) -> np.ndarray:
    """Return each leaf's mean score over the units of the same kind, over all units where none of them has one."""
    filled = np.broadcast_to(_mean(scores)[..., np.newaxis], scores.shape).copy()
    for kind in set() if kinds is None else set(kinds.tolist()):
        mine = kinds == kind
        mean = _mean(scores[..., mine])[..., np.newaxis]
        filled[..., mine] = np.where(np.isnan(mean), filled[..., mine], mean)
    return filled


def nearest(scores: np.ndarray, _kinds: np.ndarray | None) -> np.ndarray:
    """Return each leaf's mean score over the units nearest in the other leaves that have it.

    Method: k nearest neighbours (OECD/JRC, Handbook on Constructing Composite Indicators (2008), 3.3), k as in
    analysis.toml, distance by the root mean square difference of the leaf scores both units have.
    """
    count = catalogue.load("analysis")["missing"]["nearest"]
    near = np.swapaxes(scores, -1, -2)[..., np.newaxis, :] - np.swapaxes(scores, -1, -2)[..., np.newaxis, :, :]
    distance = np.sqrt(_mean(near**2))
    distance = np.where(np.isnan(distance) | np.eye(scores.shape[-1], dtype=bool), np.inf, distance)
    filled = np.full(scores.shape, np.nan)
    for leaf in range(scores.shape[-2]):
        row = scores[..., leaf, :]
        far = np.where(np.isnan(row)[..., np.newaxis, :], np.inf, distance)
        order = np.argsort(far, axis=-1, kind="stable")[..., :count]
        taken = np.take_along_axis(np.broadcast_to(row[..., np.newaxis, :], far.shape), order, axis=-1)
        filled[..., leaf, :] = _mean(np.where(np.isinf(np.take_along_axis(far, order, axis=-1)), np.nan, taken))
    return filled


IMPUTATIONS = {"worst": _worst, "group_mean": group_mean, "nearest": nearest}


def _mean(values: np.ndarray) -> np.ndarray:
    """Return the mean of what is known along the last axis, missing where nothing is."""
    count = (~np.isnan(values)).sum(axis=-1)
    return np.nansum(values, axis=-1) / np.where(count > 0, count, np.nan)


def _quantile(row: np.ndarray, share: float, otherwise: float) -> float:
    known = row[~np.isnan(row)]
    return float(np.quantile(known, share)) if share and len(known) else otherwise


def _logged(posts: np.ndarray, logs: np.ndarray) -> np.ndarray:
    return np.where(logs, np.log(np.where(logs & (posts > 0), posts, 1.0)), posts)


def _rows(posts: Goalposts, rows: np.ndarray) -> Goalposts:
    return Goalposts(posts.worst[rows], posts.best[rows], posts.sign[rows])
