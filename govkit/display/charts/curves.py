"""Charts with two axes: months with last year behind, a pilot's effect by month, a funnel of rates, a Lorenz curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from govkit.display.charts.axis import (
    COUNT,
    PERCENT,
    POINTS,
    Format,
    Scale,
    horizontal,
    kept_apart,
    known,
    numbers,
    scale_of,
)
from govkit.display.charts.drawing import Drawing, colour, fitted, look, word
from govkit.display.charts.figure import Shown, finished
from govkit.display.fonts import text_width
from govkit.rounding import fixed

_TOP, _RIGHT = 0.55, 0.4


def _plot(width: str) -> tuple[Drawing, float, float]:
    """Return an empty drawing of the width ``full`` or ``half`` with the places of the plot's right edge and foot."""
    drawing = Drawing(look("size")[width])
    return drawing, drawing.width - _RIGHT, 5.6 if width == "full" else 5.0


def _vertical(drawing: Drawing, scale: Scale, right: float, style: Format, *, left: float) -> None:
    """Draw light lines across the plot at round values with their figures on the left."""
    for value in scale.ticks(4):
        y = scale.at(value)
        drawing.line((left, y), (right, y), colour=colour("light"), stroke=0.5)
        drawing.text(left - 0.12, y, style.short(value), size=look("type")["small"], align="right")


def _left(scale_values: list[float], style: Format) -> float:
    """Return where the plot starts: right of its widest figure."""
    scale = scale_of(scale_values, 0, 1)
    return max(text_width(style.short(value), 7.5) for value in scale.ticks(4) or [0.0]) + 0.25


def months(
    frame: pd.DataFrame,
    *,
    finding: str,
    style: Format = COUNT,
    what: str = "",
    width: str = "full",
    zero: bool = True,
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw months as a line, the same months of last year light behind it, the last point labelled.

    ``frame``: ``month`` (text or number 1–12, in order), ``value``, and if known ``last_year`` and ``n`` (cases; fewer
    than five: an open dot). A missing month breaks the line. Fewer than two months: one sentence.
    """
    values, before, cases = numbers(frame, "value"), numbers(frame, "last_year"), numbers(frame, "n")
    if np.isfinite(values).sum() < 2:
        return word("none", what=what) if not np.isfinite(values).any() else _one_month(frame, values, what, style)
    drawing, right, foot = _plot(width)
    edges = [*values, *before]
    left = _left([*edges, 0.0] if zero else edges, style)
    y_scale = scale_of(edges, foot, _TOP, zero=zero, most=1.0 if style.kind == "percent" else None)
    x_scale = Scale(0, max(len(frame) - 1, 1), left + 0.25, right - 1.3)
    _vertical(drawing, y_scale, right - 1.0, style, left=left)
    _broken_line(drawing, before, x_scale, y_scale, shade=colour("middle"), stroke=1.6)
    _broken_line(drawing, values, x_scale, y_scale, shade=colour("good"), stroke=2.0)
    for at, value in enumerate(values):
        if known(value):
            few = known(cases[at]) and cases[at] < look("months")["few_cases"]
            fill = colour("paper") if few else colour("good")
            drawing.dot(x_scale.at(at), y_scale.at(value), "circle", fill=fill, edge=colour("good"), size=0.07)
    _line_ends(drawing, (values, before), x_scale, y_scale, style)
    drawing.line((left, foot), (right - 1.0, foot), colour=colour("ink"), stroke=0.7)
    _month_names(drawing, frame, x_scale, foot)
    drawing.text(
        0, 0.22, what + (f"（{style.unit}）" if style.unit else ""), size=look("type")["small"], colour=colour("quiet")
    )
    if np.any(cases < look("months")["few_cases"]):
        drawing.text(
            drawing.width,
            0.22,
            word("few_cases", n=look("months")["few_cases"]),
            size=7.5,
            colour=colour("quiet"),
            align="right",
        )
    drawing.height = foot + 0.5
    shown = np.flatnonzero(np.isfinite(values))
    now, most = shown[-1], int(np.nanargmax(values))
    facts = word(
        "alt_months", now=style.text(values[now]), last=style.text(before[now]), most=style.text(values[most]),
        most_month=_month(frame["month"].iloc[most]),
    )  # fmt: skip
    return finished(drawing, finding, facts=facts, note=note, source=source)


def _one_month(frame: pd.DataFrame, values: np.ndarray, what: str, style: Format) -> str:
    at = int(np.flatnonzero(np.isfinite(values))[0])
    return word("single", name=_month(frame["month"].iloc[at]), what=what, value=style.text(values[at]))


def _month(value: Any) -> str:
    return word("month", n=int(value)) if isinstance(value, (int, np.integer)) else str(value)


def _month_names(drawing: Drawing, frame: pd.DataFrame, x_scale: Scale, foot: float) -> None:
    names = [_month(value) for value in frame["month"]]
    widest = max(text_width(name, 7.5) for name in names) + 0.1
    apart = (x_scale.end - x_scale.start) / max(len(names) - 1, 1)
    every = max(int(np.ceil(widest / apart)), 1)
    for at in range((len(names) - 1) % every, len(names), every):
        drawing.line((x_scale.at(at), foot), (x_scale.at(at), foot + 0.08), colour=colour("ink"))
        drawing.text(x_scale.at(at), foot + 0.28, names[at], size=look("type")["small"], align="center")


def _broken_line(
    drawing: Drawing, values: np.ndarray, x_scale: Scale, y_scale: Scale, *, shade: str, stroke: float
) -> None:
    piece: list[tuple[float, float]] = []
    for at, value in enumerate([*values, np.nan]):
        if known(value):
            piece.append((x_scale.at(at), y_scale.at(value)))
            continue
        if len(piece) > 1:
            drawing.line(*piece, colour=shade, stroke=stroke)
        piece = []


def _line_ends(
    drawing: Drawing, lines: tuple[np.ndarray, np.ndarray], x_scale: Scale, y_scale: Scale, style: Format
) -> None:
    """Label the last point of each line beside it."""
    ends = [(line, at[-1]) for line in lines if len(at := np.flatnonzero(np.isfinite(line)))]
    places = kept_apart([y_scale.at(line[at]) for line, at in ends], 0.72, 0.6, y_scale.start)
    for (line, at), y in zip(ends, places, strict=True):
        this = line is lines[0]
        shade = colour("good") if this else colour("quiet")
        x = x_scale.at(at) + 0.15
        drawing.text(x, y - 0.17, word("this_year" if this else "last_year"), size=7.5, colour=shade)
        drawing.text(x, y + 0.17, style.text(line[at]), size=8.5, colour=shade, bold=this)


def effect_by_month(
    frame: pd.DataFrame,
    *,
    finding: str,
    start: float = 0.0,
    style: Format = POINTS,
    what: str = "",
    width: str = "full",
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw a pilot's effect by month with its range, the zero line, the line where it started and the units below.

    ``frame``: ``month`` (whole months from the start, negative before), ``estimate``, ``low``, ``high``, ``units``.
    """
    rows = frame.assign(**{key: numbers(frame, key) for key in ("month", "estimate", "low", "high", "units")})
    rows = rows[np.isfinite(rows["estimate"])].sort_values("month", kind="stable")
    if len(rows) < 2:
        return word("none", what=what)
    drawing, right, foot = _plot(width)
    edges = [*rows["estimate"], *rows["low"], *rows["high"], 0.0]
    left = _left(edges, style)
    y_scale = scale_of(edges, foot, _TOP)
    low, high = float(rows["month"].min()), float(rows["month"].max())
    x_scale = Scale(low - 0.5, high + 0.5, left + 0.1, right)
    _vertical(drawing, y_scale, right, style, left=left)
    drawing.line((left, y_scale.at(0)), (right, y_scale.at(0)), colour=colour("ink"), stroke=0.9)
    beginning = x_scale.at(start - 0.5)
    drawing.line((beginning, _TOP - 0.1), (beginning, foot), colour=colour("quiet"), dashed=True)
    drawing.text(beginning, 0.25, word("start"), size=7.5, colour=colour("quiet"), align="center")
    for record in rows.to_dict("records"):
        x = x_scale.at(record["month"])
        shade = colour("quiet") if record["month"] < start else colour("good")
        if known(record["low"]) and known(record["high"]):
            drawing.line((x, y_scale.at(record["low"])), (x, y_scale.at(record["high"])), colour=shade, stroke=1.4)
        drawing.dot(
            x,
            y_scale.at(record["estimate"]),
            "circle",
            fill=colour("paper") if record["month"] < start else shade,
            edge=shade,
            size=0.09,
        )
    _effect_foot(drawing, rows, x_scale, foot, left)
    drawing.text(0, 0.2, what, size=7.5, colour=colour("quiet"))
    before, last = rows[rows["month"] < start], rows.iloc[-1]
    facts = word(
        "alt_effect", before=style.text(before["estimate"].iloc[-1]) if len(before) else "—",
        now=style.text(last["estimate"]), low=style.text(last["low"]), high=style.text(last["high"]),
        units=fixed(last['units']) if known(last["units"]) else "—",
    )  # fmt: skip
    return finished(drawing, finding, facts=facts, note=note, source=source)


def _effect_foot(drawing: Drawing, rows: pd.DataFrame, x_scale: Scale, foot: float, left: float) -> None:
    small, quiet = look("type")["small"], colour("quiet")
    drawing.line((left, foot), (x_scale.end, foot), colour=colour("ink"), stroke=0.7)
    every = max(int(np.ceil(len(rows) * 0.62 / (x_scale.end - x_scale.start))), 1)
    shown = rows.iloc[(len(rows) - 1) % every :: every]
    counted = np.isfinite(rows["units"]).any()
    for month, count in zip(shown["month"], shown["units"], strict=True):
        drawing.text(
            x_scale.at(month),
            foot + 0.25,
            fixed(month, signed=True).replace("-", "−").replace("+0", "0"),
            size=small,
            align="center",
        )
        if known(count):
            drawing.text(x_scale.at(month), foot + 0.62, fixed(count), size=small, colour=quiet, align="center")
    drawing.text(
        (x_scale.start + x_scale.end) / 2,
        foot + (1.0 if counted else 0.62),
        word("months_from_start") + (f"；{word('units_below')}" if counted else ""),
        size=small,
        colour=quiet,
        align="center",
    )
    drawing.height = foot + (1.2 if counted else 0.85)


def funnel(
    frame: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    finding: str,
    rate: float,
    style: Format = PERCENT,
    what: str = "",
    n_word: str = "",
    own: str = "",
    width: str = "full",
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw rates of units against their size, within limits round the rate of all; only those outside are named.

    ``frame``: ``name``, ``n``, ``value``; ``limits``: ``n`` rising, ``low_95``, ``high_95``, ``low_998``, ``high_998``;
    ``rate``: of all units together. Meant for 20 units and more; fewer than two give a sentence.
    """
    rows = frame.assign(n=numbers(frame, "n"), value=numbers(frame, "value"))
    rows = rows[np.isfinite(rows["value"]) & (rows["n"] > 0)]
    if len(rows) < 2:
        return word("none", what=what)
    drawing, right, foot = _plot(width)
    edges = [*rows["value"], rate]
    y_scale = scale_of(edges, foot, _TOP, most=1.0 if style.kind == "percent" else None)
    left = _left(edges, style)
    x_scale = Scale(0.0, float(rows["n"].max()) * 1.04, left, right)
    _vertical(drawing, y_scale, right, style, left=left)
    drawing.line((left, y_scale.at(rate)), (right, y_scale.at(rate)), colour=colour("ink"), stroke=0.9)
    for key, shade, dashed in (("95", "quiet", True), ("998", "quiet", False)):
        for side in ("low", "high"):
            column = limits[f"{side}_{key}"]
            points = [
                (x_scale.at(n), y_scale.at(value))
                for n, value in zip(limits["n"], column, strict=True)
                if n <= x_scale.high and y_scale.low <= value <= y_scale.high
            ]
            if len(points) > 1:
                drawing.line(*points, colour=colour(shade), stroke=0.7, dashed=dashed)
    sides = _funnel_points(drawing, rows, limits, x_scale, y_scale, own)
    drawing.height = horizontal(drawing, x_scale, foot, COUNT, title=n_word or word("n"))
    key = word("funnel_key", what=what, rate=style.text(rate))
    drawing.text(0, 0.22, key, size=7.5, colour=colour("quiet"))
    facts = word(
        "alt_funnel", rate=style.text(rate), n=len(rows), above=int((sides > 0).sum()), below=int((sides < 0).sum())
    )
    return finished(drawing, finding, facts=facts, note=note, source=source)


def _funnel_points(
    drawing: Drawing, rows: pd.DataFrame, limits: pd.DataFrame, x_scale: Scale, y_scale: Scale, own: str
) -> np.ndarray:
    """Draw the units and name those outside the 95 % limits; return +1 above, −1 below, 0 within."""
    low = np.interp(rows["n"], limits["n"], limits["low_95"])
    high = np.interp(rows["n"], limits["n"], limits["high_95"])
    sides = np.where(rows["value"] > high, 1, np.where(rows["value"] < low, -1, 0))
    named: list[tuple[float, float, str, str]] = []
    for record, side in zip(rows.to_dict("records"), sides, strict=True):
        x, y = x_scale.at(record["n"]), y_scale.at(record["value"])
        shade = colour("good") if side > 0 else colour("bad") if side < 0 else colour("quiet")
        fill = shade if side else colour("paper")
        drawing.dot(x, y, "diamond" if side < 0 else "circle", fill=fill, edge=shade, size=0.08)
        if side or record["name"] == own:
            named.append((x, y, str(record["name"]), shade if side else colour("ink")))
    _name_points(drawing, named[: 2 * look("units")["neighbours"] + 2], x_scale)
    return sides


def _name_points(drawing: Drawing, named: list[tuple[float, float, str, str]], x_scale: Scale) -> None:
    """Set names beside their points, those on the right half to the left of them, apart from each other."""
    middle = (x_scale.start + x_scale.end) / 2
    for on_left in (False, True):
        side = [one for one in named if (one[0] > middle) == on_left]
        for (x, place, name, shade), y in zip(side, kept_apart([one[1] for one in side], 0.34, 0.3, 99), strict=True):
            lines, size = fitted(name, 3.2, size=7.5, lines=1)
            at = x - 0.16 if on_left else x + 0.16
            drawing.text(at, y, lines[0], size=size, colour=shade, align="right" if on_left else "left")
            if abs(y - place) > 0.15:
                drawing.line((x, place), (at, y), colour=colour("middle"), stroke=0.4)


def lorenz(
    frame: pd.DataFrame,
    *,
    finding: str,
    gini: float,
    what: str = "",
    of: str = "",
    width: str = "half",
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw how unevenly an amount is spread: share of the population against share of the amount, lowest first.

    ``frame``: ``weight`` (population or 1) and ``value`` (the unit's amount, not a rate); ``gini`` is printed. Missing
    units are left out; negative amounts raise ValueError. ``of`` names the population, ``what`` the amount.
    """
    weight, value = numbers(frame, "weight"), numbers(frame, "value")
    kept = np.isfinite(weight) & np.isfinite(value) & (weight > 0)
    weight, value = weight[kept], value[kept]
    if np.any(value < 0):
        raise ValueError("a Lorenz curve holds no negative amounts")
    if kept.sum() < 2 or value.sum() == 0:
        return word("none", what=what)
    order = np.argsort(value / weight, kind="stable")
    across = np.concatenate([[0.0], np.cumsum(weight[order]) / weight.sum()])
    up = np.concatenate([[0.0], np.cumsum(value[order]) / value.sum()])
    drawing = Drawing(look("size")[width])
    side = 5.2
    x_scale, y_scale = Scale(0, 1, 1.2, 1.2 + side), Scale(0, 1, 0.6 + side, 0.6)
    percent = Format("percent", "", 0)
    _vertical(drawing, y_scale, x_scale.end, percent, left=x_scale.start)
    drawing.line((x_scale.at(0), y_scale.at(0)), (x_scale.at(1), y_scale.at(1)), colour=colour("quiet"), dashed=True)
    drawing.line(
        *((x_scale.at(x), y_scale.at(y)) for x, y in zip(across, up, strict=True)), colour=colour("good"), stroke=2.0
    )
    half, top = float(np.interp(0.5, across, up)), 1 - float(np.interp(0.9, across, up))
    drawing.dot(x_scale.at(0.5), y_scale.at(half), "circle", fill=colour("good"), size=0.09)
    drawing.text(
        x_scale.at(0.5) + 0.15,
        y_scale.at(half) + 0.22,
        word("lower_half", share=percent.text(half)),
        size=7.5,
        colour=colour("good"),
    )
    drawing.text(x_scale.at(0.04), y_scale.at(0.94), f"{word('gini')} {fixed(gini, 2)}", size=8.5, bold=True)
    drawing.text(0, 0.2, what, size=7.5, colour=colour("quiet"))
    drawing.height = horizontal(drawing, x_scale, y_scale.start, percent, title=of, count=4)
    facts = word("alt_lorenz", half=percent.text(half), top=percent.text(top), gini=fixed(gini, 2))
    return finished(drawing, finding, facts=facts, note=note, source=source)
