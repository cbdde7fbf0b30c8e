"""A GeoTIFF below an interactive map: cut to the zone, brought to Web Mercator and carried inside the page."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from govkit.display.maps.sheet.basemap import Basemap, data_address
from govkit.errors import ReportError

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
