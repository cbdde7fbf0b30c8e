"""Fill a form with a zone's numbers: what is known goes in with a comment, what is not stays empty and is named."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from govkit import catalogue
from govkit.catalogue import toml_text
from govkit.errors import GovkitError, UnknownNameError
from govkit.files import keep_private, write_whole
from govkit.forms.quantities import Numbers
from govkit.forms.recognise import Cell, Reader, Target
from govkit.intake.values.quantities import factor, plain
from govkit.periods import Period
from govkit.research.zone import Zone
from govkit.rounding import fixed, half_away

# What a percentage or a share may be headed by.
_PERCENT = {"%", "百分比", "百分数"}
_FORMS = {".xlsx": "govkit.forms.workbook", ".xlsm": "govkit.forms.workbook", ".docx": "govkit.forms.document"}


class Form(Protocol):
    """A form opened: its sheets or tables as cells, and a way to fill one and to save the whole."""

    def sheets(self) -> Iterable[tuple[str, list[Cell]]]: ...

    def left_out(self) -> Iterable[str]: ...

    def place(self, sheet: str, cell: Cell) -> str: ...

    def shows_percent(self, sheet: str, cell: Cell) -> bool: ...

    def fill(self, sheet: str, cell: Cell, value: float, *, text: str, comment: str, mark: str) -> None: ...

    def sums(self, sheet: str) -> Iterable[tuple[Cell, list[Cell]]]: ...

    def content(self) -> bytes: ...


@dataclass
class Filled:
    """What became of a form: the file written, the cells filled, and what could not be known or does not agree."""

    path: Path
    teaching: Path
    filled: int = 0
    left_empty: int = 0
    empty: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)


def fill(zone: Zone, form: Path, *, period: str | Period | None = None, out: Path | None = None) -> Filled:
    """Fill a form (.xlsx, .xlsm, .docx) and write it to ``out`` (default: reports/<zone>/<period>/forms/).

    The form itself is not changed; look, formulas and merged cells stay as they are. How its heads were understood is
    kept as ``forms/<name>.toml`` of the zone and goes first the next time. Raises GovkitError for a file of another
    kind or one that cannot be read.
    """
    if not form.is_file():
        raise UnknownNameError("表样文件", str(form), [str(one) for one in form.parent.glob("*.xlsx")])
    if form.suffix.lower() not in _FORMS:
        raise GovkitError(
            f"不能填写 {form.suffix or form.name} 文件。", allowed="、".join(_FORMS), todo="请另存为 .xlsx 后重试。"
        )
    from importlib import import_module

    opened: Form = import_module(_FORMS[form.suffix.lower()]).open_form(form)
    when = zone.period(period) if period is not None else zone.settings.periods[-1]
    teaching = zone.folder / "forms" / f"{form.stem}.toml"
    reader, numbers = Reader(zone, when, _taught(teaching)), Numbers(zone)
    folder = out or Path("reports") / zone.folder.resolve().name / zone.front.edition / when.id / "forms"
    result = Filled(folder / form.name, teaching)
    heads: dict[str, str] = {}
    for sheet, cells in opened.sheets():
        found = reader.read(cells)
        heads |= found.heads
        result.empty += [f"{sheet}：{line}" for line in found.unknown]
        known = _fill_sheet(opened, sheet, found.targets, zone, numbers, result)
        _check_sums(opened, sheet, found.targets, known, reader.whole, numbers, result)
    hidden = catalogue.load("forms")["words"]["hidden"]
    result.empty += [hidden.format(what=what) for what in opened.left_out()]
    keep_private(folder, zone.front.internal)
    write_whole(result.path, opened.content())
    _teach(teaching, form.name, heads)
    return result


def _fill_sheet(
    form: Form, sheet: str, targets: Iterable[Target], zone: Zone, numbers: Numbers, result: Filled
) -> dict[tuple[int, int], float]:
    say = catalogue.load("forms")["words"]
    names = zone.tables["units"].drop_duplicates("unit_code").set_index("unit_code")["name"]
    known: dict[tuple[int, int], float] = {}
    unknown: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in targets:
        name = str(names.get(one.unit_code, zone.name))
        answer = numbers.answer(one.quantity, one.unit_code, one.period)
        if answer.value is None:
            kind = "incomplete" if answer.rows_missing else "not_known"
            told = say[kind].format(label=one.quantity.label, name=name, missing=answer.rows_missing)
            unknown[kind, one.quantity.label].append(f"{form.place(sheet, one.cell)}：{told}")
            continue
        value, text, unit = _in_unit(one, answer.value, form.shows_percent(sheet, one.cell))
        source = "、".join(_files(zone, one.quantity.table))
        comment = say["comment"].format(
            label=one.quantity.label, unit=unit, name=name, period=one.period.name, source=source,
            definition=one.quantity.definition,
        )  # fmt: skip
        form.fill(sheet, one.cell, value, text=text, comment=comment, mark=one.mark)
        known[one.cell.row, one.cell.column] = answer.value
        result.filled += 1
    for lines in unknown.values():
        result.empty.append(lines[0] + (say["alike"].format(count=len(lines)) if len(lines) > 1 else ""))
        result.left_empty += len(lines)
    return known


def _check_sums(
    form: Form, sheet: str, targets: Iterable[Target], known: Mapping[tuple[int, int], float], whole: str,
    numbers: Numbers, result: Filled,
) -> None:  # fmt: skip
    """Name totals, filled in or made by the form's own formulas, that its rows do not add up to."""
    say = catalogue.load("forms")["words"]["contradicts"]
    asked = {(one.cell.row, one.cell.column): one for one in targets if one.quantity.adds_up}
    pairs: list[tuple[Cell, list[Target], float | None]] = []
    for adding, parts in form.sums(sheet):
        rows = [asked[cell.row, cell.column] for cell in parts if (cell.row, cell.column) in asked]
        if len({(one.quantity.key, one.period.id) for one in rows}) == 1:
            pairs.append((adding, rows, numbers.answer(rows[0].quantity, whole, rows[0].period).value))
    for one in asked.values():
        if one.unit_code == whole:
            alike = (one.quantity.key, one.period.id)
            rows = [two for two in asked.values() if (two.quantity.key, two.period.id) == alike and two is not one]
            pairs.append((one.cell, rows, known.get((one.cell.row, one.cell.column))))
    for cell, asking, total in pairs:
        values = [known[place] for one in asking if (place := (one.cell.row, one.cell.column)) in known]
        if asking and total is not None and len(values) == len(asking) and abs(sum(values) - total) > 0.005:
            told = say.format(
                cell=form.place(sheet, cell), label=asking[0].quantity.label, total=f"{total:,.10g}",
                parts=f"{sum(values):,.10g}",
            )  # fmt: skip
            result.contradicted.append(told)


def _in_unit(target: Target, value: float, shows_percent: bool) -> tuple[float, str, str]:
    """Return a value as its cell wants it, the text for a cell that holds texts, and the unit it is in."""
    tidy = target.quantity.unit
    if tidy == "%":
        share = round(value, 4)
        percent = plain(target.unit) in _PERCENT
        return (
            (share if shows_percent or not percent else half_away(100 * value, 1)),
            f"{fixed(100 * value, 1)}{'' if percent else '%'}",
            "%",
        )
    scale = factor(target.unit, tidy) if target.unit else 1.0
    scaled = value / scale if scale else value
    shown = int(scaled) if float(scaled).is_integer() else half_away(scaled, 2)
    return shown, f"{shown:g}" if isinstance(shown, float) else str(shown), (target.unit or tidy) if scale else tidy


def _files(zone: Zone, table: str) -> list[str]:
    accounts = zone.accounts
    return list(dict.fromkeys(accounts.loc[accounts["table"] == table, "file"]))


def _taught(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    heads = catalogue.read_toml(path).get("heads", {})
    return {str(head): str(key) for head, key in heads.items() if key != "?"} if isinstance(heads, dict) else {}


def _teach(path: Path, name: str, heads: Mapping[str, str]) -> None:
    """Keep how the heads were understood; what somebody wrote there stays."""
    kept = {**heads, **_taught(path)}
    lines = [
        f"# 表样“{name}”的表头各指什么，下次沿用；可以改。",
        '# "?" 不认识，请填指标名；"" 不填这一列。',
        "[heads]",
    ]
    lines += [f"{toml_text(head)} = {toml_text(key)}" for head, key in kept.items()]
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)
    write_whole(path, text)
