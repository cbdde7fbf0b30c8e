"""Classes of a choropleth: right members, round borders, honest labels."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govkit.display.maps.sheet.classes import Quantity, classify, natural_starts, nice_step
from govkit.errors import ReportError, UnknownNameError

RATE = Quantity("达标率", "percent")
SCORE = Quantity("得分", "number", "分")
NUMBERS = st.lists(
    st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6, allow_nan=False), st.integers(0, 9).map(float)), max_size=60
)


def test_fixed_breaks_put_the_border_value_in_the_upper_class() -> None:
    classes = classify([0.59, 0.6, 0.7999, 0.8, 1.0], RATE, breaks=[0.6, 0.8])
    assert classes.members.tolist() == [0, 1, 1, 2, 2]
    assert classes.labels == ("<60", "60～80", "≥80")
    assert classes.counts == (1, 2, 2)


def test_a_rate_with_floating_dust_keeps_its_class() -> None:
    assert classify([0.1 * 3 + 0.4, 0.8 - 0.1], RATE, breaks=[0.7]).members.tolist() == [1, 1]


def test_fixed_breaks_keep_empty_classes() -> None:
    assert classify([0.95], RATE, breaks=[0.6, 0.9]).counts == (0, 0, 1)


def test_missing_values_are_in_no_class() -> None:
    classes = classify([1.0, float("nan"), 5.0], SCORE)
    assert classes.members[1] == -1
    assert sum(classes.counts) == 2


@pytest.mark.parametrize("numbers", [[3.0], [3.0, 3.0, 3.0]], ids=["one unit", "all equal"])
def test_equal_values_make_one_class_named_by_the_value(numbers: list[float]) -> None:
    classes = classify(numbers, SCORE)
    assert classes.labels == ("3.0",)
    assert classes.counts == (len(numbers),)


@pytest.mark.parametrize("numbers", [[], [float("nan")] * 3], ids=["none", "all missing"])
def test_no_value_makes_no_class(numbers: list[float]) -> None:
    classes = classify(numbers, SCORE)
    assert classes.labels == ()
    assert (classes.members == -1).all()


def test_few_distinct_values_get_a_class_each() -> None:
    classes = classify([1, 1, 2, 3], Quantity("件数", "integer", "件"))
    assert classes.counts == (2, 1, 1)


def test_negative_values_are_classed_in_order() -> None:
    classes = classify([-9.0, -1.0, 0.0, 4.0, 8.0, 30.0], SCORE)
    assert list(classes.members) == sorted(classes.members)


def test_borders_are_round() -> None:
    values = [0.512, 0.523, 0.618, 0.633, 0.747, 0.751, 0.862, 0.871, 0.953, 0.968]
    assert classify(values, RATE).labels == ("<60", "60～70", "70～80", "80～90", "≥90")


@pytest.mark.parametrize("scheme", ["natural", "quantiles", "equal"])
@given(numbers=NUMBERS)
def test_every_value_is_in_the_class_whose_borders_hold_it(scheme: str, numbers: list[float]) -> None:
    classes = classify(numbers, SCORE, scheme=scheme)
    shown = SCORE.scaled(np.array(numbers, dtype=float))
    borders = [-np.inf, *classes.breaks, np.inf]
    for value, member in zip(shown, classes.members, strict=True):
        assert member == -1 if np.isnan(value) else borders[member] <= value < borders[member + 1]
    assert list(classes.breaks) == sorted(set(classes.breaks))


@pytest.mark.parametrize("scheme", ["natural", "quantiles", "equal"])
@given(numbers=NUMBERS)
def test_no_class_is_empty_and_counts_add_up(scheme: str, numbers: list[float]) -> None:
    classes = classify(numbers, SCORE, scheme=scheme)
    assert all(classes.counts)
    assert sum(classes.counts) == np.count_nonzero(~np.isnan(numbers)) if numbers else not classes.counts
    assert len(classes.labels) == len(classes.counts) == len(set(classes.labels))


@given(numbers=NUMBERS, seed=st.integers(0, 99))
def test_the_order_of_the_units_does_not_matter(numbers: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(numbers))
    values = np.array(numbers, dtype=float)
    assert (classify(values, SCORE).members[order] == classify(values[order], SCORE).members).all()


def test_natural_breaks_equal_those_of_mapclassify() -> None:
    mapclassify = pytest.importorskip("mapclassify")
    values = np.random.default_rng(7).gamma(2, 3, 120).round(2)
    distinct, weights = np.unique(values, return_counts=True)
    ours = distinct[natural_starts(distinct, weights, 5) - 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = mapclassify.FisherJenks(values, k=5).bins[:-1]
    assert ours.tolist() == theirs.tolist()


def test_natural_breaks_part_the_obvious_groups() -> None:
    values = np.array([1, 2, 3, 50, 51, 52, 98, 99.0])
    assert natural_starts(values, np.ones(8), 3).tolist() == [3, 6]


@pytest.mark.parametrize("breaks", [[0.8, 0.6], [0.6, 0.6], [float("nan")]])
def test_breaks_that_do_not_ascend_are_refused(breaks: list[float]) -> None:
    with pytest.raises(ReportError, match="从小到大"):
        classify([0.5], RATE, breaks=breaks)


def test_infinite_values_are_refused() -> None:
    with pytest.raises(ReportError, match=r"达标率.*无穷大"):
        classify([0.5, float("inf")], RATE)


def test_an_unknown_scheme_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="quantiles"):
        classify([1, 2, 3, 4, 5, 6, 7.0], SCORE, scheme="quantile")


@pytest.mark.parametrize(
    ("quantity", "value", "text"),
    [
        (RATE, 0.7, "70.0%"),
        (Quantity("变化", "points"), -0.012, "−1.2 百分点"),
        (Quantity("户数", "integer", "户"), 12345, "12,345 户"),
        (SCORE, float("nan"), "无数据"),
    ],
    ids=["percent", "points", "integer", "missing"],
)
def test_a_value_is_shown_with_its_unit(quantity: Quantity, value: float, text: str) -> None:
    assert quantity.text(value) == text


def test_the_head_of_the_legend_names_the_unit() -> None:
    assert RATE.head == "达标率（%）"


@given(st.floats(1e-6, 1e9))
def test_a_nice_step_is_at_most_two_and_a_half_times_too_long(least: float) -> None:
    assert least * (1 - 1e-6) <= nice_step(least) <= 2.5 * least * (1 + 1e-6)


def test_a_few_dense_towns_do_not_leave_all_villages_in_one_class() -> None:
    density = np.concatenate(
        [np.linspace(20, 180, 234), np.linspace(200, 780, 22), [900, 1200, 1500, 2100, 3000, 5200]]
    )
    found = classify(density, Quantity("人口密度", unit="人/km²"))
    assert len(found.counts) == 5
    assert min(found.counts) > 0
    assert max(found.counts) < 0.6 * len(density)
    with_none = classify(np.r_[np.zeros(90), 1, 2, 3, 40, 50, 99.5], Quantity("面积"))
    assert with_none.counts[0] >= 90
