"""Where values gather: Moran's I, its local kind and Gi*, false discoveries held down, rates of few people smoothed.

By esda and libpysal (extra ``research``). Neighbours share a border or a corner, unless told otherwise; a place without
neighbour is told and takes no part. Chance is that of permuting values over places, with a fixed seed; that of single
places is reckoned by ``permutation_p``, as esda compiles for half a minute and more before its first answer.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit.analysis.finite import finite
from govkit.analysis.notes import note
from govkit.errors import GovkitError
from govkit.geometry.coverage import present
from govkit.local_patterns import discoveries, draws_for, permutation_p, smoothed_rates
from govkit.rounding import percent

_LEAST_PLACES = 8
_SEED = 20170501
_DRAWS = 999
_QUADRANTS = {1: "high-high", 2: "low-high", 3: "low-low", 4: "high-low"}


@dataclass(frozen=True, eq=False)
class Pattern:
    """``statistic`` and its ``expected`` value without pattern, ``p`` (permutation, two-sided), ``places`` (a row a
    place, of the local statistic), ``islands`` (left out: no neighbours), ``notes`` (in
    Chinese, each with its English as ``en``).
    """

    statistic: float
    expected: float
    p: float
    places: pd.DataFrame
    islands: tuple[Any, ...]
    notes: tuple[str, ...]


def neighbours(
    layer: gpd.GeoDataFrame, values: pd.Series, near: Mapping[Any, Iterable[Any]] | None = None
) -> tuple[Any, pd.Series, tuple[Any, ...]]:
    """Return row-standardised weights of the places with value and neighbours, those values, and the islands.

    ``near``: the neighbours of each place, by the layer's index; without, who shares a border or a corner.
    """
    try:
        from libpysal.weights import Queen, W
    except ModuleNotFoundError as error:
        what = f"空间格局需要 {error.name}，这里没有安装。"
        raise GovkitError(what, todo='请安装研究用的软件包：pip install "govkit[research]"。') from None
    if not isinstance(layer, gpd.GeoDataFrame):
        raise GovkitError("图层没有边界（要 GeoDataFrame）。", todo="请用 geopandas.read_file 读入图层。")
    if not layer.index.is_unique:
        raise GovkitError("图层的编号（索引）有重复，对不上各地的数值。", todo="请先 set_index 到不重复的代码上。")
    known = finite(pd.Series(values), "数值").reindex(layer.index)
    placed = layer.loc[known.notna() & present(layer.geometry)]
    if near is not None and (strange := {*near}.union(*near.values()) - {*layer.index}):
        raise GovkitError(
            f"near 里有 {len(strange)} 个图层没有的编号，如 {sorted(map(str, strange))[0]}。",
            todo="请用图层的编号（索引）写相邻关系。",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if near is None:
            near = Queen.from_dataframe(placed, use_index=True, silence_warnings=True).neighbors if len(placed) else {}
        there = {*placed.index}
        beside = {one: [*there.intersection(near.get(one, ())) - {one}] for one in placed.index}
        alone = tuple(one for one, others in beside.items() if not others)
        placed = placed.drop(index=list(alone))
        if len(placed) < _LEAST_PLACES:
            raise GovkitError(
                f"空间格局至少要 {_LEAST_PLACES} 个有数值、有相邻单元的地方，现在有 {len(placed)} 个。",
                todo="换到社区（村）一级再试。",
            )
        weights = W({one: beside[one] for one in placed.index}, id_order=[*placed.index], silence_warnings=True)
    weights.transform = "r"
    kept = known.loc[placed.index]
    if kept.nunique() < 2:
        raise GovkitError("各地的数值都相同，谈不上聚集。")
    return weights, kept, alone


def moran(
    layer: gpd.GeoDataFrame, values: pd.Series, *, other: pd.Series | None = None, alpha: float = 0.05,
    near: Mapping[Any, Iterable[Any]] | None = None,
) -> Pattern:  # fmt: skip
    """Return Moran's I of values (a series on the layer's index), global and local; with ``other`` the bivariate I.

    ``places``: ``value``, ``local`` (Ii, variance with n − 1 as in esda and on maps), ``p``, ``quadrant`` (high-high,
    low-low, high-low, low-high), ``cluster`` (the quadrant where p passes the false discovery rate ``alpha``, otherwise
    ``""``). ``near``: the neighbours of each place by the layer's index (``.neighbors`` of libpysal's weights), all
    alike; by default who touches it. Method: Anselin, Geographical Analysis 27 (1995) 93-115; false discoveries:
    Benjamini and Hochberg (1995), Caldas de Castro and Singer (2006).
    """
    weights, kept, alone = neighbours(layer, values, near)
    from esda import Moran, Moran_BV, Moran_Local, Moran_Local_BV

    np.random.seed(_SEED)
    around = kept
    if other is None:
        whole = Moran(kept.to_numpy(), weights, permutations=_DRAWS)
        local = Moran_Local(kept.to_numpy(), weights, permutations=0)
    else:
        around = finite(other, "第二个变量").reindex(kept.index)
        if around.isna().any():
            raise GovkitError(f"第二个变量有 {int(around.isna().sum())} 处缺失。", todo="请先去掉或补上。")
        if around.nunique() < 2:
            raise GovkitError("第二个变量各地的数值都相同，谈不上聚集。")
        whole = Moran_BV(kept.to_numpy(), around.to_numpy(), weights, permutations=_DRAWS)
        local = Moran_Local_BV(kept.to_numpy(), around.to_numpy(), weights, permutations=0)
    expected = -1 / (len(kept) - 1) if other is None else 0.0
    drawn = whole.sim
    above = (np.sum(drawn >= whole.I) + 1) / (len(drawn) + 1)
    below = (np.sum(drawn <= whole.I) + 1) / (len(drawn) + 1)
    p = float(min(1.0, 2 * min(above, below)))
    chance, clear, notes = _tested(around.to_numpy(), weights, alone, alpha)
    names = pd.Series(local.q, index=kept.index).map(_QUADRANTS)
    places = pd.DataFrame({"value": kept, "local": local.Is, "p": chance, "quadrant": names})
    places["cluster"] = names.where(clear, "")
    return Pattern(float(whole.I), expected, p, places, alone, notes)


def hot_spots(
    layer: gpd.GeoDataFrame, values: pd.Series, *, alpha: float = 0.05, near: Mapping[Any, Iterable[Any]] | None = None
) -> pd.DataFrame:
    """Return hot and cold spots by Getis and Ord's Gi*: ``value``, ``z``, ``p``, ``spot`` (hot, cold, "") a place.

    ``values``: a series on the index of ``layer``. A spot is one whose p passes the false discovery rate ``alpha``;
    ``attrs["notes"]`` say how many were tested and left out; ``near`` as in ``moran``. Method: Ord and Getis,
    Geographical Analysis 27 (1995) 286-306.
    """
    weights, kept, alone = neighbours(layer, values, near)
    from esda import G_Local

    # Gi* is the same wherever nought lies; esda's divides by the sum of the values, and its z wants weights of 0 and 1.
    raised = kept.to_numpy() - kept.min() + 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = G_Local(raised, weights, transform="B", star=True, permutations=0)
    chance, clear, notes = _tested(raised, weights, alone, alpha)
    spot = np.where(clear, np.where(found.Zs > 0, "hot", "cold"), "")
    spots = pd.DataFrame({"value": kept, "z": found.Zs, "p": chance, "spot": spot})
    spots.attrs["notes"] = notes
    return spots


def smoothed(events: pd.Series, people: pd.Series) -> pd.Series:
    """Return rates of ``events`` drawn towards that of all the more, the fewer ``people`` stand behind them.

    Method: empirical Bayes, Marshall, Applied Statistics 40 (1991) 283-294. Places without people have no rate. Where
    the rates differ no more than chance makes them, all have the rate of all (esda lets the variance between places
    fall below nought).
    """
    people = finite(people, "人数").reindex(events.index)
    there = people.gt(0) & finite(events, "件数").notna()
    if (events[there] < 0).any():
        raise GovkitError(f"件数应不小于 0，现在有 {int((events[there] < 0).sum())} 个负数。")
    told = (one.to_numpy(dtype=float, na_value=np.nan) for one in (events, people))
    return pd.Series(smoothed_rates(*told), index=events.index, name="rate")


def _tested(
    values: np.ndarray, weights: Any, alone: tuple[Any, ...], alpha: float
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the p of each place, whether it passes the false discovery rate, and what is to be said of that."""
    if not 0 < alpha < 1:
        raise GovkitError(f"alpha 应在 0 和 1 之间，现在是 {alpha!r}。")
    place, places = weights.id2i, len(values)
    near = [np.array([place[one] for one in weights.neighbors[each]]) for each in weights.id_order]
    draws = draws_for(places, rate=alpha)
    chance = permutation_p(values, near, draws, seed=_SEED)
    clear = discoveries(chance, rate=alpha)
    notes = [note("tested", places=str(places), alpha=percent(alpha), passed=int(clear.sum()))]
    if (fewest := int(np.ceil(2 / (draws + 1) * places / alpha - 1e-9))) > 1:
        notes.append(note("few_draws", draws=draws, least=f"{2 / (draws + 1):.2g}", fewest=fewest))
    if alone:
        notes.append(note("islands", count=len(alone), names="、".join(map(str, alone[:5]))))
    return chance, clear, tuple(notes)
