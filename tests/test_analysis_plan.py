"""Plans by steps: planned against actual, what is late and by how many days."""

from datetime import date
from typing import Any

import pandas as pd
import pytest
from analysis_frames import FIRST, SECOND, units, zone

from govkit.analysis.standards.plan import load_plan, plan_steps, read_plan
from govkit.errors import CatalogueError

# In the first half of 2018 one of two villages has its hardware (of four communities).
HARD = {"list": "五个覆盖", "item": "硬件", "least": 1}


def step(period: Any = FIRST, *, tables: Any = None, **cells: Any) -> pd.Series:
    entry = {"id": "a", "label": "甲", "due": date(2018, 6, 1), **cells}
    plan = read_plan("p", {"type": "plan", "title": "t", "source": "s", "steps": [entry]}, where="p.toml")
    return plan_steps(tables or zone(), plan, period).iloc[0]


@pytest.mark.parametrize(
    ("cells", "state", "word", "days"),
    [
        ({}, "done", "完成", None),
        ({"least": 2}, "missed", "未完成", 29),
        ({"least": 2, "due": date(2018, 6, 30)}, "missed", "未完成", 0),
        ({"least": 2, "due": date(2018, 7, 1)}, "not_due", "未到期", None),
        ({"due": date(2019, 1, 1)}, "done", "完成", None),
    ],
    ids=["done", "late", "due today", "due later", "done early"],
)
def test_a_step_is_done_missed_or_not_yet_due(cells: dict[str, Any], state: str, word: str, days: int | None) -> None:
    found = step(**{**HARD, **cells})
    assert (found["state"], found["word"]) == (state, word)
    assert found["days"] == days if days is not None else pd.isna(found["days"])


def test_planned_actual_and_gap_count_communities() -> None:
    found = step(**{**HARD, "least": 3})
    assert found[["units", "planned", "actual", "gap"]].tolist() == [4, 3, 1, 2]
    assert found["rate"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(("share", "planned"), [(1.0, 4), (0.8, 4), (0.75, 3), (0.5, 2)])
def test_a_share_is_of_the_communities_in_scope_rounded_up(share: float, planned: int) -> None:
    found = step(list="五个覆盖", item="硬件", least_share=share)
    assert found["planned"] == planned


@pytest.mark.parametrize(
    ("scope", "units_", "actual"),
    [
        ({"parents": ["东镇"]}, 3, 1),
        ({"except_parents": ["东镇"]}, 1, 0),
        ({"applies_to": ["village"]}, 2, 1),
    ],
)
def test_a_step_counts_only_inside_its_scope(scope: dict[str, Any], units_: int, actual: int) -> None:
    found = step(**HARD, **scope)
    assert found[["units", "actual"]].tolist() == [units_, actual]


def test_a_measure_is_held_against_its_value() -> None:
    found = step(measure="satisfaction", least=0.95)
    assert found["actual"] == pytest.approx(0.94)
    assert found["gap"] == pytest.approx(0.01)
    assert (found["state"], found["kind"], found["unit"]) == ("missed", "rate", "%")


def test_a_measure_of_which_less_is_better_must_not_exceed_its_value() -> None:
    # 12 hours at the median in the whole zone.
    assert step(measure="hours_to_settle", least=24)["state"] == "done"
    assert step(measure="hours_to_settle", least=1)["gap"] > 0


def test_a_measure_may_be_taken_over_a_part_of_the_zone() -> None:
    assert step(measure="satisfaction", least=0.95, applies_to=["village"])["actual"] == pytest.approx(0.94)
    assert pd.isna(step(measure="satisfaction", least=0.95, parents=["西街道"])["actual"])


@pytest.mark.parametrize(
    ("period", "tables"),
    [(SECOND, None), (FIRST, {"units": units()})],
    ids=["not listed in the period", "no checklist"],
)
def test_where_nothing_is_on_file_the_state_is_missing(period: Any, tables: Any) -> None:
    found = step(period, tables=tables, **HARD)
    assert found[["actual", "gap", "state", "days"]].isna().all()
    assert found["word"] == "—"


def test_every_defect_of_the_file_is_told_at_once() -> None:
    raw = {
        "type": "plan", "title": "t", "source": "s",
        "steps": [
            {"id": "a", "label": "甲", "due": date(2018, 6, 1), "list": "甲", "item": "乙", "measure": "satisfactio"},
            {"id": "c", "label": "丁", "due": "2018-06-01"},
            {"id": "a", "label": "乙", "due": date(2018, 6, 1), "measure": "satisfaction", "least_share": 2},
            {"id": "b", "label": "丙", "due": date(2018, 6, 1), "list": "五个覆盖", "least": 1, "applies_to": ["town"]},
        ],
    }  # fmt: skip
    with pytest.raises(CatalogueError) as error:
        read_plan("x", raw, where="x.toml")
    for part in (
        "due 的类型不对", "须写且只写一种", "least_share（占比）须写且只写一个", "satisfactio'",
        "least_share 应大于 0", "least_share 只用于清单项", "applies_to 没有 'town'",
        "id 重复：'a'", "[[steps]] 第 4 项（b）", "x.toml",
    ):  # fmt: skip
        assert part in str(error.value), part


def test_another_type_is_not_taken_for_a_plan() -> None:
    with pytest.raises(CatalogueError, match="不是 'plan'"):
        load_plan("daoli_village_centre")
