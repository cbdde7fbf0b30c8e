"""Ledger views as a chapter: a heading a section, then a sentence and a table for each view."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.display.tables.table import Column, Table, make_table
from govkit.display.words.phrases import fill

_KINDS = {"share": "percent", "mean": "number", "median": "number"}


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
