"""A zone of messy files, one defect of each kind a clerk makes in rows: each is named in its cell, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ZONE_TOML
from intake_zone import SIDE, SOUTH, TAIPING, WEST, XINFA, facility, write_csv, write_facilities, write_sheet

from govkit.zone.opening import Zone, open_zone

GRID = f"{TAIPING}001"
HEAD = ["事项编号", "网格编码", "事项类别", "上报时间", "办结时间", "办结层级", "状态"]
GOOD = ["E0", GRID, "环境卫生", "2018-08-01 08:00", "2018-08-02 08:00", "村", "已办结"]


def changed(row: list[object], **cells: object) -> list[object]:
    """A copy of a row with cells replaced: ``c0`` is the first."""
    copy = list(row)
    for name, value in cells.items():
        copy[int(name[1:])] = value
    return copy


# (row, rule, cell): the row as the clerk typed it, what is wrong with it, and where.
FACILITIES = [
    (facility(1, kind="警务室"), "", ""),
    (changed(facility(2), c4="约120"), "unreadable_number", "E5"),
    (changed(facility(3), c3="230102100299", c7=None, c8=None), "unknown_unit", "D6"),
    (changed(facility(4), c2="天文台"), "own_kind", "C7"),
    (changed(facility(5), c4=-20), "out_of_range", "E8"),
    (changed(facility(6), c1=None), "missing_required", "B9"),
    (facility(1, kind="警务室"), "duplicate_row", "A10"),
    (changed(facility(8), c7=facility(8)[8], c8=facility(8)[7]), "swapped_coordinates", "H11"),
    (changed(facility(9, kind="宣传栏"), c8=None), "half_a_coordinate", "I12"),
    (changed(facility(10, kind="图书室"), c3="太平村"), "unit_by_name", "D13"),
    (facility(11, kind="农民学校", at=(WEST + 9 * SIDE, SOUTH)), "point_far_from_unit", "H14"),
    (facility(12, kind="日间照料中心", at=(WEST + 2.2 * SIDE, SOUTH + SIDE / 2)), "point_in_other_unit", "H15"),
    (changed(facility(13, kind="健身点"), c4="#REF!"), "cell_error", "E16"),
]
EVENTS = [
    (GOOD, "", ""),
    (changed(GOOD, c0="E1", c3="2018-13-05"), "unreadable_date", "D3"),
    (changed(GOOD, c0="E2", c4="2018-07-01 08:00"), "settled_before_reported", "E4"),
    (changed(GOOD, c0="E3", c1=f"{TAIPING}099"), "unknown_grid", "B5"),
    (changed(GOOD, c0="E4", c1="2.30102E+14"), "mangled_code", "B6"),
    (changed(GOOD, c0="E0", c2="矛盾纠纷"), "duplicate_key", "A7"),
    (changed(GOOD, c0="E6", c3="1918-08-01", c4="1918-08-02"), "implausible_date", "D8"),
]
FUNDS_HEAD = ["流水号", "村居代码", "日期", "收支", "用途", "金额(万元)"]
FUNDS = [
    (["Z1", XINFA, "2018年8月1日", "支出", "路灯安装", 1.5], "", ""),
    (["Z2", 230102100201.5, "2018-08-01", "支出", "路灯安装", 1.5], "unit_not_12_digits", "B3"),
    (["Z3", XINFA, "2018-08-01", "借出", "路灯安装", 1.5], "unknown_choice", "D4"),
    (["Z4", XINFA, None, "支出", "路灯安装", 1.5], "missing_required", "C5"),
]


@pytest.fixture
def messy(zone_folder: Path) -> Zone:
    """The small zone with the rows above in its ledger, its CSV and a fund workbook with a false total."""
    write_facilities(zone_folder, [row for row, _, _ in FACILITIES])
    write_csv(zone_folder / "网格事项.csv", [HEAD, *(row for row, _, _ in EVENTS)], encoding="gb18030")
    rows = [FUNDS_HEAD, *(row for row, _, _ in FUNDS), ["合计", None, None, None, None, 60]]
    write_sheet(zone_folder / "专项资金.xlsx", rows)
    source = '[sources.funds]\npath = "专项资金.xlsx"\n\n[judged_by]'
    (zone_folder / "zone.toml").write_text(ZONE_TOML.replace("[judged_by]", source), encoding="utf-8")
    return open_zone(zone_folder)


def planted() -> set[tuple[str, str, str]]:
    files = {"设施台账.xlsx": FACILITIES, "网格事项.csv": EVENTS, "专项资金.xlsx": FUNDS}
    found = {(file, rule, cell) for file, rows in files.items() for _, rule, cell in rows if rule}
    # the row from 1918 is wrong in both its dates
    return found | {("专项资金.xlsx", "total_differs", "F6"), ("网格事项.csv", "implausible_date", "E8")}


def test_check_names_every_planted_defect_in_its_cell_and_no_other(messy: Zone) -> None:
    told = messy.findings.loc[~messy.findings["rule"].isin(["rows_left_out", "personal_column"])]
    assert {(one.file, one.rule, one.cell) for one in told.itertuples()} == planted()


def test_rows_read_are_rows_used_set_aside_and_left_out(messy: Zone) -> None:
    accounts = messy.accounts.set_index("file")
    parts = accounts[["rows_used", "rows_set_aside", "rows_left_out"]].sum(axis="columns")
    assert (accounts["rows_read"] == parts).all()
    assert accounts.at["网格事项.csv", "rows_set_aside"] == 6


def test_the_total_the_clerk_typed_is_not_added_to_the_ledger(messy: Zone) -> None:
    assert messy.tables["funds"]["amount_yuan"].tolist() == [15_000.0]
