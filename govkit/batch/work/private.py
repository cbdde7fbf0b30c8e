"""A run's own folder: settings apart from the user's, files in passing. What killed runs left the next one sweeps.

Nothing heavy is imported here: the process that starts a batch waits for it.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from govkit.batch.work.forked import ONE_THREAD
from govkit.batch.work.surroundings import font_files, hashed_json
from govkit.cache_folder import default_folder
from govkit.errors import ReportError
from govkit.files import PASSING, write_whole
from govkit.front_matter import EDITION

# Sets of names are walked in the same order in every run: same input, same bytes.
SAME_ORDER = {"PYTHONHASHSEED": "0"}
_PREFIX = "govkit-run-"
_SETTINGS = ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR", "MPLCONFIGDIR")
_FONT_LISTS = "fontlist-*.json"
# Locked in a run's folder as long as the run lives: the system lets go of it however the run ends.
_ALIVE = "alive"
# A folder may be this young and not yet locked, in seconds.
_YOUNG_S = 60


@contextmanager
def private_environment(edition: str | None = None) -> Iterator[None]:
    """Keep kernels and workers away from the user's own Jupyter, IPython and matplotlib settings while reports run.

    They open zones in one ``edition`` (``zone.editions``), None: in the one this process does.
    """
    from filelock import FileLock

    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as home, FileLock(Path(home) / _ALIVE):
        private = {name: str(Path(home) / name.lower()) for name in (*_SETTINGS, PASSING)}
        for folder in private.values():
            Path(folder).mkdir(mode=0o700)
        # Kernels started with these IPython settings say what has gone wrong, and nothing in English on how they
        # run. A kernel that is shut down is interrupted first, and one that was idle logs that as an error
        settings = Path(private["IPYTHONDIR"])
        (settings / "profile_default").mkdir()
        config = {"IPKernelApp": {"log_level": logging.CRITICAL}}
        (settings / "profile_default" / "ipython_kernel_config.json").write_text(json.dumps(config), encoding="utf-8")
        cache = default_folder()  # where matplotlib's list of the fonts of this machine may be kept
        fonts = cache / "fonts" / hashed_json(font_files()) if cache else None
        _bring_font_list(fonts, Path(private["MPLCONFIGDIR"]))
        # Each worker is one of several: more threads would only fight for the same cores, and forbid to fork.
        ours = private | ONE_THREAD | SAME_ORDER | ({} if edition is None else {EDITION: edition})
        before = {name: os.environ.get(name) for name in ours}
        os.environ.update(ours)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                os.environ.update({name: value} if value is not None else {})
            _keep_font_list(fonts, Path(private["MPLCONFIGDIR"]))


def _bring_font_list(kept: Path | None, settings: Path) -> None:
    """Hand matplotlib the list it made of these very fonts before: to look into hundreds of files takes it seconds."""
    for path in kept.glob(_FONT_LISTS) if kept else ():
        with suppress(OSError):
            shutil.copyfile(path, settings / path.name)


def _keep_font_list(kept: Path | None, settings: Path) -> None:
    made = [path for path in settings.glob(_FONT_LISTS) if kept and not (kept / path.name).exists()]
    if not kept or not made:
        return
    with suppress(OSError, ReportError):
        for old in kept.parent.glob("*"):
            shutil.rmtree(old)
        kept.mkdir(parents=True, mode=0o700)
        for path in made:
            write_whole(kept / path.name, path.read_bytes())


def _sweep(temporary: Path) -> None:
    """Remove the folders of this user's runs that were killed."""
    for folder in temporary.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another run sweeps at the same time
            if _own(folder) and time.time() - folder.stat().st_mtime > _YOUNG_S and not _lives(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _own(folder: Path) -> bool:
    return not folder.is_symlink() and (not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid())


def _lives(folder: Path) -> bool:
    """Whether the run of a folder goes on; also if that cannot be known."""
    from filelock import FileLock, Timeout

    if not (folder / _ALIVE).is_file():
        return True
    lock = FileLock(folder / _ALIVE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False
