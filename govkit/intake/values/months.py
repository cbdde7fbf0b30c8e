"""Headers that are months, as wide tables have them."""

from __future__ import annotations

import re
from functools import lru_cache

from govkit.intake.values.quantities import plain

_YEAR_MONTH = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:年度?|[-./])?(0?[1-9]|1[0-2])(?:月份?)?(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})年?(?!\d)")
_MONTH = re.compile(r"(?<!\d)(0?[1-9]|1[0-2])月份?")
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_CHINESE = {word: number for number, word in enumerate(_NUMERALS, start=1)}
_CHINESE_MONTH = re.compile(r"(十[一二]?|[一二三四五六七八九])月份?")


# a month that is no end or beginning of several, and no day of one
_IN_TITLE = re.compile(
    r"(?<![-—–~至到止\d])((?:19|20)\d{2})(?:年|[-./])(0?[1-9]|1[0-2])(?:月份?)(?![\d日至到起底末止—–~-]|累计|以来|[、和及与,]\d)"
)
_OF_THE_FORM = re.compile("填|制表|报送|打印|印发|审核|导出|截至|截止")


def month_of_title(title: str) -> str:
    """Return the one month a title says its table is about as "2018-05", ``""`` if none or several.

    >>> month_of_title("统计表（2018年5月）"), month_of_title("2018年1月—5月"), month_of_title("填报时间：2018年5月")
    ('2018-05', '', '')
    """
    lines = [plain(part) for line in title.splitlines() for part in re.split(r"\s{2,}", line)]
    hits = [one for line in lines if not _OF_THE_FORM.search(line) for one in _IN_TITLE.finditer(line)]
    found = {f"{one[1]}-{int(one[2]):02d}" for one in hits}
    return found.pop() if len(found) == 1 else ""


def month_alone(text: str) -> str:
    """Return the number of a month that names no year (3, 3月, 三月) as two digits, ``""`` of anything else.

    >>> month_alone("3"), month_alone("十一月"), month_alone("2018-03"), month_alone("13")
    ('03', '11', '', '')
    """
    word = plain(text)
    found = re.fullmatch(r"(0?[1-9]|1[0-2])(?:月份?)?", word) or _CHINESE_MONTH.fullmatch(word)
    return f"{_CHINESE.get(found[1]) or int(found[1]):02d}" if found else ""


@lru_cache(maxsize=4096)
def month_of(parts: tuple[str, ...], *, year: int = 0) -> tuple[str, str] | None:
    """Return the month a header names as "2018-05" and the words left over, None if it names none.

    ``year`` serves headers that only say "5月"; without it such a header yields "0000-05".

    >>> month_of(("2018年", "5月")), month_of(("2018-05 办结件数",)), month_of(("户数",))
    (('2018-05', ''), ('2018-05', '办结件数'), None)
    """
    text = plain("".join(parts))
    both = _YEAR_MONTH.search(text)
    if both:
        rest = text[: both.start()] + text[both.end() :]
        return f"{both.group(1)}-{int(both.group(2)):02d}", rest.strip("-/_")
    month = _MONTH.search(text) or _CHINESE_MONTH.search(text)
    if not month:
        return None
    rest = text[: month.start()] + text[month.end() :]
    found_year = _YEAR.search(rest)
    rest = _YEAR.sub("", rest).strip("-/_年")
    number = _CHINESE.get(month.group(1)) or int(month.group(1))
    return f"{int(found_year.group(1)) if found_year else year:04d}-{number:02d}", rest
