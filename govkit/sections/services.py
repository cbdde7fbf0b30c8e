"""Services: how far needs are met in the community, and how satisfied those asked are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures import services as measured
from govkit.analysis.measures.scope import Scope
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.slides import Slide, on_slide, slide
from govkit.display.tables import frames
from govkit.display.tables.frames import quantity
from govkit.display.words.phrases import by_name, say
from govkit.provided import provided
from govkit.rounding import percent, shown_value
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section, absent, not_provided, positive

_INSIDE = Quantity("本村（社区）满足率", "percent")
_SATISFIED = Quantity("满意度", "percent")
_INSIDE_TITLE = "服务需求在本村（社区）内满足的比例"
_NAMED = 3
_TOTAL = "合计"
_AREAS = {"rural": "农村", "all": ""}


def services(inputs: Inputs) -> Section:
    """Say how many requests for assisted errands came in and how many were met in the community."""
    title = inputs.judged.word("errands")
    if inputs.lacks("services"):
        return not_provided("services", title, "services", inputs=inputs, figures=int(inputs.is_zone), tables=1)
    tables, now = inputs.tables, inputs.now
    items = measured.services_by_item(tables, now)
    inside = measured.service_totals(tables, now, by=inputs.by_member)["inside_rate"]
    slides = _slides(inputs, inside) if inputs.is_zone else ()
    if items.empty:
        # All services belong to lines, which the ledgers tell of; or there were none.
        lined = len(Scope(tables, now, by="zone").rows("services")) > 0
        said = say("services.none", errands=title)
        body: tuple[Any, ...] = (replace(absent(said, figures=int(inputs.is_zone), tables=1), told=not lined),)
        return Section("services", title, body=body, slide=slides)
    totals, rural = _totals(inputs, "all"), _totals(inputs, "rural")
    before = _totals(inputs, "all", now=inputs.before) if inputs.before else None
    said = sentence(totals, before, items=len(items), rural=rural, errands=title)
    rows = _listed(inputs, items, totals, rural, before)
    table = inputs.table("services_by_item", rows, errands=title, emphasise=lambda row: row["item"] == _TOTAL)
    body = (said, table, inputs.map(inside, _INSIDE_TITLE, _INSIDE)) if inputs.is_zone else (said, table)
    numbers = {"items": items, "inside": inside.to_frame()}
    return Section("services", title, finding=said, body=body, numbers=numbers, slide=slides)


def _listed(
    inputs: Inputs, items: pd.DataFrame, totals: pd.Series, rural: pd.Series, before: pd.Series | None
) -> pd.DataFrame:
    """Return the items, those of the countryside where they are a part, and the total, against the last period."""
    below = [rural.rename("其中：行政村")] if _mixed(totals, rural) else []
    rows = pd.concat([items, pd.DataFrame([*below, totals.rename(_TOTAL)])]).rename_axis("item")
    if before is None or inputs.before is None:
        return rows.reset_index()
    was = measured.services_by_item(inputs.tables, inputs.before)["inside_rate"]
    was = pd.concat([was, pd.Series({_TOTAL: before["inside_rate"]})])
    return rows.assign(change=frames.moved(rows["inside_rate"], was)).reset_index()


def _totals(inputs: Inputs, area: str, *, now: Any = None) -> pd.Series:
    found = measured.service_totals(inputs.tables, now or inputs.now, by=inputs.by_whole, area=area)
    return found.loc[inputs.whole]


def _slides(inputs: Inputs, inside: pd.Series) -> tuple[Any, ...]:
    totals = _totals(inputs, "all")
    if pd.isna(totals["requested"]) or not totals["requested"]:
        return (absent(say("services.none", errands=inputs.judged.word("errands")), figures=1),)
    return services_slide(totals, inside, inputs.names), on_slide(inputs.map(inside, _INSIDE_TITLE, _INSIDE))


def satisfaction(inputs: Inputs) -> Section:
    """Say how satisfied those asked are, against the target, member by member."""
    title = "满意度"
    if inputs.lacks("services"):
        return not_provided("satisfaction", title, "services", inputs=inputs, figures=1, tables=1)
    tables, now, target = inputs.tables, inputs.now, inputs.targets.get("satisfaction")
    columns = catalogue.load("tables")["services"]["columns"]
    if blank := [columns[key]["label"] for key in ("responses", "satisfied") if not provided(tables["services"], key)]:
        reason = say("satisfaction.blank", columns=blank)
        return Section("satisfaction", title, body=(absent(reason, figures=1, tables=1),), missing=(reason,))
    members = measured.satisfaction(tables, now, by=inputs.by_member)
    whole = measured.satisfaction(tables, now, by=inputs.by_whole)
    rural = measured.satisfaction(tables, now, by=inputs.by_whole, area="rural").loc[inputs.whole]
    rows = frames.by_unit(members, inputs.units, total=whole)
    silent = rows["n"].eq(0) & rows["rows_missing"].gt(0)  # asked, with one of the two numbers left blank
    rows = rows.assign(n=rows["n"].mask(silent), satisfied=rows["satisfied"].mask(silent))
    if 0 < rural["n"] < whole.at[inputs.whole, "n"]:
        rows = pd.concat([rows, pd.DataFrame([{**rural, "name": "其中：农村"}])], ignore_index=True)
    said = _said(inputs, whole.loc[inputs.whole], rural, target)
    drawn = inputs.map(members["rate"], f"{inputs.prefix}服务回访满意度", _SATISFIED)
    return Section(
        "satisfaction",
        title,
        finding=said[0],
        body=(*said, inputs.table("satisfaction", rows, emphasise=frames.is_total), drawn),
        numbers={"members": members, "whole": whole},
        slide=_satisfaction_slides(inputs, members) if inputs.is_zone else (),
    )


def _said(inputs: Inputs, whole: pd.Series, rural: pd.Series, target: float | None) -> list[str]:
    if not inputs.is_zone:
        return [satisfaction_sentence(whole, target=target)]
    said = [satisfaction_sentence(rural, target=target, scope="农村")] if rural["n"] else []
    return [*said, satisfaction_sentence(whole, target=None if rural["n"] else target, scope=inputs.name)]


def _satisfaction_slides(inputs: Inputs, members: pd.DataFrame) -> tuple[Any, ...]:
    # The target is for villages; zones without any are judged by all communities.
    area = "rural" if inputs.units["kind"].eq("village").any() else "all"
    answers = measured.satisfaction(inputs.tables, inputs.now, by="zone", area=area).loc["zone"]
    if not answers["n"]:
        return (absent("本期没有服务回访记录。", figures=1),)
    target = inputs.targets.get("satisfaction")
    head = satisfaction_slide(answers, members, inputs.names, target=target, area=area)
    return head, on_slide(inputs.map(members["rate"], "服务回访满意度", _SATISFIED))


def sentence(
    totals: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    *,
    items: int,
    rural: Mapping[str, Any] | None = None,
    errands: str,
) -> str:
    """Say how far needs are met inside the community; rows of ``services.service_totals``, ``items`` kinds.

    ``errands``: what the zone calls these services.
    """
    if not positive(totals["requested"]):
        return say("services.none", errands=errands)
    text = say("services.inside", items=items, errands=errands, **totals)
    if before is not None and positive(before["requested"]):
        now, was = (shown_value(one["inside_rate"], "%") for one in (totals, before))
        text += say("services.change", change=now - was)
    return text + (say("services.rural", **rural) if rural is not None and _mixed(totals, rural) else "")


def _mixed(totals: Mapping[str, Any], rural: Mapping[str, Any]) -> bool:
    """Whether some of the requests are of the countryside, and not all."""
    return positive(rural["requested"]) and bool(rural["requested"] < totals["requested"])


def satisfaction_sentence(row: Mapping[str, Any], *, target: float | None, scope: str = "") -> str:
    """Say the satisfaction with n and interval, and what they allow to conclude against ``target`` (0–1 or None)."""
    if not positive(row["n"]):
        return say("satisfaction.none")
    bounds = {f"{bound}_text": _apart(row[bound], target) for bound in ("low", "high")}
    text = say("satisfaction.rate", scope=scope, **{key: row[key] for key in ("n", "rate")}, **bounds)
    if target is None:
        return text
    place = "above" if row["low"] >= target else "below" if row["high"] < target else "around"
    return text + say(f"satisfaction.{place}", target=target)


def _apart(bound: float, target: float | None) -> str:
    """Return a rate as %, with as many digits as it takes not to look like the target it misses."""
    for digits in (1, 2, 3):
        text = percent(bound, digits)
        if target is None or text != percent(target, digits):
            return text
    return text


def services_slide(totals: Mapping[str, Any], rates: pd.Series, names: pd.Series) -> Slide:
    """Say how far needs are met inside the community; ``totals``: the zone's row of ``services.service_totals``."""
    numbers = {key: totals[key] for key in ("requested", "inside_rate", "settled_rate", "hours_per_case")}
    head, lead = say("slide.services", **numbers), say("slide.services_lead", **numbers)
    return slide(head, lead=lead, notes=by_name(rates, names, "%"))


def satisfaction_slide(
    row: Mapping[str, Any], rates: pd.DataFrame, names: pd.Series, *, target: float | None, area: str = "all"
) -> Slide:
    """Say the satisfaction, what its interval allows to conclude, who is lowest; rows of ``services.satisfaction``.

    ``area``: what ``row`` and ``target`` speak of, ``rural`` or ``all``.
    """
    numbers = {key: row[key] for key in ("n", "rate")} | {"scope": _AREAS[area]}
    place = ""
    if target is not None and row["n"]:
        place = "_above" if row["low"] >= target else "_below" if row["high"] < target else "_around"
    head = say(f"slide.satisfaction{place}", target=target, **numbers)
    lowest = rates["rate"].dropna().sort_values(kind="stable").head(_NAMED)
    listed = tuple(f"{names.get(code, code)}（{quantity(one, '%')}）" for code, one in lowest.items())
    lead = say("slide.satisfaction_lead" + ("_rural" if area == "rural" else ""), lowest=listed, **numbers)
    return slide(head, lead=lead, notes=by_name(rates["rate"], names, "%"))
