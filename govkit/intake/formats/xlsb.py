"""What a binary workbook (.xlsb) says that its reader does not: error values, hidden and struck-out cells, formats.

Records are those of [MS-XLSB] 2.1.4 and 2.3. A formula always has a result there, so that one never computed is told
only where the book asks for all to be computed on opening and every result is a nought.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from govkit.intake.formats.number_formats import is_plain
from govkit.intake.formats.package import (
    MOST_NAMED,
    NOT_COMPUTED,
    Package,
    Place,
    SheetParts,
    drawn_texts,
    stating_units,
)
from govkit.intake.formats.styles import BLACK, WHITE, Colour, is_unseen
from govkit.intake.sheets.grid import range_name

_ROW, _RK, _ERROR, _REAL, _SHARED = 0, 2, 3, 5, 7
_FORMULA_TEXT, _FORMULA_NUMBER, _FORMULA_LOGICAL, _FORMULA_ERROR = 8, 9, 10, 11
_FONT, _FORMAT, _FILL, _STYLE, _COLUMN, _SHEET, _COMPUTING, _MERGED = 43, 44, 45, 47, 60, 156, 157, 176
_CONDITIONAL, _RULE, _CONDITIONAL_14, _RULE_14_END, _BAR_14, _ICONS_14 = 461, 463, 1046, 1049, 1051, 1052
_STYLES_BEGIN, _STYLES_END, _COMMENT, _COMMENT_TEXT, _SHARED_TEXT = 617, 618, 635, 637, 19
_IS_RICH, _NO_LOOK = 0x01, b"\xff\xff\xff\xff"
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_BUILT_IN = {9: "0%", 10: "0.00%"}
_BOOK, _FROM_1904 = 153, 0x01
# head and foot of odd, even and first pages; what is shown when a cell is entered, behind what is said of a wrong one
_PRINTED, _HINT = (479, 2, 6), (64, 8, 4)
_STRIKE, _ROW_HIDDEN, _COLUMN_HIDDEN, _ALL_ON_OPENING = 0x08, 0x10, 0x01, 0x01


def read_parts(path: Path, names: list[str]) -> dict[str, SheetParts]:
    """Return the facts of every sheet by name; a damaged file raises what zipfile and struct raise."""
    with zipfile.ZipFile(path) as archive:
        package = Package(archive)
        book = package.related("", "officeDocument")
        if not book:
            return {}
        sheets, fresh, late = {}, False, False
        for kind, at in _records(package.raw(book[0])):
            if kind == _SHEET:
                link, end = _text(at, 8)
                sheets[_text(at, end)[0]] = link
            elif kind == _BOOK and at:
                late = bool(at[0] & _FROM_1904)
            elif kind == _COMPUTING and len(at) >= 26:
                fresh = bool(at[24] & _ALL_ON_OPENING)
        part = next(iter(package.related(book[0], "styles")), "")
        styles = _Styles.of(package.raw(part)) if part else _Styles()
        part = next(iter(package.related(book[0], "sharedStrings")), "")
        texts = _rich_texts(package.raw(part)) if part else {}
        found = {}
        for name, link in sheets.items():
            part = package.target(book[0], link)
            if part and name in names:
                about = SheetParts(comments=_comments(package, part), late=late, outside=drawn_texts(package, part))
                found[name] = _Sheet(styles, texts, about).facts(package.raw(part), fresh=fresh)
        return found


def _records(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of each record."""
    at, size = 0, len(raw)
    while at < size:
        kind = raw[at]
        at += 1
        if kind & 0x80 and at < size:
            kind = (kind & 0x7F) | (raw[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while at < size and shift < 28:
            byte = raw[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind, raw[at : at + length]
        at += length


def _text(raw: bytes, at: int) -> tuple[str, int]:
    """Return a text that begins with how many characters it has, and where it ends."""
    (count,) = struct.unpack_from("<I", raw, at)
    if count == 0xFFFFFFFF:
        return "", at + 4
    return raw[at + 4 : at + 4 + 2 * count].decode("utf-16-le", "replace"), at + 4 + 2 * count


@dataclass(frozen=True)
class _Styles:
    """By a cell's style its format where it changes what is seen, its font and the colour of its fill; by font, whether
    it strikes out and its colour; by style, how far in its text stands."""

    formats: Mapping[int, str] = field(default_factory=dict)
    font_of: Mapping[int, int] = field(default_factory=dict)
    papers: Mapping[int, Colour | None] = field(default_factory=dict)
    fonts: Sequence[tuple[bool, Colour | None]] = ()
    depths: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: bytes) -> _Styles:
        codes, fonts, fills, styles, inside = dict(_BUILT_IN), [], [], [], False
        for kind, at in _records(raw):
            if kind == _FORMAT:
                codes[struct.unpack_from("<H", at)[0]] = _text(at, 2)[0]
            elif kind == _FONT:
                fonts.append((bool(at[2] & _STRIKE), _colour(at[12:20], BLACK)))
            elif kind == _FILL:
                pattern = struct.unpack_from("<I", at)[0]
                fills.append({0: WHITE, 1: _colour(at[4:12], WHITE)}.get(pattern))
            elif kind in {_STYLES_BEGIN, _STYLES_END}:
                inside = kind == _STYLES_BEGIN
            elif kind == _STYLE and inside:
                styles.append((*struct.unpack_from("<HHHH", at)[1:], at[11]))
        shown = {number: codes.get(code, "") for number, (code, *_) in enumerate(styles)}
        return cls(
            {number: code for number, code in shown.items() if code and not is_plain(code)},
            {number: font for number, (_, font, _, _) in enumerate(styles)},
            {number: fills[fill] if fill < len(fills) else WHITE for number, (_, _, fill, _) in enumerate(styles)},
            fonts,
            {number: depth for number, (*_, depth) in enumerate(styles) if depth},
        )

    def look(self, style: int, font: int = -1) -> tuple[bool, bool]:
        """Return whether a style, or a font on its paper, strikes out and whether it cannot be seen."""
        font = self.font_of.get(style, 0) if font < 0 else font
        struck, colour = self.fonts[font] if font < len(self.fonts) else (False, None)
        return struck, is_unseen(colour, self.papers.get(style, WHITE))


def _colour(raw: bytes, automatic: Colour) -> Colour | None:
    """Return a colour that is given by value or is the automatic one, None for any other."""
    if raw[0] & 1:
        return raw[4], raw[5], raw[6]
    return automatic if not raw[0] >> 1 else None


def _rich_texts(raw: bytes) -> dict[int, tuple[str, list[tuple[int, int]]]]:
    """Return each shared text that has runs: where each begins and its font (-1: the cell's own)."""
    found = {}
    texts = (at for kind, at in _records(raw) if kind == _SHARED_TEXT)
    for number, at in enumerate(texts):
        if at[0] & _IS_RICH:
            text, end = _text(at, 1)
            (count,) = struct.unpack_from("<I", at, end)
            runs = [struct.unpack_from("<HH", at, end + 4 + 4 * one) for one in range(count)]
            found[number] = text, [(0, -1), *runs] if not runs or runs[0][0] else runs
    return found


def _comments(package: Package, sheet: str) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    for part in package.related(sheet, "comments"):
        place = (0, 0)
        for kind, at in _records(package.raw(part)):
            if kind == _COMMENT:
                row, _, column, _ = struct.unpack_from("<IIII", at, 4)
                place = row, column
            elif kind == _COMMENT_TEXT and (words := _text(at, 1)[0].strip()):
                found[place] = words
    return found


@dataclass
class _Sheet:
    """A sheet whose records come by, and what they say of its cells."""

    styles: _Styles
    texts: Mapping[int, tuple[str, list[tuple[int, int]]]]
    parts: SheetParts
    formulas: list[Place] = field(default_factory=list)
    results: set[object] = field(default_factory=set)

    def facts(self, raw: bytes, *, fresh: bool) -> SheetParts:
        row, parts = 0, self.parts
        ruled, drawn = "", False
        for kind, at in _records(raw):
            if kind == _ROW and len(at) >= 12:
                (row,) = struct.unpack_from("<I", at)
                if at[11] & _ROW_HIDDEN:
                    parts.hidden_rows.append(row)
            elif _RK <= kind <= _FORMULA_ERROR and len(at) >= 9:
                (column,) = struct.unpack_from("<I", at)
                parts.rows, parts.columns = max(parts.rows, row + 1), max(parts.columns, column + 1)
                self._cell((row, column), kind, at)
            elif kind == _COLUMN and at[16] & _COLUMN_HIDDEN:
                first, last = struct.unpack_from("<II", at)
                parts.hidden_columns += range(first, min(last, first + MOST_NAMED) + 1)
            elif kind == _MERGED:
                top, bottom, left, right = struct.unpack_from("<IIII", at)
                parts.merged.append((top, left, bottom, right))
            elif kind in {_PRINTED[0], _HINT[0]}:
                _, end, many = _PRINTED if kind == _PRINTED[0] else _HINT
                # a hint stands behind its ranges of four numbers
                end += 16 * int.from_bytes(at[4:8], "little") if kind == _HINT[0] else 0
                said = []
                for _ in range(many if len(at) >= end + 4 * many else 0):
                    text, end = _text(at, end)
                    said.append(text)
                parts.outside += stating_units(said[-2:] if kind == _HINT[0] else said)
            elif kind in {_CONDITIONAL, _CONDITIONAL_14}:
                # the first of its ranges; bars and icons leave the value as it is
                top, bottom, left, right = struct.unpack_from("<IIII", at, 12 if kind == _CONDITIONAL else 16)
                ruled, drawn = range_name(top, left, bottom, right), False
            elif (kind == _RULE and at[8:12] != _NO_LOOK) or (kind == _RULE_14_END and not drawn):
                parts.looks.append((ruled, "unread"))
            drawn = kind in {_BAR_14, _ICONS_14} or (drawn and kind != _RULE_14_END)
        if fresh and self.results == {0.0}:
            # a program that computes nothing writes a nought for every formula and has the spreadsheet do it later
            parts.failed |= dict.fromkeys(self.formulas, NOT_COMPUTED)
        parts.unproved = len(self.formulas)
        return parts

    def _cell(self, place: tuple[int, int], kind: int, at: bytes) -> None:
        style = int.from_bytes(at[4:7], "little")
        if kind in {_ERROR, _FORMULA_ERROR}:
            self.parts.failed[place] = _ERRORS.get(at[8], "#VALUE!")
        if kind >= _FORMULA_TEXT:
            self.formulas.append(place)
            self.results.add(struct.unpack_from("<d", at, 8)[0] if kind == _FORMULA_NUMBER else kind)
        if kind in {_RK, _REAL, _FORMULA_NUMBER} and style in self.styles.formats:
            self.parts.formats[place] = self.styles.formats[style]
        if style in self.styles.depths:
            self.parts.depths[place] = self.styles.depths[style]
        text, runs = self.texts.get(struct.unpack_from("<I", at, 8)[0], ("", [])) if kind == _SHARED else ("", [])
        looks = [self.styles.look(style, font) for _, font in runs] or [self.styles.look(style)]
        if any(unseen for _, unseen in looks):
            self.parts.unseen.add(place)
        if all(struck for struck, _ in looks):
            self.parts.struck.add(place)
        elif any(struck for struck, _ in looks):
            ends = [*(start for start, _ in runs[1:]), len(text)]
            parts = zip(runs, ends, looks, strict=True)
            self.parts.partly[place] = "".join(
                text[start:stop] for (start, _), stop, (gone, _) in parts if not gone
            ).strip()
