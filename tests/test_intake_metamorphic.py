"""Change one cell of a file: a table, a finding or the account of cells changes with it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from cell_changes import KINDS, changed_layers, changed_lines, changed_workbooks, noticed, read, with_only
from intake_zone import (
    TAIPING,
    XINFA,
    facility,
    opened,
    write_csv,
    write_facilities,
    write_grids,
    write_sheet,
    write_units,
)

from govkit.errors import SourceError
from govkit.intake import Source

FUNDS = [["资金台账"], ["流水号", "单元代码", "日期", "收支", "用途", "金额(万元)", "经办"]]
FUNDS += [[f"Z{i}", (TAIPING, XINFA)[i % 2], "2018-05-01", "支出", f"用途{i % 2}", 10 + i, f"甲{i}"] for i in range(6)]
FUNDS += [["合计", None, None, None, None, 75, None], ["注：以上为全年数"]]


def funds(folder: Path) -> Source:
    write_sheet(folder / "资金.xlsx", FUNDS)
    return Source("funds", "资金.xlsx")


def facilities(folder: Path) -> Source:
    return write_facilities(folder, [facility(i, (TAIPING, XINFA)[i % 2]) for i in range(1, 6)])


@pytest.mark.parametrize("write", [funds, facilities])
@pytest.mark.parametrize("seed", [1, 2])
def test_no_change_of_a_workbook_goes_unnoticed(tmp_path: Path, write: object, seed: int) -> None:
    source = write(tmp_path)  # type: ignore[operator]
    sources = {"units": write_units(tmp_path), source.table: source}
    before = read(tmp_path, sources, "230102", "EPSG:4526")
    seen: Counter[str] = Counter()
    for change in changed_workbooks(tmp_path / source.path, many=3, seed=seed, spare={"王某"}):
        try:
            by = noticed(before, read(tmp_path, sources, "230102", "EPSG:4526"), source.table)
        except SourceError:
            by = "refused"
        assert by, change
        seen[change.kind] += 1
    assert set(seen) >= set(KINDS) - {"date"}


def test_a_number_changed_is_the_number_in_the_table(tmp_path: Path) -> None:
    source = funds(tmp_path)
    sources = {"units": write_units(tmp_path), "funds": source}
    tried = 0
    for change in changed_workbooks(tmp_path / source.path, many=6, seed=3):
        row = int("".join(filter(str.isdigit, change.where.split("!")[1])))
        if change.kind == "number" and change.where.split("!")[1].startswith("F") and row < 9:
            table = read(tmp_path, sources, "230102", "EPSG:4526").tables["funds"]
            assert table["amount_yuan"].tolist()[row - 3] == pytest.approx(change.shown * 10_000)
            tried += 1
    assert tried


def test_no_change_of_lines_goes_unnoticed(tmp_path: Path) -> None:
    rows = [FUNDS[1], *FUNDS[2:8]]
    write_csv(tmp_path / "资金.csv", rows, encoding="gb18030")
    sources = {"units": write_units(tmp_path), "funds": Source("funds", "资金.csv")}
    before = read(tmp_path, sources, "230102", "EPSG:4526")
    for change in changed_lines(tmp_path / "资金.csv", many=6, seed=1, encoding="gb18030"):
        try:
            by = noticed(before, read(tmp_path, sources, "230102", "EPSG:4526"), "funds")
        except SourceError:
            by = "refused"
        assert by, change


def test_no_change_of_a_layers_attributes_goes_unnoticed(tmp_path: Path) -> None:
    sources = {"units": write_units(tmp_path), "grids": write_grids(tmp_path)}
    before = None
    for change in changed_layers(tmp_path / "网格.shp", many=6, seed=1, encoding="GBK"):
        try:
            after = read(tmp_path, sources, "230102", "EPSG:4526")
        except SourceError:
            assert change.kind == "field name"
            continue
        if before is not None:
            assert noticed(before, after, "grids"), change
        before = before or after


def test_the_test_sees_what_is_not_noticed(tmp_path: Path) -> None:
    source = funds(tmp_path)
    before = opened(tmp_path, write_units(tmp_path), source)
    book = openpyxl.load_workbook(tmp_path / "资金.xlsx")
    book.properties.title = "另存"
    book.save(tmp_path / "资金.xlsx")
    assert noticed(before, opened(tmp_path, write_units(tmp_path), source), "funds") == ""
    assert set(with_only({"units": source, "grids": source, "funds": source}, "funds")) == {"units", "funds"}
