"""Change against an earlier period: scores, ranks, each leaf's part in it, and rates with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from govkit.analysis.measures.intervals import VERDICTS, change_interval, change_p, holm, verdicts
from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.scheme import Leaf
from govkit.errors import GovkitError
from govkit.rounding import half_away, shown_value


@dataclass(frozen=True)
class Change:
    """What moved from ``before`` to ``now``; frames have the units of ``now`` as index, missing where ``before`` lacks.

    ``scores``: ``score``, ``previous``, ``change`` (of the scores as they are shown, to a tenth), ``rank``,
    ``previous_rank``, ``rank_move`` (places gained: positive is upward), ``grade``, ``previous_grade``.
    ``contributions``: units × leaves, the points each leaf added to the change (rows sum to it, unrounded, under
    arithmetic aggregation); ``leaf_scores`` and ``group_scores``: their differences.
    """

    now: Assessment
    before: Assessment
    scores: pd.DataFrame
    contributions: pd.DataFrame
    leaf_scores: pd.DataFrame
    group_scores: pd.DataFrame

    def leaf_table(self, unit: str, *, confidence: float = 0.95) -> pd.DataFrame:
        """Return one unit's leaves: what each measured in both periods, indexed by leaf id in scheme order.

        Columns: ``label``, ``unit``, ``kind``, ``direction``, ``evidence``, ``value``, ``previous``, ``change`` (of the
        values as they are shown), ``low`` and ``high`` (its interval by evidence, adjusted with ``p``), ``p`` (adjusted
        by Holm over the leaves that chance moves, missing for the others), ``verdict`` (key of ``intervals.VERDICTS``),
        ``word`` (its Chinese), ``points`` (added to the score).
        """
        rows = pd.DataFrame([self._leaf_row(leaf, unit) for leaf in self.now.scheme.leaves]).set_index("leaf")
        pairs = {leaf.id: self._pair(leaf.id, unit) for leaf in self.now.scheme.leaves}
        raw = [change_p(*pairs[leaf], rows.at[leaf, "evidence"]).iloc[0] for leaf in rows.index]
        adjusted = holm(pd.Series(raw, index=rows.index, dtype="float64"))
        # Each interval at the level of its own step of Holm's: it leaves zero out where its p value tells a change.
        steps = (adjusted / pd.Series(raw, index=rows.index)).fillna(1.0).clip(lower=1.0)
        bounds = [
            change_interval(*pairs[leaf], rows.at[leaf, "evidence"], confidence=1 - (1 - confidence) / steps[leaf])
            for leaf in rows.index
        ]
        ends = {key: [float(one[key].iloc[0]) for one in bounds] for key in ("low", "high")}
        rows = rows.assign(**ends, p=adjusted, shown_same=rows["change"].abs() < 1e-12)
        said = verdicts(rows.assign(sign=rows["direction"].map({"higher": 1, "lower": -1})))
        return rows.drop(columns="shown_same").assign(verdict=said, word=said.map(VERDICTS))

    def _pair(self, leaf: str, unit: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return a unit's row of a measure in both periods; missing where it has none."""
        return self.now.values[leaf].reindex([unit]), self.before.values[leaf].reindex([unit])

    def _leaf_row(self, leaf: Leaf, unit: str) -> dict[str, object]:
        now, before = (one["value"].iloc[0] for one in self._pair(leaf.id, unit))
        return {
            "leaf": leaf.id,
            "label": leaf.label,
            "unit": leaf.info.unit,
            "kind": leaf.info.kind,
            "direction": leaf.info.direction,
            "evidence": leaf.info.evidence,
            "value": now,
            "previous": before,
            "change": shown_value(now, leaf.info.unit) - shown_value(before, leaf.info.unit),
            "points": self.contributions.at[unit, leaf.id],
        }


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
            "change": score_change(now.scores["score"], earlier["score"]),
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


def score_change(now: pd.Series, before: pd.Series) -> pd.Series:
    """Return the change of scores as they are shown, to a tenth; missing where either is."""
    shown = [one.astype("float64").map(lambda score: half_away(score, 1)) for one in (now, before)]
    return (shown[0] - shown[1]).round(1)
