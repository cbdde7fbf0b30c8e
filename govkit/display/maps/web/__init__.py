"""A live map in a page."""
