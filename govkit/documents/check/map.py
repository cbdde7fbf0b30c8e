"""Where findings are: a plain line map as numbers for an inline SVG, with one sign for findings that meet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.geometry.coverage import present
from govkit.zone.zone import Zone

_DEGREES = "EPSG:4490"
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Marker:
    """A sign on the map: its centre, the gravest severity and all finding numbers it stands for."""

    x: float
    y: float
    severity: str
    numbers: tuple[int, ...]

    @property
    def label(self) -> str:
        """What the sign says: its first number and how many more there are."""
        return str(self.numbers[0]) + (f"+{len(self.numbers) - 1}" if len(self.numbers) > 1 else "")

    @property
    def width(self) -> float:
        """How wide the sign has to be for its label."""
        return 10.0 + 8.5 * len(self.label)


@dataclass(frozen=True)
class Drawing:
    """A map in its own units, y downwards.

    ``thin``, ``thick``: SVG path data of the smallest units and of the districts. ``names``: (x, y, name). ``outside``:
    numbers of findings too far off to be drawn. ``bar``: length of the scale bar in units, and what it says.
    """

    width: float
    height: float
    thin: str
    thick: str
    names: tuple[tuple[float, float, str], ...]
    markers: tuple[Marker, ...]
    outside: tuple[int, ...]
    bar: tuple[float, str]

    @property
    def shared(self) -> list[Marker]:
        """Signs that stand for more than one finding."""
        return [marker for marker in self.markers if len(marker.numbers) > 1]


@dataclass(frozen=True)
class Frame:
    """The sheet a map is drawn on: where metres east and north come to lie, in units from its upper left corner."""

    west: float
    north: float
    metres: float
    width: float
    height: float

    @classmethod
    def around(cls, box: Box) -> Frame:
        """Return the frame that holds a box of metres (west, south, east, north) with some margin."""
        spec = catalogue.load("check")["map"]
        wide, tall = max(box[2] - box[0], 1.0), max(box[3] - box[1], 1.0)
        inner = spec["width"] - 2 * spec["padding"]
        metres = max(wide / inner, tall / (spec["tallest"] - 2 * spec["padding"]))
        height = max(float(spec["shortest"]), tall / metres + 2 * spec["padding"])
        west = (box[0] + box[2]) / 2 - metres * spec["width"] / 2
        return cls(west, (box[1] + box[3]) / 2 + metres * height / 2, metres, float(spec["width"]), round(height, 1))

    def units(self, points: np.ndarray) -> np.ndarray:
        """Return points (n × 2, metres) in units."""
        return np.column_stack([points[:, 0] - self.west, self.north - points[:, 1]]) / self.metres

    def path(self, shapes: gpd.GeoSeries) -> str:
        """Return the outlines of polygons as SVG path data, simplified to what can be seen."""
        drawn = shapely.transform(shapes.to_numpy(), self.units)
        detail = catalogue.load("check")["map"]["detail"]
        drawn = shapely.simplify(drawn, detail, preserve_topology=True)
        return "".join(_path(ring) for ring in shapely.get_rings(shapely.get_parts(drawn)))

    def bar(self) -> tuple[float, str]:
        """Return the length of a scale bar of about a sixth of the width, and what it says."""
        room = self.metres * self.width / 6
        power = 10 ** math.floor(math.log10(room))
        metres = next(step * power for step in (5, 2, 1) if step * power <= room)
        words = catalogue.load("check")["words"]
        text = (
            words["kilometres"].format(length=metres / 1000)
            if metres >= 1000
            else words["metres"].format(length=metres)
        )
        return round(metres / self.metres, 1), text


def draw(zone: Zone, rows: pd.DataFrame) -> Drawing | None:
    """Draw listed findings that have a place (``longitude``, ``latitude`` in EPSG:4490); None if none has.

    The ground is the zone's units, else its grids; without either the points stand alone.
    """
    placed = rows[rows["longitude"].notna() & rows["latitude"].notna()]
    if placed.empty:
        return None
    spots = gpd.GeoSeries.from_xy(placed["longitude"], placed["latitude"], crs=_DEGREES).to_crs(zone.metric_crs)
    points = np.column_stack([spots.x, spots.y])
    thin, thick = _ground(zone)
    near = _near(points, thin)
    frame = Frame.around(_box(thin, points[near]))
    return Drawing(
        width=frame.width,
        height=frame.height,
        thin=frame.path(thin),
        thick=frame.path(thick.geometry),
        names=tuple(_names(frame, thick)),
        markers=tuple(_markers(frame.units(points[near]), placed[near])),
        outside=tuple(int(number) for number in placed["number"].to_numpy()[~near]),
        bar=frame.bar(),
    )


def _ground(zone: Zone) -> tuple[gpd.GeoSeries, gpd.GeoDataFrame]:
    """Return the shapes of the smallest units, and the districts (``name``, ``geometry``), both in metres."""
    units, grids = (_shapes(zone, name) for name in ("units", "grids"))
    if units is not None:
        smallest = units[~units["unit_code"].isin(set(units["parent"].dropna()))]
        districts = units[units["level"] == zone.settings.district_level]
        return smallest.geometry, districts[["name", "geometry"]]
    nothing = gpd.GeoDataFrame({"name": []}, geometry=gpd.GeoSeries([], crs=zone.metric_crs))
    return (nothing if grids is None else grids).geometry, nothing


def _shapes(zone: Zone, name: str) -> gpd.GeoDataFrame | None:
    table = zone.tables.get(name)
    if table is None or "geometry" not in table:
        return None
    shapes = table[present(table["geometry"])]
    return shapes.to_crs(zone.metric_crs) if len(shapes) else None


def _near(points: np.ndarray, ground: gpd.GeoSeries) -> np.ndarray:
    """Mark the points on the ground or not far off; without ground, all that have a place in metres."""
    near = np.isfinite(points).all(axis=1)
    if not len(ground):
        return near
    west, south, east, north = ground.total_bounds
    reach = catalogue.load("check")["map"]["beyond"] * max(east - west, north - south)
    x, y = points[:, 0], points[:, 1]
    return near & (x >= west - reach) & (x <= east + reach) & (y >= south - reach) & (y <= north + reach)


def _box(ground: gpd.GeoSeries, points: np.ndarray) -> Box:
    """Return the box of ground and points; a single point gets two kilometres around it."""
    corners = [points.min(axis=0), points.max(axis=0)] if len(points) else []
    if len(ground):
        bounds = ground.total_bounds
        corners += [bounds[:2], bounds[2:]]
    elif len(points):
        corners += [points.min(axis=0) - 1000.0, points.max(axis=0) + 1000.0]
    box = np.array(corners) if corners else np.zeros((2, 2))
    (west, south), (east, north) = box.min(axis=0), box.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _path(ring: shapely.LinearRing) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1])
    return f"M{points}Z"


def _names(frame: Frame, districts: gpd.GeoDataFrame) -> Iterator[tuple[float, float, str]]:
    """Yield the names of districts, large ones first, leaving out those that would lie on another."""
    taken: list[Box] = []
    for at in np.argsort(-districts.geometry.area.to_numpy(), kind="stable"):
        inside = districts.geometry.iloc[at].representative_point()
        x, y = frame.units(np.array([[inside.x, inside.y]]))[0]
        name = str(districts["name"].iloc[at])
        box = (x - 8 * len(name), y - 9, x + 8 * len(name), y + 9)
        if all(box[2] < b[0] or b[2] < box[0] or box[3] < b[1] or b[3] < box[1] for b in taken):
            taken.append(box)
            yield round(float(x), 1), round(float(y), 1), name


def _markers(points: np.ndarray, rows: pd.DataFrame) -> list[Marker]:
    """Return signs, gravest last so that they lie on top; a finding too near a no less grave one shares its sign."""
    spec = catalogue.load("check")["map"]
    near = np.array([spec["near_x"], spec["near_y"]], dtype=float)
    grave = {key: place for place, key in enumerate(catalogue.load("check")["severity"])}
    numbers, severities = rows["number"].tolist(), rows["severity"].tolist()
    order = np.lexsort([rows["number"], rows["severity"].map(grave)])
    signs: dict[tuple[int, int], tuple[int, list[int]]] = {}
    for at in order.tolist():
        column, row = (int(part) for part in points[at] // near)
        cell = (column, row)
        shared = next(
            (mine for head, mine in _around(signs, cell) if (abs(points[head] - points[at]) < near).all()), None
        )
        if shared is None:
            signs[cell] = (at, [numbers[at]])
        else:
            shared.append(numbers[at])
    made = [
        Marker(round(float(points[at][0]), 1), round(float(points[at][1]), 1), severities[at], tuple(sorted(mine)))
        for at, mine in signs.values()
    ]
    return made[::-1]


def _around(
    signs: dict[tuple[int, int], tuple[int, list[int]]], cell: tuple[int, ...]
) -> Iterator[tuple[int, list[int]]]:
    """Yield the signs in a cell and its eight neighbours; no cell holds two."""
    for column in (0, -1, 1):
        for row in (0, -1, 1):
            if (cell[0] + column, cell[1] + row) in signs:
                yield signs[cell[0] + column, cell[1] + row]
