"""District reports of a demonstration zone the usual ways, against `govkit report`.

    python benchmarks/batch.py [--zone xiangfang] [--rounds 1] [--districts 24] [--pdf] [--alone]

The ways run in turn on the same machine; what counts is the ratio of the medians, not the seconds. `plain`: one
`papermill` and one `jupyter nbconvert` process a district; `one process`: both called from one Python process. With
`--pdf` headless Chromium prints each page of the usual ways, and govkit makes PDF too. Then the same govkit run again
with nothing changed, and with one facility renamed. `--alone` leaves the usual ways out. Peak memory is the sum over
all of govkit's processes, shared pages counted once (PSS).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl

from govkit import open_zone

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
NOTEBOOK = ROOT / "notebooks" / "district_report.ipynb"
CHROMIUM = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), "")
ONE_PROCESS = """
import sys, papermill
from nbconvert.exporters import HTMLExporter
notebook, zone, period, out, *codes = sys.argv[1:]
for code in codes:
    made = f"{out}/{code}.ipynb"
    parameters = {"zone": zone, "district": code, "period": period}
    papermill.execute_notebook(notebook, made, parameters, cwd=notebook.rpartition("/")[0], progress_bar=False)
    page, _ = HTMLExporter(exclude_input=True).from_filename(made)
    open(f"{out}/{code}.html", "w", encoding="utf-8").write(page)
"""

Way = Callable[[Path, list[str], str, Path, bool], None]


def plain(zone: Path, districts: list[str], period: str, out: Path, pdf: bool) -> None:
    """One papermill process and one nbconvert process a district, as people write it today."""
    for code in districts:
        executed = out / f"{code}.ipynb"
        parameters = ["-p", "zone", str(zone), "-r", "district", code, "-r", "period", period]
        run([str(BIN / "papermill"), str(NOTEBOOK), str(executed), *parameters, "--cwd", str(NOTEBOOK.parent)])
        run([str(BIN / "jupyter"), "nbconvert", "--to", "html", "--no-input", str(executed)])
    printed(out, pdf)


def one_process(zone: Path, districts: list[str], period: str, out: Path, pdf: bool) -> None:
    """Papermill and nbconvert called for every district from one Python process."""
    run([sys.executable, "-c", ONE_PROCESS, str(NOTEBOOK), str(zone), period, str(out), *districts])
    printed(out, pdf)


def printed(out: Path, pdf: bool) -> None:
    """Have headless Chromium print every page."""
    for page in out.glob("*.html") if pdf else ():
        quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        run([CHROMIUM, *quiet, f"--print-to-pdf={page.with_suffix('.pdf')}", page.as_uri()])


def ours(zone: Path, districts: list[str], period: str, out: Path, pdf: bool) -> None:
    """One `govkit report` for the same districts."""
    chosen = [part for code in districts for part in ("--district", code)]
    options = ["--period", period, "--notebook", "district_report", "--to", "html,pdf" if pdf else "html"]
    run([sys.executable, "-m", "govkit", "report", str(zone), *options, "--out", str(out), *chosen])


def run(command: list[str]) -> None:
    """Run a command in the project's folder; a failure stops the benchmark."""
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seconds(way: Way, zone: Path, districts: list[str], period: str, out: Path, *, pdf: bool) -> float:
    """Time one way from start to finish; every district must have left its files."""
    started = time.perf_counter()
    way(zone, districts, period, out, pdf)
    elapsed = time.perf_counter() - started
    for kind in ("html", "pdf") if pdf else ("html",):
        made = len([path for path in out.rglob(f"*.{kind}") if path.name != "index.html"])
        if made < len(districts):
            sys.exit(f"{way.__name__}: only {made} of {len(districts)} {kind} reports were made")
    return elapsed


class Memory:
    """The largest sum of PSS over all processes below this one, looked at several times a second."""

    def __enter__(self) -> Memory:
        self.peak_mb, self._over = 0.0, threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.3):
            self.peak_mb = max(self.peak_mb, sum(map(pss_mb, below(os.getpid()))))


def below(parent: int) -> Iterable[int]:
    """Yield the ids of all processes started by one, and by those."""
    for path in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            children = [int(one) for one in path.read_text(encoding="ascii").split()]
        except OSError:
            continue
        for child in children:
            yield child
            yield from below(child)


def pss_mb(process: int) -> float:
    """Return a process's share of memory; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def made(out: Path) -> list[float]:
    """Return the seconds of each report that the last run made, as its manifest has them."""
    reports = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["reports"]
    return [one["seconds"] for one in reports if one["status"] == "done"]


def rename_a_facility(zone: Path) -> None:
    """Change one cell of the facility ledger: no score moves."""
    path = zone / "设施台账.xlsx"
    book = openpyxl.load_workbook(path)
    cell = book.worksheets[0].cell(row=100, column=2)
    cell.value = f"{cell.value}（新）"
    book.save(path)


def main() -> None:
    """Run the ways in turn and print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zone", default="xiangfang")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--districts", type=int, default=24)
    parser.add_argument("--pdf", action="store_true")
    parser.add_argument("--alone", action="store_true")
    arguments = parser.parse_args()
    source = ROOT / "data" / arguments.zone
    opened = open_zone(source)
    districts, period = list(opened.districts["code"][: arguments.districts]), opened.settings.periods[-1].id
    rivals: dict[str, Way] = {} if arguments.alone else {"plain": plain, "one process": one_process}
    names = [*rivals, "govkit", "nothing changed", "one row changed"]
    times: dict[str, list[float]] = {name: [] for name in names}
    peak, alone = 0.0, list[float]()
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as root:
            zone = shutil.copytree(source, Path(root) / source.name)

            def timed(name: str, way: Way, root: str = root, zone: Path = zone) -> None:
                out = Path(root) / way.__name__
                out.mkdir(exist_ok=True)
                times[name].append(seconds(way, zone, districts, period, out, pdf=arguments.pdf))
                print(f"{name}: {times[name][-1]:.1f} s", flush=True)

            for name, way in rivals.items():
                timed(name, way)
            with Memory() as memory:
                timed("govkit", ours)
            peak = max(peak, memory.peak_mb)
            timed("nothing changed", ours)
            rename_a_facility(zone)
            timed("one row changed", ours)
            alone += made(Path(root) / ours.__name__)
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{len(districts)} districts of {arguments.zone}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name, median in medians.items():
        print(f"{name}: median {median:.2f} s, {median / len(districts):.2f} s a report")
    for name in rivals:
        print(f"ratio {name} / govkit: {medians[name] / medians['govkit']:.1f}")
    print(f"a report made alone, after one row has changed: {statistics.median(alone):.2f} s ({len(alone)} made)")
    print(f"peak memory of govkit: {peak:.0f} MB")


if __name__ == "__main__":
    main()
