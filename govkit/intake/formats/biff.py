"""Old .xls files record by record: failed formulas and hidden rows and columns, which their reader does not tell.

The layouts are Microsoft's published [MS-CFB] (the container) and [MS-XLS] (the records).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_END = 0xFFFFFFFA  # sector numbers from here on are marks, not sectors
_BOUNDSHEET, _EOF, _ROW, _COLINFO = 0x0085, 0x000A, 0x0208, 0x007D
_FORMULA, _BOOLERR = 0x0006, 0x0205
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_ROW_HIDDEN, _COLUMN_HIDDEN = 0x0020, 0x0001
_MOST_COLUMNS = 256
_SMALL = 64


@dataclass(frozen=True)
class Sheet:
    """Facts about one sheet; positions are counted from 0."""

    failed: Mapping[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()


def scan(raw: bytes) -> list[Sheet]:
    """Return the facts of every worksheet in the order of the workbook; an unknown or damaged file has none."""
    try:
        stream = _workbook_stream(raw)
        starts = [struct.unpack_from("<I", body)[0] for kind, body in _records(stream, 0) if kind == _BOUNDSHEET]
        return [_sheet(stream, start) for start in starts]
    except (struct.error, IndexError, ValueError):
        return []


def _workbook_stream(raw: bytes) -> bytes:
    """Return the stream "Workbook" of a compound file."""
    if raw[:4] != b"\xd0\xcf\x11\xe0":
        return b""
    size = 1 << struct.unpack_from("<H", raw, 30)[0]
    table = _allocation(raw, size)
    first_directory, least_size, first_small = (struct.unpack_from("<I", raw, at)[0] for at in (48, 56, 60))
    sectors = raw[size:]
    directory = _chain(sectors, size, table, first_directory)
    for at in range(0, len(directory) - 127, 128):
        name = directory[at : at + max(0, struct.unpack_from("<H", directory, at + 64)[0] - 2)]
        start, length = struct.unpack_from("<II", directory, at + 116)
        if name.decode("utf-16-le", "replace").lower() not in {"workbook", "book"}:
            continue
        if length >= least_size:
            return _chain(sectors, size, table, start)[:length]
        # short streams share the one that the root entry holds, in sectors of 64 bytes
        shared = _chain(sectors, size, table, struct.unpack_from("<I", directory, 116)[0])
        small = _chain(sectors, size, table, first_small)
        links = list(struct.unpack_from(f"<{len(small) // 4}I", small))
        return _chain(shared, _SMALL, links, start)[:length]
    return b""


def _allocation(raw: bytes, size: int) -> list[int]:
    """Return which sector follows each sector."""
    sectors = [one for one in struct.unpack_from("<109I", raw, 76) if one < _END]
    more, count = struct.unpack_from("<II", raw, 68)
    for _ in range(min(count, len(raw) // size)):
        if more >= _END:
            break
        listed = struct.unpack_from(f"<{size // 4}I", raw, (more + 1) * size)
        sectors += [one for one in listed[:-1] if one < _END]
        more = listed[-1]
    table: list[int] = []
    for sector in sectors:
        table += struct.unpack_from(f"<{size // 4}I", raw, (sector + 1) * size)
    return table


def _chain(sectors: bytes, size: int, table: list[int], start: int) -> bytes:
    """Return the sectors of a stream in their order."""
    parts: list[bytes] = []
    sector = start
    while sector < _END and len(parts) <= len(sectors) // size:
        parts.append(sectors[sector * size : (sector + 1) * size])
        sector = table[sector]
    return b"".join(parts)


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and body of every record of the substream that begins at ``start``."""
    at = start
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length
        if kind == _EOF:
            return


def _sheet(stream: bytes, start: int) -> Sheet:
    failed: dict[tuple[int, int], str] = {}
    rows: list[int] = []
    columns: list[int] = []
    for kind, body in _records(stream, start):
        if kind == _ROW and struct.unpack_from("<H", body, 12)[0] & _ROW_HIDDEN:
            rows.append(struct.unpack_from("<H", body)[0])
        elif kind == _COLINFO and struct.unpack_from("<H", body, 8)[0] & _COLUMN_HIDDEN:
            first, last = struct.unpack_from("<HH", body)
            columns += range(first, min(last + 1, _MOST_COLUMNS))
        elif kind in {_FORMULA, _BOOLERR} and (shown := _error(kind, body)):
            failed[struct.unpack_from("<HH", body)] = shown
    return Sheet(failed, tuple(rows), tuple(columns))


def _error(kind: int, body: bytes) -> str:
    """Return the error a cell shows, ``""`` for a value."""
    if kind == _BOOLERR:
        return _ERRORS.get(body[6], "#VALUE!") if body[7] else ""
    # a formula's result: the mark FFFF at its end and a 2 at its beginning say "error"
    wrong = body[12:14] == b"\xff\xff" and body[6] == 2
    return _ERRORS.get(body[8], "#VALUE!") if wrong else ""
