"""Where govkit keeps what it would otherwise find again in every run. Nothing heavy is imported here."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def default_folder() -> Path | None:
    """Return the folder that ``GOVKIT_CACHE`` names, else govkit's in the user's cache; None if it says "off"."""
    named = os.environ.get("GOVKIT_CACHE", "")
    if named.lower() in {"off", "no", "0"}:
        return None
    return Path(named) if named else platformdirs.user_cache_path("govkit", appauthor=False)
