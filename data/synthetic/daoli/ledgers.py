"""The smaller ledgers: funds, staff, checklists, organisations, pairs."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from data.synthetic.daoli.people import HALF_NAMES, PERIODS, Setting
from data.synthetic.daoli.register import calibration, random, read_csv
from data.synthetic.drawing import shared_out
from data.synthetic.listed import bodies, posts

_STARTS = {"2018H1": dt.date(2018, 1, 1), "2018H2": dt.date(2018, 7, 1)}
_TEAMS = ("文化活动队", "志愿者服务队", "治安巡逻队", "体育运动队", "环境保洁队")
# Spent outside the allowed purposes, all in one town: what the report has to find (D6).
_OUTSIDE = (
    ("230102102203", "2018H2", "公务接待", 1.26),
    ("230102102205", "2018H2", "公务用车维修", 2.40),
    ("230102102205", "2018H2", "机关办公楼取暖", 3.85),
    ("230102102209", "2018H1", "公务接待", 0.78),
)
_TOWNS_STAFFED = 18.3


def fund_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 专项资金.xlsx, amounts in 10,000 yuan."""
    rng = random("funds")
    spec = read_csv("purposes.csv")
    chances = np.array([float(row["weight"]) for row in spec])
    rows: list[tuple[object, ...]] = []
    for period in PERIODS:
        for _, village in setting.villages.iterrows():
            income = {"区级财政": 12 + rng.uniform(-2, 3), "市级补助": 6 + rng.uniform(-1, 2)}
            income |= {"村集体自筹": 2 * rng.lognormal(0, 0.4)} if rng.random() < 0.6 else {}
            rows += [(_day(period, rng, 60), village["code"], "拨入", s, "年度拨款", a) for s, a in income.items()]
            spent = sum(income.values()) * float(np.clip(0.85 + 0.1 * setting.quality(village, period), 0.5, 0.985))
            share = rng.dirichlet(np.full(int(rng.integers(4, 7)), 2.5))
            chosen = rng.choice(len(spec), len(share), replace=False, p=chances / chances.sum())
            for c, s in zip(chosen, share, strict=True):
                source, day = str(rng.choice(list(income))), _day(period, rng, 175)
                rows.append((day, village["code"], "支出", source, spec[c]["purpose"], spent * s))
        rows += [(_day(period, rng, 175), c, "支出", "区级财政", p, a) for c, half, p, a in _OUTSIDE if half == period]
    frame = pd.DataFrame(rows, columns=["日期", "单元代码", "收支", "资金来源", "用途", "金额(万元)"])
    frame = frame.sort_values(["日期", "单元代码", "用途"], kind="stable", ignore_index=True)
    return _numbered(frame.assign(**{"金额(万元)": frame["金额(万元)"].round(2)}), "流水号", "ZJ2018")


def _numbered(frame: pd.DataFrame, name: str, letters: str) -> pd.DataFrame:
    """Return the frame with a first column of numbers in row order."""
    frame = frame.copy()
    frame.insert(0, name, [f"{letters}{number:04d}" for number in range(1, len(frame) + 1)])
    return frame


def _day(period: str, rng: np.random.Generator, days: int) -> dt.date:
    return _STARTS[period] + dt.timedelta(days=int(rng.integers(4, days)))


def staff_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 队伍.xlsx: people by post, grade, age band and schooling in both periods."""
    rng = random("staff")
    rows: list[dict[str, object]] = []
    for code, post, grade, age, schooling in _officials(setting, rng) + _workers(setting, rng):
        rows.append({"单元代码": code, "岗位": post, "等级": grade, "年龄段": age, "学历": schooling})
    counted = pd.DataFrame(rows).value_counts(sort=False, dropna=False).rename("人数").reset_index()
    both = pd.concat([counted.assign(报告期=period) for period in PERIODS])
    newcomers = both["岗位"].eq("社区工作者") & both["报告期"].eq("2018H1") & (rng.random(len(both)) < 0.06)
    both = pd.concat([both.loc[~newcomers].replace({"报告期": HALF_NAMES}), posts(setting.listed)]).sort_values(
        ["报告期", "单元代码"], kind="stable", ignore_index=True
    )
    return both[["单元代码", "报告期", "岗位", "等级", "年龄段", "学历", "人数"]]


def _officials(setting: Setting, rng: np.random.Generator) -> list[tuple[str, str, str | None, str, str]]:
    """Return the elected committee members and the graduate officials of the villages."""
    villages, published = setting.villages, calibration()
    seats = shared_out(int(published["committee_members"]), villages["households"].to_numpy(float), least=3)
    graduates = rng.choice(len(villages), int(published["graduate_officials"]), replace=False)
    people: list[tuple[str, str, str | None, str, str]] = []
    for number, (code, count) in enumerate(zip(villages["code"], seats, strict=True)):
        for seat in range(int(count)):
            grade = "主任" if seat == 0 else "副主任" if seat == 1 and count > 3 else "委员"
            age = _pick(rng, {"35岁及以下": 0.22, "36至45岁": 0.38, "46至55岁": 0.3, "56岁及以上": 0.1})
            people.append((code, "村委会成员", grade, age, _pick(rng, _SCHOOLED["village"])))
        if number in graduates:
            people.append((code, "大学生村官", None, "35岁及以下", _pick(rng, {"本科": 0.8, "研究生": 0.2})))
    return people


_SCHOOLED = {
    "village": {"初中及以下": 0.18, "高中或中专": 0.46, "大专": 0.26, "本科": 0.1},
    "urban_community": {"高中或中专": 0.14, "大专": 0.5, "本科": 0.33, "研究生": 0.03},
}


def _workers(setting: Setting, rng: np.random.Generator) -> list[tuple[str, str, str | None, str, str]]:
    people: list[tuple[str, str, str | None, str, str]] = []
    for _, unit in setting.communities.iterrows():
        if unit["kind"] == "village":
            continue
        level = _TOWNS_STAFFED * float(np.exp(0.1 * setting.quality(unit, "2018H2") + rng.normal(0, 0.08)))
        for seat in range(round(level * unit["population"] / 10_000)):
            age = _pick(rng, {"35岁及以下": 0.4, "36至45岁": 0.35, "46至55岁": 0.22, "56岁及以上": 0.03})
            grade = "主任" if seat == 0 else "副主任" if seat == 1 else "社区工作者"
            people.append((unit["code"], "社区工作者", grade, age, _pick(rng, _SCHOOLED["urban_community"])))
    return people


def _pick(rng: np.random.Generator, chances: dict[str, float]) -> str:
    return str(rng.choice(list(chances), p=np.array(list(chances.values()))))


def organisation_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 组织队伍.xlsx: teams, social organisations, bodies with their meetings."""
    rng, rows = random("organisations"), []
    for _, unit in setting.communities.iterrows():
        code, name = unit["code"], unit["name"]
        if unit["kind"] == "village":
            rows += [(code, t, f"{name}{t}", int(rng.integers(8, 36)), _founded(rng)) for t in _TEAMS]
        if rng.random() < (0.3 if unit["kind"] == "village" else 0.45):
            title = f"{name}{rng.choice(['助老服务社', '邻里互助中心', '社会工作站', '文化服务社'])}"
            rows.append((code, "社会组织", title, int(rng.integers(5, 22)), _founded(rng)))
    frame = pd.DataFrame(rows, columns=["单元代码", "组织类型", "组织名称", "成员数", "成立日期"])
    frame = pd.concat([frame, bodies(setting.listed)], ignore_index=True)
    frame = frame.sort_values(["单元代码"], kind="stable", ignore_index=True)
    columns = ["单元代码", "组织类型", "组织名称", "业务领域", "成员数", "成立日期", "会议次数", "报告期"]
    return _numbered(frame[columns], "组织编号", "ZZ")


def _founded(rng: np.random.Generator) -> dt.date:
    return dt.date(2012, 1, 1) + dt.timedelta(days=int(rng.integers(0, 2_000)))


def project_file(setting: Setting, organisations: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of 购买服务和培训.xlsx: contracts with social organisations by village (D15), training (D17)."""
    rng, kinds = random("projects"), read_csv("contracts.csv")
    chance = np.array([float(kind["weight"]) for kind in kinds])
    providers = organisations.loc[organisations["组织类型"] == "社会组织", "组织名称"].to_numpy()
    rows = []
    for period in PERIODS:
        for _, village in setting.villages.iterrows():
            for at in rng.choice(len(kinds), int(rng.integers(1, 4)), replace=False, p=chance / chance.sum()):
                kind, started = kinds[at], _day(period, rng, 120)
                bought = kind["list"] == "购买服务"
                score = round(float(np.clip(88 + 5 * setting.quality(village, period) + rng.normal(0, 3), 60, 99)), 1)
                rows.append((
                    village["code"], kind["list"], kind["kind"], f"{village['name']}{kind['kind']}",
                    str(rng.choice(providers)) if bought else "道里区农业技术推广中心",
                    round(float(kind["amount_wan"]) * rng.lognormal(0, 0.3), 2), started,
                    started + dt.timedelta(days=int(rng.integers(30, 60)) if bought else 2),
                    int(rng.integers(30, 160)), score if bought else None, "已完成",
                ))  # fmt: skip
    columns = [
        "单元代码", "台账", "项目类别", "项目名称", "承接主体", "金额(万元)", "开始日期", "结束日期",
        "受益人次", "验收得分", "状态",
    ]  # fmt: skip
    return _numbered(pd.DataFrame(rows, columns=columns), "项目编号", "XM2018")


def pair_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 城乡结对.xlsx: an urban community of another street for every village."""
    rng = random("pairs")
    urban = setting.communities.loc[setting.communities["kind"] == "urban_community"]
    best = urban.assign(score=[setting.quality(unit, "2018H1") for _, unit in urban.iterrows()])
    best = best.sort_values("score", ascending=False, kind="stable").head(70)
    rows = []
    for _, village in setting.villages.iterrows():
        elsewhere = best.loc[best["parent"] != village["parent"], "code"].to_numpy()
        since = dt.date(2016, 3, 1) + dt.timedelta(days=int(rng.integers(0, 600)))
        row = (village["code"], str(rng.choice(elsewhere)), since, int(rng.integers(1, 9)))
        rows.append(row)
    return pd.DataFrame(rows, columns=["农村单元代码", "结对社区代码", "结对日期", "帮扶活动次数"])
