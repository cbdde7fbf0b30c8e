"""What all checks of the intake cost over plain pandas and geopandas reading the same files into the same types.

    python benchmarks/intake.py [--rows 1000000] [--grids 100000] [--repeat 3]

The plain calls are what an analyst would write who knows the file: columns by name, codes as text, dates parsed; they
look for nothing that may be wrong. Both sides run in turn; printed is the median of the processor time of all threads,
which other work on the machine disturbs least. Files are made up and thrown away.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit.intake.formats.files import read_source
from govkit.intake.reading.row_findings import row_rules, unique_keys
from govkit.intake.reading.sources import Source

UNIT = "230102100201"


def write_events(path: Path, rows: int) -> None:
    """Write a CSV of matters, UTF-8 with BOM as Excel saves it."""
    rng = np.random.default_rng(1)
    reported = pd.Timestamp("2018-01-01") + pd.to_timedelta(rng.integers(0, 525_600, rows), unit="min")
    settled = reported + pd.to_timedelta(rng.integers(1, 5000, rows), unit="min")
    done = rng.random(rows) < 0.9
    pd.DataFrame(
        {
            "事项编号": [f"E{i}" for i in range(rows)],
            "网格编码": [f"{UNIT}{i:03d}" for i in rng.integers(1, 300, rows)],
            "事项类别": rng.choice(["环境卫生", "矛盾纠纷", "治安"], rows),
            "上报时间": reported.strftime("%Y-%m-%d %H:%M"),
            "办结时间": np.where(done, settled.strftime("%Y-%m-%d %H:%M"), ""),
            "办结层级": np.where(done, rng.choice(["网格", "村", "镇"], rows), ""),
            "状态": np.where(done, "已办结", "办理中"),
        }
    ).to_csv(path, index=False, encoding="utf-8-sig")


def write_funds(path: Path, rows: int) -> None:
    """Write a workbook of ledger lines."""
    rng = np.random.default_rng(2)
    pd.DataFrame(
        {
            "流水号": [str(i) for i in range(rows)],
            "单元代码": UNIT,
            "日期": pd.Timestamp("2018-01-01") + pd.to_timedelta(rng.integers(0, 365, rows), unit="D"),
            "收支": rng.choice(["支出", "拨入"], rows),
            "用途": rng.choice(["修路", "路灯"], rows),
            "金额": rng.integers(1, 10**6, rows) / 100,
        }
    ).to_excel(path, index=False, engine="xlsxwriter")


def write_grids(path: Path, count: int) -> None:
    """Write a layer of square grids."""
    side = int(np.ceil(np.sqrt(count)))
    x, y = np.divmod(np.arange(count), side)
    west, south = 126 + x * 0.002, 45 + y * 0.002
    gpd.GeoDataFrame(
        {"网格编码": [f"{UNIT}{i:06d}" for i in range(count)], "单元代码": UNIT, "户数": 300},
        geometry=shapely.box(west, south, west + 0.002, south + 0.002),
        crs="EPSG:4490",
    ).to_file(path)


def quote(path: Path) -> None:
    """Write the CSV anew as other programs do, every cell in quotes."""
    text = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    text.to_csv(path.with_name("引号.csv"), index=False, quoting=csv.QUOTE_ALL, encoding="utf-8-sig")


def entitle(path: Path) -> None:
    """Write the CSV anew with a title, a blank line and a note that have no commas."""
    text = path.read_text(encoding="utf-8-sig")
    path.with_name("标题.csv").write_text(f"网格事项台账\n\n{text}注：全年数\n", encoding="utf-8-sig")


def plain_events(path: Path, rows: int, above: int = 0) -> None:
    """Read the CSV into the types of the tidy table: codes and texts as text, times as times."""
    text = dict.fromkeys(["事项编号", "网格编码", "事项类别", "办结层级", "状态"], "str")
    times = ["上报时间", "办结时间"]
    pd.read_csv(path, dtype=text, parse_dates=times, encoding="utf-8-sig", skiprows=above, nrows=rows)


def plain_funds(path: Path) -> None:
    """Read the workbook with the quickest engine there is."""
    pd.read_excel(path, dtype={"流水号": "str", "单元代码": "str"}, engine="calamine")


def plain_grids(path: Path) -> None:
    """Read the layer."""
    gpd.read_file(path)


def checked(folder: Path, source: Source) -> None:
    """Read a file through the intake, with every check that needs no other table."""
    reading = unique_keys(row_rules(read_source(folder, source, code="230102")))
    assert not reading.aside.any()


def median_seconds(calls: dict[str, Callable[[], None]], repeat: int) -> dict[str, float]:
    """Time the calls in turn."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeat):
        for name, call in calls.items():
            began = time.process_time()
            call()
            taken[name].append(time.process_time() - began)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def main() -> None:
    """Print seconds of both ways and their ratio for each kind of file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--grids", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, lines = Path(name), args.rows // 10
        write_events(folder / "事项.csv", args.rows)
        quote(folder / "事项.csv")
        entitle(folder / "事项.csv")
        write_funds(folder / "资金.xlsx", lines)
        write_grids(folder / "网格.gpkg", args.grids)
        cases = [
            (f"CSV, {args.rows:,} matters", partial(plain_events, rows=args.rows), Source("events", "事项.csv")),
            ("the same, all in quotes", partial(plain_events, rows=args.rows), Source("events", "引号.csv")),
            ("with title and note", partial(plain_events, rows=args.rows, above=2), Source("events", "标题.csv")),
            (f"xlsx, {lines:,} ledger lines", plain_funds, Source("funds", "资金.xlsx")),
            (f"GeoPackage, {args.grids:,} grids", plain_grids, Source("grids", "网格.gpkg")),
        ]
        print(f"{'':34}{'plain':>8}{'checked':>9}{'ratio':>7}")
        for title, plain, source in cases:
            path = folder / source.path
            calls = {"plain": lambda p=path, f=plain: f(p), "checked": lambda s=source: checked(folder, s)}
            took = median_seconds(calls, args.repeat)
            print(f"{title:34}{took['plain']:7.2f}s{took['checked']:8.2f}s{took['checked'] / took['plain']:7.2f}")


if __name__ == "__main__":
    main()
