"""Ratings: what residents, levels above and both sides of a street think of each other, and how far raters agree."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers import ratings as measured
from govkit.display.charts import Format, months
from govkit.display.tables import frames
from govkit.display.tables.table import Column, make_table, report_table
from govkit.display.words.phrases import say
from govkit.rounding import percent
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section


def ratings(inputs: Inputs) -> Section:
    """Say the scores given by three levels, by both sides and by residents."""
    title = "考核与评价"
    if inputs.lacks("ratings"):
        return Section("ratings", title)
    body = _of_zone(inputs) if inputs.is_zone else _of_district(inputs)
    return Section("ratings", title, body=tuple(item for item in body if item is not None and not _empty(item)))


def _empty(item: Any) -> bool:
    return isinstance(item, str) and not item


def _of_district(inputs: Inputs) -> list[Any]:
    common, mine = inputs.common, inputs.whole
    body: list[Any] = [three_levels(common.three_levels, mine) + two_way(common.two_way, mine), *_departments(inputs)]
    if common.three_levels is not None and pd.notna(common.three_levels.at[mine, "score"]):
        rows = frames.by_unit(common.three_levels.loc[[mine]], inputs.units)
        body.insert(1, report_table("three_levels", rows, weights=_weights(inputs)))
    body.append(rated(common.rated, mine, kind="resident"))
    found = measured.rated(inputs.tables, inputs.now, by="unit_code")
    total = None if common.rated is None else common.rated.loc[[mine]]
    return [*body, *_residents(inputs, found.loc[found["n"] > 0], total), *_months(inputs), expert(inputs)]


def _of_zone(inputs: Inputs) -> list[Any]:
    tables, now, before, common = inputs.tables, inputs.now, inputs.before, inputs.common
    body: list[Any] = []
    if common.three_levels is not None and common.three_levels["levels"].sum():
        rows = frames.by_unit(common.three_levels, inputs.units)
        body += [*_ends(inputs, common.three_levels["score"], "三级考核合成得分")]
        body.append(report_table("three_levels", rows, weights=_weights(inputs)))
    if common.two_way is not None and common.two_way[["down", "up"]].notna().any().any():
        body += [
            *_ends(inputs, common.two_way["down"], "社区承办服务得分"),
            *_ends(inputs, common.two_way["up"], "社区对部门的评分"),
        ]
        body.append(report_table("two_way", frames.by_unit(common.two_way, inputs.units)))
    body += [*_departments(inputs), *_residents(inputs, common.rated), *_months(inputs), *_experts(inputs)]
    body.append(agreement(measured.expert_agreement(tables, now)))
    return [*body, mix_moved(measured.rater_mix(tables, now, before), inputs.names) if before else None]


def _weights(inputs: Inputs) -> str:
    weights = inputs.judged.level_weights
    if not weights:
        return "本区没有规定（目标文件中没有 [level_weights]），不合成"
    return "、".join(f"{catalogue.label('rating_level', level)} {percent(share)}" for level, share in weights.items())


def _departments(inputs: Inputs) -> list[Any]:
    """Return what communities think of the departments, by name and item."""
    found = measured.rated_departments(inputs.tables, inputs.now)
    if found.empty:
        return []
    items = [column for column in found.columns if column not in {"score", "n"}]
    columns = [Column("department", "部门"), *(Column(item, item, "number") for item in items)]
    columns += [Column("score", "平均", "number"), Column("n", "评价", "integer", "份")]
    rows = found.rename_axis("department").reset_index()
    shown = make_table(rows, f"{inputs.prefix}社区评部门分项得分", columns, note=say("ratings.note"))
    worst, best = found.iloc[0], found.iloc[-1]
    overall = (found[items].mul(found["n"], axis=0).sum() / found["n"].sum()).sort_values(kind="stable")
    named = {
        "worst": str(worst.name),
        "best": str(best.name),
        "worst_score": worst["score"],
        "best_score": best["score"],
    }
    item = {"item": str(overall.index[0]), "item_score": float(overall.iloc[0])}
    return [say("ratings.departments", **named, **item), shown] if len(found) > 1 else [shown]


def _months(inputs: Inputs) -> list[Any]:
    """Return the residents' scores month by month, where their raters are months."""
    found = measured.rated_by(inputs.tables, inputs.now, rater_kind="resident", column="rater")
    if len(found) < 2 or not all(str(name).endswith("月") for name in found.index):
        return []
    first, last = found.iloc[0], found.iloc[-1]
    said = say(
        "ratings.monthly", n=found["n"].sum(), first=str(first.name), first_score=first["score"],
        last=str(last.name), last_score=last["score"],
    )  # fmt: skip
    rows = found.rename_axis("month").reset_index()
    drawn = rows.assign(month=[int(str(name).rstrip("月")) for name in rows["month"]], value=rows["score"])
    style = Format("number", "分", 1)
    chart = months(drawn, finding=f"{inputs.prefix}居民线上评价逐月平均得分", style=style, what="平均得分", zero=False)
    return [said, chart, report_table("monthly_ratings", rows)]


def _experts(inputs: Inputs) -> list[Any]:
    """Return the experts' scores by member and item."""
    found = measured.rated(inputs.tables, inputs.now, rater_kind="expert", by=inputs.by_member)
    found = found.loc[found["n"] > 0].sort_values("score", ascending=False, kind="stable")
    if len(found) < 2:
        return []
    rows = found.assign(name=found.index.map(inputs.names))
    return [*_ends(inputs, found["score"], "专家评分"), report_table("expert_ratings", rows.reset_index())]


def _ends(inputs: Inputs, scores: pd.Series, what: str) -> list[str]:
    """Say who has the highest and who the lowest score."""
    found = scores.dropna().sort_values(kind="stable")
    if found.nunique() < 2:
        return []
    ends = {key: str(inputs.names[found.index[at]]) for key, at in (("best", -1), ("worst", 0))}
    return [say("ratings.ends", what=what, best_score=found.iloc[-1], worst_score=found.iloc[0], **ends)]


def expert(inputs: Inputs) -> str:
    """Say the experts' score of a district; "" without one."""
    found = measured.rated(inputs.tables, inputs.now, rater_kind="expert")
    return rated(found, inputs.whole, kind="expert")


def _residents(inputs: Inputs, found: pd.DataFrame, total: pd.DataFrame | None = None) -> list[Any]:
    if not found["n"].sum():
        return []
    rows = frames.by_unit(found, inputs.units, total=total)
    if total is not None:
        rows["rank"] = rows["rank"].mask(rows["name"].eq("合计"))
    return [report_table("ratings", rows, kind="居民", least=measured.least_answers(), emphasise=frames.is_total)]


def experts(inputs: Inputs) -> Section:
    """Say how far the experts agree."""
    said = "" if inputs.lacks("ratings") else agreement(measured.expert_agreement(inputs.tables, inputs.now))
    return Section("experts", "专家评价", finding=said, body=(said,) if said else ())


def rated(found: pd.DataFrame, unit: str, *, kind: str) -> str:
    """Say a unit's rating with what it rests on, as from ``ratings.rated``; "" without an answer."""
    row = found.reindex([unit]).iloc[0]
    if pd.isna(row["n"]) or not row["n"]:
        return ""
    return say("ratings.score", kind=catalogue.label("rater_kind", kind), **row[["n", "score", "low", "high"]])


def three_levels(found: pd.DataFrame, unit: str) -> str:
    """Say the score put together of three levels, as from ``ratings.three_levels``; "" without one."""
    row = found.reindex([unit]).iloc[0]
    if pd.isna(row["score"]):
        return ""
    moved = say("ratings.moved", change=row["change"]) if pd.notna(row.get("change")) else ""
    return say("ratings.three_levels", score=row["score"]) + moved


def two_way(found: pd.DataFrame, unit: str) -> str:
    """Say each of the two score sets of ``ratings.two_way``; "" for one that is not there."""
    row = found.reindex([unit]).iloc[0]
    return "".join(
        say(f"ratings.{side}", **{side: row[side], "n": row[f"{side}_n"]})
        for side in ("down", "up")
        if pd.notna(row[side])
    )


def agreement(found: Any) -> str:
    """Say how far the experts agree, as from ``ratings.expert_agreement``; "" where there is nothing to agree on."""
    if pd.isna(found.w):
        return ""
    verdict = "意见比较一致" if found.enough else "意见分歧较大，合成得分应慎用"
    return say("ratings.agreement", raters=found.raters, w=found.w, verdict=verdict)


def mix_moved(found: pd.DataFrame, names: pd.Series) -> str:
    """Say whose raters changed so much that two periods do not compare, as from ``ratings.rater_mix``; "" for none."""
    moved = found.loc[found["comparable"].eq(False).fillna(False).astype(bool)]
    if moved.empty:
        return ""
    return say("ratings.mix", names=[str(names.get(unit, unit)) for unit in moved.index])
