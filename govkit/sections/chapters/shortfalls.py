"""三、存在问题: what is to be put right, where, how much, since when; then the leaves that lose most."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from govkit.analysis.measures.measure import measure_info
from govkit.display.words import numbers
from govkit.rounding import fixed, stated_percent
from govkit.sections import own_goals
from govkit.sections.chapters import lacking, satisfied, shortages, zone_chapters
from govkit.sections.chapters.points import Point, Step, in_order, numbered, step_table
from govkit.sections.inputs import Inputs, once
from govkit.sections.leaves import by_teller, full, leaf_facts, target_text
from govkit.sections.section import Section
from govkit.sections.words import like_word, localised, owner, teller_word

_MOST = 6
# A leaf that loses fewer points than this is not a problem worth a paragraph.
_NOTABLE = 1.0
# A teller is named as best or worst only where its share rests on so many cases.
NAMED_N = 30
_WORST = 3


def shortfalls(inputs: Inputs) -> Section:
    """List the problems by weight, severe and repeated ones first, then the leaves that lose most; the rest by name."""
    if inputs.is_zone:
        return zone_chapters.shortfalls(inputs)
    title = "存在问题"
    points = points_of(inputs)
    if not points:
        said = "本期没有发现需要整改的问题。"
        return Section("shortfalls", title, finding=said, body=(said,))
    # Every severe problem is written out; of the others as many as a reader takes in, the rest by name.
    most = max(_MOST, sum(point.severe for point in points))
    rest = points[most:]
    more = [f"另有{len(rest)}项：{_together(rest)}，见附件。"] if rest else []
    body = [localised(item, inputs) for item in (*numbered(points[:most]), *more, *_not_listed(points[:most]))]
    return Section("shortfalls", title, finding=points[0].title, body=tuple(body), problems=inputs.problems)


@once
def points_of(inputs: Inputs) -> list[Point]:
    """Return the points of a district's problems and losses, heaviest first."""
    facts = leaf_facts(inputs)
    found = [point for row in inputs.problems.itertuples() if (point := _problem(inputs, row, facts))]
    ordered = in_order(found)
    told = {point.measure for point in found}
    losing = [] if facts.empty else [row for row in facts.itertuples() if _loses(row, told)]
    losing.sort(key=lambda row: -row.loss)
    waiting = shortages.waiting(inputs) if "overdue_matters" not in told else None
    unsure = None if facts.empty or "satisfaction" in told else satisfied.satisfaction(inputs, None)
    if unsure:
        losing = [row for row in losing if row.measure != "satisfaction"]
    unmoved = shortages.unmoved(inputs)
    others = [*own_goals.missed(inputs), *filter(None, [waiting, unsure, unmoved])]
    return [*ordered, *others, *(_loss(inputs, row) for row in losing)]


def next_steps(inputs: Inputs) -> Section:
    """Return the steps that follow from the problems, in their order."""
    if inputs.is_zone:
        return zone_chapters.next_steps(inputs)
    steps = steps_of(inputs)
    if not steps:
        return Section("next_steps", "下一步工作")
    table = localised(step_table(steps, end=inputs.now.end), inputs)
    said = f"下一步工作共{len(steps)}项（见表），按问题的轻重排列。"
    return Section("next_steps", "下一步工作", finding=said, body=(said, table))


def steps_of(inputs: Inputs) -> list[Step]:
    """Return the steps of all points, in the order of the problems."""
    return [step for point in points_of(inputs) for step in point.steps]


def _loses(row: Any, told: set[str]) -> bool:
    # A problem of a measure without its argument (a standard, a service) tells of all of its leaves.
    known = {row.measure, row.measure.partition(":")[0]} & told
    return row.loss >= _NOTABLE and not full(row) and not known


def _problem(inputs: Inputs, row: Any, facts: pd.DataFrame) -> Point | None:
    """Return the point of one problem, by what its rule finds."""
    makers: dict[str, Callable[[Inputs, Any], Point | None]] = {
        "standard_missing": lacking.facilities,
        "funds_outside": shortages.funds,
        "tasks_overdue": shortages.tasks,
        "overdue_matters": shortages.matters,
        "activity_share_low": shortages.activity,
    }
    made = makers[row.rule](inputs, row) if row.rule in makers else None
    return made or _measured(inputs, row, facts)


def _measured(inputs: Inputs, row: Any, facts: pd.DataFrame) -> Point:
    """Return the point of a measure across its line: evidence, gap in cases, like units, the worst, since when."""
    mine = facts.loc[facts["measure"].eq(row.measure)] if len(facts) else facts
    weight = float(mine["loss"].sum()) if len(mine) else 0.0
    text = shortages.plain(row.evidence)
    text += _gap(row.threshold, row.numerator, row.denominator, row.measure)
    places = ""
    worst: list[str] = []
    if row.measure:
        leaf = next(mine.itertuples(), None) if len(mine) else None
        text += _against(inputs, leaf) if leaf is not None else ""
        area = leaf.area if leaf is not None else "all"
        places, worst = _worst(inputs, row.measure, area, measure_info(row.measure).direction)
        text += places
    text += shortages.since(inputs, row)
    short = _missing(row.threshold, row.numerator, row.denominator, row.measure)
    where = _from(worst, short) if worst else "、".join(row.places[:4]) or f"{inputs.name}{short}"
    what = shortages.step_words(row.measure) or shortages.first_step(row.advice)
    who = owner(inputs, row.owner_level, worst)
    step = Step(what, where, shortages.step_cost(row.measure or row.rule), who, shortages.due(inputs, row))
    severe = row.severity == "severe"
    return Point(
        row.title, text, weight, brief=shortages.plain(row.evidence).rstrip("。"), severe=severe,
        since=shortages.raised(inputs, row), steps=(step,), measure=row.measure,
    )  # fmt: skip


def _together(points: list[Point]) -> str:
    """Name points by their titles, those that say the same of other indicators in one clause."""
    said: dict[str, list[str]] = {}
    for point in points:
        said.setdefault(point.title.removeprefix(point.named), []).append(point.named)
    return "；".join(f"{'、'.join(names)}{rest}" for rest, names in said.items())


def _not_listed(points: list[Point]) -> list[str]:
    """Say once why indicators that lose much stand in no list of problems."""
    reasons = dict.fromkeys(point.unlisted for point in points if point.unlisted)
    told = [f"{'、'.join(one.named for one in points if one.unlisted == reason)}{reason}" for reason in reasons]
    return [f"以上按失分多少提出、不在问题清单内的：{'；'.join(told)}。"] if told else []


def _no_problem(inputs: Inputs, row: Any) -> str:
    """Return why a leaf that loses points stands in no list of problems."""
    rules = [one for one in inputs.judged.rules if one.measure == row.measure]
    rules = [one for one in rules if not one.standard or one.standard in inputs.judged.names]
    if not rules:
        return "没有规定问题界线"
    rule = next((one for one in rules if one.in_force(inputs.now)), None)
    if rule is None:
        return "的问题界线依据本期没有施行"
    if row.denominator < rule.least_n:
        return f"件数不足{rule.least_n}，不作判断"
    line = stated_percent(rule.threshold) if row.unit == "%" else f"{rule.threshold:g}{row.unit}"
    if not rule.crossed(row.value, rule.threshold):
        return f"没有越过问题界线（{line}）"
    return f"计入偶然误差，不能断定越过问题界线（{line}）"


def _gap(line: float, numerator: float, denominator: float, name: str) -> str:
    """Say how many cases are missing to the line; "" where the measure counts none."""
    short = _missing(line, numerator, denominator, name)
    return f"离{line * 100:g}%还差{short}。" if short else ""


def _missing(line: float, numerator: float, denominator: float, name: str) -> str:
    """Return how many cases are missing to the line: 102件; "" where the measure counts none."""
    if pd.isna(denominator) or not name or measure_info(name).unit != "%" or denominator < NAMED_N:
        return ""
    missing = math.ceil(abs(line * denominator - numerator) - 1e-9)
    noun = shortages.noun(name)
    return f"{missing:,d}{noun}" if missing and noun else ""


def _from(names: list[str], short: str) -> str:
    """Return where a step begins: 共102件，先到二场村、胜利村."""
    return f"共{short}，先到{'、'.join(names)}" if short else "、".join(names)


def _against(inputs: Inputs, row: Any) -> str:
    """Return a leaf against the last period and like units."""
    said = []
    if pd.notna(row.previous):
        clear = row.clear if pd.notna(row.clear) else abs(row.change) > 1e-9
        was = numbers.quantity(row.previous, row.unit)
        same = was == numbers.quantity(row.value, row.unit)
        said.append("与上期持平" if same else f"上期为{was}{'' if clear else '，没有明显变化'}")
    of = getattr(row, "of", 0)
    if pd.notna(of) and of >= 3 and row.least != row.most:
        said.append(f"{like_word(inputs, int(of))}的中间水平为{numbers.quantity(row.median, row.unit)}")
    return "，".join(said) + "。" if said else ""


def _worst(inputs: Inputs, name: str, area: str, direction: str) -> tuple[str, list[str]]:
    """Return a sentence that names the worst, and their names; both empty where too little is known."""
    info = measure_info(name)
    rows = by_teller(inputs, name, area)
    firm = rows.loc[~(rows["denominator"] < NAMED_N)] if info.sampled else rows
    ordered = firm.sort_values("value", ascending=direction == "higher", kind="stable")
    worse = ordered.loc[ordered["value"].ne(ordered["value"].iloc[-1])] if len(ordered) else ordered
    if len(firm) < 3 or worse.empty or (len(worse) > _WORST and firm["value"].nunique() < 3):
        return "", []
    ordered = worse.head(_WORST)
    shown = [f"{row.name}（{numbers.quantity(row.value, info.unit)}）" for row in _named(ordered)]
    word = "低" if direction == "higher" else "长" if info.unit == "小时" else "高"
    return f"最{word}的{teller_word(inputs, area)}是{'、'.join(shown)}。", list(ordered["name"])


def _named(rows: pd.DataFrame) -> list[Any]:
    return list(rows.reset_index(drop=True).itertuples(index=False))


def _loss(inputs: Inputs, row: Any) -> Point:
    """Return the point of a leaf that loses much, though no rule finds it."""
    # The title has named it already.
    lost = f"{_valued(row)}，{row.goal}{target_text(row)}，失{fixed(row.loss, 1)}分。"
    worst, names = _worst(inputs, row.measure, row.area, row.direction)
    gap = _gap(row.best, row.numerator, row.denominator, row.measure)
    text = f"本期{lost.removeprefix('：')}{gap}{_against(inputs, row)}{worst}"
    verb = "低于" if row.direction == "higher" else "超过"
    title = f"{row.label}{verb}{row.goal}"
    where = _from(names, _missing(row.best, row.numerator, row.denominator, row.measure))
    due = inputs.now.end + pd.Timedelta(days=90)
    what = shortages.step_words(row.measure)
    cost, who = shortages.step_cost(row.measure), owner(inputs, row.owner_level, names)
    steps = (Step(what, where, cost, who, due),) if names and what else ()
    return Point(
        title, text, float(row.loss), brief=row.label + lost.rstrip("。"), steps=steps, measure=row.measure,
        named=row.label, unlisted=_no_problem(inputs, row),
    )  # fmt: skip


def _valued(row: Any) -> str:
    """Return a leaf's value; a share of fewer than thirty cases as so many of so many."""
    noun = shortages.noun(row.measure)
    if row.unit == "%" and row.denominator < NAMED_N and noun:
        return f"：{fixed(row.denominator)}{noun}中{fixed(row.numerator)}{noun}"
    return numbers.quantity(row.value, row.unit)
