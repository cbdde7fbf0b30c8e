"""Findings for the clerk: check.xlsx to mend by, check.html to read."""

from __future__ import annotations

from pathlib import Path

from govkit.analysis.standards.judged_by import judged_by
from govkit.batch.record.files import write_whole
from govkit.documents.check.listing import SEVERITY, accounts_table, findings_table, list_findings
from govkit.documents.check.page import check_page
from govkit.documents.check.workbook import check_workbook
from govkit.zone.opening import Zone

__all__ = ["SEVERITY", "accounts_table", "check_judges", "findings_table", "write_check"]


def check_judges(zone: Zone) -> None:
    """Raise CatalogueError naming file, line and key of every defect of the standards and the scheme a zone names."""
    judged_by(zone.settings.standards, zone.settings.scheme)


def write_check(zone: Zone, folder: Path) -> tuple[Path, Path]:
    """Write ``check.xlsx`` and ``check.html`` into ``folder`` and return both paths.

    Source files with findings are read once more, to be shown as they stand. Same zone, same place, same bytes.
    Raises ReportError if the folder cannot be written or a file is open elsewhere.
    """
    files = {table: source.path for table, source in zone.settings.sources.items()}
    listing = list_findings(zone.findings, files=files)
    workbook = write_whole(folder / "check.xlsx", check_workbook(zone, listing, beside=folder))
    page = write_whole(folder / "check.html", check_page(zone, listing))
    return workbook, page
