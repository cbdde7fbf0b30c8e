"""The process that has imported everything and forks itself for whoever asks (see ``forked``; Linux only).

It has one thread and no ZeroMQ context, which is what makes forking it safe; both are checked before every fork. What
it forks dies with whoever asked for it, or with the server; the server dies when its lifeline is cut.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import pickle
import random
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from govkit.batch.work.forked import PATIENCE_S, Request

# Read once, when the interpreter starts or a library is imported: a process that wants them otherwise cannot be forked.
_READ_ONCE = ("PYTHON", "LD_", "MPL", "LANG", "LC_", "TZ")
# A request holds an environment and arguments: kilobytes.
_MOST_BYTES = 1 << 20
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


@dataclass(frozen=True)
class _Child:
    pid: int
    handle: int
    connection: socket.socket


class _Server:
    """The side that forks. A child's process id stays taken until the one that asked has let go of it."""

    def __init__(self, listener: socket.socket, lifeline: socket.socket) -> None:
        self._listener, self._lifeline = listener, lifeline
        self._read_once = _read_once(os.environ)
        self._running: dict[int, _Child] = {}
        self._known: dict[socket.socket, _Child] = {}

    def serve(self) -> Request | None:
        """Fork until the lifeline is cut; returns None then, and the request in every forked process."""
        while True:
            for ready in wait([self._lifeline, self._listener, *self._running, *self._known]):
                if ready is self._lifeline:
                    for child in list(self._known.values()):
                        self._let_go(child)
                    return None
                if ready is self._listener:
                    request = self._answer()
                    if request:
                        return request
                elif isinstance(ready, int):
                    self._say_ended(self._running.pop(ready))
                elif ready in self._known:
                    self._let_go(self._known[ready])

    def _answer(self) -> Request | None:
        """Fork for the next caller; returns the request in the child, None in the server."""
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE_S)
        try:
            data, handles, _, _ = socket.recv_fds(connection, _MOST_BYTES, 2)
            # Only this user's processes can open the socket.
            request: Request = pickle.loads(data)  # noqa: S301
        except (OSError, EOFError):
            connection.close()
            return None
        if _read_once(request.environment) != self._read_once:
            _close(handles)
            connection.close()
            return None
        check_single()
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._leave()
            _take_over(request, handles, server)
            connection.send(str(os.getpid()).encode())
            connection.close()
            return request
        _close(handles)
        child = _Child(pid, os.pidfd_open(pid), connection)
        self._running[child.handle] = self._known[connection] = child
        return None

    def _say_ended(self, child: _Child) -> None:
        end = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        code = end.si_status if end and end.si_code == os.CLD_EXITED else -(end.si_status if end else signal.SIGKILL)
        try:
            child.connection.send(str(code).encode())
        except OSError:  # nobody listens any more: the connection's end is dealt with next
            return

    def _let_go(self, child: _Child) -> None:
        """The one that asked has gone: so goes the process with all it started."""
        for end in (os.killpg, os.kill):
            try:
                end(child.pid, signal.SIGKILL)
            except ProcessLookupError:  # it has not yet a group of its own, or all in it have ended
                continue
        os.waitpid(child.pid, 0)
        self._running.pop(child.handle, None)
        os.close(child.handle)
        self._known.pop(child.connection)
        child.connection.close()

    def _leave(self) -> None:
        """In a child: close everything that is the server's."""
        self._listener.close()
        self._lifeline.close()
        for child in self._known.values():
            os.close(child.handle)
            child.connection.close()


def check_single() -> None:
    """Raise RuntimeError if this process cannot be forked safely: more than one thread, or a ZeroMQ context."""
    names = [path.read_text(encoding="utf-8").strip() for path in Path("/proc/self/task").glob("*/comm")]
    if len(names) != 1:
        raise RuntimeError(f"a process that forks must have one thread, this one has {names}")
    zmq = sys.modules.get("zmq")
    if zmq is not None and zmq.Context._instance is not None:
        raise RuntimeError("a process that forks must have no ZeroMQ context")


def die_with(parent: int) -> None:
    """Have this process killed as soon as its parent dies, so that nobody works on for a run that is given up."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it died before this process asked
        os._exit(1)


def _take_over(request: Request, handles: list[int], server: int) -> None:
    """Make a forked process a new one: own session, descriptors, environment, folder, signals and random numbers."""
    os.setsid()
    die_with(server)
    for handle, place in zip(handles, (1, 2), strict=True):
        os.dup2(handle, place)
    _close(handles)
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(request.folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _read_once(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_ONCE)}


def _close(handles: list[int]) -> None:
    for handle in handles:
        os.close(handle)


def _named(function: str) -> Any:
    module, name = function.split(":")
    return getattr(importlib.import_module(module), name)


def main(arguments: list[str]) -> None:
    """Serve; a forked process comes out of here to call what was asked for and ends as any interpreter does."""
    listener, lifeline, prepare, *rest = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.path[0] in {"", str(Path.cwd())}:  # `-m` put it there; the forked process has a folder of its own
        del sys.path[0]
    server = _Server(socket.socket(fileno=int(listener)), socket.socket(fileno=int(lifeline)))
    _named(prepare)(*rest)
    gc.collect()
    gc.freeze()
    request = server.serve()
    if request:
        _named(request.function)(*request.arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
