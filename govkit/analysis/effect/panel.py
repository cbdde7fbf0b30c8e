"""A panel for evaluating a pilot: outcomes of units over time, when each unit began, and in which cluster it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from govkit.errors import GovkitError, UnknownNameError

# A unit without a start was never treated; so it is where the start is one of these.
_NEVER = (0, float("inf"))
_GAPS = ((1.5, "D"), (8, "W"), (32, "M"), (93, "Q"), (400, "Y"))


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
    for name in (unit, time, outcome, start, *([cluster] if cluster else [])):
        if name not in frame:
            raise UnknownNameError("列", str(name), map(str, frame.columns))
    rows = pd.DataFrame({"unit": frame[unit], "time": frame[time], "start": frame[start]})
    rows["value"] = _numbers(frame[outcome], outcome)
    rows["cluster"] = frame[cluster if cluster else unit]
    said: list[tuple[str, Mapping[str, Any]]] = []
    rows = _without_keys(rows, said)
    times, place = _times(rows["time"])
    rows["time"] = place
    repeated = rows.duplicated(["unit", "time"], keep=False)
    if repeated.any():
        first = rows.loc[repeated].iloc[0]
        where = f"{unit} = {first['unit']!r}，{time} = {times[int(first['time'])]}"
        what = f"同一单元同一时间有多行：{where}，共 {int(repeated.sum())} 行。"
        raise GovkitError(what, todo="请先按单元和时间汇总成一行，或分开各结果指标。")
    values = rows.pivot(index="unit", columns="time", values="value").reindex(columns=range(len(times)))
    first_rows = rows.groupby("unit", sort=True)
    moved = first_rows["cluster"].nunique(dropna=False)
    if (moved > 1).any():
        name = moved.index[moved > 1][0]
        raise GovkitError(f"单元 {name!r} 在不同时间属于不同的聚类（{cluster}）。", todo="请用试点开始时的归属。")
    begun, within = _starts(rows, times, values.index, said)
    matrix = values.to_numpy(dtype=float).copy()
    for row in np.flatnonzero(within >= 0):
        matrix[row, within[row]] = np.nan
    codes, names = pd.factorize(first_rows["cluster"].first(), sort=True)
    found = Panel(matrix, begun, codes, values.index, times, pd.Index(names), outcome, tuple(said))
    return _usable(found, periods_of_start=int((within >= 0).sum()))


def _numbers(column: pd.Series, name: str) -> pd.Series:
    try:
        return pd.to_numeric(column).astype("float64")
    except (ValueError, TypeError):
        raise GovkitError(f"结果列 {name!r} 不全是数。", todo="请先把文字改成数，缺的留空。") from None


def _without_keys(rows: pd.DataFrame, said: list[tuple[str, Mapping[str, Any]]]) -> pd.DataFrame:
    keyless = rows[["unit", "time", "cluster"]].isna().any(axis=1)
    if keyless.any():
        said.append(("keyless", {"rows": int(keyless.sum())}))
    rows = rows.loc[~keyless]
    if rows.empty:
        raise GovkitError("没有一行同时有单元和时间。")
    return rows.replace({"value": {np.inf: np.nan, -np.inf: np.nan}})


def _times(column: pd.Series) -> tuple[pd.Index, np.ndarray]:
    """Return the times in order and the place of each row's; dates become periods of the spacing they have."""
    if isinstance(column.dtype, pd.PeriodDtype):
        found = pd.PeriodIndex(column)
    elif pd.api.types.is_datetime64_any_dtype(column) or _are_dates(column):
        dates = pd.to_datetime(column)
        gaps = np.diff(np.unique(dates.to_numpy(dtype="datetime64[s]"))) / np.timedelta64(1, "D")
        shortest = gaps.min() if len(gaps) else 1
        found = pd.PeriodIndex(dates, freq=next((name for most, name in _GAPS if shortest <= most), "Y"))
    else:
        values = np.unique(column)
        return pd.Index(values), np.searchsorted(values, column)
    first = found.min()
    every = pd.period_range(first, found.max(), freq=found.freq)
    return every, every.get_indexer(found)


def _are_dates(column: pd.Series) -> bool:
    text = column.map(lambda one: isinstance(one, str)).all()
    return bool(text) and pd.to_datetime(column, errors="coerce", format="ISO8601").notna().all()


def _starts(
    rows: pd.DataFrame, times: pd.Index, units: pd.Index, said: list[tuple[str, Mapping[str, Any]]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each unit's first treated time and, where a start fell within a time, that time's place."""
    begun: np.ndarray = np.full(len(units), len(times))
    within: np.ndarray = np.full(len(units), -1)
    by_unit = rows.groupby("unit", sort=True)
    if _is_switch(rows):
        for row, (name, part) in enumerate(by_unit):
            on = part.sort_values("time")["start"].astype(bool).to_numpy()
            if on.any():
                begun[row] = int(part.sort_values("time")["time"].iloc[int(on.argmax())])
                if not on[on.argmax() :].all():
                    raise GovkitError(
                        f"单元 {name!r} 的试点中途停止过：之后又变回 0。",
                        todo="试点有始有终的不能这样估计；请去掉停止以后的各期，并在结论里写明。",
                    )
        return begun, within
    several = by_unit["start"].nunique(dropna=True)
    if (several > 1).any():
        name = several.index[several > 1][0]
        raise GovkitError(
            f"单元 {name!r} 有不止一个起始时间。", todo="一个单元只能有一个起始时间；试点停止后又开始的，请分别评估。"
        )
    first = by_unit["start"].first()
    never = first.isna().to_numpy() | np.array([_is_never(one, times) for one in first])
    if (~first.isna().to_numpy() & never).any():
        said.append(("never_code", {}))
    for at in np.flatnonzero(~never):
        begun[at], within[at] = _place(first.iloc[at], times)
    return begun, within


def _is_switch(rows: pd.DataFrame) -> bool:
    """Whether the start is told by 0 and 1 that change within a unit."""
    if not rows["start"].dropna().isin([0, 1]).all() or rows["start"].isna().any():
        return False
    return bool((rows.groupby("unit")["start"].nunique() > 1).any())


def _is_never(start: Any, times: pd.Index) -> bool:
    if isinstance(times, pd.PeriodIndex) or not isinstance(start, int | float | np.number):
        return isinstance(start, int | float | np.number) and start in _NEVER
    return bool(start == _NEVER[1] or (start == 0 and times[0] >= 0) or start > times[-1])


def _place(start: Any, times: pd.Index) -> tuple[int, int]:
    """Return the first wholly treated place and the place of a time the start fell within (-1: it fell between)."""
    if isinstance(times, pd.PeriodIndex):
        day = start.start_time if isinstance(start, pd.Period) else pd.Timestamp(start)
        if day > times[-1].end_time:
            return len(times), -1
        period = pd.Period(day, freq=times.freq)
        place = int((period - times[0]).n) if period >= times[0] else 0
        partly = bool(day > period.start_time and period >= times[0])
        return place + int(partly), place if partly else -1
    return int(np.searchsorted(times.to_numpy(), start)), -1


def _usable(found: Panel, *, periods_of_start: int) -> Panel:
    """Return the units that can tell something; raise GovkitError where nobody can."""
    said = list(found.said)
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
            said.append((key, {"units": int(these.sum()), "names": _few(found.units[these])}))
    part = _rows(found, kept)
    if not part.treated.any():
        what = "全部试点单元从第一期起就在试点，没有试点以前的数据" if always.any() else "没有可用的试点单元"
        raise GovkitError(f"估计不了成效：{what}。", todo="请补上试点以前和以后各期的数据，并核对起始时间。")
    if part.treated.all() and len(part.starts) == 1:
        raise GovkitError(
            "估计不了成效：没有非试点单元可比，全部单元同时开始。",
            todo="请加上没有试点的单元；没有的，可用间断时间序列（govkit.interrupted_series）描述前后变化，但不能归因。",
        )
    if part.treated.all():
        said.append(("no_never", {}))
    missing = int(np.isnan(part.values).sum()) - periods_of_start
    if missing > 0:
        said.append(("gaps", {"cells": missing, "of": part.values.size}))
    return Panel(
        part.values, part.start, part.cluster, part.units, part.times, part.clusters, part.outcome, tuple(said)
    )


def _rows(found: Panel, kept: np.ndarray) -> Panel:
    codes, names = pd.factorize(found.clusters[found.cluster[kept]], sort=True)
    return Panel(
        found.values[kept], found.start[kept], codes, found.units[kept], found.times, pd.Index(names),
        found.outcome, found.said,
    )  # fmt: skip


def _few(names: pd.Index) -> str:
    return "、".join(map(str, names[:5])) + ("……" if len(names) > 5 else "")
