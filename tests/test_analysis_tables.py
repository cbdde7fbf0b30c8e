"""Matters, services, funds and ledgers as tables: hand-checked on the small zone."""

import math

import pandas as pd
import pytest
from analysis_frames import FIRST, RIVER, SECOND, STREET, TOWN, units, zone

from govkit.analysis.ledgers import checklists as ledgers
from govkit.analysis.measures import funds, matters, services
from govkit.analysis.standards.yardsticks import against_yardsticks, load_yardsticks, read_yardsticks
from govkit.errors import CatalogueError, UnknownNameError


def test_settled_levels_give_counts_and_shares_that_sum_to_one() -> None:
    found = matters.settled_levels(zone(), FIRST).loc[TOWN]
    assert found[["n", "grid", "village", "town", "above"]].tolist() == [3, 2, 1, 0, 0]
    assert found[["grid_share", "village_share"]].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_a_unit_without_settled_matters_has_no_shares() -> None:
    found = matters.settled_levels(zone(), SECOND)
    assert found.loc[TOWN, "n"] == 0
    assert math.isnan(found.loc[TOWN, "grid_share"])


def test_settling_counts_open_and_overdue_matters() -> None:
    # e4 was reported more than 30 days before the first of July, e5 exactly 30 days before.
    found = matters.settling(zone(), FIRST).loc[TOWN]
    assert found[["reported", "settled", "open", "overdue"]].tolist() == [5, 3, 2, 1]
    assert found[["hours_median", "hours_p90"]].tolist() == pytest.approx([4.0, 20.0])


def test_settling_by_level_lists_every_level() -> None:
    found = matters.settling_by_level(zone(), FIRST)
    assert found["settled"].to_dict() == {"grid": 2, "village": 1, "town": 1, "above": 0}
    assert found.loc["grid", "hours_median"] == 3.0


def test_settling_by_kind_says_what_stays_in_the_grid() -> None:
    found = matters.settling_by_kind(zone(), FIRST).loc["环境卫生"]
    assert found[["reported", "settled"]].tolist() == [6, 4]
    assert found["in_grid_share"] == 0.5
    tables = zone()
    tables["events"] = tables["events"].assign(kind=None)
    assert matters.settling_by_kind(tables, FIRST)["reported"].to_dict() == {"未分类": 6}


def test_service_totals_leave_employment_out_of_errands() -> None:
    found = services.service_totals(zone(), FIRST, area="rural").loc[TOWN]
    assert found[["requested", "settled", "settled_in_unit"]].tolist() == [100, 96, 80]
    assert found[["inside_rate", "settled_rate", "hours_per_case"]].tolist() == pytest.approx([0.8, 0.96, 2.0])


def test_services_by_item_take_every_line_when_none_is_named() -> None:
    found = services.services_by_item(zone(), FIRST, area="rural", line="")
    assert found["requested"].to_dict() == {"代缴费用": 100, "富余劳动力就业": 10}


def test_an_unknown_service_line_names_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="employment_older"):
        services.service_totals(zone(), FIRST, line="employment_old")


def test_satisfaction_comes_with_n_and_an_interval() -> None:
    found = services.satisfaction(zone(), FIRST)
    assert found.loc[TOWN, ["n", "satisfied", "rate"]].tolist() == [100, 94, 0.94]
    # answers cluster in communities: the interval is wider than Wilson's for 94 of 100, 87.52 to 97.22 %
    assert found.at[TOWN, "low"] < 0.8752
    assert found.at[TOWN, "high"] > 0.9722
    assert found.loc[STREET, "n"] == 0
    assert found.loc[STREET, ["rate", "low", "high"]].isna().all()


def test_fund_totals_tell_what_was_spent_outside_its_purposes() -> None:
    found = funds.fund_totals(zone(), FIRST).loc[TOWN]
    assert found[["income", "expense", "balance", "outside"]].tolist() == [100_000, 80_000, 20_000, 20_000]
    assert found[["execution", "compliance"]].tolist() == [0.8, 0.75]


def test_a_purpose_is_compared_without_spaces() -> None:
    assert funds.spent_outside(zone(), FIRST)["entry_id"].tolist() == ["f3"]


def test_funds_by_source_keep_lines_without_one() -> None:
    found = funds.funds_by(zone(), FIRST, column="source")
    assert found["amount_yuan"].to_dict() == {"区财政": 60_000, "未注明": 20_000}
    assert found["share"].sum() == 1.0


def test_funds_by_an_unknown_column_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="purpose"):
        funds.funds_by(zone(), FIRST, column="purposes")


def test_the_three_by_three_ledger_counts_each_level() -> None:
    found = ledgers.three_by_three(zone(), FIRST)
    assert found["tasks"].to_dict() == {"county": 1, "town": 1, "village": 2}
    assert found["commitments"].to_dict() == {"county": 1, "town": 1, "village": 1}
    assert found["inspected"].to_dict() == {"county": 1, "town": 1, "village": 0}
    assert found["overdue"].to_dict() == {"county": 0, "town": 0, "village": 1}
    assert found["done_rate"].to_dict() == {"county": 1.0, "town": 1.0, "village": 0.0}


def test_overdue_tasks_say_for_how_many_days() -> None:
    found = ledgers.overdue_tasks(zone(), FIRST)
    assert found[["task_id", "days"]].values.tolist() == [["t3", 10]]


def test_a_task_closed_after_the_period_was_open_at_its_end() -> None:
    late = zone()["tasks"].assign(closed_at=pd.Timestamp("2018-07-01"), state="done")
    assert ledgers.three_by_three({"units": units(), "tasks": late}, FIRST)["done"].sum() == 0


def test_checklist_items_count_units_and_evidence() -> None:
    found = ledgers.checklist_items(zone(), FIRST)
    assert found.loc[("五个覆盖", "规划")].tolist() == [2, 2, 2, 1.0, 0]
    assert found.loc[("五个覆盖", "硬件")].tolist() == [2, 1, 0, 0.5, 0]


def test_yardsticks_judge_each_district_by_what_applies_to_it() -> None:
    found = against_yardsticks(zone(), [load_yardsticks("community_service_plan_14th")], FIRST, look_back=True)
    town = found.loc[found["district_code"] == TOWN].set_index("yardstick")
    assert bool(town.at["premises_coverage_rural", "met"]) is True
    assert bool(town.at["premises_per_100_households", "met"]) is False
    assert bool(town.at["workers_per_10000", "met"]) is True
    assert "premises_coverage_rural" not in found.loc[found["district_code"] == STREET, "yardstick"].tolist()


def test_a_mean_within_a_range_meets_its_yardstick() -> None:
    found = against_yardsticks(zone(), [load_yardsticks("community_service_plan_14th")], FIRST, by="unit_code")
    row = found.loc[(found["yardstick"] == "households_per_grid") & (found["unit_code"] == RIVER)].iloc[0]
    assert (row["value"], row["least"], row["most"], bool(row["met"])) == (400.0, 300.0, 500.0, True)


def test_every_defect_of_a_yardstick_file_is_told() -> None:
    raw = {
        "type": "yardsticks", "title": "t", "source": "s",
        "yardsticks": [
            {"id": "a", "label": "甲", "measure": "satisfactio", "source": "s", "least": 2, "most": 1},
            {"id": "a", "label": "乙", "measure": "satisfaction", "source": "s", "applies_to": "town"},
        ],
    }  # fmt: skip
    with pytest.raises(CatalogueError) as error:
        read_yardsticks("x", raw, where="x.toml")
    for part in ("satisfactio'", "least 2 大于 most 1", "缺少 least 或 most", "'town'", "id 重复：'a'"):
        assert part in str(error.value)


def test_a_standard_is_not_taken_for_yardsticks() -> None:
    with pytest.raises(CatalogueError, match="不是国家尺度"):
        load_yardsticks("daoli_village_centre")


def test_purposes_bind_the_special_fund_alone() -> None:
    tables = zone()
    tables["funds"] = tables["funds"].assign(programme=["专项资金", None, "工作经费", "工作经费"])
    assert funds.fund_totals(tables, FIRST).loc[TOWN, "outside"] == 0
    tables["funds"] = tables["funds"].assign(programme=["专项资金", None, None, None])
    assert funds.fund_totals(tables, FIRST).loc[TOWN, "outside"] == 20_000
