"""Running totals of a year to the amounts of single months (``cumulative = "year"``)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.columns import running_total, time_span
from govkit.intake.reading.totals import additive

_JANUARY = 1


def differenced(reading: Reading) -> Reading:
    """Return the reading with each month's running total less that of the month before in its year.

    A column that says it is this month's stays. A total that falls, and one without that of the month before (after a
    gap, or first of a year and not January), have no number of their own: they become missing, with a finding.
    """
    if reading.source.cumulative != "year" or "month" not in reading.frame or reading.frame.empty:
        return reading
    others = [name for name in reading.table.key if name in reading.frame and name != "month"]
    month, usable = reading.frame["month"], ~reading.aside & reading.frame["month"].notna().to_numpy()
    order = reading.frame.loc[usable].assign(_year=month.dt.year).sort_values("month", kind="stable")
    groups = [*others, "_year"]
    before_month = order.groupby(groups, dropna=False, sort=False)["month"].shift().dt.month
    values, falls, first = {}, {}, {}
    for column in reading.table.measures:
        if column.name not in reading.text or not additive(column) or _is_of_month(reading, column.name):
            continue
        own = order[column.name].astype("float64")
        before = order.groupby(groups, dropna=False, sort=False)[column.name].shift().astype("float64")
        start = before_month.isna()
        amount = (own - before).where(~start, own)
        late = order["month"].dt.month != before_month.fillna(_JANUARY - 1) + 1
        falling = amount < 0
        values[column.name] = amount.mask(late | falling).reindex(reading.frame.index)
        falls[column.name] = falling.reindex(reading.frame.index, fill_value=False).to_numpy(dtype=bool)
        first[column.name] = late.reindex(reading.frame.index, fill_value=False).to_numpy(dtype=bool)
    whole = {name for name in values if str(reading.frame[name].dtype) == "Int64"}
    typed = {
        name: one.round().astype("Int64") if name in whole else one.astype("float64") for name, one in values.items()
    }
    frame = reading.frame.assign(**typed)
    reading = replace(reading, frame=frame)
    for name in values:
        reading = reading.flagged("total_falls", falls[name], column=name)
        reading = reading.flagged("total_starts_late", first[name] & reading.text[name].notna().to_numpy(), column=name)
    return (
        reading.noted("differenced", labels="、".join(reading.table[name].label for name in values))
        if values
        else reading
    )


def _is_of_month(reading: Reading, name: str) -> bool:
    """Whether the column an amount comes from says that it is this month's."""
    places = reading.origin.column.get(name)
    if places is None or not len(places):
        return False
    texts = {text for (_, at), text in reading.origin.headers.items() if at in set(np.unique(places).tolist())}
    parts = [tuple(text.split("/")) for text in texts]
    return any(time_span(one)[1] == "month" for one in parts) and not any(
        running_total(one, reading.table) for one in parts
    )
