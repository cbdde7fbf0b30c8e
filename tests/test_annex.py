"""The annex workbook: every table whole on a sheet of its own, numbers to reckon with, contents first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sample_notebook import code, column, notebook, report_notebook, table

from govkit.documents.annex import sheet_names, write_annex
from govkit.documents.read.blocks import TableBlock
from govkit.documents.read.document import read_document


def opened(folder: Path, made: Any) -> Any:
    write_annex(read_document(made), folder / "附表.xlsx")
    return openpyxl.load_workbook(folder / "附表.xlsx")


def test_each_table_has_its_sheet_and_the_first_lists_them(tmp_path: Path) -> None:
    book = opened(tmp_path, report_notebook())
    assert book.sheetnames[:4] == ["目录", "表1 达标情况", "表2 事项办结明细", "表3 宽表"]
    listed = [
        [cell.value for cell in row[:4]] for row in book["目录"].iter_rows() if str(row[0].value).startswith("表")
    ]
    assert ["表2", "事项办结明细", 60, "1.办结"] in listed


def test_numbers_are_numbers_with_the_decimals_they_are_printed_with(tmp_path: Path) -> None:
    columns = [column("村"), column("面积", "number", "m²"), column("满意度", "percent", "%"), column("代码", "code")]
    rows = [["甲村", "1,234.50", "98.6", "012"], ["乙村", "—", "+0.3", "013"]]
    sheet = opened(tmp_path, notebook(code(table("表", columns, rows))))["表1 表"]
    first, second = ([cell.value for cell in row] for row in sheet.iter_rows(min_row=4, max_row=5))
    assert first == ["甲村", 1234.5, 98.6, "012"]
    assert second == ["乙村", "—", 0.3, "013"]
    assert sheet["B4"].number_format == "#,##0.00"
    assert sheet["B3"].value == "面积（m²）"


def test_notes_and_sources_stand_below(tmp_path: Path) -> None:
    sheet = opened(tmp_path, report_notebook())["表2 事项办结明细"]
    below = [sheet.cell(row=sheet.max_row - 1, column=1).value, sheet.cell(row=sheet.max_row, column=1).value]
    assert below == ["注：只列六十件。", "来源：网格事项表。"]


def test_text_that_looks_like_a_formula_or_an_address_stays_text(tmp_path: Path) -> None:
    sheet = opened(tmp_path, notebook(code(table("表", [column("名")], [["=1+1"], ["http://a.b"]]))))["表1 表"]
    assert [(cell.value, cell.data_type, cell.hyperlink) for (cell,) in sheet.iter_rows(min_row=4, max_row=5)] == [
        ("=1+1", "s", None),
        ("http://a.b", "s", None),
    ]


def test_names_of_sheets_are_what_excel_takes() -> None:
    tables = [TableBlock("很长的" * 20 + "[名]", (), (), number=at) for at in (1, 2)]
    names = sheet_names(tables)
    assert all(len(name) <= 31 for name in names)
    assert len(set(names)) == 2


def test_a_report_without_tables_says_so(tmp_path: Path) -> None:
    book = opened(tmp_path, notebook())
    assert "本报告没有表格。" in [cell.value for row in book["目录"].iter_rows() for cell in row]


@pytest.mark.parametrize("name", ["a", "b"])
def test_same_document_same_bytes(tmp_path: Path, name: str) -> None:
    write_annex(read_document(report_notebook()), tmp_path / "a.xlsx")
    write_annex(read_document(report_notebook()), tmp_path / f"{name}2.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / f"{name}2.xlsx").read_bytes()
