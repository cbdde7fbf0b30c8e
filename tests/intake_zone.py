"""A zone small enough to check by hand, in files as bureaus keep them: one town, two villages of two grids each."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import xlsxwriter

from govkit.errors import SourceError
from govkit.intake import Intake, Source, read_zone_tables
from govkit.intake.places.datum import from_cgcs2000

TOWN, TAIPING, XINFA = "230102100000", "230102100201", "230102100202"
UNITS = [
    ["行政单元表"],
    ["单元代码", "单元名称", "层级", "上级代码", "类型", "常住人口", "户数"],
    ["230102000000", "道里区", "区", "230100000000", "区", 4000, 1600],
    [TOWN, "新发镇", "镇", "230102000000", "镇", 4000, 1600],
    [TAIPING, "太平村", "村", TOWN, "村", 2000, 800],
    [XINFA, "新发村", "村", TOWN, "村", 2000, 800],
]
# four grids in a row, 0.02° wide: the first two are 太平村, the others 新发村
WEST, SOUTH, SIDE = 126.40, 45.60, 0.02


def grid_frame() -> gpd.GeoDataFrame:
    """The grids; codes are the unit's code and three digits."""
    shapes = [shapely.box(WEST + i * SIDE, SOUTH, WEST + (i + 1) * SIDE, SOUTH + SIDE) for i in range(4)]
    units = [TAIPING, TAIPING, XINFA, XINFA]
    return gpd.GeoDataFrame(
        {
            "网格编码": [f"{unit}00{i % 2 + 1}" for i, unit in enumerate(units)],
            "网格名称": [f"第{i}网格" for i in "一二三四"],
            "单元代码": units,
            "网格员身份": ["村民代表"] * 4,
            "户数": [400] * 4,
            "geometry": shapes,
        },
        crs="EPSG:4490",
    )


def write_grids(folder: Path, *, claimed: str = "GBK", frame: gpd.GeoDataFrame | None = None) -> Source:
    """Write 网格.shp in GBK; ``claimed`` is what its .cpg says."""
    (grid_frame() if frame is None else frame).to_file(folder / "网格.shp", encoding="GBK")
    (folder / "网格.cpg").write_text(claimed, encoding="ascii")
    return Source("grids", "网格.shp", datum="CGCS2000")


def write_sheet(path: Path, rows: list[list[object]], *, merge: tuple[str, ...] = (), sheet: str = "Sheet1") -> None:
    """Write rows to a workbook; ``merge`` are ranges whose text stands in their first cell."""
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
        for area in merge:
            first = page.table  # the text already written in the first cell
            top, left = _cell(area.split(":")[0])
            page.merge_range(area, rows[top][left])
            assert first is page.table


def _cell(name: str) -> tuple[int, int]:
    letters = name.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(name[len(letters) :]) - 1, column - 1


FACILITY_HEAD = [
    ["新发镇村级设施台账"],
    ["编号", "设施名称", "设施类型", "所属村居代码", "面积(㎡)", None, None, "坐标", None, "联系人"],
    [None, None, None, None, "建筑", "对外开放", "居民活动", "经度", "纬度", None],
]
FACILITY_MERGES = ("A1:J1", "A2:A3", "B2:B3", "C2:C3", "D2:D3", "E2:G2", "H2:I2", "J2:J3")


def facility(number: int, unit: str = TAIPING, *, kind: str = "卫生室", at: tuple[float, float] | None = None) -> list:
    """One row of the facility ledger; ``at`` is in CGCS2000, the ledger in GCJ-02."""
    home = (WEST + SIDE, SOUTH + SIDE / 2) if unit == TAIPING else (WEST + 3 * SIDE, SOUTH + SIDE / 2)
    lon, lat = from_cgcs2000(*(at or home), "GCJ-02")
    return [f"F{number:03d}", f"设施{number}", kind, unit, 100, 90, 80, float(lon), float(lat), "王某"]


def write_facilities(folder: Path, rows: list[list[object]]) -> Source:
    """Write 设施台账.xlsx: a title, a header of two merged rows, the rows, a sum and a note."""
    total = ["合计", None, None, None, sum(r[4] for r in rows if isinstance(r[4], int | float))]
    note = ["注:面积以房产证为准。"]
    write_sheet(folder / "设施台账.xlsx", [*FACILITY_HEAD, *rows, total, [], note], merge=FACILITY_MERGES)
    return Source("facilities", "设施台账.xlsx", datum="GCJ-02")


def write_units(folder: Path, rows: list[list[object]] | None = None) -> Source:
    """Write 行政单元.xlsx."""
    write_sheet(folder / "行政单元.xlsx", UNITS if rows is None else rows)
    return Source("units", "行政单元.xlsx")


def write_csv(path: Path, rows: list[list[object]], *, encoding: str) -> None:
    """Write comma-separated rows; None is an empty cell."""
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    path.write_text("\r\n".join(lines) + "\r\n", encoding=encoding)


def opened(folder: Path, *sources: Source) -> Intake:
    """Read sources of the small zone."""
    return read_zone_tables(folder, {s.table: s for s in sources}, code="230102", metric_crs="EPSG:4526")


def rules(intake: Intake) -> list[str]:
    """The rules of the findings, in their order."""
    return intake.findings["rule"].tolist()


def refusal(folder: Path, *sources: Source) -> str:
    """What the user is told when the files cannot be used."""
    with pytest.raises(SourceError) as caught:
        opened(folder, *sources)
    return str(caught.value)
