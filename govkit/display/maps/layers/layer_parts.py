"""What the layer functions share: names, values by code, the finished polygon layer with its "no data"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.display.fonts import printable
from govkit.display.maps.sheet.shapes import drawable
from govkit.display.maps.sheet.spec import Category, Layer
from govkit.display.palette import colours
from govkit.errors import ReportError


def words(key: str, **values: Any) -> str:
    """Return a phrase of catalogue/map_text.toml [words], filled in."""
    return catalogue.load("map_text")["words"][key].format(**values)


def hidden(layer: Layer) -> Layer:
    """Return the layer switched off at first on an interactive map, and left out of its print twin."""
    return replace(layer, shown=False)


def unit_name(name: Any, code: Any) -> str:
    text = str(code) if name is None or pd.isna(name) or not str(name).strip() else str(name)
    return printable(text, where=f"编码 {code}")


def drawn_units(units: gpd.GeoDataFrame, code: str) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    what = "网格表" if code == "grid_code" else "行政单元表"
    drawn, undrawn = drawable(units, what)
    if not undrawn:
        return drawn, ()
    names = [unit_name(units["name"].iloc[at], units[code].iloc[at]) for at in undrawn]
    shown = catalogue.load("map_text")["separators"]["list"].join(names[:3]) + ("等" if len(names) > 3 else "")
    return drawn, (words("undrawn", n=len(undrawn), names=shown),)


def values_of(codes: pd.Series, values: pd.Series) -> pd.Series:
    check_index(values, codes)
    return pd.to_numeric(values, errors="coerce").reindex(codes.to_numpy())


def check_index(values: pd.Series, codes: pd.Series) -> None:
    if not values.index.is_unique:
        twice = values.index[values.index.duplicated()][0]
        raise ReportError(f"绘图的数值中单元代码重复：{twice!r}", todo="每个单元只给一个值。")
    if len(values) and not values.index.isin(codes).any():
        raise ReportError(
            f"绘图的数值与边界没有一个共同的单元代码，例如 {values.index[0]!r} 与 {codes.iloc[0]!r}。",
            todo="检查两者是否用同一种代码、同一层级。",
        )


def unit_layer(
    drawn: gpd.GeoDataFrame,
    code: str,
    key: str,
    title: str,
    categories: list[Category],
    members: np.ndarray,
    *,
    facts: Sequence[tuple[tuple[str, str], ...]],
    tags: tuple[str, ...] = (),
    remarks: tuple[str, ...] = (),
    labelled: bool = True,
    ranks: np.ndarray | None = None,
    matrix: tuple[str, str] | None = None,
) -> Layer:
    """Finish a polygon layer: what has no category (-1) becomes the hatched category "no data", last."""
    categories = [replace(one, label=printable(one.label, where=title)) for one in categories]
    nothing = members < 0
    if nothing.any():
        line, paper = colours("line"), colours("paper")
        categories = [*categories, Category(
            words("no_data"), int(nothing.sum()), paper["no_data"], line["unit"],
            hatch="/", hatch_colour=paper["no_data_hatch"],
        )]  # fmt: skip
        members = np.where(nothing, len(categories) - 1, members)
    areas = shapely.area(np.asarray(drawn.geometry.array, dtype=object))
    return Layer(
        key, printable(title), np.asarray(drawn.geometry.array, dtype=object), members, tuple(categories),
        tuple(unit_name(name, one) for name, one in zip(drawn["name"], drawn[code], strict=True)),
        tuple(drawn[code].astype(str)), tags=tags, facts=tuple(facts), remarks=remarks,
        labelled=labelled, matrix=matrix,
        ranks=areas if ranks is None else np.where(np.isnan(ranks), -np.inf, ranks),
    )  # fmt: skip
