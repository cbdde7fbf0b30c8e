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
