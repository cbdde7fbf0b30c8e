"""No cell in silence: what a clerk sees of a cell is counted, or the cell is named."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import msoffcrypto.format.ooxml
import pytest
import xlsxwriter
from intake_zone import TAIPING, XINFA, opened, write_csv, write_sheet, write_units

from govkit.errors import SourceError
from govkit.intake import Intake, Source
from govkit.intake.formats.number_formats import is_plain, shown

HEAD = ["流水号", "单元代码", "日期", "收支", "用途", "金额"]
ROWS = [[f"Z{i}", TAIPING if i % 2 else XINFA, "2018-05-01", "支出", "修路", 1000 + i] for i in range(1, 5)]


def ledger(folder: Path, rows: list[list[object]], **options: object) -> Intake:
    """Read a ledger of funds written as given, beside the units of the small zone."""
    write_sheet(folder / "资金.xlsx", rows)
    return opened(folder, write_units(folder), Source("funds", "资金.xlsx", **options))  # type: ignore[arg-type]


def styled(folder: Path, code: str, amounts: list[float], *, head: str = "金额") -> Intake:
    """Read a ledger whose amounts are shown by a number format."""
    with xlsxwriter.Workbook(str(folder / "资金.xlsx")) as book:
        page, style = book.add_worksheet(), book.add_format({"num_format": code})
        page.write_row(0, 0, [*HEAD[:-1], head])
        for number, amount in enumerate(amounts, start=1):
            page.write_row(number, 0, ROWS[number - 1][:-1])
            page.write_number(number, 5, amount, style)
    return opened(folder, write_units(folder), Source("funds", "资金.xlsx"))


def amounts(intake: Intake) -> list[float]:
    return intake.tables["funds"]["amount_yuan"].tolist()


def found(intake: Intake) -> dict[str, str]:
    """Severity of every rule with a finding."""
    return dict(zip(intake.findings["rule"], intake.findings["severity"], strict=True))


def account(intake: Intake, table: str = "funds") -> dict[str, object]:
    return intake.accounts.set_index("table").loc[table].to_dict()


# -- columns nobody takes


def test_a_column_that_resembles_a_missing_one_is_named_with_the_line_to_paste(tmp_path: Path) -> None:
    head = ["编号", "设施名称", "设施类型", "所属村居代码", "房屋建筑面积(㎡)"]
    write_sheet(tmp_path / "设施.xlsx", [head, ["F1", "甲", "卫生室", TAIPING, 100]])
    intake = opened(tmp_path, write_units(tmp_path), Source("facilities", "设施.xlsx"))
    [one] = intake.findings.to_dict("records")
    assert (one["rule"], one["severity"], one["column"]) == ("unread_like", "warning", "房屋建筑面积(㎡)")
    assert 'columns = { floor_area_m2 = "房屋建筑面积(㎡)" }' in one["todo"]
    assert intake.tables["facilities"]["floor_area_m2"].isna().all()


def test_numbers_nobody_takes_are_a_warning_where_amounts_are_missing_and_a_note_elsewhere(tmp_path: Path) -> None:
    units = [["单元代码", "单元名称", "层级", "上级代码", "类型", "另计"]]
    units += [["230102100000", "新发镇", "镇", "230102000000", "镇", 5]]
    write_sheet(tmp_path / "单元.xlsx", units)
    assert found(opened(tmp_path, Source("units", "单元.xlsx")))["unread_numbers"] == "warning"
    assert found(ledger(tmp_path, [[*HEAD, "另计"], *([*row, 5] for row in ROWS)])) == {"unread_column": "note"}


def test_a_column_told_to_be_ignored_is_counted_and_not_named(tmp_path: Path) -> None:
    intake = ledger(tmp_path, [[*HEAD, "另计"], *([*row, 5] for row in ROWS)], ignore=["另计"])
    assert found(intake) == {}
    assert (account(intake)["cells_left_out"], account(intake)["cells_unread"]) == (4, 0)


def test_a_cell_beyond_the_last_head_is_named(tmp_path: Path) -> None:
    intake = ledger(tmp_path, [HEAD, ROWS[0], [*ROWS[1], 123.4]])
    one = intake.findings.iloc[0]
    assert (one["rule"], one["cell"], "123.4" in one["reason"]) == ("cells_beyond_heads", "G3", True)


def test_every_filled_cell_has_one_owner(tmp_path: Path) -> None:
    rows = [["资金台账"], [*HEAD, "另计", "联系人"], *([*row, 5, "王某"] for row in ROWS), ["合计", *[None] * 4, 4010]]
    rows += [["注：以上为全年数"], ["Z9", "230199999999", "2018-05-01", "支出", "修路", 1]]
    one = account(ledger(tmp_path, rows))
    filled = sum(cell is not None for row in rows for cell in row)
    owners = ("used", "head", "note", "total", "set_aside", "left_out", "unread")
    assert one["cells"] == filled == sum(one[f"cells_{name}"] for name in owners)
    assert [one[f"cells_{name}"] for name in owners] == [24, 8, 1, 2, 7, 4, 4]


# -- the value is what is shown


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (100000.0, "0!.0000", "10"),
        (1234567.0, "#,##0,", "1234.567"),
        (25000.0, '0\\.0,"万"', "2.5万"),
        (10.0, '0.00"万元"', "10万元"),
        (0.98, "0.0%", "98%"),
        (12.0, "00000", "00012"),
        (3.0, '"ZJ-"0000', "ZJ-0003"),
        (123456.0, '[>=10000]0!.0,"万";0', "12.3456万"),
        (5.0, '[>=10000]0!.0,"万";0', "5"),
        (0.0, '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"??_ ;_ @_ ', "0"),
        (12.0, "[DBNum1]General", "12"),
        (5.0, ";;;", ""),
    ],
)
def test_a_number_format_tells_what_is_seen_of_a_number(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text
    assert is_plain(code) == (text == f"{value:g}" and "万" not in code)


@pytest.mark.parametrize(
    ("code", "head", "cells", "yuan"),
    [
        ("0!.0000", "金额(万元)", [100000, 60000], [100000, 60000]),
        ('0.00"万元"', "金额", [10, 6], [100000, 60000]),
        ('0.0,"千元"', "金额", [100000, 60000], [100000, 60000]),
        ('0!.0,"万"', "金额(万元)", [100000, 60000], [100000, 60000]),
        ("#,##0.00", "金额(万元)", [10, 6], [100000, 60000]),
    ],
)
def test_head_and_number_format_decide_together(
    tmp_path: Path, code: str, head: str, cells: list[float], yuan: list[float]
) -> None:
    assert amounts(styled(tmp_path, code, cells, head=head)) == yuan


def test_a_number_its_format_hides_is_named(tmp_path: Path) -> None:
    assert found(styled(tmp_path, ";;;", [5, 6])) == {"unseen_value": "warning"}


def test_type_in_the_colour_of_its_paper_is_named(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        page = book.add_worksheet()
        looks = [{"font_color": "white"}, {"font_color": "white", "bg_color": "#1F3A5F"}, {"bg_color": "#000000"}, {}]
        page.write_row(0, 0, HEAD, book.add_format({"font_color": "white", "bg_color": "#1F3A5F"}))
        for number, look in enumerate(looks, start=1):
            page.write_row(number, 0, ROWS[number - 1][:-1])
            page.write_number(number, 5, 10, book.add_format(look))
    intake = opened(tmp_path, write_units(tmp_path), Source("funds", "资金.xlsx"))
    assert intake.findings[["rule", "cell"]].to_numpy().tolist() == [["unseen_value", "F2"], ["unseen_value", "F4"]]


@pytest.mark.parametrize(
    "stated",
    ["填报单位：新发镇\n单位：万元", "资金台账（万元）", "万元", "金额单位：人民币万元", "注：金额以万元为单位"],
)
def test_a_title_states_a_unit_in_any_of_its_usual_ways(tmp_path: Path, stated: str) -> None:
    intake = ledger(tmp_path, [*([line] for line in stated.split("\n")), [], HEAD, [*ROWS[0][:-1], 10]])
    assert amounts(intake) == [100000]


def test_money_is_read_as_accountants_write_it(tmp_path: Path) -> None:
    texts = ["人民币1200元", "RMB 1,200", "0.12（万元）", "\u2212500", "△500"]
    intake = ledger(tmp_path, [HEAD, *([f"Z{i}", *ROWS[0][1:-1], text] for i, text in enumerate(texts))])
    assert amounts(intake) == [1200, 1200, 1200]
    assert intake.findings["rule"].tolist().count("out_of_range") == 2


def test_garbled_text_is_named_with_what_it_was(tmp_path: Path) -> None:
    words = ["修路", "修路灯光".encode().decode("gb18030"), "锟斤拷锟斤拷", "????"]
    rows = [[*ROWS[0][:-2], word, 5] for word in words]
    one = ledger(tmp_path, [HEAD, *([f"Z{i}", *row[1:]] for i, row in enumerate(rows))]).findings.iloc[0]
    assert (one["rule"], one["severity"], one["row"]) == ("garbled", "warning", 3)
    assert "3 格是乱码（第 3、4、5 行" in one["reason"]
    assert "修路灯光" in one["reason"]
    (tmp_path / "资金.csv").write_text(",".join(HEAD).encode().decode("latin1") + "\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"乱码.*流水号"):
        opened(tmp_path, write_units(tmp_path), Source("funds", "资金.csv"))


@pytest.mark.parametrize("quoted", [False, True])
def test_a_line_with_a_cell_too_few_is_set_aside(tmp_path: Path, quoted: bool) -> None:
    lines = [HEAD, *ROWS[:2], [*ROWS[2][:4], ROWS[2][5]], ["合计"]]
    mark = '"' if quoted else ""
    text = "\n".join(",".join(f"{mark}{cell}{mark}" for cell in line) for line in lines)
    (tmp_path / "资金.csv").write_text(f"资金台账\n\n{text}\n", encoding="utf-8")
    intake = opened(tmp_path, write_units(tmp_path), Source("funds", "资金.csv"))
    assert amounts(intake) == [1001, 1002]
    one = intake.findings.set_index("rule").loc["fewer_cells_than_heads"]
    assert (one["row"], "只有 5 个单元格，表头有 6 列" in one["reason"]) == (6, True)


# -- as above


@pytest.mark.parametrize("word", ["〃", "同上", "（同上）", "As above"])
def test_as_above_is_the_value_above_for_identifiers_and_no_number_for_amounts(tmp_path: Path, word: str) -> None:
    rows = [ROWS[0], ["Z2", word, word, "支出", word, 5], ["Z3", TAIPING, "2018-05-02", "支出", "修路", word]]
    intake = ledger(tmp_path, [HEAD, *rows])
    assert intake.tables["funds"].loc[1, ["unit_code", "purpose"]].tolist() == [TAIPING, "修路"]
    assert found(intake) == {"said_as_above": "note", "unreadable_number": "error"}


def test_blanks_below_the_name_of_a_group_are_that_group_with_a_warning(tmp_path: Path) -> None:
    rows = [[f"Z{i}", TAIPING if i == 1 else XINFA if i == 4 else None, *ROWS[0][2:]] for i in range(1, 7)]
    intake = ledger(tmp_path, [HEAD, *rows])
    assert intake.tables["funds"]["unit_code"].tolist() == [TAIPING] * 3 + [XINFA] * 3
    assert found(intake) == {"blank_as_above": "warning"}
    assert "第 3、4、6、7 行" in intake.findings["reason"][0]


def test_a_code_left_blank_in_a_full_column_stays_an_error(tmp_path: Path) -> None:
    rows = [[f"Z{i}", None if i == 5 else TAIPING, *ROWS[0][2:]] for i in range(1, 12)]
    assert found(ledger(tmp_path, [HEAD, *rows])) == {"missing_required": "error"}


def test_ten_thousand_said_by_cell_and_head_counts_once(tmp_path: Path) -> None:
    rows = [[*HEAD[:-1], "金额(万元)"], [*ROWS[0][:-1], "10万"], [*ROWS[1][:-1], "60000元"], [*ROWS[2][:-1], 8]]
    intake = ledger(tmp_path, rows)
    assert amounts(intake) == [100000, 60000, 80000]
    assert found(intake) == {"said_twice": "warning", "own_unit": "warning"}
    assert "100,000 元" in intake.findings["reason"][0]
    assert "1,000,000,000 元" in intake.findings["reason"][0]


def test_some_cells_with_ten_thousand_and_others_without_are_named(tmp_path: Path) -> None:
    intake = ledger(tmp_path, [HEAD, [*ROWS[0][:-1], "10万"], [*ROWS[1][:-1], 8]])
    assert found(intake) == {"mixed_units": "warning"}


@pytest.mark.parametrize("note", ["注：1.本表金额单位为万元。", "单位：万元", "金额单位：万元"])
def test_a_unit_in_a_note_below_the_table_counts(tmp_path: Path, note: str) -> None:
    intake = ledger(tmp_path, [HEAD, [*ROWS[0][:-1], 10], [*ROWS[1][:-1], 6], [note]])
    assert amounts(intake) == [100000, 60000]
    assert found(intake)["unit_of_note"] == "note"


def test_a_column_of_units_says_the_unit_of_its_row(tmp_path: Path) -> None:
    rows = [[*HEAD, "计量单位"], [*ROWS[0][:-1], 10, "万元"], [*ROWS[1][:-1], 60000, "元"]]
    intake = ledger(tmp_path, rows)
    assert (amounts(intake), found(intake)) == ([100000, 60000], {})


def test_a_head_and_a_note_that_differ_are_told_with_both_readings(tmp_path: Path) -> None:
    intake = ledger(tmp_path, [["单位：万元"], [*HEAD[:-1], "金额(元)"], *ROWS])
    assert (amounts(intake)[0], found(intake)) == (1001, {"note_and_head": "note"})


@pytest.mark.parametrize("text", ["1,234,56", "1,2345", "12,34"])
def test_digits_not_grouped_by_thousands_are_refused(tmp_path: Path, text: str) -> None:
    assert found(ledger(tmp_path, [HEAD, [*ROWS[0][:-1], text]])) == {"unreadable_number": "error"}


def test_one_item_written_as_percent_and_as_share_has_one_meaning(tmp_path: Path) -> None:
    head = ["单元代码", "报告期", "统计指标", "数值"]
    rows = [[TAIPING, "2018", "参保率", "98%"], [XINFA, "2018", "参保率", 97], ["230102100000", "2018", "参保率", 0.96]]
    write_sheet(tmp_path / "统计.xlsx", [head, *rows])
    intake = opened(tmp_path, write_units(tmp_path), Source("statistics", "统计.xlsx"))
    assert intake.tables["statistics"]["value"].tolist() == [0.98, 0.97, 0.96]
    assert found(intake) == {"percent_mixed": "warning"}


def test_an_amount_ten_thousand_times_the_others_is_named_with_its_reading(tmp_path: Path) -> None:
    rows = [[f"Z{i}", TAIPING, "2018-05-01", "支出", "修路", 1000 + 37 * i] for i in range(20)]
    rows[7][-1] = 12_590_000
    intake = ledger(tmp_path, [HEAD, *rows])
    one = intake.findings.iloc[0]
    assert (one["rule"], one["cell"], one["severity"]) == ("far_off", "F9", "warning")
    assert "12,590,000" in one["reason"]


# -- one amount once


@pytest.mark.parametrize(
    ("merged", "sums", "rules"),
    [
        ("", [3000, 1004], {"merged_amount": "warning", "merged_over": "error"}),
        ("first", [3000, 1004], {"merged_first": "note", "merged_over": "note"}),
        ("share", [1000, 1000, 1000, 1004], {"merged_shared": "note"}),
    ],
)
def test_an_amount_merged_over_rows_counts_once(
    tmp_path: Path, merged: str, sums: list[float], rules: dict[str, str]
) -> None:
    rows = [HEAD, [*ROWS[0][:-1], 3000], [*ROWS[1][:-1], None], [*ROWS[2][:-1], None], ROWS[3]]
    write_sheet(tmp_path / "资金.xlsx", rows, merge=("F2:F4",))
    intake = opened(tmp_path, write_units(tmp_path), Source("funds", "资金.xlsx", merged=merged))
    got = [one for one in amounts(intake) if one == one]
    assert (got, found(intake)) == (sums, rules)


def test_a_merged_identifier_counts_for_all_its_rows(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [HEAD, *ROWS[:3]], merge=("B2:B4",))
    intake = opened(tmp_path, write_units(tmp_path), Source("funds", "资金.xlsx"))
    assert intake.tables["funds"]["unit_code"].tolist() == [TAIPING] * 3


def test_a_table_that_goes_on_in_another_order_is_read_by_its_own_head(tmp_path: Path) -> None:
    other = [HEAD[0], HEAD[1], HEAD[2], HEAD[4], HEAD[3], HEAD[5]]
    lower = [[*row[:3], row[4], row[3], row[5]] for row in ROWS[2:]]
    intake = ledger(tmp_path, [HEAD, *ROWS[:2], [], ["续表"], other, *lower])
    assert amounts(intake) == [row[-1] for row in ROWS]
    assert set(intake.tables["funds"]["purpose"]) == {"修路"}
    assert found(intake) == {}


def test_two_tables_side_by_side_are_read_each_by_its_own_head(tmp_path: Path) -> None:
    for turn in (1, -1):
        # the other may have its columns in an order of its own
        rows = [[*HEAD, None, *HEAD[::turn]], [*ROWS[0], None, *ROWS[1][::turn]], [*ROWS[2], None, *ROWS[3][::turn]]]
        intake = ledger(tmp_path, rows)
        assert sorted(amounts(intake)) == [row[-1] for row in ROWS]
        assert (found(intake), account(intake)["cells_unread"]) == ({}, 0)


def test_a_row_that_numbers_the_columns_is_no_data(tmp_path: Path) -> None:
    for numbers in (["甲", "乙", *range(1, len(HEAD) - 1)], ["栏次", *(f"({i})" for i in range(1, len(HEAD)))]):
        intake = ledger(tmp_path, [HEAD, numbers, *ROWS])
        assert amounts(intake) == [row[-1] for row in ROWS]
        assert found(intake) == {"rows_left_out": "note"}


@pytest.mark.parametrize(
    ("kinds", "sums", "rules"),
    [
        (["小计", "小计", "合计"], [2003, 2007, 4010], set()),
        (["小计", "小计", "合计"], [2003, 2008, 4010], {"total_differs"}),
        (["小计", "小计", "合计"], [2003, 2007, 9999], {"total_differs"}),
    ],
)
def test_every_sum_below_rows_is_compared(tmp_path: Path, kinds: list[str], sums: list[int], rules: set[str]) -> None:
    blank = [None] * 4
    rows = [HEAD, *ROWS[:2], [kinds[0], *blank, sums[0]], *ROWS[2:], [kinds[1], *blank, sums[1]]]
    intake = ledger(tmp_path, [*rows, [kinds[2], *blank, sums[2]]])
    assert (len(amounts(intake)), set(found(intake)) - {"rows_left_out"}) == (4, rules)


def test_the_sum_beside_a_row_of_items_is_compared(tmp_path: Path) -> None:
    head = [
        ["单元代码", "月份", "社保", "社保", "医保", "医保", "合计"],
        [None, None, *["申请件数", "办结件数"] * 2, None],
    ]
    rows = [[TAIPING, "2018-05", 5, 4, 3, 2, 14], [XINFA, "2018-05", 5, 4, 3, 2, 15]]
    write_sheet(tmp_path / "服务.xlsx", [*head, *rows])
    intake = opened(tmp_path, write_units(tmp_path), Source("services", "服务.xlsx"))
    one = intake.findings.iloc[0]
    assert (found(intake), one["cell"], account(intake, "services")["cells_total"]) == (
        {"total_differs": "warning"},
        "G4",
        2,
    )


def test_this_month_is_told_from_the_running_total(tmp_path: Path) -> None:
    head = [["单元代码", "月份", "服务事项", "申请件数", None], [None, None, None, "本年累计", "本月"]]
    write_sheet(tmp_path / "服务.xlsx", [*head, [TAIPING, "2018-05", "社保", 100, 10]], merge=("D1:E1",))
    intake = opened(tmp_path, write_units(tmp_path), Source("services", "服务.xlsx"))
    assert intake.tables["services"]["requested"].tolist() == [10]
    assert found(intake) == {"running_total": "note"}


# -- what a sheet says of its cells


def test_a_row_struck_out_is_left_out_and_said_or_kept_by_choice(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        page, struck = book.add_worksheet(), book.add_format({"font_strikeout": True})
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, ROWS[0], struck)
        page.write_row(2, 0, ROWS[1])
        page.write_rich_string(3, 0, struck, "废", "Z3")
        page.write_row(3, 1, ROWS[2][1:])
        page.write_comment(2, 5, "此数有误")
    source = Source("funds", "资金.xlsx")
    intake = opened(tmp_path, write_units(tmp_path), source)
    assert intake.tables["funds"]["entry_id"].tolist() == ["Z2", "Z3"]
    assert found(intake) == {"struck_rows": "warning", "struck_partly": "warning", "comment": "note"}
    kept = opened(tmp_path, write_units(tmp_path), Source("funds", "资金.xlsx", struck_out="keep"))
    assert (len(amounts(kept)), found(kept)["struck_kept"]) == (3, "note")


def rewritten(path: Path, change: object) -> None:
    """Write an archive anew, every part changed by ``change(name, bytes) -> (name, bytes)``."""
    with zipfile.ZipFile(path) as archive:
        parts = [change(name, archive.read(name)) for name in archive.namelist()]  # type: ignore[operator]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts:
            archive.writestr(name, content)


def _prefixed(name: str, raw: bytes) -> tuple[str, bytes]:
    if "sheet1.xml" not in name or name.endswith(".rels"):
        return name, raw
    raw = re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", raw).replace(b"xmlns=", b"xmlns:x=")
    return name, raw.replace(b"<x:?", b"<?")


def _backslashed(name: str, raw: bytes) -> tuple[str, bytes]:
    return name.replace("/", "\\"), raw


def _without_references(name: str, raw: bytes) -> tuple[str, bytes]:
    return name, re.sub(rb' r="[A-Z]*\d+"', b"", raw) if "sheet1.xml" in name else raw


def _strict(name: str, raw: bytes) -> tuple[str, bytes]:
    old, new = b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"
    raw = raw.replace(old + b"spreadsheetml/2006/main", new + b"spreadsheetml/main")
    return name, raw.replace(old + b"officeDocument/2006/relationships", new + b"officeDocument/relationships")


@pytest.mark.parametrize("change", [lambda n, r: (n, r), _prefixed, _backslashed, _without_references, _strict])
def test_a_formula_never_calculated_is_found_whatever_wrote_the_package(tmp_path: Path, change: object) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, ROWS[0][:-1])
        page.write_formula(1, 5, "=1+1", None, "")
        page.set_row(1, None, None, {"hidden": True})
    rewritten(tmp_path / "资金.xlsx", lambda n, r: (n, r.replace(b"<v></v>", b"")))
    rewritten(tmp_path / "资金.xlsx", change)
    intake = opened(tmp_path, write_units(tmp_path), Source("funds", "资金.xlsx"))
    assert found(intake) == {"cell_error": "error", "hidden_rows": "note"}


def test_a_workbook_locked_without_a_password_of_its_own_is_read(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [HEAD, *ROWS])
    for name, password in (("锁.xlsx", "VelvetSweatshop"), ("密.xlsx", "秘密")):
        with (tmp_path / "资金.xlsx").open("rb") as plain, (tmp_path / name).open("wb") as locked:
            msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt(password, locked)
    intake = opened(tmp_path, write_units(tmp_path), Source("funds", "锁.xlsx"))
    assert amounts(intake) == [row[-1] for row in ROWS]
    with pytest.raises(Exception, match="打开密码"):
        opened(tmp_path, write_units(tmp_path), Source("funds", "密.xlsx"))


PAGE = "<tr><td>{}</td></tr>"
XML = (
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="{0}" xmlns:ss="{0}">'
    '<Worksheet ss:Name="表"><Table>{1}</Table></Worksheet></Workbook>'
)


def as_page(rows: list[list[object]]) -> str:
    return "<html><table>" + "".join(PAGE.format("</td><td>".join(map(str, row))) for row in rows) + "</table></html>"


def as_xml(rows: list[list[object]]) -> str:
    cells = (
        "".join(f'<Cell><Data ss:Type="{"String" if isinstance(c, str) else "Number"}">{c}</Data></Cell>' for c in row)
        for row in rows
    )
    return XML.format("urn:schemas-microsoft-com:office:spreadsheet", "".join(f"<Row>{row}</Row>" for row in cells))


def as_archive(rows: list[list[object]]) -> str:
    head = 'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n--b\nContent-Type: text/html; '
    return f"{head}charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{as_page(rows)}\n--b--\n"


def as_lines(rows: list[list[object]]) -> str:
    return "\n".join("\t".join(map(str, row)) for row in rows)


@pytest.mark.parametrize("write", [as_page, as_xml, as_archive, as_lines])
def test_what_systems_export_under_the_name_of_a_workbook_is_read_for_what_it_is(tmp_path: Path, write: object) -> None:
    (tmp_path / "资金.xls").write_text(write([HEAD, *ROWS]), encoding="utf-8")  # type: ignore[operator]
    intake = opened(tmp_path, write_units(tmp_path), Source("funds", "资金.xls"))
    assert (amounts(intake), found(intake)) == ([row[-1] for row in ROWS], {"other_ending": "note"})


@pytest.mark.parametrize("name", ["资金.xls", "资金.csv"])
def test_a_workbook_under_another_name_is_read(tmp_path: Path, name: str) -> None:
    write_sheet(tmp_path / "资金.xlsx", [HEAD, *ROWS])
    (tmp_path / "资金.xlsx").rename(tmp_path / name)
    assert amounts(opened(tmp_path, write_units(tmp_path), Source("funds", name))) == [row[-1] for row in ROWS]


# -- text


def lines(folder: Path, raw: bytes, **options: object) -> Intake:
    (folder / "资金.csv").write_bytes(raw)
    return opened(folder, write_units(folder), Source("funds", "资金.csv", **options))  # type: ignore[arg-type]


def raw_lines(encoding: str) -> list[bytes]:
    return [",".join(map(str, row)).encode(encoding) for row in [HEAD, *ROWS]]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("byte", [b"\x80", b"\xff", b"\xfa"])
def test_a_bad_byte_names_its_line_and_the_others_are_read(tmp_path: Path, encoding: str, byte: bytes) -> None:
    raw = raw_lines(encoding)
    raw[2] = raw[2].replace(b",2018", byte + b",2018")
    intake = lines(tmp_path, b"\r\n".join(raw))
    assert amounts(intake) == [ROWS[0][-1], ROWS[2][-1], ROWS[3][-1]]
    one = intake.findings.iloc[0]
    assert (one["rule"], one["row"], "第 3 行第" in one["reason"]) == ("undecodable", 3, True)
    with pytest.raises(Exception, match="第 3 行"):
        lines(tmp_path, b"\r\n".join(raw), encoding_errors="refuse")


@pytest.mark.parametrize(("most", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_lines_of_another_encoding_are_read_by_it_and_named(tmp_path: Path, most: str, other: str) -> None:
    for raw in ([*raw_lines(most)[:4], raw_lines(other)[4]], [*raw_lines(other)[:3], *raw_lines(most)[3:]]):
        intake = lines(tmp_path, b"\r\n".join(raw))
        assert set(intake.tables["funds"]["purpose"]) == {"修路"}
        assert found(intake) == {"two_encodings": "warning"}


def test_signs_nobody_sees_are_cleaned_and_told(tmp_path: Path) -> None:
    rows = [["\u200bZ1", f"{TAIPING}\u202c", "2018-05-01\u200e", "支出\u00a0", "修\u200b路", "\ufeff1001"]]
    intake = ledger(tmp_path, [HEAD, *rows, ROWS[1]])
    assert intake.tables["funds"]["purpose"].tolist() == ["修路", "修路"]
    assert amounts(intake) == [1001, 1002]
    told = intake.findings
    assert set(told["rule"]) == {"invisible_signs"}
    assert told.set_index("column").loc["单元代码", "reason"].startswith("代码里有 1 个")


@pytest.mark.parametrize("extra", [b"\x1a", b"\x00"])
def test_an_end_mark_and_a_stray_nought_do_no_harm(tmp_path: Path, extra: bytes) -> None:
    intake = lines(tmp_path, b"\r\n".join(raw_lines("gb18030")) + b"\r\n" + extra)
    assert amounts(intake) == [row[-1] for row in ROWS]


def test_codes_kept_from_a_spreadsheet_by_an_equals_sign_are_read(tmp_path: Path) -> None:
    rows = [HEAD, *([row[0], f'="{row[1]}"', *row[2:]] for row in ROWS)]
    write_csv(tmp_path / "资金.csv", rows, encoding="gb18030")
    intake = opened(tmp_path, write_units(tmp_path), Source("funds", "资金.csv"))
    assert (len(amounts(intake)), found(intake)) == (4, {"invisible_signs": "note"})


def test_a_line_with_more_cells_than_heads_is_set_aside(tmp_path: Path) -> None:
    raw = raw_lines("utf-8")
    raw[1] = raw[1].replace(b"1001", b"1,001")
    intake = lines(tmp_path, b"\n".join(raw))
    assert (len(amounts(intake)), found(intake)["more_cells_than_heads"]) == (3, "error")


def test_a_name_beside_a_code_is_compared_with_it(tmp_path: Path) -> None:
    rows = [[*row, "太平村" if row[1] == TAIPING else "新发镇新发村"] for row in ROWS]
    assert found(ledger(tmp_path, [[*HEAD, "村居名称"], *rows])) == {}
    rows[0][-1] = "太平村"
    rows[1][-1] = "太平村"
    one = ledger(tmp_path, [[*HEAD, "村居名称"], *rows]).findings
    assert (one["rule"].tolist(), one["row"].tolist()) == (["name_and_code"], [3])


def test_a_page_without_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "资金.xls").write_text("<html><p>登录超时</p></html>", encoding="utf-8")
    with pytest.raises(SourceError, match="没有任何表格"):
        opened(tmp_path, write_units(tmp_path), Source("funds", "资金.xls"))
