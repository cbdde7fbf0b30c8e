"""Synthetic rows calibrated to published totals: pieces every zone's generator uses, and one package a zone."""
