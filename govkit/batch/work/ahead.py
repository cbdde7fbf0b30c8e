"""What a batch begins with, found ahead in a child: the zone, what all its districts share, a hash of each part.

A child, because reading Parquet starts threads that stay, and a process that forks may have only one; ahead, because
meanwhile this process can import what reports use (Linux only).
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from govkit.batch.plan.request import Request
from govkit.batch.work.fork_server import die_with
from govkit.batch.work.surroundings import surroundings, zone_files
from govkit.errors import ReportError

if TYPE_CHECKING:
    from govkit.zone.zone import Zone


@dataclass(frozen=True)
class Found:
    """A zone and what its districts share in the period asked for (``memory.keep``).

    ``districts``: by short code, a hash for each part of a district; ``shared_hash``: of all that they share.
    """

    zone: Zone
    shared: Mapping[str, Any]
    districts: Mapping[str, Mapping[str, str]]
    shared_hash: str


class Ahead:
    """A child at work on a request; ``files`` are the zone's files by content as they were before it began."""

    def __init__(self, request: Request) -> None:
        surroundings()  # before anything else is read: what changes from here on counts as changed
        self.files = zone_files(request.zone, outside=request.reports)
        context = multiprocessing.get_context("fork")
        self._answer, theirs = context.Pipe(duplex=False)
        self._child = context.Process(target=_find, args=(theirs, request, os.getpid()), daemon=True)
        self._child.start()
        theirs.close()

    def found(self) -> Found:
        """Wait for what is found; raises what opening the zone raised.

        Raises ReportError if the child has died.
        """
        try:
            found = self._answer.recv()
        except EOFError:
            raise ReportError(
                "读取分区的进程意外退出（可能内存不足），没有生成任何报告。",
                todo="请关闭别的程序、腾出内存后重新运行；文件特别大的，先用 `govkit check` 看是哪一个。",
            ) from None
        finally:
            self.close()
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        """End the child, whether it has found everything or not."""
        self._answer.close()
        self._child.kill()
        self._child.join()


def _find(answer: Connection, request: Request, parent: int) -> None:
    die_with(parent)
    try:
        answer.send(find(request))
    except Exception as error:  # raised by the one that asked
        answer.send(error)


def find(request: Request) -> Found:
    """Open the zone of a request and find what its reports have in common; raises what opening the zone raises."""
    from govkit.digests import digest
    from govkit.sections.shared import shared_numbers
    from govkit.zone.opening import read_zone

    zone = read_zone(request.zone)
    period = request.period_in(zone)
    shared = shared_numbers(zone, period)
    return Found(zone, {period: shared}, zone.digests_of_districts(), digest(shared))
