"""The problem list: where a district falls short, with evidence, advice, who is to act and by when.

The rules are data: ``catalogue/problems.toml``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis import funds, ledgers
from govkit.analysis.coverage import GridAudit, audit_grids
from govkit.analysis.measures import MeasureInfo, measure, measure_info
from govkit.analysis.problem_rules import Rule, load_rules
from govkit.analysis.scope import Tables, units_with
from govkit.analysis.standards import Standard, summary
from govkit.periods import Period

_COLUMNS = (
    "district_code", "rule", "severity", "severity_label", "title", "evidence", "advice", "owner_level", "due",
    "measure", "value", "threshold", "unit", "numerator", "denominator", "places",
)  # fmt: skip
Record = dict[str, Any]


@dataclass(frozen=True)
class _Evidence:
    """What the finders look at."""

    tables: Tables
    period: Period
    standards: tuple[Standard, ...]
    crs: Any
    audit: GridAudit | None

    def lacks(self, *names: str) -> bool:
        return any(name not in self.tables for name in names)


def find_problems(
    tables: Tables,
    period: Period,
    *,
    standards: Iterable[Standard] = (),
    crs: Any = None,
    audit: GridAudit | None = None,
    rules: Iterable[Rule] | None = None,
) -> pd.DataFrame:
    """Return the problems of every district in ``tables``, one row a district and rule, the severe ones first.

    Columns: ``district_code``, ``rule``, ``severity`` (severe, ordinary), ``severity_label``, ``title``, ``evidence``
    (a finished Chinese sentence), ``advice``, ``owner_level``, ``due`` (date), ``measure``, ``value``, ``threshold``,
    ``unit``, ``numerator``, ``denominator``, ``places`` (tuple of names). A rule whose table is missing finds nothing;
    gaps and overlaps need the metric ``crs`` or the ``audit`` already made.
    """
    if audit is None and crs is not None and "grids" in tables:
        audit = audit_grids(tables["grids"], crs=crs)
    evidence = _Evidence(tables, period, tuple(standards), crs, audit)
    wanted = load_rules() if rules is None else tuple(rules)
    records = [record for rule in wanted for record in _FINDERS[rule.finds](rule, evidence)]
    frame = pd.DataFrame(records, columns=list(_COLUMNS))
    graveness = frame["severity"].map({"severe": 0, "ordinary": 1})
    order = frame.assign(graveness=graveness).sort_values(["district_code", "graveness"], kind="stable")
    return order.drop(columns="graveness").reset_index(drop=True)


def _record(
    rule: Rule, evidence: _Evidence, district: str, *, severe: bool, words: Mapping[str, Any], **cells: Any
) -> Record:
    severity = "severe" if severe else "ordinary"
    return {
        "district_code": district,
        "rule": rule.id,
        "severity": severity,
        "severity_label": catalogue.load("problems")["severities"][severity],
        "title": rule.title,
        "evidence": rule.evidence.format(**words),
        "advice": rule.advice,
        "owner_level": rule.owner_level,
        "due": evidence.period.end + timedelta(days=rule.due_days),
        "measure": rule.measure,
        "places": (),
        **cells,
    }


def _by_measure(rule: Rule, evidence: _Evidence) -> list[Record]:
    info = measure_info(rule.measure)
    found = measure(
        rule.measure, evidence.tables, evidence.period, area=rule.applies_to, crs=evidence.crs, audit=evidence.audit
    )
    found = found.loc[found.index.isin(units_with(evidence.tables, rule.applies_to, by="district_code"))]
    known = found.loc[found["value"].notna() & ~(found["denominator"] < rule.least_n)]
    crossed = known["value"] < rule.threshold if rule.above is None else known["value"] > rule.threshold
    return [_measured(rule, info, evidence, str(row.Index), row) for row in known.loc[crossed].itertuples()]


def _measured(rule: Rule, info: MeasureInfo, evidence: _Evidence, district: str, row: Any) -> Record:
    severe = row.value < rule.severe if rule.above is None else row.value > rule.severe
    words = {
        "value": _shown(row.value, info),
        "threshold": _shown(rule.threshold, info, digits=0),
        "numerator": _count(row.numerator),
        "denominator": _count(row.denominator),
    }
    cells = {"value": row.value, "threshold": rule.threshold, "unit": info.unit}
    counts = {"numerator": row.numerator, "denominator": row.denominator}
    return _record(rule, evidence, district, severe=severe, words=words, **cells, **counts)


def _by_standard(rule: Rule, evidence: _Evidence) -> list[Record]:
    if evidence.lacks("facilities"):
        return []
    records = []
    for standard in evidence.standards:
        units = summary(evidence.tables, standard, evidence.period)
        short = units.loc[units["met"].eq(False).fillna(False)]
        for district, rows in short.groupby("district_code"):
            names = [
                f"{row.name}缺{'、'.join(row.missing)}" for row in rows.rename_axis("code").itertuples(index=False)
            ]
            words = {"n": len(rows), "names": _named(names, "个村")}
            places = tuple(rows["name"])
            records.append(
                _record(rule, evidence, str(district), severe=len(rows) >= rule.severe, words=words, places=places)
            )
    return records


def _by_gaps(rule: Rule, evidence: _Evidence) -> list[Record]:
    return [] if evidence.audit is None else _by_defects(rule, evidence, evidence.audit.gaps)


def _by_overlaps(rule: Rule, evidence: _Evidence) -> list[Record]:
    return [] if evidence.audit is None else _by_defects(rule, evidence, evidence.audit.overlaps)


def _by_defects(rule: Rule, evidence: _Evidence, defects: pd.DataFrame) -> list[Record]:
    name_of = evidence.tables["units"].drop_duplicates("unit_code").set_index("unit_code")["name"]
    listed = defects.explode("district_codes").dropna(subset=["district_codes"])
    records = []
    for district, rows in listed.groupby("district_codes"):
        area = float(rows["area_m2"].sum())
        units = dict.fromkeys(unit for codes in rows["unit_codes"] for unit in codes)
        places = tuple(name_of.get(unit, unit) for unit in units)
        words = {"n": len(rows), "area": f"{area:,.0f}", "names": _named(places, "处")}
        records.append(
            _record(
                rule,
                evidence,
                str(district),
                severe=area >= rule.severe,
                words=words,
                value=area,
                unit="m²",
                places=places,
            )
        )
    return records


def _by_funds(rule: Rule, evidence: _Evidence) -> list[Record]:
    if evidence.lacks("funds"):
        return []
    records = []
    outside = funds.spent_outside(evidence.tables, evidence.period)
    for district, rows in outside.groupby("district_code"):
        amount = float(rows["amount_yuan"].sum())
        purposes = rows.groupby("purpose")["amount_yuan"].sum().sort_values(ascending=False, kind="stable")
        names = tuple(f"{purpose}({yuan:,.0f} 元)" for purpose, yuan in purposes.items())
        words = {"n": len(rows), "amount": f"{amount:,.0f}", "names": _named(names, "类")}
        records.append(
            _record(
                rule,
                evidence,
                str(district),
                severe=amount >= rule.severe,
                words=words,
                value=amount,
                unit="元",
                places=names,
            )
        )
    return records


def _by_tasks(rule: Rule, evidence: _Evidence) -> list[Record]:
    if evidence.lacks("tasks"):
        return []
    records = []
    for district, rows in ledgers.overdue_tasks(evidence.tables, evidence.period).groupby("district_code"):
        names = tuple(rows["problem"].fillna(rows["indicator"]).fillna(rows["task_id"]))
        words = {"n": len(rows), "days": int(rows["days"].max()), "names": _named(names, "项")}
        records.append(
            _record(
                rule,
                evidence,
                str(district),
                severe=len(rows) >= rule.severe,
                words=words,
                value=float(len(rows)),
                unit="项",
                places=names,
            )
        )
    return records


_FINDERS: dict[str, Callable[[Rule, _Evidence], list[Record]]] = {
    "measure": _by_measure,
    "standard": _by_standard,
    "gaps": _by_gaps,
    "overlaps": _by_overlaps,
    "funds": _by_funds,
    "tasks": _by_tasks,
}


def _named(names: Iterable[str], counter: str) -> str:
    """Join names, the first few only: ``甲、乙等 7 个村``."""
    listed = list(dict.fromkeys(names))
    most = catalogue.load("problems")["most_named"]
    mark = ";" if any("、" in name for name in listed) else "、"
    return mark.join(listed[:most]) + (f"等 {len(listed)} {counter}" if len(listed) > most else "")


def _shown(value: float, info: MeasureInfo, *, digits: int = 1) -> str:
    if info.unit == "%":
        return f"{value:.{digits}%}"
    return f"{value:,.{digits}f} {info.unit}"


def _count(value: float) -> str:
    return "—" if pd.isna(value) else f"{value:,.0f}"
