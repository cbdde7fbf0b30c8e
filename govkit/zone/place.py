"""What a zone and a district have in common, and a district: the same tidy tables, sliced."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from govkit import catalogue
from govkit.errors import UnknownNameError
from govkit.front_matter import FrontMatter
from govkit.periods import Period
from govkit.zone.settings import ZoneSettings


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


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        rows = sum(self._number_of_rows(name) for name in self.tables)
        return f"<{type(self).__name__} {self.name} {self.code}: {len(self.tables)} tables, {rows:,} rows>"

    def _repr_html_(self) -> str:
        """Return what JupyterLab shows: name, periods, synthetic-data statement, and the rows of each table."""
        titles = {name: entry["title"] for name, entry in catalogue.load("tables").items()}
        rows = "".join(
            f"<tr><td>{html.escape(titles.get(name, ''))}</td><td><code>{html.escape(name)}</code></td>"
            f'<td style="text-align:right">{self._number_of_rows(name):,}</td></tr>'
            for name in self.tables
        )
        periods = "、".join(f"{one.id}（{one.name}）" for one in self.settings.periods)
        lines = [f"报告期：{periods}", f"检查发现 {len(self.findings)} 处", self.front.synthetic]
        said = "".join(f"<p>{html.escape(line)}</p>" for line in lines if line)
        head = "<tr><th>表</th><th>名称</th><th>行数</th></tr>"
        return f"<h4>{html.escape(self.name)}（{self.code}）</h4>{said}<table>{head}{rows}</table>"

    def period(self, period: str | Period) -> Period:
        """Return the period with this id or name; UnknownNameError with the nearest ones otherwise."""
        if isinstance(period, Period):
            return period
        for one in self.settings.periods:
            if str(period) in (one.id, one.name):
                return one
        raise UnknownNameError("报告期", str(period), [one.id for one in self.settings.periods])

    def previous(self, period: str | Period) -> Period | None:
        """Return the period before this one, None for the first."""
        position = self.settings.periods.index(self.period(period))
        return self.settings.periods[position - 1] if position else None


@dataclass(frozen=True, repr=False)
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
