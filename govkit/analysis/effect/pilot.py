"""A pilot evaluated: the effect on each outcome, how sure one may be of it, and what would overturn it."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from string import Template
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.effect.estimators import others
from govkit.analysis.effect.imputation import by_event_time, effect_of
from govkit.analysis.effect.panel import Panel, panel
from govkit.analysis.effect.randomisation import Randomisation, randomised
from govkit.analysis.effect.trend import Trend, trend_before
from govkit.analysis.effect.variance import standard_error, without_each
from govkit.errors import GovkitError
from govkit.rounding import fixed

LANGUAGES = ("zh", "en")


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
    def _sure(self) -> tuple[float, float, float, str, dict[str, Any]]:
        """Low, high, p, the kind of inference, and what fills its sentence."""
        few, confidence = self.panel.treated_clusters, float(self.rules["confidence"])
        if min(few, self.panel.untreated_clusters) >= int(self.rules["many_clusters"]):
            from scipy.stats import t

            se, free, kind = standard_error(self.panel, self.without.to_numpy())
            if se > 0 and free > 0:
                reach = float(t.ppf(0.5 + confidence / 2, free)) * se
                p = float(2 * t.sf(abs(self.effect) / se, free))
                return self.effect - reach, self.effect + reach, p, kind, {"df": fixed(free, 1)}
        found = self.randomisation
        low, high = found.interval(confidence)
        kind = "randomisation_exact" if found.exact else "randomisation_drawn"
        return low, high, found.p, kind, {"ways": _many(found.ways), "draws": f"{len(found.drawn):,}"}

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval; infinite where the design cannot bound the effect."""
        return self._sure[:2]

    @property
    def p(self) -> float:
        """The chance of an effect as large if the pilot did nothing, not adjusted for other outcomes."""
        return self._sure[2]

    def row(self) -> dict[str, Any]:
        """Return the main estimate as a row of ``Pilot.to_frame``."""
        confidence = float(self.rules["confidence"])
        low, high, p, kind, filled = self._sure
        return {
            "outcome": self.outcome,
            "estimator": self.estimator,
            "main": True,
            "effect": self.effect,
            "low": low,
            "high": high,
            "p": p,
            "inference": _fill(catalogue.load("effect")["inference"][kind]["zh"], filled),
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

        Columns: ``since`` (0 is the first treated time), ``effect`` (before the start: the gap against the units' other
        untreated times), ``low``, ``high``, ``units``. The bands are what chance gives around the effect.
        """
        from govkit.analysis.effect.randomisation import ways_to_give

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

    def placebo(self) -> pd.DataFrame:
        """Return the effect found at made-up starts before the real one: ``periods_earlier``, ``effect``, ``p``.

        Only times before the start are used; each made-up start has two of them on either side.
        """
        first = int(self.panel.starts.min())
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


@dataclass(frozen=True, eq=False, repr=False)
class Pilot:
    """A pilot evaluated on one or several outcomes; the honesty box opens what it shows.

    ``to_frame()`` holds the numbers, ``honesty()`` what they can carry, ``event_study()``, ``leave_one_out()``,
    ``placebo()`` and ``design()`` what stands behind them.
    """

    evaluations: tuple[Evaluation, ...]
    compared: bool = field(default=True)

    @cached_property
    def _others(self) -> dict[str, pd.DataFrame]:
        if not self.compared:
            return {one.outcome: pd.DataFrame(columns=["estimator"]) for one in self.evaluations}
        return {one.outcome: others(one.panel, seed=int(one.rules["seed"])) for one in self.evaluations}

    @cached_property
    def _adjusted(self) -> dict[str, float]:
        """The p of each outcome, adjusted by Holm's step-down method over the outcomes."""
        ordered = sorted((one.p, one.outcome) for one in self.evaluations)
        found, worst = {}, 0.0
        for place, (p, outcome) in enumerate(ordered):
            worst = max(worst, min(1.0, (len(ordered) - place) * p))
            found[outcome] = worst
        return found

    def to_frame(self) -> pd.DataFrame:
        """Return a row an outcome and estimator, the main one of each outcome first.

        Columns: ``outcome``, ``estimator``, ``main`` (boolean), ``effect``, ``low`` and ``high`` (95 %, infinite where
        the design gives no bound), ``p``, ``p_holm`` (adjusted over the outcomes), ``inference`` (how p and interval
        were found), ``least_p`` (the smallest p the design can reach), ``power`` (at the effect found),
        ``least_effect`` (found with chance 80 %), ``treated_clusters``, ``untreated_clusters``, ``treated_units``,
        ``untreated_units``, ``note``.
        """
        rows = []
        analytic = catalogue.load("effect")["inference"]["analytic"]["zh"]
        for one in self.evaluations:
            main = one.row()
            rows.append({**main, "p_holm": self._adjusted[one.outcome], "note": ""})
            shared = {key: main[key] for key in ("outcome", "least_p", *one.counts())}
            listed = self._others[one.outcome].to_dict("records")
            rows.extend({**shared, "main": False, "inference": analytic, **other} for other in listed)
        columns = [
            "outcome", "estimator", "main", "effect", "low", "high", "p", "p_holm", "inference", "least_p", "power",
            "least_effect", "treated_clusters", "untreated_clusters", "treated_units", "untreated_units", "note",
        ]  # fmt: skip
        return pd.DataFrame(rows).reindex(columns=columns)

    def honesty(self, language: str = "zh") -> list[str]:
        """Return what these numbers can carry, a sentence a line, in Chinese (``zh``) or English (``en``)."""
        if language not in LANGUAGES:
            raise GovkitError(f"没有这种语言：{language!r}", allowed="zh、en")
        from govkit.analysis.effect.honesty import lines

        many = len(self.evaluations) > 1
        found = []
        for one in self.evaluations:
            told = lines(
                one, self._adjusted[one.outcome], len(self.evaluations), len(self._others[one.outcome]), language
            )
            found += [f"{one.outcome}：{line}" if many else line for line in told]
        return found

    def method(self, language: str = "zh") -> str:
        """Return a paragraph on the method for a paper; keys in brackets are those of ``catalogue/references.bib``."""
        if language not in LANGUAGES:
            raise GovkitError(f"没有这种语言：{language!r}", allowed="zh、en")
        from importlib.metadata import version

        said, first = catalogue.load("effect"), self.evaluations[0]
        _, _, _, kind, filled = first._sure
        given: dict[str, Any] = {"version": version("govkit"), "outcomes": len(self.evaluations), **first.counts()}
        for one in LANGUAGES:
            given[f"estimator_{one}"] = said["estimators"][first.estimator][one]
            given[f"inference_{one}"] = _fill(said["inference"][kind][one], filled)
        return _fill(said["method"][language], given)

    def event_study(self) -> pd.DataFrame:
        """Return the effect by time since the start: ``outcome`` and the columns of ``Evaluation.event_study``."""
        return self._each(Evaluation.event_study)

    def placebo(self) -> pd.DataFrame:
        """Return effects at made-up starts before the real one: ``outcome``, ``periods_earlier``, ``effect``, ``p``."""
        return self._each(Evaluation.placebo)

    def leave_one_out(self) -> pd.DataFrame:
        """Return the effect without each cluster: ``outcome``, ``cluster``, ``treated`` (boolean), ``effect``."""

        def table(one: Evaluation) -> pd.DataFrame:
            inside = np.isin(np.arange(len(one.panel.clusters)), one.panel.cluster[one.panel.treated])
            return pd.DataFrame({"cluster": one.panel.clusters, "treated": inside, "effect": one.without.to_numpy()})

        return self._each(table)

    def design(self) -> pd.DataFrame:
        """Return the design, a row an outcome and cluster.

        Columns: ``outcome``, ``cluster``, ``units``, ``treated_units``, ``first_start``, ``before`` (mean of values
        before the pilot's first start, the balance of the two sides), ``cells``, ``missing``.
        """

        def table(one: Evaluation) -> pd.DataFrame:
            found, first = one.panel, int(one.panel.starts.min())
            rows = []
            for place, name in enumerate(found.clusters):
                mine = found.cluster == place
                begun = found.start[mine & found.treated]
                values = found.values[mine]
                before = values[:, :first]
                rows.append(
                    {
                        "cluster": name,
                        "units": int(mine.sum()),
                        "treated_units": len(begun),
                        "first_start": str(found.times[begun.min()]) if len(begun) else "",
                        "before": float(np.nanmean(before)) if (~np.isnan(before)).any() else float("nan"),
                        "cells": values.size,
                        "missing": int(np.isnan(values).sum()),
                    }
                )
            return pd.DataFrame(rows)

        return self._each(table)

    def _each(self, made: Any) -> pd.DataFrame:
        parts = []
        for one in self.evaluations:
            part = made(one)
            part.insert(0, "outcome", one.outcome)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def __repr__(self) -> str:
        told = "；".join(f"{one.outcome} {one.effect:.4g}" for one in self.evaluations)
        return f"<Pilot {told}>"

    def _repr_html_(self) -> str:
        boxes = "".join(
            f"<ul>{''.join(f'<li>{html.escape(line)}</li>' for line in self.honesty(language))}</ul>"
            for language in LANGUAGES
        )
        return f"<div>{boxes}</div>" + self.to_frame().to_html(index=False, float_format="{:.4g}".format, na_rep="—")


def _many(ways: int) -> str:
    return f"{ways:,}" if ways < 10**9 else f"10^{len(str(ways)) - 1}"


def _fill(text: str, given: dict[str, Any]) -> str:
    return Template(text).substitute(given)


def evaluate(panels: Iterable[Panel], *, compared: bool = True) -> Pilot:
    """Return the evaluation of one panel an outcome; ``compared``: also by the other estimators."""
    rules = catalogue.load("analysis")["effect"]
    return Pilot(tuple(Evaluation(one, rules) for one in panels), compared)


def pilot(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str | Iterable[str],
    start: str,
    cluster: str | None = None,
    compared: bool = True,
) -> Pilot:
    """Evaluate a pilot from any long frame, a row a unit and time.

    ``unit``, ``time``, ``outcome`` (one column or several), ``start`` and ``cluster`` name columns. ``start``: the
    first treated time of the row's unit, a date within a period keeping that period out of before and after; missing,
    0 or infinity where it was never treated; or 0 and 1 for whether it is treated at that time. ``cluster``: where
    treatment was given (a street), by default the unit itself. ``compared``: also by the other estimators.

    The effect is that on the treated (difference in differences; with staggered starts or gaps, imputation). With fewer
    than 12 clusters on a side, p and interval are those of randomisation over clusters, else cluster-robust t. Raises
    UnknownNameError for a column, GovkitError where no effect can be told.
    """
    names = [outcome] if isinstance(outcome, str) else list(outcome)
    if not names:
        raise GovkitError("没有给出结果列（outcome）。")
    return evaluate(
        [panel(frame, unit=unit, time=time, outcome=name, start=start, cluster=cluster) for name in names],
        compared=compared,
    )
