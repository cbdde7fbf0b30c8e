"""Facility standards: what every community of a kind must have, as data; who meets it, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.checked import NUMBER, Defects, place
from govkit.analysis.scope import Scope, Tables
from govkit.errors import CatalogueError
from govkit.periods import Period

# What a norm is counted per: the column of units and how many of it make one.
_PER = {"unit": ("", 1.0), "100_households": ("households", 100.0), "10000_residents": ("population", 10_000.0)}
_QUANTITIES = {
    "facilities": ("count", "floor_area_m2", "open_area_m2", "activity_area_m2"),
    "organisations": ("count", "members"),
    "checklist": ("count",),
}
_KIND_LISTS = {"facilities": "facility_kind", "organisations": "organisation_kind"}
_ITEM_KEYS = {
    "id": str, "group": str, "label": str, "table": str, "kinds": list, "list": str, "item": str,
    "quantity": str, "least": NUMBER, "per": str, "min_floor_area_m2": NUMBER, "applies_to": list,
}  # fmt: skip
_TOP_KEYS = {"type": str, "title": str, "source": str, "applies_to": list, "items": list, "facts": list}


@dataclass(frozen=True)
class Item:
    """One demand of a standard: at least ``least`` of ``quantity`` per ``per``, of any of ``kinds``."""

    id: str
    label: str
    table: str
    group: str = ""
    kinds: tuple[str, ...] = ()
    list: str = ""
    item: str = ""
    quantity: str = "count"
    least: float = 1.0
    per: str = "unit"
    min_floor_area_m2: float = 0.0
    applies_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standard:
    """A facility standard: its items, the facts counted beside them, and the kinds of community it binds."""

    name: str
    title: str
    source: str
    applies_to: tuple[str, ...]
    items: tuple[Item, ...]
    facts: tuple[Item, ...] = ()


def standard_type(name: str) -> str:
    """Return what a file of catalogue/standards states: ``standard`` (items) or ``yardsticks`` (targets)."""
    return catalogue.load(f"standards/{name}").get("type", "standard")


@cache
def load_standard(name: str) -> Standard:
    """Return the standard ``catalogue/standards/<name>.toml``.

    Raises UnknownNameError for a name that does not exist, CatalogueError with every defect of the file.
    """
    return read_standard(name, catalogue.load(f"standards/{name}"), where=f"standards/{name}.toml")


def read_standard(name: str, raw: Mapping[str, Any], *, where: str) -> Standard:
    """Return the standard a TOML file states; ``where`` names the file in errors.

    Raises CatalogueError naming file, item and key of every defect at once.
    """
    if raw.get("type", "standard") != "standard":
        raise CatalogueError(
            f"{name} 不是设施标准，而是 {raw['type']!r}", where=where, todo="请用相应的函数读取，或改 type。"
        )
    defects = Defects(where)
    defects.keys(raw, "顶层", _TOP_KEYS, ("title", "source", "applies_to", "items"))
    _check_kinds(defects, "顶层", "applies_to", raw.get("applies_to", []), "unit_kind")
    for kind in ("items", "facts"):
        for number, item in enumerate(raw.get(kind, []), start=1):
            _check_item(defects, place(kind, number, item), item)
        defects.repeated([item.get("id") for item in raw.get(kind, [])], f"[[{kind}]]", "id")
    defects.stop_if_any(todo="按 standards/daoli_village_centre.toml 的写法改正后重试。")
    return Standard(
        name=name,
        title=raw["title"],
        source=raw["source"],
        applies_to=tuple(raw["applies_to"]),
        items=tuple(_item(item) for item in raw["items"]),
        facts=tuple(_item(item) for item in raw.get("facts", [])),
    )


def _check_item(defects: Defects, where: str, item: Mapping[str, Any]) -> None:
    defects.keys(item, where, _ITEM_KEYS, ("id", "label", "table"))
    table = item.get("table", "facilities")
    defects.choice(table, where, "table", _QUANTITIES)
    defects.choice(item.get("per", "unit"), where, "per", _PER)
    if table in _QUANTITIES:
        defects.choice(item.get("quantity", "count"), where, "quantity", _QUANTITIES[table])
    _check_kinds(defects, where, "applies_to", item.get("applies_to", []), "unit_kind")
    if table in _KIND_LISTS:
        _check_kinds(defects, where, "kinds", item.get("kinds", []), _KIND_LISTS[table])
        if not item.get("kinds"):
            defects.add(where, "缺少 kinds（至少一种）")
    elif table == "checklist" and not (item.get("list") and item.get("item")):
        defects.add(where, "缺少 list 或 item（清单名称与清单项）")
    if isinstance(item.get("least", 1), NUMBER) and item.get("least", 1) <= 0:
        defects.add(where, f"least 应大于 0，现在是 {item['least']!r}")


def _check_kinds(defects: Defects, where: str, key: str, kinds: Iterable[str], code_list: str) -> None:
    for kind in kinds:
        defects.choice(kind, where, key, catalogue.load("codes")[code_list])


def _item(raw: Mapping[str, Any]) -> Item:
    lists = {key: tuple(raw[key]) for key in ("kinds", "applies_to") if key in raw}
    numbers = {key: float(raw[key]) for key in ("least", "min_floor_area_m2") if key in raw}
    return Item(**{**raw, **lists, **numbers})


def attainment(tables: Tables, standard: Standard, period: Period) -> pd.DataFrame:
    """Return a row for every community the standard binds and every item that applies to it.

    Columns: ``unit_code``, ``name``, ``district_code``, ``item``, ``group``, ``label``, ``required``, ``found``,
    ``met`` (boolean, missing where the table or the households needed are missing). What opened or was founded
    after the period's last day does not count; without a date it counts as there.
    """
    scope = Scope(tables, period, by="unit_code")
    bound = scope.communities
    bound = bound.loc[bound["kind"].isin(standard.applies_to)].sort_values("unit_code")
    parts = [_item_rows(scope, bound, item) for item in standard.items]
    columns = ["unit_code", "name", "district_code", "item", "group", "label", "required", "found", "met"]
    rows = pd.concat(parts) if parts else pd.DataFrame(columns=columns)
    return rows.sort_values("unit_code", kind="stable", ignore_index=True)[columns]


def _item_rows(scope: Scope, bound: pd.DataFrame, item: Item) -> pd.DataFrame:
    here = bound.loc[bound["kind"].isin(item.applies_to)] if item.applies_to else bound
    column, size = _PER[item.per]
    people = here[column].astype("float64") / size if column else pd.Series(1.0, index=here.index)
    required = people * item.least
    found = _found(scope, item, here["unit_code"])
    met = (found >= required).astype("boolean").mask(found.isna() | required.isna())
    named = {"item": item.id, "group": item.group, "label": item.label}
    return here[["unit_code", "name", "district_code"]].assign(**named, required=required, found=found, met=met)


def _found(scope: Scope, item: Item, units: pd.Series) -> pd.Series:
    """Return how much of an item each unit has (0 where nothing is on file), missing without its table."""
    if scope.lacks(item.table):
        return pd.Series(float("nan"), index=units.index)
    rows = scope.rows(item.table)
    if item.table == "checklist":
        rows = rows.loc[(rows["list"] == item.list) & (rows["item"] == item.item) & rows["met"].fillna(False)]
    else:
        rows = rows.loc[rows["kind"].isin(item.kinds)]
    if item.min_floor_area_m2:
        rows = rows.loc[rows["floor_area_m2"] >= item.min_floor_area_m2]
    amount = rows.assign(count=1.0)[item.quantity].astype("float64")
    return units.map(amount.groupby(rows["unit_code"]).sum()).fillna(0.0).astype("float64")


def summary(tables: Tables, standard: Standard, period: Period) -> pd.DataFrame:
    """Return a row per community, by ``unit_code``: does it meet the standard, and if not, what is missing.

    Columns: ``name``, ``district_code``, ``met`` (boolean), ``items_met``, ``items``, ``missing`` (tuple of item
    labels), then one column of counts per fact of the standard (such as ``large_centres``).
    """
    rows = attainment(tables, standard, period)
    grouped = rows.groupby("unit_code", sort=True)
    short = rows.loc[~rows["met"].fillna(True).astype(bool)].groupby("unit_code")["label"].agg(tuple)
    whole = grouped[["name", "district_code"]].first()
    missing = pd.Series([short.get(code, ()) for code in whole.index], index=whole.index, dtype=object)
    unknown = grouped["met"].agg(lambda met: bool(met.isna().any()))
    whole = whole.assign(
        met=missing.map(len).eq(0).astype("boolean").mask(unknown & missing.map(len).eq(0)),
        items_met=grouped["met"].sum().astype("Int64"),
        items=grouped.size().astype("Int64"),
        missing=missing,
    )
    scope = Scope(tables, period, by="unit_code")
    codes = whole.index.to_series()
    facts = {fact.id: _found(scope, fact, codes).astype("Int64") for fact in standard.facts}
    return whole.assign(**facts)


def item_rates(tables: Tables, standard: Standard, period: Period) -> pd.DataFrame:
    """Return a row per item: ``group``, ``label``, ``units`` it binds, ``units_met``, ``rate`` (0–1)."""
    rows = attainment(tables, standard, period)
    grouped = rows.groupby("item", sort=False)
    result = grouped[["group", "label"]].first()
    known, met = grouped["met"].count(), grouped["met"].sum()
    return result.assign(units=known.astype("Int64"), units_met=met.astype("Int64"), rate=met / known.where(known > 0))
