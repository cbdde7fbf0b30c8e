"""One outcome of a pilot: the effect, how sure one may be of it (errors, trend before), and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from string import Template
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.effect.bounds import bounds
from govkit.analysis.effect.imputation import by_event_time, effect_of, effects_of, period_and_unit, together
from govkit.analysis.effect.panel import Panel
from govkit.analysis.effect.randomisation import Randomisation, randomised, ways_to_give
from govkit.rounding import fixed


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """One outcome: its panel, the effect and everything about how far it can be trusted."""

    panel: Panel
    rules: dict[str, Any]

    @property
    def outcome(self) -> str:
        """What was measured."""
        return self.panel.outcome

    @property
    def estimator(self) -> str:
        """``difference_in_differences`` for one start and a full panel, otherwise ``imputation``."""
        plain = len(self.panel.starts) == 1 and self.panel.complete
        return "difference_in_differences" if plain else "imputation"

    @cached_property
    def effect(self) -> float:
        """The mean effect on treated units at treated times, in the outcome's unit."""
        return effect_of(self.panel.values, self.panel.start)

    @cached_property
    def randomisation(self) -> Randomisation:
        """The effects that other ways to give out the pilot would have had."""
        return randomised(self.panel, most=int(self.rules["most_draws"]), seed=int(self.rules["seed"]))

    @cached_property
    def without(self) -> pd.Series:
        """The effect without each cluster in turn, by cluster; missing where nothing is left to compare."""
        return pd.Series(without_each(self.panel), index=self.panel.clusters, name="effect")

    @cached_property
    def trend(self) -> Trend | None:
        """How the gap moved before the pilot."""
        rules = self.rules
        return trend_before(
            self.panel, most=int(rules["trend_draws"]), seed=int(rules["seed"]), confidence=float(rules["confidence"])
        )

    @cached_property
    def sure(self) -> tuple[float, float, float, str, dict[str, Any]]:
        """Low, high, p, the kind of inference, and what fills its sentence; ``se`` among it where there is one."""
        few, confidence = self.panel.treated_clusters, float(self.rules["confidence"])
        if min(few, self.panel.untreated_clusters) >= int(self.rules["many_clusters"]):
            from scipy.stats import t

            se, free, kind = standard_error(self.panel, self.without.to_numpy())
            if se > 0 and free > 0:
                reach = float(t.ppf(0.5 + confidence / 2, free)) * se
                p = float(2 * t.sf(abs(self.effect) / se, free))
                return self.effect - reach, self.effect + reach, p, kind, {"df": fixed(free, 1), "se": se}
        found = self.randomisation
        low, high = found.interval(confidence)
        kind = "randomisation_exact" if found.exact else "randomisation_drawn"
        return low, high, found.p, kind, {"ways": many(found.ways), "draws": f"{len(found.drawn):,}"}

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval; infinite where the design cannot bound the effect."""
        return self.sure[:2]

    @property
    def p(self) -> float:
        """The chance of an effect as large if the pilot did nothing, not adjusted for other outcomes."""
        return self.sure[2]

    def row(self) -> dict[str, Any]:
        """Return the main estimate as a row of ``Pilot.to_frame``."""
        confidence = float(self.rules["confidence"])
        low, high, p, kind, filled = self.sure
        return {
            "outcome": self.outcome,
            "estimator": self.estimator,
            "main": True,
            "effect": self.effect,
            "se": filled.get("se", float("nan")),
            "low": low,
            "high": high,
            "p": p,
            "inference": fill(catalogue.load("effect")["inference"][kind]["zh"], filled),
            "least_p": self.randomisation.least_p,
            "power": self.randomisation.power(self.effect, confidence),
            "least_effect": self.randomisation.least_effect(confidence, float(self.rules["power"])),
            **self.counts(),
        }

    def counts(self) -> dict[str, int]:
        """Return how many units and clusters there are on each side."""
        treated = int(self.panel.treated.sum())
        return {
            "treated_clusters": self.panel.treated_clusters,
            "untreated_clusters": self.panel.untreated_clusters,
            "treated_units": treated,
            "untreated_units": len(self.panel.units) - treated,
        }

    def event_study(self) -> pd.DataFrame:
        """Return the effect by time since the start, a row a time, with pointwise 95 % randomisation bands.

        Columns: ``since`` (0 is the first treated time), ``effect`` (before the start: the gap against its own mean
        before it), ``low``, ``high``, ``units``. The bands are what chance gives around the effect.
        """
        rules = self.rules
        found = by_event_time(self.panel.values, self.panel.start)
        ways = ways_to_give(self.panel, most=int(rules["trend_draws"]), seed=int(rules["seed"]))
        quiet = self.panel.values - np.where(self.panel.after, self.effect, 0.0)
        noise = pd.DataFrame(
            {since: effect for since, (effect, _) in by_event_time(quiet, start).items()} for start in ways
        )
        limit = noise.abs().quantile(float(rules["confidence"]), interpolation="higher")
        reach = limit if self.randomisation.least_p <= 1 - float(rules["confidence"]) else limit * np.inf
        rows = [
            (since, effect, effect - reach[since], effect + reach[since], n) for since, (effect, n) in found.items()
        ]
        return pd.DataFrame(rows, columns=["since", "effect", "low", "high", "units"])

    @cached_property
    def bounds(self) -> pd.DataFrame:
        """What the effect may be where trends were not parallel: the columns of ``effect.bounds.bounds``."""
        rules = self.rules
        ways = ways_to_give(self.panel, most=int(rules["trend_draws"]), seed=int(rules["seed"]))
        sizes = [float(one) for one in rules["departures"]]
        return bounds(self.panel, ways, self.effect, confidence=float(rules["confidence"]), sizes=sizes)

    def placebo(self) -> pd.DataFrame:
        """Return the effect found at made-up starts before the real one: ``periods_earlier``, ``effect``, ``p``.

        Only times before the start are used; each made-up start has two of them on either side. Empty where every unit
        is treated some time: then nobody is left to compare with.
        """
        first = 0 if self.panel.treated.all() else int(self.panel.starts.min())
        rows = []
        for earlier in range(2, first - 1):
            values = self.panel.values[:, :first]
            start = np.where(self.panel.treated, first - earlier, first)
            part = Panel(
                values, start, self.panel.cluster, self.panel.units, self.panel.times[:first], self.panel.clusters,
                self.outcome,
            )  # fmt: skip
            drawn = randomised(part, most=int(self.rules["trend_draws"]), seed=int(self.rules["seed"]))
            rows.append((earlier, drawn.effect, drawn.p))
        return pd.DataFrame(rows, columns=["periods_earlier", "effect", "p"])


def many(ways: int) -> str:
    """Return a count of ways as text; as a power of ten where nobody would read its digits."""
    return f"{ways:,}" if ways < 10**9 else f"10^{len(str(ways)) - 1}"


def fill(text: str, given: dict[str, Any]) -> str:
    """Return a sentence of the catalogue with its $names filled in."""
    return Template(text).substitute(given)


def standard_error(panel: Panel, without: np.ndarray) -> tuple[float, float, str]:
    """Return the effect's standard error, its degrees of freedom and its kind (``cluster_t`` or ``jackknife_t``).

    ``without``: the effect without each cluster. For one start, a full panel and whole clusters: CR2, Satterthwaite's
    degrees of freedom, which is Welch's for cluster sums (Pustejovsky and Tipton, Journal of Business and Economic
    Statistics 36 (2018) 672-683); otherwise CR3 as the jackknife, with one degree less than there are clusters.
    """
    first = panel.starts
    whole = len(np.unique(np.column_stack([panel.cluster, panel.start]), axis=0)) == len(panel.clusters)
    if len(first) == 1 and panel.complete and whole:
        change = panel.values[:, first[0] :].mean(axis=1) - panel.values[:, : first[0]].mean(axis=1)
        sides = [_side(change[side], panel.cluster[side]) for side in (panel.treated, ~panel.treated)]
        total = sum(part for part, _ in sides)
        spread = sum(part**2 / free for part, free in sides if free > 0)
        return float(np.sqrt(total)), float(total**2 / spread) if spread > 0 else 0.0, "cluster_t"
    known = without[~np.isnan(without)]
    count = len(known)
    variance = (count - 1) / count * ((known - known.mean()) ** 2).sum() if count > 1 else np.nan
    return float(np.sqrt(variance)), float(count - 1), "jackknife_t"


def _side(change: np.ndarray, cluster: np.ndarray) -> tuple[float, int]:
    """Return the CR2 variance of the mean change of one side and its degrees of freedom."""
    _, place = np.unique(cluster, return_inverse=True)
    sizes, residual = np.bincount(place), np.bincount(place, weights=change - change.mean())
    if len(sizes) < 2:
        return np.nan, 0
    share = sizes / sizes.sum()
    return float((residual**2 / (1 - share)).sum() / sizes.sum() ** 2), len(sizes) - 1


def without_each(panel: Panel) -> np.ndarray:
    """Return the effect without each cluster in turn; missing where nothing is left to compare."""
    starts = np.where(panel.cluster == np.arange(len(panel.clusters))[:, None], -1, panel.start)
    inside = ((starts >= 0) & (starts < len(panel.times))).any(axis=1)
    apart = np.array([len(np.unique(one[one >= 0])) > 1 for one in starts])
    found = np.full(len(starts), np.nan)
    found[inside & apart] = effects_of(starts[inside & apart], panel.values)
    return found


_LEAST_PERIODS = 3


@dataclass(frozen=True)
class Trend:
    """``slope`` of the gap a period before the start, ``p`` (randomisation), ``joint_p`` of all leads together,
    ``noticeable``: the slope found with chance 80 %, ``bias``: the effect such a slope would feign, and ``reach``: how
    many periods lie between the middles of before and after.
    """

    slope: float
    p: float
    joint_p: float
    noticeable: float
    reach: float

    @property
    def bias(self) -> float:
        """The effect that a slope just noticeable would feign."""
        return self.noticeable * self.reach


def trend_before(panel: Panel, *, most: int, seed: int, confidence: float) -> Trend | None:
    """Return how the gap moved before the pilot, None where fewer than three periods before it were seen.

    ``most``: so many ways to give the pilot out are tried. A failure to see a trend is none: ``noticeable`` says what
    could have been seen (Roth, American Economic Review: Insights 4 (2022) 305-322).
    """
    if panel.starts.min() < _LEAST_PERIODS:
        return None
    starts = ways_to_give(panel, most=most, seed=seed)
    found = np.array([_slope_and_leads(panel.values, start) for start in starts])
    found = found[~np.isnan(found).any(axis=1)]
    if not len(found):
        return None
    slopes, leads = np.abs(found[:, 0]), found[:, 1]
    p, joint = (float((one >= one[0] - 1e-9 * max(1.0, one[0])).mean()) for one in (slopes, leads))
    limit = np.quantile(slopes, confidence, method="higher")
    noticeable = float(limit + np.quantile(slopes, 0.6)) if len(slopes) > 1 / (1 - confidence) else float("inf")
    time = np.arange(len(panel.times))
    inside = panel.start[panel.treated]
    reach = float(np.mean([time[start:].mean() - time[:start].mean() for start in inside]))
    return Trend(float(found[0, 0]), p, joint, noticeable, reach)


def _slope_and_leads(values: np.ndarray, start: np.ndarray) -> tuple[float, float]:
    """Return the treated units' own slope among untreated times, and the weight of their leads' squares."""
    values, start, many = together(values, start)
    times = np.arange(values.shape[1])
    untreated = times < start[:, None]
    treated = start < values.shape[1]
    line = np.where(treated[:, None], times - times.mean(), 0.0)
    line = np.where(np.isnan(values), np.nan, line)
    rest = [_residual(one, untreated, many) for one in (line, values)]
    weight = float((rest[0] ** 2).sum(axis=1) @ many)
    slope = float(((rest[0] * rest[1]).sum(axis=1) @ many) / weight) if weight > 1e-12 else float("nan")
    since = times - start[:, None]
    before = treated[:, None] & untreated
    lead, weights = since[before] - since[before].min(), np.broadcast_to(many[:, None], since.shape)[before]
    sums, counts = np.bincount(lead, weights=weights * rest[1][before]), np.bincount(lead, weights=weights)
    return slope, float((sums**2 / np.maximum(counts, 1)).sum())


def _residual(values: np.ndarray, untreated: np.ndarray, many: np.ndarray) -> np.ndarray:
    period, unit = period_and_unit(values, untreated, many)
    found = values - unit[:, None] - period
    return np.where(untreated & ~np.isnan(found), found, 0.0)
