"""Printed maps: complete, legible, right in scale, the same bytes every time."""

from __future__ import annotations

import io
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from map_frames import NOTES, codes, defects, facilities, grids, setting, square, units, values
from matplotlib.text import Text
from PIL import Image
from pyproj import Geod, Transformer

from govkit import catalogue
from govkit.display.maps import kinds
from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import MapFigure
from govkit.display.maps.sheet.labels import Wanted, place
from govkit.display.maps.sheet.panel import spread
from govkit.display.maps.sheet.printing import _squares, draw_map
from govkit.display.maps.sheet.shapes import crs_text
from govkit.display.maps.sheet.spec import MapNotes
from govkit.display.maps.sheet.view import fit, free_corner, scale_bar
from govkit.display.palette import colours
from govkit.errors import ReportError

RATE = Quantity("达标率", "percent")
PAGE = catalogue.load("map_text")["page"]


def figure(count: int = 4, **changes: object) -> MapFigure:
    frame = units(count, names=changes.pop("names", ()))  # type: ignore[arg-type]
    numbers = values(*(at / count for at in range(count)))
    title = str(changes.pop("title", "各村达标率"))
    return kinds.choropleth(frame, numbers, title, quantity=RATE, setting=setting(**changes))


def words_on(shown: MapFigure) -> list[str]:
    sheet = draw_map(shown.spec, PAGE)
    return [text.get_text() for text in sheet._figure.findobj(Text) if text.get_text()]


def palette_of(png: bytes) -> set[tuple[int, ...]]:
    return {colour for _, colour in Image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 20)}  # type: ignore[union-attr,misc]


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def test_the_same_map_gives_the_same_bytes() -> None:
    assert figure().png == figure().png


def test_a_map_leaves_matplotlib_as_it_was_and_no_figure_behind() -> None:
    before = dict(mpl.rcParams)
    assert figure().png
    assert dict(mpl.rcParams) == before
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


def test_a_users_own_settings_do_not_change_a_map() -> None:
    plain = figure().png
    changed: Any = {"font.size": 30, "hatch.linewidth": 9, "figure.facecolor": "red", "axes.facecolor": "red"}
    with mpl.rc_context(changed):
        assert figure().png == plain


def test_a_map_is_a_small_palette_png_as_wide_as_the_text() -> None:
    image = Image.open(io.BytesIO(figure(12).png))
    assert image.mode == "P"
    assert image.width == int(15.6 / 2.54 * PAGE["dpi"])
    assert image.info["dpi"] == pytest.approx((PAGE["dpi"], PAGE["dpi"]), abs=0.1)
    assert len(figure(12).png) < 150_000


def test_every_colour_of_the_legend_is_on_paper_exactly() -> None:
    shown = figure(10)
    fills = {rgb(category.fill) for layer in shown.spec.layers for category in layer.categories}
    assert fills <= palette_of(shown.png)


def test_the_page_stays_white() -> None:
    image = Image.open(io.BytesIO(figure().png)).convert("RGB")
    assert image.getpixel((2, 2)) == (255, 255, 255)


def test_title_source_date_crs_and_classification_are_printed() -> None:
    shown = words_on(figure())
    for words in ("各村达标率", "资料来源：测试台账", "数据时间：2018年12月31日", "公开", "达标率（%）", "北", "米"):
        assert words in shown
    assert "坐标系：2000 国家大地坐标系，高斯—克吕格投影，中央经线 126°" in shown


def test_synthetic_data_are_marked_and_real_data_are_not() -> None:
    real = MapNotes("EPSG:4551")
    assert "合成数据 仅供演示" in words_on(figure())
    assert "合成数据 仅供演示" not in words_on(figure(notes=real))


def test_a_map_without_approval_number_is_a_sketch() -> None:
    approved = MapNotes("EPSG:4551", map_approval="黑S(2018)012号")
    assert "示意图" in words_on(figure())
    assert "审图号：黑S(2018)012号" in words_on(figure(notes=approved))
    assert "示意图" not in words_on(figure(notes=approved))


def test_the_legend_counts_the_units_of_each_class() -> None:
    shown = words_on(figure(4))
    layer = figure(4).spec.layers[0]
    assert [words for words in shown if words.endswith(" 个")] == [f"{one.count} 个" for one in layer.categories]


def test_the_locator_names_no_other_district() -> None:
    zone = shapely.box(126.0, 45.0, 127.0, 46.0)
    plain, located = figure(), figure(outline=square(0), zone=zone)
    assert set(words_on(located)) - set(words_on(plain)) == {"位置示意"}


def test_the_district_of_a_report_is_outlined_among_its_neighbours() -> None:
    subject = rgb(colours("line")["subject"])
    assert subject in palette_of(figure(subject=codes(4)[1]).png)
    assert subject not in palette_of(figure().png)


@pytest.mark.parametrize("crs", ["EPSG:4551", "EPSG:3857", "EPSG:32652"])
def test_a_scale_bar_is_right_within_one_percent_on_the_ellipsoid(crs: str) -> None:
    to_metric = Transformer.from_crs("EPSG:4490", crs, always_xy=True)
    west, south = to_metric.transform(126.3, 45.6)
    east, north = to_metric.transform(126.7, 45.8)
    view = fit((west, south, east, north), 0, 0, 11, 13)
    length, metres = scale_bar((west, south, east, north), view.scale, crs, longest=2.6)
    middle = (south + north) / 2
    ends = [(west + east) / 2 - length / view.scale / 2, (west + east) / 2 + length / view.scale / 2]
    longitudes, latitudes = to_metric.transform(ends, [middle, middle], direction="INVERSE")
    _, _, truth = Geod(ellps="GRS80").inv(longitudes[0], latitudes[0], longitudes[1], latitudes[1])
    assert truth == pytest.approx(metres, rel=0.01)
    assert length <= 2.6


@given(st.floats(1e-6, 10))
def test_a_scale_bar_stands_for_a_round_number_and_fits(scale: float) -> None:
    bounds = (300_000.0, 5_000_000.0, 300_100.0, 5_000_100.0)
    length, metres = scale_bar(bounds, scale, "EPSG:4551", longest=2.6)
    assert 1.0 <= length <= 2.6 * (1 + 1e-9)
    assert f"{metres:.0e}"[0] in "124"


def test_polygons_are_drawn_in_the_zones_metric_crs() -> None:
    """A square of 2 by 2 kilometres is as high as wide on paper, which it is not in degrees."""
    side = gpd.GeoSeries([shapely.box(530_000, 5_060_000, 532_000, 5_062_000)], crs="EPSG:4551").to_crs("EPSG:4490")
    frame = units(1).set_geometry(side)
    shown = layers.choropleth_layer(frame, values(1), RATE, labelled=False)
    image = np.asarray(Image.open(io.BytesIO(setting().figure("方", [shown]).png)).convert("RGB"))
    fill = (image == rgb(shown.categories[0].fill)).all(axis=2)[:, : image.shape[1] * 72 // 100]
    rows, columns = np.flatnonzero(fill.any(axis=1)), np.flatnonzero(fill.any(axis=0))
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), rel=0.01)


def test_all_kinds_are_drawn() -> None:
    frame, missing = units(4), values(0, 1, 2, None)
    shown = [
        kinds.change_map(frame, values(-0.1, 0, 0.1), "变化", quantity=RATE, setting=setting()),
        kinds.attainment_map(frame, missing, "达标情况", setting=setting(), standard="设施标准"),
        kinds.facility_map(facilities("clinic", "police_room", None), frame, "设施", setting=setting()),
        kinds.grid_map(grids(4), "网格", units=frame, defects=defects(), setting=setting()),
        kinds.grid_map(grids(4), "户数", by="households", setting=setting()),
    ]
    assert all(one.png.startswith(b"\x89PNG") for one in shown)


def test_gaps_and_overlaps_are_numbered_and_listed() -> None:
    shown = words_on(kinds.grid_map(grids(4), "网格", defects=defects(), setting=setting()))
    assert {"1", "2", "1 空隙（未覆盖） 2,000 m²", "2 重叠 500 m²"} <= set(shown)


def test_many_facilities_at_one_place_are_moved_apart_and_this_is_said() -> None:
    frame = facilities(*["clinic"] * 5)
    assert "密集处符号略有移位" in words_on(kinds.facility_map(frame, units(1), "设施", setting=setting()))
    assert "密集处符号略有移位" not in words_on(kinds.facility_map(frame[:1], units(1), "设施", setting=setting()))


@pytest.mark.parametrize("count", [1, 2], ids=["single unit", "two units"])
def test_few_units_make_a_map(count: int) -> None:
    assert "第1村" in words_on(figure(count))


def test_a_single_facility_makes_a_map_of_its_surroundings() -> None:
    shown = setting().figure("设施", [layers.facility_layer(facilities("clinic"))])
    assert shown.png.startswith(b"\x89PNG")


def test_nothing_to_show_is_an_error_in_words() -> None:
    empty = layers.defect_layer(defects().iloc[:0])
    with pytest.raises(ReportError, match="「空图」没有可画的图形"):
        _ = setting().figure("空图", [empty]).png


def test_a_name_of_thirty_characters_is_broken_into_lines() -> None:
    name = "黑龙江省哈尔滨市道里区新农镇新农村农民专业合作社第一生产小区甲"[:30]
    assert name in "".join(words_on(figure(2, names=[name])))


def test_a_title_of_sixty_characters_is_broken_and_stays_whole() -> None:
    title = "道里区各街道和镇所辖行政村与社区二〇一八年下半年社区服务设施标准达标情况及其与上一报告期相比较的变化"
    assert title in "".join(words_on(figure(title=title)))


def test_names_are_printed_as_they_are_and_never_read_as_formula() -> None:
    hostile = ["$\\frac{1}{0}$村", "<script>alert(1)</script>", "村名{0}%s"]
    shown = "".join(words_on(figure(4, names=hostile)))
    assert all(name in shown for name in hostile)
    assert figure(4, names=hostile).png.startswith(b"\x89PNG")


def test_a_name_no_font_can_print_is_named_with_its_code() -> None:
    with pytest.raises(ReportError, match=r"😀.*U\+1F600"):
        figure(2, names=["😀村"])


@pytest.mark.parametrize(("crs", "words"), [("EPSG:99999", "没有这个坐标系"), ("EPSG:4490", "不以米为单位")])
def test_a_crs_that_cannot_serve_is_refused(crs: str, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        _ = figure(notes=MapNotes(crs)).png


def test_a_crs_without_gauss_kruger_is_called_by_its_name() -> None:
    assert crs_text("EPSG:3857") == "WGS 84，WGS 84 / Pseudo-Mercator"


def test_small_units_in_a_crowd_are_named_in_a_magnified_inset() -> None:
    small = [
        shapely.box(126.60 + c / 400, 45.70 + r / 400, 126.6025 + c / 400, 45.7025 + r / 400)
        for c in range(4)
        for r in range(3)
    ]
    wide = [shapely.box(126.0, 45.6, 126.3, 45.9), shapely.box(126.3, 45.6, 126.6, 45.9)]
    frame = units(14).set_geometry(gpd.GeoSeries(small + wide, crs="EPSG:4490"))
    shown = words_on(kinds.choropleth(frame, values(*range(14)), "街道", quantity=RATE, setting=setting()))
    assert any(words.startswith("局部放大") for words in shown)
    assert {f"第{number}村" for number in range(1, 15)} <= set(shown)


def test_a_name_without_room_gets_a_number_that_the_column_explains() -> None:
    sliver = shapely.box(126.515, 45.7, 126.5155, 45.71)
    frame = units(3).set_geometry(gpd.GeoSeries([square(0), sliver, square(3)], crs="EPSG:4490"))
    shown = words_on(kinds.choropleth(frame, values(1, 2, 3), "村", quantity=RATE, setting=setting()))
    assert {"1", "1 第2村"} <= set(shown)


def test_a_key_that_would_outgrow_the_page_gives_way_to_a_count() -> None:
    slivers = gpd.GeoSeries(
        [shapely.box(126.5 + c / 1000, 45.7, 126.501 + c / 1000, 45.8) for c in range(39)], crs="EPSG:4490"
    )
    names = [f"{number}号" + "黑龙江省哈尔滨市道里区新农镇新农村农民专业合作社第一生产小区" for number in range(39)]
    frame = units(39, names=names).set_geometry(slivers)
    shown = kinds.choropleth(frame, values(*range(39)), "村", quantity=RATE, setting=setting())
    assert draw_map(shown.spec, PAGE).height < PAGE["most_height"] + 3
    assert any(words.endswith("个单元未注名") for words in words_on(shown))


BOXES = st.lists(
    st.tuples(
        st.floats(0, 10),
        st.floats(0, 10),
        st.floats(0.1, 5),
        st.floats(0.1, 5),
        st.text("道里区群力", min_size=1, max_size=30),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(BOXES)
def test_labels_never_overlap_and_every_unit_is_named_numbered_or_counted(
    boxes: list[tuple[float, float, float, float, str]],
) -> None:
    wanted = {
        str(at): Wanted(name, "", shapely.box(x, y, x + width, y + height), width * height)
        for at, (x, y, width, height, name) in enumerate(boxes)
    }
    placed = place(wanted, (0, 0, 15, 15), sizes=[7.4, 6.0], number_size=6, most_keys=5)
    corners = np.array([box_of(label) for label in [*placed.labels, *placed.numbers]]).reshape(-1, 4)
    for at, one in enumerate(corners):
        for other in corners[at + 1 :]:
            assert not shapely.box(*(one + (0.01, 0.01, -0.01, -0.01))).intersects(shapely.box(*other))  # noqa: RUF005
    assert len(placed.labels) + len(placed.numbers) + placed.dropped == len(wanted)
    assert len(placed.keys) == len(placed.numbers) <= 5


def box_of(label: object) -> tuple[float, float, float, float]:
    from govkit.display.maps.sheet.labels import Placed, _extent

    assert isinstance(label, Placed)
    width, height = _extent(label.lines, label.size)
    return label.x - width / 2, label.y - height / 2, label.x + width / 2, label.y + height / 2


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=40))
def test_symbols_move_by_at_most_three_diameters(places: list[tuple[float, float]]) -> None:
    before = np.array(places)
    assert np.hypot(*(spread(before, 0.3) - before).T).max() <= 3 * 0.3 * (1 + 1e-9)


def test_symbols_at_one_place_end_up_apart() -> None:
    after = spread(np.zeros((6, 2)), 0.3)
    distance = np.hypot(*(after[:, None] - after[None, :]).transpose(2, 0, 1))
    assert distance[np.triu_indices(6, 1)].min() > 0.25


def test_an_inset_stands_in_a_free_corner_or_nowhere() -> None:
    left = np.array([shapely.box(0, 0, 5, 10)], dtype=object)
    assert free_corner(left, (0, 0, 10, 10), 3, 3) == pytest.approx((6.88, 6.88))
    assert free_corner(np.array([shapely.box(0, 0, 10, 10)], dtype=object), (0, 0, 10, 10), 3, 3) is None


def test_the_bundle_carries_picture_size_caption_alt_and_source() -> None:
    data, metadata = figure(4)._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert metadata["image/png"]["width"] == 590
    assert metadata["govkit"]["caption"] == "各村达标率"
    assert metadata["govkit"]["source"] == f"来源：{NOTES.source}"
    assert metadata["govkit"]["alt"].startswith("各村达标率。达标率（%）：")


def crowded(count: int = 60, *, names: tuple[str, ...] = ()) -> MapFigure:
    """A wide town, and ``count`` small streets in its corner, six a row, with 0, 1, 2 … per cent."""
    frame = units(count, names=names, across=6)
    town = shapely.box(126.5, 45.0, 128.5, 45.69)
    frame = frame.assign(geometry=[town, *frame.geometry[1:]]).set_crs("EPSG:4490", allow_override=True)
    numbers = values(*(at / 100 for at in range(count)))
    return kinds.choropleth(frame, numbers, "各村达标率", quantity=RATE, setting=setting(), show_values=True)


def test_streets_too_small_to_read_are_squares_about_where_they_lie_and_all_named() -> None:
    shown = crowded()
    words = words_on(shown)
    assert {"第2村", "第60村", "59.0"} <= set(words)
    assert any("大小相同" in word for word in words)
    assert not any("千米" in word or "坐标系" in word for word in words)
    shapes = np.array([square(at % 6, at // 6, size=0.001) for at in range(60)])
    squares = _squares(shapes, 1.0)
    assert shapely.area(squares).std() < 1
    assert shapely.area(shapely.union_all(squares)) == pytest.approx(shapely.area(squares).sum())
    middles = shapely.get_coordinates(shapely.centroid(squares))
    assert middles[:6, 1].mean() < middles[-6:, 1].mean()
    assert middles[::6, 0].mean() < middles[5::6, 0].mean()


def test_units_that_can_be_read_keep_their_shapes() -> None:
    assert any("坐标系" in word for word in words_on(figure(9)))
