"""Units of a zone abroad: codes of any kind in its files, codes of 12 digits inside, which begin with 99."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from govkit.intake.reading.assemble import Reading
from govkit.intake.units.code_systems import ABROAD, FULL
from govkit.intake.units.completing import CODES_FILE, UPWARD, Names, free_code
from govkit.intake.values.quantities import plain


def with_inner_codes(reading: Reading, kept: Names) -> tuple[Reading, dict[str, str]]:
    """Return units whose own codes are exchanged for inner ones, and which stands for which.

    ``kept``: inner codes given before, (name above, name) → code. Units without a code are left as they are: they are
    told by names, as anywhere. Where no level is stated, units that are parents are streets, others communities.
    """
    frame = reading.frame
    own = frame["unit_code"].astype("str")
    if frame["level"].isna().all():
        # what is named as another's unit above is one level up
        above_others = own.isin(set(frame["parent"].dropna()))
        level = pd.Series(np.where(above_others, "street", "community"), index=frame.index, dtype="str")
        frame = frame.assign(level=level.where(own.notna()))
    inner: dict[str, str] = {}
    above = dict(zip(own, frame["parent"].astype("str"), strict=True))
    names = dict(zip(own, frame["name"].astype("str"), strict=True))
    for level in reversed(UPWARD):
        mine = own[(frame["level"] == level) & own.notna() & ~reading.aside]
        for code in dict.fromkeys(mine):
            parent = above[code]
            under = inner.get(str(parent), ABROAD.ljust(12, "0"))
            key = (plain(str(names.get(str(parent), ""))), plain(str(names[code])))
            inner[code] = kept.get(key) or free_code(under, level, code, inner.values())
    exchanged = {
        column: frame[column].astype("str").map(lambda code: inner.get(code, code), na_action="ignore").astype("str")
        for column in ("unit_code", "parent")
    }
    reading = replace(reading, frame=frame.assign(**exchanged))
    first = np.zeros(len(frame), dtype=bool)
    first[:1] = bool(inner) and not all(FULL.fullmatch(code) and code == other for code, other in inner.items())
    return reading.flagged(
        "codes_abroad", first, column="unit_code", words={"count": len(inner), "file": CODES_FILE}
    ), inner


def exchanged(reading: Reading, inner: Mapping[str, str], *columns: str) -> Reading:
    """Return a table whose codes of units are exchanged for the inner ones."""
    there = [column for column in columns if column in reading.frame]
    changed = {
        column: reading.frame[column].astype("str").map(lambda code: inner.get(code, code), na_action="ignore")
        for column in there
    }
    return replace(reading, frame=reading.frame.assign(**{name: one.astype("str") for name, one in changed.items()}))
