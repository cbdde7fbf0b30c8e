"""An executed notebook → the slides of a deck, which HTML and PowerPoint are both written from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from govkit.catalogue import load
from govkit.documents.read.blocks import Absent, Document, Figure, Heading, Paragraph, TableBlock, plain, walk
from govkit.documents.read.document import read_document
from govkit.documents.read.markdown import read_markdown
from govkit.documents.read.outputs import INVISIBLE
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
class Slide:
    """One slide: its message, one line below it, and at most one of numbers, a figure or a table.

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

    A slide begins with a slide bundle (``display.slides.Slide``); the figure or table shown after it stands on it, the
    heading above it is its section. A further figure or table gets a slide of its own under the same message.
    Raises ReportError if the notebook shows no slide.
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
    for item in _items(notebook):
        if isinstance(item, str):
            section = item
        elif isinstance(item, Slide):
            if head is not None and not filled:
                yield head
            head, filled = replace(item, section=section), False
        elif isinstance(item, Absent):
            filled = True
        elif head is not None:
            yield replace(head, figure=item) if isinstance(item, Figure) else replace(head, table=item)
            filled = True
    if head is not None and not filled:
        yield head


def _items(notebook: NotebookNode) -> Iterator[str | Slide | Figure | TableBlock | Absent]:
    """Yield headings (as text), heads of slides, figures, tables and absent sections in the notebook's order."""
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
            for block in walk(read.blocks):
                if isinstance(block, Heading):
                    yield plain(block.runs)
                elif isinstance(block, (Figure, TableBlock, Absent)):
                    yield block


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
    """Part a table that is too long for one slide evenly over several."""
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
