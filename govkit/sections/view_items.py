"""One ledger view as a report shows it: sentence with target, change, best and worst; table; map or bars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from govkit.analysis.ledgers.views import View, ViewColumn
from govkit.analysis.standards.targets import Target
from govkit.display.charts import Format, bars
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.tables.frames import quantity
from govkit.display.tables.table import Column, Table, make_table, report_table
from govkit.display.words.phrases import MISSING, fill, say
from govkit.rounding import fixed, half_away, shown_value
from govkit.sections.inputs import Inputs
from govkit.sections.words import teller_word, township_word

_KINDS = {
    "share": "percent", "mean": "number", "median": "number", "first": "text", "names": "text", "latest": "date",
}  # fmt: skip
# So many places are needed before a best and a worst are named, and so many groups at most are drawn as bars.
_COMPARED, _DRAWN = 3, 12
# So few groups are told one by one.
_GROUPS = 7
# A share rests on so many cases before it is compared, and so many that are level are named together.
_CASES, _LEVEL = 30, 3
# 9,120 个网格中有网格员的 9,120 个.
_ALL_OF = re.compile(r"([\d,]+) (个\w+?)中(有\w+?)的 \1 个")
# What the ends of a quantity are called, by its unit; 多 and 少 of what is counted.
_ENDS = {"%": ("高", "低"), "分": ("高", "低"), "小时": ("长", "短"), "m²": ("大", "小")}


def items_of(one: View, frame: pd.DataFrame, inputs: Inputs) -> list[Any]:
    """Return what is said of a view with rows: a sentence, its table where it says more, and a map or bars."""
    targets = inputs.judged.targets_of(one.name)
    county = one.by == "below" and not inputs.is_zone and inputs.place.settings.district_level == "county"
    word = township_word(inputs) if county else teller_word(inputs, area_of(one.applies_to))
    said = sentence(one, frame, targets, word)
    # One row says no more than its sentence.
    shown = [table(one, frame, targets, word)] if len(frame) > 1 or one.listed or not one.sentence else []
    drawn = figure(one, frame, inputs) if one.drawn and len(frame) > 1 else None
    return [*([said] if said else []), *shown, *([drawn] if drawn is not None else [])]


def singles(found: Sequence[tuple[View, pd.DataFrame]]) -> list[Table]:
    """Return one table of the figures of views with a single row, which have no table of their own."""
    rows = [
        {"view": one.title, "label": f"{column.group}{column.label}", "value": _text(column, frame[column.key].iloc[0]),
         "change": _moved_text(column, frame.iloc[0].get(f"{column.key}_change"))}
        for one, frame in found
        if len(frame) == 1 and one.sentence and not one.listed
        for column in one.columns
        if column.key in frame and frame[column.key].notna().all()
    ]  # fmt: skip
    return [report_table("single_figures", pd.DataFrame(rows))] if rows else []


def _moved_text(column: ViewColumn, change: Any) -> str:
    if change is None or pd.isna(change):
        return MISSING
    kind, digits = ("points", 1) if _kind(column) == "percent" else ("number", _digits(column))
    moved = Column("", "", kind, column.unit, digits, signed=True)
    return f"{moved.text(change)} {moved.shown_unit}".strip()


def area_of(kinds: Sequence[str]) -> str:
    """Return the area of units of these kinds alone: rural, urban, or all."""
    return {"village": "rural", "urban_community": "urban"}.get("、".join(kinds), "all")


def sentence(
    one: View, frame: pd.DataFrame, targets: tuple[Target, ...] = (), word: str = "单位", *, change: str = "change"
) -> str:
    """Say a view's last row, which is the total where there is more than one; target, change, best and worst.

    ``word`` is what the places it counts are called, ``change`` the phrase of what moved ("" leaves it out). A view
    without a sentence of its own says the others alone.
    """
    whole = frame.iloc[-1]
    none = [f"{{{column.key}:" for column in one.columns if column.optional and whole.get(column.key) == 0]
    said = "，".join(part for part in one.sentence.split("，") if not any(key in part for key in none))
    text = fill(said, **whole.to_dict(), groups=int((~frame["is_total"]).sum())).rstrip("。")
    text = _ALL_OF.sub(r"\1 \2全部\3", text)
    known = [clause for clause in text.split("，") if f" {MISSING}" not in clause]
    if len(known) < text.count("，") + 1:
        text = "，".join([*known, say("views.rest_unknown")])
    # Without a total there is nothing that moved as a whole.
    moved = _changed(one, whole, change) if change and (one.sentence or one.listed or one.total) else []
    now = (
        f"{len(frame)} 项"
        if one.listed
        else "、".join(one.column(key).label + _text(one.column(key), whole[key]) for key in one.change)
    )
    head = say("views.titled", title=one.title, text="，".join([now, *moved])) if moved and not one.sentence else ""
    head = head or _groups(one, frame)
    text = head or "，".join(filter(None, [text, *_against(frame, targets), *moved]))
    short = _short(one, frame, targets)
    parts = [text, _reached_by(short, word), _extremes(one, frame, set().union(*(some for some, _ in short)))]
    return "".join(f"{part}。" for part in parts if part)


def _groups(one: View, frame: pd.DataFrame) -> str:
    """Say how many each of a few groups has, of a view that says nothing else of itself; of places the best is said."""
    column, parts = one.columns[0], _places(frame)
    silent = not (one.sentence or one.listed or one.change or one.best or column.where)
    if not silent or one.of_places or not 1 < len(parts) <= _GROUPS or _kind(column) != "integer":
        return ""
    told = [f"{group}{_text(column, value)}" for group, value in zip(parts["group"], parts[column.key], strict=True)]
    return say("views.titled", title=one.title, text="、".join(told))


def moved_way(one: View, frame: pd.DataFrame) -> str:
    """Return which way the first column compared went since the last period: ``up``, ``down``, ``level`` or ``""``."""
    change = frame.iloc[-1].get(f"{one.change[0]}_change") if one.change else None
    if change is None or pd.isna(change):
        return ""
    column = one.column(one.change[0])
    seen = half_away(abs(float(change)) * (100 if _kind(column) == "percent" else 1), _digits(column))
    return "level" if seen == 0 else "up" if change > 0 else "down"


def _places(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of single groups: not the total, nor what small numbers are added up in."""
    places = frame.loc[~frame["is_total"]]
    return places.loc[~places["apart"].astype(bool)] if "apart" in places else places


def _against(frame: pd.DataFrame, targets: tuple[Target, ...]) -> list[str]:
    values = [(target, frame.iloc[-1][target.column]) for target in targets]
    return [
        say("views.target_reached" if target.reached(float(value)) else "views.target_missed", target=target.label)
        for target, value in values
        if pd.notna(value)
    ]


def _short(one: View, frame: pd.DataFrame, targets: tuple[Target, ...]) -> list[tuple[dict[str, str], int]]:
    """Return for each target the places that miss it, with their values in words, and of how many."""
    found, places = [], _places(frame)
    for target in targets if one.of_places else ():
        values, column = places.set_index("group")[target.column].astype("float64").dropna(), one.column(target.column)
        short = {str(name): _text(column, value) for name, value in values.items() if not target.reached(value)}
        found += [(short, len(values))] if len(values) > 1 else []
    return found


def _reached_by(found: list[tuple[dict[str, str], int]], word: str) -> str:
    """Say how many places reach each target, and which do not where they are few."""
    told = []
    for short, of in found:
        part = "everywhere" if not short else "nowhere" if len(short) == of else "places"
        part = "places_named" if part == "places" and len(short) <= _LEVEL else part
        named = [f"{name}（{text}）" for name, text in short.items()]
        told.append(say(f"views.target_{part}", word=word, short=named, met=of - len(short), of=of))
    return "；".join(told)


def _changed(one: View, whole: pd.Series, phrase: str) -> list[str]:
    """Say how the columns compared moved since the last period, where both are known; those level in one clause.

    The column that the sentence ends with is not named again.
    """
    last = re.search(r"\{(\w+)[^{}]*\}[^{}]*$", one.sentence)
    told, level = [], []
    for key in ("rows",) if one.listed else one.change:
        change = whole.get(f"{key}_change")
        if change is None or pd.isna(change):
            continue
        column = ViewColumn("rows", "", "count", unit="项") if one.listed else one.column(key)
        named = not one.sentence or (last and last[1] == key)
        label = "" if named and len(one.change) == 1 else column.label
        percent, digits = _kind(column) == "percent", _digits(column)
        size = float(change) * (100 if percent else 1)
        if half_away(abs(size), digits) == 0:
            level.append(label)
            continue
        way = ("上升" if size > 0 else "下降") if percent else ("增加" if size > 0 else "减少")
        text = f"{way} {fixed(abs(size), digits)} {'个百分点' if percent else column.unit}"
        told.append(say(f"views.{phrase}", label=label, moved=text))
    # Where nothing moved it need not be said what did not.
    named = "、".join(filter(None, level)) if told else ""
    return told + ([say("views.level", labels=named)] if level else [])


def as_shown(one: View, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a view's figures with changes between the values as tables show them: change = shown − shown."""
    for key in (key for key in one.change if f"{key}_before" in frame):
        now, was = (_shown(frame[name], one.column(key)) for name in (key, f"{key}_before"))
        frame = frame.assign(**{f"{key}_change": now - was})
    return frame


def _shown(values: pd.Series, column: ViewColumn) -> pd.Series:
    unit, digits = "%" if _kind(column) == "percent" else "", _digits(column)
    return values.astype("float64").map(lambda value: shown_value(value, unit, digits), na_action="ignore")


def _digits(column: ViewColumn) -> int:
    return 0 if _kind(column) == "integer" else 2 if column.digits == 2 else 1


def _extremes(one: View, frame: pd.DataFrame, told: set[str]) -> str:
    """Name those with the highest and the lowest value, where enough are compared; many that are level have no name.

    Nor have those of which all are ``told`` already.

    Shares of fewer than thirty cases are not compared.
    """
    if not one.best:
        return ""
    column, places = one.column(one.best), _places(frame)
    if _kind(column) == "percent" and one.column(column.over).how == "sum":
        places = places.loc[places[column.over] >= _CASES]
    values = places[one.best].astype("float64").dropna()
    if len(values) < _COMPARED or values.max() - values.min() < 1e-9:
        return ""
    high, low = _ENDS.get("%" if _kind(column) == "percent" else column.unit, ("多", "少"))
    ends = []
    for way, value in ((high, values.max()), (low, values.min())):
        names = list(places.loc[values.index[(values - value).abs() < 1e-9], "group"])
        if len(names) <= _LEVEL and not set(names) <= told:
            ends.append(say("views.extreme", way=way, names=names, text=_text(column, value)))
    group = "" if column.group in {"", "其中"} else column.group
    return say("views.extremes", label=f"{column.label}{group}", ends="，".join(ends)) if ends else ""


def _text(column: ViewColumn, value: float) -> str:
    return (
        quantity(value, "%") if _kind(column) == "percent" else f"{_column(column).text(value)} {column.unit}".strip()
    )


def table(one: View, frame: pd.DataFrame, targets: tuple[Target, ...], word: str = "单位") -> Table:
    """Return a view's figures as a table, the total in bold; columns that hold nothing are left out."""
    head = word if one.by_label == "单元" else one.by_label
    columns = [Column("group", head)] if not one.listed or frame["group"].nunique() > 1 else []
    for column in one.columns:
        known = frame[column.key].dropna() if column.key in frame else frame.iloc[:0]
        if len(known) and not (column.optional and (known == 0).all()):
            columns.append(_column(column))
            columns += _change_columns(column, frame) if column.key in one.change else []
    noted = not one.note_of or frame["group"].eq(one.note_of).any()
    notes = [
        one.note if noted else "",
        *(say("views.target_note", label=own.label, source=own.source) for own in targets),
    ]
    notes += [say("views.apart")] if "apart" in frame else []
    return make_table(frame, one.title, columns, emphasise=lambda row: bool(row["is_total"]), note="".join(notes))


def _change_columns(column: ViewColumn, frame: pd.DataFrame) -> list[Column]:
    key = f"{column.key}_change"
    if key not in frame or frame[key].isna().all():
        return []
    own = _column(column)
    kind = "points" if own.kind == "percent" else own.kind
    return [Column(key, "较上期", kind, "" if kind == "points" else column.unit, own.digits, column.group, signed=True)]


def _kind(column: ViewColumn) -> str:
    if column.kind:
        return column.kind
    if column.how in {"first", "latest"} and column.of.endswith(
        ("since", "started", "finished", "founded", "inspected")
    ):
        return "date"
    return _KINDS.get(column.how, "number" if column.how.startswith("per_") else "integer")


def _column(column: ViewColumn) -> Column:
    digits = 1 if column.digits is None else column.digits
    return Column(column.key, column.label, _kind(column), column.unit, digits, column.group)


def figure(one: View, frame: pd.DataFrame, inputs: Inputs) -> Any:
    """Return a map of the members where the groups are they, bars of a few other groups, None of many."""
    column, parts = one.column(one.drawn), _places(frame)
    finding = f"{inputs.prefix}{one.title}" + (f"：{column.label}" if column.label != one.title else "")
    if one.of_places and set(parts["unit_code"]) <= set(inputs.members["unit_code"]):
        values = parts.set_index("unit_code")[one.drawn].astype("float64").reindex(inputs.members["unit_code"])
        return inputs.map(values, finding, Quantity(column.label, _kind(column), column.unit))
    if len(parts) > _DRAWN:
        return None
    rows = pd.DataFrame({"name": parts["group"], "value": parts[one.drawn]})
    if f"{one.drawn}_before" in parts:
        rows = rows.assign(last=parts[f"{one.drawn}_before"])
    style = Format(_kind(column), column.unit, 1 if column.digits is None else column.digits)
    return bars(rows, finding=finding, style=style)
