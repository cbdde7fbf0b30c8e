"""A map specification → a printed map: panel on the left, column with legend on the right, neat line, notes below."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from govkit import catalogue
from govkit.display.fonts import line_height, printable, text_width, wrap
from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.sheet import furniture, multiples
from govkit.display.maps.sheet.labels import Placement
from govkit.display.maps.sheet.layout import Layout, NoRoomError, lay_out, page_of
from govkit.display.maps.sheet.magnifier import Magnifier
from govkit.display.maps.sheet.panel import draw_labels, draw_panel, windowed
from govkit.display.maps.sheet.shapes import crs_text, from_metric, to_metric
from govkit.display.maps.sheet.sheet import Sheet
from govkit.display.maps.sheet.spec import MapSpec
from govkit.display.maps.sheet.view import map_bounds
from govkit.display.palette import colours
from govkit.rounding import fixed

Frame = tuple[float, float, float, float]


def print_map(spec: MapSpec, *, dpi: int = 0, page: str = "", kind: str = "png") -> tuple[bytes, tuple[float, float]]:
    """Draw a map and return it as ``kind`` (png, svg, pdf) and its size (width, height) in centimetres.

    ``page``: one of catalogue/map_text.toml [pages], "" for the width of reports with a free height; ``dpi``: of a PNG,
    0 for the catalogue's. Raises ReportError if no layer has a shape, a text holds a character no font has, or the
    legend has no room on the page.
    """
    sheet = on_page(lambda measures: draw_map(spec, measures), page)
    return rendered(sheet, kind=kind, dpi=dpi), (sheet.width * sheet.zoom, sheet.height * sheet.zoom)


def on_page(draw: Callable[[dict[str, Any]], Sheet], page: str) -> Sheet:
    """Return what ``draw`` draws on this page; a legend without room gets smaller type, then fewer entries."""
    rules = catalogue.load("map_text")["page_fit"]
    last = rules["smaller"][-1]
    tries = [page_of(page, smaller=smaller) for smaller in rules["smaller"]]
    tries += [{**page_of(page, smaller=last), "most_entries": most} for most in rules["entries"]]
    for measures in tries[:-1]:
        with contextlib.suppress(NoRoomError):
            return draw(measures)
    return draw(tries[-1])


def rendered(sheet: Sheet, *, kind: str, dpi: int = 0) -> bytes:
    """Return a drawn sheet as ``kind`` png, svg or pdf."""
    return sheet.png(dpi or int(catalogue.load("map_text")["page"]["dpi"])) if kind == "png" else sheet.vector(kind)


def draw_map(spec: MapSpec, page: dict[str, Any]) -> Sheet:
    """Lay out and draw a map on a sheet of ``page["width"]`` centimetres; without height it fits the map."""
    if spec.panels:
        return _draw_multiples(spec, page)
    metric = {layer.key: to_metric(layer.shapes, spec.notes.metric_crs) for layer in spec.layers if layer.shown}
    bounds = map_bounds(spec, metric)
    notes, titles, band, foot = _around(spec, page)
    layout, corner, inner = lay_out(spec, metric, bounds, page, foot, band)
    if (tiles := tiled(spec, metric, layout, inner)) is not None:
        return draw_map(tiles, page)
    height = inner + band + foot + page.get("border", 0.0)
    sheet = Sheet(page["width"], height, zoom=page.get("zoom", 1.0), title=printable(spec.title))
    draw_panel(sheet, spec, metric, layout.view)
    if layout.inset is not None and layout.inset_names is not None:
        _draw_inset(sheet, spec, metric, layout, layout.inset, layout.inset_names.moved(*corner), corner)
    draw_labels(sheet, layout.names.labels)
    draw_labels(sheet, layout.names.numbers)
    frame = (page["margin"], foot, page["width"] - 2 * page["margin"], inner)
    _draw_column(sheet, layout.top, layout.foot, layout.column, frame, page)
    _draw_frame(sheet, spec, frame, titles, notes, page)
    return sheet


def _around(spec: MapSpec, page: dict[str, Any]) -> tuple[list[tuple[str, str]], list[str], float, float]:
    """Return the lines below the frame and above it, and the centimetres above and below.

    On an untitled page the title stands elsewhere; only the classification needs room.
    """
    notes = _foot_lines(spec, page)
    if page.get("untitled"):
        above = 0.4 if spec.notes.classification and not page.get("bare") else max(page["border"], 0.06)
        return notes, [], above, page["margin"] + len(notes) * page["foot_line"] + 0.06
    titles = wrap(printable(spec.title), furniture.sizes()["title"], page["width"] - 4.2)
    band = page["title_band"] + (len(titles) - 1) * line_height(furniture.sizes()["title"])
    return notes, titles, band, page["margin"] + len(notes) * page["foot_line"] + 0.06


def _draw_multiples(spec: MapSpec, page: dict[str, Any]) -> Sheet:
    """Draw small multiples: panels in the frame's left part, one legend beside them."""
    specs = multiples.panel_specs(spec)
    notes, titles, band, foot = _around(spec, page)
    border = page.get("border", 0.0)
    given = page.get("height", 0.0)
    room = given - band - foot - border if given else page["most_map_height"]
    views, height = multiples.lay_panels(specs, page, room)
    bounds = multiples.common_bounds(specs)
    width, most = page["column"] - 2 * page["padding"], page.get("most_entries", 0)
    top, below = multiples.column_blocks(spec, views[0], bounds, width, most=most)
    column = sum(block.height for block in [*top, *below]) + 2 * page["padding"]
    inner = room if given else max(height, column)
    if column > inner:
        raise NoRoomError(f"地图「{spec.title}」的图例在这张纸上放不下。", todo="换用更大的纸张，或减少类别后重试。")
    sheet = Sheet(page["width"], inner + band + foot + border, zoom=page.get("zoom", 1.0), title=printable(spec.title))
    multiples.draw_panels(sheet, spec.panels, specs, views, page["margin"], foot + (inner - height) / 2)
    frame = (page["margin"], foot, page["width"] - 2 * page["margin"], inner)
    _draw_column(sheet, top, below, page["column"], frame, page)
    _draw_frame(sheet, spec, frame, titles, notes, page)
    return sheet


def _draw_inset(
    sheet: Sheet,
    spec: MapSpec,
    metric: dict[str, np.ndarray],
    layout: Layout,
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
    enlarged = words("magnified", times=fixed(view.scale / layout.view.scale, 1))
    sheet.text(view.x + 0.04, view.y + view.height + 0.15, enlarged, furniture.sizes()["foot"])


def _draw_column(
    sheet: Sheet,
    above: list[furniture.Block],
    below: list[furniture.Block],
    width: float,
    frame: Frame,
    page: dict[str, Any],
) -> None:
    """Hang legend and keys from the column's top, stand scale bar and mark on its foot."""
    if not width:
        return
    x = frame[0] + frame[2] - width
    sheet.map_share = x / sheet.width
    sheet.line([(x, frame[1]), (x, frame[1] + frame[3])], edge=colours("line")["frame"], stroke=0.5)
    bottom = frame[1] + page["padding"] + sum(block.height for block in below)
    for top, blocks in ((frame[1] + frame[3] - page["padding"], above), (bottom, below)):
        at = top
        for block in blocks:
            block.draw(sheet, x + page["padding"], at)
            at -= block.height


def _draw_frame(
    sheet: Sheet, spec: MapSpec, frame: Frame, titles: list[str], notes: list[tuple[str, str]], page: dict[str, Any]
) -> None:
    ink, type_size = colours("line")["frame"], furniture.sizes()
    x, y, width, height = frame
    if not page.get("bare"):
        sheet.box(x, y, width, height, edge=ink, stroke=1.3)
    step = line_height(type_size["title"])
    for number, line in enumerate(titles):
        middle = y + height + (page["title_band"] - 0.08) / 2 + (len(titles) - 1 - number) * step
        sheet.text(page["width"] / 2, middle, line, type_size["title"], bold=True, align="center")
    if spec.notes.classification and not page.get("bare"):
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
    if page.get("bare"):
        return [(printable(approval), words("synthetic") if notes.synthetic else "")]
    date = printable(words("date") + notes.date) if notes.date else ""
    room = page["width"] - 2 * page["margin"] - text_width(date, size) - 0.4
    beside = page.get("untitled") and not page.get("slim")  # a document says it below the map
    source = wrap(printable(words("source") + notes.source), size, room) if notes.source and not beside else [""]
    lines = [(source[0], date), *((line, "") for line in source[1:])]
    drawn_as = words("tiles") if spec.tiled else words("crs") + crs_text(notes.metric_crs)
    lines.append((drawn_as, printable(approval)))
    return [line for line in lines if any(line)]


_SIDE = 1000.0  # metres; a map of tiles has no scale


def tiled(spec: MapSpec, metric: dict[str, np.ndarray], layout: Layout, height: float) -> MapSpec | None:
    """Return a map of areas as tiles where most are narrower than catalogue/map_text.toml [tiles] says, else None.

    ``layout``: of the true map, in a frame ``height`` centimetres high; what its inset enlarges is measured there.
    """
    rule, drawn = catalogue.load("map_text")["tiles"], [one for one in spec.layers if one.shown and len(one.shapes)]
    if spec.tiled or len(drawn) != 1 or not drawn[0].labelled or not rule["fewest"] <= len(drawn[0].shapes):
        return None
    layer, inset = drawn[0], layout.inset
    enlarged = np.isin(layer.codes, list(inset.codes) if inset else [])
    scales = np.where(enlarged, inset.view.scale if inset else 0.0, layout.view.scale)
    tiny = 10 * np.sqrt(shapely.area(metric[layer.key])) * scales < rule["least"]
    if tiny.mean() <= rule["share"]:
        return None
    squares = from_metric(_squares(metric[layer.key], layout.view.width / height), spec.notes.metric_crs)
    layers = tuple(replace(one, shapes=squares) if one is layer else one for one in spec.layers)
    return replace(spec, layers=layers, tiled=True)


def _squares(shapes: np.ndarray, aspect: float) -> np.ndarray:
    """Return a square a shape on a grid in which west stays west and north north, as near as can be."""
    from scipy.optimize import linear_sum_assignment  # takes a fifth of a second to import

    middles = shapely.get_coordinates(shapely.point_on_surface(shapes))
    rows = max(1, round((len(shapes) / aspect) ** 0.5))
    columns = -(-len(shapes) // rows)
    ranks = np.argsort(np.argsort(middles, axis=0, kind="stable"), axis=0) / max(len(shapes) - 1, 1)
    cells = np.array([(column, row) for row in range(rows) for column in range(columns)], dtype=float)
    away = ((ranks * (columns - 1, rows - 1))[:, None] - cells[None]) ** 2
    low = shapely.total_bounds(shapes)[:2] + _SIDE * cells[linear_sum_assignment(away.sum(axis=2))[1]]
    return shapely.box(*low.T, *(low + 0.97 * _SIDE).T)
