"""Who is within a quarter of an hour's walk of a facility, along a network of a whole province: time, memory, growth.

    python benchmarks/walking.py [--grids 1000000]

A square of grids of 250 m, a street along every side of a grid, one in five of them missing at random, a facility for
every fifty grids; a tenth, a third and all of that, each in a process of its own. Checked on the smallest: minutes by
networkx's Dijkstra from fifty facilities over the whole network.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import shapely

import govkit

SIDE = 250.0
CRS = "EPSG:4551"


def streets(random: np.random.Generator, across: int) -> gpd.GeoSeries:
    """Return the sides of all grids but a fifth, a line for each."""
    x, y = (part.ravel() * SIDE for part in np.meshgrid(np.arange(across + 1), np.arange(across + 1), indexing="ij"))
    corners = np.column_stack([x, y])
    ends = [np.stack([corners, corners + step], axis=1) for step in ((SIDE, 0.0), (0.0, SIDE))]
    every = np.concatenate([part[(part[:, 1] <= across * SIDE).all(axis=1)] for part in ends])
    return gpd.GeoSeries(shapely.linestrings(every[random.uniform(size=len(every)) > 0.2]), crs=CRS)


def run(grids: int, check: bool) -> None:
    """Time one size and print its row."""
    random = np.random.default_rng(1)
    across = int(np.sqrt(grids))
    middle = (np.arange(across) + 0.5) * SIDE
    x, y = (part.ravel() for part in np.meshgrid(middle, middle, indexing="ij"))
    homes = gpd.GeoDataFrame({"people": random.integers(1, 90, len(x))}, geometry=gpd.points_from_xy(x, y), crs=CRS)
    spots = random.uniform(0, across * SIDE, (2, len(x) // 50))
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*spots), crs=CRS)
    lines = streets(random, across)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    clock, worked = time.monotonic(), time.process_time()
    found = govkit.access(homes, places, people="people", minutes=15, method="2SFCA", lines=lines)
    took, worked = time.monotonic() - clock, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(homes):,} grids, {len(places):,} facilities, {len(lines):,} streets: {took:.1f} s ({worked:.1f} s of the"
        f" processor), {peak:,.0f} MB at most ({before:,.0f} before), {found.share:.1%} of residents within reach",
        flush=True,
    )
    if check:
        compare(found.costs.costs)


def compare(costs: object) -> None:
    """Hold the ways from fifty facilities against those of networkx."""
    import networkx

    graph = networkx.Graph()
    rows, columns = costs.graph.tocoo().coords  # type: ignore[attr-defined]
    graph.add_weighted_edges_from(zip(rows.tolist(), columns.tolist(), costs.graph.tocoo().data.tolist(), strict=True))  # type: ignore[attr-defined]
    origin, place, minutes = (np.concatenate(part) for part in zip(*costs.pieces(), strict=True))  # type: ignore[attr-defined]
    worst, pairs = 0.0, 0
    for one in range(50):
        start = int(costs.place_node[one])  # type: ignore[attr-defined]
        ways = networkx.single_source_dijkstra_path_length(graph, start, cutoff=15) if start in graph else {start: 0.0}
        mine = {int(o): m for o, m in zip(origin[place == one], minutes[place == one], strict=True)}
        theirs = {
            at: ways[int(node)] + costs.origin_minutes[at] + costs.place_minutes[one]  # type: ignore[attr-defined]
            for at, node in enumerate(costs.origin_node)  # type: ignore[attr-defined]
            if int(node) in ways
        }
        theirs = {at: taken for at, taken in theirs.items() if taken <= 15}
        assert set(mine) == set(theirs), one
        worst = max([worst, *(abs(mine[at] - theirs[at]) for at in mine)])
        pairs += len(mine)
    print(f"{pairs:,} ways of fifty facilities: the same as networkx's, at most {worst:.1e} minutes apart", flush=True)


def main() -> None:
    """Run three sizes, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grids", type=int, default=1_000_000)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        run(given.grids, given.check)
        return
    for part in (10, 3, 1):
        more = ["--check"] if part == 10 else []
        subprocess.run([sys.executable, __file__, "--one", "--grids", str(given.grids // part), *more], check=True)


if __name__ == "__main__":
    main()
