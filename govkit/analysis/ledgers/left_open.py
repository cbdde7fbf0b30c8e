"""What is left open at a period's end: matters that wait, tasks overdue or never looked at, with place and days."""

from __future__ import annotations

import pandas as pd

from govkit.analysis.ledgers.checklists import tasks
from govkit.analysis.measures.matters import matters
from govkit.analysis.measures.scope import Scope, Tables
from govkit.periods import Period
from govkit.provided import POOL


def waiting_matters(tables: Tables, period: Period) -> pd.DataFrame:
    """Return the matters overdue at the period's end, the longest first: ``unit_code``, ``days`` open,
    ``kind`` ("" for all where any may belong to a sensitive group).

    Overdue as in ``matters``; a matter settled after the period's end waited at its end.
    """
    if "events" not in tables:
        return pd.DataFrame(columns=["unit_code", "kind", "days"])
    scope = Scope(tables, period, by="zone")
    rows = matters(scope)
    rows = rows.loc[rows["overdue"]]
    days = (scope.day_after - rows["reported_at"]).dt.days.astype("int64")
    # none is named where some are of sensitive groups: a matter told of alone would tell whose it is
    kinds = "" if POOL in rows else rows.get("kind", pd.Series(pd.NA, index=rows.index, dtype="str"))
    found = pd.DataFrame({"unit_code": rows["unit_code"], "kind": kinds, "days": days})
    return found.sort_values(["days", "unit_code"], ascending=[False, True], kind="stable", ignore_index=True)


def uninspected_tasks(tables: Tables, period: Period) -> pd.DataFrame:
    """Return the tasks of the period that nobody inspected in it, as ``checklists.tasks`` has them."""
    if "tasks" not in tables:
        return pd.DataFrame(columns=["unit_code", "task_id"])
    rows = tasks(Scope(tables, period, by="zone"))
    return rows.loc[~rows["inspected"]].reset_index(drop=True)
