"""What a map shows, said once: print and interactive rendering read the same specification."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class MapNotes:
    """What every map says about itself.

    ``metric_crs``: the zone's CRS in metres, in which print maps are drawn (``"EPSG:4551"``). ``synthetic``: the zone's
    statement, ``""`` for real data. ``map_approval``: the 审图号; without one the map is marked 示意图.
    """

    metric_crs: str
    source: str = ""
    date: str = ""
    synthetic: str = ""
    classification: str = ""
    map_approval: str = ""


@dataclass(frozen=True)
class Category:
    """One entry of a legend and the look of what belongs to it; ``count`` is how many shapes do.

    ``fill``, ``edge``: ``#rrggbb`` or ``""`` for none; ``width``: of the edge, in points; ``hatch``: ``""``, ``"/"``,
    ``"x"``, ``"."``; ``symbol``: name of a symbol for points, with ``sign``, one character that stands for the kind.
    """

    label: str
    count: int
    fill: str = ""
    edge: str = ""
    width: float = 0.6
    hatch: str = ""
    hatch_colour: str = ""
    symbol: str = ""
    sign: str = ""
    counted: bool = True


@dataclass(frozen=True, eq=False)
class Layer:
    """Shapes of one theme, in their order.

    ``shapes``: polygons or points in EPSG:4490; ``members``: position of each shape's category; ``names`` (labels),
    ``codes``, ``tags`` (a second label line, finished text), ``facts`` (label and text lines of the popup) per shape.
    ``labelled``: names are written on the map, larger ``ranks`` first; those without room are numbered and listed.
    ``numbered``: shapes are numbered on the map and listed in the legend (defects).
    """

    key: str
    title: str
    shapes: np.ndarray
    members: np.ndarray
    categories: tuple[Category, ...]
    names: tuple[str, ...]
    codes: tuple[str, ...]
    tags: tuple[str, ...] = ()
    facts: tuple[tuple[tuple[str, str], ...], ...] = ()
    ranks: np.ndarray = field(default_factory=lambda: np.array([]))
    remarks: tuple[str, ...] = ()
    labelled: bool = False
    listed: bool = True
    numbered: bool = False
    shown: bool = True

    @property
    def is_points(self) -> bool:
        """Whether this layer is drawn with symbols."""
        return any(category.symbol for category in self.categories)


@dataclass(frozen=True, eq=False)
class MapSpec:
    """A map: title, layers from bottom to top, notes, the outline of what it is about and the zone for the locator.

    ``outline`` and ``zone``: polygons in EPSG:4490 or None; ``zone`` draws the locator inset (shapes, no names).
    ``subject``: code of the unit a report is about, outlined among its neighbours.
    """

    title: str
    layers: tuple[Layer, ...]
    notes: MapNotes
    outline: BaseGeometry | None = None
    zone: BaseGeometry | None = None
    subject: str = ""
    caption: str = ""

    @property
    def alt(self) -> str:
        """What the map shows, for readers who do not see it."""
        parts = [f"{layer.title}：{_counts(layer)}" for layer in self.layers if layer.shown and layer.categories]
        return f"{self.title}。{'；'.join(part for part in parts)}。"


def _counts(layer: Layer) -> str:
    shown = [f"{one.label} {one.count} 个" for one in layer.categories if one.counted]
    return "、".join(shown) or "、".join(one.label for one in layer.categories)
