"""Ratings: three levels of assessment into one, two-way evaluation, residents' and experts' scores with their doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from govkit import catalogue
from govkit.analysis.measures.intervals import interval, rating_error
from govkit.analysis.measures.scope import Scope, Tables, ratio
from govkit.analysis.score.normalisation import mean_ranks
from govkit.errors import UnknownNameError
from govkit.periods import Period

_FULL_MARKS = 100.0


def check_rater_kind(kind: str) -> None:
    """Raise UnknownNameError unless there is such a kind of raters."""
    kinds = catalogue.load("codes")["rater_kind"]
    if kind not in kinds:
        raise UnknownNameError("评价者类别", kind, kinds)


def rating_rates(scope: Scope, *, rater_kind: str, item: str = "") -> pd.DataFrame:
    """Return the mean score as a share of full marks, as a measure's frame; ``denominator`` counts the answers."""
    rows = _answers(scope, rater_kind, item)
    given = (rows["score"] * rows["n"]).groupby(rows["group"]).sum() / _FULL_MARKS
    n = scope.per_group(rows.groupby("group")["n"].sum())
    found = ratio(scope.per_group(given), n, n=scope.per_group(rows.groupby("group").size(), fill=0))
    spread = rating_error(rows["score"] / _FULL_MARKS, rows["n"], _rater(rows), rows["group"])
    return found.join(spread.reindex(found.index))


def _rater(rows: pd.DataFrame) -> pd.Series:
    """Return who gave each answer: a rater's answers on one unit's items go together, nameless ones stand alone."""
    named = rows["rater"] if "rater" in rows else pd.Series(pd.NA, index=rows.index)
    level = rows["level"].fillna("").astype(str) if "level" in rows else ""
    alone = pd.Series([f"#{place}" for place in range(len(rows))], index=rows.index)
    return rows["unit_code"].astype(str) + "/" + level + "/" + named.astype("str").fillna(alone)


def rated(
    tables: Tables,
    period: Period,
    *,
    rater_kind: str = "resident",
    item: str = "",
    by: str = "district_code",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return mean scores (0–100) with what they rest on, indexed by unit; missing without an answer.

    Columns: ``score``, ``n``, ``low`` and ``high`` (Student's t on the spread of the scores between raters; missing for
    one rater alone), ``shrunk`` (drawn towards the mean of all answers, the more the fewer there are:
    a beta prior worth ``prior_answers``), ``rank`` (by ``shrunk``; missing below ``least_answers``).
    Raises UnknownNameError for a kind of raters that does not exist.
    """
    check_rater_kind(rater_kind)
    rules = catalogue.load("analysis")["ratings"]
    scope = Scope(tables, period, by=by)
    found = rating_rates(scope, rater_kind=rater_kind, item=item)
    given, n = found["numerator"], found["denominator"]
    common = given.sum() / n.sum() if n.sum() > 0 else float("nan")
    prior = rules["prior_answers"]
    shrunk = (given + prior * common) / (n + prior) * _FULL_MARKS
    enough = shrunk.where(n >= rules["least_answers"])
    return pd.DataFrame(
        {
            "score": found["value"] * _FULL_MARKS,
            "n": n.astype("Int64"),
            **(interval(found, "rating", confidence=confidence) * _FULL_MARKS),
            "shrunk": shrunk,
            "rank": enough.round(9).rank(ascending=False, method="min").astype("Int64"),
        }
    )


def three_levels(
    tables: Tables, period: Period, *, weights: Mapping[str, float], by: str = "district_code"
) -> pd.DataFrame:
    """Return the scores of city, county and street put into one (X12), indexed by unit.

    Columns: ``city``, ``county``, ``street`` (mean score of each level, 0–100, missing where it did not rate),
    ``score`` (by the zone's own ``weights``; a level that did not rate hands its weight to the others; missing without
    weights), ``levels`` (how many did).
    """
    scope = Scope(tables, period, by=by)
    rows = _answers(scope, "superior")
    found = {}
    for level in catalogue.load("codes")["rating_level"]:
        part = rows.loc[rows["level"].eq(level)]
        total = part.groupby("group")["n"].sum()
        found[level] = scope.per_group((part["score"] * part["n"]).groupby(part["group"]).sum() / total)
    table, weighed = pd.DataFrame(found), pd.Series(weights, dtype="float64").reindex(list(found))
    carried = table.notna() * weighed
    score = (table * weighed).sum(axis="columns", min_count=1) / carried.sum(axis="columns", min_count=1)
    return table.assign(score=score, levels=table.notna().sum(axis="columns"))


def two_way(tables: Tables, period: Period, *, by: str = "district_code") -> pd.DataFrame:
    """Return how streets rate their communities and communities the departments (X13), indexed by unit.

    Columns: ``down`` and ``up`` (mean scores 0–100), ``down_n`` and ``up_n``: two sets of scores on different things,
    which no subtraction compares.
    """
    scope = Scope(tables, period, by=by)
    parts: dict[str, pd.Series] = {}
    for name, kind in (("down", "street"), ("up", "community")):
        found = rating_rates(scope, rater_kind=kind)
        parts |= {name: found["value"] * _FULL_MARKS, f"{name}_n": found["denominator"].astype("Int64")}
    return pd.DataFrame(parts)


def rated_departments(tables: Tables, period: Period) -> pd.DataFrame:
    """Return what communities think of each department by name: a column an item, then ``score`` and ``n``.

    Scores are means of 0–100; the lowest department comes first. Rows that name no department stand under "".
    """
    rows = _answers(Scope(tables, period, by="zone"), "community")
    rows = rows.assign(department=rows["department"].fillna("") if "department" in rows else "")
    given = (rows["score"] * rows["n"]).groupby([rows["department"], rows["item"]], sort=False).sum()
    count = rows.groupby(["department", "item"], sort=False)["n"].sum()
    table = (given / count).unstack("item")
    total = count.groupby("department", sort=False).sum()
    whole = given.groupby("department", sort=False).sum() / total
    return table.assign(score=whole, n=total).sort_values("score", kind="stable")


def rated_by(tables: Tables, period: Period, *, rater_kind: str, column: str, confidence: float = 0.95) -> pd.DataFrame:
    """Return the scores of one kind of raters by ``rater`` or ``item``, in file order.

    Columns: ``score``, ``n``, ``low`` and ``high`` (as in ``rated``).
    """
    rows = _answers(Scope(tables, period, by="zone"), rater_kind)
    grouped = rows.groupby(column, sort=False)
    n = grouped["n"].sum()
    given = (rows["score"] * rows["n"]).groupby(rows[column], sort=False).sum() / _FULL_MARKS
    spread = rating_error(rows["score"] / _FULL_MARKS, rows["n"], _rater(rows), rows[column])
    value = pd.DataFrame({"value": given / n}).join(spread)
    bounds = interval(value, "rating", confidence=confidence) * _FULL_MARKS
    return pd.DataFrame({"score": given / n * _FULL_MARKS, "n": n.astype("Int64"), **bounds})


@dataclass(frozen=True)
class Agreement:
    """How far raters agree: Kendall's ``w`` (0 not at all, 1 wholly), its chi-square and the probability of chance."""

    w: float
    raters: int
    units: int
    chi_square: float
    p: float

    @property
    def enough(self) -> bool:
        """Whether one common score may stand for all raters."""
        return self.w >= catalogue.load("analysis")["ratings"]["agreement_enough"]


def kendalls_w(scores: np.ndarray) -> Agreement:
    """Return the agreement of raters over units (raters × units, nothing missing), corrected for ties.

    Method: Kendall and Babington Smith (1939); chi-square with n − 1 degrees of freedom. Missing for fewer than
    two raters or units, or where nobody tells the units apart.
    """
    raters, units = scores.shape
    nothing = Agreement(float("nan"), raters, units, float("nan"), float("nan"))
    if raters < 2 or units < 2:
        return nothing
    sums = mean_ranks(scores).sum(axis=0)
    ties = sum(_ties(row) for row in scores)
    whole = raters**2 * (units**3 - units) - raters * ties
    if whole <= 0:
        return nothing
    w = float(12 * ((sums - sums.mean()) ** 2).sum() / whole)
    chi_square = raters * (units - 1) * w
    return Agreement(w, raters, units, chi_square, float(special.chdtrc(units - 1, chi_square)))


def expert_agreement(tables: Tables, period: Period, *, by: str = "district_code", item: str = "") -> Agreement:
    """Return how far the experts agree, over the experts who rated every unit that was rated at all."""
    rows = _answers(Scope(tables, period, by=by), "expert", item)
    table = rows.pivot_table(index="rater", columns="group", values="score", aggfunc="mean")
    return kendalls_w(table.dropna().to_numpy())


def rater_mix(tables: Tables, now: Period, before: Period, *, by: str = "district_code") -> pd.DataFrame:
    """Return how the answers' shares by kind of raters moved between two periods, indexed by unit.

    Columns: ``moved`` (share of answers that changed kind, 0–1), ``comparable`` (boolean: at most ``mix_moved``,
    missing without answers in both periods), then a column a kind with the change of its share.
    """
    shares = [_mix(Scope(tables, period, by=by)) for period in (now, before)]
    change = shares[0] - shares[1]
    moved = change.abs().sum(axis="columns", min_count=1) / 2
    limit = catalogue.load("analysis")["ratings"]["mix_moved"]
    comparable = moved.le(limit + 1e-12).astype("boolean").mask(moved.isna())
    return pd.concat([moved.rename("moved"), comparable.rename("comparable"), change], axis="columns")


def _mix(scope: Scope) -> pd.DataFrame:
    rows = _answers(scope)
    kinds = list(catalogue.load("codes")["rater_kind"])
    counts = rows.pivot_table(index="group", columns="rater_kind", values="n", aggfunc="sum", fill_value=0)
    counts = counts.reindex(index=scope.index, columns=kinds).astype("float64")
    counts = counts.fillna(0.0).where(counts.notna().any(axis="columns"), axis="index")
    return counts.div(counts.sum(axis="columns").where(lambda total: total > 0), axis="index")


def _answers(scope: Scope, rater_kind: str = "", item: str = "") -> pd.DataFrame:
    """Return the rows of one kind of raters and one item ("" for all), ``n`` being 1 where it is not stated."""
    if scope.lacks("ratings"):
        columns = ["unit_code", "group", "department", "rater_kind", "rater", "level", "item", "score", "n"]
        return pd.DataFrame(columns=columns).astype({"score": "float64", "n": "float64"})
    rows = scope.rows("ratings").dropna(subset=["score"])
    for column, wanted in (("rater_kind", rater_kind), ("item", item)):
        rows = rows.loc[rows[column].eq(wanted)] if wanted else rows
    n = rows["n"].astype("float64").fillna(1.0) if "n" in rows else 1.0
    return rows.assign(n=n, score=rows["score"].astype("float64"))


def _ties(scores: np.ndarray) -> float:
    _, counts = np.unique(scores, return_counts=True)
    return float((counts**3 - counts).sum())


def least_answers() -> int:
    """Return how many answers a unit needs to be ranked."""
    return int(catalogue.load("analysis")["ratings"]["least_answers"])
