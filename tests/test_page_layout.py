"""Pages as they are printed, measured on their pictures: no large blank without reason, nothing outside the block."""

from __future__ import annotations

import base64
import io
import json
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
from govkit.documents.pdf import pages
from govkit.documents.pdf.typefaces import typefaces
from govkit.documents.read.document import read_document

PROSE = "居民满意度98.6%，高于98%的目标，上期96.8%；网格事项基本办结，未结的10件中7件拖了30天以上。" * 3
MOST_BLANK = 0.4


def pictures(made: Any, folder: Path) -> list[np.ndarray]:
    """Return every page as ink (True) on white, about one dot a millimetre."""
    faces = typefaces(system=False)
    document = pdf.printable(read_document(made), faces)
    pages.set_pages(pdf._content(document, faces, folder), folder, faces, pdf.made_on(None))
    template = pages.TEMPLATE.read_bytes()  # document.json is as it was set at last
    compiler = typst.Compiler(template, root=folder, font_paths=faces.book, ignore_system_fonts=True)
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


def filled_to(share: float, *after: Any, height: int = 400) -> Any:
    """A document whose first page is filled to about this share before a figure 590 pixels wide; then ``after``."""
    lines = round(share * 31)
    told = figure("一幅大图", width=590, height=height)
    told.data["image/png"] = base64.b64encode(png(59, height // 10)).decode()
    text = "\n\n".join(["## 第一章", *["一行字。"] * lines])
    return notebook(new_markdown_cell(text), code(told), *after)


def test_a_figure_that_nearly_fits_is_shrunk_to_what_the_page_has_left(tmp_path: Path) -> None:
    made = pictures(filled_to(0.5), tmp_path)
    assert len(made) == 1
    assert '"width": 442' not in (tmp_path / "document.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("height", [9, 11])
def test_a_table_kept_whole_is_parted_where_it_would_leave_much_of_a_page_blank(height: int, tmp_path: Path) -> None:
    rows = [[str(at), "话" * 18 * height] for at in range(4)]
    text = new_markdown_cell("\n\n".join(["## 第一章", *["一行字。"] * 16]))
    made = pictures(notebook(text, code(table("表", [column("号"), column("话")], rows))), tmp_path)
    assert len(made) == 2
    assert blank_share(made[0]) < MOST_BLANK


def test_what_follows_under_the_same_heading_goes_before_a_figure_without_room(tmp_path: Path) -> None:
    made = filled_to(0.5, new_markdown_cell("\n\n".join([PROSE] * 2)), height=700)
    assert blank_share(pictures(made, tmp_path)[0]) < 0.3
    kinds = [part["type"] for part in json.loads((tmp_path / "document.json").read_text(encoding="utf-8"))["blocks"]]
    assert kinds.index("Figure") == len(kinds) - 1


def test_a_figure_does_not_leave_its_heading(tmp_path: Path) -> None:
    pictures(filled_to(0.5, new_markdown_cell("## 第二章\n\n话。"), height=700), tmp_path)
    kinds = [part["type"] for part in json.loads((tmp_path / "document.json").read_text(encoding="utf-8"))["blocks"]]
    assert kinds.index("Figure") < len(kinds) - 2


def test_a_short_document_has_no_contents_and_a_long_one_has(tmp_path: Path) -> None:
    short = notebook(new_markdown_cell("# 题\n\n## 甲\n\n话。\n\n## 乙\n\n话。"))
    assert len(pictures(short, tmp_path)) == 1
    chapters = "\n\n".join(f"## 第{at}章\n\n{PROSE * 8}" for at in range(12))
    assert len(pictures(notebook(new_markdown_cell(f"# 题\n\n{chapters}")), tmp_path)) >= 9
