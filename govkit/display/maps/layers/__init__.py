"""Layers of a map."""
