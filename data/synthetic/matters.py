"""Grid matters: at which level one is settled, what it is about, and the ledger as every zone's platform exports it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def settling_level(
    well: np.ndarray,
    rng: np.random.Generator,
    *,
    odds: Sequence[float],
    pull: float,
    powers: Sequence[float],
    at: float,
) -> np.ndarray:
    """Return the level (0 the grid, 3 the county) at which each matter is settled.

    ``odds`` of the four levels hold where a community does as ``well`` as ``at``; the better it does, the nearer to the
    grid: by ``pull`` times the ``powers`` of the levels.
    """
    up = np.exp(-pull * (well - at))[:, None] ** np.array(powers)
    chances = np.array(odds) * up
    edges = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)
    return (rng.random(len(well))[:, None] > edges).sum(axis=1).clip(0, 3)


def drawn(weights: pd.Series, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return so many positions of ``weights``, each with its chance."""
    chances = weights.astype(float).to_numpy()
    return rng.choice(len(chances), size, p=chances / chances.sum())


def matter_ledger(rows: pd.DataFrame, numbers: pd.Series, *, of: str, day: str, settled_word: str) -> pd.DataFrame:
    """Return the ledger of ``rows``: ``grid``, ``kind``, ``reported``, ``settled`` (missing while open), ``level``.

    ``of`` is what the ledger calls a matter (事项 or 事件), ``day`` how it writes a moment.
    """
    settled = rows["settled"].notna()
    return pd.DataFrame(
        {
            f"{of}编号": numbers,
            "网格编码": rows["grid"],
            f"{of}类别": rows["kind"],
            "上报时间": rows["reported"].dt.strftime(day),
            "办结时间": rows["settled"].dt.strftime(day),
            "办结层级": rows["level"].where(settled),
            "状态": np.where(settled, settled_word, "办理中"),
        }
    )
