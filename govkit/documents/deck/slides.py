"""A deck as one HTML file for the conference hall: reveal.js and live maps inside, nothing asked from a network."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from govkit.catalogue import load
from govkit.documents.deck.deck import read_deck
from govkit.documents.html.environment import environment
from govkit.documents.html.policy import sealed
from govkit.documents.html.shared_scripts import share_scripts
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import Document
from govkit.documents.read.words import section
from govkit.documents.read.words import words as own_words
from govkit.errors import ReportError
from govkit.files import write_whole

if TYPE_CHECKING:
    from nbformat import NotebookNode

# What would end or swallow the script element that a script stands in; \x3c is < in strings, templates and patterns.
_CLOSING = re.compile(r"<(?=!--|/?script)", re.IGNORECASE)


def write_slides(notebook: NotebookNode, path: Path, *, document: Document | None = None) -> Document:
    """Write an executed notebook as one self-contained deck and return the document shown.

    ``document`` saves reading the notebook again. Same notebook, same bytes. Raises ReportError if the notebook shows
    no slide, reveal.js is not installed or the file cannot be written.
    """
    document = read_document(notebook) if document is None else document
    deck = read_deck(document, path)
    page = environment().overlay()
    page.filters = {**page.filters, "asleep": asleep}
    text = page.get_template("slides/deck.html.j2").render(
        deck=deck,
        cover=_every_field(deck.cover),
        title=document.title or path.stem,
        accent=deck.cover.get("accent") or load("document")["colours"]["accent"],
        words=section("words", "deck"),
        enlarged=load("deck")["pictures"]["most_enlarged"],
        labels=own_words,
        style=_reveal("styles"),
        script=_CLOSING.sub(r"\\x3c", _in_own_language(_reveal("scripts"))),
    )
    write_whole(path, share_scripts(sealed(text)))
    return document


def asleep(html: str) -> str:
    """Return a map that waits: its page stands in ``data-map`` until its slide is reached.

    >>> asleep("<iframe title='图' srcdoc='&lt;p&gt;'></iframe>")
    "<iframe title='图' data-map='&lt;p&gt;'></iframe>"
    """
    return re.sub(r"(<iframe\b[^>]*?\s)srcdoc=", r"\1data-map=", html)


def _every_field(cover: object) -> dict[str, str]:
    fields = ("title", "subtitle", "district", "period", "issuer", "date", "classification", "map_approval")
    known = dict(cover) if isinstance(cover, dict) else {}
    return {name: str(known.get(name) or "") for name in (*fields, "synthetic", "logo")}


@cache
def _reveal(part: str) -> str:
    """Return the style or script files of reveal.js one after the other, read from the installed package."""
    rules = load("deck")["reveal"]
    try:
        installed = distribution(rules["package"])
        files = [Path(str(installed.locate_file(f"{rules['folder']}/{name}"))) for name in rules[part]]
        return "\n".join(file.read_text(encoding="utf-8") for file in files)
    except (PackageNotFoundError, OSError) as error:
        raise ReportError(f"找不到幻灯片脚本 reveal.js：{error}", todo=f"重新安装 {rules['package']}。") from None


def _in_own_language(script: str) -> str:
    """Return the script with what the presenter's window says, which is English, in the language of the deck."""
    if own_words["lang"].startswith("zh"):
        for english, chinese in load("deck")["speaker"].items():
            script = script.replace(english, chinese)
    return script
