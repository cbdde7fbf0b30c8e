"""Numbers as offices write them: shares, amounts, hours and days, changes, and lists of names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from govkit.rounding import fixed

_BLANK = re.compile(r"(?<=[\u4e00-\u9fff，；：（]) (?=[\d.])|(?<=[\d%]) (?=[\u4e00-\u9fff%‰])")
_WAN, _YI = 1e4, 1e8
_LARGE_AREA = re.compile(r"(?<![\d.,])(\d{3},\d{3}|\d{1,3}(?:,\d{3}){2,})(?:\.\d+)?平方米")
_NESTED = re.compile(r"“([^“”]*)“([^“”]*)”([^“”]*)”")
# From so many cases on a share carries a decimal, and from so many a share may be told at all.
_DECIMAL, _SHARE = 100, 30
# How units of measures read in a sentence.
_UNITS = {"m²": "平方米", "m²/百户": "平方米", "人/万人": "人", "km²": "平方公里"}


def share(value: Any, n: Any = None) -> str:
    """Return a fraction as %: without a decimal where it rests on fewer than a hundred cases.

    >>> share(0.9742), share(0.4286, 42)
    ('97.4%', '43%')
    """
    digits = 0 if n is not None and pd.notna(n) and n < _DECIMAL else 1
    return f"{fixed(value * 100, digits)}%"


def few(n: Any) -> bool:
    """Whether a share rests on too few cases to be told: fewer than thirty."""
    return bool(pd.notna(n) and n < _SHARE)


def money(yuan: Any) -> str:
    """Return yuan as 万元 with two decimals, 亿元 from ten thousand 万元 on; below a hundred as yuan.

    >>> money(75100), money(2.5e8), money(1200000), money(80)
    ('7.51万元', '2.50亿元', '120.00万元', '80元')
    """
    if abs(yuan) < 100:
        return f"{fixed(yuan, 0)}元"
    if abs(yuan) >= _YI:
        return f"{fixed(yuan / _YI, 2)}亿元"
    return f"{fixed(yuan / _WAN, 2)}万元"


def hours(value: Any) -> str:
    """Return hours, as tables give them.

    >>> hours(332)
    '332.0小时'
    """
    return f"{fixed(value, 1)}小时"


def quantity(value: Any, unit: str, n: Any = None) -> str:
    """Return a measured value as a sentence has it.

    >>> quantity(0.974, "%"), quantity(40.71, "m²/百户"), quantity(2.31, "次")
    ('97.4%', '40.7平方米', '2.3次')
    """
    if pd.isna(value):
        return "无数据"
    if unit == "%":
        return share(value, n)
    if unit == "小时":
        return hours(value)
    return f"{fixed(value, 1)}{_UNITS.get(unit, unit)}"


def changed(change: Any, unit: str) -> str:
    """Return the size of a change: shares by 百分点.

    >>> changed(-0.0651, "%"), changed(3.2, "小时")
    ('6.5个百分点', '3.2小时')
    """
    return f"{fixed(abs(change) * 100, 1)}个百分点" if unit == "%" else quantity(abs(change), unit)


def day(date: dt.date | pd.Timestamp, *, of: dt.date | None = None) -> str:
    """Return a day as 1月30日, with its year where that is neither ``of``'s nor the next.

    >>> day(dt.date(2019, 1, 30), of=dt.date(2018, 12, 31)), day(dt.date(2020, 6, 1), of=dt.date(2018, 12, 31))
    ('1月30日', '2020年6月1日')
    """
    near = of is not None and 0 <= date.year - of.year <= 1
    return f"{'' if near else f'{date.year}年'}{date.month}月{date.day}日"


def listed(names: Sequence[str], *, most: int = 3, counter: str = "个") -> str:
    """Return the first names, and how many there are where that is more.

    >>> listed(["甲村", "乙村"]), listed(["甲", "乙", "丙", "丁"], counter="个村")
    ('甲村、乙村', '甲、乙、丙等4个村')
    """
    shown = "、".join(names[:most])
    return shown if len(names) <= most else f"{shown}等{len(names)}{counter}"


def together(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return names with what is said of each, those of which the same is said in one clause.

    >>> together([("甲", "缺"), ("乙", "缺"), ("丙", "晚")])
    ['甲、乙（缺）', '丙（晚）']
    """
    said: dict[str, list[str]] = {}
    for name, text in pairs:
        said.setdefault(text, []).append(name)
    return [f"{'、'.join(names)}（{text}）" for text, names in said.items()]


def count(number: int) -> str:
    """Return a small number as it stands before 个 and 项.

    >>> count(2), count(6), count(12)
    ('两', '六', '12')
    """
    return "零一两三四五六七八九十"[number] if number <= 10 else str(number)


def printed(text: str) -> str:
    """Return a text as a page has it: no blanks about numbers, areas in 平方米, quotes within quotes single.

    Areas from 100,000 平方米 on are in 万平方米, as amounts are in 万元.

    >>> printed("绿化 12,882,348 m²，达到“公园“双百”标准”")
    '绿化1,288.23万平方米，达到“公园‘双百’标准”'
    """
    text = tight(text.replace(" m² ", "平方米").replace(" m²", "平方米"))
    text = _LARGE_AREA.sub(lambda found: f"{fixed(float(found[1].replace(',', '')) / _WAN, 2)}万平方米", text)
    return quoted(text)


def quoted(text: str) -> str:
    """Return a text with single quotes within quotes."""
    return _NESTED.sub(r"“\1‘\2’\3”", text)


def tight(text: str) -> str:
    """Return a text without blanks between a number and a Chinese character, as printed prose has it.

    >>> tight("辖 3 个社区，达标 12.5 %")
    '辖3个社区，达标12.5%'
    """
    return _BLANK.sub("", text)
