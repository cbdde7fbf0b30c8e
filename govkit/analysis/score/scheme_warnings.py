"""What a reader must know before trusting a score: leaves that tell nothing, too few units, no logarithm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.weighting import LEAST_UNITS
from govkit.analysis.standards.checked import place
from govkit.catalogue.stated import shown_name

_COLUMNS = ["leaf", "rule", "where", "reason", "todo"]
# Values that differ by less, relatively, are equal.
_EQUAL = 1e-9


def scheme_warnings(assessment: Assessment) -> pd.DataFrame:
    """Return what is doubtful about a scheme's use on these values, a row a warning, in scheme order.

    Columns: ``leaf`` (id, "" for the whole), ``rule`` (``few_units``, ``all_missing``, ``all_equal`` or
    ``no_logarithm``), ``where`` (file, line, entry and key), ``reason`` and ``todo`` (Chinese).
    """
    scheme = assessment.stated
    units = int(assessment.scores["score"].notna().sum())
    lines = dict(scheme.lines)
    rows: list[tuple[str, str, str, str, str]] = []
    if units < LEAST_UNITS:
        reason = f"只有 {units} 个单元有得分，少于 {LEAST_UNITS} 个，名次没有比较意义"
        rows.append(
            ("", "few_units", shown_name(scheme.file), reason, "只看得分与达标情况，不排名次；或补充单元的数据。")
        )
    for number, leaf in enumerate(scheme.leaves, start=1):
        found = _doubt(assessment, leaf.id, log=leaf.log)
        if found:
            rule, key, reason, todo = found
            line = f"第 {lines[leaf.id]} 行，" if leaf.id in lines else ""
            where = f"{shown_name(scheme.file)}：{line}{place('leaves', number, {'id': leaf.id})}，{key}"
            rows.append((leaf.id, rule, where, f"{leaf.label}：{reason}", todo))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _doubt(assessment: Assessment, leaf: str, *, log: bool) -> tuple[str, str, str, str] | None:
    """Return rule, key, reason and todo of the first doubt about one leaf."""
    concerned = assessment.applies[leaf]
    values = assessment.values[leaf]["value"].reindex(assessment.scores.index)[concerned].astype("float64").dropna()
    if not len(values):
        what = "本期各单元都没有值" if concerned.any() else "没有适用的单元"
        return (
            "all_missing",
            "measure",
            f"{what}，不计分，权重由同组其他指标分担",
            "补充数据；长期没有数据的，从体系中删去。",
        )
    if log and (values <= 0).any():
        count = int((values <= 0).sum())
        return "no_logarithm", "log", f"有 {count} 个单元的值不大于 0，不能取对数，按缺失处理", "改正数据，或删去 log。"
    if len(values) > 1 and np.ptp(values.to_numpy()) <= _EQUAL * max(1.0, float(values.abs().max())):
        return (
            "all_equal",
            "measure",
            "各单元的值全部相等，分不出高低",
            "核对数据；确实相等的，可考虑换用更能区分的指标。",
        )
    return None
