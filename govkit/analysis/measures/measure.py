"""Named measures: one number per unit, with what it is made of; labels and definitions are in measures.toml."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers import ratings
from govkit.analysis.measures import coverage, services
from govkit.analysis.measures.functions import MEASURES, MeasureScope
from govkit.analysis.measures.scope import AREA_KINDS, Tables, nothing_known
from govkit.analysis.standards import attainment as standards
from govkit.analysis.standards.checked import Defects
from govkit.errors import CatalogueError, GovkitError, UnknownNameError
from govkit.periods import Period
from govkit.provided import lacking

# Measures made of the grid audit.
_OF_AUDIT = {"sound_grids", "uncovered_share"}
# Measures whose argument is a service line.
SERVICE_MEASURES = ("needs_met_inside", "service_settled", "handling_hours")


@dataclass(frozen=True)
class MeasureInfo:
    """What a measure is called, counted in, made of, and which way is better (``higher`` or ``lower``).

    ``evidence``: ``census`` (counted in full), ``sample`` (answers of some, or matters that happened to come up),
    ``rating`` (scores given) or ``model``. ``needs``: tables and columns without which it is not provided;
    ``completeness``: the share of rows below which a value is only shown; ``assumes``: columns it can do without, with
    what is then taken for granted.
    """

    name: str
    label: str
    unit: str
    kind: str
    direction: str
    definition: str
    source: str
    tables: tuple[str, ...]
    argument: str = ""
    evidence: str = "census"
    needs: tuple[str, ...] = ()
    completeness: float = 0.0
    assumes: tuple[tuple[str, str], ...] = ()

    @property
    def sampled(self) -> bool:
        """Whether chance moves the number, so that it has an interval."""
        return self.evidence in ("sample", "rating")

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is."""
        return 1 if self.direction == "higher" else -1


def measure_info(name: str) -> MeasureInfo:
    """Return what the catalogue says of a measure (``name`` or ``name:argument``).

    Raises UnknownNameError with the nearest names.

    >>> measure_info("checklist_rate:五个覆盖").label
    '“五个覆盖”落实率'

    A statistic that is no share states its unit behind a bar.

    >>> measure_info("statistic:平均跑动次数|次").unit
    '次'
    """
    stem, _, argument = name.partition(":")
    entries = catalogue.load("measures")
    if stem not in entries:
        raise UnknownNameError("指标", stem, entries)
    entry = dict(entries[stem])
    entry["label"] = _argued_label(stem, argument) or entry["label"]
    entry.setdefault("completeness", float(catalogue.load("analysis")["completeness"]["least"]))
    lists = {key: tuple(entry.get(key, ())) for key in ("tables", "needs")}
    lists["assumes"] = tuple(entry.get("assumes", {}).items())
    if stem == "statistic" and "|" in argument:  # no share: its values stand for themselves
        entry["unit"], lists["assumes"] = argument.partition("|")[2], ()
    return MeasureInfo(name=name, **{**entry, **lists})


def _argued_label(stem: str, argument: str) -> str:
    if not argument:
        return ""
    lines = catalogue.load("analysis")["services"]["lines"]
    known = catalogue.load("measures")[stem]["label"]
    if stem == "checklist_rate":
        return f"“{argument}”落实率"
    if stem == "statistic":
        return argument.partition("|")[0]
    if stem == "rating":
        return f"{catalogue.label('rater_kind', argument)}：{known}"
    if stem not in SERVICE_MEASURES or argument == "errands":
        return ""
    return f"{lines[argument]['label'] if argument in lines else argument}：{known}"


def measure(
    name: str,
    tables: Tables,
    period: Period,
    *,
    by: str = "district_code",
    area: str = "all",
    crs: Any = None,
    audit: coverage.GridAudit | None = None,
) -> pd.DataFrame:
    """Return a measure for every unit: ``value``, ``numerator``, ``denominator`` (missing where it is no ratio), ``n``,
    ``rows_missing``, ``completeness`` (see ``scope.ratio``).

    ``by`` is ``district_code``, ``unit_code`` or ``zone``; ``area`` takes in ``all``, ``rural`` or ``urban``
    communities. Rates are fractions 0–1. A missing table or column gives missing values. Grid measures need the metric
    ``crs``, or the ``audit`` already made. Raises UnknownNameError for a name that does not exist.

    >>> sorted(measure("settled_rate", {}, Period("p", "p", None, None)).columns)
    ['completeness', 'denominator', 'n', 'numerator', 'rows_missing', 'value']
    """
    return measures([name], tables, period, by=by, area=area, crs=crs, audit=audit)[name]


def measures(
    names: Iterable[str],
    tables: Tables,
    period: Period,
    *,
    by: str = "district_code",
    area: str = "all",
    crs: Any = None,
    audit: coverage.GridAudit | None = None,
) -> dict[str, pd.DataFrame]:
    """Return several measures by name, the grid audit made once and the rows of each table found once."""
    names = list(names)
    audit = _audit(names, tables, crs) if audit is None else audit
    scope = MeasureScope(tables, period, by=by, area=area, crs=crs, audit=audit)
    return {name: measured(name, scope) for name in names}


def measure_scopes(
    names: Iterable[str],
    tables: Tables,
    period: Period,
    *,
    by: str = "district_code",
    crs: Any = None,
    audit: coverage.GridAudit | None = None,
) -> dict[str, MeasureScope]:
    """Return a scope for every area, to take measures over (``measured``); the grid audit is made if one needs it."""
    audit = _audit(names, tables, crs) if audit is None else audit
    return {area: MeasureScope(tables, period, by=by, area=area, crs=crs, audit=audit) for area in AREA_KINDS}


def measured(name: str, scope: MeasureScope) -> pd.DataFrame:
    """Return a measure over a scope, as ``measure`` does: each is found once for a scope, as are its rows."""
    if name not in scope.found:
        scope.found[name] = _measured(name, scope)
    return scope.found[name]


def _measured(name: str, scope: MeasureScope) -> pd.DataFrame:
    info = measure_info(name)
    if scope.lacks("units"):
        return nothing_known(pd.Index([], name=scope.by, dtype="str"))
    if not_provided(info, scope.tables):
        return nothing_known(scope.index)
    stem, _, argument = name.partition(":")
    return MEASURES[stem](scope, argument)


def not_provided(info: MeasureInfo, tables: Tables) -> tuple[str, ...]:
    """Return in Chinese which tables and columns that a measure rests on were not provided at all."""
    return lacking([*info.tables, *info.needs], tables)


def assumption(info: MeasureInfo, tables: Tables) -> str:
    """Return in Chinese what was taken for granted in place of columns that were not provided, "" for nothing."""
    told = [(lacking([need], tables), how) for need, how in info.assumes if need.partition(".")[0] in tables]
    return "；".join(f"因未提供{'、'.join(names)}，{how}" for names, how in told if names)


def as_share(name: str, found: pd.DataFrame, *goals: float | None) -> pd.DataFrame:
    """Return a measure's frame, missing where it cannot be held against its ``goals`` (None, infinite: not stated).

    A statistic without a base is the sum of its values; above 1 these are not the shares that goals of 0–1 ask for.
    """
    stated = [abs(goal) for goal in goals if goal is not None and isfinite(goal)]
    if not name.startswith("statistic:") or "|" in name or max(stated, default=2) > 1:
        return found
    bare = found["denominator"].isna() & found["value"].notna()
    return found.where(~bare) if (found.loc[bare, "value"] > 1).any() else found


def enough(info: MeasureInfo, found: pd.DataFrame) -> pd.Series:
    """Return which values of a measure's frame rest on enough rows to be judged; one whose rows are not told does."""
    if "completeness" not in found:
        return pd.Series(True, index=found.index)
    return ~(found["completeness"] < info.completeness)


def _audit(names: Iterable[str], tables: Tables, crs: Any) -> coverage.GridAudit | None:
    return None if _OF_AUDIT.isdisjoint(names) else coverage.audit(tables, crs=crs)


def check_measure(name: str) -> None:
    """Raise UnknownNameError unless the measure, and the standard or kind of raters its argument names, exist."""
    stem, _, argument = measure_info(name).name.partition(":")
    if stem.startswith("standard_"):
        standards.load_standard(argument)
    elif stem == "rating" and argument:
        ratings.check_rater_kind(argument)
    elif stem in SERVICE_MEASURES:
        services.check_line(argument)


def known_measure(defects: Defects, where: str, name: Any) -> MeasureInfo | None:
    """Return a measure that an entry of a catalogue file names; note a defect and return None for what is none."""
    if not isinstance(name, str):
        return None
    try:
        check_measure(name)
    except CatalogueError as error:
        defects.add(where, f"measure 用到的标准文件有错误，请先改正那个文件：{error.where}")
    except GovkitError as error:
        defects.add(where, f"measure：{error.what}")
    else:
        return measure_info(name)
    return None
