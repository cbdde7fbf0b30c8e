"""Do the leaves of a scheme belong together: correlations, Cronbach's alpha, silent leaves; doubts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.score.assess import Assessment
from govkit.analysis.score.weighting import LEAST_UNITS
from govkit.analysis.standards.checked import place
from govkit.catalogue.stated import shown_name


@dataclass(frozen=True)
class Coherence:
    """The inner coherence of an assessment.

    ``correlations``: leaves × leaves, over units where both have a score. ``leaves``: leaves × ``label``, ``spread``
    (standard deviation of its scores), ``with_score`` (correlation with the score), ``verdict`` (``silent``,
    ``against`` or ""). ``groups``: groups of two leaves or more × ``label``, ``leaves``, ``units`` (with all leaves),
    ``alpha``, ``enough`` (boolean). ``redundant``: pairs ``one``, ``other``, ``correlation``, ``units`` (of both;
    few prove nothing, so a least number is asked for), the closest first.
    """

    correlations: pd.DataFrame
    leaves: pd.DataFrame
    groups: pd.DataFrame
    redundant: pd.DataFrame


def coherence(assessment: Assessment) -> Coherence:
    """Return correlations, alphas, redundant and silent leaves; missing where fewer than three units are known."""
    rules = catalogue.load("analysis")["coherence"]
    scores = assessment.leaf_scores
    found = scores.corr(min_periods=LEAST_UNITS)
    return Coherence(found, _leaves(assessment, rules), _groups(assessment, rules), _redundant(scores, found, rules))


def cronbach_alpha(items: np.ndarray) -> float:
    """Return Cronbach's alpha of items (units × items), over the units that have all of them.

    Missing for fewer than two items or three units, or where the sum of the items never varies.
    """
    rows = items[~np.isnan(items).any(axis=1)]
    if items.shape[1] < 2 or len(rows) < LEAST_UNITS:
        return float("nan")
    return alpha_of_variances(rows.var(axis=0, ddof=1), float(rows.sum(axis=1).var(ddof=1)))


def alpha_of_variances(items: np.ndarray, total: float) -> float:
    """Return alpha from the items' variances and the variance of their sum.

    Method: Cronbach, Psychometrika 16 (1951) 297-334.

    >>> round(alpha_of_variances(np.array([1.0, 1.0]), 3.0), 4)
    0.6667
    """
    count = len(items)
    return float("nan") if total <= 1e-12 else count / (count - 1) * (1 - float(items.sum()) / total)


def _leaves(assessment: Assessment, rules: dict[str, float]) -> pd.DataFrame:
    scores = assessment.leaf_scores
    spread = scores.std()
    telling = spread > 1e-9
    with_score = pd.Series(np.nan, index=scores.columns)
    total = assessment.scores["from_leaves"]
    for leaf in scores.columns[telling]:
        with_score[leaf] = scores[leaf].corr(total, min_periods=LEAST_UNITS)
    verdict = pd.Series("", index=scores.columns, dtype="str")
    proven = scores.notna().sum() >= rules["least_units"]
    verdict[~telling | (proven & (with_score.abs() < rules["silent"]))] = "silent"
    verdict[proven & (with_score <= -rules["silent"])] = "against"
    labels = [leaf.label for leaf in assessment.scheme.leaves]
    table = pd.DataFrame({"label": labels, "spread": spread, "with_score": with_score, "verdict": verdict})
    return table.rename_axis("leaf")


def _groups(assessment: Assessment, rules: dict[str, float]) -> pd.DataFrame:
    scheme = assessment.scheme
    rows = []
    for group, label in [("", scheme.target), *((one.id, one.label) for one in scheme.groups)]:
        leaves = [leaf.id for leaf in scheme.leaves_below(group)]
        if len(leaves) > 1:
            items = assessment.leaf_scores[leaves].to_numpy()
            units = int((~np.isnan(items).any(axis=1)).sum())
            alpha = cronbach_alpha(items)
            rows.append((group, label, len(leaves), units, alpha))
    found = pd.DataFrame(rows, columns=["group", "label", "leaves", "units", "alpha"]).set_index("group")
    return found.assign(enough=found["alpha"].ge(rules["alpha_enough"]).astype("boolean").mask(found["alpha"].isna()))


def _redundant(scores: pd.DataFrame, found: pd.DataFrame, rules: dict[str, float]) -> pd.DataFrame:
    values = found.to_numpy()
    known = scores.notna().to_numpy(dtype="int64")
    units = known.T @ known
    close = (np.abs(np.nan_to_num(values)) >= rules["redundant"]) & (units >= rules["least_units"])
    rows, columns = np.nonzero(np.triu(close, k=1))
    names = found.columns.to_numpy()
    pairs = pd.DataFrame({"one": names[rows], "other": names[columns], "correlation": values[rows, columns]})
    pairs["units"] = units[rows, columns]
    return pairs.sort_values("correlation", key=np.abs, ascending=False, ignore_index=True, kind="stable")


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
