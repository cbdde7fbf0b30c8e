"""Small numbers of people: no published number, nor any difference of them, gives one back."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from govkit.analysis.ledgers.checklists import waiting_matters
from govkit.analysis.ledgers.summed import summed_up
from govkit.analysis.ledgers.views import View, ViewColumn
from govkit.analysis.measures.scope import Scope
from govkit.errors import ZoneError
from govkit.provided import POOL
from govkit.sections.report import open_report
from govkit.sections.sources import held_back, not_counted
from govkit.zone.opening import read_zone
from govkit.zone.pooling import LOST, pooled

ZONE = """\
name = "某区试验区"
code = "230102"
district_level = "street"
metric_crs = "EPSG:4551"
synthetic = "测试用合成数据"
{more}
[[periods]]
id = "2018H1"
start = 2018-01-01
end = 2018-06-30
[[periods]]
id = "2018H2"
start = 2018-07-01
end = 2018-12-31
[sources.units]
path = "行政单元.csv"
[sources.statistics]
path = "统计指标.csv"
[sources.events]
path = "网格事项.csv"
[sources.tasks]
path = "任务台账.csv"
[sources.organisations]
path = "组织.csv"
[report]
issuer = "某区民政局"
date = "2019年1月"
classification = "{classification}"
"""
STREETS = {"230102001000": "甲街道", "230102002000": "乙街道", "230102003000": "丙镇"}
VILLAGES = 6
THRESHOLD = 5
KEY = 'rounding_key = "只有本局知道的一串字，不告诉别人"\n'


def village(street: str, number: int) -> str:
    return f"{street[:9]}{200 + number if street.endswith('3000') else number + 1:03d}"


def make_zone(folder: Path, rows: list[tuple[Any, ...]], *, more: str = "", classification: str = "公开") -> Path:
    """Write a zone of three streets of six villages with these rows of 统计指标."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zone.toml").write_text(ZONE.format(more=more, classification=classification), encoding="utf-8")
    units = [("230102000000", "某区", "县", "", "区县", 9000)]
    for street, name in STREETS.items():
        units.append((street, name, "街道", "230102000000", "镇" if "镇" in name else "街道", 3000))
        kind = "村" if "镇" in name else "城市社区"
        for number in range(VILLAGES):
            code = village(street, number)
            units.append((code, f"{name[0]}{number + 1}{'村' if kind == '村' else '社区'}", "社区", street, kind, 500))
    tables = {
        "行政单元.csv": [("单元代码", "单元名称", "层级", "上级代码", "类型", "常住人口"), *units],
        "统计指标.csv": [("单元代码", "报告期", "统计指标", "数值", "基数"), *rows],
        "网格事项.csv": [
            ("事项编号", "单元代码", "事项类别", "上报时间", "状态", "经度", "纬度"),
            *(
                (f"E{n}", village("230102001000", 0), "未成年人涉案", "2018-08-01", "办结", 126.5, 45.6)
                for n in range(2)
            ),
            *(
                (f"F{n}", village("230102001000", 1 + n % 3), "未成年人涉案", "2018-08-02", "办结", 126.5, 45.6)
                for n in range(9)
            ),
            *(
                (f"G{n}", village("230102001000", n % 6), "环境卫生", "2018-08-03", "办结", 126.5, 45.6)
                for n in range(12)
            ),
        ],
        "任务台账.csv": [
            ("任务编号", "单元代码", "问题或任务", "责任层级", "完成期限", "状态", "提出报告期"),
            (
                "R1",
                village("230102001000", 0),
                "残疾儿童2名未入学，3名残疾人未办证；道路 2 处破损",
                "街道",
                "2018-12-01",
                "未完成",
                "2018H2",
            ),
        ],
        "组织.csv": [
            ("组织编号", "单元代码", "组织类型", "组织名称", "成员数"),
            ("Z1", village("230102001000", 0), "志愿服务队", "残疾人互助小组", 3),
            ("Z2", village("230102001000", 0), "志愿服务队", "第一志愿队", 4),
        ],
    }
    for name, lines in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
    return folder


def rows_of(numbers: Mapping[tuple[str, int, str, str], tuple[float, float | None]]) -> list[tuple[Any, ...]]:
    return [
        (village(street, at), period, item, value, "" if base is None else base)
        for (street, at, period, item), (value, base) in numbers.items()
    ]


def sample(seed: int = 1) -> dict[tuple[str, int, str, str], tuple[float, float | None]]:
    """Return counts of three linked items (all = children + adults) and one that stands alone, with bases."""
    draw = np.random.default_rng(seed)
    found: dict[tuple[str, int, str, str], tuple[float, float | None]] = {}
    for street, at, period in product(STREETS, range(VILLAGES), ("2018H1", "2018H2")):
        children, adults = int(draw.choice([0, 1, 2, 7, 15])), int(draw.integers(3, 40))
        found[street, at, period, "残疾儿童"] = (children, None)
        found[street, at, period, "残疾成人"] = (adults, None)
        found[street, at, period, "持证人数"] = (children + adults, None)
        base = int(draw.integers(1, 30))
        found[street, at, period, "低保对象走访"] = (int(draw.integers(0, base + 1)), base)
        found[street, at, period, "绿化面积"] = (int(draw.integers(1, 9)), None)
    return found


def published(tables: dict[str, pd.DataFrame]) -> list[tuple[dict[str, Any], float]]:
    """Return every number anybody can take from the tables: rows, and sums by unit, street, kind, period and whole."""
    table = tables["statistics"]
    units = tables["units"].set_index("unit_code")
    said = []
    keyed = table.assign(kind=table["unit_code"].map(units["kind"]), whole="all")
    for column in ("value", "base"):
        for by in ("unit_code", "district_code", "kind", "whole"):
            # a unit whose own row is empty publishes nothing of its own
            for keys in (["period", "item"], ["item"]):
                sums = keyed.groupby([by, *keys], dropna=False)[column].sum(min_count=1).dropna()
                for key, number in sums.items():
                    said.append(
                        ({"by": by, "column": column, **dict(zip([by, *keys], key, strict=True))}, float(number))
                    )
    return said


def spans(truth: pd.DataFrame, safe: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Attack: for every number that is not shown, the least and the most it can be by all that is.

    The attacker knows how sums are made: which rows stand in the table and what they hold, that a row of a unit above
    holds what rows below it lack, the true total of each street and of the whole, which items add up, that no number is
    below 0 and no numerator above its denominator.
    """
    keys = ["unit_code", "period", "item"]
    cells = [
        (*key, column)
        for column in ("value", "base")
        for key in truth.dropna(subset=[column])[keys].itertuples(index=False, name=None)
    ]
    place = {cell: at for at, cell in enumerate(cells)}
    true = {
        (*row[:3], column): row[3]
        for column in ("value", "base")
        for row in truth[[*keys, column]].dropna().itertuples(index=False, name=None)
    }
    street = dict(zip(units["unit_code"], units["parent"], strict=True))
    equal: list[tuple[list[int], list[float], float]] = []
    shown = {
        (*row[:3], column): row[3]
        for column in ("value", "base")
        for row in safe.loc[safe[POOL].isna() if POOL in safe else slice(None), [*keys, column]]
        .dropna()
        .itertuples(index=False, name=None)
    }
    for cell, number in shown.items():
        equal.append(([place[cell]], [1.0], number))
    for column, item, period in {(cell[3], cell[2], cell[1]) for cell in cells}:
        mine = [cell for cell in cells if cell[1:] == (period, item, column)]
        row = safe.loc[safe["period"].eq(period) & safe["item"].eq(item)]
        # what is added up in each unit above: all hidden below it
        for above in {street[cell[0]] for cell in mine}:
            sums = row.loc[row["unit_code"].eq(above) | row["unit_code"].map(street).eq(above), column].sum(min_count=1)
            at_street = [cell for cell in mine if street[cell[0]] == above]
            if row.loc[row["unit_code"].eq(above), column].notna().any():
                equal.append(([place[cell] for cell in at_street], [1.0] * len(at_street), float(sums)))
            elif all(cell in shown for cell in at_street):
                continue
        total = float(row[column].sum())
        equal.append(([place[cell] for cell in mine], [1.0] * len(mine), total))
    for unit, period in {(cell[0], cell[1]) for cell in cells}:
        parts = [(unit, period, item, "value") for item in ("持证人数", "残疾儿童", "残疾成人")]
        if all(one in place for one in parts):
            equal.append(([place[one] for one in parts], [1.0, -1.0, -1.0], 0.0))
    less = [(place[(*cell[:3], "value")], place[cell]) for cell in cells if cell[3] == "base"]
    left, right = np.zeros((len(equal), len(cells))), np.zeros(len(equal))
    for at, (where, signs, number) in enumerate(equal):
        left[at, where], right[at] = signs, number
    below = np.zeros((len(less), len(cells)))
    for at, (value, base) in enumerate(less):
        below[at, value], below[at, base] = 1.0, -1.0
    ask: dict[str, Any] = {
        "A_eq": left,
        "b_eq": right,
        "A_ub": below,
        "b_ub": np.zeros(len(less)),
        "method": "highs",
    }
    found = []
    for cell in cells:
        if cell in shown or not 0 < true[cell] < THRESHOLD or cell[2] == "绿化面积":
            continue
        cost = np.zeros(len(cells))
        cost[place[cell]] = 1.0
        found.append({"cell": cell, **span(cost, ask)})
    for value, whole in ((cell, (*cell[:3], "base")) for cell in cells if cell[3] == "value"):
        # what is left of the base: nobody is to read that two were not reached
        if whole in place and 0 < true[whole] - true[value] < THRESHOLD and not {value, whole} <= {*shown}:
            cost = np.zeros(len(cells))
            cost[place[whole]], cost[place[value]] = 1.0, -1.0
            found.append({"cell": (*value[:3], "left"), **span(cost, ask)})
    return pd.DataFrame(found)


def span(cost: np.ndarray, ask: dict[str, Any]) -> dict[str, float]:
    """Return the least and the most a sum of unknown cells can be."""
    ends = [linprog(sign * cost, **ask) for sign in (1, -1)]
    assert all(one.status in {0, 3} for one in ends), ends[0].message
    return {"low": float(ends[0].fun), "high": float(-ends[1].fun) if ends[1].status == 0 else np.inf}


@pytest.mark.parametrize("seed", range(2))
def test_no_small_count_is_shown_and_linear_programming_does_not_find_one(tmp_path: Path, seed: int) -> None:
    zone = make_zone(tmp_path / "区", rows_of(sample(seed)))
    open_ = make_zone(tmp_path / "内", rows_of(sample(seed)), more='small_numbers = "keep"', classification="内部")
    truth, safe = read_zone(open_).tables["statistics"], read_zone(zone).tables["statistics"]
    sensitive = safe["item"].ne("绿化面积")
    shown = safe.loc[sensitive, ["value", "base"]].to_numpy(dtype=float)
    assert not ((shown > 0) & (shown < THRESHOLD)).any()
    rest = (safe["base"] - safe["value"]).loc[sensitive].dropna()
    assert not rest.between(1, THRESHOLD - 1).any()
    small = truth.loc[truth["item"].ne("绿化面积"), ["value", "base"]].to_numpy(dtype=float)
    left = small[:, 1] - small[:, 0]
    attack = spans(truth, safe, read_zone(zone).tables["units"])
    of_left = attack["cell"].map(lambda cell: cell[3] == "left")
    assert (~of_left).sum() == ((small > 0) & (small < THRESHOLD)).sum() > 20
    assert of_left.sum() == ((left > 0) & (left < THRESHOLD)).sum() > 5
    assert (attack["high"] - attack["low"] >= THRESHOLD).all(), attack.sort_values("high").head()
    assert (attack["low"] <= 0.001).all()


def test_no_sum_of_what_is_left_is_small(tmp_path: Path) -> None:
    tables = read_zone(make_zone(tmp_path / "区", rows_of(sample()))).tables
    for what, number in published(dict(tables)):
        if what["item"] != "绿化面积":
            assert number == 0 or number >= THRESHOLD, what


def test_totals_of_streets_areas_and_the_whole_stay_true(tmp_path: Path) -> None:
    counts = sample(2)
    safe = read_zone(make_zone(tmp_path / "区", rows_of(counts))).tables["statistics"]
    true = read_zone(make_zone(tmp_path / "内", rows_of(counts), more='small_numbers = "keep"', classification="内部"))
    for keys in (["district_code", "period", "item"], ["period", "item"]):
        ours, theirs = (one.groupby(keys)[["value", "base"]].sum() for one in (safe, true.tables["statistics"]))
        pd.testing.assert_frame_equal(ours, theirs)
    assert safe.loc[safe["item"].eq("绿化面积"), POOL].isna().all()


def test_a_total_named_by_no_sensitive_word_is_held_back_with_its_parts(tmp_path: Path) -> None:
    safe = read_zone(make_zone(tmp_path / "区", rows_of(sample()))).tables["statistics"]
    hidden = safe.loc[safe["value"].isna()].groupby(["unit_code", "period"])["item"].agg(set)
    children = [items for items in hidden if "残疾儿童" in items]
    assert children
    assert all({"持证人数", "残疾成人"} <= items for items in children)


def test_a_street_that_cannot_hide_its_own_is_shown_with_another(tmp_path: Path) -> None:
    counts = {
        (street, at, "2018H2", "社区矫正对象"): (2 if street == "230102001000" and not at else 0, None)
        for street in STREETS
        for at in range(VILLAGES)
    }
    counts |= {("230102002000", at, "2018H2", "社区矫正对象"): (6, None) for at in range(VILLAGES)}
    zone = read_zone(make_zone(tmp_path / "区", rows_of(counts)))
    safe = zone.tables["statistics"]
    assert safe["value"].sum() == 38
    assert zone.district("230102001").tables["statistics"]["value"].isna().all()
    assert zone.district("230102002").tables["statistics"]["value"].isna().all()
    assert safe.loc[safe[POOL].notna(), "unit_code"].tolist() == ["230102000000"]


def test_a_number_that_lacks_what_is_shown_above_alone_says_so_and_gives_nothing_back(tmp_path: Path) -> None:
    counts = {
        (street, at, period, item): (2 if (street, at, period) == ("230102001000", 0, "2018H2") else 0, None)
        for street in ("230102001000", "230102002000")
        for at in range(VILLAGES)
        for period in ("2018H1", "2018H2")
        for item in ("残疾儿童", "残疾成人")
    }
    counts |= {
        ("230102002000", at, "2018H2", item): (6, None) for at in range(VILLAGES) for item in ("残疾儿童", "残疾成人")
    }
    zone = read_zone(make_zone(tmp_path / "区", rows_of(counts)))

    def said(whole: str, period: str, table: str = "statistics") -> str:
        opened = open_report(zone, district=whole, period=period) if whole else open_report(zone, period=period)
        return not_counted(opened.values, [table])

    assert said("230102001", "2018H2") == "另有“残疾”类 2 项因人数很少，没有全部列入。"
    assert said("230102001", "2018H1") == said("230102003", "2018H2") == ""
    assert said("", "2018H2") == "另有“残疾”类 2 项因人数很少，在 2 个街道（镇）的数里没有全部列入。"
    # no unit above can hold the members of one organisation: the total of the zone lacks them, too
    assert "另有“残疾”类 1 项因人数很少，没有全部列入。" in said("", "2018H2", "organisations")


def test_what_cannot_be_hidden_at_all_is_not_shown_and_said(tmp_path: Path) -> None:
    counts = {("230102001000", at, "2018H2", "吸毒人员"): (1 if at < 3 else 0, None) for at in range(VILLAGES)}
    zone = read_zone(make_zone(tmp_path / "区", rows_of(counts)))
    assert zone.tables["statistics"]["value"].isna().all()
    said = zone.findings.loc[
        zone.findings["rule"].eq("small_numbers") & zone.findings["table"].eq("statistics"), "reason"
    ]
    assert said.str.contains("在全区也凑不到 5").any()


def test_findings_tell_each_district_what_is_held_back_and_how_many_cells(tmp_path: Path) -> None:
    zone = read_zone(make_zone(tmp_path / "区", rows_of(sample())))
    mine = zone.district("230102001").findings
    told = mine.loc[mine["rule"].eq("small_numbers") & mine["table"].eq("statistics")]
    assert len(told) >= 2
    gone = zone.district("230102001").tables["statistics"]["value"].isna().sum()
    assert told["value"].astype(int).sum() >= gone > 0
    assert not zone.findings["value"].isin(["1", "2", "3", "4"]).loc[zone.findings["rule"].ne("small_numbers")].any()


def test_a_report_says_how_many_cells_are_held_back(tmp_path: Path) -> None:
    place = read_zone(make_zone(tmp_path / "区", rows_of(sample()))).district("230102001")
    said = held_back(place.findings)
    mine = place.findings.loc[place.findings["rule"].eq("small_numbers")]
    assert f"有 {mine['value'].astype(int).sum()} 格不单列（统计指标 " in said
    assert held_back(place.findings.iloc[:0]) == ""


def test_a_ledger_shows_units_not_shown_apart_as_a_row_of_their_own(tmp_path: Path) -> None:
    zone = read_zone(make_zone(tmp_path / "区", rows_of(sample())))
    place = zone.district("230102001")
    column = ViewColumn(key="value", label="人数", how="sum", of="value")
    view = View(
        name="v",
        section="s",
        title="残疾儿童",
        table="statistics",
        by="below",
        by_label="单元",
        columns=(column,),
        systems=(),
        where={"item": ["残疾儿童"]},
        change=("value",),
    )
    frame = summed_up(view, *(Scope(place.tables, one, by="zone") for one in reversed(place.settings.periods)))
    assert frame.loc[frame["apart"], "value_change"].isna().all()
    assert (frame["group"] == "甲街道（未单列）").sum() == 1
    assert frame.loc[frame["apart"], "value"].iloc[0] >= THRESHOLD
    parts = frame.loc[~frame["is_total"], "value"].sum()
    assert frame.loc[frame["is_total"], "value"].iloc[0] == parts
    assert not frame["value"].between(1, THRESHOLD - 1).any()


@pytest.mark.parametrize("base", [3, 5])
def test_rounding_shows_only_multiples_always_the_same(tmp_path: Path, base: int) -> None:
    zone = make_zone(tmp_path / "区", rows_of(sample()), more=f'small_numbers = "round{base}"\n{KEY}')
    first, second = (read_zone(zone).tables["statistics"] for _ in range(2))
    true = read_zone(
        make_zone(tmp_path / "内", rows_of(sample()), more='small_numbers = "keep"', classification="内部")
    )
    mine = first["item"].ne("绿化面积")
    numbers = first.loc[mine, ["value", "base"]].to_numpy(dtype=float)
    assert (np.nan_to_num(numbers) % base == 0).all()
    pd.testing.assert_frame_equal(first, second)
    gap = (first["value"] - true.tables["statistics"]["value"]).loc[mine]
    whole = first.loc[mine, "item"].eq("持证人数")  # the sum of two that are rounded
    assert gap.loc[~whole].abs().max() < base
    assert gap.loc[whole].abs().max() < 2 * base - 1
    assert abs(gap.mean()) < base / 5
    assert (first["value"] <= first["base"]).loc[first["base"].notna()].all()
    assert first.loc[~mine, "value"].equals(true.tables["statistics"].loc[~mine, "value"])


@pytest.mark.parametrize("base", [3, 5])
def test_linear_programming_over_rounded_numbers_does_not_find_one(tmp_path: Path, base: int) -> None:
    zone = make_zone(tmp_path / "区", rows_of(sample()), more=f'small_numbers = "round{base}"\n{KEY}')
    open_ = make_zone(tmp_path / "内", rows_of(sample()), more='small_numbers = "keep"', classification="内部")
    keys = ["unit_code", "period", "item"]
    tables = [read_zone(one).tables["statistics"].set_index(keys) for one in (open_, zone)]
    truth, safe = (one.loc[one.index.get_level_values("item") != "绿化面积", "value"] for one in tables)
    items = ("持证人数", "残疾儿童", "残疾成人")
    for unit, period in truth.index.droplevel("item").unique():
        # known of each: at most the base less one from what is shown, but for the whole, which is the sum of its parts
        near = [safe[unit, period, one] for one in items[1:]]
        assert safe[unit, period, items[0]] == sum(near)
        bounds = [(max(0, one - base + 1), one + base - 1) for one in near]
        assert all(low <= truth[unit, period, one] <= high for one, (low, high) in zip(items[1:], bounds, strict=True))
        for place, (low, high) in enumerate(bounds):
            ends = [linprog(np.eye(2)[place] * sign, bounds=bounds, method="highs").fun * sign for sign in (1, -1)]
            assert ends[1] - ends[0] == high - low >= base - 1


def test_rounding_goes_by_the_zone_s_own_key(tmp_path: Path) -> None:
    tables = [
        read_zone(
            make_zone(tmp_path / name, rows_of(sample()), more=f'small_numbers = "round5"\nrounding_key = "{key}"')
        )
        for name, key in (("一", "一二三四五六七八九十甲乙"), ("二", "十九八七六五四三二一乙甲"))
    ]
    assert not tables[0].tables["statistics"]["value"].equals(tables[1].tables["statistics"]["value"])


def services_of(folder: Path, months: dict[tuple[int, int], tuple[int, int]]) -> pd.DataFrame:
    """Return the public table of 甲街道: requests and settled ones by village and month."""
    zone = make_zone(folder, [])
    with (zone / "服务.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [
            (village("230102001000", at), f"2018-{month:02d}-01", "残疾人证办理", *pair)
            for (at, month), pair in months.items()
        ]
        csv.writer(file).writerows([("单元代码", "月份", "服务事项", "申请件数", "办结件数"), *rows])
    with (zone / "zone.toml").open("a", encoding="utf-8") as file:
        file.write('[sources.services]\npath = "服务.csv"\n')
    return read_zone(zone).tables["services"]


def test_services_are_judged_month_by_month(tmp_path: Path) -> None:
    # 12 in the period, 2 of them in one month
    months = {(at, month): (20, 20) for at in range(VILLAGES) for month in (7, 8)} | {(0, 7): (2, 2), (0, 8): (10, 10)}
    safe = services_of(tmp_path / "区", months)
    assert not safe["requested"].between(1, THRESHOLD - 1).any()
    assert safe["requested"].sum() == sum(one for one, _ in months.values())
    assert safe["month"].notna().all()
    assert safe.loc[safe["unit_code"].eq(village("230102001000", 0)), "requested"].isna().all()


def test_what_a_month_cannot_hide_is_shown_of_the_period_only(tmp_path: Path) -> None:
    months = {(at, 7): (1, 1) if at == 0 else (0, 0) for at in range(VILLAGES)}
    months |= {(at, 8): (30, 30) for at in range(VILLAGES)}
    safe = services_of(tmp_path / "区", months)
    left = safe.loc[safe["requested"].notna()]
    assert left["month"].isna().all()
    assert left["requested"].sum() == 181
    assert not left["requested"].between(1, THRESHOLD - 1).any()


def test_where_what_is_left_in_a_month_is_small_months_are_not_shown(tmp_path: Path) -> None:
    # 2 of July's 20 are not settled; of the whole period's 40 nobody is told by 12
    months = {(at, month): (20, 10) for at in range(VILLAGES) for month in (7, 8)} | {(0, 7): (20, 18)}
    safe = services_of(tmp_path / "区", months)
    shown = safe.loc[safe["requested"].notna()]
    assert shown["month"].isna().all()
    assert shown.loc[shown["unit_code"].eq(village("230102001000", 0)), "settled"].tolist() == [28]
    assert not (shown["requested"] - shown["settled"]).between(1, THRESHOLD - 1).any()


def test_what_is_left_of_a_whole_is_judged_too(tmp_path: Path) -> None:
    safe = services_of(tmp_path / "区", {(at, 7): (12, 11) if at == 0 else (30, 20) for at in range(VILLAGES)})
    assert safe.loc[safe["unit_code"].eq(village("230102001000", 0)), "settled"].isna().all()
    assert not (safe["requested"] - safe["settled"]).between(1, THRESHOLD - 1).any()
    counts: dict[tuple[str, int, str, str], tuple[float, float | None]] = {}
    for at in range(VILLAGES):
        counts |= {("230102001000", at, "2018H2", "残疾人"): (40 if at else 20, None)}
        counts |= {("230102001000", at, "2018H2", "持证残疾人"): (20 if at else 18, None)}
    two = read_zone(make_zone(tmp_path / "二", rows_of(counts))).tables["statistics"]
    assert two.loc[two["unit_code"].eq(village("230102001000", 0)), "value"].isna().all()


def test_matters_of_few_people_lose_their_village_and_all_their_place(tmp_path: Path) -> None:
    events = read_zone(make_zone(tmp_path / "区", rows_of(sample()))).tables["events"]
    mine = events.loc[events["kind"].eq("未成年人涉案")]
    assert len(mine) == 11
    assert mine["longitude"].isna().all()
    counts = mine.groupby("unit_code").size()
    assert (counts >= THRESHOLD).all()
    assert events.loc[events["kind"].eq("环境卫生"), "longitude"].notna().all()


def matters_of(folder: Path, *ended: tuple[int, str, str, str, int]) -> Mapping[str, pd.DataFrame]:
    """Return the public tables of a zone with so many matters each: village, kind, settled at, level, number."""
    zone = make_zone(folder, [])
    rows = [
        (
            f"M{at}-{number}",
            village("230102001000", unit),
            kind,
            "2018-08-01",
            day,
            level,
            "已办结" if day else "办理中",
        )
        for at, (unit, kind, day, level, many) in enumerate(ended)
        for number in range(many)
    ]
    with (zone / "网格事项.csv").open("w", encoding="utf-8", newline="") as file:
        head = ("事项编号", "单元代码", "事项类别", "上报时间", "办结时间", "办结层级", "状态")
        csv.writer(file).writerows([head, *rows])
    return read_zone(zone).tables


@pytest.mark.parametrize(
    "odd",
    [("", ""), ("2018-08-09", "村（社区）"), ("2019-03-01", "网格")],
    ids=["open", "of another level", "settled long after the period"],
)
def test_few_matters_of_a_sensitive_kind_that_ended_otherwise_are_told_of_nowhere(
    tmp_path: Path, odd: tuple[str, str]
) -> None:
    common = ("2018-08-05", "网格")
    told = matters_of(
        tmp_path / "区",
        (0, "未成年人涉案", *common, 10),
        (0, "未成年人涉案", *odd, 1),
        *((unit, "未成年人涉案", *ended, 6) for unit in (1, 2, 3) for ended in (common, odd)),
        (0, "环境卫生", *odd, 1),
    )["events"]
    mine = told.loc[told["kind"].eq("未成年人涉案")]
    assert len(mine) == 47
    assert not mine["unit_code"].eq(village("230102001000", 0)).any()
    assert (mine.groupby(["unit_code", mine["settled_at"].astype("str")]).size() >= THRESHOLD).all()
    assert told["kind"].eq("环境卫生").sum() == 1


def test_a_kind_of_which_the_zone_cannot_hide_the_open_ones_is_named_no_more_nor_is_another(tmp_path: Path) -> None:
    settled, waits = ("2018-08-05", "网格"), ("", "")
    events = matters_of(
        tmp_path / "区",
        (0, "未成年人涉案", *settled, 20),
        (1, "未成年人涉案", *waits, 2),
        *((unit, kind, *ended, 6) for unit, kind in ((2, "公共设施"), (3, "环境卫生")) for ended in (settled, waits)),
        (4, "环境卫生", *settled, 30),
        (5, "噪声", *settled, 3),
    )["events"]
    # 噪声 has none that is open and hides nothing; what is left of all is no number of the sensitive kind
    assert events["kind"].value_counts().to_dict() == {"环境卫生": 42, "噪声": 3}
    assert events.groupby("unit_code").size().tolist() == [20, 2, 12, 12, 30, 3]
    assert events["district_code"].notna().all()


def test_where_no_other_kind_hides_a_sensitive_one_no_kind_is_named(tmp_path: Path) -> None:
    settled = ("2018-08-05", "网格")
    events = matters_of(
        tmp_path / "区", (0, "未成年人涉案", "", "", 2), (0, "环境卫生", *settled, 40), (1, "噪声", *settled, 30)
    )["events"]
    assert events["kind"].isna().all()
    assert len(events) == 72


def test_no_kind_is_named_beside_a_matter_that_waits_where_some_are_sensitive(tmp_path: Path) -> None:
    ended = [(unit, "未成年人涉案", *one, 6) for unit in (0, 1) for one in (("2018-08-05", "网格"), ("", ""))]
    period = read_zone(make_zone(tmp_path / "期", [])).settings.periods[-1]
    sensitive = waiting_matters(matters_of(tmp_path / "区", *ended), period)
    plain = waiting_matters(matters_of(tmp_path / "二", (0, "环境卫生", "", "", 3)), period)
    assert sensitive["kind"].tolist() == [""] * 12
    assert plain["kind"].tolist() == ["环境卫生"] * 3


def test_members_and_sentences(tmp_path: Path) -> None:
    tables = read_zone(make_zone(tmp_path / "区", rows_of(sample()))).tables
    members = tables["organisations"].set_index("organisation_id")["members"]
    assert pd.isna(members["Z1"])
    assert members["Z2"] == 4
    assert tables["tasks"]["problem"].tolist() == ["残疾儿童若干名未入学，若干名残疾人未办证；道路 2 处破损"]


def test_a_zone_adds_its_own_groups_and_threshold(tmp_path: Path) -> None:
    more = 'sensitive = ["下岗"]\nsmall_number = 10\n'
    counts = {("230102001000", at, "2018H2", "下岗职工"): (8 if not at else 20, None) for at in range(VILLAGES)}
    safe = read_zone(make_zone(tmp_path / "区", rows_of(counts), more=more)).tables["statistics"]
    assert safe["value"].isna().sum() == 3
    assert safe["value"].sum() == 108


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('small_numbers = "supress"', "最接近的是 suppress"),
        ("small_number = 1", "small_number 应为 3 到"),
        ('sensitive = "残疾"', "sensitive 应"),
        ('small_numbers = "keep"', "只许内部使用"),
    ],
)
def test_what_zone_toml_may_say(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(ZoneError, match=said):
        read_zone(make_zone(tmp_path / "区", rows_of(sample()), more=more))


counts_of_units = st.lists(st.lists(st.integers(0, 12), min_size=2, max_size=2), min_size=1, max_size=14)


@given(numbers=counts_of_units, streets=st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_every_pool_reaches_the_threshold_whatever_the_counts(numbers: list[list[int]], streets: int) -> None:
    units = {f"u{at:02d}": np.array(one, dtype=float) for at, one in enumerate(numbers)}
    parents = {name: f"s{at % streets}" for at, name in enumerate(units)} | {f"s{at}": "top" for at in range(streets)}
    of = pooled(units, parents, dict.fromkeys(units, "rural"), threshold=5, fewest=3)
    small = {name for name, one in units.items() if ((one > 0) & (one < 5)).any()}
    assert small <= set(of)
    for pool in set(of.values()):
        members = [name for name, mine in of.items() if mine == pool]
        total = np.sum([units[name] for name in members], axis=0)
        assert pool[0] == LOST or not ((total > 0) & (total < 5)).any()
        assert pool[0] == LOST or len(members) > 1
    # a street is shown with another as a whole, or not at all
    for street in {parents[name] for name, (node, _) in of.items() if node == "top"}:
        assert all(of[name][0] in {"top", LOST} for name in units if parents[name] == street)


def test_the_planted_case_of_single_people(tmp_path: Path) -> None:
    counts = {
        ("230102001000", 0, "2018H2", "残疾人"): (1, None),
        ("230102001000", 1, "2018H2", "残疾人"): (2, None),
        ("230102001000", 0, "2018H2", "低保对象"): (3, 4),
        ("230102001000", 2, "2018H2", "留守儿童"): (1, 1),
        ("230102001000", 2, "2018H2", "未成年人涉案"): (1, None),
    }
    zone = read_zone(make_zone(tmp_path / "区", rows_of(counts)))
    assert zone.tables["statistics"][["value", "base"]].isna().all(axis=None)
    shutil.rmtree(tmp_path / "区")


def test_the_base_of_a_rate_is_a_number_of_people_too(tmp_path: Path) -> None:
    counts: dict[tuple[str, int, str, str], tuple[float, float | None]] = {}
    for at in range(VILLAGES):
        counts["230102001000", at, "2018H2", "残疾儿童入学率"] = (0.5 if not at else 0.75, 2 if not at else 40)
        counts["230102001000", at, "2018H2", "残疾儿童"] = (10 if not at else 40, None)
    safe = read_zone(make_zone(tmp_path / "区", rows_of(counts))).tables["statistics"]
    assert safe["base"].min() == 40
    assert safe.loc[safe["value"].isna(), "unit_code"].value_counts().tolist() == [2, 2, 2]
    assert safe.loc[safe["item"].eq("残疾儿童"), "value"].sum() == 210


def test_a_sum_of_many_items_is_held_back_with_a_small_one(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    counts: dict[tuple[str, int, str, str], tuple[float, float | None]] = {}
    for street, at in product(STREETS, range(VILLAGES)):
        parts = [int(draw.choice([0, 2, 3, 8])), *map(int, draw.integers(6, 30, 4))]
        for item, number in zip(("残疾儿童", "甲类", "乙类", "丙类", "丁类"), parts, strict=True):
            counts[street, at, "2018H2", item] = (number, None)
        counts[street, at, "2018H2", "在册总数"] = (sum(parts), None)
    safe = read_zone(make_zone(tmp_path / "区", rows_of(counts))).tables["statistics"]
    held_back = safe.loc[safe["value"].isna()].groupby("item").size()
    assert len(held_back) == 6
    assert held_back.nunique() == 1
