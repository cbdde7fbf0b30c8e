"""Names on the interactive map: inside their unit, never over each other, dropped by rank, switched off by a button."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from map_browser import open_map
from map_frames import codes, facilities, setting, square, units, values

from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import InteractiveMap
from govkit.display.maps.web.web_layers import layer_data

SCORE = Quantity("得分")


def crowd() -> InteractiveMap:
    """100 villages, ten a row; the last has the highest score."""
    frame = units(100, across=10).assign(unit_code=[f"{at:012d}" for at in range(100)])
    scores = pd.Series(range(100), index=frame["unit_code"], dtype=float)
    return setting().interactive("图", [layers.choropleth_layer(frame, scores, SCORE)])


@pytest.fixture(scope="module")
def frame(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with open_map(browser, crowd(), tmp_path_factory.mktemp("names")) as opened:
        yield opened


def named(frame: Any) -> list[str]:
    return [text.replace("\n", "") for text in frame.locator(".govkit-name").all_inner_texts()]


@pytest.mark.browser
def test_no_two_names_overlap_and_none_hangs_out_of_the_window(frame: Any) -> None:
    boxes = [shapely.box(b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"])
             for b in (one.bounding_box() for one in frame.locator(".govkit-name").all())]  # fmt: skip
    assert len(boxes) > 20
    assert not any(one.buffer(-1).intersects(other.buffer(-1)) for one, other in combinations(boxes, 2))
    whole = frame.locator(".leaflet-container").bounding_box()
    window = shapely.box(0, 0, whole["width"], whole["height"]).buffer(3)
    assert all(box.within(window) for box in boxes)


@pytest.mark.browser
def test_closer_by_more_of_the_names_in_view_have_room(frame: Any) -> None:
    before = set(named(frame))
    for _ in range(4):
        frame.click(".leaflet-control-zoom-in")
        frame.wait_for_timeout(350)
    inside = set(named(frame))
    assert inside
    assert inside - before or inside < before
    frame.click(".govkit-reset")
    frame.wait_for_timeout(350)
    assert set(named(frame)) == before


@pytest.mark.browser
def test_a_button_takes_the_names_away_and_brings_them_back(frame: Any) -> None:
    before = named(frame)
    frame.click(".govkit-names")
    assert named(frame) == []
    frame.click(".govkit-names")
    assert named(frame) == before


@pytest.mark.browser
def test_a_layer_switched_off_takes_its_names_along(frame: Any) -> None:
    switch = frame.locator(".govkit-switch input")
    switch.uncheck()
    assert named(frame) == []
    switch.check()
    assert named(frame)


@pytest.mark.browser
def test_a_unit_in_two_layers_is_named_once(browser: Any, tmp_path: Path) -> None:
    one = units(1, names=["太平村"])
    both = [layers.border_layer(one, filled=True), layers.choropleth_layer(one, values(1), SCORE)]
    with open_map(browser, setting().interactive("图", both), tmp_path) as opened:
        assert named(opened) == ["太平村"]


@pytest.mark.browser
def test_a_name_keeps_clear_of_the_symbol_in_the_middle_of_its_unit(browser: Any, tmp_path: Path) -> None:
    both = [layers.border_layer(units(1, names=["太平村"])), layers.facility_layer(facilities("clinic"))]
    with open_map(browser, setting().interactive("图", both), tmp_path) as opened:
        name, symbol = (opened.locator(one).bounding_box() for one in (".govkit-name", ".govkit-symbol"))
        assert name["y"] >= symbol["y"] + symbol["height"] or name["y"] + name["height"] <= symbol["y"]


def test_names_reach_the_page_by_rank_with_a_place_inside_their_unit() -> None:
    shape = shapely.difference(square(0, size=0.02), shapely.box(126.5, 45.7, 126.515, 45.715))
    frame = units(3).set_geometry([square(5), shape, square(8)], crs="EPSG:4490")
    figure = setting().interactive("图", [layers.choropleth_layer(frame, values(2, 3, 1), SCORE)])
    spots = layer_data(figure.spec.layers[0], figure.spec, order=0)["spots"]
    assert [entry[0] for entry in spots] == [1, 0, 2]
    assert shape.contains(shapely.Point(spots[0][2], spots[0][1]))
    assert codes(3)[spots[0][0]] == figure.spec.layers[0].codes[1]
