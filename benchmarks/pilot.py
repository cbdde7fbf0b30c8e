"""How often a pilot's 95 % interval holds the truth, and how often something is claimed where there is nothing.

    python benchmarks/pilot.py [--runs 1000]

24 streets of 5 communities, 3 of them treated, 36 months; streets and communities change of their own accord when the
pilot begins, with the share of that change that streets have in common (ICC) at 0, 0.1 and 0.3. Printed: the share of
intervals that hold the truth (aim: 93-97 %), the share of runs without any effect in which one of three outcomes is
claimed after Holm (aim: at most 6 %), the same for staggered starts, and how often a trend before the start is noticed.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.effect.panel import Panel
from govkit.analysis.effect.pilot import evaluate

STREETS, EACH, MONTHS, START = 24, 5, 36, 16


def drawn(random: np.random.Generator, icc: float, effect: float, starts: tuple[int, ...], drift: float = 0.0) -> Panel:
    """Return a panel with the pilot in streets drawn at random, one after another at ``starts``."""
    units = STREETS * EACH
    street = np.arange(STREETS).repeat(EACH)
    chosen = random.permutation(STREETS)[: len(starts)]
    begun = np.full(STREETS, MONTHS)
    begun[chosen] = starts
    own = random.normal(0, np.sqrt(icc), STREETS)[street] + random.normal(0, np.sqrt(1 - icc), units)
    months = np.arange(MONTHS)
    late = months >= START
    treated = months >= begun[street][:, None]
    values = 40 + random.normal(0, 3, units)[:, None] + 0.1 * months + random.normal(size=(units, MONTHS))
    values += own[:, None] * late + effect * treated + drift * months * (begun[street] < MONTHS)[:, None]
    index = pd.Index(range(units))
    return Panel(values, begun[street], street, index, pd.Index(months), pd.Index(range(STREETS)), "hours")


def covered(random: np.random.Generator, runs: int, icc: float, starts: tuple[int, ...], effect: float) -> float:
    """Return the share of intervals that hold the true effect."""
    found = 0
    for _ in range(runs):
        low, high = evaluate([drawn(random, icc, effect, starts)], compared=False).evaluations[0].interval
        found += low <= effect <= high
    return found / runs


def false_alarms(random: np.random.Generator, runs: int, icc: float) -> float:
    """Return the share of runs without effect in which one of three outcomes is claimed, p adjusted by Holm."""
    rules, found = catalogue.load("analysis")["effect"], 0
    for _ in range(runs):
        panels = [drawn(random, icc, 0.0, (START,) * 3) for _ in range(3)]
        ps = sorted(one.p for one in evaluate(panels, compared=False).evaluations)
        found += 3 * ps[0] <= rules["not_chance"]
    return found / runs


def noticed(random: np.random.Generator, runs: int, drift: float) -> float:
    """Return how often a trend of this size a month before the start is noticed at the 5 % level."""
    trends = [evaluate([drawn(random, 0.1, 0.0, (START,) * 3, drift)]).evaluations[0].trend for _ in range(runs)]
    return float(np.mean([trend is not None and trend.p <= 0.05 for trend in trends]))


def main() -> None:
    """Run the simulation and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--staggered-runs", type=int, default=100)
    given = parser.parse_args()
    random, clock = np.random.default_rng(20170501), time.monotonic()
    for icc in (0.0, 0.1, 0.3):
        share = covered(random, given.runs, icc, (START,) * 3, -2.0)
        alarms = false_alarms(random, given.runs // 2, icc)
        print(f"ICC {icc}: 95 % intervals cover {share:.1%}; a claim over three outcomes without effect {alarms:.1%}")
    share = covered(random, given.staggered_runs, 0.1, (10, 16, 22), -2.0)
    print(f"staggered starts, ICC 0.1: 95 % intervals cover {share:.1%}")
    for drift in (0.0, 0.05, 0.1):
        print(
            f"trend of {drift} a month before the start: noticed in {noticed(random, given.staggered_runs, drift):.0%}"
        )
    print(f"{time.monotonic() - clock:.0f} s, {given.runs} runs")


if __name__ == "__main__":
    main()
