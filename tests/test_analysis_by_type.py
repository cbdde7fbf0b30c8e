"""Communities by type, and the life circle of each kind of facility."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from analysis_frames import CRS, ELM, FIRST, MARKET, OAK, RIVER, grids, zone
from shapely import Point

from govkit.analysis import typology
from govkit.analysis.access.life_circle import reach_by_kind
from govkit.geometry.reach import circles, residents_inside
from govkit.sections import ledgers


def typed() -> dict[str, pd.DataFrame]:
    tables = zone()
    kinds = {OAK: "景区型", ELM: "景区型", RIVER: "开发小区型"}
    return {**tables, "units": tables["units"].assign(type=tables["units"]["unit_code"].map(kinds))}


def test_ratios_of_a_type_are_made_of_all_its_communities() -> None:
    found = typology.compared(["settled_rate"], typed(), FIRST).set_index("type")
    assert found.loc["景区型", ["communities", "value"]].tolist() == [2, pytest.approx(3 / 5)]
    assert found.loc["开发小区型", "value"] == 1.0


def test_a_type_of_which_too_few_rows_are_known_has_no_value() -> None:
    tables = typed()
    people = tables["units"]["households"].mask(tables["units"]["unit_code"].eq(ELM))
    tables["units"] = tables["units"].assign(households=people)
    found = typology.compared(["premises_per_100_households"], tables, FIRST)
    assert "景区型" not in set(found["type"])


def test_types_are_counted_with_their_people() -> None:
    found = typology.counted(typed())
    assert found.loc["景区型"].tolist() == [2, 3000, 1200]
    assert MARKET not in typology.types(typed()).index


def test_without_types_there_is_nothing_to_compare() -> None:
    assert typology.types(zone()).empty
    assert typology.compared(["settled_rate"], zone(), FIRST).empty


def with_places(*metres: tuple[float, float]) -> dict[str, pd.DataFrame]:
    tables = zone()
    points = gpd.GeoSeries([Point(500_000.0 + x, 5_060_000.0 + y) for x, y in metres], crs=CRS).to_crs("EPSG:4490")
    places = pd.DataFrame({"kind": ["clinic"] * len(metres), "unit_code": OAK, "district_code": "", "opened": pd.NaT})
    ground = grids(("g1", OAK, (0, 0, 100, 100)), ("g2", ELM, (5000, 0, 5100, 100)))
    ground = ground.assign(population=pd.array([300, 100], dtype="Int64"))
    return {**tables, "facilities": gpd.GeoDataFrame(places, geometry=points), "grids": ground}


def test_residents_near_a_facility_are_reached_and_others_are_not() -> None:
    row = reach_by_kind(with_places((50, 50)), FIRST, crs=CRS).iloc[0]
    assert (row["label"], row["places"]) == ("医疗卫生站", 1)
    assert row[[300, 500, 1000]].tolist() == pytest.approx([0.75, 0.75, 0.75])


def test_a_facility_that_is_nowhere_or_not_yet_open_reaches_nobody() -> None:
    tables = with_places((50, 50))
    tables["facilities"]["opened"] = pd.Timestamp("2020-01-01")
    assert reach_by_kind(tables, FIRST, crs=CRS).empty
    assert reach_by_kind({"units": tables["units"]}, FIRST, crs=CRS).empty


def test_half_a_polygon_holds_half_its_residents() -> None:
    ground = np.array([Point(0, 0).buffer(50).envelope])
    rings = circles(np.array([Point(-1000, 0)]), [1000.0])
    inside = residents_inside(rings, ground, np.array([100.0]))[1000.0]
    assert inside[0] == pytest.approx(50, abs=3)
    assert residents_inside(circles(np.array([Point(900, 9)]), [1.0]), ground, np.array([100.0]))[1.0][0] == 0.0


def test_measures_of_one_label_keep_a_row_each_in_the_table() -> None:
    rows = [(name, "得分率", "%", "higher", "街道型", 2, value) for name, value in (("a", 0.8), ("b", 0.9))]
    compared = pd.DataFrame(rows, columns=["measure", "label", "unit", "direction", "type", "communities", "value"])
    counted = pd.DataFrame({"communities": [2]}, index=["街道型"])
    table = ledgers.type_table(counted, compared, title="比较")
    assert [row[1] for row in table.rows] == ["2", "80.0%", "90.0%"]
