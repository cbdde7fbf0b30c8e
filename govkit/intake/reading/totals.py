"""The sum a clerk wrote below a table, against the sum of its rows."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.grid import column_letters
from govkit.intake.reading.values import parse

# A sum of rounded amounts may differ in its last place.
_SLACK = 0.01
_RELATIVE = 1e-6


def compare_total(reading: Reading, cells: pd.Series, row: int, scales: Mapping[str, float]) -> Reading:
    """Return the reading with a warning for every amount whose total in ``cells`` is not the sum of the rows.

    ``row`` is the number of the total's row. Columns with a cell that could not be read are not compared.
    """
    for column in reading.table.measures:
        places = reading.origin.column.get(column.name)
        if places is None or not len(places) or _has_gaps(reading, column.name):
            continue
        position, scale = int(places[0]), scales.get(column.name, 1.0)
        written = parse(cells.loc[[position]], column, scale=scale).values.iloc[0]
        total = float(reading.frame[column.name].sum())
        if pd.isna(written) or abs(float(written) - total) <= _SLACK * scale + _RELATIVE * abs(total):
            continue
        sheet = reading.origin.sheet[0]
        words = {"value": cells[position], "sum": f"{total / scale:,.10g}", "cell": f"{column_letters(position)}{row}"}
        header = reading.origin.headers[sheet, position]
        reading = reading.noted("total_differs", sheet=sheet, row=row, column=header, **words)
    return reading


def _has_gaps(reading: Reading, name: str) -> bool:
    """Whether a cell of the column says something that is no number."""
    return bool((reading.text[name].notna() & reading.frame[name].isna()).any())
