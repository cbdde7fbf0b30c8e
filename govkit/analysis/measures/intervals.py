"""Confidence intervals of rates and of differences between two rates."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def wilson(successes: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return the Wilson score interval of rates as columns ``low`` and ``high``, on the index of ``successes``.

    Method: Wilson (1927), without continuity correction; method 3 of Newcombe, Stat. Med. 17 (1998) 857-872.
    A missing count or n = 0 gives a missing interval.

    >>> wilson([81], [263]).round(4).values.tolist()
    [[0.2553, 0.3662]]
    """
    index = successes.index if isinstance(successes, pd.Series) else None
    counts, total = _floats(successes), _floats(n)
    total = np.where(total > 0, total, np.nan)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate = counts / total
    middle = (rate + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z * np.sqrt(rate * (1 - rate) / total + z**2 / (4 * total**2)) / (1 + z**2 / total)
    low = np.where(counts == 0, 0.0, np.clip(middle - half, 0, 1))
    high = np.where(counts == total, 1.0, np.clip(middle + half, 0, 1))
    unknown = np.isnan(rate)
    low, high = np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
    return pd.DataFrame({"low": low, "high": high}, index=index)


def rate_difference(
    successes: ArrayLike,
    n: ArrayLike,
    previous_successes: ArrayLike,
    previous_n: ArrayLike,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return ``change`` (rate minus previous rate) with its interval ``low`` and ``high``.

    Method: hybrid of two Wilson intervals, method 10 of Newcombe, Stat. Med. 17 (1998) 873-890.

    >>> rate_difference([56], [70], [48], [80]).round(4).values.tolist()
    [[0.2, 0.0524, 0.3339]]
    """
    now = wilson(successes, n, confidence=confidence)
    before = wilson(previous_successes, previous_n, confidence=confidence).set_axis(now.index)
    rate = _rate(successes, n)
    earlier = _rate(previous_successes, previous_n)
    change = rate - earlier
    low = change - np.sqrt((rate - now["low"]) ** 2 + (before["high"] - earlier) ** 2)
    high = change + np.sqrt((now["high"] - rate) ** 2 + (earlier - before["low"]) ** 2)
    return pd.DataFrame({"change": change, "low": low, "high": high}, index=now.index)


def _floats(values: ArrayLike) -> np.ndarray:
    return pd.to_numeric(pd.Series(np.asarray(values, dtype=object))).astype("float64").to_numpy()


def _rate(successes: ArrayLike, n: ArrayLike) -> np.ndarray:
    total = _floats(n)
    return _floats(successes) / np.where(total > 0, total, np.nan)
