"""A zone with one source or one optional column taken away, and who comes out worse without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers.problems import find_problems
from govkit.analysis.measures import coverage
from govkit.analysis.score.assess import Assessment, assess_tables
from govkit.analysis.standards.judged_by import judged_by
from govkit.periods import Period
from govkit.provided import notes
from govkit.zone.zone import Zone

Tables = Mapping[str, pd.DataFrame]
Outcome = tuple[Assessment, pd.DataFrame]


def deletions(zone: Zone) -> list[str]:
    """Return what can be taken away: every source but the units, and every filled optional column."""
    found = [name for name in zone.tables if name != "units"]
    for name, table in zone.tables.items():
        columns = catalogue.load("tables")[name]["columns"]
        optional = [key for key, entry in columns.items() if not entry.get("required") and key in table]
        found += [f"{name}.{key}" for key in optional if table[key].notna().any()]
    # Parents are read off the codes where a file has none (tests/test_any_hierarchy.py): no open zone is without.
    return [what for what in found if what != "units.parent"]


def without(tables: Tables, what: str) -> dict[str, pd.DataFrame]:
    """Return the tables without a source, or with a column that nobody filled in."""
    name, _, column = what.partition(".")
    if not column:
        return {key: table for key, table in tables.items() if key != name}
    table = tables[name].copy()
    table[column] = table[column].mask(pd.Series(True, index=table.index))
    said = tables[name].attrs
    table.attrs = notes(table, complete=said["complete"], census=said["census"], vintage=said["vintage"])
    return {**tables, name: table}


def outcome(zone: Zone, tables: Tables, period: Period) -> Outcome:
    """Return the assessment and the problems of a period."""
    judged = judged_by(zone.settings.standards, zone.settings.scheme)
    audit = coverage.audit(tables, crs=zone.metric_crs)
    assert judged.scheme is not None
    scored = assess_tables(judged.scheme, tables, period, crs=zone.metric_crs, audit=audit)
    found = find_problems(
        tables, period, standards=judged.standards, named=judged.names, crs=zone.metric_crs, audit=audit
    )
    return scored, found


def worse(before: Outcome, after: Outcome) -> Iterator[str]:
    """Yield what a deletion made worse for a unit without saying that it is because something was not provided.

    What no unit provided is said with every rank (``sections.ranks.ranked_without``), also of units it does not touch.
    """
    (scored, found), (less, left) = before, after
    unsaid = [unit for unit in scored.scores.index if not _said(less, scored, unit)]
    for unit in unsaid:
        was, now = scored.scores.loc[unit], less.scores.loc[unit]
        if now["score"] < was["score"] - 1e-9:
            yield f"{unit}: score {was['score']:.2f} → {now['score']:.2f}"
    rank_told = {*less.not_provided.items(), *less.assumed.items()} - {
        *scored.not_provided.items(), *scored.assumed.items()
    }  # fmt: skip
    for unit in [] if rank_told else scored.scores.index:
        was, now = scored.scores.at[unit, "rank"], less.scores.at[unit, "rank"]
        if pd.notna(was) and (pd.isna(now) or now > was):
            yield f"{unit}: rank {was} → {now}"
    problems = {(row.district_code, row.rule, row.severity) for row in found.itertuples()}
    for row in left.itertuples():
        new = (row.district_code, row.rule, row.severity) not in problems
        if new and not row.assumed and (row.district_code, row.rule, "severe") not in problems:
            yield f"{row.district_code}: problem {row.rule} ({row.severity})"


def _said(less: Assessment, full: Assessment, unit: str) -> bool:
    """Whether a unit's leaf table says of a leaf that was scored before that its data were not provided."""
    leaves = less.leaf_table(unit)
    newly = leaves["reason"].str.startswith("因") & full.leaf_scores.loc[unit].notna()
    return bool(newly.any())


def unsaid(zone: Zone, period: Period, chosen: list[str]) -> dict[str, list[str]]:
    """Return by deletion what it made worse in silence; empty where nothing."""
    whole = outcome(zone, zone.tables, period)
    found = {what: list(worse(whole, outcome(zone, without(zone.tables, what), period))) for what in chosen}
    return {what: lines for what, lines in found.items() if lines}
