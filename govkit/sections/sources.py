"""Sources: the files the numbers come from, what was wrong with them, how each measure is defined, what gave it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers.views import load_views
from govkit.analysis.measures.measure import MeasureInfo
from govkit.analysis.score.assess import Assessment
from govkit.analysis.standards.judged_by import JudgedBy
from govkit.display.front import Absent
from govkit.display.tables.frames import quantity as in_table
from govkit.display.tables.table import Table, report_table
from govkit.display.words import numbers
from govkit.display.words.language import CHINESE
from govkit.display.words.phrases import say
from govkit.periods import Period
from govkit.rounding import fixed
from govkit.sections.inputs import Inputs, once
from govkit.sections.leaves import by_teller, leaf_facts
from govkit.sections.section import Section
from govkit.zone.editions import is_public
from govkit.zone.place import files_for_readers


def sources(inputs: Inputs) -> Section:
    """Say which files were read and what became of their rows."""
    accounts = inputs.place.accounts
    said = row_accounts(accounts) if inputs.is_zone else rows_here(accounts, name=inputs.name)
    if is_public(inputs.place.settings):
        table = report_table("public_sources", source_rows(accounts).drop(columns=["file", "sha"]))
    elif inputs.is_zone:
        table = report_table("sources", source_rows(accounts))
    else:
        table = report_table("district_sources", source_rows(accounts), place=inputs.name)
    return Section("sources", "数据来源", finding=said, body=(said, table), numbers={"accounts": accounts})


def checked(inputs: Inputs) -> Section:
    """Say what was wrong with the files."""
    found = inputs.place.findings
    said = findings(found, name=inputs.name, whole_zone=inputs.is_zone)
    public = is_public(inputs.place.settings)
    more = "" if inputs.is_zone else unplaced(inputs.common.unplaced)
    kept, small = accepted(found), held_back(found) + not_counted(inputs, [*inputs.tables])
    body = [
        said,
        *([more] if more else []),
        *([kept] if kept else []),
        *([small] if small else []),
        *([report_table("findings", finding_rows(found))] if len(found) and not public else []),
        *([Absent(catalogue.load("editions")["words"]["unlisted"], tables=min(len(found), 1))] if public else []),
    ]
    return Section("checked", "数据检查", finding=said, body=tuple(body), numbers={"findings": found})


def with_sources(section: Section, inputs: Inputs) -> Section:
    """Return a section of the annex whose tables each say below them what they are made of: data, files, period.

    What is reckoned of many tables (scores, ranks, problems) has its definitions in the annex instead.
    """
    usual = tuple(catalogue.load("sections")["made_of"].get(section.id, ()))
    of_views = {one.title: (one.table,) for one in load_views() if one.name in section.numbers}

    def sourced(item: Any) -> Any:
        made_of = of_views.get(item.title, usual) if isinstance(item, Table) and not item.source else ()
        line, note = source_line(inputs, made_of), not_counted(inputs, made_of)
        return replace(item, source=line, note=item.note + note) if line or note else item

    return replace(section, body=tuple(map(sourced, section.body)), annex=tuple(map(sourced, section.annex)))


def not_counted(inputs: Inputs, made_of: Sequence[str]) -> str:
    """Say of which sensitive groups the numbers made of some tables do not hold all; "" where they do.

    Of a zone it is said apart whether its total lacks them or those of its districts alone.
    """
    mine: dict[tuple[bool, str], tuple[int, set[str]]] = {}
    for name in made_of:
        for district, period, group, kinds in (
            inputs.tables[name].attrs.get("held", ()) if name in inputs.tables else ()
        ):
            if period in {"", inputs.now.id} and (inputs.is_zone or district == inputs.whole):
                most, units = mine.get((bool(district), group), (0, set()))
                mine[bool(district), group] = max(most, kinds), units | {district}
    return "".join(
        say(f"appendix.not_counted{'_by_unit' if below and inputs.is_zone else ''}", group=group, n=kinds,
            units=len(units), unit_word=inputs.place.unit_word)
        for (below, group), (kinds, units) in mine.items()
    )  # fmt: skip


def source_line(inputs: Inputs, made_of: Sequence[str]) -> str:
    """Return the line that names the data of a table, with their files where these may be told; "" without any."""
    titles, listed = catalogue.load("tables"), []
    for name in made_of:
        files = files_of(inputs).get(name, ())
        shown = files[0] if len(files) == 1 else f"{files[0]} 等 {len(files)} 个文件" if files else ""
        told = "" if is_public(inputs.place.settings) else f"（{shown}）"
        listed += [f"{titles[name]['title']}{told}"] if files else []
    words = catalogue.load("editions")["words"]["source"]
    return str(words.format(listed="、".join(listed), period=inputs.now.name)) if listed else ""


def definitions(inputs: Inputs) -> Section:
    """Define each measure of the scheme."""
    tree = inputs.judged.scheme
    rows = definition_rows(tree.leaves, inputs.judged) if tree else None
    body = () if rows is None else (report_table("definitions", rows), say("methods.named"))
    return Section("definitions", "指标定义", body=body, origins=origins(inputs))


def findings(found: pd.DataFrame, *, name: str, whole_zone: bool = False) -> str:
    """Say how many defects the files of a place have; ``found`` as in docs/architecture.md."""
    if found.empty:
        return say("appendix.clean", name=name)
    counts = found["severity"].value_counts()
    numbers = {key: int(counts.get(key, 0)) for key in ("error", "warning", "note")}
    phrase = "appendix.zone_findings" if whole_zone else "appendix.findings"
    return say(phrase, name=name, n=len(found), **numbers)


def held_back(found: pd.DataFrame) -> str:
    """Say how many cells are not shown because few people stand in them, by table; "" if there is none."""
    mine = found.loc[found["rule"].eq("small_numbers")] if "rule" in found else found.iloc[:0]
    if mine.empty:
        return ""
    titles = {name: entry["title"] for name, entry in catalogue.load("tables").items()}
    cells = mine["value"].astype("int64").groupby(mine["table"], sort=False).sum()
    listed = [f"{titles[name]} {number:,d} 格" for name, number in cells.items()]
    return say("appendix.held_back", n=int(cells.sum()), listed=listed)


def accepted(found: pd.DataFrame) -> str:
    """Name the findings that zone.toml accepts, each with its reason; "" if there is none."""
    kept = found[found["accepted"].notna()] if "accepted" in found else found.iloc[:0]
    listed = "；".join(f"{one.file}：{one.reason}——{one.accepted}" for one in files_for_readers(kept).itertuples())
    return say("appendix.accepted", n=len(kept), listed=listed) if len(kept) else ""


def unplaced(number: int, *, unit_word: str = "") -> str:
    """Say how many findings belong to no unit; "" if there is none."""
    return say("appendix.unplaced", n=number, unit_word=unit_word) if number else ""


def row_accounts(accounts: pd.DataFrame) -> str:
    """Say how many rows were read and what became of them."""
    sums = accounts[["rows_read", "rows_used", "rows_set_aside", "rows_left_out"]].sum()
    read, used, aside, left = (int(number) for number in sums)
    return say("appendix.rows", read=read, used=used, aside=aside, left=left)


def rows_here(accounts: pd.DataFrame, *, name: str) -> str:
    """Say how many rows of the files are one district's and what became of them."""
    used, aside = (int(accounts[column].sum()) for column in ("rows_used", "rows_set_aside"))
    return say("appendix.rows_here", name=name, used=used, aside=aside)


def source_rows(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the row accounts with the tables' Chinese titles and a short hash."""
    titles = {name: entry["title"] for name, entry in catalogue.load("tables").items()}
    accounts = files_for_readers(accounts)
    return accounts.assign(title=accounts["table"].map(titles), sha=accounts["sha256"].str[:12])


def finding_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Return the findings with what readers call their severity, errors first.

    Notes of one rule on one column of a file stand in one row that says how many there are.
    """
    words = {"error": "错误", "warning": "警告", "note": "提示"}
    found = _notes_together(files_for_readers(found))
    order = found["severity"].map({name: place for place, name in enumerate(words)})
    ordered = found.assign(_order=order).sort_values(["_order", "file", "row"], kind="stable")
    return ordered.assign(severity=ordered["severity"].map(words))


def _notes_together(found: pd.DataFrame) -> pd.DataFrame:
    notes = found["severity"].eq("note")
    alike = found.loc[notes].reindex(columns=["file", "sheet", "rule", "column"]).astype("object").fillna("")
    counts = alike.groupby(list(alike.columns))["rule"].transform("size")
    first = ~alike.duplicated()
    kept = found.loc[~notes | first.reindex(found.index, fill_value=False)]
    more = counts.reindex(kept.index, fill_value=1) > 1
    said = kept["reason"].str.cat("（同类共 " + counts.reindex(kept.index).astype("Int64").astype("str") + " 处）")
    return kept.assign(reason=kept["reason"].mask(more, said))


def definition_rows(leaves: Iterable[Any], judged: JudgedBy) -> pd.DataFrame:
    """Return label, unit, definition and source (the zone's own, if it has one) of each measure a scheme uses, once."""
    infos = {leaf.measure: leaf.info for leaf in leaves}
    columns = ["label", "unit", "definition", "source"]
    rows = [{name: getattr(info, name) for name in columns} for info in infos.values()]
    frame = pd.DataFrame(rows, columns=columns)
    own = [judged.source(measure) for measure in infos]
    return frame.assign(source=[word or stated for word, stated in zip(own, frame["source"], strict=True)])


def origins(inputs: Inputs) -> dict[str, Any]:
    """Return where the values of the scheme's measures come from; empty without a scheme, and in another language.

    ``place``, ``before`` (name of the last period); ``measures``: label, definition, data (tables with rows of this
    place and files; no files in a public edition); ``values``: measure (its position), unit, period (names), text (as
    sentences have it), cells (as tables have it), counted (``7,089 ÷ 7,302`` or ``""``).
    """
    tree = inputs.judged.scheme
    if tree is None or inputs.common.current is None or inputs.place.front.language != CHINESE:
        return {}
    infos = {leaf.id: leaf.info for leaf in tree.leaves}
    measures = [
        {"label": leaf.label, "definition": leaf.info.definition, "data": _data(inputs, leaf.info)}
        for leaf in tree.leaves
    ]
    measures.append({"label": _SCORE, "definition": f"{len(infos)}项指标的得分按权重合成，加分、扣分另计", "data": ""})
    at = {leaf: position for position, leaf in enumerate([*infos, _SCORE])}
    found = _of_districts(inputs) if inputs.is_zone else _of_district(inputs)
    units = {leaf: info.unit for leaf, info in infos.items()} | {_SCORE: "分"}
    values = [{"measure": at[leaf], **_value(units[leaf], row, unit, when)} for leaf, row, unit, when in found]
    before = inputs.before.name if inputs.before else ""
    return {"place": inputs.name, "before": before, "measures": measures, "values": values}


_SCORE = "综合得分"
_Found = Iterator[tuple[str, Any, str, Period]]


def _of_district(inputs: Inputs) -> _Found:
    """Yield leaf, row, unit and period: a district's own, those of the last period, and its communities' samples."""
    for assessed, when in ((inputs.part.current, inputs.now), (inputs.part.previous, inputs.before)):
        if assessed is not None and when is not None:
            yield from ((_SCORE, row, inputs.name, when) for row in _scores(assessed).itertuples())
    for row in leaf_facts(inputs).itertuples():
        leaf = str(row.Index)
        yield leaf, row, inputs.name, inputs.now
        last = inputs.part.previous.values.get(leaf) if inputs.part.previous else None
        if inputs.before and last is not None and len(last):
            yield leaf, last.iloc[0], inputs.name, inputs.before
        if row.sampled:
            below = by_teller(inputs, row.measure, row.area)
            yield from ((leaf, one, str(one.name), inputs.now) for one in below.itertuples())


def _of_districts(inputs: Inputs) -> _Found:
    names = inputs.shared.districts.set_index("unit_code")["name"]
    known: list[tuple[Period | None, Assessment | None]] = [
        (inputs.now, inputs.shared.current),
        (inputs.before, inputs.shared.previous),
    ]
    for when, assessed in known:
        if when is None or assessed is None:
            continue
        for leaf, frame in {_SCORE: _scores(assessed), **assessed.values}.items():
            yield from ((leaf, row, str(names.get(row.Index, "")), when) for row in frame.itertuples())


def _scores(assessed: Assessment) -> pd.DataFrame:
    """Return the scores as measures are: they are a share of nothing."""
    return assessed.scores[["score"]].set_axis(["value"], axis=1).assign(numerator=None, denominator=None)


def _value(measured_in: str, row: Any, unit: str, when: Period) -> dict[str, Any]:
    if pd.isna(row.value):
        return {"unit": unit, "period": when.name, "text": "", "cells": [], "counted": ""}
    bare = fixed(row.value * (100 if measured_in == "%" else 1), 1)
    counted = "" if pd.isna(row.numerator) else f"{row.numerator:,.10g} ÷ {row.denominator:,.10g}"
    cells = list(dict.fromkeys([in_table(row.value, measured_in), bare]))
    text = numbers.quantity(row.value, measured_in)
    return {"unit": unit, "period": when.name, "text": text, "cells": cells, "counted": counted}


@once
def files_of(inputs: Inputs) -> dict[str, list[str]]:
    """Return the files each table was read from, as readers may see their names."""
    accounts = files_for_readers(inputs.place.accounts)
    return {str(table): list(files.unique()) for table, files in accounts.groupby("table")["file"]}


def _data(inputs: Inputs, info: MeasureInfo) -> str:
    """Say which tables a measure is made of: rows of this place in the period, and files."""
    titles = catalogue.load("tables")
    files = files_of(inputs)
    told = []
    for table in info.tables:
        if table not in inputs.tables:
            continue
        frame = inputs.tables[table]
        rows = int(frame["period"].eq(inputs.now.id).sum()) if "period" in frame else len(frame)
        named = "" if is_public(inputs.place.settings) or table not in files else f"（{'、'.join(files[table])}）"
        told.append(f"{titles[table]['title']} {rows:,} 行{named}")
    return "；".join(told)
