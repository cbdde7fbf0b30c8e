"""Where to build next: the best of possible sites, what each would add, and for whom.

Models by spopt (extra ``research``): location set covering (LSCP, Toregas et al. 1971), maximal covering (MCLP, Church
and ReVelle 1974), p-median and p-centre (Hakimi 1964).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from govkit.analysis.access.costs import Costs
from govkit.analysis.notes import note
from govkit.errors import GovkitError, UnknownNameError
from govkit.rounding import fixed

MODELS = ("MCLP", "LSCP", "p-median", "p-centre")
# A pair without a way, in minutes: farther than anything real, near enough for the solver.
_NO_WAY = 1e6
_MOST_CELLS = 25_000_000


def best_sites(
    costs: Costs, people: pd.Series, sites: pd.Index, *, minutes: float, count: int | None = None, model: str = "MCLP",
    standing: np.ndarray | None = None, cost: pd.Series | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return the sites chosen, the one that adds most first.

    ``costs`` are ways to all sites, possible and ``standing`` (boolean: there already, to stay). ``count``: how
    many to add (not for LSCP, which takes as few as cover everybody who can be covered). Columns, indexed by site:
    ``people`` (within ``minutes``), ``adds`` (of them not covered by those standing or listed before), ``share`` (of
    all people covered so far, those standing counted); with ``cost`` (of each site, in any unit) also ``cost``,
    ``cost_so_far`` and ``cost_per_person`` (of those it adds); missing where a cost is unknown. ``attrs["notes"]``: who
    was left out for want of any way to a site. Raises UnknownNameError for a model, GovkitError for a count.
    """
    if model not in MODELS:
        raise UnknownNameError("选址模型", model, MODELS)
    if costs.demand * costs.supply > _MOST_CELLS:
        raise GovkitError(
            f"选址规模太大：{costs.demand:,} 个居民点 × {costs.supply:,} 个备选点。",
            todo="请先按社区汇总居民点，或减少备选点。",
        )
    there = np.zeros(costs.supply, dtype=bool) if standing is None else standing
    ways = np.full((costs.demand, costs.supply), _NO_WAY)
    for origin, place, taken in costs.pieces():
        ways[origin, place] = taken
    if model != "LSCP" and not (count and 0 < count <= (~there).sum()):
        raise GovkitError(f"count 应为 1 到 {int((~there).sum())}，现在是 {count!r}。")
    head = people.to_numpy(dtype=float)
    # a place from which no site can be reached, and one where nobody lives, has no say in how far the farthest walk
    counted = (ways < _NO_WAY).any(axis=1) & (head > 0)
    if not counted.any():
        raise GovkitError("没有一个有人居住的居民点走得到备选点。", todo="请核对备选点的位置，或放宽 minutes。")
    chosen = _solved(model, ways[counted], head[counted], minutes, count or 0, there)
    found = _in_order(ways <= minutes, head, chosen[~there[chosen]], there, sites)
    lost = (head > 0) & ~counted
    told = note("no_way", count=int(lost.sum()), people=fixed(head[lost].sum()))
    found.attrs["notes"] = [told] if lost.any() and model != "MCLP" else []
    if cost is None:
        return found
    known = cost.reindex(found.index).astype("float64")
    so_far, each = known.cumsum(skipna=False), known / found["adds"].where(found["adds"] > 0)
    return found.assign(cost=known, cost_so_far=so_far, cost_per_person=each)


def _solved(
    model: str, ways: np.ndarray, people: np.ndarray, minutes: float, count: int, there: np.ndarray
) -> np.ndarray:
    try:
        import pulp
        from spopt import locate
    except ModuleNotFoundError as error:
        what = f"选址需要 {error.name}，这里没有安装。"
        raise GovkitError(what, todo='请安装研究用的软件包：pip install "govkit[research]"。') from None
    kept = there.astype(int) if there.any() else None
    total = count + int(there.sum())
    options: dict[str, Any] = {"predefined_facilities_arr": kept}
    if model == "LSCP":
        reachable = (ways <= minutes).any(axis=1)
        made = locate.LSCP.from_cost_matrix(ways[reachable], minutes, **options)
    elif model == "MCLP":
        made = locate.MCLP.from_cost_matrix(ways, people, minutes, total, **options)
    elif model == "p-median":
        made = locate.PMedian.from_cost_matrix(ways, people, total, **options)
    else:
        made = locate.PCenter.from_cost_matrix(ways, total, **options)
    solved = made.solve(pulp.PULP_CBC_CMD(msg=False))
    opened = [(variable.value() or 0) > 0.5 for variable in solved.fac_vars]
    return np.flatnonzero(np.array(opened) | there)


def _in_order(
    near: np.ndarray, people: np.ndarray, chosen: np.ndarray, there: np.ndarray, sites: pd.Index
) -> pd.DataFrame:
    covered, left, rows = near[:, there].any(axis=1), list(chosen), []
    while left:
        adds = [people[near[:, site] & ~covered].sum() for site in left]
        best = int(np.argmax(adds))
        site = left.pop(best)
        covered = covered | near[:, site]
        share = people[covered].sum() / people.sum() if people.sum() > 0 else float("nan")
        rows.append((sites[site], float(people[near[:, site]].sum()), float(adds[best]), float(share)))
    return pd.DataFrame(rows, columns=["site", "people", "adds", "share"]).set_index("site")
