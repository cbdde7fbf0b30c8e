"""Ledger views summed up for one period: what ``catalogue/views/`` states, as plain frames."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers import checklists as ledgers
from govkit.analysis.ledgers.views import BY_TASK, BY_UNIT, OF_ROWS, ROW, TOTAL, View, ViewColumn
from govkit.analysis.measures.scope import Scope, Tables, below_top, units_above
from govkit.analysis.measures.services import line_of
from govkit.periods import Period
from govkit.provided import POOL

# The people and places a column is counted per, and how many make one.
_BASES = {
    "per_unit": ("communities", 1),
    "per_100_households": ("households", 100),
    "per_10000_residents": ("population", 10_000),
}
# What marks the key of units that are not shown apart.
_APART = "+"
# The most names a cell holds.
_NAMED = 6


def applies(one: View, zone: Tables) -> bool:
    """Whether a zone has any row a view speaks of, in whatever period."""
    if one.table not in zone:
        return False
    rows = _described(zone[one.table], one.table, zone["units"], {*one.where})
    rows = _fitting(rows, one.where)
    if not one.shown_if or rows.empty:
        return len(rows) > 0
    column = one.column(one.shown_if)
    if column.table:
        rows = zone[column.table] if column.table in zone else rows.iloc[:0]
    rows = _fitting(rows, column.where)
    return len(rows) > 0 if not column.of else column.of in rows and bool(rows[column.of].notna().any())


def concerns(one: View, units: pd.DataFrame) -> bool:
    """Whether any of these units is of a kind the view is about."""
    return not one.applies_to or bool(units["kind"].isin(one.applies_to).any())


def summed_up(one: View, scope: Scope, before: Scope | None = None) -> pd.DataFrame:
    """Return a view's figures for one period, a row a group, the total last; scopes are of all rows (``by`` zone).

    Columns: ``group`` (text for readers), those of the view, then ``is_total`` (and ``unit_code`` where groups are
    units, ``apart`` where one is what small numbers are added up in); with ``before`` also ``KEY_before`` and
    ``KEY_change`` of the columns compared. Money, areas and counts are in the units of the tidy tables times the
    column's ``scale``; shares are fractions 0–1; ``first``, ``latest`` and ``names`` are texts. A group without rows is
    absent, a missing value stays missing; sums and means leave missing values out. Empty where the period has no row.
    A listed view has ``rows_change`` instead: how many rows more than the last time.
    """
    found = _summed(one, scope)
    if before is None or found.empty or not (one.change or one.listed):
        return found
    earlier = _summed(_compared(one), before)
    if one.listed:  # rows of a time of which there are none are not known to be none
        return found.assign(rows_change=float(len(found) - len(earlier)) if len(earlier) else float("nan"))
    earlier = earlier.set_index("group")[list(one.change)].reindex(found["group"])
    for key in one.change:
        was = earlier[key].to_numpy()
        if "apart" in found:  # other units than the last time
            was = np.where(found["apart"].astype(bool), np.nan, was.astype("float64"))
        found = found.assign(**{f"{key}_before": was, f"{key}_change": found[key].to_numpy() - was})
    return found


def _compared(one: View) -> View:
    """Return a view with nothing but the columns it is compared by, and those that they are made of."""
    wanted = {*one.change, one.sort}
    kept: list[ViewColumn] = []
    for column in one.columns[::-1]:
        if column.key in wanted:
            kept.insert(0, column)
            wanted |= {column.of, column.over}
    return replace(one, columns=tuple(kept))


def _summed(one: View, scope: Scope) -> pd.DataFrame:
    tables = scope.tables
    asked = {one.by, *one.where, *(key for column in one.columns if not column.table for key in column.where)}
    rows = _fitting(_described(_rows(one, scope), one.table, tables["units"], asked), one.where, scope.period)
    if one.listed:
        return _listed(one, rows, tables["units"])
    key = _key(rows, one, tables["units"])
    frame = _figures(one, rows, key, scope)
    labels = _labels(one, tables)
    frame = frame.sort_values(one.sort, ascending=False, kind="stable") if one.sort else _in_order(frame, one, labels)
    frame = frame.head(one.top) if one.top else frame
    codes = {"unit_code": frame.index.to_numpy()} if one.of_places else {}
    apart = pd.Index(frame.index).astype("str").str.endswith(_APART)
    codes |= {"apart": apart} if one.of_places and apart.any() else {}
    named = [_named(key, labels) for key in frame.index]
    listed = frame.set_axis(pd.Index(named, dtype="object", name="group")).reset_index().assign(is_total=False, **codes)
    if not one.total or len(listed) < 2:
        return listed
    whole = _figures(replace(one, by=TOTAL), rows, pd.Series(TOTAL, index=rows.index), scope)
    # What is said of one group in words holds for no total.
    worded = {column.key: None for column in one.columns if column.how in {"first", "names"}}
    whole = whole.rename_axis("group").reset_index().assign(is_total=True, **worded)
    whole = whole.assign(apart=False) if "apart" in listed else whole
    return pd.concat([listed, whole], ignore_index=True)


def _key(rows: pd.DataFrame, one: View, units: pd.DataFrame) -> pd.Series:
    if one.by not in rows:
        return pd.Series(one.missing, index=rows.index, dtype="object")
    key = rows[one.by].astype("object").where(rows[one.by].notna(), one.missing)
    if not one.of_places or POOL not in rows:
        return key
    # units that are not shown apart (small numbers) have a row beside the others: it is not the unit's above them
    tops = [code for code, path in units_above(units).items() if one.by == "unit" or len(path) == 1]
    return key.mask(rows[POOL].notna() & key.isin(tops), key.astype("str") + _APART)


def _listed(one: View, rows: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return the rows one by one, the text columns for readers, in code order of their units or by ``sort``."""
    if one.sort and rows.size:
        rows = rows.sort_values(one.column(one.sort).of, ascending=False, kind="stable")
    elif "unit_code" in rows:
        rows = rows.sort_values("unit_code", kind="stable")
    rows = rows.head(one.top) if one.top else rows
    names = units.drop_duplicates("unit_code").set_index("unit_code")["name"]
    made = {column.key: _told(column, rows, one.table, names) for column in one.columns}
    group = rows["unit_code"].map(names) if "unit_code" in rows else pd.Series(ROW, index=rows.index)
    return pd.DataFrame({"group": group.to_numpy(), **made, "is_total": False})


def _told(column: ViewColumn, rows: pd.DataFrame, table: str, names: pd.Series) -> Any:
    """Return a column of rows as it stands: numbers scaled, choices and codes in words."""
    if column.of not in rows:
        return None
    values = rows[column.of]
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.to_numpy()
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values.astype("float64").to_numpy() * column.scale
    return _words(values, column.of, table, names).to_numpy()


def _words(values: pd.Series, column: str, table: str, names: pd.Series) -> pd.Series:
    listed = catalogue.load("tables")[table]["columns"].get(column, {}).get("values", "")
    known = {key: entry["label"] for key, entry in catalogue.load("codes")[listed].items()} if listed else {}
    known = names.to_dict() if column in {"unit_code", "partner_code"} else known
    return values.astype("object").map(lambda value: known.get(value, value)).where(values.notna(), None)


def _rows(one: View, scope: Scope, table: str = "", *, cumulative: bool = False) -> pd.DataFrame:
    """Return the period's rows, or with ``cumulative`` all up to its end."""
    table = table or one.table
    if table == "tasks":
        return ledgers.tasks(scope)
    return scope.rows_up_to(table) if one.cumulative or cumulative else scope.rows(table)


def _figures(one: View, rows: pd.DataFrame, key: pd.Series, scope: Scope) -> pd.DataFrame:
    """Return the columns of a view by ``key``, in the order in which the keys come first."""
    group, keys = pd.factorize(key)
    made: dict[str, pd.Series] = {}
    for column in one.columns:
        if column.how in OF_ROWS and (column.table or column.cumulative):
            value = _elsewhere(one, column, keys, scope)
        elif column.how in OF_ROWS:
            value = _counted(column, _of_rows(column, rows, group, one.table, scope), len(keys))
        elif column.how in {"share", "difference"}:
            value = _of_two(column, made)
        else:
            value = made[column.of] / _base(column.how, one, keys, scope)
        numeric = column.how not in {"first", "latest", "names"}
        made[column.key] = value.astype("float64") * column.scale if numeric else value
    return pd.DataFrame(made).set_axis(pd.Index(keys, dtype="object"))


def _counted(column: ViewColumn, value: pd.Series, keys: int) -> pd.Series:
    """Return a column for all keys: a key without rows counts none, and sums up to nothing known."""
    value = value.reindex(range(keys))
    return value.fillna(0) if column.how in {"count", "filled", "distinct"} else value


def _of_two(column: ViewColumn, made: Mapping[str, pd.Series]) -> pd.Series:
    of, over = made[column.of], made[column.over]
    if column.how == "difference":
        return of.fillna(0) - over.fillna(0)
    return of / over.where(over > 0)


def _elsewhere(one: View, column: ViewColumn, keys: pd.Index, scope: Scope) -> pd.Series:
    """Return a column made of another table's rows, or of all rows up to the period's end, for the same groups."""
    table = column.table or one.table
    if table not in scope.tables:
        return pd.Series(float("nan"), index=range(len(keys)))
    by = one.by if one.by != TOTAL else "zone"
    asked = {by, *column.where, *(() if column.table else one.where)}
    rows = _described(_rows(one, scope, table, cumulative=column.cumulative), table, scope.tables["units"], asked)
    rows = rows if column.table else _fitting(rows, one.where, scope.period)
    place = pd.Series(0, index=rows.index)
    if by != "zone":
        place = _key(rows, one, scope.tables["units"]).map(pd.Series(range(len(keys)), keys))
    known = place.notna()
    value = _of_rows(column, rows.loc[known], place[known].astype(int).to_numpy(), table, scope)
    return _counted(column, value, len(keys))


def _of_rows(column: ViewColumn, rows: pd.DataFrame, group: np.ndarray, table: str, scope: Scope) -> pd.Series:
    """Return a column by number of group, without the groups that have no row of it."""
    if column.where:
        fits = _fits(rows, column.where, scope.period)
        rows, group = rows.loc[fits], group[fits]
    if column.how == "count":
        return pd.Series(np.bincount(group))
    if column.of not in rows:
        return pd.Series(dtype="float64")
    if column.how == "filled":
        return pd.Series(np.bincount(group[rows[column.of].notna()]))
    if column.how == "distinct":
        return rows[column.of].groupby(group).nunique()
    if column.how in {"first", "latest", "names"}:
        return _texts(column, rows, group, table, scope)
    values = pd.to_numeric(rows[column.of]).astype("float64").groupby(group)
    if column.how == "sum":
        return values.sum(min_count=1)
    return {"mean": values.mean, "least": values.min, "most": values.max, "median": values.median}[column.how]()


def _texts(column: ViewColumn, rows: pd.DataFrame, group: np.ndarray, table: str, scope: Scope) -> pd.Series:
    """Return each group's first value in words (and of how many there are), its latest day, or its units by name."""
    if column.how == "latest":
        return rows[column.of].groupby(group).max()
    units = scope.tables["units"]
    told = _words(rows[column.of], column.of, table, units.drop_duplicates("unit_code").set_index("unit_code")["name"])
    return told.groupby(group).agg(lambda names: _some(names, 1 if column.how == "first" else _NAMED))


def _some(names: pd.Series, most: int) -> Any:
    """Return the first names, and of how many where there are more; missing where there is none."""
    known = list(dict.fromkeys(names.dropna()))
    if len(known) < 2 or not isinstance(known[0], str):  # an amount or a day stays what it is
        return known[0] if known else None
    return "、".join(known[:most]) + (f" 等 {len(known)} 个" if len(known) > most else "")


def _base(how: str, one: View, keys: pd.Index, scope: Scope) -> np.ndarray:
    """Return what a column is counted per, for every key; over all communities where keys are no places."""
    what, size = _BASES[how]
    communities = scope.communities
    amount = pd.Series(1.0, index=communities.index) if what == "communities" else communities[what].astype("float64")
    if one.by not in BY_UNIT:
        return np.full(len(keys), amount.sum()) / size
    places = _described(communities, "units", scope.tables["units"], {one.by})[one.by].astype("object")
    return amount.groupby(places).sum().reindex(keys).to_numpy() / size


def _described(rows: pd.DataFrame, table: str, units: pd.DataFrame, asked: Collection[str]) -> pd.DataFrame:
    """Return the rows with the columns asked for that tell of their unit, service line or task."""
    if table == "services" and "line" in asked:
        rows = rows.assign(line=line_of(rows))
    if table == "tasks" and {*BY_TASK} & {*asked}:
        # The task each task was handed down from in the end, itself where it came from nowhere
        above = rows.set_index("task_id")["parent_task"]
        root = rows["task_id"].copy()
        for _ in range(len(catalogue.load("codes")["owner_level"])):
            root = root.map(above).fillna(root)
        rows = rows.assign(task_root=root)
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


def _fitting(rows: pd.DataFrame, where: Mapping[str, Any], period: Period | None = None) -> pd.DataFrame:
    fits = _fits(rows, where, period)
    return rows if fits.all() else rows.loc[fits]


def _fits(rows: pd.DataFrame, where: Mapping[str, Any], period: Period | None = None) -> np.ndarray:
    """Return which rows fit: a list of values, bounds of a number, or ``"within"`` the period for a day."""
    fits = np.full(len(rows), True)
    for key, wanted in where.items():
        if key not in rows:
            return np.full(len(rows), False)
        if wanted == "within":
            if period is not None:
                day_after = pd.Timestamp(period.end) + pd.Timedelta(days=1)
                fits &= rows[key].between(pd.Timestamp(period.start), day_after, inclusive="left").to_numpy(dtype=bool)
        elif wanted == "missing":
            fits &= rows[key].isna().to_numpy()
        elif isinstance(wanted, dict):
            values = pd.to_numeric(rows[key]).astype("float64")
            fits &= values.between(wanted.get("least", float("-inf")), wanted.get("most", float("inf"))).to_numpy()
        else:
            fits &= rows[key].isin(wanted).to_numpy(dtype=bool)
    return fits


def _in_order(frame: pd.DataFrame, one: View, labels: Mapping[Any, str]) -> pd.DataFrame:
    """Return units in code order, kinds in the order of their list or the view's, anything else as it comes first."""
    known = sorted(frame.index) if one.of_places else (one.order or labels)
    order = [key for key in known if key in frame.index]
    return frame.reindex([*order, *(key for key in frame.index if key not in order)])


def _named(key: Any, labels: Mapping[Any, str]) -> Any:
    if isinstance(key, str) and key.endswith(_APART):
        name = labels.get(key.removesuffix(_APART), key.removesuffix(_APART))
        return catalogue.load("small_numbers")["told"]["row_name"].format(name=name)
    return labels.get(key, key)


def _labels(one: View, tables: Tables) -> dict[Any, str]:
    units = tables["units"]
    if one.of_places:
        return dict(zip(units["unit_code"], units["name"], strict=True))
    if one.by in BY_TASK:
        return dict(zip(tables["tasks"]["task_id"], tables["tasks"]["problem"], strict=True))
    lists = {"unit_kind": "unit_kind", "unit_level": "level"}
    columns = catalogue.load("tables")[one.table]["columns"]
    listed = lists.get(one.by) or columns.get(one.by, {}).get("values", "")
    return {key: entry["label"] for key, entry in catalogue.load("codes")[listed].items()} if listed else {}
