"""Every published system is kept, reckoned and shown: the list is walked, and an id without one of them fails."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from govkit import catalogue
from govkit.analysis.ledgers.views import view
from govkit.batch.plan.reports import make_reports
from govkit.batch.plan.request import Request

ROOT = Path(__file__).parents[1]
# The systems of the five published accounts, by the names issues and documents use.
IDS = [
    *("D2", "D3", "D4", "D6", "D8", "D9", "D10", "D11", "D12", "D13", "D15", "D16"),
    *("X1", "X2", "X3", "X4", "X5", "X7", "X8", "X9", "X10", "X11", "X12", "X13", "X14", "X15"),
    *("Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9", "Q10", "Q11"),
    *("F1", "F2", "F3", "F4", "F5", "F6", "F8"),
    *("H2", "H3", "H4", "H5", "H6", "H8", "H9", "H10"),
]
SYSTEMS = catalogue.load("systems")
EACH = pytest.mark.parametrize("key", IDS)
# A district that holds what the system is about.
DISTRICTS = {"daoli": "230102101"}


def test_the_list_holds_every_system_and_no_other() -> None:
    assert list(SYSTEMS) == IDS


@EACH
def test_a_system_has_its_tables_and_columns(key: str) -> None:
    tables = catalogue.load("tables")
    entry = SYSTEMS[key]
    columns = {column for name in entry["tables"] for column in tables[name]["columns"]}
    assert set(entry["columns"]) <= columns


@EACH
def test_a_system_has_its_entry_in_the_catalogue(key: str) -> None:
    for name in SYSTEMS[key]["catalogue"]:
        kind, _, one = name.partition(":")
        assert key in view(one).systems if kind == "views" else catalogue.load(name)


@EACH
def test_a_system_is_reckoned_by_functions_that_exist(key: str) -> None:
    for name in SYSTEMS[key]["functions"]:
        module, _, function = name.rpartition(".")
        assert callable(getattr(import_module(f"govkit.analysis.{module}"), function))


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], str]:
    """What a zone's notebook shows for its last period: titles, cells and sentences; each made once."""

    @cache
    def folder_of(zone: str) -> Path:
        wanted = dict.fromkeys(entry["notebook"] for entry in SYSTEMS.values() if entry["zone"] == zone)
        districts = (DISTRICTS[zone],) if zone in DISTRICTS else ()
        out = tmp_path_factory.mktemp(zone)
        manifest, folder = make_reports(
            Request(ROOT / "data" / zone, notebooks=tuple(wanted), districts=districts, formats=("html",), out=out)
        )
        assert not manifest.failed, manifest.failed[0].error
        return folder / "notebooks"

    @cache
    def of(zone: str, notebook: str) -> str:
        stem = {"zone_overview": "overview", "district_report": DISTRICTS.get(zone, "")}.get(notebook, notebook)
        return _shown(folder_of(zone) / f"{stem}.ipynb")

    return of


def _shown(executed: Path) -> str:
    cells = json.loads(executed.read_text(encoding="utf-8"))["cells"]
    data = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    tables = [one["application/vnd.govkit.table+json"] for one in data if "application/vnd.govkit.table+json" in one]
    lines = [str(one["text/markdown"]) for one in data if "text/markdown" in one]
    texts = [[table["title"], [column["label"] for column in table["columns"]], table["rows"]] for table in tables]
    return "\n".join([*lines, *(json.dumps(text, ensure_ascii=False) for text in texts)])


@EACH
def test_a_system_is_found_in_a_report(key: str, texts: Callable[[str, str], str]) -> None:
    entry = SYSTEMS[key]
    said = texts(entry["zone"], entry["notebook"])
    assert [word for word in entry["shown"] if word not in said] == []


def test_the_page_of_systems_is_as_the_catalogue_says() -> None:
    assert (ROOT / "docs" / "systems.md").read_text(encoding="utf-8") == _page_writer().page()


def _page_writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("systems_page", ROOT / "docs" / "systems.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
