"""Grid matters: at which level one is settled, what it is about, and the ledger as every zone's platform exports it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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


def community_matters(
    grids: pd.DataFrame,
    kinds: list[dict[str, str]],
    quality: np.ndarray,
    rng: np.random.Generator,
    *,
    usual: np.ndarray | float,
    start: pd.Timestamp,
    days: int,
    levels: tuple[str, ...],
    settled: Mapping[str, Any],
    slower: tuple[float, ...],
    better: float,
    stuck: tuple[float, float, float, float],
    as_of: pd.Timestamp,
) -> pd.DataFrame:
    """Return the matters of ``days`` days, ``usual`` a grid, of the ``weight`` and ``hours`` of ``kinds``.

    ``quality`` is how well each grid's community does: ``better`` times it shortens the hours, ``slower`` lengthens
    them by level. ``stuck`` is the share never settled, how much quality takes off it, and its bounds.
    """
    of = np.repeat(np.arange(len(grids)), rng.poisson(usual * rng.lognormal(0, 0.3, len(grids))))
    kind = drawn(pd.Series([one["weight"] for one in kinds]), len(of), rng)
    level = settling_level(quality[of], rng, **settled)
    hours = np.array([float(one["hours"]) for one in kinds])[kind] * np.array(slower)[level]
    hours = hours * np.exp(rng.normal(-better * quality[of], 0.7))
    day, hour = rng.integers(0, days, len(of)), 7 + 12 * rng.beta(2.4, 2.8, len(of))
    reported = (start + pd.to_timedelta(day * 24 + hour, unit="h")).floor("min")
    done = pd.Series((reported + pd.to_timedelta(hours, unit="h")).floor("min"))
    never = rng.random(len(of)) < np.clip(stuck[0] - stuck[1] * quality[of], *stuck[2:])
    code = (grids["unit_code"] + grids["number"].astype(str).str.zfill(3)).to_numpy()
    return pd.DataFrame(
        {
            "grid": code[of],
            "kind": np.array([one["kind"] for one in kinds])[kind],
            "reported": reported,
            "settled": done.mask(never | (done > as_of)),
            "level": np.array(levels)[level],
        }
    )


def by_month(rows: pd.DataFrame, *, head: str, digits: int = 4) -> pd.Series:
    """Return the numbers of rows in order: ``head``, the month, and a count within it of so many digits."""
    month = rows["reported"].dt.strftime("%Y%m")
    return head + month + (rows.groupby(month).cumcount() + 1).astype(str).str.zfill(digits)


def in_order(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the matters of several times, by when and where they were reported."""
    return pd.concat(parts, ignore_index=True).sort_values(["reported", "grid"], kind="stable", ignore_index=True)


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
