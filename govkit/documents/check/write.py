"""Findings for the clerk: check.xlsx to mend by, check.html to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from govkit.analysis.standards.judged_by import judged_by
from govkit.documents.check.listing import SEVERITY, accounts_table, list_findings
from govkit.documents.check.page import check_page
from govkit.documents.check.spoken import grouped, spoken
from govkit.documents.check.workbook import check_workbook
from govkit.documents.html.said import page_in_language
from govkit.files import keep_private, write_whole
from govkit.intake.units.completing import keep_codes
from govkit.sections.language import speaker_of
from govkit.zone.opening import open_zone
from govkit.zone.reported import not_reported
from govkit.zone.zone import Zone

__all__ = ["SEVERITY", "accounts_table", "as_records", "check_judges", "check_zone", "spoken", "write_check"]


def as_records(zone: Zone) -> dict[str, list[dict[str, Any]]]:
    """Return all a check knows, for programs: findings, their groups by weight, sources, and who has not reported."""
    groups = grouped(zone.findings).drop(columns="weight", errors="ignore")
    frames = {"findings": zone.findings, "groups": groups, "sources": zone.accounts}
    frames["not_reported"] = not_reported(zone.tables)
    return {name: json.loads(frame.to_json(orient="records", force_ascii=False)) for name, frame in frames.items()}


def check_zone(folder: Path, out: Path) -> tuple[Zone, list[Path]]:
    """Open a zone, write its findings into ``out`` and codes that were made for names beside its files.

    Return the zone and the files written.
    """
    opened = open_zone(folder)
    written = list(write_check(opened, out))
    if kept := keep_codes(opened.folder, opened.tables["units"], opened.findings):
        written.append(kept)
    return opened, written


def check_judges(zone: Zone) -> None:
    """Raise CatalogueError naming file, line and key of every defect of the standards and the scheme a zone names."""
    judged_by(zone.settings.standards, zone.settings.scheme)


def write_check(zone: Zone, folder: Path) -> tuple[Path, Path]:
    """Write ``check.xlsx`` and ``check.html`` into ``folder`` and return both paths.

    Source files with findings are read once more, to be shown as they stand. Same zone, same place, same bytes.
    Raises ReportError if the folder cannot be written or a file is open elsewhere.
    """
    keep_private(folder, zone.front.internal)
    files = {table: source.path for table, source in zone.settings.sources.items()}
    listing = list_findings(zone.findings, files=files)
    workbook = write_whole(folder / "check.xlsx", check_workbook(zone, listing, beside=folder))
    page = write_whole(folder / "check.html", page_in_language(check_page(zone, listing), speaker_of(zone)))
    return workbook, page
