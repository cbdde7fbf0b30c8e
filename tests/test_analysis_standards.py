"""Standards: who meets them, what is missing, and what a bureau is told about a wrong file."""

from typing import Any

import pandas as pd
import pytest
from analysis_frames import ELM, FIRST, MARKET, OAK, SECOND, complete, frame, units, zone

from govkit import catalogue
from govkit.analysis.standards import attainment as standards
from govkit.analysis.standards import standard_file
from govkit.errors import CatalogueError, UnknownNameError

CENTRE = standards.load_standard("daoli_village_centre")


def stated(**item: Any) -> standards.Standard:
    """Return a standard of one item."""
    raw = {"title": "t", "source": "s", "applies_to": ["village"], "items": [{"id": "a", "label": "甲", **item}]}
    return standards.read_standard("small", raw, where="small.toml")


def test_the_village_centre_standard_is_two_ones_and_12345() -> None:
    groups = pd.Series([item.group for item in CENTRE.items]).value_counts(sort=False)
    assert groups.to_dict() == {"两个一": 2, "一校": 1, "两栏": 2, "三室": 3, "四站": 4, "五队": 5}


def test_every_item_names_what_it_demands() -> None:
    kinds = catalogue.load("codes")
    assert [item.label for item in CENTRE.items] == [
        kinds[standard_file.KIND_LISTS[item.table]][item.kinds[0]]["label"] for item in CENTRE.items
    ]


def test_a_standard_binds_only_its_kinds_of_community() -> None:
    assert standards.summary(zone(), CENTRE, FIRST).index.tolist() == [OAK, ELM]


def test_what_is_missing_is_named() -> None:
    found = standards.summary(zone(), CENTRE, SECOND)
    assert found["missing"].to_dict() == {OAK: (), ELM: ("治安巡逻队",)}
    assert found["met"].to_dict() == {OAK: True, ELM: False}
    assert found["items_met"].to_dict() == {OAK: 17, ELM: 16}


def test_a_facility_counts_from_the_period_it_opened_in() -> None:
    assert standards.summary(zone(), CENTRE, FIRST).at[OAK, "missing"] == ("医疗卫生站",)
    assert standards.summary(zone(), CENTRE, SECOND).at[OAK, "missing"] == ()


def test_a_facility_opened_on_the_last_day_counts() -> None:
    facilities, _ = complete(OAK)
    tables = {"units": units(), "facilities": facilities.assign(opened=pd.Timestamp("2018-06-30"))}
    assert standards.summary(tables, stated(table="facilities", kinds=["clinic"]), FIRST).at[OAK, "met"]


def test_large_centres_are_counted_beside_the_standard() -> None:
    tables = zone()
    area = tables["facilities"]["floor_area_m2"].where(tables["facilities"]["unit_code"] != ELM, 1000.0)
    tables["facilities"] = tables["facilities"].assign(floor_area_m2=area)
    assert standards.summary(tables, CENTRE, FIRST)["large_centres"].to_dict() == {OAK: 0, ELM: 1}


def test_a_missing_table_leaves_its_items_unknown_and_never_says_met() -> None:
    tables = {name: table for name, table in zone().items() if name != "organisations"}
    found = standards.summary(tables, CENTRE, SECOND)
    assert found["met"].isna().tolist() == [True, True]
    assert found["items_met"].tolist() == [12, 12]


def test_a_norm_per_100_households_grows_with_the_village() -> None:
    facilities, _ = complete(OAK)
    more, _ = complete(ELM)
    tables = {"units": units(), "facilities": pd.concat([facilities, more])}
    norm = stated(
        table="facilities", kinds=["service_centre"], quantity="floor_area_m2", least=30, per="100_households"
    )
    rows = standards.attainment(tables, norm, FIRST).set_index("unit_code")
    assert rows["required"].to_dict() == {OAK: 120.0, ELM: 240.0}
    assert rows["met"].to_dict() == {OAK: True, ELM: False}


def test_any_of_several_kinds_will_do() -> None:
    either = stated(table="facilities", kinds=["fitness_ground", "outdoor_ground"])
    assert standards.summary(zone(), either, FIRST)["met"].all()


def test_a_small_facility_does_not_count_where_a_floor_area_is_asked() -> None:
    large = stated(table="facilities", kinds=["service_centre"], min_floor_area_m2=121)
    assert not standards.summary(zone(), large, FIRST)["met"].any()


def test_a_checklist_item_counts_when_it_is_met_in_the_period() -> None:
    item = stated(table="checklist", list="五个覆盖", item="硬件")
    assert standards.summary(zone(), item, FIRST)["met"].to_dict() == {OAK: True, ELM: False}
    assert not standards.summary(zone(), item, SECOND)["met"].any()


def test_an_item_may_bind_fewer_kinds_than_its_standard() -> None:
    item = {"id": "a", "label": "甲", "table": "facilities", "kinds": ["clinic"], "applies_to": ["urban_community"]}
    raw = {"title": "t", "source": "s", "applies_to": ["village", "urban_community"], "items": [item]}
    found = standards.attainment(zone(), standards.read_standard("x", raw, where="x.toml"), FIRST)
    assert MARKET in found["unit_code"].tolist()
    assert OAK not in found["unit_code"].tolist()


def test_item_rates_count_the_villages_that_have_each_item() -> None:
    rates = standards.item_rates(standards.attainment(zone(), CENTRE, SECOND))
    assert rates.loc[["clinic", "patrol_team"], "rate"].tolist() == [1.0, 0.5]
    assert rates["units"].eq(2).all()
    rows = pd.DataFrame(
        {
            "item": list("aabb"),
            "group": "g",
            "label": list("aabb"),
            "met": pd.array([True, None] + [None] * 2, dtype="boolean"),
        }
    )
    told = standards.item_rates(rows)
    assert told[["units", "unknown"]].to_numpy().tolist() == [[2, 1], [2, 2]]
    assert told["units_met"].tolist() == [1, pd.NA]
    assert told["rate"].fillna(-1).tolist() == [1.0, -1.0]


def test_a_zone_without_villages_has_an_empty_summary() -> None:
    tables = zone() | {"units": units().loc[lambda table: table["kind"] != "village"]}
    assert standards.summary(tables, CENTRE, FIRST).empty


def test_an_organisation_of_another_period_does_not_count() -> None:
    teams = frame(
        "organisation_id unit_code kind name founded meetings period",
        ("o1", OAK, "culture_team", "队", None, None, "2018H2"),
    )
    team = stated(table="organisations", kinds=["culture_team"])
    found = standards.summary({"units": units(), "organisations": teams}, team, FIRST)
    assert not found.at[OAK, "met"]


def test_every_defect_of_a_file_is_told_at_once() -> None:
    raw = {
        "title": 1, "applies_to": ["vilage"],
        "items": [
            {"id": "a", "label": "甲", "table": "facilities", "kinds": ["clinik"], "leest": 2},
            {"id": "a", "label": "乙", "table": "organisations", "least": 0, "quantity": "floor_area_m2"},
            {"id": "b", "label": "丙", "table": "checklist", "list": "五个覆盖", "per": "household"},
        ],
    }  # fmt: skip
    with pytest.raises(CatalogueError) as error:
        standards.read_standard("wrong", raw, where="wrong.toml")
    text = str(error.value)
    for part in (
        "wrong.toml", "title 的类型不对", "缺少 source", "'vilage'", "'clinik'", "'leest'", "least 应大于 0",
        "quantity 没有 'floor_area_m2'", "缺少 kinds", "缺少 list 或 item", "'household'", "id 重复：'a'",
        "[[items]] 第 2 项（a）",
    ):  # fmt: skip
        assert part in text


def test_an_unknown_standard_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="daoli_village_centre"):
        standards.load_standard("daoli_village_center")


def test_yardsticks_are_not_taken_for_a_standard() -> None:
    assert standards.standard_type("community_service_plan_14th") == "yardsticks"
    with pytest.raises(CatalogueError, match="不是设施标准"):
        standards.load_standard("community_service_plan_14th")
