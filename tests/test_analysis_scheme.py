"""Schemes and scores: a tree checked as a whole, scores one can reckon by hand, invariants."""

import copy
from typing import Any

import hypothesis.strategies as st
import pandas as pd
import pytest
from analysis_frames import CRS, FIRST, OAK, SECOND, STREET, TOWN, zone
from hypothesis import given, settings

from govkit import catalogue
from govkit.analysis.score.assess import Assessment, assess, assess_tables
from govkit.analysis.score.change import compare
from govkit.analysis.score.scheme import Scheme, load_scheme, read_scheme
from govkit.errors import CatalogueError, GovkitError, UnknownNameError
from govkit.rounding import half_away

SMALL: dict[str, Any] = {
    "title": "小体系",
    "source": "手算",
    "grades": [{"label": "合格", "from": 60}, {"label": "不合格", "from": 0}],
    "groups": [
        {"id": "work", "label": "工作", "parent": "", "weight": 0.6},
        {"id": "people", "label": "群众", "parent": "", "weight": 0.4},
        {"id": "speed", "label": "快慢", "parent": "work", "weight": 1.0},
    ],
    "leaves": [
        {"id": "rate", "label": "办结率", "parent": "speed", "weight": 0.5, "measure": "settled_in_grid",
         "worst": 0.5, "best": 1.0, "owner_level": "town"},
        {"id": "hours", "label": "时长", "parent": "speed", "weight": 0.5, "measure": "hours_to_settle",
         "worst": 100, "best": 0, "owner_level": "village"},
        {"id": "happy", "label": "满意度", "parent": "people", "weight": 1.0, "measure": "satisfaction",
         "worst": 0.8, "best": 1.0, "owner_level": "village"},
    ],
}  # fmt: skip


def small(**changes: Any) -> Scheme:
    """Return the small scheme, one leaf changed: ``small(happy={"missing": "worst"})``."""
    raw = copy.deepcopy(SMALL)
    for leaf in raw["leaves"]:
        leaf.update(changes.get(leaf["id"], {}))
    return read_scheme("small", raw, where="small.toml")


def values(**columns: dict[str, float]) -> dict[str, pd.DataFrame]:
    """Return measured values by leaf: ``values(rate={"a": 0.9})``; counts are of 100."""
    frames = {}
    for leaf, cells in columns.items():
        value = pd.Series(cells, dtype="float64").rename_axis("unit_code")
        frames[leaf] = pd.DataFrame({"value": value, "numerator": value * 100, "denominator": 100.0 + 0 * value})
    return frames


def score(scheme: Scheme, rate: float, hours: float, happy: float) -> float:
    given_values = values(rate={"a": rate}, hours={"a": hours}, happy={"a": happy})
    return assess(scheme, given_values).scores.at["a", "score"]


def test_the_score_is_what_the_hand_reckons() -> None:
    # rate 80, hours 60 → speed 70; happy 50; 0.6 × 70 + 0.4 × 50 = 62.
    found = assess(small(), values(rate={"a": 0.9}, hours={"a": 40}, happy={"a": 0.9}))
    assert found.leaf_scores.loc["a"].tolist() == pytest.approx([80, 60, 50])
    assert found.group_scores.loc["a"].to_dict() == pytest.approx({"work": 70, "people": 50, "speed": 70})
    assert found.scores.at["a", "score"] == pytest.approx(62)
    assert found.scores.at["a", "grade"] == "合格"
    assert found.weights.loc["a"].tolist() == pytest.approx([0.3, 0.3, 0.4])
    assert found.contributions.loc["a"].tolist() == pytest.approx([24, 18, 20])


def test_a_missing_value_hands_its_weight_to_its_siblings() -> None:
    found = assess(small(), values(rate={"a": 0.9}, hours={"a": float("nan")}, happy={"a": 0.9}))
    assert found.weights.loc["a"].tolist() == pytest.approx([0.6, 0.0, 0.4])
    assert found.scores.at["a", "score"] == pytest.approx(0.6 * 80 + 0.4 * 50)


def test_a_group_without_any_value_hands_its_weight_on() -> None:
    found = assess(small(), values(rate={"a": 0.9}, hours={"a": 40}, happy={"a": float("nan")}))
    assert found.scores.at["a", "score"] == pytest.approx(70)
    assert pd.isna(found.group_scores.at["a", "people"])


def test_a_missing_value_scores_zero_where_the_scheme_says_so() -> None:
    scheme = small(happy={"missing": "worst"})
    found = assess(scheme, values(rate={"a": 0.9}, hours={"a": 40}, happy={"a": float("nan")}))
    assert found.scores.at["a", "score"] == pytest.approx(42)


def test_a_leaf_that_does_not_apply_never_scores_zero() -> None:
    scheme = small(happy={"missing": "worst"})
    applies = pd.DataFrame({"rate": [True], "hours": [True], "happy": [False]}, index=["a"])
    measured = values(rate={"a": 0.9}, hours={"a": 40}, happy={"a": float("nan")})
    assert assess(scheme, measured, applies=applies).scores.at["a", "score"] == pytest.approx(70)


def test_a_unit_without_any_value_has_neither_score_nor_rank_nor_grade() -> None:
    nothing = float("nan")
    found = assess(
        small(), values(rate={"a": nothing, "b": 1}, hours={"a": nothing, "b": 1}, happy={"a": nothing, "b": 1})
    )
    assert found.scores.loc["a", ["score", "rank"]].isna().all()
    assert found.scores.at["a", "grade"] == ""
    assert found.scores.at["b", "rank"] == 1


def test_equal_scores_share_the_better_rank() -> None:
    cells = {"c": 0.9, "a": 0.7, "b": 0.9}
    same = dict.fromkeys(cells, 1.0)
    found = assess(small(), values(rate=cells, hours=same, happy=same))
    assert found.scores["rank"].to_dict() == {"a": 3, "b": 1, "c": 1}


def test_ranks_within_a_kind_start_at_one() -> None:
    cells = {"a": 1.0, "b": 0.9, "c": 0.8}
    same = dict.fromkeys(cells, 1.0)
    kinds = pd.Series({"a": "street", "b": "town", "c": "town"})
    found = assess(small(), values(rate=cells, hours=same, happy=same), kinds=kinds)
    assert found.scores["rank_in_kind"].to_dict() == {"a": 1, "b": 1, "c": 2}
    assert found.scores["of_kind"].to_dict() == {"a": 1, "b": 2, "c": 2}


MEASURED = st.fixed_dictionaries(
    {
        "rate": st.floats(0, 1) | st.just(float("nan")),
        "hours": st.floats(0, 200) | st.just(float("nan")),
        "happy": st.floats(0, 1) | st.just(float("nan")),
    }
)


@settings(deadline=None, max_examples=40)
@given(MEASURED, st.sampled_from(["rate", "hours", "happy"]), st.floats(0, 50))
def test_a_better_value_never_lowers_the_score(cells: dict[str, float], leaf: str, step: float) -> None:
    better = cells | {leaf: cells[leaf] - step if leaf == "hours" else cells[leaf] + step / 50}
    before, after = score(small(), **cells), score(small(), **better)
    assert pd.isna(before) or after >= before - 1e-9


@settings(deadline=None, max_examples=40)
@given(st.lists(MEASURED, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_units_never_changes_scores_or_ranks(units: list[dict[str, float]], random: Any) -> None:
    names = [f"u{n}" for n in range(len(units))]
    shuffled = names.copy()
    random.shuffle(shuffled)

    def scored(order: list[str]) -> pd.DataFrame:
        cells = dict(zip(names, units, strict=True))
        leaves = {leaf: {name: cells[name][leaf] for name in order} for leaf in ("rate", "hours", "happy")}
        return assess(small(), values(**leaves)).scores

    pd.testing.assert_frame_equal(scored(names), scored(shuffled))


@settings(deadline=None, max_examples=40)
@given(st.lists(MEASURED, min_size=1, max_size=5))
def test_contributions_add_up_to_the_score_and_weights_to_one(units: list[dict[str, float]]) -> None:
    leaves = {leaf: {f"u{n}": cells[leaf] for n, cells in enumerate(units)} for leaf in ("rate", "hours", "happy")}
    found = assess(small(), values(**leaves))
    scored = found.scores["score"].dropna()
    assert found.contributions.sum(axis=1)[scored.index].tolist() == pytest.approx(scored.tolist())
    assert found.weights.sum(axis=1)[scored.index].tolist() == pytest.approx([1.0] * len(scored))


def daoli(tables: dict[str, pd.DataFrame], period: Any = FIRST) -> Assessment:
    return assess_tables(load_scheme("daoli_333"), tables, period, crs=CRS)


def test_the_daoli_scheme_is_whole() -> None:
    scheme = load_scheme("daoli_333")
    assert sum(scheme.weight(leaf.id) for leaf in scheme.leaves) == pytest.approx(1)
    assert {len(scheme.path(leaf.id)) for leaf in scheme.leaves} == {3}
    assert {leaf.owner_level for leaf in scheme.leaves} == {"county", "town", "village"}


@pytest.mark.parametrize(
    ("value", "grade"),
    [(100, "优秀"), (90, "优秀"), (89.94, "良好"), (89.95, "优秀"), (0, "待改进"), (float("nan"), "")],
)
def test_a_grade_begins_at_its_lowest_score(value: float, grade: str) -> None:
    assert load_scheme("daoli_333").grade(value) == grade


def test_rural_leaves_do_not_weigh_on_a_street_without_villages() -> None:
    found = daoli(zone())
    assert found.weights.at[STREET, "needs_met_rural"] == 0
    assert not found.applies.at[STREET, "needs_met_rural"]
    assert found.weights.at[TOWN, "needs_met_rural"] > 0


def test_a_leaf_table_tells_everything_of_one_unit() -> None:
    table = daoli(zone()).leaf_table(TOWN)
    row = table.loc["needs_met_rural"]
    assert (row["first"], row["second"], row["value"]) == ("便民服务", "帮办代办", 0.8)
    assert table["contribution"].sum() == pytest.approx(daoli(zone()).scores.at[TOWN, "score"])


def test_a_zone_with_units_alone_is_assessed_without_scores() -> None:
    found = daoli({"units": zone()["units"]})
    assert found.scores["score"].isna().all()


def test_communities_can_be_scored_as_well_as_districts() -> None:
    found = assess_tables(load_scheme("daoli_333"), zone(), FIRST, by="unit_code", crs=CRS)
    assert OAK in found.scores.index


def test_leaves_without_values_are_named() -> None:
    with pytest.raises(GovkitError, match="hours、happy"):
        assess(small(), values(rate={"a": 1.0}))


def broken(change: Any) -> str:
    """Return the error text of the small scheme after a change."""
    raw = copy.deepcopy(SMALL)
    change(raw)
    with pytest.raises(CatalogueError) as error:
        read_scheme("broken", raw, where="broken.toml")
    return str(error.value)


def set_leaf(number: int, **cells: Any) -> Any:
    return lambda raw: raw["leaves"][number].update(cells)


DEFECTS = {
    "weights": (set_leaf(0, weight=0.7), "'speed' 之下：weight 之和应为 1，现在是 1.2（rate 0.7 + hours 0.5）"),
    "weight of nothing": (set_leaf(0, weight=0), "weight 应大于 0"),
    "measure": (set_leaf(0, measure="settled_rat"), "settled_rate"),
    "equal goalposts": (set_leaf(0, worst=1.0), "worst 与 best 相等"),
    "goalposts turned round": (set_leaf(1, worst=0, best=100), "写反了：网格事项办结时长越小越好，best 应小于 worst"),
    "statistic without unit": (
        set_leaf(1, measure="statistic:跑动次数", direction="lower", worst=2, best=1),
        "跑动次数|次",
    ),
    "orphan": (set_leaf(2, parent="peple"), "parent 没有 'peple' 这个取值，可用的是 people"),
    "repeated id": (set_leaf(2, id="rate"), "id 重复：'rate'"),
    "owner": (set_leaf(2, owner_level="nation"), "owner_level 没有 'nation'"),
    "missing rule": (set_leaf(2, missing="drop"), "missing 没有 'drop'"),
    "area": (set_leaf(2, applies_to="town"), "applies_to 没有 'town'"),
    "cycle": (lambda raw: raw["groups"][0].update(parent="speed"), "上级关系成环"),
    "empty group": (lambda raw: raw["leaves"].pop(), "'people' 之下：没有任何指标"),
    "no lowest grade": (lambda raw: raw["grades"].pop(), "最低一等的 from 应为 0"),
    "grade above 100": (lambda raw: raw["grades"][0].update({"from": 101}), "from 应在 0 至 100 之间"),
    "normalisation": (
        lambda raw: raw.update(normalisation="targt"),
        "normalisation 没有 'targt' 这个取值，可用的是 target",
    ),
    "unknown key": (lambda raw: raw.update(titel="x"), "没有 'titel' 这一项，可用的是 title"),
    "text for a number": (set_leaf(0, best="1"), "best 的类型不对"),
}


@pytest.mark.parametrize(("change", "words"), DEFECTS.values(), ids=DEFECTS.keys())
def test_a_wrong_scheme_is_refused_with_file_and_key(change: Any, words: str) -> None:
    text = broken(change)
    assert words in text
    assert "broken.toml" in text


def test_all_defects_of_a_scheme_are_told_at_once() -> None:
    def change(raw: dict[str, Any]) -> None:
        set_leaf(0, weight=0.7)(raw)
        set_leaf(1, worst=0, best=100)(raw)
        set_leaf(2, parent="peple")(raw)

    text = broken(change)
    assert all(words in text for words in ("之和应为 1", "写反了", "'peple'"))


def test_an_unknown_scheme_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="daoli_333"):
        load_scheme("daoli333")


def test_the_change_of_a_score_is_made_of_its_leaves_points() -> None:
    before = assess(small(), values(rate={"a": 0.7, "b": 0.9}, hours={"a": 50, "b": 20}, happy={"a": 0.9, "b": 0.9}))
    now = assess(small(), values(rate={"a": 0.9, "b": 0.9}, hours={"a": 10, "b": 40}, happy={"a": 0.95, "b": 0.8}))
    moved = compare(now, before)
    assert moved.contributions.sum(axis=1).tolist() == pytest.approx(moved.scores["change"].tolist(), abs=0.1)
    assert moved.scores["rank_move"].to_dict() == {"a": 1, "b": -1}


def test_a_rate_changes_with_an_interval_and_other_measures_without() -> None:
    before = assess(small(), values(rate={"a": 0.6}, hours={"a": 50}, happy={"a": 0.9}))
    now = assess(small(), values(rate={"a": 0.9}, hours={"a": 60}, happy={"a": 0.9}))
    table = compare(now, before).leaf_table("a")
    assert table.at["rate", "low"] > 0
    assert table["verdict"].to_dict() == {"rate": "better", "hours": "worse", "happy": "open"}
    assert table.at["rate", "word"] == "改善"
    assert table["p"].isna().to_dict() == {"rate": False, "hours": True, "happy": False}


def test_a_new_unit_has_no_change() -> None:
    before = assess(small(), values(rate={"a": 0.6}, hours={"a": 50}, happy={"a": 0.9}))
    both = {"a": 0.9, "new": 0.9}
    moved = compare(assess(small(), values(rate=both, hours=both, happy=both)), before)
    assert moved.scores.loc["new", ["previous", "change", "rank_move"]].isna().all()
    assert moved.leaf_table("new")["change"].isna().all()


def test_scores_by_different_schemes_do_not_compare() -> None:
    one = assess(small(), values(rate={"a": 0.6}, hours={"a": 50}, happy={"a": 0.9}))
    other = assess(small(rate={"best": 0.9}), values(rate={"a": 0.6}, hours={"a": 50}, happy={"a": 0.9}))
    with pytest.raises(GovkitError, match="不可比"):
        compare(one, other)


def test_both_periods_of_a_zone_compare() -> None:
    moved = compare(daoli(zone(), SECOND), daoli(zone(), FIRST))
    shown = [half_away(moved.scores.at[TOWN, key], 1) for key in ("score", "previous")]
    assert moved.scores.at[TOWN, "change"] == pytest.approx(shown[0] - shown[1])


def test_reading_a_scheme_leaves_the_catalogue_alone() -> None:
    raw = catalogue.load("schemes/daoli_333")
    untouched = copy.deepcopy(raw)
    read_scheme("daoli_333", raw, where="x")
    assert raw == untouched
