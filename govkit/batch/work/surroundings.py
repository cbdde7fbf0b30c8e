"""What a report depends on besides its data: program, packages, fonts, settings. Told without importing any of them.

Nothing here imports more than the standard library: a run in which nothing has changed ends after this.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[2]
# Left behind by an open Excel, LibreOffice, Finder or Explorer: no data.
_PASSING = ("~$", ".~lock.", ".DS_Store", "Thumbs.db", "desktop.ini")
# Variables that change what a report shows: the keys of tile services, a database's password.
_VARIABLES = ("GOVKIT_", "PGPASS", "TIANDITU", "LANG", "LC_", "TZ")
_IMMATERIAL = {"GOVKIT_CACHE", "GOVKIT_FORK", "GOVKIT_PASSING"}
_FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "C:/Windows/Fonts",
    "~/AppData/Local/Microsoft/Windows/Fonts",
)


def hashed(content: bytes | str) -> str:
    """Return the SHA-256 of some bytes, or of a text as UTF-8, in hexadecimal."""
    return hashlib.sha256(content.encode("utf-8") if isinstance(content, str) else content).hexdigest()


def hashed_json(value: Any) -> str:
    """Return the SHA-256 of a JSON value; the order of keys does not count."""
    return hashed(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))


@cache
def surroundings() -> Mapping[str, str]:
    """Return a hash for each part of what every report depends on: ``code``, ``packages``, ``fonts``, ``settings``.

    Taken once a process, before the program is imported further: a file changed meanwhile counts from the next run.
    """
    return {
        "code": hashed_json({path.relative_to(PACKAGE).as_posix(): hashed(path.read_bytes()) for path in _program()}),
        "packages": hashed_json([_packages(), platform.python_version(), sys.platform, platform.machine()]),
        "fonts": hashed_json(font_files()),
        "settings": hashed_json(_settings()),
    }


def _program() -> list[Path]:
    """Every file of the package: modules, catalogue, templates."""
    return [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _packages() -> list[str]:
    """Every installed package with its version, by the names of their folders: reading them all takes a second.

    All of them and not only govkit's own: a notebook may import any.
    """
    found = set()
    for entry in sys.path:
        folder = Path(entry or ".")
        if folder.is_dir():
            found |= {path.name for path in folder.iterdir() if path.suffix in {".dist-info", ".egg-info"}}
    return sorted(found)


def font_files() -> list[tuple[str, int]]:
    """Return every file in this machine's folders for fonts, with its size in bytes."""
    files = [path for folder in _FONT_FOLDERS for path in Path(folder).expanduser().rglob("*") if path.is_file()]
    return sorted((path.as_posix(), path.stat().st_size) for path in files)


def _settings() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name.startswith(_VARIABLES) and name not in _IMMATERIAL
    }


def zone_files(folder: Path, *, outside: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a zone folder by its path in it, those below ``outside`` (reports) left out.

    By content alone: times lie when a clock is set back or a folder is copied.
    """
    root, outside = folder.resolve(), outside.resolve()
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.name.startswith(_PASSING) and not path.is_relative_to(outside):
            with path.open("rb") as file:
                found[path.relative_to(root).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
