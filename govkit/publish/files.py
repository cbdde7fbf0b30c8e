"""Write files whole or not at all, and name them."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from govkit.errors import ReportError

_TEMPORARY = ".govkit-"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def write_whole(path: Path, content: bytes | str) -> Path:
    """Write ``content`` (text as UTF-8) beside ``path`` and rename it into place; return ``path``.

    Raises ReportError if the folder cannot be written or the file is open elsewhere.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_TEMPORARY)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise ReportError(
            f"文件写不进去：{error.strerror or error}",
            where=str(path),
            todo="请确认文件没有在别的程序里打开、文件夹可写、磁盘有空间，然后重新运行。",
        ) from error
    return path


def sweep(folder: Path) -> None:
    """Remove what killed runs left behind half-written in ``folder`` and the folders in it."""
    for path in (*folder.glob(f"{_TEMPORARY}*"), *folder.glob(f"*/{_TEMPORARY}*")):
        if path.is_file():
            path.unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Raise ReportError if nothing can be written into ``folder`` (made if missing), before work is spent on it."""
    probe = write_whole(folder / ".govkit-probe", b"")
    probe.unlink()


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_stem(code: str, name: str) -> str:
    """Return ``<code>-<name>`` with what Windows forbids in file names replaced.

    >>> file_stem("230102001", "兆麟街道")
    '230102001-兆麟街道'
    """
    return _FORBIDDEN.sub("_", f"{code}-{name}").strip(" .")
