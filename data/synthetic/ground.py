"""From outlines in degrees to a plane in metres and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

GEOGRAPHIC = "EPSG:4490"


@dataclass(frozen=True)
class Plane:
    """The metric CRS a zone is measured in; ``decimals`` of a degree are kept on the way back (7: about 0.01 m)."""

    crs: str
    decimals: int = 7

    @cached_property
    def _forth(self) -> Transformer:
        return Transformer.from_crs(GEOGRAPHIC, self.crs, always_xy=True)

    @cached_property
    def _back(self) -> Transformer:
        return Transformer.from_crs(self.crs, GEOGRAPHIC, always_xy=True)

    def metres(self, points: np.ndarray) -> np.ndarray:
        """Return points (n × 2) in metres from degrees."""
        return np.column_stack(self._forth.transform(points[:, 0], points[:, 1]))

    def degrees(self, points: np.ndarray) -> np.ndarray:
        """Return points (n × 2) in degrees, rounded, from metres."""
        return np.column_stack(self._back.transform(points[:, 0], points[:, 1])).round(self.decimals)

    def outlines(self, path: Path) -> dict[str, shapely.Polygon]:
        """Return the largest part of every feature of a GeoJSON file, in metres, by its property ``code``."""
        found = {}
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
            parts = shapely.get_parts(shapely.geometry.shape(feature["geometry"]))
            largest = max(parts, key=lambda part: part.area)
            ring = shapely.Polygon(shapely.transform(largest.exterior, self.metres).coords)
            found[str(feature.get("properties", {}).get("code", ""))] = ring
        return found

    def placed(self, shapes: np.ndarray) -> gpd.GeoSeries:
        """Return polygons in EPSG:4490 from metres, their outer rings clockwise as Shapefiles want them."""
        return gpd.GeoSeries(shapely.orient_polygons(shapely.transform(shapes, self.degrees)), crs=GEOGRAPHIC)


def warped(points: np.ndarray) -> np.ndarray:
    """Return points pushed to and fro along two waves: parts that are compact here have winding borders there."""
    x, y = points.T
    east = 420 * np.sin(y / 1900 + x / 5300) + 130 * np.sin(y / 610 - x / 900)
    north = 420 * np.sin(x / 2100 - y / 4700) + 130 * np.sin(x / 570 + y / 1100)
    return np.column_stack([x + east, y + north])
