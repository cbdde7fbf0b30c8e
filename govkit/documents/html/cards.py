"""Tables on a phone: one too wide for it becomes cards, a row each, its first text for a head."""

from __future__ import annotations

import re

from govkit.documents.pdf.typesetting import UNBROKEN, text_width
from govkit.documents.read.blocks import TableBlock

# A phone's width in em of a table's type, what a column's padding takes of it, what a text and a passage need.
_PHONE, _PADDING, _SQUEEZED, _PASSAGE = 23.5, 1.1, 5.0, 15.0
# Rows and columns that are still read as cards; beyond, the table is moved sideways below its first column.
MOST_ROWS, MOST_COLUMNS = 60, 16


def card_name(table: TableBlock) -> int | None:
    """Return the column that names a row's card: the first of words, or the first of all; None for a table that fits.

    A table of more rows or columns than anybody reads as cards has no cards either.
    """
    if len(table.rows) > MOST_ROWS or not 2 < len(table.columns) <= MOST_COLUMNS:
        return None
    if sum(_least(table, at) + _PADDING for at in range(len(table.columns))) <= _PHONE:
        return None
    words = (at for at, column in enumerate(table.columns) if column.kind not in UNBROKEN)
    return next((at for at in words if any(re.search(r"[^\W\d]", row[at]) for row in table.rows)), 0)


def _least(table: TableBlock, at: int) -> float:
    head = max(map(text_width, re.findall(r".{1,4}", table.columns[at].head)), default=0.0)
    widest = max((text_width(row[at]) for row in table.rows), default=0.0)
    whole = table.columns[at].kind in UNBROKEN
    return max(head, widest if whole else min(widest, _PASSAGE if widest > 2 * _PASSAGE else _SQUEEZED))


def card_labels(table: TableBlock) -> str:
    """Return the heads of a table as CSS variables ``--h1``, ``--h2`` …, which its style writes before each value."""
    return ";".join(f"--h{at}:{_css_text(column.full_head)}" for at, column in enumerate(table.columns, 1))


def _css_text(text: str) -> str:
    """Return a text as CSS writes it, whatever its letters.

    >>> _css_text("满意度（%）"), _css_text("a'b")
    ("'满意度（%）'", "'a\\\\27 b'")
    """
    return "'" + re.sub(r"[^\w（）、·% ]", lambda found: f"\\{ord(found[0]):x} ", text) + "'"
