"""The smaller ledgers: staff, organisations, activities, tasks."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from data.synthetic.drawing import shared_out
from data.synthetic.listed import bodies, posts
from data.synthetic.qingyang.people import PERIODS, Setting
from data.synthetic.qingyang.register import REGISTER

_ENDS = {"2018H1": dt.date(2018, 6, 30), "2018H2": dt.date(2018, 12, 31)}
_AS_OF = dt.date(2019, 1, 10)
_ACTIVITIES, _ORGANISATIONS, _AGENCIES = 586, 236, 14
# The clerk of this county enters units by name where the ledger asks for codes.
_BY_NAME = "621024"


def staff_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 队伍.xlsx: village committees, community workers, social workers, by schooling and age."""
    rng, rows = REGISTER.random("staff"), []
    for name in PERIODS.values():
        for _, unit in setting.communities.iterrows():
            urban = unit["kind"] == "urban_community"
            people = max(5, round(unit["population"] / 10_000 * 19)) if urban else int(rng.integers(3, 8))
            high = int(rng.binomial(people, 0.75 if urban else 0.3))
            post = "社区工作者" if urban else "村“两委”成员"
            rows += _by_age(unit["code"], name, post, "大专", high, 0.5, rng)
            rows += _by_age(unit["code"], name, post, "高中或中专", people - high, 0.2, rng)
        for _, town in setting.towns.iterrows():
            rows += _by_age(town["code"], name, "社会工作者", "本科", int(rng.integers(1, 4)), 0.7, rng)
    frame = pd.DataFrame(rows, columns=["单元代码", "报告期", "岗位", "学历", "年龄段", "人数"])
    return pd.concat([frame.loc[frame["人数"] > 0], posts(setting.listed)], ignore_index=True)


def _by_age(
    code: str, period: str, post: str, schooling: str, people: int, young: float, rng: np.random.Generator
) -> list[tuple[str, str, str, str, str, int]]:
    first = int(rng.binomial(people, young))
    second = int(rng.binomial(people - first, 0.7))
    counts = {"35岁及以下": first, "36至55岁": second, "56岁及以上": people - first - second}
    return [(code, period, post, schooling, age, count) for age, count in counts.items()]


def organisation_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 组织.xlsx: social organisations and agencies, volunteers, and the villages' councils."""
    rng, places, towns = REGISTER.random("organisations"), setting.communities, setting.towns
    suffixes = {row["suffix"]: float(row["weight"]) for row in REGISTER.rows("organisations.csv")}
    rows: list[tuple[object, ...]] = []
    counts = shared_out(_ORGANISATIONS, rng.lognormal(0, 0.4, len(towns)), least=1)
    for (_, town), count in zip(towns.iterrows(), counts, strict=True):
        chosen = rng.choice(list(suffixes), int(count), replace=False, p=_share(suffixes))
        rows += [
            (town["code"], "社会组织", f"{town['name']}{s}", int(rng.integers(10, 120)), _founded(rng)) for s in chosen
        ]
        rows.append(
            (town["code"], "志愿服务组织", f"{town['name']}志愿者协会", int(rng.integers(30, 200)), _founded(rng))
        )
    for at in np.sort(rng.choice(len(towns), _AGENCIES, replace=False)):
        town = towns.iloc[at]
        rows.append(
            (town["code"], "社会工作机构", f"{town['name']}社会工作服务站", int(rng.integers(4, 16)), _founded(rng))
        )
    for _, unit in places.iterrows():
        rows.append(
            (unit["code"], "志愿者服务队", f"{unit['name']}志愿者服务队", int(rng.integers(6, 40)), _founded(rng))
        )
    frame = pd.DataFrame(rows, columns=["单元代码", "组织类型", "组织名称", "成员数", "成立日期"])
    frame = pd.concat([frame, bodies(setting.listed).drop(columns="业务领域")], ignore_index=True)
    frame.insert(0, "组织编号", "ZZ" + (frame.index.to_series() + 1).astype(str).str.zfill(5))
    return frame


def _share(weights: dict[str, float]) -> np.ndarray:
    return np.array(list(weights.values())) / sum(weights.values())


def _founded(rng: np.random.Generator) -> dt.date:
    return dt.date(2011, 1, 1) + dt.timedelta(days=int(rng.integers(0, 2_500)))


def activity_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 文明活动.csv, models (Q4) first; one county enters its units by name."""
    rng, places, kinds = REGISTER.random("activities"), setting.communities, REGISTER.rows("activities.csv")
    chance = np.array([float(kind["weight"]) for kind in kinds])
    weight = np.exp(0.5 * setting.quality(places, "2018H2"))
    chosen = np.sort(rng.choice(len(places), _ACTIVITIES, p=weight / weight.sum()))
    towns = setting.units.set_index("code")["name"]
    rows = []
    for at in chosen:
        unit, kind = places.iloc[at], kinds[int(rng.choice(len(kinds), p=chance / chance.sum()))]
        day = dt.date(2018, 1, 5) + dt.timedelta(days=int(rng.integers(0, 355)))
        place = f"{towns[unit['parent']]}{unit['name']}" if unit["county"] == _BY_NAME else unit["code"]
        name = f"{unit['name']}{kind['name']}"
        rows.append((place, "文明活动", kind["kind"], name, day.strftime("%Y/%m/%d"), int(rng.integers(20, 400))))
    columns = ["单元代码", "台账", "项目类别", "活动名称", "活动日期", "参加人次"]
    frame = pd.DataFrame(rows, columns=columns).sort_values(["活动日期"], kind="stable", ignore_index=True)
    models = [(row["town"] + row["village"], "类型示范", row["kind"], f"{row['village']}示范点", "2017/03/20", None)
              for row in REGISTER.rows("models.csv")]  # fmt: skip
    frame = pd.concat([pd.DataFrame(models, columns=columns), frame], ignore_index=True)
    frame.insert(0, "项目编号", "HD2018" + frame.index.to_series().astype(str).str.zfill(4))
    return frame.astype({"参加人次": "Int64"})


def task_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 工作事项清单.xlsx: city tasks handed down to counties, towns and, some, to every village.

    A task of one county goes to it alone.
    """
    rng = REGISTER.random("tasks")
    rows: list[tuple[object, ...]] = []
    for number, item in enumerate(REGISTER.rows("tasks.csv"), start=1):
        top = f"QY{number:02d}"
        known: dict[str, str] = {"621000000000": top}
        rows.append(_task(top, "", "621000000000", "市", item["owner"], item, 0.3, rng))
        levels = [("county", "县", "县（区）政府"), ("town", "乡镇", "乡镇政府"), ("village", "村", "村民委员会")]
        for level, label, owner in levels if item["villages"] == "1" else levels[:2]:
            for _, unit in _units_of(setting, level).iterrows():
                code = f"{top}-{unit['code'][2:].rstrip('0') or '0'}{'-V' if level == 'village' else ''}"
                known[unit["code"]] = code
                quality = float(setting.character.loc[unit["county"], item["period"]] + unit["own"])
                name = unit["name"] + ("" if level == "county" else owner)
                task = _task(code, known[unit["parent"]], unit["code"], label, name, item, quality, rng)
                if item["county"] in ("", unit["county"]):
                    rows.append(task)
    columns = [
        "任务编号", "上级任务编号", "单元代码", "台账", "指标", "任务", "责任层级", "责任单位", "承诺",
        "完成期限", "状态", "完成日期", "最近检查日期", "提出报告期",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _units_of(setting: Setting, level: str) -> pd.DataFrame:
    if level == "county":
        return setting.units.loc[setting.units["kind"] == "county"]
    if level == "town":
        return setting.towns
    return setting.units.loc[setting.units["kind"] == "village"].sort_values("code")


def _task(
    code: str, above: str, unit: str, level: str, owner: str, item: dict[str, str], quality: float,
    rng: np.random.Generator,
) -> tuple[object, ...]:  # fmt: skip
    end = _ENDS[item["period"]]
    due = end - dt.timedelta(days=int(rng.integers(0, 40)))
    late = rng.random() < np.clip(0.12 - 0.12 * quality, 0.015, 0.4)
    closed = due + dt.timedelta(days=int(rng.integers(10, 140) if late else -rng.integers(0, 45)))
    done, seen = closed <= _AS_OF, rng.random() < np.clip(0.88 + 0.08 * quality, 0.6, 0.99)
    inspected = end - dt.timedelta(days=int(rng.integers(1, 100)))
    state = "已完成" if done else "进行中"
    return (
        code, above or None, unit, "工作事项清单", item["indicator"], item["task"], level, owner, item["commitment"],
        due, state, closed if done else None, inspected if seen else None, PERIODS[item["period"]],
    )  # fmt: skip
