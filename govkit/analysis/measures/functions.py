"""How each measure of measures.toml is computed: a scope and an optional argument in, a frame of values out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers import checklists as ledgers
from govkit.analysis.ledgers import ratings
from govkit.analysis.measures import coverage, funds, matters, services
from govkit.analysis.measures.scope import Scope, nothing_known, only_value, ratio
from govkit.analysis.standards import attainment as standards


@dataclass(frozen=True)
class MeasureScope(Scope):
    """A scope with the grid audit, where it is made already."""

    audit: coverage.GridAudit | None = None


Measure = Callable[[MeasureScope, str], pd.DataFrame]
MEASURES: dict[str, Measure] = {}


def _named(function: Measure) -> Measure:
    MEASURES[function.__name__] = function
    return function


@_named
def standard_attainment(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Communities that meet the whole standard, of those it binds and that are known."""
    rows = standards.summary(scope.tables, standards.load_standard(argument), scope.period).reset_index()
    rows = _in_area(scope, rows).dropna(subset=["met"])
    return _share_of_rows(scope, rows, rows["met"])


@_named
def standard_items(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Items in place, of those the standard asks for."""
    rows = standards.attainment(scope.tables, standards.load_standard(argument), scope.period)
    rows = _in_area(scope, rows).dropna(subset=["met"])
    return _share_of_rows(scope, rows, rows["met"])


@_named
def premises_coverage(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Communities with service premises."""
    rows = scope.communities
    return _share_of_rows(scope, rows, rows["unit_code"].isin(_premises(scope)["unit_code"]))


@_named
def premises_per_100_households(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Floor area of service premises per 100 households, in m²; communities without premises count with 0."""
    households = _community_sum(scope, "households") / 100
    area = _premises(scope).groupby("group")["floor_area_m2"].sum()
    return ratio(scope.per_group(area, fill=0).where(households.notna()), households)


@_named
def activity_share(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Residents' activity space in the service premises, of the premises where both areas are on file."""
    rows = _premises(scope).dropna(subset=["floor_area_m2", "activity_area_m2"])
    sums = rows.groupby("group")[["activity_area_m2", "floor_area_m2"]].sum()
    return ratio(scope.per_group(sums["activity_area_m2"]), scope.per_group(sums["floor_area_m2"]))


@_named
def workers_per_10000(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Community workers per 10,000 residents; the posts that count are in analysis.toml."""
    rows = scope.rows("staff")
    people = (
        rows.loc[rows["post"].isin(catalogue.load("analysis")["workers"]["posts"])].groupby("group")["people"].sum()
    )
    residents = _community_sum(scope, "population") / 10_000
    return ratio(scope.per_group(people, fill=0).where(residents.notna()), residents)


@_named
def households_per_grid(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Households, mean of the grids where they are on file."""
    grouped = scope.rows("grids").groupby("group")["households"]
    return ratio(scope.per_group(grouped.sum()), scope.per_group(grouped.count()))


@_named
def grids_in_range(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Grids of 300–500 households, of those where households are on file."""
    norm = catalogue.load("analysis")["grids"]
    rows = scope.rows("grids").dropna(subset=["households"])
    inside = rows["households"].between(norm["households_least"], norm["households_most"])
    return _share_of_rows(scope, rows, inside)


@_named
def managed_grids(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Grids with a grid manager on file."""
    rows = scope.rows("grids")
    return _share_of_rows(scope, rows, rows["manager"].notna())


@_named
def sound_grids(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Grids with neither gap nor overlap."""
    if scope.audit is None:
        return nothing_known(scope.index)
    rows = scope.rows("grids")
    return _share_of_rows(scope, rows, ~rows["grid_code"].isin(scope.audit.grid_codes))


@_named
def uncovered_share(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Gap area (m²) over gap and grid area."""
    if scope.audit is None:
        return nothing_known(scope.index)
    found = coverage.coverage_summary(
        scope.tables, scope.period, scope.audit, by=scope.by, area=scope.area, crs=scope.crs
    )
    return ratio(found["gap_m2"], found["area_km2"] * 1e6 + found["gap_m2"])


@_named
def settled_in_grid(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Settled matters that never left the grid."""
    rows = _with_level(scope)
    return _share_of_rows(scope, rows, rows["settled_level"].eq("grid"))


@_named
def settled_at_or_below_village(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Settled matters that never left the village or community."""
    rows = _with_level(scope)
    return _share_of_rows(scope, rows, rows["settled_level"].isin(["grid", "village"]))


@_named
def settled_rate(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Matters settled, of those reported."""
    rows = matters.matters(scope)
    return _share_of_rows(scope, rows, rows["settled"])


@_named
def overdue_matters(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Matters open for too long at the period's end, of those reported."""
    rows = matters.matters(scope)
    return _share_of_rows(scope, rows, rows["overdue"])


@_named
def hours_to_settle(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Median hours from report to settlement."""
    return only_value(scope.per_group(matters.matters(scope).groupby("group")["hours"].median()))


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
    sums = scope.rows("services").groupby("group")[["satisfied", "responses"]].sum()
    return ratio(scope.per_group(sums["satisfied"]), scope.per_group(sums["responses"]))


@_named
def fund_compliance(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Yuan spent on allowed purposes, of yuan spent."""
    rows = funds.fund_entries(scope)
    spent = rows.loc[rows["direction"].eq("expense")]
    allowed = spent["amount_yuan"].where(spent["allowed"], 0.0).groupby(spent["group"]).sum()
    return ratio(scope.per_group(allowed), scope.per_group(spent.groupby("group")["amount_yuan"].sum()))


@_named
def fund_execution(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Yuan spent, of yuan that came in."""
    rows = scope.rows("funds")
    sums = rows.pivot_table(index="group", columns="direction", values="amount_yuan", aggfunc="sum", fill_value=0.0)
    sums = sums.reindex(columns=["expense", "income"], fill_value=0.0)
    return ratio(scope.per_group(sums["expense"]), scope.per_group(sums["income"]))


@_named
def tasks_on_time(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Tasks done when due, of those due or done."""
    rows = ledgers.tasks(scope).dropna(subset=["on_time"])
    return _share_of_rows(scope, rows, rows["on_time"])


@_named
def tasks_inspected(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Tasks inspected in the period, of those raised in it."""
    rows = ledgers.tasks(scope)
    return _share_of_rows(scope, rows, rows["inspected"])


@_named
def checklist_rate(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Checklist items met, of one list or of all."""
    return ledgers.checklist_rates(scope.tables, scope.period, by=scope.by, area=scope.area, checklist=argument)


@_named
def meetings_per_unit(scope: MeasureScope, _: str) -> pd.DataFrame:
    """Meetings of deliberation bodies per community."""
    rows = scope.rows("organisations")
    kinds = catalogue.load("analysis")["deliberation"]["kinds"]
    meetings = rows.loc[rows["kind"].isin(kinds)].groupby("group")["meetings"].sum()
    communities = scope.per_group(scope.communities.groupby("group").size())
    return ratio(scope.per_group(meetings, fill=0).where(communities.notna()), communities)


@_named
def rating(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Scores given, of full marks: the mean of all answers of one kind of raters."""
    return ratings.rating_rates(scope, rater_kind=argument or "resident")


@_named
def statistic(scope: MeasureScope, argument: str) -> pd.DataFrame:
    """Value over base of one item of the table ``statistics``; the sum of the values where no base is on file."""
    rows = scope.rows("statistics")
    rows = rows.loc[rows["item"].eq(argument)]
    rows = rows.dropna(subset=["base"]) if rows["base"].notna().any() else rows
    sums = rows.groupby("group")[["value", "base"]].sum(min_count=1)
    value, base = scope.per_group(sums["value"]), scope.per_group(sums["base"])
    return ratio(value, base) if base.notna().any() else only_value(value)


def _share_of_rows(scope: Scope, rows: pd.DataFrame, which: pd.Series) -> pd.DataFrame:
    """Return per group how many of its rows hold; groups without a row are missing."""
    counted = which.astype("float64").groupby(rows["group"])
    return ratio(scope.per_group(counted.sum()), scope.per_group(counted.size()))


def _in_area(scope: Scope, rows: pd.DataFrame) -> pd.DataFrame:
    inside = rows.loc[rows["unit_code"].isin(scope.communities["unit_code"])]
    return inside.assign(group="zone" if scope.by == "zone" else inside[scope.by])


def _premises(scope: Scope) -> pd.DataFrame:
    rows = scope.rows("facilities")
    return rows.loc[rows["kind"].isin(catalogue.load("analysis")["premises"]["kinds"])]


def _community_sum(scope: Scope, column: str) -> pd.Series:
    """Return a column of units summed over the communities of each group; missing where one of them is missing."""
    values = scope.communities[column].astype("float64")
    return scope.per_group(values.groupby(scope.communities["group"]).agg(lambda part: part.sum(skipna=False)))


def _with_level(scope: Scope) -> pd.DataFrame:
    rows = scope.rows("events")
    return rows.loc[rows["state"].eq("settled") & rows["settled_level"].notna()]


def _service_ratio(scope: Scope, line: str, numerator: str, denominator: str) -> pd.DataFrame:
    rows = services.of_line(scope.rows("services"), line or "errands")
    sums = rows.groupby("group")[[numerator, denominator]].sum(min_count=1)
    return ratio(scope.per_group(sums[numerator]), scope.per_group(sums[denominator]))
