"""Did the pilot work: before and after, with and without it, and whether chance alone could have done as much."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.scope import Tables


def pilot_units(tables: Tables) -> pd.Series:
    """Return the day each community of the pilot began it, indexed by unit code; empty without a pilot."""
    units = tables["units"]
    if "pilot_since" not in units:
        return pd.Series(dtype="datetime64[s]", name="pilot_since")
    inside = units.loc[(units["level"] == "community") & units["pilot_since"].notna()]
    return inside.set_index("unit_code")["pilot_since"]


def effects(tables: Tables) -> pd.DataFrame:
    """Return the pilot's effect on each outcome of the table ``panel``, a row an outcome in file order.

    Columns: ``outcome``; ``before_in``, ``after_in``, ``before_out``, ``after_out`` (means of communities in the pilot
    and out of it, before its first month and from then on); ``effect`` (change inside minus change outside, in the
    outcome's unit), ``low`` and ``high`` (95 %), ``p`` (share of all ways to choose as many districts at random whose
    effect would be at least as large), ``draws`` (how many ways were tried), ``trend`` and ``trend_p`` (how the gap
    moved a month before the pilot, and whether that is more than noise: then the comparison is doubtful), ``units_in``,
    ``units_out``. Communities without values on both sides of the start are left out. Empty without panel or pilot.

    Method: difference in differences on community means before and after (Bertrand, Duflo and Mullainathan 2004: what
    is left of serial correlation), Welch's interval; Fisher's randomisation test over districts, by which the pilot was
    given out. A pilot that began on several days counts from the first.
    """
    since = pilot_units(tables)
    if "panel" not in tables or since.empty:
        return pd.DataFrame()
    start = since.min().to_period("M").to_timestamp()
    rows = tables["panel"].dropna(subset=["value"])
    found = [_effect(str(name), part, since.index, start) for name, part in rows.groupby("outcome", sort=False)]
    return pd.DataFrame([one for one in found if one])


def _effect(outcome: str, rows: pd.DataFrame, pilot: pd.Index, start: pd.Timestamp) -> dict[str, Any]:
    late = rows["month"] >= start
    sides = rows.assign(late=late).pivot_table(index="unit_code", columns="late", values="value", aggfunc="mean")
    if {True, False} - set(sides.columns):
        return {}
    sides = sides.dropna()
    inside = sides.index.isin(pilot)
    if inside.sum() < 2 or (~inside).sum() < 2:
        return {}
    change = (sides[True] - sides[False]).to_numpy()
    effect, low, high = _welch(change[inside], change[~inside])
    districts = rows.drop_duplicates("unit_code").set_index("unit_code")["district_code"].reindex(sides.index)
    p, draws = _randomised(change, inside, districts.to_numpy(dtype=object))
    trend, trend_p = _trend(rows.loc[~late], pilot)
    return {
        "outcome": outcome,
        "before_in": sides.loc[inside, False].mean(),
        "after_in": sides.loc[inside, True].mean(),
        "before_out": sides.loc[~inside, False].mean(),
        "after_out": sides.loc[~inside, True].mean(),
        "effect": effect,
        "low": low,
        "high": high,
        "p": p,
        "draws": draws,
        "trend": trend,
        "trend_p": trend_p,
        "units_in": int(inside.sum()),
        "units_out": int((~inside).sum()),
    }


def _welch(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float, float]:
    from scipy.stats import t

    parts = [part.var(ddof=1) / len(part) for part in (inside, outside)]
    gap, spread = inside.mean() - outside.mean(), float(np.sqrt(sum(parts)))
    if spread == 0:
        return gap, gap, gap
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (len(inside) - 1) + parts[1] ** 2 / (len(outside) - 1))
    reach = float(t.ppf(0.5 + catalogue.load("analysis")["effect"]["confidence"] / 2, freedom)) * spread
    return gap, gap - reach, gap + reach


def _randomised(change: np.ndarray, inside: np.ndarray, districts: np.ndarray) -> tuple[float, int]:
    """Return the share of ways to give the pilot to as many districts whose effect is as large, and their number."""
    names, place = np.unique(districts.astype(str), return_inverse=True)
    sums = np.bincount(place, weights=change)
    sizes = np.bincount(place)
    chosen = np.unique(place[inside])
    rules = catalogue.load("analysis")["effect"]
    if comb(len(names), len(chosen)) <= rules["most_draws"]:
        ways = np.array(list(combinations(range(len(names)), len(chosen))))
    else:
        random = np.random.default_rng(rules["seed"])
        ways = np.array([random.permutation(len(names))[: len(chosen)] for _ in range(rules["most_draws"] - 1)])
        ways = np.vstack([chosen, ways])
    n_in, total_in = sizes[ways].sum(axis=1), sums[ways].sum(axis=1)
    n_out = sizes.sum() - n_in
    possible = n_out > 0
    drawn = total_in[possible] / n_in[possible] - (sums.sum() - total_in[possible]) / n_out[possible]
    # The districts of the pilot as wholes: what the randomisation compares must be made in one way.
    mine = sums[chosen].sum() / sizes[chosen].sum() - np.delete(sums, chosen).sum() / max(
        np.delete(sizes, chosen).sum(), 1
    )
    return float((np.abs(drawn) >= abs(mine) - 1e-12).mean()), int(possible.sum())


def _trend(rows: pd.DataFrame, pilot: pd.Index) -> tuple[float, float]:
    """Return the slope of the gap a month before the pilot and the chance of one as steep if there were none."""
    from scipy.stats import linregress

    means = rows.assign(inside=rows["unit_code"].isin(pilot))
    means = means.pivot_table(index="month", columns="inside", values="value", aggfunc="mean").dropna()
    if len(means) < 3 or means.shape[1] < 2:
        return float("nan"), float("nan")
    gap = (means[True] - means[False]).to_numpy()
    if np.ptp(gap) < 1e-12:
        return 0.0, 1.0
    months = means.index.year * 12 + means.index.month
    fit = linregress(months - months.min(), gap)
    return float(fit.slope), float(fit.pvalue)


def gaps_by_quarter(tables: Tables) -> pd.DataFrame:
    """Return how the gap between pilot and other communities moved, a row an outcome and quarter.

    Columns: ``outcome``, ``quarter`` (first day), ``inside`` and ``outside`` (means of the quarter), ``gap`` (inside
    minus outside, less its mean before the pilot), ``after`` (boolean: the quarter begins when the pilot has begun).
    Empty without panel or pilot.
    """
    since = pilot_units(tables)
    columns = ["outcome", "quarter", "inside", "outside", "gap", "after"]
    if "panel" not in tables or since.empty:
        return pd.DataFrame(columns=columns)
    start = since.min().to_period("M").to_timestamp()
    rows = tables["panel"].dropna(subset=["value"])
    rows = rows.assign(
        inside=rows["unit_code"].isin(since.index), quarter=rows["month"].dt.to_period("Q").dt.to_timestamp()
    )
    means = rows.pivot_table(index=["outcome", "quarter"], columns="inside", values="value", aggfunc="mean", sort=False)
    means = means.rename(columns={True: "inside", False: "outside"}).rename_axis(columns=None).dropna().reset_index()
    gap = means["inside"] - means["outside"]
    before = gap.where(means["quarter"] < start).groupby(means["outcome"]).transform("mean")
    return means.assign(gap=gap - before, after=means["quarter"] >= start)[columns]
