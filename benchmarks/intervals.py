"""How often do the intervals hold the truth, each under its own model? 95 % intervals should do so in 93–97 % of draws.

python benchmarks/intervals.py          # 4,000 draws a line, half a minute
python benchmarks/intervals.py 1000
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd

from govkit.analysis.measures.intervals import change_interval, design_effect, interval, rating_error

WITHIN = (0.93, 0.97)


def answers(
    chance: np.random.Generator, draws: int, *, rate: float, communities: int, each: int, alike: float
) -> pd.DataFrame:
    """Return measure frames of satisfied answers, a row a draw: communities whose rates differ by a beta law."""
    size = np.maximum(chance.poisson(each, (draws, communities)), 1)
    odds = (1 - alike) / alike if alike else np.inf
    own = chance.beta(rate * odds, (1 - rate) * odds, size.shape) if alike else np.full(size.shape, rate)
    yes = chance.binomial(size, own)
    group = np.repeat(np.arange(draws), communities)
    cluster = np.tile(np.arange(communities), draws)
    worth = design_effect(*(pd.Series(one.ravel()) for one in (yes, size)), pd.Series(cluster), pd.Series(group))
    total, n = yes.sum(axis=1), size.sum(axis=1)
    frame = pd.DataFrame({"value": total / n, "numerator": total, "denominator": n.astype(float)})
    return frame.join(worth)


def scores(chance: np.random.Generator, draws: int, *, raters: int, mean: float, spread: float) -> pd.DataFrame:
    """Return measure frames of ratings, a row a draw: scores of 0–1 by a beta law."""
    odds = mean * (1 - mean) / spread**2 - 1
    given = chance.beta(mean * odds, (1 - mean) * odds, (draws, raters)).ravel()
    group, rater = np.repeat(np.arange(draws), raters), np.tile(np.arange(raters), draws)
    error = rating_error(pd.Series(given), pd.Series(1.0, range(len(given))), pd.Series(rater), pd.Series(group))
    return pd.DataFrame({"value": given.reshape(draws, raters).mean(axis=1)}).join(error)


def held(found: pd.DataFrame, truth: float) -> float:
    """Return the share of intervals that hold the truth."""
    return float(((found["low"] <= truth) & (truth <= found["high"])).mean())


def lines(draws: int) -> dict[str, Callable[[np.random.Generator], float]]:
    """Return what is tried, by name: each gives the share of intervals that hold the truth."""

    def rate(value: float, communities: int, each: int, alike: float = 0.0) -> Callable[[np.random.Generator], float]:
        how = {"rate": value, "communities": communities, "each": each, "alike": alike}
        return lambda chance: held(interval(answers(chance, draws, **how), "sample"), value)  # type: ignore[arg-type]

    def change(now: float, before: float, n: int) -> Callable[[np.random.Generator], float]:
        def tried(chance: np.random.Generator) -> float:
            sides = [answers(chance, draws, rate=one, communities=1, each=n, alike=0.0) for one in (now, before)]
            return held(change_interval(*sides, "sample"), now - before)

        return tried

    def rating(raters: int, mean: float, spread: float) -> Callable[[np.random.Generator], float]:
        return lambda chance: held(
            interval(scores(chance, draws, raters=raters, mean=mean, spread=spread), "rating"), mean
        )

    def rating_change(raters: int) -> Callable[[np.random.Generator], float]:
        def tried(chance: np.random.Generator) -> float:
            sides = [scores(chance, draws, raters=raters, mean=one, spread=0.12) for one in (0.8, 0.75)]
            return held(change_interval(*sides, "rating"), 0.05)

        return tried

    return {
        "independent answers, rate 0.90, 200": rate(0.90, 1, 200),
        "independent answers, rate 0.97, 500": rate(0.97, 1, 500),
        "answers in 12 communities of 80, alike 0.02, rate 0.90": rate(0.90, 12, 80, 0.02),
        "answers in 25 communities of 80, alike 0.02, rate 0.95": rate(0.95, 25, 80, 0.02),
        "answers in 12 communities of 40, alike 0.05, rate 0.90": rate(0.90, 12, 40, 0.05),
        "answers in 3 communities of 80, alike 0.01, rate 0.90": rate(0.90, 3, 80, 0.01),
        "change of a rate, 0.92 from 0.88, 400 each": change(0.92, 0.88, 400),
        "ratings by 30 raters, mean 0.80": rating(30, 0.80, 0.12),
        "ratings by 6 raters, mean 0.75": rating(6, 0.75, 0.12),
        "change of a rating by 12 raters": rating_change(12),
    }


def main(draws: int = 4000) -> int:
    """Print the coverage of every kind; 1 if one lies outside 93–97 %."""
    outside = 0
    for place, (name, tried) in enumerate(lines(draws).items()):
        share = tried(np.random.default_rng(place))
        good = WITHIN[0] <= share <= WITHIN[1]
        outside += not good
        print(f"{name:60s} {share:6.1%}{'' if good else '  outside'}", flush=True)
    return int(outside > 0)


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:2])))
