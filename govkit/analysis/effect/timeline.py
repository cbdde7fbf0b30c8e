"""The times of a panel in order, and where among them a unit began: dates, periods, years, months, quarters, labels."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from govkit.errors import GovkitError, UnknownNameError

# A unit without a start was never treated; so it is where the start is one of these.
_NEVER = (0, math.inf)
_NEVER_WORDS = frozenset(
    {"", "-", "--", "—", "/", "无", "否", "从未", "未试点", "never", "none", "nan", "nat", "null", "na"}
)
_HALVES = {"1": 1, "2": 7, "上": 1, "下": 7}
_QUARTERS = {"1": 1, "2": 4, "3": 7, "4": 10, "一": 1, "二": 4, "三": 7, "四": 10}
YEARS = (1900, 2100)
_MONTHLY = {1: "M", 3: "Q", 12: "Y"}
_STRETCHES = {"Y": 12, "H": 6, "Q": 3, "M": 1}


@dataclass(frozen=True)
class Moment:
    """The first day of something dated, and how long that is: Y, H, Q, M or D."""

    day: pd.Timestamp
    stretch: str


@dataclass(frozen=True, eq=False)
class Timeline:
    """``index``: the times in order; ``begins``: the first day of each (none where times are numbers or words);
    ``stretch``: how long each is in words of ``Moment``; ``stamps``: the days that stand for times in the data.
    """

    index: pd.Index
    begins: pd.DatetimeIndex | None
    stretch: str
    stamps: dict[pd.Timestamp, int]

    def place(self, start: Any, *, column: str) -> tuple[int, int]:
        """Return the first wholly treated place and the place of a time the start fell within (-1: it fell between).

        ``len(index)`` where the unit was never treated. Raises GovkitError for a start that is no time.
        """
        never = len(self.index)
        read = moment(start)
        if read is None or (isinstance(read, float) and read in _NEVER and not self._holds(read)):
            return never, -1
        if self.begins is not None:
            return self._dated(read, start, column)
        if isinstance(read, float) and not isinstance(self.index.dtype, pd.StringDtype | np.dtypes.ObjectDType):
            return int(np.searchsorted(self.index.to_numpy(dtype=float), read)), -1
        known = list(map(str, self.index))
        word = _plain(start)
        if word not in known:
            raise UnknownNameError(f"起始时间（{column}）", str(start), known)
        return known.index(word), -1

    def _holds(self, number: float) -> bool:
        """Whether a number that elsewhere means never is a time after the first here."""
        numbers = self.begins is None and pd.api.types.is_numeric_dtype(self.index)
        return numbers and bool(self.index[0] < number) and math.isfinite(number)

    def _dated(self, read: Any, start: Any, column: str) -> tuple[int, int]:
        begins, never = self.begins, len(self.index)
        assert begins is not None  # noqa: S101 - asked for only then
        read = written_date(read) if isinstance(read, float) else read
        if not isinstance(read, Moment):
            raise GovkitError(
                f"起始时间（{column}）有 {start!r}，不是时间列那样的日期。",
                allowed=f"与时间列同样的写法，如 {self.index[0]}；从未试点的留空",
            )
        if read.stretch == "Y" and self.stretch not in {"Y", ""}:
            raise GovkitError(
                f"起始时间（{column}）{start!r} 只到年，时间列却更细，说不清从哪一期开始。",
                todo=f"请写成与时间列同样的写法，如 {self.index[0]}。",
            )
        if read.day in self.stamps and read.stretch == "D":
            return self.stamps[read.day], -1
        at = int(begins.searchsorted(read.day, side="right")) - 1
        if at < 0:
            return 0, -1
        if at == never - 1 and read.day >= self._end:
            return never, -1
        partly = read.day > begins[at] and self.stretch != ""
        return at + int(read.day > begins[at]), at if partly else -1

    @property
    def _end(self) -> pd.Timestamp:
        """The first day after the last time."""
        assert self.begins is not None  # noqa: S101 - asked for only then
        months = _STRETCHES.get(self.stretch)
        days = {"W": 7, "D": 1, "": 1}.get(self.stretch, 1)
        last = self.begins[-1]
        return last + (pd.DateOffset(months=months) if months else pd.Timedelta(days=days))


def moment(value: Any) -> Moment | float | str | None:
    """Return what a cell says of time: a date of some length, a number, other words, or None for never and missing."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Period):
        name = value.freqstr[0]
        return Moment(value.start_time.normalize(), name if name in _STRETCHES and value.freq.n == 1 else "D")
    if isinstance(value, pd.Timestamp | datetime.date | np.datetime64):
        day = pd.Timestamp(value)
        return Moment((day.tz_localize(None) if day.tz else day).normalize(), "D")
    if isinstance(value, str):
        return _of_text(_plain(value))
    try:
        return None if pd.isna(value) else float(value)
    except (TypeError, ValueError):
        return str(value)


def _plain(value: Any) -> str:
    return unicodedata.normalize("NFKC", str(value)).strip()


def _of_text(text: str) -> Moment | float | str | None:
    if text.lower() in _NEVER_WORDS:
        return None
    dated = (
        (r"(\d{4})年", lambda year: (year, 1, "Y")),
        (r"(\d{4})年?[第\- ]?([1-4一二三四])季度?", lambda year, quarter: (year, _QUARTERS[quarter], "Q")),
        (r"(\d{4})[年\- ]?[Qq]([1-4])", lambda year, quarter: (year, _QUARTERS[quarter], "Q")),
        (r"[Qq]([1-4])[\- ]?(\d{4})", lambda quarter, year: (year, _QUARTERS[quarter], "Q")),
        (r"(\d{4})年?([上下])半年", lambda year, half: (year, _HALVES[half], "H")),
        (r"(\d{4})[年\- ]?[Hh]([12])", lambda year, half: (year, _HALVES[half], "H")),
        (r"(\d{4})[年/.\-](\d{1,2})月?", lambda year, month: (year, int(month), "M")),
    )
    for pattern, read in dated:
        if found := re.fullmatch(pattern, text):
            year, month, stretch = read(*found.groups())
            if 1 <= month <= 12:
                return Moment(pd.Timestamp(int(year), month, 1), stretch)
    day = re.fullmatch(r"(\d{4})[年/.\-](\d{1,2})[月/.\-](\d{1,2})日?([T ].*)?", text)
    if day:
        try:
            return Moment(pd.Timestamp(*map(int, day.groups()[:3])), "D")
        except ValueError:
            return text
    try:
        return float(text)
    except ValueError:
        return text


def written_date(number: float) -> Moment | float:
    """Return the date that a whole number such as 2017, 201705 or 20170501 writes; otherwise the number."""
    if number != int(number):
        return number
    digits = str(int(number))
    year, month, day = int(digits[:4] or 0), int(digits[4:6] or 1), int(digits[6:8] or 1)
    if len(digits) not in {4, 6, 8} or not (YEARS[0] <= year < YEARS[1] and 1 <= month <= 12):
        return number
    try:
        return Moment(pd.Timestamp(year, month, day), {4: "Y", 6: "M", 8: "D"}[len(digits)])
    except ValueError:
        return number


def timeline(column: pd.Series, *, name: str, dated: bool) -> tuple[Timeline, np.ndarray]:
    """Return the times of a column in order, and the place of each row's.

    Dates become periods of the spacing they have; whole numbers such as 201705 are months, and such as 2017 years where
    ``dated`` (the starts are dates). Words are in the order of an ordered categorical, or of the one number in them.
    Raises GovkitError for words of which nobody can tell which comes first.
    """
    distinct = column.drop_duplicates().tolist()
    read = {value: moment(value) for value in distinct}
    if all(isinstance(one, float) for one in read.values()):
        written = {value: written_date(one) for value, one in read.items() if isinstance(one, float)}
        if all(isinstance(one, Moment) and (one.stretch != "Y" or dated) for one in written.values()):
            read = dict(written)
    if all(isinstance(one, Moment) for one in read.values()):
        return _of_dates({value: one for value, one in read.items() if isinstance(one, Moment)}, column)
    if all(isinstance(one, float) for one in read.values()):
        numbers = column.map(read).to_numpy(dtype=float)
        values = np.unique(numbers)
        shown = values.astype(int) if (values == np.round(values)).all() else values
        return Timeline(pd.Index(shown), None, "", {}), np.searchsorted(values, numbers)
    words = _in_order(column, distinct, name)
    place = {_plain(word): at for at, word in enumerate(words)}
    return Timeline(pd.Index(list(place), dtype=object), None, "", {}), column.map(
        lambda one: place[_plain(one)]
    ).to_numpy()


def _of_dates(read: dict[Any, Moment], column: pd.Series) -> tuple[Timeline, np.ndarray]:
    days = pd.DatetimeIndex(sorted({one.day for one in read.values()}))
    gaps = np.diff(days.to_numpy()) / np.timedelta64(1, "D")
    stated = {one.stretch for one in read.values()}
    if stated == {"D"} and len(gaps) and gaps.min() <= 8:
        freq = "D" if gaps.min() <= 1.5 else "W"
        periods = pd.period_range(pd.Period(days[0], freq), pd.Period(days[-1], freq), freq=freq)
        index, begins, stretch = periods, periods.start_time.normalize(), freq
    else:
        index, begins, stretch = _monthly(days, stated)
    places = {day: int(begins.searchsorted(day, side="right")) - 1 for day in days}
    stamps = places if stated == {"D"} else {}
    row = column.map({value: places[one.day] for value, one in read.items()}).to_numpy(dtype=int)
    return Timeline(index, pd.DatetimeIndex(begins), stretch, stamps), row


def _monthly(days: pd.DatetimeIndex, stated: set[str]) -> tuple[pd.Index, pd.DatetimeIndex, str]:
    """Return times of the spacing that dates months or more apart have; the dates themselves where they have none."""
    month = days.year.to_numpy() * 12 + days.month.to_numpy() - 1
    steps = np.diff(np.unique(month))
    longest = max((_STRETCHES.get(one, 1) for one in stated), default=1)
    apart = int(np.gcd.reduce(steps)) if len(steps) else longest
    step = next((one for one in (12, 6, 3, 1) if apart % one == 0), 1)
    late = month[0] % step
    ends = late == step - 1  # stamped with its last month or day
    sampled = (len(set(steps)) == 1 and apart not in {12, 6, 3, 1}) or not (late == 0 or ends or (days.day == 1).all())
    if sampled or (month[-1] - month[0]) / step + 1 > 2 * len(days):  # waves: nothing was to be seen between them
        return pd.Index([str(day.date()) for day in days], dtype=object), days, ""
    every = np.arange(month[0] - (late if ends else 0), month[-1] + 1, step)
    begins = pd.DatetimeIndex([pd.Timestamp(one // 12, one % 12 + 1, 1) for one in every])
    if step in _MONTHLY and (step < 12 or every[0] % 12 == 0):
        return begins.to_period(_MONTHLY[step]), begins, _MONTHLY[step]
    halves = [f"{one.year}H{1 + one.month // 7}" if one.month in {1, 7} else f"{one:%Y-%m}" for one in begins]
    return pd.Index(halves, dtype=object), begins, {6: "H", 12: "Y"}.get(step, "")


def _in_order(column: pd.Series, distinct: list[Any], name: str) -> list[Any]:
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        return [one for one in column.cat.categories if one in set(distinct)]
    parts = {one: re.fullmatch(r"(\D*)(\d+)(\D*)", _plain(one)) for one in distinct}
    around = {(found[1], found[3]) for found in parts.values() if found}
    if all(parts.values()) and len(around) == 1:
        return sorted(distinct, key=lambda one: int(parts[one][2]))  # type: ignore[index]
    shown = "、".join(repr(str(one)) for one in distinct[:5])
    raise GovkitError(
        f"时间列（{name}）的这些写法排不出先后：{shown}。",
        allowed="日期、年、年月（2017-05、201705、2017年5月）、季度（2017Q2）、半年（2017H1）、数、“第1期”这样的编号",
        todo="或改成有序分类：pd.Categorical(…, categories=[先, 后], ordered=True)。",
    )
