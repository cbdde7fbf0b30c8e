"""A table kind, a measure, a section and a kind of document added to a copy of the package, and seen in a report.

The files written here are all that each needs (docs/architecture.md, "What a new thing touches").
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from three_towns import write_notebook, write_zone

ROOT = Path(__file__).parents[1]

TABLE = """
[patrols]
title = "巡查记录"
row = "一次网格巡查"
key = ["patrol_id"]
dated_by = "walked_at"
columns.patrol_id = { label = "巡查编号", type = "code", required = true }
columns.unit_code = { label = "单元代码", type = "code", required = true }
columns.walked_at = { label = "巡查时间", type = "datetime", required = true }
columns.found = { label = "发现问题数", type = "integer", unit = "件", range = [0, 1000] }
"""
ROWS = """巡查编号,单元代码,巡查时间,发现问题数
P1,230102101201,2018-08-01 09:00,3
P2,230102101202,2018-09-01 09:00,4
P3,230102101201,2018-03-01 09:00,90
"""
MEASURE = """
[problems_found]
label = "巡查发现问题数"
unit = "件"
kind = "mean"
direction = "lower"
definition = "本期巡查发现的问题数合计"
source = "巡查记录"
tables = ["units", "patrols"]
"""
FUNCTION = '''

@_named
def problems_found(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Problems that patrols of the period found."""
    return only_value(scope.per_group(scope.rows("patrols").groupby("group")["found"].sum()))
'''
SECTION = '''"""What patrols found."""

from govkit.analysis.measures.measure import measure
from govkit.sections.section import Section


def patrols(inputs):
    """Say how many problems patrols of the period found."""
    found = measure("problems_found", inputs.tables, inputs.now, by=inputs.by_whole)["value"][inputs.whole]
    said = f"巡查发现问题 {found:.0f} 件。"
    return Section("patrols", "巡查", finding=said, body=(said,))
'''
METHOD = '''
    def patrols(self) -> Section:
        """What patrols found."""
        from govkit.sections import patrols

        return patrols.patrols(self.inputs)

    def summary('''
DOCUMENT = '''"""A document's title and nothing else, as plain text."""

from pathlib import Path

from govkit.documents.read.tree import Document


def write_plain(document: Document, path: Path) -> Document:
    """Write the document's title."""
    path.write_text(document.title, encoding="utf-8")
    return document
'''


def add(path: Path, text: str, *, before: str = "") -> None:
    """Add text at the end of a file, or in place of the first ``before``."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    assert before in old
    path.write_text(old.replace(before, text, 1) if before else old + text, encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of the reports and what the command said."""
    folder = tmp_path_factory.mktemp("extension")
    package = folder / "site" / "govkit"
    shutil.copytree(ROOT / "govkit", package, ignore=shutil.ignore_patterns("__pycache__"))
    add(package / "catalogue" / "tables.toml", TABLE)
    add(package / "catalogue" / "measures.toml", MEASURE)
    add(package / "analysis" / "measures" / "functions.py", FUNCTION)
    add(package / "sections" / "patrols.py", SECTION)
    add(package / "sections" / "report.py", METHOD, before="\n    def summary(")
    add(package / "documents" / "plain.py", DOCUMENT)
    line = 'KINDS = {\n    "txt": Kind(".txt", "文字", "govkit.documents.plain:write_plain"),\n'
    add(package / "documents" / "formats.py", line, before="KINDS = {\n")
    zone = write_zone(folder / "三镇")
    (zone / "巡查.csv").write_text(ROWS, encoding="utf-8")
    add(zone / "zone.toml", '\n[sources.patrols]\npath = "巡查.csv"\n')
    cells = ("import govkit\nreport = govkit.open_report(zone, district, period)", "report.patrols().show()")
    notebook = write_notebook(folder / "巡查.ipynb", *cells)
    command = [sys.executable, "-m", "govkit", "report", str(zone), "--notebook", str(notebook), "--to", "html,txt"]
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    done = subprocess.run(
        [*command, "--district", "甲镇", "--jobs", "1"],
        cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "reports" / "三镇" / "2018H2", done.stdout


def test_a_new_table_counted_by_a_new_measure_is_said_by_a_new_section(made: tuple[Path, str]) -> None:
    page = next(made[0].glob("*甲镇*.html")).read_text(encoding="utf-8")
    assert "巡查发现问题 7 件" in page  # 3 and 4 in the period, 90 before it


def test_a_new_kind_of_document_is_written(made: tuple[Path, str]) -> None:
    assert len(list(made[0].glob("*甲镇*.txt"))) == 1


def test_the_table_of_what_is_touched_is_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for name in (
        "catalogue/tables.toml",
        "catalogue/measures.toml",
        "documents/formats.KINDS",
        "sections/report.Report",
    ):
        assert name in text
