"""Which documents there are, how their files end, and which of them a notebook is made into."""

from __future__ import annotations

import json
from pathlib import Path

REPORTS = ("html", "pdf")
DECKS = ("slides", "pptx")
FORMATS = REPORTS + DECKS
# What follows the name of a file; a deck's two files belong together.
SUFFIX = {"html": "html", "pdf": "pdf", "slides": "slides.html", "pptx": "slides.pptx"}


def documents_of(notebook: Path) -> tuple[str, ...]:
    """Return what a notebook is made into: ``metadata.govkit.documents``; a notebook that does not say is a report."""
    metadata = json.loads(notebook.read_text(encoding="utf-8")).get("metadata", {})
    return tuple(metadata.get("govkit", {}).get("documents", REPORTS))
