"""Maps: one specification, printed by matplotlib and shown on the screen by folium, always without a network."""

from govkit.display.maps.kinds import (
    Setting,
    attainment_map,
    change_map,
    choropleth,
    facility_map,
    grid_map,
    interactive_map,
    kind_map,
    period_map,
)
from govkit.display.maps.layers.shown import (
    access_layers,
    attainment_layer,
    bivariate_layer,
    border_layer,
    category_layer,
    change_layer,
    choropleth_layer,
    cluster_layer,
    defect_layer,
    facility_layer,
    flow_layer,
    grid_layer,
    hidden,
    level_flows,
    reached,
    symbol_layer,
)
from govkit.display.maps.sheet.basemap import Basemap
from govkit.display.maps.sheet.classes import Quantity, classify
from govkit.display.maps.sheet.figure import InteractiveMap, MapFigure
from govkit.display.maps.sheet.shapes import has_shapes
from govkit.display.maps.sheet.spec import Category, Layer, MapNotes, MapSpec, Panel
from govkit.display.maps.sheet.thumbnail import svg_map
from govkit.display.maps.web.handover import hand_over

__all__ = [
    "Basemap",
    "Category",
    "InteractiveMap",
    "Layer",
    "MapFigure",
    "MapNotes",
    "MapSpec",
    "Panel",
    "Quantity",
    "Setting",
    "access_layers",
    "attainment_layer",
    "attainment_map",
    "bivariate_layer",
    "border_layer",
    "category_layer",
    "change_layer",
    "change_map",
    "choropleth",
    "choropleth_layer",
    "classify",
    "cluster_layer",
    "defect_layer",
    "facility_layer",
    "facility_map",
    "flow_layer",
    "grid_layer",
    "grid_map",
    "hand_over",
    "has_shapes",
    "hidden",
    "interactive_map",
    "kind_map",
    "level_flows",
    "period_map",
    "reached",
    "svg_map",
    "symbol_layer",
]
