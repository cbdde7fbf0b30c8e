"""What can be wrong with the weighting a scheme file states: combinations and pairwise matrices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isclose
from typing import Any

from govkit import catalogue
from govkit.analysis.score.weighting import as_matrix, consistency_ratio, not_reciprocal
from govkit.analysis.standards.checked import NUMBER, TEXTS, Defects
from govkit.rounding import fixed

COMBINATIONS = ("sum", "product")
_PAIRWISE = {"parent": str, "order": TEXTS, "matrix": list}
Entry = Mapping[str, Any]


def check_combination(defects: Defects, scheme: Entry, ways: Iterable[str]) -> None:
    """Note a combination that names no way of weighting, or whose parts do not sum to 1."""
    names = list(ways)
    parts = scheme.get("combination", {})
    if scheme.get("weighting") == "combined" and not parts:
        defects.add("顶层", 'weighting = "combined" 时须有 [combination]，列出各种赋权方法及其比重')
    if not isinstance(parts, dict) or not parts:
        return
    if scheme.get("weighting") != "combined":
        defects.add("[combination]", 'weighting 不是 "combined"，这一段不起作用；请改 weighting，或删去这一段')
    defects.choice(parts.get("method", "sum"), "[combination]", "method", COMBINATIONS)
    shares = {key: value for key, value in parts.items() if key != "method"}
    defects.keys(shares, "[combination]", dict.fromkeys(names, NUMBER), ())
    if all(isinstance(one, NUMBER) for one in shares.values()) and not isclose(sum(shares.values()), 1.0, abs_tol=1e-6):
        defects.add("[combination]", f"各方法的比重之和应为 1，现在是 {sum(shares.values()):g}")


def check_pairwise(defects: Defects, scheme: Entry) -> None:
    """Note matrices that are not of the children of a group, not reciprocal, or not consistent (CR above 0.1)."""
    ways = {scheme.get("weighting")} | set(scheme.get("combination", {}))
    entries = scheme.get("pairwise", [])
    if "ahp" in ways and not entries:
        defects.add("顶层", "层次分析法（ahp）至少要有一个 [[pairwise]] 判断矩阵")
    defects.repeated([one.get("parent") for one in entries], "[[pairwise]]", "parent")
    nodes = [*scheme.get("groups", []), *scheme.get("leaves", [])]
    for number, entry in enumerate(entries, start=1):
        where = f"[[pairwise]] 第 {number} 项（{entry.get('parent') or '一级指标'}）"
        before = len(defects.lines)
        defects.keys(entry, where, _PAIRWISE, ("parent", "order", "matrix"))
        if len(defects.lines) == before:
            children = [node.get("id") for node in nodes if node.get("parent") == entry["parent"]]
            order = entry["order"]
            if sorted(map(str, order)) != sorted(map(str, children)):
                listed = "、".join(map(str, children)) or "（没有这一组）"
                defects.add(where, f"order 应恰好列出同一上级之下的各项：{listed}，现在是 {'、'.join(map(str, order))}")
            _check_matrix(defects, where, entry)


def _check_matrix(defects: Defects, where: str, entry: Entry) -> None:
    rules = catalogue.load("analysis")["ahp"]
    order = entry["order"]
    try:
        matrix = as_matrix(entry["matrix"])
    except ValueError as error:
        defects.add(where, str(error))
        return
    if len(matrix) != len(order):
        defects.add(where, f"matrix 是 {len(matrix)} 阶，order 有 {len(order)} 项，应相等")
        return
    wrong = not_reciprocal(matrix, tolerance=rules["reciprocal_tolerance"])
    for row, column in wrong:
        what = f"{matrix[row, column]:g} 与 {matrix[column, row]:g}"
        defects.add(where, f"matrix 不是互反矩阵：{order[row]} 对 {order[column]} 的两个值 {what} 之积应为 1")
    ratio = consistency_ratio(matrix)
    if not wrong and ratio > rules["most_inconsistent"]:
        limit = rules["most_inconsistent"]
        defects.add(
            where, f"matrix 的一致性比率 CR = {fixed(ratio, 3)}，大于 {limit:g}；请复核相互矛盾的两两比较后重填"
        )
