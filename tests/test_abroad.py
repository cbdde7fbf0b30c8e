"""A town abroad, all synthetic: own codes, own projection, no rule of China; from its files to its report."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.errors import ZoneError
from govkit.intake.proposing.propose import in_words, propose, write
from govkit.zone.opening import read_zone
from tests.intake_zone import write_sheet

WEST, SOUTH, SIDE = 36.80, -1.30, 0.02
WARDS = ["KE-A", "KE-B"]
BLOCKS = ["KE-A/1", "KE-A/2", "KE-B/1", "KE-B/2"]
HEAD = ["单元代码", "单元名称", "层级", "上级代码", "类型", "常住人口", "户数"]


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Two wards of two blocks each on the equator: a layer in UTM, points in degrees, calls by name and by code."""
    folder = tmp_path / "Mto Town"
    folder.mkdir()
    shapes = [shapely.box(WEST + i * SIDE, SOUTH, WEST + (i + 1) * SIDE, SOUTH + SIDE) for i in range(4)]
    blocks = {
        "单元代码": BLOCKS, "单元名称": ["River 1", "River 2", "Hill 1", "Hill 2"], "层级": "社区（村）",
        "上级代码": [code[:4] for code in BLOCKS], "类型": "城市社区", "常住人口": 2000, "户数": 500,
    }  # fmt: skip
    wards = {
        "单元代码": WARDS, "单元名称": ["River Ward", "Hill Ward"], "层级": "街道（乡镇）", "上级代码": None,
        "类型": "街道", "常住人口": 4000, "户数": 1000,
    }  # fmt: skip
    frame = pd.concat([pd.DataFrame(blocks).assign(geometry=shapes), pd.DataFrame(wards).assign(geometry=None)])
    layer = gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326").to_crs("EPSG:32737")
    layer.to_file(folder / "units.gpkg")
    facilities = [["名称", "类型", "经度", "纬度"]] + [
        [f"Clinic {i}", "卫生室", WEST + i * SIDE + 0.01, SOUTH + 0.01] for i in range(4)
    ]
    write_sheet(folder / "设施.xlsx", facilities)
    calls = [["编号", "事件类别", "上报时间", "办结时间", "社区"]]
    calls += [
        [f"E{i}", "噪声", f"2025-03-{i + 1:02d} 08:00", f"2025-03-{i + 1:02d} 20:00", ["River 1", "KE-B/2"][i % 2]]
        for i in range(20)
    ]
    write_sheet(folder / "热线.xlsx", calls)
    return folder


def test_a_town_abroad_is_seen_to_be_one_and_its_projection_told(town: Path) -> None:
    proposal = propose(town)
    assert 'country = "XX"' in proposal.text
    assert 'metric_crs = "EPSG:32737"' in proposal.text
    assert any("country" in line and "[请核对]" in line for line in in_words(proposal))
    assert 'country = "KE"' in propose(town, country="KE").text


def test_own_codes_lead_to_their_units_and_places_stay_where_they_are(town: Path) -> None:
    write(propose(town, name="Mto", country="KE"))
    zone = read_zone(town)
    assert not (zone.findings["severity"] == "error").any()
    units = zone.tables["units"].set_index("name")
    assert units["unit_code"].str.fullmatch(r"99\d{10}").all()
    assert units.loc["River 2", "parent"] == units.loc["River Ward", "unit_code"]
    points = zone.tables["facilities"].geometry
    assert points.x.between(WEST, WEST + 4 * SIDE).all()
    assert zone.tables["facilities"]["unit_code"].tolist() == units.loc[blocks_in_order(), "unit_code"].tolist()
    calls = zone.tables["events"]["unit_code"].value_counts()
    assert calls[units.loc["River 1", "unit_code"]] == 10
    assert calls[units.loc["Hill 2", "unit_code"]] == 10
    assert (zone.findings["rule"] == "codes_abroad").sum() == 1


def blocks_in_order() -> list[str]:
    return ["River 1", "River 2", "Hill 1", "Hill 2"]


def test_inner_codes_stay_when_the_order_of_the_file_changes(town: Path) -> None:
    write(propose(town, name="Mto", country="KE"))
    before = read_zone(town).tables["units"].set_index("name")["unit_code"]
    layer = gpd.read_file(town / "units.gpkg")
    layer.iloc[::-1].to_file(town / "units.gpkg", mode="w")
    after = read_zone(town).tables["units"].set_index("name")["unit_code"]
    assert after.to_dict() == before.to_dict()


@pytest.mark.long
def test_a_report_of_a_ward_abroad_is_made(town: Path, tmp_path: Path) -> None:
    write(propose(town, name="Mto", country="KE"))
    request = Request(
        town, districts=("River Ward",), notebooks=("district_report",), formats=("html",), out=tmp_path / "out", jobs=1
    )
    manifest, folder = make_reports(request)
    assert [one.error for one in manifest.failed] == []
    page = next(folder.glob("*River Ward*.html")).read_text(encoding="utf-8")
    assert "River 1" in page


@pytest.mark.parametrize("country", ["Kenya", "1", "K"])
def test_a_country_that_is_no_code_is_said(town: Path, country: str) -> None:
    write(propose(town, name="Mto", country="KE"))
    text = (town / "zone.toml").read_text(encoding="utf-8").replace('"KE"', f'"{country}"')
    (town / "zone.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ZoneError, match="两个字母的国家代码"):
        read_zone(town)
