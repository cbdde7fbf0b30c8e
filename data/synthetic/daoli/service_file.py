"""服务统计: what was asked for in every community and month, what came of it, and who was satisfied."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.synthetic.daoli.people import PERIODS, Setting
from data.synthetic.daoli.register import calibration, random, read_csv
from data.synthetic.drawing import moved

MEASURES = {
    "申请件数": "requested",
    "办结件数": "settled",
    "本村居办结件数": "inside",
    "办理总时长(小时)": "hours",
    "回访数": "responses",
    "满意数": "satisfied",
}
# Requests a month of one item in a community of middling size.
_A_MONTH = {"village": 8.0, "urban_community": 11.0}
# Rural rates of the second half of 2018 that the published account gives, and what the first half had.
_INSIDE = {"2018H1": 0.786, "2018H2": 0.0}
_SURPLUS = {"2018H1": 0.802, "2018H2": 0.826}
_OLDER = {"2018H1": 0.902, "2018H2": 0.921}


def service_records(setting: Setting) -> pd.DataFrame:
    """Return a row per community, item and month (1–12) with the six counts."""
    rng = random("services")
    frame = _asked_for(setting, rng)
    quality = frame["quality"].to_numpy()
    rural = frame["rural"].to_numpy()
    errand = (frame["line"] == "帮办").to_numpy()
    asked = frame["requested"].to_numpy()
    settled = rng.binomial(asked, np.clip(0.955 + 0.025 * quality, 0.84, 0.995))
    inside = rng.binomial(settled, np.clip(0.87 + 0.06 * quality, 0.6, 0.98))
    hours = settled * 1.25 * frame["item_hours"] * np.exp(-0.38 * quality + rng.normal(0, 0.18, len(frame)))
    responses = rng.binomial(settled, 0.42)
    share = np.where(rural, 0.975, 0.962) + 0.016 * quality + np.where(frame["half"] == "2018H2", 0.009, -0.012)
    satisfied = rng.binomial(responses, np.clip(share, 0.85, 0.998))
    frame = frame.assign(settled=settled, inside=inside, hours=hours.round(1), responses=responses, satisfied=satisfied)
    return _calibrated(frame, rural & errand, rng)


def _asked_for(setting: Setting, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for _, unit in setting.communities.iterrows():
        rural = unit["kind"] == "village"
        size = (unit["households"] / (1570 if rural else 2080)) ** 0.7
        quality = {half: setting.quality(unit, half) for half in PERIODS}
        code, name = unit["code"], unit["name"]
        for item in read_csv("errands.csv"):
            if not rural and item["urban"] == "0":
                continue
            level = _A_MONTH[unit["kind"]] * float(item["weight"]) * size * rng.lognormal(0, 0.2)
            for month in range(1, 13):
                season = 1 + 0.14 * np.cos((month - 3) / 12 * 4 * np.pi)
                half = PERIODS[month > 6]
                head = (code, name, rural, item["item"], item["line"], float(item["hours"]), month, half)
                rows.append((*head, quality[half], max(1, rng.poisson(level * season))))
    names = ["code", "name", "rural", "item", "line", "item_hours", "month", "half", "quality", "requested"]
    return pd.DataFrame(rows, columns=names)


def _calibrated(frame: pd.DataFrame, rural_errand: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return the records with the published rural rates met to the last case."""
    published = calibration()
    inside, settled = frame["inside"].to_numpy().copy(), frame["settled"].to_numpy().copy()
    asked, half = frame["requested"].to_numpy(), frame["half"].to_numpy()
    for period in PERIODS:
        for item, rates in (("富余劳动力就业", _SURPLUS), ("就业困难大龄人员帮扶", _OLDER)):
            at = np.flatnonzero((frame["item"] == item) & (half == period))
            settled[at] = moved(settled[at], np.ceil(asked[at].sum() * rates[period]), asked[at], rng)
        inside = np.minimum(inside, settled)
        wanted = _INSIDE[period] or published["needs_met_inside"]
        at = np.flatnonzero(rural_errand & (half == period))
        inside[at] = moved(inside[at], round(asked[at].sum() * wanted), settled[at], rng)
    responses = np.minimum(frame["responses"].to_numpy(), settled)
    satisfied = np.minimum(frame["satisfied"].to_numpy(), responses)
    at = np.flatnonzero(frame["rural"].to_numpy() & (half == "2018H2"))
    least = round(responses[at].sum() * (published["satisfaction"] + 0.003))
    satisfied[at] = moved(satisfied[at], least, responses[at], rng)
    hours = np.where(settled > 0, frame["hours"], 0.0)
    return frame.assign(settled=settled, inside=inside, hours=hours, responses=responses, satisfied=satisfied)


def service_file(records: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of 服务统计2018.csv: a row per community, item and measure, a column a month."""
    long = records.melt(id_vars=["code", "name", "item", "month"], value_vars=list(MEASURES.values()))
    wide = long.pivot(index=["code", "name", "item", "variable"], columns="month", values="value").reset_index()
    order = {item["item"]: i for i, item in enumerate(read_csv("errands.csv"))}
    label = {name: word for word, name in MEASURES.items()}
    wide = wide.assign(_item=wide["item"].map(order), _measure=wide["variable"].map(list(label).index))
    wide = wide.sort_values(["code", "_item", "_measure"], ignore_index=True)
    months = {f"2018年{month}月": [_count(value) for value in wide[month]] for month in range(1, 13)}
    wide = wide.assign(variable=wide["variable"].map(label))
    names = {"code": "村居代码", "name": "村居名称", "item": "服务事项", "variable": "指标"}
    return wide[list(names)].rename(columns=names).assign(**months)


def _count(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
