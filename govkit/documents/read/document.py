"""An executed notebook → a document: the outputs alone, in order, numbered, with an account of what was left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govkit.catalogue import load
from govkit.display.words.language import CHINESE, Speaker
from govkit.documents.live.widgets import WIDGETS
from govkit.documents.read.blocks import Block, Code, Heading, Paragraph, Quote, Run
from govkit.documents.read.grammar import explained_footnotes
from govkit.documents.read.numbering import number_blocks, split_title
from govkit.documents.read.outputs import Reading, read_output
from govkit.documents.read.texts import joined, without_halves
from govkit.documents.read.tree import Document, Unconverted, plain
from govkit.documents.read.words import written_in
from govkit.errors import GovkitError

if TYPE_CHECKING:
    from nbformat import NotebookNode


def read_document(notebook: NotebookNode, *, folder: Path | None = None, allow_network: bool = False) -> Document:
    """Return what an executed notebook shows as a Document.

    Markdown cells and outputs become blocks; code, parameter cells and cells tagged as hidden do not. Of an output
    with several types the richest a document can print is taken. What no document can show stands as a note in its
    place and in ``unconverted`` with the cell's index. Pictures that Markdown names are taken from ``folder``, the
    notebook's own. ``allow_network``: live outputs may ask outside addresses, each of which is listed. Raises
    ReportError if a govkit output is malformed.
    """
    notebook = without_halves(notebook)
    rules = load("document")
    widgets = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    reading = Reading(folder, allow_network, widgets)
    for cell in notebook.cells:
        if cell["cell_type"] == "markdown":
            reading.references.explained.update(explained_footnotes(cell["source"]))
    reading.cell = -1
    for cell in notebook.cells:
        tags = set(cell.get("metadata", {}).get("tags", []))
        reading.cell += "injected-parameters" not in tags  # cells are counted as their author does
        if tags & set(rules["hidden_tags"]):
            continue
        _read_cell(reading, cell, outputs=not tags & set(rules["hidden_output_tags"]))
    if not reading.blocks and reading.cover is None:
        reading.cell = -1
        reading.complain("", "笔记本没有显示任何内容")
    title, blocks = split_title((*reading.blocks, *reading.references.end_matter(reading.blocks)))
    title = str((reading.cover or {}).get("title") or title)
    if marks := [
        str(reading.cover[name]) for name in ("edition", "stage") if reading.cover and reading.cover.get(name)
    ]:
        reading.cover = {**(reading.cover or {}), "stage": "　".join(marks)}  # stands on every page
    reading.cell = -1
    with written_in(reading.cover):
        numbered = number_blocks(_headings_said(blocks, reading.cover), reading.complain)
    left = tuple(reading.unconverted)
    return Document(title, reading.cover, numbered, left, online=allow_network, origins=reading.origins)


def _headings_said(blocks: tuple[Block, ...], cover: Mapping[str, Any] | None) -> tuple[Block, ...]:
    """Return the blocks with headings of the notebook itself (附件) in the language of the report."""
    language = str((cover or {}).get("language") or CHINESE)
    if language == CHINESE:
        return blocks
    speaker = Speaker(language)
    said = []
    for block in blocks:
        text = speaker.heard(plain(block.runs)) if isinstance(block, Heading) else None
        said.append(replace(block, runs=(Run(text),)) if isinstance(block, Heading) and text else block)
    return tuple(said)


def noted(document: Document, notices: Sequence[str]) -> Document:
    """Return the document with what a reader must know before anything else at its head."""
    if not notices:
        return document
    blocks = tuple(Quote((Paragraph((Run(text),)),)) for text in notices)
    known = tuple(Unconverted(-1, "parameters", text) for text in notices)
    return replace(document, blocks=(*blocks, *document.blocks), unconverted=(*known, *document.unconverted))


def _read_cell(reading: Reading, cell: Mapping[str, Any], *, outputs: bool) -> None:
    if cell["cell_type"] == "markdown":
        reading.blocks += reading.markdown(cell["source"], cell.get("attachments", {}), authored=True)
    elif cell["cell_type"] == "code" and outputs:
        together = list(_merged(cell.get("outputs", [])))
        for output in together:
            try:
                reading.blocks += read_output(reading, output, beside=together)
            except GovkitError:
                raise
            except Exception as error:  # one output that nobody foresaw must not take the report with it
                reason = f"这项输出读不出来（{type(error).__name__}：{str(error)[:80]}）"
                reading.blocks += reading.complain(next(iter(output.get("data", {})), ""), reason, "text")
    elif cell["cell_type"] == "raw" and cell["source"].strip():
        _read_raw(reading, cell)


def _merged(outputs: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The outputs of a cell, what was printed to one stream without a break as one."""
    held: dict[str, Any] | None = None
    for output in outputs:
        if held and output["output_type"] == "stream" and output["name"] == held["name"]:
            held["text"].append(joined(output["text"]))
            continue
        if held:
            yield held
        held = None
        if output["output_type"] == "stream":
            held = {**output, "text": [joined(output["text"])]}
        else:
            yield output
    if held:
        yield held


def _read_raw(reading: Reading, cell: Mapping[str, Any]) -> None:
    """Raw text is shown as typed; what heads a file for another publisher （--- …） is not for readers."""
    text = reading.visible(cell["source"])
    kind = cell.get("metadata", {}).get("raw_mimetype") or cell.get("metadata", {}).get("format", "")
    if text.lstrip().startswith("---") and not reading.blocks:
        reading.complain("text/raw", "文首的出版设置（---）不是正文，不收入报告")
    elif kind == "text/html":
        reading.blocks += reading.fragment(text)
    elif kind in {"text/markdown", "text/latex"}:
        reading.blocks += reading.markdown(text)
    else:
        reading.blocks.append(Code(text))
