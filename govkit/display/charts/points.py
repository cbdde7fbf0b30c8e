"""Units as points: a value with its interval against a target, and what was done against what was planned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from govkit.display.charts.axis import COUNT, PERCENT, Format, Scale, horizontal, known, numbers, scale_of
from govkit.display.charts.drawing import Drawing, colour, look, row_heights, word
from govkit.display.charts.drawing import named as set_name
from govkit.display.charts.figure import Shown, finished
from govkit.rounding import fixed

_NAMES = 4.4


def intervals(
    frame: pd.DataFrame,
    *,
    finding: str,
    target: float | None = None,
    style: Format = PERCENT,
    what: str = "",
    n_word: str = "",
    own: str = "",
    total: str = "",
    low_is_good: bool = False,
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw each unit's value with its range; filled only where the whole range lies on one side of the target.

    ``frame``: ``name``, ``value``, ``low``, ``high`` (NaN without a range), ``n``, and ``group`` (the level above) if
    units may be more than 80. The row named ``total`` comes first, the others by value. Between 31 and 80 units both
    ends and those that miss the target are named; beyond, there is one row a group with a tick for each unit. Of fewer
    than 30 answers the counts are printed. All equal, or a single unit: one sentence.
    """
    values, units = numbers(frame, "value"), look("units")
    rows = frame.assign(value=values, low=numbers(frame, "low"), high=numbers(frame, "high"), n=numbers(frame, "n"))
    others = rows[rows["name"] != total]
    found = others[np.isfinite(others["value"])]
    if len(found) < 2:
        return _sentence(found, what, style)
    if found["value"].nunique() == 1 and not bool((np.isfinite(found["low"]) & np.isfinite(found["high"])).any()):
        return word("no_difference", what=what, n=len(found), value=style.text(found["value"].iloc[0]))
    if len(found) > units["some"]:
        return _by_group(found, finding=finding, target=target, style=style, what=what, note=note, source=source)
    verdicts = [_verdict(record, target, low_is_good) for record in rows.to_dict("records")]
    rows = rows.assign(verdict=verdicts)
    order = rows.assign(first=rows["name"] != total).sort_values(
        ["first", "value"], ascending=[True, low_is_good], kind="stable", na_position="last"
    )
    drawing = Drawing(look("size")["full"])
    edges = [*rows["value"], *rows["low"], *rows["high"], *([] if target is None else [target])]
    scale = scale_of(edges, _NAMES + 0.2, 12.0, most=1.0 if style.kind == "percent" else None)
    heights = _heights(order, own, total)
    top, foot = 0.65, 0.65 + sum(heights)
    if target is not None:
        drawing.line((scale.at(target), 0.4), (scale.at(target), foot), colour=colour("ink"), stroke=1.0)
        drawing.text(
            scale.at(target),
            0.2,
            word("target") + style.short(target) + style.unit,
            size=look("type")["small"],
            align="center",
        )
    for x, text in ((13.9, what), (15.5, n_word or word("n"))):
        drawing.text(x, 0.2, text, size=look("type")["small"], colour=colour("quiet"), align="right")
    y = top
    for record, height in zip(order.to_dict("records"), heights, strict=True):
        _row(drawing, record, y + height / 2, scale, style, strong=record["name"] in (own, total), height=height)
        y += height
        if record["name"] == total:
            drawing.line((0, y), (drawing.width, y), colour=colour("middle"))
    small = [at for at, height in enumerate(heights) if height < 0.25]
    if small:
        middle = top + (sum(heights[: small[0]]) + sum(heights[: small[-1] + 1])) / 2
        drawing.text(_NAMES, middle, word("others", n=len(small)), colour=colour("quiet"), align="right")
    drawing.height = horizontal(drawing, scale, foot + 0.05, style)
    return finished(drawing, finding, facts=_facts(found, style, target, low_is_good), note=note, source=source)


def _sentence(found: pd.DataFrame, what: str, style: Format) -> str:
    if not len(found):
        return word("none", what=what)
    return word("single", name=found["name"].iloc[0], what=what, value=style.text(found["value"].iloc[0]))


def _verdict(record: dict[str, Any], target: float | None, low_is_good: bool) -> str:
    """Say whether the whole range is on the good side of the target, on the bad one, or neither."""
    if target is None or not known(record["value"]):
        return "open"
    low = record["low"] if known(record["low"]) else record["value"]
    high = record["high"] if known(record["high"]) else record["value"]
    if low_is_good:
        return "good" if high <= target else "bad" if low > target else "open"
    return "good" if low >= target else "bad" if high < target else "open"


def _heights(order: pd.DataFrame, own: str, total: str) -> list[float]:
    """Return each row's height: of many units those in the middle, not decided and not the own, are drawn small."""
    units, size = look("units"), look("size")
    count = len(order)
    if count <= units["all"] + 1:
        step = max(min(size["row"] * 0.9, (size["tallest"] - 1.4) / count), size["least_row"])
        return row_heights([str(name) for name in order["name"]], _NAMES - 0.1, step=step, room=size["tallest"] - 1.4)
    ends = {*range(6), *range(count - 5, count)}
    tall = [
        at in ends or record["name"] in (own, total) or record["verdict"] == "bad"
        for at, record in enumerate(order.to_dict("records"))
    ]
    step = min(0.42, (size["tallest"] - 1.4 - 0.13 * (count - sum(tall))) / sum(tall))
    return [max(step, 0.26) if full else 0.13 for full in tall]


def _row(
    drawing: Drawing, record: dict[str, Any], y: float, scale: Scale, style: Format, *, strong: bool, height: float
) -> None:
    verdict, named = record["verdict"], height > 0.25
    decided = verdict in ("good", "bad")
    shade = colour(verdict) if decided else colour("good") if strong else colour("quiet")
    ink = shade if decided or strong else colour("ink")
    if known(record["low"]) and known(record["high"]) and known(record["value"]):
        line = ((scale.at(record["low"]), y), (scale.at(record["high"]), y))
        drawing.line(*line, colour=shade, stroke=2.6 if strong else 1.6 if named else 0.7)
    if known(record["value"]):
        shape = "diamond" if verdict == "bad" else "circle"
        fill = shade if decided else colour("paper")
        drawing.dot(
            scale.at(record["value"]),
            y,
            shape,
            fill=fill,
            edge=shade,
            size=0.12 if strong else 0.095 if named else 0.05,
        )
    if not named:
        return
    bold = decided or strong
    set_name(drawing, _NAMES, y, str(record["name"]), _NAMES - 0.1, height, colour=ink, bold=bold, align="right")
    drawing.text(13.9, y, _value(record, style), colour=ink, bold=bold, align="right")
    n = record["n"]
    drawing.text(15.5, y, f"{int(n):,}" if known(n) else "—", colour=colour("quiet"), align="right")


def _value(record: dict[str, Any], style: Format) -> str:
    """Return the value's text; of few answers how many of how many, for a percentage would say too much."""
    few = known(record["n"]) and record["n"] < look("units")["few_answers"]
    if style.kind == "percent" and few and known(record["value"]):
        return f"{fixed(record['value'] * record['n'])}/{fixed(record['n'])}"
    return style.text(record["value"])


def _facts(found: pd.DataFrame, style: Format, target: float | None, low_is_good: bool) -> str:
    ordered = found.sort_values("value", ascending=low_is_good, kind="stable")
    best, worst = ordered.iloc[0], ordered.iloc[-1]
    return word(
        "alt_dots", n=len(found), best=best["name"], best_value=style.text(best["value"]), worst=worst["name"],
        worst_value=style.text(worst["value"]), target=style.text(target),
    )  # fmt: skip


def _by_group(
    found: pd.DataFrame, *, finding: str, target: float | None, style: Format, what: str, note: str, source: str
) -> Shown:
    """Draw one row a group of units: a tick for each unit, a dot for the group's median, how many miss the target."""
    group = found["group"].astype(str) if "group" in found else pd.Series("", index=found.index)
    medians = found["value"].groupby(group).median().sort_values(ascending=False, kind="stable")
    medians = medians.iloc[: int((look("size")["tallest"] - 1.6) / 0.4)]
    drawing = Drawing(look("size")["full"])
    step = max(min(0.56, 14.0 / len(medians)), 0.4)
    scale = scale_of(
        [*found["value"], *([] if target is None else [target])],
        4.4,
        13.4,
        most=1.0 if style.kind == "percent" else None,
    )
    foot = 0.65 + step * len(medians)
    if target is not None:
        drawing.line((scale.at(target), 0.4), (scale.at(target), foot), colour=colour("ink"), stroke=1.0)
        drawing.text(scale.at(target), 0.2, word("target") + style.short(target) + style.unit, size=7.5, align="center")
    drawing.text(15.5, 0.2, word("below_of"), size=7.5, colour=colour("quiet"), align="right")
    for at, (name, median) in enumerate(medians.items()):
        y = 0.65 + (at + 0.5) * step
        values = found["value"][group == name]
        set_name(drawing, 4.2, y, str(name), 4.1, step, align="right")
        drawing.line((scale.start, y), (scale.end, y), colour=colour("light"), stroke=0.5)
        for place in sorted({round(scale.at(value), 2) for value in values}):
            drawing.line((place, y - step * 0.28), (place, y + step * 0.28), colour=colour("quiet"), stroke=0.7)
        drawing.dot(scale.at(float(median)), y, "circle", fill=colour("good"), size=0.1)
        below = "" if target is None else f"{int((values < target).sum())}/{len(values)}"
        drawing.text(15.5, y, below or str(len(values)), align="right")
    drawing.height = horizontal(drawing, scale, foot + 0.05, style, title=what + word("ticks"))
    return finished(drawing, finding, facts=_facts(found, style, target, False), note=note, source=source)


def plan_against_actual(
    frame: pd.DataFrame, *, finding: str, style: Format = COUNT, note: str = "", source: str = ""
) -> Shown:
    """Draw what was done (dot) and what was planned (tick) for each step, with the gap in units.

    ``frame``: ``name``, ``planned``, ``done``. A step without either keeps its row with a dash.
    """
    planned, done = numbers(frame, "planned"), numbers(frame, "done")
    both = np.isfinite(planned) & np.isfinite(done)
    if not both.any():
        return word("none", what=word("plan"))
    size = look("size")
    drawing = Drawing(size["full"])
    step = max(min(size["row"] * 1.1, (size["tallest"] - 1.5) / len(frame)), 0.3)
    heights = row_heights([str(name) for name in frame["name"]], 4.6, step=step, room=size["tallest"] - 1.5)
    scale = scale_of([*planned, *done, 0.0], 5.0, 12.2, zero=True, most=1.0 if style.kind == "percent" else None)
    small, quiet = look("type")["small"], colour("quiet")
    drawing.dot(5.2, 0.22, "circle", fill=colour("good"), size=0.1)
    drawing.text(5.4, 0.22, word("done"), size=small)
    drawing.line((6.7, 0.09), (6.7, 0.35), colour=colour("ink"), stroke=1.8)
    drawing.text(6.85, 0.22, word("plan"), size=small)
    for x, text in ((13.4, word("done")), (14.5, word("plan"))):
        drawing.text(x, 0.22, text, size=small, colour=quiet, align="right")
    for at, name in enumerate(frame["name"]):
        y = 0.5 + sum(heights[:at]) + heights[at] / 2
        _step(drawing, (planned[at], done[at]), y, scale, style)
        set_name(drawing, 4.8, y, str(name), 4.6, heights[at], align="right")
    drawing.height = horizontal(drawing, scale, 0.55 + sum(heights), style, unit=style.unit)
    short = np.where(both, planned - done, -np.inf)
    worst = int(np.argmax(short))
    facts = word(
        "alt_plan", n=int(both.sum()), met=int((done[both] >= planned[both]).sum()), worst=frame["name"].iloc[worst],
        plan=style.text(planned[worst]), done=style.text(done[worst]),
    )  # fmt: skip
    return finished(drawing, finding, facts=facts, note=note, source=source)


def _step(drawing: Drawing, row: tuple[float, float], y: float, scale: Scale, style: Format) -> None:
    planned, done = row
    drawing.line((scale.start, y), (scale.end, y), colour=colour("light"), stroke=0.6)
    missed = known(planned) and known(done) and done < planned
    shade = colour("bad") if missed else colour("good")
    if known(planned) and known(done):
        drawing.line((scale.at(planned), y), (scale.at(done), y), colour=shade, stroke=1.4)
    if known(planned):
        drawing.line((scale.at(planned), y - 0.16), (scale.at(planned), y + 0.16), colour=colour("ink"), stroke=1.8)
    if known(done):
        drawing.dot(scale.at(done), y, "diamond" if missed else "circle", fill=shade, size=0.11)
    drawing.text(13.4, y, style.text(done), bold=True, colour=shade, align="right")
    drawing.text(14.5, y, style.text(planned), colour=colour("quiet"), align="right")
    gap = done - planned if known(planned) and known(done) else np.nan
    text = (
        ""
        if not known(gap)
        else word("met")
        if gap == 0
        else word("short", n=style.text(-gap))
        if gap < 0
        else word("ahead", n=style.text(gap))
    )
    drawing.text(15.55, y, text, size=look("type")["small"], colour=shade if missed else colour("quiet"), align="right")
