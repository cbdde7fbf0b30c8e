"""A binary workbook (.xlsb) of one sheet written record by record ([MS-XLSB]), for what no library here writes."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ERRORS = {"#DIV/0!": 0x07, "#N/A": 0x2A}
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/"


def record(kind: int, content: bytes = b"") -> bytes:
    """Return one record."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(content)
    while size > 0x7F:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return head + bytes([size]) + content


def wide(text: str) -> bytes:
    """Return a text behind its length."""
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _relations(links: Mapping[str, str]) -> str:
    lines = [
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(links.items(), start=1)
    ]
    return f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}relationships">{"".join(lines)}</Relationships>'


def _cell(row: int, column: int, value: object, style: int, formula: bool) -> bytes:
    head = struct.pack("<II", column, style)
    if value in ERRORS:
        return record(11 if formula else 3, head + bytes([ERRORS[str(value)]]) + bytes(10 if formula else 0))
    if isinstance(value, str):
        return record(6, head + wide(value))
    number = struct.pack("<d", float(value))  # type: ignore[arg-type]
    return record(9, head + number + bytes(10)) if formula else record(5, head + number)


def write(
    path: Path,
    rows: Sequence[Sequence[object]],
    *,
    formats: Sequence[str] = (),
    styles: Mapping[tuple[int, int], int] | None = None,
    formulas: Sequence[tuple[int, int]] = (),
    hidden_rows: Sequence[int] = (),
    hidden_columns: Sequence[int] = (),
    comments: Mapping[tuple[int, int], str] | None = None,
    fresh: bool = False,
    ruled: tuple[int, int, int, int] | None = None,
    newer: bool = False,
    head: str = "",
    hint: str = "",
) -> None:
    """Write rows; style 1 strikes out, those from 2 on are ``formats``, the last is white. Positions count from 0.

    ``newer``: the condition on ``ruled`` is one of Excel 2010, beside one that draws bars. ``head``: of printed pages.
    ``hint``: shown when A1 is entered.
    """
    white = record(43, struct.pack("<HH", 220, 0) + bytes(8) + b"\5\0\0\0\xff\xff\xff\xff" + bytes(4))
    fonts = record(43, struct.pack("<HH", 220, 0) + bytes(20)) + record(43, struct.pack("<HH", 220, 8) + bytes(20))
    fonts += white
    codes = b"".join(record(44, struct.pack("<H", 164 + i) + wide(code)) for i, code in enumerate(formats))
    cells = [(0, 0), (0, 1), *((164 + i, 0) for i in range(len(formats))), (0, 2)]
    own = b"".join(record(47, struct.pack("<HHH", 0, code, font) + bytes(10)) for code, font in cells)
    count = struct.pack("<I", len(formats))
    look = record(278) + record(615, count) + codes + record(616) + record(611, struct.pack("<I", 3)) + fonts
    look += record(612) + record(617, struct.pack("<I", len(cells))) + own + record(618) + record(279)
    width = max(map(len, rows))
    sheet = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1))
    for column in hidden_columns:
        sheet += record(390) + record(60, struct.pack("<IIIIH", column, column, 2000, 0, 1)) + record(391)
    sheet += record(145)
    for number, row in enumerate(rows):
        hidden = 0x10 if number in hidden_rows else 0
        sheet += record(0, struct.pack("<IIHBB", number, 0, 300, 0, hidden) + bytes(5))
        for at, value in enumerate(row):
            if value is not None:
                sheet += _cell(number, at, value, (styles or {}).get((number, at), 0), (number, at) in formulas)
    sheet += record(146)
    if head:
        sheet += record(479, bytes(2) + wide(head) + 5 * b"\xff\xff\xff\xff") + record(480)
    if hint:
        place = struct.pack("<II4I", 0, 1, 0, 0, 0, 0)
        sheet += record(573, bytes(18)) + record(64, place + 3 * wide("") + wide(hint) + bytes(8)) + record(574)
    if ruled and newer:
        place = struct.pack("<IIII4I", 2, 1, 0, 1, *ruled)
        bars = struct.pack("<IIII4I", 2, 1, 0, 1, 0, 9, 0, 0)
        sheet += record(1046, place + bytes(8)) + record(1048, bytes(40)) + record(1049) + record(1047)
        sheet += record(1046, bars + bytes(8)) + record(1048, bytes(40)) + record(1051) + record(1049) + record(1047)
    elif ruled:
        # a condition on first row, last row, first column, last column
        sheet += record(461, struct.pack("<III4I", 1, 0, 1, *ruled)) + record(
            463, struct.pack("<III", 1, 0, 0) + bytes(40)
        )
        sheet += record(464) + record(462)
    sheet += record(130)
    book = record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("台账")) + record(144)
    book += record(157, struct.pack("<IIIdIH", 0, 1, 100, 0.001, 1, int(fresh))) + record(132)
    said = record(628) + record(633)
    for (row_at, column), text in (comments or {}).items():
        place = struct.pack("<IIIII", 0, row_at, row_at, column, column)
        said += record(635, place + bytes(16)) + record(637, bytes(1) + wide(text)) + record(636)
    types = f'<Types xmlns="{_PACKAGE}content-types"><Default Extension="bin" ContentType="x/x"/></Types>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", _relations({"officeDocument": "xl/workbook.bin"}))
        links = {"worksheet": "worksheets/sheet1.bin", "styles": "styles.bin"}
        archive.writestr("xl/_rels/workbook.bin.rels", _relations(links))
        archive.writestr("xl/worksheets/_rels/sheet1.bin.rels", _relations({"comments": "../comments1.bin"}))
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/styles.bin", look)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
        archive.writestr("xl/comments1.bin", said + record(634) + record(629))
