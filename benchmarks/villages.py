"""Load and resolve all villages of the country, with the code as it is and as an earlier commit had it, in turns.

    python benchmarks/villages.py LIST TOWNS [--against 55f9e94] [--repeat 3]

``LIST`` and ``TOWNS`` are files with the columns ``code`` and ``name`` (12-digit codes of villages, 9-digit ones of
townships). Each reading is a process of its own; the earlier code is checked out into a folder of its own, which goes
afterwards. Printed is the processor time of each and the ratio of the medians. 55f9e94 is the state before every cell
had an owner.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
READ = """
import resource, sys, time
from pathlib import Path
from govkit.intake import Source, read_zone_tables
sources = {"units": Source("units", "units.csv"), "services": Source("services", "services.csv")}
began = time.process_time()
found = read_zone_tables(Path(sys.argv[1]), sources, code="", metric_crs="EPSG:4526")
taken = time.process_time() - began
print(len(found.tables["services"]), taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def write(folder: Path, villages: Path, towns: Path) -> int:
    """Write the units and one service row a village; return how many villages there are."""
    below = pd.read_csv(villages, dtype="str")[["code", "name"]]
    above = pd.read_csv(towns, dtype="str")[["code", "name"]]
    above = above.assign(code=above["code"] + "000", level="街道", kind="镇")
    every = pd.concat([above, below.assign(level="社区", kind="村")]).drop_duplicates("code")
    every.columns = ["单元代码", "单元名称", "层级", "类型"]
    every.to_csv(folder / "units.csv", index=False, encoding="utf-8")
    served = pd.DataFrame({"单元代码": below["code"], "月份": "2023-01", "服务事项": "代办", "申请件数": 1})
    served.to_csv(folder / "services.csv", index=False, encoding="utf-8")
    return len(below)


def seconds(code: Path, folder: Path, wanted: int) -> float:
    """Return the processor time one reading takes with the code of a folder."""
    command = [sys.executable, "-c", READ, str(folder)]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(code)},
    )
    rows, taken, megabytes = run.stdout.split()
    assert int(rows) == wanted, f"{rows} of {wanted} rows resolved"
    print(f"{code.name:12} {float(taken):6.2f} s  {float(megabytes):6.0f} MB", flush=True)
    return float(taken)


def main() -> None:
    """Print each reading, and how many times the earlier time the present code takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("villages", type=Path)
    parser.add_argument("towns", type=Path)
    parser.add_argument("--against", default="55f9e94")
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, before = Path(name), Path(name) / args.against
        subprocess.run(["git", "worktree", "add", "-q", "--detach", str(before), args.against], check=True, cwd=ROOT)
        try:
            many = write(folder, args.villages, args.towns)
            turns = [(seconds(before, folder, many), seconds(ROOT, folder, many)) for _ in range(args.repeat)]
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(before)], check=True, cwd=ROOT)
    then, now = (statistics.median(one) for one in zip(*turns, strict=True))
    print(f"{many:,} villages: {now:.2f} s, at {args.against} {then:.2f} s: {now / then:.2f} times")


if __name__ == "__main__":
    main()
