"""One word for what is spelled in several ways: by width, spaces, traditional characters, a body's name in full."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import numpy as np
import pandas as pd

from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.schema import Column
from govkit.intake.units.unit_names import stem_and_kinds
from govkit.intake.values.quantities import plain


def one_spelling(reading: Reading) -> Reading:
    """Return a table whose categories are each spelled in one way, the commonest, and a note on every other spelling.

    Which columns hold categories or names of bodies says ``spelling`` in tables.toml. A spelling without full-width
    characters and doubled spaces is taken before one with.
    """
    for column in reading.table.columns:
        if column.spelling and column.name in reading.frame:
            reading = _joined(reading, column)
    return reading


def _joined(reading: Reading, column: Column) -> Reading:
    codes, distinct = pd.factorize(reading.frame[column.name])
    groups: dict[object, list[int]] = {}
    for number, text in enumerate(distinct):
        groups.setdefault(_key(str(text), column), []).append(number)
    several = [group for group in groups.values() if len(group) > 1]
    if not several:
        return reading
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    chosen = np.arange(len(distinct))
    for group in several:
        chosen[group] = max(group, key=lambda at: (_is_usual(str(distinct[at])), counts[at], -at))
    other = chosen != np.arange(len(distinct))
    first = np.zeros(len(codes), dtype=bool)
    first[np.unique(codes, return_index=True)[1]] = True
    first &= (codes >= 0) & other[codes]
    mine = codes[first]
    said, taken = ([str(distinct[at]) for at in places] for places in (mine, chosen[mine]))
    words = {"said": said, "taken": taken, "count": [int(counts[at]) for at in mine]}
    reading = reading.flagged("spelled_otherwise", first, column=column.name, words=words, value=said)
    values = pd.array([*distinct[chosen], None], dtype="str")[codes]
    return replace(reading, frame=reading.frame.assign(**{column.name: pd.Series(values, index=reading.frame.index)}))


def _key(text: str, column: Column) -> object:
    if column.spelling == "body":
        stem, kinds = stem_and_kinds(text)
        return (stem, kinds) if kinds else plain(text)
    return plain(text)


def _is_usual(text: str) -> bool:
    return text == " ".join(unicodedata.normalize("NFKC", text).split())
