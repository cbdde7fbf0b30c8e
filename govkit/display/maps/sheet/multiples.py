"""Small multiples: several maps of one place on one sheet, by period or kind, with one legend and one scale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from govkit import catalogue
from govkit.display.fonts import printable, text_width
from govkit.display.maps.sheet import furniture
from govkit.display.maps.sheet.panel import draw_panel
from govkit.display.maps.sheet.shapes import to_metric
from govkit.display.maps.sheet.sheet import Sheet
from govkit.display.maps.sheet.spec import Layer, MapSpec, Panel
from govkit.display.maps.sheet.view import Bounds, View, fit, map_bounds, scale_bar
from govkit.errors import ReportError

_TITLE = 0.55  # centimetres above each panel
_PAD = 0.12

Metric = dict[str, np.ndarray]


def panel_specs(spec: MapSpec) -> list[tuple[MapSpec, Metric]]:
    """Return each panel as a map of its own, with its shapes in metres; at least one, else ReportError."""
    if not spec.panels:
        raise ReportError(f"地图「{spec.title}」没有分图。")
    made = [replace(spec, layers=tuple(map(_small, panel.layers)), panels=()) for panel in spec.panels]
    return [(one, {layer.key: to_metric(layer.shapes, spec.notes.metric_crs) for layer in one.layers}) for one in made]


def _small(layer: Layer) -> Layer:
    """Return a layer of symbols with small ones, which stand at their true place."""
    if not layer.is_points or layer.is_graduated:
        return layer
    radius = catalogue.load("map_text")["symbols"]["in_multiples"]
    return replace(layer, categories=tuple(replace(one, radius=radius) for one in layer.categories))


def common_bounds(specs: list[tuple[MapSpec, Metric]]) -> Bounds:
    """Return the extent in metres that holds every panel."""
    edges = np.array([map_bounds(one, metric) for one, metric in specs])
    return (*edges[:, :2].min(axis=0).tolist(), *edges[:, 2:].max(axis=0).tolist())  # type: ignore[return-value]


def arrange(count: int, bounds: Bounds, width: float, most_height: float) -> tuple[int, int]:
    """Return columns and rows that show the maps largest in ``width`` × ``most_height`` centimetres."""
    west, south, east, north = bounds
    best, shape = 0.0, (1, count)
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        across = (width / columns - 2 * _PAD) / (east - west)
        up = (most_height / rows - _TITLE - 2 * _PAD) / (north - south)
        if min(across, up) > best * 1.001:
            best, shape = min(across, up), (columns, rows)
    if best <= 0:
        raise ReportError(f"一张图上放不下 {count} 幅分图。", todo="减少分图，或换用更大的纸张。")
    return shape


def lay_panels(specs: list[tuple[MapSpec, Metric]], page: dict[str, Any], most: float) -> tuple[list[View], float]:
    """Return one view a panel (origin: the frame's lower left corner) and the height they need together."""
    bounds = common_bounds(specs)
    width = page["width"] - 2 * page["margin"] - page["column"]
    columns, rows = arrange(len(specs), bounds, width, most)
    cell = width / columns
    sample = fit(bounds, 0, 0, cell, most / rows - _TITLE, pad=_PAD)
    step = sample.height + _TITLE
    views = []
    for at in range(len(specs)):
        row, column = divmod(at, columns)
        views.append(sample.moved(column * cell, (rows - 1 - row) * step))
    return views, rows * step


def column_blocks(
    spec: MapSpec, view: View, bounds: Bounds, column: float, *, most: int = 0
) -> tuple[list[Any], list[Any]]:
    """Return legend and foot of the column; the legend's counts belong to one panel each and are left out."""
    bare = [tuple(replace(one, counted=False) for one in layer.categories) for layer in spec.layers]
    layers = (replace(layer, categories=entries) for layer, entries in zip(spec.layers, bare, strict=True))
    plain = replace(spec, layers=tuple(layers))
    top = [furniture.head_block(plain, column), *furniture.legend_blocks(plain, column, most=most)]
    bar = scale_bar(bounds, view.scale, spec.notes.metric_crs, longest=column - 1.1)
    below = [furniture.scale_block(*bar, column)]
    return top, below + ([furniture.synthetic_block(column)] if spec.notes.synthetic else [])


def draw_panels(
    sheet: Sheet,
    panels: tuple[Panel, ...],
    specs: list[tuple[MapSpec, Metric]],
    views: list[View],
    right: float,
    up: float,
) -> None:
    """Draw every panel with its title above, moved by so many centimetres."""
    size = furniture.sizes()["legend_head"] + 0.8
    for panel, (one, metric), view in zip(panels, specs, views, strict=True):
        placed = view.moved(right, up)
        draw_panel(sheet, one, metric, placed)
        title = printable(panel.title)
        shown = size if text_width(title, size) <= view.width else size * view.width / text_width(title, size)
        middle = placed.x + view.width / 2
        sheet.text(middle, placed.y + view.height + _TITLE / 2 - 0.08, title, shown, bold=True, align="center")
