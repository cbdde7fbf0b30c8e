"""govkit trace: where a number is printed, which measure gives it, and the rows behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import writes
from nbformat.v4 import new_markdown_cell
from sample_notebook import code, column, notebook, table
from typer.testing import CliRunner

import govkit
from govkit.batch.record.manifest import Manifest, Outcome, write_manifest
from govkit.cli import app
from govkit.documents.read.document import read_document
from govkit.errors import ReportError
from govkit.trace import executed_notebook, origins, parameters_of, places, printed_document, sums


def report(folder: Path, zone: Path) -> Path:
    """A folder with one report of a street as a run leaves it; return its page."""
    rows = [["太平村", "1,234.5", "50.0"], ["合计", "12", "150.0"]]
    columns = [column("村"), column("面积", "number"), column("办结率", "percent", "%")]
    made = notebook(
        new_markdown_cell("## 办理\n\n办结率50.0%，上期150.0%。"),
        code(table("办结", columns, rows, source="来源：事项表")),
    )
    made.metadata["papermill"] = {"parameters": {"zone": zone.name, "period": "2018H2", "district": "230102100"}}
    executed, page = folder / "notebooks" / "230102100.ipynb", folder / "230102100-新发镇.html"
    executed.parent.mkdir(parents=True)
    executed.write_text(writes(made), encoding="utf-8")
    page.write_text("", encoding="utf-8")
    outcome = Outcome("230102100", "新发镇", "district_report", {}, "done", (executed, page))
    write_manifest(Manifest("区", "2018H2", "2019-01-01T00:00:00", 1.0, (), (outcome,)), folder)
    return page


def test_a_document_leads_to_the_notebook_it_was_made_of(zone_folder: Path, tmp_path: Path) -> None:
    page = report(tmp_path / "r", zone_folder)
    assert executed_notebook(page).name == "230102100.ipynb"
    assert parameters_of(executed_notebook(page))["period"] == "2018H2"


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="不是报告文件夹里的报告"):
        executed_notebook(tmp_path / "别的.pdf")


def test_a_number_is_found_in_sentences_and_cells_and_only_whole(zone_folder: Path, tmp_path: Path) -> None:
    executed = printed_document(executed_notebook(report(tmp_path / "r", zone_folder)))
    assert places(executed, "50.0%") == [
        "一、办理：办结率50.0%，上期150.0%。",
        "一、办理 表1 办结：行“太平村”，列“办结率（%）”；来源：事项表",
    ]
    assert places(executed, "1234.5") == ["一、办理 表1 办结：行“太平村”，列“面积”；来源：事项表"]
    assert places(executed, "34.5") == []


def test_a_number_leads_to_the_measure_its_counts_and_its_rows(zone_folder: Path) -> None:
    zone = govkit.open_zone(zone_folder)
    measured = zone.measure("settled_rate", by="district", period="2018H2").dropna(subset="value")
    assert len(measured) == 1
    value = measured["value"].iloc[0]
    found = origins(zone, f"{value * 100:.1f}%", period="2018H2", district="230102100")
    mine = [one for one in found if one.measure.name == "settled_rate" and one.role == "value"]
    assert mine
    assert {one.period for one in found} <= {"2018H1", "2018H2"}
    assert len(mine[-1].rows["events"]) == measured["denominator"].iloc[0]
    assert "网格事项.csv" in mine[-1].files


def test_the_command_says_where_from_and_writes_the_rows(zone_folder: Path, tmp_path: Path) -> None:
    page = report(tmp_path / "r", zone_folder)
    wish = ["trace", str(page), "50.0%", "--zone", str(zone_folder), "--out", str(tmp_path / "rows")]
    run = CliRunner().invoke(app, wish)
    assert run.exit_code == 0, run.output
    assert "印在：一、办理" in run.output
    unknown = CliRunner().invoke(app, ["trace", str(page), "98765", "--zone", str(zone_folder)])
    assert "没有指标的值" in unknown.output


def test_a_number_that_rows_of_a_printed_table_add_up_to_says_so() -> None:
    rows = [
        ["新发村", "3.85", "50.0"],
        ["向东村", "2.40", "25.0"],
        ["二场村", "1.26", "25.0"],
        ["合计", "7.51", "100.0"],
    ]
    columns = [column("村"), column("金额", "number", "万元"), column("占比", "percent", "%")]
    made = table("规定用途以外的支出", columns, rows, emphasis=[3], source="来源：专项资金台账")
    document = read_document(notebook(code(made)))
    said = "来自：表1“规定用途以外的支出”列“金额（万元）”，3 行合计；来源：专项资金台账"
    assert sums(document, "7.51") == [said]
    assert sums(document, "7.5") == [said]
    assert sums(document, "100.0%") == []
    assert sums(document, "15.02") == []
