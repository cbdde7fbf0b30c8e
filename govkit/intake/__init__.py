"""Files as bureaus keep them → tidy tables, findings and row accounts."""

from __future__ import annotations

from govkit.intake.reading.sources import Source
from govkit.intake.reading.zone_tables import Intake, read_zone_tables

__all__ = ["Intake", "Source", "read_zone_tables"]
