"""Outliers of indicators tamed before they are put on one scale, as in the JRC's COIN tool.

An indicator with |skewness| above 2 and kurtosis above 3.5 is winsorised, at most five values, else its logarithm is
taken.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

_SKEW, _KURTOSIS, _MOST_CUT = 2.0, 3.5, 5


def untreated(raw: pd.DataFrame) -> pd.DataFrame:
    """Return skewness and kurtosis of indicators as they are: the frame of ``treated`` with nothing done."""
    usable = raw.count().gt(3) & raw.max().gt(raw.min())
    shape = {"skew": raw.skew().where(usable, 0.0), "kurtosis": raw.kurt().where(usable, 0.0)}
    return pd.DataFrame({**shape, "treatment": "", "values": 0}, index=raw.columns)


def treated(raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the indicators with outliers tamed, and what was done to each."""
    told, done = untreated(raw), raw.copy()
    for name in told.index[told["skew"].abs().gt(_SKEW) & told["kurtosis"].gt(_KURTOSIS)]:
        cut, count = _winsorised(raw[name])
        if not _outlying(cut):
            done[name], told.loc[name, "treatment"], told.loc[name, "values"] = cut, "winsorised", count
        elif raw[name].min() >= 0:
            done[name], told.loc[name, "treatment"] = np.log1p(raw[name]), "logarithm"
        else:
            done[name], told.loc[name, "treatment"], told.loc[name, "values"] = cut, "winsorised", count
    return done, told


def _winsorised(values: pd.Series) -> tuple[pd.Series, int]:
    """Return the values with up to five at the far end drawn to the next one, as few as it takes, and how many."""
    upper = _skew(values) > 0
    ordered = values.dropna().sort_values(ascending=not upper)
    cut = values
    for count in range(1, min(_MOST_CUT, len(ordered) - 3) + 1):
        limit = ordered.iloc[count]
        cut = values.clip(upper=limit) if upper else values.clip(lower=limit)
        if not _outlying(cut):
            return cut, count
    return cut, min(_MOST_CUT, max(len(ordered) - 3, 0))


def _outlying(values: pd.Series) -> bool:
    return abs(_skew(values)) > _SKEW and _kurtosis(values) > _KURTOSIS


def _skew(values: pd.Series) -> float:
    known = values.dropna()
    return float(known.skew()) if len(known) > 3 and known.nunique() > 1 else 0.0


def _kurtosis(values: pd.Series) -> float:
    known = values.dropna()
    return float(known.kurt()) if len(known) > 3 and known.nunique() > 1 else 0.0
