"""A whole zone: its tables, its districts as slices of them, and one hash a district."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from govkit.digests import digest, digests_of_groups
from govkit.errors import UnknownNameError
from govkit.zone.place import District, Place, Slices

# The digits of a 12-digit code that a level needs.
_CODE_DIGITS = {"city": 4, "county": 6, "street": 9, "community": 12, "compound": 12}


_NOWHERE = np.array([], dtype="intp")


@dataclass(frozen=True, repr=False)
class Zone(Place):
    """A whole experimental zone."""

    folder: Path

    @property
    def districts(self) -> pd.DataFrame:
        """The report units in code order: ``unit_code`` (12 digits), ``code`` (short), ``name``, ``kind``."""
        return self._report_units

    @cached_property
    def _report_units(self) -> pd.DataFrame:
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

    def district(self, district: str | int) -> District:
        """Return one district by code (short or 12 digits, as text or number) or by name.

        Raises UnknownNameError with the nearest names.
        """
        district = unicodedata.normalize("NFKC", str(district)).strip()
        if district not in self._named:
            known = self._report_units
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
        rows = self._report_units.to_dict("records")
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
        for row in self._report_units.to_dict("records"):
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
