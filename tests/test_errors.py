"""What a user reads when a name or a file is wrong."""

import pickle

import pytest

from govkit.errors import GovkitError, ReportError, StrictError, UnknownNameError, nearest


def test_an_error_says_what_where_allowed_and_what_to_do() -> None:
    text = str(GovkitError("表头缺列", where="设施台账.xlsx", allowed="建筑面积", todo="补上这一列。"))
    assert text.splitlines() == ["表头缺列", "  位置：设施台账.xlsx", "  允许：建筑面积", "  处理：补上这一列。"]


@pytest.mark.parametrize(
    "error",
    [
        ReportError("写不进去", where="a.pdf", todo="关掉它"),
        StrictError("严格模式"),
        UnknownNameError("报告期", "2018H3", ["2018H1", "2018H2"]),
    ],
    ids=["report", "strict", "unknown name"],
)
def test_an_error_crosses_a_process_border_unchanged(error: GovkitError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is type(error)
    assert (str(copy), copy.what, copy.todo) == (str(error), error.what, error.todo)


def test_an_unknown_name_is_answered_with_the_nearest_ones() -> None:
    text = str(UnknownNameError("街道", "群力", ["兆麟街道", "群力街道", "太平镇"]))
    assert "最接近的是：群力街道。" in text
    assert "可用的有 3 个" in text


def test_many_valid_names_are_cut_and_counted() -> None:
    text = str(UnknownNameError("街道", "某", [f"第{number}街道" for number in range(40)]))
    assert "可用的有 40 个" in text
    assert text.endswith("……")


@pytest.mark.parametrize(
    ("value", "names", "best"),
    [
        ("--perod", ["--period", "--district"], "--period"),
        ("太平", ["太阳岛镇", "太平镇"], "太平镇"),
        ("report", ["reprot", "list"], "reprot"),
    ],
    ids=["option", "part of a name", "letters swapped"],
)
def test_the_nearest_name_comes_first(value: str, names: list[str], best: str) -> None:
    assert nearest(value, names)[0] == best


def test_nothing_is_near_an_empty_value() -> None:
    assert nearest("", ["太平镇"]) == []
