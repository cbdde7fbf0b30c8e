"""Processes forked by a server: safely, in the caller's surroundings, gone with whoever asked for them."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govkit.batch.work.fork_server import check_single
from govkit.batch.work.forked import ForkedProcess, ForkServer, Request, start
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


def test_nobody_answers_where_there_is_no_server(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        start(str(tmp_path / "socket"), Request("sys:exit", (), {}, str(tmp_path)))
