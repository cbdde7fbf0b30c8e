"""The folder for an offline Windows PC, made without a network: what it holds, and what a start script must be."""

from __future__ import annotations

import hashlib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from govkit.desk.bundle import README, START, as_script, bundle, pinned, script_defects
from govkit.errors import GovkitError

LOCK = (Path(__file__).parents[1] / "requirements.lock").read_text(encoding="utf-8")


def fetched(requirements: Path, wheels: Path, python: str) -> None:
    """Stand in for the registry: an empty wheel for every line."""
    assert python == "3.12"
    for line in requirements.read_text(encoding="utf-8").splitlines():
        name, _, version = line.split(" ")[0].partition("==")
        (wheels / f"{name.replace('-', '_')}-{version}-py3-none-any.whl").write_bytes(name.encode())


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / f"govkit-{metadata.version('govkit')}-py3-none-any.whl"
    path.write_bytes(b"own")
    return path


def test_the_lock_gives_what_windows_needs_and_nothing_of_linux_or_the_extras() -> None:
    found = pinned(LOCK, python="3.12")
    assert {"pandas", "jupyterlab", "typer", "pywinpty", "colorama", "pillow"} <= set(found)
    assert not {"pexpect", "ptyprocess", "appnope", "pytest", "torch", "distributed"} & set(found)
    assert all("--hash=sha256:" in line and " ; " not in line for line in found.values())
    assert {canonicalize_name(name) for name in found} == set(found)


def test_a_package_that_the_lock_lacks_is_said() -> None:
    with pytest.raises(GovkitError, match="没有 "):
        pinned("pandas==3.0.0 --hash=sha256:00", python="3.12")


def test_the_folder_holds_wheels_script_readme_and_the_hashes_of_all(tmp_path: Path, own: Path) -> None:
    made = bundle(tmp_path / "离线 包", wheel=own, download=fetched)
    names = {path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*") if path.is_file()}
    assert {START, README, "requirements.txt", "SHA256.txt", f"wheels/{own.name}"} <= names
    assert made.wheels == len(pinned(LOCK, python="3.12")) + 1
    said = dict(
        reversed(line.split("  ")) for line in (made.folder / "SHA256.txt").read_text(encoding="utf-8").splitlines()
    )
    assert set(said) == names - {"SHA256.txt"}
    assert said[START] == hashlib.sha256((made.folder / START).read_bytes()).hexdigest()
    first = (made.folder / "requirements.txt").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("govkit==")
    assert first.endswith(hashlib.sha256(b"own").hexdigest())
    readme = (made.folder / README).read_bytes()
    assert "没有在 Windows 上实际运行过" in readme.decode("utf-8-sig")
    assert readme.count(b"\n") == readme.count(b"\r\n")


def test_the_start_script_is_fit_for_a_chinese_windows(tmp_path: Path, own: Path) -> None:
    script = (bundle(tmp_path / "包", wheel=own, download=fetched).folder / START).read_bytes()
    assert script_defects(script) == []
    text = script.decode("cp936")
    assert "$" not in text
    assert "--no-index" in text
    # where a program is installed has no Chinese and no blank of the bundle's own path in it
    assert "%LOCALAPPDATA%" in text


def test_what_a_wheel_says_it_needs_there_comes_along(tmp_path: Path, own: Path) -> None:
    def with_needs(requirements: Path, wheels: Path, python: str) -> None:
        fetched(requirements, wheels, python)
        for path in wheels.glob("papermill-*.whl"):
            with zipfile.ZipFile(path, "w") as archive:
                needs = (
                    "Requires-Dist: numba; sys_platform == 'win32'\nRequires-Dist: pexpect; sys_platform == 'linux'\n"
                )
                archive.writestr("papermill-2.dist-info/METADATA", f"Name: papermill\n{needs}")

    made = bundle(tmp_path / "包", wheel=own, download=with_needs)
    lines = (made.folder / "requirements.txt").read_text(encoding="utf-8")
    assert "\nnumba==" in lines
    assert "\npexpect==" not in lines


def test_a_wheel_that_did_not_come_is_named(tmp_path: Path, own: Path) -> None:
    with pytest.raises(GovkitError, match=r"没有取到 .*pandas"):
        bundle(tmp_path / "包", wheel=own, download=lambda *_: None)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, own: Path) -> None:
    with pytest.raises(GovkitError, match="不是空的"):
        bundle(tmp_path, wheel=own, download=fetched)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (b"@echo off\necho 1\r\n", "CRLF"),
        (b"\xef\xbb\xbf@echo off\r\n", "BOM"),
        ("@echo off\r\nchcp 936 >nul\r\necho 开始\r\n".encode(), "936"),
        (as_script("@echo off\necho 开始\n"), "chcp 936"),
        (as_script("cd /d %~dp0\n"), "引号"),
        (as_script("%ENV_PYTHON% -m govkit\n"), "引号"),
        (as_script('python "%~dp0" x\n'), "反斜杠"),
        (as_script("goto nowhere\n"), "nowhere"),
        (as_script("echo " + "x" * 9000 + "\n"), "太长"),
    ],
    ids=["lf", "bom", "utf-8", "no code page", "bare folder", "bare python", "backslash", "label", "long line"],
)
def test_what_would_break_a_script_is_seen(script: bytes, said: str) -> None:
    assert any(said in one for one in script_defects(script))
