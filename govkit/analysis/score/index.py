"""A composite indicator of any frame, without a zone or a scheme: the ten steps of the OECD/JRC handbook by one call.

Steps and their source: OECD/JRC, Handbook on Constructing Composite Indicators (2008); outliers: ``outliers``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from govkit.analysis.score.aggregation import AGGREGATIONS, shared_weights
from govkit.analysis.score.leaf_scores import group_mean, nearest
from govkit.analysis.score.normalisation import NORMALISATIONS, Goalposts
from govkit.analysis.score.outliers import treated, untreated
from govkit.errors import GovkitError, UnknownNameError

IMPUTATIONS = ("none", "group_mean", "nearest")
_ZERO = 1e-9
_WHOLE = ""


@dataclass(frozen=True, eq=False)
class Index:
    """A composite indicator; frames have the units as index.

    ``scores``: ``score`` (on the scale asked for), ``rank`` (1 is best, ties share the better one), ``from_indicators``
    (the score before bonus, penalty and veto items; without any the same); ``groups``: units ×
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
    points: pd.DataFrame | None = None,
    caps: pd.DataFrame | None = None,
) -> Index:
    """Return the composite indicator of a frame, units × indicators (numbers; missing is NaN; names become text).

    ``directions``: ``higher`` (default) or ``lower`` is better, by indicator; ``denominators`` divide an indicator
    (people, area …); ``groups`` puts indicators, and groups, into groups (default: none); ``weights`` of indicators and
    groups among siblings (default: equal; made to sum to 1). ``applies`` (units × indicators, default: all): an
    indicator that does not concern a unit carries no weight there and is never filled. ``imputation``: ``none`` (the
    others of the group share the weight), ``group_mean`` (of units of the same ``kinds``) or ``nearest`` (mean of the
    units nearest in the other indicators), both of normalised values; a unit without any value has no score.
    ``normalisation`` as in a scheme; ``target`` needs ``goalposts`` (worst, best) and ignores
    ``treat_outliers``; ``scale`` is what its 0 and 100 become, such as (1, 100);
    ``aggregation`` puts the whole together, ``group_aggregation`` the groups (default: the same; one for all, or by
    group). ``floor`` lifts lower scores for the geometric and harmonic mean, where one nought would silence all else:
    without it, units with one are warned of. ``points`` (units × items, on the scale; missing is none) are bonus and
    penalty items (加分项、扣分项, negative), added inside the scale; ``caps`` (units × items; missing where not struck)
    the most a unit can have where a veto item (一票否决) is struck. Infinite values, and divisors that are not above
    zero, make a value missing, with a warning. Raises GovkitError or UnknownNameError for what cannot be used.
    """
    inside = _by_text(group_aggregation if isinstance(group_aggregation, Mapping) else {})
    stated = str(aggregation if isinstance(group_aggregation, Mapping) else group_aggregation or aggregation)
    ways = {aggregation, stated, *inside.values()}
    posts, ways_up, divisors, weights = (_by_text(one or {}) for one in (goalposts, directions, denominators, weights))
    groups = {below: str(above) for below, above in _by_text(groups or {}).items()}
    if not isinstance(frame, pd.DataFrame) or not len(frame) or not len(frame.columns):
        raise GovkitError("要一张有行有列的数据表（pandas.DataFrame）：每行一个单元，每列一个指标。")
    frame = frame.set_axis([*map(str, frame.columns)], axis="columns")
    _check(frame, [ways_up, divisors, groups, weights, inside], imputation, normalisation, ways, posts)
    if not isinstance(scale, Sequence) or len(scale) != 2 or not scale[0] < scale[1]:
        raise GovkitError(f"scale 应是由低到高的两个数，现在是 {scale!r}。")
    if ways & {"geometric", "harmonic"} and (scale[0] < 0 or not 0 <= floor < scale[1]):
        raise GovkitError(
            f"几何、调和平均要 scale 不低于 0、floor 在 0 与 {scale[1]} 之间，现在是 {scale!r}、{floor!r}。"
        )
    raw, warnings = numbers(frame, divisors)
    if normalisation == "distance_to_best" and len(below := [name for name in raw if raw[name].lt(0).any()]):
        raise GovkitError(
            f"按与最好值之比计分，值应不小于 0，这些指标有负数：{'、'.join(below)}。", todo="可用 min_max。"
        )
    concerned = concerning(raw, applies)
    raw = raw.where(concerned)
    tamed, told = treated(raw) if treat_outliers and normalisation != "target" else (raw, untreated(raw))
    signs = np.array([[-1.0 if ways_up.get(name) == "lower" else 1.0] for name in raw])
    worst, best = (np.array([[posts.get(name, (np.nan, np.nan))[end]] for name in raw]) for end in (0, 1))
    values = tamed.to_numpy().T
    scored = NORMALISATIONS[normalisation](values, values, Goalposts(worst, best, signs))
    known = ~np.isnan(scored)
    alike = None if kinds is None else kinds.reindex(raw.index).fillna("").to_numpy(dtype=object)
    if imputation != "none":
        filled = group_mean(scored, alike) if imputation == "group_mean" else nearest(scored, alike)
        scored = np.where(known | ~known.any(axis=0) | ~concerned.to_numpy().T, scored, filled)
    low, high = scale
    placed = low + scored / 100.0 * (high - low)
    lifted = np.maximum(placed, floor) if floor and ways & {"geometric", "harmonic"} else placed
    children = _children(raw, groups)
    way_of = {group: inside.get(group, stated) for group in children} | {_WHOLE: aggregation}
    by_group, nominal = _climbed(lifted, raw.columns, children, weights, way_of)
    total = by_group.pop(_WHOLE)
    before = pd.Series(total, index=raw.index)
    score = _moved(before, points, caps, scale)
    rank = score.round(9).rank(ascending=False, method="min").astype("Int64")
    return Index(
        scores=pd.DataFrame({"score": score, "rank": rank, "from_indicators": before}),
        groups=pd.DataFrame(by_group, index=raw.index),
        normalised=pd.DataFrame(placed.T, index=raw.index, columns=raw.columns),
        imputed=pd.DataFrame((~known & ~np.isnan(scored)).T, index=raw.index, columns=raw.columns),
        treated=told,
        weights=pd.DataFrame({"nominal": nominal, "effective": _effective(nominal, placed, total)}),
        warnings=(*warnings, *_warnings(raw, lifted, total, ways), *_struck(score, caps)),
    )


def _by_text(named: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in named.items()}


def _check(
    frame: pd.DataFrame,
    named: Sequence[Mapping[str, Any]],
    imputation: str,
    normalisation: str,
    aggregations: set[str],
    goalposts: Mapping[str, tuple[float, float]],
) -> None:
    directions, denominators, groups, weights, inside = named
    if frame.columns.duplicated().any():
        twice = str(frame.columns[frame.columns.duplicated()][0])
        raise GovkitError(f"有不止一列叫 {twice!r}。", todo="请先给列起不同的名称。")
    above = list(dict.fromkeys(groups.values()))
    indicators = [*frame.columns]
    for names, known in (
        (directions, indicators), (denominators, indicators), (goalposts, indicators),
        (groups, [*indicators, *above]), (weights, [*indicators, *above]), (inside, above),
    ):  # fmt: skip
        for name in names:
            if name not in known:
                raise UnknownNameError("指标或分组", name, known)
    for name, weight in weights.items():
        if not 0 <= float(weight) < np.inf:
            raise GovkitError(f"权重应为不小于 0 的数，{name!r} 现在是 {weight!r}。")
    ways: list[tuple[str, str, Iterable[str]]] = [("缺失值处理", imputation, IMPUTATIONS)]
    ways += [("合成方法", one, AGGREGATIONS) for one in sorted(aggregations)]
    ways += [("计分方法", normalisation, NORMALISATIONS)]
    ways += [("方向", way, ("higher", "lower")) for way in directions.values()]
    for kind, value, valid in ways:
        if value not in valid:
            raise UnknownNameError(kind, value, list(valid))
    without = [name for name in frame if name not in goalposts] if normalisation == "target" else []
    if without:
        todo = "请在 goalposts 里写明这些指标的（起评值, 满分值），或改用 min_max 等相对的计分方法。"
        raise GovkitError(f"按目标计分，但没有给出目标的指标：{'、'.join(without)}。", todo=todo)
    if frame.index.duplicated().any():
        raise GovkitError("单元有重复，不能计分。", todo="请让每个单元只占一行。")


def concerning(raw: pd.DataFrame, applies: pd.DataFrame | None) -> pd.DataFrame:
    """Return which indicators concern which units: all of them where nothing else is said."""
    if applies is None:
        return pd.DataFrame(True, raw.index, raw.columns)
    return applies.set_axis([*map(str, applies.columns)], axis="columns").reindex_like(raw).astype(bool)


def numbers(frame: pd.DataFrame, denominators: Mapping[str, pd.Series]) -> tuple[pd.DataFrame, list[str]]:
    """Return the indicators as numbers, divided, and what became missing by it, in Chinese."""
    for name in frame.select_dtypes(exclude="float64"):
        try:
            frame = frame.assign(**{name: frame[name].astype("float64")})
        except (TypeError, ValueError) as error:
            raise GovkitError(f"指标 {name!r} 不全是数。", todo="请先改成数，缺的留空。") from error
    infinite = np.isinf(frame)
    told = [f"{name}：{count} 处无穷大，按缺失处理。" for name, count in infinite.sum().items() if count]
    raw = frame.mask(infinite)
    for name, by in denominators.items():
        if not isinstance(by, pd.Series):
            raise GovkitError(f"指标 {name!r} 的分母应是以单元为索引的一列数（pandas.Series），现在是 {by!r}。")
        divisor = by.reindex(frame.index).astype("float64")
        lost = int((raw[name].notna() & ~(divisor > 0)).sum())
        told += [f"{name}：{lost} 个单元的分母缺失或不大于 0，按缺失处理。"] if lost else []
        raw[name] = raw[name] / divisor.where(divisor > 0)
    return raw, told


def _moved(
    score: pd.Series, points: pd.DataFrame | None, caps: pd.DataFrame | None, scale: tuple[float, float]
) -> pd.Series:
    """Return the score with bonus and penalty points, inside the scale, and no higher than the lowest veto struck."""
    for items in (points, caps):
        unknown = [] if items is None else [str(unit) for unit in items.index if unit not in score.index]
        if unknown:
            raise UnknownNameError("单元", unknown[0], map(str, score.index))
    if points is not None and len(points.columns):
        score = (score + points.reindex(score.index).astype("float64").sum(axis="columns")).clip(*scale)
    return score if caps is None else score.clip(upper=_lowest(caps, score.index))


def _lowest(caps: pd.DataFrame, units: pd.Index) -> pd.Series:
    return caps.reindex(units).astype("float64").min(axis="columns").fillna(np.inf)


def _struck(score: pd.Series, caps: pd.DataFrame | None) -> list[str]:
    if caps is None:
        return []
    struck = [str(unit) for unit in score.index[np.isfinite(_lowest(caps, score.index))]]
    more = f"等 {len(struck)} 个" if len(struck) > 5 else ""
    return [f"{'、'.join(struck[:5])}{more}触及否决项，总分以否决线为限。"] if struck else []


def _children(raw: pd.DataFrame, groups: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what each group holds, in order; what is in no group is of the whole; GovkitError for a circle."""
    found: dict[str, list[str]] = {}
    for name in raw:
        node, seen = name, {name}
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
        stated = np.array([[float(weights.get(one, 1.0))] for one in own])
        if not stated.sum() > 0:
            raise GovkitError(f"{'、'.join(own)}的权重合计应大于 0。")
        share = stated / stated.sum()
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


def _effective(nominal: pd.Series, scored: np.ndarray, total: np.ndarray) -> pd.Series:
    known = ~np.isnan(total)
    spread = total[known].var() if known.any() else 0.0
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
    idle = [name for name, row in zip(raw, scored, strict=True) if np.isnan(row).all()]
    if idle:
        found.append(f"{'、'.join(idle)}：没有值或各单元的值都相同，分不出高低，不起作用，权重由同组其他指标分担。")
    lost = raw.index[np.isnan(total)]
    if len(lost):
        found.append(f"{len(lost)} 个单元没有任何一项有值，不计分。")
    return tuple(found)
