"""What a slide says in one line: each function makes a slide's head of numbers, words from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from govkit import catalogue
from govkit.display.slides import KeyFigure, Slide, slide
from govkit.display.tables.frames import quantity
from govkit.display.words.phrases import escaped, moved, say
from govkit.display.words.prose import members

# How many names a line lists, and how many key figures fit on a slide.
_NAMED = 3
_KEY_FIGURES = 6
# So many steps fit on a slide in type for the back row.
_STEPS = 6
_SEPARATOR = "；"
_AREAS = {"rural": "农村", "all": ""}
_COMMUNITIES = {frozenset({"village"}): "村", frozenset({"urban_community"}): "社区"}


def kind_words(kinds: pd.Series) -> str:
    """Return what the districts are called: ``街道、镇``; ``kinds`` are keys of the code list unit_kind."""
    return "、".join(catalogue.label("unit_kind", kind) for kind in dict.fromkeys(kinds.sort_values()))


def by_name(values: pd.Series, names: pd.Series, unit: str) -> str:
    """Return every unit's value in falling order, for the notes; those without a value come last."""
    ordered = values.astype("float64").sort_values(ascending=False, kind="stable")
    return _SEPARATOR.join(f"{escaped(names.get(code, code))} {quantity(one, unit)}" for code, one in ordered.items())


def key_figures(
    values: Mapping[str, pd.DataFrame],
    before: Mapping[str, pd.DataFrame] | None,
    infos: Mapping[str, Any],
    *,
    title: str,
    lead: str = "",
) -> Slide:
    """Return the slide of large numbers: the first six measures of the zone that have a value, and how each moved.

    ``values``, ``before``: name → frame as from ``measures`` by zone; ``infos``: name → what the catalogue says of it.
    """
    known = [name for name, frame in values.items() if len(frame) and pd.notna(frame["value"].iloc[0])][:_KEY_FIGURES]
    figures, notes = [], []
    for name in known:
        info, row = infos[name], values[name].iloc[0]
        value, _, unit = quantity(row["value"], info.unit).replace("%", " %").partition(" ")
        earlier = before[name]["value"].iloc[0] if before and len(before[name]) else float("nan")
        figures.append(KeyFigure(info.label, value, unit, _move(row["value"] - earlier, info.unit)))
        notes.append(say("slide.measure", label=info.label, definition=info.definition, **_counts(row)))
    return slide(title, lead=lead, notes=notes, figures=figures)


def _move(change: float, unit: str) -> str:
    if pd.isna(change):
        return ""
    scale, word = (100, " 个百分点") if unit == "%" else (1, f" {unit}")
    return say("slide.against_before", moved=moved(change * scale, word, "上升", "下降"))


def _counts(row: pd.Series) -> dict[str, float]:
    return {key: row[key] for key in ("numerator", "denominator")}


def zone(districts: pd.DataFrame, units: pd.DataFrame, scores: pd.Series | None) -> dict[str, str]:
    """Return title and lead of the slide of large numbers; ``districts`` as ``Zone.districts``."""
    of = {"of": len(districts), "unit": kind_words(districts["kind"])}
    people = units.loc[units["level"] == "community", "population"].sum(min_count=1)
    wan = float(people) / 10_000 if pd.notna(people) else float("nan")
    lead = say("slide.zone_lead", members=members(units), people=wan)
    if scores is None or scores.isna().all():
        return {"title": say("slide.zone", **of), "lead": lead}
    return {"title": say("slide.zone_scored", median=scores.median(), **of), "lead": lead}


def score(ranked: pd.DataFrame, *, unit: str) -> Slide:
    """Say how many districts have the best grade and who leads; ``ranked`` as from ``frames.ranking``."""
    scored = ranked.loc[ranked["score"].notna()]
    grade = scored["grade"].iloc[0]
    best = int((scored["grade"] == grade).sum())
    phrase = "slide.score_one" if len(scored) == 1 else "slide.score_all" if best == len(scored) else "slide.score"
    head = say(phrase, first=scored["name"].iloc[0], of=len(scored), unit=unit, best=best, grade=grade)
    return slide(head, lead=_ends(scored), notes=_listed(scored))


def _ends(scored: pd.DataFrame) -> str:
    first, last = (tuple(part["name"]) for part in (scored.head(_NAMED), scored.tail(_NAMED)))
    return say("slide.ends", first=first, last=last) if len(scored) > 2 * _NAMED else ""


def _listed(scored: pd.DataFrame) -> str:
    lines = [say("slide.ranked", rank=row.rank, name=row.name, score=row.score) for row in scored.itertuples()]
    return _SEPARATOR.join(lines)


def change(scores: pd.DataFrame, names: pd.Series, *, unit: str) -> Slide:
    """Say how many scores rose and fell since the last period; ``scores`` as ``Change.scores``."""
    known = scores["change"].dropna().sort_values(ascending=False, kind="stable")
    shown = known.round(1)
    rose, fell = int((shown > 0).sum()), int((shown < 0).sum())
    way = "_all_up" if rose == len(shown) > 0 else "_all_down" if fell == len(shown) > 0 else ""
    head = say(f"slide.change{way}", of=len(shown), unit=unit, up=rose, down=fell)
    up = _with_change(known[known > 0].head(_NAMED), names)
    down = _with_change(known[known < 0].tail(_NAMED)[::-1], names)
    parts = [say(f"slide.{key}", names=names_of) for key, names_of in (("risen", up), ("fallen", down)) if names_of]
    return slide(head, lead=_SEPARATOR.join(parts), notes=by_name(known, names, "分"))


def _with_change(changes: pd.Series, names: pd.Series) -> tuple[str, ...]:
    return tuple(f"{names.get(code, code)}（{one:+.1f}）".replace("-", "−") for code, one in changes.items())


def attainment(summary: pd.DataFrame, items: pd.DataFrame, *, units: pd.DataFrame, standard: str) -> Slide:
    """Say how many places meet a facility standard and which item lags; ``standards.summary``, ``item_rates``."""
    kinds = set(units.loc[units["unit_code"].isin(summary.index), "kind"])
    met = int(summary["met"].fillna(False).sum())
    every = met == len(summary)
    said = {
        "of": len(summary),
        "met": met,
        "rate": met / len(summary),
        "unit": _COMMUNITIES.get(frozenset(kinds), "社区（村）"),
    }
    head = say("slide.attained_all" if every else "slide.attained", **said)
    worst = items.sort_values("rate", kind="stable").iloc[0]
    lead = say("slide.item_lag", item=worst["label"], rate=worst["rate"], standard=standard) if not every else ""
    short = summary.loc[~summary["met"].fillna(False).astype(bool)]
    lacking = [say("slide.lacking", name=row.name, items=row.missing) for row in short.itertuples()]
    return slide(head, lead=lead, notes=(standard, _SEPARATOR.join(lacking)))


def grids(row: Mapping[str, Any], defects: gpd.GeoDataFrame) -> Slide:
    """Say whether the grids cover the ground; ``row`` of ``coverage.coverage_summary`` by zone."""
    sound = row["gaps"] == 0 and row["overlaps"] == 0
    numbers = {key: row[key] for key in ("grids", "area_km2", "gaps", "gap_m2", "overlaps", "overlap_m2")}
    head = say("slide.grids_sound" if sound else "slide.grids_defects", **numbers)
    lead = say("slide.grids_sound_lead" if sound else "slide.grids_lead", **numbers)
    places = [
        say("slide.defect", kind=_DEFECTS[one.kind], area=one.area_m2, grids=one.grid_codes)
        for one in defects.itertuples()
    ]
    return slide(head, lead=lead, notes=_SEPARATOR.join(places))


_DEFECTS = {"gap": "空隙", "overlap": "重叠"}


def matters(levels: Mapping[str, Any], shares: pd.Series, names: pd.Series) -> Slide:
    """Say where matters are settled; ``levels``: the zone's row of ``settled_levels``, ``shares`` by district."""
    numbers = {key: levels[key] for key in ("n", "grid_share", "village_share", "town_share", "above_share")}
    head, lead = say("slide.matters", **numbers), say("slide.matters_lead", **numbers)
    return slide(head, lead=lead, notes=by_name(shares, names, "%"))


def services(totals: Mapping[str, Any], rates: pd.Series, names: pd.Series) -> Slide:
    """Say how far needs are met inside the community; ``totals``: the zone's row of ``services.service_totals``."""
    numbers = {key: totals[key] for key in ("requested", "inside_rate", "settled_rate", "hours_per_case")}
    head, lead = say("slide.services", **numbers), say("slide.services_lead", **numbers)
    return slide(head, lead=lead, notes=by_name(rates, names, "%"))


def satisfaction(
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


def ranking(ranked: pd.DataFrame, *, notes: Sequence[str] = ()) -> Slide:
    """Say who is first and how far apart first and last are; ``ranked`` as from ``frames.ranking``."""
    scored = ranked.loc[ranked["score"].notna()]
    gap = scored["score"].max() - scored["score"].min()
    phrase = "slide.ranking" if len(scored) > 1 else "slide.ranking_one"
    head = say(phrase, first=scored["name"].iloc[0], score=scored["score"].iloc[0], gap=gap)
    return slide(head, notes=(*notes, _listed(scored)))


def next_steps(found: pd.DataFrame, *, unit: str) -> Slide:
    """Say how many problems are to be fixed; ``found`` as from ``problems.find_problems``."""
    severe, where = int((found["severity"] == "severe").sum()), found["district_code"].nunique()
    head = say("slide.next_steps", n=len(found), severe=severe)
    lead = say("slide.next_steps_lead", where=where, unit=unit)
    evidence = [f"{row.title}：{row.evidence}" for row in found.loc[found["severity"] == "severe"].itertuples()]
    return slide(head, lead=lead, notes=[escaped(one) for one in evidence])


def steps(found: pd.DataFrame) -> pd.DataFrame:
    """Return the problems one row a kind, the widest spread first, at most six: for the table ``slide_next_steps``."""
    rows = [_step(kind) for _, kind in found.groupby("rule", sort=False)]
    columns = ["problem", "districts", "advice", "owner", "due", "severe"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["severe", "districts"], ascending=False, kind="stable", ignore_index=True).head(_STEPS)


def _step(kind: pd.DataFrame) -> dict[str, Any]:
    first = kind.iloc[0]
    return {
        "problem": first["title"],
        "districts": kind["district_code"].nunique(),
        "advice": _first_clause(first["advice"]),
        "owner": catalogue.label("owner_level", first["owner_level"]),
        "due": kind["due"].min(),
        "severe": int((kind["severity"] == "severe").sum()),
    }


def _first_clause(advice: str) -> str:
    """Return advice up to its first semicolon: a slide has room for what to do, the report says how."""
    return advice.partition("；")[0].rstrip("。")
