"""A zone's register: the units chosen for it, its published totals, and its own streams of chance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
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


def with_sums(units: pd.DataFrame, *levels: list[str]) -> pd.DataFrame:
    """Return the units, those of the kinds of each level (the lowest first) with the people of the units below."""
    for kinds in levels:
        sums = units.groupby("parent")[["households", "population"]].sum()
        at = units["kind"].isin(kinds)
        for column in sums:
            units = units.assign(**{column: units[column].mask(at, units["code"].map(sums[column])).fillna(0)})
    return units.astype({"households": int, "population": int})


def grid_layer(
    grids: gpd.GeoDataFrame, units: pd.DataFrame, *, name: str, kind: object, **more: object
) -> gpd.GeoDataFrame:
    """Return the records of a grid layer; ``name`` is what follows the unit's name, ``{}`` in it the grid's number."""
    number = grids["number"].astype(str)
    before, after = name.split("{}")
    frame = pd.DataFrame(
        {
            "网格编码": grids["unit_code"] + number.str.zfill(3),
            "网格名称": grids["unit_code"].map(units.set_index("code")["name"]) + before + number + after,
            "单元代码": grids["unit_code"],
            "网格类型": kind,
            "户数": grids["households"].astype("int32"),
            "人口": grids["population"].astype("int32"),
            **more,
        }
    )
    return gpd.GeoDataFrame(frame, geometry=grids.geometry, crs=grids.crs)


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
