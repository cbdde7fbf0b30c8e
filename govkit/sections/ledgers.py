"""The ledgers of published systems, as catalogue/views.toml has them: a new system needs an entry there alone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.effect import by_type as types
from govkit.analysis.ledgers import views
from govkit.analysis.ledgers.checklists import pair_list
from govkit.display.front import not_provided as lacking
from govkit.display.tables.frames import quantity
from govkit.display.tables.table import Column, Table, make_table, report_table
from govkit.display.words.phrases import fill, say
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section

_KINDS = {"share": "percent", "mean": "number", "median": "number"}
# A table of types holds so many columns beside its head.
_MOST_TYPES = 6


def systems(inputs: Inputs) -> Section:
    """Say what the zone's ledgers hold, a sentence and a table a view, and who is paired with whom."""
    within = "zone" if inputs.is_zone else "district"
    wanted = [one for one in views.load_views(within) if one.name in inputs.common.views]
    summed = [(one, views.summed_up(one, inputs.tables, inputs.now)) for one in wanted]
    body: list[Any] = chapter(summed, within=within)
    if not inputs.is_zone and not inputs.lacks("pairs"):
        known = pd.concat([inputs.units[["unit_code", "name"]], inputs.common.partners[["unit_code", "name"]]])
        body.append(report_table("pairs", pair_list(inputs.tables, known, inputs.now)))
    return Section("systems", "专项制度", body=tuple(body), numbers={one.name: frame for one, frame in summed})


def by_type(inputs: Inputs) -> Section:
    """Put types of community side by side, a row a measure of the scheme."""
    counted = types.counted(inputs.tables)
    tree = inputs.judged.scheme
    if len(counted) < 2 or not tree:
        return Section("by_type", "分类型比较")
    wanted = [leaf.measure for leaf in tree.leaves]
    asked: dict[str, Any] = {"crs": inputs.crs, "audit": inputs.common.audit}
    compared = types.compared(wanted, inputs.tables, inputs.now, **asked)
    table = type_table(counted, compared, title=f"{inputs.prefix}各类社区（村）比较")
    return Section("by_type", "分类型比较", body=(table,), numbers={"counted": counted, "compared": compared})


def left_out(inputs: Inputs) -> Section:
    """Name the optional tables the zone did not provide."""
    names = [name for name in inputs.common.lacking if inputs.is_zone or name != "panel"]
    said = lacking(names)
    return Section("left_out", "", body=(said,) if said else (), missing=tuple(names))


def chapter(summed: Iterable[tuple[Any, pd.DataFrame]], *, within: str) -> list[str | Table]:
    """Return headings, sentences and tables of the views with any row, in catalogue order.

    ``summed`` pairs each view of ``analysis.views`` with its figures; ``within`` is ``zone`` or ``district``.
    """
    shown = [(one, frame) for one, frame in summed if len(frame) and within in one.shown_in]
    sections = catalogue.load("views")["sections"]
    items: list[str | Table] = []
    for section, members in groupby(shown, key=lambda pair: pair[0].section):
        items.append(f"## {sections[section]}")
        for one, frame in members:
            items += [sentence(one, frame)] if one.sentence else []
            # One row says no more than its sentence.
            items += [table(one, frame)] if len(frame) > 1 or not one.sentence else []
    return items


def sentence(one: Any, frame: pd.DataFrame) -> str:
    """Say a view's last row, which is the total where there is more than one."""
    return fill(one.sentence, **frame.iloc[-1].to_dict(), groups=int((~frame["is_total"]).sum()))


def table(one: Any, frame: pd.DataFrame) -> Table:
    """Return a view's figures as a table, the total in bold."""
    columns = [Column("group", one.by_label), *(_column(column) for column in one.columns)]
    return make_table(frame, one.title, columns, emphasise=lambda row: bool(row["is_total"]), note=one.note)


def _column(column: Any) -> Column:
    kind = column.kind or _KINDS.get(column.how, "number" if column.how.startswith("per_") else "integer")
    digits = 1 if column.digits is None else column.digits
    return Column(column.key, column.label, kind, column.unit, digits, column.group)


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
