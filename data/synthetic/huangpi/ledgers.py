"""The ledgers: investment and subsidies, cadres, grades, tasks, organisations, statistics, residents' ratings."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from data.synthetic.drawing import shared_out
from data.synthetic.huangpi.kit import security_teams
from data.synthetic.huangpi.progress import GRADES, grades_of
from data.synthetic.huangpi.register import QIANCHUAN, REGISTER, YEARS, Setting
from data.synthetic.listed import checklist

# Amounts are kept in hundreds of yuan, so that 万元 with two decimals is exact.
_HUNDRED, _WAN = 100, 0.01
_POSTS = ("书记（主任）", "副主任", "委员")
# What the member departments paid for in the last year (H10), and how what they pay for work passed on grew (H7).
_BY_MEMBERS = {"道路硬化", "下水管网改造", "路灯安装", "绿化美化", "健身器材购置"}
_PASSED_ON = dict(zip(YEARS, (0.55, 0.8, 1.0), strict=True))
_MONTHS = 12
# The ledger of tasks was printed on this day.
_AS_OF = dt.date(2006, 1, 10)
_MEMBERS = "成员单位"
_NAMES = ("戏曲队", "腰鼓队", "健身操队", "书画社", "舞蹈队")


def staff_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 社区干部.xlsx: cadres by post, age and schooling in every year, and their subsidy (H6)."""
    rng, pay = REGISTER.random("staff"), REGISTER.calibration()["worker_subsidy"] / _MONTHS
    people: list[tuple[object, ...]] = []
    for one in setting.communities.itertuples():
        seats = (
            4 + int(one.households > 1_100) + int(one.households > 1_700) + int(rng.random() < 0.3 + 0.5 * one.quality)
        )
        for seat in range(seats):
            post = _POSTS[min(seat, 2)]
            paid = pay if one.parent == QIANCHUAN or seat == 0 else None
            age = rng.choice(["35岁及以下", "36至45岁", "46至55岁", "56岁及以上"], p=[0.2, 0.42, 0.32, 0.06])
            school = rng.choice(["初中及以下", "高中或中专", "大专", "本科"], p=[0.08, 0.54, 0.33, 0.05])
            since = YEARS[int(rng.choice(3, p=[0.9, 0.06, 0.04]))] if seat > 2 else YEARS[0]
            people += [(one.code, f"{year}年", post, age, school, paid) for year in YEARS if year >= since]
    keys = ["社区代码", "报告期", "岗位", "年龄段", "学历", "人均月报酬"]
    counted = pd.DataFrame(people, columns=keys).value_counts(sort=False, dropna=False).rename("人数").reset_index()
    place = counted["岗位"].map(_POSTS.index)
    ordered = counted.assign(place=place).sort_values(["报告期", "社区代码", "place"], kind="stable", ignore_index=True)
    return ordered.drop(columns="place")


def fund_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 资金台账.xlsx: investment (H10), the means for it, subsidies (H6), work passed on (H7)."""
    rows = [*_investments(setting), *_subsidies(setting), *_passed_on(setting)]
    frame = pd.DataFrame(rows, columns=["日期", "社区代码", "收支", "资金来源", "资金项目", "用途", "金额(万元)"])
    frame = frame.sort_values(["日期", "社区代码", "用途"], kind="stable", ignore_index=True)
    frame.insert(0, "凭证号", "PZ" + pd.Series(range(1, len(frame) + 1)).astype(str).str.zfill(4))
    return frame.assign(**{"金额(万元)": (frame["金额(万元)"] * _WAN).round(2)})


def _investments(setting: Setting) -> list[tuple[object, ...]]:
    rng, published = REGISTER.random("funds"), REGISTER.calibration()
    lines, last = _investment_lines(setting, rng), max(YEARS)
    amounts = np.zeros(len(lines), dtype=int)
    by_members = np.array([source == _MEMBERS and year == last for year, *_, source in lines])
    weights = rng.lognormal(0, 0.6, len(lines)) * np.array([1 + 0.35 * (year - min(YEARS)) for year, *_ in lines])
    members = round(published["from_departments"] / _HUNDRED)
    software = round(published["software"] / _HUNDRED)
    rest = round(published["investment"] / _HUNDRED) - members - software
    amounts[by_members] = shared_out(members, weights[by_members], least=20)
    amounts[~by_members] = shared_out(rest, weights[~by_members], least=20)
    best = setting.communities.sort_values("quality", ascending=False, kind="stable")["code"]
    count = int(published["software_communities"])
    lines += [(last, code, "软件建设", "区财政") for code in best.head(count)]
    amounts = np.append(amounts, np.full(count, software // count))
    spent = [
        (_day(year, rng, 60, 340), code, "支出", source, "883投入", purpose, int(amount))
        for (year, code, purpose, source), amount in zip(lines, amounts, strict=True)
    ]
    return spent + _means(spent, rng)


def _investment_lines(setting: Setting, rng: np.random.Generator) -> list[tuple[int, str, str, str]]:
    """Return year, community, purpose and source of every line: three or four purposes a community and year."""
    purposes = REGISTER.rows("purposes.csv")
    chances = np.array([float(row["weight"]) for row in purposes])
    lines: list[tuple[int, str, str, str]] = []
    for code, quality in zip(setting.communities["code"], setting.communities["quality"], strict=True):
        for year in YEARS:
            chosen = rng.choice(len(purposes), 3 + int(quality > 0), replace=False, p=chances / chances.sum())
            lines += [(year, code, purposes[item]["purpose"], _source(purposes[item]["purpose"], year, rng))
                      for item in chosen]  # fmt: skip
    return lines


def _source(purpose: str, year: int, rng: np.random.Generator) -> str:
    source = str(rng.choice(["区财政", _MEMBERS, "街道自筹", "社会捐助"], p=[0.36, 0.33, 0.24, 0.07]))
    return "区财政" if source == _MEMBERS and year == max(YEARS) and purpose not in _BY_MEMBERS else source


def _means(spent: list[tuple[object, ...]], rng: np.random.Generator) -> list[tuple[object, ...]]:
    """Return what came in for the investments: as much as was spent, a line a year, community and source."""
    frame = pd.DataFrame(spent).assign(year=lambda rows: [day.year for day in rows[0]])
    sums = frame.groupby(["year", 1, 3])[6].sum()
    return [
        (_day(year, rng, 20, 60), code, "拨入", source, "883投入", "883行动计划专项", int(total))
        for (year, code, source), total in sums.items()
    ]


def _subsidies(setting: Setting) -> list[tuple[object, ...]]:
    """Return what every community gets each year: for all its cadres in 前川, for their head elsewhere; its office."""
    rng, published = REGISTER.random("subsidies"), REGISTER.calibration()
    parent = setting.communities.set_index("code")["parent"]
    rows: list[tuple[object, ...]] = []
    people = staff_file(setting)
    heads = people.loc[people["人均月报酬"].notna()].groupby(["报告期", "社区代码"])["人数"].sum()
    for (year, code), paid in heads.items():
        office = published["office_qianchuan" if parent[code] == QIANCHUAN else "office_elsewhere"]
        day = _day(int(str(year)[:4]), rng, 20, 60)
        amounts = (("干部补贴", paid * published["worker_subsidy"]), ("办公经费", office))
        rows += [(day, code, "拨入", "区财政", name, name, round(amount / _HUNDRED)) for name, amount in amounts]
    return rows


def _passed_on(setting: Setting) -> list[tuple[object, ...]]:
    """Return what six departments pay each community for the work they pass on (H7)."""
    rows: list[tuple[object, ...]] = []
    for spec in REGISTER.rows("departments.csv"):
        rng = REGISTER.random(f"passed on {spec['department']}")
        luck = rng.random(len(setting.communities))
        for year, reach in _PASSED_ON.items():
            for code, chance in zip(setting.communities["code"], luck, strict=True):
                if chance < reach * float(spec["share"]):
                    amount = max(1, round(float(spec["yuan"]) * rng.lognormal(0, 0.2) / _HUNDRED))
                    day = _day(year, rng, 90, 330)
                    rows.append((day, code, "拨入", spec["department"], "费随事转", spec["work"], amount))
    return rows


def _day(year: int, rng: np.random.Generator, first: int, last: int) -> dt.date:
    return dt.date(year, 1, 1) + dt.timedelta(days=int(rng.integers(first, last)))


def checklist_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 社区创建.csv: the grades reached (H2), the lists of plan and walls (H3, H13)."""
    reached, rows = grades_of(setting), []
    for year in YEARS:
        for code in setting.communities["code"]:
            rows += [
                (code, f"{year}年", "社区创建", grade, n < reached.at[code, year]) for n, grade in enumerate(GRADES)
            ]
    frame = pd.DataFrame(rows, columns=["单元代码", "报告期", "清单", "清单项", "met"])
    number = frame["met"].groupby(frame["报告期"]).cumsum().astype(int).astype(str).str.zfill(3)
    proof = "陂社创〔" + frame["报告期"].str[:4] + "〕" + number + "号"
    frame = frame.assign(是否落实=np.where(frame["met"], "是", "否"), 佐证材料=proof.where(frame["met"]))
    both = [frame.drop(columns="met"), checklist(setting.listed, proof="陂社档{number}号")]
    return pd.concat(both, ignore_index=True).sort_values(["报告期", "单元代码"], kind="stable", ignore_index=True)


def task_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 任务台账.xlsx: what the plan asks of departments and streets, each year (H3)."""
    rng, rows = REGISTER.random("tasks"), []
    streets = setting.units.loc[setting.units["kind"].isin(["street", "township"])]
    quality = setting.communities.groupby("parent")["quality"].mean()
    for task in REGISTER.rows("tasks.csv"):
        owners = [(setting.units["code"].iloc[0], task["owner"])]
        if task["owner"] == "街道办事处":
            owners = list(zip(streets["code"], streets["name"], strict=True))
        rows += [_task(task, code, owner, float(quality.get(code, 0.3)), rng) for code, owner in owners]
    columns = [
        "单元代码", "指标", "任务", "责任层级", "责任单位", "承诺",
        "完成期限", "完成情况", "完成日期", "最近检查日期", "报告期",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(0, "编号", [f"RW{number:03d}" for number in range(1, len(frame) + 1)])
    return frame


def _task(task: dict[str, str], code: str, owner: str, quality: float, rng: np.random.Generator) -> tuple[object, ...]:
    due = dt.date.fromisoformat(task["due"])
    late = rng.random() < np.clip(0.22 - 0.18 * quality, 0.03, 0.5)
    closed = due + dt.timedelta(days=int(rng.integers(5, 70) if late else -rng.integers(0, 40)))
    open_still = late and closed > _AS_OF
    inspected = dt.date(due.year, 12, 20) - dt.timedelta(days=int(rng.integers(0, 70)))
    return (
        code, "883行动计划", task["problem"], task["level"], owner, f"{due.month}月底前完成", due,
        "进行中" if open_still else "已完成", None if open_still else closed,
        inspected if rng.random() < 0.9 else None, f"{task['period']}年",
    )  # fmt: skip


def organisation_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 社区组织.xlsx: culture and volunteer teams with their members."""
    rng, rows = REGISTER.random("organisations"), []
    for one in setting.communities.itertuples():
        names = list(rng.choice(_NAMES, 1 + int(one.quality > 0.2), replace=False))
        for kind, name in [("文化活动队", name) for name in names] + [("志愿者服务队", "志愿者服务队")]:
            founded = dt.date(1998, 3, 1) + dt.timedelta(days=int(rng.integers(0, 2_700)))
            rows.append((one.code, kind, f"{one.name}{name}", int(rng.integers(9, 40)), founded))
    rows += security_teams(setting)
    frame = pd.DataFrame(rows, columns=["社区代码", "组织类型", "组织名称", "成员数", "成立日期"])
    frame.insert(0, "编号", [f"ZZ{number:03d}" for number in range(1, len(frame) + 1)])
    return frame


def project_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 类型示范.xlsx: the model of each of the four types (H8), named by community, not by code."""
    best = setting.communities.sort_values("quality", ascending=False, kind="stable").drop_duplicates("type")
    parent = best["parent"].map(setting.units.set_index("code")["name"])
    return pd.DataFrame(
        {
            "编号": [f"SF{number:02d}" for number in range(1, len(best) + 1)],
            "单元代码": (parent + best["name"]).to_list(),
            "台账": "类型示范",
            "类别": best["type"].to_list(),
            "名称": [f"{name}示范点" for name in best["name"]],
            "立项日期": dt.date(2004, 3, 18),
            "经费(万元)": [12.0, 10.0, 8.0, 8.0][: len(best)],
        }
    )


def statistic_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 统计指标.csv: greening (H9), re-employment and minimum living allowance in every year."""
    rng = REGISTER.random("statistics")
    ground = dict(zip(setting.units["code"], setting.ground, strict=True))
    rows: list[tuple[object, ...]] = []
    least = REGISTER.calibration()["greening_share"]
    for one in setting.communities.itertuples():
        land, jobless = round(ground[one.code]), max(8, round(one.population * rng.uniform(0.012, 0.03)))
        final = least + 0.012 + 0.018 * one.quality + rng.normal(0, 0.008)
        poor = max(3, round(one.population * rng.uniform(0.01, 0.025)))
        for year in YEARS:
            green = round(land * (final - 0.03 * (max(YEARS) - year)))
            hired = rng.binomial(jobless, min(0.95, 0.55 + 0.12 * (year - min(YEARS)) + 0.05 * one.quality))
            helped = rng.binomial(poor, min(0.995, 0.93 + 0.02 * (year - min(YEARS)) + 0.035 * one.quality))
            found = (("绿化面积", green, land), ("下岗失业人员再就业", hired, jobless), ("低保应保尽保", helped, poor))
            rows += [(one.code, f"{year}年", item, value, base) for item, value, base in found]
    return pd.DataFrame(rows, columns=["社区代码", "报告期", "统计指标", "指标值", "基数"])


def rating_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 居民评议.xlsx: what residents' meetings thought of their community, every year."""
    rng, rows = REGISTER.random("ratings"), []
    for year in YEARS:
        for one in setting.communities.itertuples():
            score = 80 + 5 * one.quality + 2.5 * (year - min(YEARS)) + rng.normal(0, 2)
            rows.append(
                (
                    one.code,
                    f"{year}年",
                    "居民",
                    "居民代表会议",
                    "社区工作",
                    round(min(score, 98), 1),
                    int(rng.integers(35, 121)),
                )
            )
    return pd.DataFrame(rows, columns=["单元代码", "报告期", "评价主体", "评价者", "评价项目", "平均得分", "评价份数"])
