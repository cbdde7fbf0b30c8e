"""A figure of Plotly: its traces, and what its layout says of axes, places, colours and scales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from govkit.documents.twins.marks import Axis
from govkit.documents.twins.plotly_values import css, listed, of_one_kind, text

_COLOURS = (
    "#636efa",
    "#EF553B",
    "#00cc96",
    "#ab63fa",
    "#FFA15A",
    "#19d3f3",
    "#FF6692",
    "#B6E880",
    "#FF97FF",
    "#FECB52",
)


class PlotlyFigure:
    """The JSON of a figure, asked as its traces need it."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.traces = [one for one in spec.get("data", ()) if one.get("visible", True) is True]
        self.layout: Mapping[str, Any] = spec.get("layout") or {}
        self.template: Mapping[str, Any] = (self.layout.get("template") or {}).get("layout") or {}
        self.colours = list(self.layout.get("colorway") or self.template.get("colorway") or _COLOURS)

    def domain(self, domain: Mapping[str, Any]) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of a part of the figure, in shares of it."""
        (left, right), (bottom, top) = (domain.get(name) or (0.0, 1.0) for name in ("x", "y"))
        return (left, bottom, right - left, top - bottom)

    def axis(self, name: str) -> Mapping[str, Any]:
        """What the layout says of an axis."""
        return self.layout.get(f"{name[0]}axis{name[1:]}") or {}

    def read_axis(self, name: str, axis: Mapping[str, Any]) -> Axis:
        """An axis as a drawing needs it."""
        ends = axis.get("range") if axis.get("autorange") is not True else None
        log = axis.get("type") == "log"
        if ends and log:
            ends = [10.0**one for one in ends]
        if ends and (axis.get("type") in {"category", "multicategory"} or any(isinstance(one, str) for one in ends)):
            ends = None
        order = [str(one) for one in listed(axis.get("categoryarray"))]
        turned = axis.get("autorange") == "reversed"
        shown = axis.get("visible", True) is not False
        shared = str(axis.get("matches") or (name if self._is_matched(name) else ""))
        labelled = axis.get("showticklabels", True) is not False
        ends = tuple(ends) if ends else None
        return Axis(text(axis.get("title")), log, turned, order, ends, shown, shared, labelled)

    def _is_matched(self, name: str) -> bool:
        return any(isinstance(axis, Mapping) and axis.get("matches") == name for axis in self.layout.values())

    def places(self, trace: Mapping[str, Any], name: str, other: str) -> list[Any]:
        """The places of a trace on one axis, of the kind that Plotly would find: numbers, dates or texts."""
        values = listed(trace.get(name))
        if not len(values):
            count = len(listed(trace.get(other)))
            return [float(trace.get(f"{name}0") or 0) + at * float(trace.get(f"d{name}") or 1) for at in range(count)]
        if isinstance(values[0], (list, np.ndarray)):
            values = [" ".join(map(str, one)) for one in zip(*values, strict=True)]
        return of_one_kind(values, str(self.axis(str(trace.get(f"{name}axis", name))).get("type") or ""))

    def scale(self, about: Mapping[str, Any], key: str = "c") -> dict[str, Any]:
        """How numbers become colours."""
        axis = self.layout.get(str(about.get("coloraxis"))) or about
        scale = axis.get("colorscale")
        if not isinstance(scale, list):
            scale = (self.template.get("colorscale") or {}).get("sequential") or []
        given = {"low": axis.get(f"{key}min", axis.get("cmin")), "high": axis.get(f"{key}max", axis.get("cmax"))}
        colours = [(float(at), css(colour)) for at, colour in scale]
        if axis.get("reversescale"):
            colours = [(1 - at, colour) for at, colour in reversed(colours)]
        return {**given, "scale": colours, "scale_title": text((axis.get("colorbar") or {}).get("title"))}
