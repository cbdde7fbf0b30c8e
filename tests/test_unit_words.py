"""Report units are called what the zone's level is called: 街道（镇） in a county, 县（市、区） in a city."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from map_frames import units

import govkit
from govkit import catalogue
from govkit.display.maps.layers import shown as layers
from govkit.display.tables import table as tables
from govkit.sections import ranks, situation

RANKED = pd.DataFrame(
    {"rank": [1, 2, 3], "name": ["咸安区", "嘉鱼县", "赤壁市"], "score": [90.0, 89.0, 88.0], "grade": ["优"] * 3}
)


def test_every_level_has_a_word() -> None:
    assert set(catalogue.load("levels")["unit_word"]) == {*catalogue.load("codes")["level"], "any"}


@pytest.mark.parametrize("name", ["phrases", "report_tables", "map_text"])
def test_no_phrase_names_the_units_of_one_level_of_zone(name: str) -> None:
    assert "街道（镇）" not in json.dumps(catalogue.load(name), ensure_ascii=False)


def test_a_zone_of_streets_and_towns_calls_them_so(zone_folder: Path) -> None:
    assert govkit.open_zone(zone_folder).unit_word == "街道（镇）"


def test_a_sentence_uses_the_word_it_is_given_else_one_that_suits_any() -> None:
    assert "3 个县（市、区）综合得分" in ranks.spread(RANKED, period="本期", unit_word="县（市、区）")
    assert "3 个单位综合得分" in ranks.spread(RANKED, period="本期")


def test_the_head_of_a_ranking_is_the_word_it_is_given_else_one_that_suits_any() -> None:
    assert tables.report_table("ranking", RANKED, unit="县（市、区）").columns[1].label == "县（市、区）"
    assert tables.report_table("ranking", RANKED).columns[1].label == "单位"


@pytest.mark.parametrize(("levels", "label"), [
    (["county", "county"], "县（市、区）界"), (["street", "street"], "街道（镇）界"), (["county", "street"], "单位界"),
    ([], "社区（村）界"),
], ids=["counties", "streets", "mixed", "not said"])  # fmt: skip
def test_the_legend_of_borders_names_the_level_of_its_units(levels: list[str], label: str) -> None:
    frame = units(2).assign(level=levels) if levels else units(2)
    assert [one.label for one in layers.border_layer(frame).categories] == [label]


def test_what_a_city_consists_of_is_counted_by_kind() -> None:
    kinds = ["city", "county", "county", "street", "village"]
    frame = pd.DataFrame({"kind": kinds, "level": ["city", "county", "county", "street", "community"]})
    people = pd.array([1] * 5, dtype="Int64")
    frame = frame.assign(unit_code=list("12345"), parent=[None, *"1124"], population=people, households=people)
    said = situation.zone("咸宁市", frame, None, crs="EPSG:4551")
    assert "2 个县（区）、1 个街道、1 个行政村" in said
