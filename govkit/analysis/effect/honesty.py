"""What the evaluation of a pilot can carry, in sentences: how many clusters, which p is in reach, what overturns it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.effect.bounds import breakdown
from govkit.analysis.effect.estimators import forbidden_share
from govkit.analysis.effect.timeline import YEARS
from govkit.rounding import fixed, percent

if TYPE_CHECKING:
    from govkit.analysis.effect.evaluation import Evaluation

_MOST_DIGITS = 1e15
_FULL_SEASONS = {"M": 24, "Q": 8, "Y": 0}


def lines(one: Evaluation, p: float, tests: int, others: int, language: str) -> list[str]:
    """Return the sentences about one outcome; ``p`` is adjusted for ``tests`` outcomes, ``others`` the estimators."""
    said = catalogue.load("effect")["lines"]
    return [Template(said[key][language]).substitute(given) for key, given in _told(one, p, tests, others, language)]


def _told(one: Evaluation, p: float, tests: int, others: int, language: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found, rules, chance = one.panel, one.rules, one.randomisation
    limit = float(rules["not_chance"])
    shown = [int(start) for start in found.starts]
    yield "design", {**one.counts(), "before": shown[0], "after": len(found.times) - shown[0]}
    yield "least_p", {"least_p": number(chance.least_p)}
    if chance.least_p > limit:
        yield "cannot", {"limit": limit}
    verdict = list(_verdict(one, p, limit))
    yield from verdict
    if not verdict[0][1]:  # nothing moved: there is nothing more to say of it
        yield from found.said
        return
    confidence = float(rules["confidence"])
    if chance.least_p <= limit:
        given = {"power": percent(chance.power(one.effect, confidence)), "effect": number(abs(one.effect))}
        yield "power", {**given, "least_effect": number(chance.least_effect(confidence, float(rules["power"])))}
    yield "tested", {"tests": tests}
    if others:
        yield "others", {"others": others}
    if len(shown) > 1:
        yield "staggered", {"starts": len(shown)}
        share = forbidden_share(found) if others else float("nan")
        if not np.isnan(share):
            yield "forbidden", {"forbidden": percent(share)}
    yield from _doubts(one, language)
    yield from found.said


def _verdict(one: Evaluation, p: float, limit: float) -> Iterator[tuple[str, dict[str, Any]]]:
    low, high = one.interval
    values = one.panel.values
    if np.nanmax(values) == np.nanmin(values):
        yield ("zeros" if np.nanmax(values) == 0 else "constant"), {}
        return
    if (np.nanmax(values, axis=1) == np.nanmin(values, axis=1)).all():
        yield "unchanged", {}
        return
    if np.isinf(low) and np.isinf(high):
        yield "unbounded", {"effect": number(one.effect)}
        return
    carried = p <= limit and one.randomisation.least_p <= limit
    given = {"effect": number(one.effect), "low": number(low), "high": number(high), "p": number(p)}
    yield ("claim" if carried else "no_claim"), given


def _doubts(one: Evaluation, language: str) -> Iterator[tuple[str, dict[str, Any]]]:
    found, trend = one.panel, one.trend
    if found.treated_clusters == 1:
        yield "one_treated", {}
    if len(np.unique(np.column_stack([found.cluster, found.treated]), axis=0)) > len(found.clusters):
        yield "mixed", {}
    if trend is None:
        yield "trend_unknown", {}
    else:
        noticed = {"least": number(trend.noticeable), "bias": number(trend.bias)}
        given = {"slope": number(trend.slope), "p": number(trend.p), **noticed}
        yield "trend" if np.isfinite(trend.noticeable) else "trend_blind", given
        if trend.reach > 0:
            yield "overturn_trend", {"slope": number(one.effect / trend.reach)}
    if one.p <= float(one.rules["not_chance"]) and len(one.bounds):  # otherwise there is nothing to stand or fall
        most = breakdown(one.bounds)
        key = "bounds" if np.isfinite(most) else "bounds_wide" if np.isinf(most) else "bounds_none"
        yield key, {"m": number(most), "periods": one.bounds.attrs["periods"]}
    without = one.without.dropna()
    if len(without):
        worst = without.sub(one.effect).abs().idxmax()
        flipped = np.sign(without[worst]) != np.sign(one.effect)
        sign = catalogue.load("effect")["lines"]["flipped"][language] if flipped else ""
        given = {"cluster": worst, "effect": number(one.effect), "without": number(without[worst]), "sign": sign}
        yield "overturn_cluster", given
    years = pd.api.types.is_integer_dtype(found.times) and found.times.isin(range(*YEARS)).all()
    length = "Y" if years else getattr(found.times, "freqstr", "M")[0]
    if len(found.times) < _FULL_SEASONS.get(length, 24):
        yield "short", {"periods": len(found.times)}


def untouched_lines(found: Iterable[Evaluation], language: str) -> list[str]:
    """Return a sentence an outcome that the pilot cannot have touched."""
    said = catalogue.load("effect")["lines"]
    told = []
    for one in found:
        moved = one.p <= float(one.rules["not_chance"])
        key = "placebo_moved" if moved else "placebo_still" if one.randomisation.least_p <= 0.05 else "placebo_blind"
        given = {"outcome": one.outcome, "effect": number(one.effect), "p": number(one.p)}
        told.append(Template(said[key][language]).substitute(given))
    return told


def number(value: float) -> str:
    """Return a number with three figures that count, as text.

    >>> number(0.00049407), number(float("inf")), number(-12.345), number(3431.2)
    ('0.000494', '∞', '-12.3', '3,431')
    """
    if np.isnan(value):
        return "—"
    if 1000 <= abs(value) < _MOST_DIGITS:
        return fixed(value)
    return ("-" if value < 0 else "") + "∞" if np.isinf(value) else f"{value:.3g}"
