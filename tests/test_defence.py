"""The defence of a score in words and tables."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from govkit import catalogue
from govkit.display.tables.table import report_table
from govkit.display.words.phrases import say
from govkit.sections import ranks

NAMES = pd.Series({"1": "东镇", "2": "西街道"})
NAN = float("nan")


def drawn(low: float = 3, high: float = 7, **cells: float) -> Any:
    """Return a result of drawing again, for the units 1 and 2; unit 2 has no score."""
    row = {"rank": 4, "median": 4, "low": low, "high": high, "first": 0.0, "top_quarter": 0.4, "passed": 1.0}
    row |= {"method_low": 2, "method_high": 9} | cells
    ranks = pd.DataFrame([row, dict.fromkeys(row, NAN)], index=["1", "2"])
    return SimpleNamespace(ranks=ranks, draws=1000, confidence=0.9, pass_mark=60)


def left_out(move: float) -> Any:
    leaves = pd.DataFrame({"label": ["办结率"], "moved": [1], "most": [2], "agreement": [0.9]}, index=["rate"])
    return SimpleNamespace(rank_moves=pd.DataFrame({"rate": [move, NAN]}, index=["1", "2"]), leaves=leaves)


def together(alpha: float = 0.8, verdict: str = "") -> Any:
    index = pd.Index(["rate", "hours"], name="leaf")
    leaves = pd.DataFrame(
        {"label": ["办结率", "时长"], "with_score": [0.9, NAN], "verdict": [verdict, ""]}, index=index
    )
    groups = pd.DataFrame({"label": ["总分"], "leaves": [2], "units": [9], "alpha": [alpha]}, index=[""])
    redundant = pd.DataFrame({"one": ["rate"], "other": ["hours"], "correlation": [0.95], "units": [9]})
    return SimpleNamespace(leaves=leaves, groups=groups, redundant=redundant)


def test_a_rank_is_said_with_its_interval_and_chances() -> None:
    text = ranks.rank(drawn(), "1", name="东镇")
    assert "东镇的名次在第 3 位至第 7 位之间（误差区间，90%）" in text
    assert "名次在第 2 位至第 9 位之间（方法区间，90%" in text
    assert "列第一的可能性不足 1%，进入前四分之一的可能性约 40%，得分不低于 60 分的可能性超过 99%" in text


def test_a_rank_that_never_moves_is_steady() -> None:
    assert "名次稳定在第 4 位（误差区间，90%）" in ranks.rank(drawn(4, 4), "1", name="东镇")


def test_a_unit_without_a_score_has_no_sentence() -> None:
    assert ranks.rank(drawn(), "2", name="西街道") == ""


@pytest.mark.parametrize(
    ("move", "clear", "words"),
    [
        (2, True, "上升 2 位，两期用同一算法成对模拟"),
        (-1, False, "下降 1 位，但"),
        (0, False, "名次与上期相同"),
        (NAN, pd.NA, ""),
    ],
)
def test_a_move_is_said_with_whether_it_is_clear(move: float, clear: object, words: str) -> None:
    moves = pd.DataFrame({"move": [move], "clear": pd.array([clear], dtype="boolean")}, index=["1"])
    text = ranks.moved(moves, "1")
    assert words in text
    assert bool(text) == bool(words)


@pytest.mark.parametrize(
    ("move", "words"), [(2, "最多变动 2 位，影响最大的是办结率"), (0, "名次都不变"), (NAN, "名次都不变")]
)
def test_what_one_leaf_less_would_do_is_said(move: float, words: str) -> None:
    assert words in ranks.without_one(left_out(move), "1")


def shares(*, enough: bool = True) -> Any:
    overall = pd.DataFrame({"first": [0.6, 0.1], "total": [0.7, 0.3]}, index=["weights", "errors"])
    return SimpleNamespace(overall=overall.assign(total_low=0.65, total_high=0.75), enough=enough)


def test_the_whole_ranking_is_summed_up() -> None:
    text = ranks.zone(drawn(first=0.9), shares(), left_out(1), NAMES)
    assert "名次稳定（90% 的误差区间跨度不超过 2 位）的有 0 个" in text
    assert "可能列第一的有：东镇（约 90%）" in text
    assert "主要来自权重" in text
    assert "占 70.0%（计入偶然误差为 65.0%—75.0%）" in text
    assert "主要来自" not in ranks.zone(drawn(first=0.9), shares(enough=False), left_out(1), NAMES)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (together(), "内部一致性系数为 0.80，内部一致"),
        (together(0.3), "一致性不足"),
        (together(NAN), "不计算内部一致性系数"),
        (together(verdict="silent"), "不起区分作用的指标有：办结率"),
        (together(verdict="against"), "与总分方向相反的指标有：办结率"),
        (together(), "有 1 对，例如“办结率”与“时长”"),
    ],
)
def test_coherence_is_said_in_words(found: Any, words: str) -> None:
    assert words in ranks.coherent(found)


def broken(*rows: tuple[str, str, str, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit_code", "kind", "reason", "forbids"]).astype({"forbids": "bool"})


def test_breaks_are_said_and_cautions_forbid_nothing() -> None:
    assert "可以比较" in ranks.compared(broken(("1", "renamed", "更名", False)))
    assert "有 1 处口径变化" in ranks.compared(broken(("", "weights", "权重不同", True)))


def test_every_table_of_the_defence_can_be_made() -> None:
    leaves = left_out(1)
    leaves.leaves = pd.concat([leaves.leaves, leaves.leaves.rename(index={"rate": "hours"})])
    words: dict[str, Any] = {"confidence": 90, "draws": 1000, "pass_mark": 60}
    made = {
        "robustness": report_table("robustness", ranks.rank_table(drawn(), NAMES), **words),
        "rank_shares": report_table("rank_shares", ranks.share_table(shares())),
        "leaf_defence": report_table("leaf_defence", ranks.leaf_table(leaves, together(verdict="silent"))),
        "group_coherence": report_table("group_coherence", together().groups.reset_index()),
        "breaks": report_table("breaks", ranks.break_table(broken(("", "weights", "权重不同", True)), NAMES)),
    }
    assert {name: table.rows[0][:2] for name, table in made.items()} == {
        "robustness": ("4", "东镇"),
        "rank_shares": ("权重", "60.0"),
        "leaf_defence": ("办结率", "0.90"),
        "group_coherence": ("总分", "2"),
        "breaks": ("全部", "权重"),
    }
    assert made["leaf_defence"].rows[0][-1] == "不起区分作用"


def test_the_tables_of_ratings_take_the_frames_of_the_analysis() -> None:
    columns = {name: [one["key"] for one in catalogue.load("report_tables")[name]["columns"]] for name in
               ("ratings", "three_levels", "two_way")}  # fmt: skip
    assert columns["ratings"] == ["name", "n", "score", "low", "high", "shrunk", "rank"]
    assert columns["three_levels"] == ["name", "city", "county", "street", "score", "change"]
    assert columns["two_way"] == ["name", "down", "down_n", "up", "up_n"]


def test_the_sentences_of_ratings_can_be_filled() -> None:
    assert say("ratings.score", kind="居民", n=40, score=82.5, low=68.1, high=91.3) == (
        "居民评价 40 人次，平均 82.5 分，计入偶然误差在 68.1—91.3 分之间。"
    )
    assert say("ratings.up", up=65, n=4) == "社区评部门，平均 65.0 分（4 份）。"
    assert "一致性系数为 0.16" in say("ratings.agreement", raters=3, w=0.162, verdict="意见分歧较大")
