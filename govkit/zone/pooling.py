"""Which units' small counts are shown only together: cells are moved up the tree of units until none is small.

Whatever is added up from what is left (by unit, kind, street, period or the whole) is a sum of numbers each of which is
0 or reaches the threshold, so that no difference of published sums gives a small count back; sums themselves stay true.
Method: the frequency rule with local recoding of the spanning variable (Hundepool and others, Statistical Disclosure
Control, 2012, chapter 4), which needs no second round of suppression for linked tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

# Numbers that no unit can hold without one being small.
LOST = ""


@dataclass
class _Part:
    """Members of one node that are shown together or apart: a unit's own rows, or all of a unit below.

    Where a unit below could not show its small numbers, its members of each area are a part.
    """

    units: list[str]
    total: np.ndarray
    small: bool
    area: str


def pooled(
    numbers: Mapping[str, np.ndarray],
    parents: Mapping[str, str],
    areas: Mapping[str, str],
    *,
    threshold: int,
    fewest: int,
) -> dict[str, tuple[str, str]]:
    """Return for the units that are not shown by themselves the node above that shows them, and their area.

    ``numbers``: unit → counts (shape (k,), NaN for none), the same k for all; ``parents``: unit → unit above;
    ``areas``: unit → rural, urban or anything else. A pool holds units of one area where it can, else its area is "".
    A node ``LOST`` means that not even the whole reaches the threshold.
    """
    tree = _tree(numbers, parents)
    found: dict[str, tuple[str, str]] = {}
    failed: set[str] = set()
    for node in _upward(tree):
        parts = []
        for name in sorted(tree[node]):
            units = [*_below(name, tree, numbers)]
            if name in failed:
                split = {areas.get(unit, "") for unit in units}
                for area in sorted(split):
                    own = [unit for unit in units if areas.get(unit, "") == area]
                    parts.append(_part_of(own, numbers, areas, small=True))
            else:
                parts.append(
                    _part_of(units, numbers, areas, small=name not in tree and _small(numbers[name], threshold))
                )
        if node in numbers:
            parts.append(_part_of([node], numbers, areas, small=_small(numbers[node], threshold)))
        if not any(part.small for part in parts):
            continue
        pools = _together(parts, threshold, fewest)
        if pools is None:
            failed.add(node)
            continue
        for members, area in pools:
            found |= {unit: (node, area) for part in members for unit in part.units}
    tops = [node for node in tree if parents.get(node) not in tree and node in failed]
    lone = [unit for unit in numbers if unit not in tree and parents.get(unit) not in tree]
    for top in tops:
        found |= dict.fromkeys([*_below(top, tree, numbers)], (LOST, ""))
    return found | {unit: (LOST, "") for unit in lone if _small(numbers[unit], threshold)}


def _tree(numbers: Mapping[str, np.ndarray], parents: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the units below each node that hold or lead to any number."""
    tree: dict[str, set[str]] = {}
    for unit in numbers:
        at, seen = unit, {unit}
        while (above := parents.get(at)) and above not in seen:
            tree.setdefault(above, set()).add(at)
            seen.add(above)
            at = above
    return tree


def _upward(tree: Mapping[str, set[str]]) -> list[str]:
    """Return the nodes, each after all below it."""
    done: dict[str, None] = {}

    def visit(node: str) -> None:
        for below in sorted(tree.get(node, ())):
            if below in tree and below not in done:
                visit(below)
        done[node] = None

    for node in sorted(tree):
        if node not in done:
            visit(node)
    return list(done)


def _below(node: str, tree: Mapping[str, set[str]], numbers: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Yield the units with numbers that a node is or holds."""
    if node in numbers:
        yield node
    for one in sorted(tree.get(node, ())):
        yield from _below(one, tree, numbers)


def _part_of(units: list[str], numbers: Mapping[str, np.ndarray], areas: Mapping[str, str], *, small: bool) -> _Part:
    total = np.nansum([numbers[unit] for unit in units], axis=0)
    kinds = {areas.get(unit, "") for unit in units}
    return _Part(units, total, small, kinds.pop() if len(kinds) == 1 else "")


def _small(counts: np.ndarray, threshold: int) -> bool:
    return bool(((counts > 0) & (counts < threshold)).any())


def _together(parts: list[_Part], threshold: int, fewest: int) -> list[tuple[list[_Part], str]] | None:
    """Return the parts that are shown together, by area if each can for itself; None where they reach nothing."""
    areas = sorted({part.area for part in parts if part.small})
    apart = [(_grown([part for part in parts if part.area == area], threshold, fewest), area) for area in areas]
    if all(members is not None and area for members, area in apart):
        return [(members, area) for members, area in apart if members is not None]
    members = _grown(parts, threshold, fewest)
    return None if members is None else [(members, "")]


def _grown(parts: list[_Part], threshold: int, fewest: int) -> list[_Part] | None:
    """Return the small parts with the fewest others that hide them, the smallest first; None if all are too few."""
    pool = [part for part in parts if part.small]
    rest = sorted((part for part in parts if not part.small), key=lambda part: (part.total.sum(), part.units))
    most = sum(len(part.units) for part in parts)
    while True:
        total = np.sum([part.total for part in pool], axis=0)
        enough = sum(len(part.units) for part in pool) >= min(fewest, max(most, 2)) and len(pool) > 1
        if enough and not _small(total, threshold):
            return pool
        if not rest:
            return None
        short = (total > 0) & (total < threshold)
        # first what fills up what is still small, so that few are taken along
        useful = [part for part in rest if (part.total[short] > 0).any()] if short.any() else rest
        chosen = (useful or rest)[0]
        rest = [part for part in rest if part is not chosen]
        pool.append(chosen)
