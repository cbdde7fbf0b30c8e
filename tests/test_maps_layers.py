"""Tidy frames become layers: who is drawn, in which category, under which name."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from map_frames import codes, defects, facilities, grids, setting, square, units, values

from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.panel import wanted_labels
from govkit.display.maps.sheet.shapes import drawable, for_screen, has_shapes, polygon
from govkit.display.maps.sheet.spec import Layer
from govkit.display.maps.sheet.view import fit
from govkit.display.maps.web.web_layers import layer_data
from govkit.display.palette import colours
from govkit.errors import ReportError

RATE = Quantity("达标率", "percent")
CHANGE = Quantity("达标率变化", "points")


def labels(layer: Layer) -> list[str]:
    return [layer.categories[member].label for member in layer.members]


def counts(layer: Layer) -> dict[str, int]:
    return {category.label: category.count for category in layer.categories}


def test_a_unit_is_in_the_class_of_its_own_value_whatever_the_order() -> None:
    layer = layers.choropleth_layer(units(3), values(0.9, 0.5, 0.7).iloc[::-1], RATE, breaks=[0.6, 0.8])
    assert labels(layer) == ["≥80", "<60", "60～80"]


def test_a_unit_without_value_is_hatched_as_no_data() -> None:
    layer = layers.choropleth_layer(units(3), values(0.9, None), RATE, breaks=[0.8])
    assert labels(layer) == ["≥80", "无数据", "无数据"]
    assert layer.categories[-1].hatch == "/"


def test_all_missing_is_a_map_of_no_data() -> None:
    assert counts(layers.choropleth_layer(units(2), values(None, None), RATE)) == {"无数据": 2}


def test_no_values_at_all_is_a_map_of_no_data() -> None:
    assert counts(layers.choropleth_layer(units(2), pd.Series(dtype=float), RATE)) == {"无数据": 2}


def test_values_of_other_units_are_left_out() -> None:
    layer = layers.choropleth_layer(units(1), values(0.9, 0.1), RATE, breaks=[0.5])
    assert counts(layer) == {"<50": 0, "≥50": 1}


def test_values_without_any_common_code_are_refused() -> None:
    with pytest.raises(ReportError, match=r"没有一个共同的单元代码.*'230102'.*'230102001201'"):
        layers.choropleth_layer(units(2), pd.Series([1.0], index=["230102"]), RATE)


def test_a_code_given_twice_is_refused() -> None:
    with pytest.raises(ReportError, match=r"重复.*230102001201"):
        layers.choropleth_layer(units(2), pd.concat([values(1.0), values(2.0)]), RATE)


def test_values_of_nullable_type_are_read() -> None:
    frame = units(2)
    numbers = pd.Series([1, None], index=codes(2), dtype="Int64")
    assert counts(layers.choropleth_layer(frame, numbers, Quantity("件数", "integer"))) == {"1": 1, "无数据": 1}


def test_the_frame_is_not_changed() -> None:
    frame = units(2)
    before = frame.copy()
    layers.choropleth_layer(frame, values(1, 2), RATE)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    "shape",
    [None, shapely.Polygon(), shapely.Point(126.5, 45.7), shapely.Polygon([(0, 0), (1, float("nan")), (1, 1)])],
    ids=["none", "empty", "a point", "no number"],
)
def test_a_unit_without_border_is_left_out_and_named_in_a_remark(shape: object) -> None:
    frame = units(3)
    frame = frame.set_geometry(gpd.GeoSeries([shape, *frame.geometry[1:]], crs=frame.crs))
    layer = layers.choropleth_layer(frame, values(1, 2, 3), RATE)
    assert layer.codes == tuple(codes(3)[1:])
    assert any("1 个单元缺边界，图上未绘：第1村" in remark for remark in layer.remarks)


def test_a_bow_tie_is_mended() -> None:
    mended = polygon(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    assert mended is not None
    assert mended.is_valid
    assert mended.area == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (units(2).iloc[:0], "没有任何记录"),
        (units(2).set_crs(None, allow_override=True), "没有坐标系"),
        (pd.DataFrame(units(2).drop(columns="geometry")), "没有空间数据"),
        (units(2).set_geometry(gpd.GeoSeries([None, None], crs="EPSG:4490")), "没有一条记录有可用的边界"),
    ],
    ids=["empty", "no CRS", "no geometry", "no border at all"],
)
def test_what_cannot_be_drawn_is_said(frame: gpd.GeoDataFrame, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        drawable(frame, "行政单元表")
    assert not has_shapes(frame)


def test_what_can_be_drawn_has_shapes() -> None:
    assert has_shapes(units(1))
    assert has_shapes(facilities("clinic"), points=True)
    assert not has_shapes(units(1), points=True)


def test_a_frame_in_another_crs_is_brought_to_that_of_the_tables() -> None:
    drawn, _ = drawable(units(1).to_crs("EPSG:4551"), "行政单元表")
    assert drawn.geometry.iloc[0].bounds == pytest.approx(square(0).bounds, abs=1e-9)


def test_a_change_is_classed_symmetrically_about_zero() -> None:
    layer = layers.change_layer(units(4), values(-0.08, -0.0004, 0.02, 0.2), CHANGE)
    assert labels(layer) == ["下降 <10", "持平", "上升 <10", "上升 ≥20"]
    assert len(layer.categories) == 7


def test_worse_is_hatched_and_better_is_not() -> None:
    layer = layers.change_layer(units(2), values(-0.08, 0.02), CHANGE)
    assert [layer.categories[member].hatch for member in layer.members] == ["/", ""]


def test_a_rise_is_worse_where_lower_is_better() -> None:
    layer = layers.change_layer(units(2), values(-0.08, 0.02), CHANGE, higher_is_better=False)
    assert [layer.categories[member].hatch for member in layer.members] == ["", "/"]


def test_the_change_is_written_below_the_name_with_its_sign() -> None:
    assert layers.change_layer(units(2), values(-0.08, 0.02), CHANGE).tags == ("−8.0", "+2.0")


def test_no_change_anywhere_is_even_everywhere() -> None:
    assert counts(layers.change_layer(units(2), values(0, 0), CHANGE))["持平"] == 2


def test_a_change_that_is_infinite_is_refused() -> None:
    with pytest.raises(ReportError, match="无穷大"):
        layers.change_layer(units(2), values(0, float("inf")), CHANGE)


def test_attainment_names_what_is_missing() -> None:
    missing = pd.Series([[], ["农民学校"], ["警务室", "宣传栏"]], index=codes(3))
    layer = layers.attainment_layer(units(3), missing, "设施标准")
    assert labels(layer) == ["达标", "缺 1 项", "缺 2 项"]
    assert layer.facts[2] == (("缺少", "警务室、宣传栏"),)


def test_attainment_takes_counts_too() -> None:
    assert labels(layers.attainment_layer(units(3), values(0, 4, 9), "设施标准")) == [
        "达标",
        "缺 4 项及以上",
        "缺 4 项及以上",
    ]


def test_a_unit_outside_the_standard_is_not_judged_and_one_without_answer_is_no_data() -> None:
    missing = pd.Series([[], None], index=codes(2))
    assert labels(layers.attainment_layer(units(3), missing, "设施标准")) == ["达标", "无数据", "不参评"]


def test_counts_of_attainment_add_up_to_the_units() -> None:
    layer = layers.attainment_layer(units(6), values(0, 0, 1, 3, None), "设施标准")
    assert sum(counts(layer).values()) == 6


def test_grids_are_told_apart_by_kind() -> None:
    assert counts(layers.grid_layer(grids(5))) == {"农村网格": 2, "城市网格": 3}


def test_grids_of_no_kind_are_no_data() -> None:
    assert counts(layers.grid_layer(grids(2).assign(kind=[None, "rural"]))) == {"农村网格": 1, "无数据": 1}


def test_grids_are_classed_by_households() -> None:
    layer = layers.grid_layer(grids(4), by="households", breaks=[200, 400])
    assert counts(layer) == {"<200": 1, "200～400": 2, "≥400": 1}
    assert layer.title == "户数（户）"


def test_defects_are_numbered_from_the_largest() -> None:
    layer = layers.defect_layer(defects())
    assert layer.tags == ("2,000 m²", "500 m²")
    assert layer.names == ("空隙（未覆盖）", "重叠")


def test_no_defect_is_said() -> None:
    layer = layers.defect_layer(defects().iloc[:0])
    assert [category.label for category in layer.categories] == ["未发现空隙、重叠"]


def test_another_kind_of_defect_is_refused() -> None:
    with pytest.raises(ReportError, match=r"gap.*overlap"):
        layers.defect_layer(defects().assign(kind="hole"))


def test_facilities_are_counted_by_kind_in_the_catalogues_order() -> None:
    layer = layers.facility_layer(facilities("clinic", "service_centre", "clinic"))
    assert counts(layer) == {"服务中心": 1, "医疗卫生站": 2}


def test_a_facility_of_no_kind_is_drawn_as_such() -> None:
    assert counts(layers.facility_layer(facilities("clinic", None))) == {"医疗卫生站": 1, "未注明": 1}


def test_a_facility_without_place_is_left_out_and_counted() -> None:
    frame = facilities("clinic", "clinic")
    frame = frame.set_geometry(gpd.GeoSeries([frame.geometry[0], None], crs=frame.crs))
    layer = layers.facility_layer(frame)
    assert counts(layer) == {"医疗卫生站": 1}
    assert layer.remarks == ("另有 1 处设施缺坐标，图上未绘",)


def test_a_unit_without_name_is_called_by_its_code() -> None:
    frame = units(1).assign(name=[None])
    assert layers.border_layer(frame).names == (codes(1)[0],)


def test_a_hidden_layer_is_the_same_layer_switched_off() -> None:
    layer = layers.border_layer(units(2))
    assert layers.hidden(layer).shown is False
    assert layer.shown is True


def test_shared_borders_stay_shared_on_the_screen() -> None:
    wavy = [(126.5 + 0.01, 45.7 + at / 4000 + 0.0) for at in range(41)]
    wavy = [(x + 0.0002 * np.sin(at), y) for at, (x, y) in enumerate(wavy)]
    left = shapely.Polygon([(126.5, 45.71), (126.5, 45.7), *wavy])
    right = shapely.Polygon([(126.52, 45.71), (126.52, 45.7), *wavy])
    simple = for_screen(np.array([left, right], dtype=object), "EPSG:4551", tolerance=20, digits=5)
    assert shapely.get_num_coordinates(simple).sum() < 60
    assert shapely.intersection(*simple).area == 0
    assert shapely.union_all(simple).geom_type == "Polygon"
    assert not shapely.union_all(simple).interiors


def test_every_category_has_a_colour_from_the_catalogue() -> None:
    layer = layers.attainment_layer(units(2), values(0, 1), "设施标准")
    assert [category.fill for category in layer.categories] == [
        colours("attainment")["met"],
        colours("attainment")["missing"][0],
    ]


def test_more_villages_than_can_be_named_are_led_by_their_towns_and_only_those_that_lack_something_are_named() -> None:
    villages = units(100, across=10)
    towns = villages.iloc[:2].assign(
        unit_code=["甲", "乙"], name=["甲镇", "乙乡"], kind=["town", "township"], level="street"
    )
    towns = towns.set_geometry([shapely.union_all(villages.geometry[at : at + 50]) for at in (0, 50)], crs="EPSG:4490")
    lacking = pd.Series([2, *[0] * 98, 1], index=villages["unit_code"])
    led = replace(setting(), above=towns)
    made = led.figure("图", [layers.attainment_layer(villages, lacking, "标准")])
    below, above = made.spec.layers
    assert [one.label for one in above.categories] == ["乡镇界"]
    assert [one.width < above.categories[0].width for one in below.categories] == [True] * 3
    view = fit((0, 0, 10, 10), 0, 0, 10, 10)
    metric = {one.key: shapely.transform(one.shapes, lambda at: (at - (126.5, 45.7)) * 100) for one in made.spec.layers}
    named = wanted_labels(made.spec, metric, view)
    assert [one.name for one in named.values()] == ["第1村", "第100村", "甲镇", "乙乡"]
    few = led.figure("图", [layers.attainment_layer(units(4), pd.Series(1, index=codes(4)), "标准")])
    assert [one.key for one in few.spec.layers] == ["attainment"]
    rates = pd.Series(range(100), index=villages["unit_code"], dtype=float)
    score = led.figure("图", [layers.choropleth_layer(villages, rates, Quantity("得分"))])
    assert [
        one.name for one in wanted_labels(score.spec, {**metric, "units": metric["attainment"]}, view).values()
    ] == ["甲镇", "乙乡"]
    spots = layer_data(below, made.spec, order=0)["spots"]
    assert [spot[0] for spot in spots][:2] == [0, 99]
    assert spots[2][3] == pytest.approx(spots[0][3] / 2, rel=0.01)
