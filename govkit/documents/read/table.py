"""A table of an HTML output, as pandas shows frames → a table block with the colours of its cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bs4 import Tag

from govkit.documents.read.blocks import Column, Look, TableBlock
from govkit.documents.read.colours import Styles

NUMBER = re.compile(r"[-+−]?[\d,]*\.?\d+(e[-+]?\d+)?%?", re.IGNORECASE)
MISSING = frozenset({"", "—", "-", "NaN", "nan", "NaT", "<NA>", "None", "…", "..."})


@dataclass(frozen=True)
class _Cell:
    text: str = ""
    head: bool = False
    across: int = 1
    down: int = 1
    look: Look | None = None


def read_table(table: Tag, styles: Styles) -> TableBlock | None:
    """Return an HTML table as a block, None if it has no cell.

    Several head rows are joined: the last gives the label, those above the group. Row labels (th) become text columns;
    pandas' own 0, 1, 2 … counter without a name is left out. Columns of nothing but numbers are set to the right.
    Spanned cells are repeated, so that each row reads by itself, but for one that is a whole row; a row of one cell
    below the table is its note; a table within a cell is read as text of the cell.
    """
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
    head = _spread([_cells(row, styles) for row in rows if row.find_parent("thead") is not None])
    below = [row for row in rows if row.find_parent("tfoot") is not None and len(row.find_all(["td", "th"])) == 1]
    body = _spread([_cells(row, styles) for row in rows if row.find_parent("thead") is None and row not in below])
    if not head and body and all(cell.head for cell in body[0]):
        head, body = body[:1], body[1:]
    width = max((len(row) for row in [*head, *body]), default=0)
    if not width:
        return None
    head, body = _squared(head, width), _squared(body, width)
    labels = _index_names(head, body)
    columns = [_column(at, labels, [row[at].text for row in body]) for at in range(width)]
    if _is_counter(columns, body):
        columns, body = columns[1:], [row[1:] for row in body]
    looks = tuple(
        replace(cell.look, row=row, column=column)
        for row, cells in enumerate(body)
        for column, cell in enumerate(cells)
        if cell.look
    )
    caption = table.find("caption")
    title = cell_text(caption) if isinstance(caption, Tag) else ""
    texts = tuple(tuple(cell.text for cell in row) for row in body)
    return TableBlock(title, tuple(columns), texts, note="　".join(map(cell_text, below)), looks=looks)


def cell_text(tag: Tag) -> str:
    """The text of an element on one line; a line break in it is a space."""
    parts = [" " if getattr(part, "name", "") == "br" else part for part in tag.descendants]
    return " ".join("".join(part for part in parts if isinstance(part, str)).split())


def _cells(row: Tag, styles: Styles) -> list[_Cell]:
    return [
        _Cell(cell_text(cell), cell.name == "th", _span(cell, "colspan"), _span(cell, "rowspan"), styles.look(cell))
        for cell in row.find_all(["td", "th"], recursive=False)
    ]


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
            for at in range(cell.across):
                heads = at and len(row) == 1 and not cell.head  # the rows below, once
                said = replace(cell, text="") if heads else cell
                if cell.down > 1:
                    pending[len(line)] = (cell.down - 1, said)
                line.append(said)
        spread.append(line)
    return spread


def _squared(rows: list[list[_Cell]], width: int) -> list[list[_Cell]]:
    return [row + [_Cell()] * (width - len(row)) for row in rows]


def _index_names(head: list[list[_Cell]], body: list[list[_Cell]]) -> list[list[str]]:
    """Head rows as texts; pandas' extra row that only names the index is folded into the last head row.

    The names of the columns' levels, which pandas writes above it, stand after a ＼ there.
    """
    rows = [[cell.text for cell in row] for row in head]
    stub = sum(cell.head for cell in body[0]) if body else 0
    if len(rows) > 1 and stub and any(rows[-1][:stub]) and not any(rows[-1][stub:]):
        names = rows.pop()
        across = "、".join(dict.fromkeys(text for row in rows for text in row[:stub] if text))
        names[stub - 1] += f" ＼ {across}" if across else ""
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


def _is_counter(columns: list[Column], body: list[list[_Cell]]) -> bool:
    if len(columns) < 2 or columns[0].label or not body or not all(row[0].head for row in body):
        return False
    return [row[0].text for row in body if row[0].text not in MISSING] == _counted(body)


def _counted(body: list[list[_Cell]]) -> list[str]:
    """The labels that a counter of these rows has; a row of dots stands for those that pandas leaves out."""
    texts = [row[0].text for row in body]
    gap = next((at for at, text in enumerate(texts) if text in MISSING), len(texts))
    last = int(texts[-1]) if texts[-1].isdigit() else 0
    after = len(texts) - gap - 1
    return [str(at) for at in range(gap)] + [str(at) for at in range(last - after + 1, last + 1) if after > 0]


def _span(cell: Tag, name: str) -> int:
    value: Mapping[str, object] = cell.attrs
    text = str(value.get(name, ""))
    return min(max(int(text), 1), 1000) if text.isdigit() else 1
