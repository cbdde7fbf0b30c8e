"""Maps: one specification, printed by matplotlib and shown on the screen by folium, always without a network."""

from govkit.display.maps.classes import Quantity, classify
from govkit.display.maps.figure import InteractiveMap, MapFigure
from govkit.display.maps.kinds import (
    Setting,
    attainment_map,
    change_map,
    choropleth,
    facility_map,
    grid_map,
    interactive_map,
)
from govkit.display.maps.layers import (
    attainment_layer,
    border_layer,
    change_layer,
    choropleth_layer,
    defect_layer,
    facility_layer,
    grid_layer,
    hidden,
)
from govkit.display.maps.shapes import has_shapes
from govkit.display.maps.spec import Category, Layer, MapNotes, MapSpec
from govkit.display.maps.thumbnail import svg_map

__all__ = [
    "Category",
    "InteractiveMap",
    "Layer",
    "MapFigure",
    "MapNotes",
    "MapSpec",
    "Quantity",
    "Setting",
    "attainment_layer",
    "attainment_map",
    "border_layer",
    "change_layer",
    "change_map",
    "choropleth",
    "choropleth_layer",
    "classify",
    "defect_layer",
    "facility_layer",
    "facility_map",
    "grid_layer",
    "grid_map",
    "has_shapes",
    "hidden",
    "interactive_map",
    "svg_map",
]
