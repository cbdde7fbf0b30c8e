"""Plain bars for up to four units or a handful of kinds, and 100 % bars of shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from govkit.display.charts.axis import PERCENT, Format, Scale, horizontal, known, numbers, scale_of
from govkit.display.charts.drawing import Drawing, colour, look, named, row_heights, word
from govkit.display.charts.figure import Shown, finished
from govkit.display.fonts import printable, text_width
from govkit.rounding import fixed


def bars(
    frame: pd.DataFrame,
    *,
    finding: str,
    style: Format = PERCENT,
    own: str = "",
    low_is_good: bool = False,
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw one bar a row, from nought, with last period as an open dot and the target as a tick.

    ``frame``: ``name``, ``value`` and if known ``last`` and ``target``. A value that misses its target is hatched.
    A row without value keeps its place with a dash.
    """
    values = numbers(frame, "value")
    if not np.isfinite(values).any():
        return word("none", what=word("unit"))
    size = look("size")
    drawing = Drawing(size["full"])
    step = min(0.85, (size["tallest"] - 1.5) / len(frame))
    last, target = numbers(frame, "last"), numbers(frame, "target")
    top = _bar_legend(drawing, bool(np.isfinite(last).any()), bool(np.isfinite(target).any()))
    widest = max(text_width(style.text(value), 8.5) for value in values)
    scale = scale_of(
        [*values, *last, *target, 0.0],
        4.8,
        15.4 - widest - 0.1,
        zero=True,
        most=1.0 if style.kind == "percent" else None,
    )
    for at, name in enumerate(frame["name"]):
        y = top + (at + 0.5) * step
        named(drawing, 4.6, y, str(name), 4.4, step, align="right", bold=name == own)
        _bar(
            drawing,
            scale,
            y,
            min(step * 0.55, 0.45),
            (values[at], last[at], target[at]),
            style,
            low_is_good=low_is_good,
        )
    foot = top + step * len(frame)
    drawing.line((scale.at(0), top), (scale.at(0), foot), colour=colour("ink"), stroke=0.7)
    drawing.height = horizontal(drawing, scale, foot + 0.05, style, unit=style.unit)
    facts = "；".join(f"{name}{style.text(value)}" for name, value in list(zip(frame["name"], values, strict=True))[:4])
    return finished(drawing, finding, facts=word("alt_bars", facts=facts), note=note, source=source)


def _bar_legend(drawing: Drawing, last: bool, target: bool) -> float:
    small, x = look("type")["small"], 4.8
    if last:
        drawing.dot(x + 0.1, 0.22, "circle", fill=colour("paper"), size=0.085)
        drawing.text(x + 0.3, 0.22, word("last"), size=small)
        x += 1.5
    if target:
        drawing.line((x + 0.1, 0.09), (x + 0.1, 0.35), colour=colour("ink"), stroke=1.6)
        drawing.text(x + 0.25, 0.22, word("target"), size=small)
    return 0.45 if last or target else 0.1


def _bar(
    drawing: Drawing,
    scale: Scale,
    y: float,
    thick: float,
    row: tuple[float, float, float],
    style: Format,
    *,
    low_is_good: bool,
) -> None:
    value, last, target = row
    if not known(value):
        drawing.text(scale.at(0) + 0.12, y, style.text(None), colour=colour("quiet"))
    else:
        missed = known(target) and (value > target if low_is_good else value < target)
        left, right = sorted((scale.at(0), scale.at(value)))
        shade = colour("bad") if missed else colour("good")
        bar = (left, y - thick / 2, max(right - left, 0.02), thick)
        if missed:
            drawing.hatched(*bar, colour=shade)
        else:
            drawing.box(*bar, fill=shade)
        if known(last):
            drawing.dot(scale.at(last), y, "circle", fill=colour("paper"), size=0.09)
        # a negative bar ends on the left; its figure stands right of nought, where nothing is
        end = (
            max(right, *(scale.at(one) for one in (last, target) if known(one)), 0)
            if known(last) or known(target)
            else right
        )
        drawing.text(end + 0.15, y, style.text(value), bold=True, colour=shade)
    if known(target):
        place = scale.at(target)
        drawing.line((place, y - thick * 0.75), (place, y + thick * 0.75), colour=colour("ink"), stroke=1.8)


def stacked_shares(
    frame: pd.DataFrame,
    parts: Sequence[tuple[str, str]],
    *,
    finding: str,
    own: str = "",
    total: str = "",
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw how each unit's cases divide among the ``parts``, as bars of 100 % from dark to light.

    ``frame``: ``name`` and one column of counts a part; ``parts``: (column, label) from the first step to the last, at
    most four. Units are ordered by the first two parts together; the row ``total`` comes first. The share is printed in
    each part of 8 % and more; where a unit has fewer than 30 cases its counts are. Units without cases are left out.
    """
    counts = np.column_stack([np.nan_to_num(numbers(frame, key)) for key, _ in parts])
    sums = counts.sum(axis=1)
    kept = [int(at) for at in np.flatnonzero(sums > 0)]
    if not len(kept):
        return word("none", what=parts[0][1])
    shares = counts / np.where(sums > 0, sums, 1)[:, None]
    names = [str(name) for name in frame["name"]]
    lead = shares[:, :2].sum(axis=1)
    ordered = sorted(kept, key=lambda at: (names[at] != total, -lead[at], -shares[at, 0], at))
    if len(ordered) > look("units")["all"] + 1:
        ordered = _both_ends(ordered, names, own, total)
    size = look("size")
    drawing = Drawing(size["full"])
    step = max(min(size["row"], (size["tallest"] - 1.6) / len(ordered)), 0.3)
    heights = row_heights([names[at] for at in ordered], 3.9, step=step, room=size["tallest"] - 1.6)
    scale = Scale(0.0, 1.0, 4.2, 14.2)
    top = _parts_legend(drawing, [label for _, label in parts])
    for place, at in enumerate(ordered):
        height = heights[place]
        y = top + sum(heights[:place]) + height / 2
        bold = names[at] in (own, total)
        shade = colour("good") if bold else colour("ink")
        named(drawing, 4.0, y, names[at], 3.9, height, align="right", bold=bold, colour=shade)
        _parts(drawing, scale, y, min(height, step) * 0.74, shares[at], counts[at])
        drawing.text(15.5, y, fixed(sums[at]), colour=colour("quiet"), align="right")
    drawing.text(15.5, top - 0.2, word("n"), size=look("type")["small"], colour=colour("quiet"), align="right")
    drawing.height = horizontal(drawing, scale, top + sum(heights) + 0.05, PERCENT)
    units = [at for at in kept if names[at] != total] or kept
    first, final = max(units, key=lambda at: shares[at, 0]), min(units, key=lambda at: shares[at, 0])
    percent = Format()
    facts = word(
        "alt_shares", what=parts[0][1], n=len(units), first=names[first], first_value=percent.text(shares[first, 0]),
        final=names[final], final_value=percent.text(shares[final, 0]),
    )  # fmt: skip
    return finished(drawing, finding, facts=facts, note=note, source=source)


def _both_ends(ordered: list[int], names: list[str], own: str, total: str) -> list[int]:
    """Of many units keep both ends, the own and the total."""
    half = look("units")["all"] // 2
    ends = {*ordered[:half], *ordered[-half:]}
    return [at for at in ordered if at in ends or names[at] in (own, total)]


def _parts_legend(drawing: Drawing, labels: Sequence[str]) -> float:
    x, small = 4.2, look("type")["small"]
    for shade, label in zip(look("colour")["steps"], labels, strict=False):
        drawing.box(x, 0.08, 0.3, 0.22, fill=shade, edge=colour("quiet"), stroke=0.4)
        drawing.text(x + 0.4, 0.19, label, size=small)
        x += 0.7 + text_width(printable(label), small)
    return 0.6


def _parts(drawing: Drawing, scale: Scale, y: float, thick: float, shares: np.ndarray, counts: np.ndarray) -> None:
    few = counts.sum() < look("units")["few_answers"]
    start = 0.0
    steps, inks = look("colour")["steps"], look("colour")["on_steps"]
    for at, share in enumerate(shares):
        left, right = scale.at(start), scale.at(start + float(share))
        if share > 0:
            drawing.box(left, y - thick / 2, right - left, thick, fill=steps[at], edge=colour("paper"), stroke=0.5)
        if share >= look("shares")["printed"]:
            text = fixed(counts[at]) if few else f"{fixed(share * 100)}%"
            drawing.text((left + right) / 2, y, text, size=look("type")["small"], colour=inks[at], align="center")
        start += float(share)
