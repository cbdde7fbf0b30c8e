"""Breaks between two periods: what forbids a comparison is said with its reason."""

import copy
from typing import Any

import pandas as pd
import pytest
from analysis_frames import FIRST, OAK, RIVER, SECOND, STREET, TOWN, units
from test_analysis_ratings import resident
from test_analysis_ratings import zone as rated_zone
from test_analysis_scheme import SMALL, values
from test_analysis_scheme_methods import CELLS, VETO, scheme, scored

from govkit.analysis.score.assess import Assessment, assess
from govkit.analysis.score.breaks import breaks, comparable
from govkit.analysis.score.change import compare
from govkit.analysis.score.robustness import rank_moves, robustness
from govkit.errors import GovkitError


def found(now: Assessment, before: Assessment, tables: dict[str, Any] | None = None) -> pd.DataFrame:
    return breaks(now, before, tables or {}, SECOND, FIRST)


def dated(unit: str, **columns: str) -> dict[str, Any]:
    """Return the small zone's units, one of them with a date."""
    table = units().assign(valid_from=pd.NaT, valid_to=pd.NaT)
    table = table.astype({"valid_from": "datetime64[us]", "valid_to": "datetime64[us]"})
    for column, value in columns.items():
        table.loc[table["unit_code"].eq(unit), column] = pd.Timestamp(value)
    return {"units": table}


def changed(leaf: int, **cells: Any) -> Assessment:
    leaves = copy.deepcopy(SMALL["leaves"])
    leaves[leaf].update(cells)
    return scored(leaves=leaves)


def test_two_periods_measured_alike_have_no_break() -> None:
    assert found(scored(), scored(), {"units": units()}).empty


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"best": 0.9}, "“办结率”的目标值与上期不同"),
        ({"measure": "service_settled"}, "“办结率”的指标定义与上期不同"),
        ({"normalisation": "rank"}, "“办结率”的计分方法与上期不同"),
        ({"id": "other"}, "“办结率”是本期新增的指标"),
    ],
)
def test_another_definition_forbids_comparing_that_leaf(cells: dict[str, Any], words: str) -> None:
    leaves = copy.deepcopy(SMALL["leaves"])
    leaves[0].update(cells)
    measured = values(**CELLS, other=CELLS["rate"])
    now = assess(scheme(leaves=leaves), measured)
    table = found(now, scored())
    assert table.iloc[0][["kind", "reason", "forbids"]].tolist() == ["definition", words, True]
    assert not comparable(table, "a", table.at[0, "leaf"])
    assert comparable(table, "a", "happy")
    with pytest.raises(GovkitError, match="不可比"):
        compare(now, scored())


def test_weights_made_from_other_data_forbid_comparing_totals_and_a_basis_heals_it() -> None:
    before = scored(weighting="entropy")
    cells = copy.deepcopy(CELLS)
    cells["rate"]["a"] = 0.55
    apart = found(assess(before.stated, values(**cells)), before)
    assert apart["kind"].tolist() == ["weights"]
    assert not comparable(apart, "a")
    assert found(assess(before.stated, values(**cells), basis=before), before).empty


def test_a_veto_item_more_is_another_scheme() -> None:
    now = assess(scheme(vetoes=[VETO]), values(**CELLS, red=dict.fromkeys("abcd", 0.0)))
    assert found(now, scored())["kind"].tolist() == ["definition"]


def test_units_that_came_or_went_are_named() -> None:
    fewer = assess(scheme(), values(**{leaf: {u: v for u, v in c.items() if u != "d"} for leaf, c in CELLS.items()}))
    came, went = found(scored(), fewer), found(fewer, scored())
    assert came[["unit_code", "kind"]].to_numpy().tolist() == [["d", "unit"]]
    assert "撤销或并入" in went.at[0, "reason"]
    assert comparable(came, "a")
    assert not comparable(came, "d")


@pytest.mark.parametrize(
    ("date", "kinds"),
    [
        ({"valid_to": "2018-09-01"}, ["unit", "boundary"]),
        ({"valid_to": "2017-09-01"}, []),
        ({"valid_from": "2018-08-01"}, ["unit", "boundary"]),
    ],
    ids=["abolished between", "abolished long ago", "founded between"],
)
def test_a_community_that_came_or_went_changes_its_districts_boundary(date: dict[str, str], kinds: list[str]) -> None:
    table = found(scored(), scored(), dated(OAK, **date))
    assert table["kind"].tolist() == kinds
    assert table["unit_code"].tolist() == [OAK, TOWN][: len(kinds)]


def test_a_new_name_is_told_and_forbids_nothing() -> None:
    two = pd.concat([units(), units().loc[units()["unit_code"].eq(OAK)].assign(name="新柞村")], ignore_index=True)
    table = found(scored(), scored(), {"units": two})
    assert table[["unit_code", "kind", "forbids"]].to_numpy().tolist() == [[OAK, "renamed", False]]
    assert comparable(table, OAK)


def test_other_raters_forbid_comparing_a_rating() -> None:
    leaves = copy.deepcopy(SMALL["leaves"])
    leaves[2]["measure"] = "rating:resident"
    scores = assess(scheme(leaves=leaves), values(**CELLS))
    tables = rated_zone(
        resident(OAK, 80, 100), (OAK, "2018H2", "expert", "ZJ-01", None, "综合评分", 90.0, 100),
        resident(RIVER, 80, 10), resident(RIVER, 80, 90, "2018H2"),
    )  # fmt: skip
    table = found(scores, scores, tables)
    assert table[["unit_code", "leaf", "kind"]].to_numpy().tolist() == [[TOWN, "happy", "raters"]]
    assert "评价者构成变动 100%" in table.at[0, "reason"]
    assert comparable(table, STREET, "happy")


def test_a_rank_move_inside_the_intervals_is_not_clear() -> None:
    before = robustness(scored(), draws=50)
    turned = copy.deepcopy(CELLS)
    for cells in turned.values():
        cells["a"], cells["c"] = cells["c"], cells["a"]
    now = robustness(assess(scheme(), values(**turned)), draws=50)
    moved, still = rank_moves(now, before), rank_moves(before, before)
    assert (still["move"] == 0).all()
    assert not still["clear"].any()
    assert moved.at["c", "move"] == -moved.at["a", "move"]
