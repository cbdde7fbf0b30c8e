"""Charts of partners' libraries as marks for a still drawing: the numbers are those of the chart, or it is refused."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from govkit.documents.twins.drawing import _orders, _placed, draw
from govkit.documents.twins.marks import Axis, Chart, Mark, NotDrawable, Panel
from govkit.documents.twins.plotly_figure import read_plotly
from govkit.documents.twins.plotly_values import css


def plotly(*traces: dict[str, Any], **layout: Any) -> tuple[Panel, ...]:
    return read_plotly({"data": list(traces), "layout": layout}).panels


def test_arrays_that_come_as_bytes_are_numbers() -> None:
    packed = {"dtype": "f8", "bdata": base64.b64encode(np.array([1.5, 2.0]).tobytes()).decode()}
    (panel,) = plotly({"type": "scatter", "mode": "lines", "x": [1, 2], "y": packed})
    assert panel.marks[0].y == [1.5, 2.0]


@pytest.mark.parametrize(
    ("mode", "base", "offset"),
    [("group", [0.0, 0.0], [-0.2, 0.2]), ("stack", [0.0, [1.0, 2.0]], [0.0, 0.0])],
    ids=["side by side", "one on another"],
)
def test_bars_of_two_series_stand_as_the_chart_has_them(mode: str, base: list[Any], offset: list[float]) -> None:
    one, two = ({"type": "bar", "x": ["甲", "乙"], "y": values} for values in ([1, 2], [3, 4]))
    (panel,) = plotly(one, two, barmode=mode)
    first, second = panel.marks
    assert [first.offset, second.offset] == pytest.approx(offset)
    assert [np.ravel(first.base).tolist(), np.ravel(second.base).tolist()] == [
        [0.0] * len(np.ravel(first.base)), np.ravel(base[1]).tolist()
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2018-01-01", "2018-02"], "Timestamp"),
        (["2018", "2019"], "float"),
        (["甲", "2019"], "str"),
        ([1, None], "int"),
    ],
)
def test_places_are_of_the_kind_that_plotly_finds(values: list[Any], kind: str) -> None:
    (panel,) = plotly({"type": "scatter", "mode": "markers", "x": values, "y": [1, 2]})
    assert type(panel.marks[0].x[0]).__name__ == kind


def test_a_pie_sums_what_has_one_name_and_begins_with_the_largest() -> None:
    (panel,) = plotly({"type": "pie", "labels": ["甲", "乙", "甲"], "values": [1, 5, 2]})
    assert (list(panel.marks[0].x), list(panel.marks[0].y)) == (["乙", "甲"], [5.0, 3.0])


def test_panels_with_one_axis_have_every_text_at_one_place() -> None:
    one = {"type": "bar", "x": ["甲", "乙"], "y": [1, 2]}
    two = {"type": "bar", "x": ["丙"], "y": [3], "xaxis": "x2", "yaxis": "y2"}
    panels = plotly(one, two, xaxis={"domain": [0, 0.5]}, xaxis2={"matches": "x", "domain": [0.5, 1]}, yaxis2={})
    orders = _orders(panels)
    assert [order["x"] for order in orders] == [["甲", "乙", "丙"]] * 2
    assert _placed(panels[1].marks[0], orders[1]).x == [2]


def test_a_histogram_counts_every_value_once() -> None:
    (panel,) = plotly({"type": "histogram", "x": [1, 1, 2, 3, None]})
    assert sum(panel.marks[0].y) == 4


@pytest.mark.parametrize(
    "trace",
    [
        {"type": "sankey"},
        {"type": "scatter", "x": [1], "y": [1], "fill": "tonexty"},
        {"type": "histogram", "x": [1], "histnorm": "percent"},
    ],
    ids=["a kind", "an area between", "a share"],
)
def test_what_cannot_be_drawn_as_it_is_is_refused(trace: dict[str, Any]) -> None:
    with pytest.raises(NotDrawable):
        plotly(trace)


def test_colours_are_read_with_or_without_their_opacity() -> None:
    assert (css("rgba(255, 0, 16, 0.5)"), css("rgb(1,2,3)"), css("red")) == ("#ff0010", "#010203", "red")


def test_a_drawing_is_the_same_each_time_and_many_marks_are_dots() -> None:
    chart = Chart((Panel((Mark("bars", ["甲", "乙"], [1, 2], name="数"),), Axis("村"), Axis("户", log=True)),), "题")
    assert draw(chart) == draw(chart)
    many = Chart((Panel((Mark("points", list(range(5000)), list(range(5000))),)),))
    assert draw(many).startswith(b"\x89PNG")


def bokeh(plot: Any) -> Chart:
    from bokeh.embed import components

    from govkit.documents.twins.bokeh_figure import read_bokeh

    return read_bokeh(components(plot, wrap_script=False)[0])


def test_a_plot_of_bokeh_keeps_values_colours_titles_and_legend() -> None:
    plotting = pytest.importorskip("bokeh.plotting")
    plot = plotting.figure(title="题", x_axis_label="横")
    plot.line([1, 2], [3.5, 4], legend_label="甲", line_color="red")
    plot.scatter([1, 2], [3, 4], size=9)
    chart = bokeh(plot)
    line, points = chart.panels[0].marks
    assert (chart.title, chart.panels[0].x.title) == ("题", "横")
    assert (list(line.y), line.colour, line.name) == ([3.5, 4], "red", "甲")
    assert (list(points.x), points.size) == ([1, 2], 9)


def test_bars_and_colours_by_category_of_bokeh() -> None:
    plotting = pytest.importorskip("bokeh.plotting")
    from bokeh.transform import factor_cmap

    plot = plotting.figure(x_range=["甲", "乙"])
    data = {"x": ["乙", "甲"], "top": [2, 1]}
    plot.vbar(
        x="x", top="top", width=0.5, source=data, fill_color=factor_cmap("x", ["#111111", "#222222"], ["甲", "乙"])
    )
    (panel,) = bokeh(plot).panels
    assert (panel.marks[0].y, panel.marks[0].colour) == ([2.0, 1.0], ["#222222", "#111111"])
    order = _orders((panel,))[0]
    assert _placed(panel.marks[0], order).x == [1, 0]


def test_a_glyph_of_bokeh_without_a_drawing_is_refused() -> None:
    plotting = pytest.importorskip("bokeh.plotting")
    plot = plotting.figure()
    plot.wedge(x=0, y=0, radius=1, start_angle=0, end_angle=2)
    with pytest.raises(NotDrawable, match="Wedge"):
        bokeh(plot)
