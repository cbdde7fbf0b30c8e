"""From children's scores to their group's; each way is a function of (scores, weights), both children × units.

Any number of axes may stand before. A child with a missing score carries no weight: the others share it in proportion.
A group without any child left is missing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Aggregation = Callable[[np.ndarray, np.ndarray], np.ndarray]


def arithmetic(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean of the children; ``weights`` sum to 1 over what is there, and are 0 where it is missing.

    >>> arithmetic(np.array([[80.0], [60.0]]), np.array([[0.75], [0.25]])).tolist()
    [75.0]
    """
    return _where_known(scores, (_filled(scores, 0.0) * weights).sum(axis=-2))


def geometric(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted geometric mean: a weakness is made good only in part; a child at 0 makes the group 0.

    >>> geometric(np.array([[80.0], [20.0]]), np.array([[0.5], [0.5]])).round(6).tolist()
    [40.0]
    """
    with np.errstate(divide="ignore"):
        logs = np.log(_filled(scores, 1.0, weights))
    return _where_known(scores, np.exp((logs * weights).sum(axis=-2)))


def harmonic(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted harmonic mean: the weakest child counts most; a child at 0 makes the group 0.

    >>> harmonic(np.array([[60.0], [30.0]]), np.array([[0.5], [0.5]])).round(6).tolist()
    [40.0]
    """
    positive = _filled(scores, 1.0, weights) + 0.0  # a negative zero would turn infinity round
    with np.errstate(divide="ignore"):
        inverse = (weights / positive).sum(axis=-2)
        return _where_known(scores, 1.0 / inverse)


def topsis(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the closeness to the ideal point (all children at 100) against the worst one (all at 0), in percent.

    Method: Hwang and Yoon, Multiple Attribute Decision Making (1981), with both points fixed, so that scores of
    different periods compare; with min–max scores the points are those of the units themselves.

    >>> topsis(np.array([[100.0], [0.0]]), np.array([[0.5], [0.5]])).tolist()
    [50.0]
    """
    known = _filled(scores, 0.0)
    to_best = np.sqrt(((weights * (100.0 - known)) ** 2).sum(axis=-2))
    to_worst = np.sqrt(((weights * known) ** 2).sum(axis=-2))
    whole = to_best + to_worst
    return _where_known(scores, to_worst / np.where(whole > 0, whole, 1.0) * 100)


AGGREGATIONS: dict[str, Aggregation] = {
    "arithmetic": arithmetic,
    "geometric": geometric,
    "harmonic": harmonic,
    "topsis": topsis,
}


def shared_weights(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the children's weights (children × 1) shared out: 1 over those with a score, 0 where there is none."""
    there = ~np.isnan(scores) * weights
    total = there.sum(axis=-2, keepdims=True)
    return there / np.where(total > 0, total, 1.0)


def _filled(scores: np.ndarray, by: float, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the scores with ``by`` where they are missing, or carry no weight."""
    gone = np.isnan(scores) if weights is None else np.isnan(scores) | (weights == 0)
    return np.where(gone, by, scores)


def _where_known(scores: np.ndarray, result: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(scores).all(axis=-2), np.nan, result)
