"""Every error type a user of govkit can meet.

An error says four things in the user's words: what is wrong, where, what is allowed, what to do next.
``str(error)`` is the Chinese text shown on the command line and in reports.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GovkitError(Exception):
    """A mistake in the user's files, options or names: shown without a traceback.

    ``what`` is wrong, ``where``, what is ``allowed`` there, and what ``todo`` about it; in Chinese.
    """

    def __init__(self, what: str, *, where: str = "", allowed: str = "", todo: str = "") -> None:
        self.what = what
        self.where = where
        self.allowed = allowed
        self.todo = todo
        lines = [what]
        lines += [f"  位置：{where}"] if where else []
        lines += [f"  允许：{allowed}"] if allowed else []
        lines += [f"  处理：{todo}"] if todo else []
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the four parts when the error crosses a process border."""
        return (_rebuild, (type(self), self.what, self.where, self.allowed, self.todo))


def _rebuild(kind: type[GovkitError], what: str, where: str, allowed: str, todo: str) -> GovkitError:
    error = kind.__new__(kind)
    GovkitError.__init__(error, what, where=where, allowed=allowed, todo=todo)
    return error


class ZoneError(GovkitError):
    """zone.toml is missing, unreadable or says something that cannot hold."""


class SourceError(GovkitError):
    """A source file as a whole cannot be used: missing, unreadable, wrong sheet, a needed column absent."""


class CatalogueError(GovkitError):
    """A standard, scheme or list in the catalogue is not well formed."""


class ReportError(GovkitError):
    """A report could not be made, or shows less than it should."""


class ClusterError(GovkitError):
    """A cluster cannot be used: its scheduler is out of reach, or a worker would make another report."""


class StrictError(ReportError):
    """``--strict`` met rows that had to be set aside: nothing was made, and that is a failure, not a misuse."""


class UnknownNameError(GovkitError):
    """A name the user gave is not one of those there are; the nearest valid ones are named."""

    def __init__(self, kind: str, value: str, valid: Iterable[str], *, where: str = "", todo: str = "") -> None:
        names = list(valid)
        near = nearest(value, names)
        guess = f"最接近的是：{'、'.join(near)}。" if near else ""
        every = f"可用的有 {len(names)} 个：{'、'.join(names[:30])}{'……' if len(names) > 30 else ''}" if names else "无"
        super().__init__(f"没有这个{kind}：{value!r}。{guess}", where=where, allowed=every, todo=todo)


def nearest(value: str, names: Iterable[str], *, most: int = 3) -> list[str]:
    """Return up to ``most`` of ``names`` that look like ``value``, best first.

    >>> nearest("群力街", ["群力街道", "新发镇", "群力镇"])
    ['群力街道', '群力镇']
    """
    names = list(names)
    inside = [name for name in names if value and (value in name or (name in value and 2 * len(name) >= len(value)))]
    close = difflib.get_close_matches(value, names, n=most, cutoff=0.5)
    return list(dict.fromkeys([*inside, *close]))[:most]
