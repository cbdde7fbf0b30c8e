"""What a reader sees of grades, costs, funding norms, the worker ladder and plans."""

from datetime import date
from typing import Any

import pandas as pd
from analysis_frames import ELM, FIRST, SECOND, units, zone
from test_analysis_fund_norms import YEAR, norms
from test_analysis_fund_norms import tables as funded
from test_analysis_ladder import ladder as small_ladder
from test_analysis_ladder import tables as staffed
from test_analysis_standard_grades import CLINIC, LADDER, PATROL, ROOMS, standard

from govkit.analysis.standards import attainment as standards
from govkit.analysis.standards import fund_norms, ladder, plan, standard_grades
from govkit.analysis.standards.standard_file import Standard
from govkit.display.tables.table import Table
from govkit.sections import duties, facilities, funds


def graded(whole: Standard, period: Any = SECOND, *, tables: Any = None) -> list[Table]:
    """Return the tables of counts and of communities."""
    found = standard_grades.grades(tables or zone(), whole, period)
    return tables_of(facilities.grades(whole, standard_grades.grade_counts(found, whole).reset_index(), found))


def tables_of(items: list[str | Table]) -> list[Table]:
    return [item for item in items if isinstance(item, Table)]


def texts_of(items: list[str | Table]) -> str:
    return "".join(item for item in items if isinstance(item, str))


def cells(table: Table, label: str) -> list[str]:
    place = next(number for number, column in enumerate(table.columns) if column.label.startswith(label))
    return [row[place] for row in table.rows]


def test_grades_show_what_the_next_one_lacks_and_costs() -> None:
    table = graded(standard(CLINIC, PATROL, {**ROOMS, "unit_cost_yuan": 2_000}, grades=LADDER))[1]
    assert cells(table, "所差项目") == ["用房（优秀要求 150 m²，差 30 m²）", "另任选 1 项：巡逻队、用房"]
    assert cells(table, "所需经费") == ["60,000", "160,000"]
    assert table.note.endswith("所需经费按标准给出的单位造价估算。")


def test_without_unit_costs_no_cost_is_shown_and_the_note_says_so() -> None:
    table = graded(standard(CLINIC, PATROL, ROOMS, grades=LADDER))[1]
    assert "所需经费" not in [column.label for column in table.columns]
    assert table.note.endswith("标准没有给出单位造价，不估算经费。")


def test_what_a_cost_leaves_out_is_named() -> None:
    top = [{"label": "优秀", "items": ["patrol", "rooms"]}]
    table = graded(standard(PATROL, {**ROOMS, "unit_cost_yuan": 2_000}, grades=top))[1]
    assert "没有给出造价的巡逻队不计在内" in table.note


def test_at_the_top_nothing_is_lacking() -> None:
    table = graded(standard(CLINIC, grades=LADDER[:1]))[1]
    assert [cells(table, label) for label in ("目标等次", "所差项目")] == [["—", "—"], ["—", "—"]]


def test_no_grade_at_all_is_said_in_words() -> None:
    counts, table = graded(standard(ROOMS, grades=[{"label": "合格", "items": ["rooms"]}]), FIRST)
    assert counts.rows == (("合格", "0", "0.0"), ("未达最低等", "2", "100.0"))
    assert cells(table, "现等次") == ["未达最低等"] * 2


def test_an_unknown_grade_is_a_dash() -> None:
    tables = {name: table for name, table in zone().items() if name != "organisations"}
    whole = standard(PATROL, grades=[{"label": "甲", "items": ["patrol"]}])
    assert pd.isna(standard_grades.grades(tables, whole, FIRST).at[ELM, "grade"])
    assert cells(graded(whole, FIRST, tables=tables)[1], "现等次") == ["—", "—"]


def test_costs_say_the_total_of_what_is_known() -> None:
    whole = standard(PATROL, {**ROOMS, "unit_cost_yuan": 2_000})
    items = facilities.costs(whole, standards.item_costs(standards.attainment(zone(), whole, FIRST), whole))
    assert "32.00 万元" in texts_of(items)
    assert cells(tables_of(items)[0], "所需经费") == ["—", "320,000", "320,000"]


def test_nothing_missing_needs_no_table_of_costs() -> None:
    clinic = standard(CLINIC)
    assert facilities.costs(clinic, standards.item_costs(standards.attainment(zone(), clinic, SECOND), clinic)) == []


def test_norms_say_from_when_to_when_the_ledger_was_summed_and_who_falls_short() -> None:
    stated = norms({"programme": "工作经费"})
    found = fund_norms.against_norms(funded(), stated, YEAR)
    items = funds.norm_items(stated, found, fund_norms.norm_summary(found, stated))
    whole, short = tables_of(items)
    assert "台账自2018-01-01累计至2018-12-31，合 1.0 年" in whole.note
    assert whole.rows == (("经费", "100,000", "—", "每个社区（村）", "4", "1", "25.0", "130,000"),)
    assert sorted(cells(short, "社区")) == ["榆村", "江畔社区", "集市社区"]


def test_norms_that_concern_nobody_here_show_nothing() -> None:
    stated = norms({"parents": ["别处"]})
    found = fund_norms.against_norms({"units": units()}, stated, YEAR)
    assert funds.norm_items(stated, found, fund_norms.norm_summary(found, stated)) == []


def test_the_ladder_names_who_stands_beside_it_and_who_is_paid_too_little() -> None:
    tables = staffed(u230102000000=3_500.0)
    whole = small_ladder()
    items = duties.ladder_items(
        whole,
        ladder.ladder_counts(tables, whole, FIRST),
        ladder.off_ladder(tables, whole, FIRST),
        ladder.pay_floor(tables, whole, FIRST),
    )
    steps, off, pay = tables_of(items)
    assert cells(steps, "人数") == ["1", "3"]
    assert cells(off, "原因") == ["该岗位为 1～2 级", "没有等级", "岗位不在等级表内"]
    assert cells(pay, "社区") == ["江畔社区"]


def test_a_plan_shows_communities_as_numbers_and_measures_as_they_are() -> None:
    steps = [
        {"id": "a", "label": "甲", "due": date(2018, 6, 1), "list": "五个覆盖", "item": "硬件", "least": 2},
        {"id": "b", "label": "乙", "due": date(2018, 12, 1), "measure": "satisfaction", "least": 0.95},
        {"id": "c", "label": "丙", "due": date(2018, 6, 1), "list": "没有", "item": "没有", "least": 2},
    ]
    read = plan.read_plan("p", {"type": "plan", "title": "三步走", "source": "s", "steps": steps}, where="p")
    (table,) = tables_of(duties.plan_items(read, plan.plan_steps(zone(), read, FIRST), on=date(2018, 6, 30)))
    assert table.rows == (
        ("甲", "2018-06-01", "2 个", "1 个", "1 个", "未完成", "29"),
        ("乙", "2018-12-01", "95.0%", "94.0%", "1.0%", "未到期", "—"),
        ("丙", "2018-06-01", "2 个", "—", "—", "—", "—"),
    )
