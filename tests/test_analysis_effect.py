"""The pilot's effect: differences of differences, and how likely chance alone makes them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govkit.analysis.effect.difference import effects, gaps_by_quarter, pilot_of
from govkit.analysis.effect.imputation import effect_of, effects_of, gaps, together
from govkit.analysis.effect.pilot import pilot
from govkit.analysis.effect.randomisation import Randomisation

START = pd.Timestamp("2017-05-01")
MONTHS = pd.date_range("2016-11-01", "2017-10-01", freq="MS")


def zone(
    *, effect: float = -4.0, drift: float = 0.0, noise: float = 0.0, districts: int = 6, each: int = 2
) -> dict[str, pd.DataFrame]:
    """Return a zone whose first two districts are in the pilot; time adds 1 to everyone, the pilot ``effect``."""
    random = np.random.default_rng(7)
    codes = [(f"d{d}", f"d{d}u{u}", d < 2) for d in range(districts) for u in range(each)]
    units = pd.DataFrame(
        {
            "unit_code": [unit for _, unit, _ in codes],
            "level": "community",
            "pilot_since": [START if inside else pd.NaT for *_, inside in codes],
        }
    )
    rows = [
        (
            unit,
            district,
            month,
            "时长",
            20.0 + (month >= START) * (1.0 + effect * inside) + drift * inside * step + noise * random.normal(),
        )
        for district, unit, inside in codes
        for step, month in enumerate(MONTHS)
    ]
    panel = pd.DataFrame(rows, columns=["unit_code", "district_code", "month", "outcome", "value"])
    return {"units": units, "panel": panel}


def test_the_effect_is_the_change_inside_less_the_change_outside() -> None:
    row = effects(zone()).iloc[0]
    assert (row["before_in"], row["after_in"], row["before_out"], row["after_out"]) == (20.0, 17.0, 20.0, 21.0)
    assert row["effect"] == pytest.approx(-4.0)
    assert (row["treated_units"], row["untreated_units"]) == (4, 8)


def test_all_ways_to_choose_the_districts_are_tried() -> None:
    row = effects(zone(noise=0.5)).iloc[0]
    assert row["least_p"] == pytest.approx(1 / 15)  # 2 of 6
    assert row["p"] == pytest.approx(1 / 15)  # no other choice does as much


def test_without_an_effect_chance_does_as_much() -> None:
    row = effects(zone(effect=0.0, noise=1.0)).iloc[0]
    assert row["p"] > 0.1
    assert row["low"] < 0 < row["high"]


def test_a_gap_that_moved_before_the_pilot_is_said() -> None:
    row = effects(zone(drift=0.5)).iloc[0]
    assert row["trend"] == pytest.approx(0.5)
    assert row["trend_p"] == pytest.approx(1 / 15)
    assert effects(zone()).iloc[0]["trend_p"] == 1.0


def test_no_claim_is_made_where_the_design_cannot_carry_it() -> None:
    assert not effects(zone(effect=-50.0)).iloc[0]["claim"]
    assert effects(zone(effect=-50.0, districts=12)).iloc[0]["claim"]


def test_an_outcome_that_tells_nothing_is_named_with_the_reason() -> None:
    tables = zone()
    since = tables["units"]["pilot_since"]
    found = pilot_of({**tables, "units": tables["units"].assign(pilot_since=since.fillna(START))})
    assert found.evaluations == ()
    assert "没有非试点单元可比" in found.refused["时长"]
    later = tables["panel"].assign(outcome="满意率").query("month >= @START")
    found = pilot_of({**tables, "panel": pd.concat([tables["panel"], later])})
    assert [one.outcome for one in found.evaluations] == ["时长"]
    assert any("满意率 没有评估" in line and "请补上" in line for line in found.honesty())


def test_a_pilot_community_without_any_number_is_named() -> None:
    tables = zone()
    named = tables["units"].assign(name=[f"{code}社区" for code in tables["units"]["unit_code"]])
    panel = tables["panel"].loc[tables["panel"]["unit_code"] != "d0u1"]
    found = pilot_of({"units": named, "panel": panel}, compared=False)
    assert "1 个试点单元没有这一项结果的数，未参加估计：d0u1社区。" in found.honesty()


def test_a_community_that_was_not_seen_to_the_end_changes_nothing_it_does_not_know() -> None:
    tables = zone()
    panel = tables["panel"]
    tables["panel"] = panel.loc[~((panel["unit_code"] == "d5u1") & (panel["month"] >= START))]
    row = effects(tables).iloc[0]
    assert row["effect"] == pytest.approx(-4.0)
    assert row["after_out"] == pytest.approx(21.0)


def test_without_pilot_or_panel_there_is_no_effect() -> None:
    tables = zone()
    assert effects({"units": tables["units"]}).empty
    nobody = {**tables, "units": tables["units"].assign(pilot_since=pd.NaT)}
    assert effects(nobody).empty
    assert gaps_by_quarter(nobody).empty


def test_the_quarter_of_the_start_is_neither_before_nor_after() -> None:
    found = gaps_by_quarter(zone()).set_index("quarter")
    assert found["stage"].tolist() == ["before", "before", "start", "after", "after"]
    assert found["gap"].tolist() == pytest.approx([0.0, 0.0, -8 / 3, -4.0, -4.0])


@settings(max_examples=20, deadline=None)
@given(st.floats(-100, 100), st.floats(0.1, 50))
def test_shifting_all_values_leaves_the_effect_and_scaling_scales_it(shift: float, scale: float) -> None:
    tables = zone(noise=1.0)
    before = effects(tables).iloc[0]
    moved = {**tables, "panel": tables["panel"].assign(value=tables["panel"]["value"] * scale + shift)}
    after = effects(moved).iloc[0]
    assert after["effect"] == pytest.approx(before["effect"] * scale, rel=1e-6, abs=1e-9)
    assert after["p"] == before["p"]


def test_an_outcome_the_pilot_cannot_have_touched_is_no_outcome_tested() -> None:
    tables = zone()
    panel = tables["panel"]
    name = panel["outcome"].iloc[0]
    both = pd.concat([panel, panel.assign(outcome="天气", value=range(len(panel)))], ignore_index=True)
    found = pilot_of({**tables, "panel": both}, placebo=["天气"], compared=False)
    assert [one.outcome for one in found.evaluations] == [name]
    assert found.placebo_outcomes()["outcome"].tolist() == ["天气"]
    assert not found.refused


@pytest.mark.parametrize("seed", range(12))
def test_ways_tried_in_one_go_are_those_tried_one_by_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    units, times = int(random.integers(4, 30)), int(random.integers(3, 9))
    values = random.normal(size=(units, times))
    if seed % 3 == 0:
        values[random.random(values.shape) < 0.1] = np.nan
    if seed % 3 == 1:
        values[: units // 2, times // 2] = np.nan
    ways = random.choice([0, 1, 2, times - 1, times, times, -1], size=(9, units))
    one_by_one = [effect_of(values[way >= 0], way[way >= 0]) for way in ways]
    np.testing.assert_allclose(effects_of(ways, values), one_by_one, atol=1e-12)


@pytest.mark.parametrize("seen", [True, False])
def test_units_that_begin_together_are_one_row_without_a_change(seen: bool) -> None:
    random = np.random.default_rng(3)
    values, start = random.normal(size=(24, 9)), random.choice([3, 5, 9], size=24)
    values[::2, 4] = values[::2, 4] if seen else np.nan
    means, begun, many = together(values, start)
    assert many.sum() == 24
    assert len(means) == (3 if seen else 6)
    np.testing.assert_allclose(
        np.nansum(gaps(means, begun, many) * many[:, None], axis=0), np.nansum(gaps(values, start), axis=0), atol=1e-12
    )


def test_without_either_of_two_clusters_nothing_is_left_to_compare_even_where_values_are_missing() -> None:
    frame = pd.DataFrame({"unit": np.repeat(range(6), 6), "time": np.tile(range(1, 7), 6)})
    frame["cluster"] = frame["unit"] % 2
    frame["start"] = np.where(frame["cluster"] == 0, 4, 0)
    frame["y"] = np.arange(36.0)
    frame.loc[7, "y"] = np.nan
    asked = {"unit": "unit", "time": "time", "outcome": "y", "start": "start", "cluster": "cluster"}
    found = pilot(frame, **asked, compared=False)
    assert found.leave_one_out()["effect"].isna().all()
    assert found.to_frame()["effect"].notna().all()


def test_a_design_that_can_reject_nothing_has_no_power() -> None:
    drawn = np.array([9.0, 0.0, 0.1, -0.1])
    few = Randomisation(9.0, drawn, np.zeros(4), ways=4, exact=True, mirrored=False, near=1e-9)
    assert few.power(50.0, 0.95) == 0.0
    assert few.least_effect(0.95, 0.8) == float("inf")
    assert few.interval(0.95) == (-np.inf, np.inf)
    assert few.power(50.0, 0.7) == 1.0
