"""What can happen to a batch: killed, interrupted, no room, no right to write, two at once, too much asked."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from three_towns import CELLS, UNITS, rows, write_notebook, write_rows, write_zone

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.journal import claimed
from govkit.batch.work.surroundings import zone_files
from govkit.batch.work.workers import Limits, can_fork, number_of_workers
from govkit.errors import ReportError
from govkit.files import check_room, sha256, sweep, write_whole

forks = pytest.mark.skipif(not can_fork(), reason="needs processes that can be forked")
ZONE_LEVEL = 'zone = ""\nperiod = ""'
SLOW = "from time import sleep; sleep(60)"


def started(zone: Path, out: Path, *notebooks: Path) -> subprocess.Popen[str]:
    """Start a batch as a user does."""
    chosen = [part for path in notebooks for part in ("--notebook", str(path))]
    command = [sys.executable, "-m", "govkit", "report", str(zone), *chosen, "--to", "html", "--out", str(out)]
    pipe = subprocess.PIPE
    return subprocess.Popen([*command, "--jobs", "1"], stdout=pipe, stderr=pipe, encoding="utf-8")


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a file is there; a run that ends before has failed."""
    while not path.is_file():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


@forks
def test_a_killed_run_leaves_whole_files_and_is_taken_up_where_it_was(tmp_path: Path) -> None:
    folder, out = write_zone(tmp_path / "三 镇"), tmp_path / "报告 夹"
    (tmp_path / "apart").mkdir()  # what lies beside a notebook is part of what its report depends on
    quick = write_notebook(tmp_path / "apart" / "quick.ipynb", "1 + 1", parameters=ZONE_LEVEL)
    slow = write_notebook(tmp_path / "slow.ipynb", SLOW, parameters=ZONE_LEVEL)
    process = started(folder, out, quick, slow)
    wait_for(out / ".govkit" / "zone-quick.json", process)
    process.kill()
    process.communicate()
    write_notebook(slow, "2 + 2", parameters=ZONE_LEVEL)
    request = Request(folder, notebooks=(str(quick), str(slow)), formats=("html",), out=out, wait=True)
    manifest, _ = make_reports(request)
    assert [one.status for one in manifest.reports] == ["unchanged", "done"]
    assert not list(out.rglob(".govkit-*"))


@forks
def test_ctrl_c_ends_with_a_summary_and_what_is_finished(tmp_path: Path) -> None:
    folder, out = write_zone(tmp_path / "三镇"), tmp_path / "out"
    quick = write_notebook(tmp_path / "quick.ipynb", "1 + 1", parameters=ZONE_LEVEL)
    slow = write_notebook(tmp_path / "slow.ipynb", SLOW, parameters=ZONE_LEVEL)
    process = started(folder, out, quick, slow)
    wait_for(out / ".govkit" / "zone-quick.json", process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "完成 1 份，失败 0 份；其余没有做，再运行一次会接着做。" in errors
    assert "Traceback" not in errors
    listed = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["reports"]
    assert [one["notebook"] for one in listed] == ["quick"]
    assert (out / "index.html").is_file()


@forks
def test_the_same_input_gives_the_same_bytes_and_reads_the_same_forked_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_zone(tmp_path / "三镇")
    cells = (
        "import matplotlib.pyplot as plt\nimport numpy as np",
        "plt.plot(np.random.rand(5)); plt.show()",
        "{'甲', '乙', '丙', '丁'}",
        "import pandas as pd\npd.DataFrame({'村': ['太平村'], '户': [800]})",
        *CELLS[:2],
        "place.tables['units'].drop(columns='geometry')",
    )
    own = write_notebook(tmp_path / "own.ipynb", *cells)
    made = []
    for fork, out in (("", tmp_path / "one"), ("", tmp_path / "other" / "deeper"), ("off", tmp_path / "not forked")):
        monkeypatch.setenv("GOVKIT_FORK", fork)
        request = Request(folder, notebooks=(str(own),), districts=("甲镇",), out=out)
        manifest, _ = make_reports(request)
        assert manifest.failed == ()
        report = manifest.reports[0]
        made.append(({path.relative_to(out): sha256(path) for path in report.outputs}, report.made_of))
    assert len(made[0][0]) == 3
    assert made[0] == made[1] == made[2]


@forks
def test_a_report_that_fails_takes_its_old_documents_away(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "三镇")
    own = write_notebook(tmp_path / "own.ipynb", "1 + 1", parameters=ZONE_LEVEL)
    request = Request(folder, notebooks=(str(own),), formats=("html",), out=tmp_path / "out")
    _, out = make_reports(request)
    assert (out / "own.html").is_file()
    write_notebook(own, "x = bytearray(1 << 40)", parameters=ZONE_LEVEL)
    manifest, _ = make_reports(request)
    assert "用的内存超过了上限" in str(manifest.failed[0].error)
    assert not (out / "own.html").exists()


@forks
def test_a_town_renamed_or_gone_leaves_no_report_under_its_old_name(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "三镇")
    own = write_notebook(tmp_path / "own.ipynb", *CELLS[:2], "place.name")
    request = Request(folder, notebooks=(str(own),), formats=("html",), out=tmp_path / "out")
    make_reports(request)
    table = rows(UNITS)
    table[2][1] = "新甲镇"
    write_rows(folder, UNITS, [row for row in table if not row[0].startswith("230102103")])
    _, out = make_reports(request)
    names = sorted(path.name for path in out.glob("2301*.html"))
    assert names == ["230102101-新甲镇-own.html", "230102102-乙镇-own.html"]


def test_a_second_run_on_one_folder_says_so(tmp_path: Path) -> None:
    with claimed(tmp_path, wait=False):
        told = pytest.raises(ReportError, match=r"另一个 govkit 正在往这个文件夹里写报告[^$]*--wait")
        with told, claimed(tmp_path, wait=False):
            pass
    with claimed(tmp_path, wait=False):
        pass


def held(folder: Path, ready: Any, seconds: float) -> None:
    with claimed(folder, wait=False):
        ready.set()
        time.sleep(seconds)


def test_a_second_run_may_wait_for_the_first(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    first = context.Process(target=held, args=(tmp_path, ready, 0.5))
    first.start()
    ready.wait(60)
    with claimed(tmp_path, wait=True):
        assert not [path for path in tmp_path.glob("*") if path.name != ".govkit"]
    first.join()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "磁盘空间不足"),
        (errno.EROFS, "只读"),
        (errno.EACCES, "正在别的程序里打开"),
        (errno.EIO, "读写出错"),
    ],
)
def test_what_cannot_be_written_is_said_in_words_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    (tmp_path / "a.html").write_text("旧", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ReportError, match=said):
        write_whole(tmp_path / "a.html", "新")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == "旧"


def test_a_disk_without_room_stops_before_work_is_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10 << 20))
    with pytest.raises(ReportError, match="24 份报告约需 288 MB，只剩 10 MB"):
        check_room(tmp_path, 24)


def test_what_a_killed_run_left_half_written_is_swept(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    for name in (".govkit-ab12", "notebooks/.govkit-cd34", "a.html"):
        (tmp_path / name).write_text("", encoding="utf-8")
    sweep(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.html"]


def test_times_of_files_do_not_count(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "三镇")
    before = zone_files(folder, outside=tmp_path / "reports")
    os.utime(folder / UNITS, (0, 0))
    (folder / "~$行政单元.xlsx").write_text("", encoding="utf-8")
    assert zone_files(folder, outside=tmp_path / "reports") == before
    assert len(before) == 5


def test_reports_inside_the_zone_folder_are_no_input(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "三镇")
    before = zone_files(folder, outside=folder / "报告")
    write_whole(folder / "报告" / "a.html", "x")
    assert zone_files(folder, outside=folder / "报告") == before


def test_three_hundred_jobs_on_few_cores_are_bounded() -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert number_of_workers(300, 1000) == 4 * cores
    assert number_of_workers(300, 2) == 2
    assert number_of_workers(None, 1000) == cores


def greedy(answer: Any) -> None:
    Limits(64).set()
    try:
        bytearray(256 << 20)
        answer.send("enough")
    except MemoryError:
        answer.send("refused")


@forks
def test_a_job_gets_no_more_memory_than_its_limit() -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=greedy, args=(theirs,))
    process.start()
    assert ours.recv() == "refused"
    process.join()


def test_the_usual_limit_is_a_share_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govkit.batch.work.workers._memory_mb", lambda: 16_000)
    assert Limits.of(None, 4).memory_mb == 3200
    assert Limits.of(None, 100).memory_mb == 1024
    assert Limits.of(500, 4).memory_mb == 500
