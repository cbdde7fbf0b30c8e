"""Never the same work twice, never a stale report: what is judged unchanged is what would come out again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from three_towns import CELLS, EVENTS, FACILITIES, OVERVIEW, TOWNS, UNITS, rows, write_notebook, write_rows, write_zone

from govkit.batch.plan.jobs import Request, make_reports
from govkit.batch.plan.unchanged import key_of, moved, reasons, said, untraceable
from govkit.batch.record.files import sha256
from govkit.batch.record.journal import Entry, damaged, read_entries, strike, write_entry
from govkit.batch.record.manifest import Manifest, Outcome, Reads
from govkit.batch.work import shared, tracing
from govkit.batch.work.execute import run_notebook
from govkit.batch.work.workers import can_fork
from govkit.zone.opening import Zone, keep_open, open_zone

forks = pytest.mark.skipif(not can_fork(), reason="what a notebook reads is noted in forked processes")


@pytest.fixture(autouse=True)
def plain_afterwards() -> Iterator[None]:
    """No test leaves a zone open or a memory behind."""
    yield
    shared.listen(None)
    shared.adopt()
    from govkit.zone import opening as zone

    zone._kept.clear()


def traced(folder: Path, notebook: Path, district: str) -> tuple[Reads, str]:
    """Run a notebook in this process; return what it read, and all that it shows."""
    zone = open_zone(folder)
    shared.install()
    shared.adopt()
    trace = tracing.Trace(zone)
    keep_open(folder, trace.zone)
    shared.listen(trace)
    try:
        made = run_notebook(
            notebook,
            {"zone": str(folder), "period": "2018H2", **({"district": district} if district else {})},
            folder.parent / "executed.ipynb",
            in_process=True,
        )
    finally:
        shared.listen(None)
        plain_zone()
    return Reads(dict(trace.answers), roots=dict(trace.roots)), nbformat.writes(made)


def analyses(question: Any) -> Iterator[str]:
    """Yield what a question asks of the analysis, as written."""
    if isinstance(question, list):
        if question[:1] == ["()"] and str(question[1]).startswith("analysis."):
            yield tracing.written(question)
        for part in question:
            yield from analyses(part)


def plain_zone() -> None:
    from govkit.zone import opening as zone

    zone._kept.clear()


def differing(reads: Reads, zone: Zone) -> list[str]:
    """Return the questions that have other answers now; by whole answers first it has to come out the same."""
    shared.adopt()
    later = shared.answers_of(zone)
    found = [question for question, answer in reads.answers.items() if later.digest_of(question) != answer]
    assert bool(moved(reads, later.digest_of)) == bool(found)
    return found


@pytest.fixture(scope="module")
def at_first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, tuple[Reads, str]]]:
    """The zone as it is at first, the notebook, and per town what the notebook read and showed."""
    root = tmp_path_factory.mktemp("三 镇")
    folder = write_zone(root / "分区")
    notebook = write_notebook(root / "报告.ipynb", *CELLS)
    return folder, notebook, {town: traced(folder, notebook, town) for town in TOWNS}


Edit = tuple[str, int, int, str]


def edits() -> st.SearchStrategy[list[Edit]]:
    """Cells of the tables changed: amounts, names, kinds, places, dates, and rows struck out (column -1)."""
    said = {
        FACILITIES: [
            (1, "新名称"),
            (2, "图书阅览室"),
            (2, "卫生室"),
            (4, "130"),
            (4, "1200"),
            (5, "126.4123"),
            (-1, ""),
        ],
        EVENTS: [(2, "矛盾纠纷"), (3, "2018-08-01 07:00"), (4, "2018-08-05 08:00"), (5, "镇"), (5, "网格"), (-1, "")],
        UNITS: [(5, "2100"), (6, "790")],
    }
    each = [
        st.tuples(st.just(name), st.integers(1, len(rows(name)) - 1), st.just(column), st.just(value))
        for name, changes in said.items()
        for column, value in changes
    ]
    return st.lists(st.one_of(each), min_size=1, max_size=2)


def edited(folder: Path, changes: list[Edit]) -> Path:
    write_zone(folder)
    tables = {name: rows(name) for name, *_ in changes}
    for name, row, column, value in changes:
        if column >= 0:
            tables[name][row][column] = value
    for name, row, column, _ in changes:
        if column < 0:
            tables[name][row] = []
    for name, table in tables.items():
        write_rows(folder, name, [row for row in table if row])
    return folder


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=edits())
def test_a_report_judged_unchanged_shows_what_a_fresh_one_shows(
    at_first: tuple[Path, Path, dict[str, tuple[Reads, str]]], changes: list[Edit]
) -> None:
    folder, notebook, before = at_first
    zone = open_zone(edited(folder.parent / "改 过" / "分区", changes))
    for town, (reads, shown) in before.items():
        if not differing(reads, zone):
            assert traced(zone.folder, notebook, town)[1] == shown


def test_a_facility_renamed_touches_its_town_alone(
    at_first: tuple[Path, Path, dict[str, tuple[Reads, str]]],
) -> None:
    folder, _, before = at_first
    zone = open_zone(edited(folder.parent / "renamed" / "分区", [(FACILITIES, 1, 1, "新名称")]))
    touched = [town for town, (reads, _) in before.items() if differing(reads, zone)]
    assert touched == [next(iter(TOWNS))]


def test_a_change_of_score_touches_the_ranking_of_the_towns_next_to_it_alone(
    at_first: tuple[Path, Path, dict[str, tuple[Reads, str]]], tmp_path: Path
) -> None:
    _, notebook, _ = at_first
    ranked = [(EVENTS, row, 5, "镇") for row in range(1, 9)] + [(EVENTS, row, 5, "网格") for row in (18, 20, 22, 24)]
    folder = edited(tmp_path / "分区", ranked)  # 丙, 乙, 甲; 甲 comes up to 乙, which keeps its place
    before = {name: traced(folder, notebook, town)[0] for town, name in TOWNS.items() if name != "甲镇"}
    zone = open_zone(edited(tmp_path / "改" / "分区", [*ranked, *((EVENTS, row, 5, "网格") for row in (2, 4, 6))]))
    assert {town: any("ranked_near" in one for one in differing(reads, zone)) for town, reads in before.items()} == {
        "乙镇": True,
        "丙镇": False,
    }


def test_what_is_noted_shows_the_same_as_what_is_not(
    at_first: tuple[Path, Path, dict[str, tuple[Reads, str]]],
) -> None:
    folder, notebook, before = at_first
    parameters = {"zone": str(folder), "period": "2018H2", "district": "230102101"}
    plain = run_notebook(notebook, parameters, folder.parent / "plain.ipynb", in_process=True)
    assert nbformat.writes(plain) == before["230102101"][1]


def test_shared_numbers_are_found_before_the_reports_ask(
    at_first: tuple[Path, Path, dict[str, tuple[Reads, str]]],
) -> None:
    folder, _, before = at_first
    shared.adopt()
    shared.prepare(open_zone(folder), "2018H2")
    asked = {one for question in before["230102101"][0].answers for one in analyses(json.loads(question))}
    assert len(asked) > 2
    assert all(before["230102101"][0].roots.values())
    assert {one for one in before["230102101"][0].roots if one.startswith('["()","')} <= shared._found.keys()
    assert asked <= shared._found.keys()


def test_a_whole_table_of_the_zone_counts_whole(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "分区")
    notebook = write_notebook(
        tmp_path / "own.ipynb", "import govkit", "govkit.open_zone(zone).tables['events'].groupby('state').size()"
    )
    reads, _ = traced(folder, notebook, "230102101")
    assert '["[]",[".",["zone"],"tables"],"events"]' in reads.answers
    assert differing(reads, open_zone(edited(tmp_path / "改" / "分区", [(EVENTS, 24, 2, "矛盾纠纷")])))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import govkit\nnow = govkit.open_zone(zone).period(period)", ""),
        ("import requests", "import requests"),
        ("import pandas as pd\npd.Timestamp.now()", "now"),
        ("import pandas as pd\npd.read_parquet('x')", "read_parquet"),
        ("from numpy.random import default_rng", "default_rng"),
        ("%load_ext x", "%"),
    ],
)
def test_code_that_brings_in_what_nobody_can_compare_is_seen(tmp_path: Path, code: str, found: str) -> None:
    assert untraceable(write_notebook(tmp_path / "own.ipynb", code)) == found


def test_in_a_kernel_of_its_own_a_notebook_may_use_govkit_alone(tmp_path: Path) -> None:
    pandas = write_notebook(tmp_path / "pandas.ipynb", "import pandas as pd\npd.read_csv('x')")
    opening = write_notebook(tmp_path / "open.ipynb", "open('x')")
    plain = write_notebook(tmp_path / "plain.ipynb", "import govkit")
    assert [untraceable(one) for one in (pandas, opening, plain)] == ["", "", ""]
    found = [untraceable(one, watched=False) for one in (pandas, opening, plain)]
    assert found == ["import pandas", "open", ""]


def entry(folder: Path, **changes: object) -> Entry:
    """A finished report with one output."""
    output = folder / "a.html"
    output.write_text("报告", encoding="utf-8")

    outcome = Outcome(
        "230102101", "甲镇", "own", {}, "done", outputs=(output,), hashes=(sha256(output),), reads=Reads()
    )
    return Entry(**{"outcome": outcome, "key": {"code": "1"}, "zone": "区", "period": "P", "stamp": "s", **changes})


def test_each_reason_is_said(tmp_path: Path) -> None:
    found = entry(tmp_path)
    assert reasons(None, {}, stamp="s") == ("还没有这份报告",)
    assert reasons(found, {"code": "1"}, stamp="s") == ()
    assert reasons(found, {"code": "2"}, stamp="s") == ("govkit 程序有更新",)
    found.outcome.outputs[0].write_text("改过", encoding="utf-8")
    assert reasons(found, {"code": "1"}, stamp="s") == ("输出文件缺失或被改动：a.html",)


def test_data_are_asked_about_only_if_the_files_have_changed(tmp_path: Path) -> None:
    question = '["[]",[".",["()",[".",["zone"],"district"],[["=","230102101"]],[]],"tables"],"facilities"]'
    outcome = Outcome("230102101", "甲镇", "own", {}, "done", reads=Reads(answers={question: "old"}))
    found = entry(tmp_path, outcome=outcome)
    assert reasons(found, {"code": "1"}, stamp="s") == ()
    assert reasons(found, {"code": "1"}, stamp="t") is None
    assert moved(Reads({question: "old"}), lambda _: "old") == ()
    assert moved(Reads({question: "old"}), lambda _: "new") == ("本单元的“设施台账”有变化",)


@pytest.mark.parametrize(
    ("question", "rests"),
    [
        ('["[]",[".",["()","analysis.score.assess:assess_tables",[["#","1"]],[]],"scores"],"A"]', True),
        ('["()",[".",["()","analysis.score.assess:assess_tables",[["#","1"]],[]],"leaf_table"],[["=","A"]],[]]', True),
        (
            '["()","display.words.prose:standing",[["()","analysis.score.assess:assess_tables",[["#","1"]],[]]],[]]',
            True,
        ),
        ('["()","analysis.score.assess:assess_tables",[["#","2"]],[]]', True),  # of constants alone
        ('["()","analysis.score.assess:assess_tables",[[".",["zone"],"tables"]],[]]', False),
        ('["()","display.words.prose:standing",[["=",1]],[["findings",[".",["zone"],"findings"]]]]', False),
        ('[".",["()",[".",["zone"],"district"],[["=","A"]],[]],"name"]', False),
        ('[".",["()",[".",["zone"],"district"],[["=","B"]],[]],"name"]', True),
        ('["()",[".",["()",[".",["zone"],"district"],[["=","B"]],[]],"lacks"],[["=","funds"]],[]]', True),
    ],
)
def test_what_is_made_of_equal_answers_is_not_asked_again(question: str, rests: bool) -> None:
    still = [
        '["()","analysis.score.assess:assess_tables",[["#","1"]],[]]',
        '["()",[".",["zone"],"district"],[["=","B"]],[]]',
    ]
    reads = Reads({question: "old"}, roots=dict.fromkeys(still, "same"))
    assert bool(moved(reads, lambda asked: "same" if asked in still else "new")) is not rests
    assert moved(reads, lambda _: "new") or '"zone"' not in question


def test_a_report_whose_reads_are_unknown_is_made_again(tmp_path: Path) -> None:
    unknown = Outcome("230102101", "甲镇", "own", {}, "done", reads=Reads(unknown="import requests"))
    found = reasons(entry(tmp_path, outcome=unknown), {"code": "1"}, stamp="s")
    assert found == ("不能判断是否有变化（import requests）",)
    unnoted = Outcome("230102101", "甲镇", "own", {}, "done")
    assert reasons(entry(tmp_path, outcome=unnoted), {"code": "1"}, stamp="s") == ()
    assert reasons(entry(tmp_path, outcome=unnoted), {"code": "1"}, stamp="t")


def test_a_file_that_was_read_counts(tmp_path: Path) -> None:
    outcome = Outcome("230102101", "甲镇", "own", {}, "done", reads=Reads(files={str(tmp_path / "none.csv"): "x"}))
    found = reasons(entry(tmp_path, outcome=outcome), {"code": "1"}, stamp="s")
    assert "读过的文件有变化" in found[0]


def test_a_shared_number_is_named() -> None:
    question = [".", ["()", "analysis.score.assess:assess_tables", [], []], "scores"]
    assert said(question) == "各单元的得分和排名有变化"


def test_a_key_knows_the_zone_by_its_name(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "own.ipynb", "1")
    one, other = (key_of(notebook, {"zone": f"/{place}/区"}, ("html",)) for place in "ab")
    assert one == other
    assert key_of(notebook, {"zone": "/a/区"}, ("pdf",)) != one


def test_the_journal_gives_back_what_was_written_and_forgets_what_failed(tmp_path: Path) -> None:
    found = entry(tmp_path)
    write_entry(found, tmp_path)
    assert read_entries(tmp_path, "区", "P") == {("own", "230102101"): found}
    assert read_entries(tmp_path, "区", "另一期") == {}
    assert damaged(found) is None
    strike(found.outcome, tmp_path)
    assert read_entries(tmp_path, "区", "P") == {}
    assert not (tmp_path / "a.html").exists()


def test_a_journal_cut_short_counts_as_none(tmp_path: Path) -> None:
    path = write_entry(entry(tmp_path), tmp_path)
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    assert read_entries(tmp_path, "区", "P") == {}


def statuses(manifest: Manifest) -> dict[str, str]:
    return {one.district or "zone": one.status for one in manifest.reports}


@forks
def test_a_run_makes_what_has_changed_and_nothing_else(tmp_path: Path) -> None:
    folder = write_zone(tmp_path / "分区")
    own = write_notebook(tmp_path / "own.ipynb", *CELLS)
    whole = write_notebook(tmp_path / "whole.ipynb", *OVERVIEW, parameters='zone = ""\nperiod = ""')
    request = Request(folder, notebooks=(str(own), str(whole)), formats=("html",), out=tmp_path / "out")
    first, out = make_reports(request)
    assert set(statuses(first).values()) == {"done"}
    again, _ = make_reports(request)
    assert set(statuses(again).values()) == {"unchanged"}
    edited(folder, [(FACILITIES, 1, 1, "新名称")])
    changed, _ = make_reports(request)
    same = dict.fromkeys(list(TOWNS)[1:], "unchanged")
    assert statuses(changed) == {"230102101": "done", **same, "zone": "done"}
    assert changed.reports[0].why == ("本单元的“设施台账”有变化", "本单元的数据来源有变化")
    listed = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [one["status"] for one in listed["reports"]] == ["done", "unchanged", "unchanged", "done"]


def test_a_district_is_known_by_one_hash_of_all_it_holds(tmp_path: Path) -> None:
    zone = open_zone(write_zone(tmp_path / "三镇"))
    codes = list(zone.districts["code"])

    def changed(**parts: Any) -> list[str]:
        other = replace(zone, **parts)
        return [code for code in codes if other.digest_of_district(code) != zone.digest_of_district(code)]

    facilities = zone.tables["facilities"]
    first = facilities.assign(name=facilities["name"].where(facilities.index > 0, "新名称"))
    town = [str(facilities["district_code"].iloc[0])[:9]]
    assert changed(tables={**zone.tables, "facilities": first}) == town
    assert changed(tables={**zone.tables, "facilities": facilities.drop(index=0).reset_index(drop=True)}) == town
    finding = pd.DataFrame([{"severity": "note", "table": "facilities", "unit_code": facilities["unit_code"].iloc[0]}])
    assert changed(findings=pd.concat([zone.findings, finding], ignore_index=True)) == town
    assert changed(accounts=zone.accounts.assign(sha256="other", bytes=1, rows_read=1)) == []
    assert changed(accounts=zone.accounts.assign(file="别的.csv")) == codes
    assert changed(settings=replace(zone.settings, name="别的区")) == codes
    assert changed(tables={name: table for name, table in zone.tables.items() if name != "events"}) == codes
