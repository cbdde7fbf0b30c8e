"""Findings for the clerk: check.xlsx to mend by, check.html to read."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.standards.judged_by import judged_by
from govkit.display.words.language import kept
from govkit.documents.check.files import is_layer
from govkit.documents.check.listing import SEVERITY, Listing, accounts_table, list_findings, source_label, table_titles
from govkit.documents.check.lists import sheet_names, write_accounts, write_findings, write_summary
from govkit.documents.check.map import draw
from govkit.documents.check.sheets import Marked, marked_sheets, write_sheet
from govkit.documents.check.spoken import grouped, spoken, unread_columns
from govkit.documents.check.styles import TYPE, Styles, external, internal
from govkit.documents.html.environment import environment
from govkit.documents.html.page import page_in_language
from govkit.documents.html.policy import sealed
from govkit.files import keep_private, write_whole
from govkit.intake.formats.package import position
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
    frames["not_reported"] = not_reported(zone.tables, zone.settings.periods)
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
    speaker = speaker_of(zone)
    workbook = write_whole(folder / "check.xlsx", check_workbook(zone, listing, beside=folder))
    page = write_whole(folder / "check.html", page_in_language(check_page(zone, listing), speaker))
    return workbook, page


@dataclass(frozen=True)
class FilePart:
    """What the page says of one file: all findings by severity, those listed, their kinds, and where it came from."""

    label: str
    titles: str
    counts: dict[str, int]
    rows: list[dict[str, Any]]
    kinds: list[dict[str, Any]]

    @property
    def total(self) -> int:
        """How many findings the file has, listed or not."""
        return sum(self.counts.values())


def check_page(zone: Zone, listing: Listing) -> str:
    """Return check.html as text: counts, files with findings, map, findings by file, row accounts."""
    accounts = accounts_table(zone.accounts)
    return sealed(
        environment()
        .get_template("check.html.j2")
        .render(
            zone_name=zone.name,
            synthetic=zone.front.synthetic,
            severity=catalogue.load("check")["severity"],
            counts=listing.counts,
            total=listing.total,
            listed=len(listing.rows),
            files=[_file_part(listing, file) for file in listing.files],
            drawing=draw(zone, listing.rows),
            most_numbers=catalogue.load("check")["limits"]["numbers"],
            heads=list(accounts.columns),
            accounts=accounts.to_numpy().tolist(),
            unbalanced=_unbalanced(zone.accounts),
            weighty=_weighty(zone.findings),
            lacking=not_reported(zone.tables, zone.settings.periods),
            severity_words=SEVERITY,
        )
    )


def _weighty(findings: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the groups of findings in the order of their weight, accepted ones last."""
    parts = [grouped(findings[mask]) for mask in (findings["accepted"].isna(), findings["accepted"].notna())]
    groups = [one for part in parts for one in part.to_dict("records")]
    return [one | {key: "" for key in ("cell", "accepted") if pd.isna(one[key])} for one in groups]


def _file_part(listing: Listing, file: str) -> FilePart:
    kinds = listing.kinds[listing.kinds["file"] == file]
    return FilePart(
        label=source_label(file),
        titles="、".join(dict.fromkeys(title for title in kinds["title"] if title)),
        counts=listing.counts_of(file),
        rows=listing.of_file(file).to_dict("records"),
        kinds=kinds.astype({"number": "object"}).to_dict("records"),
    )


def _unbalanced(accounts: pd.DataFrame) -> list[str]:
    """Return the files whose rows read are not used, set aside or left out; there must be none."""
    parts = accounts["rows_used"] + accounts["rows_set_aside"] + accounts["rows_left_out"]
    wrong = accounts[accounts["rows_read"] != parts]
    return [f"{file}（{title}）" for file, title in zip(wrong["file"], table_titles(wrong["table"]), strict=True)]


# Texts from the bureau's files are data: never a formula, never a link.
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_format_properties": TYPE,
}
# Fixed, so that the same findings give the same bytes.
_CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001  (the file format knows no zone)


def check_workbook(zone: Zone, listing: Listing, *, beside: Path) -> bytes:
    """Return check.xlsx as bytes; links to source files are relative to the folder ``beside`` it is written to."""
    import xlsxwriter

    taken = sheet_names().values()
    marked, unread = marked_sheets(zone.folder, zone.settings.sources, listing, taken=taken)
    links = _links(zone.folder, listing, beside)
    grey = _unread_columns(zone)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        book.set_properties(
            {"title": kept(catalogue.load("check")["words"]["title"].format(zone=zone.name)), "created": _CREATED}
        )
        styles = Styles(book)
        write_summary(book, styles, listing, zone_name=zone.name, synthetic=zone.front.synthetic, unread=unread)
        write_findings(book, styles, listing, places=_places(marked), links=links)
        write_accounts(book, styles, accounts_table(zone.accounts))
        for one in marked:
            unread_there = grey.get((one.sheet.file, one.sheet.name), {})
            write_sheet(book, styles, one, listing, links=links, unread=unread_there)
    return buffer.getvalue()


def _unread_columns(zone: Zone) -> dict[tuple[str, str], dict[int, int]]:
    """Return, for each file and sheet, the positions of columns nobody took and the first row of their cells."""
    found: dict[tuple[str, str], dict[int, int]] = {}
    for account in zone.accounts.itertuples():
        for one in unread_columns(account):
            if one["column"]:
                # a layer is shown behind the numbers of its features
                at = position(one["column"]) + is_layer(account.file)
                found.setdefault((account.file, one["sheet"]), {})[at] = one["from"]
    return found


def _places(marked: Sequence[Marked]) -> dict[int, str]:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return {
        number: internal(one.title, xl_rowcol_to_cell(line, position or 0))
        for one in marked
        for number, (line, position) in one.places.items()
    }


def _links(folder: Path, listing: Listing, beside: Path) -> Mapping[int, str]:
    found = {}
    for one in listing.rows[listing.rows["file"] != ""].itertuples():
        cell = one.cell or ("" if pd.isna(one.row) else f"A{one.row}")
        found[int(one.number)] = external(folder / one.file, beside=beside, sheet=one.sheet, cell=cell)
    return {number: link for number, link in found.items() if link}
