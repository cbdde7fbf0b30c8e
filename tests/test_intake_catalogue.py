"""The intake's data files hold together."""

import re

import pytest

from govkit import catalogue
from govkit.intake.reading import schema
from govkit.intake.values.quantities import plain
from govkit.intake.values.values import choices

TABLES = sorted(catalogue.load("tables"))


@pytest.mark.parametrize("name", TABLES)
def test_no_header_word_means_two_columns_of_a_table(name: str) -> None:
    words: dict[str, str] = {}
    for column in schema.table(name).columns:
        for word in column.words:
            assert words.setdefault(plain(word), column.name) == column.name


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_a_key_of_its_own_columns_and_something_required(name: str) -> None:
    table = schema.table(name)
    assert all(part in table for part in table.key)
    assert any(column.required for column in table.columns)


@pytest.mark.parametrize("name", TABLES)
def test_every_unit_of_a_column_is_known(name: str) -> None:
    units = catalogue.load("units_of_measure")
    assert {column.unit for column in schema.table(name).columns if column.unit} <= set(units)


# Lists that files are read by; others only give labels.
READ = sorted({c.values for table in TABLES for c in schema.table(table).columns if c.values})


@pytest.mark.parametrize("name", READ)
def test_no_word_means_two_keys_of_a_list(name: str) -> None:
    seen: dict[str, str] = {}
    for key, entry in catalogue.load("codes")[name].items():
        for word in (entry["label"], *entry["aliases"]):
            assert seen.setdefault(plain(word), key) == key
    assert set(choices(name).values()) == set(catalogue.load("codes")[name])


@pytest.mark.parametrize("name", sorted(catalogue.load("rules")))
def test_row_rules_are_about_columns_there_are(name: str) -> None:
    table = schema.table(name)
    for rule in catalogue.load("rules")[name]:
        names = [rule[key] for key in ("left", "right", "when", "needs", "lacks") if key in rule]
        assert len(names) == 2
        assert all(column in table for column in names)
        assert rule["severity"] in {"error", "warning"}


@pytest.mark.parametrize("rule", sorted(catalogue.load("findings")))
def test_a_finding_says_how_grave_it_is_what_is_wrong_and_what_to_do(rule: str) -> None:
    entry = catalogue.load("findings")[rule]
    assert entry["severity"] in {"error", "warning", "note", "need"}
    assert re.search(r"[。}]$", entry["todo"])
    assert entry["reason"]


def test_yes_and_no_share_no_word() -> None:
    cells = catalogue.load("cells")
    assert not {plain(word) for word in cells["true"]} & {plain(word) for word in cells["false"]}
