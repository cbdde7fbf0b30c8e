"""One batch from request to manifest: plan, judge what has changed, run the rest, write journal, manifest and index."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pandas as pd

from govkit import catalogue
from govkit.batch.plan import quick
from govkit.batch.plan.jobs import Job, failed, plan, run_job
from govkit.batch.plan.request import Request
from govkit.batch.plan.unchanged import Inputs, inputs_of, reasons
from govkit.batch.record import volume
from govkit.batch.record.approvals import say_approvals
from govkit.batch.record.index import write_index
from govkit.batch.record.journal import Entry, claimed, damaged, read_entries, remove_report, write_entry
from govkit.batch.record.left_out import write_left_out
from govkit.batch.record.log import log_run
from govkit.batch.record.manifest import Manifest, Outcome, held_back_records, input_record, write_manifest
from govkit.batch.work.ahead import Ahead, Found, find
from govkit.batch.work.pool import prepare, run_side_by_side
from govkit.batch.work.surroundings import hashed_json, surroundings, zone_files
from govkit.batch.work.warm import acquaint, check_and_freeze, rehearse, warm_up
from govkit.batch.work.workers import Limits, can_fork, number_of_workers
from govkit.errors import ClusterError, StrictError
from govkit.files import check_room, check_writable, keep_private, sweep
from govkit.intake.reading.sources import is_address
from govkit.zone import memory
from govkit.zone.zone import Zone


class Listener(Protocol):
    """Who is told how a batch goes on."""

    def started(self, total: int) -> None:
        """So many reports there are, those that need no making included."""

    def finished(self, outcome: Outcome, number: int, total: int) -> None:
        """One of them is made, unchanged, or has failed."""


@dataclass(frozen=True)
class _Batch:
    """What holds for all reports of one run. ``stamp``: hash of the zone's files, "" where they do not tell."""

    request: Request
    found: Found
    inputs: Inputs
    period: str
    folder: Path
    stamp: str
    jobs: tuple[Job, ...]

    @property
    def zone(self) -> Zone:
        return self.found.zone

    @property
    def forks(self) -> bool:
        return forks(self.request)


def forks(request: Request) -> bool:
    """Whether reports are made in processes forked from the one that coordinates."""
    return can_fork() and not request.cluster


def coordinate(
    request: Request, listener: Listener, *, ahead: Ahead | None = None, stop: Any = None
) -> tuple[Manifest, Path]:
    """Make what has to be made of a request; return the manifest and the folder.

    ``ahead`` is at work on the same request already. ``stop`` is a connection: anything heard on it ends the run as
    Ctrl-C does. KeyboardInterrupt is raised then, after manifest and index are written, with manifest and folder as its
    arguments. Raises GovkitError before any report is made if a name is unknown, a row was set aside (``strict``) or
    another run works in the folder.
    """
    started, clock = dt.datetime.now(ZoneInfo("Asia/Shanghai")), time.monotonic()
    batch = _planned(request, ahead)
    with claimed(batch.folder, wait=request.wait):
        sweep(batch.folder)
        known = read_entries(batch.folder, batch.zone.name, batch.period)
        outcomes: list[Outcome] = []
        interrupted = False
        listener.started(len(batch.jobs))
        try:
            for outcome in _outcomes(batch, known, stop):
                outcomes.append(outcome)
                listener.finished(outcome, len(outcomes), len(batch.jobs))
        except KeyboardInterrupt:  # what is finished is still listed
            interrupted = True
        manifest = _recorded(batch, known, outcomes, started.isoformat(timespec="seconds"), time.monotonic() - clock)
    if interrupted:
        raise KeyboardInterrupt(manifest, batch.folder)
    return manifest, batch.folder


def _planned(request: Request, ahead: Ahead | None) -> _Batch:
    if forks(request):
        ahead = ahead or Ahead(request)
        warm_up(request.notebook_paths(), request.formats)
        rehearse()  # the first report saves more than this takes; the zone is not open sooner, as a rule
        files, found = ahead.files, ahead.found()
    else:
        surroundings()  # before anything else is read: what changes from here on counts as changed
        files, found = zone_files(request.zone, outside=request.reports), find(request)
    zone = found.zone
    period = request.period_in(zone)
    folder = request.folder(period)
    jobs = plan(zone, request, period, folder)
    if request.strict:
        errors = int((zone.findings["severity"] == "error").sum())
        if errors:
            raise StrictError(
                f"严格模式：数据文件中有 {errors} 处错误，没有生成任何报告。",
                todo=f"请用 `govkit check {zone.folder}` 逐条查看、改正后重新运行；或去掉 --strict。",
            )
    check_writable(folder)
    keep_private(folder, zone.front.internal)
    in_files = not any(is_address(source.path) for source in zone.settings.sources.values())
    inputs = inputs_of(found, files, period)
    return _Batch(request, found, inputs, period, folder, hashed_json(files) if in_files else "", tuple(jobs))


# A report's notebook and district.
Name = tuple[str, str]
Known = dict[Name, Entry]


def _outcomes(batch: _Batch, known: Known, stop: Any) -> Iterator[Outcome]:
    """Yield unchanged reports first, then the others as they are made."""
    why = {_name(job): _reasons(batch, job, known.get(_name(job))) for job in batch.jobs}
    for job in batch.jobs:
        if not why[_name(job)]:
            yield replace(known[_name(job)].outcome, status="unchanged", seconds=0.0, why=())
    for job, outcome in _made(batch, [job for job in batch.jobs if why[_name(job)]], stop):
        told = replace(outcome, why=why[_name(job)])
        _keep(batch, job, told, known.get(_name(job)))
        yield told


def _name(job: Job) -> Name:
    return (job.notebook.stem, job.district)


def _reasons(batch: _Batch, job: Job, entry: Entry | None) -> tuple[str, ...]:
    if batch.request.force and entry is not None:
        return (catalogue.load("batch")["why"]["forced"],)
    return reasons(entry, batch.inputs.now(job, entry) if entry else {})


def _made(batch: _Batch, jobs: Sequence[Job], stop: Any) -> Iterator[tuple[Job, Outcome]]:
    """Yield each job with its outcome as it ends; the longest come first, or the last one would keep others waiting."""
    if not jobs:
        return
    check_room(batch.folder, len(jobs))
    ordered = _longest_first(batch.zone, jobs)
    if batch.request.cluster:
        yield from _made_elsewhere(batch, ordered)
    else:
        yield from _made_here(batch, ordered, stop)


def _longest_first(zone: Zone, jobs: Sequence[Job]) -> list[Job]:
    """Put reports of the whole zone first, then those of the districts with most grids, which maps are drawn of."""
    grids = zone.tables["grids"]["unit_code"].dropna() if "grids" in zone.tables else pd.Series(dtype="str")
    counts = {size: grids.str[:size].value_counts() for size in {len(job.district) for job in jobs}}
    return sorted(jobs, key=lambda job: (bool(job.district), -counts[len(job.district)].get(job.district, 0)))


def _made_here(batch: _Batch, jobs: Sequence[Job], stop: Any) -> Iterator[tuple[Job, Outcome]]:
    workers = number_of_workers(batch.request.jobs, len(jobs))
    clock = time.monotonic()
    if batch.forks:
        memory.keep(batch.zone, batch.found.shared)
        acquaint(batch.zone)
        check_and_freeze()
    for job, outcome in run_side_by_side(
        partial(run_job, in_process=not batch.request.isolated),
        jobs,
        workers=workers,
        limits=Limits.of(batch.request.memory_mb, workers),
        prepare=partial(prepare, batch.zone, batch.found.shared, sorted({job.notebook for job in jobs})),
        stop=stop,
    ):
        begun = getattr(outcome, "begun", clock)
        yield job, outcome if isinstance(outcome, Outcome) else failed(job, str(outcome), begun)


def _made_elsewhere(batch: _Batch, jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
    from govkit.batch.cluster.run import run_on_cluster

    request = batch.request
    if request.jobs or request.isolated:
        raise ClusterError("--cluster 不能与 --jobs、--isolated 同时使用：同时做几份由工作节点的线程数决定。")
    yield from run_on_cluster(
        jobs,
        zone=request.zone.resolve(),
        period=batch.period,
        edition=request.edition,
        address=request.cluster,
        memory_mb=request.memory_mb,
    )


def _keep(batch: _Batch, job: Job, outcome: Outcome, before: Entry | None) -> None:
    """Write down a finished report at once, so that it is never made twice; what went by another name goes."""
    if outcome.status == "failed":
        remove_report(outcome, batch.folder)
    else:
        for old in set(before.outcome.outputs if before else ()) - set(outcome.outputs):
            old.unlink(missing_ok=True)
        key = {**batch.inputs.of(job, outcome.made_of), **outcome.parts}
        entry = Entry(outcome, key, batch.zone.name, batch.period, batch.inputs.shared_hash)
        write_entry(entry, batch.folder)


def _recorded(batch: _Batch, known: Known, outcomes: Sequence[Outcome], started: str, seconds: float) -> Manifest:
    """Write manifest, index and what lets the next run see at a glance that nothing has changed."""
    planned = {_name(job): place for place, job in enumerate(batch.jobs)}
    # A clerk who makes one street again still has the others: manifest and index speak of the whole folder.
    before = known.pop((volume.NOTEBOOK, ""), None)
    others = {key: entry.outcome for key, entry in known.items() if key not in planned and damaged(entry) is None}
    still = {"", *batch.zone.districts["code"]}
    for outcome in others.values():
        if outcome.district not in still:  # merged or renumbered: nothing of it may stand here as if it were true
            remove_report(outcome, batch.folder)
    kept = [outcome for outcome in others.values() if outcome.district in still]
    reports = sorted(outcomes, key=lambda one: planned[one.notebook, one.district])
    if (batch.request.volume or before) and (made_of := volume.key_of([*reports, *kept])):
        stem = "-".join(filter(None, (volume.NOTEBOOK, batch.request.edition)))
        standing = [*reports, *kept]
        reports.append(volume.made_volume(standing, batch.folder, name=batch.zone.name, stem=stem, before=before))
        if reports[-1].status == "failed":
            remove_report(reports[-1], batch.folder)
        else:
            shared = batch.inputs.shared_hash
            write_entry(Entry(reports[-1], made_of, batch.zone.name, batch.period, shared), batch.folder)
    manifest = Manifest(
        zone=batch.zone.name,
        period=batch.period,
        started=started,
        seconds=seconds,
        inputs=tuple(input_record(row) for row in batch.zone.accounts.to_dict("records")),
        reports=tuple(reports),
        kept=tuple(kept),
        held_back=held_back_records(batch.zone.findings),
    )
    write_manifest(manifest, batch.folder)
    say_approvals(batch.folder)
    index = write_index(batch.zone, batch.found.shared[batch.period], manifest, batch.folder)
    files, known_as = [index], catalogue.load("editions")
    if batch.request.edition == known_as["internal"] and known_as["public"] in batch.zone.front.editions:
        files.append(write_left_out(batch.zone, batch.folder))
    log_run(batch.request.log_of(batch.folder), manifest, batch.folder, {path.name: path for path in files})
    errors = int((batch.zone.findings["severity"] == "error").sum())
    quick.write(batch.request, manifest, batch.folder, stamp=batch.stamp, errors=errors, jobs=batch.jobs)
    return manifest
