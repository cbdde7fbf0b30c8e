"""Daoli district reports by one worker and by two, on this machine and through a Dask cluster.

    python benchmarks/scaling.py [--districts 23] [--rounds 3]

`govkit report` of HTML with `--jobs 1` and `--jobs 2`, and with `--cluster local:1` and `--cluster local:2`, in turns
on the same machine, each into an empty folder. What counts is the ratio of the medians from one worker to two; a run
that leaves a report out stops the benchmark. Two times are told: whole runs from command to prompt, whose start no
second worker makes shorter, so that it weighs less the more districts there are; and the seconds a report once they
come, from the first to the last, which is what a large batch costs.
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
from collections.abc import Sequence
from pathlib import Path

from govkit import open_zone

ROOT = Path(__file__).parents[1]
ZONE = ROOT / "data" / "daoli"
# Each way with one worker and with two.
WAYS = {"--jobs": ("1", "2"), "--cluster": ("local:1", "local:2")}


def seconds(districts: Sequence[str], out: Path, *way: str) -> tuple[float, float]:
    """Time one run from command to prompt, and a report once they come; every district must have its page."""
    chosen = [part for code in districts for part in ("--district", code)]
    options = ["--notebook", "district_report", "--to", "html", "--out", str(out)]
    command = [sys.executable, "-m", "govkit", "report", str(ZONE), *options, *chosen, *way, "--json"]
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        came = [time.perf_counter() for line in run.stdout or () if b'"report"' in line]
    elapsed = time.perf_counter() - started
    missing = [code for code in districts if not list(out.glob(f"{code}-*.html"))]
    if missing:
        sys.exit(f"{' '.join(way)}: no report of {', '.join(missing)}")
    return elapsed, (came[-1] - came[0]) / max(len(came) - 1, 1)


def main() -> None:
    """Run the ways in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--districts", type=int, default=23)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    districts = list(open_zone(ZONE).districts["code"][: arguments.districts])
    times: dict[tuple[str, str], list[tuple[float, float]]] = {
        (way, each): [] for way, pair in WAYS.items() for each in pair
    }
    for _ in range(arguments.rounds):
        for way, found in times.items():
            with tempfile.TemporaryDirectory() as out:
                found.append(seconds(districts, Path(out), *way))
            print(f"{' '.join(way)}: {found[-1][0]:.1f} s, {found[-1][1]:.2f} s a report once they come", flush=True)
    cores = len(os.sched_getaffinity(0))
    print(f"{len(districts)} districts, {arguments.rounds} rounds, {cores} cores, Python {platform.python_version()}")
    for way, (one, two) in WAYS.items():
        for place, what in enumerate(("whole run", "a report once they come")):
            first, second = (statistics.median(each[place] for each in times[way, workers]) for workers in (one, two))
            print(f"{way} {one} / {two}, {what}: {first:.2f} / {second:.2f} s, ratio {first / second:.2f}")


if __name__ == "__main__":
    main()
