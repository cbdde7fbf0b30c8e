"""Measures of a zone as plain frames: the catalogue, one measure at a level, two periods side by side, by month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.intervals import change_interval, interval
from govkit.analysis.measures.measure import MeasureInfo, measure_info
from govkit.analysis.measures.measure import measures as measured
from govkit.analysis.score.scheme import load_scheme
from govkit.errors import GovkitError, UnknownNameError
from govkit.periods import Period
from govkit.research.levels import grouped, level_named, names_of
from govkit.zone.zone import Zone

COLUMNS = ("value", "numerator", "denominator", "n", "low", "high", "completeness")


def measures() -> pd.DataFrame:
    """Return the catalogue of measures as a frame indexed by name.

    Columns: ``label``, ``unit``, ``kind`` (rate, share, ratio, mean, median), ``direction`` (higher or lower is
    better), ``sampled`` (boolean: chance moves it), ``argument`` (what may stand behind a colon), ``definition``,
    ``source``, ``tables`` (those it needs, comma-separated).
    """
    columns = ["label", "unit", "kind", "direction", "sampled", "argument", "definition", "source", "tables"]
    infos = [measure_info(name) for name in catalogue.load("measures")]
    rows = [[", ".join(info.tables) if key == "tables" else getattr(info, key) for key in columns] for info in infos]
    return pd.DataFrame(rows, columns=columns, index=pd.Index([info.name for info in infos], name="measure"))


def as_texts(names: str | Iterable[str]) -> list[str]:
    """Return a list of names; one text is one name."""
    return [names] if isinstance(names, str) else [str(name) for name in names]


def measure_named(name: str) -> MeasureInfo:
    """Return what the catalogue says of a measure, asked for by name or by its Chinese label.

    Raises UnknownNameError with the nearest names and labels.

    >>> measure_named("居民满意度").name
    'satisfaction'
    """
    stem, colon, argument = str(name).partition(":")
    entries = catalogue.load("measures")
    labels = {entry["label"]: key for key, entry in entries.items()}
    if stem not in entries and stem not in labels:
        raise UnknownNameError("指标", stem, [*entries, *labels])
    return measure_info(labels.get(stem, stem) + colon + argument)


def measure(zone: Zone, name: str, *, by: str, period: Period, area: str) -> pd.DataFrame:
    """Return one measure at a level, as ``Zone.measure`` describes."""
    info = measure_named(name)
    tables, grouping = grouped(zone, by)
    found = measured([info.name], tables, period, by=grouping, area=area, crs=zone.metric_crs)[info.name]
    frame = _described(info, found)
    frame.insert(0, "name", names_of(zone, frame.index))
    frame.index.name = {"unit_code": "unit_code", "zone": "zone"}.get(grouping, _index_name(by))
    frame.attrs.update(measure=info.name, label=info.label, unit=info.unit, kind=info.kind, period=period.name)
    return frame


def _index_name(by: str) -> str:
    return "type" if level_named(by) == "type" else "unit_code"


def _described(info: MeasureInfo, found: pd.DataFrame) -> pd.DataFrame:
    """Return a measure's frame with all of COLUMNS; what the measure itself does not tell is made here or missing."""
    bounds = interval(found, info.evidence)
    made: dict[str, Any] = {"low": bounds["low"], "high": bounds["high"]}
    if info.kind == "rate":
        found = found.assign(n=found["denominator"])
    columns = {name: found[name] if name in found else made.get(name, np.nan) for name in COLUMNS}
    return pd.DataFrame(columns, index=found.index).astype("float64")


def compare(
    zone: Zone, before: Period, after: Period, *, names: str | Iterable[str], by: str, area: str
) -> pd.DataFrame:
    """Return measures in two periods side by side, as ``Zone.compare`` describes."""
    wanted = as_texts(names) or _of_scheme(zone)
    infos = [measure_named(name) for name in wanted]
    tables, grouping = grouped(zone, by)
    both = [
        measured([info.name for info in infos], tables, one, by=grouping, area=area, crs=zone.metric_crs)
        for one in (before, after)
    ]
    parts = {info.name: _side_by_side(info, both[0][info.name], both[1][info.name]) for info in infos}
    frame = pd.concat(parts, names=["measure", _index_name(by)])
    codes = frame.index.get_level_values(1)
    frame.insert(0, "name", names_of(zone, codes.unique()).reindex(codes).to_numpy())
    frame.insert(1, "label", [measure_info(name).label for name in frame.index.get_level_values(0)])
    return frame


def _of_scheme(zone: Zone) -> list[str]:
    """Return the measures of the zone's scheme, without a scheme those whose tables are there and need no argument."""
    if zone.settings.scheme:
        return list(dict.fromkeys(leaf.measure for leaf in load_scheme(zone.settings.scheme).leaves))
    every = catalogue.load("measures").items()
    return [name for name, entry in every if "argument" not in entry and not zone.lacks(*entry["tables"])]


def _side_by_side(info: MeasureInfo, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    before = before.reindex(after.index)
    found = change_interval(after, before, info.evidence)
    change, low, high = found["change"], found["low"], found["high"]
    return pd.DataFrame(
        {
            "before": before["value"],
            "after": after["value"],
            "change": change,
            "low": low,
            "high": high,
            "better": (info.sign * change > 0).astype("boolean").mask(change.isna() | change.eq(0)),
        }
    )


def monthly(zone: Zone, table: str, *, kind: str, by: str) -> pd.Series | pd.DataFrame:
    """Return how many rows of a table fall in each month, as ``Zone.monthly`` describes."""
    if table not in zone.tables:
        raise UnknownNameError("表", table, list(zone.tables))
    rows, dated_by = zone.tables[table], catalogue.load("tables")[table]["dated_by"]
    if not dated_by or dated_by not in rows or not pd.api.types.is_datetime64_any_dtype(rows[dated_by]):
        raise GovkitError(f"“{table}”没有逐日的日期，分不到月。", where=str(zone.folder))
    if kind and kind not in set(rows["kind"].dropna() if "kind" in rows else ()):
        raise UnknownNameError("类别", kind, list(rows["kind"].dropna().unique()) if "kind" in rows else [])
    rows = rows.loc[(rows["kind"] == kind) if kind else slice(None)]
    known = rows.dropna(subset=[dated_by])
    month = known[dated_by].dt.to_period("M")
    every = pd.period_range(month.min(), month.max(), freq="M") if len(known) else pd.PeriodIndex([], freq="M")
    if by:
        if by not in known:
            raise UnknownNameError("列", by, list(known.columns))
        return pd.crosstab(known[by], month).reindex(columns=every, fill_value=0)
    found = month.value_counts().reindex(every, fill_value=0).rename("rows")
    last = known[dated_by].max() if len(known) else None
    partly = last is not None and last.normalize() < every[-1].end_time.normalize()
    found.attrs.update(
        undated=len(rows) - len(known), last_day=None if last is None else str(last.date()), partly=partly
    )
    return found


def side_by_side(zone: Zone, names: Iterable[str], *, by: str, period: Period) -> pd.DataFrame:
    """Return units × measures, as ``Zone.side_by_side`` describes."""
    found = {name: measure(zone, name, by=by, period=period, area="all") for name in names}
    if not found:
        raise GovkitError("没有给出指标。", todo="名称见 zone.measures()。")
    table = pd.DataFrame({name: one["value"] for name, one in found.items()})
    table.insert(0, "name", pd.concat([one["name"] for one in found.values()]).groupby(level=0).first())
    return table
