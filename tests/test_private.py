"""A run's own folder: it goes with the run, and when the run is killed, with the next one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from govkit.batch.work.private import private_environment
from govkit.files import passing

ANOTHER_RUN = """
from govkit.batch.work.private import private_environment
with private_environment():
    print("begun", flush=True)
    input()
"""
LONG_AGO = 1_500_000_000


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@contextmanager
def another_run(temporary: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A run that began long ago, with its folder."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", ANOTHER_RUN], stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (folder,) = temporary.glob("govkit-run-*")
        os.utime(folder, (LONG_AGO, LONG_AGO))
        yield process, folder
        process.kill()


def test_the_next_run_removes_what_a_killed_one_left(temporary: Path) -> None:
    with another_run(temporary) as (process, folder):
        process.kill()
        process.wait()
        assert folder.is_dir()
        with private_environment():
            assert not folder.exists()


def test_a_run_that_goes_on_keeps_its_folder(temporary: Path) -> None:
    with another_run(temporary) as (_, folder), private_environment():
        assert (folder / "ipythondir").is_dir()


def test_what_no_run_has_marked_or_is_a_link_stays(temporary: Path) -> None:
    (temporary / "govkit-run-other").mkdir()
    (temporary / "elsewhere").mkdir()
    (temporary / "elsewhere" / "alive").touch()
    os.utime(temporary / "elsewhere", (LONG_AGO, LONG_AGO))
    os.utime(temporary / "govkit-run-other", (LONG_AGO, LONG_AGO))
    (temporary / "govkit-run-link").symlink_to(temporary / "elsewhere", target_is_directory=True)
    with private_environment():
        assert (temporary / "govkit-run-other").is_dir()
        assert (temporary / "elsewhere" / "alive").is_file()


def test_files_in_passing_lie_in_the_folder_of_the_run(temporary: Path) -> None:
    with private_environment(), passing() as folder:
        assert [path.name[:11] for path in Path(folder).parents[1:2]] == ["govkit-run-"]
    with passing() as folder:
        assert Path(folder).parent == temporary


def test_a_run_leaves_neither_folders_nor_settings(temporary: Path) -> None:
    before = dict(os.environ)
    with private_environment():
        assert os.environ["JUPYTER_CONFIG_DIR"].startswith(str(temporary))
    assert (dict(os.environ), list(temporary.iterdir())) == (before, [])


LIST_FONTS = "import matplotlib.font_manager as fonts; print(len(fonts.fontManager.ttflist))"


def test_the_list_of_fonts_is_made_once_for_these_fonts(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOVKIT_CACHE", str(temporary / "缓存"))
    kept = temporary / "缓存" / "fonts"
    with private_environment():
        assert not list(Path(os.environ["MPLCONFIGDIR"]).iterdir())
        listed = subprocess.run([sys.executable, "-c", LIST_FONTS], check=True, capture_output=True).stdout
    (first,) = kept.glob("*/fontlist-*.json")
    with private_environment():
        brought = Path(os.environ["MPLCONFIGDIR"]) / first.name
        assert brought.read_bytes() == first.read_bytes()
        assert subprocess.run([sys.executable, "-c", LIST_FONTS], check=True, capture_output=True).stdout == listed
    monkeypatch.setattr("govkit.batch.work.private.font_files", lambda: [("/usr/share/fonts/仿宋.ttf", 1)])
    with private_environment():
        assert not list(Path(os.environ["MPLCONFIGDIR"]).iterdir())
        (Path(os.environ["MPLCONFIGDIR"]) / first.name).write_text("{}", encoding="utf-8")
    (second,) = kept.glob("*/fontlist-*.json")
    assert second.parent != first.parent
