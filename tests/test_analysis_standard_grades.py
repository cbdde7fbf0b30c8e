"""Alternatives, whom an item binds, unit costs and the ladder of grades of a facility standard."""

import tomllib
from typing import Any

import hypothesis.strategies as st
import pandas as pd
import pytest
from analysis_frames import ELM, FIRST, OAK, SECOND, units, zone
from hypothesis import given, settings

from govkit.analysis.standards import attainment as standards
from govkit.analysis.standards.standard_file import Standard, read_standard
from govkit.analysis.standards.standard_grades import grade_counts, grades
from govkit.errors import CatalogueError

# In the first half of 2018 the oak village lacks its clinic, the elm village its patrol team; both centres have 120 m².
CLINIC = {"id": "clinic", "label": "卫生站", "table": "facilities", "kinds": ["clinic"]}
PATROL = {"id": "patrol", "label": "巡逻队", "table": "organisations", "kinds": ["patrol_team"]}
ROOMS = {
    "id": "rooms", "label": "用房", "table": "facilities", "kinds": ["service_centre"], "quantity": "floor_area_m2",
    "least": 200,
}  # fmt: skip


def standard(*items: dict[str, Any], **top: Any) -> Standard:
    raw = {"title": "t", "source": "s", "applies_to": ["village"], "items": list(items), **top}
    return read_standard("small", raw, where="small.toml")


def met(*items: dict[str, Any]) -> dict[str, bool]:
    return standards.summary(zone(), standard(*items), FIRST)["met"].to_dict()


# -- alternatives


@pytest.mark.parametrize(
    "other",
    [
        {"kinds": ["service_centre"], "min_floor_area_m2": 100},
        {"kinds": ["service_centre"], "quantity": "floor_area_m2", "least": 110},
        {"table": "checklist", "list": "五个覆盖", "item": "硬件"},
        {"table": "organisations", "kinds": ["patrol_team"]},
    ],
    ids=["larger elsewhere", "area elsewhere", "on the checklist", "another table"],
)
def test_an_item_is_met_in_any_one_of_its_ways(other: dict[str, Any]) -> None:
    assert met(CLINIC) == {OAK: False, ELM: True}
    assert met({**CLINIC, "alternatives": [other]}) == {OAK: True, ELM: True}


def test_the_way_that_meets_an_item_is_named_and_its_own_amounts_stay() -> None:
    other = {"label": "以大代小", "kinds": ["service_centre"], "min_floor_area_m2": 100}
    rows = standards.attainment(zone(), standard({**CLINIC, "alternatives": [other]}), FIRST).set_index("unit_code")
    assert rows["way"].to_dict() == {OAK: "以大代小", ELM: ""}
    assert rows.loc[OAK, ["required", "found", "short"]].tolist() == [1, 0, 0]


def test_an_item_is_unknown_while_an_alternative_is() -> None:
    tables = {name: table for name, table in zone().items() if name != "checklist"}
    item = {**CLINIC, "alternatives": [{"table": "checklist", "list": "五个覆盖", "item": "硬件"}]}
    rows = standards.attainment(tables, standard(item), FIRST).set_index("unit_code")
    assert pd.isna(rows.at[OAK, "met"])
    assert rows.at[ELM, "met"]


# -- whom an item binds


def bound(**demand: Any) -> list[str]:
    tables = zone() | {"units": units().assign(type=[None, None, None, "景区型", "搬迁型", None, None])}
    return standards.attainment(tables, standard({**CLINIC, **demand}), FIRST)["unit_code"].tolist()


@pytest.mark.parametrize(
    ("demand", "expected"),
    [
        ({"types": ["景区型"]}, [OAK]),
        ({"types": ["街道型"]}, []),
        ({"least_households": 401}, [ELM]),
        ({"most_households": 400}, [OAK]),
        ({"least_households": 400, "most_households": 800}, [OAK, ELM]),
        ({"applies_to": ["urban_community"]}, []),
    ],
)
def test_an_item_binds_by_type_households_and_kind(demand: dict[str, Any], expected: list[str]) -> None:
    assert bound(**demand) == expected


def test_a_standard_may_bind_by_type_and_households_as_a_whole() -> None:
    whole = standard(CLINIC, least_households=500)
    assert standards.summary(zone(), whole, FIRST).index.tolist() == [ELM]


def test_a_zone_without_types_has_no_community_of_a_type() -> None:
    assert standards.attainment(zone(), standard({**CLINIC, "types": ["景区型"]}), FIRST).empty


def test_unknown_households_leave_it_unknown_whether_an_item_is_lacking() -> None:
    tables = zone() | {"units": units().assign(households=pd.array([pd.NA] * 7, dtype="Int64"))}
    rows = standards.attainment(tables, standard({**CLINIC, "least_households": 100}), FIRST)
    assert rows["met"].isna().all()


# -- costs


def test_what_is_missing_costs_its_amount_times_the_unit_cost() -> None:
    priced = standard({**CLINIC, "unit_cost_yuan": 50_000}, {**ROOMS, "unit_cost_yuan": 2_000}, PATROL)
    found = standards.summary(zone(), priced, FIRST)
    assert found["cost_yuan"].to_dict() == {OAK: 50_000 + 80 * 2_000, ELM: 80 * 2_000}
    assert found["uncosted"].to_dict() == {OAK: (), ELM: ("巡逻队",)}


def test_without_unit_costs_the_cost_is_missing_and_nothing_missing_costs_nothing() -> None:
    found = standards.summary(zone(), standard(CLINIC), FIRST)["cost_yuan"]
    assert pd.isna(found[OAK])
    assert found[ELM] == 0


def test_the_cheapest_way_with_a_unit_cost_counts() -> None:
    other = {"kinds": ["reading_room"], "least": 2, "unit_cost_yuan": 9_000}
    item = {**CLINIC, "unit_cost_yuan": 50_000, "alternatives": [other]}
    assert standards.summary(zone(), standard(item), FIRST).at[OAK, "cost_yuan"] == 9_000


def test_nobody_builds_a_part_of_a_facility() -> None:
    norm = {**CLINIC, "least": 0.3, "per": "100_households", "unit_cost_yuan": 1_000}
    rows = standards.attainment(zone(), standard(norm), SECOND).set_index("unit_code")
    # 400 households ask for 1.2 clinics, 800 for 2.4; each village has one.
    assert rows["short"].to_dict() == {OAK: 1, ELM: 2}
    assert rows["cost_yuan"].to_dict() == {OAK: 1_000, ELM: 2_000}


def test_costs_are_summed_by_item_and_a_missing_one_is_said() -> None:
    stated = standard(CLINIC, {**ROOMS, "unit_cost_yuan": 2_000})
    found = standards.item_costs(standards.attainment(zone(), stated, FIRST), stated)
    assert found.loc["rooms", ["units", "short", "unit", "unit_cost_yuan", "cost_yuan"]].tolist() == [
        2, 160.0, "m²", 2_000.0, 320_000.0,
    ]  # fmt: skip
    assert found.loc["clinic", ["unit_cost_yuan", "cost_yuan"]].isna().all()


# -- grades

LADDER = [
    {"label": "合格", "items": ["clinic"]},
    {"label": "良好", "items_least": 2},
    {"label": "优秀", "items": ["patrol"], "minimums": {"rooms": 150}},
]


def graded(*items: dict[str, Any], ladder: Any = LADDER, tables: Any = None) -> pd.DataFrame:
    return grades(tables or zone(), standard(*items, grades=ladder), SECOND)


def test_a_grade_needs_its_own_demands_and_those_below() -> None:
    # Oak has clinic and patrol team, elm the clinic alone; neither has 150 m².
    found = graded(CLINIC, PATROL, ROOMS)
    assert found["grade"].to_dict() == {OAK: "良好", ELM: "合格"}
    assert found["step"].to_dict() == {OAK: 2, ELM: 1}
    assert found["next_grade"].to_dict() == {OAK: "优秀", ELM: "良好"}


def test_the_distance_counts_items_and_names_amounts() -> None:
    found = graded(CLINIC, PATROL, ROOMS)
    assert found["distance"].to_dict() == {OAK: 1, ELM: 1}
    assert found["missing"].to_dict() == {
        OAK: ("用房（优秀要求 150 m²，差 30 m²）",),
        ELM: ("另任选 1 项：巡逻队、用房",),
    }


def test_where_nothing_is_left_to_choose_the_items_are_named() -> None:
    found = graded(CLINIC, PATROL, ladder=[{"label": "全", "items_least": 2}])
    assert found["missing"].to_dict() == {OAK: (), ELM: ("巡逻队",)}


def test_a_minimum_of_facilities_lacks_whole_ones() -> None:
    found = graded(CLINIC, ladder=[{"label": "多", "minimums": {"clinic": 2.5}}])
    assert found["missing"].tolist() == [("卫生站（多要求 3 个，差 2 个）",)] * 2


def test_a_grade_out_of_reach_above_a_failed_one_does_not_count() -> None:
    ladder = [{"label": "低", "items": ["rooms"]}, {"label": "高", "items": ["clinic"]}]
    found = graded(CLINIC, ROOMS, ladder=ladder)
    assert found["grade"].tolist() == ["", ""]
    assert found["missing"].tolist() == [("用房（差 80 m²）",)] * 2


def test_the_top_of_the_ladder_has_no_next_grade() -> None:
    found = graded(CLINIC, ladder=LADDER[:1])
    assert found["grade"].tolist() == ["合格", "合格"]
    assert found["next_grade"].tolist() == ["", ""]
    assert found[["distance", "cost_yuan"]].eq(0).all(axis=None)


def test_the_next_grade_costs_what_is_lacking_and_the_cheapest_choice() -> None:
    dear, cheap = {**ROOMS, "unit_cost_yuan": 2_000}, {**PATROL, "unit_cost_yuan": 300}
    found = graded(CLINIC, dear, cheap)
    # Oak lacks 30 m² for the third grade; elm one item of its choice for the second.
    assert found["cost_yuan"].to_dict() == {OAK: 60_000, ELM: 300}


def test_what_has_no_unit_cost_is_named_beside_the_cost() -> None:
    ladder = [{"label": "优秀", "items": ["patrol", "rooms"]}]
    found = graded(PATROL, {**ROOMS, "unit_cost_yuan": 2_000}, ladder=ladder)
    assert found.at[ELM, "cost_yuan"] == 160_000
    assert found.at[ELM, "uncosted"] == ("巡逻队",)


def test_an_item_that_does_not_bind_a_community_is_not_asked_of_it() -> None:
    town_only = {**PATROL, "least_households": 1_000}
    found = graded(CLINIC, town_only, ladder=[{"label": "全", "items": ["clinic", "patrol"], "items_least": 2}])
    assert found["grade"].tolist() == ["全", "全"]


def test_a_grade_that_hangs_on_a_missing_table_is_unknown() -> None:
    tables = {name: table for name, table in zone().items() if name != "organisations"}
    found = graded(CLINIC, PATROL, ROOMS, tables=tables)
    assert found[["grade", "step", "next_grade", "distance"]].isna().all(axis=None)
    assert graded(CLINIC, PATROL, ladder=LADDER[:1], tables=tables)["grade"].tolist() == ["合格", "合格"]


def test_grades_are_counted_from_the_highest_down() -> None:
    whole = standard(CLINIC, PATROL, ROOMS, grades=LADDER)
    counts = grade_counts(grades(zone(), whole, SECOND), whole)
    assert counts["units"].to_dict() == {"优秀": 0, "良好": 1, "合格": 1, "": 0}
    assert counts["share"].sum() == 1


def test_a_standard_without_grades_has_none_to_give() -> None:
    with pytest.raises(CatalogueError, match="没有分等"):
        graded(CLINIC, ladder=[])


@settings(deadline=None, max_examples=8)
@given(st.sets(st.sampled_from(["clinic", "police_room", "reading_room", "activity_room"])), st.integers(1, 4))
def test_what_is_lacking_for_a_grade_is_what_would_reach_it(gone: set[str], least: int) -> None:
    tables = zone()
    kinds = ["clinic", "police_room", "reading_room", "activity_room"]
    facilities = tables["facilities"].loc[lambda table: ~table["kind"].isin(gone)]
    items = [{"id": kind, "label": kind, "table": "facilities", "kinds": [kind]} for kind in kinds]
    whole = standard(*items, grades=[{"label": "达标", "items_least": least}])
    found = grades(tables | {"facilities": facilities}, whole, SECOND)
    assert (found["distance"] == max(least - (4 - len(gone)), 0)).all()
    assert (found["grade"].eq("达标") == found["distance"].eq(0)).all()


# -- wrong files


def test_every_defect_of_the_new_keys_is_told_at_once() -> None:
    raw = {
        "title": "t", "source": "s", "applies_to": ["village"],
        "items": [
            {**ROOMS, "types": "景区型"},
            {**CLINIC, "unit_cost_yuan": 0, "least_households": 9, "most_households": 1},
            {**PATROL, "alternatives": [{"kinds": ["x"]}, {"table": "checklist"}, {"id": "a"}]},
        ],
        "grades": [
            {"label": "甲"},
            {"label": "甲", "items": ["klinik"], "items_least": 4, "minimums": {"clinic": -1, "nothing": 1}},
        ],
    }  # fmt: skip
    with pytest.raises(CatalogueError) as error:
        read_standard("wrong", raw, where="wrong.toml")
    text = str(error.value)
    for part in (
        "types 的类型不对", "unit_cost_yuan 应大于 0", "least_households 9 大于 most_households 1",
        "[[items]] 第 3 项（patrol） 的第 1 种替代（alternatives）：kinds 没有 'x'", "缺少 list 或 item",
        "没有 'id' 这一项", "没有要求；请写 items", "items 没有 'klinik'", "items_least 应在 1 至 3",
        "minimums 里 clinic 应为大于 0",
        "minimums 没有 'nothing'", "label 重复：'甲'",
    ):  # fmt: skip
        assert part in text, part


TEXT = """\
title = "t"
source = "s"
applies_to = ["village"]

[[items]]
id = "clinic"
label = "卫生站"
table = "facilities"
kinds = ["clinic"]
least = 0

[[grades]]
label = "甲"
items = ["klinik"]
"""


def test_a_defect_is_told_with_its_line() -> None:
    with pytest.raises(CatalogueError) as error:
        read_standard("wrong", tomllib.loads(TEXT), where="wrong.toml", text=TEXT)
    assert "第 10 行，[[items]] 第 1 项（clinic）：least 应大于 0" in str(error.value)
    assert "第 14 行，[[grades]] 第 1 项（甲）：items 没有 'klinik' 这个取值，可用的是 clinic" in str(error.value)
