"""A zone's register: the units chosen for it, its published totals, and its own streams of chance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from data.synthetic.drawing import read_rows, stream

# What each kind of unit is called in the files: its level, its kind.
_KINDS = {
    "city": ("市", "市"),
    "county": ("县(区)", "县"),
    "street": ("街道(乡镇)", "街道"),
    "town": ("街道(乡镇)", "镇"),
    "township": ("街道(乡镇)", "乡"),
    "urban_community": ("社区(村)", "城市社区"),
    "village": ("社区(村)", "行政村"),
    "compound": ("小区", "小区"),
}


def unit_heads(units: pd.DataFrame, *, code: str = "统计用区划代码", county: str = "区") -> pd.DataFrame:
    """Return code, name, level, kind and parent of units, in the words of the files."""
    words = {**_KINDS, "county": ("县(区)", county)}
    return pd.DataFrame(
        {
            code: units["code"],
            "单元名称": units["name"],
            "层级": [words[kind][0] for kind in units["kind"]],
            "类型": [words[kind][1] for kind in units["kind"]],
            "上级代码": units["parent"],
        }
    )


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
