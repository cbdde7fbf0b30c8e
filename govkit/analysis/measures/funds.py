"""The special fund's ledger: what came in, what was spent, and on what it may be spent."""

from __future__ import annotations

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.scope import Scope, Tables, ratio
from govkit.errors import UnknownNameError
from govkit.periods import Period


def fund_entries(scope: Scope) -> pd.DataFrame:
    """Return the ledger lines of a scope with ``bound`` (is it the special fund's?) and ``allowed`` (may it be spent on
    this purpose?).

    The purposes are those of ``fund_purposes.toml``, compared without spaces; they bind the special fund alone (lines
    that name no programme, or it). Income is always allowed.
    """
    rows = scope.rows("funds")
    rules = catalogue.load("fund_purposes")
    names = {name for one in rules["allowed"] for name in (one["label"], *one.get("aliases", []))}
    purpose = rows["purpose"].str.replace(r"\s+", "", regex=True)
    bound = _programme(rows) == rules["programme"]
    return rows.assign(bound=bound, allowed=purpose.isin(names) | rows["direction"].eq("income") | ~bound)


def _programme(rows: pd.DataFrame) -> pd.Series:
    """Return the programme of each line; one that names none is the special fund's."""
    named = rows["programme"] if "programme" in rows else pd.Series(pd.NA, index=rows.index, dtype="str")
    return named.fillna(catalogue.load("fund_purposes")["programme"])


def execution(scope: Scope) -> pd.DataFrame:
    """Return per group what was spent of what came in, as a measure's frame.

    Only programmes count whose lines in the group show both sides: money that came in and has no expense line is not
    money left over, its lines may be missing (``one_sided`` lists it).
    """
    sides = _sides(scope)
    both = sides.loc[sides["income"].gt(0) & sides["expense"].gt(0)].groupby("group").sum()
    lines = scope.per_group(both["lines"], fill=0)
    return ratio(scope.per_group(both["expense"]), scope.per_group(both["income"]), n=lines, rows_missing=lines * 0)


def one_sided(tables: Tables, period: Period, *, by: str = "district_code") -> pd.DataFrame:
    """Return the programmes that show income and no expense in a group, or the other way round, in yuan.

    Columns: the group, ``programme``, ``income``, ``expense`` (one of them 0: no line), ``lines``; the largest first.
    """
    scope = Scope(tables, period, by=by)
    sides = _sides(scope).reset_index().rename(columns={"group": scope.index.name})
    found = sides.loc[sides["income"].gt(0) != sides["expense"].gt(0)]
    largest = found[["income", "expense"]].max(axis="columns")
    return found.assign(largest=largest).sort_values("largest", ascending=False, kind="stable", ignore_index=True)[
        [scope.index.name, "programme", "income", "expense", "lines"]
    ]


def _sides(scope: Scope) -> pd.DataFrame:
    """Return income, expense (yuan) and lines by group and programme."""
    rows = scope.rows("funds")
    named = rows.assign(programme=_programme(rows))
    keys = ["group", "programme"]
    amounts = named.pivot_table(index=keys, columns="direction", values="amount_yuan", aggfunc="sum", fill_value=0.0)
    return amounts.reindex(columns=["income", "expense"], fill_value=0.0).assign(lines=named.groupby(keys).size())


def fund_totals(tables: Tables, period: Period, *, by: str = "district_code") -> pd.DataFrame:
    """Return per group, in yuan: ``income``, ``expense``, ``balance`` (of the period), ``bound`` (spent of the special
    fund), ``outside`` (of that, outside the allowed purposes); and ``execution`` (as ``execution``) and ``compliance``
    (spent as allowed / expense), 0–1.
    """
    scope = Scope(tables, period, by=by)
    rows = fund_entries(scope)
    spent = rows["direction"].eq("expense")

    def total(which: pd.Series) -> pd.Series:
        return scope.per_group(rows.loc[which].groupby("group")["amount_yuan"].sum(), fill=0)

    income, expense, outside = total(~spent), total(spent), total(spent & ~rows["allowed"])
    return pd.DataFrame(
        {
            "income": income,
            "expense": expense,
            "balance": income - expense,
            "bound": total(spent & rows["bound"]),
            "outside": outside,
            "execution": execution(scope)["value"],
            "compliance": 1 - outside / expense.where(expense > 0),
        }
    )


def funds_by(tables: Tables, period: Period, *, column: str = "purpose", direction: str = "expense") -> pd.DataFrame:
    """Return the lines of one direction summed by ``purpose`` or ``source``, the largest first.

    Columns: ``entries``, ``amount_yuan``, ``share`` (0–1), ``allowed`` (of the purpose; missing where
    it is none of the special fund's). A missing source is 未注明.
    """
    if column not in {"purpose", "source"}:
        raise UnknownNameError("资金分组列", column, ["purpose", "source"])
    rows = fund_entries(Scope(tables, period, by="zone"))
    rows = rows.loc[rows["direction"] == direction].assign(**{column: rows[column].fillna("未注明")})
    grouped = rows.groupby(column)
    amount = grouped["amount_yuan"].sum()
    frame = pd.DataFrame(
        {
            "entries": grouped.size().astype("Int64"),
            "amount_yuan": amount,
            "share": amount / amount.sum() if amount.sum() else float("nan"),
            "allowed": grouped["allowed"].all().astype("boolean").where(grouped["bound"].any()),
        }
    )
    return frame.sort_values("amount_yuan", ascending=False, kind="stable")


def spent_outside(tables: Tables, period: Period) -> pd.DataFrame:
    """Return the ledger lines spent outside the allowed purposes, in date order, the columns of the ledger."""
    rows = fund_entries(Scope(tables, period, by="zone"))
    return (
        rows.loc[~rows["allowed"]].sort_values(["date", "entry_id"], ignore_index=True).drop(columns=["group", "bound"])
    )
