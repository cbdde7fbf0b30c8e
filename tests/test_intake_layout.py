"""Tables laid out otherwise than a head above records: parts, tables on their side, odd signs, heads, looks."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from intake_zone import TAIPING, TOWN, XINFA, opened, write_sheet, write_units
from test_intake_cells import found

from govkit.errors import SourceError
from govkit.intake import Intake, Source

HEAD = ["单元代码", "月份", "服务事项", "申请件数", "办结件数"]
MONTH = "2018-01"


def services(folder: Path, rows: list[list[object]], **options: object) -> Intake:
    write_sheet(folder / "服务.xlsx", rows)
    return opened(folder, write_units(folder), Source("services", "服务.xlsx", **options))  # type: ignore[arg-type]


def lines(folder: Path, text: str) -> Intake:
    (folder / "服务.csv").write_bytes(text.encode())
    return opened(folder, write_units(folder), Source("services", "服务.csv"))


@pytest.mark.parametrize(
    ("parts", "kept", "rule"),
    [
        ([("其中：低保", 6, 5), ("　　特困", 3, 2)], ["社会救助", "养老"], "part_rows"),
        ([("  其中：低保", 6, 5), ("      特困", 3, 2)], ["社会救助", "养老"], "part_rows"),
        ([("其中：低保", 6, 5), ("特困", 4, 4)], ["社会救助", "养老"], "part_rows"),
        ([("其中：", None, None), ("低保", 6, 5), ("特困", 4, 4)], ["社会救助", "养老"], "part_rows"),
        ([("其中：低保", 6, None), ("特困", 4, None)], ["社会救助", "特困", "养老"], "likely_parts"),
        ([("其中：低保", 6, 5), ("特困", 3, 2)], ["社会救助", "特困", "养老"], "part_rows"),
    ],
    ids=["full width", "blanks", "they add up", "其中 alone", "one amount may be chance", "they do not add up"],
)
def test_parts_of_a_row_do_not_count_beside_it(
    tmp_path: Path, parts: list[tuple[object, ...]], kept: list[str], rule: str
) -> None:
    whole = ("社会救助", 10, 9 if parts[0][-1] or parts[-1][-1] else None)
    rows = [[TAIPING, MONTH, *one] for one in (whole, *parts, ("养老", 3, 3))]
    intake = services(tmp_path, [HEAD, *rows])
    assert intake.tables["services"]["item"].tolist() == kept
    assert rule in found(intake)


def test_a_unit_within_another_is_listed_all_the_same(tmp_path: Path) -> None:
    write_sheet(tmp_path / "单元.xlsx", [["单元名称", "上级"], ["新发镇", "道里区"], ["其中：太平村", "新发镇"]])
    assert "太平村" in opened(tmp_path, Source("units", "单元.xlsx")).tables["units"]["name"].tolist()


def test_a_table_on_its_side_is_turned_and_said(tmp_path: Path) -> None:
    rows = [
        [head, *both]
        for head, both in zip(
            HEAD, zip([TAIPING, MONTH, "社保", 10, 9], [XINFA, MONTH, "社保", 1, "约"], strict=True), strict=True
        )
    ]
    intake = services(tmp_path, rows)
    assert intake.tables["services"][["requested", "settled"]].fillna(-1).to_numpy().tolist() == [[10, 9], [1, -1]]
    told = intake.findings.set_index("rule")
    assert told.at["turned", "severity"] == "warning"
    assert (told.at["unreadable_number", "row"], told.at["unreadable_number", "column"]) == (3, "办结件数")
    assert told["cell"].isna().all()


def test_units_across_and_measures_down_are_read_with_title_and_note(tmp_path: Path) -> None:
    rows = [["服务统计"], ["指标", "太平村", "新发村"], ["申请件数", 10, 12], ["注：件数以百件为单位"]]
    intake = services(tmp_path, rows, fixed={"item": "社保", "month": MONTH})
    assert intake.tables["services"]["requested"].tolist() == [1000, 1200]
    assert {"turned", "unit_of_note"} <= set(found(intake))
    with pytest.raises(SourceError, match="一行一个单元，有这几列：单元代码"):
        services(tmp_path, [["月份", "服务事项", "太平村", "新发村"], [MONTH, "社保", 10, 12]])


@pytest.mark.parametrize("sign", ["，", "；", "、", "|", ";"])
def test_columns_parted_by_another_sign_are_read(tmp_path: Path, sign: str) -> None:
    rows = [HEAD, [TAIPING, MONTH, "社保", "10", "9"], [XINFA, MONTH, "社保", "1,200", "9"]]
    intake = lines(tmp_path, "\n".join(sign.join(row) for row in rows))
    assert intake.tables["services"]["requested"].tolist() == [10, 1200]
    assert set(found(intake)) == ({"wide_delimiter"} if not sign.isascii() else set())


def test_what_nothing_parts_is_refused_with_the_way_out_and_a_line_of_other_signs_is_no_note(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="分列—分隔符号”以空格分开"):
        lines(tmp_path, f"{' '.join(HEAD)}\n{TAIPING} {MONTH} 社保 10 9\n")
    intake = lines(tmp_path, f"{','.join(HEAD)}\n{TAIPING},{MONTH},社保,10,9\n{XINFA}，{MONTH}，社保，12，11\n")
    assert intake.findings.loc[intake.findings["rule"] == "fewer_cells_than_heads", "row"].tolist() == [3]


def test_rows_are_counted_as_a_clerk_does_where_lines_end_in_several_ways(tmp_path: Path) -> None:
    rows = [f"{TAIPING},{MONTH},社保,q,9\r", f"{XINFA},{MONTH},社保,x,9\r\n", f"{XINFA},2018-02,社", "保,1,9\n"]
    raw = f"服务统计\n{','.join(HEAD)}\r\n{''.join(rows[:3])}".encode() + b"\xfa" + rows[3].encode()
    (tmp_path / "服务.csv").write_bytes(raw)
    intake = opened(tmp_path, write_units(tmp_path), Source("services", "服务.csv"))
    told = intake.findings
    assert told.loc[told["rule"] == "unreadable_number", "cell"].tolist() == ["D3", "D4"]
    assert "第 5 行" in told.loc[told["rule"] == "undecodable", "reason"].iloc[0]


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        (["98%", "97%", "0.98%", "96%", "99%"], ["0.98%"]),
        (["98%", "9.7%", "96%", "99%"], ["9.7%"]),
        ([98.5, 97, 0.98, 0.96, 99], ["0.98", "0.96"]),
        (["2%", "3%", "0.5%", "1.2%", "0.9%"], []),
        ([1, 98, 97, 99], []),
    ],
)
def test_a_slipped_percent_sign_is_named_in_a_short_column(
    tmp_path: Path, values: list[object], odd: list[str]
) -> None:
    codes = [f"2301021002{number:02d}" for number in range(1, len(values) + 1)]
    head = ["单元代码", "单元名称", "层级", "上级代码", "类型"]
    units = [head, ["230102000000", "道里区", "区", "", "区"], [TOWN, "新发镇", "镇", "230102000000", "镇"]]
    write_sheet(tmp_path / "单元.xlsx", [*units, *([code, f"{code[-2:]}村", "村", TOWN, "村"] for code in codes)])
    rows = [[code, "2018", "办结情况", value] for code, value in zip(codes, values, strict=True)]
    write_sheet(tmp_path / "指标.xlsx", [["单元代码", "报告期", "名目", "数值"], *rows])
    source = Source("statistics", "指标.xlsx", columns={"item": "名目"})
    told = opened(tmp_path, Source("units", "单元.xlsx"), source).findings
    assert told.loc[told["rule"] == "slipped", "value"].tolist() == odd


@pytest.mark.parametrize(
    ("heads", "wanted", "rule"),
    [
        (("申请件数（上年同期）", "申请件数"), 90, "unread_of_another"),
        (("申请件数(1-6月)", "申请件数"), 90, "running_total"),
        (("申请件数（计划）", "申请件数（本月）"), 90, "unread_of_another"),
        (("申请件数（男）", "申请件数（女）"), None, "unsure_column"),
        (("申请件数（百件）", "备注"), 1000, ""),
    ],
)
def test_a_head_about_another_time_or_a_part_is_not_taken(
    tmp_path: Path, heads: tuple[str, str], wanted: float | None, rule: str
) -> None:
    intake = services(tmp_path, [[*HEAD[:3], *heads], [TAIPING, MONTH, "社保", 10, 90]])
    assert intake.tables["services"]["requested"].fillna(-1).tolist() == [-1 if wanted is None else wanted]
    assert rule in {*found(intake), ""}


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize(
    ("names", "amounts", "wanted", "rules"),
    [
        (("线上", "线下", "合计"), [(4, 6, 10), (1, 2, 3)], [10, 3], set()),
        (("小计", "窗口", "网上"), [(10, 4, 6), (9, 1, 2)], [10, 9], {"total_differs"}),
        (("线上", "线下", "合计"), [(4, 6, 10), (1, 2, None)], [10, -1], {"total_differs"}),
        (("线上", "线下", "合计"), [(4, 6, 12), (1, 2, 9)], [-1, -1], {"unsure_column", "unread_like"}),
        (("线上", "线下"), [(4, 6), (1, 2)], [-1, -1], {"unread_like"}),
    ],
)
def test_of_an_amount_and_its_parts_the_total_that_is_their_sum_is_taken(
    tmp_path: Path,
    names: tuple[str, ...],
    amounts: list[tuple[int, ...]],
    wanted: list[int],
    rules: set[str],
    *,
    merged: bool,
) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "服务.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEAD[:4])
        if merged:
            page.merge_range(0, 3, 0, 2 + len(names), HEAD[3])
        page.write_row(1, 3, names)
        for number, line in enumerate(amounts):
            page.write_row(2 + number, 0, [TAIPING, MONTH, f"社保{number}", *line])
    intake = opened(tmp_path, write_units(tmp_path), Source("services", "服务.xlsx"))
    assert intake.tables["services"]["requested"].fillna(-1).tolist() == wanted
    assert set(found(intake)) == rules


@pytest.mark.parametrize("order", [("本月", "本年累计"), ("本年累计", "本月"), ("上年同期", "本期")])
def test_a_head_of_three_rows_tells_the_month_from_the_year(tmp_path: Path, order: tuple[str, str]) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "服务.xlsx")) as book:
        page = book.add_worksheet()
        for area, text in zip(
            ("A1:A3", "B1:B3", "C1:C3", "D1:E1", "D2:E2"), (*HEAD[:3], "办理情况", HEAD[3]), strict=True
        ):
            page.merge_range(area, text)
        page.write_row(2, 3, order)
        page.write_row(3, 0, [TAIPING, MONTH, "社保", 10, 90])
    intake = opened(tmp_path, write_units(tmp_path), Source("services", "服务.xlsx"))
    assert intake.tables["services"]["requested"].tolist() == [10 if order[0] == "本月" else 90]


def test_looks_by_condition_and_words_in_the_colour_of_their_paper_are_said(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "服务.xlsx")) as book:
        page, white = book.add_worksheet(), book.add_format({"font_color": "white"})
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, [TAIPING, MONTH, "社保", 10, 0])
        page.write_rich_string(1, 2, "社保", white, "停用")
        looks = {"E2:E9": {"font_color": "#FFFFFF"}, "D2:D9": {"num_format": '0.0"万"'}, "B2:B9": {"bold": True}}
        for area, look in looks.items():
            rule = {"type": "cell", "criteria": "==", "value": 0, "format": book.add_format(look)}
            page.conditional_format(area, rule)
    told = opened(tmp_path, write_units(tmp_path), Source("services", "服务.xlsx")).findings
    assert told.loc[told["rule"] == "unseen_value", "cell"].tolist() == ["C2"]
    assert sorted(told.loc[told["rule"] == "conditional_look", "value"]) == ["D2:D9", "E2:E9"]
