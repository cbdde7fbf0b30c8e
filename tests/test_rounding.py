"""Numbers are shown half away from zero everywhere, as a spreadsheet does: Python's own formats round to even."""

import ast
import re
from pathlib import Path

import pandas as pd
import pytest

from govkit.display.tables.table import Column, make_table
from govkit.rounding import fixed, half_away, parts_of, percent, stated_percent

PACKAGE = Path(__file__).parents[1] / "govkit"
# Coordinates of drawings, codes of places, sizes of files and seconds: nobody reckons with them.
NOT_FIGURES = {
    "cli.py", "display/charts/figure.py", "display/maps/sheet/symbols.py", "display/maps/sheet/thumbnail.py",
    "display/maps/web/handover.py", "documents/check/map.py", "documents/html/environment.py",
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
    assert stated_percent(0.985) == "98.5%"  # a line is printed as it is stated


@pytest.mark.parametrize(("parts", "total"), [
    ([66.667, 16.667, 14.433, 2.233], 100.0), ([1 / 3] * 3, 1.0), ([-0.26, 0.14, 0.18], 0.1), ([2.24, 2.24, 2.24], 6.8),
])  # fmt: skip
def test_parts_add_up_to_what_is_shown_of_the_whole(parts: list[float], total: float) -> None:
    rounded = parts_of(pd.Series(parts), total)
    assert rounded.sum() == pytest.approx(half_away(total, 1))
    assert (rounded - pd.Series(parts)).abs().max() < 0.15


def test_what_are_no_parts_of_a_whole_are_only_rounded() -> None:
    assert parts_of(pd.Series([1.25, 2.25]), 90.0).tolist() == [1.3, 2.3]
    assert parts_of(pd.Series([1.25, float("nan")]), float("nan")).iloc[0] == 1.3


def test_a_column_of_shares_adds_up_and_leaves_the_total_alone() -> None:
    frame = pd.DataFrame({"name": ["甲", "乙", "丙", "合计"], "share": [1 / 3, 1 / 3, 1 / 3, 1.0]})
    shares = Column("share", "占比", "percent", adds_up=True)
    table = make_table(frame, "表", [Column("name", "名"), shares], emphasise=lambda row: row["name"] == "合计")
    assert [row[1] for row in table.rows] == ["33.4", "33.3", "33.3", "100.0"]
