"""Funding norms: a year's ledger lines against what is due to a community, a worker, 100 households."""

from datetime import date
from typing import Any

import hypothesis.strategies as st
import pandas as pd
import pytest
from analysis_frames import ELM, FIRST, MARKET, OAK, RIVER, SECOND, frame, units, zone
from hypothesis import given, settings

from govkit.analysis.standards.fund_norms import (
    FundNorms,
    against_norms,
    load_fund_norms,
    norm_summary,
    read_fund_norms,
    years_between,
)
from govkit.errors import CatalogueError
from govkit.periods import Period

LINES = "entry_id unit_code date direction programme source purpose amount_yuan period"
YEAR = Period("2018", "2018年", date(2018, 1, 1), date(2018, 12, 31))


def norms(*entries: dict[str, Any]) -> FundNorms:
    listed = [{"id": f"n{n}", "label": "经费", "least": 100_000, **entry} for n, entry in enumerate(entries)]
    raw = {"type": "fund_norms", "title": "t", "source": "文件", "norms": listed}
    return read_fund_norms("small", raw, where="small.toml")


def tables() -> dict[str, pd.DataFrame]:
    """Oak: 60,000 from the treasury in February, 40,000 of its own in September; elm: 100,000 the year before."""
    return zone() | {
        "funds": frame(
            LINES,
            ("f1", OAK, "2018-02-01", "income", "工作经费", "财政拨款", "经费", 60_000.0, "2018H1"),
            ("f2", OAK, "2018-09-01", "income", "工作经费", "社区自筹", "经费", 40_000.0, "2018H2"),
            ("f3", OAK, "2018-09-01", "expense", "工作经费", "社区自筹", "办公", 99_000.0, "2018H2"),
            ("f4", OAK, "2018-09-01", "income", "惠民资金", "财政拨款", "经费", 7_000.0, "2018H2"),
            ("f5", ELM, "2017-12-31", "income", "工作经费", "财政拨款", "经费", 100_000.0, None),
            ("f6", RIVER, "2018-12-31", "income", "工作经费", "财政拨款", "经费", 30_000.0, "2018H2"),
        )
    }


def column(name: str, *entries: dict[str, Any], period: Period = YEAR) -> dict[str, Any]:
    found = against_norms(tables(), norms(*entries), period)
    return found.set_index("unit_code")[name].to_dict()


def test_a_years_lines_of_the_programme_are_summed() -> None:
    assert column("amount_yuan", {"programme": "工作经费"}) == {OAK: 100_000, ELM: 0, MARKET: 0, RIVER: 30_000}
    assert column("met", {"programme": "工作经费"}) == {OAK: True, ELM: False, MARKET: False, RIVER: False}


@pytest.mark.parametrize(
    ("entry", "amount"),
    [({}, 107_000), ({"fund_source": "财政拨款"}, 67_000), ({"direction": "expense"}, 99_000)],
    ids=["any", "by source", "expense"],
)
def test_programme_source_and_direction_narrow_the_ledger(entry: dict[str, Any], amount: float) -> None:
    assert column("amount_yuan", entry)[OAK] == amount


def test_half_a_year_is_held_to_half_the_norm() -> None:
    assert column("least", {}, period=FIRST)[OAK] == 50_000
    assert column("met", {}, period=FIRST)[OAK]


def test_the_second_half_looks_back_to_the_first_of_january() -> None:
    assert column("amount_yuan", {"programme": "工作经费"}, period=SECOND)[OAK] == 100_000
    assert column("since", {}, period=SECOND)[OAK] == pd.Timestamp("2018-01-01")
    assert column("years", {}, period=SECOND)[OAK] == 1


def test_a_period_of_several_years_is_held_to_several_norms() -> None:
    both = Period("x", "x", date(2017, 1, 1), date(2018, 12, 31))
    assert column("least", {}, period=both)[ELM] == 200_000
    assert column("amount_yuan", {}, period=both)[ELM] == 100_000


@pytest.mark.parametrize(
    ("since", "until", "years"),
    [
        (date(2018, 1, 1), date(2018, 12, 31), 1.0),
        (date(2004, 1, 1), date(2004, 2, 29), 2 / 12),
        (date(2003, 7, 1), date(2005, 6, 30), 2.0),
    ],
)
def test_whole_months_are_twelfths_of_a_year(since: date, until: date, years: float) -> None:
    assert years_between(since, until) == pytest.approx(years)


def test_a_norm_per_worker_counts_the_posts_on_file() -> None:
    entry = {"per": "worker", "posts": ["社区工作者"], "least": 6_000}
    # The market community has 6 workers in the first half; no staff of oak is on file.
    assert column("least", entry, period=FIRST)[MARKET] == 6 * 3_000
    assert pd.isna(column("met", entry, period=FIRST)[OAK])


def test_a_norm_per_100_households_grows_with_the_community() -> None:
    assert column("least", {"per": "100_households", "least": 10_000})[OAK] == 40_000


def test_a_range_is_broken_at_either_end() -> None:
    assert column("met", {"least": 10_000, "most": 30_000}) == {OAK: False, ELM: False, MARKET: False, RIVER: True}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"parents": ["东镇"]}, [MARKET, OAK, ELM]),
        ({"except_parents": ["东镇"]}, [RIVER]),
        ({"parents": ["测试区"], "except_parents": ["西街道"]}, [MARKET, OAK, ELM]),
        ({"applies_to": ["village"]}, [OAK, ELM]),
    ],
)
def test_a_norm_concerns_communities_by_kind_and_by_the_units_above(entry: dict[str, Any], expected: list[str]) -> None:
    assert list(column("met", entry)) == expected


def test_without_a_ledger_nothing_is_known() -> None:
    found = against_norms({"units": units()}, norms({}), YEAR)
    assert found["met"].isna().all()
    assert norm_summary(found, norms({})).at["n0", "units"] == 0


def test_the_summary_counts_who_meets_each_norm() -> None:
    stated = norms({"programme": "工作经费"}, {"least": 0, "most": 50_000, "source": "另文"})
    found = norm_summary(against_norms(tables(), stated, YEAR), stated)
    assert found["units_met"].to_dict() == {"n0": 1, "n1": 3}
    assert found["rate"].to_dict() == {"n0": 0.25, "n1": 0.75}
    assert found["amount_yuan"].tolist() == [130_000, 137_000]
    assert found["source"].tolist() == ["文件", "另文"]


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=6))
def test_amounts_of_communities_add_up_to_the_ledger(cents: list[int]) -> None:
    places = [OAK, ELM, MARKET, RIVER]
    lines = [
        (f"f{n}", places[n % 4], "2018-05-01", "income", None, None, "经费", cent / 100, "2018H1")
        for n, cent in enumerate(cents)
    ]
    found = against_norms({"units": units(), "funds": frame(LINES, *lines)}, norms({}), YEAR)
    assert found["amount_yuan"].sum() == pytest.approx(sum(cents) / 100)


def test_every_defect_of_the_file_is_told_at_once() -> None:
    raw = {
        "type": "fund_norms", "title": "t",
        "norms": [
            {"id": "a", "label": "甲", "least": 5, "most": 1, "programm": "x", "direction": "in"},
            {"id": "a", "label": "乙", "per": "worker", "applies_to": ["town"]},
        ],
    }  # fmt: skip
    with pytest.raises(CatalogueError) as error:
        read_fund_norms("x", raw, where="x.toml")
    for part in (
        "x.toml", "缺少 source", "least 5 应不小于 0、不大于 most", "没有 'programm' 这一项",
        "direction 没有 'in'", "缺少 least 或 most", 'per = "worker" 与 posts', "applies_to 没有 'town'",
        "id 重复：'a'", "[[norms]] 第 2 项（a）",
    ):  # fmt: skip
        assert part in str(error.value), part


def test_another_type_is_not_taken_for_norms() -> None:
    with pytest.raises(CatalogueError, match="不是 'fund_norms'"):
        load_fund_norms("daoli_village_centre")
