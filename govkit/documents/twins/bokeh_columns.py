"""What the properties of a glyph of Bokeh stand for: columns of its source, single values, colours by number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from govkit.documents.twins.marks import NotDrawable


def factor(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


class Columns:
    """What the properties of a glyph stand for: a column of its source, or one value."""

    def __init__(self, renderer: Any) -> None:
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
