"""Maps: one specification, printed by matplotlib and shown on the screen by folium, always without a network."""

from govkit.display.maps.kinds import Setting
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import InteractiveMap, MapFigure
from govkit.display.maps.sheet.shapes import has_shapes
from govkit.display.maps.sheet.spec import MapNotes

__all__ = ["InteractiveMap", "MapFigure", "MapNotes", "Quantity", "Setting", "has_shapes"]
