"""Units of measure in headers, titles and cells, and what they are in the tidy unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache

from govkit import catalogue

_BRACKET = re.compile(r"[(\[【〔{]((?:[^()\[\]【】〔〕{}]|\([^()]*\))*)[)\]】〕}]")
_LONGEST_UNIT = 9
_TAIL = re.compile(r"[/::]\s*(\S+)$")
_SAYS = re.compile(r"^\s*(?:[::]|均?为|是|均?以|统一为)?\s*[(\[]?\s*([^()\[\]]*)")
_COUNTED_IN = re.compile(r"[以按用]\s*([^\s,;。、以按用]{1,8}?)\s*(?:为(?:计量)?单位|计|填[报列写])")


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Return ``text`` as it is compared: NFKC, no white space, lower case, simplified characters.

    >>> plain(" 建筑 面积(㎡)"), plain("李家灣社區")
    ('建筑面积(m2)', '李家湾社区')
    """
    word = "".join(unicodedata.normalize("NFKC", text).split()).lower()
    # hardly any word has one, and looking is much quicker than translating
    return word if _traditional().isdisjoint(word) else word.translate(_characters())


@cache
def _characters() -> dict[int, str]:
    pairs = catalogue.load("unit_names")["characters"].split()
    return {ord(pair[0]): pair[1] for pair in pairs}


@cache
def _traditional() -> frozenset[str]:
    return frozenset(map(chr, _characters()))


@lru_cache(maxsize=1)
def every_unit() -> frozenset[str]:
    """Every unit word of the catalogue and its multiples, in plain form."""
    return frozenset(word for tidy in catalogue.load("units_of_measure") for word in _factors(tidy))


@cache
def _factors(tidy_unit: str) -> dict[str, float]:
    """Return plain unit word → factor: what the catalogue says, and its units by ten, hundred, … (百件)."""
    said = catalogue.load("units_of_measure").get(tidy_unit, {})
    known = {plain(word): float(value) for word, value in said.items()}
    times = catalogue.load("cells")["unit_multiples"]
    return {many + word: n for word, one in known.items() if one == 1 for many, n in times.items()} | known


def factor(unit: str, tidy_unit: str) -> float | None:
    """Return how many ``tidy_unit`` one ``unit`` is, None if the catalogue cannot tell.

    >>> factor("万元", "yuan"), factor("㎡", "yuan"), factor("百件", "件")
    (10000, None, 100)
    """
    return _factors(tidy_unit).get(plain(unit))


def ratio(unit: str, other: str) -> float | None:
    """Return how many of another unit one unit is, None if they are of different kinds.

    >>> ratio("万元", "元"), ratio("亩", "元")
    (10000.0, None)
    """
    for tidy in catalogue.load("units_of_measure"):
        one, two = factor(unit, tidy), factor(other, tidy)
        if one is not None and two is not None:
            return one / two
    return None


def multiples_in(text: str, tidy_units: Collection[str]) -> tuple[str, ...]:
    """Return the multiples of units that a text names apart from any number.

    >>> multiples_in("说明:6月起金额改为万元,每村补助2万元", {"yuan"})
    ('万元',)
    """
    known = {
        word for unit in tidy_units for word in _factors(unit) if word[0] in "十百千万亿" and _factors(unit)[word] > 1
    }
    line, named = plain(text), set()
    for one in re.finditer("|".join(sorted(known, key=len, reverse=True)) or "(?!)", line):
        if not re.search(r"[\d一二两三四五六七八九十百千万亿几数多余]$", line[: one.start()]):
            named.add(one[0])
    return tuple(sorted(named))


@lru_cache(maxsize=65536)
def split_unit(header: str) -> tuple[str, str]:
    """Split a header into its name and its unit (``""`` if none); other bracketed remarks are dropped.

    >>> split_unit("建筑面积\\n(㎡)"), split_unit("金额/万元"), split_unit("户数(户籍)")
    (('建筑面积', 'm2'), ('金额', '万元'), ('户数', ''))
    """
    text, unit = plain(header), ""
    for inside in _BRACKET.findall(text):
        word = inside.removeprefix("单位:").removeprefix("单位")
        unit = word if word in every_unit() else unit
    text = _BRACKET.sub("", text)
    tail = _TAIL.search(text)
    if tail and not unit and tail.group(1) in every_unit():
        text, unit = text[: tail.start()], tail.group(1)
    return text.strip(":*、/\\-_.·"), unit


@lru_cache(maxsize=4096)
def rate(word: str) -> tuple[str, frozenset[str]]:
    """Split a unit of a rate into what is counted and per what; nothing of a word that is no rate.

    >>> unit, per = rate("元/(人·月)")
    >>> unit, sorted(per), rate("每户千元"), rate("件/班次"), rate("万元")
    ('元', ['人', '月'], ('千元', frozenset({'户'})), ('件', frozenset({'班次'})), ('', frozenset()))
    """
    text = re.sub(r"[()]", "", plain(word))
    one = "|".join(sorted(catalogue.load("cells")["per"], key=len, reverse=True))
    before = re.fullmatch(rf"((?:每(?:{one}))+)(.+)", text)
    behind = re.fullmatch(r"(.+?)([/每].+)", text)
    if not before and not behind:
        return "", frozenset()
    per, unit = before.groups() if before else behind.groups()[::-1]  # type: ignore[union-attr]
    left = re.sub(r"[/每·.*×]", "", per)
    named = re.findall(one, left)
    return unit, frozenset(named if "".join(named) == left else [left])


def odd_unit(header: str, tidy_unit: str) -> str:
    """Return what stands in the brackets of a header like a unit of a column and is none that is known, ``""`` else.

    >>> odd_unit("金额（美元）", "yuan"), odd_unit("金额（万元每年）", "yuan"), odd_unit("户数（户籍）", "户")
    ('美元', '万元每年', '')
    """
    words = tuple(_factors(tidy_unit))
    for inside in _BRACKET.findall(plain(header)):
        word = inside.removeprefix("单位:").removeprefix("单位")
        fits = words and (rate(word)[0] in words or word.endswith(words))
        if word not in every_unit() and len(word) <= _LONGEST_UNIT and fits:
            return word
    return ""


def units_in_title(text: str) -> tuple[str, ...]:
    """Return the units a title row declares for the whole sheet.

    >>> units_in_title("单位:万元、人"), units_in_title("填报单位:东街街道 注:1.本表金额单位为万元。")
    (('万元', '人'), ('万元',))
    >>> units_in_title("填表说明:金额以万元为单位")
    ('万元',)
    """
    text = unicodedata.normalize("NFKC", text)
    said = [found[1] for part in text.split("单位")[1:] if (found := _SAYS.match(part))]
    words = [*_COUNTED_IN.findall(text), *(word for one in said for word in re.split(r"[、,;/。.计\s]+", one))]
    bare = (plain(word).removeprefix("人民币") for word in words)
    return tuple(dict.fromkeys(word for word in bare if word in every_unit()))


def units_in_name(name: str) -> tuple[str, ...]:
    """Return the units that a name or title states in brackets, alone in a cell (a line) or after 单位.

    >>> units_in_name("资金台账（万元）"), units_in_name("万元户名单")
    (('万元',), ())
    """
    inside = [word for word in _BRACKET.findall(plain(name)) if word in every_unit()]
    alone = [word for line in name.splitlines() if (word := plain(line)) in every_unit()]
    return (*inside, *alone, *units_in_title(name))


def holds_odd_digits(text: str) -> bool:
    """Whether a text holds ① or ² and their like, which are no digits of a number; m² and m³ are units.

    >>> holds_odd_digits("100①"), holds_odd_digits("12m²"), holds_odd_digits("１２")
    (True, False, False)
    """
    if text.isascii():
        return False
    odd = [at for at, sign in enumerate(text) if unicodedata.category(sign) == "No"]
    return any(at == 0 or text[at] not in "²³" or not text[at - 1].isalpha() for at in odd)
