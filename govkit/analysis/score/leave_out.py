"""What a score would be without one of its leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit.analysis.score.adjustments import adjusted
from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.robustness import ranks_of
from govkit.analysis.score.tree import TARGET, climb, sibling_weights


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
