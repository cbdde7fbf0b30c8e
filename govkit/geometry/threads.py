"""Work that leaves Python alone (reading, compiled loops, copies) done by several threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Asked = TypeVar("Asked")
Found = TypeVar("Found")


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(work: Callable[[Asked], Found], asked: Iterable[Asked]) -> list[Found]:
    """Return the answers in the order they were asked for, found by one thread a processor."""
    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(work, asked))
