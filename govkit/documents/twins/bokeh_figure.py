"""A figure of Bokeh, from the document in its own script → the same chart as marks for a still drawing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import unescape
from typing import Any

from govkit.documents.twins.bokeh_columns import factor
from govkit.documents.twins.bokeh_glyphs import annotation, marks_of
from govkit.documents.twins.bokeh_shapes import EVEN
from govkit.documents.twins.marks import Axis, Chart, Mark, NotDrawable, Panel

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
    for renderer in plot.renderers:
        if isinstance(renderer, TileRenderer):
            continue  # said where the chart is read
        if not isinstance(renderer, GlyphRenderer):
            raise NotDrawable(type(renderer).__name__)
        if renderer.visible:
            marks += marks_of(renderer, names.get(id(renderer), ""))
    title = plot.title.text if isinstance(plot.title, Title) else str(plot.title or "")
    x, y = (_axis(plot, name) for name in ("x", "y"))
    for one in (*plot.center, *plot.above, *plot.below, *plot.left, *plot.right):
        marks += annotation(one)
    even = any(getattr(one, "glyph", None) is not None and type(one.glyph).__name__ in EVEN for one in plot.renderers)
    return Panel(tuple(marks), x, y, str(title or ""), place, kind="even" if even else "")


def read_words(script: str) -> tuple[list[str], list[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]]:
    """Return the texts (HTML) and the tables, heads and rows, that a script of Bokeh shows beside its plots."""
    from bokeh.models.widgets import DataTable, Div, Paragraph, PreText

    texts, tables = [], []
    for model in (one for root in _roots(script) for one in root.references()):
        if isinstance(model, (Div, Paragraph, PreText)):
            texts.append(str(model.text))
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
