"""The numbers that all districts of a zone share, found once a period; and the part of them that one district shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from shapely.geometry.base import BaseGeometry

from govkit.analysis.effect import difference
from govkit.analysis.ledgers import follow_up, ratings, summed, views
from govkit.analysis.ledgers.problems import find_problems
from govkit.analysis.measures import coverage
from govkit.analysis.measures.coverage import GridAudit
from govkit.analysis.measures.functions import MeasureScope
from govkit.analysis.measures.measure import measure_scopes
from govkit.analysis.measures.scope import Scope
from govkit.analysis.score import attribution, breaks, robustness
from govkit.analysis.score.assess import Assessment, assess_tables
from govkit.analysis.score.attribution import LeaveOut, leaf_peers
from govkit.analysis.score.change import Change, compare, score_change
from govkit.analysis.score.robustness import Robustness
from govkit.analysis.score.scheme import Scheme
from govkit.analysis.standards import ladder
from govkit.analysis.standards.judged_by import JudgedBy, judged_by
from govkit.catalogue.stated import is_own
from govkit.digests import NoDigestError, digest
from govkit.periods import ALWAYS, Period
from govkit.rounding import parts_of
from govkit.zone.zone import Zone

# How many districts on either side of a district's rank its report names.
_BESIDE = 3
_OPTIONAL = ("projects", "points", "items", "statistics", "ratings", "panel")


@dataclass(frozen=True, eq=False)
class Numbers:
    """The numbers of a period that districts share: of all of them (``Shared``), or of one (``Part``)."""

    period: Period
    before: Period | None
    zone_word: str
    outline: BaseGeometry | None
    audit: GridAudit | None
    current: Assessment | None
    previous: Assessment | None
    looked_back: pd.DataFrame | None
    parts: pd.DataFrame | None
    breaks: pd.DataFrame | None
    drawn: Robustness | None
    moves: pd.DataFrame | None
    left_out: LeaveOut | None
    three_levels: pd.DataFrame | None
    two_way: pd.DataFrame | None
    rated: pd.DataFrame | None
    pay: Mapping[str, pd.DataFrame]
    partners: pd.DataFrame
    views: tuple[str, ...]
    lacking: tuple[str, ...]
    provided: Mapping[str, tuple[str, ...]]
    pilot: pd.DataFrame
    items: pd.DataFrame
    unplaced: int
    problems: pd.DataFrame
    followed: pd.DataFrame

    @cached_property
    def changed(self) -> Change | None:
        """The change of the scores since the last period; None without one."""
        return compare(self.current, self.previous) if self.current and self.previous else None


@dataclass(frozen=True, eq=False)
class Part(Numbers):
    """What one district's report may show of the numbers that all districts share; plain values, one district's own.

    ``number_of_districts``, ``kinds_of_districts``: of all districts; ``zone_word``: what the zone is (区, 县);
    ``outline``: the zone's polygon (EPSG:4490, None without boundaries);
    ``current`` and ``previous``: its own row of the assessments; ``near``: it and its neighbours by rank
    (``unit_code``, ``name``, ``rank``, ``score``, ``grade``); ``peers``: its leaves among units like it
    (``peers.leaf_peers``); ``parts``: what each leaf added to the change of its
    score; ``breaks``: what forbids comparing its periods; ``drawn``, ``moves``, ``left_out``: how far its rank holds;
    ``three_levels``, ``two_way``, ``rated``: its rows; ``pay``: by ladder; ``partners``: its pairs of
    communities, seen from both sides; ``views``: ledgers the zone has; ``lacking``: optional tables it has not;
    ``provided``: tables it has, with the kinds of unit they speak of; ``pilot``: what came of the pilot
    (``difference.effects``); ``items``: lists of items that hold for the whole zone; ``unplaced``: findings of no unit;
    ``looked_back``: its ``score`` by a scheme not in force, where that is asked for;
    ``problems``: its problems of this period, with state and the date first set (``follow_up.with_history``);
    ``followed``: what became of those of the last one.
    """

    unit_code: str
    number_of_districts: int
    kinds_of_districts: tuple[str, ...]
    rankable: bool
    near: pd.DataFrame
    peers: pd.DataFrame | None


@dataclass(frozen=True, eq=False)
class Shared(Numbers):
    """The numbers of a period that all districts share; attributes as in ``Part``, with the rows of all districts.

    ``districts``: as ``Zone.districts``; ``district_of``: unit code → district code.
    """

    districts: pd.DataFrame
    district_of: pd.Series = field(repr=False)
    peers: Mapping[str, pd.DataFrame] = field(repr=False)

    @property
    def rankable(self) -> bool:
        """Whether enough districts have a score for their ranks to be worth defending."""
        return self.current is not None and self.current.rankable

    @cached_property
    def _ranked(self) -> pd.DataFrame:
        if self.current is None:
            return pd.DataFrame(columns=["unit_code", "name", "rank", "score", "grade"])
        names = self.districts.set_index("unit_code")["name"]
        scores = self.current.scores.rename_axis("unit_code")
        ordered = scores.assign(name=names.reindex(scores.index)).sort_values(["rank", "name"], na_position="last")
        return ordered.reset_index()[["unit_code", "name", "rank", "score", "grade"]]

    def of(self, unit_code: str) -> Part:
        """Return the part of one district, by its 12 digits."""

        def own(frame: pd.DataFrame | None) -> pd.DataFrame | None:
            return None if frame is None else frame.reindex([unit_code])

        return Part(
            unit_code=unit_code,
            period=self.period,
            before=self.before,
            number_of_districts=len(self.districts),
            kinds_of_districts=tuple(sorted(set(self.districts["kind"].dropna()))),
            zone_word=self.zone_word,
            outline=self.outline,
            audit=self.audit.of(unit_code) if self.audit else None,
            current=self.current.of(unit_code) if self.current else None,
            previous=self.previous.of(unit_code) if self.previous else None,
            looked_back=own(self.looked_back),
            rankable=self.rankable,
            near=self._near(unit_code),
            peers=self.peers.get(unit_code),
            parts=own(self.parts),
            breaks=self._breaks(unit_code),
            drawn=replace(self.drawn, ranks=own(self.drawn.ranks), drawn=pd.DataFrame()) if self.drawn else None,
            moves=own(self.moves),
            left_out=self._left_out(unit_code),
            three_levels=own(self.three_levels),
            two_way=own(self.two_way),
            rated=own(self.rated),
            pay={name: _of(frame, unit_code) for name, frame in self.pay.items()},
            partners=_of(self.partners, unit_code),
            views=self.views,
            lacking=self.lacking,
            provided=self.provided,
            pilot=self.pilot,
            items=self.items,
            unplaced=self.unplaced,
            problems=_problems_of(self.problems, unit_code),
            followed=_problems_of(self.followed, unit_code),
        )

    def _near(self, unit_code: str) -> pd.DataFrame:
        """Return a district and those next to it by rank: those further off are not a matter of its report."""
        table = self._ranked
        place = int(table["unit_code"].eq(unit_code).to_numpy().argmax()) if len(table) else 0
        return table.iloc[max(place - _BESIDE, 0) : place + _BESIDE + 1].reset_index(drop=True)

    def _breaks(self, unit_code: str) -> pd.DataFrame | None:
        if self.breaks is None:
            return None
        units = self.breaks["unit_code"]
        return self.breaks.loc[units.eq("") | units.map(self.district_of).eq(unit_code)].reset_index(drop=True)

    def _left_out(self, unit_code: str) -> LeaveOut | None:
        if self.left_out is None:
            return None
        scores, moves = (frame.reindex([unit_code]) for frame in (self.left_out.scores, self.left_out.rank_moves))
        return LeaveOut(scores, moves, self.left_out.leaves[["label"]])


def _of(frame: pd.DataFrame, unit_code: str) -> pd.DataFrame:
    return frame.loc[frame["district_code"].eq(unit_code)].reset_index(drop=True)


def _problems_of(frame: pd.DataFrame, unit_code: str) -> pd.DataFrame:
    """Return a district's problems, those it shares with others too."""
    others = frame["shared_with"].map(lambda codes: unit_code in codes).astype(bool)
    return frame.loc[frame["district_code"].eq(unit_code) | others].reset_index(drop=True)


# What was found last, by period, with a hash of the zone it was found of.
_kept: dict[str, tuple[str, Shared]] = {}


def kept_numbers(zone: Zone, period: str) -> Shared:
    """Return ``shared_numbers``, those found last where the same zone is asked for again: it is known by its content.

    For a kernel in which one district's report is made after another.
    """
    name = zone.period(period).id
    judges = [Path(one).read_bytes() for one in (*zone.settings.standards, zone.settings.scheme) if is_own(one)]
    try:
        known = digest((zone.tables, [one.attrs for one in zone.tables.values()], zone.findings, zone.settings, judges))
    except NoDigestError:  # somebody's own column
        return shared_numbers(zone, name)
    if _kept.get(name, ("", None))[0] != known:
        _kept[name] = (known, shared_numbers(zone, name))
    return _kept[name][1]


def shared_numbers(zone: Zone, period: str) -> Shared:
    """Return the numbers that all districts of a zone share in a period (id or name)."""
    judged = judged_by(zone.settings.standards, zone.settings.scheme)
    return _found(zone, zone.period(period), zone.previous(period), judged)


def _three_levels(zone: Zone, judged: JudgedBy, *periods: Period | None) -> pd.DataFrame:
    """Return the scores of three levels, with ``change`` of the score since the last period where there is one."""
    weights = judged.level_weights
    found, *was = (ratings.three_levels(zone.tables, one, weights=weights) for one in periods if one)
    return found.assign(change=score_change(found["score"], was[0]["score"])) if was else found


def _found(zone: Zone, now: Period, before: Period | None, judged: JudgedBy) -> Shared:
    tables, crs, tree = zone.tables, zone.metric_crs, judged.scheme
    # All grids together: only so are gaps and overlaps between neighbouring districts seen.
    audit = None if zone.lacks("grids") else coverage.audit(tables, crs=crs)
    periods = [one for one in zone.settings.periods if one.end <= now.end]
    over = {one.id: measure_scopes((), tables, one, crs=crs, audit=audit) for one in {*periods, now}}
    current = assess_tables(tree, tables, now, scopes=over[now.id]) if tree else None
    previous = assess_tables(tree, tables, before, scopes=over[before.id]) if tree and before else None
    drawn = robustness.robustness(current) if current and current.rankable else None
    rated = None if zone.lacks("ratings") else ratings
    asked: dict[str, Any] = {"standards": judged.standards, "named": judged.names, "rules": judged.rules}
    found = [(one, find_problems(tables, one, audit=audit, crs=crs, scopes=over[one.id], **asked)) for one in periods]
    followed = follow_up.followed_up(found)
    return Shared(
        period=now,
        before=before,
        districts=zone.districts,
        zone_word=zone.word,
        district_of=tables["units"].drop_duplicates("unit_code").set_index("unit_code")["district_code"],
        outline=zone.outline,
        audit=audit,
        current=current,
        previous=previous,
        looked_back=_looked_back(zone, tree, now, over[now.id]),
        peers=leaf_peers(current, previous) if current else {},
        parts=_parts(current, previous) if current and previous else None,
        breaks=breaks.breaks(current, previous, tables, now, before) if current and previous and before else None,
        drawn=drawn,
        moves=robustness.rank_moves(drawn, robustness.robustness(previous)) if drawn and previous else None,
        left_out=attribution.leave_out(current) if drawn and current else None,
        three_levels=_three_levels(zone, judged, now, before) if rated else None,
        two_way=rated.two_way(tables, now) if rated else None,
        rated=rated.rated(tables, now) if rated else None,
        pay={one.name: ladder.pay_floor(tables, one, now) for one in judged.ladders},
        partners=_partners(zone, now),
        views=tuple(one.name for one in views.load_views() if summed.applies(one, tables)),
        lacking=tuple(name for name in _OPTIONAL if zone.lacks(name)),
        provided=_provided(zone),
        pilot=difference.effects(tables) if "panel" in tables else pd.DataFrame(),
        items=_zone_wide(tables, "items"),
        unplaced=int(zone.findings["unit_code"].isna().sum()),
        problems=follow_up.with_history(found[-1][1], followed),
        followed=followed,
    )


def _looked_back(zone: Zone, tree: Scheme | None, now: Period, scopes: Mapping[str, MeasureScope]) -> Any:
    """Return the scores by a scheme that is not in force, where a zone asks to look back; else None."""
    if tree is None or tree.term.covers(now) or not zone.settings.look_back:
        return None
    return assess_tables(replace(tree, term=ALWAYS), zone.tables, now, scopes=scopes).scores[["score"]]


def _parts(now: Assessment, before: Assessment) -> pd.DataFrame:
    """Return what each leaf added to the change of the scores, rounded so that it adds up to the change as shown."""
    parts, change = attribution.change_parts(now, before), compare(now, before).scores["change"]
    rounded = [parts_of(row, change[unit]) for unit, row in parts.iterrows()]
    return pd.DataFrame(rounded, index=parts.index, columns=parts.columns)


def _zone_wide(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return the rows of a table that are of no one district: they hold in all of them."""
    rows = tables.get(name, pd.DataFrame(columns=["district_code"]))
    return rows.loc[rows["district_code"].isna()].reset_index(drop=True)


def _provided(zone: Zone) -> dict[str, tuple[str, ...]]:
    """Return the tables of a zone with the kinds of unit whose rows they hold."""
    kinds = zone.tables["units"].drop_duplicates("unit_code").set_index("unit_code")["kind"]
    speaking = {name: table for name, table in zone.tables.items() if "unit_code" in table and len(table)}
    return {name: tuple(sorted(set(table["unit_code"].map(kinds).dropna()))) for name, table in speaking.items()}


def _partners(zone: Zone, now: Period) -> pd.DataFrame:
    """Return the pairs that exist at the period's end from both sides: a row for the district of either community.

    Columns: ``district_code``, ``name`` (the village), ``partner``, ``since``, ``activities``, ``own`` (whether the
    village is the district's).
    """
    columns = ["district_code", "name", "partner", "since", "activities", "own"]
    if zone.lacks("pairs"):
        return pd.DataFrame(columns=columns)
    pairs = Scope(zone.tables, now, by="zone").rows("pairs").sort_values(["unit_code", "partner_code"])
    units = zone.tables["units"].drop_duplicates("unit_code").set_index("unit_code")
    named = pairs.assign(name=pairs["unit_code"].map(units["name"]), partner=pairs["partner_code"].map(units["name"]))
    theirs = pairs["partner_code"].map(units["district_code"])
    other = named.assign(district_code=theirs, own=False).loc[theirs.ne(pairs["district_code"])]
    return pd.concat([named.assign(own=True), other], ignore_index=True)[columns]
