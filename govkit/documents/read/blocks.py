"""What a finished document is made of: a flat, frozen tree that HTML, PDF and Word are all written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from govkit.catalogue import load
from govkit.documents.read.words import words


@dataclass(frozen=True)
class Run:
    """A stretch of text set in one way; ``text == "\\n"`` is a line break.

    ``raised`` is ``sup``, ``sub`` or ``""``; a ``formula``'s text is its LaTeX; links lead to an ``anchor``.
    """

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""
    strike: bool = False
    raised: str = ""
    formula: bool = False
    anchor: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading; ``number`` (一、) and ``anchor`` are filled in when the whole document is known.

    ``slide``: what the head of a slide says (docs/architecture.md), with ``beneath``, how many of the blocks that
    follow say the same in a report; None for a heading of prose.
    """

    level: int
    runs: tuple[Run, ...]
    number: str = ""
    anchor: str = ""
    slide: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of prose."""

    runs: tuple[Run, ...]


@dataclass(frozen=True)
class ListBlock:
    """A list, each item a sequence of blocks; ``ordered`` counts from ``start``."""

    items: tuple[tuple[Block, ...], ...]
    ordered: bool = False
    start: int = 1


@dataclass(frozen=True)
class Quote:
    """A quotation or a remark set apart."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Definitions:
    """Terms, each with the blocks that explain it."""

    items: tuple[tuple[tuple[Run, ...], tuple[Block, ...]], ...]


@dataclass(frozen=True)
class Equation:
    """A formula on a line of its own, as LaTeX; ``number`` is ``""`` for one without, ``anchor`` what links lead to."""

    latex: str
    number: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Code:
    """Text shown letter by letter: a block of code, a plain answer (``""``), or printed text by the name of its stream.

    ``kind``: ``stdout``, ``stderr`` (folded on a screen) or ``error`` (a cell that was allowed to fail).
    """

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Lost:
    """Stands where an output should stand that no document takes; ``reason`` says which and what to do."""

    reason: str


@dataclass(frozen=True)
class Divider:
    """A rule between two passages."""


@dataclass(frozen=True)
class Column:
    """A table column; ``group`` joins neighbours under one head, ``kind`` is one of the display bundle's kinds."""

    label: str
    group: str = ""
    unit: str = ""
    kind: str = "text"
    align: str = "left"

    @property
    def head(self) -> str:
        """Label with its unit, as it stands above the column."""
        return f"{self.label}{words['unit_open']}{self.unit}{words['unit_close']}" if self.unit else self.label

    @property
    def full_head(self) -> str:
        """The head where there is one storey only: its group before it."""
        return f"{self.group} {self.head}" if self.group else self.head


@dataclass(frozen=True)
class Look:
    """Colours of one cell: ``fill`` and ``ink`` as #rrggbb or ``""``; ``bar`` as (colour, from, to), shares of 1."""

    row: int
    column: int
    fill: str = ""
    ink: str = ""
    bold: bool = False
    bar: tuple[str, float, float] | None = None


@dataclass(frozen=True)
class TableBlock:
    """A table of finished texts; ``emphasis`` lists rows set bold; ``number`` counts from 1 through the document.

    An ``annex`` has all rows of a long frame: folded on a screen, whole in the workbook, one line on paper. ``rich``
    holds (row, column, runs) of cells that are more than text, formulas or links; the head is row -1. ``largest``: no
    larger type than this, in points, on paper.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    emphasis: tuple[int, ...] = ()
    note: str = ""
    source: str = ""
    number: int = 0
    looks: tuple[Look, ...] = ()
    rich: tuple[tuple[int, int, tuple[Run, ...]], ...] = ()
    annex: bool = False
    largest: float = 99.0

    def runs(self, row: int, column: int) -> tuple[Run, ...]:
        """What stands in a cell, as runs where it is more than text; ``()`` for a plain one."""
        return self._rich.get((row, column), ())

    @cached_property
    def _rich(self) -> dict[tuple[int, int], tuple[Run, ...]]:
        return {(row, column): runs for row, column, runs in self.rich}

    def look(self, row: int, column: int) -> Look | None:
        """The colours of a cell, None for a plain one."""
        return self._looks.get((row, column))

    @cached_property
    def _looks(self) -> dict[tuple[int, int], Look]:
        return {(one.row, one.column): one for one in self.looks}

    @property
    def grouped(self) -> bool:
        """Whether the head has a second storey."""
        return any(column.group for column in self.columns)

    @property
    def groups(self) -> tuple[tuple[str, int], ...]:
        """Neighbouring columns of one group as (group, how many); a column without group stands alone."""
        spans: list[tuple[str, int]] = []
        for column in self.columns:
            if spans and column.group and spans[-1][0] == column.group:
                spans[-1] = (column.group, spans[-1][1] + 1)
            else:
                spans.append((column.group, 1))
        return tuple(spans)


@dataclass(frozen=True)
class Figure:
    """A picture, with its interactive twin in ``html`` where there is one; ``width`` in CSS pixels (1/96 inch).

    A chart's caption is its finding and stands above it; ``vector`` is the same drawing as SVG, ``b""`` without one.
    ``map_share``: the share of a map's width that is left of its legend, 1 for other pictures. ``names``: the share of
    a chart's width that the names of its rows take, and of its height above the first of them.
    """

    image: bytes = field(repr=False)
    mime: str
    width: float
    height: float
    caption: str = ""
    alt: str = ""
    source: str = ""
    html: str = field(default="", repr=False)
    number: int = 0
    note: str = ""
    kind: str = ""
    vector: bytes = field(default=b"", repr=False)
    map_share: float = 1.0
    names: tuple[float, ...] = ()

    @property
    def half(self) -> bool:
        """Whether two of its like fit side by side."""
        return self.kind == "chart" and self.width <= load("document")["page"]["half_figure"]


@dataclass(frozen=True)
class Embed:
    """HTML that lives in a browser, in a frame of its own; ``twin`` is what paper shows of it."""

    html: str = field(repr=False)
    twin: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Absent:
    """A section left out because it does not apply or has no data, with the outputs it would have had."""

    blocks: tuple[Block, ...]
    reason: str = ""
    figures: int = 0
    tables: int = 0


Block = (
    Heading
    | Paragraph
    | ListBlock
    | Definitions
    | Quote
    | Code
    | Equation
    | Divider
    | TableBlock
    | Figure
    | Embed
    | Absent
    | Lost
)
