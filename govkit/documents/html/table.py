"""Plain HTML tables, as pandas shows frames, → table blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from govkit.documents.read.blocks import Column, TableBlock

NUMBER = re.compile(r"[-+−]?[\d,]*\.?\d+(e[-+]?\d+)?%?", re.IGNORECASE)
MISSING = frozenset({"", "—", "-", "NaN", "nan", "NaT", "<NA>", "None", "…", "..."})
# What only a browser can show; an output with one of these is no plain table.
ACTIVE = re.compile(r"<\s*(script|iframe|svg|img|canvas|object|embed|video|form|button|input)\b", re.IGNORECASE)


@dataclass
class _Cell:
    text: str = ""
    head: bool = False
    across: int = 1
    down: int = 1


@dataclass
class _Grid:
    caption: str = ""
    head: list[list[_Cell]] = field(default_factory=list)
    body: list[list[_Cell]] = field(default_factory=list)
    remark: str = ""


class _TableReader(HTMLParser):
    """Collects the tables of a fragment; nested tables are read as text of their cell."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.grids: list[_Grid] = []
        self.depth = 0
        self.in_head = False
        self.cell: _Cell | None = None
        self.skip = ""
        self.caption = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in {"style", "script"}:
            self.skip = tag
        elif tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.grids.append(_Grid())
        elif tag == "br" and self.cell is not None:
            self.cell.text += " "
        elif self.depth == 1:
            self._start_part(tag, values)

    def _start_part(self, tag: str, values: dict[str, str]) -> None:
        grid = self.grids[-1]
        if tag == "thead":
            self.in_head = True
        elif tag == "caption":
            self.caption = True
        elif tag == "tr":
            (grid.head if self.in_head else grid.body).append([])
        elif tag in {"td", "th"}:
            rows = grid.head if self.in_head else grid.body
            if not rows:
                rows.append([])
            self.cell = _Cell("", tag == "th", _span(values.get("colspan")), _span(values.get("rowspan")))
            rows[-1].append(self.cell)

    def handle_endtag(self, tag: str) -> None:
        if tag == self.skip:
            self.skip = ""
        elif tag == "table":
            self.depth = max(self.depth - 1, 0)
        elif self.depth == 1 and tag == "thead":
            self.in_head = False
        elif self.depth == 1 and tag in {"td", "th"}:
            self.cell = None
        elif tag == "caption":
            self.caption = False

    def handle_data(self, data: str) -> None:
        if self.skip:
            return
        if self.cell is not None:
            self.cell.text += data
        elif self.caption and self.grids:
            self.grids[-1].caption += data
        elif self.grids and self.depth == 0:
            self.grids[-1].remark += data


def is_plain_table(html: str) -> bool:
    """Whether ``html`` holds a table and nothing that only a browser could show."""
    return "<table" in html.lower() and not ACTIVE.search(html)


def read_tables(html: str) -> tuple[TableBlock, ...]:
    """Return every table of an HTML fragment.

    Several head rows are joined: the last gives the label, those above the group. Row labels (th) become text columns;
    pandas' own 0, 1, 2 … counter without a name is left out. Columns of nothing but numbers are set to the right.
    Spanned cells are repeated, so that each row reads by itself.
    """
    reader = _TableReader()
    reader.feed(html)
    reader.close()
    tables = (_table(grid) for grid in reader.grids)
    return tuple(table for table in tables if table.columns)


def _table(grid: _Grid) -> TableBlock:
    head, body = _spread(grid.head), _spread(grid.body)
    if not head and body and all(cell.head for cell in body[0]):
        head, body = body[:1], body[1:]
    width = max((len(row) for row in [*head, *body]), default=0)
    head, body = _squared(head, width), _squared(body, width)
    labels = _index_names(head, body)
    texts = [tuple(_clean(cell.text) for cell in row) for row in body]
    columns = [_column(at, labels, [row[at] for row in texts]) for at in range(width)]
    if _is_counter(columns, texts, body):
        columns, texts = columns[1:], [row[1:] for row in texts]
    return TableBlock(_clean(grid.caption), tuple(columns), tuple(texts), note=_clean(grid.remark))


def _spread(rows: list[list[_Cell]]) -> list[list[_Cell]]:
    """Repeat spanned cells across and down."""
    spread: list[list[_Cell]] = []
    pending: dict[int, tuple[int, _Cell]] = {}
    for row in rows:
        line: list[_Cell] = []
        cells = list(row)
        while cells or len(line) in pending:
            if len(line) in pending:
                left, cell = pending.pop(len(line))
                if left > 1:
                    pending[len(line)] = (left - 1, cell)
                line.append(cell)
                continue
            cell = cells.pop(0)
            for _ in range(cell.across):
                if cell.down > 1:
                    pending[len(line)] = (cell.down - 1, cell)
                line.append(cell)
        spread.append(line)
    return spread


def _squared(rows: list[list[_Cell]], width: int) -> list[list[_Cell]]:
    return [row + [_Cell()] * (width - len(row)) for row in rows]


def _index_names(head: list[list[_Cell]], body: list[list[_Cell]]) -> list[list[str]]:
    """Head rows as texts; pandas' extra row that only names the index is folded into the last head row."""
    rows = [[_clean(cell.text) for cell in row] for row in head]
    stub = sum(cell.head for cell in body[0]) if body else 0
    if len(rows) > 1 and stub and any(rows[-1][:stub]) and not any(rows[-1][stub:]):
        names = rows.pop()
        rows[-1] = names[:stub] + rows[-1][stub:]
        rows[:-1] = [[""] * stub + row[stub:] for row in rows[:-1]]
    return rows


def _column(at: int, labels: list[list[str]], values: list[str]) -> Column:
    parts = [row[at] for row in labels]
    label = parts[-1] if parts else ""
    group = " · ".join(dict.fromkeys(part for part in parts[:-1] if part))
    filled = [value for value in values if value not in MISSING]
    numeric = bool(filled) and all(NUMBER.fullmatch(value) for value in filled)
    return Column(label, group, "", "number" if numeric else "text", "right" if numeric else "left")


def _is_counter(columns: list[Column], rows: list[tuple[str, ...]], body: list[list[_Cell]]) -> bool:
    if len(columns) < 2 or columns[0].label or not rows or not all(row[0].head for row in body):
        return False
    return [row[0] for row in rows] == [str(at) for at in range(len(rows))]


def _clean(text: str) -> str:
    return " ".join(text.split())


def _span(value: str | None) -> int:
    return min(max(int(value), 1), 1000) if value and value.isdigit() else 1
