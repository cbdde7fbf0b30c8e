"""Layers in many GeoParquet files: the same answers piece by piece as in one piece, and clear words for bad files."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from data.synthetic.province import Plan, write_province
from data.synthetic.province.plan import METRIC
from govkit import partitioned
from govkit.errors import SourceError
from govkit.geometry import points_in_grids
from govkit.geometry.coverage import audit_grids
from govkit.geometry.points_in_grids import grids_of_points
from govkit.geometry.reach import circles, residents_inside
from govkit.partitioned import placing

pytest.importorskip("geoarrow.pyarrow")

# Three counties of 2 x 2 streets, 8 x 10 grids each.
PLAN = Plan(
    counties=3, streets_down=2, streets_across=2, down=8, across=10, strip=4, communities=2,
    facilities=300, matters=600, households=6_000, population=18_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("测试省")
    write_province(folder, PLAN)
    return folder


@pytest.fixture(scope="module")
def grids(province: Path) -> gpd.GeoDataFrame:
    return gpd.read_parquet(province / "grids")


def square(x: float, y: float, side: float = 1.0) -> shapely.Polygon:
    return shapely.box(x, y, x + side, y + side)


def write_grids(path: Path, shapes: list[shapely.Geometry], codes: list[str | None], **options: object) -> None:
    frame = pd.DataFrame({"grid_code": pd.Series(codes, dtype="str"), "unit_code": "990101001001"})
    gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4490").to_parquet(
        path, **{"write_covering_bbox": True, **options}
    )


def write_points(path: Path, places: list[tuple[float, float]], crs: str = "EPSG:4490") -> None:
    frame = pd.DataFrame({"设施编号": [f"S{number}" for number in range(len(places))]})
    gpd.GeoDataFrame(frame, geometry=[shapely.Point(one) for one in places], crs=crs).to_parquet(path)


def placed(folder: Path, places: list[tuple[float, float]]) -> pd.DataFrame:
    """Place points in the grids of folder/grids."""
    write_points(folder / "points.parquet", places)
    layers = [partitioned.open_layer(folder / name, table) for name, table in
              (("points.parquet", "facilities"), ("grids", "grids"))]  # fmt: skip
    partitioned.place(*layers, folder / "out" / "placed.parquet", key="facility_id")
    return pd.read_parquet(folder / "out" / "placed.parquet")


@pytest.mark.parametrize("compiled", [False, True], ids=["shapely", "compiled"])
def test_points_placed_piece_by_piece_lie_where_they_lie_in_one_piece(
    province: Path, grids: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    monkeypatch.setattr(placing, "compiles", lambda _: compiled)
    monkeypatch.setattr(placing, "_BLOCK", 400)
    monkeypatch.setattr(placing, "_AT_ONCE", 700)
    layers = (partitioned.open_layer(province / name, name) for name in ("events", "grids"))
    found = partitioned.place(*layers, tmp_path / "placed.parquet", key="event_id")
    events = gpd.read_parquet(province / "events")
    whole = grids_of_points(events.geometry, grids)
    written = pd.read_parquet(tmp_path / "placed.parquet")
    assert written["event_id"].tolist() == events["event_id"].tolist()
    assert written["grid_code"].fillna("").tolist() == whole["grid_code"].fillna("").tolist()
    assert written["overlap"].tolist() == whole["overlap"].tolist()
    assert found.per_grid.to_dict() == whole["grid_code"].value_counts().to_dict()
    assert (found.points, found.outside, found.overlapping) == (
        1800,
        whole["grid_code"].isna().sum(),
        whole["overlap"].sum(),
    )


def test_every_facility_planted_where_no_grid_lies_is_placed_nowhere(province: Path, tmp_path: Path) -> None:
    layers = (partitioned.open_layer(province / name, name) for name in ("facilities", "grids"))
    assert partitioned.place(*layers, tmp_path / "placed.parquet", key="facility_id").outside == 2 * PLAN.counties


def test_on_the_border_of_two_blocks_the_smaller_code_has_the_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "_BLOCK", 1)
    (tmp_path / "grids").mkdir()
    write_grids(tmp_path / "grids" / "1.parquet", [square(1, 0)], ["B"])
    write_grids(tmp_path / "grids" / "2.parquet", [square(0, 0)], ["A"])
    found = placed(tmp_path, [(1, 0.5), (1.5, 0.5), (0.5, 0.5)])
    assert found["grid_code"].tolist() == ["A", "B", "A"]
    assert not found["overlap"].any()


def test_an_overlap_of_grids_in_two_blocks_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "_BLOCK", 1)
    (tmp_path / "grids").mkdir()
    write_grids(tmp_path / "grids" / "1.parquet", [square(0.5, 0)], ["B"])
    write_grids(tmp_path / "grids" / "2.parquet", [square(0, 0)], ["A"])
    found = placed(tmp_path, [(0.7, 0.5), (0.5, 0.5), (0.2, 0.5), (1.2, 0.5)])
    assert found["grid_code"].tolist() == ["A", "A", "A", "B"]
    assert found["overlap"].tolist() == [True, True, False, False]


def test_grids_out_of_code_order_or_without_a_code_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "grids").mkdir()
    write_grids(tmp_path / "grids" / "1.parquet", [square(1, 0), square(2, 0), square(0, 0)], ["B", None, "A"])
    found = placed(tmp_path, [(1, 0.5), (2.5, 0.5), (1.5, 0.5)])
    assert found["grid_code"].fillna("-").tolist() == ["A", "-", "B"]


def test_files_without_a_column_of_boxes_give_the_same_answers(tmp_path: Path) -> None:
    (tmp_path / "grids").mkdir()
    write_grids(tmp_path / "grids" / "1.parquet", [square(0, 0), square(5, 5)], ["A", "B"], write_covering_bbox=False)
    layer = partitioned.open_layer(tmp_path / "grids", "grids")
    assert layer.pieces[0].box == (0, 0, 6, 6)
    assert layer.frame((4, 4, 7, 7), ["grid_code"])["grid_code"].tolist() == ["B"]
    assert placed(tmp_path, [(5.5, 5.5)])["grid_code"].tolist() == ["B"]


def test_a_run_cut_short_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "grids").mkdir()
    write_grids(tmp_path / "grids" / "1.parquet", [square(0, 0)], ["A"])

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", fails)
    with pytest.raises(KeyboardInterrupt):
        placed(tmp_path, [(0.5, 0.5)])
    assert list((tmp_path / "out").iterdir()) == []


def test_the_audit_piece_by_piece_finds_what_the_audit_of_the_whole_finds(
    province: Path, grids: gpd.GeoDataFrame
) -> None:
    found = partitioned.audit(partitioned.open_layer(province / "grids", "grids"), crs=METRIC)
    district = grids["unit_code"].str[:9].str.ljust(12, "0")
    whole = audit_grids(grids.assign(district_code=district), crs=METRIC)
    assert len(found.gaps) == 2 * PLAN.counties
    for mine, theirs in ((found.gaps, whole.gaps), (found.overlaps, whole.overlaps)):
        pd.testing.assert_frame_equal(mine.drop(columns="geometry"), theirs.drop(columns="geometry"))


def test_a_gap_and_an_overlap_across_files_are_found(tmp_path: Path) -> None:
    ring = [square(x, y) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    shapes = [shapely.transform(one, lambda xy: xy * 0.001 + [113.5, 30.5]) for one in [*ring, square(2.5, 0.2)]]
    for number, shape in enumerate(shapes):
        write_grids(tmp_path / f"{number}.parquet", [shape], [f"G{number}"])
    found = partitioned.audit(partitioned.open_layer(tmp_path, "grids"), crs=METRIC)
    assert [set(codes) for codes in found.gaps["grid_codes"]] == [{f"G{number}" for number in range(8)}]
    assert {frozenset(codes) for codes in found.overlaps["grid_codes"]} == {
        frozenset({"G5", "G8"}),
        frozenset({"G6", "G8"}),
    }


def test_a_sound_layer_has_no_defects(tmp_path: Path) -> None:
    write_grids(tmp_path / "1.parquet", [square(113.5, 30.5, 0.001), square(113.501, 30.5, 0.001)], ["A", "B"])
    found = partitioned.audit(partitioned.open_layer(tmp_path, "grids"), crs=METRIC)
    assert found.gaps.empty
    assert found.overlaps.empty


def test_residents_within_reach_are_those_of_the_layers_as_a_whole(province: Path, grids: gpd.GeoDataFrame) -> None:
    layers = [partitioned.open_layer(province / name, name) for name in ("facilities", "grids")]
    found = partitioned.reached(*layers, crs=METRIC, kinds=["service_centre"], radii=[300, 1000])
    centres = gpd.read_parquet(province / "facilities").query("kind == 'service_centre'").to_crs(METRIC)
    people = grids["population"].to_numpy(float)
    whole = residents_inside(
        circles(centres.geometry.to_numpy(), [300, 1000]), grids.geometry.to_crs(METRIC).to_numpy(), people
    )
    assert found.index.tolist() == grids["grid_code"].tolist()
    assert found["population"].sum() == PLAN.totals()["population"]
    for radius in (300, 1000):
        assert np.allclose(found[radius], whole[radius])


def test_where_no_facility_is_near_nobody_is_reached(province: Path) -> None:
    layers = [partitioned.open_layer(province / name, name) for name in ("facilities", "grids")]
    assert (partitioned.reached(*layers, crs=METRIC, kinds=["printer"])[1000] == 0).all()


def test_points_and_grids_in_different_systems_are_refused(tmp_path: Path) -> None:
    write_points(tmp_path / "points.parquet", [(38_500_000, 3_400_000)], crs=METRIC)
    write_grids(tmp_path / "grids.parquet", [square(0, 0)], ["A"])
    points = partitioned.open_layer(tmp_path / "points.parquet", "facilities")
    grids = partitioned.open_layer(tmp_path / "grids.parquet", "grids")
    with pytest.raises(SourceError, match="坐标系不同"):
        partitioned.place(points, grids, tmp_path / "out.parquet", key="facility_id")
    with pytest.raises(SourceError, match="坐标系不同"):
        partitioned.reached(points, grids, crs=METRIC)


def test_grids_in_metres_are_not_audited_as_degrees(tmp_path: Path) -> None:
    write_grids(tmp_path / "1.parquet", [square(113.5, 30.5, 0.001)], ["A"])
    gpd.read_parquet(tmp_path / "1.parquet").to_crs(METRIC).to_parquet(tmp_path / "1.parquet")
    with pytest.raises(SourceError, match="不是经纬度"):
        partitioned.audit(partitioned.open_layer(tmp_path, "grids"), crs=METRIC)


def test_a_folder_without_files_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="没有找到 GeoParquet"):
        partitioned.open_layer(tmp_path, "grids")


def test_a_parquet_file_without_shapes_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"grid_code": ["A"]}).to_parquet(tmp_path / "1.parquet")
    with pytest.raises(SourceError, match="不是 GeoParquet"):
        partitioned.open_layer(tmp_path, "grids")


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(SourceError, match="读不出来"):
        partitioned.open_layer(tmp_path, "grids")


def test_shapes_in_another_encoding_are_refused(tmp_path: Path) -> None:
    write_grids(tmp_path / "1.parquet", [square(0, 0)], ["A"], geometry_encoding="geoarrow", write_covering_bbox=False)
    with pytest.raises(SourceError, match="编码是 polygon"):
        partitioned.open_layer(tmp_path, "grids")


def test_files_unlike_each_other_are_refused(tmp_path: Path) -> None:
    write_points(tmp_path / "1.parquet", [(0.5, 0.5)])
    write_grids(tmp_path / "2.parquet", [square(0, 0)], ["A"])
    with pytest.raises(SourceError, match="不一致"):
        partitioned.open_layer(tmp_path, "facilities")


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_grids(tmp_path / "1.parquet", [square(0, 0)], ["A"])
    layer = partitioned.open_layer(tmp_path, "grids")
    with pytest.raises(SourceError, match="population"):
        layer.read(layer.pieces[0], ["population"])


def test_points_that_are_no_plain_points_are_read_all_the_same() -> None:
    shapes = [shapely.Point(1, 2), None, shapely.Point(), shapely.Point(3, 4, 5)]
    frame = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4490")
    column = pa.table(frame.to_arrow(geometry_encoding="WKB"))["geometry"]
    found = points_in_grids.coordinates_of_binary(column)
    assert np.array_equal(found, [[1, 2], [np.nan, np.nan], [np.nan, np.nan], [3, 4]], equal_nan=True)
