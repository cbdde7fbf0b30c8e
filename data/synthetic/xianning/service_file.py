"""服务统计 by line, points, and grid matters: what was asked for, month by month, and what came of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data.synthetic.matters import drawn, in_order, matter_ledger, settling_level
from data.synthetic.xianning.register import HALVES, REGISTER, Half, Setting, quality

# Requests a month of one item in a community of middling size.
_A_MONTH = {"urban_community": 7.0, "village": 3.4}
_POINTS = (
    ("获得", "环境整治", 26, 5),
    ("获得", "邻里互助", 18, 4),
    ("获得", "文明劝导", 12, 3),
    ("兑换", "日用品", 20, 6),
)
LEVELS = ("网格", "村(社区)", "镇(街道)", "区及以上")
_SLOWER = np.array([1.0, 2.0, 4.2, 8.5])
# How many in a hundred are settled in the grid, village, town and above.
_SETTLED: dict[str, Any] = {"odds": (0.55, 0.29, 0.12, 0.04), "pull": 0.4, "powers": (0.0, 0.7, 1.4, 2.1), "at": 0.1}
_AS_OF = pd.Timestamp(2022, 1, 10, 18)
_A_HALF_YEAR = {True: 3.8, False: 3.0}


def service_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 服务统计2021.csv: a row per community, month and item of the five lines (X7)."""
    rng, items = REGISTER.random("services"), pd.DataFrame(REGISTER.rows("services.csv"))
    parts = [_month(setting, items, half, month, rng) for half in HALVES for month in half.months]
    return pd.concat(parts, ignore_index=True)


def _month(setting: Setting, items: pd.DataFrame, half: Half, month: int, rng: np.random.Generator) -> pd.DataFrame:
    units = setting.communities
    frame = units.assign(level=quality(units, half, "services")).merge(items.add_prefix("item_"), how="cross")
    frame = frame.loc[(frame["kind"] == "urban_community") | (frame["item_rural"] == "1")]
    size = (frame["population"] / frame["kind"].map({"urban_community": 5_400, "village": 2_000})) ** 0.7
    usual = frame["kind"].map(_A_MONTH) * frame["item_weight"].astype(float) * size
    asked = np.maximum(1, rng.poisson(usual * np.exp(0.1 * frame["level"]))).astype(int)
    settled = rng.binomial(asked, np.clip(0.95 + 0.03 * frame["level"], 0.8, 0.995))
    inside = rng.binomial(settled, np.clip(0.82 + 0.08 * frame["level"], 0.5, 0.98))
    hours = settled * frame["item_hours"].astype(float) * np.exp(-0.3 * frame["level"] + rng.normal(0, 0.2, len(frame)))
    answers = rng.binomial(settled, 0.35)
    satisfied = rng.binomial(answers, np.clip(0.955 + 0.02 * frame["level"], 0.8, 0.995))
    return pd.DataFrame(
        {
            "社区代码": frame["code"],
            "统计月份": f"2021-{month:02d}",
            "服务事项": frame["item_item"],
            "服务条线": frame["item_line"],
            "收费方式": frame["item_payment"],
            "受理件数": asked,
            "办结件数": settled,
            "社区内办结件数": inside,
            "办理总时长(小时)": hours.round(1),
            "评价人数": answers,
            "满意人数": satisfied,
        }
    )


def point_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 志愿积分2021.csv: points earned and redeemed in the urban communities (X8)."""
    rng, rows = REGISTER.random("points"), []
    urban = setting.communities.loc[setting.communities["kind"] == "urban_community"]
    for half in HALVES:
        level = quality(urban, half, "points")
        for code, well in zip(urban["code"], level, strict=True):
            for month in half.months:
                for kind, item, people, points in _POINTS:
                    count = int(rng.poisson(people * np.exp(0.35 * well)))
                    rows.append((code, f"2021-{month:02d}", kind, item, count, count * points))
    return pd.DataFrame(rows, columns=["社区代码", "统计月份", "积分类别", "积分事项", "人次", "积分"])


def event_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 网格事项2021.csv in order of report."""
    rng = REGISTER.random("events")
    rows = in_order(_matters(setting, half, rng) for half in HALVES)
    numbers = "XN2021" + pd.Series(range(1, len(rows) + 1)).astype(str).str.zfill(6)
    return matter_ledger(rows, numbers, of="事件", day="%Y-%m-%d %H:%M:%S", settled_word="已办结")


def _matters(setting: Setting, half: Half, rng: np.random.Generator) -> pd.DataFrame:
    grids, kinds = setting.grids, pd.DataFrame(REGISTER.rows("matters.csv"))
    units = setting.communities.set_index("code")
    level = quality(units, half, "matters").loc[grids["unit_code"]].to_numpy()
    count = rng.poisson(grids["urban"].map(_A_HALF_YEAR).to_numpy() * rng.lognormal(0, 0.3, len(grids)))
    of = np.repeat(np.arange(len(grids)), count)
    urban, well = grids["urban"].to_numpy()[of], level[of]
    kind = np.where(urban, drawn(kinds["urban"], len(of), rng), drawn(kinds["rural"], len(of), rng))
    place = settling_level(well, rng, **_SETTLED)
    hours = kinds["hours"].astype(float).to_numpy()[kind] * _SLOWER[place] * np.exp(rng.normal(-0.45 * well, 0.7))
    seconds = rng.integers(0, 180, len(of)) * 86_400 + ((7.5 + 12 * rng.beta(2.4, 2.8, len(of))) * 3_600).astype(int)
    reported = pd.Timestamp(2021, half.months[0], 1) + pd.to_timedelta(seconds, unit="s")
    settled = reported + pd.to_timedelta((hours * 3_600).round(), unit="s")
    stuck = rng.random(len(of)) < np.clip(0.03 - 0.03 * well, 0.003, 0.12)
    code = (grids["unit_code"] + grids["number"].astype(str).str.zfill(3)).to_numpy()
    return pd.DataFrame(
        {"grid": code[of], "kind": kinds["kind"].to_numpy()[kind], "reported": reported,
         "settled": pd.Series(settled).mask(stuck | (settled > _AS_OF)), "level": np.array(LEVELS)[place]}
    )  # fmt: skip
