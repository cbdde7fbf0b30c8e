"""A table kind added to tables.toml alone: it is read, counts in its period, and has a template."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from three_towns import write_zone

import govkit
from govkit import catalogue
from govkit.analysis.measures.scope import Scope
from govkit.catalogue import windows
from govkit.errors import CatalogueError
from govkit.intake.reading import schema
from govkit.intake.templates.new_zone import new_zone

PATROLS = """
[patrols]
title = "巡查记录"
row = "一次网格巡查"
key = ["patrol_id"]
columns.patrol_id = { label = "巡查编号", type = "code", required = true }
columns.unit_code = { label = "单元代码", type = "code", required = true, aliases = ["社区代码"] }
columns.walked_at = { label = "巡查时间", type = "datetime", required = true, aliases = ["巡查日期"] }
columns.found = { label = "发现问题数", type = "integer", unit = "件", range = [0, 1000] }
columns.mended_at = { label = "整改日期", type = "date" }
"""
ROWS = """巡查编号,单元代码,巡查时间,发现问题数
P1,230102101201,2018-08-01 09:00,3
P2,230102101201,2018-03-01 09:00,1
"""


def forget() -> None:
    for cached in (catalogue.load, windows.window, schema.table):
        cached.cache_clear()


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return a function that adds a text to the end of tables.toml, in a copy of the catalogue."""
    folder = tmp_path / "catalogue"
    shutil.copytree(catalogue.FOLDER, folder)
    monkeypatch.setattr(catalogue, "FOLDER", folder)

    def add(text: str) -> None:
        with (folder / "tables.toml").open("a", encoding="utf-8") as file:
            file.write(text)
        forget()

    yield add
    monkeypatch.undo()
    forget()


def opened_with_patrols(folder: Path) -> Any:
    zone = write_zone(folder)
    (zone / "巡查.csv").write_text(ROWS, encoding="utf-8")
    with (zone / "zone.toml").open("a", encoding="utf-8") as file:
        file.write('\n[sources.patrols]\npath = "巡查.csv"\n')
    return govkit.open_zone(zone)


def rows_by_period(zone: Any) -> dict[str, int]:
    return {one.id: len(Scope(zone.tables, one, by="zone").rows("patrols")) for one in zone.settings.periods}


@pytest.mark.parametrize("stated", ["", 'dated_by = "walked_at"\n', 'dated_by = "walked_at"\nwindow = "within"\n'])
def test_a_row_of_a_new_table_counts_in_the_period_of_its_day(added: Any, tmp_path: Path, stated: str) -> None:
    added(PATROLS.replace("columns.patrol_id", stated + "columns.patrol_id"))
    assert rows_by_period(opened_with_patrols(tmp_path / "z")) == {"2018H1": 1, "2018H2": 1}


def test_a_row_of_a_new_table_can_count_from_its_day_on(added: Any, tmp_path: Path) -> None:
    added(PATROLS.replace("columns.patrol_id", 'dated_by = "walked_at"\nwindow = "since"\ncolumns.patrol_id'))
    assert rows_by_period(opened_with_patrols(tmp_path / "z")) == {"2018H1": 1, "2018H2": 2}


def test_a_table_whose_day_is_not_clear_names_the_missing_key(added: Any) -> None:
    added(PATROLS.replace('"datetime", required = true', '"datetime"'))
    with pytest.raises(CatalogueError, match=r"(?s)\[patrols\] 缺少 dated_by.*walked_at、mended_at"):
        windows.window("patrols")


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ('dated_by = "found"', "dated_by 没有 'found' 这个取值"),
        ('window = "sinec"', "window 没有 'sinec' 这个取值"),
        ('period_by = "perod"', "period_by 没有 'perod' 这个取值"),
    ],
    ids=["no date", "no window", "no column"],
)
def test_a_wrong_statement_names_table_and_key(added: Any, stated: str, told: str) -> None:
    added(PATROLS.replace("columns.patrol_id", stated + "\ncolumns.patrol_id"))
    with pytest.raises(CatalogueError, match=told):
        windows.window("patrols")


def test_a_new_table_has_a_template(added: Any, tmp_path: Path) -> None:
    added(PATROLS)
    paths = new_zone(tmp_path / "新区", name="某区", code="230102", tables=["巡查记录"])
    book = openpyxl.load_workbook(paths[-1])
    heads = [str(cell.value).split("\n")[0] for cell in book["巡查记录"][1]]
    assert heads == ["*巡查编号", "*单元代码", "*巡查时间", "发现问题数", "整改日期"]
    assert [str(cell.value) for cell in book["示例"][3]][:2] == ["A-001", "230102001001"]


@pytest.mark.parametrize("name", list(catalogue.load("tables")))
def test_every_table_of_the_catalogue_says_when_its_rows_count(name: str) -> None:
    counts = windows.window(name)
    columns = catalogue.load("tables")[name]["columns"]
    dated = any(one["type"] in {"date", "datetime"} for one in columns.values())
    assert not dated or "dated_by" in catalogue.load("tables")[name]
    assert counts.kind in {"", "within", "since"}
