"""What a person puts right or accepts stays apart from the file and counts as long as its place says what it said."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pytest

from govkit.errors import SourceError, ZoneError
from govkit.intake.reading.corrections import accept, correct, read_corrections, withdraw
from govkit.zone.opening import read_zone
from govkit.zone.zone import Zone
from tests.intake_zone import UNITS, write_grids, write_sheet

DAY = dt.date(2026, 3, 1)
HEAD = ["编号", "设施名称", "设施类型", "所属村居代码", "建筑面积(㎡)"]
ROWS = [HEAD, ["S1", "卫生室甲", "卫生室", "230102100201", "六百多"], ["S2", "卫生室乙", "卫生室", "230102100202", 60]]
TOML = """
name = "道里区"
code = "230102"
district_level = "street"
metric_crs = "EPSG:4551"
[[periods]]
id = "2025"
name = "2025年"
start = 2025-01-01
end = 2025-12-31
[sources.units]
path = "单元.xlsx"
[sources.facilities]
path = "设施.xlsx"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_sheet(tmp_path / "单元.xlsx", UNITS)
    write_sheet(tmp_path / "设施.xlsx", ROWS, sheet="台账")
    (tmp_path / "zone.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


def put_right(folder: Path, zone: Zone, *, cell: str = "E2", now: str = "600") -> None:
    correct(
        folder, zone.settings.sources["facilities"], file="设施.xlsx", sheet="台账", cell=cell, now=now, by="王", on=DAY
    )


def rules(zone: Zone) -> set[str]:
    return set(zone.findings["rule"])


def test_a_corrected_cell_is_read_as_corrected_said_so_and_the_file_stays(folder: Path) -> None:
    before, zone = (folder / "设施.xlsx").read_bytes(), read_zone(folder)
    assert zone.tables["facilities"]["floor_area_m2"].isna().tolist() == [True, False]
    put_right(folder, zone)
    zone = read_zone(folder)
    assert zone.tables["facilities"]["floor_area_m2"].tolist() == [600, 60]
    said = zone.findings[zone.findings["rule"] == "corrected_cell"].iloc[0]
    assert (said["file"], said["sheet"], said["cell"]) == ("设施.xlsx", "台账", "E2")
    assert all(word in said["reason"] for word in ("六百多", "600", "王", "2026-03-01"))
    assert "unreadable_number" not in rules(zone)
    assert (folder / "设施.xlsx").read_bytes() == before


def test_a_correction_of_what_has_changed_since_is_not_used_and_said(folder: Path) -> None:
    put_right(folder, read_zone(folder))
    write_sheet(folder / "设施.xlsx", [HEAD, ROWS[2], ROWS[1]], sheet="台账")
    zone = read_zone(folder)
    assert zone.tables["facilities"].set_index("facility_id")["floor_area_m2"].to_dict()["S2"] == 60
    assert "correction_outdated" in rules(zone)


def test_a_row_that_moved_is_not_taken_for_another_with_the_same_cell(folder: Path) -> None:
    write_sheet(folder / "设施.xlsx", [HEAD, ROWS[1][:4], ROWS[2][:4]], sheet="台账")
    put_right(folder, read_zone(folder), now="70")
    write_sheet(folder / "设施.xlsx", [HEAD, ROWS[2][:4], ROWS[1][:4]], sheet="台账")
    zone = read_zone(folder)
    assert zone.tables["facilities"]["floor_area_m2"].isna().all()
    assert "correction_outdated" in rules(zone)


def test_a_file_mended_meanwhile_makes_the_correction_needless(folder: Path) -> None:
    put_right(folder, read_zone(folder))
    write_sheet(folder / "设施.xlsx", [HEAD, [*ROWS[1][:4], 600], ROWS[2]], sheet="台账")
    assert "correction_done" in rules(read_zone(folder))


def test_a_correction_of_a_place_that_is_gone_is_said(folder: Path) -> None:
    put_right(folder, read_zone(folder), cell="E3", now="61")
    write_sheet(folder / "设施.xlsx", ROWS[:2], sheet="台账")
    assert "correction_without_place" in rules(read_zone(folder))


def test_a_field_of_a_layer_is_corrected_by_feature_and_name(folder: Path) -> None:
    write_grids(folder)
    with (folder / "zone.toml").open("a", encoding="utf-8") as file:
        file.write('[sources.grids]\npath = "网格.shp"\ndatum = "CGCS2000"\n')
    source = read_zone(folder).settings.sources["grids"]
    assert len(gpd.read_file(folder / "网格.shp")) == 4
    correct(folder, source, file="网格.shp", cell="2!户数", now="450", by="王", on=DAY)
    zone = read_zone(folder)
    assert zone.tables["grids"]["households"].tolist() == [400, 450, 400, 400]
    assert zone.findings.set_index("rule").loc["corrected_cell", "row"] == 2


def test_a_line_of_a_csv_is_corrected(folder: Path) -> None:
    text = "\n".join(",".join(map(str, row)) for row in ROWS)
    (folder / "设施.csv").write_text(text, encoding="gbk")
    (folder / "zone.toml").write_text(TOML.replace("设施.xlsx", "设施.csv"), encoding="utf-8")
    source = read_zone(folder).settings.sources["facilities"]
    correct(folder, source, file="设施.csv", cell="E2", now="600", by="王", on=DAY)
    assert read_zone(folder).tables["facilities"]["floor_area_m2"].tolist() == [600, 60]


def test_an_accepted_finding_keeps_reason_name_and_day(folder: Path) -> None:
    found = read_zone(folder).findings
    one = found[found["rule"] == "unreadable_number"].iloc[0]
    accept(folder, id=one["id"], reason="登记时不详", by="李", on=DAY)
    again = read_zone(folder).findings.set_index("id").loc[one["id"]]
    assert again["accepted"] == "登记时不详（李，2026-03-01）"


def test_what_was_put_down_can_be_taken_back(folder: Path) -> None:
    put_right(folder, read_zone(folder))
    accept(folder, id="00000000", reason="甲", by="李", on=DAY)
    withdraw(folder, kind="cell", number=0)
    known = read_corrections(folder)
    assert known.cells == ()
    assert [one.id for one in known.accepted] == ["00000000"]


def test_the_second_correction_of_a_cell_takes_the_place_of_the_first(folder: Path) -> None:
    zone = read_zone(folder)
    put_right(folder, zone, now="600")
    put_right(folder, zone, now="650")
    assert [one.now for one in read_corrections(folder).cells] == ["650"]
    assert read_corrections(folder).cells[0].was == "六百多"


@pytest.mark.parametrize(
    ("cell", "by", "error", "match"),
    [("Z99", "王", SourceError, "没有这个单元格"), ("E2", " ", ZoneError, "姓名"), ("甲", "王", SourceError, "如 F17")],
)
def test_what_cannot_be_corrected_is_said(folder: Path, cell: str, by: str, error: type[Exception], match: str) -> None:
    source = read_zone(folder).settings.sources["facilities"]
    with pytest.raises(error, match=match):
        correct(folder, source, file="设施.xlsx", sheet="台账", cell=cell, now="1", by=by)
    assert not (folder / "corrections.toml").exists()


def test_every_defect_of_the_file_is_named(folder: Path) -> None:
    text = (
        '[[cell]]\nfile = "设施.xlsx"\nzelle = "E2"\n[[accepted]]\nid = "1"\nreason = ""\nby = "王"\non = "今天"\n[x]\n'
    )
    (folder / "corrections.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ZoneError) as raised:
        read_zone(folder)
    said = str(raised.value)
    assert all(word in said for word in ("'zelle'", "缺少 cell", "缺少 now", "缺少 reason", "on 应为", "[[x]]"))


def test_persons_are_masked_in_what_is_kept(folder: Path) -> None:
    rows = [HEAD, ["S1", "卫生室甲", "卫生室", "230102100201", "13812345678"]]
    write_sheet(folder / "设施.xlsx", rows, sheet="台账")
    put_right(folder, read_zone(folder))
    assert "13812345678" not in (folder / "corrections.toml").read_text(encoding="utf-8")
    assert read_zone(folder).tables["facilities"]["floor_area_m2"].tolist() == [600]
