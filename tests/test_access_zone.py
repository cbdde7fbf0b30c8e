"""Access of a zone's people: OpenStreetMap as network, people of an age, where to build next and at what cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from three_towns import write_zone

import govkit
from govkit.errors import GovkitError, SourceError, UnknownNameError


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Three towns whose grids count all people, and whose communities count those of 60 and older."""
    folder = write_zone(tmp_path_factory.mktemp("access") / "z")
    layer = folder / "网格.geojson"
    layer.write_text(
        layer.read_text(encoding="utf-8").replace('"户数": 400', '"户数": 400, "人口": 1000'), encoding="utf-8"
    )
    lines = (folder / "行政单元.csv").read_text(encoding="utf-8").splitlines()
    aged = [lines[0] + ",60岁及以上人口"]
    aged += [line + (f",{100 * at}" if ",社区," in line or "村" in line else ",") for at, line in enumerate(lines[1:])]
    (folder / "行政单元.csv").write_text("\n".join(aged) + "\n", encoding="utf-8")
    return govkit.open_zone(folder)


def write_osm(path: Path, roads: dict[str, list[tuple[float, float]]], tags: dict[str, dict[str, str]]) -> None:
    """Write roads, each of a kind of highway, as OpenStreetMap writes them."""
    osmium = pytest.importorskip("osmium")
    writer, node = osmium.SimpleWriter(str(path)), 0
    ways = []
    for kind, places in roads.items():
        refs = []
        for place in places:
            node += 1
            writer.add_node(osmium.osm.mutable.Node(id=node, location=place))
            refs.append(node)
        ways.append(osmium.osm.mutable.Way(id=len(ways) + 1, nodes=refs, tags={"highway": kind, **tags.get(kind, {})}))
    for way in ways:
        writer.add_way(way)
    writer.close()


STREET = [(126.41 + step * 0.02, 45.61) for step in range(6)]


@pytest.mark.parametrize("name", ["路网.osm.pbf", "路网.osm"])
def test_openstreetmap_is_walked_along_but_not_its_motorways(zone: Any, tmp_path: Path, name: str) -> None:
    north = [(x, y + 0.001) for x, y in STREET]
    roads = {"residential": STREET, "motorway": north, "service": north, "motorway_link": [STREET[0], north[0]]}
    write_osm(tmp_path / name, roads, {"service": {"access": "private"}})
    found = zone.access("卫生室", minutes=30, lines=tmp_path / name)
    assert any("用了 1 条" in note and "3 条未用" in note and "OpenStreetMap" in note for note in found.notes)
    plain = gpd.GeoDataFrame(geometry=[shapely.LineString(STREET)], crs="EPSG:4326")
    along = zone.access("卫生室", minutes=30, lines=plain)
    pd.testing.assert_series_equal(found.to_frame()["nearest"], along.to_frame()["nearest"])


def test_an_extract_without_a_walkable_road_is_refused(zone: Any, tmp_path: Path) -> None:
    write_osm(tmp_path / "高速.osm.pbf", {"motorway": STREET}, {})
    with pytest.raises(SourceError, match="没有可步行的道路"):
        zone.access("卫生室", lines=tmp_path / "高速.osm.pbf")


def test_a_file_of_several_layers_is_refused_with_their_names(zone: Any, tmp_path: Path) -> None:
    path = tmp_path / "图.gpkg"
    for name in ("街", "河"):
        gpd.GeoDataFrame(geometry=[shapely.LineString(STREET)], crs="EPSG:4490").to_file(path, layer=name)
    with pytest.raises(SourceError, match="街、河"):
        zone.access("卫生室", lines=path)


def test_a_file_that_is_no_layer_is_refused(zone: Any, tmp_path: Path) -> None:
    (tmp_path / "坏.osm.pbf").write_bytes(b"nothing")
    with pytest.raises(SourceError, match="图层读不出来"):
        zone.access("卫生室", lines=tmp_path / "坏.osm.pbf")


# -- people of an age


@pytest.mark.parametrize("people", ["elderly", "60岁及以上人口", "老年人口"])
def test_people_counted_by_community_are_shared_out_over_its_grids(zone: Any, people: str) -> None:
    found = zone.access("警务室", minutes=5, people=people)
    units = zone.tables["units"].set_index("unit_code")["elderly"]
    by_unit = found.to_frame().groupby("unit_code")["people"].sum()
    assert by_unit.to_dict() == units.reindex(by_unit.index).astype(float).to_dict()
    assert any("按网格人口的比例分摊到网格" in note for note in found.notes)


def test_people_may_be_given_by_unit_or_grid(zone: Any) -> None:
    units = zone.communities.set_index("unit_code")
    by_unit = zone.access("警务室", minutes=5, people=(units["population"] * 0 + 10).rename("independents"))
    assert by_unit.to_frame()["people"].sum() == pytest.approx(10 * len(units))
    grids = zone.tables["grids"].set_index("grid_code")["population"]
    by_grid = zone.access("警务室", minutes=5, people=grids * 2)
    assert by_grid.to_frame()["people"].tolist() == [2000.0] * 6


def test_people_nobody_counted_are_named(zone: Any) -> None:
    with pytest.raises(GovkitError, match="都没有“children”的数"):
        zone.access("警务室", people="children")
    with pytest.raises(UnknownNameError, match=r"最接近的是.*children"):
        zone.access("警务室", people="childern")


# -- where next


def test_the_next_site_is_in_the_community_that_is_farthest_off(zone: Any) -> None:
    pytest.importorskip("spopt")
    left = zone.access("警务室", minutes=5).uncovered()
    found = zone.sites("警务室", minutes=5, count=2)
    assert len(found) == 2
    assert set(found["name"]) <= set(left["community"])
    assert found["adds"].sum() <= left["people"].sum()
    assert found["share"].is_monotonic_increasing
    assert any("绕行系数" in note for note in found.attrs["notes"])


def test_what_a_site_costs_stands_beside_what_it_adds(zone: Any) -> None:
    pytest.importorskip("spopt")
    units = zone.communities.set_index("unit_code")
    places = gpd.GeoDataFrame(units[["name"]], geometry=units.geometry.representative_point(), crs="EPSG:4490")
    places = places.assign(万元=range(100, 100 + len(places)))
    found = zone.sites("警务室", minutes=5, count=2, candidates=places, cost="万元")
    assert found["cost"].tolist() == places["万元"][found.index].tolist()
    assert found["cost_so_far"].iloc[-1] == found["cost"].sum()
    assert found["cost_per_person"].tolist() == pytest.approx((found["cost"] / found["adds"]).tolist())
    unknown = zone.sites("警务室", minutes=5, count=1, candidates=places, cost=pd.Series(dtype=float))
    assert unknown["cost"].isna().all()
    with pytest.raises(UnknownNameError, match="万元"):
        zone.sites("警务室", candidates=places, cost="元")


def test_candidates_without_place_in_the_world_are_refused(zone: Any) -> None:
    places = gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(126.4, 45.6)])
    with pytest.raises(GovkitError, match="没有坐标系"):
        zone.sites("警务室", candidates=places)
