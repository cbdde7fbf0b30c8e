"""Places among peers: the ranking with its ranges, and how places changed from one period to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from govkit.display.charts.axis import Format, Scale, kept_apart, known, numbers
from govkit.display.charts.bars import bars
from govkit.display.charts.drawing import Drawing, colour, fitted, look, named, word
from govkit.display.charts.figure import Shown, finished
from govkit.display.fonts import printable, text_width

_SCORE = Format("number", "", 1)


def ranking(
    frame: pd.DataFrame,
    *,
    finding: str,
    own: str = "",
    unit_word: str = "",
    square: str = "",
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw all units by rank, each with the range its rank may fall in.

    ``frame``: ``name``, ``score``, ``rank``, ``low``, ``high`` (90 % range of the rank; NaN without), and if known
    ``last_rank``, ``grade`` and ``kind``: units of the kind ``square`` are drawn as squares. ``own`` is the unit whose
    row is set off. Up to four units become plain bars, one unit a sentence; of more than sixty both ends and the own
    place are shown.
    """
    what, units = unit_word or word("unit"), look("units")
    placed = frame[np.isfinite(numbers(frame, "rank"))]
    if len(placed) < 2:
        return _single(placed)
    if placed["score"].nunique() == 1:
        value = _SCORE.text(placed["score"].iloc[0])
        return word("no_difference", what=word("score"), n=len(placed), value=value)
    if len(placed) <= units["few"]:
        wanted = placed.rename(columns={"score": "value"})[["name", "value"]]
        return bars(wanted, finding=finding, style=_SCORE, own=own, note=note, source=source)
    ordered = placed.sort_values(["rank", "name"], kind="stable").reset_index(drop=True)
    rows = _rows(ordered, own)
    size = look("size")
    step = max(min(size["row"] * 0.8, (size["tallest"] - 2.0) / len(rows)), 0.25)
    drawing = Drawing(size["full"])
    edge = 14.2 - _over(ordered)
    scale = Scale(1.0, float(max(numbers(ordered, "rank").max(), len(ordered))), 5.4, edge - 1.4)
    foot = 1.0 + step * len(rows)
    _own_band(drawing, ordered, own, scale, foot)
    _heads(drawing, what, own, square, "last_rank" in ordered, edge)
    for at, position in enumerate(rows):
        y = 1.0 + (at + 0.5) * step
        if position is None:
            drawing.text(
                9.1, y, word("skipped", n=_skipped(rows, at, len(ordered))),
                size=7.5, colour=colour("quiet"), align="center",
            )  # fmt: skip
        else:
            _row(drawing, ordered.iloc[position].to_dict(), y, scale, step, edge, own=own, square=square)
    _grades(drawing, ordered, rows, step, edge)
    _rank_axis(drawing, scale, foot + 0.05)
    drawing.height = foot + 0.95
    return finished(drawing, finding, facts=_facts(ordered, own), note=note, source=source)


def _single(placed: pd.DataFrame) -> str:
    if not len(placed):
        return word("none", what=word("score"))
    first = placed.iloc[0]
    return word("single", name=first["name"], what=word("score"), value=_SCORE.text(first["score"]))


def _rows(ordered: pd.DataFrame, own: str) -> list[int | None]:
    """Return the positions to draw; None marks a gap."""
    units, count = look("units"), len(ordered)
    if count <= units["ranking"]:
        return list(range(count))
    mine = [at for at, name in enumerate(ordered["name"]) if name == own]
    kept = {*range(units["ends"]), *range(count - units["ends"], count)}
    for at in mine or [*range(units["neighbours"] * 2), *range(count - units["neighbours"] * 2, count)]:
        around = units["neighbours"] if mine else 0
        kept |= set(range(max(at - around, 0), min(at + around + 1, count)))
    rows: list[int | None] = []
    for at in sorted(kept):
        if rows and rows[-1] is not None and at != rows[-1] + 1:
            rows.append(None)
        rows.append(at)
    return rows


def _skipped(rows: Sequence[int | None], at: int, count: int) -> int:
    before, after = rows[at - 1], rows[at + 1]
    return (after if after is not None else count) - (before if before is not None else 0) - 1


def _own_band(drawing: Drawing, ordered: pd.DataFrame, own: str, scale: Scale, foot: float) -> None:
    mine = ordered[ordered["name"] == own]
    low, high = numbers(mine, "low"), numbers(mine, "high")
    if len(mine) and known(low[0]) and known(high[0]):
        left, right = scale.at(low[0]) - 0.1, scale.at(high[0]) + 0.1
        drawing.box(left, 0.75, right - left, foot - 0.75, fill=colour("own_band"))


def _heads(drawing: Drawing, what: str, own: str, square: str, changed: bool, edge: float) -> None:
    small, quiet = look("type")["small"], colour("quiet")
    legend = [word("rank_range")] + ([word("own_range", name=own)] if own else [])
    drawing.text(0, 0.22, "　".join(legend), size=small, colour=quiet)
    if square:
        drawing.dot(12.3, 0.22, "square", fill=colour("ink"), size=0.08)
        drawing.text(12.5, 0.22, square, size=small, colour=quiet)
        drawing.dot(13.6, 0.22, "circle", fill=colour("paper"), size=0.085)
        drawing.text(13.8, 0.22, word("other_kind"), size=small, colour=quiet)
    heads = [(0.5, word("place"), "right"), (0.75, what, "left"), (4.9, word("score"), "right")]
    heads += [(edge, word("change"), "right")] if changed else []
    for x, text, align in heads:
        drawing.text(x, 0.6, text, size=small, colour=quiet, align=align)


def _row(
    drawing: Drawing, record: dict[str, Any], y: float, scale: Scale, step: float, edge: float, *, own: str, square: str
) -> None:
    mine = record["name"] == own
    ink = colour("good") if mine else colour("ink")
    size = min(look("type")["text"], step / 0.0353)
    drawing.text(
        0.5, y, str(int(record["rank"])), size=size, colour=colour("good") if mine else colour("quiet"), align="right"
    )
    named(drawing, 0.75, y, str(record["name"]), 3.3, min(step, 0.5), colour=ink, bold=mine)
    drawing.text(4.9, y, _SCORE.text(record["score"]), size=size, colour=ink, bold=mine, align="right")
    if known(record.get("low")) and known(record.get("high")):
        line = ((scale.at(record["low"]), y), (scale.at(record["high"]), y))
        drawing.line(*line, colour=ink if mine else colour("quiet"), stroke=2.6 if mine else 1.4)
    is_square = bool(square) and record.get("kind") == square
    fill = colour("good") if mine else colour("ink") if is_square else colour("paper")
    drawing.dot(
        scale.at(record["rank"]), y, "square" if is_square else "circle", fill=fill, size=0.11 if mine else 0.085
    )
    if known(record.get("last_rank")):
        places = int(record["last_rank"]) - int(record["rank"])
        text = word("up", n=places) if places > 0 else word("down", n=-places) if places else word("same")
        strong = abs(places) >= 5
        shade = colour("bad") if strong and places < 0 else colour("ink") if strong else colour("quiet")
        drawing.text(edge, y, text, size=size, colour=shade, align="right")


def _over(ordered: pd.DataFrame) -> float:
    """Return how much wider than usual the names of grades are, in centimetres: their words are not broken."""
    grades = ordered["grade"].dropna().unique() if "grade" in ordered else ()
    words = " ".join(printable(str(grade)) for grade in grades).split()
    return max([1.0, *(text_width(one, look("type")["least"]) for one in words if one.isascii())]) - 1.0


def _grades(drawing: Drawing, ordered: pd.DataFrame, rows: Sequence[int | None], step: float, edge: float) -> None:
    """Draw a bracket with its name beside the rows of each grade."""
    if "grade" not in ordered:
        return
    shown = [None if at is None else ordered["grade"].iloc[at] for at in rows]
    start = 0
    for at in range(1, len(shown) + 1):
        if at < len(shown) and shown[at] == shown[start]:
            continue
        name = shown[start]
        if name is not None and not pd.isna(name):
            top, foot = 1.0 + start * step + 0.06, 1.0 + at * step - 0.06
            drawing.line((edge + 0.25, top), (edge + 0.25, foot), colour=colour("quiet"), stroke=1.4)
            lines, size = fitted(str(name), drawing.width - edge - 0.4)
            drawing.lines(edge + 0.38, (top + foot) / 2, lines if foot - top > 0.6 else lines[:1], size=size)
        if at < len(shown):
            drawing.line((0, 1.0 + at * step), (edge + 0.1, 1.0 + at * step), colour=colour("middle"), stroke=0.5)
        start = at


def _rank_axis(drawing: Drawing, scale: Scale, y: float) -> None:
    small = look("type")["small"]
    drawing.line((scale.start - 0.2, y), (scale.end + 0.2, y), colour=colour("ink"), stroke=0.7)
    last = int(scale.high)
    every = next(step for step in (1, 2, 5, 10, 20, 50, 100, 500) if last / step <= 8)
    marks = [1, *(at for at in range(every, last, every) if at > 1 and last - at > every * 0.6), last]
    for at in dict.fromkeys(marks):
        drawing.line((scale.at(at), y), (scale.at(at), y + 0.08), colour=colour("ink"))
        drawing.text(scale.at(at), y + 0.28, str(at), size=small, align="center")
    drawing.text((scale.start + scale.end) / 2, y + 0.65, word("rank"), size=small, align="center")


def _facts(ordered: pd.DataFrame, own: str) -> str:
    first, final = ordered.iloc[0], ordered.iloc[-1]
    ends = {"first": first["name"], "first_score": _SCORE.text(first["score"])}
    ends |= {"final": final["name"], "final_score": _SCORE.text(final["score"])}
    mine = ordered[ordered["name"] == own]
    if not len(mine):
        return word("alt_ranking_all", n=len(ordered), **ends)
    here = {"own": own, "rank": int(mine["rank"].iloc[0]), "score": _SCORE.text(mine["score"].iloc[0])}
    return word("alt_ranking", **ends, **here)


def rank_change(
    frame: pd.DataFrame,
    *,
    finding: str,
    own: str = "",
    labels: tuple[str, str] = ("", ""),
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw each unit's place last period and now as a line; only moves of three places and more are coloured and named.

    ``frame``: ``name``, ``last_rank``, ``rank``; units without both are left out. ``labels`` name the two periods. Of
    more than 25 units only those that moved are drawn, at most 25 with the largest moves.
    """
    units = look("units")
    before, now = numbers(frame, "last_rank"), numbers(frame, "rank")
    moved = frame[np.isfinite(before) & np.isfinite(now)].assign(move=lambda rows: rows["last_rank"] - rows["rank"])
    big = moved["move"].abs() >= units["move"]
    if len(moved) < 2 or not big.any():
        return word("no_move", n=len(moved), move=units["move"])
    if len(moved) > units["slope"]:
        kept = moved[big | (moved["name"] == own)]
        moved = kept.loc[kept["move"].abs().sort_values(ascending=False, kind="stable").index[: units["slope"]]]
    size = look("size")
    last = float(max(moved["rank"].max(), moved["last_rank"].max()))
    drawing = Drawing(size["full"])
    step = min(0.44, (size["tallest"] - 1.4) / last)
    foot = 0.9 + step * (last - 1)
    scale = Scale(1.0, last, 0.9, foot)
    heads = (labels[0] or word("last"), labels[1] or word("this"))
    for x, text, align in ((5.3, heads[0], "right"), (10.3, heads[1], "left")):
        drawing.text(x, 0.25, text, size=look("type")["small"], colour=colour("quiet"), align=align)
    moving = moved[(moved["move"].abs() >= units["move"]) | (moved["name"] == own)]
    for record in moved[~moved["name"].isin(moving["name"])].to_dict("records"):
        _slope(drawing, record, scale, shade=colour("middle"), stroke=0.8)
    for record in moving.to_dict("records"):
        shade = colour("good") if record["move"] > 0 else colour("bad") if record["move"] < 0 else colour("ink")
        _slope(drawing, record, scale, shade=shade, stroke=2.2 if record["name"] == own else 1.4)
    _slope_names(drawing, moving, scale, own)
    drawing.height = foot + 0.4
    up, down = moved.loc[moved["move"].idxmax()], moved.loc[moved["move"].idxmin()]
    facts = word(
        "alt_slope",
        up=up["name"] + word("up", n=int(up["move"])) if up["move"] > 0 else word("nobody"),
        down=down["name"] + word("down", n=int(-down["move"])) if down["move"] < 0 else word("nobody"),
        move=units["move"],
        n=int(big.sum()),
    )
    return finished(drawing, finding, facts=facts, note=note, source=source)


def _slope(drawing: Drawing, record: dict[str, Any], scale: Scale, *, shade: str, stroke: float) -> None:
    start, end = (5.9, scale.at(record["last_rank"])), (9.7, scale.at(record["rank"]))
    drawing.line(start, end, colour=shade, stroke=stroke)
    shape = "circle" if record["move"] >= 0 else "diamond"
    for x, y in (start, end):
        drawing.dot(x, y, shape, fill=shade, edge=shade, size=0.07)


def _slope_names(drawing: Drawing, moving: pd.DataFrame, scale: Scale, own: str) -> None:
    gap = 0.36
    for column, edge, x, align in (("last_rank", 5.75, 5.45, "right"), ("rank", 9.85, 10.15, "left")):
        places = [scale.at(value) for value in moving[column]]
        settled = kept_apart(places, gap, 0.6, max(scale.end, 0.6 + gap * len(moving)))
        for record, place, y in zip(moving.to_dict("records"), places, settled, strict=True):
            lines, size = fitted(str(record["name"]), 3.9, lines=1)
            rank, name = f"{int(record[column])}", lines[0]
            shade = colour("good") if record["move"] > 0 else colour("bad") if record["move"] < 0 else colour("ink")
            drawing.text(
                x,
                y,
                f"{name} {rank}" if align == "right" else f"{rank} {name}",
                size=size,
                colour=shade,
                align=align,
                bold=record["name"] == own,
            )
            if abs(place - y) > 0.03:
                drawing.line((edge, place), (x, y), colour=colour("middle"), stroke=0.4)
