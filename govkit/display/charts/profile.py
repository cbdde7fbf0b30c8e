"""The indicator profile (指标概览图): all leaves on one scale, right is good, the target a line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from govkit.display.charts.axis import Format, Scale, known, numbers
from govkit.display.charts.drawing import Drawing, Line, colour, look, named, row_heights, word
from govkit.display.charts.figure import Shown, finished
from govkit.display.fonts import printable, text_width
from govkit.rounding import fixed

_NAMES, _THIS, _LAST, _TARGET, _MEDIAN, _AXIS, _END = 3.95, 5.5, 7.05, 8.3, 9.9, 10.3, 14.4


def indicator_profile(frame: pd.DataFrame, *, finding: str, note: str = "", source: str = "") -> Shown:
    """Draw where one unit stands on every leaf.

    ``frame``: one row a leaf in the scheme's order, with ``group``, ``label``, ``kind``, ``unit``, ``digits`` (how its
    values are written), ``value``, ``last``, ``target``, ``median`` (in the leaf's own unit), ``score``, ``last_score``
    (0 at the start value, 100 at the target, more beyond), ``loss`` (points of the whole score) and ``peers`` (a
    sequence of the scores of all units). Whatever is missing is NaN; its row stays, with a dash and without a mark,
    but for a leaf that neither this unit, now or before, nor any other has a value of: those are counted below.
    """
    what = look("word")["score"]
    if not any(known(value) for value in numbers(frame, "score")):
        return word("none", what=what)
    nobody = np.isnan(numbers(frame, "value")) & np.isnan(numbers(frame, "last")) & frame["peers"].map(len).eq(0)
    shown, left_out = _shown(frame[~nobody])
    groups = list(dict.fromkeys(shown["group"]))
    shown = shown.sort_values("group", key=lambda column: column.map(groups.index), kind="stable")
    size = look("size")
    room = size["tallest"] - 2.6
    step = max(min(size["row"], room / (len(shown) + len(groups) * 1.15)), size["least_row"])
    heights = iter(row_heights(list(shown["label"]), _NAMES - 0.3, step=step, room=room - len(groups) * step * 1.15))
    drawing = Drawing(size["full"])
    y = _legend(drawing) + 0.1
    scale = Scale(0.0, look("profile")["beyond"] + 6, _AXIS, _END)
    top = y
    for group in groups:
        y = _group_head(drawing, group, y, step)
        for record in shown[shown["group"] == group].to_dict("records"):
            height = next(heights)
            _row(drawing, record, y + height / 2, height, scale)
            y += height
    target = scale.at(100)
    drawing.marks.insert(0, Line(((target, top), (target, y)), colour("ink"), 1.0))
    for value in (0, 50):
        drawing.line((scale.at(value), y), (scale.at(value), y + 0.08), colour=colour("ink"))
        drawing.text(scale.at(value), y + 0.28, str(value), size=look("type")["small"], align="center")
    drawing.line((_AXIS, y), (_END, y), colour=colour("ink"), stroke=0.7)
    drawing.text(target, y + 0.28, word("target_axis"), size=look("type")["small"], align="center")
    for line, (name, n) in enumerate((name, n) for name, n in (("met", left_out), ("unknown", int(nobody.sum()))) if n):
        told = word(f"{name}_left_out", n=n)
        drawing.text(0, y + 0.28 * (line + 1), told, size=look("type")["small"], colour=colour("quiet"))
    drawing.height = y + (0.78 if left_out and nobody.any() else 0.5)
    return finished(drawing, finding, facts=_facts(frame), note=note, source=source)


def _shown(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the leaves for which there is room: of very many, those that reached the target are left out first."""
    size = look("size")
    most = int((size["tallest"] - 2.6) / size["least_row"]) - frame["group"].nunique()
    if len(frame) <= most:
        return frame, 0
    order = np.argsort(-np.nan_to_num(numbers(frame, "loss")), kind="stable")[:most]
    kept = frame.iloc[np.sort(order)]
    return kept, len(frame) - len(kept)


def _legend(drawing: Drawing) -> float:
    """Draw the strip of signs and the heads of the columns, and return the place below."""
    small, quiet = look("type")["small"], colour("quiet")
    x = 0.12
    for state, text in (("good", "reached"), ("between", "above_median"), ("bad", "below_median")):
        _sign(drawing, state, x, 0.2)
        drawing.text(x + 0.2, 0.2, word(text), size=small)
        x += 0.55 + text_width(printable(word(text)), small)
    drawing.dot(x, 0.2, "circle", fill=colour("paper"), size=0.08)
    drawing.text(x + 0.2, 0.2, word("last"), size=small)
    x += 0.45 + text_width(printable(word("last")), small)
    drawing.box(x, 0.1, 0.9, 0.2, fill=colour("light"))
    drawing.box(x + 0.25, 0.1, 0.4, 0.2, fill=colour("middle"))
    drawing.line((x + 0.45, 0.04), (x + 0.45, 0.36), colour=quiet, stroke=1.2)
    drawing.text(x + 1.05, 0.2, word("peers"), size=small)
    for place, text in ((_THIS, "this"), (_LAST, "last"), (_TARGET, "target"), (_MEDIAN, "median"), (15.55, "loss")):
        drawing.text(place, 0.8, word(text), size=small, colour=quiet, align="right")
    return 1.0


def _group_head(drawing: Drawing, group: str, y: float, step: float) -> float:
    if not group:
        return y
    y += step * 1.05
    drawing.text(0, y - step * 0.42, group, bold=True, colour=colour("good"))
    drawing.line((0, y), (drawing.width, y), colour=colour("middle"))
    return y + step * 0.1


def state_of(score: float, median: float) -> str:
    """Say what a score stands for: good (target reached), between (not below the median) or bad."""
    if score >= 100 - 1e-9:
        return "good"
    return "between" if known(median) and score >= median - 1e-9 else "bad"


def _row(drawing: Drawing, record: dict[str, Any], y: float, step: float, scale: Scale) -> None:
    peers = np.array([float(one) for one in (record.get("peers") or ()) if known(one)])
    median = float(np.median(peers)) if len(peers) else np.nan
    score = float(record["score"]) if known(record["score"]) else np.nan
    state = state_of(score, median) if known(score) else ""
    few = len(peers) < look("units")["fewest_for_quarters"]
    name = str(record["label"]) + ("*" if few and len(peers) else "")
    named(drawing, 0.15, y, name, _NAMES - 0.2, step)
    _figures(drawing, record, y, state)
    _spread(drawing, peers, median, y, step, scale)
    last = record.get("last_score")
    if known(last) and known(score):
        drawing.line((scale.at(float(last)), y), (scale.at(score), y), colour=colour("ink"), stroke=0.8)
    if known(last):
        drawing.dot(
            scale.at(min(float(last), look("profile")["beyond"])), y, "circle", fill=colour("paper"), size=0.085
        )
    if state:
        beyond = look("profile")["beyond"]
        _sign(drawing, state, scale.at(min(score, beyond)), y)
        if score > beyond:
            x = scale.at(beyond) + 0.14
            corners = ((x, y - 0.08), (x + 0.14, y), (x, y + 0.08), (x, y - 0.08))
            drawing.line(*corners, colour=colour(state), stroke=1.2)


def _figures(drawing: Drawing, record: dict[str, Any], y: float, state: str) -> None:
    style = Format(str(record["kind"]), str(record.get("unit") or ""), int(record.get("digits") or 0))
    ink, quiet = colour("ink"), colour("quiet")
    own = colour("bad") if state == "bad" else ink
    columns = (
        (_THIS, _THIS - _NAMES, "value", own), (_LAST, _LAST - _THIS, "last", quiet),
        (_TARGET, _TARGET - _LAST, "target", ink), (_MEDIAN, _MEDIAN - _TARGET, "median", quiet),
    )  # fmt: skip
    for place, room, key, shade in columns:
        text, size = _in_column(record.get(key), style, room - 0.12, target=key == "target", first=key == "value")
        drawing.text(place, y, text, size=size, colour=shade, bold=key == "value", align="right")
    loss = record.get("loss")
    text = "—" if not known(loss) else "0" if abs(float(loss)) < 1e-9 else fixed(float(loss), 1)
    drawing.text(
        15.55, y, "<0.1" if text == "0.0" else text, colour=quiet if text in {"0", "—", "0.0"} else ink, align="right"
    )


def _in_column(value: Any, style: Format, room: float, *, target: bool, first: bool) -> tuple[str, float]:
    """Return a figure and its size for a column ``room`` wide: a long unit stands with the first figure alone."""
    bare = style.short(float(value)) if target and known(value) else replace(style, unit="").text(value)
    text = bare + style.unit if known(value) else bare
    size = look("type")["text"]
    if text_width(text, size) > room and not first:
        text = bare
    return text, min(size, size * room / text_width(text, size))


def _spread(drawing: Drawing, peers: np.ndarray, median: float, y: float, step: float, scale: Scale) -> None:
    """Draw all units: a light band, the middle half darker and the median; fewer than eight as ticks."""
    if not len(peers):
        return
    half = min(step, 0.5) * 0.3
    if len(peers) < look("units")["fewest_for_quarters"]:
        for place in sorted({round(scale.at(one), 3) for one in peers}):
            drawing.line((place, y - half), (place, y + half), colour=colour("quiet"), stroke=0.9)
        return
    for (low, high), fill in zip(np.quantile(peers, [[0, 1], [0.25, 0.75]]), ("light", "middle"), strict=True):
        drawing.box(scale.at(low), y - half, scale.at(high) - scale.at(low), 2 * half, fill=colour(fill))
    place = scale.at(median)
    drawing.line((place, y - half - 0.04), (place, y + half + 0.04), colour=colour("quiet"), stroke=1.3)


def _sign(drawing: Drawing, state: str, x: float, y: float) -> None:
    drawing.dot(x, y, look("shape")[state], fill=colour(state), size=0.105)


def _facts(frame: pd.DataFrame) -> str:
    score, loss = numbers(frame, "score"), np.nan_to_num(numbers(frame, "loss"))
    worst = int(np.argmax(loss))
    return word(
        "alt_profile",
        n=int(np.isfinite(score).sum()),
        reached=int((score >= 100 - 1e-9).sum()),
        worst=frame["label"].iloc[worst],
        loss=fixed(loss[worst], 1),
        total=fixed(loss.sum(), 1),
    )
