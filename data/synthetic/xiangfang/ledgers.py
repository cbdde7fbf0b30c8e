"""The smaller ledgers: funds, staff, organisations, projects, item lists, tasks."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from data.synthetic.drawing import shared_out
from data.synthetic.listed import bodies
from data.synthetic.xiangfang.people import PILOT_SINCE, YEARS, Setting
from data.synthetic.xiangfang.register import REGISTER

_WORKERS_PER_10000 = 17.5
_PROJECTS = {2016: 26, 2017: 64, 2018: 92}
_WAYS = {"公益创投": 0.45, "定向购买": 0.35, "公开招标": 0.2}
# Which level fostered an organisation (F5), and what those pay who are served in each field (F6).
_FOSTERED = {"社区": 0.58, "街道": 0.3, "区": 0.12}
_PAID = {
    "社区养老": {"无偿": 0.4, "低偿": 0.45, "有偿": 0.15}, "为小": {"无偿": 0.55, "低偿": 0.35, "有偿": 0.1},
    "助残": {"无偿": 0.85, "低偿": 0.15}, "自治互助": {"无偿": 0.95, "低偿": 0.05}, "共驻共建": {"无偿": 1.0},
}  # fmt: skip
_AS_OF = dt.date(2019, 1, 10)
# The last organisations were entered by hand: the clerk wrote the community's name where its code belongs.
_BY_HAND = 12
_FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


def fund_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 社区经费.xlsx in 10,000 yuan; some clerks type full-width digits."""
    rng, spec = REGISTER.random("funds"), REGISTER.rows("purposes.csv")
    chance = np.array([float(row["weight"]) for row in spec])
    rows: list[tuple[object, ...]] = []
    for year in YEARS:
        for _, unit in setting.communities.iterrows():
            income = {"区级财政": 9 + rng.uniform(-1.5, 2), "街道配套": 3 * rng.lognormal(0, 0.3)}
            rows += [
                (_day(year, rng, 90), unit["code"], "拨入", s, "社区服务经费", "年度拨款", a) for s, a in income.items()
            ]
            spent = sum(income.values()) * float(np.clip(0.86 + 0.08 * setting.quality(unit, year), 0.55, 0.99))
            share = rng.dirichlet(np.full(int(rng.integers(2, 4)), 3.0))
            chosen = rng.choice(len(spec), len(share), replace=False, p=chance / chance.sum())
            for c, s in zip(chosen, share, strict=True):
                source = str(rng.choice(list(income)))
                rows.append(
                    (_day(year, rng, 355), unit["code"], "支出", source, "社区服务经费", spec[c]["purpose"], spent * s)
                )
    columns = ["日期", "社区代码", "收支", "资金来源", "资金项目", "用途", "金额(万元)"]
    frame = pd.DataFrame(rows, columns=columns).sort_values(
        ["日期", "社区代码", "用途"], kind="stable", ignore_index=True
    )
    amount = frame["金额(万元)"].round(2)
    wide = rng.random(len(frame)) < 0.02
    typed = [f"{value:.2f}".translate(_FULL_WIDTH) if odd else value for value, odd in zip(amount, wide, strict=True)]
    number = (
        "JF" + pd.to_datetime(frame["日期"]).dt.strftime("%Y") + (frame.index.to_series() + 1).astype(str).str.zfill(4)
    )
    frame = frame.assign(**{"金额(万元)": pd.Series(typed, dtype=object)})
    frame.insert(0, "流水号", number)
    return frame


def _day(year: int, rng: np.random.Generator, days: int) -> dt.date:
    return dt.date(year, 1, 4) + dt.timedelta(days=int(rng.integers(0, days)))


def staff_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 队伍.xlsx: community workers by grade, age band and schooling at the end of every year."""
    rng = REGISTER.random("staff")
    rows: list[tuple[str, str, str, str, str, str]] = []
    for year in YEARS:
        for _, unit in setting.communities.iterrows():
            level = _WORKERS_PER_10000 * np.exp(0.08 * setting.quality(unit, year) + 0.03 * (year - 2018))
            for seat in range(max(5, round(level * unit["population"] / 10_000))):
                grade = "主任" if seat == 0 else "副主任" if seat == 1 else "社区干事"
                age = _pick(rng, {"35岁及以下": 0.4, "36至45岁": 0.36, "46至55岁": 0.21, "56岁及以上": 0.03})
                schooling = _pick(rng, {"高中或中专": 0.12, "大专": 0.48, "本科": 0.37, "研究生": 0.03})
                rows.append((unit["code"], f"{year}年", "社区工作者", grade, age, schooling))
    frame = pd.DataFrame(rows, columns=["社区代码", "报告期", "岗位", "等级", "年龄段", "学历"])
    return (
        frame.value_counts(sort=False).rename("人数").reset_index().sort_values(["报告期", "社区代码"], kind="stable")
    )


def _pick(rng: np.random.Generator, chances: dict[str, float]) -> str:
    return str(rng.choice(list(chances), p=np.array(list(chances.values()))))


def organisation_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 组织.xlsx: social organisations as many as published, volunteer teams, bodies that meet."""
    rng, places = REGISTER.random("organisations"), setting.communities
    weight = np.where(places["pilot"], 2.2, 1.0) * rng.lognormal(0, 0.3, len(places))
    counts = shared_out(int(REGISTER.calibration()["social_organisations"]), weight, least=1)
    spec = REGISTER.rows("organisations.csv")
    fields = {row["suffix"]: row["field"] for row in spec}
    chance = np.array([float(row["weight"]) for row in spec])
    rows: list[tuple[object, ...]] = []
    for (_, unit), count in zip(places.iterrows(), counts, strict=True):
        chosen = rng.choice(list(fields), int(count), replace=count > len(fields), p=chance / chance.sum())
        for number, suffix in enumerate(chosen):
            again = "第二" if suffix in chosen[:number] else ""
            name, level = f"{unit['name']}{again}{suffix}", _pick(rng, _FOSTERED)
            rows.append((unit["code"], "社会组织", name, fields[suffix], level, int(rng.integers(6, 45)),
                         _founded(unit["pilot"], rng)))  # fmt: skip
    columns = ["社区代码", "组织类型", "组织名称", "业务领域", "培育层级", "成员数", "成立日期"]
    fostered = pd.DataFrame(_by_hand(rows, setting), columns=columns)
    meeting = bodies(setting.listed).rename(columns={"单元代码": "社区代码", "会议次数": "议事次数"})
    frame = pd.concat([_teams(places, rng), meeting, fostered], ignore_index=True)
    frame.insert(0, "组织编号", "ZZ" + pd.Series(range(1, len(frame) + 1)).astype(str).str.zfill(4))
    return frame[["组织编号", *columns, "议事次数", "报告期"]]


def _teams(places: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for _, unit in places.iterrows():
        name, members = f"{unit['name']}志愿者服务队", int(rng.integers(15, 90))
        rows.append((unit["code"], "志愿者服务队", name, members, _founded(False, rng)))
    return pd.DataFrame(rows, columns=["社区代码", "组织类型", "组织名称", "成员数", "成立日期"])


def _by_hand(rows: list[tuple[object, ...]], setting: Setting) -> list[tuple[object, ...]]:
    names = setting.units.set_index("code")["name"]
    last = [(names[str(row[0])], *row[1:]) for row in rows[-_BY_HAND:]]
    return [*rows[:-_BY_HAND], *last]


def _founded(pilot: bool, rng: np.random.Generator) -> dt.date:
    if pilot and rng.random() < 0.5:
        return PILOT_SINCE + dt.timedelta(days=int(rng.integers(20, 600)))
    return dt.date(2009, 1, 1) + dt.timedelta(days=int(rng.integers(0, 3_600)))


def project_file(setting: Setting, organisations: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of 服务项目.xlsx in 10,000 yuan: venture philanthropy, directed purchase, tender."""
    rng, places = REGISTER.random("projects"), setting.communities
    themes = REGISTER.rows("projects.csv")
    chance = np.array([float(row["weight"]) for row in themes])
    providers = organisations.loc[organisations["组织类型"] == "社会组织", "组织名称"].to_numpy()[:-_BY_HAND]
    rows: list[tuple[object, ...]] = []
    for year, count in _PROJECTS.items():
        weight = np.where(places["pilot"] & (year > YEARS[0]), 5.0, 1.0)
        for at in np.sort(rng.choice(len(places), count, p=weight / weight.sum())):
            unit, way = places.iloc[at], _pick(rng, _WAYS)
            started = dt.date(year, 2, 10) + dt.timedelta(days=int(rng.integers(0, 230)))
            finished = started + dt.timedelta(days=int(rng.integers(60, 210)))
            done = finished <= _AS_OF
            amount = round(float({"公益创投": 2.2, "定向购买": 4.5, "公开招标": 11.0}[way] * rng.lognormal(0, 0.35)), 2)
            theme = themes[int(rng.choice(len(themes), p=chance / chance.sum()))]
            rows.append((
                unit["code"], "服务项目", way, theme["field"], f"{unit['name']}{theme['name']}项目",
                str(rng.choice(providers)), amount,
                started, finished if done else None, int(rng.integers(60, 900)),
                round(float(np.clip(rng.normal(87, 5), 62, 99)), 1) if done else None, "已完成" if done else "进行中",
            ))  # fmt: skip
    columns = [
        "社区代码", "台账", "项目类别", "服务领域", "项目名称", "承接主体", "项目经费(万元)", "开始日期", "结束日期",
        "受益人次", "验收得分", "状态",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    paid = REGISTER.random("payment")
    frame.insert(4, "收费方式", [_pick(paid, _PAID[field]) for field in frame["服务领域"]])
    frame.insert(0, "项目编号", "XM" + pd.Series(range(1, len(frame) + 1)).astype(str).str.zfill(3))
    return frame


def item_file() -> pd.DataFrame:
    """Return the rows of 事项清单.xlsx: what communities do themselves, assist with, seal, gave up or gave upwards."""
    rows = pd.DataFrame(REGISTER.rows("items.csv"))
    frame = pd.DataFrame(
        {
            "事项编号": "SX" + pd.Series(range(1, len(rows) + 1)).astype(str).str.zfill(3),
            "制定单元代码": "230110000000",
            "清单名称": rows["list"],
            "事项名称": rows["name"],
            "业务部门": rows["department"],
            "准入情况": rows["action"],
            "原办理层级": rows["level_before"],
            "现办理层级": rows["level_now"],
            "生效日期": [dt.date.fromisoformat(day) for day in rows["since"]],
        }
    )
    return frame.mask(frame == "", None)


def task_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 改革任务.xlsx: every street's yearly tasks."""
    rng, rows = REGISTER.random("tasks"), []
    for year in YEARS:
        for _, street in setting.streets.iterrows():
            quality = float(setting.character.loc[street["code"], year])
            for item in REGISTER.rows("tasks.csv"):
                due = dt.date(year, 12, 20) - dt.timedelta(days=int(rng.integers(0, 90)))
                late = rng.random() < np.clip(0.16 - 0.14 * quality, 0.02, 0.4)
                closed = due + dt.timedelta(days=int(rng.integers(8, 120) if late else -rng.integers(0, 40)))
                done, seen = closed <= _AS_OF, rng.random() < np.clip(0.88 + 0.1 * quality, 0.6, 0.99)
                inspected = dt.date(year, 12, 31) - dt.timedelta(days=int(rng.integers(1, 150)))
                rows.append((
                    street["code"], item["indicator"], item["task"], "街道", item["owner"], item["commitment"], due,
                    "已完成" if done else "进行中", closed if done else None, inspected if seen else None, f"{year}年",
                ))  # fmt: skip
    columns = [
        "单元代码", "指标", "任务", "责任层级", "责任单位", "承诺",
        "完成期限", "状态", "完成日期", "最近检查日期", "提出报告期",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(0, "任务编号", "GG" + pd.Series(range(1, len(frame) + 1)).astype(str).str.zfill(3))
    return frame
