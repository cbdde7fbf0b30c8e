"""What the published systems come to, found again from the zones' raw files by plain pandas: id → texts of a report."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pyogrio

from govkit.display.words.numbers import tight

DATA = Path(__file__).parents[1] / "data"
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．", "0123456789.")
NUMBERS: dict[str, Callable[[], list[str]]] = {}


def system(key: str) -> Callable[[Callable[[], list[str]]], Callable[[], list[str]]]:
    """Note a function as the one that finds a system's texts."""

    def noted(made: Callable[[], list[str]]) -> Callable[[], list[str]]:
        NUMBERS[key] = lambda: [
            text if "|" in text else tight(text).replace(" m² ", "平方米").replace(" m²", "平方米") for text in made()
        ]
        return made

    return noted


@cache
def book(name: str, *, head: int = 0, sheets: bool = False) -> pd.DataFrame:
    """Return a workbook of data/ as texts, the head in row ``head``; with ``sheets`` all its sheets."""
    read = pd.read_excel(DATA / name, sheet_name=None if sheets else 0, header=head, dtype=str, engine="calamine")
    return pd.concat(read.values(), ignore_index=True) if sheets else read


@cache
def text(name: str, encoding: str = "gb18030") -> pd.DataFrame:
    """Return a CSV of data/ as texts."""
    return pd.read_csv(DATA / name, dtype=str, encoding=encoding)


@cache
def layer(name: str) -> pd.DataFrame:
    """Return the records of a Shapefile of data/."""
    return pyogrio.read_dataframe(DATA / name, read_geometry=False, encoding="GBK")


def number(values: pd.Series) -> pd.Series:
    """Return texts as numbers, full-width digits read, what is none missing."""
    return pd.to_numeric(values.astype(str).str.translate(_FULL_WIDTH), errors="coerce")


def n(value: float) -> str:
    """Return a number as reports write whole ones."""
    return f"{round(value):,d}"


def rate(part: float, whole: float) -> str:
    """Return a share as reports write it."""
    return f"{100 * part / whole:.1f}%"


def met(name: str, listed: str, item: str, period: str, *, read: Callable[..., pd.DataFrame] = book) -> str:
    """Return a row of a checklist: item, units, units that meet it."""
    rows = read(name)
    for column in ("单元代码", "报告期", "清单"):
        rows = rows.assign(**{column: rows[column].ffill()})
    mine = rows.loc[(rows["清单"] == listed) & (rows["清单项"] == item) & (rows["报告期"] == period)]
    return f"{item}|{n(len(mine))}|{n((mine['是否落实'] == '是').sum())}"


def counted(name: str, item: str, period: str, *, read: Callable[..., pd.DataFrame] = book) -> tuple[float, float]:
    """Return value and base of a statistic in a period."""
    rows = read(name)
    mine = rows.loc[(rows["统计指标"] == item) & (rows["报告期"] == period)]
    return number(mine["数值"]).sum(), number(mine["基数"]).sum()


# -- 道里
_H2, _MONTHS = "2018年下半年", [f"2018年{month}月" for month in range(7, 13)]


def _daoli_villages() -> set[str]:
    units = book("daoli/行政单元.xlsx")
    return set(units.loc[units["类型"] == "行政村", "统计用区划代码"])


def _daoli_places() -> pd.DataFrame:
    rows = pd.read_excel(DATA / "daoli/设施台账.xlsx", header=None, skiprows=3, dtype=str, engine="calamine")
    return rows.set_axis(["id", "name", "kind", "code", "area", *range(5, rows.shape[1])], axis=1)


def _daoli_services(items: list[str], measure: str) -> float:
    rows = text("daoli/服务统计2018.csv")
    mine = rows["村居代码"].isin(_daoli_villages()) & rows["服务事项"].isin(items) & (rows["指标"] == measure)
    return float(rows.loc[mine, _MONTHS].apply(number).sum().sum())


@system("D2")
def _d2() -> list[str]:
    rows = book("daoli/制度清单.xlsx")
    mine = rows.loc[(rows["清单"] == "五个覆盖") & (rows["报告期"] == _H2)]
    assert (mine["是否落实"] == "是").all()
    return [f"五个覆盖：{mine['清单项'].nunique()} 项在 {mine['单元代码'].nunique()} 个村全部落实"]


@system("D3")
def _d3() -> list[str]:
    items = {"七个纳入": ["纳入区政府为民兴办的实事", "工作经费纳入财政预算"], "四个共同": ["共同研究", "共同考核"]}
    return [met("daoli/制度清单.xlsx", listed, item, _H2) for listed, each in items.items() for item in each]


@system("D4")
def _d4() -> list[str]:
    rows = book("daoli/任务台账.xlsx", head=1)
    mine = rows.loc[rows["提出报告期"] == _H2]
    one = mine.loc[mine["指标"] == "居民满意度"]
    owners = one["责任单位"].dropna().unique()
    told = f"居民满意度|村（社区）|{owners[0]} 等 {len(owners)} 个|{one['承诺'].iloc[0]}|{len(one)}"
    return [f"任务台账本期共 {len(mine)} 条任务，已作承诺 {mine['承诺'].notna().sum()} 条", told]


@system("D5")
def _d5() -> list[str]:
    rows = book("daoli/队伍.xlsx")
    mine = rows.loc[(rows["报告期"] == _H2)].assign(people=number(rows["人数"])).groupby("岗位")["people"].sum()
    clerks = rows.loc[(rows["报告期"] == _H2) & (rows["岗位"] == "为民服务帮办员"), "单元代码"].nunique()
    liaisons, errands = (n(mine[post]) for post in ("成员单位联络员", "为民服务帮办员"))
    return [f"成员单位联络员 {liaisons} 人；为民服务帮办员 {errands} 人，覆盖 {clerks} 个村"]


@system("D6")
def _d6() -> list[str]:
    rows = book("daoli/专项资金.xlsx", head=1)
    late = rows["日期"].between("2018-07-01", "2018-12-31") & (rows["收支"] == "支出")
    outside = rows["用途"].isin(["公务接待", "公务用车维修", "机关办公楼取暖"])
    return [f"有 {number(rows.loc[late & outside, '金额(万元)']).sum():,.2f} 万元支出不在规定用途内"]


@system("D7")
def _d7() -> list[str]:
    items = {"三会一课": "党课", "四议两公开": "实施结果公开", "党员承诺践诺": "践诺评议"}
    return [met("daoli/制度清单.xlsx", listed, item, _H2) for listed, item in items.items()]


@system("D8")
def _d8() -> list[str]:
    rows = _daoli_places()
    centres = rows.loc[(rows["kind"] == "服务中心") & rows["code"].isin(_daoli_villages())]
    return [f"建筑面积 1,000 平方米以上的服务中心 {(number(centres['area']) >= 1_000).sum()} 处"]


@system("D9")
def _d9() -> list[str]:
    rows = book("daoli/队伍.xlsx")
    mine = rows.loc[rows["报告期"] == _H2].assign(people=number(rows["人数"])).groupby("岗位")["people"].sum()
    return [f"成员 {n(mine['村委会成员'])} 人", f"大学生村官 {n(mine['大学生村官'])} 人"]


@system("D10")
def _d10() -> list[str]:
    rows = book("daoli/组织队伍.xlsx")
    told = []
    for kind in ("村民议事会", "民主议政日"):
        mine = rows.loc[(rows["组织类型"] == kind) & (rows["报告期"] == _H2)]
        members = n(number(mine["成员数"]).sum()) if mine["成员数"].notna().any() else "—"
        told.append(f"{kind}|{len(mine)}|{members}|{n(number(mine['会议次数']).sum())}")
    return told


@system("D11")
def _d11() -> list[str]:
    grids = layer("daoli/网格.shp").drop_duplicates("网格编码")
    rural = (grids["网格类型"] == "农村网格").sum()
    above, beside, volunteers = (n(grids[name].sum()) for name in ("督导员数", "协管员数", "志愿者数"))
    return [
        f"村民代表|{n(rural)}",
        f"督导员 {above} 人；协管员 {beside} 人，其中志愿者 {volunteers} 人",
        "小问题不出网格，一般问题不出村，重点问题不出镇",
    ]


@system("D12")
def _d12() -> list[str]:
    every = text("daoli/服务统计2018.csv")["服务事项"].unique()
    items = [item for item in every if item not in {"富余劳动力就业", "就业困难大龄人员帮扶"}]
    asked, inside = (_daoli_services(items, measure) for measure in ("申请件数", "本村居办结件数"))
    return [f"帮办代办 {len(items)} 类事项", f"其中行政村受理 {n(asked)} 件，{rate(inside, asked)} 在本村内得到满足"]


@system("D13")
def _d13() -> list[str]:
    told = []
    for item, word in (("富余劳动力就业", "就业率"), ("就业困难大龄人员帮扶", "帮扶率")):
        asked, done = (_daoli_services([item], measure) for measure in ("申请件数", "办结件数"))
        told.append(f"{n(done)} 人，{word} {rate(done, asked)}")
    return told


@system("D14")
def _d14() -> list[str]:
    value, base = counted("daoli/救助帮扶.xlsx", "社会救助应保尽保", _H2)
    paired, homes = counted("daoli/救助帮扶.xlsx", "部门结对帮扶困难残疾人家庭", _H2)
    return [
        f"符合条件的 {n(base)} 人中已纳入社会救助 {n(value)} 人",
        f"困难残疾人家庭 {n(homes)} 户，部门已结对帮扶 {n(paired)} 户",
    ]


@system("D15")
def _d15() -> list[str]:
    rows = book("daoli/购买服务和培训.xlsx", head=1)
    mine = rows.loc[(rows["台账"] == "购买服务") & (rows["开始日期"] >= "2018-07-01")]
    money = number(mine["金额(万元)"]).sum()
    return [
        f"购买社会组织服务合同 {len(mine)} 份，{mine['承接主体'].nunique()} 个组织承接",
        f"合同金额 {money:,.2f} 万元",
    ]


@system("D16")
def _d16() -> list[str]:
    rows = book("daoli/城乡结对.xlsx")
    towns = rows["结对社区代码"].nunique()
    return [f"城乡社区结对 {len(rows)} 对，{rows['农村单元代码'].nunique()} 个农村社区与 {towns} 个城市社区结对"]


@system("D17")
def _d17() -> list[str]:
    bodies = book("daoli/组织队伍.xlsx")
    groups = bodies.loc[(bodies["组织类型"] == "互助组") & (bodies["报告期"] == _H2)]
    stores = (_daoli_places()["kind"] == "便民连锁店").sum()
    training = book("daoli/购买服务和培训.xlsx", head=1)
    held = training.loc[(training["台账"] == "农民培训") & (training["开始日期"] >= "2018-07-01")]
    return [f"互助组 {len(groups)} 个", f"便民连锁店 {stores} 个", f"举办农民培训 {len(held)} 期"]


# -- 咸宁
_HALF = "2021年下半年"


def _x_list(item: str, listed: str) -> str:
    return met("xianning/综合体和党组织清单.xlsx", listed, item, _HALF, read=lambda name: book(name, head=1))


@system("X1")
def _x1() -> list[str]:
    units = book("xianning/行政单元.xlsx")
    told = []
    for kind, label in (("县", "县（区）"), ("小区", "小区")):
        mine = units.loc[units["类型"] == kind]
        told.append(f"{label}|{len(mine)}|{mine['上级代码'].nunique()}")
    return told


@system("X2")
def _x2() -> list[str]:
    rows = book("xianning/任务台账.xlsx")
    mine = rows.loc[(rows["台账"] == "工作事项清单") & (rows["提出报告期"] == _HALF)]
    return [f"工作事项清单本期共 {n(len(mine))} 项，其中 {n(mine['上级任务编号'].notna().sum())} 项由上级逐级分解而来"]


@system("X3")
def _x3() -> list[str]:
    rows, units = book("xianning/经费台账.xlsx", head=1), book("xianning/行政单元.xlsx")
    urban = set(units.loc[units["类型"] == "城市社区", "统计用区划代码"])
    mine = rows.loc[(rows["收支"] == "拨入") & (rows["资金项目"] == "工作经费") & rows["社区代码"].isin(urban)]
    year = number(mine["金额(万元)"]).groupby(mine["社区代码"]).sum()
    return [f"社区工作经费（每年不少于10万元）|100,000|—|每个社区（村）|{len(urban)}|{(year >= 9.999).sum()}"]


@system("X4")
def _x4() -> list[str]:
    rows = pd.concat(
        pd.read_excel(
            DATA / "xianning/设施台账.xlsx", sheet_name=None, header=None, skiprows=3, dtype=str, engine="calamine"
        ).values()
    )
    mine = rows.loc[rows[7] == "移交"]
    return [f"移交街道、社区使用的用房 {len(mine)} 处，建筑面积 {n(number(mine[4]).sum())} m²"]


@system("X5")
def _x5() -> list[str]:
    return [_x_list("医", "服务综合体十要素").replace("医|", "医（医疗卫生）|")]


@system("X6")
def _x6() -> list[str]:
    value, base = counted("xianning/统计指标.csv", "居民服务端使用", _HALF, read=text)
    rows = text("xianning/服务统计2021.csv")
    mine = rows.loc[(rows["服务条线"] == "慧养老") & (rows["统计月份"] >= "2021-07")]
    asked = number(mine["受理件数"]).sum()
    return [f"使用居民服务端的居民 {n(value)} 人，占常住人口 {n(base)} 人", f"“六助一护”服务 {n(asked)} 人次"]


@system("X7")
def _x7() -> list[str]:
    rows = text("xianning/服务统计2021.csv")
    mine = rows.loc[(rows["统计月份"] >= "2021-07") & (rows["收费方式"] == "无偿")]
    return [f"无偿|{n(number(mine['受理件数']).sum())}"]


@system("X8")
def _x8() -> list[str]:
    rows = text("xianning/志愿积分2021.csv")
    sums = number(rows["积分"]).loc[rows["统计月份"] >= "2021-07"].groupby(rows["积分类别"]).sum()
    return [f"获得积分 {n(sums['获得'])} 分，兑换 {n(sums['兑换'])} 分"]


@system("X9")
def _x9() -> list[str]:
    rows = book("xianning/社区工作者.xlsx")
    people = number(rows["人数"]).loc[rows["报告期"].ffill() == _HALF].sum()
    return [f"{rows['岗位'].nunique()} 类岗位上共 {n(people)} 人"]


@system("X10")
def _x10() -> list[str]:
    rows = book("xianning/试点与示范.xlsx")
    mine = rows.loc[rows["台账"] == "试点任务"]
    assert mine["类别"].nunique() == 8
    return [f"承担试点任务 {len(mine)} 项，已完成 {(mine['完成情况'] == '已完成').sum()} 项", "三轮驱动|1"]


@system("X11")
def _x11() -> list[str]:
    rows = book("xianning/试点与示范.xlsx")
    mine = rows.loc[rows["台账"] == "示范奖补"]
    return [f"示范社区 {len(mine)} 个，以奖代补 {number(mine['奖补金额(万元)']).sum():,.2f} 万元"]


def _x_ratings(who: str) -> pd.DataFrame:
    rows = text("xianning/考核评价2021.csv")
    rows = rows.assign(score=number(rows["得分"]), count=number(rows["评价人次"]))
    return rows.loc[(rows["报告期"] == _HALF) & (rows["评价主体"] == who) & rows["score"].between(0, 100)]


@system("X12")
def _x12() -> list[str]:
    rows = _x_ratings("上级考核")
    mine = rows.loc[rows["单元代码"].str.startswith("421202")].groupby("考核层级")["score"].mean()
    one = 0.3 * mine["市"] + 0.4 * mine["县"] + 0.3 * mine["街道"]
    return [
        f"咸安区|{mine['市']:.1f}|{mine['县']:.1f}|{mine['街道']:.1f}|{one:.1f}",
        f"三级考核合成得分最高的是咸安区（{one:.1f} 分）",
        "权重：市级 30%、县（区）级 40%、街道（乡镇）级 30%",
    ]


@system("X13")
def _x13() -> list[str]:
    rows = _x_ratings("社区评部门")
    mine = rows.loc[rows["被评部门"] == "咸安区民政局"]
    items = mine.groupby("评价项目")["score"].mean()
    told = "|".join(f"{items[item]:.1f}" for item in ("指导", "服务", "支付", "行政干预"))
    return [f"咸安区民政局|{told}|{mine['score'].mean():.1f}|{len(mine)}"]


@system("X14")
def _x14() -> list[str]:
    rows = _x_ratings("居民")
    july = rows.loc[rows["评价者"] == "7月"]
    mean = (july["score"] * july["count"]).sum() / july["count"].sum()
    return [f"居民线上评价 {n(rows['count'].sum())} 人次", f"7月|{n(july['count'].sum())}|{mean:.1f}"]


@system("X15")
def _x15() -> list[str]:
    rows = _x_ratings("专家")
    mine = rows.loc[rows["单元代码"].str.startswith("421223")]
    return [f"崇阳县|{len(mine)}|{mine['score'].mean():.1f}"]


@system("X16")
def _x16() -> list[str]:
    return [_x_list(item, "党组织体系") for item in ("街道大工委", "小区党支部", "红色物业")]


@system("X17")
def _x17() -> list[str]:
    rows = book("xianning/试点与示范.xlsx")
    mine = rows.loc[rows["台账"] == "共建共享"]
    return [f"共建共享项目 {(mine['立项日期'] >= '2021-07-01').sum()} 项，累计 {len(mine)} 项"]


# -- 庆阳
@system("Q1")
def _q1() -> list[str]:
    units = book("qingyang/行政单元.xlsx")
    return [
        f"县（区）|{(units['类型'] == '县').sum()}|1",
        f"社区（村）|{n(units['类型'].isin(['城市社区', '行政村']).sum())}",
    ]


@system("Q2")
def _q2() -> list[str]:
    rows = book("qingyang/资金台账.xlsx", head=1)
    mine = rows.loc[(rows["资金项目"] == "服务设施建设") & (rows["收支"] == "拨入")]
    places = book("qingyang/设施台账.xlsx", sheets=True)["设施类型"].value_counts()
    return [
        f"累计拨入 {number(mine['金额(万元)']).sum():,.2f} 万元",
        f"城市社区有 {places['社区服务中心']} 处，行政村有 {n(places['农村社区服务站'])} 处",
        f"服务中心|{places['社区服务中心']}|{places['社区服务中心']}|0",
        f"社区服务站|{n(places['农村社区服务站'])}|0|{n(places['农村社区服务站'])}",
    ]


@system("Q3")
def _q3() -> list[str]:
    rows, units = book("qingyang/设施台账.xlsx", sheets=True), book("qingyang/行政单元.xlsx")
    villages = set(units.loc[units["类型"] == "行政村", "统计用区划代码"])
    told = []
    for kind in ("文化广场", "农家书屋"):
        having = rows.loc[(rows["设施类型"] == kind) & rows["村居代码"].isin(villages), "村居代码"].nunique()
        told.append(f"{kind}|{n(len(villages))}|{n(having)}")
    return told


@system("Q4")
def _q4() -> list[str]:
    rows = text("qingyang/文明活动.csv")
    mine = rows.loc[rows["台账"] == "类型示范"]
    assert len(mine) == 3
    return [
        f"{name.removesuffix('示范点')}|{kind}" for name, kind in zip(mine["活动名称"], mine["项目类别"], strict=True)
    ]


@system("Q5")
def _q5() -> list[str]:
    rows = text("qingyang/道德积分.csv")
    sums = number(rows["人次"]).loc[rows["月份"] == "2018-12"].groupby(rows["积分类别"]).sum()
    return [f"红榜 {n(sums['红榜'])} 人次，黑榜 {n(sums['黑榜'])} 人次"]


@system("Q6")
def _q6() -> list[str]:
    rows = text("qingyang/服务统计2018.csv")
    mine = rows.loc[rows["服务条线"] == "矛盾调解"]
    sums = mine[_MONTHS].apply(number).sum(axis=1).groupby(mine["指标"]).sum()
    return [f"各类调解受理 {n(sums['受理件数'])} 件，成功 {n(sums['办结件数'])} 件"]


@system("Q7")
def _q7() -> list[str]:
    bodies, staff = book("qingyang/组织.xlsx"), book("qingyang/队伍.xlsx")
    workers = number(staff["人数"]).loc[(staff["报告期"] == _H2) & (staff["岗位"] == "社会工作者")].sum()
    social = (bodies["组织类型"] == "社会组织").sum()
    members = number(bodies["成员数"]).loc[bodies["组织类型"].isin(["志愿者服务队", "志愿服务组织"])].sum()
    return [f"{social} 个社会组织、{n(workers)} 名社会工作者、{n(members)} 名志愿者"]


@system("Q8")
def _q8() -> list[str]:
    rows = text("qingyang/文明活动.csv")
    mine = rows.loc[rows["台账"] == "文明活动"]
    return [f"文明活动 {(mine['活动日期'] >= '2018/07/01').sum()} 场次，累计 {len(mine)} 场次"]


@system("Q9")
def _q9() -> list[str]:
    rows = book("qingyang/资金台账.xlsx", head=1)
    mine = rows.loc[(rows["资金项目"] == "公益性设施共管共享基金") & (rows["收支"] == "拨入")]
    sums = number(mine["金额(万元)"]).groupby(mine["资金来源"]).sum()
    money = f"政府资金 {sums['县级财政']:,.2f} 万元、社会捐赠 {sums['社会捐赠']:,.2f} 万元"
    return [f"试点村 {mine['单元代码'].nunique()} 个，累计入账{money}"]


@system("Q10")
def _q10() -> list[str]:
    rows = pd.read_excel(DATA / "qingyang/关爱服务统计.xlsx", header=[1, 2], dtype=str, engine="calamine")
    late = rows.iloc[:, 1] == _H2
    told = []
    for item in ("四点半课堂", "老人医护签约"):
        value, base = (number(rows.loc[late, (item, side)]).sum() for side in ("数值", "基数"))
        told.append(f"{item}：应享受 {n(base)} 人，已享受 {n(value)} 人")
    return told


@system("Q11")
def _q11() -> list[str]:
    grids = layer("qingyang/网格.shp").drop_duplicates("网格编码")
    assert (grids["网格员身份"] == "组长").all()
    return [f"{n(len(grids))} 个网格全部有网格员"]


def _q_body(kind: str) -> str:
    rows = book("qingyang/组织.xlsx")
    mine = rows.loc[(rows["组织类型"] == kind) & (rows["报告期"] == _H2)]
    return f"{kind}|{n(len(mine))}|{n(number(mine['成员数']).sum())}|{n(number(mine['会议次数']).sum())}"


@system("Q12")
def _q12() -> list[str]:
    listed = met("qingyang/乡风文明清单.csv", "乡风文明", "村规民约修订", _H2, read=text)
    return [_q_body("红白理事会"), _q_body("禁赌禁毒会"), listed]


@system("Q13")
def _q13() -> list[str]:
    return [met("qingyang/乡风文明清单.csv", "乡贤与孝善", "孝善基金", _H2, read=text), _q_body("乡贤研究会")]


# -- 香坊
def _f_panel(outcome: str) -> tuple[float, float]:
    rows, units = text("xiangfang/试点面板.csv"), book("xiangfang/行政单元.xlsx")
    pilots = set(units.loc[units["社区类型"] == "试点社区", "统计用区划代码"])
    mine = rows.loc[(rows["结果指标"] == outcome) & rows["社区代码"].isin(pilots)]
    month = pd.to_datetime(mine["月份"].str.replace("年", "-").str.removesuffix("月"), format="%Y-%m", errors="coerce")
    values = number(mine["数值"])
    return values[month < "2017-05-01"].mean(), values[month >= "2017-05-01"].mean()


@system("F1")
def _f1() -> list[str]:
    units = book("xiangfang/行政单元.xlsx")
    pilots = (units["社区类型"] == "试点社区").sum()
    others = (units["社区类型"] == "非试点社区").sum()
    return [f"{pilots} 个试点社区由", f"其他 {others} 个社区由"]


@system("F2")
def _f2() -> list[str]:
    rows = book("xiangfang/事项清单.xlsx", head=1)
    before = rows.loc[rows["原办理层级"] == "社区"]
    raised = (before["准入情况"] == "上收").sum()
    share = rate(raised, len(before))
    return [f"原由社区办理的事项 {len(before)} 项，上收到街道公共服务中心 {raised} 项，占 {share}"]


@system("F3")
def _f3() -> list[str]:
    rows = pd.read_excel(DATA / "xiangfang/设施台账.xlsx", header=None, skiprows=3, dtype=str, engine="calamine")
    mine = rows.loc[rows[2] == "睦邻中心"]
    floor, free = (number(mine[column]).sum() for column in (4, 6))
    return [f"睦邻中心 {len(mine)} 处，建筑面积 {n(floor)} m²，免费开放 {n(free)} m²，占 {rate(free, floor)}"]


@system("F4")
def _f4() -> list[str]:
    counts = book("xiangfang/事项清单.xlsx", head=1)["清单名称"].value_counts()
    told = [f"{name}|{counts[name]}" for name in ("自治事项", "协助政府事项", "可使用印章事项", "不得出具证明事项")]
    return [*told, f"居民自治事项清单：{counts['自治事项']} 项", f"协助政府事项清单：{counts['协助政府事项']} 项"]


@system("F5")
def _f5() -> list[str]:
    rows = book("xiangfang/组织.xlsx", head=1)
    mine = rows.loc[rows["组织类型"] == "社会组织"]
    levels = mine["培育层级"].value_counts()
    told = "、".join(
        f"{word}培育 {levels[key]} 个" for key, word in (("区", "区级"), ("街道", "街道"), ("社区", "社区"))
    )
    return [f"培育社会组织 {len(mine)} 个，其中{told}"]


@system("F6")
def _f6() -> list[str]:
    rows = book("xiangfang/服务项目.xlsx", head=1).drop_duplicates("项目编号")
    return [f"本期服务项目 {(rows['开始日期'] >= '2018-01-01').sum()} 个，累计 {len(rows)} 个"]


@system("F7")
def _f7() -> list[str]:
    rows = book("xiangfang/组织.xlsx", head=1)
    mine = rows.loc[(rows["组织类型"] == "民主协商委员会") & (rows["报告期"] == "2018年")]
    value, base = counted("xiangfang/统计指标.xlsx", "协商议题落实", "2018年")
    return [f"民主协商委员会|{len(mine)}", f"协商议题 {n(base)} 项，已落实 {n(value)} 项"]


@system("F8")
def _f8() -> list[str]:
    hours, share = _f_panel("平均办理时长"), _f_panel("自治工作时间占比")
    return [
        f"由{hours[0]:.1f} 小时变为{hours[1]:.1f} 小时",
        f"由{share[0]:.1%}变为{share[1]:.1%}",
    ]


@system("F9")
def _f9() -> list[str]:
    value, base = counted("xiangfang/统计指标.xlsx", "网上办理", "2018年")
    trips, cases = counted("xiangfang/统计指标.xlsx", "平均跑动次数", "2018年")
    return [f"办理事项 {n(base)} 件，其中网上办理 {n(value)} 件", f"平均每件 {trips / cases:.2f} 次"]


# -- 黄陂
def _h_list(listed: str, item: str) -> str:
    return met("huangpi/社区创建.csv", listed, item, "2005年", read=text)


@system("H2")
def _h2() -> list[str]:
    reached = {
        item: int(_h_list("社区创建", item).rpartition("|")[2])
        for item in ("等级社区", "市一级社区", "883社区", "文明社区")
    }
    graded = reached.pop("等级社区")
    told = "、".join(f"{item} {count} 个" for item, count in reached.items())
    return [f"43 个社区中等级社区 {graded} 个（{rate(graded, 43)}），其中{told}"]


@system("H3")
def _h3() -> list[str]:
    city = int(_h_list("社区创建", "市一级社区").rpartition("|")[2])
    return [f"第二步（2003—2004年）：80%的社区达到市一级|2004-12-31|35 个|{city} 个"]


@system("H4")
def _h4() -> list[str]:
    rows = book("huangpi/社区设施.xlsx", head=1)
    area = number(rows.loc[rows["设施类型"] == "服务中心", "建筑面积(㎡)"])
    bounds = f"最小 {n(area.min())} m²，最大 {n(area.max())} m²，100 m² 以上的 {(area >= 100).sum()} 处"
    return [f"服务用房 {len(area)} 处，建筑面积 {n(area.sum())} m²，平均每处 {area.mean():.1f} m²；{bounds}"]


@system("H5")
def _h5() -> list[str]:
    rows = book("huangpi/社区设施.xlsx", head=1)
    codes = rows["社区代码"].ffill()
    return [
        f"{label}|43|{codes[rows['设施类型'] == kind].nunique()}"
        for kind, label in (("打印机", "打印机"), ("老年学校", "老年学校"))
    ]


@system("H6")
def _h6() -> list[str]:
    rows = book("huangpi/资金台账.xlsx", head=1)
    rows = rows.loc[rows["资金项目"] == "干部补贴"]
    own = rows["社区代码"].str.startswith("420116001")
    now, before = (rows["日期"].str.startswith(year) for year in ("2005", "2004"))
    told = []
    for side, label in ((own, "前川街全体社区干部补贴"), (~own, "其他街道社区负责人补贴")):
        paid, money = (side & now).sum(), n(number(rows.loc[side & now, "金额(万元)"]).sum() * 10_000)
        change = 100 * (1 - (side & before).sum() / paid)
        told.append(f"{label}（每人每年 6000 元）|6,000|—|每名工作人员|{paid}|{paid}|100.0|{change:.1f}|{money}")
    return told


@system("H7")
def _h7() -> list[str]:
    rows = book("huangpi/资金台账.xlsx", head=1)
    mine = rows.loc[(rows["资金项目"] == "费随事转") & rows["日期"].str.startswith("2005")]
    money = number(mine["金额(万元)"]).sum() * 10_000
    return [f"{mine['资金来源'].nunique()} 个部门按“费随事转”向 {mine['社区代码'].nunique()} 个社区付费 {n(money)} 元"]


@system("H8")
def _h8() -> list[str]:
    units = layer("huangpi/行政单元.shp").set_index("区划代码")["治理类型"].dropna()
    types, sizes = units.unique(), units.value_counts()
    listed = text("huangpi/社区创建.csv")
    listed = listed.loc[(listed["清单"] == "社区创建") & (listed["报告期"] == "2005年")]
    rates = listed["是否落实"].eq("是").groupby(listed["单元代码"].map(units)).mean().sort_index()
    best, worst = ("、".join(rates.index[rates == end]) for end in (rates.max(), rates.min()))
    said = [
        f"{len(units)} 个社区分为 4 类：{'、'.join(f'{kind} {size} 个' for kind, size in sizes.items())}",
        f"等级创建落实率最好的是{best}（{rates.max():.1%}），最差的是{worst}（{rates.min():.1%}）",
    ]
    rows = book("huangpi/类型示范.xlsx")
    mine = rows.loc[rows["类别"].isin(types)]
    assert len(mine) == len(types) == 4
    named = [f"{name.removesuffix('示范点')}|{kind}" for name, kind in zip(mine["名称"], mine["类别"], strict=True)]
    return [*said, *named]


@system("H9")
def _h9() -> list[str]:
    rows = text("huangpi/统计指标.csv")
    mine = rows.loc[(rows["统计指标"] == "绿化面积") & (rows["报告期"] == "2005年")]
    value, base = number(mine["指标值"]).sum(), number(mine["基数"]).sum()
    return [f"绿化率 {rate(value, base)}", "建成区绿化率 35% 以上"]


@system("H10")
def _h10() -> list[str]:
    rows = book("huangpi/资金台账.xlsx", head=1)
    rows = rows.loc[~rows["凭证号"].str.startswith("PZ99")].assign(wan=lambda each: number(each["金额(万元)"]))
    spent = rows.loc[(rows["资金项目"] == "883投入") & (rows["收支"] == "支出")]
    year = spent.loc[spent["日期"].str.startswith("2005")]
    members, files = year.loc[year["资金来源"] == "成员单位", "wan"].sum(), year.loc[year["用途"] == "软件建设"]
    own = f"本年投入 {year['wan'].sum():,.2f} 万元，其中成员单位投入 {members:,.2f} 万元"
    places, money = files["社区代码"].nunique(), files["wan"].sum()
    return [
        f"{own}；历年累计 {spent['wan'].sum():,.2f} 万元",
        f"在 {places} 个社区开展软件建设（档案和制度），投入 {money:,.2f} 万元",
    ]


@system("H11")
def _h11() -> list[str]:
    bodies = book("huangpi/社区组织.xlsx")
    teams = bodies.loc[
        (bodies["组织类型"] == "安保服务队") & (bodies["成立日期"] <= "2005-12-31"), "社区代码"
    ].nunique()
    return [f"安保服务队|43|{teams}"]


@system("H12")
def _h12() -> list[str]:
    formed = layer("huangpi/行政单元.shp")["形成方式"].value_counts()
    reached = int(_h_list("社区创建", "883社区").rpartition("|")[2])
    told = "、".join(f"{way} {formed[way]} 个" for way in ("原有", "新建", "村改居"))
    return [f"社区的形成方式：{told}", f"|2006-12-31|{reached + 6} 个|{reached} 个"]


@system("H13")
def _h13() -> list[str]:
    rows = text("huangpi/社区创建.csv")
    rules = rows.loc[rows["清单"] == "上墙制度", "清单项"].nunique()
    return [f"上墙制度：{rules} 项", _h_list("上墙制度", "居民公约"), _h_list("四到社区", "城市管理到社区")]
