"""What every section is made of: a district or a whole zone, its part of the shared numbers, a period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import geopandas as gpd
import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.coverage import GridAudit
from govkit.analysis.measures.functions import MeasureScope
from govkit.analysis.measures.measure import measured
from govkit.analysis.score.assess import Assessment
from govkit.analysis.standards import attainment
from govkit.analysis.standards.judged_by import JudgedBy, judged_by
from govkit.analysis.standards.standard_file import Standard
from govkit.display.charts import Format, bars
from govkit.display.charts.drawing import word
from govkit.display.front import NO_MAP, Absent, map_setting
from govkit.display.maps import kinds
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.tables.table import Table, report_table
from govkit.periods import Period
from govkit.provided import base_level, base_units
from govkit.sections.shared import Part, Shared
from govkit.zone.place import District
from govkit.zone.zone import Zone

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def once(find: Callable[Concatenate[Inputs, Asked], Answer]) -> Callable[Concatenate[Inputs, Asked], Answer]:
    """Have what a function says of a report's inputs found once a report, for every section that asks.

    Its further arguments are hashable, and who gets the answer changes nothing in it.
    """

    @wraps(find)
    def found(inputs: Inputs, *asked: Asked.args, **options: Asked.kwargs) -> Answer:
        key = (find, asked, *sorted(options.items()))
        if key not in inputs.found:
            inputs.found[key] = find(inputs, *asked, **options)
        return inputs.found[key]

    return found


@dataclass(frozen=True, eq=False)
class Inputs:
    """The values sections are made of: ``common`` is a district's ``Part``, or ``Shared`` for a whole zone.

    Sections speak of a whole (the district, the zone) and of its members (communities, districts).
    """

    place: District | Zone
    common: Part | Shared
    # What ``once`` has found.
    found: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def part(self) -> Part:
        """The shared numbers of a district."""
        if not isinstance(self.common, Part):
            raise TypeError("a whole zone has no part of the shared numbers")
        return self.common

    @property
    def shared(self) -> Shared:
        """The shared numbers of a whole zone."""
        if not isinstance(self.common, Shared):
            raise TypeError("one district knows nothing of the others")
        return self.common

    @property
    def audit(self) -> GridAudit:
        """Gaps and overlaps of the grids; asked for only where there are grids."""
        if self.common.audit is None:
            raise TypeError("no grids, no audit")
        return self.common.audit

    @property
    def current(self) -> Assessment:
        """The assessment of this period; asked for only where there is a scheme."""
        if self.common.current is None:
            raise TypeError("no scheme, no assessment")
        return self.common.current

    @property
    def now(self) -> Period:
        """The period reported."""
        return self.common.period

    @property
    def before(self) -> Period | None:
        """The period before it, None for the first."""
        return self.common.before

    @property
    def is_zone(self) -> bool:
        """Whether the whole is a zone."""
        return isinstance(self.place, Zone)

    @property
    def tables(self) -> Any:
        """The tidy tables of the whole."""
        return self.place.tables

    @property
    def crs(self) -> str:
        """The CRS in which lengths and areas are measured."""
        return self.place.metric_crs

    @property
    def units(self) -> gpd.GeoDataFrame:
        """The administrative units of the whole, all levels."""
        return self.place.tables["units"]

    @cached_property
    def communities(self) -> gpd.GeoDataFrame:
        """The communities and villages; where a zone or district is not told below a unit, that unit."""
        return base_units(self.units)

    @property
    def has_communities(self) -> bool:
        """Whether the zone is told below its districts."""
        return base_level(self.units) != self.place.settings.district_level

    @cached_property
    def members(self) -> gpd.GeoDataFrame:
        """The communities of a district, the districts of a zone."""
        if isinstance(self.place, District):
            return self.communities
        return self.units.loc[self.units["unit_code"].isin(self.place.districts["unit_code"])]

    @cached_property
    def names(self) -> pd.Series:
        """The names of all units by code."""
        return self.units.drop_duplicates("unit_code").set_index("unit_code")["name"]

    @property
    def by_member(self) -> str:
        """How measures are grouped for the members."""
        return "district_code" if self.is_zone else "unit_code"

    @property
    def by_whole(self) -> str:
        """How measures are grouped for the whole."""
        return "zone" if self.is_zone else "district_code"

    @property
    def whole(self) -> str:
        """The row of the whole in what is grouped by ``by_whole``."""
        return "zone" if isinstance(self.place, Zone) else self.place.unit_code

    @property
    def member_word(self) -> str | None:
        """What a table calls its rows, None where they are communities."""
        return self.place.unit_word if self.is_zone else None

    @property
    def name(self) -> str:
        """What sentences call the whole: 群力街道, 全区, 全县."""
        return f"全{self.common.zone_word}" if self.is_zone else self.place.name

    @property
    def prefix(self) -> str:
        """What stands before a title: the district's name, nothing for a zone."""
        return "" if self.is_zone else self.place.name

    @cached_property
    def stated(self) -> JudgedBy:
        """The standards, norms, plans and the scheme that zone.toml names."""
        return judged_by(self.place.settings.standards, self.place.settings.scheme)

    @cached_property
    def judged(self) -> JudgedBy:
        """What the zone is judged by in this period: of facility standards and targets those in force."""
        standards = tuple(one for one in self.stated.standards if one.term.covers(self.now))
        return replace(self.stated, standards=standards, targets=tuple(one.at(self.now) for one in self.stated.targets))

    @cached_property
    def targets(self) -> dict[str, float]:
        """What the zone set itself to reach, by measure: nothing where it set nothing."""
        return {one.measure: one.bound for own in self.judged.targets for one in own.targets if one.measure}

    @cached_property
    def problems(self) -> pd.DataFrame:
        """The problems found in this period with what became of them since they were raised (``with_history``)."""
        return self.common.problems

    @once
    def scope(self, period: Period, by: str, area: str = "all") -> MeasureScope:
        """Return what measures of a period are taken over; the rows of each table are found once."""
        return MeasureScope(self.tables, period, by=by, area=area, crs=self.crs, audit=self.common.audit)

    @once
    def measure(self, name: str, period: Period, by: str, area: str = "all") -> pd.DataFrame:
        """Return a measure (``measures.measure``)."""
        return measured(name, self.scope(period, by, area))

    @once
    def attained(self, standard: Standard, period: Period) -> pd.DataFrame:
        """Return who has which item of a facility standard (``attainment.attainment``)."""
        return attainment.attainment(self.tables, standard, period)

    @once
    def met(self, standard: Standard, period: Period) -> pd.DataFrame:
        """Return who meets a facility standard (``attainment.summary``)."""
        return attainment.summary(self.tables, standard, period, rows=self.attained(standard, period))

    def lacks(self, *tables: str) -> bool:
        """Whether any of these tables is missing or holds no row."""
        return self.place.lacks(*tables)

    @property
    def mapped(self) -> bool:
        """Whether the whole has boundaries to draw."""
        return (self.place.shape if isinstance(self.place, District) else self.place.outline) is not None

    @cached_property
    def setting(self) -> kinds.Setting:
        """What the maps of this report share."""
        place, on = self.place, self.now.end
        if isinstance(place, Zone):
            made = map_setting(place.front, crs=self.crs, on=on, outline=place.outline)
            return replace(made, above=self.members)
        zone, subject = self.common.outline, place.unit_code
        made = map_setting(place.front, crs=self.crs, on=on, outline=place.shape, zone=zone, subject=subject)
        above = self.units.loc[self.units["unit_code"].isin(set(self.communities["parent"]) - {subject})]
        return replace(made, above=above if len(above) > 1 else None)

    def map(self, values: pd.Series, title: str, quantity: Quantity) -> Any:
        """Return a map of the members' values, the values on it where they are not many; or what ``unmapped`` says."""
        told = self.unmapped(values, title, quantity)
        if told is not None:
            return told
        few = len(self.members) <= catalogue.load("charts")["units"]["all"]
        options = {"quantity": quantity, "setting": self.setting, "show_values": few}
        return kinds.choropleth(self.members, values, title, **options)

    def unmapped(self, values: pd.Series, title: str, quantity: Quantity) -> Any:
        """Return what says as much as a map of values, or more: bars of a few, a sentence where none is known, all are
        equal or there are no boundaries; None where a map is to be drawn.
        """
        known = values.reindex(self.members["unit_code"]).astype("float64").dropna()
        style = Format(quantity.kind, quantity.unit, quantity.digits)
        shown = {style.text(value) for value in known}
        if len(shown) < 2:
            equal = {"n": len(known), "value": shown.pop(), "name": ""} if shown else {}
            key = ("none", "single")[len(known)] if len(known) < 2 else "no_difference"
            return Absent(word(key, what=title, **equal), figures=1)
        if len(known) > catalogue.load("charts")["units"]["few"]:
            return None if self.mapped else NO_MAP
        ordered = known.sort_values(ascending=False, kind="stable")
        rows = pd.DataFrame({"name": ordered.index.map(self.names), "value": ordered.to_numpy()})
        without = len(self.members) - len(rows)
        note = word("without", n=without) if without else ""
        return bars(rows, finding=title, style=style, note=note)

    def table(self, name: str, frame: pd.DataFrame, **options: Any) -> Table:
        """Return a table of the catalogue whose rows are the members."""
        named = {"unit": self.member_word} if self.member_word else {}
        return report_table(name, frame, **{**named, **options})


__all__ = ["Absent", "Inputs"]
