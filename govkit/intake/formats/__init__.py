"""One reader a file format: what stands in which cell."""
