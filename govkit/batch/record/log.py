"""The log of a zone's reports: what was made from what, by whom and when; lines are only added, each sealing the last.

Every line is a JSON object that holds the SHA-256 of the line before (``previous``) and of itself (``seal``): a line
that is changed, taken out or put in breaks the chain from there on. Cut off at its end, a log is still whole: who needs
to see that too keeps the last seal elsewhere (``govkit verify`` prints it).
"""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from filelock import FileLock

from govkit.batch.record.journal import FOLDER
from govkit.batch.record.manifest import Manifest, lasting, read_manifest
from govkit.files import is_private, sha256, unwritable

NAME = "log.jsonl"
_FIRST = "0" * 64


@dataclass(frozen=True)
class Log:
    """What a log says: its sound entries in order, and the number of the first line (from 1) that is not as written."""

    entries: tuple[Mapping[str, Any], ...]
    broken: int | None

    @property
    def last_seal(self) -> str:
        """The seal of the last sound line, 64 noughts for an empty log."""
        return str(self.entries[-1]["seal"]) if self.entries else _FIRST


def add_entry(path: Path, act: str, **what: Any) -> None:
    """Add one line; ``act`` says what was done (``report``, ``sign``), ``what`` must be JSON.

    Raises ReportError if the file cannot be written. A broken log is gone on with: its break stays visible.
    """
    try:
        (path.parent / FOLDER).mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / FOLDER / "log-lock"):
            lines = path.read_bytes().splitlines() if path.is_file() else []
            last = lines[-1] if lines else b""
            entry = {
                "number": len(lines) + 1,
                "time": dt.datetime.now(ZoneInfo("Asia/Shanghai")).isoformat(timespec="seconds"),
                "who": _who(),
                "govkit": version("govkit"),
                "act": act,
                **what,
                # whatever the line holds, where it states no seal
                "previous": str(_entry(last).get("seal") or hashlib.sha256(last).hexdigest()) if lines else _FIRST,
            }
            line = json.dumps({**entry, "seal": _seal(entry)}, ensure_ascii=False) + "\n"
            size = path.stat().st_size if lines else 0
            try:
                with path.open("a", encoding="utf-8", newline="\n") as file:
                    file.write(line)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                if path.is_file():  # no half a line, which would be a break
                    os.truncate(path, size)
                raise
            if is_private(path.parent) or (what.get("folder") and is_private(path.parent / str(what["folder"]))):
                path.chmod(0o600)
    except OSError as error:
        raise unwritable(error, path) from error


def log_run(path: Path, manifest: Manifest, folder: Path, extra: Mapping[str, Path]) -> None:
    """Add what one run has made: inputs and outputs with their SHA-256, rows set aside, reports that failed.

    ``extra`` are files that speak of the whole folder (index, manifest) by what they are called.
    """
    made = {
        _inside(one, folder): content
        for report in manifest.with_status("done")
        for one, content in zip(report.outputs, report.hashes, strict=False)
    }
    files = {name: sha256(one) for name, one in extra.items()}
    still = {_inside(one, folder) for report in manifest.standing for one in report.outputs} | set(files)
    add_entry(
        path,
        "report",
        zone=manifest.zone,
        period=manifest.period,
        folder=folder.name,
        inputs=[[one["path"], one["sha256"]] for one in manifest.inputs],
        rows_set_aside=manifest.rows("rows_set_aside"),
        held_back=[[one["what"], one["table"], one["cells"]] for one in manifest.held_back],
        made=made,
        removed=sorted(set(standing(read_log(path).entries, folder.name)) - still - set(made)),
        failed=[[one.district, one.notebook, one.error or ""] for one in manifest.failed],
        files=files,
        manifest=lasting(read_manifest(folder)),
    )


def standing(entries: Iterable[Mapping[str, Any]], folder: str) -> dict[str, str]:
    """Return the files that should stand in a folder by what a log's entries say, with their SHA-256."""
    said: dict[str, str] = {}
    for entry in entries:
        if entry.get("folder") == folder:
            said |= {**entry.get("made", {}), **entry.get("files", {})}
            for path in entry.get("removed", []):
                said.pop(path, None)
    return said


def read_log(path: Path) -> Log:
    """Return a log, read as far as its chain holds; an absent one is empty."""
    if not path.is_file():
        return Log((), None)
    entries: list[Mapping[str, Any]] = []
    seal = _FIRST
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        entry = _entry(line)
        rest = {key: value for key, value in entry.items() if key != "seal"}
        if entry.get("previous") != seal or entry.get("seal") != _seal(rest) or entry.get("number") != number:
            return Log(tuple(entries), number)
        entries.append(entry)
        seal = str(entry["seal"])
    return Log(tuple(entries), None)


def _entry(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line.decode("utf-8"))
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _seal(entry: Mapping[str, Any]) -> str:
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def _inside(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
