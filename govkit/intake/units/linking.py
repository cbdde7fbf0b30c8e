"""Unit codes: 12 digits of text, found in the hierarchy, or said to be wrong with the nearest candidates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading.assemble import UNIT_BESIDE, Reading
from govkit.intake.units.code_changes import CodeChanges
from govkit.intake.units.code_systems import FULL, SHORT, padded
from govkit.intake.units.hierarchy import Hierarchy

_PARENT_DIGITS = {"community": 9, "street": 6, "county": 4}
_MOST_HINTS = 200
# letters typed for digits
_LOOKS_LIKE = str.maketrans("OoIlＯ", "00110", "-_ ")
_NAMED = 3


def checked_units(reading: Reading, zone_code: str) -> Reading:
    """Return the units with 12-digit codes and parents.

    A unit of another zone, or with a parent that is not in the table, is set aside; where the file gives no
    parents they are read off the codes, and that is noted. A parent above the topmost units is dropped.
    """
    reading = _padded(reading, "unit_code")
    reading = _padded(reading, "parent")
    frame = reading.frame
    codes = frame["unit_code"].fillna("")
    malformed = frame["unit_code"].notna() & ~codes.str.fullmatch(FULL.pattern)
    reading = reading.flagged("unit_not_12_digits", malformed, column="unit_code", words={"hint": ""})
    elsewhere = (codes != "") & ~malformed & ~_related(codes, zone_code)
    reading = reading.flagged("unit_outside_zone", elsewhere, column="unit_code", words={"zone": zone_code})
    return _more_than_parents(_with_parents(reading))


def _more_than_parents(reading: Reading) -> Reading:
    """Warn of units that have more people or households than the unit above them: one of the two is in another unit."""
    frame = reading.frame
    for column in (one for one in reading.table.measures if one.name in reading.text):
        # a code that stands twice has no number of its own
        known = frame.loc[~reading.aside & frame["unit_code"].notna()].drop_duplicates("unit_code", keep=False)
        whole = frame["parent"].map(known.set_index("unit_code")[column.name]).astype("Float64")
        more = (frame[column.name] > whole).fillna(False).to_numpy(dtype=bool) & ~reading.aside
        names = frame["parent"][more].map(known.set_index("unit_code")["name"]).astype("str").tolist()
        words = {
            "read": [f"{one:,}" for one in frame[column.name][more]],
            "whole": [f"{one:,.10g}" for one in whole[more]],
        }
        reading = reading.flagged("more_than_parent", more, column=column.name, words=words | {"parent": names})
    return reading


def _related(codes: pd.Series, zone_code: str) -> pd.Series:
    """Whether codes lie in the zone or above it."""
    if zone_code.startswith("99"):
        # no province's: the zone has no division code, or lies abroad
        return pd.Series(True, index=codes.index)
    # a city's code is often written with six digits, as 421200
    zone = zone_code.rstrip("0") if len(zone_code) == 12 else re.sub(r"(00)+$", "", zone_code)
    inside = codes.str.startswith(zone)
    # few distinct codes are not inside: those of the levels above, and slips
    others = codes[~inside].unique()
    above = [code for code in others if zone.startswith(re.sub(r"(00)+$", "", code))]
    return inside | codes.isin(above)


def _with_parents(reading: Reading) -> Reading:
    frame = reading.frame
    known = pd.Index(frame.loc[~reading.aside, "unit_code"].dropna().unique())
    parent = frame["parent"].astype("str")
    missing = parent.notna() & ~_within(parent, known)
    # units at the top of the table may name a parent that is outside of the zone
    order = list(catalogue.load("codes")["level"])
    top = frame["level"] == min(frame["level"].dropna().unique(), key=order.index, default="")
    by_code = _parents_by_code(frame["unit_code"], frame["level"], known)
    read_off = (parent.isna() & by_code.notna() & ~reading.aside).to_numpy()
    parent = parent.fillna(by_code).mask(missing)
    if read_off.any():
        named = frame.loc[read_off, "name"].astype("str").head(_NAMED)
        words = {"count": int(read_off.sum()), "names": "、".join(named)}
        reading = reading.noted("parent_from_code", **words)
    reading = reading.flagged("unknown_parent", missing & ~top & ~reading.aside, column="parent")
    return replace(reading, frame=frame.assign(parent=parent.astype("str")))


def _parents_by_code(codes: pd.Series, levels: pd.Series, known: pd.Index) -> pd.Series:
    """Return the unit above each that its code begins with, NA where that is not in the table."""
    found = pd.Series(None, index=codes.index, dtype="str")
    for level, digits in _PARENT_DIGITS.items():
        mine = codes[levels == level]
        above = mine.str.slice(0, digits) + "0" * (12 - digits)
        found[mine.index] = above.where(_within(above, known) & (above != mine))
    return found


def _within(codes: pd.Series, known: pd.Index) -> pd.Series:
    """Whether codes are among the (distinct) known ones: for long lists ten times as quick as isin()."""
    return pd.Series(known.get_indexer(pd.Index(codes)) >= 0, index=codes.index)


@dataclass(frozen=True)
class _Sorted:
    """What became of the distinct codes of a column: those that stand for another, and those that stand for none.

    ``moved``: code → rule and code of today. ``bad``: code → rule and the words for its finding.
    """

    moved: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    bad: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)

    def rules(self) -> Iterable[str]:
        return dict.fromkeys(rule for rule, _ in (*self.moved.values(), *self.bad.values()))


def linked(
    reading: Reading,
    hierarchy: Hierarchy,
    *,
    changes: CodeChanges | None = None,
    system: str = "",
    vintage: str = "",
    column: str = "unit_code",
    rule: str = "unknown_unit",
    place: pd.Series | None = None,
) -> Reading:
    """Return a table whose unit codes are all in the hierarchy or flagged.

    ``system`` and ``vintage`` are those of the table's codes. Short codes are padded; codes of another vintage or
    system are followed by the list of ``changes``; a name in the place of a code is followed if exactly one unit is or
    was called so. What is left has the unit it lies in (``place``, by record), or is flagged with the nearest
    candidates, and its rows are set aside.
    """
    reading = _padded(reading, column)
    codes = reading.frame[column]
    changes = changes or CodeChanges()
    distinct = codes.dropna().unique().to_numpy(dtype=object)
    if (not system or not changes.system or system == changes.system) and not changes.differs(vintage):
        # codes of the very list that are in it need no look at each
        distinct = [code for code in distinct if code not in hierarchy.names]
    found = _sorted_out(distinct, hierarchy, changes, system=system, vintage=vintage, rule=rule)
    if place is not None and found.bad:
        # which of several a name means is not for its place to say
        lost = frozenset(code for code, (kind, _) in found.bad.items() if kind != "ambiguous_unit_name")
        reading, codes = _told_by_place(reading, codes, column, lost, place, hierarchy)
    # the finding is shown to the street the code begins with: most slips are in the last digits
    above = {code: padded(code[:9]) if padded(code[:9]) in hierarchy.names else None for code in found.bad}
    shown = above | {code: now for code, (_, now) in found.moved.items()}
    if shown:
        # replace() with a long mapping looks at every code once for each entry
        exchanged = codes.where(~codes.isin(shown), codes.map(shown)).astype("str")
        reading = replace(reading, frame=reading.frame.assign(**{column: exchanged}))
    for one in found.rules():
        reading = _told(reading, codes, column, found, one, hierarchy)
    return reading


def _told_by_place(
    reading: Reading, codes: pd.Series, column: str, bad: frozenset[str], place: pd.Series, hierarchy: Hierarchy
) -> tuple[Reading, pd.Series]:
    """Give records whose unit is unknown the unit they lie in, and warn of each."""
    at = codes.isin(bad) & place.notna() & ~reading.aside
    if not at.any():
        return reading, codes
    codes = codes.mask(at, place)
    reading = reading.flagged("unit_by_place", at, column=column, words={"found": _known_as(place[at], hierarchy)})
    return replace(reading, frame=reading.frame.assign(**{column: codes})), codes


def _known_as(codes: Iterable[str], hierarchy: Hierarchy) -> list[str]:
    """Return what readers know units by: their codes, or their names where the code is only known inside (99…)."""
    return [str(hierarchy.names.get(code, code)) if code.startswith("99") else code for code in codes]


def _told(reading: Reading, codes: pd.Series, column: str, found: _Sorted, rule: str, hierarchy: Hierarchy) -> Reading:
    """Flag the rows of one rule: every row with a bad code, and the first with a name or a code that changed."""
    moved = {code: now for code, (kind, now) in found.moved.items() if kind == rule}
    if moved:
        every = codes.isin(moved) & ~reading.aside
        at = every & ~codes.where(every).duplicated()
        counts = codes[every].value_counts()
        to = _known_as([moved[code] for code in codes[at]], hierarchy)
        words = {"found": to, "count": [int(counts[code]) for code in codes[at]]}
        return reading.flagged(rule, at, column=column, words=words)
    bad = {code: words for code, (kind, words) in found.bad.items() if kind == rule}
    if not codes.isin(bad).any():
        return reading
    at = codes.isin(bad) & ~reading.aside
    names = next(iter(bad.values())).keys()
    return reading.flagged(
        rule, at, column=column, words={name: [bad[code][name] for code in codes[at]] for name in names}
    )


def _sorted_out(
    codes: Iterable[str], hierarchy: Hierarchy, changes: CodeChanges, *, system: str, vintage: str, rule: str
) -> _Sorted:
    moved: dict[str, tuple[str, str]] = {}
    bad: dict[str, tuple[str, Mapping[str, str]]] = {}
    hint = _hints(hierarchy)
    for code in codes:
        if FULL.fullmatch(code):
            today = changes.follow(code, system=system, vintage=vintage, known=code in hierarchy.names)
            kind, outcome = _of_code(today, hierarchy, changes, hint, rule)
        else:
            kind, outcome = _of_name(code, hierarchy, hint)
        if not isinstance(outcome, str):
            bad[code] = (kind, outcome)
        elif outcome != code:
            moved[code] = (kind, outcome)
    return _Sorted(moved, bad)


Verdict = tuple[str, str | Mapping[str, str]]


def _of_code(
    today: tuple[str, ...] | None, hierarchy: Hierarchy, changes: CodeChanges, hint: Callable[[str], str], rule: str
) -> Verdict:
    if today is None:
        return "other_code_system", {"mine": catalogue.load("code_systems")[changes.system]["label"]}
    if not today:
        return "unit_abolished", {}
    if len(today) > 1:
        return "unit_split", {"found": "、".join(hierarchy.shown(today) or today[:3])}
    if today[0] in hierarchy.names:
        return "code_followed", today[0]
    return rule, {"hint": hint(today[0])}


def _of_name(text: str, hierarchy: Hierarchy, hint: Callable[[str], str]) -> Verdict:
    slips = text.translate(_LOOKS_LIKE)
    if FULL.fullmatch(slips):
        return "unit_not_12_digits", {"hint": hint(slips)}
    if text.isdigit() or not any(letter.isalpha() for letter in text):
        return "unit_not_12_digits", {"hint": hint(text)}
    # a name with its code beside it: 太平村（230102100201）
    codes = re.findall(r"(?<!\d)\d{12}(?!\d)", text)
    name = re.sub(r"[\s()（）\[\]【】/_:：、,，-]", "", text.replace(codes[0], "")) if len(codes) == 1 else ""
    if name and codes[0] in hierarchy.called(name):
        return "unit_by_name", codes[0]
    now, before = hierarchy.called(text), hierarchy.formerly_called(text)
    hits = list(dict.fromkeys([*now, *before]))
    if len(hits) == 1:
        return "unit_by_name" if now else "unit_by_old_name", hits[0]
    if hits:
        return "ambiguous_unit_name", {"count": str(len(hits)), "found": "、".join(hierarchy.shown(hits))}
    return "unknown_unit_name", {"hint": hint(text)}


def _hints(hierarchy: Hierarchy) -> Callable[[str], str]:
    """Return what names the nearest units of a code or name; after many it stays silent, for each takes its time."""
    asked: list[str] = []

    def hint(text: str) -> str:
        asked.append(text)
        near = hierarchy.candidates(text) if len(asked) <= _MOST_HINTS else []
        return f"，最接近的是 {'、'.join(near)}" if near else ""

    return hint


def _padded(reading: Reading, column: str) -> Reading:
    """Return the reading with short codes of a column padded, and one note if there were any."""
    codes = reading.frame[column].astype("str")
    short = (codes.str.len() < 12).fillna(False).astype(bool)
    short &= codes.where(short).str.fullmatch(SHORT.pattern).fillna(False).astype(bool)
    if not short.any():
        return reading
    first = int(np.flatnonzero(short)[0])
    at = np.zeros(len(codes), dtype=bool)
    at[first] = True
    reading = reading.flagged("short_unit_code", at, column=column)
    return replace(reading, frame=reading.frame.assign(**{column: codes.where(~short, codes.str.ljust(12, "0"))}))


def compared_names(reading: Reading, hierarchy: Hierarchy) -> Reading:
    """Return a table with a warning for every row whose unit's name, beside its code, is another unit's or nobody's."""
    if UNIT_BESIDE not in reading.text:
        return reading
    said = reading.text[UNIT_BESIDE].reset_index(drop=True)
    codes = reading.frame["unit_code"].reset_index(drop=True)
    pairs = pd.DataFrame({"code": codes, "said": said}).dropna().drop_duplicates()
    odd = {
        (code, name)
        for code, name in pairs.itertuples(index=False)
        if code in hierarchy.names and code not in {*hierarchy.called(name), *hierarchy.formerly_called(name)}
    }
    at = np.array([pair in odd for pair in zip(codes, said, strict=True)], dtype=bool) & ~reading.aside
    # one row of a wide file is many records
    origin = reading.origin
    file = "" if origin.file is None else origin.file
    rows = pd.DataFrame({"row": origin.row[""], "sheet": origin.sheet, "file": file})
    at &= ~rows.duplicated().to_numpy()
    words = {"said": said[at].tolist(), "name": [hierarchy.names.get(code, "") for code in codes[at]]}
    return reading.flagged("name_and_code", at, column="unit_code", words=words)
