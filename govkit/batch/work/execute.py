"""Run one parameterised notebook with papermill and check that it shows what it should."""

from __future__ import annotations

import importlib
import json
import logging
import math
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from govkit.batch.work.parameters import declared_parameters, with_parameters
from govkit.catalogue import load
from govkit.documents.read.blocks import Absent
from govkit.documents.read.document import Document
from govkit.documents.read.notebook import read_notebook
from govkit.documents.read.texts import printed
from govkit.documents.read.tree import walk
from govkit.errors import ReportError
from govkit.files import passing, write_whole

# A cell that takes longer than this hangs: the slowest cell of a report takes seconds.
CELL_TIMEOUT_S = 600


def run_notebook(
    notebook: Path,
    parameters: Mapping[str, Any],
    executed: Path,
    *,
    in_process: bool = False,
    timeout_s: float | None = None,
    arrange: Callable[[NotebookNode], NotebookNode] | None = None,
) -> NotebookNode:
    """Execute ``notebook`` with ``parameters``, in its own kernel or in this process, and keep it as ``executed``.

    The executed notebook is kept also when a cell fails, with the error in it; without times and folders, so that the
    same input gives the same bytes. A cell may take ``timeout_s`` seconds (None: CELL_TIMEOUT_S). ``arrange`` returns
    the notebook as the zone has its reports. Raises ReportError that names the cell and its error.
    """
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    for name in ("papermill", "papermill.translators", "traitlets", "nbclient"):
        logging.getLogger(name).setLevel(logging.ERROR)
    limit = timeout_s or CELL_TIMEOUT_S
    with passing() as folder:
        prepared = _prepared(notebook, parameters, Path(folder) / "prepared.ipynb", arrange)
        try:
            _execute(prepared, notebook.parent, in_process=in_process, timeout_s=limit)
        except PapermillExecutionError as error:
            raise _cell_error(error, executed, prepared) from None
        except DeadKernelError:
            raise ReportError("笔记本的内核意外退出（可能内存不足）。", where=str(notebook), todo=_TODO_DEAD) from None
        except CellTimeoutError:
            raise ReportError(f"有一个单元运行超过 {limit:g} 秒。", where=str(notebook), todo=_TODO_SLOW) from None
        except nbformat.ValidationError as error:
            kind = "".join(map(str, list(error.path)[-1:]))
            raise ReportError(
                f"有一项输出（{kind}）不合笔记本的格式。", where=str(notebook), todo=_TODO_FORMAT
            ) from None
        except RuntimeError as error:  # a kernel that ends before it answers
            if "Kernel" not in str(error):
                raise
            raise ReportError(f"笔记本的内核没有启动：{error}", where=str(notebook), todo=_TODO_KERNEL) from None
        finally:
            _make_repeatable(prepared, notebook)
            text = nbformat.writes(prepared)
            write_whole(executed, text + "\n")
        return nbformat.v4.reads_json(text)


def _prepared(
    notebook: Path,
    parameters: Mapping[str, Any],
    given: Path,
    arrange: Callable[[NotebookNode], NotebookNode] | None,
) -> NotebookNode:
    """Return a notebook with its parameters as papermill makes it ready to run; ``given``: a file in passing."""
    import papermill

    rest = _with_parameters(notebook, parameters, given, arrange)
    return papermill.execute_notebook(str(given), None, parameters=rest, prepare_only=True, progress_bar=False)


def _execute(prepared: NotebookNode, folder: Path, *, in_process: bool, timeout_s: float) -> None:
    """Run a notebook in its folder as papermill does: what it shows is in it then, also where a cell fails."""
    from papermill.engines import papermill_engines
    from papermill.execute import raise_for_execution_errors
    from papermill.utils import chdir

    engine = importlib.import_module("govkit.batch.work.inprocess").NAME if in_process else None
    if not in_process:
        _hear_replies_after_widgets()
    with chdir(str(folder)):
        papermill_engines.execute_notebook_with_engine(
            engine,
            prepared,
            kernel_name=papermill_engines.nb_kernel_name(engine_name=engine, nb=prepared),
            progress_bar=False,
            autosave_cell_every=0,
            extra_arguments=_extensions(prepared),
            # a kernel's client counts in whole seconds
            execution_timeout=timeout_s if in_process else math.ceil(timeout_s),
        )
    if any(map(_failed, prepared.cells)):
        raise_for_execution_errors(prepared, None)


@cache
def _hear_replies_after_widgets() -> None:
    """Look for a kernel's answers each time that a widget's outputs were sent to it.

    ZeroMQ tells of an answer once, which may be while nbclient sends; it would then wait for its whole time limit.
    """
    import zmq
    from nbclient.output_widget import OutputWidget

    publish = OutputWidget._publish_msg

    def publish_and_look(widget: Any, *message: Any, **parts: Any) -> None:
        publish(widget, *message, **parts)
        widget.kernel_client.shell_channel.socket.get(zmq.EVENTS)

    OutputWidget._publish_msg = publish_and_look  # type: ignore[assignment,method-assign]


def _with_parameters(
    notebook: Path,
    parameters: Mapping[str, Any],
    prepared: Path,
    arrange: Callable[[NotebookNode], NotebookNode] | None,
) -> dict[str, Any]:
    """Write a notebook with its parameters to ``prepared`` and return those that papermill is to put in.

    Papermill knows neither dates nor tuples of Python, and other languages better than we do.
    """
    content = read_notebook(notebook)
    content = arrange(content) if arrange else content
    declared = declared_parameters(content)
    values = {declared.name(name): value for name, value in parameters.items()}
    python = content.metadata.get("kernelspec", {}).get("language", "python").lower() == "python"
    if python and values:
        digits = {name for name, value in values.items() if isinstance(value, str) and value.isdigit()}
        numbers = {name: int(values[name]) for name in digits if type(declared.defaults.get(name)) is int}
        content = with_parameters(content, declared, values | numbers)
    content.metadata["papermill"] = {"parameters": {name: _json(value) for name, value in values.items()}}
    nbformat.write(content, prepared)
    return {} if python else values


def _json(value: Any) -> Any:
    try:
        json.dumps(value)
    except TypeError:
        return str(value)
    return value


def _extensions(notebook: NotebookNode) -> list[str]:
    """Return what the kernel of a notebook is to load: Chinese type for its figures, if it is a kernel of ours."""
    from jupyter_client.kernelspec import KernelSpecManager

    spec = KernelSpecManager().get_kernel_spec(notebook.metadata.kernelspec.name)
    ours = "ipykernel_launcher" in spec.argv and Path(spec.argv[0]).stem in {"python", Path(sys.executable).stem}
    loads = any(argument.startswith("--ext=") for argument in spec.argv)
    return ["--ext=govkit.display.figures"] if ours and not loads else []


def _failed(cell: NotebookNode) -> bool:
    """Whether an error in a cell ends the notebook: one tagged ``raises-exception`` is there to show its error."""
    if cell.cell_type != "code" or "raises-exception" in cell.metadata.get("tags", []):
        return False
    stopped = cell.metadata.get("papermill", {}).get("exception") is True
    return stopped or any(one.output_type == "error" for one in cell.outputs)


_TODO_KERNEL = "请在 JupyterLab 里打开它，看内核能否启动；不能的，重装这个内核，或改选别的内核后保存。"
_TODO_FORMAT = "请去掉 --isolated 再运行，或换一种输出（Altair：alt.renderers.enable('default')）。"
_TODO_DEAD = "用 --memory 放宽每份报告的内存上限（MB），或用 --jobs 1 一份一份地做。"
_TODO_SLOW = "请在 JupyterLab 里逐格运行这个笔记本，看是哪一格停住；确实需要这么久的，用 --timeout 放宽。"


_TODO_CELL = "请打开上面这个笔记本，看标红的单元；数据的问题可先用 `govkit check` 查出。"
# How the time limit of a cell that runs in this process begins its message.
OVER_TIME = "单元运行超过"


def _cell_error(error: Any, executed: Path, prepared: NotebookNode) -> ReportError:
    """The error that stopped a notebook, its cell counted as its author does."""
    marks = {"injected-parameters", "papermill-error-cell-tag"}
    cells = [cell for cell in prepared.cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])]
    number = sum(not marks & {*cell.metadata.get("tags", [])} for cell in cells[: error.cell_index + 1])
    name, said = error.ename, f"{error.ename}: {error.evalue}"
    if name == "CellExecutionError" and error.cell_index < len(cells):  # what IPython, or rich, only prints
        outputs = cells[error.cell_index].outputs
        texts = [one.text for one in outputs if one.get("name") == "stderr"]
        texts = texts or [one.get("data", {}).get("text/plain", "") for one in outputs]
        said = "\n".join([said, *filter(None, map(printed, texts))]).splitlines()[-1]
        name = said.partition(":")[0]
    said, todo = f"出错：{said}", load("batch")["remedies"].get(name, _TODO_CELL)
    if error.ename == "MemoryError":
        said, todo = "用的内存超过了上限。", _TODO_DEAD
    elif error.ename == "SystemExit":
        said = f"用 sys.exit({error.evalue}) 结束了笔记本，后面的单元没有运行。"
        todo = "请看这个单元为什么结束；有意提前结束的用 sys.exit()。"
    elif error.ename == "KeyboardInterrupt":
        said, todo = "被打断（KeyboardInterrupt），后面的单元没有运行。", "重新运行；总在这里打断的，请看这个单元。"
    elif error.ename == "StdinNotImplementedError":
        said, todo = "要人从键盘输入（input），成批运行时没有人回答。", "把要输入的值写成参数，运行时用 -p 名=值 给出。"
    elif error.ename == "TimeoutError" and str(error.evalue).startswith(OVER_TIME):
        said, todo = f"{error.evalue.removeprefix('单元')}。", _TODO_SLOW
    return ReportError(f"第 {number} 个单元{said}", where=str(executed), todo=todo)


def _make_repeatable(executed: NotebookNode, notebook: Path) -> None:
    """Rid an executed notebook of what differs from run to run: times, random ids, folders of this machine.

    Neighbouring writes to one stream are one output, however they came.

    Cells that papermill has put in get ids by their place; the zone is named as its folder is.
    """
    own = read_notebook(notebook)
    known, zone_name = {cell.get("id") for cell in own.cells}, declared_parameters(own).name("zone")
    run = executed.metadata.pop("papermill", {})
    parameters = dict(run.get("parameters", {}))
    zone = str(parameters.get(zone_name, ""))
    executed.metadata["papermill"] = {"parameters": parameters | ({zone_name: Path(zone).name} if zone else {})}
    for place, cell in enumerate(executed.cells):
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if cell.get("id") not in known:
            cell["id"] = f"govkit-{place}"
        if zone and "injected-parameters" in cell.metadata.get("tags", []):
            injected = re.compile(rf"^({re.escape(zone_name)} = ).*$", re.MULTILINE)
            cell.source = injected.sub(lambda found: f"{found[1]}{Path(zone).name!r}", cell.source)
        if cell.cell_type == "code":
            cell.outputs = _streams_joined(cell.outputs)


def _streams_joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    found = []
    for name, group in groupby(outputs, key=lambda one: one.name if one.output_type == "stream" else None):
        first, *rest = group
        if name is not None:
            first.text = "".join([first.text, *(one.text for one in rest)])
            rest = []
        found += [first, *rest]
    return found


def check_shown(document: Document, notebook: NotebookNode) -> None:
    """Raise ReportError if the notebook shows fewer figures or tables than ``metadata.govkit.expects`` says.

    Sections that say they are absent count with what they would have held.
    """
    expected = notebook.metadata.get("govkit", {}).get("expects", {})
    short = []
    for kind, word in (("figures", "幅图"), ("tables", "张表")):
        absent = sum(getattr(block, kind) for block in walk(document.blocks) if isinstance(block, Absent))
        shown = getattr(document, kind) + absent
        if shown < expected.get(kind, 0):
            short.append(f"应有 {expected[kind]} {word}，只有 {shown} {word}")
    if short:
        raise ReportError("笔记本运行完毕，但内容不全：" + "；".join(short))
