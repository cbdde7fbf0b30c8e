"""Where govkit keeps what it would otherwise find again in every run. Nothing heavy is imported here."""

from __future__ import annotations

import os
import stat
import sys
from functools import cache
from pathlib import Path

import platformdirs


def default_folder() -> Path | None:
    """Return the folder that ``GOVKIT_CACHE`` names, else govkit's in the user's cache; None if it says "off".

    None also where others may write into it: what lies there would be theirs to choose.
    """
    named = os.environ.get("GOVKIT_CACHE", "")
    if named.lower() in {"off", "no", "0"}:
        return None
    folder = Path(named) if named else platformdirs.user_cache_path("govkit", appauthor=False)
    return None if _open_to_others(folder) else folder


@cache
def _open_to_others(folder: Path) -> bool:
    if os.name != "posix" or not folder.exists():
        return False
    about = folder.stat()
    if about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return False
    told = (
        f"缓存文件夹 {folder} 别人也可以写入，没有使用。请改为只有自己可写（chmod 700），或把 GOVKIT_CACHE 设为 off。"
    )
    print(told, file=sys.stderr)  # noqa: T201
    return True
