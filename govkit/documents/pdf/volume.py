"""A volume of several reports as one PDF: cover, contents with page numbers, every report with one count of pages."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from govkit.documents.pdf.file import made_on, printable, set_document
from govkit.documents.pdf.typefaces import typefaces
from govkit.documents.read.tree import Document
from govkit.documents.read.words import words, written_in
from govkit.files import write_whole

# Of the cover of one report, what is not the whole volume's.
_OF_ONE = {"district": "", "code": "", "official": {}}


def write_volume(reports: Sequence[Document], path: Path) -> int:
    """Write reports, each with a cover that names its district, as one PDF and return how many pages they have.

    The volume's cover is that of the first report, without what is a district's. Every report is set anew, from the
    page on which the one before it ends; bookmarks lead to each and its chapters. Same reports and fonts: same bytes.
    Raises ReportError if Typst cannot set one or the file cannot be written.
    """
    import pypdf  # a run without a volume does without

    faces, parts, entries, page = typefaces(), [], [], 1
    for report in reports:
        cover = dict(report.cover or {})
        with written_in(report.cover):
            made = set_document(printable(report, faces), faces, volume={"first": page})
        part = pypdf.PdfReader(io.BytesIO(made.data))
        parts.append(part)
        entries.append((str(cover.get("district") or report.title), page))
        page += len(part.pages)
    with written_in(reports[0].cover):
        title = f"{reports[0].title}{words['volume']}"
        cover = dict(reports[0].cover or {}) | _OF_ONE | {"title": title}
        whole = replace(reports[0], title=title, cover=cover, blocks=())
        made = set_document(printable(whole, faces), faces, volume={"first": 0, "entries": entries})
        front = pypdf.PdfReader(io.BytesIO(made.data))
        book = pypdf.PdfWriter()
        book.append(front, outline_item=words["contents"])
        for part, (name, _) in zip(parts, entries, strict=True):
            book.append(part, outline_item=name)
    book.add_metadata({"/Title": title, "/CreationDate": made_on(whole.cover).strftime("D:%Y%m%d%H%M%S")})
    out = io.BytesIO()
    book.write(out)
    write_whole(path, out.getvalue())
    return page - 1
