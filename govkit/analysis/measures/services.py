"""Services in the community: what was asked for, what was settled and where, how long it took, who was satisfied."""

from __future__ import annotations

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.counted import not_reporting, sums
from govkit.analysis.measures.intervals import interval
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
    the settled ones); each rate over the rows that have both its numbers.
    """
    scope = Scope(tables, period, by=by, area=area)
    rows = of_line(scope.rows("services"), line)
    return _totals(rows, rows["group"]).reindex(scope.index)


def services_by_item(tables: Tables, period: Period, *, area: str = "all", line: str = "errands") -> pd.DataFrame:
    """Return the items of a service line over all tables, the most asked for first; columns as ``service_totals``."""
    rows = of_line(Scope(tables, period, by="zone", area=area).rows("services"), line)
    return _totals(rows, rows["item"]).sort_values("requested", ascending=False, kind="stable")


def satisfaction(
    tables: Tables,
    period: Period,
    *,
    by: str = "district_code",
    area: str = "all",
    line: str = "",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return per group what the answers say, of the rows that have both numbers; ``n`` is 0 where there is none.

    Columns: ``n`` (responses), ``satisfied``, ``rate`` (0–1), its interval ``low``, ``high`` (Wilson's, wider where
    answers of one community resemble each other), ``rows_missing`` and
    ``completeness`` as in a measure's frame.
    """
    scope = Scope(tables, period, by=by, area=area)
    rows = of_line(scope.rows("services"), line)
    absent = not_reporting(scope, "services", rows)
    found = sums(scope, rows, "satisfied", "responses", absent=absent, clustered=True)
    n, satisfied = found["denominator"], found["numerator"]
    counts = {"n": n.fillna(0).astype("Int64"), "satisfied": satisfied.fillna(0).astype("Int64")}
    bounds = interval(found, "sample", confidence=confidence)
    table = pd.DataFrame({**counts, "rate": found["value"]}).join(bounds)
    return table.join(found[["rows_missing", "completeness"]])


def _totals(rows: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    """Return the counts of a line by ``key``, and rates each over the rows that have both its numbers."""
    counted = rows.groupby(key)[list(_COUNTS)].sum(min_count=1)
    rates = {
        name: _rate(rows, key, top, bottom).reindex(counted.index)
        for name, top, bottom in (
            ("inside_rate", "settled_in_unit", "requested"),
            ("settled_rate", "settled", "requested"),
            ("hours_per_case", "hours", "settled"),
        )
    }
    return counted[["requested", "settled", "settled_in_unit"]].astype("Int64").assign(**rates)


def _rate(rows: pd.DataFrame, key: pd.Series, top: str, bottom: str) -> pd.Series:
    whole = rows[top].notna() & rows[bottom].notna()
    added = rows.loc[whole, [top, bottom]].astype("float64").groupby(key[whole]).sum()
    return added[top] / added[bottom].where(added[bottom] > 0)
