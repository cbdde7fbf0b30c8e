"""Why a score moved: a horizontal waterfall from last period's score to this one's, leaf by leaf."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from govkit.display.charts.axis import Format, horizontal, numbers, scale_of
from govkit.display.charts.drawing import Drawing, colour, look, named, row_heights, word
from govkit.display.charts.figure import Shown, finished
from govkit.rounding import fixed

_PARTS = _SUM = Format("number", "", 1)


def score_change(
    frame: pd.DataFrame,
    *,
    last: float,
    now: float,
    labels: tuple[str, str],
    finding: str,
    lines: Mapping[str, float] | None = None,
    note: str = "",
    source: str = "",
) -> Shown:
    """Draw the leaves' parts of a change of score: gains by size, the small ones as one, then losses, hatched.

    ``frame``: ``label``, ``change`` (points of the whole score); ``labels`` name the two periods; ``lines``: name →
    score of grades. Raises ValueError if the parts do not add up to the change. Without any change: one sentence.
    """
    parts = np.nan_to_num(numbers(frame, "change"))
    if abs(parts.sum() - (now - last)) > 0.01:
        raise ValueError(f"parts add up to {fixed(parts.sum(), 3)}, the score changed by {fixed(now - last, 3)}")
    if not np.any(np.abs(parts) >= 0.05):
        return word("no_change", last=labels[0], now=labels[1], value=_SUM.text(now))
    rows = _rows(frame, parts)
    size = look("size")
    drawing = Drawing(size["full"])
    step = max(min(0.46, (size["tallest"] - 1.6) / (len(rows) + 2)), 0.3)
    names, top = 4.2, 0.45
    ends = last + np.concatenate([[0.0], np.cumsum([value for _, value in rows])])
    shown = {name: at for name, at in (lines or {}).items() if ends.min() - 1.5 <= at <= ends.max() + 1.5}
    scale = scale_of([*ends, *shown.values()], names + 0.2, 14.3, most=100.0)
    heights = row_heights([label for label, _ in rows], names - 0.1, step=step, room=size["tallest"] - 1.6 - 2 * step)
    foot = top + sum(heights) + 2 * step
    for name, at in shown.items():
        drawing.line((scale.at(at), top), (scale.at(at), foot), colour=colour("quiet"), dashed=True)
        drawing.text(scale.at(at), top - 0.22, name, size=look("type")["small"], colour=colour("quiet"), align="center")
    _end(drawing, labels[0], f"{word('last')} {_SUM.text(last)}", scale.at(last), top + step / 2, step)
    reached, y, before = last, top + step, top + step / 2
    for (label, value), height in zip(rows, heights, strict=True):
        middle = y + height / 2
        drawing.line((scale.at(reached), before), (scale.at(reached), middle), colour=colour("middle"), stroke=0.6)
        named(drawing, names, middle, label, names - 0.1, height, align="right")
        rest = label.startswith(str(look("word")["rest"]).split("{")[0])
        _part(drawing, scale.at(reached), scale.at(reached + value), middle, step * 0.66, value, rest=rest)
        reached, y, before = reached + value, y + height, middle
    y = foot - step / 2
    drawing.line((scale.at(reached), before), (scale.at(reached), y), colour=colour("middle"), stroke=0.6)
    _end(drawing, labels[1], f"{word('this')} {_SUM.text(now)}", scale.at(now), y, step)
    title = (
        word("score") + "（" + word("axis_from", start=_SUM.short(round(scale.low, 1))) + "）"
        if scale.low > 0
        else word("score")
    )
    drawing.height = horizontal(drawing, scale, foot + 0.05, _SUM, title=title)
    most = int(np.argmax(np.abs(parts)))
    facts = word(
        "alt_score", last_label=labels[0], last=_SUM.text(last), now_label=labels[1], now=_SUM.text(now),
        most=frame["label"].iloc[most], change=_PARTS.text(parts[most], signed=True),
    )  # fmt: skip
    return finished(drawing, finding, facts=facts, note=note, source=source)


def _rows(frame: pd.DataFrame, parts: np.ndarray) -> list[tuple[str, float]]:
    """Return gains by size, the small parts as one, losses by size."""
    small = look("score_change")["small"]
    labels = [str(label) for label in frame["label"]]
    large = [at for at in range(len(parts)) if abs(parts[at]) >= small]
    rest = [at for at in range(len(parts)) if 0 < abs(parts[at]) < small]
    if len(rest) == 1:
        large, rest = [*large, *rest], []
    limit = 26
    if len(large) > limit:
        large.sort(key=lambda at: -abs(parts[at]))
        large, rest = large[:limit], [*rest, *large[limit:]]
    gains = sorted((at for at in large if parts[at] > 0), key=lambda at: (-parts[at], at))
    losses = sorted((at for at in large if parts[at] < 0), key=lambda at: (parts[at], at))
    middle = [(word("rest", n=len(rest)), float(parts[rest].sum()))] if rest else []
    return [
        *((labels[at], float(parts[at])) for at in gains),
        *middle,
        *((labels[at], float(parts[at])) for at in losses),
    ]


def _end(drawing: Drawing, label: str, text: str, x: float, y: float, step: float) -> None:
    drawing.text(4.2, y, label, align="right")
    drawing.box(x - 0.04, y - step * 0.38, 0.08, step * 0.76, fill=colour("ink"))
    right = x < 12.4
    drawing.text(x + 0.15 if right else x - 0.15, y, text, bold=True, align="left" if right else "right")


def _part(drawing: Drawing, start: float, end: float, y: float, thick: float, value: float, *, rest: bool) -> None:
    left, right = min(start, end), max(start, end)
    shade = colour("quiet") if rest else colour("good") if value > 0 else colour("bad")
    bar = (left, y - thick / 2, max(right - left, 0.02), thick)
    if value < 0 and not rest:
        drawing.hatched(*bar, colour=shade)
    else:
        drawing.box(*bar, fill=shade)
    text = _PARTS.text(value, signed=True) if not math.isclose(value, 0, abs_tol=0.005) else "0"
    drawing.text(right + 0.12, y, text, colour=colour("ink") if rest else shade)
