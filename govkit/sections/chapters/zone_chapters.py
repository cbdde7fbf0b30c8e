"""The chapters of a whole zone: who stands where, who did what well, which problems are where, what is next."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.funds import spent_outside
from govkit.analysis.measures.measure import measure_info
from govkit.display.charts.key_figures import key_figures as figure_chart
from govkit.display.charts.places import ranking
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.tables.frames import is_total
from govkit.display.tables.table import report_table
from govkit.display.words import numbers
from govkit.display.words.phrases import escaped
from govkit.rounding import fixed
from govkit.sections import own_goals, pilot, problems, ranks, situation
from govkit.sections.chapters import key_figures, lacking, left_to_do, shortages
from govkit.sections.chapters.points import Point, Step, numbered, step_table
from govkit.sections.inputs import Inputs
from govkit.sections.leaves import FULL, goal_word
from govkit.sections.section import Section
from govkit.sections.words import localised, owner, units_word

_MOST = 6
_NAMED = 3
_FEWEST_MAPPED = 5


def brief(inputs: Inputs) -> Section:
    """Say on one page who leads and who moved, which problems are severe, with six figures, a map and three steps."""
    in_pilot = pilot.in_brief(inputs)
    said = [*([f"**试点。** {in_pilot}"] if in_pilot else []), *_best(inputs), *_gained(inputs), *_worst(inputs)]
    said += _question(inputs)
    steps = steps_of(inputs)[:_NAMED]
    told = [
        f"（{at}）{numbers.day(one.due, of=inputs.now.end)}前，{one.owner}：{one.what}（{one.where}"
        f"{'，' + numbers.money(one.cost_yuan) if one.cost_yuan else ''}）"
        for at, one in enumerate(steps, 1)
    ]
    after = [f"**下一步{numbers.count(len(steps))}件事。** {'；'.join(told)}。"] if told else []
    where = _small_map(inputs)
    shown = [one for one in (_figures(inputs, beside=where is not None), where) if one is not None]
    body = (*(localised(text, inputs) for text in said), *shown, *after)
    return Section("brief", "要点", finding=said[0] if said else "", body=body)


def _best(inputs: Inputs) -> list[str]:
    if not ranks.scored(inputs):
        return [f"**总体情况。** {situation.situation(inputs).finding}"]
    listed = ranks.ranking(inputs.current.scores, None, inputs.names)
    return [f"**总体情况。** {ranks.spread(listed, period=inputs.now.name, unit_word=inputs.place.unit_word)}"]


def _gained(inputs: Inputs) -> list[str]:
    points = [*_movers(inputs)[:1], *_reached(inputs)[:1]]
    text = "；".join(point.brief.rstrip("。") for point in points)
    most = "最大" if len(inputs.members) > 1 else ""
    return [f"**进步{most}。** {text}。"] if text else []


def _question(inputs: Inputs) -> list[str]:
    """Say what is to be decided: whether to spend the little that completes most, and what becomes of misused money."""
    asked = [found for one in inputs.judged.standards if (found := lacking.cheap_question(inputs, one))]
    if not inputs.lacks("funds"):
        outside = spent_outside(inputs.tables, inputs.now)["amount_yuan"].sum()
        asked += [f"用途以外支出的{numbers.money(outside)}按错支收回还是按错列更正"] if outside else []
    return [f"**请予研究。** {'；'.join(asked[:2])}。"] if asked else []


def _worst(inputs: Inputs) -> list[str]:
    found = inputs.problems
    severe = found.loc[found["severity"].eq("severe")]
    if found.empty:
        return []
    head = f"共发现问题{len(found)}个" + (f"，其中严重{len(severe)}个" if len(severe) else "，没有严重问题")
    late = [point.brief for point in own_goals.missed(inputs)]
    kinds = [
        f"{title}的有{numbers.listed(_named(inputs, part), most=3)}"
        for title, part in severe.groupby("title", sort=False)
    ]
    return [f"**问题最重。** {'；'.join([*late, head])}{'：' if kinds else ''}{'；'.join(kinds)}。"]


def _figures(inputs: Inputs, *, beside: bool) -> Any:
    """Return the zone's key figures with the last period, the target and the range of its districts.

    ``beside``: a map stands beside them.
    """
    values, before = key_figures.values_of(inputs)
    rows = []
    infos = key_figures.infos_of(inputs, values)
    for name, frame in values.items():
        info, value = infos[name], frame["value"].iloc[0]
        if pd.isna(value):
            continue
        members = key_figures.of_members(inputs, name)
        percent = info.unit == "%"
        rows.append({
            "label": info.label, "kind": "percent" if percent else "number", "unit": "" if percent else info.unit,
            "digits": 1, "value": value, "last": before[name]["value"].iloc[0] if before else float("nan"),
            "target": inputs.targets.get(name, float("nan")), "low": members.min(), "high": members.max(),
            "low_is_good": info.direction == "lower",
        })  # fmt: skip
    if len(rows) < 2:
        return None
    rows = rows[:_MOST]
    note = f"灰带为各{units_word(inputs)}的范围；各行刻度不同。"
    risen = sum(_better(row) for row in rows)
    finding = f"{numbers.count(len(rows))}项关键数中{numbers.count(risen) if risen else '没有一'}项比上期好"
    finding = finding if before else f"{inputs.name}的关键数"
    width = "half" if beside else "full"
    return figure_chart(pd.DataFrame(rows), finding=finding, width=width, note=note, source=inputs.place.front.issuer)


def _better(row: dict[str, Any]) -> bool:
    change = row["value"] - row["last"]
    return bool(change < -1e-9 if row["low_is_good"] else change > 1e-9)


def _small_map(inputs: Inputs) -> Any:
    of = problems.districts_of(inputs.problems)
    counts = of.value_counts().reindex(inputs.members["unit_code"], fill_value=0)
    if not inputs.mapped or len(counts) < _FEWEST_MAPPED or counts.nunique() < 2:
        return None
    top = counts.sort_values(ascending=False, kind="stable").head(_NAMED)
    names = "、".join(f"{inputs.names[code]}{count}个" for code, count in top.items())
    title = f"问题共{len(inputs.problems)}个，最多的是{names}"
    quantity = Quantity("本期问题", "integer", "个")
    return left_to_do.named_counts(inputs, inputs.members, counts.astype("float64"), title, quantity)


def overall(inputs: Inputs) -> Section:
    """Say how scores lie and who moved, with all districts by rank and the range their rank may fall in."""
    place = situation.situation(inputs).finding.replace(inputs.place.name, inputs.name, 1)
    rows = situation.by_area(inputs.units, inputs.tables.get("grids"), crs=inputs.crs)
    table = report_table("areas_overview", rows, emphasise=is_total)
    if not ranks.scored(inputs):
        return Section("overall", "总体情况", finding=place, body=(localised(place, inputs), table))
    listed = ranks.rows(inputs)
    said = ranks.lying(listed, unit_word=inputs.place.unit_word)
    holds = _holds(inputs)
    body = [localised(text, inputs) for text in (place, said, holds) if text]
    return Section("overall", "总体情况", finding=said or place, body=(*body, table, _ranking(inputs, listed)))


def _holds(inputs: Inputs) -> str:
    drawn = inputs.shared.drawn
    if drawn is None:
        return ""
    ends = drawn.ranks[["low", "high"]].dropna()
    width = (ends["high"] - ends["low"]).sort_values(ascending=False, kind="stable")
    moving = width[width > 0]
    head = "按现行计分办法，计入回访、评分和事项的偶然误差，"
    if moving.empty:
        return f"{head}各单位的名次都不变（见图）。"
    named = "、".join(
        f"{inputs.names[code]}（第{fixed(ends.at[code, 'low'])}至{fixed(ends.at[code, 'high'])}位）"
        for code in moving.index[:_NAMED]
    )
    still = f"{len(width) - len(moving)}个单位名次稳定，" if len(moving) < len(width) else ""
    return f"{head}{still}{len(moving)}个可能变动（见图），范围最宽的是{named}，与相邻单位不宜比高低。"


def _ranking(inputs: Inputs, listed: pd.DataFrame) -> Any:
    shared = inputs.shared
    codes = listed["unit_code"] if "unit_code" in listed else listed[listed.columns[0]]
    frame = pd.DataFrame(
        {
            "name": listed["name"],
            "score": listed["score"],
            "rank": listed["rank"].astype("float64"),
            "low": shared.drawn.ranks["low"].reindex(codes).to_numpy() if shared.drawn else float("nan"),
            "high": shared.drawn.ranks["high"].reindex(codes).to_numpy() if shared.drawn else float("nan"),
            "grade": listed["grade"],
            "kind": listed["kind"].map(lambda key: catalogue.label("unit_kind", key) if key else ""),
        }
    ).dropna(subset=["score"])
    if shared.previous is not None:
        before = shared.previous.scores["rank"].reindex(codes).astype("float64")
        frame["last_rank"] = before.to_numpy()[: len(frame)]
    gap = frame["score"].max() - frame["score"].min()
    first = frame["name"].iloc[0]
    finding = f"{first}居首，首末相差{fixed(gap, 1)}分"
    return ranking(frame, finding=finding, unit_word=units_word(inputs), square="镇", source=inputs.place.front.issuer)


def achievements(inputs: Inputs) -> Section:
    """Say who gained most and by what, and which targets more districts reach than before."""
    points, own = [*_movers(inputs), *_reached(inputs)][:4], own_goals.reached(inputs)
    in_pilot = pilot.came_of(inputs)
    points += [Point("试点", in_pilot, 0.0)] if in_pilot else []
    points += own_goals.work(inputs)
    points += [Point(f"{inputs.name.replace('全', '本')}自定的目标", own, 0.0)] if own else []
    body = [localised(item, inputs) for item in numbered(points)]
    return Section("achievements", "主要成效", finding=points[0].title if points else "", body=tuple(body))


def _movers(inputs: Inputs) -> list[Point]:
    up, parts = ranks.risen(inputs), inputs.shared.parts
    if up.empty or parts is None:
        return []
    labels = {leaf.id: leaf.label for leaf in inputs.current.scheme.leaves}
    told = []
    for code, change in up.items():
        mine = parts.loc[code].drop("rest", errors="ignore").sort_values(ascending=False, kind="stable").head(2)
        leaves = "、".join(f"{labels[leaf]}（{fixed(points, 1)}分）" for leaf, points in mine.items() if points >= 0.2)
        told.append(f"{inputs.names[code]}提高{fixed(change, 1)}分" + (f"，主要是{leaves}" if leaves else ""))
    names = "、".join(inputs.names[code] for code in up.index)
    sizes = "、".join(f"{fixed(change, 1)}分" for change in up)
    brief = f"{names}{'分别' if len(up) > 1 else ''}提高{sizes}"
    most = "最多" if len(parts) > 1 else ""
    return [Point(f"得分提高{most}的是{names}", "；".join(told) + "。", float(up.max()), brief=brief)]


def _reached(inputs: Inputs) -> list[Point]:
    """Return the leaves whose target more districts reach than last period, the largest gain first."""
    now, before = inputs.common.current, inputs.common.previous
    if now is None or before is None:
        return []
    points = []
    for leaf in now.scheme.leaves:
        scores = [one.leaf_scores[leaf.id].dropna() for one in (now, before)]
        full = [set(one.index[one >= FULL]) for one in scores]
        hit, goal = [len(one) for one in full], goal_word(inputs, leaf.measure)
        if hit[0] > hit[1]:
            new = [inputs.names[code] for code in scores[0].index if code in full[0] - full[1]]
            of = f"{len(scores[0])}个{units_word(inputs)}中"
            lost = len(full[1] - full[0])
            text = f"{of}达到{goal}的由{hit[1]}个增至{hit[0]}个，新达到的是{numbers.listed(new, most=4)}"
            text += f"，另有{lost}个不再达到。" if lost else "。"
            title = f"{leaf.label}达到{goal}的增加{hit[0] - hit[1]}个"
            brief = f"{leaf.label}达到{goal}的由{hit[1]}个增至{hit[0]}个"
            points.append(Point(title, text, float(hit[0] - hit[1]), brief=brief))
    return sorted(points, key=lambda point: (-point.weight, point.title))


def shortfalls(inputs: Inputs) -> Section:
    """List the problems by kind, those of most districts first: where, how severe, the evidence of the worst."""
    found, own, unmoved = inputs.problems, own_goals.missed(inputs), shortages.unmoved(inputs)
    if found.empty and not own and not unmoved:
        said = "本期没有发现需要整改的问题。"
        return Section("shortfalls", "存在问题", finding=said, body=(said,), problems=found)
    points = [_kind(inputs, part) for _, part in found.groupby(["rule", "title"], sort=False)]
    points.sort(key=lambda point: (not point.severe, -point.weight, point.title))
    severe = int(found["severity"].eq("severe").sum())
    kept = int(found["state"].isin(["open", "overdue"]).sum())
    where = problems.districts_of(found).nunique()
    head = f"共发现问题{len(found)}个，涉及{where}个{units_word(inputs)}"
    head += f"，其中严重{severe}个" if severe else "，没有严重问题"
    head += f"，上期已有的{kept}个。" if kept else "。"
    points = [*own, *points]
    shown = [*points[:_MOST], *([unmoved] if unmoved else [])]
    rest = [point.title for point in points[_MOST:]]
    more = [f"另有{'；'.join(rest)}，详见附件。"] if rest else []
    body = [localised(item, inputs) for item in (head, *numbered(shown), *more)]
    return Section("shortfalls", "存在问题", finding=head, body=tuple(body), problems=found)


def _named(inputs: Inputs, found: pd.DataFrame) -> list[str]:
    """Name the districts whose problems these are, those that share one too."""
    return list(dict.fromkeys(problems.districts_of(found).map(inputs.names)))


def _kind(inputs: Inputs, part: pd.DataFrame) -> Point:
    part = _heaviest_first(part)
    first, names = part.iloc[0], _named(inputs, part)
    severe = part.loc[part["severity"].eq("severe")]
    worst = severe if len(severe) else part.head(1)
    # The title has said by which standard.
    said = re.compile(f"(未达到|低于){re.escape(str(first['title']).removesuffix('未达标'))}")
    told = [
        f"{whose}{said.sub('未达标', shortages.plain(row.evidence)).rstrip('。')}"
        for whose, row in zip(problems.whose(worst, inputs.names), worst.itertuples(), strict=True)
    ]
    many = f"{len(names)}个{units_word(inputs)}"
    title = f"{many if len(names) > _NAMED else '、'.join(names)}{first['title']}"
    amount = f"共{_amount(part)}" if len(part) > 1 and _amount(part) else ""
    text = "，".join(filter(None, [numbers.listed(names, most=4) if len(names) > _NAMED else "", amount]))
    text = f"{text}。" if text else ""
    text += "；".join(escaped(one) for one in told[:2]) + "。"
    return Point(title, text, float(len(part)), severe=len(severe) > 0, measure=str(first["rule"]))


def _amounts(part: pd.DataFrame) -> pd.Series:
    """Return how much each problem of a kind is: rows, square metres, yuan, or cases that miss the line."""
    first = part.iloc[0]
    lower = bool(first["measure"]) and measure_info(first["measure"]).direction == "lower"
    if first["unit"] != "%":
        return part["value"] if lower or not first["measure"] else -part["value"]
    if lower:
        return part["numerator"]
    return (part["threshold"] * part["denominator"] - part["numerator"] - 1e-9).map(math.ceil, na_action="ignore")


def _amount(part: pd.DataFrame) -> str:
    """Say how much problems of a kind are together: 41项; "" where their measure counts no cases."""
    first, total = part.iloc[0], _amounts(part).sum(min_count=1)
    measured = bool(first["measure"])
    lower = measured and measure_info(first["measure"]).direction == "lower"
    word = shortages.noun(first["measure"]) or "件" * lower if measured else first["unit"].replace("m²", "平方米")
    if not word or pd.isna(total) or first["rule"] == "standard_missing" or (measured and first["unit"] != "%"):
        return ""
    return numbers.money(total) if word == "元" else f"{fixed(total)}{word}"


def _heaviest_first(part: pd.DataFrame) -> pd.DataFrame:
    order = part.assign(_amount=_amounts(part), _severe=part["severity"].eq("severe"))
    return order.sort_values(["_severe", "_amount"], ascending=False, kind="stable")


def next_steps(inputs: Inputs) -> Section:
    """Return what is to be done, a row a kind of problem."""
    steps = steps_of(inputs)
    if not steps:
        return Section("next_steps", "下一步工作")
    said = f"下一步工作共{len(steps)}项（见表），按问题的轻重排列。"
    table = localised(step_table(steps, end=inputs.now.end), inputs)
    return Section("next_steps", "下一步工作", finding=said, body=(said, table), slide=())


def steps_of(inputs: Inputs) -> list[Step]:
    """Return a step a kind of problem, in the order of the problems."""
    found = inputs.problems
    groups = [part for _, part in found.groupby(["rule", "title"], sort=False)]
    groups.sort(key=lambda part: (-int(part["severity"].eq("severe").sum()), -len(part), part["title"].iloc[0]))
    own, unmoved = own_goals.missed(inputs), shortages.unmoved(inputs)
    first, last = ([step for point in points for step in point.steps] for points in (own, [unmoved] if unmoved else []))
    return [*first, *(_step(inputs, part) for part in groups), *last]


def _step(inputs: Inputs, part: pd.DataFrame) -> Step:
    part = _heaviest_first(part)
    first, names, amount = part.iloc[0], _named(inputs, part), _amount(part)
    words = shortages.step_words(first["measure"]) or shortages.step_words(first["rule"])
    what = words or shortages.first_step(first["advice"])
    if first["rule"] == "standard_missing" and len(inputs.judged.standards) > 1:
        what += f"（{first['title'].removesuffix('未达标')}）"
    issuer, units = inputs.place.front.issuer or "民政局", f"有关{units_word(inputs)}"
    issuer += "、财政部门" if first["rule"] == "funds_outside" else ""
    owners = {"county": issuer, "town": units, "village": owner(inputs, "village")}
    who = owners.get(first["owner_level"], catalogue.label("owner_level", first["owner_level"]))
    by = shortages.due(inputs, first)
    where = numbers.listed(names, most=4) + (f"，共{amount}" if amount else "")
    return Step(what, where, _cost(inputs, first), who, by)


def _cost(inputs: Inputs, problem: pd.Series) -> float | None:
    """Return what putting a kind of problem right costs in the whole zone, None where it is not known."""
    standard = next((one for one in inputs.judged.standards if problem["title"] == f"{one.title}未达标"), None)
    if problem["rule"] != "standard_missing":
        return shortages.step_cost(problem["measure"] or problem["rule"])
    standard = standard or (inputs.judged.standards[0] if len(inputs.judged.standards) == 1 else None)
    total = inputs.met(standard, inputs.now)["cost_yuan"].sum(min_count=1) if standard else float("nan")
    return float(total) if pd.notna(total) and total > 0 else None
