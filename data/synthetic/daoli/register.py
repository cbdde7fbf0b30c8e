"""The division's units as chosen for the zone, and the published totals its rows are made to meet."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def random(purpose: str) -> np.random.Generator:
    """Return a generator of its own for every purpose, so that a change in one table leaves the others alone."""
    return np.random.default_rng([SEED, int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:4])])


def shared_out(total: int, weights: np.ndarray, *, least: int = 0) -> np.ndarray:
    """Return whole numbers in proportion to ``weights`` that sum to ``total``, none below ``least``."""
    rest = total - least * len(weights)
    exact = rest * weights / weights.sum()
    whole = np.floor(exact).astype(int)
    whole[np.argsort(whole - exact, kind="stable")[: rest - whole.sum()]] += 1
    return whole + least
