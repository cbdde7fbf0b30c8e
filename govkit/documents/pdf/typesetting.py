"""How a table is set on paper: type size, page direction, column widths.

Narrow automatic columns would break Chinese to one character a line, and a wide table would run off the page. So
widths are reckoned here from the texts: short values keep to one line, long text wraps, type shrinks by degrees, and
only what still does not fit turns the page.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from govkit.catalogue import load
from govkit.documents.read.blocks import Block, Column, Paragraph, Run, TableBlock
from govkit.documents.read.words import section as headings
from govkit.documents.read.words import words as own_words

POINTS_PER_MM = 72 / 25.4
# A value of these kinds is read as one sign: it is never broken.
UNBROKEN = frozenset({"code", "integer", "number", "percent", "points", "date", "mark"})
# Hashes, addresses and file names longer than this may break anywhere.
LONGEST_TOKEN = 16.0
# Printed Chinese keeps a quarter em between an ideograph and a western letter or figure.
_QUARTER = 0.25
_MEETING = re.compile(r"(?<=[\u4e00-\u9fff])(?=[0-9A-Za-z])|(?<=[0-9A-Za-z%])(?=[\u4e00-\u9fff])")


@dataclass(frozen=True)
class Setting:
    """One table's setting: type size, padding, row gap and column widths in points, whether the page is turned."""

    size: float
    padding: float
    row_gap: float
    widths: tuple[float, ...]
    landscape: bool


@dataclass(frozen=True)
class _Need:
    """What a column needs, in em: the least it can be set in, and what it would like."""

    least: float
    liked: float


def set_table(table: TableBlock) -> Setting:
    """Return the largest setting in which ``table`` fits: upright first, then turned, at last squeezed.

    At the least size text is let into more lines before the page is turned; no type is larger than its sisters'.
    A table of pages is set in the least size at once, its rows close: a county's villages are looked up, not read.
    """
    rules = load("document")["tables"]
    long = len(table.rows) > rules["long_rows"]
    gap, largest = (rules["long_row_gap"], 0.0) if long else (rules["row_gap"], table.largest)
    needs, tight = _needs(table, rules), _needs(table, rules | rules["tight"])
    upright, turned = text_widths()
    for width, sizes, landscape in (
        (upright, rules["portrait_sizes"], False),
        (turned, rules["landscape_sizes"], True),
    ):
        least = sizes[-1]
        for size, wanted in (*((one, needs) for one in sizes), (least, tight)):
            padding = _padding(size, rules)
            room = width / size - 2 * padding * len(wanted)
            if sum(need.least for need in wanted) <= room and (size <= largest or size == least):
                return _setting(_shared_out(wanted, room), size, padding, landscape, gap)
    room = max(turned / least - 2 * padding * len(tight), len(tight) * 0.5)
    total = sum(need.least for need in tight)
    return _setting([need.least * room / total for need in tight], least, padding, True, gap)


def with_sisters(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the blocks, tables with the same heads all in the type of the one that needs the smallest."""
    sizes: dict[tuple[Column, ...], float] = {}
    for table in blocks:
        if isinstance(table, TableBlock) and not table.annex:
            heads = table.columns[1:]
            sizes[heads] = min(set_table(table).size, sizes.get(heads, table.largest))
    return tuple(
        replace(one, largest=sizes.get(one.columns[1:], one.largest)) if isinstance(one, TableBlock) else one
        for one in blocks
    )


def split_columns(
    table: TableBlock, room: float | None = None, *, padding: float | None = None
) -> tuple[TableBlock, ...]:
    """Return a table in parts that each fit, by groups of columns, the first column repeated before each.

    ``room``: the width there is, in em of the table's type; None: what a turned page holds in the smallest type, an
    upright one where the rows are few, as a page turned for them would be blank. ``padding``: on either side of a
    cell, in em; None: that of a page. Of a table of very many rows the first are set, and the rest counted.
    """
    rules = load("document")["tables"]
    rules = rules | rules["tight"]
    table = shortened_table(table, rules["most_rows"])
    size = rules["landscape_sizes"][-1]
    around = 2 * (_padding(size, rules) if padding is None else padding)
    turned = len(table.rows) > rules["whole_rows"]
    wide = text_widths()[turned] / size if room is None else room
    needs = [need.least + around for need in _needs(table, rules)]
    if sum(needs) <= wide or len(needs) <= 2:
        return (table,)
    groups = _groups(needs, wide)
    if len(groups) == 1:
        return (table,)
    # as many parts as are needed, of columns as even as can be
    even = (_groups(needs, wide * share / 20) for share in range(10, 21))
    groups = next(one for one in even if len(one) == len(groups))
    return tuple(_part(table, [0, *group], at, len(groups)) for at, group in enumerate(groups, start=1))


def _groups(needs: list[float], wide: float) -> list[list[int]]:
    """Return the columns after the first in groups that each fit beside it."""
    groups: list[list[int]] = [[]]
    for at, need in enumerate(needs[1:], start=1):
        if groups[-1] and needs[0] + need + sum(needs[one] for one in groups[-1]) > wide:
            groups.append([])
        groups[-1].append(at)
    return groups


def _part(table: TableBlock, kept: list[int], part: int, of: int) -> TableBlock:
    place = {at: new for new, at in enumerate(kept)}
    mark = own_words["table_part"].format(part=part, of=of)
    return replace(
        table,
        title=f"{table.title}{mark}",
        columns=tuple(table.columns[at] for at in kept),
        rows=tuple(tuple(row[at] for at in kept) for row in table.rows),
        looks=tuple(replace(one, column=place[one.column]) for one in table.looks if one.column in place),
        rich=tuple((row, place[at], runs) for row, at, runs in table.rich if at in place),
        note=table.note if part == of else "",
        source=table.source if part == of else "",
    )


def rows_of(table: TableBlock, first: int, last: int) -> TableBlock:
    """Return some rows of a table, with what is marked in them."""
    looks = tuple(replace(one, row=one.row - first) for one in table.looks if first <= one.row < last)
    rich = tuple((row - first * (row >= 0), at, runs) for row, at, runs in table.rich if row < 0 or first <= row < last)
    marked = tuple(at - first for at in table.emphasis if first <= at < last)
    return replace(table, rows=table.rows[first:last], emphasis=marked, looks=looks, rich=rich)


def shortened_table(table: TableBlock, most: int) -> TableBlock:
    """Return a table of at most so many rows; its note says how many are left out, and where they are."""
    left = len(table.rows) - most
    if left <= 0:
        return table
    words = own_words["rows_left_out"].format(rows=f"{len(table.rows):,}", left=f"{left:,}")
    return replace(rows_of(table, 0, most), note=f"{table.note}{words}")


def annex_line(table: TableBlock) -> Paragraph:
    """Return what paper says of a table that is whole elsewhere."""
    words = own_words["annex_elsewhere"]
    return Paragraph((Run(words.format(number=table.number, title=table.title, rows=len(table.rows))),))


def starts_page(title: str, before: str, look: str) -> bool:
    """Whether a chapter starts a page: 要点 and the annex, and what follows them; never the first.

    An official document runs on after its 要点: the head above them leaves them no page of their own.
    """
    known = headings("headings")
    alone = [name for name in known["own_page"] if look != "official" or name not in known["brief"]]
    return bool(before) and (before in alone or title in alone)


def text_widths() -> tuple[float, float]:
    """Width of the text on an upright and on a turned page, in points."""
    page = load("document")["page"]
    return (
        (page["width"] - page["left"] - page["right"]) * POINTS_PER_MM,
        (page["height"] - page["left"] - page["right"]) * POINTS_PER_MM,
    )


def code_size(text: str, *, usual: float) -> float:
    """Return the type size of printed text in points: ``usual``, or less so that its longest line stays one line.

    A sign is 0.602 of the size wide (DejaVu Sans Mono), a Chinese one twice that. Lines too long for the least size
    are broken.
    """
    rules = load("document")["printed"]
    longest = max(sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in line) for line in text.split("\n"))
    fitting = (text_widths()[0] - rules["inset"]) / (0.602 * max(longest, 1))
    return min(usual, math.floor(fitting * 10) / 10) if fitting >= rules["least_size"] else usual


def stays_whole(table: TableBlock, setting: Setting) -> bool:
    """Whether a table moves to the next page rather than be parted: one of few rows that is not high either."""
    rules = load("document")
    page, most = rules["page"], rules["tables"]["whole_rows"]
    if not 4 <= len(table.rows) <= most:  # of fewer rows two cannot stand on either side of a break
        return len(table.rows) < 4
    room = [max(width / setting.size - 2 * setting.padding / setting.size, 1.0) for width in setting.widths]
    lines = sum(max(-(-text_width(cell) // wide) for cell, wide in zip(row, room, strict=True)) for row in table.rows)
    height = (1.5 * lines + len(table.rows)) * setting.size
    return bool(
        height <= rules["tables"]["whole_height"] * (page["height"] - page["top"] - page["bottom"]) * POINTS_PER_MM
    )


def column_lengths(table: TableBlock) -> tuple[str, ...]:
    """Say of each column how its texts are to be set: ``short`` (one line), ``middle`` or ``long`` (a passage)."""
    rules = load("document")["tables"]
    lengths = []
    for at, column in enumerate(table.columns):
        widest = _widest(table, at)
        line = 2 * rules["short"] if column.kind in UNBROKEN else rules["short"]
        lengths.append("short" if widest <= line else "long" if widest > rules["long"] else "middle")
    return tuple(lengths)


def text_width(text: str) -> float:
    """Return the width of ``text`` in em, by kind of character, a quarter where Chinese and western signs meet.

    >>> text_width("道里区"), round(text_width("1月30日"), 2)
    (3.0, 4.49)
    """
    return sum(_character_width(character) for character in text) + _QUARTER * len(_MEETING.findall(text))


@lru_cache(maxsize=4096)
def _character_width(character: str) -> float:
    rules: dict[str, float] = load("document")["tables"]
    if unicodedata.east_asian_width(character) in "WFA":
        return rules["em_wide"]
    if character.isdigit():
        return rules["em_digit"]
    if character.isupper() or character in "%@&—…":
        return rules["em_upper"]
    return rules["em_lower"] if character.isalpha() else rules["em_other"]


def _widest(table: TableBlock, at: int) -> float:
    return max((text_width(row[at]) for row in table.rows), default=0.0)


def _needs(table: TableBlock, rules: dict[str, Any]) -> list[_Need]:
    needs = [_column_need(table, at, column, rules) for at, column in enumerate(table.columns)]
    start = 0
    for group, span in table.groups:
        if group:
            part = needs[start : start + span]
            lack = max(text_width(group) / 2 + 0.5 - sum(need.least for need in part), 0.0) / span
            needs[start : start + span] = [_Need(need.least + lack, need.liked + lack) for need in part]
        start += span
    return needs


def _column_need(table: TableBlock, at: int, column: Column, rules: dict[str, Any]) -> _Need:
    # bold rows and the packaged faces run a little wider than the estimate: one tenth and a hair
    widest = _widest(table, at) * 1.06 + 0.3
    head_least, head_liked = _head_need(column)
    unbroken = (column.kind in UNBROKEN and widest <= 2 * LONGEST_TOKEN) or widest <= rules["short"]
    if unbroken:
        least = widest
    else:
        token = min(max((_longest_token(row[at]) for row in table.rows), default=0.0), LONGEST_TOKEN)
        least = max(min(widest / rules["text_lines"], rules["widest_minimum"]), rules["narrowest_text"], token)
        least = min(least, widest)
    return _Need(max(least, head_least), max(widest, head_liked))


def _head_need(column: Column) -> tuple[float, float]:
    """A head likes one line, takes two, and at need three; its unit stands on a line of its own."""
    label = text_width(column.label)
    unit = max(map(text_width, f"（{column.unit}）".split())) if column.unit else 0.0
    token = min(_longest_token(column.label), LONGEST_TOKEN)
    third = label if label <= 2 else max(label / 3 + 0.7, 2.2)
    half = label if label <= 4 else label / 2 + 0.6
    return max(third, token, unit) + 0.2, max(half, token, unit) + 0.2


def _longest_token(text: str) -> float:
    """Width of the longest stretch that holds no place to break: Chinese breaks anywhere, words at spaces."""
    longest = current = 0.0
    for character in text:
        if character.isspace():
            current = 0.0
        elif unicodedata.east_asian_width(character) in "WF":
            longest, current = max(longest, current, 1.0), 0.0
        else:
            current += _character_width(character)
            longest = max(longest, current)
    return longest


def _shared_out(needs: list[_Need], room: float) -> list[float]:
    """Give each column its least, then what it likes as far as there is room, then an equal share of the rest."""
    widths = [need.least for need in needs]
    wishes = [max(need.liked - need.least, 0.0) for need in needs]
    left = room - sum(widths)
    granted = min(left / sum(wishes), 1.0) if sum(wishes) > 0 else 0.0
    widths = [width + wish * granted for width, wish in zip(widths, wishes, strict=True)]
    rest = room - sum(widths)
    total = sum(widths) or 1.0
    # half evenly, half by width: equal shares alone would leave numbers adrift beside long names
    return [width + rest / 2 / len(widths) + rest / 2 * width / total for width in widths]


def _setting(widths: list[float], size: float, padding: float, landscape: bool, gap: float) -> Setting:
    columns = tuple(round((width + 2 * padding) * size, 2) for width in widths)
    return Setting(size, round(padding * size, 2), round(gap * size, 2), columns, landscape)


def _padding(size: float, rules: dict[str, Any]) -> float:
    """Space on either side of a cell, in em: less where the type is small because room is short."""
    return rules["dense_padding"] if size < rules["dense_below"] else rules["padding"]
