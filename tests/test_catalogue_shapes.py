"""Whatever stands in the wrong place of a standard or scheme, its writer is told in words, never by a traceback."""

import contextlib
import copy
import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from govkit import catalogue
from govkit.analysis.ledgers import problem_rules
from govkit.analysis.score import scheme
from govkit.analysis.standards import fund_norms, ladder, plan, standard_file, targets, yardsticks
from govkit.errors import CatalogueError, GovkitError

DOCUMENT = (Path(__file__).parents[1] / "docs" / "new-zone.md").read_text(encoding="utf-8")
FORMATS = DOCUMENT[DOCUMENT.index("## 标准文件的写法") :]
READERS: dict[str, Callable[..., Any]] = {
    "standard": standard_file.read_standard,
    "fund_norms": fund_norms.read_fund_norms,
    "ladder": ladder.read_ladder,
    "plan": plan.read_plan,
    "yardsticks": yardsticks.read_yardsticks,
    "targets": targets.read_targets,
    "problem_rules": problem_rules.read_own_rules,
}
FILES = [
    (READERS[raw["type"]], raw)
    for raw in map(tomllib.loads, re.findall(r"```toml\n(.*?)```", FORMATS, re.DOTALL))
    if "type" in raw
]
# A scheme with everything a scheme may have.
WHOLE = {
    **catalogue.load("schemes/daoli_333"),
    "weighting": "combined",
    "combination": {"method": "sum", "given": 0.5, "ahp": 0.5},
    "pairwise": [{"parent": "grids", "order": ["grid_layout", "grid_matters"], "matrix": [[1, 3], ["1/3", 1]]}],
    "vetoes": [{"id": "v", "label": "甲", "measure": "overdue_matters", "cap": 50, "at_least": 0.3}],
    "adjustments": [{"id": "a", "label": "乙", "measure": "meetings_per_unit", "points": 1, "at_least": 4}],
}
FILES.append((scheme.read_scheme, WHOLE))
WRONG = ["x", 5, True, [], ["x"], [5], {}, [{}], dt.date(2020, 1, 1), -1, float("nan")]
Place = tuple[Any, ...]


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Yield the place of every value of a file, of arrays the first two entries."""
    if above:
        yield above
    inside = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*above, key))


def changed(raw: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    copied = copy.deepcopy(raw)
    at: Any = copied
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return copied


@pytest.mark.parametrize(("read", "raw"), FILES, ids=[read.__name__ for read, _ in FILES])
def test_a_value_of_the_wrong_kind_is_told_and_never_stops_the_reader(read: Callable[..., Any], raw: Any) -> None:
    refused = 0
    for place in places(raw):
        for value in WRONG:
            with contextlib.suppress(GovkitError):
                read("file", changed(raw, place, value), where="file.toml")
                continue
            refused += 1
    assert refused > 20


@pytest.mark.parametrize(("read", "raw"), FILES, ids=[read.__name__ for read, _ in FILES])
def test_the_files_are_read_as_they_stand(read: Callable[..., Any], raw: Any) -> None:
    assert read("file", raw, where="file.toml").title == raw["title"]


@pytest.mark.parametrize("key", ["title", "items"])
def test_a_value_that_is_no_text_or_no_table_is_named(key: str) -> None:
    read, raw = FILES[0]
    with pytest.raises(CatalogueError, match=f"{key} 的类型不对，现在是 5"):
        read("file", {**raw, key: 5}, where="file.toml")
