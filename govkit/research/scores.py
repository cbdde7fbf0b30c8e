"""A score of a zone's units by a scheme, with weights of one's own if wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from govkit.analysis.score.assess import Assessment, assess_tables
from govkit.analysis.score.robustness import robustness
from govkit.analysis.score.scheme import Scheme, load_scheme
from govkit.errors import GovkitError, UnknownNameError
from govkit.periods import Period
from govkit.research.levels import grouped, level_named, names_of
from govkit.zone.zone import Zone


@dataclass(frozen=True, repr=False)
class Score:
    """Scores of units by a scheme.

    ``frame``: a row a unit with ``name``, ``score`` (0–100), ``rank``, ``rank_in_kind``, ``of_kind``, ``kind``,
    ``grade``; ``leaves``: units × indicators, the scores of each; ``weights``: the weight of each indicator in the
    whole; ``assessment``: all of ``analysis.score.assess``.
    """

    assessment: Assessment
    frame: pd.DataFrame
    period: Period

    @property
    def leaves(self) -> pd.DataFrame:
        """Scores of each indicator, units × indicators (0–100, missing where unknown)."""
        return self.assessment.leaf_scores

    @property
    def weights(self) -> pd.Series:
        """The weight of each indicator in the whole, summing to 1, by indicator id."""
        scheme = self.assessment.scheme
        found = {leaf.id: scheme.weight(leaf.id) for leaf in scheme.leaves}
        return pd.Series(found, name="weight").rename_axis("leaf")

    def ranks(self) -> pd.DataFrame:
        """Return the units, the best first: ``name``, ``rank``, ``score``, and ``low`` and ``high``, the interval of
        the rank when the choices behind the score are drawn again (missing for fewer than three units).
        """
        ranked = self.frame[["name", "rank", "score"]]
        if self.assessment.rankable:
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


def score(zone: Zone, *, period: Period, weights: Mapping[str, float] | None, scheme: str, by: str) -> Score:
    """Score a zone's units, as ``Zone.score`` describes."""
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
    return Score(found, frame, period)


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
