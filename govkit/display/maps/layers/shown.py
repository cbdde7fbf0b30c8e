"""Every layer function under one name, as notebooks import them: ``from govkit.display.maps import layers``."""

from govkit.display.maps.layers.access import access_layers, reached
from govkit.display.maps.layers.count_layers import flow_layer, level_flows, symbol_layer
from govkit.display.maps.layers.layer_parts import hidden, words
from govkit.display.maps.layers.pattern_layers import bivariate_layer, category_layer, cluster_layer
from govkit.display.maps.layers.place_layers import border_layer, defect_layer, facility_layer, grid_layer, grouped
from govkit.display.maps.layers.value_layers import attainment_layer, change_layer, choropleth_layer

__all__ = [
    "access_layers",
    "attainment_layer",
    "bivariate_layer",
    "border_layer",
    "category_layer",
    "change_layer",
    "choropleth_layer",
    "cluster_layer",
    "defect_layer",
    "facility_layer",
    "flow_layer",
    "grid_layer",
    "grouped",
    "hidden",
    "level_flows",
    "reached",
    "symbol_layer",
    "words",
]
