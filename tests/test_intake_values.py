"""Cells to values."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govkit.intake.reading.schema import Column
from govkit.intake.values.dates import parse_date
from govkit.intake.values.values import parse


def one(text: str | None, kind: str, **options: object) -> tuple[object, str]:
    """The value and the rule of a single cell."""
    unit = str(options.pop("unit", ""))
    values = str(options.pop("values", ""))
    column = Column("x", "栏", kind, unit=unit, values=values)
    parsed = parse(pd.Series([text], dtype="str"), column, **options)  # type: ignore[arg-type]
    return parsed.values.iloc[0], parsed.rule.iloc[0]


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [
        ("12", "", 12.0),
        ("１２．５", "", 12.5),
        ("1,234.5", "", 1234.5),
        ("1，234，567", "", 1234567.0),
        ("12、345", "", 12345.0),
        ("1.2万", "yuan", 12000.0),
        ("3亿元", "yuan", 300000000.0),
        ("85%", "fraction", 0.85),
        ("5‰", "fraction", 0.005),
        ("120㎡", "m2", 120.0),
        ("2亩", "m2", 2 * 10000 / 15),
        ("(1,200)", "yuan", -1200.0),
        ("-3", "", -3.0),
    ],
)
def test_a_number_is_read_in_the_ways_bureaus_write_it(text: str, unit: str, amount: float) -> None:
    value, rule = one(text, "number", unit=unit)
    assert (value, rule) == (pytest.approx(amount), "")


@pytest.mark.parametrize("text", ["约100", "100以上", "1/2", "12 34", "一百", "12㎡", "inf", "1,23,4"])
def test_a_number_that_cannot_be_read_for_sure_is_not_guessed(text: str) -> None:
    value, rule = one(text, "number", unit="yuan")
    assert pd.isna(value)
    assert rule == ("two_numbers" if "/" in text else "unreadable_number")


@pytest.mark.parametrize("kind", ["text", "code", "integer", "number", "date", "datetime", "choice", "longitude"])
@pytest.mark.parametrize("mark", ["—", "－", "无", "/", "N/A", "暂无", None])
def test_a_missing_mark_is_missing_and_no_defect(kind: str, mark: str | None) -> None:
    value, rule = one(mark, kind, values="level")
    assert pd.isna(value)
    assert rule == ""


def test_the_header_unit_scales_a_number_but_a_unit_in_the_cell_outweighs_it() -> None:
    assert one("1.5", "number", unit="yuan", scale=10000.0)[0] == pytest.approx(15000)
    assert one("300元", "number", unit="yuan", scale=10000.0)[0] == pytest.approx(300)


def test_a_whole_amount_in_ten_thousands_is_an_integer_and_a_fraction_of_a_person_is_not() -> None:
    assert one("1.2万", "integer", unit="人") == (12000, "")
    assert one("12.5", "integer", unit="人")[1] == "not_integer"


def test_a_decimal_comma_is_read_where_the_file_uses_it() -> None:
    assert one("1.234,5", "number", decimal=",")[0] == 1234.5


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2019.5", "2019-05-01"),
        ("2019年5月", "2019-05-01"),
        ("20190501", "2019-05-01"),
        ("201905", "2019-05-01"),
        ("43586", "2019-05-01"),
        ("43586.5", "2019-05-01 12:00"),
        ("2019/5/1", "2019-05-01"),
        ("2019.05.01", "2019-05-01"),
        ("2019年5月1日", "2019-05-01"),
        ("２０１９－０５－０１", "2019-05-01"),
        ("二〇一九年五月一日", "2019-05-01"),
        ("二○一九年十二月二十五日", "2019-12-25"),
        ("2019-05-01T08:30:00", "2019-05-01 08:30"),
        ("2019/5/1 8:30", "2019-05-01 08:30"),
        ("2019年5月1日8时30分", "2019-05-01 08:30"),
        ("2019-05-01 下午3:05", "2019-05-01 15:05"),
        ("2019-05-01T00:30:00Z", "2019-05-01 08:30"),
        ("2019-05-01T08:30:00+08:00", "2019-05-01 08:30"),
        ("20190501083000", "2019-05-01 08:30"),
        ("2019年", "2019-01-01"),
    ],
)
def test_a_date_is_read_in_the_ways_bureaus_write_it(text: str, moment: str) -> None:
    rule = {"2019年": "year_as_date"}.get(text, "month_as_date" if text in {"2019.5", "2019年5月", "201905"} else "")
    assert one(text, "datetime") == (pd.Timestamp(moment), rule)


@pytest.mark.parametrize("text", ["2019-13-01", "2019-02-30", "18.5.3", "去年5月", "5月3日", "abc"])
def test_a_date_that_is_none_is_unreadable(text: str) -> None:
    assert one(text, "date")[1] == "unreadable_date"


def test_a_date_column_keeps_no_time_of_day() -> None:
    assert one("2019-05-01 08:30", "date")[0] == pd.Timestamp("2019-05-01")


def test_a_year_beyond_belief_is_flagged() -> None:
    assert one("2109-05-01", "date")[1] == "implausible_date"


def test_a_month_that_excel_may_have_cut_from_ten_to_one_is_flagged() -> None:
    assert one("2019.1", "date") == (pd.Timestamp("2019-01-01"), "ambiguous_october")
    assert one("2019.10", "date") == (pd.Timestamp("2019-10-01"), "month_as_date")


@given(st.dates(dt.date(1950, 1, 1), dt.date(2049, 12, 31)), st.integers(0, 86399))
def test_every_moment_survives_being_written_and_read(day: dt.date, seconds: int) -> None:
    moment = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds)
    for shape in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S", "%Y%m%d%H%M%S"):
        assert parse_date(moment.strftime(shape)) == (moment, "")


@pytest.mark.parametrize(
    ("text", "answer"),
    [("是", True), ("√", True), ("Y", True), ("已落实", True), ("否", False), ("无", False), ("×", False)],
)
def test_yes_and_no_are_read(text: str, answer: bool) -> None:
    assert one(text, "boolean") == (answer, "")


def test_neither_yes_nor_no_is_flagged_and_a_dash_is_missing() -> None:
    assert one("大概", "boolean")[1] == "unreadable_boolean"
    assert pd.isna(one("—", "boolean")[0])
    assert one("—", "boolean")[1] == ""


def test_a_choice_is_found_by_label_alias_or_key() -> None:
    for text in ("医疗卫生站", "村 卫生室", "clinic"):
        assert one(text, "choice", values="facility_kind") == ("clinic", "")


def test_a_choice_outside_the_list_is_flagged() -> None:
    assert one("网吧", "choice", values="payment")[1] == "unknown_choice"


@pytest.mark.parametrize("text", ["2.30102E+11", "1.23e+11", "2.3010201900100102e+17"])
def test_a_code_in_scientific_notation_is_lost_and_said_to_be(text: str) -> None:
    value, rule = one(text, "code")
    assert pd.isna(value)
    assert rule == "mangled_code"


@pytest.mark.parametrize(
    ("text", "code", "rule"),
    [
        ("230102019001", "230102019001", ""),
        ("２３０１０２", "230102", ""),
        ("230102019001.0", "230102019001", "code_with_decimals"),
        ("'0012", "0012", ""),
        ("230102 019 001", "230102019001", ""),
        ("ABc-1", "ABc-1", ""),
    ],
)
def test_a_code_is_text_and_keeps_its_zeros_and_letters(text: str, code: str, rule: str) -> None:
    assert one(text, "code") == (code, rule)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("126.5358", 126.5358),
        ("126°32′9″", 126.53583),
        ("东经126度32分", 126.53333),
        ("E126.5358°", 126.5358),
        ("126°32'9\"E", 126.53583),
    ],
)
def test_a_coordinate_is_read_in_degrees_or_minutes_and_seconds(text: str, degrees: float) -> None:
    assert one(text, "longitude") == (pytest.approx(degrees, abs=1e-5), "")


@pytest.mark.parametrize("text", ["126°75′", "太平村东头", "126.53.58"])
def test_a_coordinate_that_is_none_is_flagged(text: str) -> None:
    assert one(text, "longitude")[1] == "unreadable_coordinate"


@pytest.mark.parametrize("kind", ["text", "code", "number", "date", "choice", "longitude", "boolean"])
def test_a_failed_formula_is_never_a_value(kind: str) -> None:
    value, rule = one("#REF!", kind, values="level")
    assert pd.isna(value)
    assert rule == "cell_error"


def test_a_text_that_begins_with_a_number_sign_is_no_failed_formula() -> None:
    assert one("#3楼活动室", "text") == ("#3楼活动室", "")


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_integers_survive_thousands_separators(numbers: list[int]) -> None:
    cells = pd.Series([f"{number:,}" for number in numbers], dtype="str")
    assert parse(cells, Column("x", "栏", "integer")).values.tolist() == numbers
