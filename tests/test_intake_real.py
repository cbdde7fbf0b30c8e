"""Real public files, where they are at hand: each opens, or gets a finding or an error that is right."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from intake_zone import opened

from govkit.errors import SourceError
from govkit.intake import Source
from govkit.intake.formats.delimited import read_delimited
from govkit.intake.formats.workbook import read_workbook
from govkit.intake.places.datum import to_cgcs2000
from govkit.intake.places.datum_check import likely_datum_of_shapes

REAL = Path(os.environ.get("GOVKIT_REAL_DATA", Path(__file__).parents[2] / "shared" / "real"))
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="no folder of real files (set GOVKIT_REAL_DATA)")
FILES = (
    sorted(path for path in REAL.rglob("*") if path.suffix in {".csv", ".xlsx", ".geojson"}) if REAL.is_dir() else []
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_opens_whole(path: Path) -> None:
    source = Source("units", path.name)
    if path.suffix == ".csv":
        cells = read_delimited(path, source)[0].cells
        plain = pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False, header=None)
        assert cells.shape == plain.shape
    elif path.suffix == ".xlsx":
        assert next(len(grid.cells) for grid in read_workbook(path, source)) >= 3358
    else:
        assert len(gpd.read_file(path)) == 17


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_that_is_no_table_of_ours_is_told_what_it_lacks(tmp_path: Path, path: Path) -> None:
    shutil.copy(path, tmp_path / path.name)
    with pytest.raises(SourceError, match="缺少必需的列") as caught:
        opened(tmp_path, Source("funds", path.name))
    assert "文件里有" in str(caught.value)


@pytest.mark.parametrize("reference", ["zones_counties_tianditu_wgs84.geojson", "zones_counties_amap_wgs84.geojson"])
@pytest.mark.parametrize(
    ("name", "datum"),
    [
        ("zones_counties_amap_GCJ02.geojson", "GCJ-02"),
        ("zones_counties_amap_wgs84.geojson", ""),
        ("zones_counties_tianditu_wgs84.geojson", ""),
    ],
)
def test_county_outlines_labelled_wgs84_are_recognised_as_what_they_are(name: str, datum: str, reference: str) -> None:
    mine, other = (gpd.read_file(REAL / "boundaries" / one).set_index("adcode") for one in (name, reference))
    found = likely_datum_of_shapes(mine.geometry.to_numpy(), other.geometry.reindex(mine.index).to_numpy(), "WGS84")
    assert (found[0] if found else "") == datum


def test_points_of_2016_land_in_their_own_county_after_conversion() -> None:
    table = pd.read_csv(REAL / "codes" / "nbs2016_zones_5level_urcode_points.csv", dtype="str")
    lon, lat = (pd.to_numeric(table[name]) for name in ("lon_gcj02", "lat_gcj02"))
    held = lon.notna()
    counties = gpd.read_file(REAL / "boundaries" / "zones_counties_amap_wgs84.geojson")
    shapes = counties.assign(adcode=counties["adcode"].astype("str")).set_index("adcode")["geometry"]
    code = next(name for name in table if table[name].str.fullmatch(r"\d{12}").all())
    points = gpd.GeoSeries(gpd.points_from_xy(*to_cgcs2000(lon[held], lat[held], "GCJ-02")))
    own = gpd.GeoSeries(shapes.reindex(table.loc[held, code].str[:6]).to_numpy())
    assert held.sum() > 700
    assert (points.distance(own) * 111_000 < 50).all()
