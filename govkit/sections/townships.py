"""A county by its 乡镇: standards, gaps and their cost, services, satisfaction, overdue tasks, meetings."""

from __future__ import annotations

import pandas as pd

from govkit.analysis.ledgers.checklists import overdue_tasks
from govkit.analysis.measures.scope import gathered
from govkit.display.tables.frames import is_total
from govkit.display.tables.table import Table, report_table
from govkit.sections.inputs import Inputs, once
from govkit.sections.section import Section
from govkit.sections.words import by_township, tellers, township_word

# A body shows so many from either end.
_ENDS = 5
# What they may be put in order by.
_ORDERS = {"rate": "达标率", "satisfied": "满意度"}
_MEASURES = {
    "needs_met_inside": ("needs_met", ""),
    "satisfaction": ("satisfied", "responses"),
    "meetings_per_unit": ("meetings", ""),
}


def townships(inputs: Inputs) -> Section:
    """Return the whole table of a county's 乡镇; nothing for other districts."""
    if inputs.is_zone or not by_township(inputs):
        return Section("townships", "分乡镇汇总")
    rows = township_rows(inputs)
    table = _shown(inputs, "townships", rows)
    return Section("townships", "分乡镇汇总", body=(table,), numbers={"townships": rows})


def short_table(inputs: Inputs) -> Table | None:
    """Return the first and last five 乡镇 with the total; None for districts that are not told by 乡镇."""
    if inputs.is_zone or not by_township(inputs):
        return None
    rows = township_rows(inputs)
    if len(rows) > 2 * _ENDS + 1:
        rows = pd.concat([rows.head(_ENDS), rows.iloc[:-1].tail(_ENDS), rows.tail(1)])
    # A column that is known of fewer than half of them says nothing in a body.
    few = [column for column in rows if rows[column].notna().sum() * 2 < len(rows)]
    few += [column for column in ("met", "missing") if "rate" in few and column in rows]
    return _shown(inputs, "townships_short", rows.drop(columns=set(few)))


@once
def township_rows(inputs: Inputs) -> pd.DataFrame:
    """Return a row a 乡镇, the best first by standard, else by satisfaction, the total last.

    Columns where something is known: ``name``, ``communities``, ``bound``, ``met``, ``met_before``, ``rate``,
    ``missing``, ``cost_wan``, ``needs_met``, ``satisfied``, ``responses``, ``overdue``, ``meetings``.
    """
    above = tellers(inputs)
    frame = pd.DataFrame({"communities": above.groupby(above).size()}).rename_axis("unit_code")
    frame = (
        frame.join(_standard(inputs, above)) if inputs.judged.standards and not inputs.lacks("facilities") else frame
    )
    total = {"communities": len(above)} | _whole(frame)
    for name, (column, n) in _MEASURES.items():
        found = inputs.measure(name, inputs.now, "unit_code")
        by_town = gathered(found, above)
        if by_town["value"].notna().any():
            frame[column] = by_town["value"].reindex(frame.index)
            whole = gathered(found, pd.Series("all", index=above.index)).iloc[0]
            total[column] = whole["value"]
            if n:
                frame[n], total[n] = by_town["n"].reindex(frame.index), whole["n"]
    if "tasks" in inputs.tables:
        late = overdue_tasks(inputs.tables, inputs.now)["unit_code"]
        towns = late.map(above).fillna(late)
        frame["overdue"] = towns.value_counts().reindex(frame.index, fill_value=0)
        total["overdue"] = len(late)
    if order := _order(frame):
        frame = frame.sort_values(order, ascending=False, kind="stable")
    frame.insert(0, "name", inputs.names.reindex(frame.index))
    return pd.concat([frame.reset_index(drop=True), pd.DataFrame([{"name": "合计", **total}])], ignore_index=True)


def _order(rows: pd.DataFrame) -> str:
    """Return the column by which 乡镇 are put in order: the first that is known of at least half of them."""
    known = [one for one in _ORDERS if one in rows and rows[one].notna().sum() * 2 >= len(rows)]
    return known[0] if known else ""


def _shown(inputs: Inputs, name: str, rows: pd.DataFrame) -> Table:
    by = _ORDERS.get(_order(rows), "代码")
    return report_table(name, rows, emphasise=is_total, unit=township_word(inputs), by=by)


def _standard(inputs: Inputs, above: pd.Series) -> pd.DataFrame:
    """Return by 乡镇 how many communities the first standard binds, who meets it, what is missing and its cost."""
    one = inputs.judged.standards[0]
    now = inputs.met(one, inputs.now)
    town = above.reindex(now.index)
    met = now["met"].fillna(False).astype(bool)
    found = pd.DataFrame(
        {
            "bound": now["met"].notna().groupby(town).sum(),
            "met": met.groupby(town).sum(),
            "missing": now["missing"].map(len).groupby(town).sum(),
            "cost_wan": now["cost_yuan"].groupby(town).sum(min_count=1) / 10_000,
        }
    )
    if inputs.before is not None:  # a 乡镇 of which anything is not known for then has no number of then
        earlier = inputs.met(one, inputs.before)["met"]
        town = above.reindex(earlier.index)
        found["met_before"] = earlier.groupby(town).sum().where(earlier.notna().groupby(town).all()).astype("Int64")
    return found.assign(rate=found["met"] / found["bound"].where(found["bound"] > 0))


def _whole(frame: pd.DataFrame) -> dict[str, float]:
    keys = [key for key in ("bound", "met", "met_before", "missing", "cost_wan") if key in frame]
    sums = {key: frame[key].sum(skipna=key != "met_before") for key in keys}
    return sums | ({"rate": sums["met"] / sums["bound"]} if sums.get("bound") else {})
