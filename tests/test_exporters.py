"""A notebook exported from Jupyter itself, as its menu and ``jupyter nbconvert`` do."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sample_notebook import png
from traitlets.config import Config


@pytest.mark.parametrize(
    ("name", "start"), [("govkit-html", "<!DOCTYPE html>"), ("govkit-pdf", b"%PDF"), ("govkit-docx", b"PK")]
)
def test_nbconvert_exports_by_name_with_the_pictures_beside_the_notebook(
    tmp_path: Path, name: str, start: str | bytes
) -> None:
    (tmp_path / "村口.png").write_bytes(png())
    cells = [new_markdown_cell("# 我的研究\n\n![村口](村口.png)")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "mine.ipynb")
    exporter = get_exporter(name)()
    content, resources = exporter.from_filename(str(tmp_path / "mine.ipynb"))
    assert content.startswith(start)
    assert resources["output_extension"] == f".{name.removeprefix('govkit-')}"


@pytest.mark.parametrize(("name", "start"), [("HTML", b"<!DOCTYPE html>"), ("PDF", b"%PDF"), ("Word", b"PK")])
def test_jupyterlab_s_menu_offers_what_its_server_can_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, start: bytes
) -> None:
    """The menu shows the names that the server lists; the server answers those of Latin letters and _ alone."""
    from jupyter_server.nbconvert.handlers import _format_regex
    from jupyter_server.serverapp import ServerApp
    from nbconvert.exporters.base import get_export_names

    monkeypatch.setattr(ServerApp, "_instance", ServerApp.__new__(ServerApp))
    ours = [one for one in get_export_names() if one.lower().startswith("govkit")]
    assert sorted(ours) == ["govkit_HTML", "govkit_PDF", "govkit_Word"]
    assert re.fullmatch(_format_regex, quote(f"govkit_{name}"))
    exporter = get_exporter(f"govkit_{name}")()
    content, _ = exporter.from_notebook_node(new_notebook(cells=[new_markdown_cell("# 我的研究")]), {})
    assert (content.encode() if isinstance(content, str) else content).startswith(start)


@pytest.mark.parametrize(("kind", "lacks", "code"), [("pdf", True, 1), ("html", True, 0), ("html", False, 0)])
def test_nbconvert_ends_with_1_once_all_is_written_where_an_output_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, lacks: bool, code: int
) -> None:
    """A canvas is lost on paper alone."""
    from nbconvert.nbconvertapp import NbConvertApp
    from nbformat.v4 import new_output

    cell = new_code_cell("x")
    cell.outputs = [new_output("display_data", data={"text/html": "<canvas></canvas>" if lacks else "<b>字</b>"})]
    for name in "ab":
        nbformat.write(new_notebook(cells=[cell] if name == "a" else []), tmp_path / f"{name}.ipynb")
    monkeypatch.chdir(tmp_path)
    NbConvertApp.clear_instance()
    ended = 0
    try:
        NbConvertApp.launch_instance(["--to", f"govkit-{kind}", "a.ipynb", "b.ipynb"])
    except SystemExit as error:
        ended = int(error.code or 0)
    finally:
        NbConvertApp.clear_instance()
    assert (ended, (tmp_path / f"b.{kind}").is_file()) == (code, True)


def test_a_page_told_to_be_run_first_holds_what_its_cells_print_and_says_what_it_lacks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cells = [new_markdown_cell("![村口](没有.png)"), new_code_cell("print('单元里', '打印的')")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "mine.ipynb")
    exporter = get_exporter("govkit-html")(config=Config(ExecutePreprocessor={"enabled": True}))
    exporter.log = logging.getLogger("exporting")
    for _ in range(2):  # one exporter for several notebooks
        content, _resources = exporter.from_filename(str(tmp_path / "mine.ipynb"))
        assert "单元里 打印的" in content
    assert "找不到图片：没有.png" in caplog.text
