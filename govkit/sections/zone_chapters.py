"""The chapters of a whole zone: who stands where, who did what well, which problems are where, what is next."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.display.charts.key_figures import key_figures as figure_chart
from govkit.display.charts.places import ranking
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.words import numbers
from govkit.display.words.phrases import escaped
from govkit.rounding import fixed
from govkit.sections import key_figures, left_to_do, ranks, shortages, situation
from govkit.sections.inputs import Inputs
from govkit.sections.points import Point, Step, numbered, step_table
from govkit.sections.section import Section
from govkit.sections.words import localised

_MOST = 6
_NAMED = 3
_FEWEST_MAPPED = 5


def brief(inputs: Inputs) -> Section:
    """Say on one page who leads and who moved, which problems are severe, with six figures, a map and three steps."""
    said = [*_best(inputs), *_worst(inputs)]
    steps = steps_of(inputs)[:_NAMED]
    told = [
        f"（{at}）{numbers.day(one.due, of=inputs.now.end)}前，{one.owner}：{one.what}（{one.where}）"
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
    listed = ranks.rows(inputs)
    return [f"**总体情况。** {ranks.spread(listed, period=inputs.now.name, unit_word=inputs.place.unit_word)}"]


def _worst(inputs: Inputs) -> list[str]:
    found = inputs.problems
    severe = found.loc[found["severity"].eq("severe")]
    if found.empty:
        return []
    where = severe["district_code"].map(inputs.names)
    head = f"共发现问题{len(found)}个，其中严重{len(severe)}个"
    told = [f"{name}：{'、'.join(part['title'])}" for name, part in severe.groupby(where, sort=False)]
    return [f"**问题最重。** {head}{'，' if told else ''}{'；'.join(told)}。"]


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
    note = f"灰带为各{inputs.place.unit_word}的范围；各行刻度不同。"
    risen = sum(_better(row) for row in rows)
    finding = f"{numbers.count(len(rows))}项关键数中{numbers.count(risen) if risen else '没有一'}项比上期好"
    finding = finding if before else "全区的关键数"
    width = "half" if beside else "full"
    return figure_chart(pd.DataFrame(rows), finding=finding, width=width, note=note, source=inputs.place.front.issuer)


def _better(row: dict[str, Any]) -> bool:
    change = row["value"] - row["last"]
    return bool(change < -1e-9 if row["low_is_good"] else change > 1e-9)


def _small_map(inputs: Inputs) -> Any:
    counts = inputs.problems["district_code"].value_counts().reindex(inputs.members["unit_code"], fill_value=0)
    if not inputs.mapped or len(counts) < _FEWEST_MAPPED or counts.nunique() < 2:
        return None
    top = counts.sort_values(ascending=False, kind="stable").head(_NAMED)
    names = "、".join(f"{inputs.names[code]}{count}个" for code, count in top.items())
    title = f"问题共{counts.sum()}个，最多的是{names}"
    quantity = Quantity("本期问题", "integer", "个")
    return left_to_do.named_counts(inputs, inputs.members, counts.astype("float64"), title, quantity)


def overall(inputs: Inputs) -> Section:
    """Say how scores lie and who moved, with all districts by rank and the range their rank may fall in."""
    place = situation.situation(inputs).finding
    if not ranks.scored(inputs):
        return Section("overall", "总体情况", finding=place, body=(localised(place, inputs),))
    listed = ranks.rows(inputs)
    said = ranks.spread(listed, period=inputs.now.name, unit_word=inputs.place.unit_word)
    holds = _holds(inputs)
    body = [localised(text, inputs) for text in (place, said, holds) if text]
    return Section("overall", "总体情况", finding=said, body=(*body, _ranking(inputs, listed)))


def _holds(inputs: Inputs) -> str:
    drawn = inputs.shared.drawn
    if drawn is None:
        return ""
    ends = drawn.ranks[["low", "high"]].dropna()
    width = (ends["high"] - ends["low"]).sort_values(ascending=False, kind="stable")
    moving = width[width > 0]
    head = "按本体系的算法，考虑回访、评分和事项的偶然误差，"
    if moving.empty:
        return f"{head}各单位的名次都不变（见图）。"
    named = "、".join(
        f"{inputs.names[code]}（第{fixed(ends.at[code, 'low'])}至{fixed(ends.at[code, 'high'])}位）"
        for code in moving.index[:_NAMED]
    )
    still = f"{len(width) - len(moving)}个单位名次不变，" if len(moving) < len(width) else ""
    return f"{head}{still}{len(moving)}个可能变动（见图），余地最大的是{named}，与相邻单位不宜比高低。"


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
    word = inputs.place.unit_word
    return ranking(frame, finding=finding, unit_word=word, square="镇", source=inputs.place.front.issuer)


def achievements(inputs: Inputs) -> Section:
    """Say who gained most and by what, and which targets more districts reach than before."""
    points = [*_movers(inputs), *_reached(inputs)][:4]
    body = [localised(item, inputs) for item in numbered(points)]
    return Section("achievements", "主要成效", finding=points[0].title if points else "", body=tuple(body))


def _movers(inputs: Inputs) -> list[Point]:
    changed, parts = inputs.shared.changed, inputs.shared.parts
    if changed is None or parts is None:
        return []
    up = changed.scores["change"].dropna().sort_values(ascending=False, kind="stable")
    up = up[up >= 0.5].head(_NAMED)
    if up.empty:
        return []
    labels = {leaf.id: leaf.label for leaf in inputs.current.scheme.leaves}
    told = []
    for code, change in up.items():
        mine = parts.loc[code].drop("rest", errors="ignore").sort_values(ascending=False, kind="stable").head(2)
        leaves = "、".join(f"{labels[leaf]}（{fixed(points, 1)}分）" for leaf, points in mine.items() if points >= 0.2)
        told.append(f"{inputs.names[code]}提高{fixed(change, 1)}分" + (f"，主要是{leaves}" if leaves else ""))
    names = "、".join(inputs.names[code] for code in up.index)
    return [Point(f"得分提高最多的是{names}", "；".join(told) + "。", float(up.max()))]


def _reached(inputs: Inputs) -> list[Point]:
    """Return the leaves whose target more districts reach than last period, the largest gain first."""
    now, before = inputs.common.current, inputs.common.previous
    if now is None or before is None:
        return []
    points = []
    for leaf in now.scheme.leaves:
        scores = [one.leaf_scores[leaf.id].dropna() for one in (now, before)]
        hit = [int((one >= 99.95).sum()) for one in scores]
        if hit[0] > hit[1]:
            best = now.leaf_scores[leaf.id].sub(before.leaf_scores[leaf.id]).dropna().sort_values(ascending=False)
            named = "、".join(inputs.names[code] for code in best.index[:_NAMED] if best[code] > 0)
            text = f"{len(scores[0])}个单位中达到目标的由{hit[1]}个增至{hit[0]}个，进步最大的是{named}。"
            points.append(Point(f"{leaf.label}达到目标的增加{hit[0] - hit[1]}个", text, float(hit[0] - hit[1])))
    return sorted(points, key=lambda point: (-point.weight, point.title))


def shortfalls(inputs: Inputs) -> Section:
    """List the problems by kind, those of most districts first: where, how severe, the evidence of the worst."""
    found = inputs.problems
    if found.empty:
        said = "本期没有发现需要整改的问题。"
        return Section("shortfalls", "存在问题", finding=said, body=(said,), problems=found)
    points = sorted((_kind(inputs, part) for _, part in found.groupby(["rule", "title"], sort=False)), key=_heavier)
    severe = int(found["severity"].eq("severe").sum())
    kept = int((found["state"] != "new").sum()) if "state" in found else 0
    head = f"共发现问题{len(found)}个，涉及{found['district_code'].nunique()}个单位，其中严重{severe}个"
    head += f"，上期已有的{kept}个。" if kept else "。"
    shown = points[:_MOST]
    rest = [point.title for point in points[_MOST:]]
    more = [f"另有{'；'.join(rest)}，详见附件。"] if rest else []
    body = [localised(item, inputs) for item in (head, *numbered(shown), *more)]
    return Section("shortfalls", "存在问题", finding=head, body=tuple(body), problems=found)


def _heavier(point: Point) -> tuple[Any, ...]:
    return not point.severe, -point.weight, point.title


def _kind(inputs: Inputs, part: pd.DataFrame) -> Point:
    first = part.sort_values(["severity"], ascending=False, kind="stable").iloc[0]
    names = list(dict.fromkeys(part["district_code"].map(inputs.names)))
    severe = part.loc[part["severity"].eq("severe")]
    worst = severe if len(severe) else part.head(1)
    told = [
        f"{inputs.names[row.district_code]}{shortages.plain(row.evidence).rstrip('。')}" for row in worst.itertuples()
    ]
    text = f"{numbers.listed(names, most=4)}。" if len(names) > 1 else ""
    text += "；".join(escaped(one) for one in told[:2]) + "。"
    title = f"{len(names)}个单位{first['title']}" if len(names) > 1 else f"{names[0]}{first['title']}"
    return Point(title, text, float(len(part)), severe=len(severe) > 0, measure=str(first["rule"]))


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
    return [_step(inputs, part) for part in groups]


def _step(inputs: Inputs, part: pd.DataFrame) -> Step:
    first = part.iloc[0]
    names = list(dict.fromkeys(part["district_code"].map(inputs.names)))
    words = shortages.step_words(first["measure"]) or shortages.step_words(first["rule"])
    what = words or shortages.first_step(first["advice"])
    if first["rule"] == "standard_missing" and len(inputs.judged.standards) > 1:
        what += f"（{first['title'].removesuffix('未达标')}）"
    issuer, units = inputs.place.front.issuer or "民政局", f"有关{inputs.place.unit_word}"
    owners = {"county": issuer, "town": units, "village": "有关村（居）民委员会"}
    who = owners.get(first["owner_level"], catalogue.label("owner_level", first["owner_level"]))
    by = shortages.due(inputs, first)
    return Step(what, f"{numbers.listed(names, most=4)}", None, who, by)
