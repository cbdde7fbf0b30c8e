"""Layers too large for memory: a folder of GeoParquet files, taken piece by piece, same answers as in one piece."""

from govkit.partitioned.access import reached
from govkit.partitioned.audit import audit
from govkit.partitioned.layers import Layer, Piece, open_layer
from govkit.partitioned.placing import Placement, place

__all__ = ["Layer", "Piece", "Placement", "audit", "open_layer", "place", "reached"]
