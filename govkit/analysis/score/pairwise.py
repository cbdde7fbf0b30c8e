"""Weights from a pairwise comparison matrix (AHP), and how consistent the comparisons are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from govkit import catalogue


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
