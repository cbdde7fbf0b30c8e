"""The shape of zone.toml: types, lengths and characters, checked before anything is read out of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from typing_extensions import TypedDict

from govkit.catalogue.stated import line_of

_MOST_SHOWN = 40
_LONGEST, _DEEPEST = 500, 6
# What a name of a folder may not hold on Windows or anywhere else, and what climbs out of one.
_NOT_IN_A_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]|^\.|[. ]\Z|^(?i:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)')


def _folder_name(text: str) -> str:
    if _NOT_IN_A_NAME.search(text):
        raise PydanticCustomError(
            "folder_name",
            '要用作文件夹名，不能含 \\ / : * ? " < > | 和换行，不能以点开头或以点、空格结尾，也不能是 CON、NUL 之类',
        )
    return text


def _text_of_whole_number(value: Any) -> Any:
    """A bare ``id = 2003`` means "2003"."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Name = Annotated[str, StringConstraints(max_length=80)]
Id = Annotated[
    str, StringConstraints(max_length=40), BeforeValidator(_text_of_whole_number), AfterValidator(_folder_name)
]


class _Period(TypedDict, total=False):
    id: Id
    name: Name
    start: dt.date
    end: dt.date


class _Report(TypedDict, total=False):
    issuer: Name
    signatories: list[list[Name]]


class _Zone(TypedDict, total=False):
    __pydantic_config__ = ConfigDict(strict=True, extra="allow")  # type: ignore[misc]
    name: Name
    synthetic: str
    periods: list[_Period]
    sources: dict[str, dict[str, Any]]
    changes: dict[str, Any]
    judged_by: dict[str, Any]
    report: _Report


for _part in (_Period, _Report):
    _part.__pydantic_config__ = ConfigDict(strict=True, extra="allow")  # type: ignore[union-attr]
_SHAPE = TypeAdapter(_Zone)
_KINDS = {
    "string_type": "应为加引号的文字",
    "list_type": "应为方括号里的一列",
    "dict_type": "应为一张表（[…] 下面逐行写 名 = 值）",
    "date_type": "应为不加引号的日期，如 2018-07-01",
    "date_from_datetime_inexact": "应为不加引号的日期，如 2018-07-01",
}


def shaped(raw: Mapping[str, Any], text: str) -> tuple[dict[str, Any], list[str]]:
    """Return what zone.toml says with ids as text, and every defect of shape in words that name line and key.

    Keys nobody knows are left in: they are told with the nearest known ones elsewhere.
    """
    loose = [*_loose_texts(raw, ())]
    if loose:
        return dict(raw), [_located(path, what, text) for path, what in loose]
    try:
        return dict(_SHAPE.validate_python(dict(raw))), []
    except ValidationError as error:
        told = [_told(one, text) for one in error.errors(include_url=False)]
        return dict(raw), list(dict.fromkeys(told))


def _loose_texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the place of every text that is too long or unprintable, and of what is nested too deep."""
    if len(path) > _DEEPEST:
        yield path, f"套了 {len(path)} 层，最多 {_DEEPEST} 层"
    elif isinstance(value, str):
        if len(value) > _LONGEST:
            yield path, f"太长（{len(value):,} 个字），最多 {_LONGEST} 个字"
        elif any((ord(sign) < 32 and sign not in "\n\t") or 0xD800 <= ord(sign) <= 0xDFFF for sign in value):
            yield path, f"含有看不见的控制字符，现在是 {value[:_MOST_SHOWN]!r}"
    elif isinstance(value, Mapping | list):
        for key, one in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _loose_texts(one, (*path, key))


def _told(error: ErrorDetails, text: str) -> str:
    limit = error.get("ctx", {}).get("max_length")
    what = f"太长，最多 {limit} 个字" if limit else _KINDS.get(error["type"], error["msg"])
    shown = repr(error["input"])
    shown = shown if len(shown) <= _MOST_SHOWN else shown[:_MOST_SHOWN] + "…"
    return _located(error["loc"], f"{what}，现在是 {shown}", text)


def _located(loc: tuple[str | int, ...], what: str, text: str) -> str:
    """Say a defect with its line, entry and key; ``loc`` is the way to it, as pydantic gives it."""
    path, number = [str(part) for part in loc if isinstance(part, str)], loc[1] if len(loc) > 1 else None
    array = isinstance(number, int) and path[1:]
    where = f"[[{path[0]}]] 第 {number + 1} 项" if array else f"[{'.'.join(path[:-1])}]" if path[1:] else "顶层"  # type: ignore[operator]
    key = path[-1] if path else ""
    line = line_of(text, where, key)
    return (f"第 {line} 行，" if line else "") + f"{where} 的 {key} {what}"
