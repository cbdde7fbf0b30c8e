"""The ledgers of published systems, as catalogue/views/ has them: a new system needs an entry there alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis import typology as types
from govkit.analysis.ledgers import summed, views
from govkit.analysis.measures.scope import Scope
from govkit.analysis.score.scheme import Scheme
from govkit.display.front import not_provided as lacking
from govkit.display.tables.frames import quantity
from govkit.display.tables.table import Column, Table, make_table, report_table
from govkit.display.words.phrases import say
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section, concerned
from govkit.sections.view_items import as_shown, items_of, singles

# A table of types holds so many columns beside its head.
_MOST_TYPES = 6
# Views of the same chapter stand under one heading a section; those of another chapter stand there without one.
OWN_CHAPTER = "systems"


def systems(inputs: Inputs) -> Section:
    """Say what the zone's ledgers hold that no other chapter shows, a sentence and a table a view, and the pairs."""
    found = _summed(inputs, OWN_CHAPTER)
    body: list[Any] = []
    titles = views.sections()
    for section, members in groupby(found, key=lambda pair: pair[0].section):
        items = _items(inputs, list(members))
        body += [f"## {titles[section]['title']}", *items] if items else []
    return Section("systems", "", body=(*body, *_pairs(inputs)), numbers={one.name: frame for one, frame in found})


def with_views(section: Section, inputs: Inputs, chapter: str, *, first: bool = False) -> Section:
    """Return a section with the ledgers of its chapter after what it says itself, or with ``first`` before it."""
    found = _summed(inputs, chapter)
    if section.body and not section.known and not any(len(frame) for _, frame in found):
        return section  # the section says why there is nothing
    items = _items(inputs, found)
    finding = section.finding or next((one for one in items if isinstance(one, str)), "")
    numbers = {**section.numbers, **{one.name: frame for one, frame in found}}
    body = (*items, *section.body) if first else (*section.body, *items)
    return replace(section, finding=finding, body=body, numbers=numbers)


def registers(inputs: Inputs) -> Section:
    """List the ledgers row by row that a body would be too long with."""
    found = [(one, frame) for one, frame in _summed(inputs, "", annex=True) if len(frame)]
    body = tuple(item for one, frame in found for item in items_of(one, frame, inputs))
    return Section("registers", "名册与清单", body=body, numbers={one.name: frame for one, frame in found})


def _summed(inputs: Inputs, chapter: str, *, annex: bool = False) -> list[tuple[views.View, pd.DataFrame]]:
    """Return the views of a chapter ("" for any) that the zone has rows of, with their figures."""
    within = "zone" if inputs.is_zone else "district"
    wanted = [one for one in views.load_views(within) if one.name in inputs.common.views and one.annex == annex]
    mine = [one for one in wanted if not chapter or views.sections()[one.section]["chapter"] == chapter]
    return [(one, figures_of(one, inputs)) for one in mine]


def figures_of(one: views.View, inputs: Inputs) -> pd.DataFrame:
    """Return a view's figures for this period, with those of the last (``summed.summed_up``); empty where no row."""
    tables = inputs.tables
    if one.table == "items" and not inputs.is_zone:  # the zone's lists hold in every district
        tables = {**tables, "items": inputs.common.items}
    if one.table not in tables:
        return pd.DataFrame()
    scopes = [
        inputs.scope(period, "zone") if tables is inputs.tables else Scope(tables, period, by="zone")
        for period in (inputs.now, inputs.before)
        if period
    ]
    return as_shown(one, summed.summed_up(one, *scopes))


def _items(inputs: Inputs, found: Sequence[tuple[views.View, pd.DataFrame]]) -> list[Any]:
    """Return what is said of views, and which of those that apply have nothing on file."""
    items = [item for one, frame in found if len(frame) for item in items_of(one, frame, inputs)] + singles(found)
    # What did not happen in the period is no gap in the files; what does not apply is told once, at the end.
    empty = [one for one, frame in found if not len(frame) and summed.concerns(one, inputs.units)]
    silent = [one.title for one in empty if "within" not in one.where.values()]
    return items + ([say("views.nothing", titles=silent)] if silent else [])


def _outside(inputs: Inputs) -> list[str]:
    """Say which ledgers concern only kinds of unit that the place has none of."""
    within = "zone" if inputs.is_zone else "district"
    mine = [one for one in views.load_views(within) if one.name in inputs.common.views]
    outside = sorted((one for one in mine if not summed.concerns(one, inputs.units)), key=lambda one: one.applies_to)
    return [
        say(
            "views.not_applicable",
            name=inputs.name,
            kinds=[catalogue.label("unit_kind", kind) for kind in kinds],
            titles=[one.title for one in members],
        )
        for kinds, members in groupby(outside, key=lambda one: one.applies_to)
    ]


def _pairs(inputs: Inputs) -> list[Any]:
    """Return the pairs of urban and rural communities, from whichever side the district is on."""
    pairs = inputs.common.partners
    pairs = pairs.loc[pairs["own"].astype(bool)] if inputs.is_zone else pairs
    if pairs.empty:
        return []
    own = int(pairs["own"].astype(bool).sum())
    sides = {"pairs": own, "pairs_urban": len(pairs) - own}
    said = [] if inputs.is_zone else [say(f"views.{key}", name=inputs.name, n=n) for key, n in sides.items() if n]
    return ["## 城乡社区结对", *said, report_table("pairs", pairs)]


def by_type(inputs: Inputs) -> Section:
    """Put types of community side by side, a row a measure of the scheme."""
    counted = types.counted(inputs.tables)
    tree = inputs.judged.scheme
    if len(counted) < 2 or not tree:
        return Section("by_type", "分类型比较")
    lacking = inputs.common.current.not_provided if inputs.common.current else {}
    wanted = [leaf.measure for leaf in tree.leaves if leaf.id not in lacking]
    asked: dict[str, Any] = {"crs": inputs.crs, "audit": inputs.common.audit}
    compared = types.compared(wanted, inputs.tables, inputs.now, **asked)
    labels = {leaf.measure: leaf.label for leaf in tree.leaves}
    compared = compared.assign(label=compared["measure"].map(labels))
    table = type_table(counted, compared, title=f"{inputs.prefix}各类社区（村）比较")
    said = say("types.said", of=counted["communities"].sum(), types=len(counted), listed=_sizes(counted))
    said += "".join(_best_and_worst(compared, name) for name in _heaviest(tree, compared))
    return Section("by_type", "分类型比较", body=(said, table), numbers={"counted": counted, "compared": compared})


def _sizes(counted: pd.DataFrame) -> list[str]:
    return [f"{kind} {size} 个" for kind, size in counted["communities"].items()]


def _heaviest(tree: Scheme, compared: pd.DataFrame) -> list[str]:
    """Return the two measures that weigh most of those that set types apart."""
    apart = compared.groupby("measure")["value"].nunique()
    weights = pd.Series({leaf.measure: tree.weight(leaf.id) for leaf in tree.leaves})
    weights = weights.loc[weights.index.isin(apart.index[apart > 1])]
    return list(weights.sort_values(ascending=False, kind="stable").index[:2])


def _best_and_worst(compared: pd.DataFrame, name: str) -> str:
    """Say which type is best and which worst by a measure."""
    part = compared.loc[compared["measure"].eq(name)].sort_values("value", kind="stable")
    first = part.iloc[0]
    told = [quantity(value, first["unit"]) for value in part["value"]]
    level = {text: "、".join(part["type"].loc[[one == text for one in told]]) for text in (told[0], told[-1])}
    ends = [f"{level[text]}（{text}）" for text in (told[-1], told[0])][:: 1 if first["direction"] == "higher" else -1]
    return say("types.ends", label=first["label"], best=ends[0], worst=ends[1])


def left_out(inputs: Inputs) -> Section:
    """Say what does not apply, which tables the zone did not provide, and which hold nothing of this district."""
    known = {name: entry["title"] for name, entry in catalogue.load("tables").items() if name != "units"}
    absent = [name for name in known if name not in inputs.common.provided]
    empty = [] if inputs.is_zone else [name for name in known if name in inputs.common.provided and inputs.lacks(name)]
    empty = [name for name in empty if name != "items"]  # the zone's lists hold in every district
    said = lacking(absent)
    for key, fits in (("not_applicable", False), ("nothing_here", True)):
        titles = [known[name] for name in empty if concerned(name, inputs) == fits]
        said += say(f"section.{key}", titles=titles, name=inputs.name) if titles else ""
    body = (*_outside(inputs), *([said] if said else []))
    return Section("left_out", "不适用和未提供的资料", body=body, missing=tuple(absent))


def type_table(counted: pd.DataFrame, compared: pd.DataFrame, *, title: str) -> Table:
    """Return types of community side by side, a row a measure; frames as from ``by_type.counted`` and ``compared``."""
    kinds = list(counted.index[:_MOST_TYPES])
    rows = [{"label": "社区（村）（个）", **{kind: f"{counted.at[kind, 'communities']:,d}" for kind in kinds}}]
    for (_, label, unit), part in compared.groupby(["measure", "label", "unit"], sort=False):
        values = part.set_index("type")["value"].reindex(kinds)
        rows.append({"label": label, **{kind: quantity(values[kind], unit) for kind in kinds}})
    columns = [Column("label", "指标"), *(Column(kind, kind, "number") for kind in kinds)]
    texts = [Column(one.key, one.label, "text") for one in columns]
    return make_table(pd.DataFrame(rows), title, texts, note=say("types.note"))
