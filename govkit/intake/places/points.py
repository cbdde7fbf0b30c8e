"""Points of facilities: from two columns to geometry, and whether they can be where they say."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from govkit import catalogue
from govkit.geometry.points_in_grids import grids_of_points
from govkit.intake.places import datum
from govkit.intake.places.place import CGCS2000, projected_columns, to_cgcs2000, where_it_may_lie
from govkit.intake.places.projected import easting_first
from govkit.intake.reading.assemble import Reading
from govkit.intake.units.code_systems import is_abroad
from govkit.rounding import fixed

# coordinates beyond this are no degrees
_MOST_DEGREES = 360
_MOSTLY = 0.5
# between the point of a layer and what its columns say, datums apart
_MOST_APART = 0.02
_BOTH = ("longitude", "latitude")
_NOWHERE = "，在本分区范围之外"


def with_points(reading: Reading, *, code: str = "") -> Reading:
    """Return a point table's reading with ``geometry`` in EPSG:4490, ``longitude`` and ``latitude`` likewise.

    Coordinates in columns are turned from the declared datum or ``crs``; metres in no declared one are set aside with
    the systems they may be in, near the zone ``code``. Rows with swapped or impossible coordinates are
    set aside; rows without any keep an empty geometry.
    """
    bare = "geometry" in reading.frame and reading.frame["geometry"].isna().all()
    if "geometry" in reading.frame and not (bare and set(_BOTH) <= set(reading.text)):
        reading = _only_points(reading)
        points = reading.frame["geometry"]
        given = reading.frame.assign(longitude=points.x, latitude=points.y)
        off = (given[list(_BOTH)] - reading.frame.reindex(columns=_BOTH)).abs().max(axis=1)
        elsewhere = _written(reading) & ~(off < _MOST_APART) & ~reading.aside
        reading = reading.flagged("point_and_columns", elsewhere, column="longitude")
        return replace(reading, frame=gpd.GeoDataFrame(given, geometry="geometry", crs=CGCS2000))
    reading, name = _datum(reading)
    reading = _checked(_in_degrees(reading, code))
    frame = reading.frame
    usable = frame["longitude"].notna() & frame["latitude"].notna() & ~reading.aside
    lon, lat = datum.to_cgcs2000(frame["longitude"].where(usable), frame["latitude"].where(usable), name)
    shapes = np.full(len(frame), None, dtype=object)
    shapes[usable.to_numpy()] = shapely.points(lon[usable.to_numpy()], lat[usable.to_numpy()])
    placed = gpd.GeoDataFrame(
        frame.assign(longitude=lon, latitude=lat), geometry=gpd.GeoSeries(shapes, crs=CGCS2000), crs=CGCS2000
    )
    return replace(reading, frame=placed, facts={**reading.facts, "datum": name})


def _written(reading: Reading) -> pd.Series:
    """Return which rows have both coordinates in columns, in degrees."""
    return (reading.frame.reindex(columns=_BOTH).astype("float64").abs() <= _MOST_DEGREES).all(axis=1)


def _in_degrees(reading: Reading, code: str) -> Reading:
    """Return a reading whose columns of metres are turned into degrees by ``crs``, or set aside without it."""
    lon, lat = reading.frame["longitude"], reading.frame["latitude"]
    metres = (lon.abs() > _MOST_DEGREES) & (lat.abs() > _MOST_DEGREES)
    if not metres.any():
        return reading
    china = not is_abroad(reading.source.country)
    if china and not reading.source.crs and (times := _times_degrees(lon[metres], lat[metres], code)):
        frame = reading.frame.assign(longitude=lon.mask(metres, lon / times), latitude=lat.mask(metres, lat / times))
        return replace(reading, frame=frame).noted("scaled_degrees", times=f"{times:,}", value=f"× {times:,}")
    if reading.source.crs:
        # a surveyor's X is the northing: the larger of the two after the zone number is off
        given = gpd.GeoSeries(gpd.points_from_xy(*easting_first(lon, lat)), index=lon.index)
        placed, notes, _ = to_cgcs2000(given, replace(reading.source, datum=""), code=code)
        frame = reading.frame.assign(longitude=placed.x.where(metres, lon), latitude=placed.y.where(metres, lat))
        return replace(reading, frame=frame, findings=(*reading.findings, *notes))
    near = projected_columns(lon, lat, code)
    if not near:
        return _mercator(reading, metres)
    words = {"likely": f"，可能是：{'、'.join(map(str, near[:3]))}", "example": f"EPSG:{near[0].epsg}"}
    shown = (lon.astype("str") + ", " + lat.astype("str")).to_numpy()
    value = list(shown[metres.to_numpy()])
    return reading.flagged("projected_coordinates", metres, column="longitude", words=words, value=value)


def _datum(reading: Reading) -> tuple[Reading, str]:
    """Return the datum of a table's coordinates: as declared, else as its heads say, else CGCS2000."""
    declared, named = reading.source.datum, str(reading.facts.get("head_datum") or "")
    if named and declared and named != declared and {named, declared} != {"CGCS2000", "WGS84"}:
        return reading.noted("datum_and_head", value=named, declared=declared), declared
    if named and not declared:
        return reading.noted("datum_of_head", value=named), named
    return reading, declared or "CGCS2000"


def _times_degrees(lon: pd.Series, lat: pd.Series, code: str) -> int:
    """Return by how much degrees were multiplied to make these whole numbers, 0 if they are something else.

    Of several answers, and of degrees and metres of a web map, the one nearest the province's seat counts.
    """
    spec, seats = catalogue.load("points"), catalogue.load("gauss_krueger")["provinces"]
    seat = seats[code[:2]]["seat"] if code[:2] in seats else None
    x, y = float(lon.median()), float(lat.median())
    fits = [one for one in spec["scaled"]["factors"] if _in_china(x / one, y / one)]
    if not fits:
        return 0
    if seat is None:
        return int(fits[0])
    off = {one: max(abs(x / one - seat[0]), abs(y / one - seat[1])) for one in fits}
    best = min(off, key=lambda one: off[one])
    if _is_mercator(x, y):
        there = pyproj.Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True).transform(x, y)
        if max(abs(there[0] - seat[0]), abs(there[1] - seat[1])) < off[best]:
            return 0
    return int(best)


def _in_china(x: float, y: float) -> bool:
    spec = catalogue.load("points")
    return spec["longitude"][0] <= x <= spec["longitude"][1] and spec["latitude"][0] <= y <= spec["latitude"][1]


def _is_mercator(x: float, y: float) -> bool:
    limits = catalogue.load("points")["mercator"]
    return limits["x"][0] <= x <= limits["x"][1] and limits["y"][0] <= y <= limits["y"][1]


def _mercator(reading: Reading, metres: pd.Series) -> Reading:
    """Set aside coordinates in metres of a web map, and name the map they are likely of."""
    lon, lat = reading.frame["longitude"], reading.frame["latitude"]
    shown = list((lon.astype("str") + ", " + lat.astype("str")).to_numpy()[metres.to_numpy()])
    if not _is_mercator(float(lon[metres].median()), float(lat[metres].median())):
        words = {"likely": "，看不出是哪一种投影，可能是本地的独立坐标系", "example": "EPSG:4549"}
        if metres.mean() < _MOSTLY:
            # single slips are told one by one
            return reading
        return reading.flagged("projected_coordinates", metres, column="longitude", words=words, value=shown)
    named = {reading.source.datum, str(reading.facts.get("head_datum") or "")}
    baidu = "BD-09" in named
    spec = catalogue.load("points")["mercator"]
    words = {"system": spec["baidu" if baidu else "web"], "advice": spec["advice_baidu" if baidu else "advice_web"]}
    return reading.flagged("mercator", metres, column="longitude", words=words, value=shown)


def _only_points(reading: Reading) -> Reading:
    """Return a layer's reading with single points; whatever is none is set aside."""
    shapes = reading.frame["geometry"]
    single = (shapes.geom_type == "MultiPoint") & (shapely.get_num_geometries(shapes.to_numpy()) == 1)
    if single.any():
        shapes = gpd.GeoSeries(np.where(single, shapes.centroid, shapes), crs=shapes.crs)
    held = shapes.to_numpy()
    # an empty collection is no more a shape of another kind than nothing is
    empty = shapely.is_missing(held) | shapely.is_empty(held)
    wrong = ~empty & (shapely.get_type_id(held) != 0)
    words = {"found": "点以外的图形", "wanted": "点"}
    reading = reading.flagged("wrong_geometry_type", wrong, words=words)
    return replace(reading, frame=reading.frame.assign(geometry=shapes.mask(wrong | empty)))


def _checked(reading: Reading) -> Reading:
    east, north = where_it_may_lie(reading.source)
    lon, lat = reading.frame["longitude"], reading.frame["latitude"]
    ok = lon.between(*east) & lat.between(*north)
    swapped = lat.between(*east) & lon.between(*north)
    both = lon.notna() & lat.notna() & ~reading.aside
    shown = (lon.astype("str") + ", " + lat.astype("str")).to_numpy()
    for rule, at in (("swapped_coordinates", both & ~ok & swapped), ("point_outside_china", both & ~ok & ~swapped)):
        reading = reading.flagged(rule, at, column="longitude", value=list(shown[at.to_numpy()]))
    for missing, there in (("longitude", lat), ("latitude", lon)):
        half = there.notna() & reading.frame[missing].isna() & ~reading.aside
        reading = reading.flagged("half_a_coordinate", half, column=missing)
    return reading


def against_units(reading: Reading, units: gpd.GeoDataFrame, metric_crs: str) -> Reading:
    """Flag points that lie outside the polygon of their unit, saying where they lie instead.

    A little outside is a warning, far off sets the row aside.
    """
    spec = catalogue.load("points")
    polygons = units.set_index("unit_code")["geometry"].dropna()
    frame = reading.frame
    near = frame["geometry"].notna() & frame["unit_code"].isin(polygons.index) & ~reading.aside
    if not near.any():
        return reading
    points = frame.loc[near, "geometry"].to_crs(metric_crs)
    shapes = polygons.to_crs(metric_crs).reindex(frame.loc[near, "unit_code"])
    metres = pd.Series(0.0, index=frame.index)
    metres[near] = points.distance(gpd.GeoSeries(shapes.to_numpy(), index=points.index, crs=metric_crs))
    far, outside = metres > spec["far_from_unit_m"], metres > spec["outside_unit_m"]
    place = _where_else(frame.loc[outside], units)
    elsewhere = place.reindex(frame.index)
    for rule, at, size, digits in (
        ("point_far_from_unit", far, 1000, 1),
        ("point_outside_zone", outside & ~far & (elsewhere == _NOWHERE), 1, 0),
        ("point_in_other_unit", outside & ~far & ~elsewhere.isin([_NOWHERE, ""]), 1, 0),
        ("point_outside_unit", outside & ~far & (elsewhere == ""), 1, 0),
    ):
        distance = [fixed(one, digits) for one in metres[at] / size]
        words = {"unit": list(_names(frame.loc[at], units)), "distance": distance, "place": list(elsewhere[at])}
        reading = reading.flagged(rule, at, column="longitude", value=_shown(frame.loc[at]), words=words)
    return reading


def _names(rows: pd.DataFrame, units: gpd.GeoDataFrame) -> pd.Series:
    return rows["unit_code"].map(units.set_index("unit_code")["name"])


def _shown(rows: pd.DataFrame) -> list[str]:
    return list(rows["longitude"].round(6).astype("str") + ", " + rows["latitude"].round(6).astype("str"))


def _where_else(rows: pd.DataFrame, units: gpd.GeoDataFrame) -> pd.Series:
    """Say for every point in which other unit of its own unit's level it lies; on a border the smaller code's.

    ``_NOWHERE`` for points in no unit of the zone, "" for those in a unit above only.
    """
    drawn = units.loc[units["geometry"].notna(), ["unit_code", "name", "level", "geometry"]]
    name = drawn.set_index("unit_code")["name"]
    level = rows["unit_code"].map(units.set_index("unit_code")["level"])
    within = grids_of_points(rows["geometry"], drawn, code="unit_code")["grid_code"].notna()
    found = pd.Series(_NOWHERE, index=rows.index, dtype="str").mask(within, "")
    for one, kin in rows["geometry"].groupby(level):
        place = grids_of_points(kin, drawn.loc[drawn["level"] == one], code="unit_code")["grid_code"].dropna()
        found.loc[place.index] = "，落在“" + place.map(name) + "”内"
    return found


def same_points(reading: Reading) -> Reading:
    """Flag facilities of one kind at exactly the place of an earlier one."""
    frame = reading.frame
    usable = frame["geometry"].notna() & ~reading.aside
    keys = frame.loc[usable, ["kind", "longitude", "latitude"]].round({"longitude": 6, "latitude": 6})
    again = keys.duplicated()
    if not again.any():
        return reading
    first = keys.groupby(list(keys.columns), sort=False)["kind"].transform(lambda group: group.index[0])
    at = pd.Series(False, index=frame.index)
    at[again.index[again]] = True
    origin = first[again].astype(int).to_numpy()
    words = {"first": list(reading.origin.row[""][origin]), "other": list(frame["name"].iloc[origin])}
    return reading.flagged("same_point", at, column="longitude", words=words)
