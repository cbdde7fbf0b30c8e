"""Where metres fall on paper: the window of a map, its scale, and the length of its scale bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from matplotlib.transforms import Affine2D
from shapely.geometry.base import BaseGeometry

from govkit.display.maps.sheet.shapes import metres_a_unit, to_metric, total_bounds
from govkit.display.maps.sheet.spec import MapSpec
from govkit.errors import ReportError

PAD = 0.25  # centimetres between the mapped area and its window's edge
_FRAMED_BY_OUTLINE = 0.4  # the least share of an outline's extent that is filled with what is mapped
_LEAST = 200.0  # metres: a single point still gets a map of this extent

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """A window of ``width`` × ``height`` centimetres with its lower left corner at ``x``, ``y`` on the sheet.

    The metric point ``west``, ``south`` lies at ``left``, ``low`` (centimetres);
    ``scale``: centimetres a unit of the CRS.
    """

    west: float
    south: float
    scale: float
    left: float
    low: float
    x: float
    y: float
    width: float
    height: float

    @property
    def affine(self) -> Affine2D:
        """The transform from metres to centimetres."""
        return Affine2D().translate(-self.west, -self.south).scale(self.scale).translate(self.left, self.low)

    @property
    def box(self) -> Bounds:
        """The window's edges on the sheet, in centimetres."""
        return self.x, self.y, self.x + self.width, self.y + self.height

    def in_cm(self, shapes: np.ndarray) -> np.ndarray:
        """Return shapes in metres as shapes in centimetres on the sheet."""
        return shapely.transform(shapes, self.affine.transform)

    def moved(self, right: float, up: float) -> View:
        """Return the window with all it shows, moved on the sheet."""
        return replace(self, left=self.left + right, low=self.low + up, x=self.x + right, y=self.y + up)


def fit(bounds: Bounds, x: float, y: float, width: float, most_height: float, *, pad: float = PAD) -> View:
    """Return the largest window that shows ``bounds`` in full width at ``x``, ``y``, no higher than ``most_height``."""
    west, south, east, north = bounds
    scale = min((width - 2 * pad) / (east - west), (most_height - 2 * pad) / (north - south))
    height = (north - south) * scale + 2 * pad
    return View(west, south, scale, x + (width - (east - west) * scale) / 2, y + pad, x, y, width, height)


def map_bounds(spec: MapSpec, metric: dict[str, np.ndarray]) -> Bounds:
    """Return the extent in metres of what is shown, never less than 200 m either way.

    Raises ReportError if nothing is.
    """
    shapes = [shape for drawn in metric.values() for shape in drawn]
    outline = drawn_outline(spec, metric)
    shapes += [outline] if outline is not None else []
    if not shapes:
        raise ReportError(f"地图「{spec.title}」没有可画的图形。", todo="检查边界、网格与设施表是否为空。")
    west, south, east, north = total_bounds(shapes)
    west, east = _at_least(west, east)
    south, north = _at_least(south, north)
    return west, south, east, north


def drawn_outline(spec: MapSpec, metric: dict[str, np.ndarray]) -> BaseGeometry | None:
    """Return the outline in metres; None without one, or where polygons that fill little of it frame the map instead.

    A street's communities may lie in one corner of its land: the locator says where, the map shows them.
    """
    if spec.outline is None or spec.tiled:
        return None
    outline: BaseGeometry = to_metric(np.array([spec.outline], dtype=object), spec.notes.metric_crs)[0]
    polygons = [shape for drawn in metric.values() for shape in drawn if shape.area]
    if not polygons:
        return outline
    (west, south, east, north), (left, low, right, top) = total_bounds(polygons), outline.bounds
    filled = (east - west) * (north - south) / max((right - left) * (top - low), 1e-9)
    return outline if filled >= _FRAMED_BY_OUTLINE else None


def _at_least(low: float, high: float) -> tuple[float, float]:
    return (low, high) if high - low >= _LEAST else ((low + high - _LEAST) / 2, (low + high + _LEAST) / 2)


def scale_bar(bounds: Bounds, scale: float, metric_crs: str, *, longest: float) -> tuple[float, float]:
    """Return the length in centimetres, at most ``longest``, of a bar for a round number of metres, and that number.

    Metres are measured on the ellipsoid at the map's middle, so the bar is right in any projection.
    """
    west, south, east, north = bounds
    metres_a_cm = metres_a_unit((west + east) / 2, (south + north) / 2, metric_crs) / scale
    power = 10.0 ** np.floor(np.log10(longest * metres_a_cm))
    metres = float(max(step * power for step in (1, 2, 4) if step * power <= longest * metres_a_cm))
    return metres / metres_a_cm, metres


def free_corner(
    shapes: Sequence[Any] | np.ndarray, window: Bounds, width: float, height: float, *, gap: float = 0.12
) -> tuple[float, float] | None:
    """Return the lower left corner of a ``width`` × ``height`` box in a corner of ``window`` that touches no shape.

    Upper corners first; None if every corner is taken. All in centimetres.
    """
    west, south, east, north = window
    for y in (north - height - gap, south + gap):
        for x in (west + gap, east - width - gap):
            if not shapely.intersects(shapes, shapely.box(x - gap, y - gap, x + width + gap, y + height + gap)).any():
                return x, y
    return None
