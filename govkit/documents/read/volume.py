"""Several reports as one volume: figures and tables counted through, one front, for Word one document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from govkit.documents.read.blocks import Block, Equation, Figure, Heading, Run, TableBlock
from govkit.documents.read.tree import Document, with_parts
from govkit.documents.read.words import words, written_in

# Of the cover of one report, what is not the whole volume's.
_OF_ONE = {"district": "", "code": "", "official": {}}


def numbered_through(reports: Sequence[Document]) -> tuple[Document, ...]:
    """Return the reports with their figures and tables counted on from one to the next, in their texts too."""
    found, figures, tables = [], 0, 0
    for report in reports:
        with written_in(report.cover):
            found.append(replace(report, blocks=_counted_on(report, figures, tables)))
        figures, tables = figures + report.figures, tables + report.tables
    return tuple(found)


def _counted_on(report: Document, figures: int, tables: int) -> tuple[Block, ...]:
    before = {words["figure"].lower(): (figures, report.figures), words["table"].lower(): (tables, report.tables)}
    cited = re.compile(rf"({'|'.join(before)})(\s?)(\d+)(?![\d.])", re.IGNORECASE)

    def moved(found: re.Match[str]) -> str:
        by, most = before[found[1].lower()]
        return f"{found[1]}{found[2]}{int(found[3]) + by}" if int(found[3]) <= most else found[0]

    def changed(part: Any) -> Any:
        if isinstance(part, Run):
            return part if part.code or part.formula else replace(part, text=cited.sub(moved, part.text))
        if isinstance(part, Figure):
            return replace(part, number=part.number + figures)
        return replace(part, number=part.number + tables) if isinstance(part, TableBlock) else part

    return tuple(with_parts(block, changed) for block in report.blocks)


def front(reports: Sequence[Document]) -> Document:
    """Return the volume without its reports: the cover of the first, without what is a district's."""
    with written_in(reports[0].cover):
        title = f"{reports[0].title}{words['volume']}"
    return replace(reports[0], title=title, cover=dict(reports[0].cover or {}) | _OF_ONE | {"title": title}, blocks=())


def place_of(report: Document) -> str:
    """Return the district a report of a volume is of."""
    return str((report.cover or {}).get("district") or report.title)


def joined(reports: Sequence[Document]) -> Document:
    """Return the volume as one document: each report a chapter under its district's name, its headings a level lower.

    Anchors are told apart by ``v1-``, ``v2-`` … before them; a district's own heading has ``v1`` alone.
    """
    blocks: list[Block] = []
    for at, report in enumerate(reports, start=1):
        blocks.append(Heading(1, (Run(place_of(report)),), anchor=f"v{at}"))
        blocks += [with_parts(block, partial(_below, mark=f"v{at}-")) for block in report.blocks]
    return replace(front(reports), blocks=tuple(blocks))


def _below(part: Any, *, mark: str) -> Any:
    if isinstance(part, Heading):
        return replace(part, level=part.level + 1, anchor=mark + part.anchor)
    if isinstance(part, Equation) and part.anchor:
        return replace(part, anchor=mark + part.anchor)
    if isinstance(part, Run) and (part.anchor or part.link.startswith("#")):
        link = f"#{mark}{part.link[1:]}" if part.link.startswith("#") else part.link
        return replace(part, anchor=part.anchor and mark + part.anchor, link=link)
    return part
