"""Matters: how many were reported and settled, on which level, how fast, and which are left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from govkit.analysis.ledgers.checklists import waiting_matters
from govkit.analysis.measures import matters as measured
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.slides import Slide, on_slide, slide
from govkit.display.tables import frames
from govkit.display.words.phrases import by_name, say
from govkit.rounding import parts_of
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section, absent, not_provided

_SHARES = ("grid_share", "village_share", "town_share", "above_share")
_SHARE = Quantity("网格内办结占比", "percent")


def matters(inputs: Inputs) -> Section:
    """Say how many matters were settled, where and how fast, member by member, by kind and by level."""
    title = "事项办理"
    if inputs.lacks("events"):
        return not_provided("matters", title, "events", inputs=inputs, figures=1, tables=1 if inputs.is_zone else 3)
    tables, now = inputs.tables, inputs.now
    speed = measured.settling(tables, now, by=inputs.by_whole).loc[inputs.whole]
    shown, of_members = _shares(inputs, inputs.by_whole), _shares(inputs, inputs.by_member)
    whole = shown.loc[inputs.whole]
    said = sentence(speed, whole)
    parts = _apart(inputs)
    apart = _apart_said(inputs, parts)
    rows = frames.by_unit(of_members, inputs.units, total=shown)
    split = [{**row.to_dict(), "name": f"其中：{area}网格"} for area, row in parts.items()]
    rows = pd.concat([rows, pd.DataFrame(split)], ignore_index=True) if split else rows
    by_kind = measured.settling_by_kind(tables, now)
    levels = measured.settled_levels(tables, now, by=inputs.by_whole).loc[inputs.whole]
    total = pd.DataFrame([{**speed, "kind": "合计", "in_grid_share": levels["grid_share"]}])
    kinds = pd.concat([by_kind.reset_index(), total], ignore_index=True)
    by_level = frames.labelled(measured.settling_by_level(tables, now), "settled_level", "settled_level", into="level")
    body: list[Any] = [
        said, *apart, inputs.table("settled_levels", rows, emphasise=frames.is_total),
        inputs.table("matters_by_kind", kinds, emphasise=lambda row: row["kind"] == "合计"),
    ]  # fmt: skip
    body += [] if inputs.is_zone else [inputs.table("matters_by_level", by_level), *_left(inputs)]
    shares = of_members["grid_share"]
    body.append(inputs.map(shares, f"{inputs.prefix}事项在网格内办结的比例", _SHARE))
    return Section(
        "matters",
        title,
        finding=said,
        body=tuple(body),
        numbers={"levels": shown, "members": of_members, "by_kind": by_kind, "by_level": by_level},
        slide=_slides(inputs, whole, shares) if inputs.is_zone else (),
    )


def _shares(inputs: Inputs, by: str, area: str = "all") -> pd.DataFrame:
    """Return where matters are settled, shares as shown, with ``change`` of the grid's since the last period."""
    now, *before = (
        _adding_up(measured.settled_levels(inputs.tables, period, by=by, area=area))
        for period in (inputs.now, inputs.before)
        if period
    )
    return now.assign(change=now["grid_share"] - before[0]["grid_share"]) if before else now


def _left(inputs: Inputs) -> list[Any]:
    """Return the matters that are overdue at the end of the period, one by one; nothing where there is none."""
    rows = waiting_matters(inputs.tables, inputs.now)
    rows = rows.assign(name=rows["unit_code"].map(inputs.names), kind=rows["kind"].fillna("未分类"))
    return [inputs.table("matters_left", rows)] if len(rows) else []


def _apart(inputs: Inputs) -> dict[str, pd.Series]:
    """Return where matters of the countryside and of the town are settled, apart, where the place has both."""
    areas = (("rural", "农村"), ("urban", "城市"))
    found = {word: _shares(inputs, inputs.by_whole, area).loc[inputs.whole] for area, word in areas}
    return found if all(pd.notna(row["n"]) and row["n"] > 0 for row in found.values()) else {}


def _apart_said(inputs: Inputs, found: dict[str, pd.Series]) -> list[str]:
    if not found:
        return []
    motto = inputs.judged.source("settled_in_grid").rpartition("：")[2]
    lines = [say("matters.apart", area=area, **row[list(_SHARES)], n=row["n"]) for area, row in found.items()]
    return ["".join(lines) + (say("matters.motto", motto=motto) if motto else "")]


def _adding_up(levels: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of the levels rounded as they are shown, so that those of a row add up to all."""
    shares = levels[list(_SHARES)].astype("float64")
    return levels.assign(**shares.apply(lambda row: parts_of(row * 100, 100.0) / 100, axis="columns"))


def _slides(inputs: Inputs, levels: pd.Series, shares: pd.Series) -> tuple[Any, ...]:
    if pd.isna(levels["n"]) or not levels["n"]:
        return (absent("本期没有办结的网格事项。", figures=1),)
    return matters_slide(levels, shares, inputs.names), on_slide(inputs.map(shares, "事项在网格内办结的比例", _SHARE))


def sentence(settling: Mapping[str, Any], levels: Mapping[str, Any]) -> str:
    """Say how many matters were settled, where and how fast; rows of ``matters.settling`` and ``_shares``."""
    if not settling["reported"]:
        return say("matters.none")
    if pd.isna(settling["settled"]):
        return say("matters.reported", **settling)
    shares = {key: levels[key] for key in ("grid_share", "village_share", "town_share", "above_share")}
    if not levels["n"]:
        return say("matters.settled", **settling)
    low = levels["grid_share"] + levels["village_share"]
    text = say("matters.settled", **settling) + say("matters.levels", **shares, low_share=low)
    if pd.notna(levels.get("change")):
        text += say("matters.change", change=levels["change"])
    return text + say("matters.overdue" if settling["overdue"] else "matters.no_overdue", **settling)


def matters_slide(levels: Mapping[str, Any], shares: pd.Series, names: pd.Series) -> Slide:
    """Say where matters are settled; ``levels``: the zone's row of ``settled_levels``, ``shares`` by district."""
    numbers = {key: levels[key] for key in ("n", "grid_share", "village_share", "town_share", "above_share")}
    head, lead = say("slide.matters", **numbers), say("slide.matters_lead", **numbers)
    return slide(head, lead=lead, notes=by_name(shares, names, "%"))
