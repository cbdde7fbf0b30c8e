"""A score of a zone's units by a scheme, with weights of one's own if wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from govkit.analysis.score.assess import Assessment, assess_tables, ranked
from govkit.analysis.score.index import Index, composite
from govkit.analysis.score.robustness import robustness
from govkit.analysis.score.scheme import Scheme, load_scheme
from govkit.analysis.score.what_if import composite_ranks
from govkit.errors import GovkitError, UnknownNameError
from govkit.periods import Period
from govkit.research.levels import grouped, level_named, names_of
from govkit.research.measures import measure
from govkit.zone.zone import Zone


@dataclass(frozen=True, repr=False)
class Score:
    """Scores of units by a scheme in a ``period``.

    ``frame``: a row a unit with ``name``, ``score`` (0–100), ``rank``, ``rank_in_kind``, ``of_kind``, ``kind``,
    ``grade``; ``leaves``: units × indicators, the scores of each; ``weights``: the weight of each indicator in the
    whole; ``assessment``: all of ``analysis.score.assess``. ``index``: where ``Zone.score`` was asked for another
    recipe than the scheme's, all of ``analysis.score.index.Index`` (effective weights, treated outliers, what was
    imputed, warnings) and ``recipe``, the options it was made by; the frame, leaves and weights are then the index's.
    """

    assessment: Assessment
    frame: pd.DataFrame
    period: Period
    index: Index | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def leaves(self) -> pd.DataFrame:
        """Scores of each indicator, units × indicators (0–100, missing where unknown)."""
        return self.assessment.leaf_scores if self.index is None else self.index.normalised

    @property
    def weights(self) -> pd.Series:
        """The weight of each indicator in the whole, summing to 1, by indicator id."""
        if self.index is not None:
            return self.index.weights["nominal"].rename("weight").rename_axis("leaf")
        scheme = self.assessment.scheme
        found = {leaf.id: scheme.weight(leaf.id) for leaf in scheme.leaves}
        return pd.Series(found, name="weight").rename_axis("leaf")

    def ranks(self) -> pd.DataFrame:
        """Return the units, the best first: ``name``, ``rank``, ``score``, and ``low`` and ``high``, the interval of
        the rank had the data erred otherwise (误差区间); of an index made by another recipe the range over other
        recipes (方法区间, ``govkit.composite_ranks``). Missing for fewer than three units.
        """
        ranked = self.frame[["name", "rank", "score"]]
        if self.index is not None and len(ranked) >= 3:
            ranked = ranked.join(composite_ranks(self.assessment.base, self.recipe).ranks[["low", "high"]])
        elif self.assessment.rankable:
            ranked = ranked.join(robustness(self.assessment).ranks[["low", "high"]])
        else:
            ranked = ranked.assign(low=float("nan"), high=float("nan"))
        return ranked.sort_values(["rank", "name"])

    def __repr__(self) -> str:
        scheme = self.assessment.scheme
        return f"<Score {scheme.title} {self.period.name}: {len(self.frame)} units, {len(scheme.leaves)} indicators>"

    def _repr_html_(self) -> str:
        shown = self.frame[["name", "rank", "score", "grade"]].sort_values("rank")
        head = f"<h4>{self.assessment.scheme.title}，{self.period.name}</h4>"
        return head + shown.to_html(float_format="{:.1f}".format, na_rep="—")


def score(
    zone: Zone, *, period: Period, weights: Mapping[str, float] | None, scheme: str, by: str, recipe: Mapping[str, Any]
) -> Score:
    """Score a zone's units, as ``Zone.score`` describes; ``recipe``: options of ``index.composite``."""
    name = scheme or zone.settings.scheme
    if not name:
        raise GovkitError(
            "zone.toml 没有指定指标体系，不能评分。",
            where=str(zone.folder / "zone.toml"),
            todo='在 [judged_by] 里写 scheme = "指标体系名"，或这样指定：zone.score(scheme="daoli_333")。',
        )
    tree = weighed(load_scheme(name), weights) if weights else load_scheme(name)
    tables, grouping = grouped(zone, by)
    found = assess_tables(tree, tables, period, by=grouping, crs=zone.metric_crs)
    frame = found.scores.drop(columns="from_leaves")
    frame.insert(0, "name", names_of(zone, frame.index))
    frame.index.name = "type" if level_named(by) == "type" else "unit_code"
    frame.attrs.update(label="综合得分", unit="分", kind="score", period=period.name)
    if not recipe:
        return Score(found, frame, period)
    options = _recipe(found, zone, recipe, period=period, by=by)
    made = composite(found.base, **options)
    named = frame[["name"]].join(ranked(found.scheme, made.scores["score"], found.scores["kind"]))
    if options.get("scale", (0, 100)) != (0, 100):
        named["grade"] = ""  # the lines of grades are those of 0–100
    named.attrs.update(frame.attrs)
    return Score(found, named, period, made, options)


def _recipe(found: Assessment, zone: Zone, asked: Mapping[str, Any], *, period: Period, by: str) -> dict[str, Any]:
    """Return the options of ``index.composite`` for a scheme's measured leaves: its own unless asked otherwise."""
    tree = found.scheme
    ids = {one.label: one.id for one in tree.nodes.values()}

    def by_id(named: Mapping[str, Any]) -> dict[str, Any]:
        return {ids.get(str(name), str(name)): one for name, one in named.items()}

    own_way = {leaf.normalisation for leaf in tree.leaves} - {"", tree.normalisation}
    options: dict[str, Any] = {
        "groups": {node.id: node.parent for node in tree.nodes.values() if node.parent},
        "weights": {node.id: node.weight for node in tree.nodes.values()},
        "kinds": found.scores["kind"],
        "applies": found.applies,
        "imputation": _IMPUTED.get(tree.missing, "none"),
        "normalisation": tree.normalisation,
        "aggregation": tree.aggregation,
        "group_aggregation": {one.id: one.aggregation for one in tree.groups if one.aggregation},
        **_beside(found, *asked.get("scale", (0.0, 100.0))),
        **asked,
        "directions": {leaf.id: leaf.info.direction for leaf in tree.leaves} | by_id(asked.get("directions", {})),
        "denominators": {
            leaf: measure(zone, one, by=by, period=period, area="all")["value"] if isinstance(one, str) else one
            for leaf, one in by_id(asked.get("denominators", {})).items()
        },
    }
    if options["normalisation"] == "target":
        turned = [*options["denominators"], *by_id(asked.get("directions", {}))]
        if turned or own_way:
            raise GovkitError(
                "改了分母、方向，或指标各有计分方法时，不能再按原来的起评值和满分值计分。",
                todo='请同时写明相对的计分方法，如 zone.score(normalisation="min_max", …)。',
            )
        options["goalposts"] = {leaf.id: (leaf.worst, leaf.best) for leaf in tree.leaves}
    return options


def _beside(found: Assessment, low: float, high: float) -> dict[str, Any]:
    """Return a scheme's bonus, penalty and veto items on another scale, as ``index.composite`` takes them."""
    caps = {one.id: low + one.cap / 100 * (high - low) for one in found.scheme.vetoes}
    struck = found.vetoes.astype("float64").where(found.vetoes.astype(bool))
    return {"points": found.points * (high - low) / 100, "caps": struck.mul(pd.Series(caps, dtype="float64"))}


# A scheme's rule for a missing leaf, as an index calls it; the worst score is no imputation.
_IMPUTED = {"group_mean": "group_mean", "nearest": "nearest"}


def weighed(scheme: Scheme, weights: Mapping[str, float]) -> Scheme:
    """Return a scheme with other weights, by id or label of indicators and groups.

    Where every indicator is named, the weights are those in the whole; otherwise they count among siblings, of which
    those not named keep theirs. Each family sums to 1 again. Raises UnknownNameError for a name that is not of the
    scheme, GovkitError for a weight below zero or a family without any.
    """
    by_label = {node.label: node.id for node in scheme.nodes.values()}
    given: dict[str, float] = {}
    for word, weight in weights.items():
        node = by_label.get(str(word), str(word))
        if node not in scheme.nodes:
            raise UnknownNameError("指标或分组", str(word), [*scheme.nodes, *by_label])
        if not float(weight) >= 0:
            raise GovkitError(f"权重应为不小于 0 的数，{word!r} 现在是 {weight!r}。")
        given[node] = float(weight)
    leaves = [leaf.id for leaf in scheme.leaves]
    if set(given) == set(leaves):
        below = {group.id: [leaf.id for leaf in scheme.leaves_below(group.id)] for group in scheme.groups}
        given |= {group: sum(given[leaf] for leaf in members) for group, members in below.items()}
    stated = {node.id: given.get(node.id, node.weight) for node in scheme.nodes.values()}
    families = {
        parent: [child.id for child in scheme.children(parent)] for parent in ["", *(g.id for g in scheme.groups)]
    }
    share: dict[str, float] = {}
    for parent, children in families.items():
        total = sum(stated[child] for child in children)
        if not total > 0:
            # A group that weighs nothing itself needs no weights below it.
            share |= {child: 1 / len(children) for child in children}
            if not parent or stated[parent] > 0:
                raise GovkitError(f"“{parent or scheme.target}”之下各项的权重合计应大于 0，现在是 {total!r}。")
        else:
            share |= {child: stated[child] / total for child in children}

    def with_share(node: Any) -> Any:
        return replace(node, weight=share[node.id])

    return replace(
        scheme, weighting="given", mix=(), pairwise=(),
        groups=tuple(map(with_share, scheme.groups)), leaves=tuple(map(with_share, scheme.leaves)),
    )  # fmt: skip
