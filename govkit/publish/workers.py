"""Run jobs side by side, each in a process of its own that ends with it, so that no report can touch another.

Where forking is safe (Linux) a server process imports everything and opens the zone once, then forks for each job:
half of a plain run is imports and the kernel's start. The server has a single thread and no socket, which is what
makes forking it safe. Elsewhere every job runs in a fresh Jupyter kernel.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from govkit.errors import ReportError
from govkit.publish.fork_server import check_single

if TYPE_CHECKING:
    from govkit.zone import Zone

Job = TypeVar("Job")
Run = Callable[[Job, bool], Any]

CRASHED = "工作进程意外退出（可能内存不足）。处理：用 --jobs 1 重新运行。"
# What every report uses; imported once by the server.
_WARM = (
    "matplotlib.pyplot", "mapclassify", "folium", "papermill", "nbconvert", "typst", "IPython",
    "matplotlib_inline.backend_inline", "govkit.publish.inprocess", "govkit.publish.html", "govkit.publish.pdf",
    "govkit.publish.exporter", "govkit.analysis.change", "govkit.analysis.problems", "govkit.analysis.yardsticks",
    "govkit.display.frames", "govkit.display.prose", "govkit.display.maps.kinds", "govkit.display.maps.web",
)  # fmt: skip


def can_fork() -> bool:
    """Whether a process may be forked safely here."""
    return sys.platform == "linux"


def run_side_by_side(
    run: Run[Job], jobs: Sequence[Job], *, workers: int, zone: Path, isolated: bool = False
) -> Iterator[tuple[Job, Any]]:
    """Yield each job with the result of ``run(job, in_process)``, in the order they end.

    A job whose process dies yields None. ``isolated``: a fresh kernel for each, also where forking is safe.
    """
    if can_fork() and not isolated:
        yield from _by_forks(run, jobs, workers, zone)
    else:
        yield from _by_kernels(run, jobs, workers)


def _by_kernels(run: Run[Job], jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Any]]:
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(run, job, False): job for job in jobs}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except BrokenProcessPool:
                yield futures[future], None


def _by_forks(run: Run[Job], jobs: Sequence[Job], workers: int, zone: Path) -> Iterator[tuple[Job, Any]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs, run, list(jobs), workers, zone))
    server.start()
    theirs.close()
    waiting = dict(enumerate(jobs))
    try:
        while waiting:
            place, result = ours.recv()
            if place is None:  # the server could not start
                raise ReportError(
                    f"报告服务没有启动：{result}", todo="请用 --isolated 重新运行，并把这条信息告诉维护者。"
                )
            yield waiting.pop(place), result
    except EOFError:  # the server itself died
        yield from ((job, None) for job in waiting.values())
    finally:
        ours.close()  # tells the server to stop
        server.join()


def _serve(parent: Connection, run: Run[Job], jobs: list[Job], workers: int, zone: Path) -> None:
    """Import, open the zone, then keep ``workers`` forked jobs going until all are done or the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which closes the pipe
    try:
        warm_up(zone)
    except Exception as error:  # said by the parent, in one line
        parent.send((None, f"{type(error).__name__}: {error}"))
        return
    context = multiprocessing.get_context("fork")
    waiting = list(enumerate(jobs))
    running: dict[Any, tuple[int, Any]] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            place, job = waiting.pop(0)
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_child, args=(theirs, run, job))
            process.start()
            theirs.close()
            running[ours] = (place, process)
        for ready in wait([parent, *running]):
            if ready is parent:  # nothing is ever sent: the parent has gone
                for _, process in running.values():
                    process.kill()
                return
            place, process = running.pop(ready)
            parent.send((place, _received(ready)))
            process.join()


def _received(connection: Any) -> Any:
    try:
        return connection.recv()
    except EOFError:  # the job's process died
        return None
    finally:
        connection.close()


def warm_up(zone: Path) -> None:
    """Import what every report uses and open the zone: the process may then be forked for each report."""
    for name in _WARM:
        importlib.import_module(name)
    from govkit.zone import keep_open

    keep_open(zone, _read_aside(zone))
    check_single()
    gc.collect()
    gc.freeze()


def _read_aside(folder: Path) -> Zone:
    """Open a zone in a child: reading Parquet starts threads that stay, and a process that forks may have only one."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    reader = context.Process(target=_open_and_send, args=(theirs, folder))
    reader.start()
    theirs.close()
    found = ours.recv()
    reader.join()
    if isinstance(found, Exception):
        raise found
    return found


def _open_and_send(answer: Connection, folder: Path) -> None:
    from govkit.zone import open_zone

    try:
        answer.send(open_zone(folder))
    except Exception as error:  # raised by the one that asked
        answer.send(error)


def _child(answer: Connection, run: Run[Job], job: Job) -> None:
    import numpy as np

    np.random.seed()  # each notebook starts with a random state of its own
    answer.send(run(job, True))
    answer.close()
    sys.stdout.flush()
    os._exit(0)  # nothing of the server's is to be tidied up by its child
