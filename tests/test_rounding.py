"""Numbers are shown half away from zero everywhere, as a spreadsheet does: Python's own formats round to even."""

import ast
import re
from pathlib import Path

import pytest

from govkit.rounding import fixed, half_away, percent

PACKAGE = Path(__file__).parents[1] / "govkit"
# Coordinates of drawings, codes of places, sizes of files and seconds: nobody reckons with them.
NOT_FIGURES = {
    "cli.py", "display/charts/vector.py", "display/maps/sheet/symbols.py", "display/maps/sheet/thumbnail.py",
    "display/maps/web/qgis_style.py", "documents/check/map.py", "documents/html/environment.py",
    "batch/record/progress.py", "intake/formats/kml.py", "intake/formats/workbook.py", "intake/templates/checks.py",
    "rounding.py", "zone/logo.py",
}  # fmt: skip
ROUNDED_TO_EVEN = re.compile(r"\.[^.]*[f%]$")


def formats(path: Path) -> list[str]:
    """Every f-string of a file whose format rounds by itself; that of a date or of significant digits does not."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = ast.unparse(node.format_spec)[2:-1]
            if ROUNDED_TO_EVEN.search(spec):
                found.append(f"{ast.unparse(node.value)}:{spec}")
    return found


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).as_posix() not in NOT_FIGURES],
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_no_figure_is_rounded_half_to_even(path: Path) -> None:
    # Five decimals are a place's name, not its measure.
    assert [one for one in formats(path) if not one.endswith(":.5f")] == []


def test_halves_go_away_from_zero() -> None:
    assert (percent(5 / 16, 1), percent(0.125), fixed(0.5), fixed(2.5), fixed(-2.5)) == ("31.3%", "13%", "1", "3", "-3")
    assert half_away(0.285 * 100) == 29
