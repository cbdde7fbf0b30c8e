"""The maps of the reports: tidy frames in, a figure out; every option after the title is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from govkit.display.maps.layers.shown import (
    attainment_layer,
    border_layer,
    change_layer,
    choropleth_layer,
    defect_layer,
    facility_layer,
    grid_layer,
    grouped,
    words,
)
from govkit.display.maps.layers.value_layers import period_layers, shared_legend
from govkit.display.maps.sheet.basemap import Basemap
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import InteractiveMap, MapFigure
from govkit.display.maps.sheet.spec import Layer, MapNotes, MapSpec, Panel
from govkit.errors import ReportError, UnknownNameError

SLIDERS = ("time", "swipe")


@dataclass(frozen=True, eq=False)
class Setting:
    """What the maps of one report share: notes, the district's ``outline`` and the ``zone`` for the locator
    (EPSG:4490, or None), the code of the ``subject`` outlined among its neighbours, the ``base`` of interactive maps,
    and the units ``above`` those that maps show, which lead a map of too many to name (None where there are none).
    """

    notes: MapNotes
    outline: BaseGeometry | None = None
    zone: BaseGeometry | None = None
    subject: str = ""
    base: Basemap | None = None
    above: gpd.GeoDataFrame | None = None

    def figure(self, title: str, layers: Sequence[Layer], *, caption: str = "") -> MapFigure:
        """Return a print map of these layers, bottom first."""
        return MapFigure(self._spec(title, layers, caption))

    def interactive(self, title: str, layers: Sequence[Layer], *, caption: str = "") -> InteractiveMap:
        """Return an interactive map of these layers, bottom first; those not ``shown`` can be switched on."""
        return InteractiveMap(self._spec(title, layers, caption))

    def multiples(self, title: str, panels: Sequence[tuple[str, Sequence[Layer]]], *, caption: str = "") -> MapFigure:
        """Return several maps (title, layers) side by side; the legend is that of all their layers together."""
        return MapFigure(self._panelled(title, panels, caption, slider=""))

    def stages(
        self, title: str, panels: Sequence[tuple[str, Sequence[Layer]]], *, slider: str = "time", caption: str = ""
    ) -> InteractiveMap:
        """Return an interactive map led by a slider, its print twin as small multiples.

        ``slider``: time (one stage at a time, in order, may run by itself) or swipe (two stages, a line between them).
        """
        if slider not in SLIDERS:
            raise UnknownNameError("滑块", slider, SLIDERS)
        if slider == "swipe" and len(panels) != 2:
            raise ReportError(f"前后对比要正好两期，现有 {len(panels)} 期。", todo='多期请用 slider="time"。')
        return InteractiveMap(
            self._panelled(title, panels, caption or f"{title}（{words('interactive')}）", slider=slider)
        )

    def _panelled(
        self, title: str, panels: Sequence[tuple[str, Sequence[Layer]]], caption: str, *, slider: str
    ) -> MapSpec:
        if not panels:
            raise ReportError(f"地图「{title}」没有分图。", todo="至少给出一期或一类。")
        made = tuple(Panel(name, tuple(layers)) for name, layers in panels)
        shared = shared_legend([layer for panel in made for layer in panel.layers])
        return replace(self._spec(title, shared, caption), panels=made, slider=slider)

    def _spec(self, title: str, layers: Sequence[Layer], caption: str) -> MapSpec:
        layers = grouped(layers, self.above)
        return MapSpec(title, tuple(layers), self.notes, self.outline, self.zone, self.subject, caption, base=self.base)


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


def period_map(
    units: gpd.GeoDataFrame,
    values: pd.DataFrame,
    title: str,
    *,
    quantity: Quantity,
    setting: Setting,
    slider: str = "",
    caption: str = "",
    **options: Any,
) -> MapFigure:
    """Map a rate or score at several times in the same classes: ``values`` has a column a period, in order.

    ``slider``: "" for small multiples, time or swipe for an interactive map with these as its print twin.
    """
    together = period_layers(units, values, quantity, **options)
    panels = [(name, [layer]) for name, layer in together]
    if slider:
        return setting.stages(title, panels, slider=slider, caption=caption)
    return setting.multiples(title, panels, caption=caption)


def kind_map(
    facilities: gpd.GeoDataFrame, units: gpd.GeoDataFrame, title: str, *, setting: Setting, caption: str = ""
) -> MapFigure:
    """Map facilities as small multiples, one a kind, over the land of their units."""
    land = border_layer(units, filled=True, labelled=False)
    by_kind = [facilities.loc[facilities["kind"] == kind] for kind in facilities["kind"].dropna().unique()]
    made = [facility_layer(one) for one in by_kind]
    made = sorted(made, key=lambda layer: -len(layer.shapes))
    panels = [(f"{one.categories[0].label}（{len(one.shapes)}）", [land, one]) for one in made]
    return setting.multiples(title, panels, caption=caption)


def change_map(
    units: gpd.GeoDataFrame,
    change: pd.Series,
    title: str,
    *,
    quantity: Quantity,
    setting: Setting,
    higher_is_better: bool = True,
    code: str = "unit_code",
    caption: str = "",
) -> MapFigure:
    """Map the change of a rate or score between two periods, about zero."""
    layer = change_layer(units, change, quantity, higher_is_better=higher_is_better, code=code)
    return setting.figure(title, [layer], caption=caption)


def attainment_map(
    units: gpd.GeoDataFrame,
    missing: pd.Series,
    title: str,
    *,
    setting: Setting,
    standard: str = "",
    code: str = "unit_code",
    caption: str = "",
) -> MapFigure:
    """Map which units meet a standard and how many items the others miss; ``standard`` heads the legend."""
    return setting.figure(title, [attainment_layer(units, missing, standard or title, code=code)], caption=caption)


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
