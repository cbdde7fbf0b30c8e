"""A large zone opened twice: files first, then the cache; the second has to be ten times as quick.

    python benchmarks/reopening.py [--grids 100000] [--events 300000]

Every opening runs in a process of its own; what counts is the ratio, not the seconds.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit.intake import Source, read_zone_tables

CRS, COUNTY = "EPSG:4526", "420116"
PER_UNIT, SIDE = 100, 100.0
WANTED = 10


def write_zone(folder: Path, grids: int, events: int) -> None:
    """Write units, grids in a lattice, and matters reported in them, as bureaus keep them."""
    across = math.isqrt(grids)
    number = np.arange(across * across)
    unit = (number // across // 10) * math.ceil(across / 10) + number % across // 10
    codes = np.array([f"{COUNTY}{1 + one // 900:03}{one % 900 + 1:03}" for one in range(unit.max() + 1)])
    west, south = 38_500_000 + number % across * SIDE, 3_400_000 + number // across * SIDE
    layer = gpd.GeoDataFrame(
        {
            "网格编码": [f"{codes[u]}{n:07}" for n, u in zip(number, unit, strict=True)],
            "单元代码": codes[unit],
            "户数": 400,
        },
        geometry=gpd.GeoSeries(shapely.box(west, south, west + SIDE, south + SIDE), crs=CRS).to_crs("EPSG:4490"),
    )
    layer.to_file(folder / "网格.shp", encoding="GBK")
    towns = sorted({code[:9] + "000" for code in codes})
    rows = [(COUNTY + "000000", "某区", "区", "区"), *((code, f"{code[6:9]}镇", "镇", "镇") for code in towns)]
    rows += [(code, f"{code[6:]}村", "村", "村") for code in codes]
    pd.DataFrame(rows, columns=["单元代码", "单元名称", "层级", "类型"]).to_csv(folder / "单元.csv", index=False)
    chosen = np.random.default_rng(7).integers(0, len(layer), events)
    matters = {"事项编号": np.arange(events), "网格编码": layer["网格编码"].to_numpy()[chosen]}
    said = {"上报时间": "2018-03-01 08:00", "办结时间": "2018-03-01 20:00", "办结层级": "网格", "状态": "已办结"}
    pd.DataFrame({**matters, **said}).to_csv(folder / "事项.csv", index=False, encoding="gb18030")


def open_once(folder: Path) -> None:
    """Open the zone and print how long it took."""
    sources = [Source("units", "单元.csv"), Source("grids", "网格.shp"), Source("events", "事项.csv")]
    by_table = {one.table: one for one in sources}
    started = time.perf_counter()
    found = read_zone_tables(folder, by_table, code=COUNTY, metric_crs=CRS, cache=folder / "cache")
    seconds = time.perf_counter() - started
    rows = sum(map(len, found.tables.values()))
    print(f"{rows:>10,} rows, {len(found.findings)} findings: {seconds:.2f} s", flush=True)
    (folder / "seconds.txt").write_text(repr(seconds), encoding="utf-8")


def main() -> None:
    """Write the zone, open it three times, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grids", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--here", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        open_once(Path(options.here))
        return
    with tempfile.TemporaryDirectory() as name:
        folder, seconds = Path(name), []
        write_zone(folder, options.grids, options.events)
        for _ in range(3):
            subprocess.run([sys.executable, __file__, "--here", name], check=True)
            seconds.append(float((folder / "seconds.txt").read_text(encoding="utf-8")))
    ratio = seconds[0] / min(seconds[1:])
    print(f"the second opening is {ratio:.0f} times as quick as the first")
    sys.exit(0 if ratio >= WANTED else 1)


if __name__ == "__main__":
    main()
