"""A norm judges only its own time: outside it, it raises no problem, no due date and no score."""

import datetime as dt

import pandas as pd
import pytest
from analysis_frames import CRS, FIRST, SECOND, TOWN, grids, units, zone

from govkit import catalogue
from govkit.analysis.ledgers.problem_rules import load_rules, read_own_rules, read_rules
from govkit.analysis.ledgers.problems import find_problems
from govkit.analysis.score.assess import assess_tables
from govkit.analysis.score.scheme import load_scheme, read_scheme
from govkit.analysis.standards.attainment import attainment, read_standard
from govkit.analysis.standards.fund_norms import against_norms, norm_summary, read_fund_norms
from govkit.analysis.standards.judged_by import judged_by
from govkit.analysis.standards.ladder import load_ladder, off_ladder
from govkit.analysis.standards.plan import plan_steps, read_plan
from govkit.analysis.standards.yardsticks import against_yardsticks, load_yardsticks
from govkit.catalogue.stated import stated
from govkit.errors import CatalogueError

LATER = dt.date(2021, 12, 27)
NATIONAL = "community_service_plan_14th"


@pytest.mark.parametrize("folder", ["standards", "schemes"])
def test_every_file_of_the_catalogue_says_since_when_it_is_in_force(folder: str) -> None:
    silent = [name for name in catalogue.names(folder) if "in_force_from" not in stated(folder, name).raw]
    assert silent == []


def test_a_national_plan_of_2021_judges_nothing_of_2018() -> None:
    found = against_yardsticks(zone(), [load_yardsticks(NATIONAL)], FIRST, crs=CRS)
    assert set(found["yardstick"]) == {"households_per_grid", "sound_grids"}  # GB/T 34300-2017, from April 2018


def test_a_look_back_shows_apart_what_is_not_in_force() -> None:
    found = against_yardsticks(zone(), [load_yardsticks(NATIONAL)], FIRST, crs=CRS, look_back=True)
    assert "premises_per_100_households" in set(found["yardstick"])
    assert "sound_grids" not in set(found["yardstick"])


def test_problems_that_rest_on_a_later_norm_are_not_raised() -> None:
    assert not set(find_problems(zone(), FIRST, named=[NATIONAL])["rule"]) & {"premises_short", "workers_short"}


def test_a_rule_out_of_force_finds_nothing() -> None:
    raw = [one for one in catalogue.load("problems")["rules"] if one["id"] == "tasks_overdue"]
    old = read_rules({"rules": [{**raw[0], "in_force_until": dt.date(2017, 12, 31)}]}, where="t")
    assert len(find_problems(zone(), FIRST, rules=read_rules({"rules": raw}, where="t"))) == 1
    assert find_problems(zone(), FIRST, rules=old).empty


def test_a_standard_out_of_force_binds_nobody() -> None:
    raw = {**stated("standards", "daoli_village_centre").raw, "in_force_from": LATER}
    assert attainment(zone(), read_standard("t", raw, where="t"), FIRST).empty


def test_a_scheme_out_of_force_gives_no_score() -> None:
    raw = {**stated("schemes", "daoli_333").raw, "in_force_from": dt.date(2018, 7, 1)}
    scheme = read_scheme("t", raw, where="t")
    assert assess_tables(scheme, zone(), FIRST, crs=CRS).scores["score"].isna().all()
    assert assess_tables(scheme, zone(), SECOND, crs=CRS).scores["score"].notna().any()


def test_norms_plans_and_ladders_keep_to_their_time_too() -> None:
    norms = read_fund_norms("t", {**stated("standards", "xianning_funds").raw, "in_force_from": LATER}, where="t")
    found = against_norms(zone(), norms, FIRST)
    assert found.empty
    assert norm_summary(found, norms).empty
    plan = read_plan("t", {**stated("standards", "huangpi_883_plan").raw, "in_force_from": LATER}, where="t")
    assert plan_steps(zone(), plan, FIRST).empty
    assert off_ladder(zone(), load_ladder("xianning_worker_ladder"), FIRST).empty


def test_one_norm_of_a_file_may_have_a_time_of_its_own() -> None:
    raw = stated("standards", "xianning_funds").raw
    entries = [{**raw["norms"][0], "in_force_until": dt.date(2017, 1, 1)}, *raw["norms"][1:]]
    norms = read_fund_norms("t", {**raw, "in_force_from": dt.date(2000, 1, 1), "norms": entries}, where="t")
    assert [norm.term.covers(FIRST) for norm in norms.norms[:2]] == [False, True]


def test_what_does_not_judge_a_period_can_be_told() -> None:
    names = [name for name, _ in judged_by([NATIONAL], "daoli_333").not_in_force(FIRST)]
    assert "每百户综合服务设施面积" in names
    assert load_scheme("daoli_333").title not in names


def test_a_norm_that_ends_before_it_begins_is_a_defect() -> None:
    raw = {**stated("schemes", "daoli_333").raw, "in_force_until": dt.date(1999, 1, 1)}
    with pytest.raises(CatalogueError, match="早于 in_force_from"):
        read_scheme("t", raw, where="t")


def layer(vintage: dt.date | None) -> dict[str, pd.DataFrame]:
    """Return a zone of two grids that overlap, on a layer drawn up on some day."""
    drawn = grids(("g1", "230102100201", (0, 0, 100, 100)), ("g2", "230102100202", (90, 0, 200, 100)))
    drawn.attrs["vintage"] = vintage
    return {"units": units(), "grids": drawn}


@pytest.mark.parametrize(
    ("vintage", "expected"), [(dt.date(2018, 12, 20), []), (dt.date(2018, 6, 30), [TOWN]), (None, [TOWN])]
)
def test_a_state_is_not_dated_back_before_it_was_known(vintage: dt.date | None, expected: list[str]) -> None:
    found = find_problems(layer(vintage), FIRST, crs=CRS)
    assert found.loc[found["rule"].eq("grid_overlaps"), "district_code"].tolist() == expected


OWN = {
    "type": "problem_rules",
    "title": "我区问题判定办法",
    "source": "区发〔2018〕1号",
    "rules": [
        {"id": "tasks_overdue", "severe": 1, "due_days": 7},
        {"id": "funds_outside", "off": True},
        {"id": "needs_met_low", "below": 0.99},
        {
            "id": "few_settled", "title": "办结偏少", "finds": "measure", "measure": "settled_rate", "below": 1.0,
            "severe": 0.1, "owner_level": "town", "due_days": 10, "evidence": "办结率 {value}。", "advice": "查。",
        },
    ],
}  # fmt: skip


def test_a_zone_states_its_own_lines_and_the_problem_names_the_file() -> None:
    rules = read_own_rules("own", OWN, where="own.toml").over(load_rules())
    found = find_problems(zone(), FIRST, rules=rules).set_index("rule")
    task = found.loc["tasks_overdue"]
    assert (task["severity"], task["due"], task["rule_source"]) == ("severe", dt.date(2018, 7, 7), "我区问题判定办法")
    assert "funds_outside" not in found.index
    assert "few_settled" in found.index
    assert next(one for one in rules if one.id == "needs_met_low").threshold == 0.99
    assert next(one for one in rules if one.id == "slow_matters").source == "通用问题规则"


def test_a_wrong_rule_of_a_zones_own_is_told_with_its_entry() -> None:
    wrong = {**OWN, "rules": [{"id": "tasks_overdue", "sever": 1}, {"id": "new one"}]}
    with pytest.raises(CatalogueError, match=r"(?s)没有 'sever' 这一项.*第 2 项（new one）：缺少 title"):
        read_own_rules("own", wrong, where="own.toml")
