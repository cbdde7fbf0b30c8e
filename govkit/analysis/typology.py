"""Like with like: places grouped, ranked among their like, measured type by type; rates in a funnel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from govkit.analysis.finite import finite
from govkit.analysis.measures.coverage import GridAudit
from govkit.analysis.measures.measure import measure_info, measures
from govkit.analysis.measures.scope import Tables
from govkit.analysis.notes import note
from govkit.errors import GovkitError
from govkit.periods import Period

_SEED = 20170501
_RESAMPLED = 50
_LEAST_OF_A_KIND = 3
_LEAST_SPREAD = 10


def alike(features: pd.DataFrame, *, groups: int = 4) -> tuple[pd.DataFrame, float]:
    """Return which group of like places each belongs to, and how stable the groups are (0 to 1).

    ``features``: places × numbers, put on one scale by their mean and deviation; places that lack one are left out
    (missing group). Columns: ``group`` (1 is the largest), ``typical`` (the place in the middle of the group),
    ``distance`` to it. Stability: the mean adjusted Rand index between the groups of all and of nine tenths drawn
    again; below 0.7 hardly worth a name. Method: k-medoids (Kaufman and Rousseeuw 1990; Schubert and Lenssen 2022),
    extra ``research``.
    """
    whole = features.apply(lambda one: finite(one, str(one.name))).dropna()
    most = len(whole) // _LEAST_OF_A_KIND
    if most < 2:
        what = f"分组至少要 {2 * _LEAST_OF_A_KIND} 个各项都有数的单元，现在有 {len(whole)} 个。"
        raise GovkitError(what, todo="请补上缺的数，去掉缺得多的项，或逐个描述。")
    if not 2 <= groups <= most:
        raise GovkitError(f"groups 应为 2 到 {most}（每组至少 {_LEAST_OF_A_KIND} 个），现在是 {groups!r}。")
    numbers = whole.to_numpy(dtype=float)
    spread = numbers.std(axis=0)
    if not (spread > 0).any():
        raise GovkitError("各单元的各项数值都相同，分不出类。")
    scaled = (numbers - numbers.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    apart = np.sqrt(((scaled[:, None] - scaled[None]) ** 2).sum(axis=-1))
    labels, medoids = _medoids(apart, groups)
    order = np.argsort(-np.bincount(labels, minlength=groups), kind="stable")
    number = np.empty(groups, dtype=int)
    number[order] = np.arange(1, groups + 1)
    found = pd.DataFrame(
        {
            "group": pd.array(number[labels], dtype="Int64"),
            "typical": whole.index[medoids[labels]],
            "distance": apart[np.arange(len(labels)), medoids[labels]],
        },
        index=whole.index,
    )
    return found.reindex(features.index), _stability(apart, labels, groups)


def _medoids(apart: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        import kmedoids
    except ModuleNotFoundError as error:
        what = f"分组需要 {error.name}，这里没有安装。"
        raise GovkitError(what, todo='请安装研究用的软件包：pip install "govkit[research]"。') from None
    found = kmedoids.fasterpam(apart, groups, random_state=_SEED)
    return np.asarray(found.labels, dtype=int), np.asarray(found.medoids, dtype=int)


def _stability(apart: np.ndarray, labels: np.ndarray, groups: int) -> float:
    random, found = np.random.default_rng(_SEED), []
    for _ in range(_RESAMPLED):
        kept = np.sort(random.permutation(len(labels))[: max(groups, int(0.9 * len(labels)))])
        again, _ = _medoids(apart[np.ix_(kept, kept)], groups)
        found.append(_adjusted_rand(labels[kept], again))
    return float(np.mean(found))


def _adjusted_rand(one: np.ndarray, other: np.ndarray) -> float:
    """Return the adjusted Rand index of two groupings (Hubert and Arabie 1985)."""
    table = pd.crosstab(one, other).to_numpy(dtype=float)
    pairs = lambda counts: float((counts * (counts - 1) / 2).sum())  # noqa: E731 - a formula, named
    together, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = rows * columns / max(pairs(np.array([table.sum()])), 1.0)
    most = (rows + columns) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def ranked_among_alike(values: pd.Series, group: pd.Series, *, higher_is_better: bool = True) -> pd.DataFrame:
    """Return each place among those of its group; missing without value or group.

    ``values`` and ``group``: series by place; ``higher_is_better``: rank 1 is the largest. Columns: ``value``,
    ``group``, ``rank`` (1 is best), ``of`` (how many have a value), ``gap`` to the group's median. Raises GovkitError
    where the two do not speak of the same places.
    """
    if group.index.has_duplicates or (len(values) and not values.index.isin(group.index).any()):
        shown = "、".join(repr(str(one)) for one in (*values.index[:2], *group.index[:2]))
        what = "数值与分组的索引对不上：分组的索引有重复，或没有一个与数值的相同"
        raise GovkitError(f"{what}（如 {shown}）。", todo="请给两者设同样的索引（set_index），如单元代码。")
    frame = pd.DataFrame({"value": values, "group": group.reindex(values.index)})
    within = frame.groupby("group")["value"]
    rank = within.rank(ascending=not higher_is_better, method="min")
    gap = frame["value"] - within.transform("median")
    return frame.assign(rank=rank.astype("Int64"), of=within.transform("count").astype("Int64"), gap=gap)


def funnel(numerator: pd.Series, denominator: pd.Series, *, target: float | None = None) -> pd.DataFrame:
    """Return how far each rate lies from the target, allowing for small n and for more spread than chance alone gives.

    A rate is ``numerator`` over ``denominator``, series on one index. Columns: ``rate``, ``n``, ``low_95``,
    ``high_95``, ``low_998``, ``high_998`` (the funnel at its n), ``z``, ``z_adjusted`` (over the square root of the
    overdispersion) and ``outside`` (boolean: the adjusted z beyond 3.09). ``attrs`` hold ``target`` (by default the
    rate of all), ``overdispersion`` φ, 1 where chance explains the spread, and ``notes``. Method: Spiegelhalter,
    Statistics in Medicine 24 (2005) 1185-1202, a tenth of the z at either end winsorised.
    """
    known = denominator.gt(0) & numerator.notna()
    if known.sum() < 2:
        raise GovkitError("漏斗图至少要两个有分子、分母的单元。")
    top, n = finite(numerator[known], "分子"), finite(denominator[known], "分母")
    if (top < 0).any() or (top > n).any():
        wrong = "、".join(map(str, top.index[(top < 0) | (top > n)][:5]))
        raise GovkitError(f"分子应在 0 与分母之间，这些单元不是：{wrong}。", todo="请核对是不是填反了。")
    middle = float(top.sum() / n.sum()) if target is None else float(target)
    if not 0 < middle < 1:
        raise GovkitError(f"目标应在 0 和 1 之间，现在是 {middle!r}：全部达到或全部没有达到时不必画漏斗。")
    error = np.sqrt(middle * (1 - middle) / n)
    z = (top / n - middle) / error
    low, high = z.quantile(0.1), z.quantile(0.9)
    phi = float((z.clip(low, high) ** 2).mean())
    dispersion = phi if phi > 1 + 2 * np.sqrt(2 / len(z)) else 1.0
    wide = error * np.sqrt(dispersion)
    adjusted = z / np.sqrt(dispersion)
    bounds = {
        f"{side}_{name}": (middle + sign * reach * wide).clip(0, 1)
        for name, reach in (("95", 1.96), ("998", 3.09))
        for side, sign in (("low", -1), ("high", 1))
    }
    found = pd.DataFrame(
        {"rate": top / n, "n": n, **bounds, "z": z, "z_adjusted": adjusted, "outside": adjusted.abs() > 3.09}
    )
    left = numerator.index[~known].union(denominator.index[~known.reindex(denominator.index, fill_value=False)])
    notes = [note("funnel_left", count=len(left), names="、".join(map(str, left[:5])))] if len(left) else []
    if len(z) < _LEAST_SPREAD:
        notes.append(note("funnel_few", count=len(z)))
    found.attrs.update(target=middle, overdispersion=dispersion, notes=notes)
    return found


def types(tables: Tables) -> pd.Series:
    """Return the type of every community that has one, indexed by unit code."""
    units = tables["units"]
    if "type" not in units:
        return pd.Series(dtype="str", name="type")
    inside = units.loc[(units["level"] == "community") & units["type"].notna()]
    return inside.drop_duplicates("unit_code").set_index("unit_code")["type"]


def compared(
    names: Iterable[str], tables: Tables, period: Period, *, crs: Any = None, audit: GridAudit | None = None
) -> pd.DataFrame:
    """Return measures by type of community, a row a measure and type; measures without any value are left out.

    Columns: ``measure``, ``label``, ``unit``, ``direction``, ``type``, ``communities`` (of the type, with a value),
    ``value`` (ratios: numerators over denominators of all of them; other measures: their mean). A type of which too
    few rows are known (the measure's ``completeness``) has no value.
    """
    kinds = types(tables)
    rows = []
    measured = measures(names, tables, period, by="unit_code", crs=crs, audit=audit)
    for name, found in measured.items():
        info = measure_info(name)
        found = found.loc[found.index.isin(kinds.index)]
        rows_of = found[["n", "rows_missing"]].groupby(kinds.reindex(found.index)).sum()
        enough = rows_of["n"] >= info.completeness * rows_of.sum(axis=1)
        found = found.loc[found["value"].notna()]
        for kind, part in found.groupby(kinds.reindex(found.index)):
            if not enough[kind]:
                continue
            value = part["value"].mean()
            if part["denominator"].notna().all():
                value = part["numerator"].sum() / part["denominator"].sum()
            rows.append((name, info.label, info.unit, info.direction, kind, len(part), value))
    return pd.DataFrame(rows, columns=["measure", "label", "unit", "direction", "type", "communities", "value"])


def counted(tables: Tables) -> pd.DataFrame:
    """Return the types with ``communities``, ``population`` and ``households``, the most communities first."""
    kinds = types(tables)
    units = tables["units"].drop_duplicates("unit_code").set_index("unit_code").reindex(kinds.index)
    grouped = units.groupby(kinds)
    frame = grouped[["population", "households"]].sum(min_count=1)
    frame.insert(0, "communities", grouped.size())
    return frame.rename_axis("type").sort_values("communities", ascending=False, kind="stable")
