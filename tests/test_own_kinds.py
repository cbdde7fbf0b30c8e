"""Kinds as a place has them: open lists, the zone's kinds.toml, and what maps and standards make of them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from govkit import catalogue
from govkit.analysis.measures.scope import Scope
from govkit.catalogue import label
from govkit.display.maps.layers.place_layers import facility_layer
from govkit.errors import ZoneError
from govkit.intake import Intake, Source, read_zone_tables
from govkit.intake.reading.own_kinds import read_own_kinds
from govkit.intake.templates.new_zone import half_years
from govkit.intake.values.values import choices
from tests.intake_zone import TAIPING, UNITS, write_sheet

HEAD = ["编号", "名称", "类型", "单元代码"]


def read(folder: Path, kinds: list[str], *, units: list[list[object]] = UNITS) -> Intake:
    write_sheet(folder / "u.xlsx", units)
    rows = [[f"F{i}", f"第{i}处", kind, TAIPING] for i, kind in enumerate(kinds)]
    write_sheet(folder / "f.xlsx", [HEAD, *rows])
    own = read_own_kinds(folder).words
    sources = {"units": Source("units", "u.xlsx", kinds=own), "facilities": Source("facilities", "f.xlsx", kinds=own)}
    return read_zone_tables(folder, sources, code="230102", metric_crs="EPSG:4551")


@pytest.mark.parametrize(
    ("word", "kind"),
    [("公园", "park"), ("学校", "school"), ("医院", "hospital"), ("幼儿园", "kindergarten"), ("养老院", "care_home"),
     ("公交站", "bus_stop"), ("超市", "supermarket"), ("菜市场", "market"), ("药店", "pharmacy"), ("银行", "bank")],
)  # fmt: skip
def test_what_common_maps_call_a_place_is_known(word: str, kind: str) -> None:
    assert choices("facility_kind")[word] == kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [("科教文化服务;学校;小学", "school"), ("医疗保健服务;综合医院;卫生院|生活服务;生活服务场所;其他", "health_centre"),
     ("教育学校:幼儿园", "kindergarten"), ("Bus stop", "bus_stop"),
     ("科教文化服务;学校;高等院校", "科教文化服务;学校;高等院校")],
)  # fmt: skip
def test_the_last_of_a_maps_classes_tells_the_kind(word: str, kind: str, tmp_path: Path) -> None:
    assert read(tmp_path, [word]).tables["facilities"]["kind"].tolist() == [kind]


def test_no_two_kinds_of_facility_share_a_word() -> None:
    entries = catalogue.load("codes")["facility_kind"].values()
    words = [word for entry in entries for word in (entry["label"], *entry["aliases"])]
    assert len(words) == len(set(words))


def test_an_unknown_kind_of_facility_is_kept_as_itself_and_noted_once(tmp_path: Path) -> None:
    intake = read(tmp_path, ["气象塔", "公园", "气象塔"])
    assert intake.tables["facilities"]["kind"].tolist() == ["气象塔", "park", "气象塔"]
    found = intake.findings.loc[intake.findings["rule"] == "own_kind"]
    assert found[["severity", "value"]].to_numpy().tolist() == [["note", "气象塔"]]
    assert "2 行" in found["reason"].iloc[0]


def test_what_is_nearly_a_known_kind_is_a_warning_with_the_nearest(tmp_path: Path) -> None:
    found = read(tmp_path, ["多功能活动市"]).findings.query("rule == 'own_kind'")
    assert found["severity"].tolist() == ["warning"]
    assert "多功能活动室" in found["reason"].iloc[0]


def test_units_are_of_the_kinds_their_place_has(tmp_path: Path) -> None:
    rows = [*UNITS[:4], [TAIPING, "巴彦嘎查", "村", "230102100000", "嘎查", 1, 1]]
    rows += [["230102100202", "西苑管理区", "村", "230102100000", "管理区", 1, 1]]
    units = read(tmp_path, [], units=rows).tables["units"]
    assert units["kind"].tolist()[-2:] == ["gacha", "管理区"]
    period = half_years(2018)[0]
    base = units.assign(district_code="230102100000")
    counted = {area: len(Scope({"units": base}, period, area=area).communities) for area in ("all", "rural", "urban")}
    assert counted == {"all": 2, "rural": 1, "urban": 0}


def test_a_kind_of_its_own_is_its_own_label_only_in_an_open_list() -> None:
    assert (label("organisation_kind", "舞龙队"), label("payment", "舞龙队")) == ("舞龙队", "—")


def test_kinds_toml_says_what_a_name_counts_as(tmp_path: Path) -> None:
    text = '[facility_kind."益民驿站"]\naliases = ["驿站"]\nas = "社区服务站"\n[facility_kind."观测塔"]\nsign = "塔"\n'
    (tmp_path / "kinds.toml").write_text(text, encoding="utf-8")
    intake = read(tmp_path, ["驿站", "益民驿站", "观测塔"])
    assert intake.tables["facilities"]["kind"].tolist() == ["service_station", "service_station", "观测塔"]
    assert "own_kind" not in set(intake.findings["rule"])
    assert read_own_kinds(tmp_path).signs == {"观测塔": "塔"}


def test_every_defect_of_kinds_toml_is_told_at_once(tmp_path: Path) -> None:
    text = '[facility_kind."站"]\nas = "医疗卫生所"\nsign = "两字"\n[colour."红"]\n'
    (tmp_path / "kinds.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ZoneError, match=r"(?s)colour.*一个字.*医疗卫生站"):
        read_own_kinds(tmp_path)


def test_kinds_without_a_sign_are_named_together_in_the_legend() -> None:
    kinds = ["park", "气象塔", "观鸟屋", "观测塔"]
    places = gpd.GeoDataFrame(
        {"facility_id": list("abcd"), "name": list("abcd"), "kind": kinds},
        geometry=gpd.points_from_xy([126.0] * 4, [45.0] * 4), crs="EPSG:4490",
    )  # fmt: skip
    places.attrs["signs"] = {"观测塔": "塔"}
    made = facility_layer(places).categories
    assert [(one.label, one.sign) for one in made] == [
        ("观测塔", "塔"),
        ("公园", "园"),
        ("其他（气象塔、观鸟屋等 2 类）", "他"),
    ]
    assert pd.Series([one.count for one in made]).sum() == 4
