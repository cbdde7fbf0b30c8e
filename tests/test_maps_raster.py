"""A GeoTIFF as base: in its place, in its colours, or refused in words."""

from __future__ import annotations

import base64
import builtins
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from map_browser import asked_elsewhere, open_map
from map_frames import setting, units, values
from PIL import Image

from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet import basemap
from govkit.display.maps.sheet.basemap import Basemap
from govkit.display.maps.sheet.classes import Quantity
from govkit.errors import ReportError

rasterio = pytest.importorskip("rasterio")
PLACE = (126.5, 45.7, 126.52, 45.72)
RED, BLUE = (200, 30, 30), (30, 30, 200)


def tif(folder: Path, *, crs: str | None = "EPSG:4326", bounds: tuple = PLACE, bands: np.ndarray | None = None) -> Path:
    """A picture 40 × 40, its western half red, its eastern half blue."""
    if bands is None:
        bands = np.empty((3, 40, 40), dtype=np.uint8)
        bands[:, :, :20], bands[:, :, 20:] = (np.array(one).reshape(3, 1, 1) for one in (RED, BLUE))
    path = folder / "底图.tif"
    size = {"width": bands.shape[2], "height": bands.shape[1], "count": len(bands), "dtype": bands.dtype}
    place = rasterio.transform.from_bounds(*bounds, bands.shape[2], bands.shape[1])
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=place, **size) as file:
        file.write(bands)
    return path


def picture(base: Basemap) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(base.picture.split(",")[1]))).convert("RGB"), dtype=int)


def test_a_picture_keeps_its_colours_and_its_place(tmp_path: Path) -> None:
    base = basemap.geotiff(tif(tmp_path), bounds=PLACE, attribution="底图：某局")
    shown = picture(base)
    height, width = shown.shape[:2]
    for column, colour in ((width // 4, RED), (3 * width // 4, BLUE)):
        assert np.abs(shown[height // 2, column] - colour).max() < 12
    assert base.picture_bounds is not None
    (south, west), (north, east) = base.picture_bounds
    assert (west, south, east, north) == pytest.approx(PLACE, abs=2e-3)


def test_a_picture_in_metres_of_the_zone_stands_in_the_same_place(tmp_path: Path) -> None:
    in_metres = rasterio.warp.transform_bounds("EPSG:4326", "EPSG:4551", *PLACE)
    base = basemap.geotiff(tif(tmp_path, crs="EPSG:4551", bounds=in_metres), bounds=PLACE, attribution="")
    assert np.ravel(base.picture_bounds) == pytest.approx([45.7, 126.5, 45.72, 126.52], abs=2e-3)


def test_only_the_part_inside_the_bounds_is_carried_and_no_more_pixels_than_allowed(tmp_path: Path) -> None:
    path = tif(tmp_path, bands=np.full((1, 400, 400), 90, dtype=np.uint8))
    base = basemap.geotiff(path, bounds=(126.5, 45.7, 126.51, 45.72), attribution="", most_pixels=5000)
    assert picture(base).shape[0] * picture(base).shape[1] <= 5200
    assert base.picture_bounds is not None
    assert base.picture_bounds[1][1] == pytest.approx(126.51, abs=2e-3)


def test_sixteen_bits_of_grey_are_stretched(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(1000, 3000, 40), (40, 1)).astype(np.uint16)[None]
    shown = picture(basemap.geotiff(tif(tmp_path, bands=ramp), bounds=PLACE, attribution=""))
    middle = shown[shown.shape[0] // 2, :, 0]
    assert middle[3] < 30
    assert middle[-4] > 225


def test_pictures_that_cannot_be_used_are_refused_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "错.tif"
    broken.write_text("no picture", encoding="utf-8")
    cases: list[tuple[Path, tuple, str]] = [
        (tmp_path / "无.tif", PLACE, "没有这个底图文件"),
        (broken, PLACE, "底图文件读不出来"),
        (tif(tmp_path), (110.0, 30.0, 110.1, 30.1), "在本区范围内没有图像"),
    ]
    for path, bounds, words in cases:
        with pytest.raises(ReportError, match=words):
            basemap.geotiff(path, bounds=bounds, attribution="")


@pytest.mark.filterwarnings("ignore")
def test_a_picture_without_crs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="没有坐标系"):
        basemap.geotiff(tif(tmp_path, crs=None), bounds=PLACE, attribution="")


def test_without_rasterio_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tif(tmp_path)
    real = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name.startswith("rasterio"):
            raise ImportError(name)
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReportError, match="需要 rasterio"):
        basemap.geotiff(path, bounds=PLACE, attribution="")


@pytest.mark.browser
def test_the_picture_lies_below_the_shapes_without_a_request(browser: Any, tmp_path: Path) -> None:
    base = basemap.geotiff(tif(tmp_path), bounds=PLACE, attribution="底图：某局")
    layer = layers.choropleth_layer(units(4), values(1, 2, 3, 4), Quantity("得分"))
    with open_map(browser, setting(base=base).interactive("图", [layer]), tmp_path) as frame:
        below = frame.locator(".leaflet-tile-pane img.leaflet-image-layer").bounding_box()
        shape = frame.locator("path.leaflet-interactive").first.bounding_box()
        assert below["width"] == pytest.approx(2 * shape["width"], rel=0.03)
        assert asked_elsewhere(frame) == []
        assert frame.page.said == []
