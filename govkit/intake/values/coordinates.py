"""Heads of coordinates: longitude and latitude in one cell, and the datum a head names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from govkit import catalogue
from govkit.intake.reading.schema import Table
from govkit.intake.values.quantities import plain, split_unit

_NUMBER = r"(-?\d{1,9}(?:\.\d+)?)"
_DEGREES = r"(\d{1,3}[°度]\s*\d{1,2}(?:\.\d+)?['′分](?:\s*\d{1,2}(?:\.\d+)?(?:[\"″秒]|''|′′)?)?)"
_LEAD = r"(?:东经|北纬|经度|纬度|lng|lon|lat|[enxyENXY])?\s*[:：=]?\s*"
_TAIL = r"\s*[°度]?\s*[enEN]?"
_BETWEEN = r"\s*[,，;；、/|\s]\s*"
_PAIR = re.compile(
    r"\s*(?:POINT\s*)?[\(\[（【]?\s*" + _LEAD + f"(?:{_DEGREES}|{_NUMBER})" + _TAIL + _BETWEEN + _LEAD
    + f"(?:{_DEGREES}|{_NUMBER})" + _TAIL + r"\s*[\)\]）】]?\s*", re.IGNORECASE,
)  # fmt: skip
# {"lng": 126.41, "lat": 45.6} and the like
_KEYED = re.compile(r"\s*\{.*\}\s*", re.DOTALL)
_VALUE = r"[\"']?\s*[:=]\s*[\"']?(-?\d{1,9}(?:\.\d+)?)"
_LONGITUDE = re.compile(r"(?:lng|lon|longitude|经度|x)" + _VALUE, re.IGNORECASE)
_LATITUDE = re.compile(r"(?:lat|latitude|纬度|y)" + _VALUE, re.IGNORECASE)
# what stands for the signs of degrees, minutes and seconds
SIGNS = str.maketrans("˚º゜’‘´ʹ”“ʺ", "°°°′′′′″″″")
_SAMPLE = 200
_READABLE = 0.6
NAMES = ("longitude", "latitude")


@dataclass(frozen=True)
class Pair:
    """Longitude and latitude written into the cells of one column: its position, and both as text.

    ``datum``: what the head names, ``""`` if nothing.
    """

    position: int
    longitude: pd.Series
    latitude: pd.Series
    datum: str = ""

    @property
    def names(self) -> tuple[str, str]:
        """The tidy columns it fills."""
        return NAMES

    @property
    def positions(self) -> tuple[int, ...]:
        """Where it stands."""
        return (self.position,)


def find_pair(
    headers: Sequence[tuple[str, ...]], cells: pd.DataFrame, table: Table, matched: Mapping[str, int]
) -> Pair | None:
    """Return the column whose cells hold both coordinates, None without one or where the file has columns of its own.

    Two numbers are longitude and latitude in the order that puts them into China; a cell that holds something else
    stays a longitude that cannot be read.
    """
    if "longitude" not in table or {"longitude", "latitude"} & set(matched):
        return None
    words = {plain(word) for word in catalogue.load("points")["pair_headers"]}
    taken = set(matched.values())
    for at, parts in enumerate(headers):
        if at in taken or not parts or at not in cells:
            continue
        rest, datum = datum_of(parts)
        named = any(split_unit(part)[0] in words for part in (*rest, "".join(rest))) or not rest
        if named and _holds_pairs(cells[at]):
            first, second = _split(cells[at])
            return Pair(at, first, second, datum)
    return None


def _holds_pairs(column: pd.Series) -> bool:
    sample = column.dropna().head(_SAMPLE)
    return len(sample) > 0 and bool(sample.map(lambda text: _halves(text)[1] is not None).mean() >= _READABLE)


def _split(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    halves = [_halves(text) for text in column]
    first, second = (pd.Series([one[i] for one in halves], index=column.index, dtype="str") for i in (0, 1))
    low, high = catalogue.load("points")["longitude"]
    a, b = (pd.to_numeric(half, errors="coerce").astype("float64") for half in (first, second))
    # latitude first, as map programs for hand-held devices write it
    turned = b.between(low, high) & ~a.between(low, high)
    if turned.sum() * 2 > (a.notna() & b.notna()).sum():
        return second, first
    return first, second


def _halves(text: object) -> tuple[str | None, str | None]:
    if not isinstance(text, str):
        return None, None
    if _KEYED.fullmatch(text):
        both = _LONGITUDE.search(text), _LATITUDE.search(text)
        return (both[0][1], both[1][1]) if both[0] and both[1] else (text, None)
    found = _PAIR.fullmatch(text.translate(SIGNS))
    if found is None:
        return text, None
    return found[1] or found[2], found[3] or found[4]


@lru_cache(maxsize=4096)
def datum_of(parts: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return a header without the word that names a datum, and the datum (``""`` if it names none).

    >>> datum_of(("高德经度",)), datum_of(("坐标(BD-09)", "纬度")), datum_of(("经度",))
    ((('经度',), 'GCJ-02'), (('坐标', '纬度'), 'BD-09'), (('经度',), ''))
    """
    named = [(plain(word), name) for name, words in catalogue.load("points")["datum_words"].items() for word in words]
    rest: list[str] = []
    datum = ""
    for part in parts:
        text = plain(part)
        for word, name in sorted(named, key=lambda one: len(one[0]), reverse=True):
            if word in text and text != word:
                left = re.sub(r"[(\[【]\s*" + re.escape(word) + r"(?:坐标系?)?\s*[)\]】]", "", text)
                left = left if left != text else text.replace(word, "")
                left = re.sub(r"\(\)|\[\]|【】", "", left).strip("-_:/ ")
                rest, datum = [*rest, left] if left else rest, name
                break
            if text == word:
                datum = name
                break
        else:
            rest.append(part)
    return (tuple(rest), datum) if datum else (parts, "")


def datum_named(headers: Sequence[tuple[str, ...]], positions: Sequence[int]) -> str:
    """Return the datum that the heads of the columns at these positions name, ``""`` if none or several."""
    found = {datum for at in positions if at < len(headers) for datum in [datum_of(headers[at])[1]] if datum}
    return found.pop() if len(found) == 1 else ""
