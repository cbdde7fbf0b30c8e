"""Interactive maps and the index thumbnail: without network, without trust in names, in step with print."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import shapely
from map_browser import asked_elsewhere, open_map
from map_frames import codes, defects, facilities, grids, setting, square, units, values

from govkit.display.maps import kinds
from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import InteractiveMap
from govkit.display.maps.sheet.spec import MapNotes
from govkit.display.maps.sheet.symbols import outline
from govkit.display.maps.sheet.thumbnail import svg_map

HOSTILE = '<img src=x onerror="window.hacked=1">村'
SCORE = Quantity("综合得分", "number", "分")


def shown(**changes: Any) -> InteractiveMap:
    frame = units(4, names=[HOSTILE, "</script><script>window.hacked=1</script>"])
    numbers = values(10, 20, 30, None)
    every = [
        layers.choropleth_layer(frame, numbers, SCORE, breaks=[15, 25]),
        layers.hidden(layers.grid_layer(grids(4))),
        layers.border_layer(frame),
        layers.facility_layer(facilities("clinic", "police_room", name=HOSTILE)),
        layers.defect_layer(defects()),
    ]
    title = changes.pop("title", "网格与设施</script>\"'")
    return kinds.interactive_map(every, title, setting=setting(**changes))


def document(figure: InteractiveMap) -> str:
    """The page inside the iframe."""
    found = re.search(r"srcdoc='([^']*)'", figure.html)
    assert found
    return html.unescape(found[1])


def data(figure: InteractiveMap) -> list[dict[str, Any]]:
    """What each layer hands to the page."""
    return [json.loads(text) for text in re.findall(r"govkit\.layer\(\w+, (\{.*\})\);", document(figure))]


def test_the_same_map_gives_the_same_text() -> None:
    assert shown().html == shown().html


def test_the_page_names_no_address_to_load_from() -> None:
    page = document(shown())
    loads = re.findall(r'(?:\bsrc|\bhref)\s*=\s*["\']?(?:https?:)?//[^"\'\s>]+|url\((?!data:|#)[^)]*\)|@import', page)
    # Leaflet's own attribution (switched off) and an old Internet Explorer behaviour load nothing
    assert [one for one in loads if "leafletjs.com" not in one and "#default#VML" not in one] == []
    assert re.findall(r"<(?:script|link)[^>]+(?:src|href)=", page) == []


def test_no_name_is_ever_markup() -> None:
    page = document(shown())
    assert HOSTILE not in page
    assert "</script><script>window" not in page


def test_the_page_is_one_attribute_of_an_iframe_with_a_title() -> None:
    frame = shown().html
    assert frame.startswith("<iframe ")
    shape = r"""<iframe class="govkit-map" sandbox="[a-z -]*" allowfullscreen title="[^"<>]*" """
    shape += r"""srcdoc='[^'<>]*' style="[^"<>]*"></iframe>"""
    assert re.fullmatch(shape, frame)


def test_print_and_screen_have_the_same_classes_colours_and_counts() -> None:
    figure = shown()
    for layer, web in zip(figure.spec.layers, data(figure), strict=True):
        entries = web["legend"]["entries"]
        assert [entry["label"] for entry in entries] == [category.label for category in layer.categories]
        assert [entry["count"] for entry in entries] == [f"{category.count} 个" for category in layer.categories]
        assert web["members"] == layer.members.tolist()
        for category, entry, look in zip(layer.categories, entries, web["looks"], strict=True):
            colour = category.fill or category.edge
            assert colour in json.dumps(entry) or category.hatch
            assert colour.lstrip("#") in json.dumps(look)


def test_the_print_twin_leaves_out_what_is_switched_off() -> None:
    assert "网格类型" not in shown().spec.alt
    assert "综合得分" in shown().spec.alt


def unpacked(layer: dict[str, Any]) -> list[list[np.ndarray]]:
    """The corners (longitude, latitude) of every ring of every shape, as the page reckons them."""
    corners = np.array(layer["steps"]).reshape(-1, 2).cumsum(axis=0) / 10 ** layer["digits"]
    counts = [one if isinstance(one, list) else [one] for one in layer["rings"]]
    rings = iter(np.split(corners, np.cumsum([count for one in counts for count in one])))
    return [[next(rings) for _ in one] for one in counts]


def test_the_page_gets_the_corners_of_every_ring_to_the_metre() -> None:
    holed = shapely.difference(square(0), shapely.box(126.503, 45.703, 126.506, 45.706))
    both = shapely.MultiPolygon([square(1), square(3)])
    frame = units(3).set_geometry([holed, both, square(2, 2)], crs="EPSG:4490")
    layer = layers.choropleth_layer(frame, values(1, 2, 3), SCORE)
    shown_rings = unpacked(data(kinds.interactive_map([layer], "图", setting=setting()))[0])
    assert [len(rings) for rings in shown_rings] == [2, 2, 1]
    for rings, shape in zip(shown_rings, layer.shapes, strict=True):
        drawn = shapely.build_area(shapely.multilinestrings([np.vstack([ring, ring[:1]]) for ring in rings]))
        assert shapely.symmetric_difference(drawn, shape).area < 1e-6 * shape.area


def test_points_and_lines_reach_the_page_in_their_place() -> None:
    flows = pd.DataFrame({"source": [codes(2)[0]], "target": [codes(2)[1]], "count": [3]})
    both = [layers.facility_layer(facilities("clinic")), layers.flow_layer(units(2), flows, SCORE)]
    for web, layer in zip(data(kinds.interactive_map(both, "图", setting=setting())), both, strict=True):
        assert unpacked(web)[0][0] == pytest.approx(shapely.get_coordinates(layer.shapes[0]), abs=6e-6)


def test_a_map_of_four_units_is_mostly_leaflet() -> None:
    assert len(shown().html) < 260_000


def test_many_facilities_keep_their_symbols_on_one_canvas() -> None:
    many = facilities(*["clinic", "police_room"] * 201)
    web = data(kinds.interactive_map([layers.facility_layer(many)], "设施", setting=setting()))[0]
    assert web["many"] is True
    assert [len(look["corners"]) for look in web["looks"]] == [2 * len(outline(name)) for name in ("shield", "cross")]


def test_source_and_approval_are_escaped_in_the_notes_line() -> None:
    notes = MapNotes("EPSG:4551", source="<b onclick=hack()>", map_approval="黑S号")
    page = document(shown(notes=notes))
    assert "<b onclick" not in page
    found = re.search(r'"attribution":("(?:[^"\\]|\\.)*")', page)
    assert found
    assert json.loads(found[1]) == "审图号：黑S号｜资料来源：&lt;b onclick=hack()&gt;"


def test_the_bundle_holds_the_page_and_its_print_twin() -> None:
    bundle, metadata = shown()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert metadata["govkit"]["caption"].endswith("（交互地图）")


def thumbnail(**changes: Any) -> ElementTree.Element:
    frame = changes.pop("frame", units(3, names=[HOSTILE]))
    text = svg_map(frame, values(10, 20, None), {codes(3)[0]: 'a"b&c.html'}, metric_crs="EPSG:4551", **changes)
    return ElementTree.fromstring(text)  # noqa: S314  (our own output)


SVG = "{http://www.w3.org/2000/svg}"


def test_the_thumbnail_has_one_path_a_unit_with_its_code() -> None:
    paths = [path for path in thumbnail().iter(f"{SVG}path") if "data-code" in path.attrib]
    assert [path.attrib["data-code"] for path in paths] == codes(3)


def test_the_thumbnail_links_the_units_that_have_a_page() -> None:
    links = list(thumbnail().iter(f"{SVG}a"))
    assert [link.attrib["href"] for link in links] == ['a"b&c.html']


def test_the_thumbnail_says_name_and_value_as_text() -> None:
    titles = [title.text for title in thumbnail().iter(f"{SVG}title")]
    assert f"{HOSTILE}：综合得分 10.0 分" in titles
    assert "第3村：综合得分 无数据" in titles


def test_the_thumbnail_colours_units_as_the_map_does() -> None:
    layer = layers.choropleth_layer(units(3), values(10, 20, None), SCORE)
    fills = [path.attrib["fill"] for path in thumbnail().iter(f"{SVG}path") if "data-code" in path.attrib]
    assert fills[:2] == [layer.categories[member].fill for member in layer.members[:2]]
    assert fills[2].startswith("url(#")


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The map in a page, network off."""
    with open_map(browser, shown(), tmp_path, width=1100) as frame:
        yield frame.page


@pytest.mark.browser
def test_offline_in_chromium_nothing_is_asked_for_and_nothing_fails(opened: Any) -> None:
    opened.wait_for_timeout(200)
    assert asked_elsewhere(opened.frames[1]) == []
    assert opened.said == []


@pytest.mark.browser
def test_polygons_and_symbols_are_drawn(opened: Any) -> None:
    frame = opened.frames[1]
    assert frame.locator("path.leaflet-interactive").count() == 4 + 2
    assert frame.locator(".govkit-symbol").count() == 2
    assert frame.locator(".govkit-number").count() == 2
    assert frame.locator("path.leaflet-interactive").nth(3).bounding_box()["width"] > 50


@pytest.mark.browser
def test_a_popup_opens_and_shows_a_hostile_name_as_text(opened: Any) -> None:
    frame = opened.frames[1]
    frame.locator("path.leaflet-interactive").first.click(position={"x": 20, "y": 20}, force=True)
    frame.wait_for_selector(".govkit-card")
    assert frame.locator(".govkit-card strong").inner_text() == HOSTILE
    assert "综合得分" in frame.locator(".govkit-card").inner_text()
    assert frame.locator(".leaflet-popup-close-button").get_attribute("aria-label") == "关闭"
    assert frame.evaluate("window.hacked") is None
    assert opened.said == []


@pytest.mark.browser
def test_switching_a_layer_off_hides_its_legend_and_its_shapes(opened: Any) -> None:
    frame = opened.frames[1]
    section = frame.locator("section").filter(has_text="设施类型")
    assert section.locator(".govkit-entries").is_visible()
    section.locator("input").uncheck()
    assert not section.locator(".govkit-entries").is_visible()
    assert frame.locator(".govkit-symbol").count() == 0


@pytest.mark.browser
def test_a_layer_that_starts_hidden_can_be_switched_on_below_the_borders(opened: Any) -> None:
    frame = opened.frames[1]
    frame.locator("section").filter(has_text="网格类型").locator("input").check()
    assert frame.locator("path.leaflet-interactive").count() == 4 + 4 + 2
