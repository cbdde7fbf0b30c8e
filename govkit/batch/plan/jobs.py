"""Which reports a request comes to, and how one of them is made."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from govkit.batch.plan.kernels import runs_here
from govkit.batch.plan.request import DEFAULT_NOTEBOOKS, SHORT_NAMES, Request
from govkit.batch.plan.unchanged import DISTRICT, ELSEWHERE, shared_parts
from govkit.batch.record.manifest import Outcome
from govkit.batch.work.execute import check_shown, run_notebook
from govkit.batch.work.own_report import arranged, check_own
from govkit.batch.work.parameters import Parameters, declared_parameters, typed, zones_named
from govkit.batch.work.surroundings import NOTEBOOKS
from govkit.documents.formats import KINDS, ON_SCREEN, USUAL, documents_of, write
from govkit.documents.read.notebook import read_notebook
from govkit.documents.read.tree import Unconverted, in_words
from govkit.errors import GovkitError, ReportError
from govkit.files import file_stem, sha256, unwritable
from govkit.intake.units.code_systems import shown_code
from govkit.notebook_places import notebooks
from govkit.zone import memory
from govkit.zone.own_report import OwnReport
from govkit.zone.zone import Zone


@dataclass(frozen=True)
class Job:
    """One notebook to run for one district (``""`` for the whole zone) and the documents to make of it.

    ``runs_here``: its kernel is this Python. ``refused``: why it cannot be run at all, "" if it can. ``own``: how the
    zone arranges it; ``edition``: 公开 or 内部, "" where there is one only.
    """

    notebook: Path
    district: str
    name: str
    stem: str
    executed: Path
    parameters: dict[str, Any]
    formats: tuple[str, ...]
    folder: Path
    timeout_s: float | None = None
    allow_network: bool = False
    runs_here: bool = True
    refused: str = ""
    notices: tuple[str, ...] = ()
    own: OwnReport = field(default_factory=OwnReport, repr=False)
    edition: str = ""
    zone: Path = Path()


def plan(zone: Zone, request: Request, period: str, folder: Path) -> list[Job]:
    """Return the jobs in the order of notebooks and districts.

    A notebook with a ``district`` parameter runs once a district, any other once; one that cannot be run is one job
    that fails. Raises UnknownNameError for an unknown district, notebook or notebook parameter.
    """
    every = list(zone.districts[["code", "name"]].itertuples(index=False, name=None))
    districts = [zone.code_and_name(name) for name in request.districts] or every
    bare = [title for code, title in every if not shown_code(code)]
    twice = {title for title in bare if bare.count(title) > 1}
    jobs: list[Job] = []
    check_own(zone, notebooks(zone.folder))
    for path in request.notebook_paths():
        job = Job(
            notebook=path,
            district="",
            name=zone.name,
            stem=_stem(path.stem, ""),
            executed=folder / "notebooks" / f"{_stem(path.stem, '')}.ipynb",
            parameters={},
            formats=request.formats,
            folder=folder,
            timeout_s=request.timeout_s,
            allow_network=request.allow_network,
            own=zone.settings.own,
            zone=zone.folder,
        )
        try:
            job = replace(job, runs_here=runs_here(path), formats=_formats(path, request))
        except ReportError as error:
            jobs.append(replace(job, refused=str(error)))
            continue
        if job.formats:
            content = read_notebook(path)
            declared = declared_parameters(content)
            common = {"zone": str(zone.folder.resolve()), "period": period}
            common |= typed(declared, request.parameters, where=str(path))
            refused = _unreached(declared, request, path) or _another_zone(declared, content, path, zone)
            job = replace(job, refused=refused, notices=_undeclared(declared, zone))
            jobs += [job] if refused else _for_each(job, districts, declared, common, twice)
    return [_in_edition(job, request.edition) for job in jobs] if request.edition else jobs


def _unreached(declared: Parameters, request: Request, path: Path) -> str:
    """Say which of the options given with a notebook's name cannot reach it, "" if all do."""
    asked = {"district": "、".join(request.districts), "period": request.period or ""}
    lacking = {name: value for name, value in asked.items() if value and not declared.takes(name)}
    if not lacking or not request.notebooks:
        return ""
    first, names = next(iter(lacking)), "、".join(lacking)
    error = ReportError(
        f"{'、'.join(f'--{name} {value}' for name, value in lacking.items())} 传不进笔记本：它没有声明参数 {names}。",
        where=str(path),
        allowed=f"已声明的参数：{'、'.join(declared.defaults) or '无'}",
        todo=f'在笔记本开头写一个只含赋值的单元（如 {first} = ""），或在元数据 govkit.parameters 里写明哪个名字是它；'
        "或去掉这个选项。",
    )
    return str(error)


def _another_zone(declared: Parameters, content: NotebookNode, path: Path, zone: Zone) -> str:
    """Say where a notebook that takes no zone names another's folder, "" if nowhere."""
    for cell, text in () if declared.takes("zone") else zones_named(content, path.parent):
        if Path(path.parent, text).resolve() != zone.folder.resolve():
            error = ReportError(
                f"笔记本没有声明参数 zone，第 {cell + 1} 个单元写着另一个分区的文件夹 {text!r}："
                f"它的数字会印在“{zone.name}”的名下。",
                where=str(path),
                todo='在笔记本开头写一个只含赋值的单元（zone = "…"），后面都用 zone。',
            )
            return str(error)
    return ""


def _undeclared(declared: Parameters, zone: Zone) -> tuple[str, ...]:
    if declared.takes("zone"):
        return ()
    return (f"笔记本没有声明参数 zone，“{zone.name}”的数据没有传给它：以下内容全由笔记本自己取数。",)


def _for_each(
    job: Job, districts: Sequence[tuple[str, str]], declared: Parameters, common: Mapping[str, Any], twice: set[str]
) -> list[Job]:
    """Return a job for each district if the notebook asks for one, else the job for the whole zone.

    ``twice``: names that several districts without a code to show bear; their files are named by the inner codes.
    """
    targets = districts if declared.takes("district") else [("", job.name)]
    return [
        replace(
            job,
            district=code,
            name=title,
            stem=_stem(job.notebook.stem, code, "" if title in twice else title),
            executed=job.executed.with_name(f"{_stem(job.notebook.stem, code)}.ipynb"),
            parameters={key: value for key, value in {**common, "district": code}.items() if declared.takes(key)},
        )
        for code, title in targets
    ]


def _in_edition(job: Job, edition: str) -> Job:
    """Return a job whose files tell of which edition they are."""
    executed = job.executed.with_stem(f"{job.executed.stem}-{edition}")
    return replace(job, edition=edition, stem=f"{job.stem}-{edition}", executed=executed)


def _stem(notebook: str, code: str, name: str = "") -> str:
    """Name a report by its code (and name) first; a notebook other than the usual one is named behind it."""
    short = SHORT_NAMES.get(notebook, notebook)
    if not code:
        return short
    stem = file_stem(shown_code(code), name) if name else code
    return stem if notebook == DEFAULT_NOTEBOOKS[0] else f"{stem}-{short}"


def run_job(job: Job, in_process: bool) -> Outcome:
    """Run one job to its documents; a failure is an outcome, not an exception.

    ``in_process``: in this very process, which is to end with it, unless its kernel is another; by which doors the
    notebook came to its data is known then. In a kernel it is not: such a report depends on the whole zone.
    """
    if job.refused:
        return failed(job, job.refused, time.monotonic())
    here = in_process and job.runs_here
    outcome = _run(job, in_process=here)
    if not here or outcome.status == "failed":
        return outcome
    made_of, shared = _made_of(job)
    return replace(outcome, made_of=made_of, parts=shared_parts(shared, job.district) if shared else {})


def _made_of(job: Job) -> tuple[str, Any]:
    """Return what a notebook that has run in this process took of the data, and what its district shares with others.

    See ``unchanged``; None where it took the whole zone.
    """
    folder, period = Path(str(job.parameters.get("zone", ""))).resolve(), str(job.parameters.get("period", ""))
    if any(place != str(folder) for _, place, _, _ in memory.opened()):
        return ELSEWHERE, None
    shared = memory.shared(folder, period)
    own = ("report", str(folder), job.district, period)
    return (DISTRICT, shared) if job.district and shared and set(memory.opened()) == {own} else ("zone", None)


def _run(job: Job, *, in_process: bool) -> Outcome:
    clock = time.monotonic()
    try:
        made = _documents(job, in_process=in_process)
    except GovkitError as error:
        return failed(job, str(error), clock)
    except OSError as error:  # no room left for temporary files, as a rule
        return failed(job, str(unwritable(error, job.folder)), clock)
    except Exception as error:  # a defect of ours must not take the other reports with it
        return failed(job, f"程序内部错误：{type(error).__name__}: {error}", clock)
    status = "failed" if made["error"] else "done"
    return Outcome(**_common(job), status=status, seconds=time.monotonic() - clock, **made)


def _common(job: Job) -> dict[str, Any]:
    plain = (str, int, float, list, dict, type(None))
    as_json = {name: value if isinstance(value, plain) else str(value) for name, value in job.parameters.items()}
    parameters = {**as_json, "zone": Path(job.parameters.get("zone", "")).name}
    return {"district": job.district, "name": job.name, "notebook": job.notebook.stem, "parameters": parameters}


def failed(job: Job, error: str, clock: float) -> Outcome:
    """Return the outcome of a job that was begun at ``clock`` (monotonic seconds) and failed."""
    return Outcome(**_common(job), status="failed", error=error, seconds=time.monotonic() - clock)


def _documents(job: Job, *, in_process: bool) -> dict[str, Any]:
    from govkit.documents.read.document import noted, read_document
    from govkit.documents.read.soundness import check_sound, with_doubts
    from govkit.documents.read.words import written_in

    before = memory.opened()
    notebook = run_notebook(
        job.notebook,
        job.parameters,
        job.executed,
        in_process=in_process,
        timeout_s=job.timeout_s,
        arrange=partial(
            arranged, own=job.own, name=job.notebook.stem, district=(job.district, job.name) if job.district else None
        ),
    )
    document = read_document(notebook, folder=job.notebook.parent, allow_network=job.allow_network)
    document = noted(document, (*job.notices, *_other_zones(job, before)))
    check_shown(document, notebook)
    name, period = job.name if job.district else "", str(job.parameters.get("period", ""))
    check_sound(document, notebook, code=job.district, name=name, period=period, elsewhere=_elsewhere(job))
    document = with_doubts(document, notebook)
    outputs, unconverted = [job.executed], list(document.unconverted)
    for kind in job.formats:
        with written_in(document.cover):
            path = KINDS[kind].path(job.folder, job.stem)
        written = write(kind, notebook, document, path, beside=job.formats)
        unconverted += [one for one in written.unconverted if one not in unconverted]
        outputs.append(path)
    return {
        "outputs": tuple(outputs),
        "hashes": tuple(map(sha256, outputs)),
        "figures": document.figures,
        "tables": document.tables,
        "unconverted": in_words(unconverted),
        "error": _lost(job, unconverted),
    }


def _elsewhere(job: Job) -> frozenset[str]:
    """Return names and codes of the units below other districts than a job's that no unit of its own bears."""
    zone = memory.kept(job.zone)
    if zone is None or not job.district:
        return frozenset()
    units, mine = zone.tables["units"], zone.district(job.district).unit_code
    below = units["district_code"].notna() & units["district_code"].ne(units["unit_code"])
    own = units["district_code"].eq(mine) | ~below
    names = ({*part["name"].dropna(), *part["unit_code"]} for part in (units[~own], units[own]))
    return frozenset(set.difference(*names))


def _other_zones(job: Job, before: Collection[tuple[str, str, str, str]]) -> tuple[str, ...]:
    """Say which other zones a notebook that has run in this process took data of; ``before``: what was open before.

    Raises ReportError if it took none of its own zone's.
    """
    own = Path(str(job.parameters.get("zone", job.zone))).resolve()
    places = dict.fromkeys(Path(one[1]) for one in memory.opened() if one not in before)
    others = "、".join(place.name for place in places if place != own)
    if others and not any(Path(one[1]) == own for one in memory.opened()):
        raise ReportError(
            f"笔记本只打开了另一个分区（{others}），没有打开 {own.name}：别处的数字会印在“{job.name}”的名下。",
            where=str(job.notebook),
            todo="用参数 zone 打开分区：govkit.open_zone(zone)。",
        )
    return (f"除本分区外，以下内容还用了另一个分区的数据：{others}",) if others else ()


def _lost(job: Job, unconverted: Sequence[Unconverted]) -> str | None:
    """Say what figures, tables and texts the documents of a job lack, None if nothing."""
    on_paper = set(job.formats) - set(ON_SCREEN)
    lost = [one for one in unconverted if one.lost and (on_paper or not one.paper)]
    if not lost:
        return None
    lines = [f"有 {len(lost)} 项输出没有收入报告（报告已写出，缺处有说明）："]
    return "\n".join(lines + [f"  {one}" for one in lost])


def _formats(notebook: Path, request: Request) -> tuple[str, ...]:
    """Return which of the formats asked for a notebook is made into; one named by the user must have at least one."""
    possible = documents_of(notebook, own=notebook.parent != NOTEBOOKS)
    formats = tuple(kind for kind in request.formats if kind in possible)
    if request.notebooks and not formats:
        if request.formats == USUAL:  # nothing was asked for: a deck is what its notebook is for
            return possible
        raise ReportError(
            f"笔记本做不成 {'、'.join(request.formats)}：它的元数据 govkit.documents 写着 {'、'.join(possible)}。",
            where=str(notebook),
            todo=f"请用 --to {','.join(possible)}；要做成别的，改笔记本的元数据。",
        )
    return formats
