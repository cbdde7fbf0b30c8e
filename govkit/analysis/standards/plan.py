"""A plan by steps: what was to be reached by when, what is, and what is late."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.measure import as_share, known_measure, measure, measure_info
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
)
from govkit.catalogue.stated import loader
from govkit.periods import ALWAYS, Period, Term
from govkit.provided import may_have_more

_KEYS = {
    "id": str, "label": str, "due": dt.date, "list": str, "item": str, "measure": str, "least": NUMBER,
    "least_share": NUMBER, "applies_to": TEXTS, "parents": TEXTS, "except_parents": TEXTS,
}  # fmt: skip
_COLUMNS = [
    "step",
    "label",
    "due",
    "units",
    "planned",
    "actual",
    "gap",
    "unit",
    "kind",
    "rate",
    "state",
    "word",
    "days",
]


@dataclass(frozen=True)
class Step:
    """By ``due``, so many communities meet ``item`` of a checklist, or a measure over them reaches ``least``.

    ``least`` counts communities (or is the measure's value), ``least_share`` is their share (0–1). ``parents`` and
    ``except_parents`` name units above them, at whatever level.
    """

    id: str
    label: str
    due: dt.date
    list: str = ""
    item: str = ""
    measure: str = ""
    least: float | None = None
    least_share: float | None = None
    applies_to: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    except_parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The steps of one file."""

    name: str
    title: str
    source: str
    steps: tuple[Step, ...]
    term: Term = ALWAYS


def read_plan(name: str, raw: Mapping[str, Any], *, where: str, text: str = "") -> Plan:
    """Return the plan a TOML file states (``type = "plan"``); CatalogueError names every defect at once."""
    check_type(name, raw, "plan", where)
    defects = Defects(where, text)
    top = {"type": str, "title": str, "source": str, "steps": TABLES, **TERM}
    defects.keys(raw, "顶层", top, ("title", "source", "steps"))
    check_term(defects, "顶层", raw)
    for number, entry in numbered(raw, "steps"):
        _check(defects, place("steps", number, entry), entry)
    defects.repeated([entry.get("id") for _, entry in numbered(raw, "steps")], "[[steps]]", "id")
    defects.stop_if_any(todo="按 docs/new-zone.md 中分步计划的写法改正后重试。")
    return Plan(name, raw["title"], raw["source"], tuple(_step(entry) for entry in raw["steps"]), term(raw))


load_plan = loader("standards", read_plan)


def _check(defects: Defects, where: str, entry: Mapping[str, Any]) -> None:
    if not defects.keys(entry, where, _KEYS, ("id", "label", "due")):
        return
    for kind in entry.get("applies_to", []):
        defects.choice(kind, where, "applies_to", AREA_KINDS["all"])
    listed = bool(entry.get("list") and entry.get("item"))
    if listed == bool(entry.get("measure")):
        defects.add(where, "list 加 item（清单与清单项）同 measure（指标）须写且只写一种")
    if ("least" in entry) == ("least_share" in entry):
        defects.add(where, "least（个数或指标值）与 least_share（占比）须写且只写一个")
    share = entry.get("least_share")
    if is_number(share) and not 0 < share <= 1:
        defects.add(where, f"least_share 应大于 0、不大于 1，现在是 {share!r}")
    if "measure" in entry and "least_share" in entry:
        defects.add(where, "least_share 只用于清单项；指标请写 least")
    known_measure(defects, where, entry.get("measure"))


def _step(entry: Mapping[str, Any]) -> Step:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return Step(**{**entry, **lists})


def plan_steps(tables: Tables, plan: Plan, period: Period, *, crs: Any = None) -> pd.DataFrame:
    """Return a row per step, in file order: planned against actual at the period's end; none where not in force.

    Columns: ``step`` (id), ``label``, ``due``, ``units`` (communities in its scope), ``planned``, ``actual`` (missing
    without a checklist or a value in the period), ``gap`` (what is lacking, 0 if nothing), ``unit`` and ``kind`` (of
    the numbers: ``integer`` for communities, else the measure's), ``rate`` (actual / planned), ``state`` (``done``,
    ``missed``, ``not_due``; missing where the actual is), ``word`` (its Chinese), ``days`` overdue at the period's end
    (missing unless missed). Grid measures need the metric ``crs``.
    """
    rows = [_row(tables, step, period, crs) for step in plan.steps if plan.term.covers(period)]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.astype({"units": "Int64", "days": "Int64"}).assign(due=pd.to_datetime(frame["due"]))


def _row(tables: Tables, step: Step, period: Period, crs: Any) -> dict[str, Any]:
    communities = Scope(tables, period, by="unit_code").communities
    bound = communities["kind"].isin(step.applies_to) if step.applies_to else communities["level"].eq("community")
    codes = communities.loc[bound, "unit_code"]
    here = codes.loc[below(tables["units"], codes, parents=step.parents, except_parents=step.except_parents)]
    planned = step.least if step.least is not None else math.ceil((step.least_share or 0.0) * len(here) - 1e-9)
    info = measure_info(step.measure) if step.measure else None
    actual, unknown = (
        (_measured(tables, step, period, here, crs), False) if info else _listed(tables, step, period, here)
    )
    sign = info.sign if info else 1
    reached = None if actual is None else (actual - planned) * sign >= -1e-9
    # What a short list does not say may well be there.
    actual, reached = (None, None) if unknown and not reached else (actual, reached)
    late = step.due <= period.end
    state = None if reached is None else "done" if reached else "missed" if late else "not_due"
    return {
        "step": step.id,
        "label": step.label,
        "due": step.due,
        "units": len(here),
        "planned": float(planned),
        "actual": actual,
        "gap": None if actual is None else max((planned - actual) * sign, 0.0),
        "unit": info.unit if info else "个",
        "kind": info.kind if info else "integer",
        "rate": actual / planned if actual is not None and planned else None,
        "state": state,
        "word": catalogue.label("plan_state", state),
        "days": (period.end - step.due).days if state == "missed" else pd.NA,
    }


def _listed(tables: Tables, step: Step, period: Period, here: pd.Series) -> tuple[float | None, bool]:
    """Return how many communities meet the checklist item in the period, None where the list says nothing of it.

    And whether there may be more: communities of which the list does not say yes or no.
    """
    if "checklist" not in tables:
        return None, True
    rows = Scope(tables, period, by="unit_code").rows("checklist")
    rows = rows.loc[rows["list"].eq(step.list) & rows["item"].eq(step.item)]
    if rows.empty:
        return None, True
    rows = rows.loc[rows["unit_code"].isin(here)]
    more = may_have_more(tables["checklist"], "checklist", period, here)
    silent = bool((more & ~here.isin(rows["unit_code"])).any())
    met = rows["met"].fillna(False).astype(bool)
    return float(rows.loc[met, "unit_code"].nunique()), silent or bool(rows["met"].isna().any())


def _measured(tables: Tables, step: Step, period: Period, here: pd.Series, crs: Any) -> float | None:
    """Return the measure over the communities of the step, None where it has no value."""
    partial = step.parents or step.except_parents or step.applies_to
    kept = {name: table.loc[table["unit_code"].isin(here)] for name, table in tables.items()} if partial else tables
    found = as_share(step.measure, measure(step.measure, kept, period, by="zone", crs=crs), step.least)["value"]
    return None if found.isna().all() else float(found.iloc[0])
