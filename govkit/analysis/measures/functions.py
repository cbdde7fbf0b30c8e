"""How each measure of measures.toml is computed: a scope and an optional argument in, a frame of values out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers import checklists as ledgers
from govkit.analysis.ledgers import ratings
from govkit.analysis.measures import coverage, funds, matters, services
from govkit.analysis.measures.counted import not_reporting, over_communities, per_community, share_of_rows, sums
from govkit.analysis.measures.scope import Scope, nothing_known, only_value, ratio
from govkit.analysis.standards import attainment as standards
from govkit.provided import complete


@dataclass(frozen=True)
class MeasureScope(Scope):
    """A scope with the grid audit, where it is made already."""

    audit: coverage.GridAudit | None = None

    @cached_property
    def found(self) -> dict[str, pd.DataFrame]:
        """The measures found so far, by name (``measure.measured``); who gets one changes nothing in it."""
        return {}


Measure = Callable[[MeasureScope, str], pd.DataFrame]
MEASURES: dict[str, Measure] = {}


def _named(function: Measure) -> Measure:
    MEASURES[function.__name__] = function
    return function


@_named
def standard_attainment(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Communities that meet the whole standard, of those it binds and that are known."""
    rows = standards.summary(scope.tables, standards.load_standard(argument), scope.period).reset_index()
    rows = _in_area(scope, rows)
    return share_of_rows(scope, rows, rows["met"])


@_named
def standard_items(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Items in place, of those the standard asks for."""
    rows = _in_area(scope, standards.attainment(scope.tables, standards.load_standard(argument), scope.period))
    return share_of_rows(scope, rows, rows["met"])


@_named
def premises_coverage(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Communities with service premises; without any on file unknown, unless the list is complete."""
    rows = _premises(scope)
    there = per_community(scope, "facilities", rows, pd.Series(1.0, index=rows.index))
    listed = scope.communities["unit_code"].isin(rows["unit_code"])
    return share_of_rows(scope, scope.communities, listed.astype("boolean").mask(there.isna() & ~listed))


@_named
def premises_per_100_households(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Floor area of service premises per 100 households, in m², of the communities where both are on file."""
    rows = _premises(scope)
    area = per_community(scope, "facilities", rows, rows["floor_area_m2"])
    return over_communities(scope, area, _of_community(scope, "households") / 100)


@_named
def activity_share(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Residents' activity space in the service premises, of the premises where both areas are on file."""
    return sums(scope, _premises(scope), "activity_area_m2", "floor_area_m2")


@_named
def workers_per_10000(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Community workers per 10,000 residents; the posts that count are in analysis.toml."""
    rows = scope.rows("staff")
    rows = rows.loc[rows["post"].isin(catalogue.load("analysis")["workers"]["posts"])]
    people = per_community(scope, "staff", rows, rows["people"])
    found = over_communities(scope, people, _of_community(scope, "population") / 10_000)
    # Workers on the roster of the street itself serve its communities.
    above = rows.loc[~rows["unit_code"].isin(scope.communities["unit_code"])].groupby("group")["people"].sum()
    return _with_numerator(found, found["numerator"] + scope.per_group(above, fill=0))


@_named
def households_per_grid(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Households, mean of the grids where they are on file."""
    grouped = scope.rows("grids").groupby("group")["households"]
    known = scope.per_group(grouped.count(), fill=0)
    lost = scope.per_group(grouped.size(), fill=0) - known
    return ratio(scope.per_group(grouped.sum()), known, n=known, rows_missing=lost)


@_named
def grids_in_range(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Grids of 300–500 households, of those where households are on file."""
    norm = catalogue.load("analysis")["grids"]
    rows = scope.rows("grids")
    inside = rows["households"].between(norm["households_least"], norm["households_most"])
    return share_of_rows(scope, rows, inside.astype("boolean").mask(rows["households"].isna()))


@_named
def managed_grids(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Grids with a grid manager; a grid without one on file has none where the layer is said to be complete."""
    rows = scope.rows("grids")
    named = rows["manager"].notna().astype("boolean")
    whole = complete(scope.tables["grids"], "grids", scope.period)
    return share_of_rows(scope, rows, named if whole else named.mask(~named))


@_named
def sound_grids(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Grids with neither gap nor overlap."""
    if scope.audit is None:
        return nothing_known(scope.index)
    rows = scope.rows("grids")
    return share_of_rows(scope, rows, ~rows["grid_code"].isin(scope.audit.grid_codes))


@_named
def uncovered_share(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Gap area (m²) over gap and grid area."""
    if scope.audit is None:
        return nothing_known(scope.index)
    found = coverage.coverage_summary(
        scope.tables, scope.period, scope.audit, by=scope.by, area=scope.area, crs=scope.crs
    )
    return ratio(found["gap_m2"], found["area_km2"] * 1e6 + found["gap_m2"], n=found["grids"])


@_named
def settled_in_grid(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Settled matters that never left the grid."""
    return _settled_at(scope, ["grid"])


@_named
def settled_at_or_below_village(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Settled matters that never left the village or community."""
    return _settled_at(scope, ["grid", "village"])


@_named
def settled_rate(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Matters settled, of those reported."""
    rows = matters.matters(scope)
    return share_of_rows(scope, rows, rows["settled"])


@_named
def overdue_matters(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Matters open for too long at the period's end, of those reported."""
    rows = matters.matters(scope)
    return share_of_rows(scope, rows, rows["overdue"])


@_named
def hours_to_settle(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Median hours from report to settlement, of the settled matters that have both times."""
    rows = matters.matters(scope)
    grouped = rows.loc[rows["settled"]].groupby("group")["hours"]
    known = scope.per_group(grouped.count(), fill=0)
    lost = scope.per_group(grouped.size(), fill=0) - known
    return only_value(scope.per_group(grouped.median()), n=known, rows_missing=lost)


@_named
def needs_met_inside(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Requests settled inside the village or community (D12)."""
    return _service_ratio(scope, argument, "settled_in_unit", "requested")


@_named
def service_settled(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Requests settled, wherever."""
    return _service_ratio(scope, argument, "settled", "requested")


@_named
def handling_hours(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Hours of handling per settled request."""
    return _service_ratio(scope, argument, "hours", "settled")


@_named
def satisfaction(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Satisfied answers, of all answers."""
    rows = scope.rows("services")
    absent = not_reporting(scope, "services", rows)
    return sums(scope, rows, "satisfied", "responses", absent=absent, clustered=True)


@_named
def fund_compliance(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Yuan spent on allowed purposes, of yuan spent."""
    rows = funds.fund_entries(scope)
    spent = rows.loc[rows["direction"].eq("expense")]
    return sums(scope, spent.assign(fits=spent["amount_yuan"].where(spent["allowed"], 0.0)), "fits", "amount_yuan")


@_named
def fund_execution(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Yuan spent, of yuan that came in, over the programmes whose ledger shows both sides."""
    return funds.execution(scope)


@_named
def tasks_on_time(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Tasks done when due, of those due or done."""
    rows = ledgers.tasks(scope)
    rows = rows.loc[rows["done"] | rows["overdue"]]
    return share_of_rows(scope, rows, rows["on_time"])


@_named
def tasks_inspected(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Tasks inspected in the period, of those raised in it."""
    rows = ledgers.tasks(scope)
    return share_of_rows(scope, rows, rows["inspected"])


@_named
def checklist_rate(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Checklist items met, of one list or of all."""
    return ledgers.checklist_rates(scope.tables, scope.period, by=scope.by, area=scope.area, checklist=argument)


@_named
def meetings_per_unit(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Meetings of deliberation bodies per community."""
    rows = scope.rows("organisations")
    rows = rows.loc[rows["kind"].isin(catalogue.load("analysis")["deliberation"]["kinds"])]
    meetings = per_community(scope, "organisations", rows, rows["meetings"])
    return over_communities(scope, meetings, pd.Series(1.0, index=scope.communities.index))


@_named
def rating(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Scores given, of full marks: the mean of all answers of one kind of raters."""
    return ratings.rating_rates(scope, rater_kind=argument or "resident")


@_named
def statistic(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Value over base of one item of the table ``statistics``; the sum of the values where no period has a base."""
    table, rows, item = scope.tables["statistics"], scope.rows("statistics"), argument.partition("|")[0]
    rows = rows.loc[rows["item"].eq(item)]
    if table.loc[table["item"].eq(item), "base"].notna().any():
        return sums(scope, rows, "value", "base")
    grouped = rows.groupby("group")["value"]
    known = scope.per_group(grouped.count(), fill=0)
    lost = scope.per_group(grouped.size(), fill=0) - known
    return only_value(scope.per_group(grouped.sum(min_count=1)), n=known, rows_missing=lost)


def _in_area(scope: Scope, rows: pd.DataFrame) -> pd.DataFrame:
    inside = rows.loc[rows["unit_code"].isin(scope.communities["unit_code"])]
    return inside.assign(group="zone" if scope.by == "zone" else inside[scope.by])


def _premises(scope: Scope) -> pd.DataFrame:
    rows = scope.rows("facilities")
    return rows.loc[rows["kind"].isin(catalogue.load("analysis")["premises"]["kinds"])]


def _of_community(scope: Scope, column: str) -> pd.Series:
    return scope.communities[column].astype("float64")


def _with_numerator(found: pd.DataFrame, numerator: pd.Series) -> pd.DataFrame:
    return found.assign(numerator=numerator, value=numerator / found["denominator"])


def _settled_at(scope: Scope, levels: list[str]) -> pd.DataFrame:
    rows = matters.matters(scope)
    rows = rows.loc[rows["settled"]]
    level = rows["settled_level"]
    return share_of_rows(scope, rows, level.isin(levels).astype("boolean").mask(level.isna()))


def _service_ratio(scope: Scope, line: str, numerator: str, denominator: str) -> pd.DataFrame:
    rows = services.of_line(scope.rows("services"), line or "errands")
    absent = not_reporting(scope, "services", rows)
    return sums(scope, rows, numerator, denominator, absent=absent)
