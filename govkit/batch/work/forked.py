"""Processes forked by a server that has imported everything, so that nobody waits for imports (Linux only).

The server is a child of the process that starts it and dies with it. Only its own user can ask it: by a socket in a
folder of its own.
"""

from __future__ import annotations

import os
import pickle
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Imports from a cold disk may take this long before the first answer.
PATIENCE_S = 120.0
_FAREWELL_S = 2.0
# These libraries would start threads when they are imported, and a process that forks may have only one.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


@dataclass(frozen=True)
class Request:
    """What a forked process is to call: ``"module:function"`` with plain arguments, in this environment and folder."""

    function: str
    arguments: tuple[Any, ...]
    environment: dict[str, str]
    folder: str


class ForkedProcess:
    """A process forked by the server, with what ``subprocess.Popen`` offers to watch and end it.

    ``returncode`` is None while it runs, negative for the signal that ended it. Closing it kills the process.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self._connection = connection
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return how the process ended, None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the code; raises subprocess.TimeoutExpired after ``timeout`` seconds."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("fork", timeout or 0)
        return code

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Let the server forget the process; one that still runs is killed."""
        self._connection.close()

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and _readable(self._connection, timeout):
            # The server has gone without a word, and its children with it.
            self.returncode = int(self._connection.recv(64) or -signal.SIGKILL)
        return self.returncode


class ForkServer:
    """The side that asks.

    ``prepare`` (``"module:function"``) and its arguments say what the server does before it forks; ``environment`` is
    what it starts in, by default this process's own.
    """

    def __init__(self, prepare: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self._folder = tempfile.mkdtemp(prefix="govkit-fork-")  # opened by its owner only
        self.address = str(Path(self._folder) / "socket")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(self.address)
        Path(self.address).chmod(0o600)
        listener.listen(128)
        self._lifeline, theirs = socket.socketpair()
        handles = (listener.fileno(), theirs.fileno())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "govkit.batch.work.fork_server", *map(str, handles), prepare, *arguments],
            env={**(os.environ if environment is None else environment), **ONE_THREAD},
            stdin=subprocess.DEVNULL,
            pass_fds=handles,
            start_new_session=True,  # Ctrl-C at a terminal is for the one that asks
        )
        listener.close()
        theirs.close()

    @property
    def alive(self) -> bool:
        """Whether the server still runs."""
        return self._process.poll() is None

    def start(self, request: Request, *, stdout: int = 1, stderr: int = 2) -> ForkedProcess:
        """Have ``request`` run in a forked process; see ``start``."""
        return start(self.address, request, stdout=stdout, stderr=stderr)

    def close(self) -> None:
        """End the server and all it has forked."""
        self._lifeline.close()
        try:
            self._process.wait(_FAREWELL_S)
        except subprocess.TimeoutExpired:  # still importing
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def start(address: str, request: Request, *, stdout: int = 1, stderr: int = 2) -> ForkedProcess:
    """Ask the server at ``address`` for a process that writes to these descriptors.

    Raises OSError if there is no server, or it refuses: the environment differs in what an interpreter or a library
    reads only once.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.settimeout(PATIENCE_S)
    try:
        connection.connect(address)
        socket.send_fds(connection, [pickle.dumps(request)], [stdout, stderr])
        pid = connection.recv(64)
        if not pid:
            raise ConnectionRefusedError("the fork server cannot serve this request")
        connection.settimeout(None)
        return ForkedProcess(connection, int(pid))
    except BaseException:
        connection.close()
        raise


def _readable(connection: socket.socket, timeout: float | None) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))
