"""Every kind of interactive map in Chromium, network off: it looks as it did when a person last approved it, and works.

The pictures in tests/screenshots are taken by tests/make_screenshots.py with the packaged Chinese font.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from map_browser import asked_elsewhere, open_view
from map_kinds import FOLDER, VIEWS, difference, small
from PIL import Image

MOST_BYTES = 40_000
# Measured: the same machine gives 0, a lost row of a legend 6, another Chinese font 7 and more, a blank unit 33.
MOST_DIFFERENCE = 4.0
UNSWITCHED = ("time", "swipe")  # stages come and go by their slider


@pytest.fixture(scope="module", params=VIEWS)
def view(request: Any, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any, bytes]]:
    """The view's name, its frame, and its screenshot before anybody touched it."""
    with open_view(browser, request.param, tmp_path_factory.mktemp("view")) as frame:
        yield request.param, frame, frame.page.screenshot()


def reference(name: str) -> Image.Image:
    path = FOLDER / f"{name}.png"
    assert path.is_file(), f"no approved picture: run python tests/make_screenshots.py {name}, and look at it"
    return Image.open(BytesIO(path.read_bytes()))


@pytest.mark.browser
def test_the_map_looks_as_approved(view: tuple[str, Any, bytes], tmp_path: Path) -> None:
    name, frame, taken = view
    for _ in range(2):  # a machine with other work may fit a map to a window that is not laid out yet
        if difference(small(taken), reference(name)) <= MOST_DIFFERENCE:
            break
        with open_view(frame.page.context.browser, name, tmp_path) as again:
            taken = again.page.screenshot()
    assert difference(small(taken), reference(name)) <= MOST_DIFFERENCE


@pytest.mark.browser
def test_nothing_is_asked_for_and_nothing_fails(view: tuple[str, Any, bytes]) -> None:
    _, frame, _ = view
    assert asked_elsewhere(frame) == []
    assert frame.page.said == []


@pytest.mark.browser
def test_shapes_fill_a_good_part_of_the_map(view: tuple[str, Any, bytes]) -> None:
    _, frame, taken = view
    box = frame.locator(".leaflet-container").bounding_box()
    map_part = Image.open(BytesIO(taken)).convert("L").crop((0, 0, int(box["width"]), int(box["height"])))
    inked = sum(map_part.histogram()[:250]) / (map_part.width * map_part.height)
    assert inked > 0.1


@pytest.mark.browser
def test_the_legend_stands_inside_the_window_and_is_folded_on_a_phone(view: tuple[str, Any, bytes]) -> None:
    name, frame, _ = view
    legend, window = frame.locator(".govkit-legend"), VIEWS[name][1]
    folded = window <= 560  # on a phone the map comes first
    assert frame.locator(".govkit-entries .govkit-row, .govkit-switch .govkit-row").first.is_visible() != folded
    box = legend.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= window


@pytest.mark.browser
def test_a_card_opens_clear_of_the_buttons_and_the_legend(view: tuple[str, Any, bytes]) -> None:
    name, frame, _ = view
    corner = corner_of_shapes(frame)
    press = frame.page.touchscreen.tap if "phone" in name else frame.page.mouse.click
    press(*corner)
    card = frame.wait_for_selector(".leaflet-popup-content-wrapper")
    frame.wait_for_timeout(300)  # the map moves until the whole card is seen
    box = card.bounding_box()
    for part in (".leaflet-control-zoom", ".govkit-tools", ".govkit-legend"):
        other = frame.locator(part).first.bounding_box()
        beside = box["x"] >= other["x"] + other["width"] or box["x"] + box["width"] <= other["x"]
        assert beside or box["y"] >= other["y"] + other["height"] or box["y"] + box["height"] <= other["y"], part
    frame.page.keyboard.press("Escape")


def corner_of_shapes(frame: Any) -> tuple[float, float]:
    """Return a place on the shapes next to their upper left corner, where a card has least room."""
    boxes = [one.bounding_box() for one in frame.locator("path.leaflet-interactive, canvas, .govkit-symbol").all()]
    canvas = frame.locator("canvas").count()
    if canvas:
        middle = frame.locator(".leaflet-container").bounding_box()
        return middle["x"] + middle["width"] * 0.42, middle["y"] + 60
    first = min((box for box in boxes if box and box["width"]), key=lambda box: box["x"] + box["y"])
    return first["x"] + first["width"] / 2, first["y"] + first["height"] / 2


@pytest.mark.browser
def test_switching_a_layer_off_takes_its_legend_away(view: tuple[str, Any, bytes]) -> None:
    name, frame, _ = view
    if name in UNSWITCHED:
        assert frame.locator(".govkit-legend section input").count() == 0
        return
    if not frame.locator(".govkit-legend[open]").count():
        frame.locator(".govkit-legend summary").tap()
    sections = frame.locator(".govkit-legend section").all()
    section = next(one for one in reversed(sections) if one.locator("input:checked").count())
    switch = section.locator("input")
    before = frame.locator(".govkit-entries .govkit-row:visible").count()
    switch.press("Space")
    assert not switch.is_checked()
    plain = section.locator(".govkit-entries .govkit-row").count() == 0
    assert (frame.locator(".govkit-entries .govkit-row:visible").count() < before) != plain
    switch.press("Space")
    assert switch.is_checked()


@pytest.mark.browser
def test_buttons_are_reached_by_keyboard_and_large_enough_for_a_finger(view: tuple[str, Any, bytes]) -> None:
    _, frame, _ = view
    for button in frame.locator(".govkit-tools a, .leaflet-control-zoom a").all():
        assert button.get_attribute("aria-label")
        assert button.evaluate("one => one.tabIndex") == 0
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 29
    frame.locator(".govkit-home").press("Enter")
    assert frame.page.said == []


@pytest.mark.parametrize("name", VIEWS)
def test_an_approved_picture_is_small(name: str) -> None:
    assert (FOLDER / f"{name}.png").stat().st_size <= MOST_BYTES


def test_a_picture_without_its_legend_or_in_other_colours_is_noticed() -> None:
    whole = reference("choropleth").convert("RGB")
    bare = whole.copy()
    bare.paste((255, 255, 255), (int(0.88 * whole.width), 30, whole.width, 60))
    assert difference(bare, whole) > MOST_DIFFERENCE
    assert difference(whole.convert("L").convert("RGB"), whole) > MOST_DIFFERENCE
    assert difference(whole.resize((300, 200)), whole) == 255


def test_a_missing_picture_fails() -> None:
    with pytest.raises(AssertionError, match=r"run python tests/make_screenshots\.py nowhere"):
        reference("nowhere")
