"""Charts as notebooks show them: one drawing, as PNG and as SVG, with caption, alternative text, note and source."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from govkit.display.charts.drawing import (
    BASELINE,
    BOLD,
    Box,
    Dot,
    Drawing,
    Line,
    Mark,
    Words,
    colour,
    dashes,
    look,
    paint,
    word,
)
from govkit.display.fonts import line_height, printable, text_width, wrap
from govkit.display.maps.sheet.sheet import Sheet
from govkit.display.maps.sheet.symbols import outline
from govkit.errors import UnknownNameError

KINDS = ("png", "svg", "pdf")
_CSS_PIXELS_A_CM = 96 / 2.54


@dataclass(frozen=True)
class ChartFigure:
    """A chart; documents set ``finding``, ``note`` and ``source`` as text beside the picture, which holds none of them.

    ``finding`` is the caption; ``alt`` says it with the numbers that prove it. ``width`` and ``height`` in centimetres.
    ``names``: how far the names of its rows reach from the left, and where the first begins, as shares of the picture.
    """

    finding: str
    alt: str
    marks: tuple[Mark, ...]
    width: float
    height: float
    note: str = ""
    source: str = ""
    names: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def png(self) -> bytes:
        """The chart as PNG, drawn once."""
        return self._sheet.png(int(look("size")["dpi"]))

    @cached_property
    def svg(self) -> bytes:
        """The chart as SVG, its words as text."""
        return svg(self.marks, self.width, self.height, title=self.finding)

    @cached_property
    def _sheet(self) -> Sheet:
        return paint(self.marks, self.width, self.height, title=printable(self.finding))

    @property
    def metadata(self) -> dict[str, Any]:
        """Size in CSS pixels, caption, alternative text, note and source (docs/architecture.md, display bundles)."""
        size = {"width": round(self.width * _CSS_PIXELS_A_CM), "height": round(self.height * _CSS_PIXELS_A_CM)}
        words: dict[str, Any] = {
            "caption": self.finding,
            "alt": self.alt,
            "note": self.note,
            "source": self.source,
            "kind": "chart",
        }
        names = {"names": list(self.names)} if any(self.names) else {}
        return {"image/png": size, "image/svg+xml": size, "govkit": words | names}

    @property
    def texts(self) -> tuple[Words, ...]:
        """Every text that stands on the chart."""
        return tuple(mark for mark in self.marks if isinstance(mark, Words))

    def titled(self) -> ChartFigure:
        """Return the chart with finding, note and source drawn on it, for use outside a document."""
        sizes = look("type")
        head = Drawing(self.width)
        y = 0.1
        for line in wrap(printable(self.finding), 11, self.width):
            y += line_height(11)
            head.text(0, y - line_height(11) / 2, line, size=11, bold=True)
        down = y + 0.2
        moved = [_moved(mark, down) for mark in self.marks]
        foot = down + self.height + 0.15
        for text in (self.note, self.source):
            for line in wrap(printable(text), sizes["small"], self.width) if text else ():
                foot += line_height(sizes["small"])
                head.text(0, foot - line_height(sizes["small"]) / 2, line, size=sizes["small"], colour=colour("quiet"))
        return replace(self, marks=(*moved, *head.marks), height=foot + 0.1)

    def save(self, path: str | Path, *, dpi: int = 300) -> Path:
        """Write the chart with its finding, note and source as PNG, SVG or PDF, as the name ends; return the path.

        Raises UnknownNameError for another ending.
        """
        path = Path(path)
        kind = path.suffix.lower().removeprefix(".")
        if kind not in KINDS:
            raise UnknownNameError("图表文件格式", path.suffix, [f".{one}" for one in KINDS])
        whole = self.titled()
        half_written = path.with_name(f".{path.name}.part")
        half_written.write_bytes(
            whole.svg if kind == "svg" else whole._sheet.png(dpi) if kind == "png" else whole._sheet.vector(kind)
        )
        return half_written.replace(path)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        image = base64.b64encode(self.png).decode("ascii")
        data = {"image/png": image, "image/svg+xml": self.svg.decode("utf-8"), "text/plain": f"图：{self.finding}"}
        return data, self.metadata


# A chart, or the one sentence that says as much where there is nothing to draw.
Shown = ChartFigure | str


def _moved(mark: Mark, down: float) -> Mark:
    if isinstance(mark, Line):
        return replace(mark, points=tuple((x, y + down) for x, y in mark.points))
    return replace(mark, y=mark.y + down)


def finished(drawing: Drawing, finding: str, *, facts: str, note: str = "", source: str = "") -> ChartFigure:
    """Return the chart of a drawing; ``facts`` are the numbers that prove the finding."""
    alt = f"{finding.rstrip('。')}。{facts}。"
    note, source = _headed("note", note), _headed("source", source)
    edge, top = (max(x for x, _ in drawing.names), min(y for _, y in drawing.names)) if drawing.names else (0.0, 0.0)
    names = (round(edge / drawing.width, 3), round(max(top, 0.0) / drawing.height, 3))
    return ChartFigure(finding, alt, tuple(drawing.marks), drawing.width, drawing.height, note, source, names)


def _headed(kind: str, text: str) -> str:
    """Return a note or source with its word before it."""
    head = word(kind)
    return text if not text or text.startswith(head) else f"{head}：{text}"


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
    down = words.size * _POINT * BASELINE
    x, y = (words.x + down, words.y) if words.turned else (words.x, words.y + down)
    place = f'x="{_n(x)}" y="{_n(y)}" font-size="{_n(words.size * _POINT)}"'
    place += f' transform="rotate(-90 {_n(x)} {_n(y)})"' if words.turned else ""
    length = f'textLength="{_n(text_width(words.text, words.size))}" lengthAdjust="spacingAndGlyphs"'
    return f'<text {place} {length} fill="{words.colour}"{anchor}{bold}>{escape(words.text)}</text>'
