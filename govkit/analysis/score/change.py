"""Change against an earlier period: scores, ranks, each leaf's part in it, and rates with an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from govkit.analysis.measures.intervals import rate_difference
from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.scheme import Leaf
from govkit.errors import GovkitError


@dataclass(frozen=True)
class Change:
    """What moved from ``before`` to ``now``; frames have the units of ``now`` as index, missing where ``before`` lacks.

    ``scores``: ``score``, ``previous``, ``change``, ``rank``, ``previous_rank``, ``rank_move`` (places gained: positive
    is upward), ``grade``, ``previous_grade``. ``contributions``: units × leaves, the points each leaf added to the
    change (rows sum to it under arithmetic aggregation); ``leaf_scores`` and ``group_scores``: their differences.
    """

    now: Assessment
    before: Assessment
    scores: pd.DataFrame
    contributions: pd.DataFrame
    leaf_scores: pd.DataFrame
    group_scores: pd.DataFrame

    def leaf_table(self, unit: str, *, confidence: float = 0.95) -> pd.DataFrame:
        """Return one unit's leaves: what each measured in both periods, indexed by leaf id in scheme order.

        Columns: ``label``, ``unit``, ``kind``, ``direction``, ``value``, ``previous``, ``change``; for rates ``low``
        and ``high`` (Newcombe's hybrid interval of the change) and ``clear`` (boolean: does it leave zero out?),
        missing for other kinds; ``better`` (boolean, missing without a change); ``points`` (added to the score).
        """
        rows = pd.DataFrame([self._leaf_row(leaf, unit) for leaf in self.now.scheme.leaves])
        rows = rows.set_index("leaf")
        rates = rows["kind"].eq("rate")
        counts = [rows.pop(name).where(rates) for name in _COUNTS]
        interval = rate_difference(*counts, confidence=confidence)
        low, high = interval["low"], interval["high"]
        better = (rows["change"] * rows["direction"].map({"higher": 1, "lower": -1}) > 0).astype("boolean")
        clear = ((low > 0) | (high < 0)).astype("boolean").mask(low.isna())
        unmoved = rows["change"].isna() | rows["change"].eq(0)
        return rows.assign(low=low, high=high, clear=clear, better=better.mask(unmoved))

    def _leaf_row(self, leaf: Leaf, unit: str) -> dict[str, object]:
        now, before = _cells(self.now, leaf.id, unit), _cells(self.before, leaf.id, unit)
        return {
            "leaf": leaf.id,
            "label": leaf.label,
            "unit": leaf.info.unit,
            "kind": leaf.info.kind,
            "direction": leaf.info.direction,
            "value": now["value"],
            "previous": before["value"],
            "change": now["value"] - before["value"],
            "points": self.contributions.at[unit, leaf.id],
            "successes": now["numerator"],
            "n": now["denominator"],
            "previous_successes": before["numerator"],
            "previous_n": before["denominator"],
        }


_COUNTS = ("successes", "n", "previous_successes", "previous_n")


def compare(now: Assessment, before: Assessment) -> Change:
    """Return the change between two assessments by the same scheme.

    Raises GovkitError if the schemes differ: their scores do not compare.
    """
    if repr(now.stated) != repr(before.stated):  # repr: a goalpost that is not stated is NaN, unequal to itself
        raise GovkitError(
            f"两期的指标体系不同：{now.scheme.name} 与 {before.scheme.name}，得分不可比。",
            todo="请用同一指标体系重算上期。",
        )
    index = now.scores.index
    earlier = before.scores.reindex(index)
    scores = pd.DataFrame(
        {
            "score": now.scores["score"],
            "previous": earlier["score"],
            "change": now.scores["score"] - earlier["score"],
            "rank": now.scores["rank"],
            "previous_rank": earlier["rank"],
            "rank_move": earlier["rank"] - now.scores["rank"],
            "grade": now.scores["grade"],
            "previous_grade": earlier["grade"].fillna(""),
        }
    )
    return Change(
        now=now,
        before=before,
        scores=scores,
        contributions=now.contributions - before.contributions.reindex(index),
        leaf_scores=now.leaf_scores - before.leaf_scores.reindex(index),
        group_scores=now.group_scores - before.group_scores.reindex(index),
    )


def _cells(assessment: Assessment, leaf: str, unit: str) -> dict[str, float]:
    values = assessment.values[leaf]
    return {column: values[column].get(unit, math.nan) for column in ("value", "numerator", "denominator")}
