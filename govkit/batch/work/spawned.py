"""Jobs side by side, each in a fresh Jupyter kernel (`--isolated`): a few helpers run them one after the other."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from govkit.batch.work.workers import Limits

Job = TypeVar("Job")


def by_kernels(
    run: Callable[[Job, bool], Any], jobs: Sequence[Job], *, workers: int, limits: Limits
) -> Iterator[tuple[Job, Any]]:
    """Yield each job with the result of ``run(job, False)``, in the order they end; None if its helper died.

    A helper that dies takes only the job it was at with it: another is started for those that wait.
    """
    waiting = list(jobs)
    running: dict[Connection, tuple[Job, Any]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                helper, process = _start(run, limits)
                running[helper] = (_give(helper, waiting.pop(0)), process)
            for ready in wait(list(running)):
                helper = cast(Connection, ready)
                job, process = running[helper]
                result, alive = _result(helper)
                if alive and waiting:
                    running[helper] = (_give(helper, waiting.pop(0)), process)
                else:
                    del running[helper]
                    helper.close()  # tells it to end
                    process.join()
                yield job, result
    finally:
        for _, process in running.values():
            process.kill()
            process.join()


def _start(run: Callable[[Job, bool], Any], limits: Limits) -> tuple[Connection, Any]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_help, args=(theirs, run, limits))
    process.start()
    theirs.close()
    return ours, process


def _help(orders: Connection, run: Callable[[Job, bool], Any], limits: Limits) -> None:
    """In a helper: run what comes until nothing more does."""
    limits.set()
    while True:
        try:
            job = orders.recv()
        except EOFError:
            return
        orders.send(run(job, False))


def _give(helper: Connection, job: Job) -> Job:
    with suppress(OSError):  # it has died already, which is seen when its answer is waited for
        helper.send(job)
    return job


def _result(helper: Connection) -> tuple[Any, bool]:
    """Return a helper's answer and whether it is still there to give another."""
    try:
        return helper.recv(), True
    except (EOFError, OSError):
        return None, False
