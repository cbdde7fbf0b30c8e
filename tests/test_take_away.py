"""What is taken away from a zone: one GeoPackage, a crate that says how it was made, the same reports elsewhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from three_towns import write_zone

import govkit
from govkit.zone.crate import PACKED


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = write_zone(tmp_path_factory.mktemp("out") / "三镇")
    (folder / ".隐藏").write_text("", encoding="utf-8")
    (folder / "~$行政单元.xlsx").write_text("", encoding="utf-8")
    return govkit.open_zone(folder)


@pytest.fixture(scope="module")
def export(zone: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("export") / "导出"
    zone.export(place, sources=True)
    return place


def test_one_geopackage_holds_every_table_and_every_measure(zone: Any, export: Path) -> None:
    path = export / f"{zone.name}.gpkg"
    layers = {str(name) for name in pyogrio.list_layers(path)[:, 0]}
    assert layers == {*zone.tables, "measures"}
    assert gpd.read_file(path, layer="grids").crs == "EPSG:4490"
    for name, table in zone.tables.items():
        assert len(gpd.read_file(path, layer=name)) == len(table)
    found = gpd.read_file(path, layer="measures")
    mine = found.loc[(found["measure"] == "settled_in_grid") & (found["period"] == "2018H2")].set_index("unit_code")
    asked = zone.measure("settled_in_grid", by="community")
    pd.testing.assert_series_equal(mine["value"], asked["value"], check_dtype=False, check_index_type=False)


def test_the_crate_names_program_packages_parameters_and_method(zone: Any, export: Path) -> None:
    pytest.importorskip("rocrate")
    stated = json.loads((export / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    (action,) = [one for one in stated if one.get("name") == "govkit export"]
    assert any(one.startswith("pandas ") for one in action["softwareRequirements"])
    assert zone.code in action["parameters"]
    assert "办结" in action["description"]
    files = {one["name"]: one for one in stated if one.get("@type") == "File"}
    source = f"{PACKED}/行政单元.csv"
    assert files[source]["sha256"] == hashlib.sha256((zone.folder / "行政单元.csv").read_bytes()).hexdigest()
    sources = {one["@id"] for name, one in files.items() if name.startswith(PACKED)}
    assert {one["@id"] for one in action["object"]} == sources


def test_what_is_hidden_or_held_open_stays_at_home(zone: Any, export: Path) -> None:
    packed = {path.name for path in (export / PACKED).rglob("*") if path.is_file()}
    assert "zone.toml" in packed
    assert not any(name.startswith((".", "~$")) for name in packed)


def test_without_being_asked_for_no_source_is_taken_along(zone: Any, tmp_path: Path) -> None:
    zone.export(tmp_path / "z")
    assert not (tmp_path / "z" / PACKED).exists()


def test_reports_of_the_export_are_those_of_the_zone(zone: Any, export: Path, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"formats": "html", "districts": "甲镇", "jobs": 1}
    made = []
    for folder, out in ((zone.folder, tmp_path / "此处"), (export, tmp_path / "别处")):
        manifest, where = govkit.report(folder, out=out, **asked)
        assert not manifest.failed
        made.append({path.name: path.read_bytes() for path in where.glob("*.html") if path.name != "index.html"})
    assert made[0]
    assert made[0] == made[1]
