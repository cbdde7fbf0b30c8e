"""A papermill engine that runs a notebook's cells in this very process: no kernel to start, no socket, no thread.

What a notebook shows is what it shows in a kernel; a test compares them cell by cell. Meant for a process of its own
that ends with the notebook (see ``workers``): what a notebook leaves behind would otherwise reach the next one.
"""

from __future__ import annotations

import asyncio
import base64
import builtins
import faulthandler
import getpass
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import comm
import matplotlib as mpl
import pandas as pd
from ipykernel import zmqshell
from ipykernel.compiler import XCachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.pylabtools import select_figure_formats
from matplotlib_inline.config import InlineBackend
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.engines import Engine, papermill_engines
from traitlets import Type
from traitlets.config import Config

from govkit.batch.work.execute import OVER_TIME
from govkit.display.figures import load_ipython_extension
from govkit.files import passing

NAME = "govkit-in-process"
_GRACE_S = 5.0
# What a notebook has started and not waited for goes on for as long between two cells, as it does in a kernel.
_BETWEEN_CELLS_S = 0.02


@dataclass
class _Area:
    """Where outputs come: below a cell, or into a widget."""

    shown: list[NotebookNode] = field(default_factory=list)
    clear_first: bool = False


class _Outputs:
    """The outputs of the cell that runs now, in notebook form; neighbouring writes to one stream are one output."""

    def __init__(self) -> None:
        self.shown: dict[str, list[NotebookNode]] = {}
        self.programs: Callable[[], Any] = int  # takes in what other programs have written by now
        self._stream, self._texts = "", list[str]()
        self._areas = {"": _Area()}  # that of the cell, then those of widgets; the last takes what comes
        self._of_widgets: dict[str, _Area] = {}

    def start(self) -> list[NotebookNode]:
        """Begin a new cell and return the list that its outputs come into."""
        self._areas[""] = _Area()
        return self._areas[""].shown

    def into(self, widget: str, *, begins: bool) -> None:
        """Let what comes from now on come into a widget, by its id, or no more."""
        self.programs()
        self.end_stream()
        self._areas.pop(widget, None)
        if begins:
            self._areas[widget] = self._of_widgets.setdefault(widget, _Area())

    def end(self) -> None:
        """End a cell: take in what was written last, and tell widgets what they hold, as a page does."""
        self.programs()
        self.end_stream()
        for widget, area in self._of_widgets.items():
            update = {"method": "update", "state": {"outputs": tuple(area.shown)}}
            if held_by := comm.get_comm_manager().comms.get(widget):
                held_by.handle_msg({"content": {"data": update}, "buffers": []})

    def _area(self) -> _Area:
        """Where the next output comes, cleared first if that was asked for."""
        area = next(reversed(self._areas.values()))
        if area.clear_first:
            area.clear_first = False
            area.shown.clear()
        return area

    def add(self, kind: str, **content: Any) -> NotebookNode:
        self.programs()
        self.end_stream()
        output = new_output(kind, **content)
        self._area().shown.append(output)
        return output

    def write(self, name: str, text: str) -> None:
        self._area()
        if name != self._stream:
            self.end_stream()
        self._stream = name
        self._texts.append(text)

    def end_stream(self) -> None:
        text = "".join(self._texts)
        self._texts.clear()
        if text:
            self._area().shown.append(new_output("stream", name=self._stream, text=text))

    def clear(self, *, wait: bool) -> None:
        """Forget what the cell has shown: now, or as soon as there is something else to show."""
        self.programs()
        self.end_stream()
        self._area().clear_first = True
        if not wait:
            self._area()

    def display(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str, *, update: bool) -> None:
        data = _bundle(data)
        if update:
            for output in self.shown.get(display_id, []):
                output.update(data=data, metadata=metadata)
            return
        output = self.add("display_data", data=data, metadata=metadata)
        if display_id:
            self.shown.setdefault(display_id, []).append(output)


class _Stream(io.TextIOBase):
    """What ``print`` writes to while a notebook runs."""

    encoding = "UTF-8"
    errors = "strict"

    def __init__(self, outputs: _Outputs, name: str, handle: int) -> None:
        self._outputs, self._name, self._handle, self._process = outputs, name, handle, os.getpid()

    @property
    def name(self) -> str:
        return f"<{self._name}>"

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if os.getpid() != self._process:  # forked by the notebook: another program
            os.write(self._handle, text.encode("utf-8", "replace"))
        elif text:
            self._outputs.programs()
            self._outputs.write(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._handle


@contextmanager
def _output_of_programs(outputs: _Outputs, folder: Path) -> Iterator[None]:
    """Within this block what other programs, started by the notebook, write is an output of its cells."""
    with ExitStack() as stack:
        readers: dict[str, IO[bytes]] = {}
        for handle, name in ((1, "stdout"), (2, "stderr")):
            usual = os.dup(handle)
            stack.callback(os.close, usual)
            stack.callback(os.dup2, usual, handle)
            with (folder / name).open("ab") as file:
                os.dup2(file.fileno(), handle)
            readers[name] = stack.enter_context((folder / name).open("rb"))

        def take() -> None:
            for name, reader in readers.items():
                written = reader.read()
                if written:
                    outputs.write(name, written.decode("utf-8", "replace"))

        outputs.programs = take
        stack.callback(setattr, outputs, "programs", int)
        yield


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

    def clear_output(self, wait: bool = False) -> None:
        self.parent.collected.clear(wait=wait)


class _Hook(DisplayHook):
    """The value of a cell's last line becomes an execute_result."""

    showing = False

    def start_displayhook(self) -> None:
        self.showing = True

    def write_output_prompt(self) -> None:
        """There is no prompt."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        shell: Any = self.shell
        shell.collected.add("execute_result", data=_bundle(format_dict), metadata=md_dict or {})

    def finish_displayhook(self) -> None:
        self.showing = False


class _Compiler(XCachingCompiler):
    """Names the code of cells as a kernel does, without its folder: by such names libraries know and read it."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        return f"/ipykernel_0/{Path(super().get_code_name(raw_code, code, number)).name}"


class _Comm(comm.base_comm.BaseComm):
    """The other end of a widget: nobody, but for one that takes in what is printed and shown (``Output``)."""

    def publish_msg(self, msg_type: str, data: Any = None, *_: Any, **__: Any) -> None:
        state = (data or {}).get("state", {})
        if msg_type == "comm_msg" and "msg_id" in state:
            ZMQInteractiveShell.instance().collected.into(self.comm_id, begins=bool(state["msg_id"]))


class ZMQInteractiveShell(zmqshell.ZMQInteractiveShell):
    """A kernel's shell without the kernel; by its name and module libraries know that they are in a notebook."""

    __module__ = zmqshell.__name__
    displayhook_class: Any = Type(_Hook)
    display_pub_class: Any = Type(_Publisher)
    kernel = SimpleNamespace(eventloop=None)
    collected: _Outputs

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        hook: Any = self.displayhook
        self._last_traceback_during_displayhook |= hook.showing
        self.collected.add("error", ename=str(etype.__name__), evalue=str(evalue), traceback=list(stb))

    def enable_gui(self, gui: Any = None) -> None:
        """There is no window to wait for."""

    def get_parent(self) -> dict[str, Any]:
        """Name the message that asked for the cell; a widget that takes in outputs goes by it."""
        return {"header": {"msg_id": "cell"}}

    def set_parent(self, parent: Any) -> None:
        """There is one message at a time."""


class InProcessEngine(Engine):
    """Runs cells in turn until one fails; a cell over its time raises TimeoutError in the cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:  # noqa: ARG003
        """Execute the managed notebook; called by papermill."""
        shell, others = _new_shell(), {*threading.enumerate()}
        with _as_in_a_kernel(shell) as loop:
            for place, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, place)
                failed = _runs(cell) and not _run_cell(shell, cell, loop, options.get("execution_timeout") or 0)
                if failed:
                    nb_man.cell_exception(cell, place)
                nb_man.cell_complete(cell, place)
                if failed:
                    break
            _wait_for(loop, others, shell.collected)
        # Keep what the notebook's widgets showed at its end, as a kernel's client does
        widgets = sys.modules.get("ipywidgets")
        state = widgets.Widget.get_manager_state() if widgets else {}
        if state.get("state"):
            nb_man.nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": state}


papermill_engines.register(NAME, InProcessEngine)


def _wait_for(loop: asyncio.AbstractEventLoop, others: set[threading.Thread], outputs: _Outputs) -> None:
    """Take what tasks and threads of the notebook (not the ``others``) still print; name those that do not end."""
    from concurrent.futures.thread import _threads_queues  # those of executors wait for work, without end

    mine = [one for one in threading.enumerate() if one not in others and not one.daemon and one not in _threads_queues]
    until = time.monotonic() + _GRACE_S
    tasks = asyncio.all_tasks(loop)
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=_GRACE_S))
    for thread in mine:
        thread.join(max(until - time.monotonic(), 0))
    left = [*(one.get_name() for one in tasks if not one.done()), *(one.name for one in mine if one.is_alive())]
    if left:
        sys.stderr.write(f"{'、'.join(left)} 在笔记本结束时还没有做完，之后输出的内容没有收入。\n")
    outputs.end()


def _runs(cell: NotebookNode) -> bool:
    """Whether there is anything to run in a cell."""
    return bool(
        cell.cell_type == "code" and cell.source.strip() and "skip-execution" not in cell.metadata.get("tags", [])
    )


def _new_shell() -> ZMQInteractiveShell:
    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    ZMQInteractiveShell.clear_instance()
    shell = ZMQInteractiveShell.instance(config=config, compiler_class=_Compiler)
    shell.collected = _Outputs()
    comm.create_comm = _Comm
    extensions: Any = shell.extension_manager
    extensions.load_extension("storemagic")
    shell.enable_matplotlib("inline")
    mpl.rcParams["backend"] = "module://matplotlib_inline.backend_inline"  # what a kernel calls it
    # Only the first shell of a process is told by that how to show a figure; a rehearsal has had one.
    load_ipython_extension(shell)
    pyplot: Any = sys.modules["matplotlib.pyplot"]  # it knows the shell of the rehearsal; plt.ioff() asks this one
    pyplot._REPL_DISPLAYHOOK = pyplot._ReplDisplayHook.NONE
    pyplot.install_repl_displayhook()
    inline = InlineBackend.instance()
    select_figure_formats(shell, inline.figure_formats, **inline.print_figure_kwargs)
    # pandas asks at import whether it is in a kernel; it was imported before, and would show fewer columns.
    pd.set_option("display.max_columns", 20)
    return shell


@contextmanager
def _as_in_a_kernel(shell: ZMQInteractiveShell) -> Iterator[asyncio.AbstractEventLoop]:
    """Give a notebook what it has in a kernel: an event loop, its folder to import from, streams, nobody to ask."""

    def nobody(asked: str, *_: Any, **__: Any) -> str:
        raise StdinNotImplementedError(f"{asked} was called, but this frontend does not support input requests.")

    loop, asking, before = asyncio.new_event_loop(), (builtins.input, getpass.getpass), list(sys.path)
    if "" not in sys.path:
        installed = [place for place, path in enumerate(sys.path) if path.endswith(("site-packages", "dist-packages"))]
        sys.path.insert(installed[0] if installed else 0, "")
    asyncio.set_event_loop(loop)
    builtins.input, getpass.getpass = partial(nobody, "raw_input"), partial(nobody, "getpass")
    out, err = (_Stream(shell.collected, name, handle) for name, handle in (("stdout", 1), ("stderr", 2)))
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(passing()))
            stack.enter_context(_output_of_programs(shell.collected, folder))
            stack.enter_context(redirect_stdout(out))
            stack.enter_context(redirect_stderr(err))
            yield loop
    finally:
        sys.path[:] = before
        builtins.input, getpass.getpass = asking
        asyncio.set_event_loop(None)
        loop.close()


def _run_cell(
    shell: ZMQInteractiveShell, cell: NotebookNode, loop: asyncio.AbstractEventLoop, timeout_s: float
) -> bool:
    """Run one cell into its outputs; return whether the notebook goes on."""
    cell.outputs = shell.collected.start()
    result = None
    try:
        with _at_most(timeout_s):
            result = loop.run_until_complete(_run(shell, cell.source))
            if asyncio.all_tasks(loop):
                loop.run_until_complete(asyncio.sleep(_BETWEEN_CELLS_S))
    except TimeoutError:  # while the cell waited
        shell.showtraceback()
    shell.collected.end()
    cell.execution_count = result.execution_count if result else shell.execution_count
    for output in cell.outputs:
        if output.output_type == "execute_result":
            output.execution_count = cell.execution_count
    # An error while a value is shown is none to the shell, and ends a notebook in a kernel
    well = result and result.success and not getattr(shell, "_last_traceback_during_displayhook", False)
    return bool(well) or "raises-exception" in cell.metadata.get("tags", [])


async def _run(shell: ZMQInteractiveShell, source: str) -> Any:
    """Run a cell as a kernel does: in a running event loop, awaited only where it awaits something itself."""
    try:
        transformed, wrong = shell.transform_cell(source), None
    except Exception:  # a magic that cannot be: the shell says what is wrong with it
        transformed, wrong = source, sys.exc_info()
    if not shell.should_run_async(source, transformed_cell=transformed, preprocessing_exc_tuple=wrong):
        return shell.run_cell(source, store_history=True)
    result = await shell.run_cell_async(
        source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=wrong
    )
    shell.events.trigger("post_execute")
    shell.events.trigger("post_run_cell", result)
    return result


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the running cell after ``seconds`` (0: never)."""
    if not seconds:
        yield
        return

    def expire(*_: Any) -> None:
        raise TimeoutError(f"{OVER_TIME} {seconds:g} 秒（--timeout）")

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


def _bundle(data: dict[str, Any]) -> dict[str, Any]:
    """An output as a notebook holds it: bytes of images as base64, what is JSON by a type that says so."""
    typed = {
        f"{kind.removesuffix('.json')}+json"
        if isinstance(value, dict) and not kind.endswith(("/json", "+json"))
        else kind: value
        for kind, value in data.items()
    }
    return {
        kind: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for kind, value in typed.items()
    }
