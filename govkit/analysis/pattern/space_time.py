"""Where and when events gather: the space-time scan over places and months, tested against chance as a whole.

Every place with its nearest neighbours, over every run of months, is a possible gathering; the most unlikely one is
held against the most unlikely ones that chance gives, so that trying thousands of them costs nothing in false alarms.
Method: Kulldorff et al., PLoS Medicine 2 (2005) e59 (permutation, from events alone); Kulldorff, Journal of the Royal
Statistical Society A 164 (2001) 61-72 (Poisson, with people).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from govkit.analysis.finite import finite
from govkit.analysis.notes import listed, note
from govkit.errors import GovkitError
from govkit.geometry.coverage import present
from govkit.rounding import percent

_LEAST_PLACES, _LEAST_MONTHS, _LEAST_EVENTS = 8, 6, 50
_MOST_SHARE = 0.5
# Places looked at together: what they need stays in a processor's cache; drawings kept at a time.
_BLOCK, _MOST_BYTES = 128, 200_000_000
_SEED = 20170501


@dataclass(frozen=True, eq=False)
class Gatherings:
    """``clusters``: a row a gathering, the most unlikely first (``first`` and ``last`` month, ``places`` and ``events``
    in it, ``expected``, ``ratio``, ``p``, ``clear``: p at most ``alpha``); ``places``: a row a place, the ``cluster``
    it is of (its number from 1, missing where none is clear), ``events`` in all; ``months``: events and expected events
    of the first gathering's places month by month; ``notes``: how it was tested, in Chinese, each
    with its English as ``en``.
    """

    clusters: pd.DataFrame
    places: pd.DataFrame
    months: pd.DataFrame
    notes: tuple[str, ...]

    def _repr_html_(self) -> str:
        return listed(self.notes) + self.clusters.to_html(index=False, float_format="{:.3g}".format)


def space_time(
    layer: gpd.GeoDataFrame,
    counts: pd.DataFrame,
    *,
    people: pd.Series | None = None,
    crs: Any = None,
    neighbours: int = 15,
    alpha: float = 0.05,
    draws: int = 199,
) -> Gatherings:
    """Return where and in which months events gather beyond chance.

    ``counts``: places (index of ``layer``) × months in order, events counted (0 where none was reported, not where
    nobody reported). Without ``people`` each place and each month keeps its total: what is found is more than the
    place's and the month's own level. With ``people`` every person is as likely: places that always have more are found
    too. ``crs``: metric (default: the layer's), ``neighbours``: how many places a gathering holds at most, at most half
    of the events; up to half of the months. ``draws``: how often chance is drawn; ``alpha``: the chance that a
    gathering may have. Raises GovkitError for too few places, months or events.
    """
    for name, given in (("neighbours", neighbours), ("draws", draws)):
        if given < 1:
            raise GovkitError(f"{name} 应不小于 1，现在是 {given!r}。")
    table = counts.apply(lambda one: finite(one, f"{one.name} 的事项数")).reindex(layer.index)
    placed = table.notna().all(axis=1) & present(layer.geometry)
    if people is not None:
        placed &= people.reindex(layer.index).gt(0).fillna(False)
    cases = table[placed].to_numpy(dtype=float)
    total = int(cases.sum())
    if (cases < 0).any() or (cases != np.round(cases)).any():
        raise GovkitError("事项数应为不小于 0 的整数。", todo="请给各地、各月的件数，不是比率。")
    for least, have, what in (
        (_LEAST_PLACES, len(cases), "个有数、有位置的地方"), (_LEAST_MONTHS, cases.shape[1], "个月"),
        (_LEAST_EVENTS, total, "件事项"),
    ):  # fmt: skip
        if have < least:
            raise GovkitError(
                f"时空聚集至少要 {least} {what}，现在有 {have} 个。", todo="请换到更大的单元、更长的时间，或只作描述。"
            )
    metric = crs or layer.crs
    if metric is None or not gpd.GeoSeries([], crs=metric).crs.is_projected:  # type: ignore[union-attr]
        raise GovkitError(
            "远近要在以米为单位的坐标系里量。", todo='请给出 crs，如 crs="EPSG:4551" 或 zone.metric_crs。'
        )
    inside = layer.geometry[placed].to_crs(metric).representative_point()
    points = np.column_stack([inside.x, inside.y])
    near = cKDTree(points).query(points, k=min(neighbours, len(points)))[1].reshape(len(points), -1)
    head = None if people is None else people.reindex(layer.index)[placed].to_numpy(dtype=float)
    expected = _expected(cases, head)
    random = np.random.default_rng(_SEED)
    ways = _strongest((_drawn(cases, head, random) for _ in range(draws)), expected, near)
    found = _clusters(cases, expected, near, ways, table.columns, alpha)
    names = layer.index[placed]
    number = pd.Series(pd.NA, index=layer.index, dtype="Int64")
    for at, (members, clear) in enumerate(zip(found.pop("members"), found["clear"], strict=True), start=1):
        if clear:
            number.loc[names[members]] = number.loc[names[members]].fillna(at)
    places = pd.DataFrame({"cluster": number, "events": pd.Series(cases.sum(axis=1), index=names)}, index=layer.index)
    first = number.eq(1).fillna(False).loc[names].to_numpy()
    months = pd.DataFrame(
        {"events": cases[first].sum(axis=0), "expected": expected[first].sum(axis=0)}, index=table.columns
    )
    told = {"places": len(cases), "months": cases.shape[1], "events": total, "draws": draws, "alpha": percent(alpha)}
    key = "scanned" if people is None else "scanned_people"
    notes = [note(key, passed=int(found["clear"].sum()), **told), note("unreported")]
    if left := int((~placed).sum()):
        notes.append(note("uncounted", count=left))
    return Gatherings(found, places, months, tuple(notes))


def _expected(cases: np.ndarray, head: np.ndarray | None) -> np.ndarray:
    share = cases.sum(axis=1) / cases.sum() if head is None else head / head.sum()
    return np.outer(share, cases.sum(axis=0))


def _drawn(cases: np.ndarray, head: np.ndarray | None, random: np.random.Generator) -> np.ndarray:
    """Return events as chance would lay them, with the same totals."""
    months = cases.sum(axis=0).astype(int)
    if head is not None:
        return random.multinomial(months, head / head.sum()).T.astype(float)
    place = np.repeat(np.arange(len(cases)), cases.sum(axis=1).astype(int))
    month = random.permutation(np.repeat(np.arange(len(months)), months))
    flat = np.bincount(place * len(months) + month, minlength=cases.size)
    return flat.reshape(cases.shape).astype(float)


def _unlikely(cases: np.ndarray, expected: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the log likelihood ratio of places × neighbours × runs of months; 0 where no more than expected, -∞
    where more than half of all.
    """
    return np.concatenate([ratio for (ratio,) in _ratios([_sums(cases.astype(np.int32))], expected, near)])


def _strongest(drawn: Iterable[np.ndarray], expected: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the largest log likelihood ratio of each drawing, so many at once as memory holds."""
    found = []
    sums = (_sums(one.astype(np.int32)) for one in drawn)
    while some := [*islice(sums, max(1, _MOST_BYTES // (8 * expected.size)))]:
        best = np.zeros(len(some))
        for ratios in _ratios(some, expected, near):
            best = np.maximum(best, [float(ratio.max()) for ratio in ratios])
        found.append(best)
    return np.concatenate(found)


def _ratios(drawings: Sequence[np.ndarray], expected: np.ndarray, near: np.ndarray) -> Iterator[Iterator[np.ndarray]]:
    """Yield, for a block of places at a time, the log likelihood ratio of every drawing (sums as ``_sums`` gives).

    With events found f, expected e and T in all it is f ln f + (T − f) ln(T − f) − f ln(e / (T − e)) − T ln(T − e): the
    first two are looked up, the others are the same for all drawings.
    """
    total, hopes = int(drawings[0][:, -1].sum()), _sums(expected)
    counted = np.arange(total + 1.0)
    own = np.multiply(counted, np.log(counted, where=counted > 0, out=np.zeros_like(counted)))
    looked_up = np.where(counted <= _MOST_SHARE * total, own + own[::-1], -np.inf)
    for at in range(0, len(near), _BLOCK):
        block = near[at : at + _BLOCK]
        hoped = _runs(hopes, block)
        inside = (hoped > 0) & (hoped < total)
        logs, rest = (np.log(one, where=inside, out=np.zeros_like(hoped)) for one in (hoped, total - hoped))
        least = np.where(inside, hoped, np.inf)

        def ratio(
            sums: np.ndarray, block: Any = block, slope: Any = logs - rest, base: Any = total * rest, least: Any = least
        ) -> np.ndarray:
            seen = _runs(sums, block)
            value = np.take(looked_up, seen)
            value -= seen * slope
            value -= base
            np.putmask(value, seen <= least, 0.0)
            return value

        yield map(ratio, drawings)


def _sums(table: np.ndarray) -> np.ndarray:
    """Return what lies before each month and in all, places × (months + 1)."""
    return np.pad(np.cumsum(table, axis=1, dtype=table.dtype), ((0, 0), (1, 0)))


def _runs(sums: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Return sums of places with their nearest over every run of at most half of the months (last axis: ``_spans``)."""
    first, last = _spans(sums.shape[1] - 1)
    grown = np.cumsum(sums[block], axis=1, dtype=sums.dtype)
    return grown[:, :, last + 1] - grown[:, :, first]


def _spans(months: int) -> tuple[np.ndarray, np.ndarray]:
    first, last = np.triu_indices(months)
    short = last - first < max(1, months // 2)
    return first[short], last[short]


def _clusters(
    cases: np.ndarray, expected: np.ndarray, near: np.ndarray, ways: np.ndarray, months: pd.Index, alpha: float
) -> pd.DataFrame:
    """Return the gatherings that share no place, the most unlikely first, down to the first that is not clear."""
    ratio = _unlikely(cases, expected, near)
    first, last = _spans(cases.shape[1])
    taken, rows = np.zeros(len(cases), dtype=bool), []
    for flat in np.argsort(-ratio, axis=None):
        place, grown, run = np.unravel_index(flat, ratio.shape)
        members = near[place, : grown + 1]
        if ratio[place, grown, run] <= 0:
            break
        if taken[members].any():
            continue
        taken[members] = True
        span = slice(first[run], last[run] + 1)
        seen, hoped = cases[members, span].sum(), expected[members, span].sum()
        p = float((1 + (ways >= ratio[place, grown, run] - 1e-9).sum()) / (1 + len(ways)))
        rows.append(
            (
                months[first[run]],
                months[last[run]],
                len(members),
                int(seen),
                hoped,
                seen / hoped,
                p,
                p <= alpha,
                members,
            )
        )
        if p > alpha:
            break
    names = ["first", "last", "places", "events", "expected", "ratio", "p", "clear", "members"]
    return pd.DataFrame(rows, columns=names)
