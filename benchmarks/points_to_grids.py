"""Points placed in grids: govkit against geopandas, DuckDB spatial, polars-st and SedonaDB, in turns in one run.

    python benchmarks/points_to_grids.py [--sizes 1000000x100000 …] [--rounds 1] [--rivals PYTHON] [--folder KEPT]

Points lie anywhere in and about a made-up province, in no order; all read the same GeoParquet files, each in a process
of its own. ``--rivals`` names the Python of an environment that has the others (duckdb 1.5.5 with the package
duckdb-extension-spatial, polars-st, sedonadb): they need not, and do not, install beside govkit. govkit's time holds
writing the answer to files; the others only hold theirs in memory, and need not choose between overlapping grids: that
is done after the clock has stopped. All answers must be equal. ``growth``: the exponent between two sizes. Seconds by
the clock tell little on a busy machine; ``cpu``, the seconds of all processors, tell more. ``--ways … dask_geopandas``
adds a way that also works beyond memory, by joining each partition with each.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
POINTS_A_FILE = 1_000_000
Answer = Any  # a pyarrow table, a row a match: facility_id, grid_code (missing or absent outside)


def write_layers(folder: Path, points: int, grids: int) -> None:
    """Write points and grids, where they are not there yet; some points lie beside the province."""
    import geopandas as gpd
    import numpy as np
    import pyarrow as pa
    import shapely

    from data.synthetic.province import Plan, write_province
    from data.synthetic.province.plan import GEOGRAPHIC

    if not (folder / "grids").exists():
        write_province(folder, Plan(counties=max(1, round(grids / Plan().grids)), facilities=4_000, matters=1))
    if (folder / "points").exists():
        return
    boxes = [gpd.read_parquet(path).total_bounds for path in sorted((folder / "grids").glob("*.parquet"))]
    west, south, east, north = *np.min(boxes, axis=0)[:2], *np.max(boxes, axis=0)[2:]
    rng = np.random.default_rng(7)
    (folder / "points").mkdir()
    for first in range(0, points, POINTS_A_FILE):
        size = min(POINTS_A_FILE, points - first)
        xy = np.column_stack([rng.uniform(west, east, size), rng.uniform(south, north, size)]).round(7)
        number = pa.array(range(first, first + size)).cast(pa.string())
        frame = gpd.GeoDataFrame({"facility_id": number.to_pandas()}, geometry=shapely.points(xy), crs=GEOGRAPHIC)
        frame.to_parquet(folder / "points" / f"{first:010d}.parquet", index=False)


def govkit(folder: Path) -> Answer:
    """The product's own way, files in and files out."""
    from pyarrow import parquet as pq

    from govkit import partitioned

    points = partitioned.open_layer(folder / "points", "facilities")
    grids = partitioned.open_layer(folder / "grids", "grids")
    partitioned.place(points, grids, folder / "placed.parquet", key="facility_id")
    return lambda: pq.read_table(folder / "placed.parquet", columns=["facility_id", "grid_code"])


def geopandas(folder: Path) -> Answer:
    """The usual way."""
    import geopandas as gpd
    import pyarrow as pa

    points = gpd.read_parquet(folder / "points", columns=["facility_id", "geometry"])
    grids = gpd.read_parquet(folder / "grids", columns=["grid_code", "geometry"])
    joined = gpd.sjoin(points, grids, predicate="intersects")
    return lambda: pa.Table.from_pandas(joined[["facility_id", "grid_code"]], preserve_index=False)


def dask_geopandas(folder: Path) -> Answer:
    """The usual way in pieces, beyond memory too."""
    import dask_geopandas as dask
    import pyarrow as pa

    # with the partitions' outlines its join fails under pandas 3.1
    plain = {"gather_spatial_partitions": False}
    points = dask.read_parquet(folder / "points", columns=["facility_id", "geometry"], **plain)
    grids = dask.read_parquet(folder / "grids", columns=["grid_code", "geometry"], **plain)
    joined = dask.sjoin(points, grids, predicate="intersects").compute()
    return lambda: pa.Table.from_pandas(joined[["facility_id", "grid_code"]], preserve_index=False)


def duckdb(folder: Path) -> Answer:
    """DuckDB's spatial join."""
    import duckdb as database
    import duckdb_extension_spatial

    home = Path(duckdb_extension_spatial.__file__).parent
    connection = database.connect()
    connection.execute(f"LOAD '{next(home.rglob('spatial.duckdb_extension'))}'")
    table = connection.execute(
        f"""SELECT p.facility_id, g.grid_code FROM read_parquet('{folder}/points/*.parquet') p
            JOIN read_parquet('{folder}/grids/*.parquet') g ON ST_Intersects(p.geometry, g.geometry)"""
    ).to_arrow_table()
    return lambda: table


def polars_st(folder: Path) -> Answer:
    """polars-st's spatial join."""
    import polars as pl
    import polars_st  # noqa: F401

    points = pl.read_parquet(folder / "points" / "*.parquet", columns=["facility_id", "geometry"])
    grids = pl.read_parquet(folder / "grids" / "*.parquet", columns=["grid_code", "geometry"])
    joined = points.st.sjoin(grids, predicate="intersects").select("facility_id", "grid_code")
    return joined.to_arrow


def sedonadb(folder: Path) -> Answer:
    """SedonaDB's spatial join."""
    import sedonadb as sedona

    context = sedona.connect()
    for name in ("points", "grids"):
        context.read_parquet([str(path) for path in sorted((folder / name).glob("*.parquet"))]).to_view(name)
    table = context.sql(
        "SELECT p.facility_id, g.grid_code FROM points p JOIN grids g ON ST_Intersects(p.geometry, g.geometry)"
    ).to_arrow_table()
    return lambda: table


WAYS: dict[str, tuple[Callable[[Path], Answer], str]] = {
    "govkit": (govkit, "govkit"),
    "geopandas": (geopandas, "geopandas"),
    "dask_geopandas": (dask_geopandas, "dask_geopandas"),
    "duckdb": (duckdb, "duckdb_extension_spatial"),
    "polars_st": (polars_st, "polars_st"),
    "sedonadb": (sedonadb, "sedonadb"),
}


# Ways that run in govkit's own environment.
HERE = ("govkit", "dask_geopandas")


def one(name: str, folder: Path) -> None:
    """Time one way and print seconds, peak memory and what it answered."""
    way, needs = WAYS[name]
    if importlib.util.find_spec(needs) is None:
        print(json.dumps({"missing": needs}))
        return
    started = time.perf_counter()
    answer = way(folder)
    seconds = time.perf_counter() - started
    used, peak = time.process_time(), peak_mb()
    print(json.dumps({"seconds": seconds, "cpu": used, "peak_mb": peak} | digest(answer())))


def peak_mb() -> float:
    """Return the most memory this process had; the figure getrusage gives begins with that of the parent."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def digest(table: Any) -> dict[str, Any]:
    """Return how many points have a grid and a hash of point and smallest code, whatever the order of the rows."""
    import numpy as np
    import pyarrow as pa

    # SedonaDB answers with string views, which pyarrow cannot filter
    plain = {name: table[name].cast(pa.string()) for name in ("facility_id", "grid_code")}
    known = plain["grid_code"].is_valid()
    point, code = (column.filter(known).cast(pa.int64()).to_numpy() for column in plain.values())
    order = np.lexsort((code, point))
    point, code = point[order], code[order]
    first = np.append(True, point[1:] != point[:-1])
    pairs = np.column_stack([point[first], code[first]])
    return {"placed": len(pairs), "twice": int((~first).sum()), "hash": hashlib.sha256(pairs.tobytes()).hexdigest()}


def turn(name: str, folder: Path, rivals: str) -> dict[str, Any]:
    """Run one way in a process of its own."""
    python = sys.executable if name in HERE else rivals
    command = [python, __file__, "--one", name, "--folder", str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    if done.returncode:
        return {"missing": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}"}
    return json.loads(done.stdout.splitlines()[-1])


def measure(
    points: int, grids: int, ways: list[str], *, rounds: int, rivals: str, keep: Path | None
) -> dict[str, dict[str, float]]:
    """Run ways in turns, print what they took, return the medians of seconds and cpu; stops if two answers differ."""
    times: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = (keep or Path(name)) / f"{points}x{grids}"
        folder.mkdir(parents=True, exist_ok=True)
        write_layers(folder, points, grids)
        print(f"\n{points:,} points, {grids:,} grids, load {os.getloadavg()[0]:.1f}", flush=True)
        seen: dict[str, dict[str, Any]] = {}
        for number in range(rounds):
            for way in ways:
                found = turn(way, folder, rivals)
                if "missing" in found:
                    print(f"  {way:<10} not measured: {found['missing']}", flush=True)
                    continue
                times.setdefault(way, []).append(found)
                seen[way] = found
                print(line(f"round {number + 1} {way}", found), flush=True)
    if len({found["hash"] for found in seen.values()}) > 1:
        sys.exit(f"the answers differ: { {way: (found['placed'], found['hash'][:8]) for way, found in seen.items()} }")
    medians = {
        way: {unit: statistics.median(one[unit] for one in found) for unit in ("seconds", "cpu")}
        for way, found in times.items()
    }
    for unit in ("seconds", "cpu"):
        others = {way: found[unit] for way, found in medians.items() if way != "govkit"}
        if others and "govkit" in medians:
            fastest = min(others, key=others.__getitem__)
            print(f"  {unit}: fastest other {fastest}, {others[fastest] / medians['govkit'][unit]:.1f} times govkit's")
    print("  answers equal")
    return medians


def line(title: str, found: dict[str, Any]) -> str:
    """Return what one way took and found, in one line."""
    taken = f"{found['seconds']:7.2f} s  cpu {found['cpu']:6.1f} s  peak {found['peak_mb']:7,.0f} MB"
    return f"  {title:<20} {taken}  {found['placed']:,} placed  load {os.getloadavg()[0]:.1f}"


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["1000000x100000", "10000000x1000000"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--rivals", default=sys.executable)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=[way for way in WAYS if way != "dask_geopandas"])
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help="where the layers are kept for another run")
    options = parser.parse_args()
    if options.one:
        one(options.one, options.folder)
        return
    sizes = [tuple(int(part) for part in size.split("x")) for size in options.sizes]
    given: dict[str, Any] = {"rounds": options.rounds, "rivals": options.rivals, "keep": options.folder}
    medians = [measure(points, grids, options.ways, **given) for points, grids in sizes]
    for (before, _), (after, _), small, large in zip(sizes, sizes[1:], medians, medians[1:], strict=False):
        for way in small.keys() & large.keys():
            grown = [math.log(large[way][unit] / small[way][unit], after / before) for unit in ("seconds", "cpu")]
            print(f"growth {way}: {grown[0]:.2f} by the clock, {grown[1]:.2f} of the processors")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
