"""A folder of finished reports as one zip to send: every file as it was signed, and the log that is verified."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from govkit.batch.record.approvals import listed
from govkit.batch.record.journal import FOLDER
from govkit.batch.record.log import NAME
from govkit.batch.record.verify import verify
from govkit.errors import ReportError
from govkit.files import is_private, write_whole

# the earliest time a zip can hold: the same files make the same bytes
_TIME = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path, *, out: Path | None = None) -> Path:
    """Write ``folder``'s reports into a zip beside it and return its path.

    Raises ReportError if a file is not as it was made, or if there is no report.
    """
    if not folder.is_dir():
        raise ReportError(f"没有这个文件夹：{folder}", todo="请指定报告所在的文件夹，如 reports/daoli/2018H2。")
    states = listed(folder)
    _, altered = verify(folder)
    if altered:
        raise ReportError("有文件与制作时不一致，不能打包：" + "；".join(altered), todo="重新出报告后再打包。")
    log = next(path for path in (folder / NAME, folder.parent / NAME) if path.is_file())
    files = {path.relative_to(folder).as_posix(): path for path in _sent(folder)}
    told = "".join(f"{title}：{approval.text}\r\n" for title, approval in states)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [
            *((name, path.read_bytes()) for name, path in files.items()),
            (NAME, log.read_bytes()),
            ("签批情况.txt", told.encode("utf-8-sig")),
        ]:
            archive.writestr(zipfile.ZipInfo(f"{folder.name}/{name}", _TIME), data, zipfile.ZIP_DEFLATED)
    path = write_whole(out or folder.with_name(f"{folder.parent.name}-{folder.name}.zip"), content.getvalue())
    if is_private(folder):
        path.chmod(0o600)
    return path


def _sent(folder: Path) -> list[Path]:
    every = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        path
        for path in every
        if not path.name.startswith(".") and path.relative_to(folder).parts[0] != FOLDER and path.name != NAME
    ]
