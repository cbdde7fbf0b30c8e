"""Bars and histograms of Plotly: side by side or one on another, counted and summed as Plotly does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from govkit.documents.twins.marks import Mark, NotDrawable
from govkit.documents.twins.plotly_layout import PlotlyFigure, css, list_or_none, listed, of_one_kind, text

_SUMMED = {"count": "sum", "sum": "sum", "avg": "mean", "min": "min", "max": "max"}
_MILLISECONDS_A_DAY = 86_400_000


def bars(figure: PlotlyFigure, trace: Mapping[str, Any], colour: str, name: str) -> Mark:
    """The bars of a trace, counted first where it is a histogram."""
    across = trace.get("orientation") == "h"
    if trace.get("type") == "histogram":
        x, y, width = _counted(figure, trace, across=across)
    else:
        x, y, width = figure.places(trace, "x", "y"), figure.places(trace, "y", "x"), None
    marker = trace.get("marker") or {}
    several = listed(marker.get("color"))
    colours = [css(one) if isinstance(one, str) else one for one in several] or css(marker.get("color") or colour)
    if len(base := listed(trace.get("base"))) and isinstance(base[0], str):  # from one day to another, as a Gantt chart
        lengths = [float(one) / _MILLISECONDS_A_DAY for one in (x if across else y)]
        begin = of_one_kind(base, "date")
        x, y = (lengths, y) if across else (x, lengths)
        return Mark("bars", x, y, name, colours, across=across, base=begin)
    long = x if across else y
    base, width, offset = _beside(figure, trace, width)
    words = [text(one) for one in listed(trace.get("text"))]
    if trace.get("texttemplate"):
        words = [f"{value:g}" for value in np.asarray(long, dtype=float)]
    style: dict[str, Any] = {"across": across, "base": base, "width": width, "offset": offset, "words": words}
    style |= {"errors": list_or_none((trace.get("error_y") or {}).get("array")), **figure.scale(marker)}
    return Mark("bars", x, y, name, colours, opacity=float(trace.get("opacity") or marker.get("opacity") or 1), **style)


def _counted(figure: PlotlyFigure, trace: Mapping[str, Any], *, across: bool) -> tuple[list[Any], list[Any], Any]:
    """How many values fall into each place, or what the other values there come to; as ``histnorm`` says it."""
    name, other = ("y", "x") if across else ("x", "y")
    func, norm = str(trace.get("histfunc") or "count"), str(trace.get("histnorm") or "")
    if func not in _SUMMED:
        raise NotDrawable(f"直方图（histfunc={func}）")
    values, given = figure.places(trace, name, other), listed(trace.get(other))
    weights = pd.Series(given if len(given) and func != "count" else np.ones(len(values)), dtype=float)
    edges = None
    if values and isinstance(values[0], str):
        summed = getattr(weights.groupby(values, sort=False), _SUMMED[func])()
        places, width = list(map(str, summed.index)), 1.0
    else:
        edges = bin_edges(figure, trace, name)
        width = float(edges[1] - edges[0])
        at = np.searchsorted(edges, np.asarray(values, dtype=float), side="right") - 1
        known = (at >= 0) & (at < len(edges) - 1)
        summed = getattr(weights[known].groupby(at[known]), _SUMMED[func])().reindex(range(len(edges) - 1))
        places = list(edges[:-1] + width / 2)
    counts = summed.to_numpy() if func in {"avg", "min", "max"} else summed.fillna(0.0).to_numpy()
    counts = counts / (counts.sum() if norm in {"percent", "probability", "probability density"} else 1.0)
    counts = counts * {"percent": 100.0, "density": 1 / width, "probability density": 1 / width}.get(norm, 1.0)
    if (trace.get("cumulative") or {}).get("enabled"):
        if trace["cumulative"].get("direction") == "decreasing" or norm.endswith("density"):
            raise NotDrawable("累计直方图（递减或密度）")
        counts = np.cumsum(counts)
    shown, wide = [float(one) for one in counts], None if edges is None else width
    return (shown, places, wide) if across else (places, shown, wide)


def bin_edges(figure: PlotlyFigure, trace: Mapping[str, Any], name: str) -> np.ndarray:
    """The edges of the bins, chosen as Plotly chooses them: one set for all histograms of a panel."""
    axes = [trace.get(f"{one}axis") for one in "xy"]
    peers = [
        one
        for one in figure.traces
        if one.get("type") == trace["type"]
        and [one.get(f"{at}axis") for at in "xy"] == axes
        and len(listed(one.get(name)))
    ]
    other = "y" if name == "x" else "x"
    every = np.concatenate([np.asarray(figure.places(one, name, other), dtype=float) for one in peers])
    every = every[~np.isnan(every)]
    low, high = float(every.min()), float(every.max())
    stated = trace.get(f"{name}bins") or {}
    count = trace.get(f"nbins{name}")
    rough = (
        (high - low) / int(count)
        if count
        else 2 * float(every.std()) / len(every) ** (0.25 if "2d" in trace["type"] else 0.4)
    )
    rough = rough or 1.0
    tens = 10.0 ** np.floor(np.log10(rough))
    size = float(stated.get("size") or tens * next(step for step in (2, 5, 10) if rough / tens <= step))
    start = float(stated["start"]) if "start" in stated else _start(every, size)
    return start + size * np.arange(int(np.floor((high - start) / size)) + 2)


def _start(values: np.ndarray, size: float) -> float:
    """Where the first bin begins: whole numbers stand in the middle of their bins, others not on an edge."""
    low = float(values.min())
    start = np.ceil(low / size) * size - size
    if np.all(values % 1 == 0):
        start = low - size / 2 if size < 1 else start - 0.5
        return float(start + size if size >= 1 and start + size < low else start)

    def near(places: np.ndarray) -> np.ndarray:
        return np.asarray((1 + (places - start) * 100 / size) % 100 < 2)

    edgy = near(values).mean() > 0.3 or near(values[[values.argmin(), values.argmax()]]).any()
    if near(values + size / 2).mean() < 0.1 and edgy:
        start += size / 2 if start + size / 2 < low else -size / 2
    return float(start)


def _beside(figure: PlotlyFigure, trace: Mapping[str, Any], width: Any) -> Any:
    """Base, width and offset of bars: the traces of a panel side by side or one on another, by ``barmode``."""
    mode = str(figure.layout.get("barmode") or "group")
    key = [trace.get(name) for name in ("xaxis", "yaxis")]
    peers = [
        one for one in figure.traces
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
    stacked: dict[tuple[Any, bool], float] = {}
    for one in peers[: at + 1]:
        across = one.get("orientation") == "h"
        if one.get("type") == "histogram":
            x, y, _ = _counted(figure, one, across=across)
        else:
            x, y = figure.places(one, "x", "y"), figure.places(one, "y", "x")
        places, lengths = (y, x) if across else (x, y)
        base = [stacked.get((spot, float(value or 0) < 0), 0.0) for spot, value in zip(places, lengths, strict=True)]
        for spot, value, from_ in zip(places, lengths, base, strict=True):
            stacked[spot, float(value or 0) < 0] = from_ + float(value or 0)
    return base, width, 0.0
