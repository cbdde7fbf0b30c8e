"""The division's units as chosen for the zone, and the published totals its rows are made to meet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.synthetic.register import Register

HERE = Path(__file__).parent
REGISTER = Register(HERE, 230102)
calibration, read_csv, random = REGISTER.calibration, REGISTER.rows, REGISTER.random


@dataclass(frozen=True)
class Unit:
    """A line of units.csv; ``kind`` is county, street, town, urban_community or village."""

    code: str
    name: str
    parent: str
    kind: str


def read_units() -> list[Unit]:
    """Return the chosen units in code order, the district first, then streets and towns, then communities."""
    return [Unit(row["unit_code"], row["name"], row["parent_code"], row["kind"]) for row in read_csv("units.csv")]
