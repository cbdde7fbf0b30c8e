"""Many machines: every report comes, none twice, with the bytes of one machine, or it is said why not."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("distributed")

from conftest import write_zone
from distributed import Client
from distributed.scheduler import KilledWorker
from test_batch import write_notebook

from govkit import catalogue
from govkit.batch.cluster.remote_jobs import Parcel
from govkit.batch.cluster.run import _brought_home, _check_workers, _connected, run_on_cluster
from govkit.batch.cluster.worker import ZonePlugin, differences, limits_on, versions
from govkit.batch.plan.jobs import Job, plan
from govkit.batch.plan.reports import Progress, make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.manifest import Manifest
from govkit.batch.work.workers import Limits
from govkit.errors import ClusterError, ReportError
from govkit.zone.opening import open_zone

DASK = [sys.executable, "-m", "dask"]


@dataclass
class Machines:
    """A scheduler and its workers, each a process on loopback; ``file`` names the scheduler."""

    folder: Path
    processes: list[subprocess.Popen[bytes]]

    @property
    def file(self) -> Path:
        return self.folder / "scheduler.json"

    @property
    def address(self) -> str:
        return json.loads(self.file.read_text(encoding="utf-8"))["address"]

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a scheduler or a worker; its output goes into a log."""
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            started = subprocess.Popen([*DASK, *command], stdout=log, stderr=log, start_new_session=True)
        self.processes.append(started)
        return started

    def scheduler(self) -> None:
        self.start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file)
        )
        for _ in range(600):
            if self.file.is_file() and self.file.stat().st_size:
                return
            time.sleep(0.1)

    def worker(self, *options: str) -> subprocess.Popen[bytes]:
        local = self.folder / f"worker{len(self.processes)}"
        common = ["--scheduler-file", str(self.file), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        return self.start("worker", *common, "--host", "127.0.0.1", "--local-directory", str(local), *options)

    def let_in(self, worker: subprocess.Popen[bytes]) -> None:
        """Let a worker join that waits for it, and see it joined."""
        (self.folder / "open").touch()
        for _ in range(600):
            if "Registered to" in self.told(worker):
                return
            time.sleep(0.1)

    def told(self, process: subprocess.Popen[bytes]) -> str:
        return (self.folder / f"{self.processes.index(process)}.log").read_text(encoding="utf-8")

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    with started(tmp_path) as found:
        yield found


@contextmanager
def started(folder: Path) -> Iterator[Machines]:
    """A scheduler that is there while a test needs it."""
    found = Machines(folder / "machines", [])
    found.folder.mkdir()
    try:
        found.scheduler()
        yield found
    finally:
        found.end()


@dataclass(frozen=True)
class Made:
    """The same notebooks run by two workers, one of them killed in mid-run, and by this machine."""

    request: Request
    manifest: Manifest
    folder: Path
    home: Path
    ended: list[str]
    left_behind: list[Path]
    warned: list[str]
    plugins: list[str]


# A worker's start-up file: it has another pandas, and joins when it is let in.
OTHER_MACHINE = """
import importlib.metadata as found, pathlib, time
truth = found.truth = getattr(found, "truth", found.version)  # this file is loaded more than once
found.version = lambda name: "0.1" if name == "pandas" else truth(name)
while not pathlib.Path({door!r}).exists():
    time.sleep(0.05)
"""


def write_other_machine(folder: Path) -> Path:
    path = folder / "other_machine.py"
    path.write_text(OTHER_MACHINE.format(door=str(folder / "open")), encoding="utf-8")
    return path


@contextmanager
def noted(logger: str, into: list[str]) -> Iterator[None]:
    """What is logged meanwhile."""
    handler = logging.Handler()
    handler.emit = lambda record: into.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger(logger).addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger(logger).removeHandler(handler)


NOTEBOOKS = ("district_report", "专题0", "专题1", "专题2", "专题3", "dying", "failing")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    zone = write_zone(folder / "新发 试验区")
    show = "import time, govkit; time.sleep(0.5); govkit.open_zone(zone).district(district).tables['facilities']"
    for at in range(4):
        write_notebook(folder / f"专题{at}.ipynb", show, f"{at}")
    write_notebook(folder / "dying.ipynb", "import os; os._exit(9)")
    write_notebook(folder / "failing.ipynb", "raise ValueError('缺少台账')")
    names = (NOTEBOOKS[0], *(str(folder / f"{name}.ipynb") for name in NOTEBOOKS[1:]))
    ended: list[str] = []
    warned: list[str] = []
    with started(folder) as machines, noted("govkit.cluster", warned):
        workers = [machines.worker(), machines.worker()]
        later = machines.worker("--preload", str(write_other_machine(machines.folder)))

        def disturb(progress: Progress) -> None:
            ended.append(progress.outcome.notebook)
            if len(ended) == 1:
                machines.let_in(later)
            if len(ended) == 2:
                workers[0].kill()

        with Client(machines.address, set_as_default=False) as client:
            client.register_plugin(ZonePlugin(Parcel(b"", ""), {}), name="govkit-killed-Client-of-long-ago")
        there = Request(zone, notebooks=names, cluster=str(machines.file), out=folder / "there")
        manifest, out = make_reports(there, on_done=disturb)
        plugins = re.findall("(?:Starting|Removing) Worker plugin govkit-killed", machines.told(workers[1]))
        left_behind = list(machines.folder.glob("worker[23]/**/govkit-*"))
    request = Request(zone, notebooks=names[:5], out=folder / "here")
    _, home = make_reports(request)
    return Made(request, manifest, out, home, ended, left_behind, warned, plugins)


def test_though_a_worker_is_lost_every_report_comes_and_none_twice(made: Made) -> None:
    assert sorted(made.ended) == sorted(NOTEBOOKS)
    listed = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))["reports"]
    assert sorted(one["notebook"] for one in listed) == sorted(NOTEBOOKS)


def test_every_document_has_the_bytes_of_one_machine(made: Made) -> None:
    def documents(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".html", ".pdf"}}

    here, there = documents(made.home), documents(made.folder)
    del here["index.html"], there["index.html"]  # says when it was made
    assert len(here) == 10
    assert there == here


def test_a_later_run_on_this_machine_makes_nothing_again(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.folder, tmp_path / "there")
    manifest, _ = make_reports(replace(made.request, notebooks=("district_report",), out=tmp_path / "there"))
    assert {one.status for one in manifest.reports} == {"unchanged"}


def test_an_executed_notebook_names_no_folder_of_a_worker(made: Made) -> None:
    for path in sorted((made.folder / "notebooks").iterdir()):
        assert "worker" not in path.read_text(encoding="utf-8")


def test_a_process_that_dies_and_a_cell_that_fails_cost_their_own_reports(made: Made) -> None:
    errors = {one.notebook: one.error or "" for one in made.manifest.reports}
    assert [name for name in NOTEBOOKS if errors[name]] == ["dying", "failing"]
    assert "进程意外退出" in errors["dying"]
    assert "第 2 个单元出错：ValueError: 缺少台账" in errors["failing"]
    assert str(made.folder / "notebooks" / "230102100-failing.ipynb") in errors["failing"]


def test_nothing_of_the_zone_is_left_with_the_workers(made: Made) -> None:
    assert made.left_behind == []


def test_a_worker_that_joined_later_with_other_packages_was_left_out_and_named(made: Made) -> None:
    (told,) = made.warned
    assert re.match(r"工作节点 tcp://127\.0\.0\.1:\d+：环境与本机不一致：pandas 是 0\.1，本机是 [\d.]+。", told)


def test_what_a_killed_run_left_with_the_workers_is_taken_away_by_the_next(made: Made) -> None:
    assert made.plugins == ["Starting Worker plugin govkit-killed", "Removing Worker plugin govkit-killed"]


def test_workers_that_differ_are_named_with_what_differs(machines: Machines) -> None:
    blocked = machines.folder / "blocked.py"
    blocked.write_text("import sys\nsys.modules['govkit'] = None\n", encoding="utf-8")
    machines.worker()
    machines.worker("--preload", str(blocked))
    with _connected(machines.address) as client:
        client.wait_for_workers(2, timeout=60)
        with pytest.raises(ClusterError) as caught:
            _check_workers(client, {**versions(), "pandas": "0.1"})
    told = str(caught.value)
    assert re.search(r"tcp://127\.0\.0\.1:\d+：pandas 是 [\d.]+，本机是 0\.1\n", told)
    assert re.search(r"tcp://127\.0\.0\.1:\d+：没有安装 govkit\[cluster\]", told)
    assert "requirements.lock" in told


def test_a_scheduler_without_workers_is_not_waited_for_forever(
    machines: Machines, zone_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(catalogue.load("cluster"), "first_worker_s", 0.2)
    with pytest.raises(ClusterError, match=r"调度器上没有工作节点（等了 0\.2 秒）"):
        list(run_on_cluster([], zone=zone_folder, address=machines.address))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KilledWorker("report", None, 3), "工作节点接连丢失"),
        (ReportError("资料包在传送中损坏"), "资料包在传送中损坏"),
        (KeyError("plugin"), "程序内部错误：KeyError"),
    ],
    ids=["killer", "user's error", "ours"],
)
def test_what_goes_wrong_with_one_report_is_said_of_it(jobs: list[Job], error: Exception, told: str) -> None:
    assert told in str(_brought_home(error, jobs[0]))


@pytest.fixture
def jobs(zone_folder: Path, tmp_path: Path) -> list[Job]:
    request = Request(zone_folder, notebooks=("district_report",), formats=("html",))
    return plan(open_zone(zone_folder), request, "2018H2", tmp_path)


def test_an_unreachable_scheduler_is_an_error_that_says_where(
    zone_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(catalogue.load("cluster"), "connect_s", 0.3)
    with pytest.raises(ClusterError, match=r"连不上调度器（最多等 0\.3 秒）(.|\n)*tcp://127\.0\.0\.1:1\n"):
        make_reports(Request(zone_folder, cluster="tcp://127.0.0.1:1", out=tmp_path / "out"))
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize(
    "address", ["local", "local:0", "local:x", "10.0.0.1", "http://10.0.0.1:8786", "tcp://10.0.0.1", "tcp://a b:1"]
)
def test_an_address_that_can_be_none_is_answered_with_what_is_allowed(address: str) -> None:
    with pytest.raises(ClusterError, match=r"看不懂集群地址(.|\n)*local:4"), _connected(address):
        pass


def test_tls_without_certificates_is_answered_before_anybody_is_asked() -> None:
    with pytest.raises(ClusterError, match=r"用 tls:// 要有证书"), _connected("tls://127.0.0.1:1"):
        pass


def test_a_missing_scheduler_file_is_named(tmp_path: Path) -> None:
    address = str(tmp_path / "none.json")
    with pytest.raises(ClusterError, match="没有这个调度器文件") as caught, _connected(address):
        pass
    assert address in str(caught.value)


def test_processes_on_this_machine_are_not_asked_for_beside_a_cluster(zone_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="不能与 --jobs"):
        make_reports(Request(zone_folder, cluster="local:2", jobs=3, out=tmp_path / "out"))


def test_only_what_differs_is_told() -> None:
    expected = {"Python": "3.11.2", "pandas": "3.1.0", "typst": "0.14"}
    assert differences(expected, expected) == []
    assert differences(expected, {"Python": "3.11.2", "pandas": "3.0"}) == [
        "pandas 是 3.0，本机是 3.1.0",
        "typst 是 没有安装，本机是 0.14",
    ]


def test_another_machines_versions_name_every_package_the_catalogue_lists() -> None:
    assert set(catalogue.load("cluster")["packages"]) < set(versions())
    assert set(versions().values()).isdisjoint({"没有安装"})


def test_a_worker_says_itself_that_it_would_make_another_report(jobs: list[Job]) -> None:
    with pytest.raises(ClusterError, match="环境与本机不一致：pandas 是"):
        ZonePlugin(Parcel(b"", ""), {"pandas": "0.1"}).run(jobs[0])


@pytest.mark.parametrize(
    ("asked", "whole_mb", "threads", "given"),
    [(300, 8000, 2, 300), (None, 8000, 2, 4000), (None, 1500, 2, 1024)],
    ids=["as asked", "a thread's part", "never too little"],
)
def test_a_report_may_use_its_part_of_what_its_worker_may(
    asked: int | None, whole_mb: int, threads: int, given: int
) -> None:
    memory = SimpleNamespace(memory_limit=whole_mb << 20)
    worker = SimpleNamespace(state=SimpleNamespace(nthreads=threads), memory_manager=memory)
    assert limits_on(worker, asked) == Limits(given)


def test_a_worker_to_which_no_parcel_came_says_so(jobs: list[Job]) -> None:
    with pytest.raises(ClusterError, match="没有收到这次运行的资料"):
        ZonePlugin(Parcel(b"", ""), versions()).run(jobs[0])
