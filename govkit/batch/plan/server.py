"""A batch in a process of its own: it may fork, having a single thread, and leaves nothing in the caller's."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from govkit.batch.plan.request import Request
from govkit.batch.work.ahead import Ahead
from govkit.batch.work.warm import lean_imports
from govkit.batch.work.workers import can_fork
from govkit.errors import GovkitError, ReportError

if TYPE_CHECKING:
    from govkit.batch.plan.coordinator import Listener
    from govkit.batch.record.manifest import Manifest, Outcome

_STOP = "stop"


def run(request: Request, listener: Listener) -> tuple[Manifest, Path]:
    """Run a batch where it belongs: in a server of its own, else in this process; as ``coordinator.coordinate``."""
    from govkit.batch.work.private import private_environment

    with private_environment(request.edition):
        if not request.cluster:
            return _in_server(request, listener)
        with lean_imports():
            from govkit.batch.plan.coordinator import coordinate

        return coordinate(request, listener)


def _in_server(request: Request, listener: Listener) -> tuple[Manifest, Path]:
    pipe, server = _forking_server() if can_fork() else _listening_server()
    try:
        with _interrupts(pipe, server) as interrupts:
            pipe.send(request)
            return _heard(pipe, listener, interrupts)
    finally:
        pipe.close()  # tells the server to stop
        server.wait()


def _forking_server() -> tuple[Connection, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    handle = theirs.fileno()
    command = [sys.executable, "-m", __name__, str(handle), str(os.getpid())]
    server = subprocess.Popen(command, pass_fds=[handle], stdin=subprocess.DEVNULL)
    theirs.close()
    return Connection(ours.detach()), server


def _listening_server() -> tuple[Connection, subprocess.Popen[bytes]]:
    """Start a server where no descriptor can be handed on: it says where it listens for the one that has the key."""
    key, pipe = os.urandom(32), subprocess.PIPE
    # Ctrl-C in a console of Windows reaches all its programs: the server is to have none.
    alone = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    server = subprocess.Popen([sys.executable, "-m", __name__], stdin=pipe, stdout=pipe, creationflags=alone)
    with cast("IO[bytes]", server.stdout) as answer:
        with cast("IO[bytes]", server.stdin) as secret:
            secret.write(key)
        address = answer.readline().decode("utf-8").strip()
    if not address:
        server.wait()
        raise ReportError("报告服务没能启动。", todo="请关闭别的程序、腾出内存后重新运行。")
    return cast(Connection, connection.Client(address, authkey=key)), server


@contextmanager
def _interrupts(pipe: Connection, server: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """Pass Ctrl-C on to the server, which finishes its books; the second one kills it. Yields those that came."""
    came: list[int] = []

    def pass_on(number: int, _: Any) -> None:
        came.append(number)
        if len(came) > 1:
            server.kill()
        with suppress(OSError):
            pipe.send(_STOP)

    if threading.current_thread() is not threading.main_thread():  # no signals reach it
        yield came
        return
    before = signal.signal(signal.SIGINT, pass_on)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)


def _heard(pipe: Connection, listener: Listener, interrupts: list[int]) -> tuple[Manifest, Path]:
    """Pass on what the server tells until it has told everything."""
    while True:
        try:
            kind, *told = pipe.recv()
        except InterruptedError:  # on Windows Ctrl-C, which has been passed on by now, ends what waits
            continue
        except (EOFError, ConnectionResetError):
            if interrupts:
                raise KeyboardInterrupt from None
            raise ReportError(
                "报告服务意外退出，已完成的报告都在。", todo="请重新运行，会接着做；仍不行时关闭别的程序、腾出内存。"
            ) from None
        if kind == "started":
            listener.started(*told)
        elif kind == "finished":
            listener.finished(*told)
        elif kind == "error":
            raise told[0]
        elif kind == "interrupted":
            raise KeyboardInterrupt(*told)
        else:
            return told[0], told[1]


class _Teller:
    """Tells the other side."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def started(self, total: int) -> None:
        self.tell("started", total)

    def finished(self, outcome: Outcome, number: int, total: int) -> None:
        self.tell("finished", outcome, number, total)

    def tell(self, *what: Any) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # nobody listens any more
            self._pipe.send(what)


def serve(pipe: Connection) -> None:
    """Coordinate the batch that comes through ``pipe`` and tell how it goes."""
    gc.disable()  # what is imported and opened from here on stays to the end
    request: Request = pipe.recv()
    teller = _Teller(pipe)
    ahead = None
    try:
        ahead = Ahead(request) if can_fork() else None  # finds what it can while this process imports the program
        with lean_imports():
            from govkit.batch.plan.coordinator import coordinate

        teller.tell("ended", *coordinate(request, teller, ahead=ahead, stop=pipe))
    except KeyboardInterrupt as stopped:
        teller.tell("interrupted", *stopped.args)
    except GovkitError as error:
        teller.tell("error", error)
    except Exception as error:  # said by the other side, in one line
        said = f"{type(error).__name__}: {error}"
        teller.tell("error", ReportError(f"程序内部错误：{said}", todo="请重新运行；仍不行时把这条信息告诉维护者。"))
    finally:
        if ahead:
            ahead.close()


def main(arguments: list[str]) -> None:
    """Serve the one whose connection is given, or who comes with the key, and end with the process that asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the caller, who passes it on
    if sys.path[0] in {"", str(Path.cwd())}:  # `-m` put it there; a notebook has a folder of its own
        del sys.path[0]
    if not arguments:
        serve(_called())
        return
    from govkit.batch.work.fork_server import die_with

    handle, parent = map(int, arguments)
    die_with(parent)
    serve(Connection(handle))
    sys.stdout.flush()
    os._exit(0)  # to tidy up what was imported takes the time of a small report's map


def _called() -> Connection:
    """Listen where only this user can ask, say where, and return the connection that comes with the key."""
    with connection.Listener(authkey=sys.stdin.buffer.read()) as listener:
        sys.stdout.buffer.write(f"{listener.address}\n".encode())
        sys.stdout.flush()
        os.dup2(2, 1)  # nobody reads there any more
        return cast(Connection, listener.accept())


if __name__ == "__main__":
    main(sys.argv[1:])
