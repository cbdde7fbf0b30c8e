"""What is known of each report in an output folder, written as soon as it is finished: a run that is killed loses none.

One JSON file a report in ``.govkit/`` of the output folder: the report's record, and a hash for each part of what it
depends on. It holds no data. An entry counts only while the outputs are, byte for
byte, those it names; so a report half-way through its files is simply not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from govkit.batch.record.manifest import Outcome, outcome_of, report_record
from govkit.errors import ReportError
from govkit.files import sha256, unwritable, write_whole

FOLDER = ".govkit"
_FORMAT = 3


@dataclass(frozen=True)
class Entry:
    """One finished report: ``key`` holds a hash for each part of what it depends on (see ``plan.unchanged``).

    ``zone`` and ``period`` say which batch it belongs to; ``shared``: hash of all that its districts shared.
    """

    outcome: Outcome
    key: Mapping[str, str]
    zone: str
    period: str
    shared: str


@contextmanager
def claimed(folder: Path, *, wait: bool) -> Iterator[None]:
    """Hold an output folder against other runs, also those on other machines that share it.

    Raises ReportError if another run holds it, unless told to ``wait``.
    """
    lock = FileLock(folder / FOLDER / "lock")
    try:
        (folder / FOLDER).mkdir(exist_ok=True)
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise ReportError(
            "另一个 govkit 正在往这个文件夹里写报告。",
            where=str(folder),
            todo="等它完成后再运行；或加上 --wait，自动等它完成；或用 --out 写到别处。",
        ) from None
    except OSError as error:
        raise unwritable(error, folder) from error
    try:
        yield
    finally:
        lock.release()


def write_entry(entry: Entry, folder: Path) -> Path:
    """Write down a finished report and return the path."""
    outcome = entry.outcome
    content = {
        "format": _FORMAT,
        "zone": entry.zone,
        "period": entry.period,
        "shared": entry.shared,
        "key": dict(entry.key),
        "report": report_record(outcome, folder),
    }
    return write_whole(_path(outcome, folder), json.dumps(content, ensure_ascii=False) + "\n")


def remove_report(outcome: Outcome, folder: Path) -> None:
    """Take a report out of the journal together with its documents: it failed, and what stood there is out of date."""
    path = _path(outcome, folder)
    entry = _read(path, folder)
    path.unlink(missing_ok=True)
    for old in entry.outcome.outputs if entry else ():
        # the notebook of this run lies there already, with the error in it, and documents that lack something
        if old.suffix != ".ipynb" and not (outcome.status == "failed" and old in outcome.outputs):
            old.unlink(missing_ok=True)


def read_entries(folder: Path, zone: str, period: str) -> dict[tuple[str, str], Entry]:
    """Return the entries of one zone and period by notebook and district; what is not whole or not ours is left out."""
    found = [_read(path, folder) for path in sorted((folder / FOLDER).glob("*.json"))]
    mine = [one for one in found if one and (one.zone, one.period) == (zone, period)]
    return {(one.outcome.notebook, one.outcome.district): one for one in mine}


def damaged(entry: Entry) -> Path | None:
    """Return the first output of an entry that is no longer as it was written, None if all are."""
    for path, content in zip(entry.outcome.outputs, entry.outcome.hashes, strict=True):
        if not path.is_file() or sha256(path) != content:
            return path
    return None


def _path(outcome: Outcome, folder: Path) -> Path:
    return folder / FOLDER / f"{outcome.district or 'zone'}-{outcome.notebook}.json"


def _read(path: Path, folder: Path) -> Entry | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            return None
        return Entry(
            outcome_of(content["report"], folder), content["key"], content["zone"], content["period"], content["shared"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
