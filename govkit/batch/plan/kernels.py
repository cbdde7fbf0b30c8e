"""In which kernel a notebook runs, and what is wrong with one that cannot run at all."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from govkit.documents.read.notebook import read_notebook
from govkit.errors import ReportError, nearest

_OPEN_IN_LAB = "请在 JupyterLab 里打开它，选好内核（Kernel → Change Kernel…，一般是 Python 3），保存后重新运行。"


def runs_here(notebook: Path) -> bool:
    """Whether a notebook's kernel is this very Python; raises ReportError for a notebook that cannot be run."""
    name = read_notebook(notebook).metadata.get("kernelspec", {}).get("name", "")
    if not name:
        raise ReportError("笔记本没有写明用哪个内核（metadata.kernelspec）。", where=str(notebook), todo=_OPEN_IN_LAB)
    argv, environment = _kernel(str(name), notebook)
    return not environment and _is_this_python(argv[0]) and "ipykernel_launcher" in argv


@cache
def _kernels() -> dict[str, str]:
    return KernelSpecManager().find_kernel_specs()


def _kernel(name: str, notebook: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command of a kernel and the environment of its own."""
    try:
        spec = KernelSpecManager().get_kernel_spec(name)
    except (NoSuchKernel, ValueError, OSError) as error:  # there is none, or its kernel.json cannot be read
        known = sorted(_kernels())
        near = nearest(name, known)
        broken = "" if isinstance(error, NoSuchKernel) else "（kernel.json 读不出来）"
        raise ReportError(
            f"这台电脑没有笔记本要用的内核 {name!r}{broken}。",
            where=str(notebook),
            allowed="、".join(near or known),
            todo=f"请装上这个内核；或{_OPEN_IN_LAB.removeprefix('请')}",
        ) from None
    if not spec.argv:
        raise ReportError(f"内核 {name!r} 没有写明怎样启动。", where=str(notebook), todo=_OPEN_IN_LAB)
    return list(spec.argv), dict(spec.env)


def _is_this_python(command: str) -> bool:
    """Whether a kernel's command is this interpreter, as jupyter_client understands it."""
    if re.fullmatch(r"python(3(\.\d+)?)?(\.exe)?", command):
        return True
    path = Path(command)
    return path.is_file() and path.samefile(sys.executable) and path.parent.samefile(Path(sys.executable).parent)
