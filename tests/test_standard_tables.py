"""Standards as tables: what a reader sees of grades, costs, norms, the ladder and plans."""

from datetime import date
from typing import Any

import pandas as pd
from analysis_frames import ELM, FIRST, SECOND, units, zone
from test_analysis_fund_norms import YEAR, norms
from test_analysis_fund_norms import tables as funded
from test_analysis_ladder import ladder as small_ladder
from test_analysis_ladder import tables as staffed
from test_analysis_standard_grades import CLINIC, LADDER, PATROL, ROOMS, standard

from govkit.analysis import fund_norms, ladder, plan, standard_grades, standards
from govkit.display import standard_tables
from govkit.display.tables import Table


def graded(*items: dict[str, Any]) -> Table:
    whole = standard(*items, grades=LADDER)
    return standard_tables.grades(standard_grades.grades(zone(), whole, SECOND), title="某标准")


def cells(table: Table, label: str) -> list[str]:
    place = next(number for number, column in enumerate(table.columns) if column.label.startswith(label))
    return [row[place] for row in table.rows]


def test_grades_show_what_the_next_one_lacks_and_costs() -> None:
    table = graded(CLINIC, PATROL, {**ROOMS, "unit_cost_yuan": 2_000})
    assert table.title == "某标准分等情况"
    assert cells(table, "所差项目") == ["用房（差 30 m²）", "另任选 1 项：巡逻队、用房"]
    assert cells(table, "所需经费") == ["60,000", "160,000"]
    assert table.note.endswith("所需经费按标准文件给出的单位造价估算。")


def test_without_unit_costs_no_cost_is_shown_and_the_note_says_so() -> None:
    table = graded(CLINIC, PATROL, ROOMS)
    assert "所需经费" not in [column.label for column in table.columns]
    assert table.note.endswith("标准文件没有给出单位造价，不估算经费。")


def test_what_a_cost_leaves_out_is_named() -> None:
    ladder_ = [{"label": "优秀", "items": ["patrol", "rooms"]}]
    whole = standard(PATROL, {**ROOMS, "unit_cost_yuan": 2_000}, grades=ladder_)
    table = standard_tables.grades(standard_grades.grades(zone(), whole, SECOND), title="某标准")
    assert "没有给出造价的巡逻队不计在内" in table.note


def test_no_grade_at_all_is_said_in_words() -> None:
    whole = standard(ROOMS, grades=[{"label": "合格", "items": ["rooms"]}])
    found = standard_grades.grades(zone(), whole, FIRST)
    assert cells(standard_tables.grades(found, title="t"), "现等次") == ["未达最低等"] * 2
    counts = standard_tables.grade_counts(standard_grades.grade_counts(found, whole), title="t")
    assert counts.rows == (("合格", "0", "0.0"), ("未达最低等", "2", "100.0"))


def test_costs_end_with_the_total_of_what_is_known() -> None:
    found = standards.item_costs(zone(), standard(PATROL, {**ROOMS, "unit_cost_yuan": 2_000}), FIRST)
    table = standard_tables.costs(found, title="t")
    assert cells(table, "所需经费") == ["—", "320,000", "320,000"]
    assert table.emphasis == (2,)


def test_nothing_missing_makes_an_empty_table_of_costs() -> None:
    assert standard_tables.costs(standards.item_costs(zone(), standard(CLINIC), SECOND), title="t").rows == ()


def test_norms_say_from_when_to_when_the_ledger_was_summed() -> None:
    stated = norms({"programme": "工作经费"})
    found = fund_norms.against_norms(funded(), stated, YEAR)
    table = standard_tables.norms(fund_norms.norm_summary(found, stated), found)
    assert "台账自2018年1月1日累计至2018年12月31日，合 1 年" in table.note
    assert table.rows == (("经费", "100,000", "—", "每个社区（村）", "4", "1", "25.0", "130,000"),)
    short = standard_tables.norms_short(found)
    assert "榆村" in cells(short, "社区")
    assert len(short.rows) == 3


def test_norms_without_a_community_have_no_days() -> None:
    stated = norms({"parents": ["别处"]})
    found = fund_norms.against_norms({"units": units()}, stated, YEAR)
    assert "合 — 年" in standard_tables.norms(fund_norms.norm_summary(found, stated), found).note


def test_pay_below_the_floor_comes_first() -> None:
    tables = staffed(u230102000000=3_500.0)
    table = standard_tables.pay(ladder.pay_floor(tables, small_ladder(), FIRST))
    assert cells(table, "低于标准") == ["✓", "×"]
    assert len(standard_tables.ladder(ladder.ladder_counts(tables, small_ladder(), FIRST)).rows) == 4
    assert len(standard_tables.off_ladder(ladder.off_ladder(tables, small_ladder(), FIRST)).rows) == 3


def test_a_plan_shows_communities_as_numbers_and_measures_as_they_are() -> None:
    steps = [
        {"id": "a", "label": "甲", "due": date(2018, 6, 1), "list": "五个覆盖", "item": "硬件", "least": 2},
        {"id": "b", "label": "乙", "due": date(2018, 12, 1), "measure": "satisfaction", "least": 0.95},
        {"id": "c", "label": "丙", "due": date(2018, 6, 1), "list": "没有", "item": "没有", "least": 2},
    ]
    read = plan.read_plan("p", {"type": "plan", "title": "三步走", "source": "s", "steps": steps}, where="p")
    table = standard_tables.plan(plan.plan_steps(zone(), read, FIRST), title=read.title, on="2018年6月30日")
    assert table.rows == (
        ("甲", "2018-06-01", "2 个", "1 个", "1 个", "未完成", "29"),
        ("乙", "2018-12-01", "95.0%", "94.0%", "1.0%", "未到期", "—"),
        ("丙", "2018-06-01", "2 个", "—", "—", "—", "—"),
    )


def test_an_unknown_grade_is_a_dash() -> None:
    tables = {name: table for name, table in zone().items() if name != "organisations"}
    found = standard_grades.grades(tables, standard(PATROL, grades=[{"label": "甲", "items": ["patrol"]}]), FIRST)
    assert pd.isna(found.at[ELM, "grade"])
    assert cells(standard_tables.grades(found, title="t"), "现等次") == ["—", "—"]
