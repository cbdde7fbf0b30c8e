"""Live outputs of partners' libraries: scripts from installed packages, nothing asked, a still twin for paper."""

from __future__ import annotations

import base64
import html
import sys
from pathlib import Path
from typing import Any

import folium
import folium.plugins
import geopandas as gpd
import numpy as np
import pytest
import shapely
from nbformat import NotebookNode
from sample_notebook import code, notebook, png, shown

from govkit.documents.html.page import write_html
from govkit.documents.live.folium_page import read_map
from govkit.documents.live.scripts import offline
from govkit.documents.read.blocks import Block, Embed, Figure, Lost, TableBlock
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import Document, walk

SQUARES = gpd.GeoDataFrame(
    {"name": ["甲", "乙"], "v": [1, 2]},
    geometry=[shapely.box(126.5, 45.7, 126.6, 45.8), shapely.box(126.6, 45.7, 126.7, 45.8)],
    crs=4490,
)


def output(thing: Any) -> NotebookNode:
    """What an object shows in a notebook."""
    if hasattr(thing, "_repr_mimebundle_"):
        found = thing._repr_mimebundle_()
        data = found[0] if isinstance(found, tuple) else found
        if data:
            return shown(dict(data))
    return shown({"text/html": thing if isinstance(thing, str) else thing._repr_html_()})


def read(*things: Any, **options: Any) -> Document:
    return read_document(notebook(*(code(output(thing)) for thing in things)), **options)


def only(document: Document) -> Block:
    (block,) = document.blocks
    return block


def own_map() -> folium.Map:
    made = folium.Map([45.75, 126.6], zoom_start=11)
    folium.GeoJson(SQUARES.to_json(), style_function=lambda _: {"fillColor": "#ff0000", "color": "#000000"}).add_to(
        made
    )
    folium.Marker([45.75, 126.55], popup="点", icon=folium.Icon(color="red")).add_to(made)
    folium.PolyLine([[45.7, 126.5], [45.8, 126.7]]).add_to(made)
    return made


def test_a_map_of_a_partner_s_own_is_live_on_the_screen_and_a_print_map_on_paper() -> None:
    block = only(read(own_map()))
    assert isinstance(block, Figure)
    assert block.image.startswith(b"\x89PNG")
    assert "http" not in block.html.partition("srcdoc=")[0]


def test_what_explore_shows_has_a_print_map_with_its_colours() -> None:
    pytest.importorskip("mapclassify")
    page = SQUARES.explore("v").get_root().render()
    spec = read_map(page, title="图")
    assert spec is not None
    assert [one.count for one in spec.layers[0].categories] == [1, 1]
    assert len({one.fill for one in spec.layers[0].categories}) == 2


def test_every_shape_of_a_map_is_read() -> None:
    spec = read_map(own_map().get_root().render(), title="图")
    assert spec is not None
    assert {layer.key: len(layer.shapes) for layer in spec.layers} == {"面": 2, "线": 1, "点": 1}


def test_tiles_below_other_layers_are_named_and_no_more() -> None:
    document = read(own_map())
    assert document.lost == ()
    assert "tile.openstreetmap.org" in str(document.unconverted[0])


def test_a_map_of_tiles_alone_is_lost_and_the_address_named() -> None:
    document = read(folium.Map([45.7, 126.5]))
    assert isinstance(only(document), Lost)
    assert "tile.openstreetmap.org" in document.lost[0].reason


def test_with_leave_to_ask_the_network_the_addresses_are_listed() -> None:
    document = read(folium.Map([45.7, 126.5]), allow_network=True)
    assert [one for one in document.lost if not one.paper] == []
    assert any("打开时要联网" in one.reason and "openstreetmap" in one.reason for one in document.unconverted)


def test_the_plugins_of_folium_are_inside_the_file() -> None:
    pytest.importorskip("offlinefolium")
    from folium import plugins

    made = folium.Map([45.75, 126.6], tiles=None)
    cluster = plugins.MarkerCluster().add_to(made)
    for at in range(3):
        folium.Marker([45.75 + at / 100, 126.6]).add_to(cluster)
    for plugin in (plugins.Fullscreen(), plugins.MeasureControl(), plugins.Draw(), plugins.MousePosition()):
        plugin.add_to(made)
    plugins.AntPath([[45.7, 126.5], [45.8, 126.6]]).add_to(made)
    document = read(made)
    assert document.unconverted == ()
    assert "MarkerClusterGroup" in html.unescape(only(document).html)  # type: ignore[union-attr]
    spec = read_map(made.get_root().render(), title="图")
    assert spec is not None
    assert {layer.key: len(layer.shapes) for layer in spec.layers} == {"线": 1, "点": 3}
    moving = plugins.TimestampedGeoJson({"type": "FeatureCollection", "features": []})
    page, asked, _ = offline(moving.add_to(folium.Map(tiles=None)).get_root().render())
    assert asked == ()
    assert "glyphicons-halflings" not in page  # the font that the style of this plugin asks for


@pytest.mark.parametrize(("duration", "lost"), [(None, []), ("P1D", ["figure"])], ids=["grows", "comes and goes"])
def test_a_layer_that_grows_with_time_is_printed_as_it_is_at_last(duration: str | None, lost: list[str]) -> None:
    spots = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [126.5, 45.7 + at / 100]}, "properties": about}
        for at, about in enumerate(({"time": "2018-01-01"}, {"times": ["2018-03-01"]}))
    ]
    layer = {"type": "FeatureCollection", "features": spots}
    folium.plugins.TimestampedGeoJson(layer, duration=duration).add_to(made := folium.Map(tiles=None))
    document = read(made)
    figure = next(block for block in walk(document.blocks) if isinstance(block, Figure))
    assert (figure.caption, [one.lost for one in document.lost]) == ("（2018-03-01）", lost)
    assert "最后一刻（2018-03-01）" in document.unconverted[-1].reason


def test_without_the_package_that_carries_them_the_addresses_are_one_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govkit.documents.live.scripts.folium_plugin", lambda _: "")
    made = folium.Map([45.75, 126.6], tiles=None)
    folium.plugins.Fullscreen().add_to(made)
    folium.plugins.MeasureControl().add_to(made)
    (lost,) = read(made).lost
    assert all(word in lost.reason for word in ("Control.FullScreen", "leaflet-measure", "folium-offline"))


def test_a_layer_that_the_print_map_lacks_is_lost_on_paper() -> None:
    made = own_map()
    folium.raster_layers.ImageOverlay(np.zeros((2, 2)), [[45.7, 126.5], [45.8, 126.6]]).add_to(made)
    assert [(one.lost, one.paper, "影像图层" in one.reason) for one in read(made).lost] == [("figure", True, True)]


def test_a_map_of_such_a_layer_alone_is_live_on_the_page() -> None:
    folium.plugins.HeatMapWithTime([[[45.7, 126.5, 1]], [[45.8, 126.6, 1]]]).add_to(made := folium.Map())
    document = read(made)
    assert isinstance(only(document), Embed)
    assert [(one.lost, one.paper) for one in document.lost] == [("figure", True)]


def test_the_legend_of_a_map_names_its_colours_in_print() -> None:
    pytest.importorskip("mapclassify")
    for column, words in (("name", ["甲", "乙"]), ("v", ["1 – 1.5", "1.501 – 2"])):
        options = {"scheme": "quantiles", "k": 2} if column == "v" else {}
        spec = read_map(SQUARES.explore(column, **options).get_root().render(), title="图")
        assert spec is not None
        labels = [one.label for one in spec.layers[0].categories]
        assert [label.startswith(word) for label, word in zip(labels, words, strict=True)] == [True, True]


def test_an_altair_chart_is_drawn_by_vl_convert_for_paper() -> None:
    altair, _ = pytest.importorskip("altair"), pytest.importorskip("vl_convert")
    chart = altair.Chart(SQUARES[["name", "v"]], title="办结率").mark_bar().encode(x="name:N", y="v:Q")
    block = only(read(chart))
    assert isinstance(block, Figure)
    assert (block.mime, block.caption, "办结率" in block.image.decode()) == ("image/svg+xml", "办结率", True)


def test_a_chart_with_a_picture_from_outside_is_lost_and_the_address_named() -> None:
    pytest.importorskip("vl_convert")
    spec = {
        "data": {"values": [{"x": 1}]},
        "mark": "image",
        "encoding": {"url": {"value": "https://example.org/a.png"}},
    }
    document = read_document(notebook(code(shown({"application/vnd.vegalite.v5+json": spec}))))
    assert ["https://example.org/a.png" in one.reason for one in document.lost] == [True]


def plotly_output(*traces: dict[str, Any], **layout: Any) -> NotebookNode:
    return shown({"application/vnd.plotly.v1+json": {"data": list(traces), "layout": layout}})


def test_a_plotly_chart_is_live_and_drawn_from_its_data_for_paper() -> None:
    pytest.importorskip("plotly")
    trace = {"type": "bar", "x": ["甲", "乙"], "y": [1, 2]}
    block = only(read_document(notebook(code(plotly_output(trace, title={"text": "办结率"})))))
    assert isinstance(block, Figure)
    assert (block.mime, block.caption, "Plotly.newPlot" in block.html) == ("image/svg+xml", "办结率", True)


def test_a_plotly_chart_that_cannot_be_drawn_is_lost_on_paper_and_its_numbers_stand_there() -> None:
    pytest.importorskip("plotly")
    link = {"source": [0, 1], "target": [1, 0], "value": [5, 1]}  # round and round
    trace = {"type": "sankey", "node": {"label": ["甲", "乙"]}, "link": link}
    document = read_document(notebook(code(plotly_output(trace))))
    block = only(document)
    assert isinstance(block, Embed)
    assert [(one.lost, one.paper, "sankey" in one.reason) for one in document.lost] == [("figure", True, True)]
    table = block.twin[1]
    assert isinstance(table, TableBlock)
    assert ("甲", "乙", "5") in [row[1:4] for row in table.rows]


def test_a_table_of_plotly_is_a_table_on_paper() -> None:
    pytest.importorskip("plotly")
    trace = {"type": "table", "header": {"values": ["村", "户"]}, "cells": {"values": [["甲", "乙"], [0, 2]]}}
    document = read_document(notebook(code(plotly_output(trace))))
    block = only(document)
    assert isinstance(block, Embed)
    assert isinstance(block.twin[0], TableBlock)
    assert (block.twin[0].rows, document.lost) == ((("甲", "0"), ("乙", "2")), ())


def test_a_page_of_plotly_is_read_as_its_figure_is() -> None:
    io = pytest.importorskip("plotly.io")
    page = io.to_html({"data": [{"type": "bar", "x": ["甲"], "y": [1]}]}, include_plotlyjs="cdn", full_html=False)
    block = only(read(page))
    assert isinstance(block, Figure)


def test_a_bokeh_chart_is_live_and_drawn_from_its_data_for_paper() -> None:
    plotting = pytest.importorskip("bokeh.plotting")
    from bokeh.embed import components

    plot = plotting.figure(x_range=["甲", "乙"], title="办结率", height=300)
    plot.vbar(x=["甲", "乙"], top=[1, 2], width=0.8)
    script, _ = components(plot, wrap_script=False)
    bundle = {"application/vnd.bokehjs_exec.v0+json": "", "application/javascript": script}
    block = only(read_document(notebook(code(shown(bundle)))))
    assert isinstance(block, Figure)
    assert (block.mime, "Bokeh" in block.html) == ("image/svg+xml", True)


def test_a_table_of_itables_is_a_table_on_paper() -> None:
    itables = pytest.importorskip("itables")
    block = only(read(itables.to_html_datatable(SQUARES[["name", "v"]], connected=True, caption="名单")))
    assert isinstance(block, Embed)
    assert isinstance(block.twin[0], TableBlock)
    assert (block.twin[0].title, block.twin[0].rows) == ("名单", (("甲", "1"), ("乙", "2")))


@pytest.mark.parametrize(
    ("page", "word"),
    [
        ("<canvas></canvas><p>旁边的字</p><script>1</script>", "画布"),
        ("<video controls src='data:video/mp4;base64,AAAA'>Your browser does not play it</video>", "视频"),
        ("<audio controls></audio>", "音频"),
    ],
)
def test_what_moves_sounds_or_is_painted_is_named_on_paper(page: str, word: str) -> None:
    document = read(page)
    assert [(one.lost, one.paper, word in one.reason) for one in document.lost] == [("figure", True, True)]
    twin = only(document).twin  # type: ignore[union-attr]
    assert "browser does not" not in str(twin)
    assert ("旁边的字" in str(twin)) == ("旁边" in page)


def test_of_an_animation_paper_has_the_first_picture() -> None:
    frame = "data:image/png;base64," + base64.b64encode(png()).decode()
    page = f'<img id="a"><div class="controls"><button>x</button></div><script>frames[0] = "{frame}"\n</script>'
    document = read(page)
    assert isinstance(only(document).twin[0], Figure)  # type: ignore[union-attr]
    assert document.lost == ()


def test_widgets_stand_as_they_stood_at_the_end() -> None:
    state = {
        "box": {"model_name": "VBoxModel", "state": {"children": ["IPY_MODEL_slider", "IPY_MODEL_out"]}},
        "slider": {"model_name": "IntSliderModel", "state": {"description": "年份", "value": 2018}},
        "out": {
            "model_name": "OutputModel",
            "state": {"outputs": [{"output_type": "stream", "name": "stdout", "text": "合计 5"}]},
        },
    }
    made = notebook(code(shown({"application/vnd.jupyter.widget-view+json": {"model_id": "box"}})))
    made.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state}}
    texts = [str(block) for block in walk(read_document(made).blocks)]
    assert "年份：2018" in texts[0]
    assert "合计 5" in texts[1]


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example.org/x.js"></script>', '<img src="https://example.org/a.png">',
        '<script>fetch("https://example.org/data.json")</script>', '<iframe src="https://example.org"></iframe>',
        '<script>s.src = "https://example.org/x.js"</script>', "<style>a{background:url(https://example.org/a.png)}</style>",
        '<script type="module">import x from "https://example.org/x.js"</script>',
        '<script>L.imageOverlay("https://example.org/a.png", [[1, 2]])</script>',
        "<style>a{background:url(//example.org/a.png)}</style>",
    ],
)  # fmt: skip
def test_every_way_to_ask_an_outside_address_is_found_and_closed(page: str) -> None:
    made, asked, _ = offline(page)
    assert "example.org" in asked[0]
    assert "example.org" not in made


def test_an_address_that_a_reader_may_follow_is_left() -> None:
    assert offline('<a href="https://example.org">出处</a>') == ('<a href="https://example.org">出处</a>', (), ())


@pytest.mark.browser
def test_live_outputs_draw_offline_and_ask_nothing(browser: Any, tmp_path: Path) -> None:
    things: list[Any] = [own_map(), own_map(), "<p>甲</p><script>document.body.dataset.ran = 1</script>"]
    altair = pytest.importorskip("altair")
    things.append(altair.Chart(SQUARES[["name", "v"]]).mark_bar().encode(x="name:N", y="v:Q"))
    itables = pytest.importorskip("itables")
    things.append(itables.to_html_datatable(SQUARES[["name", "v"]], connected=True))
    path = tmp_path / "live.html"
    write_html(notebook(*(code(output(thing)) for thing in things)), path, title="图")
    context = browser.new_context(offline=True)
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url) if request.url.startswith("http") else None)
    tab.goto(path.as_uri())
    frames = [one.content_frame() for one in tab.query_selector_all("iframe")]
    for frame in frames[:2]:
        frame.wait_for_selector("path.leaflet-interactive")
        assert frame.locator(".leaflet-marker-icon").count() == 1
    frames[2].wait_for_selector("[data-ran]")
    frames[3].wait_for_selector("svg.marks, canvas.marks")
    frames[4].wait_for_selector("td >> text=乙")
    assert asked == []
    context.close()


@pytest.mark.browser
def test_a_live_output_cannot_reach_its_page(browser: Any, tmp_path: Path) -> None:
    script = "<p id='p'>看</p><script>try { parent.document.title; } catch (e) { p.textContent = e.name; }</script>"
    write_html(notebook(code(output(script))), tmp_path / "a.html", title="图")
    tab = browser.new_page()
    tab.goto((tmp_path / "a.html").as_uri())
    frame = tab.query_selector("iframe").content_frame()
    frame.wait_for_selector("text=SecurityError")
    tab.close()


def test_a_film_beside_the_notebook_comes_along_and_another_page_is_named(tmp_path: Path) -> None:
    (tmp_path / "短片.mp4").write_bytes(b"film")
    page = '<video src="短片.mp4" controls></video>'
    document = read_document(notebook(code(shown({"text/html": page}))), folder=tmp_path)
    assert "data:video/mp4;base64,ZmlsbQ==" in only(document).html
    assert [one.paper for one in document.lost] == [True]
    lacking = read_document(notebook(code(shown({"text/html": '<iframe src="别的.html"></iframe>'}))), folder=tmp_path)
    assert [("别的.html" in one.reason, one.paper) for one in lacking.lost] == [(True, False)]


def test_a_figure_widget_of_plotly_is_drawn_as_its_figure_is() -> None:
    held = np.array([4.0, 5.0, 1.0])
    state = {
        "_widget_data": [{"type": "bar", "x": ["甲", "乙", "丙"], "y": {"dtype": "f8", "shape": [3]}}],
        "_widget_layout": {"title": {"text": "控件图"}},
    }
    buffer = {"path": ["_widget_data", 0, "y", "value"], "data": base64.b64encode(held.tobytes()).decode()}
    made = notebook(code(shown({"application/vnd.jupyter.widget-view+json": {"model_id": "one"}})))
    models = {"one": {"model_name": "AnyModel", "state": state, "buffers": [buffer]}}
    made.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": models}}
    document = read_document(made)
    assert isinstance(found := only(document), Figure)
    assert "Plotly.newPlot" in html.unescape(found.html)
    assert (found.caption, document.unconverted) == ("控件图", ())


def test_geojson_shown_by_ipython_is_a_map_with_its_shapes() -> None:
    document = read_document(notebook(code(shown({"application/geo+json": SQUARES.__geo_interface__}))))
    assert isinstance(found := only(document), Figure)
    assert "srcdoc" in found.html
    assert document.lost == ()


def test_texts_on_a_map_and_its_heading_are_printed() -> None:
    made = folium.Map([45.75, 126.55], tiles=None)
    made.get_root().html.add_child(folium.Element("<h3>街道名称</h3>"))
    folium.Marker([45.75, 126.55], icon=folium.DivIcon(html="<b>群力</b>")).add_to(made)
    folium.CircleMarker([45.76, 126.56], tooltip=folium.Tooltip("新阳", permanent=True)).add_to(made)
    folium.CircleMarker([45.77, 126.57], tooltip="点开才有").add_to(made)
    spec = read_map(made.get_root().render(), title="")
    assert spec is not None
    assert (spec.title, [one.names for one in spec.layers]) == ("街道名称", [("群力", "新阳", "")])


def test_a_page_beside_the_notebook_that_a_frame_shows_comes_along(tmp_path: Path) -> None:
    own_map().save(tmp_path / "图.html")
    document = read('<iframe width="400" src="图.html" frameborder="0"></iframe>', folder=tmp_path)
    assert isinstance(only(document), Figure)
    assert document.lost == ()


@pytest.mark.parametrize("library", ["plotly", "altair", "bokeh"])
def test_a_chart_saved_as_a_page_beside_the_notebook_is_read_as_its_figure_is(tmp_path: Path, library: str) -> None:
    charts, page = pytest.importorskip(library), tmp_path / "图.html"
    if library == "plotly":
        io = pytest.importorskip("plotly.io")
        page.write_text(io.to_html({"data": [{"type": "bar", "x": ["甲"], "y": [1]}]}), encoding="utf-8")
    elif library == "bokeh":
        embed, plotting = pytest.importorskip("bokeh.embed"), pytest.importorskip("bokeh.plotting")
        plot = plotting.figure(x_axis_type="datetime")
        plot.line(np.array(["2018-01-01", "2018-02-01"], dtype="datetime64[D]"), [1, 2])
        plot.hspan(y=1.5)
        page.write_text(embed.file_html(plot, "cdn"), encoding="utf-8")
    else:
        charts.Chart(SQUARES[["name", "v"]]).mark_bar().encode(x="name:N", y="v:Q").save(str(page))
    document = read('<iframe src="图.html"></iframe>', folder=tmp_path)
    assert isinstance(only(document), Figure)
    assert document.lost == ()


BARS = {"data": [{"type": "bar", "x": ["甲"], "y": [1]}], "layout": {}}


@pytest.mark.parametrize(
    ("library", "data", "said"),
    [
        ("plotly", {"application/vnd.plotly.v1+json": BARS}, "plotly 包里的脚本"),
        ("vl_convert", {"application/vnd.vegalite.v5+json": {"mark": "bar"}}, "vl-convert-python"),
        ("bokeh", {"application/vnd.bokehjs_exec.v0+json": "", "application/javascript": "x"}, "bokeh 包里的脚本"),
    ],
    ids=["plotly", "altair", "bokeh"],
)
def test_a_chart_whose_library_is_not_there_is_lost_with_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch, library: str, data: dict[str, Any], said: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    document = read_document(notebook(code(shown(data))))
    assert isinstance(only(document), Lost)
    (lost,) = document.lost
    assert all(word in lost.reason for word in (said, "本机没有安装", "pip install govkit[partners]"))


@pytest.mark.parametrize("library", ["kaleido", "itables"])
def test_without_kaleido_or_itables_a_still_chart_or_table_is_there(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    table = '<script>let dt_args = {"data_json": "[[1, 2]]", "table_html": "<table><tr><th>甲<th>乙</table>"};</script>'
    output = shown({"application/vnd.plotly.v1+json": BARS} if library == "kaleido" else {"text/html": table})
    document = read_document(notebook(code(output)))
    assert isinstance(only(document), Figure if library == "kaleido" else TableBlock)
    assert document.lost == ()


def test_a_script_that_only_sets_something_is_no_loss() -> None:
    settings, drawing = (shown({"application/javascript": one}) for one in ("require.config({})", "element.text('甲')"))
    document = read_document(notebook(code(settings), code(drawing)))
    assert [(one.cell, one.lost) for one in document.unconverted] == [(0, ""), (1, "figure")]
