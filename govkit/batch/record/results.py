"""What a run's index says first: grades, the highest and lowest, who moved, and severe problems by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from govkit.rounding import fixed, half_away
from govkit.sections.shared import Shared

_NAMED = 3
# How many severe problems are listed; of more the overview tells.
_MOST = 12
_LEAST_CHANGE = 0.05


def results(shared: Shared, names: pd.Series, links: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page leads with; empty where the zone has no scores and no problems.

    ``names``, ``links``: unit code → name, and address of its report ("" without one). ``lead``: sentences;
    ``grades``: (grade, how many); ``lists``: (title, rows of name, link, number, remark); ``severe``: units with their
    severe problems, overdue ones first; ``more``: how many problems are not listed.
    """
    found: dict[str, Any] = {"lead": [], "grades": [], "lists": [], **_severe(shared, names, links)}
    if shared.current is None or shared.current.scores["score"].isna().all():
        return found
    scores = shared.current.scores.dropna(subset="score").sort_values("score", ascending=False, kind="stable")
    counts = [(grade, int((scores["grade"] == grade).sum())) for grade, _ in shared.current.scheme.grades]
    found["grades"] = counts
    told = "、".join(f"{grade}{count}个" for grade, count in counts if count)
    lead = f"{len(scores)}个单元中，{told}，得分中位数{fixed(scores['score'].median(), 1)}分"
    changes = _changes(shared)
    if len(changes):
        up, down = int((changes >= _LEAST_CHANGE).sum()), int((changes <= -_LEAST_CHANGE).sum())
        lead += f"；与上期相比，{up}个提高，{down}个下降"
    found["lead"] = [f"{lead}。"]
    if len(scores) <= 2 * _NAMED:
        return found

    def rows(codes: pd.Index, *, moved: bool) -> list[dict[str, str]]:
        return [_row(code, scores, changes, names, links, moved=moved) for code in codes]

    lists = [
        ("得分最高", rows(scores.index[:_NAMED], moved=False)),
        ("得分最低", rows(scores.index[: -_NAMED - 1 : -1], moved=False)),
        ("提高最多", rows(_top(changes), moved=True)),
        ("下降最多", rows(_top(-changes), moved=True)),
    ]
    found["lists"] = [(title, some) for title, some in lists if some]
    return found


def _changes(shared: Shared) -> pd.Series:
    """Return by unit how the score as shown moved."""
    if shared.changed is None:
        return pd.Series(dtype="float64")
    known = shared.changed.scores.dropna(subset=["score", "previous"])
    return known["score"].map(lambda score: half_away(score, 1)) - known["previous"].map(lambda it: half_away(it, 1))


def _top(changes: pd.Series) -> pd.Index:
    return changes[changes >= _LEAST_CHANGE].sort_values(ascending=False, kind="stable").index[:_NAMED]


def _row(
    code: str, scores: pd.DataFrame, changes: pd.Series, names: pd.Series, links: Mapping[str, str], *, moved: bool
) -> dict[str, str]:
    score, grade = fixed(scores.at[code, "score"], 1), str(scores.at[code, "grade"])
    change = fixed(changes[code], 1, signed=True).replace("-", "−") if code in changes.index else ""
    number, remark = (change, f"{score}分") if moved else (score, grade)
    return {"name": str(names.get(code, code)), "href": links.get(code, ""), "number": number, "remark": remark}


_LATE = {"overdue": "逾期未改", "again": "再次出现", "returned": "改后又出现"}


def _severe(shared: Shared, names: pd.Series, links: Mapping[str, str]) -> dict[str, Any]:
    if shared.problems.empty:
        return {"severe": [], "more": 0}
    severe = shared.problems.loc[shared.problems["severity"] == "severe"]
    severe = severe.sort_values(
        ["periods", "district_code"], ascending=[False, True], kind="stable", na_position="last"
    )
    told = [
        {
            "name": "、".join(str(names.get(code, code)) for code in (one.district_code, *one.shared_with)),
            "href": links.get(str(one.district_code), ""),
            "title": str(one.title),
            "state": _LATE.get(str(one.state), ""),
            "evidence": str(one.evidence),
        }
        for one in severe.head(_MOST).itertuples()
    ]
    return {"severe": told, "more": len(severe) - len(told)}
