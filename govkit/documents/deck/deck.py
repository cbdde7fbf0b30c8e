"""An executed notebook → the slides of a deck, which HTML and PowerPoint are both written from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from govkit.catalogue import load
from govkit.documents.deck.pptx_pen import column_widths, row_height
from govkit.documents.pdf.typesetting import annex_line, rows_of, shortened_table, split_columns, text_width
from govkit.documents.read.blocks import (
    Absent,
    Block,
    Code,
    Definitions,
    Embed,
    Equation,
    Figure,
    Heading,
    ListBlock,
    Lost,
    Paragraph,
    Quote,
    Run,
    TableBlock,
)
from govkit.documents.read.markdown import read_markdown
from govkit.documents.read.outputs import INVISIBLE
from govkit.documents.read.texts import shortened
from govkit.documents.read.tree import Document, plain, walk
from govkit.documents.read.words import section
from govkit.errors import ReportError


@dataclass(frozen=True)
class Number:
    """One large number of a slide; texts are finished."""

    label: str
    value: str
    unit: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Line:
    """One line of text on a slide; ``level`` 0 is a paragraph, 1 and deeper the points of a list.

    ``kind``: ``code`` (printed letter by letter), ``equation`` (a formula and its number) or ``""``.
    """

    level: int
    runs: tuple[Run, ...]
    kind: str = ""

    @property
    def text(self) -> str:
        """The text without its setting."""
        return plain(self.runs)

    @property
    def rows(self) -> int:
        """How many rows of a slide it takes, about: a formula stands higher."""
        if self.kind == "equation":
            return 2 + self.text.count(r"\\")
        return max(1, math.ceil(text_width(self.text) / load("deck")["table"]["line"] - 1e-9))


@dataclass(frozen=True)
class Slide:
    """One slide: its message, one line below it, and at most one of numbers, a figure, a table or lines of text.

    ``section``: its entry in the agenda; ``notes``: the presenter's, one paragraph each; ``live``: a page for a browser
    without a still twin, for which ``lines`` stand elsewhere; ``part``: which of how many slides a long table or text
    takes, ``(1, 1)`` for others.
    """

    title: str
    lead: str = ""
    section: str = ""
    notes: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    figure: Figure | None = None
    table: TableBlock | None = None
    lines: tuple[Line, ...] = ()
    live: str = ""
    part: tuple[int, int] = (1, 1)

    @property
    def heading(self) -> str:
        """The message, and which part of it this slide is."""
        part, of = self.part
        return self.title if of == 1 else self.title + section("words", "deck")["part"].format(part=part, of=of)

    @property
    def columns(self) -> tuple[TableBlock, ...]:
        """The table in the columns it stands in: one, or two halves side by side."""
        if self.table is None:
            return ()
        half = -(-len(self.table.rows) // 2)
        if not _is_narrow(self.table) or len(self.table.rows) <= load("deck")["table"]["most_rows"]:
            return (self.table,)
        return (rows_of(self.table, 0, half), rows_of(self.table, half, len(self.table.rows)))


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
        words = section("words", "deck")
        said = (str(self.cover.get("synthetic") or ""), *(f"{words['left_out']}{reason}" for reason in self.absent))
        return tuple(text for text in said if text)


def read_deck(document: Document, path: Path | None = None) -> Deck:
    """Return the deck that a document makes; one without a title is called as its file at ``path`` is.

    A slide begins with a slide bundle (``display.slides.Slide``), in a notebook without any with each heading; what is
    shown after it stands on it, the heading above it is its section. What is shown further, prose too, gets a slide of
    its own under the same message. Raises ReportError if nothing is shown.
    """
    cover = dict(document.cover or {})
    title = str(cover.get("title") or document.title or (path.name.rsplit(".slides.", 1)[0] if path else ""))
    slides = tuple(slide for one in _read_slides(document, title) for slide in _in_parts(one))
    if not slides:
        raise ReportError(
            "笔记本没有幻灯片。", todo="用 display.slides.slide 给出每张幻灯片的标题，或改用 --to html、pdf。"
        )
    absent = tuple(dict.fromkeys(block.reason for block in walk(document.blocks) if isinstance(block, Absent)))
    return Deck(cover or {"title": title or slides[0].title}, slides, absent)


def _read_slides(document: Document, title: str) -> Iterator[Slide]:
    """Yield the slides before long ones are parted; a slide whose map or table is absent is left out."""
    stated = any(heading.slide is not None for heading in document.headings)
    top = min((heading.level for heading in document.headings), default=1)
    head, filled = Slide(title), True
    for item in _items(document.blocks):
        if not filled and (isinstance(item, Heading) or head.numbers):
            yield head
            filled = True
        if isinstance(item, Heading) and item.slide is not None:
            head, filled = replace(_head(item.slide), section=head.section), False
        elif isinstance(item, Heading):
            words = plain(item.runs)
            head = Slide(words, section=words if stated or item.level == top else head.section)
        elif isinstance(item, Absent):
            filled = True
        else:
            lead = head.lead if stated else _about(item)
            remark = (item.table.note,) if stated and item.table and item.table.note else ()
            notes = (*(() if filled else head.notes), *remark)
            yield replace(item, title=head.title, section=head.section, lead=lead, notes=notes)
            filled = True
    if not filled:
        yield head


def _about(slide: Slide) -> str:
    """What is said above and below a figure or table in a report."""
    if slide.figure is not None:
        said = [slide.figure.caption, slide.figure.note, slide.figure.source]
    else:
        said = [slide.table.title, slide.table.note, slide.table.source] if slide.table else []
    return "　".join(text for text in said if text)


def _items(blocks: tuple[Block, ...]) -> Iterator[Heading | Absent | Slide]:
    """Yield headings, absent sections, and what stands on slides (without their heads) in their order."""
    lines: list[Line] = []
    skipped = 0
    for block in (*blocks, None):
        if skipped:
            skipped -= 1
            continue
        lines += _lines(block, 0) if block is not None else ()
        apart = list(_apart(block)) if block is not None else []
        if lines and (apart or block is None):
            yield Slide("", lines=tuple(lines))
            lines = []
        for one in apart:
            skipped = one.slide["beneath"] if isinstance(one, Heading) and one.slide else 0
            yield one


def _apart(block: Block) -> Iterator[Heading | Absent | Slide]:
    """What of a block is no line of text, those in its lists and quotes too."""
    if isinstance(block, (Heading, Absent)):
        yield block
    elif isinstance(block, Figure):
        yield Slide("", figure=block)
    elif isinstance(block, TableBlock) and not block.annex:
        yield Slide("", table=block)
    elif isinstance(block, Embed) and all(isinstance(one, Lost) for one in block.twin):
        yield Slide("", live=block.html, lines=tuple(line for one in block.twin for line in _lines(one, 0)))
    elif isinstance(block, Embed):
        yield from _items(block.twin)
    elif isinstance(block, (Quote, ListBlock, Definitions)):
        inner = (part for part in walk((block,)) if isinstance(part, (Figure, TableBlock, Embed)))
        yield from (one for part in inner for one in _apart(part))


def _lines(block: Block, level: int) -> Iterator[Line]:
    """The text of a block, line by line; nothing for figures, tables and headings."""
    if isinstance(block, TableBlock) and block.annex:
        block = annex_line(block)
    if isinstance(block, Paragraph):
        yield Line(level, block.runs)
    elif isinstance(block, ListBlock):
        for at, item in enumerate(block.items, start=block.start):
            for place, line in enumerate(one for part in item for one in _lines(part, level + 1)):
                mark = (Run(f"{at}. "),) if block.ordered and place == 0 else ()
                yield replace(line, level=max(line.level, level + 1), runs=(*mark, *line.runs))
    elif isinstance(block, Quote):
        for part in block.blocks:
            yield from _lines(part, level)
    elif isinstance(block, Definitions):
        for term, explained in block.items:
            yield Line(level, term)
            for part in explained:
                yield from _lines(part, level + 1)
    elif isinstance(block, Code):
        text = shortened(block.text, load("document")["printed"]["slides"])
        yield from (Line(level, (Run(line),), "code") for line in text.split("\n") if line.strip())
    elif isinstance(block, Equation):
        number = (Run(f"（{block.number}）"),) if block.number else ()
        yield Line(level, (Run(block.latex, formula=True), *number), "equation")
    elif isinstance(block, Lost):
        yield Line(level, (Run(block.reason),))
    elif isinstance(block, Heading) and level:  # a heading in a list
        yield Line(level, block.runs)


def _head(value: Mapping[str, Any]) -> Slide:
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
    if slide.lines and not slide.live:
        pages = _pages(slide.lines)
        for at, lines in enumerate(pages, start=1):
            yield replace(slide, lines=lines, part=(at, len(pages)), notes=() if at > 1 else slide.notes)
        return
    if slide.table is None:
        yield slide
        return
    rules = load("deck")["table"]
    parts: list[TableBlock] = []
    whole = shortened_table(slide.table, rules["most_slides"] * rules["most_rows"])
    for table in split_columns(whole, rules["widest"], padding=rules["padding"]):
        room = rules["room"] - (rules["room_of_lead"] if slide.lead else 0)
        bounds = [*_first_rows(table, room), len(table.rows)]
        parts += [rows_of(table, start, end) for start, end in pairwise(bounds)]
    for at, table in enumerate(parts, start=1):
        yield replace(slide, table=table, part=(at, len(parts)), notes=() if at > 1 else slide.notes)


def _first_rows(table: TableBlock, room: float) -> list[int]:
    """The rows that slides begin with, evenly, at most what the height holds; in two halves where it is narrow."""
    rules = load("deck")["table"]
    many = len(table.rows)
    if _is_narrow(table):
        size = -(-many // max(1, -(-many // (2 * rules["most_rows"]))))
        return list(range(0, max(many, 1), max(size, 1)))
    widths = column_widths(table, rules["width"])
    head, *heights = (row_height(line, widths) + 3 for line in ([one.full_head for one in table.columns], *table.rows))
    count = max(1, math.ceil(sum(heights) / max(room - head, 1)), -(-many // rules["most_rows"]))
    first, above, filled = [0], 0.0, 0.0
    for at, height in enumerate(heights):
        if filled and (filled + height > room - head or above + height / 2 > sum(heights) / count * len(first) + 1):
            first.append(at)
            filled = 0.0
        filled, above = filled + height, above + height
    return first


def _pages(lines: tuple[Line, ...]) -> list[tuple[Line, ...]]:
    """The lines in as many slides as they need; one that fills more than a slide is broken where words allow it."""
    rules = load("deck")["table"]
    pages: list[tuple[Line, ...]] = [()]
    for whole in lines:
        for line in (
            _broken(whole, rules["line"] * rules["most_lines"]) if whole.rows > rules["most_lines"] else (whole,)
        ):
            if pages[-1] and sum(one.rows for one in (*pages[-1], line)) > rules["most_lines"]:
                pages.append(())
            pages[-1] = (*pages[-1], line)
    return pages


def _broken(line: Line, widest: float) -> Iterator[Line]:
    """Parts of a line that are at most ``widest`` em wide."""
    part: list[Run] = []
    width = 0.0
    for run in line.runs:
        pieces = [run.text] if run.formula else re.findall(r"[\x21-\x7e]{1,40}|.", run.text, flags=re.DOTALL)
        for piece in pieces:
            before = part[-1].text[-1:] if part else ""  # figures stand a little apart from Chinese
            wide = text_width(before + piece) - text_width(before)
            if part and width + wide > widest:
                yield replace(line, runs=tuple(part))
                part, width = [], 0.0
            joined = bool(part) and replace(part[-1], text="") == replace(run, text="") and not run.formula
            part[-1:] = [replace(run, text=part[-1].text + piece)] if joined else [*part[-1:], replace(run, text=piece)]
            width += wide
    if part:
        yield replace(line, runs=tuple(part))


def _is_narrow(table: TableBlock) -> bool:
    """Whether two of the table fit side by side."""
    rules = load("deck")["table"]
    longest = max((len(cell) for row in table.rows for cell in row), default=0)
    return len(table.columns) <= rules["most_columns_halved"] and longest <= rules["longest_cell_halved"]
