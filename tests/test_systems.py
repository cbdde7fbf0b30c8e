"""Every published system is kept, reckoned and shown: its numbers, found again from raw files, stand in a report."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from grounds import alone, paragraphs
from system_numbers import NUMBERS

import govkit
from govkit import catalogue
from govkit.analysis.ledgers.views import load_views, view
from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request
from govkit.documents.read.document import read_document

ROOT = Path(__file__).parents[1]
# The systems of the five published accounts, by the names issues and documents use.
IDS = [
    *(f"D{number}" for number in range(2, 18)),
    *(f"X{number}" for number in range(1, 18)),
    *(f"Q{number}" for number in range(1, 14)),
    *(f"F{number}" for number in range(1, 10)),
    *(f"H{number}" for number in range(2, 14)),
]
EACH = pytest.mark.parametrize("key", IDS)
ZONES = ("daoli", "xianning", "qingyang", "xiangfang", "huangpi")
OF_ZONES = {zone: catalogue.load(f"zones/{zone}/systems") for zone in ZONES}
SYSTEMS = {key: {"zone": zone, **entry} for zone, own in OF_ZONES.items() for key, entry in own.items()}
Reports = Callable[[str], dict[str, dict[str, str]]]
# A district that each zone's systems touch.
DISTRICTS = {
    "daoli": "230102101", "xianning": "421202", "qingyang": "621002", "xiangfang": "230110009", "huangpi": "420116001",
}  # fmt: skip
# Columns that a demonstration zone fills and no report shows, and why.
UNSHOWN = {
    "units.unit_code", "units.parent", "grids.grid_code", "facilities.facility_id", "events.event_id",
    "funds.entry_id", "tasks.task_id", "tasks.parent_task", "organisations.organisation_id", "projects.project_id",
    "items.item_id", "events.unit_code",  # keys: they tie rows together
    "grids.name", "facilities.name", "organisations.name",  # names of single things: maps and check's lists show them
    "units.level", "units.kind", "grids.kind", "facilities.kind",  # what rows are counted by
}  # fmt: skip


def test_the_list_holds_every_system_and_no_other() -> None:
    assert list(SYSTEMS) == IDS
    assert len(IDS) == 67


@EACH
def test_a_system_has_its_tables_and_its_entry_in_the_catalogue(key: str) -> None:
    assert set(SYSTEMS[key]["tables"]) <= set(catalogue.load("tables"))
    for name in SYSTEMS[key]["catalogue"]:
        kind, _, one = name.partition(":")
        assert key in view(one).systems if kind == "views" else catalogue.load(name)


@EACH
def test_the_numbers_of_a_system_are_those_of_its_raw_files(key: str) -> None:
    assert NUMBERS[key]() == SYSTEMS[key]["ours"]


def chapters(path: Path) -> dict[str, str]:
    """Return the text of an HTML report by section, cells of a table row joined by bars; "" is the whole of it."""
    body = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").body
    assert body is not None
    for tag in body(["script", "style", "svg"]):
        tag.decompose()
    found: dict[str, list[str]] = {"": []}
    name = ""
    for tag in body.find_all(["h2", "h3", "h4", "p", "tr", "li", "figcaption", "caption"]):
        row = tag.name == "tr"
        text = (
            "|".join(cell.get_text("", strip=True) for cell in tag(["td", "th"]))
            if row
            else tag.get_text("", strip=True)
        )
        if tag.name == "h2":
            name = text.rpartition("、")[2]
        if tag.name == "h3":
            name = text.partition("）")[2]
        found.setdefault(name, []).append(text)
        found[""].append(text)
    return {key: "\n".join(lines) for key, lines in found.items()}


@pytest.fixture(scope="module")
def made() -> dict[str, Path]:
    """Where the reports of each zone lie that ``reports`` made."""
    return {}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, made: dict[str, Path]) -> Reports:
    """The chapters of a zone's overview and of one district's report; each zone made once."""

    @cache
    def of(zone: str) -> dict[str, dict[str, str]]:
        out = tmp_path_factory.mktemp(zone)
        for notebook, districts in (("zone_overview", ()), ("district_report", (DISTRICTS[zone],))):
            names = (notebook,)
            asked = Request(ROOT / "data" / zone, notebooks=names, districts=districts, formats=("html",), out=out)
            manifest, folder = make_reports(asked)
            assert not manifest.failed, manifest.failed[0].error
        made[zone] = folder
        district = next(folder.glob(f"{DISTRICTS[zone]}-*.html"))
        return {"overview": chapters(folder / "overview.html"), "district": chapters(district)}

    return of


@pytest.mark.parametrize("zone", ZONES)
def test_every_number_of_a_sentence_of_a_demonstration_zone_has_its_ground(
    zone: str, reports: Reports, made: dict[str, Path]
) -> None:
    reports(zone)
    for path in sorted((made[zone] / "notebooks").glob("*.ipynb")):
        document = read_document(nbformat.read(path, 4))  # type: ignore[no-untyped-call]
        assert len(paragraphs(document)) > 40
        assert alone(document) == {}, path.stem


@EACH
def test_a_system_is_found_in_the_overview_s_section(key: str, reports: Reports) -> None:
    entry = SYSTEMS[key]
    overview = reports(entry["zone"])["overview"]
    said = "\n".join(overview[name] for name in entry["chapters"])
    assert [words for words in entry["ours"] if words not in said] == []


@EACH
def test_a_system_is_found_in_the_report_of_a_district_it_touches(key: str, reports: Reports) -> None:
    entry = SYSTEMS[key]
    assert entry["district"] in reports(entry["zone"])["district"][""]


def test_a_checklist_s_rate_and_both_kinds_of_grid_stand_in_tables(
    reports: Reports,
) -> None:
    overview = reports("daoli")["overview"]
    said = overview["制度清单"].partition("七个纳入：")[2].partition("总落实率")[2].partition("%")[0]
    assert any(line.startswith("合计|") and f"|{said}|" in line for line in overview["制度清单"].splitlines())
    assert {"其中：农村网格", "其中：城市网格"} <= {
        line.partition("|")[0] for line in overview["事项办理"].splitlines()
    }


# What is one zone's own, and stands in no other zone's reports.
OWN = {
    "daoli": ("道里", "“333”", "98.0% 的目标", "五个覆盖", "两个一"),
    "xianning": ("咸宁", "六联六带", "四岗十八级", "六助一护"),
    "qingyang": ("庆阳", "六室（站）", "“411”", "共管共享基金"),
    "xiangfang": ("香坊", "睦邻中心", "只进一扇门"),
    "huangpi": ("黄陂", "883行动", "883社区", "费随事转", "五室四机"),
}


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_s_reports_say_nothing_of_another_zone(zone: str, reports: Reports) -> None:
    said = "\n".join(each[""] for each in reports(zone).values())
    foreign = [word for other, words in OWN.items() if other != zone for word in words if word in said]
    assert foreign == []


def shown_columns() -> set[str]:
    """Return the columns that views list or sum up, as ``table.column``."""
    found = set()
    for one in load_views():
        found |= {f"{one.table}.{name}" for name in (one.by, *one.where)}
        for column in one.columns:
            table = column.table or one.table
            found |= {f"{table}.{name}" for name in (column.of, *column.where) if name}
    return found


# Columns that sections show beside the views: the subject's own module reckons them.
BY_SECTIONS = {
    "units": {"name", "population", "households", "type", "pilot_since"},
    "grids": {"unit_code", "population", "households"},
    "facilities": {"unit_code", "floor_area_m2", "activity_area_m2", "open_area_m2", "opened", "longitude", "latitude"},
    "services": {
        "unit_code",
        "month",
        "item",
        "requested",
        "settled",
        "settled_in_unit",
        "hours",
        "responses",
        "satisfied",
    },
    "events": {"grid_code", "kind", "reported_at", "settled_at", "settled_level", "state"},
    "funds": {"unit_code", "date", "direction", "purpose", "amount_yuan"},
    "staff": {"unit_code", "period", "post", "grade", "people", "pay_yuan"},
    "checklist": {"unit_code", "period", "list", "item", "met", "evidence"},
    "tasks": {"unit_code", "raised_in", "problem", "due", "state", "closed_at", "owner_level", "indicator"},
    "organisations": {"unit_code", "period"},
    "pairs": {"unit_code", "partner_code", "since", "activities"},
    "ratings": {"unit_code", "period", "rater_kind", "rater", "level", "item", "score", "n", "department"},
    "projects": {"unit_code"},
    "points": {"unit_code", "month"},
    "items": {"unit_code"},
    "statistics": {"unit_code", "period", "item", "value", "base"},
    "panel": {"unit_code", "month", "outcome", "value", "n"},
}


@pytest.mark.parametrize("zone", ZONES)
def test_what_a_zone_s_files_fill_is_shown_somewhere(zone: str) -> None:
    shown = shown_columns() | {f"{table}.{name}" for table, names in BY_SECTIONS.items() for name in names}
    tables = catalogue.load("tables")
    unseen = []
    for name, frame in govkit.open_zone(ROOT / "data" / zone).tables.items():
        filled = [column for column in tables[name]["columns"] if column in frame and _filled(frame[column])]
        unseen += [f"{name}.{column}" for column in filled]
    assert sorted(set(unseen) - shown - UNSHOWN) == []


def _filled(values: pd.Series) -> bool:
    return bool(values.notna().any())


def test_the_page_of_systems_is_as_the_catalogue_says() -> None:
    assert (ROOT / "docs" / "systems.md").read_text(encoding="utf-8") == _page_writer().page()


def _page_writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("systems_page", ROOT / "docs" / "systems.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
