"""A notebook in a kernel of its own: what goes wrong there is said in Chinese, what does not is not talked about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from test_batch import write_notebook

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.work.execute import run_notebook
from govkit.errors import ReportError

QUIET = """
import sys
from pathlib import Path
from govkit.batch.work.execute import run_notebook
from govkit.batch.work.private import private_environment

with private_environment():
    made = run_notebook(Path(sys.argv[1]), {}, Path(sys.argv[2]))
assert made.cells[1].outputs[0].data["text/plain"] == "2"
"""


def test_a_kernel_of_a_batch_says_nothing_on_how_it_runs(tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "1 + 1")
    # In a program of its own: a kernel that another test broke off may speak late.
    command = [sys.executable, "-c", QUIET, str(own), str(tmp_path / "executed.ipynb")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert (done.stdout, done.stderr) == ("", "")


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


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("import sys; sys.exit('数据不足')", r"第 2 个单元用 sys.exit\(数据不足\) 结束了笔记本，后面的单元没有运行"),
        ("raise KeyboardInterrupt", "第 2 个单元被打断.*后面的单元没有运行"),
        (
            "import rich.traceback; rich.traceback.install(); 1 / 0",
            "第 2 个单元出错：ZeroDivisionError: division by zero",
        ),
        ("input('名称')", r"第 2 个单元要人从键盘输入[\s\S]*-p 名=值"),
    ],
    ids=["ended", "interrupted", "rich", "asking"],
)
def test_a_cell_that_stops_a_notebook_says_why_and_what_to_do(tmp_path: Path, cell: str, said: str) -> None:
    own = write_notebook(tmp_path / "own.ipynb", cell, "'后'")
    with pytest.raises(ReportError, match=said):
        run_notebook(own, {}, tmp_path / "executed.ipynb")


def test_what_threads_tasks_and_forks_of_a_notebook_print_is_in_the_report(zone_folder: Path, tmp_path: Path) -> None:
    cells = (
        "import asyncio, logging, os, sys, threading, time\nlogging.basicConfig(level='INFO', force=True)",
        "if not (child := os.fork()):\n    print('分出去的'); os._exit(0)\nos.waitpid(child, 0)",
        "threading.Thread(target=lambda: (time.sleep(0.5), print('晚到的线程'))).start()",
        "async def late():\n    await asyncio.sleep(0.3); print('晚到的任务')\ntask = asyncio.create_task(late())",
        "threading.Thread(target=threading.Event().wait, name='没有做完的线程').start()",
    )
    own = write_notebook(tmp_path / "own.ipynb", *cells)
    manifest, _ = make_reports(Request(zone_folder, notebooks=(str(own),), formats=("html",), out=tmp_path))
    assert [one.status for one in manifest.reports] == ["done"]
    (page,) = (path.read_text(encoding="utf-8") for path in tmp_path.glob("*own.html"))
    for said in ("分出去的", "晚到的线程", "晚到的任务", "没有做完的线程 在笔记本结束时还没有做完"):
        assert said in page


@pytest.mark.parametrize("isolated", [False, True], ids=["forked", "isolated"])
def test_what_a_notebook_s_programs_write_never_stands_between_the_events(
    zone_folder: Path, tmp_path: Path, isolated: bool
) -> None:
    late = "import subprocess, os, atexit\nos.system('echo 系统'); os.write(1, b'raw\\n')\n"
    late += "subprocess.Popen(['sh', '-c', 'sleep 1; echo late'])\natexit.register(lambda: os.write(1, b'end\\n'))"
    own = write_notebook(tmp_path / "own.ipynb", late)
    run = [sys.executable, "-m", "govkit", "report", str(zone_folder), "--notebook", str(own), "--to", "html", "--json"]
    run += ["--out", str(tmp_path / "out"), *(["--isolated"] if isolated else [])]
    # A kernel hears its programs only where it does not see pytest.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    done = subprocess.run(run, capture_output=True, encoding="utf-8", env=environment)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == ["start", "report", "end"]
    (page,) = (tmp_path / "out").glob("*own.html")
    assert "系统" in page.read_text(encoding="utf-8")
