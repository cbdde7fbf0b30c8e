"""A volume of several reports as one PDF: cover, contents with page numbers, every report with one count of pages."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govkit.documents.pdf.file import made_on, printable, set_document
from govkit.documents.pdf.typefaces import typefaces
from govkit.documents.read.tree import Document
from govkit.documents.read.volume import front, place_of
from govkit.documents.read.words import words, written_in
from govkit.files import write_whole


@dataclass(frozen=True)
class Bound:
    """A volume as printed: how many pages its reports have, and the page of each heading as ``joined`` names it."""

    pages: int
    headings: dict[str, int]


def write_volume(reports: Sequence[Document], path: Path) -> Bound:
    """Write reports, each with a cover that names its district, as one PDF and return where its parts stand.

    Every report is set anew, from the page on which the one before it ends; bookmarks lead to each and its chapters,
    lines of the contents to each. Same reports and fonts: same bytes. Raises ReportError if Typst cannot set one or the
    file cannot be written.
    """
    import pypdf  # a run without a volume does without

    faces, parts, entries, page = typefaces(), [], [], 1
    headings: dict[str, int] = {}
    for at, report in enumerate(reports, start=1):
        with written_in(report.cover):
            made = set_document(printable(report, faces), faces, volume={"first": page})
        part = pypdf.PdfReader(io.BytesIO(made.data))
        parts.append(part)
        entries.append((place_of(report), page))
        headings |= {f"v{at}": page} | {f"v{at}-{name}": on for name, on in made.headings.items()}
        page += len(part.pages)
    whole = front(reports)
    with written_in(whole.cover):
        made = set_document(printable(whole, faces), faces, volume={"first": 0, "entries": entries})
        first = pypdf.PdfReader(io.BytesIO(made.data))
        book = pypdf.PdfWriter()
        book.append(first, outline_item=words["contents"])
        for part, (name, _) in zip(parts, entries, strict=True):
            book.append(part, outline_item=name)
    _link(book, made.entries, len(first.pages))
    book.add_metadata({"/Title": whole.title, "/CreationDate": made_on(whole.cover).strftime("D:%Y%m%d%H%M%S")})
    out = io.BytesIO()
    book.write(out)
    write_whole(path, out.getvalue())
    return Bound(page - 1, headings)


def _link(book: Any, entries: Sequence[dict[str, Any]], before: int) -> None:
    """Lead each line of the contents to its report; ``before``: pages that stand before the first of them."""
    from pypdf.annotations import Link

    for entry in entries:
        sheet = book.pages[entry["on"] - 1].mediabox
        top = float(sheet.height) - entry["y"]
        rect = (entry["left"], top - entry["height"], float(sheet.width) - entry["left"], top)
        target = Link(rect=rect, border=[0, 0, 0], target_page_index=before + entry["page"] - 1)
        book.add_annotation(page_number=entry["on"] - 1, annotation=target)
