"""A new zone and its template columns: what each is called, means, allows and looks like for this zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from string import Template
from typing import Any

from govkit import catalogue
from govkit.intake.reading.schema import Column, Table
from govkit.periods import Period
from govkit.rounding import fixed

LEVELS = {4: "city", 6: "county", 9: "street"}
_LISTED = ("choice", "boolean")
_DATED = ("date", "datetime", "month")
# Excel takes no limit it cannot show; no column of a bureau reaches this.
_NO_LIMIT = 1e12


def words() -> Mapping[str, str]:
    """Return the single words and phrases of the templates."""
    return catalogue.load("zone_template")["words"]


def fill(text: str, **given: object) -> str:
    """Return a text of the catalogue with its $names filled in."""
    return Template(text).substitute(given)


@dataclass(frozen=True)
class NewZone:
    """A zone about to be made. ``digits`` is its division code without the zeros at the end: 4, 6 or 9 digits."""

    name: str
    digits: str
    periods: tuple[Period, ...]

    @property
    def level(self) -> str:
        """The zone's own level, a key of the list ``level``."""
        return LEVELS[len(self.digits)]

    @cached_property
    def tokens(self) -> dict[str, str]:
        """What the $names in examples and suggestions stand for in this zone."""
        county = self.digits[:6] if len(self.digits) >= 6 else f"{self.digits}02"
        own = self.digits if len(self.digits) == 9 else ""
        street, town = own or f"{county}001", own or f"{county}101"
        codes = {"city": self.digits[:4], "county": county, "street": street, "town": town}
        codes |= {"urban": f"{street}001", "village": f"{town}201"}
        seat = catalogue.load("gauss_krueger")["provinces"][self.digits[:2]]["seat"]
        return {
            **{key: code.ljust(12, "0") for key, code in codes.items()},
            "year": str(self.periods[-1].end.year),
            "period": self.periods[-1].name,
            "earlier": self.periods[-2 if len(self.periods) > 1 else -1].name,
            "longitude": str(seat[0]),
            "latitude": str(seat[1]),
        }


@dataclass(frozen=True)
class Field:
    """One column of a template, for one zone. ``kind`` is a section of zone_template.toml."""

    column: Column
    kind: str
    meaning: str
    suggestions: tuple[str, ...]
    zone: NewZone

    @property
    def unit(self) -> str:
        """The unit of measure as readers know it, ``""`` if there is none."""
        names = catalogue.load("zone_template")["units"]
        return names.get(self.column.unit, self.column.unit)

    @property
    def header(self) -> str:
        """The text of the header cell: mark, label and unit."""
        mark = words()["required_mark"] if self.column.required else ""
        return f"{mark}{self.column.label}" + ("\n" + fill(words()["header_unit"], unit=self.unit) if self.unit else "")

    @property
    def choices(self) -> tuple[str, ...]:
        """The only values allowed, () where values are free."""
        if self.kind == "choice":
            return tuple(entry["label"] for entry in catalogue.load("codes")[self.column.values].values())
        return (words()["yes"], words()["no"]) if self.kind == "boolean" else ()

    @property
    def list_name(self) -> str:
        """The defined name of its drop-down list, ``""`` if it has none."""
        if self.kind in _LISTED:
            return f"list_{self.column.values or self.kind}"
        return f"list_{self.column.values or self.column.name}" if self.suggestions else ""

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and highest number allowed."""
        if self.column.type in {"longitude", "latitude"}:
            lowest, highest = catalogue.load("points")[self.column.type]
            return lowest, highest
        low, high = self.column.lowest, self.column.highest
        return (-_NO_LIMIT if low is None else low), (_NO_LIMIT if high is None else high)

    @property
    def years(self) -> tuple[int, int]:
        """The first and last year a date may lie in."""
        first, last = catalogue.load("cells")["years"]
        return first, last

    @property
    def look(self) -> Mapping[str, str]:
        """Word, format and width of its kind."""
        return catalogue.load("zone_template")["kinds"][self.kind]

    @property
    def rule(self) -> str:
        """What is allowed, in one line."""
        text = fill(self.look["rule"], **self._given)
        if self.choices:
            text = fill(words()["list_rule"], choices="、".join(self.choices))
        elif self.suggestions and self.kind != "period":
            text = fill(words()["suggestion_rule"], choices="、".join(self.suggestions))
        return text + (fill(words()["unit_rule"], unit=self.unit) if self.unit else "")

    @property
    def prompt(self) -> str:
        """What appears when a cell is selected."""
        needed = words()["required" if self.column.required else "optional"]
        # the choices stand in the drop-down list already
        rule = words()["list_prompt"] if self.choices else self.rule
        if self.suggestions and not self.choices and self.kind != "period":
            rule = words()["suggestion_prompt"]
        return fill(words()["prompt"], meaning=self.meaning, rule=rule, needed=needed)

    @property
    def error(self) -> str:
        """What appears when a cell is filled in wrongly."""
        return fill(self.look["error"], **self._given)

    @property
    def _given(self) -> dict[str, object]:
        lowest, highest = (fixed(limit) for limit in self.limits)
        first, last = self.years
        return {
            "label": self.column.label, "prefix": self.zone.digits, "lowest": lowest, "highest": highest,
            "choices": "、".join(self.choices), "first": first, "last": last,
        }  # fmt: skip


def fields_of(table: Table, zone: NewZone) -> tuple[Field, ...]:
    """Return the template columns of a table."""
    return tuple(
        Field(
            column=column,
            kind=said.get("kind", "text" if column.open else column.type),
            meaning=said.get("meaning", column.label),
            suggestions=_suggestions(f"codes:{column.values}" if column.open else said.get("suggest", []), zone),
            zone=zone,
        )
        for column in table.columns
        for said in [_said_of(table, column)]
    )


# What a template says of a column for which tables.toml says nothing more: how it is checked, and one example.
_USUAL = {
    "unit_code": {"kind": "unit_code", "example": ["$urban"]},
    "grid_code": {"kind": "grid_code", "example": ["${urban}001"]},
    "month": {"kind": "month", "example": ["$year-01-01"]},
    "period": {"kind": "period", "suggest": ["$earlier", "$period"], "example": ["$period"]},
}
_EXAMPLES = {
    "code": "A-001", "text": "示例", "date": "$year-01-15", "datetime": "$year-01-15 09:00", "boolean": "是",
    "longitude": "$longitude", "latitude": "$latitude",
}  # fmt: skip


def _said_of(table: Table, column: Column) -> Mapping[str, Any]:
    """Return what tables.toml says of a column's template, and for what it leaves out what is usual."""
    columns = catalogue.load("tables")[table.name].get("template", {}).get("columns", {})
    return {"example": [_example(column)], **_USUAL.get(column.name, {}), **columns.get(column.name, {})}


def _example(column: Column) -> str:
    if column.type == "choice":
        return str(next(iter(catalogue.load("codes")[column.values])))
    return _EXAMPLES.get(column.type, f"{column.lowest or 0:g}")


def _suggestions(said: str | list[str], zone: NewZone) -> tuple[str, ...]:
    if isinstance(said, str):
        name, key = said.split(":")
        listed = catalogue.load(name)[key]
        return tuple(entry["label"] for entry in (listed.values() if isinstance(listed, dict) else listed))
    return tuple(dict.fromkeys(fill(word, **zone.tokens) for word in said))


def example_rows(table: Table, zone: NewZone) -> list[list[object]]:
    """Return the example rows of a table, as values Excel stores; None for an empty cell.

    Of the units, those above the zone and those the zone's code makes one are left out.
    """
    fields = fields_of(table, zone)
    columns = [[fill(one, **zone.tokens) for one in _said_of(table, field.column)["example"]] for field in fields]
    longest = max(len(column) for column in columns)
    rows = [list(row) for row in zip(*(column + [""] * (longest - len(column)) for column in columns), strict=True)]
    if table.name == "units":
        names = [field.column.name for field in fields]
        level, code = names.index("level"), names.index("unit_code")
        order = list(catalogue.load("codes")["level"])
        top = order.index(zone.level)
        inside = [row for row in rows if order.index(row[level]) >= top]
        rows = list({row[code]: row for row in reversed(inside)}.values())[::-1]
    return [[_stored(text, field) for text, field in zip(row, fields, strict=True)] for row in rows]


def _stored(text: str, field: Field) -> object:
    if not text:
        return None
    if field.column.type == "choice":
        return catalogue.label(field.column.values, text)
    if field.kind == "integer":
        return int(text)
    if field.kind in {"number", "fraction", "longitude", "latitude"}:
        return round(sum(float(part) for part in text.split("+")), 6)
    return dt.datetime.fromisoformat(text) if field.kind in _DATED else text
