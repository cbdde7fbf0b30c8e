"""The worked notebook of docs/own-notebooks.md, taken from the page and run: every output arrives in every document."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.manifest import Outcome

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "own-notebooks.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    folder = tmp_path_factory.mktemp("worked")
    parts = re.findall(r"^```(python|markdown)\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    cells = [(new_code_cell if kind == "python" else new_markdown_cell)(text) for kind, text in parts]
    nbformat.write(new_notebook(cells=cells), folder / "mine.ipynb")
    request = Request(
        ROOT / "data" / "daoli",
        districts=("群力街道",),
        notebooks=(str(folder / "mine.ipynb"),),
        formats=("html", "pdf", "docx", "xlsx"),
        out=folder / "out",
        parameters={"top": "3"},
    )
    manifest, out = make_reports(request)
    return manifest.reports[0], out


def test_the_worked_notebook_is_made_without_loss(made: tuple[Outcome, Path]) -> None:
    assert (made[0].error, made[0].status, made[0].figures, made[0].tables) == (None, "done", 1, 2)
    assert sorted(path.suffix for path in made[0].outputs) == [".docx", ".html", ".ipynb", ".pdf", ".xlsx"]


def test_its_text_formulas_table_and_figure_stand_in_the_page_and_in_print(made: tuple[Outcome, Path]) -> None:
    from pypdf import PdfReader

    html = next(path for path in made[0].outputs if path.suffix == ".html").read_text(encoding="utf-8")
    reader = PdfReader(next(path for path in made[0].outputs if path.suffix == ".pdf"))
    pdf = re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))
    for words in ("群力街道：社区19个", "户数为期末数", "（1）"):
        assert words in re.sub(r"\s|<[^>]*>", "", html)
        assert words in pdf
    assert html.count("<math") == 2
    assert sum(len(page.images) for page in reader.pages) == 1


def test_its_page_asks_no_outside_address(made: tuple[Outcome, Path]) -> None:
    html = next(path for path in made[0].outputs if path.suffix == ".html").read_text(encoding="utf-8")
    assert re.findall(r"""(?:src|href)=["']https?://""", html) == []
