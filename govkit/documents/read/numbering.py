"""Numbers of headings, figures and tables, given once so that HTML, PDF and Word agree."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from govkit.catalogue import load
from govkit.documents.read.blocks import Absent, Block, Figure, Heading, ListBlock, Quote, TableBlock, plain, walk

DIGITS = "零一二三四五六七八九"


def chinese_number(number: int) -> str:
    """Return 1 … 99 in Chinese numerals.

    >>> [chinese_number(n) for n in (1, 10, 12, 20, 23)]
    ['一', '十', '十二', '二十', '二十三']
    """
    tens, ones = divmod(number, 10)
    if not tens:
        return DIGITS[ones]
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")


# 一、（一）1.（1） after GB/T 9704-2012, 7.3.3
STYLES: tuple[Callable[[int], str], ...] = (
    lambda n: f"{chinese_number(n)}、",
    lambda n: f"（{chinese_number(n)}）",
    lambda n: f"{n}.",
    lambda n: f"（{n}）",
)


@dataclass
class _Counter:
    """Running numbers of one document."""

    by_hand: bool
    figures: int = 0
    tables: int = 0
    anchors: int = 0
    levels: list[int] = field(default_factory=lambda: [0] * 6)

    def numbered(self, block: Block) -> Block:
        if isinstance(block, Heading):
            return self._heading(block)
        if isinstance(block, Figure):
            self.figures += 1
            return replace(block, number=self.figures)
        if isinstance(block, TableBlock):
            self.tables += 1
            return replace(block, number=self.tables)
        if isinstance(block, ListBlock):
            return replace(block, items=tuple(self.all(item) for item in block.items))
        if isinstance(block, (Quote, Absent)):
            return replace(block, blocks=self.all(block.blocks))
        return block

    def all(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        return tuple(self.numbered(block) for block in blocks)

    def _heading(self, heading: Heading) -> Heading:
        rules = load("document")["headings"]
        self.anchors += 1
        anchor = f"s{self.anchors}"
        at = heading.level - 1
        self.levels[at + 1 :] = [0] * (5 - at)
        outside = plain(heading.runs).startswith(tuple(rules["unnumbered"]))
        if self.by_hand or outside or heading.level > rules["numbered_levels"]:
            return replace(heading, anchor=anchor)
        self.levels[at] += 1
        return replace(heading, anchor=anchor, number=STYLES[at](self.levels[at]))


def number_blocks(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the blocks with running numbers: headings as in official documents, figures and tables from 1.

    Nothing is added to headings if the author numbers by hand, or to those the catalogue keeps outside (附录 …).
    """
    rules: dict[str, Any] = load("document")["headings"]
    by_hand = any(re.match(rules["by_hand"], plain(block.runs)) for block in walk(blocks) if isinstance(block, Heading))
    return _Counter(by_hand).all(blocks)


def split_title(blocks: tuple[Block, ...]) -> tuple[str, tuple[Block, ...]]:
    """Return the document's title and its blocks with headings from level 1.

    A single first-level heading that comes before every other heading is the title; it is taken out and the
    others move up. Otherwise the title is empty.
    """
    headings = [block for block in walk(blocks) if isinstance(block, Heading)]
    first_level = [heading for heading in headings if heading.level == 1]
    title = ""
    if len(first_level) == 1 and headings[0].level == 1 and headings[0] in blocks:
        title = plain(headings[0].runs)
        at = blocks.index(headings[0])
        blocks, headings = blocks[:at] + blocks[at + 1 :], headings[1:]
    highest = min((heading.level for heading in headings), default=1)
    return title, tuple(_raised(block, highest - 1) for block in blocks)


def _raised(block: Block, by: int) -> Block:
    if isinstance(block, Heading):
        return replace(block, level=max(block.level - by, 1))
    if isinstance(block, ListBlock):
        return replace(block, items=tuple(tuple(_raised(part, by) for part in item) for item in block.items))
    if isinstance(block, (Quote, Absent)):
        return replace(block, blocks=tuple(_raised(part, by) for part in block.blocks))
    return block
