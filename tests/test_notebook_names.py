"""Which notebooks can be run, in which kernel, under which names: said before, or as the failure of that one alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from three_towns import write_notebook, write_zone

from govkit.batch.plan import kernels
from govkit.batch.plan.jobs import plan
from govkit.batch.plan.kernels import runs_here
from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.errors import ReportError
from govkit.zone.opening import read_zone

PARAMETERS = 'zone = ""\nperiod = ""'


def planned(tmp_path: Path, *notebooks: Path) -> Any:
    zone = read_zone(write_zone(tmp_path / "三镇"))
    return plan(zone, Request(zone.folder, notebooks=tuple(map(str, notebooks))), "2018H2", tmp_path / "out")


def with_kernel(path: Path, **kernelspec: str) -> Path:
    """Write a notebook whose metadata name another kernel, or none."""
    content = json.loads(write_notebook(path, "1 + 1", parameters=PARAMETERS).read_text(encoding="utf-8"))
    content["metadata"]["kernelspec"] = kernelspec
    path.write_text(json.dumps(content if kernelspec else {**content, "metadata": {}}), encoding="utf-8")
    return path


@pytest.mark.parametrize(("one", "other"), [("专题", "专题"), ("Topic", "topic"), ("overview", "zone_overview")])
def test_two_notebooks_whose_reports_would_have_one_name_are_refused(tmp_path: Path, one: str, other: str) -> None:
    paths = [write_notebook(tmp_path / place / f"{name}.ipynb", "1") for place, name in (("a", one), ("b", other))]
    with pytest.raises(ReportError, match="同名") as raised:
        planned(tmp_path, *[write_notebook(path, "1", parameters=PARAMETERS) for path in paths])
    assert all(str(path) in str(raised.value) for path in paths)


def test_a_notebook_named_twice_is_made_once(tmp_path: Path) -> None:
    own = write_notebook(tmp_path / "own.ipynb", "1", parameters=PARAMETERS)
    assert len(planned(tmp_path, own, own)) == 1


def test_a_notebook_may_not_be_called_index(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="不能叫") as raised:
        planned(tmp_path, write_notebook(tmp_path / "index.ipynb", "1", parameters=PARAMETERS))
    assert str(tmp_path / "index.ipynb") in str(raised.value)


def test_this_python_runs_here_and_another_kernel_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = {"mine": ["python", "-m", "ipykernel_launcher"], "named": [sys.executable, "-m", "ipykernel_launcher"]}
    others = {"r": ["R", "--slave"], "theirs": ["/elsewhere/bin/python3", "-m", "ipykernel_launcher"]}
    for name, argv in {**commands, **others}.items():
        folder = tmp_path / "jupyter" / "kernels" / name
        folder.mkdir(parents=True)
        spec = {"argv": [*argv, "-f", "{connection_file}"], "display_name": name, "language": "x"}
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    found = {
        name: runs_here(with_kernel(tmp_path / f"{name}.ipynb", name=name, display_name="x"))
        for name in {**commands, **others}
    }
    assert found == {"mine": True, "named": True, "r": False, "theirs": False}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"cells": [', "第 1 行第 12 个字符读不下去"),
        ("[]", "里面不是笔记本的单元"),
        ("", "是空文件"),
        ("<<<<<<< HEAD\n{}\n", "git 合并冲突"),
        ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("<!DOCTYPE html><html></html>", "网页"),
        ("笔记本".encode("gbk"), "不是 UTF-8 编码"),
        ('{"a": 1}', "不是可用的笔记本"),
    ],
)
def test_what_is_no_notebook_is_refused_by_its_name(tmp_path: Path, content: str | bytes, said: str) -> None:
    (tmp_path / "broken.ipynb").write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    with pytest.raises(ReportError, match=said) as raised:
        runs_here(tmp_path / "broken.ipynb")
    assert str(tmp_path / "broken.ipynb") in str(raised.value)


def test_a_kernel_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    kernels._kernels.cache_clear()
    with pytest.raises(ReportError, match=r"没有笔记本要用的内核 'pyhton3'[^$]*允许：python3"):
        runs_here(with_kernel(tmp_path / "own.ipynb", name="pyhton3", display_name="x"))


def test_a_notebook_that_names_no_kernel_runs_as_python(tmp_path: Path) -> None:
    path = with_kernel(tmp_path / "none.ipynb")
    assert runs_here(path)
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16")  # as Notepad saves it
    assert runs_here(path)


@pytest.mark.long
def test_notebooks_that_cannot_be_run_stop_no_other(tmp_path: Path) -> None:
    (tmp_path / "broken.ipynb").write_text('{"cells": [', encoding="utf-8")
    own = write_notebook(tmp_path / "own.ipynb", "1 + 1", parameters=PARAMETERS)
    foreign = with_kernel(tmp_path / "foreign.ipynb", name="ir", display_name="R")
    chosen = tuple(map(str, (tmp_path / "broken.ipynb", own, foreign)))
    request = Request(write_zone(tmp_path / "三镇"), notebooks=chosen, formats=("html",), out=tmp_path / "out")
    manifest, folder = make_reports(request)
    assert [one.status for one in manifest.reports] == ["failed", "done", "failed"]
    assert "broken.ipynb" in str(manifest.failed[0].error)
    assert "内核 'ir'" in str(manifest.failed[1].error)
    assert (folder / "own.html").is_file()
