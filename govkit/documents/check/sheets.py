"""The source sheets in check.xlsx: rows as they stand at their own addresses, faulty cells coloured and commented."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.display.words.language import kept
from govkit.documents.check.files import Sheet, Source, read_sheets
from govkit.documents.check.listing import SEVERITY, Listing
from govkit.documents.check.styles import (
    Styles,
    column_width,
    comment_text,
    internal,
    row_height,
    sheet_title,
    units_wide,
)
from govkit.errors import SourceError

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_COMMENT = {"author": "govkit", "font_name": "宋体", "font_size": 10, "x_scale": 2.4}
# Of a comment 2.4 times the usual width: letters a line, and usual heights a line.
_COMMENT_LINE, _COMMENT_HEIGHT = 44, 0.24
# Letters across a sheet of paper that can still be read; a wider one is printed on several.
_WIDEST_ON_PAPER = 320
# Columns to the right of the file's own, with their widths.
_BESIDE = {"编号": 8, "问题与处理办法": 64, "原文件": 9}


@dataclass(frozen=True)
class Marked:
    """A source sheet to show: its ``title`` in check.xlsx and, by finding number, line and position of every mark."""

    sheet: Sheet
    title: str
    places: Mapping[int, tuple[int, int | None]]


def marked_sheets(
    folder: Path, sources: Mapping[str, Source], listing: Listing, *, taken: Iterable[str]
) -> tuple[list[Marked], dict[str, str]]:
    """Return every sheet that holds a listed finding, and file → reason for files that could not be read again.

    ``folder`` is the zone folder, ``taken`` are sheet names already used in the workbook.
    """
    names, marked, unread = list(taken), [], {}
    for (table, file), rows in listing.rows.groupby(["table", "file"], sort=False):
        placed = rows[(rows["row"].notna()) | (rows["column"] != "")]
        if table not in sources or placed.empty:
            continue
        try:
            sheets = read_sheets(folder, sources[table], file=file)
        except SourceError as error:
            unread[file] = error.what
            continue
        for sheet in sheets:
            places = _places(sheet, placed, alone=len(sheets) == 1)
            if places:
                stem = Path(file).stem
                title = sheet_title(stem if len(sheets) == 1 or not sheet.name else f"{stem}·{sheet.name}", names)
                names.append(title)
                marked.append(Marked(sheet, title, places))
    return marked, unread


def _places(sheet: Sheet, rows: pd.DataFrame, *, alone: bool) -> dict[int, tuple[int, int | None]]:
    mine = rows[(rows["sheet"] == sheet.name) | ((rows["sheet"] == "") & alone)]
    found = {}
    for one in mine.itertuples():
        row = None if pd.isna(one.row) else int(one.row)
        place = sheet.place(row=row, column=one.column, cell=one.cell)
        if place is not None:
            found[int(one.number)] = place
    return found


def write_sheet(
    book: Workbook,
    styles: Styles,
    marked: Marked,
    listing: Listing,
    *,
    links: Mapping[int, str],
    unread: Mapping[int, int] | None = None,
) -> None:
    """Write one source sheet.

    Rows keep their numbers and columns their letters; in a large sheet the rows between are hidden. To the right stand
    number, reason and what to do for each faulty row. ``links``: finding number → link into the original file.
    ``unread``: columns nobody took, and from which row on: their cells are grey.
    """
    page = book.add_worksheet(marked.title)
    sheet, places = marked.sheet, marked.places
    width = min(sheet.cells.shape[1], catalogue.load("check")["limits"]["columns"])
    findings = listing.rows.set_index("number").loc[list(places)]
    lines = sheet.shown([line for line, _ in places.values()], also=_mentioned(sheet, findings))
    wide = _cells(page, styles, sheet, lines, width, unread or {})
    _merge(page, styles, sheet, lines, width)
    _mark(page, styles, sheet, places, findings, width)
    _beside(page, styles, sheet, places, findings, width + 1, links)
    _set_up(page, sheet, lines, wide + sum(_BESIDE.values()))


def _mentioned(sheet: Sheet, findings: pd.DataFrame) -> list[int]:
    """Return the lines that reasons speak of, such as the row a faulty one repeats: both have to be seen."""
    rows = findings["reason"].str.findall(catalogue.load("check")["words"]["mentioned"]).explode().dropna()
    return [int(row) - 1 + sheet.shift for row in rows.unique()]


def _cells(
    page: Worksheet, styles: Styles, sheet: Sheet, lines: np.ndarray, width: int, unread: Mapping[int, int]
) -> int:
    """Write the cells of the lines shown and return how wide their columns are together."""
    plain, head = (
        styles(num_format="@"),
        styles(num_format="@", bold=True, bg_color="#EEF1F4", text_wrap=True, border=1),
    )
    grey = styles(num_format="@", **catalogue.load("check")["unread"])
    # a title merged across columns says nothing about the width of the first
    across = {(top, left) for top, left, _, right in sheet.merged if right > left}
    together = 0
    for position in range(width):
        column = sheet.cells.iloc[lines, position]
        sample = [text for line, text in zip(lines[:200], column, strict=False) if (line, position) not in across]
        wide = column_width(filter(_is_text, sample), most=30)
        together += wide
        page.set_column(position, position, wide, plain)
        below = grey if position in unread else plain
        start = unread.get(position, 1) - 1 + sheet.shift
        for line, text in zip(lines.tolist(), column.tolist(), strict=True):
            if isinstance(text, str):
                style = head if line < sheet.header_end else below if line >= start else plain
                page.write_string(line, position, text, style)
    return together


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _merge(page: Worksheet, styles: Styles, sheet: Sheet, lines: np.ndarray, width: int) -> None:
    """Merge what is merged in the file, as far as it is shown whole and no two ranges meet."""
    shown = set(lines.tolist())
    done: set[tuple[int, int]] = set()
    for top, left, bottom, right in sheet.merged:
        cells = {(line, at) for line in range(top, bottom + 1) for at in range(left, right + 1)}
        if len(cells) < 2 or right >= width or not shown.issuperset(range(top, bottom + 1)) or cells & done:
            continue
        done |= cells
        text = sheet.cells.iat[top, left]
        head = {"bold": True, "border": 1, "bg_color": "#EEF1F4"} if top < sheet.header_end else {}
        style = styles(num_format="@", align="center", valign="vcenter", text_wrap=True, **head)
        page.merge_range(top, left, bottom, right, "", style)
        page.write_string(top, left, text if isinstance(text, str) else "", style)


def _mark(
    page: Worksheet,
    styles: Styles,
    sheet: Sheet,
    places: Mapping[int, tuple[int, int | None]],
    findings: pd.DataFrame,
    width: int,
) -> None:
    """Colour faulty cells, tint rows faulty as a whole, and say in a comment why and what to do."""
    by_place: dict[tuple[int, int | None], list[int]] = defaultdict(list)
    for number, place in places.items():
        by_place[place].append(number)
    comments: dict[tuple[int, int], list[int]] = defaultdict(list)
    # whole rows first, so that a marked cell in such a row keeps its own colour
    for (line, position), numbers in sorted(by_place.items(), key=lambda item: item[0][1] is not None):
        worst = min((findings.at[number, "severity"] for number in numbers), key=list(SEVERITY).index)
        at = position if position is not None else _first_filled(sheet, line)
        if position is None:
            _colour(page, sheet, line, range(width), styles.tinted(worst))
        if at < width:
            _colour(page, sheet, line, [at], styles.marked(worst))
            comments[line, at] += numbers
    for (line, at), numbers in comments.items():
        text = comment_text("\n".join(_explained(findings.loc[number], number) for number in sorted(numbers)))
        lines = sum(1 + units_wide(part) // _COMMENT_LINE for part in text.split("\n"))
        page.write_comment(line, at, text, {**_COMMENT, "y_scale": max(0.8, _COMMENT_HEIGHT * (lines + 0.5))})


def _colour(page: Worksheet, sheet: Sheet, line: int, positions: Iterable[int], style: Format) -> None:
    for position in positions:
        text = sheet.cells.iat[line, position]
        if isinstance(text, str):
            page.write_string(line, position, text, style)
        else:
            page.write_blank(line, position, None, style)


def _first_filled(sheet: Sheet, line: int) -> int:
    filled = np.flatnonzero(sheet.cells.iloc[line].notna())
    return int(filled[0]) if len(filled) else 0


def _explained(finding: pd.Series, number: int) -> str:
    words = {"label": SEVERITY[finding["severity"]], "reason": finding["reason"], "todo": finding["todo"]}
    told = {key: kept(text) for key, text in words.items()}
    return kept(catalogue.load("check")["words"]["explained"]).format(number=number, **told)


def _beside(
    page: Worksheet,
    styles: Styles,
    sheet: Sheet,
    places: Mapping[int, tuple[int, int | None]],
    findings: pd.DataFrame,
    at: int,
    links: Mapping[int, str],
) -> None:
    """Write number (leading back to the list), reason and original file to the right of each faulty row."""
    for column, (name, wide) in enumerate(_BESIDE.items(), start=at):
        page.set_column(column, column, wide)
        page.write_string(max(0, sheet.header_end - 1), column, kept(name), styles.head)
    by_line: dict[int, list[int]] = defaultdict(list)
    for number, (line, _) in places.items():
        by_line[line].append(number)
    for line, numbers in by_line.items():
        if line < sheet.header_end:
            continue
        numbers = sorted(numbers)
        shown = "、".join(map(str, numbers))
        page.write_url(
            line, at, internal(catalogue.load("check")["sheets"]["findings"], f"A{numbers[0] + 1}"), styles.link, shown
        )
        text = "\n".join(_explained(findings.loc[number], number) for number in numbers)
        page.write_string(line, at + 1, text, styles.body)
        page.set_row(line, row_height({text: _BESIDE["问题与处理办法"]}))
        if numbers[0] in links:
            page.write_url(line, at + 2, links[numbers[0]], styles.link, kept(catalogue.load("check")["words"]["open"]))


def _set_up(page: Worksheet, sheet: Sheet, lines: np.ndarray, wide: int) -> None:
    if len(lines) < len(sheet.cells):
        # rows not written are hidden, so that those shown keep the numbers they have in the file
        page.set_default_row(hide_unused_rows=True)
    if 0 < sheet.header_end <= 6:
        page.freeze_panes(sheet.header_end, 0)
        page.repeat_rows(0, sheet.header_end - 1)
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    page.set_landscape()
    page.set_paper(9)
    if wide <= _WIDEST_ON_PAPER:
        page.fit_to_pages(1, 0)
    page.print_row_col_headers()
    page.set_footer(catalogue.load("check")["words"]["footer"])
