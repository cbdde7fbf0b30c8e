"""Units above communities: by them a norm says whom it concerns, and measures are gathered (counts added up)."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd


def units_above(units: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return for every unit code the codes from itself up to the top; a circle of parents ends where it closes."""
    parent = dict(zip(units["unit_code"], units["parent"], strict=True))
    return {code: _climb(code, parent) for code in parent}


def _climb(code: str, parent: dict[str, str]) -> tuple[str, ...]:
    path: list[str] = []
    while isinstance(code, str) and code in parent and code not in path:
        path.append(code)
        code = parent[code]
    return tuple(path)


def below_top(units: pd.DataFrame) -> dict[str, str]:
    """Return for each unit the one it belongs to on the level right below the top of ``units`` (the top: itself)."""
    return {code: path[-2] if len(path) > 1 else code for code, path in units_above(units).items()}


def below(
    units: pd.DataFrame, codes: pd.Series, *, parents: Collection[str] = (), except_parents: Collection[str] = ()
) -> pd.Series:
    """Return which ``codes`` lie below one of ``parents`` (names; none means everywhere) and not below the others."""
    name = dict(zip(units["unit_code"], units["name"], strict=True))
    above = {code: {name[one] for one in path[1:]} for code, path in units_above(units).items()}
    inside = codes.map(lambda code: not parents or not above.get(code, set()).isdisjoint(parents))
    outside = codes.map(lambda code: not above.get(code, set()).isdisjoint(except_parents))
    return (inside & ~outside).astype(bool)


def gathered(found: pd.DataFrame, above: pd.Series) -> pd.DataFrame:
    """Return a measure's frame by ``above`` (community code → code above it), index in code order.

    Ratios: numerators over denominators of all communities with both. Other measures have no value here: a median of
    medians is none.
    """
    rows = found[["numerator", "denominator"]].astype("float64").dropna()
    sums = rows.groupby(above.reindex(rows.index)).sum()
    value = sums["numerator"] / sums["denominator"].where(sums["denominator"] > 0)
    return sums.assign(value=value, n=sums["denominator"])[["value", "numerator", "denominator", "n"]]
