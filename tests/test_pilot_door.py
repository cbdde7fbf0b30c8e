"""What frames a pilot may come in: times and starts written in any way, and what is refused with its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import govkit
from govkit.errors import GovkitError, UnknownNameError

ASKED: dict[str, Any] = {"unit": "unit", "time": "time", "outcome": "y", "start": "start", "compared": False}
START = 5


def plain(units: int = 8, times: int = 8, treated: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(0)
    rows = [
        (f"u{unit}", time, 10 + unit + 0.5 * time + 2.0 * (unit < treated and time >= START) + 0.1 * random.normal(),
         START if unit < treated else np.nan)
        for unit in range(units) for time in range(1, times + 1)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["unit", "time", "y", "start"])


def written(form: Callable[[int], Any], never: Any = None) -> pd.DataFrame:
    """Return the plain frame with times and starts written by ``form``."""
    data = plain()
    start = [never if pd.isna(one) else form(int(one)) for one in data["start"]]
    return data.assign(time=[form(one) for one in data["time"]], start=pd.Series(start, dtype=object))


def effect(data: pd.DataFrame, **changed: Any) -> float:
    return float(govkit.pilot(data, **{**ASKED, **changed}).to_frame()["effect"].iloc[0])


QUARTER = pd.Period("2016Q1", "Q")
MONTH = pd.Period("2016-09", "M")


@pytest.mark.parametrize(
    "form",
    [
        lambda at: 2000 + at,
        lambda at: str(2000 + at),
        lambda at: f"{2000 + at}年",
        lambda at: f"２０{at:02d}",
        lambda at: MONTH + at,
        lambda at: str(MONTH + at),
        lambda at: int((MONTH + at).strftime("%Y%m")),
        lambda at: (MONTH + at).strftime("%Y/%m"),
        lambda at: f"{(MONTH + at).year}年{(MONTH + at).month}月",
        lambda at: (MONTH + at).start_time,
        lambda at: (MONTH + at).end_time.normalize(),
        lambda at: (MONTH + at).start_time.date(),
        lambda at: (MONTH + at).start_time.tz_localize("Asia/Shanghai"),
        lambda at: str(pd.Period("2016Q3", "Q") + at),
        lambda at: f"{(pd.Period('2016Q3', 'Q') + at).year}年第{(pd.Period('2016Q3', 'Q') + at).quarter}季度",
        lambda at: f"{2016 + (at + 1) // 2}H{1 + (at + 1) % 2}",
        lambda at: f"{2016 + (at + 1) // 2}年{'上下'[(at + 1) % 2]}半年",
        lambda at: pd.Timestamp(2016 + (at + 1) // 2, 1 + 6 * ((at + 1) % 2), 1),
        lambda at: pd.Timestamp("2017-01-02") + pd.Timedelta(weeks=at),
        lambda at: pd.Timestamp("2017-01-02") + pd.Timedelta(days=at),
        lambda at: f"第{at + 5}期",
    ],
    ids=[
        "year", "year text", "年", "full width", "period", "month text", "201705", "2017/05", "2017年5月", "date",
        "end of month", "date object", "zone", "quarter", "第1季度", "2017H1", "上半年", "half-years", "weeks",
        "days", "第10期",
    ],
)  # fmt: skip
@pytest.mark.parametrize("never", [None, np.nan, "", 0, float("inf"), "从未", "never"], ids=repr)
def test_times_and_starts_may_be_written_in_any_way(form: Callable[[int], Any], never: Any) -> None:
    assert effect(written(form, never)) == pytest.approx(effect(plain()), abs=1e-12)


@pytest.mark.parametrize(
    ("time", "start"),
    [
        (lambda at: str(2000 + at), lambda at: 2000 + at),
        (lambda at: 2000 + at, lambda at: pd.Timestamp(2000 + at, 1, 1)),
        (lambda at: (MONTH + at).start_time, lambda at: int((MONTH + at).strftime("%Y%m"))),
        (lambda at: MONTH + at, lambda at: str(MONTH + at)),
        (lambda at: (MONTH + at).end_time.normalize(), lambda at: (MONTH + at).start_time),
        (lambda at: (QUARTER + at).end_time.normalize(), lambda at: (QUARTER + at).start_time),
        (lambda at: pd.Timestamp(2000 + at, 12, 31), lambda at: pd.Timestamp(2000 + at, 1, 1)),
        (lambda at: pd.Timestamp("2016-06-30") + at * pd.offsets.MonthEnd(6), lambda _: pd.Timestamp("2018-07-01")),
        (lambda at: (QUARTER + at).start_time + pd.Timedelta(days=40), lambda at: (QUARTER + at).start_time),
        (lambda at: pd.Timestamp(1992, 2, 15) + pd.DateOffset(months=9 * at), lambda _: pd.Timestamp(1995, 4, 1)),
        (lambda at: 2000 + at, lambda at: f"{2000 + at}.0"),
    ],
    ids=[
        "text, number", "year, date", "date, 201705", "period, text", "end, begin of month", "end, begin of quarter",
        "end, begin of year", "end, begin of half-year", "mid, begin of quarter", "every nine months", "2000.0",
    ],
)  # fmt: skip
def test_times_and_starts_may_be_written_differently(time: Callable[[int], Any], start: Callable[[int], Any]) -> None:
    data = written(time).assign(start=written(start)["start"])
    assert effect(data) == pytest.approx(effect(plain()), abs=1e-12)


def test_a_start_in_mid_year_keeps_that_year_out() -> None:
    data = written(lambda at: 2000 + at).assign(start=written(lambda at: pd.Timestamp(2000 + at, 7, 1))["start"])
    found = govkit.pilot(data, **ASKED)
    assert found.to_frame()["effect"].iloc[0] == pytest.approx(effect(plain().query("time != 5")), abs=1e-12)
    assert any("那一期既不算前也不算后" in line for line in found.honesty())


@pytest.mark.parametrize("on", [1, True, "1", "是", 1.0], ids=repr)
def test_a_switch_may_be_text(on: Any) -> None:
    off = {1: 0, "1": "0", "是": "否"}.get(on, type(on)(0))
    data = plain()
    switch = [on if at >= start else off for at, start in zip(data["time"], data["start"], strict=True)]
    assert effect(data.assign(start=pd.Series(switch, dtype=object))) == pytest.approx(effect(plain()))


@pytest.mark.parametrize("form", [str, lambda one: f"{one * 1000:,.2f}", np.float32], ids=["text", "1,000", "float32"])
def test_numbers_may_be_text(form: Callable[[float], Any]) -> None:
    data = plain().assign(y=plain()["y"].map(form))
    assert effect(data) == pytest.approx(effect(plain()) * (1000 if "," in str(data["y"][0]) else 1), rel=1e-4)


def test_an_index_with_repeats_does_not_matter() -> None:
    assert effect(plain().set_index(np.zeros(64, dtype=int))) == effect(plain())


def test_units_may_be_in_the_index_and_their_names_be_spelt_in_several_ways() -> None:
    data = plain().assign(unit=lambda frame: frame["unit"].str[1:].astype(object))
    odd = data["time"] % 2 == 1
    for other in (
        data["unit"] + " ",
        data["unit"].map(int),
        data["unit"].map(float),
        data["unit"].str.translate({48: "０"}),
    ):
        found = govkit.pilot(data.assign(unit=data["unit"].where(odd, other)).set_index(["unit", "time"]), **ASKED)
        assert found.to_frame().iloc[0][["p", "treated_units", "untreated_units"]].tolist() == [1 / 56, 3, 5]
        assert any("几种写法" in line for line in found.honesty())


def test_ways_to_give_a_pilot_within_clusters_are_all_tried() -> None:
    data = plain().assign(street=lambda frame: frame["unit"].map(lambda name: "ABCD"[int(name[1:]) // 2]))
    found = govkit.pilot(data, **ASKED, cluster="street").to_frame().iloc[0]  # one street whole, of one a half
    assert "全部 24 种分配" in found["inference"]
    assert found["p"] == found["least_p"] == pytest.approx(1 / 24)


def test_how_large_the_numbers_are_does_not_matter() -> None:
    def p(scale: float) -> float:
        return float(govkit.pilot(plain().assign(y=plain()["y"] * scale), **ASKED).to_frame()["p"].iloc[0])

    assert p(1e-12) == p(1.0) == p(1e12)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data.assign(time=data["time"].map(lambda at: "前" if at < 5 else "后")), "排不出先后：'前'"),
        (lambda data: data.assign(start=data["start"].map({5: "开春"})), "起始时间（start）"),
        (lambda data: data.assign(start=data["start"].notna().astype(int), time=data["time"] + 2000), "试点组的标记"),
        (lambda data: data.assign(start=data["start"].notna(), time=data["time"] + 2000), "试点组的标记"),
        (lambda data: data.assign(start=data["start"].notna()), "试点组的标记"),
        (lambda data: data.assign(start=data["start"].fillna(-1)), "不晚于第一期（1）就已开始"),
        (lambda data: data.assign(start=((data["time"] >= data["start"]) * 1.0).where(data.index != 2)), "1 处空着"),
        (lambda data: pd.concat([data, data[["y"]]], axis=1), "不止一列叫 'y'"),
        (lambda data: data.assign(y=data["y"].map(lambda y: "无" if y > 12 else y)), "处不是，如 '无'"),
        (lambda data: data.query("time == 5"), "只有一期（5）"),
        (lambda data: data.assign(y=np.nan), "没有一个数"),
        (lambda data: data.assign(y=data["y"] * 1e300), "这样大的数"),
        (lambda data: data.assign(unit=range(len(data))), "只在一期有数"),
        (lambda data: data.assign(start=data["start"] + 90), "晚于最后一期（8）"),
        (lambda data: data.assign(start=data["start"] - 4), "从第一期（1）起"),
        (lambda data: data.assign(start=data["start"] - 9), "从第一期（1）起"),
        (lambda data: written(lambda at: MONTH + at).assign(start=data["start"] + 2012), "只到年"),
        (lambda data: written(lambda at: MONTH + at).assign(start=data["start"]), "不是时间列那样的日期"),
        (lambda data: data.to_dict("list"), "要一张数据表"),
    ],
    ids=[
        "words", "start in words", "group flag", "group flag as boolean", "the same, first times 1, 2", "never as -1",
        "switch with gaps", "two columns of a name",
        "words among numbers", "one period", "no number", "too large", "units seen once", "after all", "from the first",
        "before the first", "year among months", "number among months", "no frame",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_reason(change: Callable[[Any], Any], told: str) -> None:
    with pytest.raises(GovkitError, match=told.replace("(", r"\(").replace(")", r"\)")):
        govkit.pilot(change(plain()), **ASKED)


def test_an_ordered_categorical_tells_which_words_come_first() -> None:
    data = plain(times=2).assign(start=None)
    data = data.assign(y=data["y"] + 2.0 * ((data["time"] == 2) & data["unit"].isin(["u0", "u1"])))
    words = pd.Categorical(data["time"].map({1: "前", 2: "后"}), categories=["前", "后"], ordered=True)
    asked = data.assign(time=words, start=np.where(data["unit"].isin(["u0", "u1"]), "后", None))
    assert effect(asked) == pytest.approx(2.0, abs=0.4)
    with pytest.raises(UnknownNameError, match=r"最接近的是|允许"):
        effect(asked.assign(start=asked["start"].replace({"后": "后期"})))


def test_the_outcome_at_fault_is_named() -> None:
    data = plain().assign(z=plain()["y"].where(plain()["time"] < 5))
    with pytest.raises(GovkitError, match="结果列 z"):
        govkit.pilot(data, **{**ASKED, "outcome": ["y", "z"]})


def test_an_outcome_that_never_changed_is_told() -> None:
    data = plain().assign(y=plain()["unit"].str[1:].astype(int))
    found = govkit.pilot(data, **ASKED)
    assert any("自始至终没有变过" in line for line in found.honesty())
    assert found.to_frame()["p"].tolist() == [1.0]


def test_units_that_enter_late_or_leave_are_told() -> None:
    data = plain().query("not (unit == 'u1' and time < 3) and not (unit in ['u5', 'u6'] and time == 8)")
    found = govkit.pilot(data, **ASKED)
    assert any("1 个单元第一期还没有数" in line and "其中试点单元 1 个" in line for line in found.honesty())
    assert any("2 none in the last" in line for line in found.honesty("en"))


# -- what stands beside the effect


def test_bounds_are_those_of_the_package_of_honest_did() -> None:
    """One start, whole stretches: the sets that diff-diff's HonestDiD gives for relative magnitudes."""
    pytest.importorskip("diff_diff")
    import warnings

    from diff_diff import CallawaySantAnna, HonestDiD

    from govkit.analysis.effect.estimators import long

    found = govkit.pilot(plain(units=24, treated=8), **ASKED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"control_group": "never_treated", "base_period": "universal"}
        frame = long(found.evaluations[0].panel)
        fitted = CallawaySantAnna(**options).fit(frame, "y", "u", "t", "g", aggregate="event_study")
        theirs = [HonestDiD(method="relative_magnitude", M=m).fit(fitted) for m in (0.5, 1.0, 2.0)]
    mine = found.bounds().set_index("m").loc[[0.5, 1.0, 2.0]]
    assert mine["low"].tolist() == pytest.approx([one.lb for one in theirs], abs=1e-9)
    assert mine["high"].tolist() == pytest.approx([one.ub for one in theirs], abs=1e-9)
    assert (mine["low_95"] < mine["low"]).all()
    assert (mine["high_95"] > mine["high"]).all()


def test_how_far_trends_may_part_before_the_effect_falls_is_told() -> None:
    from govkit.analysis.effect.bounds import breakdown

    found = govkit.pilot(plain(), **ASKED)
    most = breakdown(found.bounds())
    table = found.bounds()
    inside = np.interp(most, table["m"], table["low_95"]) if most <= 2 else 0.0
    assert inside == pytest.approx(0, abs=1e-9)
    assert any("Rambachan–Roth" in line and "就推翻" in line for line in found.honesty())


def test_outcomes_that_move_together_lose_less_by_romano_and_wolf_than_by_holm() -> None:
    random = np.random.default_rng(1)
    data = plain().assign(y=lambda frame: frame["y"] - 1.5 * (frame["start"].notna() & (frame["time"] >= START)))
    data["y"] += random.normal(size=len(data))
    data = data.assign(a=data["y"] * 2 + 1, b=data["y"] + 0.01 * random.normal(size=len(data)))
    found = govkit.pilot(data, **{**ASKED, "outcome": ["y", "a", "b"]}).to_frame()
    assert (found["p_romano_wolf"] <= found["p_holm"] + 1e-12).all()
    assert (found["p_romano_wolf"] >= found["p"] - 1e-12).all()
    # a copy of an outcome is no second test
    twice = govkit.pilot(data, **{**ASKED, "outcome": ["y", "a"]}).to_frame()
    assert twice["p_romano_wolf"].tolist() == pytest.approx(twice["p"].tolist())


def test_outcomes_of_other_units_have_no_common_chance() -> None:
    data = plain().assign(z=plain()["y"].where(plain()["unit"] != "u7"))
    assert govkit.pilot(data, **{**ASKED, "outcome": ["y", "z"]}).to_frame()["p_romano_wolf"].isna().all()


@pytest.mark.parametrize(("moved", "told"), [(0.0, "也看不出变化"), (3.0, "本不该受试点影响，却有")])
def test_an_outcome_the_pilot_cannot_have_touched_is_held_against_it(moved: float, told: str) -> None:
    random = np.random.default_rng(4)
    data = plain().assign(weather=random.normal(size=64))
    data["weather"] += moved * (data["start"].notna() & (data["time"] >= START))
    found = govkit.pilot(data, **ASKED, placebo="weather")
    assert len(found.to_frame()) == 1
    assert found.placebo_outcomes()["outcome"].tolist() == ["weather"]
    assert any(told in line for line in found.honesty())
    assert any("weather" in line for line in found.honesty("en"))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data,
        lambda data: data.assign(street=lambda frame: frame["unit"].map(lambda name: f"s{int(name[1:]) // 3}")),
        lambda data: data.loc[data["unit"].isin(["u0", "u7"])],
        lambda data: data.assign(start=3 + data["unit"].str[1:].astype(int) % 3),
        lambda data: data.assign(y=0.0),
        lambda data: data.loc[~(data["unit"].isin(["u0", "u6"]) & (data["time"] < 3))],
        lambda data: data.assign(street="甲"),
    ],
    ids=["plain", "one treated of three", "two units", "nobody never treated", "nought", "late", "one cluster"],
)
@pytest.mark.filterwarnings("error")
def test_whatever_is_asked_of_a_weak_design_is_answered(change: Callable[[Any], Any]) -> None:
    pytest.importorskip("diff_diff")
    data = change(plain())
    cluster = "street" if "street" in data else None
    found = govkit.pilot(data, **{**ASKED, "compared": True}, cluster=cluster)
    for answer in (found.event_study, found.placebo, found.placebo_outcomes, found.bounds, found.leave_one_out):
        assert isinstance(answer(), pd.DataFrame)
    shown = found._repr_html_() + found.method() + "".join(found.honesty("en"))
    assert "nan" not in shown.lower()
    notes = "".join(found.to_frame()["note"])
    assert "No " not in notes
    assert "Need " not in notes
