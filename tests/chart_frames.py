"""Small frames for every kind of chart, easy and awkward; all numbers are made up by rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from govkit.display import charts
from govkit.display.charts import Format, Shown

NAN = float("nan")
FINDING = "三十个社区中二十个达到目标"
LONG = "哈尔滨市道里区群力新区第十七生活区沿江联合社区居民委员会"  # 28 characters, with a number 30
PARTS = [("grid", "网格"), ("community", "社区"), ("street", "街道"), ("district", "区以上")]
ITEMS = ["日间照料", "警务室", "议事室", "农民学校", "卫生室", "调解室", "文化广场", "农家书屋"]
PRICES = dict(zip(ITEMS, [12.0, 1.2, 1.5, 3.0, 10.0, 1.0, 15.0, 2.0], strict=True))


def names(count: int, *, long: bool = False) -> list[str]:
    return [f"{LONG if long else '第'}{at}{'' if long else '社区'}" for at in range(1, count + 1)]


def leaves(count: int, *, long: bool = False) -> pd.DataFrame:
    rows = []
    for at, label in enumerate(names(count, long=long)):
        score = 60.0 + at * 7 % 75
        rows.append({
            "group": "设施建设" if at < count / 2 else "便民服务", "label": label,
            "kind": "percent" if at % 3 else "number",
            "unit": "" if at % 3 else "平方米/百户" if at % 2 else "小时",
            "digits": 1, "value": NAN if at == 2 else 0.5 + at % 5 / 10, "last": 0.6,
            "target": 0.95, "median": 0.7, "score": NAN if at == 2 else score, "last_score": score - 15.0,
            "loss": max(0.0, 100 - score) / 20,
            "peers": tuple(40.0 + (at + peer * 13) % 70 for peer in range(5 if at % 4 else 23)),
        })  # fmt: skip
    return pd.DataFrame(rows)


def ranked(count: int, *, long: bool = False) -> pd.DataFrame:
    ranks = np.arange(1, count + 1)
    return pd.DataFrame({
        "name": names(count, long=long), "score": np.linspace(95.5, 52, count), "rank": ranks,
        "low": np.maximum(ranks - 3, 1), "high": np.minimum(ranks + 3, count), "last_rank": np.roll(ranks, count // 3),
        "grade": ["优秀"] * (count // 3) + ["良好"] * (count - count // 3),
        "kind": ["镇" if at % 3 == 0 else "街道" for at in ranks],
    })  # fmt: skip


def sampled(count: int, *, long: bool = False) -> pd.DataFrame:
    values = np.linspace(0.99, 0.92, count)
    return pd.DataFrame({
        "name": names(count, long=long), "value": values, "low": values - 0.015, "high": values + 0.01,
        "n": [20 if at == 1 else 210 + at for at in range(count)],
        "group": [f"{'甲乙丙丁'[at % 4]}镇" for at in range(count)],
    })  # fmt: skip


def gaps(count: int, *, long: bool = False) -> pd.DataFrame:
    return pd.DataFrame({
        "group": [f"{'春盘湘中焦新'[at % 6]}荣镇" for at in range(count)], "name": names(count, long=long),
        "item": [ITEMS[at * at % 8] for at in range(count)],
        "cost": [PRICES[ITEMS[at * at % 8]] for at in range(count)],
        "cheap": [PRICES[ITEMS[at * at % 8]] < 2.5 for at in range(count)],
    })  # fmt: skip


def levels(count: int, *, long: bool = False) -> pd.DataFrame:
    at = np.arange(count)
    counts = {"grid": 300 + at * 7 % 90, "community": 80 + at * 11 % 50, "street": 20 + at % 7, "district": at % 3}
    return pd.DataFrame({"name": names(count, long=long), **counts})


def by_month(count: int = 12) -> pd.DataFrame:
    value = [NAN if at == 3 else 100.0 + at * 17 % 60 for at in range(count)]
    return pd.DataFrame(
        {"month": range(1, count + 1), "value": value, "last_year": [90.0 + at for at in range(count)], "n": value}
    )


def effect() -> pd.DataFrame:
    month = np.arange(-6, 7)
    estimate = np.where(month < 0, 0.002 * (-1.0) ** month, 0.01 * month)
    return pd.DataFrame(
        {"month": month, "estimate": estimate, "low": estimate - 0.02, "high": estimate + 0.02, "units": 23}
    )


def rates(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"name": names(count), "n": np.linspace(30, 900, count), "value": 0.97 - 0.07 * (np.arange(count) % 9 == 4)}
    )


def limits() -> pd.DataFrame:
    n = np.linspace(5, 950, 60)
    spread = np.sqrt(0.97 * 0.03 / n)
    return pd.DataFrame({
        "n": n, "low_95": 0.97 - 1.96 * spread, "high_95": np.minimum(0.97 + 1.96 * spread, 1),
        "low_998": 0.97 - 3.09 * spread, "high_998": np.minimum(0.97 + 3.09 * spread, 1),
    })  # fmt: skip


def key_rows() -> pd.DataFrame:
    row: dict[str, Any] = {"kind": "percent", "unit": "", "digits": 1, "low_is_good": False, "low": 0.7, "high": 0.95}
    values = [(0.986, 0.968, 0.98), (0.865, 0.872, 0.95), (1.0, 0.667, 1.0), (0.5, NAN, NAN)]
    shown = [
        {"label": f"第{at}项指标", "value": a, "last": b, "target": c} | row for at, (a, b, c) in enumerate(values)
    ]
    score = {
        "label": "综合得分",
        "kind": "number",
        "unit": "分",
        "value": 91.6,
        "last": 83.5,
        "target": 90.0,
        "low": 71.4,
        "high": 91.7,
    }
    return pd.DataFrame([row | score, *shown])


def steps(count: int, *, long: bool = False) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": names(count, long=long),
            "planned": [10.0] * count,
            "done": [NAN if at == 2 else 8.0 + at for at in range(count)],
        }
    )


def changes(count: int, *, long: bool = False) -> pd.DataFrame:
    return pd.DataFrame({"label": names(count, long=long), "change": [2.5 - at * 0.3 for at in range(count)]})


def waterfall(frame: pd.DataFrame, **options: Any) -> Shown:
    now = 83.5 + frame["change"].sum()
    return charts.score_change(
        frame, last=83.5, now=now, labels=("2018年上半年", "2018年下半年"), finding=FINDING, **options
    )


EASY: dict[str, Callable[[], Shown]] = {
    "indicator_profile": lambda: charts.indicator_profile(leaves(20), finding=FINDING),
    "ranking": lambda: charts.ranking(ranked(23), finding=FINDING, own="第8社区", unit_word="社区", square="镇"),
    "rank_change": lambda: charts.rank_change(ranked(23), finding=FINDING, own="第8社区"),
    "score_change": lambda: waterfall(changes(12), lines={"优秀线 90分": 90.0}),
    "intervals": lambda: charts.intervals(sampled(15), finding=FINDING, target=0.96, what="满意度", n_word="回访人次"),
    "missing_items": lambda: charts.missing_items(
        gaps(40), finding=FINDING, prices=PRICES, unit="万元", total="全县合计",
    ),
    "stacked_shares": lambda: charts.stacked_shares(levels(23), PARTS, finding=FINDING, own="第8社区"),
    "months": lambda: charts.months(by_month(), finding=FINDING, what="上报事项", style=Format("integer", "件", 0)),
    "effect_by_month": lambda: charts.effect_by_month(effect(), finding=FINDING, what="满意度之差"),
    "funnel": lambda: charts.funnel(rates(23), limits(), finding=FINDING, rate=0.97, what="满意度", own="第3社区"),
    "lorenz": lambda: charts.lorenz(
        levels(23).assign(weight=1, value=np.arange(23.0) ** 2), finding=FINDING, gini=0.42, what="面积",
    ),
    "key_figures": lambda: charts.key_figures(key_rows(), finding=FINDING),
    "plan_against_actual": lambda: charts.plan_against_actual(steps(5), finding=FINDING),
    "bars": lambda: charts.bars(sampled(4).assign(last=0.9, target=0.95), finding=FINDING),
}  # fmt: skip

HARD: dict[str, Callable[[], Shown]] = {
    "a profile of 30-character names": lambda: charts.indicator_profile(leaves(16, long=True), finding=FINDING),
    "a profile of 60 leaves": lambda: charts.indicator_profile(leaves(60), finding=FINDING),
    "60 ranked units with 30-character names": lambda: charts.ranking(ranked(60, long=True), finding=FINDING),
    "265 ranked units": lambda: charts.ranking(ranked(265), finding=FINDING, own="第100社区"),
    "three ranked units": lambda: charts.ranking(ranked(3), finding=FINDING, own="第2社区"),
    "265 units that moved": lambda: charts.rank_change(ranked(265, long=True), finding=FINDING),
    "a score that only fell": lambda: waterfall(changes(10, long=True).assign(change=-0.6)),
    "60 sampled units": lambda: charts.intervals(sampled(60), finding=FINDING, target=0.96, what="满意度"),
    "12 sampled units with long names": lambda: charts.intervals(sampled(12, long=True), finding=FINDING, target=0.96),
    "265 sampled units": lambda: charts.intervals(sampled(265), finding=FINDING, target=0.96, what="满意度"),
    "three villages with gaps": lambda: charts.missing_items(gaps(3), finding=FINDING),
    "gaps of 30-character names": lambda: charts.missing_items(
        gaps(20, long=True), finding=FINDING, prices=PRICES, unit="万元",
    ),
    "gaps that cost hundreds of thousands": lambda: charts.missing_items(
        gaps(40).assign(cost=lambda rows: rows["cost"] * 1e4),
        finding=FINDING,
        unit="元",
    ),
    "200 villages with gaps": lambda: charts.missing_items(gaps(200), finding=FINDING),
    "60 units' shares": lambda: charts.stacked_shares(levels(60, long=True), PARTS, finding=FINDING),
    "half as wide months": lambda: charts.months(by_month(), finding=FINDING, what="上报事项", width="half"),
    "two equal months": lambda: charts.months(by_month(2).assign(value=5.0), finding=FINDING, what="事项"),
    "half as wide key figures": lambda: charts.key_figures(key_rows(), finding=FINDING, width="half"),
    "a plan of 30 steps": lambda: charts.plan_against_actual(steps(30, long=True), finding=FINDING),
    "a negative bar": lambda: charts.bars(
        pd.DataFrame({"name": [LONG], "value": [-3.2], "last": [2.0]}), style=Format("number", "分"), finding=FINDING,
    ),
}  # fmt: skip
