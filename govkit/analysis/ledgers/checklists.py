"""Ledgers of the "333" method, the institution lists, the teams: counts and rates; what is left open."""

from __future__ import annotations

import pandas as pd

from govkit.analysis.measures.counted import share_of_rows
from govkit.analysis.measures.matters import matters
from govkit.analysis.measures.scope import Scope, Tables
from govkit.periods import Period
from govkit.provided import POOL

OWNERS = ("county", "town", "village")
# The ledger of tasks that name no other.
INDICATORS = "指标任务"


def tasks(scope: Scope) -> pd.DataFrame:
    """Return the tasks raised in the period, with ``done`` and ``overdue`` as of its last day and ``inspected`` in it.

    A done task without a closing date counts as closed when due, but whether it was ``on_time`` nobody knows: that is
    missing there, and until a task is due or done.
    """
    rows = scope.rows("tasks")
    closed = rows["closed_at"].fillna(rows["due"])
    done = rows["state"].eq("done") & (closed < scope.day_after)
    overdue = ~done & (rows["due"] < scope.day_after)
    inspected = rows["last_inspected"].between(pd.Timestamp(scope.period.start), scope.day_after, inclusive="left")
    on_time = (
        (done & (closed <= rows["due"])).astype("boolean").mask(~done & ~overdue | done & rows["closed_at"].isna())
    )
    return rows.assign(done=done, overdue=overdue, inspected=inspected, on_time=on_time)


def three_by_three(tables: Tables, period: Period) -> pd.DataFrame:
    """Return the 3 × 3 ledger (D4): a row per owner level 区、镇、村, its indicators, commitments and inspection.

    Tasks of another ledger (``list``) do not count.

    Columns: ``tasks``, ``indicators`` (different ones), ``commitments`` (tasks with one), ``inspected`` (in the
    period), ``done``, ``overdue`` (at its end); rates ``commitment_rate``, ``inspection_rate``, ``done_rate`` (0–1).
    """
    rows = tasks(Scope(tables, period, by="zone"))
    rows = rows.loc[rows["list"].isna() | rows["list"].eq(INDICATORS)] if "list" in rows else rows
    rows = rows.assign(committed=rows["commitment"].notna())
    grouped = rows.groupby("owner_level")
    counts = pd.DataFrame(
        {
            "tasks": grouped.size(),
            "indicators": grouped["indicator"].nunique(),
            "commitments": grouped["committed"].sum(),
            "inspected": grouped["inspected"].sum(),
            "done": grouped["done"].sum(),
            "overdue": grouped["overdue"].sum(),
        }
    )
    counts = counts.reindex(pd.Index(OWNERS, name="owner_level"), fill_value=0).astype("Int64")
    base = counts["tasks"].where(counts["tasks"] > 0).astype("float64")
    return counts.assign(
        commitment_rate=counts["commitments"].astype("float64") / base,
        inspection_rate=counts["inspected"].astype("float64") / base,
        done_rate=counts["done"].astype("float64") / base,
    )


def overdue_tasks(tables: Tables, period: Period) -> pd.DataFrame:
    """Return the tasks overdue at the period's end, the longest overdue first, with ``days`` overdue."""
    rows = tasks(Scope(tables, period, by="zone"))
    rows = rows.loc[rows["overdue"]]
    days = (pd.Timestamp(period.end) - rows["due"].dt.normalize()).dt.days
    order = rows.assign(days=days).sort_values(["days", "task_id"], ascending=[False, True], ignore_index=True)
    return order.drop(columns=["group", "done", "overdue", "inspected", "on_time"])


def checklist_items(tables: Tables, period: Period) -> pd.DataFrame:
    """Return a row per list and item, in file order: ``units`` (that say yes or no), ``met``, ``with_evidence`` (of
    those met), ``rate``, ``unknown`` (units with neither)."""
    rows = _checked(Scope(tables, period, by="zone"))
    grouped = rows.groupby(["list", "item"], sort=False)
    counts = grouped[["met", "with_evidence"]].sum().astype("Int64")
    units = grouped["met"].count().astype("Int64")
    known = units.astype("float64").where(units > 0)
    counts = counts.assign(units=units, rate=counts["met"].astype("float64") / known, unknown=grouped.size() - units)
    return counts[["units", "met", "with_evidence", "rate", "unknown"]]


def checklist_rates(
    tables: Tables, period: Period, *, by: str = "district_code", area: str = "all", checklist: str = ""
) -> pd.DataFrame:
    """Return per group the share of a checklist's items met ("" takes all lists), as a measure's frame."""
    scope = Scope(tables, period, by=by, area=area)
    rows = _checked(scope)
    rows = rows.loc[rows["list"] == checklist] if checklist else rows
    return share_of_rows(scope, rows, rows["met"])


def _checked(scope: Scope) -> pd.DataFrame:
    rows = scope.rows("checklist")
    met = rows["met"].astype("boolean")
    return rows.assign(met=met, with_evidence=met.fillna(False) & rows["evidence"].notna())


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
