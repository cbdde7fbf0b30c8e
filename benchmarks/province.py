"""A made-up province: how long to draw it, to look at it as a whole, and to make street reports from a sample of it.

    python benchmarks/province.py FOLDER [--scale 1] [--access]
    python benchmarks/province.py FOLDER --reports 24 2000 [--sample 48] [--full 2]

The first draws 100 counties, 2,000 streets, 30,000 communities, 1,000,000 grids and 5,000,000 facilities and matters
(times ``--scale``) into FOLDER as partitioned GeoParquet, if it is not there yet, and looks at it: rows and people per
county, facilities and matters placed in grids, gaps and overlaps, the counties' scores. The second writes zones of so
many equally large streets and makes their reports, or those of a ``--sample`` spread evenly over them: what one costs
must not grow with their number. It is taken from the manifest, which times each report by itself; the start of the run
(opening the zone, what all reports share) is told apart. ``--full`` streets of the province's own size are reported
too; from them the time of 2,000 is estimated.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import geopandas as gpd  # noqa: E402
import pandas as pd  # noqa: E402

from data.synthetic.province import Plan, write_province, write_zone  # noqa: E402
from data.synthetic.province.plan import METRIC, PERIODS  # noqa: E402
from govkit import partitioned  # noqa: E402
from govkit.analysis.measures.measure import measure  # noqa: E402
from govkit.analysis.score.assess import assess  # noqa: E402
from govkit.analysis.score.scheme import Scheme, read_scheme  # noqa: E402
from govkit.geometry.coverage import GridAudit  # noqa: E402
from govkit.periods import Period  # noqa: E402

SECOND_HALF = Period(PERIODS[1], "2025年下半年", date(2025, 7, 1), date(2025, 12, 31))
# measure, worst and best value
LEAVES = {
    "settled_in_grid": (0.5, 0.7), "settled_rate": (0.9, 1.0), "hours_to_settle": (96, 24), "managed_grids": (0.9, 1.0),
    "sound_grids": (0.99, 1.0), "premises_coverage": (0.0, 1.0), "premises_per_100_households": (0, 60),
    "activity_share": (0.4, 0.8),
}  # fmt: skip
# 2,000 streets as large as those of the demonstration zone, to make many reports of: 96 grids and 6 communities each.
SMALL = Plan(
    counties=10, streets_down=20, streets_across=10, down=8, across=12, communities=3, facilities=16_000,
    matters=60_000, households=300_000, population=900_000,
)  # fmt: skip


@contextlib.contextmanager
def clock(what: str) -> Iterator[None]:
    """Print how long a step took, and the most memory the process had so far."""
    started, used = time.perf_counter(), time.process_time()
    yield
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    print(
        f"{what:<34}{seconds:8.1f} s  cpu {cpu:7.1f} s  peak {peak:6,.0f} MB  load {os.getloadavg()[0]:.1f}", flush=True
    )


def scheme() -> Scheme:
    """Return a scheme of one group that weighs every leaf alike."""
    leaves = [
        {"id": name, "label": name, "parent": "all", "weight": 1 / len(LEAVES), "measure": name, "worst": worst,
         "best": best, "owner_level": "county"}
        for name, (worst, best) in LEAVES.items()
    ]  # fmt: skip
    head = {
        "title": "测算",
        "source": "合成",
        "grades": [{"label": "合格", "from": 60}, {"label": "不合格", "from": 0}],
    }
    groups = [{"id": "all", "label": "全部", "parent": "", "weight": 1}]
    return read_scheme("province", head | {"groups": groups, "leaves": leaves}, where="benchmarks/province.py")


def county_tables(folder: Path, name: str) -> dict[str, pd.DataFrame]:
    """Return a county's tables as an opened zone would hold them, the county being the district."""
    shapes = {table: gpd.read_parquet(folder / table / name) for table in ("grids", "facilities", "events")}
    events = shapes["events"].assign(unit_code=shapes["events"]["grid_code"].str[:12])
    half = events["reported_at"].dt.month.gt(6).map({False: PERIODS[0], True: PERIODS[1]})
    tables = {"units": pd.read_parquet(folder / "units" / name), **shapes, "events": events.assign(period=half)}
    code = name[:6].ljust(12, "0")
    return {table: frame.assign(district_code=code) for table, frame in tables.items()}


def scores(folder: Path, audit: GridAudit) -> pd.DataFrame:
    """Return every county's score and rank: measures county by county, then one assessment of all."""
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in LEAVES}
    for path in sorted((folder / "grids").glob("*.parquet")):
        tables = county_tables(folder, path.name)
        mine = audit.of(path.stem.ljust(12, "0"))
        for name in LEAVES:
            parts[name].append(measure(name, tables, SECOND_HALF, crs=METRIC, audit=mine))
    return assess(scheme(), {name: pd.concat(frames) for name, frames in parts.items()}).scores


def overview(folder: Path, plan: Plan, *, access: bool) -> None:
    """Draw the province if need be, and look at the whole of it."""
    if not (folder / "grids").is_dir():
        with clock("drawn and written"):
            written = write_province(folder, plan)
        print(f"  {', '.join(f'{number:,} {name}' for name, number in written.items())}")
        print(f"  totals {'as planned' if written == plan.totals() else 'NOT as planned'}")
    layers = {name: partitioned.open_layer(folder / name, name) for name in ("grids", "facilities", "events")}
    grids = layers["grids"]
    with clock("people per county"):
        people = pd.read_parquet(folder / "units").query("level == 'county'").set_index("name")["population"]
    print(f"  {len(people)} counties, {people.min():,} to {people.max():,} people each")
    for name, key in (("facilities", "facility_id"), ("events", "event_id")):
        with clock(f"{name} placed in grids"):
            found = partitioned.place(layers[name], grids, folder / f"placed-{name}.parquet", key=key)
        print(f"  {found.points:,} points, {found.outside:,} in no grid, {found.overlapping:,} in overlaps")
    with clock("gaps and overlaps"):
        audit = partitioned.audit(grids, crs=METRIC, district_digits=6)
    print(f"  {len(audit.gaps):,} gaps, {len(audit.overlaps):,} overlaps, {len(audit.slivers):,} slivers")
    if access:
        with clock("residents near a service centre"):
            near = partitioned.reached(layers["facilities"], grids, crs=METRIC, kinds=["service_centre"])
        shares = near.drop(columns="population").sum() / near["population"].sum()
        print(f"  {', '.join(f'{share:.1%} within {radius:g} m' for radius, share in shares.items())}")
    with clock("scores of the counties"):
        found_scores = scores(folder, audit)["score"]
    print(f"  {len(found_scores)} counties, {found_scores.min():.1f} to {found_scores.max():.1f} points")


@dataclass(frozen=True)
class Cost:
    """A run of ``made`` reports: seconds before the first began, of one report in its worker, of all processors."""

    made: int
    start_s: float
    report_s: float
    whole_s: float
    cpu_s: float


def run(folder: Path, plan: Plan, streets: int, sample: int, jobs: int) -> Cost:
    """Write a zone, open it once, and time one ``govkit report`` of all its streets or a sample of them."""
    write_zone(folder / "zone", plan, streets=streets)
    environment = {**os.environ, "GOVKIT_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "govkit"]
    quiet: dict[str, Any] = {"cwd": ROOT, "env": environment, "check": True, "stdout": subprocess.DEVNULL}
    subprocess.run([*command, "list", str(folder / "zone")], **quiet)
    units = pd.read_parquet(folder / "zone" / "units.parquet").query("level == 'street'")["unit_code"].str[:9]
    chosen = list(units.iloc[:: max(1, len(units) // sample)][:sample] if sample else units)
    named = [part for code in chosen for part in ("--district", code)] if len(chosen) < streets else []
    options = ["--notebook", "district_report", "--to", "html", "--jobs", str(jobs), "--out", str(folder / "out")]
    started, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, "report", str(folder / "zone"), *options, *named], **quiet)
    whole, then = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    made = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))["reports"]
    if len(made) < len(chosen) or any(one["status"] != "done" for one in made):
        sys.exit(f"not all of {len(chosen)} reports were made")
    each = statistics.fmean(one["seconds"] for one in made)
    cpu = then.ru_utime + then.ru_stime - used.ru_utime - used.ru_stime
    return Cost(len(made), whole - each * len(made) / jobs, each, whole, cpu)


def reports(folder: Path, sizes: list[int], sample: int, full: int, jobs: int) -> None:
    """Print what a report costs in zones of several sizes, and estimate the province's 2,000."""
    costs = [cost(folder / str(streets), SMALL, streets, sample, jobs) for streets in sizes]
    print(f"a report, last zone to first: {costs[-1].report_s / costs[0].report_s:.2f} times as long")
    if full:
        found = cost(folder / "full", Plan.at(0.1), full, 0, jobs)
        print(f"all 2,000 of the province's own size, estimated: {2000 * found.report_s / jobs / 3600:.1f} h")


def cost(folder: Path, plan: Plan, streets: int, sample: int, jobs: int) -> Cost:
    """Print and return what a run costs."""
    found = run(folder, plan, streets, min(sample, streets), jobs)
    print(
        f"{streets:>5} streets of {plan.down * plan.across} grids, {found.made} reports: {found.whole_s:.1f} s, of "
        f"which start {found.start_s:.1f} s; a report {found.report_s:.2f} s in its worker; processors "
        f"{found.cpu_s:.1f} s; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return found


def main() -> None:
    """Measure the overview or the reports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--access", action="store_true")
    parser.add_argument("--reports", type=int, nargs="*", default=[])
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--full", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if options.reports:
        reports(options.folder, options.reports, options.sample, options.full, options.jobs)
    else:
        overview(options.folder, Plan.at(options.scale), access=options.access)


if __name__ == "__main__":
    main()
