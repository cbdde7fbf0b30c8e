"""What is printed, read back: the same numbers in every document, and in sentences only numbers that a table holds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import docx
import nbformat
import pandas as pd
import pypdf
import pytest
from deletions import without
from grounds import alone, numbers, paragraphs
from pptx import Presentation
from test_reports import _Words
from three_towns import TOWNS, write_rows, write_zone

from govkit.analysis.ledgers.follow_up import done_without_effect
from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.display.tables.table import Table
from govkit.documents.read.blocks import Paragraph, Run, TableBlock
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import Document, plain, walk
from govkit.sections.report import open_report
from govkit.zone.opening import open_zone

VILLAGES = [f"{town}{village}" for town in TOWNS for village in ("201", "202")]
LATER = {
    "later.toml": """
type = "standard"
title = "后来的标准"
source = "测试"
in_force_from = 2030-01-01
applies_to = ["village"]
[[items]]
id = "clinic"
group = "室"
label = "卫生室"
table = "facilities"
kinds = ["clinic"]
""",
    "later_funds.toml": """
type = "fund_norms"
title = "后来的经费标准"
source = "测试"
in_force_from = 2030-01-01
[[norms]]
id = "grant"
label = "后来的拨款"
programme = "专项资金"
least = 100000
""",
    "later_targets.toml": """
type = "targets"
title = "后来的目标"
source = "测试"
in_force_from = 2030-01-01
[[targets]]
label = "后来的满意度"
measure = "satisfaction"
least = 0.5
""",
    "later_rules.toml": """
type = "problem_rules"
title = "后来的办法"
source = "测试"
in_force_from = 2030-01-01
[[rules]]
id = "satisfaction_low"
below = 0.999
[[rules]]
id = "tasks_overdue"
off = true
""",
}
LEDGERS = """
[sources.services]
path = "服务统计.csv"
[sources.funds]
path = "资金台账.csv"
[sources.tasks]
path = "任务台账.csv"
[judged_by]
look_back = true
"""


def write_ledgers(folder: Path) -> Path:
    """A zone with answers, money and tasks: one programme has income alone, some tasks are done in vain."""
    write_zone(folder)
    stated = (folder / "zone.toml").read_text(encoding="utf-8").replace("[judged_by]", LEDGERS)
    named = ["daoli_village_centre", "community_service_plan_14th", *LATER]
    stated = stated.replace('["daoli_village_centre"]', json.dumps(named))
    (folder / "zone.toml").write_text(stated, encoding="utf-8")
    for name, text in LATER.items():
        (folder / name).write_text(text, encoding="utf-8")
    services = [
        "单元代码",
        "月份",
        "服务事项",
        "申请件数",
        "办结件数",
        "本村居办结件数",
        "办理总时长(小时)",
        "回访数",
        "满意数",
    ]
    months = [
        [code, f"2018-{month:02d}", "代缴费用", *map(str, _month(at, month))]
        for at, code in enumerate(VILLAGES)
        for month in range(1, 13)
    ]
    write_rows(folder, "服务统计.csv", [services, *months])
    lines = [
        ("拨入", "专项资金", "专项资金", 30000), ("支出", "设备购置", "专项资金", 17000),
        ("支出", "骨干培训", "专项资金", 5000), ("拨入", "奖补", "以奖代补", 1234),
    ]  # fmt: skip
    money = [
        [
            f"Z{at}{month}{place}",
            code,
            f"2018-{month:02d}-10",
            way,
            "区级财政",
            purpose,
            str(yuan + at * 333),
            programme,
        ]
        for at, code in enumerate(VILLAGES)
        for month in (3, 9)
        for place, (way, purpose, programme, yuan) in enumerate(lines)
    ]
    head = ["流水号", "单元代码", "日期", "收支", "资金来源", "用途", "金额(元)", "资金项目"]
    write_rows(folder, "资金台账.csv", [head, *money])
    closed = {1: "2018-06-10", 2: "2018-11-20"}
    tasks = [
        [f"R{at}{half}{place}", code, "指标任务", aim, "村（社区）", f"2018-{6 * half:02d}-20", *_closed(done), period]
        for at, code in enumerate(VILLAGES)
        for half, period in ((1, "2018H1"), (2, "2018H2"))
        for place, aim in enumerate(("居民满意度", "平均办理时长"))
        for done in [closed[half] if half == 1 or at % 3 else ""]
    ]
    head = ["任务编号", "单元代码", "台账", "指标", "责任层级", "完成期限", "状态", "完成日期", "提出报告期"]
    write_rows(folder, "任务台账.csv", [head, *tasks])
    return folder


def _closed(day: str) -> tuple[str, str]:
    return ("已完成" if day else "进行中", day)


def _month(at: int, month: int) -> tuple[int, ...]:
    asked = 40 + 7 * at + month
    return asked, asked - 3 - at % 2, asked - 9 - 2 * at, asked * 20 + at * 31, 30 + at, 24 + at + (month > 6) * 3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_ledgers(tmp_path_factory.mktemp("read") / "三镇")
    out = folder / "out"
    for asked in (
        {"districts": ("230102101",), "notebooks": ("district_report",), "formats": ("html", "pdf", "docx")},
        {"notebooks": ("conference_maps",), "formats": ("slides", "pptx")},
    ):
        manifest, _ = make_reports(Request(folder, out=out, jobs=1, **asked))  # type: ignore[arg-type]
        assert not manifest.failed
    return out


@pytest.fixture(scope="module")
def document(made: Path) -> Document:
    return read_document(nbformat.read(made / "notebooks" / "230102101.ipynb", 4))  # type: ignore[no-untyped-call]


def page_text(path: Path) -> str:
    return " ".join(_Words(path.read_text(encoding="utf-8")).words)


def word_text(path: Path) -> str:
    read = docx.Document(str(path))
    told = [cell.text for table in read.tables for row in table.rows for cell in row.cells]
    return " ".join([*(paragraph.text for paragraph in read.paragraphs), *told])


def test_every_number_of_a_table_stands_in_page_print_and_word(made: Path, document: Document) -> None:
    stem = made / "230102101-甲镇"
    texts = {
        "html": page_text(stem.with_suffix(".html")),
        "pdf": "\n".join(page.extract_text() for page in pypdf.PdfReader(stem.with_suffix(".pdf")).pages),
        "docx": word_text(stem.with_suffix(".docx")),
    }
    shown = [block for block in walk(document.blocks) if isinstance(block, TableBlock) and not block.annex]
    assert len(shown) > 15
    wanted = set[str]().union(*(numbers(" ".join(cell for row in table.rows for cell in row)) for table in shown))
    assert {kind: wanted - numbers(text) for kind, text in texts.items()} == {
        "html": set(),
        "pdf": set(),
        "docx": set(),
    }


def test_every_number_in_a_sentence_is_that_of_a_table_or_chart_or_reckoned_from_one(document: Document) -> None:
    told = numbers(" ".join(paragraphs(document)))
    assert sum("." in one for one in told) > 30
    assert len(told) > 80
    assert alone(document) == {}


def test_a_number_that_no_table_holds_is_found_alone(document: Document) -> None:
    lie = Paragraph((Run("其中987,654件没有出处，占12.345%。"),))
    assert set().union(*alone(replace(document, blocks=(*document.blocks, lie))).values()) == {"987654", "12.345"}


def test_the_deck_says_the_same_on_a_screen_and_in_powerpoint(made: Path) -> None:
    page = numbers(page_text(next(made.glob("*.slides.html"))))
    slides = Presentation(str(next(made.glob("*.slides.pptx")))).slides
    told = [shape.text_frame.text for slide in slides for shape in slide.shapes if shape.has_text_frame]
    told += [
        cell.text for slide in slides for shape in slide.shapes if shape.has_table for row in shape.table.rows
        for cell in row.cells
    ]  # fmt: skip
    decimals = {one for one in numbers(" ".join(told)) if "." in one}
    assert len(decimals) > 3
    assert decimals <= page


def test_the_deck_and_the_report_give_a_town_the_same_score(made: Path, document: Document) -> None:
    score = re.search(
        r"甲镇综合得分([\d.]+)分", "".join(plain(b.runs) for b in walk(document.blocks) if isinstance(b, Paragraph))
    )
    assert score
    assert score[1] in numbers(page_text(next(made.glob("*.slides.html"))))


def test_what_has_one_side_alone_and_what_is_not_in_force_stand_apart(document: Document) -> None:
    blocks = [*walk(document.blocks)]
    tables = {block.title: block for block in blocks if isinstance(block, TableBlock)}
    told = "".join(plain(block.runs) for block in blocks if isinstance(block, Paragraph))
    assert [row[0] for row in tables["只有一方记录的资金项目"].rows] == ["以奖代补"]
    assert "不计入执行率" in told
    looked_back = {row[0]: row[1:5] for row in tables["回看对照（不作当期考核）"].rows}
    plan = {label for label, row in looked_back.items() if row[3] == "2021-12-27 起施行，2025-12-31 止"}
    assert len(plan) == 3
    assert looked_back["后来的标准"] == ("2 个行政村中 2 个", "全部达标", "✓", "2030-01-01 起施行")
    assert looked_back["后来的拨款"] == (
        "2 个村中 0 个",
        "每个村每年≥ 100,000 元",
        "×",
        "2030-01-01 起施行",
    )
    assert looked_back["后来的满意度"][1:] == ("≥ 50%", "✓", "2030-01-01 起施行")
    assert looked_back["居民满意度偏低"] == ("1 个镇中 0 个", "不越过问题界线", "×", "2030-01-01 起施行")
    assert "本期没有施行" in told
    assert "低于95%" in told  # what a rule said before it is changed holds until then
    assert "逾期" in told


def test_parts_of_tables_add_up_as_shown(document: Document) -> None:
    tables = {block.title: block for block in walk(document.blocks) if isinstance(block, TableBlock)}
    levels = [row[2:6] for row in tables["事项在哪一级办结"].rows]
    assert [round(sum(map(float, row)), 1) for row in levels] == [100.0] * len(levels)
    *leaves, whole = tables["各项指标实际值与得分"].rows
    heads = [column.label for column in tables["各项指标实际值与得分"].columns]
    for head in ("贡献", "失分"):
        at = heads.index(head)
        assert round(sum(float(row[at]) for row in leaves if row[at] != "—"), 1) == float(whole[at])
    assert float(whole[heads.index("贡献")]) + float(whole[heads.index("失分")]) == pytest.approx(100)
    change = [float(row[1].replace("−", "-")) for row in tables["得分变化来自哪些指标"].rows]
    assert sum(change[:-1]) == pytest.approx(change[-1])


def test_a_task_called_done_whose_indicator_did_not_get_better_is_found(made: Path) -> None:
    zone = open_zone(made.parent)
    leaf = {"label": "居民满意度", "measure": "satisfaction", "area": "all", "unit": "%", "best": 1.0, "sampled": False}

    def found(direction: str) -> list[str]:
        leaves = pd.DataFrame([{**leaf, "direction": direction}])
        rows = done_without_effect(
            zone.tables, zone.period("2018H2"), zone.period("2018H1"), leaves, crs=zone.metric_crs
        )
        return list(rows["unit_code"])

    # Satisfaction rose everywhere: nothing was in vain, unless less of it were better.
    assert found("higher") == []
    leaf["best"] = 0.0
    assert found("lower") == [code for at, code in enumerate(VILLAGES) if at % 3]


def test_bulletin_and_overview_name_tasks_called_done_in_vain(made: Path) -> None:
    zone = open_zone(made.parent)
    flat = zone.tables["services"].assign(satisfied=25)
    report = open_report(replace(zone, tables={**zone.tables, "services": flat}))
    told = report.ledger().body
    table = next(one for one in told if isinstance(one, Table) and one.title == "已销号而指标没有改善的任务")
    assert {row[1] for row in table.rows} == {"居民满意度"}
    assert len(table.rows) == sum(at % 3 > 0 for at in range(len(VILLAGES)))
    assert any("4项（4个单位）对应的指标没有改善" in one for one in told if isinstance(one, str))
    assert any("4项任务已销号而指标没有改善" in str(one) for one in report.shortfalls().body)


def test_a_column_nobody_filled_in_is_no_answer_of_nought(made: Path) -> None:
    zone = open_zone(made.parent)
    section = open_report(replace(zone, tables=without(zone.tables, "services.satisfied"))).satisfaction()
    assert not section.known
    assert section.missing == ("因未提供服务统计的“满意数”，满意度不能说。",)


def test_who_ranks_without_an_indicator_that_others_have_is_named_beside_the_ranks(made: Path) -> None:
    zone = open_zone(made.parent)
    services = zone.tables["services"]
    some = services.assign(satisfied=services["satisfied"].mask(services["unit_code"].str.startswith("230102101")))
    body = open_report(replace(zone, tables={**zone.tables, "services": some})).ranks().body
    told = [one for one in body if isinstance(one, str)]
    assert any("名次不宜与数据齐全的直接比较：甲镇（居民满意度）" in one for one in told)
    assert not any("直接比较" in one for one in open_report(zone).ranks().body if isinstance(one, str))


def test_a_town_without_boundaries_has_a_total_without_area(made: Path) -> None:
    zone = open_zone(made.parent)
    bare = {name: table for name, table in zone.tables.items() if name not in {"grids", "events"}}
    bare["units"] = bare["units"].assign(geometry=None)
    table = open_report(replace(zone, tables=bare), "230102101").situation().tables[0]
    assert table.rows[-1] == ("合计", "", "4,000", "1,600", "—", "—")
