"""Jobs side by side, each in a process of its own that ends with it, so that no report can touch another.

Where forking is safe (Linux) the process that coordinates a batch has imported everything and opened the zone, and
forks for each job: half of a plain run is imports and the kernel's start. It has a single thread, which is what makes
forking it safe. Elsewhere a process that is started afresh takes as long for its imports as for a report, so the next
ones start while others work. All get what was found once, the open zone and what all districts share, from one file.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from govkit.batch.work.fork_server import check_single, die_with
from govkit.batch.work.warm import lean_imports, warm_up
from govkit.batch.work.workers import Limits, begin, can_fork, number_of_spares
from govkit.catalogue import load
from govkit.errors import ReportError

if TYPE_CHECKING:
    from govkit.zone.zone import Zone

Job = TypeVar("Job")
Run = Callable[[Job], Any]

# So many in a row that do not come up, and it is not chance.
_FAILED_STARTS = 3


def run_side_by_side(
    run: Run[Job],
    jobs: Sequence[Job],
    *,
    workers: int,
    limits: Limits,
    prepare: Callable[[], object] | None = None,
    stop: Any = None,
) -> Iterator[tuple[Job, Any]]:
    """Yield each job with the result of ``run(job)``, in the order they end.

    A job whose process dies yields a Died, one that no process could be started for a ReportError. Where jobs fork
    this process must have been warmed up; where they are not, each process calls ``prepare`` before its job. ``stop``
    is a connection: whatever is heard on it, or its end, kills the running jobs and raises KeyboardInterrupt.
    """
    if not can_fork():
        spares = number_of_spares(workers)
        yield from by_prestarted(run, jobs, workers=workers, spares=spares, limits=limits, prepare=prepare, stop=stop)
        return
    pool = _ForkingPool(jobs, workers, run, limits, stop)
    try:
        yield from pool.results()
    finally:
        pool.end()


def by_prestarted(
    run: Run[Job],
    jobs: Sequence[Job],
    *,
    workers: int,
    spares: int,
    limits: Limits,
    prepare: Callable[[], object] | None = None,
    stop: Any = None,
) -> Iterator[tuple[Job, Any]]:
    """Do the same with processes started ahead.

    Of ``workers + spares`` processes ``workers`` are at work, the others start. ``run`` and ``prepare`` are pickled. If
    process after process does not come up, the jobs not yet begun get a ReportError.
    """
    with tempfile.TemporaryDirectory(prefix="govkit-", ignore_cleanup_errors=True) as folder:
        orders = Path(folder) / "orders"
        # Through a pipe each start would wait until the new process has imported what unpickling takes.
        orders.write_bytes(pickle.dumps((run, prepare, limits), protocol=pickle.HIGHEST_PROTOCOL))
        pool = _StartingPool(jobs, workers, workers + spares, orders, stop)
        try:
            yield from pool.results()
        finally:
            pool.end()


@dataclass(frozen=True)
class Died:
    """How a process ended that gave no answer (below zero: by a signal), and when its job was begun (monotonic)."""

    code: int | None
    begun: float

    def __str__(self) -> str:
        """What happened and what helps."""
        words = load("batch")["died"]
        return str(words["said"].format(cause=words.get(str(self.code)) or words["other"].format(code=self.code)))


class _Pool(Generic[Job]):
    """Processes at work by their connections, each on one job."""

    def __init__(self, jobs: Sequence[Job], workers: int, stop: Any) -> None:
        self._waiting, self._workers = list(jobs), workers
        self._stop = [stop] if stop else []
        self._working: dict[Connection, tuple[Job, Any, float]] = {}  # since when (monotonic seconds)

    def results(self) -> Iterator[tuple[Job, Any]]:
        """Keep the pool at work until every job has its result."""
        while self._waiting or self._working:
            yield from self._fill()
            if not self._working and not self._others():
                continue
            for heard in wait([*self._others(), *self._working, *self._stop]):
                if heard in self._stop:
                    raise KeyboardInterrupt
                connection = cast(Connection, heard)
                if connection in self._working:
                    job, process, begun = self._working.pop(connection)
                    result = _received(connection)
                    process.join()
                    yield job, Died(process.exitcode, begun) if result is None else result
                else:
                    self._heard(connection)

    def end(self) -> None:
        """Kill what still runs."""
        processes = [*self._others().values(), *(process for _, process, _ in self._working.values())]
        for process in processes:
            process.kill()
        for process in processes:
            process.join()

    def _fill(self) -> Iterator[tuple[Job, Any]]:
        """Put waiting jobs to work as far as may be; yield those that nobody can do."""
        raise NotImplementedError

    def _others(self) -> dict[Connection, Any]:
        """The processes that have no job yet."""
        return {}

    def _heard(self, connection: Connection) -> None:
        """Something is heard of a process without a job."""


class _ForkingPool(_Pool[Job]):
    """Forks this process for each job."""

    def __init__(self, jobs: Sequence[Job], workers: int, run: Run[Job], limits: Limits, stop: Any) -> None:
        super().__init__(jobs, workers, stop)
        self._run, self._limits = run, limits

    def _fill(self) -> Iterator[tuple[Job, Any]]:
        context = multiprocessing.get_context("fork")
        while self._waiting and len(self._working) < self._workers:
            job = self._waiting.pop(0)
            check_single()
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_forked, args=(theirs, self._run, job, self._limits, os.getpid()))
            process.start()
            theirs.close()
            self._working[ours] = (job, process, time.monotonic())
        yield from ()


class _StartingPool(_Pool[Job]):
    """Starts processes ahead: some start, some wait for a job, some are at work."""

    def __init__(self, jobs: Sequence[Job], workers: int, most: int, orders: Path, stop: Any) -> None:
        super().__init__(jobs, workers, stop)
        self._most, self._orders = most, orders
        self._starting: dict[Connection, Any] = {}
        self._ready: dict[Connection, Any] = {}
        self._failed_starts = 0
        self._last_words = ""

    def _fill(self) -> Iterator[tuple[Job, Any]]:
        self._hand_out()
        self._start()
        if self._failed_starts >= _FAILED_STARTS:
            yield from self._given_up()

    def _others(self) -> dict[Connection, Any]:
        return {**self._starting, **self._ready}

    def _heard(self, connection: Connection) -> None:
        if connection in self._starting:
            self._came_up(connection)
        else:  # it died before it had a job
            _received(connection)
            self._ready.pop(connection).join()

    def _hand_out(self) -> None:
        while self._ready and self._waiting and len(self._working) < self._workers:
            connection = next(iter(self._ready))
            job = self._waiting.pop(0)
            self._working[connection] = (job, self._ready.pop(connection), time.monotonic())
            with suppress(OSError):  # it has just died, which is seen when its answer is waited for
                connection.send(job)

    def _start(self) -> None:
        """Start as many as there are jobs for and as may be."""
        context = multiprocessing.get_context("spawn")
        wanted = min(len(self._waiting), self._most - len(self._working))
        while len(self._starting) + len(self._ready) < wanted and self._failed_starts < _FAILED_STARTS:
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, self._orders))
            try:
                process.start()
            except OSError as error:  # no memory, as a rule
                self._not_up(ours, str(error))
            else:
                self._starting[ours] = process
            theirs.close()

    def _came_up(self, connection: Connection) -> None:
        """A starting process has prepared itself, has said why it cannot, or has died."""
        process = self._starting.pop(connection)
        try:
            trouble = connection.recv()
        except (EOFError, OSError):
            process.join()
            trouble = f"exit {process.exitcode}"
        if trouble:
            self._not_up(connection, trouble)
            process.join()
        else:
            self._failed_starts = 0
            self._ready[connection] = process

    def _not_up(self, connection: Connection, trouble: str) -> None:
        self._failed_starts, self._last_words = self._failed_starts + 1, trouble
        connection.close()

    def _given_up(self) -> Iterator[tuple[Job, ReportError]]:
        """The jobs that nobody came up for; what is at work goes on."""
        error = ReportError(
            f"连续 {_FAILED_STARTS} 次都没能启动工作进程（{self._last_words}），这份报告没有做。",
            todo="请关闭别的程序、腾出内存后重新运行，或用 --jobs 1 一份一份地做。",
        )
        refused, self._waiting, self._failed_starts = self._waiting, [], 0
        for job in refused:
            yield job, error


def _received(connection: Connection) -> Any:
    try:
        return connection.recv()
    except (EOFError, OSError):  # the process died
        return None
    finally:
        connection.close()


def prepare(zone: Zone, shared: Mapping[str, Any], notebooks: Sequence[Path]) -> None:
    """Make a new process ready for a report of ``zone``: imports, the open zone, what its districts share."""
    from govkit.zone import memory

    warm_up(notebooks)
    memory.keep(zone, shared)


def _serve(connection: Connection, orders: Path) -> None:
    """In a process started ahead: prepare, wait for a job, do it, and end with it."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    gc.disable()  # nothing lives long enough here for the collector to be worth its time
    try:
        with lean_imports():
            run, prepare, limits = pickle.loads(orders.read_bytes())  # noqa: S301 - written by the process that asks
            if prepare:
                prepare()
    except Exception as error:  # said by the one that asked
        connection.send(f"{type(error).__name__}: {error}")
        return
    connection.send("")
    try:
        job = connection.recv()
    except EOFError:  # there is nothing more to do
        return
    _do(connection, run, job, limits)


def _forked(connection: Connection, run: Run[Job], job: Job, limits: Limits, parent: int) -> None:
    """In a forked process: do the job and end with it."""
    die_with(parent)
    _do(connection, run, job, limits)


def _do(connection: Connection, run: Run[Job], job: Job, limits: Limits) -> None:
    begin(job, limits)
    connection.send(run(job))
    connection.close()
    for stream in (sys.stdout, sys.stderr):
        if stream:  # a program without a console has none
            stream.flush()
    os._exit(0)  # nothing is left to be tidied up, and nothing of the one that asks is its child's to tidy up


def _die_with_parent() -> None:
    """Work on for nobody: end as soon as the process that asked has ended, however it did."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
