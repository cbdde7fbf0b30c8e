"""Demonstration zones and the scripts that make them."""
