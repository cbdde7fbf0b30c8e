"""Jobs away from home: a zone and its notebooks packed as one parcel, unpacked elsewhere, the outputs brought back.

Nothing here knows how parcels and deliveries travel. A job on its way names its files relative to the parcel, so that
no path of one machine reaches another; what names a path of the other machine in a delivery is put right at home.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from govkit.batch.work.warm import check_and_freeze, lean_imports, rehearse, warm_up
from govkit.errors import ReportError

with lean_imports():  # workers, and the servers they start, are up a second sooner
    from govkit.batch.plan.jobs import Job, run_job

from govkit.batch.plan import request
from govkit.batch.record.manifest import Outcome
from govkit.batch.work.ahead import Ahead
from govkit.batch.work.forked import ForkServer, Request
from govkit.batch.work.private import SAME_ORDER, private_environment
from govkit.batch.work.workers import Limits, begin, can_fork
from govkit.files import sha256, write_whole
from govkit.front_matter import EDITION
from govkit.zone import memory

# A parcel's bytes depend on what is in it alone.
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
# Excel's mark that a workbook is open elsewhere.
_LOCK = "~$"


@dataclass(frozen=True)
class Parcel:
    """A zip of ``zone/<name>/…`` and ``notebooks/<n>/…`` and its SHA-256: same files, same bytes."""

    content: bytes = field(repr=False)
    sha256: str


@dataclass(frozen=True)
class Delivery:
    """What a job brought forth: its outcome (None: its process died) and the files written, by relative path.

    ``there`` are the folders of the zone, of its notebook, of its outputs and of passing files where it ran.
    """

    outcome: Outcome | None
    files: dict[str, bytes] = field(repr=False)
    there: tuple[str, str, str, str]


def pack(zone: Path, notebooks: Iterable[Path]) -> Parcel:
    """Pack a zone folder, and each notebook with the Python files beside it.

    Hidden files, links and Excel's lock files stay at home.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        files = {f"zone/{zone.name}/{path.relative_to(zone).as_posix()}": path for path in _visible(zone)}
        for notebook, place in _places(notebooks).items():
            files[place] = notebook
            beside = sorted(notebook.parent.glob("*.py"))
            files |= {f"{place.rpartition('/')[0]}/{path.name}": path for path in beside if not path.is_symlink()}
        for name, path in sorted(files.items()):
            file.writestr(zipfile.ZipInfo(name, _FIXED_TIME), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return Parcel(content.getvalue(), hashlib.sha256(content.getvalue()).hexdigest())


def unpack(parcel: Parcel, folder: Path) -> None:
    """Unpack a parcel into ``folder``, readable by its owner only; raises ReportError if it was damaged on its way."""
    if hashlib.sha256(parcel.content).hexdigest() != parcel.sha256:
        raise ReportError("资料包在传送中损坏：校验值不符。", todo="请重新运行；如再次出现，请检查网络。")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(parcel.content)) as file:
        file.extractall(folder)


def _visible(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        names = path.relative_to(folder).parts
        hidden = any(name.startswith((".", _LOCK)) for name in names)
        links = any(one.is_symlink() for one in (path, *path.parents[: len(names) - 1]))
        if path.is_file() and not hidden and not links:
            yield path


def _places(notebooks: Iterable[Path]) -> dict[Path, str]:
    """Each notebook's place in the parcel; those of one folder stay together."""
    paths = sorted(set(notebooks))
    folders = {folder: at for at, folder in enumerate(dict.fromkeys(path.parent for path in paths))}
    return {path: f"notebooks/{folders[path.parent]}/{path.name}" for path in paths}


def travelling(jobs: Iterable[Job], zone: Path) -> list[Job]:
    """Return the jobs with every path relative: to the parcel, the outputs to their folder."""
    jobs = list(jobs)
    places = _places(job.notebook for job in jobs)
    here = f"zone/{zone.name}"
    return [
        replace(
            job,
            notebook=Path(places[job.notebook]),
            executed=job.executed.relative_to(job.folder),
            folder=Path(),
            zone=Path(here),
            parameters={key: here if key == "zone" else value for key, value in job.parameters.items()},
        )
        for job in jobs
    ]


def arrived(job: Job, parcel: Path, out: Path) -> Job:
    """Return a job that has travelled with its paths in the unpacked ``parcel`` and the output folder ``out``."""
    zone = {"zone": str(parcel / job.parameters["zone"])} if "zone" in job.parameters else {}
    return replace(
        job,
        notebook=parcel / job.notebook,
        executed=out / job.executed,
        folder=out,
        zone=parcel / job.zone,
        parameters={**job.parameters, **zone},
    )


class Workshop:
    """An unpacked parcel and, where forking is safe, a server that has opened its zone and forks for every job.

    ``folder`` must be private to this process; everything written stays below it. Jobs may come from several threads.
    What the reports of ``period`` share is found once, before the first fork; ``limits`` hold for each job.
    """

    def __init__(self, parcel: Parcel, folder: Path, *, period: str, edition: str = "", limits: Limits) -> None:
        self._parcel, self._folder = parcel, folder
        self._period, self._edition, self._limits = period, edition, limits
        self._ready = threading.Lock()
        self._server: ForkServer | None = None
        self._unpacked = False

    def run(self, job: Job) -> Delivery:
        """Run a job that has travelled and return what it brought forth."""
        self._prepare()
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="job-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            out = folder / "out"
            here = arrived(job, self._folder / "parcel", out)
            self._run(here, folder / "outcome")
            return Delivery(_outcome(folder / "outcome", out), _files(out), _folders(here, self._folder / "tmp"))

    def close(self) -> None:
        """End every job that still runs and remove the folder."""
        if self._server:
            self._server.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _prepare(self) -> None:
        with self._ready:
            if not self._unpacked:
                unpack(self._parcel, self._folder / "parcel")
                (self._folder / "tmp").mkdir(exist_ok=True)
                self._unpacked = True
            if can_fork() and (self._server is None or not self._server.alive):
                zone = next((self._folder / "parcel" / "zone").iterdir())
                self._server = ForkServer(
                    f"{__name__}:prepare", str(zone), self._period, environment=self._environment()
                )

    def _environment(self) -> dict[str, str]:
        """Neither tidy tables nor temporary files are left on another's machine."""
        kept = {"GOVKIT_CACHE": "cache", "TMPDIR": "tmp", "TEMP": "tmp"}
        return {
            **os.environ,
            **SAME_ORDER,
            EDITION: self._edition,
            **{name: str(self._folder / folder) for name, folder in kept.items()},
        }

    def _run(self, job: Job, answer: Path) -> None:
        if self._server:
            environment = self._environment()
            arguments = (job, str(answer), self._limits)
            request = Request(f"{__name__}:run_forked", arguments, environment, str(self._folder))
            try:
                self._server.start(request).wait()
            except OSError as error:
                raise ReportError(
                    f"工作节点上的报告服务没有启动：{error}", todo="请查看该节点的日志，并把它告诉维护者。"
                ) from error
        else:
            order = answer.with_name("job")
            order.write_bytes(pickle.dumps(job))
            command = [sys.executable, "-m", __name__, str(order), str(answer)]
            subprocess.run(command, env=self._environment(), stdin=subprocess.DEVNULL, check=False)


_life = ExitStack()


def prepare(zone: str, period: str) -> None:
    """In a server: import what reports use, open the zone and find what all its reports of a period share."""
    _life.enter_context(private_environment())
    _settings.update(os.environ)
    ahead = Ahead(request.Request(Path(zone), period=period or None))
    warm_up(sorted(Path(zone).parents[1].glob("notebooks/*/*.ipynb")))
    found = ahead.found()
    memory.keep(found.zone, found.shared)
    rehearse()
    check_and_freeze()


_settings: dict[str, str] = {}


def run_forked(job: Job, answer: str, limits: Limits) -> None:
    """In a forked process: run the job and leave its outcome in a file."""
    os.environ.update(_settings)
    begin(job, limits)
    _answer(run_job(job, True), Path(answer))
    sys.stdout.flush()
    os._exit(0)  # nothing of the server's is to be tidied up by its child


def _answer(outcome: Outcome, path: Path) -> None:
    write_whole(path, pickle.dumps(outcome))


def _outcome(answer: Path, out: Path) -> Outcome | None:
    if not answer.is_file():
        return None
    outcome: Outcome = pickle.loads(answer.read_bytes())  # noqa: S301 - written by our own child
    return replace(outcome, outputs=tuple(path.relative_to(out) for path in outcome.outputs))


def _folders(job: Job, passing: Path) -> tuple[str, str, str, str]:
    return str(job.parameters.get("zone", "")), str(job.notebook.parent), str(job.folder), str(passing)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def bring_home(delivery: Delivery, job: Job) -> Outcome | None:
    """Write a delivery's files whole where ``job`` wants them and return its outcome with the paths of this machine.

    Raises ReportError if a file cannot be written.
    """
    moved = dict(zip(delivery.there, _folders(job, Path(tempfile.gettempdir())), strict=True))
    moved.pop("", None)
    for name, content in delivery.files.items():
        is_notebook = name.endswith(".ipynb")
        write_whole(job.folder / name, _notebook_put_right(content.decode("utf-8"), moved) if is_notebook else content)
    if delivery.outcome is None:
        return None
    outputs = tuple(job.folder / path for path in delivery.outcome.outputs)
    return replace(
        delivery.outcome,
        outputs=outputs,
        hashes=tuple(map(sha256, outputs)),
        error=delivery.outcome.error and _put_right(delivery.outcome.error, moved),
    )


def _put_right(text: str, moved: Mapping[str, str]) -> str:
    """Name this machine's folders where ``text`` names the other's."""
    for there, here in moved.items():
        text = text.replace(there, here)
    return text


def _notebook_put_right(text: str, moved: Mapping[str, str]) -> str:
    """The same for a notebook as a file: there paths stand as JSON writes them, and papermill."""
    written = {form(there): form(here) for there, here in moved.items() for form in (_by_papermill, _in_json)}
    return _put_right(text, written)


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _by_papermill(text: str) -> str:
    return _in_json(text.encode("unicode_escape").decode("ascii"))


def main(arguments: list[str]) -> None:
    """Run one job in this very process, in a kernel of its own: the way where forking is not safe."""
    order, answer = map(Path, arguments)
    job: Any = pickle.loads(order.read_bytes())  # noqa: S301 - written by our own parent
    with private_environment():
        _answer(run_job(job, False), answer)


if __name__ == "__main__":
    main(sys.argv[1:])
