"""A new zone folder: zone.toml with comments, and an Excel template for every table."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from govkit import catalogue
from govkit.catalogue import toml_text
from govkit.errors import UnknownNameError, ZoneError
from govkit.intake.places import projected
from govkit.intake.reading import schema
from govkit.intake.reading.schema import Table
from govkit.intake.templates.fields import LEVELS, NewZone, fill, words
from govkit.intake.templates.workbook import template
from govkit.periods import Period

_LONGEST_NAME = 60
# What file managers leave behind in an empty folder.
_LITTER = {".ds_store", "thumbs.db", "desktop.ini"}


def new_zone(
    folder: str | Path, *, name: str, code: str, tables: Sequence[str] = (), today: dt.date | None = None
) -> list[Path]:
    """Make a zone folder to be filled in; return the files written, zone.toml first.

    ``code`` is the division code of a city, county, street or town, with or without its closing zeros. ``tables``
    are names or titles of tidy tables (all by default); units are always among them. The report periods are the two
    halves of the year of ``today`` (default: the date in China). Raises ZoneError if name or code cannot be, or the
    folder cannot be written or holds files already; UnknownNameError for a table. Nothing is left behind then.
    """
    folder = Path(folder)
    wanted = _tables(tables)
    today = today or dt.datetime.now(tz=ZoneInfo("Asia/Shanghai")).date()
    zone = NewZone(_checked_name(name), _checked_code(code), half_years(today.year))
    _must_be_free(folder)
    files = {"zone.toml": zone_file(zone, wanted).replace("\n", "\r\n").encode("utf-8")}
    files |= {file_name(table): template(table, zone) for table in wanted}
    return _write(folder, files)


def half_years(year: int) -> tuple[Period, ...]:
    """Return the two half-years of a year as report periods.

    >>> [period.id for period in half_years(2025)]
    ['2025H1', '2025H2']
    """
    spec = catalogue.load("zone_template")["periods"]
    ends = [(dt.date(year, 1, 1), dt.date(year, 6, 30)), (dt.date(year, 7, 1), dt.date(year, 12, 31))]
    return tuple(
        Period(
            id=fill(spec["id"], year=year, half=half),
            name=fill(spec["name"], year=year, half_name=spec["half_names"][half - 1]),
            start=start,
            end=end,
        )
        for half, (start, end) in enumerate(ends, start=1)
    )


def _said(key: str, **given: object) -> str:
    return fill(catalogue.load("zone_template")["errors"][key], **given)


def _tables(wanted: Sequence[str]) -> list[Table]:
    every = {name: schema.table(name) for name in catalogue.load("tables")}
    by_title = {table.title: name for name, table in every.items()}
    chosen = {"units"} if wanted else set(every)
    for word in wanted:
        name = by_title.get(word.strip(), word.strip())
        if name not in every:
            raise UnknownNameError("表", word, [*by_title, *every])
        chosen.add(name)
    return [table for name, table in every.items() if name in chosen]


def _checked_name(name: str) -> str:
    name = name.strip()
    help_ = {"allowed": _said("name_allowed"), "todo": _said("name_todo")}
    if not name:
        raise ZoneError(_said("no_name"), **help_)
    if any(unicodedata.category(char)[0] == "C" for char in name):
        raise ZoneError(_said("bad_name", value=repr(name)), **help_)
    if len(name) > _LONGEST_NAME:
        raise ZoneError(_said("long_name", count=len(name)), **help_)
    return name


def _checked_code(code: str) -> str:
    """Return the digits of a division code that say something: 4, 6 or 9."""
    help_ = {"allowed": _said("code_allowed"), "todo": _said("code_todo")}
    digits = unicodedata.normalize("NFKC", code).strip()
    if not re.fullmatch(r"[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}", digits):
        raise ZoneError(_said("bad_code", value=repr(code)), **help_)
    if digits[:2] not in catalogue.load("gauss_krueger")["provinces"]:
        raise ZoneError(_said("unknown_province", value=digits[:2], code=repr(code)), **help_)
    full = digits.ljust(12, "0")
    if not full.endswith("000"):
        raise ZoneError(_said("village_code", value=repr(code)), **help_)
    for size in sorted(LEVELS):
        if full[size:].strip("0") == "":
            digits = full[:size]
            break
    if digits.endswith("00"):
        raise ZoneError(_said("bad_code", value=repr(code)), **help_)
    return digits


def _must_be_free(folder: Path) -> None:
    where, todo = str(folder), _said("folder_todo")
    if folder.exists() and not folder.is_dir():
        raise ZoneError(_said("not_folder"), where=where, todo=todo)
    held = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
    if "zone.toml" in held:
        raise ZoneError(_said("has_zone"), where=where, todo=todo)
    held = [one for one in held if one.lower() not in _LITTER]
    if held:
        shown = "、".join(held[:5]) + ("……" if len(held) > 5 else "")
        raise ZoneError(_said("not_empty", files=shown), where=where, todo=todo)


def _write(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write all files or none; a file that is there already is never touched."""
    made: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            with (folder / name).open("xb") as file:
                made.append(folder / name)
                file.write(content)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        reason = _said("cannot_write", reason=error.strerror or error)
        raise ZoneError(reason, where=str(folder), todo=_said("write_todo")) from error
    return made


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


def _head(zone: NewZone, spec: dict[str, Any]) -> str:
    around = projected.zone_of(zone.digits)
    lines = [
        fill(
            spec["meridian"], west=f"{one.extent[0]:g}", east=f"{one.extent[1]:g}", epsg=one.epsg, meridian=one.meridian
        )
        for one in around.neighbours
    ]
    return fill(
        spec["head"],
        name=toml_text(zone.name),
        code=toml_text(zone.digits),
        district_level=toml_text(_BELOW[zone.level]),
        meridian=around.meridian,
        province=catalogue.load("gauss_krueger")["provinces"][zone.digits[:2]]["name"],
        meridians="\n".join(lines),
        metric_crs=toml_text(around.epsg),
    )


def _period(period: Period, spec: dict[str, Any]) -> str:
    given = {"id": toml_text(period.id), "name": toml_text(period.name), "start": period.start, "end": period.end}
    return fill(spec["period"], **given)


def _source(table: Table, spec: dict[str, Any]) -> str:
    row = catalogue.load("tables")[table.name]["row"]
    given = {"title": table.title, "row": row, "table": table.name}
    if table.geometry == "polygon":
        return fill(spec["layer"], path=file_name(table), **given)
    text = fill(spec["source"], path=toml_text(file_name(table)), sheet=toml_text(table.title), **given)
    whole = spec["complete"] if table.name in spec["listed"] else ""
    return text + whole + spec.get("source_extra", {}).get(table.name, "")


def _judged_by(spec: dict[str, Any]) -> str:
    listed = {folder: catalogue.names(folder) for folder in ("standards", "schemes")}
    lines = {
        folder: "\n".join(
            fill(spec["choice"], name=toml_text(name), title=catalogue.load(f"{folder}/{name}").get("title", ""))
            for name in names
        )
        for folder, names in listed.items()
    }
    # What the state asks of all; the other standards are single zones' own.
    national = [name for name in listed["standards"] if catalogue.load(f"standards/{name}").get("type") == "yardsticks"]
    return fill(
        spec["judged_by"],
        **lines,
        standard_names=", ".join(map(toml_text, national)),
        scheme_name=toml_text(next(iter(listed["schemes"]), "")),
    )
