"""A map specification → a printed map: panel on the left, column with legend on the right, neat line, notes below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from govkit import catalogue
from govkit.display.fonts import line_height, printable, text_width, wrap
from govkit.display.maps import furniture
from govkit.display.maps.labels import Placement, place
from govkit.display.maps.layer_parts import words
from govkit.display.maps.magnifier import Magnifier, land_in_cm, plan_magnifier
from govkit.display.maps.panel import draw_labels, draw_panel, symbol_places, taken_boxes, wanted_labels, windowed
from govkit.display.maps.shapes import crs_text, to_metric
from govkit.display.maps.sheet import Sheet
from govkit.display.maps.spec import MapSpec
from govkit.display.maps.view import Bounds, View, fit, free_corner, map_bounds, scale_bar
from govkit.display.palette import colours

Frame = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Layout:
    """A map laid out, before it is drawn: its window, names, inset with its names, and column blocks."""

    view: View
    names: Placement
    inset: Magnifier | None
    inset_names: Placement | None
    top: list[furniture.Block]
    foot: list[furniture.Block]

    @property
    def column_height(self) -> float:
        return sum(block.height for block in [*self.top, *self.foot])


def print_map(spec: MapSpec, *, dpi: int = 0) -> tuple[bytes, tuple[float, float]]:
    """Draw a map and return its PNG and its size (width, height) in centimetres.

    Raises ReportError if no layer has a shape or a text holds a character no font has.
    """
    page = catalogue.load("map_text")["page"]
    sheet = draw_map(spec, page)
    return sheet.png(dpi or int(page["dpi"])), (sheet.width, sheet.height)


def draw_map(spec: MapSpec, page: dict[str, Any]) -> Sheet:
    """Lay out and draw a map on a sheet of ``page["width"]`` centimetres; the height follows from its shape."""
    metric = {layer.key: to_metric(layer.shapes, spec.notes.metric_crs) for layer in spec.layers if layer.shown}
    bounds = map_bounds(spec, metric)
    notes = _foot_lines(spec, page)
    titles = wrap(printable(spec.title), furniture.sizes()["title"], page["width"] - 4.2)
    band = page["title_band"] + (len(titles) - 1) * line_height(furniture.sizes()["title"])
    foot = page["margin"] + len(notes) * page["foot_line"] + 0.06
    layout, inner = _fitting_layout(spec, metric, bounds, page, foot)
    layout, corner, inner = _with_inset_placed(spec, metric, layout, inner, foot)
    sheet = Sheet(page["width"], inner + band + foot)
    _draw_map_window(sheet, spec, metric, layout, corner)
    frame = (page["margin"], foot, page["width"] - 2 * page["margin"], inner)
    _draw_column(sheet, layout, frame, page)
    _draw_frame(sheet, spec, frame, titles, notes, page)
    return sheet


def _fitting_layout(
    spec: MapSpec, metric: dict[str, np.ndarray], bounds: Bounds, page: dict[str, Any], foot: float
) -> tuple[_Layout, float]:
    """Return the layout and the frame's height; where the column needs more height, the map grows with it."""
    layout = _layout(spec, metric, bounds, page, foot, page["most_map_height"])
    keyed = layout.column_height + 2 * page["padding"] <= page["most_height"]  # a key may not outgrow the page
    layout = layout if keyed else _layout(spec, metric, bounds, page, foot, page["most_map_height"], keyed=False)
    inner = max(layout.view.height, layout.column_height + 2 * page["padding"], page["least_height"])
    if inner > layout.view.height * 1.05:
        larger = _layout(spec, metric, bounds, page, foot, inner, keyed=keyed)
        if larger.view.height > layout.view.height * 1.05:
            layout = larger
            inner = max(inner, layout.column_height + 2 * page["padding"])
    return layout, inner


def _layout(
    spec: MapSpec,
    metric: dict[str, np.ndarray],
    bounds: Bounds,
    page: dict[str, Any],
    foot: float,
    most: float,
    *,
    keyed: bool = True,
) -> _Layout:
    """Lay the map out no higher than ``most`` centimetres; ``keyed``: names without room are numbered and listed."""
    width = page["width"] - 2 * page["margin"] - page["column"]
    view = fit(bounds, page["margin"], foot, width, most)
    names = _place(spec, metric, view, frozenset(), keyed=keyed)
    inset = plan_magnifier(spec, metric, names.unnamed, bounds, view.scale)
    inset_names = None
    if inset:
        inner_spec, inner_metric = windowed(spec, metric, inset.window)
        inset_names = _place(inner_spec, inner_metric, inset.view, frozenset(), only=inset.codes, keyed=keyed)
        first = len(inset_names.keys) + 1
        names = _place(spec, metric, view, inset.codes, first=first, keyed=keyed)
    keys = [*(inset_names.keys if inset_names else ()), *names.keys]
    dropped = names.dropped + (inset_names.dropped if inset_names else 0)
    column = page["column"] - 2 * page["padding"]
    top = [furniture.head_block(spec, column), *furniture.legend_blocks(spec, column)]
    top += furniture.remark_blocks(_moved_remark(spec, metric, view), column)
    top += furniture.key_blocks(keys, dropped, column)
    bar = scale_bar(bounds, view.scale, spec.notes.metric_crs, longest=column - 1.1)
    below = [furniture.scale_block(*bar, column)]
    below += [furniture.synthetic_block(column)] if spec.notes.synthetic else []
    return _Layout(view, names, inset, inset_names, top, below)


def _moved_remark(spec: MapSpec, metric: dict[str, np.ndarray], view: View) -> list[str]:
    """Return the words for it where symbols stand visibly beside their place."""
    for layer in spec.layers:
        if layer.shown and layer.is_points:
            points = view.in_cm(metric[layer.key])
            places, size = symbol_places(points)
            if np.abs(places - shapely.get_coordinates(points)).max() > size / 2:
                return [words("moved")]
    return []


def _place(
    spec: MapSpec,
    metric: dict[str, np.ndarray],
    view: View,
    leave_out: frozenset[str],
    *,
    only: frozenset[str] | None = None,
    first: int = 1,
    keyed: bool,
) -> Placement:
    text = catalogue.load("map_text")
    wanted = wanted_labels(spec, metric, view, leave_out=leave_out)
    if only is not None:
        wanted = {code: one for code, one in wanted.items() if code in only}
    return place(
        wanted, view.box, sizes=text["type"]["labels"], number_size=text["type"]["number"],
        most_keys=text["limits"]["key_entries"] if keyed else 0, taken=taken_boxes(spec, metric, view), first=first,
    )  # fmt: skip


def _with_inset_placed(
    spec: MapSpec, metric: dict[str, np.ndarray], layout: _Layout, inner: float, foot: float
) -> tuple[_Layout, tuple[float, float], float]:
    """Return the layout with the map moved, the inset's corner and the frame's height, grown until it has room."""
    view = layout.view
    slack = inner - view.height
    if layout.inset is None:
        return _moved(layout, slack / 2), (0.0, 0.0), inner
    size = layout.inset.view
    for extra in np.arange(0, size.height + 0.6, 0.3):
        height = inner + extra
        for up in (0.0, height - view.height):  # the map at the foot leaves room above it, and the other way round
            window = (view.x, foot, view.x + view.width, foot + height)
            corner = free_corner(land_in_cm(spec, metric, view.moved(0, up)), window, size.width, size.height + 0.3)
            if corner:
                return _moved(layout, up), corner, float(height)
    return _moved(layout, 0), (view.x + 0.12, foot + view.height + 0.1), inner + size.height + 0.6


def _moved(layout: _Layout, up: float) -> _Layout:
    names = layout.names.moved(0, up)
    return _Layout(layout.view.moved(0, up), names, layout.inset, layout.inset_names, layout.top, layout.foot)


def _draw_map_window(
    sheet: Sheet, spec: MapSpec, metric: dict[str, np.ndarray], layout: _Layout, corner: tuple[float, float]
) -> None:
    draw_panel(sheet, spec, metric, layout.view)
    if layout.inset is not None and layout.inset_names is not None:
        _draw_inset(sheet, spec, metric, layout, layout.inset, layout.inset_names.moved(*corner), corner)
    draw_labels(sheet, layout.names.labels)
    draw_labels(sheet, layout.names.numbers)


def _draw_inset(
    sheet: Sheet,
    spec: MapSpec,
    metric: dict[str, np.ndarray],
    layout: _Layout,
    inset: Magnifier,
    names: Placement,
    corner: tuple[float, float],
) -> None:
    """Draw the enlarged window and its frame on the map it enlarges."""
    view = inset.view.moved(*corner)
    west, south, east, north = inset.window
    low, high = layout.view.affine.transform([(west, south), (east, north)])
    ink, paper = colours("line")["frame"], colours("paper")["page"]
    sheet.box(low[0], low[1], high[0] - low[0], high[1] - low[1], edge=ink, stroke=0.8)
    sheet.box(view.x, view.y, view.width, view.height, fill=paper)
    draw_panel(sheet, *windowed(spec, metric, inset.window), view)
    draw_labels(sheet, names.labels)
    draw_labels(sheet, names.numbers)
    sheet.box(view.x, view.y, view.width, view.height, edge=ink, stroke=0.8)
    enlarged = words("magnified", times=f"{view.scale / layout.view.scale:.1f}")
    sheet.text(view.x + 0.04, view.y + view.height + 0.15, enlarged, furniture.sizes()["foot"])


def _draw_column(sheet: Sheet, layout: _Layout, frame: Frame, page: dict[str, Any]) -> None:
    """Hang legend and keys from the column's top, stand scale bar and mark on its foot."""
    x = frame[0] + frame[2] - page["column"]
    sheet.line([(x, frame[1]), (x, frame[1] + frame[3])], edge=colours("line")["frame"], stroke=0.5)
    bottom = frame[1] + page["padding"] + sum(block.height for block in layout.foot)
    for top, blocks in ((frame[1] + frame[3] - page["padding"], layout.top), (bottom, layout.foot)):
        at = top
        for block in blocks:
            block.draw(sheet, x + page["padding"], at)
            at -= block.height


def _draw_frame(
    sheet: Sheet, spec: MapSpec, frame: Frame, titles: list[str], notes: list[tuple[str, str]], page: dict[str, Any]
) -> None:
    ink, type_size = colours("line")["frame"], furniture.sizes()
    x, y, width, height = frame
    sheet.box(x, y, width, height, edge=ink, stroke=1.3)
    step = line_height(type_size["title"])
    for number, line in enumerate(titles):
        middle = y + height + (page["title_band"] - 0.08) / 2 + (len(titles) - 1 - number) * step
        sheet.text(page["width"] / 2, middle, line, type_size["title"], bold=True, align="center")
    if spec.notes.classification:
        mark = printable(spec.notes.classification)
        sheet.text(x + width, y + height + 0.2, mark, type_size["mark"], align="right")
    quiet = colours("ink")["quiet"]
    for number, (left, right) in enumerate(notes):
        middle = y - 0.06 - (number + 0.5) * page["foot_line"]
        sheet.text(x, middle, left, type_size["foot"], colour=quiet)
        sheet.text(x + width, middle, right, type_size["foot"], colour=quiet, align="right")


def _foot_lines(spec: MapSpec, page: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines below the neat line: source and date, then CRS and 审图号 or 示意图."""
    notes, size = spec.notes, furniture.sizes()["foot"]
    approval = f"{words('approval')}{notes.map_approval}" if notes.map_approval else words("schematic")
    date = printable(words("date") + notes.date) if notes.date else ""
    room = page["width"] - 2 * page["margin"] - text_width(date, size) - 0.4
    source = wrap(printable(words("source") + notes.source), size, room) if notes.source else [""]
    lines = [(source[0], date), *((line, "") for line in source[1:])]
    lines.append((words("crs") + crs_text(notes.metric_crs), printable(approval)))
    return [line for line in lines if any(line)]
