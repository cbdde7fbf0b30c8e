"""Chinese fonts: the packaged Noto fonts for maps, the reader's own for documents that ask for them."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from govkit import catalogue
from govkit.errors import ReportError

# Our own names for the packaged files: a "Noto Sans SC" of another version on the machine must not be taken instead.
_PACKAGED = {"Govkit Sans": "NotoSansSC-Regular.otf", "Govkit Serif": "NotoSerifSC-Regular.otf"}
_MISSING_GLYPH = r"Glyph .* missing from"
_CLOSING = " ，。、；：！？）》】」』”’%,.;:)"
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*[%,.;:)]*|.", re.DOTALL)
_POINTS_A_CM = 72 / 2.54


@cache
def packaged_fonts() -> dict[str, Path]:
    """Return family name → file of the fonts that come with govkit, sans first.

    Raises ReportError if the font package is not installed.
    """
    try:
        import pylopdf_fonts_zh_cn
    except ImportError:
        raise ReportError(
            "没有找到随附的中文字体(Python 包 pylopdf-fonts-zh-cn)。", todo="重新安装 govkit 后重试。"
        ) from None
    folder = Path(pylopdf_fonts_zh_cn.__file__).parent
    return {family: folder / name for family, name in _PACKAGED.items()}


@cache
def own_font(style: str) -> Path | None:
    """Return the file of a ``style`` (heiti, songti, fangsong, kaiti) on this machine, None if there is none."""
    files = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    wanted = catalogue.load("map_text")["fonts"][style]
    return next((Path(files[name]) for name in wanted if name in files), None)


def font_file(style: str, *, prefer_own: bool = True) -> Path:
    """Return a font file for ``style``: the reader's own where installed, else the packaged Noto font nearest to it."""
    found = own_font(style) if prefer_own else None
    return found or packaged_fonts()["Govkit Sans" if style == "heiti" else "Govkit Serif"]


@cache
def map_families() -> tuple[str, ...]:
    """Register the packaged fonts with matplotlib and return the families a map's text is set in, first choice first.

    A character that neither packaged font has is taken from the reader's own fonts, in the catalogue's order.
    """
    entries = font_manager.fontManager.ttflist
    for family, file in packaged_fonts().items():
        if not any(entry.name == family for entry in entries):
            entries.append(font_manager.FontEntry(fname=str(file), name=family, weight=400, size="scalable"))
    own = [own_font(style) for style in catalogue.load("map_text")["fonts"]]
    names = {entry.fname: entry.name for entry in entries}
    return (*packaged_fonts(), *dict.fromkeys(names[str(file)] for file in own if file))


@lru_cache(maxsize=64)
def properties(size: float) -> FontProperties:
    """Return the font of maps at ``size`` points; do not change it."""
    return FontProperties(family=list(map_families()), size=size)


@contextmanager
def every_glyph() -> Iterator[None]:
    """Within this block a character that no font has raises ReportError instead of being drawn as a box."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=_MISSING_GLYPH, category=UserWarning)
        try:
            yield
        except UserWarning as warning:
            raise ReportError(f"地图文字中有字体里没有的字符：{warning}", todo="改用常用字后重试。") from None


@cache
def _characters() -> frozenset[int]:
    files = font_manager.fontManager
    paths = {files.findfont(family, fallback_to_default=False) for family in map_families()}
    return frozenset().union(*(font_manager.get_font(str(path)).get_charmap() for path in paths))


def printable(text: str, *, where: str = "") -> str:
    """Return ``text`` in the language spoken (``words.language``), on one line, without signs that are not shown.

    Raises ReportError that names the text and its first character for which no font has a glyph.
    """
    # not at the top: a kernel that brings pandas before there is a shell shows frames otherwise than Jupyter
    from govkit.display.words.language import drawn

    text = drawn(text)
    kept = "".join(" " if char.isspace() else char for char in text if char.isspace() or _is_shown(char))
    kept = " ".join(kept.split())
    strange = [char for char in kept if ord(char) not in _characters()]
    if strange:
        raise ReportError(
            f"{kept!r} 中的字符 {strange[0]!r}(U+{ord(strange[0]):04X})没有字体可以印出。",
            where=where,
            allowed="中文、拉丁字母、数字和常用符号",
            todo="在来源文件里改用常用字，或在本机安装含有该字的中文字体后重试。",
        )
    return kept


def _is_shown(char: str) -> bool:
    # C*: control and format characters, surrogates, private use; variation selectors change nothing in our fonts
    return unicodedata.category(char)[0] != "C" and not 0xFE00 <= ord(char) <= 0xFE0F


@lru_cache(maxsize=20_000)
def text_width(text: str, size: float) -> float:
    """Return the width in centimetres of one line of ``text`` set at ``size`` points."""
    width, _, _ = text_to_path.get_text_width_height_descent(text, properties(size), False)
    return float(width) / _POINTS_A_CM


def line_height(size: float) -> float:
    """Return the distance in centimetres from line to line at ``size`` points."""
    return size * 1.25 / _POINTS_A_CM


def wrap(text: str, size: float, width: float) -> list[str]:
    """Break ``text`` into lines no wider than ``width`` centimetres, never before closing punctuation.

    A word of Latin letters is broken only where it is wider than a line by itself.
    """
    lines = [""]
    for word in _WORD.findall(text):
        for part in (word,) if text_width(word, size) <= width else word:
            if lines[-1] and text_width(lines[-1] + part, size) > width and part not in _CLOSING:
                lines.append("")
            lines[-1] += part
    return [line.strip() for line in lines]
