"""What the parts of an .xlsx say that its reader does not: by namespace and relationship, whatever wrote them.

Formulas never calculated, error values, hidden and struck-out cells, number formats, comments and how far a sheet
reaches. The package is that of ECMA-376, part 2; parts are found by their relationships, tags by their namespace, so
that prefixes, back slashes in part names, missing cell references and the strict variant make no difference.
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from lxml import etree

from govkit.intake.formats.styles import MAIN, WHITE, Colour, Styles, every, is_on, is_unseen
from govkit.intake.values.quantities import units_in_title

# what stands in for a formula that was written by a program and never computed (listed in catalogue/cells.toml)
NOT_COMPUTED = "#公式未计算"
_FAR_CELL = re.compile(rb"\br=[\"'](?:[A-Z]{2}|[A-Z][0-9]{7})")
# a cell that holds something: a value, a formula or a text of its own
_FILLED_CELL = re.compile(rb"<(?:[^\s<>:]+:)?c\b(?=[^>]*[^/]>)[^>]*\br=[\"']([A-Z]+)([0-9]+)[\"']")
# hidden rows or columns beyond this are the empty rest of a sheet
MOST_NAMED = 1024
# nobody sees a row or column of less than this (points, characters)
_LEAST_SEEN, _THIN = 1.0, re.compile(rb'\b(?:ht|width)="0?\.\d+"')
# what stands at the head and foot of a printed page or is shown when a cell is entered, and the codes for place, type
# and page numbers in it (18.3.1.46)
_PRINTED = re.compile(
    rb"<(?:[^\s<>:]+:)?(?:odd|even|first)(?:Header|Footer)\b[^>]*>([^<]+)<|\bprompt(?:Title)?=\"([^\"]+)"
)
_CODES = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|[0-9]+|[A-Za-z])')
# the look a rule gives, said in the rule and not in the book's list
_X14, _OWN_LOOK = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}", b"dxf>"
# the usual names of a book and its parts
_BOOK, _CALLED = "xl/workbook.xml", {"styles": "xl/styles.xml", "sharedStrings": "xl/sharedStrings.xml"}
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_REFERENCE = re.compile(r"([A-Z]+)([0-9]+)")


_RAISED, RAISED_DIGITS = ("superscript", "subscript"), str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

Place = tuple[int, int]


@dataclass
class SheetParts:
    """Facts about one sheet, gathered as its cells come by; positions are counted from 0.

    ``failed``: (row, column) → what the cell shows (#REF! …). ``formats``: → the number format, where it changes what
    is seen. ``struck``: cells whose whole text is struck out; ``partly``: → what is left of a text struck out in part.
    ``comments``: → what somebody wrote beside the cell. ``rows`` and ``columns``: how far filled cells reach, 0 where
    that is not known. ``merged``: as in ``Grid``. ``unproved``: formulas whose results may never have been computed.
    ``unseen``: cells whose type has the colour of their fill. ``outside``: what is written in text boxes, and in heads
    and feet of the printed page that state a unit. ``depths``: (row, column) → how far in a format has a text stand.
    ``looks``: ranges to which a condition may give another look, and what that does. ``late``: days count from 1904.
    ``raised``: texts of which digits are raised or lowered (10², a note's mark), with these as such.
    """

    failed: dict[Place, str] = field(default_factory=dict)
    formats: dict[Place, str] = field(default_factory=dict)
    struck: set[Place] = field(default_factory=set)
    partly: dict[Place, str] = field(default_factory=dict)
    comments: dict[Place, str] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    rows: int = 0
    columns: int = 0
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    unproved: int = 0
    unseen: set[Place] = field(default_factory=set)
    outside: list[str] = field(default_factory=list)
    depths: dict[Place, int] = field(default_factory=dict)
    looks: list[tuple[str, str]] = field(default_factory=list)
    late: bool = False
    raised: dict[Place, str] = field(default_factory=dict)


def stream(
    xml: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    characters: Callable[[str], None],
) -> None:
    """Tell of each element as it begins and ends, by namespace and name, and of the text within."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.buffer_text = True
    parser.Parse(xml, True)


def read_package(path: Path, names: list[str]) -> dict[str, SheetParts]:
    """Return the facts of every sheet by name; a damaged file raises what zipfile and the XML parsers raise."""
    with zipfile.ZipFile(path) as archive:
        package = Package(archive)
        book = package.related("", "officeDocument")
        if not book:
            return {}
        root = package.xml(book[0])
        looks = [_first(package.related(book[0], kind)) for kind in ("styles", "theme")]
        styles = Styles.of(*(package.xml(one) if one else None for one in looks))
        shared = _first(package.related(book[0], "sharedStrings"))
        raw = package.raw(shared) if shared else b""
        rich = package.xml(shared) if b"strike" in raw or b"rPr" in raw else None
        texts = _Texts()
        if rich is not None:
            unseen = {number: runs for number, text in _shared_texts(rich) if (runs := styles.unseen_runs(text))}
            texts = _Texts(_struck_texts(rich), unseen, _raised_texts(rich))
        fresh = any(node.get("fullCalcOnLoad") in {"1", "true"} for node in every(root, "calcPr"))
        late = any(node.get("date1904") in {"1", "true"} for node in every(root, "workbookPr"))
        found = {}
        for sheet in every(root, "sheet"):
            link = next((value for key, value in sheet.attrib.items() if etree.QName(key).localname == "id"), "")
            part = package.target(book[0], link)
            if part and sheet.get("name") in names:
                found[sheet.get("name", "")] = _sheet(package, part, styles, texts, fresh=fresh)
                found[sheet.get("name", "")].late = late
        return found


class Package:
    """The parts of an archive by their names, as relationships name them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._held = {_tidy_name(name).lower(): name for name in archive.namelist()}
        self._relations: dict[str, list[tuple[str, str, str]]] = {}

    def raw(self, part: str) -> bytes:
        """Return the bytes of a part."""
        return self._archive.read(self._held[part.lower()])

    def xml(self, part: str) -> etree._Element:
        # texts of single cells stay far below what the parser allows without being told
        return etree.fromstring(self.raw(part), etree.XMLParser(resolve_entities=False, no_network=True))

    def related(self, part: str, kind: str) -> list[str]:
        """Return the parts that ``part`` (``""``: the package) is related to by a kind of relationship."""
        return [to for _, what, to in self._links(part) if what == kind and to.lower() in self._held]

    def target(self, part: str, key: str) -> str:
        """Return the part that a relationship of ``part`` leads to, ``""`` if there is none."""
        return next((to for one, _, to in self._links(part) if one == key and to.lower() in self._held), "")

    def renamed(self) -> bytes | None:
        """Return the package with its book's parts called as readers expect that ask no relationships, else None."""
        book = _first(self.related("", "officeDocument"))
        links = [one for one in self._links(book) if one[2].lower() in self._held] if book else []
        called = {to: _CALLED.get(kind, f"xl/sheet{number}.xml") for number, (_, kind, to) in enumerate(links)}
        odd = any(to.lower() != _CALLED.get(kind, f"xl{to[2:]}").lower() for _, kind, to in links)
        if not odd and book.lower() in {"", _BOOK}:
            return None
        lines = [f'<Relationship Id="{key}" Type="{_KINDS}{kind}" Target="/{called[to]}"/>' for key, kind, to in links]
        first = f'<Relationship Id="book" Type="{_KINDS}officeDocument" Target="{_BOOK}"/>'
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", self.raw("[Content_Types].xml"))
            for name, told in {"_rels/.rels": [first], "xl/_rels/workbook.xml.rels": lines}.items():
                archive.writestr(name, f"<Relationships>{''.join(told)}</Relationships>")
            for part, name in {book: _BOOK, **called}.items():
                archive.writestr(name, self.raw(part))
        return content.getvalue()

    def _links(self, part: str) -> list[tuple[str, str, str]]:
        if part not in self._relations:
            folder, name = posixpath.split(part)
            links = posixpath.join(folder, "_rels", f"{name}.rels")
            self._relations[part] = []
            if links.lower() in self._held:
                for node in self.xml(links).iter("{*}Relationship"):
                    to = _tidy_name(node.get("Target", ""))
                    to = to.lstrip("/") if to.startswith("/") else posixpath.normpath(posixpath.join(folder, to))
                    kind = node.get("Type", "").rsplit("/", 1)[-1]
                    self._relations[part].append((node.get("Id", ""), kind, to))
        return self._relations[part]


def _tidy_name(name: str) -> str:
    return name.replace("\\", "/")


def _first(parts: list[str]) -> str:
    return parts[0] if parts else ""


@dataclass(frozen=True)
class _Texts:
    """By a shared text's number: what is left of one struck out in part; colours of its type that may not be seen."""

    left: Mapping[int, str] = field(default_factory=dict)
    unseen: Mapping[int, frozenset[Colour]] = field(default_factory=dict)
    raised: Mapping[int, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.left or self.unseen or self.raised)


def _shared_texts(root: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    return enumerate(node for node in root if isinstance(node.tag, str) and etree.QName(node).localname == "si")


def _raised_texts(root: etree._Element) -> dict[int, str]:
    """Return the texts of which digits are raised or lowered, with these as such."""
    found = {}
    for number, text in _shared_texts(root):
        runs = [
            (run, any(one.get("val", "") in _RAISED for one in every(run, "vertAlign"))) for run in every(text, "r")
        ]
        if any(raised for _, raised in runs):
            said = ["".join(part.text or "" for part in every(run, "t")) for run, _ in runs]
            found[number] = "".join(
                one.translate(RAISED_DIGITS) if up else one for one, (_, up) in zip(said, runs, strict=True)
            )
    return found


def _struck_texts(root: etree._Element) -> dict[int, str]:
    """Return what is left of each shared text of which a part is struck out (nothing of one struck out whole)."""
    found = {}
    for number, text in _shared_texts(root):
        runs = [(run, any(is_on(one) for one in every(run, "strike"))) for run in every(text, "r")]
        if any(struck for _, struck in runs):
            left = "".join(part.text or "" for run, struck in runs if not struck for part in every(run, "t"))
            found[number] = left.strip()
    return found


def _sheet(package: Package, part: str, styles: Styles, texts: _Texts, *, fresh: bool) -> SheetParts:
    xml = package.raw(part)
    parts = SheetParts(comments=_comments(package, part), outside=_outside(package, part, xml))
    parts.rows, parts.columns = _reach(xml)
    if _worth_a_look(xml, styles, texts):
        seen = _Seen(styles, texts, parts)
        stream(xml, seen.start, seen.end, seen.characters)
        parts.looks += _extended_looks(xml, styles)
        if fresh and seen.computed == {"0"}:
            # a program that computes nothing writes a nought for every formula and has the spreadsheet do it later
            parts.failed |= dict.fromkeys(seen.formulas, NOT_COMPUTED)
    return parts


def _worth_a_look(xml: bytes, styles: Styles, texts: _Texts) -> bool:
    """Whether a sheet may hold anything but plain values: parsing a large one takes longer than reading it."""
    if (
        texts
        or _THIN.search(xml)
        or (styles.looks and b"cfRule" in xml)
        or xml.find(_OWN_LOOK, xml.rfind(b"sheetData")) > 0
        or any(mark in xml for mark in (b"<f", b":f", b"hidden", b't="e"', b"='", b"mergeCell", b"<r>", b":r>"))
    ):
        return True
    special = b"|".join(str(one).encode() for one in {*styles.formats, *styles.struck, *styles.unseen, *styles.depths})
    return bool(special and re.search(rb'\bs="(?:' + special + rb')"', xml))


def _extended_looks(xml: bytes, styles: Styles) -> list[tuple[str, str]]:
    """Return the ranges and looks of rules that say their look themselves, in an extension ([MS-XLSX] 2.4.10)."""
    found = []
    if xml.find(_OWN_LOOK, xml.rfind(b"sheetData")) > 0:
        for _, node in etree.iterparse(io.BytesIO(xml), tag=("{*}row", f"{_X14}conditionalFormatting")):
            area = "".join(one.text or "" for one in node.iterchildren("{*}sqref"))
            found += [(area, what) for one in node.iter(f"{_X14}dxf") if (what := styles.look(one))]
            node.clear()
    return found


class _Seen:
    """A sheet's cells as the parser comes by them."""

    def __init__(self, styles: Styles, texts: _Texts, parts: SheetParts) -> None:
        self._styles, self._texts, self._parts = styles, texts, parts
        self._range = ""
        self.formulas: list[Place] = []
        self.computed: set[str] = set()
        self._row = self._column = -1
        self._kind, self._style = "", 0
        self._formula = self._value = False
        self._text: list[str] | None = None
        self._said = ""

    def start(self, tag: str, at: dict[str, str]) -> None:
        space, _, name = tag.rpartition(" ")
        if space not in MAIN:
            return
        if name == "c":
            place = _REFERENCE.fullmatch(at.get("r", ""))
            self._column = position(place[1]) if place else self._column + 1
            self._kind, self._style = at.get("t", "n"), int(at.get("s", 0))
            self._formula = self._value = False
            self._said = ""
        elif name == "v":
            self._text = []
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._row = int(at["r"]) - 1 if "r" in at else self._row + 1
            self._column = -1
            if at.get("hidden") in {"1", "true"} or float(at.get("ht", 9)) < _LEAST_SEEN:
                self._parts.hidden_rows.append(self._row)
        elif name == "col" and (at.get("hidden") in {"1", "true"} or float(at.get("width", 9)) < _LEAST_SEEN):
            self._parts.hidden_columns += range(int(at.get("min", 1)) - 1, min(int(at.get("max", 0)), MOST_NAMED))
        elif name == "conditionalFormatting":
            self._range = at.get("sqref", "")
        elif name == "cfRule" and (what := self._styles.looks.get(int(at.get("dxfId", -1)))):
            self._parts.looks.append((self._range, what))
        elif name == "mergeCell":
            ends = [_REFERENCE.fullmatch(end) for end in at.get("ref", "").split(":")]
            if len(ends) == 2 and all(ends):
                (a, b), (c, d) = ((int(end[2]) - 1, position(end[1])) for end in ends if end)
                self._parts.merged.append((a, b, c, d))

    def characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name == "v" and self._text is not None:
            self._said, self._text, self._value = "".join(self._text).strip(), None, True
        elif name == "c":
            self._cell((self._row, self._column))

    def _cell(self, at: tuple[int, int]) -> None:
        if self._kind == "e":
            self._parts.failed[at] = self._said or "#VALUE!"
        elif self._formula and (not self._value or (not self._said and self._kind != "str")):
            self._parts.failed[at] = NOT_COMPUTED
        elif self._formula:
            self.formulas.append(at)
            self.computed.add(self._said)
        if not self._value and self._kind != "inlineStr":
            return
        if self._style in self._styles.formats and self._kind == "n":
            self._parts.formats[at] = self._styles.formats[self._style]
        if self._style in self._styles.unseen:
            self._parts.unseen.add(at)
        if self._style in self._styles.depths:
            self._parts.depths[at] = self._styles.depths[self._style]
        if self._style in self._styles.struck:
            self._parts.struck.add(at)
        elif self._kind == "s" and self._said.isdigit() and self._texts:
            number, paper = int(self._said), self._styles.papers.get(self._style, WHITE)
            if any(is_unseen(colour, paper) for colour in self._texts.unseen.get(number, ())):
                self._parts.unseen.add(at)
            if number in self._texts.raised:
                self._parts.raised[at] = self._texts.raised[number]
            if left := self._texts.left.get(number):
                self._parts.partly[at] = left
            elif left is not None:
                self._parts.struck.add(at)


def _reach(xml: bytes) -> tuple[int, int]:
    """Return how many rows and columns the filled cells need, (0, 0) for a sheet within Z999999."""
    if not _FAR_CELL.search(xml):
        return 0, 0
    rows, letters = 0, set()
    for found in _FILLED_CELL.finditer(xml):
        rows = max(rows, int(found[2]))
        letters.add(found[1])
    return rows, 1 + max((position(one.decode()) for one in letters), default=-1)


def stating_units(texts: Iterable[str]) -> list[str]:
    """Return what heads and feet of printed pages, and hints beside cells, say of units, without their codes."""
    plain = (" ".join(_CODES.sub(" ", one).split()) for one in texts)
    return [text for text in plain if units_in_title(text)]


def _outside(package: Package, part: str, xml: bytes) -> list[str]:
    # all this stands behind the cells
    printed = map(b"".join, _PRINTED.findall(xml, xml.rfind(b"sheetData")))
    texts = stating_units(html.unescape(one.decode("utf-8", "replace")) for one in printed)
    return list(dict.fromkeys([*texts, *drawn_texts(package, part)]))


def drawn_texts(package: Package, part: str) -> list[str]:
    """Return the texts of the boxes drawn on a sheet."""
    found: list[str] = []
    for drawing in package.related(part, "drawing"):
        try:
            shapes = package.xml(drawing).iter("{*}sp")
        except etree.LxmlError:
            # a broken drawing is no reason to refuse the cells
            continue
        found += ["".join(node.text or "" for node in shape.iter("{*}t")).strip() for shape in shapes]
    return [text for text in dict.fromkeys(found) if text]


def _comments(package: Package, part: str) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    for kind, tag in (("comments", "comment"), ("threadedComment", "threadedComment")):
        for one in package.related(part, kind):
            for node in package.xml(one).iter(f"{{*}}{tag}"):
                place = _REFERENCE.fullmatch(node.get("ref", ""))
                words = "".join(text.text or "" for text in node.iter("{*}t", "{*}text")).strip()
                if place and words:
                    found[int(place[2]) - 1, position(place[1])] = words
    return found


def position(letters: str) -> int:
    """Return the position from 0 of a column by its letters.

    >>> position("A"), position("AB")
    (0, 27)
    """
    value = 0
    for letter in letters:
        value = value * 26 + ord(letter) - 64
    return value - 1
