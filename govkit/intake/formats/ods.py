"""What an OpenDocument spreadsheet says that its reader does not: by namespace, whatever wrote it.

Failed formulas, hidden and struck-out cells, number formats, conditional looks, comments, merged ranges and how far a
sheet reaches. The format is OASIS OpenDocument 1.3, parts 3 (8.1 tables, 16 styles).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from govkit.intake.formats.number_formats import is_plain
from govkit.intake.formats.package import MOST_NAMED, NOT_COMPUTED, RAISED_DIGITS, Place, SheetParts, stream
from govkit.intake.formats.styles import BLACK, WHITE, is_unseen, rgb
from govkit.intake.sheets.grid import range_name

_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_FO = "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0 "
_DRAW = f"{_SPACE}drawing:1.0 "
_TABLE, _OFFICE, _TEXT, _STYLE, _NUMBER = (
    f"{_SPACE}{name}:1.0 " for name in ("table", "office", "text", "style", "datastyle")
)
# a sheet's name before each end of a range
_SHEET_NAME = re.compile(r"\$?(?:'(?:[^']|'')*'|[^\s:.']*)\.")
_POINTS = {"in": 72, "cm": 72 / 2.54, "mm": 72 / 25.4}
_ERROR = re.compile(r"#[A-Z/0]+[!?]|#N/A|Err:[0-9]+")
# what a number format is made of
_FORMATS = ("number-style", "percentage-style", "currency-style")
# styles that inherit from each other go no deeper
_MOST_PARENTS = 20


def read_parts(path: Path, names: list[str]) -> dict[str, SheetParts]:
    """Return the facts of every sheet of an .ods; a damaged file raises what zipfile and the XML parsers raise."""
    with zipfile.ZipFile(path) as archive:
        held = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
        parts = [archive.read(held[name]) for name in ("styles.xml", "content.xml") if name in held]
    if not parts:
        return {}
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    styles = _Styles.of([etree.fromstring(_without_body(part), parser) for part in parts])
    read = _Content(styles)
    stream(parts[-1], read.start, read.end, read.characters)
    return {name: sheet.facts() for name, sheet in read.sheets.items() if name in names}


def _without_body(xml: bytes) -> bytes:
    """Return a part up to its body, closed: styles stand before it, and a long body need not be held as a tree."""
    found = re.search(rb"<(?:([^\s<>:/]+):)?body[\s>]", xml)
    if not found:
        return xml
    root = re.search(rb"<([^\s<>?!/]+)[\s>]", xml)
    return xml[: found.start()] + (b"</" + root[1] + b">" if root else b"")


@dataclass(frozen=True)
class _Styles:
    """By the name of a style: number formats that change what is seen, which styles strike out, hide, raise or lower.

    ``depths``: how far in its text stands, in points; ``maps``: names of the styles a condition may give it.
    """

    formats: dict[str, str]
    struck: frozenset[str]
    unseen: frozenset[str]
    raised: frozenset[str]
    depths: dict[str, int]
    maps: dict[str, list[str]]

    @classmethod
    def of(cls, roots: list[etree._Element]) -> _Styles:
        codes: dict[str, str] = {}
        known: dict[str, etree._Element] = {}
        for root in roots:
            for node in (one for kind in _FORMATS for one in root.iter(_tag(_NUMBER, kind))):
                codes[node.get(_tag(_STYLE, "name"), "")] = _code(node, codes)
            for node in root.iter(_tag(_STYLE, "style")):
                # conditions call a style by the name that is shown
                names = (node.get(_tag(_STYLE, name)) for name in ("display-name", "name"))
                known |= {name: node for name in names if name}
        data = _tag(_STYLE, "data-style-name")
        formats = {
            name: codes.get(_inherited(node, known, lambda one: one.get(data, "")), "") for name, node in known.items()
        }
        line = _property("text-properties", _tag(_STYLE, "text-line-through-style"))
        position = _property("text-properties", _tag(_STYLE, "text-position"))
        paper = _property("table-cell-properties", _tag(_FO, "background-color"))
        margin = _property("paragraph-properties", _tag(_FO, "margin-left"))
        struck = {name for name, node in known.items() if _inherited(node, known, line) not in {"", "none"}}
        raised = {name for name, node in known.items() if _inherited(node, known, position)[:3] in {"sup", "sub"}}
        unseen = {
            name
            for name, node in known.items()
            if is_unseen(
                rgb(_inherited(node, known, _type_colour)) or BLACK, rgb(_inherited(node, known, paper)) or WHITE
            )
        }
        formats = {name: code for name, code in formats.items() if code and not is_plain(code)}
        depths = {name: _depth(_inherited(node, known, margin)) for name, node in known.items()}
        maps = {
            name: [one.get(_tag(_STYLE, "apply-style-name"), "") for one in node.iterchildren(_tag(_STYLE, "map"))]
            for name, node in known.items()
        }
        return cls(formats, frozenset(struck), frozenset(unseen), frozenset(raised), depths, maps)

    def look(self, name: str) -> str:
        """Return what a style does to what is seen: a key of ``looks`` in catalogue/cells.toml, ``""`` if nothing."""
        kinds = {"unseen": self.unseen, "struck": self.struck, "rescaled": self.formats}
        return next((kind for kind, names in kinds.items() if name in names), "")


def _tag(space: str, name: str) -> str:
    return f"{{{space.strip()}}}{name}"


def _inherited(node: etree._Element, known: dict[str, etree._Element], of: Callable[[etree._Element], str]) -> str:
    for _ in range(_MOST_PARENTS):
        said = of(node)
        parent = known.get(node.get(_tag(_STYLE, "parent-style-name"), ""))
        if said or parent is None:
            return said
        node = parent
    return ""


def _property(part: str, name: str) -> Callable[[etree._Element], str]:
    """Return what reads a property of a style itself, ``""`` where it has none."""

    def own(node: etree._Element) -> str:
        found = node.find(_tag(_STYLE, part))
        return "" if found is None else found.get(name, "")

    return own


def _type_colour(node: etree._Element) -> str:
    text = node.find(_tag(_STYLE, "text-properties"))
    own = "" if text is None or text.get(_tag(_STYLE, "use-window-font-color")) != "true" else "#000000"
    return own or ("" if text is None else text.get(_tag(_FO, "color"), ""))


def _depth(length: str) -> int:
    found = re.fullmatch(r"([\d.]+)(in|cm|mm|pt)", length)
    return round(float(found[1]) * _POINTS.get(found[2], 1)) if found else 0


def _code(style: etree._Element, others: Mapping[str, str]) -> str:
    """Return a number style as a spreadsheet's format code: words, digits, a comma for each factor of a thousand.

    ``others``: the codes of styles before it, to which it leaves numbers of some size.
    """
    found = []
    for node in style:
        name = etree.QName(node).localname
        if name in {"text", "currency-symbol"} and node.text:
            found += [part if part == "%" else f'"{part}"' for part in re.split("(%)", node.text) if part]
        elif name in {"number", "scientific-number", "fraction"}:
            factor = float(node.get(_tag(_NUMBER, "display-factor"), "1"))
            commas = round(len(str(round(factor))) - 1) // 3 if factor > 1 else 0
            whole = "0" * max(1, int(node.get(_tag(_NUMBER, "min-integer-digits"), "1")))
            words = {int(one.get(_tag(_NUMBER, "position"), 0)): one.text or "" for one in node}
            for at in sorted(words, reverse=True):
                whole = f'{whole[: len(whole) - at]}"{words[at]}"{whole[len(whole) - at :]}'
            found.append(f"{whole}.00{',' * commas}" if commas else whole)
    sections = [
        f"[{one.get(_tag(_STYLE, 'condition'), '').removeprefix('value()').replace('!=', '<>')}]"
        + others.get(one.get(_tag(_STYLE, "apply-style-name"), ""), "0")
        for one in style.iterchildren(_tag(_STYLE, "map"))
    ]
    return ";".join([*sections, "".join(found)])


@dataclass
class _Sheet(SheetParts):
    """What is known of a sheet so far; ``mapped``: first and last cell of a style with conditions, by what they do."""

    mapped: dict[str, tuple[Place, Place]] = field(default_factory=dict)
    row: int = 0
    column: int = 0
    columns_named: int = 0

    def facts(self) -> SheetParts:
        # a style with conditions says of where only by the cells that have it
        self.looks = self.looks or [(range_name(*first, *last), what) for what, (first, last) in self.mapped.items()]
        return self


class _Content:
    """The body of a spreadsheet, read once and never held whole."""

    def __init__(self, styles: _Styles) -> None:
        self.sheets: dict[str, _Sheet] = {}
        self._styles = styles
        self._open: list[str] = []
        self._sheet = _Sheet()
        self._at: dict[str, str] = {}
        self._row_times, self._row_hidden, self._reach = 1, False, 0
        self._row_style = ""
        self._column_styles: dict[int, str] = {}
        self._range = ""
        self._words: list[str] = []
        self._left: list[str] = []
        self._raised = False
        self._spans: list[str] = []
        self._note: list[str] = []

    def start(self, tag: str, at: dict[str, str]) -> None:
        self._open.append(tag)
        if tag == f"{_TABLE}table" and self._open.count(tag) == 1:
            self._sheet = self.sheets.setdefault(at.get(f"{_TABLE}name", ""), _Sheet())
            self._column_styles = {}
        elif tag == f"{_TABLE}table-column":
            self._column(at)
        elif tag == f"{_TABLE}table-row":
            self._row_times = int(at.get(f"{_TABLE}number-rows-repeated", 1))
            self._row_hidden = at.get(f"{_TABLE}visibility", "visible") != "visible"
            self._row_style = at.get(f"{_TABLE}default-cell-style-name", "")
            self._sheet.column = self._reach = 0
        elif tag in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            self._at, self._words, self._left, self._note, self._raised = at, [], [], [], False
        elif tag == f"{_TEXT}span":
            self._spans.append(at.get(f"{_TEXT}style-name", ""))
        elif tag.endswith(" conditional-format"):
            self._range = _SHEET_NAME.sub("", next((v for k, v in at.items() if k.endswith("-range-address")), ""))
        elif tag.endswith(" condition"):
            name = next((value for key, value in at.items() if key.endswith(" apply-style-name")), "")
            self._sheet.looks += [(self._range, what)] if (what := self._styles.look(name)) else []

    def characters(self, text: str) -> None:
        if any(tag.startswith(_DRAW) for tag in self._open):
            self._sheet.outside += [text.strip()] if text.strip() else []
        elif f"{_OFFICE}annotation" in self._open:
            if f"{_TEXT}p" in self._open:
                self._note.append(text)
        elif f"{_TEXT}p" in self._open:
            # only a whole part of a cell's text has a style of its own
            raised = not self._styles.raised.isdisjoint(self._spans)
            self._words.append(text.translate(RAISED_DIGITS) if raised else text)
            self._raised |= raised
            self._left += [] if not self._styles.struck.isdisjoint(self._spans) else self._words[-1:]

    def end(self, tag: str) -> None:
        self._open.pop()
        if tag == f"{_TEXT}span":
            self._spans.pop()
        if tag in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            self._cell("".join(self._words).strip(), "".join(self._note).strip())
        elif tag == f"{_TABLE}table-row":
            sheet = self._sheet
            if self._row_hidden and self._reach:
                sheet.hidden_rows += range(sheet.row, sheet.row + min(self._row_times, MOST_NAMED))
            sheet.row += self._row_times
            sheet.rows, sheet.columns = (sheet.row if self._reach else sheet.rows), max(sheet.columns, self._reach)

    def _column(self, at: dict[str, str]) -> None:
        sheet, times = self._sheet, int(at.get(f"{_TABLE}number-columns-repeated", 1))
        named = range(sheet.columns_named, sheet.columns_named + min(times, MOST_NAMED))
        if at.get(f"{_TABLE}visibility", "visible") != "visible":
            sheet.hidden_columns += named
        self._column_styles |= dict.fromkeys(named, at.get(f"{_TABLE}default-cell-style-name", ""))
        sheet.columns_named += times

    def _cell(self, words: str, note: str) -> None:
        sheet, at = self._sheet, self._at
        times = int(at.get(f"{_TABLE}number-columns-repeated", 1))
        kind = at.get(f"{_OFFICE}value-type", "")
        if words or kind:
            self._reach = sheet.column + times
        if words or kind or note or f"{_TABLE}formula" in at:
            self._about(self._places(min(times, MOST_NAMED)), kind, words, note)
        down, across = (int(at.get(f"{_TABLE}number-{name}-spanned", 1)) for name in ("rows", "columns"))
        if down > 1 or across > 1:
            sheet.merged.append((sheet.row, sheet.column, sheet.row + down - 1, sheet.column + across - 1))
        sheet.column += times

    def _places(self, times: int) -> Iterator[tuple[int, int]]:
        for row in range(self._sheet.row, self._sheet.row + min(self._row_times, MOST_NAMED)):
            for column in range(self._sheet.column, self._sheet.column + times):
                yield row, column

    def _about(self, places: Iterator[tuple[int, int]], kind: str, words: str, note: str) -> None:
        """Keep what a cell, and those that repeat it, say beside their value."""
        sheet, at, left = self._sheet, self._at, "".join(self._left).strip()
        failed = ""
        if f"{_TABLE}formula" in at:
            # LibreOffice writes its own numbers for errors that have no name
            wrong = _ERROR.fullmatch(words)
            failed = (words if words.startswith("#") else "#VALUE!") if wrong else "" if kind else NOT_COMPUTED
        for place in places:
            style = at.get(f"{_TABLE}style-name") or self._row_style or self._column_styles.get(place[1], "")
            if note:
                sheet.comments[place] = note
            if failed:
                sheet.failed[place] = failed
            if code := self._styles.formats.get(style, "0%" if kind == "percentage" else ""):
                sheet.formats |= {place: code} if kind in {"float", "percentage", "currency"} else {}
            if self._raised:
                sheet.raised[place] = words
            if left and left != words:
                sheet.partly[place] = left
            if (style in self._styles.struck or not left) and (words or kind):
                sheet.struck.add(place)
            if style in self._styles.unseen and (words or kind):
                sheet.unseen.add(place)
            if self._styles.depths.get(style):
                sheet.depths[place] = self._styles.depths[style]
            for what in filter(None, map(self._styles.look, self._styles.maps.get(style, ()))):
                sheet.mapped[what] = (sheet.mapped.get(what, (place,))[0], place)
