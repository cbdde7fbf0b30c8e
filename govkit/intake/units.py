"""Unit codes: 12 digits of text, found in the hierarchy, or said to be wrong with the nearest candidates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.errors import nearest
from govkit.intake.quantities import plain
from govkit.intake.reading import Reading

# What short codes stand for: province, city, county, street.
_SHORT = re.compile(r"\d{2}|\d{4}|\d{6}|\d{9}")
_FULL = re.compile(r"\d{12}")
_PARENT_DIGITS = {"community": 9, "street": 6, "county": 4}
# Wrong digits a mistyped code may have to be told apart from a different one.
_SLIPS = 2
_MOST_HINTS = 200


@dataclass(frozen=True)
class Hierarchy:
    """The units of a zone, as other tables refer to them."""

    units: pd.DataFrame

    @cached_property
    def names(self) -> dict[str, str]:
        """Code → name."""
        return dict(zip(self.units["unit_code"], self.units["name"], strict=True))

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """Plain name, with and without its suffix → codes of the units called so."""
        found: dict[str, list[str]] = {}
        for code, name in self.names.items():
            for word in {plain(str(name)), bare_name(str(name))}:
                found.setdefault(word, []).append(code)
        return found

    @cached_property
    def _digits(self) -> np.ndarray:
        codes = [code for code in self.names if _FULL.fullmatch(code)]
        return np.array([list(code) for code in codes]).reshape(len(codes), 12)

    def candidates(self, text: str) -> list[str]:
        """Return up to three units whose code or name is nearest to ``text``, as "name(code)"."""
        if _FULL.fullmatch(text) and len(self._digits):
            wrong = (self._digits != np.array(list(text))).sum(axis=1)
            best = np.argsort(wrong, kind="stable")[:3]
            codes = ["".join(self._digits[i]) for i in best if wrong[i] <= _SLIPS]
        else:
            codes = [code for name in nearest(plain(text), self.by_name) for code in self.by_name[name]][:3]
        return [f"{self.names[code]}（{code}）" for code in dict.fromkeys(codes)]


def bare_name(name: str) -> str:
    """Return a unit's name without its suffix.

    >>> bare_name("群力街道办事处"), bare_name("太平村民委员会")
    ('群力', '太平')
    """
    word = plain(name)
    for suffix in catalogue.load("unit_names")["suffixes"]:
        if word.endswith(suffix) and len(word) - len(suffix) >= 2:
            return word.removesuffix(suffix)
    return word


def padded(code: str) -> str:
    """Return a code of 2, 4, 6 or 9 digits with zeros to 12; others as they are.

    >>> padded("230102019")
    '230102019000'
    """
    return code.ljust(12, "0") if _SHORT.fullmatch(code) else code


def checked_units(reading: Reading, zone_code: str) -> Reading:
    """Return the units with 12-digit codes and parents.

    A unit of another zone, or with a parent that is not in the table, is set aside; where the file gives no
    parents they are read off the codes. A parent above the topmost units is dropped.
    """
    reading = _padded(reading, "unit_code")
    reading = _padded(reading, "parent")
    frame = reading.frame
    codes = frame["unit_code"].fillna("")
    malformed = frame["unit_code"].notna() & ~codes.str.fullmatch(_FULL.pattern)
    reading = reading.flagged("unit_not_12_digits", malformed, column="unit_code", words={"hint": ""})
    elsewhere = (codes != "") & ~malformed & ~_related(codes, zone_code)
    reading = reading.flagged("unit_outside_zone", elsewhere, column="unit_code", words={"zone": zone_code})
    return _with_parents(reading)


def _related(codes: pd.Series, zone_code: str) -> pd.Series:
    """Whether codes lie in the zone or above it."""
    zone = zone_code.rstrip("0") if len(zone_code) == 12 else zone_code
    short = codes.str.replace(r"(00)+$", "", regex=True)
    return codes.str.startswith(zone) | pd.Series([zone.startswith(one) for one in short], index=codes.index)


def _with_parents(reading: Reading) -> Reading:
    frame = reading.frame
    known = set(frame.loc[~reading.aside, "unit_code"].dropna())
    parent = frame["parent"].astype("str")
    from_code = pd.Series(
        [_parent_by_code(code, level, known) for code, level in zip(frame["unit_code"], frame["level"], strict=True)],
        index=frame.index,
        dtype="str",
    )
    missing = parent.notna() & ~parent.isin(known)
    # units at the top of the table may name a parent that is outside of the zone
    top = frame["level"] == _highest(frame["level"])
    parent = parent.fillna(from_code).mask(missing)
    reading = reading.flagged("unknown_parent", missing & ~top & ~reading.aside, column="parent")
    return replace(reading, frame=frame.assign(parent=parent.astype("str")))


def _highest(levels: pd.Series) -> str:
    order = list(catalogue.load("codes")["level"])
    return min(levels.dropna(), key=order.index, default="")


def _parent_by_code(code: object, level: object, known: set[str]) -> str | None:
    digits = _PARENT_DIGITS.get(str(level))
    if not digits or not isinstance(code, str):
        return None
    parent = code[:digits].ljust(12, "0")
    return parent if parent in known and parent != code else None


def linked(reading: Reading, hierarchy: Hierarchy, *, column: str = "unit_code", rule: str = "unknown_unit") -> Reading:
    """Return a table whose unit codes are all in the hierarchy or flagged.

    Short codes are padded; a name in the place of a code is followed if exactly one unit is called so.
    """
    reading = _padded(reading, column)
    codes = reading.frame[column]
    distinct = codes.dropna().unique()
    unknown = [code for code in distinct if code not in hierarchy.names]
    by_name = {code: hits[0] for code in unknown if len(hits := _named(hierarchy, code)) == 1}
    reading = _renamed(reading, column, by_name)
    bad = [code for code in unknown if code not in by_name]
    hints = {code: _hint(hierarchy.candidates(code)) if i < _MOST_HINTS else "" for i, code in enumerate(bad)}
    full = {code for code in bad if _FULL.fullmatch(code)}
    # the finding is shown to the street the code begins with: most slips are in the last digits
    above = {code: padded(code[:9]) if padded(code[:9]) in hierarchy.names else None for code in bad}
    reading = replace(reading, frame=reading.frame.assign(**{column: reading.frame[column].replace(above)}))
    for kind, members in ((rule, full), ("unit_not_12_digits", set(bad) - full)):
        at = codes.isin(members) & ~reading.aside
        reading = reading.flagged(kind, at, column=column, words={"hint": [hints[code] for code in codes[at]]})
    return reading


def _named(hierarchy: Hierarchy, text: str) -> Sequence[str]:
    if text.isdigit():
        return []
    return hierarchy.by_name.get(plain(text)) or hierarchy.by_name.get(bare_name(text)) or []


def _renamed(reading: Reading, column: str, found: dict[str, str]) -> Reading:
    if not found:
        return reading
    codes = reading.frame[column]
    at = codes.isin(found)
    reading = replace(reading, frame=reading.frame.assign(**{column: codes.replace(found)}))
    return reading.flagged("unit_by_name", at, column=column, words={"found": [found[code] for code in codes[at]]})


def _hint(candidates: Sequence[str]) -> str:
    return f"，最接近的是 {'、'.join(candidates)}" if candidates else ""


def _padded(reading: Reading, column: str) -> Reading:
    """Return the reading with short codes of a column padded, and one note if there were any."""
    codes = reading.frame[column].astype("str")
    short = codes.str.fullmatch(_SHORT.pattern).fillna(False).astype(bool)
    if not short.any():
        return reading
    first = int(np.flatnonzero(short)[0])
    at = np.zeros(len(codes), dtype=bool)
    at[first] = True
    reading = reading.flagged("short_unit_code", at, column=column)
    return replace(reading, frame=reading.frame.assign(**{column: codes.where(~short, codes.str.ljust(12, "0"))}))
