"""How each kind of rule finds problems: a rule and the evidence in, one ``Found`` a district out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers import checklists as ledgers
from govkit.analysis.ledgers.problem_rules import Rule
from govkit.analysis.measures import funds
from govkit.analysis.measures.coverage import GridAudit
from govkit.analysis.measures.functions import MeasureScope
from govkit.analysis.measures.intervals import interval
from govkit.analysis.measures.measure import MeasureInfo, as_share, assumption, enough, measure_info, measured
from govkit.analysis.measures.scope import Tables
from govkit.analysis.standards.attainment import Standard, summary
from govkit.periods import Period
from govkit.provided import known_in
from govkit.rounding import fixed, percent, stated_percent


@dataclass(frozen=True)
class Evidence:
    """What the finders look at."""

    tables: Tables
    period: Period
    standards: tuple[Standard, ...] = ()
    audit: GridAudit | None = None
    # What measures are taken over, by area: all rules look at the same rows.
    scopes: Mapping[str, MeasureScope] = field(default_factory=dict)

    def tells(self, *tables: str) -> bool:
        """Whether all of these tables are there and tell of the period: none shows a later state."""
        return all(name in self.tables and known_in(self.tables[name], name, self.period) for name in tables)


@dataclass(frozen=True)
class Found:
    """A problem of one district: ``words`` fill the rule's sentence, ``value`` and the rest go into the list.

    ``owner_level`` and ``title`` are "" where the rule's own hold; ``rows`` name what the problem is made of,
    ``shared_with`` the other districts whose problem it is, ``assumed`` what was taken for granted for want of data.
    """

    district: str
    severe: bool
    words: Mapping[str, Any]
    value: float
    unit: str = ""
    places: tuple[str, ...] = ()
    threshold: float = float("nan")
    numerator: float = float("nan")
    denominator: float = float("nan")
    owner_level: str = ""
    rows: tuple[str, ...] = ()
    shared_with: tuple[str, ...] = ()
    assumed: str = ""
    title: str = ""


Finder = Callable[[Rule, Evidence], Iterator[Found]]


def by_measure(rule: Rule, evidence: Evidence) -> Iterator[Found]:
    """Find the districts whose measure crosses the rule's line."""
    if not evidence.tells(*(name for name in measure_info(rule.measure).tables if name != "units")):
        return
    scope = evidence.scopes[rule.applies_to]
    values = as_share(rule.measure, measured(rule.measure, scope), rule.threshold)
    values = values.loc[values.index.isin(scope.concerned)]
    info = measure_info(rule.measure)
    judged = values["value"].notna() & ~(values["denominator"] < rule.least_n) & enough(info, values)
    known = values.assign(**interval(values, info.evidence)).loc[judged]
    for row in known.itertuples():
        value: Any = row.value
        # Where chance moves a number, its whole interval has to lie beyond the line.
        ends: Any = row.high if rule.above is None else row.low
        surely = value if pd.isna(ends) else ends
        if rule.crossed(surely, rule.threshold):
            words = {
                "value": _apart(value, rule.threshold, info),
                "threshold": _line(rule.threshold, info),
                "numerator": _count(row.numerator),
                "denominator": _count(row.denominator),
            }
            yield Found(
                district=str(row.Index),
                severe=rule.crossed(surely, rule.severe),
                words=words,
                value=value,
                unit=info.unit,
                threshold=rule.threshold,
                numerator=row.numerator,  # type: ignore[arg-type]
                denominator=row.denominator,  # type: ignore[arg-type]
                assumed=assumption(info, evidence.tables),
            )


def by_standard(rule: Rule, evidence: Evidence) -> Iterator[Found]:
    """Find the communities that miss items of a standard; ``severe`` is a number of communities."""
    if not evidence.tells("facilities"):
        return
    for standard in evidence.standards:
        # Where a zone has several standards, each is a problem of its own, under its own name.
        of_several = standard.title if len(evidence.standards) > 1 else ""
        units = summary(evidence.tables, standard, evidence.period)
        short = units.loc[units["met"].eq(False).fillna(False)]
        for district, rows in short.groupby("district_code"):
            pairs = zip(rows["name"], rows["missing"], strict=True)
            lacking = [f"{name}缺{'、'.join(missing)}" for name, missing in pairs]
            yield Found(
                district=str(district),
                severe=len(rows) >= rule.severe,
                words={"n": len(rows), "standard": of_several or "设施标准", "names": _named(lacking, "个")},
                value=float(len(rows)),
                unit="个",
                places=tuple(rows["name"]),
                rows=tuple(f"{standard.name}:{code}" for code in rows.index),
                title=f"{of_several}未达标" if of_several else "",
            )


def by_gaps(rule: Rule, evidence: Evidence) -> Iterator[Found]:
    """Find the districts with gaps between grids; ``severe`` is an area in m²."""
    if evidence.audit is not None and evidence.tells("grids"):
        yield from _by_defects(rule, evidence, evidence.audit.gaps)


def by_overlaps(rule: Rule, evidence: Evidence) -> Iterator[Found]:
    """Find the districts with overlapping grids; ``severe`` is an area in m²."""
    if evidence.audit is not None and evidence.tells("grids"):
        yield from _by_defects(rule, evidence, evidence.audit.overlaps)


def _by_defects(rule: Rule, evidence: Evidence, defects: pd.DataFrame) -> Iterator[Found]:
    """Find one problem for each district, or set of districts, that defects lie in or between."""
    units = evidence.tables["units"].drop_duplicates("unit_code").set_index("unit_code")["name"]
    between = defects["district_codes"].map(lambda codes: tuple(sorted(codes))).astype(object)
    for districts in sorted({one for one in between if one}):
        rows = defects.loc[[one == districts for one in between]]
        area = float(rows["area_m2"].sum())
        places = tuple(_between(row, units) for row in rows.itertuples())
        words = {"n": len(rows), "area": fixed(area), "names": _named(places, "处")}
        points = zip(rows["longitude"], rows["latitude"], strict=True)
        yield Found(
            district=districts[0],
            severe=area >= rule.severe,
            words=words,
            value=area,
            unit="m²",
            places=places,
            rows=tuple(f"{fixed(east, 5)},{fixed(north, 5)}" for east, north in points),
            shared_with=districts[1:],
        )


def _between(row: Any, names: pd.Series) -> str:
    """Name the place of a defect by the communities around it, by its coordinates where they are not known."""
    around = [str(names[code]) for code in row.unit_codes if code in names.index]
    if not around:
        return f"东经{fixed(row.longitude, 4)}°、北纬{fixed(row.latitude, 4)}°附近"
    return f"{around[0]}内" if len(around) == 1 else f"{'、'.join(around)}之间"


def by_funds(rule: Rule, evidence: Evidence) -> Iterator[Found]:
    """Find spending outside the allowed purposes; ``severe`` is an amount in yuan."""
    if "funds" not in evidence.tables:
        return
    outside = funds.spent_outside(evidence.tables, evidence.period)
    for district, rows in outside.groupby("district_code"):
        amount = float(rows["amount_yuan"].sum())
        purposes = rows.groupby("purpose")["amount_yuan"].sum().sort_values(ascending=False, kind="stable")
        places = tuple(f"{purpose} {fixed(yuan)} 元" for purpose, yuan in purposes.items())
        words = {"n": len(rows), "amount": fixed(amount), "names": _named(places, "类")}
        lines = tuple(rows["entry_id"].astype("str"))
        yield Found(str(district), amount >= rule.severe, words, amount, "元", places, rows=lines)


def by_tasks(rule: Rule, evidence: Evidence) -> Iterator[Found]:
    """Find overdue tasks; ``severe`` is a number of tasks."""
    if "tasks" not in evidence.tables:
        return
    overdue = ledgers.overdue_tasks(evidence.tables, evidence.period)
    for district, rows in overdue.groupby("district_code"):
        places = tuple(rows["problem"].fillna(rows["indicator"]).fillna(rows["task_id"]))
        words = {"n": len(rows), "days": int(rows["days"].max()), "names": _named(places, "种")}
        owner = str(rows["owner_level"].mode().iloc[0])  # who holds most of them
        severe = len(rows) >= rule.severe
        ids = tuple(rows["task_id"].astype("str"))
        yield Found(str(district), severe, words, float(len(rows)), "项", places, owner_level=owner, rows=ids)


FINDERS: dict[str, Finder] = {
    "measure": by_measure,
    "standard": by_standard,
    "gaps": by_gaps,
    "overlaps": by_overlaps,
    "funds": by_funds,
    "tasks": by_tasks,
}


def _named(names: Iterable[str], counter: str) -> str:
    """Join different names, the first few only: ``甲、乙等 7 个村``; names that hold a 、 are kept apart by ；."""
    listed = list(dict.fromkeys(names))
    most = catalogue.load("problems")["most_named"]
    rest = len(listed) - most
    if any("、" in name for name in listed):
        return "；".join(listed[:most]) + (f"；另有 {rest} {counter}" if rest > 0 else "")
    return "、".join(listed[:most]) + (f"等 {len(listed)} {counter}" if rest > 0 else "")


def _apart(value: float, threshold: float, info: MeasureInfo) -> str:
    """Show a value with as many digits as it takes to tell it from the threshold it crosses (94.99% from 95%)."""
    for digits in (1, 2):
        if _shown(value, info, digits=digits) != _shown(threshold, info, digits=digits):
            return _shown(value, info, digits=digits)
    return _shown(value, info, digits=3)


def _line(threshold: float, info: MeasureInfo) -> str:
    """Show a line as it is stated."""
    return stated_percent(threshold) if info.unit == "%" else f"{threshold:,.10g} {info.unit}"


def _shown(value: float, info: MeasureInfo, *, digits: int = 1) -> str:
    if info.unit == "%":
        return percent(value, digits)
    return f"{fixed(value, digits)} {info.unit}"


def _count(value: Any) -> str:
    return "—" if pd.isna(value) else fixed(value)
