"""What a zone is judged by: catalogue names and its own files, read by type, read anew when they change."""

from pathlib import Path

import pandas as pd
import pytest
from analysis_frames import OAK, units

from govkit.analysis.measures.scope import below, units_above
from govkit.analysis.score.scheme import load_scheme
from govkit.analysis.standards.attainment import load_standard, standard_type
from govkit.analysis.standards.judged_by import judged_by
from govkit.catalogue.stated import shown_name, stated
from govkit.errors import CatalogueError, UnknownNameError

STANDARD = """\
type = "standard"
title = "我区标准"
source = "s"
applies_to = ["village"]
[[items]]
id = "clinic"
label = "卫生站"
table = "facilities"
kinds = ["clinic"]
"""
LADDER = """\
type = "ladder"
title = "我区等级"
source = "s"
grades = 1
[[posts]]
post = "社工"
lowest = 1
highest = 1
"""
SCHEME = """\
title = "我区指标"
source = "s"
[[grades]]
label = "全部"
from = 0
[[groups]]
id = "all"
label = "全部"
parent = ""
weight = 1
[[leaves]]
id = "items"
label = "到位率"
parent = "all"
measure = "standard_items:标准.toml"
weight = 1
worst = 0
best = 1
owner_level = "town"
"""


def written(folder: Path, **files: str) -> dict[str, str]:
    """Write files (name without ending) and return their paths."""
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return {name: str(folder / f"{name}.toml") for name in files}


def test_standards_are_read_by_their_type(tmp_path: Path) -> None:
    own = written(tmp_path, 标准=STANDARD, 等级=LADDER, 指标=SCHEME)
    found = judged_by(["community_service_plan_14th", own["标准"], own["等级"]], own["指标"])
    assert [one.title for one in found.standards] == ["我区标准"]
    assert [one.title for one in found.ladders] == ["我区等级"]
    assert [one.name for one in found.yardsticks] == ["community_service_plan_14th"]
    assert (found.fund_norms, found.plans) == ((), ())
    assert found.scheme is not None
    assert found.scheme.title == "我区指标"


def test_every_standard_and_scheme_of_the_catalogue_can_be_read() -> None:
    from govkit import catalogue

    found = judged_by(catalogue.names("standards"))
    of_type = (
        found.standards,
        found.yardsticks,
        found.fund_norms,
        found.ladders,
        found.plans,
        found.targets,
        found.own_rules,
    )
    assert sum(map(len, of_type)) == len(catalogue.names("standards"))
    for name in catalogue.names("schemes"):
        assert judged_by([], name).scheme is not None


def test_a_zone_may_have_no_scheme() -> None:
    assert judged_by([]).scheme is None


def test_a_measure_of_a_zones_own_scheme_finds_the_standard_beside_it(tmp_path: Path) -> None:
    own = written(tmp_path, 标准=STANDARD, 指标=SCHEME)
    assert load_scheme(own["指标"]).leaves[0].measure == f"standard_items:{own['标准']}"


def test_a_measure_of_a_wrong_standard_points_to_that_file(tmp_path: Path) -> None:
    own = written(tmp_path, 标准=STANDARD.replace("[[items]]", "[[item]]"), 指标=SCHEME)
    with pytest.raises(CatalogueError) as error:
        load_scheme(own["指标"])
    told = f"第 15 行，[[leaves]] 第 1 项（items）：measure 用到的标准文件有错误，请先改正那个文件：{own['标准']}"
    assert told in str(error.value)


def test_the_defects_of_several_files_are_told_together(tmp_path: Path) -> None:
    own = written(
        tmp_path, 标准=STANDARD.replace("clinic", "klinic"), 等级=LADDER.replace("highest = 1", "highest = 2")
    )
    with pytest.raises(CatalogueError) as error:
        judged_by([own["标准"], own["等级"], "daoli_village_centr"])
    for part in ("'klinic'", "highest 2", "daoli_village_centre", own["标准"], own["等级"]):
        assert part in str(error.value)


def test_one_wrong_file_is_told_alone(tmp_path: Path) -> None:
    own = written(tmp_path, 标准=STANDARD.replace('source = "s"\n', ""))
    with pytest.raises(CatalogueError, match="缺少 source") as error:
        judged_by([own["标准"]])
    assert error.value.where == own["标准"]


def test_an_unknown_type_names_those_there_are(tmp_path: Path) -> None:
    own = written(tmp_path, 标准=STANDARD.replace('"standard"', '"standart"'))
    with pytest.raises(UnknownNameError, match="没有这个标准类型：'standart'。最接近的是：standard") as error:
        judged_by([own["标准"]])
    assert error.value.where == "标准.toml"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"没有这个文件：别的\.toml"):
        standard_type(str(tmp_path / "别的.toml"))


def test_a_file_unchanged_is_read_once_and_a_changed_one_anew(tmp_path: Path) -> None:
    own = written(tmp_path, 标准=STANDARD)["标准"]
    first, digest = load_standard(own), stated("standards", own).digest
    assert load_standard(own) is first
    written(tmp_path, 标准=STANDARD.replace("卫生站", "卫生室"))
    assert load_standard(own).items[0].label == "卫生室"
    assert stated("standards", own).digest != digest
    written(tmp_path, 标准=STANDARD)
    assert load_standard(own) == first
    assert stated("standards", own).digest == digest


def test_a_bom_before_a_file_of_windows_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "标准.toml").write_text(STANDARD, encoding="utf-8-sig")
    assert load_standard(str(tmp_path / "标准.toml")).title == "我区标准"


def test_readers_see_a_file_without_its_folder() -> None:
    assert [shown_name(name) for name in ("/a/b/我区标准.toml", "daoli_333", "")] == ["我区标准.toml", "daoli_333", ""]


def test_a_circle_of_parents_ends() -> None:
    circle = pd.DataFrame({"unit_code": ["a", "b"], "parent": ["b", "a"], "name": ["甲", "乙"]})
    assert units_above(circle) == {"a": ("a", "b"), "b": ("b", "a")}


def test_a_unit_does_not_lie_below_itself_and_an_unknown_one_below_nothing() -> None:
    codes = pd.Series([OAK, "230102000000", "nowhere"])
    assert below(units(), codes, parents=["测试区"]).tolist() == [True, False, False]
    assert below(units(), codes).tolist() == [True, True, True]
