"""docs/new-zone.md followed to the letter: a sixth zone with its own standards and scheme, without a line of Python."""

from __future__ import annotations

import os
import re
import shlex
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from govkit import cli
from govkit.analysis.score.assess import assess_tables
from govkit.analysis.score.scheme import load_scheme
from govkit.analysis.standards.attainment import summary
from govkit.analysis.standards.fund_norms import against_norms
from govkit.analysis.standards.judged_by import _LOADERS, JudgedBy, judged_by
from govkit.analysis.standards.plan import plan_steps
from govkit.analysis.standards.standard_grades import grades
from govkit.zone.opening import Zone, open_zone

DOCUMENT = (Path(__file__).parents[1] / "docs" / "new-zone.md").read_text(encoding="utf-8")
WALK = DOCUMENT[: DOCUMENT.index("## 标准文件的写法")]
FORMATS = DOCUMENT[len(WALK) :]
COMMANDS = {line.split()[1]: shlex.split(line)[1:] for line in re.findall(r"^govkit .*$", WALK, re.MULTILINE)}
FILES = dict(re.findall(r"存为 `([^`]+)`：\n\n```toml\n(.*?)```", WALK, re.DOTALL))
PERIODS, JUDGED_BY = (
    next(block for block in re.findall(r"```toml\n(.*?)```", WALK, re.DOTALL) if block.startswith(head))
    for head in ("[[periods]]", "[judged_by]")
)


def run(name: str, folder: Path) -> int:
    """Run one of the document's commands in a folder; return its exit code."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        with pytest.raises(SystemExit) as left:
            cli.main(COMMANDS[name])
    finally:
        os.chdir(here)
    return int(left.value.code or 0)


def rows_of(workbook: str) -> list[dict[str, Any]]:
    """Return the rows the document gives for a workbook, by column head."""
    table = re.search(rf"`{re.escape(workbook)}`：\n\n((?:\|.*\n)+)", WALK)
    assert table
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def typed(text: str, head: str) -> Any:
    """Return a cell as a clerk's program stores it: a date, a number, or text."""
    if re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", text):
        return datetime.combine(date.fromisoformat(text.ljust(10, "x").replace("xxx", "-01")), datetime.min.time())
    number = text.isdigit() and "代码" not in head
    return float(text) if number else text or None


def fill(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    heads = {re.sub(r"[*\n（].*", "", str(cell.value).lstrip("*")): cell.column for cell in sheet[1]}
    for number, row in enumerate(rows_of(path.name), start=2):
        for head, text in row.items():
            sheet.cell(number, heads[head], typed(text, head))
    book.save(path)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which steps 1 to 5 of the document are done."""
    root = tmp_path_factory.mktemp("sixth")
    assert run("new", root) == 0
    folder = root / "示例区"
    for path in folder.glob("*.xlsx"):
        fill(path)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    text = (folder / "zone.toml").read_text(encoding="utf-8")
    text, changed = re.subn(r"\[\[periods\]\].*?(?=\n# ---- 数据来源)", PERIODS, text, count=1, flags=re.DOTALL)
    assert changed
    (folder / "zone.toml").write_text(f"{text}\n{JUDGED_BY}", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def zone(root: Path) -> Zone:
    return open_zone(root / "示例区")


@pytest.fixture(scope="module")
def judges(zone: Zone) -> JudgedBy:
    return judged_by(zone.settings.standards, zone.settings.scheme)


def test_the_document_names_every_file_it_makes() -> None:
    assert list(FILES) == ["我区设施.toml", "我区经费.toml", "我区计划.toml", "我区指标.toml"]
    assert list(COMMANDS) == ["new", "check", "report"]


@pytest.mark.parametrize(
    "text", re.findall(r"```toml\n(type = .*?)```", FORMATS, re.DOTALL), ids=lambda text: text.split('"')[1]
)
def test_every_format_the_document_describes_is_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    judged_by([str(tmp_path / "a.toml")])


def test_the_document_describes_every_type_of_standard() -> None:
    assert set(re.findall(r'^type = "(\w+)"', FORMATS, re.MULTILINE)) == set(_LOADERS)


def test_check_finds_nothing_wrong(root: Path, zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", root) == 0
    assert "错误 0 处，警告 0 处" in capsys.readouterr().out
    assert zone.accounts["rows_used"].sum() == zone.accounts["rows_read"].sum() == 60


def test_the_zones_own_facility_standard_grades_its_communities(zone: Zone, judges: JudgedBy) -> None:
    (standard,) = judges.standards
    found = grades(zone.tables, standard, zone.period("2025H2")).set_index("name")
    assert found["grade"].to_dict() == {
        "东一社区": "示范", "东二社区": "良好", "西一社区": "示范", "西二社区": "", "南山村": "良好", "北坡村": "合格",
    }  # fmt: skip
    assert found.at["南山村", "missing"] == ("每百户服务用房 20 m²（示范要求 500 m²，差 40 m²）",)
    assert found.at["东二社区", "cost_yuan"] == 40_000 + 50 * 3_000


def test_what_is_missing_is_costed_and_what_has_no_cost_is_said(zone: Zone, judges: JudgedBy) -> None:
    found = summary(zone.tables, judges.standards[0], zone.period("2025H2")).set_index("name")
    assert found.at["西二社区", "missing"] == ("每百户服务用房 20 m²", "议事协商章程")
    assert found.at["西二社区", "cost_yuan"] == 60 * 3_000
    assert found.at["西二社区", "uncosted"] == ("议事协商章程",)


def test_the_zones_own_funding_norms_tell_who_got_too_little(zone: Zone, judges: JudgedBy) -> None:
    found = against_norms(zone.tables, judges.fund_norms[0], zone.period("2025H2"))
    assert found.loc[~found["met"].astype(bool), "name"].tolist() == ["西二社区"]
    assert len(found) == 6


def test_the_zones_own_plan_tells_what_is_late(zone: Zone, judges: JudgedBy) -> None:
    found = plan_steps(zone.tables, judges.plans[0], zone.period("2025H2"))
    assert found["word"].tolist() == ["未完成", "未到期"]
    assert found.loc[0, ["planned", "actual", "days"]].tolist() == [6, 5, 61]


def test_the_zones_own_scheme_scores_and_ranks_its_districts(zone: Zone, judges: JudgedBy) -> None:
    assert judges.scheme is not None
    found = assess_tables(judges.scheme, zone.tables, zone.period("2025H2"))
    assert found.scores["score"].notna().all()
    assert sorted(found.scores["rank"]) == [1, 2, 3]


def test_a_mistake_is_told_as_the_document_says(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = root / "示例区" / "我区指标.toml"
    right = file.read_text(encoding="utf-8")
    head, tail = right.split('label = "事项办理"')
    try:
        file.write_text(f'{head}label = "事项办理"{tail.replace("weight = 0.5", "weight = 0.6", 1)}', encoding="utf-8")
        assert run("check", root) == 2
    finally:
        file.write_text(right, encoding="utf-8")
    (said,) = re.findall(r"```text\n(.*?)```", WALK, re.DOTALL)
    told = capsys.readouterr().err
    assert said in told
    assert f"位置：{file.resolve()}" in told


def test_an_edited_file_is_read_anew(zone: Zone) -> None:
    file = Path(zone.settings.scheme)
    right = file.read_text(encoding="utf-8")
    try:
        file.write_text(right.replace("best = 30", "best = 40"), encoding="utf-8")
        assert load_scheme(str(file)).nodes["premises"].best == 40  # type: ignore[union-attr]
    finally:
        file.write_text(right, encoding="utf-8")
    assert load_scheme(str(file)).nodes["premises"].best == 30  # type: ignore[union-attr]


@pytest.mark.long
def test_the_district_report_shows_the_zones_own_standard_and_scheme(root: Path) -> None:
    assert run("report", root) == 0
    page = (root / "示例区报告" / "230199001-东街街道.html").read_text(encoding="utf-8")
    for words in ("示例区社区服务设施标准", "示例区治理得分", "设施标准项目到位率", "图书阅览室"):
        assert words in page, words
