"""What chance alone would give: the pilot given to other clusters, exactly or by draws, and the interval that leaves.

Method: Fisher's randomisation test at the level at which treatment was given, its interval by inverting the test
(Imbens and Rubin 2015, chapter 5; Young, Quarterly Journal of Economics 134 (2019) 557-598).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import comb, floor, prod

import numpy as np

from govkit.analysis.effect.imputation import effects_of
from govkit.analysis.effect.panel import Panel

_SAME, _ROUNDING = 1e-9, 1e-13


@dataclass(frozen=True, eq=False)
class Randomisation:
    """``effect`` found, the effects under other ways (``drawn``, the real one first) and what they would be if the
    treated values were one higher (``slope``); ``ways``: how many there are in all; ``exact``: all of them were tried;
    ``near``: effects less than this apart are the same.
    """

    effect: float
    drawn: np.ndarray
    slope: np.ndarray
    ways: int
    exact: bool
    mirrored: bool
    near: float

    @property
    def least_p(self) -> float:
        """The smallest p this design can reach, whatever the data."""
        return (
            min(1.0, (2 if self.mirrored else 1) / self.ways) if self.exact else max(1 / self.ways, 1 / len(self.drawn))
        )

    @property
    def p(self) -> float:
        """The share of ways with an effect at least as large, the real one among them."""
        return max(self.least_p, float((np.abs(self.drawn) >= abs(self.effect) - self.near).mean()))

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the effects that the test does not reject, infinite on a side where it can reject none.

        A constant effect is taken off the treated values and the test made again; the effect under every way is linear
        in it, so each way fits from one root to the other.
        """
        found, tried, slope = self.effect, self.drawn, self.slope
        lows, highs = np.full(len(tried), -np.inf), np.full(len(tried), np.inf)
        inner = np.abs(slope) < 1 - _SAME
        roots = (found - tried[inner]) / (1 - slope[inner]), (found + tried[inner]) / (1 + slope[inner])
        lows[inner], highs[inner] = np.minimum(*roots), np.maximum(*roots)
        twins = (np.abs(slope - 1) <= _SAME, tried - found), (np.abs(slope + 1) <= _SAME, -tried - found)
        for same, shift in twins:
            # such a way moves with the real one: it fits on one side of the middle, as the real one's twin on both
            lows = np.where(same & (shift < -self.near), found + shift / 2, lows)
            highs = np.where(same & (shift > self.near), found + shift / 2, highs)
        place = floor((1 - confidence) * len(self.drawn) + _SAME)
        if place < 1 or self.least_p > 1 - confidence:
            return -np.inf, np.inf
        return float(np.sort(lows)[place]), float(np.sort(highs)[::-1][place])

    def power(self, effect: float, confidence: float) -> float:
        """Return the chance that the test rejects at an effect of this size."""
        noise = self.drawn - self.slope * self.effect
        limit = np.quantile(np.abs(noise), confidence, method="higher")
        if self.least_p > 1 - confidence:
            return 0.0
        return float((np.abs(noise + effect) > limit).mean())

    def least_effect(self, confidence: float, power: float) -> float:
        """Return the smallest effect that the test finds with this chance; infinite where it can reject nothing."""
        if self.least_p > 1 - confidence:
            return float("inf")
        noise = self.drawn - self.slope * self.effect
        limit = np.quantile(np.abs(noise), confidence, method="higher")
        return float(limit + np.quantile(np.abs(noise), 2 * power - 1 if power > 0.5 else 0.0))


def randomised(panel: Panel, *, most: int, seed: int) -> Randomisation:
    """Give the pilot out in other ways, every one if there are at most ``most``, otherwise so many drawn ones.

    Clusters exchange what they were given: when their units began. A cluster of which a part was treated passes on how
    many of its units were, and which ones is drawn anew.
    """
    listed = _listed(panel, most)
    starts = _drawn(panel, most, seed) if listed is None else listed
    ways = number_of_ways(panel) if listed is None else len(listed)
    others = np.where(panel.treated, len(panel.times), panel.starts[0])
    mirrored = len(panel.starts) == 1 and bool((starts == others).all(axis=1).any())
    drawn = effects_of(starts, panel.values)
    lifted = np.where(np.isnan(panel.values), np.nan, panel.after.astype(float))
    slope = effects_of(starts, lifted)
    known = ~np.isnan(drawn) & ~np.isnan(slope)
    drawn, slope = drawn[known], slope[known]
    # what arithmetic alone leaves of values that never moved
    near = _SAME * float(np.abs(drawn).max()) + _ROUNDING * float(np.nanmax(np.abs(panel.values)))
    return Randomisation(float(drawn[0]), drawn, slope, ways, listed is not None, mirrored, near)


def ways_to_give(panel: Panel, *, most: int, seed: int) -> np.ndarray:
    """Return ways × units: when each unit would have begun, the real way first; all if there are at most ``most``."""
    listed = _listed(panel, most)
    return _drawn(panel, most, seed) if listed is None else listed


def number_of_ways(panel: Panel) -> int:
    """Return in how many ways the pilot could have been given out, clusters of one size."""
    given = _given(panel)
    return _orders(given) * prod(map(_orders, given))


def _orders(things: Sequence[Hashable]) -> int:
    """Return in how many orders things can stand, some of them alike."""
    ways, left = 1, len(things)
    for count in Counter(things).values():
        ways *= comb(left, count)
        left -= count
    return ways


def _given(panel: Panel) -> list[tuple[int, ...]]:
    """Return, a cluster, when its units began: one start where it began as a whole."""
    parts = [tuple(sorted(panel.start[panel.cluster == one].tolist())) for one in range(len(panel.clusters))]
    return [part if len(set(part)) > 1 else part[:1] for part in parts]


def _listed(panel: Panel, most: int) -> np.ndarray | None:
    """Return every way to hand the clusters' starts round, the real one first; None if there are more than ``most``."""
    if number_of_ways(panel) > most:
        return None
    given, never = _given(panel), len(panel.times)
    kinds = sorted(set(given))
    members = [np.flatnonzero(panel.cluster == one) for one in range(len(given))]
    real = panel.start.astype(np.int64)
    found = {real.tobytes(): real}
    for handed in _handed(np.full(len(given), -1), sorted(Counter(map(kinds.index, given)).items())):
        way = np.array([kind[0] for kind in kinds], dtype=np.int64)[handed][panel.cluster]
        mixed = [place for place, kind in enumerate(handed) if len(kinds[kind]) > 1]
        inside = []
        for place in mixed:
            begun = [one for one in kinds[handed[place]] if one < never][: len(members[place])]
            begun += [never] * (len(members[place]) - len(begun))
            inside.append(list(_handed(np.full(len(begun), -1), sorted(Counter(begun).items()))))
        for filled in product(*inside):
            for place, starts in zip(mixed, filled, strict=True):
                way[members[place]] = starts
            found.setdefault(way.tobytes(), way.copy())
        if len(found) > most:
            return None
    return np.array(list(found.values()))


def _handed(way: np.ndarray, counts: list[tuple[int, int]]) -> Iterator[np.ndarray]:
    """Yield every way to fill the places below 0 with things so often each."""
    if len(counts) == 1:
        yield np.where(way < 0, counts[0][0], way)
        return
    thing, count = counts[0]
    for chosen in combinations(np.flatnonzero(way < 0), count):
        filled = way.copy()
        filled[list(chosen)] = thing
        yield from _handed(filled, counts[1:])


def _drawn(panel: Panel, most: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    members = [np.flatnonzero(panel.cluster == one) for one in range(len(panel.clusters))]
    given = [np.array(part) for part in _given(panel)]
    whole, first = np.array([len(part) == 1 for part in given]), np.array([part[0] for part in given])
    never, found = len(panel.times), [panel.start]
    for _ in range(most - 1):
        source = random.permutation(len(members))
        start = first[source][panel.cluster]
        for place in np.flatnonzero(~whole[source]):
            mine, theirs = members[place], given[source[place]]
            begun = theirs[theirs < never][: len(mine)]
            start[mine] = never
            start[random.permutation(mine)[: len(begun)]] = begun
        found.append(start)
    return np.array(found)
