"""check.xlsx: the list of findings, the row accounts, and every faulty sheet as it stands, faulty cells marked."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from govkit import catalogue
from govkit.display.words.language import kept
from govkit.documents.check.files import is_layer
from govkit.documents.check.links import external, internal
from govkit.documents.check.listing import Listing, accounts_table
from govkit.documents.check.lists import sheet_names, write_accounts, write_findings, write_summary
from govkit.documents.check.sheets import Marked, marked_sheets, write_sheet
from govkit.documents.check.spoken import unread_columns
from govkit.documents.check.styles import TYPE, Styles
from govkit.intake.formats.package import position
from govkit.zone.zone import Zone

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
