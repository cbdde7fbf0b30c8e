"""Missing is not nought: what was not provided makes no value, score, rank or problem worse, and is said."""

import pandas as pd
import pytest
from analysis_frames import CRS, ELM, FIRST, MARKET, OAK, RIVER, STREET, TOWN, frame, units, zone

from govkit.analysis.ledgers.problems import find_problems
from govkit.analysis.measures.funds import one_sided
from govkit.analysis.measures.measure import measure, measure_info
from govkit.analysis.score.assess import Assessment, assess_tables
from govkit.analysis.score.scheme import read_scheme
from govkit.analysis.standards.attainment import load_standard, summary
from govkit.intake import Source
from govkit.provided import ANYBODY
from govkit.zone.linking import half_reported


def services(*rows: tuple[object, ...]) -> dict[str, pd.DataFrame]:
    columns = "unit_code period item requested settled settled_in_unit hours responses satisfied"
    return {"units": units(), "services": frame(columns, *rows)}


def answered(unit: str, responses: int | None, satisfied: int | None) -> tuple[object, ...]:
    return (unit, "2018H1", "代缴费用", 10, 10, 10, 5.0, responses, satisfied)


def test_a_blank_numerator_takes_its_row_out_of_the_denominator_too() -> None:
    tables = services(answered(OAK, 50, 49), answered(ELM, 50, 50), answered(MARKET, 100, None))
    row = measure("satisfaction", tables, FIRST).loc[TOWN]
    assert row[["numerator", "denominator", "n", "rows_missing"]].tolist() == [99, 100, 2, 1]
    assert row["completeness"] == pytest.approx(2 / 3)


def test_a_community_that_did_not_report_at_all_lowers_the_completeness() -> None:
    row = measure("satisfaction", services(answered(OAK, 50, 49), answered(ELM, 50, 50)), FIRST).loc[TOWN]
    assert row["value"] == 0.99
    assert row["completeness"] == pytest.approx(2 / 3)


def test_a_row_that_nobody_was_asked_about_does_not_lower_it() -> None:
    tables = services(answered(RIVER, 50, 49), (RIVER, "2018H1", "开具证明", 9, 9, 9, 1.0, None, None))
    assert measure("satisfaction", tables, FIRST).loc[STREET, "completeness"] == 1


def test_a_column_that_nobody_filled_in_is_not_provided_and_not_nought() -> None:
    tables = zone()
    tables["grids"] = tables["grids"].assign(manager=pd.NA)
    found = measure("managed_grids", tables, FIRST, crs=CRS)
    assert found["value"].isna().all()
    assert "unmanaged_grids" not in set(find_problems(tables, FIRST, crs=CRS)["rule"])


def test_a_grid_without_a_manager_has_none_only_where_the_layer_is_complete() -> None:
    tables = zone()
    grids = tables["grids"].copy()
    grids["manager"] = grids["manager"].where(grids["grid_code"].ne("g1"))
    grids.attrs["complete"] = True
    assert measure("managed_grids", tables | {"grids": grids}, FIRST).loc[TOWN, "value"] == 0.5
    grids.attrs["complete"] = False
    short = measure("managed_grids", tables | {"grids": grids}, FIRST).loc[TOWN]
    assert short[["value", "n", "rows_missing"]].tolist() == [1, 1, 1]


@pytest.mark.parametrize(("stated", "coverage"), [({"complete": True}, 0.5), ({}, 1.0)], ids=["complete", "short"])
def test_a_community_without_premises_on_file_has_none_only_where_the_list_is_complete(
    stated: dict[str, bool], coverage: float
) -> None:
    tables = zone()
    tables["facilities"].attrs = dict(stated)
    row = measure("premises_coverage", tables, FIRST, by="zone").loc["zone"]
    assert row["value"] == coverage
    assert row["completeness"] == (1 if stated else 0.5)


def test_a_unit_of_which_a_row_was_set_aside_may_have_more_than_a_complete_list_shows() -> None:
    tables = zone()
    for name in ("facilities", "organisations"):
        tables[name].attrs = {"complete": True, "lost": (ELM, MARKET)}
    row = measure("premises_coverage", tables, FIRST, by="zone").loc["zone"]
    assert row[["value", "rows_missing"]].tolist() == [2 / 3, 1]  # ELM has premises all the same, MARKET may have
    area = measure("premises_per_100_households", tables, FIRST).loc[TOWN]
    assert area[["numerator", "rows_missing"]].tolist() == [120, 2]
    short = summary(tables, load_standard("daoli_village_centre"), FIRST)["missing"].map(len)
    assert short[ELM] == 0
    assert short[OAK] > 0


def test_a_row_of_nobody_knows_whom_may_be_anybodys() -> None:
    tables = zone()
    for name in ("facilities", "organisations"):
        tables[name].attrs = {"complete": True, "lost": (ANYBODY,)}
    row = measure("premises_coverage", tables, FIRST, by="zone").loc["zone"]
    assert row[["value", "completeness"]].tolist() == [1, 0.5]  # two have premises, of the two others nobody knows
    assert summary(tables, load_standard("daoli_village_centre"), FIRST)["missing"].map(len).sum() == 0


def test_a_census_vouches_for_its_own_period() -> None:
    tables = zone()
    tables["facilities"].attrs = {"census": pd.Timestamp("2018-05-01").date()}
    assert measure("premises_coverage", tables, FIRST, by="zone").loc["zone", "value"] == 0.5


def test_a_floor_area_left_blank_is_no_premises_of_nought() -> None:
    tables = zone()
    areas = tables["facilities"]["floor_area_m2"].where(tables["facilities"]["unit_code"].ne(OAK))
    tables["facilities"] = tables["facilities"].assign(floor_area_m2=areas)
    before = measure("premises_per_100_households", zone(), FIRST).loc[TOWN]
    row = measure("premises_per_100_households", tables, FIRST).loc[TOWN]
    assert (before["numerator"], before["denominator"]) == (240, 24)
    assert (row["numerator"], row["denominator"], row["rows_missing"]) == (120, 20, 1)


def test_a_short_list_proves_no_standard_unmet() -> None:
    tables = zone()
    for name in ("facilities", "organisations"):
        tables[name].attrs = {}
    found = summary(tables, load_standard("daoli_village_centre"), FIRST)
    assert found["met"].isna().all()
    assert found["missing"].map(len).eq(0).all()


def test_a_checklist_item_without_yes_or_no_counts_for_neither() -> None:
    tables = zone()
    tables["checklist"] = tables["checklist"].assign(
        met=tables["checklist"]["met"].where([True, True, True, False, True])
    )
    row = measure("checklist_rate:五个覆盖", tables, FIRST).loc[TOWN]
    assert row[["numerator", "denominator", "rows_missing"]].tolist() == [3, 3, 1]


def test_tasks_without_any_date_of_inspection_are_not_uninspected() -> None:
    tables = zone()
    tables["tasks"] = tables["tasks"].assign(last_inspected=pd.NaT)
    assert measure("tasks_inspected", tables, FIRST)["value"].isna().all()


def test_a_done_task_without_its_day_was_neither_on_time_nor_late() -> None:
    tables = zone()
    days = tables["tasks"]["closed_at"].where(tables["tasks"]["task_id"].ne("t1"))
    row = measure("tasks_on_time", tables | {"tasks": tables["tasks"].assign(closed_at=days)}, FIRST).loc[TOWN]
    assert row[["numerator", "denominator", "rows_missing"]].tolist() == [0, 2, 1]


def test_execution_counts_programmes_that_show_both_sides_and_the_others_are_listed() -> None:
    ledger = frame(
        "entry_id unit_code date direction source purpose amount_yuan period programme",
        ("1", OAK, "2018-02-01", "income", "区", "拨款", 100.0, "2018H1", "甲"),
        ("2", OAK, "2018-03-01", "expense", "区", "建设", 60.0, "2018H1", "甲"),
        ("3", ELM, "2018-03-01", "income", "区", "补贴", 900.0, "2018H1", "乙"),
    )
    tables = {"units": units(), "funds": ledger}
    row = measure("fund_execution", tables, FIRST).loc[TOWN]
    assert (row["numerator"], row["denominator"]) == (60, 100)
    assert one_sided(tables, FIRST)[["programme", "income", "expense"]].to_numpy().tolist() == [["乙", 900.0, 0.0]]


def scheme(**leaf: object) -> object:
    return read_scheme(
        "t",
        {
            "title": "试",
            "source": "试",
            "grades": [{"label": "好", "from": 0}],
            "groups": [],
            "leaves": [
                {"id": "happy", "label": "满意", "parent": "", "measure": "satisfaction", "weight": 0.5, "worst": 0.8,
                 "best": 1.0, "owner_level": "town", **leaf},
                {"id": "done", "label": "办结", "parent": "", "measure": "service_settled", "weight": 0.5, "worst": 0.5,
                 "best": 1.0, "owner_level": "town"},
            ],
        },
        where="t.toml",
    )  # fmt: skip


def test_a_value_that_rests_on_too_few_rows_is_shown_with_its_mark_and_not_scored() -> None:
    tables = services(answered(OAK, 50, 30), answered(ELM, 50, None), answered(MARKET, 50, None), answered(RIVER, 9, 9))
    leaf = assess_tables(scheme(), tables, FIRST).leaf_table(TOWN).loc["happy"]
    assert leaf["value"] == 0.6
    assert pd.isna(leaf["score"])
    assert (leaf["mark"], leaf["reason"]) == ("incomplete", "数据完整度33.3%，不计分")


def test_a_leaf_whose_column_was_not_provided_says_so() -> None:
    tables = services(*(answered(unit, 50, None) for unit in (OAK, ELM, MARKET, RIVER)))
    found = assess_tables(scheme(), tables, FIRST)
    leaf = found.leaf_table(TOWN).loc["happy"]
    assert found.scores.loc[TOWN, "score"] == 100
    assert (leaf["mark"], leaf["reason"]) == ("not_provided", "因未提供服务统计的“满意数”")


@pytest.mark.parametrize(("rule", "score"), [("reweight", 100), ("worst", 50), ("group_mean", 75), ("nearest", 75)])
def test_the_scheme_says_what_a_missing_leaf_does(rule: str, score: float) -> None:
    tables = services(*(answered(unit, 50, None) for unit in (OAK, ELM, MARKET)), answered(RIVER, 10, 9))
    found = assess_tables(scheme(missing=rule), tables, FIRST)
    assert found.scores.loc[TOWN, "score"] == pytest.approx(score)
    assert found.leaf_table(TOWN).loc["happy", "filled"] == (rule != "reweight")


def test_every_measure_states_what_it_needs_in_names_of_the_tables() -> None:
    assert measure_info("satisfaction").needs == ("services.responses", "services.satisfied")


def half(*rows: tuple[object, ...]) -> pd.DataFrame:
    return half_reported(Source("services", "服务.csv"), services(*rows)["services"])


def test_a_row_that_gives_one_of_two_numbers_is_found_once_for_its_unit() -> None:
    found = half(answered(OAK, 50, None), answered(OAK, 9, None), answered(ELM, 5, 5))
    assert found[["unit_code", "value", "column"]].to_numpy().tolist() == [[OAK, "2", "满意数"]]
    assert "不作 0" in found.loc[0, "reason"]


def test_a_column_that_nobody_filled_in_is_one_finding_for_the_whole_table() -> None:
    found = half(answered(OAK, 50, None), answered(ELM, 9, None))
    assert len(found) == 1
    assert "整列没有填写" in found.loc[0, "reason"]


def test_a_sum_without_its_base_is_no_share() -> None:
    rows = [
        (OAK, FIRST.id, "绿化", 30.0, 100.0),
        (ELM, FIRST.id, "绿化", 50.0, 100.0),
        (RIVER, FIRST.id, "绿化", 9.0, 30.0),
    ]
    told = frame("unit_code period item value base", *rows)
    leaf = {
        "id": "green",
        "label": "绿化率",
        "parent": "",
        "measure": "statistic:绿化",
        "weight": 1.0,
        "owner_level": "town",
    }
    whole = {"title": "试", "source": "试", "grades": [{"label": "好", "from": 0}], "groups": []}

    def scored(leaf: dict[str, object], statistics: pd.DataFrame) -> Assessment:
        scheme = read_scheme("t", {**whole, "leaves": [leaf]}, where="t")
        return assess_tables(scheme, {**zone(), "statistics": statistics}, FIRST)

    share = {**leaf, "worst": 0.2, "best": 0.6}
    total = {**leaf, "measure": "statistic:绿化|公顷", "worst": 0.0, "best": 100.0}
    assert scored(share, told).scores.at[TOWN, "score"] == pytest.approx(50)
    bare = scored(share, told.assign(base=float("nan")))
    assert bare.scores["score"].isna().all()
    assert bare.leaf_table(TOWN).at["green", "reason"] == "因未提供统计指标“绿化”的“基数”"
    assert scored(total, told.assign(base=float("nan"))).scores.at[TOWN, "score"] == pytest.approx(80)
    other = told.assign(period=["2018H2"] * 3)
    blank = scored(share, pd.concat([told.assign(base=float("nan")), other], ignore_index=True))
    assert blank.leaf_table(TOWN).at["green", "reason"] == "因本单元未提供所需数据"
