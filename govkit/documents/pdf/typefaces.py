"""The type a document is printed with: which faces this machine has, and which characters they can set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from govkit.catalogue import load
from govkit.errors import ReportError

if TYPE_CHECKING:
    import typst

BLANKS = frozenset(" \n\t\u00a0\u3000")


@dataclass(frozen=True)
class Typefaces:
    """The chosen families, Typst's font book they come from, and the characters at least one of them has."""

    body: str
    heading: str
    italic: str
    latin: str
    title: str
    songti: str
    book: typst.Fonts
    characters: frozenset[int]

    @property
    def families(self) -> tuple[str, ...]:
        """Every family that may appear in a document, each once."""
        packaged = load("document")["faces"]["packaged"]
        chosen = (self.latin, self.body, self.heading, self.italic, self.title, self.songti, *packaged)
        return tuple(dict.fromkeys(family for family in chosen if family))

    def can_set(self, character: str) -> bool:
        """Whether ``character`` can be printed."""
        return character in BLANKS or ord(character) in self.characters


@cache
def typefaces(*, system: bool = True) -> Typefaces:
    """Return the faces to print with: the machine's own Chinese type first (``system``), else the packaged open fonts.

    Raises ReportError if not even the packaged fonts are there.
    """
    import typst

    faces = load("document")["faces"]
    book = typst.Fonts(include_system_fonts=system, include_embedded_fonts=True, font_paths=[packaged_folder()])
    families = set(book.families())
    missing = [family for family in faces["packaged"] if family not in families]
    if missing:
        raise ReportError(
            f"找不到随程序安装的字体：{'、'.join(missing)}。",
            where=str(packaged_folder()),
            todo="重新安装 pylopdf-fonts-zh-cn。",
        )
    body, heading, italic, latin, title, songti = (
        next((family for family in faces[use] if family in families), "")
        for use in ("body", "heading", "italic", "latin", "title", "songti")
    )
    # the packaged faces bring western letters that go with them; another machine's 仿宋 does not
    latin = latin if body not in faces["packaged"] else ""
    chosen = Typefaces(body, heading, italic, latin, title, songti, book, frozenset())
    return replace(chosen, characters=_characters(book, chosen.families))


def packaged_folder() -> Path:
    """The folder of the fonts installed with the program."""
    import pylopdf_fonts_zh_cn

    return pylopdf_fonts_zh_cn.serif_path().parent


def _characters(book: typst.Fonts, families: tuple[str, ...]) -> frozenset[int]:
    """Code points that the upright regular face of at least one of ``families`` has."""
    from fontTools.ttLib import TTFont

    found: set[int] = set()
    for info in book.fonts():
        if info.family in families and info.path and info.style == "normal":
            with TTFont(info.path, fontNumber=info.index, lazy=True) as font:
                found |= set(font.getBestCmap() or {})
    return frozenset(found)
