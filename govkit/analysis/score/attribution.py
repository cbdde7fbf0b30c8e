"""What each leaf does: its part of a score and of its change, the score without it, its place among like units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit.analysis.score.adjustments import adjusted
from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.robustness import ranks_of
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


@dataclass(frozen=True)
class LeaveOut:
    """Scores and ranks without each leaf: ``scores`` and ``rank_moves`` (places gained without it) are units × leaves.

    ``leaves``: leaves × ``label``, ``moved`` (units whose rank changes), ``most`` (the largest move, in places),
    ``agreement`` (Spearman's correlation of the ranks with and without it; missing where all units score the same).
    """

    scores: pd.DataFrame
    rank_moves: pd.DataFrame
    leaves: pd.DataFrame


def leave_out(assessment: Assessment) -> LeaveOut:
    """Score the units again without each leaf in turn; its weight goes to its siblings."""
    scheme, index = assessment.scheme, assessment.scores.index
    scores = assessment.leaf_scores.to_numpy().T
    without = np.repeat(scores[np.newaxis], len(scores), axis=0)
    places = np.arange(len(scores))
    without[places, places, :] = np.nan
    total = climb(scheme, without, sibling_weights(scheme)).scores[TARGET]
    total = adjusted(total, assessment.points, assessment.vetoes, {one.id: one.cap for one in scheme.vetoes})
    before = ranks_of(assessment.scores["score"].to_numpy())
    before_scores = assessment.scores["score"].to_numpy()
    moves = before - ranks_of(total)
    columns = [leaf.id for leaf in scheme.leaves]
    summary = pd.DataFrame(
        {
            "label": [leaf.label for leaf in scheme.leaves],
            "moved": (np.nan_to_num(moves) != 0).sum(axis=1),
            "most": np.nan_to_num(np.abs(moves)).max(axis=1).astype("int64"),
            "agreement": [
                pd.DataFrame({"with": before_scores, "without": row}).round(9).corr(method="spearman").iloc[0, 1]
                for row in total
            ],
        },
        index=pd.Index(columns, name="leaf"),
    )
    return LeaveOut(
        scores=pd.DataFrame(total.T, index=index, columns=columns),
        rank_moves=pd.DataFrame(moves.T, index=index, columns=columns),
        leaves=summary,
    )


# Fewer units of a kind are no company: they are compared with all.
_LEAST = 3
# Of more units than this the spread of scores is told by every fifth percentile.
_MOST_SCORES = 60


def like_units(assessment: Assessment) -> pd.Series:
    """Return for each unit what it is compared with: its kind, or "" (all) where fewer than three are of it."""
    kinds = assessment.scores["kind"].fillna("")
    return kinds.mask(kinds.map(kinds.value_counts()) < _LEAST, "")


def leaf_peers(now: Assessment, before: Assessment | None) -> dict[str, pd.DataFrame]:
    """Return for each unit its leaves among units like it, a frame by leaf id in scheme order.

    Columns: ``rank`` (1 is best, ties share the better one; missing without a value), ``of`` (units with a value),
    ``least``, ``median``, ``most`` (of their values), ``scores`` (tuple of leaf scores, sorted), ``rose`` and ``fell``
    (how many of the others moved to the better or the worse since ``before``; missing without it). Values are rounded
    to six digits.
    """
    like = like_units(now)
    parts = [_of_leaf(now, before, leaf.id, like) for leaf in now.scheme.leaves]
    whole = pd.concat(parts, keys=[leaf.id for leaf in now.scheme.leaves], names=["leaf", "unit"])
    return {str(unit): frame.droplevel("unit") for unit, frame in whole.groupby(level="unit", sort=False)}


def _of_leaf(now: Assessment, before: Assessment | None, leaf: str, like: pd.Series) -> pd.DataFrame:
    sign = next(one for one in now.scheme.leaves if one.id == leaf).info.sign
    values = now.values[leaf]["value"].astype("float64").reindex(like.index).round(6)
    values = values.where(now.applies[leaf].reindex(like.index, fill_value=False))
    rows = []
    for group, units in like.groupby(like).groups.items():
        members = values.loc[units] if group else values
        scores = now.leaf_scores[leaf].reindex(members.index).dropna().round(1).sort_values()
        moved = _moves(now, before, leaf, members.index) * sign
        frame = pd.DataFrame({"rank": (-sign * members).rank(method="min").astype("Int64")}).loc[units]
        frame = frame.assign(of=members.count(), least=members.min(), median=members.median(), most=members.max())
        frame["scores"] = [_spread(scores)] * len(frame)
        for name, hit in (("rose", moved > 0), ("fell", moved < 0)):
            others = int(hit.sum()) - hit.reindex(units, fill_value=False).astype(int)
            known = moved.notna().any()
            frame[name] = others.astype("Int64") if known else pd.array([pd.NA] * len(units), dtype="Int64")
        rows.append(frame)
    return pd.concat(rows).reindex(like.index)


def _moves(now: Assessment, before: Assessment | None, leaf: str, units: pd.Index) -> pd.Series:
    if before is None:
        return pd.Series(float("nan"), index=units)
    later, earlier = (one.values[leaf]["value"].astype("float64").reindex(units) for one in (now, before))
    return (later - earlier).round(6)


def _spread(scores: pd.Series) -> tuple[float, ...]:
    if len(scores) <= _MOST_SCORES:
        return tuple(scores)
    return tuple(scores.quantile([step / 20 for step in range(21)]).round(1))
