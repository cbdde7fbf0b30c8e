"""Every kind of map at every level it makes sense for: zone, district, community, grid; and zones of whole cities."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from map_frames import setting, units
from map_kinds import many_grids

from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.layout import page_of
from govkit.display.maps.sheet.printing import draw_map
from govkit.display.maps.sheet.spec import Layer

RATE, COUNT = Quantity("达标率", "percent"), Quantity("事项", "integer", "件")


def at_level(level: str) -> tuple[gpd.GeoDataFrame, str]:
    """Units of a level with the name of their code column."""
    if level == "grid":
        return many_grids(100, across=10), "grid_code"
    count = {"zone": 1, "district": 9, "community": 25}[level]
    word = {"zone": "county", "district": "street", "community": "community"}[level]
    return units(count, across=round(count**0.5)).assign(level=word), "unit_code"


def numbers(frame: gpd.GeoDataFrame, code: str) -> pd.Series:
    return pd.Series(np.linspace(0.1, 0.9, len(frame)), index=frame[code])


Make = Callable[[gpd.GeoDataFrame, str], Layer]
EVERYWHERE: dict[str, Make] = {
    "choropleth": lambda frame, code: layers.choropleth_layer(frame, numbers(frame, code), RATE, code=code),
    "symbols": lambda frame, code: layers.symbol_layer(frame, numbers(frame, code) * 100, COUNT, code=code),
    "change": lambda frame, code: layers.change_layer(frame, numbers(frame, code) - 0.5, RATE, code=code),
    "attainment": lambda frame, code: layers.attainment_layer(
        frame, (numbers(frame, code) * 4).astype(int), "标准", code=code
    ),
    "kinds": lambda frame, code: layers.category_layer(frame, numbers(frame, code).gt(0.5), "类型", code=code),
}
AMONG_OTHERS: dict[str, Make] = {
    "bivariate": lambda frame, code: layers.bivariate_layer(
        frame, (numbers(frame, code), RATE), (numbers(frame, code), COUNT), code=code
    ),
    "clusters": lambda frame, code: layers.cluster_layer(frame, numbers(frame, code), RATE, code=code),
}


@pytest.mark.parametrize("level", ["zone", "district", "community", "grid"])
@pytest.mark.parametrize("kind", EVERYWHERE)
def test_a_kind_is_drawn_at_every_level_each_unit_once(kind: str, level: str) -> None:
    frame, code = at_level(level)
    layer = EVERYWHERE[kind](frame, code)
    assert sorted(layer.codes) == sorted(frame[code])
    assert sum(one.count for one in layer.categories) == len(frame)
    draw_map(setting().figure("图", [layer]).spec, page_of(""))


@pytest.mark.parametrize("level", ["district", "community", "grid"])
@pytest.mark.parametrize("kind", AMONG_OTHERS)
def test_what_compares_units_is_drawn_wherever_there_are_several(kind: str, level: str) -> None:
    frame, code = at_level(level)
    layer = AMONG_OTHERS[kind](frame, code)
    assert sorted(layer.codes) == sorted(frame[code])
    draw_map(setting().figure("图", [layer]).spec, page_of(""))


def city() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Nine counties of 121 communities each, with 9,120 grids, in a city of 60 by 60 kilometres."""
    side, west, south = 0.8 / 33, 107.2, 35.4
    at = np.arange(33 * 33)
    x, y = west + side * (at % 33), south + side * (at // 33)
    communities = gpd.GeoDataFrame(
        {"unit_code": [f"{one:012d}" for one in at], "name": [f"第{one}村" for one in at], "level": "community"},
        geometry=shapely.box(x, y, x + side, y + side), crs="EPSG:4490",
    )  # fmt: skip
    county_of = 3 * (at // 33 // 11) + at % 33 // 11
    shapes = [shapely.union_all(communities.geometry[county_of == one]) for one in range(9)]
    counties = gpd.GeoDataFrame(
        {"unit_code": [f"62100{one}000000" for one in range(9)], "name": [f"{one}县" for one in "甲乙丙丁戊己庚辛壬"]},
        geometry=shapes, crs="EPSG:4490",
    )  # fmt: skip
    grids = many_grids(9120, across=96)
    return counties.assign(level="county"), communities, grids


def test_a_city_of_a_thousand_communities_names_its_counties_and_counts_what_it_cannot_name() -> None:
    counties, communities, _ = city()
    shown = [
        layers.choropleth_layer(communities, numbers(communities, "unit_code"), RATE), layers.border_layer(counties)
    ]  # fmt: skip
    sheet = draw_map(setting().figure("图", shown).spec, page_of(""))
    from matplotlib.text import Text

    words = {text.get_text() for text in sheet._figure.findobj(Text)}
    assert {"甲县", "壬县", "县（市、区）界", "另有 1,089 个单元未注名"} <= words


def test_nine_thousand_grids_are_less_than_a_megabyte_and_a_half_on_the_screen() -> None:
    counties, communities, grids = city()
    values = numbers(communities, "unit_code")
    shown = [
        layers.choropleth_layer(communities, values, RATE, labelled=False), layers.hidden(layers.grid_layer(grids)),
        layers.border_layer(counties),
    ]  # fmt: skip
    assert len(setting().interactive("图", shown).html.encode()) < 1_500_000
