"""Bad input gets a map that is right and safe, in print and on the screen, or one clear error."""

from __future__ import annotations

import html
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from map_browser import open_map
from map_frames import codes, facilities, grids, setting, square, units, values
from matplotlib.text import Text
from PIL import Image

from govkit.display.maps import has_shapes, kinds
from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import InteractiveMap
from govkit.display.maps.sheet.layout import page_of
from govkit.display.maps.sheet.printing import draw_map
from govkit.display.maps.sheet.spec import Layer
from govkit.errors import ReportError

RATE = Quantity("达标率", "percent")
NAN = float("nan")
# A name that reverses what follows it, one in Hebrew, markup, quotes of every kind, a picture.
HOSTILE = ["<script>window.hacked=1</script>村", "\"'`村‘’“”&amp;", "\u202e村平太\u202c", "${1}\\u003c村{{7*7}}"]


def drawn(*shown: Layer) -> InteractiveMap:
    """A map that was made both ways."""
    figure = setting().interactive("图", list(shown))
    assert Image.open(io.BytesIO(figure.png)).width > 1000
    assert figure.html.startswith("<iframe")
    return figure


def counts(layer: Layer) -> dict[str, int]:
    return {one.label: one.count for one in layer.categories}


@pytest.mark.parametrize(("numbers", "legend"), [
    ([0.5], {"50.0": 1}),
    ([0.5, 0.5, 0.5], {"50.0": 3}),
    ([NAN, NAN], {"无数据": 2}),
    ([-0.2, -0.2, NAN], {"−20.0": 2, "无数据": 1}),
    ([-0.1, 0.1], {"<0": 1, "≥0": 1}),
], ids=["one value", "all equal", "all missing", "negative and missing", "either side of zero"])  # fmt: skip
def test_few_values_make_a_map_with_the_right_legend(numbers: list[float], legend: dict[str, int]) -> None:
    layer = layers.choropleth_layer(units(len(numbers)), values(*numbers), RATE)
    assert counts(layer) == legend
    drawn(layer)


def test_negative_rates_are_classed_in_order_with_a_minus_sign_of_full_length() -> None:
    layer = layers.choropleth_layer(units(6), values(-0.9, -0.5, -0.1, 0.1, 0.5, 0.9), RATE, breaks=[-0.3, 0.3])
    assert counts(layer) == {"<-30": 2, "-30～30": 2, "≥30": 2}
    assert layer.facts[0] == (("达标率", "−90.0%"),)
    drawn(layer)


@pytest.mark.parametrize("make", [
    lambda frame, kinds_of: layers.category_layer(frame, kinds_of, "类型"),
    lambda frame, kinds_of: layers.choropleth_layer(frame, pd.Series(range(len(frame)), index=kinds_of.index), RATE,
                                                    classes=1000),
], ids=["kinds", "classes"])  # fmt: skip
def test_a_thousand_categories_are_one_clear_error_with_the_most_allowed(make: Callable[..., Layer]) -> None:
    frame = units(1000, across=40).assign(unit_code=[f"{at:012d}" for at in range(1000)])
    with pytest.raises(ReportError, match=r"最多 \d+ [类级]"):
        make(frame, pd.Series([f"类{at}" for at in range(1000)], index=frame["unit_code"]))


def test_names_of_thirty_characters_stay_whole_in_print_and_on_the_screen() -> None:
    name = "某某省某某市某某区某某街道某某花园第一期东区第二社区居民委员会"
    figure = drawn(layers.border_layer(units(2, names=[name]), filled=True))
    sheet = draw_map(figure.spec, page_of(""))
    assert name in "".join(text.get_text() for text in sheet._figure.findobj(Text)).replace(" ", "")
    assert name in figure.html


def test_a_polygon_across_the_zones_border_is_drawn_whole_within_the_map() -> None:
    across = shapely.box(126.505, 45.705, 126.56, 45.715)
    frame = units(2).set_geometry([square(0), across], crs="EPSG:4490")
    figure = setting(outline=square(0), zone=square(0)).interactive("图", [layers.border_layer(frame, filled=True)])
    assert '"bounds":[[45.7,126.5],[45.715,126.56]]' in html.unescape(figure.html)
    picture = np.asarray(Image.open(io.BytesIO(figure.png)).convert("RGB"))
    land = (picture == [0xF4, 0xF2, 0xEA]).all(axis=2)
    assert land.any(axis=0).sum() > 5 * land.any(axis=1).sum() * 0.5


def test_an_empty_district_is_said_and_not_drawn() -> None:
    nothing = units(2).iloc[:0]
    assert not has_shapes(nothing)
    with pytest.raises(ReportError, match="没有任何记录"):
        kinds.choropleth(nothing, values(), "图", quantity=RATE, setting=setting())


def test_a_district_that_is_a_point_is_left_out_and_named() -> None:
    frame = units(2).set_geometry([square(0), square(1).centroid], crs="EPSG:4490")
    layer = layers.choropleth_layer(frame, values(0.5, 0.6), RATE)
    assert layer.codes == (codes(2)[0],)
    assert any("第2村" in remark for remark in layer.remarks)
    drawn(layer)


def test_a_district_of_a_few_metres_makes_a_map_of_its_surroundings() -> None:
    frame = units(1).set_geometry([square(0, size=0.00002)], crs="EPSG:4490")
    drawn(layers.border_layer(frame, filled=True))


def test_only_points_where_borders_are_wanted_is_one_clear_error() -> None:
    frame = units(1).set_geometry([square(0).centroid], crs="EPSG:4490")
    with pytest.raises(ReportError, match="没有一条记录有可用的边界"):
        layers.border_layer(frame)


@pytest.mark.parametrize("name", ["太平村😀", "קהילה", "مجتمع"], ids=["emoji", "Hebrew", "Arabic"])
def test_a_name_no_chinese_font_can_print_is_named_with_its_place(name: str) -> None:
    with pytest.raises(ReportError, match="没有字体可以印出") as raised:
        layers.border_layer(units(1, names=[name]))
    assert codes(1)[0] in str(raised.value)


def hostile() -> InteractiveMap:
    frame = units(4, names=HOSTILE)
    kinds_of = pd.Series(HOSTILE, index=codes(4))
    every = [
        layers.category_layer(frame, kinds_of, HOSTILE[0]),
        layers.grid_layer(grids(4).assign(name=HOSTILE)),
        layers.facility_layer(facilities("clinic", name=HOSTILE[0])),
    ]
    return setting().interactive(f"{HOSTILE[1]}{{{{7*7}}}}{{% for %}}{{#", every)


def test_no_name_is_ever_run_as_a_template() -> None:
    page = html.unescape(hostile().html)
    assert "村49" not in page
    assert "\\u007b{7*7}}" in page
    assert "\\u007b% for %}" in page


def test_hostile_names_are_printed_as_they_are_but_for_marks_of_direction() -> None:
    sheet = draw_map(hostile().spec, page_of(""))
    words = "".join(text.get_text() for text in sheet._figure.findobj(Text)).replace(" ", "")
    for name in HOSTILE:
        assert name.strip("\u202e\u202c").replace(" ", "") in words
    assert "\u202e" not in words


@pytest.mark.browser
def test_hostile_names_are_text_on_the_screen_wherever_they_stand(browser: Any, tmp_path: Path) -> None:
    with open_map(browser, hostile(), tmp_path) as frame:
        assert frame.evaluate("window.hacked") is None
        for name in HOSTILE:
            frame.fill(".govkit-search input", name.strip("\u202e\u202c")[:6])
            frame.press(".govkit-search input", "Enter")
            assert frame.locator(".govkit-card strong").last.inner_text() == name.strip("\u202e\u202c")
        assert HOSTILE[0] in frame.locator(".govkit-legend").inner_text()
        assert frame.evaluate("window.hacked") is None
        assert frame.page.said == []
