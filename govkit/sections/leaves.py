"""The leaves of a district's score as a writer needs them: value, last period, target, like units, loss, change."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit.analysis.measures.scope import gathered
from govkit.display.words.numbers import quantity
from govkit.rounding import half_away, parts_of
from govkit.sections.inputs import Inputs, once
from govkit.sections.words import tellers

# Leaf scores from here on count as full.
FULL = 99.95
# A change of a leaf that adds less than this many points to the score is not told.
_TOLD = 0.15


@once
def leaf_facts(inputs: Inputs) -> pd.DataFrame:
    """Return a district's leaves that apply, by leaf id in scheme order.

    Columns: those of ``Assessment.leaf_table``, ``measure``, ``goal`` (what its best value is called), ``area``,
    ``direction``, ``previous``, ``change``,
    ``clear`` (boolean: more than chance; missing for what chance does not move), ``last_score``, ``points`` (added to
    the score), ``loss`` (points of the whole; missing without a score), ``numerator``, ``denominator``, and those of
    ``leaf_peers``. Do not change it.
    """
    part = inputs.part
    if part.current is None:
        return pd.DataFrame()
    unit, tree = inputs.whole, part.current.scheme
    table = part.current.leaf_table(unit)
    leaves = {leaf.id: leaf for leaf in tree.leaves}
    counts = {name: [part.current.values[leaf][name].iloc[0] for leaf in table.index] for name in _COUNTS}
    table = table.assign(
        measure=[leaves[leaf].measure for leaf in table.index],
        goal=[goal_word(inputs, leaves[leaf].measure) for leaf in table.index],
        area=[leaves[leaf].applies_to for leaf in table.index],
        direction=[leaves[leaf].info.direction for leaf in table.index],
        sampled=[leaves[leaf].info.sampled for leaf in table.index],
        loss=table["weight"] * 100 - table["contribution"],
        **counts,
    )
    # a leaf without a score brings nothing and loses nothing: its weight went to the others
    table = table.assign(loss=_losses(inputs, table["loss"]).where(table["score"].notna()))
    table = table.join(_change(inputs, table.index))
    if part.peers is not None:
        table = table.join(part.peers.reindex(table.index))
    return table.loc[table["applies"]]


_COUNTS = ("numerator", "denominator")


def _losses(inputs: Inputs, loss: pd.Series) -> pd.Series:
    """Return what the leaves lose, rounded so that the losses and the score as shown make 100 where they are parts."""
    whole = inputs.current.scores.at[inputs.whole, "from_leaves"]
    lost = 100 - half_away(whole, 1)
    return parts_of(loss, lost if abs(loss.sum() - (100 - whole)) < 1e-6 else loss.sum(), 1)


def _change(inputs: Inputs, leaves: pd.Index) -> pd.DataFrame:
    part = inputs.part
    if part.changed is None or part.previous is None:
        nothing = ["previous", "change", "clear", "better", "last_score", "points"]
        return pd.DataFrame(float("nan"), index=leaves, columns=nothing)
    moved = part.changed.leaf_table(inputs.whole)
    told = moved["verdict"].isin(["better", "worse"]).astype("boolean").mask(moved["p"].isna())
    better = moved["verdict"].eq("better").astype("boolean").mask(moved["change"].isna() | moved["change"].eq(0))
    moved = moved[["previous", "change"]].assign(clear=told, better=better)
    points = part.parts.loc[inputs.whole].reindex(leaves) if part.parts is not None else float("nan")
    return moved.assign(last_score=part.previous.leaf_table(inputs.whole)["score"], points=points)


def goal_word(inputs: Inputs, name: str) -> str:
    """Return what the value that scores full marks is called: a target only where the zone set it itself."""
    return "目标" if inputs.judged.target(name) else "满分值"


def moved_clearly(row: Any) -> bool:
    """Whether a leaf moved by more than chance and by enough to be told."""
    clear = row.clear if pd.notna(row.clear) else True
    return bool(pd.notna(row.points) and abs(row.points) >= _TOLD and clear)


def full(row: Any) -> bool:
    """Whether a leaf has full marks."""
    return bool(pd.notna(row.score) and row.score >= FULL)


def target_text(row: Any) -> str:
    """Return a leaf's target as a sentence has it: 98%, 30平方米."""
    if row.unit == "%":
        return f"{row.best * 100:g}%"
    return quantity(row.best, row.unit).replace(".0", "")


@once
def by_teller(inputs: Inputs, name: str, area: str = "all", *, earlier: bool = False) -> pd.DataFrame:
    """Return a measure for those a report tells of, with ``name``: the communities, or the 乡镇 of a county.

    Without the last period or where nothing is known the frame is empty.
    """
    period = inputs.before if earlier else inputs.now
    if period is None:
        return pd.DataFrame(columns=["name", "value", "numerator", "denominator"])
    found = inputs.measure(name, period, "unit_code", area)
    above = tellers(inputs)
    if not above.index.equals(pd.Index(above)):
        found = gathered(found, above)
    found = found.loc[found["value"].notna()]
    return found.assign(name=inputs.names.reindex(found.index))
