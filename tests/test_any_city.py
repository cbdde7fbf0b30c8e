"""A city of communities as its files come, no code anywhere: boundaries, list, points and calls find each other."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from city_of_names import SIDE, SOUTH, WEST, write_city

from govkit.analysis.measures.matters import matters
from govkit.analysis.measures.scope import Scope
from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.intake.proposing.propose import in_words, propose, write
from govkit.zone.opening import read_zone
from govkit.zone.zone import Zone

SMALL = {"streets": 3, "each": 5, "points": 600, "calls": 200}


def opened(folder: Path) -> Zone:
    write(propose(folder))
    return read_zone(folder)


def test_boundaries_join_the_list_and_points_find_their_datum_and_unit(tmp_path: Path) -> None:
    city = write_city(tmp_path / "某市", **SMALL)
    proposal = propose(tmp_path / "某市")
    assert 'boundaries = "社区面.shp"' in proposal.text
    assert 'datum = "GCJ-02"' in proposal.text
    assert proposal.left == {}
    write(proposal)
    zone = read_zone(tmp_path / "某市")
    assert not (zone.findings["severity"] == "error").any()
    units = zone.tables["units"].set_index("name")
    assert units.loc[city["name"], "population"].notna().all()
    expected = gpd.GeoSeries(city["geometry"].to_numpy())
    got = gpd.GeoSeries(units.loc[city["name"], "geometry"].to_numpy())
    assert got.normalize().geom_equals_exact(expected.normalize(), 1e-7).all()
    names = zone.tables["facilities"]["unit_code"].map(zone.tables["units"].set_index("unit_code")["name"])
    assert names.tolist() == city.attrs["of"]
    assert len(zone.tables["events"]) == SMALL["calls"]
    assert zone.tables["events"]["state"].isna().all()
    assert not matters(Scope(zone.tables, zone.settings.periods[-1], by="zone"))["overdue"].any()
    # every cell of the layer has an owner as well
    accounts = zone.accounts.set_index("file")
    assert accounts.loc["社区面.shp", "rows_used"] == len(city)


def test_streets_said_to_be_wgs84_that_are_shifted_are_found_by_true_points(tmp_path: Path) -> None:
    city = write_city(tmp_path / "某市", **SMALL, datum="CGCS2000", shapes="GCJ-02")
    proposal = propose(tmp_path / "某市")
    assert any("社区面.shp 的坐标系推定为 GCJ-02" in line for line in in_words(proposal))
    zone = opened(tmp_path / "某市")
    got = zone.tables["units"].set_index("name").loc[city["name"], "geometry"]
    # a metre at most from where they truly are
    assert (shapely.hausdorff_distance(got.to_numpy(), city["geometry"].to_numpy()) < 1e-5).all()


def test_points_in_the_right_place_are_left_where_they_are(tmp_path: Path) -> None:
    write_city(tmp_path / "某市", **SMALL, datum="CGCS2000")
    assert "datum" not in propose(tmp_path / "某市").text


def test_a_boundary_that_is_of_no_unit_and_a_unit_without_one_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "某市"
    write_city(folder, **SMALL)
    layer = gpd.read_file(folder / "社区面.shp", encoding="utf-8")
    layer.loc[0, "SQMC"] = "别处社区"
    layer.to_file(folder / "社区面.shp", encoding="utf-8")
    zone = opened(folder)
    said = zone.findings.set_index("rule")
    assert "别处社区" in said.loc["boundary_without_unit", "reason"]
    assert "1街1号社区" in said.loc["units_not_drawn", "reason"]
    units = zone.tables["units"].set_index("name")
    assert units.loc["1街1号社区", "geometry"] is None
    assert units.loc["1街2号社区", "geometry"] is not None


def test_a_name_in_two_streets_is_drawn_only_where_the_layer_says_which(tmp_path: Path) -> None:
    rows = [("甲街道", "花园社区"), ("乙街道", "花园社区"), ("甲街道", "东社区"), ("乙街道", "西社区")]
    boxes = [shapely.box(WEST + i * SIDE, SOUTH, WEST + (i + 1) * SIDE, SOUTH + SIDE) for i in range(4)]
    frame = pd.DataFrame(rows, columns=["街道", "社区"])
    frame.assign(户数=1000).to_csv(tmp_path / "名单.csv", index=False, encoding="utf-8-sig")
    gpd.GeoDataFrame({"社区": frame["社区"]}, geometry=boxes, crs=4490).to_file(tmp_path / "边界.gpkg")
    zone = opened(tmp_path)
    assert (zone.findings["rule"] == "boundary_of_several").sum() == 2
    gpd.GeoDataFrame(frame, geometry=boxes, crs=4490).to_file(tmp_path / "边界.gpkg", mode="w")
    zone = read_zone(tmp_path)
    units = zone.tables["units"]
    gardens = units[units["name"] == "花园社区"].set_index("parent")["geometry"]
    parents = units.set_index("name")["unit_code"]
    assert gardens[parents["甲街道"]].equals(boxes[0])
    assert gardens[parents["乙街道"]].equals(boxes[1])


def test_a_layer_changed_since_is_read_anew(tmp_path: Path) -> None:
    folder = tmp_path / "某市"
    city = write_city(folder, **SMALL)
    before = opened(folder).tables["units"].set_index("name").loc["1街1号社区", "geometry"]
    layer = gpd.read_file(folder / "社区面.shp", encoding="utf-8")
    layer.loc[0, "geometry"] = shapely.box(WEST, SOUTH, WEST + SIDE / 2, SOUTH + SIDE)
    layer.to_file(folder / "社区面.shp", encoding="utf-8")
    after = read_zone(folder).tables["units"].set_index("name").loc["1街1号社区", "geometry"]
    assert after.area == pytest.approx(before.area / 2)
    assert len(city) == 15


def test_a_layer_of_rivers_is_taken_out_of_the_gaps_between_grids(tmp_path: Path) -> None:
    codes = [f"990000{i:03d}001" for i in (1, 2)]
    units = [("990000000000", "某区", "县（区）", "")] + [
        (f"990000{i + 1:03d}000", f"{'甲乙'[i]}街道", "街道（乡镇）", "990000000000") for i in range(2)
    ]
    units += [(code, f"{'东西'[i]}社区", "社区（村）", f"990000{i + 1:03d}000") for i, code in enumerate(codes)]
    pd.DataFrame(units, columns=["单元代码", "单元名称", "层级", "上级代码"]).to_csv(
        tmp_path / "单元.csv", index=False, encoding="utf-8-sig"
    )
    left, right = (
        shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE),
        shapely.box(WEST + 1.1 * SIDE, SOUTH, WEST + 2 * SIDE, SOUTH + SIDE),
    )
    stops = [WEST, WEST + SIDE, WEST + 1.1 * SIDE, WEST + 2 * SIDE]

    def strip(inner: float, outer: float) -> shapely.Polygon:
        # with a corner wherever a neighbour has one
        return shapely.Polygon([*((x, inner) for x in stops), *((x, outer) for x in reversed(stops))])

    bridge, below = strip(SOUTH + SIDE, SOUTH + 1.1 * SIDE), strip(SOUTH, SOUTH - 0.1 * SIDE)
    grids = {
        "网格编码": [f"{codes[i // 2]}00{i % 2 + 1}" for i in range(4)],
        "单元代码": [codes[i // 2] for i in range(4)],
    }
    gpd.GeoDataFrame(grids, geometry=[left, bridge, right, below], crs=4490).to_file(tmp_path / "网格.gpkg")
    assert "grid_gap" in set(opened(tmp_path).findings["rule"])
    river = shapely.box(WEST + SIDE, SOUTH, WEST + 1.1 * SIDE, SOUTH + SIDE)
    gpd.GeoDataFrame({"名称": ["某河"]}, geometry=[river], crs=4490).to_file(tmp_path / "河道.gpkg")
    write(propose(tmp_path))
    assert "grid_gap" not in set(read_zone(tmp_path).findings["rule"])


@pytest.mark.long
def test_a_street_of_the_city_has_its_report(tmp_path: Path) -> None:
    folder = tmp_path / "某市"
    write_city(folder, **SMALL)
    write(propose(folder))
    request = Request(
        folder,
        districts=("第2大街街道",),
        notebooks=("district_report",),
        formats=("html",),
        jobs=1,
        out=tmp_path / "out",
    )
    manifest, out = make_reports(request)
    assert [one.error for one in manifest.failed] == []
    page = next(out.glob("*第2大街街道*.html")).read_text(encoding="utf-8")
    assert "2街1号社区" in page
    # calls of which nobody says whether they are settled are not left lying
    assert "久拖未结" not in page
