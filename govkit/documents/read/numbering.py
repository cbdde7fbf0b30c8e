"""Numbers of headings, figures and tables, given once so that HTML, PDF and Word agree."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from govkit.catalogue import load
from govkit.documents.read.blocks import (
    Absent,
    Block,
    Definitions,
    Embed,
    Equation,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Run,
    TableBlock,
)
from govkit.documents.read.images import Complaint
from govkit.documents.read.references import REFERENCE
from govkit.documents.read.tree import plain, walk, with_runs
from govkit.documents.read.words import section, words

_NAME = "(?:图|表|figure|table)"
_CITED = re.compile(rf"(见|\(see )({_NAME}(?:(?:、|, ){_NAME})*)(?=[）。，；)])")
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


def _western(levels: Sequence[int]) -> str:
    """Return 1 and 1.2; below a heading without a number the level counts alone."""
    return f"{'.'.join(str(level) for level in levels if level)}\u2002"


@dataclass
class _Counter:
    """Running numbers of one document."""

    by_hand: bool
    all_figures: int = 0
    all_tables: int = 0
    figures: int = 0
    tables: int = 0
    anchors: int = 0
    equations: int = 0
    displays: int = 0
    targets: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    levels: list[int] = field(default_factory=lambda: [0] * 6)
    outside: bool = False

    def numbered(self, block: Block) -> Block:
        if isinstance(block, Heading):
            return self._heading(block)
        if isinstance(block, Paragraph):
            return with_runs(block, self._cited)
        if isinstance(block, Figure):
            self.figures += 1
            return replace(block, number=self.figures)
        if isinstance(block, TableBlock):
            self.tables += 1
            return replace(block, number=self.tables)
        if isinstance(block, ListBlock):
            return replace(block, items=tuple(self.all(item) for item in block.items))
        if isinstance(block, Definitions):
            return Definitions(tuple((term, self.all(explained)) for term, explained in block.items))
        if isinstance(block, (Quote, Absent)):
            return replace(block, blocks=self.all(block.blocks))
        if isinstance(block, Embed):
            return replace(block, twin=self.all(block.twin))
        return self._equation(block) if isinstance(block, Equation) else block

    def _cited(self, run: Run) -> Run:
        """Give a citation without a number, （见图、表） or (see table), those of the next figures and tables."""
        met = {"figure": 0, "table": 0}

        def numbered(found: re.Match[str]) -> str:
            names = []
            for name in re.split(r"、|, ", found[2]):
                kind = "figure" if name in {"图", "figure"} else "table"
                met[kind] += 1
                number = (self.figures if kind == "figure" else self.tables) + met[kind]
                if number > (self.all_figures if kind == "figure" else self.all_tables):
                    return found[0]
                names.append(f"{name}{' ' if name.isascii() else ''}{number}")
            return found[1] + (", " if names[0].isascii() else "、").join(names)

        return run if run.code or run.formula else replace(run, text=_CITED.sub(numbered, run.text))

    def _equation(self, block: Equation) -> Equation:
        number = block.number
        if number == "auto":
            self.equations += 1
            number = str(self.equations)
        self.displays += 1
        anchor = f"eq{self.displays}"
        if block.anchor:
            self.targets[block.anchor], self.numbers[block.anchor] = anchor, number
        return replace(block, number=number, anchor=anchor)

    def all(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        return tuple(self.numbered(block) for block in blocks)

    def _heading(self, heading: Heading) -> Heading:
        rules = section("headings")
        self.anchors += 1
        anchor = f"s{self.anchors}"
        for name in _slugs(plain(heading.runs)):
            self.targets.setdefault(name, anchor)
        at = heading.level - 1
        self.levels[at + 1 :] = [0] * (5 - at)
        outside = plain(heading.runs).startswith(tuple(rules["unnumbered"]))
        self.outside = outside if heading.level == 1 else self.outside
        if self.by_hand or outside or heading.level > rules["numbered_levels"]:
            return replace(heading, anchor=anchor)
        self.levels[at] += 1
        number = (
            STYLES[at](self.levels[at])
            if words["lang"] == "zh-CN"
            else _western(self.levels[int(self.outside) : at + 1])
        )
        return replace(heading, anchor=anchor, number=number)


def number_blocks(blocks: tuple[Block, ...], complain: Complaint | None = None) -> tuple[Block, ...]:
    """Return the blocks with running numbers: headings as in official documents, figures and tables from 1.

    Nothing is added to headings if the author numbers by hand, or to those the catalogue keeps outside (附录 …).
    Links within the page lead to their place then; ``complain`` hears of those that have none.
    """
    rules: dict[str, Any] = load("document")["headings"]
    by_hand = any(re.match(rules["by_hand"], plain(block.runs)) for block in walk(blocks) if isinstance(block, Heading))
    all_figures, all_tables = (sum(isinstance(one, kind) for one in walk(blocks)) for kind in (Figure, TableBlock))
    counter = _Counter(by_hand, all_figures, all_tables)
    return _linked(counter.all(blocks), counter, complain)


def _slugs(text: str) -> set[str]:
    """What links to a heading look like: in Jupyter with - for blanks, elsewhere in small letters without signs."""
    jupyter = re.sub(r"\s", "-", text.strip())
    return {jupyter, jupyter.lower(), re.sub(r"[^\w-]", "", jupyter.lower())}


def _linked(blocks: tuple[Block, ...], counter: _Counter, complain: Complaint | None) -> tuple[Block, ...]:
    """Lead every link within the page to its place; one that leads nowhere becomes text, and is named."""
    targets = dict(counter.targets)
    own = itertools.count(1)

    def named(run: Run) -> Run:
        if not run.anchor:
            return run
        kept = re.fullmatch(r"(note|ref)-\d+(-mark)?", run.anchor)
        targets.setdefault(run.anchor, run.anchor if kept else f"a{next(own)}")
        return replace(run, anchor=targets[run.anchor])

    def led(run: Run) -> Run:
        if not run.link.startswith("#"):
            return run
        name = unquote(run.link[1:])
        text = f"（{counter.numbers.get(name) or '？'}）" if run.text == REFERENCE else run.text
        if name not in targets and complain is not None:
            complain("text/markdown", f"页内链接没有对应的位置：#{name[:40]}")
        return replace(run, text=text, link=f"#{targets[name]}" if name in targets else "")

    named_blocks = tuple(with_runs(block, named) for block in blocks)
    return tuple(with_runs(block, led) for block in named_blocks)


def split_title(blocks: tuple[Block, ...]) -> tuple[str, tuple[Block, ...]]:
    """Return the document's title and its blocks with headings from level 1.

    A single first-level heading that comes before every other heading is the title; it is taken out and the
    others move up. Otherwise the title is empty.
    """
    headings = [block for block in walk(blocks) if isinstance(block, Heading)]
    first_level = [heading for heading in headings if heading.level == 1]
    title = ""
    if len(first_level) == 1 and headings[0].level == 1 and headings[0] in blocks and headings[0].slide is None:
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
