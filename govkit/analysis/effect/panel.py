"""A panel for evaluating a pilot: outcomes of units over time, when each unit began, and in which cluster it lies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from govkit.analysis.effect.timeline import Moment, Timeline, moment, timeline
from govkit.errors import GovkitError, UnknownNameError

_FLAGS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True, "否": False, "是": True}

_LARGEST = 1e100  # its square is still a number
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")


@dataclass(frozen=True, eq=False)
class Panel:
    """``values``: units × times, missing where nothing was observed or the start fell within the period.

    ``start``: the place of each unit's first treated time among ``times``, ``len(times)`` where it was never treated.
    ``cluster``: a number a unit; ``clusters``: their names. ``said``: what was left out or read otherwise, by key
    (see catalogue/effect.toml), with what fills the sentence.
    """

    values: np.ndarray
    start: np.ndarray
    cluster: np.ndarray
    units: pd.Index
    times: pd.Index
    clusters: pd.Index
    outcome: str
    said: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def treated(self) -> np.ndarray:
        """Whether each unit was ever treated."""
        return self.start < len(self.times)

    @property
    def after(self) -> np.ndarray:
        """Units × times: whether the unit has begun."""
        return np.arange(len(self.times)) >= self.start[:, None]

    @property
    def starts(self) -> np.ndarray:
        """The places of the times at which units began, in order."""
        return np.unique(self.start[self.treated])

    @property
    def complete(self) -> bool:
        """Whether every unit has a value at every time."""
        return not np.isnan(self.values).any()

    @property
    def treated_clusters(self) -> int:
        """How many clusters hold a treated unit."""
        return len(np.unique(self.cluster[self.treated]))

    @property
    def untreated_clusters(self) -> int:
        """How many clusters hold no treated unit."""
        return len(self.clusters) - self.treated_clusters


def panel(frame: pd.DataFrame, *, unit: str, time: str, outcome: str, start: str, cluster: str | None) -> Panel:
    """Return the panel a long frame holds, a row a unit and time.

    ``start``: the first treated time of the row's unit (a date within a period keeps that period out of before and
    after), missing, 0 or infinity for units never treated; or a column of 0 and 1 that says whether the unit is
    treated at that time. Units observed on one side of their start alone are left out. Raises UnknownNameError for a
    column that is not there, GovkitError for a panel from which no effect can be told.
    """
    if not isinstance(frame, pd.DataFrame):
        raise GovkitError(f"要一张数据表（pandas.DataFrame），现在给的是 {type(frame).__name__}。")
    asked = (unit, time, outcome, start, *([cluster] if cluster else []))
    frame = frame.reset_index([name for name in frame.index.names if name in asked])
    for name in asked:
        if name not in frame:
            raise UnknownNameError("列", str(name), map(str, frame.columns))
        if (frame.columns == name).sum() > 1:
            raise GovkitError(f"有不止一列叫 {name!r}。", todo="请先给列起不同的名称。")
    said: list[tuple[str, Mapping[str, Any]]] = []
    rows = pd.DataFrame({"unit": _names(frame[unit], said), "time": frame[time], "start": frame[start]})
    rows["value"] = _numbers(frame[outcome], outcome)
    rows["cluster"] = _names(frame[cluster], said) if cluster and cluster != unit else rows["unit"]
    rows = _without_keys(rows, said)
    dated = any(isinstance(moment(one), Moment) for one in rows["start"].dropna().unique())
    line, place = timeline(rows["time"], name=time, dated=dated)
    times, rows["time"] = line.index, place
    repeated = rows.duplicated(["unit", "time"], keep=False)
    if repeated.any():
        first = rows.loc[repeated].iloc[0]
        where = f"{unit} = {first['unit']}，{time} = {times[int(first['time'])]}"
        what = f"同一单元同一时间有多行：{where}，共 {int(repeated.sum())} 行。"
        raise GovkitError(what, todo="请先按单元和时间汇总成一行，或分开各结果指标。")
    values = rows.pivot(index="unit", columns="time", values="value").reindex(columns=range(len(times)))
    first_rows = rows.groupby("unit", sort=True)
    moved = first_rows["cluster"].nunique(dropna=False)
    if (moved > 1).any():
        name = moved.index[moved > 1][0]
        raise GovkitError(f"单元 {name!r} 在不同时间属于不同的聚类（{cluster}）。", todo="请用试点开始时的归属。")
    begun, within = _starts(rows, line, said, start)
    matrix = values.to_numpy(dtype=float).copy()
    for row in np.flatnonzero(within >= 0):
        matrix[row, within[row]] = np.nan
    codes, names = pd.factorize(first_rows["cluster"].first(), sort=True)
    found = Panel(matrix, begun, codes, values.index, times, pd.Index(names), outcome, tuple(said))
    return _usable(found, periods_of_start=int((within >= 0).sum()))


def _names(column: pd.Series, said: list[tuple[str, Mapping[str, Any]]]) -> pd.Series:
    """Return names of units or clusters, those that differ in spaces, width or type alone as one, which is said."""
    known = column.dropna().drop_duplicates()
    plain = {one: str(int(one)) if isinstance(one, float) and one.is_integer() else str(one) for one in known}
    plain = {one: unicodedata.normalize("NFKC", text).strip() for one, text in plain.items()}
    spelt = pd.Series(plain.values(), dtype=object).value_counts()
    if (spelt > 1).any():
        said.append(("spelt", {"names": few(spelt.index[spelt > 1])}))
    whole = pd.api.types.is_integer_dtype(column)
    return column.astype(object) if whole else column.astype(object).map(plain).replace({"": None})


def _numbers(column: pd.Series, name: str) -> pd.Series:
    """Return an outcome as numbers; text may be full-width and have commas between thousands, blank is missing."""
    plain = column.map(lambda one: unicodedata.normalize("NFKC", one).strip() if isinstance(one, str) else one)
    plain = plain.map(lambda one: one.replace(",", "") if isinstance(one, str) and _THOUSANDS.fullmatch(one) else one)
    plain = plain.where(plain.map(lambda one: one != ""))
    try:
        found = pd.to_numeric(plain, errors="coerce").astype("float64")
    except (ValueError, TypeError):
        found = pd.Series(np.nan, index=column.index)
    if found[np.isfinite(found)].abs().max() > _LARGEST:
        what = f"结果列 {name!r} 有 {found[np.isfinite(found)].abs().max():.0e} 这样大的数，算不了。"
        raise GovkitError(what, allowed=f"绝对值不超过 {_LARGEST:.0e} 的数", todo="请核对，或换大一些的单位。")
    odd = column[found.isna() & plain.notna()]
    if len(odd):
        shown = "、".join(repr(str(one)) for one in odd.unique()[:3])
        raise GovkitError(
            f"结果列 {name!r} 不全是数：{len(odd)} 处不是，如 {shown}。", todo="请先把文字改成数，缺的留空。"
        )
    return found


def _without_keys(rows: pd.DataFrame, said: list[tuple[str, Mapping[str, Any]]]) -> pd.DataFrame:
    keyless = rows[["unit", "time", "cluster"]].isna().any(axis=1)
    if keyless.any():
        said.append(("keyless", {"rows": int(keyless.sum())}))
    rows = rows.loc[~keyless].reset_index(drop=True)
    if rows.empty:
        raise GovkitError("没有一行同时有单元、时间和聚类。", todo="请核对这几列是不是空的。")
    return rows.replace({"value": {np.inf: np.nan, -np.inf: np.nan}})


def _starts(
    rows: pd.DataFrame, line: Timeline, said: list[tuple[str, Mapping[str, Any]]], column: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each unit's first treated time and, where a start fell within a time, that time's place."""
    unit = rows["unit"]
    flags = rows["start"].map(_flag)
    if rows["start"].notna().any() and flags.notna().sum() == rows["start"].notna().sum():
        if flags.groupby(unit).nunique().gt(1).any():
            return _switched(rows, flags, len(line.index), column)
        times = line.begins is None and pd.api.types.is_number(line.index[0]) and line.index[0] < 2
        figures = rows["start"].map(lambda one: not isinstance(one, bool | np.bool_) and str(one).strip()[:1].isdigit())
        if flags.eq(True).any() and not (times and figures[rows["start"].notna()].all()):
            raise GovkitError(
                f"起始时间列（{column}）只有“是、否”而且不随时间变：这是试点组的标记，说不出从哪一期开始。",
                todo="请改成起始时间，或改成每期一个 0 或 1（当期是否在试点）。",
            )
    codes, distinct = pd.factorize(rows["start"].astype(object))
    places = [line.place(one, column=column) for one in distinct]
    told = pd.Series(codes, index=rows.index)
    told = told[told >= 0].map(dict(enumerate(places)))
    several = told.groupby(unit).nunique()
    if (several > 1).any():
        raise GovkitError(
            f"单元 {several.index[several > 1][0]!r} 有不止一个起始时间。",
            todo="一个单元只能有一个起始时间；试点停止后又开始的，请分别评估。",
        )
    if any(place == len(line.index) for place, _ in places):
        said.append(("never_code", {}))
    first = told.groupby(unit).first().to_dict()
    found = [first.get(name, (len(line.index), -1)) for name in rows.groupby("unit", sort=True).groups]
    return np.array([place for place, _ in found]), np.array([within for _, within in found])


def _flag(value: Any) -> bool | None:
    """Return what a cell says where the question is whether a unit is treated at a time; None for anything else."""
    return _FLAGS.get(unicodedata.normalize("NFKC", str(value)).strip().lower())


def _switched(rows: pd.DataFrame, flags: pd.Series, never: int, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Return starts told by 0 and 1 at every time."""
    if flags.isna().any():
        raise GovkitError(
            f"起始列（{column}）每期写 0 或 1，却有 {int(flags.isna().sum())} 处空着：不知道当期是否在试点。",
            todo="请补上；没有试点的写 0。",
        )
    begun = []
    for name, part in rows.assign(on=flags.astype(bool)).sort_values("time").groupby("unit", sort=True):
        on = part["on"].to_numpy()
        begun.append(int(part["time"].iloc[int(on.argmax())]) if on.any() else never)
        if on.any() and not on[on.argmax() :].all():
            raise GovkitError(
                f"单元 {name!r} 的试点中途停止过：之后又变回 0。",
                todo="试点有始有终的不能这样估计；请去掉停止以后的各期，并在结论里写明。",
            )
    return np.array(begun), np.full(len(begun), -1)


def _usable(found: Panel, *, periods_of_start: int) -> Panel:
    """Return the units that can tell something; raise GovkitError where nobody can."""
    said, where = list(found.said), f"结果列 {found.outcome}"
    if len(found.times) < 2:
        what = f"估计不了成效：只有一期（{found.times[0]}），没有前后可比。"
        raise GovkitError(what, where=where, todo="请补上试点以前和以后各期的数据，并核对时间列。")
    if np.isnan(found.values).all():
        raise GovkitError("估计不了成效：没有一个数。", where=where, todo="请核对结果列是不是没有填报。")
    if periods_of_start:
        said.append(("start_period", {"units": periods_of_start}))
    seen = ~np.isnan(found.values)
    before, after = (seen & ~found.after).any(axis=1), (seen & found.after).any(axis=1)
    always = found.treated & ~before
    silent = found.treated & before & ~after
    empty = ~seen.any(axis=1)
    kept = before & ~silent
    for key, these in (("always", always & ~empty), ("no_after", silent), ("empty", empty)):
        if these.any():
            said.append((key, {"units": int(these.sum()), "names": few(found.units[these])}))
    part = _rows(found, kept)
    if not part.treated.any():
        todo = "请补上试点以前和以后各期的数据，并核对起始时间。"
        what = f"没有可用的试点单元，起始时间都为空、为 0 或晚于最后一期（{found.times[-1]}）"
        if silent.any():
            what = "没有可用的试点单元，试点以后的数据一个也没有"
        if (seen.sum(axis=1) <= 1).all():
            what = "每个单元都只在一期有数（如各期另抽样的调查），没有哪个单元前后可比"
            todo = "请按试点给到的层级（如街道）和时间先求平均，再以它为单元。"
        elif always.any():
            what = f"全部试点单元从第一期（{found.times[0]}）起就在试点，没有试点以前的数据"
        raise GovkitError(f"估计不了成效：{what}。", where=where, todo=todo)
    if part.treated.all() and len(part.starts) == 1:
        early = (
            f"；另有 {int(always.sum())} 个单元不晚于第一期（{found.times[0]}）就已开始，不能作比较"
            if always.any()
            else ""
        )
        raise GovkitError(
            f"估计不了成效：没有非试点单元可比，全部单元同时开始{early}。",
            where=where,
            todo="请加上没有试点的单元；没有的，可用间断时间序列（govkit.interrupted_series）描述前后变化，但不能归因。",
        )
    if part.treated.all():
        said.append(("no_never", {}))
    missing = int(np.isnan(part.values).sum()) - periods_of_start
    if missing > 0:
        said.append(("gaps", {"cells": missing, "of": part.values.size}))
        blank = np.isnan(part.values[:, [0, -1]])
        if blank.any():
            late, left = blank.sum(axis=0)
            of_it = int((blank.any(axis=1) & part.treated).sum())
            said.append(("entered", {"late": int(late), "left": int(left), "treated": of_it}))
    return Panel(
        part.values, part.start, part.cluster, part.units, part.times, part.clusters, part.outcome, tuple(said)
    )


def _rows(found: Panel, kept: np.ndarray) -> Panel:
    codes, names = pd.factorize(found.clusters[found.cluster[kept]], sort=True)
    return Panel(
        found.values[kept], found.start[kept], codes, found.units[kept], found.times, pd.Index(names),
        found.outcome, found.said,
    )  # fmt: skip


def few(names: pd.Index) -> str:
    """Return the first names of a list as text."""
    return "、".join(map(str, names[:5])) + ("……" if len(names) > 5 else "")
