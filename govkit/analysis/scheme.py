"""Indicator schemes: a tree of groups and leaves, weights, goalposts and grades, read from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from govkit import catalogue
from govkit.analysis.aggregation import AGGREGATIONS
from govkit.analysis.checked import Defects, place
from govkit.analysis.measures import MeasureInfo, measure_info
from govkit.analysis.normalisation import NORMALISATIONS
from govkit.analysis.scheme_checks import check_grades, check_group, check_leaf, check_tree

WEIGHTINGS = ("given",)
_TOP = {
    "title": str, "target": str, "source": str, "weighting": str, "normalisation": str, "aggregation": str,
    "grades": list, "groups": list, "leaves": list,
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """An inner node of the tree; ``parent`` is "" right below the target, ``weight`` counts among its siblings."""

    id: str
    label: str
    parent: str
    weight: float


@dataclass(frozen=True)
class Leaf:
    """A measure in the tree: ``worst`` scores 0, ``best`` 100; ``missing`` says what a missing value does."""

    id: str
    label: str
    parent: str
    weight: float
    measure: str
    worst: float
    best: float
    owner_level: str
    applies_to: str = "all"
    missing: str = "reweight"

    @property
    def info(self) -> MeasureInfo:
        """What the catalogue says of the leaf's measure."""
        return measure_info(self.measure)


Node = Group | Leaf


@dataclass(frozen=True)
class Scheme:
    """An indicator scheme; ``grades`` are (label, lowest score), the best first."""

    name: str
    title: str
    target: str
    source: str
    groups: tuple[Group, ...]
    leaves: tuple[Leaf, ...]
    grades: tuple[tuple[str, float], ...]
    weighting: str = "given"
    normalisation: str = "target"
    aggregation: str = "arithmetic"

    def children(self, parent: str) -> tuple[Node, ...]:
        """Return the nodes right below a group ("" for the target), in file order."""
        return tuple(node for node in self.nodes.values() if node.parent == parent)

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """Every group and leaf by id."""
        nodes: list[Node] = [*self.groups, *self.leaves]
        return {node.id: node for node in nodes}

    def path(self, node: str) -> tuple[str, ...]:
        """Return the ids from the first level down to a node."""
        parent = self.nodes[node].parent
        return (*self.path(parent), node) if parent else (node,)

    def leaves_below(self, group: str) -> tuple[Leaf, ...]:
        """Return all leaves below a group ("" for all)."""
        return tuple(leaf for leaf in self.leaves if not group or group in self.path(leaf.id))

    def weight(self, node: str) -> float:
        """Return a node's weight in the whole: the product of the weights down to it."""
        product = 1.0
        for step in self.path(node):
            product *= self.nodes[step].weight
        return product

    def grade(self, score: float) -> str:
        """Return the grade of a score; "" for a missing one."""
        return next((label for label, lowest in self.grades if score >= lowest), "")


@cache
def load_scheme(name: str) -> Scheme:
    """Return the scheme ``catalogue/schemes/<name>.toml``.

    Raises UnknownNameError for a name that does not exist, CatalogueError with every defect of the file.
    """
    return read_scheme(name, catalogue.load(f"schemes/{name}"), where=f"schemes/{name}.toml")


def read_scheme(name: str, raw: Mapping[str, Any], *, where: str) -> Scheme:
    """Return the scheme a TOML file states; ``where`` names the file in errors.

    Raises CatalogueError naming entry and key of every defect at once: unknown or missing keys, repeated ids, orphans
    and cycles, weights that do not sum to 1, unknown measures, goalposts equal or the wrong way round, grades.
    """
    defects = Defects(where)
    defects.keys(raw, "顶层", _TOP, ("title", "source", "grades", "groups", "leaves"))
    for key, valid in (("weighting", WEIGHTINGS), ("normalisation", NORMALISATIONS), ("aggregation", AGGREGATIONS)):
        defects.choice(raw.get(key, next(iter(valid))), "顶层", key, valid)
    for kind, check in (("groups", check_group), ("leaves", check_leaf)):
        for number, entry in enumerate(raw.get(kind, []), start=1):
            check(defects, place(kind, number, entry), entry)
    check_tree(defects, raw.get("groups", []), raw.get("leaves", []))
    check_grades(defects, raw.get("grades", []))
    defects.stop_if_any(todo="按 schemes/daoli_333.toml 的写法改正后重试。")
    return _scheme(name, raw)


def _scheme(name: str, raw: Mapping[str, Any]) -> Scheme:
    grades = sorted(((one["label"], float(one["from"])) for one in raw["grades"]), key=lambda one: -one[1])
    words = {key: raw[key] for key in ("weighting", "normalisation", "aggregation") if key in raw}
    return Scheme(
        name=name,
        title=raw["title"],
        target=raw.get("target", "综合得分"),
        source=raw["source"],
        groups=tuple(Group(**{**one, "weight": float(one["weight"])}) for one in raw["groups"]),
        leaves=tuple(Leaf(**one) for one in raw["leaves"]),
        grades=tuple(grades),
        **words,
    )
