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

from govkit.digests import NoDigestError, digest, digests_of_groups


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


COLUMNS = {
    "户数": pd.array([1, None, 1, 1, None, 3], dtype="Int64"),
    "面积": [0.5, np.nan, 0.5, 0.5, np.nan, -0.5],
    "名称": pd.array(["甲", None, "甲", "甲", None, "乙"], dtype="str"),
    "时间": pd.to_datetime(["2018-01-01", None, "2018-01-01", "2018-01-01", None, "2018-01-02"]),
    "形状": gpd.GeoSeries(
        [shapely.Point(1, 2), None, shapely.Point(1, 2), shapely.Point(1, 2), None, shapely.Point(3, 3)], crs=4490
    ),
    "其他": pd.Series([[1], None, [1], [1], None, (1,)], dtype=object),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_groups_of_equal_rows_have_equal_digests(name: str) -> None:
    table = gpd.GeoDataFrame({name: COLUMNS[name]}).set_axis(list("abcdef"))
    groups = {"一": [0, 1], "二": [2, 4], "倒": [1, 0], "半": [0], "空": [], "异": [5, 4]}
    found = digests_of_groups(table, {key: np.array(rows, dtype="intp") for key, rows in groups.items()})
    assert found["一"] == found["二"]
    assert len(set(found.values())) == len(found) - 1
    renamed = table.rename(columns={name: "别名"})
    assert digests_of_groups(renamed, {"空": np.array([], dtype="intp")})["空"] != found["空"]
