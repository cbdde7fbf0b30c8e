"""Marks → SVG: the same drawing as the PNG, its words kept as text, so that they can be searched and stay sharp."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from govkit.display.charts.drawing import BASELINE, BOLD, Box, Dot, Line, Mark, Words, colour, dashes, look
from govkit.display.fonts import text_width
from govkit.display.maps.sheet.symbols import outline

_POINT = 2.54 / 72  # centimetres
_TENTHS = 100  # user units a centimetre: whole numbers keep the file short


def svg(marks: Sequence[Mark], width: float, height: float, *, title: str) -> bytes:
    """Return marks as an SVG of ``width`` × ``height`` centimetres; the same marks give the same bytes.

    Each text has the width it was measured with, so that another face on the reader's machine moves nothing.
    """
    size = f'width="{width:.2f}cm" height="{height:.2f}cm" viewBox="0 0 {_n(width)} {_n(height)}"'
    faces = quoteattr(str(look("type")["faces"]))
    body = "".join(_element(mark) for mark in marks)
    page = f'<rect width="100%" height="100%" fill="{colour("paper")}"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family={faces} role="img">'
    return f"{head}<title>{escape(title)}</title>{page}{body}</svg>\n".encode()


def _n(centimetres: float) -> str:
    return f"{centimetres * _TENTHS:.1f}".removesuffix(".0")


def _stroke(shade: str, points: float) -> str:
    return f'stroke="{shade}" stroke-width="{_n(points * _POINT)}"'


def _element(mark: Mark) -> str:
    if isinstance(mark, Box):
        edge = " " + _stroke(mark.edge, mark.stroke) if mark.edge else ""
        place = f'x="{_n(mark.x)}" y="{_n(mark.y)}" width="{_n(mark.width)}" height="{_n(mark.height)}"'
        return f'<rect {place} fill="{mark.fill or "none"}"{edge}/>'
    if isinstance(mark, Line):
        pieces = dashes(mark) if mark.dashed else [mark.points]
        path = "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in piece) for piece in pieces)
        pen = _stroke(mark.colour, mark.stroke)
        return f'<path d="{path}" fill="none" {pen} stroke-linejoin="round" stroke-linecap="round"/>'
    if isinstance(mark, Dot):
        if mark.shape == "circle":
            place = f'<circle cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="{_n(mark.size * 0.95)}"'
        else:
            corners = " ".join(
                f"{_n(mark.x + x * mark.size)},{_n(mark.y - y * mark.size)}" for x, y in outline(mark.shape)
            )
            place = f'<polygon points="{corners}"'
        return f'{place} fill="{mark.fill}" {_stroke(mark.edge, 0.8)}/>'
    return _text(mark)


def _text(words: Words) -> str:
    anchor = {"left": "", "center": ' text-anchor="middle"', "right": ' text-anchor="end"'}[words.align]
    bold = " " + _stroke(words.colour, words.size / BOLD) if words.bold else ""
    place = (
        f'x="{_n(words.x)}" y="{_n(words.y + words.size * _POINT * BASELINE)}" font-size="{_n(words.size * _POINT)}"'
    )
    length = f'textLength="{_n(text_width(words.text, words.size))}" lengthAdjust="spacingAndGlyphs"'
    return f'<text {place} {length} fill="{words.colour}"{anchor}{bold}>{escape(words.text)}</text>'
