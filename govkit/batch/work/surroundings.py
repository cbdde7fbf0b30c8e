"""What a report depends on besides its data: program, packages, fonts, settings. Told without importing any of them.

Nothing here imports more than the standard library: a run in which nothing has changed ends after this.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import platform
import re
import secrets
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock

from govkit.errors import ReportError
from govkit.files import sha256, write_whole
from govkit.front_matter import EDITION
from govkit.notebook_places import built_in

PACKAGE = Path(__file__).parents[2]
# The workbench's own notebooks.
NOTEBOOKS = built_in().resolve()
# Left behind by an open Excel, LibreOffice, Finder or Explorer: no data.
_PASSING = ("~$", ".~lock.", ".DS_Store", "Thumbs.db", "desktop.ini")
# Variables that change what a report shows, the keys of tile services among them. A database's password is none: what
# it gives is known by its rows, and nothing made of the password may stand in a journal.
_VARIABLES = ("GOVKIT_", "PGPASS", "TIANDITU", "LANG", "LC_", "TZ")
_IMMATERIAL = {"GOVKIT_CACHE", "GOVKIT_FORK", "GOVKIT_PASSING", EDITION, "GOVKIT_DB_PASSWORD", "PGPASSWORD"}
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
    """Return a hash for each part of what every report depends on: ``code``, ``packages``, ``fonts``, ``environment``.

    Taken once a process, before the program is imported further: a file changed meanwhile counts from the next run.
    """
    return {
        "code": hashed_json({path.relative_to(PACKAGE).as_posix(): hashed(path.read_bytes()) for path in _program()}),
        "packages": hashed_json([_packages(), platform.python_version(), sys.platform, platform.machine()]),
        "fonts": hashed_json(font_files()),
        "environment": hashed_json(_environment()),
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


def _environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name.startswith(_VARIABLES) and name not in _IMMATERIAL
    }


# More than so many files, or so much of them, beside a notebook are not read through in every run.
_MOST_FILES, _MOST_MB = 1000, 200
TOO_MANY = "…"
# So many signs of a keyed hash tell by which key it is made.
MARK = 8
_KEY, _WAIT_SECONDS = re.compile(rb"[0-9a-f]{64}"), 20


@cache
def _key() -> bytes:
    """A secret of this user, made once: who knows all of a file but one number cannot try numbers until a hash fits.

    One that is empty or damaged is made anew. Where none can be kept it holds for one process, and reports are made
    again in the next run.
    """
    path = platformdirs.user_data_path("govkit", appauthor=False) / "journal-key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=_WAIT_SECONDS):
            if not path.is_file() or not _KEY.fullmatch(path.read_bytes()):
                write_whole(path, secrets.token_hex(32)).chmod(0o600)
            return path.read_bytes()
    except (OSError, ReportError):
        return secrets.token_bytes(32)


def _keyed(path: Path) -> str:
    """Return a keyed hash behind the mark of the key: hashes of two keys cannot be compared."""
    return f"{hashed(_key())[:MARK]}{hmac.new(_key(), sha256(path).encode('ascii'), 'sha256').hexdigest()}"


def files_beside(notebook: Path, *, apart: Iterable[Path]) -> dict[str, str]:
    """Return a keyed hash of every file in a notebook's folder and below, by its path there; a notebook may use any.

    Left out are the notebook, what is hidden or Python's own, folders that reports were written to, and ``apart``.
    ``{TOO_MANY: ""}`` if they are too many to look at.
    """
    root, left_out = notebook.parent, {path.resolve() for path in apart}
    found: dict[str, str] = {}
    size = 0
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = [
            name
            for name in sorted(folders)
            if not name.startswith((".", "__pycache__"))
            and here / name not in left_out
            and not (here / name / ".govkit").is_dir()
        ]
        for path in (here / name for name in sorted(names) if not name.startswith((".", *_PASSING))):
            if path == notebook or not path.is_file():
                continue
            size += path.stat().st_size
            if len(found) >= _MOST_FILES or size > _MOST_MB << 20:
                return {TOO_MANY: ""}
            found[path.relative_to(root).as_posix()] = _keyed(path)
    return found


def zone_files(folder: Path, *, outside: Path) -> dict[str, str]:
    """Return a keyed hash of every file of a zone folder by its path in it, those below ``outside`` (reports) left out.

    By content alone: times lie when a clock is set back or a folder is copied.
    """
    root, outside = folder.resolve(), outside.resolve()
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.name.startswith(_PASSING) and not path.is_relative_to(outside):
            found[path.relative_to(root).as_posix()] = _keyed(path)
    return found
