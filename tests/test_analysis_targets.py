"""Targets: what a zone set itself, in its own words, and how it weighs the levels that assess."""

import pytest

from govkit.analysis.standards.judged_by import judged_by
from govkit.analysis.standards.targets import Target, load_targets, read_targets
from govkit.errors import CatalogueError

WHOLE = {"type": "targets", "title": "目标", "source": "总结"}


def test_a_target_is_reached_on_its_good_side() -> None:
    assert Target("", "", least=0.8).reached(0.8)
    assert not Target("", "", least=0.8).reached(0.79)
    assert Target("", "", most=1.0).reached(1.0)
    assert not Target("", "", most=1.0).reached(1.2)


def test_the_file_s_source_stands_for_targets_without_one() -> None:
    raw = {**WHOLE, "targets": [{"measure": "satisfaction", "least": 0.98, "label": "98%"}]}
    (target,) = read_targets("t", raw, where="t.toml").targets
    assert (target.source, target.bound) == ("总结", 0.98)


WRONG = {
    "neither": ({"targets": [{"least": 1}]}, "须写且只写一种"),
    "both bounds": ({"targets": [{"measure": "satisfaction", "least": 1, "most": 2}]}, "须写且只写一个"),
    "measure": ({"targets": [{"measure": "satisfacton", "least": 1}]}, "satisfaction"),
    "view": ({"targets": [{"view": "greenin", "column": "rate", "least": 1}]}, "greening"),
    "column": ({"targets": [{"view": "greening", "column": "rat", "least": 1}]}, "rate"),
    "weights": ({"level_weights": {"city": 0.5, "county": 0.4}}, "合计为 1"),
    "level": ({"level_weights": {"province": 1.0}}, "province"),
    "source": ({"sources": {"satisfacton": "x"}}, "satisfaction"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_target_is_refused_with_the_place(change: dict, said: str) -> None:
    with pytest.raises(CatalogueError, match=r"t\.toml") as refused:
        read_targets("t", {**WHOLE, **change}, where="t.toml")
    assert said in str(refused.value)


def test_only_daoli_set_itself_a_satisfaction_target() -> None:
    own = load_targets("daoli_targets")
    assert [one.least for one in own.targets if one.measure == "satisfaction"] == [0.98]
    for name in ("huangpi_targets", "xiangfang_targets", "xianning_targets"):
        assert "satisfaction" not in {one.measure for one in load_targets(name).targets}


def test_a_zone_without_targets_has_none_and_no_weights() -> None:
    judged = judged_by(["qingyang_six_rooms"])
    assert judged.target("satisfaction") is None
    assert judged.targets_of("greening") == ()
    assert judged.level_weights == {}
    assert judged.source("satisfaction") == ""
