"""The worker's side of a cluster: what of a machine decides a report's bytes, and the parcel with its workshop."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import WorkerPlugin, get_worker

from govkit import catalogue
from govkit.batch.cluster.remote_jobs import Delivery, Parcel, Workshop
from govkit.batch.work.surroundings import surroundings
from govkit.batch.work.workers import Limits
from govkit.errors import ClusterError

if TYPE_CHECKING:
    from govkit.batch.plan.jobs import Job


@cache
def versions() -> Mapping[str, str]:
    """Return what decides the bytes of a report on this machine: Python, govkit's own files, packages, fonts."""
    settings = catalogue.load("cluster")
    words = settings["words"]
    found = {words["python"]: platform.python_version(), words["govkit"]: surroundings()["code"][:12]}
    for name in settings["packages"]:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = words["missing"]
    return {**found, words["fonts"]: "、".join(_fonts())}


def _fonts() -> list[str]:
    """The font files that maps and PDF are set with, with their sizes: a machine's own come before the packaged."""
    from govkit.display.fonts import font_file
    from govkit.documents.pdf.typefaces import typefaces

    files = {font_file(style) for style in catalogue.load("map_text")["fonts"]}
    book = typefaces()
    files |= {Path(info.path) for info in book.book.fonts() if info.path and info.family in book.families}
    return sorted(f"{path.name}({path.stat().st_size})" for path in files)


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Return in words what differs from ``expected``; empty if nothing does.

    >>> differences({"pandas": "3.1.0"}, {"pandas": "3.0.2"})
    ['pandas 是 3.0.2，本机是 3.1.0']
    """
    missing = catalogue.load("cluster")["words"]["missing"]
    return [
        f"{name} 是 {found.get(name, missing)}，本机是 {value}"
        for name, value in expected.items()
        if found.get(name, missing) != value
    ]


def limits_on(worker: Any, memory_mb: int | None) -> Limits:
    """Return what one report may use on a worker: as asked, else its thread's part of what the worker may use."""
    threads, whole = worker.state.nthreads, worker.memory_manager.memory_limit
    if memory_mb or not whole:
        return Limits.of(memory_mb, threads)
    return Limits(max(catalogue.load("cluster")["least_memory_mb"], (whole >> 20) // threads))


class ZonePlugin(WorkerPlugin):
    """Gives every worker, also one that joins later, the parcel; takes it away again at the end of the run."""

    def __init__(
        self,
        parcel: Parcel,
        expected: Mapping[str, str],
        *,
        period: str = "",
        edition: str = "",
        memory_mb: int | None = None,
    ) -> None:
        self._parcel, self._expected = parcel, dict(expected)
        self._period, self._edition, self._memory_mb = period, edition, memory_mb
        self._workshop: Workshop | None = None

    def setup(self, worker: Any) -> None:
        """Called by the worker when it gets the plugin."""
        folder = tempfile.mkdtemp(dir=worker.local_directory, prefix="govkit-")
        limits = limits_on(worker, self._memory_mb)
        asked = {"period": self._period, "edition": self._edition}
        self._workshop = Workshop(self._parcel, Path(folder), **asked, limits=limits)

    def teardown(self, worker: Any) -> None:  # noqa: ARG002 - the caller's signature
        """Called by the worker at the end: jobs that still run are ended, the zone's data removed."""
        if self._workshop:
            self._workshop.close()

    def run(self, job: Job) -> Delivery:
        """Run a job; raises ClusterError on a worker that would make another report of it."""
        words = catalogue.load("cluster")["words"]
        if found := differences(self._expected, versions()):
            raise ClusterError(words["differs"].format(told="；".join(found)))
        if self._workshop is None:
            raise ClusterError(words["no_parcel"])
        return self._workshop.run(job)


def run_remote(plugin: str, job: Job) -> Delivery:
    """Run a job with the parcel of the plugin so named, on the worker that calls this; else raises ClusterError."""
    found: Any = get_worker().plugins.get(plugin)
    if found is None:
        raise ClusterError(catalogue.load("cluster")["words"]["no_parcel"])
    return found.run(job)
