"""A form as tables of a Word document, opened by python-docx."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import docx

from govkit import catalogue
from govkit.errors import SourceError
from govkit.forms.recognise import Cell

# what stands outside of tables
_BODY = "正文"


def open_form(path: Path) -> Document:
    """Open a document. Raises SourceError if it is none or damaged."""
    try:
        return Document(docx.Document(str(path)))
    except Exception as error:  # python-docx lets through whatever its parsers raise
        raise SourceError(
            f"表样打不开：{error}", where=path.name, todo="请在 Word 中打开，另存为 .docx 后重试。"
        ) from None


class Document:
    """The tables of a document to fill in."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._tables = {f"表 {number}": table for number, table in enumerate(document.tables, start=1)}

    def sheets(self) -> Iterable[tuple[str, list[Cell]]]:
        """Yield every table with its cells."""
        for name, table in self._tables.items():
            seen: set[Any] = set()
            found = []
            for row, line in enumerate(table.rows):
                for column, one in enumerate(line.cells):
                    text = one.text.strip()
                    found.append(Cell(row, column, text, not text and one._tc not in seen))
                    seen.add(one._tc)
            yield name, found
        texts = [Cell(at, 0, one.text.strip()) for at, one in enumerate(self._document.paragraphs)]
        if any("{{" in one.text for one in texts):
            yield _BODY, [one for one in texts if "{{" in one.text]

    def left_out(self) -> Iterable[str]:
        """Return nothing: no table of a document is hidden."""
        return ()

    def place(self, sheet: str, cell: Cell) -> str:
        """Return what the clerk calls a cell."""
        if sheet == _BODY:
            return f"{sheet} 第 {cell.row + 1} 段"
        return f"{sheet} 第 {cell.row + 1} 行第 {cell.column + 1} 格"

    def shows_percent(self, sheet: str, cell: Cell) -> bool:  # noqa: ARG002  (as a workbook's)
        """Return False: a cell of a document holds text."""
        return False

    def fill(self, sheet: str, cell: Cell, value: float, *, text: str, comment: str, mark: str) -> None:  # noqa: ARG002
        """Put a text into a cell, in the type of its paragraph."""
        if sheet == _BODY:
            paragraph = self._document.paragraphs[cell.row]
        else:
            paragraph = self._tables[sheet].rows[cell.row].cells[cell.column].paragraphs[0]
        if mark:
            holding = next((run for run in paragraph.runs if mark in run.text), None)
            if holding is not None:
                holding.text = holding.text.replace(mark, text, 1)
            else:
                # Word cuts a text into runs as it likes: the mark goes over several
                whole = paragraph.text.replace(mark, text, 1)
                for run in paragraph.runs[1:]:
                    run.text = ""
                paragraph.runs[0].text = whole
        else:
            holding = paragraph.add_run(text)
        author = catalogue.load("forms")["words"]["author"]
        self._document.add_comment(paragraph.runs, text=comment, author=author, initials="")

    def sums(self, sheet: str) -> Iterable[tuple[Cell, list[Cell]]]:  # noqa: ARG002
        """Return nothing: totals of a document are filled in, not reckoned by it."""
        return ()

    def content(self) -> bytes:
        """Return the document's bytes."""
        file = io.BytesIO()
        self._document.save(file)
        return file.getvalue()
