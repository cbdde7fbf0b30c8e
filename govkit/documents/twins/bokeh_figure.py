"""A figure of Bokeh, from the document in its own script → the same chart as marks for a still drawing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import unescape
from typing import Any

import numpy as np

from govkit.documents.twins.bokeh_shapes import EVEN, SHAPES, Columns, factor
from govkit.documents.twins.marks import Axis, Chart, Mark, NotDrawable, Panel, stepped

_DOCUMENTS = re.compile(r"docs_json\s*=\s*(?=[{'\"])")


def read_bokeh(script: str) -> Chart:
    """Return what a script of Bokeh shows; raises NotDrawable, which says what, for glyphs without a still twin."""
    plots = list(_plots(_roots(script), (0.0, 0.0, 1.0, 1.0)))
    if not plots:
        raise NotDrawable("没有图")
    panels = tuple(_panel(plot, place) for plot, place in plots)
    width = sum(_length(plot, "width", 600) for plot, place in plots if place[1] == plots[0][1][1])
    height = sum(_length(plot, "height", 600) for plot, place in plots if place[0] == plots[0][1][0])
    if len(panels) == 1:
        return Chart((replace(panels[0], title=""),), panels[0].title, width, height)
    return Chart(panels, "", min(width, 1000.0), height * min(width, 1000.0) / width)


def _roots(script: str) -> list[Any]:
    from bokeh.document import Document

    found = _DOCUMENTS.search(script)
    if not found:
        raise NotDrawable("没有图的数据")
    rest = script[found.end() :]
    if rest.startswith("'"):  # a page of Bokeh's holds it as a text
        rest = unescape(rest[1 : re.search(r"(?<!\\)(?:\\\\)*'", rest[1:]).end()].replace("\\\\", "\\"))  # type: ignore[union-attr]
    documents, _ = json.JSONDecoder().raw_decode(rest)
    return [root for one in documents.values() for root in Document.from_json(one).roots]


def _length(plot: Any, name: str, usual: float) -> float:
    return float(getattr(plot, name) or getattr(plot, f"frame_{name}") or usual)


def _plots(roots: Sequence[Any], place: tuple[float, float, float, float]) -> Iterator[tuple[Any, Any]]:
    """Every plot with its place; rows, columns and grids share theirs evenly."""
    from bokeh.models import Column, GridPlot, Plot, Row, Tabs

    left, bottom, width, height = place
    for root in roots:
        if isinstance(root, Plot):
            yield root, place
        elif isinstance(root, (Row, Column)):
            children = [one for one in root.children if any(True for _ in _plots([one], place))]
            count = max(len(children), 1)
            for at, child in enumerate(children):
                inner = (
                    (left + at * width / count, bottom, width / count * 0.84, height)
                    if isinstance(root, Row)
                    else (left, bottom + (count - 1 - at) * height / count, width, height / count * 0.76)
                )
                yield from _plots([child], inner)
        elif isinstance(root, GridPlot):
            cells: Any = root.children
            rows, columns = (1 + max(one[at] for one in cells) for at in (1, 2))
            for child, row, column, *_ in cells:
                wide, high = width / columns, height / rows
                yield from _plots(
                    [child], (left + column * wide, bottom + (rows - 1 - row) * high, wide * 0.84, high * 0.76)
                )
        elif isinstance(root, Tabs):  # one below another
            tabs: list[Any] = list(root.tabs)
            count = max(len(tabs), 1)
            for at, tab in enumerate(tabs):
                inner = (left, bottom + (count - 1 - at) * height / count, width, height / count * 0.76)
                yield from _plots([tab.child], inner)


def _panel(plot: Any, place: tuple[float, float, float, float]) -> Panel:
    from bokeh.models import GlyphRenderer, Legend, TileRenderer, Title  # type: ignore[attr-defined]

    names = {id(one): _label(item) for legend in plot.select(Legend) for item in legend.items for one in item.renderers}
    marks: list[Mark] = []
    dated = "".join(at for at in "xy" if "DatetimeAxis" in {type(one).__name__ for one in getattr(plot, f"{at}axis")})
    for renderer in plot.renderers:
        if isinstance(renderer, TileRenderer):
            continue  # said where the chart is read
        if not isinstance(renderer, GlyphRenderer):
            raise NotDrawable(type(renderer).__name__)
        if renderer.visible:
            marks += marks_of(renderer, names.get(id(renderer), ""), dated)
    title = plot.title.text if isinstance(plot.title, Title) else str(plot.title or "")
    x, y = (_axis(plot, name) for name in ("x", "y"))
    for one in (*plot.center, *plot.above, *plot.below, *plot.left, *plot.right):
        marks += annotation(one)
    even = any(getattr(one, "glyph", None) is not None and type(one.glyph).__name__ in EVEN for one in plot.renderers)
    return Panel(tuple(marks), x, y, str(title or ""), place, kind="even" if even else "")


def read_words(script: str) -> tuple[list[str], list[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]]:
    """Return the texts (HTML) and the tables, heads and rows, that a script of Bokeh shows beside its plots."""
    from bokeh.models.widgets import AbstractSlider, DataTable, Div, Paragraph, PreText

    texts, tables = [], []
    for model in (one for root in _roots(script) for one in root.references()):
        if isinstance(model, (Div, Paragraph, PreText)):
            texts.append(str(model.text))
        elif isinstance(model, AbstractSlider):
            texts.append(f"{model.title or ''}：{getattr(model, 'value', '')}")
        elif isinstance(model, DataTable):
            data: Mapping[str, Any] = getattr(model.source, "data", {})
            columns = [one for one in model.columns if one.field in data]
            heads = tuple(str(one.title or one.field) for one in columns)
            cells = [list(map(str, data[one.field])) for one in columns]
            tables.append((heads, tuple(zip(*cells, strict=True))))
    return texts, tables


def _label(item: Any) -> str:
    label = item.label
    return str(getattr(label, "value", None) or getattr(label, "field", None) or "")


def _axis(plot: Any, name: str) -> Axis:
    from bokeh.models import FactorRange, LogScale

    found = getattr(plot, f"{name}axis")
    title = str(found[0].axis_label or "") if found else ""
    extent = getattr(plot, f"{name}_range")
    factors = [factor(one) for one in extent.factors] if isinstance(extent, FactorRange) else []
    stated = [getattr(extent, at, None) for at in ("start", "end")]
    numbers = all(isinstance(one, (int, float)) and one == one for one in stated)
    ends = (stated[0], stated[1]) if numbers and not factors and type(extent).__name__ == "Range1d" else None
    shown = bool(found) and any(one.visible for one in found)
    return Axis(title, isinstance(getattr(plot, f"{name}_scale"), LogScale), False, factors, ends, shown)


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


def marks_of(renderer: Any, name: str, dated: str) -> list[Mark]:
    columns, kind = Columns(renderer, dated), type(renderer.glyph).__name__
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


def _spans(columns: Columns, name: str) -> Iterator[Mark]:
    places: dict[str, Any] = {name: columns.places(name)[0]}
    yield Mark("rules", colour=columns("line_color", "#1a1a1a"), **places)


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
    "HSpan": lambda columns: _spans(columns, "y"), "VSpan": lambda columns: _spans(columns, "x"),
}  # fmt: skip
