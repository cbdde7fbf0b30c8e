"""Take away every source and every optional column of every demo zone in turn: who comes out worse without a word?

python benchmarks/deletions.py            # all demo zones, an hour on two cores
python benchmarks/deletions.py huangpi
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from deletions import deletions, unsaid  # noqa: E402

from govkit import open_zone  # noqa: E402


def main(names: list[str]) -> int:
    """Print for each zone how many deletions were tried and which made somebody worse in silence."""
    silent = 0
    for name in names or sorted(path.parent.name for path in (ROOT / "data").glob("*/zone.toml")):
        zone = open_zone(ROOT / "data" / name)
        tried = deletions(zone)
        found = unsaid(zone, zone.settings.periods[-1], tried)
        silent += len(found)
        print(f"{name}: {len(tried)} deletions, {len(found)} in silence", flush=True)
        for what, lines in found.items():
            print(f"  {what}: {'; '.join(lines[:3])}")
    return int(silent > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
