"""What a researcher asks of a zone: strings in, plain frames out, wrong names answered with the nearest ones."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from three_towns import UNITS, rows, write_rows, write_zone

import govkit
from govkit.display.maps import InteractiveMap, MapFigure
from govkit.errors import GovkitError, UnknownNameError
from govkit.research.scores import weighed
from govkit.zone.opening import open_zone

FIRST = "230102101000"


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return govkit.open_zone(write_zone(tmp_path_factory.mktemp("face") / "三镇"))


# -- the package


def test_the_package_shows_its_public_names_alone() -> None:
    assert set(dir(govkit)) == {*govkit.__all__, "__version__"}


@pytest.mark.parametrize("name", govkit.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    assert len(str(inspect.getdoc(getattr(govkit, name)))) > 20


@pytest.mark.parametrize("name", govkit.__all__)
def test_help_tells_the_meaning_of_every_parameter(name: str) -> None:
    public = getattr(govkit, name)
    methods = vars(public) if inspect.isclass(public) else {}
    asked = {name: public} | {key: one for key, one in methods.items() if key[0] != "_" and callable(one)}
    for key, one in asked.items():
        parameters = inspect.signature(one).parameters
        kinds = {parameter.kind for parameter in parameters.values()}
        assert kinds.isdisjoint({inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL})
        told = set(re.findall(r"\w+", str(inspect.getdoc(one))))
        assert {*parameters} - {"self"} <= told, key


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import govkit, sys; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_zone_of_a_researcher_is_a_zone_and_shares_what_it_found(zone: Any) -> None:
    assert isinstance(zone, type(open_zone(zone.folder)))
    assert zone.district("甲镇").unit_code == FIRST


# -- units


def test_districts_and_communities_have_geometry_and_people(zone: Any) -> None:
    assert isinstance(zone.districts, gpd.GeoDataFrame)
    assert zone.districts.crs == zone.communities.crs == "EPSG:4490"
    assert zone.districts["population"].tolist() == [4000, 4000, 4000]
    assert zone.communities["district"].tolist() == ["甲镇", "甲镇", "乙镇", "乙镇", "丙镇", "丙镇"]


def test_communities_can_be_explored(zone: Any) -> None:
    assert "leaflet" in zone.communities.explore(column="households").get_root().render().lower()


# -- measures


def test_the_catalogue_of_measures_is_a_frame(zone: Any) -> None:
    found = zone.measures()
    assert found.loc["settled_rate", ["label", "direction"]].tolist() == ["网格事项办结率", "higher"]
    assert found.at["settled_rate", "available"]
    assert not found.at["satisfaction", "available"]


@pytest.mark.parametrize(
    ("by", "units"),
    [("district", 3), ("street", 3), ("community", 6), ("社区", 6), ("county", 1), ("zone", 1)],
)
def test_a_measure_is_taken_at_any_level(zone: Any, by: str, units: int) -> None:
    found = zone.measure("settled_in_grid", by=by)
    assert list(found) == ["name", "value", "numerator", "denominator", "n", "low", "high", "completeness"]
    assert len(found) == units
    assert found["denominator"].sum() == 12


def test_the_rate_of_the_zone_is_that_of_its_parts_together(zone: Any) -> None:
    parts, whole = zone.measure("settled_in_grid", by="community"), zone.measure("settled_in_grid", by="zone")
    assert whole["value"].tolist() == [parts["numerator"].sum() / parts["denominator"].sum()]
    assert (whole["low"] < whole["value"]).all()
    assert (whole["value"] < whole["high"]).all()


def test_a_measure_is_known_by_its_chinese_label(zone: Any) -> None:
    pd.testing.assert_frame_equal(zone.measure("网格内办结占比"), zone.measure("settled_in_grid"))


def test_a_period_may_be_a_name_an_id_or_a_period(zone: Any) -> None:
    period = zone.settings.periods[0]
    pd.testing.assert_frame_equal(
        zone.measure("settled_rate", period=period), zone.measure("settled_rate", period=period.id)
    )


def test_types_group_communities(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "z")
    lines = (folder / "行政单元.csv").read_text(encoding="utf-8").splitlines()
    typed = [lines[0] + ",治理类型", *(line + "," for line in lines[1:5])]
    typed += [line + ("," + ("集镇型" if at % 2 else "街道型")) for at, line in enumerate(lines[5:])]
    (folder / "行政单元.csv").write_text("\n".join(typed) + "\n", encoding="utf-8")
    found = govkit.open_zone(folder).measure("settled_rate", by="type")
    assert found.index.tolist() == ["街道型", "集镇型"] or found.index.tolist() == ["集镇型", "街道型"]
    assert found["denominator"].tolist() == [6, 6]


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda zone: zone.measure("satisfction"), "satisfaction"),
        (lambda zone: zone.measure("settled_rate", by="comunity"), "community"),
        (lambda zone: zone.measure("settled_rate", period="2018H3"), "2018H2"),
        (lambda zone: zone.compare("2018H1", "2018年下半"), "2018H"),
        (lambda zone: zone.score(weights={"grid": 1}), "grids"),
        (lambda zone: zone.score(scheme="daoli_33"), "daoli_333"),
        (lambda zone: zone.district(230102109), "230102101"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(zone: Any, ask: Any, told: str) -> None:
    with pytest.raises(UnknownNameError, match=f"最接近的是.*{told}"):
        ask(zone)


def test_a_level_the_zone_does_not_have_is_said(zone: Any) -> None:
    with pytest.raises(GovkitError, match="没有层级为“市”的单元"):
        zone.measure("settled_rate", by="city")


# -- two periods


def test_two_periods_stand_side_by_side(zone: Any) -> None:
    found = zone.compare("2018H1", "2018H2", measures="settled_in_grid")
    assert found.index.names == ["measure", "unit_code"]
    assert found["change"].equals(found["after"] - found["before"])
    assert (found["low"] <= found["change"]).all()


def test_without_measures_those_of_the_scheme_are_compared(zone: Any) -> None:
    found = zone.compare("2018H1", "2018H2", by="zone")
    assert {"activity_share", "satisfaction"} <= set(found.index.get_level_values("measure"))


# -- scores


def test_scores_are_ranked(zone: Any) -> None:
    found = zone.score()
    assert sorted(found.ranks()["rank"]) == found.ranks()["rank"].tolist()
    assert set(found.ranks()) == {"name", "rank", "score", "low", "high"}
    assert found.weights.sum() == pytest.approx(1)
    assert repr(found).startswith("<Score 道里区")
    assert "甲镇" in found._repr_html_()


def test_weights_of_all_indicators_are_weights_in_the_whole(zone: Any) -> None:
    leaves = list(zone.score().weights.index)
    wanted = {leaf: 1.0 + at for at, leaf in enumerate(leaves)}
    found = zone.score(weights=wanted).weights
    total = sum(wanted.values())
    assert found.to_dict() == pytest.approx({leaf: weight / total for leaf, weight in wanted.items()})


def test_a_single_weight_counts_among_its_siblings(zone: Any) -> None:
    scheme = zone.score().assessment.stated
    family = [node.id for node in scheme.children(scheme.leaves[0].parent)]
    changed = weighed(scheme, {family[0]: 3.0})
    others = sum(scheme.nodes[one].weight for one in family[1:])
    assert changed.nodes[family[0]].weight == pytest.approx(3 / (3 + others))


def test_a_weight_below_zero_is_refused(zone: Any) -> None:
    with pytest.raises(GovkitError, match="不小于 0"):
        zone.score(weights={zone.score().weights.index[0]: -1})


# -- maps


def test_a_score_by_the_schemes_own_recipe_is_the_schemes(zone: Any) -> None:
    own, again = zone.score(), zone.score(normalisation=zone.score().assessment.scheme.normalisation)
    assert again.frame["score"].to_numpy() == pytest.approx(
        own.assessment.scores["from_leaves"].to_numpy(), nan_ok=True
    )
    assert again.weights.sum() == pytest.approx(1)


def test_every_step_of_an_index_can_be_asked_of_a_zone(zone: Any) -> None:
    leaf = zone.score().weights.index[0]
    asked = {"normalisation": "min_max", "aggregation": "geometric", "scale": (1, 100), "imputation": "nearest"}
    found = zone.score(**asked, treat_outliers=False, floor=1.0, group_aggregation="arithmetic")
    turned = zone.score(**asked, directions={leaf: "lower"})
    assert found.frame["score"].dropna().between(1 - 1e-9, 100 + 1e-9).all()
    assert set(found.index.weights.columns) == {"nominal", "effective"}
    assert turned.recipe["directions"][leaf] != found.recipe["directions"][leaf]
    ranks = found.ranks()
    assert (ranks["low"] <= ranks["high"]).all()
    people = pd.Series(2.0, index=found.frame.index)
    halved = zone.score(**asked, denominators={leaf: people}).leaves[leaf]
    pd.testing.assert_series_equal(halved, zone.score(**asked).leaves[leaf])


def test_a_target_does_not_judge_what_was_divided(zone: Any) -> None:
    leaf = zone.score().weights.index[0]
    with pytest.raises(GovkitError, match="不能再按"):
        zone.score(normalisation="target", denominators={leaf: pd.Series(2.0, index=zone.score().frame.index)})
    with pytest.raises(UnknownNameError, match="合成方法"):
        zone.score(aggregation="mean")


def test_a_measure_is_mapped(zone: Any) -> None:
    drawn = zone.map(zone.measure("settled_in_grid", by="community"))
    assert isinstance(drawn, MapFigure)
    assert drawn.spec.title == "网格内办结占比，2018H2"
    assert repr(drawn) == "<MapFigure 网格内办结占比，2018H2>"


def test_a_series_by_name_or_number_is_mapped(zone: Any) -> None:
    values = pd.Series({"甲镇": 1.0, 230102102: 2.0, "230102103000": 3.0}, name="户均面积")
    drawn = zone.map(values, unit="m²", interactive=True)
    assert isinstance(drawn, InteractiveMap)
    assert drawn.spec.layers[0].codes == ("230102101000", "230102102000", "230102103000")
    assert values.index.tolist() == ["甲镇", 230102102, "230102103000"]


def test_numbers_of_other_places_are_refused(zone: Any) -> None:
    with pytest.raises(GovkitError, match="不是本区的单元代码"):
        zone.map(pd.Series({"丁镇": 1.0}))


# -- export


def test_an_export_holds_every_table_three_times_with_its_dictionary_and_hashes(zone: Any, tmp_path: Path) -> None:
    written = zone.export(tmp_path / "导出")
    folder = tmp_path / "导出"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["synthetic"] == "本区数据为测试用合成数据"
    assert all(
        hashlib.sha256((folder / name).read_bytes()).hexdigest() == is_ for name, is_ in manifest["files"].items()
    )
    for name, table in zone.tables.items():
        assert len(pd.read_csv(folder / f"{name}.csv", dtype="str")) == len(table)
    assert gpd.read_parquet(folder / "grids.parquet").crs == "EPSG:4490"
    book = pd.read_excel(folder / "三镇试验区.xlsx", sheet_name=None, dtype="str", engine="openpyxl")
    assert book["网格事项"]["unit_code"].tolist() == zone.tables["events"]["unit_code"].tolist()
    assert set(book) >= {"行政单元", "数据字典", "数据来源"}
    dictionary = pd.read_csv(folder / "数据字典.csv").set_index(["表", "列"])
    assert dictionary.at[("facilities", "floor_area_m2"), "单位"] == "m2"
    assert {path.name for path in written} == {path.name for path in folder.iterdir()}


def test_an_export_is_a_research_object_crate(zone: Any, tmp_path: Path) -> None:
    pytest.importorskip("rocrate")
    from rocrate.rocrate import ROCrate

    zone.export(tmp_path / "箱")
    crate = ROCrate(tmp_path / "箱")
    entity = crate.get("facilities.parquet")
    assert entity["sha256"] == hashlib.sha256((tmp_path / "箱" / "facilities.parquet").read_bytes()).hexdigest()
    assert crate.description == "本区数据为测试用合成数据"
    assert crate.get("#govkit")["version"] == govkit.__version__


def test_every_column_of_an_export_is_in_its_dictionary(zone: Any, tmp_path: Path) -> None:
    zone.export(tmp_path / "z")
    dictionary = pd.read_csv(tmp_path / "z" / "数据字典.csv")
    assert dictionary["列名"].notna().all()
    known = set(zip(dictionary["表"], dictionary["列"], strict=True))
    assert known == {(name, column) for name, table in zone.tables.items() for column in table.columns}


def test_an_export_never_writes_among_other_files(zone: Any, tmp_path: Path) -> None:
    (tmp_path / "信.txt").write_text("", encoding="utf-8")
    with pytest.raises(GovkitError, match="不是空文件夹"):
        zone.export(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["信.txt"]


# -- requests


@pytest.mark.parametrize("formats", ["html", ("html",), ["html"]])
def test_one_text_where_a_list_is_meant_is_a_list_of_one(zone: Any, tmp_path: Path, formats: Any) -> None:
    with pytest.raises(UnknownNameError, match="丁镇"):
        govkit.report(zone.folder, districts="丁镇", formats=formats, out=tmp_path, jobs=1)


# -- sections and the pilot


def test_a_section_is_what_the_reports_say(zone: Any) -> None:
    found = zone.section("matters")
    assert found.finding
    assert found.numbers
    assert zone.section("facilities", district="甲镇", period="2018H1").id == "facilities"


def test_a_wrong_section_is_answered_with_the_nearest(zone: Any) -> None:
    with pytest.raises(UnknownNameError, match="最接近的是：matters"):
        zone.section("matter")


def test_a_section_of_districts_alone_says_so(zone: Any) -> None:
    with pytest.raises(GovkitError, match="不适用于整个分区"):
        zone.section("scores")


def test_a_zone_without_a_pilot_says_what_is_lacking(zone: Any) -> None:
    with pytest.raises(GovkitError, match="没有试点面板"):
        zone.pilot()


# -- month by month, side by side


def test_rows_are_counted_month_by_month_with_months_of_none(zone: Any) -> None:
    found = zone.monthly("events")
    assert found.sum() + found.attrs["undated"] == len(zone.tables["events"])
    assert found.index.equals(pd.period_range(found.index[0], found.index[-1], freq="M"))
    table = zone.monthly("events", by="unit_code")
    assert table.sum(axis=0).tolist() == found.tolist()


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda zone: zone.monthly("event"), "events"),
        (lambda zone: zone.monthly("events", by="unit"), "unit_code"),
        (lambda zone: zone.monthly("events", kind="没有这一类"), "类别"),
        (lambda zone: zone.monthly("units"), "没有逐日的日期"),
    ],
    ids=["table", "column", "kind", "no date"],
)
def test_months_of_what_is_not_there_are_refused(zone: Any, ask: Any, told: str) -> None:
    with pytest.raises(GovkitError, match=told):
        ask(zone)


def test_measures_stand_side_by_side_for_a_composite(zone: Any) -> None:
    table = zone.side_by_side(["settled_rate", "settled_in_grid"])
    assert table["settled_in_grid"].equals(
        zone.measure("settled_in_grid", by="community")["value"].reindex(table.index)
    )
    assert len(govkit.composite(table.drop(columns="name")).scores) == len(table)
    with pytest.raises(GovkitError, match="没有给出指标"):
        zone.side_by_side([])


@pytest.mark.parametrize(
    ("since", "told"),
    [("", "没有一个单元填了试点起始日期"), ("2018-03-01", "没有非试点单元可比")],
    ids=["no pilot", "all treated"],
)
def test_a_pilot_that_cannot_be_evaluated_is_told_in_the_report(tmp_path: Path, since: str, told: str) -> None:
    folder = write_zone(tmp_path / "z")
    units = [
        [*row, "试点起始日期" if not at else since if row[2] == "村" else ""] for at, row in enumerate(rows(UNITS))
    ]
    write_rows(folder, UNITS, units)
    months = [
        [row[0], f"2018-{month:02d}-01", "时长", "20"] for row in units if row[2] == "村" for month in range(1, 7)
    ]
    write_rows(folder, "面板.csv", [["单元代码", "月份", "结果指标", "数值"], *months])
    with (folder / "zone.toml").open("a", encoding="utf-8") as file:
        file.write('\n[sources.panel]\npath = "面板.csv"\n')
    section = govkit.open_zone(folder).section("pilot")
    assert section.known  # shown where it belongs, not only counted
    assert told in "".join(map(str, section.body))
