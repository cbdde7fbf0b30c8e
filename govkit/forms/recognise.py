"""Which empty cell of a form asks for which number: by marks, or by the words of its heads and row names."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from govkit import catalogue
from govkit.errors import GovkitError, nearest
from govkit.forms.quantities import Quantity, by_key, quantity_named, words
from govkit.intake.reading.columns import header_words
from govkit.intake.units.hierarchy import Hierarchy
from govkit.intake.units.unit_names import bare_name, stem_and_kinds
from govkit.intake.values.quantities import plain, split_unit, units_in_title
from govkit.periods import Period
from govkit.research.zone import Zone

# a name with that of the unit above before it has so many characters
_SHORTEST_IN_FULL = 5
_MARK = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


@dataclass(frozen=True)
class Cell:
    """One cell of a form: its place (row and column from 0), its text, whether it waits to be filled.

    Cells of a merged range all bear its text; only its first one can be filled.
    """

    row: int
    column: int
    text: str = ""
    fillable: bool = False


@dataclass(frozen=True)
class Target:
    """A cell and what it asks for; ``unit`` is the unit of measure its head states, "" for the tidy one."""

    cell: Cell
    quantity: Quantity
    unit_code: str
    period: Period
    unit: str = ""
    mark: str = ""


@dataclass
class Recognised:
    """What was understood of one sheet or table, and heads and row names that were not, with what they resemble."""

    targets: list[Target] = field(default_factory=list)
    heads: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


class Reader:
    """Recognises forms of one zone; ``taught`` maps heads to quantities ("" means: leave empty)."""

    def __init__(self, zone: Zone, period: Period, taught: Mapping[str, str]) -> None:
        self.zone, self.period, self.before = zone, period, zone.previous(period)
        self._taught = {plain(head): key for head, key in taught.items()}
        self._names = _unit_names(zone)
        self._hierarchy = Hierarchy(zone.tables["units"])
        self.whole = zone.code.ljust(12, "0")
        self._say = catalogue.load("forms")["words"]

    def read(self, cells: Sequence[Cell]) -> Recognised:
        """Return what one sheet asks for."""
        found = Recognised()
        marked = [one for one in cells if _MARK.search(one.text)]
        for cell in marked:
            for mark in _MARK.finditer(cell.text):
                self._by_mark(cell, mark, found)
        at = {(one.row, one.column): one for one in cells}
        lines = self._lines(cells)
        turned = [Cell(one.column, one.row, one.text, one.fillable) for one in cells]
        turned_lines = self._lines(turned)
        if len(turned_lines) > len(lines):
            for part, mine in self._blocks(turned, turned_lines):
                self._by_heads(part, mine, found, lambda one: at[one.column, one.row])
        elif lines:
            for part, mine in self._blocks(cells, lines):
                self._by_heads(part, mine, found, lambda one: one)
        elif not marked:
            self._by_labels(cells, found)
        return found

    def _blocks(self, cells: Sequence[Cell], lines: Mapping[int, str]) -> list[tuple[list[Cell], dict[int, str]]]:
        """Return the tables that stand one below the other: a new one begins where heads follow the rows of units."""
        rows, cuts = sorted(lines), [0]
        for row in sorted({one.row for one in cells if one.text and not one.fillable and _quantity(one.text)}):
            above = [one for one in rows if cuts[-1] <= one < row]
            if row not in lines and above and row < rows[-1]:
                cuts.append(above[-1] + 1)
        ends = [*cuts[1:], max(one.row for one in cells) + 1]
        return [
            ([one for one in cells if start <= one.row < end], {row: lines[row] for row in rows if start <= row < end})
            for start, end in zip(cuts, ends, strict=True)
        ]

    def _by_mark(self, cell: Cell, mark: re.Match[str], found: Recognised) -> None:
        """Read ``{{ measure | unit | period }}``; unit and period may be left out, in any order after the measure."""
        parts = [part.strip() for part in mark[1].split("|")]
        try:
            quantity = by_key(parts[0])
            unit_code, period = self.whole, self.period
            for part in filter(None, parts[1:]):
                code = self._unit(part, found)
                if code:
                    unit_code = code
                elif self._codes(part):
                    return
                else:
                    period = self._time(part) or self.zone.period(part)
        except GovkitError as error:
            found.unknown.append(f"{mark[0]}：{error.what}")
            return
        found.targets.append(Target(cell, quantity, unit_code, period, mark=mark[0]))

    def _lines(self, cells: Sequence[Cell]) -> dict[int, str]:
        """Return the unit code of every row that names a unit, or the whole zone; of units one below the other (街道,
        社区) the lowest, and none where that is unknown.
        """
        named: dict[int, set[str]] = {}
        for one in sorted(cells, key=lambda cell: (cell.row, cell.column)):
            if not one.text or one.fillable or quantity_named(one.text) is not None:
                continue
            codes, before = self._codes(one.text), named.get(one.row)
            if before and codes != before:
                below = {code for code in codes if not before.isdisjoint(self._hierarchy.above(code))}
                below = below or {code for code in before if not codes.isdisjoint(self._hierarchy.above(code))}
                if below or stem_and_kinds(one.text)[1]:
                    named[one.row] = below
            elif codes:
                named.setdefault(one.row, codes)
        found = {row: next(iter(codes)) for row, codes in named.items() if len(codes) == 1}
        return found if len(set(found.values())) > 1 or any(code != self.whole for code in found.values()) else {}

    def _by_heads(
        self, cells: Sequence[Cell], lines: Mapping[int, str], found: Recognised, back: Callable[[Cell], Cell]
    ) -> None:
        first = min(lines)
        titles = [unit for one in cells for unit in units_in_title(one.text)]
        heads: dict[int, list[str]] = defaultdict(list)
        named: dict[int, list[str]] = defaultdict(list)
        for one in sorted(cells, key=lambda cell: (cell.row, cell.column)):
            if one.row < first and one.text:
                heads[one.column].append(one.text)
            elif one.row not in lines and one.text and not one.fillable:
                named[one.row].append(one.text)
        # a title runs over all columns, a remark stands above rows nobody fills: neither is a head
        widths = Counter(text for parts in heads.values() for text in set(parts))
        waiting = {one.column for one in cells if one.fillable and one.row in lines}
        kept = {
            column: [text for text in parts if widths[text] < len(heads) or len(heads) == 1]
            for column, parts in heads.items()
            if column in waiting
        }
        # what several heads say of time alone, a single quantity named beside or above them says of what
        named_above = [_quantity(text) for parts in heads.values() for text in parts]
        quantities = {asked_for.key: asked_for for asked_for in named_above if asked_for}
        only = next(iter(quantities.values())) if len(quantities) == 1 else None
        asked = {column: self._head(parts, titles, found, only) for column, parts in kept.items()}
        for one in cells:
            what = asked.get(one.column)
            if one.fillable and what and one.row in lines:
                quantity, unit, period = what
                found.targets.append(Target(back(one), quantity, lines[one.row], period, unit))
            elif one.fillable and what and one.row in named:
                self._unknown_row("".join(named.pop(one.row)), found)

    def _by_labels(self, cells: Sequence[Cell], found: Recognised) -> None:
        """A form of one unit: a label, and an empty cell to its right."""
        titles = [unit for one in cells for unit in units_in_title(one.text)]
        label: str | None = None
        written = Counter(one.row for one in cells if one.text)
        title = min(written, default=-1)
        for one in sorted(cells, key=lambda cell: (cell.row, cell.column)):
            if one.row == title and written[title] == 1 and _quantity(one.text) is None:
                continue
            if one.column == 0 or (one.text and not one.fillable):
                label = None
            if one.text and not one.fillable:
                label = one.text
            elif one.fillable and label:
                what = self._head([label], titles, found)
                if what:
                    found.targets.append(Target(one, what[0], self.whole, what[2], what[1]))
                label = None

    def _head(
        self, parts: Sequence[str], titles: Sequence[str], found: Recognised, only: Quantity | None = None
    ) -> tuple[Quantity, str, Period] | None:
        """Return what the texts of a head mean, its unit of measure and its period; note a head nobody knows.

        ``only`` is what a head means that says a time alone.
        """
        parts = list(dict.fromkeys(parts))
        times = [time for part in parts if (time := self._time(part))]
        kept = [part for part in parts if not self._time(part) and not units_in_title(part)]
        joined = "/".join(kept)
        if times and not kept:
            if only is None:
                found.unknown.append(self._say["time_alone"].format(head="/".join(parts)))
                return None
            fits = [one for one in titles if _same_kind(one, only.unit)]
            return only, fits[0] if fits else "", times[-1]
        for tried in (kept[at:] for at in range(len(kept))):
            for word in header_words(tuple(tried)):
                taught = self._taught.get(plain(word), self._taught.get(plain(joined)))
                if taught == "":
                    found.heads[joined] = ""
                    return None
                quantity = by_key(taught) if taught else quantity_named(word)
                if quantity:
                    found.heads[joined] = quantity.key
                    unit = next((unit for part in kept[::-1] if (unit := split_unit(part)[1])), "")
                    fits = [one for one in titles if not unit and _same_kind(one, quantity.unit)]
                    return quantity, unit or (fits[0] if fits else ""), times[-1] if times else self.period
        if kept and not self._unit(kept[-1], Recognised()):
            found.heads.setdefault(joined, "?")
            near = nearest(plain(kept[-1]), words())
            labels = "、".join(dict.fromkeys(f"“{words()[one].label}”" for one in near))
            hint = self._say["nearest"].format(names=labels) if near else ""
            found.unknown.append(self._say["unknown_head"].format(head=joined) + hint)
        return None

    def _time(self, text: str) -> Period | None:
        word = plain(text)
        times = catalogue.load("forms")["times"]
        if word in map(plain, times["this"]):
            return self.period
        if word in map(plain, times["before"]):
            return self.before
        return next((one for one in self.zone.settings.periods if word in (plain(one.id), plain(one.name))), None)

    def _unit(self, text: str, found: Recognised) -> str:
        """Return the code of the unit a text names, the whole zone for 合计 and the like, "" for none or several."""
        codes = self._codes(text)
        if len(codes) > 1:
            listed = "、".join(self._hierarchy.shown(sorted(codes)))
            found.unknown.append(self._say["ambiguous"].format(row=text, units=listed))
        return next(iter(codes)) if len(codes) == 1 else ""

    def _codes(self, text: str) -> set[str]:
        """Return the codes of the units that a text may name."""
        word = plain(text)
        if word in catalogue.load("forms")["whole"]["words"] or word == plain(self.zone.name):
            return {self.whole}
        codes = self._names.get(word) or self._names.get(bare_name(text), set())
        if not codes and len(word) >= _SHORTEST_IN_FULL:
            codes = set(self._hierarchy.called(text))
        return codes

    def _unknown_row(self, text: str, found: Recognised) -> None:
        units = self.zone.tables["units"]
        near = nearest(text, units["name"].unique())
        hint = self._say["nearest"].format(names="、".join(near)) if near else ""
        found.unknown.append(self._say["unknown_row"].format(row=text) + hint)


def _quantity(text: str) -> Quantity | None:
    """Return the quantity that a text, such as 申请件数（件）, is the head of."""
    return next((one for word in header_words((text,)) if (one := quantity_named(word))), None)


def _unit_names(zone: Zone) -> dict[str, set[str]]:
    """Map every way to name a unit to the codes it may mean: code, short code, name, name without its ending."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in zone.tables["units"].itertuples():
        short = row.unit_code.rstrip("0")
        for word in (row.unit_code, row.unit_code[:9], row.unit_code[:6], plain(row.name)):
            if len(word) >= len(short) or not word.isdigit():
                found[word].add(row.unit_code)
    for row in zone.tables["units"].itertuples():
        if len(bare_name(row.name)) > 1:
            found[bare_name(row.name)].add(row.unit_code)
    return found


def _same_kind(unit: str, tidy: str) -> bool:
    known = catalogue.load("units_of_measure").get(tidy, {})
    return unit in {plain(word) for word in known}
