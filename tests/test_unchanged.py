"""Never the same work twice, never a stale report: what is judged unchanged is what would come out again."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import platformdirs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from three_towns import CELLS, EVENTS, FACILITIES, OVERVIEW, TOWNS, UNITS, rows, write_notebook, write_rows, write_zone

from govkit import catalogue
from govkit.batch.plan.jobs import Job, plan, run_job
from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.plan.unchanged import Inputs, inputs_of, reasons, shared_parts
from govkit.batch.record.journal import Entry, damaged, read_entries, remove_report, write_entry
from govkit.batch.record.manifest import Manifest, Outcome
from govkit.batch.work import surroundings
from govkit.batch.work.ahead import Found
from govkit.batch.work.surroundings import TOO_MANY, files_beside, zone_files
from govkit.batch.work.workers import can_fork
from govkit.digests import digest
from govkit.files import sha256
from govkit.sections.shared import shared_numbers
from govkit.zone import memory
from govkit.zone.opening import open_zone, read_zone

forks = pytest.mark.skipif(not can_fork(), reason="by which doors a notebook came to its data is known where it is run")
DOOR = "import govkit\nplace = govkit.open_report(zone, district, period).inputs.place"


@pytest.fixture(autouse=True)
def nothing_in_memory() -> Iterator[None]:
    """No test leaves a zone open."""
    yield
    memory.forget()


Edit = tuple[str, int, int, str]


def edits() -> st.SearchStrategy[list[Edit]]:
    """Cells of the tables changed: amounts, names, kinds, places, dates, and rows struck out (column -1)."""
    said = {
        FACILITIES: [(1, "新名称"), (2, "图书阅览室"), (4, "130"), (4, "1200"), (5, "126.4123"), (-1, "")],
        EVENTS: [(2, "矛盾纠纷"), (3, "2018-08-01 07:00"), (4, "2018-08-05 08:00"), (5, "镇"), (-1, "")],
        UNITS: [(5, "2100"), (6, "790")],
    }
    each = [
        st.tuples(st.just(name), st.integers(1, len(rows(name)) - 1), st.just(column), st.just(value))
        for name, changes in said.items()
        for column, value in changes
    ]
    return st.lists(st.one_of(each), min_size=1, max_size=2)


def edited(folder: Path, changes: list[Edit]) -> Path:
    write_zone(folder)
    tables = {name: rows(name) for name, *_ in changes}
    for name, row, column, value in changes:
        if column >= 0:
            tables[name][row][column] = value
    for name, row, column, _ in changes:
        if column < 0:
            tables[name][row] = []
    for name, table in tables.items():
        write_rows(folder, name, [row for row in table if row])
    return folder


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=edits())
def test_a_district_whose_hashes_are_equal_is_equal(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Edit]
) -> None:
    root = tmp_path_factory.mktemp("三 镇")
    before, after = read_zone(write_zone(root / "分区")), read_zone(edited(root / "改 过" / "分区", changes))
    hashes = before.digests_of_districts(), after.digests_of_districts()
    for town in TOWNS:
        one, other = before.district(town), after.district(town)
        same = {name: digest(one.tables[name]) == digest(other.tables[name]) for name in one.tables}
        assert same == {name: hashes[0][town][f"rows/{name}"] == hashes[1][town][f"rows/{name}"] for name in same}
        if hashes[0][town] == hashes[1][town]:
            assert digest(replace(one, settings=other.settings)) == digest(other)


def test_a_district_has_a_hash_for_each_part(tmp_path: Path) -> None:
    zone = open_zone(write_zone(tmp_path / "三镇"))
    town, *others = zone.districts["code"]

    def changed(**parts: Any) -> dict[str, set[str]]:
        now, before = replace(zone, **parts).digests_of_districts(), zone.digests_of_districts()
        names = {
            code: {part for part in {**now[code], **before[code]} if now[code].get(part) != before[code].get(part)}
            for code in now
        }
        return {code: parts for code, parts in names.items() if parts}

    facilities = zone.tables["facilities"]
    first = facilities.assign(name=facilities["name"].where(facilities.index > 0, "新名称"))
    assert changed(tables={**zone.tables, "facilities": first}) == {town: {"rows/facilities"}}
    finding = pd.DataFrame([{"severity": "note", "table": "facilities", "unit_code": facilities["unit_code"].iloc[0]}])
    assert changed(findings=pd.concat([zone.findings, finding], ignore_index=True)) == {town: {"findings"}}
    assert changed(accounts=zone.accounts.assign(sha256="other", bytes=1, rows_read=1)) == {}
    every = [town, *others]
    assert changed(accounts=zone.accounts.assign(file="别的.csv")) == {code: {"accounts"} for code in every}
    assert changed(settings=replace(zone.settings, name="别的区")) == {code: {"settings"} for code in every}
    less = {name: table for name, table in zone.tables.items() if name != "events"}
    assert changed(tables=less) == {code: {"noted", "rows/events"} for code in every}


def test_a_standard_of_the_zones_own_counts_by_content_and_not_by_place(tmp_path: Path) -> None:
    for place in ("a", "b"):
        folder = write_zone(tmp_path / place / "区")
        own = catalogue.path_of("standards/daoli_village_centre")
        (folder / "own.toml").write_bytes(own.read_bytes())
        settings = (folder / "zone.toml").read_text(encoding="utf-8").replace('"daoli_village_centre"', '"own.toml"')
        (folder / "zone.toml").write_text(settings, encoding="utf-8")
    one, other = (read_zone(tmp_path / place / "区").digests_of_districts() for place in ("a", "b"))
    assert one == other
    with (folder / "own.toml").open("a", encoding="utf-8") as file:
        file.write("\n# 另一版\n")
    assert read_zone(folder).digests_of_districts() != one


def entry(folder: Path, **changes: object) -> Entry:
    """A finished report with one output."""
    output = folder / "a.html"
    output.write_text("报告", encoding="utf-8")
    outcome = Outcome("230102101", "甲镇", "own", {}, "done", outputs=(output,), hashes=(sha256(output),))
    return Entry(**{"outcome": outcome, "key": {"code": "1"}, "zone": "区", "period": "P", "shared": "", **changes})


def test_each_reason_is_said(tmp_path: Path) -> None:
    found = entry(tmp_path)
    assert reasons(None, {}) == ("还没有这份报告",)
    assert reasons(found, {"code": "1"}) == ()
    assert reasons(found, {"code": "2"}) == ("govkit 程序有更新",)
    found.outcome.outputs[0].write_text("改过", encoding="utf-8")
    assert reasons(found, {"code": "1"}) == ("输出文件缺失或被改动：a.html",)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("rows/funds", "本单元的“专项资金台账”有变化"),
        ("zone/设施台账.xlsx", "分区的文件“设施台账.xlsx”有变化"),
        ("beside/helper.py", "笔记本旁的文件“helper.py”有变化"),
        ("findings", "本单元的数据检查结果有变化"),
        ("table/events", "全区的“网格事项”有变化"),
    ],
)
def test_each_part_that_has_changed_come_or_gone_is_named(tmp_path: Path, part: str, said: str) -> None:
    assert reasons(entry(tmp_path), {"code": "1", part: "x"}) == (said,)
    assert reasons(entry(tmp_path, key={"code": "1", part: "x"}), {"code": "1"}) == (said,)


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the secret of a user lies, in a home of its own."""
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "家" / "govkit")
    surroundings._key.cache_clear()
    yield tmp_path / "家" / "govkit" / "journal-key"
    surroundings._key.cache_clear()


def hash_of(folder: Path) -> str:
    """Return the hash of a zone's one file, as a new process makes it."""
    surroundings._key.cache_clear()
    folder.mkdir(exist_ok=True)
    (folder / "a.csv").write_text("1", encoding="utf-8")
    return zone_files(folder, outside=folder / "出")["a.csv"]


@pytest.mark.parametrize("content", [b"", b"0" * 63, b"\xff" * 64, b"0" * 64 + b"\n"])
def test_a_key_that_is_empty_or_damaged_is_made_anew(tmp_path: Path, key_file: Path, content: bytes) -> None:
    first = hash_of(tmp_path / "区")
    assert hash_of(tmp_path / "区") == first
    key_file.write_bytes(content)
    second = hash_of(tmp_path / "区")
    assert second[: surroundings.MARK] != first[: surroundings.MARK]
    assert len(key_file.read_bytes()) == 64
    assert hash_of(tmp_path / "区") == second


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_without_a_home_a_key_holds_for_one_process(
    tmp_path: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    first = hash_of(tmp_path / "区")
    monkeypatch.setattr(surroundings.FileLock, "acquire", refuse)
    assert hash_of(tmp_path / "区") != first
    assert zone_files(tmp_path / "区", outside=tmp_path) == zone_files(tmp_path / "区", outside=tmp_path)


def test_hashes_of_two_keys_are_not_said_to_be_changes(tmp_path: Path, key_file: Path) -> None:
    before = entry(tmp_path, key={f"zone/{name}": hash_of(tmp_path / "区") for name in ("a.csv", "b.csv")})
    key_file.unlink()
    now = {f"zone/{name}": hash_of(tmp_path / "区") for name in ("a.csv", "b.csv")}
    assert reasons(before, now) == (catalogue.load("batch")["why"]["key"],)


def test_a_report_that_opened_another_zone_is_made_again(tmp_path: Path) -> None:
    found = entry(tmp_path)
    found = replace(found, outcome=replace(found.outcome, made_of="elsewhere"))
    assert "别的分区" in reasons(found, {"code": "1"})[0]


def job_of(folder: Path, notebook: Path, **changes: Any) -> Job:
    zone = read_zone(folder)
    request = Request(folder, notebooks=(str(notebook),), **changes)
    return plan(zone, request, "2018H2", folder.parent / "out")[0]


def test_the_zone_counts_by_its_name_and_not_by_its_place(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "own" / "own.ipynb", "1")
    jobs = [job_of(write_zone(tmp_path / place / "区"), notebook) for place in "ab"]
    one, other = (Inputs({}, {}, {}).of(job, "zone") for job in jobs)
    assert one == other
    assert Inputs({}, {}, {}).of(replace(jobs[0], formats=("pdf",)), "zone") != one


def test_a_report_of_a_district_depends_on_its_district_alone_and_on_files_nobody_reads_into_tables(
    tmp_path: Path,
) -> None:
    folder = write_zone(tmp_path / "区")
    (folder / "说明.txt").write_text("甲", encoding="utf-8")
    zone, files = read_zone(folder), zone_files(folder, outside=tmp_path / "out")
    found = Found(zone, {"2018H2": None}, {"230102101": {"rows/events": "1"}}, "")
    inputs = inputs_of(found, files, "2018H2")
    job = job_of(folder, write_notebook(tmp_path / "own" / "own.ipynb", "1"), districts=("甲镇",))
    whole, own = (inputs.of(job, made_of).keys() for made_of in ("zone", "district"))
    assert {part for part in whole if "/" in part} == {f"zone/{name}" for name in files}
    assert {part for part in own if "/" in part} == {"rows/events", "zone/说明.txt", "zone/zone.toml"}


@pytest.mark.parametrize(
    ("cell", "reads"),
    [
        ("import pandas as pd\nreport.facilities().show()", False),
        ("import pandas as pd\npd.read_csv(zone + '/设施台账.csv')", True),
        ("open(zone + '/设施台账.csv').read()", True),
        ("import geopandas", True),
        ("from pandas import read_csv", True),
        ("%run other.py", True),
        ("getattr(pd, 'read_' + 'csv')", True),
    ],
)
def test_a_notebook_that_may_read_files_itself_depends_on_every_file_of_the_zone(
    tmp_path: Path, cell: str, reads: bool
) -> None:
    folder = write_zone(tmp_path / "区")
    job = job_of(folder, write_notebook(tmp_path / "own" / "own.ipynb", DOOR, cell), districts=("甲镇",))
    inputs = Inputs({"zone/设施台账.csv": "1"}, {}, {job.district: {"rows/events": "1"}})
    assert ("zone/设施台账.csv" in inputs.of(job, "district")) == reads


def test_what_a_district_shares_is_looked_at_only_where_something_shared_has_changed(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "区")
    job = job_of(folder, write_notebook(tmp_path / "own" / "own.ipynb", "1"), districts=("甲镇",))
    changes = [(EVENTS, row, 5, "镇") for row in range(1, 9)]
    shared = shared_numbers(read_zone(edited(folder, changes)), "2018H2")
    own = {job.district: {"rows/events": "1"}}
    known = entry(tmp_path, key={"shared/near": "as it was"}, shared="s")
    known = replace(known, outcome=replace(known.outcome, made_of="district"))
    assert Inputs({}, {}, own, shared, "s").now(job, known)["shared/near"] == "as it was"
    now = Inputs({}, {}, own, shared, "other").now(job, known)
    assert now["shared/near"] != "as it was"
    assert "全区共用的名次相邻的单位有变化" in reasons(known, {"shared/near": now["shared/near"]})


def test_a_change_of_score_touches_the_ranking_of_the_towns_next_to_it_and_nobodys_rows(tmp_path: Path) -> None:
    one = shared_numbers(read_zone(write_zone(tmp_path / "区")), "2018H2")
    other = shared_numbers(read_zone(edited(tmp_path / "改" / "区", [(FACILITIES, 1, 1, "新名称")])), "2018H2")
    assert digest(one) == digest(other)
    moved = shared_numbers(
        read_zone(edited(tmp_path / "分" / "区", [(EVENTS, row, 5, "镇") for row in range(1, 9)])), "2018H2"
    )
    assert digest(one) != digest(moved)
    town = next(iter(TOWNS))
    before, after = shared_parts(one, town), shared_parts(moved, town)
    assert {part for part in before if before[part] != after[part]} >= {"shared/current", "shared/near"}
    assert before["shared/outline"] == after["shared/outline"]


def test_files_beside_a_notebook_count_but_not_outputs_or_what_is_hidden(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "own.ipynb", "1")
    for name in (
        "helper.py",
        "sub/table.csv",
        ".git/x",
        "__pycache__/helper.pyc",
        "old/.govkit/lock",
        "old/a.html",
        "区/x.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1", encoding="utf-8")
    assert list(files_beside(notebook, apart=(tmp_path / "区",))) == ["helper.py", "sub/table.csv"]


def test_too_many_files_beside_a_notebook_are_not_compared_but_said(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "own.ipynb", "1")
    for number in range(1001):
        (tmp_path / f"{number}.txt").touch()
    found = files_beside(notebook, apart=())
    assert found == {TOO_MANY: ""}
    key = {f"beside/{name}": content for name, content in found.items()}
    assert "单独的文件夹" in reasons(entry(tmp_path, key=key), key)[0]


@pytest.mark.parametrize(
    ("cells", "made_of"),
    [
        ((DOOR,), "district"),
        ((DOOR, "area = govkit.open_zone(zone)"), "zone"),
        ((DOOR.replace("district,", "'230102102',"),), "zone"),
        (("import govkit", "area = govkit.open_zone(zone)"), "zone"),
        (("1 + 1",), "zone"),
        ((DOOR, "area = govkit.open_zone(zone + '2')"), "elsewhere"),
    ],
    ids=["its own district", "and the zone", "another district", "the zone", "nothing", "another zone"],
)
def test_the_doors_a_notebook_used_say_what_it_depends_on(tmp_path: Path, cells: tuple[str, ...], made_of: str) -> None:
    memory.forget()  # a process of a batch begins with nothing
    folder = write_zone(tmp_path / "区")
    write_zone(tmp_path / "区2")
    zone = read_zone(folder)
    memory.keep(zone, {"2018H2": shared_numbers(zone, "2018H2")})
    notebook = write_notebook(tmp_path / "own" / "own.ipynb", *cells)
    job = job_of(folder, notebook, formats=("html",), districts=("甲镇",))
    # a process of its own, as in a batch: a browser test may have left its event loop running in this one
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        outcome = pool.submit(run_job, job, True).result()
    assert (outcome.error, outcome.made_of) == (None, made_of)
    assert bool(outcome.parts) == (made_of == "district")


def test_the_journal_gives_back_what_was_written_and_forgets_what_failed(tmp_path: Path) -> None:
    found = entry(tmp_path)
    write_entry(found, tmp_path)
    assert read_entries(tmp_path, "区", "P") == {("own", "230102101"): found}
    assert read_entries(tmp_path, "区", "另一期") == {}
    assert damaged(found) is None
    remove_report(found.outcome, tmp_path)
    assert read_entries(tmp_path, "区", "P") == {}
    assert not (tmp_path / "a.html").exists()


def test_a_journal_cut_short_counts_as_none(tmp_path: Path) -> None:
    path = write_entry(entry(tmp_path), tmp_path)
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    assert read_entries(tmp_path, "区", "P") == {}


def statuses(manifest: Manifest) -> dict[str, str]:
    return {one.district or "zone": one.status for one in manifest.reports}


@forks
def test_a_run_makes_what_has_changed_and_nothing_else(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "分区")
    own = write_notebook(tmp_path / "notebooks" / "own.ipynb", DOOR, CELLS[5])
    whole = write_notebook(tmp_path / "notebooks" / "whole.ipynb", *OVERVIEW, parameters='zone = ""\nperiod = ""')
    request = Request(folder, notebooks=(str(own), str(whole)), formats=("html",), out=tmp_path / "out")
    first, out = make_reports(request)
    assert set(statuses(first).values()) == {"done"}
    again, _ = make_reports(request)
    assert set(statuses(again).values()) == {"unchanged"}
    edited(folder, [(FACILITIES, 1, 1, "新名称")])
    changed, _ = make_reports(request)
    same = dict.fromkeys(list(TOWNS)[1:], "unchanged")
    assert statuses(changed) == {"230102101": "done", **same, "zone": "done"}
    assert [one.why for one in changed.reports if one.why] == [
        ("本单元的“设施台账”有变化",),
        ("分区的文件“设施台账.csv”有变化",),
    ]
    listed = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [one["status"] for one in listed["reports"]] == ["done", "unchanged", "unchanged", "done"]


@forks
def test_a_file_beside_a_notebook_makes_its_reports_again(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "分区")
    own = write_notebook(tmp_path / "own.ipynb", "import helper", "helper.x")
    (tmp_path / "helper.py").write_text("x = 1\n", encoding="utf-8")
    request = Request(folder, notebooks=(str(own),), districts=("甲镇",), formats=("html",), out=tmp_path / "out")
    make_reports(request)
    assert set(statuses(make_reports(request)[0]).values()) == {"unchanged"}
    (tmp_path / "helper.py").write_text("x = 2\n", encoding="utf-8")
    assert make_reports(request)[0].reports[0].why == ("笔记本旁的文件“helper.py”有变化",)


def test_a_run_with_nothing_to_do_imports_neither_pandas_nor_numpy() -> None:
    code = "import sys, govkit.batch.plan.reports; sys.exit(bool({'pandas', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
