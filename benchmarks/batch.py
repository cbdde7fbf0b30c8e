"""The 23 Daoli district reports as HTML: `papermill` and `jupyter nbconvert` per district, against `govkit report`.

    python benchmarks/batch.py [--rounds 1] [--districts 23]

Both ways run in turn on the same machine; what counts is the ratio of the medians, not the seconds.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from govkit import open_zone

ROOT = Path(__file__).parents[1]
ZONE = ROOT / "data" / "daoli"
BIN = Path(sys.executable).parent


def plain(districts: list[str], period: str, out: Path) -> None:
    """One papermill process and one nbconvert process a district, as people write it today."""
    notebook = ROOT / "notebooks" / "district_report.ipynb"
    for code in districts:
        executed = out / f"{code}.ipynb"
        parameters = ["-p", "zone", str(ZONE), "-r", "district", code, "-p", "period", period]
        run([str(BIN / "papermill"), str(notebook), str(executed), *parameters, "--cwd", str(notebook.parent)])
        run([str(BIN / "jupyter"), "nbconvert", "--to", "html", "--no-input", str(executed)])


def ours(districts: list[str], period: str, out: Path) -> None:
    """One `govkit report` for the same districts."""
    chosen = [part for code in districts for part in ("--district", code)]
    options = ["--period", period, "--notebook", "district_report", "--to", "html", "--out", str(out)]
    run([sys.executable, "-m", "govkit", "report", str(ZONE), *options, *chosen])


def run(command: list[str]) -> None:
    """Run a command in the project's folder; a failure stops the benchmark."""
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seconds(way: Callable[[list[str], str, Path], None], districts: list[str], period: str) -> float:
    """Time one way from start to finish; every district must have left an HTML file."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        way(districts, period, Path(folder))
        elapsed = time.perf_counter() - started
        made = len([path for path in Path(folder).rglob("*.html") if path.name != "index.html"])
    if made < len(districts):
        sys.exit(f"{way.__name__}: only {made} of {len(districts)} reports were made")
    return elapsed


def main() -> None:
    """Run both ways in turn and print seconds and ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--districts", type=int, default=23)
    arguments = parser.parse_args()
    zone = open_zone(ZONE)
    districts = list(zone.districts["code"][: arguments.districts])
    period = zone.settings.periods[-1].id
    times: dict[str, list[float]] = {"plain": [], "govkit": []}
    for number in range(arguments.rounds):
        for name, way in (("plain", plain), ("govkit", ours)):
            times[name].append(seconds(way, districts, period))
            print(f"round {number + 1} {name}: {times[name][-1]:.1f} s", flush=True)
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{len(districts)} districts, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name, median in medians.items():
        print(f"{name}: median {median:.1f} s, {median / len(districts):.2f} s a report")
    print(f"ratio plain / govkit: {medians['plain'] / medians['govkit']:.1f}")


if __name__ == "__main__":
    main()
