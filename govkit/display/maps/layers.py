"""Every layer function under one name, as notebooks import them: ``from govkit.display.maps import layers``."""

from govkit.display.maps.layer_parts import hidden, words
from govkit.display.maps.place_layers import border_layer, defect_layer, facility_layer, grid_layer
from govkit.display.maps.value_layers import attainment_layer, change_layer, choropleth_layer

__all__ = [
    "attainment_layer",
    "border_layer",
    "change_layer",
    "choropleth_layer",
    "defect_layer",
    "facility_layer",
    "grid_layer",
    "hidden",
    "words",
]
