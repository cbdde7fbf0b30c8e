"""What is drawn inside a window of a print map: shapes, symbols, numbers and names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from matplotlib.path import Path

from govkit import catalogue
from govkit.display.fonts import line_height
from govkit.display.maps.sheet import furniture
from govkit.display.maps.sheet.labels import Placed, Wanted
from govkit.display.maps.sheet.shapes import polygon
from govkit.display.maps.sheet.sheet import Sheet, polygon_paths
from govkit.display.maps.sheet.spec import Layer, MapSpec
from govkit.display.maps.sheet.symbols import symbol_path
from govkit.display.maps.sheet.view import Bounds, View, drawn_outline
from govkit.display.palette import colours

_LARGE, _SMALL = 0.155, 0.105  # radius of symbols in centimetres, with and without sign
_APART = 2.15  # radii between the middles of two symbols
_NUMBER_RADIUS = 0.17
_RING = 0.13  # radius of the ring about a defect too small to see
_WIDE = 0.3  # centimetres: polygons narrower than that get thinner borders


def draw_panel(sheet: Sheet, spec: MapSpec, metric: dict[str, np.ndarray], view: View) -> None:
    """Draw all layers that are shown, bottom first, then the outline and the subject's border."""
    to_sheet = view.affine + sheet.cm
    for layer in spec.layers:
        if layer.shown and layer.is_points:
            _draw_points(sheet, layer, view.in_cm(metric[layer.key]))
        elif layer.shown and layer.is_lines:
            lines = view.in_cm(metric[layer.key])
            for at, category in enumerate(layer.categories):
                paths = [Path(shapely.get_coordinates(line)) for line in lines[layer.members == at]]
                if paths:
                    sheet.paths(paths, edge=category.edge, stroke=category.width)
        elif layer.shown:
            _draw_polygons(sheet, layer, metric[layer.key], view)
            if layer.numbered:
                _draw_numbers(sheet, layer, view.in_cm(metric[layer.key]))
    outline = drawn_outline(spec, metric)
    if outline is not None:
        # An outline without holes narrower than ``least`` metres: a bold line about a gap is a blot
        least = 2 * _RING / view.scale
        kept = [
            shapely.Polygon(part.exterior, [hole for hole in part.interiors if shapely.Polygon(hole).area >= least**2])
            for part in shapely.get_parts(outline)
        ]
        edge = polygon_paths(np.array([shapely.MultiPolygon(kept)], dtype=object))
        sheet.paths(edge, edge=colours("line")["outline"], stroke=1.4, transform=to_sheet)
    for layer in spec.layers:
        if spec.subject and layer.shown and spec.subject in layer.codes:
            mine = metric[layer.key][[layer.codes.index(spec.subject)]]
            sheet.paths(polygon_paths(mine), edge=colours("line")["subject"], stroke=2.0, transform=to_sheet)


def _draw_polygons(sheet: Sheet, layer: Layer, metric: np.ndarray, view: View) -> None:
    """Draw polygons by category; borders of small ones are thin, or they would blacken what they enclose."""
    for at, category in enumerate(layer.categories):
        mine = metric[layer.members == at]
        if len(mine):
            usual = float(np.sqrt(np.median(shapely.area(mine)))) * view.scale
            sheet.paths(
                polygon_paths(mine), fill=category.fill, edge=category.edge,
                stroke=category.width * min(1.0, usual / _WIDE), hatch=category.hatch,
                hatch_colour=category.hatch_colour, transform=view.affine + sheet.cm,
            )  # fmt: skip


def _draw_points(sheet: Sheet, layer: Layer, points: np.ndarray) -> None:
    if layer.is_graduated:  # at their true place, small ones over large ones
        for at in np.argsort([-one.radius for one in layer.categories], kind="stable"):
            mine = shapely.get_coordinates(points[layer.members == at])
            furniture.draw_symbol(sheet, layer.categories[at], mine, 0, signed=False)
        return
    places, size = symbol_places(points)
    for at, category in enumerate(layer.categories):
        mine = places[layer.members == at]
        if len(mine):
            furniture.draw_symbol(sheet, category, mine, size, signed=size == _LARGE)


def symbol_places(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return where the symbols stand (centimetres; moved apart where they would hide each other) and their radius."""
    size = _LARGE if len(points) <= catalogue.load("map_text")["limits"]["signed_points"] else _SMALL
    return spread(shapely.get_coordinates(points), _APART * size), size


def spread(places: np.ndarray, apart: float, *, rounds: int = 60, most: float = 3.0) -> np.ndarray:
    """Return places moved just so far that no two are nearer than ``apart``, each by at most ``most`` × ``apart``.

    Deterministic; equal places part along a fixed fan. More than 600 places stay: there is no room to move to.
    """
    out = places.astype(float).copy()
    if not 2 <= len(out) <= 600:
        return out
    fan = np.arange(len(out)) * 2.399963  # golden angle: no two leave in the same direction
    out += 1e-4 * apart * np.column_stack([np.cos(fan), np.sin(fan)])
    for _ in range(rounds):
        points = shapely.points(out)
        near = shapely.STRtree(points).query(points, predicate="dwithin", distance=apart)
        first, second = near[:, near[0] != near[1]]
        if not len(first):
            break
        away = out[first] - out[second]
        distance = np.hypot(*away.T)
        push = away * (0.4 * (apart - distance) / distance)[:, None]
        out += np.column_stack([np.bincount(first, along, minlength=len(out)) for along in push.T])
        moved = out - places
        length = np.hypot(*moved.T)
        far = length > most * apart
        out[far] = places[far] + moved[far] / length[far, None] * most * apart
    return out


def _number_places(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each numbered defect and of its number beside it, in centimetres."""
    shown = shapes[: catalogue.load("map_text")["limits"]["numbered_defects"]]
    places = shapely.get_coordinates(shapely.point_on_surface(shown))
    return places, spread(places + np.array([0.32, 0.32]), 2.5 * _NUMBER_RADIUS)


def _draw_numbers(sheet: Sheet, layer: Layer, shapes: np.ndarray) -> None:
    """Number the largest defects beside their place, with a short leader and a ring about those too small to see."""
    size, paper = furniture.sizes()["number"], colours("paper")["page"]
    wide = np.sqrt(shapely.area(shapes))
    for number, (place, spot) in enumerate(zip(*_number_places(shapes), strict=True), start=1):
        edge = layer.categories[layer.members[number - 1]].edge
        near = place
        if wide[number - 1] < 2 * _RING:
            near = place + (spot - place) * _RING / max(float(np.hypot(*(spot - place))), _RING)
            for colour, stroke in ((paper, 2.6), (edge, 1.2)):
                sheet.symbols(symbol_path("circle"), np.array([place]), _RING, fill="", edge=colour, stroke=stroke)
        sheet.line([tuple(near), tuple(spot)], edge=edge, stroke=0.8)
        sheet.symbols(symbol_path("circle"), np.array([spot]), _NUMBER_RADIUS, fill=paper, edge=edge, stroke=0.9)
        sheet.text(spot[0], spot[1], str(number), size, colour=edge, align="center")


def wanted_labels(
    spec: MapSpec, metric: dict[str, np.ndarray], view: View, *, leave_out: frozenset[str] = frozenset()
) -> dict[str, Wanted]:
    """Return the names to place by unit code, each code once: the first layer that is labelled names it."""
    wanted: dict[str, Wanted] = {}
    for layer in spec.layers:
        if not (layer.shown and layer.labelled):
            continue
        tags = layer.tags or ("",) * len(layer.names)
        shapes = view.in_cm(metric[layer.key])
        if np.isnan(layer.ranks).any():  # the neighbours bear no name
            shapes = shapely.buffer(shapes, catalogue.load("map_text")["above"]["hang"])
        for code, name, tag, shape, rank in zip(layer.codes, layer.names, tags, shapes, layer.ranks, strict=True):
            if name and code not in leave_out and code not in wanted and not np.isnan(rank):
                wanted[code] = Wanted(name, tag, shape, float(rank))
    return wanted


def taken_boxes(spec: MapSpec, metric: dict[str, np.ndarray], view: View) -> np.ndarray:
    """Return the boxes (x0, y0, x1, y1, centimetres) of symbols and numbers, which no name may cover."""
    boxes = [np.empty((0, 4))]
    for layer in spec.layers:
        if layer.shown and layer.is_points and not layer.is_graduated:
            places, size = symbol_places(view.in_cm(metric[layer.key]))
            boxes.append(np.column_stack([places - 1.2 * size, places + 1.2 * size]))
        elif layer.shown and layer.numbered:
            places = np.vstack(_number_places(view.in_cm(metric[layer.key])))
            boxes.append(np.column_stack([places - _NUMBER_RADIUS, places + _NUMBER_RADIUS]))
    return np.vstack(boxes)


def draw_labels(sheet: Sheet, labels: tuple[Placed, ...], *, right: float = 0, up: float = 0) -> None:
    """Write names or numbers, moved by so many centimetres."""
    for label in labels:
        step = line_height(label.size)
        top = label.y + up + step * (len(label.lines) - 1) / 2
        for number, line in enumerate(label.lines):
            sheet.text(
                label.x + right, top - number * step, line, label.size, halo=1.8, bold=label.bold, align="center"
            )


def windowed(spec: MapSpec, metric: dict[str, np.ndarray], window: Bounds) -> tuple[MapSpec, dict[str, np.ndarray]]:
    """Return the map cut to a window (metres): what lies outside is left out, what crosses its edge is cut."""
    layers, cut = [], {}
    for layer in spec.layers:
        if not layer.shown:
            continue
        pieces = _cut(metric[layer.key], window)
        kept = [at for at, piece in enumerate(pieces) if piece is not None]
        cut[layer.key] = pieces[kept]
        layers.append(replace(
            layer, shapes=layer.shapes[kept], members=layer.members[kept],
            names=tuple(layer.names[at] for at in kept), codes=tuple(layer.codes[at] for at in kept),
            tags=tuple(layer.tags[at] for at in kept) if layer.tags else (),
            ranks=layer.ranks[kept] if len(layer.ranks) else layer.ranks,
        ))  # fmt: skip
    return replace(spec, layers=tuple(layers), outline=None), cut


def _cut(shapes: np.ndarray, window: Bounds) -> np.ndarray:
    pieces = shapely.intersection(shapes, shapely.box(*window))
    out = np.full(len(pieces), None, dtype=object)
    for at, (shape, piece) in enumerate(zip(shapes, pieces, strict=True)):
        is_polygon = shapely.get_dimensions(shape) == 2
        out[at] = polygon(piece) if is_polygon else (None if piece.is_empty else piece)
    return out
