"""Codes that changed: a zone's own list of old and new codes, followed from one vintage or system to another."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from govkit import catalogue
from govkit.errors import SourceError, nearest
from govkit.intake.formats.delimited import read_delimited
from govkit.intake.reading.sources import Source, locate
from govkit.intake.units.code_systems import last_day, padded, system_of
from govkit.intake.values.dates import parse_date
from govkit.intake.values.quantities import plain

# From the county up both systems use GB/T 2260, so these codes are the same in both.
_SHARED = re.compile(r"\d{6}0{6}")
_FAR = dt.date(9999, 12, 31)


@dataclass(frozen=True)
class Change:
    """One row of the list: ``new`` is "" for a unit that was abolished, systems are "" where they do not matter."""

    old: str
    new: str
    since: dt.date | None = None
    old_name: str = ""
    old_system: str = ""
    new_system: str = ""


@dataclass(frozen=True)
class CodeChanges:
    """A zone's list of changed codes, and the system and vintage ("" if unknown) that they lead to."""

    changes: tuple[Change, ...] = ()
    system: str = ""
    vintage: str = ""

    def follow(self, code: str, *, system: str = "", vintage: str = "", known: bool = False) -> tuple[str, ...] | None:
        """Return what a code of another system or vintage is today.

        One code: it is that one (maybe the same). Several: it was split. None left, (): it was abolished. None: it is
        of another system and the list does not say which it is here. ``known``: the code is one of today's too; then
        only a vintage known to be older or newer can make it another.
        """
        codes: tuple[str, ...] = (code,)
        if system and self.system and system != self.system:
            if _SHARED.fullmatch(code):
                return codes
            return self._between_systems(system).get(code)
        if known and not self.differs(vintage):
            return codes
        codes = self._followed(code, vintage)
        # a code that is none of today's may be older than its file says
        return self._followed(code, "") if codes == (code,) and not known else codes

    def _followed(self, code: str, vintage: str) -> tuple[str, ...]:
        codes: tuple[str, ...] = (code,)
        for step in self._steps(vintage):
            codes = tuple(dict.fromkeys(new for one in codes for new in step.get(one, (one,))))
        return codes

    @property
    def old_names(self) -> dict[str, list[str]]:
        """Former name → codes of today."""
        found: dict[str, list[str]] = {}
        for change in self._of_today:
            if change.old_name and change.new:
                found.setdefault(change.old_name, []).extend(self.follow(change.new) or ())
        return found

    @property
    def _of_today(self) -> Iterable[Change]:
        return (one for one in self.changes if {one.old_system, one.new_system} <= {"", self.system})

    def differs(self, vintage: str) -> bool:
        """Whether ``vintage`` is known to be another than ours, so that even a code of today may have been another."""
        theirs, ours = last_day(vintage), last_day(self.vintage)
        return theirs is not None and ours is not None and theirs != ours

    def _between_systems(self, system: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for one in self.changes:
            if (one.old_system, one.new_system) == (system, self.system):
                found[one.old] = (*found.get(one.old, ()), one.new)
            elif (one.old_system, one.new_system) == (self.system, system):
                found[one.new] = (*found.get(one.new, ()), one.old)
        return {old: tuple(new for new in dict.fromkeys(codes) if new) for old, codes in found.items()}

    def _steps(self, vintage: str) -> list[Mapping[str, tuple[str, ...]]]:
        """Return what happened between ``vintage`` and ours, one mapping a date, so that codes can be exchanged."""
        if vintage not in self._steps_of:
            self._steps_of[vintage] = self._made_steps(last_day(vintage), last_day(self.vintage) or _FAR)
        return self._steps_of[vintage]

    @cached_property
    def _steps_of(self) -> dict[str, list[Mapping[str, tuple[str, ...]]]]:
        return {}

    def _made_steps(self, theirs: dt.date | None, ours: dt.date) -> list[Mapping[str, tuple[str, ...]]]:
        back = theirs is not None and theirs > ours
        first, last = (ours, theirs) if back and theirs else (theirs or dt.date.min, ours)
        steps: dict[dt.date, dict[str, tuple[str, ...]]] = {}
        for one in self._of_today:
            if one.since is None or first < one.since <= last:
                step = steps.setdefault(one.since or dt.date.min, {})
                old, new = (one.new, one.old) if back else (one.old, one.new)
                step[old] = tuple(code for code in dict.fromkeys((*step.get(old, ()), new)) if code)
        return [steps[since] for since in sorted(steps, reverse=back)]


def read_code_changes(folder: Path, path: str, *, system: str = "", vintage: str = "") -> CodeChanges:
    """Read a zone's list of changed codes: a text file with the columns that ``code_changes.toml`` names.

    ``system`` and ``vintage`` are those of the zone's units. Raises SourceError if the file is not there, lacks the
    columns of old and new codes, or has codes or dates that are none, all of them named with their rows.
    """
    source = Source("units", path)
    grid, _ = read_delimited(locate(folder, source), source)
    cells = grid.cells.dropna(how="all")
    columns = _columns(["" if pd.isna(cell) else str(cell) for cell in cells.iloc[0]], path)
    changes, defects = [], []
    for at, row in cells.iloc[1:].iterrows():
        said = {
            name: "" if pd.isna(row.iloc[place]) else str(row.iloc[place]).strip() for name, place in columns.items()
        }
        change, wrong = _change(said)
        changes.append(change)
        defects += [f"第 {int(str(at)) + 1} 行{one}" for one in wrong]
    if defects:
        more = f"……共 {len(defects)} 处" if len(defects) > 20 else ""
        raise SourceError(
            "代码变更表有误：" + "；".join(defects[:20]) + more,
            where=f"[changes] {path}",
            allowed="代码为 6、9 或 12 位数字，日期如 2019-05-01，代码体系为统计用区划代码或行政区划代码。",
            todo="改正后重试；撤销的单元，新代码留空。",
        )
    return CodeChanges(tuple(changes), system_of(system) or system, vintage)


def _columns(headers: list[str], path: str) -> dict[str, int]:
    words = catalogue.load("code_changes")["columns"]
    found = {
        name: at
        for name, aliases in words.items()
        for at, header in enumerate(headers)
        if plain(header) in map(plain, aliases)
    }
    missing = [name for name in ("old", "new") if name not in found]
    if missing:
        near = [one for name in missing for one in nearest(words[name][0], [h for h in headers if h], most=1)]
        raise SourceError(
            f"代码变更表缺少列：{'、'.join(words[name][0] for name in missing)}。"
            + (f"最接近的是：{'、'.join(near)}。" if near else ""),
            where=f"[changes] {path}",
            allowed=f"第一行为表头：{'、'.join(aliases[0] for aliases in words.values())}，前两列必填。",
            todo="补上表头后重试。",
        )
    return found


def _change(said: Mapping[str, str]) -> tuple[Change, list[str]]:
    wrong = []
    codes = {name: padded(said.get(name, "")) for name in ("old", "new")}
    wrong += [f"代码 {code!r} 不是区划代码" for code in codes.values() if code and not re.fullmatch(r"\d{12}", code)]
    if not codes["old"]:
        wrong.append("没有原代码")
    since = None
    if said.get("since"):
        moment, _ = parse_date(said["since"])
        since = moment.date() if moment else None
        wrong += [] if moment else [f"日期 {said['since']!r} 不可识别"]
    systems = {name: system_of(said.get(name, "")) for name in ("old_system", "new_system")}
    wrong += [f"代码体系 {said[name]!r} 不可识别" for name, key in systems.items() if said.get(name) and not key]
    return Change(codes["old"], codes["new"], since, said.get("old_name", ""), **systems), wrong
