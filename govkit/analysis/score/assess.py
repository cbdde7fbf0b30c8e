"""A scheme applied to measured values: scores, ranks, grades, and what each leaf brings to the score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from govkit.analysis.measures.coverage import GridAudit
from govkit.analysis.measures.functions import MeasureScope
from govkit.analysis.measures.measure import (
    as_share,
    assumption,
    enough,
    measure_info,
    measure_scopes,
    measured,
    not_provided,
)
from govkit.analysis.measures.scope import Tables
from govkit.analysis.score.adjustments import adjusted
from govkit.analysis.score.leaf_scores import leaf_scales, measured_values, score_leaves
from govkit.analysis.score.scheme import Leaf, Scheme
from govkit.analysis.score.tree import TARGET, Climbed, climb, sibling_weights
from govkit.analysis.score.weighting import weighted
from govkit.catalogue.stated import shown_name
from govkit.errors import GovkitError
from govkit.periods import Period
from govkit.rounding import percent

# Scores that differ by less are the same score: what is left of adding up floats in another order.
_SAME_SCORE_DIGITS = 9


@dataclass(frozen=True)
class Assessment:
    """Scores of units by a scheme; every frame has the units as index, in code order, all scores 0–100.

    ``scores``: ``score``, ``rank`` (1 is best, equal scores share the better rank, missing without a score),
    ``rank_in_kind`` and ``of_kind`` (rank among units of the same kind and how many those are), ``kind``, ``grade``,
    ``from_leaves`` (the score before bonus, penalty and veto items).
    ``leaf_scores`` and ``group_scores``: a column per leaf or group id, missing where it does not apply or is unknown.
    ``weights``: units × leaves, the weight each leaf really had (rows sum to 1); ``contributions``: weight × leaf
    score (rows sum to the score under arithmetic aggregation). ``values``: leaf id → the measure's frame.
    ``applies``: units × leaves, does the leaf concern the unit at all? ``points`` and ``vetoes``: units × bonus or
    penalty items (points), veto items (boolean: struck). ``scheme`` holds the weights as they counted, ``stated`` the
    scheme as its file has it; ``base``: units × leaves, the values relative scores and weights were measured by.
    ``not_provided``: leaf id → tables and columns (in Chinese) that it rests on and that no unit provided;
    ``assumed``: leaf id → what was taken for granted in place of columns that were not provided.
    """

    scheme: Scheme
    scores: pd.DataFrame
    leaf_scores: pd.DataFrame
    group_scores: pd.DataFrame
    weights: pd.DataFrame
    contributions: pd.DataFrame
    values: Mapping[str, pd.DataFrame]
    applies: pd.DataFrame
    stated: Scheme
    base: pd.DataFrame
    not_provided: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    assumed: Mapping[str, str] = field(default_factory=dict)
    points: pd.DataFrame = field(default_factory=pd.DataFrame)
    vetoes: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def rankable(self) -> bool:
        """Whether enough units have a score for their ranks to be worth defending: three."""
        return bool(self.scores["score"].count() >= 3)

    def of(self, unit: str) -> Assessment:
        """Return the assessment of one unit: its row of every frame, missing where it was not assessed."""
        rows = pd.Index([unit], name=self.scores.index.name, dtype="str")
        frames = ("scores", "leaf_scores", "group_scores", "weights", "contributions", "base", "points", "vetoes")
        own = {name: getattr(self, name).reindex(rows) for name in frames}
        values = {name: frame.reindex(rows) for name, frame in self.values.items()}
        return replace(self, values=values, applies=self.applies.reindex(rows, fill_value=False), **own)

    def leaf_table(self, unit: str) -> pd.DataFrame:
        """Return one unit's leaves in scheme order, indexed by leaf id, for a table.

        Columns: ``first`` and ``second`` (labels of the levels above), ``label``, ``value``, ``unit``, ``kind``,
        ``worst``, ``best``, ``score``, ``weight`` (as it counted, 0–1), ``contribution``, ``owner_level``, ``applies``,
        ``n``, ``rows_missing``, ``completeness``, ``mark``: "" or why the value is not scored as it stands
        (``not_applicable``, ``not_provided``, ``incomplete``), ``filled`` (boolean: scored by the rule for missing
        values), ``reason`` (Chinese: of the mark, or what was assumed; "" for neither).
        """
        rows = [self._leaf_row(leaf.id, unit) for leaf in self.scheme.leaves]
        return pd.DataFrame(rows, index=pd.Index([leaf.id for leaf in self.scheme.leaves], name="leaf"))

    def mark(self, leaf: str, unit: str) -> str:
        """Return why a leaf is not scored as measured: ``not_applicable``, ``not_provided``, ``incomplete``, or ""."""
        if not self.applies.at[unit, leaf]:
            return "not_applicable"
        found = self.values[leaf]
        if unit not in found.index or pd.isna(found.at[unit, "value"]):
            return "not_provided"
        return "" if enough(self._leaf(leaf).info, found).at[unit] else "incomplete"

    def _leaf(self, leaf: str) -> Leaf:
        return next(one for one in self.scheme.leaves if one.id == leaf)

    def _reason(self, leaf: str, unit: str, mark: str) -> str:
        if mark == "not_provided":
            whole = self.not_provided.get(leaf, ())
            return f"因未提供{'、'.join(whole)}" if whole else "因本单元未提供所需数据"
        if mark == "incomplete":
            return f"数据完整度{percent(self.values[leaf].at[unit, 'completeness'], 1)}，不计分"
        return "不适用" if mark else self.assumed.get(leaf, "")

    def _leaf_row(self, leaf: str, unit: str) -> dict[str, Any]:
        node, mark = self._leaf(leaf), self.mark(leaf, unit)
        above = [self.scheme.nodes[step].label for step in self.scheme.path(leaf)[:-1]]
        return {
            "first": above[0] if above else "",
            "second": above[-1] if len(above) > 1 else "",
            "label": node.label,
            "value": self.values[leaf]["value"].get(unit, float("nan")),
            "unit": node.info.unit,
            "kind": node.info.kind,
            "worst": node.worst,
            "best": node.best,
            "score": self.leaf_scores.at[unit, leaf],
            "weight": self.weights.at[unit, leaf],
            "contribution": self.contributions.at[unit, leaf],
            "owner_level": node.owner_level,
            "applies": bool(self.applies.at[unit, leaf]),
            **{key: self.values[leaf].get(key, _NO_NUMBERS).get(unit, float("nan")) for key in _COUNTS},
            "mark": mark,
            "filled": mark in ("not_provided", "incomplete") and bool(pd.notna(self.leaf_scores.at[unit, leaf])),
            "reason": self._reason(leaf, unit, mark),
        }


_COUNTS = ("n", "rows_missing", "completeness")
_NO_NUMBERS = pd.Series(dtype="float64")


def assess(
    scheme: Scheme,
    values: Mapping[str, pd.DataFrame],
    *,
    applies: pd.DataFrame | None = None,
    kinds: pd.Series | None = None,
    basis: Assessment | None = None,
    not_provided: Mapping[str, tuple[str, ...]] | None = None,
) -> Assessment:
    """Score units by a scheme.

    ``values`` maps the id of every leaf, bonus, penalty and veto item to a measure's frame (its ``value`` counts),
    ``applies`` says for units × leaves whether the leaf concerns the unit (default: always), ``kinds`` groups the units
    for ``rank_in_kind``. A leaf that does not apply carries no weight; one that applies but is missing follows its own
    rule (``Scheme.missing_of``), as does one that rests on too few of its rows. ``basis`` is an earlier assessment by
    the same scheme: its extremes, means and data-made weights are kept, so that the scores compare in time.
    ``not_provided`` as in the answer. Raises GovkitError if a leaf has no frame at all, or if weights from data meet
    fewer than three units.
    """
    lacking = [item.id for item in scheme.measured if item.id not in values]
    if lacking:
        raise GovkitError(
            f"没有这些指标的值：{'、'.join(lacking)}", where=shown_name(scheme.file), todo="请先计算全部指标。"
        )
    units = sorted({unit for leaf in scheme.leaves for unit in values[leaf.id].index})
    index = pd.Index(units, name=values[scheme.leaves[0].id].index.name, dtype="str")
    concerns = _concerns(scheme, applies, index)
    measured = measured_values(scheme, values, concerns)
    base = basis.base if basis is not None else measured
    now = measured.to_numpy().T
    against = now if basis is None else base.to_numpy().T
    alike = None if kinds is None else kinds.reindex(index).fillna("").to_numpy(dtype=object)
    scores = score_leaves(leaf_scales(scheme, against), now, against, concerns.to_numpy().T, kinds=alike)
    counted = basis.scheme if basis is not None else weighted(scheme, scores)
    climbed = climb(counted, scores, sibling_weights(counted))
    points, vetoes = _beside(counted, values, index)
    before = pd.Series(climbed.scores[TARGET], index=index)
    total = pd.Series(
        adjusted(before.to_numpy(), points, vetoes, {one.id: one.cap for one in scheme.vetoes}), index=index
    )
    leaf_scores = pd.DataFrame(scores.T, index=index, columns=concerns.columns)
    weights = _leaf_weights(counted, climbed, index)
    return Assessment(
        scheme=counted,
        scores=ranked(counted, total, kinds).assign(from_leaves=before),
        leaf_scores=leaf_scores,
        group_scores=pd.DataFrame({group.id: climbed.scores[group.id] for group in scheme.groups}, index=index),
        weights=weights,
        contributions=weights * leaf_scores.fillna(0.0),
        points=points,
        vetoes=vetoes,
        values=dict(values),
        applies=concerns,
        stated=scheme,
        base=base,
        not_provided=dict(not_provided or {}),
    )


def assess_tables(
    scheme: Scheme,
    tables: Tables,
    period: Period,
    *,
    by: str = "district_code",
    crs: Any = None,
    audit: GridAudit | None = None,
    basis: Assessment | None = None,
    scopes: Mapping[str, MeasureScope] | None = None,
) -> Assessment:
    """Measure every leaf of a scheme and score the units: districts (``by="district_code"``) or communities.

    A leaf applies to the units that hold communities of its area; kinds are those of the table ``units``. Grid
    measures need the metric ``crs``, or the ``audit`` already made; ``basis`` as in ``assess``; ``scopes``:
    ``measure_scopes`` of the period, where there are some already. In a period in which the scheme is not in force no
    unit has a score.
    """
    names = [item.measure for item in scheme.measured]
    scopes = scopes or measure_scopes(names, tables, period, by=by, crs=crs, audit=audit)
    values: dict[str, pd.DataFrame] = {}
    unbased: dict[str, tuple[str, ...]] = {}
    concerns: dict[str, pd.Index] = {}
    for area in sorted({item.applies_to for item in scheme.measured}):
        leaves = [item for item in scheme.measured if item.applies_to == area]
        found = {name: measured(name, scopes[area]) for name in {leaf.measure for leaf in leaves}}
        for leaf in leaves:
            goals = (leaf.worst, leaf.best) if isinstance(leaf, Leaf) else (leaf.at_least, leaf.at_most)
            values[leaf.id] = as_share(leaf.measure, found[leaf.measure], *goals)
            if values[leaf.id] is not found[leaf.measure]:
                unbased[leaf.id] = (f"统计指标“{leaf.measure.partition(':')[2]}”的“基数”",)
        concerns |= {leaf.id: scopes[area].concerned for leaf in leaves}
    index = next(iter(values.values())).index
    applies = pd.DataFrame({leaf: index.isin(units) for leaf, units in concerns.items()}, index=index)
    applies &= scheme.term.covers(period)
    kinds = tables["units"].drop_duplicates("unit_code").set_index("unit_code")["kind"]
    infos = {item.id: measure_info(item.measure) for item in scheme.measured}
    lacking = unbased | {item: lost for item, info in infos.items() if (lost := not_provided(info, tables))}
    assumed = {
        item: words for item, info in infos.items() if item not in lacking and (words := assumption(info, tables))
    }
    scored = assess(scheme, values, applies=applies, kinds=kinds, basis=basis, not_provided=lacking)
    return replace(scored, assumed=assumed)


def _concerns(scheme: Scheme, applies: pd.DataFrame | None, index: pd.Index) -> pd.DataFrame:
    columns = [leaf.id for leaf in scheme.leaves]
    if applies is None:
        return pd.DataFrame(True, index=index, columns=columns)
    return applies.reindex(index=index, columns=columns, fill_value=False).astype(bool)


def _beside(scheme: Scheme, values: Mapping[str, pd.DataFrame], index: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the points of bonus and penalty items and the veto items struck, both units × items."""
    points = {one.id: one.points_for(values[one.id]["value"].reindex(index)) for one in scheme.adjustments}
    struck = {one.id: one.struck(values[one.id]["value"].reindex(index)) for one in scheme.vetoes}
    return pd.DataFrame(points, index=index), pd.DataFrame(struck, index=index)


def _leaf_weights(scheme: Scheme, climbed: Climbed, index: pd.Index) -> pd.DataFrame:
    weights = {leaf.id: np.broadcast_to(climbed.weight(scheme, leaf.id), len(index)) for leaf in scheme.leaves}
    return pd.DataFrame(weights, index=index)


def ranked(scheme: Scheme, total: pd.Series, kinds: pd.Series | None) -> pd.DataFrame:
    """Return score, ranks, kind and grade of units from their scores."""
    same = total.round(_SAME_SCORE_DIGITS)
    kind = pd.Series("", index=total.index) if kinds is None else kinds.reindex(total.index).fillna("")
    within = same.groupby(kind)
    return pd.DataFrame(
        {
            "score": total,
            "rank": same.rank(ascending=False, method="min").astype("Int64"),
            "rank_in_kind": within.rank(ascending=False, method="min").astype("Int64"),
            "of_kind": within.transform("count").astype("Int64"),
            "kind": kind,
            "grade": same.map(scheme.grade),
        }
    )
