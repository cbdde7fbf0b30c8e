"""Which worker makes which report: one a thread, the unfit left out, what the lost had made by others."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

import pytest

from govkit import catalogue
from govkit.batch.cluster import placing
from govkit.batch.cluster.placing import Placing
from govkit.errors import ClusterError

Threads = dict[str, int]
Work = Callable[[int, str], Any]
NEVER, GONE = object(), object()


class Future:
    """What a worker brought forth: NEVER anything, or something that was GONE before it was fetched."""

    def __init__(self, found: Any) -> None:
        self._found = found
        self.status = "lost" if found is GONE else "error" if isinstance(found, BaseException) else "finished"

    def add_done_callback(self, tell: Callable[[Future], None]) -> None:
        if self._found is not NEVER:
            tell(self)

    def result(self, timeout: float) -> Any:
        if isinstance(self._found, BaseException):
            raise self._found
        return self._found

    def release(self) -> None:
        """Nothing is held."""


class Cluster:
    """Workers with their threads, as they are each time somebody looks; they do what ``work`` says."""

    status = "running"

    def __init__(self, *there: Threads, work: Work) -> None:
        self._there, self._work = list(there), work
        self.sent: list[tuple[int, str]] = []

    def nthreads(self) -> Threads:
        return self._there.pop(0) if len(self._there) > 1 else self._there[0]

    def cancel(self, futures: list[Future]) -> None:
        """Nobody works on them any more."""

    def run(self, jobs: int) -> dict[int, Any]:
        def send(job: int, worker: str) -> Any:
            self.sent.append((job, worker))
            return Future(self._work(job, worker))

        client: Any = self
        return dict(Placing(client, jobs, send).results())


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalogue.load("cluster"), "lost_workers_s", 0.05)
    monkeypatch.setattr(placing, "_LOOK_S", 0.01)


def made(job: int, worker: str) -> str:
    return f"{job} by {worker}"


def unfit(*workers: str) -> Work:
    error = ClusterError("环境与本机不一致：pandas 是 0.1")
    return lambda job, worker: error if worker in workers else made(job, worker)


def test_a_worker_gets_as_many_jobs_at_a_time_as_it_has_threads() -> None:
    cluster = Cluster({"a": 2, "b": 1}, {}, work=lambda *_: NEVER)
    cluster.run(9)
    assert sorted(cluster.sent) == [(0, "a"), (1, "a"), (2, "b")]


def test_an_unfit_worker_is_left_out_and_its_job_made_by_another(caplog: pytest.LogCaptureFixture) -> None:
    cluster = Cluster({"a": 1, "b": 1}, work=unfit("b"))
    assert cluster.run(6) == {job: made(job, "a") for job in range(6)}
    assert [worker for _, worker in cluster.sent].count("b") == 1
    told = ["工作节点 b：环境与本机不一致：pandas 是 0.1。这个节点不做报告，分到它的由其他节点做。"]
    assert [one.getMessage() for one in caplog.records] == told


def test_a_worker_that_cannot_load_a_job_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    cluster = Cluster({"a": 1, "b": 1}, work=lambda *one: ImportError("no govkit") if one[1] == "b" else made(*one))
    assert cluster.run(3) == {job: made(job, "a") for job in range(3)}
    assert "b：没有安装 govkit[cluster]，或不能运行（no govkit）" in caplog.text


def test_jobs_fail_only_when_no_fit_worker_is_left_and_say_what_differs() -> None:
    found = Cluster({"a": 1, "b": 1}, work=unfit("a", "b")).run(2)
    assert sorted(found) == [0, 1]
    assert "没有可用的工作节点" in found[0]
    assert "a：环境与本机不一致：pandas 是 0.1；b：环境" in found[0]


def test_a_worker_that_joins_later_is_given_its_share() -> None:
    cluster = Cluster({"a": 1}, {"a": 1, "b": 1}, work=lambda *one: NEVER if one == (0, "a") else made(*one))
    cluster._there.append({})
    cluster.run(3)
    assert (1, "b") in cluster.sent


def test_what_a_lost_worker_had_is_made_by_another() -> None:
    cluster = Cluster({"a": 1}, {"b": 1}, work=lambda *one: NEVER if one[1] == "a" else made(*one))
    assert cluster.run(2) == {0: "0 by b", 1: "1 by b"}


def test_a_result_that_went_with_its_worker_is_not_waited_for_but_made_again() -> None:
    cluster = Cluster({"a": 1}, {"b": 1}, work=lambda *one: made(*one))
    assert cluster.run(1) == {0: "0 by b"}


def test_a_result_lost_before_it_was_fetched_is_made_again() -> None:
    lost = iter([GONE])
    assert Cluster({"a": 1}, work=lambda *one: next(lost, made(*one))).run(1) == {0: "0 by a"}


def test_a_job_that_takes_every_worker_with_it_is_given_up_and_the_others_are_made() -> None:
    cluster = Cluster({"a": 1}, work=lambda *one: GONE if one[0] == 0 else made(*one))
    found = cluster.run(2)
    assert cluster.sent.count((0, "a")) == catalogue.load("cluster")["lost_workers_a_report"]
    assert ("接连丢失" in found[0], found[1]) == (True, "1 by a")


def test_without_any_worker_the_jobs_do_not_wait_forever() -> None:
    assert "与计算集群的联系中断" in Cluster({}, work=made).run(1)[0]


def test_when_the_scheduler_is_lost_nothing_is_waited_for() -> None:
    found = Cluster({"a": 1}, work=lambda *_: CancelledError()).run(3)
    assert ["联系中断" in found[job] for job in range(3)] == [True, True, True]


def test_an_exception_that_a_job_raised_is_its_own() -> None:
    error = ValueError("x")
    found = Cluster({"a": 1}, work=lambda *one: error if one[0] == 0 else made(*one)).run(2)
    assert found == {0: error, 1: "1 by a"}
