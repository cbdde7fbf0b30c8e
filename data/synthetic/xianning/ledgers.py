"""The smaller ledgers: funds, community workers, statistics, the ten elements, organisations, projects."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from data.synthetic.drawing import shared_out
from data.synthetic.listed import statistics
from data.synthetic.xianning.register import HALVES, OWN_DISTRICT, REGISTER, Setting

_WAN = 10_000
# Posts and the grades they hold (X9): lowest, highest.
_POSTS = {"社区正职": (10, 18), "社区副职": (7, 15), "社区委员": (4, 12), "一般工作人员": (1, 9)}
_PER_10000 = 17.7
# Demonstration communities of each county, in all as many as published (X11).
_DEMONSTRATIONS = {
    "421202000000": 5, "421281000000": 4, "421221000000": 3, "421222000000": 3, "421223000000": 3, "421224000000": 2,
}  # fmt: skip
_SCHOOLS = {"高中或中专": 0.12, "大专": 0.48, "本科": 0.37, "研究生": 0.03}
_AGES = {"35岁及以下": 0.42, "36至45岁": 0.36, "46至55岁": 0.19, "56岁及以上": 0.03}

Row = tuple[object, ...]


def fund_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 经费台账.xlsx: work funds and service-to-the-people funds by source (X3), and their use."""
    rng, purposes = REGISTER.random("funds"), pd.DataFrame(REGISTER.rows("purposes.csv"))
    rows: list[Row] = []
    for unit in setting.communities.itertuples():
        for programme, norm in _norms(unit.kind, unit.county).items():
            mine = purposes.loc[purposes["programme"] == programme]
            for half in HALVES:
                income = _income(norm / 2, rng)
                rows += [
                    (half.day(rng.uniform(0.05, 0.4)), unit.code, "拨入", source, programme, "年度拨款", amount)
                    for source, amount in income.items()
                ]
                well = unit.quality + (unit.gain if half is HALVES[1] else 0)
                spent = sum(income.values()) * float(np.clip(0.9 + 0.06 * well + rng.normal(0, 0.03), 0.6, 0.995))
                chosen = mine.sample(2, random_state=int(rng.integers(1 << 31)), weights=mine["weight"].astype(float))
                parts = rng.dirichlet([4.0, 4.0]) * spent
                shares = np.array(list(income.values())) / sum(income.values())
                sources = rng.choice(list(income), 2, p=shares)
                rows += [
                    (half.day(rng.uniform(0.35, 0.98)), unit.code, "支出", str(source), programme, purpose, amount)
                    for source, purpose, amount in zip(sources, chosen["purpose"], parts, strict=True)
                ]
    frame = pd.DataFrame(rows, columns=["日期", "社区代码", "收支", "资金来源", "资金项目", "用途", "金额(万元)"])
    frame = frame.sort_values(["日期", "社区代码", "用途"], kind="stable", ignore_index=True)
    frame.insert(0, "凭证号", "JF2021" + pd.Series(range(1, len(frame) + 1)).astype(str).str.zfill(5))
    return frame.assign(**{"金额(万元)": (frame["金额(万元)"] / _WAN).round(2)})


def _norms(kind: str, county: str) -> dict[str, float]:
    """Return what a community is to get of each programme in a year (yuan); villages get half."""
    published = REGISTER.calibration()
    people = published["people_funds_own_district" if county == OWN_DISTRICT else "people_funds_elsewhere"]
    share = 1.0 if kind == "urban_community" else 0.5
    return {"工作经费": published["work_funds"] * share, "惠民资金": people * share}


def _income(norm: float, rng: np.random.Generator) -> dict[str, float]:
    """Return half a year's means by source: the treasury alone meets the norm, the others come on top."""
    income = {"财政拨款": norm * rng.uniform(1.0, 1.12) + 100}
    income |= {"社区自筹": norm * rng.uniform(0.04, 0.16)} if rng.random() < 0.6 else {}
    return income | ({"社会资金": norm * rng.uniform(0.05, 0.25)} if rng.random() < 0.35 else {})


def staff_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 社区工作者.xlsx: workers by post, grade, age band and schooling, and their pay (X9)."""
    rng = REGISTER.random("staff")
    wage = {row["county"]: float(row["wage"]) for row in REGISTER.rows("wages.csv")}
    names = setting.units.set_index("code")["name"]
    people: list[Row] = []
    for unit in setting.communities.loc[setting.communities["kind"] == "urban_community"].itertuples():
        level = _PER_10000 * float(np.exp(0.14 * unit.quality + rng.normal(0, 0.05)))
        for seat in range(max(5, round(level * unit.population / 10_000))):
            post = list(_POSTS)[0 if seat == 0 else 1 if seat < 3 else 2 if seat < 6 else 3]
            grade = int(rng.integers(_POSTS[post][0], _POSTS[post][1]))
            age, school = _pick(rng, _AGES), _pick(rng, _SCHOOLS)
            newcomer = post == "一般工作人员" and rng.random() < 0.07
            for half in HALVES[int(newcomer) :]:
                step = grade + int(half is HALVES[1] and age != "56岁及以上" and rng.random() < 0.3)
                pay = round(wage[names[unit.county]] * (1.015 + 0.018 * step), -1)
                people.append((unit.code, half.name, post, f"{step}级", age, school, pay))
    keys = ["社区代码", "报告期", "岗位", "等级", "年龄段", "学历", "人均月报酬(元)"]
    counted = pd.DataFrame(people, columns=keys).value_counts(sort=False).rename("人数").reset_index()
    return counted.sort_values(["报告期", "社区代码"], kind="stable", ignore_index=True)


def _pick(rng: np.random.Generator, chances: dict[str, float]) -> str:
    return str(rng.choice(list(chances), p=np.array(list(chances.values()))))


def statistic_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 统计指标.csv: the local wage of each county, then what counts.csv says."""
    wage = {row["county"]: float(row["wage"]) for row in REGISTER.rows("wages.csv")}
    counties = setting.counties
    wages = [
        (code, half.name, "当地职工月平均工资", wage[name])
        for half in HALVES
        for code, name in zip(counties["code"], counties["name"], strict=True)
    ]
    frame = pd.DataFrame(wages, columns=["单元代码", "报告期", "统计指标", "数值"])
    return pd.concat([frame, statistics(setting.listed)], ignore_index=True)


def organisation_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 社会组织.xlsx: incubated organisations, agencies, volunteers (X8), councils with meetings."""
    rng, rows = REGISTER.random("organisations"), []
    for unit in setting.communities.itertuples():
        members = int(rng.integers(12, 60))
        rows.append((unit.code, "志愿者服务队", f"{unit.name}志愿服务队", members, _founded(rng), None, None))
        if unit.kind == "urban_community":
            names = ("邻里互助社", "助老服务社", "文化服务社", "儿童之家")
            chosen = rng.choice(names, int(rng.integers(0, 3)), replace=False)
            rows += [(unit.code, "社会组织", f"{unit.name}{name}", int(rng.integers(6, 25)), _founded(rng), None, None)
                     for name in chosen]  # fmt: skip
        founded = _founded(rng)
        for half in HALVES:
            well = unit.quality + (unit.gain if half is HALVES[1] else 0)
            held = int(rng.poisson(3.2 * np.exp(0.35 * well)))
            rows.append((unit.code, "居民议事会", f"{unit.name}居民议事会", 15, founded, held, half.name))
    for kind, part in (("志愿服务组织", setting.streets), ("社会工作机构", setting.counties)):
        ending = "志愿者协会" if kind == "志愿服务组织" else "阳光社会工作服务中心"
        rows += [(one.code, kind, f"{one.name}{ending}", int(rng.integers(15, 90)), _founded(rng), None, None)
                 for one in part.itertuples()]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["单元代码", "组织类型", "组织名称", "成员数", "成立日期", "活动次数", "报告期"])
    frame.insert(0, "编号", [f"ZZ{number:04d}" for number in range(1, len(frame) + 1)])
    return frame


def _founded(rng: np.random.Generator) -> dt.date:
    return dt.date(2015, 1, 10) + dt.timedelta(days=int(rng.integers(0, 2_480)))


def project_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 试点与示范.xlsx: pilot tasks of the counties (X10), awards to demonstration communities (X11).

    The counties are named instead of coded, as their offices write them.
    """
    rng, published = REGISTER.random("projects"), REGISTER.calibration()
    level = dict(zip(setting.units["name"], setting.units["quality"] + setting.units["gain"], strict=True))
    rows: list[Row] = []
    for pilot in REGISTER.rows("pilots.csv"):
        score = round(float(84 + 8 * level[pilot["county"]] + rng.normal(0, 2)), 1)
        done = rng.random() < 0.8
        rows.append(
            (pilot["county"], "试点任务", pilot["kind"], pilot["name"], None, HALVES[0].day(rng.uniform(0.05, 0.3)),
             HALVES[1].day(rng.uniform(0.6, 0.95)) if done else None, score, "已完成" if done else "进行中")
        )  # fmt: skip
    urban = setting.communities.loc[setting.communities["kind"] == "urban_community"]
    best = urban.sort_values("quality", ascending=False, kind="stable")
    best = best.loc[best.groupby("county").cumcount() < best["county"].map(_DEMONSTRATIONS)]
    # awards in steps of 1,000 yuan
    awards = shared_out(round(published["demonstration_yuan"] / 1_000), rng.uniform(0.8, 1.2, len(best)), least=100)
    for unit, award in zip(best.sort_index().itertuples(), awards, strict=True):
        day = HALVES[1].day(rng.uniform(0.5, 0.9))
        rows.append((unit.code, "示范奖补", "示范社区", f"{unit.name}示范创建", award / 10, day, None, None, None))
    rows = [(*row, None) for row in rows] + _ventures(urban)
    frame = pd.DataFrame(
        rows,
        columns=[
            "单元代码",
            "台账",
            "类别",
            "名称",
            "奖补金额(万元)",
            "立项日期",
            "结项日期",
            "评估得分",
            "完成情况",
            "受益人次",
        ],
    )
    frame.insert(0, "编号", [f"XM{number:03d}" for number in range(1, len(frame) + 1)])
    return frame


def _ventures(urban: pd.DataFrame) -> list[Row]:
    """Return venture philanthropy, neighbours' festivals, visits and idle premises put to use (X17)."""
    rows: list[Row] = []
    for spec in REGISTER.rows("ventures.csv"):
        rng = REGISTER.random(f"ventures {spec['kind']}")
        weight = np.exp(0.8 * urban["quality"].to_numpy())
        for at in np.sort(rng.choice(len(urban), int(spec["number"]), p=weight / weight.sum())):
            unit, half = urban.iloc[at], HALVES[int(rng.integers(0, 2))]
            amount = round(float(spec["amount_wan"]) * rng.lognormal(0, 0.3), 2)
            people = int(float(spec["participants"]) * rng.lognormal(0, 0.3))
            day = half.day(rng.uniform(0.1, 0.8))
            rows.append((unit["code"], "共建共享", spec["kind"], f"{unit['name']}{spec['name']}", amount, day,
                         day + dt.timedelta(days=20), None, "已完成", people))  # fmt: skip
    return rows
