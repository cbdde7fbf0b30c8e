"""A scheme applied to measured values: scores, ranks, grades, and what each leaf brings to the score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from govkit.analysis.aggregation import AGGREGATIONS, shared_weights
from govkit.analysis.coverage import GridAudit
from govkit.analysis.measures import measures
from govkit.analysis.normalisation import NORMALISATIONS
from govkit.analysis.scheme import Scheme
from govkit.analysis.scope import Tables, units_with
from govkit.errors import GovkitError
from govkit.periods import Period

# Scores that differ by less are the same score: what is left of adding up floats in another order.
_SAME_SCORE_DIGITS = 9


@dataclass(frozen=True)
class Assessment:
    """Scores of units by a scheme; every frame has the units as index, in code order, all scores 0–100.

    ``scores``: ``score``, ``rank`` (1 is best, equal scores share the better rank, missing without a score),
    ``rank_in_kind`` and ``of_kind`` (rank among units of the same kind and how many those are), ``kind``, ``grade``.
    ``leaf_scores`` and ``group_scores``: a column per leaf or group id, missing where it does not apply or is unknown.
    ``weights``: units × leaves, the weight each leaf really had (rows sum to 1); ``contributions``: weight × leaf
    score (rows sum to the score under arithmetic aggregation). ``values``: leaf id → the measure's frame.
    ``applies``: units × leaves, does the leaf concern the unit at all?
    """

    scheme: Scheme
    scores: pd.DataFrame
    leaf_scores: pd.DataFrame
    group_scores: pd.DataFrame
    weights: pd.DataFrame
    contributions: pd.DataFrame
    values: Mapping[str, pd.DataFrame]
    applies: pd.DataFrame

    def lost(self) -> pd.DataFrame:
        """Return units × leaves, the points each leaf keeps from full marks (weight × (100 − leaf score))."""
        return self.weights * 100 - self.contributions

    def leaf_table(self, unit: str) -> pd.DataFrame:
        """Return one unit's leaves in scheme order, indexed by leaf id, for a table.

        Columns: ``first`` and ``second`` (labels of the levels above), ``label``, ``value``, ``unit``, ``kind``,
        ``worst``, ``best``, ``score``, ``weight`` (as it counted, 0–1), ``contribution``, ``owner_level``, ``applies``.
        """
        rows = [self._leaf_row(leaf.id, unit) for leaf in self.scheme.leaves]
        return pd.DataFrame(rows, index=pd.Index([leaf.id for leaf in self.scheme.leaves], name="leaf"))

    def _leaf_row(self, leaf: str, unit: str) -> dict[str, Any]:
        node = next(one for one in self.scheme.leaves if one.id == leaf)
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
        }


def assess(
    scheme: Scheme,
    values: Mapping[str, pd.DataFrame],
    *,
    applies: pd.DataFrame | None = None,
    kinds: pd.Series | None = None,
) -> Assessment:
    """Score units by a scheme.

    ``values`` maps every leaf id to a measure's frame (its ``value`` counts), ``applies`` says for units × leaves
    whether the leaf concerns the unit (default: always), ``kinds`` groups the units for ``rank_in_kind``. A leaf that
    does not apply carries no weight; one that applies but is missing follows its own rule (``reweight`` or ``zero``).
    Raises GovkitError if a leaf has no values at all.
    """
    lacking = [leaf.id for leaf in scheme.leaves if leaf.id not in values]
    if lacking:
        raise GovkitError(f"没有这些指标的值：{'、'.join(lacking)}", where=scheme.name, todo="请先计算全部指标。")
    units = sorted({unit for leaf in scheme.leaves for unit in values[leaf.id].index})
    index = pd.Index(units, name=values[scheme.leaves[0].id].index.name, dtype="str")
    concerns = _concerns(scheme, applies, index)
    leaf_scores = _leaf_scores(scheme, values, concerns)
    total, groups, weights = _climb(scheme, leaf_scores)
    return Assessment(
        scheme=scheme,
        scores=_ranked(scheme, total, kinds),
        leaf_scores=leaf_scores,
        group_scores=groups,
        weights=weights,
        contributions=weights * leaf_scores.fillna(0.0),
        values=dict(values),
        applies=concerns,
    )


def assess_tables(
    scheme: Scheme,
    tables: Tables,
    period: Period,
    *,
    by: str = "district_code",
    crs: Any = None,
    audit: GridAudit | None = None,
) -> Assessment:
    """Measure every leaf of a scheme and score the units: districts (``by="district_code"``) or communities.

    A leaf applies to the units that hold communities of its area; kinds are those of the table ``units``. Grid
    measures need the metric ``crs``, or the ``audit`` already made.
    """
    values: dict[str, pd.DataFrame] = {}
    concerns: dict[str, pd.Index] = {}
    for area in sorted({leaf.applies_to for leaf in scheme.leaves}):
        leaves = [leaf for leaf in scheme.leaves if leaf.applies_to == area]
        found = measures([leaf.measure for leaf in leaves], tables, period, by=by, area=area, crs=crs, audit=audit)
        values |= {leaf.id: found[leaf.measure] for leaf in leaves}
        concerns |= {leaf.id: units_with(tables, area, by=by) for leaf in leaves}
    index = next(iter(values.values())).index
    applies = pd.DataFrame({leaf: index.isin(units) for leaf, units in concerns.items()}, index=index)
    kinds = tables["units"].drop_duplicates("unit_code").set_index("unit_code")["kind"]
    return assess(scheme, values, applies=applies, kinds=kinds)


def _concerns(scheme: Scheme, applies: pd.DataFrame | None, index: pd.Index) -> pd.DataFrame:
    columns = [leaf.id for leaf in scheme.leaves]
    if applies is None:
        return pd.DataFrame(True, index=index, columns=columns)
    return applies.reindex(index=index, columns=columns, fill_value=False).astype(bool)


def _leaf_scores(scheme: Scheme, values: Mapping[str, pd.DataFrame], concerns: pd.DataFrame) -> pd.DataFrame:
    normalise = NORMALISATIONS[scheme.normalisation]
    scored = {}
    for leaf in scheme.leaves:
        score = normalise(values[leaf.id]["value"].reindex(concerns.index), leaf.worst, leaf.best)
        score = score.fillna(0.0) if leaf.missing == "zero" else score
        scored[leaf.id] = score.where(concerns[leaf.id])
    return pd.DataFrame(scored, index=concerns.index)


def _climb(scheme: Scheme, leaf_scores: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame, pd.DataFrame]:
    """Return the score of the target, of every group, and the weight every leaf had in the target."""
    combine = AGGREGATIONS[scheme.aggregation]
    known = {leaf: leaf_scores[leaf] for leaf in leaf_scores}
    share: dict[str, pd.Series] = {}

    def score_of(parent: str) -> pd.Series:
        children = scheme.children(parent)
        for child in children:
            if child.id not in known:
                known[child.id] = score_of(child.id)
        scores = pd.DataFrame({child.id: known[child.id] for child in children})
        weights = shared_weights(scores, pd.Series({child.id: child.weight for child in children}))
        share.update({child.id: weights[child.id] for child in children})
        return combine(scores, weights)

    total = score_of("")
    groups = pd.DataFrame({group.id: known[group.id] for group in scheme.groups}, index=leaf_scores.index)
    weights = pd.DataFrame({leaf.id: _product(scheme, leaf.id, share) for leaf in scheme.leaves})
    return total, groups, weights


def _product(scheme: Scheme, leaf: str, share: Mapping[str, pd.Series]) -> pd.Series:
    first, *rest = scheme.path(leaf)
    product = share[first]
    for step in rest:
        product = product * share[step]
    return product


def _ranked(scheme: Scheme, total: pd.Series, kinds: pd.Series | None) -> pd.DataFrame:
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
