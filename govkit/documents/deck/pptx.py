"""A deck as an editable PowerPoint file: native titles, tables and numbers, each map a picture, notes below."""

from __future__ import annotations

import base64
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit.catalogue import load
from govkit.documents.deck.deck import Deck, Line, Number, Slide, read_deck
from govkit.documents.deck.pptx_pen import (
    COVER,
    EMU_A_PIXEL,
    LEFT,
    RIGHT,
    TITLED,
    WIDTH,
    Box,
    Pen,
    empty_presentation,
    packed,
)
from govkit.documents.deck.pptx_pen import Run as PenRun
from govkit.documents.pdf.typefaces import typefaces
from govkit.documents.pdf.typesetting import text_width
from govkit.documents.read.blocks import Figure, TableBlock
from govkit.documents.read.document import read_document
from govkit.documents.read.formulas import in_line, typst_math
from govkit.documents.read.images import SVG, kind_of
from govkit.documents.read.tree import Document
from govkit.documents.read.words import section
from govkit.files import write_whole

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from pptx.presentation import Presentation

# Dots an inch of a drawn formula; it is shown at 96 a pixel at most, its letters as high as the text beside it.
FORMULA_DPI = 288.0
INNER = WIDTH - LEFT - RIGHT
FOOT = 668


def write_pptx(notebook: NotebookNode, path: Path, *, document: Document | None = None) -> Document:
    """Write an executed notebook as an editable deck and return the document shown.

    ``document`` saves reading the notebook again. Same notebook, same bytes. Raises ReportError if the notebook shows
    no slide or the file cannot be written.
    """
    document = read_document(notebook) if document is None else document
    deck = read_deck(document, path)
    write_whole(path, _Writer(deck).written())
    return document


class _Writer:
    """Writes one deck; lengths are pixels of a slide 1280 wide, sizes of type too (three quarters in points)."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        self.style = load("document")
        self.colours = {**self.style["colours"], "accent": self._field("accent") or self.style["colours"]["accent"]}
        self.pen = Pen(self.colours)
        self.logo = picture_bytes(self._field("logo"))
        self.made: Presentation = empty_presentation(accent=self.colours["accent"])

    def _field(self, name: str) -> str:
        return str(self.deck.cover.get(name) or "")

    def written(self) -> bytes:
        """Return the file."""
        self._cover()
        agenda = self._titled(section("words", "deck")["agenda"], "") if self.deck.agenda else None
        shown = [self._slide(slide) for slide in self.deck.slides]
        if agenda is not None:
            self._agenda(agenda, shown)
        on = dt.datetime.combine(self.style["fallback_date"], dt.time())
        return packed(self.made, title=self._field("title"), author=self._field("issuer"), on=on)

    def _cover(self) -> None:
        page = self.made.slides.add_slide(self.made.slide_layouts[COVER])
        title, subtitle = page.placeholders[0], page.placeholders[1]
        band = self.pen.rectangle(page, (0, 128, WIDTH, 276), "accent")
        page.shapes._spTree.remove(band._element)
        page.shapes._spTree.insert(2, band._element)  # behind the title
        self.pen.place(title, (72, 164, WIDTH - 144, 120))
        size = 64 if _lines(self._field("title"), 64) == 1 else 44
        self.pen.write(title.text_frame, [[(self._field("title"), size, True, "paper")]])
        self.pen.place(subtitle, (72, 290, WIDTH - 144, 60))
        self.pen.write(
            subtitle.text_frame, [[(self._field("subtitle") or self._field("district"), 32, False, "paper")]]
        )
        left = 72 + self._put_logo(page, (72, 24, 240, 84))
        self.pen.text(page, (left, 40, 700, 50), [[(self._field("issuer"), 27, False, "ink")]])
        marks = [(self._marks(), 27, False, "ink")]
        self.pen.text(page, (WIDTH - 472, 40, 400, 50), [marks], align="right")
        when = [(self._field("period"), 30, False, "ink"), (f"　{self._field('date')}", 30, False, "soft")]
        self.pen.text(page, (72, 436, WIDTH - 144, 50), [when])
        self.pen.text(page, (72, 510, WIDTH - 144, 90), [[(self._field("synthetic"), 24, False, "mark")]])
        approval, words = self._field("map_approval"), section("words")
        sketch = f"{words['map_approval']}：{approval}" if approval else words["map_sketch"]
        self.pen.text(page, (72, 664, WIDTH - 144, 36), [[(sketch, 18, False, "soft")]])

    def _marks(self) -> str:
        synthetic = section("words")["synthetic_mark"] if self._field("synthetic") else ""
        return "　".join(text for text in (synthetic, self._field("classification")) if text)

    def _titled(self, title: str, lead: str) -> Any:
        """Add a slide with its native title, the line below it and the foot."""
        page = self.made.slides.add_slide(self.made.slide_layouts[TITLED])
        lines = _lines(title, 42)
        self.pen.place(page.shapes.title, (LEFT + 12, 28, INNER - 12, 58 * lines))
        self.pen.write(page.shapes.title.text_frame, [[(title, 42, True, "accent")]])
        self.pen.rectangle(page, (LEFT, 34, 10, 58 * lines - 10), "accent")
        if lead:
            self.pen.text(page, (LEFT + 22, 28 + 58 * lines, INNER - 22, 40), [[(lead, 25, False, "soft")]])
        self._foot(page)
        return page

    def _foot(self, page: Any) -> None:
        self.pen.rectangle(page, (LEFT, FOOT, INNER, 1), "hair")
        left = LEFT + self._put_logo(page, (LEFT, FOOT + 8, 120, 30))
        about = f"{self._field('district') or self._field('subtitle')}　{self._field('period')}"
        issuer = _shortened(self._field("issuer"), 17, 344 - left)
        self.pen.text(page, (left, FOOT + 8, 344 - left, 30), [[(issuer, 17, False, "soft")]])
        about = _shortened(about, 17, 590)
        self.pen.text(page, (350, FOOT + 8, 600, 30), [[(about, 17, False, "soft")]], align="center")
        box = self.pen.text(
            page, (964, FOOT + 8, 260, 30), [[(f"{self._marks()}　", 17, False, "soft")]], align="right"
        )
        self._number_field(box.text_frame.paragraphs[0])

    def _number_field(self, paragraph: Any) -> None:
        """Add the slide's number, which PowerPoint keeps right when slides move."""
        from pptx.oxml import parse_xml
        from pptx.oxml.ns import nsdecls

        paragraph._p.append(
            parse_xml(
                f'<a:fld {nsdecls("a")} id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum">'
                f'<a:rPr lang="zh-CN" sz="1275"/><a:t>{len(self.made.slides)}</a:t></a:fld>'
            )
        )

    def _slide(self, slide: Slide) -> Any:
        page = self._titled(slide.heading, slide.lead)
        top = 40 + 58 * _lines(slide.heading, 42) + (36 * _lines(slide.lead, 25) if slide.lead else 0)
        room = (LEFT, top, INNER, FOOT - 8 - top)
        if slide.figure is not None:
            self._figure(page, slide.figure, room)
        elif slide.table is not None:
            self._tables(page, slide.columns, room)
        elif slide.lines:
            self._text(page, slide.lines, room)
        elif slide.numbers:
            self._numbers(page, slide.numbers, room)
        self._notes(page, slide.notes)
        return page

    def _text(self, page: Any, lines: Sequence[Line], room: Box) -> None:
        """Set lines of text as paragraphs; a formula of its own is a picture between them."""
        x, y, width, height = room
        step = height / max(sum(one.rows for one in lines), load("deck")["table"]["most_lines"])
        marks = ("", "• ", "　– ", "　　· ")
        for is_formula, group in groupby(lines, key=lambda one: one.kind == "equation"):
            together = list(group)
            for one in together if is_formula else ():
                high = one.rows * step
                drawn = formula_png(one.runs[0].text)
                number = [(run.text, 28, False, "ink") for run in one.runs[1:]]
                if drawn:
                    shape = self.pen.picture(page, drawn, (x, y + 4, width - 120, high - 8), largest=96 / FORMULA_DPI)
                    shape._element.nvPicPr.cNvPr.set("descr", one.runs[0].text)
                else:
                    self.pen.text(
                        page, (x, y, width - 120, high), [_set_in_line(replace(one, runs=one.runs[:1]))], align="center"
                    )
                self.pen.text(page, (x + width - 120, y + high / 2 - 22, 120, 44), [number], align="right")
                y += high
            if not is_formula:
                high = sum(one.rows for one in together) * step
                set_lines = [[(marks[min(one.level, 3)], 28, False, "ink"), *_set_in_line(one)] for one in together]
                self.pen.text(page, (x, y, width, high), set_lines)
                y += high

    def _figure(self, page: Any, figure: Figure, room: Box) -> None:
        image = png_of(figure.image) if figure.mime == SVG else figure.image
        widest = figure.width * load("deck")["pictures"]["most_enlarged"]
        described = self.pen.picture(page, image, room, widest=widest)._element.nvPicPr.cNvPr
        described.set("descr", figure.alt or figure.caption)
        described.set("name", figure.caption or "图")

    def _tables(self, page: Any, tables: Sequence[TableBlock], room: Box) -> None:
        x, y, width, _ = room
        each = (width - 36 * (len(tables) - 1)) / len(tables)
        for at, table in enumerate(tables):
            self.pen.table(page, table, (x + at * (each + 36), y, each, 0))

    def _numbers(self, page: Any, numbers: Sequence[Number], room: Box) -> None:
        across = 2 if len(numbers) in {2, 4} else min(len(numbers), 3)
        down = -(-len(numbers) // across)
        x, y, width, height = room[0], room[1] + 10, room[2], room[3] - 10
        wide, high = (width - 20 * (across - 1)) / across, (height - 20 * (down - 1)) / down
        for at, number in enumerate(numbers):
            corner = (x + at % across * (wide + 20), y + at // across * (high + 20))
            self._number(page, number, (*corner, wide, high))

    def _number(self, page: Any, number: Number, room: Box) -> None:
        from pptx.enum.text import MSO_ANCHOR

        card = self.pen.rectangle(page, room, "band")
        self.pen.rectangle(page, (*room[:3], 5), "accent")
        unit = [(f" {number.unit}", 30, False, "accent")] if number.unit else []
        lines = [[(number.value, 64, True, "accent"), *unit], [(number.label, 28, True, "ink")]]
        lines += [[(number.remark, 24, False, "soft")]] if number.remark else []
        card.text_frame.margin_left = 24 * EMU_A_PIXEL
        card.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        self.pen.write(card.text_frame, lines)

    def _agenda(self, page: Any, shown: Sequence[Any]) -> None:
        """List the sections, each leading to its first slide."""
        step = min(104.0, 520 / len(self.deck.agenda))
        for at, (name, first) in enumerate(self.deck.agenda):
            y = 130 + at * step
            self.pen.text(page, (LEFT + 10, y, 80, 60), [[(str(at + 1), 40, True, "accent")]])
            entry = self.pen.text(page, (LEFT + 100, y + 2, 900, 60), [[(name, 34, False, "ink")]])
            entry.click_action.target_slide = shown[first]
        self._notes(page, self.deck.agenda_notes)

    def _notes(self, page: Any, paragraphs: Sequence[str]) -> None:
        if paragraphs:
            page.notes_slide.notes_text_frame.text = "\n".join(paragraphs)

    def _put_logo(self, page: Any, room: Box) -> float:
        """Put the logo at the left of ``room`` and return how much of the line it takes; 0 without one."""
        if not self.logo:
            return 0.0
        shape = self.pen.picture(page, self.logo, room, align="left")
        return float(shape.width / EMU_A_PIXEL + 14)


def _set_in_line(line: Line) -> list[PenRun]:
    """The runs of a line as PowerPoint sets them; a formula on one line, its letters above and below it."""
    found: list[PenRun] = []
    for run in line.runs:
        parts = in_line(run.text) if run.formula else ((run.text, run.raised),)
        found += [(text, 28, run.bold, "ink", raised) for text, raised in parts]
    return found


def _lines(text: str, size: float) -> int:
    """Return how many lines a title or lead takes; bold letters are a little wider."""
    return max(1, math.ceil(1.03 * text_width(text) * size / (INNER - 22)))


def _shortened(text: str, size: float, room: float) -> str:
    """Return the text, cut with … where it does not fit one line of ``room`` pixels."""
    if text_width(text) * size <= room:
        return text
    while text and text_width(text + "…") * size > room:
        text = text[:-1]
    return text + "…"


def picture_bytes(address: str) -> bytes:
    """Return the picture that a data address holds as PNG or JPEG; empty for an empty address."""
    data = base64.b64decode(address.partition(",")[2])
    return png_of(data) if data and kind_of(data) == SVG else data


@cache
def formula_png(latex: str) -> bytes:
    """Return a formula as PNG at 288 dots an inch, in 21 points; empty for one that cannot be set."""
    import typst

    made = typst_math(latex)
    if not made:
        return b""
    faces = typefaces()
    page = "#set page(width: auto, height: auto, margin: 2pt, fill: none)\n#set text(size: 21pt)\n"
    page += f'#show math.equation: set text(font: ("New Computer Modern Math", "{faces.songti}"))\n$ {made} $'
    drawn = typst.Compiler(page.encode("utf-8"), font_paths=faces.book).compile(format="png", ppi=FORMULA_DPI)
    return drawn if isinstance(drawn, bytes) else b""


def png_of(svg: bytes) -> bytes:
    """Return an SVG as PNG, as PowerPoint before 2016 and python-pptx take no SVG."""
    import typst

    page = "#set page(width: auto, height: auto, margin: 0pt, fill: none)\n"
    page += '#image(bytes(sys.inputs.at("svg")), height: 90pt)'
    drawn = typst.compile(page.encode("utf-8"), format="png", ppi=288.0, sys_inputs={"svg": svg.decode("utf-8")})
    assert isinstance(drawn, bytes)  # noqa: S101  (a single page comes as bytes)
    return drawn
