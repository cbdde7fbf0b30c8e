"""A zone from a stranger: nothing outside its folder is read or written, every mistake is told with line and key."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import ZONE_TOML

from govkit.cache_folder import _open_to_others, default_folder
from govkit.errors import CatalogueError, SourceError, ZoneError
from govkit.intake.formats.vector import read_layer
from govkit.intake.reading.sources import Source
from govkit.zone.logo import logo_defect
from govkit.zone.opening import open_zone
from govkit.zone.settings import read_zone_settings

VRT = '<OGRVRTDataSource><OGRVRTLayer name="outside"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


def settings(folder: Path, old: str, new: str) -> Path:
    assert old in ZONE_TOML
    (folder / "zone.toml").write_text(ZONE_TOML.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "name", ["../../../ESC", "a/b", "..", "C:\\x", "a\\b", "q?", ".hidden", "end ", "a\nb", "CON", "nul.x"], ids=repr
)
def test_a_period_cannot_name_a_folder_outside(zone_folder: Path, name: str) -> None:
    settings(zone_folder, 'id = "2018H2"', f"id = {json.dumps(name)}")
    with pytest.raises(ZoneError, match=r"第 \d+ 行，\[\[periods\]\] 第 2 项 的 id"):
        read_zone_settings(zone_folder)


def test_a_bare_number_is_an_id(zone_folder: Path) -> None:
    settings(zone_folder, 'id = "2018H2"', "id = 2018")
    assert [one.id for one in read_zone_settings(zone_folder).periods] == ["2018H1", "2018"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('name = "新发试验区"', 'report = [1]\nname = "新发试验区"', "report 应为一张表|Cannot"),
        ('name = "新发试验区"', 'name = "新发试验区"\nsources = [1, 2]', "Cannot|sources 应为一张表"),
        ('name = "新发试验区"', f'name = "{"长" * 501}"', "第 1 行，顶层 的 name 太长"),
        ('path = "网格.shp"', f'path = "{"x" * 5000}"', r"\[sources.grids\] 的 path 太长"),
        ('path = "网格.shp"', 'path = "a\\u0000b.csv"', r"\[sources.grids\] 的 path 含有看不见的控制字符"),
        ('name = "新发试验区"', f"name = {'[' * 5000}{']' * 5000}", "套得太深"),
        ('code = "230102"', f"code = {'9' * 5000}", "有一个数太长"),
        ('code = "230102"', "code = 1e400", "code"),
        ("start = 2018-07-01", 'start = "2018-07-01"', "start 应为不加引号的日期"),
    ],
    ids=["report list", "sources list", "long name", "long path", "nul", "deep", "big", "infinite", "quoted date"],
)
def test_a_zone_toml_of_the_wrong_shape_is_one_message(zone_folder: Path, old: str, new: str, told: str) -> None:
    text = ZONE_TOML.replace(old, new, 1)
    (zone_folder / "zone.toml").write_text(text, encoding="utf-8")
    with pytest.raises((ZoneError, CatalogueError), match=told):
        read_zone_settings(zone_folder)


def test_a_file_name_longer_than_any_disk_keeps_is_not_there(zone_folder: Path) -> None:
    settings(zone_folder, 'path = "网格.shp"', f'path = "{"网" * 100}.shp"')
    with pytest.raises(SourceError, match="没有这个文件"):
        open_zone(zone_folder)


@pytest.mark.parametrize("ending", [".json", ".geojson", ".kml", ".gpkg", ".shp", ".tab", ".fgb", ".db", ".parquet"])
def test_a_virtual_dataset_is_read_under_no_ending(tmp_path: Path, ending: str) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    path = tmp_path / f"b{ending}"
    path.write_text(VRT.format("../secret.csv"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"虚拟数据集|没有 |缺少"):
        read_layer(path, Source(table="statistics", path=path.name))


@pytest.mark.parametrize("name", ["网格.dbf", "网格.prj", "zone.toml", "corrections.toml"])
def test_what_is_read_beside_a_file_is_no_link_to_the_outside(zone_folder: Path, name: str) -> None:
    outside = zone_folder.parent / name
    outside.write_bytes((zone_folder / name).read_bytes() if (zone_folder / name).exists() else b"")
    (zone_folder / name).unlink(missing_ok=True)
    (zone_folder / name).symlink_to(outside)
    with pytest.raises((ZoneError, SourceError), match="分区文件夹之外"):
        open_zone(zone_folder)


def test_a_file_of_another_format_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "b.geojson"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"内容不是 \.geojson 格式"):
        read_layer(path, Source(table="statistics", path=path.name))


def test_a_logo_outside_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zone").mkdir()
    (tmp_path / "secret.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    assert "不在分区文件夹里" in logo_defect(tmp_path / "zone", "../secret.svg")


def test_a_logo_linked_from_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zone").mkdir()
    (tmp_path / "secret.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    (tmp_path / "zone" / "logo.svg").symlink_to(tmp_path / "secret.svg")
    assert "不在分区文件夹里" in logo_defect(tmp_path / "zone", "logo.svg")


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ('<foreignObject width="9" height="9"/>', "foreignObject"),
        ('<image href="http://example.org/a.png"/>', "引用了外面的文件"),
        ('<use xlink:href="b.svg#x"/>', "引用了外面的文件"),
        ("<script>1</script>", "script"),
        ('<rect onclick="x()"/>', "脚本"),
        ('<rect fill="url(http://example.org/a)"/>', "引用了外面的地址"),
        ("<rect>", "不是正确的 XML"),
    ],
    ids=lambda value: value[:14],
)
def test_a_logo_that_no_printed_page_can_hold_is_named_when_the_zone_is_checked(
    tmp_path: Path, inside: str, told: str
) -> None:
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    (tmp_path / "logo.svg").write_text(f"{head}{inside}</svg>", encoding="utf-8")
    assert told in logo_defect(tmp_path, "logo.svg")


def test_a_plain_drawing_is_a_logo(tmp_path: Path) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><rect id="a" fill="url(#g)" width="9" height="9"/></svg>'
    (tmp_path / "logo.svg").write_text(drawing, encoding="utf-8")
    assert logo_defect(tmp_path, "logo.svg") == ""


def test_a_damaged_picture_is_no_logo(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 40)
    assert "图片损坏" in logo_defect(tmp_path, "logo.png")


def test_what_is_kept_of_a_source_cannot_run(
    zone_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOVKIT_CACHE", str(tmp_path / "c"))
    fresh = open_zone(zone_folder)
    ran = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (ran,))

    for path in (tmp_path / "c" / "sources").iterdir():
        content = pickle.dumps(Trap())
        path.write_bytes(hashlib.sha256(content).digest() + content)
    for entry in [one for one in (tmp_path / "c").iterdir() if one.name != "sources"]:
        shutil.rmtree(entry)
    again = open_zone(zone_folder)
    assert not ran.exists()
    for name, table in fresh.tables.items():
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(again.tables[name]))


def test_a_cache_folder_that_others_may_write_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv("GOVKIT_CACHE", str(folder))
    assert default_folder() is None
    assert "别人也可以写入" in capsys.readouterr().err
    folder.chmod(0o700)
    _open_to_others.cache_clear()
    assert default_folder() == folder
