"""display room."""
