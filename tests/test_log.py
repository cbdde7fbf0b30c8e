"""The log of reports and ``govkit verify``: whatever is altered after it was made is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import write_zone
from test_batch import write_notebook

from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.batch.record.log import add_entry, read_log
from govkit.batch.record.verify import verify
from govkit.cli import _run
from govkit.errors import ReportError

ONE = "专题.html"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Request:
    """One small report of a small zone, asked for and made once."""
    root = tmp_path_factory.mktemp("log")
    zone = write_zone(root / "新发 试验区")
    own = write_notebook(root / "专题.ipynb", "print(1)", parameters='zone = ""\nperiod = ""')
    request = Request(zone, notebooks=(str(own),), formats=("html",), out=root / "o")
    make_reports(request)
    return request


@pytest.fixture
def made(asked: Request, tmp_path: Path) -> Path:
    """The folder of that report: a copy to tamper with."""
    return Path(shutil.copytree(asked.reports, tmp_path / "o"))


def test_what_is_as_it_was_made_is_said_to_be(made: Path) -> None:
    log, altered = verify(made)
    assert altered == []
    assert [one["act"] for one in log.entries] == ["report"]
    assert set(log.entries[0]["made"]) >= {ONE}
    assert {"index.html"} == set(log.entries[0]["files"])


def test_a_folder_that_is_called_otherwise_now_is_what_it_was(made: Path) -> None:
    assert verify(made.rename(made.with_name("道里报告（终稿）")))[1] == []


def test_a_run_with_nothing_to_do_leaves_all_as_it_was(asked: Request) -> None:
    manifest, folder = make_reports(asked)
    assert [one.status for one in manifest.reports] == ["unchanged"]
    assert verify(folder)[1] == []


def edit(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("新发", "别处"), encoding="utf-8")


def seal_anew(folder: Path) -> None:
    log = folder / "log.jsonl"
    log.write_text(log.read_text(encoding="utf-8").replace('"act": "report"', '"act": "other"'), encoding="utf-8")


def cut_first_line(folder: Path) -> None:
    add_entry(folder / "log.jsonl", "sign")
    log = folder / "log.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[1:]))


def other_hash(folder: Path) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["reports"][0]["outputs"][0]["sha256"] = "0" * 64
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda folder: edit(folder / "index.html"), "index.html 被改动过"),
        (lambda folder: (folder / ONE).write_text("x", encoding="utf-8"), f"{ONE} 被改动过"),
        (lambda folder: (folder / ONE).unlink(), f"{ONE} 不见了"),
        (lambda folder: (folder / "假.html").write_text("x", encoding="utf-8"), "假.html 没有制作记录"),
        (other_hash, "manifest.json 里"),
        (lambda folder: edit(folder / "manifest.json"), "manifest.json 被改动过"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json 不见了"),
        (seal_anew, "第 1 行被改动"),
        (cut_first_line, "第 1 行被改动"),
    ],
    ids=["index", "report", "gone", "stranger", "hash", "manifest", "no manifest", "line changed", "line cut"],
)
def test_what_was_altered_is_named(made: Path, act: Callable[[Path], object], told: str) -> None:
    act(made)
    altered = verify(made)[1]
    assert any(told in line for line in altered), altered


def test_an_edited_index_is_made_again(asked: Request, made: Path) -> None:
    edit(made / "index.html")
    assert "别处" in (made / "index.html").read_text(encoding="utf-8")
    make_reports(replace(asked, out=made))
    assert "别处" not in (made / "index.html").read_text(encoding="utf-8")
    assert verify(made)[1] == []


def test_an_edited_report_is_made_again_and_logged(asked: Request, made: Path) -> None:
    (made / ONE).write_text("x", encoding="utf-8")
    make_reports(replace(asked, out=made))
    log, altered = verify(made)
    assert altered == []
    assert len(log.entries) == 2


def test_a_line_added_after_a_break_does_not_heal_it(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    for number in range(3):
        add_entry(path, "sign", n=number)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], lines[2]]) + "\n", encoding="utf-8")
    add_entry(path, "sign", n=9)
    log = read_log(path)
    assert (len(log.entries), log.broken) == (1, 2)


def test_a_folder_without_a_log_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="没有制作记录"):
        verify(tmp_path)


def test_the_command_line_ends_with_one_where_anything_was_altered(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["verify", str(made)]) == 0
    assert "全部一致" in capsys.readouterr().out
    edit(made / "index.html")
    assert _run(["verify", str(made)]) == 1
    assert "index.html 被改动过" in capsys.readouterr().out
