"""From children's scores to their group's; each way is a function of (scores, weights), both units × children.

A child with a missing score carries no weight: the others share it in proportion. A group without any child left is
missing.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

Aggregation = Callable[[pd.DataFrame, pd.DataFrame], pd.Series]


def arithmetic(scores: pd.DataFrame, weights: pd.DataFrame) -> pd.Series:
    """Return the weighted mean of each row; ``weights`` sum to 1 over what is there, and are 0 where it is missing.

    >>> scores, weights = pd.DataFrame({"a": [80.0], "b": [60.0]}), pd.DataFrame({"a": [0.75], "b": [0.25]})
    >>> arithmetic(scores, weights).tolist()
    [75.0]
    """
    return (scores * weights).sum(axis="columns", min_count=1)


AGGREGATIONS: dict[str, Aggregation] = {"arithmetic": arithmetic}


def shared_weights(scores: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Return units × children weights that sum to 1 over the children with a score, 0 where there is none."""
    there = scores.notna().astype("float64") * weights
    total = there.sum(axis="columns")
    return there.div(total.where(total > 0), axis="index").fillna(0.0)
