"""A notebook exported from Jupyter itself, as its menu and ``jupyter nbconvert`` do."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_markdown_cell, new_notebook
from sample_notebook import png


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


def test_jupyterlab_s_menu_shows_them_by_their_names() -> None:
    words = [get_exporter(f"govkit-{kind}").export_from_notebook for kind in ("html", "pdf", "docx")]
    assert words == ["govkit 报告（HTML）", "govkit 报告（PDF）", "govkit 报告（Word）"]
