"""Funding norms: what a community must get in a year, a head or a hundred households, against the fund ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.scope import AREA_KINDS, Scope, Tables, below
from govkit.analysis.standards.checked import (
    NUMBER,
    TABLES,
    TERM,
    TEXTS,
    Defects,
    check_term,
    check_type,
    is_number,
    numbered,
    place,
    term,
    without_term,
)
from govkit.catalogue.stated import loader
from govkit.periods import ALWAYS, Period, Term
from govkit.provided import ANYBODY, lacking

PER = ("unit", "worker", "100_households")
_KEYS = {
    "id": str, "label": str, "programme": str, "fund_source": str, "direction": str, "least": NUMBER, "most": NUMBER,
    "per": str, "posts": TEXTS, "applies_to": TEXTS, "parents": TEXTS, "except_parents": TEXTS, "source": str,
    **TERM,
}  # fmt: skip
_COLUMNS = [
    "unit_code", "name", "district_code", "norm", "label", "amount_yuan", "number", "least", "most", "met",
    "since", "until", "years",
]  # fmt: skip
_SUMMARY = [
    "norm", "label", "least", "most", "per", "units", "units_met", "rate", "amount_yuan", "mean_yuan", "years",
    "source",
]  # fmt: skip
_INFINITE = float("inf")


@dataclass(frozen=True)
class Norm:
    """Ledger lines of a programme and a source ("" for any) sum to between ``least`` and ``most`` yuan a year.

    ``per`` counts the yuan for a community, for each worker in one of ``posts``, or for every 100 households.
    ``parents`` and ``except_parents`` name units above the communities it concerns, at whatever level.
    """

    id: str
    label: str
    source: str
    programme: str = ""
    fund_source: str = ""
    direction: str = "income"
    least: float = -_INFINITE
    most: float = _INFINITE
    per: str = "unit"
    posts: tuple[str, ...] = ()
    applies_to: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    except_parents: tuple[str, ...] = ()
    term: Term = ALWAYS


@dataclass(frozen=True)
class FundNorms:
    """The norms of one file."""

    name: str
    title: str
    source: str
    norms: tuple[Norm, ...]


def read_fund_norms(name: str, raw: Mapping[str, Any], *, where: str, text: str = "") -> FundNorms:
    """Return the norms a TOML file states (``type = "fund_norms"``); CatalogueError names every defect at once."""
    check_type(name, raw, "fund_norms", where)
    defects = Defects(where, text)
    top = {"type": str, "title": str, "source": str, "norms": TABLES, **TERM}
    defects.keys(raw, "顶层", top, ("title", "source", "norms"))
    check_term(defects, "顶层", raw)
    for number, entry in numbered(raw, "norms"):
        _check(defects, place("norms", number, entry), entry)
    defects.repeated([entry.get("id") for _, entry in numbered(raw, "norms")], "[[norms]]", "id")
    defects.stop_if_any(todo="按 docs/new-zone.md 中经费标准的写法改正后重试。")
    norms = tuple(_norm(entry, raw["source"], term(raw)) for entry in raw["norms"])
    return FundNorms(name=name, title=raw["title"], source=raw["source"], norms=norms)


load_fund_norms = loader("standards", read_fund_norms)


def _check(defects: Defects, where: str, entry: Mapping[str, Any]) -> None:
    if not defects.keys(entry, where, _KEYS, ("id", "label")):
        return
    check_term(defects, where, entry)
    codes = catalogue.load("codes")
    defects.choice(entry.get("direction", "income"), where, "direction", codes["fund_direction"])
    defects.choice(entry.get("per", "unit"), where, "per", PER)
    for kind in entry.get("applies_to", []):
        defects.choice(kind, where, "applies_to", AREA_KINDS["all"])
    if (entry.get("per") == "worker") != bool(entry.get("posts")):
        defects.add(where, 'per = "worker" 与 posts（哪些岗位）须同时写')
    if not {"least", "most"} & set(entry):
        defects.add(where, "缺少 least 或 most（每年多少元，至少一个）")
    least, most = entry.get("least", 0), entry.get("most", _INFINITE)
    if is_number(least) and is_number(most) and not 0 <= least <= most:
        defects.add(where, f"least {least!r} 应不小于 0、不大于 most")


def _norm(entry: Mapping[str, Any], source: str, within: Term) -> Norm:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return Norm(**{"source": source, **without_term(entry), **lists}, term=term(entry, within))


def against_norms(tables: Tables, norms: FundNorms, period: Period) -> pd.DataFrame:
    """Return a row per norm in force and community it concerns, norms in file order, communities in code order.

    The ledger is summed from the first day of the calendar year the period ends in (or of the period, if that is
    earlier) to the period's end; a norm is for a year, so its bounds are taken ``years`` times (half a year: 0.5).
    Columns: ``unit_code``, ``name``, ``district_code``, ``norm``, ``label``, ``amount_yuan``, ``number`` (of what the
    norm counts for), ``least`` and ``most`` (yuan due, missing without such a bound), ``met`` (boolean, missing where a
    table or the number is), ``since`` and ``until`` (days), ``years``.
    """
    parts = [_norm_rows(tables, norm, period) for norm in norms.norms if norm.term.covers(period)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def _norm_rows(tables: Tables, norm: Norm, period: Period) -> pd.DataFrame:
    scope = Scope(tables, period, by="unit_code")
    every = scope.communities
    bound = every["kind"].isin(norm.applies_to) if norm.applies_to else every["level"].eq("community")
    here = every.loc[bound].sort_values("unit_code")
    here = here.loc[below(tables["units"], here["unit_code"], parents=norm.parents, except_parents=norm.except_parents)]
    since = min(period.start, date(period.end.year, 1, 1))
    years = years_between(since, period.end)
    number = _number(scope, norm, here)
    amount = _amount(tables, norm, here["unit_code"], since, period.end)
    due = number * years
    # A cent of rounding breaks no norm.
    met = (amount >= due * norm.least - 0.01) & (amount <= due * norm.most + 0.01)
    aside = tables["funds"].attrs.get("lost", ()) if "funds" in tables else ()
    lost = here["unit_code"].isin(aside) | (ANYBODY in aside)
    return here[["unit_code", "name", "district_code"]].assign(
        norm=norm.id,
        label=norm.label,
        amount_yuan=amount,
        number=number,
        least=due * norm.least if norm.least > -_INFINITE else float("nan"),
        most=due * norm.most if norm.most < _INFINITE else float("nan"),
        met=met.astype("boolean").mask(amount.isna() | due.isna() | (lost & ~met)),
        since=pd.Timestamp(since),
        until=pd.Timestamp(period.end),
        years=years,
    )[_COLUMNS]


def _amount(tables: Tables, norm: Norm, units: pd.Series, since: date, until: date) -> pd.Series:
    """Return the yuan each unit's ledger shows, missing without a ledger or its column of programmes.

    A unit whose ledger shows none has 0 where the ledger is said to be complete, else nobody knows.
    """
    if lacking(["funds", *(["funds.programme"] if norm.programme else [])], tables):
        return pd.Series(float("nan"), index=units.index)
    rows = tables["funds"]
    keep = rows["direction"].eq(norm.direction)
    keep &= rows["date"].ge(pd.Timestamp(since)) & rows["date"].lt(pd.Timestamp(until) + pd.Timedelta(days=1))
    for column, wanted in (("programme", norm.programme), ("source", norm.fund_source)):
        if wanted:
            keep &= rows[column].eq(wanted) if column in rows else False
    sums = rows.loc[keep.fillna(False).astype(bool)].groupby("unit_code")["amount_yuan"].sum()
    none = 0.0 if rows.attrs.get("complete") else float("nan")
    return units.map(sums).fillna(none).astype("float64")


def _number(scope: Scope, norm: Norm, here: pd.DataFrame) -> pd.Series:
    """Return how many times the norm is due to each community in a year; missing where that is not on file."""
    if norm.per == "100_households":
        return here["households"].astype("float64") / 100
    if norm.per == "unit":
        return pd.Series(1.0, index=here.index)
    if scope.lacks("staff"):
        return pd.Series(float("nan"), index=here.index)
    rows = scope.rows("staff")
    people = rows.loc[rows["post"].isin(norm.posts)].groupby("unit_code")["people"].sum()
    return here["unit_code"].map(people).astype("float64")


def years_between(since: date, until: date) -> float:
    """Return the years from a day to another, both inside; whole months are exact twelfths.

    >>> years_between(date(2018, 1, 1), date(2018, 6, 30)), years_between(date(2004, 1, 1), date(2004, 12, 31))
    (0.5, 1.0)
    """
    after = until + timedelta(days=1)
    months = (after.year - since.year) * 12 + after.month - since.month
    return (months + (after.day - since.day) / 31) / 12


def norm_summary(found: pd.DataFrame, norms: FundNorms) -> pd.DataFrame:
    """Return a row per norm that ``against_norms`` has rows of, in file order.

    Columns: ``label``, ``least`` and ``most`` (yuan a year, as stated; missing without such a bound), ``per``,
    ``units`` (known), ``units_met``, ``rate`` (0–1), ``amount_yuan`` (in all), ``mean_yuan`` (a community), ``years``,
    ``source``.
    """
    rows = []
    for norm in norms.norms:
        mine = found.loc[found["norm"].eq(norm.id)]
        if mine.empty:
            continue
        known = int(mine["met"].notna().sum())
        rows.append(
            {
                "norm": norm.id,
                "label": norm.label,
                "least": norm.least if norm.least > -_INFINITE else float("nan"),
                "most": norm.most if norm.most < _INFINITE else float("nan"),
                "per": norm.per,
                "units": known,
                "units_met": int(mine["met"].sum()),
                "rate": mine["met"].sum() / known if known else float("nan"),
                "amount_yuan": mine["amount_yuan"].sum(min_count=1),
                "mean_yuan": mine["amount_yuan"].mean(),
                "years": mine["years"].iloc[0],
                "source": norm.source,
            }
        )
    return pd.DataFrame(rows, columns=_SUMMARY).set_index("norm")
