"""Make a zone's reports: the door to a batch, for the command line and for Python; light until there is work to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from govkit.batch.plan import quick
from govkit.batch.plan.request import Request, of_one_edition, target
from govkit.batch.record.manifest import Manifest, Outcome


@dataclass(frozen=True)
class Progress:
    """Told of every finished report."""

    outcome: Outcome
    done: int
    total: int


@dataclass(frozen=True)
class _Callbacks:
    """Tells what happens to those who asked to be told."""

    on_start: Callable[[int], None] | None
    on_done: Callable[[Progress], None] | None

    def started(self, total: int) -> None:
        if self.on_start:
            self.on_start(total)

    def finished(self, outcome: Outcome, number: int, total: int) -> None:
        if self.on_done:
            self.on_done(Progress(outcome, number, total))


def make_reports(
    request: Request,
    *,
    on_start: Callable[[int], None] | None = None,
    on_done: Callable[[Progress], None] | None = None,
) -> tuple[Manifest, Path]:
    """Make every report asked for that has changed, of one edition, and return the manifest and the folder it is in.

    A failed report never stops the others: it is in ``manifest.failed``. Raises GovkitError before any report is made
    if a name is unknown, a row was set aside (``strict``) or another run works in the folder. On Ctrl-C what is
    finished is recorded before KeyboardInterrupt is raised; its arguments are manifest and folder then.
    """
    listener, request = _Callbacks(on_start, on_done), of_one_edition(request)
    place = target(request)
    request.check_formats()
    request.notebook_paths()  # a wrong name is told before anything is opened
    manifest = quick.unchanged(request, *place) if place else None
    if manifest and place:
        listener.started(len(manifest.reports))
        for number, outcome in enumerate(manifest.reports, start=1):
            listener.finished(outcome, number, len(manifest.reports))
        return manifest, place[1]
    from govkit.batch.plan import server

    return server.run(request, listener)
