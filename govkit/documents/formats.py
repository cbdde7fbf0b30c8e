"""Which documents there are, how their files end, who writes them, and which of them a notebook is made into."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit.documents.read.words import section, written_in

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from govkit.documents.read.tree import Document


@dataclass(frozen=True)
class Kind:
    """One kind of document: how its file's name goes on, what it is called, and the function that writes it.

    ``writer``: ``module:function`` of the document and the path, or, ``of_notebook``, of the notebook, the path and
    ``document=``; imported when first used.
    """

    suffix: str
    title: str
    writer: str
    of_notebook: bool = False

    @property
    def module(self) -> str:
        """The module of the function that writes it."""
        return self.writer.partition(":")[0]

    def path(self, folder: Path, stem: str) -> Path:
        """Return the file of the report ``stem``, its kind named in the language documents are written in."""
        return folder / f"{stem}{section('suffixes').get(self.suffix, self.suffix)}"


# A new kind of document is one module and one line here.
KINDS = {
    "html": Kind(".html", "网页", "govkit.documents.html.page:write_html", of_notebook=True),
    "pdf": Kind(".pdf", "PDF", "govkit.documents.pdf.file:write_pdf"),
    "docx": Kind(".docx", "Word", "govkit.documents.word.file:write_docx"),
    "xlsx": Kind("-附表.xlsx", "附表", "govkit.documents.annex:write_annex"),
    "brief": Kind("-要点.pdf", "要点", "govkit.documents.brief:write_brief"),
    "digest": Kind("-摘报.pdf", "摘报", "govkit.documents.brief:write_digest"),
    "slides": Kind(".slides.html", "幻灯片", "govkit.documents.deck.slides:write_slides", of_notebook=True),
    "pptx": Kind(".slides.pptx", "PowerPoint", "govkit.documents.deck.pptx:write_pptx", of_notebook=True),
}
FORMATS = tuple(KINDS)
DECKS = ("slides", "pptx")
REPORTS = tuple(kind for kind in FORMATS if kind not in DECKS)
# What a report is made into where nobody asks for anything else.
USUAL = ("html", "pdf")
# Documents for a browser: what lives there needs no still twin.
ON_SCREEN = ("html", "slides")
ON_PAPER = ("pdf", "docx")


def write(
    kind: str, notebook: NotebookNode, document: Document, path: Path, *, beside: Collection[str] = ()
) -> Document:
    """Write a document of ``kind`` and return it as written, what it could not show in ``unconverted``.

    Where no page and no workbook is made ``beside`` it, paper has the tables whole that are left to these otherwise.
    """
    if kind in ON_PAPER and not {"html", "xlsx"} & {*beside}:
        from govkit.documents.read.tree import all_on_paper

        document = all_on_paper(document)
    module, _, name = KINDS[kind].writer.partition(":")
    writer: Any = getattr(import_module(module), name)
    given = (notebook, path) if KINDS[kind].of_notebook else (document, path)
    with written_in(document.cover):
        written: Document = writer(*given, **({"document": document} if KINDS[kind].of_notebook else {}))
    return written


def documents_of(notebook: Path, *, own: bool = True) -> tuple[str, ...]:
    """Return what a notebook can be made into: ``metadata.govkit.documents``.

    One of the workbench (not ``own``) that does not say is a report; somebody's own can be anything, also a deck.
    """
    from govkit.documents.read.notebook import read_notebook

    return tuple(read_notebook(notebook).metadata.get("govkit", {}).get("documents", FORMATS if own else REPORTS))
