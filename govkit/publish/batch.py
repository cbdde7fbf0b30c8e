"""A zone's reports in one go: plan the jobs, run them side by side, write index and manifest."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from govkit.errors import GovkitError, StrictError, UnknownNameError
from govkit.publish.execute import (
    check_parameters,
    check_shown,
    declared_parameters,
    private_environment,
    run_notebook,
)
from govkit.publish.files import check_writable, file_stem
from govkit.publish.formats import FORMATS, REPORTS, SUFFIX, documents_of
from govkit.publish.manifest import Manifest, Outcome, earlier_reports, write_manifest
from govkit.publish.workers import CRASHED, run_side_by_side
from govkit.zone import Zone, open_zone

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
DEFAULT_NOTEBOOKS = ("district_report", "zone_overview", "conference_maps")
_SHORT_NAMES = {"zone_overview": "overview", "conference_maps": "maps"}


@dataclass(frozen=True)
class Job:
    """One notebook to run for one district (``""`` for the whole zone) and the documents to make of it."""

    notebook: Path
    district: str
    name: str
    stem: str
    executed: Path
    parameters: dict[str, Any]
    formats: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Progress:
    """Told of every finished report."""

    outcome: Outcome
    done: int
    total: int


@dataclass(frozen=True)
class Request:
    """What a user asks for; the defaults mean last period, all districts, the usual notebooks, HTML and PDF."""

    zone: Path
    period: str | None = None
    districts: tuple[str, ...] = ()
    notebooks: tuple[str, ...] = ()
    formats: tuple[str, ...] = REPORTS
    out: Path | None = None
    jobs: int | None = None
    strict: bool = False
    isolated: bool = False
    cluster: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


def make_reports(
    request: Request,
    *,
    on_start: Callable[[int], None] | None = None,
    on_done: Callable[[Progress], None] | None = None,
) -> tuple[Manifest, Path]:
    """Make every report asked for and return the manifest and the folder it is in.

    A failed report never stops the others: it is in ``manifest.failed``. Raises GovkitError before any report is
    made if a name is unknown, or (``strict``) if a row was set aside.
    """
    started, clock = dt.datetime.now(ZoneInfo("Asia/Shanghai")), time.monotonic()
    _check_formats(request.formats)
    zone = open_zone(request.zone)
    period = zone.period(request.period).id if request.period else zone.settings.periods[-1].id
    folder = (request.out or Path("reports") / zone.folder.resolve().name / period).resolve()
    jobs = plan(zone, request, period, folder)
    if request.strict:
        _refuse_errors(zone)
    check_writable(folder)
    if on_start:
        on_start(len(jobs))
    outcomes: list[Outcome] = []
    interrupted = False
    try:
        for outcome in _run(jobs, request):
            outcomes.append(outcome)
            if on_done:
                on_done(Progress(outcome, len(outcomes), len(jobs)))
    except KeyboardInterrupt:  # what is finished is still listed
        interrupted = True
    made = {(one.notebook, one.district) for one in outcomes}
    # A clerk who makes one street again still has the others: manifest and index speak of the whole folder.
    earlier = earlier_reports(folder, zone.name, period)
    kept = tuple(one for one in earlier if (one.notebook, one.district) not in made)
    order = {(job.notebook.stem, job.district): place for place, job in enumerate(jobs)}
    outcomes.sort(key=lambda one: order[one.notebook, one.district])
    manifest = Manifest(
        zone=zone.name,
        period=period,
        started=started.isoformat(timespec="seconds"),
        seconds=time.monotonic() - clock,
        inputs=zone.accounts,
        reports=tuple(outcomes),
        kept=kept,
    )
    write_manifest(manifest, folder)
    from govkit.publish.index import write_index

    write_index(zone, zone.period(period), manifest, folder)
    if interrupted:
        raise KeyboardInterrupt
    return manifest, folder


def plan(zone: Zone, request: Request, period: str, folder: Path) -> list[Job]:
    """Return the jobs in the order of notebooks and districts.

    A notebook with a ``district`` parameter runs once a district, any other once. Raises UnknownNameError for an
    unknown district, notebook or notebook parameter.
    """
    districts = [zone.district(name) for name in request.districts]
    if not districts:
        districts = [zone.district(code) for code in zone.districts["code"]]
    jobs = []
    for name in request.notebooks or DEFAULT_NOTEBOOKS:
        path = find_notebook(name)
        formats = _formats(path, request)
        if not formats:
            continue
        check_parameters(path, request.parameters)
        common = {"zone": str(zone.folder.resolve()), "period": period, **request.parameters}
        declared = declared_parameters(path)
        targets = [(one.code, one.name) for one in districts] if "district" in declared else [("", zone.name)]
        for code, title in targets:
            parameters = {**common, "district": code}
            jobs.append(
                Job(
                    notebook=path,
                    district=code,
                    name=title,
                    stem=_stem(path.stem, code, title),
                    executed=folder / "notebooks" / f"{_stem(path.stem, code)}.ipynb",
                    parameters={key: value for key, value in parameters.items() if key in declared},
                    formats=formats,
                    folder=folder,
                )
            )
    return jobs


def _stem(notebook: str, code: str, name: str = "") -> str:
    """Name a report by its code (and name) first; a notebook other than the usual one is named behind it."""
    short = _SHORT_NAMES.get(notebook, notebook)
    if not code:
        return short
    stem = file_stem(code, name) if name else code
    return stem if notebook == DEFAULT_NOTEBOOKS[0] else f"{stem}-{short}"


def find_notebook(name: str) -> Path:
    """Return a notebook by its name in the workbench's notebooks folder, or by its path."""
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    known = notebooks()
    if name not in known:
        raise UnknownNameError("笔记本", name, known)
    return known[name]


def notebooks() -> dict[str, Path]:
    """Return the workbench's notebooks by name."""
    return {path.stem: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}


def run_job(job: Job, in_process: bool) -> Outcome:
    """Run one job to its documents; a failure is an outcome, not an exception."""
    clock = time.monotonic()
    try:
        made = _documents(job, in_process=in_process)
    except GovkitError as error:
        return failed(job, str(error), clock)
    except Exception as error:  # a defect of ours must not take the other reports with it
        return failed(job, f"程序内部错误：{type(error).__name__}: {error}", clock)
    return Outcome(**_common(job), status="done", seconds=time.monotonic() - clock, **made)


def _common(job: Job) -> dict[str, Any]:
    parameters = {**job.parameters, "zone": Path(job.parameters.get("zone", "")).name}
    return {"district": job.district, "name": job.name, "notebook": job.notebook.stem, "parameters": parameters}


def failed(job: Job, error: str, clock: float) -> Outcome:
    """Return the outcome of a job that was begun at ``clock`` (monotonic seconds) and failed."""
    return Outcome(**_common(job), status="failed", error=error, seconds=time.monotonic() - clock)


def _documents(job: Job, *, in_process: bool) -> dict[str, Any]:
    from govkit.publish.document import read_document

    notebook = run_notebook(job.notebook, job.parameters, job.executed, in_process=in_process)
    document = read_document(notebook)
    check_shown(document, notebook)
    outputs, unconverted = [job.executed], list(document.unconverted)
    for kind in job.formats:
        path = job.folder / f"{job.stem}.{SUFFIX[kind]}"
        unconverted += [one for one in _write(kind, notebook, document, path) if one not in unconverted]
        outputs.append(path)
    return {
        "outputs": tuple(outputs),
        "figures": document.figures,
        "tables": document.tables,
        "unconverted": tuple(str(one) for one in unconverted),
    }


def _write(kind: str, notebook: Any, document: Any, path: Path) -> tuple[Any, ...]:
    from govkit.publish.html import write_html
    from govkit.publish.pdf import write_pdf
    from govkit.publish.pptx import write_pptx
    from govkit.publish.slides import write_slides

    if kind == "html":
        return write_html(notebook, path, title=document.title or path.stem, document=document).unconverted
    if kind == "slides":
        return write_slides(notebook, path, document=document).unconverted
    if kind == "pptx":
        return write_pptx(notebook, path, document=document).unconverted
    return write_pdf(document, path).unconverted


def _run(jobs: Sequence[Job], request: Request) -> Iterator[Outcome]:
    if request.cluster:
        from govkit.publish.cluster import run_on_cluster

        for _, outcome in run_on_cluster(jobs, zone=request.zone.resolve(), address=request.cluster):
            yield outcome
        return
    workers = _workers(request.jobs, len(jobs))
    clock = time.monotonic()
    with private_environment():
        results = run_side_by_side(
            run_job, jobs, workers=workers, zone=request.zone.resolve(), isolated=request.isolated
        )
        for job, outcome in results:
            yield outcome or failed(job, CRASHED, clock)


def _workers(asked: int | None, jobs: int) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(asked or cores, jobs, 4 * cores))


def _formats(notebook: Path, request: Request) -> tuple[str, ...]:
    """Return which of the formats asked for a notebook is made into; one named by the user must have at least one."""
    possible = documents_of(notebook)
    formats = tuple(kind for kind in request.formats if kind in possible)
    if request.notebooks and not formats:
        if request.formats == REPORTS:  # nothing was asked for: a deck is what its notebook is for
            return possible
        raise UnknownNameError(f"“{notebook.stem}”的输出格式", "、".join(request.formats), possible)
    return formats


def _check_formats(formats: Sequence[str]) -> None:
    if not formats:
        raise UnknownNameError("输出格式", "", FORMATS)
    for kind in formats:
        if kind not in FORMATS:
            raise UnknownNameError("输出格式", kind, FORMATS)


def _refuse_errors(zone: Zone) -> None:
    errors = int((zone.findings["severity"] == "error").sum())
    if errors:
        raise StrictError(
            f"严格模式：数据文件中有 {errors} 处错误，没有生成任何报告。",
            todo=f"请用 `govkit check {zone.folder}` 逐条查看、改正后重新运行；或去掉 --strict。",
        )
