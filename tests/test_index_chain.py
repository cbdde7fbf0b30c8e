"""A composite of any frame from one end to the other: sensitivity, what-if, a workshop, a recipe that is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import govkit
from govkit.errors import GovkitError, UnknownNameError
from govkit.research.frame_workshop import index_moves, save_recipe


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(2)
    good = np.linspace(1, 10, 12)
    values = {
        name: good + noise * random.normal(size=12) for name, noise in (("面积", 0.2), ("人员", 1.5), ("活动", 4.0))
    }
    return pd.DataFrame(values, index=[f"村{at}" for at in range(12)])


OPTIONS: dict[str, Any] = {
    "groups": {"面积": "投入", "人员": "投入", "活动": "产出"},
    "weights": {"投入": 0.7, "产出": 0.3},
}


def test_ranks_have_intervals_and_choices_their_share(frame: pd.DataFrame) -> None:
    found = govkit.composite_ranks(frame, OPTIONS, draws=60)
    table = found.ranks
    assert table["rank"].tolist() == sorted(govkit.composite(frame, **OPTIONS).scores["rank"])
    assert (table["low"] <= table["median"]).all()
    assert (table["median"] <= table["high"]).all()
    assert (table["high"] > table["low"]).any()
    assert found.shares.sum() == pytest.approx(1)
    assert found.shares["imputation"] == 0  # nothing is missing


def test_a_choice_that_is_none_moves_no_rank(frame: pd.DataFrame) -> None:
    options = {"normalisations": ["min_max"], "aggregations": ["arithmetic"], "weight_noise": 0.0, "draws": 20}
    table = govkit.composite_ranks(frame, OPTIONS, **options).ranks
    assert (table["low"] == table["high"]).all()
    assert table["low"].tolist() == table["rank"].tolist()


def test_what_if_a_value_were_better(frame: pd.DataFrame) -> None:
    last = govkit.composite(frame, **OPTIONS).scores["rank"].idxmax()
    found = govkit.what_if(frame, {last: {"面积": 10.0, "活动": 10.0}}, OPTIONS)
    row = found.loc[last]
    assert row["new_rank"] < row["rank"]
    changed = frame.copy()
    changed.loc[last, ["面积", "活动"]] = 10.0
    assert row["new_score"] == pytest.approx(govkit.composite(changed, **OPTIONS).scores.at[last, "score"])
    assert "面积 +" in row["by"]
    assert (found["rank"].ne(found["new_rank"]) | (found.index == last)).all()


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"村99": {"面积": 1}}, "单元"), ({"村1": {"面级": 1}}, "最接近的是：面积")],
    ids=["unit", "name"],
)
def test_what_if_of_a_wrong_name_is_answered(frame: pd.DataFrame, changes: Any, told: str) -> None:
    with pytest.raises(UnknownNameError, match=told):
        govkit.what_if(frame, changes)


def test_two_units_have_no_interval(frame: pd.DataFrame) -> None:
    with pytest.raises(GovkitError, match="至少要 3 个单元"):
        govkit.composite_ranks(frame.head(2))


def test_a_page_of_any_frame_moves_with_its_sliders_and_keeps_its_recipe(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ipywidgets")
    monkeypatch.chdir(tmp_path)
    page = govkit.workshop(frame, OPTIONS)
    assert (page.moved["move"] == 0).all()
    assert "偏度" in page.audit.value
    page.sliders["产出"].value = 1.0
    page.choices["normalisation"].value = "rank"
    assert (page.moved["move"] != 0).any()
    assert (page.moved.loc[page.moved["move"] != 0, "why"] != "").all()
    page.save()
    assert "理由" in page.saved.value
    page.reasons.value = "产出更要紧\n会议“议定”"
    page.save()
    again = govkit.composite(frame, **govkit.read_recipe(tmp_path / "合成方案.toml"))
    pd.testing.assert_frame_equal(again.scores, page.index.scores)


def test_a_recipe_without_reasons_or_over_another_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(GovkitError, match="理由"):
        save_recipe(OPTIONS, tmp_path / "a.toml", reasons=" ")
    save_recipe(OPTIONS, tmp_path / "a.toml", reasons="因为")
    with pytest.raises(GovkitError, match="已经有了"):
        save_recipe(OPTIONS, tmp_path / "a.toml", reasons="因为")


def test_nobody_moves_between_an_index_and_itself(frame: pd.DataFrame) -> None:
    index = govkit.composite(frame, **OPTIONS)
    assert index_moves(index, index)[["move", "score_change"]].eq(0).all(axis=None)
