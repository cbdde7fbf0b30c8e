"""Cells of a source → a tidy table, its findings and its row accounts."""
