"""A composite indicator by one call on a plain frame: an index like that of Asia-Europe connectivity, made here."""

import copy

import numpy as np
import pandas as pd
import pytest
from pymcdm.methods import TOPSIS, WSM
from pymcdm.normalizations import minmax_normalization
from scipy import stats

from govkit import catalogue
from govkit.analysis.score.index import composite
from govkit.analysis.score.scheme import read_scheme
from govkit.errors import CatalogueError, GovkitError, UnknownNameError

GROUPS = {"flights": "physical", "cost": "physical", "trade": "economic", "links": "people"}


def economies(count: int = 30) -> pd.DataFrame:
    """Return made-up economies with people, a skewed amount, a cost and a gap: nothing of any real place."""
    chance = np.random.default_rng(11)
    people = chance.lognormal(3, 1, count)
    frame = pd.DataFrame(
        {
            "flights": people * chance.uniform(1, 3, count),
            "cost": chance.normal(50, 10, count),
            "trade": chance.uniform(0, 1, count),
            "links": chance.uniform(5, 9, count),
            "people": people,
        },
        index=[f"甲{place:02d}" for place in range(count)],
    )
    frame.loc["甲03", "trade"] = np.nan
    return frame


def made(**options: object) -> tuple[pd.DataFrame, object]:
    frame = economies()
    return frame, composite(
        frame.drop(columns="people"),
        directions={"cost": "lower"},
        denominators={"flights": frame["people"]},
        groups=GROUPS,
        **options,  # type: ignore[arg-type]
    )


def by_hand(frame: pd.DataFrame, low: float = 0.0) -> pd.DataFrame:
    """Return the normalised indicators as a reader of the handbook would reckon them, column by column."""
    raw = frame.drop(columns="people").assign(flights=frame["flights"] / frame["people"])
    scaled = (raw - raw.min()) / (raw.max() - raw.min())
    scaled["cost"] = 1 - scaled["cost"]
    return low + scaled * (100 - low)


def test_the_index_is_what_the_hand_reckons() -> None:
    frame, index = made()
    scaled = by_hand(frame)
    pd.testing.assert_frame_equal(index.normalised, scaled)
    groups = pd.DataFrame({"physical": scaled[["flights", "cost"]].mean(axis=1), "economic": scaled["trade"],
                           "people": scaled["links"]})  # fmt: skip
    assert index.scores["score"].to_numpy() == pytest.approx(groups.mean(axis=1).to_numpy())
    assert index.scores["rank"].min() == 1


def test_a_geometric_mean_on_1_to_100_silences_nobody() -> None:
    frame, index = made(aggregation="geometric", group_aggregation="arithmetic", scale=(1, 100))
    scaled = by_hand(frame, low=1.0)
    groups = np.array([scaled[["flights", "cost"]].mean(axis=1), scaled["trade"], scaled["links"]])
    known = ~np.isnan(groups[1])
    assert index.scores["score"].to_numpy()[known] == pytest.approx(stats.gmean(groups[:, known], axis=0))
    assert (index.scores["score"] > 0).all()
    assert index.warnings == ()


def test_a_nought_under_a_geometric_mean_is_warned_of_and_a_floor_lifts_it() -> None:
    _, bare = made(aggregation="geometric")
    _, lifted = made(aggregation="geometric", floor=1.0)
    assert (bare.scores["score"] == 0).any()
    assert "总分即为 0" in bare.warnings[0]
    assert (lifted.scores["score"] > 0).all()
    assert lifted.warnings == ()


def test_a_missing_value_is_left_out_or_filled_and_said() -> None:
    frame, left_out = made()
    assert not left_out.imputed.any(axis=None)
    kinds = pd.Series(["a"] * 5 + ["b"] * 25, index=frame.index)
    _, filled = made(imputation="group_mean", kinds=kinds)
    assert filled.imputed.sum().sum() == 1
    others = by_hand(frame).loc[["甲00", "甲01", "甲02", "甲04"], "trade"]
    assert filled.normalised.at["甲03", "trade"] == pytest.approx(others.mean())


def test_the_nearest_units_lend_what_is_missing() -> None:
    frame, found = made(imputation="nearest")
    scaled = by_hand(frame)
    apart = ((scaled.drop(columns="trade") - scaled.drop(columns="trade").loc["甲03"]) ** 2).mean(axis=1) ** 0.5
    near = apart.drop("甲03").sort_values().index[: catalogue.load("analysis")["missing"]["nearest"]]
    assert found.normalised.at["甲03", "trade"] == pytest.approx(scaled.loc[near, "trade"].mean())


def test_an_outlier_is_winsorised_as_few_values_as_it_takes() -> None:
    frame = economies().drop(columns="people")
    frame.loc["甲05", "links"] = 500.0
    found = composite(frame)
    assert found.treated.loc["links", ["treatment", "values"]].tolist() == ["winsorised", 1]
    assert found.treated.at["links", "skew"] == pytest.approx(stats.skew(frame["links"], bias=False))
    assert found.normalised.at["甲05", "links"] == 100
    assert found.normalised["links"].drop("甲05").max() == 100
    assert composite(frame, treat_outliers=False).normalised["links"].drop("甲05").max() < 10


def test_a_tail_too_long_to_cut_has_its_logarithm_taken() -> None:
    frame = economies(60).drop(columns="people")
    frame["links"] = np.exp(np.linspace(0, 60, 60))
    assert composite(frame).treated.at["links", "treatment"] == "logarithm"


def test_effective_weights_are_shares_of_the_scores_variance() -> None:
    frame = economies().dropna()
    found = composite(frame, weights={"flights": 3.0})
    assert found.weights["nominal"].sum() == pytest.approx(1)
    assert found.weights.at["flights", "nominal"] == pytest.approx(3 / 7)
    assert found.weights["effective"].sum() == pytest.approx(1)


def test_weighted_sums_and_topsis_agree_with_pymcdm() -> None:
    frame = economies().dropna()
    weights, types = np.array([0.1, 0.2, 0.3, 0.25, 0.15]), np.array([1, -1, 1, 1, 1])
    options = {"directions": {"cost": "lower"}, "weights": dict(zip(frame, weights, strict=True))}
    sums = composite(frame, treat_outliers=False, **options).scores["score"]  # type: ignore[arg-type]
    oracle = WSM(normalization_function=minmax_normalization)(frame.to_numpy(), weights, types)
    assert sums.to_numpy() == pytest.approx(100 * oracle)
    closeness = composite(frame, treat_outliers=False, aggregation="topsis", **options)  # type: ignore[arg-type]
    # pymcdm weights distances linearly before squaring, we weight the squares: equal under equal weights.
    equal = composite(frame, treat_outliers=False, aggregation="topsis", directions={"cost": "lower"})
    oracle = TOPSIS(normalization_function=minmax_normalization)(frame.to_numpy(), np.full(5, 0.2), types)
    assert equal.scores["score"].to_numpy() == pytest.approx(100 * oracle)
    assert closeness.scores["score"].between(0, 100).all()


@pytest.mark.parametrize(
    "options",
    [{"directions": {"nought": "lower"}}, {"directions": {"cost": "down"}}, {"imputation": "zero"},
     {"normalisation": "targets"}, {"aggregation": "mean"}],
)  # fmt: skip
def test_names_that_do_not_exist_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UnknownNameError):
        composite(economies(), **options)  # type: ignore[arg-type]


RAW = {
    "title": "试",
    "source": "试",
    "grades": [{"label": "好", "from": 0}],
    "groups": [],
    "leaves": [
        {"id": "crime", "label": "发案率", "parent": "", "measure": "statistic:发案率", "weight": 1.0, "worst": 0.3,
         "best": 0.1, "owner_level": "town", "direction": "lower"}
    ],
}  # fmt: skip


def test_a_leaf_says_which_way_any_statistic_is_better() -> None:
    leaf = read_scheme("t", RAW, where="t").leaves[0]
    assert (leaf.info.direction, leaf.info.sign) == ("lower", -1)
    turned = copy.deepcopy(RAW)
    del turned["leaves"][0]["direction"]  # type: ignore[attr-defined]
    with pytest.raises(CatalogueError, match="写反了"):
        read_scheme("t", turned, where="t")


def test_groups_in_groups_and_targets_give_what_the_hand_reckons() -> None:
    frame = pd.DataFrame({"a": [0.0, 5.0, 10.0], "b": [1.0, 2.0, 4.0], "c": [3.0, 2.0, 1.0]}, index=["x", "y", "z"])
    found = composite(
        frame, normalisation="target", goalposts={"a": (0, 10), "b": (0, 4), "c": (4, 0)},
        groups={"a": "g", "b": "g", "g": "top", "c": "top"}, weights={"a": 3, "b": 1, "g": 2, "c": 1},
    )  # fmt: skip
    by_hand = (2 * (0.75 * frame["a"] * 10 + 0.25 * frame["b"] * 25) + (4 - frame["c"]) * 25) / 3
    assert found.scores["score"].tolist() == pytest.approx(by_hand.tolist())
    assert found.weights["nominal"].tolist() == pytest.approx([0.5, 1 / 6, 1 / 3])
    assert found.groups.columns.tolist() == ["g", "top"]


def test_groups_that_go_round_and_targets_that_are_not_stated_are_refused() -> None:
    frame = economies().drop(columns="people")
    with pytest.raises(GovkitError, match="绕回"):
        composite(frame, groups={"flights": "g", "g": "h", "h": "g"})
    with pytest.raises(GovkitError, match="没有给出目标"):
        composite(frame, normalisation="target", goalposts={"flights": (0, 1)})


def test_what_does_not_concern_a_unit_is_never_filled() -> None:
    frame = economies().drop(columns="people")
    applies = pd.DataFrame(True, frame.index, frame.columns)
    applies.loc["甲05", "links"] = False
    found = composite(frame, imputation="nearest", applies=applies)
    assert pd.isna(found.normalised.at["甲05", "links"])
    assert not found.imputed.at["甲05", "links"]
    assert found.imputed.at["甲03", "trade"]


def test_an_indicator_that_tells_nobody_apart_is_said() -> None:
    frame = economies().drop(columns="people").assign(same=1.0)
    assert any("same" in warning and "分不出高低" in warning for warning in composite(frame).warnings)


def test_bonus_penalty_and_veto_items_stand_beside_the_index() -> None:
    table = pd.DataFrame({"a": [0.0, 50.0, 100.0], "b": [0.0, 50.0, 100.0]}, index=["甲", "乙", "丙"])
    points = pd.DataFrame({"加分项": [5.0, 0.0, 10.0], "扣分项": [np.nan, -20.0, 0.0]}, index=table.index)
    caps = pd.DataFrame({"一票否决": [np.nan, np.nan, 20.0]}, index=table.index)
    found = composite(table, points=points, caps=caps)
    assert found.scores["score"].tolist() == [5, 30, 20]  # 丙 had 100 and 10 more, and is struck
    assert found.scores["from_indicators"].tolist() == [0, 50, 100]
    assert found.scores["rank"].tolist() == [3, 1, 2]
    assert any("丙触及否决项" in told for told in found.warnings)


@pytest.mark.parametrize(
    ("change", "options", "told"),
    [
        ({}, {"weights": {"c": 1}}, "没有这个指标或分组：'c'"),
        ({}, {"weights": {"a": -1}}, "权重应为不小于 0 的数"),
        ({}, {"weights": {"a": 0, "b": 0}}, "权重合计应大于 0"),
        ({"a": ["x", "y", "z"]}, {}, "不全是数"),
        ({}, {"scale": (100, 1)}, "由低到高"),
        ({}, {"points": pd.DataFrame({"p": [1.0]}, index=["丁"])}, "没有这个单元：'丁'"),
    ],
)
def test_what_makes_no_index_is_refused_in_words(
    change: dict[str, object], options: dict[str, object], told: str
) -> None:
    table = pd.DataFrame({"a": [0.0, 50.0, 100.0], "b": [0.0, 50.0, 100.0]}, index=["甲", "乙", "丙"]).assign(**change)
    with pytest.raises(GovkitError, match=told):
        composite(table, **options)  # type: ignore[arg-type]


def test_values_without_end_and_divisors_of_nought_are_missing_and_said() -> None:
    table = pd.DataFrame({"a": [np.inf, 50.0, 100.0], "b": [0.0, 50.0, 100.0]}, index=["甲", "乙", "丙"])
    found = composite(table, denominators={"b": pd.Series([1.0, 0.0, 1.0], index=table.index)})
    assert found.normalised.isna().sum().tolist() == [1, 1]
    assert [told.partition("：")[0] for told in found.warnings[:2]] == ["a", "b"]
