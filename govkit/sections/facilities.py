"""Facilities: who meets the standard, what is lacking and what it costs, how residents reach them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.access import life_circle as circles
from govkit.analysis.standards import attainment, standard_grades
from govkit.analysis.standards.standard_file import Standard
from govkit.display.charts import missing_items
from govkit.display.front import NO_MAP, Absent
from govkit.display.maps import kinds
from govkit.display.slides import Slide, on_slide, slide
from govkit.display.tables.table import Table, report_table
from govkit.display.words.phrases import SEPARATOR, escaped, say
from govkit.rounding import percent
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section, absent, not_provided

# How many names a sentence lists before it says how many more there are.
_LISTED = 8
_ALL_ITEMS = "全部各项"
_COMMUNITIES = {frozenset({"village"}): "村", frozenset({"urban_community"}): "社区"}


def facilities(inputs: Inputs) -> Section:
    """Say who meets the facility standards, item by item, what is lacking and what it costs."""
    title = "实验区标准"
    if inputs.lacks("facilities"):
        figures, tables = (1, 1) if inputs.is_zone else (2, 2)
        return not_provided("facilities", title, "facilities", inputs=inputs, figures=figures, tables=tables)
    standards = inputs.judged.standards
    if not standards:
        reason = _unjudged(inputs)
        unjudged = absent(reason, figures=1, tables=1 if inputs.is_zone else 2)
        shown = [_counted(inputs), unjudged] if inputs.is_zone else [_counted(inputs), unjudged, *_where(inputs)]
        return Section("facilities", title, body=tuple(shown), missing=(reason,))
    body = [item for one in standards for item in _judged(inputs, one)]
    if not inputs.is_zone:
        body += [item for one in standards for item in (*_lacking(inputs, one), *_graded(inputs, one))]
        body += _where(inputs)
    found = {one.name: inputs.met(one, inputs.now) for one in standards}
    items = {f"{one.name}.items": attainment.item_rates(inputs.attained(one, inputs.now)) for one in standards}
    said = next((item for item in body if isinstance(item, str)), "")
    return Section("facilities", title, finding=said, body=tuple(body), numbers=found | items)


def _unjudged(inputs: Inputs) -> str:
    """Say why no facility standard is applied."""
    if inputs.stated.standards:
        titles = "、".join(f"{one.title}（{one.term}）" for one in inputs.stated.standards)
        return f"所列设施标准本期都没有施行，不作达标分析：{escaped(titles)}。"
    return "zone.toml 没有指定设施标准（[judged_by] standards），不作达标分析。"


def _judged(inputs: Inputs, one: Standard) -> list[Any]:
    """Return what is said of one standard: sentence, tables and map."""
    attained = inputs.met(one, inputs.now)
    earlier = inputs.met(one, inputs.before) if inputs.before else None
    word = bound_word(one.applies_to)
    said = standard(attained, earlier, name=inputs.name, title=one.title, period=inputs.now.name, word=word)
    if attained.empty:
        return [absent(said, figures=1, tables=1 if inputs.is_zone else 2)]
    rates = attainment.item_rates(inputs.attained(one, inputs.now))
    had = None if inputs.before is None else attainment.item_rates(inputs.attained(one, inputs.before))["units_met"]
    items = _items(rates, attained, had, earlier)
    drawn = _map(inputs, one, attained, f"{inputs.prefix}各{word}设施标准达标情况")
    if inputs.is_zone:
        return [said, items, drawn, *_lacking(inputs, one), *_graded(inputs, one)]
    listed = attained.reset_index()
    return [said, report_table("standard_villages", listed, on=f"{inputs.now.end:%Y-%m-%d}", unit=word), items, drawn]


def _items(
    rates: pd.DataFrame, attained: pd.DataFrame, had: pd.Series | None = None, earlier: pd.DataFrame | None = None
) -> Table:
    """Return who has which item and who has all, with how many did last period (``had``, ``earlier``)."""
    known, met = attained["met"].notna().sum(), attained["met"].sum(min_count=1)
    whole = {"label": _ALL_ITEMS, "units": len(attained), "units_met": met, "unknown": len(attained) - known}
    rate = met / len(attained) if known == len(attained) else float("nan")
    if had is not None and earlier is not None:
        rates, whole["before"] = rates.assign(before=had.reindex(rates.index)), earlier["met"].sum(min_count=1)
    rows = pd.concat([rates, pd.DataFrame([{"group": "", **whole, "rate": rate}])], ignore_index=True)
    rows = rows if rows["unknown"].any() else rows.drop(columns="unknown")
    return report_table("standard_items", rows, emphasise=lambda row: row["label"] == _ALL_ITEMS)


def _map(inputs: Inputs, one: Standard, attained: pd.DataFrame, title: str) -> Any:
    if not inputs.mapped:
        return NO_MAP
    missing = attained["missing"]
    if not attained["met"].eq(False).fillna(False).any():
        key = "none_short" if attained["met"].isna().any() else "all_met"
        return absent(say(f"facilities.{key}", title=one.title), figures=1)
    places = inputs.communities
    judged = places["unit_code"].isin(attained.index)
    places = places.loc[judged] if judged.mean() < 0.5 else places
    return kinds.attainment_map(places, missing, title, standard=one.title, setting=inputs.setting)


def _lacking(inputs: Inputs, one: Standard) -> list[Any]:
    items = attainment.item_costs(inputs.attained(one, inputs.now), one)
    return [*_matrix(inputs, one), *costs(one, items, attainment.cheapest_set(inputs.met(one, inputs.now)))]


def _matrix(inputs: Inputs, one: Standard) -> list[Any]:
    """Draw who lacks which item, community by community; by district where there are too many of them."""
    found = inputs.attained(one, inputs.now)
    lacking = found.loc[found["met"].eq(False).fillna(False)]
    if len(lacking) < 2:
        return []
    group = lacking["district_code"].map(inputs.names) if inputs.is_zone else ""
    rows = pd.DataFrame(
        {"group": group, "name": lacking["name"], "item": lacking["label"], "cost": lacking["cost_yuan"]}
    )
    word = bound_word(one.applies_to)
    return [missing_items(rows, finding=f"{inputs.prefix}各{word}尚缺的标准项目（{one.title}）", unit="元")]


def _graded(inputs: Inputs, one: Standard) -> list[Any]:
    if not one.grades:
        return []
    graded = standard_grades.grades(inputs.tables, one, inputs.now)
    counts = standard_grades.grade_counts(graded, one).reset_index()
    return list(grades(one, counts, None if inputs.is_zone else graded))


def there(inputs: Inputs) -> pd.DataFrame:
    """Return the facilities open at the period's end."""
    found = inputs.tables["facilities"]
    return found.loc[~(found["opened"] > str(inputs.now.end))]


def _counted(inputs: Inputs) -> str:
    """Say how many facilities of each kind there are, the most frequent first."""
    counts = there(inputs)["kind"].map(lambda kind: catalogue.label("facility_kind", kind)).value_counts()
    some = "、".join(f"{escaped(str(kind))} {count} 处" for kind, count in counts.head(_LISTED).items())
    more = f"等 {len(counts)} 类" if len(counts) > _LISTED else ""
    return f"期末有设施 {counts.sum()} 处：{some}{more}。"


def _where(inputs: Inputs) -> list[Any]:
    """Map the facilities; of more than can be told apart, which usual kinds each community is without."""
    if not inputs.mapped:
        return [NO_MAP]
    found = there(inputs)
    if len(found) <= catalogue.load("map_text")["limits"]["most_symbols"]:
        title = f"{inputs.prefix}社区服务设施分布"
        return [kinds.facility_map(found, inputs.communities, title, setting=inputs.setting)]
    if inputs.judged.standards:  # the standard's own map says who lacks what
        return []
    title = f"{inputs.prefix}各{catalogue.load('levels')['unit_word']['community']}没有的常见设施"
    missing = without_usual(found, inputs.communities)
    usual = "半数以上单位都有的设施类型"
    return [kinds.attainment_map(inputs.communities, missing, title, standard=usual, setting=inputs.setting)]


def without_usual(facilities: pd.DataFrame, communities: pd.DataFrame) -> pd.Series:
    """Return by unit code the kinds of facility it has none of while half of the units of its kind have one."""
    codes = communities["unit_code"]
    has = pd.crosstab(facilities["unit_code"], facilities["kind"]).reindex(codes, fill_value=0) > 0
    alike = communities.set_index("unit_code")["kind"].astype("str")
    usual = has.groupby(alike).transform("mean") >= 0.5
    lacking = usual & ~has
    labels = [catalogue.label("facility_kind", kind) for kind in has.columns]
    return pd.Series([[labels[at] for at in row.nonzero()[0]] for row in lacking.to_numpy()], index=codes)


def life_circle(inputs: Inputs) -> Section:
    """Say what share of the residents lives within each life circle of each kind of facility."""
    if inputs.lacks("facilities", "grids"):
        return Section("life_circle", "生活圈")
    circle = circles.reach_by_kind(inputs.tables, inputs.now, crs=inputs.crs).rename(columns=str)
    body: list[Any] = [report_table("life_circle", circle)] if len(circle) else []
    for one in inputs.judged.standards:
        body += _elements(inputs, one, circle)
    return Section("life_circle", "生活圈", body=tuple(body), numbers={"reach": circle})


def _elements(inputs: Inputs, one: Standard, circle: pd.DataFrame) -> list[Any]:
    """Set the elements of a standard beside the circles of the same elements: who has one, who has one near."""
    near = {item.label: item.near for item in one.items if item.near}
    if not near or circle.empty:
        return []
    rates = attainment.item_rates(inputs.attained(one, inputs.now)).set_index("label")
    rows = []
    for label, kinds_near in near.items():
        reach = circle.loc[circle["kind"].isin(kinds_near)].sort_values("1000", ascending=False).head(1)
        values = reach.iloc[0].to_dict() if len(reach) else {}
        rows.append({"item": label, **rates.loc[label, ["units", "units_met"]].to_dict(), **values})
    frame = pd.DataFrame(rows)
    known = frame.dropna(subset=["1000"])
    words: dict[str, Any] = {"items": len(known)}
    for key, at in (("best", known["1000"].idxmax()), ("worst", known["1000"].idxmin())):
        words |= {key: known.at[at, "item"], f"{key}_share": known.at[at, "1000"]}
    return [say("facilities.elements", **words), report_table("elements", frame, standard=one.title)]


def attained(inputs: Inputs) -> Section:
    """Return the slides of the facility standards."""
    title = "设施标准达标情况"
    if inputs.lacks("facilities"):
        return not_provided("facilities", title, "facilities", inputs=inputs, figures=1)
    shown: list[Any] = []
    for one in inputs.judged.standards:
        attained = inputs.met(one, inputs.now)
        if attained.empty:
            shown.append(absent(f"没有适用“{one.title}”的村（社区）。", figures=1))
            continue
        items = attainment.item_rates(inputs.attained(one, inputs.now))
        shown.append(attained_slide(attained, items, units=inputs.units, standard=one.title))
        drawn = _map(inputs, one, attained, title)
        shown += (
            [_items(items, attained), replace(drawn, told=False)] if isinstance(drawn, Absent) else [on_slide(drawn)]
        )
    if not inputs.judged.standards:
        shown.append(absent(_unjudged(inputs), figures=1))
    return Section("facilities", title, slide=tuple(shown))


def bound_word(kinds: Iterable[str]) -> str:
    """Return what the communities of these kinds are called together: 行政村, 社区 or 社区（村）."""
    words = {frozenset(["village"]): "行政村", frozenset(["urban_community"]): "社区"}
    return words.get(frozenset(kinds)) or catalogue.load("levels")["unit_word"]["community"]


def standard(
    summary: pd.DataFrame, before: pd.DataFrame | None, *, name: str, title: str, period: str, word: str = "行政村"
) -> str:
    """Say who meets a facility standard; ``summary`` and ``before`` (last period) as from ``standards.summary``.

    ``word``: what those it binds are called, as ``bound_word`` says.
    """
    if summary.empty:
        return say("standard.none_bound", name=name, word=word, title=title)
    unknown, lacking = int(summary["met"].isna().sum()), say("standard.lacking")
    known = summary.dropna(subset="met")
    met = int(known["met"].sum())
    told = {"word": word, "period": period, "name": name, "title": title}
    if known.empty:
        return say("standard.none_known", units=unknown, lacking=lacking, **told)
    if met == len(known):
        text = say("standard.all_met", units=met, **told)
    else:
        short = known.loc[~known["met"].astype(bool)]
        # List who misses what: ``甲村缺警务室、宣传栏；乙村缺……``, at most eight, then how many there are
        named = [f"{row.name}缺{'、'.join(row.missing)}" for row in short.itertuples()]
        more = f"等 {len(named)} 个{word}" if len(named) > _LISTED else ""
        listed = "；".join(named[:_LISTED]) + more
        key = "some_met" if met else "none_met"
        text = say(f"standard.{key}", units=len(known), met=met, rate=met / len(known), short=listed, **told)
    text += say("standard.unknown", units=unknown, word=word, lacking=lacking) if unknown else ""
    if before is not None and not before.empty and not unknown and before["met"].notna().all():
        earlier = int(before["met"].sum())
        key = "same" if earlier == met else "change"
        text += say(f"standard.{key}", word=word, before=earlier, now=met)
    large = int(summary["large_centres"].sum()) if "large_centres" in summary else 0
    return text + (say("standard.large", large=large) if large else "")


def grades(stated: Any, counts: pd.DataFrame, graded: pd.DataFrame | None = None) -> list[str | Table]:
    """Return how many communities reached each grade; with ``graded`` who stands where and how far from the next."""
    named = counts.assign(grade=counts["grade"].replace("", say("standard.no_grade")))
    items: list[str | Table] = [report_table("standard_grade_counts", named, standard=stated.title)]
    if graded is None or graded.empty:
        return items
    shown = graded.assign(
        grade=graded["grade"].replace("", say("standard.no_grade")),
        next_grade=graded["next_grade"].replace("", pd.NA),
        missing=[labels or None for labels in graded["missing"]],
    )
    shown = shown if _priced(graded) else shown.drop(columns=["cost_yuan"])
    return [*items, report_table("standard_grades", shown, standard=stated.title, cost_note=_cost_note(graded))]


def _priced(graded: pd.DataFrame) -> bool:
    """Whether anything that is lacking has a cost; who lacks nothing costs nothing anyway."""
    lacking = graded["distance"].fillna(0).gt(0)
    return bool(graded.loc[lacking, "cost_yuan"].notna().any())


def _cost_note(graded: pd.DataFrame) -> str:
    uncosted = sorted({label for labels in graded["uncosted"] for label in labels})
    if not _priced(graded):
        return say("standard.costs_unknown")
    return say("standard.costs_partly", labels=uncosted) if uncosted else say("standard.costs_known")


def costs(stated: Any, items: pd.DataFrame, cheap: attainment.CheapSet | None = None) -> list[str | Table]:
    """Return what it takes to complete a standard, nothing where nothing lacks; frame of ``standards.item_costs``.

    ``cheap``: those to complete first.
    """
    if items.empty:
        return []
    total = items["cost_yuan"].sum(min_count=1)
    told = [say("standard.cost_total", total=total)] if pd.notna(total) else []
    sums = [{"label": "合计", "cost_yuan": total}] if pd.notna(total) else []
    if cheap:
        label = f"其中先补齐的（达标率由 {percent(cheap.before, 1)} 升至 {percent(cheap.after, 1)}）"
        sums.append({"label": label, "units": len(cheap.codes), "cost_yuan": cheap.cost_yuan})
    rows = pd.concat([items, pd.DataFrame([{"group": "", "unit": "", **one} for one in sums])], ignore_index=True)
    bold = len(items) - 1
    return [*told, report_table("standard_costs", rows, standard=stated.title, emphasise=lambda row: row.name > bold)]


def attained_slide(summary: pd.DataFrame, items: pd.DataFrame, *, units: pd.DataFrame, standard: str) -> Slide:
    """Say how many places meet a facility standard and which item lags; ``standards.summary``, ``item_rates``."""
    kinds = set(units.loc[units["unit_code"].isin(summary.index), "kind"])
    word = _COMMUNITIES.get(frozenset(kinds), "社区（村）")
    known, unknown = summary.dropna(subset="met"), int(summary["met"].isna().sum())
    doubt = say("standard.unknown", units=unknown, word=word, lacking=say("standard.lacking")) if unknown else ""
    if known.empty:
        return slide(doubt.rstrip("。."), notes=(standard,))
    met = int(known["met"].sum())
    every = met == len(known)
    said = {"of": len(known), "met": met, "rate": met / len(known), "unit": word}
    head = say("slide.attained_all" if every else "slide.attained", **said)
    worst = items.sort_values("rate", kind="stable").iloc[0]
    lead = say("slide.item_lag", item=worst["label"], rate=worst["rate"], standard=standard) if not every else ""
    lead = SEPARATOR.join(filter(None, [lead, doubt]))
    short = known.loc[~known["met"].astype(bool)]
    lacking = [say("slide.lacking", name=row.name, items=row.missing) for row in short.itertuples()]
    return slide(head, lead=lead, notes=(standard, SEPARATOR.join(lacking)))
