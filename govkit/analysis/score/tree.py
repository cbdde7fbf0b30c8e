"""The climb from leaf scores to the target of a scheme, in arrays: for one set of scores or for thousands of draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from govkit.analysis.score.aggregation import AGGREGATIONS, shared_weights
from govkit.analysis.score.scheme import Scheme

TARGET = ""


@dataclass(frozen=True)
class Climbed:
    """Scores of every node ("" is the target) and the share each had in its parent; arrays ending in units."""

    scores: Mapping[str, np.ndarray]
    shares: Mapping[str, np.ndarray]

    def weight(self, scheme: Scheme, node: str) -> np.ndarray:
        """Return the weight a node really had in the target: the product of the shares down to it."""
        return _product(self.shares, scheme.path(node))


def climb(scheme: Scheme, scores: np.ndarray, weights: Mapping[str, np.ndarray], *, aggregation: str = "") -> Climbed:
    """Return the scores of all nodes from leaf scores (… × leaves × units, leaves in scheme order).

    ``weights`` are the siblings' weights by node, each broadcast against … × units; ``aggregation`` overrules what the
    scheme says. TOPSIS measures all leaves below a group at once; the other ways go level by level.
    """
    known = {leaf.id: scores[..., place, :] for place, leaf in enumerate(scheme.leaves)}
    shares: dict[str, np.ndarray] = {}
    for parent in _upward(scheme):
        children = [child.id for child in scheme.children(parent)]
        below = np.stack([known[child] for child in children], axis=-2)
        stated = np.stack(np.broadcast_arrays(*(weights[child] for child in children)), axis=-2)
        part = shared_weights(below, stated)
        shares |= {child: part[..., place, :] for place, child in enumerate(children)}
        way = aggregation or scheme.aggregation_of(parent)
        if way == "topsis":
            below, part = _all_below(scheme, parent, known, shares)
        known[parent] = AGGREGATIONS[way](below, part)
    return Climbed(known, shares)


def sibling_weights(scheme: Scheme) -> dict[str, np.ndarray]:
    """Return the weights a scheme states among siblings, by node, as arrays of one unit."""
    return {node.id: np.array([node.weight]) for node in scheme.nodes.values()}


def _upward(scheme: Scheme) -> list[str]:
    """Return the groups, the deepest first, and last the target."""
    return [*sorted((one.id for one in scheme.groups), key=lambda one: -len(scheme.path(one))), TARGET]


def _all_below(
    scheme: Scheme, parent: str, known: Mapping[str, np.ndarray], shares: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    depth = len(scheme.path(parent)) if parent else 0
    leaves = [leaf.id for leaf in scheme.leaves_below(parent)]
    weights = [_product(shares, scheme.path(leaf)[depth:]) for leaf in leaves]
    return np.stack([known[leaf] for leaf in leaves], axis=-2), np.stack(np.broadcast_arrays(*weights), axis=-2)


def _product(shares: Mapping[str, np.ndarray], path: tuple[str, ...]) -> np.ndarray:
    product = shares[path[0]]
    for step in path[1:]:
        product = product * shares[step]
    return product
