"""Change one cell of a demo file at a time, and count the changes that no table, finding or account of cells notices.

    python benchmarks/metamorphic.py [--zone daoli …] [--table funds …] [--many 2] [--seed 1] [--seconds 600]

Every file of the zones is taken in turn: numbers, texts, dates, number formats, merged and hidden and struck-out cells,
comments, invisible signs, cells beyond the last head, added columns, footnotes, renamed heads and fields, ``many`` of
each kind. A change may not be absorbed wrongly either: a number must be as many times what it was in the table as in
the file, what leaves the values as they are may change none, and a merged amount is nobody else's. The zones' files
are changed in a copy.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from cell_changes import Change, changed_layers, changed_lines, changed_workbooks, noticed, read, with_only, wrongly

from govkit.errors import SourceError
from govkit.intake.formats.delimited import detect_encoding
from govkit.zone.opening import zone_folders
from govkit.zone.settings import read_zone_settings

ROOT = Path(__file__).parents[1]


def changes(path: Path, *, many: int, seed: int) -> Iterator[Change]:
    """Yield the changes of a file of any kind."""
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        yield from changed_workbooks(path, many=many, seed=seed)
    elif suffix == ".csv":
        yield from changed_lines(path, many=many, seed=seed, encoding=detect_encoding(path.read_bytes()))
    elif suffix == ".shp":
        yield from changed_layers(path, many=many, seed=seed, encoding="GBK")


def tried(
    zone: Path, tables: Collection[str], *, many: int, seed: int, until: float, cache: Path
) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Return how many changes of each kind were noticed by what, and those unnoticed or absorbed wrongly."""
    settings = read_zone_settings(zone)
    counts: Counter[tuple[str, str]] = Counter()
    missed: list[str] = []
    for table, source in settings.sources.items():
        if tables and table not in tables:
            continue
        if time.monotonic() > until:
            break
        sources = with_only(dict(settings.sources), table)
        options = {"code_system": settings.code_system, "code_vintage": settings.code_vintage, "cache": cache}
        before = read(zone, sources, settings.code, settings.metric_crs, **options)
        tried_before, began = sum(counts.values()), time.monotonic()
        for change in changes(zone / source.path, many=many, seed=seed):
            try:
                after = read(zone, sources, settings.code, settings.metric_crs, **options)
                by, wrong = noticed(before, after, table), wrongly(before, after, table, change)
            except SourceError:
                by, wrong = "refused", ""
            if change.kind == "none":
                before = after
                continue
            by = "ABSORBED WRONGLY" if wrong else by or "UNNOTICED"
            counts[change.kind, by] += 1
            if by.isupper():
                missed.append(f"{by}: {zone.name} {source.path} {change.kind} {change.where} {wrong}")
                print(missed[-1], file=sys.stderr, flush=True)
        seconds = time.monotonic() - began
        print(f"{zone.name} {source.path}: {sum(counts.values()) - tried_before} changes, {seconds:.0f} s", flush=True)
    return counts, missed


def main() -> None:
    """Print the changes tried by kind, by what they were noticed, and those unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zone", nargs="*", default=[path.name for path in zone_folders(ROOT / "data")])
    parser.add_argument("--table", nargs="*", default=[])
    parser.add_argument("--many", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600)
    args = parser.parse_args()
    until = time.monotonic() + args.seconds
    counts: Counter[tuple[str, str]] = Counter()
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        for zone in args.zone:
            copy = Path(name) / zone
            shutil.copytree(ROOT / "data" / zone, copy)
            cache = Path(name) / "cache"
            found, lost = tried(copy, args.table, many=args.many, seed=args.seed, until=until, cache=cache)
            counts, missed = counts + found, missed + lost
    for kind in sorted({kind for kind, _ in counts}):
        by = {how: number for (one, how), number in counts.items() if one == kind}
        print(f"{kind:16}" + "  ".join(f"{how} {number}" for how, number in sorted(by.items())))
    print(f"{sum(counts.values())} changes tried, {len(missed)} unnoticed or absorbed wrongly")
    print("\n".join(missed))


if __name__ == "__main__":
    main()
