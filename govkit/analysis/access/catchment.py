"""Who is how near to what: nearest, counts, and the floating catchment family, from pairs of people and places.

Demand and supply are arrays, ``weight`` turns minutes into a weight; pairs come piece by piece (``costs``), so that
nothing as large as people times places is ever held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from govkit.analysis.access.costs import Costs
from govkit.errors import GovkitError

Weight = Callable[[np.ndarray], np.ndarray]


def plain(minutes: np.ndarray) -> np.ndarray:
    """Return weight 1 for everything within the limit."""
    return np.ones(len(minutes))


def gaussian(sigma: float) -> Weight:
    """Return the weights exp(−t² / 2σ²) (Dai, Health & Place 16 (2010) 1038-1052, without truncation)."""
    return lambda minutes: np.exp(-(minutes**2) / (2 * sigma**2))


def stepped(steps: Mapping[float, float]) -> Weight:
    """Return the weight of the first step not passed, 0 beyond the last (Luo and Qi, Health & Place 15 (2009) 1100).

    >>> stepped({5: 1.0, 10: 0.68})(np.array([5.0, 7.0, 11.0])).tolist()
    [1.0, 0.68, 0.0]
    """
    limits = np.array(sorted(steps), dtype=float)
    values = np.array([*(float(steps[one]) for one in sorted(steps)), 0.0])
    if (values < 0).any():
        raise GovkitError(f"衰减权重不能小于 0：{dict(steps)!r}")
    return lambda minutes: values[np.searchsorted(limits, minutes)]


def nearest(costs: Costs) -> np.ndarray:
    """Return the minutes to the nearest place, missing where none is within the limit."""
    found = np.full(costs.demand, np.inf)
    for origin, _, minutes in costs.pieces():
        np.minimum.at(found, origin, minutes)
    return np.where(np.isinf(found), np.nan, found)


def within(costs: Costs, supply: np.ndarray) -> np.ndarray:
    """Return the supply of all places within the limit."""
    found = np.zeros(costs.demand)
    for origin, place, _ in costs.pieces():
        found += np.bincount(origin, weights=supply[place], minlength=costs.demand)
    return found


def two_step(costs: Costs, demand: np.ndarray, supply: np.ndarray, weight: Weight) -> np.ndarray:
    """Return supply per head by the two-step floating catchment area, enhanced by ``weight``.

    Method: Luo and Wang, Environment and Planning B 30 (2003) 865-884; with weights Luo and Qi (2009). A place that
    nobody reaches serves nobody.
    """
    served = _to_places(costs, demand, weight)
    return _to_people(costs, _shared(supply, served), weight)


def three_step(costs: Costs, demand: np.ndarray, supply: np.ndarray, weight: Weight) -> np.ndarray:
    """Return supply per head where people choose among places by their weights.

    Method: Wan, Zou and Sternberg, International Journal of Geographical Information Science 26 (2012) 1073-1089.
    """
    chosen = _sums(costs, weight)[0]
    served = _to_places(costs, demand, weight, chosen=chosen)
    return _to_people(costs, _shared(supply, served), weight, chosen=chosen)


def balanced(costs: Costs, demand: np.ndarray, supply: np.ndarray, weight: Weight) -> np.ndarray:
    """Return supply per head without counting anybody or any service twice.

    Method: balanced floating catchment area, Páez, Higgins and Vivona, PLoS ONE 14 (2019) e0218773: weights sum to 1
    over the places of a person when people are shared out, and over the people of a place when services are.
    """
    of_people, of_places = _sums(costs, weight)
    served = np.zeros(costs.supply)
    for origin, place, minutes in costs.pieces():
        share = weight(minutes) * _shared(demand, of_people)[origin]
        served += np.bincount(place, weights=share, minlength=costs.supply)
    level = _shared(_shared(supply, served), of_places)
    return _to_people(costs, level, weight)


def _sums(costs: Costs, weight: Weight) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of weights of each demand point and of each place."""
    people, places = np.zeros(costs.demand), np.zeros(costs.supply)
    for origin, place, minutes in costs.pieces():
        given = weight(minutes)
        people += np.bincount(origin, weights=given, minlength=costs.demand)
        places += np.bincount(place, weights=given, minlength=costs.supply)
    return people, places


def _to_places(costs: Costs, demand: np.ndarray, weight: Weight, *, chosen: Any = None) -> np.ndarray:
    found = np.zeros(costs.supply)
    for origin, place, minutes in costs.pieces():
        given = _chosen(weight(minutes), origin, chosen)
        found += np.bincount(place, weights=given * demand[origin], minlength=costs.supply)
    return found


def _to_people(costs: Costs, level: np.ndarray, weight: Weight, *, chosen: Any = None) -> np.ndarray:
    found = np.zeros(costs.demand)
    for origin, place, minutes in costs.pieces():
        given = _chosen(weight(minutes), origin, chosen)
        found += np.bincount(origin, weights=given * level[place], minlength=costs.demand)
    return found


def _chosen(given: np.ndarray, origin: np.ndarray, sums: Any) -> np.ndarray:
    return given if sums is None else given * _shared(given, sums[origin])


def _shared(whole: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return a whole shared out, 0 where there is nothing to share it by."""
    return np.divide(whole, by, out=np.zeros(len(whole)), where=by > 0)


def raam(
    costs: Costs, demand: np.ndarray, supply: np.ndarray, *, tau: float = 60.0, cycles: int = 150, step: float = 0.2
) -> np.ndarray:
    """Return the cost of access, travel and crowding together, of people who go where they pay least; missing without.

    ``tau``: the minutes somebody walks to escape a crowd as large as the average demand a unit of supply. People are
    moved in ever smaller steps to the place that costs them least, whole persons at a time. Method: rational agent
    access model, Saxon and Snow, Annals of the American Association of Geographers 110 (2020) 205-222.
    """
    origin, place, minutes = (np.concatenate(part) for part in zip(*costs.pieces(), strict=True))
    real = (demand[origin] > 0) & (supply[place] > 0)
    origin, place, minutes = origin[real], place[real], minutes[real]
    if not len(origin):
        return np.full(costs.demand, np.nan)
    order = np.lexsort((place, origin))
    origin, place, minutes = origin[order], place[order], minutes[order]
    people, row = np.unique(origin, return_inverse=True)
    counts = np.bincount(row)
    column = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    travel = np.full((len(people), counts.max()), np.inf)
    travel[row, column] = minutes / tau
    where = np.zeros(travel.shape, dtype=int)
    where[row, column] = place
    rho = demand[demand > 0].sum() / supply[supply > 0].sum()
    total, given = _settled(travel, where, demand[people], supply * rho, cycles=cycles, step=step)
    found = np.full(costs.demand, np.nan)
    held = given > 0
    found[people] = (np.where(held, total, 0) * given).sum(axis=1) / given.sum(axis=1)
    return found


def _settled(
    travel: np.ndarray, where: np.ndarray, demand: np.ndarray, supply: np.ndarray, *, cycles: int, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the last cost of each choice and how many people made it (people × choices)."""
    rows = np.arange(len(demand))
    given = np.zeros(travel.shape)
    given[rows, travel.argmin(axis=1)] = demand
    crowd = np.maximum(supply, np.finfo(float).tiny)
    total = travel
    for cycle in range(cycles):
        load = np.bincount(where.ravel(), weights=given.ravel(), minlength=len(supply))
        total = (load / crowd)[where] + travel
        worst = np.where(given > 0, total, -np.inf).argmax(axis=1)
        best = total.argmin(axis=1)
        to, of = where[rows, best], where[rows, worst]
        there, here = given[rows, best], given[rows, worst]
        slack = (
            travel[rows, worst] - travel[rows, best] + (there + load[of]) / crowd[of] - (load[to] - there) / crowd[to]
        )
        moved = np.minimum(crowd[to] * crowd[of] / (crowd[to] + crowd[of]) * slack - there, here)
        moved = np.where(worst == best, 0, moved)
        moved = np.trunc(np.minimum(moved, max(step * 0.5 ** (cycle / 50), 0.005) * demand))
        if cycle < 20:
            # nobody storms a place that looks attractive at first
            crowding = np.maximum(np.bincount(to, weights=moved, minlength=len(supply)) / crowd, 1)
            moved = np.trunc(np.round(moved / crowding[to]))
        given[rows, best] += moved
        given[rows, worst] -= moved
    return total, given
