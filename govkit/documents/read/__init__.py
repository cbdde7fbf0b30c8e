"""An executed notebook → one document tree."""
