"""Axes and numbers of charts: a scale from values to centimetres, its ticks, values as text, labels kept apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
import pandas as pd

from govkit.display.charts.drawing import Drawing, colour, look
from govkit.display.tables.table import Column
from govkit.rounding import fixed


@dataclass(frozen=True)
class Format:
    """How a value is written: ``kind`` and ``digits`` as of a table's column, ``unit`` after it."""

    kind: str = "percent"
    unit: str = ""
    digits: int = 1

    def text(self, value: Any, *, signed: bool = False) -> str:
        """Return a value with its unit, a dash where it is missing or infinite.

        >>> Format().text(0.9856), Format("number", "小时").text(22.68), Format().text(None)
        ('98.6%', '22.7小时', '—')
        """
        if not known(value):
            return "—"
        text = Column("", "", self.kind, digits=self.digits, signed=signed).text(value).replace("-", "−")
        return text + (self.unit or ("%" if self.kind == "percent" else ""))

    def short(self, value: float) -> str:
        """Return a tick's text: without decimals it does not need."""
        scaled = value * 100 if self.kind in ("percent", "points") else value
        digits = 0 if math.isclose(scaled, round(scaled), abs_tol=1e-6) else 1 if abs(scaled) >= 1 else 2
        text = fixed(scaled, digits).replace("-", "−")
        return text + ("%" if self.kind == "percent" else "")


def known(value: Any) -> TypeGuard[float]:
    """Whether a value is there and finite."""
    return value is not None and not pd.isna(value) and math.isfinite(float(value))


def numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column as floats, missing or without such a column as NaN."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)


PERCENT = Format()
COUNT = Format("integer", "", 0)
POINTS = Format("points", "", 1)


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` laid between two places on the sheet."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the place of a value in centimetres; what lies outside is held at the end."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        """Return about ``count`` round values within the scale."""
        from matplotlib.ticker import MaxNLocator

        found = MaxNLocator(count, steps=[1, 2, 5, 10]).tick_values(self.low, self.high)
        slack = (self.high - self.low) * 1e-6
        return [float(value) for value in found if self.low - slack <= value <= self.high + slack]


def scale_of(
    values: Sequence[float] | np.ndarray, start: float, end: float, *, zero: bool = False, most: float | None = None
) -> Scale:
    """Return a scale that holds all known ``values`` with a little room; ``most`` is never passed (1 for shares)."""
    found = [float(value) for value in values if known(value)] or [0.0, 1.0]
    low, high = min(found), max(found)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    high = min(high + room, max(most, high)) if most is not None else high + room
    if zero:
        return Scale(min(low, 0.0), max(high, 0.0), start, end)
    return Scale(max(low - room, 0.0) if low >= 0 else low - room, high, start, end)


def horizontal(
    drawing: Drawing, scale: Scale, y: float, style: Format, *, title: str = "", unit: str = "", count: int = 5
) -> float:
    """Draw a horizontal axis at ``y`` with ticks and a title below, and return the place below it all."""
    small = look("type")["small"]
    drawing.line((scale.start, y), (scale.end, y), colour=colour("ink"), stroke=0.7)
    texts: list[tuple[float, str]] = [(value, style.short(value)) for value in scale.ticks(count)]
    for value, text in texts:
        drawing.line((scale.at(value), y), (scale.at(value), y + 0.08), colour=colour("ink"), stroke=0.6)
        drawing.text(scale.at(value), y + 0.28, text, size=small, align="center")
    if title:
        drawing.text((scale.start + scale.end) / 2, y + 0.65, title + unit, size=small, align="center")
    return y + (0.85 if title else 0.48)


def kept_apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return places moved as little as needed so that neighbours keep ``gap``, within ``low`` and ``high`` if they can.

    >>> kept_apart([1.0, 1.1, 3.0], 0.5, 0.0, 4.0)
    [0.8, 1.3, 3.0]
    """
    order = np.argsort(np.asarray(places, dtype=float), kind="stable")
    clusters: list[list[float]] = []  # the middle of what its members wish, how many they are

    def first(middle: float, count: float) -> float:
        return max(min(middle - gap * (count - 1) / 2, high - gap * (count - 1)), low)

    for at in order:
        clusters.append([float(places[at]), 1.0])
        while len(clusters) > 1:
            (before, count), (after, more) = clusters[-2], clusters[-1]
            if first(before, count) + gap * count > first(after, more) + 1e-9:
                clusters[-2:] = [[(before * count + after * more) / (count + more), count + more]]
            else:
                break
    moved = [0.0] * len(order)
    at = 0
    for middle, count in clusters:
        for step in range(int(count)):
            moved[int(order[at])] = round(first(middle, count) + gap * step, 4)
            at += 1
    return moved
