"""Time and peak memory of the grid audit for 10⁴, 10⁵ and 10⁶ grids, against n log n and against the exact union.

    python benchmarks/grid_audit.py [--sizes 10000 100000 1000000] [--repair]

Every size runs in a process of its own. The layer is a lattice of crooked quadrangles with gaps, overlaps and
duplicates planted in it, so that the counts can be checked; up to 10⁵ grids the gaps are also found by the exact
union of all grids, which must give the same.
"""

from __future__ import annotations

import argparse
import math
import resource
import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit.geometry.coverage import audit_grids
from govkit.geometry.shapes import mean_widths_m, part_counts, repeated_grids, snapped

CRS = "EPSG:4526"
SIDE = 200.0  # metres
GAP_EVERY, OVERLAP_EVERY, TWICE_EVERY, BESIDE_EVERY = 31, 43, 61, 93
EXACT_UP_TO = 100_000


def lattice(size: int) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    """Return about ``size`` grids in EPSG:4490 and how many defects of each kind are planted."""
    across = math.isqrt(size)
    random = np.random.default_rng(7)
    corners = np.stack(np.meshgrid(np.arange(across + 1.0), np.arange(across + 1.0), indexing="ij"), axis=-1)
    corners = corners * SIDE + random.uniform(-0.2, 0.2, corners.shape) * SIDE
    corners += np.array([38_500_000.0, 3_300_000.0])
    lower, upper = corners[:-1], corners[1:]
    rings = np.stack([lower[:, :-1], upper[:, :-1], upper[:, 1:], lower[:, 1:]], axis=2).reshape(-1, 4, 2)
    number = np.arange(len(rings))
    row, column = number // across, number % across
    inner = (row % (across - 1) > 0) & (column % (across - 1) > 0) & (row % 4 == 2) & (column % 4 == 2)
    place = np.cumsum(inner)
    gap, wide = inner & (place % GAP_EVERY == 0), inner & (place % OVERLAP_EVERY == 0)
    twice = inner & (place % TWICE_EVERY == 0) & ~gap & ~wide
    # a grid that reaches into the gap beside it: there the quick union alone would miscount
    wide = (wide & ~gap) | np.roll(inner & (place % BESIDE_EVERY == 0), 1)
    middle = rings[wide].mean(axis=1, keepdims=True)
    rings[wide] = middle + (rings[wide] - middle) * 1.2
    rings = np.concatenate([rings[~gap], rings[twice]])
    codes = pd.Series(np.arange(len(rings))).astype(str).str.zfill(8)
    shapes = gpd.GeoSeries(shapely.polygons(rings), crs=CRS).to_crs("EPSG:4490")
    frame = gpd.GeoDataFrame({"grid_code": codes, "unit_code": codes.str[:5]}, geometry=shapes)
    return frame, {"gaps": int(gap.sum()), "wide": int(wide.sum()), "twice": int(twice.sum())}


def exact_gaps(grids: gpd.GeoDataFrame) -> tuple[int, float]:
    """Return number and area of the holes in the exact union of every grid."""
    whole = shapely.union_all(grids.to_crs(CRS).geometry.to_numpy(), grid_size=0.01)
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
    areas = [hole.area for hole in holes if hole.area >= 10]
    return len(areas), sum(areas)


def one(size: int, repair: bool) -> None:
    """Audit one layer and print a line."""
    grids, planted = lattice(size)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.perf_counter()
    audit = audit_grids(grids, crs=CRS)
    areas = pd.Series(grids.to_crs(CRS).area.to_numpy(), index=grids["grid_code"])
    twice = repeated_grids(audit, areas, least_share=0.99)
    thin = int((mean_widths_m(grids.geometry, crs=CRS) < 1).sum()) + int((part_counts(grids.geometry) > 1).sum())
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(grids):>9,} grids  {seconds:7.2f} s  {seconds / (size * math.log2(size)) * 1e9:6.1f} ns per n·log2 n"
          f"  peak {peak:,.0f} MB (layer itself {base:,.0f})  gaps {len(audit.gaps)}/{planted['gaps']}"
          f"  overlaps {len(audit.overlaps)} of {planted['wide']} wide grids  twice {len(twice)}/{planted['twice']}"
          f"  others {thin}", flush=True)  # fmt: skip
    if size <= EXACT_UP_TO:
        started = time.perf_counter()
        count, area = exact_gaps(grids)
        same = count == len(audit.gaps) and math.isclose(area, audit.gaps["area_m2"].sum(), rel_tol=1e-6)
        print(f"{'':>9}  exact union: {count} gaps, {area:,.0f} m², {time.perf_counter() - started:.1f} s"
              f" – {'the same' if same else 'DIFFERENT'}", flush=True)  # fmt: skip
        if not same:
            sys.exit(1)
    if repair:
        started = time.perf_counter()
        moved = snapped(grids.geometry, crs=CRS)[1]
        print(
            f"{'':>9}  repair: {int((moved > 0).sum())} grids moved, {time.perf_counter() - started:.1f} s", flush=True
        )


def main() -> None:
    """Run every size in its own process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repair", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        one(options.sizes[0], options.repair)
        return
    for size in options.sizes:
        extra = ["--repair"] if options.repair else []
        subprocess.run([sys.executable, __file__, "--here", "--sizes", str(size), *extra], check=True)


if __name__ == "__main__":
    main()
