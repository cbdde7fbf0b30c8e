"""Charts as marks on panels → matplotlib's drawing of them."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.ticker

from govkit.display.fonts import every_glyph, map_families
from govkit.documents.twins.marks import Axis, Chart, Mark, Panel
from govkit.documents.twins.strokes import DRAWN, DRAWN_SOLID

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PIXELS_AN_INCH = 96.0
# A drawing of more marks is a picture of dots: as a vector it would weigh more than the report.
_MOST_MARKS = 4000
_PROJECTIONS = {"polar": "polar", "solid": "3d"}


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
                like |= {"projection": _PROJECTIONS[panel.kind]} if panel.kind in _PROJECTIONS else {}
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
    if mark.kind in {"pie", "picture", "cells", "polygons", "surface", "rules", "labels", "bands"}:
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
    if panel.kind in _PROJECTIONS:
        _draw_round(axes, panel)
        return
    for mark in panel.marks:
        DRAWN[mark.kind](axes, _placed(mark, order))
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
                low, high = formatted.get_view_interval()
                decade = low > 0 and high / low < 10
                formatted.set_minor_formatter("{x:g}" if decade else mpl.ticker.NullFormatter())
        if axis.ends:
            limits(*axis.ends)
    if panel.kind in {"map", "even"}:
        middle = sum(axes.get_ylim()) / 2
        axes.set_aspect(1 / math.cos(math.radians(middle)) if panel.kind == "map" else 1, adjustable="datalim")
    if panel.x.turned and not axes.xaxis_inverted():
        axes.invert_xaxis()
    if panel.y.turned and not axes.yaxis_inverted():
        axes.invert_yaxis()
    kinds = {mark.kind for mark in panel.marks}
    axes.tick_params(axis="x", labelbottom=panel.x.labelled)
    axes.tick_params(axis="y", labelleft=panel.y.labelled)
    plain = all(mark.kind == "pie" or (mark.kind == "picture" and not len(mark.x)) for mark in panel.marks)
    if plain or not (panel.x.shown or panel.y.shown):
        axes.set_axis_off()
    elif "cells" not in kinds:
        axes.grid(color="#d5dae1", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(panel.over is not None)
    crowded = sum(len(label.get_text()) for label in axes.get_xticklabels()) > 60 * axes.get_position().width
    axes.tick_params(axis="x", labelrotation=40 if crowded else 0)


def _draw_round(axes: Any, panel: Panel) -> None:
    """A polar or three-dimensional panel."""
    for mark in panel.marks:
        (DRAWN if panel.kind == "polar" else DRAWN_SOLID)[mark.kind](axes, mark)
    if panel.title:
        axes.set_title(panel.title, fontsize=10)
    if panel.kind == "solid":
        axes.set(xlabel=panel.x.title, ylabel=panel.y.title, zlabel=panel.z.title)
        axes.view_init(elev=35.3, azim=45)  # Plotly looks from (1.25, 1.25, 1.25)
        return
    for line in axes.get_lines():
        line.get_path()._interpolation_steps = 1  # straight from point to point, as Plotly draws
    axes.set_theta_offset(panel.turn)
    axes.set_theta_direction(-1 if panel.x.turned else 1)
    if panel.x.categories:
        count = len(panel.x.categories)
        axes.set_thetagrids([360 * at / count for at in range(count)], list(panel.x.categories))
    if panel.y.ends:
        axes.set_rlim(*panel.y.ends)


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
