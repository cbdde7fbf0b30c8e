"""The text of a new zone's zone.toml, every key explained in Chinese."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from govkit import catalogue
from govkit.intake.places import gauss_krueger
from govkit.intake.reading.schema import Table
from govkit.intake.templates.fields import NewZone, fill, words
from govkit.periods import Period

_BELOW = {"city": "county", "county": "street", "street": "community"}


def file_name(table: Table) -> str:
    """Return the name of a table's template; the number is its place in the catalogue, the order to fill in.

    >>> from govkit.intake.reading import schema
    >>> file_name(schema.table("facilities"))
    '03-设施台账.xlsx'
    """
    number = list(catalogue.load("tables")).index(table.name) + 1
    suffix = words()["layer_suffix"] if table.geometry == "polygon" else ""
    return f"{number:02d}-{table.title}{suffix}.xlsx"


def zone_file(zone: NewZone, tables: Sequence[Table]) -> str:
    """Return zone.toml for these tables; layers and what judges the zone are commented out, to be switched on."""
    spec = catalogue.load("zone_template")["zone_file"]
    parts = [
        _head(zone, spec),
        spec["periods_head"],
        *(_period(period, spec) for period in zone.periods),
        spec["sources_head"],
        *(_source(table, spec) for table in tables),
        _judged_by(spec),
        spec["report"],
    ]
    return "".join(parts)


def _quoted(text: str) -> str:
    """Return a TOML basic string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _head(zone: NewZone, spec: dict[str, Any]) -> str:
    around = gauss_krueger.zone_of(zone.digits)
    lines = [
        fill(
            spec["meridian"], west=f"{one.extent[0]:g}", east=f"{one.extent[1]:g}", epsg=one.epsg, meridian=one.meridian
        )
        for one in around.neighbours
    ]
    return fill(
        spec["head"],
        name=_quoted(zone.name),
        code=_quoted(zone.digits),
        district_level=_quoted(_BELOW[zone.level]),
        meridian=around.meridian,
        province=catalogue.load("gauss_krueger")["provinces"][zone.digits[:2]]["name"],
        meridians="\n".join(lines),
        metric_crs=_quoted(around.epsg),
    )


def _period(period: Period, spec: dict[str, Any]) -> str:
    given = {"id": _quoted(period.id), "name": _quoted(period.name), "start": period.start, "end": period.end}
    return fill(spec["period"], **given)


def _source(table: Table, spec: dict[str, Any]) -> str:
    row = catalogue.load("tables")[table.name]["row"]
    given = {"title": table.title, "row": row, "table": table.name}
    if table.geometry == "polygon":
        return fill(spec["layer"], path=file_name(table), **given)
    text = fill(spec["source"], path=_quoted(file_name(table)), sheet=_quoted(table.title), **given)
    whole = spec["complete"] if table.name in spec["listed"] else ""
    return text + whole + spec.get("source_extra", {}).get(table.name, "")


def _judged_by(spec: dict[str, Any]) -> str:
    listed = {folder: catalogue.names(folder) for folder in ("standards", "schemes")}
    lines = {
        folder: "\n".join(
            fill(spec["choice"], name=_quoted(name), title=catalogue.load(f"{folder}/{name}").get("title", ""))
            for name in names
        )
        for folder, names in listed.items()
    }
    # What the state asks of all; the other standards are single zones' own.
    national = [name for name in listed["standards"] if catalogue.load(f"standards/{name}").get("type") == "yardsticks"]
    return fill(
        spec["judged_by"],
        **lines,
        standard_names=", ".join(map(_quoted, national)),
        scheme_name=_quoted(next(iter(listed["schemes"]), "")),
    )
