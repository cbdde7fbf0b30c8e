"""Files as bureaus keep them → tidy tables, findings and row accounts."""

from __future__ import annotations

from govkit.intake.sources import Source
from govkit.intake.zone_tables import Intake, read_zone_tables

__all__ = ["Intake", "Source", "read_zone_tables"]
