"""An executed notebook → the slides of a deck, which HTML and PowerPoint are both written from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from govkit.catalogue import load
from govkit.documents.pdf.typesetting import annex_line, split_columns
from govkit.documents.read.blocks import (
    Absent,
    Block,
    Code,
    Definitions,
    Document,
    Embed,
    Equation,
    Figure,
    Heading,
    ListBlock,
    Lost,
    Paragraph,
    Quote,
    TableBlock,
    plain,
    walk,
)
from govkit.documents.read.document import read_document
from govkit.documents.read.markdown import read_markdown
from govkit.documents.read.outputs import INVISIBLE
from govkit.documents.read.texts import shortened
from govkit.errors import ReportError

if TYPE_CHECKING:
    from nbformat import NotebookNode

SLIDE = "application/vnd.govkit.slide+json"


@dataclass(frozen=True)
class Number:
    """One large number of a slide; texts are finished."""

    label: str
    value: str
    unit: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Line:
    """One line of text on a slide; ``level`` 0 is a paragraph, 1 and deeper the points of a list."""

    level: int
    text: str


@dataclass(frozen=True)
class Slide:
    """One slide: its message, one line below it, and at most one of numbers, a figure, a table or lines of text.

    ``section``: its entry in the agenda; ``notes``: the presenter's, one paragraph each; ``part``: which of how many
    slides a long table takes, ``(1, 1)`` for others.
    """

    title: str
    lead: str = ""
    section: str = ""
    notes: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    figure: Figure | None = None
    table: TableBlock | None = None
    lines: tuple[Line, ...] = ()
    part: tuple[int, int] = (1, 1)

    @property
    def heading(self) -> str:
        """The message, and which part of it this slide is."""
        part, of = self.part
        return self.title if of == 1 else self.title + load("deck")["words"]["part"].format(part=part, of=of)

    @property
    def columns(self) -> tuple[TableBlock, ...]:
        """The table in the columns it stands in: one, or two halves side by side."""
        if self.table is None:
            return ()
        half = -(-len(self.table.rows) // 2)
        if not _is_narrow(self.table) or len(self.table.rows) <= load("deck")["table"]["most_rows"]:
            return (self.table,)
        return (_rows(self.table, 0, half), _rows(self.table, half, len(self.table.rows)))


@dataclass(frozen=True)
class Deck:
    """A whole deck: cover fields (docs/architecture.md), slides in order, and why something was left out."""

    cover: Mapping[str, Any]
    slides: tuple[Slide, ...]
    absent: tuple[str, ...] = ()

    @property
    def agenda(self) -> tuple[tuple[str, int], ...]:
        """The sections in order, each with the position of its first slide from 0."""
        first: dict[str, int] = {}
        for at, slide in enumerate(self.slides):
            if slide.section:
                first.setdefault(slide.section, at)
        return tuple(first.items())

    @property
    def agenda_notes(self) -> tuple[str, ...]:
        """What the presenter should know before: the data are synthetic, and what was left out, and why."""
        words = load("deck")["words"]
        said = (str(self.cover.get("synthetic") or ""), *(f"{words['left_out']}{reason}" for reason in self.absent))
        return tuple(text for text in said if text)


def read_deck(notebook: NotebookNode, document: Document | None = None) -> Deck:
    """Return the deck an executed notebook shows.

    A slide begins with a slide bundle (``display.slides.Slide``); the figure, table or text shown after it stands on
    it, the heading above it is its section. What is shown further gets a slide of its own under the same message;
    prose of the notebook does so only right after an empty slide's head. Raises ReportError if there is no slide.
    """
    document = read_document(notebook) if document is None else document
    slides = tuple(slide for one in _read_slides(notebook) for slide in _in_parts(one))
    if not slides:
        raise ReportError(
            "笔记本没有幻灯片。", todo="用 display.slides.slide 给出每张幻灯片的标题，或改用 --to html、pdf。"
        )
    absent = tuple(dict.fromkeys(block.reason for block in walk(document.blocks) if isinstance(block, Absent)))
    return Deck(document.cover or {"title": document.title or slides[0].title}, slides, absent)


def _read_slides(notebook: NotebookNode) -> Iterator[Slide]:
    """Yield the slides before long tables are parted; a slide whose map or table is absent is left out."""
    section, head, filled = "", None, True
    open_for_prose = False
    for item in _items(notebook):
        if isinstance(item, str):
            section, open_for_prose = item, False
        elif isinstance(item, _Text):
            if head is not None and (item.shown or (open_for_prose and not head.numbers)):
                yield replace(head, lines=item.lines, notes=() if filled else head.notes)
                filled = True
        elif isinstance(item, Slide):
            if head is not None and not filled:
                yield head
            head, filled, open_for_prose = replace(item, section=section), False, True
        elif isinstance(item, Absent):
            filled = True
        elif head is not None:
            yield replace(head, figure=item) if isinstance(item, Figure) else replace(head, table=item)
            filled, open_for_prose = True, False
    if head is not None and not filled:
        yield head


@dataclass(frozen=True)
class _Text:
    """Neighbouring lines of text; ``shown``: a program's output, not the author's prose."""

    lines: tuple[Line, ...]
    shown: bool


def _items(notebook: NotebookNode) -> Iterator[str | Slide | Figure | TableBlock | Absent | _Text]:
    """Yield headings (as text), heads of slides, figures, tables, texts and absent sections in their order."""
    hidden = set(load("document")["hidden_tags"])
    for cell in notebook.cells:
        if hidden & set(cell.get("metadata", {}).get("tags", [])):
            continue
        for part in cell.get("outputs", []) if cell["cell_type"] == "code" else [None]:
            value = part.get("data", {}).get(SLIDE) if part is not None else None
            if value is not None:
                yield _head(value)
                continue
            read = _read_alone(cell, part, notebook.metadata)
            if part is None and read.title:  # a heading that stands alone reads as a title
                yield read.title
            yield from _of_blocks(read.blocks, shown=part is not None)


def _of_blocks(blocks: tuple[Block, ...], *, shown: bool) -> Iterator[str | Figure | TableBlock | Absent | _Text]:
    lines: list[Line] = []
    for block in (*blocks, None):
        found = list(_lines(block, 0)) if block is not None else []
        if found:
            lines += found
            continue
        if lines:
            yield _Text(tuple(lines), shown)
            lines = []
        if isinstance(block, Heading):
            yield plain(block.runs)
        elif isinstance(block, (Figure, TableBlock, Absent)):
            yield block
        elif isinstance(block, Embed):
            yield from _of_blocks(block.twin, shown=shown)


def _lines(block: Block, level: int) -> Iterator[Line]:
    """The text of a block, line by line; nothing for figures, tables and headings."""
    if isinstance(block, TableBlock) and block.annex:
        block = annex_line(block)
    if isinstance(block, Paragraph):
        yield Line(level, plain(block.runs))
    elif isinstance(block, ListBlock):
        for at, item in enumerate(block.items, start=block.start):
            for place, line in enumerate(one for part in item for one in _lines(part, level + 1)):
                mark = f"{at}. " if block.ordered and place == 0 else ""
                yield Line(max(line.level, level + 1), mark + line.text)
    elif isinstance(block, Quote):
        for part in block.blocks:
            yield from _lines(part, level)
    elif isinstance(block, Definitions):
        for term, explained in block.items:
            yield Line(level, plain(term))
            for part in explained:
                yield from _lines(part, level + 1)
    elif isinstance(block, Code):
        text = shortened(block.text, load("document")["printed"]["slides"])
        yield from (Line(level, line) for line in text.split("\n") if line.strip())
    elif isinstance(block, Equation):
        yield Line(level, block.latex + (f"（{block.number}）" if block.number else ""))
    elif isinstance(block, Lost):
        yield Line(level, block.reason)


def _read_alone(cell: Mapping[str, Any], output: Mapping[str, Any] | None, metadata: Mapping[str, Any]) -> Document:
    """Return one output, or a Markdown cell, read as in every document."""
    from nbformat.v4 import new_notebook

    alone = {**cell, "outputs": [output]} if output is not None else cell
    return read_document(new_notebook(cells=[alone], metadata=metadata))


def _head(value: Any) -> Slide:
    if not isinstance(value, dict) or not value.get("title"):
        raise ReportError("幻灯片数据没有标题。", todo="用 display.slides.slide 生成幻灯片。")
    numbers = tuple(Number(**{key: _text(text) for key, text in one.items()}) for one in value.get("figures", ()))
    notes = tuple(filter(None, (_text(note) for note in value.get("notes", ()))))
    return Slide(_text(value["title"]), _text(value.get("lead", "")), notes=notes, numbers=numbers)


def _text(markdown: str) -> str:
    """Return Markdown as plain text without control and direction marks."""
    cleaned = INVISIBLE.sub("", str(markdown))
    blocks = read_markdown(cleaned, complain=lambda *_: ())
    return re.sub(r"\s+", " ", "".join(plain(one.runs) for one in blocks if isinstance(one, (Paragraph, Heading))))


def _in_parts(slide: Slide) -> Iterator[Slide]:
    """Part a table that is too long or too wide for one slide evenly over several, and long texts."""
    if slide.lines:
        most = load("deck")["table"]["most_lines"]
        pages = [slide.lines[at : at + most] for at in range(0, len(slide.lines), most)]
        for at, lines in enumerate(pages, start=1):
            yield replace(slide, lines=lines, part=(at, len(pages)), notes=() if at > 1 else slide.notes)
        return
    if slide.table is not None and len(wide := split_columns(slide.table, load("deck")["table"]["widest"])) > 1:
        for table in wide:
            yield from _in_parts(replace(slide, table=table))
        return
    if slide.table is None:
        yield slide
        return
    rows = len(slide.table.rows)
    room = load("deck")["table"]["most_rows"] * (2 if _is_narrow(slide.table) else 1)
    count = max(1, -(-rows // room))
    size = -(-rows // count)
    for part in range(count):
        table = _rows(slide.table, part * size, (part + 1) * size)
        yield replace(slide, table=table, part=(part + 1, count), notes=() if part else slide.notes)


def _is_narrow(table: TableBlock) -> bool:
    """Whether two of the table fit side by side."""
    rules = load("deck")["table"]
    longest = max((len(cell) for row in table.rows for cell in row), default=0)
    return len(table.columns) <= rules["most_columns_halved"] and longest <= rules["longest_cell_halved"]


def _rows(table: TableBlock, first: int, last: int) -> TableBlock:
    marked = tuple(at - first for at in table.emphasis if first <= at < last)
    return replace(table, rows=table.rows[first:last], emphasis=marked)
