"""Communities compared by type: what each measure is for those of one type taken together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from govkit.analysis.measures.coverage import GridAudit
from govkit.analysis.measures.measure import measure_info, measures
from govkit.analysis.measures.scope import Tables
from govkit.periods import Period


def types(tables: Tables) -> pd.Series:
    """Return the type of every community that has one, indexed by unit code."""
    units = tables["units"]
    if "type" not in units:
        return pd.Series(dtype="str", name="type")
    inside = units.loc[(units["level"] == "community") & units["type"].notna()]
    return inside.drop_duplicates("unit_code").set_index("unit_code")["type"]


def compared(
    names: Iterable[str], tables: Tables, period: Period, *, crs: Any = None, audit: GridAudit | None = None
) -> pd.DataFrame:
    """Return measures by type of community, a row a measure and type; measures without any value are left out.

    Columns: ``measure``, ``label``, ``unit``, ``direction``, ``type``, ``communities`` (of the type, with a value),
    ``value`` (ratios: numerators over denominators of all of them; other measures: their mean). A type of which too
    few rows are known (the measure's ``completeness``) has no value.
    """
    kinds = types(tables)
    rows = []
    measured = measures(names, tables, period, by="unit_code", crs=crs, audit=audit)
    for name, found in measured.items():
        info = measure_info(name)
        found = found.loc[found.index.isin(kinds.index)]
        rows_of = found[["n", "rows_missing"]].groupby(kinds.reindex(found.index)).sum()
        enough = rows_of["n"] >= info.completeness * rows_of.sum(axis=1)
        found = found.loc[found["value"].notna()]
        for kind, part in found.groupby(kinds.reindex(found.index)):
            if not enough[kind]:
                continue
            value = part["value"].mean()
            if part["denominator"].notna().all():
                value = part["numerator"].sum() / part["denominator"].sum()
            rows.append((name, info.label, info.unit, info.direction, kind, len(part), value))
    return pd.DataFrame(rows, columns=["measure", "label", "unit", "direction", "type", "communities", "value"])


def counted(tables: Tables) -> pd.DataFrame:
    """Return the types with ``communities``, ``population`` and ``households``, the most communities first."""
    kinds = types(tables)
    units = tables["units"].drop_duplicates("unit_code").set_index("unit_code").reindex(kinds.index)
    grouped = units.groupby(kinds)
    frame = grouped[["population", "households"]].sum(min_count=1)
    frame.insert(0, "communities", grouped.size())
    return frame.rename_axis("type").sort_values("communities", ascending=False, kind="stable")
