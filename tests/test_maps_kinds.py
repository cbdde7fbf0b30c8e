"""Maps of counts, flows, access, patterns: what is drawn is what the numbers say."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from map_frames import codes, facilities, grids, setting, units, values
from statsmodels.stats.multitest import multipletests

from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.spec import Layer
from govkit.display.palette import grey
from govkit.errors import ReportError
from govkit.local_patterns import QUADRANTS, discoveries, local_moran, neighbours
from govkit.sections.facilities import _map

COUNT = Quantity("事项", "integer", "件")
RATE = Quantity("达标率", "percent")
SCORE = Quantity("得分")


def label_of(layer: Layer) -> list[str]:
    return [layer.categories[member].label for member in layer.members]


# ---- graduated symbols


def test_a_circle_has_an_area_in_proportion_to_the_mean_of_its_class() -> None:
    layer = layers.symbol_layer(units(4), values(100, 100, 400, 400), COUNT)
    small, large = (category.radius for category in layer.categories)
    assert (large / small) ** 2 == pytest.approx(4)


def test_a_unit_with_nothing_has_no_circle_and_is_counted_in_the_remarks() -> None:
    layer = layers.symbol_layer(units(4), values(0, 5, None, 9), COUNT)
    assert layer.codes == (codes(4)[1], codes(4)[3])
    assert layer.remarks == ("数量为零：1 个", "无数据：1 个")


def test_a_circle_stands_inside_its_unit() -> None:
    frame = units(3)
    layer = layers.symbol_layer(frame, values(1, 2, 3), COUNT)
    assert shapely.contains(np.asarray(frame.geometry.array), layer.shapes).all()


def test_a_negative_count_is_refused_with_its_unit() -> None:
    with pytest.raises(ReportError, match=r"有负数：-3") as raised:
        layers.symbol_layer(units(2), values(4, -3), COUNT)
    assert codes(2)[1] in str(raised.value)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 10**7), min_size=2, max_size=20))
def test_larger_classes_never_have_smaller_circles(numbers: list[int]) -> None:
    layer = layers.symbol_layer(units(len(numbers)), values(*numbers), COUNT)
    radii = [category.radius for category in layer.categories]
    assert radii == sorted(radii)
    assert sum(category.count for category in layer.categories) == len(numbers)


# ---- flows


def hierarchy() -> gpd.GeoDataFrame:
    """Two villages of a town of a district."""
    frame = units(4, names=["太平村", "先锋村", "新发镇", "道里区"])
    return frame.assign(parent=[codes(4)[2], codes(4)[2], codes(4)[3], None])


def matters(*rows: tuple[int, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["at", "settled_level"])
    return frame.assign(unit_code=[codes(4)[at] for at in frame["at"]])


def test_matters_climb_from_their_village_as_far_as_they_were_settled() -> None:
    events = matters((0, "grid"), (0, "village"), (0, "town"), (0, "above"), (1, "above"), (1, None))
    flows = layers.level_flows(hierarchy(), events)
    village, other, town, district = codes(4)
    expected = {(village, town): 2, (other, town): 1, (town, district): 2}
    assert {(row.source, row.target): row.count for row in flows.itertuples(index=False)} == expected


def test_a_flow_is_wider_the_more_it_carries_and_runs_between_its_units() -> None:
    frame = hierarchy()
    flows = layers.level_flows(frame, matters((0, "town"), *[(1, "town")] * 9))
    layer = layers.flow_layer(frame, flows, COUNT)
    assert layer.names == ("太平村 → 新发镇", "先锋村 → 新发镇")
    assert layer.categories[layer.members[0]].width < layer.categories[layer.members[1]].width
    ends = [shapely.Point(layer.shapes[0].coords[at]) for at in (0, -1)]
    assert [frame.geometry[at].contains(end) for at, end in zip((0, 2), ends, strict=True)] == [True, True]


def test_flows_with_unknown_ends_are_left_out_and_counted() -> None:
    flows = pd.DataFrame({"source": [*codes(2), "X"], "target": [codes(2)[1]] * 3, "count": [3, 2, 1]})
    assert "另有 2 条流向缺单元或在单元内，图上未绘" in layers.flow_layer(units(2), flows, COUNT).remarks


def test_flows_that_lead_nowhere_are_one_clear_error() -> None:
    flows = pd.DataFrame({"source": ["X"], "target": ["Y"], "count": [1]})
    with pytest.raises(ReportError, match="没有一条可画的流向"):
        layers.flow_layer(units(2), flows, COUNT)


# ---- access


def metric(*boxes: tuple[float, float, float, float], people: list[int | None]) -> gpd.GeoDataFrame:
    """Grids given in metres about a place in the zone."""
    shapes = [shapely.box(539_000 + w, 5_061_000 + s, 539_000 + e, 5_061_000 + n) for w, s, e, n in boxes]
    geometry = gpd.GeoSeries(shapes, crs="EPSG:4551").to_crs("EPSG:4490")
    frame = grids(len(boxes)).set_geometry(geometry)
    return frame.assign(population=pd.array(people, dtype="Int64"))


def centre() -> gpd.GeoDataFrame:
    place = gpd.GeoSeries([shapely.Point(539_000, 5_061_000)], crs="EPSG:4551").to_crs("EPSG:4490")
    return facilities("service_centre").set_geometry(place)


def test_residents_within_reach_follow_the_share_of_their_grid() -> None:
    frame = metric((-100, -100, 100, 100), (0, -50, 2000, 50), (5000, 0, 5100, 100), people=[100, 200, 30])
    found = layers.reached(centre(), frame, metric_crs="EPSG:4551", radii=[500, 1000])
    assert found[500].tolist() == pytest.approx([100, 50, 0], abs=0.2)
    assert found[1000].tolist() == pytest.approx([100, 100, 0], abs=0.2)


def test_the_legend_says_what_share_is_reached_and_only_the_rest_is_drawn_as_out_of_reach() -> None:
    frame = metric((-100, -100, 100, 100), (5000, 0, 5100, 100), people=[75, 25])
    outside, circles = layers.access_layers(centre(), frame, "服务中心", metric_crs="EPSG:4551")
    assert [category.label for category in circles.categories][-1] == "15分钟 1000 米：75.0%"
    assert outside.codes == (codes(2)[1],)
    assert outside.facts == ((("半径外居民", "25 人"),),)


def test_where_everybody_is_reached_there_is_no_layer_of_the_rest() -> None:
    made = layers.access_layers(centre(), metric((-9, -9, 9, 9), people=[5]), "服务中心", metric_crs="EPSG:4551")
    assert [layer.key for layer in made] == ["access"]


def test_grids_without_population_are_counted_in_the_remarks() -> None:
    frame = metric((-100, -100, 100, 100), (5000, 0, 5100, 100), people=[75, None])
    made = layers.access_layers(centre(), frame, "服务中心", metric_crs="EPSG:4551")
    assert "另有 1 个网格缺人口，未计入" in made[-1].remarks


@pytest.mark.parametrize(("people", "radii", "words"), [([None], [], "没有人口数"), ([5], [-3], "服务半径应大于零")])
def test_access_that_cannot_be_reckoned_is_refused(people: list, radii: list, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        layers.reached(centre(), metric((0, 0, 9, 9), people=people), metric_crs="EPSG:4551", radii=radii)


def test_the_radii_are_those_of_the_national_standard() -> None:
    frame = metric((-100, -100, 100, 100), people=[75])
    assert list(layers.reached(centre(), frame, metric_crs="EPSG:4551").columns) == [300, 500, 1000, "population"]


# ---- clusters

# Values on a lattice of 5 × 5 squares; I, quadrants and p as PySAL's esda 2.9 gives them (Queen neighbours, 999
# permutations). esda divides by n − 1 where Anselin (1995) divides by n: its I is 24/25 of ours.
LATTICE = np.array([9, 8, 7, 1, 2, 8, 9, 6, 2, 1, 7, 6, 5, 1, 2, 2, 1, 2, 3, 9, 1, 2, 1, 8, 2], dtype=float)
ESDA_I = [
    2.0524, 1.4152, 0.2897, 0.1986, 0.6524, 1.4152, 1.3903, 0.1257, 0.2447, 0.8607, 0.2897, 0.149, -0.0372, 0.149,
    0.2276, 0.1821, 0.3145, 0.1878, 0.0559, -0.4966, 0.8386, 0.6372, 0.331, -0.3145, -0.5614,
]  # fmt: skip
ESDA_QUADRANT = [1, 1, 1, 3, 3, 1, 1, 1, 3, 3, 1, 1, 4, 3, 3, 3, 3, 3, 3, 4, 3, 3, 3, 4, 2]
ESDA_P = [
    0.005, 0.002, 0.225, 0.274, 0.06, 0.002, 0.001, 0.197, 0.133, 0.019, 0.163, 0.171, 0.371, 0.312, 0.25, 0.28, 0.123,
    0.168, 0.346, 0.275, 0.079, 0.007, 0.203, 0.324, 0.062,
]  # fmt: skip


def squares(side: int = 5) -> np.ndarray:
    return np.array([shapely.box(c, r, c + 1, r + 1) for r in range(side) for c in range(side)], dtype=object)


def test_local_moran_agrees_with_the_reference_library() -> None:
    found = local_moran(LATTICE, neighbours(squares(), there=np.full(25, True)))
    assert found.i == pytest.approx(ESDA_I, abs=1e-4)
    assert found.global_i == pytest.approx(0.44156, abs=1e-5)
    names = {1: "high_high", 2: "low_high", 3: "low_low", 4: "high_low"}
    assert [QUADRANTS[at] for at in found.quadrant] == [names[at] for at in ESDA_QUADRANT]
    assert ((found.p <= 0.1) == (np.array(ESDA_P) <= 0.05)).all()
    assert np.abs(found.p / 2 - ESDA_P).max() < 0.1  # chance, and values of which many are equal


def test_false_discoveries_are_held_down_as_statsmodels_does() -> None:
    p = np.array([0.001, 0.2, np.nan, 0.012, 0.04, 0.9])
    expected = multipletests(p[~np.isnan(p)], method="fdr_bh")[0]
    assert discoveries(p)[~np.isnan(p)].tolist() == expected.tolist()
    assert not discoveries(p)[2]


def test_under_noise_one_map_in_twenty_shows_a_cluster_at_most() -> None:
    near, chance = neighbours(squares(), there=np.full(25, True)), np.random.default_rng(4)
    shown = [bool(discoveries(local_moran(chance.normal(size=25), near).p).any()) for _ in range(120)]
    assert sum(shown) <= 0.05 * 120 + 4  # five of a hundred, and two standard deviations of the count


def test_neighbours_touch_at_corners_too_and_never_lack_a_value() -> None:
    there = np.full(9, True)
    assert [list(one) for one in neighbours(squares(3), there=there)[:2]] == [[1, 3, 4], [0, 2, 3, 4, 5]]
    there[4] = False
    assert [len(one) for one in neighbours(squares(3), there=there)] == [2, 4, 2, 4, 0, 4, 2, 4, 2]


def test_a_corner_of_high_values_is_a_cluster_and_a_unit_without_value_is_no_data() -> None:
    frame = units(49, across=7)
    raised = np.array([9.0 if at // 7 < 3 and at % 7 < 3 else 1.0 + at % 3 / 10 for at in range(49)])
    numbers = values(*raised).mask(lambda all_values: all_values.index == codes(49)[48])
    shown = label_of(layers.cluster_layer(frame, numbers, SCORE))
    assert shown[8] == "高值聚集"
    assert shown[40] == "不显著"
    assert shown[48] == "无数据"


@pytest.mark.parametrize(
    ("count", "numbers", "words"), [(4, [1, 2, 3, 4], "只有 4 个单元"), (9, [5] * 9, "全部相同")], ids=["few", "equal"]
)
def test_clusters_that_cannot_be_seen_are_one_clear_error(count: int, numbers: list[int], words: str) -> None:
    with pytest.raises(ReportError, match=words):
        layers.cluster_layer(units(count, across=3), values(*numbers), SCORE)


# ---- two measures, kinds


def test_two_measures_make_nine_fields_from_low_low_to_high_high() -> None:
    frame = units(9)
    rising, turning = values(*range(9)), values(*(at % 3 for at in range(9)))
    layer = layers.bivariate_layer(frame, (rising, SCORE), (turning, RATE), breaks=([3, 6], [0.5, 1.5]))
    assert layer.members.tolist() == [0, 3, 6, 1, 4, 7, 2, 5, 8]
    assert [category.count for category in layer.categories] == [1] * 9
    assert layer.matrix == ("得分", "达标率（%）")


def test_the_nine_colours_are_darkest_where_both_are_high() -> None:
    layer = layers.bivariate_layer(units(9), (values(*range(9)), SCORE), (values(*range(9)), SCORE))
    lightness = np.array([grey(category.fill) for category in layer.categories[:9]]).reshape(3, 3)
    assert (np.diff(lightness, axis=0) < 0).all()
    assert (np.diff(lightness, axis=1) < 0).all()


def test_a_unit_that_lacks_one_measure_is_no_data() -> None:
    numbers = values(1, 2, 3, None)
    layer = layers.bivariate_layer(units(4), (numbers, SCORE), (values(1, 2, 3, 4), SCORE))
    assert label_of(layer)[3] == "无数据"


def test_a_measure_of_two_values_cannot_be_put_into_thirds() -> None:
    with pytest.raises(ReportError, match="分不成三级"):
        layers.bivariate_layer(units(4), (values(1, 1, 2, 2), SCORE), (values(1, 2, 3, 4), SCORE))


def test_kinds_stand_in_the_legend_in_the_order_of_their_labels() -> None:
    kinds = pd.Series(["b", "a", None, "z"], index=codes(4))
    layer = layers.category_layer(units(4), kinds, "类型", labels={"b": "乙类", "a": "甲类"})
    assert [(one.label, one.count) for one in layer.categories] == [("乙类", 1), ("甲类", 1), ("z", 1), ("无数据", 1)]


def test_a_kind_of_which_there_is_nothing_to_say_is_the_quietest() -> None:
    kinds = pd.Series([*"abcdefghi", "0"], index=codes(10))
    labels = {one: one for one in [*"abcdefghi", "0"]}
    looks = layers.category_layer(units(10), kinds, "类型", labels=labels, quiet="0").categories
    assert (looks[9].fill, looks[9].hatch) == ("#f5f5f1", "")
    assert all(grey(one.fill) < grey(looks[9].fill) for one in looks[:9])


def test_twenty_kinds_all_look_different() -> None:
    kinds = pd.Series([f"类{at:02d}" for at in range(20)], index=codes(20))
    looks = [(one.fill, one.hatch) for one in layers.category_layer(units(20), kinds, "类型").categories]
    assert len(set(looks)) == 20


def test_a_thousand_kinds_are_one_clear_error() -> None:
    frame = units(99)
    kinds = pd.Series([f"类{at}" for at in range(99)], index=frame["unit_code"])
    with pytest.raises(ReportError, match="「类型」有 99 类，图例放不下"):
        layers.category_layer(frame, kinds, "类型")


# ---- on paper and on the screen


def every_kind() -> list[Layer]:
    frame = hierarchy()
    flows = layers.level_flows(frame, matters((0, "town"), (1, "above")))
    people = grids(4).assign(population=pd.array([900] * 4, dtype="Int64"))
    return [
        layers.symbol_layer(frame, values(1, 20, 300, 4), COUNT),
        layers.flow_layer(frame, flows, COUNT),
        layers.bivariate_layer(frame, (values(1, 2, 3, 4), SCORE), (values(4, 1, 3, 2), SCORE)),
        layers.category_layer(frame, pd.Series(list("abca"), index=codes(4)), "类型"),
        layers.cluster_layer(units(25, across=5), values(*LATTICE), SCORE),
        *layers.access_layers(facilities("clinic"), people, "卫生站", metric_crs="EPSG:4551", radii=[200]),
    ]


@pytest.mark.parametrize("layer", every_kind(), ids=lambda layer: layer.key)
def test_every_kind_is_drawn_on_paper_in_the_colours_of_its_legend(layer: Layer) -> None:
    import io

    from PIL import Image

    picture = Image.open(io.BytesIO(setting().figure("图", [layer]).png)).convert("RGB")
    found = {colour for _, colour in picture.getcolors(1 << 20)}  # type: ignore[union-attr,misc]
    wanted = {one.fill or one.edge for one in layer.categories if one.count and not one.hatch}
    assert {tuple(int(one[at : at + 2], 16) for at in (1, 3, 5)) for one in wanted} <= found


@pytest.mark.parametrize("layer", every_kind(), ids=lambda layer: layer.key)
def test_every_kind_says_the_same_on_the_screen(layer: Layer) -> None:
    from govkit.display.maps.web.web_layers import layer_data

    figure = setting().interactive("图", [layer])
    shown = layer_data(layer, figure.spec, order=0)
    assert [entry["label"] for entry in shown["legend"]["entries"]] == [one.label for one in layer.categories]
    assert shown["members"] == layer.members.tolist()
    for look, category in zip(shown["looks"], layer.categories, strict=True):
        assert look.get("radius", 0) == pytest.approx(category.radius * 96 / 2.54, abs=0.06)


def test_a_map_of_a_standard_shows_only_those_judged_where_they_are_the_fewer() -> None:
    inputs = SimpleNamespace(mapped=True, communities=units(10), setting=setting())
    judged = pd.DataFrame({"met": [False, True], "missing": [["警务室"], []]}, index=codes(2))
    few = _map(inputs, SimpleNamespace(title="标准"), judged, "图")  # type: ignore[arg-type]
    assert few.spec.layers[0].codes == tuple(codes(2))
    inputs.communities = units(3)
    most = _map(inputs, SimpleNamespace(title="标准"), judged, "图")  # type: ignore[arg-type]
    assert most.spec.layers[0].codes == tuple(codes(3))
