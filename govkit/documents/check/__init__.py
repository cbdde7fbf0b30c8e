"""Findings about a zone: page and workbook."""
