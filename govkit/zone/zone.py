"""A whole zone: its tables, its districts as slices of them, and one hash a district."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from govkit import catalogue
from govkit.digests import digest, digests_of_groups
from govkit.errors import UnknownNameError
from govkit.zone.place import District, Place, word_of

# The digits of a 12-digit code that a level needs.
_CODE_DIGITS = {"province": 2, "city": 4, "county": 6, "street": 9, "community": 12, "compound": 12}


@dataclass(frozen=True, repr=False)
class Zone(Place):
    """A whole experimental zone."""

    folder: Path

    @property
    def word(self) -> str:
        """What the zone is by the name its own row of the units has, else by what lies above its report units."""
        units = self.tables["units"]
        own = units.loc[units["unit_code"].isin([self.code, self.code.ljust(12, "0")]), "name"]
        above = catalogue.load("levels")["whole"]["above"][self.settings.district_level]
        return word_of(str(own.iloc[0]) if len(own) else self.name, above)

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
        row = self._row_of(district)
        unit_code = row["unit_code"]
        tables = {
            name: table.loc[(table["district_code"] == unit_code).to_numpy()].reset_index(drop=True)
            for name, table in self.tables.items()
            if "district_code" in table
        }
        findings = self.findings.loc[(self._district_of_finding == unit_code).to_numpy()].reset_index(drop=True)
        return District(
            settings=self.settings,
            code=row["code"],
            name=row["name"],
            tables=tables,
            findings=findings,
            accounts=_accounts_of(self.accounts, tables, findings),
            unit_code=unit_code,
            kind=row["kind"],
            shape=self._shapes.get(unit_code),
        )

    def code_and_name(self, district: str | int) -> tuple[str, str]:
        """Return a district's short code and its name, found as ``district`` finds it."""
        row = self._row_of(district)
        return row["code"], row["name"]

    def _row_of(self, district: str | int) -> dict[str, Any]:
        district = unicodedata.normalize("NFKC", str(district)).strip()
        rows = self._report_units.to_dict("records")
        for name in ("code", "unit_code", "name"):
            for row in rows:
                if row[name] == district:
                    return row
        raise UnknownNameError("街道、乡镇或区县", district, [row[name] for name in ("name", "code") for row in rows])

    @property
    def _shapes(self) -> dict[str, BaseGeometry | None]:
        units = self.tables["units"].loc[lambda table: table["level"] == self.settings.district_level]
        return dict(zip(units["unit_code"], units["geometry"], strict=True)) if "geometry" in units else {}

    @property
    def _district_of_finding(self) -> pd.Series:
        units = self.tables["units"].drop_duplicates("unit_code").set_index("unit_code")
        return self.findings["unit_code"].map(units["district_code"])

    def digests_of_districts(self) -> dict[str, dict[str, str]]:
        """Return for each district, by its short code, a hash of each part of what ``district`` returns.

        Parts: ``rows/<table>`` for its rows of each table, ``name``, ``findings``, and what all districts share:
        ``settings``, ``judged_by`` (the zone's own standards and scheme by content) and ``accounts``. All are found in
        one go, without making a district.
        """
        nowhere = np.array([], dtype="intp")
        rows = {
            name: digests_of_groups(table, {"": nowhere, **table.groupby("district_code").indices})
            for name, table in self.tables.items()
            if "district_code" in table
        }
        places = self.findings.groupby(self._district_of_finding).indices
        findings = digests_of_groups(self.findings, {"": nowhere, **places})
        standards = [Path(name) for name in (*self.settings.standards, self.settings.scheme)]
        names = tuple(path.name for path in standards)  # the zone is the same in another place
        common = {
            "noted": digest({name: table.attrs for name, table in self.tables.items()}),
            "settings": digest(replace(self.settings, standards=names[:-1], scheme=names[-1], changes="")),
            "judged_by": digest([path.read_bytes() if path.is_file() else b"" for path in standards]),
            "accounts": digest(self.accounts[["table", "file", "sheet", "encoding", "datum", "vintage"]]),
        }
        return {
            row["code"]: {
                **common,
                "name": digest(row),
                "findings": findings.get(row["unit_code"], findings[""]),
                **{f"rows/{name}": found.get(row["unit_code"], found[""]) for name, found in rows.items()},
            }
            for row in self._report_units.to_dict("records")
        }

    @cached_property
    def outline(self) -> BaseGeometry | None:
        """The zone's polygon in EPSG:4490, None if it has no boundaries."""
        units = self.tables["units"]
        if "geometry" not in units:
            return None
        whole = units.loc[units["unit_code"].isin([self.code, self.code.ljust(12, "0")]), "geometry"]
        return whole.iloc[0] if len(whole) else units.geometry.union_all()


def _accounts_of(accounts: pd.DataFrame, tables: Mapping[str, pd.DataFrame], findings: pd.DataFrame) -> pd.DataFrame:
    """Return the row accounts of one district: its own rows, and a hash of those used instead of the file's.

    Rows that belong to no district (totals, notes, unknown units) are the zone's to account for: ``rows_left_out`` is
    missing, as are ``bytes``.
    """
    errors = findings.loc[findings["severity"] == "error"].drop_duplicates(["table", "file", "sheet", "row"])
    counted = Counter(errors["table"])
    names = list(accounts["table"])
    used = pd.array([len(tables[name]) if name in tables else None for name in names], dtype="Int64")
    aside = pd.array([counted[name] for name in names], dtype="Int64")
    unknown = pd.array([None] * len(names), dtype="Int64")
    # cells are counted of whole files
    of_files = [name for name in accounts if name.startswith(("cells", "columns", "unread"))]
    accounts = accounts.assign(**{name: pd.Series(None, accounts.index, accounts[name].dtype) for name in of_files})
    return accounts.assign(
        sha256=pd.array([_hash_of(tables[name]) if name in tables else None for name in names], dtype="str"),
        bytes=unknown,
        rows_read=used + aside,
        rows_used=used,
        rows_set_aside=aside,
        rows_left_out=unknown,
    )


def _hash_of(table: pd.DataFrame) -> str:
    return digests_of_groups(table, {"": np.arange(len(table))})[""]
