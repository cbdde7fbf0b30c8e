"""docs/first-hour.md as it is written: a folder of names, places and calls to a zone that opens and is checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from govkit import cli
from govkit.catalogue.needs import listed
from govkit.zone.opening import read_zone
from tests.intake_zone import SOUTH, WEST, write_sheet

PAGE = (Path(__file__).parents[1] / "docs" / "first-hour.md").read_text(encoding="utf-8")


def govkit(*words: str) -> int:
    """Run a command line; return its exit code."""
    with pytest.raises(SystemExit) as ended:
        cli.main([*words])
    return int(ended.value.code or 0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "我区资料"
    folder.mkdir()
    write_sheet(folder / "名单.xlsx", [["乡镇", "村名"], ["新发镇", "太平村"], ["新发镇", "新发村"]])
    head = ["名称", "类型", "经度", "纬度", "所属社区"]
    write_sheet(folder / "点.xlsx", [head, ["甲", "驿站", WEST + 0.01, SOUTH + 0.01, "太平村"]])
    calls = [["事件类别", "上报时间", "社区"], ["噪声", "2024-03-01 08:00", "新发村"]]
    write_sheet(folder / "热线.xlsx", calls)
    (folder / "kinds.toml").write_text(re.search(r"```toml\n(.*?)```", PAGE, re.S)[1], encoding="utf-8")
    return folder


def test_every_command_of_the_page_up_to_the_check_does_what_it_says(place: Path) -> None:
    commands = re.findall(r"(?m)^govkit (new|check|report)\b(.*)$", PAGE)
    assert [name for name, _ in commands] == ["new", "check", "report"]
    assert govkit("new", *commands[0][1].split(), "--yes") == 0
    assert govkit("check", *commands[1][1].split()) == 0
    zone = read_zone(place)
    assert zone.tables["facilities"]["kind"].tolist() == ["service_station"]
    assert zone.tables["events"]["state"].isna().all()
    assert (place / "codes.csv").is_file()


def test_every_standard_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert govkit("list", "standards") == 0
    said = capsys.readouterr().out
    assert all(one["name"] in said and "units" in one["needs"] for one in listed())
