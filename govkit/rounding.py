"""Numbers as they are shown: half away from zero as a spreadsheet does, changes and parts that add up."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd


def half_away(value: float, digits: int = 0) -> float:
    """Return a number rounded half away from zero, of the decimal it is written as; missing stays missing.

    >>> half_away(31.25, 1), half_away(-0.5), half_away(2.675, 2), half_away(float("nan"))
    (31.3, -1.0, 2.68, nan)
    """
    if pd.isna(value) or np.isinf(value):
        return float("nan") if pd.isna(value) else float(value)
    # Fifteen digits are what a float holds: 0.285 * 100 is 28.499999999999996, and meant as 28.5.
    exact = Decimal(f"{float(value):.15g}")
    return float(exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def fixed(value: float, digits: int = 0, *, signed: bool = False) -> str:
    """Return a number as it is printed: thousands apart, rounded half away from zero, no minus before a nought.

    >>> fixed(31.25, 1), fixed(1234.5), fixed(-0.04, 1), fixed(0.25, 1, signed=True)
    ('31.3', '1,235', '0.0', '+0.3')
    """
    rounded = half_away(float(value), digits) + 0.0
    return f"{0.0 if rounded == 0 else rounded:{'+' if signed else ''},.{digits}f}"


def percent(value: float, digits: int = 0) -> str:
    """Return a fraction as it is printed.

    >>> percent(5 / 16, 1), percent(0.125)
    ('31.3%', '13%')
    """
    return f"{fixed(value * 100, digits)}%"


def stated_percent(value: float) -> str:
    """Return a stated line or target as %, never rounded: 0.985 is 98.5%.

    >>> stated_percent(0.985), stated_percent(0.9)
    ('98.5%', '90%')
    """
    return f"{value * 100:.10g}%"


def shown_value(value: float, unit: str, digits: int = 1) -> float:
    """Return a measured value as tables show it: fractions by the percentage, everything else as it is.

    >>> shown_value(5 / 16, "%"), shown_value(23.46, "小时")
    (0.313, 23.5)
    """
    return half_away(half_away(value * 100, digits) / 100, digits + 2) if unit == "%" else half_away(value, digits)


def parts_of(values: pd.Series, total: float, digits: int = 1) -> pd.Series:
    """Return parts rounded so that they add up to the rounded total: the largest remainders are rounded up.

    Missing parts stay missing and take no share; parts that miss the total by more than ten steps of the last digit are
    only rounded: they are no parts of it.

    >>> parts_of(pd.Series([33.34, 33.33, 33.33]), 100.0).tolist()
    [33.4, 33.3, 33.3]
    """
    step = 10.0**-digits
    known = values.dropna().astype("float64")
    units = known / step
    down = np.floor(units + 1e-9)
    if known.empty or not abs(total - known.sum()) <= 10 * step:
        return values.map(lambda one: half_away(one, digits))
    lacking = round(half_away(total, digits) / step - down.sum())
    each, lacking = divmod(lacking, len(known))
    order = np.argsort(-(units - down).to_numpy(), kind="stable")
    raised = down.to_numpy() + each
    raised[order[:lacking]] += 1
    return pd.Series((raised * step).round(digits) + 0.0, index=known.index).reindex(values.index)
