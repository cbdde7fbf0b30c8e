"""The problem list: what is found, how grave it is, and that rules are data one can get wrong."""

import copy
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from analysis_frames import CRS, FIRST, OAK, RIVER, STREET, TOWN, grids, units, zone

from govkit import catalogue
from govkit.analysis.ledgers.problem_rules import load_rules, read_rules
from govkit.analysis.ledgers.problems import find_problems
from govkit.analysis.standards.attainment import load_standard
from govkit.errors import CatalogueError
from govkit.periods import Period

CENTRE = load_standard("daoli_village_centre")


# The same half year under the national plan of 2021.
UNDER_THE_PLAN = replace(FIRST, start=date(2022, 1, 1), end=date(2022, 6, 30))


def found(tables: dict[str, pd.DataFrame] | None = None, period: Period = FIRST) -> pd.DataFrame:
    problems = find_problems(tables or zone(), period, standards=[CENTRE], crs=CRS)
    return problems.set_index(["district_code", "rule"])


def test_missing_items_are_listed_village_by_village() -> None:
    problem = found().loc[(TOWN, "standard_missing")]
    assert problem["evidence"] == "2 个社区（村）未达到设施标准：柞村缺医疗卫生站、榆村缺治安巡逻队。"
    assert problem["places"] == ("柞村", "榆村")
    assert problem["severity"] == "ordinary"


def test_a_measure_below_its_line_comes_with_its_numbers() -> None:
    more = zone()["services"]
    more = more.assign(**{name: more[name] * 10 for name in ("requested", "settled", "settled_in_unit")})
    problem = found(zone() | {"services": more}).loc[(TOWN, "needs_met_low")]
    assert problem["evidence"] == "1,000 件服务需求中 800 件在村内办结，满足率 80.0%，低于 85%。"
    assert (problem["value"], problem["threshold"], problem["severity"]) == (0.8, 0.85, "ordinary")


def test_a_measure_below_the_second_line_is_severe() -> None:
    problem = found(period=UNDER_THE_PLAN).loc[(TOWN, "premises_short")]
    assert (problem["severity"], problem["severity_label"]) == ("severe", "严重")


def test_too_few_cases_are_not_judged() -> None:
    # 3 of 5 matters settled is 60 %, but 5 is fewer than the rule's 30.
    assert (TOWN, "settled_low") not in found().index


def test_spending_outside_its_purposes_is_named() -> None:
    problem = found().loc[(TOWN, "funds_outside")]
    assert problem["evidence"] == "规定用途之外支出 1 笔，共 20,000 元：公务接待 20,000 元。"


def test_overdue_tasks_are_named_with_their_days() -> None:
    problem = found().loc[(TOWN, "tasks_overdue")]
    assert problem["evidence"] == "1 项任务到期未完成，最长逾期 10 天：建巡逻队。"
    assert problem["due"] == date(2018, 7, 30)


def test_an_overlap_on_the_border_is_one_problem_of_both_districts() -> None:
    layer = grids(("g1", OAK, (0, 0, 100, 100)), ("g2", RIVER, (90, 0, 200, 100)))
    problems = found(zone() | {"grids": layer})
    assert (TOWN, "grid_overlaps") not in problems.index
    problem = problems.loc[(STREET, "grid_overlaps")]
    assert problem["shared_with"] == (TOWN,)
    assert problem["places"] == ("柞村、江畔社区之间",)
    assert "1,000 m²" in problem["evidence"]


def test_a_gap_is_told_with_its_area() -> None:
    boxes = {"a": (0, 0, 300, 100), "b": (0, 100, 100, 180), "c": (200, 100, 300, 180), "d": (0, 180, 300, 300)}
    layer = grids(*((code, OAK, corners) for code, corners in boxes.items()))
    problem = found(zone() | {"grids": layer}).loc[(TOWN, "grid_gaps")]
    assert problem["evidence"].startswith("网格之间有 1 处空隙，共 8,000 m²，位于柞村内")
    assert problem["severity"] == "ordinary"
    assert problem["value"] == pytest.approx(8_000, abs=1)


def test_severe_problems_come_first_in_each_district() -> None:
    problems = find_problems(zone(), FIRST, standards=[CENTRE], crs=CRS)
    for _, rows in problems.groupby("district_code"):
        assert rows["severity"].tolist() == sorted(rows["severity"], reverse=True)


def test_units_alone_have_no_problems_and_the_columns_stay() -> None:
    problems = find_problems({"units": units()}, FIRST, standards=[CENTRE], crs=CRS)
    assert problems.empty
    assert {"district_code", "evidence", "advice", "due"} <= set(problems.columns)


def test_long_lists_name_the_first_few() -> None:
    tasks = pd.concat([zone()["tasks"].iloc[[2]].assign(task_id=f"t{n}", problem=f"任务{n}") for n in range(6)])
    problem = found(zone() | {"tasks": tasks}).loc[(TOWN, "tasks_overdue")]
    assert problem["evidence"].endswith("任务0、任务1、任务2、任务3等 6 种。")
    assert problem["severity"] == "severe"


def test_a_value_a_hair_below_its_line_is_shown_with_more_digits() -> None:
    needs = zone()["services"].assign(requested=10**9, settled=10**9, settled_in_unit=849_960_000)
    problem = found(zone() | {"services": needs}).loc[(TOWN, "needs_met_low")]
    assert "84.996%" in problem["evidence"]


def test_long_lists_of_lists_say_how_many_more_there_are() -> None:
    more = pd.concat(
        [units(), *(units().iloc[[3]].assign(unit_code=f"23010210029{n}", name=f"村{n}") for n in range(4))]
    )
    problem = found(zone() | {"units": more}).loc[(TOWN, "standard_missing")]
    assert problem["evidence"].startswith("6 个社区（村）未达到设施标准")
    assert problem["evidence"].endswith("另有 2 个。")


def test_every_rule_gives_advice_an_owner_and_a_time() -> None:
    for rule in load_rules():
        assert rule.advice
        assert rule.due_days > 0


def rules_with(**cells: Any) -> dict[str, Any]:
    raw = copy.deepcopy(catalogue.load("problems"))
    raw["rules"] = [dict(raw["rules"][3], **cells)]
    return raw


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"measure": "managed_grid"}, "managed_grids"),
        ({"evidence": "{valu}"}, "'valu'"),
        ({"finds": "gap"}, "finds 没有 'gap'"),
        ({"above": 1}, "below 与 above 应恰有一个"),
        ({"owner_level": "nation"}, "owner_level 没有 'nation'"),
        ({"due_days": "30"}, "due_days 的类型不对"),
    ],
)
def test_a_wrong_rule_is_refused(cells: dict[str, Any], words: str) -> None:
    with pytest.raises(CatalogueError, match=words) as error:
        read_rules(rules_with(**cells), where="problems.toml")
    assert "problems.toml" in str(error.value)


def test_a_rule_of_a_standard_holds_only_for_zones_judged_by_it() -> None:
    def titles(*named: str) -> set[str]:
        return set(find_problems(zone(), UNDER_THE_PLAN, named=named)["rule"])

    assert "premises_short" in titles("community_service_plan_14th")
    assert "premises_short" not in titles("daoli_village_centre")
