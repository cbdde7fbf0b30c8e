"""A run in which nothing has changed: seen from hashes alone, before pandas or anything like it is imported."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from govkit import notebook_places
from govkit.batch.plan.request import Request
from govkit.batch.record.approvals import say_approvals
from govkit.batch.record.journal import FOLDER, claimed
from govkit.batch.record.manifest import Manifest, Outcome, outcome_of, read_manifest, write_manifest
from govkit.batch.work.surroundings import (
    NOTEBOOKS,
    TOO_MANY,
    files_beside,
    hashed,
    hashed_json,
    surroundings,
    zone_files,
)
from govkit.errors import ReportError
from govkit.files import sha256, sweep, write_whole

_NAME = "last-run"


def write(request: Request, manifest: Manifest, folder: Path, *, stamp: str, errors: int, jobs: Sequence[Any]) -> None:
    """Keep what tells the next run that it is this one again; nothing where a report failed or cannot be compared.

    ``stamp``: hash of the zone's files, "" where they do not tell.
    """
    path = folder / FOLDER / _NAME
    compared = all(one.made_of != "elsewhere" for one in manifest.reports)
    notebooks = {job.notebook for job in jobs}
    beside = _beside(request, folder, notebooks)
    if not stamp or not compared or not beside or manifest.failed or len(manifest.reports) < len(jobs):
        path.unlink(missing_ok=True)
        return
    content = {
        "asked": _asked(request),
        "surroundings": dict(surroundings()),
        "stamp": stamp,
        "errors": errors,
        "notebooks": {str(notebook): hashed(notebook.read_bytes()) for notebook in notebooks},
        "beside": beside,
        "reports": [[one.notebook, one.district] for one in manifest.reports],
        "manifest": sha256(folder / "manifest.json"),
        "index": sha256(folder / "index.html"),
    }
    write_whole(path, json.dumps(content, ensure_ascii=False) + "\n")


def _beside(request: Request, folder: Path, notebooks: Iterable[Path]) -> str:
    """Return a hash of all files beside somebody's own notebooks, "" if they are too many to compare."""
    own = sorted(path for path in notebooks if path.parent != NOTEBOOKS)
    found = {str(path): files_beside(path, apart=(request.zone, folder)) for path in own}
    return "" if any(TOO_MANY in files for files in found.values()) else hashed_json(found)


def _asked(request: Request) -> str:
    """Return a hash of what decides which reports there are; how they are made does not count."""
    found = {name: str(path) for name, path in notebook_places.notebooks(request.zone).items()}
    wanted = [request.period, request.districts, request.notebooks, found, request.formats, dict(request.parameters)]
    wanted += ["network"] if request.allow_network else []
    wanted += [request.edition] if request.edition else []
    wanted += ["volume"] if request.volume else []
    return hashed_json([request.zone.resolve().name, *wanted])


def unchanged(request: Request, period: str, folder: Path) -> Manifest | None:
    """Return the manifest of a run that has nothing to do, written anew; None if there may be something to do."""
    if not (folder / FOLDER).is_dir():
        return None
    try:
        with claimed(folder, wait=False):
            manifest = _unchanged(request, period, folder)
            if manifest:
                sweep(folder)
            return manifest
    except ReportError:  # another run is at it, or nothing can be written: said where there is work to do
        return None


def _unchanged(request: Request, period: str, folder: Path) -> Manifest | None:
    started, clock = dt.datetime.now(ZoneInfo("Asia/Shanghai")), time.monotonic()
    last = _last(folder)
    if not last or not _same(request, last, folder):
        return None
    content = read_manifest(folder)
    try:
        every = [outcome_of(one, folder) for one in content["reports"]]
        inputs, held_back = tuple(content["inputs"]), tuple(content["held_back"])
        zone = content["zone"]
        wanted = {(notebook, district): place for place, (notebook, district) in enumerate(last["reports"])}
    except (KeyError, TypeError):
        return None
    if content.get("period") != period or not all(map(_whole, every)):
        return None
    mine = [one for one in every if (one.notebook, one.district) in wanted]
    if len(mine) < len(wanted):
        return None
    mine.sort(key=lambda one: wanted[one.notebook, one.district])
    reports = tuple(replace(one, status="unchanged", seconds=0.0, why=()) for one in mine)
    kept = tuple(one for one in every if one not in mine)
    manifest = Manifest(
        zone, period, started.isoformat(timespec="seconds"), time.monotonic() - clock, inputs, reports, kept, held_back
    )
    write_manifest(manifest, folder)
    say_approvals(folder)
    write_whole(folder / FOLDER / _NAME, json.dumps({**last, "manifest": sha256(folder / "manifest.json")}) + "\n")
    return manifest


def _last(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / FOLDER / _NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _same(request: Request, last: dict[str, Any], folder: Path) -> bool:
    try:
        if request.force or (request.strict and last["errors"]) or last["asked"] != _asked(request):
            return False
        if last["surroundings"] != surroundings() or sha256(folder / "manifest.json") != last["manifest"]:
            return False
        notebooks = all(hashed(Path(path).read_bytes()) == content for path, content in last["notebooks"].items())
        index = sha256(folder / "index.html") == last["index"]
        beside = _beside(request, folder, map(Path, last["notebooks"])) == last["beside"]
        stamp = hashed_json(zone_files(request.zone, outside=request.reports))
        return notebooks and index and beside and stamp == last["stamp"]
    except (OSError, KeyError, TypeError):
        return False


def _whole(one: Outcome) -> bool:
    return all(
        path.is_file() and sha256(path) == content for path, content in zip(one.outputs, one.hashes, strict=True)
    )
