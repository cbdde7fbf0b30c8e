"""Which worker of a cluster makes which report: one a thread, and only on workers that are fit for it.

Dask alone would give a report to any worker, also to one that joined in mid-run with other packages, and its
restrictions name workers, not what they must be like. So a report is bound to one worker when that has a thread free:
a worker that turns out unfit is left out with a warning, one that is lost has its reports made by others, and one that
joins later is given its share.
"""

from __future__ import annotations

import logging
import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from govkit import catalogue
from govkit.errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client, Future

# How often to look who is still there, in seconds.
_LOOK_S = 1.0
_log = logging.getLogger("govkit.cluster")


class Placing:
    """The jobs 0, 1, … of a run, handed out in this order; ``send`` starts one on a worker and returns its future.

    A task that raises ClusterError, or cannot be loaded at all, says that its worker is unfit.
    """

    def __init__(self, client: Client, jobs: int, send: Callable[[int, str], Future]) -> None:
        self._client, self._send = client, send
        self._waiting = deque(range(jobs))
        self._running: dict[Future, tuple[int, str]] = {}
        self._losses: Counter[int] = Counter()
        self._threads: Mapping[str, int] = {}
        self._left_out: dict[str, str] = {}
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._looked = float("-inf")
        self._cut_off = False
        self._settings: dict[str, Any] = catalogue.load("cluster")

    def results(self) -> Iterator[tuple[int, Any]]:
        """Yield each job with what its task returned, the exception it raised, or a text that says why there is none.

        When no fit worker has been there for some time, or the scheduler is lost, all that is left comes with such a
        text.
        """
        seen = time.monotonic()
        while (self._waiting or self._running) and not self._cut_off:
            yield from self._look()
            self._hand_out()
            seen = time.monotonic() if self._fit() else seen
            if time.monotonic() - seen > self._settings["lost_workers_s"]:
                break
            try:
                future = self._ended.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if future in self._running:
                yield from self._taken(future)
        yield from ((job, self._why_none()) for job in [*self.abandoned(), *self._waiting])

    def abandoned(self) -> list[int]:
        """Call off all that runs and return it."""
        with suppress(Exception):  # the scheduler may be gone; nothing is left to be done about it
            self._client.cancel(list(self._running))
        return [job for job, _ in self._running.values()]

    def _fit(self) -> list[str]:
        return [worker for worker in self._threads if worker not in self._left_out]

    def _look(self) -> Iterator[tuple[int, str]]:
        """See which workers are there, once in a while; what a lost one had goes to others, four times at most."""
        if time.monotonic() - self._looked < _LOOK_S:
            return
        self._threads, self._looked = self._present(), time.monotonic()
        for future, (job, worker) in list(self._running.items()):
            if worker not in self._threads and self._client.status == "running":
                self._client.cancel([future])
                del self._running[future]
                yield from self._lost(job)

    def _present(self) -> Mapping[str, int]:
        try:
            return self._client.nthreads() if self._client.status == "running" else {}
        except OSError:
            return {}

    def _gone(self, worker: str) -> bool:
        self._threads = self._present()
        return worker not in self._threads and self._client.status == "running"

    def _lost(self, job: int) -> Iterator[tuple[int, str]]:
        self._losses[job] += 1
        if self._losses[job] < self._settings["lost_workers_a_report"]:
            self._waiting.appendleft(job)
        else:
            yield job, self._settings["words"]["killer"]

    def _hand_out(self) -> None:
        """Give every free thread of a fit worker a job, the least busy worker first."""
        busy = Counter(worker for _, worker in self._running.values())
        free = {worker: self._threads[worker] - busy[worker] for worker in self._fit()}
        while self._waiting and self._client.status == "running" and max(free.values(), default=0) > 0:
            worker = max(free, key=lambda one: free[one])
            job = self._waiting.popleft()
            future = self._send(job, worker)
            self._running[future] = (job, worker)
            future.add_done_callback(self._ended.put)
            free[worker] -= 1

    def _taken(self, future: Future) -> Iterator[tuple[int, Any]]:
        """Yield what a task that ended has brought; a thread that did well is given the next job before that."""
        job, worker = self._running.pop(future)
        done = future.status == "finished"
        if future.status == "lost" or (done and self._gone(worker)):  # with its worker, before it was fetched
            self._client.cancel([future])
            yield from self._lost(job)
            return
        if done:
            self._hand_out()
        try:
            found = future.result(timeout=self._settings["lost_workers_s"])
        except (ClusterError, ImportError) as error:
            self._leave_out(worker, error)
            self._waiting.appendleft(job)
        except TimeoutError:
            yield from self._lost(job)
        except CancelledError:  # not by us: with the scheduler all else is lost too
            self._cut_off = True
            yield job, self._settings["words"]["lost"]
        except Exception as error:  # told of this one report
            yield job, error
        else:
            yield job, found
        future.release()

    def _leave_out(self, worker: str, error: Exception) -> None:
        words = self._settings["words"]
        why = error if isinstance(error, ClusterError) else words["cannot_run"].format(error=error)
        if worker not in self._left_out:
            self._left_out[worker] = f"{worker}：{why}"
            _log.warning(words["left_out"].format(told=self._left_out[worker]))

    def _why_none(self) -> str:
        words = self._settings["words"]
        there = [told for worker, told in self._left_out.items() if worker in self._threads]
        return words["none_fit"].format(told="；".join(there)) if there else words["lost"]
