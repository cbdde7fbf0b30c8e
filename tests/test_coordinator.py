"""The order of a batch: what takes longest is begun first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from govkit.batch.plan.coordinator import _longest_first
from govkit.batch.plan.jobs import Job


class Zone:
    """What the order is taken from."""

    def __init__(self, **tables: pd.DataFrame) -> None:
        self.tables = tables


def job(district: str) -> Job:
    return Job(Path("report.ipynb"), district, district, district, Path("report.ipynb"), {}, ("html",), Path())


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (
            Zone(grids=pd.DataFrame({"unit_code": ["230102002201", "230102002202", "230102001201", None]})),
            ["", "2", "1"],
        ),
        (Zone(), ["", "1", "2"]),
    ],
)
def test_the_whole_zone_comes_first_then_the_districts_with_most_grids(zone: Any, expected: list[str]) -> None:
    jobs = [job("230102001"), job("230102002"), job("")]
    assert [one.district[-1:] for one in _longest_first(zone, jobs)] == expected
