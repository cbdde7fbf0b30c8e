"""A notebook in a kernel of its own: what goes wrong there is said in Chinese, what does not is not talked about."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from test_batch import write_notebook

from govkit.batch.work.execute import run_notebook
from govkit.documents.read.private import private_environment
from govkit.errors import ReportError


# First of all: a kernel that another test broke off may speak late.
def test_a_kernel_of_a_batch_says_nothing_on_how_it_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "1 + 1")
    with private_environment():
        made = run_notebook(own, {}, tmp_path / "executed.ipynb")
    assert made.cells[1].outputs[0].data["text/plain"] == "2"
    assert capfd.readouterr() == ("", "")


def test_a_kernel_that_dies_is_an_error_of_its_report(tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "1", "import os; os._exit(9)")
    with pytest.raises(ReportError, match="笔记本的内核意外退出"):
        run_notebook(own, {}, tmp_path / "executed.ipynb")


def test_a_hanging_kernel_meets_its_time(tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "import time; time.sleep(600)")
    with pytest.raises(ReportError, match=r"有一个单元运行超过 0\.5 秒"):
        run_notebook(own, {}, tmp_path / "executed.ipynb", timeout_s=0.5)


def test_the_notebook_kept_says_which_cell_failed(tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "raise ValueError('缺少台账')")
    with pytest.raises(ReportError, match="第 2 个单元出错：ValueError: 缺少台账"):
        run_notebook(own, {}, tmp_path / "executed.ipynb")
    kept = nbformat.read(tmp_path / "executed.ipynb", as_version=4)
    assert [out.ename for cell in kept.cells for out in cell.get("outputs", []) if out.output_type == "error"] == [
        "ValueError"
    ]
