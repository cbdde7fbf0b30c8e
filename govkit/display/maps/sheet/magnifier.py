"""A magnified inset for the crowded part of a map: the small streets of a town amid its wide rural ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from govkit import catalogue
from govkit.display.maps.sheet.shapes import total_bounds
from govkit.display.maps.sheet.spec import MapSpec
from govkit.display.maps.sheet.view import Bounds, View, drawn_outline, fit


@dataclass(frozen=True)
class Magnifier:
    """A window in metres, the view that shows it enlarged (at 0, 0), and the codes of the units it names."""

    window: Bounds
    view: View
    codes: frozenset[str]


def plan_magnifier(
    spec: MapSpec, metric: dict[str, np.ndarray], unnamed: frozenset[str], bounds: Bounds, scale: float
) -> Magnifier | None:
    """Return a magnifier for the units that found no room for their name, None where it would help little.

    It helps if at least four lie close together, in a window under 45 % of the map's longer side, 1.5 times enlarged.
    """
    rule = catalogue.load("map_text")["magnifier"]
    shapes = {
        code: shape
        for layer in spec.layers
        if layer.shown and layer.labelled
        for code, shape in zip(layer.codes, metric[layer.key], strict=True)
    }
    crowd = crowd_of([code for code in shapes if code in unnamed], shapes)
    if len(crowd) < rule["least_units"]:
        return None
    window = widened(total_bounds([shapes[code] for code in crowd]))
    longer = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    if max(window[2] - window[0], window[3] - window[1]) > rule["most_share"] * longer:
        return None
    view = fit(window, 0, 0, rule["width"], rule["height"], pad=0)
    view = View(view.west, view.south, view.scale, 0, 0, 0, 0, (window[2] - window[0]) * view.scale, view.height)
    if view.scale < rule["least_enlargement"] * scale:
        return None
    inside = shapely.box(*window)
    codes = frozenset(code for code, shape in shapes.items() if shapely.point_on_surface(shape).within(inside))
    return Magnifier(window, view, codes)


def crowd_of(codes: list[str], shapes: dict[str, shapely.Geometry]) -> list[str]:
    """Return codes without the units that lie far from the others, such as a narrow village at the other end."""
    if not codes:
        return []
    middles = shapely.get_coordinates(
        shapely.point_on_surface(np.array([shapes[code] for code in codes], dtype=object))
    )
    distance = np.hypot(*(middles - np.median(middles, axis=0)).T)
    return [code for code, far in zip(codes, distance > 2.5 * np.median(distance) + 1, strict=True) if not far]


def widened(window: Bounds) -> Bounds:
    """Return a window with a little room around it."""
    west, south, east, north = window
    pad = 0.04 * max(east - west, north - south)
    return west - pad, south - pad, east + pad, north + pad


def land_in_cm(spec: MapSpec, metric: dict[str, np.ndarray], view: View) -> np.ndarray:
    """Return everything on the map in centimetres: what an inset must not cover."""
    shapes = [view.in_cm(drawn) for drawn in metric.values() if len(drawn)]
    outline = drawn_outline(spec, metric)
    if outline is not None:
        shapes.append(view.in_cm(np.array([outline], dtype=object)))
    return np.concatenate(shapes)
