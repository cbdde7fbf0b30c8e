"""A process that has imported all that reports need: tests that make some ask it for a copy of itself to serve them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from govkit.batch.plan import server
from govkit.batch.work.forked import ForkedProcess, ForkServer, Request
from govkit.batch.work.warm import lean_imports, rehearse, warm_up
from govkit.notebook_places import built_in

HERE = str(Path(__file__).parent)


def prepare() -> None:
    """Import in the process that is to be copied what a batch imports, and make its small report of nothing."""
    with lean_imports():
        import govkit.batch.plan.coordinator  # noqa: F401

        warm_up(built_in().glob("*.ipynb"), ("html", "pdf"))
    rehearse()


def serve_at(address: str, settings: str) -> None:
    """Serve, in a copy of it, the batch of the one that listens; ``settings``: where matplotlib's lie in this run."""
    sys.path.remove(HERE)
    del os.environ["PYTHONPATH"]
    os.environ["MPLCONFIGDIR"] = settings
    with Client(address, "AF_UNIX") as pipe:
        server.serve(pipe)  # type: ignore[arg-type]
    sys.stdout.flush()
    os._exit(0)


class _Copy(ForkedProcess):
    """A copy at work, forgotten by the one it is a copy of when it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        code = super().wait(timeout)
        self.close()
        return code


@contextmanager
def warm_server() -> Iterator[Any]:
    """Yield what starts a server as ``server._forking_server`` does, in a copy; as that does where it is refused."""
    as_ever = server._forking_server
    running: list[ForkServer] = []

    def start() -> tuple[Connection, subprocess.Popen[bytes]]:
        environment = {**os.environ, "PYTHONPATH": HERE, "MPLCONFIGDIR": own}
        if not running:
            running.append(ForkServer("warm_server:prepare", environment=environment))
        here = str(Path.cwd())
        with Listener(None, "AF_UNIX") as listener:
            asked = Request(
                "warm_server:serve_at", (str(listener.address), os.environ["MPLCONFIGDIR"]), environment, here
            )
            try:
                copy: Any = running[0].start(asked)
            except OSError:  # the environment differs in what an interpreter reads once
                assert running[0].alive
                return as_ever()
            copy.__class__ = _Copy
            return listener.accept(), copy

    with tempfile.TemporaryDirectory() as own:
        try:
            yield start
        finally:
            for one in running:
                one.close()
