"""Sections: one subject, one frozen bundle, the same for report, overview and deck."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from three_towns import write_zone

import govkit
from govkit.digests import digest
from govkit.display import front
from govkit.display.charts import ChartFigure
from govkit.display.front import Absent
from govkit.display.maps import Quantity
from govkit.display.tables.table import Table
from govkit.display.words.numbers import tight
from govkit.errors import UnknownNameError
from govkit.sections import section as section_
from govkit.sections.chapters import shortages
from govkit.sections.facilities import without_usual
from govkit.sections.report import SECTIONS, Report
from govkit.sections.section import cited
from govkit.sections.shared import kept_numbers, shared_numbers

DATA = Path(__file__).parents[1] / "data"
OF_ZONES = {
    "ranks", "reliability", "comparability", "experts", "pilot", "bulletin_summary", "followed", "ledger",
    "by_district", "key_figures", "attained", "score_slides", "ranking_slides",
}  # fmt: skip
OF_DISTRICTS = {"scores"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_zone(tmp_path_factory.mktemp("zone"))


@pytest.fixture(scope="module")
def town(folder: Path) -> Report:
    return govkit.open_report(folder, "甲镇", "2018H2")


@pytest.fixture(scope="module")
def whole(folder: Path) -> Report:
    return govkit.open_report(folder, period="2018H2")


@pytest.mark.parametrize("name", sorted(set(SECTIONS) - OF_ZONES))
def test_a_district_has_the_section(town: Report, name: str) -> None:
    assert town.section(name).id


@pytest.mark.parametrize("name", sorted(set(SECTIONS) - OF_DISTRICTS))
def test_a_zone_has_the_section(whole: Report, name: str) -> None:
    assert whole.section(name).id


def test_the_last_period_is_meant_where_none_is_named(folder: Path) -> None:
    assert govkit.open_report(folder).inputs.now.id == "2018H2"


def test_an_unknown_section_is_answered_with_the_nearest_names(town: Report) -> None:
    with pytest.raises(UnknownNameError, match="matters"):
        town.section("matter")


def test_a_section_shows_its_title_then_its_body(town: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(front, "ipython_display", lambda item, metadata: shown.append(item))
    monkeypatch.setattr(section_, "ipython_display", lambda announced, raw: None)
    section = town.matters()
    section.show()
    assert shown[0].data == "## 事项办理"
    assert len(shown) == 1 + len(section.body)
    assert section.finding == section.paragraphs[0]


def test_a_section_without_its_table_says_which(town: Report) -> None:
    section = town.funds()
    assert section.missing == ("专项资金台账",)
    assert not section.known
    assert isinstance(section.body[0], Absent)


def test_a_district_s_part_is_its_own_row_alone(folder: Path) -> None:
    shared = shared_numbers(govkit.open_zone(folder), "2018H2")
    part = shared.of("230102101000")
    assert part.current is not None
    assert part.previous is not None
    assert list(part.current.scores.index) == list(part.previous.scores.index) == ["230102101000"]
    assert all(list(frame.index) == ["230102101000"] for frame in part.current.values.values())


def test_equal_parts_have_equal_digests_and_different_ones_differ(folder: Path) -> None:
    shared = shared_numbers(govkit.open_zone(folder), "2018H2")
    again = shared_numbers(govkit.open_zone(folder), "2018H2")
    codes = list(shared.districts["unit_code"])
    assert [digest(shared.of(code)) for code in codes] == [digest(again.of(code)) for code in codes]
    assert len({digest(shared.of(code)) for code in codes}) == len(codes)


def test_the_score_of_a_part_is_the_score_of_the_whole(folder: Path, town: Report) -> None:
    shared = shared_numbers(govkit.open_zone(folder), "2018H2")
    assert shared.current is not None
    assert town.inputs.common.current is not None
    own = town.inputs.common.current.scores
    pd.testing.assert_frame_equal(own, shared.current.scores.loc[["230102101000"]])


def test_a_leaf_without_a_score_neither_brings_nor_loses_points(town: Report) -> None:
    table = next(one for one in town.section("scores").body if getattr(one, "title", "") == "各项指标实际值与得分")
    keys = [column.label for column in table.columns]
    score, brought, lost = (keys.index(one) for one in ("得分", "贡献", "失分"))
    unknown = [row for row in table.rows if row[score] == "—" and row[0] != "合计"]
    assert unknown
    assert {(row[brought], row[lost]) for row in unknown} == {("—", "—")}
    assert "—" not in (table.rows[-1][brought], table.rows[-1][lost])


@pytest.mark.parametrize(("days", "said"), [(0, "均为期末当日到期"), (9, "最长9天")])
def test_tasks_due_on_the_last_day_are_not_overdue_by_days(
    town: Report, days: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = town.inputs.communities["unit_code"].iloc[0]
    late = pd.DataFrame(
        {"task_id": list("abcdefgh"), "unit_code": unit, "indicator": "走访", "problem": None, "days": days}
    )
    monkeypatch.setattr(shortages, "overdue_tasks", lambda *_: late.assign(due=pd.Timestamp("2018-12-31")))
    monkeypatch.setattr(shortages, "uninspected_tasks", lambda *_: late[:0])
    monkeypatch.setattr(shortages, "_task_rows", lambda rows: rows)
    monkeypatch.setattr(shortages, "report_table", lambda *_: None)
    for name in ("since", "due", "raised", "owner"):
        monkeypatch.setattr(shortages, name, lambda *_: "")
    point = shortages.tasks(town.inputs, SimpleNamespace(severity="severe", owner_level="community"))
    assert point.brief == f"8项任务逾期，{said}"
    assert ("0天" in point.text) is False


def test_the_deck_tells_the_same_change_as_the_overview() -> None:
    report = govkit.open_report(DATA / "daoli", period="2018H2")
    shown = {one.label: one.remark.replace("\\", "") for one in report.key_figures().slide[0].figures}
    said = report.matters().finding.replace("\\", "")
    assert tight(shown["网格内办结占比"].removeprefix("较上期")) in said


def test_what_all_share_is_found_once_for_a_zone_as_it_is(folder: Path) -> None:
    zone = govkit.open_zone(folder)
    assert kept_numbers(zone, "2018H2") is kept_numbers(govkit.open_zone(folder), "2018H2")
    zone.tables["facilities"].loc[0, "name"] = "另一处"
    assert kept_numbers(zone, "2018H2") is not kept_numbers(govkit.open_zone(folder), "2018H2")


@pytest.mark.parametrize(
    ("values", "said"),
    [((3.0, 1.0, 2.0), "甲镇3件；丙镇2件；乙镇1件"), ((5.0, None, 2.0), "甲镇5件；丙镇2件")],
    ids=["all", "one without"],
)
def test_up_to_four_values_are_bars_the_highest_first(whole: Report, values: tuple[Any, ...], said: str) -> None:
    given = pd.Series(values, index=whole.inputs.members["unit_code"], dtype="float64")
    chart = whole.inputs.map(given, "各镇未结事项", Quantity("未结", "integer", "件"))
    assert isinstance(chart, ChartFigure)
    assert said in chart.alt
    assert chart.note == ("注：另有1个单位没有可用的数，未列" if None in values else "")


@pytest.mark.parametrize(
    ("value", "said"), [(5.0, "各镇未结事项3个单位均为5件。"), (None, "各镇未结事项没有可用的数。")]
)
def test_equal_or_missing_values_are_a_sentence_and_no_map(whole: Report, value: float | None, said: str) -> None:
    given = pd.Series(value, index=whole.inputs.members["unit_code"], dtype="float64")
    shown = whole.inputs.map(given, "各镇未结事项", Quantity("未结", "integer", "件"))
    assert shown == Absent(said, figures=1)


def test_a_community_lacks_what_half_of_those_of_its_kind_have() -> None:
    units = pd.DataFrame(
        {"unit_code": ["1", "2", "3", "4"], "kind": ["village", "village", "village", "urban_community"]}
    )
    held = pd.DataFrame({"unit_code": ["1", "1", "2", "4"], "kind": ["clinic", "library", "clinic", "library"]})
    assert without_usual(held, units).to_dict() == {"1": [], "2": [], "3": ["医疗卫生站"], "4": []}


def test_tables_and_figures_are_named_by_the_text_before_them() -> None:
    table, chart = Table("表", (), ()), object()
    assert cited(["甲。", table, chart, None, "乙（见图）。", chart])[0] == "甲（见表、图）。"
    assert cited(["甲。", "乙。", chart], first=True)[:2] == ["甲（见图）。", "乙。"]
    assert cited(["It rose.", chart, table])[0] == "It rose (see figure, table)."
    for body in (["甲见表。", table], ["# 题", table], ["甲：", table], ["甲。", Absent("没有数据。")], ["甲。"]):
        assert cited(body)[0] == body[0]
