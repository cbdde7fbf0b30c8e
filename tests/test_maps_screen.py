"""Interactive maps as a reader uses them: tools, keyboard, sliders, many shapes, a base below."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from map_browser import asked_elsewhere, open_map
from map_frames import codes, setting, units, values

from govkit.display.maps import kinds
from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet import basemap
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import InteractiveMap
from govkit.errors import ReportError, UnknownNameError

SCORE = Quantity("综合得分", "number", "分")
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763b8b0650b0004ac0257bf0be90e"
    "0000000049454e44ae426082"
)

Open = Callable[[InteractiveMap], Any]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a map offline and return its frame."""
    with ExitStack() as stack:
        yield lambda figure: stack.enter_context(open_map(browser, figure, tmp_path))


def plain(**changes: Any) -> InteractiveMap:
    frame = units(4, names=["太平村", "先锋村", "新发村", "胜利村"])
    return setting(**changes).interactive("图", [layers.choropleth_layer(frame, values(1, 2, 3, 4), SCORE)])


def over_time(count: int, slider: str) -> InteractiveMap:
    frame = pd.DataFrame({f"第{at}期": [at, 2, 3, 4] for at in range(count)}, index=codes(4))
    figure = kinds.period_map(units(4), frame, "逐期", quantity=SCORE, setting=setting(), slider=slider)
    assert isinstance(figure, InteractiveMap)
    return figure


def colours_shown(frame: Any) -> list[str]:
    return frame.eval_on_selector_all("path.leaflet-interactive", "all => all.map(one => one.getAttribute('fill'))")


@pytest.mark.browser
def test_a_name_is_found_and_its_card_opens(opened: Open) -> None:
    frame = opened(plain())
    frame.fill(".govkit-search input", "先锋")
    assert frame.locator(".govkit-search li").all_inner_texts() == ["先锋村"]
    frame.press(".govkit-search input", "Enter")
    frame.wait_for_selector(".govkit-card")
    assert frame.locator(".govkit-card strong").inner_text() == "先锋村"


@pytest.mark.browser
def test_a_name_that_is_not_there_is_said_to_be_not_there(opened: Open) -> None:
    frame = opened(plain())
    frame.fill(".govkit-search input", "<img src=x>")
    assert frame.locator(".govkit-search li").all_inner_texts() == ["没有找到"]


@pytest.mark.browser
def test_units_are_reached_and_opened_by_the_keyboard(opened: Open) -> None:
    frame = opened(plain())
    unit = frame.locator("path[role=button]").nth(2)
    assert unit.get_attribute("aria-label") == "新发村"
    unit.focus()
    unit.press("Enter")
    assert frame.locator(".govkit-card strong").inner_text() == "新发村"


@pytest.mark.browser
def test_a_measured_line_is_as_long_as_on_the_ground(opened: Open) -> None:
    frame = opened(plain())
    frame.click(".govkit-measure")
    map_box = frame.locator(".leaflet-container")
    box = frame.locator("path.leaflet-interactive").first.bounding_box()
    origin = map_box.bounding_box()
    left, top = box["x"] - origin["x"], box["y"] - origin["y"]
    map_box.click(position={"x": left, "y": top})
    map_box.click(position={"x": left, "y": top + box["height"]})
    text = frame.locator(".govkit-length").last.inner_text()
    assert float(text.split(" ")[0]) == pytest.approx(1.112, rel=0.02)
    assert text.endswith("千米")
    assert frame.locator(".govkit-card").count() == 0


@pytest.mark.browser
def test_reset_brings_back_layers_and_removes_the_measured_line(opened: Open) -> None:
    frame = opened(plain())
    frame.locator(".govkit-legend section input").uncheck()
    assert colours_shown(frame) == []
    frame.click(".govkit-reset")
    assert len(colours_shown(frame)) == 4
    assert frame.locator(".govkit-legend section input").is_checked()


@pytest.mark.browser
def test_circles_of_counts_are_drawn_in_their_size(opened: Open) -> None:
    layer = layers.symbol_layer(units(4), values(1, 10, 100, 1000), Quantity("事项", "integer", "件"))
    frame = opened(setting().interactive("图", [layer]))
    boxes = [one.bounding_box()["width"] for one in frame.locator("path.leaflet-interactive").all()]
    wanted = [2 * layer.categories[at].radius * 96 / 2.54 for at in layer.members]
    assert boxes == pytest.approx(wanted, abs=2.5)


@pytest.mark.browser
def test_a_time_slider_shows_one_stage_and_its_legend_at_a_time(opened: Open) -> None:
    frame = opened(over_time(3, "time"))
    assert frame.locator("output").inner_text() == "第2期"
    last = colours_shown(frame)
    frame.locator("input[type=range]").fill("0")
    assert frame.locator("output").inner_text() == "第0期"
    assert len(colours_shown(frame)) == 4
    assert colours_shown(frame) != last
    heads = [one.inner_text() for one in frame.locator(".govkit-legend section").all() if one.is_visible()]
    assert len(heads) == 1
    assert heads[0].startswith("第0期")
    assert frame.page.said == []


@pytest.mark.browser
def test_a_line_parts_before_from_after(opened: Open) -> None:
    frame = opened(over_time(2, "swipe"))
    clips = "['govkit-0', 'govkit-1'].map(n => document.querySelector('.leaflet-' + n + '-pane').style.clip)"
    frame.locator("input[type=range]").fill("250")
    quarter = "Math.abs(parseFloat(document.querySelector('.govkit-line').style.left)"
    frame.wait_for_function(f"{quarter} - document.querySelector('.leaflet-container').clientWidth / 4) < 1")
    first, second = frame.evaluate(clips)
    line = frame.evaluate("parseFloat(document.querySelector('.govkit-line').style.left)")
    width = frame.evaluate("document.querySelector('.leaflet-container').clientWidth")
    assert line == pytest.approx(width / 4, abs=1)
    assert first.split(",")[1].strip() == second.split(",")[3].strip(" )")
    assert frame.page.said == []


@pytest.mark.parametrize(
    ("count", "slider", "words"), [(3, "swipe", "正好两期，现有 3 期"), (2, "spin", "没有这个滑块")]
)
def test_a_slider_that_cannot_be_is_refused(count: int, slider: str, words: str) -> None:
    with pytest.raises((ReportError, UnknownNameError), match=words):
        over_time(count, slider)


def test_the_print_twin_of_a_slider_shows_every_stage() -> None:
    from matplotlib.text import Text

    from govkit.display.maps.sheet.layout import page_of
    from govkit.display.maps.sheet.printing import draw_map

    sheet = draw_map(over_time(3, "time").spec, page_of(""))
    words = [text.get_text() for text in sheet._figure.findobj(Text)]
    assert {"第0期", "第1期", "第2期", "逐期", "合成数据 仅供演示"} <= set(words)


def test_every_stage_has_the_same_classes() -> None:
    figure = over_time(3, "time")
    labels = {tuple(one.label for one in panel.layers[0].categories) for panel in figure.spec.panels}
    assert len(labels) == 1


def test_the_legend_of_small_multiples_counts_all_of_them() -> None:
    figure = kinds.period_map(
        units(4), pd.DataFrame({"一": [1, 2, 3, 4], "二": [4, 4, 4, None]}, index=codes(4)), "图",
        quantity=SCORE, setting=setting(), breaks=[3.5],
    )  # fmt: skip
    assert {one.label: one.count for one in figure.spec.layers[0].categories} == {"<3.5": 3, "≥3.5": 4, "无数据": 1}


# ---- what lies below


@pytest.mark.browser
def test_a_base_that_cannot_be_had_goes_away_and_says_so(opened: Open) -> None:
    base = basemap.xyz("https://tiles.invalid/{z}/{x}/{y}.png", attribution="底图：某局")
    frame = opened(plain(base=base))
    frame.wait_for_selector("text=底图未能加载")
    assert frame.locator(".leaflet-tile-pane img").count() == 0
    assert len(colours_shown(frame)) == 4


@pytest.mark.browser
def test_tiles_of_a_local_file_are_shown_without_a_request(opened: Open, tmp_path: Path) -> None:
    base = basemap.local_tiles(mbtiles(tmp_path), bounds=(126.5, 45.7, 126.52, 45.72), attribution="底图：某局")
    frame = opened(plain(base=base))
    assert frame.locator(".leaflet-tile-pane img[src^='data:image/png']").count() >= 1
    assert asked_elsewhere(frame) == []
    assert "底图：某局" in frame.locator(".leaflet-control-attribution").inner_text()


def mbtiles(folder: Path) -> Path:
    """The one tile of zoom 9 that holds the test units: column 435, row 182 from the north."""
    path = folder / "底图.mbtiles"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
        file.execute("INSERT INTO tiles VALUES (9, 435, ?, ?)", (2**9 - 1 - 182, PIXEL))
    return path


def test_tiles_are_numbered_from_the_north_on_the_page(tmp_path: Path) -> None:
    base = basemap.local_tiles(mbtiles(tmp_path), bounds=(126.5, 45.7, 126.52, 45.72), attribution="")
    assert list(base.tiles) == ["9/435/182"]
    assert base.most_zoom == 9


def test_without_its_key_a_service_is_left_out_and_the_map_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOVKIT_TIANDITU_KEY", raising=False)
    base = basemap.service("tianditu")
    assert base.for_page() is None
    assert "未设置环境变量 GOVKIT_TIANDITU_KEY" in plain(base=base).html


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOVKIT_TIANDITU_KEY", "abc")
    page = basemap.service("tianditu").for_page()
    assert page
    assert all(url.endswith("tk=abc") for url in page["urls"])


def test_bases_that_cannot_be_used_are_refused_in_words(tmp_path: Path) -> None:
    no_file, no_tiles, wrong = tmp_path / "无.mbtiles", mbtiles(tmp_path), tmp_path / "错.mbtiles"
    wrong.write_text("no database", encoding="utf-8")
    place = (126.5, 45.7, 126.52, 45.72)
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: basemap.local_tiles(no_file, bounds=place, attribution=""), "没有这个底图文件"),
        (lambda: basemap.local_tiles(no_tiles, bounds=(0, 0, 1, 1), attribution=""), "没有瓦片"),
        (lambda: basemap.local_tiles(wrong, bounds=place, attribution=""), "不是图片瓦片的 MBTiles"),
        (lambda: basemap.local_tiles(tmp_path / "图.tif", bounds=place, attribution=""), "这是 GeoTIFF，不是 MBTiles"),
        (lambda: basemap.xyz("https://a/{z}", attribution=""), "瓦片地址缺少占位符"),
        (lambda: basemap.service("tiandit"), "最接近的是：tianditu"),
    ]
    for run, words in cases:
        with pytest.raises((ReportError, UnknownNameError), match=words):
            run()
