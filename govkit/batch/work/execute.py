"""Run one parameterised notebook with papermill and check that it shows what it should."""

from __future__ import annotations

import importlib
import json
import logging
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from govkit.batch.record.files import write_whole
from govkit.documents.read.document import Document
from govkit.documents.read.private import passing
from govkit.errors import ReportError, UnknownNameError

# A cell that takes longer than this hangs: the slowest cell of a report takes seconds.
CELL_TIMEOUT_S = 600


def declared_parameters(notebook: Path) -> dict[str, Any]:
    """Return the names in the notebook's parameters cell; empty if it has none."""
    import papermill

    return dict(papermill.inspect_notebook(str(notebook)))


def check_parameters(notebook: Path, parameters: Mapping[str, Any]) -> None:
    """Raise UnknownNameError for a parameter the notebook does not declare: papermill itself only warns."""
    declared = declared_parameters(notebook)
    for name in parameters:
        if name not in declared:
            raise UnknownNameError("笔记本参数", name, declared, where=str(notebook))


def run_notebook(
    notebook: Path,
    parameters: Mapping[str, Any],
    executed: Path,
    *,
    in_process: bool = False,
    timeout_s: float | None = None,
) -> NotebookNode:
    """Execute ``notebook`` with ``parameters``, in its own kernel or in this process, and keep it as ``executed``.

    The executed notebook is kept also when a cell fails, with the error in it; without times and folders, so that the
    same input gives the same bytes. A cell may take ``timeout_s`` seconds (None: CELL_TIMEOUT_S). Raises ReportError
    that names the cell and its error.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    _quiet()
    limit = timeout_s or CELL_TIMEOUT_S
    engine = importlib.import_module("govkit.batch.work.inprocess").NAME if in_process else None
    with passing() as folder:
        output = Path(folder) / "executed.ipynb"
        try:
            papermill.execute_notebook(
                str(notebook),
                str(output),
                parameters=dict(parameters),
                cwd=str(notebook.parent),
                engine_name=engine,
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                # a kernel's client counts in whole seconds
                execution_timeout=limit if in_process else math.ceil(limit),
            )
        except PapermillExecutionError as error:
            raise _cell_error(error, executed) from None
        except DeadKernelError:
            raise ReportError("笔记本的内核意外退出（可能内存不足）。", where=str(notebook), todo=_TODO_DEAD) from None
        except CellTimeoutError:
            raise ReportError(f"有一个单元运行超过 {limit:g} 秒。", where=str(notebook), todo=_TODO_SLOW) from None
        finally:
            if output.is_file():
                made = nbformat.read(output, as_version=4)
                _settle(made, notebook)
                write_whole(executed, nbformat.writes(made) + "\n")
        return made


_TODO_DEAD = "用 --memory 放宽每份报告的内存上限（MB），或用 --jobs 1 一份一份地做。"
_TODO_SLOW = "请在 JupyterLab 里逐格运行这个笔记本，看是哪一格停住；确实需要这么久的，用 --timeout 放宽。"


def _cell_error(error: Any, executed: Path) -> ReportError:
    if error.ename == "MemoryError":
        return ReportError(
            f"第 {error.cell_index + 1} 个单元用的内存超过了上限。",
            where=str(executed),
            todo="用 --memory 放宽每份报告的内存上限（MB），或用 --jobs 1 一份一份地做。",
        )
    return ReportError(
        f"第 {error.cell_index + 1} 个单元出错：{error.ename}: {error.evalue}",
        where=str(executed),
        todo="请打开上面这个笔记本，看标红的单元；数据的问题可先用 `govkit check` 查出。",
    )


def _settle(executed: NotebookNode, notebook: Path) -> None:
    """Rid an executed notebook of what differs from run to run: times, random ids, folders of this machine.

    Cells that papermill has put in get ids by their place; the zone is named as its folder is.
    """
    known = {cell.get("id") for cell in json.loads(notebook.read_text(encoding="utf-8")).get("cells", [])}
    run = executed.metadata.pop("papermill", {})
    parameters = dict(run.get("parameters", {}))
    zone = str(parameters.get("zone", ""))
    executed.metadata["papermill"] = {"parameters": parameters | ({"zone": Path(zone).name} if zone else {})}
    for place, cell in enumerate(executed.cells):
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if cell.get("id") not in known:
            cell["id"] = f"govkit-{place}"
        if zone and "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = _INJECTED_ZONE.sub(lambda found: f"{found[1]}{Path(zone).name!r}", cell.source)


_INJECTED_ZONE = re.compile(r"^(zone = ).*$", re.MULTILINE)


def check_shown(document: Document, notebook: NotebookNode) -> None:
    """Raise ReportError if the notebook shows fewer figures or tables than ``metadata.govkit.expects`` says.

    Sections that say they are absent count with what they would have held.
    """
    expected = notebook.metadata.get("govkit", {}).get("expects", {})
    short = []
    for kind, word in (("figures", "幅图"), ("tables", "张表")):
        shown = getattr(document, kind) + getattr(document, f"absent_{kind}")
        if shown < expected.get(kind, 0):
            short.append(f"应有 {expected[kind]} {word}，只有 {shown} {word}")
    if short:
        raise ReportError("笔记本运行完毕，但内容不全：" + "；".join(short))


def _quiet() -> None:
    for name in ("papermill", "papermill.translators", "traitlets", "nbclient"):
        logging.getLogger(name).setLevel(logging.ERROR)
