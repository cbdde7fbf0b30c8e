"""What a zone and a district have in common, and a district: the same tidy tables, sliced."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import pandas as pd
from shapely.geometry.base import BaseGeometry

from govkit import catalogue
from govkit.errors import UnknownNameError
from govkit.front_matter import FrontMatter
from govkit.intake.units.code_systems import shown_code
from govkit.intake.values.personal import mask_file
from govkit.periods import Period
from govkit.zone.settings import ZoneSettings


def files_for_readers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return findings or accounts whose names of files and sheets tell no person."""
    names = [name for name in ("file", "sheet") if name in frame]
    masked = {name: frame[name].map(mask_file, na_action="ignore") for name in names}
    if "unread" in frame:
        sheet = r'(?<="sheet": ")[^"]*'
        masked["unread"] = frame["unread"].str.replace(sheet, lambda hit: mask_file(hit[0]), regex=True)
    return frame.assign(**masked)


def word_of(name: str, level: str) -> str:
    """Return what a unit of a level is by the end of its name (县, 市, 街道), a word within it, or its level."""
    words = catalogue.load("levels")["whole"]
    own = next((name.removesuffix(one) for one in words["pilots"] if name.endswith(one)), name)
    ending = next((one for one in words["endings"] if own.endswith(one)), "")
    patterns = () if len(ending) == 1 else words["within"].get(level, ())
    within = next((found[-1] for pattern in patterns if (found := re.findall(pattern, own))), "")
    return str(within or ending or words["level"][level])


@dataclass(frozen=True, repr=False)
class Place:
    """What a zone and a district have in common: a name, a code and tidy tables (see docs/architecture.md)."""

    settings: ZoneSettings
    code: str
    name: str
    tables: dict[str, pd.DataFrame]
    findings: pd.DataFrame
    accounts: pd.DataFrame

    @property
    def front(self) -> FrontMatter:
        """Issuer, classification, synthetic-data statement and the like."""
        return self.settings.front

    @property
    def shown_code(self) -> str:
        """The code as documents print it, "" for the inner one of a place abroad."""
        return shown_code(self.code)

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
        return any(name not in self.tables or self.tables[name].empty for name in tables)

    def __repr__(self) -> str:
        rows = sum(map(len, self.tables.values()))
        return f"<{type(self).__name__} {self.name} {self.code}: {len(self.tables)} tables, {rows:,} rows>"

    def _repr_html_(self) -> str:
        """Return what JupyterLab shows: name, periods, synthetic-data statement, and the rows of each table."""
        titles = {name: entry["title"] for name, entry in catalogue.load("tables").items()}
        rows = "".join(
            f"<tr><td>{html.escape(titles.get(name, ''))}</td><td><code>{html.escape(name)}</code></td>"
            f'<td style="text-align:right">{len(table):,}</td></tr>'
            for name, table in self.tables.items()
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

    ``tables`` holds its rows of every table of the zone that says which district a row belongs to; they are its own, so
    that a change made to them changes no other district. ``shape`` is its polygon in EPSG:4490, None if the zone has no
    boundaries. ``accounts`` are of its own rows: they change only if its own rows do. ``code``: its digits without the
    noughts behind; ``name`` and ``kind`` as in the table ``units``; ``settings`` and ``findings``: what zone.toml says,
    and the defects of its rows.
    """

    unit_code: str
    kind: str
    shape: BaseGeometry | None
