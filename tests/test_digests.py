"""A value's digest: equal for equal values, whatever made them; different for different ones."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from govkit.digests import NoDigestError, digest


@dataclass(frozen=True)
class Pair:
    """Two values."""

    one: object
    other: object


DIFFERENT = [
    1, 1.0, True, "1", b"1", None, (1,), [1], {1}, {1: 1}, 0.0, -0.0, float("nan"), date(2018, 1, 1), "", (),
    Pair(1, 2), Pair(2, 1), np.array([1]), np.array([1.0]), pd.Series([1]), pd.Series([1], name="a"),
    pd.Series([1], index=[1]), pd.Series([1], dtype="Int64"), pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}),
    shapely.Point(0, 1), shapely.Point(1, 0), pd.Timestamp("2018-01-01"), ("ab", "c"), ("a", "bc"),
]  # fmt: skip


def test_different_values_have_different_digests() -> None:
    found = [digest(one) for one in DIFFERENT]
    assert len(set(found)) == len(found)


@given(st.lists(st.one_of(st.text(), st.none(), st.integers(), st.floats()), max_size=5))
def test_a_copy_has_the_digest_of_its_original(values: list[object]) -> None:
    assert digest(values) == digest([*values])
    assert digest(pd.Series(values, dtype=object)) == digest(pd.Series([*values], dtype=object))


def test_a_layer_keeps_its_digest_through_geoparquet() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.Point(1, 2)]
    layer = gpd.GeoDataFrame({"名称": ["甲", None], "户数": [1, 2]}, geometry=shapes, crs="EPSG:4490")
    layer = layer.astype({"名称": "str"})
    kept = io.BytesIO()
    layer.to_parquet(kept)
    assert digest(gpd.read_parquet(io.BytesIO(kept.getvalue()))) == digest(layer)
    assert digest(layer.to_crs("EPSG:4326").set_geometry(shapes, crs="EPSG:4326")) != digest(layer)


def test_what_lies_below_a_mask_does_not_count() -> None:
    one, other = (pd.array([value, 2], dtype="Int64") for value in (1, 5))
    one[0] = other[0] = pd.NA
    assert digest(pd.Series(one)) == digest(pd.Series(other))


def test_a_value_without_content_has_no_digest() -> None:
    with pytest.raises(NoDigestError):
        digest(iter([]))
    with pytest.raises(NoDigestError):
        digest(lambda: None)


@pytest.mark.parametrize("part", [slice(None), slice(3, 1500), slice(0, 0)], ids=["all", "part", "none"])
def test_many_texts_have_the_digest_of_the_same_texts_kept_in_another_way(part: slice) -> None:
    texts = ["网格", "", "a b", "𠮷"] * 500
    kept = [pd.Series(texts, dtype=pd.StringDtype(storage, na_value=np.nan))[part] for storage in ("pyarrow", "python")]
    assert digest(kept[0]) == digest(kept[1])
