"""Readings put one below the other: the tables of a sheet, the sheets of a workbook, the files of a source."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from govkit.intake.reading.assemble import Origin, Reading
from govkit.intake.sheets.unread import Cells, cells_of


def together(readings: Sequence[Reading], *, sheet: str = "", files: bool = False) -> Reading:
    """Put readings of one table one below the other.

    ``sheet`` names the sheet they all stand on. ``files``: they are of several files; each record then knows its file,
    and ``facts["parts"]`` holds the readings as they were.
    """
    first = readings[0]
    if len(readings) == 1:
        return first
    names = {name for one in readings for name in one.origin.column}
    row = {"": np.concatenate([one.origin.row[""] for one in readings])}
    row |= {n: np.concatenate([one.origin.row.get(n, one.origin.row[""]) for one in readings]) for n in names}
    none = [np.full(len(one.frame), -1) for one in readings]
    column = {n: np.concatenate([one.origin.column.get(n, none[i]) for i, one in enumerate(readings)]) for n in names}
    headers = {key: text for one in readings for key, text in one.origin.headers.items()}
    file = np.concatenate([np.full(len(one.frame), one.source.path, dtype=object) for one in readings])
    if files:
        headers = {(f"{o.source.path}\0{s}", at): text for o in readings for (s, at), text in o.origin.headers.items()}
    with warnings.catch_warnings():
        # a column that is empty on one sheet takes the type it has on the others
        warnings.simplefilter("ignore", FutureWarning)
        frame = pd.concat([one.frame for one in readings], ignore_index=True)
        text = pd.concat([one.text for one in readings], ignore_index=True)
    facts = {
        **first.facts,
        "sheet": sheet or "、".join(dict.fromkeys(str(one.facts.get("sheet")) for one in readings)),
        "cells": sum((cells_of(one) for one in readings), Cells()),
    }
    return replace(
        first,
        frame=frame,
        text=text,
        origin=Origin(
            np.concatenate([one.origin.sheet for one in readings]),
            row,
            column,
            headers,
            first.origin.cells,
            file if files else None,
        ),
        aside=np.concatenate([one.aside for one in readings]),
        left_out=sum(one.left_out for one in readings),
        lost=sum(one.lost for one in readings),
        findings=tuple(found for one in readings for found in one.findings),
        facts=facts | ({"parts": tuple(readings)} if files else {}),
    )
