"""What a chapter is made of: points, each with its title, sentences, weight and the steps that follow from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from govkit.display.tables.table import Table, report_table
from govkit.display.words.numbers import day, money


@dataclass(frozen=True)
class Step:
    """What is to be done: where and how much, what it costs (None: nothing known, 0: no money), by whom and when."""

    what: str
    where: str
    cost_yuan: float | None
    owner: str
    due: dt.date


@dataclass(frozen=True, eq=False)
class Point:
    """One thing said in a chapter: ``title`` without a full stop, then sentences; ``brief``: one sentence for 要点.

    ``weight`` orders the points of a chapter, heaviest first; ``items`` are tables and figures that belong to it.
    ``own``: about what the zone set itself; ``named``: what it is about; ``unlisted``: why that stands in no list of
    problems.
    """

    title: str
    text: str
    weight: float
    brief: str = ""
    severe: bool = False
    since: str = ""
    items: tuple[Any, ...] = ()
    steps: tuple[Step, ...] = ()
    question: str = ""
    measure: str = ""
    own: bool = False
    named: str = ""
    unlisted: str = ""


def in_order(points: Iterable[Point]) -> list[Point]:
    """Return points by weight: severe ones first, of these those that came before first; ties by title."""
    return sorted(points, key=lambda one: (not one.severe, not one.since, -one.weight, one.title))


_NUMBERS = "一二三四五六七八九十"


def numbered(points: Sequence[Point]) -> list[Any]:
    """Return points as a body: each a paragraph that opens with its title in bold, then what belongs to it."""
    items: list[Any] = []
    for place, point in enumerate(points):
        mark = f"（{_NUMBERS[place]}）" if place < len(_NUMBERS) else f"（{place + 1}）"
        severe = "（严重）" if point.severe else ""
        items += [f"**{mark}{point.title}{severe}。** {point.text}", *point.items]
    return items


def step_table(steps: Sequence[Step], *, end: dt.date) -> Table:
    """Return the table of next steps, rows in their order; where none needs new money its note says so."""
    rows = [
        {
            "number": place + 1,
            "what": one.what,
            "where": one.where,
            "cost": "待定" if one.cost_yuan is None else money(one.cost_yuan) if one.cost_yuan else "无需新增",
            "owner": one.owner,
            "due": day(one.due, of=end),
        }
        for place, one in enumerate(steps)
    ]
    table = report_table("steps", pd.DataFrame(rows, columns=["number", "what", "where", "cost", "owner", "due"]))
    if len(steps) < 2 or any(one.cost_yuan != 0 for one in steps):
        return table
    at = [column.key for column in table.columns].index("cost")
    columns = (*table.columns[:at], *table.columns[at + 1 :])
    lines = tuple((*row[:at], *row[at + 1 :]) for row in table.rows)
    return replace(table, columns=columns, rows=lines, note=f"各项均无需新增经费。{table.note}")
