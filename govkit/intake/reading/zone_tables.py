"""All sources of a zone to tidy tables, findings and row accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.errors import SourceError, UnknownNameError
from govkit.intake.formats.files import read_source
from govkit.intake.places import datum_check, grid_audit, points, polygons
from govkit.intake.reading import cache as caching
from govkit.intake.reading import row_findings
from govkit.intake.reading.assemble import Reading, tidy_findings
from govkit.intake.reading.sources import Source, files_of, locate, not_taken
from govkit.intake.reading.together import together
from govkit.intake.reading.totals import about_sums_of_items
from govkit.intake.reading.wide import differenced
from govkit.intake.sheets.unread import cells_of
from govkit.intake.units import completing
from govkit.intake.units import linking as units
from govkit.intake.units.abroad import exchanged, with_inner_codes
from govkit.intake.units.boundaries import drawn, source_of_boundaries
from govkit.intake.units.code_changes import CodeChanges, read_code_changes
from govkit.intake.units.code_systems import is_abroad, system_of
from govkit.intake.units.completing import Names, kept_codes
from govkit.intake.units.hierarchy import Hierarchy
from govkit.intake.units.parent_sums import without_parent_sums
from govkit.intake.values.doubts import about_growth
from govkit.intake.values.spellings import one_spelling
from govkit.intake.values.values import missing_marks

ACCOUNT_COLUMNS = {
    "table": "str", "file": "str", "sheet": "str", "sha256": "str", "bytes": "Int64", "encoding": "str", "datum": "str",
    "vintage": "str", "returns": "Int64",
    "rows_read": "Int64", "rows_used": "Int64", "rows_set_aside": "Int64", "rows_left_out": "Int64",
    "cells": "Int64", "cells_used": "Int64", "cells_head": "Int64", "cells_note": "Int64", "cells_total": "Int64",
    "cells_set_aside": "Int64", "cells_left_out": "Int64", "cells_unread": "Int64", "columns": "Int64",
    "unread": "str", "unread_digest": "Int64",
}  # fmt: skip

_MOST_HINTS, _MOST_NAMED = 200, 12
# how tables are told from the other frames of a cache entry
_TABLE = "table:"


@dataclass(frozen=True)
class Intake:
    """What a zone's files hold: tidy tables by name, findings and row accounts (see docs/architecture.md).

    In a wide file a row is one record (unit × month × item); rows left out are rows of the file.
    """

    tables: Mapping[str, pd.DataFrame]
    findings: pd.DataFrame
    accounts: pd.DataFrame


def read_zone_tables(
    folder: Path,
    sources: Mapping[str, Source],
    *,
    code: str,
    metric_crs: str,
    code_system: str = "",
    code_vintage: str = "",
    changes: str = "",
    cache: Path | None = None,
) -> Intake:
    """Read every source of a zone, check it, and link it to units and grids.

    ``code`` is the zone's division code, ``metric_crs`` the CRS distances are measured in. ``code_system`` and
    ``code_vintage`` hold for every source that does not name its own; ``changes`` is the path of the zone's list of
    changed codes, "" for none. With a ``cache`` folder what was read once from the same bytes in the same way is taken
    from there. Raises one SourceError that lists every file that cannot be used at all.
    """
    zone_codes = _Codes(code, _known_system(code_system), code_vintage)
    if cache is None:
        return _read_zone(folder, sources, zone_codes, metric_crs, changes, None)
    options = {
        **asdict(zone_codes),
        "codes": sorted(kept_codes(folder).items()),
        "metric_crs": str(metric_crs),
        "changes": changes,
    }
    key = caching.key_of(folder, sources, options)
    if key is None:
        return _read_zone(folder, sources, zone_codes, metric_crs, changes, None)
    name, digests = key
    frames = caching.kept(
        cache,
        name,
        lambda: _as_frames(_read_zone(folder, sources, zone_codes, metric_crs, changes, cache)),
        # a file that somebody saved meanwhile is not what the entry would be called after
        sound=lambda made: all(
            digests[table, file] == digest
            for table, file, digest in made["accounts"][["table", "file", "sha256"]].to_numpy()
        ),
    )
    tables = {one.removeprefix(_TABLE): frame for one, frame in frames.items() if one.startswith(_TABLE)}
    return Intake(tables, frames["findings"], frames["accounts"])


def _as_frames(intake: Intake) -> dict[str, pd.DataFrame]:
    tables = {_TABLE + name: frame for name, frame in intake.tables.items()}
    return {**tables, "findings": intake.findings, "accounts": intake.accounts}


def _read_zone(
    folder: Path, sources: Mapping[str, Source], zone_codes: _Codes, metric_crs: str, changes: str, cache: Path | None
) -> Intake:
    readings = _read_all(folder, sources, zone_codes.zone, cache)
    units = sources.get("units")
    layer = _read(folder, source_of_boundaries(units), zone_codes.zone, cache) if units and units.boundaries else None
    readings = _linked(
        readings,
        layer,
        zone_codes,
        kept_codes(folder),
        _code_changes(folder, sources.get("units"), zone_codes, changes),
    )
    readings = {name: row_findings.unique_keys(row_findings.row_rules(one)) for name, one in readings.items()}
    if "units" in readings and "grids" in readings:
        readings["grids"] = datum_check.likely_datum_of_grids(readings["grids"], readings["units"])
    readings = grid_audit.audited(readings, metric_crs=metric_crs)
    tables = {name: _tidy(one) for name, one in readings.items()}
    if "units" in tables:
        tables["units"] = polygons.with_polygons(tables["units"], tables.get("grids"))
        readings = _against_polygons(readings, tables["units"], metric_crs)
        tables |= {name: _tidy(readings[name]) for name in ("facilities",) if name in readings}
    every = [*readings.values()]
    drawn_by = readings["units"].facts.get("boundaries") if "units" in readings else None
    every += [drawn_by] if isinstance(drawn_by, Reading) else []
    found = [frame for one in every for frame in one.findings]
    findings = tidy_findings(found)
    accounts = pd.DataFrame([row for one in every for row in _accounts(one)], columns=list(ACCOUNT_COLUMNS))
    return Intake(tables, findings, accounts.astype(ACCOUNT_COLUMNS))


def _read_all(folder: Path, sources: Mapping[str, Source], code: str, cache: Path | None) -> dict[str, Reading]:
    readings, failures = {}, []
    for name, source in sources.items():
        try:
            files = files_of(folder, source)
        except SourceError as error:
            failures.append(error)
            continue
        parts, lost = [], {}
        for one in files:
            try:
                parts.append(_read(folder, one, code, cache))
            except SourceError as error:
                lost[one.path] = error
        if not parts or (lost and name == "units"):
            failures += lost.values()
            continue
        reading = about_growth(one_spelling(together(parts, files=True)))
        for path, why in lost.items():
            words = {"said": why.what.rstrip("。"), "advice": why.todo}
            reading = reading.noted("file_unread", file=path, value=Path(path).name, **words)
        for rule, others in zip(("file_not_taken", "folder_not_taken"), not_taken(folder, source), strict=True):
            named = "、".join(others[:_MOST_NAMED])
            reading = reading.noted(rule, file=source.path, count=len(others), value=named) if others else reading
        readings[name] = reading
    if len(failures) == 1:
        raise failures[0]
    if failures:
        lines = "\n".join(f"{i}. {error}" for i, error in enumerate(failures, start=1))
        raise SourceError(f"有 {len(failures)} 个来源文件不能使用：\n{lines}", todo="逐项改正后重试。")
    return readings


def _read(folder: Path, source: Source, code: str, cache: Path | None) -> Reading:
    def read() -> Reading:
        return _placed(read_source(folder, source, code=code), code)

    if cache is None:
        return read()
    how = {**asdict(source), "code": code}
    return caching.kept_source(cache, locate(folder, source), how, read, sha256_of=lambda one: str(one.facts["sha256"]))


def _placed(reading: Reading, code: str) -> Reading:
    has_places = "geometry" in reading.frame or {"longitude", "latitude"} <= set(reading.text)
    if reading.table.geometry == "point" or (reading.table.name == "events" and has_places):
        return points.with_points(reading, code=code)
    if reading.table.geometry == "polygon" or "geometry" in reading.frame:
        return polygons.usable_polygons(reading)
    return reading


@dataclass(frozen=True)
class _Codes:
    """The zone's division code, and the system and vintage of codes where a source does not name its own."""

    zone: str
    system: str
    vintage: str

    def of(self, source: Source | None) -> dict[str, str]:
        """Return system and vintage of one source's codes."""
        system = self.system if source is None or not source.code_system else system_of(source.code_system)
        vintage = self.vintage if system == self.system else ""
        return {"system": system, "vintage": vintage if source is None else source.code_vintage or vintage}


def _code_changes(folder: Path, source: Source | None, codes: _Codes, path: str) -> CodeChanges:
    """Return the zone's list of changed codes; it leads to the codes of the units table."""
    mine = codes.of(source)
    if not path:
        return CodeChanges(system=mine["system"], vintage=mine["vintage"])
    return read_code_changes(folder, path, **mine)


def _known_system(text: str) -> str:
    if text and not system_of(text):
        labels = [entry["label"] for entry in catalogue.load("code_systems").values()]
        raise UnknownNameError("代码体系", text, labels, where="zone.toml 的 code_system")
    return system_of(text)


def _linked(
    readings: Mapping[str, Reading], layer: Reading | None, codes: _Codes, kept: Names, changes: CodeChanges
) -> dict[str, Reading]:
    """Return the readings with unit and grid codes resolved; units come first, then grids, then the rest."""
    done = dict(readings)
    if "units" not in done:
        return done
    inner: dict[str, str] = {}
    if is_abroad(done["units"].source.country):
        done["units"], inner = with_inner_codes(done["units"], kept)
        done = {name: exchanged(one, inner, "unit_code", "partner_code") for name, one in done.items()}
    system = codes.of(done["units"].source)["system"]
    named = completing.completed_units(done["units"], codes.zone, kept, system=system)
    done["units"] = row_findings.unique_keys(row_findings.row_rules(units.checked_units(named, codes.zone)))
    hierarchy = Hierarchy(_tidy(done["units"]), changes.old_names)
    if layer is not None:
        done["units"] = drawn(done["units"], layer, hierarchy, inner)
    for name, reading in sorted(done.items(), key=lambda one: one[0] != "grids"):
        if name == "units" or not ("unit_code" in reading.text or "geometry" in reading.frame):
            continue
        lacking = completing.needs_places(reading, hierarchy.names)
        place = completing.by_place(reading, _drawn(done)) if lacking else None
        reading = datum_check.likely_datum_in_zone(reading, _drawn(done)) if lacking else reading
        if "unit_code" in reading.text:
            linked = units.linked(reading, hierarchy, changes=changes, place=place, **codes.of(reading.source))
            reading = without_parent_sums(differenced(units.compared_names(linked, hierarchy)), hierarchy)
            reading = about_sums_of_items(reading)
        done[name] = reading if place is None else completing.with_units_of_places(reading, place)
    done = {name: completing.still_lacking(reading) for name, reading in done.items()}
    if "pairs" in done:
        mine = codes.of(done["pairs"].source)
        done["pairs"] = units.linked(
            done["pairs"], hierarchy, changes=changes, column="partner_code", rule="unknown_partner", **mine
        )
    if "events" in done:
        grids = row_findings.unique_keys(done["grids"]) if "grids" in done else None
        done["events"] = _with_units_of_grids(done["events"], None if grids is None else _tidy(grids), hierarchy)
    return done


def _drawn(readings: Mapping[str, Reading]) -> gpd.GeoDataFrame:
    """Return the units with their polygons, as far as these are known: their own, or dissolved from linked grids."""
    grids = _tidy(readings["grids"]) if "grids" in readings else None
    if grids is not None:
        grids = grids.loc[grids["unit_code"].notna()].reset_index(drop=True)
    return polygons.with_polygons(_tidy(readings["units"]), grids)


def _with_units_of_grids(events: Reading, grids: pd.DataFrame | None, hierarchy: Hierarchy) -> Reading:
    """Return events with ``unit_code``: their grid's, or without grids the unit whose code begins the grid's."""
    code = events.frame["grid_code"]
    unit = code.str[:12].where(code.str[:12].isin(hierarchy.names)).fillna(events.frame["unit_code"])
    if grids is None:
        return replace(events, frame=events.frame.assign(unit_code=unit.astype("str")))
    unit = code.map(dict(zip(grids["grid_code"], grids["unit_code"], strict=True))).fillna(unit)
    events = replace(events, frame=events.frame.assign(unit_code=unit.astype("str")))
    unknown = code.notna() & ~code.isin(grids["grid_code"]) & ~events.aside
    hints = _grid_hints(code[unknown].unique(), grids["grid_code"])
    return events.flagged(
        "unknown_grid", unknown, column="grid_code", words={"hint": [hints[c] for c in code[unknown]]}
    )


def _grid_hints(unknown: Iterable[str], known: pd.Series) -> dict[str, str]:
    """Return the first and last grid of the unit each unknown code begins with."""
    hints: dict[str, str] = {}
    for code in unknown:
        kin = sorted(known[known.str.startswith(code[:12])]) if len(hints) < _MOST_HINTS else []
        hints[code] = f"，该单元的网格编码从 {kin[0]} 到 {kin[-1]}" if kin else ""
    return hints


def _against_polygons(
    readings: Mapping[str, Reading], unit_polygons: gpd.GeoDataFrame, metric_crs: str
) -> dict[str, Reading]:
    if "facilities" not in readings:
        return dict(readings)
    drawn = "grids" if "grids" in readings else "units"
    facilities = datum_check.likely_datum_of_points(readings["facilities"], unit_polygons, drawn=drawn)
    facilities = points.against_units(facilities, unit_polygons, metric_crs)
    return {**readings, "facilities": points.same_points(facilities)}


def _tidy(reading: Reading) -> pd.DataFrame:
    """Return the records that were not set aside, with a fresh index and the table's columns in order."""
    names = [column.name for column in reading.table.columns]
    extra = [name for name in ("unit_code", "geometry") if name in reading.frame and name not in names]
    return reading.frame.loc[~reading.aside, [*names, *extra]].reset_index(drop=True)


def _accounts(reading: Reading) -> list[dict[str, object]]:
    """Return one row for each file of a source."""
    parts = reading.facts.get("parts")
    if reading.origin.file is None or not isinstance(parts, tuple):
        return [_account(reading)]
    return [_account(_of_file(reading, part)) for part in parts]


def _of_file(reading: Reading, part: Reading) -> Reading:
    """Return the records of one of several files, with what is known of them by now."""
    mine = np.flatnonzero(reading.origin.file == part.source.path)
    origin = reading.origin
    return replace(
        part,
        frame=reading.frame.iloc[mine],
        text=reading.text.iloc[mine],
        origin=replace(
            origin,
            sheet=origin.sheet[mine],
            row={name: rows[mine] for name, rows in origin.row.items()},
            column={name: places[mine] for name, places in origin.column.items()},
        ),
        aside=reading.aside[mine],
    )


def _account(reading: Reading) -> dict[str, object]:
    facts, aside = reading.facts, int(reading.aside.sum()) + reading.lost
    used = int((~reading.aside).sum()) - int(str(facts.get("made", 0)))
    return {
        "table": reading.table.name,
        "file": reading.source.path,
        "sheet": facts.get("sheet") or pd.NA,
        "sha256": facts.get("sha256"),
        "bytes": facts.get("bytes"),
        "encoding": facts.get("encoding") or pd.NA,
        "datum": facts.get("datum") or pd.NA,
        "vintage": reading.source.vintage or pd.NA,
        "returns": facts.get("returns", 1),
        "rows_read": used + aside + reading.left_out,
        "rows_used": used,
        "rows_set_aside": aside,
        "rows_left_out": reading.left_out,
        **_cells(reading),
    }


def _cells(reading: Reading) -> dict[str, object]:
    """Return how many cells of a source each owner has: every filled cell has exactly one."""
    cells = cells_of(reading)
    aside = min(_cells_set_aside(reading), cells.used)
    return {
        "cells": cells.filled,
        "cells_used": cells.used - aside,
        "cells_head": cells.head,
        "cells_note": cells.note,
        "cells_total": cells.total,
        "cells_set_aside": aside,
        "cells_left_out": cells.left_out,
        "cells_unread": cells.unread,
        "columns": cells.heads,
        "unread": cells.as_json() or pd.NA,
        "unread_digest": cells.digest,
    }


def _cells_set_aside(reading: Reading) -> int:
    """Return how many cells nothing is read from: those of records set aside, and those that say what is no value.

    In a wide file a record is a part of a row, and a cell of many records is used if it is for one of them. Running
    totals are used though their month may have no value, and codes though they are of units elsewhere.
    """
    frame, text, rows, idle = reading.frame, reading.text, reading.origin.row[""], {}
    for name in reading.origin.column:
        lost = np.zeros(len(rows), dtype=bool)
        kind = reading.table[name].type if name in reading.table else "code"
        if name in text and name in frame and kind != "code" and not reading.source.cumulative:
            lost = (text[name].notna() & frame[name].isna()).to_numpy(copy=True)
            lost[lost] = ~text[name][lost].isin(missing_marks(text[name][lost], kind))
        idle[name] = lost | reading.aside
    touched = np.isin(rows, rows[np.logical_or.reduce([reading.aside, *idle.values()])])
    places = []
    for name, column in reading.origin.column.items() if touched.any() else ():
        at = touched & (column >= 0) & (text[name].notna().to_numpy() if name in text else True)
        row = reading.origin.row.get(name, rows)[at]
        places.append(
            pd.DataFrame({"sheet": reading.origin.sheet[at], "row": row, "at": column[at], "idle": idle[name][at]})
        )
    return int(pd.concat(places).groupby(["sheet", "row", "at"])["idle"].all().sum()) if places else 0
