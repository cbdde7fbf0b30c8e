"""A notebook as a zone's ``report/`` folder arranges it: its sections on, off and in order, texts of its own between.

A section is a code cell that calls ``report.<name>()``; the guide above it goes with it. What shows no section stays
where it is: before the first one, or with the one above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from govkit import catalogue
from govkit.documents.read.notebook import read_notebook
from govkit.errors import GovkitError, UnknownNameError
from govkit.zone.own_report import ANNEX, FILE, FOLDER, Arrangement, OwnReport, OwnText
from govkit.zone.zone import Zone

_CALL = re.compile(r"\breport\.(\w+)\(\)")
_COVER = re.compile(r"(\breport\.cover\()(['\"]).*?\2")
_CHAPTER, _IN_ANNEX = ".show(level=1)", ".show()"


@dataclass
class _Part:
    """Cells that belong together: a section with its guide, the heading of the annex, or what stands before all."""

    name: str
    cells: list[NotebookNode] = field(default_factory=list)


def arranged(content: NotebookNode, own: OwnReport, *, name: str, district: tuple[str, str] | None) -> NotebookNode:
    """Return a notebook as ``own`` arranges it; ``name`` is its stem, ``district`` code and name of the unit reported.

    Raises UnknownNameError for a section the notebook does not have, GovkitError for a text beside one that is off.
    """
    stated = own.arranged.get(name, Arrangement())
    head, *parts = _parts(content)
    known = [part.name for part in parts]
    texts = [text for text in own.texts if _here(text, known, name, district)]
    hidden = {*own.hidden} & {*known}
    texts = [text for text in texts if text.section not in hidden]
    if not (texts or hidden or name in own.arranged):
        return content
    wanted = [section for section in _wanted(stated, known, name) if section not in hidden]
    _check_places(texts, wanted, name)
    by_name = {part.name: part for part in parts}
    in_annex = set(known[known.index(ANNEX) + 1 :]) if ANNEX in known else set()
    shown, annex = [*head.cells], False
    for section in wanted:
        annex = annex or section == ANNEX
        for text in texts:
            shown += [_text_cell(text)] if text.section == section and text.before else []
        shown += [_at(cell, annex) if section in in_annex or annex else cell for cell in by_name[section].cells]
        for text in texts:
            shown += [_text_cell(text)] if text.section == section and not text.before else []
    left = [section for section in known if section not in wanted]
    made = NotebookNode({**content, "cells": [_titled(cell, stated.title) for cell in [*shown, *_without(left)]]})
    made.metadata = _expecting(content.metadata, wanted, left)
    return made


def _parts(content: NotebookNode) -> list[_Part]:
    parts, guides = [_Part("")], []
    for cell in content.cells:
        call = _CALL.search(cell.source) if cell.cell_type == "code" else None
        titles = catalogue.load("sections")["titles"]
        annex = cell.cell_type == "markdown" and cell.source.strip() == f"# {titles[ANNEX]}"
        if cell.cell_type == "markdown" and "guide" in cell.metadata.get("tags", []):
            guides.append(cell)
            continue
        if annex or (call and call[1] in titles):
            parts.append(_Part(ANNEX if annex or not call else call[1]))
        parts[-1].cells += [*guides, cell]
        guides = []
    parts[-1].cells += guides
    return parts


def _here(text: OwnText, known: list[str], name: str, district: tuple[str, str] | None) -> bool:
    if text.section not in known or (text.reports and name not in text.reports):
        return False
    return not text.districts or (district is not None and bool({*district} & {*text.districts}))


def _wanted(stated: Arrangement, known: list[str], name: str) -> list[str]:
    titles = catalogue.load("sections")["titles"]
    for section in (*stated.sections, *stated.without):
        if section not in known:
            named = [titles[one] for one in known]
            raise UnknownNameError(f"“{name}”里的节", titles[section], named, where=f"{FOLDER}/{FILE} [{name}]")
    return list(stated.sections) or [section for section in known if section not in stated.without]


def _check_places(texts: list[OwnText], wanted: list[str], name: str) -> None:
    titles = catalogue.load("sections")["titles"]
    for text in texts:
        if text.section not in wanted:
            raise GovkitError(
                f"{text.file} 放在“{titles[text.section]}”旁，但 {name} 不含这一节。",
                where=f"{FOLDER}/{FILE}",
                todo="把文字放到报告所含的一节旁，用 in 写明只印进哪些报告，或恢复这一节。",
            )


def _at(cell: NotebookNode, annex: bool) -> NotebookNode:
    """Return the cell of a section with its heading one level lower in the annex than in the body."""
    one, other = (_CHAPTER, _IN_ANNEX) if annex else (_IN_ANNEX, _CHAPTER)
    return NotebookNode({**cell, "source": cell.source.replace(one, other)}) if cell.cell_type == "code" else cell


def _text_cell(text: OwnText) -> NotebookNode:
    return new_code_cell(f"section = report.text({text.file!r})\nsection.show(level=0)")


def _titled(cell: NotebookNode, title: str) -> NotebookNode:
    if not title or cell.cell_type != "code":
        return cell
    return NotebookNode({**cell, "source": _COVER.sub(lambda found: f"{found[1]}{title!r}", cell.source)})


def _without(left: list[str]) -> list[NotebookNode]:
    titles = catalogue.load("sections")
    named = [titles["titles"][section] for section in left if section != ANNEX]
    return [new_markdown_cell(titles["words"]["without"].format(names="、".join(named)))] if named else []


def _expecting(metadata: Mapping[str, object], wanted: list[str], left: list[str]) -> NotebookNode:
    """Return the notebook's metadata with what it is to show: no section that is off, no count of what they held."""
    made = NotebookNode(metadata)
    about = dict(metadata.get("govkit", {}))  # type: ignore[call-overload]
    expects = {**about.get("expects", {})}
    if left:
        expects = {"sections": [section for section in expects.get("sections", ()) if section in wanted]}
    made["govkit"] = NotebookNode({**about, "expects": expects})
    return made


def check_own(zone: Zone, notebooks: Mapping[str, Path]) -> None:
    """Raise, before any report is made, what is wrong with a zone's arrangement: a notebook, section or unit unknown.

    ``notebooks``: all that the zone may have reports of, by name.
    """
    own = zone.settings.own
    where = f"{FOLDER}/{FILE}"
    for name in (*own.arranged, *(report for text in own.texts for report in text.reports)):
        if name not in notebooks:
            raise UnknownNameError("报告（笔记本）", name, notebooks, where=where)
    for district in (one for text in own.texts for one in text.districts):
        zone.code_and_name(district)
    contents = {name: read_notebook(path) for name, path in notebooks.items() if own.texts or name in own.arranged}
    held = {name: {part.name for part in _parts(content)} for name, content in contents.items()}
    for text in own.texts:
        if not any(text.section in held[name] for name in text.reports or held):
            title = catalogue.load("sections")["titles"][text.section]
            raise GovkitError(f"{text.file} 放在“{title}”旁，但没有一种报告有这一节。", where=where)
    for name in own.arranged:
        arranged(contents[name], own, name=name, district=None)
