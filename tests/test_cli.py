"""The command line: exit codes, and what a clerk reads when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import govkit
from govkit import cli


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run the command line in this process; return exit code, output and errors."""
    with pytest.raises(SystemExit) as stop:
        cli.main([str(one) for one in arguments])
    printed = capsys.readouterr()
    return int(stop.value.code or 0), printed.out, printed.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["reprot", "ZONE"], "最接近的是：report"),
        (["report", "ZONE", "--perod", "x"], "最接近的是：--period"),
        (["report"], "缺少参数：ZONE"),
        (["report", "ZONE", "--jobs", "x"], "选项 --jobs 的值不对：应为整数"),
        (["report", "ZONE", "--period", "2018H3"], "最接近的是：2018H"),
        (["report", "ZONE", "--district", "新发"], "最接近的是：新发镇"),
        (["report", "ZONE", "--notebook", "distrct_report"], "最接近的是：district_report"),
        (["report", "ZONE", "--to", "pfd"], "最接近的是：pdf"),
        (["report", "ZONE", "--parameter", "distict=x"], "最接近的是：district"),
        (["report", "ZONE", "--parameter", "district"], "名=值"),
        (["check", "nowhere"], "没有这个分区文件夹"),
        (["list", "nowhere"], "没有这个分区文件夹"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_ends_with_2_and_the_nearest_names(
    zone_folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    code, _, errors = run(capsys, *(str(zone_folder) if one == "ZONE" else one for one in arguments))
    assert code == 2
    assert told in errors
    assert "Traceback" not in errors


def test_check_lists_the_faulty_cell_and_writes_both_files(
    zone_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (zone_folder / "网格事项.csv").open("a", encoding="utf-8") as file:
        file.write("E5,999999,环境卫生,2018-08-01 08:00,,,办理中\r\n")
    code, out, _ = run(capsys, "check", zone_folder, "--out", tmp_path / "out")
    assert code == 0
    assert "[错误] 网格事项.csv" in out
    assert "999999" in out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"check.xlsx", "check.html"}


def test_check_strict_ends_with_1_if_a_row_was_set_aside(
    zone_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (zone_folder / "网格事项.csv").open("a", encoding="utf-8") as file:
        file.write("E5,999999,环境卫生,2018-08-01 08:00,,,办理中\r\n")
    assert run(capsys, "check", zone_folder, "--out", tmp_path / "out", "--strict")[0] == 1


def test_a_sound_zone_has_nothing_to_mend(
    zone_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, "check", zone_folder, "--out", tmp_path / "out")
    assert "错误 0 处，警告 0 处" in out


def test_list_names_districts_periods_standards_and_notebooks(
    zone_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "list", zone_folder)
    assert code == 0
    for text in ("230102100  新发镇", "2018H2", "daoli_village_centre", "daoli_333", "district_report"):
        assert text in out


def test_list_without_a_zone_names_the_zones(
    zone_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "DATA", zone_folder.parent)
    _, out, _ = run(capsys, "list")
    assert out.strip().endswith("新发试验区")


def test_a_report_goes_where_it_is_asked_to_and_ends_with_0(
    zone_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, errors = run(capsys, "report", zone_folder, "--to", "html", "--out", tmp_path / "报告")
    assert (code, errors) == (0, "")
    names = {path.name for path in (tmp_path / "报告").iterdir()}
    assert names == {
        ".govkit",
        "index.html",
        "log.jsonl",
        "manifest.json",
        "notebooks",
        "230102100-新发镇.html",
        "overview.html",
        "bulletin.html",
    }
    assert "完成 3 份，失败 0 份" in out


def test_python_m_govkit_is_the_same_program(zone_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "govkit", "list", str(zone_folder)], capture_output=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0
    assert "新发镇" in done.stdout


def test_a_console_that_lacks_a_character_does_not_stop_the_run(zone_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "govkit", "list", str(zone_folder)],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "ascii", "PATH": "", "HOME": str(zone_folder.parent)},
    )
    assert done.returncode == 0, done.stderr


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"govkit {govkit.__version__}\n", "")


def test_a_shell_completes_commands() -> None:
    asked = {"_GOVKIT_COMPLETE": "complete_bash", "COMP_WORDS": "govkit re", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "govkit"],
        env={**os.environ, **asked},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.split() == ["report"]


def test_a_list_without_zones_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "list")
    assert code == 0
    assert "没有分区" in out
    assert "govkit new" in out


def test_zones_of_the_working_folder_are_listed(
    zone_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(zone_folder.parent)
    assert json.loads(run(capsys, "list", "--json")[1]) == [{"folder": zone_folder.name, "name": "新发试验区"}]


def test_a_zone_is_listed_as_json(zone_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(run(capsys, "list", zone_folder, "--json")[1])
    assert told["districts"] == [{"code": "230102100", "name": "新发镇"}]
    assert [one["id"] for one in told["periods"]] == ["2018H1", "2018H2"]
    assert "district_report" in told["notebooks"]


def test_findings_are_told_as_json(zone_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (zone_folder / "网格事项.csv").open("a", encoding="utf-8") as file:
        file.write("E5,999999,环境卫生,2018-08-01 08:00,,,办理中\r\n")
    code, out, _ = run(capsys, "check", zone_folder, "--out", tmp_path / "out", "--json", "--strict")
    told = json.loads(out)
    assert code == 1
    assert told["counts"]["error"] == 1
    assert [one["value"] for one in told["findings"] if one["severity"] == "error"] == ["999999"]


def test_notebooks_are_copied_once_and_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "notebooks", "copy")[0] == 0
    mine = tmp_path / "notebooks" / "district_report.ipynb"
    mine.write_text("我改过的", encoding="utf-8")
    code, out, _ = run(capsys, "notebooks", "copy")
    assert code == 0
    assert "已有，未改动 notebooks/district_report.ipynb" in out.replace("\\", "/")
    assert mine.read_text(encoding="utf-8") == "我改过的"
    assert f"district_report\t{mine.resolve()}" in run(capsys, "notebooks", "list")[1]


def test_a_notebook_to_copy_that_is_not_there_is_answered_with_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, errors = run(capsys, "notebooks", "copy", tmp_path / "n", "--name", "distrct_report")
    assert code == 2
    assert "最接近的是：district_report" in errors
