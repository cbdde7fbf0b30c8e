"""Styles of cells that change what is seen: number formats, type struck out, type in the colour of its fill."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from govkit.intake.formats.number_formats import is_plain

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
# formats that every program knows by number and that change what is seen (18.8.30)
_BUILT_IN = {9: "0%", 10: "0.00%"}
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
# the first eight colours by number, again from 8; 64 is the window's type, 65 its paper (18.8.27)
_INDEXED = [BLACK, WHITE, (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255)]
# colours of a theme as cells count them: the first two pairs stand the other way round in its list (20.1.6.2)
_THEME = ("lt1", "dk1", "lt2", "dk2", *(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink")
_OFFICE = {"lt1": WHITE, "dk1": BLACK}
# nobody sees less than this on a screen
_LEAST_SEEN = 10

Colour = tuple[int, int, int]


def is_unseen(type_colour: Colour | None, fill: Colour | None) -> bool:
    """Whether type has the colour of what it stands on; None where a colour is not known.

    >>> is_unseen(WHITE, (254, 255, 255)), is_unseen(BLACK, WHITE), is_unseen(None, WHITE)
    (True, False, False)
    """
    return bool(type_colour and fill) and max(abs(a - b) for a, b in zip(type_colour, fill, strict=True)) < _LEAST_SEEN  # type: ignore[arg-type]


def rgb(text: str) -> Colour | None:
    """Return a colour written in six hexadecimal digits (after two for its opacity), None if it is none."""
    digits = text.lstrip("#")[-6:]
    try:
        return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)) if len(digits) == 6 else None
    except ValueError:
        return None


def every(root: etree._Element, name: str) -> Iterator[etree._Element]:
    """Return all elements of a name below another one, in the transitional or strict namespace."""
    return (node for space in MAIN for node in root.iter(f"{{{space}}}{name}"))


def is_on(node: etree._Element) -> bool:
    """Whether a property is set: it is where its element stands without a value."""
    return node.get("val", "1") not in {"0", "false"}


@dataclass(frozen=True)
class Styles:
    """By the number of a cell's style: number formats that change what is seen, which strike out, which hide, indents.

    ``papers``: the colour of its fill. ``looks``: number of a look that a condition gives → what that does to what is
    seen. ``palette``: colours by their names in the theme.
    """

    formats: Mapping[int, str]
    struck: frozenset[int]
    unseen: frozenset[int]
    depths: Mapping[int, int] = field(default_factory=dict)
    papers: Mapping[int, Colour | None] = field(default_factory=dict)
    looks: Mapping[int, str] = field(default_factory=dict)
    palette: Mapping[str, Colour] = field(default_factory=dict)

    @classmethod
    def of(cls, root: etree._Element | None, theme: etree._Element | None) -> Styles:
        """Return the styles that a part lists, in the colours of a theme."""
        if root is None:
            return cls({}, frozenset(), frozenset())
        codes = _BUILT_IN | {int(n.get("numFmtId", 0)): n.get("formatCode", "") for n in every(root, "numFmt")}
        fonts, fills = _listed(root, "fonts"), _listed(root, "fills")
        struck_fonts = [any(is_on(one) for one in every(font, "strike")) for font in fonts]
        palette = _palette(theme)
        types = [_colour(next(every(font, "color"), None), palette, BLACK) for font in fonts]
        papers = [_fill(fill, palette) for fill in fills]
        formats, struck, unseen, on = {}, set(), set(), {}
        depths: dict[int, int] = {}
        for number, style in enumerate(_listed(root, "cellXfs")):
            code = codes.get(int(style.get("numFmtId", 0)), "")
            if code and not is_plain(code):
                formats[number] = code
            for node in every(style, "alignment"):
                depths |= {number: int(node.get("indent", 0))} if node.get("indent", "0").isdigit() else {}
            font, fill = int(style.get("fontId", 0)), int(style.get("fillId", 0))
            if font < len(fonts):
                struck |= {number} if struck_fonts[font] else set()
                on[number] = papers[fill] if fill < len(papers) else WHITE
                unseen |= {number} if is_unseen(types[font], on[number]) else set()
        depths = {one: depth for one, depth in depths.items() if depth}
        looks = {number: what for number, node in enumerate(_listed(root, "dxfs")) if (what := _look(node, palette))}
        return cls(formats, frozenset(struck), frozenset(unseen), depths, on, looks, palette)

    def look(self, node: etree._Element) -> str:
        """Return what a look given by a condition does: a key of ``looks`` in catalogue/cells.toml, or ``""``."""
        return _look(node, self.palette)

    def unseen_runs(self, text: etree._Element) -> frozenset[Colour]:
        """Return the colours of a text's runs that cannot be seen on some paper of the book."""
        colours = {_colour(node, self.palette, BLACK) for run in every(text, "rPr") for node in every(run, "color")}
        papers = {WHITE, *self.papers.values()}
        return frozenset(one for one in colours if one and any(is_unseen(one, paper) for paper in papers))


def _look(node: etree._Element, palette: Mapping[str, Colour]) -> str:
    """Return what a look given by a condition does: a key of ``looks`` in catalogue/cells.toml, ``""`` if nothing."""
    fill = next(every(node, "patternFill"), None)
    # here the colour of a fill is its background
    paper = WHITE if fill is None else _colour(next(every(fill, "bgColor"), None), palette, WHITE)
    types = [_colour(one, palette, BLACK) for font in every(node, "font") for one in every(font, "color")]
    if any(is_unseen(one, paper) for one in types):
        return "unseen"
    if any(is_on(one) for one in every(node, "strike")):
        return "struck"
    return "rescaled" if any(not is_plain(one.get("formatCode", "")) for one in every(node, "numFmt")) else ""


def _listed(root: etree._Element, name: str) -> Sequence[etree._Element]:
    return [node for holder in every(root, name) for node in holder if isinstance(node.tag, str)]


def _palette(theme: etree._Element | None) -> dict[str, Colour]:
    found = dict(_OFFICE)
    for scheme in theme.iter("{*}clrScheme") if theme is not None else ():
        for entry in scheme:
            said = next((one.get("lastClr") or one.get("val", "") for one in entry), "")
            colour = rgb(said)
            if colour and isinstance(entry.tag, str):
                found[etree.QName(entry).localname] = colour
    return found


def _fill(node: etree._Element, palette: Mapping[str, Colour]) -> Colour | None:
    """Return the colour of a fill; that of paper for none, None for patterns and gradients."""
    pattern = next(every(node, "patternFill"), None)
    kind = "" if pattern is None else pattern.get("patternType", "none")
    if pattern is None or kind not in {"none", "solid"}:
        return None
    return WHITE if kind == "none" else _colour(next(every(pattern, "fgColor"), None), palette, WHITE)


def _colour(node: etree._Element | None, palette: Mapping[str, Colour], automatic: Colour) -> Colour | None:
    """Return a colour given by value, by number or by theme and tint (18.8.19); ``automatic`` if none is given."""
    if node is None or node.get("auto") in {"1", "true"}:
        return automatic
    if "indexed" in node.attrib:
        number = int(node.get("indexed", 64))
        return _INDEXED[number % 8] if number < 16 else {64: BLACK, 65: WHITE}.get(number)
    if "theme" in node.attrib:
        number = int(node.get("theme", 0))
        colour = palette.get(_THEME[number]) if number < len(_THEME) else None
    else:
        colour = rgb(node.get("rgb", ""))
    tint = float(node.get("tint", 0))
    if colour is None or not tint:
        return colour
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    red, green, blue = (round(part * 255) for part in colorsys.hls_to_rgb(hue, light, saturation))
    return red, green, blue
