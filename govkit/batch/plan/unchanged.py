"""What each report depends on, as named hashes, and in words which of them have changed since it was last made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit import catalogue
from govkit.batch.record.journal import Entry, damaged
from govkit.batch.work.surroundings import MARK, NOTEBOOKS, TOO_MANY, files_beside, hashed, hashed_json, surroundings
from govkit.digests import digest
from govkit.intake.reading.sources import is_address

if TYPE_CHECKING:
    from govkit.batch.plan.jobs import Job
    from govkit.batch.work.ahead import Found
import ast
import re

from govkit.documents.read.notebook import read_notebook

_MOST_REASONS = 6
# What a report may be made of: its own district and what districts share, the whole zone, or what nobody can compare.
DISTRICT, ELSEWHERE = "district", "elsewhere"
_SHARED = "shared/"


@dataclass(frozen=True)
class Inputs:
    """What the reports of a run are made of, as it was before the first of them: a hash for each named part.

    ``zone``: every file of the zone folder, and every table that comes from a database. ``unread``: files of the zone
    that no table comes from. ``districts``: by short code, the parts of a district; ``shared``: what they share, and
    ``shared_hash`` of all of it.
    """

    zone: Mapping[str, str]
    unread: Mapping[str, str]
    districts: Mapping[str, Mapping[str, str]]
    shared: Any = None
    shared_hash: str = ""

    def of(self, job: Job, made_of: str) -> dict[str, str]:
        """Return a hash for each part that a report depends on, but for what its district shares with others."""
        parameters = {**job.parameters, "zone": Path(str(job.parameters.get("zone", ""))).name}
        parameters |= {"edition": job.edition} if job.edition else {}  # two editions never pass for each other
        parts = {
            **surroundings(),
            "notebook": hashed(job.notebook.read_bytes()),
            "parameters": hashed_json(parameters),  # the zone counts by name, not by place
            "formats": hashed_json([*job.formats, *(["network"] if job.allow_network else [])]),
        }
        own = job.notebook.parent != NOTEBOOKS
        if own:
            parts |= _beside(job.notebook, (job.folder, Path(str(job.parameters.get("zone", job.folder)))))
        if not self._of_district(job, made_of):
            return {**parts, **self.zone}
        return {**parts, **self.districts[job.district], **(self.unread if own else {})}

    def _of_district(self, job: Job, made_of: str) -> bool:
        """Whether a report is made of its district alone; a notebook that may read files itself is of the zone."""
        own = job.notebook.parent != NOTEBOOKS
        return made_of == DISTRICT and job.district in self.districts and not (own and reads_files(job.notebook))

    def now(self, job: Job, entry: Entry) -> dict[str, str]:
        """Return a hash for each part that a report of an earlier run depends on, as it is now."""
        parts = self.of(job, entry.outcome.made_of)
        if not self._of_district(job, entry.outcome.made_of):
            return parts
        if entry.shared == self.shared_hash:  # where all is as it was, so is each district's part
            return parts | {part: content for part, content in entry.key.items() if part.startswith(_SHARED)}
        return parts | shared_parts(self.shared, job.district)


def inputs_of(found: Found, files: Mapping[str, str], period: str) -> Inputs:
    """Return what the reports of a zone are made of; ``files``: the zone's files by content before it was opened."""
    zone = found.zone
    stored = [name for name, source in zone.settings.sources.items() if is_address(source.path)]
    every = {f"zone/{path}": content for path, content in files.items()}
    every |= {f"table/{name}": digest(zone.tables[name]) for name in stored if name in zone.tables}
    read = {f"zone/{file}" for file in zone.accounts["file"]}
    unread = {name: content for name, content in every.items() if name not in read}
    return Inputs(every, unread, found.districts, found.shared[period], found.shared_hash)


def shared_parts(shared: Any, district: str) -> dict[str, str]:
    """Return a hash for each part of what a district, by short code, shares with others (``sections.shared.Part``)."""
    codes = shared.districts.set_index("code")["unit_code"]
    part = shared.of(codes[district])
    return {f"{_SHARED}{field.name}": digest(getattr(part, field.name)) for field in fields(part)}


@cache
def _beside(notebook: Path, apart: tuple[Path, ...]) -> dict[str, str]:
    return {f"beside/{path}": content for path, content in files_beside(notebook, apart=apart).items()}


def reasons(entry: Entry | None, now: Mapping[str, str]) -> tuple[str, ...]:
    """Return in Chinese why a report has to be made again, empty if it would come out as it stands.

    ``now``: a hash for each part that it depends on.
    """
    words = catalogue.load("batch")["why"]
    if entry is None:
        return (words["first"],)
    before = entry.key
    changed = [
        words["key"] if _other_key(part, before, now) else _said(part, words)
        for part in (*now, *(before.keys() - now.keys()))
        if before.get(part) != now.get(part)
    ]
    if f"beside/{TOO_MANY}" in now:
        changed.append(words["too_many"])
    if entry.outcome.made_of == ELSEWHERE:
        changed.append(words[ELSEWHERE])
    broken = damaged(entry)
    if broken is not None:
        changed.append(words["output"].format(path=broken.name))
    return tuple(dict.fromkeys(changed))[:_MOST_REASONS]


def _other_key(part: str, *both: Mapping[str, str]) -> bool:
    marks = {one[part][:MARK] for one in both if one.get(part)}
    return part.startswith(("zone/", "beside/")) and len(marks) > 1


def _said(part: str, words: Mapping[str, Any]) -> str:
    """Say that one part has changed.

    >>> _said("rows/funds", catalogue.load("batch")["why"])
    '本单元的“专项资金台账”有变化'
    """
    kind, _, name = part.partition("/")
    known = (
        catalogue.load("tables")[name]["title"]
        if kind in {"rows", "table"} and name in catalogue.load("tables")
        else name
    )
    return str(words[kind].format(name=words["shared_parts"].get(known, known)))


# With these alone, and without the names below, data come in by govkit's doors only.
_KNOWN = frozenset({"govkit", "pandas", "numpy", "matplotlib", "math", "datetime", "__future__", "warnings"})
_READING = re.compile(
    r"_?(?:read|open|load|from(?!_export)|scan|exec|eval|compile|getattr|globals|vars|run|system|io|os|sys|import)"
    r"|ExcelFile|HDFStore|genfromtxt|memmap|imread|Path|glob|__"
)
_DOORS = frozenset({"open_report", "open_zone"})


@cache
def reads_files(notebook: Path) -> bool:
    """Whether any cell may read a file of its own: unknown imports, magics, names that read; True where in doubt."""
    for cell in read_notebook(notebook).cells:
        if cell.cell_type != "code":
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a magic, another language
            return True
        if any(map(_may_read, ast.walk(tree))):
            return True
    return False


def _may_read(node: ast.AST) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        names = [one.name for one in node.names] if isinstance(node, ast.ImportFrom) else []
        return not {one.partition(".")[0] for one in modules} <= _KNOWN or any(map(_is_reading, names))
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return _is_reading(name)


def _is_reading(name: str) -> bool:
    return name not in _DOORS and _READING.match(name) is not None
