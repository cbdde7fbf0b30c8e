"""What became of last period's problems （整改销号）: closed, still open, overdue, come back, or new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers.checklists import INDICATORS
from govkit.analysis.measures.coverage import GridAudit
from govkit.analysis.measures.measure import as_share, measure_scopes, measured
from govkit.analysis.measures.scope import Tables
from govkit.periods import Period
from govkit.rounding import shown_value

_KEY = ["district_code", "shared_with", "rule", "title"]
# A share of fewer answers moves by chance alone.
_FIRM = 30


def followed_up(found: Sequence[tuple[Period, pd.DataFrame]]) -> pd.DataFrame:
    """Return every problem of this period and of the last, with what became of it.

    ``found`` holds the frames of ``problems.find_problems`` with their periods, the oldest first, this one last.
    Columns: those of the frames (a closed problem as it was last found), ``state`` (``new``, ``open``, ``overdue``: the
    date set when it was first found is past, ``again``: its kind was found last period too, but none of what it was
    made of is left and this is other, ``returned``: found before last period but not in it, ``closed``),
    ``since`` (id of the period it was first found in, in this spell), ``first_due``, ``periods`` (how many in a row).
    """
    (period, now), earlier = found[-1], [(one, _by_kind(frame)) for one, frame in found[:-1]]
    rows = []
    for row in now.itertuples(index=False):
        spell = _spell(row, earlier)
        first = spell[0] if spell else (period, row)
        state = "open" if spell else _unlike(row, earlier)
        if state == "open" and first[1].due < period.end:
            state = "overdue"
        rows.append({**row._asdict(), **_told(state, first, len(spell) + 1)})
    last, mine = found[-2][1] if earlier else now.iloc[:0], _by_kind(now)
    for row in last.itertuples(index=False):
        if not _same(mine, row):
            spell = [*_spell(row, earlier[:-1]), (earlier[-1][0], row)]
            rows.append({**row._asdict(), **_told("closed", spell[0], len(spell))})
    columns = [*now.columns, "state", "since", "first_due", "periods"]
    frame = pd.DataFrame(rows, columns=columns)
    order = {state: place for place, state in enumerate(catalogue.load("codes")["problem_state"])}
    return frame.sort_values(["district_code", "state"], key=lambda c: c.map(order) if c.name == "state" else c,
                             kind="stable", ignore_index=True)  # fmt: skip


def _told(state: str, first: tuple[Period, Any], periods: int) -> dict[str, object]:
    return {"state": state, "since": first[0].id, "first_due": first[1].due, "periods": periods}


def with_history(now: pd.DataFrame, followed: pd.DataFrame) -> pd.DataFrame:
    """Return this period's problems in their order with ``state``, ``since``, ``periods`` as ``followed_up`` has them.

    ``due`` is the date set when a problem was first raised; it moves no further for having been missed.
    """
    # Two problems of one kind, such as of two standards, are told apart by what they are made of.
    key = [*_key(now), *(["evidence"] if "evidence" in now and "evidence" in followed else [])]
    told = followed.loc[followed["state"] != "closed"].set_index(key)[["state", "since", "first_due", "periods"]]
    joined = now.join(told, on=key)
    return joined.assign(due=joined["first_due"]).drop(columns="first_due")


def _key(frame: pd.DataFrame) -> list[str]:
    return [key for key in _KEY if key in frame]


# The problems of a period by what they are known again by, in their order.
_Kinds = dict[tuple[Any, ...], list[Any]]


def _kind(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, key, None) for key in _KEY)


def _by_kind(frame: pd.DataFrame) -> _Kinds:
    kinds: _Kinds = {}
    for row in frame.itertuples(index=False):
        kinds.setdefault(_kind(row), []).append(row)
    return kinds


def _same(known: _Kinds, row: Any) -> list[Any]:
    """Return the problems that are this one: of its kind, and made of some of the same rows where both tell."""
    mine = set(getattr(row, "rows", ()))
    of_kind = known.get(_kind(row), [])
    return [one for one in of_kind if not mine or not getattr(one, "rows", ()) or not mine.isdisjoint(one.rows)]


def _unlike(row: Any, earlier: Sequence[tuple[Period, _Kinds]]) -> str:
    """Return what a problem is that was not there last period."""
    if earlier and _kind(row) in earlier[-1][1]:
        return "again"
    return "returned" if any(_same(known, row) for _, known in earlier) else "new"


def _spell(row: Any, earlier: Sequence[tuple[Period, _Kinds]]) -> list[tuple[Period, Any]]:
    """Return the unbroken run of earlier periods that ends just before and in which a problem was found."""
    run: list[tuple[Period, Any]] = []
    for period, known in reversed(earlier):
        hit = _same(known, row)
        if not hit:
            break
        run.insert(0, (period, hit[0]))
    return run


def counted(followed: pd.DataFrame) -> pd.Series:
    """Return how many problems are in each state, all states in their order."""
    states = list(catalogue.load("codes")["problem_state"])
    return followed["state"].value_counts().reindex(states, fill_value=0).astype("int64")


def ledger_by_level(tables: Tables, period: Period) -> pd.DataFrame:
    """Return the ledgers of tasks by level that owns them, plan against actual.

    A row a ledger and level that has a task open in or since the last period. Columns: ``list``, ``owner_level``,
    ``planned`` (due by the period's end), ``done`` (of those), ``late`` (of those done, after their date), ``overdue``
    (not done), ``later`` (not yet due), ``rate`` (done / planned, 0–1).
    """
    rows = tables["tasks"]
    end = pd.Timestamp(period.end) + pd.Timedelta(days=1)
    ids = {period.id, period.name}
    raised = rows["raised_in"].isin(ids) | (rows["due"] < end)
    rows = rows.loc[raised & ~(rows["closed_at"] < pd.Timestamp(period.start)).fillna(False)]
    closed = rows["closed_at"].fillna(rows["due"])
    done = rows["state"].eq("done") & (closed < end)
    due = rows["due"] < end
    named = rows["list"].fillna(INDICATORS) if "list" in rows else pd.Series(INDICATORS, index=rows.index)
    facts = {"planned": due, "done": due & done, "late": due & done & (closed > rows["due"]), "overdue": due & ~done}
    counts = pd.DataFrame({**facts, "later": ~due}).astype("int64")
    grouped = counts.groupby([named.rename("list"), rows["owner_level"]], sort=False).sum()
    levels = [level for level in catalogue.load("codes")["owner_level"] if level in set(rows["owner_level"])]
    order = pd.MultiIndex.from_product([list(dict.fromkeys(named)), levels], names=["list", "owner_level"])
    frame = grouped.reindex(order.intersection(grouped.index, sort=False)).reset_index()
    return frame.assign(rate=frame["done"] / frame["planned"].where(frame["planned"] > 0))


def rectified(tables: Tables, period: Period) -> pd.DataFrame:
    """Return the tasks whose ``list`` is 整改问题: what was to be put right, by whom, until when, what became of it.

    Columns: ``unit_code``, ``district_code``, ``task_id``, ``problem``, ``owner``, ``owner_level``, ``due``,
    ``closed_at`` (up to the period's end), ``raised_in``, ``commitment`` (where kept),
    ``state`` (``closed``, ``late``, ``overdue``, ``open``). The overdue ones first.
    """
    rows = tables["tasks"]
    named = rows["list"].eq("整改问题") if "list" in rows else pd.Series(False, index=rows.index)
    end = pd.Timestamp(period.end) + pd.Timedelta(days=1)
    rows = rows.loc[named & ~(rows["closed_at"] < pd.Timestamp(period.start)).fillna(False)]
    closed = rows["closed_at"].fillna(rows["due"])
    done = rows["state"].eq("done") & (closed < end)
    state = pd.Series("open", index=rows.index).mask(rows["due"] < end, "overdue")
    state = state.mask(done, "closed").mask(done & (closed > rows["due"]), "late")
    columns = [
        "unit_code",
        "district_code",
        "task_id",
        "problem",
        "owner",
        "owner_level",
        "due",
        "closed_at",
        "raised_in",
    ]
    columns += ["commitment"] if "commitment" in rows else []
    order = {"overdue": 0, "open": 1, "late": 2, "closed": 3}
    found = rows[columns].assign(state=state, order=state.map(order), closed_at=rows["closed_at"].where(closed < end))
    return found.sort_values(["order", "due", "task_id"], ignore_index=True).drop(columns="order")


def done_without_effect(
    tables: Tables,
    period: Period,
    before: Period,
    leaves: pd.DataFrame,
    *,
    crs: Any = None,
    audit: GridAudit | None = None,
) -> pd.DataFrame:
    """Return the tasks closed in the period whose indicator did not get better in the unit they are of.

    ``leaves``: a row an indicator, with ``label`` (as the ledger names it), ``measure``, ``area``, ``direction``,
    ``unit``, ``best`` and ``sampled``. A value at ``best`` has nowhere to go; one of a sample counts from thirty cases
    on; values are compared as they are shown. Columns: ``task_id``, ``unit_code``, ``label``, ``unit``, ``previous``,
    ``value``; empty where no task names an indicator.
    """
    rows = tables["tasks"]
    day_after = pd.Timestamp(period.end) + pd.Timedelta(days=1)
    closed = (
        rows["state"].eq("done") & (rows["closed_at"] >= pd.Timestamp(period.start)) & (rows["closed_at"] < day_after)
    )
    known = leaves.drop_duplicates("label").set_index("label")
    tasks = rows.loc[closed & rows["indicator"].isin(known.index), ["task_id", "unit_code", "indicator"]]
    found = []
    for label, part in tasks.groupby("indicator", sort=False):
        leaf = known.loc[label]
        now, last = (_of_units(leaf, tables, one, crs=crs, audit=audit) for one in (period, before))
        values, previous = (frame["value"].reindex(part["unit_code"]).to_numpy() for frame in (now, last))
        cases = now["denominator"].reindex(part["unit_code"]).to_numpy()
        told = part.assign(label=label, unit=leaf["unit"], previous=previous, value=values, cases=cases)
        shown = told[["value", "previous"]].map(lambda one, unit=leaf["unit"]: shown_value(one, unit))
        sign = -1 if leaf["direction"] == "lower" else 1
        full = sign * (shown["value"] - leaf["best"]) >= 0
        firm = told["cases"].ge(_FIRM) if leaf["sampled"] else True
        found.append(told.loc[(sign * (shown["value"] - shown["previous"]) <= 0) & ~full & firm])
    columns = ["task_id", "unit_code", "label", "unit", "previous", "value"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _of_units(leaf: pd.Series, tables: Tables, period: Period, **asked: Any) -> pd.DataFrame:
    """Return an indicator of the communities and of the districts above them."""
    parts = []
    for by in ("unit_code", "district_code"):
        scope = measure_scopes([leaf["measure"]], tables, period, by=by, **asked)[leaf["area"]]
        parts.append(as_share(leaf["measure"], measured(leaf["measure"], scope), leaf["best"]))
    both = pd.concat(parts)
    return both.loc[~both.index.duplicated()]
