"""Which documents there are, how their files end, and which of them a notebook is made into."""

from __future__ import annotations

from pathlib import Path

import nbformat

REPORTS = ("html", "pdf")
DECKS = ("slides", "pptx")
FORMATS = REPORTS + DECKS
# What follows the name of a file; a deck's two files belong together.
SUFFIX = {"html": "html", "pdf": "pdf", "slides": "slides.html", "pptx": "slides.pptx"}


def documents_of(notebook: Path) -> tuple[str, ...]:
    """Return what a notebook is made into: ``metadata.govkit.documents``; a notebook that does not say is a report."""
    metadata = nbformat.read(notebook, as_version=4).metadata
    return tuple(metadata.get("govkit", {}).get("documents", REPORTS))
