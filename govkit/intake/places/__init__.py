"""Coordinates, datums and polygons of a source."""
