"""Outputs that live in a browser: closed frames, scripts from installed packages, still twins for paper."""
