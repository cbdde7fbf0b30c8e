"""A composite indicator of any frame, without a zone or a scheme: the ten steps of the OECD/JRC handbook by one call.

Steps and their source: OECD/JRC, Handbook on Constructing Composite Indicators (2008); outliers as in the JRC's COIN
tool: an indicator with |skewness| above 2 and kurtosis above 3.5 is winsorised, at most five values, else its logarithm
is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
_WHOLE = ""


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
    applies: pd.DataFrame | None = None,
    imputation: str = "none",
    treat_outliers: bool = True,
    normalisation: str = "min_max",
    goalposts: Mapping[str, tuple[float, float]] | None = None,
    aggregation: str = "arithmetic",
    group_aggregation: str | Mapping[str, str] = "",
    scale: tuple[float, float] = (0.0, 100.0),
    floor: float = 0.0,
) -> Index:
    """Return the composite indicator of a frame, units × indicators (numbers; missing is NaN).

    ``directions``: ``higher`` (default) or ``lower`` is better, by indicator; ``denominators`` divide an indicator
    (people, area …); ``groups`` puts indicators, and groups, into groups (default: none); ``weights`` of indicators and
    groups among siblings (default: equal; made to sum to 1). ``applies`` (units × indicators, default: all): an
    indicator that does not concern a unit carries no weight there and is never filled. ``imputation``: ``none`` (the
    others of the group share the weight), ``group_mean`` (of units of the same ``kinds``) or ``nearest`` (mean of the
    units nearest in the other indicators), both of normalised values. ``normalisation`` as in a scheme; ``target``
    needs ``goalposts`` (worst, best) and tames no outliers; ``scale`` is what its 0 and 100 become, such as (1, 100);
    ``aggregation`` puts the whole together, ``group_aggregation`` the groups (default: the same; one for all, or by
    group). ``floor`` lifts lower scores for the geometric and harmonic mean, where one nought would silence all else:
    without it, units with one are warned of. Raises GovkitError or UnknownNameError for names that do not exist.
    """
    inside = group_aggregation if isinstance(group_aggregation, Mapping) else {}
    stated = str(aggregation if isinstance(group_aggregation, Mapping) else group_aggregation or aggregation)
    ways = {aggregation, stated, *inside.values()}
    posts = goalposts or {}
    _check(frame, directions or {}, denominators or {}, groups or {}, imputation, normalisation, ways, posts)
    raw = frame.astype("float64").copy()
    for name, by in (denominators or {}).items():
        divisor = by.reindex(raw.index).astype("float64")
        raw[name] = raw[name] / divisor.where(divisor > 0)
    concerned = (
        pd.DataFrame(True, raw.index, raw.columns) if applies is None else applies.reindex_like(raw).astype(bool)
    )
    raw = raw.where(concerned)
    treated, told = _treated(raw) if treat_outliers and normalisation != "target" else (raw, _untreated(raw))
    signs = np.array([[-1.0 if (directions or {}).get(name) == "lower" else 1.0] for name in raw])
    worst, best = (np.array([[posts.get(str(name), (np.nan, np.nan))[end]] for name in raw]) for end in (0, 1))
    values = treated.to_numpy().T
    scored = NORMALISATIONS[normalisation](values, values, Goalposts(worst, best, signs))
    known = ~np.isnan(scored)
    alike = None if kinds is None else kinds.reindex(raw.index).fillna("").to_numpy(dtype=object)
    if imputation != "none":
        filled = group_mean(scored, alike) if imputation == "group_mean" else nearest(scored, alike)
        scored = np.where(known | ~concerned.to_numpy().T, scored, filled)
    low, high = scale
    placed = low + scored / 100.0 * (high - low)
    lifted = np.maximum(placed, floor) if floor and ways & {"geometric", "harmonic"} else placed
    children = _children(raw, groups or {})
    way_of = {group: inside.get(group, stated) for group in children} | {_WHOLE: aggregation}
    by_group, nominal = _climbed(lifted, raw.columns, children, weights or {}, way_of)
    total = by_group.pop(_WHOLE)
    score = pd.Series(total, index=raw.index)
    rank = score.round(9).rank(ascending=False, method="min").astype("Int64")
    return Index(
        scores=pd.DataFrame({"score": score, "rank": rank}),
        groups=pd.DataFrame(by_group, index=raw.index),
        normalised=pd.DataFrame(placed.T, index=raw.index, columns=raw.columns),
        imputed=pd.DataFrame((~known & ~np.isnan(scored)).T, index=raw.index, columns=raw.columns),
        treated=told,
        weights=pd.DataFrame({"nominal": nominal, "effective": _effective(nominal, placed, total)}),
        warnings=_warnings(raw, lifted, total, ways),
    )


def _check(
    frame: pd.DataFrame,
    directions: Mapping[str, str],
    denominators: Mapping[str, pd.Series],
    groups: Mapping[str, str],
    imputation: str,
    normalisation: str,
    aggregations: set[str],
    goalposts: Mapping[str, tuple[float, float]],
) -> None:
    for names, known in ((directions, []), (denominators, []), (goalposts, []), (groups, list(groups.values()))):
        for name in names:
            if name not in frame and name not in known:
                raise UnknownNameError("指标", name, list(frame.columns))
    ways: list[tuple[str, str, Iterable[str]]] = [("缺失值处理", imputation, IMPUTATIONS)]
    ways += [("合成方法", one, AGGREGATIONS) for one in sorted(aggregations)]
    ways += [("计分方法", normalisation, NORMALISATIONS)]
    ways += [("方向", way, ("higher", "lower")) for way in directions.values()]
    for kind, value, valid in ways:
        if value not in valid:
            raise UnknownNameError(kind, value, list(valid))
    without = [str(name) for name in frame if name not in goalposts] if normalisation == "target" else []
    if without:
        todo = "请在 goalposts 里写明这些指标的（起评值, 满分值），或改用 min_max 等相对的计分方法。"
        raise GovkitError(f"按目标计分，但没有给出目标的指标：{'、'.join(without)}。", todo=todo)
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


def _children(raw: pd.DataFrame, groups: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what each group holds, in order; what is in no group is of the whole; GovkitError for a circle."""
    found: dict[str, list[str]] = {}
    for name in raw:
        node, seen = str(name), {str(name)}
        while node != _WHOLE:
            above = groups.get(node, _WHOLE)
            if above in seen:
                raise GovkitError(f"分组 {above} 绕回了自己。", todo="请检查 groups。")
            seen.add(above)
            below = found.setdefault(above, [])
            below += [] if node in below else [node]
            node = above
    return found


def _climbed(
    scored: np.ndarray,
    names: pd.Index,
    children: Mapping[str, list[str]],
    weights: Mapping[str, float],
    ways: Mapping[str, str],
) -> tuple[dict[str, np.ndarray], pd.Series]:
    """Return the scores of all groups ("" is the whole), and the nominal weight of every indicator."""
    by_group: dict[str, np.ndarray] = {}
    nominal = pd.Series(0.0, index=names)

    def climb(group: str, weight: float) -> np.ndarray:
        own = children[group]
        share = _shares(own, weights)
        parts = []
        for node, part in zip(own, share.ravel(), strict=True):
            if node in children:
                parts.append(climb(node, weight * part))
            else:
                nominal[node] = weight * part
                parts.append(scored[names.get_loc(node)])
        rows = np.stack(parts)
        by_group[group] = AGGREGATIONS[ways[group]](rows, shared_weights(rows, share))
        return by_group[group]

    climb(_WHOLE, 1.0)
    return by_group, nominal


def _shares(names: list[str], weights: Mapping[str, float]) -> np.ndarray:
    stated = np.array([[float(weights.get(one, 1.0))] for one in names])
    return stated / stated.sum()


def _effective(nominal: pd.Series, scored: np.ndarray, total: np.ndarray) -> pd.Series:
    known = ~np.isnan(total)
    spread = total[known].var()
    middle = total[known].mean() if known.any() else np.nan
    told = known & ~np.isnan(scored)
    covariance = [
        np.mean((row[at] - row[at].mean()) * (total[at] - middle)) if at.any() else np.nan
        for row, at in zip(scored, told, strict=True)
    ]
    return nominal * np.array(covariance) / (spread if spread > 0 else np.nan)


def _warnings(raw: pd.DataFrame, scored: np.ndarray, total: np.ndarray, ways: set[str]) -> tuple[str, ...]:
    found = []
    silenced = raw.index[(scored <= _ZERO).any(axis=0)]
    if ways & {"geometric", "harmonic"} and len(silenced):
        listed = "、".join(map(str, silenced[:5])) + (f"等 {len(silenced)} 个" if len(silenced) > 5 else "")
        found.append(
            f"{listed}有一项得 0 分，按几何或调和平均总分即为 0，其他各项都不起作用；可用 scale=(1, 100) 或 floor。"
        )
    idle = [str(name) for name, row in zip(raw, scored, strict=True) if np.isnan(row).all()]
    if idle:
        found.append(f"{'、'.join(idle)}：没有值或各单元的值都相同，分不出高低，不起作用，权重由同组其他指标分担。")
    lost = raw.index[np.isnan(total)]
    if len(lost):
        found.append(f"{len(lost)} 个单元没有任何一项有值，不计分。")
    return tuple(found)
