"""Units of measure in headers, titles and cells, and what they are in the tidy unit."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from govkit import catalogue

_BRACKET = re.compile(r"[(\[【〔{]([^)\]】〕}]*)[)\]】〕}]")
_LONGEST_UNIT = 8
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


def odd_unit(header: str, tidy_unit: str) -> str:
    """Return what stands in the brackets of a header like a unit of a column and is none that is known, ``""`` else.

    >>> odd_unit("金额（美元）", "yuan"), odd_unit("金额（万元/年）", "yuan"), odd_unit("户数（户籍）", "户")
    ('美元', '万元/年', '')
    """
    words = tuple(_factors(tidy_unit))
    for inside in _BRACKET.findall(plain(header)):
        word = inside.removeprefix("单位:").removeprefix("单位")
        rated = word.split("/")[0] in words and "/" in word
        if word not in every_unit() and len(word) <= _LONGEST_UNIT and words and (rated or word.endswith(words)):
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
