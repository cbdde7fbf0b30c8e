"""Numbers drawn at random that still meet a published total."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV in UTF-8, every value as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return a generator of its own for every purpose, so that a change in one table leaves the others alone."""
    return np.random.default_rng([seed, int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:4])])


def shared_out(total: int, weights: np.ndarray, *, least: int = 0) -> np.ndarray:
    """Return whole numbers in proportion to ``weights`` that sum to ``total``, none below ``least``."""
    rest = total - least * len(weights)
    exact = rest * weights / weights.sum()
    whole = np.floor(exact).astype(int)
    whole[np.argsort(whole - exact, kind="stable")[: rest - whole.sum()]] += 1
    return whole + least


def moved(counts: np.ndarray, wanted: float, most: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return counts that sum to ``wanted``: cases are added where there is room, or taken away, one by one."""
    counts = counts.copy()
    while (gap := int(wanted) - int(counts.sum())) != 0:
        room = np.flatnonzero(counts < most) if gap > 0 else np.flatnonzero(counts > 0)
        chosen = rng.permutation(room)[: abs(gap)]
        counts[chosen] += np.sign(gap)
    return counts
