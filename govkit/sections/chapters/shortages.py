"""Problems told with their places and quantities: facilities, funds, tasks, matters that wait, rooms for residents."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers.checklists import overdue_tasks, uninspected_tasks, waiting_matters
from govkit.analysis.ledgers.follow_up import done_without_effect
from govkit.analysis.measures import funds as fund_measures
from govkit.display.tables.table import report_table
from govkit.display.words import numbers
from govkit.display.words.phrases import escaped
from govkit.rounding import fixed, stated_percent
from govkit.sections.chapters.points import Point, Step
from govkit.sections.inputs import Inputs, once
from govkit.sections.words import by_township, member_word, owner, teller_word, tellers

# A body table has at most so many rows.
MOST_ROWS = 12
_NAMED = 4


def plain(evidence: str) -> str:
    """Return a rule's evidence as running text: units written out, no blanks about numbers, amounts in 万元."""
    text = re.sub(r"([\d,]+) 元", lambda found: numbers.money(float(found[1].replace(",", ""))), evidence)
    text = text.replace(" m²/百户", "平方米").replace(" m²", "平方米").replace(" 人/万人", "人")
    return re.sub(r"(?<=[\d%])\s+(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])\s+(?=\d)", "", text)


def noun(name: str) -> str:
    """Return what the cases of a measure are counted in: 件, 人次; "" where the catalogue says nothing."""
    return str(catalogue.load("phrases")["counted"].get(name.partition(":")[0], ""))


def step_words(name: str) -> str:
    """Return what is done about a measure that loses much; "" where the catalogue says nothing."""
    return str(catalogue.load("phrases")["step"].get(name.partition(":")[0], ""))


def step_cost(name: str) -> float | None:
    """Return 0 for what is done without new money, None where the cost is not known."""
    return 0.0 if name.partition(":")[0] in catalogue.load("analysis")["no_money"]["steps"] else None


def first_step(advice: str) -> str:
    """Return the first clause of a rule's advice."""
    return re.split("[；。，]", advice)[0]


def spell(inputs: Inputs, row: Any) -> str:
    """Return since which period a problem is known, "" where it is new."""
    if row.state == "new" or pd.isna(row.since):
        return ""
    if row.state in {"again", "returned"} and inputs.before is not None:
        return inputs.before.name if row.state == "again" else "以前"
    return inputs.place.period(row.since).name


def raised(inputs: Inputs, row: Any) -> str:
    """Return in a few words when a problem, or one of its kind, was raised before; "" where it is new."""
    before = spell(inputs, row)
    return before and f"{before}{'也有同类问题' if row.state in {'again', 'returned'} else '已提出'}"


def since(inputs: Inputs, row: Any) -> str:
    """Say that a problem was found before, and whether it is the same or new of its kind."""
    if row.state == "again":
        return "上期也有同类问题，原来的已经改正，本期是新的地方。"
    if row.state == "returned":
        return "这类问题以前提出过，上期没有，本期又出现。"
    if row.state == "new":
        return ""
    told = f"这一问题{spell(inputs, row)}已经提出"
    if row.due > inputs.now.end:
        return f"{told}，尚在期限内。"
    return f"{told}，原定{numbers.day(row.due, of=inputs.now.end)}前整改，本期仍未改。"


def due(inputs: Inputs, row: Any) -> Any:
    """Return by when a problem is to be put right: the date first set, or where that is past a new one.

    The new one is a month from the period's end, three where something is to be built.
    """
    days = 90 if row.rule == "standard_missing" else 30
    return row.due if row.due > inputs.now.end else inputs.now.end + pd.Timedelta(days=days)


def funds(inputs: Inputs, row: Any) -> Point:
    """Say which lines lie outside the purposes, in which communities, from which source, and whether it came back."""
    rows = fund_measures.spent_outside(inputs.tables, inputs.now)
    rows = rows.assign(unit=inputs.names.reindex(rows["unit_code"]).to_numpy(), amount_wan=rows["amount_yuan"] / 10_000)
    total = float(rows["amount_yuan"].sum())
    by_unit = rows.groupby("unit", sort=False)["amount_yuan"].sum()
    spent = fund_measures.fund_totals(inputs.tables, inputs.now, by=inputs.by_whole).loc[inputs.whole, "expense"]
    text = f"规定用途以外支出{len(rows)}笔、{numbers.money(total)}，占支出的{numbers.share(total / spent)}"
    text += f"（见表）。{_funds_before(inputs, set(rows['unit']))}{_overspent(inputs, set(rows['unit_code']))}"
    text += "是否违规由财政、审计部门认定。"
    where = "、".join(f"{unit}{numbers.money(amount)}" for unit, amount in list(by_unit.items())[:_NAMED])
    who = owner(inputs, "county")
    step = Step("核查用途以外支出，错支收回、错列更正", where, 0.0, f"{who}、财政部门", due(inputs, row))
    shown = rows.sort_values("amount_yuan", ascending=False, kind="stable").head(MOST_ROWS).drop(columns="entry_id")
    began = spell(inputs, row)
    title = "专项资金连续两期有规定用途以外的支出" if began else "专项资金有规定用途以外的支出"
    brief = f"专项资金{'连续两期' if began else ''}有规定用途以外的支出，本期{len(rows)}笔、{numbers.money(total)}"
    return Point(
        title, text, total / 10_000, brief=brief, severe=row.severity == "severe", since=began,
        items=(report_table("funds_outside", shown),), steps=(step,), measure="fund_compliance",
        question=f"{numbers.money(total)}按错支收回还是按错列更正",
    )  # fmt: skip


def _funds_before(inputs: Inputs, now: set[str]) -> str:
    if inputs.before is None:
        return ""
    rows = fund_measures.spent_outside(inputs.tables, inputs.before)
    if rows.empty:
        return "上期没有这类支出。"
    units = list(dict.fromkeys(inputs.names.reindex(rows["unit_code"])))
    again = [unit for unit in units if unit in now]
    said = f"上期{numbers.listed(units)}有{len(rows)}笔、{numbers.money(rows['amount_yuan'].sum())}，"
    if again:
        return f"{said}{numbers.listed(again)}本期再次发生。"
    return f"{said}本期没有再发生，但另有{len(now)}个单位出现新的支出。"


def _overspent(inputs: Inputs, codes: set[str]) -> str:
    totals = fund_measures.fund_totals(inputs.tables, inputs.now, by="unit_code")
    totals = totals.loc[
        totals.index.isin(codes) & (totals["expense"] > 1.05 * totals["income"]) & (totals["income"] > 0)
    ]
    told = [
        f"{inputs.names[code]}本期支出{numbers.money(one.expense)}，超过拨入的{numbers.money(one.income)}"
        for code, one in zip(totals.index, totals.itertuples(), strict=True)
    ]
    return "；".join(told[:2]) + "，超出部分的来源台账没有反映。" if told else ""


def tasks(inputs: Inputs, row: Any) -> Point:
    """Say which tasks are overdue, whose and how long, and which nobody inspected."""
    rows = overdue_tasks(inputs.tables, inputs.now)
    rows = rows.assign(
        unit=inputs.names.reindex(rows["unit_code"]).to_numpy(),
        what=rows["indicator"].fillna(rows["problem"]).fillna(rows["task_id"]),
    )
    items: tuple[Any, ...] = ()
    longest = int(rows["days"].max())
    if len(rows) <= _NAMED:
        told = "；".join(
            f"{one.unit}“{escaped(str(one.what))}”{f'逾期{one.days}天' if one.days else '期末当日到期'}"
            for one in rows.itertuples()
        )
        text = f"{told}。"
    else:
        kinds = rows["what"].value_counts()
        listed = "、".join(f"{escaped(str(kind))}（{count}项）" for kind, count in kinds.head(3).items())
        late = f"最长的已逾期{longest}天" if longest else "均为期末当日到期"
        text = f"{late}（见表），涉及{_where(inputs, rows)}，主要是{listed}。"
        items = (report_table("overdue_tasks", _task_rows(rows)),)
    unseen = uninspected_tasks(inputs.tables, inputs.now)
    text += f"另有{len(unseen)}项任务本期没有检查记录。" if len(unseen) else ""
    owners = list(dict.fromkeys(rows["unit"]))
    where = f"{numbers.listed(owners, most=_NAMED)}，共{len(rows)}项"
    # Who the ledger names, where it names one or two; else the office of the level.
    named = list(dict.fromkeys(rows["owner"].dropna())) if "owner" in rows else []
    office = next((one for one in ("村民委员会", "居民委员会") if all(who.endswith(one) for who in named)), "")
    offices = "、".join(escaped(who.removesuffix(office)) for who in named) + office
    who = offices if 0 < len(named) <= 2 else owner(inputs, row.owner_level, owners)
    step = Step("完成逾期任务", where, 0.0, who, due(inputs, row))
    return Point(
        f"{len(rows)}项任务逾期", text + since(inputs, row), float(len(rows)),
        brief=f"{len(rows)}项任务逾期，" + (f"最长{longest}天" if longest else "均为期末当日到期"),
        severe=row.severity == "severe", since=raised(inputs, row), items=items, steps=(step,), measure="tasks_on_time",
    )  # fmt: skip


def _where(inputs: Inputs, rows: pd.DataFrame) -> str:
    """Say in how many places rows lie, and which have most."""
    above = tellers(inputs)
    codes = above.reindex(rows["unit_code"]).fillna(pd.Series(rows["unit_code"].to_numpy(), index=rows["unit_code"]))
    counts = inputs.names.reindex(codes.to_numpy()).value_counts()
    word = teller_word(inputs) if by_township(inputs) else "单位"
    if len(counts) < 2 or counts.iloc[0] == 1:
        return f"{len(counts)}个{word}"
    top = counts[counts == counts.iloc[0]]
    most = f"{'、'.join(top.index[:3])}{'各' if len(top) > 1 else ''}{top.iloc[0]}项最多"
    return f"{len(counts)}个{word}" + (f"，{most}" if len(top) <= 3 else "")


def _task_rows(rows: pd.DataFrame) -> pd.DataFrame:
    owners = rows["owner_level"].map(lambda key: catalogue.label("owner_level", key))
    return rows.assign(owner=owners).head(MOST_ROWS)


@once
def unmoved_tasks(inputs: Inputs) -> pd.DataFrame:
    """Return the tasks the ledger calls done though the indicator they name did not get better (``follow_up``)."""
    rows, current = inputs.tables.get("tasks"), inputs.common.current
    if inputs.before is None or current is None or rows is None or "indicator" not in rows:
        return pd.DataFrame()
    leaves = [
        {
            "label": leaf.label, "measure": leaf.measure, "area": leaf.applies_to, "direction": leaf.info.direction,
            "unit": leaf.info.unit, "best": leaf.best, "sampled": leaf.info.sampled,
        }
        for leaf in current.scheme.leaves
    ]  # fmt: skip
    asked: dict[str, Any] = {"crs": inputs.crs, "audit": inputs.common.audit}
    return done_without_effect(inputs.tables, inputs.now, inputs.before, pd.DataFrame(leaves), **asked)


def unmoved(inputs: Inputs) -> Point | None:
    """Say which tasks are done in the ledger alone."""
    found = unmoved_tasks(inputs)
    if found.empty:
        return None
    told = []
    for label, part in found.groupby("label", sort=False):
        one = part.iloc[0]
        was, now = (numbers.quantity(value, one.unit) for value in (one.previous, one.value))
        values = f"两期都是{now}" if was == now else f"上期{was}，本期{now}"
        units = part["unit_code"].nunique()
        first = f"{inputs.names.get(one.unit_code, one.unit_code)}{values}"
        told.append(f"{escaped(str(label))}（{f'{units}个单位，如' if units > 1 else ''}{first}）")
    listed = "；".join(told[:_NAMED]) + (f"；共{len(told)}项指标" if len(told) > _NAMED else "")
    text = f"台账记为本期完成的任务中，有{len(found)}项对应的指标没有改善：{listed}。"
    units = list(dict.fromkeys(inputs.names.get(code, code) for code in found["unit_code"]))
    due_on = inputs.now.end + pd.Timedelta(days=60)
    where = f"{numbers.listed(units, most=_NAMED)}，共{len(found)}项"
    step = Step("核实销号依据，没有见效的恢复在办", where, 0.0, owner(inputs, "county"), due_on)
    return Point(f"{len(found)}项任务已销号而指标没有改善", text, 0.0, brief=text.partition("：")[0], steps=(step,))


def waiting(inputs: Inputs) -> Point | None:
    """Say which matters wait too long, where and how long, though they are too few for a rule."""
    rows = waiting_matters(inputs.tables, inputs.now)
    return None if rows.empty else _waiting(inputs, rows, None)


def matters(inputs: Inputs, row: Any) -> Point | None:
    """Say which matters wait too long, where and how long."""
    rows = waiting_matters(inputs.tables, inputs.now)
    return None if rows.empty else _waiting(inputs, rows, row)


def _waiting(inputs: Inputs, rows: pd.DataFrame, row: Any) -> Point:
    limit = catalogue.load("analysis")["matters"]["overdue_days"]
    named = rows.assign(unit=inputs.names.reindex(rows["unit_code"]).to_numpy())
    counts = named["unit"].value_counts()
    if len(rows) > 8:
        counts = inputs.names.reindex(tellers(inputs).reindex(rows["unit_code"]).to_numpy()).value_counts()
    text = f"到期末仍未办结、超过{limit}天的网格事项有{len(rows)}件"
    if len(rows) <= 8:
        told = [f"{unit}{len(part)}件（{_kinds(part)}）" for unit, part in named.groupby("unit", sort=False)]
        text += f"：{'，'.join(told)}。"
    else:
        shown = "、".join(f"{unit}{count}件" for unit, count in counts.head(3).items())
        text += f"，最多的是{shown}；最长的已{int(rows['days'].max())}天。"
    by = due(inputs, row) if row is not None else inputs.now.end + pd.Timedelta(days=30)
    where = "、".join(f"{unit}{count}件" for unit, count in counts.head(_NAMED).items())
    where += f"等共{len(rows)}件" if len(counts) > _NAMED else ""
    step = Step("积案逐件包办", where, 0.0, owner(inputs, "town"), by)
    return Point(
        f"{len(rows)}件网格事项久拖未结", text + (since(inputs, row) if row is not None else ""), len(rows) / 10,
        brief=f"{len(rows)}件网格事项超过{limit}天未办结，最长{int(rows['days'].max())}天",
        severe=row is not None and row.severity == "severe", since=raised(inputs, row) if row is not None else "",
        steps=(step,), measure="overdue_matters",
    )  # fmt: skip


def _kinds(part: pd.DataFrame) -> str:
    return "、".join(f"{kind}{days}天" for kind, days in zip(part["kind"].fillna("未分类"), part["days"], strict=True))


def activity(inputs: Inputs, row: Any) -> Point | None:
    """Say how many square metres for residents' activities are missing, community by community."""
    kinds = catalogue.load("analysis")["premises"]["kinds"]
    rows = inputs.tables["facilities"]
    rows = rows.loc[rows["kind"].isin(kinds) & ~(rows["opened"] > str(inputs.now.end))]
    rows = rows.dropna(subset=["floor_area_m2", "activity_area_m2"])
    sums = rows.groupby("unit_code")[["floor_area_m2", "activity_area_m2"]].sum()
    line = float(row.threshold)
    sums = sums.assign(short=(line * sums["floor_area_m2"] - sums["activity_area_m2"]).clip(lower=0))
    short = sums.loc[sums["short"] > 0.05].sort_values("short", ascending=False)
    if short.empty:
        return None
    whole = max(line * sums["floor_area_m2"].sum() - sums["activity_area_m2"].sum(), 0.0)
    text = f"居民活动面积占服务用房的{numbers.share(row.value)}，离{stated_percent(line)}还差{_area(whole)}平方米"
    told = [f"{inputs.names[code]}{_area(one)}平方米" for code, one in short["short"].head(_NAMED).items()]
    text += (
        f"；{len(short)}个{member_word(inputs)}不足，差得最多的是{'、'.join(told)}。"
        if len(short) > 1
        else f"，差在{told[0]}。"
    )
    names = [inputs.names[code] for code in short.index]
    where = "、".join(told) + (f"等{len(short)}处" if len(short) > _NAMED else "")
    step = Step("办公用房调作居民活动用", where, 0.0, owner(inputs, "village", names), due(inputs, row))
    return Point(
        "居民活动面积不足", text + since(inputs, row), float(whole) / 100, brief=text.partition("；")[0],
        severe=row.severity == "severe", since=raised(inputs, row), steps=(step,), measure="activity_share",
    )  # fmt: skip


def _area(value: float) -> str:
    return fixed(value, 1) if value < 10 else f"{math.ceil(value - 1e-9):,d}"
