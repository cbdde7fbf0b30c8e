"""A figure of Plotly: what its JSON says of traces, axes, places, colours and scales; its numbers as a table."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import numpy as np
import pandas as pd

from govkit.documents.twins.marks import Axis

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


_TAG = re.compile(r"<[^>]*>")
_DATE = re.compile(r"\d{4}-\d{1,2}(-\d{1,2}([ T]\d{1,2}:\d{2}.*)?)?")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)


def rows_of(spec: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the numbers of a figure as heads and rows: for each trace its name and its columns of equal length."""
    heads: list[str] = []
    found: list[dict[str, str]] = []
    for trace in spec.get("data", ()):
        flat = {**trace, **{f"link.{key}": value for key, value in (trace.get("link") or {}).items()}}
        flat |= {f"node.{key}": value for key, value in (trace.get("node") or {}).items()}
        flat |= {text(one.get("label")): one.get("values") for one in trace.get("dimensions") or ()}
        known = {key: listed(value) for key, value in flat.items() if key not in {"customdata", "ids"}}
        if labels := known.get("node.label"):  # the ends of a flow by their names
            known |= {key: [labels[at] for at in known[key]] for key in ("link.source", "link.target") if key in known}
        columns = {key: value for key, value in known.items() if len(value) and not isinstance(value[0], (list, dict))}
        heads += [name for name in columns if name not in heads]
        for at in range(max(map(len, columns.values()), default=0)):
            row = {key: str(value[at]) for key, value in columns.items() if at < len(value)}
            found.append({"": text(trace.get("name") or ""), **row})
    return ("", *heads), tuple(tuple(row.get(head, "") for head in ("", *heads)) for row in found)


def tables_of(spec: Mapping[str, Any]) -> tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...]:
    """Return the tables of a figure that is one, or shows single numbers, each as heads and rows."""
    found: list[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]] = []
    for trace in spec.get("data", ()):
        if trace.get("type") == "indicator":
            said = {
                "": text(trace.get("title")),
                "数值": trace.get("value"),
                "参照值": (trace.get("delta") or {}).get("reference"),
            }
            shown = {head: str(value) for head, value in said.items() if value is not None}
            found.append((tuple(shown), (tuple(shown.values()),)))
            continue
        heads = tuple(text(" ".join(map(str, listed(one)) if listed(one) else [str(one)]))
                      for one in listed((trace.get("header") or {}).get("values")))  # fmt: skip
        columns = [listed(one) for one in listed((trace.get("cells") or {}).get("values"))]
        height = max(map(len, columns), default=0)
        rows = tuple(tuple(text(one[at]) if at < len(one) else "" for one in columns) for at in range(height))
        found.append((heads or tuple("" for _ in columns), rows))
    return tuple(found)


def text(value: Any) -> str:
    """A text of Plotly's, without its tags."""
    given = value.get("text") if isinstance(value, Mapping) else value
    return unescape(_TAG.sub(" ", "" if given is None else str(given))).strip()


def listed(value: Any) -> list[Any]:
    """An array of Plotly's as a list; it may come as bytes."""
    if isinstance(value, Mapping) and "bdata" in value:
        found = np.frombuffer(base64.b64decode(value["bdata"]), dtype=np.dtype(str(value["dtype"])))
        shape = [int(one) for one in str(value.get("shape") or len(found)).split(",")]
        return list(found.reshape(shape).tolist())
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else []


def matrix(value: Any) -> list[Any]:
    return [listed(row) if isinstance(row, Mapping) else row for row in listed(value)]


def list_or_none(value: Any) -> list[Any] | None:
    return listed(value) or None


def of_one_kind(values: list[Any], kind: str) -> list[Any]:
    texts = [one for one in values if isinstance(one, str)]
    if not texts:
        return [np.nan if one is None else one for one in values]
    if kind in {"category", "multicategory"} or len(texts) < len([one for one in values if one is not None]):
        return ["" if one is None else str(one) for one in values]
    if all(_NUMBER.fullmatch(one) for one in texts):
        return [np.nan if one is None else float(one) for one in values]
    if kind == "date" or all(_DATE.fullmatch(one) for one in texts):
        return list(pd.to_datetime(pd.Series(values), format="ISO8601", utc=True).dt.tz_localize(None))
    return ["" if one is None else one for one in values]


def sizes(marker: Mapping[str, Any]) -> Any:
    several = listed(marker.get("size"))
    if not several:
        return float(marker.get("size") or 6)
    values = np.nan_to_num(np.asarray(several, dtype=float))
    reference = float(marker.get("sizeref") or 1)
    if marker.get("sizemode") == "area":
        return 2 * np.sqrt(values / 2 / reference)
    return values / reference


def css(colour: Any) -> str:
    """A colour of Plotly's as matplotlib reads it."""
    found = re.fullmatch(r"\s*rgba?\(([^)]*)\)\s*", str(colour))
    if not found:
        return str(colour)
    parts = [float(part.strip().rstrip("%")) for part in found[1].split(",")]
    return "#" + "".join(f"{min(255, round(part)):02x}" for part in parts[:3])
