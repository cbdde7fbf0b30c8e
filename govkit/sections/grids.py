"""Grids: whether they cover the ground without gap or overlap, and how many households they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from govkit.analysis.measures import coverage as measured
from govkit.display.front import NO_MAP, Absent
from govkit.display.maps import kinds
from govkit.display.slides import Slide, on_slide, slide
from govkit.display.tables import frames
from govkit.display.words.phrases import SEPARATOR, say
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section, not_provided

# Defects smaller than this, in m², are drawing errors.
_SLIVER_M2 = 10


def grids(inputs: Inputs) -> Section:
    """Say whether the grids cover the ground, member by member, and where they do not."""
    if inputs.lacks("grids"):
        lacking = not_provided("grids", "网格治理", "grids", inputs=inputs, figures=1 - inputs.is_zone, tables=1)
        told = [replace(one, figures=1, tables=0) for one in lacking.body if isinstance(one, Absent)]
        return replace(lacking, slide=tuple(told))
    audit = inputs.audit
    asked: dict[str, Any] = {"crs": inputs.crs}
    covered = measured.coverage_summary(inputs.tables, inputs.now, audit, by=inputs.by_member, **asked)
    whole = measured.coverage_summary(inputs.tables, inputs.now, audit, by=inputs.by_whole, **asked)
    held = [
        measured.households_per_grid(inputs.tables, inputs.now, by=by).drop(columns="grids")
        for by in (inputs.by_member, inputs.by_whole)
    ]
    bare = measured.without_grids(inputs.units, inputs.tables["grids"])
    said = coverage(whole.loc[inputs.whole], name=inputs.name, bare=bare)
    rows = frames.by_unit(covered.join(held[0]), inputs.units, total=whole.join(held[1]))
    table = inputs.table("grid_coverage", rows, emphasise=frames.is_total, sliver=_SLIVER_M2)
    body = [said, table] if inputs.is_zone else [said, table, *_defects(inputs, audit)]
    return Section(
        "grids",
        "网格治理",
        finding=said,
        body=tuple(body),
        numbers={"coverage": covered.join(held[0]), "whole": whole.join(held[1])},
        slide=_slides(inputs, whole.loc[inputs.whole], audit) if inputs.is_zone else (),
    )


def _defects(inputs: Inputs, audit: Any) -> list[Any]:
    defects = grid_defects(audit.gaps, audit.overlaps)
    where = say("coverage.where_table_and_map" if inputs.mapped else "coverage.where_table")
    told = [where, inputs.table("grid_defects", defects)] if len(defects) else []
    return [*told, _map(inputs, inputs.communities, f"{inputs.name}网格划分", audit)]


def _map(inputs: Inputs, units: gpd.GeoDataFrame, title: str, audit: Any) -> Any:
    if not inputs.mapped:
        return NO_MAP
    defects = frames.map_defects(audit.gaps, audit.overlaps)
    return kinds.grid_map(inputs.tables["grids"], title, units=units, defects=defects, setting=inputs.setting)


def _slides(inputs: Inputs, row: pd.Series, audit: Any) -> tuple[Any, ...]:
    head = grid_slide(row, frames.map_defects(audit.gaps, audit.overlaps))
    return head, on_slide(_map(inputs, inputs.members, "网格划分与边界核对", audit))


def coverage(row: Mapping[str, Any], *, name: str, bare: pd.DataFrame | None = None) -> str:
    """Say whether the grids cover the ground; ``row`` of ``coverage.coverage_summary``.

    ``bare``, as from ``coverage.without_grids``, comes first: what has no grid at all is not covered.
    """
    sound = row["gaps"] == 0 and row["overlaps"] == 0
    if bare is None or bare.empty:
        return say("coverage.sound" if sound else "coverage.defects", name=name, **_only(row, _COVERAGE))
    lacking = bare["lacking"].astype(bool)
    told = say("coverage.mapped_sound" if sound else "coverage.defects", name=name, **_only(row, _COVERAGE))
    return _without("unmapped", bare.loc[lacking]) + told + _without("no_kind_mapped", bare.loc[~lacking])


def _without(key: str, bare: pd.DataFrame) -> str:
    """Name the units without grids, and how many live there where all say so; "" for none."""
    if bare.empty:
        return ""
    people = bare["population"].sum(skipna=False)
    told = say("coverage.unmapped_people", people=people) if pd.notna(people) else ""
    return say(f"coverage.{key}", names=_first(bare["name"]), people=told)


def _first(names: pd.Series, most: int = 8) -> list[str]:
    listed = names.tolist()
    return listed if len(listed) <= most else [*listed[:most], f"等 {len(listed)} 个"]


_COVERAGE = ("grids", "gaps", "gap_m2", "overlaps", "overlap_m2")


def _only(row: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: row[key] for key in keys}


def grid_defects(gaps: pd.DataFrame, overlaps: pd.DataFrame) -> pd.DataFrame:
    """Return gaps and overlaps one below the other, the grids each touches listed."""
    parts = [frame.assign(kind=word) for frame, word in ((gaps, "空隙"), (overlaps, "重叠")) if len(frame)]
    columns = ["kind", "area_m2", "grid_codes", "longitude", "latitude"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def grid_slide(row: Mapping[str, Any], defects: gpd.GeoDataFrame) -> Slide:
    """Say whether the grids cover the ground; ``row`` of ``coverage.coverage_summary`` by zone."""
    sound = row["gaps"] == 0 and row["overlaps"] == 0
    numbers = {key: row[key] for key in ("grids", "area_km2", "gaps", "gap_m2", "overlaps", "overlap_m2")}
    head = say("slide.grids_sound" if sound else "slide.grids_defects", **numbers)
    lead = say("slide.grids_sound_lead" if sound else "slide.grids_lead", **numbers)
    places = [
        say("slide.defect", kind=_DEFECTS[one.kind], area=one.area_m2, grids=one.grid_codes)
        for one in defects.itertuples()
    ]
    return slide(head, lead=lead, notes=SEPARATOR.join(places))


_DEFECTS = {"gap": "空隙", "overlap": "重叠"}
