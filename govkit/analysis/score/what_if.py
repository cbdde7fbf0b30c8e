"""A composite indicator of a frame under other choices: between which ranks each unit lies, what a better value does.

Method: OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 7; Saisana, Saltelli and Tarantola, Journal
of the Royal Statistical Society A 168 (2005) 307-323.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from govkit.analysis.score.index import Index, composite, concerning, numbers
from govkit.analysis.score.outliers import treated
from govkit.errors import GovkitError, UnknownNameError
from govkit.rounding import fixed

_SEED = 20170501


@dataclass(frozen=True, eq=False)
class IndexRanks:
    """``ranks``: a row a unit, the best first: ``rank`` as asked, ``low`` and ``high`` (95 % of the draws), ``median``;
    ``shares``: how much of the ranks' variance each choice makes by itself (the rest comes of choices together).
    """

    ranks: pd.DataFrame
    shares: pd.Series


def composite_ranks(
    frame: pd.DataFrame,
    options: Mapping[str, Any] | None = None,
    *,
    normalisations: Sequence[str] = ("min_max", "z", "rank"),
    aggregations: Sequence[str] = ("arithmetic", "geometric"),
    imputations: Sequence[str] = ("none", "group_mean", "nearest"),
    weight_noise: float = 0.25,
    draws: int = 500,
) -> IndexRanks:
    """Return between which ranks units lie when the choices behind ``composite(frame, **options)`` are drawn again.

    Each of ``draws`` takes one of ``normalisations``, ``aggregations`` and ``imputations``, treats outliers or not, and
    multiplies every weight by a factor between 1 − ``weight_noise`` and 1 + ``weight_noise``. Where nothing is missing,
    imputation is no choice. A unit without a score has no interval. Raises as ``composite`` does, GovkitError for fewer
    than three units.
    """
    given = dict(options or {})
    if len(frame) < 3 or draws < 20:
        raise GovkitError("至少要 3 个单元、抽 20 次，才谈得上名次的区间。")
    if not 0 <= weight_noise < 1:
        raise GovkitError(f"weight_noise 应在 0 和 1 之间，现在是 {weight_noise!r}。")
    asked = composite(frame, **given)
    gone = asked.normalised.isna() | asked.imputed
    choices: dict[str, Sequence[Any]] = {
        "normalisation": normalisations,
        "aggregation": aggregations,
        "imputation": imputations if gone.loc[:, ~gone.all()].any(axis=None) else ("none",),
        "treat_outliers": (True, False),
    }
    random = np.random.default_rng(_SEED)
    weighed = [*frame.columns, *dict.fromkeys((given.get("groups") or {}).values())]
    stated = {name: float((given.get("weights") or {}).get(name, 1.0)) for name in weighed}
    scored = asked.scores["score"].notna().to_numpy()
    taken, ranks = [], np.empty((draws, len(frame)))
    # What all draws share is reckoned once: values divided, and their outliers tamed.
    divided, _ = numbers(
        frame.set_axis([*map(str, frame.columns)], axis="columns"), given.pop("denominators", None) or {}
    )
    tamed, _ = treated(divided.where(concerning(divided, given.get("applies"))))
    for at in range(draws):
        one = {name: values[int(random.integers(len(values)))] for name, values in choices.items()}
        noise = random.uniform(1 - weight_noise, 1 + weight_noise, len(weighed))
        weights = {name: weight * factor for (name, weight), factor in zip(stated.items(), noise, strict=True)}
        values = tamed if one["treat_outliers"] and one["normalisation"] != "target" else divided
        # no score of nought silences the others where means are geometric
        asked_now = {**given, **one, "treat_outliers": False, "weights": weights, "floor": given.get("floor") or 1.0}
        made = composite(values, **asked_now)
        ranks[at] = made.scores["rank"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        taken.append(one)
    low, median, high = np.full((3, len(frame)), np.nan)
    low[scored], median[scored], high[scored] = np.nanquantile(
        ranks[:, scored], (0.025, 0.5, 0.975), axis=0, method="nearest"
    )
    table = pd.DataFrame({"rank": asked.scores["rank"], "low": low, "high": high, "median": median}, index=frame.index)
    return IndexRanks(table.sort_values("rank"), _shares(pd.DataFrame(taken), ranks))


def _shares(taken: pd.DataFrame, ranks: np.ndarray) -> pd.Series:
    """Return the share of the ranks' variance between the values of each choice, over all units."""
    table = pd.DataFrame(ranks)
    whole = float(((table - table.mean()) ** 2).sum().sum())
    found = {}
    for name in taken:
        means = table.groupby(taken[name]).transform("mean")
        found[name] = float(((means - table.mean()) ** 2).sum().sum()) / whole if whole > 0 else 0.0
    rest = max(0.0, 1.0 - sum(found.values()))
    return pd.Series({**found, "weights_and_interactions": rest}, name="share")


def what_if(
    frame: pd.DataFrame, changes: Mapping[Any, Mapping[str, float]], options: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Return what other values of some units would do, all others staying as they are, a row a unit that moves.

    ``changes``: unit → indicator → value in the ``frame``; ``options``: of ``composite``. Columns: ``score``,
    ``new_score``, ``rank``, ``new_rank``, and ``by`` (of units changed: how much of the gain each indicator brings when
    changed alone, in text). Raises UnknownNameError for a unit or an indicator.
    """
    given, changed = dict(options or {}), frame.astype("float64").copy()
    for unit, values in changes.items():
        if unit not in frame.index:
            raise UnknownNameError("单元", str(unit), map(str, frame.index))
        for name, value in values.items():
            if name not in frame:
                raise UnknownNameError("指标", str(name), map(str, frame.columns))
            changed.at[unit, name] = float(value)
    before, after = composite(frame, **given), composite(changed, **given)
    table = pd.DataFrame(
        {
            "score": before.scores["score"], "new_score": after.scores["score"],
            "rank": before.scores["rank"], "new_rank": after.scores["rank"],
        }
    )  # fmt: skip
    table["by"] = pd.Series({unit: _alone(frame, unit, values, given, before) for unit, values in changes.items()})
    touched = table.index.isin(list(changes)) | table["rank"].ne(table["new_rank"]).fillna(False)
    return table.loc[touched].sort_values("new_rank")


def _alone(frame: pd.DataFrame, unit: Any, values: Mapping[str, float], given: Mapping[str, Any], before: Index) -> str:
    told = []
    for name, value in values.items():
        one = frame.astype("float64").copy()
        one.at[unit, name] = float(value)
        gain = composite(one, **given).scores.at[unit, "score"] - before.scores.at[unit, "score"]
        told.append(f"{name} {'+' if gain >= 0 else '−'}{fixed(abs(gain), 2)}")
    return "、".join(told)
