"""A papermill engine that runs a notebook's cells in this very process: no kernel to start, no socket, no thread.

Meant for a process of its own that ends with the notebook (see ``workers``): what a notebook leaves behind would
otherwise reach the next one.
"""

from __future__ import annotations

import base64
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache, partial
from typing import IO, Any

import pandas as pd
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
from matplotlib_inline.config import InlineBackend
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.engines import Engine, papermill_engines
from traitlets import Type
from traitlets.config import Config

NAME = "govkit-in-process"
_GRACE_S = 5.0


class _Outputs:
    """The outputs of the cell that runs now, in notebook form; neighbouring writes to one stream are one output."""

    def __init__(self) -> None:
        self.cell: list[NotebookNode] = []
        self.shown: dict[str, list[NotebookNode]] = {}

    def add(self, kind: str, **content: Any) -> NotebookNode:
        self.cell.append(new_output(kind, **content))
        return self.cell[-1]

    def write(self, name: str, text: str) -> None:
        last = self.cell[-1] if self.cell else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        elif text:
            self.add("stream", name=name, text=text)

    def display(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str, *, update: bool) -> None:
        data = {kind: _as_text(value) for kind, value in data.items()}
        if update:
            for output in self.shown.get(display_id, []):
                output.update(data=data, metadata=metadata)
            return
        output = self.add("display_data", data=data, metadata=metadata)
        if display_id:
            self.shown.setdefault(display_id, []).append(output)


class _Stream:
    """What ``print`` writes to while a cell runs."""

    encoding = "utf-8"

    def __init__(self, outputs: _Outputs, name: str) -> None:
        self._outputs, self._name = outputs, name

    def write(self, text: str) -> int:
        self._outputs.write(self._name, text)
        return len(text)

    def flush(self) -> None:
        """Everything is written at once."""

    def isatty(self) -> bool:
        return False


class _Publisher(DisplayPublisher):
    """``display(…)``: the bundle goes into the cell's outputs."""

    parent: Any

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,  # noqa: ARG002 - the caller's signature
        *,
        transient: Any = None,
        update: Any = False,
        **_: Any,
    ) -> None:
        display_id = (transient or {}).get("display_id", "")
        self.parent.collected.display(data, metadata or {}, display_id, update=bool(update))

    def clear_output(self, wait: bool = False) -> None:  # noqa: ARG002 - the caller's signature
        self.parent.collected.cell.clear()


class _Hook(DisplayHook):
    """The value of a cell's last line becomes an execute_result."""

    def write_output_prompt(self) -> None:
        """There is no prompt."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        data = {kind: _as_text(value) for kind, value in format_dict.items()}
        shell: Any = self.shell
        shell.collected.add("execute_result", data=data, metadata=md_dict or {})

    def finish_displayhook(self) -> None:
        """Nothing to flush."""


class _Shell(InteractiveShell):
    """IPython with its outputs collected, as a kernel's shell would send them."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    collected: _Outputs

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        self.collected.add("error", ename=str(etype.__name__), evalue=str(evalue), traceback=list(stb))

    def enable_gui(self, gui: Any = None) -> None:
        """There is no window to wait for."""


class InProcessEngine(Engine):
    """Runs cells in turn until one fails; a cell over its time raises TimeoutError in the cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:  # noqa: ARG003
        """Execute the managed notebook; called by papermill."""
        shell = _new_shell()
        for place, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, place)
            failed = cell.cell_type == "code" and not _run_cell(shell, cell, options.get("execution_timeout") or 0)
            if failed:
                nb_man.cell_exception(cell, place)
            nb_man.cell_complete(cell, place)
            if failed:
                break


papermill_engines.register(NAME, InProcessEngine)


def _new_shell() -> _Shell:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "linux"
    _Shell.clear_instance()
    shell = _Shell.instance(config=config)
    shell.collected = _Outputs()
    shell.enable_matplotlib("inline")
    if "" not in sys.path:  # the notebook's own folder, in which it runs
        sys.path.insert(0, "")
    # Only the first shell of a process is told by that how to show a figure; a rehearsal has had one.
    inline = InlineBackend.instance()
    select_figure_formats(shell, inline.figure_formats, **inline.print_figure_kwargs)
    # pandas asks at import whether it is in a kernel; it was imported before, and would show fewer columns.
    pd.set_option("display.max_columns", 20)
    return shell


def _run_cell(shell: _Shell, cell: NotebookNode, timeout_s: float) -> bool:
    shell.collected.cell = []
    out, err = _Stream(shell.collected, "stdout"), _Stream(shell.collected, "stderr")
    with redirect_stdout(out), redirect_stderr(err), _at_most(timeout_s):  # type: ignore[type-var]
        result = shell.run_cell(cell.source, store_history=True)
    cell.execution_count = result.execution_count
    cell.outputs = shell.collected.cell
    for output in cell.outputs:
        if output.output_type == "execute_result":
            output.execution_count = result.execution_count
    return bool(result.success)


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the running cell after ``seconds`` (0: never)."""
    if not seconds:
        yield
        return

    def expire(*_: Any) -> None:
        raise TimeoutError(f"单元运行超过 {seconds:g} 秒")

    with _alarm(seconds, expire):
        # A library that does not come back to Python never sees the signal: then the process ends.
        faulthandler.dump_traceback_later(seconds + _GRACE_S, exit=True, file=_nowhere())
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


@contextmanager
def _alarm(seconds: float, ring: Callable[..., None]) -> Iterator[None]:
    """Call ``ring`` in this, the main, thread after ``seconds``."""
    start: Callable[[], Any]
    stop: Callable[[], Any]
    if hasattr(signal, "setitimer"):
        number = signal.SIGALRM
        start, stop = (partial(signal.setitimer, signal.ITIMER_REAL, after) for after in (seconds, 0))
    else:  # Windows: a thread raises the one signal that wakes a sleeping process there
        number = signal.SIGINT
        timer = threading.Timer(seconds, signal.raise_signal, [number])
        start, stop = timer.start, timer.cancel
    before = signal.signal(number, ring)
    start()
    try:
        yield
    finally:
        stop()
        signal.signal(number, before)


@cache
def _nowhere() -> IO[str]:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open as long as the process


def _as_text(value: Any) -> Any:
    """Images come as bytes from some formatters; a notebook holds them as base64."""
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
