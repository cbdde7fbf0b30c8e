"""Ledger views as ``catalogue/views/`` states them: how many, how much, which share, by a column or by unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from govkit import catalogue
from govkit.analysis.standards.checked import NUMBER, Defects, place
from govkit.errors import UnknownNameError

# What a column of a view may be: made of the rows, or of columns before it.
OF_ROWS = ("count", "filled", "sum", "mean", "least", "most", "median", "distinct", "first", "latest", "names")
OF_COLUMNS = ("share", "difference", "per_unit", "per_100_households", "per_10000_residents")
# What ``ledgers.tasks`` knows of a task at the period's end.
_OF_TASKS = ("done", "overdue", "inspected", "on_time")
# What rows are put together by, beside the columns of their own table; ``task_root`` is the task at the top of a tree.
BY_UNIT = ("below", "unit", "unit_kind", "unit_type", "unit_level", "unit_formed")
BY_TASK = ("task_root",)
_KEYS = {
    "systems": list, "title": str, "table": str, "where": dict, "by": str, "by_label": str,
    "columns": list, "total": bool, "sort": str, "top": int, "note": str, "note_of": str, "sentence": str,
    "shown_in": list, "missing": str, "cumulative": bool, "order": list, "change": list, "best": str, "drawn": str,
    "applies_to": list, "annex": bool, "listed": bool, "shown_if": str,
}  # fmt: skip
_COLUMN_KEYS = {
    "key": str, "label": str, "how": str, "of": str, "over": str, "where": dict, "unit": str, "scale": NUMBER,
    "digits": int, "kind": str, "group": str, "cumulative": bool, "table": str, "optional": bool,
}  # fmt: skip
_SHOWN_IN = ("zone", "district")
NOT_STATED = "未注明"
TOTAL = "合计"
# Rows of a listed view are named by their own place in the table.
ROW = "row"


@dataclass(frozen=True)
class ViewColumn:
    """One column of a view: ``how`` it is made, ``of`` which column, ``over`` which other, of rows ``where`` …

    ``table`` is another table whose rows it is made of; ``cumulative`` counts all rows up to the period's end;
    ``optional``: not shown where it is nought everywhere.
    """

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
    cumulative: bool = False
    table: str = ""
    optional: bool = False


@dataclass(frozen=True)
class View:
    """A ledger summed up: rows of ``table`` that fit ``where``, put together ``by``; ``listed``: row by row.

    ``systems`` are the published systems it serves, ``missing`` is what rows without a value of ``by`` are called.
    ``change`` names columns compared with the last period, ``best`` the one by which the best and the worst are named,
    ``drawn`` the one a map or chart shows. ``applies_to``: kinds of unit it concerns (all if empty).
    ``annex``: shown at the end. ``note_of``: the group the note is about. ``shown_if``: a column without any value
    leaves the view out.
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
    note_of: str = ""
    sentence: str = ""
    shown_in: tuple[str, ...] = _SHOWN_IN
    missing: str = NOT_STATED
    order: tuple[str, ...] = ()
    cumulative: bool = False
    change: tuple[str, ...] = ()
    best: str = ""
    drawn: str = ""
    applies_to: tuple[str, ...] = ()
    annex: bool = False
    listed: bool = False
    shown_if: str = ""

    def column(self, key: str) -> ViewColumn:
        """Return one column by its key."""
        return next(one for one in self.columns if one.key == key)

    @property
    def of_places(self) -> bool:
        """Whether its groups are units."""
        return self.by in {"below", "unit"}


def load_views(within: str = "") -> tuple[View, ...]:
    """Return the views of ``catalogue/views/`` section by section, all or those shown ``within`` a zone or a district.

    ``within`` is ``zone`` or ``district``. CatalogueError names every defect of a file.
    """
    return tuple(one for one in _catalogued() if not within or within in one.shown_in)


@cache
def _catalogued() -> tuple[View, ...]:
    return tuple(
        one
        for section in sections()
        for one in read_views(catalogue.load(f"views/{section}"), section, where=f"views/{section}.toml")
    )


def sections() -> dict[str, Any]:
    """Return the sections views stand in, in the order of reports: ``title``, and ``chapter`` they belong to."""
    return catalogue.load("views/sections")


def view(name: str) -> View:
    """Return one view; UnknownNameError with the nearest names."""
    known = {one.name: one for one in load_views()}
    if name not in known:
        raise UnknownNameError("台账汇总", name, known)
    return known[name]


def read_views(raw: Mapping[str, Any], section: str, *, where: str) -> tuple[View, ...]:
    """Return the views a TOML file states of a section; CatalogueError names every defect at once."""
    defects = Defects(where)
    for number, (name, entry) in enumerate(raw.items(), start=1):
        _check(defects, place("views", number, {"id": name}), entry)
    defects.stop_if_any(todo="按 views/sections.toml 开头的说明改正后重试。")
    return tuple(_view(name, section, entry) for name, entry in raw.items())


def _view(name: str, section: str, entry: Mapping[str, Any]) -> View:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list) and key != "columns"}
    made = {"name": name, "section": section, "columns": tuple(ViewColumn(**one) for one in entry["columns"])}
    return View(**{"by": "", **entry, **lists, **made})


def _known(table: str) -> list[str]:
    """Return what the rows of a table may be put together by or picked by."""
    own = catalogue.load("tables").get(table, {"columns": {}})["columns"]
    return [*own, "period", *BY_UNIT, *((*_OF_TASKS, *BY_TASK) if table == "tasks" else ())]


def _check(defects: Defects, where: str, entry: Mapping[str, Any]) -> None:
    defects.keys(entry, where, _KEYS, ("systems", "title", "table", "by_label", "columns"))
    defects.choice(entry.get("table"), where, "table", catalogue.load("tables"))
    known = _known(str(entry.get("table")))
    if not entry.get("listed"):
        defects.choice(entry.get("by"), where, "by", known)
    for one in entry.get("shown_in", []):
        defects.choice(one, where, "shown_in", _SHOWN_IN)
    for key in entry.get("where", {}):
        defects.choice(key, where, "where", known)
    keys = [column.get("key") for column in entry.get("columns", [])]
    for key in (
        *entry.get("change", []),
        *(entry[one] for one in ("best", "drawn", "sort", "shown_if") if one in entry),
    ):
        defects.choice(key, where, "change、best、drawn、sort、shown_if 所指的栏", keys)
    before: list[str] = []
    for column in entry.get("columns", []):
        _check_column(defects, f"{where} columns.{column.get('key')}", column, known, before)
        before.append(column.get("key", ""))


def _check_column(defects: Defects, here: str, column: Mapping[str, Any], known: list[str], before: list[str]) -> None:
    defects.keys(column, here, _COLUMN_KEYS, ("key", "label", "how"))
    how = column.get("how")
    defects.choice(how, here, "how", [*OF_ROWS, *OF_COLUMNS])
    if "table" in column:
        defects.choice(column["table"], here, "table", catalogue.load("tables"))
        known = _known(str(column["table"]))
    if how in OF_ROWS and how != "count":
        defects.choice(column.get("of"), here, "of", known)
    for key in {"share": ("of", "over"), "difference": ("of", "over")}.get(
        str(how), ("of",) if how in OF_COLUMNS else ()
    ):
        defects.choice(column.get(key), here, key, before)
    for key in column.get("where", {}):
        defects.choice(key, here, "where", known)
