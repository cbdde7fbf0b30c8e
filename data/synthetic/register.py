"""A zone's register: the units chosen for it, its published totals, and its own streams of chance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from data.synthetic.drawing import read_rows, stream


@dataclass(frozen=True)
class Register:
    """What lies beside a zone's generator in ``here`` (CSV files), and the ``seed`` of its random numbers."""

    here: Path
    seed: int

    def rows(self, name: str) -> list[dict[str, str]]:
        """Return the rows of a CSV, every value as text."""
        return read_rows(self.here / name)

    def units(self) -> pd.DataFrame:
        """Return units.csv: ``code``, ``name``, ``parent``, ``kind`` (codes.toml unit_kind), in file order."""
        names = {"unit_code": "code", "name": "name", "parent_code": "parent", "kind": "kind"}
        return pd.DataFrame(self.rows("units.csv"))[list(names)].rename(columns=names)

    def calibration(self) -> dict[str, float]:
        """Return the published totals by name (calibration.csv)."""
        return {row["name"]: float(row["value"]) for row in self.rows("calibration.csv")}

    def random(self, purpose: str) -> np.random.Generator:
        """Return a generator of its own for every purpose."""
        return stream(self.seed, purpose)
