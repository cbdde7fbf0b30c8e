"""The made-up province: a true coverage but for planted defects, the totals asked for, the same bytes at every run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from data.synthetic.province import Plan, write_province
from data.synthetic.province.lattice import county_grids, draw_lattice
from data.synthetic.province.plan import METRIC
from data.synthetic.province.written import county_tables
from govkit.geometry.coverage import audit_grids

PLAN = Plan(
    counties=2, streets_down=2, streets_across=2, down=8, across=10, strip=4, communities=2,
    facilities=250, matters=400, households=5_000, population=15_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def grids() -> gpd.GeoDataFrame:
    lattice = draw_lattice(PLAN)
    return pd.concat([county_grids(PLAN, lattice, county) for county in range(2)], ignore_index=True)


def test_the_whole_province_is_as_large_as_asked_for() -> None:
    assert Plan.at(1).totals() == {
        "counties": 100, "streets": 2_000, "communities": 30_000, "grids": 1_000_000, "facilities": 1_000_000,
        "matters": 4_000_000, "households": 20_000_000, "population": 60_000_000,
    }  # fmt: skip


def test_the_rows_written_meet_the_totals(tmp_path: Path) -> None:
    assert write_province(tmp_path, PLAN) == PLAN.totals()


def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    digests = []
    for name in ("一", "二"):
        write_province(tmp_path / name, PLAN)
        files = sorted((tmp_path / name).rglob("*.parquet"))
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
    assert digests[0] == digests[1]


def test_every_grid_is_valid_and_has_a_code_of_its_own(grids: gpd.GeoDataFrame) -> None:
    assert grids.geometry.is_valid.all()
    assert grids["grid_code"].is_unique
    assert (grids["grid_code"].str[:12] == grids["unit_code"]).all()


def test_communities_are_connected(grids: gpd.GeoDataFrame) -> None:
    whole = grids.to_crs(METRIC).dissolve("unit_code").geometry.buffer(0.1)
    assert (shapely.get_num_geometries(whole.to_numpy()) == 1).all()


def test_the_planted_gaps_are_the_only_ones_also_between_counties(grids: gpd.GeoDataFrame) -> None:
    audit = audit_grids(grids, crs=METRIC)
    assert len(audit.gaps) == 4
    assert (audit.slivers["area_m2"] < 1).all()
    whole = [codes for codes, area in zip(audit.overlaps["grid_codes"], audit.overlaps["area_m2"], strict=True)
             if area > 20_000]  # fmt: skip
    assert len(whole) == 4


def test_units_hold_the_people_of_their_grids_level_by_level() -> None:
    units = county_tables(PLAN, draw_lattice(PLAN), 1)["units"]
    assert units.groupby("level")["population"].sum().tolist() == [15_000] * 3
    below = units.groupby("parent")["households"].sum()
    streets = units.loc[units["level"] == "street"].set_index("unit_code")["households"]
    assert (below.reindex(streets.index) == streets).all()


def test_every_community_has_a_service_centre() -> None:
    tables = county_tables(PLAN, draw_lattice(PLAN), 0)
    centres = tables["facilities"].query("kind == 'service_centre'")
    assert set(centres["unit_code"]) == set(tables["grids"]["unit_code"])


def test_a_county_too_small_for_its_defects_is_refused() -> None:
    tiny = Plan(counties=1, streets_down=1, streets_across=1, down=4, across=4)
    with pytest.raises(ValueError, match="too small"):
        county_grids(tiny, draw_lattice(tiny), 0)
