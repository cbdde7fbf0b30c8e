"""The division's units as chosen for the zone, and the published totals its rows are made to meet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.synthetic.drawing import read_rows, stream

HERE = Path(__file__).parent
SEED = 230102


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


def calibration() -> dict[str, float]:
    """Return the published totals by name (calibration.csv)."""
    return {row["name"]: float(row["value"]) for row in read_csv("calibration.csv")}


def read_csv(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV that lies beside this module."""
    return read_rows(HERE / name)


def random(purpose: str) -> np.random.Generator:
    """Return a generator of its own for every purpose."""
    return stream(SEED, purpose)
