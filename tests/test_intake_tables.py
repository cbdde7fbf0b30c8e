"""A zone's files to linked tables, findings and accounts, on a zone small enough to check by hand."""

from pathlib import Path

import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_zone import (
    SIDE,
    SOUTH,
    TAIPING,
    TOWN,
    UNITS,
    WEST,
    XINFA,
    facility,
    grid_frame,
    opened,
    write_csv,
    write_facilities,
    write_grids,
    write_sheet,
    write_units,
)

from govkit.intake import Intake, Source, read_zone_tables

MONTHS = [f"2018年{month}月" for month in (1, 2, 3)]
SERVICE_HEAD = ["单元代码", "村名", "服务事项", "指标", *MONTHS]
EVENT_HEAD = ["事项编号", "网格编码", "事项类别", "上报时间", "办结时间", "办结层级", "状态"]
COUNTS = ["rows_read", "rows_used", "rows_set_aside", "rows_left_out"]


def counts(intake: Intake, table: str) -> list[int]:
    """Rows read, used, set aside and left out."""
    return intake.accounts.set_index("table").loc[table, COUNTS].tolist()


def rules(intake: Intake, *, severity: str | None = None) -> list[str]:
    """The rules of the findings, notes on rows left out and personal columns aside."""
    found = intake.findings[~intake.findings["rule"].isin(["rows_left_out", "personal_column"])]
    return found.loc[found["severity"] == severity if severity else slice(None), "rule"].tolist()


def facilities(folder: Path, *rows: list[object]) -> Intake:
    return opened(folder, write_units(folder), write_grids(folder), write_facilities(folder, list(rows)))


def services(folder: Path, *rows: list[object], head: list[str] = SERVICE_HEAD, **options: str) -> Intake:
    write_csv(folder / "服务统计2018.csv", [head, *rows], encoding="gb18030")
    return opened(folder, write_units(folder), Source("services", "服务统计2018.csv", **options))


def events(folder: Path, *rows: list[object]) -> Intake:
    write_csv(folder / "事项.csv", [EVENT_HEAD, *rows], encoding="utf-8-sig")
    return opened(folder, write_units(folder), write_grids(folder), Source("events", "事项.csv"))


# -- a clean zone


def test_a_clean_zone_has_no_finding_but_notes(tmp_path: Path) -> None:
    intake = facilities(tmp_path, facility(1), facility(2, XINFA))
    assert set(intake.findings["severity"]) == {"note"}
    assert counts(intake, "facilities") == [5, 2, 0, 3]


def test_tables_have_every_column_of_the_catalogue_in_its_type(tmp_path: Path) -> None:
    intake = facilities(tmp_path, facility(1))
    kinds = {name: str(dtype) for name, dtype in intake.tables["units"].dtypes.items()}
    assert kinds == {
        "unit_code": "str", "name": "str", "level": "str", "parent": "str", "kind": "str", "population": "Int64",
        "households": "Int64", "children": "Int64", "elderly": "Int64", "type": "str", "formed": "str",
        "pilot_since": "datetime64[s]",
        "valid_from": "datetime64[s]", "valid_to": "datetime64[s]", "geometry": "geometry",
    }  # fmt: skip
    assert intake.tables["facilities"]["floor_area_m2"].dtype == "float64"
    assert intake.tables["facilities"]["facility_id"].dtype == "str"


def test_findings_and_accounts_have_the_columns_other_rooms_rely_on(tmp_path: Path) -> None:
    intake = facilities(tmp_path, facility(1))
    assert list(intake.findings) == [
        "severity", "rule", "table", "file", "sheet", "row", "column", "cell", "value", "reason", "todo", "unit_code",
        "longitude", "latitude",
    ]  # fmt: skip
    assert list(intake.accounts) == [
        "table", "file", "sheet", "sha256", "bytes", "encoding", "datum", "vintage", "returns", *COUNTS,
        "cells", "cells_used", "cells_head", "cells_note", "cells_total", "cells_set_aside", "cells_left_out",
        "cells_unread", "columns", "unread", "unread_digest",
    ]  # fmt: skip


def test_the_accounts_say_what_each_file_was(tmp_path: Path) -> None:
    accounts = facilities(tmp_path, facility(1)).accounts.set_index("table")
    assert accounts.loc["facilities", "datum"] == "GCJ-02"
    assert accounts.loc["grids", ["encoding", "datum"]].tolist() == ["gb18030", "CGCS2000"]
    assert accounts.loc["units", "bytes"] == (tmp_path / "行政单元.xlsx").stat().st_size
    assert accounts["sha256"].str.len().tolist() == [64, 64, 64]


# -- facilities


def test_gcj_02_coordinates_come_out_in_cgcs2000(tmp_path: Path) -> None:
    made = facilities(tmp_path, facility(1)).tables["facilities"]
    assert made.crs.to_epsg() == 4490
    assert made.loc[0, "longitude"] == pytest.approx(WEST + SIDE, abs=1e-8)
    assert made.geometry.iloc[0].distance(shapely.Point(WEST + SIDE, SOUTH + SIDE / 2)) < 1e-8


def test_swapped_coordinates_set_the_row_aside_at_their_cell(tmp_path: Path) -> None:
    row = facility(1)
    row[7], row[8] = row[8], row[7]
    intake = facilities(tmp_path, row)
    found = intake.findings[intake.findings["severity"] == "error"].iloc[0]
    assert (found["rule"], found["row"], found["cell"], found["column"]) == (
        "swapped_coordinates",
        4,
        "H4",
        "坐标/经度",
    )
    assert found["unit_code"] == TAIPING
    assert counts(intake, "facilities") == [4, 0, 1, 3]


def test_a_point_far_from_its_unit_is_set_aside_with_its_place(tmp_path: Path) -> None:
    intake = facilities(tmp_path, facility(1, at=(WEST + 1, SOUTH)))
    found = intake.findings[intake.findings["severity"] == "error"].iloc[0]
    assert found["rule"] == "point_far_from_unit"
    assert (found["longitude"], found["latitude"]) == (pytest.approx(WEST + 1), pytest.approx(SOUTH))
    assert "太平村" in found["reason"]


def test_a_point_a_little_outside_the_zone_is_kept_with_a_warning(tmp_path: Path) -> None:
    intake = facilities(tmp_path, facility(1, at=(WEST - 0.004, SOUTH + 0.01)))
    assert rules(intake) == ["point_outside_zone"]
    assert len(intake.tables["facilities"]) == 1


def test_a_point_in_another_country_is_set_aside(tmp_path: Path) -> None:
    row = facility(1)
    row[7], row[8] = 139.7, 35.7
    assert rules(facilities(tmp_path, row)) == ["point_outside_china"]


def test_half_a_coordinate_counts_as_none(tmp_path: Path) -> None:
    row = facility(1)
    row[8] = None
    intake = facilities(tmp_path, row)
    assert rules(intake, severity="warning") == ["half_a_coordinate"]
    assert intake.tables["facilities"].geometry.isna().tolist() == [True]


def test_two_facilities_of_a_kind_at_one_point_are_a_warning(tmp_path: Path) -> None:
    intake = facilities(tmp_path, facility(1), facility(2), facility(3, kind="警务室"))
    assert rules(intake) == ["same_point"]
    assert "与第 4 行的“设施1”" in intake.findings["reason"].iloc[-1]


def test_an_undeclared_gcj_02_is_noticed(tmp_path: Path) -> None:
    # twelve points just inside the western border leave the unit when shifted by some 500 m
    rows = [facility(i, at=(WEST + 2 * SIDE - 0.001, SOUTH + 0.001 * i)) for i in range(1, 13)]
    source = write_facilities(tmp_path, rows)
    wrong = Source("facilities", source.path, datum="CGCS2000")
    intake = opened(tmp_path, write_units(tmp_path), write_grids(tmp_path), wrong)
    found = intake.findings[intake.findings["rule"] == "likely_datum"].iloc[0]
    assert 'datum = "GCJ-02"' in found["todo"]


def test_an_unreadable_area_is_missing_and_the_row_is_kept(tmp_path: Path) -> None:
    row = facility(1)
    row[4] = "约100"
    intake = facilities(tmp_path, row)
    assert rules(intake) == ["unreadable_number"]
    assert intake.findings["severity"].tolist()[-1] == "warning"
    assert intake.tables["facilities"]["floor_area_m2"].isna().tolist() == [True]


def test_an_impossible_area_sets_the_row_aside(tmp_path: Path) -> None:
    row = facility(1)
    row[4] = -5
    assert rules(facilities(tmp_path, row), severity="error") == ["out_of_range"]


def test_an_open_area_larger_than_the_floor_sets_the_row_aside(tmp_path: Path) -> None:
    row = facility(1)
    row[5] = 101
    intake = facilities(tmp_path, row)
    assert rules(intake) == ["open_area_over_floor_area"]
    assert intake.findings["reason"].iloc[-1] == "“对外开放面积”大于“建筑面积”（100）"


# -- codes


def test_an_unknown_unit_is_told_with_the_nearest_and_shown_to_the_town_it_begins_with(tmp_path: Path) -> None:
    intake = facilities(tmp_path, facility(1, "230102100209", at=(WEST, SOUTH)))
    found = intake.findings.iloc[-1]
    assert found["rule"] == "unknown_unit"
    assert f"太平村（{TAIPING}）" in found["todo"]
    assert found["unit_code"] == TOWN


def test_a_name_in_place_of_a_code_is_followed_and_noted(tmp_path: Path) -> None:
    intake = facilities(tmp_path, facility(1, "太平村委会", at=(WEST + SIDE, SOUTH + SIDE / 2)))
    assert rules(intake) == ["unit_by_name"]
    assert intake.tables["facilities"]["unit_code"].tolist() == [TAIPING]


def test_a_name_that_two_units_bear_is_not_guessed(tmp_path: Path) -> None:
    intake = facilities(tmp_path, facility(1, "新发", at=(WEST + SIDE, SOUTH + SIDE / 2)))
    assert rules(intake) == ["ambiguous_unit_name"]
    assert "新发镇" in intake.findings["reason"].iloc[-1]
    assert "新发村" in intake.findings["reason"].iloc[-1]


def test_a_short_code_is_padded_and_noted_once(tmp_path: Path) -> None:
    intake = facilities(tmp_path, facility(1, TOWN[:9]), facility(2, TOWN[:9], kind="警务室"))
    assert rules(intake, severity="note") == ["short_unit_code"]
    assert intake.tables["facilities"]["unit_code"].tolist() == [TOWN, TOWN]


def test_a_unit_of_another_zone_is_set_aside(tmp_path: Path) -> None:
    intake = opened(tmp_path, write_units(tmp_path, [*UNITS, ["230110001000", "别处街道", "街道", None, "街道", 1, 1]]))
    assert rules(intake) == ["unit_outside_zone"]
    assert len(intake.tables["units"]) == 4


@pytest.mark.parametrize("code", ["2301", "230100", "230100000000"])
def test_a_citys_code_holds_its_counties_however_long_it_is_written(tmp_path: Path, code: str) -> None:
    source = write_units(tmp_path)
    intake = read_zone_tables(tmp_path, {"units": source}, code=code, metric_crs="EPSG:4551")
    assert rules(intake) == []
    assert len(intake.tables["units"]) == 4


def test_parents_are_read_off_the_codes_where_the_file_gives_none(tmp_path: Path) -> None:
    rows = [[cell for i, cell in enumerate(row) if i != 3] for row in UNITS]
    units = opened(tmp_path, write_units(tmp_path, rows)).tables["units"].set_index("unit_code")["parent"]
    assert units[[TOWN, TAIPING]].tolist() == ["230102000000", TOWN]
    assert pd.isna(units["230102000000"])


def test_an_unknown_parent_sets_the_unit_aside(tmp_path: Path) -> None:
    rows = [*UNITS[:-1], [XINFA, "新发村", "村", "230102100999", "村", 1, 1]]
    intake = opened(tmp_path, write_units(tmp_path, rows))
    assert rules(intake) == ["unknown_parent"]
    assert XINFA not in intake.tables["units"]["unit_code"].tolist()


def test_a_pair_needs_a_known_partner_that_is_another_unit(tmp_path: Path) -> None:
    rows = [["农村单元代码", "结对社区代码"], [TAIPING, TAIPING], [TAIPING, "230102100999"], [TAIPING, XINFA]]
    write_sheet(tmp_path / "结对.xlsx", rows)
    intake = opened(tmp_path, write_units(tmp_path), Source("pairs", "结对.xlsx"))
    assert sorted(rules(intake)) == ["paired_with_itself", "unknown_partner"]
    assert intake.tables["pairs"]["partner_code"].tolist() == [XINFA]


# -- events


def test_an_event_gets_the_unit_of_its_grid(tmp_path: Path) -> None:
    row = ["E1", XINFA + "002", "环境", "2018-03-01 08:00", "2018/3/2 9:30", "网格内", "已办结"]
    made = events(tmp_path, row).tables["events"]
    assert made["unit_code"].tolist() == [XINFA]
    assert made["settled_at"].tolist() == [pd.Timestamp("2018-03-02 09:30")]
    assert made["settled_level"].tolist() == ["grid"]


def test_without_grids_an_event_belongs_to_the_unit_its_grid_code_begins_with(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "事项.csv", [EVENT_HEAD, ["E1", XINFA + "009", "", "2018-03-01", "", "", "办理中"]], encoding="gbk"
    )
    intake = opened(tmp_path, write_units(tmp_path), Source("events", "事项.csv"))
    assert intake.tables["events"]["unit_code"].tolist() == [XINFA]


def test_an_event_in_an_unknown_grid_is_set_aside_with_the_grids_there_are(tmp_path: Path) -> None:
    intake = events(tmp_path, ["E1", XINFA + "009", "环境", "2018-03-01", "", "", "办理中"])
    found = intake.findings.iloc[-1]
    assert (found["rule"], found["unit_code"]) == ("unknown_grid", XINFA)
    assert f"从 {XINFA}001 到 {XINFA}002" in found["todo"]


@pytest.mark.parametrize(
    ("settled", "state", "rule", "used"),
    [
        ("2018-02-01", "已办结", "settled_before_reported", 0),
        ("", "已办结", "settled_without_time", 1),
        ("2018-04-01", "办理中", "open_with_settled_time", 1),
    ],
)
def test_times_and_state_of_an_event_must_agree(tmp_path: Path, settled: str, state: str, rule: str, used: int) -> None:
    intake = events(tmp_path, ["E1", XINFA + "001", "环境", "2018-03-01", settled, "", state])
    assert rules(intake) == [rule]
    assert len(intake.tables["events"]) == used


def test_a_repeated_row_and_a_repeated_number_are_told_apart(tmp_path: Path) -> None:
    row = ["E1", XINFA + "001", "环境", "2018-03-01", "", "", "办理中"]
    intake = events(tmp_path, row, row, [*row[:2], "治安", *row[3:]])
    assert rules(intake) == ["duplicate_row", "duplicate_key"]
    assert intake.findings["row"].tolist() == [3, 4]
    assert intake.findings["reason"].tolist() == ["与第 2 行完全相同", "事项编号与第 2 行重复"]


# -- wide files


def test_a_wide_file_with_a_measure_a_row_becomes_one_record_a_month_and_item(tmp_path: Path) -> None:
    intake = services(
        tmp_path,
        [TAIPING, "太平", "社保", "申请件数", 5, 6, 7],
        [TAIPING, "太平", "社保", "办结件数", 4, 6, None],
        [XINFA, "新发", "社保", "申请件数", None, None, 9],
    )
    made = intake.tables["services"].set_index(["unit_code", "month"])
    assert made.loc[(TAIPING, "2018-02-01"), ["requested", "settled"]].tolist() == [6, 6]
    assert made["requested"].tolist() == [5, 6, 7, 9]
    assert pd.isna(made.loc[(TAIPING, "2018-03-01"), "settled"])
    assert counts(intake, "services") == [4, 4, 0, 0]


def test_a_bad_value_in_a_wide_file_is_found_at_its_own_cell(tmp_path: Path) -> None:
    intake = services(
        tmp_path,
        [TAIPING, "", "社保", "申请件数", 5, 6, 7],
        [TAIPING, "", "社保", "办结件数", 4, 8, -1],
    )
    found = intake.findings.set_index("rule")
    assert found.loc["out_of_range", ["cell", "column", "row"]].tolist() == ["G3", "2018年3月", 3]
    assert found.loc["settled_over_requested", ["cell", "value"]].tolist() == ["F3", "8"]
    assert counts(intake, "services") == [3, 1, 2, 0]


def test_a_wrong_code_in_a_wide_file_is_one_finding_though_it_spoils_every_month(tmp_path: Path) -> None:
    intake = services(tmp_path, ["230102100299", "", "社保", "申请件数", 5, 6, 7])
    assert rules(intake) == ["unknown_unit"]
    assert counts(intake, "services") == [3, 0, 3, 0]


def test_unknown_and_repeated_measures_are_set_aside(tmp_path: Path) -> None:
    intake = services(
        tmp_path,
        [TAIPING, "", "社保", "申请件数", 5, 6, 7],
        [TAIPING, "", "社保", "申请件数", 1, 1, 1],
        [TAIPING, "", "社保", "满意吗", 1, 1, 1],
        ["合计", "", "", "申请件数", 6, 7, 8],
    )
    assert rules(intake) == ["duplicate_key", "unknown_measure"]
    assert intake.findings["row"].tolist()[:3] == [3, 4, 5]
    assert counts(intake, "services") == [6, 3, 2, 1]
    assert intake.tables["services"]["requested"].tolist() == [5, 6, 7]


def test_a_wide_file_may_name_the_measure_in_its_header(tmp_path: Path) -> None:
    head = ["单元代码", "服务事项", "2018年1月申请件数", "2018年1月办结件数", "2018年2月申请件数"]
    made = services(tmp_path, [TAIPING, "社保", 5, 4, 6], head=head).tables["services"]
    assert made["requested"].tolist() == [5, 6]
    assert made["settled"].tolist() == [4, pd.NA]


def test_a_wide_file_of_one_measure_is_told_which(tmp_path: Path) -> None:
    head = ["单元代码", "服务事项", "1月", "2月"]
    made = services(tmp_path, [TAIPING, "社保", 5, 4], head=head, wide_value="settled").tables["services"]
    assert made["settled"].tolist() == [5, 4]
    # the year stands in the file's name
    assert made["month"].tolist() == [pd.Timestamp("2018-01-01"), pd.Timestamp("2018-02-01")]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(4)), amounts=st.lists(st.integers(0, 99), min_size=6, max_size=6))
def test_wide_totals_survive_and_row_order_is_irrelevant(tmp_path: Path, order: list[int], amounts: list[int]) -> None:
    rows = [
        [TAIPING, "", "社保", "申请件数", *amounts[:3]],
        [TAIPING, "", "社保", "回访数", *amounts[3:]],
        [XINFA, "", "社保", "申请件数", *amounts[3:]],
        [XINFA, "", "低保", "申请件数", *amounts[:3]],
    ]
    made = services(tmp_path, *(rows[i] for i in order)).tables["services"]
    assert made["requested"].sum() == sum(amounts) + sum(amounts[:3])
    assert made["responses"].sum() == sum(amounts[3:])


# -- polygons


def test_units_are_dissolved_from_grids_up_to_the_county(tmp_path: Path) -> None:
    units = opened(tmp_path, write_units(tmp_path), write_grids(tmp_path)).tables["units"].set_index("unit_code")
    assert units.crs.to_epsg() == 4490
    assert units.loc[TAIPING, "geometry"].equals(shapely.box(WEST, SOUTH, WEST + 2 * SIDE, SOUTH + SIDE))
    assert units.loc["230102000000", "geometry"].area == pytest.approx(4 * SIDE * SIDE)


def test_overlapping_grids_are_dissolved_to_a_valid_polygon(tmp_path: Path) -> None:
    frame = grid_frame()
    frame.loc[0, "geometry"] = shapely.box(WEST, SOUTH, WEST + 1.1 * SIDE, SOUTH + SIDE)
    units = opened(tmp_path, write_units(tmp_path), write_grids(tmp_path, frame=frame)).tables["units"]
    shape = units.set_index("unit_code").loc[TAIPING, "geometry"]
    assert shape.is_valid
    assert shape.area == pytest.approx(2 * SIDE * SIDE)


def test_a_unit_without_grids_has_no_polygon(tmp_path: Path) -> None:
    units = opened(tmp_path, write_units(tmp_path), write_grids(tmp_path, frame=grid_frame().iloc[:2])).tables["units"]
    assert units.set_index("unit_code").loc[[TAIPING, XINFA], "geometry"].isna().tolist() == [False, True]


def test_without_grids_units_are_a_frame_of_empty_polygons(tmp_path: Path) -> None:
    units = opened(tmp_path, write_units(tmp_path)).tables["units"]
    assert units.geometry.isna().all()
    assert units.crs.to_epsg() == 4490


def test_a_ring_that_crosses_itself_is_kept_by_its_valid_part_and_flagged(tmp_path: Path) -> None:
    frame = grid_frame()
    corners = [(WEST, SOUTH), (WEST + SIDE, SOUTH + SIDE), (WEST + SIDE, SOUTH), (WEST, SOUTH + SIDE), (WEST, SOUTH)]
    frame.loc[0, "geometry"] = shapely.Polygon(corners)
    intake = opened(tmp_path, write_units(tmp_path), write_grids(tmp_path, frame=frame))
    assert rules(intake) == ["invalid_ring"]
    assert intake.findings["row"].tolist() == [1]
    assert intake.findings["longitude"].between(WEST, WEST + SIDE).all()
    assert intake.tables["grids"].geometry.is_valid.all()
    assert intake.tables["grids"].geometry.iloc[0].area == pytest.approx(SIDE * SIDE / 2)


def test_a_grid_without_shape_is_set_aside(tmp_path: Path) -> None:
    frame = grid_frame()
    frame.loc[3, "geometry"] = None
    intake = opened(tmp_path, write_units(tmp_path), write_grids(tmp_path, frame=frame))
    assert rules(intake) == ["no_geometry"]
    assert counts(intake, "grids") == [4, 3, 1, 0]


def test_lines_are_no_grids(tmp_path: Path) -> None:
    frame = grid_frame().assign(geometry=[shapely.LineString([(WEST, SOUTH), (WEST + 1, SOUTH)])] * 4)
    intake = opened(tmp_path, write_units(tmp_path), write_grids(tmp_path, frame=frame))
    assert rules(intake) == ["line_for_area"] * 4


# -- what always holds


def test_inputs_are_left_as_they_are(tmp_path: Path) -> None:
    first = facilities(tmp_path, facility(1), facility(1))
    sources = [write_units(tmp_path), write_grids(tmp_path), Source("facilities", "设施台账.xlsx", datum="GCJ-02")]
    pd.testing.assert_frame_equal(first.tables["facilities"], opened(tmp_path, *sources).tables["facilities"])


@pytest.mark.long
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["good", "again", "far", "code", "blank", "kind", "sum"]), max_size=12))
def test_rows_read_are_rows_used_set_aside_and_left_out(tmp_path: Path, plan: list[str]) -> None:
    made = {
        "good": lambda i: facility(i, at=(WEST + 0.001 * i, SOUTH + 0.01)),
        "again": lambda i: facility(99),
        "far": lambda i: facility(i, at=(WEST + 2, SOUTH)),
        "code": lambda i: facility(i, "999999999999", at=(WEST - 2, SOUTH)),
        "blank": lambda i: [],
        "kind": lambda i: facility(i, kind="—"),
        "sum": lambda i: ["小计", None, None, None, 100],
    }
    rows = [facility(98), *(made[kind](i + 1) for i, kind in enumerate(plan))]
    write_sheet(
        tmp_path / "设施.xlsx",
        [["编号", "名称", "类型", "单元代码", "建筑面积", "开放面积", "活动面积", "经度", "纬度"], *rows],
    )
    source = Source("facilities", "设施.xlsx", datum="GCJ-02")
    intake = opened(tmp_path, write_units(tmp_path), write_grids(tmp_path), source)
    read, used, aside, left_out = counts(intake, "facilities")
    trailing = len(rows) - max(i for i, row in enumerate(rows) if row) - 1
    assert read == used + aside + left_out == len(rows) - trailing
    assert used == len(intake.tables["facilities"]) == 1 + plan.count("good") + min(1, plan.count("again"))
