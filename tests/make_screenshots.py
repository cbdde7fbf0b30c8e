"""Take the screenshots that tests/test_maps_screenshots.py compares with: look at each before it is committed.

python tests/make_screenshots.py [VIEW …]
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from browser import started_browser
from map_browser import open_view
from map_kinds import FOLDER, VIEWS, small

MOST_BYTES = 40_000


def main() -> None:
    """Take those asked for, or all."""
    FOLDER.mkdir(exist_ok=True)
    with started_browser() as browser, TemporaryDirectory() as folder:
        for name in sys.argv[1:] or VIEWS:
            with open_view(browser, name, Path(folder)) as frame:
                out = BytesIO()
                small(frame.page.screenshot()).save(out, "PNG", optimize=True)
            if len(out.getvalue()) > MOST_BYTES:
                raise SystemExit(f"{name}: {len(out.getvalue())} bytes are too many")
            (FOLDER / f"{name}.png").write_bytes(out.getvalue())
            sys.stdout.write(f"{name}: {len(out.getvalue()):,} bytes\n")


if __name__ == "__main__":
    main()
