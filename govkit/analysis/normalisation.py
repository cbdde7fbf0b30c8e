"""From a measure's value to a score of 0–100; each way is a function of (values, worst, best)."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

Normalisation = Callable[[pd.Series, float, float], pd.Series]


def target_attainment(values: pd.Series, worst: float, best: float) -> pd.Series:
    """Return the way gone from ``worst`` (0) to ``best`` (100), held inside 0–100; missing stays missing.

    Both goalposts are given and fixed, so that scores of different periods compare; ``best < worst`` where less is
    better.

    >>> target_attainment(pd.Series([0.6, 0.75, 0.95]), 0.6, 0.9).round(6).tolist()
    [0.0, 50.0, 100.0]
    """
    return ((values.astype("float64") - worst) / (best - worst)).clip(0.0, 1.0) * 100


NORMALISATIONS: dict[str, Normalisation] = {"target": target_attainment}
