"""Tables: values become finished Chinese texts once, for every document."""

import datetime as dt

import pandas as pd
import pytest

from govkit.display.tables.table import MISSING, Column, make_table


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("integer", 178968, "178,968"),
        ("integer", 1999.7, "2,000"),
        ("number", 86.58, "86.6"),
        ("percent", 0.8504, "85.0"),
        ("percent", 0.0, "0.0"),
        ("code", "230102001000", "230102001000"),
        ("date", pd.Timestamp("2018-06-30"), "2018-06-30"),
        ("date", dt.date(2018, 6, 30), "2018-06-30"),
        ("mark", True, "✓"),
        ("mark", False, "×"),
        ("text", ("警务室", "宣传栏"), "警务室、宣传栏"),
        ("integer", pd.NA, MISSING),
        ("percent", float("nan"), MISSING),
        ("date", pd.NaT, MISSING),
        ("text", None, MISSING),
    ],
)
def test_a_value_becomes_the_text_of_its_kind(kind: str, value: object, text: str) -> None:
    assert Column("x", "列", kind).text(value) == text


def test_a_change_shows_its_sign_in_percentage_points() -> None:
    column = Column("x", "变化", "points", signed=True)
    assert [column.text(0.031), column.text(-0.2), column.shown_unit] == ["+3.1", "−20.0", "百分点"]


def test_hostile_text_is_escaped_everywhere_in_html() -> None:
    frame = pd.DataFrame({"a": ["<script>alert(1)</script>"]})
    page = make_table(frame, "<b>题", [Column("a", "<i>")], note="<u>", source="<s>").as_html()
    assert not any(tag in page for tag in ("<script>", "<b>", "<i>", "<u>", "<s>"))


def test_html_and_json_hold_the_same_cells() -> None:
    frame = pd.DataFrame({"name": ["太平村", "合计"], "rate": [0.5, 0.75]})
    table = make_table(
        frame,
        "表",
        [Column("name", "村"), Column("rate", "率", "percent")],
        emphasise=lambda row: row["name"] == "合计",
    )
    bundle = table._repr_mimebundle_()
    shown = bundle["application/vnd.govkit.table+json"]
    assert shown["rows"] == [["太平村", "50.0"], ["合计", "75.0"]]
    assert shown["emphasis"] == [1]
    assert all(text in bundle["text/html"] for row in shown["rows"] for text in row)


def test_grouped_columns_share_one_head_over_them() -> None:
    frame = pd.DataFrame({"a": [1], "b": [2], "c": [3]})
    columns = [Column("a", "村"), Column("b", "上期", group="得分"), Column("c", "本期", group="得分")]
    page = make_table(frame, "表", columns).as_html()
    assert '<th colspan="2" scope="colgroup">得分</th>' in page
    assert '<th rowspan="2" scope="col">村</th>' in page


def test_the_frame_is_not_changed() -> None:
    frame = pd.DataFrame({"a": [0.5, None]})
    before = frame.copy()
    make_table(frame, "表", [Column("a", "率", "percent")])
    pd.testing.assert_frame_equal(frame, before)
