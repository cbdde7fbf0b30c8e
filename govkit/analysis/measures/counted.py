"""Rows into a measure's frame: top and bottom over the same rows, and how many rows could not be used."""

from __future__ import annotations

import numpy as np
import pandas as pd

from govkit.analysis.measures.intervals import design_effect
from govkit.analysis.measures.scope import Scope, ratio
from govkit.provided import may_have_more


def share_of_rows(scope: Scope, rows: pd.DataFrame, which: pd.Series) -> pd.DataFrame:
    """Return per group how many of its rows hold; where ``which`` is missing nobody knows, and the row does not count.

    Groups without a row that is known are missing.
    """
    holds = which.astype("boolean").to_numpy(dtype="float64", na_value=np.nan)
    grouped = pd.Series(holds, index=rows.index).groupby(rows["group"])
    known = scope.per_group(grouped.count(), fill=0)
    lost = scope.per_group(grouped.size(), fill=0) - known
    return ratio(scope.per_group(grouped.sum()), known, n=known, rows_missing=lost)


def _with_clusters(found: pd.DataFrame, rows: pd.DataFrame, top: pd.Series, bottom: pd.Series) -> pd.DataFrame:
    """Return a measure's frame with what its answers are worth, clustered in communities as they are."""
    asked = bottom > 0
    worth = design_effect(top[asked], bottom[asked], rows["unit_code"][asked], rows["group"][asked])
    return found.join(worth.reindex(found.index))


def sums(
    scope: Scope,
    rows: pd.DataFrame,
    numerator: str,
    denominator: str,
    *,
    size: float = 1.0,
    absent: pd.Series | None = None,
    clustered: bool = False,
) -> pd.DataFrame:
    """Return per group one column over another (in units of ``size``), summed over the rows that have both.

    A row with one of the two lacks the other. A row with neither says nothing (the item is not asked about), unless its
    unit has no whole row at all: then it did not report. ``absent`` adds rows that are not even there, by group;
    ``clustered`` adds ``n_effective`` and ``clusters`` (communities).
    """
    top, bottom = (rows[name].to_numpy(dtype="float64", na_value=np.nan) for name in (numerator, denominator))
    whole = ~np.isnan(top) & ~np.isnan(bottom)
    silent = np.isnan(top) & np.isnan(bottom)
    reports = pd.Series(whole, index=rows.index).groupby(rows["unit_code"]).transform("any").to_numpy(dtype=bool)
    frame = pd.DataFrame(
        {
            "top": np.where(whole, top, 0.0),
            "bottom": np.where(whole, bottom, 0.0) / size,
            "n": whole.astype("float64"),
            "lost": (~whole & ~(silent & reports)).astype("float64"),
        }
    )
    added = frame.groupby(rows["group"].to_numpy()).sum()
    lost = scope.per_group(added["lost"], fill=0)
    lost = lost if absent is None else lost + absent.reindex(scope.index, fill_value=0)
    used = scope.per_group(added["n"], fill=0)
    found = ratio(scope.per_group(added["top"]), scope.per_group(added["bottom"]), n=used, rows_missing=lost)
    if not clustered:
        return found
    return _with_clusters(found, rows, frame["top"].set_axis(rows.index), frame["bottom"].set_axis(rows.index))


def not_reporting(scope: Scope, table: str, rows: pd.DataFrame) -> pd.Series:
    """Return per group the ``rows`` that communities without any row of their table would have had.

    They are taken to have as many as those that did report have on average.
    """
    reports = scope.communities["unit_code"].isin(scope.rows(table)["unit_code"])
    each = len(rows) / max(int(reports.sum()), 1)
    return (~reports).groupby(scope.communities["group"]).sum() * each


def per_community(scope: Scope, table: str, rows: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Return what each community has of something, on the index of ``scope.communities``.

    ``values`` belong to ``rows`` of the table; one that is missing makes its community's missing. A community without a
    row has 0 where the table lists everything there is, else nobody knows; nor of one whose rows were set aside.
    """
    known = values.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    summed = pd.Series(known).groupby(rows["unit_code"].to_numpy()).sum(skipna=False)
    found = scope.communities["unit_code"].map(summed)
    units = scope.communities["unit_code"]
    more = may_have_more(scope.tables[table], table, scope.period, units)
    known = found.where(units.isin(summed.index), np.where(more, np.nan, 0.0)).astype("float64")
    return known.mask(units.isin(scope.tables[table].attrs.get("lost", ())))


def over_communities(scope: Scope, top: pd.Series, bottom: pd.Series) -> pd.DataFrame:
    """Return per group one number of its communities over another, summed over those that have both."""
    whole = top.notna() & bottom.notna()
    group = scope.communities["group"]
    frame = pd.DataFrame({"top": top.where(whole), "bottom": bottom.where(whole), "n": whole.astype("float64")})
    added = frame.groupby(group).sum()
    used = scope.per_group(added["n"], fill=0)
    lost = scope.per_group(group.groupby(group).size(), fill=0) - used
    return ratio(scope.per_group(added["top"]), scope.per_group(added["bottom"]), n=used, rows_missing=lost)
