"""Jobs where forking is not safe: each in a process started ahead, which ends with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from prestarted_jobs import results

from govkit.batch.plan import coordinator
from govkit.batch.plan.request import Request
from govkit.batch.work import inprocess, workers
from govkit.batch.work.workers import number_of_spares
from govkit.errors import ReportError
from govkit.zone.opening import open_zone


@pytest.mark.parametrize(("count", "spares"), [(1, 1), (2, 0)])
def test_a_process_that_dies_takes_only_its_own_job_with_it(count: int, spares: int) -> None:
    jobs = ["a", "die", "b"]
    found = dict(results(jobs, workers=count, spares=spares))
    died = found.pop("die")
    assert (found["a"][0], found["b"][0]) == ("a", "b")
    assert "工作进程意外退出" in str(died)


def test_every_job_has_a_process_of_its_own() -> None:
    assert len({answer[1] for _, answer in results(["a", "b"], workers=1)}) == 2


def test_there_are_never_more_processes_than_workers_and_spares() -> None:
    seen = [len(multiprocessing.active_children()) for _ in results(["a", "b", "c"], workers=1)]
    assert max(seen) <= 2


@pytest.mark.parametrize(
    ("prepare", "said"),
    [(partial(int, "缺"), "ValueError: .*缺"), (partial(os._exit, 3), "exit 3")],
    ids=["raises", "dies"],
)
def test_if_none_comes_up_every_job_fails_in_words(prepare: Any, said: str) -> None:
    found = dict(results(["a", "b"], prepare=prepare))
    assert set(found) == {"a", "b"}
    with pytest.raises(ReportError, match=f"连续 3 次都没能启动工作进程（{said}"):
        raise found["a"]


def test_if_the_system_starts_no_more_processes_every_job_fails_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("multiprocessing.context.SpawnProcess.start", refuse)
    with pytest.raises(ReportError, match=r"连续 3 次都没能启动工作进程（.*Cannot allocate memory"):
        raise dict(results(["a"]))["a"]


def test_no_process_outlives_a_run_that_is_broken_off() -> None:
    running = results(["a", "b", "c"], workers=1)
    next(running)
    running.close()
    assert multiprocessing.active_children() == []


def test_what_is_heard_on_stop_ends_the_run(tmp_path: Path) -> None:
    ours, theirs = multiprocessing.Pipe()
    running = results(["a", str(tmp_path / "hangs")], stop=theirs)
    next(running)
    ours.close()
    with pytest.raises(KeyboardInterrupt):
        next(running)
    assert multiprocessing.active_children() == []


def test_a_process_ends_when_the_one_that_started_it_is_killed(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    program = f"from prestarted_jobs import results\nif __name__ == '__main__': list(results([{str(begun)!r}]))"
    script = tmp_path / "run.py"
    script.write_text(program, encoding="utf-8")
    here = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    parent = subprocess.Popen([sys.executable, str(script)], env=os.environ | {"PYTHONPATH": here})
    while not (begun.is_file() and begun.read_text(encoding="utf-8")):
        assert parent.poll() is None
        time.sleep(0.02)
    child = psutil.Process(int(begun.read_text(encoding="utf-8")))
    parent.kill()
    parent.wait()
    assert child.wait(timeout=30) is None


def test_a_job_that_takes_more_memory_than_it_may_is_ended() -> None:
    ((job, died),) = results(["grow"], workers=1)
    assert (job, died.code) == ("grow", 1)
    assert "内存不足" in str(died)


def test_a_job_that_hangs_meets_its_time() -> None:
    assert [answer[0] for _, answer in results(["hang"], workers=1)] == ["单元运行超过 0.1 秒（--timeout）"]


@pytest.mark.parametrize(
    ("cores", "count", "spares"), [(1, 1, 0), (2, 1, 1), (2, 2, 0), (4, 2, 2), (8, 1, 1), (8, 4, 2), (8, 8, 0)]
)
def test_spares_take_the_cores_that_would_be_idle(
    monkeypatch: pytest.MonkeyPatch, cores: int, count: int, spares: int
) -> None:
    monkeypatch.setattr(workers, "cores", lambda: cores)
    assert number_of_spares(count) == spares


def test_a_cell_meets_its_time_where_signals_have_no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "setitimer")

    def hang() -> None:
        with inprocess._at_most(0.1):
            while True:
                pass

    with pytest.raises(TimeoutError, match=r"单元运行超过 0\.1 秒"):
        hang()


# What Windows lacks is hidden from the program, not from the libraries it builds on, which know where they are.
WITHOUT_POSIX = """
import builtins, os, signal, socket
import geopandas, IPython, nbconvert, papermill, psutil
plain = builtins.__import__
def without(name, globals=None, *rest, **named):
    asking = (globals or {}).get("__name__", "")
    if name in {"fcntl", "grp", "pty", "pwd", "resource", "termios"} and asking.startswith("govkit"):
        raise ModuleNotFoundError(name)
    return plain(name, globals, *rest, **named)
builtins.__import__ = without
for place, names in {os: "fork killpg pidfd_open sched_getaffinity setsid sysconf", signal: "SIGALRM SIGKILL setitimer",
                     socket: "AF_UNIX recv_fds"}.items():
    for name in names.split():
        delattr(place, name)
import govkit.cli, govkit.batch.plan.coordinator, govkit.batch.work.inprocess, govkit.batch.work.pool
from govkit.batch.work.workers import Limits, number_of_spares
assert number_of_spares(1) in (0, 1) and Limits.of(None, 1).memory_mb >= 1024
"""


def test_the_program_imports_where_there_is_nothing_of_posix() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT_POSIX], capture_output=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stderr


def test_where_nothing_is_forked_the_next_run_reads_the_zone_anew(
    zone_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordinator, "can_fork", lambda: False)
    monkeypatch.setattr(coordinator, "run_side_by_side", lambda *_, **__: iter(()))
    request = Request(zone_folder, notebooks=("zone_overview",), out=tmp_path)

    class Nobody:
        started = finished = print

    coordinator.coordinate(request, Nobody())
    settings = zone_folder / "zone.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("新发试验区", "新名"), encoding="utf-8")
    assert open_zone(zone_folder).name == "新名"
