"""Confidence intervals of rates, of scores and of their changes, each by the kind of evidence a number rests on."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from govkit import catalogue


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


def design_effect(
    top: pd.Series, bottom: pd.Series, cluster: pd.Series, group: pd.Series, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Return per group how many independent answers its clustered ones are worth: ``n_effective``, ``clusters``.

    Answers of one community resemble each other. The variance of the ratio between clusters (Kish, Survey Sampling
    (1965), 6.4) over that of independent answers is the design effect; where it exceeds 1, the answers are divided by
    it, and by (t/z)² with one degree of freedom less than there are clusters (Korn and Graubard, Survey Methodology 24
    (1998) 193-201). Fewer clusters than analysis.toml asks tell too little of the differences between them: then the
    effect is that of the correlation stated there. The answers of one cluster count as independent.
    """
    sums = pd.DataFrame({"top": top.to_numpy(float), "bottom": bottom.to_numpy(float)})
    keys = [group.to_numpy(), cluster.to_numpy()]
    each = sums.groupby(keys).sum()
    whole = each.groupby(level=0).sum()
    clusters = each.groupby(level=0).size()
    rate = whole["top"] / whole["bottom"].where(whole["bottom"] > 0)
    of_each = each.index.get_level_values(0)
    residual = each["top"] - rate.reindex(of_each).to_numpy() * each["bottom"]
    spread = (residual**2).groupby(level=0).sum() / whole["bottom"] ** 2
    between = clusters / (clusters - 1).where(clusters > 1) * spread
    independent = rate * (1 - rate) / whole["bottom"]
    effect = (between / independent.where(independent > 0)).fillna(1.0)
    freedom = (clusters - 1).clip(lower=1)
    spec = catalogue.load("analysis")["clustering"]
    size = (each["bottom"] ** 2).groupby(level=0).sum() / whole["bottom"]
    few = clusters < spec["least_clusters"]
    effect = effect.mask(few, 1 + (size - 1) * spec["correlation"]).mask(clusters == 1, 1.0)
    wider = (special.stdtrit(freedom, 0.5 + confidence / 2) / special.ndtri(0.5 + confidence / 2)) ** 2
    worth = whole["bottom"] / (effect * np.where(few, 1.0, wider)).where(effect > 1, 1.0)
    return pd.DataFrame({"n_effective": worth, "clusters": clusters})


def rating_error(scores: pd.Series, n: pd.Series, cluster: pd.Series, group: pd.Series) -> pd.DataFrame:
    """Return per group the standard error of the mean score, from the spread between raters: ``error``, ``freedom``.

    A rater's several answers are one cluster; the mean weights every answer alike, its error is that of a ratio. One
    rater alone has no spread: both are missing.
    """
    rows = pd.DataFrame({"top": (scores * n).to_numpy(float), "bottom": n.to_numpy(float)})
    each = rows.groupby([group.to_numpy(), cluster.to_numpy()]).sum()
    whole, raters = each.groupby(level=0).sum(), each.groupby(level=0).size()
    mean = (whole["top"] / whole["bottom"]).reindex(each.index.get_level_values(0)).to_numpy()
    squares = ((each["top"] - mean * each["bottom"]) ** 2).groupby(level=0).sum() / whole["bottom"] ** 2
    enough = raters > 1
    error = np.sqrt(raters / (raters - 1).where(enough) * squares)
    return pd.DataFrame({"error": error, "freedom": (raters - 1).where(enough).astype("float64")})


def interval(found: pd.DataFrame, evidence: str, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return the interval of every value of a measure's frame as ``low`` and ``high``, by its evidence.

    ``census``: none, all missing; ``sample``: Wilson's, on the answers the clustered ones are worth; ``rating``:
    Student's t on the spread of the scores, held inside 0–1; ``model``: the frame's own ``low`` and ``high``.
    """
    if evidence == "model" and {"low", "high"} <= set(found):
        return found[["low", "high"]]
    if evidence == "sample":
        n = _effective(found)
        return wilson(found["value"] * n, n, confidence=confidence).set_axis(found.index)
    if evidence == "rating" and "error" in found:
        half = special.stdtrit(found["freedom"], 0.5 + confidence / 2) * found["error"]
        low, high = (found["value"] - half).clip(lower=0.0), (found["value"] + half).clip(upper=1.0)
        return pd.DataFrame({"low": low, "high": high})
    return pd.DataFrame(np.nan, index=found.index, columns=["low", "high"])


def change_interval(
    now: pd.DataFrame, before: pd.DataFrame, evidence: str, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Return ``change`` of a measure's frame against an earlier one on its index, with ``low`` and ``high``.

    ``sample``: Newcombe's hybrid; ``rating``: Welch's t; else without an interval.
    """
    before = before.reindex(now.index)
    change = now["value"] - before["value"]
    unknown = pd.Series(np.nan, index=now.index)
    low, high = unknown, unknown
    if evidence == "sample":
        n, earlier = _effective(now), _effective(before)
        found = rate_difference(now["value"] * n, n, before["value"] * earlier, earlier, confidence=confidence)
        low, high = found["low"].set_axis(now.index), found["high"].set_axis(now.index)
    elif evidence == "rating" and "error" in now and "error" in before:
        error, freedom = _welch(now, before)
        half = special.stdtrit(freedom, 0.5 + confidence / 2) * error
        low, high = change - half, change + half
    return pd.DataFrame({"change": change, "low": low, "high": high})


def change_p(now: pd.DataFrame, before: pd.DataFrame, evidence: str) -> pd.Series:
    """Return the p value of every change: the least level at which its interval leaves zero out; missing without."""
    before = before.reindex(now.index)
    if evidence == "rating" and "error" in now and "error" in before:
        error, freedom = _welch(now, before)
        t = (now["value"] - before["value"]).abs() / error.where(error > 0)
        return pd.Series(2 * special.stdtr(freedom, -t), index=now.index)
    if evidence != "sample":
        return pd.Series(np.nan, index=now.index)
    sides = [(one["value"].to_numpy(float), _effective(one).to_numpy(float)) for one in (now, before)]
    up = sides[0][0] >= sides[1][0]
    least, most = np.zeros(len(now)), np.full(len(now), 40.0)
    for _ in range(50):
        z = (least + most) / 2
        ends = [_wilson_ends(rate, n, z) for rate, n in sides]
        # The half towards zero: from the larger rate's lower end to the smaller one's upper end.
        reach = np.where(
            up,
            np.hypot(sides[0][0] - ends[0][0], ends[1][1] - sides[1][0]),
            np.hypot(ends[0][1] - sides[0][0], sides[1][0] - ends[1][0]),
        )
        clear = np.abs(sides[0][0] - sides[1][0]) > reach
        least, most = np.where(clear, z, least), np.where(clear, most, z)
    unknown = np.isnan(sides[0][0] + sides[1][0] + sides[0][1] + sides[1][1])
    return pd.Series(np.where(unknown, np.nan, 2 * special.ndtr(-least)), index=now.index)


def _wilson_ends(rate: np.ndarray, n: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return np.where(rate == 0, 0.0, middle - half), np.where(rate == 1, 1.0, middle + half)


def _welch(now: pd.DataFrame, before: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the standard error of a difference of two means and its degrees of freedom, by Welch (1947)."""
    squares = [one["error"] ** 2 for one in (now, before)]
    whole = squares[0] + squares[1]
    parts = squares[0] ** 2 / now["freedom"] + squares[1] ** 2 / before["freedom"]
    return np.sqrt(whole), whole**2 / parts.where(parts > 0)


def holm(p: pd.Series) -> pd.Series:
    """Return p values adjusted for being many, by Holm, Scand. J. Statist. 6 (1979) 65-70; missing ones stay.

    >>> holm(pd.Series([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    known = p.dropna().sort_values(kind="stable")
    steps = len(known) - np.arange(len(known))
    return (known * steps).cummax().clip(upper=1.0).reindex(p.index)


VERDICTS = {"better": "改善", "worse": "变差", "same": "持平", "open": "不能断定", "": ""}


def verdicts(changes: pd.DataFrame) -> pd.Series:
    """Return of every change one word's key: ``better``, ``worse``, ``same``, ``open``, "" without both values.

    ``changes`` has ``change``, ``sign`` (1: more is better), ``evidence``, ``low``, ``high``, ``p`` (adjusted) and
    ``shown_same`` (boolean: it rounds to nothing in the table). Counted in full, a change is plain. Otherwise it is
    told only beyond chance; within it, it is the same where the whole interval is small (analysis.toml), else open.
    """
    spec = catalogue.load("analysis")["change"]
    up = changes["change"] * changes["sign"] > 0
    said = pd.Series(np.where(up, "better", "worse"), index=changes.index, dtype=object)
    chance = changes["evidence"].isin(["sample", "rating"]) & changes["low"].notna()
    small = (changes["low"] > -spec["same_within"]) & (changes["high"] < spec["same_within"])
    unclear = chance & ~(changes["p"] <= spec["level"])
    said = said.mask(changes["shown_same"] & ~chance, "same")
    said = said.mask(unclear, "open").mask(unclear & small, "same")
    # Scores of one rater have no interval: nothing can be told of them.
    said = said.mask(changes["evidence"].isin(["sample", "rating"]) & ~chance, "open")
    return said.mask(changes["change"].isna(), "")


def _effective(found: pd.DataFrame) -> pd.Series:
    n = found["denominator"].astype("float64")
    return found["n_effective"].fillna(n) if "n_effective" in found else n


def _floats(values: ArrayLike) -> np.ndarray:
    return pd.to_numeric(pd.Series(np.asarray(values, dtype=object))).astype("float64").to_numpy()


def _rate(successes: ArrayLike, n: ArrayLike) -> np.ndarray:
    total = _floats(n)
    return _floats(successes) / np.where(total > 0, total, np.nan)
