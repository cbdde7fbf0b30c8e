"""Tables as documents need them: finished cell texts with kinds, units, a note and a source."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.errors import CatalogueError, UnknownNameError
from govkit.rounding import fixed, parts_of

MIME = "application/vnd.govkit.table+json"
MISSING = "—"

_ALIGN = {
    "text": "left", "code": "left", "integer": "right", "number": "right", "percent": "right",
    "points": "right", "date": "center", "mark": "center",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column: the frame's column ``key``, its head, and how a value becomes text.

    ``kind``: text, code, integer, number, percent (a fraction 0–1 shown as %), points (a difference of two fractions,
    shown in percentage points), date, mark (True ✓, False ×). ``group`` joins neighbours under one head. ``adds_up``:
    the rows not set bold are parts of a whole, rounded so that what is shown adds up to it.
    """

    key: str
    label: str
    kind: str = "text"
    unit: str = ""
    digits: int = 1
    group: str = ""
    signed: bool = False
    adds_up: bool = False

    def text(self, value: Any) -> str:
        """Return the finished text of one value; missing gives a dash."""
        if value is None or (not isinstance(value, (str, tuple, list)) and pd.isna(value)):
            return MISSING
        return _FORMATS[self.kind](value, self)

    @property
    def shown_unit(self) -> str:
        """The unit shown in the head."""
        return self.unit or {"percent": "%", "points": "百分点"}.get(self.kind, "")


def _number(value: Any, column: Column, scale: float = 1) -> str:
    # As a spreadsheet has it: 5/16 is 31.3 %.
    text = fixed(float(value) * scale, column.digits, signed=column.signed)
    if not column.signed:
        return text
    # A change that rounds to nothing has no sign; a minus is a minus, not a hyphen.
    return text[1:] if not text.strip("+-0.") else text.replace("-", "−")


_FORMATS: dict[str, Callable[[Any, Column], str]] = {
    "text": lambda value, _: "、".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value),
    "code": lambda value, _: str(value),
    "integer": lambda value, column: _number(value, replace(column, digits=0)),
    "number": _number,
    "percent": lambda value, column: _number(value, column, 100),
    "points": lambda value, column: _number(value, column, 100),
    "date": lambda value, _: f"{value:%Y-%m-%d}" if isinstance(value, dt.date) else str(value),
    "mark": lambda value, _: "✓" if value else "×",
}


@dataclass(frozen=True)
class Table:
    """A table ready to be shown: ``rows`` hold finished texts; ``emphasis`` are positions of rows set bold.

    ``annex``: on paper one line says where all its rows are: in the page (folded) and in the workbook.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    emphasis: tuple[int, ...] = ()
    note: str = ""
    source: str = ""
    annex: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the form PDF and Word take (see docs/architecture.md)."""
        return {
            "title": self.title,
            "columns": [
                {
                    "label": column.label,
                    "group": column.group,
                    "unit": column.shown_unit,
                    "kind": column.kind,
                    "align": _ALIGN[column.kind],
                }
                for column in self.columns
            ],
            "rows": [list(row) for row in self.rows],
            "emphasis": list(self.emphasis),
            "note": self.note,
            "source": self.source,
            **({"annex": True} if self.annex else {}),
        }

    def as_html(self) -> str:
        """Return the form HTML takes; every text is escaped."""
        foot = "".join(
            f'<p class="govkit-table-note">{html.escape(text)}</p>' for text in (self.note, self.source) if text
        )
        body = "".join(self._row_html(number, row) for number, row in enumerate(self.rows))
        return (
            '<div class="govkit-table"><table>'
            f"<caption>{html.escape(self.title)}</caption><thead>{self._head_html()}</thead>"
            f"<tbody>{body}</tbody></table>{foot}</div>"
        )

    def _head_html(self) -> str:
        if not any(column.group for column in self.columns):
            return f"<tr>{''.join(_head_cell(column) for column in self.columns)}</tr>"
        upper, lower = [], []
        for group, members in _runs(self.columns):
            if group:
                upper.append(f'<th colspan="{len(members)}" scope="colgroup">{html.escape(group)}</th>')
                lower += [_head_cell(column) for column in members]
            else:
                upper += [_head_cell(column, rows=2) for column in members]
        return f"<tr>{''.join(upper)}</tr><tr>{''.join(lower)}</tr>"

    def _row_html(self, number: int, row: tuple[str, ...]) -> str:
        cells = "".join(
            f'<td class="{_ALIGN[column.kind]}">{html.escape(text)}</td>'
            for column, text in zip(self.columns, row, strict=True)
        )
        return f'<tr class="emphasis">{cells}</tr>' if number in self.emphasis else f"<tr>{cells}</tr>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {"text/html": self.as_html(), MIME: self.as_json(), "text/plain": f"表：{self.title}"}


def make_table(
    frame: pd.DataFrame,
    title: str,
    columns: Sequence[Column],
    *,
    emphasise: Callable[[pd.Series], bool] | None = None,
    note: str = "",
    source: str = "",
) -> Table:
    """Make a table of ``frame``'s rows in their order; the index is not shown.

    >>> table = make_table(pd.DataFrame({"a": [0.5]}), "表题", [Column("a", "占比", "percent")])
    >>> table.rows
    (('50.0',),)
    """
    marked = tuple(place for place, (_, row) in enumerate(frame.iterrows()) if emphasise(row)) if emphasise else ()
    frame = frame.assign(
        **{column.key: _parts(frame[column.key], column, marked) for column in columns if column.adds_up}
    )
    records = frame.to_dict("records")
    rows = tuple(tuple(column.text(record[column.key]) for column in columns) for record in records)
    return Table(title, tuple(columns), rows, marked, note, source)


def _parts(values: pd.Series, column: Column, totals: Sequence[int]) -> pd.Series:
    """Return the parts of a whole rounded to add up, the totals as they are."""
    scale = 100 if column.kind == "percent" else 1
    parts = values.astype("float64").drop(values.index[list(totals)])
    rounded = parts_of(parts * scale, float((parts * scale).sum()), column.digits) / scale
    return rounded.reindex(values.index).fillna(values.astype("float64"))


def report_table(
    name: str,
    frame: pd.DataFrame,
    *,
    emphasise: Callable[[pd.Series], bool] | None = None,
    source: str = "",
    more: Sequence[Column] = (),
    **filled: Any,
) -> Table:
    """Make the table ``name`` of catalogue/report_tables.toml; ``filled`` replaces the ``{…}`` in its title and note.

    An ``optional`` column is left out if the frame lacks it; ``more`` columns follow those of the catalogue. Raises
    UnknownNameError for a table that is not in the catalogue, CatalogueError for a frame without a column it needs.
    """
    known = catalogue.load("report_tables")
    if name not in known:
        raise UnknownNameError("报告表", name, known)
    entry = known[name]
    wanted = [column for column in entry["columns"] if column["key"] in frame or not column.get("optional")]
    absent = [column["key"] for column in wanted if column["key"] not in frame]
    if absent:
        raise CatalogueError(f"报告表 {name} 缺少列：{'、'.join(absent)}", where="report_tables.toml")
    columns = [Column(**{key: column[key] for key in column if key != "optional"}) for column in wanted]
    # Rows are communities unless the table or the notebook says otherwise.
    filled = {"unit": entry.get("unit") or catalogue.load("levels")["unit_word"]["community"], **filled}
    columns = [*(replace(column, label=column.label.format(**filled)) for column in columns), *more]
    title, note = (entry.get(key, "").format(**filled) for key in ("title", "note"))
    return make_table(frame, title, columns, emphasise=emphasise, note=note, source=source)


def _head_cell(column: Column, *, rows: int = 1) -> str:
    unit = f'<span class="unit">({html.escape(column.shown_unit)})</span>' if column.shown_unit else ""
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f'<th{span} scope="col">{html.escape(column.label)}{unit}</th>'


def _runs(columns: Iterable[Column]) -> list[tuple[str, list[Column]]]:
    """Join neighbouring columns of the same group."""
    runs: list[tuple[str, list[Column]]] = []
    for column in columns:
        if runs and runs[-1][0] == column.group:
            runs[-1][1].append(column)
        else:
            runs.append((column.group, [column]))
    return runs
