"""One odd character costs no document: it is shown, or stands as a code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from deck_notebook import head
from nbformat import NotebookNode
from pptx import Presentation
from sample_notebook import code, column, cover, notebook, table

from govkit.documents.annex import write_annex
from govkit.documents.deck.pptx import write_pptx
from govkit.documents.deck.slides import write_slides
from govkit.documents.html.page import write_html
from govkit.documents.pdf.file import write_pdf
from govkit.documents.read.document import read_document
from govkit.documents.word.file import write_docx
from govkit.files import write_whole

NAMES = {
    "emoji": "幸福🏠社区",
    "beyond the plane": "𠮷村㐂街道",
    "combining": "e\u0301\u0302村",
    "half a character": "坏\ud83d字村",
    "very long": "很长的名字" * 60,
    "right to left": "\u202e村名",
}


def named(name: str) -> NotebookNode:
    cells = table(name, [column("村"), column("数", "integer")], [[name, "12"], ["乙村", "30"]])
    return notebook(code(cover(district=name, title=name)), code(head(name)), code(cells))


@pytest.mark.parametrize("kind", NAMES)
def test_no_name_costs_a_document(tmp_path: Path, kind: str) -> None:
    made: Any = named(NAMES[kind])
    document = read_document(made)
    write_html(made, tmp_path / "a.html")
    write_slides(made, tmp_path / "b.html")
    write_pptx(made, tmp_path / "c.pptx")
    write_pdf(document, tmp_path / "d.pdf")
    write_docx(document, tmp_path / "e.docx")
    write_annex(document, tmp_path / "f.xlsx")
    assert all(one.stat().st_size > 1000 for one in tmp_path.iterdir())
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert ("〔U+D83D〕" if kind == "half a character" else NAMES[kind][:4].strip("\u202e")) in page
    assert len(Presentation(str(tmp_path / "c.pptx")).slides) >= 2


def test_half_a_character_in_a_text_to_be_written_stands_as_its_code(tmp_path: Path) -> None:
    assert write_whole(tmp_path / "a.txt", "坏\ud83d字").read_text(encoding="utf-8") == "坏\\ud83d字"
