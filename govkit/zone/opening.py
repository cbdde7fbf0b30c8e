"""A zone folder opened: tidy tables, what was wrong with its files, and its districts as slices of the same tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from govkit import catalogue
from govkit.cache_folder import default_folder
from govkit.catalogue.windows import window
from govkit.digests import digest, digests_of_groups
from govkit.errors import UnknownNameError, ZoneError
from govkit.front_matter import FrontMatter
from govkit.intake import Source, read_zone_tables
from govkit.periods import Period
from govkit.zone.settings import ZoneSettings, read_zone_settings

# The digits of a 12-digit code that a level needs.
_CODE_DIGITS = {"city": 4, "county": 6, "street": 9, "community": 12, "compound": 12}

_NOWHERE = np.array([], dtype="intp")


class Slices(Mapping[str, pd.DataFrame]):
    """Some rows of each of several tables, taken out when they are first asked for."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], rows: Mapping[str, np.ndarray]) -> None:
        self._tables, self._rows, self._taken = tables, rows, dict[str, pd.DataFrame]()

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._taken:
            self._taken[name] = self._tables[name].take(self._rows[name]).reset_index(drop=True)
        return self._taken[name]

    def number_of_rows(self, name: str) -> int:
        """Return how many rows one of the tables has, without taking them out."""
        return len(self._rows[name])

    def __contains__(self, name: object) -> bool:
        return name in self._tables

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)


@dataclass(frozen=True)
class Place:
    """What a zone and a district have in common: a name, a code and tidy tables (see docs/architecture.md)."""

    settings: ZoneSettings
    code: str
    name: str
    tables: Mapping[str, pd.DataFrame]
    findings: pd.DataFrame
    accounts: pd.DataFrame

    @property
    def front(self) -> FrontMatter:
        """Issuer, classification, synthetic-data statement and the like."""
        return self.settings.front

    @property
    def metric_crs(self) -> str:
        """The CRS in which lengths and areas are measured."""
        return self.settings.metric_crs

    @property
    def unit_word(self) -> str:
        """What reports call the report units when they speak of several: 街道（镇）, 县（市、区）."""
        return str(catalogue.load("levels")["unit_word"][self.settings.district_level])

    def lacks(self, *tables: str) -> bool:
        """Whether any of these tables is missing or holds no row."""
        return any(name not in self.tables or not self._number_of_rows(name) for name in tables)

    def _number_of_rows(self, table: str) -> int:
        return len(self.tables[table])

    def period(self, period: str) -> Period:
        """Return the period with this id or name; UnknownNameError with the nearest ones otherwise."""
        for one in self.settings.periods:
            if period in (one.id, one.name):
                return one
        raise UnknownNameError("报告期", period, [one.id for one in self.settings.periods])

    def previous(self, period: str) -> Period | None:
        """Return the period before this one, None for the first."""
        position = self.settings.periods.index(self.period(period))
        return self.settings.periods[position - 1] if position else None


@dataclass(frozen=True)
class District(Place):
    """A report unit of a zone: a street or town in a county, a county in a city. ``unit_code`` has 12 digits.

    ``shape`` is its polygon in EPSG:4490, None if the zone has no boundaries. ``accounts`` are of its own rows, so that
    they change only if its own rows do. ``digests``: a hash of its rows of each table.
    """

    tables: Slices
    unit_code: str
    kind: str
    shape: BaseGeometry | None
    digests: Mapping[str, str]

    def _number_of_rows(self, table: str) -> int:
        return self.tables.number_of_rows(table)


@dataclass(frozen=True)
class Zone(Place):
    """A whole experimental zone."""

    folder: Path

    @cached_property
    def districts(self) -> pd.DataFrame:
        """The report units in code order: ``unit_code`` (12 digits), ``code`` (short), ``name``, ``kind``."""
        units = self.tables["units"]
        mine = units.loc[units["level"] == self.settings.district_level, ["unit_code", "name", "kind"]]
        mine = mine.sort_values("unit_code", ignore_index=True)
        return pd.DataFrame(
            {
                "unit_code": mine["unit_code"],
                "code": mine["unit_code"].str[: _CODE_DIGITS[self.settings.district_level]],
                "name": mine["name"],
                "kind": mine["kind"],
            }
        )

    def district(self, district: str) -> District:
        """Return one district by code (short or 12 digits) or by name.

        Raises UnknownNameError with the nearest names.
        """
        if district not in self._named:
            known = self.districts
            raise UnknownNameError("街道、乡镇或区县", district, [*known["name"], *known["code"]])
        found = self._named[district]
        unit_code = found["unit_code"]
        places = {name: self._places[name].get(unit_code, _NOWHERE) for name in self.tables}
        digests = self._digests_of(unit_code)
        findings = self.findings.take(self._found_in.get(unit_code, _NOWHERE)).reset_index(drop=True)
        return District(
            settings=self.settings,
            code=found["code"],
            name=found["name"],
            tables=Slices(self.tables, places),
            findings=findings,
            accounts=_accounts_of(self.accounts, places, digests, findings),
            unit_code=unit_code,
            kind=found["kind"],
            shape=self._shapes.get(unit_code),
            digests=digests,
        )

    @cached_property
    def _named(self) -> dict[str, dict[str, Any]]:
        """Each row of ``districts`` by every name it goes by; the first one where two share a name."""
        rows = self.districts.to_dict("records")
        return {row[name]: row for name in ("name", "unit_code", "code") for row in reversed(rows)}

    def digest_of_district(self, district: str) -> str:
        """Return a hash of all that ``district`` returns, without making it; KeyError if there is none."""
        return self._district_digests[self._named[district]["unit_code"]]

    def settle(self) -> None:
        """Find now what is found once and kept: the outline, and where the rows of every district stand."""
        _ = self._district_digests, self._shapes, self.outline

    @cached_property
    def _places(self) -> dict[str, dict[str, np.ndarray]]:
        """Where each district's rows stand in each table, found once for all districts."""
        return {name: table.groupby("district_code").indices for name, table in self.tables.items()}

    @cached_property
    def _shapes(self) -> dict[str, BaseGeometry | None]:
        units = self.tables["units"].loc[lambda table: table["level"] == self.settings.district_level]
        return dict(zip(units["unit_code"], units["geometry"], strict=True)) if "geometry" in units else {}

    @cached_property
    def _found_in(self) -> dict[str, np.ndarray]:
        """Where each district's findings stand: those about its units."""
        units = self.tables["units"].drop_duplicates("unit_code").set_index("unit_code")
        return self.findings.groupby(self.findings["unit_code"].map(units["district_code"])).indices

    @cached_property
    def _digests(self) -> dict[str, dict[str, str]]:
        """A hash of each district's rows in each table; at "" that of a district without any."""
        groups = {name: {"": _NOWHERE, **places} for name, places in self._places.items()}
        return {name: digests_of_groups(table, groups[name]) for name, table in self.tables.items()}

    def _digests_of(self, unit_code: str) -> dict[str, str]:
        return {name: known.get(unit_code, known[""]) for name, known in self._digests.items()}

    @cached_property
    def _district_digests(self) -> dict[str, str]:
        """A hash of each district by its 12 digits: its name and rows, its findings, and what all districts share."""
        findings = digests_of_groups(self.findings, {"": _NOWHERE, **self._found_in})
        common = digest([self.settings, self.accounts.drop(columns=list(_OWN_ACCOUNTS))])
        found = {}
        for row in self.districts.to_dict("records"):
            code = row["unit_code"]
            found[code] = digest([common, row, self._digests_of(code), findings.get(code, findings[""])])
        return found

    @cached_property
    def outline(self) -> BaseGeometry | None:
        """The zone's polygon in EPSG:4490, None if it has no boundaries."""
        units = self.tables["units"]
        if "geometry" not in units:
            return None
        whole = units.loc[units["unit_code"].isin([self.code, self.code.ljust(12, "0")]), "geometry"]
        return whole.iloc[0] if len(whole) else units.geometry.union_all()


# Zones a batch's server has opened for the notebooks it forks.
_kept: dict[Path, Zone] = {}


def keep_open(folder: Path, zone: Zone) -> None:
    """Have ``open_zone`` return ``zone`` for ``folder``, in this process and those forked from it."""
    _kept[folder.resolve()] = zone


def open_zone(folder: str | Path) -> Zone:
    """Open a zone folder: read every source that zone.toml names, check it, link it to districts and periods.

    Raises ZoneError (zone.toml) or SourceError (a file that cannot be used at all); bad rows are in ``findings``.
    """
    folder = Path(folder)
    if folder.resolve() in _kept:
        return _kept[folder.resolve()]
    if not folder.is_dir():
        raise _no_such_folder(folder)
    settings = read_zone_settings(folder)
    intake = read_zone_tables(
        folder,
        settings.sources,
        code=settings.code,
        metric_crs=settings.metric_crs,
        code_system=settings.code_system,
        code_vintage=settings.code_vintage,
        changes=settings.changes,
        cache=default_folder(),
    )
    if "units" not in intake.tables:
        raise ZoneError("zone.toml 里没有 [sources.units]：没有行政单元表，无法分出各街道、乡镇。")
    if not (intake.tables["units"]["level"] == settings.district_level).any():
        raise ZoneError(
            f"行政单元表里没有报告单元（层级为“{catalogue.label('level', settings.district_level)}”的行）。",
            where=settings.sources["units"].path,
            todo="请填写各街道、乡镇（或区县）；层级不对时，改 zone.toml 的 district_level。",
        )
    district_of = _district_of(intake.tables["units"], settings.district_level)
    tables, findings = {}, [intake.findings]
    for name, table in intake.tables.items():
        tables[name], outside = _linked(name, table, district_of, settings.periods)
        if outside:
            findings.append(_outside_finding(settings.sources[name], outside, settings.periods))
    return Zone(
        settings=settings,
        code=settings.code,
        name=settings.name,
        tables=tables,
        findings=pd.concat([one for one in findings if len(one)] or [intake.findings], ignore_index=True),
        accounts=intake.accounts,
        folder=folder,
    )


def zone_folders(root: Path) -> list[Path]:
    """Return the folders directly below ``root`` that hold a zone.toml, in name order."""
    return sorted(path.parent for path in root.glob("*/zone.toml"))


def _no_such_folder(folder: Path) -> UnknownNameError:
    roots = [root for root in (folder.parent, Path("data")) if root.is_dir()]
    known = dict.fromkeys(str(path) for root in roots for path in zone_folders(root))
    return UnknownNameError("分区文件夹", str(folder), known, todo="请核对路径；新建分区可用 `govkit new`。")


# What a district's row accounts say of its own rows; the rest is the zone's.
_OWN_ACCOUNTS = ("sha256", "bytes", "rows_read", "rows_used", "rows_set_aside", "rows_left_out")


def _accounts_of(
    accounts: pd.DataFrame, places: Mapping[str, np.ndarray], digests: Mapping[str, str], findings: pd.DataFrame
) -> pd.DataFrame:
    """Return the row accounts of one district: its own rows, and a hash of those used instead of the file's.

    Rows that belong to no district (totals, notes, unknown units) are the zone's to account for: ``rows_left_out`` is
    missing, as are ``bytes``.
    """
    errors = findings.loc[findings["severity"] == "error"].drop_duplicates(["table", "file", "sheet", "row"])
    counted = Counter(errors["table"])
    tables = list(accounts["table"])
    used = pd.array([len(places[name]) if name in places else None for name in tables], dtype="Int64")
    aside = pd.array([counted[name] for name in tables], dtype="Int64")
    unknown = pd.array([None] * len(tables), dtype="Int64")
    return accounts.assign(
        sha256=pd.array([digests.get(name) for name in tables], dtype="str"),
        bytes=unknown,
        rows_read=used + aside,
        rows_used=used,
        rows_set_aside=aside,
        rows_left_out=unknown,
    )


def _district_of(units: pd.DataFrame, level: str) -> pd.Series:
    """Map every unit code to the code of the district it lies in (NA for units above the districts)."""
    parent = dict(zip(units["unit_code"], units["parent"], strict=True))
    level_of = dict(zip(units["unit_code"], units["level"], strict=True))

    def climb(code: str) -> str | None:
        seen: set[str] = set()
        while isinstance(code, str) and code in level_of and code not in seen:
            if level_of[code] == level:
                return code
            seen.add(code)
            code = parent[code]
        return None

    return pd.Series({code: climb(code) for code in level_of}, dtype="str")


def _linked(
    name: str, table: pd.DataFrame, district_of: pd.Series, periods: tuple[Period, ...]
) -> tuple[pd.DataFrame, int]:
    """Return the table with ``district_code`` and ``period``, and how many rows lie outside every period."""
    table = table.assign(district_code=table["unit_code"].map(district_of).astype("str"))
    counts = window(name)
    if counts.kind == "within":
        table = table.assign(period=_period_of(table[counts.dated_by], periods))
    elif "period" in table:
        ids = {alias: period.id for period in periods for alias in (period.id, period.name)}
        named = table["period"]
        table = table.assign(period=named.map(ids).astype("str"))
        # A row that names no period counts in every one (an organisation that is simply there).
        return table, int((table["period"].isna() & named.notna()).sum())
    else:
        return table, 0
    return table, int(table["period"].isna().sum())


def _period_of(dates: pd.Series, periods: tuple[Period, ...]) -> pd.Series:
    found = pd.Series(pd.NA, index=dates.index, dtype="str")
    for period in periods:
        after_end = pd.Timestamp(period.end) + pd.Timedelta(days=1)
        found[(dates >= pd.Timestamp(period.start)) & (dates < after_end)] = period.id
    return found


def _outside_finding(source: Source, rows: int, periods: tuple[Period, ...]) -> pd.DataFrame:
    finding = {
        "severity": "note",
        "rule": "outside_periods",
        "table": source.table,
        "file": source.path,
        "reason": f"{rows} 行不属于 zone.toml 中的任何报告期，不参与计算",
        "todo": f"如应计入，请核对日期或报告期名称（现有：{'、'.join(period.id for period in periods)}）。",
    }
    return pd.DataFrame([finding])
