"""National yardsticks: what plans and standards of the state ask of any zone, beside the zone's own standard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from govkit.analysis.measures.coverage import GridAudit
from govkit.analysis.measures.measure import as_share, known_measure, measure_info, measure_scopes, measured
from govkit.analysis.measures.scope import AREA_KINDS, Tables
from govkit.analysis.standards.checked import (
    NUMBER,
    TABLES,
    TERM,
    Defects,
    check_term,
    numbered,
    place,
    term,
    without_term,
)
from govkit.catalogue.stated import loader
from govkit.errors import CatalogueError
from govkit.periods import ALWAYS, Period, Term

_KEYS = {
    "id": str,
    "label": str,
    "measure": str,
    "applies_to": str,
    "least": NUMBER,
    "most": NUMBER,
    "source": str,
    **TERM,
}
_INFINITE = float("inf")


@dataclass(frozen=True)
class Yardstick:
    """One demand: a measure over an area has to lie between ``least`` and ``most`` (infinite where there is none)."""

    id: str
    label: str
    measure: str
    source: str
    applies_to: str = "all"
    least: float = -_INFINITE
    most: float = _INFINITE
    term: Term = ALWAYS


@dataclass(frozen=True)
class Yardsticks:
    """A set of yardsticks from one catalogue file."""

    name: str
    title: str
    source: str
    yardsticks: tuple[Yardstick, ...]


def read_yardsticks(name: str, raw: Mapping[str, Any], *, where: str, text: str = "") -> Yardsticks:
    """Return the yardsticks a TOML file states; CatalogueError names every defect at once."""
    if raw.get("type") != "yardsticks":
        raise CatalogueError(f'{name} 不是国家尺度文件（缺少 type = "yardsticks"）', where=where, todo="请补上 type。")
    defects = Defects(where, text)
    top = {"type": str, "title": str, "source": str, "yardsticks": TABLES, **TERM}
    check_term(defects, "顶层", raw)
    defects.keys(raw, "顶层", top, ("title", "source", "yardsticks"))
    for number, entry in numbered(raw, "yardsticks"):
        _check(defects, place("yardsticks", number, entry), entry)
    defects.repeated([entry.get("id") for _, entry in numbered(raw, "yardsticks")], "[[yardsticks]]", "id")
    defects.stop_if_any(todo="按 docs/new-zone.md 中指标上下限的写法改正后重试。")
    entries = tuple(Yardstick(**without_term(one), term=term(one, term(raw))) for one in raw["yardsticks"])
    return Yardsticks(name=name, title=raw["title"], source=raw["source"], yardsticks=entries)


load_yardsticks = loader("standards", read_yardsticks)


def _check(defects: Defects, where: str, entry: Mapping[str, Any]) -> None:
    if not defects.keys(entry, where, _KEYS, ("id", "label", "measure", "source")):
        return
    check_term(defects, where, entry)
    defects.choice(entry.get("applies_to", "all"), where, "applies_to", AREA_KINDS)
    if not {"least", "most"} & set(entry):
        defects.add(where, "缺少 least 或 most（至少一个）")
    elif entry.get("least", -_INFINITE) > entry.get("most", _INFINITE):
        defects.add(where, f"least {entry['least']!r} 大于 most {entry['most']!r}")
    known_measure(defects, where, entry.get("measure"))


def against_yardsticks(
    tables: Tables,
    sets: Iterable[Yardsticks],
    period: Period,
    *,
    by: str = "district_code",
    crs: Any = None,
    audit: GridAudit | None = None,
    look_back: bool = False,
) -> pd.DataFrame:
    """Return a row per unit and yardstick that applies to it and is in force in the period, in file order.

    ``look_back`` takes in its place those that are not yet, or no longer, in force: to be shown apart, as a look from
    another time.

    Columns: the unit (named as ``by``), ``yardstick``, ``label``, ``value``, ``least``, ``most``, ``unit``, ``kind``,
    ``met`` (boolean, missing where the value is), ``numerator``, ``denominator``, ``source``, ``term`` (Chinese). A
    unit without communities of the area has no row. Grid measures need the metric ``crs``, or the ``audit`` made.
    """
    wanted = [one for each in sets for one in each.yardsticks if one.term.covers(period) is not look_back]
    if not wanted:
        return pd.DataFrame()
    scopes = measure_scopes([one.measure for one in wanted], tables, period, by=by, crs=crs, audit=audit)
    parts = []
    for one in wanted:
        found = as_share(one.measure, measured(one.measure, scopes[one.applies_to]), one.least, one.most)
        parts.append(found.loc[found.index.isin(scopes[one.applies_to].concerned)])
    rows = pd.concat(parts).reset_index()
    stated = _stated(wanted).loc[np.repeat(np.arange(len(wanted)), [len(part) for part in parts])]
    value, least, most = rows["value"].to_numpy(), stated["least"].to_numpy(), stated["most"].to_numpy()
    met = pd.arrays.BooleanArray(~(value < least) & ~(value > most), np.isnan(value))
    return rows.assign(**{name: column.array for name, column in stated.items()}, met=met)


def _stated(yardsticks: Iterable[Yardstick]) -> pd.DataFrame:
    """Return what is stated of each yardstick, a bound missing where there is none."""
    infos = [(one, measure_info(one.measure)) for one in yardsticks]
    return pd.DataFrame(
        [
            {
                "yardstick": one.id,
                "label": one.label,
                "least": one.least if one.least > -_INFINITE else float("nan"),
                "most": one.most if one.most < _INFINITE else float("nan"),
                "unit": info.unit,
                "kind": info.kind,
                "source": one.source,
                "term": str(one.term),
            }
            for one, info in infos
        ]
    )
