"""The glyphs and annotations of Bokeh as marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from govkit.documents.twins.bokeh_columns import Columns
from govkit.documents.twins.bokeh_shapes import SHAPES
from govkit.documents.twins.marks import Mark, NotDrawable, stepped

_DASHES = {"dashed": "dashed", "dotted": "dotted", "dotdash": "dashdot", "dashdot": "dashdot"}
_SYMBOLS = {
    "square": "s",
    "diamond": "D",
    "triangle": "^",
    "inverted_triangle": "v",
    "cross": "P",
    "x": "X",
    "star": "*",
}


def marks_of(renderer: Any, name: str) -> list[Mark]:
    columns, kind = Columns(renderer), type(renderer.glyph).__name__
    make = _GLYPHS.get(kind)
    if make is None:
        raise NotDrawable(kind)
    alpha = columns("fill_alpha", 1.0) if hasattr(renderer.glyph, "fill_alpha") else columns("line_alpha", 1.0)
    opacity = float(alpha) if isinstance(alpha, (int, float)) else 1.0
    return [replace(mark, name=name, opacity=opacity) for mark in make(columns)]


def _line(columns: Columns) -> Iterator[Mark]:
    dash = columns("line_dash", "solid")
    style = "solid" if not dash else _DASHES.get(str(dash), "dashed" if isinstance(dash, (list, tuple)) else "solid")
    yield Mark(
        "line", columns.places("x")[0], columns.places("y")[0], colour=columns("line_color", "#1f77b4"), dash=style
    )


def _multi_line(columns: Columns) -> Iterator[Mark]:
    colour = columns("line_color", "#1f77b4")
    for at, (x, y) in enumerate(zip(columns("xs"), columns("ys"), strict=True)):
        yield Mark("line", list(x), list(y), colour=colour[at] if isinstance(colour, list) else colour)


def _points(columns: Columns) -> Iterator[Mark]:
    (x, _), (y, _) = columns.places("x"), columns.places("y")
    colour, scale = columns.colour()
    marker = columns("marker", "circle") if hasattr(columns.glyph, "marker") else "circle"
    symbol = _SYMBOLS.get(marker, "o") if isinstance(marker, str) else "o"
    size = columns("size", 6.0) if hasattr(columns.glyph, "size") else 6.0
    yield Mark("points", x, y, colour=colour, size=size, symbol=symbol, **scale)


def _bars(columns: Columns, *, across: bool) -> Iterator[Mark]:
    (places, apart), (ends, _) = (
        columns.places("y" if across else "x"),
        columns.places("right" if across else "top"),
    )
    starts = np.asarray(columns.places("left" if across else "bottom")[0], dtype=float)
    lengths = list(np.asarray(ends, dtype=float) - starts)
    wide = columns("height" if across else "width", 0.8)
    wide = list(np.asarray(wide, dtype=float)) if isinstance(wide, list) else float(wide)
    if places and hasattr(places[0], "year"):
        wide = np.asarray(wide, dtype=float) / 86_400_000  # milliseconds; matplotlib counts days
    colour, scale = columns.colour()
    x, y = (lengths, places) if across else (places, lengths)
    yield Mark("bars", x, y, colour=colour, across=across, base=starts, width=wide, offset=apart, **scale)


def _quads(columns: Columns) -> Iterator[Mark]:
    left, right, bottom, top = (
        np.asarray(columns.places(name)[0], dtype=float) for name in ("left", "right", "bottom", "top")
    )
    colour, scale = columns.colour()
    middle, wide = list((left + right) / 2), list(right - left)
    yield Mark("bars", middle, list(top - bottom), colour=colour, base=bottom, width=wide, **scale)


def _segments(columns: Columns) -> Iterator[Mark]:
    ends: dict[str, Any] = {
        at: columns.places(name)[0] for at, name in (("x", "x0"), ("y", "y0"), ("x2", "x1"), ("y2", "y1"))
    }
    yield Mark("segments", colour=columns("line_color", "#1a1a1a"), **ends)


def _words(columns: Columns) -> Iterator[Mark]:
    words = columns("text")
    x, y = columns.places("x")[0], columns.places("y")[0]
    words = list(map(str, words)) if isinstance(words, list) else [str(words)] * len(x)
    colour = columns("text_color", "#1a1a1a")
    yield Mark("words", x, y, words=words, colour=colour if isinstance(colour, str) else "#1a1a1a")


def _area(columns: Columns) -> Iterator[Mark]:
    base = np.asarray(columns.places("y1")[0], dtype=float)
    yield Mark("area", columns.places("x")[0], columns.places("y2")[0], base=base, colour=columns.colour()[0])


def _steps(columns: Columns) -> Iterator[Mark]:
    mode = str(columns("mode", "before"))
    if mode == "center":
        raise NotDrawable("Step（center）")
    x, y = columns.places("x")[0], columns.places("y")[0]
    across, up = stepped(x, y, "y" if mode == "before" else "x")
    yield Mark("line", across, up, colour=columns("line_color", "#1f77b4"))


def annotation(one: Any) -> list[Mark]:
    """What is laid over a plot beside its glyphs; raises NotDrawable for what has no drawing."""
    kind = type(one).__name__
    if kind in _FURNITURE or not getattr(one, "visible", True):
        return []
    if kind == "Span" and isinstance(one.location, (int, float)):
        places: dict[str, Any] = {"x" if one.dimension == "height" else "y": [one.location]}
        return [Mark("rules", colour=str(one.line_color), **places)]
    if kind == "Label" and isinstance(one.x, (int, float)) and one.x_units == "data":
        return [Mark("words", [one.x], [one.y], words=[str(one.text)], colour="#1a1a1a")]
    if kind == "BoxAnnotation":
        ends = {name: [getattr(one, at) for at in sides] for name, sides in _SIDES.items()}
        stated = {name: values for name, values in ends.items() if any(isinstance(at, (int, float)) for at in values)}
        if len(stated) == 1:
            name, values = next(iter(stated.items()))
            band: dict[str, Any] = {name: [at if isinstance(at, (int, float)) else None for at in values]}
            return [Mark("bands", colour=str(one.fill_color), opacity=0.3, **band)]
    raise NotDrawable(kind)


_SIDES = {"x": ("left", "right"), "y": ("bottom", "top")}
# Axes, legends and the like, which a drawing has its own of.
_FURNITURE = frozenset(
    {"Grid", "LinearAxis", "LogAxis", "CategoricalAxis", "DatetimeAxis", "MercatorAxis", "Legend", "ColorBar", "Title"}
)
_GLYPHS = SHAPES | {
    "Line": _line, "MultiLine": _multi_line, "Scatter": _points, "Circle": _points, "Quad": _quads, "Step": _steps,
    "VBar": lambda columns: _bars(columns, across=False), "HBar": lambda columns: _bars(columns, across=True),
    "Segment": _segments, "Text": _words, "VArea": _area,
}  # fmt: skip
