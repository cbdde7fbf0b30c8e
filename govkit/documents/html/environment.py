"""The Jinja environment of HTML pages: where the templates are, what they ask for; wide tables as cards on a phone."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from govkit.catalogue import load
from govkit.documents.html.policy import OWN_SCRIPT
from govkit.documents.pdf.typesetting import column_lengths
from govkit.documents.read.blocks import Embed, Figure, Look
from govkit.documents.read.formulas import mathml
from govkit.documents.read.images import SVG
from govkit.documents.read.tree import Document, plain, walk
from govkit.documents.read.words import words as own_words
from govkit.zone.logo import luminance

if TYPE_CHECKING:
    from jinja2 import Environment
import re

from govkit.documents.pdf.typesetting import UNBROKEN, text_width
from govkit.documents.read.blocks import TableBlock

# Least contrast of type, and the luminance at which black and white are read alike (WCAG 2.2).
_READABLE, _MIDDLE = 4.5, 0.18
TEMPLATES = Path(__file__).parents[1] / "templates"


@cache
def environment() -> Environment:
    """The Jinja environment for pages that are no notebooks; every value is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(TEMPLATES)
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    equip(found)
    return found


def equip(environment: Environment) -> None:
    """Give ``environment`` what the templates ask for: words, colours, faces and a few tests of blocks."""
    style = load("document")
    environment.globals.update(own_script=OWN_SCRIPT)
    environment.globals.update(words=own_words, faces=style["faces"], data_uri=data_uri)
    environment.globals.update(colours=style["colours"], dark=style["dark"], most_columns=MOST_COLUMNS)
    environment.filters.update(plain=plain, column_lengths=column_lengths, kind=lambda block: type(block).__name__)
    environment.filters.update(interactive=has_interactive, formula=formula, cell_style=cell_style)
    environment.filters.update(card_name=card_name, card_labels=card_labels)


def data_uri(figure: Figure) -> str:
    """Return a picture as an address that holds its own bytes, a chart's drawing; SVG scripts do not run from it."""
    mime = SVG if figure.vector else figure.mime
    return f"data:{mime};base64,{base64.b64encode(figure.vector or figure.image).decode('ascii')}"


def formula(latex: str, *, display: bool = False) -> Markup:
    """Return a formula as MathML; one that cannot be set as it was typed."""
    made = mathml(latex, display=display)
    return Markup(made) if made else Markup("<code>{}</code>").format(latex)  # noqa: S704  (only elements of formulas)


def cell_style(look: Look | None) -> Markup:
    """Return the colours of a cell as an attribute of its element, its type dark or light enough to be read."""
    if look is None:
        return Markup("")
    ink = legible(look.ink or "#1a1a1a", look.fill or "#ffffff")
    parts = [f"background-color:{look.fill}" if look.fill else "", f"color:{ink}" if look.ink or look.fill else ""]
    parts += ["font-weight:bold" if look.bold else ""]
    if look.bar:
        colour, start, end = look.bar
        stops = f"transparent {start:.1%},{colour} {start:.1%},{colour} {end:.1%},transparent {end:.1%}"
        parts.append(f"background-image:linear-gradient(90deg,{stops})")
    return Markup(' style="{}"').format(";".join(part for part in parts if part))


def legible(ink: str, ground: str) -> str:
    """Return an ink, moved towards black or white as far as it must be to be read on a ground (WCAG 2.2: 4.5 to 1).

    >>> legible("#ff0000", "#ffffff"), legible("#1a1a1a", "#00008b"), legible("#1a1a1a", "#ffffff")
    ('#ed0000', '#8c8c8c', '#1a1a1a')
    """
    under, end = luminance(ground), 255 if luminance(ground) < _MIDDLE else 0
    parts = [int(ink[at : at + 2], 16) for at in (1, 3, 5)]
    for step in range(101):
        moved = "#" + "".join(f"{round(part + (end - part) * step / 100):02x}" for part in parts)
        light, dark = sorted((under, luminance(moved)), reverse=True)
        if (light + 0.05) / (dark + 0.05) >= _READABLE:
            break
    return moved


def has_interactive(document: Document) -> bool:
    """Whether the document holds anything that needs scripts of its own."""
    return any(
        isinstance(block, Embed) or (isinstance(block, Figure) and block.html) for block in walk(document.blocks)
    )


# A phone's width in em of a table's type, what a column's padding takes of it, what a text and a passage need.
_PHONE, _PADDING, _SQUEEZED, _PASSAGE = 23.5, 1.1, 5.0, 15.0
# Rows and columns that are still read as cards; beyond, the table is moved sideways below its first column.
MOST_ROWS, MOST_COLUMNS = 60, 16


def card_name(table: TableBlock) -> int | None:
    """Return the column that names a row's card: the first of words, or the first of all; None for a table that fits.

    A table of more rows or columns than anybody reads as cards has no cards either.
    """
    if len(table.rows) > MOST_ROWS or not 2 < len(table.columns) <= MOST_COLUMNS:
        return None
    if sum(_least(table, at) + _PADDING for at in range(len(table.columns))) <= _PHONE:
        return None
    words = (at for at, column in enumerate(table.columns) if column.kind not in UNBROKEN)
    return next((at for at in words if any(re.search(r"[^\W\d]", row[at]) for row in table.rows)), 0)


def _least(table: TableBlock, at: int) -> float:
    head = max(map(text_width, re.findall(r".{1,4}", table.columns[at].head)), default=0.0)
    widest = max((text_width(row[at]) for row in table.rows), default=0.0)
    whole = table.columns[at].kind in UNBROKEN
    return max(head, widest if whole else min(widest, _PASSAGE if widest > 2 * _PASSAGE else _SQUEEZED))


def card_labels(table: TableBlock) -> str:
    """Return the heads of a table as CSS variables ``--h1``, ``--h2`` …, which its style writes before each value."""
    return ";".join(f"--h{at}:{_css_text(column.full_head)}" for at, column in enumerate(table.columns, 1))


def _css_text(text: str) -> str:
    """Return a text as CSS writes it, whatever its letters.

    >>> _css_text("满意度（%）"), _css_text("a'b")
    ("'满意度（%）'", "'a\\\\27 b'")
    """
    return "'" + re.sub(r"[^\w（）、·% ]", lambda found: f"\\{ord(found[0]):x} ", text) + "'"
