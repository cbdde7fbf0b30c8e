"""Frames made ready for tables: names joined, totals below, targets in words."""

from __future__ import annotations

import pandas as pd
import pytest

from govkit.display.tables import frames
from govkit.sections import national, ranks, scores, sources

UNITS = pd.DataFrame({"unit_code": ["1", "2"], "name": ["甲村", "乙村"], "level": ["community"] * 2})


def test_a_unit_is_named_and_the_total_stands_last() -> None:
    frame = pd.DataFrame({"n": [5, 3]}, index=pd.Index(["2", "1"]))
    total = pd.DataFrame({"n": [8]}, index=["zone"])
    named = frames.by_unit(frame, UNITS, total=total)
    assert named.to_dict("list") == {"name": ["甲村", "乙村", "合计"], "n": [3, 5, 8]}
    assert [frames.is_total(row) for _, row in named.iterrows()] == [False, False, True]


@pytest.mark.parametrize(
    ("least", "most", "unit", "said"),
    [
        (18, float("nan"), "人/万人", "≥ 18 人/万人"),
        (float("nan"), 24, "小时", "≤ 24 小时"),
        (300, 500, "户", "300—500 户"),
        (0.8, float("nan"), "%", "≥ 80%"),
    ],
)
def test_a_target_is_said_with_its_unit(least: float, most: float, unit: str, said: str) -> None:
    rows = pd.DataFrame({"value": [1.0], "least": [least], "most": [most], "unit": [unit]})
    assert national.yardstick_rows(rows)["target"].tolist() == [said]


def test_a_rank_move_is_said_in_places() -> None:
    now = pd.DataFrame({"rank": [1, 2, 3], "score": [90.0, 80, 70], "grade": "良好"}, index=["a", "b", "c"])
    before = pd.DataFrame({"rank": [2, 1, 3], "score": [80.0, 85, 70]}, index=["a", "b", "c"])
    names = pd.Series(["甲", "乙", "丙"], index=["a", "b", "c"])
    ranked = ranks.ranking(now, before, names)
    assert ranked["rank_text"].tolist() == ["升 1 位", "降 1 位", "持平"]
    assert ranked["change"].tolist() == [10, -5, 0]


def test_money_is_shown_in_wan() -> None:
    assert frames.in_wan(pd.DataFrame({"amount_yuan": [12_345.0]}))["amount_wan"].tolist() == [1.2345]


def test_findings_are_listed_errors_first_in_the_order_of_file_and_row() -> None:
    found = pd.DataFrame(
        {"severity": ["note", "error", "error"], "file": ["a", "b", "a"], "row": [1, 2, 3], "reason": ["x", "y", "z"]}
    )
    assert sources.finding_rows(found)["reason"].tolist() == ["z", "y", "x"]
    assert sources.finding_rows(found)["severity"].tolist() == ["错误", "错误", "提示"]


def test_notes_alike_stand_in_one_row_and_errors_each_in_its_own() -> None:
    columns = ["severity", "file", "sheet", "rule", "column", "row", "value", "reason"]
    rows = [
        ("note", "a.xlsx", pd.NA, "unit_by_name", "社区", 3, "甲", "按名称认出"),
        ("note", "a.xlsx", pd.NA, "unit_by_name", "社区", 4, "乙", "按名称认出"),
        ("note", "b.xlsx", pd.NA, "unit_by_name", "社区", 4, "丙", "按名称认出"),
        ("error", "a.xlsx", pd.NA, "out_of_range", "户数", 5, "-1", "为负"),
        ("error", "a.xlsx", pd.NA, "out_of_range", "户数", 6, "-2", "为负"),
    ]
    found = sources.finding_rows(pd.DataFrame(rows, columns=columns))
    assert found["reason"].tolist() == ["为负", "为负", "按名称认出（同类共 2 处）", "按名称认出"]


def test_changes_of_leaves_are_said_in_their_unit_with_an_interval_where_there_is_one() -> None:
    rows = pd.DataFrame(
        {
            "label": ["办结率", "用房", "新指标"], "unit": ["%", "m²", "%"], "previous": [0.80, 30.0, float("nan")],
            "value": [0.85, 29.0, 0.5], "change": [0.05, -1.0, float("nan")], "low": [0.02, float("nan"), float("nan")],
            "high": [0.08, float("nan"), float("nan")], "evidence": ["sample", "census", "sample"],
        }
    )  # fmt: skip
    found = scores.leaf_changes(rows)
    assert found["label"].tolist() == ["办结率", "用房"]
    assert found["change_text"].tolist() == ["+5.0 百分点", "−1.0 m²"]
    assert found["interval"].tolist() == ["+2.0 百分点 至 +8.0 百分点", "—"]
