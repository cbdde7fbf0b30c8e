"""Classes of a choropleth: natural, quantile, equal or fixed breaks, moved to round numbers, with labels and counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.errors import ReportError, UnknownNameError
from govkit.rounding import fixed

SCHEMES = ("natural", "quantiles", "equal")
# Counts that differ by more are classed as other numbers are.
_SMALL_COUNTS = 60
_SCALE = {"percent": 100.0, "points": 100.0}
_UNIT = {"percent": "%", "points": "百分点"}
# Borders may move so far that up to this share of the units changes class, for the sake of a round number.
_MAY_MOVE = 0.2


@dataclass(frozen=True)
class Quantity:
    """What the numbers of a map are: ``label``, ``kind`` (percent: fraction shown as %; points: difference of two
    fractions; integer; number), ``unit`` and ``digits`` shown, as in tables.
    """

    label: str
    kind: str = "number"
    unit: str = ""
    digits: int = 1

    @property
    def head(self) -> str:
        """Label with unit: the head of the legend."""
        unit = self.unit or _UNIT.get(self.kind, "")
        return f"{self.label}（{unit}）" if unit else self.label

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Return values as shown; nine digits, so that 0.7 that came from a sum is still 70 %."""
        scaled = np.asarray(values, dtype=float) * _SCALE.get(self.kind, 1.0)
        return np.array([round(float(f"{value:.9g}"), 9) for value in scaled])

    def text(self, value: float, *, signed: bool = False, with_unit: bool = True) -> str:
        """Return one value (unscaled) as shown; missing gives the words for it."""
        if value is None or pd.isna(value):
            return catalogue.load("map_text")["words"]["no_data"]
        digits = 0 if self.kind == "integer" else self.digits
        shown = fixed(self.scaled(np.array([value]))[0], digits, signed=signed).replace("-", "−")
        unit = (self.unit or _UNIT.get(self.kind, "")) if with_unit else ""
        return f"{shown}{unit}" if unit in ("%", "") else f"{shown} {unit}"


@dataclass(frozen=True)
class Classes:
    """``breaks``: inner borders as shown, ascending; ``members``: class of each value, -1 if missing; a class holds
    its lower border, not its upper; ``labels`` and ``counts`` from low to high.
    """

    breaks: tuple[float, ...]
    members: np.ndarray
    labels: tuple[str, ...]
    counts: tuple[int, ...]


def classify(
    values: Sequence[float] | np.ndarray,
    quantity: Quantity,
    *,
    scheme: str = "natural",
    classes: int = 0,
    breaks: Sequence[float] | None = None,
) -> Classes:
    """Put values (missing: NaN) into classes.

    ``breaks`` (unscaled, ascending) fixes the borders, for instance those of a standard; empty classes stay then.
    Otherwise ``scheme``: natural (Fisher's exact optimum, of the logarithms where a few large values would leave most
    units in one class), quantiles, equal, moved to round numbers; no class is empty.
    Raises ReportError for an infinite value, breaks that do not ascend or more classes than can be told apart,
    UnknownNameError for another scheme.
    """
    most = catalogue.load("map_text")["limits"]["most_classes"]
    if max(classes, len(breaks) + 1 if breaks is not None else 0) > most:
        wanted = classes if breaks is None else len(breaks) + 1
        raise ReportError(f"「{quantity.label}」要分 {wanted} 级，深浅已无法分辨。", allowed=f"最多 {most} 级")
    shown = quantity.scaled(np.asarray(values, dtype=float))
    if np.isinf(shown).any():
        raise ReportError(f"「{quantity.label}」中有无穷大的值，不能分级。", todo="检查分母为零的比率。")
    there = shown[~np.isnan(shown)]
    if breaks is not None:
        borders = _fixed(breaks, quantity)
    else:
        count = classes or catalogue.load("map_text")["limits"]["classes"]
        borders = _round_breaks(_raw_breaks(there, scheme, count), there)
    if breaks is None and borders and _counts(there, quantity):
        return _of_counts(borders, shown, quantity)
    return _classes(borders, shown, quantity)


def _counts(there: np.ndarray, quantity: Quantity) -> bool:
    """Whether the values are small counts: nobody has half a problem."""
    return quantity.kind == "integer" and bool((there == there.round()).all()) and float(np.ptp(there)) <= _SMALL_COUNTS


def _of_counts(borders: tuple[float, ...], shown: np.ndarray, quantity: Quantity) -> Classes:
    """Return classes of counts: they start at whole numbers and say which counts they hold."""
    starts = tuple(float(one) for one in np.unique(np.ceil(borders)))
    made = _classes(starts, shown, quantity)
    there = shown[~np.isnan(shown)]
    ends = [*(one - 1 for one in starts), float(there.max())]
    spans = zip([float(there.min()), *starts], ends, strict=True)
    labels = tuple(fixed(low) if low == high else f"{fixed(low)}～{fixed(high)}" for low, high in spans)
    return replace(made, labels=labels)


def _classes(borders: tuple[float, ...], shown: np.ndarray, quantity: Quantity) -> Classes:
    missing = np.isnan(shown)
    members = np.where(missing, -1, np.searchsorted(borders, np.where(missing, 0, shown), side="right"))
    counts = np.bincount(members[~missing], minlength=len(borders) + 1)
    there = shown[~missing]
    if borders:
        words = catalogue.load("map_text")["separators"]
        digits = next((n for n in range(10) if all(round(b, n) == b for b in borders)), 10)
        texts = [fixed(border, digits) for border in borders]
        inner = [f"{low}{words['between']}{high}" for low, high in pairwise(texts)]
        labels = (words["below"] + texts[0], *inner, words["from"] + texts[-1])
    else:  # no border: every value is the same, or there is none
        if not len(there):
            return Classes((), members, (), ())
        labels = (quantity.text(there[0] / _SCALE.get(quantity.kind, 1.0), with_unit=False),)
    return Classes(borders, members, labels, tuple(int(n) for n in counts))


def _fixed(breaks: Sequence[float], quantity: Quantity) -> tuple[float, ...]:
    borders = quantity.scaled(np.asarray(breaks, dtype=float))
    if not np.isfinite(borders).all() or (np.diff(borders) <= 0).any():
        raise ReportError(f"分级界限应从小到大、互不相同：{list(breaks)!r}", where=quantity.label)
    return tuple(float(border) for border in borders)


def _raw_breaks(there: np.ndarray, scheme: str, count: int) -> np.ndarray:
    """Return borders between classes, half-way between the values they part."""
    if scheme not in SCHEMES:
        raise UnknownNameError("分级方法", scheme, SCHEMES)
    distinct, weights = np.unique(there, return_counts=True)
    if len(distinct) <= count:
        starts = np.arange(1, len(distinct))
    elif scheme == "natural":
        starts = natural_starts(distinct, weights, count)
        most = np.add.reduceat(weights, np.r_[0, starts]).max() / len(there)
        if distinct[0] > 0 and most > catalogue.load("map_text")["limits"]["largest_class"]:
            starts = natural_starts(np.log(distinct), weights, count)
    else:
        shares = np.linspace(0, 1, count + 1)[1:-1]
        low, high = distinct[0], distinct[-1]
        cuts = np.quantile(there, shares) if scheme == "quantiles" else low + shares * (high - low)
        starts = np.unique(np.searchsorted(distinct, cuts, side="right"))
    starts = starts[(starts > 0) & (starts < len(distinct))]
    return (distinct[starts - 1] + distinct[starts]) / 2


def natural_starts(distinct: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Return where the 2nd, 3rd … of ``count`` natural classes start in ascending ``distinct`` values.

    Fisher (1958), "On grouping for maximum homogeneity": least sum of squares within classes, exact, by dynamic
    programming. Own twelve lines instead of mapclassify, whose import alone takes twice as long as a report may;
    a test holds both equal.
    """
    centred = distinct - distinct.mean()  # sums of squares of large numbers lose their digits otherwise
    weight, first, second = (np.concatenate([[0.0], np.cumsum(weights * centred**power)]) for power in (0, 1, 2))
    size = len(distinct)
    best = np.array([_spread(weight, first, second, 0, end) for end in range(1, size + 1)])
    cuts = []
    for used in range(1, count):
        cut = np.zeros(size, dtype=int)
        cost = np.full(size, math.inf)
        for end in range(used, size):
            starts = np.arange(used, end + 1)
            totals = best[starts - 1] + _spread(weight, first, second, starts, end + 1)
            at = int(totals.argmin())
            cut[end], cost[end] = starts[at], totals[at]
        cuts.append(cut)
        best = cost
    found, end = [], size - 1
    for cut in reversed(cuts):
        found.append(int(cut[end]))
        end = found[-1] - 1
    return np.array(found[::-1])


def _spread(weight: np.ndarray, first: np.ndarray, second: np.ndarray, start: Any, end: int) -> Any:
    total = first[end] - first[start]
    return second[end] - second[start] - total**2 / (weight[end] - weight[start])


def _round_breaks(raw: np.ndarray, there: np.ndarray) -> tuple[float, ...]:
    """Return the borders moved to multiples of the coarsest step 1, 2 or 5 × 10ⁿ that keeps every class filled."""
    if not len(raw):
        return ()
    before = np.searchsorted(raw, there, side="right")
    top = math.floor(math.log10(max(there.max() - there.min(), abs(raw).max() * 1e-9, 1e-300))) + 1
    for power in range(top, top - 12, -1):
        for digit in (5, 2, 1):
            borders = np.array([_multiple(value, digit, power) for value in raw])
            after = np.searchsorted(borders, there, side="right")
            kept = (np.diff(borders) > 0).all() and len(np.unique(after)) == len(raw) + 1
            if kept and (after != before).mean() <= _MAY_MOVE:
                return tuple(float(border) for border in borders)
    return tuple(float(border) for border in raw)


def _multiple(value: float, digit: int, power: int) -> float:
    step = digit * 10.0**power
    return round(round(value / step) * step, max(0, -power))


def nice_step(least: float) -> float:
    """Return the smallest of 1, 2, 5 × 10ⁿ that is not below ``least`` (> 0).

    >>> nice_step(3.2), nice_step(0.0021)
    (5.0, 0.005)
    """
    power = math.floor(math.log10(least))
    steps = [float(f"{digit}e{exponent}") for exponent in (power, power + 1) for digit in (1, 2, 5)]
    return next(step for step in steps if step >= least * (1 - 1e-9))
