"""Whether a declared datum can be true: points against the polygons of their units, polygons against outlines.

GCJ-02 lies some 500 m off, BD-09 some 1.2 km, always in one direction at a place; the datum under which things fit
far better than under the declared one is named, never applied.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import shapely

from govkit import catalogue
from govkit.intake.places import datum
from govkit.intake.places.datum import Floats, Pair
from govkit.intake.places.place import shift
from govkit.intake.reading.assemble import Reading
from govkit.intake.units.code_systems import is_abroad
from govkit.rounding import fixed, percent

_DATUMS = ("CGCS2000", "GCJ-02", "BD-09")
_METRES_A_DEGREE = 111_320.0
_SAMPLE = 4000
# degrees by which neighbours are drawn together, so that a seam between them is not outside
_SEAM = 1e-5


def likely_datum_of_points(reading: Reading, units: gpd.GeoDataFrame, *, drawn: str) -> Reading:
    """Note what would put far more points into the polygon of their unit than what is declared does.

    It may be another datum of the points, another datum of the polygons (source ``drawn``, such as "grids"), or
    degrees, minutes and seconds written as a decimal number.
    """
    if is_abroad(reading.source.country):
        return reading
    polygons = units.set_index("unit_code")["geometry"].dropna()
    frame, declared = reading.frame, str(reading.facts.get("datum", "CGCS2000"))
    near = frame["geometry"].notna() & frame["unit_code"].isin(polygons.index) & ~reading.aside
    if not near.any():
        return reading
    shapes = polygons.reindex(frame.loc[near, "unit_code"]).to_numpy()
    lon, lat = frame.loc[near, "longitude"].to_numpy(float), frame.loc[near, "latitude"].to_numpy(float)
    outside = {
        key: int((~shapely.contains_xy(shapes, *pair)).sum()) for key, pair in _readings(lon, lat, declared).items()
    }
    spec = catalogue.load("points")["datum_check"]
    key = _clearly_better(outside, ("points", declared if declared in _DATUMS else "CGCS2000"), len(shapes), spec)
    if key is None:
        return reading
    kind, likely = key
    before = outside["points", declared if declared in _DATUMS else "CGCS2000"]
    words = {"before": percent(1 - before / len(shapes)), "after": percent(1 - outside[key] / len(shapes))}
    if kind == "minutes":
        return reading.noted("degrees_and_minutes", **words)
    if kind == "polygons":
        return reading.noted("likely_datum_of_shapes", likely=likely, other=drawn, value=likely, **words)
    return reading.noted("likely_datum", declared=declared, likely=likely, value=declared, **words)


def likely_datum_in_zone(reading: Reading, units: gpd.GeoDataFrame) -> Reading:
    """Note what would put far more points without a stated unit into the zone than what is declared does.

    Only points near the zone's edge tell: they are few, but hardly any is outside under the right datum.
    """
    declared = str(reading.facts.get("datum", "CGCS2000"))
    if is_abroad(reading.source.country) or "longitude" not in reading.frame or "geometry" not in units:
        return reading
    shapes = units["geometry"].dropna()
    at = reading.frame["longitude"].notna() & reading.frame["latitude"].notna() & ~reading.aside
    lon, lat = (reading.frame.loc[at, name].to_numpy(float) for name in ("longitude", "latitude"))
    if shapes.empty or not len(lon):
        return reading
    whole = shapely.union_all(shapely.buffer(shapes.to_numpy(), _SEAM))
    shapely.prepare(whole)
    outside = {
        key: int((~shapely.contains_xy(whole, *pair)).sum())
        for key, pair in _readings(lon, lat, declared).items()
        if key[0] != "minutes"
    }
    spec = catalogue.load("points")["datum_in_zone"]
    key = _clearly_better(outside, ("points", declared if declared in _DATUMS else "CGCS2000"), len(lon), spec)
    if key is None:
        return reading
    before = outside["points", declared if declared in _DATUMS else "CGCS2000"]
    words = {"before": f"{before:,}", "after": f"{outside[key]:,}", "likely": key[1], "value": declared}
    rule = "likely_datum_in_zone" if key[0] == "points" else "likely_datum_of_zone"
    return reading.noted(rule, declared=declared, **words)


def _readings(lon: Floats, lat: Floats, declared: str) -> dict[tuple[str, str], Pair]:
    """Return where CGCS2000 points would lie, relative to the polygons, under every other reading of the files."""
    raw = datum.from_cgcs2000(lon, lat, declared)
    found = {("points", name): datum.to_cgcs2000(*raw, name) for name in _DATUMS}
    # were the polygons shifted, the points would lie in them after the same shift
    found |= {("polygons", name): datum.from_cgcs2000(lon, lat, name) for name in _DATUMS[1:]}
    minutes = _from_minutes(raw[0]), _from_minutes(raw[1])
    if not (np.isnan(minutes[0]).any() or np.isnan(minutes[1]).any()):
        found["minutes", ""] = datum.to_cgcs2000(*minutes, declared)
    return found


def _from_minutes(values: Floats) -> Floats:
    """Return 126.3215 as 126°32′15″ in degrees; NaN where minutes or seconds would be 60 or more."""
    whole = np.floor(values + 1e-9)
    minutes = np.floor((values - whole) * 100 + 1e-7)
    seconds = ((values - whole) * 100 - minutes) * 100
    made = whole + minutes / 60 + seconds / 3600
    return np.where((minutes < 60) & (seconds < 60), made, np.nan)


def _clearly_better(
    outside: Mapping[tuple[str, str], int], declared: tuple[str, str], size: int, spec: Mapping[str, float]
) -> tuple | None:
    """Return the reading that leaves far fewer points outside than the declared one, None if none does."""
    before = outside[declared]
    best = min(outside, key=lambda key: outside[key])
    enough = before >= max(spec["fewest_points"], spec["share_outside"] * size)
    return best if enough and outside[best] * spec["times_better"] <= before else None


def likely_datum_of_grids(grids: Reading, units: Reading) -> Reading:
    """Note a datum under which the grids' outer border lies far nearer to the borders of units that have their own."""
    if is_abroad(grids.source.country):
        return grids
    if "geometry" not in units.frame or "geometry" not in grids.frame:
        return grids
    outlines = units.frame.loc[~units.aside & units.frame["geometry"].notna()].set_index("unit_code")["geometry"]
    mine = grids.frame.loc[~grids.aside & grids.frame["unit_code"].isin(outlines.index)]
    if mine.empty:
        return grids
    shapes = mine["geometry"].groupby(mine["unit_code"]).agg(lambda one: shapely.union_all(one.to_numpy()))
    found = likely_datum_of_shapes(
        shapes.to_numpy(), outlines.reindex(shapes.index).to_numpy(), str(grids.facts.get("datum", "CGCS2000"))
    )
    if found is None:
        return grids
    likely, before, after = found
    words = {"metres": fixed(before), "after": fixed(after), "reference": "单元边界"}
    return grids.noted("shapes_off", likely=likely, value=likely, **words)


def likely_datum_of_shapes(shapes: np.ndarray, outlines: np.ndarray, declared: str) -> tuple[str, float, float] | None:
    """Return the datum polygons are likelier in than ``declared``, and their offset in metres before and after.

    ``shapes`` and ``outlines`` belong together one by one, both as read into CGCS2000. The offset is the median
    distance of the shapes' corners from the outlines' borders. None if the declared datum does as well.
    """
    spec = catalogue.load("points")["datum_check"]
    declared = declared if declared in _DATUMS else "CGCS2000"
    raw = shapes if declared == "CGCS2000" else _shifted_back(shapes, declared)
    metres = {name: offset_m(raw if name == "CGCS2000" else shift(raw, name), outlines) for name in _DATUMS}
    best = min(metres, key=lambda name: metres[name])
    if metres[declared] < spec["least_offset_m"] or metres[best] * spec["offset_times_better"] > metres[declared]:
        return None
    return best, metres[declared], metres[best]


def _shifted_back(shapes: np.ndarray, name: str) -> np.ndarray:
    def moved(points: np.ndarray) -> np.ndarray:
        return np.column_stack(datum.from_cgcs2000(points[:, 0], points[:, 1], name))

    return shapely.transform(shapes, moved)


def offset_m(shapes: np.ndarray, outlines: np.ndarray) -> float:
    """Return the median distance in metres of the shapes' corners from the borders of their outlines, in degrees."""
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    step = max(1, len(corners) // _SAMPLE)
    corners, owner = corners[::step], owner[::step]
    scale = np.array([np.cos(np.radians(corners[:, 1].mean())), 1.0]) * _METRES_A_DEGREE
    borders = shapely.transform(shapely.boundary(outlines), lambda points: points * scale)
    return float(np.median(shapely.distance(shapely.points(corners * scale), borders[owner])))
