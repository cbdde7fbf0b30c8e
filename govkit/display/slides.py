"""Slides as notebooks state them: a head with message, key figures and the presenter's notes, then what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from govkit.display.maps.sheet.figure import InteractiveMap, MapFigure

SLIDE_MIME = "application/vnd.govkit.slide+json"


@dataclass(frozen=True)
class KeyFigure:
    """One large number: finished ``value`` and ``unit``, what it counts, and how it moved (``""`` if unknown)."""

    label: str
    value: str
    unit: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Slide:
    """The head of a slide; the figures and tables shown after it stand on it, up to the next head.

    ``title`` states the finding, ``lead`` one line below it; ``notes`` are what the presenter reads, a paragraph each.
    Texts are Markdown, as ``phrases.say`` returns them. The heading above a slide in its notebook is its section.
    """

    title: str
    lead: str = ""
    notes: tuple[str, ...] = ()
    figures: tuple[KeyFigure, ...] = ()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        figures = "\n".join(f"- {one.label} **{one.value}** {one.unit} {one.remark}".rstrip() for one in self.figures)
        parts = (f"# {self.title}", self.lead, figures, *(f"> {note}" for note in self.notes))
        return {
            "text/markdown": "\n\n".join(part for part in parts if part),
            SLIDE_MIME: asdict(self),
            "text/plain": self.title,
        }


def slide(
    title: str,
    *,
    lead: str = "",
    notes: str | Sequence[str] = (),
    figures: Sequence[KeyFigure] = (),
) -> Slide:
    """Make the head of a slide; empty notes are left out."""
    paragraphs = (notes,) if isinstance(notes, str) else tuple(notes)
    return Slide(title, lead, tuple(filter(None, paragraphs)), tuple(figures))


@dataclass(frozen=True, eq=False)
class SlideMap(InteractiveMap):
    """A map on a slide: live on the screen, and a picture in type for the back row for print and PowerPoint."""

    _page, _dpi = "slide", 150


def on_slide(figure: MapFigure) -> MapFigure:
    """Return a map drawn for a slide; anything else (the mark of a missing map) as it is."""
    return SlideMap(figure.spec) if isinstance(figure, MapFigure) else figure
