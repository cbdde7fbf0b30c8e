"""A pilot evaluated: the effect on each outcome, how sure one may be of all together, what would overturn it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.effect.estimators import others
from govkit.analysis.effect.evaluation import Evaluation, fill
from govkit.analysis.effect.panel import Panel, panel
from govkit.analysis.measures.intervals import holm
from govkit.errors import GovkitError

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, eq=False, repr=False)
class Pilot:
    """A pilot evaluated on one or several outcomes; the honesty box opens what it shows.

    ``to_frame()`` holds the numbers, ``honesty()`` what they can carry, ``event_study()``, ``leave_one_out()``,
    ``placebo()``, ``placebo_outcomes()``, ``bounds()`` and ``design()`` what stands behind them; ``refused``: outcomes
    of which nothing can be told, with the reason in Chinese. ``evaluations``: one an outcome; ``untouched``: those of
    outcomes that cannot have been touched; ``compared``: whether other estimators stand beside.
    """

    evaluations: tuple[Evaluation, ...]
    compared: bool = field(default=True)
    untouched: tuple[Evaluation, ...] = field(default=())
    refused: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _others(self) -> dict[str, pd.DataFrame]:
        if not self.compared:
            return {one.outcome: pd.DataFrame(columns=["estimator"]) for one in self.evaluations}
        return {one.outcome: others(one.panel, seed=int(one.rules["seed"])) for one in self.evaluations}

    @cached_property
    def _adjusted(self) -> dict[str, float]:
        return holm(pd.Series({one.outcome: one.p for one in self.evaluations})).to_dict()

    def to_frame(self) -> pd.DataFrame:
        """Return a row an outcome and estimator, the main one of each outcome first.

        Columns: ``outcome``, ``estimator``, ``main`` (boolean), ``effect``, ``se`` (missing where p and interval
        come from randomisation), ``low`` and ``high`` (95 %, infinite where the design gives no bound), ``p``,
        ``p_holm`` and ``p_romano_wolf`` (adjusted over the outcomes; the latter by randomisation, missing where
        outcomes differ in design), ``inference`` (how p and interval
        were found), ``least_p`` (the smallest p the design can reach), ``power`` (at the effect found),
        ``least_effect`` (found with chance 80 %), ``treated_clusters``, ``untreated_clusters``, ``treated_units``,
        ``untreated_units``, ``note``.
        """
        rows, together = [], romano_wolf(self.evaluations) if self.evaluations else {}
        ways = catalogue.load("effect")["inference"]
        for one in self.evaluations:
            main = one.row()
            adjusted = {"p_holm": self._adjusted[one.outcome], "p_romano_wolf": together[one.outcome]}
            rows.append({**main, **adjusted, "note": ""})
            shared = {key: main[key] for key in ("outcome", "least_p", *one.counts())}
            for other in self._others[one.outcome].to_dict("records"):
                way = ways.get(other["estimator"], ways["analytic"])["zh"] if pd.notna(other["p"]) else ""
                rows.append({**shared, "main": False, "inference": way, **other})
        columns = [
            "outcome", "estimator", "main", "effect", "se", "low", "high", "p", "p_holm", "p_romano_wolf", "inference",
            "least_p", "power", "least_effect", "treated_clusters", "untreated_clusters", "treated_units",
            "untreated_units", "note",
        ]  # fmt: skip
        return pd.DataFrame(rows).reindex(columns=columns)

    def honesty(self, language: str = "zh") -> list[str]:
        """Return what these numbers can carry, a sentence a line, in a ``language`` (``zh``, ``en``)."""
        if language not in LANGUAGES:
            raise GovkitError(f"没有这种语言：{language!r}", allowed="zh、en")
        from govkit.analysis.effect.honesty import lines, untouched_lines

        many = len(self.evaluations) > 1
        found = []
        for one in self.evaluations:
            told = lines(
                one, self._adjusted[one.outcome], len(self.evaluations), len(self._others[one.outcome]), language
            )
            found += [f"{one.outcome}：{line}" if many else line for line in told]
        said = catalogue.load("effect")["lines"]["refused"][language]
        found += [fill(said, {"outcome": name, "why": why}) for name, why in self.refused.items()]
        return found + untouched_lines(self.untouched, language)

    def method(self, language: str = "zh") -> str:
        """Return a paragraph on the method for a paper, in a ``language`` (``zh``, ``en``).

        Keys in brackets are those of ``catalogue/references.bib``.
        """
        if language not in LANGUAGES:
            raise GovkitError(f"没有这种语言：{language!r}", allowed="zh、en")
        from importlib.metadata import version

        said, first = catalogue.load("effect"), self.evaluations[0]
        _, _, _, kind, filled = first.sure
        given: dict[str, Any] = {"version": version("govkit"), "outcomes": len(self.evaluations), **first.counts()}
        for one in LANGUAGES:
            given[f"estimator_{one}"] = said["estimators"][first.estimator][one]
            given[f"inference_{one}"] = fill(said["inference"][kind][one], filled)
        return fill(said["method"][language], given)

    def event_study(self) -> pd.DataFrame:
        """Return the effect by time since the start: ``outcome`` and the columns of ``Evaluation.event_study``."""
        return self._each(Evaluation.event_study)

    def placebo(self) -> pd.DataFrame:
        """Return effects at made-up starts before the real one: ``outcome``, ``periods_earlier``, ``effect``, ``p``."""
        return self._each(Evaluation.placebo)

    def placebo_outcomes(self) -> pd.DataFrame:
        """Return the effect on outcomes the pilot cannot have touched: ``outcome``, ``effect``, ``low``, ``high``,
        ``p``, ``least_p``. They are not among the outcomes tested.
        """
        columns = ["outcome", "effect", "low", "high", "p", "least_p"]
        return pd.DataFrame([one.row() for one in self.untouched]).reindex(columns=columns)

    def bounds(self) -> pd.DataFrame:
        """Return what the effect may be where trends were not parallel: ``outcome``, ``m`` (how many times its largest
        step before the pilot the gap may move afterwards), ``low``, ``high``, and with chance ``low_95``, ``high_95``.
        """
        return self._each(lambda one: one.bounds.copy())

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


def evaluate(panels: Iterable[Panel], *, compared: bool = True, placebo: Iterable[Panel] = ()) -> Pilot:
    """Return the evaluation of one panel an outcome; ``compared``: also by the other estimators."""
    rules = catalogue.load("analysis")["effect"]
    found, untouched = (tuple(Evaluation(one, rules) for one in group) for group in (panels, placebo))
    return Pilot(found, compared, untouched)


def pilot(
    frame: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str | Iterable[str],
    start: str,
    cluster: str | None = None,
    placebo: str | Iterable[str] = (),
    compared: bool = True,
) -> Pilot:
    """Evaluate a pilot from any long frame, a row a unit and time.

    ``unit``, ``time``, ``outcome`` (one column or several), ``start`` and ``cluster`` name columns. ``start``: the
    first treated time of the row's unit, a date within a period keeping that period out of before and after; missing,
    0 or infinity where it was never treated; or 0 and 1 for whether it is treated at that time. ``cluster``: where
    treatment was given (a street), by default the unit itself. ``placebo``: outcomes the pilot cannot have touched, to
    see whether it seems to. ``compared``: also by the other estimators.

    Times may be dates, periods, years, months (201705, 2017年5月), quarters (2017Q2), half-years (2017H1), numbers, or
    words with a number (第1期).

    The effect is that on the treated (difference in differences; with staggered starts or gaps, imputation). With fewer
    than 12 clusters on a side, p and interval are those of randomisation over clusters, else cluster-robust t. Raises
    UnknownNameError for a column, GovkitError where no effect can be told.
    """
    names, others_ = ([one] if isinstance(one, str) else list(dict.fromkeys(one)) for one in (outcome, placebo))
    if not names:
        raise GovkitError("没有给出结果列（outcome）。")
    found, untouched = (
        [panel(frame, unit=unit, time=time, outcome=name, start=start, cluster=cluster) for name in group]
        for group in (names, others_)
    )
    return evaluate(found, compared=compared, placebo=untouched)


def romano_wolf(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Return the p of each outcome against the largest of all that chance gives together, stepping down.

    It gains on Holm where outcomes hang together. Missing where outcomes do not share units, starts and clusters (some
    lack data), so that no way of giving out the pilot is the same for all. Method: Romano and Wolf, Econometrica 73
    (2005) 1237-1282, with the randomisation in place of the bootstrap.
    """
    names, first = [one.outcome for one in evaluations], evaluations[0].panel
    alike = all(
        np.array_equal(one.panel.start, first.start)
        and np.array_equal(one.panel.cluster, first.cluster)
        and len(one.randomisation.drawn) == len(evaluations[0].randomisation.drawn)
        for one in evaluations
    )
    if not alike:
        return dict.fromkeys(names, float("nan"))
    drawn = np.abs(np.column_stack([one.randomisation.drawn for one in evaluations]))
    spread = np.sqrt((drawn**2).mean(axis=0))
    drawn = drawn / np.where(spread > 0, spread, 1.0)
    order = np.argsort(-drawn[0], kind="stable")
    found, worst = {}, 0.0
    for place, at in enumerate(order):
        most = drawn[:, order[place:]].max(axis=1)
        share = float((most >= drawn[0, at] * (1 - 1e-9)).mean())
        worst = max(worst, share, evaluations[at].randomisation.least_p)
        found[names[at]] = min(1.0, worst)
    return found
