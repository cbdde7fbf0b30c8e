"""A PowerPoint file and what is drawn on its slides: boxes, texts, pictures, tables, in pixels of a slide 1280 wide."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from govkit.documents.pdf.typesetting import text_width
from govkit.documents.read.blocks import TableBlock
from govkit.documents.read.texts import MOST_IN_PROPERTY
from govkit.documents.read.words import section, words
from govkit.files import saved_undated

if TYPE_CHECKING:
    from pptx.presentation import Presentation

# Left, top, width, height in pixels.
Box = tuple[float, float, float, float]
# A stretch of text: the text, its size in pixels (three quarters in points), bold, its colour by name, and where it
# stands off the line, ``sup`` or ``sub``.
Run = tuple[str, float, bool, str] | tuple[str, float, bool, str, str]
_RAISED = {"sup": "30000", "sub": "-25000"}
CELL_TYPE, CELL_MARGIN = 24, 8


@dataclass(frozen=True)
class Pen:
    """Draws on slides; ``colours``: name → ``#rrggbb``. The accent is the theme's, so that a new theme changes it."""

    colours: Mapping[str, str]

    def place(self, shape: Any, room: Box) -> None:
        """Put a shape into ``room``."""
        shape.left, shape.top, shape.width, shape.height = (round(length * EMU_A_PIXEL) for length in room)

    def rectangle(self, page: Any, room: Box, fill: str) -> Any:
        """Draw a filled rectangle without outline or shadow; ``fill`` is the name of a colour."""
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.oxml.ns import qn

        shape = page.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, 0, 0)
        self.place(shape, room)
        shape._element.remove(shape._element.find(qn("p:style")))  # the theme's outline and shadow
        shape.fill.solid()
        self._colour(shape.fill.fore_color, fill)
        return shape

    def _colour(self, target: Any, name: str) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.dml import MSO_THEME_COLOR

        if name == "accent":
            target.theme_color = MSO_THEME_COLOR.ACCENT_1
        else:
            target.rgb = RGBColor.from_string(self._hex(name))

    def _hex(self, name: str) -> str:
        return self.colours[name].lstrip("#").upper()

    def text(self, page: Any, room: Box, lines: Sequence[Sequence[Run]], *, align: str = "left") -> Any:
        """Set paragraphs of runs into a box of their own."""
        shape = page.shapes.add_textbox(0, 0, 0, 0)
        self.place(shape, room)
        shape.text_frame.word_wrap = True
        for side in ("left", "right", "top", "bottom"):
            setattr(shape.text_frame, f"margin_{side}", 0)
        self.write(shape.text_frame, lines, align=align)
        return shape

    def write(self, frame: Any, lines: Sequence[Sequence[Run]], *, align: str = "left") -> None:
        """Write paragraphs of runs into the text of a shape."""
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt

        for at, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
            paragraph.alignment = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}[align]
            for text, size, bold, colour, *raised in line:
                run = paragraph.add_run()
                run.text = text
                run.font.size, run.font.bold = Pt(size * 0.75), bold
                run._r.get_or_add_rPr().set("lang", words["lang"])
                self._colour(run.font.color, colour)
                if raised and raised[0]:
                    run._r.get_or_add_rPr().set("baseline", _RAISED[raised[0]])

    def picture(
        self,
        page: Any,
        image: bytes,
        room: Box,
        *,
        align: str = "center",
        largest: float = math.inf,
        widest: float = math.inf,
    ) -> Any:
        """Put a picture (PNG or JPEG) into ``room`` as large as it fits, in its middle or at its left edge.

        ``largest``: how many pixels of the slide a dot of the picture takes at most; ``widest``: how many the whole.
        """
        shape = page.shapes.add_picture(io.BytesIO(image), 0, 0)
        dots = shape.image.size[0]
        scale = min(min(room[2], largest * dots, widest) / shape.width, room[3] / shape.height)
        wide, high = shape.width * scale, shape.height * scale
        left = room[0] if align == "left" else room[0] + (room[2] - wide) / 2
        self.place(shape, (left, room[1] + (room[3] - high) / 2, wide, high))
        return shape

    def table(self, page: Any, table: TableBlock, room: Box) -> None:
        """Set a native table at the top of ``room``, rows as high as their texts need."""
        x, y, width, _ = room
        widths = column_widths(table, width)
        lines = [[column.full_head for column in table.columns], *table.rows]
        heights = [row_height(line, widths) for line in lines]
        emu = [round(length * EMU_A_PIXEL) for length in (x, y, width, sum(heights))]
        grid = page.shapes.add_table(len(lines), len(widths), *emu).table
        grid.horz_banding = False
        for column, wide in zip(grid.columns, widths, strict=True):
            column.width = round(wide * EMU_A_PIXEL)
        for row, (line, high) in enumerate(zip(lines, heights, strict=True)):
            grid.rows[row].height = round(high * EMU_A_PIXEL)
            for at, text in enumerate(line):
                strong = row == 0 or row - 1 in table.emphasis
                self._cell(grid.cell(row, at), text, strong=strong, align=table.columns[at].align)

    def _cell(self, cell: Any, text: str, *, strong: bool, align: str) -> None:
        from pptx.enum.text import MSO_ANCHOR
        from pptx.oxml import parse_xml
        from pptx.oxml.ns import nsdecls

        cell.margin_left = cell.margin_right = CELL_MARGIN * EMU_A_PIXEL
        cell.margin_top = cell.margin_bottom = 2 * EMU_A_PIXEL
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        self.write(cell.text_frame, [[(text, CELL_TYPE, strong, "ink")]], align=align)
        settings, drawn = cell._tc.get_or_add_tcPr(), nsdecls("a")  # python-pptx draws no borders
        line, fill = (f'<a:srgbClr val="{self._hex(one)}"/>' for one in ("hair", "band" if strong else "paper"))
        settings.append(parse_xml(f'<a:lnB {drawn} w="9525"><a:solidFill>{line}</a:solidFill></a:lnB>'))
        settings.append(parse_xml(f"<a:solidFill {drawn}>{fill}</a:solidFill>"))


def column_widths(table: TableBlock, width: float) -> list[float]:
    """Return the columns' widths in pixels: short texts in full, what is left shared by the long ones."""
    room = 2 * CELL_MARGIN + 8
    wanted = []
    for at, column in enumerate(table.columns):
        longest = max(text_width(text) for text in [column.full_head, *(row[at] for row in table.rows)])
        wanted.append(1.06 * longest * CELL_TYPE + room)
    over = sum(wanted) - width
    long = [at for at, want in enumerate(wanted) if want > width / 4]
    if over > 0 and long:
        most = sum(wanted[at] for at in long)
        wanted = [want - over * want / most if at in long else want for at, want in enumerate(wanted)]
    return [want * width / sum(wanted) for want in wanted]


def row_height(line: Sequence[str], widths: Sequence[float]) -> float:
    """Return the height of a row in pixels: as many lines as its longest cell takes."""
    rooms = [width - 2 * CELL_MARGIN for width in widths]
    lines = max(math.ceil(1.04 * text_width(text) * CELL_TYPE / room) for text, room in zip(line, rooms, strict=True))
    return max(lines, 1) * 1.3 * CELL_TYPE + 8


# A slide 1280 pixels wide, a pixel being 1/96 inch: 13.33 × 7.5 inches, PowerPoint's own 16:9.
EMU_A_PIXEL = 9525
WIDTH, HEIGHT = 1280, 720
LEFT, RIGHT, TOP = 56, 56, 30
COVER, TITLED = 0, 5


def empty_presentation(*, accent: str) -> Presentation:
    """Return a presentation without slides; its theme has ``accent`` (``#rrggbb``) and the catalogue's Chinese face."""
    import pptx
    from pptx.util import Emu

    made = pptx.Presentation()
    was = made.slide_width or WIDTH * EMU_A_PIXEL
    made.slide_width, made.slide_height = Emu(WIDTH * EMU_A_PIXEL), Emu(HEIGHT * EMU_A_PIXEL)
    for shape in _placeholders(made):
        shape.left, shape.width = (round(length * made.slide_width / was) for length in (shape.left, shape.width))
    _style_titles(made)
    _set_theme(made.slide_master.part, accent)
    return made


def _placeholders(made: Presentation) -> Iterator[Any]:
    """Yield the places for text of the master and of every layout."""
    for holder in (made.slide_master, *made.slide_layouts):
        yield from cast(Any, holder.placeholders)


def _style_titles(made: Presentation) -> None:
    """Set titles to the left, bold, in the accent colour: on the master, so that slides added by hand match."""
    from pptx.oxml.ns import qn

    for holder in (made.slide_master, made.slide_layouts[TITLED]):
        title = next(shape for shape in cast(Any, holder.placeholders) if shape.placeholder_format.idx == 0)
        title.left, title.top = LEFT * EMU_A_PIXEL, TOP * EMU_A_PIXEL
        title.width, title.height = (WIDTH - LEFT - RIGHT) * EMU_A_PIXEL, 60 * EMU_A_PIXEL
    level = made.slide_master.element.find(f".//{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    level.set("algn", "l")
    run = level.find(qn("a:defRPr"))
    run.set("sz", "3150")
    run.set("b", "1")
    run.find(f"{qn('a:solidFill')}/{qn('a:schemeClr')}").set("val", "accent1")


def _set_theme(part: Any, accent: str) -> None:
    """Put accent and face into the theme of a master."""
    from pptx.opc.constants import RELATIONSHIP_TYPE

    theme = part.part_related_by(RELATIONSHIP_TYPE.THEME)
    face = section("pptx", "deck")["face"]
    text = theme.blob.decode("utf-8")
    text = re.sub(
        r'(<a:accent1><a:srgbClr val=")[0-9A-F]{6}', lambda found: found[1] + accent.lstrip("#").upper(), text
    )
    text = re.sub(
        r'<a:latin typeface="[^"]*"/><a:ea typeface=""/>',
        f'<a:latin typeface="{face}"/><a:ea typeface="{face}"/>',
        text,
    )
    theme._blob = text.encode("utf-8")


def packed(made: Presentation, *, title: str, author: str, on: dt.datetime) -> bytes:
    """Return the presentation as a file; the same slides give the same bytes."""
    properties = made.core_properties
    title, author = title[:MOST_IN_PROPERTY], author[:MOST_IN_PROPERTY]
    properties.title, properties.author, properties.last_modified_by = title, author, author
    properties.created = properties.modified = on
    properties.revision, properties.language, properties.keywords = 1, words["lang"], ""
    return saved_undated(made.save)
