"""Write files whole or not at all, and name them."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from govkit.errors import ReportError

# The environment variable that names the folder of a run for files in passing.
PASSING = "GOVKIT_PASSING"
_TEMPORARY = ".govkit-"
# What tells that only the owner may read what is written in a folder and the folders in it.
_PRIVATE = Path(".govkit") / "private"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the oldest that a zip archive can hold
# A report with its executed notebook: what the largest ones take.
_REPORT_MB = 12
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def write_whole(path: Path, content: bytes | str) -> Path:
    """Write ``content`` (text as UTF-8) beside ``path`` and rename it into place; return ``path``.

    Raises ReportError if the folder cannot be written or the file is open elsewhere.
    """
    # half a character is no reason to lose a file: it stands as its code
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        private = is_private(path.parent)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_TEMPORARY)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o600 if private else 0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise unwritable(error, path) from error
    return path


def saved_undated(save: Callable[[IO[bytes]], object]) -> bytes:
    """Return the zip archive that ``save`` writes (a Word or PowerPoint file), its parts without their times."""
    import zipfile

    raw, out = io.BytesIO(), io.BytesIO()
    save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()


def keep_private(folder: Path, private: bool) -> None:
    """Let only the owner read what is and will be written in a folder (made if missing), or no longer see to it.

    Windows knows no such right: there the folder's own rights hold. Raises ReportError if it cannot be written.
    """
    mark = folder / _PRIVATE
    try:
        if not private:
            mark.unlink(missing_ok=True)
            return
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        for path in (*folder.glob("*"), *folder.glob("*/*")):
            if path.is_file() and not path.is_symlink():
                path.chmod(0o600)
    except OSError as error:
        raise unwritable(error, folder) from error


def is_private(folder: Path) -> bool:
    """Whether only the owner may read what is written in a folder."""
    return any((one / _PRIVATE).is_file() for one in (folder, folder.parent))


def passing() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for files in passing; within a run it lies in its folder, and goes with that if it is killed."""
    return tempfile.TemporaryDirectory(prefix="govkit-", dir=os.environ.get(PASSING))


def unwritable(error: OSError, path: Path | None = None) -> ReportError:
    """Return what to say of a file that could not be written; without ``path``: of anything the system refused."""
    why, todo = _REASONS.get(error.errno or 0, (error.strerror or str(error), _LOOK))
    what = "文件写不进去" if path else "系统没有照办"
    return ReportError(f"{what}：{why}", where=str(path or error.filename or ""), todo=todo)


_LOOK = "请确认文件没有在别的程序里打开、文件夹可写、磁盘有空间，然后重新运行。"
_NO_ROOM = ("磁盘空间不足", "请清理磁盘，或用 --out 写到别的磁盘，然后重新运行；已完成的报告不会重做。")
_LOCKED = ("没有写入权限，或文件正在别的程序里打开", "请关闭打开着的报告，确认文件夹可写，然后重新运行。")
_NO_PROCESS = ("内存不足，或开的程序太多", "请关闭别的程序，或用 --jobs 1 一份一份地做，然后重新运行。")
_REASONS = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EACCES: _LOCKED,
    errno.EPERM: _LOCKED,
    errno.EROFS: ("这个位置是只读的", "请用 --out 写到可以写入的文件夹。"),
    errno.EIO: ("磁盘或网络盘读写出错", "请检查磁盘和网络盘，或用 --out 写到别的磁盘，然后重新运行。"),
    errno.ENOENT: ("找不到文件或文件夹", "请确认它没有被移走、改名，然后重新运行。"),
    errno.EAGAIN: _NO_PROCESS,
    errno.ENOMEM: _NO_PROCESS,
    errno.ENAMETOOLONG: ("路径太长", "请用 --out 写到名称较短的文件夹。"),
}


def check_room(folder: Path, reports: int) -> None:
    """Raise ReportError if the disk of ``folder`` has no room for so many reports, before work is spent on them."""
    free, needed = shutil.disk_usage(folder).free >> 20, reports * _REPORT_MB
    if free < needed:
        raise ReportError(
            f"磁盘空间不足：{reports} 份报告约需 {needed} MB，只剩 {free} MB。", where=str(folder), todo=_NO_ROOM[1]
        )


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
    """Return ``<code>-<name>`` with what Windows forbids in file names replaced, the name alone without a code.

    >>> file_stem("230102001", "兆麟街道")
    '230102001-兆麟街道'
    """
    return _FORBIDDEN.sub("_", "-".join(filter(None, (code, name)))).strip(" .")
