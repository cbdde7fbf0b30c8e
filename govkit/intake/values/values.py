"""Text cells of one column to values of its type. Hard cases are parsed once per distinct text."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from govkit import catalogue
from govkit.intake.reading.schema import Column
from govkit.intake.values import dates, letters
from govkit.intake.values.coordinates import SIGNS
from govkit.intake.values.quantities import factor, holds_odd_digits, plain

# thousands apart: nothing that goes on with digits or another separator, such as 1,234,56
_GROUPED = re.compile(r"[-+]?\d{1,3}([,、'’ ]\d{3})+(?![\d,、'’ ]*\d)(\.\d+)?")
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)([^\d.].*)?")
# 308/195
_TWO = re.compile(r"\d+(?:\.\d+)?[/／]\d+(?:\.\d+)?")
# a length of time: 849:30
_HOURS = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d))?")
_EXPONENT = re.compile(r"[-+]?\d+(\.\d+)?e[-+]?\d+")
_DMS = re.compile(
    r"(?:[en]|东经|北纬)?(\d{1,3})[°度]"
    r"(?:(\d{1,2}(?:\.\d+)?)['′分])?"
    r"(?:(\d{1,2}(?:\.\d+)?)(?:[\"″秒]|''|′′))?[en]?"
)
_PARTS = re.compile(r"(\d{1,3})[\s:\-]+(\d{1,2})[\s:\-]+(\d{1,2}(?:\.\d+)?)")
_OF_CODES = (string.ascii_letters + string.digits + "_-").encode()
_LONGEST_MARK = 4
# of a character in UTF-8
_MOST_BYTES = 4
# a converted amount such as 1.2万 is whole but for the last bits of a float
_WHOLE = 1e-6


@dataclass(frozen=True)
class Parsed:
    """Values on the index of the cells; ``rule`` names the finding where a cell could not be read, else ``""``."""

    values: pd.Series
    rule: pd.Series


def parse(cells: pd.Series, column: Column, *, scale: float = 1.0, decimal: str = ".", stated: bool = False) -> Parsed:
    """Return the cells of one column as values of its type.

    ``scale`` turns the file's unit into the tidy one, ``stated`` says that the file states it: a cell with another unit
    is then read by its own and named. ``decimal`` is the decimal mark. Missing marks become NA with no
    rule; unreadable cells become NA with a rule. Range and need are not tested here.
    """
    cells = cells.astype("str")
    clean = cells.mask(cells.isin(missing_marks(cells, column.type)))
    if decimal == "," and column.type in {"integer", "number", "fraction", "longitude", "latitude"}:
        clean = clean.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    match column.type:
        case "text":
            # Turn #REF! and the like in a text column into missing values with a rule
            parsed = Parsed(clean.astype("str"), _no_rule(clean))
            wrong = clean.str.startswith("#").fillna(False).astype(bool)
            if not wrong.any():
                return parsed
            wrong &= clean.map(_is_excel_error, na_action="ignore").fillna(False).astype(bool)
            return Parsed(parsed.values.mask(wrong), parsed.rule.mask(wrong, "cell_error"))
        case "code":
            return _codes(clean)
        case "integer":
            return _integers(_numbers(clean, column.unit, scale, stated))
        case "number" | "fraction":
            return _numbers(clean, column.unit, scale, stated)
        case "date" | "datetime":
            return _dates(clean, column)
        case "boolean":
            return _by_distinct(clean, _boolean, "boolean")
        case "choice":
            return _by_distinct(clean, lambda text: _choice(text, column.values, column.open), "str")
        case _:
            return _coordinates(clean)


def _no_rule(cells: pd.Series) -> pd.Series:
    # texts of no length need their ends alone
    ends = pa.py_buffer(np.zeros(len(cells) + 1, dtype=np.int64))
    none = pa.LargeStringArray.from_buffers(len(cells), ends, pa.py_buffer(b""))
    return pd.Series(pd.array(none, dtype="str"), index=cells.index)


def missing_marks(cells: pd.Series, kind: str) -> list[str]:
    """Return the distinct short cells that say "no value"; for yes and no, 无 and × are answers."""
    lists = catalogue.load("cells")
    marks = {plain(mark) for mark in lists["missing"]}
    if kind == "boolean":
        marks -= {plain(word) for word in (*lists["true"], *lists["false"])}
    known = letters.texts(cells)
    longest = _LONGEST_MARK if letters.is_ascii(known) else _LONGEST_MARK * _MOST_BYTES
    few = known.filter(pc.less_equal(pc.binary_length(known), longest)).drop_null().unique().to_pylist()
    short = [text for text in few if len(text) <= _LONGEST_MARK]
    return [text for text in short if not (word := plain(text)) or word in marks]


def _is_excel_error(text: str) -> bool:
    return plain(text) in catalogue.load("cells")["excel_errors"]


def _by_distinct(cells: pd.Series, one: Callable[[str], tuple[Any, str]], dtype: Any) -> Parsed:
    """Apply ``one`` (text → value or None, rule) to every distinct text."""
    codes, distinct = pd.factorize(cells)
    answers = [(None, "cell_error") if text[:1] == "#" and _is_excel_error(text) else one(text) for text in distinct]
    found = pd.array([value for value, _ in answers] + [None], dtype=dtype)
    rules = np.array([rule for _, rule in answers] + [""], dtype=object)
    return Parsed(pd.Series(found[codes], index=cells.index), pd.Series(rules[codes], index=cells.index, dtype="str"))


def _codes(cells: pd.Series) -> Parsed:
    """Codes of plain letters and digits are what they are; a dot, a plus or anything else needs a look."""
    if letters.holds_only(letters.texts(cells), _OF_CODES):
        return Parsed(cells, _no_rule(cells))
    hard = cells.notna() & ~cells.str.fullmatch(r"[0-9A-Za-z_-]+").fillna(True).astype(bool)
    if not hard.any():
        return Parsed(cells, _no_rule(cells))
    parsed = _by_distinct(cells[hard], _code, "str")
    values, rule = cells.copy(), _no_rule(cells)
    values[hard], rule[hard] = parsed.values, parsed.rule
    return Parsed(values, rule)


def _code(text: str) -> tuple[str | None, str]:
    if holds_odd_digits(text):
        return text, ""
    code = plain(text).lstrip("'`")
    if _EXPONENT.fullmatch(code) and ("+" in code or "." in code):
        return None, "mangled_code"
    code = "".join(unicodedata.normalize("NFKC", text).split()).lstrip("'`")
    if re.fullmatch(r"\d+\.0*", code):
        return code.split(".")[0], "code_with_decimals"
    return code, ""


def _boolean(text: str) -> tuple[bool | None, str]:
    lists, word = catalogue.load("cells"), plain(text)
    if word in {plain(w) for w in lists["true"]}:
        return True, ""
    return (False, "") if word in {plain(w) for w in lists["false"]} else (None, "unreadable_boolean")


def _choice(text: str, list_name: str, is_open: bool) -> tuple[str | None, str]:
    known = choices(list_name)
    # map services name a class by its path: 科教文化服务;学校;小学|…
    key = known.get(plain(text)) or (known.get(plain(_PATH.split(text.split("|")[0])[-1])) if is_open else None)
    if key or not is_open:
        return key, "" if key else "unknown_choice"
    word = " ".join(unicodedata.normalize("NFKC", text).split())
    return (word, "own_kind") if any(letter.isalpha() for letter in word) else (None, "unknown_choice")


_PATH = re.compile("[;；:：>＞]")


@lru_cache(maxsize=64)
def choices(list_name: str) -> dict[str, str]:
    """Map what files may say, in plain form, to the keys of a list in codes.toml."""
    entries = catalogue.load("codes")[list_name]
    found: dict[str, str] = {}
    for words in (
        [[e["label"], k, k.replace("_", " ")] for k, e in entries.items()],
        [e["aliases"] for e in entries.values()],
    ):
        for key, spellings in zip(entries, words, strict=True):
            for word in spellings:
                found.setdefault(plain(word), key)
    return found


_MONEY = re.compile("^(?:¥|人民币|rmb|cny)")
_UNIT_IN_BRACKETS = re.compile(r"(?<=\d)\(([^()]+)\)$")


def _numbers(cells: pd.Series, unit: str, scale: float, stated: bool) -> Parsed:
    values = pd.to_numeric(cells, errors="coerce").astype("float64") * scale
    values = values.mask(~np.isfinite(values))
    hard = cells.notna() & values.isna()
    if not hard.any():
        return Parsed(values, _no_rule(cells))
    parsed = _by_distinct(cells[hard], lambda one: _number(one, unit, scale, stated), "Float64")
    rule = _no_rule(cells)
    rule[hard] = parsed.rule
    values[hard] = parsed.values.astype("float64")
    return Parsed(values, rule)


def _number(text: str, unit: str, scale: float, stated: bool = False) -> tuple[float | None, str]:
    """Parse a number with separators, 万, %, a unit of its own, or accounting brackets for a negative."""
    if holds_odd_digits(text):
        return None, "unreadable_number"
    word = _MONEY.sub("", plain(text).replace("\u2212", "-"))
    word = _UNIT_IN_BRACKETS.sub(r"\1", word)
    # △ and brackets are an accountant's minus
    word = f"({word[1:]})" if word[:1] in {"△", "▲"} else word
    negative = word.startswith("(") and word.endswith(")")
    word = word.strip("()") if negative else word
    grouped = _GROUPED.match(word)
    if grouped and grouped.end() < len(word) and word[grouped.end()] in ",、'’":
        grouped = None
    word = re.sub(r"[,、'’]", "", word[: grouped.end()]) + word[grouped.end() :] if grouped else word
    hours = _HOURS.fullmatch(word)
    if hours and unit == "h" and scale == 1:
        whole, minutes, seconds = (int(part or 0) for part in hours.groups())
        return whole + minutes / 60 + seconds / 3600, ""
    if _TWO.fullmatch(word):
        return None, "two_numbers"
    found = _NUMBER.fullmatch(word)
    if not found or _two_numbers(text):
        return None, "unreadable_number"
    amount, tail = float(found.group(1)), found.group(2) or ""
    times, rule = _tail_factor(tail, unit, scale, stated)
    if times is None or not np.isfinite(amount):
        return None, "unreadable_number"
    return (-amount if negative else amount) * times, rule


def _two_numbers(text: str) -> bool:
    """Whether a space parts digits in another way than by thousands."""
    bare = unicodedata.normalize("NFKC", text).strip(" ()")
    return bool(re.search(r"\d\s+\d", bare)) and not _GROUPED.match(bare)


def _tail_factor(tail: str, unit: str, scale: float, stated: bool) -> tuple[float | None, str]:
    """Return what the word after a number multiplies it by, and the finding that deserves.

    A unit in the cell outweighs the one in the header. 万 under a header in 万元 says it once more, and counts once.
    """
    multiples = catalogue.load("cells")["multiples"]
    if not tail:
        return scale, ""
    own, twice = factor(tail, unit), tail in multiples and tail not in "%‰"
    if own is None and twice and scale != 1:
        own = multiples[tail]
    if own is not None:
        return own, "own_unit" if stated and own != scale and tail not in "%‰" else "said_twice" if twice else ""
    if tail in multiples:
        # a share of something is no amount in a unit
        return (None if unit else multiples[tail]) if tail in "%‰" else multiples[tail] * scale, ""
    # 1.2万件: a multiple, then a unit
    whole = multiples[tail[0]] if tail[0] in multiples and factor(tail[1:], unit) == 1 else None
    return whole, "own_unit" if whole is not None and stated and whole != scale else ""


def bare_number(text: str) -> float | None:
    """Return the number a cell holds besides its unit, None if it holds none.

    >>> bare_number("10万元"), bare_number("约")
    (10.0, None)
    """
    found = re.search(r"[-+]?\d[\d,]*\.?\d*", plain(text))
    return float(found[0].replace(",", "")) if found else None


def _integers(parsed: Parsed) -> Parsed:
    whole = parsed.values.round()
    broken = ((parsed.values - whole).abs() > _WHOLE) & parsed.values.notna()
    rule = parsed.rule.mask(broken, "not_integer")
    return Parsed(whole.mask(broken).astype("Int64"), rule)


def _dates(cells: pd.Series, column: Column) -> Parsed:
    values = _iso_times(cells)
    rule = _no_rule(cells)
    if values is None:
        values, rule = _any_dates(cells)
        if column.name == "month":
            # a month is all there is to say, and a year is none
            values = values.mask(rule == "year_as_date")
            rule = rule.mask(rule == "month_as_date", "").mask(rule == "year_as_date", "unreadable_date")
    day = column.type == "date"
    first, last = catalogue.load("cells")["years"]
    rule = rule.mask(values.notna() & ~values.dt.year.between(first, last), "implausible_date")
    return Parsed(values.dt.normalize() if day else values, rule)


def _iso_times(cells: pd.Series) -> pd.Series | None:
    """Return a column that is ISO dates or times throughout, the quick way; None for any other."""
    text = pa.array(cells, type=pa.large_string())
    try:
        # 20180501 and 2018-05-01T08Z are told from these by their length
        lengths = set(pc.unique(pc.utf8_length(text)).to_pylist()) - {None}
        found = text.cast(pa.timestamp("s")) if lengths <= {10, 16, 19} else None
    except pa.ArrowInvalid:
        return None
    return None if found is None else pd.Series(found.to_numpy(zero_copy_only=False), index=cells.index)


def _any_dates(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    usual = cells.str.fullmatch(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?").fillna(False).astype(bool)
    values = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[s]")
    values[usual] = pd.to_datetime(cells[usual], format="ISO8601", errors="coerce").astype("datetime64[s]")
    hard = cells.notna() & values.isna()
    rule = _no_rule(cells)
    if hard.any():
        parsed = _by_distinct(cells[hard], dates.parse_date, "datetime64[s]")
        values[hard], rule[hard] = parsed.values, parsed.rule
    return values, rule


def _coordinates(cells: pd.Series) -> Parsed:
    values = pd.to_numeric(cells, errors="coerce").astype("float64")
    hard = cells.notna() & ~np.isfinite(values)
    rule = _no_rule(cells)
    if hard.any():
        parsed = _by_distinct(cells[hard], _coordinate, "Float64")
        values[hard], rule[hard] = parsed.values.astype("float64"), parsed.rule
    return Parsed(values, rule)


def _coordinate(text: str) -> tuple[float | None, str]:
    """Parse degrees, minutes and seconds, or decimal degrees with a letter or a sign."""
    # 126 32 15, 126:32:15 and 126-32-15 are degrees, minutes and seconds too
    if holds_odd_digits(text):
        return None, "unreadable_coordinate"
    text = text.translate(SIGNS)
    parts = _PARTS.fullmatch(unicodedata.normalize("NFKC", text).strip())
    word = "{}°{}'{}秒".format(*parts.groups()) if parts else plain(text)
    found = _DMS.fullmatch(word)
    if found:
        degrees, minutes, seconds = (float(part or 0) for part in found.groups())
        wrong = minutes >= 60 or seconds >= 60
        return (None, "unreadable_coordinate") if wrong else (degrees + minutes / 60 + seconds / 3600, "")
    bare = re.fullmatch(r"(?:[en]|东经|北纬)?(\d{1,3}\.\d+)(?:°|度)?(?:[en])?", word)
    return (float(bare.group(1)), "") if bare else (None, "unreadable_coordinate")
