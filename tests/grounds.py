"""Whether the numbers of a document's sentences stand in its tables and charts, or are reckoned from what does."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import combinations

from govkit.documents.read.blocks import Figure, Paragraph, Quote, TableBlock
from govkit.documents.read.tree import Document, plain, walk
from govkit.rounding import fixed

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
# Dates, numbered paragraphs, names of norms, tables and figures referred to.
NO_COUNT = re.compile(r"[表图]\d+|\d{4}-\d\d-\d\d|\d{4}年?|\d{1,2}月\d{1,2}日|\d+岁|（\d+）|GB[/T \d—–-]+|H[12]")
# What the method states: fewest cases, interval, swing of the weights, draws, ends of a chance, the limit of what
# says the same twice (docs/method.md).
METHOD = {30.0, 90.0, 25.0, 1000.0, 1.0, 5.0, 95.0, 99.0, 0.9}
# How many cells are held back for privacy is the sum of the column 原值 over the findings that say so.
HELD_BACK = "为了认不出具体的人"


def numbers(text: str) -> set[str]:
    """The numbers of a text, their thousands together."""
    return {found.replace(",", "") for found in NUMBER.findall(text)}


def cells(document: Document) -> set[str]:
    """The numbers of a document's tables, with their notes, and charts."""
    found: set[str] = set()
    for block in walk(document.blocks):
        if isinstance(block, TableBlock):
            found |= numbers(" ".join([block.note, *(cell for row in block.rows for cell in row)]))
        elif isinstance(block, Figure):
            found |= numbers(re.sub("<[^>]*>", " ", block.vector.decode("utf-8")))
    return found


def alone(document: Document) -> dict[str, set[str]]:
    """The sentences with numbers that are in no cell, no total of a column, no number of rows, and not reckoned."""
    tables = [block for block in walk(document.blocks) if isinstance(block, TableBlock)]
    rows = [[float(one) for cell in row for one in numbers(cell)] for table in tables for row in table.rows]
    known = {float(one) for one in cells(document)} | {float(len(table.rows)) for table in tables} | METHOD
    known |= {round(sum(column), 2) for table in tables for column in columns(table)}
    found = {}
    for text in paragraphs(document):
        told = numbers(NO_COUNT.sub(" ", text))
        lost = {one for one in told if float(one) not in known | set(reckoned(text, known, rows))}
        found |= {text: lost} if lost and not text.startswith(HELD_BACK) else {}
    return found


def paragraphs(document: Document) -> list[str]:
    """The texts of a document but what is quoted: what an evaluation can carry is a list of its own numbers."""
    quoted = {id(one) for block in walk(document.blocks) if isinstance(block, Quote) for one in walk(block.blocks)}
    return [plain(one.runs) for one in walk(document.blocks) if isinstance(one, Paragraph) and id(one) not in quoted]


def columns(table: TableBlock) -> Iterator[list[float]]:
    """The columns of a table that hold numbers alone, dashes left out, without what is set bold."""
    parts = [row for at, row in enumerate(table.rows) if at not in table.emphasis]
    for column in zip(*parts, strict=True):
        kept = [cell.replace(",", "") for cell in column if cell != "—"]
        if kept and all(NUMBER.fullmatch(cell) for cell in kept):
            yield [float(cell) for cell in kept]


def reckoned(text: str, known: set[float], rows: list[list[float]]) -> Iterator[float]:
    """What follows from numbers that are known: in another unit, what is missing to a line, a share of a whole."""
    for amount in re.findall(r"([\d,]+\.\d\d)万", text):
        if any(fixed(one / 10_000, 2) == amount for one in known if one > 99):
            yield float(amount.replace(",", ""))
    for line, gap in re.findall(r"离([\d.]+)%还差([\d,]+)", text):
        wanted = float(gap.replace(",", ""))
        if any(
            math.ceil(abs(float(line) / 100 * of - met) - 1e-9) == wanted for row in rows for of in row for met in row
        ):
            yield wanted
    for line, gap in re.findall(r"离([\d.]+)[^，。]*还差([\d.]+)", text):
        if any(round(abs(float(line) - value), 1) == float(gap) for value in known):
            yield float(gap)
    for lost, named, share in re.findall(r"共失([\d.]+)分，失分最多的是(.*)，占全部失分的([\d.]+)%", text):
        if abs(100 * sum(map(float, re.findall(r"（([\d.]+)分）", named))) / float(lost) - float(share)) < 0.6:
            yield float(share)
    for whole, named, share in re.findall(r"(\d+)件，集中在(.*)，合计占([\d.]+)%", text):
        if fixed(100 * sum(map(int, re.findall(r"(\d+)件", named))) / int(whole), 1) == share:
            yield float(share)
    told = sorted({float(one) for one in numbers(text)} & known)
    for less, more in combinations(told, 2):
        yield from (round(more - less, 2), round(more + less, 2))
