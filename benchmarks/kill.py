"""A batch killed again and again at random moments: every file whole, and in the end the tree of an undisturbed run.

    python benchmarks/kill.py [--kills 200] [--seed 1]

Each round starts `govkit report` on a small zone, kills its processes with SIGKILL after a random time, and looks at
every file. After the last kill the run is let through, and its documents are compared with an undisturbed run's.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from three_towns import CELLS, OVERVIEW, write_notebook, write_zone  # noqa: E402

from govkit.files import sha256  # noqa: E402

# What differs from run to run by its nature: times, and the lock.
PASSING = {"manifest.json", "index.html", "last-run", "lock"}


def command(root: Path, out: Path) -> list[str]:
    """The run that is killed."""
    notebooks = [part for name in ("own", "whole") for part in ("--notebook", str(root / f"{name}.ipynb"))]
    return [sys.executable, "-m", "govkit", "report", str(root / "zone"), *notebooks, "--out", str(out), "--wait"]


def prepare(root: Path) -> None:
    """Write a zone of three towns and two notebooks."""
    write_zone(root / "zone")
    write_notebook(root / "own.ipynb", *CELLS)
    write_notebook(root / "whole.ipynb", *OVERVIEW, parameters='zone = ""\nperiod = ""')


def run(root: Path, out: Path, *, kill_after: float | None) -> bool:
    """Run once, killed after so many seconds (None: never); whether it was still running then."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command(root, out), stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        process.wait(kill_after)
    except subprocess.TimeoutExpired:
        # the first process alone: those it started have to notice by themselves
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return True
    if process.returncode:
        sys.exit(f"the run ended with {process.returncode}")
    return False


def broken(out: Path) -> list[str]:
    """Name every file of the tree that is not whole; half-written temporary files are not of the tree."""
    found = []
    for path in out.rglob("*"):
        if not path.is_file() or path.name.startswith(".govkit-") or path.name == "lock":
            continue
        content = path.read_bytes()
        ends = {".html": b"</html>", ".pdf": b"%%EOF"}.get(path.suffix)
        try:
            if ends and not content.rstrip().endswith(ends):
                found.append(path.name)
            if path.suffix in {".json", ".ipynb"}:
                json.loads(content)
        except ValueError:
            found.append(path.name)
    return found


def tree(out: Path) -> dict[str, str]:
    """Return the SHA-256 of every document and executed notebook."""
    files = [path for path in out.rglob("*") if path.is_file() and path.name not in PASSING]
    return {path.relative_to(out).as_posix(): sha256(path) for path in files if ".govkit" not in path.parts}


def main() -> None:
    """Kill, look, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        prepare(root)
        started = time.monotonic()
        run(root, root / "calm", kill_after=None)
        seconds = time.monotonic() - started
        killed = finished = 0
        while killed < options.kills:
            if run(root, root / "killed", kill_after=chance.uniform(0, seconds)):
                killed += 1
            else:  # it got through: begin again with a report missing, so that there is work to do
                finished += 1
                chance.choice(sorted((root / "killed").glob("*.html"))).unlink()
            if damaged := broken(root / "killed"):
                sys.exit(f"after kill {killed}: not whole: {damaged}")
        run(root, root / "killed", kill_after=None)
        killed_tree, calm_tree = tree(root / "killed"), tree(root / "calm")
        same = killed_tree == calm_tree
        if not same:
            print("not the same:", sorted({name for name, _ in killed_tree.items() ^ calm_tree.items()}))
        print(f"{killed} kills, {finished} runs got through in between; every file whole; same tree in the end: {same}")
        sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
