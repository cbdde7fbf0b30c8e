"""What can be wrong in a scheme file; every check notes its defects and goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isclose
from typing import Any

from govkit import catalogue
from govkit.analysis.measures.measure import known_measure
from govkit.analysis.measures.scope import AREA_KINDS
from govkit.analysis.score.aggregation import AGGREGATIONS
from govkit.analysis.score.normalisation import NORMALISATIONS
from govkit.analysis.standards.checked import NUMBER, Defects, is_number, place

# What a leaf without a value does: leave its weight to its siblings, take the mean of its kind or that of the units
# nearest in the other leaves, or score 0.
MISSING_RULES = ("reweight", "group_mean", "nearest", "worst")
_NODE = {"id": str, "label": str, "parent": str, "weight": NUMBER}
_GROUP = {**_NODE, "aggregation": str}
_LEAF = {
    **_NODE, "measure": str, "worst": NUMBER, "best": NUMBER, "owner_level": str, "applies_to": str, "missing": str,
    "normalisation": str, "winsorise": NUMBER, "log": bool,
    "direction": str,
}  # fmt: skip
# Cutting off a quarter at either end leaves half of the units as they are.
_MOST_WINSORISED = 0.25
_GRADE = {"label": str, "from": NUMBER}
Entry = Mapping[str, Any]


def check_group(defects: Defects, where: str, group: Entry, _scheme: Entry) -> None:
    """Note what is wrong with one group by itself."""
    if not defects.keys(group, where, _GROUP, ("id", "label", "parent")):
        return
    defects.choice(group.get("aggregation"), where, "aggregation", AGGREGATIONS)
    _check_weight(defects, where, group)


def check_leaf(defects: Defects, where: str, leaf: Entry, scheme: Entry) -> None:
    """Note what is wrong with one leaf by itself; goalposts are needed where it is scored against a target."""
    way = leaf.get("normalisation") or scheme.get("normalisation", "target")
    posts = ("worst", "best") if way == "target" else ()
    if not defects.keys(leaf, where, _LEAF, ("id", "label", "parent", "measure", *posts, "owner_level")):
        return
    _check_weight(defects, where, leaf)
    defects.choice(leaf.get("normalisation"), where, "normalisation", NORMALISATIONS)
    defects.choice(leaf.get("owner_level"), where, "owner_level", catalogue.load("codes")["owner_level"])
    defects.choice(leaf.get("applies_to", "all"), where, "applies_to", AREA_KINDS)
    defects.choice(leaf.get("direction"), where, "direction", _BETTER)
    defects.choice(leaf.get("missing"), where, "missing", MISSING_RULES)
    cut = leaf.get("winsorise", 0)
    if is_number(cut) and not 0 <= cut <= _MOST_WINSORISED:
        defects.add(where, f"winsorise 应在 0 至 {_MOST_WINSORISED} 之间（两端各截去的单元比例），现在是 {cut!r}")
    for key in ("worst", "best"):
        if leaf.get("log") is True and is_number(leaf.get(key)) and leaf[key] <= 0:
            defects.add(where, f"取对数（log）时 {key} 应大于 0，现在是 {leaf[key]!r}")
    if isinstance(leaf.get("measure"), str):
        _check_measure(defects, where, leaf)


def _check_weight(defects: Defects, where: str, node: Entry) -> None:
    if is_number(node.get("weight")) and not 0 < node["weight"] <= 1:
        defects.add(where, f"weight 应大于 0、不大于 1，现在是 {node['weight']!r}")


def _check_measure(defects: Defects, where: str, leaf: Entry) -> None:
    info = known_measure(defects, where, leaf["measure"])
    if info is None or not (is_number(leaf.get("worst")) and is_number(leaf.get("best"))):
        return
    if leaf.get("direction") in _BETTER:
        info = replace(info, direction=leaf["direction"])
    worst, best = leaf["worst"], leaf["best"]
    if info.name.startswith("statistic:") and info.unit == "%" and max(worst, best) > 1:
        defects.add(where, f"worst {worst!r}、best {best!r} 大于 1，不是比率：写明计量单位，如 {info.name}|次")
    if worst == best:
        defects.add(where, f"worst 与 best 相等（{best!r}），无法计分")
    elif (best - worst) * info.sign < 0:
        wanted = "best 应大于 worst" if info.sign > 0 else "best 应小于 worst"
        defects.add(where, f"worst {worst!r}、best {best!r} 写反了：{info.label}{_BETTER[info.direction]}，{wanted}")


_BETTER = {"higher": "越大越好", "lower": "越小越好"}


def check_tree(defects: Defects, scheme: Entry) -> None:
    """Note repeated ids, parents that do not exist, cycles, groups without children, weights that do not sum to 1."""
    groups, leaves = scheme.get("groups", []), scheme.get("leaves", [])
    nodes = [*groups, *leaves]
    defects.repeated([node.get("id") for node in nodes], "[[groups]]、[[leaves]]", "id")
    ids = [group["id"] for group in groups if "id" in group]
    for kind, entries in (("groups", groups), ("leaves", leaves)):
        for number, entry in enumerate(entries, start=1):
            defects.choice(entry.get("parent", "") or None, place(kind, number, entry), "parent", ids)
    parent_of = {group.get("id"): group.get("parent", "") for group in groups}
    for number, group in enumerate(groups, start=1):
        if "id" in group and _in_cycle(group["id"], parent_of):
            defects.add(place("groups", number, group), "上级关系成环，请改 parent")
    needed = weights_needed(scheme)
    for parent in ["", *ids]:
        children = {
            place(kind, number, node): node
            for kind, entries in (("groups", groups), ("leaves", leaves))
            for number, node in enumerate(entries, start=1)
            if node.get("parent") == parent
        }
        at = next(
            (place("groups", n, group) for n, group in enumerate(groups, start=1) if group.get("id") == parent), ""
        )
        _check_children(defects, parent, children, at=at, weights_needed=parent in needed)


def weights_needed(scheme: Entry) -> set[str]:
    """Return the groups ("" for the target) whose children need a weight of their own in the file."""
    way = scheme.get("weighting", "given")
    ways = set(scheme.get("combination", {})) if way == "combined" else {way}
    parents = {"", *(group.get("id", "") for group in scheme.get("groups", []))}
    if "given" in ways:
        return parents
    compared = {one["parent"] for one in scheme.get("pairwise", []) if isinstance(one.get("parent"), str)}
    return parents - compared if "ahp" in ways else set()


def _in_cycle(start: str, parent_of: Mapping[Any, Any]) -> bool:
    seen: set[Any] = {start}
    node = parent_of.get(start)
    while node in parent_of and node not in seen:
        seen.add(node)
        node = parent_of[node]
    return node == start


def _check_children(
    defects: Defects, parent: str, children: Mapping[str, Entry], *, at: str, weights_needed: bool
) -> None:
    """Note a group without children, or with weights that are missing or do not sum to 1; ``at`` is its own place."""
    where = f"{parent!r} 之下" if parent else "一级指标"
    if not children:
        defects.add(where, "没有任何指标；请补上，或删去这一组", at=at)
        return
    lacking = {entry: str(node.get("id")) for entry, node in children.items() if "weight" not in node}
    if lacking and weights_needed and (len(children) > 1 or len(lacking) < len(children)):
        defects.add(where, f"缺少 weight：{'、'.join(lacking.values())}", at=next(iter(lacking)))
    weights = [node.get("weight") for node in children.values()]
    if all(is_number(weight) for weight in weights):
        total = float(sum(weights))  # type: ignore[arg-type]
        if not isclose(total, 1.0, abs_tol=1e-6):
            listed = " + ".join(f"{node.get('id')} {node['weight']:g}" for node in children.values())
            defects.add(where, f"weight 之和应为 1，现在是 {total:g}（{listed}）", at=next(iter(children)))


def check_grades(defects: Defects, grades: Sequence[Entry]) -> None:
    """Note grades that are wrong, repeated, outside 0–100, or that leave low scores without a grade."""
    for number, grade in enumerate(grades, start=1):
        if not defects.keys(grade, place("grades", number, grade), _GRADE, ("label", "from")):
            return
    for key in ("label", "from"):
        defects.repeated([grade.get(key) for grade in grades], "[[grades]]", key)
    lowest = [grade["from"] for grade in grades if is_number(grade.get("from"))]
    if any(not 0 <= value <= 100 for value in lowest):
        defects.add("[[grades]]", "from 应在 0 至 100 之间")
    elif 0 not in lowest:
        defects.add("[[grades]]", "最低一等的 from 应为 0，否则低分没有等次")
