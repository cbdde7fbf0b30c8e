"""Warm kernels: forked safely, equal to plain ones in what they show, gone with whoever asked for them."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from test_batch import EVERY_KIND, run_in_a_fresh_process, write_notebook

from govkit.batch.work.execute import run_notebook
from govkit.batch.work.fork_server import check_single
from govkit.batch.work.forked import ForkedProcess, ForkServer, Request, start
from govkit.batch.work.provisioner import ADDRESS, NAME, WarmProvisioner, kernel_arguments, main, run
from govkit.batch.work.workers import can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="这里不能安全地分叉进程")


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """A server that has imported nothing in particular: it starts at once."""
    found = ForkServer("time:time")
    yield found
    found.close()


def ask(server: ForkServer, function: str, *arguments: Any, **changes: Any) -> ForkedProcess:
    """Have a function called in a forked process."""
    request = {"environment": dict(os.environ), "folder": str(Path.cwd())} | changes
    return server.start(Request(function, arguments, **request))


def gone(pid: int, *, seconds: float = 10) -> bool:
    """Whether a process ends in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_a_forked_process_ends_with_its_code(server: ForkServer) -> None:
    assert ask(server, "sys:exit", 3).wait(10) == 3


def test_a_killed_process_ends_with_the_signal_that_killed_it(server: ForkServer) -> None:
    sleeping = ask(server, "time:sleep", 60)
    assert sleeping.poll() is None
    sleeping.kill()
    assert (sleeping.wait(10), sleeping.poll()) == (-signal.SIGKILL, -signal.SIGKILL)


def test_waiting_too_long_is_an_error(server: ForkServer) -> None:
    sleeping = ask(server, "time:sleep", 60)
    with pytest.raises(subprocess.TimeoutExpired):
        sleeping.wait(0.05)
    sleeping.close()


def test_a_forked_process_dies_with_whoever_asked(server: ForkServer) -> None:
    sleeping = ask(server, "time:sleep", 60)
    sleeping.close()
    assert gone(sleeping.pid)


def test_a_forked_process_dies_with_the_server() -> None:
    server = ForkServer("time:time")
    sleeping = ask(server, "time:sleep", 60)
    server.close()
    assert gone(sleeping.pid)
    assert sleeping.wait(10) == -signal.SIGKILL


def test_a_server_that_is_killed_takes_its_processes_with_it() -> None:
    server = ForkServer("time:time")
    sleeping = ask(server, "time:sleep", 60)
    server._process.kill()
    assert sleeping.wait(10) == -signal.SIGKILL
    assert gone(sleeping.pid)
    assert not server.alive
    server.close()


def test_nobody_else_can_open_the_socket(server: ForkServer) -> None:
    assert stat.S_IMODE(Path(server.address).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(server.address).parent.stat().st_mode) == 0o700


def test_environment_folder_and_output_are_the_callers(server: ForkServer, tmp_path: Path) -> None:
    told, folder = tmp_path / "told.txt", tmp_path / "中文 夹"
    folder.mkdir()
    environment = {**os.environ, "GOVKIT_TEST": "甲"}
    with told.open("wb") as file:
        request = Request("os:system", ("echo $GOVKIT_TEST; pwd",), environment, str(folder))
        server.start(request, stdout=file.fileno()).wait(10)
    assert told.read_text(encoding="utf-8").splitlines() == ["甲", str(folder)]


def test_what_an_interpreter_reads_only_at_its_start_cannot_differ(server: ForkServer) -> None:
    with pytest.raises(ConnectionRefusedError):
        ask(server, "sys:exit", 0, environment={**os.environ, "PYTHONHASHSEED": "7"})


def test_a_server_that_cannot_prepare_serves_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    server = ForkServer("govkit:no_such_function")
    with pytest.raises(OSError):  # noqa: PT011 - refused or reset, as it comes
        ask(server, "sys:exit", 0)
    server.close()
    assert "no_such_function" in capfd.readouterr().err


def test_a_process_with_two_threads_is_not_forked() -> None:
    over = threading.Event()
    second = threading.Thread(target=over.wait)
    second.start()
    with pytest.raises(RuntimeError, match="must have one thread"):
        check_single()
    over.set()
    second.join()


def test_a_process_with_a_zeromq_context_is_not_forked() -> None:
    # A context starts its threads with its first socket: counting threads does not see it.
    code = "import zmq; zmq.Context.instance(); "
    code += "from govkit.batch.work.fork_server import check_single; check_single()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "must have no ZeroMQ context" in done.stderr


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ([sys.executable, "-m", "ipykernel_launcher", "-f", "a.json"], ["-f", "a.json"]),
        ([sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "a.json"], ["-f", "a.json"]),
        ([sys.executable, "-m", "ipykernel", "-f", "a.json"], None),
        ([sys.executable, "-O", "-m", "ipykernel_launcher", "-f", "a.json"], None),
        (["/opt/other/bin/python", "-m", "ipykernel_launcher", "-f", "a.json"], None),
        (["R", "--slave", "-e", "IRkernel::main()", "--args", "a.json"], None),
    ],
    ids=["own", "own for the debugger", "another module", "another option", "another interpreter", "another language"],
)
def test_only_this_interpreters_own_kernel_is_forked(command: list[str], arguments: list[str] | None) -> None:
    assert kernel_arguments(command) == arguments


@pytest.fixture(scope="module")
def warm() -> Iterator[ForkServer]:
    """Warm kernels known to Jupyter, as the package's entry point makes them, and one server for all tests."""
    factory = KernelProvisionerFactory.instance()
    known, usual = dict(factory.provisioners), factory.default_provisioner_name
    target = f"{WarmProvisioner.__module__}:{WarmProvisioner.__qualname__}"
    factory.provisioners[NAME] = EntryPoint(NAME, target, KernelProvisionerFactory.GROUP_NAME)
    factory.default_provisioner_name = NAME
    server = ForkServer("govkit.batch.work.provisioner:warm_up")
    os.environ[ADDRESS] = server.address
    yield server
    del os.environ[ADDRESS]
    server.close()
    factory.provisioners.clear()
    factory.provisioners.update(known)
    factory.default_provisioner_name = usual


Kernel = tuple[KernelManager, BlockingKernelClient]


@pytest.fixture
def kernel(warm: ForkServer) -> Iterator[Callable[..., Kernel]]:
    """Starts kernels and ends them after the test."""
    started: list[Kernel] = []

    def begin(**options: Any) -> Kernel:
        manager = KernelManager(kernel_name="python3")
        manager.start_kernel(**options)
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        started.append((manager, client))
        return started[-1]

    yield begin
    for manager, client in started:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def shown(kernel: Kernel, code: str) -> str:
    """What a line of code prints."""
    texts: list[str] = []

    def collect(message: dict[str, Any]) -> None:
        content = message["content"]
        texts.append(content.get("text", "") + content.get("ename", ""))

    kernel[1].execute_interactive(code, output_hook=collect, timeout=60)
    return "".join(texts).strip()


def test_a_warm_kernel_has_its_imports_before_its_first_cell(kernel: Callable[..., Kernel]) -> None:
    assert shown(kernel(), "import sys; print('geopandas' in sys.modules)") == "True"


def test_a_warm_kernel_brings_no_hook_into_the_notebook(kernel: Callable[..., Kernel]) -> None:
    code = "import sys; print('matplotlib_inline.backend_inline' in sys.modules)"
    assert shown(kernel(), code) == "False"


def test_each_warm_kernel_has_random_numbers_of_its_own(kernel: Callable[..., Kernel]) -> None:
    code = "import random, numpy; print(random.random(), numpy.random.rand())"
    one, other = (set(shown(kernel(), code).split()) for _ in range(2))
    assert not one & other


def test_a_warm_kernel_is_interrupted_and_goes_on(kernel: Callable[..., Kernel]) -> None:
    manager, client = kernel()
    threading.Timer(1, manager.interrupt_kernel).start()
    assert "KeyboardInterrupt" in shown((manager, client), "import time; time.sleep(30)")
    assert shown((manager, client), "print('还在')") == "还在"


def test_a_warm_kernel_restarts_with_nothing_left(kernel: Callable[..., Kernel]) -> None:
    manager, client = kernel()
    shown((manager, client), "left = 1")
    before = manager.provisioner.pid
    manager.restart_kernel(now=True)
    client.wait_for_ready(timeout=60)
    assert shown((manager, client), "print('left' in globals())") == "False"
    assert manager.provisioner.pid != before
    assert gone(before)


def test_a_warm_kernel_that_dies_is_noticed(kernel: Callable[..., Kernel]) -> None:
    manager, client = kernel()
    client.execute("import os; os._exit(9)")
    assert manager.provisioner.process.wait(10) == 9
    assert not manager.is_alive()


@pytest.mark.parametrize(
    "changes",
    [{"PYTHONHASHSEED": "7"}, {"MPLCONFIGDIR": "/nowhere"}, {ADDRESS: "/nowhere/socket"}],
    ids=["another interpreter setting", "another matplotlib setting", "no server"],
)
def test_a_kernel_that_cannot_be_forked_starts_as_usual(kernel: Callable[..., Kernel], changes: dict[str, str]) -> None:
    manager, _ = started = kernel(env={**os.environ, **changes})
    assert isinstance(manager.provisioner.process, subprocess.Popen)
    assert shown(started, "print(1)") == "1"


def test_a_kernel_with_a_pipe_starts_as_usual(kernel: Callable[..., Kernel]) -> None:
    assert isinstance(kernel(stdout=subprocess.PIPE)[0].provisioner.process, subprocess.Popen)


def test_a_folders_own_matplotlibrc_is_kept_to(kernel: Callable[..., Kernel], tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("figure.dpi: 37\n", encoding="utf-8")
    assert isinstance(kernel(cwd=str(tmp_path))[0].provisioner.process, subprocess.Popen)


def cells(path: Path) -> list[tuple[Any, Any]]:
    """What an executed notebook shows, cell by cell; ids and times apart."""
    return [(cell.get("execution_count"), cell.get("outputs", [])) for cell in nbformat.read(path, as_version=4).cells]


def test_plain_warm_and_in_process_notebooks_are_equal_cell_by_cell(
    warm: ForkServer, tmp_path: Path, zone_folder: Path
) -> None:
    zone = (f"import govkit; zone = govkit.open_zone({str(zone_folder)!r}); zone.tables['facilities']",)
    own = write_notebook(tmp_path / "own.ipynb", *EVERY_KIND, *zone)
    factory = KernelProvisionerFactory.instance()
    run_notebook(own, {}, tmp_path / "warm.ipynb")
    run_in_a_fresh_process(own, tmp_path / "in_process.ipynb")
    factory.default_provisioner_name = "local-provisioner"
    try:
        run_notebook(own, {}, tmp_path / "plain.ipynb")
    finally:
        factory.default_provisioner_name = NAME
    plain = cells(tmp_path / "plain.ipynb")
    assert cells(tmp_path / "warm.ipynb") == plain
    assert cells(tmp_path / "in_process.ipynb") == plain


def test_a_command_finds_the_server_in_its_environment() -> None:
    code = f"import os, stat; assert stat.S_ISSOCK(os.stat(os.environ[{ADDRESS!r}]).st_mode)"
    code += f"; assert os.environ['JUPYTER_DEFAULT_PROVISIONER_NAME'] == {NAME!r}; raise SystemExit(5)"
    assert run([sys.executable, "-c", code]) == 5


def test_a_wrong_command_line_is_answered_with_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instal"]) == 2
    assert "install | run" in capsys.readouterr().err


def test_a_kernelspec_names_the_provisioner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert main(["install"]) == 0
    written = (tmp_path / "share" / "jupyter" / "kernels" / NAME / "kernel.json").read_text(encoding="utf-8")
    assert f'"provisioner_name": "{NAME}"' in written


def test_nobody_answers_where_there_is_no_server(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        start(str(tmp_path / "socket"), Request("sys:exit", (), {}, str(tmp_path)))
