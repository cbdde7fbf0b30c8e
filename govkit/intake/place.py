"""Coordinates of a source to CGCS2000 (EPSG:4490): by its CRS, and by the datum it declares."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from govkit import catalogue
from govkit.errors import SourceError
from govkit.intake import datum
from govkit.intake.reading import finding
from govkit.intake.sources import Source

CGCS2000 = "EPSG:4490"
# EPSG codes of CGCS2000 Gauss-Krüger: 3° zones by central meridian without and with zone number, 6° likewise
_GAUSS_KRUEGER = {False: {3: 4534, 6: 4502}, True: {3: 4513, 6: 4491}}


def to_cgcs2000(geometry: gpd.GeoSeries, source: Source) -> tuple[gpd.GeoSeries, list[pd.DataFrame], str]:
    """Return geometry in EPSG:4490, findings about its CRS, and the datum it was in.

    ``source.crs`` outweighs the file's own. Without either, degrees are taken for CGCS2000 (with a finding);
    metres raise a SourceError that lists the likely Gauss-Krüger zones.
    """
    notes: list[pd.DataFrame] = []
    crs = _declared_crs(source) or geometry.crs
    if crs is None:
        _must_be_degrees(geometry, source)
        notes.append(finding("crs_missing", source))
        crs = pyproj.CRS(CGCS2000)
    geometry = geometry.set_crs(crs, allow_override=True)
    name = source.datum or _datum_of(pyproj.CRS(crs))
    if not _is_plain_degrees(pyproj.CRS(crs)):
        geometry = geometry.to_crs(CGCS2000)
    if source.datum in {"GCJ-02", "BD-09"}:
        geometry = gpd.GeoSeries(shift(geometry.to_numpy(), source.datum), index=geometry.index)
    flat = gpd.GeoSeries(shapely.force_2d(geometry.to_numpy()), index=geometry.index)
    return flat.set_crs(CGCS2000, allow_override=True), notes, name


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


def _must_be_degrees(geometry: gpd.GeoSeries, source: Source) -> None:
    west, south, east, north = geometry.total_bounds
    spec = catalogue.load("points")
    degrees = spec["longitude"][0] <= west and east <= spec["longitude"][1]
    if degrees and spec["latitude"][0] <= south and north <= spec["latitude"][1]:
        return
    near = candidates(west, east)
    raise SourceError(
        f"图层没有坐标系说明（缺 .prj），坐标在 ({west:.0f}, {south:.0f}) 至 ({east:.0f}, {north:.0f}) 之间。",
        where=source.where,
        allowed=f"可能是：{'、'.join(near)}。" if near else "",
        todo='补上 .prj，或在 zone.toml 里写明 crs，例如 crs = "EPSG:4549"。',
    )


def candidates(west: float, east: float) -> list[str]:
    """Return the CGCS2000 Gauss-Krüger systems whose eastings look like these, with their EPSG codes.

    >>> candidates(42_400_000, 42_600_000)[0]
    'CGCS2000 3 度带第 42 带（EPSG:4530）'
    """
    number = int((west + east) / 2 // 1_000_000)
    if 25 <= number <= 45:
        return [f"CGCS2000 3 度带第 {number} 带（EPSG:{_GAUSS_KRUEGER[True][3] + number - 25}）"]
    if 13 <= number <= 23:
        return [f"CGCS2000 6 度带第 {number} 带（EPSG:{_GAUSS_KRUEGER[True][6] + number - 13}）"]
    if number == 0 and 100_000 <= west <= east <= 900_000:
        return ["CGCS2000 高斯-克吕格投影（不带带号，3 度带为 EPSG:4534 至 4554，6 度带为 EPSG:4502 至 4512）"]
    return []
