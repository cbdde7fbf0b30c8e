"""The PowerPoint file a deck is written into: 16:9, the bureau's colour and face, always the same bytes."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from govkit.documents.read.texts import MOST_IN_PROPERTY
from govkit.documents.read.words import section, words

if TYPE_CHECKING:
    from pptx.presentation import Presentation

# A slide 1280 pixels wide, a pixel being 1/96 inch: 13.33 × 7.5 inches, PowerPoint's own 16:9.
EMU_A_PIXEL = 9525
WIDTH, HEIGHT = 1280, 720
LEFT, RIGHT, TOP = 56, 56, 30
COVER, TITLED = 0, 5
# The oldest time a zip archive can hold.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def empty_presentation(*, accent: str) -> Presentation:
    """Return a presentation without slides; its theme has ``accent`` (``#rrggbb``) and the catalogue's Chinese face."""
    import pptx
    from pptx.util import Emu

    made = pptx.Presentation()
    was = made.slide_width or WIDTH * EMU_A_PIXEL
    made.slide_width, made.slide_height = Emu(WIDTH * EMU_A_PIXEL), Emu(HEIGHT * EMU_A_PIXEL)
    for shape in _placeholders(made):
        shape.left, shape.width = (round(length * made.slide_width / was) for length in (shape.left, shape.width))
    _style_titles(made)
    _set_theme(made.slide_master.part, accent)
    return made


def _placeholders(made: Presentation) -> Iterator[Any]:
    """Yield the places for text of the master and of every layout."""
    for holder in (made.slide_master, *made.slide_layouts):
        yield from cast(Any, holder.placeholders)


def _style_titles(made: Presentation) -> None:
    """Set titles to the left, bold, in the accent colour: on the master, so that slides added by hand match."""
    from pptx.oxml.ns import qn

    for holder in (made.slide_master, made.slide_layouts[TITLED]):
        title = next(shape for shape in cast(Any, holder.placeholders) if shape.placeholder_format.idx == 0)
        title.left, title.top = LEFT * EMU_A_PIXEL, TOP * EMU_A_PIXEL
        title.width, title.height = (WIDTH - LEFT - RIGHT) * EMU_A_PIXEL, 60 * EMU_A_PIXEL
    level = made.slide_master.element.find(f".//{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    level.set("algn", "l")
    run = level.find(qn("a:defRPr"))
    run.set("sz", "3150")
    run.set("b", "1")
    run.find(f"{qn('a:solidFill')}/{qn('a:schemeClr')}").set("val", "accent1")


def _set_theme(part: Any, accent: str) -> None:
    """Put accent and face into the theme of a master."""
    from pptx.opc.constants import RELATIONSHIP_TYPE

    theme = part.part_related_by(RELATIONSHIP_TYPE.THEME)
    face = section("pptx", "deck")["face"]
    text = theme.blob.decode("utf-8")
    text = re.sub(
        r'(<a:accent1><a:srgbClr val=")[0-9A-F]{6}', lambda found: found[1] + accent.lstrip("#").upper(), text
    )
    text = re.sub(
        r'<a:latin typeface="[^"]*"/><a:ea typeface=""/>',
        f'<a:latin typeface="{face}"/><a:ea typeface="{face}"/>',
        text,
    )
    theme._blob = text.encode("utf-8")


def packed(made: Presentation, *, title: str, author: str, on: dt.datetime) -> bytes:
    """Return the presentation as a file; the same slides give the same bytes."""
    properties = made.core_properties
    title, author = title[:MOST_IN_PROPERTY], author[:MOST_IN_PROPERTY]
    properties.title, properties.author, properties.last_modified_by = title, author, author
    properties.created = properties.modified = on
    properties.revision, properties.language, properties.keywords = 1, words["lang"], ""
    raw, out = io.BytesIO(), io.BytesIO()
    made.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()
