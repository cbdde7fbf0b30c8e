"""The national lists that come along: what they hold, and codes filled in for names alone, never a wrong one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from govkit import catalogue
from govkit.intake.proposing.propose import propose, write
from govkit.intake.units import national
from govkit.intake.units.national import county_of, listed, units_of
from govkit.zone.opening import read_zone

HUANGPI = "420116"


def test_the_lists_are_small_and_say_where_they_come_from() -> None:
    folder = Path(national.__file__).parents[2] / "catalogue" / "national"
    files = {path.name: path.stat().st_size for path in folder.glob("*.parquet")}
    entries = [entry for name, entry in catalogue.load("national").items() if name != "county_by_names"]
    assert {entry[key] for entry in entries for key in ("townships", "villages")} - {""} == set(files)
    assert sum(files.values()) < 6e6
    assert all(entry[key] for entry in entries for key in ("title", "vintage", "source", "licence"))


def test_a_county_has_its_townships_and_villages() -> None:
    codes = units_of(HUANGPI, "nbs").codes
    assert codes["420116000000"] == "黄陂区"
    counts = pd.Series([national._level(code) for code in codes]).value_counts()
    assert (counts["street"], counts["community"]) == (20, 684)


def test_a_name_is_found_only_where_it_is_the_only_one() -> None:
    unit = national.Units(
        {
            "230199001000": "东街街道办事处",
            "230199001001": "花园社区居委会",
            "230199001201": "花园村委会",
            "230199001202": "新村村委会",
            "230199001203": "新村村委会",
        }
    )
    assert unit.found("东街街道", level="street", under="230199000000") == "230199001000"
    assert unit.found("花园社区", level="community", under="230199001000") == "230199001001"
    assert unit.found("花园村", level="community", under="230199001000") == "230199001201"
    assert unit.found("花园", level="community", under="230199001000") == ""
    assert unit.found("新村村委会", level="community", under="230199001000") == ""
    assert unit.found("东街镇", level="street", under="230199000000") == ""


def test_the_two_systems_are_kept_apart() -> None:
    differ = [
        code
        for code, name in units_of("230110", "mca").codes.items()
        if units_of("230110", "nbs").codes.get(code, name) != name and national._level(code) == "street"
    ]
    assert differ  # the same code is another township there
    name = units_of("230110", "mca").codes[differ[0]]
    assert listed(name, level="street", under="230110000000", system="mca") == differ[0]
    assert listed(name, level="street", under="230110000000", system="nbs") != differ[0]


@pytest.mark.parametrize("under", ["990000000000", "GB-LND-000000", "230100000000", ""])
def test_where_there_is_no_such_county_nothing_is_found(under: str) -> None:
    assert listed("新发镇", level="street", under=under, system="nbs") == ""


def test_a_county_is_told_by_its_townships_or_not_at_all() -> None:
    names = [name for code, name in units_of(HUANGPI, "nbs").codes.items() if national._level(code) == "street"]
    assert county_of(names) == (HUANGPI, "黄陂区")
    assert county_of(["城关镇", "东街街道", "西街街道"]) == ("", "")
    assert county_of(names[:2]) == ("", "")


def test_a_list_of_names_alone_gets_the_codes_of_the_list_and_no_wrong_one(tmp_path: Path) -> None:
    codes = units_of(HUANGPI, "nbs").codes
    rows = [(codes[f"{code[:9]}000"], name) for code, name in codes.items() if national._level(code) == "community"]
    pd.DataFrame(rows, columns=["街道", "社区（村）"]).to_csv(tmp_path / "名单.csv", index=False, encoding="gbk")
    proposal = propose(tmp_path)
    assert 'code = "420116"' in proposal.text
    assert 'name = "黄陂区"' in proposal.text
    write(proposal)
    zone = read_zone(tmp_path)
    units = zone.tables["units"].set_index("unit_code")["name"]
    said = zone.findings.set_index("rule")["reason"]
    right = [code for code in units.index if code in codes and codes[code] == units[code]]
    wrong = [code for code in units.index if code in codes and codes[code] != units[code]]
    assert wrong == []
    assert len(right) > 0.98 * len(codes)
    assert f"{len(right) - 1} 个单元" in said["national_codes"] or f"{len(right)} 个单元" in said["national_codes"]
    assert "2023-06-30" in said["national_codes"]


def test_a_made_code_is_nobody_elses(tmp_path: Path) -> None:
    rows = (
        "街道,社区（村）\n"
        + "".join(f"前川街道,臆造{i}社区\n" for i in range(60))
        + "横店街道,甲社区\n武湖街道,乙社区\n"
    )
    (tmp_path / "名单.csv").write_text(rows, encoding="utf-8")
    write(propose(tmp_path, code=HUANGPI))
    units = read_zone(tmp_path).tables["units"]
    codes = units_of(HUANGPI, "nbs").codes
    made = units.loc[units["name"].str.startswith("臆造"), "unit_code"]
    assert len(made) == 60
    assert not set(made) & set(codes)
    assert set(made.str[:9]) == {units.set_index("name")["unit_code"]["前川街道"][:9]}
