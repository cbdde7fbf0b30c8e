"""Schemes that state how to normalise, weigh, aggregate, veto and adjust: results, refusals, warnings."""

import copy
import math
from typing import Any

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings
from test_analysis_scheme import SMALL, values

from govkit.analysis.score.assess import Assessment, assess
from govkit.analysis.score.change import compare
from govkit.analysis.score.coherence import scheme_warnings
from govkit.analysis.score.scheme import Scheme, read_scheme
from govkit.errors import CatalogueError, GovkitError

CELLS = {
    "rate": {"a": 0.9, "b": 0.7, "c": 0.6, "d": 0.8},
    "hours": {"a": 40.0, "b": 10.0, "c": 90.0, "d": 30.0},
    "happy": {"a": 0.9, "b": 0.95, "c": 0.85, "d": 0.97},
}
VETO = {"id": "red", "label": "重大事件", "measure": "overdue_matters", "cap": 59, "at_least": 0.2}
BONUS = {
    "id": "extra",
    "label": "议事加分",
    "measure": "meetings_per_unit",
    "points": 1,
    "at_least": 4,
    "per": 2,
    "most": 3,
}
PENALTY = {"id": "fine", "label": "违规扣分", "measure": "fund_compliance", "points": -5, "at_most": 0.9}


def raw(**top: Any) -> dict[str, Any]:
    """Return the small scheme as its file has it, with other entries at the top."""
    return copy.deepcopy(SMALL) | top


def scheme(**top: Any) -> Scheme:
    return read_scheme("small", raw(**top), where="schemes/small.toml")


def scored(**top: Any) -> Assessment:
    return assess(scheme(**top), values(**CELLS))


def with_leaf(number: int, **cells: Any) -> list[dict[str, Any]]:
    leaves = copy.deepcopy(SMALL["leaves"])
    leaves[number].update(cells)
    return leaves


def defect(**top: Any) -> str:
    with pytest.raises(CatalogueError) as error:
        scheme(**top)
    return str(error.value)


# -- weights


def test_equal_weights_need_no_number_in_the_file() -> None:
    bare = raw(weighting="equal")
    for node in [*bare["groups"], *bare["leaves"]]:
        del node["weight"]
    found = read_scheme("small", bare, where="x")
    assert {leaf.id: found.weight(leaf.id) for leaf in found.leaves} == {"rate": 0.25, "hours": 0.25, "happy": 0.5}


def test_weights_left_out_are_asked_for_where_they_are_given() -> None:
    bare = raw()
    del bare["leaves"][0]["weight"]
    with pytest.raises(CatalogueError, match="'speed' 之下：缺少 weight：rate"):
        read_scheme("small", bare, where="x")


def test_a_pairwise_matrix_weighs_its_group_and_the_others_keep_theirs() -> None:
    found = scheme(
        weighting="ahp", pairwise=[{"parent": "speed", "order": ["hours", "rate"], "matrix": [[1, 3], ["1/3", 1]]}]
    )
    assert [leaf.weight for leaf in found.leaves] == pytest.approx([0.25, 0.75, 1.0])
    assert found.weight("work") == pytest.approx(0.6)


@pytest.mark.parametrize("way", ["entropy", "critic", "pca"])
def test_weights_from_data_sum_to_one_in_every_group(way: str) -> None:
    found = scored(weighting=way).scheme
    for parent in ("", "work", "people", "speed"):
        assert sum(child.weight for child in found.children(parent)) == pytest.approx(1)


@pytest.mark.parametrize(("method", "first"), [("sum", 0.45), ("product", 0.6**0.5 / (0.6**0.5 + 0.4**0.5))])
def test_ways_of_weighting_are_combined_as_stated(method: str, first: float) -> None:
    # Given 0.6 and 0.4 at the first level, equal 0.5 and 0.5.
    parts = {"method": method, "given": 0.5, "equal": 0.5}
    expected = {"sum": 0.55, "product": first}[method]
    assert scheme(weighting="combined", combination=parts).weight("work") == pytest.approx(expected)


def test_weights_from_data_need_three_units() -> None:
    two = {leaf: {unit: cells[unit] for unit in ("a", "b")} for leaf, cells in CELLS.items()}
    with pytest.raises(GovkitError, match="只有 2 个单元有数据") as error:
        assess(scheme(weighting="entropy"), values(**two))
    assert "small.toml：weighting" in str(error.value)


# -- normalisation, outliers, aggregation


def test_a_leaf_may_be_scored_its_own_way() -> None:
    found = scored(leaves=with_leaf(1, normalisation="rank"))
    assert found.leaf_scores["hours"].tolist() == pytest.approx([100 / 3, 100, 0, 200 / 3])
    assert found.leaf_scores["rate"].tolist() == pytest.approx([80, 40, 20, 60])


def test_relative_scores_need_no_goalposts_and_targets_do() -> None:
    leaves = copy.deepcopy(SMALL["leaves"])
    for leaf in leaves:
        del leaf["worst"], leaf["best"]
    assert scored(normalisation="min_max", leaves=leaves).leaf_scores["rate"].tolist() == pytest.approx(
        [100, 100 / 3, 0, 200 / 3]
    )
    assert "缺少 worst" in defect(leaves=leaves)


def test_extremes_of_the_first_period_stay_the_goalposts_of_the_next() -> None:
    first = scored(normalisation="min_max", weighting="critic")
    later = {
        leaf: {unit: value + (0.05 if leaf == "rate" else 0) for unit, value in cells.items()}
        for leaf, cells in CELLS.items()
    }
    second = assess(first.stated, values(**later), basis=first)
    assert second.leaf_scores["rate"].tolist() == pytest.approx([100, 50, 50 / 3, 250 / 3])
    assert second.scheme == first.scheme
    assert (compare(second, first).scores["change"] >= 0).all()


def test_the_ends_are_cut_off_before_scoring() -> None:
    hours = {"a": 10.0, "b": 20.0, "c": 30.0, "d": 40.0, "e": 1000.0}
    other = dict.fromkeys(hours, 0.9)
    leaves = with_leaf(1, normalisation="min_max", winsorise=0.25)
    found = assess(scheme(leaves=leaves), values(rate=other, hours=hours, happy=other))
    assert found.leaf_scores["hours"].tolist() == pytest.approx([100, 100, 50, 0, 0])


def test_a_logarithm_scores_ratios_instead_of_differences() -> None:
    found = scored(leaves=with_leaf(1, log=True, worst=1000, best=10))
    assert found.leaf_scores.at["b", "hours"] == pytest.approx(100)
    assert found.leaf_scores.at["a", "hours"] == pytest.approx((1 - math.log(4) / math.log(100)) * 100)


def test_a_group_may_be_put_together_its_own_way() -> None:
    groups = copy.deepcopy(SMALL["groups"])
    groups[2]["aggregation"] = "geometric"
    found = scored(groups=groups)
    assert found.group_scores.at["a", "speed"] == pytest.approx((80 * 60) ** 0.5)
    assert found.scores.at["a", "score"] == pytest.approx(0.6 * (80 * 60) ** 0.5 + 0.4 * 50)


def test_topsis_measures_all_leaves_at_once() -> None:
    found = scored(aggregation="topsis").scores.at["a", "score"]
    far = math.hypot(0.3 * 20, 0.3 * 40, 0.4 * 50)
    near = math.hypot(0.3 * 80, 0.3 * 60, 0.4 * 50)
    assert found == pytest.approx(100 * near / (near + far))


# -- veto, bonus, penalty


def beside(**cells: float) -> Assessment:
    tree = scheme(vetoes=[VETO], adjustments=[BONUS, PENALTY])
    extra = {"red": 0.0, "extra": 0.0, "fine": 1.0} | cells
    measured = values(**CELLS, **{item: dict.fromkeys("abcd", value) for item, value in extra.items()})
    return assess(tree, measured)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [({}, 62), ({"red": 0.2}, 59), ({"red": 0.19}, 62), ({"extra": 5}, 62.5), ({"extra": 40}, 65), ({"fine": 0.9}, 57)],
    ids=["nothing", "red line", "just inside", "bonus in proportion", "bonus at most", "penalty"],
)
def test_items_beside_the_tree_move_the_score(cells: dict[str, float], expected: float) -> None:
    found = beside(**cells)
    assert found.scores.at["a", "score"] == pytest.approx(expected)
    assert found.scores.at["a", "from_leaves"] == pytest.approx(62)


def test_a_missing_value_neither_strikes_nor_adds() -> None:
    assert beside(red=float("nan"), extra=float("nan"), fine=float("nan")).scores.at["a", "score"] == pytest.approx(62)


def test_a_struck_unit_is_graded_by_its_capped_score() -> None:
    found = beside(red=0.5)
    assert found.scores.at["a", "grade"] == "不合格"
    assert found.vetoes.loc["a"].tolist() == [True]


# -- refused

THREE = ["rate", "hours", "happy"]
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "weighting": ({"weighting": "entropie"}, "weighting 没有 'entropie' 这个取值，可用的是 entropy"),
    "combination missing": ({"weighting": "combined"}, "须有 [combination]"),
    "combination unused": ({"combination": {"given": 1.0}}, "这一段不起作用"),
    "combination parts": (
        {"weighting": "combined", "combination": {"given": 0.5, "critic": 0.6}},
        "比重之和应为 1，现在是 1.1",
    ),
    "combination way": (
        {"weighting": "combined", "combination": {"given": 0.5, "critik": 0.5}},
        "没有 'critik' 这一项，可用的是 critic",
    ),
    "no matrix": ({"weighting": "ahp"}, "至少要有一个 [[pairwise]]"),
    "not reciprocal": (
        {"weighting": "ahp", "pairwise": [{"parent": "speed", "order": ["rate", "hours"], "matrix": [[1, 3], [3, 1]]}]},
        "[[pairwise]] 第 1 项（speed）：matrix 不是互反矩阵：rate 对 hours 的两个值 3 与 3 之积应为 1",
    ),
    "order": (
        {
            "weighting": "ahp",
            "pairwise": [{"parent": "speed", "order": ["rate", "happy"], "matrix": [[1, 3], ["1/3", 1]]}],
        },
        "order 应恰好列出同一上级之下的各项：rate、hours",
    ),
    "matrix of another order": (
        {"weighting": "ahp", "pairwise": [{"parent": "speed", "order": ["rate", "hours"], "matrix": [[1]]}]},
        "matrix 是 1 阶，order 有 2 项",
    ),
    "not consistent": (
        {
            "weighting": "ahp",
            "groups": [{"id": "all", "label": "全部", "parent": "", "weight": 1}],
            "leaves": [{**leaf, "parent": "all", "weight": 1 / 3} for leaf in SMALL["leaves"]],
            "pairwise": [{"parent": "all", "order": THREE, "matrix": [[1, 9, "1/9"], ["1/9", 1, 9], [9, "1/9", 1]]}],
        },
        "一致性比率 CR = ",
    ),
    "leaf's normalisation": ({"leaves": with_leaf(0, normalisation="zz")}, "normalisation 没有 'zz'"),
    "winsorise": ({"leaves": with_leaf(0, winsorise=0.6)}, "winsorise 应在 0 至 0.25 之间"),
    "log of nothing": ({"leaves": with_leaf(1, log=True)}, "取对数（log）时 best 应大于 0，现在是 0"),
    "aggregation": ({"aggregation": "geometrical"}, "aggregation 没有 'geometrical' 这个取值，可用的是 geometric"),
    "veto without line": ({"vetoes": [{k: v for k, v in VETO.items() if k != "at_least"}]}, "须写且只写一个"),
    "veto cap": ({"vetoes": [VETO | {"cap": 100}]}, "cap（否决后的最高得分）应不小于 0、小于 100"),
    "veto of the good": ({"vetoes": [VETO | {"measure": "settled_rate"}]}, "写反了：网格事项办结率越大越好"),
    "veto's measure": ({"vetoes": [VETO | {"measure": "settled_rat"}]}, "settled_rate"),
    "bonus for the worse": (
        {"adjustments": [BONUS | {"measure": "hours_to_settle"}]},
        "加分应奖励好的一头，请用 at_most",
    ),
    "no points": ({"adjustments": [BONUS | {"points": 0}]}, "不为 0"),
    "step": ({"adjustments": [BONUS | {"per": 0}]}, "per 应大于 0"),
}


@pytest.mark.parametrize(("top", "words"), BAD.values(), ids=BAD.keys())
def test_a_wrong_statement_is_refused_with_file_entry_and_key(top: dict[str, Any], words: str) -> None:
    text = defect(**top)
    assert words in text
    assert "schemes/small.toml" in text


# -- warned of


@pytest.mark.parametrize(
    ("cells", "rule"),
    [({}, []), (dict.fromkeys("abcd", math.nan), ["all_missing"]), (dict.fromkeys("abcd", 0.8), ["all_equal"])],
    ids=["sound", "missing", "equal"],
)
def test_a_leaf_that_tells_nothing_is_warned_of_with_its_place(cells: dict[str, float], rule: list[str]) -> None:
    found = scheme_warnings(assess(scheme(), values(**CELLS | {"rate": CELLS["rate"] | cells})))
    assert found["rule"].tolist() == rule
    assert all(where == "small.toml：[[leaves]] 第 1 项（rate），measure" for where in found["where"])


def test_fewer_than_three_units_are_warned_of() -> None:
    two = {leaf: {unit: cells[unit] for unit in ("a", "b")} for leaf, cells in CELLS.items()}
    assert scheme_warnings(assess(scheme(), values(**two)))["rule"].tolist() == ["few_units"]


def test_values_without_a_logarithm_are_warned_of_and_missing() -> None:
    leaves = with_leaf(1, log=True, best=1)
    found = assess(scheme(leaves=leaves), values(**CELLS | {"hours": CELLS["hours"] | {"a": 0.0}}))
    assert scheme_warnings(found)["rule"].tolist() == ["no_logarithm"]
    assert math.isnan(found.leaf_scores.at["a", "hours"])


# -- invariants

WAYS = st.fixed_dictionaries(
    {
        "normalisation": st.sampled_from(["target", "min_max", "z", "rank", "percentile", "distance_to_best"]),
        "weighting": st.sampled_from(["given", "equal", "entropy", "critic", "pca"]),
        "aggregation": st.sampled_from(["arithmetic", "geometric", "harmonic", "topsis"]),
    }
)


@settings(deadline=None, max_examples=30)
@given(WAYS, st.permutations(["a", "b", "c", "d"]))
def test_neither_the_order_nor_the_names_of_units_change_a_score(ways: dict[str, str], order: list[str]) -> None:
    renamed = dict(zip("abcd", ["丁", "丙", "乙", "甲"], strict=True))
    other = {leaf: {renamed[unit]: cells[unit] for unit in order} for leaf, cells in CELLS.items()}
    there = scored(**ways).scores["score"]
    again = assess(scheme(**ways), values(**other)).scores["score"]
    assert [again[renamed[unit]] for unit in "abcd"] == pytest.approx([there[unit] for unit in "abcd"])


@settings(deadline=None, max_examples=40)
@given(WAYS, st.sampled_from(["rate", "hours", "happy"]), st.sampled_from("abcd"), st.floats(0.01, 0.2))
def test_a_better_value_never_lowers_the_rank_under_stated_weights(
    ways: dict[str, str], leaf: str, unit: str, step: float
) -> None:
    ways |= {"weighting": "given"}
    better = copy.deepcopy(CELLS)
    better[leaf][unit] += -step * 30 if leaf == "hours" else step
    before, after = (assess(scheme(**ways), values(**cells)).scores.loc[unit] for cells in (CELLS, better))
    assert after["score"] >= before["score"] - 1e-9


def test_group_scores_add_up_to_the_target_by_their_weights() -> None:
    found = scored()
    total = sum(found.group_scores[group] * found.scheme.weight(group) for group in ("work", "people"))
    pd.testing.assert_series_equal(total, found.scores["score"], check_names=False)
