"""The maps of the reports: tidy frames in, a figure out; every option after the title is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from govkit.display.maps.classes import Quantity
from govkit.display.maps.figure import InteractiveMap, MapFigure
from govkit.display.maps.layers import (
    attainment_layer,
    border_layer,
    change_layer,
    choropleth_layer,
    defect_layer,
    facility_layer,
    grid_layer,
    words,
)
from govkit.display.maps.spec import Layer, MapNotes, MapSpec


@dataclass(frozen=True, eq=False)
class Setting:
    """What the maps of one report share: notes, the district's ``outline`` and the ``zone`` for the locator
    (EPSG:4490, or None), and the code of the ``subject`` outlined among its neighbours.
    """

    notes: MapNotes
    outline: BaseGeometry | None = None
    zone: BaseGeometry | None = None
    subject: str = ""

    def figure(self, title: str, layers: Sequence[Layer], *, caption: str = "") -> MapFigure:
        """Return a print map of these layers, bottom first."""
        return MapFigure(self._spec(title, layers, caption))

    def interactive(self, title: str, layers: Sequence[Layer], *, caption: str = "") -> InteractiveMap:
        """Return an interactive map of these layers, bottom first; those not ``shown`` can be switched on."""
        return InteractiveMap(self._spec(title, layers, caption))

    def _spec(self, title: str, layers: Sequence[Layer], caption: str) -> MapSpec:
        return MapSpec(title, tuple(layers), self.notes, self.outline, self.zone, self.subject, caption)


def choropleth(
    units: gpd.GeoDataFrame,
    values: pd.Series,
    title: str,
    *,
    quantity: Quantity,
    setting: Setting,
    caption: str = "",
    **options: Any,
) -> MapFigure:
    """Map a rate or score over units; ``options`` as for ``choropleth_layer`` (scheme, breaks, show_values …)."""
    return setting.figure(title, [choropleth_layer(units, values, quantity, **options)], caption=caption)


def change_map(
    units: gpd.GeoDataFrame,
    change: pd.Series,
    title: str,
    *,
    quantity: Quantity,
    setting: Setting,
    higher_is_better: bool = True,
    caption: str = "",
) -> MapFigure:
    """Map the change of a rate or score between two periods, about zero."""
    layer = change_layer(units, change, quantity, higher_is_better=higher_is_better)
    return setting.figure(title, [layer], caption=caption)


def attainment_map(
    units: gpd.GeoDataFrame,
    missing: pd.Series,
    title: str,
    *,
    setting: Setting,
    standard: str = "",
    caption: str = "",
) -> MapFigure:
    """Map which units meet a standard and how many items the others miss; ``standard`` heads the legend."""
    return setting.figure(title, [attainment_layer(units, missing, standard or title)], caption=caption)


def facility_map(
    facilities: gpd.GeoDataFrame, units: gpd.GeoDataFrame, title: str, *, setting: Setting, caption: str = ""
) -> MapFigure:
    """Map facilities by kind over the borders and names of their units."""
    return setting.figure(title, [border_layer(units, filled=True), facility_layer(facilities)], caption=caption)


def grid_map(
    grids: gpd.GeoDataFrame,
    title: str,
    *,
    setting: Setting,
    units: gpd.GeoDataFrame | None = None,
    defects: gpd.GeoDataFrame | None = None,
    by: str = "kind",
    caption: str = "",
    **options: Any,
) -> MapFigure:
    """Map grids by kind or households, units' borders and names over them, gaps and overlaps numbered."""
    layers = [grid_layer(grids, by=by, **options)]
    layers += [border_layer(units)] if units is not None else []
    layers += [defect_layer(defects)] if defects is not None else []
    return setting.figure(title, layers, caption=caption)


def interactive_map(layers: Sequence[Layer], title: str, *, setting: Setting, caption: str = "") -> InteractiveMap:
    """Make one interactive map of layers made by the layer functions; its print twin shows those that start visible."""
    return setting.interactive(title, layers, caption=caption or f"{title}（{words('interactive')}）")
