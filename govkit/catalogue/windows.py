"""When a row of a tidy table counts: the day and the window that tables.toml states for the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from govkit import catalogue
from govkit.errors import CatalogueError

_DATES = ("date", "datetime")
_WINDOWS = ("within", "since")


@dataclass(frozen=True)
class Window:
    """``dated_by`` is the column of a row's day, ``period_by`` the one that names its report period; ``""`` for none.

    ``kind`` is ``within`` (it counts in the period its day lies in; without a day in none) or ``since`` (from its day
    on; without a day always). ``undated``: a row that names no report period counts in every one.
    """

    dated_by: str = ""
    kind: str = ""
    period_by: str = ""
    undated: bool = False


@cache
def window(table: str) -> Window:
    """Return when rows of a table count; a table that is not of the catalogue counts always.

    A table that states no ``dated_by`` is dated by its only required date, if it names no report period. Raises
    CatalogueError naming table and key where that leaves more than one reading.

    >>> window("events"), window("facilities").kind
    (Window(dated_by='reported_at', kind='within', period_by='', undated=False), 'since')
    """
    entry = catalogue.load("tables").get(table)
    return stated_window(table, entry) if entry is not None else Window()


def stated_window(table: str, entry: Mapping[str, Any]) -> Window:
    """Return what a table's entry of tables.toml says of when its rows count, as ``window``."""
    columns = entry["columns"]
    period_by = entry.get("period_by", "period" if "period" in columns else "")
    dated_by = entry.get("dated_by")
    if dated_by is None:
        dated_by = "" if period_by else _only_required_date(table, columns)
    kind = entry.get("window", "within" if dated_by else "")
    for key, value, valid in (
        ("dated_by", dated_by, [name for name, one in columns.items() if one["type"] in _DATES]),
        ("period_by", period_by, list(columns)),
        ("window", kind, list(_WINDOWS)),
    ):
        if value and value not in valid:
            raise _wrong(table, f"{key} 没有 {value!r} 这个取值", f"{'、'.join(valid)}")
    return Window(dated_by, kind, period_by, entry.get("undated", False))


def _only_required_date(table: str, columns: Mapping[str, Mapping[str, Any]]) -> str:
    dates = [name for name, one in columns.items() if one["type"] in _DATES]
    required = [name for name in dates if columns[name].get("required")]
    if dates and len(required) != 1:
        raise _wrong(table, "缺少 dated_by：不知道一行算在哪一个报告期", f'{"、".join(dates)}；不按日期计的写 ""')
    return required[0] if required else ""


def _wrong(table: str, what: str, allowed: str) -> CatalogueError:
    todo = "在这张表下写明 dated_by（日期列）和 window（within 算在日期所在的报告期，since 从该日起一直算）。"
    return CatalogueError(f"数据表 [{table}] {what}", where="govkit/catalogue/tables.toml", allowed=allowed, todo=todo)
