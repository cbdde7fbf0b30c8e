"""Fixtures shared by the tests: a small zone folder that can be checked by hand."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import started_browser
from hypothesis import settings
from intake_zone import TAIPING, facility, write_csv, write_facilities, write_grids, write_units

from govkit.batch.work.warm import lean_imports

with lean_imports():
    import nbformat  # noqa: F401  # as a batch imports it: seconds less in every process of the tests

# No test is timed: on a machine with other work the first example may take seconds.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Processes of the tests keep what they compile: without that each compiles all it imports anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# What one test reads must not come from another's files; the cache has tests of its own.
os.environ["GOVKIT_CACHE"] = "off"
# What tests write lies in memory where there is plenty: layers are databases, and each waits for the disk many times.
MEMORY = Path("/dev/shm")  # noqa: S108
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 12 * 2**30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
# Files that read the demonstration zones, as they lie there: each is read once for all of them and for all processes.
DEMONSTRATIONS = {
    "test_analysis_daoli", "test_analysis_robustness", "test_chapters", "test_gallery", "test_lab", "test_language",
    "test_number_origins", "test_own_notebook_page", "test_own_notebooks", "test_readme", "test_reports",
    "test_research", "test_sections", "test_synthetic", "test_synthetic_huangpi", "test_synthetic_qingyang",
    "test_synthetic_xiangfang", "test_synthetic_xianning", "test_systems", "test_wheel",
}  # fmt: skip

ZONE_TOML = """\
name = "新发试验区"
code = "230102"
district_level = "street"
metric_crs = "EPSG:4551"
synthetic = "本区数据为测试用合成数据"

[[periods]]
id = "2018H1"
name = "2018年上半年"
start = 2018-01-01
end = 2018-06-30

[[periods]]
id = "2018H2"
name = "2018年下半年"
start = 2018-07-01
end = 2018-12-31

[sources.units]
path = "行政单元.xlsx"

[sources.grids]
path = "网格.shp"

[sources.facilities]
path = "设施台账.xlsx"
datum = "GCJ-02"

[sources.events]
path = "网格事项.csv"

[judged_by]
standards = ["daoli_village_centre", "community_service_plan_14th"]
scheme = "daoli_333"

[report]
issuer = "新发区民政局"
date = "2019年1月"
classification = "公开"
"""

EVENTS = [
    ["事项编号", "网格编码", "事项类别", "上报时间", "办结时间", "办结层级", "状态"],
    ["E1", f"{TAIPING}001", "环境卫生", "2018-03-01 08:00", "2018-03-01 20:00", "网格", "已办结"],
    ["E2", f"{TAIPING}001", "环境卫生", "2018-08-01 08:00", "2018-08-02 08:00", "村", "已办结"],
    ["E3", f"{TAIPING}002", "矛盾纠纷", "2018-12-31 23:00", "", "", "办理中"],
    ["E4", f"{TAIPING}002", "矛盾纠纷", "2017-12-31 23:00", "2018-01-01 08:00", "网格", "已办结"],
]


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """Give every test the environment it began with: a kernel run in this process sets FORCE_COLOR and the like."""
    for name in ("FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"):
        os.environ.pop(name, None)  # one run for a whole module, before this is asked
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder in which processes of this run keep what they have read of the demonstration zones."""
    if "GOVKIT_TESTS_KEEP" not in os.environ:
        os.environ["GOVKIT_TESTS_KEEP"] = folder = tempfile.mkdtemp(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(autouse=True, scope="module")
def _demonstrations_read_once(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if request.path.stem in DEMONSTRATIONS:
            patch.setenv("GOVKIT_CACHE", os.environ["GOVKIT_TESTS_KEEP"])
        yield


@pytest.fixture(scope="session")
def _warm_server() -> Iterator[Any]:
    from warm_server import warm_server

    with warm_server() as start:
        yield start


# Files that look at how a batch's process starts and ends: theirs starts as everybody's does.
AS_EVER = {"test_batch_mishaps", "test_prestarted", "test_reports", "test_progress"}


@pytest.fixture(autouse=True, scope="module")
def _batches_from_a_warm_process(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have batches of this process served by copies of one that has imported everything."""
    from govkit.batch.plan import server
    from govkit.batch.work.workers import can_fork

    if request.path.stem in AS_EVER or not can_fork():
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "_forking_server", request.getfixturevalue("_warm_server"))
        yield


@pytest.fixture
def zone_folder(tmp_path: Path) -> Path:
    """A zone of one town, two villages, four grids, two facilities and four matters, one before every period."""
    return write_zone(tmp_path / "新发 试验区")


def write_zone(folder: Path) -> Path:
    """Write the zone of ``zone_folder`` into a new folder."""
    folder.mkdir()
    write_units(folder)
    write_grids(folder)
    write_facilities(folder, [facility(1), facility(2, kind="警务室")])
    write_csv(folder / "网格事项.csv", EVENTS, encoding="utf-8-sig")
    (folder / "zone.toml").write_text(ZONE_TOML, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; open pages in ``browser.new_context(offline=True)``."""
    with started_browser() as found:
        yield found


# Files of whole batches, kernels, browsers and clusters: `make test-long` runs them, the longest first.
LONG = (
    "test_systems",
    "test_batch_mishaps",
    "test_cluster",
    "test_one_behaviour",
    "test_reports",
    "test_maps_screenshots",
    "test_sabotage",
    "test_execute",
    "test_desk",
    "test_editions",
    "test_lab_browser",
    "test_take_away",
    "test_remote_jobs",
    "test_extension",
    "test_partners_outputs",
    "test_shared_scripts",
    "test_lab_launcher",
    "test_batch",
    "test_unchanged",
    "test_read_back",
    "test_planted",
    "test_pages",
    "test_own_notebooks",
    "test_maps_screen",
    "test_prestarted",
    "test_warm",
    "test_lab",
    "test_live",
    "test_slides",
    "test_own_notebook_page",
    "test_maps_names",
    "test_log",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is long, and put the longest files first; the rest keeps its order."""
    place = {name: number for number, name in enumerate(LONG)}
    for item in items:
        if item.path.stem in place:
            item.add_marker("long")
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))
