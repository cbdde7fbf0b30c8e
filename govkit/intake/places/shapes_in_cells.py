"""Shapes written into cells as well-known text or binary, as databases and map programs export them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.intake.values.quantities import plain

_SRID = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
_HEX = re.compile(r"(?:\\x)?([0-9A-Fa-f]{18,})")
_COLLECTIONS = re.compile(r"(?i)collection|multi|compound|surface|curve")
_COLLECTIONS_HEX = re.compile(r"(?i)010[4-9a-f]0000[02]0|00[02]000000[04-9a-f]")
_MOST_NESTED = 50


@dataclass(frozen=True)
class CellShapes:
    """Shapes read from the column at ``position``; ``unreadable`` marks cells that hold something else."""

    position: int
    shapes: gpd.GeoSeries
    unreadable: np.ndarray


def find_shapes(headers: Sequence[tuple[str, ...]], cells: pd.DataFrame) -> CellShapes | None:
    """Return the shapes of the column whose header says so (WKT, geom, 几何 …), None without one.

    The CRS is the SRID that the texts carry, None where they carry none.
    """
    words = {plain(word) for word in catalogue.load("points")["shape_headers"]}
    position = next((i for i, parts in enumerate(headers) if parts and plain(parts[-1]) in words), None)
    if position is None:
        return None
    texts = cells[position]
    shapes = np.array([_shape(text) for text in texts], dtype=object)
    unreadable = texts.notna().to_numpy() & np.array([shape is None for shape in shapes], dtype=bool)
    return CellShapes(position, gpd.GeoSeries(shapes, crs=_crs(texts, shapes)), unreadable)


def _shape(text: object) -> shapely.Geometry | None:
    if not isinstance(text, str):
        return None
    binary = _HEX.fullmatch(text)
    if len((_COLLECTIONS_HEX if binary else _COLLECTIONS).findall(text)) > _MOST_NESTED:
        # collections inside collections, deep enough to break the parser
        return None
    if binary:
        return shapely.from_wkb(binary[1], on_invalid="ignore") if len(binary[1]) % 2 == 0 else None
    return shapely.from_wkt(_SRID.sub("", text), on_invalid="ignore")


def _crs(texts: pd.Series, shapes: np.ndarray) -> str | None:
    said = [found[1] for text in texts.dropna().head(1) if (found := _SRID.match(text))]
    said += [str(number) for number in shapely.get_srid(shapes[:1]) if number > 0]
    return f"EPSG:{said[0]}" if said and said[0] != "0" else None
