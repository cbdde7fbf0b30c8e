"""The six key figures of the one-page brief: each with its value, last period, target and the range of like units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from govkit.display.charts.axis import Format, Scale, known, numbers, scale_of
from govkit.display.charts.drawing import Drawing, colour, fitted, look, word
from govkit.display.charts.figure import Shown, finished


def key_figures(frame: pd.DataFrame, *, finding: str, width: str = "full", note: str = "", source: str = "") -> Shown:
    """Draw each figure on a thin line of its own: open last period, solid this one, a thick tick the target.

    ``frame``: ``label``, ``kind``, ``unit``, ``digits``, ``value``, ``last``, ``target``, ``low``, ``high`` (the range
    of like units) and ``low_is_good``; whatever is missing is NaN. Each line has its own ends, so the note must say so.
    """
    values = numbers(frame, "value")
    if not np.isfinite(values).any():
        return word("none", what=word("this"))
    drawing = Drawing(look("size")[width])
    step = 1.02 if width == "half" else 0.95
    for at, record in enumerate(frame.to_dict("records")):
        _figure(drawing, record, (at + 0.5) * step)
    drawing.height = step * len(frame)
    facts = "；".join(
        f"{label}{_style(record).text(record['value'])}"
        for label, record in list(zip(frame["label"], frame.to_dict("records"), strict=True))[:6]
    )
    return finished(drawing, finding, facts=word("alt_key", facts=facts), note=note, source=source)


def _style(record: dict[str, Any]) -> Format:
    return Format(str(record["kind"]), str(record.get("unit") or ""), int(record.get("digits") or 0))


def _figure(drawing: Drawing, record: dict[str, Any], y: float) -> None:
    style, value, target = _style(record), record["value"], record.get("target")
    state = "good" if not known(target) or not known(value) else _state(record)
    names = 2.65 if drawing.width < 10 else 4.6
    lines, size = fitted(str(record["label"]), names, lines=1)
    drawing.text(0, y - 0.17, lines[0], size=size)
    below = [
        f"{word(key)}{style.short(float(one)) + style.unit if key == 'target' else style.text(one)}"
        for key, one in (("last", record.get("last")), ("target", target))
        if known(one)
    ]
    lines, size = fitted("　".join(below), names + 0.35, size=look("type")["least"], lines=1)
    drawing.text(0, y + 0.2, lines[0], size=min(size, 7.0), colour=colour("quiet"))
    right = names + 1.65
    size = look("type")["value"] if drawing.width > 10 else 9.5
    drawing.text(right, y - 0.1, style.text(value), size=size, bold=True, colour=colour(state), align="right")
    start, end = right + 0.3, drawing.width - 0.15
    edges = [record.get(key) for key in ("value", "last", "target", "low", "high")]
    scale = scale_of(
        [float(one) for one in edges if known(one)], start, end, most=1.0 if style.kind == "percent" else None
    )
    _line(drawing, record, y, scale, state)


def _state(record: dict[str, Any]) -> str:
    reached = record["value"] <= record["target"] if record.get("low_is_good") else record["value"] >= record["target"]
    return "good" if reached else "bad"


def _line(drawing: Drawing, record: dict[str, Any], y: float, scale: Scale, state: str) -> None:
    if known(record.get("low")) and known(record.get("high")):
        left, right = scale.at(record["low"]), scale.at(record["high"])
        drawing.box(left, y - 0.15, right - left, 0.3, fill=colour("light"))
    drawing.line((scale.start, y), (scale.end, y), colour=colour("middle"), stroke=0.6)
    value, last = record["value"], record.get("last")
    if known(value) and known(last):
        drawing.line((scale.at(last), y), (scale.at(value), y), colour=colour("ink"), stroke=0.9)
    if known(record.get("target")):
        place = scale.at(record["target"])
        drawing.line((place, y - 0.24), (place, y + 0.24), colour=colour("ink"), stroke=2.0)
    if known(last):
        drawing.dot(scale.at(last), y, "circle", fill=colour("paper"), size=0.085)
    if known(value):
        drawing.dot(scale.at(value), y, look("shape")[state], fill=colour(state), size=0.12)
