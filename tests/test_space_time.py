"""Gatherings of events over places and months: planted ones are found, chance is not, too little is refused."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from three_towns import write_zone

import govkit
from govkit.errors import GovkitError, UnknownNameError

SIDE = 8
CORNER = [0, 1, SIDE, SIDE + 1]


def drawn(seed: int = 0, *, boost: float = 5.0, months: int = 12) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return squares with their own levels of events, four of which have ``boost`` times as many in May to July."""
    random = np.random.default_rng(seed)
    squares = [
        shapely.box(x, y, x + 1000, y + 1000) for x in range(0, SIDE * 1000, 1000) for y in range(0, SIDE * 1000, 1000)
    ]
    layer = gpd.GeoDataFrame(index=[f"g{at}" for at in range(SIDE**2)], geometry=squares, crs="EPSG:4551")
    level = 2 * random.uniform(0.3, 2, (SIDE**2, 1)) * random.uniform(0.5, 1.5, (1, months))
    level[CORNER, 4:7] *= boost
    index = pd.period_range("2018-01", periods=months, freq="M")
    return layer, pd.DataFrame(random.poisson(level), index=layer.index, columns=index)


def test_a_planted_gathering_is_found_where_and_when_it_was() -> None:
    found = govkit.space_time(*drawn())
    first = found.clusters.iloc[0]
    assert (str(first["first"]), str(first["last"])) == ("2018-05", "2018-07")
    assert set(found.places.index[found.places["cluster"].eq(1).fillna(False)]) == {f"g{at}" for at in CORNER}
    assert first["p"] == pytest.approx(1 / 200)
    assert first["ratio"] > 2
    assert (found.months["events"] > 1.5 * found.months["expected"]).iloc[4:7].all()
    assert "误报不超过 5%：1 处聚集通过" in found.notes[0]


def test_places_and_months_that_always_have_more_are_no_gathering() -> None:
    alarms = [govkit.space_time(*drawn(seed, boost=1.0), draws=19).clusters["clear"].any() for seed in range(12)]
    assert sum(alarms) <= 3  # 5 % of twelve: more than three in one of five thousand


def test_against_people_a_place_that_always_has_more_is_found() -> None:
    layer, counts = drawn(boost=1.0)
    counts.loc["g30"] += 15
    found = govkit.space_time(layer, counts, people=pd.Series(100.0, index=layer.index), draws=99)
    assert found.places.at["g30", "cluster"] == 1
    assert "每人机会相等" in found.notes[0]


def test_places_without_number_take_no_part_and_are_told() -> None:
    layer, counts = drawn()
    found = govkit.space_time(layer, counts.drop(index=["g5", "g60"]), draws=19)
    assert found.places.loc[["g5", "g60"], "events"].isna().all()
    assert any("2 个地方" in note for note in found.notes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda layer, counts: (layer.iloc[:5], counts), "至少要 8 个有数"),
        (lambda layer, counts: (layer, counts.iloc[:, :5]), "至少要 6 个月"),
        (lambda layer, counts: (layer, counts * 0), "至少要 50 件"),
        (lambda layer, counts: (layer, counts / 2), "不小于 0 的整数"),
        (lambda layer, counts: (layer.to_crs(4490), counts), "以米为单位"),
        (lambda layer, counts: (layer, counts.astype("str") + "件"), "不全是数"),
    ],
    ids=["places", "months", "events", "rates", "degrees", "words"],
)
def test_too_little_is_refused_with_what_is_needed(change: Any, told: str) -> None:
    with pytest.raises(GovkitError, match=told):
        govkit.space_time(*change(*drawn()))


def test_a_zone_of_few_places_says_so(tmp_path: Any) -> None:
    zone = govkit.open_zone(write_zone(tmp_path / "z"))
    with pytest.raises(GovkitError, match="至少要 8"):
        zone.hot_spots(by="网格")
    with pytest.raises(UnknownNameError, match="层级"):
        zone.hot_spots(by="street")


@pytest.fixture(scope="module")
def zone() -> Any:
    return govkit.open_zone("data/daoli")


def test_a_zones_matters_are_scanned_mapped_and_drawn(zone: Any) -> None:
    found = zone.hot_spots(draws=39)
    assert found.places["events"].sum() == len(zone.tables["events"]) or any("说不清" in note for note in found.notes)
    figure = zone.hot_spot_map(found)
    assert figure.png[:4] == b"\x89PNG"
    (layer,) = [one for one in figure.spec.layers if one.title == "时空聚集"]
    assert sum(one.count for one in layer.categories) == found.places["events"].notna().sum()
    clear = int(found.clusters["clear"].sum())
    assert str(clear) in figure.spec.title if clear else "看不出" in figure.spec.title
    drawn_chart = zone.hot_spot_chart(found)
    assert isinstance(drawn_chart, str) == (clear == 0)
