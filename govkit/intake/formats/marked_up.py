"""Tables that systems export as web pages, web archives or XML spreadsheets under the name of a workbook."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Sequence

from lxml import etree, html

from govkit.intake.formats.number_formats import is_plain, shown
from govkit.intake.formats.package import SheetParts

# name, rows of values, facts
Sheet = tuple[str, list[list[object]], SheetParts]

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_MOST_SPAN = 1000
# what XML spreadsheets call their formats
_NAMED = {"Percent": "0.00%", "Fixed": "0.00", "Standard": "#,##0.00", "General Number": "General"}


def kind_of(raw: bytes) -> str:
    """Return "html", "mht", "xml" for what the first bytes of a text file announce, ``""`` for anything else.

    >>> kind_of(b"<html><table>"), kind_of(b"MIME-Version: 1.0"), kind_of("甲,乙".encode())
    ('html', 'mht', '')
    """
    head = raw[:4096].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = raw[:4096].decode("utf-16", "ignore").lstrip().lower().encode()
    if head.startswith(b"mime-version:") or (b"\nmime-version:" in head and b"multipart/related" in head):
        return "mht"
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head and b"<html" not in head:
        return "xml"
    return (
        "html" if re.match(rb"<(!doctype html|html|table|meta|head|body|style|div|\?xml[^>]*>\s*<html)", head) else ""
    )


def read_marked_up(raw: bytes, kind: str) -> list[Sheet]:
    """Return the tables of a page that holds values, or the sheets of an XML spreadsheet.

    Raises lxml.etree.LxmlError or ValueError for what cannot be read.
    """
    if kind == "xml":
        return _sheets_of_xml(raw)
    if kind == "mht":
        message = email.message_from_bytes(raw, policy=email.policy.default)
        pages = [part for part in message.walk() if part.get_content_type() == "text/html"]
        found = [bytes(part.get_payload(decode=True) or b"") for part in pages]
        # an archive of a workbook holds a frame page and a page for each sheet
        raw = max(found, key=lambda page: page.lower().count(b"<td"), default=b"")
    return _tables_of_page(raw)


def _tables_of_page(raw: bytes) -> list[Sheet]:
    declared = re.search(rb"charset\s*=\s*[\"']?([\w-]+)", raw[:4096])
    names = [declared[1].decode("ascii")] if declared else []
    text = _decoded(raw, [*names, "utf-8", "gb18030"])
    root = html.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    tables = [table for table in root.iter("table") if not any(True for _ in table.iterancestors("table"))]
    sheets = [_of_table(table) for table in tables]
    kept = [sheet for sheet in sheets if len(sheet[0]) > 1] or sheets
    many = len(kept) > 1
    return [(f"表{number}" if many else "", rows, parts) for number, (rows, parts) in enumerate(kept, start=1)]


def _decoded(raw: bytes, names: Sequence[str]) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    for name in names:
        try:
            return raw.decode("gb18030" if name.lower() in {"gb2312", "gbk"} else name)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("gb18030", "replace")


def _of_table(table: etree._Element) -> tuple[list[list[object]], SheetParts]:
    cells: dict[tuple[int, int], object] = {}
    taken: set[tuple[int, int]] = set()
    merged, struck, hidden = [], set(), []
    lines = [line for line in table.iter("tr") if next(line.iterancestors("table")) is table]
    for row, line in enumerate(lines):
        at = 0
        if re.search(r"display\s*:\s*none", line.get("style", "")):
            hidden.append(row)
        for cell in line.iterchildren("td", "th"):
            while (row, at) in taken:
                at += 1
            down, across = (min(_MOST_SPAN, max(1, _whole(cell.get(name)))) for name in ("rowspan", "colspan"))
            text = " ".join("".join(cell.itertext()).split())
            cells[row, at] = text
            taken |= {(row + r, at + c) for r in range(down) for c in range(across)}
            if down > 1 or across > 1:
                merged.append((row, at, min(row + down, len(lines)) - 1, at + across - 1))
            if (
                text
                and "".join("".join(one.itertext()) for one in cell.iter("s", "del", "strike")).split() == text.split()
            ):
                struck.add((row, at))
            at += across
    width = 1 + max((at for _, at in cells), default=-1)
    rows = [[cells.get((row, at)) for at in range(width)] for row in range(len(lines))]
    return rows, SheetParts(struck=frozenset(struck), hidden_rows=tuple(hidden), merged=tuple(merged))


def _whole(text: str | None) -> int:
    return int(text) if text and text.strip().isdigit() else 1


def _sheets_of_xml(raw: bytes) -> list[Sheet]:
    root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    formats, struck = {}, set()
    for style in root.iter(f"{_SS}Style"):
        for one in style.iter(f"{_SS}NumberFormat"):
            code = one.get(f"{_SS}Format", "")
            formats[style.get(f"{_SS}ID")] = _NAMED.get(code, code)
        if any(one.get(f"{_SS}StrikeThrough") == "1" for one in style.iter(f"{_SS}Font")):
            struck.add(style.get(f"{_SS}ID"))
    return [_of_worksheet(sheet, formats, struck) for sheet in root.iter(f"{_SS}Worksheet")]


def _of_worksheet(sheet: etree._Element, formats: dict[str | None, str], struck: set[str | None]) -> Sheet:
    rows: list[list[object]] = []
    merged, crossed, hidden, comments, failed = [], set(), [], {}, {}
    for line in sheet.iter(f"{_SS}Row"):
        rows += [[] for _ in range(max(0, _whole(line.get(f"{_SS}Index", str(len(rows) + 1))) - 1 - len(rows)))]
        values: list[object] = []
        row = len(rows)
        if line.get(f"{_SS}Hidden") == "1":
            hidden.append(row)
        for cell in line.iter(f"{_SS}Cell"):
            at = _whole(cell.get(f"{_SS}Index", str(len(values) + 1))) - 1
            values += [None] * (at - len(values))
            data = next(cell.iter(f"{_SS}Data"), None)
            style = cell.get(f"{_SS}StyleID")
            text = "" if data is None else "".join(data.itertext()).strip()
            kind = "" if data is None else data.get(f"{_SS}Type", "")
            values.append(_typed(text, kind, formats.get(style, "")))
            if kind == "Error":
                failed[row, at] = text
            if style in struck:
                crossed.add((row, at))
            said = ["".join(one.itertext()).strip() for one in cell.iter(f"{_SS}Comment")]
            if any(said):
                comments[row, at] = said[0]
            down, across = (_whole(cell.get(f"{_SS}{name}", "0")) for name in ("MergeDown", "MergeAcross"))
            if down or across:
                merged.append((row, at, row + down, at + across))
                values += [None] * across
        rows.append(values)
    parts = SheetParts(failed, {}, frozenset(crossed), {}, comments, tuple(hidden), merged=tuple(merged))
    return sheet.get(f"{_SS}Name", ""), rows, parts


def _typed(text: str, kind: str, code: str) -> object:
    if kind == "DateTime":
        return text.removesuffix(".000").removesuffix("T00:00:00").replace("T", " ")
    if kind != "Number" or not re.fullmatch(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", text):
        return text or None
    return shown(float(text), code) if code and not is_plain(code) else float(text)
