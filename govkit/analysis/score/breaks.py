"""What forbids comparing two periods: another definition, boundary, mix of raters, a unit new, gone or renamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pandas as pd

from govkit.analysis.ledgers import ratings
from govkit.analysis.measures.scope import Tables
from govkit.analysis.score.assess import Assessment
from govkit.periods import Period
from govkit.rounding import fixed

_COLUMNS = ["unit_code", "leaf", "kind", "reason", "forbids"]
# What makes a leaf another leaf, with the words for it.
_DEFINITION = {
    "measure": "指标定义",
    "worst": "起评值",
    "best": "目标值",
    "normalisation": "计分方法",
    "winsorise": "极端值处理",
    "log": "取对数",
    "applies_to": "适用范围",
    "missing": "缺失值处理",
    "direction": "方向",
}
_SAME_WEIGHT = 1e-6
Row = tuple[str, str, str, str, bool]


def breaks(
    now: Assessment,
    before: Assessment,
    tables: Tables,
    period: Period,
    previous: Period,
    *,
    by: str = "district_code",
) -> pd.DataFrame:
    """Return what breaks the series between two periods, a row a break.

    Columns: ``unit_code`` ("" for all units), ``leaf`` (id, "" for the whole score), ``kind`` (``definition``,
    ``weights``, ``unit``, ``renamed``, ``boundary``, ``raters``), ``reason`` (Chinese), ``forbids`` (boolean: the
    figures must not be compared; otherwise only a caution). Boundaries are known by the communities' dates of
    foundation and abolition in the table ``units``.
    """
    rows = [
        *_definitions(now, before),
        *_weights(now, before),
        *_units(now, before),
        *_dated(tables, period, previous, by),
        *_raters(now, tables, period, previous, by),
    ]
    found = pd.DataFrame(rows, columns=_COLUMNS).astype({"forbids": "bool"})
    return found.drop_duplicates(ignore_index=True)


def comparable(found: pd.DataFrame, unit: str, leaf: str = "") -> bool:
    """Return whether a unit's score (or one of its leaves) may be compared across the breaks found."""
    here = found["unit_code"].isin(["", unit]) & found["forbids"]
    return not (here & (found["leaf"].isin(["", leaf]) if leaf else True)).any()


def _definitions(now: Assessment, before: Assessment) -> Iterator[Row]:
    old = {leaf.id: leaf for leaf in before.stated.leaves}
    new = {leaf.id: leaf for leaf in now.stated.leaves}
    for leaf in new.values():
        if leaf.id not in old:
            yield "", leaf.id, "definition", f"“{leaf.label}”是本期新增的指标", True
            continue
        changed = _changed(_stated(now, leaf), _stated(before, old[leaf.id]))
        if changed:
            yield "", leaf.id, "definition", f"“{leaf.label}”的{'、'.join(changed)}与上期不同", True
    for leaf in old.values():
        if leaf.id not in new:
            yield "", leaf.id, "definition", f"上期的“{leaf.label}”本期不再使用", True
    if _shape(now) != _shape(before):
        yield "", "", "definition", "指标体系的合成方法、加分扣分项或否决项与上期不同", True


def _stated(assessment: Assessment, leaf: Any) -> dict[str, Any]:
    scheme = assessment.stated
    return asdict(leaf) | {"normalisation": scheme.normalisation_of(leaf), "missing": scheme.missing_of(leaf)}


def _changed(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return what differs, in words; two goalposts that are both unstated are the same."""
    return [word for key, word in _DEFINITION.items() if str(one[key]) != str(other[key])]


def _shape(assessment: Assessment) -> tuple[object, ...]:
    scheme = assessment.stated
    ways = tuple((group.id, group.parent, scheme.aggregation_of(group.id)) for group in scheme.groups)
    return scheme.aggregation, ways, scheme.adjustments, scheme.vetoes


def _weights(now: Assessment, before: Assessment) -> Iterator[Row]:
    nodes = set(now.scheme.nodes) & set(before.scheme.nodes)
    moved = {
        now.scheme.nodes[node].label
        for node in nodes
        if abs(now.scheme.nodes[node].weight - before.scheme.nodes[node].weight) > _SAME_WEIGHT
    }
    if moved:
        listed = "、".join(sorted(moved)[:3]) + ("等" if len(moved) > 3 else "")
        reason = f"有 {len(moved)} 项的权重与上期不同（{listed}），总分不可比；单项指标仍可比"
        yield "", "", "weights", reason, True


def _units(now: Assessment, before: Assessment) -> Iterator[Row]:
    for unit in now.scores.index.difference(before.scores.index):
        yield unit, "", "unit", "上期没有这个单元（新设或由其他单元合并、拆分而来）", True
    for unit in before.scores.index.difference(now.scores.index):
        yield unit, "", "unit", "本期没有这个单元（撤销或并入其他单元）", True


def _dated(tables: Tables, period: Period, previous: Period, by: str) -> Iterator[Row]:
    """Yield breaks that the dates and names in the table ``units`` tell of."""
    units = tables.get("units")
    if units is None:
        return
    start, end = pd.Timestamp(previous.start), pd.Timestamp(period.end)
    names = units.groupby("unit_code")["name"].unique()
    for unit, known in names[names.map(len) > 1].items():
        yield str(unit), "", "renamed", f"名称有变化：{'、'.join(known)}（代码不变，视为同一单元）", False
    for column, what in (("valid_from", "设立"), ("valid_to", "撤销")):
        if column not in units:
            continue
        changed = units.loc[(units[column] > start) & (units[column] <= end)]
        for row in changed.itertuples():
            day = getattr(row, column).date().isoformat()
            yield row.unit_code, "", "unit", f"{row.name}于 {day} {what}，两期范围不同", True
            above = getattr(row, by, None) if by == "district_code" else None
            if isinstance(above, str) and above != row.unit_code:
                yield above, "", "boundary", f"所辖{row.name}于 {day} {what}，两期范围不同", True


def _raters(now: Assessment, tables: Tables, period: Period, previous: Period, by: str) -> Iterator[Row]:
    leaves = [leaf.id for leaf in now.stated.leaves if leaf.measure.partition(":")[0] == "rating"]
    if "ratings" not in tables or not leaves:
        return
    mix = ratings.rater_mix(tables, period, previous, by=by)
    for unit, row in mix.loc[mix["comparable"].eq(False).fillna(False).astype(bool)].iterrows():
        reason = f"评价者构成变动 {fixed(row['moved'] * 100)}%，评分的升降可能只是换了评价者"
        for leaf in leaves:
            yield str(unit), leaf, "raters", reason, True
