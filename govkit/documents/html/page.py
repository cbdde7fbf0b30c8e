"""A document as one HTML file that needs nothing else: no network, no fonts, no server; in any language."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit.display.words.language import Speaker
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


# What is no text: scripts and styles.
_CODE = re.compile(r"(<(?P<kind>script|style)\b.*?</(?P=kind)>)", re.DOTALL)
_TEXT = re.compile(r"(?<=>)([^<>]*[\u3400-\u9fff][^<>]*)(?=<)")
_SPOKEN = re.compile(
    r'(?<= )((?:aria-label|title|alt|placeholder|data-(?:label|name|said|sort))=")([^"]*[\u3400-\u9fff][^"]*)(?=")'
)


def page_in_language(page: str, speaker: Speaker | None) -> str:
    """Return a page with its texts and labels said; what has no wording stays as it is: a finding is never hidden."""
    if speaker is None:
        return page
    parts = _CODE.split(page)
    said = [_said(part, speaker) if at % 3 == 0 else part for at, part in enumerate(parts) if at % 3 != 2]
    return "".join(said).replace('<html lang="zh-CN">', f'<html lang="{speaker.language}">', 1)


def _said(markup: str, speaker: Speaker) -> str:
    markup = _TEXT.sub(lambda found: _kept(found[1], speaker), markup)
    return _SPOKEN.sub(lambda found: f"{found[1]}{_kept(found[2], speaker)}", markup)


def _kept(text: str, speaker: Speaker) -> str:
    bare = html.unescape(text).strip()
    said = html.escape(speaker.heard(bare) or bare)
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead}{said}{tail}"
