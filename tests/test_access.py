"""Access: equal to PySAL's access on the same definitions, along networks, by hand where it can be counted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from three_towns import write_zone

import govkit
from govkit import catalogue
from govkit.analysis.access import catchment
from govkit.analysis.access.costs import Given
from govkit.analysis.access.siting import best_sites
from govkit.errors import GovkitError, UnknownNameError

CRS = "EPSG:4551"
METRES_A_MINUTE = 4000 / 60
STEPS = {5: 1.0, 10: 0.68, 15: 0.22}


def points(*places: tuple[float, float], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[shapely.Point(place) for place in places], crs=CRS)


def drawn(people: int = 60, places: int = 12, seed: int = 3) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    """Return people, places, and the minutes between all of them within a quarter of an hour."""
    random = np.random.default_rng(seed)
    homes = points(*random.uniform(0, 3000, (people, 2)), people=random.integers(1, 500, people))
    shops = points(*random.uniform(0, 3000, (places, 2)), beds=random.integers(1, 40, places))
    apart = np.hypot(
        homes.geometry.x.to_numpy()[:, None] - shops.geometry.x.to_numpy(),
        homes.geometry.y.to_numpy()[:, None] - shops.geometry.y.to_numpy(),
    )
    origin, dest = np.nonzero(apart / METRES_A_MINUTE <= 15)
    costs = pd.DataFrame({"origin": origin, "dest": dest, "minutes": apart[origin, dest] / METRES_A_MINUTE})
    return homes, shops, costs


def of(homes: pd.DataFrame, shops: pd.DataFrame, method: str, **options: Any) -> pd.DataFrame:
    options = {"people": "people", "capacity": "beds", "detour": 1.0, "speed_kmh": 4.0, **options}
    return govkit.access(homes, shops, method=method, **options).to_frame()


# -- the same as PySAL


def pysal(homes: pd.DataFrame, shops: pd.DataFrame, costs: pd.DataFrame, method: str) -> pd.Series:
    import warnings

    from access import fca, raam, weights

    options = {"cost_origin": "origin", "cost_dest": "dest", "cost_name": "minutes"}
    demand = pd.DataFrame({"demand": homes["people"]}).rename_axis("geoid")
    supply = pd.DataFrame({"supply": shops["beds"]}).rename_axis("geoid")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if method == "RAAM":
            return raam.raam(demand, supply, costs, tau=60, **options)
        shared = {"max_cost": 15, "demand_index": True, "supply_index": True, **options}
        if method == "2SFCA":
            return fca.two_stage_fca(demand, supply, costs, **shared)
        way = {"E2SFCA": fca.two_stage_fca, "3SFCA": fca.three_stage_fca}[method]
        return way(demand, supply, costs.copy(), weight_fn=weights.step_fn(STEPS), **shared)


@pytest.mark.parametrize("method", ["2SFCA", "E2SFCA", "3SFCA", "RAAM"])
@pytest.mark.parametrize("seed", [3, 8])
def test_a_method_equals_pysals_on_the_same_definition(method: str, seed: int) -> None:
    pytest.importorskip("access")
    homes, shops, costs = drawn(seed=seed)
    mine = of(homes, shops, method, decay=STEPS)[method]
    theirs = pysal(homes, shops, costs, method).reindex(mine.index)
    reached = mine.index.isin(costs["origin"])
    np.testing.assert_allclose(mine[reached], theirs[reached], rtol=1e-9, atol=1e-12)


def test_a_gaussian_decay_equals_pysals() -> None:
    pytest.importorskip("access")
    from access import fca, weights

    homes, shops, costs = drawn()
    demand = pd.DataFrame({"demand": homes["people"]}).rename_axis("geoid")
    supply = pd.DataFrame({"supply": shops["beds"]}).rename_axis("geoid")
    options = {"cost_origin": "origin", "cost_dest": "dest", "cost_name": "minutes", "demand_index": True}
    theirs = fca.two_stage_fca(demand, supply, costs, max_cost=15, weight_fn=weights.gaussian(6), **options)
    mine = of(homes, shops, "E2SFCA", decay=6)["E2SFCA"]
    np.testing.assert_allclose(mine[theirs.index], theirs, rtol=1e-9)


def test_minutes_found_otherwise_give_what_places_give() -> None:
    homes, shops, costs = drawn()
    for method in ("2SFCA", "3SFCA", "BFCA", "RAAM"):
        by_place = of(homes, shops, method)[method]
        by_cost = of(pd.DataFrame(homes), pd.DataFrame(shops), method, costs=costs)[method]
        np.testing.assert_allclose(by_cost, by_place, rtol=1e-9)


# -- by hand


def test_two_steps_share_a_places_beds_among_those_in_reach() -> None:
    homes = points((0, 0), (500, 0), (5000, 0), people=[100, 300, 50])
    shops = points((0, 100), (600, 0), beds=[4, 6])
    found = of(homes, shops, "2SFCA")
    # both homes reach both places: 4/400 + 6/400
    assert found["2SFCA"].tolist() == pytest.approx([0.025, 0.025, 0.0])
    assert found["within"].tolist() == [2, 2, 0]
    assert found["nearest"].tolist()[:2] == pytest.approx([1.5, 1.5])
    assert np.isnan(found["nearest"][2])


def test_a_detour_makes_ways_longer() -> None:
    homes, shops = points((0, 0), people=[1]), points((700, 0), beds=[1])
    assert of(homes, shops, "nearest", detour=1.4)["nearest"].tolist() == pytest.approx([14.7])
    assert of(homes, shops, "nearest", detour=1.5)["covered"].tolist() == [False]


def test_balanced_catchments_count_nobody_twice() -> None:
    """The example of two centres and shares that sum to 1: people served add up to all people."""
    origin, place = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    costs = Given(origin, place, np.array([5.0, 10.0, 10.0, 5.0]), 2, 2)
    weight = catchment.stepped({5: 1.0, 10: 0.25})
    found = catchment.balanced(costs, np.array([100.0, 300.0]), np.array([10.0, 10.0]), weight)
    served = np.array([100 * 0.8 + 300 * 0.2, 100 * 0.2 + 300 * 0.8])
    level = 10 / served
    assert found.tolist() == pytest.approx([0.8 * level[0] + 0.2 * level[1], 0.2 * level[0] + 0.8 * level[1]])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_all_beds_in_reach_are_handed_out_once(seed: int) -> None:
    homes, shops, costs = drawn(seed=seed)
    reached = shops["beds"][shops.index.isin(costs["dest"])].sum()
    for method in ("2SFCA", "E2SFCA", "3SFCA"):
        found = of(homes, shops, method, decay=STEPS)
        assert (found[method] * found["people"]).sum() == pytest.approx(reached, rel=1e-9)


# -- along a network


def street_grid() -> gpd.GeoSeries:
    across = [shapely.LineString([(x, y) for x in range(0, 601, 100)]) for y in range(0, 601, 100)]
    along = [shapely.LineString([(x, y) for y in range(0, 601, 100)]) for x in range(0, 601, 100)]
    return gpd.GeoSeries([*across, *along], crs=CRS)


def test_ways_along_streets_go_round_the_corner() -> None:
    homes, shops = points((0, 0), people=[1]), points((300, 400), beds=[1])
    found = of(homes, shops, "nearest", lines=street_grid())
    assert found["nearest"].tolist() == pytest.approx([700 / METRES_A_MINUTE])


def test_a_barrier_is_walked_round() -> None:
    homes, shops = points((0, 0), people=[1]), points((0, 300), beds=[1])
    wall = gpd.GeoSeries([shapely.LineString([(-50, 150), (250, 150)])], crs=CRS)
    found = of(homes, shops, "nearest", lines=street_grid(), barriers=wall)
    assert found["nearest"].tolist() == pytest.approx([900 / METRES_A_MINUTE])


def test_a_home_the_network_does_not_reach_is_told() -> None:
    homes, shops = points((0, 0), (9000, 9000), people=[1, 1]), points((100, 100), beds=[1])
    found = govkit.access(homes, shops, lines=street_grid())
    assert found.to_frame()["covered"].tolist() == [True, False]
    assert any("1 个居民点离路网太远" in note for note in found.notes)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_a_network_is_never_quicker_than_the_straight_line(seed: int) -> None:
    random = np.random.default_rng(seed)
    homes = points(*random.integers(0, 7, (10, 2)) * 100.0, people=[1] * 10)
    shops = points(*random.integers(0, 7, (3, 2)) * 100.0, beds=[1] * 3)
    along = of(homes, shops, "nearest", lines=street_grid(), minutes=60)["nearest"]
    straight = of(homes, shops, "nearest", minutes=60)["nearest"]
    assert (along >= straight - 1e-9).all()


# -- sites


def test_the_best_site_is_that_of_most_people_not_yet_covered() -> None:
    pytest.importorskip("spopt")
    homes = points((0, 0), (3000, 0), (6000, 0), people=[100, 300, 200])
    sites = points((0, 100), (3000, 100), (6000, 100), beds=[1, 1, 1])
    ways = govkit.access(homes, sites, people="people", detour=1.0).costs
    found = best_sites(ways, homes["people"], sites.index, minutes=15, count=2)
    assert found.index.tolist() == [1, 2]
    assert found["adds"].tolist() == [300, 200]
    assert found["share"].tolist() == pytest.approx([0.5, 5 / 6])
    standing = np.array([False, True, False])
    more = best_sites(ways, homes["people"], sites.index, minutes=15, count=1, standing=standing)
    assert more.index.tolist() == [2]


def test_as_few_sites_as_cover_everybody_are_chosen() -> None:
    pytest.importorskip("spopt")
    homes = points((0, 0), (600, 0), (6000, 0), people=[1, 1, 1])
    sites = points((300, 0), (0, 0), (6000, 0), beds=[1, 1, 1])
    ways = govkit.access(homes, sites, people="people", detour=1.0, minutes=6).costs
    assert sorted(best_sites(ways, homes["people"], sites.index, minutes=6, model="LSCP").index) == [0, 2]


@pytest.mark.parametrize(("model", "chosen"), [("p-median", [0]), ("p-centre", [1])])
def test_the_median_serves_most_the_centre_the_farthest(model: str, chosen: list[int]) -> None:
    pytest.importorskip("spopt")
    homes = points((0, 0), (900, 0), people=[1000, 1])
    sites = points((0, 0), (450, 0), beds=[1, 1])
    ways = govkit.access(homes, sites, people="people", detour=1.0).costs
    assert best_sites(ways, homes["people"], sites.index, minutes=15, count=1, model=model).index.tolist() == chosen


def test_stores_of_san_francisco_are_those_of_the_manual_of_spopt() -> None:
    """Sixteen sites, 205 tracts, four stores: 184 tracts within 5 km, mean way 2,982.13 m; the farthest 7,403.06 m is
    the least of all 1,820 choices.
    """
    folder = Path(pytest.importorskip("spopt").__file__).parent / "tests/test_locate/data"
    ways = pd.read_csv(folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    tracts = ways.groupby("DestinationName")[["demand"]].first()
    costs = ways.rename(columns={"DestinationName": "origin", "name": "dest", "distance": "minutes"})
    stores = pd.DataFrame(index=sorted(ways["name"].unique()))
    found = govkit.access(tracts, stores, people="demand", method="nearest", minutes=30_000, costs=costs)
    apart = ways.pivot_table(values="distance", index="DestinationName", columns="name")
    chosen = {model: found.sites(count=4, model=model, minutes=5000) for model in ("MCLP", "p-median", "p-centre")}
    way = {model: apart[sites.index].min(axis=1) for model, sites in chosen.items()}
    assert (way["MCLP"] <= 5000).sum() == 184
    assert chosen["MCLP"]["share"].iloc[-1] == pytest.approx(875_247 / 955_113)
    assert np.average(way["p-median"], weights=tracts["demand"]) == pytest.approx(2982.1268579890657)
    assert way["p-centre"].max() == pytest.approx(7403.063811)


@pytest.mark.parametrize("model", ["p-median", "p-centre"])
def test_who_can_reach_no_site_has_no_say_and_is_told(model: str) -> None:
    pytest.importorskip("spopt")
    homes = points((0, 0), (900, 0), (90_000, 0), (500, 0), people=[10, 10, 5, 0])
    sites = points((0, 0), (450, 0), beds=[1, 1])
    found = govkit.access(homes, sites, people="people", detour=1.0).sites(model=model)
    assert model == "p-median" or found.index.tolist() == [1]
    assert found.attrs["notes"] == ["1 个居民点（5 人）走不到任何备选点，选址时未计"]
    nobody = govkit.access(homes.assign(people=0), sites, people="people", detour=1.0)
    with pytest.raises(GovkitError, match="没有一个有人居住的居民点"):
        nobody.sites(model=model)


# -- what cannot be known


def test_facilities_without_capacity_are_left_out_and_people_unknown_count_as_none() -> None:
    homes = points((0, 0), (10, 0), people=[100, None])
    shops = points((0, 0), (5, 0), beds=[4, None])
    found = govkit.access(homes, shops, people="people", capacity="beds")
    assert found.to_frame()["2SFCA"].tolist() == pytest.approx([0.04, 0.04])
    assert "1 处没有设施规模（beds），未参加计算" in found.notes
    assert "1 处没有人口（people），按 0 计，不是没有人" in found.notes


def test_nobody_at_all_shares_nothing() -> None:
    found = govkit.access(points((0, 0), people=[0]), points((0, 0), beds=[0]), people="people", capacity="beds")
    assert found.to_frame()["2SFCA"].tolist() == [0.0]
    assert any("没有一个居民点有人口" in note for note in found.notes)
    assert any("1 处设施规模为 0" in note for note in found.notes)


def test_no_facility_with_a_capacity_is_refused_with_what_else_can_be_done() -> None:
    with pytest.raises(GovkitError, match=r"1 处设施都没有规模（beds）.*(\n.*)*不给 capacity"):
        govkit.access(points((0, 0), people=[1]), points((0, 0), beds=[None]), capacity="beds")


def test_a_facility_the_network_does_not_reach_is_told() -> None:
    found = govkit.access(points((0, 0), people=[1]), points((9000, 9000), beds=[1]), lines=street_grid())
    assert any("1 处设施离路网太远" in note for note in found.notes)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"method": "2SFC"}, "最接近的是：.*2SFCA"),
        ({"people": "peple"}, "最接近的是：people"),
        ({"minutes": 0}, "minutes 应为大于 0 的数"),
        ({"minutes": "15"}, "minutes 应为大于 0 的数"),
        ({"speed_kmh": -1}, "speed_kmh 应为大于 0"),
        ({"detour": 0.5}, "detour 应为不小于 1"),
        ({"method": "E2SFCA", "decay": 0}, "decay 应为大于 0"),
        ({"method": "E2SFCA", "decay": {}}, "decay 没有一级"),
        ({"method": "RAAM", "tau": 0}, "tau 应为大于 0"),
        ({"lines": gpd.GeoSeries([shapely.LineString([(0, 0), (1, 1)])])}, "路网没有坐标系"),
        ({"crs": "EPSG:4490"}, "以米为单位"),
    ],
)
def test_a_wrong_request_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises((GovkitError, UnknownNameError), match=told):
        govkit.access(points((0, 0), people=[1]), points((0, 0), beds=[1]), **options)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [([3, -5], "1 个负数"), (["3", "十分钟"], "1 处不是，如 '十分钟'"), ([3, None], None)],
    ids=["below nought", "words", "missing"],
)
def test_minutes_found_otherwise_are_looked_at(minutes: list[Any], told: str | None) -> None:
    people, places = pd.DataFrame(index=["a", "b"]), pd.DataFrame(index=["x"])
    costs = pd.DataFrame({"origin": ["a", "b", "z"], "dest": "x", "minutes": [*minutes, 2]})
    if told:
        with pytest.raises(GovkitError, match=told):
            govkit.access(people, places, costs=costs)
        return
    found = govkit.access(people, places, costs=costs)
    assert found.to_frame()["covered"].tolist() == [True, False]
    assert found.notes == ("1 对起讫点没有行程时间，未用", "1 对起讫点的编号不在居民点或设施里，未用")
    with pytest.raises(GovkitError, match="编号（索引）有重复"):
        govkit.access(people.set_axis(["a", "a"]), places, costs=costs)


@pytest.mark.filterwarnings("error")
def test_an_empty_point_is_told_without_a_warning() -> None:
    people = points((0, 0), (1, 0), people=[1, 1])
    people = people.set_geometry([shapely.Point(), people.geometry.iloc[1]], crs=people.crs)
    found = govkit.access(people, points((0, 99_000), beds=[1]))
    assert found.notes[0] == "1 个居民点没有位置，未参加计算"
    assert found.notes[-1] == "15 分钟内没有一个居民点走得到任何设施"


# -- of a zone


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = write_zone(tmp_path_factory.mktemp("access") / "z")
    layer = folder / "网格.geojson"
    layer.write_text(
        layer.read_text(encoding="utf-8").replace('"户数": 400', '"户数": 400, "人口": 1000'), encoding="utf-8"
    )
    return govkit.open_zone(folder)


def test_a_zone_names_who_is_not_covered(zone: Any) -> None:
    found = zone.access("警务室", minutes=5)
    frame = found.to_frame()
    assert frame["people"].tolist() == [1000.0] * 6
    assert 0 < found.share < 1
    assert set(found.uncovered()["community"]) == set(frame.loc[~frame["covered"], "community"])
    assert found.summary("district")["people"].tolist() == [2000.0] * 3


def test_a_kind_of_facility_is_known_by_key_or_label(zone: Any) -> None:
    assert zone.access("police_room").share == zone.access("警务室").share
    with pytest.raises(UnknownNameError, match="警务室"):
        zone.access("警务")


def test_a_network_in_a_file_is_walked_along(zone: Any, tmp_path: Path) -> None:
    line = shapely.LineString([(126.41 + step * 0.02, 45.61) for step in range(6)])
    path = tmp_path / "路.gpkg"
    gpd.GeoDataFrame({"name": ["路"]}, geometry=[line], crs="EPSG:4490").to_file(path)
    found = zone.access("卫生室", minutes=30, lines=path)
    assert any("沿路网步行" in note for note in found.notes)
    assert found.to_frame()["nearest"].max() < 1


# -- in two languages


@pytest.mark.parametrize("key", sorted(catalogue.load("notes")))
def test_a_note_is_said_with_the_same_blanks_in_both_languages(key: str) -> None:
    said = catalogue.load("notes")[key]
    blanks = [set(re.findall(r"\$(\w+)", said[language])) for language in ("zh", "en")]
    assert blanks[0] == blanks[1]
    assert not re.search(r"[\u4e00-\u9fff]", said["en"])


def test_notes_have_their_english_and_nothing_missing_is_shown() -> None:
    found = govkit.access(points((0, 0), people=[0]), points((0, 99_000), beds=[1]), people="people")
    assert [note.en for note in found.notes] == [
        "nobody lives anywhere: there is no share of people covered, supply per head counts as 0",
        "straight lines × 1.3 (detour factor), walking 4 km an hour",
        "nobody reaches any facility within 15 minutes",
    ]
    shown = repr(found) + found._repr_html_()
    assert "nan" not in shown
    assert "nobody reaches" in shown
