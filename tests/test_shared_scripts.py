"""A report with several interactive maps holds Leaflet once, and every map still draws offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from map_browser import wait_until_fitted
from map_frames import setting, units, values
from sample_notebook import code, notebook, shown

from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.documents.html.page import write_html
from govkit.documents.html.shared_scripts import share_scripts

MARK = "&lt;!--govkit-shared--&gt;{}&lt;!--/govkit-shared--&gt;"


def frame(text: str) -> str:
    return f"<iframe srcdoc='{MARK.format(text)}'></iframe>"


def map_of(title: str) -> Any:
    layer = layers.choropleth_layer(units(4), values(1, 2, 3, 4), Quantity("得分"))
    return setting().interactive(title, [layer])


def page(folder: Path, count: int) -> Path:
    bundles = [map_of(f"图{at}")._repr_mimebundle_() for at in range(count)]
    path = folder / "报告.html"
    write_html(notebook(*(code(shown(data, **metadata)) for data, metadata in bundles)), path, title="报告")
    return path


def test_what_occurs_twice_is_kept_once_and_comes_out_as_it_went_in() -> None:
    text = share_scripts("<body>" + frame("a &lt;/script&gt; &amp;lt;b") * 2)
    assert text.count("a ") == 1
    assert '"a \\u003c/script> &lt;b"' in text
    assert text.count("data-page='&lt;!--govkit-shared-1--&gt;'") == 2


def test_a_page_with_one_map_or_different_parts_stays_as_it_is() -> None:
    for text in ("<body>" + frame("a"), "<body>" + frame("a") + frame("b"), "<body>plain"):
        assert share_scripts(text) == text


def test_a_second_map_adds_only_its_own_data(tmp_path: Path) -> None:
    one, two = (len(page(tmp_path, count).read_bytes()) for count in (2, 3))
    picture = len(map_of("图2").png) * 4 / 3
    assert two - one < picture + 12_000


@pytest.mark.browser
def test_every_map_of_a_report_draws_offline(browser: Any, tmp_path: Path) -> None:
    context = browser.new_context(offline=True)
    tab = context.new_page()
    said: list[str] = []
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(page(tmp_path, 3).as_uri())
    for inside in tab.frames[1:]:
        wait_until_fitted(inside)
        assert inside.locator("path.leaflet-interactive").count() == 4
    assert len(tab.frames) == 4
    assert said == []
    context.close()
