"""A chart of a partner's library as plain marks on panels, whatever library it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any


class NotDrawable(Exception):  # noqa: N818 - no error: a chart of a kind that has no still twin
    """What of a chart has no still twin, in words."""


@dataclass(frozen=True)
class Mark:
    """One series of a chart.

    ``kind``: ``line``, ``points``, ``bars``, ``area``, ``pie``, ``cells`` (a matrix in ``z``), ``box``, ``polygons``
    (x and y hold one sequence each), ``segments`` (x, y to x2, y2), ``words``, ``picture`` (an array in ``z``, between
    the ends in x and y where stated), ``surface`` (heights in ``z`` over x and y), ``tiles`` (``width`` by ``height``
    about x and y), ``rules`` (right across the panel, at x or at y), ``labels`` (words at a share of the panel across,
    else up, and at a value of the other axis) or ``bands`` (from one x, or y, to another).
    ``x`` and ``y`` are numbers, dates or texts; bars reach from ``base`` and are ``width`` of the axis wide (None:
    four fifths of a place); ``colour`` is one or one a mark; numbers are coloured by ``scale`` from ``low`` to
    ``high``.
    """

    kind: str
    x: Sequence[Any] = ()
    y: Sequence[Any] = ()
    name: str = ""
    colour: Any = None
    size: Any = 6.0  # pixels across
    dash: str = "solid"
    symbol: str = "o"
    across: bool = False  # bars and boxes lie
    base: Any = 0.0
    width: Any = None
    height: Any = None
    offset: float = 0.0
    opacity: float = 1.0
    z: Any = None
    scale: Sequence[tuple[float, str]] = ()
    low: float | None = None
    high: float | None = None
    scale_title: str = ""
    words: Sequence[str] = ()
    x2: Sequence[Any] = ()
    y2: Sequence[Any] = ()
    errors: Any = None


@dataclass(frozen=True)
class Axis:
    """One axis: its title, ``log``, ``turned`` round, the order of its ``categories`` and its ends where stated.

    Axes of panels with the same ``shared`` name have the same ends; ``labelled``: values stand at it.
    """

    title: str = ""
    log: bool = False
    turned: bool = False
    categories: Sequence[str] = ()
    ends: tuple[Any, Any] | None = None
    shown: bool = True
    shared: str = ""
    labelled: bool = True


@dataclass(frozen=True)
class Panel:
    """One pair of axes at ``place`` (left, bottom, width, height, shares of the figure); ``over``: drawn on panel n.

    ``kind``: ``""``, ``polar`` (x is the angle in radians from ``turn``, clockwise where the axis is turned), ``solid``
    (three axes), ``map`` (degrees, north above) or ``even`` (both axes on one scale).
    """

    marks: tuple[Mark, ...]
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    title: str = ""
    place: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    over: int | None = None
    kind: str = ""
    turn: float = 0.0
    z: Axis = field(default_factory=Axis)


@dataclass(frozen=True)
class Chart:
    """A whole chart: its panels, width and height in CSS pixels, texts at (x, y) shares of the area of the panels."""

    panels: tuple[Panel, ...]
    title: str = ""
    width: float = 700.0
    height: float = 450.0
    texts: tuple[tuple[float, float, str], ...] = ()


def stepped(x: Sequence[Any], y: Sequence[Any], first: str) -> tuple[list[Any], list[Any]]:
    """A line that goes along one axis at a time, ``first`` along x or y, through the same places."""
    across, up = [x[0]], [y[0]]
    for (x1, y1), (x2, y2) in pairwise(zip(x, y, strict=True)):
        across += [x2, x2] if first == "x" else [x1, x2]
        up += [y1, y2] if first == "x" else [y2, y2]
    return across, up
