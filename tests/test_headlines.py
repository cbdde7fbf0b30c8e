"""What slides say in one line: the finding, in numbers that can be checked by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

import govkit
from govkit.analysis.measures.measure import measure_info
from govkit.display.front import Absent
from govkit.display.maps.sheet.figure import MapFigure
from govkit.display.slides import KeyFigure
from govkit.display.tables.table import Table
from govkit.display.words import phrases
from govkit.sections import facilities, grids, problems, ranks, services
from govkit.sections.chapters import key_figures
from govkit.sections.inputs import Inputs

NAMES = pd.Series({"a": "甲街道", "b": "乙街道", "c": "丙镇"})


def ranked(*grades: str) -> pd.DataFrame:
    """Districts by rank with scores 90, 80, 70 …"""
    scores = [90.0 - 10 * at for at in range(len(grades))]
    names = [f"第{at + 1}镇" for at in range(len(grades))]
    return pd.DataFrame({"rank": range(1, len(grades) + 1), "name": names, "score": scores, "grade": grades})


def measured(value: float, numerator: float = 1, denominator: float = 2) -> pd.DataFrame:
    return pd.DataFrame({"value": [value], "numerator": [numerator], "denominator": [denominator]}, index=["zone"])


def test_districts_are_called_what_they_are() -> None:
    assert ranks.called(pd.Series(["town", "street", "street"])) == "街道、镇"


def test_the_score_s_title_counts_the_best_grade() -> None:
    made = ranks.score_slide(ranked("优秀", "优秀", "良好"), unit="街道")
    assert made.title == "3 个街道中 2 个“优秀”"
    assert made.notes[0].startswith("第 1 位 第1镇 90\\.0 分；第 2 位") or made.notes[0].startswith(
        "第 1 位 第1镇 90.0 分；"
    )


def test_one_grade_for_all_is_said_so() -> None:
    assert ranks.score_slide(ranked("良好", "良好"), unit="镇").title == "2 个镇全部“良好”"


def test_a_district_alone_is_not_compared() -> None:
    alone = ranked("良好")
    assert ranks.score_slide(alone, unit="镇").title == "第1镇为“良好”"
    assert ranks.ranking_slide(alone).title == "第1镇综合得分 90.0 分"


def test_first_and_last_are_named_only_where_they_are_not_the_same() -> None:
    assert ranks.score_slide(ranked(*["良好"] * 6), unit="镇").lead == ""
    assert (
        ranks.score_slide(ranked(*["良好"] * 7), unit="镇").lead
        == "前三位：第1镇、第2镇、第3镇；后三位：第5镇、第6镇、第7镇"
    )


def test_a_change_that_rounds_to_nothing_is_neither_rise_nor_fall() -> None:
    scores = pd.DataFrame({"change": [1.2, 0.04, -3.0]}, index=["a", "b", "c"])
    made = ranks.change_slide(scores, NAMES, unit="街道、镇")
    assert made.title == "与上期相比，1 个街道、镇得分上升，1 个下降"
    assert "丙镇（−3" in made.lead


def test_nobody_is_named_as_fallen_where_nobody_fell() -> None:
    scores = pd.DataFrame({"change": [1.0, 2.0]}, index=["a", "b"])
    made = ranks.change_slide(scores, NAMES, unit="街道")
    assert made.title == "与上期相比，2 个街道得分全部上升"
    assert made.lead.replace("\\", "") == "进步最大：乙街道（+2.0）、甲街道（+1.0）"
    assert ranks.change_slide(-scores, NAMES, unit="街道").title == "与上期相比，2 个街道得分全部下降"


@pytest.mark.parametrize(
    ("met", "kinds", "title"),
    [
        ([True, True], ["village", "village"], "2 个村全部达到设施标准"),
        ([True, False], ["urban_community"] * 2, "2 个社区中 1 个达到设施标准，达标率 50.0%"),
        ([False, False], ["village", "urban_community"], "2 个社区（村）中 0 个达到设施标准，达标率 0.0%"),
    ],
)
def test_attainment_says_how_many_meet_the_standard(met: list[bool], kinds: list[str], title: str) -> None:
    missing = [() if one else ("警务室",) for one in met]
    summary = pd.DataFrame(
        {"name": ["甲村", "乙村"], "met": pd.array(met, dtype="boolean"), "missing": missing}, index=["a", "b"]
    )
    units = pd.DataFrame({"unit_code": ["a", "b"], "kind": kinds})
    items = pd.DataFrame({"label": ["警务室", "卫生站"], "rate": [0.5, 1.0]})
    made = facilities.attained_slide(summary, items, units=units, standard="两个一")
    assert made.title == title
    assert ("乙村缺警务室" in "".join(made.notes)) is (not all(met))
    assert ("警务室（50.0%）" in made.lead) is (not all(met))


def test_what_cannot_be_judged_is_not_counted_as_short_of_the_standard() -> None:
    met = pd.array([True, None, None], dtype="boolean")
    summary = pd.DataFrame(
        {"name": ["甲村", "乙村", "丙村"], "met": met, "missing": [(), (), ()]}, index=["a", "b", "c"]
    )
    units = pd.DataFrame({"unit_code": ["a", "b", "c"], "kind": "village"})
    items = pd.DataFrame({"label": ["警务室"], "rate": [1.0]})
    made = facilities.attained_slide(summary, items, units=units, standard="两个一")
    assert made.title == "1 个村全部达到设施标准"
    assert "2 个村因设施台账没有写明登记完整，不能断定是否达标" in made.lead
    none = facilities.attained_slide(summary[1:], items, units=units, standard="两个一")
    assert "不能断定" in none.title


def test_grids_without_defects_are_said_to_cover_the_ground() -> None:
    row = {"grids": 4, "area_km2": 2.0, "gaps": 0, "gap_m2": 0, "overlaps": 0, "overlap_m2": 0}
    none = gpd.GeoDataFrame({"kind": [], "area_m2": [], "grid_codes": []}, geometry=[])
    assert grids.grid_slide(row, none).title == "4 个网格全覆盖、不重叠"
    some = gpd.GeoDataFrame({"kind": ["gap"], "area_m2": [1500.0], "grid_codes": [("1", "2")]}, geometry=[None])
    made = grids.grid_slide({**row, "gaps": 1, "gap_m2": 1500}, some)
    assert made.title == "4 个网格有 1 处空隙、0 处重叠"
    assert made.notes == ("空隙 1,500 平方米（1、2）",)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.985, 0.99, "达到 98.0% 的目标"), (0.95, 0.97, "未达到 98.0% 的目标"), (0.97, 0.99, "尚不能断定是否达到 98.0%")],
)
def test_satisfaction_concludes_no_more_than_its_interval_allows(low: float, high: float, said: str) -> None:
    row = {"n": 100, "rate": (low + high) / 2, "low": low, "high": high}
    rates = pd.DataFrame({"rate": [0.9, 0.99, float("nan")]}, index=list("abc"))
    made = services.satisfaction_slide(row, rates, NAMES, target=0.98, area="rural")
    assert made.title.startswith("农村服务满意度")
    assert made.title.endswith(f"，{said}")
    assert "甲街道（90" in made.lead


def test_satisfaction_without_answers_concludes_nothing() -> None:
    row = {"n": 0, "rate": float("nan"), "low": float("nan"), "high": float("nan")}
    rates = pd.DataFrame({"rate": [float("nan")]}, index=["a"])
    assert services.satisfaction_slide(row, rates, NAMES, target=0.98).title == "服务满意度 —"


def test_key_figures_are_the_first_six_that_are_known() -> None:
    names = ["settled_rate", "managed_grids", "satisfaction", "needs_met_inside", "fund_execution", "settled_in_grid"]
    names += ["premises_coverage", "workers_per_10000"]
    values = {name: measured(0.5) for name in names} | {"managed_grids": measured(float("nan"))}
    infos = {name: measure_info(name) for name in names}
    made = key_figures.figures_slide(values, {name: measured(0.45) for name in names}, infos, title="题")
    assert [one.label for one in made.figures][:2] == [infos["settled_rate"].label, infos["satisfaction"].label]
    assert len(made.figures) == 6
    assert (made.figures[0].value, made.figures[0].unit) == ("50.0", "%")
    assert made.figures[0].remark.replace("\\", "") == "较上期上升 5.0 个百分点"


def test_in_the_first_period_key_figures_say_no_change() -> None:
    made = key_figures.figures_slide(
        {"satisfaction": measured(0.5)}, None, {"satisfaction": measure_info("satisfaction")}, title="题"
    )
    assert made.figures == (KeyFigure("居民满意度", "50.0", "%", ""),)


def problem(rule: str, district: str, severity: str = "ordinary", **more: Any) -> dict[str, Any]:
    common = {
        "title": rule,
        "evidence": "依据",
        "advice": "先做这个；再做那个。",
        "owner_level": "town",
        "shared_with": (),
    }
    return {"rule": rule, "district_code": district, "severity": severity, "due": dt.date(2019, 3, 1), **common, **more}


def test_steps_are_one_a_kind_of_problem_the_severe_and_widespread_first() -> None:
    found = pd.DataFrame(
        [problem("少见", "a"), problem("多见", "a"), problem("多见", "b"), problem("严重", "c", "severe")]
    )
    table = problems.steps(found)
    assert list(table["problem"]) == ["严重", "多见", "少见"]
    assert list(table["districts"]) == [1, 2, 1]
    assert table["advice"].iloc[0] == "先做这个"
    assert problems.steps_slide(found, unit="镇").title == "需整改问题 4 个，其中严重 1 个"


def test_names_of_users_cannot_be_markup() -> None:
    made = phrases.by_name(pd.Series({"a": 0.5}), pd.Series({"a": "<b>*甲*"}), "%")
    assert made == "\\<b\\>\\*甲\\* 50.0%"


def test_a_slide_of_a_standard_that_all_meet_shows_its_items_not_a_map_of_one_class(zone_folder: Path) -> None:
    inputs = govkit.open_report(zone_folder).inputs
    one = inputs.judged.standards[0]
    met = inputs.met(one, inputs.now)
    inputs.found[(Inputs.met.__wrapped__, (one, inputs.now))] = met.assign(met=True)
    shown = facilities.attained(inputs).slide
    assert any(isinstance(item, Table) and item.title == "设施标准逐项达标情况" for item in shown)
    assert not any(isinstance(item, MapFigure) and item.spec.title == "设施标准达标情况" for item in shown[:2])
    assert next((item.figures, item.told) for item in shown if isinstance(item, Absent)) == (1, False)
