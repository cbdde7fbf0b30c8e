"""Numbers that add up: half away from zero, changes of what is shown, parts that make their total."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govkit.display.tables.frames import quantity
from govkit.display.tables.table import Column
from govkit.display.words.phrases import fill
from govkit.rounding import fixed, half_away, parts_of


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (31.25, 1, "31.3"),
        (-31.25, 1, "-31.3"),
        (0.285 * 100, 0, "29"),
        (2.675, 2, "2.68"),
        (0.5, 0, "1"),
        (1.5, 0, "2"),
    ],
)
def test_a_half_goes_away_from_zero_as_in_a_spreadsheet(value: float, digits: int, text: str) -> None:
    assert fixed(value, digits) == text


def test_a_table_a_sentence_and_a_value_say_the_same() -> None:
    share = 5 / 16
    assert Column("a", "甲", kind="percent", digits=1).text(share) == "31.3"
    assert fill("{share:pct}", share=share) == quantity(share, "%") == "31.3%"
    assert Column("a", "甲", kind="integer").text(2.5) == fill("{n:int}", n=2.5) == "3"


@given(st.lists(st.floats(0.1, 1000), min_size=1, max_size=12))
def test_parts_make_their_total(values: list[float]) -> None:
    parts = pd.Series(values)
    shown = parts_of(parts, parts.sum())
    assert shown.sum() == pytest.approx(half_away(parts.sum(), 1), abs=1e-6)
    assert ((shown - parts).abs() < 0.1 + 1e-9).all()


def test_missing_parts_take_no_share() -> None:
    assert parts_of(pd.Series([60.04, float("nan"), 39.96]), 100.0).tolist()[0] == 60.0
