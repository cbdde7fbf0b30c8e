"""Weights that come from the scores themselves: entropy, CRITIC, components; from comparisons (AHP); combined.

Every way takes leaf scores (leaves × units, 0–100, missing where unknown) and returns a weight a leaf, summing to 1.
Leaves that do not tell the units apart get none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.catalogue.stated import shown_name
from govkit.errors import GovkitError

if TYPE_CHECKING:
    from govkit.analysis.score.scheme import Node, Scheme

# Fewer units tell nothing of spread or correlation.
LEAST_UNITS = 3

Weighting = Callable[[np.ndarray], np.ndarray]


def entropy_weights(scores: np.ndarray) -> np.ndarray:
    """Return weights by how unevenly a leaf's scores are spread over the units.

    Method: Shannon's entropy of each leaf's shares, e = −Σ p ln p / ln n, weight ∝ 1 − e (Hwang and Yoon 1981, 3.3).
    """
    known = np.where(np.isnan(scores), 0.0, scores)
    count = (~np.isnan(scores)).sum(axis=1)
    total = known.sum(axis=1, keepdims=True)
    share = known / np.where(total > 0, total, 1.0)
    logs = np.log(np.where(share > 0, share, 1.0))
    entropy = -(share * logs).sum(axis=1) / np.log(np.maximum(count, 2))
    divergence = np.where((count > 1) & (total[:, 0] > 0), np.clip(1.0 - entropy, 0.0, 1.0), 0.0)
    return _summing_to_one(np.where(_deviations(scores) > 0, divergence, 0.0))


def critic_weights(scores: np.ndarray) -> np.ndarray:
    """Return weights by each leaf's contrast and its conflict with the other leaves.

    Method: CRITIC, weight ∝ σ · Σ (1 − r), Diakoulaki, Mavrotas and Papayannakis, Computers & Operations Research 22
    (1995) 763-770. Correlations over the units where both leaves are known.
    """
    deviations = _deviations(scores)
    return _summing_to_one(deviations * (1.0 - correlations(scores)).sum(axis=1))


def pca_weights(scores: np.ndarray) -> np.ndarray:
    """Return weights by the share of a leaf's variance the principal components with eigenvalues above 1 hold.

    Method: OECD/JRC, Handbook on Constructing Composite Indicators (2008), 6.1, unrotated: weight ∝ communality.
    """
    telling = np.flatnonzero(_deviations(scores) > 0)
    weights = np.zeros(len(scores))
    if len(telling):
        values, vectors = np.linalg.eigh(correlations(scores[telling]))
        kept = (values > 1.0 + 1e-9) | (values == values.max())
        weights[telling] = (vectors[:, kept] ** 2 * values[kept]).sum(axis=1)
    return _summing_to_one(weights)


DATA_WEIGHTINGS: dict[str, Weighting] = {
    "entropy": entropy_weights,
    "critic": critic_weights,
    "pca": pca_weights,
}


def correlations(scores: np.ndarray) -> np.ndarray:
    """Return the correlations of the leaves over the units where both are known; 1 on the diagonal, 0 where unknown."""
    found = pd.DataFrame(scores.T).corr(min_periods=LEAST_UNITS).to_numpy(copy=True)
    found[np.isnan(found)] = 0.0
    np.fill_diagonal(found, 1.0)
    return found


def weighted(scheme: Scheme, scores: np.ndarray) -> Scheme:
    """Return the scheme with the weights its weighting gives for these leaf scores (leaves × units).

    Given, equal and AHP weights stand in the scheme already. Weights from data are found for all leaves at once and
    summed up the tree; a combination mixes the weights among siblings. Raises GovkitError for fewer than three units.
    """
    used = [name for name, _ in scheme.weighting_parts if name in DATA_WEIGHTINGS]
    if not used:
        return scheme
    units = int((~np.isnan(scores)).any(axis=0).sum())
    if units < LEAST_UNITS:
        raise GovkitError(
            f"只有 {units} 个单元有数据，{'、'.join(used)} 赋权至少需要 {LEAST_UNITS} 个。",
            where=f"{shown_name(scheme.file)}：weighting",
            todo='改用 weighting = "given"、"equal" 或 "ahp"，或补充单元的数据。',
        )
    return mixed(scheme, {name: _among_siblings(scheme, DATA_WEIGHTINGS[name](scores)) for name in used})


def mixed(scheme: Scheme, found: Mapping[str, Mapping[str, float]]) -> Scheme:
    """Return the scheme with its parts of weighting mixed among siblings; ``found`` are those that come from data.

    ``combination`` says how: the weighted sum, or the weighted geometric mean; both sum to 1 again.
    """
    stated = {"given": _given, "equal": _equal, "ahp": _compared}
    parts = [(found[name] if name in found else stated[name](scheme), part) for name, part in scheme.weighting_parts]
    weights: dict[str, float] = {}
    for children in _families(scheme):
        table = np.array([[one[child] for child in children] for one, _ in parts])
        share = np.array([[part] for _, part in parts])
        mix = (table**share).prod(axis=0) if scheme.combination == "product" else (table * share).sum(axis=0)
        weights |= dict(zip(children, _summing_to_one(mix), strict=True))
    return with_weights(scheme, weights)


def with_weights(scheme: Scheme, weights: Mapping[str, float]) -> Scheme:
    """Return the scheme with other weights among siblings, by node."""

    def reweighted(node: Node) -> Node:
        return replace(node, weight=float(weights[node.id]))

    groups = tuple(reweighted(one) for one in scheme.groups)
    return replace(scheme, groups=groups, leaves=tuple(reweighted(one) for one in scheme.leaves))  # type: ignore[arg-type,misc]


def _families(scheme: Scheme) -> list[list[str]]:
    return [[child.id for child in scheme.children(parent)] for parent in ["", *(one.id for one in scheme.groups)]]


def _given(scheme: Scheme) -> dict[str, float]:
    """Return the weights the file states; siblings without any share alike."""
    stated = {node.id: node.weight for node in scheme.nodes.values()}
    equal = _equal(scheme)
    return {one: equal[one] if np.isnan(weight) else weight for one, weight in stated.items()}


def _equal(scheme: Scheme) -> dict[str, float]:
    return {child: 1 / len(children) for children in _families(scheme) for child in children}


def _compared(scheme: Scheme) -> dict[str, float]:
    """Return the weights of the pairwise matrices; siblings without a matrix keep their given ones."""
    found = _given(scheme)
    for one in scheme.pairwise:
        found |= {child: float(weight) for child, weight in zip(one.order, ahp_weights(one.array), strict=True)}
    return found


def _among_siblings(scheme: Scheme, leaf_weights: np.ndarray) -> dict[str, float]:
    """Return weights among siblings from weights of leaves in the whole; siblings that have none share alike."""
    whole = {leaf.id: float(weight) for leaf, weight in zip(scheme.leaves, leaf_weights, strict=True)}
    for group in scheme.groups:
        whole[group.id] = sum(whole[leaf.id] for leaf in scheme.leaves_below(group.id))
    shares: dict[str, float] = {}
    for children in _families(scheme):
        total = sum(whole[child] for child in children)
        shares |= {child: whole[child] / total if total > 0 else 1 / len(children) for child in children}
    return shares


def _deviations(scores: np.ndarray) -> np.ndarray:
    """Return each leaf's standard deviation; 0 where it is only rounding or fewer than two units are known."""
    found = pd.DataFrame(scores.T).std().fillna(0.0).to_numpy()
    return np.where(found > 1e-9, found, 0.0)


def _summing_to_one(weights: np.ndarray) -> np.ndarray:
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(weights), 1 / len(weights))


def ahp_weights(matrix: np.ndarray) -> np.ndarray:
    """Return the weights a reciprocal matrix of comparisons gives: its principal eigenvector, summing to 1.

    Method: Saaty, The Analytic Hierarchy Process (1980).

    >>> ahp_weights(np.array([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])).round(3).tolist()
    [0.637, 0.258, 0.105]
    """
    values, vectors = np.linalg.eig(matrix)
    principal = np.abs(vectors[:, np.argmax(values.real)].real)
    return principal / principal.sum()


def consistency_ratio(matrix: np.ndarray) -> float:
    """Return CR: the consistency index over that of random matrices of the same order; 0 below order 3.

    Random indices: Saaty (1980), in catalogue/analysis.toml; orders beyond the table take its last entry.
    """
    order = len(matrix)
    if order < 3:
        return 0.0
    largest = float(np.linalg.eigvals(matrix).real.max())
    index = (largest - order) / (order - 1)
    table = catalogue.load("analysis")["ahp"]["random_index"]
    return max(index, 0.0) / float(table[min(order, len(table)) - 1])


def as_matrix(rows: Sequence[Sequence[object]]) -> np.ndarray:
    """Return the matrix a file states; cells are numbers or fractions such as ``"1/3"``.

    Raises ValueError for a matrix that is not square or a cell that is no positive number.

    >>> as_matrix([[1, "3"], ["1/3", 1]]).round(2).tolist()
    [[1.0, 3.0], [0.33, 1.0]]
    """
    if any(not isinstance(row, list) or len(row) != len(rows) for row in rows):
        raise ValueError("matrix 的行数与列数不等")
    return np.array([[_number(cell) for cell in row] for row in rows])


def _number(cell: object) -> float:
    over, _, under = str(cell).partition("/")
    try:
        value = float(over) / float(under or 1)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"matrix 里的 {cell!r} 不是数") from None
    if not 0 < value < float("inf"):
        raise ValueError(f"matrix 里的 {cell!r} 应大于 0")
    return value


def not_reciprocal(matrix: np.ndarray, *, tolerance: float) -> list[tuple[int, int]]:
    """Return the places (row, column; row ≤ column) whose product with their mirror is not 1 within ``tolerance``."""
    product = matrix * matrix.T
    rows, columns = np.nonzero(np.triu(np.abs(product - 1.0) > tolerance))
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]
