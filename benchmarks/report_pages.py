"""Pages of the five zones' reports: the body of each against its limit, and pages more than two fifths blank.

    python benchmarks/report_pages.py                 # makes one report a zone, its overview and bulletin
    python benchmarks/report_pages.py FOLDER ...      # measures reports that are there already

The body is what lies before 附件; a bulletin has none and counts whole. Blank shares are measured on the pages as
pdftoppm draws them; pages before a chapter that starts its own, and the last, have a reason.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pypdf
from PIL import Image

ROOT = Path(__file__).parents[1]
ZONES = {"daoli": "street", "huangpi": "street", "xiangfang": "street", "xianning": "county", "qingyang": "county"}
LIMITS = {"street": 12, "county": 20, "overview": 16, "bulletin": 8}
MOST_BLANK, TOP, FOOT, HEIGHT = 0.4, 37.0, 35.0, 297.0


def body_pages(path: Path) -> int:
    """Return how many pages lie between the first chapter and the annex, by the outline of the file."""
    reader = pypdf.PdfReader(path)
    starts = {
        str(one.title): reader.get_destination_page_number(one) for one in reader.outline if not isinstance(one, list)
    }
    first = min((page for page in starts.values() if page is not None), default=0)
    annex = next((page for title, page in starts.items() if title.startswith(("附件", "Annex"))), None)
    return (len(reader.pages) if annex is None else annex) - first


def blank_pages(path: Path) -> list[int]:
    """Return the pages, from 1, of which more than two fifths of the block lie below the last ink."""
    found = []
    with tempfile.TemporaryDirectory() as place:
        command = ["pdftoppm", "-r", "36", "-gray", str(path), f"{place}/page"]
        subprocess.run(command, check=True, capture_output=True)
        for number, drawn in enumerate(sorted(Path(place).glob("page*")), start=1):
            with Image.open(drawn) as picture:
                page = np.asarray(picture)
            block = page[round(len(page) * TOP / HEIGHT) : round(len(page) * (1 - FOOT / HEIGHT))]
            inked = np.flatnonzero((block < 200).any(axis=1))
            if not len(inked) or 1 - (inked[-1] + 1) / len(block) > MOST_BLANK:
                found.append(number)
    return found


def measured(folder: Path, kind: str) -> None:
    """Print a line for each report of a folder."""
    for path in sorted(folder.glob("*.pdf")):
        if path.stem.endswith(("要点", "摘报")):
            continue
        pages, limit = body_pages(path), LIMITS.get(path.stem, LIMITS[kind])
        verdict = "ok" if pages <= limit else "TOO LONG"
        size = path.stat().st_size / 2**20
        print(
            f"{path.stem}: body {pages} of {limit} {verdict}, {size:.1f} MB, blank pages {blank_pages(path) or 'none'}"
        )


def made(zone: str, folder: Path) -> None:
    """Make a zone's overview, its bulletin and the report of its first unit."""
    from govkit.zone.opening import read_zone

    first = str(read_zone(ROOT / "data" / zone).districts["code"].iloc[0])
    base = [sys.executable, "-m", "govkit", "report", str(ROOT / "data" / zone), "--to", "pdf", "--out", str(folder)]
    subprocess.run([*base, "--notebook", "district_report", "--district", first], check=True)
    subprocess.run([*base, "--notebook", "zone_overview", "--notebook", "bulletin"], check=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        for given in sys.argv[1:]:
            measured(Path(given), "county")
    else:
        for name, level in ZONES.items():
            with tempfile.TemporaryDirectory() as place:
                made(name, Path(place))
                print(name)
                measured(Path(place), level)
