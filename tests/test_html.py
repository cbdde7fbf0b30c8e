"""Document → HTML: complete in itself, escaped, numbered as the document is, readable in a browser."""

from __future__ import annotations

import html
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell
from sample_notebook import (
    VILLAGES,
    absent,
    code,
    column,
    cover,
    figure,
    notebook,
    report_notebook,
    shown,
    table,
)

from govkit.documents.html.environment import has_interactive
from govkit.documents.html.page import render_index, write_html
from govkit.documents.read.document import read_document
from govkit.errors import ReportError

HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}<img src=x onerror=alert(1)>"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def page(folder: Path, *cells: object, title: str = "题") -> str:
    path = folder / "report.html"
    write_html(notebook(*cells), path, title=title)  # type: ignore[arg-type]
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("html") / "230102019-群力街道.html"
    write_html(report_notebook(), path, title="群力街道")
    return path


@pytest.fixture(scope="module")
def text(sample: Path) -> str:
    return sample.read_text(encoding="utf-8")


def test_same_notebook_same_bytes(sample: Path, tmp_path: Path) -> None:
    write_html(report_notebook(), tmp_path / "again.html", title="群力街道")
    assert (tmp_path / "again.html").read_bytes() == sample.read_bytes()


def test_nothing_is_loaded_from_anywhere(text: str) -> None:
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", text)
    assert "@import" not in text
    assert "url(" not in text


def test_code_is_hidden(text: str) -> None:
    assert "secret_source" not in text
    assert "printed line" in text
    assert "\\u62f1" not in text


def test_language_title_and_landmarks_are_there(text: str) -> None:
    assert '<html lang="zh-CN">' in text
    assert "<title>群力街道</title>" in text
    assert all(mark in text for mark in ('<main id="main">', '<nav aria-label="目录">', 'class="skip"', "<footer"))


def test_tables_and_figures_carry_their_numbers(text: str) -> None:
    found = re.findall(r'<span class="number">(.+?)</span>', text)
    assert found == ["表1", "图1", "图2", "表2", "表3", "表4", "表5"]


def test_headings_are_numbered_and_linked_from_the_contents(text: str) -> None:
    assert '<h2 id="s1">一、总体情况</h2>' in text
    assert '<a href="#s1">一、总体情况</a>' in text


def test_every_picture_has_a_text_for_those_who_cannot_see_it(text: str) -> None:
    pictures = re.findall(r"<img [^>]+>", text)
    assert len(pictures) == 2
    assert all(re.search(r'alt="[^"]+"', picture) for picture in pictures)


def test_an_interactive_map_goes_in_as_it_is_with_its_twin_for_print(text: str) -> None:
    assert "<iframe title='图' srcdoc='&lt;p&gt;map&lt;/p&gt;'></iframe>" in text
    assert '<img class="twin"' in text


def test_an_emphasised_row_is_marked(text: str) -> None:
    assert re.search(r'<tr class="strong">\s*<td[^>]*>合计', text)


def test_grouped_columns_share_a_head(text: str) -> None:
    assert '<th scope="colgroup" class="group" colspan="2">两个一</th>' in text


def test_a_section_that_is_absent_is_a_sentence_like_any_other(tmp_path: Path) -> None:
    made = page(tmp_path, new_markdown_cell("# 题\n\n前文。"), code(absent("没有台账。", 1, 0)))
    assert re.search(r"<p>前文。</p>\s*<p>没有台账。</p>", made)


@pytest.mark.parametrize(
    "cells",
    [
        (new_markdown_cell(f"# {HOSTILE}\n\n{HOSTILE}"),),
        (code(cover(title=HOSTILE, district=HOSTILE, synthetic=HOSTILE, signatories=[[HOSTILE, HOSTILE]])),),
        (code(table(HOSTILE, [column(HOSTILE, unit=HOSTILE)], [[HOSTILE]], note=HOSTILE, source=HOSTILE)),),
        (code(figure(HOSTILE)),),
        (code(absent(HOSTILE, 0, 0)),),
        (code(shown({"text/plain": HOSTILE})),),
        (code(shown({"text/html": f"<table><tr><td>{html.escape(HOSTILE)}</td></tr></table>"})),),
    ],
    ids=["prose", "cover", "table", "figure", "absent", "plain", "frame"],
)
def test_hostile_text_stays_text(tmp_path: Path, cells: tuple[object, ...]) -> None:
    written = page(tmp_path, *cells, title=HOSTILE)
    assert "<script>alert" not in written
    assert "<img src=x" not in written
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in written


def test_tags_are_balanced(text: str) -> None:
    assert Balance().check(text) == []


def test_a_document_knows_whether_it_needs_scripts() -> None:
    assert has_interactive(read_document(report_notebook()))
    assert not has_interactive(read_document(notebook(code(figure("甲")))))


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReportError):
        write_html(notebook(), tmp_path / "file" / "report.html", title="题")


class Balance(HTMLParser):
    """Finds tags that are not closed in order."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "col"})

    def check(self, text: str) -> list[str]:
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)
        return self.wrong + self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"{tag} at {self.getpos()}")


# ---- the index page


def index(**changes: object) -> str:
    row = {
        "code": "230102019",
        "name": "群力街道",
        "kind": "街道",
        "score": "88.5",
        "grade": "良好",
        "rank": "3",
        "change": "+2",
        "status": "done",
        "html": "a.html",
        "pdf": "a.pdf",
        "note": "",
        "others": [],
        "report": "",
        "below": "向东村 新发村",
    }
    context: dict[str, object] = {
        "zone_name": "道里区",
        "period_name": "2018年下半年",
        "synthetic": "",
        "classification": "公开",
        "generated": "2019-01-15",
        "summary": [("报告", 23)],
        "overview": [{"label": "综述", "href": "overview.html", "report": ""}],
        "rows": [row, {**row, "code": "230102020", "name": HOSTILE, "status": "failed", "html": "", "pdf": None}],
        "results": {"lead": [], "grades": [], "lists": [], "severe": [], "more": 0},
        "signed": "",
        "map_svg": "<svg><path/></svg>",
        "failures": [{"name": "某街道", "error": HOSTILE}],
        "notices": [(HOSTILE, ["某街道"])],
    }
    return render_index(**{**context, **changes})


def test_the_index_links_every_report_and_shows_the_map() -> None:
    written = index()
    assert all(part in written for part in ('href="a.html"', 'href="a.pdf"', 'href="overview.html"', "<svg><path/>"))


def test_the_index_escapes_names_and_errors_and_is_well_formed() -> None:
    written = index()
    assert "<script>alert" not in written
    assert Balance().check(written) == []


def test_the_index_says_when_rows_are_synthetic() -> None:
    assert ("合成数据" in index(), "合成数据" in index(synthetic="合成数据声明")) == (False, True)


def test_an_index_without_map_failures_and_scores_is_well_formed() -> None:
    bare = {"code": "1", "name": "甲", "kind": "", "score": None, "grade": None, "rank": None, "change": None}
    bare |= {"others": [], "report": "", "below": ""}
    rows = [{**bare, "status": "done", "html": "a.html", "pdf": "", "note": "只有网页"}]
    written = index(map_svg="", failures=[], summary=[], overview=[], rows=rows)
    assert "只有网页" in written
    assert Balance().check(written) == []


# ---- in a browser


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_a_report_opens_offline_without_request_error_or_sideways_scroll(browser, sample: Path, width: int) -> None:  # type: ignore[no-untyped-def]
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
    tab = context.new_page()
    requests: list[str] = []
    errors: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: errors.append(message.text))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(sample.as_uri())
    assert [url for url in requests if not url.startswith("data:")] == [sample.as_uri()]
    assert errors == []
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert tab.evaluate("document.getElementById('contents').open") == (width > 1000)
    context.close()


@pytest.mark.browser
def test_a_click_on_a_head_of_the_index_sorts_by_number_up_then_down(browser, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    base = {"kind": "", "grade": "", "rank": "", "change": "", "status": "done", "html": "", "pdf": "", "note": ""}
    base |= {"others": [], "report": "", "below": ""}
    scores = ["9.5", "100.0", "", "88.0", "7", "60"]
    rows = [{**base, "code": str(at), "name": VILLAGES[at], "score": score} for at, score in enumerate(scores)]
    path = tmp_path / "index.html"
    path.write_text(index(rows=rows), encoding="utf-8")
    tab = browser.new_page()
    tab.goto(path.as_uri())
    seen = []
    for _ in range(2):
        tab.click("th:nth-child(3) button")
        seen.append(tab.evaluate("[...document.querySelectorAll('#list tbody tr')].map(r => r.cells[2].dataset.sort)"))
    tab.close()
    assert seen == [["7", "9.5", "60", "88.0", "100.0", ""], ["100.0", "88.0", "60", "9.5", "7", ""]]
