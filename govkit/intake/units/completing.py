"""What files leave out about units: codes made for names, levels and kinds told by endings, units told by places."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.errors import ReportError, SourceError
from govkit.files import write_whole
from govkit.geometry.points_in_grids import grids_of_points
from govkit.intake.reading.assemble import Reading
from govkit.intake.units.code_systems import FULL, padded
from govkit.intake.units.national import listed, system_used, units_of
from govkit.intake.units.unit_names import stem_and_kinds
from govkit.intake.values.quantities import plain

CODES_FILE = "codes.csv"
_HEADS = ("上级名称", "单元名称", "代码")
# digits of a code that a level adds its own to, and how many its own are
_ROOM = {"county": (4, 2), "street": (6, 3), "community": (9, 3), "compound": (9, 3)}
_LEVEL_OF_KIND = {
    "province": "province", "city": "city", "county": "county", "street": "street", "town": "street",
    "township": "street", "sumu": "street", "farm": "street",
    "urban_community": "community", "village": "community", "gacha": "community",
    "company": "community", "compound": "compound",
}  # fmt: skip
UPWARD = ("compound", "community", "street", "county", "city", "province")

Names = Mapping[tuple[str, str], str]


def kept_codes(folder: Path) -> dict[tuple[str, str], str]:
    """Return the codes that ``codes.csv`` of a zone folder keeps for units: (name above, name) → code."""
    path = folder / CODES_FILE
    if not path.is_file():
        return {}
    frame = pd.read_csv(path, dtype="str", encoding="utf-8-sig").fillna("")
    if not set(_HEADS) <= set(frame) or not frame["代码"].str.fullmatch(FULL.pattern).all():
        raise SourceError(
            f"{CODES_FILE} 有误：应有列{'、'.join(_HEADS)}，代码为 12 位数字。", where=str(path), todo="改正后重试。"
        )
    keys = zip(frame["上级名称"].map(plain), frame["单元名称"].map(plain), strict=True)
    return dict(zip(keys, frame["代码"], strict=True))


def codes_text(units: pd.DataFrame) -> str:
    """Return the text of ``codes.csv`` for tidy units, so that a name keeps the code it has once been given."""
    names = dict(zip(units["unit_code"], units["name"], strict=True))
    above = units["parent"].map(names).fillna("")
    frame = pd.DataFrame(dict(zip(_HEADS, (above, units["name"], units["unit_code"]), strict=True)))
    text = io.StringIO()
    frame.to_csv(text, index=False, lineterminator="\r\n")
    return text.getvalue()


def completed_units(reading: Reading, zone_code: str, kept: Names, *, system: str = "") -> Reading:
    """Return units of which each has a code, a level, a kind and a parent's code, where names tell them.

    ``kept``: codes given before, (name above, name) → code. A unit that is only named as another's parent becomes a
    unit itself. Codes come from the national list of the ``system`` where the name is the only one below its parent;
    others are made: 12 digits below the parent's, which are nobody's in that list. Both are noted. Where nothing is
    left out, the reading is returned as it is.
    """
    # 赤壁市 is a 县级市: its level was written as 市, which a prefecture is too
    cities = reading.frame["level"].eq("city") & reading.frame["kind"].eq("county")
    if cities.any():
        reading = replace(reading, frame=reading.frame.assign(level=reading.frame["level"].mask(cities, "county")))
        first, words = cities & ~cities.duplicated(), {"count": int(cities.sum())}
        reading = reading.flagged("level_by_kind", first, column="level", words=words)
    given = reading.frame
    named = given["parent"].notna() & ~given["parent"].fillna("0").str.fullmatch(r"\d+")
    wanting = given[["unit_code", "level", "kind"]].isna().any(axis=1)
    # a cell that holds something unreadable has had its finding
    wanting &= ~reading.aside
    if not (wanting | named).any():
        return reading
    reading = _with_parents_above(_with_levels(reading))
    reading = _with_parents_named(reading)
    reading = _with_codes(reading, zone_code, kept, system_used(system))
    for column in ("unit_code", "level", "kind"):
        reading = reading.flagged("missing_required", reading.frame[column].isna() & ~reading.aside, column=column)
    return reading


def _with_levels(reading: Reading) -> Reading:
    """Tell level and kind by the other, by the ending of the name, and the level by the code's zeros."""
    frame = reading.frame
    kinds = [
        _kinds_of(str(name), below=parent) if isinstance(name, str) else ()
        for name, parent in zip(frame["name"], frame["parent"], strict=True)
    ]
    by_name = pd.Series([found[0] if found else None for found in kinds], index=frame.index, dtype="str")
    kind = frame["kind"].fillna(by_name)
    level = frame["level"].fillna(kind.map(_LEVEL_OF_KIND)).fillna(_level_of_code(frame["unit_code"]))
    if level.isna().any():
        # of a list of names alone, what has no ending is what most of the others are, else a community
        level = level.fillna(level.mode().iloc[0] if level.notna().any() else "community")
    kind = kind.fillna(level.map({one: one for one in ("province", "city", "county", "compound")})).fillna("其他")
    told = (frame["level"].isna() | frame["kind"].isna()) & ~reading.aside
    first = told & ~told.duplicated()
    reading = replace(reading, frame=frame.assign(level=level.astype("str"), kind=kind.astype("str")))
    return reading.flagged("level_by_name", first, column="name", words={"count": int(told.sum())})


def _with_parents_above(reading: Reading) -> Reading:
    """Take the unit of a higher level above it for the parent of one without code, in a list that stands as a tree.

    Each unit of a level then follows its own parent. Where all of one level stand together below several of a higher
    one, nobody knows whose they are.
    """
    frame = reading.frame
    if frame["parent"].notna().any() or frame["unit_code"].notna().any():
        return reading
    ranks = frame["level"].map({level: rank for rank, level in enumerate(UPWARD)}).to_numpy(dtype="float64")
    parents: list[str | None] = []
    open_ones: list[tuple[float, str]] = []
    for rank, name in zip(ranks, frame["name"].tolist(), strict=True):
        while open_ones and not open_ones[-1][0] > rank:
            open_ones.pop()
        parents.append(open_ones[-1][1] if open_ones else None)
        open_ones.append((rank, name))
    told = pd.Series(parents, index=frame.index, dtype="str")
    starts = np.r_[True, ranks[1:] != ranks[:-1]]
    blocks = any(
        int(starts[ranks == rank].sum()) == 1 and int((ranks == upper).sum()) > 1
        for rank, upper in itertools.pairwise(np.unique(ranks))
    )
    if blocks or told.isna().all():
        return reading
    reading = replace(reading, frame=frame.assign(parent=told))
    first = (told.notna() & ~told.notna().duplicated()).to_numpy()
    words = {"count": int(told.notna().sum()), "parent": told[first].tolist()}
    return reading.flagged("parent_from_order", first, column="name", words=words)


def _kinds_of(name: str, *, below: object = None) -> tuple[str, ...]:
    """Return the kinds that the ending of a name may mean; none that stands above the unit it is ``below``."""
    own = next((word for word in catalogue.load("unit_names")["own_endings"] if name.endswith(word)), "")
    kinds = (own,) if own else tuple(sorted(stem_and_kinds(name)[1], key=lambda kind: kind != "county"))
    above = _kinds_of(below) if isinstance(below, str) else ()
    levels = [_LEVEL_OF_KIND.get(found[0], "") if found else "" for found in (kinds, above)]
    # 林场生活区 below a town is no county (区), nor is one below what is not known to be a city
    county = levels[0] == "county" and isinstance(below, str) and not below.isdigit()
    if county and not {"city", "province"} & {*above}:
        return ()
    return () if all(levels) and UPWARD.index(levels[0]) > UPWARD.index(levels[1]) else kinds


def _level_of_code(codes: pd.Series) -> pd.Series:
    full = codes.map(padded, na_action="ignore").astype("str")
    found = pd.Series(None, index=codes.index, dtype="str")
    for digits, level in ((2, "province"), (4, "city"), (6, "county"), (9, "street"), (12, "community")):
        hit = full.str.fullmatch(rf"\d{{{digits}}}0{{{12 - digits}}}").fillna(False)
        found = found.fillna(pd.Series(level, index=codes.index).where(hit))
    return found.astype("str")


def _with_parents_named(reading: Reading) -> Reading:
    """Add a unit for every name that stands as a parent and is no unit of the file itself."""
    frame = reading.frame
    parents = frame["parent"].where(~frame["parent"].fillna("0").str.fullmatch(r"\d+")).dropna()
    known = {plain(str(name)) for name in frame["name"].dropna()}
    stems = {stem_and_kinds(str(name))[0] for name in frame["name"].dropna()}
    new = [
        name
        for name in dict.fromkeys(parents)
        if plain(name) not in known
        and (
            stem_and_kinds(name)[0] not in stems
            or not stem_and_kinds(name)[1].isdisjoint(("street", "town", "township", "county", "city"))
        )
    ]
    if not new:
        return reading
    first = [int(np.flatnonzero((frame["parent"] == name).to_numpy())[0]) for name in new]
    kinds = [_kinds_of(name) for name in new]
    below = [str(frame["level"].iloc[at]) for at in first]
    levels = [_LEVEL_OF_KIND.get(kind[0], "") if kind else "" for kind in kinds]
    streets = "street" in levels
    levels = [
        level
        if level and not (streets and level == "county" and under == "community")
        # 商贸物流区 above communities, among streets, is one of them
        else UPWARD[min(UPWARD.index(under) + 1, len(UPWARD) - 1)]
        for level, under in zip(levels, below, strict=True)
    ]
    rows = pd.DataFrame(
        {"name": new, "level": levels, "kind": [kind[0] if kind else "其他" for kind in kinds]}
    ).reindex(columns=[name for name in frame if name != "geometry"])
    rows = rows.astype({name: frame[name].dtype for name in rows})
    reading = _added(reading, rows, np.array(first))
    at = np.arange(len(reading.frame)) == len(frame)
    return reading.flagged(
        "units_of_parents", at, column="parent", words={"count": len(new), "names": "、".join(new[:8])}
    )


def _added(reading: Reading, rows: pd.DataFrame, at: np.ndarray) -> Reading:
    """Return the reading with records of its own making, which stand where the records ``at`` do."""
    frame = pd.concat([pd.DataFrame(reading.frame), rows], ignore_index=True)
    if "geometry" in reading.frame:
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=reading.frame.crs)
    text = pd.concat([reading.text, reading.text.iloc[at].assign(name=rows["name"].to_numpy())], ignore_index=True)
    origin = reading.origin
    origin = replace(
        origin,
        sheet=np.concatenate([origin.sheet, origin.sheet[at]]),
        row={name: np.concatenate([one, one[at]]) for name, one in origin.row.items()},
        column={name: np.concatenate([one, one[at]]) for name, one in origin.column.items()},
        file=None if origin.file is None else np.concatenate([origin.file, origin.file[at]]),
    )
    return replace(
        reading, frame=frame, text=text, origin=origin, aside=np.concatenate([reading.aside, np.zeros(len(at), bool)]),
        facts={**reading.facts, "made": len(at)},
    )  # fmt: skip


def _with_codes(reading: Reading, zone_code: str, kept: Names, system: str) -> Reading:
    """Give units without one a code below their parent's, level by level from the top, and put parents' codes."""
    frame = reading.frame
    code = frame["unit_code"].map(padded, na_action="ignore").astype("str")
    parent = frame["parent"].astype("str")
    made, found, unclear = (np.zeros(len(frame), dtype=bool) for _ in range(3))
    top = zone_code.ljust(12, "0")
    own_level = _level_of_code(pd.Series([top], dtype="str")).iloc[0]
    # below what has a made code nothing is looked up
    own: set[str] = set()
    for level in reversed(UPWARD):
        mine = ((frame["level"] == level) & ~reading.aside).to_numpy()
        above = frame.loc[(frame["level"] != level) & code.notna(), "name"]
        by_name = _codes_by_name(above, code)
        for at in np.flatnonzero(mine):
            said = parent.iloc[at]
            if isinstance(said, str) and not said.isdigit():
                hits = by_name.get(plain(said)) or by_name.get(stem_and_kinds(said)[0], [])
                unclear[at] = len(hits) > 1
                parent.iloc[at] = hits[0] if len(hits) == 1 else None
        names = frame["name"].where(mine & code.isna().to_numpy()).dropna()
        taken = set(code.dropna())
        order = sorted(names.index, key=lambda one: (str(parent[one]), str(frame["name"][one])))
        unders = {at: parent[at] if isinstance(parent[at], str) else top for at in order}
        known = {
            at: ""
            if unders[at] in own or level == "compound"
            else listed(str(frame["name"][at]), level=level, under=unders[at], system=system)
            for at in order
        }
        many = Counter(known.values())
        for at in order:
            above_name = str(reading.text["parent"][at]) if "parent" in reading.text else ""
            before = kept.get((plain(above_name), plain(str(frame["name"][at]))), "")
            # a code that two units would have is neither's
            there = known[at] if many[known[at]] == 1 and known[at] not in taken else ""
            foreign = set(units_of(unders[at][:6], system).codes)
            # the one unit of the zone's own level is the zone
            itself = top if len(order) == 1 and level == own_level and top not in taken else ""
            code[at] = (
                before or itself or there or free_code(unders[at], level, str(frame["name"][at]), taken | foreign)
            )
            taken.add(code[at])
            if code[at] != itself:
                (found if there and code[at] == there else made)[at] = True
            own |= {code[at]} if made[at] else set()
    reading = reading.flagged("ambiguous_parent", unclear, column="parent")
    reading = replace(reading, frame=frame.assign(unit_code=code.astype("str"), parent=parent.astype("str")))
    entry = catalogue.load("national")[system]
    for rule, hit in (("national_codes", found), ("local_codes", made)):
        words = {"count": int(hit.sum()), "file": CODES_FILE, "title": entry["title"], "vintage": entry["vintage"]}
        reading = reading.flagged(rule, hit & ~pd.Series(hit).duplicated().to_numpy(), column="name", words=words)
    return reading


def _codes_by_name(names: pd.Series, code: pd.Series) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for at, name in names.dropna().items():
        for word in dict.fromkeys((plain(str(name)), stem_and_kinds(str(name))[0])):
            found.setdefault(word, []).append(str(code[at]))  # type: ignore[index]
    return {word: list(dict.fromkeys(codes)) for word, codes in found.items()}


def free_code(under: str, level: str, name: str, taken: Iterable[str]) -> str:
    """Return a code below another's that no unit has, the same for the same name wherever it can be."""
    digits, own = _ROOM.get(level, (2, 2))
    size = 10**own
    start = int(hashlib.sha256(plain(name).encode("utf-8")).hexdigest(), 16) % size
    for step in range(size):
        number = (start + step) % size
        found = (under[:digits] + f"{number:0{own}d}").ljust(12, "0")
        if number and found not in taken:
            return found
    raise SourceError(f"“{name}”所在的上级下面单元太多，编不出代码。", todo="请在表里补上代码。")


def by_place(reading: Reading, units: gpd.GeoDataFrame) -> pd.Series:
    """Return the code of the lowest unit that each record lies in, NA where it has no place or lies in none."""
    frame = reading.frame
    found = pd.Series(None, index=frame.index, dtype="str")
    if "geometry" not in frame or "geometry" not in units:
        return found
    shapes = gpd.GeoSeries(frame["geometry"])
    points = shapes.where(shapes.isna() | (shapes.geom_type == "Point"), shapes.representative_point())
    for level in UPWARD:
        drawn = units.loc[(units["level"] == level) & units["geometry"].notna()]
        left = found.isna() & points.notna() & ~points.is_empty
        if len(drawn) and left.any():
            here = grids_of_points(points[left], drawn[["unit_code", "geometry"]], code="unit_code")["grid_code"]
            found.loc[here.index] = here.to_numpy()
    return found


def with_units_of_places(reading: Reading, place: pd.Series) -> Reading:
    """Return records without a unit with that of their place, and one note of how many there were."""
    bare = (reading.frame["unit_code"].isna() & place.notna()).to_numpy() & ~reading.aside
    if not bare.any():
        return reading
    reading = replace(reading, frame=reading.frame.assign(unit_code=reading.frame["unit_code"].fillna(place)))
    first = bare & ~pd.Series(bare).duplicated().to_numpy()
    return reading.flagged("units_by_place", first, words={"count": int(bare.sum())})


def needs_places(reading: Reading, known: Mapping[str, str]) -> bool:
    """Whether a table with places has records whose unit is missing or none of the ``known``."""
    if "geometry" not in reading.frame or "unit_code" not in reading.frame:
        return False
    codes = reading.frame["unit_code"].map(padded, na_action="ignore")
    return bool((~codes.isin(known) & reading.frame["geometry"].notna() & ~reading.aside).any())


def still_lacking(reading: Reading) -> Reading:
    """Number records without a number, tell the state of matters by their times, and set aside what lacks a unit.

    Only what a file leaves out altogether is made up for.
    """
    if not reading.source.lenient or reading.table.name == "units":
        return reading
    reading = _numbered(reading)
    if reading.table.name == "events":
        return _with_states(reading)
    if "item" in reading.table and "item" not in reading.text:
        reading = replace(reading, frame=reading.frame.assign(item=pd.Series("全部事项", reading.frame.index, "str")))
        reading = reading.flagged("all_items", np.arange(len(reading.frame)) == 0, words={"count": len(reading.frame)})
    for column in reading.table.columns:
        if column.required and column.derived:
            bare = reading.frame[column.name].isna() & ~reading.aside
            if column.name == "unit_code" and "longitude" in reading.frame:
                lost = bare & reading.frame["longitude"].notna()
                places = reading.frame.loc[lost, ["longitude", "latitude"]].round(6).astype("str")
                shown = list(places["longitude"] + ", " + places["latitude"])
                reading = reading.flagged("in_no_unit", lost, value=shown)
                bare &= ~lost
            reading = reading.flagged("missing_required", bare, column=column.name)
    return reading


def _numbered(reading: Reading) -> Reading:
    """Number records by what they say, so that the same record has the same number in another order."""
    name = reading.table.key[0]
    if len(reading.table.key) > 1 or name in reading.text or not reading.table[name].derived:
        return reading
    lines = reading.text.fillna("").astype("str").agg("\x1f".join, axis=1)
    again = lines.groupby(lines).cumcount().astype("str")
    number = [hashlib.sha256(one.encode("utf-8")).hexdigest()[:12] for one in lines + "\x1f" + again]
    reading = replace(reading, frame=reading.frame.assign(**{name: pd.Series(number, dtype="str")}))
    words = {"count": len(reading.frame), "label": reading.table[name].label}
    return reading.flagged("numbered", np.arange(len(reading.frame)) == 0, words=words)


def _with_states(reading: Reading) -> Reading:
    if "state" in reading.text or "settled_at" not in reading.text:
        return reading
    settled = reading.frame["settled_at"].notna()
    state = pd.Series(np.where(settled, "settled", "open"), index=reading.frame.index, dtype="str")
    reading = replace(reading, frame=reading.frame.assign(state=state))
    return reading.flagged("state_by_time", np.arange(len(state)) == 0, words={"count": len(state)})


def keep_codes(folder: Path, units: pd.DataFrame, findings: pd.DataFrame) -> Path | None:
    """Write ``codes.csv`` where codes were made and none is kept yet; return it, None if there is nothing to write."""
    path = folder / CODES_FILE
    if path.exists() or not findings["rule"].isin(["local_codes", "codes_abroad"]).any():
        return None
    try:
        return write_whole(path, codes_text(units).encode("utf-8-sig"))
    except ReportError:
        return None
