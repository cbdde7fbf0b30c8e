"""How many reports are made at a time, what each may use, and how a process is made ready for the one it makes."""

from __future__ import annotations

import gc
import os
import random
import sys
import threading
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govkit.geometry.threads import cores

# Of the machine's memory the reports may share this much; no single one gets less than the least.
_SHARE_OF_MEMORY, _LEAST_MB = 0.8, 1024
# More processes that only wait to be of use would cost a clerk's machine more memory than they save time.
_MOST_SPARES = 2
_MEMORY_LOOKS_S = 0.25


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
