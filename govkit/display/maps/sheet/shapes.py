"""Geometry for maps: checked at the door, projected for print, simplified with shared borders for the screen."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from govkit.errors import ReportError

CRS_OF_TABLES = "EPSG:4490"
_POLYGONS = (3, 6)  # shapely type ids: Polygon, MultiPolygon


def drawable(frame: gpd.GeoDataFrame, what: str, *, points: bool = False) -> tuple[gpd.GeoDataFrame, list[int]]:
    """Return the rows that can be drawn, in EPSG:4490 and valid, and the positions of those that cannot.

    A row cannot be drawn if its geometry is missing, empty, of the wrong kind or has coordinates that are no numbers.
    Raises ReportError if there is no row, no geometry column, no CRS, or nothing can be drawn.
    """
    if not isinstance(frame, gpd.GeoDataFrame) or frame._geometry_column_name not in frame:
        raise ReportError(f"{what}没有空间数据，不能绘图。", todo="在 zone.toml 中给出带边界或坐标的来源。")
    if frame.empty:
        raise ReportError(f"{what}没有任何记录，不能绘图。", todo="检查该表是否为空、筛选条件是否过严。")
    if frame.crs is None:
        raise ReportError(f"{what}没有坐标系，不能绘图。", todo=f"用 set_crs 写明坐标系，例如 {CRS_OF_TABLES}。")
    shapes = np.asarray(frame.to_crs(CRS_OF_TABLES).geometry.array, dtype=object)
    shapes = _as_points(shapes) if points else _as_polygons(shapes)
    good = np.array([shape is not None for shape in shapes])
    if not good.any():
        raise ReportError(f"{what}没有一条记录有可用的{'坐标' if points else '边界'},不能绘图。")
    kept = frame.loc[good].set_geometry(gpd.GeoSeries(list(shapes[good]), index=frame.index[good], crs=CRS_OF_TABLES))
    return kept.reset_index(drop=True), [int(position) for position in np.flatnonzero(~good)]


def has_shapes(frame: gpd.GeoDataFrame, *, points: bool = False) -> bool:
    """Whether ``drawable`` would find something to draw; for sections that are left out where it does not."""
    try:
        return len(drawable(frame, "", points=points)[0]) > 0
    except ReportError:
        return False


def _as_points(shapes: np.ndarray) -> np.ndarray:
    good = (shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes)
    good &= np.isfinite(shapely.get_x(shapes)) & np.isfinite(shapely.get_y(shapes))
    out = np.full(len(shapes), None, dtype=object)
    out[good] = shapes[good]
    return out


def _as_polygons(shapes: np.ndarray) -> np.ndarray:
    out = np.full(len(shapes), None, dtype=object)
    for position, shape in enumerate(shapes):
        out[position] = polygon(shape)
    return out


def polygon(shape: BaseGeometry | None) -> BaseGeometry | None:
    """Return a valid polygon or multipolygon with finite coordinates, None if there is none in ``shape``."""
    if shape is None or shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    valid = shape if shape.is_valid else shapely.make_valid(shape)
    if shapely.get_type_id(valid) in _POLYGONS:
        return shapely.force_2d(valid)
    parts = [part for part in shapely.get_parts(valid) if shapely.get_type_id(part) in _POLYGONS]
    return shapely.force_2d(shapely.union_all(parts)) if parts else None


@lru_cache(maxsize=8)
def _to_metric(metric_crs: str) -> Transformer:
    return Transformer.from_crs(CRS_OF_TABLES, _crs(metric_crs), always_xy=True)


def _crs(metric_crs: str) -> CRS:
    try:
        crs = CRS.from_user_input(metric_crs)
    except CRSError:
        raise ReportError(
            f"没有这个坐标系：{metric_crs!r}",
            allowed="投影坐标系代码，例如 EPSG:4551",
            todo="改正 zone.toml 的 metric_crs。",
        ) from None
    if not crs.is_projected:
        raise ReportError(
            f"坐标系 {metric_crs!r} 不以米为单位。",
            allowed="投影坐标系，例如 EPSG:4551",
            todo="改正 zone.toml 的 metric_crs。",
        )
    return crs


def to_metric(shapes: np.ndarray, metric_crs: str) -> np.ndarray:
    """Return shapes in EPSG:4490 projected to ``metric_crs`` (metres)."""
    move = _to_metric(metric_crs)
    return shapely.transform(shapes, lambda x, y: move.transform(x, y), interleaved=False)


def from_metric(shapes: np.ndarray, metric_crs: str) -> np.ndarray:
    """Return shapes in ``metric_crs`` (metres) as shapes in EPSG:4490."""
    move = _to_metric(metric_crs)
    return shapely.transform(shapes, lambda x, y: move.transform(x, y, direction="INVERSE"), interleaved=False)


@lru_cache(maxsize=8)
def crs_text(metric_crs: str) -> str:
    """Return the projection in Chinese, from its parameters; the CRS's own name where they are not known to us."""
    crs = _crs(metric_crs)
    datum = "2000 国家大地坐标系" if "CGCS2000" in crs.name else crs.name.split(" / ")[0]
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return f"{datum}，{crs.name}"
    if crs.utm_zone:
        return f"{datum}，通用横轴墨卡托投影（UTM {crs.utm_zone}）"
    degree = next(p.value for p in operation.params if "Longitude of natural origin" in p.name)
    return f"{datum}，高斯—克吕格投影，中央经线 {degree:g}°"


def metres_a_unit(x: float, y: float, metric_crs: str) -> float:
    """Return how many metres on the ground one unit of ``metric_crs`` is, eastwards at this place (geodesic)."""
    move = _to_metric(metric_crs)
    longitudes, latitudes = move.transform([x - 500, x + 500], [y, y], direction="INVERSE")
    _, _, length = Geod(ellps="GRS80").inv(longitudes[0], latitudes[0], longitudes[1], latitudes[1])
    return float(length) / 1000


def total_bounds(shapes: Iterable[BaseGeometry]) -> tuple[float, float, float, float]:
    """Return west, south, east, north of all shapes."""
    west, south, east, north = shapely.total_bounds(np.array(list(shapes), dtype=object))
    return float(west), float(south), float(east), float(north)


def for_screen(shapes: np.ndarray, metric_crs: str, *, tolerance: float, digits: int) -> np.ndarray:
    """Return polygons in EPSG:4490 simplified by ``tolerance`` metres and rounded to ``digits`` decimals of a degree.

    Shared borders stay shared: a valid coverage is simplified as one (Visvalingam–Whyatt, area tolerance²); in any
    other layer nothing but the rounding is done, which moves equal corners equally.
    """
    metric = to_metric(shapes, metric_crs)
    if len(shapes) > 1 and shapely.coverage_is_valid(metric):
        metric = shapely.coverage_simplify(metric, tolerance)
        shapes = from_metric(metric, metric_crs)
    return shapely.transform(shapes, lambda xy: np.round(xy, digits))
