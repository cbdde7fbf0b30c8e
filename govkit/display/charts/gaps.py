"""What is missing where (缺项格图): villages with gaps as rows, items as columns, a filled cell for each gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from govkit.display.charts.axis import known
from govkit.display.charts.drawing import Drawing, colour, fitted, look, named, word
from govkit.display.charts.figure import Shown, finished
from govkit.display.fonts import line_height, printable, text_width
from govkit.rounding import fixed

_GROUP, _NAME = 1.45, 1.7
_LARGE = 1000.0  # sums of money of this size carry no decimals


@dataclass(frozen=True)
class _Block:
    """One of the columns the rows are set in: its left edge, the width of a cell, and whether groups are named."""

    x: float
    width: float
    cell: float
    group: float
    name: float


def missing_items(
    frame: pd.DataFrame,
    *,
    finding: str,
    prices: Mapping[str, float] | None = None,
    total: str = "",
    unit: str = "",
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw which items each village lacks.

    ``frame``: one row a missing item with ``group`` (the level above, may be empty), ``name``, ``item``, and if known
    ``cost`` and ``cheap`` (whether this village is of the set to be done first). ``prices``: item → price; ``total``
    names the sum, ``unit`` the money. Groups and items with most gaps come first. Beyond 66 villages: counts by group.
    """
    if not len(frame):
        return word("nothing_missing")
    rows = pd.DataFrame({"group": "", "cost": float("nan"), "cheap": False} | dict(frame.items()), index=frame.index)
    items = list(rows["item"].value_counts(sort=False).sort_values(ascending=False, kind="stable").index)
    villages = _villages(rows)
    facts = _facts(rows, items, unit)
    if len(villages) > look("gaps")["most_rows"] or len(items) > 14:
        return _by_group(rows, items, finding=finding, facts=facts, note=note, source=source)
    drawing = Drawing(look("size")["full"])
    costs = _cost_width(rows, unit)
    small, quiet = look("type")["small"], colour("quiet")
    drawing.text(0, 0.22, word("cheap" if rows["cheap"].any() else "missing"), size=small, colour=quiet)
    columns = 2 if len(villages) > 16 and len(items) <= 9 else 1
    split = _split(villages, columns)
    widest = max(len(str(item)) for item in items)
    top = 0.5 + min(widest, 8) * 0.3
    step = max(min(0.46, (look("size")["tallest"] - top - 1.6) / max(len(part) for part in split)), 0.34)
    width = (drawing.width - (0.5 if columns == 2 else 0)) / columns
    feet = []
    for at, part in enumerate(split):
        block = _block(at * (width + 0.5), width, len(items), costs=costs, grouped=bool((rows["group"] != "").any()))
        _item_heads(drawing, block, items, top, costs, unit)
        feet.append(_rows(drawing, block, part, items, top, step, costs))
    if columns == 2:
        drawing.names.clear()  # on a phone the names of each half move with its cells
    y = _sums(drawing, block, rows, items, feet[-1] + 0.3, prices or {}, total or word("total"), costs)
    drawing.height = max(*feet, y) + 0.1
    return finished(drawing, finding, facts=facts, note=note, source=source)


Village = tuple[str, str, frozenset[str], float, bool]


def _villages(rows: pd.DataFrame) -> list[Village]:
    """Return (group, name, items, cost, cheap), groups with most villages first, within them the dearest first."""
    found: list[Village] = []
    for (group, name), part in rows.groupby(["group", "name"], sort=False):
        cost = float(part["cost"].sum()) if part["cost"].map(known).any() else float("nan")
        found.append((str(group), str(name), frozenset(part["item"]), cost, bool(part["cheap"].all())))
    size = {group: sum(one[0] == group for one in found) for group in {one[0] for one in found}}
    first = {group: at for at, group in reversed(list(enumerate(one[0] for one in found)))}
    return sorted(
        found, key=lambda one: (-size[one[0]], first[one[0]], one[4], -len(one[2]), -one[3] if known(one[3]) else 0.0)
    )


def _split(villages: list[Village], columns: int) -> list[list[Village]]:
    """Break the list into columns of nearly equal length, where a group ends if one does nearby."""
    if columns == 1:
        return [villages]
    middle = (len(villages) + 1) // 2
    ends = [at for at in range(1, len(villages)) if villages[at][0] != villages[at - 1][0]]
    at = min(ends, key=lambda end: (abs(end - middle), -end), default=middle)
    at = at if abs(at - middle) <= 6 else middle
    return [villages[:at], villages[at:]]


def _block(x: float, width: float, items: int, *, costs: float, grouped: bool) -> _Block:
    group = _GROUP if grouped else 0.0
    name = _NAME if width < 10 else 3.4
    room = width - group - name - costs
    return _Block(x, width, min(room / items, 0.8), group, name)


def _money(cost: float) -> str:
    """Return a sum of money; a large one carries no decimals."""
    return "—" if not known(cost) else fixed(cost) if cost >= _LARGE else fixed(cost, 1)


def _cost_width(rows: pd.DataFrame, unit: str) -> float:
    """Return how wide the column of costs has to be, 0 without costs."""
    if not rows["cost"].map(known).any():
        return 0.0
    widest = max(text_width(_money(cost), look("type")["text"]) for cost in (rows["cost"].max(), rows["cost"].sum()))
    return max(widest * 1.06 + 0.3, 1.15, text_width(printable(unit), 7.5) + 0.15)


def _item_heads(drawing: Drawing, block: _Block, items: list[str], top: float, costs: float, unit: str) -> None:
    """Set each item's name upright above its column, one character below the other; Latin words are turned."""
    for at, item in enumerate(items):
        x = block.x + block.group + block.name + (at + 0.5) * block.cell
        signs = printable(str(item))
        if signs.isascii():
            lines, size = fitted(signs, 2.1, size=8.0, lines=2 if block.cell > 0.5 else 1)
            for place, line in enumerate(lines):
                left = x + (place - (len(lines) - 1) / 2) * line_height(size) * 0.92
                drawing.text(left, top - 0.1, line, size=size, turned=True)
            continue
        signs = signs if len(signs) <= 8 else signs[:7] + "…"
        for place, sign in enumerate(reversed(signs)):
            drawing.text(x, top - 0.22 - place * 0.3, "︙" if sign == "…" else sign, size=8.0, align="center")
    if costs:
        for place, text in enumerate((unit, word("cost"))):
            drawing.text(
                block.x + block.width, top - 0.25 - place * 0.32, text, size=7.5, colour=colour("quiet"), align="right"
            )
    drawing.line((block.x, top), (block.x + block.width, top), colour=colour("middle"))


def _rows(
    drawing: Drawing, block: _Block, villages: list[Village], items: list[str], top: float, step: float, costs: float
) -> float:
    for row in range(len(villages)):  # all light cells at once: drawn in one go
        for at in range(len(items)):
            _cell(drawing, block, at, top + row * step, step, colour("light"))
    y, before = top, None
    for group, name, lacking, cost, cheap in villages:
        if group != before:
            drawing.line((block.x, y), (block.x + block.width, y), colour=colour("middle"), stroke=0.5)
            if block.group:
                named(drawing, block.x, y + step / 2, group, block.group - 0.08, step, bold=True)
            before = group
        ink = colour("good") if cheap else colour("ink")
        named(drawing, block.x + block.group, y + step / 2, name, block.name - 0.1, step, colour=ink, bold=cheap)
        for at, item in enumerate(items):
            if item in lacking:
                _cell(drawing, block, at, y, step, colour("good") if cheap else colour("bad"))
        if costs:
            drawing.text(block.x + block.width, y + step / 2, _money(cost), align="right")
        y += step
    drawing.line((block.x, y), (block.x + block.width, y), colour=colour("middle"), stroke=0.5)
    return y


def _cell(drawing: Drawing, block: _Block, at: int, y: float, step: float, fill: str) -> None:
    x = block.x + block.group + block.name + at * block.cell
    drawing.box(x + 0.02, y + 0.03, block.cell - 0.04, step - 0.06, fill=fill)


def _sums(
    drawing: Drawing,
    block: _Block,
    rows: pd.DataFrame,
    items: list[str],
    y: float,
    prices: Mapping[str, float],
    total: str,
    costs: float,
) -> float:
    counts = rows["item"].value_counts()
    drawing.text(block.x, y, total, bold=True)
    for at, item in enumerate(items):
        x = block.x + block.group + block.name + (at + 0.5) * block.cell
        drawing.text(x, y, str(int(counts[item])), bold=True, align="center", size=8.0)
        if item in prices:
            drawing.text(x, y + 0.42, f"{prices[item]:g}", colour=colour("quiet"), align="center", size=7.0)
    if costs:
        drawing.text(block.x + block.width, y, _money(rows["cost"].sum()), bold=True, align="right")
    if not prices:
        return y + 0.2
    drawing.text(block.x, y + 0.42, word("price"), colour=colour("quiet"), size=7.5)
    return y + 0.62


def _facts(rows: pd.DataFrame, items: list[str], unit: str) -> str:
    villages = rows[["group", "name"]].drop_duplicates()
    counts = rows["item"].value_counts()
    found = {"villages": len(villages), "cells": len(rows), "item": items[0], "count": int(counts[items[0]])}
    if rows["cost"].map(known).any():
        return word("alt_gaps", cost=_money(rows["cost"].sum()) + unit, **found)
    of = "group" if (rows["group"] != "").any() else "name"
    sizes = rows[of].value_counts(sort=False).sort_values(ascending=False, kind="stable")
    return word("alt_gaps_plain", group=sizes.index[0], most=int(sizes.iloc[0]), **found)


def _by_group(rows: pd.DataFrame, items: list[str], *, finding: str, facts: str, note: str, source: str) -> Shown:
    """Draw how many villages of each group lack each item, the cell the darker the more."""
    items, counts = items[:14], rows.groupby(["group", "item"], sort=False).size()
    groups = list(rows["group"].value_counts(sort=False).sort_values(ascending=False, kind="stable").index)
    groups = groups[: int((look("size")["tallest"] - 4) / 0.36)]
    drawing = Drawing(look("size")["full"])
    drawing.text(0, 0.22, word("missing_counts"), size=7.5, colour=colour("quiet"))
    top = 0.5 + min(max(len(str(item)) for item in items), 8) * 0.3
    step = max(min(0.5, (look("size")["tallest"] - top - 1) / len(groups)), 0.36)
    block = _Block(0.0, drawing.width, min(12.2 / len(items), 1.3), 0.0, 3.2)
    _item_heads(drawing, block, items, top, False, "")
    most = int(counts.max())
    shades = ("#FBE3D2", "#F2A978", colour("bad"))
    for at, group in enumerate(groups):
        y = top + at * step
        named(drawing, 0, y + step / 2, str(group), 3.1, step)
        for place, item in enumerate(items):
            count = int(counts.get((group, item), 0))
            x = 3.2 + place * block.cell
            fill = colour("light") if not count else shades[min(int(3 * (count - 1) / most), 2)]
            drawing.box(x + 0.02, y + 0.03, block.cell - 0.04, step - 0.06, fill=fill)
            if count:
                drawing.text(x + block.cell / 2, y + step / 2, str(count), size=7.5, align="center")
    foot = top + step * len(groups)
    drawing.line((0, foot), (drawing.width, foot), colour=colour("middle"), stroke=0.5)
    drawing.height = _sums(drawing, block, rows, items, foot + 0.3, {}, word("total"), False) + 0.1
    return finished(drawing, finding, facts=facts, note=note, source=source)
