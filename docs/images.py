"""Make the README's pictures from a real run: `python docs/images.py` (needs pdftoppm from poppler-utils)."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from pathlib import Path

import nbformat

import govkit

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
DISTRICT, PAGE = "230102019", 5


def main() -> None:
    """Report one district and keep one page of its PDF and one of its maps."""
    with tempfile.TemporaryDirectory() as folder:
        _, out = govkit.report(
            ROOT / "data" / "daoli", districts=(DISTRICT,), notebooks=("district_report",), out=Path(folder)
        )
        pdf = next(out.glob(f"{DISTRICT}-*.pdf"))
        page = [str(PAGE), "-l", str(PAGE), "-r", "75", "-png", "-singlefile"]
        subprocess.run(["pdftoppm", "-f", *page, str(pdf), str(IMAGES / "report-page")], check=True)
        executed = nbformat.read(out / "notebooks" / f"{DISTRICT}.ipynb", as_version=4)
    pictures = [
        output.data["image/png"]
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    (IMAGES / "report-map.png").write_bytes(base64.b64decode(pictures[0]))


if __name__ == "__main__":
    main()
