"""Rates of few people, steadied."""

from __future__ import annotations

import numpy as np


def smoothed_rates(events: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return rates drawn towards the rate of all the more, the fewer people stand behind them (empirical Bayes).

    Method: Marshall, Applied Statistics 40 (1991) 283-294. Missing where either is, or nobody is there.
    """
    there = ~np.isnan(events) & (people > 0)
    if not events[there].sum() > 0:
        return np.where(there, 0.0, np.nan)
    rate = np.divide(events, people, where=there, out=np.full(len(events), np.nan))
    whole = events[there].sum() / people[there].sum()
    spread = (people[there] * (rate[there] - whole) ** 2).sum() / people[there].sum()
    between = max(spread - whole / people[there].mean(), 0.0)
    weight = between / (between + np.divide(whole, people, where=there, out=np.ones(len(events))))
    return np.where(there, weight * rate + (1 - weight) * whole, np.nan)
