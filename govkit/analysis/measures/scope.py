"""What a number is taken over: tables, one period, a grouping level and an area (rural, urban or all); units above."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from govkit.catalogue.windows import window
from govkit.errors import UnknownNameError
from govkit.periods import Period
from govkit.provided import AREA_KINDS, BASE_KINDS, POOL, base_units

Tables = Mapping[str, pd.DataFrame]

# The grouping levels: a report unit, a community or village, or everything as one row named "zone".
LEVELS = ("district_code", "unit_code", "zone")


@dataclass(frozen=True)
class Scope:
    """Tables seen through one period, one grouping level and one area.

    ``by`` is one of LEVELS, ``area`` a key of AREA_KINDS, ``crs`` the zone's metric CRS (needed for grids only).
    """

    tables: Tables
    period: Period
    by: str = "district_code"
    area: str = "all"
    crs: Any = None

    def __post_init__(self) -> None:
        """Refuse a level or an area that does not exist."""
        for kind, value, valid in (("分组层级", self.by, LEVELS), ("范围", self.area, tuple(AREA_KINDS))):
            if value not in valid:
                raise UnknownNameError(kind, value, valid)

    def lacks(self, *names: str) -> bool:
        """Whether any of these tables is missing."""
        return any(name not in self.tables for name in names)

    @cached_property
    def communities(self) -> pd.DataFrame:
        """The communities and villages of the area, with the column ``group``.

        Where a zone is not told below a unit, that unit stands for them.
        """
        base = base_units(self.tables["units"])
        inside = np.full(len(base), True) if self.area == "all" else base["kind"].isin(BASE_KINDS[self.area])
        return self._grouped(base, np.asarray(inside, dtype=bool))

    @cached_property
    def concerned(self) -> pd.Index:
        """The groups that hold communities of the area: those a norm or a leaf of the area applies to."""
        return pd.Index(self.communities["group"].dropna().unique(), dtype="str")

    @cached_property
    def index(self) -> pd.Index:
        """The groups, in code order: every district, every community of whatever area, or ``zone``."""
        if self.by == "zone":
            return pd.Index(["zone"], name="zone", dtype="str")
        units = self.tables["units"]
        members = base_units(units) if self.by == "unit_code" else units
        codes = members[self.by].dropna().unique()
        return pd.Index(sorted(codes), name=self.by, dtype="str")

    @cached_property
    def _seen(self) -> dict[str, pd.DataFrame]:
        return {}

    def rows(self, name: str) -> pd.DataFrame:
        """Return the rows of a table in this period and area, with the column ``group`` (the key they count for).

        When a row counts is stated in tables.toml (``catalogue.windows``). Always a plain frame, whose shapes are a
        column like any other: slicing one costs half.
        """
        if name not in self._seen:
            self._seen[name] = self._rows(name)
        return self._seen[name]

    def _rows(self, name: str) -> pd.DataFrame:
        table = self.tables[name]
        keep, counts = np.full(len(table), True), window(name)
        for column in dict.fromkeys(("period", counts.period_by)):
            if column in table:
                named = table[column].isin([self.period.id, self.period.name])
                keep &= (named | (table[column].isna() if counts.undated else False)).to_numpy(dtype=bool)
        if counts.kind == "since" and counts.dated_by in table:
            # without a date it is there
            keep &= ~(table[counts.dated_by] >= self.day_after).to_numpy(dtype=bool)
        return self._grouped(table, keep & self._inside(table))

    def rows_up_to(self, name: str) -> pd.DataFrame:
        """Return all rows whose day lies before the period's end, as ``rows``; without a day they count as there."""
        table, counts = self.tables[name], window(name)
        if counts.dated_by not in table:
            return self.rows(name)
        keep = ~(table[counts.dated_by] >= self.day_after).to_numpy(dtype=bool)
        return self._grouped(table, keep & self._inside(table))

    def _inside(self, table: pd.DataFrame) -> np.ndarray:
        """Return which rows are of the area: of its communities, or of those of them that are not shown apart."""
        if self.area == "all":
            return np.full(len(table), True)
        inside = table["unit_code"].isin(self.communities["unit_code"]).to_numpy()
        return inside | table[POOL].eq(self.area).to_numpy(dtype=bool) if POOL in table else inside

    @property
    def day_after(self) -> pd.Timestamp:
        """Midnight after the period's last day: what is earlier lies in or before the period."""
        return pd.Timestamp(self.period.end) + pd.Timedelta(days=1)

    def per_group(self, values: pd.Series, *, fill: float | None = None) -> pd.Series:
        """Return ``values`` (indexed by group) on ``index``, as float, absent groups missing or ``fill``."""
        placed = values.reindex(self.index)
        return (placed if fill is None else placed.fillna(fill)).astype("float64")

    def _grouped(self, table: pd.DataFrame, keep: np.ndarray) -> pd.DataFrame:
        plain = pd.DataFrame(table)
        kept = plain if keep.all() else plain.loc[keep]
        return kept.assign(group="zone" if self.by == "zone" else kept[self.by])


def ratio(
    numerator: pd.Series,
    denominator: pd.Series,
    *,
    n: pd.Series | None = None,
    rows_missing: pd.Series | None = None,
) -> pd.DataFrame:
    """Return a measure's frame, all floats on the index both sides share; no denominator, or zero, gives no value.

    Columns: ``value``, ``numerator``, ``denominator``; ``n`` (rows counted in both), ``rows_missing`` (rows that lack a
    number and count in neither), ``completeness`` (n over both, 0–1, missing where there is no row at all).
    """
    top, bottom = (side.to_numpy(dtype="float64", na_value=np.nan) for side in (numerator, denominator))
    known = np.where(bottom > 0, bottom, np.nan)
    top = np.where(bottom > 0, top, np.nan)
    counted = pd.DataFrame({"value": top / known, "numerator": top, "denominator": known}, index=numerator.index)
    return counted.assign(**_completeness(counted.index, n, rows_missing))


def only_value(values: pd.Series, *, n: pd.Series | None = None, rows_missing: pd.Series | None = None) -> pd.DataFrame:
    """Return a measure's frame for a number that is no ratio: numerator and denominator are missing."""
    nothing = pd.Series(float("nan"), index=values.index)
    frame = pd.DataFrame({"value": values.astype("float64"), "numerator": nothing, "denominator": nothing})
    return frame.assign(**_completeness(values.index, n, rows_missing))


def _completeness(index: pd.Index, n: pd.Series | None, rows_missing: pd.Series | None) -> dict[str, np.ndarray]:
    unknown = np.full(len(index), np.nan)
    used, lost = (
        unknown if one is None else one.reindex(index).to_numpy(dtype="float64", na_value=np.nan)
        for one in (n, rows_missing)
    )
    whole = used + np.nan_to_num(lost)
    return {
        "n": used,
        "rows_missing": lost,
        "completeness": np.divide(used, whole, where=whole > 0, out=unknown.copy()),
    }


def nothing_known(index: pd.Index) -> pd.DataFrame:
    """Return a measure's frame with every value missing, for a table that is not there."""
    return only_value(pd.Series(float("nan"), index=index))


def units_above(units: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return for every unit code the codes from itself up to the top; a circle of parents ends where it closes."""
    parent = dict(zip(units["unit_code"], units["parent"], strict=True))
    return {code: _climb(code, parent) for code in parent}


def _climb(code: str, parent: dict[str, str]) -> tuple[str, ...]:
    path: list[str] = []
    while isinstance(code, str) and code in parent and code not in path:
        path.append(code)
        code = parent[code]
    return tuple(path)


def below_top(units: pd.DataFrame) -> dict[str, str]:
    """Return for each unit the one it belongs to on the level right below the top of ``units`` (the top: itself)."""
    return {code: path[-2] if len(path) > 1 else code for code, path in units_above(units).items()}


def below(
    units: pd.DataFrame, codes: pd.Series, *, parents: Collection[str] = (), except_parents: Collection[str] = ()
) -> pd.Series:
    """Return which ``codes`` lie below one of ``parents`` (names; none means everywhere) and not below the others."""
    name = dict(zip(units["unit_code"], units["name"], strict=True))
    above = {code: {name[one] for one in path[1:]} for code, path in units_above(units).items()}
    inside = codes.map(lambda code: not parents or not above.get(code, set()).isdisjoint(parents))
    outside = codes.map(lambda code: not above.get(code, set()).isdisjoint(except_parents))
    return (inside & ~outside).astype(bool)


def gathered(found: pd.DataFrame, above: pd.Series) -> pd.DataFrame:
    """Return a measure's frame by ``above`` (community code → code above it), index in code order.

    Ratios: numerators over denominators of all communities with both. Other measures have no value here: a median of
    medians is none.
    """
    rows = found[["numerator", "denominator"]].astype("float64").dropna()
    sums = rows.groupby(above.reindex(rows.index)).sum()
    value = sums["numerator"] / sums["denominator"].where(sums["denominator"] > 0)
    return sums.assign(value=value, n=sums["denominator"])[["value", "numerator", "denominator", "n"]]
