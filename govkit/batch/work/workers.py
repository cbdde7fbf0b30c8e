"""Run jobs side by side, each in a process of its own that ends with it, so that no report can touch another.

Where forking is safe (Linux) the process that coordinates a batch imports everything and opens the zone once, then
forks for each job: half of a plain run is imports and the kernel's start. It has a single thread, which is what makes
forking it safe. Elsewhere processes are started ahead, one for each job (``prestarted``); with ``isolated`` every job
runs in a fresh Jupyter kernel.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar

from govkit.batch.work.fork_server import check_single, die_with
from govkit.batch.work.prestarted import by_prestarted
from govkit.batch.work.spawned import by_kernels
from govkit.geometry.threads import cores

Job = TypeVar("Job")
Run = Callable[[Job, bool], Any]

CRASHED = (
    "工作进程意外退出（可能内存不足，或程序停住不动）。处理：用 --jobs 1 重新运行；或用 --memory、--timeout 放宽限制。"
)
# Of the machine's memory the reports may share this much; no single one gets less than the least.
_SHARE_OF_MEMORY, _LEAST_MB = 0.8, 1024
# More processes that only wait to be of use would cost a clerk's machine more memory than they save time.
_MOST_SPARES = 2


@dataclass(frozen=True)
class Limits:
    """What one job may use: ``memory_mb`` beyond what it starts with (None: no limit)."""

    memory_mb: int | None = None

    @classmethod
    def of(cls, memory_mb: int | None, workers: int) -> Limits:
        """Return the limits asked for; by default each worker's part of the machine's memory."""
        return cls(memory_mb or max(_LEAST_MB, int(_memory_mb() * _SHARE_OF_MEMORY / workers)))

    def set(self) -> None:
        """Hold this process, and what it starts, to the limits: past them Python raises MemoryError (Linux only)."""
        if self.memory_mb and sys.platform == "linux":
            import resource

            held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
            most = held + (self.memory_mb << 20)
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _memory_mb() -> int:
    """The memory of the machine, or of the container this runs in."""
    if not hasattr(os, "sysconf"):  # Windows
        import psutil

        return int(psutil.virtual_memory().total) >> 20
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    with suppress(OSError, ValueError):
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return min(found) >> 20


def number_of_workers(asked: int | None, jobs: int) -> int:
    """Return how many jobs run at a time: as asked, at most four a core, never more than there are."""
    return max(1, min(asked or cores(), jobs, 4 * cores()))


def number_of_spares(workers: int) -> int:
    """Return how many processes may start beside those at work: one for each, as to start takes as long as a report.

    Each takes a core that would be idle: where all are at work, to start ahead gains nothing.
    """
    return max(0, min(workers, cores() - workers, _MOST_SPARES))


def can_fork() -> bool:
    """Whether a process may be forked safely here; with GOVKIT_FORK=off it is taken not to be."""
    return sys.platform == "linux" and os.environ.get("GOVKIT_FORK") != "off"


def run_side_by_side(
    run: Run[Job],
    jobs: Sequence[Job],
    *,
    workers: int,
    limits: Limits = Limits(),
    isolated: bool = False,
    prepare: Callable[[], object] | None = None,
    stop: Any = None,
) -> Iterator[tuple[Job, Any]]:
    """Yield each job with the result of ``run(job, in_process)``, in the order they end.

    A job whose process dies yields None, one that no process could be started for a ReportError. ``isolated``: a fresh
    kernel for each. Where jobs are forked this process must have been warmed up; where they are not, each process calls
    ``prepare`` before its job. ``stop`` is a connection: whatever is heard on it, or its end, kills the running jobs
    and raises KeyboardInterrupt.
    """
    if isolated:
        yield from by_kernels(run, jobs, workers=workers, limits=limits)
    elif can_fork():
        yield from _by_forks(run, jobs, workers, limits, stop)
    else:
        yield from by_prestarted(
            run, jobs, workers=workers, spares=number_of_spares(workers), limits=limits, prepare=prepare, stop=stop
        )


def _by_forks(run: Run[Job], jobs: Sequence[Job], workers: int, limits: Limits, stop: Any) -> Iterator[tuple[Job, Any]]:
    """Keep ``workers`` forked jobs going until all are done."""
    context = multiprocessing.get_context("fork")
    waiting = list(jobs)
    running: dict[Any, tuple[Job, Any]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.pop(0)
                check_single()
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_child, args=(theirs, run, job, limits, os.getpid()))
                process.start()
                theirs.close()
                running[ours] = (job, process)
            for ready in wait([*running, *([stop] if stop else [])]):
                if ready is stop:
                    raise KeyboardInterrupt
                job, process = running.pop(ready)
                result = _received(ready)
                process.join()
                yield job, result
    finally:
        for _, process in running.values():
            process.kill()
            process.join()


def _received(connection: Any) -> Any:
    try:
        return connection.recv()
    except EOFError:  # the job's process died
        return None
    finally:
        connection.close()


def _child(answer: Connection, run: Run[Job], job: Job, limits: Limits, server: int) -> None:
    die_with(server)
    begin(job, limits)
    answer.send(run(job, True))
    answer.close()
    sys.stdout.flush()
    os._exit(0)  # nothing of the server's is to be tidied up by its child


def begin(job: Any, limits: Limits) -> None:
    """Make a process that ends with its job ready for it."""
    import numpy as np

    # Nothing lives long enough here for the collector to be worth its time.
    gc.disable()
    # The same notebook draws the same random numbers again: same input, same bytes.
    seed = zlib.crc32(getattr(job, "stem", "").encode("utf-8"))
    np.random.seed(seed)
    random.seed(seed)
    limits.set()
