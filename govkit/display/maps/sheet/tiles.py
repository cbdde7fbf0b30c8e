"""Where units are too small to read even enlarged: a square each, all alike, about where the unit lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from govkit import catalogue
from govkit.display.maps.sheet.layout import Layout
from govkit.display.maps.sheet.shapes import from_metric
from govkit.display.maps.sheet.spec import MapSpec

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
