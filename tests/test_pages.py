"""Every kind of page as people open it: no network, no refused script, nobody shut out, on a phone and in the dark."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from browser import barriers, until
from deck_notebook import deck_notebook
from intake_zone import write_sheet
from map_browser import open_map
from nbformat.v4 import new_markdown_cell
from sample_notebook import VILLAGES, code, column, figure, notebook, report_notebook, shown, table
from test_check import FakeZone, finding, frame
from test_html import index
from test_maps_web import shown as live_map

from govkit.batch.record.index import results
from govkit.documents.check.write import write_check
from govkit.documents.deck.slides import write_slides
from govkit.documents.html.environment import card_labels, card_name
from govkit.documents.html.page import write_html
from govkit.documents.read.blocks import Column, TableBlock

RESULTS = {
    "lead": ["2个单元中，优秀1个、合格1个。"],
    "grades": [("优秀", 1), ("合格", 1)],
    "lists": [("得分最高", [{"name": "群力街道", "href": "a.html", "number": "94.5", "remark": "优秀"}])],
    "severe": [{"name": "群力街道", "href": "a.html", "title": "任务逾期", "state": "再次出现", "evidence": "3项。"}],
    "more": 2,
}
STYLED = "<style>#T td {color: #ff0000} .f {background-color: #00008b}</style><table id='T'><tr><td>1</td></tr></table>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind."""
    folder = tmp_path_factory.mktemp("pages")
    bundle, about = live_map()._repr_mimebundle_()
    made = report_notebook()
    heads = [column("序号", "integer"), column("村"), *(column(f"指标{at}", "number", "小时") for at in range(5))]
    rows = [[str(at), VILLAGES[at % 6], *["1,234.5"] * 5] for at in range(12)]
    made.cells.append(code(table("各村用时", heads, rows), shown(bundle, **about), shown(bundle, **about)))
    write_html(made, folder / "report.html", title="群力街道")
    own = notebook(
        new_markdown_cell("# 自己的一份\n\n见[网站](https://example.org)。"), code(shown({"text/html": STYLED}))
    )
    write_html(own, folder / "own.html")
    (folder / "index.html").write_text(index(results=RESULTS, signed="a/b"), encoding="utf-8")
    write_slides(deck_notebook(), folder / "deck.html")
    (folder / "zone").mkdir()
    write_sheet(folder / "zone" / "设施.xlsx", [["设施编号", "设施类型"], ["001", "超市"]], sheet="台账")
    spot = finding(sheet="台账", row=2, column="设施类型", cell="B2", value="超市", reason="没有这个类型")
    write_check(FakeZone(folder / "zone", frame(spot)), folder)
    return {path.stem: path for path in folder.glob("*.html")}


KINDS = ("report", "own", "index", "deck", "check")


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_asks_nothing_runs_only_its_own_and_shuts_nobody_out(
    browser: Any, pages: dict[str, Path], kind: str
) -> None:
    address = pages[kind].as_uri()
    for width, scheme in ((1280, "light"), (390, "dark")):
        context = browser.new_context(
            offline=True, viewport={"width": width, "height": 844}, color_scheme=scheme, reduced_motion="reduce"
        )
        tab = context.new_page()
        asked: list[str] = []
        said: list[str] = []
        tab.on("request", lambda one: asked.append(one.url))  # noqa: B023
        tab.on("console", lambda one: said.append(one.text))  # noqa: B023
        tab.on("pageerror", lambda one: said.append(str(one)))  # noqa: B023
        tab.goto(address)
        until(tab, "document.readyState === 'complete'")
        assert [one for one in asked if not one.startswith(("data:", "about:", "blob:"))] == [address]
        assert barriers(tab) == [], (width, scheme)
        assert said == []
        assert tab.evaluate("document.documentElement.scrollWidth") == width
        assert tab.evaluate("document.documentElement.lang")
        context.close()


@pytest.mark.browser
def test_on_a_phone_a_wide_table_is_cards_with_their_heads_and_a_long_one_unfolds(
    browser: Any, pages: dict[str, Path]
) -> None:
    with browser.new_context(offline=True, viewport={"width": 390, "height": 844}) as context:
        tab = context.new_page()
        tab.goto(pages["report"].as_uri())
        long = tab.locator("figure.table", has_text="各村用时")
        assert not long.locator("td").first.is_visible()
        long.get_by_role("button").click()
        assert long.get_by_role("button").get_attribute("aria-expanded") == "true"
        cell = long.locator("td").nth(2)
        assert cell.is_visible()
        assert "小时" in tab.evaluate("(one) => getComputedStyle(one, '::before').content", cell.element_handle())
        tab.set_viewport_size({"width": 1280, "height": 800})
        assert long.locator("td").first.is_visible()
        assert not long.get_by_role("button").is_visible()


@pytest.mark.browser
def test_on_a_phone_a_maps_legend_stands_below_it(browser: Any, tmp_path: Path) -> None:
    picture = figure("人口密度", width=600)
    picture.metadata["govkit"]["map_share"] = 0.7
    write_html(notebook(code(picture)), tmp_path / "map.html")
    with browser.new_context(offline=True, viewport={"width": 390, "height": 844}) as context:
        tab = context.new_page()
        tab.goto((tmp_path / "map.html").as_uri())
        whole, legend = (tab.locator(".cut").nth(at).bounding_box() for at in (0, 1))
        assert legend["y"] >= whole["y"] + whole["height"]
        assert legend["width"] > 0.3 * 600
        assert tab.locator(".cut img").nth(1).get_attribute("alt") == ""


@pytest.mark.browser
def test_an_index_finds_a_district_by_the_name_of_a_village(browser: Any, pages: dict[str, Path]) -> None:
    with browser.new_context(offline=True) as context:
        tab = context.new_page()
        tab.goto(pages["index"].as_uri())
        tab.fill("#find", "向东")
        assert tab.inner_text("#d230102019 em") == "向东村"
        assert "2" in tab.inner_text("#found")
        tab.fill("#find", "群力")
        assert tab.locator("#list tbody tr:visible").count() == 1
        assert tab.locator('.severe a[href="a.html#存在问题"]').count() == 1


def wide(*heads: str, rows: int = 3, words: str = "甲村") -> TableBlock:
    columns = tuple(Column(head, kind="text" if at == 1 else "number") for at, head in enumerate(heads))
    return TableBlock("", columns, tuple(("1", words, *["1,234.5"] * (len(heads) - 2)) for _ in range(rows)))


@pytest.mark.parametrize(
    ("block", "name"),
    [
        (wide("序号", "村", "得分"), None),
        (wide("序号", "村", "得分", "名次", "变化", "人口"), 1),
        (wide("序号", "建议", "单位", words="逐件核对未办结事项，限时办结；需要上级协调的及时上报" * 2), 1),
        (wide("序号", "村", "得分", "名次", "变化", "人口", rows=100), None),
        (wide("序号", "村", "得分", "名次", "变化", "人口", words="3"), 0),
    ],
    ids=["fits", "wide", "a passage", "too long to be read as cards", "no words in it"],
)
def test_a_table_too_wide_for_a_phone_becomes_cards_named_by_its_first_words(
    block: TableBlock, name: int | None
) -> None:
    assert card_name(block) == name


def test_a_hostile_head_stays_a_text_of_css() -> None:
    block = TableBlock("", (Column("';}*{color:red}/*"), Column("</style><b>")), ())
    assert "}" not in card_labels(block).replace("\\7d", "")
    assert "<" not in card_labels(block)


def test_an_index_leads_with_grades_movers_and_severe_problems() -> None:
    codes = [f"{at:012}" for at in range(8)]
    scores = pd.DataFrame(
        {"score": [95.0, 91, 88, 84, 82, 75, 66, 50], "grade": ["优秀"] * 2 + ["良好"] * 3 + ["合格"] * 2 + ["待改进"]},
        index=codes,
    )
    grades = (("优秀", 90.0), ("良好", 80.0), ("合格", 60.0), ("待改进", 0.0))
    problem = {"shared_with": (), "title": "网格员未配齐", "evidence": "19个。", "state": "again", "periods": 2}
    problems = pd.DataFrame(
        [{**problem, "severity": kind, "district_code": codes[3]} for kind in ("severe", "ordinary")]
    )
    shared = SimpleNamespace(
        current=SimpleNamespace(scores=scores, scheme=SimpleNamespace(grades=grades)),
        changed=SimpleNamespace(scores=scores.assign(previous=[90.0, 91, 88, 84, 82, 75, 66, 60])),
        problems=problems,
    )
    names = pd.Series({one: f"第{one[-1]}街道" for one in codes})
    found = results(shared, names, {codes[0]: "a.html"})  # type: ignore[arg-type]
    assert found["lead"] == [
        "8个单元中，优秀2个、良好3个、合格2个、待改进1个，得分中位数83.0分；与上期相比，1个提高，1个下降。"
    ]
    lists = {title: [(row["name"], row["number"]) for row in rows] for title, rows in found["lists"]}
    assert lists["得分最高"][0] == ("第0街道", "95.0")
    assert lists["得分最低"][0] == ("第7街道", "50.0")
    assert (lists["提高最多"], lists["下降最多"]) == ([("第0街道", "+5.0")], [("第7街道", "−10.0")])
    assert [(one["name"], one["state"], one["href"]) for one in found["severe"]] == [("第3街道", "再次出现", "")]
    nothing = SimpleNamespace(current=None, changed=None, problems=problems.head(0))
    assert results(nothing, names, {})["lists"] == []  # type: ignore[arg-type]


@pytest.mark.browser
@pytest.mark.parametrize(("touch", "moves"), [(False, True), (True, False)], ids=["mouse", "touch"])
def test_one_finger_on_a_live_map_moves_the_page_not_the_map(
    browser: Any, tmp_path: Path, touch: bool, moves: bool
) -> None:
    options = {"has_touch": True, "is_mobile": True} if touch else {}
    with open_map(browser, live_map(), tmp_path, width=390, height=800, **options) as frame:
        until(frame, f"document.querySelector('.leaflet-grab') !== null === {str(moves).lower()}")
        assert not frame.locator(".govkit-told").is_visible()
