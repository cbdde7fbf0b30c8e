"""Maps read from the back row: type on the screen page, defects too small to see, borders that do not blacken."""

from __future__ import annotations

import io
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from map_frames import defects, grids, setting, square, units, values
from map_kinds import many_grids
from matplotlib.collections import PathCollection
from matplotlib.text import Text
from PIL import Image

from govkit.display.maps import kinds
from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import MapFigure
from govkit.display.maps.sheet.layout import page_of
from govkit.display.maps.sheet.printing import draw_map
from govkit.display.palette import colours

RATE = Quantity("达标率", "percent")
POINTS_A_CM = 72 / 2.54


def figure() -> MapFigure:
    numbers = values(0.1, 0.5, 0.9, None)
    return kinds.choropleth(units(4), numbers, "各村服务设施达标率", quantity=RATE, setting=setting())


def sizes_on(page: str) -> tuple[dict[str, float], float]:
    """The size of each text on a page and the page's height, both in centimetres."""
    sheet = draw_map(figure().spec, page_of(page))
    texts = {text.get_text(): text.get_size() / POINTS_A_CM for text in sheet._figure.findobj(Text) if text.get_text()}
    return texts, sheet.height * sheet.zoom


def test_projected_the_title_is_a_twenty_fifth_of_the_screen_and_the_legend_a_fiftieth() -> None:
    # on a screen 2 m high the title is then 8 cm, the legend 4 cm: read at 5 m with room to spare
    sizes, height = sizes_on("16:9")
    assert sizes["各村服务设施达标率"] >= height / 25
    assert sizes["达标率（%）"] >= height / 50
    assert sizes["第1村"] >= height / 60
    assert min(sizes.values()) >= height / 75


def test_the_title_names_the_unit_and_says_what_dark_means() -> None:
    assert {"达标率（%）", "颜色越深，数值越高"} <= set(sizes_on("16:9")[0])


def rings(shown: MapFigure, edge: str) -> list[float]:
    """The widths, in centimetres, of the circles drawn in this colour without a filling."""
    sheet = draw_map(shown.spec, page_of(""))
    found: list[Any] = [one for one in sheet._figure.findobj(PathCollection) if not len(one.get_facecolor())]
    wanted = np.array([int(edge[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    coloured = [one for one in found if len(one.get_edgecolor()) and np.allclose(one.get_edgecolor()[0][:3], wanted)]
    circles = [one.get_paths()[0] for one in coloured if len(one.get_paths()[0]) == 37]
    return [float(path.get_extents().width) for path in circles]


def gap(size: float) -> gpd.GeoDataFrame:
    frame = defects().iloc[[1]].reset_index(drop=True)
    return frame.set_geometry([square(1, 1, size=size)], crs="EPSG:4490")


@pytest.mark.parametrize(("size", "count"), [(0.00005, 2), (0.008, 1)], ids=["a speck", "well seen"])
def test_a_gap_too_small_to_see_has_a_ring_beside_that_of_its_number(size: float, count: int) -> None:
    shown = kinds.grid_map(grids(4), "网格", defects=gap(size), setting=setting())
    assert len(rings(shown, colours("defect")["gap"]["edge"])) == count


def test_a_gap_of_a_few_metres_is_no_blot_in_the_outline() -> None:
    whole = shapely.union_all(units(4).geometry)
    holed = whole.difference(shapely.Point(126.505, 45.705).buffer(0.00005))
    with_gap, without = (
        Image.open(io.BytesIO(setting(outline=one).figure("图", [layers.border_layer(units(4))]).png)).convert("L")
        for one in (holed, whole)
    )
    assert np.array_equal(np.asarray(with_gap), np.asarray(without))


def test_borders_of_many_small_grids_do_not_blacken_them() -> None:
    crowd = many_grids(4000, across=80)
    picture = np.asarray(Image.open(io.BytesIO(setting().figure("图", [layers.grid_layer(crowd)]).png)).convert("RGB"))
    fill = [int(colours("grid_kind")["rural"]["fill"][at : at + 2], 16) for at in (1, 3, 5)]
    same = np.abs(picture.astype(int) - fill).max(axis=2) < 25
    rural = np.flatnonzero(same.any(axis=1))
    assert same[rural[len(rural) // 2 :]].sum() > 0.25 * same.shape[1] * len(rural) / 2
