"""Charts of partners' libraries as marks for a still drawing: the numbers are those of the chart, or it is refused."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from govkit.documents.twins.drawing import _orders, _placed, draw
from govkit.documents.twins.marks import Axis, Chart, Mark, NotDrawable, Panel
from govkit.documents.twins.plotly_figure import read_plotly
from govkit.documents.twins.plotly_layout import css


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
        {"type": "scatter", "x": ["甲"], "y": [1], "fill": "tonexty"},
        {"type": "choropleth", "locations": ["CHN"], "z": [1]},
    ],
    ids=["a kind", "an area between texts", "areas whose shapes are elsewhere"],
)
def test_what_cannot_be_drawn_as_it_is_is_refused(trace: dict[str, Any]) -> None:
    with pytest.raises(NotDrawable):
        plotly(trace)


def test_lines_and_bands_right_across_stand_on_their_own_panel_with_their_words() -> None:
    one = {"x": ["甲"], "y": [1], "mode": "markers"}
    two = {"x": ["2018-01-01"], "y": [2], "xaxis": "x2", "yaxis": "y2", "mode": "markers"}
    line = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": 3, "y1": 3}
    day = {"type": "line", "xref": "x2", "x0": 86_400_000, "x1": 86_400_000, "yref": "y2 domain", "y0": 0, "y1": 1}
    band = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": 1, "y1": 2}
    word = {"xref": "x domain", "x": 1, "yref": "y", "y": 3, "text": "目标"}
    left, right = plotly(one, two, shapes=[line, day, band], annotations=[word, {"x": "甲", "y": 1, "text": "这里"}])
    assert [(mark.kind, list(mark.y), list(mark.words)) for mark in left.marks[1:]] == [
        ("rules", [3], []), ("bands", [1, 2], []), ("labels", [3], ["目标"]), ("words", [1], ["这里"]),
    ]  # fmt: skip
    assert [(mark.kind, str(mark.x[0])[:10]) for mark in right.marks[1:]] == [("rules", "1970-01-02")]
    assert draw(Chart((left, right))).startswith(b"<?xml")


def test_parts_within_parts_are_as_high_as_their_value() -> None:
    names, above = ["全市", "道里", "道外", "甲"], ["", "全市", "全市", "道里"]
    trace = {"type": "sunburst", "labels": names, "parents": above, "values": [4, 3, 1, 2], "branchvalues": "total"}
    (panel,) = plotly(trace)
    boxes, words = panel.marks
    heights = {word: max(y) - min(y) for word, y in zip(words.words, boxes.y, strict=True)}
    assert heights == pytest.approx({"全市 4": 1.0, "道里 3": 0.75, "甲 2": 0.5, "道外 1": 0.25})


def test_bands_between_places_are_as_wide_as_what_flows() -> None:
    link = {"source": [0, 0, 1], "target": [1, 2, 2], "value": [3, 1, 3]}
    (panel,) = plotly({"type": "sankey", "node": {"label": ["甲", "乙", "丙"]}, "link": link})
    bands, boxes, words = panel.marks
    assert list(words.words) == ["甲 4", "乙 3", "丙 4"]
    assert [min(x) for x in boxes.x] == [0.0, 0.5, 1.0]
    assert [y[0] - y[-1] for y in bands.y] == pytest.approx([0.75, 0.25, 0.75])


def test_every_pair_of_columns_has_a_panel_with_the_points_of_every_trace() -> None:
    columns = [{"label": name, "values": [1, 2]} for name in ("人口", "户数")]
    panels = plotly(*({"type": "splom", "dimensions": columns} for _ in range(2)))
    assert [(one.x.title, one.y.title, len(one.marks)) for one in panels] == [
        ("", "人口", 2), ("", "", 2), ("人口", "户数", 2), ("户数", "", 2),
    ]  # fmt: skip


def test_areas_stand_one_on_another() -> None:
    one, two = ({"x": [1, 2], "y": values, "mode": "lines", "stackgroup": "1"} for values in ([1, 2], [3, 4]))
    (panel,) = plotly(one, two)
    above = [mark for mark in panel.marks if mark.kind == "area"][1]
    assert (list(above.base), list(above.y)) == ([1.0, 2.0], [4.0, 6.0])


def test_an_area_reaches_to_the_line_before_it() -> None:
    (panel,) = plotly({"x": [1, 2], "y": [1, 1]}, {"x": [1, 2], "y": [3, 4], "fill": "tonexty"})
    (area,) = [mark for mark in panel.marks if mark.kind == "polygons"]
    assert (area.x, area.y) == ([[1, 2, 2, 1]], [[3, 4, 1, 1]])


@pytest.mark.parametrize(
    ("settings", "counts"),
    [
        ({"histnorm": "percent"}, [20.0, 40.0, 40.0]),
        ({"cumulative": {"enabled": True}}, [1.0, 3.0, 5.0]),
        ({"histnorm": "probability density"}, [0.1, 0.2, 0.2]),
        ({"y": [1, 2, 4, 8, 16], "histfunc": "avg"}, [1.0, 3.0, 12.0]),
    ],
    ids=["shares", "running", "density", "means"],
)
def test_a_histogram_shows_what_plotly_counts(settings: dict[str, Any], counts: list[float]) -> None:
    values = [1, 2, 3, 4, 5]
    (panel,) = plotly({"type": "histogram", "x": values, "xbins": {"start": 0, "size": 2}, **settings})
    assert panel.marks[0].y == pytest.approx(counts)
    assert panel.marks[0].x == [1.0, 3.0, 5.0]


def test_whole_numbers_stand_in_the_middle_of_their_bins() -> None:
    (panel,) = plotly({"type": "histogram", "x": [1, 2, 2, 3, 10]})
    assert (panel.marks[0].x, panel.marks[0].y) == ([2.0, 7.0, 12.0], [4.0, 0.0, 1.0])


def test_a_waterfall_goes_from_sum_to_sum() -> None:
    (panel,) = plotly(
        {"type": "waterfall", "x": ["收", "支", "余"], "y": [10, -4, 0], "measure": ["relative"] * 2 + ["total"]}
    )
    assert (panel.marks[0].base, panel.marks[0].y) == ([0.0, 10.0, 0.0], [10.0, -4.0, 6.0])


@pytest.mark.parametrize(
    "trace",
    [
        {"type": "scatter3d", "x": [1, 2], "y": [1, 2], "z": [1, 2]},
        {"type": "surface", "z": [[1, 2], [2, 3]]},
        {"type": "scatterpolar", "r": [1, 2, 1], "theta": ["甲", "乙", "甲"], "fill": "toself"},
        {"type": "barpolar", "r": [1, 2], "theta": ["甲", "乙"]},
        {"type": "bar", "orientation": "h", "base": ["2020-01-01"], "x": [86_400_000], "y": ["甲"]},
        {"type": "candlestick", "x": ["2020-01-01"], "open": [1], "close": [2], "high": [3], "low": [0]},
        {"type": "funnel", "x": [9, 3], "y": ["甲", "乙"]},
        {"type": "scattergeo", "lon": [126.0], "lat": [45.0]},
    ],
    ids=lambda trace: str(trace["type"]),
)
def test_round_solid_and_other_charts_are_drawn(trace: dict[str, Any]) -> None:
    assert b"<svg" in draw(Chart(plotly(trace)))


def test_areas_on_a_map_of_plotly_have_the_shapes_of_the_figure() -> None:
    shape = {"type": "Polygon", "coordinates": [[[126, 45], [127, 45], [127, 46], [126, 45]]]}
    shapes = {"features": [{"properties": {"code": "a"}, "geometry": shape}]}
    trace = {"type": "choropleth", "geojson": shapes, "featureidkey": "properties.code", "locations": ["a"], "z": [7]}
    (panel,) = plotly(trace)
    assert (panel.marks[0].colour, panel.marks[0].x) == ([7.0], [[126.0, 127.0, 127.0, 126.0]])


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
    plot.ray(x=0, y=0, length=0, angle=2)
    with pytest.raises(NotDrawable, match="Ray"):
        bokeh(plot)


def test_arcs_rays_and_curves_of_bokeh_are_lines() -> None:
    plot = pytest.importorskip("bokeh.plotting").figure()
    plot.arc(x=1, y=2, radius=2, start_angle=0, end_angle=np.pi / 2)
    plot.ray(x=1, y=2, length=3, angle=np.pi / 2)
    plot.quadratic(x0=0, y0=0, x1=2, y1=0, cx=1, cy=2)
    plot.bezier(x0=0, y0=0, x1=3, y1=0, cx0=0, cy0=2, cx1=3, cy1=2)
    (panel,) = bokeh(plot).panels
    arc, ray, quadratic, bezier = panel.marks
    assert panel.kind == "even"
    assert [(round(one.x[-1], 9), round(one.y[-1], 9)) for one in (arc, ray)] == [(1.0, 4.0), (1.0, 5.0)]
    # half-way: a quarter of each end and half of the control; an eighth of the ends, three of the controls
    assert [(round(one.x[16], 9), round(one.y[16], 9)) for one in (quadratic, bezier)] == [(1.0, 1.0), (1.5, 1.5)]


def test_bars_of_bokeh_stand_one_on_another() -> None:
    plotting = pytest.importorskip("bokeh.plotting")
    plot = plotting.figure(x_range=["甲"])
    plot.vbar_stack(["a", "b"], x="n", width=0.8, source={"n": ["甲"], "a": [1], "b": [2]})
    first, second = bokeh(plot).panels[0].marks
    assert [(list(one.base), one.y) for one in (first, second)] == [([0.0], [1.0]), ([1.0], [2.0])]


def test_sectors_rings_and_hexagons_of_bokeh_are_outlines_on_one_scale() -> None:
    plotting = pytest.importorskip("bokeh.plotting")
    plot = plotting.figure()
    plot.annular_wedge(x=1, y=2, inner_radius=1, outer_radius=2, start_angle=0, end_angle=np.pi / 2)
    (panel,) = bokeh(plot).panels
    (ring,) = panel.marks
    distances = np.hypot(np.subtract(ring.x[0], 1), np.subtract(ring.y[0], 2))
    assert (panel.kind, round(min(distances), 9), round(max(distances), 9)) == ("even", 1.0, 2.0)
    assert (round(ring.x[0][0], 9), round(ring.y[0][0], 9)) == (3.0, 2.0)


def test_what_is_laid_over_a_plot_of_bokeh_is_drawn_or_refused() -> None:
    plotting = pytest.importorskip("bokeh.plotting")
    from bokeh.models import Arrow, BoxAnnotation, Span

    plot = plotting.figure()
    plot.rect(x=[1], y=[1], width=1, height=2)
    plot.add_layout(Span(location=4, dimension="width"))
    plot.add_layout(BoxAnnotation(bottom=1, top=2))
    chart = bokeh(plot)
    assert [mark.kind for mark in chart.panels[0].marks] == ["tiles", "rules", "bands"]
    assert b"<svg" in draw(chart)
    plot.add_layout(Arrow(x_start=0, y_start=0, x_end=1, y_end=1))
    with pytest.raises(NotDrawable, match="Arrow"):
        bokeh(plot)


def test_a_matrix_and_parallel_lines_keep_the_colour_of_each_row_and_say_what_it_stands_for() -> None:
    columns = [{"label": "人口", "values": [1, 2]}, {"label": "户数", "values": [4, 3]}]
    style = {"color": [0, 10], "colorscale": [[0, "#000000"], [1, "#ffffff"]]}
    matrix = plotly({"type": "splom", "dimensions": columns, "marker": style})
    assert [panel.marks[0].colour for panel in matrix] == [["#000000", "#ffffff"]] * 4
    assert [mark.colour for panel in matrix for mark in panel.marks[1:]] == [[0, 10]]
    (panel,) = plotly({"type": "parcoords", "dimensions": columns, "line": style})
    assert [(mark.y, mark.colour) for mark in panel.marks if mark.kind == "line"] == [
        ([0.0, 1.0], "#000000"), ([1.0, 0.0], "#ffffff")
    ]  # fmt: skip
    assert draw(Chart((panel,)))


def test_parallel_categories_are_flows_of_as_many_rows() -> None:
    columns = [{"label": "类", "values": ["投诉", "咨询", "投诉"]}, {"label": "区", "values": ["甲", "甲", "乙"]}]
    (panel,) = plotly({"type": "parcats", "dimensions": columns})
    assert panel.marks[-1].words == ["类 投诉 2", "类 咨询 1", "区 甲 2", "区 乙 1"]


def test_fields_of_two_columns_hold_as_many_values() -> None:
    (panel,) = plotly({"type": "histogram2d", "x": [1, 1, 9], "y": [1, 1, 9], "xbins": {"start": 0, "size": 5},
                       "ybins": {"start": 0, "size": 5}})  # fmt: skip
    assert panel.marks[0].z.tolist() == [[2.0, 0.0], [0.0, 1.0]]


def test_a_box_of_one_column_lies_along_its_axis() -> None:
    (panel,) = plotly({"type": "box", "x": [1, 2, 3], "name": "甲"})
    (box,) = panel.marks
    assert (box.across, box.x, [list(one) for one in box.y]) == (True, ["甲"], [[1.0, 2.0, 3.0]])
