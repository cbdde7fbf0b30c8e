"""Checks that catalogue files share: every defect of a file is collected, then raised as one CatalogueError."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from govkit.catalogue.stated import last_line_saying, line_of
from govkit.errors import CatalogueError, nearest
from govkit.periods import ALWAYS, Term

NUMBER = (int, float)
# How long something is in force, as any entry of a file may say.
TERM = {"in_force_from": dt.date, "in_force_until": dt.date}
# Kinds of a value beside Python's own types: a list of texts, a list of tables.
TEXTS, TABLES = "texts", "tables"


@dataclass
class Defects:
    """The defects found so far in one catalogue file; with its text, each is told with its line."""

    file: str
    text: str = ""
    lines: list[str] = field(default_factory=list)
    mistyped: bool = False

    def add(self, where: str, what: str, *, at: str = "") -> None:
        """Note one defect at a place of the file; ``at`` is the entry whose line it is, if that is another."""
        self._note(line_of(self.text, at or where, what), where, what)

    def _note(self, line: int | None, where: str, what: str) -> None:
        self.lines.append(f"第 {line} 行，{where}：{what}" if line else f"{where}：{what}")

    def keys(self, table: Mapping[str, Any], where: str, kinds: Mapping[str, Any], required: Iterable[str]) -> bool:
        """Note unknown keys (with the nearest valid ones), missing keys and values of the wrong type.

        Return whether the values are of the types stated: where they are not, there is nothing more to check.
        """
        sound = True
        for key, value in table.items():
            if key not in kinds:
                near = nearest(key, kinds) or list(kinds)
                self.add(where, f"没有 {key!r} 这一项，可用的是 {'、'.join(near)}")
            elif not _fits(value, kinds[key]):
                self.add(where, f"{key} 的类型不对，现在是 {value!r}")
                sound = False
        for key in required:
            if key not in table:
                self.add(where, f"缺少 {key}")
        self.mistyped |= not sound
        return sound

    def choice(self, value: Any, where: str, key: str, valid: Iterable[str]) -> None:
        """Note a value that is not one of the valid ones."""
        names = list(valid)
        if isinstance(value, str) and value not in names:
            near = nearest(value, names) or names
            self.add(where, f"{key} 没有 {value!r} 这个取值，可用的是 {'、'.join(near)}")

    def repeated(self, values: Iterable[Any], where: str, key: str) -> None:
        """Note values that occur more than once."""
        listed = list(values)
        for value in sorted({one for one in listed if listed.count(one) > 1}, key=str):
            self._note(last_line_saying(self.text, key, value), where, f"{key} 重复：{value!r}")

    def stop_if_any(self, *, todo: str) -> None:
        """Raise CatalogueError naming the file and all defects, if there is any."""
        if self.lines:
            listing = "\n".join(f"  - {line}" for line in self.lines)
            raise CatalogueError(f"目录文件有 {len(self.lines)} 处错误：\n{listing}", where=self.file, todo=todo)


def check_term(defects: Defects, where: str, entry: Mapping[str, Any]) -> None:
    """Note a norm that ends before it begins."""
    first, last = (entry.get(key) for key in TERM)
    if isinstance(first, dt.date) and isinstance(last, dt.date) and first > last:
        defects.add(where, f"in_force_until {last} 早于 in_force_from {first}")


def term(entry: Mapping[str, Any], within: Term = ALWAYS) -> Term:
    """Return how long an entry is in force; what it does not say holds as for the file it stands ``within``."""
    return Term(entry.get("in_force_from", within.first), entry.get("in_force_until", within.last))


def without_term(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry without the days it is in force."""
    return {key: value for key, value in entry.items() if key not in TERM}


def check_type(name: str, raw: Mapping[str, Any], wanted: str, where: str) -> None:
    """Raise CatalogueError unless a file of standards is of the wanted type."""
    found = raw.get("type", "standard")
    if found != wanted:
        allowed = f'type = "{wanted}"'
        todo = "请用相应的函数读取，或改 type。"
        raise CatalogueError(
            f"{name} 的类型（type）是 {found!r}，不是 {wanted!r}", where=where, allowed=allowed, todo=todo
        )


def _fits(value: Any, kind: Any) -> bool:
    if kind in (TEXTS, TABLES):
        return isinstance(value, list) and all(isinstance(one, str if kind == TEXTS else dict) for one in value)
    if isinstance(value, bool) and kind is not bool:
        return False
    # TOML knows nan and inf.
    return isinstance(value, kind) and not (isinstance(value, float) and not math.isfinite(value))


def numbered(table: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the entries of an array of tables with their numbers, none where the file has something else there."""
    entries = table.get(key, [])
    return list(enumerate(entries, start=1)) if _fits(entries, TABLES) else []


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value of a TOML file is a number (true and false are none)."""
    return isinstance(value, NUMBER) and not isinstance(value, bool)


def place(kind: str, number: int, table: Mapping[str, Any]) -> str:
    """Name an entry of an array of tables by its number and id.

    >>> place("items", 2, {"id": "clinic"})
    '[[items]] 第 2 项（clinic）'
    """
    return f"[[{kind}]] 第 {number} 项" + (f"（{table['id']}）" if table.get("id") else "")
