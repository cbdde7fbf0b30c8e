"""Jobs where forking is not safe: every one is answered for, and a helper that dies costs one."""

from __future__ import annotations

import multiprocessing
import os

import pytest

from govkit.batch.work.spawned import by_kernels
from govkit.batch.work.workers import Limits


def shout(job: str, in_process: bool) -> str:
    """What a helper does here: die when told so."""
    if job == "die":
        os._exit(9)
    return f"{job.upper()} {in_process}"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_helper_that_dies_takes_only_its_own_job_with_it(workers: int) -> None:
    jobs = ["a", "die", "b", "die again", "c"]
    found = dict(by_kernels(shout, jobs, workers=workers, limits=Limits()))
    assert found == {
        "a": "A False",
        "die": None,
        "b": "B False",
        "die again": "DIE AGAIN False",
        "c": "C False",
    }


def test_the_last_job_may_die_too() -> None:
    assert list(by_kernels(shout, ["die"], workers=2, limits=Limits())) == [("die", None)]


def test_no_helper_outlives_a_run_that_is_broken_off() -> None:
    running = by_kernels(shout, ["a", "b", "c"], workers=2, limits=Limits())
    next(running)
    running.close()
    assert multiprocessing.active_children() == []


def test_nothing_to_do_starts_nobody() -> None:
    assert list(by_kernels(shout, [], workers=2, limits=Limits())) == []
