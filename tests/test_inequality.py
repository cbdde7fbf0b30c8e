"""Inequality, pattern, series: published values, equal to the field's packages, refused where too little is known."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from govkit.analysis.access.access import access
from govkit.analysis.inequality import concentration, gini, lorenz, segregation, theil
from govkit.analysis.pattern.spatial import hot_spots, moran, smoothed
from govkit.analysis.series import forecast, interrupted_series, seasonal
from govkit.analysis.typology import alike, funnel
from govkit.errors import GovkitError

VALUES = st.lists(st.floats(0.1, 1000), min_size=3, max_size=30)


# -- inequality


@settings(max_examples=40, deadline=None)
@given(VALUES)
def test_gini_and_theil_equal_those_of_the_package_inequality(values: list[float]) -> None:
    package = pytest.importorskip("inequality")
    from inequality.gini import Gini
    from inequality.theil import Theil, TheilD

    assert package
    data = np.array(values)
    assert gini(data) == pytest.approx(Gini(data).g, abs=1e-9)
    assert theil(data)["total"] == pytest.approx(float(Theil(data).T), abs=1e-9)
    halves = np.arange(len(data)) % 2
    parts, theirs = theil(data, groups=halves), TheilD(data, halves)
    assert parts["between"] == pytest.approx(float(theirs.bg[0]), abs=1e-9)
    assert parts["within"] == pytest.approx(float(theirs.wg[0]), abs=1e-9)


def test_theil_of_mexicos_states_is_that_of_the_manual_of_inequality() -> None:
    """Incomes of 32 states, 1940 and 2000: total, between and within Hanson's five regions."""
    examples = pytest.importorskip("libpysal.examples")
    states = pd.read_csv(examples.get_path("mexico.csv"))
    for year, published in ((1940, (0.20894344, 0.0345889, 0.17435454)), (2000, (0.10660832, 0.03635872, 0.0702496))):
        found = theil(states[f"pcgdp{year}"], groups=states["hanson98"])
        assert [found[part] for part in ("total", "between", "within")] == pytest.approx(published, abs=1e-8)


@settings(max_examples=30, deadline=None)
@example([(73.92858017789055, 2), (73.92858017789055, 5)])  # equal values: no inequality, not what rounding leaves
@given(st.lists(st.tuples(st.floats(0.1, 100), st.integers(1, 5)), min_size=2, max_size=8))
def test_a_weight_is_so_many_people_with_that_value(pairs: list[tuple[float, int]]) -> None:
    values, people = [one for one, _ in pairs], [count for _, count in pairs]
    each = np.repeat(values, people)
    groups = np.arange(len(values)) % 2
    assert gini(values, weights=people) == pytest.approx(gini(each), abs=1e-9)
    mine, theirs = theil(values, weights=people, groups=groups), theil(each, groups=np.repeat(groups, people))
    for one in (mine, theirs):
        one["share"] *= one["total"]  # of next to nothing a share is what arithmetic leaves
    assert mine == pytest.approx(theirs, abs=1e-9, nan_ok=True)


def test_the_lorenz_curve_starts_with_the_poorest() -> None:
    found = lorenz([3.0, 1.0], weights=[1, 1])
    assert found["people"].tolist() == [0.0, 0.5, 1.0]
    assert found["value"].tolist() == [0.0, 0.25, 1.0]


def test_concentration_by_the_value_itself_is_the_gini_and_its_mirror_the_other_sign() -> None:
    values = pd.Series([5.0, 1.0, 3.0, 2.0])
    assert concentration(values, values)[0] == pytest.approx(gini(values))
    assert concentration(values, -values)[0] == pytest.approx(-gini(values))
    assert concentration(values, [1, 1, 1, 1])[0] == pytest.approx(0)


def test_deaths_of_children_over_indias_wealth_are_those_the_world_bank_prints() -> None:
    """O'Donnell et al., Analyzing Health Equity Using Household Survey Data (2008), table 8.1: index -0.1694."""
    births, deaths = [29939, 28776, 26528, 24689, 19739], [154.7, 152.9, 119.5, 86.9, 54.3]  # the poorest fifth first
    index, curve = concentration(deaths, range(1, 6), weights=births)
    assert index == pytest.approx(-0.1694, abs=5e-5)
    assert curve["people"].round(4).tolist() == [0.0, 0.2309, 0.4528, 0.6574, 0.8478, 1.0]


def test_segregation_equals_that_of_the_package_segregation() -> None:
    pytest.importorskip("segregation")
    from segregation.singlegroup import Dissim, Isolation

    counts = pd.DataFrame({"外来": [10, 40, 5, 0], "本地": [90, 10, 55, 70]})
    frame = counts.assign(total=counts.sum(axis=1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dissimilarity = Dissim(frame, group_pop_var="外来", total_pop_var="total").statistic
        isolation = Isolation(frame, group_pop_var="外来", total_pop_var="total").statistic
    found = segregation(counts).loc["外来"]
    assert found[["dissimilarity", "isolation"]].tolist() == pytest.approx([dissimilarity, isolation])


@pytest.mark.parametrize(
    ("values", "told"),
    [([0, 0], "全部为 0"), ([-1, 2], "1 个负数"), ([None, None], "没有可用的数值")],
    ids=["zeros", "negative", "missing"],
)
def test_what_has_no_inequality_is_refused(values: list[Any], told: str) -> None:
    for measured in (gini, lorenz, theil):
        with pytest.raises(GovkitError, match=told):
            measured(values)


def test_missing_values_are_left_out_not_taken_for_zero() -> None:
    assert gini([1.0, None, 3.0]) == gini([1.0, 3.0])


# -- pattern


def columbus() -> gpd.GeoDataFrame:
    examples = pytest.importorskip("libpysal.examples")
    return gpd.read_file(examples.get_path("columbus.shp"))


def test_morans_i_of_crime_in_columbus_is_the_published_one() -> None:
    """Anselin (1988), table 12.1 data; I for queen contiguity, as in the manuals of GeoDa and spdep: 0.5002."""
    layer = columbus()
    found = moran(layer, layer["CRIME"])
    assert found.statistic == pytest.approx(0.500188557, abs=1e-8)
    assert found.expected == pytest.approx(-1 / 48)
    assert found.p <= 0.002


@pytest.mark.parametrize(
    ("name", "value", "other", "weights", "key", "published"),
    [
        ("sids2.shp", "SIDR74", None, "sids2.gal", "FIPS", 0.248),
        ("sids2.shp", "SIDR79", "SIDR74", "sids2.gal", "FIPS", 0.156),
        ("stl_hom.shp", "HR8893", None, "stl.gal", "POLY_ID_OG", 0.244),
    ],
    ids=["sudden deaths", "of two years", "homicides"],
)
def test_the_manual_of_esda_with_its_own_neighbours(
    name: str, value: str, other: str | None, weights: str, key: str, published: float
) -> None:
    examples = pytest.importorskip("libpysal.examples")
    import libpysal

    layer = gpd.read_file(examples.get_path(name))
    layer = layer.set_index(layer[key].astype("str").to_numpy())
    read = libpysal.io.open(examples.get_path(weights)).read()
    near = {str(one): [*map(str, others)] for one, others in read.neighbors.items()}
    found = moran(layer, layer[value], other=None if other is None else layer[other], near=near)
    assert found.statistic == pytest.approx(published, abs=5e-4)
    hot_spots(layer, layer[value], near=near)
    with pytest.raises(GovkitError, match="图层没有的编号"):
        moran(layer, layer[value], near={"甲": ["乙"]})


def test_local_clusters_pass_the_false_discovery_rate() -> None:
    layer = columbus()
    found = moran(layer, layer["CRIME"]).places
    clear = found["cluster"] != ""
    assert 0 < clear.sum() < (found["p"] <= 0.05).sum()
    assert found.loc[clear, "p"].max() < found.loc[~clear, "p"].min() + 1e-12


def test_without_a_pattern_hardly_anything_is_found() -> None:
    layer = columbus()
    random = np.random.default_rng(1)
    found = [
        (moran(layer, pd.Series(random.permutation(layer["CRIME"]))).places["cluster"] != "").any() for _ in range(12)
    ]
    assert np.mean(found) < 0.5


def test_hot_spots_lie_where_values_are_high() -> None:
    layer = columbus()
    found = hot_spots(layer, layer["CRIME"])
    hot = layer.loc[found.index[found["spot"] == "hot"], "CRIME"]
    assert len(hot)
    assert hot.mean() > layer["CRIME"].mean()


def test_hot_spots_are_ord_and_getis_own_wherever_nought_lies() -> None:
    squares = [shapely.box(x, y, x + 1, y + 1) for x in range(6) for y in range(6)]
    values = np.random.default_rng(3).normal(size=36) - 4.0
    values[[0, 1, 6, 7]] += 5.0
    found = hot_spots(gpd.GeoDataFrame(geometry=squares), pd.Series(values))
    near = np.array([[float(one.intersects(other)) for other in squares] for one in squares])
    own, mine = near.sum(axis=1), near @ values
    spread = values.std() * np.sqrt((36 * (near**2).sum(axis=1) - own**2) / 35)
    assert found["z"].to_numpy() == pytest.approx((mine - values.mean() * own) / spread)
    assert found["p"].idxmin() == 0


def test_two_variables_gather_together() -> None:
    layer = columbus()
    assert moran(layer, layer["CRIME"], other=layer["INC"]).statistic < -0.3


def test_a_place_without_neighbours_is_told() -> None:
    squares = [shapely.box(x, y, x + 1, y + 1) for x in range(3) for y in range(3)] + [shapely.box(9, 9, 10, 10)]
    layer = gpd.GeoDataFrame(geometry=squares, index=list("abcdefghij"))
    found = moran(layer, pd.Series(range(10), index=layer.index, dtype=float))
    assert found.islands == ("j",)
    assert "1 个地方没有相邻单元" in found.notes[1]
    assert hot_spots(layer, pd.Series(range(10), index=layer.index, dtype=float)).attrs["notes"] == found.notes


def test_a_funnel_tells_who_takes_no_part_and_how_little_few_places_say() -> None:
    notes = funnel(pd.Series([0, 2, 3, 4]), pd.Series([0, 6, 9, 9])).attrs["notes"]
    assert "1 个单元没有分子" in notes[0]
    assert "只有 3 个单元" in notes[1]


@pytest.mark.parametrize(("count", "value", "told"), [(4, None, "至少要 8 个"), (9, 1.0, "都相同")])
def test_too_few_or_equal_places_are_refused(count: int, value: float | None, told: str) -> None:
    layer = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 1, 1) for x in range(count)])
    values = pd.Series(range(count), dtype=float) if value is None else pd.Series(value, index=range(count))
    with pytest.raises(GovkitError, match=told):
        moran(layer, values)


def test_rates_of_few_people_are_drawn_to_the_rate_of_all() -> None:
    pytest.importorskip("esda")
    from esda.smoothing import Empirical_Bayes  # compiles for seconds when it is imported

    events, people = pd.Series([0.0, 30.0, 20.0, 9.0, 1.0]), pd.Series([4.0, 100.0, 100.0, 10.0, 0.0])
    found = smoothed(events, people)
    reference = Empirical_Bayes(events[:4].to_numpy(), people[:4].to_numpy()).r.ravel()
    assert found[:4].to_numpy() == pytest.approx(reference)
    assert np.isnan(found[4])
    # Rates that differ less than chance makes them differ are all the rate of all: esda turns them round.
    assert smoothed(pd.Series([10.0, 11.0]), pd.Series([100.0, 100.0])).tolist() == pytest.approx([0.105, 0.105])


# -- series


def series(months: int = 48, *, level: float = 0.0, at: int = 24, season: float = 5.0, noise: float = 0.5) -> pd.Series:
    random = np.random.default_rng(2)
    step = np.arange(months)
    values = 50 + 0.1 * step + season * np.sin(2 * np.pi * step / 12) + level * (step >= at)
    index = pd.period_range("2015-01", periods=months, freq="M").to_timestamp()
    return pd.Series(values + noise * random.normal(size=months), index=index)


def test_a_break_is_found_within_its_interval() -> None:
    found = interrupted_series(series(72, level=-8.0, at=36), "2018-01-01")
    row = found.table.loc["level"]
    assert row["low"] < -8.0 < row["high"] < 0
    assert found.before == found.after == 36
    assert any("不能单凭此归因" in note for note in found.notes)


def test_the_interval_is_that_of_newey_and_west() -> None:
    import statsmodels.formula.api as smf

    data = series(40, level=3.0, at=20, season=0.0)
    found = interrupted_series(data, "2016-09-01", lags=2)
    step = np.arange(40) - 20
    frame = pd.DataFrame({"y": data.to_numpy(), "t": step, "d": (step >= 0) * 1, "s": np.where(step >= 0, step, 0)})
    fit = smf.ols("y ~ t + d + s", frame).fit(cov_type="HAC", cov_kwds={"maxlags": 2}, use_t=True)
    assert found.table["change"].tolist() == pytest.approx([fit.params["d"], fit.params["s"]])
    assert found.table["low"].tolist() == pytest.approx(fit.conf_int()[0][["d", "s"]].tolist())


def test_the_month_of_a_start_within_it_is_kept_out() -> None:
    data = series(48, level=-8.0, at=24, season=0.0, noise=0.0)
    data.iloc[24] += 4.0
    assert interrupted_series(data, "2017-01-15").table.at["level", "change"] == pytest.approx(-8.0)
    assert interrupted_series(data, "2017-01-15").after == 23


def test_a_season_is_told_from_the_trend() -> None:
    found = seasonal(series(60))
    assert (found["trend"] + found["season"] + found["rest"] - found["value"]).abs().max() < 1e-9
    assert found["season"].max() > 4


@pytest.mark.parametrize(
    "form",
    [lambda one: f"{one.year}年{one.month}月", lambda one: one.year * 100 + one.month, str],
    ids=["年月", "201701", "text"],
)
@pytest.mark.filterwarnings("error")
def test_months_may_be_written_in_any_way(form: Callable[[Any], Any]) -> None:
    months = series().index.to_period("M")
    found = interrupted_series(series().set_axis([form(one) for one in months]), form(months[24]))
    assert found.table["change"].tolist() == interrupted_series(series(), "2017-01-01").table["change"].tolist()


def test_an_unusual_month_is_marked() -> None:
    data = series(60)
    data.iloc[30] += 20
    assert found_months(seasonal(data)) == ["2017-07"]


def found_months(found: pd.DataFrame) -> list[str]:
    return [str(month) for month in found.index[found["unusual"]]]


def test_the_next_quarter_has_an_interval_around_it() -> None:
    data = series(60)
    found = forecast(data.iloc[:57])
    assert [str(month) for month in found.index] == ["2019-10", "2019-11", "2019-12"]
    assert (found["low"] < data.iloc[57:].to_numpy()).all()
    assert (data.iloc[57:].to_numpy() < found["high"]).all()


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda data: seasonal(data.iloc[:23]), "至少要 24 个月"),
        (lambda data: seasonal(data.drop(data.index[5])), "中间缺 1 个月：2015-06"),
        (lambda data: forecast(data.iloc[:11]), "至少要 12 个月"),
        (lambda data: interrupted_series(data, "2015-06-01"), "前 5 个月、后 43 个月"),
        (lambda data: interrupted_series(pd.concat([data, data.head(1)]), "2017-01-01"), "同一个月有多个数"),
        (lambda data: seasonal(data.reset_index(drop=True).rename(index=str)), "索引应为月份，现在有 '0'"),
        (lambda data: seasonal(data.set_axis(pd.period_range("1970", periods=48, freq="Y"))), "索引应为月份"),
        (lambda data: seasonal(data.to_list()), "要一列数"),
        (lambda data: interrupted_series(data, "改革"), "改革时间（at）应为月份"),
        (lambda data: interrupted_series(data, "2017-01", lags=-1), "lags 应不小于 0"),
        (lambda data: forecast(data, confidence=95), "confidence 在 0 和 1 之间"),
    ],
    ids=[
        "short",
        "gap",
        "short forecast",
        "one side",
        "repeated",
        "no months",
        "years",
        "list",
        "no date",
        "lags",
        "per cent",
    ],
)
def test_too_little_is_refused_with_what_is_needed(ask: Any, told: str) -> None:
    with pytest.raises(GovkitError, match=told):
        ask(series())


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (lambda: gini([1.0, np.inf]), "1 处无穷大"),
        (lambda: theil(["甲", 2]), "不全是数：1 处不是，如 '甲'"),
        (lambda: gini([1, 2], weights=[1, -1]), "权重应不小于 0"),
        (lambda: concentration([1, 2], ["穷", "富"]), "排序变量不全是数"),
        (lambda: segregation(pd.DataFrame({"a": [0], "b": [0]})), "没有一个地方有人"),
        (lambda: moran(columbus(), columbus()["CRIME"], alpha=5), "alpha 应在 0 和 1 之间"),
        (lambda: moran(columbus(), columbus()["CRIME"], other=columbus()["CRIME"] * 0), "第二个变量各地的数值都相同"),
        (lambda: moran(pd.DataFrame(columbus()), columbus()["CRIME"]), "图层没有边界"),
        (lambda: theil([1, 2, 3], groups=["a", None, "b"]), "分组有 1 处缺失"),
        (lambda: segregation(pd.DataFrame({"a": [1, None], "b": [2, 3]})), "1 个地方缺少"),
        (lambda: smoothed(pd.Series([1, -1]), pd.Series([5, 5])), "1 个负数"),
        (lambda: forecast(series().replace(series().iloc[3], np.inf)), "1 处无穷大"),
        (lambda: funnel(pd.Series([3, 20]), pd.Series([10, 10])), "分子应在 0 与分母之间，这些单元不是：1"),
        (lambda: forecast(series() * 0), "48 个月的数全部相同（0）"),
        (lambda: interrupted_series(series() * 0 + 3, "2017-01-01"), "间断时间序列给不出误差"),
        (lambda: alike(pd.DataFrame({"x": [1.0, 2.0], "y": [2.0, 1.0]}), groups=2), "至少要 6 个"),
        (lambda: alike(pd.DataFrame({"x": [1.0] * 9, "y": [2.0] * 9}), groups=2), "都相同"),
    ],
    ids=[
        "infinite",
        "words",
        "negative weight",
        "rank in words",
        "nobody",
        "per cent",
        "other constant",
        "no layer",
        "group missing",
        "count missing",
        "negative events",
        "endless month",
        "more than all",
        "nothing happens",
        "nothing ever changes",
        "two places",
        "nothing differs",
    ],
)
def test_what_would_give_a_wrong_number_is_refused(asked: Callable[[], object], told: str) -> None:
    with pytest.raises(GovkitError, match=told):
        asked()


def test_people_of_unknown_number_are_no_people_of_nought() -> None:
    places = gpd.GeoDataFrame({"people": [10.0, np.nan]}, geometry=gpd.points_from_xy([0, 9], [0, 0]), crs="EPSG:4551")
    found = access(places, places[["geometry"]], people="people")
    assert found.frame["people"].isna().tolist() == [False, True]
    assert any("1 处没有人口" in note for note in found.notes)
    with pytest.raises(GovkitError, match="不全是数"):
        access(places.assign(people=["十", "九"]), places[["geometry"]], people="people")


def test_no_event_anywhere_is_a_rate_of_nought() -> None:
    rates = smoothed(pd.Series([0, 0, 0]), pd.Series([10, 0, 5]))
    assert rates[[0, 2]].tolist() == [0, 0]
    assert np.isnan(rates[1])
