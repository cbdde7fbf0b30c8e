"""A zone's ``report/`` folder: its sections on, off and in order, its own texts with numbers by name, its cover."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from sample_notebook import png
from three_towns import write_zone

import govkit
from govkit.batch.work.own_report import arranged, check_own
from govkit.cli import main
from govkit.errors import GovkitError, UnknownNameError, ZoneError
from govkit.notebook_places import built_in, notebooks
from govkit.sections.report import SECTIONS, Report
from govkit.zone.opening import read_zone
from govkit.zone.own_report import Blank, blanks_of, read_own_report, section_names

TOWN = ("230102101", "甲镇")


def written(folder: Path, toml: str, **texts: str) -> Path:
    (folder / "report").mkdir(exist_ok=True)
    (folder / "report" / "report.toml").write_text(toml, encoding="utf-8")
    for name, text in texts.items():
        (folder / "report" / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    return int(ended.value.code or 0)


def district_report() -> nbformat.NotebookNode:
    return nbformat.read(built_in() / "district_report.ipynb", as_version=4)


def sections_of(content: nbformat.NotebookNode) -> list[str]:
    """The calls of a notebook in order, the heading of the annex among them."""
    known = {f"report.{name}()": name for name in SECTIONS} | {"# 附件": "annex"}
    return [known[line] for cell in content.cells for line in _calls(cell.source) if line in known]


def _calls(source: str) -> list[str]:
    return [line.removeprefix("section = ").strip() for line in source.splitlines()]


def test_every_section_has_a_title_of_its_own() -> None:
    names = section_names()
    assert set(SECTIONS) <= set(names.values())
    assert len(names) == 2 * len(set(names.values()))


def test_without_a_folder_a_report_is_the_notebook_s(tmp_path: Path) -> None:
    own, faults = read_own_report(tmp_path)
    content = district_report()
    assert not faults
    assert arranged(content, own, name="district_report", district=TOWN) is content


def test_sections_stand_in_the_order_named_and_no_others(tmp_path: Path) -> None:
    own, faults = read_own_report(
        written(tmp_path, '[district_report]\nsections = ["要点", "存在问题", "总体情况", "附件", "数据来源"]')
    )
    made = arranged(district_report(), own, name="district_report", district=TOWN)
    assert not faults
    assert sections_of(made) == ["brief", "shortfalls", "overall", "annex", "sources"]
    assert "主要成效、原因分析、下一步工作" in made.cells[-1].source
    assert set(made.metadata.govkit.expects["sections"]) == {"brief", "shortfalls", "overall", "sources"}


def test_a_section_moved_over_the_line_of_the_annex_changes_its_level(tmp_path: Path) -> None:
    own, _ = read_own_report(written(tmp_path, '[district_report]\nsections = ["资金收支", "附件", "主要成效"]'))
    made = arranged(district_report(), own, name="district_report", district=TOWN)
    by_call = {call: cell.source for cell in made.cells for call in _calls(cell.source)}
    assert "show(level=1)" in by_call["report.funds()"]
    assert "show()" in by_call["report.achievements()"]


def test_a_section_turned_off_is_named_at_the_end(tmp_path: Path) -> None:
    own, _ = read_own_report(written(tmp_path, '[district_report]\nwithout = ["national", "生活圈"]'))
    made = arranged(district_report(), own, name="district_report", district=TOWN)
    assert not {"national", "life_circle"} & set(sections_of(made))
    assert "国家标准对照、生活圈" in made.cells[-1].source


def test_texts_stand_beside_their_section_in_the_reports_and_units_named(tmp_path: Path) -> None:
    toml = '[[texts]]\nfile = "话.md"\nbefore = "主要成效"\nin = ["district_report"]\ndistricts = ["甲镇"]'
    own, faults = read_own_report(written(tmp_path, toml, 话="辖区内……"))
    made = arranged(district_report(), own, name="district_report", district=TOWN)
    sources = [cell.source for cell in made.cells if cell.cell_type == "code"]
    at = next(place for place, source in enumerate(sources) if "report.text" in source)
    assert not faults
    assert "report.achievements()" in sources[at + 1]
    other = arranged(district_report(), own, name="district_report", district=("230102102", "乙镇"))
    assert not any("report.text" in cell.source for cell in other.cells)


@pytest.mark.parametrize(
    ("toml", "texts", "told"),
    [
        ('[district_report]\nsections = ["存在的问题"]', {}, "最接近的是 存在问题"),
        ('[district_report]\nsections = ["要点", "brief"]', {}, "写了两次"),
        ("[district_report]\nsections = []", {}, "什么也没有"),
        ('[district_report]\nsection = ["要点"]', {}, "最接近的是 sections"),
        ('[[texts]]\nfile = "无.md"\nafter = "要点"', {}, "没有文件 '无.md'"),
        ('[[texts]]\nfile = "话.md"', {"话": "一"}, "只写一个"),
        ('[cover]\nlogos = "a.png"', {}, "最接近的是 logo"),
        ("[district_report]\ntitle = 3", {}, "title 应为文字"),
        ("", {"话": "一"}, "话.md 没有写进"),
        ('[[texts]]\nfile = "话.md"\nafter = "要点"', {"话": "一\n{{ satisfactio.value }}"}, "第 2 行.*satisfaction"),
        ('[[texts]]\nfile = "话.md"\nafter = "要点"', {"话": "{{ satisfaction.last }}"}, "没有 'last' 这一项"),
        ('[[texts]]\nfile = "话.md"\nafter = "要点"', {"话": "{{ satisfaction | per cent }}"}, "最接近的是 percent"),
        ('[[texts]]\nfile = "话.md"\nafter = "要点"', {"话": "{{ 得分.本期 | 百分数 }}"}, "不是百分数"),
        ('[[texts]]\nfile = "话.md"\nafter = "要点"', {"话": "{{ statistic.value }}"}, "要写明统计指标名称"),
        ("[cover", {}, "不是正确的 TOML"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_with_the_nearest_names(
    tmp_path: Path, toml: str, texts: dict[str, str], told: str
) -> None:
    _, faults = read_own_report(written(tmp_path, toml, **texts))
    assert faults
    assert any(re.search(told, fault) for fault in faults), faults


def test_texts_without_report_toml_are_refused(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "话.md").write_text("一", encoding="utf-8")
    assert "没有 report.toml" in read_own_report(tmp_path)[1][0]


def test_blanks_are_read_in_both_languages() -> None:
    text = "{{ satisfaction.value | percent }}{{ 居民满意度.上期 }}{{得分.名次|整数}}"
    assert [blank for _, blank in blanks_of(text)] == [
        Blank("satisfaction", "value", "percent"),
        Blank("satisfaction", "previous"),
        Blank("score", "rank", "integer"),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = write_zone(tmp_path_factory.mktemp("zone"))
    toml = '[cover]\nsubtitle = "二〇一九年第一号"\npicture = "封面.png"\nlogo = "标志.png"\naccent = "#7a1f1f"\n'
    toml += '[[texts]]\nfile = "话.md"\nafter = "总体情况"\n'
    text = "# 镇长的话\n\n{{ 单元.名称 }}在{{ period.name }}得{{ score.value }}，满意度{{ satisfaction | percent }}。"
    text += "\n\n办结率{{ 网格事项办结率.本期 | percent }}。"
    written(found, toml, 话=text)
    for name in ("封面.png", "标志.png"):
        (found / "report" / name).write_bytes(png())
    return found


@pytest.fixture(scope="module")
def town(folder: Path) -> Report:
    return govkit.open_report(folder, "甲镇", "2018H2")


def test_a_text_is_filled_with_the_report_s_numbers_and_says_what_is_unknown(town: Report) -> None:
    said = town.text("话.md").body[0]
    score = town.inputs.current.scores.loc[town.inputs.whole, "score"]
    assert "# 镇长的话" in said
    assert f"甲镇在2018H2得{score:.1f}分，满意度（无数据）。" in said
    assert "%。" in said


def test_a_text_nobody_named_is_answered_with_the_nearest(town: Report) -> None:
    with pytest.raises(UnknownNameError, match=r"话\.md"):
        town.text("话")


def test_the_cover_is_the_zone_s_own(town: Report) -> None:
    cover = town.cover("评价报告")
    assert (cover.subtitle, cover.accent) == ("二〇一九年第一号", "#7a1f1f")
    assert cover.picture.startswith("data:image/png")
    assert cover.logo.startswith("data:image/png")


def test_what_stands_in_zone_toml_and_in_report_is_refused(tmp_path: Path) -> None:
    found = written(write_zone(tmp_path), '[cover]\naccent = "#7a1f1f"')
    with (found / "zone.toml").open("a", encoding="utf-8") as file:
        file.write('accent = "#1f3a5f"\n')
    with pytest.raises(ZoneError, match="只留一处"):
        read_zone(found)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('[distric_report]\nwithout = ["要点"]', "district_report"),
        ('[district_report]\nsections = ["综合排名"]', "综合得分"),
        ('[district_report]\nwithout = ["要点"]\n[[texts]]\nfile = "话.md"\nafter = "要点"', "不含这一节"),
        ('[[texts]]\nfile = "话.md"\nafter = "要点"\ndistricts = ["甲县"]', "甲镇"),
        ('[[texts]]\nfile = "话.md"\nafter = "综合排名"\nin = ["district_report"]', "没有一种报告有这一节"),
    ],
    ids=["notebook", "section", "off", "unit", "nowhere"],
)
def test_an_arrangement_that_fits_no_report_is_refused_before_any_is_made(tmp_path: Path, toml: str, told: str) -> None:
    texts = {"话": "一"} if "话.md" in toml else {}
    zone = read_zone(written(write_zone(tmp_path), toml, **texts))
    with pytest.raises(GovkitError, match=told):
        check_own(zone, notebooks(zone.folder))


def test_the_command_line_lists_sections_and_measures_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("list", "sections") == 0
    assert "shortfalls\t存在问题" in capsys.readouterr().out
    assert exit_code("list", "measures") == 0
    assert "satisfaction\t居民满意度" in capsys.readouterr().out
