"""A figure of Plotly, flat, polar or in space, from its own JSON → the same chart as marks for a still drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from govkit.documents.twins.marks import Axis, Chart, Mark, NotDrawable, Panel
from govkit.documents.twins.plotly_flows import FLOWS, GEOGRAPHIC, flows, geographic
from govkit.documents.twins.plotly_layout import PlotlyFigure, css, listed, matrix, of_one_kind, sizes, text
from govkit.documents.twins.plotly_series import DASHES, SERIES


def read_plotly(spec: Mapping[str, Any]) -> Chart:
    """Return a figure of Plotly as a chart; raises NotDrawable, which says what, for kinds of traces without a twin."""
    figure = PlotlyFigure(spec)
    kinds = {str(one.get("type", "scatter")) for one in figure.traces}
    strange = kinds - set(SERIES) - {"pie"} - FLOWS - GEOGRAPHIC - ROUND - SOLID
    if strange or not kinds:
        raise NotDrawable("、".join(sorted(strange)) or "空白的图")
    if any(one.get("type") not in {"line", "rect"} for one in figure.layout.get("shapes", ())):
        raise NotDrawable("带有自由形状的图")
    panels = [*_panels(figure), *_whole_panels(figure)]
    texts = tuple(
        (float(one.get("x") or 0), float(one.get("y") or 0), text(one.get("text")))
        for one in figure.layout.get("annotations", ())
        if one.get("xref") == "paper" and one.get("yref") == "paper"
    )
    width, height = (float(figure.layout.get(name) or usual) for name, usual in (("width", 700), ("height", 450)))
    return Chart(tuple(panels), text(figure.layout.get("title")), width, height, texts)


def _panels(figure: PlotlyFigure) -> list[Panel]:
    """The pairs of axes with their traces."""
    panels: list[Panel] = []
    names: dict[str, int] = {}
    for number, trace in enumerate(figure.traces):
        kind = str(trace.get("type", "scatter"))
        if kind not in SERIES:
            continue
        key = f"{trace.get('xaxis', 'x')} {trace.get('yaxis', 'y')}"
        if key not in names:
            names[key] = len(panels)
            panels.append(_panel(figure, trace, names))
        name = text(trace.get("name")) if trace.get("showlegend", True) else ""
        marks = SERIES[kind](figure, trace, figure.colours[number % len(figure.colours)], name)
        panel = panels[names[key]]
        panel = replace(panel, marks=(*panel.marks, *marks))
        if kind == "funnel" and trace.get("orientation") != "v":
            panel = replace(panel, x=replace(panel.x, labelled=False), y=replace(panel.y, turned=True))
        panels[names[key]] = panel
    for key, at in names.items():
        panels[at] = replace(panels[at], marks=(*panels[at].marks, *_laid_over(figure, panels[at], key.split())))
    return panels


def _whole_panels(figure: PlotlyFigure) -> list[Panel]:
    """What stands on no pair of axes: pies, maps, polar and solid charts."""
    pies = [
        Panel((_pie(figure, one),), title=text(one.get("title")), place=figure.domain(one.get("domain") or {}))
        for one in figure.traces
        if one.get("type") == "pie"
    ]
    return [*pies, *flows(figure), *geographic(figure), *polar(figure), *solid(figure)]


def _panel(figure: PlotlyFigure, trace: Mapping[str, Any], names: Mapping[str, int]) -> Panel:
    across, up = str(trace.get("xaxis", "x")), str(trace.get("yaxis", "y"))
    x, y = figure.axis(across), figure.axis(up)
    below = y.get("overlaying")
    over = next((at for key, at in names.items() if below and key.split()[1] == below), None)
    place = figure.domain({"x": x.get("domain") or (0.0, 1.0), "y": y.get("domain") or (0.0, 1.0)})
    return Panel((), figure.read_axis(across, x), figure.read_axis(up, y), place=place, over=over)


def _pie(figure: PlotlyFigure, trace: Mapping[str, Any]) -> Mark:
    labels = list(map(str, listed(trace.get("labels"))))
    values = listed(trace.get("values"))
    summed = pd.Series(np.asarray(values, dtype=float) if len(values) else np.ones(len(labels)))
    together = summed.groupby(labels, sort=False).sum()
    if trace.get("sort", True):
        together = together.sort_values(ascending=False, kind="stable")
    own = [css(one) for one in listed((trace.get("marker") or {}).get("colors"))]
    by_name = dict(zip(labels, own, strict=False))
    usual = [figure.colours[at % len(figure.colours)] for at in range(len(together))]
    colours = [by_name.get(str(name), usual[at]) for at, name in enumerate(together.index)]
    return Mark("pie", list(together.index), list(together), colour=colours, size=float(trace.get("hole") or 0))


def _laid_over(figure: PlotlyFigure, panel: Panel, axes: list[str]) -> Iterator[Mark]:
    """Lines, boxes and words laid over the panel of these axes; a line or a box in shares of it goes right across."""

    def places(one: Mapping[str, Any], name: str, axis: str) -> list[Any]:
        kind = str(figure.axis(axis).get("type") or "")
        values = of_one_kind([one[key] for key in (name, f"{name}0", f"{name}1") if key in one], kind)
        dates = any(hasattr(value, "year") for mark in panel.marks for value in list(getattr(mark, name))[:1])
        return [
            pd.Timestamp(value, unit="ms") if dates and isinstance(value, (int, float)) else value for value in values
        ]

    layout = figure.layout
    for one in (*layout.get("shapes", ()), *layout.get("annotations", ())):
        refs = [str(one.get(name) or name[0]) for name in ("xref", "yref")]
        shares = [ref == "paper" or ref.endswith(" domain") for ref in refs]
        if all(shares) and "text" in one:
            continue  # a title of the figure or a panel
        if any(ref.removesuffix(" domain") not in {own, "paper"} for ref, own in zip(refs, axes, strict=True)):
            continue
        given = [[one.get(name), one.get(f"{name}0"), one.get(f"{name}1")] if share else places(one, name, axis)
                 for name, share, axis in zip("xy", shares, axes, strict=True)]  # fmt: skip
        given = [[value for value in values if value is not None] for values in given]
        x, y = given
        if "text" in one:
            words = [text(one["text"])]
            yield Mark("labels" if any(shares) else "words", x, y, words=words, across=shares[0])
            continue
        line = one.get("type") == "line"
        colour = (
            css((one.get("line") or {}).get("color") or "#4a4f57") if line else css(one.get("fillcolor") or "#d5dae1")
        )
        dash = DASHES.get(str((one.get("line") or {}).get("dash")), "solid")
        if not any(shares):
            yield (
                Mark("segments", x[:1], y[:1], x2=x[1:], y2=y[1:], colour=colour, dash=dash)
                if line
                else Mark("polygons", [[*x, *x[::-1]]], [[y[0], *y, y[1]]], colour=colour, opacity=0.4)
            )
            continue
        ends = given[shares[0]]
        whole = not all(shares) and sorted(given[not shares[0]]) == [0, 1] and not isinstance(ends[0], str)
        if not whole or (line and ends[0] != ends[1]):
            raise NotDrawable("带有参考线的图")
        where: dict[str, Any] = {"y" if shares[0] else "x": ends[:1] if line else ends}
        yield Mark("rules" if line else "bands", **where, colour=colour, dash=dash, opacity=0.4)


ROUND = frozenset({"scatterpolar", "barpolar"})
SOLID = frozenset({"scatter3d", "surface"})


def polar(figure: PlotlyFigure) -> list[Panel]:
    """The polar panels: angles in radians along x, distances along y."""
    found = []
    for name in dict.fromkeys(one.get("subplot") or "polar" for one in figure.traces if one.get("type") in ROUND):
        layout = figure.layout.get(name) or {}
        axis = layout.get("angularaxis") or {}
        mine = [one for one in figure.traces if one.get("type") in ROUND and (one.get("subplot") or "polar") == name]
        order = list(dict.fromkeys(one for trace in mine for one in listed(trace.get("theta")) if isinstance(one, str)))
        marks = [mark for trace in mine for mark in _round_marks(figure, trace, order)]
        angles = Axis(turned=axis.get("direction") == "clockwise", categories=order)
        turn = np.deg2rad(float(axis.get("rotation") or 0))
        ends = (layout.get("radialaxis") or {}).get("range")
        place = figure.domain(layout.get("domain") or {})
        radius = Axis(ends=tuple(ends) if ends else None)
        found.append(Panel(tuple(marks), angles, radius, place=place, kind="polar", turn=float(turn)))
    return found


def _round_marks(figure: PlotlyFigure, trace: Mapping[str, Any], order: list[str]) -> list[Mark]:
    number = next(at for at, one in enumerate(figure.traces) if one is trace)
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    stated = marker.get("color") if isinstance(marker.get("color"), str) else ""
    colour = css(line.get("color") or stated or figure.colours[number % len(figure.colours)])
    name = text(trace.get("name")) if trace.get("showlegend", True) else ""
    distances = [np.nan if one is None else float(one) for one in listed(trace.get("r"))]
    given = listed(trace.get("theta"))
    whole = 2 * np.pi / max(len(order), 1)
    angles = [order.index(one) * whole if isinstance(one, str) else float(np.deg2rad(one)) for one in given]
    if trace["type"] == "barpolar":
        if sum(one.get("type") == "barpolar" for one in figure.traces) > 1 or not order:
            raise NotDrawable("叠放的极坐标柱")
        return [Mark("bars", angles, distances, name, colour, width=whole)]
    mode = str(trace.get("mode") or "lines")
    found = [Mark("line", angles, distances, name, colour)] if "lines" in mode else []
    if trace.get("fill") in {"toself", "tonext"}:
        found.append(Mark("polygons", [angles], [distances], colour=colour, opacity=0.4))
    if "markers" in mode:
        found.append(Mark("points", angles, distances, "" if "lines" in mode else name, colour, size=sizes(marker)))
    return found


def solid(figure: PlotlyFigure) -> list[Panel]:
    """The three-dimensional panels, seen from where Plotly looks at first."""
    found = []
    for name in dict.fromkeys(one.get("scene") or "scene" for one in figure.traces if one.get("type") in SOLID):
        layout = figure.layout.get(name) or {}
        mine = [one for one in figure.traces if one.get("type") in SOLID and (one.get("scene") or "scene") == name]
        axes = [Axis(text((layout.get(f"{one}axis") or {}).get("title"))) for one in "xyz"]
        marks = [mark for trace in mine for mark in _solid_marks(figure, trace)]
        place = figure.domain(layout.get("domain") or {})
        found.append(Panel(tuple(marks), axes[0], axes[1], place=place, kind="solid", z=axes[2]))
    return found


def _solid_marks(figure: PlotlyFigure, trace: Mapping[str, Any]) -> list[Mark]:
    number = next(at for at, one in enumerate(figure.traces) if one is trace)
    if trace["type"] == "surface":
        heights = np.asarray(matrix(trace.get("z")), dtype=float)
        x, y = (
            listed(trace.get(one)) or list(range(count)) for one, count in zip("xy", heights.shape[::-1], strict=True)
        )
        if any(isinstance(one, (list, str)) for one in (*x, *y)):
            raise NotDrawable("surface（不规则的网格）")
        return [Mark("surface", x, y, z=heights, **figure.scale(trace))]
    places = [of_one_kind(listed(trace.get(one)), "") for one in "xyz"]
    if any(isinstance(one, str) or hasattr(one, "year") for axis in places for one in axis):
        raise NotDrawable("scatter3d（分类轴或日期轴）")
    marker, line = trace.get("marker") or {}, trace.get("line") or {}
    several = listed(marker.get("color"))
    usual = figure.colours[number % len(figure.colours)]
    name = text(trace.get("name")) if trace.get("showlegend", True) else ""
    mode = str(trace.get("mode") or "lines+markers")
    own = css(line.get("color") if isinstance(line.get("color"), str) else usual)
    found = [Mark("line", places[0], places[1], name, own, z=places[2])] if "lines" in mode else []
    if "markers" in mode:
        colours = [css(one) if isinstance(one, str) else one for one in several] or css(marker.get("color") or usual)
        label = "" if "lines" in mode else name
        style: dict[str, Any] = {"size": sizes(marker), **figure.scale(marker)}
        found.append(Mark("points", places[0], places[1], label, colours, z=places[2], **style))
    return found
