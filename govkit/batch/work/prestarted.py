"""Jobs side by side where no process may be forked: processes started ahead, each for a single job.

A process that is started afresh takes as long for its imports as for a report, so the next ones start while others
work. All get what was found once, the open zone and the numbers that all districts share, from one file.
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
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from govkit.batch.work.warm import lean_imports, warm_up
from govkit.errors import ReportError

if TYPE_CHECKING:
    from govkit.batch.work.workers import Limits
    from govkit.zone.opening import Zone

Job = TypeVar("Job")

# So many in a row that do not come up, and it is not chance.
_FAILED_STARTS = 3
_MEMORY_LOOKS_S = 0.25


def by_prestarted(
    run: Callable[[Job, bool], Any],
    jobs: Sequence[Job],
    *,
    workers: int,
    spares: int,
    limits: Limits,
    prepare: Callable[[], object] | None = None,
    stop: Any = None,
) -> Iterator[tuple[Job, Any]]:
    """Yield each job with the result of ``run(job, True)``, in the order they end; None if its process died.

    Of ``workers + spares`` processes ``workers`` are at work, the others start. ``run`` and ``prepare`` are pickled;
    every process calls ``prepare`` before it gets its job. If process after process does not come up, the jobs not yet
    begun get a ReportError. ``stop`` as for ``run_side_by_side``.
    """
    with tempfile.TemporaryDirectory(prefix="govkit-", ignore_cleanup_errors=True) as folder:
        luggage = Path(folder) / "luggage"
        # Through a pipe each start would wait until the new process has imported what unpickling takes.
        luggage.write_bytes(pickle.dumps((run, prepare, limits), protocol=pickle.HIGHEST_PROTOCOL))
        pool = _Pool(jobs, workers, workers + spares, luggage, stop)
        try:
            yield from pool.results()
        finally:
            pool.end()


class _Pool(Generic[Job]):
    """Processes by their connections: those that start, those that wait for a job, those at work."""

    def __init__(self, jobs: Sequence[Job], workers: int, most: int, luggage: Path, stop: Any) -> None:
        self._waiting, self._workers, self._most = list(jobs), workers, most
        self._luggage, self._stop = luggage, [stop] if stop else []
        self._starting: dict[Connection, Any] = {}
        self._ready: dict[Connection, Any] = {}
        self._working: dict[Connection, tuple[Job, Any]] = {}
        self._failed_starts = 0
        self._last_words = ""

    def results(self) -> Iterator[tuple[Job, Any]]:
        while self._waiting or self._working:
            self._hand_out()
            self._start()
            if self._failed_starts >= _FAILED_STARTS:
                yield from self._given_up()
                continue
            for heard in wait([*self._starting, *self._ready, *self._working, *self._stop]):
                if heard in self._stop:
                    raise KeyboardInterrupt
                connection = cast(Connection, heard)
                if connection in self._working:
                    yield self._finished(connection)
                elif connection in self._starting:
                    self._came_up(connection)
                else:  # it died before it had a job
                    _received(connection)
                    self._ready.pop(connection).join()

    def end(self) -> None:
        """Kill what still runs."""
        processes = [*self._starting.values(), *self._ready.values(), *(one for _, one in self._working.values())]
        for process in processes:
            process.kill()
        for process in processes:
            process.join()

    def _hand_out(self) -> None:
        while self._ready and self._waiting and len(self._working) < self._workers:
            connection = next(iter(self._ready))
            job = self._waiting.pop(0)
            self._working[connection] = (job, self._ready.pop(connection))
            with suppress(OSError):  # it has just died, which is seen when its answer is waited for
                connection.send(job)

    def _start(self) -> None:
        """Start as many as there are jobs for and as may be."""
        context = multiprocessing.get_context("spawn")
        wanted = min(len(self._waiting), self._most - len(self._working))
        while len(self._starting) + len(self._ready) < wanted and self._failed_starts < _FAILED_STARTS:
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, self._luggage))
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

    def _finished(self, connection: Connection) -> tuple[Job, Any]:
        job, process = self._working.pop(connection)
        result = _received(connection)
        process.join()
        return job, result

    def _given_up(self) -> Iterator[tuple[Job, ReportError]]:
        """The jobs that nobody came up for; what is at work goes on."""
        error = ReportError(
            f"连续 {_FAILED_STARTS} 次都没能启动工作进程（{self._last_words}），这份报告没有做。",
            todo="请关闭别的程序、腾出内存后重新运行，或用 --jobs 1 一份一份地做；仍不行时加上 --isolated。",
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


def _serve(orders: Connection, luggage: Path) -> None:
    """In a process started ahead: prepare, wait for a job, do it, and end with it."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    gc.disable()  # nothing lives long enough here for the collector to be worth its time
    try:
        with lean_imports():
            run, prepare, limits = pickle.loads(luggage.read_bytes())  # noqa: S301 - written by the process that asks
            if prepare:
                prepare()
    except Exception as error:  # said by the one that asked
        orders.send(f"{type(error).__name__}: {error}")
        return
    orders.send("")
    try:
        job = orders.recv()
    except EOFError:  # there is nothing more to do
        return
    _begin(job, limits)
    orders.send(run(job, True))
    orders.close()
    for stream in (sys.stdout, sys.stderr):
        if stream:  # a program without a console has none
            stream.flush()
    os._exit(0)  # nothing is left to be tidied up


def _begin(job: Any, limits: Limits) -> None:
    from govkit.batch.work.workers import begin

    begin(job, limits)
    if limits.memory_mb and sys.platform != "linux":  # where the system keeps no process to a limit
        watch_memory(limits.memory_mb)


def watch_memory(most_mb: int) -> None:
    """End this process once it holds ``most_mb`` more than now; what grows and goes within a blink gets past."""
    import psutil

    own = psutil.Process()
    most = own.memory_info().rss + (most_mb << 20)

    def watch() -> None:
        while own.memory_info().rss <= most:
            time.sleep(_MEMORY_LOOKS_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _die_with_parent() -> None:
    """Work on for nobody: end as soon as the process that asked has ended, however it did."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
