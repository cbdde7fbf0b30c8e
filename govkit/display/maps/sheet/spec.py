"""What a map shows, said once: print and interactive rendering read the same, in any language."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from govkit.display.maps.sheet.basemap import Basemap
from govkit.display.words.language import drawn


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
    ``"x"``, ``"."``; ``symbol``: name of a symbol for points, with ``sign``, one character that stands for the kind;
    ``radius``: of a graduated symbol in centimetres, 0 for the usual size.
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
    radius: float = 0.0


@dataclass(frozen=True, eq=False)
class Layer:
    """Shapes of one theme, in their order.

    ``shapes``: polygons, lines or points in EPSG:4490; ``members``: position of each shape's category; ``names``
    (labels), ``codes``, ``tags`` (a second label line, finished text), ``facts`` (popup: labels and texts) per shape.
    ``labelled``: names are written on the map, larger ``ranks`` first, infinite ones bold, missing ones on the screen
    only; those without room are numbered and listed. ``pressing``: units named even where there are too many for all.
    ``numbered``: shapes are numbered on the map and listed in the legend (defects). ``matrix``: heads of a legend of
    3 × 3 fields, across and up; its first nine categories are the rows from below.
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
    pressing: np.ndarray | bool = False
    remarks: tuple[str, ...] = ()
    labelled: bool = False
    listed: bool = True
    numbered: bool = False
    shown: bool = True
    matrix: tuple[str, str] | None = None

    @property
    def is_lines(self) -> bool:
        """Whether this layer is drawn with lines."""
        return len(self.shapes) > 0 and bool((shapely.get_dimensions(self.shapes) == 1).all())

    @property
    def is_graduated(self) -> bool:
        """Whether the size of this layer's symbols says how many."""
        return any(category.radius for category in self.categories)

    @property
    def is_points(self) -> bool:
        """Whether this layer is drawn with symbols."""
        return any(category.symbol for category in self.categories)


@dataclass(frozen=True, eq=False)
class Panel:
    """One of several maps side by side, or one stage of a slider: its title and layers from bottom to top."""

    title: str
    layers: tuple[Layer, ...]


@dataclass(frozen=True, eq=False)
class MapSpec:
    """A map: title, layers from bottom to top, notes, the outline of what it is about and the zone for the locator.

    ``outline`` and ``zone``: polygons in EPSG:4490 or None; ``zone`` draws the locator inset (shapes, no names).
    ``subject``: code of the unit a report is about, outlined among its neighbours. ``panels``: small multiples; the
    ``layers`` are then those of the legend, and on the screen ``slider`` (time, swipe) leads from panel to panel.
    ``base``: what lies below the layers on the screen; none by default, for there may be no network. ``tiled``: the
    shapes are squares that stand for units, without scale or north.
    """

    title: str
    layers: tuple[Layer, ...]
    notes: MapNotes
    outline: BaseGeometry | None = None
    zone: BaseGeometry | None = None
    subject: str = ""
    caption: str = ""
    panels: tuple[Panel, ...] = ()
    slider: str = ""
    base: Basemap | None = None
    tiled: bool = False

    @property
    def alt(self) -> str:
        """What the map shows, for readers who do not see it."""
        parts = [f"{layer.title}：{_counts(layer)}" for layer in self.layers if layer.shown and layer.categories]
        parts += ["、".join(panel.title for panel in self.panels)] if self.panels else []
        return drawn(f"{self.title}。{'；'.join(part for part in parts)}。")


def _counts(layer: Layer) -> str:
    shown = [f"{one.label}（{drawn(f'{one.count} 个')}）" for one in layer.categories if one.counted]
    return "、".join(shown) or "、".join(one.label for one in layer.categories)


def spec_in_language(spec: MapSpec) -> MapSpec:
    """Return a map with every text said (``words.language.drawn``); names of places and codes stay as they are."""
    return replace(
        spec,
        title=drawn(spec.title),
        caption=drawn(spec.caption),
        notes=_notes(spec.notes),
        layers=tuple(map(_layer, spec.layers)),
        panels=tuple(Panel(drawn(one.title), tuple(map(_layer, one.layers))) for one in spec.panels),
    )


def _notes(notes: MapNotes) -> MapNotes:
    source, date, kept = (drawn(text) for text in (notes.source, notes.date, notes.classification))
    return replace(notes, source=source, date=date, classification=kept)


def _layer(layer: Layer) -> Layer:
    return replace(
        layer,
        title=drawn(layer.title),
        categories=_categories(layer.categories),
        tags=tuple(map(drawn, layer.tags)),
        facts=tuple(tuple((drawn(label), drawn(text)) for label, text in one) for one in layer.facts),
        remarks=tuple(map(drawn, layer.remarks)),
        matrix=(drawn(layer.matrix[0]), drawn(layer.matrix[1])) if layer.matrix else None,
    )


def _categories(categories: tuple[Category, ...]) -> tuple[Category, ...]:
    """A symbol's sign is one Chinese character; another language takes a letter of its label, no two the same."""
    said: list[Category] = []
    for one in categories:
        label = drawn(one.label)
        taken = {other.sign for other in said}
        letters = [letter for letter in label.upper() if letter.isalpha() and letter not in taken]
        sign = one.sign if label == one.label or not one.sign else (letters or [""])[0]
        said.append(replace(one, label=label, sign=sign))
    return tuple(said)
