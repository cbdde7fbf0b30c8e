"""Where a unit's leaves lie among units like it: rank, range, median, and how the others moved."""

from __future__ import annotations

import pandas as pd

from govkit.analysis.score.assess import Assessment

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
