"""The chapters an office reads: what went well, what is wrong, where, how much, since when, what is next."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import govkit
from govkit.analysis.measures.scope import gathered
from govkit.analysis.standards.attainment import cheapest_set
from govkit.display.tables.table import Table
from govkit.sections.chapters import zone_chapters
from govkit.sections.chapters.points import Point, Step, in_order, numbered, step_table
from govkit.sections.report import Report

DATA = Path(__file__).parents[1] / "data"
# What only those know who made the program.
VOICE = re.compile(
    r"\.toml|EPSG|zone|分区文件夹|未生成|问题规则|数据表|缺失值|校验值|置信区间|中位数差|标准差|显著性|模拟|Wilson|Newcombe"
    r"|Sobol|Cronbach|Spearman|Aumann|[α-ωΑ-Ω]|本系统|本程序"
)
CHAPTERS = ("brief", "overall", "achievements", "shortfalls", "causes", "next_steps")


@pytest.fixture(scope="module", params=["230102102", "230102001"], ids=["a town", "a street"])
def report(request: pytest.FixtureRequest) -> Report:
    return govkit.open_report(DATA / "daoli", request.param, "2018H2")


def texts(report: Report, *names: str) -> list[str]:
    """Every text a reader meets in these chapters: paragraphs, cells, findings of charts."""
    found = []
    for name in names:
        for item in report.section(name).body:
            if isinstance(item, Table):
                found += [item.title, item.note, *(cell for row in item.rows for cell in row)]
            else:
                found.append(item if isinstance(item, str) else getattr(item, "finding", "") or item.spec.title)
    return found


def test_no_chapter_speaks_in_the_tool_s_voice(report: Report) -> None:
    assert [text for text in texts(report, *CHAPTERS) if VOICE.search(text)] == []


def test_a_street_speaks_of_communities_alone() -> None:
    street = govkit.open_report(DATA / "daoli", "230102001", "2018H2")
    assert [text for text in texts(street, "shortfalls", "next_steps") if "镇（街道）" in text or "村" in text] == []


def test_a_table_of_the_body_has_at_most_twelve_rows(report: Report) -> None:
    tables = [item for name in CHAPTERS for item in report.section(name).body if isinstance(item, Table)]
    assert max(len(table.rows) for table in tables) <= 12


def test_every_step_has_a_place_an_owner_and_a_date(report: Report) -> None:
    (table,) = report.next_steps().tables
    assert all(where and owner and re.search(r"\d月\d+日", due) for _, _, where, *_, owner, due in table.rows)


def test_a_column_of_costs_that_all_are_none_is_one_line_of_the_note() -> None:
    steps = [Step("核实", "甲村", cost, "镇政府", date(2019, 1, 30)) for cost in (0.0, 0.0)]
    table = step_table(steps, end=date(2018, 12, 31))
    assert [column.label for column in table.columns] == ["序号", "事项", "单位与数量", "责任单位", "期限"]
    assert table.note == "各项均无需新增经费。期限为建议期限。"


@pytest.mark.parametrize(
    ("measure", "unit", "amount"),
    [("", "项", "3项"), ("", "元", "0.03万元"), ("managed_grids", "%", "4个网格"), ("overdue_matters", "%", "17件"),
     ("hours_to_settle", "小时", "")],
)  # fmt: skip
def test_problems_of_one_kind_are_added_up(measure: str, unit: str, amount: str) -> None:
    rows = {"numerator": [8.0, 9.0], "denominator": [10.0, 11.0], "threshold": 1.0, "severity": "ordinary"}
    value = [100.0, 200.0] if unit == "元" else [1.0, 2.0]
    part = pd.DataFrame({"rule": "x", "measure": measure, "unit": unit, "value": value} | rows)
    assert zone_chapters._amount(part) == amount
    heaviest = zone_chapters._heaviest_first(part)
    assert list(heaviest.index) == ([0, 1] if measure == "managed_grids" else [1, 0])


def test_the_gap_is_told_in_cases() -> None:
    town = govkit.open_report(DATA / "daoli", "230102102", "2018H2")
    assert any(re.search(r"离95%还差\d+件", text) for text in texts(town, "shortfalls"))


def test_the_parts_of_the_change_add_up_to_it(report: Report) -> None:
    part = report.inputs.part
    assert part.parts is not None
    assert part.changed is not None
    scores = part.changed.scores.iloc[0]
    # What is shown adds up to what is shown.
    assert part.parts.iloc[0].sum() == pytest.approx(scores["change"])
    assert (part.parts.iloc[0] * 10).round(6).mod(1).eq(0).all()


def test_severe_and_repeated_points_come_first() -> None:
    points = [
        Point("轻", "", 9.0), Point("重", "", 1.0, severe=True), Point("又", "", 1.0, severe=True, since="上期"),
    ]  # fmt: skip
    assert [point.title for point in in_order(points)] == ["又", "重", "轻"]


def test_points_are_numbered_in_chinese() -> None:
    assert numbered([Point("甲", "正文。", 1.0)]) == ["**（一）甲。** 正文。"]


def test_a_step_without_money_says_so() -> None:
    steps = [Step("办", "甲村", 0.0, "镇政府", date(2019, 1, 30)), Step("建", "乙村", 12_000, "县", date(2019, 3, 1))]
    table = step_table(steps, end=date(2018, 12, 31))
    assert [row[3] for row in table.rows] == ["无需新增", "1.20万元"]


def standard(costs: list[float | None]) -> pd.DataFrame:
    """Communities that lack something for these yuan; None: nothing is lacking."""
    rows = [
        {"unit_code": str(at), "met": cost is None, "cost_yuan": cost or 0.0, "uncosted": ()}
        for at, cost in enumerate(costs)
    ]
    return pd.DataFrame(rows).astype({"met": "boolean"}).set_index("unit_code")


def test_the_cheapest_set_costs_at_most_a_tenth() -> None:
    found = cheapest_set(standard([None, 10, 10, 300, 400]))
    assert found is not None
    assert (found.codes, found.cost_yuan, found.before, found.after) == (("1", "2"), 20.0, 0.2, 0.6)


def test_communities_of_equal_cost_are_taken_together_or_not_at_all() -> None:
    assert cheapest_set(standard([None, 60, 60, 500])) is None


def test_measures_gathered_above_add_counts_up() -> None:
    found = pd.DataFrame(
        {"value": [0.5, 1.0], "numerator": [1, 6], "denominator": [2, 6]}, index=pd.Index(["a", "b"], name="unit_code")
    )
    above = pd.Series({"a": "x", "b": "x"})
    assert gathered(found, above).loc["x"].to_dict() == {"value": 7 / 8, "numerator": 7, "denominator": 8, "n": 8}


@pytest.mark.long
def test_a_county_is_told_by_its_townships_and_their_sum() -> None:
    county = govkit.open_report(DATA / "qingyang", "621026", "2018H2")
    (table,) = county.townships().tables
    keys = [column.key for column in table.columns]
    met = [int(row[keys.index("met")]) for row in table.rows]
    assert sum(met[:-1]) == met[-1]
    assert len(county.overall().tables[0].rows) <= 12


def test_a_town_has_no_townships(report: Report) -> None:
    assert report.townships().body == ()
