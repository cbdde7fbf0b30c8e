"""What is known of a division code without any table: its length, its system, the vintage of its list."""

from __future__ import annotations

import datetime as dt
import re

from govkit import catalogue
from govkit.intake.values.quantities import plain

# What short codes stand for: province, city, county, street.
SHORT = re.compile(r"\d{2}|\d{4}|\d{6}|\d{9}")
FULL = re.compile(r"\d{12}")
# What stands for a zone of no province: inner codes of units abroad begin with it.
ABROAD = "990000"
_VINTAGE = re.compile(r"(\d{4})(?:\D+(\d{1,2})(?:\D+(\d{1,2}))?)?\D*")


def padded(code: str) -> str:
    """Return a code of 2, 4, 6 or 9 digits with zeros to 12; others as they are.

    >>> padded("230102019")
    '230102019000'
    """
    return code.ljust(12, "0") if SHORT.fullmatch(code) else code


def system_of(text: str) -> str:
    """Return the key of a code system by its key, label or other name; "" if there is none such.

    >>> system_of("统计用区划代码"), system_of("民政部")
    ('nbs', 'mca')
    """
    for key, entry in catalogue.load("code_systems").items():
        if plain(text) in {key, *map(plain, (entry["label"], *entry["aliases"]))}:
            return str(key)
    return ""


def last_day(vintage: str) -> dt.date | None:
    """Return the last day a vintage may mean, None if it is no date.

    >>> last_day("2023").isoformat(), last_day("2016-07").isoformat()
    ('2023-12-31', '2016-07-31')
    """
    match = _VINTAGE.fullmatch(plain(vintage))
    if not match:
        return None
    year, month, day = int(match[1]), int(match[2] or 12), match[3]
    try:
        first = dt.date(year, month, int(day or 1))
        if day:
            return first
        return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
    except ValueError:
        return None


def shown_code(code: str) -> str:
    """Return a unit's code as documents print it, "" for the inner one of a unit abroad.

    >>> shown_code("230102019"), shown_code("990000087")
    ('230102019', '')
    """
    return "" if code.startswith(ABROAD) else code


def is_abroad(country: str) -> bool:
    """Whether a country's code (ISO 3166, two letters) is another than China's.

    >>> is_abroad(""), is_abroad("CN"), is_abroad("KE")
    (False, False, True)
    """
    return country.upper() not in {"", "CN"}
