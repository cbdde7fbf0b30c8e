"""Tables that systems export as web pages, web archives or XML spreadsheets under the name of a workbook."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree, html

from govkit.intake.formats.number_formats import is_plain
from govkit.intake.formats.package import RAISED_DIGITS, Place, SheetParts
from govkit.intake.formats.styles import Colour, is_unseen, rgb
from govkit.intake.values.quantities import units_in_title

# name, rows of values, facts
Sheet = tuple[str, list[list[object]], SheetParts]

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_MOST_SPAN = 1000
# where a table stands among the texts of a page
_HERE = "\0"
_FIXED_BLANKS = "\xa0\u3000"
# elements and attributes that say what declarations say
_TAGS = dict.fromkeys(("s", "del", "strike"), "text-decoration:line-through") | {
    "comment": "--comment:1", "sup": "vertical-align:super", "sub": "vertical-align:sub",
}  # fmt: skip
_OLD_STYLES = {"color": "color", "bgcolor": "background"}
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
    outer = (table for table in root.iter("table") if next(table.iterancestors("table"), None) is None)
    tables = [table for one in outer for table in _of_data(one)]
    # declarations by the names of elements and classes to which they apply
    sheet = "".join("".join(style.itertext()) for style in root.iter("style"))
    rules = {
        re.sub(r"^.*(?=\.)", "", name.strip()): body
        for names, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"<!--|-->|/\*.*?\*/", "", sheet, flags=re.S))
        for name in names.split(",")
    }
    kept = [table for table in tables if sum(True for _ in table.iter("tr")) > 1] or tables
    texts = [" ".join(text.split()) for text in _texts_outside(root, kept)]
    first = texts.index(_HERE) if _HERE in texts else 0
    above, below = (
        [one for one in dict.fromkeys(part) if units_in_title(one)] for part in (texts[:first], texts[first:])
    )
    # what stands above the first table is its title, in rows of its own as spreadsheets open it
    found = [_of_table(table, rules, () if number else above) for number, table in enumerate(kept)]
    if found:
        found[0][1].outside = below
    many = len(kept) > 1
    return [(f"表{number}" if many else "", rows, parts) for number, (rows, parts) in enumerate(found, start=1)]


def _of_data(table: etree._Element) -> list[etree._Element]:
    """Return a table, or those within it where it only lays them out: one of them has more cells than it has itself."""
    inner = [one for one in table.iterdescendants("table") if next(one.iterancestors("table")) is table]
    own = sum(next(cell.iterancestors("table")) is table for cell in table.iter("td", "th"))
    if all(sum(1 for _ in one.iter("td", "th")) <= own for one in inner):
        return [table]
    return [data for one in inner for data in _of_data(one)]


def _texts_outside(node: etree._Element, tables: Sequence[etree._Element]) -> Iterator[str]:
    """Yield the texts of a page that stand in none of its tables, and a sign for each of these."""
    if node in tables:
        yield _HERE
    if node in tables or node.tag in {"style", "script"} or not isinstance(node.tag, str):
        return
    yield node.text or ""
    for child in node:
        yield from _texts_outside(child, tables)
        yield child.tail or ""


def _decoded(raw: bytes, names: Sequence[str]) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    for name in names:
        try:
            return raw.decode("gb18030" if name.lower() in {"gb2312", "gbk"} else name)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("gb18030", "replace")


def _of_table(
    table: etree._Element, rules: Mapping[str, str], above: Sequence[str]
) -> tuple[list[list[object]], SheetParts]:
    cells: dict[tuple[int, int], object] = {(row, 0): text for row, text in enumerate(above)}
    taken: set[tuple[int, int]] = set()
    columns, parts = list[bool](), SheetParts()
    for column in table.iter("col"):
        columns += [_look(_style(column, rules)).hidden] * min(_MOST_SPAN, max(1, _whole(column.get("span"))))
    lines = [line for line in table.iter("tr") if next(line.iterancestors("table")) is table]
    for row, line in enumerate(lines, start=len(above)):
        at, style = 0, _style(table, rules) + _style(line, rules)
        if _look(style).hidden:
            parts.hidden_rows.append(row)
        for cell in line.iterchildren("td", "th"):
            while (row, at) in taken:
                at += 1
            down, across = (min(_MOST_SPAN, max(1, _whole(cell.get(name)))) for name in ("rowspan", "colspan"))
            cells[row, at] = _said(parts, (row, at), list(_runs(cell, style, rules)))
            taken |= {(row + r, at + c) for r in range(down) for c in range(across)}
            if down > 1 or across > 1:
                parts.merged.append((row, at, min(row + down, len(above) + len(lines)) - 1, at + across - 1))
            at += across
    width = 1 + max((at for _, at in cells), default=-1)
    rows = [[cells.get((row, at)) for at in range(width)] for row in range(len(above) + len(lines))]
    parts.hidden_columns = [at for at, is_hidden in enumerate(columns) if is_hidden]
    parts.unseen = {place for place in parts.unseen if place[0] not in parts.hidden_rows}
    return rows, parts


def _said(parts: SheetParts, place: Place, runs: Sequence[tuple[str, str]]) -> str:
    """Add to a sheet's facts what the runs of a cell are, and return their text; fixed blanks stay before it."""
    looks = [(text, _look(style)) for text, style in runs if text.strip()]
    looks = [(text.translate(RAISED_DIGITS) if look.raised else text, look) for text, look in looks]
    said = [(text, look) for text, look in looks if not look.beside]
    note = _tidy(" ".join(text for text, look in looks if look.beside))
    whole, left = (_tidy("".join(text for text, look in said if every or not look.struck)) for every in (True, False))
    parts.comments |= {place: note} if note else {}
    parts.struck |= {place} if whole and not left else set()
    parts.partly |= {place: left} if left and left != whole else {}
    parts.raised |= {place: whole} if any(look.raised for _, look in said) else {}
    parts.unseen |= {place} if any(look.unseen or look.hidden for _, look in said) else set()
    depth = max((look.depth for _, look in said), default=0)
    parts.depths |= {place: depth} if depth else {}
    return whole


def _tidy(text: str) -> str:
    words = " ".join(text.split())
    return "".join(one for one in text[: len(text) - len(text.lstrip())] if one in _FIXED_BLANKS) + words


def _runs(node: etree._Element, style: str, rules: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the texts of an element, each with all that is declared of how it looks."""
    if not isinstance(node.tag, str):
        return
    style += _style(node, rules)
    yield node.text or "", style
    for child in node:
        yield from _runs(child, style, rules)
        yield child.tail or "", style


def _style(node: etree._Element, rules: Mapping[str, str]) -> str:
    said = [rules.get(node.tag, ""), *(rules.get(f".{name}", "") for name in node.get("class", "").split())]
    said += [f"{name}:{value}" for key, name in _OLD_STYLES.items() if (value := node.get(key))]
    return ";".join(filter(None, [*said, _TAGS.get(node.tag, ""), node.get("style", "")])).lower() + ";"


@dataclass(frozen=True)
class _Look:
    """What declarations do to a text: strike out, hide, print on paper of its own colour, set in, raise or lower."""

    struck: bool
    hidden: bool
    unseen: bool
    depth: int
    beside: bool
    raised: bool


@lru_cache(maxsize=4096)
def _look(style: str) -> _Look:
    def last(names: str) -> str:
        return (re.findall(rf"(?:^|;)\s*(?:{names})\s*:\s*([^;]+)", style) or [""])[-1].strip()

    types, paper = _web_colour(last("color") or "black"), _web_colour(last("background(?:-color)?") or "white")
    depth = re.match(r"[\d.]+", last("padding-left|text-indent|mso-char-indent-count"))
    hidden = "none" in last("display") or last("visibility") == "hidden" or last("width") in {"0", "0px", "0pt"}
    return _Look(
        "line-through" in style, hidden, is_unseen(types, paper), round(float(depth[0])) if depth else 0,
        "--comment" in style, last("vertical-align") in {"super", "sub"},
    )  # fmt: skip


def _web_colour(text: str) -> Colour | None:
    named = {"white": "ffffff", "windowtext": "000000", "black": "000000", "transparent": "ffffff", "none": "ffffff"}
    parts = re.findall(r"\d+", text) if text.startswith("rgb") else []
    short = re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])", text)
    hexes = "".join(one * 2 for one in short.groups()) if short else named.get(text, text)
    return rgb("".join(f"{min(255, int(one)):02x}" for one in parts[:3]) or hexes)


def _whole(text: str | None) -> int:
    return int(text) if text and text.strip().isdigit() else 1


def _sheets_of_xml(raw: bytes) -> list[Sheet]:
    root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    styles: dict[str, dict[str, str]] = {}
    for style in root.iter(f"{_SS}Style"):
        said = {key: value for one in style for key, value in one.attrib.items()}
        # the colours of type and paper are both called so
        said |= {etree.QName(one).localname: one.get(f"{_SS}Color", "") for one in style if isinstance(one.tag, str)}
        styles[style.get(f"{_SS}ID", "")] = styles.get(style.get(f"{_SS}Parent", "Default"), {}) | said
    return [_of_worksheet(sheet, styles) for sheet in root.iter(f"{_SS}Worksheet")]


def _of_worksheet(sheet: etree._Element, styles: Mapping[str, Mapping[str, str]]) -> Sheet:
    rows: list[list[object]] = []
    parts = SheetParts()
    columns: dict[int, etree._Element] = {}
    for column in sheet.iter(f"{_SS}Column"):
        first = _whole(column.get(f"{_SS}Index", str(max(columns, default=-1) + 2))) - 1
        span = min(_MOST_SPAN, _whole(column.get(f"{_SS}Span", "0")))
        columns |= dict.fromkeys(range(first, first + span + 1), column)
    for line in sheet.iter(f"{_SS}Row"):
        rows += [[] for _ in range(max(0, _whole(line.get(f"{_SS}Index", str(len(rows) + 1))) - 1 - len(rows)))]
        values: list[object] = []
        row = len(rows)
        if line.get(f"{_SS}Hidden") == "1":
            parts.hidden_rows.append(row)
        for cell in line.iter(f"{_SS}Cell"):
            at = _whole(cell.get(f"{_SS}Index", str(len(values) + 1))) - 1
            values += [None] * (at - len(values))
            data = next(cell.iter(f"{_SS}Data"), None)
            holders = [one for one in (cell, line, columns.get(at)) if one is not None]
            style = styles.get(next(filter(None, (one.get(f"{_SS}StyleID") for one in holders)), "Default"), {})
            text = "" if data is None else "".join(data.itertext()).strip()
            kind = "" if data is None else data.get(f"{_SS}Type", "")
            code = _NAMED.get(code := style.get(f"{_SS}Format", ""), code)
            values.append(_typed(text, kind))
            parts.formats |= {(row, at): code} if code and not is_plain(code) else {}
            if kind == "Error":
                parts.failed[row, at] = text
            _said(parts, (row, at), _runs_of_data(data, style))
            said = ["".join(one.itertext()).strip() for one in cell.iter(f"{_SS}Comment")]
            if any(said):
                parts.comments[row, at] = said[0]
            down, across = (_whole(cell.get(f"{_SS}{name}", "0")) for name in ("MergeDown", "MergeAcross"))
            if down or across:
                parts.merged.append((row, at, row + down, at + across))
                values += [None] * across
        rows.append(values)
    # ranges are said by row and column: R2C1:R9C1
    rules = [one for one in sheet.iter("{*}Range") if "ConditionalFormatting" in one.getparent().tag]
    parts.looks = [(one.text or "", "unread") for one in rules]
    parts.hidden_columns = [at for at, column in columns.items() if column.get(f"{_SS}Hidden") == "1"]
    return sheet.get(f"{_SS}Name", ""), rows, parts


def _runs_of_data(data: etree._Element | None, style: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the texts of a cell with what its style and their own elements declare."""
    struck = "text-decoration:line-through;" if style.get(f"{_SS}StrikeThrough") == "1" else ""
    base = f"{struck}color:{style.get('Font') or 'black'};background:{style.get('Interior') or 'white'};".lower()
    base += f"text-indent:{style.get(f'{_SS}Indent', '0')};"
    if data is None:
        return []
    runs = [(data.text or "", base)]
    for node in (one for one in data.iter() if one is not data and isinstance(one.tag, str)):
        tags = {etree.QName(up).localname.lower() for up in (node, *node.iterancestors())}
        inner = "".join(f"{_TAGS[tag]};" for tag in ("s", "sup", "sub") if tag in tags)
        colour = next((value for key, value in node.attrib.items() if key.endswith("Color")), "")
        runs += [
            (node.text or "", base + inner + (f"color:{colour};".lower() if colour else "")),
            (node.tail or "", base),
        ]
    return runs


def _typed(text: str, kind: str) -> object:
    if kind == "DateTime":
        return text.removesuffix(".000").removesuffix("T00:00:00").replace("T", " ")
    if kind != "Number" or not re.fullmatch(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", text):
        return text or None
    return float(text)
