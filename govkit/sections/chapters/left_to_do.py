"""Where what is left to do lies: units below a standard, overdue tasks, matters that wait, wrong spending, on a map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from govkit.analysis.ledgers.checklists import overdue_tasks, waiting_matters
from govkit.analysis.measures.funds import spent_outside
from govkit.display.maps.layers.shown import choropleth_layer
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.figure import SmallMap
from govkit.rounding import fixed
from govkit.sections.inputs import Inputs, once
from govkit.sections.words import by_township, teller_word, tellers


@once
def small_map(inputs: Inputs) -> Any:
    """Return a small map of where what is left to do lies; None without boundaries or with fewer than five members."""
    if not inputs.mapped or len(inputs.members) < 5:
        return None
    found, shapes = left_to_do(inputs), inputs.members
    if by_township(inputs):
        above = tellers(inputs)
        found = found.groupby(above.reindex(found.index)).sum()
        shapes = inputs.units.loc[inputs.units["unit_code"].isin(above)]
    counts = found.reindex(shapes["unit_code"], fill_value=0).astype("float64")
    if counts.nunique() < 2 or "geometry" not in shapes or shapes["geometry"].isna().any():
        return None
    hit = counts[counts > 0].sort_values(ascending=False, kind="stable")
    names = [f"{inputs.names[code]}{fixed(count)}处" for code, count in hit.head(3).items()]
    title = f"待办{fixed(counts.sum())}处，在{len(hit)}个{teller_word(inputs)}，最多的是{'、'.join(names)}"
    title = f"待办{fixed(counts.sum())}处，都在{inputs.names[hit.index[0]]}" if len(hit) == 1 else title
    return named_counts(inputs, shapes, counts, title, Quantity("待办", "integer", "处"))


def named_counts(inputs: Inputs, shapes: Any, counts: pd.Series, title: str, quantity: Quantity) -> SmallMap:
    """Return a small map on which only the units with a count have their name and the count on them."""
    layer = choropleth_layer(shapes, counts, quantity, show_values=True)
    named = [
        (name, tag) if counts[code] else ("", "")
        for name, tag, code in zip(layer.names, layer.tags, layer.codes, strict=True)
    ]
    names, tags = zip(*named, strict=True)
    return SmallMap(inputs.setting.figure(title, [replace(layer, names=names, tags=tags)]).spec)


def left_to_do(inputs: Inputs) -> pd.Series:
    """Return by unit how much is left: units below a standard, overdue tasks, matters that wait, wrong spending."""
    tables, now = inputs.tables, inputs.now
    short = [inputs.met(one, now) for one in inputs.judged.standards if not inputs.lacks("facilities")]
    codes = [pd.Series(one.index[one["met"].eq(False).fillna(False)]) for one in short]
    codes.append(waiting_matters(tables, now)["unit_code"])
    codes += [overdue_tasks(tables, now)["unit_code"]] if "tasks" in tables else []
    codes += [spent_outside(tables, now)["unit_code"]] if "funds" in tables else []
    return pd.concat([one.astype("str") for one in codes]).value_counts()
