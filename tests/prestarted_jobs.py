"""What processes started ahead do in tests; a module of its own, as each of them imports it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from govkit.batch.work.pool import by_prestarted
from govkit.batch.work.workers import Limits, watch_memory


def act(job: str) -> tuple[str, int]:
    """Answer, or die, grow or hang if the job says so."""
    if job.startswith("die"):
        os._exit(9)
    if job == "grow":
        watch_memory(50)
        held = b"x" * (200 << 20)
        time.sleep(60 + held[0])
    if job == "hang":
        return _hang(), os.getpid()
    if os.sep in job:
        Path(job).write_text(str(os.getpid()), encoding="utf-8")
        time.sleep(60)
    return job, os.getpid()


def _hang() -> str:
    from govkit.batch.work.inprocess import _at_most

    try:
        with _at_most(0.1):
            time.sleep(60)
    except TimeoutError as error:
        return str(error)
    return "never"


def results(jobs: list[str], **options: Any) -> Any:
    """Run jobs, two at a time with one spare unless told otherwise."""
    return by_prestarted(act, jobs, **({"workers": 2, "spares": 1, "limits": Limits()} | options))
