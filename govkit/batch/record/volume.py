"""The volume of a folder: the districts' reports as one PDF, and as one Word file where they are Word files too.

It is made again when any of them is, and signed like any other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import nbformat

from govkit.batch.record.journal import Entry, damaged
from govkit.batch.record.manifest import Outcome
from govkit.batch.work.surroundings import hashed_json, surroundings
from govkit.documents.pdf.volume import write_volume
from govkit.documents.read.document import read_document
from govkit.documents.read.soundness import with_doubts
from govkit.documents.read.volume import joined, numbered_through
from govkit.documents.read.words import written_in
from govkit.documents.word.file import write_docx
from govkit.errors import GovkitError
from govkit.files import sha256

NOTEBOOK = "volume"
_MEMBERS = "district_report"


def key_of(standing: Sequence[Outcome]) -> dict[str, str]:
    """Return what a volume is made of: a hash for each district's report, () if there is none, and the program."""
    members = {f"{NOTEBOOK}/{one.name}": hashed_json(one.hashes) for one in _members(standing)}
    return {**surroundings(), **members} if members else {}


def made_volume(standing: Sequence[Outcome], folder: Path, *, name: str, stem: str, before: Entry | None) -> Outcome:
    """Make the volume of the reports that stand in a folder, and return what was made, or that it still holds.

    ``name``: of the zone; ``stem``: of the file; ``before``: the volume of an earlier run. A failure is an outcome.
    """
    clock, path = time.monotonic(), folder / f"{stem}.pdf"
    in_word = all(any(one.suffix == ".docx" for one in member.outputs) for member in _members(standing))
    paths = (path, *([path.with_suffix(".docx")] if in_word else []))
    if before and before.key == key_of(standing) and damaged(before) is None and before.outcome.outputs == paths:
        return replace(before.outcome, status="unchanged", seconds=0.0, why=())
    try:
        executed = [next(path for path in one.outputs if path.suffix == ".ipynb") for one in _members(standing)]
        documents = numbered_through(
            [with_doubts(read_document(nbformat.read(path, as_version=4))) for path in executed]
        )
        bound = write_volume(documents, path)
        if in_word:
            whole = joined(documents)
            with written_in(whole.cover):
                write_docx(whole, paths[1], printed=bound.headings, volume=True)
    except GovkitError as error:
        seconds = time.monotonic() - clock
        return Outcome("", name, NOTEBOOK, {}, "failed", error=str(error), seconds=seconds)
    covers = [dict(one.cover or {}) for one in documents]  # the mark of an edition is none of a draft
    stages = {str(one.get("stage") or "").removeprefix(str(one.get("edition") or "")).strip("　") for one in covers}
    return Outcome(
        district="",
        name=name,
        notebook=NOTEBOOK,
        parameters={"reports": len(documents), "pages": bound.pages, "stage": "、".join(sorted(filter(None, stages)))},
        status="done",
        outputs=paths,
        hashes=tuple(map(sha256, paths)),
        figures=sum(one.figures for one in documents),
        tables=sum(one.tables for one in documents),
        seconds=time.monotonic() - clock,
    )


def _members(standing: Sequence[Outcome]) -> list[Outcome]:
    every = [one for one in standing if one.notebook == _MEMBERS and one.district and one.status != "failed"]
    return sorted(every, key=lambda one: one.district)
