"""The nbconvert exporter of reports.

``jupyter nbconvert --to govkit.documents.html.exporter.ReportExporter`` works too.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment
from nbconvert.exporters import Exporter, HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import default

from govkit.documents.html.environment import TEMPLATES, equip
from govkit.documents.html.policy import sealed
from govkit.documents.html.shared_scripts import share_scripts
from govkit.documents.read.blocks import Block, Paragraph, Quote, Run, TableBlock
from govkit.documents.read.document import read_document
from govkit.documents.read.tree import Document, plain


def folder_of(about: Mapping[str, Any]) -> Path | None:
    """Return the folder of the notebook that nbconvert exports, None where it has none."""
    return Path(about["path"]) if about.get("path") else None


def end_with_failure(document: Document, *, on_screen: bool = False) -> None:
    """Let ``jupyter nbconvert`` end with exit code 1 where a document lacks an output, after all files are written.

    nbconvert has no word for it: its last step of each notebook is followed by one of ours. Nothing happens where
    another program (JupyterLab's server) exports.
    """
    from nbconvert.nbconvertapp import NbConvertApp

    app: Any = NbConvertApp._instance if NbConvertApp.initialized() else None
    if not isinstance(app, NbConvertApp):
        return
    lacking: list[bool] = vars(app).setdefault("govkit_lacking", [])
    if not lacking:
        last_step = app.postprocess_single_notebook

        def finish(written: str) -> None:
            last_step(written)
            if any(lacking) and len(lacking) >= len(app.notebooks):
                app.log.error("有输出没有收入（见上），文件已写出，退出码为 1")
                app.exit(1)

        app.postprocess_single_notebook = finish  # type: ignore[method-assign]
    lacking.append(not all(on_screen and one.paper for one in document.lost))


class ReportExporter(HTMLExporter):
    """Notebook → report: code hidden, numbered, self-contained. Everything that is not a block is escaped."""

    export_from_notebook = "govkit 报告（HTML）"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "report"

    @default("extra_template_basedirs")
    def _extra_template_basedirs(self) -> list[str]:
        return [str(TEMPLATES)]

    @default("extra_template_paths")
    def _extra_template_paths(self) -> list[str]:
        return [str(TEMPLATES)]

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.autoescape = True
        environment.trim_blocks = environment.lstrip_blocks = True
        equip(environment)
        return environment

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and nbconvert's resources; what the page lacks is said in it and in nbconvert's log.

        HTMLExporter would parse the finished page once more to add alt texts; ours has them, and reparsing megabytes
        of maps is dear, so its parent is called instead.
        """
        given = dict(resources or {})
        about = given.get("metadata", {})
        document = given.get("document")
        if document is None:  # nbconvert asks: what it was told to do before (--execute) comes first
            nb, given = Exporter.from_notebook_node(self, nb, given)
            document = read_document(nb, folder=folder_of(about))
            for one in document.unconverted:
                self.log.log(logging.INFO if one.paper else logging.WARNING, "%s", one)
            end_with_failure(document, on_screen=True)
        name = about.get("name", "")
        document, origins = linked(document)
        given |= {"document": document, "origins": origins, "title": given.get("title") or document.title or name}
        # The page shows the document; the cells would be copied and checked four times over for nothing.
        bare = NotebookNode({**nb, "cells": []})
        done, self._preprocessors = self._preprocessors, []
        try:
            html, given = TemplateExporter.from_notebook_node(self, bare, self._init_resources(given), **options)
        finally:
            self._preprocessors = done
        return share_scripts(sealed(html)), given


_SENTENCE = re.compile(r"[^。；！？]+")
_LEAST_HEAD = 3
# A count or an amount of at least two figures with its unit, the clause it stands in, and what makes it a change.
_COUNTED = re.compile(r"(?<![\d.,])(\d[\d,]*\d(?:\.\d+)?|\d\.\d+)(万元|元|平方米|人次|场次|[人户件项个处次份名对条笔])")
_CLAUSE = re.compile(r"[^，。；：]+")
_CHANGED = re.compile("(?:增加|减少|上升|下降|提高|升至|降至|增至|还差|超过|不足)$")
_OTHER_PERIOD = re.compile("上期|累计|以来|变化|增减")
# (text, unit) of a number → the tables it stands in: number, title, head, what its row is of (a total: nothing).
_Cells = dict[tuple[str, str], set[tuple[int, str, str, tuple[str, ...]]]]


@dataclass
class Origins:
    """The values a document knows the origin of; ``used``: those that were linked, in order."""

    about: Mapping[str, Any]
    cells: _Cells = field(default_factory=dict)
    used: list[int] = field(default_factory=list)

    @property
    def listed(self) -> list[dict[str, Any]]:
        """The measures with a linked value: label, definition, data, and ``values``, each with its ``anchor``."""
        measures: dict[int, dict[str, Any]] = {}
        for number, at in enumerate(self.used, 1):
            value = self.about["values"][at]
            one = measures.setdefault(value["measure"], {**self.about["measures"][value["measure"]], "values": []})
            one["values"].append({**value, "anchor": f"origin-{number}"})
        return list(measures.values())

    def link(self, at: int) -> str:
        """Return the address of a value's origin."""
        if at not in self.used:
            self.used.append(at)
        return f"#origin-{self.used.index(at) + 1}"

    def label(self, value: Mapping[str, Any]) -> str:
        """What a value's measure is called."""
        return str(self.about["measures"][value["measure"]]["label"])

    def own(self, value: Mapping[str, Any], text: str) -> bool:
        """Whether a text speaks of a value's unit: the report's own, or one it names."""
        return value["unit"] == self.about["place"] or value["unit"] in text


def linked(document: Document) -> tuple[Document, list[dict[str, Any]]]:
    """Return the document with its numbers linked, and the origins they lead to; as it is where it states none."""
    if not document.origins or not document.origins.get("values"):
        return document, []
    found = Origins(document.origins, _cells(document))
    blocks = tuple(_linked(block, found) for block in document.blocks)
    return replace(document, blocks=blocks), found.listed


def _linked(block: Block, found: Origins) -> Block:
    if isinstance(block, Paragraph):
        return Paragraph(tuple(_runs(block.runs, found)))
    if isinstance(block, Quote):
        return Quote(tuple(_linked(one, found) for one in block.blocks))
    return _table(block, found) if isinstance(block, TableBlock) else block


def _runs(runs: tuple[Run, ...], found: Origins) -> Iterator[Run]:
    places = _places(plain(runs), found)
    start = 0
    for run in runs:
        end = start + len(run.text)
        mine = [place for place in places if start <= place[0] and place[1] <= end]
        if run.link or run.formula or run.code:
            mine = []
        at = start
        for low, high, value in mine:
            if low > at:
                yield replace(run, text=run.text[at - start : low - start])
            link = value if isinstance(value, str) else found.link(value)
            yield replace(run, text=run.text[low - start : high - start], link=link)
            at = high
        if at < end or not run.text:
            yield replace(run, text=run.text[at - start :])
        start = end


def _places(text: str, found: Origins) -> list[tuple[int, int, int | str]]:
    """Return where a text has a value: start, end, position of the value (the first number after its label) or link."""
    places: dict[int, tuple[int, int, int | str]] = {}
    for sentence in _SENTENCE.finditer(text):
        said = sentence[0]
        for at, value in enumerate(found.about["values"]):
            named = said.find(found.label(value)) if value["text"] else -1
            if named < 0 or not found.own(value, said):
                continue
            token = re.compile(rf"(?<![\d.,]){re.escape(value['text'])}")
            if hit := token.search(said, named):
                start = sentence.start() + hit.start()
                places.setdefault(start, (start, sentence.start() + hit.end(), at))
        for start, end, link in _counted(said, found.cells):
            places.setdefault(sentence.start() + start, (sentence.start() + start, sentence.start() + end, link))
    return sorted(places.values(), key=lambda place: place[:2])


def _cells(document: Document) -> _Cells:
    """Return the numbers of all tables by text and unit."""
    found: _Cells = {}
    for table in (block for block in document.blocks if isinstance(block, TableBlock)):
        for at, row in enumerate(table.rows):
            texts = [cell for cell, column in zip(row, table.columns, strict=True) if column.kind == "text" and cell]
            whose = () if at in table.emphasis else tuple(texts)
            for cell, column in zip(row, table.columns, strict=True):
                if column.unit:
                    key = cell, column.unit.replace("m²", "平方米")
                    found.setdefault(key, set()).add((table.number, table.title, column.full_head, whose))
    return found


def _counted(said: str, cells: _Cells) -> Iterator[tuple[int, int, str]]:
    """Yield the counts and amounts of a sentence that stand in one table alone, under a head the clause speaks of."""
    for clause in _CLAUSE.finditer(said):
        for number in _COUNTED.finditer(clause[0]):
            before = clause[0][: number.start()]
            tables = {
                table
                for table, title, head, whose in cells.get((number[1], number[2]), ())
                if _speaks_of(clause[0], title, head) and (not whose or any(name in said for name in whose))
            }
            if len(tables) == 1 and not _CHANGED.search(before):
                yield clause.start() + number.start(), clause.start() + number.end(1), f"#table-{tables.pop()}-title"


def _speaks_of(clause: str, title: str, head: str) -> bool:
    """Whether a clause has two signs of a head, or four of its table's title, and both are of the same period."""
    of_clause, of_head = (set(_OTHER_PERIOD.findall(text)) for text in (clause, head))
    parts = ((re.sub(r"[（(].*", "", head), 2), (title, 4))
    return of_clause == of_head and any(
        text[at : at + size] in clause for text, size in parts for at in range(len(text) - size + 1)
    )


def _table(table: TableBlock, found: Origins) -> TableBlock:
    rich = list(table.rich)
    done = {(row, column) for row, column, _ in rich}
    for at, row in enumerate(table.rows):
        for place, column in enumerate(table.columns):
            if (at, place) in done or not row[place]:
                continue
            value = _of_cell(row, place, column.full_head, found)
            if value is not None:
                rich.append((at, place, (Run(row[place], link=found.link(value)),)))
    return replace(table, rich=tuple(rich))


def _of_cell(row: tuple[str, ...], place: int, head: str, found: Origins) -> int | None:
    """Return the value that stands in a cell: of the measure its row or its column names, of the unit its row names."""
    before = found.about["before"]
    earlier = "上期" in head or (before and before in head)
    for at, value in enumerate(found.about["values"]):
        if row[place] not in value["cells"] or (value["period"] == before) != bool(earlier):
            continue
        label = found.label(value)
        by_row = label in row and value["unit"] == found.about["place"]
        name = re.sub(r"[（(].*", "", head)
        by_column = len(name) >= _LEAST_HEAD and name in label and value["unit"] in row
        if by_row or by_column:
            return at
    return None
