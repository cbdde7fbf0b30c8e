"""What the public edition does not hold, cell by cell: a workbook beside the internal edition, and as private."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import xlsxwriter

from govkit import catalogue
from govkit.files import write_whole
from govkit.zone.editions import differences
from govkit.zone.settings import read_zone_settings
from govkit.zone.small_numbers import protected
from govkit.zone.zone import Zone

# Fixed, so that the same tables give the same bytes.
_CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001  (the file format knows no zone)
_WIDTHS = ((24, 60, 8), (14, 15, 18, 18, 30, 14, 16, 16))


def write_left_out(zone: Zone, folder: Path) -> Path:
    """Write what the public edition of an open internal one does not hold, and return the path."""
    words = catalogue.load("editions")["words"]
    settings = read_zone_settings(zone.folder)
    public, told = protected(zone.tables, settings)
    titles, sections = catalogue.load("tables"), catalogue.load("sections")["titles"]
    summary = [[titles[one.table]["title"], one.reason, int(one.value)] for one in told.itertuples()]
    summary += [[sections[name], words["sections"], ""] for name in settings.front.public_without]
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": words["list_title"], "created": _CREATED})
    bold, head = book.add_format({"bold": True, "font_size": 13}), book.add_format({"bold": True, "bottom": 1})
    sheets = (
        (words["summary"], words["summary_heads"], [*summary, *words["always"]]),
        (words["cells"], words["list_heads"], differences(zone.tables, public)),
    )
    for (name, heads, rows), widths in zip(sheets, _WIDTHS, strict=True):
        sheet = book.add_worksheet(name)
        sheet.set_header(f"&R{zone.front.edition}")
        sheet.write_string(0, 0, f"{zone.name} {words['list_title']}（{zone.front.edition}）", bold)
        sheet.write_string(1, 0, words["list_note"])
        for at, row in enumerate([heads, *rows], start=3):
            for column, value in enumerate(row):
                plain = float(value) if isinstance(value, int | float) else str(value)
                sheet.write(at, column, plain, *([head] if at == 3 else []))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(4, 0)
    book.close()
    return write_whole(folder / words["list_file"], out.getvalue())
