"""Every line of Python in README runs as it stands."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.long
@pytest.mark.parametrize("code", CODE, ids=lambda code: code.splitlines()[0])
def test_python_in_the_readme_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("daoli", "xiangfang"):
        if os.name == "nt":
            shutil.copytree(ROOT / "data" / name, tmp_path / "data" / name)
        else:
            (tmp_path / "data").mkdir(exist_ok=True)
            (tmp_path / "data" / name).symlink_to(ROOT / "data" / name)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - what a reader runs
    assert (tmp_path / "导出" / "manifest.json").is_file()


TUTORIAL = sorted((ROOT / "docs" / "tutorial").glob("*.md"))


@pytest.mark.long
@pytest.mark.parametrize("page", TUTORIAL, ids=lambda page: page.stem)
def test_a_worked_question_of_the_tutorial_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    code = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert code
    for block in code:
        exec(block, names)  # noqa: S102 - what a reader runs


def test_there_are_five_worked_questions() -> None:
    assert len(TUTORIAL) == 5


def test_every_command_of_the_readme_exists() -> None:
    from typer.main import get_command

    from govkit.cli import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"^ *govkit ([a-z]+) ", README, flags=re.MULTILINE)) <= known
