"""Dates in the many shapes bureaus write them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from govkit.intake.values.quantities import holds_odd_digits

_TIME = r"(?:[T\s日]*(上午|下午|晚上)?(\d{1,2})[::时点](\d{1,2})?(?:[::分](\d{1,2}))?(?:\.\d+)?秒?分?)?"
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")
_FULL = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?\s*" + _TIME)
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?份?")
_YEAR = re.compile(r"((?:19|20)\d{2})\s*年?度?")
# a time needs its day: ten digits are no moment
_DIGITS = re.compile(r"((?:19|20)\d{2})(\d{2})(?:(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?)?")
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")
_CHINESE = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_BEIJING = dt.timezone(dt.timedelta(hours=8))
# Excel counts days from here (its leap year 1900 is a slip, so day 1 is 1 January 1900 only in its own view)
_EXCEL_ZERO = dt.datetime(1899, 12, 30)  # noqa: DTZ001


def parse_date(text: str) -> tuple[dt.datetime | None, str]:
    """Return a date or time and the finding it deserves (``""`` if none).

    A month stands for its first day ("month_as_date"), a year for its first of January ("year_as_date"); five digits
    are an Excel serial.

    >>> parse_date("2019年5月")[0].isoformat(), parse_date("43586")[0].isoformat()
    ('2019-05-01T00:00:00', '2019-05-01T00:00:00')
    >>> parse_date("2019.1")[1]
    'ambiguous_october'
    """
    if holds_odd_digits(text):
        return None, "unreadable_date"
    word = unicodedata.normalize("NFKC", text).strip().translate(_CHINESE)
    # 二〇一九年十二月三十一日: tens that the table above cannot turn into digits
    word = re.sub(r"([1-3]?)十([1-9]?)", lambda m: str(int(m[1] or 1) * 10 + int(m[2] or 0)), word)
    try:
        found = _parse(word)
    except ValueError:
        found = None
    if found is None:
        return None, "unreadable_date"
    if re.fullmatch(r"\d{4}\.1", word):
        return found, "ambiguous_october"
    if _YEAR.fullmatch(word):
        return found, "year_as_date"
    digits = _DIGITS.fullmatch(word)
    return found, "month_as_date" if _MONTH.fullmatch(word) or (digits and not digits[3]) else ""


def _parse(word: str) -> dt.datetime | None:
    zone = _ZONE.search(word) if len(word) > 16 else None
    if zone:
        moment = dt.datetime.fromisoformat(word.replace("Z", "+00:00"))
        return moment.astimezone(_BEIJING).replace(tzinfo=None, microsecond=0)
    if full := _FULL.fullmatch(word):
        year, month, day, half, hour, minute, second = full.groups()
        late = 12 if half in {"下午", "晚上"} and int(hour) < 12 else 0
        return _moment(year, month, day, int(hour or 0) + late, minute, second)
    if month := _MONTH.fullmatch(word):
        return _moment(*month.groups(), 1)
    if _SERIAL.fullmatch(word):
        return _EXCEL_ZERO + dt.timedelta(seconds=round(float(word) * 86400))
    if digits := _DIGITS.fullmatch(word):
        year, month, day, *time = digits.groups()
        return _moment(year, month, day or 1, *time)
    year_only = _YEAR.fullmatch(word)
    return _moment(year_only.group(1), 1, 1) if year_only else None


def _moment(year: str, month: str | int, day: str | int, *time: str | int | None) -> dt.datetime:
    # wall time in Asia/Shanghai, no zone kept
    hour, minute, second = (int(part or 0) for part in (*time, 0, 0, 0)[:3])
    return dt.datetime(int(year), int(month), int(day), hour, minute, second)  # noqa: DTZ001
