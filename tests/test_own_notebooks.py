"""Notebooks of somebody's own through a whole batch: all of it arrives, or it is said what does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.manifest import Manifest, Outcome

DAOLI = Path(__file__).parents[1] / "data" / "daoli"
PARAMETERS = new_code_cell(f'zone = "{DAOLI.as_posix()}"', metadata={"tags": ["parameters"]})
LATEX = """class Integral:
    def _repr_latex_(self): return r"$\\int x^2 dx$"
    def __repr__(self): return "Integral(x**2, x)"
Integral()"""
NOTEBOOKS = {
    "printing": [
        'print("关键结论：系数为 0.97（p<0.01）")',
        LATEX,
        "{'甲': 1}",
        "import sys; print('注意', file=sys.stderr)",
    ],
    "lacking": ["from IPython.display import HTML; HTML('<canvas></canvas>')", "print('其余照常')"],
}


def write_notebook(path: Path, *cells: str, **metadata: object) -> Path:
    """A notebook of parameters cell, heading and code, as a partner sends it."""
    made = new_notebook(cells=[PARAMETERS, new_markdown_cell("# 我的研究"), *map(new_code_cell, cells)])
    made.metadata.update(
        {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}, **metadata}
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Path]:
    folder = tmp_path_factory.mktemp("own")
    paths = [write_notebook(folder / f"{name}.ipynb", *cells) for name, cells in NOTEBOOKS.items()]
    return make_reports(Request(DAOLI, notebooks=tuple(map(str, paths)), out=folder / "out"))


def outcome(made: tuple[Manifest, Path], name: str) -> Outcome:
    return next(one for one in made[0].reports if one.notebook == name)


def pdf_text(path: Path) -> str:
    from pypdf import PdfReader

    return "".join(page.extract_text() for page in PdfReader(path).pages).replace("\n", "")


def test_what_is_printed_answered_and_warned_arrives_in_every_document(made: tuple[Manifest, Path]) -> None:
    html, pdf = (made[1] / "printing.html").read_text(encoding="utf-8"), pdf_text(made[1] / "printing.pdf")
    for text in ("关键结论：系数为 0.97（p", "'甲': 1", "注意"):
        assert text in html.replace("&#39;", "'")
        assert text.replace(" ", "") in pdf.replace(" ", "")
    assert "<math" in html
    assert outcome(made, "printing").status == "done"


def test_a_report_that_lacks_a_figure_is_written_and_failed(made: tuple[Manifest, Path]) -> None:
    one = outcome(made, "lacking")
    assert one.status == "failed"
    assert one.error
    assert "有 1 项输出没有收入报告" in one.error
    assert [path.is_file() for path in one.outputs] == [True] * 3


def test_what_a_report_lacks_stands_in_it_and_on_the_index(made: tuple[Manifest, Path]) -> None:
    assert "此处有一幅图没有收入本报告" in pdf_text(made[1] / "lacking.pdf")
    assert "有 1 项输出没有收入报告" in (made[1] / "index.html").read_text(encoding="utf-8")


def test_the_command_line_says_what_a_report_lacks_and_fails(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "我的.ipynb", *NOTEBOOKS["lacking"])
    run = [sys.executable, "-m", "govkit", "report", str(DAOLI), "--notebook", str(path), "--out", str(tmp_path / "o")]
    done = subprocess.run([*run, "--to", "pdf"], capture_output=True, encoding="utf-8")
    assert done.returncode == 1
    assert "第 3 个单元" in done.stderr


def test_a_whole_frame_goes_to_the_annex(tmp_path: Path) -> None:
    import govkit
    from govkit.documents.annex import write_annex
    from govkit.documents.formats import write
    from govkit.documents.html.page import write_html
    from govkit.documents.pdf.file import write_pdf
    from govkit.documents.read.document import read_document

    frame = pd.DataFrame({"村": [f"村{at}" for at in range(300)], "户数": range(300)})
    cell = new_code_cell("x")
    cell.outputs = [new_output("display_data", data=govkit.to_annex(frame, "名单")._repr_mimebundle_())]
    made = new_notebook(cells=[cell])
    document = write_html(made, tmp_path / "a.html", title="题")
    assert "村299" in (tmp_path / "a.html").read_text(encoding="utf-8")
    write_pdf(document, tmp_path / "a.pdf")
    assert "共300行" in pdf_text(tmp_path / "a.pdf").replace(" ", "")
    write_annex(document, tmp_path / "a.xlsx")
    sheets = pd.read_excel(tmp_path / "a.xlsx", sheet_name=None, header=None)
    assert any((sheet == "村299").any().any() for sheet in sheets.values())
    assert read_document(made).tables == 1
    for beside, whole in ((("pdf", "html"), False), (("pdf",), True)):
        write("pdf", made, document, tmp_path / "b.pdf", beside=beside)
        assert ("村299" in pdf_text(tmp_path / "b.pdf").replace(" ", "")) is whole
