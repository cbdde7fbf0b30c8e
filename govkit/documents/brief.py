"""A report's first page as a document of its own, and the four pages a leader reads: chapters taken from the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from govkit.documents.pdf.file import write_pdf
from govkit.documents.read.blocks import Block, Heading, Paragraph, Run
from govkit.documents.read.tree import Document, plain
from govkit.documents.read.words import section
from govkit.errors import ReportError


def write_brief(document: Document, path: Path) -> Document:
    """Write 要点 as a PDF of one page; ReportError for a report without that chapter."""
    return write_pdf(_only(document, section("headings")["brief"]), path)


def write_digest(document: Document, path: Path) -> Document:
    """Write 要点, the problems and the next steps as a PDF for leaders; ReportError as ``write_brief``."""
    return write_pdf(_only(document, section("headings")["digest"]), path)


def _only(document: Document, chapters: list[str]) -> Document:
    """Return the document with these chapters alone, under one title, without a cover."""
    cover = document.cover or {}
    kept = [block for title, blocks in _chapters(document) if title in chapters for block in blocks]
    if not kept or chapters[0] not in {title for title, _ in _chapters(document)}:
        raise ReportError(
            f"这份报告没有“{chapters[0]}”一章，不能做成摘要。", todo="请在笔记本里加上 report.brief().show(level=1)。"
        )
    place = str(cover.get("district") or "")
    words = section("brief")
    kind = chapters[0] if len(chapters) == 1 else words["digest"]
    title = words["title"].format(place=place, title=document.title.removesuffix("报告"), kind=kind)
    told = words["comma"].join(str(cover[key]) for key in ("period", "issuer", "date") if cover.get(key))
    synthetic = str(cover.get("synthetic") or "")
    under = words["under"].format(told=told, synthetic=synthetic) if told else synthetic
    first = kept[1:] if len(chapters) == 1 else kept
    return replace(document, title=title, cover=None, blocks=(Paragraph((Run(under),)), *first))


def _chapters(document: Document) -> Iterator[tuple[str, list[Block]]]:
    """Yield each chapter's title and blocks, its heading first."""
    blocks: list[Block] = []
    title = ""
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            yield title, blocks
            title, blocks = plain(block.runs), []
        blocks.append(block)
    yield title, blocks
