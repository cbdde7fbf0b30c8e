"""How a batch goes on: a bar on a terminal, lines in a log, events for a program, a bar in a notebook."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from govkit import cli
from govkit.batch.plan.reports import Progress
from govkit.batch.record import progress
from govkit.batch.record.manifest import Manifest, Outcome
from govkit.errors import ReportError

ONE = Outcome("230102101", "甲镇", "district_report", {}, "done", seconds=1.25, why=("还没有这份报告",))
SAME = Outcome("230102102", "乙镇", "district_report", {}, "unchanged")
BAD = Outcome("230102103", "丙镇", "district_report", {}, "failed", error="第 4 个单元出错", seconds=0.5)


def shown(display: progress.Display) -> None:
    with display:
        display.start(3)
        for number, outcome in enumerate((SAME, ONE, BAD), start=1):
            display.done(Progress(outcome, number, 3))


def test_a_log_has_a_line_a_report_with_pace_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    shown(progress.Lines())
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["共 3 份报告", "[1/3] 未变 乙镇 district_report"]
    assert lines[2].startswith("[2/3] 完成 甲镇 district_report 1.2 秒（每分钟 ")
    assert "约剩 " in lines[2]
    assert lines[3].startswith("[3/3] 失败 丙镇")


def test_a_program_reads_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    shown(progress.Events())
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["event"] for one in events] == ["start", "report", "report", "report"]
    assert [one.get("status") for one in events[1:]] == ["unchanged", "done", "failed"]
    assert events[2]["why"] == ["还没有这份报告"]
    assert (events[3]["error"], events[3]["done"], events[3]["total"]) == ("第 4 个单元出错", 3, 3)


def test_a_program_is_told_of_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ReportError), progress.Events():
        raise ReportError("磁盘空间不足")
    assert json.loads(capsys.readouterr().out) == {"event": "error", "message": "磁盘空间不足"}


def test_a_terminal_shows_a_bar_with_failures() -> None:
    screen = io.StringIO()
    shown(progress.Bar(Console(file=screen, force_terminal=True, width=140)))
    assert "3/3" in screen.getvalue()
    assert "失败 1" in screen.getvalue()
    assert "每分钟" in screen.getvalue()


def test_a_notebook_shows_the_bar_of_tqdm(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "find_spec", lambda _: None)
    shown(progress.NotebookBar())
    assert "生成报告: 100%" in capsys.readouterr().err


def test_the_display_fits_who_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(progress.for_console(as_json=True), progress.Events)
    assert isinstance(progress.for_console(), progress.Lines)
    assert type(progress.for_python()) is progress.Display
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert isinstance(progress.for_python(), progress.NotebookBar)


def made(monkeypatch: pytest.MonkeyPatch, *outcomes: Outcome, stopped: bool = False) -> None:
    """Have the command line meet a batch with these outcomes."""
    manifest = Manifest("区", "P", "2019-01-01T00:00:00+08:00", 1.0, ({"rows_set_aside": 2},), outcomes)

    def make_reports(*_: object, **__: object) -> tuple[Manifest, Path]:
        if stopped:
            raise KeyboardInterrupt(manifest, Path("out"))
        return manifest, Path("out")

    monkeypatch.setattr("govkit.batch.plan.reports.make_reports", make_reports)


def run(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        cli.main(["report", "somewhere", *options])
    printed = capsys.readouterr()
    return int(stop.value.code or 0), printed.out, printed.err


def test_why_says_of_each_report_why_it_was_made_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made(monkeypatch, ONE, SAME)
    code, out, _ = run(capsys, "--why")
    assert code == 0
    assert "甲镇（district_report）：还没有这份报告" in out
    assert "乙镇（district_report）：没有变化，未重新生成" in out
    assert "完成 1 份，未变 1 份，失败 0 份，用时 1.0 秒。" in out


def test_beside_events_nothing_else_is_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made(monkeypatch, ONE, BAD)
    code, out, errors = run(capsys, "--json", "--why")
    assert code == 1
    assert json.loads(out) == {"event": "end", "done": 1, "unchanged": 0, "failed": 1, "seconds": 1.0, "folder": "out"}
    assert "失败：丙镇" in errors


def test_an_interrupted_run_says_how_far_it_came(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made(monkeypatch, ONE, SAME, stopped=True)
    code, _, errors = run(capsys)
    assert code == 1
    assert "完成 1 份，未变 1 份，失败 0 份；其余没有做，再运行一次会接着做。" in errors
