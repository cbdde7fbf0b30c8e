"""How each kind of mark is drawn on matplotlib's axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from govkit.documents.twins.marks import Mark
from govkit.rounding import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS_A_PIXEL = 0.75


def _line(axes: Axes, mark: Mark) -> None:
    axes.plot(mark.x, mark.y, color=mark.colour, linestyle=mark.dash, linewidth=1.6, label=mark.name or None)
    _errors(axes, mark)


def _points(axes: Axes, mark: Mark) -> None:
    size = (np.asarray(mark.size, dtype=float) * _POINTS_A_PIXEL) ** 2
    colours, by_number = _colours(mark)
    style: dict[str, Any] = {"s": size, "marker": mark.symbol, "alpha": mark.opacity, "label": mark.name or None}
    drawn = axes.scatter(mark.x, mark.y, c=colours, **by_number, linewidths=0.4, edgecolors="#ffffff", **style)
    if by_number:
        _scale_bar(axes, drawn, mark)
    _errors(axes, mark)
    for x, y, words in zip(mark.x, mark.y, mark.words, strict=False):
        axes.annotate(words, (x, y), xytext=(0, 5), textcoords="offset points", ha="center", fontsize=7)


def _errors(axes: Axes, mark: Mark) -> None:
    if mark.errors is not None:
        axes.errorbar(mark.x, mark.y, yerr=mark.errors, fmt="none", ecolor="#4a4f57", elinewidth=0.8, capsize=2)


def _bars(axes: Axes, mark: Mark) -> None:
    places, lengths = (mark.y, mark.x) if mark.across else (mark.x, mark.y)
    axis = axes.yaxis if mark.across else axes.xaxis
    axis.update_units(list(places))
    at = np.asarray(axis.convert_units(list(places)), dtype=float)
    width = mark.width if mark.width is not None else 0.8 * _step(at)
    colours, by_number = _colours(mark)
    if by_number:
        values = np.asarray(colours, dtype=float)
        low, high = by_number["vmin"], by_number["vmax"]
        norm = mpl.colors.Normalize(
            np.nanmin(values) if low is None else low, np.nanmax(values) if high is None else high
        )
        colours = by_number["cmap"](norm(values))
        _scale_bar(axes, mpl.cm.ScalarMappable(norm, by_number["cmap"]), mark)
    style: dict[str, Any] = {"color": colours, "label": mark.name or None, "alpha": mark.opacity}
    long, base = np.asarray(lengths, dtype=float), mark.base
    if isinstance(base, list) and base and hasattr(base[0], "year"):  # from a day on, so many days
        reached = axes.xaxis if mark.across else axes.yaxis
        reached.update_units(base)
        base = reached.convert_units(base)
        (axes.xaxis_date if mark.across else axes.yaxis_date)()
    if mark.across:
        axes.barh(at + mark.offset, long, width, left=base, **style)
    else:
        axes.bar(at + mark.offset, long, width, bottom=base, yerr=mark.errors, **style)
    ends = np.asarray(base, dtype=float) + long
    for place, end, words in zip(at + mark.offset, ends, mark.words, strict=False):
        x, y = (end, place) if mark.across else (place, end)
        axes.annotate(words, (x, y), ha="left" if mark.across else "center", va="center" if mark.across else "bottom",
                      fontsize=7)  # fmt: skip


def _step(places: np.ndarray) -> float:
    """The least distance between two places."""
    gaps = np.diff(np.unique(places))
    return float(gaps.min()) if len(gaps) else 1.0


def _area_mark(axes: Axes, mark: Mark) -> None:
    axes.fill_between(mark.x, np.asarray(mark.y, dtype=float), mark.base, color=mark.colour, alpha=0.5 * mark.opacity,
                      linewidth=0, label=mark.name or None)  # fmt: skip


def _pie(axes: Axes, mark: Mark) -> None:
    values = np.asarray(mark.y, dtype=float)
    share = values / values.sum()
    names = [f"{name} {percent(part, 1)}" for name, part in zip(mark.x, share, strict=True)]
    ring = {"width": 1 - float(mark.size)} if isinstance(mark.size, float) and 0 < mark.size < 1 else {}
    axes.pie(values, labels=names, colors=mark.colour, startangle=90, counterclock=False,
             textprops={"fontsize": 8}, wedgeprops={"edgecolor": "#ffffff", **ring})  # fmt: skip


def _cells(axes: Axes, mark: Mark) -> None:
    values = np.asarray(mark.z, dtype=float)
    drawn = axes.imshow(
        values,
        aspect="auto",
        origin="lower",
        cmap=_cmap(mark.scale),
        vmin=mark.low,
        vmax=mark.high,
        interpolation="none",
    )
    for axis, names in ((axes.xaxis, mark.x), (axes.yaxis, mark.y)):
        if len(names):
            step = -(-len(names) // 25)
            axis.set_ticks(range(0, len(names), step), [str(names[at]) for at in range(0, len(names), step)])
    for row, cells in enumerate(mark.words):
        for column, words in enumerate(cells):
            axes.text(column, row, words, ha="center", va="center", fontsize=7)
    _scale_bar(axes, drawn, mark)


def _box(axes: Axes, mark: Mark) -> None:
    at = np.asarray(mark.x, dtype=float) + mark.offset
    style: dict[str, Any] = {"boxprops": {"facecolor": mark.colour, "alpha": 0.6}, "medianprops": {"color": "#1a1a1a"}}
    style |= {"patch_artist": True, "manage_ticks": False, "flierprops": {"markersize": 3}, "label": mark.name or None}
    style["orientation"] = "horizontal" if mark.across else "vertical"
    axes.boxplot(mark.y, positions=at, widths=mark.width or 0.6, **style)


def _polygons(axes: Axes, mark: Mark) -> None:
    from matplotlib.collections import PolyCollection

    shapes = [
        np.column_stack([np.asarray(x, float), np.asarray(y, float)]) for x, y in zip(mark.x, mark.y, strict=True)
    ]
    colours, by_number = _colours(mark)
    made = PolyCollection(shapes, alpha=mark.opacity, edgecolors="#4a4f57", linewidths=0.5, label=mark.name or None)
    if by_number:
        made.set(array=np.asarray(colours, dtype=float), cmap=by_number["cmap"])
        made.set_clim(mark.low, mark.high)
    else:
        made.set_facecolor(colours)
    axes.add_collection(made)
    axes.autoscale_view()
    if by_number:
        _scale_bar(axes, made, mark)


def _segments(axes: Axes, mark: Mark) -> None:
    for number, (x, y, x2, y2) in enumerate(zip(mark.x, mark.y, mark.x2, mark.y2, strict=True)):
        axes.plot([x, x2], [y, y2], color=mark.colour, linewidth=1.2, linestyle=mark.dash,
                  label=mark.name or None if number == 0 else None)  # fmt: skip


def _words(axes: Axes, mark: Mark) -> None:
    for x, y, words in zip(mark.x, mark.y, mark.words, strict=True):
        axes.text(x, y, words, fontsize=8, ha="center", va="center", color=mark.colour)


def _labels(axes: Axes, mark: Mark) -> None:
    """Words at a share of the panel ``across`` it, or else up, and at a value on the other axis."""
    place = axes.get_yaxis_transform() if mark.across else axes.get_xaxis_transform()
    for x, y, words in zip(mark.x, mark.y, mark.words, strict=True):
        side = "right" if mark.across and x > 0.5 else "left"
        axes.text(x, y, words, fontsize=8, transform=place, va="bottom" if mark.across else "top", ha=side)


def _tiles(axes: Axes, mark: Mark) -> None:
    """Boxes about their places, which may be places of texts."""
    x, y = (np.asarray(one, dtype=float) for one in (mark.x, mark.y))
    wide, high = (np.broadcast_to(np.asarray(one, dtype=float), x.shape) / 2 for one in (mark.width, mark.height))
    xs, ys = ([*(x - wide, x + wide, x + wide, x - wide)], [*(y - high, y - high, y + high, y + high)])
    _polygons(axes, replace(mark, x=list(np.transpose(xs)), y=list(np.transpose(ys))))


def _rules(axes: Axes, mark: Mark) -> None:
    for places, drawn in ((mark.x, axes.axvline), (mark.y, axes.axhline)):
        for place in places:
            drawn(place, color=mark.colour, linestyle=mark.dash, linewidth=1.2)


def _bands(axes: Axes, mark: Mark) -> None:
    for ends, drawn in ((mark.x, axes.axvspan), (mark.y, axes.axhspan)):
        if len(ends):
            low, high = (limit if end is None else end for end, limit in zip(ends, _limits(axes, drawn), strict=True))
            drawn(low, high, color=mark.colour, alpha=mark.opacity, linewidth=0)


def _limits(axes: Axes, drawn: Any) -> tuple[float, float]:
    return axes.get_xlim() if drawn == axes.axvspan else axes.get_ylim()


def _picture(axes: Axes, mark: Mark) -> None:
    if not len(mark.x):
        axes.imshow(mark.z)
        return
    values = np.asarray(mark.z)
    style: dict[str, Any] = {"extent": (*mark.x, *mark.y), "origin": "lower", "aspect": "auto", "interpolation": "none"}
    if values.ndim == 2:
        style |= {"cmap": _cmap(mark.scale), "vmin": mark.low, "vmax": mark.high}
    drawn = axes.imshow(values, **style)
    if values.ndim == 2:
        _scale_bar(axes, drawn, mark)


def _solid_points(axes: Any, mark: Mark) -> None:
    colours, by_number = _colours(mark)
    size = (np.asarray(mark.size, dtype=float) * _POINTS_A_PIXEL) ** 2
    drawn = axes.scatter(mark.x, mark.y, mark.z, c=colours, **by_number, s=size, label=mark.name or None)
    if by_number:
        _scale_bar(axes, drawn, mark)


def _solid_line(axes: Any, mark: Mark) -> None:
    axes.plot(mark.x, mark.y, mark.z, color=mark.colour, label=mark.name or None)


def _surface(axes: Any, mark: Mark) -> None:
    x, y = np.meshgrid(np.asarray(mark.x, dtype=float), np.asarray(mark.y, dtype=float))
    ends: dict[str, Any] = {"vmin": mark.low, "vmax": mark.high}
    drawn = axes.plot_surface(x, y, np.asarray(mark.z), cmap=_cmap(mark.scale), rstride=1, cstride=1, **ends)
    _scale_bar(axes, drawn, mark)


def _colours(mark: Mark) -> tuple[Any, dict[str, Any]]:
    """The colour or colours of a mark, and how numbers become colours where they are numbers."""
    several = isinstance(mark.colour, (list, tuple, np.ndarray)) and len(mark.colour)
    if several and not any(isinstance(one, str) for one in mark.colour):
        values = np.asarray([np.nan if one is None else one for one in mark.colour], dtype=float)
        return values, {"cmap": _cmap(mark.scale), "vmin": mark.low, "vmax": mark.high}
    return (list(mark.colour) if several else mark.colour), {}


def _cmap(scale: Sequence[tuple[float, str]]) -> Any:
    if not scale:
        return mpl.colormaps["viridis"]
    return mpl.colors.LinearSegmentedColormap.from_list("given", list(scale))


def colour_of(scale: Sequence[tuple[float, str]], share: float) -> str:
    """The colour at a share of a scale."""
    return mpl.colors.to_hex(_cmap(scale)(share))


def _scale_bar(axes: Axes, drawn: Any, mark: Mark) -> None:
    bar = axes.figure.colorbar(drawn, ax=axes, fraction=0.046, pad=0.03)
    bar.ax.tick_params(labelsize=8)
    bar.set_label(mark.scale_title)


DRAWN = {
    "line": _line, "points": _points, "bars": _bars, "area": _area_mark, "pie": _pie, "cells": _cells, "box": _box,
    "polygons": _polygons, "segments": _segments, "words": _words, "picture": _picture,
    "tiles": _tiles, "rules": _rules, "labels": _labels, "bands": _bands,
}  # fmt: skip
DRAWN_SOLID = {"points": _solid_points, "line": _solid_line, "surface": _surface}
