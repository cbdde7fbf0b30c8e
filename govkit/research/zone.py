"""A zone as a researcher meets it: what ``govkit.open_zone`` returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from govkit.errors import GovkitError
from govkit.periods import Period
from govkit.zone import zone as values
from govkit.zone.opening import open_zone as open_values

if TYPE_CHECKING:
    from govkit.analysis.access.access import Access
    from govkit.analysis.effect.pilot import Pilot
    from govkit.analysis.pattern.space_time import Gatherings
    from govkit.display.charts import ChartFigure
    from govkit.display.maps import InteractiveMap, MapFigure, Setting
    from govkit.research.explore import Explorer
    from govkit.research.scores import Score
    from govkit.research.workshop import Workshop
    from govkit.sections.section import Section

_ABOUT = ("population", "households", "type", "geometry")


@dataclass(frozen=True, repr=False)
class Zone(values.Zone):
    """A whole experimental zone: tidy tables, and the numbers, scores and maps one may ask of it.

    ``settings``: what zone.toml says; ``code``: the zone's digits; ``findings`` and ``accounts``: defects of its files
    and what became of their rows (docs/architecture.md); ``folder``: where they lie. Names are text; codes may be
    numbers; a period is its id, its name or a ``Period``. A wrong name raises UnknownNameError with the nearest ones.
    """

    @property
    def districts(self) -> pd.DataFrame:
        """The report units in code order: ``unit_code`` (12 digits), ``code``, ``name``, ``kind``, ``population``,
        ``households``, and with boundaries ``geometry`` (EPSG:4490).
        """
        plain = self._report_units
        units = self.tables["units"].drop_duplicates("unit_code").set_index("unit_code")
        about = [column for column in _ABOUT if column in units and column != "type"]
        return _layer(plain.join(pd.DataFrame(units[about]), on="unit_code"))

    @property
    def communities(self) -> pd.DataFrame:
        """The communities and villages in code order: ``unit_code``, ``name``, ``kind``, ``district_code``,
        ``district``, ``population``, ``households``, ``type``, and with boundaries ``geometry`` (EPSG:4490).
        """
        units = self.tables["units"]
        mine = pd.DataFrame(units.loc[units["level"] == "community"]).sort_values("unit_code", ignore_index=True)
        names = units.drop_duplicates("unit_code").set_index("unit_code")["name"]
        head = mine[["unit_code", "name", "kind", "district_code"]].assign(district=mine["district_code"].map(names))
        return _layer(head.join(mine[[column for column in _ABOUT if column in mine]]))

    def measures(self) -> pd.DataFrame:
        """Return the catalogue of measures by name: ``label``, ``unit``, ``kind``, ``direction``, ``sampled``,
        ``argument``, ``definition``, ``source``, ``tables``, and ``available`` (boolean: the zone has those tables).
        """
        from govkit.research.measures import measures

        found = measures()
        return found.assign(available=[not self.lacks(*needed.split(", ")) for needed in found["tables"]])

    def measure(
        self, name: str, *, by: str = "district", period: str | Period | None = None, area: str = "all"
    ) -> pd.DataFrame:
        """Return a measure at a level, a row a unit, indexed by unit code (by type: its name; for the zone: ``zone``).

        ``name`` is of ``measures()``, or its Chinese label, with an argument behind a colon where it takes one
        (``checklist_rate:五个覆盖``). ``by``: district (the zone's report units), community, street, county, city, type
        or zone, also in Chinese (社区). ``period``: the last by default. ``area``: all, rural or urban communities.

        Columns: ``name`` (of the unit), ``value`` (rates are fractions 0–1), ``numerator``, ``denominator`` (missing
        where it is no ratio), ``n`` (how many it rests on), ``low``, ``high`` (95 % interval, missing for numbers
        counted in full), ``completeness`` (share of rows that could be used).
        """
        from govkit.research.measures import measure

        return measure(self, name, by=by, period=self._when(period), area=area)

    def side_by_side(
        self, measures: Iterable[str], *, by: str = "community", period: str | Period | None = None
    ) -> pd.DataFrame:
        """Return units × measures (values), with ``name``: what ``govkit.composite`` and ``alike`` are given.

        ``by`` and ``period`` as in ``measure``."""
        from govkit.research.measures import side_by_side

        return side_by_side(self, measures, by=by, period=self._when(period))

    def monthly(self, table: str = "events", *, kind: str = "", by: str = "") -> pd.Series | pd.DataFrame:
        """Return how many rows of a table (matters) fall in each month, by the date its rows are dated by.

        ``kind``: rows of one kind; ``by``: a column (``unit_code``), then a frame, its values × months. Months between
        without a row count 0. ``attrs`` of the series: ``undated`` rows, ``last_day``, ``partly`` (the last month is
        not whole: leave it out of a forecast). For ``govkit.seasonal``, ``interrupted_series`` and ``forecast``.
        """
        from govkit.research.measures import monthly

        return monthly(self, table, kind=kind, by=by)

    def compare(
        self,
        before: str | Period,
        after: str | Period,
        *,
        measures: str | Iterable[str] = (),
        by: str = "district",
        area: str = "all",
    ) -> pd.DataFrame:
        """Return measures in two periods side by side, indexed by ``measure`` and unit code.

        ``measures``: names, by default those of the zone's scheme; ``by`` and ``area`` as in ``measure``. Columns:
        ``name``, ``label``, ``before``, ``after``, ``change``, ``low`` and ``high`` (Newcombe's 95 % interval of the
        change of a sampled rate, otherwise missing), ``better`` (boolean, missing where nothing moved).
        """
        from govkit.research.measures import compare

        return compare(self, self.period(before), self.period(after), names=measures, by=by, area=area)

    def score(
        self,
        *,
        period: str | Period | None = None,
        weights: Mapping[str, float] | None = None,
        scheme: str = "",
        by: str = "district",
        directions: Mapping[str, str] | None = None,
        denominators: Mapping[str, pd.Series | str] | None = None,
        imputation: str | None = None,
        treat_outliers: bool | None = None,
        normalisation: str | None = None,
        aggregation: str | None = None,
        group_aggregation: str | Mapping[str, str] | None = None,
        scale: tuple[float, float] | None = None,
        floor: float | None = None,
    ) -> Score:
        """Score the units by the zone's scheme or another (a name of the catalogue or a path).

        ``period``: by default the last.

        Any of the others makes an index of the scheme's measured indicators instead, as ``govkit.composite`` does:
        ``directions``, ``denominators`` (by id or label of an indicator; a series by unit code, or the name of a
        measure), ``imputation`` (none, group_mean, nearest), ``treat_outliers``, ``normalisation``, ``aggregation``,
        ``group_aggregation``, ``scale`` such as (1, 100), ``floor``. What is not asked for stays as the scheme has it.
        The answer's ``index`` holds effective weights, outliers treated, what was imputed, and warnings; the scheme's
        bonus, penalty and veto items count beside it.

        ``weights``: by id or label of indicators and groups; where every indicator is named these are the weights in
        the whole, otherwise they count among siblings, of which those not named keep theirs.
        """
        from govkit.research.scores import score

        asked = {
            "directions": directions, "denominators": denominators, "imputation": imputation,
            "treat_outliers": treat_outliers, "normalisation": normalisation, "aggregation": aggregation,
            "group_aggregation": group_aggregation, "scale": scale, "floor": floor,
        }  # fmt: skip
        recipe = {name: value for name, value in asked.items() if value is not None}
        return score(self, period=self._when(period), weights=weights, scheme=scheme, by=by, recipe=recipe)

    def map(
        self,
        values: pd.Series | pd.DataFrame,
        *,
        title: str = "",
        label: str = "",
        unit: str = "",
        interactive: bool = False,
        scheme: str = "natural",
    ) -> MapFigure | InteractiveMap:
        """Map numbers of units: a series indexed by unit code or name, or a frame of ``measure`` or ``score``.

        ``title``, ``label`` and ``unit`` of the ``values`` are known of frames from ``measure``; ``scheme``: natural,
        quantiles or equal classes. ``interactive``: a map to zoom and click, otherwise one to print; both have
        ``.save("图.pdf")``.
        """
        from govkit.research.maps import choropleth

        options = {"title": title, "label": label, "unit": unit, "interactive": interactive, "scheme": scheme}
        return choropleth(self, values, **options)  # type: ignore[arg-type]

    def explore(self) -> Explorer:
        """Return a page to look around in (JupyterLab, Voilà): map, ranking and sentence follow what is picked."""
        from govkit.research.explore import Explorer

        return Explorer(self)

    def workshop(self) -> Workshop:
        """Return a page that weighs the zone's scheme anew: audit, sliders, who moves and why, the scheme to keep."""
        from govkit.research.workshop import Workshop

        return Workshop(self)

    def map_setting(self, district: str | int | None = None) -> Setting:
        """Return what maps of the zone, or of one district, share: notes, outline and locator."""
        from govkit.research.maps import setting_of

        return setting_of(self, district)

    def section(self, name: str, *, district: str | int | None = None, period: str | Period | None = None) -> Section:
        """Return what the reports say of a subject: finding, text, figures, tables and ``numbers`` as plain frames.

        ``name``: matters, services, funds … (a wrong one is answered with the nearest); ``district``: of one district,
        by default of the whole zone; ``period``: by default the last.
        """
        from govkit.sections.report import open_report

        try:
            return open_report(self, district, self._when(period).id).section(name)
        except TypeError as error:
            what = f"“{name}”一节不适用于{'单个街道、乡镇或区县' if district is not None else '整个分区'}。"
            raise GovkitError(what, todo="请换一节，或给出、去掉 district。") from error

    def pilot(self, outcome: str | Iterable[str] = (), *, placebo: str | Iterable[str] = ()) -> Pilot:
        """Evaluate the zone's pilot on one or several outcomes of the table ``panel``, by default on all.

        ``outcome``: a name or several; ``placebo``: outcomes of the table that the pilot cannot have touched, to see
        whether it seems to. Communities begin at their ``pilot_since``; the report unit is the cluster. The result's
        ``to_frame()`` holds effect, interval, p and the least p in reach, ``honesty()`` what they can carry; see
        ``govkit.pilot``. Raises GovkitError where the zone has no pilot, no panel, or nothing to compare with.
        """
        from govkit.analysis.effect.difference import pilot_of

        asked, untouched = ([one] if isinstance(one, str) else one for one in (outcome, placebo))
        found = pilot_of(self.tables, asked, placebo=untouched)
        if not found.evaluations:
            what = "；".join(f"{name}：{why}" for name, why in found.refused.items())
            lacking = "估计不了试点成效：没有试点面板（panel），或行政单元表里没有试点起始日期。"
            raise GovkitError(what or lacking, where=str(self.folder))
        return found

    def access(
        self,
        kind: str,
        *,
        minutes: float = 15,
        method: str = "2SFCA",
        period: str | Period | None = None,
        people: str | pd.Series = "population",
        capacity: str | None = None,
        lines: str | Path | gpd.GeoDataFrame | None = None,
        barriers: str | Path | gpd.GeoDataFrame | None = None,
        speed_kmh: float | None = None,
        detour: float | None = None,
        decay: float | Mapping[float, float] | None = None,
    ) -> Access:
        """Return the access of the residents of each grid to facilities of a kind (a key of codes.toml or its label).

        ``minutes``, ``method``, ``speed_kmh``, ``detour``, ``decay`` as in ``govkit.access``.
        Facilities are those open at the period's end; ``capacity``: a column of theirs (``floor_area_m2``), without
        each counts 1. ``people``: a column of the grids or, shared out over its grids, of the units (``elderly``: 60
        and older, ``children``: 0 to 14), or a series by grid or unit code. ``lines``, ``barriers``: layers or files
        (GeoPackage, GeoJSON, Shapefile; lines also OSM PBF) to walk along and not to cross; without, straight lines
        times a detour. The result's frame has ``community`` and ``district`` by name.
        """
        from govkit.research.places import access

        layers = {"lines": lines, "barriers": barriers}
        return access(
            self, kind, self._when(period), layers=layers, minutes=minutes, method=method, people=people,
            capacity=capacity, speed_kmh=speed_kmh, detour=detour, decay=decay,
        )  # fmt: skip

    def sites(
        self,
        kind: str,
        *,
        count: int | None = 1,
        model: str = "MCLP",
        minutes: float = 15,
        period: str | Period | None = None,
        people: str | pd.Series = "population",
        candidates: gpd.GeoDataFrame | None = None,
        cost: str | pd.Series | None = None,
        lines: str | Path | gpd.GeoDataFrame | None = None,
        barriers: str | Path | gpd.GeoDataFrame | None = None,
        speed_kmh: float | None = None,
        detour: float | None = None,
    ) -> pd.DataFrame:
        """Return where to put the next facilities of a kind, those standing counted, the site that adds most first.

        ``model``: MCLP (most people covered), LSCP (as few as cover all; no ``count``), p-median or p-centre.
        ``candidates``: points or areas (default: a point in every community), ``cost``: a column of theirs or a series
        on their index. ``people``, ``period``, ``lines``, ``barriers``, ``speed_kmh`` and ``detour`` as in ``access``.
        Columns: ``name``, ``people`` (within ``minutes``), ``adds``, ``share`` (covered so far), and with ``cost`` also
        ``cost``, ``cost_so_far``, ``cost_per_person``; ``attrs["notes"]``: how ways were found.
        """
        from govkit.research.places import sites

        layers = {"lines": lines, "barriers": barriers}
        return sites(
            self, kind, self._when(period), layers=layers, minutes=minutes, people=people, count=count, model=model,
            candidates=candidates, cost=cost, speed_kmh=speed_kmh, detour=detour,
        )  # fmt: skip

    def hot_spots(self, *, kind: str = "", by: str = "community", people: bool = False, draws: int = 199) -> Gatherings:
        """Return where and in which months matters gather beyond chance (space-time scan, tested as a whole).

        ``kind``: matters of one kind (default: all), ``by``: community or grid; ``people``: held against residents,
        otherwise against the usual level of each place and month. ``draws``: how often chance is drawn. See
        ``govkit.space_time``.
        """
        from govkit.research.gatherings import gatherings

        return gatherings(self, kind=kind, by=by, people=people, draws=draws)

    def hot_spot_map(self, found: Gatherings) -> MapFigure:
        """Return a map of gatherings ``found`` by ``hot_spots`` that chance does not explain, each with its months."""
        from govkit.research.gatherings import gatherings_map

        return gatherings_map(self, found)

    def hot_spot_chart(self, found: Gatherings) -> ChartFigure | str:
        """Return the matters of the first gathering ``found`` by month; a sentence where chance explains them all."""
        from govkit.research.gatherings import gatherings_chart

        return gatherings_chart(found)

    def export(self, folder: str | Path, *, sources: bool = False) -> list[Path]:
        """Write all tables into a new folder as Parquet (with shapes), CSV (UTF-8, shapes as WKT), one workbook and one
        GeoPackage (with every measure by community), with a data dictionary, the sources and their rows, the method,
        ``manifest.json`` with the SHA-256 of every file, and a research object crate of all of it.

        ``sources``: also the zone folder's own files as they are, personal data in them too, so that ``govkit report``
        on the export makes the same reports elsewhere. Return the files written. Raises GovkitError if the folder holds
        anything but an earlier export.
        """
        from govkit.research.export import export, export_folder

        return export(self, export_folder(folder), sources=sources)

    def _when(self, period: str | Period | None) -> Period:
        return self.settings.periods[-1] if period is None else self.period(period)


def _layer(frame: pd.DataFrame) -> pd.DataFrame:
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4490") if "geometry" in frame else frame


def open_zone(folder: str | Path, *, edition: str = "") -> Zone:
    """Open a zone folder: read every source that zone.toml names, check it, link it to districts and periods.

    ``edition``: 公开 or 内部 where zone.toml states them, by default 内部. Raises ZoneError (zone.toml) or
    SourceError (a file that cannot be used at all); bad rows are in ``findings``.
    """
    found = open_values(folder, edition=edition)
    if type(found) is not values.Zone:
        return found  # type: ignore[return-value]
    zone = object.__new__(Zone)
    # The same zone under another class: what one finds and keeps (cached properties), the other has.
    object.__setattr__(zone, "__dict__", found.__dict__)
    return zone
