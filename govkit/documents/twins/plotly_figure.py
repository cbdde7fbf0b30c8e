"""A figure of Plotly, from its own JSON → the same chart as marks for a still drawing, or its numbers as a table."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from govkit.documents.twins.marks import Axis, Chart, Mark, NotDrawable, Panel
from govkit.documents.twins.plotly_values import css, list_or_none, listed, matrix, of_one_kind, sizes, text

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
_DASHES = {"dash": "dashed", "dot": "dotted", "dashdot": "dashdot", "longdash": "dashed", "longdashdot": "dashdot"}
_SYMBOLS = {
    "square": "s",
    "diamond": "D",
    "cross": "P",
    "x": "X",
    "triangle-up": "^",
    "triangle-down": "v",
    "star": "*",
}
_BY_PLACE = {"scatter", "scattergl", "bar", "histogram", "box", "violin", "heatmap", "contour", "image"}


def read_plotly(spec: Mapping[str, Any]) -> Chart:
    """Return a figure of Plotly as a chart; raises NotDrawable, which says what, for kinds of traces without a twin."""
    return _Figure(spec).chart()


class _Figure:
    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.traces = [one for one in spec.get("data", ()) if one.get("visible", True) is True]
        self.layout: Mapping[str, Any] = spec.get("layout") or {}
        template = (self.layout.get("template") or {}).get("layout") or {}
        self.colours = list(self.layout.get("colorway") or template.get("colorway") or _COLOURS)
        strange = {str(one.get("type", "scatter")) for one in self.traces} - _BY_PLACE - {"pie"}
        if strange or not self.traces:
            raise NotDrawable("、".join(sorted(strange)) or "空白的图")
        drawn = {"line", "rect"}
        if any(one.get("type") not in drawn for one in self.layout.get("shapes", ())):
            raise NotDrawable("带有自由形状的图")

    def chart(self) -> Chart:
        panels: list[Panel] = []
        names: dict[str, int] = {}
        for number, trace in enumerate(self.traces):
            if trace.get("type") == "pie":
                place = self._domain(trace.get("domain") or {})
                panels.append(Panel((self._pie(trace),), title=text(trace.get("title")), place=place))
                continue
            key = f"{trace.get('xaxis', 'x')} {trace.get('yaxis', 'y')}"
            if key not in names:
                names[key] = len(panels)
                panels.append(self._panel(trace, names))
            marks = self._marks(trace, number)
            panel = panels[names[key]]
            panels[names[key]] = Panel((*panel.marks, *marks), panel.x, panel.y, panel.title, panel.place, panel.over)
        panels = [self._with_shapes(panel) for panel in panels]
        texts = tuple(
            (float(one.get("x") or 0), float(one.get("y") or 0), text(one.get("text")))
            for one in self.layout.get("annotations", ())
            if one.get("xref") == "paper" and one.get("yref") == "paper"
        )
        width, height = (float(self.layout.get(name) or usual) for name, usual in (("width", 700), ("height", 450)))
        return Chart(tuple(panels), text(self.layout.get("title")), width, height, texts)

    # axes

    def _domain(self, domain: Mapping[str, Any]) -> tuple[float, float, float, float]:
        (left, right), (bottom, top) = (domain.get(name) or (0.0, 1.0) for name in ("x", "y"))
        return (left, bottom, right - left, top - bottom)

    def _axis(self, name: str) -> Mapping[str, Any]:
        return self.layout.get(f"{name[0]}axis{name[1:]}") or {}

    def _panel(self, trace: Mapping[str, Any], names: Mapping[str, int]) -> Panel:
        across, up = str(trace.get("xaxis", "x")), str(trace.get("yaxis", "y"))
        x, y = self._axis(across), self._axis(up)
        below = y.get("overlaying")
        over = next((at for key, at in names.items() if below and key.split()[1] == below), None)
        place = self._domain({"x": x.get("domain") or (0.0, 1.0), "y": y.get("domain") or (0.0, 1.0)})
        return Panel((), self._read_axis(across, x), self._read_axis(up, y), place=place, over=over)

    def _read_axis(self, name: str, axis: Mapping[str, Any]) -> Axis:
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

    def _places(self, trace: Mapping[str, Any], name: str, other: str) -> list[Any]:
        """The places of a trace on one axis, of the kind that Plotly would find: numbers, dates or texts."""
        values = listed(trace.get(name))
        if not len(values):
            count = len(listed(trace.get(other)))
            return [float(trace.get(f"{name}0") or 0) + at * float(trace.get(f"d{name}") or 1) for at in range(count)]
        if isinstance(values[0], (list, np.ndarray)):
            values = [" ".join(map(str, one)) for one in zip(*values, strict=True)]
        return of_one_kind(values, str(self._axis(str(trace.get(f"{name}axis", name))).get("type") or ""))

    # traces

    def _marks(self, trace: Mapping[str, Any], number: int) -> tuple[Mark, ...]:
        kind = str(trace.get("type", "scatter"))
        colour = self.colours[number % len(self.colours)]
        name = text(trace.get("name")) if trace.get("showlegend", True) else ""
        if kind in {"scatter", "scattergl"}:
            return self._scatter(trace, colour, name)
        if kind in {"bar", "histogram"}:
            return (self._bars(trace, colour, name),)
        if kind in {"box", "violin"}:
            return self._boxes(trace, colour, name)
        if kind == "image":
            return (self._picture(trace),)
        return (self._cells(trace),)

    def _scatter(self, trace: Mapping[str, Any], colour: str, name: str) -> tuple[Mark, ...]:
        x, y = self._places(trace, "x", "y"), self._places(trace, "y", "x")
        line, marker = trace.get("line") or {}, trace.get("marker") or {}
        mode = str(trace.get("mode") or ("lines+markers" if len(x) < 20 else "lines"))
        own = css(line.get("color") or (marker.get("color") if isinstance(marker.get("color"), str) else "") or colour)
        words = [text(one) for one in listed(trace.get("text"))] if "text" in mode else []
        errors = (trace.get("error_y") or {}).get("array")
        found: list[Mark] = []
        if trace.get("fill") in {"tozeroy", "tonexty", "toself", "tozerox"}:
            if trace["fill"] != "tozeroy" or trace.get("stackgroup"):
                raise NotDrawable("面积图")
            found.append(Mark("area", x, y, colour=own))
        if "lines" in mode:
            dash = _DASHES.get(str(line.get("dash")), "solid")
            if line.get("shape") in {"hv", "vh", "hvh", "vhv"}:
                raise NotDrawable("阶梯线")
            found.append(Mark("line", x, y, name, own, dash=dash, errors=list_or_none(errors)))
        if "markers" in mode or (words and "lines" not in mode):
            scale = self._scale(marker)
            several = listed(marker.get("color"))
            colours = [css(one) if isinstance(one, str) else one for one in several] or css(marker.get("color") or own)
            symbol = str(marker.get("symbol")) if isinstance(marker.get("symbol"), str) else ""
            size = sizes(marker) if "markers" in mode else 0.0
            style: dict[str, Any] = {"opacity": float(marker.get("opacity") or trace.get("opacity") or 1), "size": size}
            style |= {
                "symbol": _SYMBOLS.get(symbol.removesuffix("-open"), "o"),
                "words": words,
                "errors": list_or_none(errors),
            }
            found.append(Mark("points", x, y, "" if "lines" in mode else name, colours, **style, **scale))
        return tuple(found)

    def _bars(self, trace: Mapping[str, Any], colour: str, name: str) -> Mark:
        across = trace.get("orientation") == "h"
        if trace.get("type") == "histogram":
            x, y, width = self._counted(trace, across=across)
        else:
            x, y, width = self._places(trace, "x", "y"), self._places(trace, "y", "x"), None
        marker = trace.get("marker") or {}
        several = listed(marker.get("color"))
        colours = [css(one) if isinstance(one, str) else one for one in several] or css(marker.get("color") or colour)
        long = x if across else y
        base, width, offset = self._beside(trace, width)
        words = [text(one) for one in listed(trace.get("text"))]
        if trace.get("texttemplate"):
            words = [f"{value:g}" for value in np.asarray(long, dtype=float)]
        style: dict[str, Any] = {"across": across, "base": base, "width": width, "offset": offset, "words": words}
        style |= {"errors": list_or_none((trace.get("error_y") or {}).get("array")), **self._scale(marker)}
        return Mark(
            "bars", x, y, name, colours, opacity=float(trace.get("opacity") or marker.get("opacity") or 1), **style
        )

    def _counted(self, trace: Mapping[str, Any], *, across: bool) -> tuple[list[Any], list[Any], Any]:
        """How many values fall into each place; ``x`` or ``y`` alone, or a sum of the other by ``histfunc``."""
        name, other = ("y", "x") if across else ("x", "y")
        if trace.get("histnorm") or (trace.get("cumulative") or {}).get("enabled") or len(listed(trace.get(other))):
            func = str(trace.get("histfunc") or "count")
            if func not in {"sum", "count", "avg"} or trace.get("histnorm"):
                raise NotDrawable("直方图（histnorm、histfunc）")
        values = self._places(trace, name, other)
        if values and isinstance(values[0], str):
            weights = np.asarray(listed(trace.get(other)) or np.ones(len(values)), dtype=float)
            groups = pd.Series(weights).groupby(values, sort=False)
            counted = groups.mean() if trace.get("histfunc") == "avg" else groups.sum()
            places, counts, width = list(map(str, counted.index)), [float(one) for one in counted], None
        else:
            bins = trace.get(f"{name}bins") or {}
            numbers = np.asarray(values, dtype=float)
            limits: Any = "auto"
            if bins.get("size"):
                size, start = float(bins["size"]), float(bins.get("start", np.nanmin(numbers)))
                limits = np.arange(start, np.nanmax(numbers) + size, size)
            elif trace.get(f"nbins{name}"):
                limits = int(trace[f"nbins{name}"])
            given = listed(trace.get(other))
            known = ~np.isnan(numbers)
            summed = np.asarray(given, dtype=float)[known] if given else None
            found, edges = np.histogram(numbers[known], bins=limits, weights=summed)
            places, counts = list((edges[:-1] + edges[1:]) / 2), [float(one) for one in found]
            width = float(edges[1] - edges[0])
        return (counts, places, width) if across else (places, counts, width)

    def _beside(self, trace: Mapping[str, Any], width: Any) -> Any:
        """Base, width and offset of bars: the traces of a panel side by side or one on another, by ``barmode``."""
        mode = str(self.layout.get("barmode") or "group")
        key = [trace.get(name) for name in ("xaxis", "yaxis")]
        peers = [
            one for one in self.traces
            if one.get("type") in {"bar", "histogram"} and [one.get(name) for name in ("xaxis", "yaxis")] == key
        ]  # fmt: skip
        at = next(number for number, one in enumerate(peers) if one is trace)
        if trace.get("base") is not None or mode == "overlay" or len(peers) == 1:
            base = trace.get("base")
            return (0.0 if base is None else listed(base) or base), width, 0.0
        if mode == "group":
            groups = list(dict.fromkeys(str(one.get("offsetgroup") or number) for number, one in enumerate(peers)))
            mine = groups.index(str(trace.get("offsetgroup") or at))
            each = 0.8 / len(groups) * (width or 1.0)
            return 0.0, each, (mine - (len(groups) - 1) / 2) * each
        if trace.get("type") == "histogram" and width:
            raise NotDrawable("叠放的直方图")
        stacked: dict[tuple[Any, bool], float] = {}
        for one in peers[: at + 1]:
            across = one.get("orientation") == "h"
            if one.get("type") == "histogram":
                x, y, _ = self._counted(one, across=across)
            else:
                x, y = self._places(one, "x", "y"), self._places(one, "y", "x")
            places, lengths = (y, x) if across else (x, y)
            base = [
                stacked.get((spot, float(value or 0) < 0), 0.0) for spot, value in zip(places, lengths, strict=True)
            ]
            for spot, value, from_ in zip(places, lengths, base, strict=True):
                stacked[spot, float(value or 0) < 0] = from_ + float(value or 0)
        return base, width, 0.0

    def _boxes(self, trace: Mapping[str, Any], colour: str, name: str) -> tuple[Mark, ...]:
        across = trace.get("orientation") == "h"
        values, places = ("x", "y") if across else ("y", "x")
        numbers = np.asarray(listed(trace.get(values)), dtype=float)
        at = listed(trace.get(places))
        at = [str(one) for one in at] if len(at) else [name or text(trace.get("name")) or " "] * len(numbers)
        groups = list(dict.fromkeys(at))
        peers = [one for one in self.traces if one.get("type") in {"box", "violin"} and one.get("offsetgroup")]
        beside = (
            list(dict.fromkeys(one["offsetgroup"] for one in peers)) if self.layout.get("boxmode") == "group" else []
        )
        each = 0.8 / max(len(beside), 1)
        offset = (beside.index(trace["offsetgroup"]) - (len(beside) - 1) / 2) * each if len(beside) > 1 else 0.0
        spread = [numbers[[one == group for one in at]] for group in groups]
        spread = [one[~np.isnan(one)] for one in spread]
        own = css((trace.get("marker") or {}).get("color") or colour)
        style: dict[str, Any] = {"across": across, "width": each * 0.75, "offset": offset}
        return (Mark("box", groups, spread, name if len(groups) > 1 or len(beside) > 1 else "", own, **style),)

    def _cells(self, trace: Mapping[str, Any]) -> Mark:
        z = np.asarray(matrix(trace.get("z")), dtype=float)
        words = listed(trace.get("text")) if trace.get("texttemplate") else []
        if trace.get("texttemplate") and not len(words):
            words = [[f"{value:g}" if value == value else "" for value in row] for row in np.round(z, 3)]
        x, y = (list(map(str, listed(trace.get(name)))) for name in ("x", "y"))
        return Mark("cells", x, y, z=z, words=words, **self._scale(trace, key="z"))

    def _picture(self, trace: Mapping[str, Any]) -> Mark:
        from PIL import Image

        if trace.get("source"):
            with Image.open(io.BytesIO(base64.b64decode(str(trace["source"]).partition(",")[2]))) as picture:
                return Mark("picture", z=np.asarray(picture.convert("RGBA")))
        return Mark("picture", z=np.asarray(matrix(trace.get("z")), dtype="uint8"))

    def _pie(self, trace: Mapping[str, Any]) -> Mark:
        labels = list(map(str, listed(trace.get("labels"))))
        values = listed(trace.get("values"))
        summed = pd.Series(np.asarray(values, dtype=float) if len(values) else np.ones(len(labels)))
        together = summed.groupby(labels, sort=False).sum()
        if trace.get("sort", True):
            together = together.sort_values(ascending=False, kind="stable")
        own = [css(one) for one in listed((trace.get("marker") or {}).get("colors"))]
        by_name = dict(zip(labels, own, strict=False))
        usual = [self.colours[at % len(self.colours)] for at in range(len(together))]
        colours = [by_name.get(str(name), usual[at]) for at, name in enumerate(together.index)]
        return Mark("pie", list(together.index), list(together), colour=colours, size=float(trace.get("hole") or 0))

    def _scale(self, about: Mapping[str, Any], key: str = "c") -> dict[str, Any]:
        axis = self.layout.get(str(about.get("coloraxis"))) or about
        scale = axis.get("colorscale")
        if not isinstance(scale, list):
            template = (self.layout.get("template") or {}).get("layout") or {}
            scale = (template.get("colorscale") or {}).get("sequential") or []
        given = {"low": axis.get(f"{key}min", axis.get("cmin")), "high": axis.get(f"{key}max", axis.get("cmax"))}
        colours = [(float(at), css(colour)) for at, colour in scale]
        if axis.get("reversescale"):
            colours = [(1 - at, colour) for at, colour in reversed(colours)]
        return {**given, "scale": colours, "scale_title": text((axis.get("colorbar") or {}).get("title"))}

    def _with_shapes(self, panel: Panel) -> Panel:
        """Lines and boxes laid over the panel, where they stand on its own axes."""
        if len([one for one in self.layout.get("shapes", ()) if one]) == 0 or panel.over is not None:
            return panel
        if any("domain" in str(one.get(name)) or one.get(name) == "paper" for one in self.layout["shapes"]
               for name in ("xref", "yref")):  # fmt: skip
            raise NotDrawable("带有参考线的图")
        lines = [
            Mark("segments", [one["x0"]], [one["y0"]], x2=[one["x1"]], y2=[one["y1"]],
                 colour=css((one.get("line") or {}).get("color") or "#4a4f57"))
            for one in self.layout["shapes"] if one["type"] == "line"
        ]  # fmt: skip
        round_, up = ("x0", "x1", "x1", "x0"), ("y0", "y0", "y1", "y1")
        boxes = [
            Mark("polygons", [[one[at] for at in round_]], [[one[at] for at in up]],
                 colour=css(one.get("fillcolor") or "#d5dae1"), opacity=0.4)
            for one in self.layout["shapes"] if one["type"] == "rect"
        ]  # fmt: skip
        return Panel((*panel.marks, *lines, *boxes), panel.x, panel.y, panel.title, panel.place, panel.over)
