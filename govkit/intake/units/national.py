"""Codes of units by their names, from the national lists that come along; nothing is taken that is not the only one.

Two systems: ``nbs`` (villages, too) and ``mca`` (down to townships). Sources, dates, licences: catalogue/national.toml.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from govkit import catalogue
from govkit.intake.units.unit_names import stem_and_kinds
from govkit.intake.values.quantities import plain

_FOLDER = Path(catalogue.__file__).parent / "national"
_TOWNSHIPS = {"street", "town", "township", "sumu"}
_LEVEL_DIGITS = {"city": 4, "county": 6, "street": 9, "community": 12}


@dataclass(frozen=True)
class Units:
    """The units of one county, or the counties of a city, its own among them: code (12 digits) → name."""

    codes: Mapping[str, str]

    def found(self, name: str, *, level: str, under: str) -> str:
        """Return the code of the only unit of a level called so below another's code; "" if none or several are.

        Names are alike as written, else without their endings, where the endings may mean the same kind of unit.
        """
        stem, kinds = stem_and_kinds(name)
        exact, alike = [], []
        for code, other in self.below(under, level).items():
            if plain(other) == plain(name):
                exact.append(code)
            other_stem, other_kinds = _parts(other)
            if other_stem == stem and (not kinds or not other_kinds or kinds & other_kinds):
                alike.append(code)
        for hits in (exact, alike):
            if hits:
                return hits[0] if len(hits) == 1 else ""
        return ""

    def below(self, under: str, level: str) -> dict[str, str]:
        """Return the units of a level below a code of 12 digits: code → name."""
        digits = under[: _digits_of(under)]
        return {code: name for code, name in self.codes.items() if code.startswith(digits) and _level(code) == level}


def system_used(system: str) -> str:
    """Return which list serves a code system: that of villages where none is stated."""
    return system if system in ("nbs", "mca") else "nbs"


def listed(name: str, *, level: str, under: str, system: str) -> str:
    """Return the code that the national list has for a name below a code; "" where it has none or several.

    Counties are looked up in their city, all below in their county.
    """
    size = 4 if level == "county" else 6
    if not under[:size].isdigit() or under[:size].strip("0")[size - 2 :] == "":
        return ""
    return units_of(under[:size], system).found(name, level=level, under=under)


@lru_cache(maxsize=32)
def units_of(code: str, system: str) -> Units:
    """Return the units whose codes begin with six digits, or the counties of four; none where there is no such."""
    if not code.isdigit():
        return Units({})
    entry = catalogue.load("national")[system]
    scale = 10 ** (12 - len(code))
    bounds = [("code", ">=", int(code) * scale), ("code", "<", (int(code) + 1) * scale)]
    table = pq.read_table(_FOLDER / entry["townships"], filters=bounds)
    codes = dict(zip(map(str, table["code"].to_pylist()), table["name"].to_pylist(), strict=True))
    if entry["villages"] and codes and len(code) == 6:
        bounds = [("street", ">=", int(code) * 1000), ("street", "<", (int(code) + 1) * 1000)]
        table = pq.read_table(_FOLDER / entry["villages"], filters=bounds)
        parts = (table[name].to_pylist() for name in ("street", "own", "stem", "ending"))
        codes |= {f"{street}{own:03d}": stem + end for street, own, stem, end in zip(*parts, strict=True)}
    return Units(codes)


def county_of(names: Iterable[str], *, system: str = "nbs") -> tuple[str, str]:
    """Return code (6 digits) and name of the only county that has most of the townships among names; "" if none does.

    What stands out is said in the catalogue (``county_by_names``): how many names, which share of them, twice as many
    as in any other county.
    """
    limits = catalogue.load("national")["county_by_names"]
    wanted = {_parts(name) for name in names if _parts(name)[1] & _TOWNSHIPS}
    if len(wanted) < limits["least_names"]:
        return "", ""
    counts: Counter[str] = Counter()
    for (stem, kinds), codes in _townships(system).items():
        if any(stem == one and kinds & others for one, others in wanted):
            counts.update({code[:6] for code in codes})
    best = counts.most_common(2)
    if not best or best[0][1] < limits["least_share"] * len(wanted) or best[0][1] < limits["least_names"]:
        return "", ""
    if len(best) > 1 and best[1][1] * 2 > best[0][1]:
        return "", ""
    code = best[0][0]
    return code, units_of(code, system).codes.get(f"{code}000000", "")


@lru_cache(maxsize=2)
def _townships(system: str) -> dict[tuple[str, frozenset[str]], list[str]]:
    table = pq.read_table(_FOLDER / catalogue.load("national")[system]["townships"])
    found: dict[tuple[str, frozenset[str]], list[str]] = {}
    for code, name in zip(map(str, table["code"].to_pylist()), table["name"].to_pylist(), strict=True):
        if _level(code) == "street":
            found.setdefault(_parts(name), []).append(code)
    return found


@lru_cache(maxsize=65536)
def _parts(name: str) -> tuple[str, frozenset[str]]:
    return stem_and_kinds(name)


def _digits_of(code: str) -> int:
    return next((size for size in (2, 4, 6, 9) if not code[size:].strip("0")), 12)


def _level(code: str) -> str:
    size = _digits_of(code)
    return next((level for level, digits in _LEVEL_DIGITS.items() if digits == size), "")
