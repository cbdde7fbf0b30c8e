"""A figure of Bokeh, from the document in its own script → the same chart as marks for a still drawing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import unescape
from typing import Any

import numpy as np

from govkit.documents.twins.marks import Axis, Chart, Mark, NotDrawable, Panel

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
_DOCUMENTS = re.compile(r"docs_json\s*=\s*(?=[{'\"])")


def read_bokeh(script: str) -> Chart:
    """Return what a script of Bokeh shows; raises NotDrawable, which says what, for glyphs without a still twin."""
    from bokeh.document import Document

    found = _DOCUMENTS.search(script)
    if not found:
        raise NotDrawable("没有图的数据")
    rest = script[found.end() :]
    if rest.startswith("'"):  # a page of Bokeh's holds it as a text
        rest = unescape(rest[1 : re.search(r"(?<!\\)(?:\\\\)*'", rest[1:]).end()].replace("\\\\", "\\"))  # type: ignore[union-attr]
    documents, _ = json.JSONDecoder().raw_decode(rest)
    roots = [root for one in documents.values() for root in Document.from_json(one).roots]
    plots = list(_plots(roots, (0.0, 0.0, 1.0, 1.0)))
    if not plots:
        raise NotDrawable("没有图")
    panels = tuple(_panel(plot, place) for plot, place in plots)
    width = sum(_length(plot, "width", 600) for plot, place in plots if place[1] == plots[0][1][1])
    height = sum(_length(plot, "height", 600) for plot, place in plots if place[0] == plots[0][1][0])
    if len(panels) == 1:
        return Chart((replace(panels[0], title=""),), panels[0].title, width, height)
    return Chart(panels, "", min(width, 1000.0), height * min(width, 1000.0) / width)


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
        elif isinstance(root, Tabs):
            raise NotDrawable("标签页")


def _panel(plot: Any, place: tuple[float, float, float, float]) -> Panel:
    from bokeh.models import GlyphRenderer, Legend, Title  # type: ignore[attr-defined]

    names = {id(one): _label(item) for legend in plot.select(Legend) for item in legend.items for one in item.renderers}
    marks: list[Mark] = []
    for renderer in plot.renderers:
        if not isinstance(renderer, GlyphRenderer):
            raise NotDrawable(type(renderer).__name__)
        if renderer.visible:
            marks += _marks(renderer, names.get(id(renderer), ""))
    title = plot.title.text if isinstance(plot.title, Title) else str(plot.title or "")
    x, y = (_axis(plot, name) for name in ("x", "y"))
    return Panel(tuple(marks), x, y, str(title or ""), place)


def _label(item: Any) -> str:
    label = item.label
    return str(getattr(label, "value", None) or getattr(label, "field", None) or "")


def _axis(plot: Any, name: str) -> Axis:
    from bokeh.models import FactorRange, LogScale

    found = getattr(plot, f"{name}axis")
    title = str(found[0].axis_label or "") if found else ""
    extent = getattr(plot, f"{name}_range")
    factors = [_factor(one) for one in extent.factors] if isinstance(extent, FactorRange) else []
    stated = [getattr(extent, at, None) for at in ("start", "end")]
    numbers = all(isinstance(one, (int, float)) and one == one for one in stated)
    ends = (stated[0], stated[1]) if numbers and not factors and type(extent).__name__ == "Range1d" else None
    shown = bool(found) and any(one.visible for one in found)
    return Axis(title, isinstance(getattr(plot, f"{name}_scale"), LogScale), False, factors, ends, shown)


def _factor(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


class _Columns:
    """What the properties of a glyph stand for: a column of its source, or one value."""

    def __init__(self, renderer: Any) -> None:
        self.glyph, self.data = renderer.glyph, renderer.data_source.data
        filters = getattr(renderer.view, "filter", None)
        if filters is not None and type(filters).__name__ not in {"AllIndices"}:
            raise NotDrawable("筛选过的图层")
        self.length = max((len(column) for column in self.data.values()), default=1)

    def __call__(self, name: str, usual: Any = None) -> Any:
        stated = getattr(self.glyph, name, None)
        field = getattr(stated, "field", None) if not isinstance(stated, Mapping) else stated.get("field")
        if isinstance(stated, str) and stated in self.data and "color" not in name:
            field = stated
        if field is None:
            value = getattr(stated, "value", stated) if not isinstance(stated, Mapping) else stated.get("value", usual)
            return usual if value is None else value
        if field not in self.data:
            raise NotDrawable(f"数据列 {field}")
        return list(self.data[field])

    def transform(self, name: str) -> Any:
        stated = getattr(self.glyph, name, None)
        found = stated.get("transform") if isinstance(stated, Mapping) else getattr(stated, "transform", None)
        return found if hasattr(found, "properties") else None  # what is not stated is no model

    def places(self, name: str) -> tuple[list[Any], float]:
        """A column of places and how far they are set beside their place."""
        value = self(name)
        values = list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value] * self.length
        change = self.transform(name)
        if change is not None and type(change).__name__ not in {"Dodge", "Jitter"}:
            raise NotDrawable(type(change).__name__)
        apart = float(getattr(change, "value", 0) or 0) if type(change).__name__ == "Dodge" else 0.0
        return [_factor(one) if isinstance(one, (str, tuple, list)) else _moment(one) for one in values], apart

    def colour(self, prefix: str = "fill") -> tuple[Any, dict[str, Any]]:
        """The colour or colours, and the scale that numbers are coloured by."""
        change, value = self.transform(f"{prefix}_color"), self(f"{prefix}_color", "#1f77b4")
        kind = type(change).__name__
        if kind == "CategoricalColorMapper":
            table = dict(zip(map(_factor, change.factors), change.palette, strict=False))
            return [table.get(_factor(one), str(change.nan_color)) for one in value], {}
        if kind == "LinearColorMapper":
            step = max(len(change.palette) - 1, 1)
            scale = [(at / step, colour) for at, colour in enumerate(change.palette)]
            return value, {"scale": scale, "low": change.low, "high": change.high}
        if change is not None:
            raise NotDrawable(kind)
        if isinstance(value, str) and value == "#1f77b4" and prefix == "fill":
            return str(self("line_color", value)), {}
        return value, {}


def _moment(value: Any) -> Any:
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def _marks(renderer: Any, name: str) -> list[Mark]:
    columns, kind = _Columns(renderer), type(renderer.glyph).__name__
    make = _GLYPHS.get(kind)
    if make is None:
        raise NotDrawable(kind)
    alpha = columns("fill_alpha", 1.0) if hasattr(renderer.glyph, "fill_alpha") else columns("line_alpha", 1.0)
    opacity = float(alpha) if isinstance(alpha, (int, float)) else 1.0
    return [replace(mark, name=name, opacity=opacity) for mark in make(columns)]


def _line(columns: _Columns) -> Iterator[Mark]:
    dash = columns("line_dash", "solid")
    style = "solid" if not dash else _DASHES.get(str(dash), "dashed" if isinstance(dash, (list, tuple)) else "solid")
    yield Mark(
        "line", columns.places("x")[0], columns.places("y")[0], colour=columns("line_color", "#1f77b4"), dash=style
    )


def _multi_line(columns: _Columns) -> Iterator[Mark]:
    colour = columns("line_color", "#1f77b4")
    for at, (x, y) in enumerate(zip(columns("xs"), columns("ys"), strict=True)):
        yield Mark("line", list(x), list(y), colour=colour[at] if isinstance(colour, list) else colour)


def _points(columns: _Columns) -> Iterator[Mark]:
    (x, _), (y, _) = columns.places("x"), columns.places("y")
    colour, scale = columns.colour()
    marker = columns("marker", "circle") if hasattr(columns.glyph, "marker") else "circle"
    symbol = _SYMBOLS.get(marker, "o") if isinstance(marker, str) else "o"
    size = columns("size", 6.0) if hasattr(columns.glyph, "size") else 6.0
    yield Mark("points", x, y, colour=colour, size=size, symbol=symbol, **scale)


def _bars(columns: _Columns, *, across: bool) -> Iterator[Mark]:
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


def _quads(columns: _Columns) -> Iterator[Mark]:
    left, right, bottom, top = (
        np.asarray(columns.places(name)[0], dtype=float) for name in ("left", "right", "bottom", "top")
    )
    colour, scale = columns.colour()
    middle, wide = list((left + right) / 2), list(right - left)
    yield Mark("bars", middle, list(top - bottom), colour=colour, base=bottom, width=wide, **scale)


def _polygons(columns: _Columns) -> Iterator[Mark]:
    single = type(columns.glyph).__name__ == "Patch"
    xs, ys = ([columns("x")], [columns("y")]) if single else (columns("xs"), columns("ys"))
    if any(len(x) and isinstance(x[0], (list, tuple)) for x in xs):
        raise NotDrawable("MultiPolygons")
    colour, scale = columns.colour()
    yield Mark("polygons", list(xs), list(ys), colour=colour, **scale)


def _segments(columns: _Columns) -> Iterator[Mark]:
    ends: dict[str, Any] = {
        at: columns.places(name)[0] for at, name in (("x", "x0"), ("y", "y0"), ("x2", "x1"), ("y2", "y1"))
    }
    yield Mark("segments", colour=columns("line_color", "#1a1a1a"), **ends)


def _words(columns: _Columns) -> Iterator[Mark]:
    words = columns("text")
    x, y = columns.places("x")[0], columns.places("y")[0]
    words = list(map(str, words)) if isinstance(words, list) else [str(words)] * len(x)
    colour = columns("text_color", "#1a1a1a")
    yield Mark("words", x, y, words=words, colour=colour if isinstance(colour, str) else "#1a1a1a")


def _area(columns: _Columns) -> Iterator[Mark]:
    base = np.asarray(columns.places("y1")[0], dtype=float)
    yield Mark("area", columns.places("x")[0], columns.places("y2")[0], base=base, colour=columns.colour()[0])


_GLYPHS = {
    "Line": _line, "MultiLine": _multi_line, "Scatter": _points, "Circle": _points, "Quad": _quads,
    "VBar": lambda columns: _bars(columns, across=False), "HBar": lambda columns: _bars(columns, across=True),
    "Patch": _polygons, "Patches": _polygons, "Segment": _segments, "Text": _words, "VArea": _area,
}  # fmt: skip
