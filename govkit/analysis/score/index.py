"""A composite indicator of any frame, without a zone or a scheme: the ten steps of the OECD/JRC handbook by one call.

Steps and their source: OECD/JRC, Handbook on Constructing Composite Indicators (2008); outliers as in the JRC's COIN
tool: an indicator with |skewness| above 2 and kurtosis above 3.5 is winsorised, at most five values, else its logarithm
is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit.analysis.score.aggregation import AGGREGATIONS, shared_weights
from govkit.analysis.score.leaf_scores import group_mean, nearest
from govkit.analysis.score.normalisation import NORMALISATIONS, Goalposts
from govkit.errors import GovkitError, UnknownNameError

IMPUTATIONS = ("none", "group_mean", "nearest")
_SKEW, _KURTOSIS, _MOST_CUT = 2.0, 3.5, 5
_ZERO = 1e-9


@dataclass(frozen=True, eq=False)
class Index:
    """A composite indicator; frames have the units as index.

    ``scores``: ``score`` (on the scale asked for), ``rank`` (1 is best, ties share the better one); ``groups``: units ×
    groups; ``normalised``: units × indicators on the scale; ``imputed``: units × indicators (boolean); ``treated``: an
    indicator a row with ``skew`` and ``kurtosis`` before, ``treatment`` ("", winsorised, logarithm) and ``values`` (how
    many were cut); ``weights``: an indicator a row with ``nominal`` (sums to 1) and ``effective`` (its share of the
    score's variance, weight times covariance with the score; sums to 1 for the arithmetic mean without missing values).
    ``warnings`` are Chinese sentences.
    """

    scores: pd.DataFrame
    groups: pd.DataFrame
    normalised: pd.DataFrame
    imputed: pd.DataFrame
    treated: pd.DataFrame
    weights: pd.DataFrame
    warnings: tuple[str, ...]


def composite(
    frame: pd.DataFrame,
    *,
    directions: Mapping[str, str] | None = None,
    denominators: Mapping[str, pd.Series] | None = None,
    groups: Mapping[str, str] | None = None,
    weights: Mapping[str, float] | None = None,
    kinds: pd.Series | None = None,
    imputation: str = "none",
    treat_outliers: bool = True,
    normalisation: str = "min_max",
    aggregation: str = "arithmetic",
    group_aggregation: str = "",
    scale: tuple[float, float] = (0.0, 100.0),
    floor: float = 0.0,
) -> Index:
    """Return the composite indicator of a frame, units × indicators (numbers; missing is NaN).

    ``directions``: ``higher`` (default) or ``lower`` is better, by indicator; ``denominators`` divide an indicator
    (people, area …); ``groups`` puts indicators into groups (default: none); ``weights`` of indicators within their
    group and of groups (default: equal; siblings are made to sum to 1). ``imputation``: ``none`` (the others of the
    group share the weight), ``group_mean`` (of units of the same ``kinds``) or ``nearest`` (mean of the units nearest
    in the other indicators), both of normalised values. ``normalisation`` as in a scheme but ``target``; ``scale`` is
    what its 0 and 100 become, such as (1, 100); ``aggregation`` puts groups together, ``group_aggregation`` indicators
    into groups (default: the same). ``floor`` lifts lower scores for the geometric and harmonic mean, where one nought
    would silence all else: without it, units with one are warned of. Raises GovkitError or UnknownNameError for names
    that do not exist.
    """
    _check(frame, directions or {}, denominators or {}, groups or {}, imputation, normalisation, aggregation)
    raw = frame.astype("float64").copy()
    for name, by in (denominators or {}).items():
        divisor = by.reindex(raw.index).astype("float64")
        raw[name] = raw[name] / divisor.where(divisor > 0)
    treated, told = _treated(raw) if treat_outliers else (raw, _untreated(raw))
    signs = np.array([[-1.0 if (directions or {}).get(name) == "lower" else 1.0] for name in raw])
    nothing = np.full((raw.shape[1], 1), np.nan)
    values = treated.to_numpy().T
    scored = NORMALISATIONS[normalisation](values, values, Goalposts(nothing, nothing, signs))
    known = ~np.isnan(scored)
    alike = None if kinds is None else kinds.reindex(raw.index).fillna("").to_numpy(dtype=object)
    if imputation != "none":
        filled = group_mean(scored, alike) if imputation == "group_mean" else nearest(scored, alike)
        scored = np.where(known, scored, filled)
    low, high = scale
    placed = low + scored / 100.0 * (high - low)
    inside = group_aggregation or aggregation
    lifted = np.maximum(placed, floor) if floor and {aggregation, inside} & {"geometric", "harmonic"} else placed
    members = _members(raw, groups or {})
    total, by_group, nominal = _climbed(lifted, raw.columns, members, weights or {}, inside, aggregation)
    score = pd.Series(total, index=raw.index)
    rank = score.round(9).rank(ascending=False, method="min").astype("Int64")
    return Index(
        scores=pd.DataFrame({"score": score, "rank": rank}),
        groups=pd.DataFrame(by_group, index=raw.index),
        normalised=pd.DataFrame(placed.T, index=raw.index, columns=raw.columns),
        imputed=pd.DataFrame((~known & ~np.isnan(scored)).T, index=raw.index, columns=raw.columns),
        treated=told,
        weights=pd.DataFrame({"nominal": nominal, "effective": _effective(nominal, placed, total)}),
        warnings=_warnings(raw, lifted, total, {aggregation, inside}),
    )


def _check(
    frame: pd.DataFrame,
    directions: Mapping[str, str],
    denominators: Mapping[str, pd.Series],
    groups: Mapping[str, str],
    imputation: str,
    normalisation: str,
    aggregation: str,
) -> None:
    for names in (directions, denominators, groups):
        for name in names:
            if name not in frame:
                raise UnknownNameError("指标", name, list(frame.columns))
    ways = (("缺失值处理", imputation, IMPUTATIONS), ("合成方法", aggregation, [*AGGREGATIONS]))
    ways += (("计分方法", normalisation, [one for one in NORMALISATIONS if one != "target"]),)  # type: ignore[assignment]
    ways += tuple(("方向", way, ["higher", "lower"]) for way in directions.values())  # type: ignore[assignment]
    for kind, value, valid in ways:
        if value not in valid:
            raise UnknownNameError(kind, value, valid)
    if frame.index.duplicated().any():
        raise GovkitError("单元有重复，不能计分。", todo="请让每个单元只占一行。")


def _untreated(raw: pd.DataFrame) -> pd.DataFrame:
    shape = [(_skew(raw[name]), _kurtosis(raw[name]), "", 0) for name in raw]
    return pd.DataFrame(shape, index=raw.columns, columns=["skew", "kurtosis", "treatment", "values"])


def _treated(raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the indicators with outliers tamed, and what was done to each."""
    told, done = _untreated(raw), raw.copy()
    for name in raw:
        if not _outlying(raw[name]):
            continue
        cut, count = _winsorised(raw[name])
        if not _outlying(cut):
            done[name], told.loc[name, "treatment"], told.loc[name, "values"] = cut, "winsorised", count
        elif raw[name].min() >= 0:
            done[name], told.loc[name, "treatment"] = np.log1p(raw[name]), "logarithm"
        else:
            done[name], told.loc[name, "treatment"], told.loc[name, "values"] = cut, "winsorised", count
    return done, told


def _winsorised(values: pd.Series) -> tuple[pd.Series, int]:
    """Return the values with up to five at the far end drawn to the next one, as few as it takes, and how many."""
    upper = _skew(values) > 0
    ordered = values.dropna().sort_values(ascending=not upper)
    cut = values
    for count in range(1, min(_MOST_CUT, len(ordered) - 3) + 1):
        limit = ordered.iloc[count]
        cut = values.clip(upper=limit) if upper else values.clip(lower=limit)
        if not _outlying(cut):
            return cut, count
    return cut, min(_MOST_CUT, max(len(ordered) - 3, 0))


def _outlying(values: pd.Series) -> bool:
    return abs(_skew(values)) > _SKEW and _kurtosis(values) > _KURTOSIS


def _skew(values: pd.Series) -> float:
    known = values.dropna()
    return float(known.skew()) if len(known) > 3 and known.nunique() > 1 else 0.0


def _kurtosis(values: pd.Series) -> float:
    known = values.dropna()
    return float(known.kurt()) if len(known) > 3 and known.nunique() > 1 else 0.0


def _members(raw: pd.DataFrame, groups: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the indicators of each group, in order; those of none stand alone."""
    found: dict[str, list[str]] = {}
    for name in raw:
        found.setdefault(groups.get(str(name), str(name)), []).append(str(name))
    return found


def _climbed(
    scored: np.ndarray,
    names: pd.Index,
    members: Mapping[str, list[str]],
    weights: Mapping[str, float],
    inside: str,
    across: str,
) -> tuple[np.ndarray, dict[str, np.ndarray], pd.Series]:
    """Return the scores, those of the groups, and the nominal weight of every indicator."""
    by_group: dict[str, np.ndarray] = {}
    nominal = pd.Series(0.0, index=names)
    whole = _shares(list(members), weights)
    for group, own in members.items():
        share = _shares(own, weights if own != [group] else {})
        rows = scored[[names.get_loc(one) for one in own]]
        by_group[group] = AGGREGATIONS[inside](rows, shared_weights(rows, share))
        nominal[own] = share.ravel() * whole[list(members).index(group)]
    rows = np.stack([*by_group.values()])
    return AGGREGATIONS[across](rows, shared_weights(rows, whole)), by_group, nominal


def _shares(names: list[str], weights: Mapping[str, float]) -> np.ndarray:
    stated = np.array([[float(weights.get(one, 1.0))] for one in names])
    return stated / stated.sum()


def _effective(nominal: pd.Series, scored: np.ndarray, total: np.ndarray) -> pd.Series:
    known = ~np.isnan(total)
    spread = total[known].var()
    middle = total[known].mean() if known.any() else np.nan
    covariance = [np.nanmean((row[known] - np.nanmean(row[known])) * (total[known] - middle)) for row in scored]
    return nominal * np.array(covariance) / (spread if spread > 0 else np.nan)


def _warnings(raw: pd.DataFrame, scored: np.ndarray, total: np.ndarray, ways: set[str]) -> tuple[str, ...]:
    found = []
    silenced = raw.index[(scored <= _ZERO).any(axis=0)]
    if ways & {"geometric", "harmonic"} and len(silenced):
        listed = "、".join(map(str, silenced[:5])) + (f"等 {len(silenced)} 个" if len(silenced) > 5 else "")
        found.append(
            f"{listed}有一项得 0 分，按几何或调和平均总分即为 0，其他各项都不起作用；可用 scale=(1, 100) 或 floor。"
        )
    lost = raw.index[np.isnan(total)]
    if len(lost):
        found.append(f"{len(lost)} 个单元没有任何一项有值，不计分。")
    return tuple(found)
