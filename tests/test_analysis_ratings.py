"""Ratings: levels put into one, two-way scores, shrinkage of small numbers, agreement, a mix of raters that moved."""

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from analysis_frames import FIRST, MARKET, OAK, RIVER, SECOND, STREET, TOWN, frame, units
from hypothesis import given, settings

from govkit.analysis.ledgers import ratings
from govkit.analysis.measures.measure import measure
from govkit.analysis.score.scheme import read_scheme
from govkit.errors import CatalogueError, UnknownNameError

COLUMNS = "unit_code period rater_kind rater level item score n"


def zone(*rows: tuple[object, ...]) -> dict[str, pd.DataFrame]:
    """Return the small zone with ratings: (unit, period, kind, rater, level, item, score, n)."""
    table = frame(COLUMNS, *rows)
    return {"units": units(), "ratings": table.assign(n=table["n"].astype("Int64"))}


def resident(unit: str, score: float, n: int, period: str = "2018H1") -> tuple[object, ...]:
    return (unit, period, "resident", None, None, "线上评价", score, n)


def test_answers_count_by_their_number() -> None:
    found = ratings.rated(zone(resident(OAK, 90, 30), resident(MARKET, 60, 10), resident(RIVER, 80, 5)), FIRST)
    assert found.loc[TOWN, ["score", "n"]].tolist() == [82.5, 40]
    # Two raters thirty points apart tell next to nothing.
    assert found.loc[TOWN, ["low", "high"]].tolist() == [0, 100]


def test_a_few_answers_are_drawn_towards_all_and_many_stay() -> None:
    found = ratings.rated(zone(resident(OAK, 80, 2000), resident(RIVER, 100, 4)), FIRST)
    common = (80 * 2000 + 100 * 4) / 2004
    assert found.at[STREET, "shrunk"] == pytest.approx((4 * 100 + 20 * common) / 24)
    assert found.at[TOWN, "shrunk"] == pytest.approx(80, abs=0.1)


def test_too_few_answers_are_shown_but_not_ranked() -> None:
    found = ratings.rated(zone(resident(OAK, 80, 2000), resident(RIVER, 100, 4)), FIRST)
    assert found["score"].notna().all()
    assert found["rank"].isna().to_dict() == {STREET: True, TOWN: False}


def test_without_a_table_of_ratings_everything_is_missing() -> None:
    found = ratings.rated({"units": units()}, FIRST)
    assert found["score"].isna().all()
    assert ratings.three_levels({"units": units()}, FIRST, weights=WEIGHTS)["score"].isna().all()


def test_an_unknown_kind_of_raters_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="resident"):
        ratings.rated(zone(resident(OAK, 80, 1)), FIRST, rater_kind="residents")


WEIGHTS = {"city": 0.3, "county": 0.4, "street": 0.3}


def superior(unit: str, level: str, score: float) -> tuple[object, ...]:
    return (unit, "2018H1", "superior", "考核组", level, "年度考核", score, None)


def test_three_levels_are_weighted_into_one() -> None:
    rows = [superior(TOWN, "city", 90), superior(TOWN, "county", 80), superior(TOWN, "street", 70)]
    found = ratings.three_levels(zone(*rows), FIRST, weights=WEIGHTS)
    assert found.loc[TOWN, ["score", "levels"]].tolist() == pytest.approx([0.3 * 90 + 0.4 * 80 + 0.3 * 70, 3])
    assert found.at[STREET, "levels"] == 0


def test_a_level_that_did_not_rate_hands_its_weight_on() -> None:
    found = ratings.three_levels(zone(superior(TOWN, "city", 90), superior(TOWN, "county", 80)), FIRST, weights=WEIGHTS)
    assert found.at[TOWN, "score"] == pytest.approx((0.3 * 90 + 0.4 * 80) / 0.7)


def test_both_ways_are_two_sets_of_scores_on_different_things() -> None:
    rows = [
        (OAK, "2018H1", "street", "东镇", None, "办理服务", 90.0, None),
        (MARKET, "2018H1", "street", "东镇", None, "办理服务", 80.0, None),
        (TOWN, "2018H1", "community", "柞村", None, "行政干预", 60.0, None),
        (TOWN, "2018H1", "community", "柞村", None, "经费拨付", 70.0, None),
    ]
    found = ratings.two_way(zone(*rows), FIRST)
    assert found.loc[TOWN].to_dict() == {"down": 85, "down_n": 2, "up": 65, "up_n": 2}
    departments = ratings.rated_departments(zone(*rows), FIRST)
    assert departments[["行政干预", "经费拨付", "score", "n"]].values.tolist() == [[60, 70, 65, 2]]


# -- agreement


def test_agreement_is_the_one_siegel_published() -> None:
    # Siegel, Nonparametric Statistics for the Behavioral Sciences (1956), chapter 9: three executives, six applicants.
    found = ratings.kendalls_w(np.array([[1, 6, 3, 2, 5, 4], [1, 5, 6, 4, 2, 3], [6, 3, 2, 5, 4, 1]]))
    assert found.w == pytest.approx(0.16, abs=0.005)
    assert not found.enough


def test_chi_square_and_its_tail_agree_with_scipy() -> None:
    from scipy.stats import friedmanchisquare

    scores = np.array([[8.0, 7, 7, 5, 4], [9.0, 7, 6, 6, 3], [7.0, 8, 6, 5, 5], [9.0, 8, 7, 4, 4]])
    expected = friedmanchisquare(*scores.T)  # the test that W is made of, ties corrected
    found = ratings.kendalls_w(scores)
    assert found.chi_square == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue, abs=0.002)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=2, max_size=6))
def test_agreement_lies_between_none_and_full(rows: list[list[int]]) -> None:
    w = ratings.kendalls_w(np.array(rows, dtype="float64")).w
    assert np.isnan(w) or -1e-9 <= w <= 1 + 1e-9


@pytest.mark.parametrize(
    "scores", [[[1.0, 2.0]], [[1.0], [2.0]], [[5.0, 5.0], [5.0, 5.0]]], ids=["one", "unit", "ties"]
)
def test_where_nothing_can_agree_agreement_is_missing(scores: list[list[float]]) -> None:
    assert np.isnan(ratings.kendalls_w(np.array(scores)).w)


def test_experts_who_did_not_rate_all_are_left_out() -> None:
    rows = [(unit, "2018H1", "expert", who, None, "综合评分", score, None)
            for who, scores in {"ZJ-01": (90, 70), "ZJ-02": (85, 60), "ZJ-03": (None, 99)}.items()
            for unit, score in zip((TOWN, STREET), scores, strict=True)]  # fmt: skip
    found = ratings.expert_agreement(zone(*rows), FIRST)
    assert (found.raters, found.w, found.enough) == (2, 1, True)


# -- a mix of raters that moved


def test_a_mix_of_raters_that_moved_forbids_comparison() -> None:
    rows = [
        resident(OAK, 80, 90),
        (OAK, "2018H1", "expert", "ZJ-01", None, "综合评分", 90.0, 10),
        resident(OAK, 80, 50, "2018H2"),
        (OAK, "2018H2", "expert", "ZJ-01", None, "综合评分", 90.0, 50),
        resident(RIVER, 80, 10),
        resident(RIVER, 80, 90, "2018H2"),
    ]
    found = ratings.rater_mix(zone(*rows), SECOND, FIRST)
    assert found.loc[TOWN, ["moved", "comparable", "expert"]].tolist() == pytest.approx([0.4, False, 0.4])
    assert found.loc[STREET, ["moved", "comparable"]].tolist() == [0, True]


def test_a_mix_without_an_earlier_period_is_neither_comparable_nor_not() -> None:
    assert pd.isna(ratings.rater_mix(zone(resident(OAK, 80, 9, "2018H2")), SECOND, FIRST).at[TOWN, "comparable"])


# -- as a measure


def test_ratings_are_a_measure_with_their_number() -> None:
    found = measure("rating:resident", zone(resident(OAK, 90, 40)), FIRST)
    assert found.loc[TOWN, ["value", "numerator", "denominator"]].tolist() == [0.9, 36, 40]


def test_a_scheme_with_an_unknown_kind_of_raters_is_refused() -> None:
    leaf = {"id": "r", "label": "评价", "parent": "", "weight": 1, "measure": "rating:residnt", "worst": 0, "best": 1}
    raw = {"title": "t", "source": "s", "grades": [{"label": "一", "from": 0}], "groups": []}
    with pytest.raises(CatalogueError, match="没有这个评价者类别：'residnt'"):
        read_scheme("x", raw | {"leaves": [leaf | {"owner_level": "town"}]}, where="x")
