"""Rows of a zone month by month, and several measures side by side: what the methods for any frame are given."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from govkit import catalogue
from govkit.errors import GovkitError, UnknownNameError
from govkit.periods import Period
from govkit.research.measures import measure
from govkit.zone.zone import Zone


def monthly(zone: Zone, table: str, *, kind: str, by: str) -> pd.Series | pd.DataFrame:
    """Return how many rows of a table fall in each month, as ``Zone.monthly`` describes."""
    if table not in zone.tables:
        raise UnknownNameError("表", table, list(zone.tables))
    rows, dated_by = zone.tables[table], catalogue.load("tables")[table]["dated_by"]
    if not dated_by or dated_by not in rows or not pd.api.types.is_datetime64_any_dtype(rows[dated_by]):
        raise GovkitError(f"“{table}”没有逐日的日期，分不到月。", where=str(zone.folder))
    if kind and kind not in set(rows["kind"].dropna() if "kind" in rows else ()):
        raise UnknownNameError("类别", kind, list(rows["kind"].dropna().unique()) if "kind" in rows else [])
    rows = rows.loc[(rows["kind"] == kind) if kind else slice(None)]
    known = rows.dropna(subset=[dated_by])
    month = known[dated_by].dt.to_period("M")
    every = pd.period_range(month.min(), month.max(), freq="M") if len(known) else pd.PeriodIndex([], freq="M")
    if by:
        if by not in known:
            raise UnknownNameError("列", by, list(known.columns))
        return pd.crosstab(known[by], month).reindex(columns=every, fill_value=0)
    found = month.value_counts().reindex(every, fill_value=0).rename("rows")
    last = known[dated_by].max() if len(known) else None
    partly = last is not None and last.normalize() < every[-1].end_time.normalize()
    found.attrs.update(
        undated=len(rows) - len(known), last_day=None if last is None else str(last.date()), partly=partly
    )
    return found


def side_by_side(zone: Zone, names: Iterable[str], *, by: str, period: Period) -> pd.DataFrame:
    """Return units × measures, as ``Zone.side_by_side`` describes."""
    found = {name: measure(zone, name, by=by, period=period, area="all") for name in names}
    if not found:
        raise GovkitError("没有给出指标。", todo="名称见 zone.measures()。")
    table = pd.DataFrame({name: one["value"] for name, one in found.items()})
    table.insert(0, "name", pd.concat([one["name"] for one in found.values()]).groupby(level=0).first())
    return table
