"""Excel 5.0 to 2003 workbooks (.xls): values as shown, code pages, formats, comments, text boxes and what is hidden."""

from __future__ import annotations

import io
import struct
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from govkit.intake.formats.number_formats import is_plain
from govkit.intake.formats.package import RAISED_DIGITS, SheetParts, stating_units
from govkit.intake.formats.styles import BLACK, WHITE, is_unseen
from govkit.intake.sheets.grid import range_name

_TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR = 1, 2, 3, 4, 5
# records that begin and end a part and rules about looks, older and newer ([MS-XLS] 2.3)
_BEGIN, _END, _RANGE, _RULE, _RANGE_12, _RULE_12 = 0x809, 0x0A, 0x1B0, 0x1B1, 0x879, 0x87A
# records of shapes and their text, which goes on in others; the kinds that are comments and boxes (2.4.181, 2.4.329)
_SHAPE, _TEXT_OF_SHAPE, _GOES_ON, _COMMENT, _BOX = 0x5D, 0x1B6, 0x3C, 0x19, 6
# before Excel 97: where a box says how long its macro, name and text are, and where these begin
_SIZES, _AFTER_SIZES = (26, 30, 44), 70
# head and foot of the printed page, what is shown when a cell is entered; the first version with wide texts
_HEAD, _FOOT, _HINT, _EXCEL_97 = 0x14, 0x15, 0x1BE, 6
# conditions of newer rules that are no bars, colours or icons
_GIVE_LOOKS = (1, 2, 5)


def read_old_workbook(raw: bytes) -> list[tuple[str, bool, list[list[object]], SheetParts]]:
    """Return name, whether hidden, rows of values and facts of every sheet.

    Raises ValueError for a damaged file. Nothing is computed or run.
    """
    import xlrd

    try:
        with xlrd.open_workbook(file_contents=raw, formatting_info=True, logfile=io.StringIO()) as book:
            beside = _beside(raw, book.encoding or "cp936")
            return [
                (sheet.name, sheet.visibility != 0, *_sheet(book, sheet, *beside[begin - book.base]))
                for begin, sheet in zip(book._sh_abs_posn, book.sheets(), strict=True)
            ]
    except Exception as error:
        # a damaged file makes it raise anything
        raise ValueError(str(error)) from None


def _sheet(
    book: Any, sheet: Any, looks: list[tuple[str, str]], outside: list[str]
) -> tuple[list[list[object]], SheetParts]:
    rows: list[list[object]] = []
    late = bool(book.datemode)
    parts = SheetParts(
        looks=looks, outside=outside, late=late, merged=[(a, c, b - 1, d - 1) for a, b, c, d in sheet.merged_cells]
    )
    parts.comments = {place: note.text.strip() for place, note in sheet.cell_note_map.items() if note.text.strip()}
    parts.hidden_rows, parts.hidden_columns = _hidden(sheet.rowinfo_map.items()), _hidden(sheet.colinfo_map.items())
    for place, runs in sheet.rich_text_runlist_map.items():
        text, ends = str(sheet.cell_value(*place)), [*(at for at, _ in runs[1:]), None]
        marks = zip(runs, ends, strict=True)
        shown = [
            text[at:end].translate(RAISED_DIGITS if book.font_list[font].escapement else {})
            for (at, font), end in marks
        ]
        parts.raised |= {place: text[: runs[0][0]] + "".join(shown)} if runs else {}
    for row in range(sheet.nrows):
        rows.append([_value(book, sheet.cell(row, at)) for at in range(sheet.row_len(row))])
        for at in range(sheet.row_len(row)):
            cell = sheet.cell(row, at)
            if cell.ctype == _ERROR:
                parts.failed[row, at] = _error(cell.value)
            elif cell.ctype in {_TEXT, _NUMBER, _DATE} and cell.xf_index is not None:
                style = book.xf_list[cell.xf_index]
                code = book.format_map[style.format_key].format_str if style.format_key in book.format_map else ""
                if cell.ctype == _NUMBER and code and not is_plain(code):
                    parts.formats[row, at] = code
                if book.font_list[style.font_index].struck_out:
                    parts.struck.add((row, at))
                if _is_unseen(book, style):
                    parts.unseen.add((row, at))
                if depth := style.alignment.indent_level:
                    parts.depths[row, at] = depth
    return rows, parts


def _beside(raw: bytes, encoding: str) -> dict[int, tuple[list[tuple[str, str]], list[str]]]:
    """Return by where a sheet begins in its stream the ranges a condition may give a look, and what stands outside.

    That is in text boxes, and in heads, feet and hints that state a unit.
    """
    from xlrd.compdoc import SIGNATURE, CompDoc

    stream = CompDoc(raw, logfile=io.StringIO()).get_named_stream("Workbook") or b"" if raw[:8] == SIGNATURE else raw
    at = depth = begin = 0
    area, shape, left, text, newer = "", 0, 0, "", True
    found: dict[int, tuple[list[tuple[str, str]], list[str]]] = defaultdict(lambda: ([], []))
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        # charts are parts within a sheet
        begin = at if kind == _BEGIN and not depth else begin
        newer = stream[at + 5] >= _EXCEL_97 if kind == _BEGIN and size > 1 else newer
        depth += (kind == _BEGIN) - (kind == _END)
        if kind in {_RANGE, _RANGE_12}:
            top, bottom, left, right = struct.unpack_from("<HHHH", stream, at + 8)
            area = range_name(top, left, bottom, right)
        elif kind == _RULE or (kind == _RULE_12 and stream[at + 16] in _GIVE_LOOKS):
            found[begin][0].append((area, "unread"))
        elif kind in {_HEAD, _FOOT} and size:
            found[begin][1].extend(stating_units([_said(stream, at + 4, newer, encoding)[0]]))
        elif kind == _HINT:
            said, end = [], at + 8
            for _ in range(3):
                text, end = _said(stream, end, newer, encoding)
                said.append(text)
            found[begin][1].extend(stating_units([said[0], said[2]]))
            text = ""
        elif kind == _SHAPE:
            shape = struct.unpack_from("<H", stream, at + 8)[0]
            if shape == _BOX and not newer:
                found[begin][1].append(_in_box(stream[at + 4 : at + 4 + size], encoding))
        elif kind == _TEXT_OF_SHAPE:
            left, text = struct.unpack_from("<H", stream, at + 14)[0], ""
        elif kind == _GOES_ON and left:
            text += stream[at + 5 : at + 4 + size].decode("utf-16-le" if stream[at + 4] & 1 else "latin-1")
            left = max(0, left - (size - 1) // (1 + (stream[at + 4] & 1)))
            if not left and text.strip() and shape != _COMMENT:
                found[begin][1].append(text.strip())
        at += 4 + size
    return found


def _said(stream: bytes, at: int, newer: bool, encoding: str) -> tuple[str, int]:
    """Return a text that begins with its length, and where it ends (2.5.294; before Excel 97 in its encoding)."""
    if not newer:
        return stream[at + 1 : at + 1 + stream[at]].decode(encoding, "replace"), at + 1 + stream[at]
    count, width = int.from_bytes(stream[at : at + 2], "little"), 1 + (stream[at + 2] & 1)
    end = at + 3 + count * width
    return stream[at + 3 : end].decode("utf-16-le" if width == 2 else "latin-1", "replace"), end


def _in_box(box: bytes, encoding: str) -> str:
    """Return the text of a text box before Excel 97, or that it has one where it cannot be read."""
    macro, name, count = (int.from_bytes(box[at : at + 2], "little") for at in _SIZES)
    # a name begins with its length and ends on an even place
    start = _AFTER_SIZES + macro + (name + 2 - name % 2 if name else 0)
    return box[start : start + count].decode(encoding, "replace").strip("\r\n \0") or "文本框（文字未能读出）"


def _is_unseen(book: Any, style: Any) -> bool:
    """Whether type has the colour of its fill; numbers without a colour are the window's own."""
    background = style.background
    paper = book.colour_map.get(background.pattern_colour_index) or WHITE if background.fill_pattern == 1 else WHITE
    printed = book.colour_map.get(book.font_list[style.font_index].colour_index) or BLACK
    return background.fill_pattern < 2 and is_unseen(printed, paper)


def _hidden(infos: Iterable[tuple[int, Any]]) -> list[int]:
    return sorted(at for at, info in infos if info.hidden)


def _value(book: Any, cell: Any) -> object:
    import xlrd

    match cell.ctype:
        case 1 | 2:
            return cell.value
        case 3:
            try:
                return xlrd.xldate_as_datetime(cell.value, book.datemode)
            except (ValueError, OverflowError, xlrd.xldate.XLDateError):
                return cell.value
        case 4:
            return bool(cell.value)
        case _:
            return None


def _error(code: int) -> str:
    import xlrd

    return str(xlrd.error_text_from_code.get(code, "#VALUE!"))
