"""A page's numbers lead to where they come from: only those whose label, unit, period and printed value all agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from browser import barriers
from nbformat.v4 import new_markdown_cell
from sample_notebook import code, column, notebook, shown, table

from govkit.documents.html.page import write_html
from govkit.sections.report import open_report
from govkit.sections.sources import origins

ROOT = Path(__file__).parents[1]
ABOUT = {
    "place": "新发镇",
    "before": "上半年",
    "measures": [{"label": "居民满意度", "definition": "满意 ÷ 回访", "data": "服务统计 9 行（服务.csv）"}],
    "values": [
        {
            "measure": 0,
            "unit": unit,
            "period": period,
            "text": text,
            "cells": [text, text.rstrip("%")],
            "counted": counted,
        }
        for unit, period, text, counted in (
            ("新发镇", "下半年", "98.6%", "3,291 ÷ 3,337"),
            ("新发镇", "上半年", "96.8%", "3,174 ÷ 3,279"),
            ("向东村", "下半年", "98.7%", "223 ÷ 226"),
        )
    ],
}


def page(folder: Path, text: str, *cells: Any) -> str:
    said = shown({"application/vnd.govkit.origins+json": ABOUT})
    write_html(notebook(new_markdown_cell(text), *cells, code(said)), folder / "a.html")
    return (folder / "a.html").read_text(encoding="utf-8")


def links(written: str) -> list[tuple[str, str]]:
    return re.findall(r'<a href="#(origin-\d+)" class="origin"[^>]*>([^<]*)</a>', written)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("居民满意度由96.8%升至98.6%，办结率98.6%。", ["96.8%", "98.6%"]),
        ("办结率98.6%。", []),
        ("居民满意度98.64%。居民满意度为198.6%。", []),
        ("向东村居民满意度98.7%。", ["98.7%"]),
        ("居民满意度98.7%。", []),
        ("98.6%的办结率高于居民满意度。", []),
    ],
    ids=["both periods", "another measure", "another number", "its village", "no village named", "before its label"],
)
def test_a_number_is_linked_where_it_is_the_measures(tmp_path: Path, text: str, numbers: list[str]) -> None:
    assert [number for _, number in links(page(tmp_path, text))] == numbers


def test_a_cell_is_linked_by_its_row_or_its_column_and_the_list_says_how_it_was_counted(tmp_path: Path) -> None:
    by_row = table(
        "甲", [column("指标"), column("本期"), column("上期")], [["居民满意度", "98.6", "96.8"], ["办结率", "98.6", ""]]
    )
    by_column = table("乙", [column("村"), column("满意度", "percent", "%")], [["向东村", "98.7"], ["新发村", "98.7"]])
    written = page(tmp_path, "# 题", code(by_row, by_column))
    assert links(written) == [("origin-1", "98.6"), ("origin-2", "96.8"), ("origin-3", "98.7")]
    assert re.search(r'<dd id="origin-3"><b>98.7%</b>　向东村，下半年：223 ÷ 226</dd>', written)
    assert "满意 ÷ 回访。本期数据：服务统计 9 行（服务.csv）。" in written


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("合同金额37.18万元，受益1,490人次。", ["37.18", "1,490"]),
        ("合同金额减少37.18万元。", []),
        ("上期合同金额37.18万元。", []),
        ("收入37.18万元。", []),
        ("东村合同金额12.00万元，西村12.00万元。", ["12.00"]),
        ("合同金额12.00万元。", []),
        ("合同金额37.18亿元，金额137.18万元。", []),
    ],
    ids=["total", "a change", "last period", "another thing", "its row", "no row named", "another unit or number"],
)
def test_a_count_or_amount_leads_to_the_one_table_it_stands_in(tmp_path: Path, text: str, numbers: list[str]) -> None:
    heads = [column("村"), column("合同金额", "number", "万元"), column("受益", "integer", "人次")]
    rows = [["东村", "12.00", "490"], ["南村", "25.18", "1,000"], ["合计", "37.18", "1,490"]]
    written = page(tmp_path, text, code(table("购买服务", heads, rows, emphasis=[2])))
    found = re.findall(r'<a href="#table-1-title" class="origin" aria-describedby="table-1-title">([^<]*)</a>', written)
    assert found == numbers


def test_a_page_that_states_no_origins_has_no_list(tmp_path: Path) -> None:
    write_html(notebook(new_markdown_cell("居民满意度98.6%。")), tmp_path / "a.html")
    assert 'id="origins"' not in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.browser
def test_pointer_focus_and_tap_show_the_origin_and_escape_hides_it(browser: Any, tmp_path: Path) -> None:
    page(tmp_path, "居民满意度由96.8%升至98.6%。")
    for touch in (False, True):
        with browser.new_context(offline=True, has_touch=touch, viewport={"width": 390, "height": 800}) as context:
            tab = context.new_page()
            tab.goto((tmp_path / "a.html").as_uri())
            link = tab.locator("a.origin").first
            if touch:
                link.tap()
            else:
                link.hover()
            assert "3,174 ÷ 3,279" in tab.inner_text(".card")
            assert "服务.csv" in tab.inner_text(".card")
            assert "#origin" not in tab.url
            assert barriers(tab) == []
            tab.keyboard.press("Escape")
            assert not tab.is_visible(".card")
            tab.keyboard.press("Tab")
            while not tab.evaluate("document.activeElement.matches('a.origin')"):
                tab.keyboard.press("Tab")
            assert tab.is_visible(".card")


def test_a_districts_origins_are_its_measures_as_they_are_printed() -> None:
    found = origins(open_report(ROOT / "data" / "daoli", "新发镇").inputs)
    labels = [one["label"] for one in found["measures"]]
    own = {
        labels[one["measure"]]: one
        for one in found["values"]
        if one["unit"] == "新发镇" and one["period"] == "2018年下半年"
    }
    numerator, denominator = (float(part.replace(",", "")) for part in own["居民满意度"]["counted"].split(" ÷ "))
    assert own["居民满意度"]["text"] == f"{100 * numerator / denominator:.1f}%"
    assert "服务统计2018.csv" in found["measures"][labels.index("居民满意度")]["data"]
    assert own["综合得分"]["text"].endswith("分")
