"""A document as one HTML file that needs nothing else: no network, no fonts, no server."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit.documents.html.environment import environment
from govkit.documents.html.policy import sealed
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import Document
from govkit.files import write_whole

if TYPE_CHECKING:
    from nbconvert.exporters import HTMLExporter
    from nbformat import NotebookNode


def write_html(notebook: NotebookNode, path: Path, *, title: str = "", document: Document | None = None) -> Document:
    """Write an executed notebook as one self-contained HTML file and return the document shown.

    ``title`` names the browser tab, if not the document's or the file's. ``document`` saves reading the notebook
    again. Same notebook, same bytes.
    Raises ReportError if an output is malformed or the file cannot be written.
    """
    document = read_document(notebook) if document is None else document
    resources = {"document": document, "title": title or document.title or path.stem}
    html, _ = exporter().from_notebook_node(notebook, resources)
    write_whole(path, html.encode("utf-8"))
    return document


@cache
def exporter() -> HTMLExporter:
    """The one nbconvert exporter of this process, its templates compiled at first use."""
    from govkit.documents.html.exporter import ReportExporter

    return ReportExporter()


def render_index(**context: Any) -> str:
    """Return the index page of a batch; ``context`` as listed at the head of templates/index.html.j2."""
    return sealed(environment().get_template("index.html.j2").render(**context))
