"""What became of the problems of earlier periods, and of the tasks set to put them right."""

import datetime as dt

import pandas as pd
import pytest
from analysis_frames import FIRST, OAK, RIVER, SECOND, STREET, TOWN, frame

from govkit.analysis.ledgers.follow_up import counted, followed_up, ledger_by_level, rectified, with_history
from govkit.periods import Period

THIRD = Period("2019H1", "2019年上半年", dt.date(2019, 1, 1), dt.date(2019, 6, 30))
SOON, LATE = dt.date(2018, 9, 1), dt.date(2020, 1, 1)


def problems(*rows: tuple[str, str, dt.date]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["district_code", "rule", "due"])


def states(*periods: tuple[Period, pd.DataFrame]) -> dict[tuple[str, str], str]:
    found = followed_up(periods)
    return {(row.district_code, row.rule): row.state for row in found.itertuples()}


def test_a_problem_is_new_open_closed_or_come_back() -> None:
    said = states(
        (FIRST, problems((TOWN, "back", LATE), (TOWN, "gone", LATE))),
        (SECOND, problems((TOWN, "gone", LATE), (TOWN, "stays", LATE))),
        (THIRD, problems((TOWN, "stays", LATE), (TOWN, "back", LATE), (TOWN, "fresh", LATE))),
    )
    assert said == {
        (TOWN, "stays"): "open", (TOWN, "back"): "returned", (TOWN, "fresh"): "new", (TOWN, "gone"): "closed",
    }  # fmt: skip


def test_the_date_set_first_decides_what_is_overdue() -> None:
    found = followed_up([(FIRST, problems((TOWN, "a", SOON))), (SECOND, problems((TOWN, "a", LATE)))]).iloc[0]
    assert (found["state"], found["since"], found["first_due"], found["periods"]) == ("overdue", FIRST.id, SOON, 2)


def test_the_same_rule_in_another_district_is_another_problem() -> None:
    said = states((FIRST, problems((TOWN, "a", LATE))), (SECOND, problems((STREET, "a", LATE))))
    assert said == {(TOWN, "a"): "closed", (STREET, "a"): "new"}


def test_in_the_first_period_everything_is_new() -> None:
    found = followed_up([(FIRST, problems((TOWN, "a", LATE), (STREET, "b", LATE)))])
    assert counted(found).to_dict() == {"overdue": 0, "returned": 0, "open": 0, "again": 0, "new": 2, "closed": 0}


def test_misuse_that_did_not_recur_is_closed_and_other_misuse_is_new_of_its_kind() -> None:
    old = problems((TOWN, "funds", SOON)).assign(rows=[("line 1",)])
    other = problems((TOWN, "funds", LATE)).assign(rows=[("line 2", "line 3")])
    found = followed_up([(FIRST, old), (SECOND, other)]).set_index("state")
    assert sorted(found.index) == ["again", "closed"]
    assert found.loc["again", ["since", "first_due"]].tolist() == [SECOND.id, LATE]


def test_a_problem_that_keeps_some_of_its_rows_stays_the_same_problem() -> None:
    old = problems((TOWN, "tasks", SOON)).assign(rows=[("a", "b")])
    now = problems((TOWN, "tasks", LATE)).assign(rows=[("b", "c")])
    assert followed_up([(FIRST, old), (SECOND, now)])["state"].tolist() == ["overdue"]


def test_a_problem_is_due_when_it_was_first_due() -> None:
    now = problems((TOWN, "a", LATE))
    found = with_history(now, followed_up([(FIRST, problems((TOWN, "a", SOON))), (SECOND, now)]))
    assert found[["state", "due", "periods"]].to_numpy().tolist() == [["overdue", SOON, 2]]


def tasks() -> dict[str, pd.DataFrame]:
    rows = frame(
        "task_id unit_code problem owner_level owner due state closed_at raised_in list",
        ("in time", OAK, "灯不亮", "village", "村委会", "2018-08-01", "done", "2018-07-20", "2018H1", "整改问题"),
        ("late", OAK, "路不平", "town", "镇政府", "2018-08-01", "done", "2018-09-20", "2018H1", "整改问题"),
        ("overdue", RIVER, "缺用房", "county", "民政局", "2018-12-01", "doing", None, "2018H1", "整改问题"),
        ("not due", RIVER, "缺社工", "county", "民政局", "2019-03-01", "doing", None, "2018H2", "整改问题"),
        ("closed before", OAK, "旧事", "village", "村委会", "2018-03-01", "done", "2018-03-01", "2018H1", "整改问题"),
        ("other", OAK, "指标", "village", "村委会", "2018-08-01", "doing", None, "2018H2", None),
    )
    return {"tasks": rows}


def test_the_rectification_ledger_tells_what_became_of_each_task() -> None:
    found = rectified(tasks(), SECOND)
    assert dict(zip(found["task_id"], found["state"], strict=True)) == {
        "overdue": "overdue", "not due": "open", "late": "late", "in time": "closed",
    }  # fmt: skip


def test_a_task_closed_after_the_period_was_still_open_in_it() -> None:
    late = tasks()
    late["tasks"].loc[0, "closed_at"] = pd.Timestamp("2019-01-05")
    assert rectified(late, SECOND).set_index("task_id").loc["in time", "state"] == "overdue"


def test_plan_against_actual_is_counted_by_ledger_and_level() -> None:
    found = ledger_by_level(tasks(), SECOND).set_index(["list", "owner_level"])
    row = found.loc[("整改问题", "county")]
    assert (row["planned"], row["done"], row["overdue"], row["later"]) == (1, 0, 1, 1)
    assert found.loc[("整改问题", "town")][["planned", "done", "late"]].tolist() == [1, 1, 1]
    assert found.loc[("整改问题", "village"), "rate"] == pytest.approx(1.0)
    assert found.loc[("指标任务", "village"), "overdue"] == 1
