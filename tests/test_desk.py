"""The clerk's desk in a real browser: from files dropped on an empty folder to a signed, packed report; no terminal."""

from __future__ import annotations

import base64
import http.client
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import barriers, until
from typer.testing import CliRunner

from govkit.batch.record.verify import verify
from govkit.cli import app
from govkit.desk.acts import keep_file
from govkit.errors import GovkitError, ZoneError
from govkit.intake.reading.corrections import read_corrections
from tests.intake_zone import UNITS, write_sheet

FACILITIES = [
    ["编号", "设施名称", "设施类型", "所属村居代码", "建筑面积(㎡)", "投入使用日期"],
    ["S1", "太平村卫生室", "卫生室", "230102100201", "六百多", "2018-01-01"],
    ["S2", "新发村卫生室", "卫生室", "230102100202", 60, "2018-01-01"],
]
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const held = new DataTransfer();
  held.items.add(new File([bytes], name));
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true }));
}"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, subprocess.Popen[str]]]:
    """A desk of a folder that is not there yet, with a Chinese name and a blank in it, and its address."""
    home = tmp_path_factory.mktemp("工作 台")
    command = [sys.executable, "-m", "govkit", "desk", "我区 资料", "--no-browser"]
    process = subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdout is not None
    yield home, process.stdout.readline().split("：", 1)[1].strip(), process
    process.kill()
    process.wait()


def refused(home: str, path: str, *, method: str = "GET") -> int:
    """Return the status of what comes without the token."""
    asked = http.client.HTTPConnection(home, timeout=60)
    asked.request(method, path, body=b"{}")
    return asked.getresponse().status


def idle(page: Any) -> str:
    """Wait until an act is over; return what the page says."""
    until(page, "!document.querySelector('button:disabled')", seconds=180)
    return str(page.inner_text("#said")) if page.is_visible("#said") else ""


def dropped(page: Any, path: Path) -> str:
    page.evaluate(DROP, [path.name, base64.b64encode(path.read_bytes()).decode()])
    return idle(page)


def test_nobody_comes_in_without_the_token_and_no_code_runs(desk: tuple[Path, str, subprocess.Popen[str]]) -> None:
    _, address, _ = desk
    home, _, token = address.removeprefix("http://").partition("/desk?")
    assert home.startswith("127.0.0.1:")
    assert refused(home, "/desk") == 302
    assert refused(home, "/desk/act/findings", method="POST") == 403
    assert refused(home, f"/desk?{token}") == 200
    assert refused(home, f"/api/kernels?{token}", method="POST") == 404
    assert refused(home, f"/api/contents?{token}") == 404
    assert refused(home, f"/desk/made/../../etc/passwd?{token}") in {403, 404}


@pytest.mark.browser
def test_a_clerk_goes_from_dropped_files_to_a_signed_and_packed_report(
    desk: tuple[Path, str, subprocess.Popen[str]], browser: Any, tmp_path: Path
) -> None:
    home, address, process = desk
    folder = home / "我区 资料"
    write_sheet(tmp_path / "村居名单.xlsx", UNITS)
    write_sheet(tmp_path / "设施台账.xlsx", FACILITIES, sheet="台账")
    with browser.new_context() as context:
        page = context.new_page()
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda one: asked.append(one.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(address)
        idle(page)
        assert not page.is_visible("#s-report")

        given = tmp_path / "送来的"
        (given / "名单").mkdir(parents=True)
        shutil.move(tmp_path / "村居名单.xlsx", given / "名单" / "村居名单.xlsx")
        page.set_input_files("#pick-folder", str(given))
        assert "放入 1 个文件" in idle(page)
        assert (folder / "名单-村居名单.xlsx").is_file()
        entry = "{ isFile: true, name: '甲.csv', file: (done) => done(new File(['a'], '甲.csv')) }"
        reader = "{ left: [[%s], []], readEntries(done) { done(this.left.shift()); } }"
        inner = "{ isFile: false, name: '里', createReader: () => (%s) }" % (reader % entry)
        outer = "{ isFile: false, name: '外', createReader: () => (%s) }" % (reader % f"{entry}, {inner}")
        names = page.evaluate(f"async () => (await within({outer})).map((one) => one.name)")
        assert names == ["甲.csv", "里-甲.csv"]
        assert "放入 1 个文件" in dropped(page, tmp_path / "设施台账.xlsx")
        page.click("#look")
        idle(page)
        assert "设施台账.xlsx → 设施台账" in page.inner_text("#proposal")
        page.click("#keep")
        assert "zone.toml" in idle(page)
        before = (folder / "设施台账.xlsx").read_bytes()

        group = page.locator(".group", has_text="六百多")
        group.locator("summary").click()
        group.locator("input").first.fill("600")
        group.get_by_text("更正", exact=True).click()
        assert "经办人" in idle(page)
        page.fill("#by", "王某")
        group.get_by_text("更正", exact=True).click()
        assert "已更正" in idle(page)
        assert page.locator(".group.warning", has_text="六百多").count() == 0
        assert [(one.cell, one.now, one.by) for one in read_corrections(folder).cells] == [("E2", "600", "王某")]
        assert (folder / "设施台账.xlsx").read_bytes() == before

        page.uncheck("[value=pdf]")
        page.click("#report")
        assert "完成 4 份" in idle(page)
        assert page.inner_text("#bar-said") == "4 / 4 份"
        with page.expect_popup() as opened:
            page.locator("#made a", has_text="网页").first.click()
        opened.value.wait_for_load_state()
        assert "道里区" in opened.value.inner_text("body")

        page.click("#compare")
        idle(page)
        assert page.inner_text("#compare-said")

        boxes = page.locator("#made input[type=checkbox]")
        for at in range(boxes.count()):
            boxes.nth(at).set_checked(False)
        page.click("#sign")
        assert "勾选" in idle(page)
        boxes.first.check()
        page.click("#sign")
        assert "1 份" in idle(page)
        assert page.inner_text("#made").count("已审核（王某") == 1
        page.click("#sign")
        assert "4 份" in idle(page)
        assert page.inner_text("#made").count("已审核（王某") == 4
        page.click("#pack")
        assert "已打包" in idle(page)
        with page.expect_download() as saved:
            page.locator("#packed a").click()
        saved.value.save_as(tmp_path / "报告.zip")
        assert {one.split("/")[2] for one in asked} == {address.split("/")[2]}
        assert barriers(page) == []
        page.emulate_media(color_scheme="dark")
        assert barriers(page) == []
        assert not [one for one in said if "Content Security Policy" in one]
        page.click("#stop")
        page.wait_for_selector("main", state="hidden")
    assert process.wait(timeout=20) == 0

    with zipfile.ZipFile(tmp_path / "报告.zip") as archive:
        archive.extractall(tmp_path / "收到")
    (received,) = (tmp_path / "收到").iterdir()
    log, altered = verify(received)
    assert altered == []
    assert log.entries
    assert "王某" in (received / "签批情况.txt").read_text(encoding="utf-8-sig")


def test_a_file_of_the_same_name_is_kept(tmp_path: Path) -> None:
    assert keep_file(tmp_path, "名单.csv", b"a")["replaced"] == ""
    assert keep_file(tmp_path, "名单.csv", b"a")["same"]
    told = keep_file(tmp_path, "名单.csv", b"b")
    assert (tmp_path / "名单.csv").read_bytes() == b"b"
    assert (tmp_path / told["replaced"]).read_bytes() == b"a"


@pytest.mark.parametrize("name", ["zone.toml", ".bashrc", "../..", "corrections.toml", ""])
def test_what_is_no_data_file_is_not_put_into_a_zone(tmp_path: Path, name: str) -> None:
    with pytest.raises(ZoneError, match="不能放入"):
        keep_file(tmp_path, name, b"x")


def test_a_name_with_folders_stays_in_the_zone(tmp_path: Path) -> None:
    assert keep_file(tmp_path, "..\\..\\名单.csv", b"a")["name"] == "名单.csv"
    assert [path.name for path in tmp_path.iterdir()] == ["名单.csv"]


def test_the_command_line_corrects_and_accepts_alike(tmp_path: Path) -> None:
    write_sheet(tmp_path / "名单.xlsx", UNITS)
    write_sheet(tmp_path / "台账.xlsx", FACILITIES)
    run = CliRunner().invoke
    assert run(app, ["new", "--from", str(tmp_path), "--yes"]).exit_code == 0
    said = run(app, ["correct", str(tmp_path), "台账.xlsx", "E2", "600", "--name", "王某"]).output
    assert "“六百多” 读作 “600”" in said
    assert (
        "已记下：12345678" in run(app, ["accept", str(tmp_path), "12345678", "--reason", "甲", "--name", "李"]).output
    )
    with pytest.raises(GovkitError, match="没有用到"):
        run(app, ["correct", str(tmp_path), "别的.xlsx", "E2", "600", "--name", "王某"], catch_exceptions=False)
