"""The traces of a figure of Plotly that stand on a pair of axes, as marks: the numbers are those that Plotly shows."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from govkit.documents.twins.marks import Mark, NotDrawable, stepped
from govkit.documents.twins.plotly_bars import bars, bin_edges
from govkit.documents.twins.plotly_layout import PlotlyFigure, css, list_or_none, listed, matrix, sizes, text

DASHES = {"dash": "dashed", "dot": "dotted", "dashdot": "dashdot", "longdash": "dashed", "longdashdot": "dashdot"}
_SYMBOLS = {
    "square": "s",
    "diamond": "D",
    "cross": "P",
    "x": "X",
    "triangle-up": "^",
    "triangle-down": "v",
    "star": "*",
}
_STEPS = {"hv": "x", "vh": "y"}
_FLOWS = (("increasing", "#4499FF"), ("decreasing", "#FF4136"), ("totals", "#4499FF"))
_MOVES = (("increasing", "#3D9970"), ("decreasing", "#FF4136"))


def scatter(figure: PlotlyFigure, trace: Mapping[str, Any], colour: str, name: str) -> tuple[Mark, ...]:
    """Lines, points and what they fill."""
    x, y = figure.places(trace, "x", "y"), figure.places(trace, "y", "x")
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    mode = str(trace.get("mode") or ("lines+markers" if len(x) < 20 else "lines"))
    own = css(line.get("color") or (marker.get("color") if isinstance(marker.get("color"), str) else "") or colour)
    words = [text(one) for one in listed(trace.get("text"))] if "text" in mode else []
    errors = (trace.get("error_y") or {}).get("array")
    if trace.get("stackgroup"):
        return _stacked(figure, trace, own, name)
    shape = str(line.get("shape") or "linear")
    if shape in _STEPS:
        x, y = stepped(x, y, _STEPS[shape])
    found: list[Mark] = []
    fill = str(trace.get("fill") or "none")
    if fill == "tozeroy":
        found.append(Mark("area", x, y, colour=own))
    elif fill != "none":
        found.append(Mark("polygons", *_outline(figure, trace, x, y, fill), colour=own, opacity=0.5))
    if "lines" in mode:
        dash = DASHES.get(str(line.get("dash")), "solid")
        found.append(Mark("line", x, y, name, own, dash=dash, errors=list_or_none(errors)))
    if "markers" in mode or (words and "lines" not in mode):
        scale = figure.scale(marker)
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


def _outline(
    figure: PlotlyFigure, trace: Mapping[str, Any], x: Sequence[Any], y: Sequence[Any], fill: str
) -> tuple[list[Any], list[Any]]:
    """What a filled trace covers: itself closed, or down (left) to the trace before it or to the axis."""
    if any(isinstance(one, str) for one in (*x, *y)):
        raise NotDrawable(f"面积图（{fill}，分类轴）")
    if fill in {"toself", "tonext"}:
        return [x], [y]
    if fill == "tozerox":
        return [[*x, 0, 0]], [[*y, y[-1], y[0]]]
    axes = [trace.get(f"{one}axis") for one in "xy"]
    at = next(number for number, one in enumerate(figure.traces) if one is trace)
    earlier = [
        one
        for one in figure.traces[:at]
        if one.get("type", "scatter") in {"scatter", "scattergl"} and [one.get(f"{n}axis") for n in "xy"] == axes
    ]
    if not earlier:
        return [[x[0], *x, x[-1]]], [[0, *y, 0]]
    before = figure.places(earlier[-1], "x", "y"), figure.places(earlier[-1], "y", "x")
    return [[*x, *reversed(before[0])]], [[*y, *reversed(before[1])]]


def _stacked(figure: PlotlyFigure, trace: Mapping[str, Any], colour: str, name: str) -> tuple[Mark, ...]:
    """A trace of a stacked area: it stands on the sum of those before it, which must have the same places."""
    group = [one for one in figure.traces if one.get("stackgroup") == trace["stackgroup"]]
    group = group[: next(number for number, one in enumerate(group) if one is trace) + 1]
    places = [figure.places(one, "x", "y") for one in group]
    if any(one != places[-1] for one in places) or trace.get("groupnorm") or group[0].get("groupnorm"):
        raise NotDrawable("堆积面积图（各序列的位置不同，或按百分比）")
    values = np.asarray([figure.places(one, "y", "x") for one in group], dtype=float)
    base, top = values[:-1].sum(axis=0), values.sum(axis=0)
    x = places[-1]
    return (Mark("area", x, list(top), name, colour, base=base), Mark("line", x, list(top), colour=colour))


def funnel(figure: PlotlyFigure, trace: Mapping[str, Any], colour: str, name: str) -> tuple[Mark, ...]:
    """Bars about the middle, the first on top."""
    across = trace.get("orientation") != "v"
    long, places = ("x", "y") if across else ("y", "x")
    values = np.asarray(listed(trace.get(long)), dtype=float)
    at = figure.places(trace, places, long)
    if sum(one.get("type") == "funnel" for one in figure.traces) > 1:
        raise NotDrawable("多个序列的漏斗图")
    words = [f"{value:g}" for value in values]
    x, y = (list(values), at) if across else (at, list(values))
    style: dict[str, Any] = {"across": across, "base": -values / 2, "words": words}
    return (Mark("bars", x, y, name, css((trace.get("marker") or {}).get("color") or colour), **style),)


def waterfall(figure: PlotlyFigure, trace: Mapping[str, Any], _colour: str, _name: str) -> tuple[Mark, ...]:
    """Bars from one running sum to the next, in the colours of more, less and totals."""
    if trace.get("orientation") == "h":
        raise NotDrawable("横向的瀑布图")
    values = np.nan_to_num(np.asarray([one or 0 for one in listed(trace.get("y"))], dtype=float))
    kinds = [str(one) for one in listed(trace.get("measure"))] or ["relative"] * len(values)
    looks = [css(((trace.get(one) or {}).get("marker") or {}).get("color") or usual) for one, usual in _FLOWS]
    base, lengths, colours, sum_ = [], [], [], float(trace.get("base") or 0)
    for value, kind in zip(values, kinds, strict=False):
        begin = 0.0 if kind in {"total", "absolute"} else sum_
        sum_ = sum_ if kind == "total" else value if kind == "absolute" else sum_ + value
        base.append(begin)
        lengths.append(sum_ - begin)
        colours.append(looks[2] if kind in {"total", "absolute"} else looks[int(value < 0)])
    words = [f"{one:g}" for one in lengths]
    return (Mark("bars", figure.places(trace, "x", "y"), lengths, "", colours, base=base, words=words),)


def prices(figure: PlotlyFigure, trace: Mapping[str, Any], _colour: str, _name: str) -> tuple[Mark, ...]:
    """First, last, highest and lowest value of each place (candlestick, ohlc)."""
    x = figure.places(trace, "x", "open")
    first, last, high, low = (
        np.asarray(listed(trace.get(one)), dtype=float) for one in ("open", "close", "high", "low")
    )
    rising = last >= first
    looks = [css(((trace.get(one) or {}).get("line") or {}).get("color") or usual) for one, usual in _MOVES]
    found: list[Mark] = []
    for chosen, look in ((rising, looks[0]), (~rising, looks[1])):
        at = [one for one, is_in in zip(x, chosen, strict=True) if is_in]
        if at:
            found.append(Mark("segments", at, list(low[chosen]), x2=at, y2=list(high[chosen]), colour=look))
            found.append(Mark("bars", at, list((last - first)[chosen]), colour=look, base=first[chosen]))
    return tuple(found)


def boxes(figure: PlotlyFigure, trace: Mapping[str, Any], colour: str, name: str) -> tuple[Mark, ...]:
    """Boxes of the spread; a violin is drawn as one."""
    across = trace.get("orientation", "v" if len(listed(trace.get("y"))) else "h") == "h"
    values, places = ("x", "y") if across else ("y", "x")
    numbers = np.asarray(listed(trace.get(values)), dtype=float)
    at = listed(trace.get(places))
    at = [str(one) for one in at] if len(at) else [name or text(trace.get("name")) or " "] * len(numbers)
    groups = list(dict.fromkeys(at))
    own = css((trace.get("marker") or {}).get("color") or colour)
    if trace.get("hoveron") == "points" and trace.get("boxpoints") == "all":  # the values alone
        x, y = (list(numbers), at) if across else (at, list(numbers))
        return (Mark("points", x, y, name, own),)
    peers = [one for one in figure.traces if one.get("type") in {"box", "violin"} and one.get("offsetgroup")]
    beside = list(dict.fromkeys(one["offsetgroup"] for one in peers)) if figure.layout.get("boxmode") == "group" else []
    each = 0.8 / max(len(beside), 1)
    offset = (beside.index(trace["offsetgroup"]) - (len(beside) - 1) / 2) * each if len(beside) > 1 else 0.0
    spread = [numbers[[one == group for one in at]] for group in groups]
    spread = [one[~np.isnan(one)] for one in spread]
    style: dict[str, Any] = {"across": across, "width": each * 0.75, "offset": offset}
    return (Mark("box", groups, spread, name if len(groups) > 1 or len(beside) > 1 else "", own, **style),)


def _cells(figure: PlotlyFigure, trace: Mapping[str, Any], _colour: str, _name: str) -> tuple[Mark, ...]:
    z = np.asarray(matrix(trace.get("z")), dtype=float)
    words = listed(trace.get("text")) if trace.get("texttemplate") else []
    if trace.get("texttemplate") and not len(words):
        words = [[f"{value:g}" if value == value else "" for value in row] for row in np.round(z, 3)]
    x, y = (list(map(str, listed(trace.get(name)))) for name in ("x", "y"))
    return (Mark("cells", x, y, z=z, words=words, **figure.scale(trace, key="z")),)


def _counted(figure: PlotlyFigure, trace: Mapping[str, Any], _colour: str, _name: str) -> tuple[Mark, ...]:
    """How many values fall into each field; contours of it are drawn as the fields."""
    x, y = figure.places(trace, "x", "y"), figure.places(trace, "y", "x")
    if any(not isinstance(one, (int, float)) for one in (*x, *y)) or trace.get("z") or trace.get("histfunc"):
        raise NotDrawable(f"{trace['type']}（不是数值的计数）")
    across, up = bin_edges(figure, trace, "x"), bin_edges(figure, trace, "y")
    z = np.histogram2d(np.asarray(x, dtype=float), np.asarray(y, dtype=float), [across, up])[0].T
    ends: dict[str, Any] = {"x": [across[0], across[-1]], "y": [up[0], up[-1]]}
    return (Mark("picture", z=z, **ends, **figure.scale(trace, key="z")),)


def _picture(_figure: PlotlyFigure, trace: Mapping[str, Any], _colour: str, _name: str) -> tuple[Mark, ...]:
    from PIL import Image

    if trace.get("source"):
        with Image.open(io.BytesIO(base64.b64decode(str(trace["source"]).partition(",")[2]))) as picture:
            return (Mark("picture", z=np.asarray(picture.convert("RGBA"))),)
    return (Mark("picture", z=np.asarray(matrix(trace.get("z")), dtype="uint8")),)


def _bars(figure: PlotlyFigure, trace: Mapping[str, Any], colour: str, name: str) -> tuple[Mark, ...]:
    return (bars(figure, trace, colour, name),)


Series = Callable[[PlotlyFigure, Mapping[str, Any], str, str], tuple[Mark, ...]]
# How each kind of trace on a pair of axes is read; its colour and its name in the legend are given.
SERIES: dict[str, Series] = {
    "scatter": scatter, "scattergl": scatter, "bar": _bars, "histogram": _bars, "box": boxes, "violin": boxes,
    "heatmap": _cells, "contour": _cells, "image": _picture, "funnel": funnel, "waterfall": waterfall,
    "candlestick": prices, "ohlc": prices, "histogram2d": _counted, "histogram2dcontour": _counted,
}  # fmt: skip
