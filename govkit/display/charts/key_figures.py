"""The six key figures of the one-page brief: each with its value, last period, target and the range of like units."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from govkit.display.charts.axis import Format, Scale, known, numbers, scale_of
from govkit.display.charts.drawing import Drawing, colour, fitted, look, word
from govkit.display.charts.figure import Shown, finished
from govkit.display.fonts import line_height, text_width


def key_figures(frame: pd.DataFrame, *, finding: str, width: str = "full", note: str = "", source: str = "") -> Shown:
    """Draw each figure on a thin line of its own: open last period, solid this one, a thick tick the target.

    ``frame``: ``label``, ``kind``, ``unit``, ``digits``, ``value``, ``last``, ``target``, ``low``, ``high`` (the range
    of like units) and ``low_is_good``; whatever is missing is NaN. Each line has its own ends, so the note must say so.
    """
    values = numbers(frame, "value")
    if not np.isfinite(values).any():
        return word("none", what=word("this"))
    drawing = Drawing(look("size")[width])
    for record in frame.to_dict("records"):
        lines = _lines(record, _names(drawing))
        step = max(1.02 if width == "half" else 0.95, sum(map(_height, lines)) + 0.2)
        _figure(drawing, record, lines, drawing.height + step / 2)
        drawing.height += step
    facts = "；".join(
        f"{label}{_style(record).text(record['value'])}"
        for label, record in list(zip(frame["label"], frame.to_dict("records"), strict=True))[:6]
    )
    return finished(drawing, finding, facts=word("alt_key", facts=facts), note=note, source=source)


def _style(record: dict[str, Any]) -> Format:
    return Format(str(record["kind"]), str(record.get("unit") or ""), int(record.get("digits") or 0))


def _names(drawing: Drawing) -> float:
    return 2.65 if drawing.width < 10 else 4.6


# a line of text, its size and colour; the room of a figure beside its name
_Line = tuple[str, float, str]
_VALUE = 1.95


def _lines(record: dict[str, Any], names: float) -> list[_Line]:
    """Return a figure's name in as many lines as it needs, and below it last period and target."""
    style, target = _style(record), record.get("target")
    label = str(record["label"]) + ("" if _fits(style, record["value"], names) else f"（{style.unit}）")
    name, size = fitted(label, names, lines=3)
    below = [
        f"{word(key)}{style.short(float(one)) + style.unit if key == 'target' else style.text(one)}"
        for key, one in (("last", record.get("last")), ("target", target))
        if known(one)
    ]
    least = look("type")["least"]
    whole = "　".join(below)
    told = [whole] if text_width(whole, least) <= names + 0.35 else below
    return [(line, size, colour("ink")) for line in name] + [(one, least, colour("quiet")) for one in told if one]


def _fits(style: Format, value: Any, names: float) -> bool:
    """Whether a figure stands beside its name with its unit; else the name says the unit."""
    return not style.unit or text_width(style.text(value), _value_size(names)) <= _VALUE


def _value_size(names: float) -> float:
    return float(look("type")["value"]) if names > 3 else 9.5


def _height(line: _Line) -> float:
    return line_height(line[1]) * 0.98


def _figure(drawing: Drawing, record: dict[str, Any], lines: list[_Line], y: float) -> None:
    style, value, target = _style(record), record["value"], record.get("target")
    state = "good" if not known(target) or not known(value) else _state(record)
    names = _names(drawing)
    top = y - sum(map(_height, lines)) / 2
    for line in lines:
        drawing.text(0, top + _height(line) / 2, line[0], size=line[1], colour=line[2])
        top += _height(line)
    right = names + 1.65
    text = style.text(value) if _fits(style, value, names) else replace(style, unit="").text(value)
    drawing.text(right, y - 0.1, text, size=_value_size(names), bold=True, colour=colour(state), align="right")
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
