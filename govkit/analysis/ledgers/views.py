"""Ledger views: how many, how much, which share, by a column or by unit, as ``catalogue/views.toml`` states it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers import checklists as ledgers
from govkit.analysis.measures.hierarchy import below_top
from govkit.analysis.measures.scope import Scope, Tables
from govkit.analysis.measures.services import line_of
from govkit.analysis.standards.checked import NUMBER, Defects, place
from govkit.catalogue.windows import window
from govkit.errors import UnknownNameError
from govkit.periods import Period

# What a column of a view may be: made of the rows, or of columns before it.
OF_ROWS = ("count", "filled", "sum", "mean", "least", "most", "median", "distinct")
OF_COLUMNS = ("share", "per_unit", "per_100_households", "per_10000_residents")
# What rows are put together by, beside the columns of their own table.
# What ``ledgers.tasks`` knows of a task at the period's end.
_OF_TASKS = ("done", "overdue", "inspected")
BY_UNIT = ("below", "unit", "unit_kind", "unit_type", "unit_level")
# The people and places a column is counted per, and how many make one.
_BASES = {
    "per_unit": ("communities", 1),
    "per_100_households": ("households", 100),
    "per_10000_residents": ("population", 10_000),
}
_KEYS = {
    "systems": list, "section": str, "title": str, "table": str, "where": dict, "by": str, "by_label": str,
    "columns": list, "total": bool, "sort": str, "top": int, "note": str, "sentence": str, "shown_in": list,
    "missing": str, "cumulative": bool, "order": list,
}  # fmt: skip
_COLUMN_KEYS = {
    "key": str, "label": str, "how": str, "of": str, "over": str, "where": dict, "unit": str, "scale": NUMBER,
    "digits": int, "kind": str, "group": str,
}  # fmt: skip
_SHOWN_IN = ("zone", "district")
NOT_STATED = "未注明"
TOTAL = "合计"


@dataclass(frozen=True)
class ViewColumn:
    """One column of a view: ``how`` it is made, ``of`` which column, ``over`` which other, of rows ``where`` …"""

    key: str
    label: str
    how: str
    of: str = ""
    over: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    unit: str = ""
    scale: float = 1.0
    digits: int | None = None
    kind: str = ""
    group: str = ""


@dataclass(frozen=True)
class View:
    """A ledger summed up: rows of ``table`` that fit ``where``, put together ``by``.

    ``systems`` are the published systems it serves, ``missing`` is what rows without a value of ``by`` are called.
    """

    name: str
    systems: tuple[str, ...]
    section: str
    title: str
    table: str
    by: str
    by_label: str
    columns: tuple[ViewColumn, ...]
    where: Mapping[str, Any] = field(default_factory=dict)
    total: bool = True
    sort: str = ""
    top: int = 0
    note: str = ""
    sentence: str = ""
    shown_in: tuple[str, ...] = _SHOWN_IN
    missing: str = NOT_STATED
    order: tuple[str, ...] = ()
    cumulative: bool = False


def load_views(within: str = "") -> tuple[View, ...]:
    """Return the views of ``catalogue/views.toml`` in file order, all or those shown ``within`` a zone or a district.

    ``within`` is ``zone`` or ``district``. CatalogueError names every defect of the file.
    """
    return tuple(one for one in _catalogued() if not within or within in one.shown_in)


@cache
def _catalogued() -> tuple[View, ...]:
    return read_views(catalogue.load("views"), where="views.toml")


def view(name: str) -> View:
    """Return one view; UnknownNameError with the nearest names."""
    known = {one.name: one for one in load_views()}
    if name not in known:
        raise UnknownNameError("台账汇总", name, known)
    return known[name]


def read_views(raw: Mapping[str, Any], *, where: str) -> tuple[View, ...]:
    """Return the views a TOML file states; CatalogueError names every defect at once."""
    defects = Defects(where)
    entries = {name: entry for name, entry in raw.items() if name != "sections"}
    for number, (name, entry) in enumerate(entries.items(), start=1):
        _check(defects, place("views", number, {"id": name}), entry, sections=raw["sections"])
    defects.stop_if_any(todo="按文件开头的说明改正后重试。")
    return tuple(_view(name, entry) for name, entry in entries.items())


def _view(name: str, entry: Mapping[str, Any]) -> View:
    lists = {key: tuple(entry[key]) for key in ("systems", "shown_in", "order") if key in entry}
    return View(**{**entry, **lists, "name": name, "columns": tuple(ViewColumn(**one) for one in entry["columns"])})


def _check(defects: Defects, where: str, entry: Mapping[str, Any], *, sections: Mapping[str, str]) -> None:
    defects.keys(entry, where, _KEYS, ("systems", "section", "title", "table", "by", "by_label", "columns"))
    defects.choice(entry.get("section"), where, "section", sections)
    tables = catalogue.load("tables")
    defects.choice(entry.get("table"), where, "table", tables)
    known = [*tables.get(str(entry.get("table")), {"columns": {}})["columns"], "period"]
    known += _OF_TASKS if entry.get("table") == "tasks" else ()
    defects.choice(entry.get("by"), where, "by", [*known, *BY_UNIT])
    if entry.get("cumulative"):
        dated = [name for name in tables if window(name).kind == "within"]
        defects.choice(entry.get("table"), where, "cumulative 的 table", dated)
    for one in entry.get("shown_in", []):
        defects.choice(one, where, "shown_in", _SHOWN_IN)
    for key in entry.get("where", {}):
        defects.choice(key, where, "where", [*known, *BY_UNIT])
    before: list[str] = []
    for column in entry.get("columns", []):
        here = f"{where} columns.{column.get('key')}"
        defects.keys(column, here, _COLUMN_KEYS, ("key", "label", "how"))
        how = column.get("how")
        defects.choice(how, here, "how", [*OF_ROWS, *OF_COLUMNS])
        if how in OF_ROWS and how != "count":
            defects.choice(column.get("of"), here, "of", known)
        for key in {"share": ("of", "over")}.get(str(how), ("of",) if how in OF_COLUMNS else ()):
            defects.choice(column.get(key), here, key, before)
        for key in column.get("where", {}):
            defects.choice(key, here, "where", [*known, *BY_UNIT])
        before.append(column.get("key", ""))


def applies(one: View, zone: Tables) -> bool:
    """Whether a zone has any row a view speaks of, in whatever period."""
    if one.table not in zone:
        return False
    rows = _described(zone[one.table], one.table, zone["units"], {*one.where})
    return bool(_fits(rows, one.where).any())


def summed_up(one: View, tables: Tables, period: Period) -> pd.DataFrame:
    """Return a view's figures for one period, a row a group, the total last.

    Columns: ``group`` (text for readers), those of the view, then ``is_total``. Money, areas and counts are in the
    units of the tidy tables times the column's ``scale``; shares are fractions 0–1. A group without rows is absent, a
    missing value stays missing; sums and means leave missing values out. Empty where the period has no row.
    """
    scope = Scope(tables, period, by="zone")
    asked = {one.by, *one.where, *(key for column in one.columns for key in column.where)}
    rows = _fitting(_described(_rows(one, scope), one.table, tables["units"], asked), one.where)
    frame = _figures(one, rows, rows[one.by].astype("object").where(rows[one.by].notna(), one.missing), scope)
    labels = _labels(one, tables["units"])
    frame = frame.sort_values(one.sort, ascending=False, kind="stable") if one.sort else _in_order(frame, one, labels)
    frame = frame.head(one.top) if one.top else frame
    listed = frame.rename(index=labels).rename_axis("group").reset_index().assign(is_total=False)
    if not one.total or len(listed) < 2:
        return listed
    whole = _figures(one, rows, pd.Series(TOTAL, index=rows.index), scope)
    whole = whole.rename_axis("group").reset_index().assign(is_total=True)
    return pd.concat([listed, whole], ignore_index=True)


def _rows(one: View, scope: Scope) -> pd.DataFrame:
    """Return the period's rows, or with ``cumulative`` all up to its end."""
    if one.table == "tasks":
        return ledgers.tasks(scope)
    if one.cumulative:
        table = scope.tables[one.table]
        return table.loc[table[window(one.table).dated_by] < scope.day_after]
    return scope.rows(one.table)


def _figures(one: View, rows: pd.DataFrame, key: pd.Series, scope: Scope) -> pd.DataFrame:
    """Return the columns of a view by ``key``, in the order in which the keys come first."""
    group, keys = pd.factorize(key)
    made: dict[str, pd.Series] = {}
    for column in one.columns:
        if column.how in OF_ROWS:
            value = _of_rows(column, rows, group).reindex(range(len(keys)))
            value = value.fillna(0) if column.how in {"count", "filled", "distinct"} else value
        elif column.how == "share":
            over = made[column.over]
            value = made[column.of] / over.where(over > 0)
        else:
            value = made[column.of] / _base(column.how, one, keys, scope)
        made[column.key] = value.astype("float64") * column.scale
    return pd.DataFrame(made).set_axis(pd.Index(keys, dtype="object"))


def _of_rows(column: ViewColumn, rows: pd.DataFrame, group: np.ndarray) -> pd.Series:
    """Return a column by number of group, without the groups that have no row of it."""
    if column.where:
        fits = _fits(rows, column.where)
        rows, group = rows.loc[fits], group[fits]
    if column.how == "count":
        return pd.Series(np.bincount(group))
    if column.how == "filled":
        return pd.Series(np.bincount(group[rows[column.of].notna()]))
    if column.how == "distinct":
        return rows[column.of].groupby(group).nunique()
    values = pd.to_numeric(rows[column.of]).astype("float64").groupby(group)
    if column.how == "sum":
        return values.sum(min_count=1)
    return {"mean": values.mean, "least": values.min, "most": values.max, "median": values.median}[column.how]()


def _base(how: str, one: View, keys: pd.Index, scope: Scope) -> np.ndarray:
    """Return what a column is counted per, for every key; over all communities where keys are no places."""
    what, size = _BASES[how]
    communities = scope.communities
    amount = pd.Series(1.0, index=communities.index) if what == "communities" else communities[what].astype("float64")
    if one.by not in BY_UNIT or keys.tolist() == [TOTAL]:
        return np.full(len(keys), amount.sum()) / size
    places = _described(communities, "units", scope.tables["units"], {one.by})[one.by].astype("object")
    return amount.groupby(places).sum().reindex(keys).to_numpy() / size


def _described(rows: pd.DataFrame, table: str, units: pd.DataFrame, asked: Collection[str]) -> pd.DataFrame:
    """Return the rows with the columns asked for that tell of their unit or service line."""
    if table == "services" and "line" in asked:
        rows = rows.assign(line=line_of(rows))
    of_units = {name: _of_unit(name, rows["unit_code"], units) for name in BY_UNIT if name in asked}
    return rows.assign(**of_units) if of_units else rows


def _of_unit(name: str, codes: pd.Series, units: pd.DataFrame) -> Any:
    """Return what one of ``BY_UNIT`` is for every unit code; missing where the zone does not say."""
    if name == "unit":
        return codes
    if name == "below":
        return codes.map(below_top(units))
    column = name.removeprefix("unit_")
    return codes.map(units.drop_duplicates("unit_code").set_index("unit_code")[column]) if column in units else pd.NA


def _fitting(rows: pd.DataFrame, where: Mapping[str, Any]) -> pd.DataFrame:
    fits = _fits(rows, where)
    return rows if fits.all() else rows.loc[fits]


def _fits(rows: pd.DataFrame, where: Mapping[str, Any]) -> np.ndarray:
    fits = np.full(len(rows), True)
    for key, wanted in where.items():
        if key not in rows:
            return np.full(len(rows), False)
        if isinstance(wanted, dict):
            values = pd.to_numeric(rows[key]).astype("float64")
            fits &= values.between(wanted.get("least", float("-inf")), wanted.get("most", float("inf"))).to_numpy()
        else:
            fits &= rows[key].isin(wanted).to_numpy(dtype=bool)
    return fits


def _in_order(frame: pd.DataFrame, one: View, labels: Mapping[Any, str]) -> pd.DataFrame:
    """Return units in code order, kinds in the order of their list or the view's, anything else as it comes first."""
    known = sorted(frame.index) if one.by in {"unit", "below"} else (one.order or labels)
    order = [key for key in known if key in frame.index]
    return frame.reindex([*order, *(key for key in frame.index if key not in order)])


def _labels(one: View, units: pd.DataFrame) -> dict[Any, str]:
    if one.by in {"unit", "below"}:
        return dict(zip(units["unit_code"], units["name"], strict=True))
    lists = {"unit_kind": "unit_kind", "unit_level": "level"}
    columns = catalogue.load("tables")[one.table]["columns"]
    listed = lists.get(one.by) or columns.get(one.by, {}).get("values", "")
    return {key: entry["label"] for key, entry in catalogue.load("codes")[listed].items()} if listed else {}
