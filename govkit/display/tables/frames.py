"""Frames of the analysis made ready for tables: names joined, keys turned into what readers see, texts finished."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.display.tables.table import MISSING
from govkit.rounding import fixed, shown_value

_WAN = 10_000


def by_unit(frame: pd.DataFrame, units: pd.DataFrame, *, total: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return a frame indexed by unit code in code order, with ``name`` in front; a row 合计 from ``total``."""
    names = units.drop_duplicates("unit_code").set_index("unit_code")["name"]
    named = frame.sort_index().reset_index(drop=True)
    named.insert(0, "name", names.reindex(frame.sort_index().index).to_numpy())
    if total is None:
        return named
    last = total.reset_index(drop=True).assign(name="合计")
    return pd.concat([named, last], ignore_index=True)[[*named.columns]]


def is_total(row: pd.Series) -> bool:
    """Whether a row is the total of ``by_unit``."""
    return bool(row["name"] == "合计")


def moved(now: pd.Series, before: pd.Series) -> pd.Series:
    """Return by how much fractions moved between the values as a table shows them: %, one decimal.

    >>> moved(pd.Series({"a": 0.7914}), pd.Series({"a": 0.6624})).round(6).to_dict()
    {'a': 0.129}
    """
    shown = [one.astype("float64").map(lambda rate: shown_value(rate, "%")) for one in (now, before.reindex(now.index))]
    return shown[0] - shown[1]


def quantity(value: Any, unit: str) -> str:
    """Return a measured value with its unit: fractions as %, a dash where it is missing.

    >>> quantity(0.8504, "%"), quantity(31.26, "m²/百户"), quantity(float("nan"), "小时")
    ('85.0%', '31.3 m²/百户', '—')
    """
    if pd.isna(value):
        return MISSING
    return f"{fixed(value * 100, 1)}%" if unit == "%" else f"{fixed(value, 1)} {unit}".strip()


def labelled(frame: pd.DataFrame, column: str, list_name: str, *, into: str = "") -> pd.DataFrame:
    """Return the frame (its index included as columns) with a code list's keys turned into labels."""
    flat = frame.reset_index()
    return flat.assign(**{into or column: flat[column].map(lambda key: catalogue.label(list_name, key))})


def in_wan(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame (its index included as columns) with ``amount_wan`` （万元） from ``amount_yuan``."""
    flat = frame.reset_index()
    flat = flat.assign(amount_wan=flat["amount_yuan"] / _WAN)
    # Where no list of purposes binds a fund there is nothing to tick off.
    unbound = "allowed" in flat and flat["allowed"].isna().all()
    return flat.drop(columns="allowed") if unbound else flat


def map_defects(gaps: pd.DataFrame, overlaps: pd.DataFrame) -> pd.DataFrame:
    """Return gaps and overlaps as one layer for a map, ``kind`` being gap or overlap."""
    parts = [frame.assign(kind=kind) for kind, frame in (("gap", gaps), ("overlap", overlaps)) if len(frame)]
    return pd.concat(parts, ignore_index=True) if parts else gaps.assign(kind="")
