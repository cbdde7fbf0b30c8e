"""2SFCA of many people and facilities: govkit beside PySAL's access, time and memory.

    python benchmarks/catchments.py [--people 100000] [--places 20000]

Points drawn at random over a square in which a quarter of an hour's walk meets thirty facilities: govkit from points to
answer, then its method alone on the pairs it found, and PySAL's on the same pairs. PySAL's own finding of so many
pairs needs more memory than most machines have and is left out.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd

import govkit


def layer(random: np.random.Generator, count: int, side: float, **columns: object) -> gpd.GeoDataFrame:
    """Return points over a square."""
    x, y = random.uniform(0, side, (2, count))
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs="EPSG:4551")


def main() -> None:
    """Time both ways on the same points and compare their answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--places", type=int, default=20_000)
    parser.add_argument("--alone", action="store_true", help="without PySAL")
    given = parser.parse_args()
    random = np.random.default_rng(1)
    side = 770 * np.sqrt(np.pi * given.places / 30)
    homes = layer(random, given.people, side, people=random.integers(1, 500, given.people))
    shops = layer(random, given.places, side, beds=random.integers(1, 40, given.places))
    clock = time.monotonic()
    found = govkit.access(homes, shops, people="people", capacity="beds", method="2SFCA")
    mine = time.monotonic() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"govkit: {given.people:,} x {given.places:,}, {mine:.1f} s, {peak:,.0f} MB at most")
    if given.alone:
        return
    from access import fca

    from govkit.analysis.access import catchment

    clock = time.monotonic()
    size = shops["beds"].to_numpy(float)
    catchment.two_step(found.costs, homes["people"].to_numpy(float), size, catchment.plain)
    print(f"govkit, pairs given: {time.monotonic() - clock:.2f} s")
    pairs = [pd.DataFrame({"origin": o, "dest": p, "cost": m}) for o, p, m in found.costs.pieces()]
    costs = pd.concat(pairs, ignore_index=True)
    demand = pd.DataFrame({"demand": homes["people"]}).rename_axis("geoid")
    supply = pd.DataFrame({"supply": shops["beds"]}).rename_axis("geoid")
    clock = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = fca.two_stage_fca(demand, supply, costs, max_cost=15, demand_index=True, supply_index=True)
    other = time.monotonic() - clock
    apart = float((found.to_frame()["2SFCA"].reindex(theirs.index) - theirs).abs().max())
    print(f"PySAL access, pairs given: {len(costs):,} pairs, {other:.1f} s; answers differ by at most {apart:.1e}")


if __name__ == "__main__":
    main()
