"""What results say of themselves: sentences of catalogue/notes.toml, Chinese text that knows its English."""

from __future__ import annotations

import html
from collections.abc import Iterable
from string import Template
from typing import Any

from govkit import catalogue


class Note(str):
    """A sentence in Chinese; ``en`` is the same in English."""

    en: str


def note(key: str, **given: Any) -> Note:
    """Return a sentence of the catalogue with its $names filled in; whole numbers have their thousands apart."""
    filled = {name: f"{one:,}" if isinstance(one, int) else one for name, one in given.items()}
    said = {language: Template(text).substitute(filled) for language, text in catalogue.load("notes")[key].items()}
    found = Note(said["zh"])
    found.en = said["en"]
    return found


def listed(notes: Iterable[str]) -> str:
    """Return notes as two HTML lists, Chinese and English."""
    both = ([str(one) for one in notes], [one.en for one in notes if isinstance(one, Note)])
    return "".join(f"<ul>{''.join(f'<li>{html.escape(one)}</li>' for one in part)}</ul>" for part in both if part)
