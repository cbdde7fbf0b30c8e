"""What each leaf adds to a score, or to its change, however the scheme puts scores together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.scheme import Scheme
from govkit.analysis.score.tree import TARGET, climb, sibling_weights

# Steps of the way from one set of leaf scores to the other, and the half width of a difference quotient, in points.
_STEPS = 24
_STEP = 1e-4
REST = "rest"


def change_parts(now: Assessment, before: Assessment, *, unit: str = "") -> pd.DataFrame:
    """Return the points each leaf adds to the change of the score, units × leaves and ``rest``; rows sum to the change.

    ``rest`` holds what no leaf's own value explains: leaves known in one period only, other weights, bonus, penalty and
    veto items. Missing for units without a score in both periods. Both assessments are by the same scheme. ``unit``:
    this unit's row alone. Method: Aumann and Shapley, Values of Non-Atomic Games (1974), along the straight way.
    """
    index = pd.Index([unit], name=now.scores.index.name) if unit else now.scores.index
    earlier, later = before.leaf_scores.reindex(index), now.leaf_scores.loc[index]
    both = later.notna() & earlier.notna()
    start, end = (frame.where(both).to_numpy().T for frame in (earlier, later))
    parts = _along(now.scheme, start, end)
    whole = now.scores["score"].loc[index] - before.scores["score"].reindex(index)
    return _with_rest(parts, whole, now)


def _along(scheme: Scheme, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return each leaf's part (leaves × units) of the way from one set of leaf scores to the other."""
    weights = sibling_weights(scheme)
    places = np.arange(len(start))
    slopes = np.zeros(start.shape)
    for share in (np.arange(_STEPS) + 0.5) / _STEPS:
        point = start + share * (end - start)
        moved = np.repeat(point[np.newaxis, np.newaxis], len(start), axis=1).repeat(2, axis=0)
        moved[0, places, places, :] += _STEP
        moved[1, places, places, :] = np.maximum(moved[1, places, places, :] - _STEP, 0.0)
        above, below = climb(scheme, moved, weights).scores[TARGET]
        width = moved[0, places, places, :] - moved[1, places, places, :]
        slopes += (above - below) / width / _STEPS
    return slopes * (end - start)


def _with_rest(parts: np.ndarray, whole: pd.Series, assessment: Assessment) -> pd.DataFrame:
    frame = pd.DataFrame(parts.T, index=whole.index, columns=assessment.leaf_scores.columns).fillna(0.0)
    frame[REST] = whole - frame.sum(axis="columns")
    return frame.where(whole.notna(), axis="index")
