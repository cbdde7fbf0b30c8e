"""What the properties of a glyph of Bokeh stand for; glyphs that cover an area, as outlines, boxes and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import comb
from typing import Any

import numpy as np
import pandas as pd

from govkit.documents.twins.marks import Mark, NotDrawable


def _tiles(columns: Columns) -> Iterator[Mark]:
    if np.any(np.asarray(columns("angle", 0.0), dtype=float)):
        raise NotDrawable("Rect（转过的）")
    colour, scale = columns.colour()
    (x, _), (y, _) = columns.places("x"), columns.places("y")
    yield Mark("tiles", x, y, colour=colour, width=columns("width", 1.0), height=columns("height", 1.0), **scale)


def _spread(columns: Columns, name: str, usual: float = 0.0) -> np.ndarray:
    """A property as one number a row."""
    return np.broadcast_to(np.asarray(columns(name, usual), dtype=float), (columns.length,))


def _turns(columns: Columns, *, whole: bool = False) -> Iterator[np.ndarray]:
    """The angles (radians) that each row's arc passes, a whole turn where it says none."""
    begin = np.zeros(columns.length) if whole else _spread(columns, "start_angle")
    end = np.full(columns.length, 2 * np.pi) if whole else _spread(columns, "end_angle")
    if not whole and str(columns("direction", "anticlock")) == "clock":
        begin, end = end, begin
    for first, last in zip(begin, end, strict=True):
        turn = (last - first) % (2 * np.pi) or 2 * np.pi
        yield first + np.linspace(0, turn, 2 + int(turn * 24))


def _wedges(columns: Columns) -> Iterator[Mark]:
    """Sectors and rings, as outlines."""
    kind = type(columns.glyph).__name__
    x, y = _spread(columns, "x"), _spread(columns, "y")
    outer = _spread(columns, "radius" if kind == "Wedge" else "outer_radius")
    inner = np.zeros(columns.length) if kind == "Wedge" else _spread(columns, "inner_radius")
    xs, ys = [], []
    for at, angles in enumerate(_turns(columns, whole=kind == "Annulus")):
        around = np.concatenate([outer[at] * np.exp(1j * angles), inner[at] * np.exp(1j * angles[::-1])])
        xs.append(list(x[at] + around.real))
        ys.append(list(y[at] + around.imag))
    colour, scale = columns.colour()
    yield Mark("polygons", xs, ys, colour=colour, **scale)


def _ellipses(columns: Columns) -> Iterator[Mark]:
    around = np.exp(1j * np.linspace(0, 2 * np.pi, 49))
    x, y, wide, high, angle = (_spread(columns, name) for name in ("x", "y", "width", "height", "angle"))
    shapes = [
        (wide[at] / 2 * around.real + 1j * high[at] / 2 * around.imag) * np.exp(1j * angle[at]) + x[at] + 1j * y[at]
        for at in range(columns.length)
    ]
    colour, scale = columns.colour()
    yield Mark(
        "polygons", [list(one.real) for one in shapes], [list(one.imag) for one in shapes], colour=colour, **scale
    )


def _hexagons(columns: Columns) -> Iterator[Mark]:
    q, r, size, ratio = (_spread(columns, name, 1.0) for name in ("q", "r", "size", "aspect_scale"))
    if str(columns("orientation", "pointytop")) != "pointytop":
        raise NotDrawable("HexTile（flattop）")
    corners = np.exp(1j * (np.pi / 6 + np.arange(7) * np.pi / 3))
    across, up = size * np.sqrt(3) * (q + r / 2) / ratio, -size * 1.5 * r
    colour, scale = columns.colour()
    xs = [list(across[at] + size[at] / ratio[at] * corners.real) for at in range(columns.length)]
    ys = [list(up[at] + size[at] * corners.imag) for at in range(columns.length)]
    yield Mark("polygons", xs, ys, colour=colour, **scale)


def _images(columns: Columns) -> Iterator[Mark]:
    mapper = getattr(columns.glyph, "color_mapper", None)
    if mapper is not None and type(mapper).__name__ != "LinearColorMapper":
        raise NotDrawable(type(mapper).__name__)
    x, y, wide, high = (_spread(columns, name) for name in ("x", "y", "dw", "dh"))
    for at, given in enumerate(columns("image")):
        values = np.asarray(given)
        ends: dict[str, Any] = {"x": (x[at], x[at] + wide[at]), "y": (y[at], y[at] + high[at])}
        if mapper is None:  # four bytes a dot
            yield Mark("picture", z=np.ascontiguousarray(values).view("uint8").reshape(*values.shape[:2], 4), **ends)
        else:
            yield Mark("picture", z=values, **ends, **scale_of(mapper))


def _many_polygons(columns: Columns) -> Iterator[Mark]:
    xs, ys = [], []
    for x, y in zip(columns("xs"), columns("ys"), strict=True):
        if len(x) != 1 or any(len(part) != 1 for part in x):
            raise NotDrawable("MultiPolygons（有洞或多部分）")
        xs.append(list(x[0][0]))
        ys.append(list(y[0][0]))
    colour, scale = columns.colour()
    yield Mark("polygons", xs, ys, colour=colour, **scale)


def _across_area(columns: Columns) -> Iterator[Mark]:
    left, right, y = (list(columns.places(name)[0]) for name in ("x1", "x2", "y"))
    yield Mark("polygons", [[*left, *reversed(right)]], [[*y, *reversed(y)]], colour=columns.colour()[0])


def _polygons(columns: Columns) -> Iterator[Mark]:
    single = type(columns.glyph).__name__ == "Patch"
    xs, ys = ([columns("x")], [columns("y")]) if single else (columns("xs"), columns("ys"))
    if any(len(x) and isinstance(x[0], (list, tuple)) for x in xs):
        raise NotDrawable("MultiPolygons")
    colour, scale = columns.colour()
    yield Mark("polygons", list(xs), list(ys), colour=colour, **scale)


def _arcs(columns: Columns) -> Iterator[Mark]:
    x, y, radius = (_spread(columns, name) for name in ("x", "y", "radius"))
    for at, angles in enumerate(_turns(columns)):
        yield _curve(columns, x[at] + radius[at] * np.cos(angles), y[at] + radius[at] * np.sin(angles))


def _rays(columns: Columns) -> Iterator[Mark]:
    x, y, length, angle = (_spread(columns, name) for name in ("x", "y", "length", "angle"))
    if not length.all():
        raise NotDrawable("Ray（没有尽头的）")
    for at in range(columns.length):
        ends = length[at] * np.array([0, 1])
        yield _curve(columns, x[at] + ends * np.cos(angle[at]), y[at] + ends * np.sin(angle[at]))


def _beziers(columns: Columns) -> Iterator[Mark]:
    """Bézier curves through their points of control, of second or third degree (Bernstein's form)."""
    inner = ("cx0", "cx1") if type(columns.glyph).__name__ == "Bezier" else ("cx",)
    names = ("x0", *inner, "x1")
    t, degree = np.linspace(0, 1, 33), len(names) - 1
    weights = [comb(degree, at) * t**at * (1 - t) ** (degree - at) for at in range(degree + 1)]
    points = [(_spread(columns, name), _spread(columns, name.replace("x", "y"))) for name in names]
    for at in range(columns.length):
        x, y = (sum(weight * point[axis][at] for weight, point in zip(weights, points, strict=True)) for axis in (0, 1))
        yield _curve(columns, np.asarray(x), np.asarray(y))


def _curve(columns: Columns, x: np.ndarray, y: np.ndarray) -> Mark:
    colour = columns("line_color", "#1a1a1a")
    return Mark("line", list(x), list(y), colour=colour if isinstance(colour, str) else "#1a1a1a")


# Glyphs that are round, which they are only where both axes have one scale.
EVEN = frozenset({"Wedge", "AnnularWedge", "Annulus", "HexTile", "Arc", "Ray"})
SHAPES = {
    "Patch": _polygons, "Patches": _polygons, "MultiPolygons": _many_polygons, "HArea": _across_area, "Rect": _tiles,
    "Wedge": _wedges, "AnnularWedge": _wedges, "Annulus": _wedges, "Ellipse": _ellipses, "HexTile": _hexagons,
    "Image": _images, "ImageRGBA": _images, "Arc": _arcs, "Ray": _rays, "Bezier": _beziers, "Quadratic": _beziers,
}  # fmt: skip


def factor(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


class Columns:
    """What the properties of a glyph stand for: a column of its source, or one value."""

    def __init__(self, renderer: Any, dated: str = "") -> None:
        self.dated = dated  # the axes whose numbers are milliseconds since 1970
        self.glyph, self.data = renderer.glyph, renderer.data_source.data
        filters = getattr(renderer.view, "filter", None)
        if filters is not None and type(filters).__name__ not in {"AllIndices"}:
            raise NotDrawable("筛选过的图层")
        self.length = max((len(column) for column in self.data.values()), default=1)

    def __call__(self, name: str, usual: Any = None) -> Any:
        stated = getattr(self.glyph, name, None)
        field = getattr(stated, "field", None) if not isinstance(stated, Mapping) else stated.get("field")
        if isinstance(stated, str) and stated in self.data and "color" not in name:
            field = stated
        stack = getattr(stated, "expr", None) if not isinstance(stated, Mapping) else stated.get("expr")
        if type(stack).__name__ in {"Stack", "CumSum"}:
            return _computed(stack, self.data)
        if stack is not None:
            raise NotDrawable(type(stack).__name__)
        if field is None:
            value = getattr(stated, "value", stated) if not isinstance(stated, Mapping) else stated.get("value", usual)
            return usual if value is None else value
        if field not in self.data:
            raise NotDrawable(f"数据列 {field}")
        return list(self.data[field])

    def transform(self, name: str) -> Any:
        stated = getattr(self.glyph, name, None)
        found = stated.get("transform") if isinstance(stated, Mapping) else getattr(stated, "transform", None)
        return found if hasattr(found, "properties") else None  # what is not stated is no model

    def places(self, name: str) -> tuple[list[Any], float]:
        """A column of places and how far they are set beside their place."""
        value = self(name)
        values = list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value] * self.length
        change = self.transform(name)
        if change is not None and type(change).__name__ not in {"Dodge", "Jitter"}:
            raise NotDrawable(type(change).__name__)
        apart = float(getattr(change, "value", 0) or 0) if type(change).__name__ == "Dodge" else 0.0
        if ("x" if name[0] in "xlr" else "y") in self.dated:
            values = [pd.Timestamp(one, unit="ms") if isinstance(one, (int, float)) else one for one in values]
        return [factor(one) if isinstance(one, (str, tuple, list)) else _moment(one) for one in values], apart

    def colour(self, prefix: str = "fill") -> tuple[Any, dict[str, Any]]:
        """The colour or colours, and the scale that numbers are coloured by."""
        change, value = self.transform(f"{prefix}_color"), self(f"{prefix}_color", "#1f77b4")
        kind = type(change).__name__
        if kind == "CategoricalColorMapper":
            table = dict(zip(map(factor, change.factors), change.palette, strict=False))
            return [table.get(factor(one), str(change.nan_color)) for one in value], {}
        if kind == "LinearColorMapper":
            return value, scale_of(change)
        if change is not None:
            raise NotDrawable(kind)
        if isinstance(value, str) and value == "#1f77b4" and prefix == "fill":
            return str(self("line_color", value)), {}
        return value, {}


def _computed(expression: Any, data: Mapping[str, Any]) -> list[float]:
    """What a stack of columns, or a running sum of one, comes to in each row."""
    if type(expression).__name__ == "Stack":
        length = max(len(column) for column in data.values())
        return list(sum((np.asarray(data[name], dtype=float) for name in expression.fields), np.zeros(length)))
    values = np.asarray(data[expression.field], dtype=float)
    summed = np.cumsum(values)
    return list(summed - values if expression.include_zero else summed)


def _moment(value: Any) -> Any:
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def scale_of(mapper: Any) -> dict[str, Any]:
    """How a colour mapper turns numbers into colours."""
    step = max(len(mapper.palette) - 1, 1)
    scale = [(at / step, colour) for at, colour in enumerate(mapper.palette)]
    return {"scale": scale, "low": mapper.low, "high": mapper.high}
