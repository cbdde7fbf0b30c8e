"""GCJ-02 and BD-09."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govkit.intake.places.datum import bd09_from_gcj02, from_cgcs2000, gcj02_from_cgcs2000, to_cgcs2000

# a degree of latitude is 111 km, so 1e-7 degrees are a centimetre
CENTIMETRE = 1e-7


def test_the_published_example_of_gcj_02_is_met() -> None:
    # eviltransform's test case for Shanghai: WGS 84 31.1774276, 121.5272106
    lon, lat = gcj02_from_cgcs2000(np.array([121.5272106]), np.array([31.1774276]))
    assert (lon[0], lat[0]) == (pytest.approx(121.531541859215, abs=1e-9), pytest.approx(31.17530398364597, abs=1e-9))


def test_the_published_example_of_bd_09_is_met() -> None:
    # coordtransform's test case: GCJ-02 116.404, 39.915
    lon, lat = bd09_from_gcj02(np.array([116.404]), np.array([39.915]))
    assert (lon[0], lat[0]) == (pytest.approx(116.41036949371029, abs=1e-9), pytest.approx(39.92133699351021, abs=1e-9))


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
@given(lon=st.floats(74, 135), lat=st.floats(18, 53.5))
def test_back_and_forth_is_exact_to_a_centimetre(datum: str, lon: float, lat: float) -> None:
    there = from_cgcs2000([lon], [lat], datum)
    back_lon, back_lat = to_cgcs2000(*there, datum)
    assert abs(back_lon[0] - lon) < CENTIMETRE
    assert abs(back_lat[0] - lat) < CENTIMETRE


@pytest.mark.parametrize("datum", ["CGCS2000", "WGS84"])
def test_datums_that_are_one_for_our_purpose_change_nothing(datum: str) -> None:
    lon, lat = to_cgcs2000([126.5], [45.7], datum)
    assert (lon[0], lat[0]) == (126.5, 45.7)


def test_positions_abroad_are_left_alone() -> None:
    lon, lat = gcj02_from_cgcs2000(np.array([2.35]), np.array([48.85]))
    assert (lon[0], lat[0]) == (2.35, 48.85)


def test_a_missing_position_stays_missing_and_does_not_spoil_others() -> None:
    lon, _ = to_cgcs2000([np.nan, 126.5], [45.7, 45.7], "GCJ-02")
    assert np.isnan(lon[0])
    assert lon[1] == pytest.approx(126.4939, abs=1e-3)
