"""Units found by code of either system and any vintage, or by any of their names; what is doubtful is never guessed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_zone import TAIPING, TOWN, UNITS, XINFA, opened, rules, write_csv, write_sheet, write_units

from govkit import catalogue
from govkit.errors import SourceError, UnknownNameError
from govkit.intake import Intake, Source, read_zone_tables
from govkit.intake.units.code_changes import Change, CodeChanges, read_code_changes
from govkit.intake.units.code_systems import last_day, system_of
from govkit.intake.units.hierarchy import Hierarchy
from govkit.intake.units.unit_names import stem_and_kinds
from govkit.intake.values.quantities import plain

HEAD = ["原代码", "新代码", "变更日期"]


def units(*rows: tuple[str, str, str | None, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit_code", "name", "parent", "kind"]).astype("str")


SMALL = units(
    ("230102000000", "道里区", None, "county"),
    ("230102100000", "新发镇", "230102000000", "town"),
    ("230102101000", "太平镇", "230102000000", "town"),
    ("230102100201", "太平村委会", "230102100000", "village"),
    ("230102100202", "新发村村民委员会", "230102100000", "village"),
    ("230102101201", "新发村委会", "230102101000", "village"),
    ("230102101202", "李村委会", "230102101000", "village"),
    ("230102101001", "湾子社区居委会", "230102101000", "urban_community"),
    ("230102001000", "群力街道", "230102000000", "street"),
)


# -- names


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("太平村", ["230102100201"]),
        ("太平村民委员会", ["230102100201"]),
        ("太平村村民委员会", ["230102100201"]),
        ("太平镇", ["230102101000"]),
        ("太平镇人民政府", ["230102101000"]),
        ("太平", ["230102101000", "230102100201"]),
        ("群力", ["230102001000"]),
        ("群力街道办事处", ["230102001000"]),
        ("群力街道辦事處", ["230102001000"]),
        ("灣子社區", ["230102101001"]),
        ("李村", ["230102101202"]),
        ("新发村", ["230102100202", "230102101201"]),
        ("新发镇新发村", ["230102100202"]),
        ("太平镇新发村委会", ["230102101201"]),
        ("黑龙江省哈尔滨市道里区太平镇新发村", ["230102101201"]),
        ("道里区太平村", ["230102100201"]),
        ("香坊区太平村", []),
        ("太平社区", []),
        ("太平街道", []),
        ("村", []),
    ],
)
def test_a_name_finds_every_unit_it_may_mean_and_no_other(text: str, codes: list[str]) -> None:
    assert sorted(Hierarchy(SMALL).called(text)) == sorted(codes)


@pytest.mark.parametrize(
    ("one", "other"),
    [("新村村委会", "新村"), ("李村委会", "李村"), ("前进居委会", "前进社区居民委员会"), ("榆树乡", "榆树乡人民政府")],
)
def test_long_and_short_endings_share_a_stem(one: str, other: str) -> None:
    assert stem_and_kinds(one) == stem_and_kinds(other)


@given(st.text(alphabet="太平新发李村镇乡街道社区居委会民员办事处县市", min_size=1, max_size=9))
def test_taking_an_ending_away_leaves_something_to_compare(name: str) -> None:
    stem, _ = stem_and_kinds(name)
    assert stem


def test_traditional_characters_are_pairs_of_different_ones_and_no_chain() -> None:
    pairs = catalogue.load("unit_names")["characters"].split()
    assert {len(pair) for pair in pairs} == {2}
    assert not {pair[0] for pair in pairs} & {pair[1] for pair in pairs}
    assert plain("廣東") == "广东"


def test_candidates_for_a_name_are_the_nearest() -> None:
    assert Hierarchy(SMALL).candidates("群力街办")[0] == "群力街道（230102001000）"


def test_candidates_for_a_code_differ_in_few_digits() -> None:
    near = Hierarchy(SMALL).candidates("230102100203")
    assert near[0].endswith(("（230102100201）", "（230102100202）"))
    assert Hierarchy(SMALL).candidates("999999999999") == []


# -- systems and vintages


@pytest.mark.parametrize(
    ("text", "key"),
    [("统计用区划代码", "nbs"), ("国家统计局", "nbs"), ("行政区划代码", "mca"), ("MCA", "mca"), ("邮编", "")],
)
def test_a_code_system_is_known_by_its_names(text: str, key: str) -> None:
    assert system_of(text) == key


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023-06-30", "2023-06-30"),
        ("2023", "2023-12-31"),
        ("2024年2月", "2024-02-29"),
        ("2023-13", None),
        ("去年", None),
    ],
)
def test_a_vintage_means_its_last_day(text: str, day: str | None) -> None:
    found = last_day(text)
    assert (found.isoformat() if found else None) == day


def day(text: str) -> object:
    found = last_day(text)
    assert found
    return found


A, B, C, D = (f"23010210020{i}" for i in range(1, 5))


def changes(*rows: Change, vintage: str = "2023-06-30") -> CodeChanges:
    return CodeChanges(rows, "nbs", vintage)


def test_a_code_is_followed_through_several_changes() -> None:
    both = changes(Change(B, C, day("2020-01-01")), Change(A, B, day("2018-01-01")))
    assert both.follow(A) == (C,)
    assert both.follow(A, vintage="2017") == (C,)


def test_only_changes_between_the_two_vintages_count() -> None:
    both = changes(Change(A, B, day("2018-01-01")), Change(A, C, day("2021-01-01")))
    assert both.follow(A, vintage="2019", known=True) == (C,)
    assert both.follow(A, vintage="2016", known=True) == (B,)


def test_two_units_that_exchanged_codes_on_one_day_are_told_apart() -> None:
    swap = changes(Change(A, B, day("2020-01-01")), Change(B, A, day("2020-01-01")))
    assert swap.follow(A, vintage="2019", known=True) == (B,)
    assert swap.follow(B, vintage="2019", known=True) == (A,)
    assert swap.follow(A, vintage="2023-06-30", known=True) == (A,)


@pytest.mark.parametrize("street", ["北街办事处街道", "北街街道"])
def test_a_street_whose_name_has_two_endings_is_known_before_its_communities(street: str) -> None:
    found = Hierarchy(
        units(
            ("621002000000", "西峰区", None, "county"),
            ("621002001000", street, "621002000000", "street"),
            ("621002001001", "解放路社区", "621002001000", "urban_community"),
        )
    )
    assert found.called(f"西峰区{street}解放路社区") == ["621002001001"]
    assert found.called("西峰区北街街道办事处解放路社区" if street == "北街街道" else f"{street}解放路社区") == [
        "621002001001"
    ]


def test_a_newer_code_is_followed_back() -> None:
    assert changes(Change(A, B, day("2024-05-01"))).follow(B, vintage="2025") == (A,)


def test_a_split_gives_all_parts_and_an_abolished_unit_none() -> None:
    assert changes(Change(A, B), Change(A, C)).follow(A) == (B, C)
    assert changes(Change(D, "")).follow(D) == ()


def test_codes_of_today_without_a_known_vintage_stay() -> None:
    assert changes(Change(A, B, day("2020-01-01"))).follow(A, known=True) == (A,)


def test_a_code_of_the_other_system_needs_the_list_but_counties_are_shared() -> None:
    cross = changes(Change(A, B, old_system="mca", new_system="nbs"))
    assert cross.follow(A, system="mca", known=True) == (B,)
    assert cross.follow(C, system="mca", known=True) is None
    assert cross.follow("230102000000", system="mca", known=True) == ("230102000000",)


def test_a_list_between_the_systems_serves_both_ways() -> None:
    cross = changes(Change(A, B, old_system="nbs", new_system="mca"))
    assert cross.follow(B, system="mca") == (A,)


@given(st.permutations([A, B, C, D]), st.integers(1, 4))
def test_exchanges_lose_no_unit_and_merge_none(order: list[str], size: int) -> None:
    ring = [Change(old, order[(i + 1) % size], day("2020-01-01")) for i, old in enumerate(order[:size])]
    found = {changes(*ring).follow(code, vintage="2019", known=True) for code in order}
    assert found == {(code,) for code in order}


# -- the list as a file


def listed(folder: Path, *rows: list[object], head: list[str] = HEAD, encoding: str = "gb18030") -> CodeChanges:
    write_csv(folder / "变更.csv", [head, *rows], encoding=encoding)
    return read_code_changes(folder, "变更.csv", system="统计用区划代码", vintage="2023-06-30")


def test_a_list_is_read_with_short_codes_dates_and_old_names(tmp_path: Path) -> None:
    head = [*HEAD, "原名称", "原代码体系"]
    found = listed(tmp_path, ["230102100", "230102101", "2019年5月", "旧镇", "民政部"], head=head)
    assert found.changes == (
        Change("230102100000", "230102101000", day("2019-05-01"), "旧镇", "mca"),
    )  # fmt: skip
    assert (found.system, found.vintage) == ("nbs", "2023-06-30")


def test_every_defect_of_a_list_is_named_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"第 2 行代码 '23010' 不是区划代码；第 3 行日期 '去年' 不可识别；第 4 行没有原代码"
    ):
        listed(tmp_path, ["23010", A, ""], [A, B, "去年"], [None, B, "2019"])


def test_a_list_without_its_columns_says_which(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="缺少列：原代码"):
        listed(tmp_path, [A, B], head=["老代号", "新代码"])


def test_a_missing_list_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="没有这个文件"):
        read_code_changes(tmp_path, "无.csv")


# -- tables


def services(folder: Path, code: str, *, rows: list[list[object]] | None = None, **options: str) -> Intake:
    """One row of services whose unit is ``code``; ``rows`` is a change list, options are of source or zone."""
    write_csv(
        folder / "服务.csv",
        [["单元代码", "月份", "服务事项", "申请件数"], [code, "2018-01", "代缴", 5]],
        encoding="utf-8",
    )
    if rows:
        write_csv(folder / "变更.csv", rows, encoding="utf-8")
    source = Source("services", "服务.csv", **{k: v for k, v in options.items() if not k.startswith("zone_")})
    return read_zone_tables(
        folder,
        {
            "units": write_units(folder, [*UNITS, ["230102100203", "老龙村", "村", TOWN, "村", 1, 1]]),
            "services": source,
        },
        code="230102",
        metric_crs="EPSG:4526",
        code_system=options.get("zone_system", "统计用区划代码"),
        code_vintage=options.get("zone_vintage", "2023-06-30"),
        changes="变更.csv" if rows else "",
    )


def outcome(intake: Intake) -> tuple[list[str], list[str]]:
    found = intake.findings.loc[intake.findings["table"] == "services", "rule"]
    return found.tolist(), intake.tables["services"]["unit_code"].tolist()


def test_an_old_code_is_followed_and_noted(tmp_path: Path) -> None:
    intake = services(tmp_path, "230102100299", rows=[HEAD, ["230102100299", TAIPING, "2020-01-01"]])
    assert outcome(intake) == (["code_followed"], [TAIPING])


def test_a_code_used_again_is_followed_only_from_an_older_vintage(tmp_path: Path) -> None:
    rows = [HEAD, [TAIPING, XINFA, "2020-01-01"]]
    assert outcome(services(tmp_path, TAIPING, rows=rows, code_vintage="2018")) == (["code_followed"], [XINFA])
    assert outcome(services(tmp_path, TAIPING, rows=rows)) == ([], [TAIPING])


def test_a_split_unit_is_not_guessed(tmp_path: Path) -> None:
    rows = [HEAD, ["230102100299", TAIPING, ""], ["230102100299", XINFA, ""]]
    intake = services(tmp_path, "230102100299", rows=rows)
    assert outcome(intake) == (["unit_split"], [])
    assert intake.findings["reason"].str.contains("太平村（230102100201）、新发村").any()


def test_an_abolished_unit_is_set_aside(tmp_path: Path) -> None:
    intake = services(tmp_path, "230102100299", rows=[HEAD, ["230102100299", None, "2020-01-01"]])
    assert outcome(intake) == (["unit_abolished"], [])


def test_codes_of_the_other_system_are_never_joined_by_number(tmp_path: Path) -> None:
    intake = services(tmp_path, TAIPING, code_system="行政区划代码")
    assert outcome(intake) == (["other_code_system"], [])
    assert intake.findings["todo"].str.contains("统计用区划代码").any()


def test_codes_of_the_other_system_are_followed_by_the_list(tmp_path: Path) -> None:
    rows = [[*HEAD, "原代码体系", "新代码体系"], [TAIPING, XINFA, "", "民政部", "国家统计局"]]
    assert outcome(services(tmp_path, TAIPING, rows=rows, code_system="民政部")) == (["code_followed"], [XINFA])


def test_a_name_serves_whatever_the_system(tmp_path: Path) -> None:
    assert outcome(services(tmp_path, "老龍村", code_system="mca")) == (["unit_by_name"], ["230102100203"])


def test_an_old_name_is_followed_and_noted(tmp_path: Path) -> None:
    rows = [[*HEAD, "原名称"], ["230102100299", TAIPING, "2020-01-01", "和平村委会"]]
    assert outcome(services(tmp_path, "和平村", rows=rows)) == (["unit_by_old_name"], [TAIPING])


def test_a_name_one_unit_has_and_another_had_is_not_guessed(tmp_path: Path) -> None:
    rows = [[*HEAD, "原名称"], ["230102100299", TAIPING, "2020-01-01", "新发村"]]
    assert outcome(services(tmp_path, "新发村", rows=rows)) == (["ambiguous_unit_name"], [])


def test_an_unknown_name_names_the_nearest(tmp_path: Path) -> None:
    intake = services(tmp_path, "太坪村")
    assert outcome(intake) == (["unknown_unit_name"], [])
    assert intake.findings["todo"].str.contains("太平村（230102100201）").any()


def test_an_unknown_code_system_stops_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="统计用区划代码、行政区划代码"):
        services(tmp_path, TAIPING, zone_system="邮政编码")
    with pytest.raises(SourceError, match="code_system 不能是 '邮政编码'"):
        services(tmp_path, TAIPING, code_system="邮政编码")


# -- real lists

REAL = Path(os.environ.get("GOVKIT_REAL_DATA", Path(__file__).parents[2] / "shared" / "real")) / "codes"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the lists of real codes are not here")


@real
def test_no_colliding_township_code_is_joined_across_the_systems() -> None:
    trap = pd.read_csv(REAL / "TRAP_same_code_different_place.csv", dtype=str)
    cross = pd.read_csv(REAL / "crosswalk_mca2026_nbs2023_townships.csv", dtype=str).dropna(
        subset=["mca_code12", "nbs_code12"]
    )
    rows = [
        Change(one.mca_code12, one.nbs_code12, old_system="mca", new_system="nbs")
        for one in cross.itertuples(index=False)
    ]
    plain, helped = CodeChanges((), "nbs", "2023"), CodeChanges(tuple(rows), "nbs", "2023")
    name = dict(zip(cross["nbs_code12"], cross["nbs_name"], strict=True))
    assert len(trap) == 50
    for one in trap.itertuples(index=False):
        assert plain.follow(one.code12, system="mca", known=True) is None
        today = helped.follow(one.code12, system="mca", known=True)
        assert today is None or name[today[0]] != one.nbs_name


@real
@pytest.mark.parametrize("zone", ["230102", "4212", "6210", "230110", "420116"])
def test_every_village_of_the_five_zones_is_found_by_code_and_by_full_name(zone: str) -> None:
    towns = pd.read_csv(REAL / "nbs2023_zones_townships.csv", dtype=str)
    villages = pd.read_csv(REAL / "nbs2023_zones_villages.csv", dtype=str)
    towns, villages = (one[one["county_code"].str.startswith(zone)] for one in (towns, villages))
    kinds = {"街道": "street", "镇": "town", "乡": "township", "居委会": "urban_community", "村委会": "village"}
    county = towns[["county_code", "county"]].drop_duplicates()
    hierarchy = Hierarchy(
        units(
            *((code + "000000", name, None, "county") for code, name in county.to_numpy()),
            *((t.code12, t.name, t.county_code + "000000", kinds.get(t.kind, "town")) for t in towns.itertuples()),
            *(
                (v.code12, v.name, v.township_code9 + "000", kinds.get(v.kind, "village"))
                for v in villages.itertuples()
            ),
        )
    )
    assert set(villages["code12"]) <= set(hierarchy.names)
    full = villages["county"] + villages["township"] + villages["name"]
    found = {code: hierarchy.called(name) for code, name in zip(villages["code12"], full, strict=True)}
    wrong = {code: hits for code, hits in found.items() if hits != [code]}
    twins = villages.duplicated(["township_code9", "name"], keep=False)
    assert set(wrong) <= set(villages.loc[twins, "code12"])


NATION = """
import resource, sys
from pathlib import Path
from govkit.intake import Source, read_zone_tables

sources = {"units": Source("units", "units.csv"), "services": Source("services", "services.csv")}
found = read_zone_tables(Path(sys.argv[1]), sources, code="", metric_crs="EPSG:4526")
print(len(found.tables["units"]), len(found.tables["services"]), ",".join(found.findings["rule"]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.long
@real
def test_all_national_villages_load_and_resolve_within_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    from villages import write

    villages, towns = (REAL / f"nbs2023_national_{name}.csv.gz" for name in ("villages_620573", "townships"))
    assert write(tmp_path, villages, towns) == 620573
    every = pd.read_csv(tmp_path / "units.csv", usecols=["单元代码"])
    command = [sys.executable, "-c", NATION, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    said, measured = run.stdout.splitlines()
    # The list names no parents: that they were read off the codes is said, once.
    assert said.split() == [str(len(every)), "620573", "parent_from_code"]
    assert float(measured) < 2000  # megabytes; the seconds are in docs/benchmarks.md


def test_a_list_of_names_that_stands_as_a_tree_tells_whose_each_unit_is(tmp_path: Path) -> None:
    names = ["道里区", "甲街道", "东社区", "西社区", "乙街道", "南社区"]
    write_sheet(tmp_path / "单元.xlsx", [["单元名称", "常住人口"], *([name, 10] for name in names)])
    intake = opened(tmp_path, Source("units", "单元.xlsx"))
    units = intake.tables["units"].set_index("name")
    assert units.at["道里区", "unit_code"] == "230102000000"
    parents = units["parent"].map(dict(zip(units["unit_code"], units.index, strict=True)))
    assert parents.tolist()[1:] == ["道里区", "甲街道", "甲街道", "道里区", "乙街道"]
    assert "parent_from_order" in rules(intake)
    # all of one level together belong to nobody knows whom
    names = ["甲街道", "乙街道", "东社区", "西社区"]
    write_sheet(tmp_path / "单元.xlsx", [["单元名称", "常住人口"], *([name, 10] for name in names)])
    assert "parent_from_order" not in rules(opened(tmp_path, Source("units", "单元.xlsx")))


def test_a_name_with_its_code_in_one_cell_is_found_where_they_agree(tmp_path: Path) -> None:
    head = ["单元代码", "月份", "服务事项", "申请件数"]
    cells = [f"太平村（{TAIPING}）", f"{XINFA}新发村", f"太平村（{XINFA}）"]
    write_sheet(tmp_path / "服务.xlsx", [head, *([cell, "2018-05", "社保", 1] for cell in cells)])
    intake = opened(tmp_path, write_units(tmp_path), Source("services", "服务.xlsx"))
    assert intake.tables["services"]["unit_code"].tolist() == [TAIPING, XINFA]
    assert "unknown_unit_name" in rules(intake)
