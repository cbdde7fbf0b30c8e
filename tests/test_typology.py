"""Like with like: groups of like places, ranks among them, rates in a funnel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from govkit.analysis.typology import _adjusted_rand, alike, funnel, ranked_among_alike
from govkit.errors import GovkitError


def two_kinds(apart: float = 8.0) -> pd.DataFrame:
    random = np.random.default_rng(1)
    first, second = random.normal(0, 1, (12, 2)), random.normal(apart, 1, (8, 2))
    return pd.DataFrame(np.vstack([first, second]), columns=["人口", "老年人"], index=[f"u{at}" for at in range(20)])


def test_two_kinds_are_told_apart_and_the_larger_is_the_first() -> None:
    pytest.importorskip("kmedoids")
    found, stability = alike(two_kinds(), groups=2)
    assert found["group"].tolist() == [1] * 12 + [2] * 8
    assert stability == pytest.approx(1.0)
    assert set(found["typical"]) <= set(found.index)


def test_groups_of_one_cloud_are_not_stable() -> None:
    pytest.importorskip("kmedoids")
    assert alike(two_kinds(apart=0.0), groups=4)[1] < 0.7


def test_a_place_that_lacks_a_number_has_no_group() -> None:
    pytest.importorskip("kmedoids")
    data = two_kinds()
    data.iloc[3, 0] = np.nan
    found, _ = alike(data, groups=2)
    assert found["group"].isna().tolist() == [at == 3 for at in range(20)]


@pytest.mark.parametrize("groups", [1, 7])
def test_groups_of_fewer_than_three_are_refused(groups: int) -> None:
    with pytest.raises(GovkitError, match="groups 应为 2 到 6"):
        alike(two_kinds(), groups=groups)


def test_a_place_is_ranked_among_its_like() -> None:
    values = pd.Series({"a": 1.0, "b": 3.0, "c": 9.0, "d": None})
    found = ranked_among_alike(values, pd.Series({"a": 1, "b": 1, "c": 2, "d": 2}))
    with pytest.raises(GovkitError, match="索引对不上"):
        ranked_among_alike(values, pd.Series([1, 1, 2, 2]))
    assert found["rank"].tolist()[:3] == [2, 1, 1]
    assert found["of"].tolist()[:3] == [2, 2, 1]
    assert found["gap"].tolist()[:3] == [-1.0, 1.0, 0.0]
    assert pd.isna(found.at["d", "rank"])


def test_rates_that_chance_explains_are_inside_the_funnel() -> None:
    random = np.random.default_rng(4)
    n = pd.Series(random.integers(20, 2000, 60))
    found = funnel(pd.Series(random.binomial(n, 0.9)), n)
    assert found.attrs["overdispersion"] == 1.0
    assert found["outside"].sum() <= 1


def test_spread_beyond_chance_widens_the_funnel() -> None:
    random = np.random.default_rng(4)
    n = pd.Series(np.full(60, 2000))
    rates = random.normal(0.8, 0.03, 60).clip(0, 1)
    found = funnel(pd.Series(random.binomial(n, rates)), n)
    assert found.attrs["overdispersion"] > 5
    assert found["outside"].sum() <= 1
    assert (found["z"].abs() > 3.09).sum() > 5


@pytest.mark.parametrize(("top", "told"), [([5, 5], "全部达到"), ([5, None], "至少要两个")])
def test_what_needs_no_funnel_is_refused(top: list[float | None], told: str) -> None:
    with pytest.raises(GovkitError, match=told):
        funnel(pd.Series(top, dtype=float), pd.Series([5, 5]))


def test_two_groupings_agree_as_hubert_and_arabie_count() -> None:
    # pairs together in both 2, in the first 6, in the second 3, of 15: (2 - 1.2) / (4.5 - 1.2)
    found = _adjusted_rand(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 2, 2]))
    assert found == pytest.approx(0.8 / 3.3)
