"""Other bodies' forms: filled where a number is known, their look kept, what is not known left empty and named."""

from __future__ import annotations

from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest

import govkit
from govkit.cli import _run
from govkit.errors import GovkitError, SourceError, UnknownNameError
from govkit.forms.fill import Filled, fill
from govkit.forms.quantities import quantity_named

SERVICES = pd.DataFrame(
    {
        "单元代码": ["230102100201", "230102100202"] * 2,
        "月份": ["2018-07", "2018-07", "2018-08", "2018-08"],
        "服务事项": ["代缴费用"] * 4,
        "申请件数": ["10", "4", "6", ""],
        "回访数": ["20", "10", "20", "10"],
        "满意数": ["19", "9", "18", "10"],
    }
)
NAMES = {"230102100201": "甲", "230102100202": "乙"}


@pytest.fixture
def zone(zone_folder: Path) -> govkit.Zone:
    SERVICES.to_csv(zone_folder / "服务统计.csv", index=False, encoding="utf-8-sig")
    with (zone_folder / "zone.toml").open("r+", encoding="utf-8") as file:
        text = file.read()
        file.seek(0)
        file.write(text.replace("[sources.grids]", '[sources.services]\npath = "服务统计.csv"\n\n[sources.grids]', 1))
    return govkit.open_zone(zone_folder)


def names(zone: govkit.Zone) -> list[str]:
    return zone.communities["name"].tolist()


def book(path: Path, *rows: list[object], formats: dict[str, str] | None = None) -> Path:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for cell, shown in (formats or {}).items():
        made.active[cell].number_format = shown
    made.save(path)
    return path


def filled(zone: govkit.Zone, form: Path, tmp_path: Path) -> tuple[Filled, object]:
    done = fill(zone, form, out=tmp_path / "out")
    return done, openpyxl.load_workbook(done.path).active


def test_heads_and_row_names_say_what_a_cell_asks_for(zone: govkit.Zone, tmp_path: Path) -> None:
    one, other = names(zone)
    form = book(
        tmp_path / "表.xlsx",
        ["社区服务情况表"],
        ["社区", "回访人数", "满意率", "居民满意度(%)"],
        [one],
        [other],
        ["合计"],
    )
    done, sheet = filled(zone, form, tmp_path)
    assert [sheet[f"B{row}"].value for row in (3, 4, 5)] == [40, 20, 60]
    assert [sheet[f"D{row}"].value for row in (3, 4, 5)] == [92.5, 95, 93.3]
    assert [sheet[f"C{row}"].value for row in (3, 4, 5)] == [None] * 3
    assert any("表头“满意率”不认识" in line for line in done.empty)


def test_a_cell_shown_as_per_cent_takes_the_share(zone: govkit.Zone, tmp_path: Path) -> None:
    form = book(tmp_path / "表.xlsx", ["社区", "居民满意度"], [names(zone)[0], None], formats={"B2": "0.0%"})
    _, sheet = filled(zone, form, tmp_path)
    assert (sheet["B2"].value, sheet["B2"].number_format) == (0.925, "0.0%")


def test_a_sum_that_lacks_a_row_is_not_known(zone: govkit.Zone, tmp_path: Path) -> None:
    one, other = names(zone)
    form = book(tmp_path / "表.xlsx", ["社区", "申请件数"], [one], [other])
    done, sheet = filled(zone, form, tmp_path)
    assert (sheet["B2"].value, sheet["B3"].value) == (16, None)
    assert any(f"“申请件数”在{other}有 1 行未填" in line for line in done.empty)


def test_a_filled_cell_says_source_and_definition(zone: govkit.Zone, tmp_path: Path) -> None:
    form = book(tmp_path / "表.xlsx", ["社区", "居民满意度"], [names(zone)[0]])
    _, sheet = filled(zone, form, tmp_path)
    assert "服务统计.csv" in sheet["B2"].comment.text
    assert "2018年下半年" in sheet["B2"].comment.text


def test_marks_name_measure_unit_and_period(zone: govkit.Zone, tmp_path: Path) -> None:
    form = book(
        tmp_path / "表.xlsx",
        ["{{ 居民满意度 | " + names(zone)[0] + " | 2018H2 }}", "满意度为{{ satisfaction }}。", "{{ 天气 }}"],
    )
    done, sheet = filled(zone, form, tmp_path)
    assert sheet["A1"].value == 0.925
    assert sheet["B1"].value == "满意度为93.3%。"
    assert sheet["C1"].value == "{{ 天气 }}"
    assert any("天气" in line for line in done.empty)


def test_look_formulas_and_merged_cells_stay(zone: govkit.Zone, tmp_path: Path) -> None:
    one, other = names(zone)
    path = book(tmp_path / "表.xlsx", ["服务情况"], ["社区", "回访人数"], [one], [other], ["小计", "=SUM(B3:B4)"])
    made = openpyxl.load_workbook(path)
    made.active.merge_cells("A1:B1")
    made.active["B3"].font = openpyxl.styles.Font(name="仿宋", bold=True)
    made.active.column_dimensions["A"].width = 33
    made.save(path)
    _, sheet = filled(zone, path, tmp_path)
    assert sheet["B5"].value == "=SUM(B3:B4)"
    assert [str(one) for one in sheet.merged_cells.ranges] == ["A1:B1"]
    assert (sheet["B3"].font.name, sheet["B3"].font.bold, sheet.column_dimensions["A"].width) == ("仿宋", True, 33)
    assert sheet["B3"].value == 40


def test_totals_that_the_rows_do_not_add_up_to_are_named(zone: govkit.Zone, tmp_path: Path) -> None:
    form = book(tmp_path / "表.xlsx", ["社区", "回访人数"], [names(zone)[0]], ["合计", "=SUM(B2:B2)"])
    done, _ = filled(zone, form, tmp_path)
    assert any("B3 的合计" in line and "60" in line and "40" in line for line in done.contradicted)


def test_units_across_and_quantities_down_are_read_too(zone: govkit.Zone, tmp_path: Path) -> None:
    one, other = names(zone)
    form = book(tmp_path / "表.xlsx", ["项目", one, other], ["回访人数"], ["居民满意度（%）"])
    made = openpyxl.load_workbook(form)
    for cell in ("B2", "C2", "B3", "C3"):
        made.active[cell].border = openpyxl.styles.Border(left=openpyxl.styles.Side("thin"))
    made.save(form)
    _, sheet = filled(zone, form, tmp_path)
    assert [sheet[cell].value for cell in ("B2", "C2", "B3", "C3")] == [40, 20, 92.5, 95]


def test_a_form_of_one_unit_is_filled_with_the_zone_s_numbers(zone: govkit.Zone, tmp_path: Path) -> None:
    form = book(tmp_path / "表.xlsx", ["填报单位：", None], ["回访人数", None, "居民满意度", None])
    made = openpyxl.load_workbook(form)
    for cell in ("B2", "D2"):
        made.active[cell].border = openpyxl.styles.Border(left=openpyxl.styles.Side("thin"))
    made.save(form)
    _, sheet = filled(zone, form, tmp_path)
    assert (sheet["B2"].value, round(sheet["D2"].value, 3)) == (60, 0.933)


def test_what_was_taught_goes_first_and_stays(zone: govkit.Zone, tmp_path: Path) -> None:
    form = book(tmp_path / "表.xlsx", ["社区", "群众评价"], [names(zone)[0]])
    done, sheet = filled(zone, form, tmp_path)
    assert sheet["B2"].value is None
    text = done.teaching.read_text(encoding="utf-8")
    assert '"群众评价" = "?"' in text
    done.teaching.write_text(text.replace('"群众评价" = "?"', '"群众评价" = "satisfaction"'), encoding="utf-8")
    done, sheet = filled(zone, form, tmp_path)
    assert sheet["B2"].value == 0.925
    assert '"群众评价" = "satisfaction"' in done.teaching.read_text(encoding="utf-8")


def test_a_table_of_a_word_document_is_filled(zone: govkit.Zone, tmp_path: Path) -> None:
    made = docx.Document()
    table = made.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["社区", "居民满意度（%）", names(zone)[0], ""], strict=True):
        cell.text = text
    made.save(str(tmp_path / "表.docx"))
    done = fill(zone, tmp_path / "表.docx", out=tmp_path / "out")
    assert docx.Document(str(done.path)).tables[0].cell(1, 1).text == "92.5"


def test_a_filled_form_read_back_says_the_same(zone: govkit.Zone, tmp_path: Path) -> None:
    units = zone.tables["units"]
    heads = ["单元代码", "单元名称", "层级", "上级代码", "类型", "常住人口", "户数"]
    words = govkit.catalogue.load("codes")
    rows = [
        [row.unit_code, row.name, words["level"][row.level]["label"],
         row.parent if isinstance(row.parent, str) else None, words["unit_kind"][row.kind]["label"]]
        for row in units.itertuples()
    ]  # fmt: skip
    form = book(tmp_path / "行政单元.xlsx", heads, *rows)
    done = fill(zone, form, out=zone.folder)
    text = (zone.folder / "zone.toml").read_text(encoding="utf-8")
    at = text.index("[sources.units]")
    end = text.index("\n[", at)
    (zone.folder / "zone.toml").write_text(
        text[:at] + f'[sources.units]\npath = "{done.path.name}"\n' + text[end:], encoding="utf-8"
    )
    again = govkit.open_zone(zone.folder).tables["units"].set_index("unit_code")
    same = units.set_index("unit_code")
    for column in ("population", "households"):
        known = same[column].dropna()
        assert (again.loc[known.index, column] == known).all()


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [("没有.xlsx", None, UnknownNameError), ("坏.xlsx", b"x", SourceError), ("表.pdf", b"x", GovkitError)],
)
def test_what_is_no_form_is_refused_in_words(
    zone: govkit.Zone, tmp_path: Path, name: str, content: bytes | None, error: type[GovkitError]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error):
        fill(zone, tmp_path / name, out=tmp_path / "out")


def test_the_command_line_lists_what_is_left_empty(
    zone: govkit.Zone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = book(tmp_path / "表.xlsx", ["社区", "回访人数", "天气"], [names(zone)[0]])
    assert _run(["fill", str(zone.folder), str(form), "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "填写 1 格" in out
    assert "表头“天气”不认识" in out


@pytest.mark.parametrize(
    ("head", "key"),
    [
        ("居民满意度（%）", "satisfaction"),
        ("居 民 满 意 度", "satisfaction"),
        ("常住人口", "units.population"),
        ("拨付金额（万元）", "funds_in"),
        ("警务室数", "facilities:police_room"),
        ("社区数", "urban_communities"),
        ("社区（村）数", "communities"),
        ("村（居）数（个）", "communities"),
        ("天气", None),
    ],
)
def test_a_head_means_what_intake_s_words_say(head: str, key: str | None) -> None:
    found = quantity_named(head)
    assert (found.key if found else None) == key


def test_tables_below_each_other_are_each_read_by_their_own_heads(zone: govkit.Zone, tmp_path: Path) -> None:
    one, other = names(zone)
    form = book(tmp_path / "表.xlsx", ["村", "回访数"], [one], [other], [], ["村", "满意数"], [one], [other])
    _, sheet = filled(zone, form, tmp_path)
    assert [sheet[f"B{row}"].value for row in (2, 3, 6, 7)] == [40, 20, 37, 19]


def test_names_in_full_with_a_running_number_before_them_are_units(zone: govkit.Zone, tmp_path: Path) -> None:
    rows = [[number, f"新发镇{name}委会"] for number, name in enumerate(names(zone), start=1)]
    form = book(tmp_path / "表.xlsx", ["序号", "单位", "回访\n人数（人）"], *rows, [None, "小计"])
    done, sheet = filled(zone, form, tmp_path)
    assert [sheet[f"C{row}"].value for row in (2, 3, 4)] == [40, 20, None]
    assert any("行名“小计”" in line for line in done.empty)


def test_a_sentence_with_several_marks_is_filled_as_a_whole(zone: govkit.Zone, tmp_path: Path) -> None:
    form = book(tmp_path / "表.xlsx", ["回访 {{ 回访数 }} 人，满意 {{ 满意数 }} 人"])
    _, sheet = filled(zone, form, tmp_path)
    assert sheet["A1"].value == "回访 60 人，满意 56 人"
    assert "满意数" in sheet["A1"].comment.text
    assert "回访数" in sheet["A1"].comment.text


def test_the_last_label_of_a_row_has_its_empty_cell_too(zone: govkit.Zone, tmp_path: Path) -> None:
    form = book(tmp_path / "表.xlsx", ["某区报表"], ["回访数", None, "常住人口（万人）"], ["满意数", None, "天气"])
    done, sheet = filled(zone, form, tmp_path)
    assert (sheet["B2"].value, sheet["B3"].value, sheet["D2"].value) == (60, 56, 0.4)
    assert [line for line in done.empty if "不认识" in line] == [line for line in done.empty if "天气" in line]


def test_heads_of_time_alone_ask_for_the_one_thing_named_above(zone: govkit.Zone, tmp_path: Path) -> None:
    one, other = names(zone)
    form = book(tmp_path / "表.xlsx", ["回访数"], ["村", "本期", "上期"], [one], [other])
    _, sheet = filled(zone, form, tmp_path)
    assert [sheet[f"B{row}"].value for row in (3, 4)] == [40, 20]
    form = book(tmp_path / "表2.xlsx", ["某表"], ["村", "本期", "上期"], [one], [other])
    done, _ = filled(zone, form, tmp_path)
    assert any("表头“本期”只写了时间" in line for line in done.empty)


def test_what_is_hidden_is_not_filled_and_said(zone: govkit.Zone, tmp_path: Path) -> None:
    form = book(tmp_path / "表.xlsx", ["村", "回访数"], [names(zone)[0]])
    made = openpyxl.load_workbook(form)
    made.create_sheet("字典").sheet_state = "hidden"
    made.save(form)
    done, _ = filled(zone, form, tmp_path)
    assert "工作表“字典”是隐藏的，没有填" in done.empty


def test_hidden_rows_and_columns_are_not_filled_and_said(zone: govkit.Zone, tmp_path: Path) -> None:
    form = book(tmp_path / "表.xlsx", ["村", "回访数", "满意数"], *([one] for one in names(zone)[:2]))
    made = openpyxl.load_workbook(form)
    sheet = made.active
    head = next(cell.row for cell in sheet["A"] if cell.value == "村")
    sheet.row_dimensions[head + 1].hidden = True
    sheet.column_dimensions["C"].hidden = True
    made.save(form)
    done, _ = filled(zone, form, tmp_path)
    assert f"工作表“{sheet.title}”第 {head + 1} 行、C 列是隐藏的，没有填" in done.empty
    assert done.filled == 1


def test_marks_outside_the_tables_of_a_document_are_filled(zone: govkit.Zone, tmp_path: Path) -> None:
    made = docx.Document()
    paragraph = made.add_paragraph("本期回访{{ 回")
    paragraph.add_run("访数 }}人，满意{{ 满意数 }}人。").bold = True
    made.save(tmp_path / "函.docx")
    done = fill(zone, tmp_path / "函.docx", out=tmp_path / "out")
    assert docx.Document(done.path).paragraphs[0].text == "本期回访60人，满意56人。"


def test_of_a_unit_and_the_one_above_beside_it_the_lower_is_asked_for(zone: govkit.Zone, tmp_path: Path) -> None:
    one, _ = names(zone)
    units = zone.tables["units"].set_index("unit_code")
    street = units.loc[units.loc[units["name"].eq(one), "parent"].iloc[0], "name"]
    rows = [[street, one], [one, street], [street, "无此村"], [street, "小计"]]
    form = book(tmp_path / "表.xlsx", ["乡镇", "村", "回访数"], *rows)
    done, sheet = filled(zone, form, tmp_path)
    assert [sheet[f"C{row}"].value for row in (2, 3, 4, 5)] == [40, 40, None, 60]
    assert any("无此村" in line for line in done.empty)
