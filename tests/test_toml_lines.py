"""Bad input is told with file, entry, key and line: every case a bureau's own scheme can run into."""

import tomllib
from typing import Any

import pytest
from test_analysis_scheme import values
from test_analysis_scheme_methods import CELLS

from govkit import catalogue
from govkit.analysis.score.assess import assess
from govkit.analysis.score.coherence import scheme_warnings
from govkit.analysis.score.scheme import Scheme, read_scheme
from govkit.analysis.standards.yardsticks import read_yardsticks
from govkit.catalogue.stated import last_line_saying, line_of
from govkit.errors import CatalogueError, GovkitError

TEXT = """\
title = "我区指标"
source = "我区文件"
weighting = "given"

[[grades]]
label = "合格"
from = 60

[[grades]]
label = "不合格"
from = 0

[[groups]]
id = "work"
label = "工作"
parent = ""
weight = 0.6

[[groups]]
id = "people"
label = "群众"
parent = ""
weight = 0.4

[[leaves]]
id = "rate"
label = "办结率"
parent = "work"
measure = "settled_rate"
weight = 0.5
worst = 0.5
best = 1.0
owner_level = "town"

[[leaves]]
id = "hours"
label = "时长"
parent = "work"
measure = "hours_to_settle"
weight = 0.5
worst = 100
best = 0
owner_level = "village"

[[leaves]]
id = "happy"
label = "满意度"
parent = "people"
measure = "satisfaction"
weight = 1.0
worst = 0.8
best = 1.0
owner_level = "village"
"""
PAIRWISE = '\n[[pairwise]]\nparent = "work"\norder = ["rate", "hours"]\nmatrix = [[1, 3], [3, 1]]\n'
CONTRADICTORY = (
    '\n[[pairwise]]\nparent = "people"\norder = ["rate", "hours", "happy"]\n'
    'matrix = [[1, 9, "1/9"], ["1/9", 1, 9], [9, "1/9", 1]]\n'
)


def read(text: str) -> Scheme:
    return read_scheme("我区指标.toml", tomllib.loads(text), where="我区指标.toml", text=text)


def changed(*pairs: tuple[str, str]) -> str:
    text = TEXT
    for old, new in pairs:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def told(text: str) -> str:
    with pytest.raises(CatalogueError) as error:
        read(text)
    assert "位置：我区指标.toml" in str(error.value)
    assert "处理：" in str(error.value)
    return str(error.value)


RATE, HOURS, HAPPY = 'measure = "settled_rate"', 'measure = "hours_to_settle"', 'measure = "satisfaction"'
AHP = ('weighting = "given"', 'weighting = "ahp"')
# The text, the line that is told, what is said.
BAD: dict[str, tuple[str, int, str]] = {
    "weights of leaves": (
        changed((f"{RATE}\nweight = 0.5", f"{RATE}\nweight = 0.7")),
        30,
        "'work' 之下：weight 之和应为 1，现在是 1.2",
    ),
    "weights of the first level": (
        changed(('label = "工作"\nparent = ""\nweight = 0.6', 'label = "工作"\nparent = ""\nweight = 0.8')),
        17,
        "一级指标：weight 之和应为 1，现在是 1.2",
    ),
    "no weight": (
        changed((f"{HAPPY}\nweight = 1.0", HAPPY), ('parent = "people"\n', 'parent = "work"\n')),
        45,
        "'work' 之下：缺少 weight：happy",
    ),
    "cycle": (
        changed(('label = "工作"\nparent = ""', 'label = "工作"\nparent = "work"')),
        16,
        "[[groups]] 第 1 项（work）：上级关系成环，请改 parent",
    ),
    "orphan": (
        changed(('parent = "people"', 'parent = "peple"')),
        48,
        "[[leaves]] 第 3 项（happy）：parent 没有 'peple' 这个取值，可用的是 people",
    ),
    "unknown measure": (
        changed((RATE, 'measure = "settled_rat"')),
        29,
        "[[leaves]] 第 1 项（rate）：measure：没有这个指标：'settled_rat'。最接近的是：settled_rate",
    ),
    "goalposts the wrong way round": (
        changed(("worst = 100\nbest = 0", "worst = 0\nbest = 100")),
        41,
        "[[leaves]] 第 2 项（hours）：worst 0、best 100 写反了：网格事项办结时长越小越好，best 应小于 worst",
    ),
    "goalposts equal": (
        changed(("worst = 0.8\nbest = 1.0", "worst = 1.0\nbest = 1.0")),
        51,
        "[[leaves]] 第 3 项（happy）：worst 与 best 相等（1.0），无法计分",
    ),
    "misspelt key": (
        changed(("worst = 0.8", "worts = 0.8")),
        51,
        "[[leaves]] 第 3 项（happy）：没有 'worts' 这一项，可用的是 worst",
    ),
    "misspelt key at the top": (
        changed(('title = "我区指标"', 'titel = "我区指标"')),
        1,
        "顶层：没有 'titel' 这一项，可用的是 title",
    ),
    "repeated id": (
        changed(('id = "happy"', 'id = "rate"')),
        46,
        "[[groups]]、[[leaves]]：id 重复：'rate'",
    ),
    "not reciprocal": (
        changed(AHP) + PAIRWISE,
        58,
        "[[pairwise]] 第 1 项（work）：matrix 不是互反矩阵：rate 对 hours 的两个值 3 与 3 之积应为 1",
    ),
    "not consistent": (
        changed(AHP).replace('parent = "work"', 'parent = "people"') + CONTRADICTORY,
        58,
        "[[pairwise]] 第 1 项（people）：matrix 的一致性比率 CR = 6.130，大于 0.1",
    ),
    "empty group": (
        changed(('parent = "people"', 'parent = "work"')),
        19,
        "'people' 之下：没有任何指标",
    ),
    "combination": (
        changed(('weighting = "given"', 'weighting = "combined"')) + "\n[combination]\ngiven = 0.5\nentropy = 0.6\n",
        55,
        "[combination]：各方法的比重之和应为 1，现在是 1.1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "number", "words"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_told_with_file_line_entry_and_key(text: str, number: int, words: str) -> None:
    assert f"第 {number} 行，{words}" in told(text)


def test_all_defects_of_a_file_come_at_once_each_with_its_line() -> None:
    text = told(changed(("worst = 0.8", "worst = 1.2"), ('parent = "people"', 'parent = "x"'), (RATE, 'measure = "y"')))
    assert text.count("\n  - 第 ") == 4


def warned(cells: dict[str, Any]) -> list[str]:
    return scheme_warnings(assess(read(TEXT), values(**CELLS | cells)))["where"].tolist()


def test_leaves_that_tell_nothing_are_warned_of_with_their_line() -> None:
    nothing, same = dict.fromkeys("abcd", float("nan")), dict.fromkeys("abcd", 30.0)
    assert warned({"rate": nothing, "hours": same}) == [
        "我区指标.toml：第 25 行，[[leaves]] 第 1 项（rate），measure",
        "我区指标.toml：第 35 行，[[leaves]] 第 2 项（hours），measure",
    ]


def test_fewer_than_three_units_are_warned_of_with_the_file_and_refused_where_weights_come_from_data() -> None:
    two = {leaf: {unit: cells[unit] for unit in ("a", "b")} for leaf, cells in CELLS.items()}
    assert scheme_warnings(assess(read(TEXT), values(**two)))["where"].tolist() == ["我区指标.toml"]
    with pytest.raises(GovkitError, match=r"我区指标[.]toml：weighting"):
        assess(read(changed(('weighting = "given"', 'weighting = "entropy"'))), values(**two))


def test_yardsticks_are_told_with_their_line_too() -> None:
    text = 'type = "yardsticks"\ntitle = "t"\nsource = "s"\n[[yardsticks]]\nid = "a"\nlabel = "甲"\nsource = "s"\n'
    with pytest.raises(CatalogueError, match=r"第 4 行，.*缺少 least 或 most"):
        read_yardsticks("y", tomllib.loads(text), where="y.toml", text=text)


@pytest.mark.parametrize(
    ("text", "where", "what", "found"),
    [
        ("", "[[leaves]] 第 1 项（a）", "weight", None),
        ("a = 1\n", "顶层", "a 的类型不对", 1),
        ("a = 1\n", "顶层", "缺少 b", None),
        ('# 说明\nleaves = [{ id = "a" }, { id = "b" }]\n', "[[leaves]] 第 2 项（b）", "weight", 2),
        ("[other]\na = 1\n", "[combination]", "a", None),
        (
            '[[leaves]]\nid = "a"\n\n[[leaves]]\nid = "b"\n\n[other]\nweight = 1\n',
            "[[leaves]] 第 2 项（b）",
            "weight",
            4,
        ),
    ],
    ids=["no text", "top", "missing at the top", "inline tables", "no such table", "a key of the next table"],
)
def test_a_place_has_the_line_of_its_key_or_of_its_entry(text: str, where: str, what: str, found: int | None) -> None:
    assert line_of(text, where, what) == found


def test_the_last_line_that_says_a_thing_is_found() -> None:
    assert last_line_saying('id = "a"\nid = "b"\nid = "a" # 又\n', "id", "a") == 3
    assert last_line_saying("", "id", "a") is None


def test_every_leaf_of_the_catalogues_schemes_knows_its_line() -> None:
    for name in catalogue.names("schemes"):
        text = catalogue.path_of(f"schemes/{name}").read_text(encoding="utf-8")
        scheme = read_scheme(name, tomllib.loads(text), where=name, text=text)
        assert len(scheme.lines) == len(scheme.leaves)
        assert all(f'"{leaf}"' in text.splitlines()[number] for leaf, number in scheme.lines)
