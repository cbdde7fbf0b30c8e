"""Deck → one HTML file: offline, escaped, maps drawn when their slide is reached, readable in a hall and on a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from browser import until
from deck_notebook import LIVE, deck_notebook, head
from map_frames import setting, units, values
from sample_notebook import code, cover, figure, notebook, shown

from govkit.catalogue import load
from govkit.display.maps import kinds
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.slides import on_slide, slide
from govkit.documents.deck import slides
from govkit.documents.deck.slides import asleep, write_slides
from govkit.errors import ReportError

HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}<img src=x onerror=alert(1)>"
SIZES = [(1280, 720), (1920, 1080), (390, 844)]


def written(folder: Path, made: Any) -> str:
    path = folder / "maps.slides.html"
    write_slides(made, path)
    return path.read_text(encoding="utf-8")


def markup(page: str) -> str:
    """The page without scripts and styles."""
    return re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)


def live_map(title: str) -> Any:
    made = kinds.choropleth(units(4), values(1, 2, 3, 4), title, quantity=Quantity("得分"), setting=setting())
    data, metadata = on_slide(made)._repr_mimebundle_()  # type: ignore[misc]
    return shown(data, **metadata)


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deck")
    heads = [head(f"{n} 个街道中 9 个“优秀”", "前三位：甲、乙、丙", notes=(f"第 {n} 张的讲稿",)) for n in (1, 2)]
    made = deck_notebook()
    made.cells.append(code(heads[0], live_map("甲图"), heads[1], live_map("乙图")))
    write_slides(made, folder / "maps.slides.html")
    return folder / "maps.slides.html"


def test_same_notebook_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path, deck_notebook()) == written(tmp_path, deck_notebook())


def test_nothing_is_loaded_from_anywhere(deck: Path) -> None:
    text = deck.read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", markup(text))
    styles = "".join(re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL))
    assert "--accent" in styles
    assert not re.findall(r"@import|url\((?![\"']?data:)", styles)


def test_cover_agenda_and_slides_follow_each_other(tmp_path: Path) -> None:
    page = markup(written(tmp_path, deck_notebook()))
    titles = re.findall(r"<h[12]>(.*?)</h[12]>", page)
    assert titles[:5] == [
        "城乡社区治理评估报告",
        "汇报提纲",
        "23 个街道得分中位数 88.2 分",
        "23 个街道中 9 个“优秀”",
        "甲居首（99.0 分）",
    ]
    assert re.findall(r'href="#/(\d+)"><span>(\w+)', page) == [("2", "主要指标"), ("3", "综合得分"), ("4", "排名")]


def test_a_map_waits_until_its_slide_is_reached(tmp_path: Path) -> None:
    page = written(tmp_path, deck_notebook())
    assert "data-map='&lt;html&gt;" in page
    assert "srcdoc='" not in markup(page)


def test_only_the_address_of_a_frame_is_put_to_sleep() -> None:
    assert asleep("<p>srcdoc=</p>" + LIVE) == "<p>srcdoc=</p>" + LIVE.replace("srcdoc=", "data-map=")


def test_hostile_text_is_escaped_everywhere(tmp_path: Path) -> None:
    fields = dict.fromkeys(("title", "subtitle", "district", "period", "issuer", "date", "synthetic"), HOSTILE)
    escaped = "".join(f"\\{sign}" if sign in "<>[](){}*_!#\\`" else sign for sign in HOSTILE)
    number = dict.fromkeys(("label", "value", "unit", "remark"), escaped)
    made = notebook(
        code(cover(**fields), head(escaped, escaped, notes=(escaped,), figures=(number,))),
        code(head("图"), figure(HOSTILE)),
    )
    page = markup(written(tmp_path, made))
    assert "<img src=x" not in page
    assert "{{ 7*7 }}" in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 12


def test_the_bureau_s_colour_and_logo_are_used(tmp_path: Path) -> None:
    page = written(tmp_path, deck_notebook(accent="#7a1f1f", logo="data:image/png;base64,AAAA"))
    assert "--accent: #7a1f1f" in page
    assert page.count('<img src="data:image/png;base64,AAAA" alt="">') == 5


def test_the_script_is_read_from_the_installed_package_and_cannot_end_its_element(tmp_path: Path) -> None:
    page = written(tmp_path, deck_notebook())
    scripts = re.findall(r"<script>(.*?)</script>", page[page.index("</template>") :], flags=re.DOTALL)
    assert "Hakim El Hattab" in scripts[0]
    assert not [script for script in scripts if "<!--" in script]
    assert page.count("<script") == page.count("</script>")


@pytest.mark.parametrize("english", load("deck")["speaker"])
def test_each_translated_word_of_the_presenter_s_window_is_in_the_script(english: str) -> None:
    assert english in slides._reveal("scripts")


def test_a_missing_script_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {**load("deck"), "reveal": {**load("deck")["reveal"], "package": "no-such-package"}}
    monkeypatch.setattr(slides, "load", lambda name: absent if name == "deck" else load(name))
    monkeypatch.setattr(slides, "_reveal", slides._reveal.__wrapped__)
    with pytest.raises(ReportError, match=r"reveal\.js[\s\S]*重新安装 no-such-package"):
        write_slides(deck_notebook(), tmp_path / "x.html")


def test_a_slide_bundle_reads_well_in_a_notebook_too() -> None:
    bundle = slide("题", lead="说明", notes=["讲稿", ""])._repr_mimebundle_()
    assert bundle["text/markdown"] == "# 题\n\n说明\n\n> 讲稿"


def shown_in(browser: Any, deck: Path, size: tuple[int, int]) -> tuple[Any, list[str], list[str]]:
    page = browser.new_context(offline=True, viewport={"width": size[0], "height": size[1]}).new_page()
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(deck.as_uri())
    until(page, "Reveal.isReady()")
    return page, requests, errors


_DRAWN = (
    "[...document.querySelectorAll('path.leaflet-interactive')].some(one => one.getBoundingClientRect().width > 30)"
)
_SPILT = """() => {
  const sheet = Reveal.getCurrentSlide().querySelector('.sheet'), edge = sheet.getBoundingClientRect();
  return [...sheet.querySelectorAll('*')].map(one => [one.tagName, one.getBoundingClientRect()])
    .filter(([, box]) => box.right > edge.right + 1 || box.bottom > edge.bottom + 1).map(([tag]) => tag);
}"""
_SMALL = """() => [...Reveal.getCurrentSlide().querySelectorAll('h1, h2, .lead, td, th, dt, dd, li span')]
  .filter(one => parseFloat(getComputedStyle(one).fontSize) < (/^H/.test(one.tagName) ? 40 : 24))
  .map(one => one.outerHTML)"""


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_map_draws_when_its_slide_is_reached_and_nothing_spills_over(
    browser: Any, deck: Path, size: tuple[int, int]
) -> None:
    page, requests, errors = shown_in(browser, deck, size)
    maps = 0
    for at in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(f"Reveal.slide({at})")
        frame = page.query_selector("section.present iframe[title]")
        if frame:
            until(frame.content_frame(), _DRAWN)
            maps += 1
        assert page.evaluate(_SPILT) == []
        assert page.evaluate(_SMALL) == []
    assert maps == 2
    assert (requests[1:], errors) == ([], [])


@pytest.mark.browser
def test_a_clicker_turns_the_slides_while_a_map_has_the_focus(browser: Any, deck: Path) -> None:
    page, _, _ = shown_in(browser, deck, SIZES[0])
    page.evaluate("Reveal.slide(5)")
    frame = page.query_selector("section.present iframe").content_frame()
    until(frame, _DRAWN)
    frame.click("path.leaflet-interactive", force=True)
    page.keyboard.press("PageDown")
    until(page, "Reveal.getIndices().h === 6")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("Reveal.getIndices().h") == 5


@pytest.mark.browser
def test_the_presenter_reads_notes_in_a_window_and_in_place(browser: Any, deck: Path) -> None:
    page, _, errors = shown_in(browser, deck, SIZES[0])
    page.evaluate("Reveal.slide(3)")
    with page.context.expect_page() as opened:
        page.keyboard.press("s")
    until(opened.value, "document.body.innerText.includes('甲 99.0 分；乙 98.0 分')")
    page.bring_to_front()
    page.keyboard.press("t")
    until(page, "getComputedStyle(document.querySelector('.speaker-notes')).display !== 'none'")
    assert "甲 99.0 分" in page.inner_text(".speaker-notes")
    assert errors == []


@pytest.mark.browser
def test_printed_each_slide_is_a_page_and_maps_are_pictures(browser: Any, deck: Path) -> None:
    page = browser.new_context(offline=True).new_page()
    page.add_init_script("window.print = () => { window.printed = true; }")
    page.goto(deck.as_uri() + "?print-pdf")
    until(page, "window.printed")
    assert page.evaluate("document.querySelectorAll('.pdf-page').length") == 7
    visible = "[...document.querySelectorAll('.map > *')].filter(one => one.offsetWidth > 0).map(one => one.tagName)"
    assert set(page.evaluate(visible)) == {"IMG"}
