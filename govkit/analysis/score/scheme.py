"""Indicator schemes: a tree of groups and leaves, weights, goalposts and grades, read from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from govkit.analysis.measures.measure import MeasureInfo, measure_info
from govkit.analysis.score.adjustments import Adjustment, Veto, check_adjustment, check_veto
from govkit.analysis.score.aggregation import AGGREGATIONS
from govkit.analysis.score.normalisation import NORMALISATIONS
from govkit.analysis.score.scheme_checks import MISSING_RULES, check_grades, check_group, check_leaf, check_tree
from govkit.analysis.score.weighting import DATA_WEIGHTINGS, as_matrix, mixed
from govkit.analysis.score.weighting_checks import check_combination, check_pairwise
from govkit.analysis.standards.checked import TABLES, TERM, Defects, check_term, numbered, place, term
from govkit.catalogue.stated import Stated, is_own, line_of, stated
from govkit.periods import ALWAYS, Term
from govkit.rounding import half_away

WEIGHTINGS = ("given", "equal", "ahp", *DATA_WEIGHTINGS)
_TOP = {
    "title": str, "target": str, "source": str, "weighting": str, "normalisation": str, "aggregation": str,
    "missing": str, **TERM, "combination": dict, "pairwise": TABLES, "vetoes": TABLES, "adjustments": TABLES,
    "grades": TABLES, "groups": TABLES, "leaves": TABLES,
}  # fmt: skip
_UNSTATED = float("nan")


@dataclass(frozen=True)
class Group:
    """An inner node of the tree; ``parent`` is "" right below the target, ``weight`` counts among its siblings."""

    id: str
    label: str
    parent: str
    weight: float = _UNSTATED
    aggregation: str = ""


@dataclass(frozen=True)
class Leaf:
    """A measure in the tree: ``worst`` scores 0, ``best`` 100 (where the normalisation needs them).

    ``missing`` says what a missing value does ("": as the scheme has it); ``winsorise`` is the share of units cut off
    at either end of the values,
    ``log`` scores the natural logarithm; ``normalisation`` overrules the scheme's.
    """

    id: str
    label: str
    parent: str
    measure: str
    owner_level: str
    weight: float = _UNSTATED
    worst: float = _UNSTATED
    best: float = _UNSTATED
    applies_to: str = "all"
    missing: str = ""
    normalisation: str = ""
    winsorise: float = 0.0
    log: bool = False
    direction: str = ""

    @property
    def info(self) -> MeasureInfo:
        """What the catalogue says of the leaf's measure, with the leaf's own direction where it states one."""
        info = measure_info(self.measure)
        return replace(info, direction=self.direction) if self.direction else info


Node = Group | Leaf


@dataclass(frozen=True)
class Pairwise:
    """Comparisons of the children of ``parent`` ("" for the target): how much the row's weighs against the column's."""

    parent: str
    order: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]

    @property
    def array(self) -> np.ndarray:
        """The matrix as an array."""
        return np.array(self.matrix)


@dataclass(frozen=True)
class Scheme:
    """An indicator scheme; ``grades`` are (label, lowest score), the best first.

    ``weighting`` is one of WEIGHTINGS or ``combined``: then ``mix`` names the ways and their parts, and ``combination``
    (``sum`` or ``product``) how they are put together. ``file`` is the file as errors name it, ``lines`` the line of
    every leaf in it, where known.
    """

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
    missing: str = "reweight"
    mix: tuple[tuple[str, float], ...] = ()
    combination: str = "sum"
    pairwise: tuple[Pairwise, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    term: Term = ALWAYS
    file: str = field(default="", compare=False)
    lines: tuple[tuple[str, int], ...] = field(default=(), compare=False)

    @property
    def measured(self) -> tuple[Leaf | Adjustment | Veto, ...]:
        """Everything that needs a measure: leaves, bonus and penalty items, veto items."""
        return (*self.leaves, *self.adjustments, *self.vetoes)

    @property
    def weighting_parts(self) -> tuple[tuple[str, float], ...]:
        """The ways of weighting and their parts, summing to 1."""
        return self.mix if self.weighting == "combined" else ((self.weighting, 1.0),)

    def aggregation_of(self, group: str) -> str:
        """Return how a group ("" for the target) is put together from its children."""
        own = self.nodes[group].aggregation if group else ""  # type: ignore[union-attr]
        return own or self.aggregation

    def normalisation_of(self, leaf: Leaf) -> str:
        """Return how a leaf is scored."""
        return leaf.normalisation or self.normalisation

    def missing_of(self, leaf: Leaf) -> str:
        """Return what a leaf without a value does, one of ``scheme_checks.MISSING_RULES``."""
        return leaf.missing or self.missing

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
        """Return the grade of a score as it is shown, with one decimal; "" for a missing one."""
        shown = half_away(score, 1)
        return next((label for label, lowest in self.grades if shown >= lowest), "")


def load_scheme(name: str) -> Scheme:
    """Return the scheme ``catalogue/schemes/<name>.toml``, or a zone's own file if ``name`` is a path to one.

    In a zone's own scheme a measure of a standard may name the zone's own standard, a file beside the scheme.
    Raises UnknownNameError for a name that does not exist, CatalogueError with every defect of the file.
    """
    return _load(stated("schemes", name))


@cache
def _load(file: Stated) -> Scheme:
    raw = file.raw if file.folder is None else _at_home(file.raw, file.folder)
    return read_scheme(file.name, raw, where=file.where, text=file.text)


def _at_home(raw: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a zone's own scheme with the standards its measures name as paths."""

    def placed(entry: Any) -> Any:
        name = entry.get("measure") if isinstance(entry, dict) else None
        stem, _, argument = name.partition(":") if isinstance(name, str) else ("", "", "")
        return {**entry, "measure": f"{stem}:{folder / argument}"} if is_own(argument) else entry

    measured = ("leaves", "vetoes", "adjustments")
    return {**raw, **{kind: [placed(one) for one in raw[kind]] for kind in measured if isinstance(raw.get(kind), list)}}


def read_scheme(name: str, raw: Mapping[str, Any], *, where: str, text: str = "") -> Scheme:
    """Return the scheme a TOML file states; ``where`` names the file in errors, ``text`` gives their lines.

    Raises CatalogueError naming line, entry and key of every defect at once: unknown or missing keys, repeated ids,
    orphans and cycles, weights that do not sum to 1, unknown measures, goalposts equal or the wrong way round, grades.
    """
    defects = Defects(where, text)
    defects.keys(raw, "顶层", _TOP, ("title", "source", "grades", "groups", "leaves"))
    for key, valid in (
        ("weighting", (*WEIGHTINGS, "combined")),
        ("normalisation", NORMALISATIONS),
        ("aggregation", AGGREGATIONS),
        ("missing", MISSING_RULES),
    ):
        defects.choice(raw.get(key, next(iter(valid))), "顶层", key, valid)
    for kind, check in (
        ("groups", check_group),
        ("leaves", check_leaf),
        ("vetoes", check_veto),
        ("adjustments", check_adjustment),
    ):
        for number, entry in numbered(raw, kind):
            check(defects, place(kind, number, entry), entry, raw)
    check_term(defects, "顶层", raw)
    # Entries are held against each other only once each is what it should be.
    if not defects.mistyped:
        check_tree(defects, raw)
        check_grades(defects, raw.get("grades", []))
        check_combination(defects, raw, WEIGHTINGS)
        check_pairwise(defects, raw)
    defects.stop_if_any(todo="按 docs/new-zone.md 第 4 节和 schemes/daoli_333.toml 开头的写法改正后重试。")
    return _scheme(name, raw, where, text)


def _scheme(name: str, raw: Mapping[str, Any], where: str, text: str) -> Scheme:
    grades = sorted(((one["label"], float(one["from"])) for one in raw["grades"]), key=lambda one: -one[1])
    words = {key: raw[key] for key in ("weighting", "normalisation", "aggregation", "missing") if key in raw}
    parts = dict(raw.get("combination", {})) if raw.get("weighting") == "combined" else {}
    scheme = Scheme(
        name=name,
        title=raw["title"],
        target=raw.get("target", "综合得分"),
        source=raw["source"],
        groups=tuple(Group(**_as_floats(one, "weight")) for one in raw["groups"]),
        leaves=tuple(Leaf(**_as_floats(one, "weight", "worst", "best", "winsorise")) for one in raw["leaves"]),
        grades=tuple(grades),
        combination=parts.pop("method", "sum"),
        mix=tuple((way, float(part)) for way, part in parts.items()),
        pairwise=tuple(_pairwise(one) for one in raw.get("pairwise", [])),
        vetoes=tuple(Veto(**one) for one in raw.get("vetoes", [])),
        adjustments=tuple(Adjustment(**one) for one in raw.get("adjustments", [])),
        term=term(raw),
        file=where,
        lines=_lines(raw, text),
        **words,
    )
    if any(way in DATA_WEIGHTINGS for way, _ in scheme.weighting_parts):
        return scheme
    return mixed(scheme, {})


def _lines(raw: Mapping[str, Any], text: str) -> tuple[tuple[str, int], ...]:
    """Return the line of every leaf's entry."""
    found = ((leaf["id"], line_of(text, place("leaves", n, leaf))) for n, leaf in enumerate(raw["leaves"], start=1))
    return tuple((leaf, line) for leaf, line in found if line)


def _as_floats(entry: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {**entry, **{key: float(entry[key]) for key in keys if key in entry}}


def _pairwise(entry: Mapping[str, Any]) -> Pairwise:
    matrix = as_matrix(entry["matrix"])
    return Pairwise(entry["parent"], tuple(entry["order"]), tuple(tuple(map(float, row)) for row in matrix))
