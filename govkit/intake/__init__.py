"""Files as bureaus keep them → tidy tables, findings and row accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govkit.intake.reading.sources import Source
    from govkit.intake.reading.zone_tables import Intake, read_zone_tables

__all__ = ["Intake", "Source", "read_zone_tables"]


def __getattr__(name: str) -> Any:
    """Import what is asked for: a process that has an open zone from elsewhere needs nothing that reads files."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from govkit.intake.reading import sources, zone_tables

    return getattr(sources if name == "Source" else zone_tables, name)
