"""The problem list: where a district falls short, with evidence, advice, who is to act and by when.

The rules are data: ``catalogue/problems.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers.problem_finders import FINDERS, Evidence, Found
from govkit.analysis.ledgers.problem_rules import Rule, load_rules
from govkit.analysis.measures import coverage
from govkit.analysis.measures.coverage import GridAudit
from govkit.analysis.measures.functions import MeasureScope
from govkit.analysis.measures.measure import measure_scopes
from govkit.analysis.measures.scope import Tables
from govkit.analysis.standards.attainment import Standard
from govkit.periods import Period

_COLUMNS = (
    "district_code", "shared_with", "rule", "severity", "severity_label", "title", "evidence", "advice", "owner_level",
    "due", "measure", "value", "unit", "threshold", "numerator", "denominator", "places", "rows",
    "assumed", "rule_source",
)  # fmt: skip


def find_problems(
    tables: Tables,
    period: Period,
    *,
    standards: Iterable[Standard] = (),
    crs: Any = None,
    audit: GridAudit | None = None,
    rules: Iterable[Rule] | None = None,
    named: Iterable[str] | None = None,
    scopes: Mapping[str, MeasureScope] | None = None,
) -> pd.DataFrame:
    """Return the problems of every district in ``tables``, one row a district and rule, the severe ones first.

    Defects of the ground between districts are one problem of all of them, one row for each set of districts.
    Columns: ``district_code`` (the first, where several share it), ``shared_with`` (tuple: the others), ``rule``,
    ``severity`` (severe, ordinary), ``severity_label``, ``title``, ``evidence`` (a finished Chinese sentence),
    ``advice``, ``owner_level``, ``due`` (date), ``measure``, ``value``, ``unit``,
    ``threshold``, ``numerator``, ``denominator``, ``places`` (tuple of names). A rule whose table is missing finds
    nothing, nor does one of a standard not among the ``named`` (None: all hold), one not in force in the period, and
    one about a state that was only known later (a layer drawn up after the period's end); gaps and overlaps need the
    metric ``crs`` or the ``audit`` already made; ``scopes``: ``measure_scopes`` of the period, where there are some
    already. ``rows``: what the problem is made of (codes of tasks, ledger lines,
    units, places), by which it is known again in another period; empty for a measure.
    ``assumed``: what was taken for granted in place of columns that were not provided (Chinese, "" for nothing).
    ``rule_source``: the title of the file that states the rule's lines.
    """
    found_audit = coverage.audit(tables, crs=crs) if audit is None else audit
    scopes = scopes or measure_scopes((), tables, period, crs=crs, audit=found_audit)
    evidence = Evidence(tables, period, tuple(standards), found_audit, scopes)
    wanted = load_rules() if rules is None else tuple(rules)
    if named is not None:
        held = {"", *named}
        wanted = tuple(rule for rule in wanted if rule.standard in held)
    # Of a rule that changed in the middle of the period the later lines hold.
    in_force = {rule.id: rule for rule in wanted if rule.in_force(period)}
    rows = [_row(rule, found, period) for rule in in_force.values() for found in FINDERS[rule.finds](rule, evidence)]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    ordered = frame.assign(order=frame["severity"].ne("severe"))
    ordered = ordered.sort_values(["district_code", "order"], kind="stable", ignore_index=True)
    return ordered.drop(columns="order")


def _row(rule: Rule, found: Found, period: Period) -> dict[str, Any]:
    severity = "severe" if found.severe else "ordinary"
    return {
        "district_code": found.district,
        "shared_with": found.shared_with,
        "rule": rule.id,
        "severity": severity,
        "severity_label": catalogue.load("problems")["severities"][severity],
        "title": found.title or rule.title,
        "evidence": rule.evidence.format(**found.words),
        "advice": rule.advice,
        "owner_level": found.owner_level or rule.owner_level,
        "due": period.end + timedelta(days=rule.due_days),
        "measure": rule.measure,
        "value": found.value,
        "unit": found.unit,
        "threshold": found.threshold,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "places": found.places,
        "rows": found.rows,
        "assumed": found.assumed,
        "rule_source": rule.source,
    }
