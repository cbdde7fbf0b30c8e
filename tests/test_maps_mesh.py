"""Layers of many shapes: drawn on a canvas in the legend's colours, and answering to the pointer as others do."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from map_browser import asked_elsewhere, open_map
from map_frames import facilities, grids, setting, square, units
from PIL import Image

from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import InteractiveMap

ACROSS, MANY = 25, 500
COUNT = Quantity("户数", "integer", "户")


def many_grids() -> gpd.GeoDataFrame:
    """500 grids, 25 a row: the southern 250 rural, the northern ones urban, which are hatched."""
    frame = grids(4).iloc[[0] * MANY].reset_index(drop=True)
    shapes = [square(at % ACROSS, at // ACROSS) for at in range(MANY)]
    return frame.assign(
        grid_code=[f"{at:012d}" for at in range(MANY)],
        name=[f"第{at}网格" for at in range(MANY)],
        kind=["rural"] * (MANY // 2) + ["urban"] * (MANY // 2),
    ).set_geometry(shapes, crs="EPSG:4490")


def shown() -> InteractiveMap:
    """Many grids, above them one unit's border and, in the first grid's middle, a facility."""
    frame = units(1).set_geometry([shapely.union_all(many_grids().geometry)], crs="EPSG:4490")
    above = [layers.border_layer(frame), layers.facility_layer(facilities("clinic", name="太平卫生站"))]
    return setting().interactive("图", [layers.grid_layer(many_grids()), *above])


@pytest.fixture(scope="module")
def frame(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with open_map(browser, shown(), tmp_path_factory.mktemp("mesh")) as opened:
        yield opened


def place_of(frame: Any, at: int) -> dict[str, float]:
    """Where the middle of a grid is in the window, reckoned by Leaflet."""
    x, y = shapely.get_coordinates(square(at % ACROSS, at // ACROSS).centroid)[0]
    name = frame.evaluate("Object.keys(window).find(name => name.startsWith('map_'))")
    found = frame.evaluate(f"(() => {{ const p = {name}.latLngToContainerPoint([{y}, {x}]); return [p.x, p.y]; }})()")
    return {"x": found[0], "y": found[1]}


def card(frame: Any) -> str:
    return str(frame.locator(".govkit-card strong").last.inner_text())


@pytest.mark.browser
def test_many_shapes_are_one_canvas_and_ask_for_nothing(frame: Any) -> None:
    assert frame.locator("canvas").count() == 1
    assert asked_elsewhere(frame) == []
    assert frame.page.said == []


@pytest.mark.browser
def test_each_shape_has_the_colour_of_its_kind_and_urban_ones_their_hatch(frame: Any) -> None:
    picture = np.asarray(Image.open(BytesIO(frame.page.screenshot())).convert("RGB"))
    looks = [one.fill for one in shown().spec.layers[0].categories]
    for at, fill in ((30, looks[0]), (MANY - 30, looks[1])):
        middle = place_of(frame, at)
        x, y = round(middle["x"]), round(middle["y"])
        near = picture[y - 4 : y + 4, x - 4 : x + 4].reshape(-1, 3)
        wanted = [int(fill[one : one + 2], 16) for one in (1, 3, 5)]
        assert (near == wanted).all(axis=1).mean() > 0.4
        assert ((near == wanted).all(axis=1).mean() < 0.99) == (at > MANY // 2)


@pytest.mark.browser
def test_a_shape_on_the_canvas_opens_its_card(frame: Any) -> None:
    frame.click(".leaflet-container", position=place_of(frame, 312))
    assert card(frame) == "第312网格"
    assert "城市网格" in frame.locator(".govkit-card").last.inner_text()


@pytest.mark.browser
def test_what_lies_above_the_canvas_answers_first(frame: Any) -> None:
    frame.locator(".govkit-symbol").click()
    assert card(frame) == "太平卫生站"


@pytest.mark.browser
def test_the_pointer_names_the_shape_it_is_over(frame: Any) -> None:
    middle = place_of(frame, 260)
    frame.hover(".leaflet-container", position=middle)
    assert frame.locator(".leaflet-tooltip").last.inner_text() == "第260网格"
    frame.hover(".leaflet-container", position={"x": 90, "y": 300})
    frame.wait_for_selector(".leaflet-tooltip", state="detached")


@pytest.mark.browser
def test_after_zooming_and_moving_the_canvas_still_answers_in_its_place(frame: Any) -> None:
    frame.click(".leaflet-control-zoom-in")
    frame.wait_for_timeout(400)
    frame.focus(".leaflet-container")
    frame.page.keyboard.press("ArrowUp")
    frame.wait_for_timeout(400)
    frame.click(".leaflet-container", position=place_of(frame, 262))
    assert card(frame) == "第262网格"
    frame.click(".govkit-home")


@pytest.mark.browser
def test_a_shape_on_the_canvas_is_found_by_its_name(frame: Any) -> None:
    frame.fill(".govkit-search input", "第444网格")
    frame.press(".govkit-search input", "Enter")
    assert card(frame) == "第444网格"
    frame.wait_for_timeout(400)
    frame.click(".govkit-reset")


@pytest.mark.browser
def test_a_layer_switched_off_no_longer_answers(frame: Any) -> None:
    frame.wait_for_selector(".govkit-card", state="detached")
    switch = frame.locator("section").filter(has_text="网格类型").locator("input")
    switch.uncheck()
    frame.click(".leaflet-container", position=place_of(frame, 312))
    assert frame.locator(".govkit-card").count() == 0
    assert frame.locator("canvas").count() == 0
    switch.check()


@pytest.mark.browser
def test_beside_the_line_of_a_swipe_the_stage_that_is_seen_answers(browser: Any, tmp_path: Path) -> None:
    frame = many_grids()
    numbers = pd.DataFrame({"前": 1.0, "后": 2.0}, index=frame["grid_code"])
    panels = [
        (name, [layers.choropleth_layer(frame, column, COUNT, code="grid_code", labelled=False)])
        for name, column in numbers.items()
    ]
    with open_map(browser, setting().stages("前后", panels, slider="swipe"), tmp_path) as opened:
        for at, value in ((301, "1 户"), (323, "2 户")):
            opened.click(".leaflet-container", position=place_of(opened, at))
            assert value in opened.locator(".govkit-card").last.inner_text()
        assert opened.page.said == []
