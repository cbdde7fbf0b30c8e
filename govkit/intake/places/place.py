"""Coordinates of a source to CGCS2000 (EPSG:4490): by its CRS, and by the datum it declares."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from govkit import catalogue
from govkit.errors import SourceError
from govkit.intake.places import datum
from govkit.intake.places.projected import Candidate, candidates, looks_projected
from govkit.intake.reading.assemble import finding
from govkit.intake.reading.sources import Source
from govkit.intake.units.code_systems import is_abroad
from govkit.rounding import fixed

CGCS2000 = "EPSG:4490"


def to_cgcs2000(
    geometry: gpd.GeoSeries, source: Source, *, code: str = "", bare: bool = False
) -> tuple[gpd.GeoSeries, list[pd.DataFrame], str]:
    """Return geometry in EPSG:4490, findings about its CRS, and the datum it was in.

    ``source.crs`` outweighs the file's own. Without either, degrees are taken for CGCS2000 (with a finding, unless the
    format has no place for a CRS: ``bare``); metres raise a SourceError that lists the likely Gauss-Krüger systems
    near the zone ``code``. So does a CRS under which the shapes lie outside China.
    """
    notes: list[pd.DataFrame] = []
    crs = _declared_crs(source) or geometry.crs
    if crs is None:
        _must_be_degrees(geometry, source, code)
        notes += [] if bare else [finding("crs_missing", source)]
        crs = pyproj.CRS(CGCS2000)
    crs, given = pyproj.CRS(crs), geometry
    geometry = geometry.set_crs(crs, allow_override=True)
    if not _is_plain_degrees(crs):
        geometry = geometry.to_crs(CGCS2000)
        notes += _unknown_shift(crs, source)
    if crs.is_projected and not is_abroad(source.country):
        _must_be_in_china(geometry, given, crs, source, code)
    if source.datum in {"GCJ-02", "BD-09"}:
        geometry = gpd.GeoSeries(shift(geometry.to_numpy(), source.datum), index=geometry.index)
    flat = gpd.GeoSeries(shapely.force_2d(geometry.to_numpy()), index=geometry.index)
    return flat.set_crs(CGCS2000, allow_override=True), notes, source.datum or _datum_of(crs)


def where_it_may_lie(source: Source) -> tuple[list[float], list[float]]:
    """Return the longitudes and latitudes between which a source's places lie: in China, or anywhere abroad."""
    spec = catalogue.load("points")
    spec = spec["abroad"] if is_abroad(source.country) else spec
    return spec["longitude"], spec["latitude"]


def shift(shapes: np.ndarray, name: str) -> np.ndarray:
    """Return shapes of a datum in CGCS2000."""

    def moved(points: np.ndarray) -> np.ndarray:
        return np.column_stack(datum.to_cgcs2000(points[:, 0], points[:, 1], name))

    return shapely.transform(shapes, moved)


def _declared_crs(source: Source) -> pyproj.CRS | None:
    if not source.crs:
        return None
    try:
        return pyproj.CRS(source.crs)
    except pyproj.exceptions.CRSError:
        raise SourceError(
            f"没有这个坐标系：{source.crs!r}",
            where=source.where,
            allowed="EPSG:4490（CGCS2000 经纬度）、EPSG:4326、EPSG:4513–4554（CGCS2000 高斯-克吕格）等。",
            todo="改正 zone.toml 的 crs。",
        ) from None


def _datum_of(crs: pyproj.CRS) -> str:
    name = crs.geodetic_crs.name if crs.geodetic_crs else ""
    return "WGS84" if "WGS" in name else "CGCS2000" if "2000" in name else name


def _is_plain_degrees(crs: pyproj.CRS) -> bool:
    """CGCS2000 and WGS 84 degrees differ by centimetres, and PROJ's ballpark step between them changes nothing."""
    return crs.is_geographic and _datum_of(crs) in {"CGCS2000", "WGS84"}


def _unknown_shift(crs: pyproj.CRS, source: Source) -> list[pd.DataFrame]:
    """Warn of an older datum: the parameters of its shift to CGCS2000 are not public, so none is applied."""
    name = crs.geodetic_crs.name if crs.geodetic_crs else ""
    for system in catalogue.load("projections")["systems"]:
        if any(word in name for word in system.get("names", [])):
            return [finding("datum_shift_unknown", source, datum=system["name"], metres=system["shift"], value=name)]
    return []


def _must_be_degrees(geometry: gpd.GeoSeries, source: Source, code: str) -> None:
    west, south, east, north = geometry.total_bounds
    # degrees the wrong way round are found row by row
    if np.isnan(west) or max(abs(west), abs(east), abs(south), abs(north)) <= 360:
        return
    raise SourceError(
        f"图层没有坐标系说明（缺 .prj），坐标在（{fixed(west)}, {fixed(south)}）至"
        f"（{fixed(east)}, {fixed(north)}）之间。",
        where=source.where,
        **_advice(geometry, code),
    )


def _must_be_in_china(
    geometry: gpd.GeoSeries, given: gpd.GeoSeries, crs: pyproj.CRS, source: Source, code: str
) -> None:
    """Raise if most shapes lie outside China: then the CRS that was declared is not theirs."""
    spec, bounds = catalogue.load("points"), geometry.bounds.dropna()
    inside = bounds["minx"].between(*spec["longitude"]) & bounds["miny"].between(*spec["latitude"])
    if bounds.empty or inside.mean() >= 0.5:
        return
    west, south, east, north = given.total_bounds
    raise SourceError(
        f"按声明的坐标系（{crs.name}）图形不在我国境内，"
        f"坐标在（{fixed(west)}, {fixed(south)}）至"
        f"（{fixed(east)}, {fixed(north)}）之间。",
        where=source.where,
        **_advice(given, code),
    )


def _advice(geometry: gpd.GeoSeries, code: str) -> dict[str, str]:
    """Return what may be declared for coordinates in metres, and how."""
    west, south, east, north = geometry.total_bounds
    if max(abs(east), abs(north)) <= 360:
        return {"allowed": "看来是经纬度。", "todo": '在 zone.toml 里写明 crs = "EPSG:4490"，或重新导出。'}
    near = candidates((west + east) / 2, (south + north) / 2, code)
    example = f"EPSG:{near[0].epsg}" if near else "EPSG:4549"
    return {
        "allowed": f"可能是：{'、'.join(map(str, near))}。" if near else "",
        "todo": f'向制图单位核实后补上 .prj，或在 zone.toml 里写明 crs，例如 crs = "{example}"。',
    }


def projected_columns(first: pd.Series, second: pd.Series, code: str) -> list[Candidate]:
    """Return the systems that two columns of coordinates may be in if most of them look like metres, else none."""
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a == a and b == b]
    metres = [pair for pair in pairs if looks_projected(*pair)]
    if not metres or 2 * len(metres) < len(pairs):
        return []
    first_middle, second_middle = np.median(np.array(metres), axis=0)
    return candidates(float(first_middle), float(second_middle), code)
