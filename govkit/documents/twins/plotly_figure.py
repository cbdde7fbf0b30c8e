"""A figure of Plotly, from its own JSON → the same chart as marks for a still drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from govkit.documents.twins.marks import Chart, Mark, NotDrawable, Panel
from govkit.documents.twins.plotly_layout import PlotlyFigure
from govkit.documents.twins.plotly_places import GEOGRAPHIC, geographic
from govkit.documents.twins.plotly_round import ROUND, SOLID, polar, solid
from govkit.documents.twins.plotly_series import SERIES
from govkit.documents.twins.plotly_values import css, listed, text


def read_plotly(spec: Mapping[str, Any]) -> Chart:
    """Return a figure of Plotly as a chart; raises NotDrawable, which says what, for kinds of traces without a twin."""
    figure = PlotlyFigure(spec)
    kinds = {str(one.get("type", "scatter")) for one in figure.traces}
    strange = kinds - set(SERIES) - {"pie"} - GEOGRAPHIC - ROUND - SOLID
    if strange or not kinds:
        raise NotDrawable("、".join(sorted(strange)) or "空白的图")
    if any(one.get("type") not in {"line", "rect"} for one in figure.layout.get("shapes", ())):
        raise NotDrawable("带有自由形状的图")
    panels = [_with_shapes(figure, panel) for panel in (*_panels(figure), *_whole_panels(figure))]
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
    return panels


def _whole_panels(figure: PlotlyFigure) -> list[Panel]:
    """What stands on no pair of axes: pies, maps, polar and solid charts."""
    pies = [
        Panel((_pie(figure, one),), title=text(one.get("title")), place=figure.domain(one.get("domain") or {}))
        for one in figure.traces
        if one.get("type") == "pie"
    ]
    return [*pies, *geographic(figure), *polar(figure), *solid(figure)]


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


def _with_shapes(figure: PlotlyFigure, panel: Panel) -> Panel:
    """Lines and boxes laid over the panel, where they stand on its own axes."""
    if len([one for one in figure.layout.get("shapes", ()) if one]) == 0 or panel.over is not None or panel.kind:
        return panel
    if any("domain" in str(one.get(name)) or one.get(name) == "paper" for one in figure.layout["shapes"]
           for name in ("xref", "yref")):  # fmt: skip
        raise NotDrawable("带有参考线的图")
    lines = [
        Mark("segments", [one["x0"]], [one["y0"]], x2=[one["x1"]], y2=[one["y1"]],
             colour=css((one.get("line") or {}).get("color") or "#4a4f57"))
        for one in figure.layout["shapes"] if one["type"] == "line"
    ]  # fmt: skip
    round_, up = ("x0", "x1", "x1", "x0"), ("y0", "y0", "y1", "y1")
    boxes = [
        Mark("polygons", [[one[at] for at in round_]], [[one[at] for at in up]],
             colour=css(one.get("fillcolor") or "#d5dae1"), opacity=0.4)
        for one in figure.layout["shapes"] if one["type"] == "rect"
    ]  # fmt: skip
    return replace(panel, marks=(*panel.marks, *lines, *boxes))
