"""Funds: what came in, what was spent on what, what lay outside the purposes, and which norms are met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures import funds as measured
from govkit.analysis.standards import fund_norms
from govkit.display.tables import frames
from govkit.display.tables.frames import in_wan
from govkit.display.tables.table import Table, report_table
from govkit.display.words.phrases import say
from govkit.rounding import fixed
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section, absent, not_provided, positive

# Longer lists of who falls short belong into the bureau's own check, not into a report.
_LISTED = 30


def funds(inputs: Inputs) -> Section:
    """Say what came in and was spent, by purpose, and which lines lie outside the purposes."""
    if inputs.lacks("funds"):
        return not_provided("funds", "资金收支", "funds", inputs=inputs, tables=1)
    totals = measured.fund_totals(inputs.tables, inputs.now, by=inputs.by_whole)
    by_purpose = measured.funds_by(inputs.tables, inputs.now)
    outside = measured.spent_outside(inputs.tables, inputs.now)
    sided = measured.one_sided(inputs.tables, inputs.now, by=inputs.by_whole)
    said = sentence(totals.loc[inputs.whole], sided)
    spent = _with_totals(in_wan(by_purpose), in_wan(outside))
    table = report_table("funds_by_purpose", spent, emphasise=lambda row: bool(row["is_total"]))
    body: list[Any] = [said, table if by_purpose["amount_yuan"].sum() > 0 else absent("本期没有支出记录。", tables=1)]
    if len(sided):
        # of the side without a line nothing is known
        wan = {f"{side}_wan": sided[side].where(sided[side] > 0) / 10_000 for side in ("income", "expense")}
        body.append(report_table("funds_one_sided", sided.assign(**wan)))
    if len(outside) and not inputs.is_zone:
        named = in_wan(outside).assign(unit=outside["unit_code"].map(inputs.names).to_numpy())
        body.append(report_table("funds_outside", named))
    numbers = {"totals": totals, "by_purpose": by_purpose, "outside": outside, "one_sided": sided}
    return Section("funds", "资金收支", finding=said, body=tuple(body), numbers=numbers)


def _with_totals(purposes: pd.DataFrame, outside: pd.DataFrame) -> pd.DataFrame:
    """Return what was spent by purpose, then in all, then of that outside the purposes."""
    whole = purposes["amount_wan"].sum()
    parts = [("合计", purposes["entries"].sum(), whole)]
    parts += [("其中：规定用途以外", len(outside), outside["amount_wan"].sum())] if len(outside) else []
    sums = pd.DataFrame(
        [{"purpose": name, "entries": n, "amount_wan": wan, "share": wan / whole} for name, n, wan in parts if whole]
    )
    return pd.concat([purposes.assign(is_total=False), sums.assign(is_total=True)], ignore_index=True)


def norms(inputs: Inputs) -> Section:
    """Say which funding norms of the zone are met, and by how much the others are missed."""
    body: list[Any] = []
    for one in [] if inputs.lacks("funds") else inputs.judged.fund_norms:
        found, *earlier = (
            fund_norms.against_norms(inputs.tables, one, period) for period in (inputs.now, inputs.before) if period
        )
        summary = fund_norms.norm_summary(found, one)
        if earlier:
            was = fund_norms.norm_summary(earlier[0], one)["rate"]
            summary = summary.assign(change=frames.moved(summary["rate"], was))
        body += norm_items(one, found, summary)
    return Section("norms", "", body=tuple(body))


def sentence(row: Mapping[str, Any], sided: pd.DataFrame | None = None) -> str:
    """Say what came in, was spent, and on what; ``row`` of ``funds.fund_totals``, ``sided`` of ``funds.one_sided``."""
    if not positive(row["income"]) and not positive(row["expense"]):
        return say("funds.none")
    text = say(f"funds.totals{_side(row, '_only') if pd.isna(row['execution']) else ''}", **row)
    if sided is not None and len(sided) and pd.notna(row["execution"]):
        sums = sided[["income", "expense"]].sum()
        text += say(f"funds.one_sided{_side(sums, '')}", n=len(sided), **sums)
    if not positive(row["expense"]):
        return text
    if row["outside"] > 0:
        return text + say("funds.outside", outside=row["outside"], share=row["outside"] / row["expense"])
    # Only the special fund is bound to its purposes.
    return text + (say("funds.clean") if row["bound"] > 0 else "")


def _side(sums: Mapping[str, Any], both: str) -> str:
    """Return what the key of a phrase ends with: the one side on file, ``both`` where there are two."""
    sides = [side for side in ("income", "expense") if positive(sums[side])]
    return f"_{sides[0]}" if len(sides) == 1 else both


def norm_items(stated: Any, found: pd.DataFrame, summary: pd.DataFrame) -> list[str | Table]:
    """Say which funding norms are met; frames of ``fund_norms.against_norms`` and ``norm_summary``."""
    if found.empty:
        return []
    since, until, years = found.iloc[0][["since", "until", "years"]]
    days: dict[str, Any] = {"since": f"{since:%Y-%m-%d}", "until": f"{until:%Y-%m-%d}", "years": fixed(years, 1)}
    rows = summary.assign(per_word=[catalogue.label("norm_per", per) for per in summary["per"]])
    rows = rows.loc[rows["units"] > 0]
    short = found.loc[found["met"].eq(False).fillna(False)]
    told = [
        say("norms.met" if row.units_met == row.units else "norms.short", **row._asdict())
        for row in rows.itertuples(index=False)
        if row.units
    ]
    items: list[str | Table] = [f"## {stated.title}", "".join(told), report_table("fund_norms", rows, **days)]
    if len(short):
        items.append(report_table("fund_norms_short", short.head(_LISTED)))
    return items + ([say("norms.more", n=len(short) - _LISTED)] if len(short) > _LISTED else [])
