"""The benchmarks of the made-up province run at a small scale, and their answers are the expected ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from data.synthetic.province import Plan, write_province, write_zone
from govkit.geometry.coverage import GridAudit, no_defects
from govkit.zone.opening import open_zone

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import points_to_grids
import province

pytest.importorskip("geoarrow.pyarrow")

PLAN = Plan(
    counties=2, streets_down=2, streets_across=2, down=8, across=10, strip=4, communities=2,
    facilities=250, matters=400, households=5_000, population=15_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("测试省")
    write_province(folder, PLAN)
    return folder


def test_the_overview_finds_what_is_planted(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    province.overview(drawn, PLAN, access=True)
    shown = capsys.readouterr().out
    assert "500 points, 4 in no grid" in shown
    assert "\n  4 gaps, " in shown
    assert "2 counties, 15,000 to 15,000 people each" in shown
    assert "within 1000 m" in shown


def test_counties_are_scored_on_every_leaf(drawn: Path) -> None:
    nothing = GridAudit(no_defects(), no_defects())
    found = province.scores(drawn, nothing)
    assert found.index.tolist() == ["990101000000", "990102000000"]
    assert found["score"].between(0, 100).all()


def test_a_sample_of_streets_is_a_zone_without_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOVKIT_CACHE", "off")
    write_zone(tmp_path, PLAN, streets=5)
    zone = open_zone(tmp_path)
    assert len(zone.districts) == 5
    assert (zone.findings["severity"] != "error").all()
    units = zone.tables["units"]
    streets = units.loc[units["level"] == "street", "population"].sum()
    assert units.loc[units["level"] == "county", "population"].sum() == streets
    assert zone.tables["grids"].groupby("district_code").size().between(75, 85).all()


def test_more_streets_than_a_city_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="8 streets"):
        write_zone(tmp_path, PLAN, streets=9)


def test_govkit_and_geopandas_place_the_same_points(tmp_path: Path) -> None:
    points_to_grids.write_layers(tmp_path, 2_000, 10_000)
    found = [points_to_grids.digest(way(tmp_path)()) for way in (points_to_grids.govkit, points_to_grids.geopandas)]
    assert found[0]["hash"] == found[1]["hash"]
    assert 0 < found[0]["placed"] < 2_000


def test_of_two_grids_that_claim_a_point_the_digest_counts_the_smaller_code() -> None:
    twice = pd.DataFrame({"facility_id": ["1", "1", "0"], "grid_code": ["8", "7", None]})
    once = pd.DataFrame({"facility_id": ["1"], "grid_code": ["7"]})
    first, second = (points_to_grids.digest(pa.Table.from_pandas(frame)) for frame in (twice, once))
    assert first["hash"] == second["hash"]
    assert (first["placed"], first["twice"]) == (1, 1)
