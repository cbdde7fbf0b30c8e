"""The second opening of a zone takes its tables from the cache, and never a wrong one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import platformdirs
import pytest
from intake_zone import TAIPING, facility, write_csv, write_facilities, write_grids, write_units

from govkit.cache_folder import default_folder
from govkit.intake import Intake, Source, read_zone_tables
from govkit.intake.reading import cache, zone_tables
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.sources import fingerprint

EVENTS = [
    ["事项编号", "网格编码", "上报时间", "办结时间", "办结层级", "状态"],
    ["E1", f"{TAIPING}001", "2018-03-01 08:00", "2018-03-01 20:00", "网格", "已办结"],
    ["E2", f"{TAIPING}009", "2018-03-01 08:00", "", "", "办理中"],
]


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    """Four files with a wrong grid, a facility without a place and one outside of its village."""
    folder = tmp_path / "分区"
    folder.mkdir()
    write_units(folder)
    write_grids(folder)
    row = facility(2)
    row[7] = row[8] = None
    write_facilities(folder, [facility(1), row, facility(3, at=(126.39, 45.61))])
    write_csv(folder / "事项.csv", EVENTS, encoding="utf-8-sig")
    return folder


def opened(folder: Path, cache_folder: Path | None, *, datum: str = "GCJ-02", crs: str = "EPSG:4526") -> Intake:
    sources = [
        Source("units", "行政单元.xlsx"), Source("grids", "网格.shp", datum="CGCS2000"),
        Source("facilities", "设施台账.xlsx", datum=datum), Source("events", "事项.csv"),
    ]  # fmt: skip
    by_table = {one.table: one for one in sources}
    return read_zone_tables(folder, by_table, code="230102", metric_crs=crs, cache=cache_folder)


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name != "sources") if folder.is_dir() else []


def kept_sources(folder: Path) -> list[Path]:
    return sorted((folder / "sources").iterdir())


def assert_same(one: Intake, other: Intake) -> None:
    assert list(one.tables) == list(other.tables)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name])
        assert type(table) is type(other.tables[name])
        assert getattr(table, "crs", None) == getattr(other.tables[name], "crs", None)
    pd.testing.assert_frame_equal(one.findings, other.findings)
    pd.testing.assert_frame_equal(one.accounts, other.accounts)


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """From here on a file that is read is a failure; ask for it after the first opening."""

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a source was read")

    monkeypatch.setattr(zone_tables, "_read_zone", refuse)
    return monkeypatch


def test_what_comes_from_the_cache_is_what_was_read(zone: Path, tmp_path: Path) -> None:
    plain, first = opened(zone, None), opened(zone, tmp_path / "c")
    again = opened(zone, tmp_path / "c")
    assert len(plain.findings) > 3
    assert_same(first, plain)
    assert_same(again, plain)


def test_the_second_opening_reads_no_source(zone: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    first = opened(zone, tmp_path / "c")
    request.getfixturevalue("no_reading")
    assert_same(opened(zone, tmp_path / "c"), first)


def test_without_a_folder_nothing_is_kept(zone: Path, tmp_path: Path) -> None:
    opened(zone, None)
    assert entries(tmp_path) == [zone]


@pytest.mark.parametrize(
    "change", [{"datum": "WGS84"}, {"crs": "EPSG:4551"}], ids=["option of a source", "option of the zone"]
)
def test_another_way_of_reading_is_another_entry(zone: Path, tmp_path: Path, change: dict[str, str]) -> None:
    opened(zone, tmp_path / "c")
    assert_same(opened(zone, tmp_path / "c", **change), opened(zone, None, **change))
    assert len(entries(tmp_path / "c")) == 2


@pytest.mark.parametrize("name", ["事项.csv", "网格.dbf"], ids=["file", "companion of a shapefile"])
def test_a_changed_file_is_read_anew(zone: Path, tmp_path: Path, name: str, request: pytest.FixtureRequest) -> None:
    opened(zone, tmp_path / "c")
    path = zone / name
    path.write_bytes(path.read_bytes().replace(b"E1", b"E7") + (b"\r\n" if name.endswith("csv") else b"\x1a"))
    request.getfixturevalue("no_reading")
    with pytest.raises(AssertionError, match="a source was read"):
        opened(zone, tmp_path / "c")


def test_another_version_of_the_readers_reads_anew(zone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(zone, tmp_path / "c")
    monkeypatch.setattr(cache, "_readers", lambda: "another")
    opened(zone, tmp_path / "c")
    assert len(entries(tmp_path / "c")) == 2


def spoil_bytes(entry: Path) -> None:
    path = entry / "0.parquet"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 0xFF
    path.write_bytes(bytes(raw))


def cut_short(entry: Path) -> None:
    path = entry / "1.parquet"
    path.write_bytes(path.read_bytes()[:100])


def lose_the_list(entry: Path) -> None:
    (entry / "entry.json").unlink()


def scribble_over_the_list(entry: Path) -> None:
    (entry / "entry.json").write_text("{", encoding="utf-8")


@pytest.mark.parametrize("spoil", [spoil_bytes, cut_short, lose_the_list, scribble_over_the_list])
def test_a_damaged_entry_is_rebuilt(zone: Path, tmp_path: Path, spoil: object) -> None:
    first = opened(zone, tmp_path / "c")
    (entry,) = entries(tmp_path / "c")
    spoil(entry)  # type: ignore[operator]
    assert_same(opened(zone, tmp_path / "c"), first)
    assert entries(tmp_path / "c") == [entry]
    assert cache._load(entry) is not None


def test_a_missing_source_is_the_usual_error(zone: Path, tmp_path: Path) -> None:
    (zone / "事项.csv").unlink()
    with pytest.raises(Exception, match="没有这个文件"):
        opened(zone, tmp_path / "c")
    assert entries(tmp_path / "c") == []


def test_a_file_saved_while_it_is_read_is_not_kept(zone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = cache.key_of

    def before_the_save(*args: object) -> tuple[str, dict[str, str]]:
        found = key(*args)  # type: ignore[arg-type]
        assert found
        path = zone / "事项.csv"
        path.write_bytes(path.read_bytes().replace(b"E1", b"E7"))
        return found

    monkeypatch.setattr(cache, "key_of", before_the_save)
    assert opened(zone, tmp_path / "c").tables["events"]["event_id"].tolist() == ["E7"]
    assert entries(tmp_path / "c") == []


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables whose files are read from here on."""
    names: list[str] = []
    plain = zone_tables.read_source

    def noted(folder: Path, source: Source, *, code: str) -> Reading:
        names.append(source.table)
        return plain(folder, source, code=code)

    monkeypatch.setattr(zone_tables, "read_source", noted)
    return names


def edit_events(zone: Path) -> None:
    path = zone / "事项.csv"
    path.write_bytes(path.read_bytes().replace(b"E1", b"E7"))


def test_of_a_zone_with_one_changed_file_only_that_is_read(zone: Path, tmp_path: Path, read: list[str]) -> None:
    opened(zone, tmp_path / "c")
    edit_events(zone)
    read.clear()
    assert_same(opened(zone, tmp_path / "c"), opened(zone, None))
    assert read == ["events", "units", "grids", "facilities", "events"]


def test_a_damaged_source_is_read_anew(zone: Path, tmp_path: Path, read: list[str]) -> None:
    opened(zone, tmp_path / "c")
    for path in kept_sources(tmp_path / "c"):
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 0xFF
        path.write_bytes(bytes(raw))
    edit_events(zone)
    read.clear()
    assert_same(opened(zone, tmp_path / "c"), opened(zone, None))
    assert read[:4] == ["units", "grids", "facilities", "events"]


def test_sources_used_longest_ago_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_SOURCES", 3)
    for number in range(5):
        path = tmp_path / f"{number}.csv"
        path.write_text(str(number), encoding="utf-8")
        cache.kept_source(tmp_path / "c", path, {}, lambda: "read", sha256_of=lambda _, path=path: fingerprint(path)[0])
    assert len(kept_sources(tmp_path / "c")) == 3


def test_a_source_saved_while_it_is_read_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1", encoding="utf-8")
    assert (
        cache.kept_source(tmp_path / "c", tmp_path / "a.csv", {}, lambda: "read", sha256_of=lambda _: "other") == "read"
    )
    assert not (tmp_path / "c").exists()


def test_a_database_is_never_kept(tmp_path: Path) -> None:
    assert cache.key_of(tmp_path, {"units": Source("units", "postgresql://gis@localhost/zone")}, {}) is None


def test_a_folder_that_cannot_be_written_to_does_not_stop_the_opening(zone: Path, tmp_path: Path) -> None:
    (tmp_path / "c").write_text("a file", encoding="utf-8")
    assert_same(opened(zone, tmp_path / "c"), opened(zone, None))


RACE = """
import os
import sys
from pathlib import Path
from govkit.intake import Source, read_zone_tables

sources = {"units": Source("units", "行政单元.xlsx"), "grids": Source("grids", "网格.shp", datum="CGCS2000")}
sys.stdin.read()
for _ in range(5):
    found = read_zone_tables(Path(sys.argv[1]), sources, code="230102", metric_crs="EPSG:4526", cache=Path(sys.argv[2]))
    print(len(found.tables["grids"]), len(found.findings))
sys.stdout.flush()
os._exit(0)  # on a busy machine a thread of a library that is only starting aborts an interpreter that ends
"""


def test_processes_that_open_a_zone_at_once_agree_and_leave_one_entry(zone: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RACE, str(zone), str(tmp_path / "c")]
    runs = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for run in runs:
        assert run.stdin
        run.stdin.close()
        run.stdin = None
    said = [run.communicate()[0].splitlines() for run in runs]
    assert all(run.returncode == 0 for run in runs)
    assert said[0] == said[1] == said[2]
    assert len(set(said[0])) == 1
    assert [len(path.name) for path in entries(tmp_path / "c")] == [64]


def test_entries_used_longest_ago_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_ENTRIES", 3)
    for number in range(5):
        cache.kept(tmp_path, f"{number:064}", lambda: {"a": pd.DataFrame({"x": [1]})}, sound=lambda _: True)
    assert len(entries(tmp_path)) == 3


def test_the_folder_is_the_users_own_unless_named_or_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOVKIT_CACHE", raising=False)
    assert default_folder() == platformdirs.user_cache_path("govkit", appauthor=False)
    monkeypatch.setenv("GOVKIT_CACHE", "somewhere")
    assert default_folder() == Path("somewhere")
    monkeypatch.setenv("GOVKIT_CACHE", "off")
    assert default_folder() is None


def test_no_personal_column_reaches_the_cache(zone: Path, tmp_path: Path) -> None:
    opened(zone, tmp_path / "c")
    (entry,) = entries(tmp_path / "c")
    kept = cache._load(entry)
    assert kept
    said = "".join(frame.astype("str").to_csv() for frame in kept.values())
    assert "设施1" in said
    assert "王某" not in said
    sources = b"".join(path.read_bytes() for path in kept_sources(tmp_path / "c"))
    assert "设施1".encode() in sources
    assert "王某".encode() not in sources
