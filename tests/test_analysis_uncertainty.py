"""An interval means what it says: by the kind of evidence, clustered answers, scores of raters, many rows at once."""

import numpy as np
import pandas as pd
import pytest
from analysis_frames import ELM, FIRST, MARKET, OAK, SECOND, TOWN, frame, units
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from govkit import catalogue
from govkit.analysis.ledgers.problem_rules import load_rules
from govkit.analysis.ledgers.problems import find_problems
from govkit.analysis.ledgers.ratings import rated
from govkit.analysis.measures.intervals import (
    change_interval,
    change_p,
    design_effect,
    holm,
    interval,
    rating_error,
    verdicts,
    wilson,
)
from govkit.analysis.measures.measure import measure, measure_info


def rate(value: float, n: float, **more: float) -> pd.DataFrame:
    row = {"value": value, "numerator": value * n, "denominator": n, **more}
    return pd.DataFrame([row], index=["a"])


@pytest.mark.parametrize("name", list(catalogue.load("measures")))
def test_every_measure_says_what_its_number_is(name: str) -> None:
    assert catalogue.load("measures")[name]["evidence"] in {"census", "sample", "rating", "model"}


def test_a_number_counted_in_full_has_no_interval_and_its_change_is_plain() -> None:
    assert interval(rate(0.9, 10), "census").isna().all(axis=None)
    assert change_interval(rate(0.9, 10), rate(0.8, 10), "census")["low"].isna().all()


def test_independent_answers_have_wilsons_interval() -> None:
    found = interval(rate(0.9, 100), "sample")
    assert found.to_numpy() == pytest.approx(wilson([90], [100]).to_numpy())


def series(*values: float) -> pd.Series:
    return pd.Series(values, dtype="float64")


def test_answers_that_agree_within_communities_are_worth_fewer() -> None:
    cluster, group = pd.Series(list("abcd")), pd.Series(["g"] * 4)
    alike = design_effect(series(20, 20, 10, 10), series(20, 20, 20, 20), cluster, group).loc["g"]
    mixed = design_effect(series(15, 15, 15, 15), series(20, 20, 20, 20), cluster, group).loc["g"]
    assert alike["n_effective"] < 20
    assert mixed["n_effective"] == 80
    # By hand: p = 3/4, variance 4/3 · 4 · 25 / 80², over p(1−p)/80, then (t₃/z)².
    effect = (4 / 3 * 100 / 80**2) / (0.75 * 0.25 / 80)
    wider = (stats.t.ppf(0.975, 3) / stats.norm.ppf(0.975)) ** 2
    assert alike["n_effective"] == pytest.approx(80 / effect / wider)


def test_one_community_alone_counts_as_independent_answers() -> None:
    found = design_effect(series(9), series(10), pd.Series(["a"]), pd.Series(["g"]))
    assert found.loc["g"].tolist() == [10, 1]


def test_a_score_has_the_error_of_its_raters_spread() -> None:
    scores = series(0.8, 0.9, 0.7, 0.6)
    found = rating_error(scores, series(1, 1, 1, 1), pd.Series(list("abcd")), pd.Series(["g"] * 4)).loc["g"]
    assert found["error"] == pytest.approx(scores.std(ddof=1) / 2)
    ends = interval(pd.DataFrame([{"value": 0.75, **found}]), "rating").to_numpy()[0]
    assert ends == pytest.approx(DescrStatsW(scores).tconfint_mean())


def test_scores_are_never_taken_for_yes_and_no() -> None:
    rows = frame(
        "unit_code period rater_kind rater level item score n",
        *((OAK, "2018H1", "resident", f"r{place}", None, "服务", 90.0, 1) for place in range(20)),
    )
    found = rated({"units": units(), "ratings": rows}, FIRST).loc[TOWN]
    assert found[["score", "low", "high"]].tolist() == pytest.approx([90, 90, 90])


def test_one_rater_alone_has_no_interval() -> None:
    rows = frame(
        "unit_code period rater_kind rater level item score n",
        (OAK, "2018H1", "resident", "甲", None, "服务", 90.0, 1),
        (OAK, "2018H1", "resident", "甲", None, "态度", 70.0, 1),
    )
    assert pd.isna(rated({"units": units(), "ratings": rows}, FIRST).loc[TOWN, "low"])


def test_the_change_of_a_score_is_welchs() -> None:
    chance = np.random.default_rng(1)
    now, before = chance.normal(0.8, 0.1, 12), chance.normal(0.7, 0.2, 8)
    sides = [
        pd.DataFrame([{"value": one.mean(), "error": one.std(ddof=1) / len(one) ** 0.5, "freedom": len(one) - 1.0}])
        for one in (now, before)
    ]
    oracle = CompareMeans(DescrStatsW(now), DescrStatsW(before))
    found = change_interval(*sides, "rating").iloc[0]
    assert found[["low", "high"]].tolist() == pytest.approx(oracle.tconfint_diff(usevar="unequal"))
    assert change_p(*sides, "rating").iloc[0] == pytest.approx(oracle.ttest_ind(usevar="unequal")[1])


@pytest.mark.parametrize(("now", "before"), [(0.9, 0.8), (0.8, 0.9), (0.97, 1.0), (0.5, 0.5)])
def test_a_p_value_is_the_level_at_which_the_interval_just_leaves_zero_out(now: float, before: float) -> None:
    p = change_p(rate(now, 200), rate(before, 150), "sample").iloc[0]
    for level, clear in ((p * 1.001, True), (p * 0.999, False)):
        found = change_interval(rate(now, 200), rate(before, 150), "sample", confidence=1 - min(level, 1)).iloc[0]
        assert bool(found["low"] > 0 or found["high"] < 0) == (clear and p < 0.999)


def test_many_rows_are_adjusted_as_statsmodels_does() -> None:
    p = pd.Series([0.001, 0.02, np.nan, 0.03, 0.8, 0.04])
    expected = multipletests(p.dropna(), method="holm")[1]
    assert holm(p).dropna().to_numpy() == pytest.approx(expected)
    assert np.isnan(holm(p)[2])


@pytest.mark.parametrize(
    ("evidence", "change", "low", "high", "p", "word"),
    [
        ("census", 0.01, np.nan, np.nan, np.nan, "better"),
        ("census", -0.01, np.nan, np.nan, np.nan, "worse"),
        ("census", 0.0, np.nan, np.nan, np.nan, "same"),
        ("sample", 0.04, 0.01, 0.07, 0.01, "better"),
        ("sample", 0.004, -0.002, 0.008, 0.2, "same"),
        ("sample", 0.04, -0.01, 0.09, 0.1, "open"),
        ("rating", 0.04, np.nan, np.nan, np.nan, "open"),
        ("census", np.nan, np.nan, np.nan, np.nan, ""),
    ],
)
def test_a_change_is_said_in_one_word(
    evidence: str, change: float, low: float, high: float, p: float, word: str
) -> None:
    row = {"change": change, "sign": 1, "evidence": evidence, "low": low, "high": high, "p": p}
    assert verdicts(pd.DataFrame([{**row, "shown_same": change == 0}])).tolist() == [word]


def answers(*rows: tuple[str, int, int]) -> dict[str, pd.DataFrame]:
    columns = "unit_code period item requested settled settled_in_unit hours responses satisfied"
    listed = [(unit, "2018H1", "代缴费用", 10, 10, 10, 5.0, n, satisfied) for unit, n, satisfied in rows]
    return {"units": units(), "services": frame(columns, *listed)}


@pytest.mark.parametrize(("satisfied", "expected"), [(279, 0), (240, 1)], ids=["within chance", "surely below"])
def test_a_line_is_missed_only_with_the_whole_interval(satisfied: int, expected: int) -> None:
    tables = answers((OAK, 100, satisfied // 3), (ELM, 100, satisfied // 3), (MARKET, 100, satisfied // 3))
    rules = [one for one in load_rules() if one.id == "satisfaction_low"]
    assert measure("satisfaction", tables, FIRST).loc[TOWN, "value"] < rules[0].threshold
    assert len(find_problems(tables, FIRST, rules=rules)) == expected


def test_a_census_misses_its_line_by_any_amount() -> None:
    assert measure_info("managed_grids").evidence == "census"
    assert SECOND.id == "2018H2"
