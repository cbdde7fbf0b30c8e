"""Names of units as people write them: with and without endings, in full or short, in traditional characters."""

from __future__ import annotations

from functools import cache

from govkit import catalogue
from govkit.intake.values.quantities import plain

# kinds of unit that communities lie in
STREETS = frozenset({"street", "town", "township", "sumu", "farm"})


@cache
def _endings() -> dict[str, tuple[frozenset[str], str]]:
    """Map every ending to the kinds of unit it may mean, and to the short form of it (村委会 → 村)."""
    found = {}
    for entry in catalogue.load("unit_names")["endings"]:
        for word in entry["words"]:
            short = min((one for one in entry["words"] if word.startswith(one)), key=len)
            found[word] = (frozenset(entry["kinds"]), short)
    return found


def _ending(text: str) -> str:
    """Return the longest ending of a name that leaves something of it, "" if there is none."""
    for size in _sizes().get(text[-1:], ()):
        if size < len(text) and text[-size:] in _endings():
            return text[-size:]
    return ""


@cache
def _sizes() -> dict[str, tuple[int, ...]]:
    """Map the last characters of endings to the lengths of those, the longest first."""
    lasts = {word[-1] for word in _endings()}
    return {last: tuple(sorted({len(w) for w in _endings() if w[-1] == last}, reverse=True)) for last in lasts}


def stem_and_kinds(name: str) -> tuple[str, frozenset[str]]:
    """Return a name without its ending, and the kinds of unit the ending may mean (none without an ending).

    Endings of one kind may follow each other: 太平村村民委员会, 太平村委会 and 太平村 share their stem. A stem of one
    character keeps the short ending: 李村委会 and 李村 are both 李村.

    >>> stem_and_kinds("太平村村民委员会") == stem_and_kinds("太平村")
    True
    >>> stem_and_kinds("群力街道办事处")[0], stem_and_kinds("李村委会")[0], stem_and_kinds("群力")
    ('群力', '李村', ('群力', frozenset()))
    """
    stem, kinds = plain(name), frozenset[str]()
    while ending := _ending(stem):
        rest = stem.removesuffix(ending)
        found, short = _endings()[ending]
        if kinds and (found != kinds or len(rest) < 2):
            break
        stem, kinds = rest if len(rest) > 1 else rest + short, found
        if len(rest) < 2:
            break
    return stem, kinds


def without_ending(text: str, stem: str, kinds: frozenset[str]) -> str:
    """Return a text that begins with a unit's stem without this and its ending, the longest of one of its kinds.

    >>> without_ending("群力街道办事处金河社区", "群力", frozenset({"street"}))
    '金河社区'
    """
    rest = text.removeprefix(stem)
    ends = [word for word, (mine, _) in _endings().items() if mine & kinds and rest.startswith(word)]
    return rest.removeprefix(max(ends, key=len, default=""))


def bare_name(name: str) -> str:
    """Return a unit's name without its ending.

    >>> bare_name("群力街道办事处"), bare_name("太平村民委员会")
    ('群力', '太平')
    """
    return stem_and_kinds(name)[0]
