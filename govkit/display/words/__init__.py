"""Sentences, from the phrases of the catalogue."""
