"""Which files a notebook opens by itself, past the zone: noted by Python's audit events."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from govkit.batch.record.files import sha256
from govkit.batch.work.surroundings import PACKAGE

_PAST_PYTHON = (
    "socket.connect",
    "subprocess.Popen",
    "os.system",
    "os.posix_spawn",
    "urllib.Request",
    "sqlite3.connect",
)
# What belongs to the program or the system and is known otherwise, or to this run alone.
_KNOWN = tuple(
    str(path) + os.sep
    for path in {PACKAGE, Path(sys.prefix), Path(sys.base_prefix), Path("/proc"), Path("/sys"), Path("/dev")}
)
_OWN = os.path.join(tempfile.gettempdir(), "govkit-")  # noqa: PTH118 - a prefix of names, no path


class Watch:
    """The files opened for reading from now on, except below ``ignored``; ``beyond`` names what no file can tell."""

    def __init__(self, *ignored: Path) -> None:
        self._ignored = (*_KNOWN, _OWN, *(str(path) for path in ignored))
        self._seen: dict[str, None] = {}
        self.beyond = ""
        sys.addaudithook(self._heard)  # for good: there is no taking one off

    def files(self) -> dict[str, str]:
        """Return the SHA-256 of every file opened, "" where there was none."""
        return {path: sha256(Path(path)) if Path(path).is_file() else "" for path in self._seen}

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            reading = mode[:1] == "r" and "+" not in mode if isinstance(mode, str) else not flags & _WRITING
            if reading and isinstance(path, (str, os.PathLike)):
                place = os.path.abspath(path)  # noqa: PTH100 - Path would cost more than the event
                if not place.startswith(self._ignored):
                    self._seen[place] = None
        elif event in _PAST_PYTHON:
            self.beyond = self.beyond or event


_WRITING = os.O_WRONLY | os.O_RDWR | getattr(os, "O_DIRECTORY", 0)
