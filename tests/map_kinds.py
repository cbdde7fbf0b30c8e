"""One small interactive map of every kind, and the ways they are looked at: what the screenshots are taken of."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from map_frames import SIDE, codes, defects, facilities, grids, setting, square, units
from PIL import Image

from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import InteractiveMap
from govkit.display.maps.sheet.spec import Layer

FOLDER = Path(__file__).parent / "screenshots"
# Rows from the south; the corner in the south-west is high, its opposite low.
VALUES = np.array([9, 8, 7, 1, 2, 8, 9, 6, 2, 1, 7, 6, 5, 1, 2, 2, 1, 2, 3, 9, 1, 2, 1, 8, 2], dtype=float)
RATE = Quantity("达标率", "percent")
MATTERS = Quantity("事项", "integer", "件")
_KINDS = ("service_centre", "clinic", "police_room", "reading_room", "farm_information_station", "affairs_board")


def _villages() -> gpd.GeoDataFrame:
    """25 villages, five a row, their town (the first half of the names says nothing about it) and their kind."""
    frame = units(25, across=5)
    return frame.assign(parent=codes(25)[12], kind=[("街道型", "集镇型", "新村型")[at % 3] for at in range(25)])


def _rates(*, missing: bool = True) -> pd.Series:
    numbers = pd.Series(VALUES / 10, index=codes(25))
    return numbers.mask(numbers.index == codes(25)[24]) if missing else numbers


def _turned() -> pd.Series:
    return pd.Series(VALUES.reshape(5, 5).T[::-1].ravel(), index=codes(25))


def _places() -> gpd.GeoDataFrame:
    frame = facilities(*_KINDS)
    places = [square(at % 5, at // 5 + 2).centroid for at in range(len(frame))]
    return frame.set_geometry(places, crs="EPSG:4490").assign(name=[f"第{at}处" for at in range(len(frame))])


def many_grids(count: int = 500, *, across: int = 25) -> gpd.GeoDataFrame:
    """Grids in rows over the villages, the southern half rural, the northern half urban, which is hatched."""
    frame = grids(4).iloc[[0] * count].reset_index(drop=True)
    west, south, step = 126.5, 45.7, 5 * SIDE / across
    at = np.arange(count)
    x, y = west + step * (at % across), south + step * (at // across)
    return frame.assign(
        grid_code=[f"{one:012d}" for one in at],
        name=[f"第{one}网格" for one in at],
        kind=np.where(at < count // 2, "rural", "urban"),
    ).set_geometry(shapely.box(x, y, x + step, y + step), crs="EPSG:4490")


def _with(*shown: Layer) -> InteractiveMap:
    return setting().interactive("图", list(shown))


def _change() -> InteractiveMap:
    change = pd.Series(np.linspace(-0.3, 0.3, 25).round(2), index=codes(25))
    return _with(layers.change_layer(_villages(), change, Quantity("达标率变化", "points")))


def _flows() -> InteractiveMap:
    ends = [at for at in range(25) if at != 12]
    flows = pd.DataFrame({
        "source": [codes(25)[at] for at in ends], "target": codes(25)[12], "count": [int(VALUES[at]) for at in ends],
    })  # fmt: skip
    return _with(layers.border_layer(_villages(), filled=True), layers.flow_layer(_villages(), flows, MATTERS))


def _access() -> InteractiveMap:
    people = grids(25).set_geometry(_villages().geometry).assign(population=pd.array([900] * 25, dtype="Int64"))
    made = layers.access_layers(_places(), people, "卫生站", metric_crs="EPSG:4551")
    return _with(layers.border_layer(_villages(), filled=True), *made)


def _stages(slider: str) -> InteractiveMap:
    later = _rates(missing=False).iloc[::-1].set_axis(codes(25))
    panels = [
        (name, [layers.choropleth_layer(_villages(), column, RATE, breaks=[0.3, 0.6], labelled=False)])
        for name, column in (("上半年", _rates()), ("下半年", later))
    ]
    return setting().stages("前后", panels, slider=slider)


def overview() -> InteractiveMap:
    """Return the map of a report: values, grids, borders, facilities and numbered defects."""
    return _with(
        layers.choropleth_layer(_villages(), _rates(), RATE), layers.hidden(layers.grid_layer(many_grids())),
        layers.border_layer(_villages(), labelled=False), layers.facility_layer(_places()),
        layers.defect_layer(defects()),
    )  # fmt: skip


KINDS: dict[str, Callable[[], InteractiveMap]] = {
    "overview": overview,
    "choropleth": lambda: _with(layers.choropleth_layer(_villages(), _rates(), RATE)),
    "change": _change,
    "attainment": lambda: _with(
        layers.attainment_layer(_villages(), pd.Series(VALUES.astype(int) % 5, index=codes(25)), "标准")
    ),
    "symbols": lambda: _with(
        layers.border_layer(_villages(), filled=True),
        layers.symbol_layer(_villages(), pd.Series(VALUES**2, index=codes(25)), MATTERS),
    ),
    "flows": _flows,
    "category": lambda: _with(layers.category_layer(_villages(), _villages().set_index("unit_code")["kind"], "类型")),
    "bivariate": lambda: _with(layers.bivariate_layer(_villages(), (_rates(), RATE), (_turned(), MATTERS))),
    "clusters": lambda: _with(layers.cluster_layer(_villages(), _rates(missing=False), RATE)),
    "access": _access,
    "many": lambda: _with(layers.grid_layer(many_grids()), layers.defect_layer(defects())),
    "time": lambda: _stages("time"),
    "swipe": lambda: _stages("swipe"),
}
# Which kinds are looked at in which windows; a phone has a touch screen.
VIEWS: dict[str, tuple[str, int, int]] = {
    **{name: (name, 1280, 720) for name in KINDS},
    "overview-1920": ("overview", 1920, 1080),
    "overview-phone": ("overview", 390, 844),
}


def small(screenshot: bytes) -> Image.Image:
    """Return a screenshot at half its size in few colours: what is kept and compared."""
    whole = Image.open(BytesIO(screenshot)).convert("RGB")
    return whole.resize((whole.width // 2, whole.height // 2), Image.Resampling.BOX).quantize(48)


def difference(one: Image.Image, other: Image.Image, *, fields: tuple[int, int] = (16, 9)) -> float:
    """Return the mean difference of two pictures (0 to 255 a colour) in the field, of 16 × 9, where it is largest.

    A mean over the whole picture would miss a legend's entry. Pictures of other sizes differ wholly.
    """
    if one.size != other.size:
        return 255.0
    gap = np.abs(np.asarray(one.convert("RGB"), dtype=float) - np.asarray(other.convert("RGB"), dtype=float))
    rows = np.array_split(gap.mean(axis=2), fields[1], axis=0)
    return float(max(field.mean() for row in rows for field in np.array_split(row, fields[0], axis=1)))
