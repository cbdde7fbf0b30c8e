"""Texts as notebooks hold them → as a terminal would show them."""

from __future__ import annotations

import re
from typing import Any

# Colours and cursor movements that programs print for a terminal.
ANSI = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[@-Z\\\\^_=>])")
# To the first column of the line, as a carriage return goes there.
_FIRST_COLUMN = re.compile("\x1b\\[[01]?G")
_HALF = re.compile("[\ud800-\udfff]")
# Where packages lie on this machine: nobody's business, and long.
_PACKAGES = re.compile(r"(?:[A-Za-z]:)?[/\\][^\s:]*?site-packages[/\\]")


# Characters of a printed line on paper, about; more of them than the lines there may be are left out, too.
_LONGEST_LINE = 200
# What Office holds of a property of a document (ISO/IEC 29500-2, part 11).
MOST_IN_PROPERTY = 255


def joined(value: Any) -> str:
    """A text that a notebook may hold as a list of lines."""
    return "".join(value) if isinstance(value, list) else str(value)


def without_halves(value: Any) -> Any:
    """Return a notebook's content with halves of characters (unpaired surrogates) as boxed codes; itself without any.

    They come out of cut texts and of file names in another encoding, and can be written to no file.

    >>> without_halves(["坏\\ud83d字", 1])
    ['坏〔U+D83D〕字', 1]
    """
    if isinstance(value, str):
        return _HALF.sub(lambda found: f"〔U+{ord(found[0]):04X}〕", value) if _HALF.search(value) else value
    if isinstance(value, dict):
        made = {name: without_halves(one) for name, one in value.items()}
        same = all(made[name] is value[name] for name in value)
        return value if same else type(value)(made)
    if isinstance(value, list):
        parts = [without_halves(one) for one in value]
        return value if all(new is old for new, old in zip(parts, value, strict=True)) else parts
    return value


def printed(text: str) -> str:
    """What a terminal would show of a printed text: without colours, of a line written over its last state.

    >>> printed("10%\\r50%\\r100%\\n\\x1b[31m红\\x1b[0m")
    '100%\\n红'
    >>> printed("退格\\b\\b字")
    '字'
    """
    text = _PACKAGES.sub("", ANSI.sub("", _FIRST_COLUMN.sub("\r", text))).replace("\r\n", "\n")
    first, *rest = text.split("\b")
    kept = list(first) if rest else []
    for piece in rest:  # each steps back over a character of its line
        del kept[len(kept) - (kept[-1:] not in ([], ["\n"])) :]
        kept += piece
    lines = ("".join(kept) if rest else text).split("\n")
    return "\n".join(next((part for part in reversed(line.split("\r")) if part.strip()), "") for line in lines).rstrip()


def shortened(text: str, most: int) -> str:
    """A long text with its middle left out, and how many lines that are; all of it is on the page and in the notebook.

    >>> shortened("1\\n2\\n3\\n4\\n5", 2).split("\\n")
    ['1', '……（共 5 行，此处略去 3 行；全文见网页版和执行后的笔记本）', '5']
    >>> len(shortened("长" * 1_000_000, 2))
    450
    """
    lines = text.split("\n")
    if len(lines) <= most:
        return _cut(text, most * _LONGEST_LINE)
    head = most - most // 3 if most > 2 else 1
    tail = most - head
    left = len(lines) - head - tail
    gap = f"……（共 {len(lines):,} 行，此处略去 {left:,} 行；全文见网页版和执行后的笔记本）"
    first, last = (_cut("\n".join(part), most * _LONGEST_LINE) for part in (lines[:head], lines[len(lines) - tail :]))
    return f"{first}\n{gap}\n{last}"


def _cut(text: str, most: int) -> str:
    """A text of few lines without end, its middle left out."""
    left = len(text) - most
    gap = f"……（共 {len(text):,} 个字，此处略去 {left:,} 个；全文见网页版和执行后的笔记本）……"
    return f"{text[: most // 2]}{gap}{text[-(most // 2) :]}" if left > 0 else text
