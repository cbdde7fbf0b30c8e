"""Personal data in texts: found by what it looks like, masked where it stands, counted by kind.

What a person is known by is listed in ``catalogue/personal.toml``; check digits are those of python-stdnum. A mask
hides all of the number, not its middle: nothing of it can be put together again.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from stdnum import luhn
from stdnum.iso7064 import mod_11_2

from govkit import catalogue
from govkit.intake.reading.columns import is_personal
from govkit.intake.units.national import system_used, units_of
from govkit.intake.values import letters

# How far before a number the word may stand that says what it is.
_NEAR = 16
_BEHIND = 6
_SHORT_NAME = 2
_CHECKS: Mapping[str, Callable[[str], bool]] = {"identity_card": mod_11_2.is_valid, "luhn": luhn.is_valid}
# What no text without any of these can hold, so that most texts are passed over at a glance.
_WORTH_A_LOOK = (
    r"\d{5}|\d[ -]\d|\d\D{1,2}\d{4}|\d-\d{3}|[@＠#＃]|\(at\)|[QqＱｑ]{2}|信|[WwVvＷｗＶｖ][XxEeＸｘＥｅ:：]"
    r"|[室户号栋幢座]|单元|出生|生日|扣扣|企鹅"
    r"|抖音|快手|[〇零一幺二三四五六七八九]{11}|[一-龥][A-Za-zＡ-Ｚａ-ｚ]|[男女][,，、;；)）\d]|、[一-龥]{2,3}(?:等|[一二两三四五六七八九十\d]{1,3}[户人名位])"
)
# What is surely a number, and a moment.
NUMBER = r"[-+0-9０-９.,，．%％\s]*"
_LEAST_DIGITS = 13
_SHORT_CODE = 11
_ENOUGH_CODES = 5
_OF_CODES = (string.ascii_letters + string.digits + "_-").encode()
# A code of nothing but letters and digits is no identity card unless a date of birth stands in it.
_CODE_DOUBT = r"[^0-9A-Za-z_-]|(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]"


@dataclass(frozen=True)
class Mark:
    """One thing a person is known by."""

    id: str
    label: str
    find: re.Pattern[str]
    check: Callable[[str], bool] | None
    within: tuple[str, ...]
    behind: tuple[str, ...]
    free: bool


@cache
def marks() -> tuple[Mark, ...]:
    """Return the marks of the catalogue, in the order in which they are sought."""
    found = []
    for one in catalogue.load("personal")["marks"]:
        check = _CHECKS[one["check"]] if "check" in one else None
        within, behind = (tuple(one.get(key, ())) for key in ("within", "behind"))
        find, free = re.compile(one["find"]), one.get("free", False)
        found.append(Mark(one["id"], one["label"], find, check, within, behind, free))
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
    if not head and not re.search(_worth_a_look(), text):
        return text, counts
    plain = "".join(_narrow(sign) for sign in text)
    found = [(start, end, label) for start, end, label in _found(plain, head, free) if end > start]
    if not found:
        return text, counts
    sign, parts, at = catalogue.load("personal")["mask"]["sign"], [], 0
    for start, end, label in sorted(found):
        if start >= at:
            parts += [text[at:start], sign]
            counts[label] += 1
        at = max(at, end)  # what begins within what is masked already ends with it, or carries it on
    return "".join([*parts, text[at:]]), counts


def mask_file(name: str) -> str:
    """Return the name of a file or sheet with what tells a person masked, a name of three signs by itself too.

    >>> mask_file("走访/李桂芳.xlsx"), mask_file("统计指标/太平村.csv")
    ('走访/●.xlsx', '统计指标/太平村.csv')
    """
    known = catalogue.load("personal")
    ends = r"(?![一-龥])|(?=走访|信息|台账|台帐|登记|档案|个人|上报|填报|报送|报表|资料|材料|整理|制作)"
    alone = rf"(?:(?<![一-龥])|(?<=[年月日户])){_whole_name()}(?:{ends})"
    return re.sub(alone, known["mask"]["sign"], mask(name)[0])


def mask_series(texts: pd.Series, *, head: str = "", free: bool = True) -> tuple[pd.Series, Counter[str]]:
    """Return texts (missing ones stay missing) masked as by ``mask``, and the counts of all."""
    counts: Counter[str] = Counter()
    known = texts.dropna().astype("str")
    if not head:
        pattern = _worth_a_look().replace(r"\d", r"\p{Nd}")
        array = pa.array(known, pa.large_string())
        # most columns say few things many times
        distinct = pc.unique(array)
        odd = distinct.filter(pc.match_substring_regex(distinct, pattern))
        if not len(odd):
            return texts, counts
        known = known[pc.is_in(array, odd).to_numpy(zero_copy_only=False)]
    new: dict[object, str] = {}
    for value, times in known.value_counts().items():
        masked, kinds = mask(str(value), head=head, free=free)
        if kinds:
            new[value] = masked
            counts.update({kind: number * int(times) for kind, number in kinds.items()})
    return (texts.replace(new) if new else texts), counts


def mask_columns(
    cells: pd.DataFrame, heads: Mapping[int, str], types: Mapping[int, str]
) -> tuple[pd.DataFrame, dict[int, Counter[str]]]:
    """Return cells with what tells a person masked in the columns of ``types`` (position → type of tables.toml).

    In columns of codes only what no code can be is looked for, and cards among codes of another make; in columns of
    numbers and dates only where a cell holds more than a number. Counted by position.
    """
    counts: dict[int, Counter[str]] = {}
    new: dict[int, pd.Series] = {}
    names = names_listed(cells, heads, types)
    for at, kind in types.items():
        column = cells[at]
        if kind not in {"text", "choice", "boolean"}:
            text = pa.array(column, pa.large_string())
            if _short_codes(text) if kind == "code" else _moments(text):
                continue
            if kind == "code":
                # the slow look is for what is long or holds another sign, once each
                likely = pc.or_(pc.invert(pc.ascii_is_alnum(text)), pc.greater(pc.binary_length(text), _SHORT_CODE))
                few = pc.unique(text.filter(likely))
                doubt = pc.is_in(text, few.filter(pc.match_substring_regex(few, _CODE_DOUBT)))
            else:
                doubt = pc.invert(pc.match_substring_regex(text, f"^(?:{NUMBER})$"))
            column = column[pc.fill_null(doubt, False).to_numpy(zero_copy_only=False)]
        head = heads.get(at, "")
        masked, found = mask_needed(column, names, head=head, free=kind != "code", text=kind == "text")
        if kind == "code" and len(odd := cards_among_codes(cells[at])[1]):
            masked, again = mask_series(odd)
            found = found + again
        if found:
            counts[at] = found
            new[at] = cells[at].where(~cells.index.isin(masked.index), masked.reindex(cells.index))
    masked_cells = cells.copy(deep=False)
    for at, column in new.items():
        masked_cells[at] = column
    return masked_cells, counts


def mask_needed(
    texts: pd.Series, names: frozenset[str], *, head: str, free: bool, text: bool = True
) -> tuple[pd.Series, Counter[str]]:
    """Return texts of a column that is needed masked as by ``mask_series``, without ``names``, persons for bodies."""
    masked, found = mask_series(texts, head=head if is_personal(head) else "", free=free)
    if text and names:
        masked, again = _without_names(masked, names)
        found = found + again
    if text and any(word in head for word in catalogue.load("personal")["names"]["bodies"]):
        masked, again = _masked_names(masked, re.compile(rf"(?<![一-龥]){_whole_name()}(?![一-龥])"))
        found = found + again
    return masked, found


def cards_among_codes(codes: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the codes that a bank card could be by its digits: those made as most of the column are, and the others.

    Most have one length and share their first four digits (of a city, as unit codes do) with others; fewer than five
    codes are codes where they begin with the code of a county.
    """
    # two quick looks, at the first sign and at the rest, spare most columns the slow ones
    card = r"^\s*(?:4\p{Nd}{12}|(?:4\p{Nd}|5[1-5]|62)\p{Nd}{14,17})\s*$"
    signs = pa.array(codes, pa.large_string())
    firsts = "".join(pc.unique(pc.utf8_slice_codeunits(signs, 0, 1)).drop_null().to_pylist())
    if not re.search(r"[456\s]", firsts) or not pc.any(pc.match_substring_regex(signs, card)).as_py():
        return codes.iloc[:0], codes.iloc[:0]
    text = codes.dropna().astype("str").str.strip()
    could = text[text.str.fullmatch(r"4\d{12}|(?:4\d|5[1-5]|62)\d{14,17}")]
    could = could[could.map(luhn.is_valid).astype(bool)] if len(could) else could
    if not len(could):
        return could, could
    if text.nunique() < _ENOUGH_CODES:
        county = could.map(lambda code: bool(units_of(code[:6], system_used("")).codes)).astype(bool)
        return could[county], could[~county]
    size = text.str.len().mode().iloc[0]
    shared = text.drop_duplicates().str[:4].value_counts()
    alike = could.str.len().eq(size) & could.str[:4].map(shared).gt(1)
    return could[alike], could[~alike]


def names_listed(cells: pd.DataFrame, heads: Mapping[int, str], types: Collection[int]) -> frozenset[str]:
    """Return the names of persons that columns hold which are left at the door."""
    words = catalogue.load("personal")["names"]["heads"]
    listed: set[str] = set()
    for at, head in heads.items():
        if at in cells and at not in types and any(word in head for word in words):
            texts = cells[at].dropna().astype("str").str.strip()
            listed |= set(texts[texts.str.fullmatch(_bare_name())])
    return frozenset(listed)


def _without_names(texts: pd.Series, names: frozenset[str]) -> tuple[pd.Series, Counter[str]]:
    """Return texts without names that other columns of the sheet hold: short ones only where they stand alone."""
    listed = "|".join(sorted(map(re.escape, names), key=lambda name: (-len(name), name)))
    longer = "|".join(sorted(re.escape(name) for name in names if len(name) > _SHORT_NAME)) or "(?!)"
    find = re.compile(rf"(?:(?<![一-龥])(?:{listed})(?![一-龥])|(?=[一-龥]{{{_SHORT_NAME + 1}}})(?:{longer}))")
    return _masked_names(texts, find)


def _masked_names(texts: pd.Series, find: re.Pattern[str]) -> tuple[pd.Series, Counter[str]]:
    known = catalogue.load("personal")
    hits = texts.dropna().astype("str").map(lambda text: find.subn(known["mask"]["sign"], text))
    found = hits[hits.map(lambda hit: hit[1] > 0).astype(bool)]
    if not len(found):
        return texts, Counter()
    masked = texts.astype("object")
    masked.loc[found.index] = found.map(lambda hit: hit[0])
    return masked.astype(texts.dtype), Counter({known["names"]["label"]: int(found.map(lambda hit: hit[1]).sum())})


def _short_codes(text: pa.Array | pa.ChunkedArray) -> bool:
    """Whether all codes are letters and digits, too few for a bank card: told from which bytes there are."""
    longest = pc.max(pc.binary_length(text)).as_py() or 0
    return longest < _LEAST_DIGITS and letters.holds_only(text, _OF_CODES)


def _moments(text: pa.Array | pa.ChunkedArray) -> bool:
    """Whether a column holds nothing but dates or times as programs write them."""
    if not set(pc.unique(pc.binary_length(text)).to_pylist()) <= {None, 10, 16, 19}:
        return False
    try:
        text.cast(pa.timestamp("s"))
    except pa.ArrowInvalid:
        return False
    return True


@cache
def _whole_name() -> str:
    """A name of three signs or more that ends as no place, body or paper does."""
    known = catalogue.load("personal")["names"]
    refuse = "|".join(map(re.escape, known["not"]))
    return rf"(?!{refuse}){_bare_name()}(?<=[一-龥]{{3}})(?<![{known['ends_not']}])"


@cache
def _bare_name() -> str:
    known = catalogue.load("personal")["names"]
    return f"(?:{'|'.join(known['double'])}|[{known['surnames']}])[一-龥]{{1,2}}"


@cache
def _worth_a_look() -> str:
    known = catalogue.load("personal")["names"]
    before = "|".join(map(re.escape, known["before"]))
    person = rf"{'|'.join(known['double'])}|[{known['surnames']}]|[A-Z][a-z]+ [A-Z]|[一-龥]{{2,8}}[·•‧]"
    return rf"{_WORTH_A_LOOK}|(?:{before})[ ::：_-]*(?:{person})|{'|'.join(known['after'])}"


def _narrow(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign


def _found(plain: str, head: str, free: bool) -> Iterator[tuple[int, int, str]]:
    for mark in marks():
        if mark.free and not free:
            continue
        for hit in mark.find.finditer(plain):
            number = re.sub(r"[ -]", "", hit[0])
            near, rest = head + plain[max(0, hit.start() - _NEAR) : hit.end()], plain[hit.end() : hit.end() + _BEHIND]
            told = not mark.within or any(word in near for word in mark.within)
            told = told or any(word in rest for word in mark.behind)
            if told and (mark.check is None or mark.check(number.upper())):
                yield hit.start(), hit.end(), mark.label
    yield from _names(plain) if free else ()


@cache
def _titled() -> re.Pattern[str]:
    """A name at the beginning of what is said, with a title behind it; 田师傅镇 and 马奶奶庙村 are places."""
    known = catalogue.load("personal")["names"]
    public, after, places, verbs = ("|".join(known[key]) for key in ("public", "after", "places", "verbs"))
    surname = f"(?:{'|'.join(known['double'])}|[{known['surnames']}])"
    return re.compile(
        rf"(?!{public})({surname}[一-龥]{{0,2}}?)"
        rf"(?=(?:{after})(?!(?!{verbs})[一-龥]{{0,10}}(?:{places})$))"
    )


@cache
def _name() -> re.Pattern[str]:
    known = catalogue.load("personal")["names"]
    before = "|".join(sorted(map(re.escape, known["before"]), key=len, reverse=True))
    surname = f"(?:{'|'.join(known['double'])}|[{known['surnames']}])"
    refuse = "|".join(map(re.escape, known["not"]))
    ends = rf"[\s,，。.、;；:：(（)）/]|$|{'|'.join(known['ends'])}"
    foreign = r"[一-龥]{2,8}[·•‧][一-龥]{2,10}|[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}"
    return re.compile(rf"(?:{before})[ ::_-]*(?!{refuse})({surname} ?[一-龥](?! )[一-龥]?(?={ends})|{foreign})")


@cache
def _described() -> re.Pattern[str]:
    """A name with the sex or a mobile number behind it, and names one after another that are counted."""
    known = catalogue.load("personal")["names"]
    name = _bare_name()
    refuse = "|".join(map(re.escape, known["not"]))
    return re.compile(
        rf"(?:(?<![一-龥])|(?<=[由与和向给找])(?<!自由))((?!{refuse}){name})(?=[,，、 ]?[（(]?[男女][,，、;；)）\d])"
        rf"|({_whole_name()})(?=[ ,，:(（]{{0,2}}(?:(?:电话|手机|联系)[ :]*)?1[3-9]\d[\d -]{{8,10}})"
        rf"|(?<![一-龥])({name}(?:、{name})+?)(?=等|[一二两三四五六七八九十\d]{{1,3}}[户人名位])"
    )


def _names(plain: str) -> Iterator[tuple[int, int, str]]:
    for pattern in (_name(), _titled(), _described()):
        for hit in pattern.finditer(plain):
            start, end = hit.span(hit.lastindex or 1)
            yield start, end, catalogue.load("personal")["names"]["label"]
