"""Which communities meet a standard for little money: the cheapest set within a tenth of what all gaps cost."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

# The cheap set costs at most this share of what completes everything.
_SHARE = 0.1


@dataclass(frozen=True)
class CheapSet:
    """Communities that a little money completes: their ``codes`` (cheapest first), what it costs, and the rates
    (0–1) of communities that meet the standard ``before`` and ``after``.
    """

    codes: tuple[str, ...]
    cost_yuan: float
    before: float
    after: float


def cheapest_set(summary: pd.DataFrame) -> CheapSet | None:
    """Return the communities to complete first; frame as from ``attainment.summary``. None where there is no such set.

    All communities of equal cost are taken together, from the cheapest on, as long as the whole costs no more than a
    tenth of what all gaps cost. Communities with a gap that has no price are left out.
    """
    short = summary.loc[summary["met"].eq(False).fillna(False)]
    priced = short.loc[short["cost_yuan"].notna() & short["uncosted"].map(len).eq(0)]
    total = short["cost_yuan"].sum()
    if priced.empty or not total > 0:
        return None
    steps = priced.groupby("cost_yuan")["cost_yuan"].agg(["size", "sum"]).cumsum()
    within = steps.loc[steps["sum"] <= _SHARE * total]
    if within.empty or len(priced.loc[priced["cost_yuan"] <= within.index[-1]]) == len(short):
        return None
    taken = priced.loc[priced["cost_yuan"] <= within.index[-1]].sort_values("cost_yuan", kind="stable")
    known, met = summary["met"].count(), int(summary["met"].fillna(False).sum())
    codes = tuple(str(code) for code in taken.index)
    return CheapSet(codes, float(taken["cost_yuan"].sum()), met / known, (met + len(taken)) / known)
