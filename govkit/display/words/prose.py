"""Paragraphs made of the numbers: each function chooses among the phrases of the catalogue, none computes a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from govkit import catalogue
from govkit.display.words.phrases import say

# How many names a sentence lists before it says how many more there are.
_LISTED = 8
# How many leaves the summary names, from which score a leaf counts as full, and which loss of points is worth a word.
_NAMED = 3
_FULL = 99.95
_NOTABLE_LOSS = 0.5


def members(units: pd.DataFrame) -> str:
    """Say how many communities and villages there are: ``22 个城市社区、5 个行政村``."""
    return _by_kind(units.loc[units["level"] == "community"])


def _by_kind(units: pd.DataFrame) -> str:
    """Say how many units of each kind there are, in the order of the code list."""
    counts = units["kind"].value_counts()
    kinds = [kind for kind in catalogue.load("codes")["unit_kind"] if counts.get(kind, 0)]
    return "、".join(f"{counts[kind]} 个{catalogue.label('unit_kind', kind)}" for kind in kinds) or "无下属单元"


def district(name: str, units: pd.DataFrame, overview: pd.DataFrame) -> str:
    """Say what a district consists of; ``overview`` as from ``frames.units_overview``."""
    sums = overview.drop(columns=["name", "kind"]).sum(min_count=1)
    text = say("place.is", name=name, members=_by_kind(units.loc[units["parent"].isin(units["unit_code"])]))
    text += say("place.area", area_km2=sums["area_km2"]) if pd.notna(sums["area_km2"]) else ""
    text += say("place.people", population=sums["population"], households=sums["households"])
    return text + _grids(sums.get("grids", 0), sums["households"], "") + "。"


def zone(name: str, units: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | None, *, crs: str) -> str:
    """Say what a zone consists of; areas are measured in ``crs``, urban and rural by the grids' kind.

    Without grids the area is that of the communities' own polygons, and left out where they have none.
    """
    communities = units.loc[units["level"] == "community"]
    villages = communities.loc[communities["kind"].eq("village")]
    shapes = grids if grids is not None else communities if "geometry" in communities else None
    text = say("place.is", name=name, members=_by_kind(units.loc[units["parent"].isin(units["unit_code"])]))
    if shapes is not None:
        area_km2 = shapes.geometry.to_crs(crs).area / 1e6
        rural = shapes["kind"].isin(["rural", "village"])
        text += say("place.area", area_km2=area_km2.sum())
        text += say("place.of_rural", rural=area_km2[rural].sum()) if rural.any() and not rural.all() else ""
    households = communities["households"].sum(min_count=1)
    text += say("place.people", population=communities["population"].sum(min_count=1), households=households)
    if 0 < len(villages) < len(communities):
        text += say("place.rural_people", population=villages["population"].sum(min_count=1))
    if grids is None:
        return text + "。"
    kinds = grids["kind"].map(lambda key: catalogue.label("grid_kind", key), na_action="ignore").value_counts()
    listed = "、".join(f"{kind} {count:,d} 个" for kind, count in kinds.items())
    return text + _grids(len(grids), households, f"（{listed}）" if len(kinds) > 1 else "") + "。"


def _grids(count: float, households: float, kinds: str) -> str:
    return say("place.grids", grids=count, kinds=kinds, households_per_grid=households / count) if count > 0 else ""


def spread(ranked: pd.DataFrame, *, period: str, unit_word: str = "") -> str:
    """Say how the scores of all districts lie; ``ranked`` as from ``frames.ranking``, best first.

    ``unit_word``: what the zone calls its report units (``Zone.unit_word``).
    """
    scored = ranked.loc[ranked["score"].notna()]
    grades = scored["grade"].value_counts(sort=False)
    text = say(
        "zone_score.spread",
        period=period,
        unit_word=unit_word,
        of=len(scored),
        lowest=scored["score"].min(),
        highest=scored["score"].max(),
        median=scored["score"].median(),
        grades="、".join(f"{grade} {count} 个" for grade, count in grades.items()),
    )
    text += say("zone_score.first", first=tuple(scored["name"].head(_NAMED)), last=tuple(scored["name"].tail(_NAMED)))
    if "change" not in scored or scored["change"].isna().all():
        return text
    moved = scored.sort_values("change", ascending=False, kind="stable")
    up = tuple(_with_change(row) for row in moved.head(_NAMED).itertuples() if row.change > 0)
    down = tuple(_with_change(row) for row in moved.tail(_NAMED)[::-1].itertuples() if row.change < 0)
    told = [say(f"zone_score.{key}", names=names) for key, names in (("rose", up), ("fell", down)) if names]
    return text + (say("zone_score.movers", told="，".join(told)) if told else "")


def _with_change(row: Any) -> str:
    return f"{row.name}（{row.change:+.1f} 分）"


def standing(
    current: Any, changed: Any | None, unit: str, *, name: str, period: str, of: int, unit_word: str = ""
) -> str:
    """Say a unit's score, grade and rank in an assessment, and how they moved; ``changed`` compares it with another.

    ``unit_word``: what the zone calls its report units (``Zone.unit_word``).
    """
    scores = current.scores.loc[unit]
    if pd.isna(scores["score"]):
        return say("score.not_scored", name=name)
    row = {key: scores[key] for key in ("score", "grade", "rank")}
    text = say("score.standing", name=name, period=period, of=of, unit_word=unit_word, **row)
    if changed is None:
        return text + say("score.first_period")
    return text + say("score.change", **changed.scores.loc[unit, ["previous", "previous_rank", "change"]])


def strong_and_weak(leaves: pd.DataFrame) -> str:
    """Say which leaves bring most and which lose most; ``leaves`` as from ``Assessment.leaf_table``."""
    label, lost = leaves["label"], leaves["weight"] * 100 - leaves["contribution"]
    best = leaves.loc[leaves["score"] >= _FULL].sort_values("contribution", ascending=False, kind="stable").index
    worst = lost[lost >= _NOTABLE_LOSS].sort_values(ascending=False, kind="stable").index
    text = say("score.best", best=tuple(label[best[:_NAMED]])) if len(best) else ""
    losses = tuple(f"{label[leaf]}（失 {lost[leaf]:.1f} 分）" for leaf in worst[:_NAMED])
    return text + (say("score.worst", worst=losses) if losses else "")


def unscored(leaves: pd.DataFrame, *, unit_word: str = "") -> str:
    """Say which leaves concern a unit but have no data; "" if there is none. ``leaves`` as for ``strong_and_weak``."""
    lacking = leaves.loc[leaves["applies"] & leaves["score"].isna(), "label"]
    return say("score.unscored", leaves=tuple(lacking), unit_word=unit_word) if len(lacking) else ""


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
    met = int(summary["met"].fillna(False).sum())
    if met == len(summary):
        text = say("standard.all_met", word=word, period=period, name=name, units=met, title=title)
    else:
        short = summary.loc[~summary["met"].fillna(False).astype(bool)]
        text = say(
            "standard.some_met",
            word=word,
            period=period,
            name=name,
            title=title,
            units=len(summary),
            met=met,
            rate=met / len(summary),
            short=_short(short),
        )
    if before is not None and not before.empty:
        earlier = int(before["met"].fillna(False).sum())
        key = "same" if earlier == met else "change"
        text += say(f"standard.{key}", word=word, before=earlier, now=met)
    large = int(summary["large_centres"].sum()) if "large_centres" in summary else 0
    return text + (say("standard.large", large=large) if large else "")


def coverage(row: Mapping[str, Any], *, name: str) -> str:
    """Say whether the grids cover the ground; ``row`` of ``coverage.coverage_summary``."""
    sound = row["gaps"] == 0 and row["overlaps"] == 0
    return say("coverage.sound" if sound else "coverage.defects", name=name, **_only(row, _COVERAGE))


_COVERAGE = ("grids", "gaps", "gap_m2", "overlaps", "overlap_m2")


def matters(settling: Mapping[str, Any], levels: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    """Say how many matters were settled, where and how fast; rows of ``matters.settling`` and ``settled_levels``."""
    if not settling["reported"]:
        return say("matters.none")
    shares = {key: levels[key] for key in ("grid_share", "village_share", "town_share", "above_share")}
    low = levels["grid_share"] + levels["village_share"]
    text = say("matters.settled", **settling) + say("matters.levels", **shares, low_share=low)
    if before is not None and before["n"]:
        text += say("matters.change", change=levels["grid_share"] - before["grid_share"])
    return text + say("matters.overdue" if settling["overdue"] else "matters.no_overdue", **settling)


def services(
    totals: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    *,
    items: int,
    rural: Mapping[str, Any] | None = None,
    scope: str = "",
) -> str:
    """Say how far needs are met inside the community; rows of ``services.service_totals``, ``items`` kinds."""
    if not _positive(totals["requested"]):
        return say("services.none")
    text = say("services.inside", items=items, scope=scope, **totals)
    if before is not None and _positive(before["requested"]):
        text += say("services.change", change=totals["inside_rate"] - before["inside_rate"])
    mixed = rural is not None and _positive(rural["requested"]) and rural["requested"] < totals["requested"]
    return text + (say("services.rural", **rural) if rural is not None and mixed else "")


def satisfaction(row: Mapping[str, Any], *, target: float | None, scope: str = "") -> str:
    """Say the satisfaction with n and interval, and what they allow to conclude against ``target`` (0–1 or None)."""
    if not _positive(row["n"]):
        return say("satisfaction.none")
    bounds = {f"{bound}_text": _apart(row[bound], target) for bound in ("low", "high")}
    text = say("satisfaction.rate", scope=scope, **{key: row[key] for key in ("n", "rate")}, **bounds)
    if target is None:
        return text
    place = "above" if row["low"] >= target else "below" if row["high"] < target else "around"
    return text + say(f"satisfaction.{place}", target=target)


def funds(row: Mapping[str, Any]) -> str:
    """Say what came in, was spent, and on what; ``row`` of ``funds.fund_totals``."""
    if not _positive(row["income"]) and not _positive(row["expense"]):
        return say("funds.none")
    text = say("funds.totals", **row)
    if not _positive(row["expense"]):
        return text
    if row["outside"] > 0:
        return text + say("funds.outside", outside=row["outside"], share=row["outside"] / row["expense"])
    # Only the special fund is bound to its purposes.
    return text + (say("funds.clean") if row["bound"] > 0 else "")


def ledger(levels: pd.DataFrame) -> str:
    """Say the 3 × 3 ledger's totals; ``levels`` as from ``ledgers.three_by_three``."""
    return say("ledger.totals", **levels[["tasks", "commitments", "inspected", "done", "overdue"]].sum())


def checklist(items: pd.DataFrame) -> str:
    """Say how far the institution lists are carried out; ``items`` as from ``ledgers.checklist_items``."""
    short = int((items["met"] < items["units"]).sum())
    if not short:
        return say("checklist.all_met", items=len(items))
    return say("checklist.some_met", items=len(items), short=short, rate=items["met"].sum() / items["units"].sum())


def problems(found: pd.DataFrame) -> str:
    """Say how many problems there are; ``found`` has a column ``severity``."""
    if found.empty:
        return say("problems.none")
    return say("problems.some", n=len(found), severe=int((found["severity"] == "severe").sum()))


def findings(found: pd.DataFrame, *, name: str, whole_zone: bool = False) -> str:
    """Say how many defects the files of a place have; ``found`` as in docs/architecture.md."""
    if found.empty:
        return say("appendix.clean", name=name)
    counts = found["severity"].value_counts()
    numbers = {key: int(counts.get(key, 0)) for key in ("error", "warning", "note")}
    phrase = "appendix.zone_findings" if whole_zone else "appendix.findings"
    return say(phrase, name=name, n=len(found), **numbers)


def unplaced(found: pd.DataFrame, *, unit_word: str = "") -> str:
    """Say how many findings belong to no unit; "" if there is none."""
    number = int(found["unit_code"].isna().sum())
    return say("appendix.unplaced", n=number, unit_word=unit_word) if number else ""


def row_accounts(accounts: pd.DataFrame) -> str:
    """Say how many rows were read and what became of them."""
    sums = accounts[["rows_read", "rows_used", "rows_set_aside", "rows_left_out"]].sum()
    read, used, aside, left = (int(number) for number in sums)
    return say("appendix.rows", read=read, used=used, aside=aside, left=left)


def rows_here(accounts: pd.DataFrame, *, name: str) -> str:
    """Say how many rows of the files are one district's and what became of them."""
    used, aside = (int(accounts[column].sum()) for column in ("rows_used", "rows_set_aside"))
    return say("appendix.rows_here", name=name, read=used + aside, used=used, aside=aside)


def _short(summary: pd.DataFrame) -> str:
    """List who misses what: ``甲村（缺警务室、宣传栏）``, at most eight, then how many more."""
    told = [f"{row.name}（缺{'、'.join(row.missing)}）" for row in summary.itertuples()]
    more = f"等 {len(told)} 个村" if len(told) > _LISTED else ""
    return ";".join(told[:_LISTED]) + more


def _apart(bound: float, target: float | None) -> str:
    """Return a rate as %, with as many digits as it takes not to look like the target it misses."""
    for digits in (1, 2, 3):
        text = f"{bound * 100:.{digits}f}%"
        if target is None or text != f"{target * 100:.{digits}f}%":
            return text
    return text


def _only(row: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: row[key] for key in keys}


def _positive(number: Any) -> bool:
    return bool(pd.notna(number) and number > 0)
