"""Rows of a parent that only add up its children's: recognised, compared and left out, so that nothing counts twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.totals import additive
from govkit.intake.sheets.marks import rows_named
from govkit.intake.sheets.unread import cells_of
from govkit.intake.units.hierarchy import Hierarchy

# from this share of parents with rows of their children on, a table gives sums for parents
_SHARE = 0.5
_MOST_LEVELS = 4
# smaller amounts often equal a sum by chance
_NO_CHANCE = 10
_SLACK = 0.011


def without_parent_sums(reading: Reading, hierarchy: Hierarchy) -> Reading:
    """Return a table keyed by unit without the rows that are sums of their unit's children.

    A row is compared with the rows of the next level below that has any, for the same month, item and so on. Where most
    such rows equal the sums, the others are wrong sums: they are left out too, and flagged.
    """
    key = [name for name in reading.table.key if name in reading.frame]
    amounts = [c.name for c in reading.table.measures if additive(c) and c.name in reading.text]
    if "unit_code" not in key or not amounts or reading.table.name in {"units", "grids"} or reading.aside.all():
        return reading
    if not _holds_parents(reading.frame["unit_code"].dropna().unique(), hierarchy.parents):
        return reading
    sums, depth = _sums(reading, hierarchy, key, amounts)
    compared = depth > 0
    if not compared.any():
        return reading
    own = reading.frame[amounts].to_numpy(dtype="float64", na_value=np.nan)
    both = ~np.isnan(own) & ~np.isnan(sums)
    equal = np.abs(own - sums) <= _SLACK + 1e-9 * np.abs(sums)
    same = compared & both.any(axis=1) & (equal | ~both).all(axis=1) & (np.nan_to_num(sums) != 0).any(axis=1)
    mostly = same.sum() >= _SHARE * compared.sum()
    # a few equal rows among many others may be chance, unless several amounts agree
    sure = same & ((both & (own != 0)).sum(axis=1) > 1)
    gone = compared if mostly else sure
    near = compared & ~gone & (both & equal & (own >= _NO_CHANCE)).any(axis=1)
    words = {"said": [_difference(own[at], sums[at], both[at], amounts, reading) for at in np.flatnonzero(near)]}
    reading = reading.flagged("partly_sums", near, column="unit_code", words=words)
    if not gone.any():
        return reading
    wrong = gone & ~same
    words = {"said": [_difference(own[at], sums[at], both[at], amounts, reading) for at in np.flatnonzero(wrong)]}
    reading = reading.flagged("parent_differs", wrong, column="unit_code", words=words)
    rows = reading.origin.row[""][gone]
    file, shown = reading.file_of(int(np.flatnonzero(gone)[0])), rows_named(np.unique(rows))
    reading = reading.noted("parent_rows", count=int(gone.sum()), rows=shown, row=int(rows[0]), file=file)
    return _leaving_out(reading, gone)


def _holds_parents(codes: Sequence[str], parents: Mapping[str, str]) -> bool:
    """Whether one of some units lies above another."""
    used = level = set(np.asarray(codes, dtype=object))
    for _ in range(_MOST_LEVELS):
        level = {above for code in level if isinstance(above := parents.get(code), str)}
        if not used.isdisjoint(level):
            return True
    return False


def _sums(reading: Reading, hierarchy: Hierarchy, key: list[str], amounts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return for every record the sums of the nearest level below it, and how many levels down that is (0: none)."""
    frame, usable = reading.frame, ~reading.aside
    others = [name for name in key if name != "unit_code"]
    parent = {code: above for code, above in hierarchy.parents.items() if isinstance(above, str)}
    sums, depth = np.full((len(frame), len(amounts)), np.nan), np.zeros(len(frame), dtype=int)
    below = frame.loc[usable, [*key, *amounts]].astype(dict.fromkeys(amounts, "float64"))
    mine = frame[key]
    for level in range(1, _MOST_LEVELS):
        below = below.assign(unit_code=below["unit_code"].map(parent)).dropna(subset=["unit_code"])
        if below.empty:
            break
        total = below.groupby(key, dropna=False, sort=False)[amounts].sum(min_count=1).reset_index()
        found = mine.merge(total.assign(there=True), on=["unit_code", *others], how="left")
        hit = found["there"].notna().to_numpy() & (depth == 0) & usable
        sums[hit] = found.loc[hit, amounts].to_numpy(dtype="float64", na_value=np.nan)
        depth[hit] = level
    return sums, depth


def _difference(own: np.ndarray, sums: np.ndarray, both: np.ndarray, amounts: list[str], reading: Reading) -> str:
    odd = [at for at in np.flatnonzero(both) if abs(own[at] - sums[at]) > _SLACK]
    told = [
        f"“{reading.table[amounts[at]].label}”写的是 {own[at]:,.10g}，下级之和是 {sums[at]:,.10g}" for at in odd[:3]
    ]
    return "；".join(told) or "没有可以比较的数"


def _leaving_out(reading: Reading, gone: np.ndarray) -> Reading:
    """Return the reading without some records: their cells are sums that were compared."""
    keep, origin = np.flatnonzero(~gone), reading.origin
    cells = cells_of(reading)
    many = min(int(reading.text[gone].notna().to_numpy().sum()), cells.used)
    return replace(
        reading,
        frame=reading.frame.iloc[keep].reset_index(drop=True),
        text=reading.text.iloc[keep].reset_index(drop=True),
        origin=replace(
            origin,
            sheet=origin.sheet[keep],
            row={name: rows[keep] for name, rows in origin.row.items()},
            column={name: places[keep] for name, places in origin.column.items()},
            file=None if origin.file is None else origin.file[keep],
        ),
        aside=reading.aside[keep],
        left_out=reading.left_out + int(gone.sum()),
        facts={**reading.facts, "cells": replace(cells, used=cells.used - many, total=cells.total + many)},
    )
