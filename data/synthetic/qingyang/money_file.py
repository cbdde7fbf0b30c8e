"""资金台账: what was spent on premises, and the shared fund every village keeps for its common facilities."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from data.synthetic.drawing import shared_out
from data.synthetic.qingyang.people import PERIODS, Setting
from data.synthetic.qingyang.register import REGISTER

CONSTRUCTION, SHARED = "服务设施建设", "公益性设施共管共享基金"
# The shared fund is piloted in one county (Q9).
_PILOT = "621002"
_STARTS = (dt.date(2018, 1, 8), dt.date(2018, 7, 5))
_SOURCES = {"省级补助": 0.3, "市级财政": 0.3, "县级财政": 0.4}
# A community centre costs about five times what a village's station does.
_CENTRE_WEIGHT = 5.0


def fund_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 资金台账.xlsx in 10,000 yuan: construction as published, the shared fund within its norm."""
    rng = REGISTER.random("funds")
    frame = pd.DataFrame(
        [*_construction(setting, rng), *_shared(setting, rng)],
        columns=["日期", "单元代码", "收支", "资金来源", "资金项目", "用途", "金额(万元)"],
    )
    frame = frame.sort_values(["日期", "单元代码", "收支", "用途"], kind="stable", ignore_index=True)
    frame.insert(0, "流水号", "ZJ2018" + (frame.index.to_series() + 1).astype(str).str.zfill(5))
    return frame


def _construction(setting: Setting, rng: np.random.Generator) -> list[tuple[object, ...]]:
    """Return income and expense of every unit's premises; the income is the published sum to the last hundred yuan."""
    places, total = setting.communities, int(REGISTER.calibration()["construction_yuan"])
    weight = np.where(places["kind"] == "urban_community", _CENTRE_WEIGHT, 1.0) * rng.lognormal(0, 0.25, len(places))
    hundreds = shared_out(total // 100, weight, least=100)
    halves = setting.quality(places, "2018H2")
    rows: list[tuple[object, ...]] = []
    for (_, unit), amount, quality in zip(places.iterrows(), hundreds / 100, halves, strict=True):
        source = str(rng.choice(list(_SOURCES), p=list(_SOURCES.values())))
        late = int(rng.random() < 0.4)
        purpose = "社区服务中心建设" if unit["kind"] == "urban_community" else "服务中心建设"
        spent = round(float(amount) * float(np.clip(0.9 + 0.06 * quality, 0.6, 1.0)), 2)
        rows.append((_day(late, 60, rng), unit["code"], "拨入", source, CONSTRUCTION, "建设资金拨付", float(amount)))
        rows.append((_day(late, 170, rng), unit["code"], "支出", source, CONSTRUCTION, purpose, spent))
    return rows


def _shared(setting: Setting, rng: np.random.Generator) -> list[tuple[object, ...]]:
    """Return what government and donors pay into the pilot villages' shared funds, and what they paid for."""
    spec, published = REGISTER.rows("purposes.csv"), REGISTER.calibration()
    chance = np.array([float(row["weight"]) for row in spec])
    least, most = published["shared_fund_least"] / 10_000, published["shared_fund_most"] / 10_000
    units = setting.units
    villages = units.loc[(units["kind"] == "village") & (units["county"] == _PILOT)].sort_values("code")
    rows: list[tuple[object, ...]] = []
    for code in villages["code"]:
        year = round(float(rng.triangular(least, 1.7, most)), 2)
        first = round(year * rng.uniform(0.45, 0.55), 2)
        for half, amount in enumerate((first, round(year - first, 2))):
            purpose = spec[int(rng.choice(len(spec), p=chance / chance.sum()))]["purpose"]
            given = round(amount * rng.uniform(0.1, 0.35), 2)
            rows.append((_day(half, 70, rng), code, "拨入", "县级财政", SHARED, "年度拨付", round(amount - given, 2)))
            rows.append((_day(half, 70, rng), code, "拨入", "社会捐赠", SHARED, "捐赠入账", given))
            spent = round(amount * rng.uniform(0.6, 0.98), 2)
            rows.append((_day(half, 172, rng), code, "支出", "县级财政", SHARED, purpose, spent))
    return rows


def _day(half: int, days: int, rng: np.random.Generator) -> dt.date:
    return _STARTS[half] + dt.timedelta(days=int(rng.integers(0, days)))


def points_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 道德积分.csv: points earned and redeemed, entries on the red and black lists, by half-year."""
    rng, places = REGISTER.random("points"), setting.communities
    size = (places["households"].to_numpy() / 430) ** 0.6
    parts = []
    for month, period in zip(("2018-06", "2018-12"), PERIODS, strict=True):
        quality = setting.quality(places, period)
        for row in REGISTER.rows("points.csv"):
            better = -0.8 if row["kind"] == "黑榜" else 0.4
            people = rng.poisson(
                float(row["people"]) * size * np.exp(better * quality + rng.normal(0, 0.3, len(places)))
            )
            points = (
                (people * float(row["points"]) * rng.uniform(0.8, 1.2, len(places))).round() if row["points"] else None
            )
            part = pd.DataFrame({"村居代码": places["code"].to_numpy(), "月份": month, "积分类别": row["kind"]})
            text = pd.Series(points).astype(int).astype(str) if points is not None else ""
            parts.append(part.assign(积分事项=row["item"], 人次=people, 积分=text).loc[people > 0])
    return pd.concat(parts).sort_values(["村居代码", "月份"], kind="stable", ignore_index=True)


def statistics_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 关爱服务统计.xlsx: a row per village and half-year, two columns (数值、基数) an item."""
    rng, parts = REGISTER.random("care"), []
    villages = setting.units.loc[setting.units["kind"] == "village"].sort_values("code")
    base = {
        row["item"]: np.maximum(1, rng.poisson(float(row["base_per_1000"]) * villages["population"].to_numpy() / 1_000))
        for row in REGISTER.rows("statistics.csv")
    }
    for half, name in PERIODS.items():
        quality, columns = setting.quality(villages, half), {}
        for row in REGISTER.rows("statistics.csv"):
            level = float(row["first" if half.endswith("1") else "second"])
            chance = 1 / (1 + np.exp(-(np.log(level / (1 - level)) + 0.8 * quality)))
            columns[row["item"]] = rng.binomial(base[row["item"]], chance)
        part = pd.DataFrame({"村代码": villages["code"].to_numpy(), "报告期": name})
        for item, value in columns.items():
            part = part.assign(**{f"{item}/数值": value, f"{item}/基数": base[item]})
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    # the item stands in the head above
    return frame.set_axis([name.split("/")[-1] for name in frame.columns], axis=1)
