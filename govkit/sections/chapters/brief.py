"""要点: one page of findings, key figures, a small map and the next three steps; all from the chapters below it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit.display.charts.key_figures import key_figures as figure_chart
from govkit.display.words import numbers
from govkit.display.words.phrases import say
from govkit.rounding import fixed
from govkit.sections import pilot, problems, ranks, scores, situation
from govkit.sections.chapters import achievements, left_to_do, overall, shortfalls, zone_chapters
from govkit.sections.chapters.points import Point, Step
from govkit.sections.inputs import Inputs
from govkit.sections.leaves import leaf_facts
from govkit.sections.section import Section
from govkit.sections.words import like_word, localised

_FIGURES = 6
_STEPS = 3
_WORST = 3


def brief(inputs: Inputs) -> Section:
    """Say on one page what went best, what is worst and what is to be decided, with six figures and three steps."""
    if inputs.is_zone:
        return zone_chapters.brief(inputs)
    facts = leaf_facts(inputs)
    points = shortfalls.points_of(inputs)
    said = [_best(inputs, facts), _worst(points), _question(points), _next(inputs)]
    in_pilot = pilot.in_brief(inputs)
    body: list[Any] = [localised(f"**试点。** {in_pilot}", inputs)] if in_pilot else []
    body += [localised(text, inputs) for text in said[:3] if text]
    where = left_to_do.small_map(inputs)
    chart = _chart(inputs, facts, points, width="full" if where is None else "half")
    body += [one for one in (chart, where) if one is not None]
    body += [localised(said[3], inputs)] if said[3] else []
    return Section("brief", "要点", finding=body[0] if body else "", body=tuple(body))


def _best(inputs: Inputs, facts: pd.DataFrame) -> str:
    if inputs.common.current is None or facts.empty or facts["score"].isna().all():
        return ""
    head = overall.standing(inputs).partition("。")[0]
    gains = [point.brief.partition("，离")[0] for point in achievements.gains(inputs)[:3]]
    changed = inputs.part.changed
    moved = ""
    if changed is not None and pd.notna(changed.scores["previous"].iloc[0]):
        moved = f"，上期{fixed(changed.scores['previous'].iloc[0], 1)}分"
    first, _, rest = head.partition("，")
    text = f"{first}{moved}，{rest}。"
    if gains:
        return f"**进步最大。** {text}{'；'.join(gains)}。"
    return f"**总体情况。** {text}"


def _worst(points: list[Point]) -> str:
    severe = [point for point in points if point.severe]
    grave = severe + [point for point in points if (point.own or point.since) and not point.severe]
    chosen = (grave or points)[:_WORST]
    if not chosen:
        return ""
    told = [
        f"{point.brief}（{point.since}）" if point.since and "连续" not in point.brief else point.brief
        for point in chosen
    ]
    rest = [point.title for point in severe[_WORST:]]
    more = f"；另有严重问题{len(rest)}个：{'、'.join(rest)}" if rest else ""
    return f"**问题最重。** {'；'.join(told)}{more}。"


def _question(points: list[Point]) -> str:
    asked = [point.question for point in points if point.question][:2]
    return f"**请予研究。** {'；'.join(asked)}。" if asked else ""


def _next(inputs: Inputs) -> str:
    steps = shortfalls.steps_of(inputs)[:_STEPS]
    if not steps:
        return ""
    said = [f"（{place}）{_said(step, inputs)}" for place, step in enumerate(steps, 1)]
    return f"**下一步{numbers.count(len(steps))}件事。** {'；'.join(said)}。"


def _said(step: Step, inputs: Inputs) -> str:
    cost = f"，{numbers.money(step.cost_yuan)}" if step.cost_yuan else ""
    names, _, amount = step.where.partition("，共")
    where = f"共{amount}" if amount and all(name in step.owner for name in names.split("、")) else step.where
    return f"{numbers.day(step.due, of=inputs.now.end)}前，{step.owner}：{step.what}（{where}{cost}）"


def _chart(inputs: Inputs, facts: pd.DataFrame, points: list[Point], *, width: str) -> Any:
    """Return the six key figures: the score, then the leaves that moved or lose most."""
    if inputs.common.current is None or facts.empty or facts["score"].isna().all():
        return None
    named = {point.measure.partition(":")[0] for point in points} | {
        facts.at[point.measure, "measure"].partition(":")[0] for point in achievements.gains(inputs)
    }
    told = facts["measure"].str.partition(":")[0].isin(named).astype(float) * 100
    order = (told + facts["loss"].fillna(0) + facts["points"].abs().fillna(0)).sort_values(
        ascending=False, kind="stable"
    )
    chosen = facts.loc[order.index[: _FIGURES - 1]].loc[lambda rows: rows["value"].notna()]
    rows = [_score_row(inputs), *(_row(one) for one in chosen.itertuples())]
    of = int(chosen["of"].max()) if "of" in chosen and chosen["of"].notna().any() else 0
    note = f"灰带为{like_word(inputs, of)}的范围；各行刻度不同。" if of >= 3 else "各行刻度不同。"
    reached = sum(_reached(one) for one in rows)
    goal = "目标" if chosen["goal"].eq("目标").all() else "目标或满分值"
    finding = f"{numbers.count(len(rows))}项关键数中{numbers.count(reached) if reached else '没有一'}项达到{goal}"
    return figure_chart(pd.DataFrame(rows), finding=finding, width=width, note=note, source=inputs.place.front.issuer)


def _row(row: Any) -> dict[str, Any]:
    percent = row.unit == "%"
    many = pd.notna(getattr(row, "of", None)) and row.of >= 3
    return {
        "label": row.label, "kind": "percent" if percent else "number", "unit": "" if percent else row.unit,
        "digits": 1, "value": row.value, "last": row.previous, "target": row.best,
        "low": row.least if many else float("nan"), "high": row.most if many else float("nan"),
        "low_is_good": row.direction == "lower",
    }  # fmt: skip


def _reached(row: dict[str, Any]) -> bool:
    if pd.isna(row["value"]) or pd.isna(row["target"]):
        return False
    return bool(row["value"] <= row["target"] if row["low_is_good"] else row["value"] >= row["target"])


def _score_row(inputs: Inputs) -> dict[str, Any]:
    row = inputs.current.scores.iloc[0]
    changed = inputs.part.changed
    last = changed.scores["previous"].iloc[0] if changed is not None else float("nan")
    above = [lowest for _, lowest in inputs.current.scheme.grades if lowest > row["score"]]
    target = min(above) if above else max(lowest for _, lowest in inputs.current.scheme.grades)
    return {
        "label": "综合得分", "kind": "number", "unit": "分", "digits": 1, "value": row["score"], "last": last,
        "target": target, "low": float("nan"), "high": float("nan"), "low_is_good": False,
    }  # fmt: skip


def summary(inputs: Inputs) -> Section:
    """Say where the place stands, what is strong and weak, and how many problems there are."""
    if inputs.is_zone:
        said = [situation.situation(inputs).finding, ranks.ranks(inputs).finding]
    else:
        said = [pilot.came_of(inputs), *scores.standing_of(inputs)]
    body = [*filter(None, said), problems.sentence(inputs.problems)]
    return Section("summary", "摘要", finding=body[0], body=tuple(body))


def bulletin(inputs: Inputs) -> Section:
    """Say how scores lie, how many problems there are and what became of the last ones; with a map."""
    followed = problems.followed(inputs)
    current = inputs.common.current
    said: list[Any] = []
    if current is not None:
        listed = ranks.ranking(current.scores, None, inputs.names)
        said.append(ranks.spread(listed, period=inputs.now.name, unit_word=inputs.place.unit_word))
    said += [problems.sentence(inputs.problems), followed.finding or say("bulletin.first")]
    return Section("bulletin_summary", "通报要点", finding=said[0], body=(*said, *problems.where(inputs).body))
