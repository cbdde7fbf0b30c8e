"""Pages as they are printed, measured on their pictures: no large blank without reason, nothing outside the block."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typst
from nbformat.v4 import new_markdown_cell
from PIL import Image
from sample_notebook import code, column, figure, notebook, png, table

from govkit.catalogue import load
from govkit.documents.pdf import file as pdf
from govkit.documents.pdf.typefaces import typefaces
from govkit.documents.read.document import read_document

PROSE = "居民满意度98.6%，高于98%的目标，上期96.8%；网格事项基本办结，未结的10件中7件拖了30天以上。" * 3
MOST_BLANK = 0.4


def pictures(made: Any, folder: Path) -> list[np.ndarray]:
    """Return every page as ink (True) on white, about one dot a millimetre."""
    faces = typefaces(system=False)
    document = pdf.printable(read_document(made), faces)
    (folder / "document.json").write_text(pdf.json.dumps(pdf._content(document, faces, folder)), encoding="utf-8")
    compiler = typst.Compiler(pdf._template(), root=folder, font_paths=faces.book, ignore_system_fonts=True)
    drawn, _ = compiler.compile_with_warnings(format="png", ppi=25.4)
    every = drawn if isinstance(drawn, list) else [drawn]
    return [np.asarray(Image.open(io.BytesIO(one)).convert("L")) < 200 for one in every]


def blank_share(page: np.ndarray) -> float:
    """Return how much of the text block lies below the last ink on it."""
    sides = load("document")["page"]
    block = page[round(sides["top"]) : round(sides["height"] - sides["bottom"])]
    inked = np.flatnonzero(block.any(axis=1))
    return float(1 - (inked[-1] + 1) / len(block)) if len(inked) else 1.0


def chapter(number: int, *, rows: int, height: int) -> list[Any]:
    chart = figure(f"第{number}幅图", width=590, height=height)
    chart.data["image/png"] = base64.b64encode(png(59, height // 10)).decode()
    chart.metadata["govkit"]["kind"] = "chart"
    lines = [[f"第{at}村", str(at * 111)] for at in range(rows)]
    return [
        new_markdown_cell(f"## 第{number}章\n\n{PROSE}\n\n### 细目\n\n{PROSE}"),
        code(table(f"第{number}张表", [column("村"), column("件数", "integer")], lines)),
        new_markdown_cell(PROSE),
        code(chart),
    ]


@pytest.mark.parametrize(("rows", "height"), [(5, 240), (12, 300), (30, 260), (45, 180)])
def test_no_page_is_more_than_two_fifths_blank_where_what_follows_would_fit(
    rows: int, height: int, tmp_path: Path
) -> None:
    cells = [cell for number in range(1, 6) for cell in chapter(number, rows=rows, height=height)]
    pages = pictures(notebook(*cells), tmp_path)
    blank = [round(blank_share(page), 2) for page in pages[1:-1]]  # the contents and the last page end where they end
    assert [share for share in blank if share > MOST_BLANK] == []


def test_nothing_is_printed_outside_the_text_block_but_head_and_page_number(tmp_path: Path) -> None:
    sides = load("document")["page"]
    for page in pictures(notebook(*chapter(1, rows=60, height=900)), tmp_path):
        across = np.flatnonzero(page[round(sides["top"]) : round(sides["height"] - sides["bottom"])].any(axis=0))
        assert across.size == 0 or sides["left"] - 1 <= across[0]
        assert across.size == 0 or across[-1] <= sides["width"] - sides["right"] + 1
