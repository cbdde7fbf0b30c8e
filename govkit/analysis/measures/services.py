"""Services in the community: what was asked for, what was settled and where, how long it took, who was satisfied."""

from __future__ import annotations

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.intervals import wilson
from govkit.analysis.measures.scope import Scope, Tables
from govkit.errors import UnknownNameError
from govkit.periods import Period

_COUNTS = ("requested", "settled", "settled_in_unit", "hours", "responses", "satisfied")


def check_line(line: str) -> None:
    """Raise UnknownNameError for a misspelt key of analysis.toml; Chinese names of lines are the zone's own."""
    lines = catalogue.load("analysis")["services"]["lines"]
    if line and line.isascii() and line not in lines:
        raise UnknownNameError("服务条线", line, lines)


def of_line(rows: pd.DataFrame, line: str) -> pd.DataFrame:
    """Return the rows of a service line: a key of analysis.toml ``[services]``, a name of the column ``line``, "" all.

    A row that names no line belongs to the one that lists its item, else to the assisted errands.
    """
    check_line(line)
    if not line:
        return rows
    lines = catalogue.load("analysis")["services"]["lines"]
    return rows.loc[line_of(rows) == (lines[line]["label"] if line in lines else line)]


def line_of(rows: pd.DataFrame) -> pd.Series:
    """Return the name of each row's service line, as ``of_line`` reads it."""
    lines = catalogue.load("analysis")["services"]["lines"]
    listed = {item: one["label"] for one in lines.values() for item in one["items"]}
    known = rows["item"].map(listed).fillna(lines["errands"]["label"])
    return rows["line"].fillna(known) if "line" in rows else known


def service_totals(
    tables: Tables, period: Period, *, by: str = "district_code", area: str = "all", line: str = "errands"
) -> pd.DataFrame:
    """Return per group the sums of a service line and the rates made of them.

    Columns: ``requested``, ``settled``, ``settled_in_unit``, ``inside_rate`` (needs met inside the village or
    community: settled_in_unit / requested, D12), ``settled_rate`` (settled / requested), ``hours_per_case`` (mean of
    the settled ones).
    """
    scope = Scope(tables, period, by=by, area=area)
    rows = of_line(scope.rows("services"), line)
    sums = rows.groupby("group")[list(_COUNTS)].sum(min_count=1).reindex(scope.index)
    return _with_rates(sums)


def services_by_item(tables: Tables, period: Period, *, area: str = "all", line: str = "errands") -> pd.DataFrame:
    """Return the items of a service line over all tables, the most asked for first; columns as ``service_totals``."""
    rows = of_line(Scope(tables, period, by="zone", area=area).rows("services"), line)
    sums = rows.groupby("item")[list(_COUNTS)].sum(min_count=1)
    return _with_rates(sums).sort_values("requested", ascending=False, kind="stable")


def satisfaction(
    tables: Tables,
    period: Period,
    *,
    by: str = "district_code",
    area: str = "all",
    line: str = "",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return per group ``n`` (responses), ``satisfied``, ``rate`` (0–1) and its Wilson interval ``low``, ``high``."""
    scope = Scope(tables, period, by=by, area=area)
    rows = of_line(scope.rows("services"), line)
    sums = rows.groupby("group")[["responses", "satisfied"]].sum().reindex(scope.index, fill_value=0)
    n, satisfied = sums["responses"].astype("float64"), sums["satisfied"].astype("float64")
    interval = wilson(satisfied, n, confidence=confidence)
    return pd.DataFrame(
        {
            "n": n.astype("Int64"),
            "satisfied": satisfied.astype("Int64"),
            "rate": satisfied / n.where(n > 0),
        }
    ).join(interval)


def _with_rates(sums: pd.DataFrame) -> pd.DataFrame:
    known = sums.astype("float64")
    requested = known["requested"].where(known["requested"] > 0)
    settled = known["settled"].where(known["settled"] > 0)
    counts = sums[["requested", "settled", "settled_in_unit"]].astype("Int64")
    return counts.assign(
        inside_rate=known["settled_in_unit"] / requested,
        settled_rate=known["settled"] / requested,
        hours_per_case=known["hours"] / settled,
    )
