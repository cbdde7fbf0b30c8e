"""What a chart is drawn of: boxes, lines, dots and words, in centimetres from the upper left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.path import Path

from govkit import catalogue
from govkit.display.fonts import line_height, printable, text_width, wrap
from govkit.display.maps.sheet.sheet import Sheet
from govkit.display.maps.sheet.symbols import symbol_path

_DASH, _GAP = 0.1, 0.07  # centimetres
_HATCH = 0.13
BASELINE = 0.37  # of an em, below the middle of a line: Chinese signs and figures stand level
BOLD = 26  # a bold letter's outline is this part of its size: the packaged face has one weight


def look(section: str) -> dict[str, Any]:
    """Return one section of catalogue/charts.toml; do not change it."""
    return catalogue.load("charts")[section]


def colour(name: str) -> str:
    """Return a colour of catalogue/charts.toml [colour]."""
    return str(look("colour")[name])


def word(name: str, /, **filled: object) -> str:
    """Return a word of catalogue/charts.toml [word], its ``{…}`` filled in."""
    return str(look("word")[name]).format(**filled)


@dataclass(frozen=True)
class Box:
    """A rectangle from its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    edge: str = ""
    stroke: float = 0.6


@dataclass(frozen=True)
class Line:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    colour: str
    stroke: float = 0.6
    dashed: bool = False


@dataclass(frozen=True)
class Dot:
    """A sign of one of the shapes of maps about its place; ``size`` is its radius in centimetres."""

    x: float
    y: float
    shape: str
    size: float
    fill: str
    edge: str


@dataclass(frozen=True)
class Words:
    """One line of text about the middle of its height; ``size`` in points; ``turned`` reads upwards from its place."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    bold: bool = False
    align: str = "left"
    turned: bool = False

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in centimetres."""
        width, height = text_width(self.text, self.size), self.size * 0.9 / 72 * 2.54
        if self.turned:
            return self.x - height / 2, self.y - width, self.x + height / 2, self.y
        left = self.x - width * {"left": 0.0, "center": 0.5, "right": 1.0}[self.align]
        return left, self.y - height / 2, left + width, self.y + height / 2


Mark = Box | Line | Dot | Words


class Drawing:
    """A sheet being filled; what is added later lies above. ``height`` is settled when all is drawn."""

    def __init__(self, width: float) -> None:
        """Start an empty sheet ``width`` centimetres wide."""
        self.width, self.height = width, 0.0
        self.marks: list[Mark] = []
        self.names: list[tuple[float, float]] = []  # of the rows' names the right edge and the upper one

    def box(self, x: float, y: float, width: float, height: float, **style: Any) -> None:
        """Add a rectangle from its upper left corner."""
        self.marks.append(Box(x, y, width, height, **style))

    def hatched(self, x: float, y: float, width: float, height: float, *, colour: str) -> None:
        """Add a rectangle filled with slanting lines."""
        self.marks.append(Box(x, y, width, height, edge=colour))
        for start in np.arange(_HATCH, width + height, _HATCH):
            left, foot = max(start - height, 0.0), min(start, height)
            right, top = min(start, width), max(start - width, 0.0)
            self.marks.append(Line(((x + left, y + foot), (x + right, y + top)), colour, 0.5))

    def line(self, *points: tuple[float, float], colour: str, stroke: float = 0.6, dashed: bool = False) -> None:
        """Add a line through ``points``."""
        self.marks.append(Line(points, colour, stroke, dashed))

    def dot(self, x: float, y: float, shape: str, *, fill: str, edge: str = "", size: float = 0.1) -> None:
        """Add a sign about a place."""
        self.marks.append(Dot(x, y, shape, size, fill, edge or colour("ink")))

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Add one line of text about the middle of its height; ``size`` and ``colour`` as charts have them."""
        style = {"size": look("type")["text"], "colour": colour("ink")} | style
        if text:
            self.marks.append(Words(x, y, printable(text), **style))

    def lines(self, x: float, y: float, lines: Sequence[str], **style: Any) -> None:
        """Add lines of text one below the other about the middle of all."""
        size = style.get("size", look("type")["text"])
        step = line_height(size) * 0.92
        for at, line in enumerate(lines):
            self.text(x, y + (at - (len(lines) - 1) / 2) * step, line, **style)


def fitted(text: str, width: float, *, size: float = 0.0, lines: int = 2) -> tuple[list[str], float]:
    """Break ``text`` into at most ``lines`` lines no wider than ``width`` centimetres; return them and their size.

    Type shrinks to the least size before an ellipsis stands for the middle: names of one place differ at their ends.
    """
    size = size or look("type")["text"]
    text = printable(text)
    if text_width(text, size) <= width:
        return [text], size
    for smaller in (size, (size + look("type")["least"]) / 2, look("type")["least"]):
        found = wrap(text, smaller, width)
        broken = any(one.isascii() and text_width(one, smaller) > width for one in text.split())
        if len(found) <= lines and not (broken and smaller > look("type")["least"]):
            return found, smaller
    kept = len(text)
    while len(found) > lines and kept > 1:
        kept -= 1
        found = wrap(f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}", smaller, width)
    return found[:lines], smaller


def row_heights(names: Sequence[str], width: float, *, step: float, room: float) -> list[float]:
    """Return a height for each row: more where a name takes two lines, all alike and small where room is short."""
    two_lines = look("size")["two_lines"]
    heights = [
        step if text_width(printable(name), look("type")["text"]) <= width else max(step, two_lines) for name in names
    ]
    return heights if sum(heights) <= room else [min(room / len(names), step)] * len(names)


def named(drawing: Drawing, x: float, y: float, name: str, width: float, height: float, **style: Any) -> None:
    """Set a row's name about ``y``, in two lines where the row is high enough."""
    drawing.names.append((x if style.get("align") == "right" else x + width, y - height / 2))
    lines, size = fitted(name, width, lines=2 if height >= look("size")["two_lines"] - 1e-9 else 1)
    size = min(size, look("type")["least"]) if len(lines) > 1 else min(size, height / 0.0353 * 0.98)
    drawing.lines(x, y, lines, **({"size": size} | style))


def paint(marks: Sequence[Mark], width: float, height: float, *, title: str = "") -> Sheet:
    """Draw marks on a sheet of ``width`` × ``height`` centimetres; neighbours alike are drawn at once."""
    sheet = Sheet(width, height, title=title)
    at = 0
    while at < len(marks):
        mark, end = marks[at], at + 1
        while end < len(marks) and not isinstance(mark, Words) and _alike(mark, marks[end]):
            end += 1
        _paint(sheet, marks[at:end], height)
        at = end
    return sheet


def _alike(one: Mark, other: Mark) -> bool:
    if type(one) is not type(other):
        return False
    return _style(one) == _style(other)


def _style(mark: Mark) -> Mark:
    """Return the mark without its place, for comparison of looks."""
    if isinstance(mark, Box):
        return replace(mark, x=0, y=0, width=0, height=0)
    return replace(mark, points=()) if isinstance(mark, Line) else replace(mark, x=0, y=0)


def _paint(sheet: Sheet, marks: Sequence[Mark], height: float) -> None:
    first = marks[0]
    if isinstance(first, Words):
        down = BASELINE * first.size / 72 * 2.54
        place = (first.x + down, height - first.y) if first.turned else (first.x, height - first.y - down)
        style: dict[str, Any] = {"colour": first.colour, "bold": first.bold, "align": first.align, "valign": "baseline"}
        sheet.text(*place, first.text, first.size, turned=first.turned, **style)
    elif isinstance(first, Box):
        paths = [_rectangle(mark, height) for mark in marks if isinstance(mark, Box)]
        sheet.paths(paths, fill=first.fill, edge=first.edge, stroke=first.stroke)
    elif isinstance(first, Line):
        pieces = [
            piece
            for mark in marks
            if isinstance(mark, Line)
            for piece in (dashes(mark) if mark.dashed else [mark.points])
        ]
        paths = [Path([(x, height - y) for x, y in piece]) for piece in pieces]
        sheet.paths(paths, edge=first.colour, stroke=first.stroke)
    else:
        places = np.array([(mark.x, height - mark.y) for mark in marks if isinstance(mark, Dot)])
        path = symbol_path(first.shape)
        sheet.symbols(path, places, first.size, fill=first.fill, edge=first.edge, stroke=0.8)


def _rectangle(box: Box, height: float) -> Path:
    left, top = box.x, height - box.y
    right, foot = left + box.width, top - box.height
    return Path([(left, top), (right, top), (right, foot), (left, foot), (left, top)], closed=True)


def dashes(line: Line) -> list[tuple[tuple[float, float], ...]]:
    """Return the strokes of a dashed line."""
    pieces: list[tuple[tuple[float, float], ...]] = []
    points = np.asarray(line.points, dtype=float)
    for start, end in pairwise(points):
        length = float(np.hypot(*(end - start)))
        along = (end - start) / (length or 1.0)
        for begin in np.arange(0, length, _DASH + _GAP):
            ends = (start + along * begin, start + along * min(begin + _DASH, length))
            pieces.append(tuple((float(x), float(y)) for x, y in ends))
    return pieces
