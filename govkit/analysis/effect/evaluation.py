"""One outcome of a pilot: the effect, how sure one may be of it, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from string import Template
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.effect.bounds import bounds
from govkit.analysis.effect.imputation import by_event_time, effect_of
from govkit.analysis.effect.panel import Panel
from govkit.analysis.effect.randomisation import Randomisation, randomised, ways_to_give
from govkit.analysis.effect.trend import Trend, trend_before
from govkit.analysis.effect.variance import standard_error, without_each
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
