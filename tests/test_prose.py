"""Sentences: the right phrase for the numbers, users' names kept from being Markdown, every phrase fillable."""

from __future__ import annotations

import string

import pandas as pd
import pytest
from analysis_frames import CRS, units

from govkit import catalogue
from govkit.display.words import phrases
from govkit.display.words.phrases import escaped, moved, say
from govkit.sections import facilities, funds, services, situation


@pytest.mark.parametrize(
    ("spec", "value", "text"),
    [
        ("int", 178968.4, "178,968"),
        ("pct", 0.8504, "85.0%"),
        ("wan", 986_000, "98.60 万元"),
        ("moved_points", 0.016, "上升 1.6 个百分点"),
        ("moved_points", -0.00001, "持平"),
        ("moved_score", -4.26, "下降 4.3 分"),
        ("list", ["甲村", "乙*村"], "甲村、乙\\*村"),
    ],
)
def test_a_number_reads_as_chinese_reports_write_it(spec: str, value: object, text: str) -> None:
    assert phrases._Reader().vformat(f"{{x:{spec}}}", (), {"x": value}) == text


def test_a_missing_number_reads_as_a_dash() -> None:
    assert phrases._Reader().vformat("{x:pct}", (), {"x": float("nan")}) == "—"


def test_a_hostile_name_stays_text() -> None:
    text = say("problems.some", n=1, severe=0) + say(
        "standard.none_bound", name="<script>*x*[a](b)", title="标准", word="村"
    )
    assert "<script" not in text.replace("\\<", "")
    assert "\\*x\\*" in text


def test_every_phrase_uses_only_specs_there_are() -> None:
    for section in catalogue.load("phrases").values():
        for text in section.values():
            for _, name, spec, _ in string.Formatter().parse(text):
                assert name is None or not spec or spec in phrases._SPECS, text


def test_escaping_leaves_chinese_alone() -> None:
    assert escaped("群力街道（镇）") == "群力街道（镇）"


@pytest.mark.parametrize(("change", "word"), [(0.04, "持平"), (-0.04, "持平"), (0.06, "提高 0.1 分")])
def test_what_rounds_to_nothing_has_not_moved(change: float, word: str) -> None:
    assert moved(change, " 分", "提高", "下降") == word


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0.981, 0.99, "可以认定达到目标"), (0.95, 0.979, "可以认定没有达到"), (0.97, 0.99, "不能认定")],
    ids=["above", "below", "around"],
)
def test_satisfaction_concludes_only_what_its_interval_allows(low: float, high: float, told: str) -> None:
    assert told in services.satisfaction_sentence({"n": 100, "rate": 0.98, "low": low, "high": high}, target=0.98)


def test_no_response_is_said() -> None:
    assert (
        services.satisfaction_sentence({"n": 0, "rate": None, "low": None, "high": None}, target=0.98)
        == "本期没有服务回访记录。"
    )


def test_villages_that_miss_something_are_named_with_what() -> None:
    summary = pd.DataFrame({"name": ["甲村", "乙村"], "met": [True, False], "missing": [(), ("警务室", "宣传栏")]})
    text = facilities.standard(summary, None, name="太平镇", title="某标准", period="上半年")
    assert "2 个行政村中有 1 个" in text
    assert "乙村缺警务室、宣传栏" in text


def test_a_street_without_villages_is_not_judged_by_the_village_standard() -> None:
    text = facilities.standard(pd.DataFrame(), None, name="兆麟街道", title="某标准", period="上半年")
    assert text.startswith("兆麟街道没有行政村，某标准不适用")


def test_money_outside_the_purposes_is_said_with_its_share() -> None:
    text = funds.sentence({"income": 20_000, "expense": 10_000, "execution": 0.5, "outside": 1_000})
    assert "0.10 万元支出不在规定用途内，占支出的 10.0%" in text


@pytest.mark.parametrize(("side", "other"), [("income", "没有支出记录"), ("expense", "没有拨入记录")])
def test_the_side_of_a_ledger_that_has_no_line_is_no_nought(side: str, other: str) -> None:
    row = {"income": 0.0, "expense": 0.0, "execution": float("nan"), "outside": 0.0, "bound": 0.0, side: 20_000.0}
    text = funds.sentence(row)
    assert other in text
    assert "0.00" not in text


def test_a_zone_without_villages_says_nothing_of_the_countryside() -> None:
    places = units()
    urban = places.loc[places["kind"] != "village"]
    assert "农村" not in situation.zone("测试区", urban, None, crs=CRS)
    assert situation.zone("测试区", places, None, crs=CRS).count("农村") == 1


def test_communities_a_standard_binds_are_called_by_their_kind() -> None:
    assert facilities.bound_word(["village"]) == "行政村"
    assert facilities.bound_word(["urban_community"]) == "社区"
    assert facilities.bound_word(["urban_community", "village"]) == "社区（村）"
