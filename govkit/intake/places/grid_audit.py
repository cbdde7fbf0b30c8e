"""Geometry audit of grids as findings: gaps, overlaps, scraps, grids outside their unit, households nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.geometry.coverage import GridAudit, audit_grids
from govkit.geometry.shapes import mean_widths_m, outside_parts, part_counts, repeated_grids, snapped
from govkit.intake.reading.assemble import Reading, finding, findings_at
from govkit.rounding import fixed, percent

_MOST_NAMED = 6


@dataclass(frozen=True)
class _Grids:
    """The grids in use, on their positions in the reading; the audit of them; unit names and polygons by code."""

    reading: Reading
    frame: gpd.GeoDataFrame
    crs: str
    names: Mapping[str, str]
    homes: Mapping[str, shapely.Geometry]
    audit: GridAudit

    @property
    def position(self) -> dict[str, int]:
        return dict(zip(self.frame["grid_code"], self.frame.index, strict=True))

    def file_of(self, codes: Sequence[str]) -> str:
        """Return the file of the first of some grids."""
        return self.reading.file_of(self.position[codes[0]]) if len(codes) else self.reading.source.path

    def name(self, code: str) -> str:
        return str(self.names.get(code, code))


def audited(readings: Mapping[str, Reading], *, metric_crs: str) -> dict[str, Reading]:
    """Return the readings with the defects of the grid layer found, measured in ``metric_crs``.

    Shapes stay as they are unless the source of the grids asks for ``repair = "snap"``: then what the repair mended is
    one note, and only what is left is found. Codes have to be linked and repeated ones set aside before.
    """
    done = dict(readings)
    grids = done.get("grids")
    if grids is None or grids.aside.all():
        return done
    spared = done.get("no_grid_needed")
    water = None if spared is None else gpd.GeoDataFrame(spared.frame.loc[~spared.aside], geometry="geometry")
    if grids.source.repair == "snap":
        grids = _repaired(grids, metric_crs)
    layer = _layer(grids, done.get("units"), metric_crs, water)
    found = [*_of_the_layer(layer), *_overlaps(layer), *_outside(layer)]
    grids = _single_grids(replace(grids, findings=(*grids.findings, *found)), metric_crs)
    done["grids"] = grids
    if "units" in done:
        known = _housing(grids)
        done["units"] = _households(_without_grids(done["units"], known), known)
    return done


def _layer(grids: Reading, units: Reading | None, crs: str, water: gpd.GeoDataFrame | None) -> _Grids:
    frame = grids.frame.loc[~grids.aside]
    names: dict[str, str] = {}
    homes: dict[str, shapely.Geometry] = {}
    outline = None
    if units is not None:
        used = units.frame.loc[~units.aside]
        names = dict(zip(used["unit_code"], used["name"], strict=True))
        own = _own_polygons(used)
        parent = dict(zip(used["unit_code"], used["parent"], strict=True))
        codes = frame["unit_code"].dropna().unique()
        homes = {code: shape for code in codes if (shape := _home(code, own, parent)) is not None}
        # only a unit's own polygon says what its grids have to cover
        drawn = [own[code] for code in codes if code in own]
        outline = shapely.union_all(drawn) if drawn else None
    return _Grids(grids, frame, crs, names, homes, audit_grids(frame, crs=crs, outline=outline, no_grid_needed=water))


def _own_polygons(units: pd.DataFrame) -> dict[str, shapely.Geometry]:
    if "geometry" not in units:
        return {}
    shapes = zip(units["unit_code"], units["geometry"], strict=True)
    return {code: shape for code, shape in shapes if shape is not None and not shape.is_empty}


def _home(code: str, own: Mapping[str, shapely.Geometry], parent: Mapping[str, str]) -> shapely.Geometry | None:
    """Return the polygon of a unit, or else of the nearest unit above that has one."""
    seen: set[str] = set()
    while isinstance(code, str) and code not in seen:
        if code in own:
            return own[code]
        seen.add(code)
        code = parent.get(code, "")
    return None


def _square_metres(area: float) -> str:
    return f"{fixed(area)} 平方米" if area >= 100 else f"{fixed(area, 1)} 平方米"


def _of_the_layer(layer: _Grids) -> list[pd.DataFrame]:
    """Gaps, each at its place, and one note on all slivers, at the largest."""
    gaps, slivers, source = layer.audit.gaps, layer.audit.slivers, layer.reading.source
    records = [
        {
            "value": _square_metres(area),
            "around": "、".join(codes[:_MOST_NAMED]) + ("等" if len(codes) > _MOST_NAMED else ""),
            "file": layer.file_of(codes),
            "unit_code": units[0] if units else None,
            "longitude": east,
            "latitude": north,
        }
        for area, codes, units, east, north in zip(
            gaps["area_m2"], gaps["grid_codes"], gaps["unit_codes"], gaps["longitude"], gaps["latitude"], strict=True
        )
    ]
    found = [findings_at("grid_gap", source, records)] if records else []
    if len(slivers):
        words = {"count": len(slivers), "value": _square_metres(slivers["area_m2"].sum())}
        spec = catalogue.load("geometry")
        limit = {"limit": f"{spec['sliver_m2']:g}", "width": f"{spec['sliver_width_m']:g}"}
        place = {name: slivers[name].iloc[0] for name in ("longitude", "latitude")}
        found.append(findings_at("grid_slivers", source, [{**words, **limit, **place}]))
    return found


def _overlaps(layer: _Grids) -> list[pd.DataFrame]:
    """Overlaps and polygons drawn twice, at the record that comes later in the file."""
    share = catalogue.load("geometry")["audit"]["repeated_share"]
    overlaps, position = layer.audit.overlaps, layer.position
    touched = layer.frame.loc[layer.frame["grid_code"].isin(layer.audit.grid_codes)]
    areas = pd.Series(touched.to_crs(layer.crs).area.to_numpy(), index=touched["grid_code"])
    twice = repeated_grids(layer.audit, areas, least_share=share)
    records: dict[str, list[dict[str, object]]] = {"grid_overlap": [], "grid_repeated": []}
    for codes, area, east, north in zip(
        overlaps["grid_codes"], overlaps["area_m2"], overlaps["longitude"], overlaps["latitude"], strict=True
    ):
        first, later = sorted(codes, key=position.__getitem__)
        same = area >= share * max(areas[first], areas[later])
        if same and first not in {twice.get(later), *codes[:1]}:
            continue
        place = {"longitude": east, "latitude": north, **_record_place(layer, position[later])}
        words = {"other": first, "value": _square_metres(area), **place}
        records["grid_repeated" if same else "grid_overlap"].append(words)
    return [findings_at(rule, layer.reading.source, rows) for rule, rows in records.items() if rows]


def _record_place(layer: _Grids, position: int) -> dict[str, object]:
    origin = layer.reading.origin
    return {
        "file": layer.reading.file_of(position),
        "sheet": origin.sheet[position],
        "row": int(origin.row[""][position]),
        "unit_code": layer.reading.frame["unit_code"].iloc[position],
    }


def _outside(layer: _Grids) -> list[pd.DataFrame]:
    frame = layer.frame.loc[layer.frame["unit_code"].isin(layer.homes)]
    if frame.empty:
        return []
    homes = np.array([*(layer.homes[code] for code in frame["unit_code"]), None], dtype=object)[:-1]
    beyond = outside_parts(frame.geometry, homes, crs=layer.crs)
    beyond = beyond.loc[beyond["area_m2"] >= catalogue.load("geometry")["sliver_m2"]]
    records = [
        {
            **_record_place(layer, int(at)),
            "value": _square_metres(row["area_m2"]),
            "share": percent(row["share"]) if row["share"] >= 0.01 else "不到 1%",
            "unit": layer.name(str(frame.at[at, "unit_code"])),
            "longitude": row["longitude"],
            "latitude": row["latitude"],
        }
        for at, row in beyond.iterrows()
    ]
    return [findings_at("grid_outside_unit", layer.reading.source, records)] if records else []


def _single_grids(grids: Reading, crs: str) -> Reading:
    """Flag scraps, grids in several parts and grids where nobody is said to live."""
    spec, used = catalogue.load("geometry"), ~grids.aside
    shapes = grids.frame["geometry"]
    area = shapes.to_crs(crs).area
    width = mean_widths_m(shapes, crs=crs)
    thin = used & ((area < spec["sliver_m2"]) | (width < spec["audit"]["thin_m"])).to_numpy()
    shown = [_square_metres(one) for one in area[thin]]
    grids = grids.flagged("grid_too_thin", thin, value=shown, words={"width": [fixed(one, 1) for one in width[thin]]})
    parts = part_counts(shapes)
    # a ring that crossed itself falls into parts when mended: that has been said already
    several = used & (parts > 1).to_numpy() & ~_mended(grids)
    grids = grids.flagged("grid_in_parts", several, words={"parts": [int(one) for one in parts[several]]})
    if "households" not in grids.text:
        return grids
    nobody = used & (grids.frame["households"].fillna(0) == 0).to_numpy()
    return grids.flagged("grid_without_households", nobody, column="households")


def _housing(grids: Reading) -> pd.DataFrame:
    """Return the grids that count as there: a grid set aside for its shape still houses its people."""
    shapes = grids.frame["geometry"]
    shapeless = shapes.isna() | shapes.is_empty | ~shapes.geom_type.isin(["Polygon", "MultiPolygon"])
    known = grids.frame.loc[~grids.aside | shapeless, ["grid_code", "unit_code", "households"]]
    return pd.DataFrame(known).drop_duplicates("grid_code")


def _mended(grids: Reading) -> np.ndarray:
    told = [one.loc[one["rule"] == "invalid_ring"] for one in grids.findings]
    places = {(at.file, at.row) for one in told for at in one.itertuples()}
    return np.array([(grids.file_of(at), row) in places for at, row in enumerate(grids.origin.row[""])], dtype=bool)


def _without_grids(units: Reading, grids: pd.DataFrame) -> Reading:
    """Flag units that have no grid, nor any below them, though other units of their level and kind have."""
    frame = units.frame.loc[~units.aside]
    parent = dict(zip(frame["unit_code"], frame["parent"], strict=True))
    served: set[str] = set()
    for code in grids["unit_code"].dropna().unique():
        while isinstance(code, str) and code not in served:
            served.add(code)
            code = parent.get(code)
    sort = frame["level"].fillna("") + "/" + frame["kind"].fillna("")
    gridded = set(sort[frame["unit_code"].isin(grids["unit_code"])])
    lacking = frame.index[sort.isin(gridded) & ~frame["unit_code"].isin(served)]
    at = np.zeros(len(units.frame), dtype=bool)
    at[lacking] = True
    return units.flagged("unit_without_grid", at, column="unit_code", words={"name": list(units.frame["name"][at])})


def _households(units: Reading, grids: pd.DataFrame) -> Reading:
    """Flag units whose grids hold fewer or more households than the unit; only where every grid has a count."""
    counts = grids.groupby("unit_code")["households"]
    inside = counts.sum().where(counts.count() == counts.size())
    frame = units.frame.loc[~units.aside]
    mine = frame["unit_code"].map(inside).astype("Float64")
    missing = frame["households"].astype("Float64") - mine
    limit = catalogue.load("geometry")["audit"]["households_share"] * frame["households"]
    for rule, chosen in (("households_without_grid", missing > limit), ("households_over_unit", -missing > limit)):
        hits = frame.index[chosen.fillna(False).astype(bool)]
        at = np.zeros(len(units.frame), dtype=bool)
        at[hits] = True
        words = {
            "households": [f"{int(one):,}" for one in frame["households"][hits]],
            "inside": [f"{int(one):,}" for one in mine[hits]],
        }
        shown = [f"{abs(int(one)):,}" for one in missing[hits]]
        units = units.flagged(rule, at, column="households", value=shown, words=words)
    return units


def _repaired(grids: Reading, crs: str) -> Reading:
    used = ~grids.aside
    try:
        shapes, moved = snapped(grids.frame["geometry"][used], crs=crs)
    except shapely.errors.GEOSException as error:
        note = finding("grids_not_snapped", grids.source, why=str(error))
        return replace(grids, findings=(*grids.findings, note))
    whole = grids.frame["geometry"].copy()
    whole[used] = shapes
    words = {"count": int((moved > 0).sum()), "value": _square_metres(moved.sum())}
    note = finding("grids_snapped", grids.source, **words)
    return replace(grids, frame=grids.frame.assign(geometry=whole), findings=(*grids.findings, note))
