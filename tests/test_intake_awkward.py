"""What an adversary would put into a clerk's file: nothing of it may pass in silence."""

from __future__ import annotations

import io
import json
import re
import struct
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import binary_workbook
import pytest
import xlsxwriter
from intake_zone import TAIPING, TOWN, UNITS, XINFA, grid_frame, opened, write_csv, write_sheet, write_units
from test_intake_cells import found
from test_intake_several import kml

from govkit.errors import SourceError
from govkit.intake import Intake, Source

FUNDS = ["流水号", "单元代码", "日期", "收支", "用途", "金额"]
SERVICES = ["单元代码", "月份", "服务事项", "申请件数"]


def entry(number: int, amount: object, *, unit: str = TAIPING, day: object = "2018-05-01") -> list[object]:
    return [f"Z{number}", unit, day, "支出", "修路", amount]


def read(folder: Path, source: Source) -> Intake:
    return opened(folder, write_units(folder), source)


def funds(folder: Path, rows: list[list[object]], *, name: str = "资金.xlsx", sheet: str = "Sheet1") -> Intake:
    write_sheet(folder / name, rows, sheet=sheet)
    return read(folder, Source("funds", name))


@pytest.mark.parametrize("names", [{"sheet": "资金台账（万元）"}, {"name": "资金台账（单位：万元）.xlsx"}])
def test_a_unit_in_the_name_of_a_sheet_or_file_counts_and_is_told(tmp_path: Path, names: dict[str, str]) -> None:
    intake = funds(tmp_path, [FUNDS, entry(1, 10)], **names)
    assert intake.tables["funds"]["amount_yuan"].tolist() == [100_000]
    assert found(intake) == {"unit_of_name": "warning"}


def test_a_name_whose_unit_is_not_the_titles_is_told(tmp_path: Path) -> None:
    intake = funds(tmp_path, [["单位：元"], FUNDS, entry(1, 10)], sheet="资金（万元）")
    assert intake.tables["funds"]["amount_yuan"].tolist() == [10]
    assert found(intake) == {"notes_differ": "warning"}


@pytest.mark.parametrize("text", ["100①", "3²", "½", "⑴5"])
def test_digits_that_are_marks_never_become_numbers(tmp_path: Path, text: str) -> None:
    intake = funds(tmp_path, [FUNDS, entry(1, text), entry(2, 5)])
    assert intake.tables["funds"]["amount_yuan"].tolist() == [5]
    assert found(intake) == {"unreadable_number": "error"}


def test_a_mark_behind_a_code_or_date_is_not_read_into_it(tmp_path: Path) -> None:
    rows = [entry(1, 5, unit=f"{TAIPING[:-1]}①"), entry(2, 5, day="2018-05-0①"), entry(3, 5)]
    intake = funds(tmp_path, [FUNDS, *rows])
    assert intake.tables["funds"]["entry_id"].tolist() == ["Z3"]
    assert found(intake) == {"unit_not_12_digits": "error", "unreadable_date": "error"}


def test_letters_typed_for_digits_are_told_with_the_code_that_is_meant(tmp_path: Path) -> None:
    intake = funds(tmp_path, [FUNDS, entry(1, 5, unit=TAIPING.replace("0", "O"))])
    told = intake.findings[intake.findings["rule"] == "unit_not_12_digits"]
    assert f"太平村（{TAIPING}）" in told["todo"].iloc[0]


def test_each_row_is_read_by_its_own_unit_and_one_of_an_unknown_unit_is_set_aside(tmp_path: Path) -> None:
    units = [(10, "万元"), (500, "元"), (7, "美元"), (7, None)]
    intake = funds(tmp_path, [[*FUNDS, "单位"], *([*entry(i, a), u] for i, (a, u) in enumerate(units))])
    assert intake.tables["funds"]["amount_yuan"].tolist() == [100_000, 500, 7]
    assert found(intake) == {"unknown_unit_of_row": "error"}


def test_a_format_that_scales_without_a_word_is_told(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        page, scaled = book.add_worksheet(), book.add_format({"num_format": "#,##0.00,"})
        page.write_row(0, 0, FUNDS)
        for number in (1, 2):
            page.write_row(number, 0, entry(number, None)[:5])
            page.write_number(number, 5, 5_000_000, scaled)
    intake = read(tmp_path, Source("funds", "资金.xlsx"))
    assert intake.tables["funds"]["amount_yuan"].tolist() == [5000, 5000]
    assert found(intake) == {"format_scaled": "warning"}
    assert read(tmp_path, Source("funds", "资金.xlsx", units={"amount_yuan": "元"})).findings.empty


def test_a_visible_sheet_comes_before_a_hidden_one(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        for number, name in enumerate(("旧", "新")):
            page = book.add_worksheet(name)
            page.write_row(0, 0, FUNDS)
            page.write_row(1, 0, entry(number, number + 1))
            if name == "旧":
                page.hide()
            else:
                page.activate()
    intake = read(tmp_path, Source("funds", "资金.xlsx"))
    assert (intake.tables["funds"]["entry_id"].tolist(), found(intake)) == (["Z1"], {"sheet_fits_too": "warning"})


def test_a_title_that_says_running_total_is_told(tmp_path: Path) -> None:
    rows = [["2018年1—3月服务累计情况"], SERVICES, [TAIPING, "2018-01", "社保", 5], [TAIPING, "2018-02", "社保", 9]]
    write_sheet(tmp_path / "服务.xlsx", rows)
    assert found(read(tmp_path, Source("services", "服务.xlsx"))) == {"title_of_running_total": "warning"}
    stated = read(tmp_path, Source("services", "服务.xlsx", cumulative="year"))
    assert stated.tables["services"]["requested"].tolist() == [5, 4]


def test_a_year_is_no_month_and_a_month_no_day_in_silence(tmp_path: Path) -> None:
    write_sheet(tmp_path / "服务.xlsx", [SERVICES, [TAIPING, "2018年", "社保", 5], [TAIPING, "2018年2月", "社保", 9]])
    intake = read(tmp_path, Source("services", "服务.xlsx"))
    assert (intake.tables["services"]["requested"].tolist(), found(intake)) == ([9], {"unreadable_date": "error"})
    days = funds(tmp_path, [FUNDS, entry(1, 5, day="2018"), *(entry(i, 5, day="2018.5") for i in (2, 3))])
    assert days.findings["rule"].tolist() == ["year_as_date", "month_as_date"]


def test_the_year_of_months_across_may_stand_in_the_sheets_name_and_several_months_are_none(tmp_path: Path) -> None:
    rows = [["单元代码", "服务事项", "申请件数3月", "申请件数1-3月"], [TAIPING, "社保", 5, 12]]
    write_sheet(tmp_path / "服务.xlsx", rows, sheet="2018年")
    intake = read(tmp_path, Source("services", "服务.xlsx", wide="month"))
    assert intake.tables["services"]["month"].dt.strftime("%Y-%m").tolist() == ["2018-03"]
    assert intake.tables["services"]["requested"].tolist() == [5]
    assert "only_running_total" in found(intake)


@pytest.mark.parametrize("item", ["社保", ""], ids=["with the item", "without"])
def test_a_table_that_lies_may_have_a_column_of_units_and_units_are_no_items(tmp_path: Path, item: str) -> None:
    rows = [
        ["2018年5月"],
        ["指标", "计量单位", TAIPING, XINFA, "合计"],
        ["申请件数", "百件", 1, 2, 3],
        ["办结件数", "件", 9, 8, 17],
    ]
    write_sheet(tmp_path / "服务.xlsx", rows)
    source = Source("services", "服务.xlsx", fixed={"item": item} if item else {})
    intake = read(tmp_path, source)
    assert intake.tables["services"][["requested", "settled"]].to_numpy().tolist() == [[100, 9], [200, 8]]
    assert ("all_items" in found(intake)) is (not item)


def test_a_note_about_matters_says_nothing_of_people_asked(tmp_path: Path) -> None:
    rows = [[*SERVICES, "回访数"], [TAIPING, "2018-05", "社保", 5, 30], ["注：办件数以百件计。"]]
    write_sheet(tmp_path / "服务.xlsx", rows)
    intake = read(tmp_path, Source("services", "服务.xlsx"))
    assert intake.tables["services"][["requested", "responses"]].to_numpy().tolist() == [[500, 30]]
    assert found(intake)["unit_beside"] == "warning"


def test_a_title_of_two_months_is_about_neither(tmp_path: Path) -> None:
    write_sheet(tmp_path / "服务.xlsx", [["2018年3月、5月服务"], [SERVICES[0], *SERVICES[2:]], [TAIPING, "社保", 5]])
    with pytest.raises(SourceError, match="缺少必需的列：“月份”"):
        read(tmp_path, Source("services", "服务.xlsx"))


def test_columns_of_another_time_are_told_as_such_whatever_unit_they_bear(tmp_path: Path) -> None:
    heads = ["申请件数同比（%）", "申请件数（上年同期）"]
    write_sheet(tmp_path / "服务.xlsx", [[*SERVICES, *heads], [TAIPING, "2018-05", "社保", 5, 3, 4]])
    told = read(tmp_path, Source("services", "服务.xlsx")).findings
    assert told["rule"].tolist() == ["unread_of_another"] * 2


def test_thousands_of_columns_nobody_took_are_told_in_few_findings(tmp_path: Path) -> None:
    more = [f"列{number}" for number in range(1000)]
    write_sheet(tmp_path / "服务.xlsx", [[*SERVICES, *more], [TAIPING, "2018-05", "社保", 5, *range(1000)]])
    told = read(tmp_path, Source("services", "服务.xlsx")).findings
    assert told["rule"].value_counts()["more_unread_columns"] == 1
    assert told.loc[told["rule"] == "more_unread_columns", "value"].tolist() == ["KS—ALP"]


@pytest.mark.parametrize("sign", ["\u3164", "\u2800", "\ufe0f", "\u034f", "\uffa0", "\u115f"])
def test_signs_without_ink_are_cleaned(tmp_path: Path, sign: str) -> None:
    intake = funds(
        tmp_path, [FUNDS, entry(1, f"1{sign}0", unit=TAIPING[:6] + sign + TAIPING[6:], day=f"2018-05-01{sign}")]
    )
    assert intake.tables["funds"]["amount_yuan"].tolist() == [10]
    assert set(found(intake)) == {"invisible_signs"}


def test_parts_of_a_package_are_found_by_their_relationships_whatever_they_are_called(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [FUNDS, entry(1, 10)])
    with zipfile.ZipFile(tmp_path / "资金.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "资金.xlsx", "w") as archive:
        for name, raw in parts.items():
            for usual, other in (("workbook.xml", "book22.xml"), ("sharedStrings.xml", "texts.xml")):
                name, raw = name.replace(usual, other), raw.replace(usual.encode(), other.encode())
            archive.writestr(name, raw)
    assert read(tmp_path, Source("funds", "资金.xlsx")).tables["funds"]["amount_yuan"].tolist() == [10]


def test_a_table_that_lays_out_another_is_none(tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>{'<td>'.join(map(str, one))}" for one in (FUNDS, entry(1, 10)))
    page = f"<meta charset=utf-8><table><tr><td>导航<td><table>{rows}</table></table>"
    (tmp_path / "资金.xls").write_text(page, encoding="utf-8")
    assert read(tmp_path, Source("funds", "资金.xls")).tables["funds"]["amount_yuan"].tolist() == [10]


def test_a_document_under_the_name_of_a_workbook_is_called_what_it_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "资金.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    with pytest.raises(SourceError, match="这是 Word 文档"):
        read(tmp_path, Source("funds", "资金.xlsx"))


def test_a_head_that_cannot_be_decoded_is_told_with_its_byte(tmp_path: Path) -> None:
    raw = f"{','.join(FUNDS)}\n{','.join(map(str, entry(1, 10)))}\n".encode("gbk")
    (tmp_path / "资金.csv").write_bytes(raw.replace("日期".encode("gbk"), b"\xc8\xff\xc6\xda"))
    with pytest.raises(SourceError, match="第 1 行第 17 字节 0xC8"):
        read(tmp_path, Source("funds", "资金.csv"))


def test_two_tables_of_unequal_length_side_by_side_keep_their_own_rows(tmp_path: Path) -> None:
    left = [[TAIPING, f"2018-0{month}", "社保", month] for month in range(1, 6)]
    right = [[XINFA, f"2018-0{month}", "社保", 10 + month] for month in (1, 2)]
    rows = [[*SERVICES, None, *SERVICES], *([*one, None, *(right[i] if i < 2 else [])] for i, one in enumerate(left))]
    write_sheet(tmp_path / "服务.xlsx", rows)
    intake = read(tmp_path, Source("services", "服务.xlsx"))
    assert intake.tables["services"]["requested"].tolist() == [1, 2, 3, 4, 5, 11, 12]
    assert intake.findings.empty


@pytest.mark.parametrize(("encoding", "said"), [("big5", "big5hkscs"), ("cp932", "cp932"), ("euc_kr", "euc_kr")])
def test_an_encoding_that_is_not_looked_for_is_named_and_read_where_it_is_given(
    tmp_path: Path, encoding: str, said: str
) -> None:
    rows = [["流水號", "單元代碼", "日期", "收支", "用途", "金額"], ["Z1", TAIPING, "2018-05-01", "支出", "修路", 120]]
    write_csv(tmp_path / "資金.csv", rows, encoding="utf-8")
    text = (tmp_path / "資金.csv").read_text(encoding="utf-8")
    (tmp_path / "資金.csv").write_bytes(text.encode(encoding, "ignore"))
    with pytest.raises(SourceError, match=f'encoding = "{said}"'):
        read(tmp_path, Source("funds", "資金.csv"))
    given = read(tmp_path, Source("funds", "資金.csv", encoding=said))
    assert given.tables["funds"]["amount_yuan"].tolist() == [120]


def test_a_bad_byte_behind_quoted_line_ends_names_the_line_of_the_file(tmp_path: Path) -> None:
    rows = [FUNDS, *([*entry(i, i)[:4], '"修\n路"', i] for i in range(1, 4))]
    write_csv(tmp_path / "资金.csv", rows, encoding="gb18030")
    raw = (tmp_path / "资金.csv").read_bytes()
    (tmp_path / "资金.csv").write_bytes(raw.replace(b"Z3", b"Z3\xff"))
    intake = read(tmp_path, Source("funds", "资金.csv"))
    assert intake.tables["funds"]["entry_id"].tolist() == ["Z1", "Z2"]
    assert intake.findings["value"].tolist() == ["第 6 行第 3 字节 0xFF"]


@pytest.mark.parametrize("unit", ["万美元", "万元/年", "间", "元/户", "每户千元", "吨"])
def test_amounts_below_a_unit_of_another_kind_are_not_read_until_the_unit_is_stated(tmp_path: Path, unit: str) -> None:
    intake = funds(tmp_path, [[*FUNDS[:5], f"金额（{unit}）"], entry(1, 10)])
    told = intake.findings.iloc[0]
    assert (told["rule"], told["severity"], told["value"], told["cell"]) == ("wrong_unit", "error", unit, "F2")
    assert intake.tables["funds"].empty
    line = tomllib.loads(re.search(r"units = \{.*?\}", told["todo"])[0])  # type: ignore[index]
    again = read(tmp_path, Source("funds", "资金.xlsx", **line))
    assert (again.tables["funds"]["amount_yuan"].tolist(), found(again)) == ([10], {})


def test_of_a_column_that_may_be_left_out_a_wrong_unit_is_told_once_and_nothing_is_read(tmp_path: Path) -> None:
    head = ["编号", "设施名称", "设施类型", "单元代码", "建筑面积（间）"]
    write_sheet(tmp_path / "设施.xlsx", [head, *([f"F{i}", f"甲{i}", "卫生室", TAIPING, 3] for i in range(3))])
    intake = read(tmp_path, Source("facilities", "设施.xlsx"))
    assert intake.tables["facilities"]["floor_area_m2"].isna().all()
    assert found(intake) == {"wrong_unit": "warning"}
    cells = intake.accounts.set_index("table").loc["facilities", ["cells_used", "cells_set_aside"]]
    assert cells.tolist() == [12, 3]


@pytest.mark.parametrize("ending", ["html", "xml", "ods"])
def test_raised_digits_of_pages_and_opendocument_are_marks(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"资金.{'ods' if ending == 'ods' else 'xls'}"
    if ending == "ods":
        style = '<style:style style:name="{}" style:family="text"><style:text-properties {}/></style:style>'
        named = [("up", 'style:text-position="super 58%"'), ("out", 'style:text-line-through-style="solid"')]
        cell = '<table:table-cell office:value-type="string"><text:p>10<text:span text:style-name="{}">2</text:span>'
        lasts = [f"{cell.format(one)}</text:p></table:table-cell>" for one in ("up", "out")]
        rows = line(FUNDS) + "".join(line(entry(n, 0)[:5], last=last) for n, last in enumerate(lasts))
        ods(path, rows, styles="".join(style.format(*one) for one in named))
    elif ending == "html":
        lasts = ["10<sup>2</sup>", "10<s>2</s>"]
        rows = [FUNDS, *([*entry(n, 0)[:5], last] for n, last in enumerate(lasts))]
        lines = "".join(f"<tr>{''.join(f'<td>{one}</td>' for one in row)}</tr>" for row in rows)
        path.write_text(f"<html><meta charset=utf-8><table>{lines}</table></html>", encoding="utf-8")
    else:
        data = '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40">{}</ss:Data></Cell>'
        lasts = ["10<Sup>2</Sup>", "10<S>2</S>"]
        rows = [FUNDS, *([*entry(n, 0)[:5], last] for n, last in enumerate(lasts))]
        lines = "".join(f"<Row>{''.join(data.format(one) for one in row)}</Row>" for row in rows)
        space = "urn:schemas-microsoft-com:office:spreadsheet"
        book = (
            f'<Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="甲"><Table>{lines}</Table></Worksheet>'
        )
        path.write_text(f'<?xml version="1.0"?>{book}</Workbook>', encoding="utf-8")
    intake = read(tmp_path, Source("funds", path.name))
    assert intake.tables["funds"]["amount_yuan"].tolist() == [10]
    assert {"unreadable_number", "struck_partly"} <= set(found(intake))
    assert "10²" in intake.findings["value"].tolist()


def test_hours_beyond_a_day_are_read_as_they_are_shown(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "服务.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [*SERVICES, "办理总时长", "满意数"])
        page.write_row(1, 0, [TAIPING, "2018-05", "社保", 3])
        for at in (4, 5):
            page.write(1, at, 849.5 / 24, book.add_format({"num_format": "[h]:mm"}))
    intake = read(tmp_path, Source("services", "服务.xlsx"))
    assert intake.tables["services"]["hours"].tolist() == [849.5]
    assert intake.findings["value"].tolist()[:1] == ["849:30:00"]


@pytest.mark.parametrize("wide", ["", "item"])
def test_what_is_written_is_not_advised_and_a_column_without_a_head_is_named(tmp_path: Path, wide: str) -> None:
    write_sheet(tmp_path / "服务.xlsx", [[*SERVICES[:2], None, "申请件数"], [TAIPING, "2018-05", 7, 3]])
    with pytest.raises(SourceError, match="C 列有内容而没有列名") as caught:
        read(tmp_path, Source("services", "服务.xlsx", wide=wide))
    assert ('写 wide = "item"。' in str(caught.value)) == (not wide)


def test_a_share_and_last_years_numbers_are_offered_for_no_column(tmp_path: Path) -> None:
    head = [*SERVICES, "办结率", "去年同期申请件数", "申请件数/办结件数", "其中：本村居办结件数"]
    write_sheet(tmp_path / "服务.xlsx", [head, [TAIPING, "2018-05", "社保", 3, "90%", 4, "3/2", 1]])
    intake = read(tmp_path, Source("services", "服务.xlsx"))
    assert intake.tables["services"]["settled_in_unit"].tolist() == [1]
    told = intake.findings.set_index("column")["rule"].to_dict()
    assert told["办结率"] == told["去年同期申请件数"] == "unread_of_another"
    assert told["申请件数/办结件数"] == "unread_like"


@pytest.mark.parametrize(
    ("above", "row", "below", "word"),
    [(["单位：户"], [], [], "户"), ([], [], ["注：单位为平方米"], "平方米"), ([], ["台"], [], "台")],
)
def test_a_unit_of_another_kind_beside_a_column_is_told_at_its_first_cell(
    tmp_path: Path, above: list[str], row: list[str], below: list[str], word: str
) -> None:
    heads = [*FUNDS, *["计量单位" for _ in row]]
    intake = funds(tmp_path, [*([above] if above else []), heads, [*entry(1, 10), *row], below])
    told = intake.findings[intake.findings["rule"] == "unit_beside"]
    assert (told["value"].tolist(), told["severity"].tolist()) == ([word], ["warning"])
    assert told["cell"].tolist() == ["F3" if above else "F2"]
    assert intake.tables["funds"]["amount_yuan"].tolist() == [10]


@pytest.mark.parametrize(
    ("unit", "pay"),
    [
        ("元/月", 4.5),
        ("元/人·月", 4.5),
        ("元/(人·月)", 4.5),
        ("千元每月", 4500),
        ("每人每月千元", 4500),
        ("元/人均", 4.5),
    ],
)
def test_per_what_an_amount_is_need_not_be_said_or_may(tmp_path: Path, unit: str, pay: float) -> None:
    head = ["单元代码", "报告期", "岗位", "人数", f"人均月报酬（{unit}）"]
    write_sheet(tmp_path / "队伍.xlsx", [head, [TAIPING, "2018年下半年", "社区工作者", 3, 4.5]])
    intake = read(tmp_path, Source("staff", "队伍.xlsx"))
    assert (intake.tables["staff"]["pay_yuan"].tolist(), found(intake)) == ([pay], {})


def test_a_unit_alone_in_a_row_of_a_tall_head_counts(tmp_path: Path) -> None:
    rows = [[*FUNDS[:5], "资金"], [None] * 5 + ["万元"], [None] * 5 + ["金额"], entry(1, 3)]
    write_sheet(tmp_path / "资金.xlsx", rows, merge=tuple(f"{at}1:{at}3" for at in "ABCDE"))
    assert read(tmp_path, Source("funds", "资金.xlsx")).tables["funds"]["amount_yuan"].tolist() == [30_000]


def test_each_of_two_tables_below_each_other_has_the_unit_above_it(tmp_path: Path) -> None:
    lower = [["注：含上年结转"], [], ["表二 2018年"], ["单位：万元"], FUNDS, entry(2, 3), ["合计", *[None] * 4, 3]]
    intake = funds(tmp_path, [["单位：元"], FUNDS, entry(1, 100), ["合计", *[None] * 4, 100], *lower])
    assert intake.tables["funds"]["amount_yuan"].tolist() == [100, 30_000]
    assert found(intake) == {"rows_left_out": "note"}
    account = intake.accounts.set_index("table").loc["funds"]
    assert account["cells"] == 1 + 6 + 6 + 2 + 1 + 2 + 6 + 6 + 2


def test_a_head_far_below_in_another_order_is_obeyed(tmp_path: Path) -> None:
    turned = [FUNDS[5], *FUNDS[1:5], FUNDS[0]]
    rows = [*(entry(i, 10) for i in range(40)), ["续表"], turned, [7, *entry(1, 0)[1:5], 100]]
    table = funds(tmp_path, [FUNDS, *rows]).tables["funds"]
    assert table.iloc[-1][["entry_id", "amount_yuan"]].tolist() == ["100", 7]


def test_page_numbers_and_a_title_said_again_are_no_broken_rows(tmp_path: Path) -> None:
    rows = [["资金台账"], FUNDS, entry(1, 1), ["第1页"], ["资金台账"], FUNDS, entry(2, 2), ["第 2 页，共 2 页"]]
    assert found(funds(tmp_path, rows)) == {"rows_left_out": "note"}


def test_two_numbers_in_one_cell_are_no_part_of_a_row_above(tmp_path: Path) -> None:
    assert found(funds(tmp_path, [FUNDS, entry(1, 5), entry(2, "其中：10\n共20")])) == {"unreadable_number": "error"}


def test_a_note_that_names_a_unit_nothing_was_converted_by_is_told(tmp_path: Path) -> None:
    intake = funds(tmp_path, [FUNDS, entry(1, 5), ["说明：2018年6月起金额改为万元"], ["注：每村补助2万元"]])
    told = intake.findings[intake.findings["rule"] == "unit_not_taken"]
    assert told["value"].tolist() == ["说明：2018年6月起金额改为万元"]


def test_one_item_in_two_units_has_one_meaning_or_is_set_aside(tmp_path: Path) -> None:
    head = ["单元代码", "报告期", "统计指标", "计量单位", "数值"]
    said = [(TAIPING, "万元", 98), (XINFA, "元", 970_000), (TOWN, "间", 5)]
    write_sheet(tmp_path / "统计.xlsx", [head, *([unit, "全年", "收入", word, one] for unit, word, one in said)])
    intake = read(tmp_path, Source("statistics", "统计.xlsx"))
    assert intake.tables["statistics"]["value"].tolist() == [98, pytest.approx(97)]
    assert found(intake) == {"unit_of_item": "warning", "unit_of_no_item": "error"}


def test_a_row_of_nothing_but_units_below_the_heads_is_theirs(tmp_path: Path) -> None:
    head = ["编号", "设施名称", "设施类型", "单元代码", "建筑面积", "居民活动面积"]
    rows = [head, [None] * 4 + ["平方米", "亩"], ["F1", "甲", "卫生室", TAIPING, 100, 0.1]]
    write_sheet(tmp_path / "设施.xlsx", rows)
    table = read(tmp_path, Source("facilities", "设施.xlsx")).tables["facilities"]
    assert table[["floor_area_m2", "activity_area_m2"]].iloc[0].tolist() == [100, pytest.approx(200 / 3)]


def test_a_note_beside_the_heads_states_the_unit(tmp_path: Path) -> None:
    intake = funds(tmp_path, [[*FUNDS, None, "注：金额单位为万元"], entry(1, 10), [*entry(2, 20), None, "已核"]])
    assert intake.tables["funds"]["amount_yuan"].tolist() == [100_000, 200_000]
    assert found(intake) == {"unread_column": "note", "unit_of_note": "note"}


def test_two_units_in_one_tall_head_are_both_told(tmp_path: Path) -> None:
    rows = [[*FUNDS[:5], "资金（万元）"], [None] * 5 + ["金额（元）"], entry(1, 3)]
    write_sheet(tmp_path / "资金.xlsx", rows, merge=tuple(f"{at}1:{at}2" for at in "ABCDE"))
    assert found(read(tmp_path, Source("funds", "资金.xlsx"))) == {"notes_differ": "warning"}


def test_months_across_have_their_own_units(tmp_path: Path) -> None:
    write_sheet(tmp_path / "2018年.xlsx", [["单元代码", "服务事项", "1月（件）", "2月（百件）"], [TAIPING, "甲", 5, 5]])
    intake = read(tmp_path, Source("services", "2018年.xlsx", wide_value="requested"))
    assert intake.tables["services"]["requested"].tolist() == [5, 500]


def test_a_share_is_no_amount_of_money(tmp_path: Path) -> None:
    assert found(funds(tmp_path, [FUNDS, entry(1, "50%"), entry(2, 5)])) == {"unreadable_number": "error"}


@pytest.mark.parametrize(("total", "rules"), [(3, {"rows_left_out"}), (4, {"rows_left_out", "total_differs"})])
def test_amounts_alone_at_the_end_are_a_sum_that_is_compared(tmp_path: Path, total: int, rules: set[str]) -> None:
    assert set(found(funds(tmp_path, [FUNDS, entry(1, 1), entry(2, 2), [None] * 5 + [total]]))) == rules


def test_raised_digits_and_rows_too_thin_to_see_are_told(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, FUNDS)
        page.write_row(1, 0, entry(1, 10))
        page.write_rich_string(1, 5, "10", book.add_format({"font_script": 1}), "2")
        page.write_row(2, 0, entry(2, 20))
        page.set_row(2, 0.5)
    intake = read(tmp_path, Source("funds", "资金.xlsx"))
    assert intake.tables["funds"]["amount_yuan"].tolist() == [20]
    assert set(found(intake)) == {"unreadable_number", "hidden_rows"}


def test_a_unit_with_more_people_than_the_one_above_it_is_told(tmp_path: Path) -> None:
    rows = [[*row[:5], people, *row[6:]] for row, people in zip(UNITS[2:], (4000, 4000, 2_000_000, 2000), strict=True)]
    intake = opened(tmp_path, write_units(tmp_path, [*UNITS[:2], *rows]))
    assert intake.findings[["rule", "cell"]].to_numpy().tolist() == [["more_than_parent", "F5"]]


@pytest.mark.parametrize(("part", "rule"), [([2, 3], "total_unchecked"), ([2, 9], "part_over_total")])
def test_a_total_with_one_part_beside_it_is_named(tmp_path: Path, part: list[int], rule: str) -> None:
    rows = [[unit, "2018-05", "甲", 5, one] for unit, one in zip((TAIPING, XINFA), part, strict=True)]
    write_sheet(tmp_path / "服务.xlsx", [[*SERVICES[:3], "申请件数合计", "其中线上申请件数"], *rows])
    intake = read(tmp_path, Source("services", "服务.xlsx"))
    assert intake.tables["services"]["requested"].tolist() == [5, 5]
    assert list(found(intake)) == [rule]


def test_a_unit_in_head_and_column_that_differ_are_both_told(tmp_path: Path) -> None:
    rows = [[*entry(1, 10), "元"], [*entry(2, 10), "万元"]]
    intake = funds(tmp_path, [[*FUNDS[:5], "金额（万元）", "单位"], *rows])
    assert intake.findings["cell"].tolist() == ["F2"]
    assert "1 即 10,000 元；如按单位栏则是 1 元" in intake.findings["reason"].iloc[0]
    with pytest.raises(SourceError, match="不是“金额”的单位"):
        read(tmp_path, Source("funds", "资金.xlsx", units={"amount_yuan": "间"}))


def test_of_two_columns_of_one_name_that_with_its_unit_is_taken(tmp_path: Path) -> None:
    intake = funds(tmp_path, [[*FUNDS[:5], "金额（笔）", "金额（元）"], [*entry(1, 3), 700]])
    assert intake.tables["funds"]["amount_yuan"].tolist() == [700]


def test_a_month_that_stands_twice_or_after_a_turn_of_the_year_is_told(tmp_path: Path) -> None:
    for months, rule, amounts in ((["1月", "1月"], "duplicate_column", [1]), (["12月", "1月"], "months_turn", [1, 2])):
        write_sheet(tmp_path / "2018年.xlsx", [["单元代码", "服务事项", *months], [TAIPING, "社保", 1, 2]])
        intake = read(tmp_path, Source("services", "2018年.xlsx", wide_value="requested"))
        assert sorted(intake.tables["services"]["requested"]) == amounts
        assert found(intake) == {rule: "warning"}


def test_a_unit_in_a_text_box_or_at_the_head_of_the_page_is_told(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, FUNDS)
        page.write_row(1, 0, entry(1, 10))
        page.insert_textbox("H2", "注：金额以万元计")
        page.set_header("&C&14资金台账&R单位：万元")
        page.set_footer("&C第 &P 页")
        hint = {"validate": "decimal", "criteria": ">", "value": 0, "input_message": "请以千元为单位填写"}
        page.data_validation("F2", hint)
    told = read(tmp_path, Source("funds", "资金.xlsx")).findings
    assert told["value"].tolist() == ["请以千元为单位填写", "资金台账 单位：万元", "注：金额以万元计"]
    assert set(told["rule"]) == {"text_outside_cells"}


@pytest.mark.parametrize(("head", "told"), [("金额", []), ("金额（万元）", ["单位：元"])])
def test_a_hint_in_the_tables_own_unit_is_told_only_beside_a_head_in_another(
    tmp_path: Path, head: str, told: list[str]
) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [head if one == "金额" else one for one in FUNDS])
        page.write_row(1, 0, entry(1, 10))
        page.data_validation("F2", {"validate": "decimal", "criteria": ">", "value": 0, "input_message": "单位：元"})
    findings = read(tmp_path, Source("funds", "资金.xlsx")).findings
    assert findings.loc[findings["rule"] == "text_outside_cells", "value"].tolist() == told


# -- layers


def test_every_document_of_a_kmz_is_read(tmp_path: Path) -> None:
    parts = grid_frame()[:2], grid_frame()[2:]
    with zipfile.ZipFile(tmp_path / "网格.kmz", "w") as archive:
        for name, part in zip(("doc.kml", "files/东.kml"), parts, strict=True):
            archive.writestr(name, kml(part))
    intake = read(tmp_path, Source("grids", "网格.kmz"))
    assert (len(intake.tables["grids"]), found(intake)) == (4, {"documents_joined": "note"})


def shapefiles(folder: Path) -> io.BytesIO:
    """An archive of two Shapefiles, two grids each."""
    packed = io.BytesIO()
    (folder / "原").mkdir()
    for name, part in (("西", grid_frame()[:2]), ("东", grid_frame()[2:])):
        part.to_file(folder / "原" / f"{name}.shp", encoding="GBK")
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (folder / "原").iterdir():
            archive.write(path, path.name)
    return packed


@pytest.mark.parametrize(("sheet", "many", "rules"), [("", 2, {"layer_left_out"}), ("*", 4, set()), ("东", 2, set())])
def test_of_several_layers_in_an_archive_none_is_lost_in_silence(
    tmp_path: Path, sheet: str, many: int, rules: set[str]
) -> None:
    (tmp_path / "网格.zip").write_bytes(shapefiles(tmp_path).getvalue())
    intake = read(tmp_path, Source("grids", "网格.zip", sheet=sheet))
    assert (len(intake.tables["grids"]), set(found(intake)) - {"unit_without_grid"}) == (many, rules)


def test_an_archive_in_an_archive_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "网格.zip", "w") as archive:
        archive.writestr("内.zip", shapefiles(tmp_path).getvalue())
    assert len(read(tmp_path, Source("grids", "网格.zip", sheet="*")).tables["grids"]) == 4


@pytest.mark.parametrize(
    "text", ["[126.42,45.61]", json.dumps({"lng": 126.42, "lat": 45.61}), "{lat:45.61,lon:126.42}"]
)
def test_coordinates_as_programs_write_them_are_read(tmp_path: Path, text: str) -> None:
    head = ["编号", "设施名称", "设施类型", "所属村居代码", "location"]
    write_sheet(tmp_path / "设施.xlsx", [head, ["F1", "设施", "卫生室", TAIPING, text]])
    table = read(tmp_path, Source("facilities", "设施.xlsx")).tables["facilities"]
    assert table[["longitude", "latitude"]].to_numpy().tolist() == [[126.42, 45.61]]


# -- OpenDocument: what its cells say beside their values


def ods(path: Path, rows: str, *, styles: str = "", columns: str = "", prefix: str = "table") -> None:
    """Write a spreadsheet of one sheet by hand."""
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    names = {
        "office": "office",
        prefix: "table",
        "text": "text",
        "style": "style",
        "number": "datastyle",
        "fo": "xsl-fo-compatible",
    }
    given = " ".join(f'xmlns:{name}="{space}{what}:1.0"' for name, what in names.items())
    body = f'<table:table table:name="台账">{columns}{rows}</table:table>'.replace("table:", f"{prefix}:")
    content = f"<office:document-content {given}><office:automatic-styles>{styles}</office:automatic-styles>"
    content += f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
    manifest = f'<manifest:manifest xmlns:manifest="{space}manifest:1.0">{entry}</manifest:manifest>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", f'<?xml version="1.0" encoding="UTF-8"?>{content}')


def line(cells: list[object], *, last: str = "", of_row: str = "") -> str:
    texts = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>' for one in cells
    )
    return f"<table:table-row{of_row}>{texts}{last}</table:table-row>"


def amount(value: object, *, style: str = "", inside: str = "") -> str:
    named = f' table:style-name="{style}"' if style else ""
    text = f"{inside}<text:p>{value}</text:p>"
    return f'<table:table-cell{named} office:value-type="float" office:value="{value}">{text}</table:table-cell>'


STYLES = """
<number:number-style style:name="N1">
<number:number number:min-integer-digits="1"/><number:text>万元</number:text></number:number-style>
<style:style style:name="wan" style:family="table-cell" style:data-style-name="N1"/>
<style:style style:name="under" style:family="table-cell" style:parent-style-name="wan"/>
<style:style style:name="out" style:family="table-cell">
<style:text-properties style:text-line-through-style="solid"/></style:style>
"""
FORMULA = '<table:table-cell table:formula="of:=1+1"/>'
FAILED = (
    '<table:table-cell table:formula="of:=1/0" office:value-type="string"><text:p>Err:532</text:p></table:table-cell>'
)


def test_an_opendocument_sheet_says_what_its_cells_show_and_hide(tmp_path: Path) -> None:
    note = "<office:annotation><text:p>此数有误</text:p></office:annotation>"
    bodies = [
        line(FUNDS),
        line(entry(1, 0)[:5], last=amount(10, style="wan")),
        line(entry(2, 0)[:5], last=amount(20, style="under")),
        line(entry(3, 0)[:5], last=amount(7, style="out")),
        line(entry(4, 0)[:5], last=amount(8, inside=note), of_row=' table:visibility="filter"'),
        line(entry(5, 0)[:5], last=FORMULA),
        line(entry(6, 0)[:5], last=FAILED),
    ]
    columns = '<table:table-column table:number-columns-repeated="4"/><table:table-column table:visibility="collapse"/>'
    ods(tmp_path / "资金.ods", "".join(bodies), styles=STYLES, columns=columns)
    intake = read(tmp_path, Source("funds", "资金.ods"))
    assert intake.tables["funds"]["amount_yuan"].tolist() == [100_000, 200_000, 8]
    told = found(intake)
    assert told.keys() >= {"struck_cell", "comment", "hidden_rows", "hidden_column", "cell_error"}
    failed = intake.findings[intake.findings["rule"] == "cell_error"]
    assert failed["value"].tolist() == ["#公式未计算", "#VALUE!"]
    # some amounts say 万元 and others nothing
    assert "mixed_units" in told


def test_an_opendocument_sheet_of_other_prefixes_is_not_taken_for_empty(tmp_path: Path) -> None:
    ods(tmp_path / "资金.ods", line(FUNDS) + line(entry(1, 0)[:5], last=amount(10)), prefix="t")
    with pytest.raises(SourceError, match="里面没有任何表格"):
        read(tmp_path, Source("funds", "资金.ods"))


def test_a_binary_workbook_says_what_its_cells_show_and_hide(tmp_path: Path) -> None:
    rows = [FUNDS, *(entry(i, amount) for i, amount in enumerate((10, 7, 8, "#DIV/0!", 9), start=1))]
    binary_workbook.write(
        tmp_path / "资金.xlsb",
        rows,
        formats=['0.00"万元"'],
        styles={(1, 5): 2, (2, 5): 1, (3, 5): 3},
        formulas=[(4, 5), (5, 5)],
        hidden_rows=[3],
        hidden_columns=[4],
        comments={(3, 5): "此数有误"},
        head="&C单位：万元",
        hint="请以千元为单位填写",
    )
    intake = read(tmp_path, Source("funds", "资金.xlsb"))
    outside = intake.findings["rule"] == "text_outside_cells"
    assert intake.findings.loc[outside, "value"].tolist() == ["单位：万元", "请以千元为单位填写"]
    assert intake.tables["funds"]["amount_yuan"].tolist() == [100_000, 8, 9]
    told = found(intake)
    assert told.keys() >= {"struck_cell", "comment", "hidden_rows", "hidden_column", "cell_error", "unproved_formulas"}
    assert intake.findings.loc[intake.findings["rule"] == "unseen_value", "cell"].tolist() == ["F4"]
    assert "2 个公式" in intake.findings.loc[intake.findings["rule"] == "unproved_formulas", "reason"].iloc[0]


def test_formulas_of_a_binary_workbook_that_waits_to_be_computed_are_no_noughts(tmp_path: Path) -> None:
    rows = [FUNDS, entry(1, 0), entry(2, 5)]
    binary_workbook.write(tmp_path / "资金.xlsb", rows, formulas=[(1, 5)], fresh=True)
    intake = read(tmp_path, Source("funds", "资金.xlsb"))
    assert intake.tables["funds"]["amount_yuan"].tolist() == [5]
    assert intake.findings["value"].iloc[0] == "#公式未计算"


def old_workbook(path: Path, rows: list[list[object]], *, newer: bool) -> None:
    """Write an Excel 97 or 95 book of one sheet without a container, with a head in 万元, a hint or box, from 1904."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def text(said: str, *, long: bool = True) -> bytes:
        if newer:
            return struct.pack("<HB" if long else "<BB", len(said), 1) + said.encode("utf-16-le")
        return struct.pack("<H" if long else "<B", len(said.encode("gbk"))) + said.encode("gbk")

    version = 0x600 if newer else 0x500
    begin = [record(0x809, struct.pack("<HHHHII", version, kind, 0, 0, 0, 0)[: 16 if newer else 8]) for kind in (5, 16)]
    book = begin[0] + record(0x42, struct.pack("<H", 1200 if newer else 936)) + record(0x22, struct.pack("<H", 1))
    book += record(0x31, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 134, 0) + text("A", long=False))
    book += record(0xE0, bytes(20 if newer else 16))
    sheet = begin[1] + record(0x14, text("&R单位：万元", long=newer))
    for at, row in enumerate(rows):
        for column, one in enumerate(row):
            place = struct.pack("<HHH", at, column, 0)
            number = struct.pack("<d", one) if isinstance(one, int) else b""
            sheet += record(0x203, place + number) if number else record(0x204, place + text(str(one)))
    if newer:
        sheet += record(0x1BE, bytes(4) + text("单位") + text("") + text("请以千元为单位填写") + text(""))
    else:
        # a text box with a name: its kind, how long its name and text are, both
        name, said = b"Text1", "金额以千元计".encode("gbk")
        box = struct.pack("<IHHH16xHHHH", 1, 6, 1, 0, 0, 0, len(name), 0) + bytes(10) + struct.pack("<H24x", len(said))
        sheet += record(0x5D, box + bytes([len(name)]) + name + said)
    size = len(book) + 4 + 6 + len(text("甲", long=False)) + 4
    listed = record(0x85, struct.pack("<IH", size, 0) + text("甲", long=False))
    path.write_bytes(book + listed + record(0x0A, b"") + sheet + record(0x0A, b""))


@pytest.mark.parametrize("newer", [True, False], ids=["Excel 97", "Excel 95"])
def test_an_old_workbook_tells_of_units_outside_its_cells_and_counts_days_from_1904(
    tmp_path: Path, newer: bool
) -> None:
    old_workbook(tmp_path / "资金.xls", [FUNDS, entry(1, 10, day=41759)], newer=newer)
    intake = read(tmp_path, Source("funds", "资金.xls"))
    assert intake.tables["funds"]["date"].dt.strftime("%Y-%m-%d").tolist() == ["2018-05-01"]
    told = intake.findings[intake.findings["rule"] == "text_outside_cells"]
    assert told["value"].tolist() == ["单位：万元", "请以千元为单位填写" if newer else "金额以千元计"]


def test_days_written_as_numbers_are_counted_from_where_a_workbook_says(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx"), {"date_1904": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, FUNDS)
        page.write_row(1, 0, entry(1, 10, day=41759))
    table = read(tmp_path, Source("funds", "资金.xlsx")).tables["funds"]
    assert table["date"].dt.strftime("%Y-%m-%d").tolist() == ["2018-05-01"]


def looks_in_ods(path: Path) -> None:
    styles = """<style:style style:name="in" style:family="table-cell">
<style:paragraph-properties fo:margin-left="0.35cm"/></style:style>
<style:style style:name="white" style:family="table-cell"><style:text-properties fo:color="#ffffff"/></style:style>
<style:style style:name="maybe" style:family="table-cell"><style:map style:condition="cell-content()&gt;5"
 style:apply-style-name="white"/></style:style>"""
    rows = [line(PARTS[0])]
    for number, (unit, month, item, count) in enumerate(PARTS[1:]):
        inner = f"<text:p>{item}</text:p></table:table-cell>"
        named = ' table:style-name="in"' if number in (1, 2) else ""
        cell = f'<table:table-cell{named} office:value-type="string">{inner}'
        rows.append(line([unit, month], last=cell + amount(count, style="maybe")))
    ods(path, "".join(rows), styles=styles)


def looks_in_page(path: Path) -> None:
    rows = ["".join(f"<td>{one}</td>" for one in PARTS[0])]
    for number, (unit, month, item, count) in enumerate(PARTS[1:]):
        named = " class=xl9" if number in (1, 2) else ""
        hidden = ' style="color:#FFF"' if count == 10 else ""
        rows.append(f"<td>{unit}</td><td>{month}</td><td{named}>{item}</td><td{hidden}>{count}</td>")
    style = "<style>td{color:black}\n.xl9\n\t{padding-left:9px;}</style>"
    path.write_text(f"<html>{style}<table><tr>{'</tr><tr>'.join(rows)}</tr></table></html>", encoding="utf-8")


def looks_in_xml(path: Path) -> None:
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    styles = '<Styles><Style ss:ID="in"><Alignment ss:Indent="2"/></Style></Styles>'
    rows = ""
    for number, cells in enumerate(PARTS):
        named = ["" if at != 2 or number not in (2, 3) else ' ss:StyleID="in"' for at in range(4)]
        kinds = ["Number" if isinstance(one, int) else "String" for one in cells]
        rows += (
            "<Row>"
            + "".join(
                f'<Cell{style}><Data ss:Type="{kind}">{one}</Data></Cell>'
                for style, kind, one in zip(named, kinds, cells, strict=True)
            )
            + "</Row>"
        )
    rule = '<ConditionalFormatting xmlns="urn:schemas-microsoft-com:office:excel"><Range>R2C4:R5C4</Range>'
    book = f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}">{styles}<Worksheet ss:Name="甲">'
    book += f"<Table>{rows}</Table>{rule}</ConditionalFormatting></Worksheet></Workbook>"
    path.write_text(book, encoding="utf-8")


def looks_in_binary(path: Path, *, newer: bool = False) -> None:
    rows = [list(one) for one in PARTS]
    rows[3][2] = "　　特困"
    binary_workbook.write(path, rows, ruled=(1, 4, 3, 3), newer=newer)


def looks_in_newer_binary(path: Path) -> None:
    looks_in_binary(path, newer=True)


def looks_in_extension(path: Path) -> None:
    plain = path.with_suffix(".plain")
    with xlsxwriter.Workbook(str(plain)) as book:
        page, inner = book.add_worksheet(), book.add_format({"indent": 1})
        for number, row in enumerate(PARTS):
            page.write_row(number, 0, row)
            page.write(number, 2, row[2], inner if number in (2, 3) else None)
    space = "http://schemas.microsoft.com/office/"
    rule = "<x14:cfRule><x14:dxf><font><strike/></font></x14:dxf></x14:cfRule><xm:sqref>D2:D5</xm:sqref>"
    rule = f"<x14:conditionalFormattings><x14:conditionalFormatting>{rule}</x14:conditionalFormatting>"
    given = f'xmlns:x14="{space}spreadsheetml/2009/9/main" xmlns:xm="{space}excel/2006/main"'
    rule = f"<extLst><ext {given}>{rule}</x14:conditionalFormattings></ext></extLst></worksheet>"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"</worksheet>", rule.encode()))


PARTS: list[tuple[object, ...]] = [
    ("单元代码", "月份", "服务事项", "申请件数"),
    (TAIPING, "2018-01", "社会救助", 10), (TAIPING, "2018-01", "其中：低保", 6),
    (TAIPING, "2018-01", "特困", 3), (TAIPING, "2018-01", "养老", 3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "write", "rule", "where"),
    [
        ("服务.ods", looks_in_ods, "conditional_look", "D2:D5"),
        ("服务.xls", looks_in_page, "unseen_value", None),
        ("服务.xml.xls", looks_in_xml, "conditional_look", "R2C4:R5C4"),
        ("服务.xlsb", looks_in_binary, "conditional_look", "D2:D5"),
        ("服务.xlsb", looks_in_newer_binary, "conditional_look", "D2:D5"),
        ("服务.xlsx", looks_in_extension, "conditional_look", "D2:D5"),
    ],
    ids=["OpenDocument", "web page", "XML 2003", "binary", "newer binary", "an extension's rule"],
)
def test_set_in_parts_and_looks_by_condition_are_told_of_every_kind_of_book(
    tmp_path: Path, name: str, write: Callable[[Path], None], rule: str, where: str | None
) -> None:
    write(tmp_path / name)
    intake = read(tmp_path, Source("services", name))
    assert intake.tables["services"]["item"].tolist() == ["社会救助", "养老"]
    told = intake.findings.set_index("rule")
    assert "part_rows" in told.index
    assert rule in told.index
    assert where is None or told.at[rule, "value"] == where


def services(folder: Path, rows: list[list[object]], name: str = "服务.xlsx", **options: object) -> Intake:
    write_sheet(folder / name, rows)
    return read(folder, Source("services", name, **options))  # type: ignore[arg-type]


def test_children_below_the_sum_of_their_parent_count_and_shares_of_a_sum_do_not(tmp_path: Path) -> None:
    head = ["单元代码", "月份", "服务事项", "申请件数", "办结件数"]
    of_town = [["新发镇小计", "2018-05", "社保", 30, 27], ["其中：太平村", "2018-05", "社保", 10, 9]]
    intake = services(tmp_path, [head, *of_town, ["　　　新发村", "2018-05", "社保", 20, 18]])
    assert intake.tables["services"][["unit_code", "requested"]].to_numpy().tolist() == [[TAIPING, 10], [XINFA, 20]]
    rows = [["太平村", "2018-05", "社保", 10, 9], ["新发村", "2018-05", "社保", 20, 18], ["合计", None, None, 30, 27]]
    parts = [["其中：低保户", None, None, 12, 12], ["　　　其他", None, None, 18, 15]]
    intake = services(tmp_path, [head, *rows, *parts])
    assert intake.tables["services"]["requested"].tolist() == [10, 20]
    assert {"part_rows", "rows_left_out"} <= set(found(intake))


@pytest.mark.parametrize("above", [["服务统计表（2018年5月）"], ["填报单位：新发镇", None, "统计时间：2018年5月"]])
def test_the_month_of_a_title_counts_and_is_told(tmp_path: Path, above: list[str]) -> None:
    intake = services(tmp_path, [above, [SERVICES[0], *SERVICES[2:]], [TAIPING, "社保", 10]])
    assert intake.tables["services"]["month"].dt.strftime("%Y-%m").tolist() == ["2018-05"]
    assert set(found(intake)) == {"month_of_title"}
    with pytest.raises(SourceError, match="缺少必需的列：“月份”"):
        services(tmp_path, [["2018年1月至5月"], [SERVICES[0], *SERVICES[2:]], [TAIPING, "社保", 10]])


def test_a_title_of_another_month_than_the_rows_or_the_file_is_told(tmp_path: Path) -> None:
    title, row = ["2018年4月服务统计表"], [TAIPING, "2018-05", "社保", 10]
    assert set(found(services(tmp_path, [title, SERVICES, row]))) == {"title_and_month"}
    intake = services(tmp_path, [title, [SERVICES[0], *SERVICES[2:]], [TAIPING, "社保", 10]], name="2018年5月.xlsx")
    assert set(found(intake)) == {"title_and_month"}


def test_months_have_their_year_from_a_column_beside_them_or_from_the_periods(tmp_path: Path) -> None:
    rows = [[TAIPING, 2017, 3, "社保", 10], [XINFA, "2018年", "三月", "社保", 20]]
    intake = services(tmp_path, [["单元代码", "年度", *SERVICES[1:]], *rows])
    assert intake.tables["services"]["month"].dt.strftime("%Y-%m").tolist() == ["2017-03", "2018-03"]
    assert found(intake) == {}
    assert intake.accounts.set_index("table").at["services", "cells_unread"] == 0
    intake = services(tmp_path, [SERVICES, [TAIPING, "3月", "社保", 10]], year=2018)
    assert intake.tables["services"]["month"].dt.strftime("%Y-%m").tolist() == ["2018-03"]
    assert set(found(intake)) == {"year_of_periods"}


def test_who_signed_is_no_row_a_sign_before_a_text_no_part_of_it(tmp_path: Path) -> None:
    lines = [
        SERVICES,
        [f"'{TAIPING}", "'2018-05", "'社保", "'10"],
        ["填报人：甲", "审核人：乙", "填报日期：2018年6月1日"],
    ]
    write_csv(tmp_path / "服务.csv", lines, encoding="utf-8")
    intake = read(tmp_path, Source("services", "服务.csv"))
    assert intake.tables["services"][["item", "requested"]].to_numpy().tolist() == [["社保", 10]]
    assert set(found(intake)) == {"invisible_signs", "rows_left_out"}


def test_the_sum_of_one_level_of_units_is_right(tmp_path: Path) -> None:
    total = ["合计", None, None, None, None, 4000, 1600]
    assert set(found(opened(tmp_path, write_units(tmp_path, [*UNITS[:2], total, *UNITS[2:]])))) == {"rows_left_out"}
    total[5] = 4100
    intake = opened(tmp_path, write_units(tmp_path, [*UNITS[:2], total, *UNITS[2:]]))
    assert "total_differs" in found(intake)


def test_a_unit_may_stand_behind_a_parent_with_more_of_its_ending(tmp_path: Path) -> None:
    intake = services(tmp_path, [SERVICES, ["新发镇人民政府太平村", "2018-05", "社保", 10]])
    assert intake.tables["services"]["unit_code"].tolist() == [TAIPING]


def test_a_quote_without_its_partner_names_its_line(tmp_path: Path) -> None:
    write_csv(tmp_path / "资金.csv", [FUNDS, entry(1, 10), [*entry(2, 20)[:4], '"修路', 20]], encoding="utf-8")
    with pytest.raises(SourceError, match="第 3 行起可能有引号没有配对"):
        read(tmp_path, Source("funds", "资金.csv"))


def test_degrees_minutes_and_seconds_may_stand_in_columns_of_their_own(tmp_path: Path) -> None:
    head = [["设施名称", "设施类型", "单元代码", "东经", None, None, "北纬"], [None, None, None, *"度分秒度分秒"]]
    write_sheet(tmp_path / "设施.xlsx", [*head, ["甲", "卫生室", TAIPING, 126, 24, 36, 45, 36, 36]])
    intake = read(tmp_path, Source("facilities", "设施.xlsx", datum="CGCS2000"))
    place = intake.tables["facilities"][["longitude", "latitude"]].to_numpy()[0]
    assert place.tolist() == pytest.approx([126.41, 45.61])
    assert intake.accounts.set_index("table").at["facilities", "cells_unread"] == 0


def test_a_unit_above_the_table_of_a_page_is_its_title(tmp_path: Path) -> None:
    rows = "".join(f"<tr>{''.join(f'<td>{one}</td>' for one in row)}</tr>" for row in (FUNDS, entry(1, 10)))
    page = f"<html><meta charset=utf-8><h3>台账（单位：万元）</h3><table>{rows}</table><p>注：单位千元</p></html>"
    (tmp_path / "资金.xls").write_text(page, encoding="utf-8")
    intake = read(tmp_path, Source("funds", "资金.xls"))
    assert intake.tables["funds"]["amount_yuan"].tolist() == [100_000]
    told = intake.findings[intake.findings["rule"] == "text_outside_cells"]
    assert told["value"].tolist() == ["注：单位千元"]


def test_a_notes_mark_on_a_head_and_tabs_that_keep_cells_from_changing_are_no_part_of_them(tmp_path: Path) -> None:
    intake = services(tmp_path, [[*SERVICES[:3], "申请件数²", "办结件数①"], [TAIPING, "2018-05", "社保", 10, 9]])
    assert intake.tables["services"][["requested", "settled"]].to_numpy().tolist() == [[10, 9]]
    lines = [[f"{cell}\t" for cell in row] for row in (SERVICES, [TAIPING, "2018-05", "社保", 10])]
    write_csv(tmp_path / "服务.csv", lines, encoding="utf-8")
    assert read(tmp_path, Source("services", "服务.csv")).tables["services"]["requested"].tolist() == [10]


def test_an_amount_far_from_the_others_is_told_though_its_kind_has_few(tmp_path: Path) -> None:
    amounts = [10, 9, 100_000, 6, 8, 8, 9, 7, 8]
    rows = [entry(number, amount) for number, amount in enumerate(amounts)]
    rows = [[*row[:3], "拨入" if number < 5 else "支出", *row[4:]] for number, row in enumerate(rows)]
    assert set(found(funds(tmp_path, [[*FUNDS[:5], "金额（万元）"], *rows]))) == {"far_off"}
