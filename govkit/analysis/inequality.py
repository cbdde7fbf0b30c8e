"""How unequally something is spread over people or places: Gini, Theil, Lorenz, concentration, segregation.

Values are per head (or per unit), ``weights`` how many heads stand behind each; missing values and their weights are
left out. Everything is plain: series in, numbers and frames out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from govkit.analysis.finite import finite
from govkit.errors import GovkitError


def _known(values: Any, weights: Any, *others: Any) -> tuple[np.ndarray, ...]:
    parts = [finite(pd.Series(np.asarray(values, dtype=object)), "数值").to_numpy()]
    told = np.ones(len(parts[0])) if weights is None else np.asarray(weights, dtype=object)
    parts.append(finite(pd.Series(told), "权重").to_numpy())
    parts += [np.asarray(one) for one in others]
    if len({len(one) for one in parts}) > 1:
        raise GovkitError("数值、权重和分组的个数不一样。")
    if (parts[1] < 0).any():
        raise GovkitError(f"权重应不小于 0，现在有 {int((parts[1] < 0).sum())} 个负数。")
    kept = ~np.isnan(parts[0]) & (parts[1] > 0)
    if not kept.any():
        raise GovkitError("没有可用的数值。", todo="数值和权重至少要有一对不缺。")
    return tuple(one[kept] for one in parts)


def _checked(values: np.ndarray, what: str) -> None:
    if (values < 0).any():
        raise GovkitError(f"{what}要求数值不小于 0，现在有 {int((values < 0).sum())} 个负数。")
    if values.sum() == 0:
        raise GovkitError(f"数值全部为 0，{what}没有意义。", todo="请核对是不是没有填报。")


def gini(values: Any, *, weights: Any = None) -> float:
    """Return the Gini coefficient, 0 (all equal) to nearly 1, of people with these ``values``.

    ``weights``: how many people have each, by default one. Half the mean difference between two people over the mean
    (Gini 1912), of the whole population, not a sample.

    >>> gini([1, 1, 1]), round(gini([0, 0, 0, 4]), 3)
    (0.0, 0.75)
    """
    found, people = _known(values, weights)
    _checked(found, "基尼系数")
    curve = lorenz(found, weights=people)
    steps = curve["people"].diff().iloc[1:].to_numpy()
    heights = curve["value"].to_numpy()
    return float(1 - (steps * (heights[1:] + heights[:-1])).sum())


def lorenz(values: Any, *, weights: Any = None) -> pd.DataFrame:
    """Return the Lorenz curve from (0, 0) to (1, 1): ``people`` (share, the poorest first), ``value`` (their share).

    ``values`` and ``weights`` as in ``gini``.
    """
    found, people = _known(values, weights)
    _checked(found, "洛伦兹曲线")
    return _curve(found * people, people, np.argsort(found, kind="stable"))


def concentration(values: Any, rank: Any, *, weights: Any = None) -> tuple[float, pd.DataFrame]:
    """Return the concentration index and curve of ``values`` over people ordered by ``rank`` (need, income; low first).

    -1 to 1; negative: those low in rank have more. People of one rank share alike. ``weights`` as in ``gini``. Method:
    Wagstaff, Paci and van Doorslaer, Social Science & Medicine 33 (1991) 545-557.
    """
    found, people, order = _known(values, weights, finite(pd.Series(np.asarray(rank, dtype=object)), "排序变量"))
    _checked(found, "集中指数")
    if np.isnan(order).any():
        raise GovkitError(f"排序变量有 {int(np.isnan(order).sum())} 处缺失。", todo="请补上，或去掉这些行。")
    table = pd.DataFrame({"rank": order, "total": found * people, "people": people}).groupby("rank").sum()
    curve = _curve(table["total"].to_numpy(), table["people"].to_numpy(), np.arange(len(table)))
    steps, heights = np.diff(curve["people"]), curve["value"].to_numpy()
    return float(1 - (steps * (heights[1:] + heights[:-1])).sum()), curve


def _curve(totals: np.ndarray, people: np.ndarray, order: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "people": np.append(0.0, np.cumsum(people[order]) / people.sum()),
            "value": np.append(0.0, np.cumsum(totals[order]) / totals.sum()),
        }
    )


def theil(values: Any, *, weights: Any = None, groups: Any = None) -> dict[str, float]:
    """Return Theil's T: ``total`` and, with ``groups``, its parts ``between`` and ``within``, and ``share`` between.

    T = Σ s ln(s / p), s the share of the whole and p of the people of each (Theil 1967); the parts add up exactly. A
    value of 0 adds nothing. ``values`` and ``weights`` as in ``gini``.

    >>> theil([1, 3], groups=["a", "b"])["share"]
    1.0
    """
    found, people, *grouped = _known(values, weights, *([] if groups is None else [groups]))
    _checked(found, "泰尔指数")
    if grouped and pd.isna(grouped[0]).any():
        raise GovkitError(f"分组有 {int(pd.isna(grouped[0]).sum())} 处缺失。", todo="请补上，或去掉这些行。")
    share, part = found * people / (found * people).sum(), people / people.sum()
    total = 0.0 if np.ptp(found) == 0 else _theil(share, part)
    if not grouped:
        return {"total": total}
    table = pd.DataFrame({"share": share, "part": part}).groupby(pd.Series(grouped[0])).sum()
    between = 0.0 if total == 0 else _theil(table["share"].to_numpy(), table["part"].to_numpy())
    return {
        "total": total,
        "between": between,
        "within": total - between,
        "share": between / total if total > 0 else float("nan"),
    }


def _theil(share: np.ndarray, part: np.ndarray) -> float:
    there = share > 0
    return float((share[there] * np.log(share[there] / part[there])).sum())


def segregation(counts: pd.DataFrame) -> pd.DataFrame:
    """Return how unevenly groups live over places: ``counts`` is places × groups, a row an index comes out a group.

    Columns: ``dissimilarity`` (the share that would have to move, against all others; Duncan and Duncan 1955),
    ``isolation`` and ``exposure`` (the share of their own, of others where a member lives; Bell 1954), ``share`` (of
    all people). Places without people count for nothing; a count that is missing is refused, it is no nought.
    """
    table = counts.apply(lambda one: finite(one, f"{one.name} 的人数"))
    if table.isna().any(axis=None):
        lost = int(table.isna().any(axis=1).sum())
        raise GovkitError(f"{lost} 个地方缺少某个群体的人数。", todo="请补上（没有人的写 0），或去掉这些地方。")
    if table.shape[1] < 2 or (table < 0).any(axis=None):
        raise GovkitError("隔离指数要两个以上群体的人数，且不小于 0。")
    table = table.loc[table.sum(axis=1) > 0]
    whole = table.sum(axis=1)
    if not len(whole):
        raise GovkitError("没有一个地方有人，谈不上隔离。", todo="请核对是不是没有填报。")
    rows = {}
    for group in table:
        mine, others = table[group], whole - table[group]
        if mine.sum() == 0 or others.sum() == 0:
            rows[group] = (float("nan"),) * 3 + (float(mine.sum() / whole.sum()),)
            continue
        dissimilarity = float((mine / mine.sum() - others / others.sum()).abs().sum() / 2)
        isolation = float((mine / mine.sum() * mine / whole).sum())
        rows[group] = (dissimilarity, isolation, 1 - isolation, float(mine.sum() / whole.sum()))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["dissimilarity", "isolation", "exposure", "share"])
