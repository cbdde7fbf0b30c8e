"""A report period: what a zone names in zone.toml and every measure is taken over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Period:
    """A report period; ``start`` and ``end`` are its first and last day, both inside it."""

    id: str
    name: str
    start: date
    end: date
