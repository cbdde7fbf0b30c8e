"""Charts as marks on panels → matplotlib's drawing of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.ticker
import numpy as np

from govkit.display.fonts import every_glyph, map_families
from govkit.documents.twins.marks import Axis, Chart, Mark, Panel
from govkit.rounding import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PIXELS_AN_INCH = 96.0
_POINTS_A_PIXEL = 0.75
# A drawing of more marks is a picture of dots: as a vector it would weigh more than the report.
_MOST_MARKS = 4000


def draw(chart: Chart) -> bytes:
    """Return a chart as SVG (its words as outlines), or as PNG where it has very many marks.

    Raises ReportError for a character that no face has.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {"font.family": list(map_families()), "axes.unicode_minus": False, "font.size": 9}
    settings |= {"svg.fonttype": "path", "svg.hashsalt": "govkit", "axes.axisbelow": True, "axes.grid": False}
    with mpl.rc_context(), every_glyph():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        figure = Figure(figsize=(chart.width / PIXELS_AN_INCH, chart.height / PIXELS_AN_INCH))
        FigureCanvasAgg(figure)
        area = _area(chart)
        axes: list[Axes] = []
        orders = _orders(chart.panels)
        for panel, order in zip(chart.panels, orders, strict=True):
            left, bottom, width, height = panel.place
            if panel.over is not None:
                made = axes[panel.over].twinx()
            else:
                like: dict[str, Any] = {
                    f"share{name}": next(
                        (
                            axes[at]
                            for at, one in enumerate(chart.panels[: len(axes)])
                            if _shared_name(one, name) == mine
                        ),
                        None,
                    )
                    for name in "xy"
                    if (mine := _shared_name(panel, name))
                }
                where = (area[0] + left * area[2], area[1] + bottom * area[3], width * area[2], height * area[3])
                made = figure.add_axes(where, **like)
            axes.append(made)
            _draw_panel(made, panel, order)
        _legend(figure, chart, axes)
        for x, y, words in chart.texts:
            figure.text(area[0] + x * area[2], area[1] + y * area[3], words, ha="center", va="bottom", fontsize=9)
        if chart.title:
            figure.suptitle(chart.title, fontsize=12)
        out = io.BytesIO()
        many = sum(len(mark.x) for panel in chart.panels for mark in panel.marks) > _MOST_MARKS
        kind: dict[str, Any] = {"format": "png", "dpi": 200} if many else {"format": "svg", "metadata": {"Date": None}}
        figure.savefig(out, bbox_inches="tight", pad_inches=0.1, **kind)
    return out.getvalue()


def _shared_name(panel: Panel, name: str) -> str:
    axis: Axis = getattr(panel, name)
    return axis.shared if panel.over is None else ""


def _area(chart: Chart) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of what the panels share, with room for titles and a legend at the right."""
    named = sum(bool(mark.name) for panel in chart.panels for mark in panel.marks) > 1
    return (0.1, 0.14, 0.66 if named else 0.84, 0.72)


def _orders(panels: Sequence[Panel]) -> list[dict[str, list[str]]]:
    """The texts along each axis of each panel, in order; axes with the same name share theirs. Empty: no texts."""
    together: dict[tuple[str, Any], dict[str, None]] = {}
    keys = []
    for number, panel in enumerate(panels):
        place = panel.over if panel.over is not None else number
        keys.append({name: (name, _shared_name(panel, name) or (place if name == "x" else number)) for name in "xy"})
        for name, key in keys[-1].items():
            order = together.setdefault(key, {})
            order |= dict.fromkeys(map(str, getattr(panel, name).categories))
            for mark in panel.marks:
                values = _along(mark, name)
                order |= dict.fromkeys(one for one in values if isinstance(one, str))
    return [{name: list(together[key]) for name, key in one.items()} for one in keys]


def _along(mark: Mark, name: str) -> Sequence[Any]:
    """The places of a mark along an axis."""
    if mark.kind in {"pie", "picture", "cells", "polygons"}:
        return ()
    if mark.kind == "box":
        return mark.x if (name == "y") == mark.across else ()
    return getattr(mark, name)  # type: ignore[no-any-return]


def _placed(mark: Mark, order: dict[str, list[str]]) -> Mark:
    """The mark with numbers for texts: each has its place in the order of its axis."""
    changed: dict[str, Any] = {}
    for name in "xy":
        at = {text: place for place, text in enumerate(order[name])}
        ends = (name, f"{name}2") if mark.kind == "segments" else (name,)
        if at and _along(mark, name):
            values = "x" if mark.kind == "box" else None
            for one in ends:
                given = getattr(mark, values or one)
                changed[values or one] = [
                    at.get(str(value), value) if isinstance(value, str) else value for value in given
                ]
    return replace(mark, **changed)


def _draw_panel(axes: Axes, panel: Panel, order: dict[str, list[str]]) -> None:
    for mark in panel.marks:
        _DRAWN[mark.kind](axes, _placed(mark, order))
    for name, drawn in (("x", axes.xaxis), ("y", axes.yaxis)):
        texts = order[name]
        if texts:
            step = -(-len(texts) // 40)
            drawn.set_ticks(range(0, len(texts), step), texts[::step])
    if panel.title:
        axes.set_title(panel.title, fontsize=10)
    axes.set_xlabel(panel.x.title)
    axes.set_ylabel(panel.y.title)
    for axis, scale, limits in (
        (panel.x, axes.set_xscale, axes.set_xlim),
        (panel.y, axes.set_yscale, axes.set_ylim),
    ):
        if axis.log:
            scale("log")
            for formatted in (axes.xaxis if axis is panel.x else axes.yaxis,):
                formatted.set_major_formatter("{x:g}")
                formatted.set_minor_formatter("{x:g}" if _within_a_decade(formatted) else mpl.ticker.NullFormatter())
        if axis.ends:
            limits(*axis.ends)
    if panel.x.turned and not axes.xaxis_inverted():
        axes.invert_xaxis()
    if panel.y.turned and not axes.yaxis_inverted():
        axes.invert_yaxis()
    kinds = {mark.kind for mark in panel.marks}
    axes.tick_params(axis="x", labelbottom=panel.x.labelled)
    axes.tick_params(axis="y", labelleft=panel.y.labelled)
    if kinds <= {"pie", "picture"} or not (panel.x.shown or panel.y.shown):
        axes.set_axis_off()
    elif "cells" not in kinds:
        axes.grid(color="#d5dae1", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(panel.over is not None)
    crowded = sum(len(label.get_text()) for label in axes.get_xticklabels()) > 60 * axes.get_position().width
    axes.tick_params(axis="x", labelrotation=40 if crowded else 0)


def _within_a_decade(axis: Any) -> bool:
    low, high = axis.get_view_interval()
    return bool(low > 0 and high / low < 10)


def _legend(figure: Any, chart: Chart, axes: list[Axes]) -> None:
    handles = dict[str, Any]()
    for one in axes:
        for handle, name in zip(*one.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    if len(handles) > 1:
        left, bottom, width, height = _area(chart)
        where = (left + width + 0.03, bottom + height)
        figure.legend(
            handles.values(), handles.keys(), loc="upper left", bbox_to_anchor=where, frameon=False, fontsize=8
        )


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
    long = np.asarray(lengths, dtype=float)
    if mark.across:
        axes.barh(at + mark.offset, long, width, left=mark.base, **style)
    else:
        axes.bar(at + mark.offset, long, width, bottom=mark.base, yerr=mark.errors, **style)
    ends = np.asarray(mark.base, dtype=float) + long
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


def _picture(axes: Axes, mark: Mark) -> None:
    axes.imshow(mark.z)


_DRAWN = {
    "line": _line, "points": _points, "bars": _bars, "area": _area_mark, "pie": _pie, "cells": _cells, "box": _box,
    "polygons": _polygons, "segments": _segments, "words": _words, "picture": _picture,
}  # fmt: skip


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


def _scale_bar(axes: Axes, drawn: Any, mark: Mark) -> None:
    bar = axes.figure.colorbar(drawn, ax=axes, fraction=0.046, pad=0.03)
    bar.ax.tick_params(labelsize=8)
    bar.set_label(mark.scale_title)
