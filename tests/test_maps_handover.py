"""A map handed over: its data as GeoPackage, its look as QGIS style."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from map_frames import codes, defects, facilities, setting, units, values
from map_kinds import KINDS

from govkit.display.maps import kinds
from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import MapFigure
from govkit.display.maps.sheet.spec import Layer
from govkit.display.maps.web.handover import hand_over, qgis_style
from govkit.display.palette import colours
from govkit.errors import ReportError

RATE = Quantity("达标率", "percent")


def figure() -> MapFigure:
    shown = [
        layers.choropleth_layer(units(4), values(0.1, 0.5, 0.9, None), RATE, breaks=[0.3, 0.8]),
        layers.hidden(layers.facility_layer(facilities("clinic", "police_room"))),
    ]
    return setting().figure("各村达标率/2018年", shown)


def test_every_layer_is_a_table_with_codes_names_classes_and_facts(tmp_path: Path) -> None:
    package = hand_over(figure(), tmp_path)[0]
    assert package.name == "各村达标率_2018年.gpkg"
    frame = gpd.read_file(package, layer="units")
    assert frame.crs == "EPSG:4490"
    assert frame["code"].tolist() == codes(4)
    assert frame["class"].tolist() == ["<30", "30～80", "≥80", "无数据"]
    assert frame["达标率"].tolist() == ["10.0%", "50.0%", "90.0%", "无数据"]
    assert len(gpd.read_file(package, layer="facilities")) == 2


def test_synthetic_data_stay_marked_in_every_row_and_in_the_file(tmp_path: Path) -> None:
    package = hand_over(figure(), tmp_path)[0]
    assert set(gpd.read_file(package, layer="units")["数据性质"]) == {"合成数据 仅供演示"}
    assert pyogrio.read_info(package, layer="units")["layer_metadata"]["source"] == "测试台账"


def test_the_style_has_every_category_in_its_colour(tmp_path: Path) -> None:
    layer = figure().spec.layers[0]
    root = ElementTree.fromstring(qgis_style(layer).split("\n", 1)[1])  # noqa: S314  (our own output)
    assert [one.attrib["value"] for one in root.iter("category")] == [one.label for one in layer.categories]
    fills = [one.attrib["value"] for one in root.iter("Option") if one.attrib.get("name") == "color"]
    red, green, blue = (int(layer.categories[0].fill[at : at + 2], 16) for at in (1, 3, 5))
    assert fills[0] == f"{red},{green},{blue},255"
    assert len(fills) == 5  # "no data" is a fill and a hatch


def test_styles_lie_beside_the_file_and_inside_it(tmp_path: Path) -> None:
    package, *styles = hand_over(figure(), tmp_path)
    assert [style.name for style in styles] == ["各村达标率_2018年-units.qml", "各村达标率_2018年-facilities.qml"]
    with sqlite3.connect(package) as file:
        kept = dict(file.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    assert kept["units"] == styles[0].read_text(encoding="utf-8")


def test_circles_lines_and_every_facility_symbol_have_a_style() -> None:
    flows = pd.DataFrame({"source": [codes(2)[0]], "target": [codes(2)[1]], "count": [3]})
    made = [
        layers.symbol_layer(units(2), values(1, 2), RATE),
        layers.flow_layer(units(2), flows, RATE),
        layers.facility_layer(facilities(*colours("facility_kind"))),
        layers.defect_layer(defects()),
    ]
    kinds_of = [qgis_style(layer).split('<symbol type="')[1].split('"')[0] for layer in made]
    assert kinds_of == ["marker", "line", "marker", "fill"]


def test_small_multiples_are_handed_over_panel_by_panel(tmp_path: Path) -> None:
    frame = pd.DataFrame({"一": [0.1, 0.2], "二": [0.3, 0.4]}, index=codes(2))
    made = kinds.period_map(units(2), frame, "逐期", quantity=RATE, setting=setting())
    assert sorted(pyogrio.list_layers(hand_over(made, tmp_path)[0])[:, 0]) == ["layer_styles", "units_1", "units_2"]


def test_handing_over_again_replaces_the_file(tmp_path: Path) -> None:
    for _ in range(2):
        package = hand_over(figure(), tmp_path)[0]
    assert len(gpd.read_file(package, layer="units")) == 4
    assert not list(tmp_path.glob(".*"))


def test_a_map_without_shapes_and_a_folder_that_is_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="没有可移交的图形"):
        hand_over(setting().figure("空", [layers.defect_layer(defects().iloc[:0])]), tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match="不能写入移交文件夹"):
        hand_over(figure(), tmp_path / "file")


# What QGIS 3.28 itself writes for a layer by categories: element → its attributes, as far as we write them.
QGIS = {
    "qgis": {"version", "styleCategories", "labelsEnabled"},
    "renderer-v2": {"type", "attr", "symbollevels"},
    "categories": set(),
    "category": {"render", "value", "symbol", "label", "type"},
    "symbols": set(),
    "symbol": {"type", "name", "alpha", "clip_to_extent"},
    "layer": {"class", "enabled", "locked", "pass"},
    "Option": {"type", "name", "value"},
    "layerGeometryType": set(),
}
# The names QGIS knows (QgsSymbolLayerUtils, QgsSimpleMarkerSymbolLayerBase); another is drawn as a plain one.
FILLS = {"solid", "no", "b_diagonal", "diagonal_x", "dense6"}
MARKERS = {
    "circle", "square", "diamond", "triangle", "pentagon", "hexagon", "cross_fill", "shield", "parallelogram_right",
}  # fmt: skip


def every_layer() -> list[Layer]:
    figures = [make().spec for make in KINDS.values()]
    shown = [layer for one in figures for layer in (one.panels[0].layers if one.panels else one.layers)]
    shown.append(layers.facility_layer(facilities(*colours("facility_kind"))))
    return list({layer.key + layer.title: layer for layer in shown if len(layer.shapes)}.values())


def style_of(layer: Layer) -> ElementTree.Element:
    head, body = qgis_style(layer).split("\n", 1)
    assert head == "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
    return ElementTree.fromstring(body)  # noqa: S314  (our own output)


@pytest.mark.parametrize("layer", every_layer(), ids=lambda layer: f"{layer.key}-{layer.title}")
def test_a_style_is_built_as_qgis_builds_it(layer: Layer) -> None:
    root = style_of(layer)
    for element in root.iter():
        assert set(element.attrib) <= QGIS[element.tag]
    kinds_drawn = {"fill": {"SimpleFill"}, "line": {"SimpleLine"}, "marker": {"SimpleMarker"}}
    for symbol in root.iter("symbol"):
        assert {part.attrib["class"] for part in symbol.iter("layer")} == kinds_drawn[symbol.attrib["type"]]
        for option in symbol.iter("Option"):
            allowed = {"style": FILLS, "name": MARKERS}.get(option.attrib.get("name", ""))
            assert allowed is None or option.attrib["value"] in allowed


@pytest.mark.parametrize("layer", every_layer(), ids=lambda layer: f"{layer.key}-{layer.title}")
def test_every_class_in_the_table_has_its_category_and_symbol_in_the_style(layer: Layer, tmp_path: Path) -> None:
    package, style = hand_over(setting().figure("图", [layer]), tmp_path)
    root = ElementTree.fromstring(style.read_text(encoding="utf-8").split("\n", 1)[1])  # noqa: S314  (our own output)
    table = gpd.read_file(package, layer=layer.key)
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert renderer.attrib["attr"] in table
    symbol_of = {one.attrib["value"]: one.attrib["symbol"] for one in root.iter("category")}
    assert set(table["class"]) <= set(symbol_of)
    assert sorted(symbol_of.values()) == sorted(one.attrib["name"] for one in root.iter("symbol"))
    wanted = {"Point": "0", "LineString": "1", "Polygon": "2"}[table.geom_type.iloc[0].removeprefix("Multi")]
    assert root.findtext("layerGeometryType") == wanted
