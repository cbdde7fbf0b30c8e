"""What a spreadsheet shows of a number: scaled, with a unit, as a percentage, with leading zeros or a prefix.

Only what changes the number a reader sees counts; decimals are never cut, for the cell knows more than it shows.
The format language is that of ECMA-376, part 1, 18.8.31.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|!(.)|_.|\*.|\[([^\]]*)\]|(General|G/通用格式|@)|([0#?]+)|([.,%‰/])|(E[+-])|(.)', re.I
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
# signs and words that say nothing about the amount
_SILENT = frozenset("¥￥$€£+-() ")
_TESTS = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b,
}  # fmt: skip


@dataclass(frozen=True)
class Section:
    """One section of a format: the number is shown times ten to ``shift``, between ``prefix`` and ``suffix``.

    ``least`` is the least number of digits before the point. ``condition``: when this section serves. ``silent``: no
    digit is shown at all. ``inner``: how many digits stand to the right of what is written between them.
    """

    shift: int
    prefix: str
    suffix: str
    least: int
    condition: str
    silent: bool
    inner: tuple[tuple[int, str], ...] = ()

    @property
    def plain(self) -> bool:
        """Whether the number is shown as what it is."""
        return not (self.shift or self.prefix or self.suffix or self.least > 1 or self.silent or self.inner)


def is_plain(code: str) -> bool:
    """Whether a number in this format shows its value and nothing else.

    >>> is_plain("#,##0.00"), is_plain("0!.0000"), is_plain('0.00"万元"'), is_plain('yyyy"年"m"月"')
    (True, False, False, True)
    """
    return _is_date(code) or all(section.plain for section in _sections(code))


@lru_cache(maxsize=4096)
def _is_date(code: str) -> bool:
    """Whether a format shows a date or a time: what it says of numbers is another matter."""
    return bool(
        re.search(r"[ymdhs]", re.sub(r'"[^"]*"|\\.|!.|_.|\*.|\[(?:[^\]hms]|\$[^\]]*)*\]|General', "", code), re.I)
    )


def shown(value: float, code: str) -> str:
    """Return what a number shows, with all its decimals; ``""`` where its format hides it.

    >>> shown(100000.0, "0!.0000"), shown(10.0, '0.00"万元"'), shown(0.98, "0%"), shown(12.0, "00000")
    ('10', '10万元', '98%', '00012')
    >>> shown(123456.0, '[>=10000]0!.0,"万";0'), shown(5.0, '[>=10000]0!.0,"万";0')
    ('12.3456万', '5')
    >>> shown(202501.0, '0000"年"00"月"')
    '2025年01月'
    """
    section = _section_of(value, _sections(code))
    number = Decimal(repr(float(value)))
    if section.silent:
        # a nought is often shown as a dash or as nothing at all, and is a nought all the same
        return "0" if value == 0 else section.prefix
    amount = number.scaleb(section.shift)
    text = format(amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize(), "f")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    digits = digits.zfill(section.least) if "." not in digits else digits
    for right, said in section.inner:
        whole, point, rest = digits.partition(".")
        digits = f"{whole[:-right]}{said}{whole[-right:]}{point}{rest}"
    return f"{section.prefix}{sign}{digits}{section.suffix}"


def scales_silently(value: float, code: str) -> bool:
    """Whether a number shows as another one and no word or sign beside it says so.

    >>> scales_silently(5e6, "#,##0.00,"), scales_silently(5e6, '0.00,,"百万"'), scales_silently(0.5, "0%")
    (True, False, False)
    """
    section = _section_of(value, _sections(code))
    return bool(section.shift and not section.silent and not section.prefix and not section.suffix)


def _section_of(value: float, sections: tuple[Section, ...]) -> Section:
    conditions = [_CONDITION.fullmatch(section.condition) for section in sections]
    if any(conditions):
        for section, condition in zip(sections, conditions, strict=True):
            if condition is None or _TESTS[condition[1]](value, float(condition[2])):
                return section
        return sections[-1]
    if len(sections) > 2 and value == 0:
        return sections[2]
    return sections[1] if len(sections) > 1 and value < 0 else sections[0]


@lru_cache(maxsize=4096)
def _sections(code: str) -> tuple[Section, ...]:
    parts = re.findall(r'(?:"[^"]*"|\\.|!.|_.|\*.|\[[^\]]*\]|[^;"])*;?', code)
    parts = [part.removesuffix(";") for part in parts if part] or [code]
    # the fourth section is for text
    return tuple(_section(part) for part in parts[:3])


def _section(part: str) -> Section:
    words = ["", ""]
    whole, literal_point = "", False
    inner: list[tuple[int, str]] = []
    seen = point = False
    shift, commas, condition = 0, 0, ""
    for quoted, slashed, banged, bracket, general, digits, sign, power, other in _TOKEN.findall(part):
        literal = quoted or slashed or banged or other
        if digits or general:
            seen, commas = True, 0
            if literal_point:
                shift -= len(digits)
            elif not point:
                inner += [(len(whole), words[1].strip())] if words[1].strip() else []
                words[1] = words[1] if not words[1].strip() else ""
                whole += digits
        elif sign == "," and seen:
            commas += 1
        elif sign == "." and seen:
            point = True
        elif sign in ("%", "‰") and sign:
            shift += 2 if sign == "%" else 3
            words[seen] += sign
        elif literal == "." and seen and not point:
            literal_point = True
        elif literal:
            words[seen] += literal
        elif bracket and _CONDITION.fullmatch(bracket):
            condition = bracket
        elif power:
            point = True
    prefix, suffix = (word.strip() if set(word) - _SILENT else "" for word in words)
    silent = not seen
    least = whole.count("0") if not (point or literal_point) else 0
    between = tuple((len(whole) - at, said) for at, said in inner)
    return Section(shift - 3 * commas, prefix, suffix, least, condition, silent, between)
