"""Measures of communities gathered to the units above them (乡镇): counts are added up."""

from __future__ import annotations

import pandas as pd


def gathered(found: pd.DataFrame, above: pd.Series) -> pd.DataFrame:
    """Return a measure's frame by ``above`` (community code → code above it), index in code order.

    Ratios: numerators over denominators of all communities with both. Other measures have no value here: a median of
    medians is none.
    """
    rows = found[["numerator", "denominator"]].astype("float64").dropna()
    sums = rows.groupby(above.reindex(rows.index)).sum()
    value = sums["numerator"] / sums["denominator"].where(sums["denominator"] > 0)
    return sums.assign(value=value, n=sums["denominator"])[["value", "numerator", "denominator", "n"]]
