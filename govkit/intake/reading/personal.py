"""Personal data in texts: found by what it looks like, masked where it stands, counted by kind.

What a person is known by is listed in ``catalogue/personal.toml``; check digits are those of python-stdnum. A mask
hides all of the number, not its middle: nothing of it can be put together again.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd
from stdnum import luhn
from stdnum.iso7064 import mod_11_2

from govkit import catalogue

# How far before a number the word may stand that says what it is.
_NEAR = 16
_CHECKS: Mapping[str, Callable[[str], bool]] = {"identity_card": mod_11_2.is_valid, "luhn": luhn.is_valid}
# What no text without any of these can hold, so that most texts are passed over at a glance.
_WORTH_A_LOOK = re.compile(r"\d{5}|\d[ -]\d|@|[Qq]{2}|微信|(?i:wx|vx|we)|室|户|单元|号|栋|幢")


@dataclass(frozen=True)
class Mark:
    """One thing a person is known by."""

    id: str
    label: str
    find: re.Pattern[str]
    check: Callable[[str], bool] | None
    within: tuple[str, ...]
    free: bool


@cache
def marks() -> tuple[Mark, ...]:
    """Return the marks of the catalogue, in the order in which they are sought."""
    found = []
    for one in catalogue.load("personal")["marks"]:
        check = _CHECKS[one["check"]] if "check" in one else None
        within = tuple(one.get("within", ()))
        found.append(Mark(one["id"], one["label"], re.compile(one["find"]), check, within, one.get("free", False)))
    return tuple(found)


def mask(text: str, *, head: str = "", free: bool = True) -> tuple[str, Counter[str]]:
    """Return a text with what tells a person replaced by ``●``, and how often each kind (its label) stood there.

    ``head`` is the head of the text's column: it says what a bare number is. ``free``: the text is no code or number.
    Full-width digits and letters are found too; the rest of the text is left as it is written.

    >>> mask("联系人张伟（１３８１２３４５６７８）")
    ('联系人●（●）', Counter({'姓名': 1, '手机号': 1}))
    >>> mask("群力网格 230102019001001，办结 1,201 件")
    ('群力网格 230102019001001，办结 1,201 件', Counter())
    """
    counts: Counter[str] = Counter()
    plain = _plain(text)
    found = [(start, end, label) for start, end, label in _found(plain, head, free) if end > start]
    if not found:
        return text, counts
    sign, parts, at = catalogue.load("personal")["mask"]["sign"], [], 0
    for start, end, label in sorted(found):
        if start < at:  # part of what is masked already
            continue
        parts += [text[at:start], sign]
        counts[label] += 1
        at = end
    return "".join([*parts, text[at:]]), counts


def mask_series(texts: pd.Series, *, head: str = "", free: bool = True) -> tuple[pd.Series, Counter[str]]:
    """Return texts (missing ones stay missing) masked as by ``mask``, and the counts of all."""
    counts: Counter[str] = Counter()
    known = texts.dropna()
    new: dict[object, str] = {}
    for value, times in known[known.map(lambda value: isinstance(value, str))].value_counts().items():
        masked, kinds = mask(str(value), head=head, free=free)
        if kinds:
            new[value] = masked
            counts.update({kind: number * int(times) for kind, number in kinds.items()})
    return (texts.replace(new) if new else texts), counts


def _plain(text: str) -> str:
    """Return a text with full-width signs made narrow, sign for sign: places stay what they are."""
    return "".join(one if len(one := unicodedata.normalize("NFKC", sign)) == 1 else sign for sign in text)


def _found(plain: str, head: str, free: bool) -> Iterator[tuple[int, int, str]]:
    if head or _WORTH_A_LOOK.search(plain):
        for mark in marks():
            if mark.free and not free:
                continue
            for hit in mark.find.finditer(plain):
                number = re.sub(r"[ -]", "", hit[0])
                near = head + plain[max(0, hit.start() - _NEAR) : hit.end()]
                told = not mark.within or any(word in near for word in mark.within)
                if told and (mark.check is None or mark.check(number.upper())):
                    yield hit.start(), hit.end(), mark.label
    yield from _names(plain) if free else ()


@cache
def _name() -> re.Pattern[str]:
    known = catalogue.load("personal")["names"]
    before = "|".join(sorted(map(re.escape, known["before"]), key=len, reverse=True))
    surname = f"(?:{'|'.join(known['double'])}|[{known['surnames']}])"
    refuse = "|".join(map(re.escape, known["not"]))
    ends = r"(?=[\s,，。.、;；:：(（)）/]|$|同志|先生|女士|家|反映|来电|称|说|的|等)"
    return re.compile(rf"(?:{before})[ ::]*(?!{refuse})({surname}[一-龥]{{1,2}}){ends}")


def _names(plain: str) -> Iterator[tuple[int, int, str]]:
    for hit in _name().finditer(plain):
        yield hit.start(1), hit.end(1), catalogue.load("personal")["names"]["label"]
