"""Small frames for the tests of maps: squares of 0.01 degrees (778 m by 1,112 m) in rows, checkable by hand."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import shapely

from govkit.display.maps.kinds import Setting
from govkit.display.maps.sheet.spec import MapNotes

WEST, SOUTH, SIDE = 126.5, 45.7, 0.01
NOTES = MapNotes(
    "EPSG:4551", source="测试台账", date="2018年12月31日", synthetic="测试用合成数据", classification="公开"
)


def square(column: int, row: int = 0, *, size: float = SIDE) -> shapely.Polygon:
    x, y = WEST + column * SIDE, SOUTH + row * SIDE
    return shapely.box(x, y, x + size, y + size)


def units(count: int = 4, *, names: Sequence[str] = (), across: int = 2) -> gpd.GeoDataFrame:
    """``count`` communities 230102001201, …202 … as squares, ``across`` a row."""
    return gpd.GeoDataFrame(
        {
            "unit_code": codes(count),
            "name": [*names, *(f"第{number}村" for number in range(len(names) + 1, count + 1))],
            "geometry": [square(at % across, at // across) for at in range(count)],
        },
        crs="EPSG:4490",
    )


def codes(count: int) -> list[str]:
    return [f"2301020012{number:02d}" for number in range(1, count + 1)]


def values(*numbers: float | None) -> pd.Series:
    return pd.Series(numbers, index=codes(len(numbers)), dtype=float)


def grids(count: int = 4) -> gpd.GeoDataFrame:
    """Two rural grids, then urban ones, with 100, 200, … households."""
    frame = units(count).rename(columns={"unit_code": "grid_code"})
    kinds = ["rural", "rural", *["urban"] * (count - 2)][:count]
    return frame.assign(kind=kinds, households=pd.array([100 * n for n in range(1, count + 1)], dtype="Int64"))


def defects() -> gpd.GeoDataFrame:
    """An overlap of 500 m² and a gap of 2,000 m²."""
    places = [square(0, 0, size=0.001), square(1, 1, size=0.002)]
    frame = pd.DataFrame({"kind": ["overlap", "gap"], "area_m2": [500.0, 2000.0]})
    return gpd.GeoDataFrame(frame, geometry=places, crs="EPSG:4490")


def facilities(*kinds: str | None, name: str = "太平村设施") -> gpd.GeoDataFrame:
    """One facility a kind, all in the middle of the first square."""
    count = len(kinds)
    frame = pd.DataFrame(
        {
            "facility_id": [f"F{number}" for number in range(count)],
            "name": [name] * count,
            "kind": list(kinds),
            "floor_area_m2": [120.0] * count,
        }
    )
    return gpd.GeoDataFrame(frame, geometry=[square(0).centroid] * count, crs="EPSG:4490")


def setting(**changes: object) -> Setting:
    return Setting(**{"notes": NOTES, **changes})  # type: ignore[arg-type]
