"""The workers' ladder: people by post and grade, those beside it, pay against its floor."""

from typing import Any

import pandas as pd
import pytest
from analysis_frames import FIRST, MARKET, RIVER, SECOND, STREET, TOWN, frame, units

from govkit.analysis.standards.ladder import (
    Ladder,
    grade_number,
    ladder_counts,
    load_ladder,
    off_ladder,
    pay_floor,
    read_ladder,
)
from govkit.errors import CatalogueError

POSTS = [{"post": "正职", "lowest": 3, "highest": 4}, {"post": "一般", "lowest": 1, "highest": 2}]


def ladder(*, floor: str = "statistic:平均工资") -> Ladder:
    raw = {"type": "ladder", "title": "t", "source": "s", "grades": 4, "pay_not_below": floor, "posts": POSTS}
    return read_ladder("small", raw, where="small.toml")


def tables(**statistics: float) -> dict[str, pd.DataFrame]:
    """Return staff of two communities and, by unit code, the local wage."""
    staff = frame(
        "unit_code period post grade age_band schooling people pay_yuan",
        (MARKET, "2018H1", "正职", "4级", None, "本科", 1, 5_000.0),
        (MARKET, "2018H1", "一般", "2级", None, "大专", 2, 3_000.0),
        (MARKET, "2018H1", "一般", "2级", None, "本科", 1, None),
        (RIVER, "2018H1", "一般", "3级", None, None, 1, 3_400.0),
        (RIVER, "2018H1", "一般", "未定级", None, None, 2, 3_400.0),
        (RIVER, "2018H1", "副职", "2级", None, None, 1, None),
        (RIVER, "2018H1", "书记", None, None, None, 1, None),
        (RIVER, "2018H2", "一般", "1级", None, None, 9, 1.0),
    )
    known = {"units": units(), "staff": staff}
    if not statistics:
        return known
    rows = [(code[1:], "2018H1", "平均工资", value, None) for code, value in statistics.items()]
    return known | {"statistics": frame("unit_code period item value base", *rows)}


def wage(code: str, value: float) -> dict[str, pd.DataFrame]:
    return tables(**{f"u{code}": value})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12级", 12),
        ("第３级", 3),
        ("7", 7),
        ("三级", 3),
        ("十级", 10),
        ("十八级", 18),
        ("二十一级", 21),
        ("未定级", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_a_grade_is_the_number_in_its_text(text: object, number: int | None) -> None:
    assert grade_number(text) == number


def test_people_are_counted_on_every_step_of_the_ladder() -> None:
    found = ladder_counts(tables(), ladder(), FIRST)
    assert found[["post", "grade", "people"]].to_numpy().tolist() == [
        ["正职", 4, 1], ["正职", 3, 0], ["一般", 2, 3], ["一般", 1, 0],
    ]  # fmt: skip


def test_pay_is_the_mean_of_those_whose_pay_is_known() -> None:
    assert ladder_counts(tables(), ladder(), FIRST)["pay_yuan"].tolist()[0::2] == [5_000, 3_000]


def test_people_beside_the_ladder_are_told_with_the_reason() -> None:
    found = off_ladder(tables(), ladder(), FIRST).set_index(["post", "grade"])
    assert found["reason"].to_dict() == {
        ("一般", "3级"): "该岗位为 1～2 级",
        ("一般", "未定级"): "没有等级",
        ("副职", "2级"): "岗位不在等级表内",
    }
    assert found["people"].sum() == 4
    assert set(found["name"]) == {"江畔社区"}


def test_nobody_is_lost_between_the_ladder_and_those_beside_it() -> None:
    on, off = ladder_counts(tables(), ladder(), FIRST), off_ladder(tables(), ladder(), FIRST)
    # All but the secretary, whose post knows no grades.
    assert on["people"].sum() + off["people"].sum() == 1 + 3 + 1 + 2 + 1


def test_only_the_period_counts() -> None:
    assert ladder_counts(tables(), ladder(), SECOND)["people"].tolist() == [0, 0, 0, 9]


def test_mean_pay_is_held_against_the_wage_of_the_nearest_unit_above() -> None:
    both = tables(**{f"u{TOWN}": 3_600.0, "u230102000000": 3_500.0})
    found = pay_floor(both, ladder(), FIRST).set_index("unit_code")
    # Market: (5,000 + 2 × 3,000) / 3.
    assert found["pay_yuan"].to_dict() == pytest.approx({MARKET: 11_000 / 3, RIVER: 3_400})
    assert found["floor_unit"].to_dict() == {MARKET: "东镇", RIVER: "测试区"}
    assert found["below"].to_dict() == {MARKET: False, RIVER: True}


def test_pay_equal_to_the_floor_is_not_below_it() -> None:
    assert not pay_floor(wage(RIVER, 3_400.0), ladder(), FIRST).set_index("unit_code").at[RIVER, "below"]


def test_without_a_wage_above_it_is_unknown_who_is_below() -> None:
    found = pay_floor(wage(STREET, 3_500.0), ladder(), FIRST).set_index("unit_code")
    assert pd.isna(found.at[MARKET, "below"])
    assert found.at[RIVER, "below"]
    assert pay_floor(tables(), ladder(), FIRST)["below"].isna().all()


def test_without_staff_nothing_is_known() -> None:
    bare = {"units": units()}
    assert ladder_counts(bare, ladder(), FIRST)["people"].isna().all()
    assert off_ladder(bare, ladder(), FIRST).empty
    assert pay_floor(bare, ladder(), FIRST).empty


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"grades": 5}, "没有岗位的等级：5"),
        ({"pay_not_below": "平均工资"}, 'pay_not_below 应写作 "statistic:'),
        (
            {"posts": [{**POSTS[0], "highest": 9}, POSTS[1]]},
            "[[posts]] 第 1 项（正职）：lowest 3、highest 9 应在 1 至 4",
        ),
        ({"posts": [{**POSTS[0], "lowest": 4, "highest": 3}, POSTS[1]]}, "前者不大于后者"),
        ({"posts": [POSTS[0], POSTS[0], POSTS[1]]}, "post 重复：'正职'"),
        ({"posts": [{"post": "正职"}]}, "缺少 lowest"),
        ({"grade": 4}, "没有 'grade' 这一项，可用的是 grades"),
    ],
)
def test_a_wrong_ladder_is_refused_with_file_and_key(change: dict[str, Any], words: str) -> None:
    raw = {"type": "ladder", "title": "t", "source": "s", "grades": 4, "posts": POSTS, **change}
    with pytest.raises(CatalogueError) as error:
        read_ladder("x", raw, where="x.toml")
    assert words in str(error.value)
    assert "x.toml" in str(error.value)


def test_another_type_is_not_taken_for_a_ladder() -> None:
    with pytest.raises(CatalogueError, match="不是 'ladder'"):
        load_ladder("daoli_village_centre")
