"""The demonstration zone: its files meet the published totals, hold the planted defects and no others."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from demo_folders import assert_planted_and_no_other, assert_rerun_writes_the_same, planted, size

import govkit
from data.synthetic import drawing, gcj02, partition
from data.synthetic.daoli import register
from govkit.analysis.measures import coverage, services
from govkit.analysis.standards import attainment as standards
from govkit.intake.places.datum import to_cgcs2000
from govkit.zone.opening import Zone

ROOT = Path(__file__).parents[1]
DAOLI = ROOT / "data" / "daoli"


@pytest.fixture(scope="module")
def zone() -> Zone:
    return govkit.open_zone(DAOLI)


@pytest.fixture(scope="module")
def published() -> dict[str, float]:
    return register.calibration()


@pytest.fixture(scope="module")
def audit(zone: Zone) -> coverage.GridAudit:
    return coverage.audit_grids(zone.tables["grids"], crs=zone.metric_crs)


@pytest.mark.long
def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    assert_rerun_writes_the_same("daoli", tmp_path)


def test_the_folder_stays_below_eight_megabytes() -> None:
    assert size("daoli") < 8e6


def test_check_finds_every_planted_row_and_no_other(zone: Zone) -> None:
    assert_planted_and_no_other(zone, "daoli")


def test_the_only_gap_and_the_only_overlap_are_the_planted_ones(
    audit: coverage.GridAudit,
) -> None:
    for frame, rule, area in ((audit.gaps, "grid_gap", 1500), (audit.overlaps, "grid_overlap", 2000)):
        code = next(p["value"] for p in planted("daoli") if p["rule"] == rule)
        assert len(frame) == 1
        assert code in frame["grid_codes"].iloc[0]
        assert frame["area_m2"].iloc[0] == pytest.approx(area, abs=5)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("street", "street_offices"),
        ("town", "towns"),
        ("urban_community", "urban_communities"),
        ("village", "villages"),
    ],
    ids=["streets", "towns", "communities", "villages"],
)
def test_units_are_as_many_as_published(zone: Zone, published: dict[str, float], kind: str, name: str) -> None:
    assert (zone.tables["units"]["kind"] == kind).sum() == published[name]


def test_people_of_the_villages_are_the_published_rural_population(zone: Zone, published: dict[str, float]) -> None:
    units = zone.tables["units"].set_index("unit_code")
    assert units.loc[units["kind"] == "village", "population"].sum() == published["rural_population"]
    assert units.at["230102000000", "population"] == published["population"]


def test_grids_make_up_their_units_people(zone: Zone) -> None:
    sums = zone.tables["grids"].groupby("unit_code")["households"].sum()
    households = zone.tables["units"].set_index("unit_code")["households"]
    assert (sums == households.reindex(sums.index)).all()


def test_areas_are_the_published_ones(zone: Zone, published: dict[str, float]) -> None:
    grids = zone.tables["grids"]
    area = grids.geometry.to_crs(zone.metric_crs).area / 1e6
    assert area.sum() == pytest.approx(published["area_km2"], abs=0.05)
    rural = grids["kind"] == "rural"
    assert area[rural].sum() == pytest.approx(published["rural_area_km2"], abs=0.05)
    assert rural.sum() == published["rural_grids"]


def test_all_villages_meet_the_standard_only_in_the_second_half(zone: Zone, published: dict[str, float]) -> None:
    standard = standards.load_standard("daoli_village_centre")
    first, second = (standards.summary(zone.tables, standard, p) for p in zone.settings.periods)
    assert 0 < first["met"].sum() < second["met"].sum() == published["villages_meeting_standard"]
    assert second["large_centres"].sum() == published["large_centres"]


def test_staff_of_the_villages_is_as_published(zone: Zone, published: dict[str, float]) -> None:
    for _, staff in zone.tables["staff"].groupby("period"):
        posts = staff.groupby("post")["people"].sum()
        assert posts["村委会成员"] == published["committee_members"]
        assert posts["大学生村官"] == published["graduate_officials"]


def test_needs_met_inside_the_village_are_the_published_share(zone: Zone, published: dict[str, float]) -> None:
    second = zone.settings.periods[1]
    found = services.service_totals(zone.tables, second, by="zone", area="rural")["inside_rate"].iloc[0]
    assert found == pytest.approx(published["needs_met_inside"], abs=0.0005)
    items = services.services_by_item(zone.tables, second, area="rural")
    assert len(items) == published["errand_items"]


@pytest.mark.parametrize(
    ("line", "name"),
    [("employment_surplus", "surplus_labour_employed"), ("employment_older", "older_jobseekers_helped")],
)
def test_employment_rates_reach_the_published_ones(
    zone: Zone, published: dict[str, float], line: str, name: str
) -> None:
    for period in zone.settings.periods:
        found = services.service_totals(zone.tables, period, by="zone", area="rural", line=line)
        assert found["settled_rate"].iloc[0] >= published[name]


def test_rural_satisfaction_reaches_the_published_one(zone: Zone, published: dict[str, float]) -> None:
    found = services.satisfaction(zone.tables, zone.settings.periods[1], by="zone", area="rural")
    assert found["rate"].iloc[0] >= published["satisfaction"]


def test_every_village_has_a_pair_in_the_city(zone: Zone) -> None:
    pairs, units = zone.tables["pairs"], zone.tables["units"].set_index("unit_code")
    assert set(pairs["unit_code"]) == set(units.index[units["kind"] == "village"])
    assert (units.loc[pairs["partner_code"], "kind"] == "urban_community").all()


def test_gcj02_comes_back_to_where_it_started() -> None:
    lon, lat = np.array([126.2, 126.6]), np.array([45.58, 45.77])
    back = to_cgcs2000(*gcj02.to_gcj02(lon, lat), "GCJ-02")
    assert np.allclose(back, (lon, lat), atol=1e-6)


def test_a_square_is_split_into_connected_parts_of_the_shares_asked_for() -> None:
    rng = np.random.default_rng(1)
    square = shapely.box(0, 0, 1_000, 1_000)
    mesh = partition.build_mesh(square, partition.scattered(square, 25, rng))
    labels = partition.split(mesh, np.arange(len(mesh.shapes)), np.array([[200, 200], [800, 800]]), [1, 3])
    shapes = partition.merged(mesh, labels, tolerance=5)
    assert shapely.coverage_is_valid(shapes)
    assert [shape.geom_type for shape in shapes] == ["Polygon", "Polygon"]
    assert shapely.area(shapes) == pytest.approx([250_000, 750_000], rel=0.02)


def test_members_that_are_not_connected_cannot_be_split() -> None:
    squares = shapely.box(np.array([0.0, 5.0]), 0, np.array([1.0, 6.0]), 1)
    centres = shapely.get_coordinates(shapely.centroid(squares))
    mesh = partition.Mesh(squares, centres, shapely.area(squares), partition._touching(squares))
    with pytest.raises(ValueError, match="not connected"):
        partition.split(mesh, np.arange(2), np.array([[0.5, 0.5]]), [1])


def test_shared_out_numbers_sum_to_the_total_and_keep_the_least() -> None:
    numbers = drawing.shared_out(10, np.array([1.0, 1.0, 8.0]), least=1)
    assert numbers.tolist() == [2, 2, 6]


def test_the_shapefile_is_gbk_with_ten_byte_field_names() -> None:
    names = list(gpd.read_file(DAOLI / "网格.shp", rows=1, encoding="GBK").columns)
    assert "网格员身份" in names
    assert (DAOLI / "网格.cpg").read_text(encoding="ascii") == "GBK"


def test_workbooks_hold_no_names_of_makers() -> None:
    for path in DAOLI.glob("*.xlsx"):
        core = zipfile.ZipFile(path).read("docProps/core.xml").decode("utf-8")
        assert "<dc:creator></dc:creator>" in core
