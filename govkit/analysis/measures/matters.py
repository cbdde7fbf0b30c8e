"""Matters reported in the grids: at which level they are settled, how many, and how fast.

A matter belongs to the period it was reported in; its state is that at a fixed time after the period's end.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.scope import Scope, Tables
from govkit.periods import Period
from govkit.provided import provided

# From the grid up; "small matters stay in the grid, general ones in the village, major ones in the town".
LEVELS = ("grid", "village", "town", "above")


def matters(scope: Scope) -> pd.DataFrame:
    """Return the matters of a scope with ``settled`` (bool), ``hours`` to settle and ``overdue`` (bool).

    A matter counts as settled if that was at most ``settled_within_days`` after the period's end (a fixed time, so
    that an older period has no longer to settle than the last one); one on file as settled without a time is settled.
    A matter not settled at the period's end, ``overdue_days`` after its report, is overdue (both in analysis.toml);
    one of whose state nothing is said is neither.
    """
    rows = scope.rows("events")
    norm = catalogue.load("analysis")["matters"]
    on_file, at = rows["state"].eq("settled"), rows["settled_at"]
    settled = on_file & (at.isna() | (at < scope.day_after + pd.Timedelta(days=norm["settled_within_days"])))
    hours = (at - rows["reported_at"]).dt.total_seconds() / 3600
    # what nobody says is neither settled nor open
    open_at_end = rows["state"].notna() & ~(on_file & (at.isna() | (at < scope.day_after)))
    overdue = open_at_end & (scope.day_after - rows["reported_at"] > pd.Timedelta(days=norm["overdue_days"]))
    return rows.assign(settled=settled, hours=hours.where(settled), overdue=overdue)


def settled_levels(tables: Tables, period: Period, *, by: str = "district_code", area: str = "all") -> pd.DataFrame:
    """Return per group how many settled matters each level settled, and which share (0–1).

    Columns: ``n`` (settled, level on file), ``grid``, ``village``, ``town``, ``above`` (counts) and the same names
    with ``_share``, which sum to 1; shares are missing where n is 0.
    """
    scope = Scope(tables, period, by=by, area=area)
    rows = matters(scope)
    rows = rows.loc[rows["settled"] & rows["settled_level"].notna()]
    counts = np.zeros((len(scope.index), len(LEVELS)), dtype="int64")
    group = scope.index.get_indexer(rows["group"])
    level = pd.Index(LEVELS).get_indexer(rows["settled_level"])
    known = (group >= 0) & (level >= 0)
    np.add.at(counts, (group[known], level[known]), 1)
    total = counts.sum(axis=1)
    shares = counts / np.where(total > 0, total, np.nan)[:, np.newaxis]
    columns = {"n": total, **dict(zip(LEVELS, counts.T, strict=True))}
    counted = pd.DataFrame({name: pd.array(values, dtype="Int64") for name, values in columns.items()}, scope.index)
    return counted.assign(**{f"{level}_share": share for level, share in zip(LEVELS, shares.T, strict=True)})


def settling(tables: Tables, period: Period, *, by: str = "district_code", area: str = "all") -> pd.DataFrame:
    """Return per group how many matters were reported and settled, how fast, and what is left lying.

    Columns: ``reported``, ``settled``, ``rate`` (0–1), ``hours_median``, ``hours_p90`` (of settled ones),
    ``open``, ``overdue``; all but ``reported`` are missing where the file says nothing of states.
    """
    scope = Scope(tables, period, by=by, area=area)
    return _settling(matters(scope), scope)


def settling_by_level(tables: Tables, period: Period, *, area: str = "all") -> pd.DataFrame:
    """Return the settled matters of all tables by level, from the grid up: ``settled``, ``hours_median``,
    ``hours_p90``.
    """
    rows = matters(Scope(tables, period, by="zone", area=area))
    grouped = rows.loc[rows["settled"]].groupby("settled_level")["hours"]
    frame = pd.DataFrame(
        {
            "settled": grouped.size(),
            "hours_median": grouped.median(),
            "hours_p90": grouped.quantile(0.9),
        }
    )
    frame = frame.reindex(pd.Index(LEVELS, name="settled_level"))
    return frame.assign(settled=frame["settled"].fillna(0).astype("Int64"))


def settling_by_kind(tables: Tables, period: Period, *, area: str = "all") -> pd.DataFrame:
    """Return the matters of all tables by kind, the most frequent first: ``reported``, ``settled``, ``rate``,
    ``hours_median``, ``hours_p90``, ``in_grid_share`` of the settled ones whose level is on file; 未分类: those whose
    kind is not given.
    """
    rows = matters(Scope(tables, period, by="zone", area=area))
    levelled = rows["settled"] & rows["settled_level"].notna()
    rows = rows.assign(in_grid=rows["settled_level"].eq("grid").astype("float64").where(levelled))
    grouped = rows.groupby(rows["kind"].fillna("未分类"))
    frame = pd.DataFrame(
        {
            "reported": grouped.size().astype("Int64"),
            "settled": grouped["settled"].sum().astype("Int64"),
            "rate": grouped["settled"].mean(),
            "hours_median": grouped["hours"].median(),
            "hours_p90": grouped["hours"].quantile(0.9),
            "in_grid_share": grouped["in_grid"].mean(),
        }
    )
    if "events" in tables and not provided(tables["events"], "state"):
        frame = frame.assign(settled=frame["settled"].mask(frame["reported"] > 0), rate=np.nan)
    return frame.sort_values("reported", ascending=False, kind="stable")


def _settling(rows: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    grouped = rows.groupby("group")
    reported = scope.per_group(grouped.size(), fill=0)
    settled = scope.per_group(grouped["settled"].sum(), fill=0)
    overdue = scope.per_group(grouped["overdue"].sum(), fill=0)
    if not provided(scope.tables["events"], "state"):
        # what nobody says is neither settled nor open
        settled, overdue = settled.where(reported < 0), overdue.where(reported < 0)
    return pd.DataFrame(
        {
            "reported": reported.astype("Int64"),
            "settled": settled.astype("Int64"),
            "rate": settled / reported.where(reported > 0),
            "hours_median": scope.per_group(grouped["hours"].median()),
            "hours_p90": scope.per_group(grouped["hours"].quantile(0.9)),
            "open": (reported - settled).astype("Int64"),
            "overdue": overdue.astype("Int64"),
        }
    )
