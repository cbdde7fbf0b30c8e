"""Warm kernels for plain Jupyter: kernels forked by a server that has imported everything, as a kernel provisioner.

JupyterLab, nbconvert and papermill use it when the environment says ``JUPYTER_DEFAULT_PROVISIONER_NAME=govkit-warm``
or a kernelspec names it. Whatever it cannot serve (another interpreter or language, Windows, macOS, options of its
own) starts in the usual way.

    python -m govkit.batch.work.provisioner install          adds a warm kernel to this environment's Jupyter
    python -m govkit.batch.work.provisioner run COMMAND …    runs a command, say a loop of papermill, on warm kernels
"""

from __future__ import annotations

import asyncio
import atexit
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from govkit.batch.work.fork_server import check_single
from govkit.batch.work.forked import ForkedProcess, ForkServer, Request, start
from govkit.batch.work.workers import can_fork

NAME = "govkit-warm"
# Names the socket of a server that outlives the process that asks it.
ADDRESS = "GOVKIT_KERNELS"
# Named in full: run as a program, this module is called __main__.
_WARM_UP, _RUN_KERNEL = (f"govkit.batch.work.provisioner:{name}" for name in ("warm_up", "run_kernel"))
_INLINE = "module://matplotlib_inline.backend_inline"
# What notebooks import; and the kernel itself.
_WARM = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "matplotlib.pyplot", "folium", "govkit.zone.opening",
    "govkit.analysis.score.change", "govkit.analysis.ledgers.problems", "govkit.analysis.standards.yardsticks",
    "govkit.display.tables.frames", "govkit.sections.report", "govkit.display.maps.kinds",
    "govkit.display.maps.web.page",
)  # fmt: skip
# What the server can give a kernel as its own; the rest of what Popen knows, it cannot.
_UNDERSTOOD = {"stdin", "stdout", "stderr", "env", "cwd", "independent", "extra_arguments", "kernel_id"}


class WarmProvisioner(LocalProvisioner):
    """Starts this interpreter's own ipykernel by forking a server that has imported it; anything else as usual."""

    process: Any = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel that ``cmd`` names and return where it listens."""
        arguments = kernel_arguments(cmd)
        outputs = [_descriptor(kwargs.get(name), usual) for name, usual in (("stdout", 1), ("stderr", 2))]
        folder = str(kwargs.get("cwd") or Path.cwd())
        if arguments is None or -1 in outputs or not _can_serve(kwargs, folder):
            return await super().launch_kernel(cmd, **kwargs)
        environment = dict(kwargs.get("env") or os.environ)
        request = Request(_RUN_KERNEL, (*arguments,), environment, folder)
        try:
            # The first kernel waits for the server's imports; the loop it is asked from must not.
            forked = await asyncio.to_thread(_forked, request, *outputs)
        except OSError as error:
            self.log.warning("预热的内核用不上（%s），改按通常方式启动。", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid = forked, forked.pid, forked.pid
        self.cwd = folder
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the kernel's end and return its code."""
        forked = self.process
        code: int | None = await super().wait()
        if isinstance(forked, ForkedProcess):
            forked.close()
        return code


def kernel_arguments(command: Sequence[str]) -> list[str] | None:
    """Return what follows ``-m ipykernel_launcher`` in this interpreter's own command; None for any other command.

    >>> kernel_arguments([sys.executable, "-m", "ipykernel_launcher", "-f", "kernel.json"])
    ['-f', 'kernel.json']
    >>> kernel_arguments(["R", "--slave"]) is None
    True
    """
    executable, *rest = command
    if rest[:1] == ["-Xfrozen_modules=off"]:  # helps the debugger, changes nothing else
        rest = rest[1:]
    own = Path(executable).expanduser().absolute() == Path(sys.executable).absolute()
    return rest[2:] if own and rest[:2] == ["-m", "ipykernel_launcher"] else None


def _can_serve(options: Mapping[str, Any], folder: str) -> bool:
    # matplotlib reads a matplotlibrc of the folder it is imported in.
    plain = Path(folder).is_dir() and not (Path(folder) / "matplotlibrc").exists()
    return can_fork() and plain and set(options) <= _UNDERSTOOD and not options.get("independent")


def _descriptor(stream: Any, usual: int) -> int:
    """The descriptor behind what Popen takes as a stream; -1 for a pipe or anything else to be made."""
    if stream is None:
        return usual
    handle = stream if isinstance(stream, int) else getattr(stream, "fileno", lambda: -1)()
    return handle if handle >= 0 else -1


_own: ForkServer | None = None
_starting = threading.Lock()


def _forked(request: Request, stdout: int, stderr: int) -> ForkedProcess:
    """Ask the server that the environment names, else one of this process's own."""
    global _own
    address = request.environment.get(ADDRESS)
    if not address:
        with _starting:
            if _own is None or not _own.alive:
                _own = ForkServer(_WARM_UP, environment=request.environment)
                atexit.register(_own.close)
        address = _own.address
    return start(address, request, stdout=stdout, stderr=stderr)


def warm_up() -> None:
    """In the server: import what notebooks import. Not what hooks into a running IPython: that is each kernel's own."""
    usual = os.environ.get("MPLBACKEND")
    os.environ.setdefault("MPLBACKEND", _INLINE)  # as a kernel does before a notebook imports matplotlib
    for name in _WARM:
        importlib.import_module(name)
    if usual is None:
        del os.environ["MPLBACKEND"]
    check_single()


def run_kernel(*arguments: str) -> None:
    """In a forked process: be the kernel that ``python -m ipykernel_launcher`` would be."""
    import pandas as pd
    from ipykernel import kernelapp

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt before the kernel listens must not end it
    # pandas asks at import whether it is in a kernel, and was imported outside of one.
    pd.set_option("display.max_columns", 20)
    # A kernel ends with its parent, which here is the server, not the one that asked.
    parent = os.environ["JPY_PARENT_PID"] = str(os.getppid())
    launcher = Path(kernelapp.__file__).parents[1] / "ipykernel_launcher.py"
    sys.argv = [str(launcher), *arguments, f"--IPKernelApp.parent_handle={parent}"]
    kernelapp.launch_new_instance()


def install_kernelspec() -> Path:
    """Add a kernel "Python 3（govkit 预热）" to this environment's Jupyter and return its folder."""
    from jupyter_client.kernelspec import KernelSpecManager

    spec = {
        "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3（govkit 预热）",
        "language": "python",
        "metadata": {"kernel_provisioner": {"provisioner_name": NAME}},
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kernel.json").write_text(json.dumps(spec, ensure_ascii=False), encoding="utf-8")
        return Path(KernelSpecManager().install_kernel_spec(folder, NAME, prefix=sys.prefix))


def run(command: Sequence[str]) -> int:
    """Run a command whose kernels, also those of its children, are warm; return its exit code."""
    server = ForkServer(_WARM_UP)
    try:
        warm = {ADDRESS: server.address, "JUPYTER_DEFAULT_PROVISIONER_NAME": NAME}
        return subprocess.run(list(command), env={**os.environ, **warm}, check=False).returncode
    finally:
        server.close()


def main(arguments: Sequence[str]) -> int:
    """Run this module's command line and return its exit code."""
    if arguments[:1] == ["install"]:
        print(f"已安装内核 {NAME}：{install_kernelspec()}")  # noqa: T201 - a command line
        return 0
    if arguments[:1] == ["run"] and arguments[1:]:
        return run(arguments[1:])
    print("用法：python -m govkit.batch.work.provisioner install | run 命令 …", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
