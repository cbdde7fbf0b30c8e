"""Names of units as people write them: with and without endings, in full or short, in traditional characters."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from govkit import catalogue
from govkit.intake.quantities import plain


@lru_cache(maxsize=65536)
def spelled(name: str) -> str:
    """Return a name as it is compared: in plain form and simplified characters.

    >>> spelled("李家灣 社區")
    '李家湾社区'
    """
    return plain(name).translate(_characters())


@cache
def _characters() -> dict[int, str]:
    pairs = catalogue.load("unit_names")["characters"].split()
    return {ord(pair[0]): pair[1] for pair in pairs}


@cache
def _endings() -> dict[str, tuple[frozenset[str], str]]:
    """Map every ending to the kinds of unit it may mean, and to the short form of it (村委会 → 村)."""
    found = {}
    for entry in catalogue.load("unit_names")["endings"]:
        for word in entry["words"]:
            short = min((one for one in entry["words"] if word.startswith(one)), key=len)
            found[word] = (frozenset(entry["kinds"]), short)
    return found


@cache
def _pattern() -> re.Pattern[str]:
    # the shortest beginning leaves the longest ending
    return re.compile(f"(.+?)({'|'.join(map(re.escape, _endings()))})")


def stem_and_kinds(name: str) -> tuple[str, frozenset[str]]:
    """Return a name without its ending, and the kinds of unit the ending may mean (none without an ending).

    Endings of one kind may follow each other: 太平村村民委员会, 太平村委会 and 太平村 share their stem. A stem of one
    character keeps the short ending: 李村委会 and 李村 are both 李村.

    >>> stem_and_kinds("太平村村民委员会") == stem_and_kinds("太平村")
    True
    >>> stem_and_kinds("群力街道办事处")[0], stem_and_kinds("李村委会")[0], stem_and_kinds("群力")
    ('群力', '李村', ('群力', frozenset()))
    """
    stem, kinds = spelled(name), frozenset[str]()
    while match := _pattern().fullmatch(stem):
        found, short = _endings()[match[2]]
        if kinds and (found != kinds or len(match[1]) < 2):
            break
        stem, kinds = match[1] if len(match[1]) > 1 else match[1] + short, found
        if len(match[1]) < 2:
            break
    return stem, kinds


def bare_name(name: str) -> str:
    """Return a unit's name without its ending.

    >>> bare_name("群力街道办事处"), bare_name("太平村民委员会")
    ('群力', '太平')
    """
    return stem_and_kinds(name)[0]
