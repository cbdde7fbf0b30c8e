"""The style sheets of an HTML output → the colours of its table cells, as pandas' Styler states them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

import soupsieve
import tinycss2
from bs4 import BeautifulSoup, Tag
from tinycss2.ast import Declaration, FunctionBlock
from tinycss2.color3 import RGBA, parse_color

from govkit.documents.read.blocks import Look

# What changes the look of a thing on paper; margins and alignments are ours.
VISIBLE = ("color", "background", "background-color", "font-weight", "border", "display", "position")
_ID = re.compile(r"#[\w-]+")


@dataclass
class Styles:
    """The visible declarations that apply to each element; ``left`` are selectors of what is no table cell."""

    of: dict[int, dict[str, Declaration]] = field(default_factory=lambda: defaultdict(dict))
    left: list[str] = field(default_factory=list)

    def look(self, cell: Tag) -> Look | None:
        """The colours of a cell, its own ``style`` last; None if it has none."""
        stated = {**self.of.get(id(cell), {}), **declared(str(cell.attrs.get("style", "")))}
        if not stated:
            return None
        fill = _colour(stated.get("background-color")) or _colour(stated.get("background"))
        weight = stated.get("font-weight")
        bold = weight is not None and tinycss2.serialize(weight.value).strip() in {"bold", "600", "700", "800", "900"}
        look = Look(0, 0, fill, _colour(stated.get("color")), bold, _bar(stated.get("background")))
        return look if look != Look(0, 0) else None


def read_styles(soup: BeautifulSoup) -> Styles:
    """Return what the ``<style>`` elements of a fragment say of its elements."""
    styles = Styles()
    by_id = {str(tag["id"]): tag for tag in soup.find_all(id=True)}
    for element in soup.find_all("style"):
        for rule in tinycss2.parse_stylesheet(element.get_text(), skip_comments=True, skip_whitespace=True):
            stated = declared(tinycss2.serialize(rule.content)) if rule.type == "qualified-rule" else {}
            if not stated:
                continue
            for selector in tinycss2.serialize(rule.prelude).split(","):
                _apply(styles, selector.strip(), stated, soup, by_id)
    return styles


def _apply(
    styles: Styles, selector: str, stated: dict[str, Declaration], soup: BeautifulSoup, by_id: dict[str, Tag]
) -> None:
    if _ID.fullmatch(selector):
        found = [by_id[selector[1:]]] if selector[1:] in by_id else []
    else:
        try:
            found = list(soup.select(selector))
        except (soupsieve.SelectorSyntaxError, NotImplementedError):
            found = []
    for tag in found:
        styles.of[id(tag)].update(stated)
    if any(tag.name not in {"td", "th", "tr", "table", "thead", "tbody", "caption"} for tag in found):
        styles.left.append(selector)


def declared(text: str) -> dict[str, Declaration]:
    """Return the visible declarations of a ``style`` by name."""
    parts = tinycss2.parse_declaration_list(text, skip_comments=True, skip_whitespace=True)
    return {part.lower_name: part for part in parts if part.type == "declaration" and part.lower_name in VISIBLE}


def _colour(declaration: Declaration | None) -> str:
    tokens = [token for token in declaration.value if token.type != "whitespace"] if declaration else []
    found = parse_color(tokens[0]) if len(tokens) == 1 else None
    return _hex(found) if isinstance(found, RGBA) and found.alpha > 0 else ""


def _hex(colour: RGBA) -> str:
    """An opaque colour as it stands on white paper."""
    parts = [1 - colour.alpha * (1 - part) for part in (colour.red, colour.green, colour.blue)]
    return "#" + "".join(f"{round(255 * min(max(part, 0), 1)):02x}" for part in parts)


def _bar(declaration: Declaration | None) -> tuple[str, float, float] | None:
    """The bar that pandas draws into a cell: the one coloured stretch of a gradient from left to right."""
    gradient = next((one for one in (declaration.value if declaration else ()) if isinstance(one, FunctionBlock)), None)
    if gradient is None or gradient.lower_name != "linear-gradient":
        return None
    stops: list[tuple[RGBA, float]] = []
    for token in gradient.arguments:
        if token.type == "percentage" and stops:
            stops[-1] = (stops[-1][0], token.value / 100)
        elif isinstance(found := parse_color(token), RGBA):
            stops.append((found, 1.0))
    coloured = [(colour, at) for colour, at in stops if colour.alpha > 0]
    if not coloured:
        return None
    start = 0.0 if stops[0] == coloured[0] else coloured[0][1]
    return (_hex(coloured[0][0]), start, coloured[-1][1])
