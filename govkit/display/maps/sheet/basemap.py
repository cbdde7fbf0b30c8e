"""What may lie below an interactive map: tiles of a service (its key from the environment) or a file, a GeoTIFF.

No map has a base by default: reports are read without a network. The page hides a base that does not load and says so.
"""

from __future__ import annotations

import base64
import io
import math
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from govkit import catalogue
from govkit.errors import ReportError, UnknownNameError

_Tiles = dict[tuple[int, int], bytes]


@dataclass(frozen=True)
class Basemap:
    """``urls``: XYZ templates, drawn one over the other; ``layers``: for a WMS; ``tiles``: ``z/x/y`` → data address;
    ``picture``: the data address of one picture with its ``picture_bounds`` (latitude and longitude, south-west and
    north-east).

    ``notice``: why there is no base although one was asked for.
    """

    urls: tuple[str, ...] = ()
    attribution: str = ""
    subdomains: str = ""
    most_zoom: int = 18
    layers: str = ""
    tiles: dict[str, str] = field(default_factory=dict)
    notice: str = ""
    picture: str = ""
    picture_bounds: tuple[tuple[float, float], tuple[float, float]] | None = None

    def for_page(self) -> dict[str, Any] | None:
        """Return what the page needs; None where there is nothing to draw."""
        if not (self.urls or self.tiles or self.picture):
            return None
        return {
            "urls": list(self.urls), "subdomains": self.subdomains, "mostZoom": self.most_zoom, "layers": self.layers,
            "tiles": self.tiles, "picture": self.picture, "pictureBounds": self.picture_bounds,
        }  # fmt: skip


def service(name: str) -> Basemap:
    """Return a tile service of catalogue/basemaps.toml; its key is read from the environment variable named there.

    Without the key the map is drawn without a base and says why. The key stands in the page: keep such pages inside.
    Raises UnknownNameError for another name.
    """
    known = catalogue.load("basemaps")["service"]
    if name not in known:
        raise UnknownNameError("底图服务", name, known, where="catalogue/basemaps.toml")
    entry = known[name]
    variable = entry.get("key_variable", "")
    key = os.environ.get(variable, "").strip() if variable else ""
    if variable and not key:
        return Basemap(notice=f"未设置环境变量 {variable}，未加底图")
    urls = tuple(url.replace("{key}", key) for url in entry["urls"])
    return Basemap(urls, entry["attribution"], entry.get("subdomains", ""), entry.get("most_zoom", 18))


def xyz(url: str, *, attribution: str, subdomains: str = "", most_zoom: int = 18) -> Basemap:
    """Return tiles by an address with ``{z}``, ``{x}``, ``{y}``; ReportError where one of them is missing."""
    if any(part not in url for part in ("{z}", "{x}", "{y}")):
        raise ReportError(f"瓦片地址缺少占位符：{url!r}", allowed="含 {z}、{x}、{y} 的地址")
    return Basemap((url,), attribution, subdomains, most_zoom)


def wms(url: str, *, layers: str, attribution: str) -> Basemap:
    """Return a WMS by its address and the names of its layers, parted by commas."""
    return Basemap((url,), attribution, layers=layers)


def local_tiles(
    path: str | Path, *, bounds: tuple[float, float, float, float], attribution: str, most_bytes: int = 4_000_000
) -> Basemap:
    """Return the tiles of an MBTiles file within ``bounds`` (west, south, east, north), carried inside the page.

    Every zoom level is taken that fits into ``most_bytes``. Raises ReportError if the file is no MBTiles file of
    pictures (for a GeoTIFF there is ``raster.geotiff``) or has no tile here.
    """
    path = Path(path)
    if path.suffix.lower() in (".tif", ".tiff"):
        raise ReportError("这是 GeoTIFF，不是 MBTiles。", where=str(path), todo="改用 raster.geotiff 读取。")
    tiles: dict[str, str] = {}
    size = 0
    for zoom, found in _levels(path, bounds):
        size += sum(len(data) for data in found.values())
        if size > most_bytes:
            break
        tiles |= {f"{zoom}/{x}/{y}": data_address(data) for (x, y), data in found.items()}
    if not tiles:
        raise ReportError("底图文件在本区范围内没有瓦片，或过大。", where=str(path), todo="换用覆盖本区的底图文件。")
    most = max(int(name.split("/")[0]) for name in tiles)
    return Basemap(attribution=attribution, most_zoom=most, tiles=tiles)


def _levels(
    path: Path, bounds: tuple[float, float, float, float]
) -> Iterable[tuple[int, dict[tuple[int, int], bytes]]]:
    if not path.is_file():
        raise ReportError("没有这个底图文件。", where=str(path))
    query = (
        "SELECT tile_column, tile_row, tile_data FROM tiles "
        "WHERE zoom_level = ? AND tile_column BETWEEN ? AND ? AND tile_row BETWEEN ? AND ?"
    )
    try:
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True) as file:
            for (zoom,) in file.execute("SELECT DISTINCT zoom_level FROM tiles ORDER BY zoom_level").fetchall():
                west, north = _tile(bounds[0], bounds[3], zoom)
                east, south = _tile(bounds[2], bounds[1], zoom)
                top = 2**zoom - 1  # MBTiles count rows from the south
                rows = file.execute(query, (zoom, west, east, top - south, top - north))
                yield zoom, {(x, top - y): bytes(data) for x, y, data in rows}
    except sqlite3.Error:
        raise ReportError("底图文件不是图片瓦片的 MBTiles。", where=str(path)) from None


def _tile(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Return column and row of the Web Mercator tile that holds a place."""
    count = 2**zoom
    angle = math.radians(latitude)
    y = (1 - math.asinh(math.tan(angle)) / math.pi) / 2
    return int((longitude + 180) / 360 * count), int(y * count)


def data_address(data: bytes) -> str:
    """Return a picture as an address that holds it."""
    kind = "png" if data.startswith(b"\x89PNG") else "webp" if data[8:12] == b"WEBP" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


_WEB = "EPSG:3857"
_WGS84 = "EPSG:4326"
_QUALITY = 80
Bounds = tuple[float, float, float, float]


def geotiff(path: str | Path, *, bounds: Bounds, attribution: str, most_pixels: int = 2_000_000) -> Basemap:
    """Return a GeoTIFF of colours or greys as a base, within ``bounds`` (west, south, east, north, EPSG:4490).

    Any CRS; one band is shown as grey, three as red, green, blue; more than 8 bits a band are stretched between the
    2nd and 98th percentile. At most ``most_pixels``, as JPEG, white outside the picture. Read by rasterio, which brings
    its own GDAL. Raises ReportError without rasterio, for a file it cannot read, one without place, or one elsewhere.
    """
    path = Path(path)
    if not path.is_file():
        raise ReportError("没有这个底图文件。", where=str(path))
    try:
        import rasterio
    except ImportError:
        todo = "安装 rasterio（pip install rasterio），或先转成 MBTiles 用 local_tiles。"
        raise ReportError("读取 GeoTIFF 底图需要 rasterio。", where=str(path), todo=todo) from None
    try:
        with rasterio.open(path) as file:
            if file.crs is None:
                raise ReportError("底图文件没有坐标系。", where=str(path), todo="用 GIS 软件写入坐标系后重试。")
            bands, edges = _warped(file, bounds, most_pixels)
    except rasterio.errors.RasterioError as error:
        raise ReportError(f"底图文件读不出来：{error}", where=str(path), todo="换用完好的 GeoTIFF 文件。") from None
    if bands is None:
        raise ReportError("底图文件在本区范围内没有图像。", where=str(path), todo="换用覆盖本区的底图文件。")
    west, south, east, north = edges
    eight = bands if bands.dtype == np.uint8 else _stretched(bands)
    filled = eight.filled(255)
    pixels = filled[0] if len(filled) == 1 else np.moveaxis(filled, 0, -1)
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB").save(out, "JPEG", quality=_QUALITY)
    return Basemap(
        attribution=attribution, picture=data_address(out.getvalue()), picture_bounds=((south, west), (north, east))
    )


def _warped(file: Any, bounds: Bounds, most_pixels: int) -> tuple[np.ma.MaskedArray | None, Bounds]:
    """Return the bands inside the bounds in Web Mercator, and the edges in degrees; None where nothing is inside."""
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT
    from rasterio.warp import transform_bounds
    from rasterio.windows import from_bounds

    # CGCS2000 and WGS 84 differ by centimetres: nothing to a base map
    wanted = transform_bounds(_WGS84, _WEB, *bounds)
    with WarpedVRT(file, crs=_WEB, resampling=Resampling.bilinear, add_alpha=file.nodata is None) as warped:
        have = warped.bounds
        west, south = max(wanted[0], have[0]), max(wanted[1], have[1])
        east, north = min(wanted[2], have[2]), min(wanted[3], have[3])
        if west >= east or south >= north:
            return None, bounds
        window = from_bounds(west, south, east, north, warped.transform)
        shrink = min(1.0, math.sqrt(most_pixels / max(window.width * window.height, 1)))
        size = (max(1, round(window.height * shrink)), max(1, round(window.width * shrink)))
        shown = [1, 2, 3] if file.count >= 3 else [1]
        bands = warped.read(shown, window=window, out_shape=(len(shown), *size), masked=True)
    return bands, transform_bounds(_WEB, _WGS84, west, south, east, north)


def _stretched(bands: np.ma.MaskedArray) -> np.ma.MaskedArray:
    there = np.asarray(bands.compressed(), dtype=float)
    low, high = np.nanpercentile(there, (2, 98)) if there.size else (0.0, 1.0)
    share = (np.ma.masked_invalid(bands.astype(float)) - low) / max(high - low, 1e-12)
    return np.ma.asarray((np.ma.clip(share, 0, 1) * 255).astype(np.uint8))
