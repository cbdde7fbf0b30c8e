"""What a finished document is made of: a flat, frozen tree that HTML, PDF and Word are all written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from govkit.catalogue import load


@dataclass(frozen=True)
class Run:
    """A stretch of text set in one way; ``text == "\\n"`` is a line break."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading; ``number`` (一、) and ``anchor`` are filled in when the whole document is known."""

    level: int
    runs: tuple[Run, ...]
    number: str = ""
    anchor: str = ""


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
class Code:
    """Text shown letter by letter: a block of code or the plain answer of a cell."""

    text: str


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
        return f"{self.label}（{self.unit}）" if self.unit else self.label


@dataclass(frozen=True)
class TableBlock:
    """A table of finished texts; ``emphasis`` lists rows set bold; ``number`` counts from 1 through the document."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    emphasis: tuple[int, ...] = ()
    note: str = ""
    source: str = ""
    number: int = 0

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

    @property
    def half(self) -> bool:
        """Whether two of its like fit side by side."""
        return self.kind == "chart" and self.width <= load("document")["page"]["half_figure"]


@dataclass(frozen=True)
class Embed:
    """HTML that only a browser can show: as it is in HTML, a remark on paper."""

    html: str = field(repr=False)


@dataclass(frozen=True)
class Absent:
    """A section left out because it does not apply or has no data, with the outputs it would have had."""

    blocks: tuple[Block, ...]
    reason: str = ""
    figures: int = 0
    tables: int = 0


Block = Heading | Paragraph | ListBlock | Quote | Code | Divider | TableBlock | Figure | Embed | Absent


@dataclass(frozen=True)
class Unconverted:
    """Something in a notebook that a document does not show, or not as it was: type and why.

    ``cell`` is the cell's index from 0, or -1 for what concerns the whole document.
    """

    cell: int
    mime: str
    reason: str

    def __str__(self) -> str:
        place = f"第 {self.cell + 1} 个单元：" if self.cell >= 0 else ""
        return f"{place}{self.reason}"


@dataclass(frozen=True)
class Document:
    """A notebook's outputs as one document: cover fields or None, title, numbered blocks, what was left behind."""

    title: str
    cover: Mapping[str, Any] | None
    blocks: tuple[Block, ...]
    unconverted: tuple[Unconverted, ...] = ()

    @property
    def figures(self) -> int:
        """How many figures are shown."""
        return sum(isinstance(block, Figure) for block in walk(self.blocks))

    @property
    def tables(self) -> int:
        """How many tables are shown."""
        return sum(isinstance(block, TableBlock) for block in walk(self.blocks))

    @property
    def absent_figures(self) -> int:
        """How many figures the absent sections would have shown."""
        return sum(block.figures for block in walk(self.blocks) if isinstance(block, Absent))

    @property
    def absent_tables(self) -> int:
        """How many tables the absent sections would have shown."""
        return sum(block.tables for block in walk(self.blocks) if isinstance(block, Absent))

    @property
    def headings(self) -> tuple[Heading, ...]:
        """All headings in order."""
        return tuple(block for block in walk(self.blocks) if isinstance(block, Heading))


def walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Yield every block in reading order, those inside lists, quotes and absent sections too."""
    for block in blocks:
        yield block
        if isinstance(block, ListBlock):
            for item in block.items:
                yield from walk(item)
        elif isinstance(block, (Quote, Absent)):
            yield from walk(block.blocks)


def plain(runs: tuple[Run, ...]) -> str:
    """Return the text of ``runs`` without its setting.

    >>> plain((Run("办结率"), Run("98%", bold=True)))
    '办结率98%'
    """
    return "".join(run.text for run in runs)
