"""Names on a map: inside their unit, never over each other; smaller or broken if need be, else numbered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from govkit import catalogue
from govkit.display.fonts import line_height, text_width

# Places tried, in label widths and heights from the unit's middle, nearest first.
_STEPS = [
    (0, 0), (0, 0.6), (0, -0.6), (0.3, 0), (-0.3, 0), (0.3, 0.6), (-0.3, 0.6), (0.3, -0.6), (-0.3, -0.6), (0, 1.2),
    (0, -1.2), (0.6, 0), (-0.6, 0),
]  # fmt: skip
# So much of a label lies inside its unit; a name may hang over a border, but not into the neighbour's middle.
_INSIDE = 0.85
_NUMBER_INSIDE = 0.45
_OVER = 1.25  # a name may be so many times as large as its unit's extent
_GAP = 0.05  # centimetres between two labels
# 7 × 3 places in a label, as shares of its width and height, where it is asked whether they lie inside the unit.
_PROBES = [part.ravel() for part in np.meshgrid(np.linspace(0, 1, 7), np.linspace(0.1, 0.9, 3))]


@dataclass(frozen=True)
class Wanted:
    """A label to place: lines of text for one unit (``tag``: a last line that may be left out), its polygon in
    centimetres on the sheet, and its rank (larger goes first).
    """

    name: str
    tag: str
    shape: shapely.Geometry
    rank: float


@dataclass(frozen=True)
class Placed:
    """Where a label stands: its middle in centimetres, its lines and their size in points."""

    x: float
    y: float
    lines: tuple[str, ...]
    size: float
    bold: bool = False


@dataclass(frozen=True)
class Placement:
    """All labels of a map: ``labels`` set in full, ``numbers`` set as number ``1, 2 …``, ``keys`` the numbers with
    the names they stand for, ``dropped``: how many found no room at all, ``unnamed``: the codes of both.
    """

    labels: tuple[Placed, ...]
    numbers: tuple[Placed, ...]
    keys: tuple[str, ...]
    dropped: int
    unnamed: frozenset[str]

    def moved(self, right: float, up: float) -> Placement:
        """Return the labels moved on the sheet."""
        labels, numbers = (
            tuple(replace(one, x=one.x + right, y=one.y + up) for one in some) for some in (self.labels, self.numbers)
        )
        return replace(self, labels=labels, numbers=numbers)


class _Room:
    """What is still free on the map panel."""

    def __init__(self, panel: tuple[float, float, float, float], taken: np.ndarray) -> None:
        self._panel = panel
        self._taken = taken.reshape(-1, 4)

    def first_free(self, boxes: np.ndarray) -> int | None:
        """Return the position of the first box (x0, y0, x1, y1) inside the panel and clear of everything."""
        west, south, east, north = self._panel
        inside = (boxes[:, 0] >= west) & (boxes[:, 1] >= south) & (boxes[:, 2] <= east) & (boxes[:, 3] <= north)
        taken = self._taken
        clear = (
            (boxes[:, None, 0] >= taken[None, :, 2] + _GAP) | (boxes[:, None, 2] <= taken[None, :, 0] - _GAP)
            | (boxes[:, None, 1] >= taken[None, :, 3] + _GAP) | (boxes[:, None, 3] <= taken[None, :, 1] - _GAP)
        ).all(axis=1)  # fmt: skip
        free = np.flatnonzero(inside & clear)
        return int(free[0]) if len(free) else None

    def take(self, box: np.ndarray) -> None:
        self._taken = np.vstack([self._taken, box])


def place(
    wanted: Mapping[str, Wanted],
    panel: tuple[float, float, float, float],
    *,
    sizes: Sequence[float],
    number_size: float,
    most_keys: int,
    taken: np.ndarray | None = None,
    first: int = 1,
) -> Placement:
    """Place labels (by unit code) greedily by rank, ties as given.

    ``taken``: boxes (x0, y0, x1, y1) nothing may cover; ``first``: the first number for names without room. Where more
    than ``most_keys`` names have none, none is numbered: a key so long helps nobody.
    """
    room = _Room(panel, np.empty((0, 4)) if taken is None else taken)
    middles = {code: middle_of(one.shape) for code, one in wanted.items() if _may_fit(one, sizes[-1])}
    labels: dict[str, Placed] = {}
    led = any(np.isposinf(one.rank) for one in wanted.values())
    for code in sorted(middles, key=lambda code: -wanted[code].rank):
        small = led and not np.isposinf(wanted[code].rank)
        found = _place_name(wanted[code], middles[code], room, sizes[-1:] if small else sizes)
        if found:
            labels[code] = found
    left = [code for code in wanted if code not in labels]
    numbers: list[Placed] = []
    keys: list[str] = []
    for code in left if len(left) <= most_keys else ():
        number = str(first + len(keys))
        middle = middles.get(code) or middle_of(wanted[code].shape)
        spot = _place_number(number, wanted[code].shape, middle, room, number_size)
        if spot:
            numbers.append(spot)
            keys.append(" ".join(part for part in (number, wanted[code].name, wanted[code].tag) if part))
    return Placement(tuple(labels.values()), tuple(numbers), tuple(keys), len(left) - len(keys), frozenset(left))


def _may_fit(one: Wanted, size: float) -> bool:
    """Whether a name in its smallest ``size`` is small enough for its unit's extent: thousands are not."""
    west, south, east, north = one.shape.bounds
    extents = [_extent(lines, size) for lines in _breaks(one.name, one.tag)] if one.name else []
    return any(width <= _OVER * (east - west) and height <= _OVER * (north - south) for width, height in extents)


def _place_name(one: Wanted, middle: tuple[float, float], room: _Room, sizes: Sequence[float]) -> Placed | None:
    """Return the first free place: near the unit's middle in any size, else anywhere inside it."""
    shapely.prepare(one.shape)
    west, south, east, north = one.shape.bounds
    for far in (False, True):
        for size in sizes:
            for lines in _breaks(one.name, one.tag):
                width, height = _extent(lines, size)
                if width > _OVER * (east - west) or height > _OVER * (north - south):
                    continue
                boxes = _boxes(_anywhere(one.shape, middle), width, height) if far else _near(middle, width, height)
                boxes = boxes[_share_inside(one.shape, boxes) >= _INSIDE]
                found = room.first_free(boxes) if len(boxes) else None
                if found is not None:
                    box = boxes[found]
                    room.take(box)
                    at = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
                    return Placed(*at, lines, size, bold=bool(np.isposinf(one.rank)))
    return None


def _place_number(
    text: str, shape: shapely.Geometry, middle: tuple[float, float], room: _Room, size: float
) -> Placed | None:
    boxes = _near(middle, *_extent((text,), size))
    boxes = boxes[_share_inside(shape, boxes) >= _NUMBER_INSIDE]
    found = room.first_free(boxes) if len(boxes) else None
    if found is None:
        return None
    room.take(boxes[found])
    return Placed(float(boxes[found][[0, 2]].mean()), float(boxes[found][[1, 3]].mean()), (text,), size)


def _breaks(name: str, tag: str) -> list[tuple[str, ...]]:
    """Return the ways to set a name, best first: one, two or three lines, no longer than the catalogue allows."""
    most = catalogue.load("map_text")["limits"]["label_characters"]
    ways = []
    for count in (1, 2, 3):
        length = -(-len(name) // count)
        lines = tuple(name[at : at + length] for at in range(0, len(name), length))
        if length <= most and len(lines) == count and (count == 1 or len(lines[-1]) >= 2):
            ways += [(*lines, tag)] if tag else [lines]
    return ways


def _extent(lines: tuple[str, ...], size: float) -> tuple[float, float]:
    return max(text_width(line, size) for line in lines), line_height(size) * len(lines)


def _near(middle: tuple[float, float], width: float, height: float) -> np.ndarray:
    return _boxes(np.array(_STEPS) * (width, height) + middle, width, height)


def _anywhere(shape: shapely.Geometry, middle: tuple[float, float]) -> np.ndarray:
    """Return 9 × 9 places over the shape, nearest to its middle first."""
    west, south, east, north = shape.bounds
    across, up = np.meshgrid(np.linspace(west, east, 11)[1:-1], np.linspace(south, north, 11)[1:-1])
    places = np.column_stack([across.ravel(), up.ravel()])
    return places[np.argsort(np.hypot(*(places - middle).T), kind="stable")]


def _boxes(places: np.ndarray, width: float, height: float) -> np.ndarray:
    half = np.array([width / 2, height / 2])
    return np.column_stack([places - half, places + half])


def _share_inside(shape: shapely.Geometry, boxes: np.ndarray) -> np.ndarray:
    """Return how much of each box lies in the shape, counted at ``_PROBES``."""
    x = boxes[:, 0, None] + _PROBES[0] * (boxes[:, 2] - boxes[:, 0])[:, None]
    y = boxes[:, 1, None] + _PROBES[1] * (boxes[:, 3] - boxes[:, 1])[:, None]
    return shapely.contains_xy(shape, x, y).mean(axis=1)


def middle_of(shape: shapely.Geometry) -> tuple[float, float]:
    """Return the middle of the largest circle inside the largest part: where a name has most room."""
    parts = shapely.get_parts(shape)
    largest = parts[int(shapely.area(parts).argmax())]
    west, south, east, north = largest.bounds
    tolerance = max(east - west, north - south) / 60
    if tolerance <= 0:
        return float(west), float(south)
    x, y = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, tolerance=tolerance))[0]
    return float(x), float(y)
