"""What may lie below an interactive map: tiles of a service (its key from the environment) or of a local file.

No map has a base by default: reports are read without a network. The page hides a base that does not load and says so.
"""

from __future__ import annotations

import base64
import math
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
