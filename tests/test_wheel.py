"""Installed from a wheel, outside a clone: notebooks, templates and catalogue are there, and a report comes out."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from three_towns import write_zone

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_a_wheel_holds_every_file_of_the_package_and_the_notebooks(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    package = [path for path in (ROOT / "govkit").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(ROOT).as_posix() for path in package} <= held
    notebooks = (ROOT / "notebooks").glob("*.ipynb")
    assert {f"govkit/notebooks/{path.name}" for path in notebooks} <= held
    assert {"govkit/py.typed"} <= held
    assert any(name.endswith("licenses/LICENSE") for name in held)


def test_a_wheel_holds_no_data_tests_or_outputs(wheel: Path) -> None:
    roots = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {root for root in roots if not root.endswith((".dist-info", ".data"))} == {"govkit"}


@pytest.mark.long
def test_a_report_is_made_from_an_empty_folder_with_nothing_but_the_wheel(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", system_site_packages=False, symlinks=True)
    python = tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = ["uv", "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*install, "--offline", "-c", str(ROOT / "requirements.lock"), str(wheel)], check=True)
    work = tmp_path / "空"
    work.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def govkit(*arguments: str) -> str:
        done = subprocess.run(
            [str(python), "-m", "govkit", *arguments],
            cwd=work, env=environment, check=True, capture_output=True, encoding="utf-8",
        )  # fmt: skip
        return done.stdout

    assert "没有分区" in govkit("list")
    assert "已写出 我区/zone.toml" in govkit("new", "我区", "--name", "某区", "--code", "230102").replace("\\", "/")
    zone = write_zone(tmp_path / "三镇")
    told = govkit("report", str(zone), "--district", "甲镇", "--notebook", "district_report")
    assert "完成 1 份，失败 0 份" in told
    assert len(list(work.glob("reports/三镇/2018H2/*.pdf"))) == 1
    govkit("notebooks", "copy")
    assert (work / "notebooks" / "district_report.ipynb").is_file()
